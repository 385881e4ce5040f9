/* Shared by the files of the role only. */
#ifndef DUNLIN_SMDS_INTERNAL_H
#define DUNLIN_SMDS_INTERNAL_H

#include "cma/cma.h"
#include "smds/smds.h"

/* Why a function is refused (SGP.22 5.2.6); the first ones are those of cma/cma.h. */
/* clang-format off */
#define SMDS_REFUSALS(X)                                                                           \
    CMA_REFUSALS(X, "8.9")                                                                         \
    X(EVENT_UNKNOWN,   "8.9.5", "3.9", "no such event for this EID")                               \
    X(EVENT_EXISTS,    "8.9.5", "3.3", "EventID is in use")                                        \
    X(EVENT_ADDRESS,   "8.9.5", "2.1", "rspServerAddress is not a host name")                      \
    X(EVENTS_MANY,     "8.9",   "4.2", "too many events for this EID")                             \
    X(ROOT_FAILED,     "8.9",   "4.2", "root SM-DS refused")                                       \
    X(ROOT_AWAY,       "8.9",   "5.1", "root SM-DS does not answer")                               \
    X(REQUESTER,       "1.1",   "1.2", "functionRequesterIdentifier is not the caller's")          \
    X(REQUESTER_KNOWN, "1.1",   "3.3", "certificate is another server's")
/* clang-format on */

enum smds_refusal {
#define X(name, ...) SMDS_REFUSE_##name,
    SMDS_REFUSALS(X)
#undef X
};

struct smds {
    struct smds_options options; /* defaults filled in */
    struct cma cma;
};

/* ES11: with the error response as reply. */
MUST_USE enum err smds_refuse_client(struct turn *t, enum rsp_function f, enum smds_refusal why);
/* ES12: JSON only. */
MUST_USE enum err smds_refuse(struct turn *t, enum smds_refusal why);

/* An event for the log; kind is a string literal. */
MUST_USE enum err smds_tell(struct turn *t, const char *kind, const struct smds_event *event);

/* The event goes; from the root too when it may stand there. */
MUST_USE enum err smds_end_event(struct turn *t, struct smds_event *event);

/* Asks the root for our event under event->root_id (ES15). */
MUST_USE enum err smds_root_register(struct smds *s, const struct smds_event *event,
                                     struct turn *t);
MUST_USE enum err smds_root_delete(struct smds *s, slice eid, slice root_id, struct turn *t);

#endif
