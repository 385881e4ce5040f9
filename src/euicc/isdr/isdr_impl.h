/*
 * Inside of ISD-R: what its files share. See isdr.h for the outside.
 *
 * Durable state is read from the objects at each use and never cached, because an aborted APDU
 * takes back what it wrote. A slice of an object ends its life with the next change of an object
 * and the next loan of scratch: an answer's scratch is therefore lent before the objects are read.
 */
#ifndef DUNLIN_EUICC_ISDR_IMPL_H
#define DUNLIN_EUICC_ISDR_IMPL_H

#include "der/der.h"
#include "euicc/isdr/bpp.h"
#include "euicc/isdr/isdr.h"
#include "euicc/profiles.h"
#include "rsp/sgp22_values.h"

struct isdr;

/* ---- durable objects ---- */

enum {
    OBJ_STORE = ISDR_OBJECTS + 1,     /* struct isdr_store */
    OBJ_SMDP = ISDR_OBJECTS + 2,      /* default SM-DP+ address, where it is not the factory's */
    OBJ_IMMEDIATE = ISDR_OBJECTS + 3, /* BF59 as configured; absent: off */
    OBJ_ROLLBACK = ISDR_OBJECTS + 4,  /* struct rollback; absent: not granted */
    OBJ_DOWNLOAD = ISDR_OBJECTS + 5,  /* struct download_record; absent: none is running */
    OBJ_OTSK = ISDR_OBJECTS + 0x10,   /* .. + OTSK_KEPT - 1: struct otsk_record */
    OBJ_EIM = ISDR_OBJECTS + 0x100,   /* .. + 0xFF: struct eim_head and members */
    OBJ_CRL = ISDR_OBJECTS + 0x200,   /* .. + 2 * CRL_SLOTS - 1, see revocation.c */
    OBJ_NOTE = 0x02000000             /* + sequence number: struct note_head and octets */
};
#define OTSK_KEPT      2
#define CRL_SLOTS      8 /* lists kept, of all CIs and distribution points */
#define OBJ_NOTE_LAST  ISDR_OBJECTS_LAST
#define SEQUENCE_LAST  (OBJ_NOTE_LAST - OBJ_NOTE)
#define COUNTER_MAX    8388607 /* SGP.32 2.11.1.1 */
#define ADDRESS_MAX    255
#define EIM_ID_MAX     128
#define TRANSACTION_ID 16
#define OID_MAX        32

/* Why the enabled profile changes: kept with a switch that is due. */
enum switch_cause { SWITCH_PLAIN = 0, SWITCH_SILENT = 1 };

struct isdr_store {
    uint32_t sequence;        /* the last sequence number given; never goes back */
    uint32_t token;           /* the last association token given */
    uint32_t fallback;        /* root that holds the fallback attribute; 0: none */
    uint32_t fallback_return; /* root to return to from the Fallback Profile; 0: none */
    uint32_t emergency;       /* root of the Emergency Profile while it is enabled; 0: off */
    uint32_t emergency_return;
    uint32_t delete_after; /* root that goes as soon as a switch has disabled it; 0: none */
    uint32_t before_test;  /* operational profile that was enabled before a test profile; 0: none */
    uint32_t cause;        /* enum switch_cause of the switch that is due */
};

struct isdr_store isdr_store_get(struct isdr *i);
MUST_USE enum err store_put(struct isdr *i, const struct isdr_store *s);
/* The next sequence number; durable with the transaction. */
MUST_USE enum err sequence_next(struct isdr *i, uint32_t *out);

/* ---- volatile state ---- */

/* One ES10 function or BPP segment on its way in blocks (SGP.22 5.7.2). */
#define CHAINS 4
struct block_chain {
    bool open;
    bool bpp; /* its octets go to the download as they come */
    uint8_t channel;
    uint16_t next;    /* block number expected */
    uint8_t head[12]; /* first octets, until the length is known */
    uint8_t *buffer;  /* lent scratch of `size` octets; NULL until the length is known */
    size_t have, size;
};

enum session_phase {
    SESSION_NONE,
    SESSION_CHALLENGE,     /* GetEuiccChallenge answered */
    SESSION_AUTHENTICATED, /* AuthenticateServer answered */
    SESSION_PREPARED,      /* PrepareDownload answered */
    SESSION_LOADING,       /* a bound profile package is coming in */
    SESSION_LOADED         /* its result is out; until the session ends */
};

