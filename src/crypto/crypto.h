/*
 * The provider interface: everything that needs a cryptographic library or a secure element goes
 * through one `struct crypto`. The protocols on top (kdf.h, bsp.h, aka.h) and the certificate rules
 * (pki/) only see this header.
 *
 * A provider and its prepared keys may be used by any number of threads at once. Messages are given
 * as parts that are processed one after another, so that nobody copies to concatenate. Outputs may
 * not overlap inputs unless a function says so.
 *
 * What an error means:
 *   E_BADSIG       the signature is malformed or does not verify
 *   E_BADKEY       the point is malformed, at infinity or off the curve; the scalar is 0 or >= n
 *   E_UNSUPPORTED  the curve is none of ours
 *   E_SIZE         an AES key that is not 16, 24 or 32 octets, a triple-DES key that is not 16 or
 *                  24, or input that is not whole blocks
 *   E_CRYPTO       the library failed; nothing is known about the input
 */
#ifndef DUNLIN_CRYPTO_CRYPTO_H
#define DUNLIN_CRYPTO_CRYPTO_H

#include "base/err.h"
#include "base/slice.h"

#include <stdatomic.h>

#define DIGEST_LEN 32 /* SHA-256 */
#define SHA1_LEN   20
#define POINT_LEN  65 /* 04 || X || Y */
#define SIG_LEN    64 /* r || s, BSI TR-03111 "plain" */
#define SCALAR_LEN 32
#define SECRET_LEN 32 /* x coordinate of the shared point */
#define AES_BLOCK  16
#define X25519_LEN 32 /* of scalars, of u coordinates and of the shared secret, little-endian */
#define PACKED_LEN 33 /* 02 or 03 || X: a point in compressed form */
#define DES_BLOCK  8

enum curve {
    CURVE_NONE,    /* no key there */
    CURVE_P256,    /* NIST P-256, secp256r1 */
    CURVE_BP256R1, /* brainpoolP256r1 */
    CURVE_OTHER    /* a key on a curve that RSP does not use here */
};

struct ec_point {
    uint8_t b[POINT_LEN];
};
struct ec_sig {
    uint8_t b[SIG_LEN];
};
/* A public key of X25519 (RFC 7748): a u coordinate. */
struct x25519_key {
    uint8_t b[X25519_LEN];
};
/* A private key. Its holder wipes it. */
struct ec_scalar {
    uint8_t b[SCALAR_LEN];
};
/* The holder wipes it. */
struct aes128_key {
    uint8_t b[16];
};

/* "P-256", "brainpoolP256r1"; never NULL. */
const char *curve_name(enum curve curve);
/* The order n of the group, 32 octets; NULL for a curve that is none of ours. */
const uint8_t *curve_order(enum curve curve);

/* Form only (65 octets that begin with 04): whether the point is on the curve is for the provider.
 */
MUST_USE enum err ec_point_parse(slice octets, struct ec_point *out);
/* 64 octets with 0 < r < n and 0 < s < n (SGP.22 2.6.7), else E_BADSIG. */
MUST_USE enum err ec_sig_parse(slice octets, enum curve curve, struct ec_sig *out);

/* A public key made ready for many verifications. Counted; see key_open. */
struct public_key {
    const struct crypto *by;
    enum curve curve;
    struct ec_point point;
    atomic_uint uses;
};

struct signer;
struct tls_provider;

enum aes_direction { AES_DECRYPT, AES_ENCRYPT };

/* A hash in progress: see hash_open. */
struct hash_run {
    const struct crypto *by;
    void *state;
};

struct crypto {
    void *ctx;
    const char *name;

    enum err (*random)(void *ctx, void *out, size_t n);

    enum err (*sha256)(void *ctx, const slice *parts, size_t count, uint8_t out[DIGEST_LEN]);
    enum err (*sha1)(void *ctx, slice in, uint8_t out[SHA1_LEN]);
    enum err (*hash_open)(void *ctx, void **state);
    enum err (*hash_add)(void *state, slice part);
    enum err (*hash_finish)(void *state, uint8_t out[DIGEST_LEN]);
    void (*hash_close)(void *state);
    enum err (*hmac_sha256)(void *ctx, slice key, const slice *parts, size_t count,
                            uint8_t out[DIGEST_LEN]);

    enum err (*aes_ecb)(void *ctx, enum aes_direction dir, slice key, slice in, uint8_t *out);
    enum err (*aes_cbc)(void *ctx, enum aes_direction dir, slice key, const uint8_t iv[AES_BLOCK],
                        slice in, uint8_t *out);
    enum err (*aes_ctr)(void *ctx, slice key, const uint8_t counter[AES_BLOCK], slice in,
                        uint8_t *out);
    enum err (*aes_cmac)(void *ctx, slice key, const slice *parts, size_t count,
                         uint8_t out[AES_BLOCK]);
    enum err (*des3_cbc)(void *ctx, enum aes_direction dir, slice key, const uint8_t iv[DES_BLOCK],
                         slice in, uint8_t *out);
    enum err (*aes_gcm_seal)(void *ctx, slice key, slice nonce, slice aad, slice plain,
                             uint8_t *out, uint8_t tag[AES_BLOCK]);
    enum err (*aes_gcm_open)(void *ctx, slice key, slice nonce, slice aad, slice sealed,
                             const uint8_t tag[AES_BLOCK], uint8_t *out);

