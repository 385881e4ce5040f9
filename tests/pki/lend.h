/*
 * For tests of servers: a place of keys, with keys that the test keeps. The keyring neither closes
 * nor frees them, so that they serve again when the server is opened again.
 */
#ifndef DUNLIN_TESTS_PKI_LEND_H
#define DUNLIN_TESTS_PKI_LEND_H

#include "pki/keyring.h"

#include <stdio.h>
#include <stdlib.h>

#define LENT_MUST(cond)                                                                            \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct identity lent(const struct cert *cert, const struct signer *signer)
{
    struct identity id = { .cert = *cert, .signer = *signer };

    id.signer.close = NULL;
    return id;
}

/* CIs first. */
static inline struct keyring *lend_ci(const struct crypto *c, slice ci)
{
    struct keyring *k;

    LENT_MUST(keyring_open(c, 256, &k) == E_OK);
    LENT_MUST(keyring_add_ci(k, ci) == E_OK);
    return k;
}

static inline void lend_dp(struct keyring *k, struct identity auth, struct identity pb)
{
    struct credential c = { auth, pb };

    LENT_MUST(keyring_add(k, KEYRING_DP, &c, NO_TIME, NULL) == E_OK);
}

static inline void lend_ds(struct keyring *k, struct identity auth)
{
    struct credential c = { .auth = auth };

    LENT_MUST(keyring_add(k, KEYRING_DS, &c, NO_TIME, NULL) == E_OK);
}

#endif
