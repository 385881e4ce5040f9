/*
 * A small hierarchy in memory, and certificates made wrong on purpose: a valid one is taken apart,
 * one part replaced, and signed again by its issuer.
 */
#ifndef DUNLIN_TESTS_PKI_FORGE_H
#define DUNLIN_TESTS_PKI_FORGE_H

#include "pki/chain.h"
#include "pki/issue.h"

#define FORGE_NOW ((int64_t)1790000000) /* September 2026 */

/* A certificate with the key that stands in it. */
struct made {
    uint8_t buf[CERT_ISSUE_MAX];
    slice der;
    struct cert cert;
    struct signer signer;
};

/* Fields that are absent get the usual values of the role. by NULL: self-signed. */
void make_cert(const struct crypto *c, struct made *out, enum curve curve, struct cert_template t,
               const struct made *by);
void made_close(struct made *m);

/* The parts of TBSCertificate in their order. */
enum {
    TBS_VERSION,
    TBS_SERIAL,
    TBS_ALGORITHM,
    TBS_ISSUER,
    TBS_VALIDITY,
    TBS_SUBJECT,
    TBS_SPKI,
    TBS_EXTENSIONS,
    TBS_PARTS
};

/* m with one part replaced, signed by `by` (itself when NULL). */
slice forge_part(const struct crypto *c, const struct made *m, int part, slice with,
                 const struct made *by, uint8_t *buf, size_t size);
/* m with every `from` in its tbs replaced by `to` of equal length (at least one), signed again. */
slice forge_octets(const struct crypto *c, const struct made *m, slice from, slice to,
                   const struct made *by, uint8_t *buf, size_t size);

#endif
