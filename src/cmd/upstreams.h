/*
 * Whom the servers of a process believe when they call other servers, and the certificate that they
 * show there: a profile of trust for each interface, exchanged while they run.
 */
#ifndef DUNLIN_CMD_UPSTREAMS_H
#define DUNLIN_CMD_UPSTREAMS_H

#include "cmd/reason.h"
#include "net/tls.h"
#include "pki/keyring.h"

enum upstream {
    UPSTREAM_ES9,   /* the eIM to SM-DP+ servers */
    UPSTREAM_ES11,  /* the eIM to SM-DSs */
    UPSTREAM_EVENT, /* the eIM to where an event leads, either of them */
    UPSTREAM_ES2,   /* the SM-DP+ to operators */
    UPSTREAM_ES12,  /* the SM-DP+ to SM-DSs */
    UPSTREAM_ES15,  /* an alternative SM-DS to the root */
    UPSTREAMS
};

struct upstreams {
    struct {
        struct tls_trust *now, *fresh; /* NULL: nobody calls there; nothing is prepared */
    } of[UPSTREAMS];
};

struct upstreams_options {
    const char *pki;
    const struct keyring *keys;              /* its CIs are believed */
    const struct tls_revocation *revocation; /* stays where it is; NULL: none */
    const char *operator_ca;                 /* PEM: whom to believe at ES2+; NULL: the CIs */
    bool smdp, smds, eim;                    /* that run */
};

/* All of it anew; then it is taken (always the first time) for connections to come, or dropped. */
MUST_USE enum err upstreams_prepare(struct upstreams *u, const struct upstreams_options *o,
                                    struct reason *r);
void upstreams_settle(struct upstreams *u, bool take);
void upstreams_close(struct upstreams *u);

/* For engine/upstream.h: ctx is the struct upstreams. */
struct tls_trust *upstreams_find(void *ctx, slice name);

#endif