struct session {
    enum session_phase phase;
    uint8_t challenge[16];
    uint8_t tid[TRANSACTION_ID], tid_n;
    uint8_t ci;                  /* index: signs euiccSigned1 and all that follows */
    uint8_t server_ci;           /* index: certified the server */
    bool smds;                   /* the server is an SM-DS */
    uint8_t oid[OID_MAX], oid_n; /* registeredID of CERT.DPauth */
    uint8_t address[ADDRESS_MAX];
    uint8_t address_n;
    uint8_t signature1[SIG_LEN];
    enum curve curve; /* of CERT.DPpb */
    struct ec_point dppb;
    struct ec_scalar otsk;
    struct ec_point otpk;
};

struct isdr {
    struct card *card;
    const struct personality *p;
    struct block_chain chains[CHAINS];
    struct session session;

    /* download in progress */
    struct bpp bpp;
    uint8_t *segment;  /* scratch of the BPP stream */
    uint8_t *reserve;  /* scratch that only keeps room for the result */
    uint8_t *metadata; /* scratch: BF25 as it grows */
    size_t metadata_n, metadata_size;
    uint8_t dp_data[131]; /* B8 of ConfigureISDP, whole; 0 octets: none */
    uint8_t dp_data_n;
    bool torn;           /* a chain of the stream was dropped inside an element */
    uint32_t installed;  /* root of the finished installation; 0: it failed */
    slice sima_response; /* of the installer; absent: none */
    uint32_t result;     /* sequence number of the PIR that the last block answers; 0: none */

    uint32_t fresh_root;     /* installed in the session of now, for ImmediateEnable; 0: none */
    bool fresh_from_default; /* it came from the configured default SM-DP+ */

    bool ipae_activated; /* by IpaeActivation, until the reset */
};

static inline struct objects *isdr_objects(struct isdr *i)
{
    return card_objects(i->card);
}
static inline const struct crypto *isdr_crypto(struct isdr *i)
{
    return card_crypto(i->card);
}

/* ---- answers ---- */

/* An answer that is written back to front in scratch. */
struct answer {
    struct isdr *isdr;
    struct reply *out;
    uint8_t *scratch;
    struct der_writer w;
};
/* Lends `size` octets; false, with 6A84 answered, when there is no room. */
MUST_USE bool answer_begin(struct answer *a, struct isdr *i, size_t size, struct reply *out);
/* Hands what is written to the reply with 9000; on a latched failure 6A84 (the card aborts). */
void answer_end(struct answer *a);
/* Gives the scratch back and answers sw alone. */
void answer_drop(struct answer *a, uint16_t sw);
/* tag { 80 code } */
void answer_code(struct reply *out, uint32_t tag, int code);
/* The status word of a failure of ours: 6A84 for memory, 6581 for storage, 6F00 else. */
uint16_t sw_of(enum err e);

/* 5F37 with a signature to come; returns where its 64 octets lie, NULL on a latched failure. */
uint8_t *put_signature(struct der_writer *w);
/* SGP.22 2.6.7: signs the parts under CI `ci` into `at`. */
MUST_USE enum err isdr_sign(struct isdr *i, unsigned ci, const slice *parts, size_t count,
                            uint8_t at[SIG_LEN]);
/* Index of the CI with this SubjectKeyIdentifier, -1: unknown. signing: it must have a signer. */
int ci_by_pkid(const struct personality *p, slice pkid, bool signing);
/* The first CI to sign under. */
unsigned ci_default(const struct personality *p);
/* The certificate under another tag (SGP.32 2.1 rule 4). */
void put_certificate(struct der_writer *w, uint32_t tag, slice certificate);

/* ---- ES10 functions ---- */

typedef void es10_function(struct isdr *i, slice request, struct reply *out);
/* NULL: no function has this tag. */
/*
 * Which SGP.32 the card speaks, by its personality. One of v1.0 (2023) lacks fallback, emergency,
 * connectivity parameters, BF64 and BF65; it signs results over the eIM's signature instead of the
 * token, gives results bare in lists, has another tag for the type of an eimId, and leaves the
 * eimTransactionId out of unsigned errors. One of v1.3 tells why an error is unsigned.
 */
static inline bool is_v10(const struct isdr *i)
{
    return i->p->iot_version[0] == 1 && i->p->iot_version[1] == 0;
}
static inline bool is_v13(const struct isdr *i)
{
    return i->p->iot_version[0] > 1 || i->p->iot_version[1] >= 3;
}

