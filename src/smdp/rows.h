/*
 * What an SM-DP+ remembers: its rows in the store.
 *
 * One profile (an ICCID) has at most one download order at a time, so profile and order share their
 * key. They are separate rows because the order changes with every step and the rest never does.
 *
 * Invariants:
 *   1. a matching id belongs to one order at most
 *   2. an order that has been bound to an EID is never bound to another one
 *   3. an order is Installed only by a verified result of the eUICC that it was bound to, of a
 * package that was sent for this very order
 *   4. behind that it is Enabled, Disabled or Deleted by what this eUICC signed last, in the order
 * of its sequence numbers and not of their arrival
 */
#ifndef DUNLIN_SMDP_ROWS_H
#define DUNLIN_SMDP_ROWS_H

#include "store/turn.h"

/* SGP.22 3.1.6 */
#define SMDP_STATES(X)                                                                             \
    X(AVAILABLE, "Available")     /* in stock */                                                   \
    X(ALLOCATED, "Allocated")     /* reserved, for no EID yet */                                   \
    X(LINKED, "Linked")           /* reserved for an EID */                                        \
    X(CONFIRMED, "Confirmed")     /* matching id and confirmation code given */                    \
    X(RELEASED, "Released")       /* may be downloaded */                                          \
    X(DOWNLOADED, "Downloaded")   /* bound and sent at least once */                               \
    X(INSTALLED, "Installed")     /* the eUICC said so */                                          \
    X(ERROR, "Error")             /* this order came to nothing */                                 \
    X(UNAVAILABLE, "Unavailable") /* withdrawn */                                                  \
    X(ENABLED, "Enabled")         /* the eUICC said so, as in what follows */                      \
    X(DISABLED, "Disabled")                                                                        \
    X(DELETED, "Deleted") /* until the operator makes it Available or Unavailable */

enum smdp_state {
#define X(name, text) SMDP_##name,
    SMDP_STATES(X)
#undef X
        SMDP_STATE_COUNT
};

/* "Released"; "?" for a number that is no state. */
const char *smdp_state_name(int64_t state);

/* The eUICC may come for it. */
static inline bool smdp_is_live(int64_t state)
{
    return state == SMDP_RELEASED || state == SMDP_DOWNLOADED;
}

/* The profile is on an eUICC. */
static inline bool smdp_is_on_euicc(int64_t state)
{
    return state == SMDP_INSTALLED || state == SMDP_ENABLED || state == SMDP_DISABLED;
}

/* Nothing more comes of the order, unless the operator wants it. */
static inline bool smdp_is_over(int64_t state)
{
    return state == SMDP_ERROR || state == SMDP_UNAVAILABLE || state == SMDP_DELETED;
}

enum smdp_ds_event_state {
    SMDP_EVENT_REGISTERING, /* the SM-DS is being asked */
    SMDP_EVENT_REGISTERED,
    SMDP_EVENT_WITHDRAWN, /* to be deleted there; it may never have been there */
};

/* clang-format off */
#define SMDP_PROFILE(C, T)                                                                         \
    C(T, BLOB, iccid,        0,          1, 0) /* 10 octets as in EF_ICCID */                      \
    C(T, TEXT, profile_type, STORE_NULL, 1, 0)                                                     \
    C(T, TEXT, owner,        STORE_NULL, 1, 0) /* operator who may order it; absent: any */        \
    C(T, BLOB, metadata,     0,          1, 0) /* StoreMetadataRequest, BF25, whole */             \
    C(T, INT,  policy_rules, 0,          1, 0) /* PprIds in metadata, bit i as bit i */            \
    C(T, INT,  size,         0,          1, 0) /* octets of card memory that it needs */           \
    C(T, INT,  added_ms,     0,          1, 0)

#define SMDP_PACKAGE(C, T)                                                                         \
    C(T, BLOB, iccid,        0,          1, 0)                                                     \
    C(T, BLOB, package,      STORE_SECRET, 1, 0) /* unprotected profile package */

/* the package under profile protection keys; no such row: session keys */
#define SMDP_PROTECTED(C, T)                                                                       \
    C(T, BLOB, iccid,        0,          1, 0)                                                     \
    C(T, BLOB, keys,         STORE_SECRET, 1, 0) /* MCV, PPK-ENC, PPK-CMAC */                      \
    C(T, BLOB, elements,     0,          1, 0) /* A3, whole */

