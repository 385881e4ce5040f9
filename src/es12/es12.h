/*
 * ES12 and ES15, the caller's side (SGP.22 5.9, 5.10): what an SM-DP+ asks of an SM-DS, and an
 * alternative SM-DS of the root. The same two functions, as upstream calls of a turn.
 */
#ifndef DUNLIN_ES12_ES12_H
#define DUNLIN_ES12_ES12_H

#include "rsp/sgp22_es2.h"
#include "store/turn.h"

struct es12_to {
    slice host;      /* SM-DS, with ":port" unless 443 */
    slice requester; /* functionRequesterIdentifier: who we are */
    slice trust;     /* profile of the call: the SM-DS knows us by the certificate in it */
    slice resume;    /* handed back with the answer */
    bool root;       /* ES15 */
};

/* The turn then wants the call. The request's header is filled in. */
MUST_USE enum err es12_register(const struct es12_to *to, const struct register_event_request *r,
                                struct turn *t);
MUST_USE enum err es12_delete(const struct es12_to *to, const struct delete_event_request *r,
                              struct turn *t);

struct es12_answer {
    bool reached; /* a whole answer came */
    int status;   /* of HTTP */
    slice body;
};

enum es12_outcome {
    ES12_DONE,
    ES12_EXISTS,      /* 8.9.5/3.3: there is such an event */
    ES12_UNKNOWN,     /* 8.9.5/3.9: there is none */
    ES12_FAILED,      /* every other answer */
    ES12_UNREACHABLE, /* none: what was asked may have happened all the same */
};

enum es12_outcome es12_outcome(const struct es12_answer *answer, struct arena *a);

#endif