    enum err (*public_open)(void *ctx, enum curve curve, const struct ec_point *point,
                            struct public_key **out);
    void (*public_close)(struct public_key *key);
    enum err (*verify)(const struct public_key *key, const uint8_t digest[DIGEST_LEN],
                       const struct ec_sig *sig);

    enum err (*key_pair)(void *ctx, enum curve curve, struct ec_scalar *secret,
                         struct ec_point *point);
    enum err (*public_of)(void *ctx, enum curve curve, const struct ec_scalar *secret,
                          struct ec_point *point);
    enum err (*point_check)(void *ctx, enum curve curve, const struct ec_point *point);
    enum err (*agree)(void *ctx, enum curve curve, const struct ec_scalar *secret,
                      const struct ec_point *peer, uint8_t z[SECRET_LEN]);
    enum err (*agree_fresh)(void *ctx, enum curve curve, const struct ec_point *peer,
                            struct ec_point *own, uint8_t z[SECRET_LEN]);
    enum err (*point_unpack)(void *ctx, enum curve curve, const uint8_t packed[PACKED_LEN],
                             struct ec_point *out);
    enum err (*x25519)(void *ctx, const struct ec_scalar *secret, const struct x25519_key *peer,
                       uint8_t z[X25519_LEN]);
    enum err (*x25519_fresh)(void *ctx, const struct x25519_key *peer, struct x25519_key *own,
                             uint8_t z[X25519_LEN]);
    enum err (*signer_open)(const struct crypto *by, enum curve curve,
                            const struct ec_scalar *secret, struct signer *out);
    const struct tls_provider *tls; /* tls_session.h; NULL: none */
    void (*forget)(void *ctx);
};

/* The OpenSSL 3 provider, one for the process; NULL when the library lacks what we need. */
const struct crypto *crypto_openssl(void);

/* From the provider's DRBG; E_RANDOM when it has none. */
MUST_USE static inline enum err crypto_random(const struct crypto *c, void *out, size_t n)
{
    return c->random(c->ctx, out, n);
}

MUST_USE static inline enum err crypto_sha256(const struct crypto *c, const slice *parts,
                                              size_t count, uint8_t out[DIGEST_LEN])
{
    return c->sha256(c->ctx, parts, count, out);
}

MUST_USE static inline enum err crypto_hmac_sha256(const struct crypto *c, slice key,
                                                   const slice *parts, size_t count,
                                                   uint8_t out[DIGEST_LEN])
{
    return c->hmac_sha256(c->ctx, key, parts, count, out);
}

/* Only to name keys (subjectKeyIdentifier): SHA-1 proves nothing. */
MUST_USE static inline enum err crypto_sha1(const struct crypto *c, slice in, uint8_t out[SHA1_LEN])
{
    return c->sha1(c->ctx, in, out);
}

/* Incremental SHA-256. After hash_open, exactly one of hash_finish and hash_close ends the run. */
MUST_USE enum err hash_open(const struct crypto *c, struct hash_run *run);
MUST_USE enum err hash_add(struct hash_run *run, slice part);
MUST_USE enum err hash_finish(struct hash_run *run, uint8_t out[DIGEST_LEN]);
void hash_close(struct hash_run *run);

/* Whole blocks without padding; out may be in.p. */
MUST_USE static inline enum err crypto_aes_ecb(const struct crypto *c, enum aes_direction dir,
                                               slice key, slice in, uint8_t *out)
{
    return c->aes_ecb(c->ctx, dir, key, in, out);
}

/* Whole blocks without padding; out may be in.p. */
MUST_USE static inline enum err crypto_aes_cbc(const struct crypto *c, enum aes_direction dir,
                                               slice key, const uint8_t iv[AES_BLOCK], slice in,
                                               uint8_t *out)
{
    return c->aes_cbc(c->ctx, dir, key, iv, in, out);
}

/* Both directions; the whole counter block counts up, big-endian. out may be in.p. */
MUST_USE static inline enum err crypto_aes_ctr(const struct crypto *c, slice key,
                                               const uint8_t counter[AES_BLOCK], slice in,
                                               uint8_t *out)
{
    return c->aes_ctr(c->ctx, key, counter, in, out);
}

/* RFC 4493, the whole 16 octets. */
MUST_USE static inline enum err crypto_aes_cmac(const struct crypto *c, slice key,
                                                const slice *parts, size_t count,
                                                uint8_t out[AES_BLOCK])
{
    return c->aes_cmac(c->ctx, key, parts, count, out);
}