#define SMDP_ORDER(C, T)                                                                           \
    C(T, BLOB, iccid,          0,          1, 0)                                                   \
    C(T, INT,  state,          0,          1, 0) /* enum smdp_state */                             \
    C(T, TEXT, stock_type,     STORE_NULL, 1, 0) /* profile type, while Available */               \
    C(T, TEXT, requester,      STORE_NULL, 1, 0) /* operator who ordered */                        \
    C(T, BLOB, eid,            STORE_NULL, 1, 0)                                                   \
    C(T, BLOB, waiting_eid,    STORE_NULL, 1, 0) /* the EID, while the eUICC may come for it */    \
    C(T, TEXT, matching_id,    STORE_NULL, 1, 0) /* absent: found by the EID */                    \
    C(T, BLOB, code_hash,      STORE_NULL | STORE_SECRET, 1, 0) /* SHA-256 of the code */          \
    C(T, INT,  code_attempts,  0,          1, 0) /* wrong codes so far */                          \
    C(T, INT,  attempts,       0,          1, 0) /* downloads begun */                             \
    C(T, INT,  expires_ms,     0,          1, 0) /* 0: never */                                    \
    C(T, TEXT, smds_address,   STORE_NULL, 1, 0)                                                   \
    C(T, INT,  ordered_ms,     0,          1, 0)                                                   \
    C(T, INT,  changed_ms,     0,          1, 0)                                                   \
    C(T, BLOB, bound_by,       STORE_NULL, 1, 0) /* transaction whose row has the binding */       \
    C(T, BLOB, transaction_id, STORE_NULL, 1, 0) /* of the last authenticated session */           \
    C(T, BLOB, session_eid,    STORE_NULL, 1, 0) /* its eUICC */                                   \
    C(T, INT,  told,           0,          4, 0) /* state that the eUICC told last; 0: nothing */  \
    C(T, INT,  told_seq,       0,          4, 0) /* sequence number with which it did */           \
    C(T, INT,  forgotten_seq,  0,          4, 0) /* what it told up to here is no longer kept */   \
    C(T, INT,  over_ms,        0,          4, 0) /* since when it is over; 0: it is not */

/*
 * A package that was sent. The key begins with the time, so that rows come at the end of the table
 * and leave at its beginning. The last five are absent when the binding of an earlier transaction
 * was sent again; order.bound_by names the one that has them.
 */
#define SMDP_TRANSACTION(C, T)                                                                     \
    C(T, BLOB, transaction_id, 0,          1, 0)                                                   \
    C(T, BLOB, iccid,          0,          1, 0)                                                   \
    C(T, BLOB, eid,            0,          1, 0)                                                   \
    C(T, INT,  curve,          0,          1, 0)                                                   \
    C(T, BLOB, public_key,     0,          1, 0) /* of CERT.EUICC, that signs the result */        \
    C(T, INT,  expires_ms,     0,          1, 0)                                                   \
    C(T, BLOB, euicc_otpk,     STORE_NULL, 1, 0)                                                   \
    C(T, BLOB, smdp_otpk,      STORE_NULL, 1, 0)                                                   \
    C(T, BLOB, host_id,        STORE_NULL, 1, 0)                                                   \
    C(T, BLOB, head,           STORE_NULL, 1, 0) /* A0, A1 and A2 as sent */                       \
    C(T, BLOB, elements,       STORE_NULL, 1, 0) /* A3 as sent; absent: the protected row's */     \
    C(T, INT,  ordered_ms,     0,          4, 0) /* of the order it was sent for; 0: not known */

/* digest: SHA-256 of what the eUICC signed; a card made anew under its EID counts from 1 again */
#define SMDP_NOTIFICATION(C, T)                                                                    \
    C(T, BLOB, eid,         0,          1, 0)                                                      \
    C(T, INT,  seq_number,  0,          1, 0)                                                      \
    C(T, BLOB, digest,      0,          1, 0)                                                      \
    C(T, INT,  events,      0,          1, 0) /* profileManagementOperation, bit i as bit i */     \
    C(T, BLOB, iccid,       STORE_NULL, 1, 0)                                                      \
    C(T, INT,  result,      0,          1, 0) /* of an installation: 0 or errorReason */           \
    C(T, INT,  received_ms, 0,          1, 0)                                                      \
    C(T, BLOB, data,        0,          1, 0) /* whole, as received */

#define SMDP_OPERATOR(C, T)                                                                        \
    C(T, BLOB, certificate, 0,          2, 0) /* SHA-256 of the client's certificate */            \
    C(T, TEXT, name,        0,          2, 0) /* functionRequesterIdentifier */                    \
    C(T, TEXT, notify,      STORE_NULL, 2, 0) /* host[:port] for reports */                        \
    C(T, INT,  added_ms,    0,          2, 0)