/* NULL: a card of this version does not have it. */
es10_function *es10_find(const struct isdr *i, uint32_t tag);

es10_function es10_euicc_info1, es10_euicc_info2, es10_eid, es10_addresses, es10_certs, es10_rat,
    es10_set_smdp_consumer, es10_set_smdp, es10_connectivity, es10_ipae_activation, es10_load_crl;
es10_function es10_challenge, es10_authenticate_server, es10_prepare_download, es10_cancel_session;
es10_function es10_list_notification, es10_retrieve_notifications, es10_remove_notification;
es10_function es10_profiles_info, es10_enable, es10_disable, es10_delete, es10_set_nickname;
es10_function es10_memory_reset_consumer, es10_memory_reset;
es10_function es10_add_initial_eim, es10_eim_configuration;
es10_function es10_load_package, es10_rollback;
es10_function es10_immediate_enable, es10_configure_immediate, es10_execute_fallback,
    es10_return_from_fallback, es10_enable_emergency, es10_disable_emergency;

/* EUICCInfo2 in front of what the writer holds; the card's values of now. */
enum info2_place { INFO2_ASKED_FOR, INFO2_SIGNED };
MUST_USE enum err put_euicc_info2(struct isdr *i, enum info2_place place, struct der_writer *w);
/* Empty: none from now on, not the factory's either. */
MUST_USE enum err set_default_smdp(struct isdr *i, slice address);

void store_data(struct isdr *i, const struct apdu *apdu, struct reply *out);
void chains_drop(struct isdr *i, int channel); /* -1: all */

/* ---- RSP session and download ---- */

/* A block of a bound profile package; `last`: it closes its STORE DATA chain. */
void download_block(struct isdr *i, slice octets, bool last, struct reply *out);
/* May a chain that begins with these octets be part of a bound profile package? */
bool download_wants(const struct isdr *i, slice octets);
/* Its chain is gone before the last block, or ISD-R is selected: half an element is lost. */
void download_chain_dropped(struct isdr *i);
/* Volatile parts are given back; the durable record stays (reset). */
void download_forget(struct isdr *i);
/* A running download is over: PIR with reason 11 is stored. */
MUST_USE enum err download_interrupt(struct isdr *i);
/* The same at boot, from the record that the power cut left. */
MUST_USE enum err download_recover(struct isdr *i);
/* The one-time key of an earlier PrepareDownload (SGP.22 5.4); false: unknown. */
bool otsk_find(struct isdr *i, enum curve curve, slice otpk, struct ec_scalar *otsk);
MUST_USE enum err otsk_keep(struct isdr *i, enum curve curve, const struct ec_scalar *otsk,
                            const struct ec_point *otpk);
MUST_USE enum err otsk_forget(struct isdr *i, const struct ec_point *otpk);

/* ---- revocation ---- */

/* A list that the certificate's CI has signed, and that was loaded (LoadCRL), names it. */
struct cert;
bool certificate_revoked(struct isdr *i, const struct cert *cert);

/* ---- notifications and results ---- */

enum note_kind { NOTE_OTHER = 1, NOTE_PIR = 2, NOTE_EPR = 3 };
#define EVENT_BIT(e) (1u << (e))

struct note_head {
    uint8_t kind;
    uint8_t events; /* EVENT_BITs; 0 for results of packages */
    uint8_t ci;
    uint8_t spare;
};
/* Stores the octets under this number; drops the oldest when the store is full. */
MUST_USE enum err note_put(struct isdr *i, uint32_t sequence, const struct note_head *head,
                           slice octets);
MUST_USE enum err note_remove(struct isdr *i, uint32_t sequence);
/*
 * One signed notification for each address that the profile configures for the event, but for the
 * first `skip` of them: the installation result stands for the first address of an installation.
 */
MUST_USE enum err notify(struct isdr *i, uint32_t root, enum notification_event event,
                         unsigned skip);
/* The first address for the event in the elements of notificationConfigurationInfo; absent: none.
 */
slice first_address(slice configuration, enum notification_event event);
/* BF2F in front of what the writer holds; iccid may be absent. */
void put_note_metadata(struct der_writer *w, uint32_t sequence, enum notification_event event,
                       slice address, slice iccid);

/* ---- profiles ---- */

/*
 * What the card keeps about a profile (profile_metadata): BF25 as loaded, behind it the nickname
 * (90), dpProprietaryData (B8) and C1, the index of the CI that signs for it.
 */
