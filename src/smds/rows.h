/*
 * What an SM-DS remembers: its rows in the store.
 *
 * Invariants:
 *   1. an event id belongs to one event of its owner at most
 *   2. an eUICC is told of live events only, and of those for its own EID
 *   3. an event that may stand at the root SM-DS is a row here, or its removal is
 */
#ifndef DUNLIN_SMDS_ROWS_H
#define DUNLIN_SMDS_ROWS_H

#include "store/turn.h"

#define SMDS_STATES(X)                                                                             \
    X(LIVE, "Live")                                                                                \
    X(REGISTERING, "Registering") /* the root is being asked */                                    \
    X(CANCELLED, "Cancelled")     /* deleted while the root is being asked */

enum smds_event_state {
#define X(name, text) SMDS_##name,
    SMDS_STATES(X)
#undef X
        SMDS_STATE_COUNT
};

/* "Live"; "?" for a number that is no state. */
const char *smds_state_name(int64_t state);

/* clang-format off */
#define SMDS_EVENT(C, T)                                                                           \
    C(T, INT,  id,            STORE_SERIAL, 1, 0) /* order of registration */                      \
    C(T, TEXT, owner,         0,            1, 0) /* functionRequesterIdentifier */                \
    C(T, TEXT, event_id,      0,            1, 0)                                                  \
    C(T, BLOB, eid,           0,            1, 0)                                                  \
    C(T, TEXT, address,       0,            1, 0) /* rspServerAddress */                           \
    C(T, TEXT, root_id,       STORE_NULL,   1, 0) /* EventID of ours at the root; absent: none */  \
    C(T, INT,  state,         0,            1, 0) /* enum smds_event_state */                      \
    C(T, INT,  registered_ms, 0,            1, 0)                                                  \
    C(T, INT,  due_ms,        0,            1, 0) /* live: its end; else the root's answer is lost */

/* An event at the root that is to go from there. */
#define SMDS_REMOVAL(C, T)                                                                         \
    C(T, TEXT, root_id,  0, 1, 0)                                                                  \
    C(T, BLOB, eid,      0, 1, 0)                                                                  \
    C(T, INT,  since_ms, 0, 1, 0)                                                                  \
    C(T, INT,  due_ms,   0, 1, 0)                                                                  \
    C(T, INT,  attempts, 0, 1, 0)

#define SMDS_CALLER(C, T)                                                                          \
    C(T, BLOB, certificate, 0, 1, 0) /* SHA-256 of the client's certificate */                     \
    C(T, TEXT, name,        0, 1, 0) /* functionRequesterIdentifier */                             \
    C(T, INT,  added_ms,    0, 1, 0)
/* clang-format on */

STORE_ROW(smds_event, SMDS_EVENT);
STORE_ROW(smds_removal, SMDS_REMOVAL);
STORE_ROW(smds_caller, SMDS_CALLER);

extern const struct store_table smds_event_table;
extern const struct store_table smds_removal_table;
extern const struct store_table smds_caller_table;

/* Of every table, index 0 is its key. */
#define SMDS_BY_KEY 0
enum { SMDS_EVENT_BY_NAME = 1, SMDS_EVENT_BY_EID, SMDS_EVENT_BY_ROOT_ID, SMDS_EVENT_BY_DUE };
enum { SMDS_REMOVAL_BY_DUE = 1 };

/* To be opened together with store_event_schema: the role publishes events. */
extern const struct store_schema smds_schema;

#endif