/*
 * Triple DES in outer CBC, two keys (16 octets) or three (24), for what cards still have keys for
 * (TS 102 225); whole blocks without padding. out may be in.p.
 */
MUST_USE static inline enum err crypto_des3_cbc(const struct crypto *c, enum aes_direction dir,
                                                slice key, const uint8_t iv[DES_BLOCK], slice in,
                                                uint8_t *out)
{
    return c->des3_cbc(c->ctx, dir, key, iv, in, out);
}

/* For data at rest. nonce: 12 octets, never twice under one key. out: plain.n octets. */
MUST_USE static inline enum err crypto_aes_gcm_seal(const struct crypto *c, slice key, slice nonce,
                                                    slice aad, slice plain, uint8_t *out,
                                                    uint8_t tag[AES_BLOCK])
{
    return c->aes_gcm_seal(c->ctx, key, nonce, aad, plain, out, tag);
}

/* E_BADMAC when it was not sealed so; out is wiped then. */
MUST_USE static inline enum err crypto_aes_gcm_open(const struct crypto *c, slice key, slice nonce,
                                                    slice aad, slice sealed,
                                                    const uint8_t tag[AES_BLOCK], uint8_t *out)
{
    return c->aes_gcm_open(c->ctx, key, nonce, aad, sealed, tag, out);
}

/*
 * Prepares a public key, which costs about as much as hashing ten kilobytes and checks that the
 * point is on the curve. The key begins with one use; key_drop by the last user frees it.
 */
MUST_USE enum err key_open(const struct crypto *c, enum curve curve, const struct ec_point *point,
                           struct public_key **out);
struct public_key *key_hold(struct public_key *key);
/* NULL does nothing. */
void key_drop(struct public_key *key);

/* Verifies raw r || s over the SHA-256 of the parts. E_BADSIG also for a malformed signature. */
MUST_USE enum err key_verify(const struct public_key *key, const slice *parts, size_t count,
                             slice sig);

/* A fresh key pair. The caller wipes *secret. */
MUST_USE static inline enum err crypto_key_pair(const struct crypto *c, enum curve curve,
                                                struct ec_scalar *secret, struct ec_point *point)
{
    return c->key_pair(c->ctx, curve, secret, point);
}

MUST_USE static inline enum err crypto_public_of(const struct crypto *c, enum curve curve,
                                                 const struct ec_scalar *secret,
                                                 struct ec_point *point)
{
    return c->public_of(c->ctx, curve, secret, point);
}

/* E_BADKEY unless the point is on the curve. */
MUST_USE static inline enum err crypto_point_check(const struct crypto *c, enum curve curve,
                                                   const struct ec_point *point)
{
    return c->point_check(c->ctx, curve, point);
}

/* ECKA: z is the x coordinate, 32 octets with its leading zeros. The caller wipes z. */
MUST_USE static inline enum err crypto_agree(const struct crypto *c, enum curve curve,
                                             const struct ec_scalar *secret,
                                             const struct ec_point *peer, uint8_t z[SECRET_LEN])
{
    return c->agree(c->ctx, curve, secret, peer, z);
}

/* The same with a key pair that exists only during the call: the server's one-time key. */
MUST_USE static inline enum err crypto_agree_fresh(const struct crypto *c, enum curve curve,
                                                   const struct ec_point *peer,
                                                   struct ec_point *own, uint8_t z[SECRET_LEN])
{
    return c->agree_fresh(c->ctx, curve, peer, own, z);
}

/* The point of a compressed form. E_BADKEY when there is none with that x coordinate. */
MUST_USE static inline enum err crypto_point_unpack(const struct crypto *c, enum curve curve,
                                                    const uint8_t packed[PACKED_LEN],
                                                    struct ec_point *out)
{
    return c->point_unpack(c->ctx, curve, packed, out);
}

/* The reverse needs no provider. */
void ec_point_pack(const struct ec_point *point, uint8_t packed[PACKED_LEN]);

/*
 * X25519 (RFC 7748 5, 6.1). E_BADKEY where the secret would be all zeros: the peer's point has a
 * small order. The caller wipes z.
 */
MUST_USE static inline enum err crypto_x25519(const struct crypto *c,
                                              const struct ec_scalar *secret,
                                              const struct x25519_key *peer, uint8_t z[X25519_LEN])
{
    return c->x25519(c->ctx, secret, peer, z);
}

/* The same with a key pair that exists only during the call. */
MUST_USE static inline enum err crypto_x25519_fresh(const struct crypto *c,
                                                    const struct x25519_key *peer,
                                                    struct x25519_key *own, uint8_t z[X25519_LEN])
{
    return c->x25519_fresh(c->ctx, peer, own, z);
}

/*
 * The calling thread's contexts keep the key schedule of the last cipher call, because a new
 * context costs more than the cipher. A worker calls this when it has finished a job.
 */
static inline void crypto_forget(const struct crypto *c)
{
    c->forget(c->ctx);
}

#endif
