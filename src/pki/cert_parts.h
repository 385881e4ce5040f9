/* What the files that parse certificates and revocation lists share; nobody else needs this. */
#ifndef DUNLIN_PKI_CERT_PARTS_H
#define DUNLIN_PKI_CERT_PARTS_H

#include "pki/cert.h"

/* What a CI signs: Certificate and CertificateList alike (RFC 5280 4.1, 5.1). */
struct x509_signed {
    struct tlv tbs;
    slice algorithm; /* the whole element; the one inside tbs must be the same */
    slice signature; /* DER */
    bool ecdsa_sha256;
};
MUST_USE enum err x509_open(slice content, struct x509_signed *out);
MUST_USE enum err x509_verify(slice tbs, slice signature, bool ecdsa_sha256,
                              const struct public_key *issuer);

/* The content of [3] extensions. Fills the members of *out that come from extensions. */
MUST_USE enum err extensions_parse(slice value, struct cert *out);

/* The content of the one element in an extension's value, which must have this tag. */
MUST_USE enum err ext_content(slice value, uint32_t tag, slice *out);

/* RFC 5280 4.1.2.5: seconds are there, the zone is Z, UTCTime until 2049. */
MUST_USE enum err x509_time(struct tlv t, int64_t *out);

/* Walks a Name to the end and says whether that was the end. */
MUST_USE enum err name_check(slice name);

#endif