slice metadata_find(slice metadata, uint32_t tag, slice *whole);  /* a member of BF25; absent */
slice metadata_extra(slice metadata, uint32_t tag, slice *whole); /* one behind BF25; absent */
bool metadata_flag(slice metadata, uint32_t tag);
unsigned profile_pprs(struct isdr *i, uint32_t root); /* bit 1: PPR1, bit 2: PPR2 */
int profile_class(struct isdr *i, uint32_t root);
unsigned profile_ci(struct isdr *i, uint32_t root);
enum { PPR1 = 2u, PPR2 = 4u }; /* masks of PprIds */
#define PROFILES_MAX 64        /* installed at the same time */

/*
 * GetProfilesInfo (SGP.22 5.7.15) for ES10 and for the PSMO alike: BF2D with the list or the error,
 * written in front of *w. Returns that error, 0: none. ongoing: the list is about to change.
 */
int put_profiles_info(struct isdr *i, slice request, bool ongoing, struct der_writer *w);

/* Do the files of an installed profile agree with its metadata (SGP.22 5.5.5)? */
bool profile_agrees(struct isdr *i, uint32_t root);
/* Removes the profile with its notification, and every reference to it. */
MUST_USE enum err remove_profile(struct isdr *i, uint32_t root);
/* profile_switch with its cause on record. E_CONFLICT: catBusy. */
MUST_USE enum err switch_profile(struct isdr *i, uint32_t to, bool refresh,
                                 enum switch_cause cause);
/* The handler of card_app.switched. */
void isdr_switched(struct card *card, void *state, uint32_t from, uint32_t to);

/* SGP.22 2.9: may a profile with these rules (PprIds) be installed? owner NULL: it names none. */
struct operator_id;
bool ppr_allowed(const struct personality *p, slice pprs, const struct operator_id *owner);

/* ---- eIM ---- */

struct eim_head {
    int64_t counter;
    int64_t token; /* 0: none */
    uint8_t ci;    /* signs the results */
    uint8_t curve; /* of the eIM's key */
    struct ec_point key;
};
struct eim {
    uint32_t object; /* its id; 0: none */
    struct eim_head head;
};
/* false: no such eIM. */
bool eim_find(struct isdr *i, slice eim_id, struct eim *out);
unsigned eim_count(struct isdr *i);
/* See isdr_eim_tls. */
slice eim_tls(struct isdr *i, slice eim_id);
MUST_USE enum err eim_put_counter(struct isdr *i, const struct eim *eim, int64_t counter);
/*
 * Results as SGP.32 2.11.2.1 codes them. `members` is the content of the element that d was decoded
 * from. *token: the one that was generated, 0: none.
 */
struct eim_configuration_data;
int eim_add(struct isdr *i, const struct eim_configuration_data *d, slice members, int64_t *token);
/* self: the eIM whose package this is, as it was before the package. */
int eim_update(struct isdr *i, const struct eim_configuration_data *d, slice members,
               const struct eim *self);
int eim_delete(struct isdr *i, slice eim_id);
MUST_USE enum err eim_delete_all(struct isdr *i);
/* AB { A0 { 30 .. } }, the result of listEim, in front of what *w holds. */
void put_eim_list(struct isdr *i, struct der_writer *w);
/* The associationToken DO that ends every signature input (SGP.32 2.11.1.1): 84 01 00 without. */
#define TOKEN_DO_MAX 10
slice token_do(int64_t token, uint8_t buf[TOKEN_DO_MAX]);

/* ---- eUICC packages ---- */

/* What a rollback gives back, and for whose package. */
struct rollback {
    uint32_t root;         /* enabled before the package */
    uint32_t epr_sequence; /* of the result that the rollback replaces */
    uint32_t eim_object;
    int64_t counter;
    int64_t token;
    uint8_t ci;
    uint8_t eim_id_n, eim_tx_n, eim_tx[TRANSACTION_ID];
    uint8_t eim_id[EIM_ID_MAX];
    uint8_t eim_signature[SIG_LEN]; /* of the package */
};
/* Takes a permission back; nothing happens without one. */
MUST_USE enum err rollback_revoke(struct isdr *i);
struct configure_immediate_enable;
/* configureImmediateEnableResult; without the flag the mechanism is switched off. */
int configure_immediate(struct isdr *i, const struct configure_immediate_enable *c);

#endif
