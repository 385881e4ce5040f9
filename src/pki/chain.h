/*
 * Certificate chains under the GSMA rules (SGP.22 4.5.2.2 and 2.6.1): up to CHAIN_MAX certificates
 * below a trusted CI. Stock X.509 validation is not used, because the constraints of an EUM have a
 * meaning of their own (a prefix of the EID).
 *
 * For each certificate, from the CI down: its validity, before anything else that may be wrong with
 * it, unless the caller has no trusted time (a card); the issuer's key identifier and name, the
 * issuer's role, path length, one curve for the whole chain, its own role and content
 * (cert_check_role), and its signature. For an eUICC also its EID and the constraints of its EUM.
 * Last, whether its issuer has revoked it, where the trust knows of revocations (revocation.h).
 *
 * A server verifies the same chains again and again: it gives its trust a cache.
 */
#ifndef DUNLIN_PKI_CHAIN_H
#define DUNLIN_PKI_CHAIN_H

#include "pki/cert.h"

#define CHAIN_MAX  4 /* certificates below the CI: SubCAs of version 3, EUM, leaf */
#define TRUST_MAX  16
#define KEY_ID_MAX 32
#define NO_TIME    INT64_MIN /* the caller has no trusted clock */

/* A trusted CI: a key with its identifier, and what its certificate adds when there is one. */
struct anchor {
    uint8_t id[KEY_ID_MAX];
    size_t id_n;
    struct public_key *key;
    slice subject; /* borrowed Name; absent: only the key is trusted */
    slice der;     /* borrowed certificate; absent likewise */
    int64_t not_before_s, not_after_s;
    int32_t path_len;
};

struct chain_cache;
struct revocations;

/* The caller's memory; trust_open, add, then read-only for any number of threads. */
struct trust {
    const struct crypto *crypto;
    struct chain_cache *cache;             /* NULL: none */
    const struct revocations *revocations; /* asked also of chains in the cache; NULL: none */
    size_t count;
    struct anchor anchor[TRUST_MAX];
};

void trust_open(struct trust *t, const struct crypto *c);
/* Borrows der. The certificate must be a CI and self-signed. E_BADCERT, E_BADSIG, E_EXISTS,
 * E_LIMIT.
 */
MUST_USE enum err trust_add_cert(struct trust *t, slice der);
/* A CI of which only the key is known, as a card keeps it. */
MUST_USE enum err trust_add_key(struct trust *t, slice key_id, enum curve curve,
                                const struct ec_point *point);
/* NULL when no anchor has this identifier. */
const struct anchor *trust_find(const struct trust *t, slice key_id);
/* Does not close the cache. */
void trust_close(struct trust *t);

/*
 * Verified chains, and the issuers of verified leaves, by the SHA-256 of their certificates;
 * bounded, thread safe. NULL: out of memory.
 */
struct chain_cache *chain_cache_open(size_t entries);
void chain_cache_close(struct chain_cache *cache);
/* For a change of trust. */
void chain_cache_clear(struct chain_cache *cache);
/* Verifications that were not repeated, for statistics. */
uint64_t chain_cache_hits(const struct chain_cache *cache);

struct chain {
    size_t count;
    struct cert cert[CHAIN_MAX]; /* [0] is the leaf; slices point into the caller's DER */
    const struct anchor *ci;
    struct public_key *key; /* of the leaf, prepared; key_hold to keep it beyond chain_close */
    int64_t from_s, to_s;   /* all of it, the CI too, is valid between */
};

/*
 * What is wrong, and with which certificate; role is that of the position: ROLE_CI for the trust
 * anchor itself.
 *
 *   E_UNTRUSTED            no trusted CI has the authority key identifier of the top certificate
 *                          (one that has none is E_BADCERT)
 *   E_EXPIRED              outside its validity
 *   E_REVOKED              named by a list of its issuer
 *   E_BADSIG, E_BADCERT,   not valid; also any error of cert_parse
 *   E_BADKEY, E_UNSUPPORTED (curve)
 *
 * An SM-DP+ answers 8.11.1/3.9 to the first, 8.1.2 (EUM) or 8.1.3 (eUICC) with 6.3 to the second
 * and 6.1 to the others.
 */
struct chain_fault {
    enum err err;
    enum cert_role role;
    const char *why; /* static text; never NULL after a failure */
};

/*
 * Verifies ders[0] (the leaf) for the role, with its issuers in ders[1..]. `ci` (may be absent)
 * names the key identifier of the only CI that will do. On success *out is closed by chain_close;
 * on failure it needs no closing. fault may be NULL.
 */
MUST_USE enum err chain_verify(const struct trust *t, const slice *ders, size_t count,
                               enum cert_role role, slice ci, int64_t now_s, struct chain *out,
                               struct chain_fault *fault);
void chain_close(struct chain *chain);

/* CERT.EUICC and CERT.EUM, as an SM-DP+ or eIM receives them; *eid is the eUICC's. */
MUST_USE enum err chain_verify_euicc(const struct trust *t, slice euicc, slice eum, slice ci,
                                     int64_t now_s, struct chain *out, uint8_t eid[EID_LEN],
                                     struct chain_fault *fault);

#endif
