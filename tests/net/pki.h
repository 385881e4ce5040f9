/* Certificates made on the spot, in the shape of SGP.26 unless a test asks for a flaw. */
#ifndef TESTS_NET_PKI_H
#define TESTS_NET_PKI_H

#include "base/slice.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

struct made_cert {
    X509 *cert;
    EVP_PKEY *key;
    slice der; /* OPENSSL_malloc */
};

/* NULL leaves an extension out; texts are OpenSSL's extension values. */
struct cert_spec {
    const char *curve; /* NULL: P-256 */
    const char *cn;
    const char *basic, *usage, *extended, *policy, *names, *constraints;
    long from_s, until_s;       /* seconds from now */
    const struct made_cert *by; /* NULL: self-signed */
    EVP_PKEY *key;              /* NULL: a fresh one */
};

struct made_cert make_cert(const struct cert_spec *s);
void free_cert(struct made_cert *c);

/* A CI, and the specification of a DPtls certificate under it that is good in every respect. */
struct made_cert make_ci(void);
struct cert_spec good_server(const struct made_cert *ci, const char *names);
struct cert_spec good_client(const struct made_cert *ci);

#define DAY_S        86400L
#define POLICY_DPTLS "2.23.146.1.2.1.3"
#define POLICY_DSTLS "2.23.146.1.2.1.6"

#endif
