/*
 * The Local Profile Assistant of SGP.22 (LPAd: LDS, LPD and what a user interface asks for) on
 * Linux: a card behind a card_link, servers over HTTPS. Blocking, one thread at a time.
 *
 * Nothing durable is kept here: notifications stay in the eUICC until their server has them, and a
 * process that dies leaves a session that the eUICC forgets. It takes foreign cards and servers as
 * they are: what is checked is what SGP.22 makes the LPA check.
 *
 * Functions return E_REFUSED when a server or the eUICC said no; lpa_trouble tells who and why.
 * What they hand out lives until the next call. Called from within a callback, while another one is
 * under way, they do nothing but return E_STATE: there is one download at a time.
 */
#ifndef DUNLIN_LPA_LPA_H
#define DUNLIN_LPA_LPA_H

#include "crypto/crypto.h"
#include "net/resolve.h"
#include "net/tls.h"
#include "reader/reader.h"
#include "rsp/sgp22.h"

#define LPA_EVENTS_MAX 16 /* events of one SM-DS that are told; what is more waits there */

struct lpa;

/* What the user says to a profile that is offered (SGP.22 3.0.2, 3.1.3). */
enum lpa_consent { LPA_YES, LPA_REJECT, LPA_POSTPONE, LPA_NO_ANSWER };

/* What happens, in order, for progress displays. */
#define LPA_STEPS(X)                                                                               \
    X(CONTACT, "contacting the server")                                                            \
    X(AUTHENTICATE, "server and eUICC authenticate each other")                                    \
    X(PREPARE, "preparing the download")                                                           \
    X(FETCH, "fetching the profile")                                                               \
    X(INSTALL, "installing")                                                                       \
    X(NOTIFY, "notifying the server")                                                              \
    X(CANCEL, "cancelling the session")                                                            \
    X(DISCOVER, "asking the SM-DS")                                                                \
    X(CARD, "talking to the eUICC")

enum lpa_step {
#define X(name, text) LPA_##name,
    LPA_STEPS(X)
#undef X
};
const char *lpa_step_text(enum lpa_step step);

/* Borrowed until lpa_close. A zero takes the default behind it. */
struct lpa_options {
    const struct crypto *crypto;
    const struct card_link *link;
    const struct hosts *hosts; /* names to addresses before DNS is asked; NULL: none */
    struct tls_trust *tls;     /* whom to believe */
    unsigned block;            /* 120 octets of data in a STORE DATA, 1..255 */
    slice tac;                 /* 4 octets of DeviceInfo: 35290611 */
    slice imei;                /* 8 octets, or absent */

    /* Before a profile is fetched; NULL: yes. `rules`: it has policy rules that bind the user. */
    enum lpa_consent (*consent)(void *ctx, const struct store_metadata_request *profile,
                                bool rules);
    /*
     * The confirmation code, UTF-8, into buf (size octets, *n of them used); `again`: the one
     * before was wrong. false: the user does not give one. NULL: there is nobody to ask.
     */
    bool (*code)(void *ctx, bool again, uint8_t *buf, size_t size, size_t *n);
    /* done, all: octets of an installation, else 0. */
    void (*progress)(void *ctx, enum lpa_step step, size_t done, size_t all);
    void *ctx;
};

/* Resets the card, opens a channel, selects ISD-R, reads the EID. E_NOTFOUND: no eUICC. */
MUST_USE enum err lpa_open(const struct lpa_options *o, struct lpa **out);
/* NULL is allowed. */
void lpa_close(struct lpa *l);

/* Why the last call failed. Strings are never NULL. */
struct lpa_trouble {
    enum lpa_step step;
    enum err err;
    /* of a server */
    int http;                     /* status, 0: no answer */
    char subject[24], reason[24]; /* "" : it did not say */
    char message[128];
    /* of the eUICC */
    uint16_t sw;            /* status word, 0: none is to blame */
    const char *card_error; /* "catBusy", "" */
    int64_t card_code;
};
const struct lpa_trouble *lpa_trouble(const struct lpa *l);
/* A sentence for people; returns buf. */
const char *lpa_trouble_text(const struct lpa *l, char *buf, size_t size);

/* ---- the eUICC (ES10a, ES10b, ES10c) ---- */

const uint8_t *lpa_eid(const struct lpa *l);
MUST_USE enum err lpa_addresses(struct lpa *l, struct euicc_configured_addresses_response *out);
MUST_USE enum err lpa_info2(struct lpa *l, struct euicc_info2 *out);
/* E_REFUSED, card_error: undefinedError. Empty takes the address away. */
MUST_USE enum err lpa_set_default_smdp(struct lpa *l, slice address);
/* A LIST of profile_info, to be walked with schema_next; hides nothing. */
MUST_USE enum err lpa_profiles(struct lpa *l, slice *list);

/* Provisioning profiles are not the user's to see (SGP.22 3.2). */
bool lpa_profile_hidden(const struct profile_info *p);

/* By ICCID (10 octets as in EF_ICCID) or ISD-P AID (5..16 octets). */
enum lpa_change { LPA_ENABLE, LPA_DISABLE, LPA_DELETE };
MUST_USE enum err lpa_change(struct lpa *l, enum lpa_change what, slice iccid_or_aid, bool refresh);
/* Empty: none. */
MUST_USE enum err lpa_nickname(struct lpa *l, slice iccid, slice nickname);
/* options: bits of ResetOptions (SGP.22 5.7.19) */
MUST_USE enum err lpa_memory_reset(struct lpa *l, unsigned options);

/* ---- downloads ---- */

struct lpa_order {
    slice address;     /* of the SM-DP+ */
    slice matching_id; /* absent or empty: found by the EID */
    slice oid;         /* "2.999.10" that the server must have, or absent */
    slice code;        /* confirmation code, or absent: the user is asked where one is needed */
};

struct lpa_installed {
    uint8_t iccid[10];
    int64_t seq_number; /* of its notification */
    bool notified;      /* the SM-DP+ has the result; else it is kept */
};

/*
 * E_REFUSED also where the user said no (card_error "" and step LPA_PREPARE). Whenever it does not
 * end in an installation the session is cancelled, at the eUICC, and at a server that would else
 * wait. What failed on the way leaves the order as it was, to be tried again. An event that leads
 * from one SM-DS to another is followed, two of them deep. A refused confirmation code is asked for
 * again, and the download begins anew.
 */
MUST_USE enum err lpa_download(struct lpa *l, const struct lpa_order *order,
                               struct lpa_installed *out);

struct lpa_event {
    char address[256];
    char id[256];
};
/*
 * The events of an SM-DS for this eUICC, in its order; address absent: the root SM-DS of the eUICC.
 * Each is an order for lpa_download: address and matching id.
 */
MUST_USE enum err lpa_discover(struct lpa *l, slice address,
                               struct lpa_event events[LPA_EVENTS_MAX], size_t *count);

/* ---- notifications ---- */

/* A LIST of notification_metadata. */
MUST_USE enum err lpa_notifications(struct lpa *l, slice *list);
/*
 * Delivers all, or the one with this number (-1: all), each to its own server in the order of their
 * numbers; one that fails holds up only those for the same server. What was delivered is removed
 * unless `keep`. sent, left: how many. E_OK also when some are left.
 */
MUST_USE enum err lpa_notify(struct lpa *l, int64_t seq_number, bool keep, size_t *sent,
                             size_t *left);
MUST_USE enum err lpa_notification_remove(struct lpa *l, int64_t seq_number);

#endif
