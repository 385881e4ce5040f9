/*
 * Making certificates of the SGP.26 shapes: field order, string types and extensions of each role
 * are those of the official test hierarchy ("variant O").
 */
#ifndef DUNLIN_PKI_ISSUE_H
#define DUNLIN_PKI_ISSUE_H

#include "crypto/signer.h"
#include "pki/cert.h"

#define CERT_ISSUE_MAX 2048u /* octets that a certificate made here may have */
#define KEY_ID_SHA1    20

/* All slices are borrowed; absent ones are left out. */
struct cert_template {
    enum cert_role role;
    slice serial; /* content of a positive INTEGER */
    slice country, org, org_unit, common_name, serial_number;
    int64_t not_before_s, not_after_s;
    int path_len;     /* of a CA; -1: no limit */
    slice rid;        /* content of the OID */
    const slice *dns; /* names of a TLS server */
    size_t dns_count;
    const slice *iins; /* EUM: EID prefixes it may issue under its own organisation */
    size_t iin_count;
    const slice *crls; /* URIs */
    size_t crl_count;
};

struct cert_issuer {
    const struct signer *signer;
    slice name; /* whole Name; absent: self-signed */
    slice key_id;
};

/*
 * Writes a certificate for a public key into the end of buf; *out points there. E_NOSPACE,
 * E_ARGUMENT (a role that cannot be made, a date past year 9999), or what the signer says.
 */
MUST_USE enum err cert_issue(const struct crypto *c, const struct cert_template *t,
                             enum curve curve, const struct ec_point *key,
                             const struct cert_issuer *issuer, void *buf, size_t size, slice *out);
/* The outer SEQUENCE: tbs (a whole element) signed as it is. */
MUST_USE enum err cert_sign(const struct crypto *c, slice tbs, const struct signer *signer,
                            void *buf, size_t size, slice *out);
/* An X.509 signature from a raw one; back to front into w. */
void der_put_sig(struct der_writer *w, const struct ec_sig *sig);
/* A SubjectPublicKeyInfo; back to front into w. */
void der_put_spki(struct der_writer *w, enum curve curve, const struct ec_point *key);

#endif
