/*
 * Certificate revocation lists as RSP uses them (RFC 5280 5, SGP.22 4.6): complete lists, deltas,
 * and lists in parts.
 *
 * crl_parse copies nothing: every slice points into the octets that it was given. It takes hostile
 * input and allocates nothing. A list that parses is well formed to its last entry, and says
 * nothing that this house does not understand; it is trusted when its signature verifies.
 */
#ifndef DUNLIN_PKI_CRL_H
#define DUNLIN_PKI_CRL_H

#include "crypto/crypto.h"

#define CRL_NUMBER_MAX 20 /* octets of a CRLNumber (RFC 5280 5.2.3), without leading zeros */
#define CRL_SERIAL_MAX 21 /* octets of a serialNumber as it stands in the DER */
#define CRL_PARTS_MAX  64

struct crl {
    slice tbs; /* what the signature covers */
    slice issuer;
    int64_t this_update_s;
    int64_t next_update_s; /* 0: not stated */
    slice revoked;         /* for crl_next */
    slice aki;
    slice number;   /* without leading zeros */
    slice base;     /* BaseCRLNumber of a delta, without leading zeros; absent: a complete list */
    slice scope;    /* content of issuingDistributionPoint; absent: not stated */
    unsigned parts; /* totalPartialCrlNumber; 0: not in parts */
    unsigned part;  /* partialCrlNumber, from 1 */
    bool ecdsa_sha256;
    slice signature;
};

/*
 * body: content of the CertificateList. E_UNSUPPORTED: critical extensions that are unknown, a list
 * on behalf of others (indirectCRL), attribute certificates, another version. E_MISSING: no key
 * identifier or number. Else what the DER reader found.
 */
MUST_USE enum err crl_parse(slice body, struct crl *out);

struct crl_entry {
    slice serial;   /* content of the INTEGER */
    int64_t when_s; /* revocationDate */
    bool removed;   /* removeFromCRL: only in deltas */
};
/* Walks crl.revoked; false at the end. */
bool crl_next(slice *rest, struct crl_entry *out);

/* Made with this key over the list. E_UNSUPPORTED, E_BADSIG. */
MUST_USE enum err crl_verify_signature(const struct crl *crl, const struct public_key *issuer);

/* Of two numbers as above: less than 0, 0, or more. */
int crl_number_compare(slice a, slice b);

#endif
