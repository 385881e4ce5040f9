/*
 * What an eIM remembers: its rows in the store.
 *
 * Invariants:
 *   1. of one EID at most one signed package is outstanding (SENT or SIGNED), and its octets are
 *      kept: it is sent again as it was, never signed anew (SGP.32 2.11.1, counters)
 *   2. a counter value is committed before the package that carries it leaves
 *   3. state of profiles, token and association change only by a verified result
 *   4. an acknowledged notification is stored, and stays due until its SM-DP+ took it
 */
#ifndef DUNLIN_EIM_ROWS_H
#define DUNLIN_EIM_ROWS_H

#include "store/turn.h"

enum eim_wire { EIM_WIRE_UNKNOWN, EIM_WIRE_V10, EIM_WIRE_V11 }; /* v1.1 and later */

#define EIM_ORDER_STATES(X)                                                                        \
    X(QUEUED, "queued")                                                                            \
    X(SENT, "sent")       /* handed to the IPA at least once */                                    \
    X(STARTED, "started") /* the IPA has begun the relayed download */                             \
    X(DONE, "done")                                                                                \
    X(FAILED, "failed")                                                                            \
    X(CHECKING, "checking") /* the IPA says failed; the card is asked for its profiles */          \
    X(SIGNED, "signed")     /* with the IPA, or goes to it when it asks */

enum eim_order_kind {
    EIM_ORDER_PACKAGE, /* signed eUICC Package: PSMOs or eCOs */
    EIM_ORDER_DATA,    /* IPA eUICC Data Request */
    EIM_ORDER_DOWNLOAD /* Profile Download Trigger */
};
enum eim_order_state {
#define X(name, text) EIM_##name,
    EIM_ORDER_STATES(X)
#undef X
};

/* A signed package that waits for its result. */
static inline bool eim_is_out(int64_t kind, int64_t state)
{
    return kind == EIM_ORDER_PACKAGE && (state == EIM_SENT || state == EIM_SIGNED);
}

/* "?" for a number that is none. */
const char *eim_order_state_name(int64_t state);

/* clang-format off */
#define EIM_DEVICE(C, T)                                                                           \
    C(T, BLOB, eid,               0,          1, 0)                                                \
    C(T, TEXT, label,             STORE_NULL, 1, 0)                                                \
    C(T, INT,  associated,        0,          1, 0) /* this eIM has an entry on the card */        \
    C(T, INT,  counter,           0,          1, 0) /* last value given to a package */            \
    C(T, INT,  has_token,         0,          1, 0)                                                \
    C(T, INT,  token,             0,          1, 0)                                                \
    C(T, INT,  wire,              0,          1, 0) /* enum eim_wire */                            \
    C(T, INT,  iot_version,       0,          1, 0) /* of the card: 0x010200; 0: not known */      \
    C(T, INT,  features,          0,          1, 0) /* ipaFeatures, bit i as bit i */              \
    C(T, INT,  protocols,         0,          1, 0)                                                \
    C(T, BLOB, euicc_certificate, STORE_NULL, 1, 0)                                                \
    C(T, BLOB, eum_certificate,   STORE_NULL, 1, 0)                                                \
    C(T, BLOB, euicc_info1,       STORE_NULL, 1, 0) /* BF20, whole */                              \
    C(T, BLOB, euicc_info2,       STORE_NULL, 1, 0) /* BF22, whole */                              \
    C(T, BLOB, device_info,       STORE_NULL, 1, 0) /* A1, as in ctxParams1 */                     \
    C(T, TEXT, default_smdp,      STORE_NULL, 1, 0)                                                \
    C(T, TEXT, root_smds,         STORE_NULL, 1, 0)                                                \
    C(T, INT,  changed_cause,     0,          1, 0) /* last stateChangeCause; -1: none */          \
    C(T, INT,  changed_ms,        0,          1, 0) /* when; 0: never */                           \
    C(T, BLOB, r_plmn,            STORE_NULL, 1, 0)                                                \
    C(T, INT,  added_ms,          0,          1, 0)

/* the card's profiles, as far as results and lists told */
#define EIM_PROFILE(C, T)                                                                          \
    C(T, BLOB, eid,      0,          1, 0)                                                         \
    C(T, BLOB, iccid,    0,          1, 0)                                                         \
    C(T, INT,  enabled,  0,          1, 0)                                                         \
    C(T, INT,  class,    0,          1, 0)                                                         \
    C(T, INT,  fallback, 0,          1, 0)                                                         \
    C(T, TEXT, name,     STORE_NULL, 1, 0)                                                         \
    C(T, TEXT, provider, STORE_NULL, 1, 0)                                                         \
    C(T, INT,  seen_ms,  0,          1, 0)

