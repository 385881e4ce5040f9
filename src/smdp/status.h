/*
 * Why an ES9+ or ES2+ function is refused: one row a reason, with its codes (SGP.22 5.2.6) and
 * words. The numbers of the ASN.1 binding follow from the codes (rsp/status.h).
 */
#ifndef DUNLIN_SMDP_STATUS_H
#define DUNLIN_SMDP_STATUS_H

#include "cma/cma.h"

/* clang-format off */
#define SMDP_REFUSALS(X)                                                                           \
    CMA_REFUSALS(X, "8.8")                                                                         \
    X(MATCHING_ID,        "8.2.6",  "3.8",  "matching id")                                         \
    X(EID,                "8.1.1",  "3.8",  "order is not for this eUICC")                         \
    X(NOT_RELEASED,       "8.2",    "1.2",  "profile is not released")                             \
    X(NOT_ELIGIBLE,       "8.2.5",  "4.3",  "no profile for this eUICC")                           \
    X(CARD_MEMORY,        "8.1",    "4.8",  "not enough memory on the eUICC")                      \
    X(ORDER_EXPIRED,      "8.8.5",  "4.10", "order has expired")                                   \
    X(ORDER_ATTEMPTS,     "8.8.5",  "6.4",  "too many downloads of this order")                    \
    X(CODE_MISSING,       "8.2.7",  "2.2",  "confirmation code is missing")                        \
    X(CODE_REFUSED,       "8.2.7",  "3.8",  "confirmation code is wrong")                          \
    X(CODE_ATTEMPTS,      "8.2.7",  "6.4",  "too many wrong confirmation codes")                   \
    X(REBINDING,          "8.2",    "3.7",  "package cannot be bound anew")                        \
    X(OID,                "8.8",    "3.10", "smdpOid is not this server's")                        \
    /* ES2+ only */                                                                                \
    X(REQUESTER_KNOWN,    "1.1",    "3.3",  "certificate is another operator's")                   \
    X(REQUESTER,          "1.1",    "1.2",  "functionRequesterIdentifier is not the caller's")     \
    X(CALL_IN_USE,        "1.6",    "3.3",  "functionCallIdentifier was used for another order")   \
    X(ICCID_NOT_ALLOWED,  "8.2.1",  "1.2",  "ICCID is another operator's")                         \
    X(ICCID_UNKNOWN,      "8.2.1",  "3.9",  "ICCID is unknown")                                    \
    X(ICCID_IN_USE,       "8.2.1",  "3.3",  "ICCID is in use")                                     \
    X(ICCID_STATE,        "8.2.1",  "3.5",  "not possible in the profile's state")                 \
    X(TYPE_MISSING,       "8.2.5",  "2.2",  "iccid or profileType is needed")                      \
    X(TYPE_NOT_ALLOWED,   "8.2.5",  "1.2",  "profile type is another operator's")                  \
    X(TYPE_UNKNOWN,       "8.2.5",  "3.9",  "profile type is unknown")                             \
    X(TYPE_EXHAUSTED,     "8.2.5",  "3.7",  "no profile of this type is left")                     \
    X(TYPE_MISMATCH,      "8.2.5",  "3.8",  "ICCID is not of this profile type")                   \
    X(MATCHING_ID_IN_USE, "8.2.6",  "3.3",  "matching id is in use")                               \
    X(MATCHING_ID_OTHER,  "8.2.6",  "3.10", "order has another matching id")                       \
    X(EID_MISSING,        "8.1.1",  "2.2",  "EID is needed")                                       \
    X(EID_OTHER,          "8.1.1",  "3.10", "order is for another EID")                            \
    X(SMDS_ADDRESS,       "8.9",    "5.1",  "smdsAddress is not a host name")                      \
    X(SMDS_BUSY,          "8.9",    "5.1",  "an earlier event of this name is not gone yet")       \
    X(SMDS_AWAY,          "8.9",    "5.1",  "SM-DS does not answer")                               \
    X(SMDS_FAILED,        "8.9",    "4.2",  "SM-DS refused the event")
/* clang-format on */

enum smdp_refusal {
#define X(name, ...) SMDP_REFUSE_##name,
    SMDP_REFUSALS(X)
#undef X
};

/*
 * Refuses the turn: its status becomes the row's codes, and its reply the function's error response
 * of the ASN.1 binding (BF39 { 81 n } and so on), so that either binding can print it.
 * E_MEMORY.
 */
MUST_USE enum err smdp_refuse(struct turn *t, enum rsp_function f, enum smdp_refusal why);
/* The same for ES2+, which has no ASN.1 binding. */
MUST_USE enum err smdp_refuse_order(struct turn *t, enum smdp_refusal why);

#endif
