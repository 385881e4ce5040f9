/* Making revocation lists, complete ones, of the shape that SGP.26 gives those of the test CI. */
#ifndef DUNLIN_PKI_CRL_ISSUE_H
#define DUNLIN_PKI_CRL_ISSUE_H

#include "pki/keystore.h"

struct crl_revoked {
    slice serial; /* content of the INTEGER */
    int64_t when_s;
};

/* All slices are borrowed. */
struct crl_template {
    int64_t number; /* cRLNumber */
    int64_t this_update_s, next_update_s;
    slice point; /* URI of the distribution point that it stands for; absent: all of the issuer's */
    const struct crl_revoked *revoked;
    size_t count;
};

/*
 * Signs the list as issuer; *owned is for free() and *out points into it. E_MEMORY, E_ARGUMENT (a
 * date that cannot be written, no key identifier), or what the signer says.
 */
MUST_USE enum err crl_issue(const struct crypto *c, const struct crl_template *t,
                            const struct identity *issuer, uint8_t **owned, slice *out);

#endif
