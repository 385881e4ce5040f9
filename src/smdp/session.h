/*
 * What an SM-DP+ keeps of an RSP session beyond the mutual authentication (cma/session.h): from
 * AuthenticateClient to the end of GetBoundProfilePackage or CancelSession. It holds no secret: the
 * one-time private key of a binding exists only inside one call of the provider.
 */
#ifndef DUNLIN_SMDP_SESSION_H
#define DUNLIN_SMDP_SESSION_H

#include "cma/cma.h"

struct smdp_order;

struct session {
    struct cma_session cma; /* first: the table knows no more */

    /* from AuthenticateClient on */
    uint8_t iccid[10];
    struct smdp_order *order; /* as this session left it, from the heap; NULL: to be read */
    int64_t ordered_ms;       /* tells the order from a later one of the same profile */
    uint8_t *metadata;        /* of the profile as announced, from the heap; what is bound */
    size_t metadata_n;
    uint8_t signature2[SIG_LEN]; /* ours: the eUICC signs it again */
};

/* As those of cma/session.h, for whole sessions. */

static inline struct session *session_take(struct cma_table *t, slice transaction_id,
                                           int64_t now_ms)
{
    return (struct session *)(void *)cma_session_take(t, transaction_id, now_ms);
}

static inline void session_put(struct cma_table *t, struct session *s)
{
    cma_session_put(t, &s->cma);
}

static inline void session_end(struct cma_table *t, struct session *s)
{
    cma_session_end(t, &s->cma);
}

#endif
