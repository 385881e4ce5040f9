/*
 * Stock and orders of an SM-DP+: what an operator does (SGP.22 5.3, ES2+), as functions of the
 * role. Turns as in smdp.h; a refusal leaves its ES2+ status codes in turn.status.
 */
#ifndef DUNLIN_SMDP_ORDER_H
#define DUNLIN_SMDP_ORDER_H

#include "es12/es12.h"
#include "profile/metadata.h"
#include "smdp/rows.h"

struct smdp;

#define MATCHING_ID_LEN 29 /* of a generated one: five groups of five, unguessable (120 bits) */

enum smdp_protection {
    SMDP_PROFILE_KEYS, /* random keys, protected once for all eUICCs */
    SMDP_SESSION_KEYS, /* protected anew for each binding */
};

/* NotificationEvent bits (SGP.22 4.1.1.11) */
enum smdp_event { SMDP_ON_INSTALL, SMDP_ON_ENABLE, SMDP_ON_DISABLE, SMDP_ON_DELETE };

struct smdp_new_profile {
    slice package; /* unprotected profile package, DER */
    enum smdp_protection protection;
    slice profile_type; /* absent: ordered by ICCID only */
    slice owner;        /* operator; absent: anyone may order it */

    /* StoreMetadataRequest, whole (BF25); or absent, and made from what `about` says */
    slice metadata;
    struct metadata_input about; /* without notifications: enable, disable, delete to ourselves */
    int64_t size;                /* octets of card memory; 0: those of the package */
};

/*
 * Puts a profile in stock, Available. The ICCID is that of the package's header and must be the
 * metadata's. iccid: 10 octets. Refused with 8.2.1/3.3 when there is such a profile;
 * E_SYNTAX, E_SIZE, ... when package or metadata are malformed, E_ARGUMENT when they disagree.
 */
MUST_USE enum err smdp_profile_add(struct smdp *s, const struct smdp_new_profile *p, struct turn *t,
                                   uint8_t iccid[10]);

struct smdp_download_order {
    slice requester;    /* operator; absent: the server's own (ctl, demo) */
    slice call_id;      /* functionCallIdentifier of this requester; absent: none */
    slice eid;          /* 16 octets, or absent */
    slice iccid;        /* 10 octets, or absent */
    slice profile_type; /* needed without an ICCID */
};

/*
 * ES2+.DownloadOrder: reserves a profile. On success iccid is it. The same call again, under its
 * call_id within 30 days, has the same answer and changes nothing; with another content it is
 * refused with 1.6/3.3. Without a call_id that holds for an ICCID before ConfirmOrder.
 */
MUST_USE enum err smdp_download_order(struct smdp *s, const struct smdp_download_order *r,
                                      struct turn *t, uint8_t iccid[10]);

struct smdp_confirm_order {
    slice requester;
    slice iccid;
    slice eid;               /* or absent */
    slice matching_id;       /* absent: generated; present and empty: none, found by the EID */
    slice confirmation_code; /* cleartext, or absent */
    slice smds_address;      /* or absent */
    bool release;
    int64_t expires_ms; /* Unix time; 0: the server's default */
};

struct smdp_confirmed {
    slice eid;         /* absent when the order has none */
    slice matching_id; /* in the arena; empty when found by the EID */
    slice smdp_address;
};

/*
 * ES2+.ConfirmOrder. An order with an smdsAddress is announced there before it is released: then
 * the turn makes an upstream call (trust profile "es12"), nothing of the order is changed yet, and
 * the function is resumed with the same request and the answer. Its matching id, which is the
 * EventID, is never empty.
 */
MUST_USE enum err smdp_confirm_order(struct smdp *s, const struct smdp_confirm_order *r,
                                     struct turn *t, struct smdp_confirmed *out);
MUST_USE enum err smdp_confirm_resumed(struct smdp *s, const struct smdp_confirm_order *r,
                                       slice resume, const struct es12_answer *answer,
                                       struct turn *t, struct smdp_confirmed *out);

/* ES2+.ReleaseProfile, in the same way. */
MUST_USE enum err smdp_release_profile(struct smdp *s, slice requester, slice iccid,
                                       struct turn *t);
MUST_USE enum err smdp_release_resumed(struct smdp *s, slice requester, slice iccid, slice resume,
                                       const struct es12_answer *answer, struct turn *t);

struct smdp_cancel_order {
    slice requester;
    slice iccid;
    slice eid;         /* or absent */
    slice matching_id; /* or absent */
    bool unavailable;  /* finalProfileStatusIndicator: Unavailable, else Available */
};

/* ES2+.CancelOrder */
MUST_USE enum err smdp_cancel_order(struct smdp *s, const struct smdp_cancel_order *r,
                                    struct turn *t);

/* ---- events at SM-DSs ---- */

/*
 * Asks an SM-DS to delete one event that is no longer needed, as an upstream call of the turn; it
 * is tried for thirty days. *more: another call has work.
 */
MUST_USE enum err smdp_event_due(struct smdp *s, struct turn *t, bool *more);
MUST_USE enum err smdp_event_answered(struct smdp *s, slice resume,
                                      const struct es12_answer *answer, struct turn *t);

#endif