#define EIM_ORDER(C, T)                                                                            \
    C(T, INT,  id,             STORE_SERIAL, 1, 0)                                                 \
    C(T, BLOB, eid,            0,            1, 0)                                                 \
    C(T, INT,  kind,           0,            1, 0) /* enum eim_order_kind */                       \
    C(T, INT,  state,          0,            1, 0) /* enum eim_order_state */                      \
    C(T, INT,  open,           0,            1, 0) /* 1: neither done nor failed */                \
    C(T, BLOB, transaction_id, 0,            1, 0) /* eimTransactionId */                          \
    /* package: psmoList or ecoList; data: tags; download: the SM-DS that is asked for the IPA */  \
    C(T, BLOB, content,        STORE_NULL,   1, 0)                                                 \
    C(T, INT,  counter,        0,            1, 0) /* of the package, once signed */               \
    C(T, BLOB, sent,           STORE_NULL | STORE_SECRET, 1, 0) /* the eIM Package as it left */   \
    C(T, INT,  sent_ms,        0,            1, 0) /* first time, or when it was signed */         \
    C(T, INT,  deliveries,     0,            1, 0)                                                 \
    C(T, INT,  seq_number,     0,            1, 0) /* of the result that was applied */            \
    C(T, BLOB, result,         STORE_NULL,   1, 0) /* as received */                               \
    C(T, INT,  code,           0,            1, 0) /* 0, or the failure's number */                \
    C(T, TEXT, outcome,        STORE_NULL,   1, 0) /* "enableResult catBusy(5)" */                 \
    C(T, INT,  verified,       0,            1, 0) /* the outcome is signed by the eUICC */        \
    C(T, INT,  retryable,      0,            1, 0) /* the same may be ordered again */             \
    C(T, TEXT, activation,     STORE_NULL | STORE_SECRET, 1, 0) /* activation code; download */    \
    C(T, INT,  source,         0,            1, 0) /* enum eim_source; download */                 \
    C(T, INT,  indirect,       0,            1, 0)                                                 \
    C(T, TEXT, smdp,           STORE_NULL,   1, 0) /* SM-DP+ or SM-DS address; download */         \
    C(T, TEXT, matching_id,    STORE_NULL | STORE_SECRET, 1, 0)                                    \
    C(T, BLOB, smdp_oid,       STORE_NULL,   1, 0) /* content of the OID */                        \
    C(T, BLOB, code_hash,      STORE_NULL | STORE_SECRET, 1, 0) /* SHA-256 of the confirmation code */\
    C(T, BLOB, rsp_id,         STORE_NULL,   1, 0) /* transactionId of the SM-DP+ */               \
    C(T, BLOB, iccid,          STORE_NULL,   1, 0) /* of the profile: meant, then installed */     \
    C(T, INT,  created_ms,     0,            1, 0)                                                 \
    C(T, INT,  changed_ms,     0,            1, 0)                                                 \
    C(T, INT,  over_ms,        0,            2, 0) /* since when it is done or failed; else 0 */

/*
 * How a download order is found by other things than its own. Apart from the orders, because these
 * are written often and every index costs a page.
 */
#define EIM_TARGET(C, T)                                                                           \
    C(T, BLOB, transaction_id, 0,          1, 0) /* eimTransactionId of the order */               \
    C(T, TEXT, smdp,           STORE_NULL, 1, 0)                                                   \
    C(T, BLOB, rsp_id,         STORE_NULL, 1, 0) /* transactionId of its last session */           \
    C(T, INT,  created_ms,     0,          1, 0)

/* on its way to the SM-DP+; stays, delivered, so that a copy is not sent again */
#define EIM_NOTIFICATION(C, T)                                                                     \
    C(T, BLOB, digest,     0,          1, 0) /* SHA-256 of data */                                 \
    C(T, BLOB, eid,        STORE_NULL, 1, 0)                                                       \
    C(T, INT,  seq_number, 0,          1, 0)                                                       \
    C(T, TEXT, address,    0,          1, 0)                                                       \
    C(T, BLOB, data,       0,          1, 0) /* BF37 or 30, whole */                               \
    C(T, INT,  pending,    0,          1, 0)                                                       \
    C(T, INT,  due_ms,     0,          1, 0)                                                       \
    C(T, INT,  attempts,   0,          1, 0)                                                       \
    C(T, INT,  arrived_ms, 0,          1, 0)
/* clang-format on */

STORE_ROW(eim_device, EIM_DEVICE);
STORE_ROW(eim_profile, EIM_PROFILE);
STORE_ROW(eim_order, EIM_ORDER);
STORE_ROW(eim_target, EIM_TARGET);
STORE_ROW(eim_notification, EIM_NOTIFICATION);

extern const struct store_table eim_device_table;
extern const struct store_table eim_profile_table;
extern const struct store_table eim_order_table;
extern const struct store_table eim_target_table;
extern const struct store_table eim_notification_table;

/* Of every table, index 0 is its key. */
#define EIM_BY_KEY 0
enum {
    EIM_ORDER_BY_EID = 1,     /* eid, open, id */
    EIM_ORDER_BY_TRANSACTION, /* transaction_id */
    EIM_ORDER_BY_OVER,        /* over_ms */
};
enum {
    EIM_TARGET_BY_SMDP = 1, /* smdp, created_ms */
    EIM_TARGET_BY_RSP_ID,
};
enum {
    EIM_NOTIFICATION_BY_DUE = 1, /* pending, due_ms, seq_number */
    EIM_NOTIFICATION_BY_EID,     /* eid, address, pending, seq_number */
};

/* To be opened together with store_event_schema: the role publishes events. */
extern const struct store_schema eim_schema;

#endif
