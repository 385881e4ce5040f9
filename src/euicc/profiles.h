/*
 * The profiles in a card (ISD-Ps): list, install, enable, delete. ISD-R decides, this does.
 *
 * A profile is a tree of objects under a root number, 1..PROFILE_ROOTS; its ids are
 * profile_object(root, kind, n). Root 0 is the minimal tree of a card without an enabled profile.
 * Everything here works inside the transaction that is open and is durable with it.
 */
#ifndef DUNLIN_EUICC_PROFILES_H
#define DUNLIN_EUICC_PROFILES_H

#include "euicc/card.h"

#define PROFILE_ROOTS 1023
#define PROFILE_ICCID 10 /* octets, coded as in EF_ICCID */

/*
 * UICCCapability of EUICCInfo2 (bit 0 first): what packages may demand of this card. usimSupport,
 * isim, csim, Milenage, CAVE data, TUAK 128 and 256, test algorithm, GBA in USIM and ISIM, BER-TLV,
 * GET IDENTITY with profiles A and B.
 */
#define CARD_CAPABILITIES                                                                          \
    (1ull << 1 | 1ull << 2 | 1ull << 3 | 1ull << 4 | 1ull << 5 | 1ull << 6 | 1ull << 7 |           \
     1ull << 8 | 1ull << 10 | 1ull << 11 | 1ull << 16 | 1ull << 17 | 1ull << 18 | 1ull << 19 |     \
     1ull << 22 | 1ull << 23 | 1ull << 24)

enum profile_kind {
    PROFILE_RECORD = 0, /* n = 0: struct card_profile; 1: metadata; 2: counters of the tree;
                           3: connectivityParameters of the package */
    PROFILE_NODE = 1,   /* files, see tree.h */
    PROFILE_PIN = 2,
    PROFILE_AKA = 3,
    PROFILE_APP = 4, /* security domains, RFM instances, load files, applications */
    PROFILE_KEY = 5, /* keys of security domains */
    PROFILE_MISC = 6
};

static inline uint32_t profile_object(uint32_t root, enum profile_kind kind, uint32_t n)
{
    return 0x80000000u | root << 20 | (uint32_t)kind << 16 | n;
}

enum card_profile_state { PROFILE_INSTALLING = 1, PROFILE_DISABLED = 2, PROFILE_ENABLED = 3 };

struct card_profile {
    uint32_t root;
    enum card_profile_state state;
    uint8_t iccid[PROFILE_ICCID];
    uint8_t isdp_aid[CARD_AID_MAX];
};

/*
 * Walks the installed profiles in order of their roots: *root is the last one seen (start with 0).
 * One that is being installed is not listed.
 */
bool profile_next(struct card *card, uint32_t *root, struct card_profile *out);
/* E_NOTFOUND. iccid: 10 octets as in EF_ICCID. */
MUST_USE enum err profile_get(struct card *card, uint32_t root, struct card_profile *out);
MUST_USE enum err profile_by_iccid(struct card *card, slice iccid, struct card_profile *out);
MUST_USE enum err profile_by_aid(struct card *card, slice isdp_aid, struct card_profile *out);
/* The enabled one's root, 0: none. A switch that waits is not counted. */
uint32_t profile_enabled(const struct card *card);

/*
 * What ISD-R keeps about the profile (the StoreMetadata request BF25, nickname, state flags ...),
 * opaque here; deleted with the profile. Borrowed as every slice of objects_get.
 */
slice profile_metadata(struct card *card, uint32_t root);
MUST_USE enum err profile_set_metadata(struct card *card, uint32_t root, slice metadata);
/* connectivityParameters of the package's header, as they came; absent: none. */
slice profile_connectivity(struct card *card, uint32_t root);

/*
 * Makes `to` (0: none) the enabled profile. E_NOTFOUND; E_STATE: it is enabled already.
 *
 * refresh false: now. After the reply the MF is selected on channel 0, other channels are closed
 * except those that an application of the card owns, PIN status is cleared.
 * refresh true: the switch is stored as due, REFRESH is queued when the terminal is able to get it
 * (mode 09 where its profile announces it, else 04), and it is done at the terminal's successful
 * answer or at the next reset or boot, whatever comes first. E_CONFLICT: a proactive command or
 * another switch is outstanding (catBusy).
 *
 * Each application's `switched` is called inside the transaction in which the change is made.
 */
MUST_USE enum err profile_switch(struct card *card, uint32_t to, bool refresh);
/* A switch is due: its target, else -1. */
int32_t profile_switch_due(const struct card *card);

/* Removes all of the profile's objects. E_NOTFOUND; E_STATE: it is enabled or its switch is due. */
MUST_USE enum err profile_delete(struct card *card, uint32_t root);

/* ---- installation: decrypted octets of a profile package, as they come ---- */

/* errorReason of ProfileInstallationResult (SGP.22 2.5.6), as far as the installer can tell. */
enum {
    INSTALL_OK = -1,
    INSTALL_NO_MEMORY = 10,      /* insufficientMemoryForProfile */
    INSTALL_INTERRUPTED = 11,    /* installFailedDueToInterruption */
    INSTALL_PE_ERROR = 12,       /* installFailedDueToPEProcessingError */
    INSTALL_ICCID_MISMATCH = 13, /* installFailedDueToDataMismatch */
    INSTALL_TEST_KEY = 14        /* testProfileInstallFailedDueToInvalidNaaKey */
};

struct profile_install {
    slice iccid;       /* of StoreMetadata, 10 octets as in EF_ICCID */
    slice isdp_aid;    /* 16 octets, chosen by ISD-R */
    slice metadata;    /* see profile_metadata; may be absent and set before finish */
    bool test_profile; /* profileClass test: NAA keys are restricted (errorReason 14) */
};

struct profile_outcome {
    int reason; /* INSTALL_OK or one of the above */
    uint32_t root;
    slice sima_response; /* EUICCResponse (spec 1.8), in the card until the next begin or reset */
};

/*
 * Starts an installation under a fresh root, invisible until finished. An unfinished earlier one
 * is removed. E_EXISTS: the ICCID is present. E_MEMORY.
 */
MUST_USE enum err profile_install_begin(struct card *card, const struct profile_install *what);
/*
 * The next octets of the package, cut anywhere. E_OK, E_REFUSED: an element failed for good, what
 * follows is ignored: go to finish. E_STATE: none is running. May commit the open transaction
 * between two elements.
 */
MUST_USE enum err profile_install_feed(struct card *card, slice octets);
/*
 * The package is complete. With INSTALL_OK the profile is live and DISABLED when this transaction
 * is committed; else everything of it is removed. E_STATE: none is running.
 */
MUST_USE enum err profile_install_finish(struct card *card, struct profile_outcome *out);
/* Gives up: removes what was made so far. Nothing happens when none is running. */
void profile_install_abort(struct card *card);

/*
 * Boot swept away an installation that was cut off: true once after such a boot, with the
 * metadata's ICCID. For who installs without ISD-R, which keeps a record of its own downloads.
 */
bool profile_install_swept(struct card *card, uint8_t iccid[PROFILE_ICCID]);

#endif