/* One HandleDownloadProgressInfo that the operator has not acknowledged. */
#define SMDP_REPORT(C, T)                                                                          \
    C(T, INT,  id,           STORE_SERIAL, 2, 0)                                                   \
    C(T, INT,  waiting,      0,            2, 0) /* 0: given up */                                 \
    C(T, INT,  due_ms,       0,            2, 0)                                                   \
    C(T, INT,  attempts,     0,            2, 0)                                                   \
    C(T, TEXT, operator,     0,            2, 0)                                                   \
    C(T, INT,  point,        0,            2, 0) /* notificationPointId */                         \
    C(T, BLOB, iccid,        0,            2, 0)                                                   \
    C(T, BLOB, eid,          STORE_NULL,   2, 0)                                                   \
    C(T, TEXT, profile_type, STORE_NULL,   2, 0)                                                   \
    C(T, INT,  happened_ms,  0,            2, 0)                                                   \
    C(T, TEXT, subject,      STORE_NULL,   2, 0) /* absent: success */                             \
    C(T, TEXT, reason,       STORE_NULL,   2, 0)                                                   \
    C(T, TEXT, message,      STORE_NULL,   2, 0)                                                   \
    C(T, BLOB, data,         STORE_NULL,   2, 0) /* resultData */
/* clang-format on */

/* An event at an SM-DS for a released order; its EventID is the order's matching id. */
#define SMDP_DS_EVENT(C, T)                                                                        \
    C(T, TEXT, smds, 0, 3, 0) /* address */                                                        \
    C(T, TEXT, event_id, 0, 3, 0)                                                                  \
    C(T, BLOB, eid, 0, 3, 0)                                                                       \
    C(T, BLOB, iccid, 0, 3, 0)                                                                     \
    C(T, INT, state, 0, 3, 0)    /* enum smdp_ds_event_state */                                    \
    C(T, INT, again, 0, 3, 0)    /* registering: the SM-DS may have it already */                  \
    C(T, INT, calling, 0, 3, 0)  /* withdrawn: the SM-DS is being asked */                         \
    C(T, INT, since_ms, 0, 3, 0) /* when it came into its state */                                 \
    C(T, INT, due_ms, 0, 3, 0)   /* registered: the end of the order */                            \
    C(T, INT, attempts, 0, 3, 0)

/* A DownloadOrder that was granted, for a caller who asks again (repeat.c). */
#define SMDP_CALL(C, T)                                                                            \
    C(T, TEXT, requester, 0, 5, 0)                                                                 \
    C(T, TEXT, call_id, 0, 5, 0) /* functionCallIdentifier */                                      \
    C(T, BLOB, content, 0, 5, 0) /* SHA-256 of what was asked for */                               \
    C(T, BLOB, iccid, 0, 5, 0)                                                                     \
    C(T, INT, expires_ms, 0, 5, 0)

STORE_ROW(smdp_profile, SMDP_PROFILE);
STORE_ROW(smdp_package, SMDP_PACKAGE);
STORE_ROW(smdp_protected, SMDP_PROTECTED);
STORE_ROW(smdp_order, SMDP_ORDER);
STORE_ROW(smdp_transaction, SMDP_TRANSACTION);
STORE_ROW(smdp_notification, SMDP_NOTIFICATION);
STORE_ROW(smdp_operator, SMDP_OPERATOR);
STORE_ROW(smdp_report, SMDP_REPORT);
STORE_ROW(smdp_ds_event, SMDP_DS_EVENT);
STORE_ROW(smdp_call, SMDP_CALL);

extern const struct store_table smdp_profile_table;
extern const struct store_table smdp_package_table;
extern const struct store_table smdp_protected_table;
extern const struct store_table smdp_order_table;
extern const struct store_table smdp_transaction_table;
extern const struct store_table smdp_notification_table;
extern const struct store_table smdp_operator_table;
extern const struct store_table smdp_report_table;
extern const struct store_table smdp_ds_event_table;
extern const struct store_table smdp_call_table;

/*
 * Of every table, index 0 is its key. Orders are found by columns that are empty once they are not
 * sought by them any more: a download then changes rows, but no index.
 */
#define SMDP_BY_KEY 0
enum { SMDP_PROFILE_BY_TYPE = 1 };
enum {
    SMDP_ORDER_BY_MATCHING_ID = 1,
    SMDP_ORDER_BY_WAITING_EID,
    SMDP_ORDER_BY_STOCK_TYPE,
    SMDP_ORDER_BY_OVER,
};
enum { SMDP_NOTIFICATION_BY_ICCID = 1, SMDP_NOTIFICATION_BY_TIME };
enum { SMDP_OPERATOR_BY_NAME = 1 };
enum { SMDP_REPORT_BY_DUE = 1 };
enum { SMDP_DS_EVENT_BY_DUE = 1 };
enum { SMDP_CALL_BY_END = 1 };

/* To be opened together with store_event_schema: the role publishes events. */
extern const struct store_schema smdp_schema;

#endif
