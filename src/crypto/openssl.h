/* What the files of the OpenSSL provider share. Nobody else includes this. */
#ifndef DUNLIN_CRYPTO_OPENSSL_H
#define DUNLIN_CRYPTO_OPENSSL_H

#include "crypto/crypto.h"

#include <openssl/evp.h>

/*
 * Contexts of one thread, made when first needed and freed when the thread ends. A context is worth
 * keeping: making one costs more than the operation.
 */
enum aes_mode { MODE_ECB, MODE_CBC, MODE_CTR, AES_MODES };
#define AES_SIZES 3 /* 128, 192, 256 bits */
#define CURVES    (CURVE_BP256R1 + 1)

struct ossl_thread {
    EVP_MD_CTX *md;
    EVP_CIPHER_CTX *aes[AES_MODES][AES_SIZES][2];
    EVP_PKEY_CTX *keygen[CURVES];
};

/* NULL when memory is out. */
struct ossl_thread *ossl_thread(void);

/* The elliptic-curve half. */
bool ossl_ec_start(void);
enum err ossl_public_open(void *ctx, enum curve curve, const struct ec_point *point,
                          struct public_key **out);
void ossl_public_close(struct public_key *key);
enum err ossl_verify(const struct public_key *key, const uint8_t digest[DIGEST_LEN],
                     const struct ec_sig *sig);
enum err ossl_key_pair(void *ctx, enum curve curve, struct ec_scalar *secret,
                       struct ec_point *point);
enum err ossl_public_of(void *ctx, enum curve curve, const struct ec_scalar *secret,
                        struct ec_point *point);
enum err ossl_point_check(void *ctx, enum curve curve, const struct ec_point *point);
enum err ossl_agree(void *ctx, enum curve curve, const struct ec_scalar *secret,
                    const struct ec_point *peer, uint8_t z[SECRET_LEN]);
enum err ossl_agree_fresh(void *ctx, enum curve curve, const struct ec_point *peer,
                          struct ec_point *own, uint8_t z[SECRET_LEN]);
enum err ossl_signer_open(const struct crypto *by, enum curve curve, const struct ec_scalar *secret,
                          struct signer *out);
enum err ossl_point_unpack(void *ctx, enum curve curve, const uint8_t packed[PACKED_LEN],
                           struct ec_point *out);
/* Curve25519. */
enum err ossl_x25519(void *ctx, const struct ec_scalar *secret, const struct x25519_key *peer,
                     uint8_t z[X25519_LEN]);
enum err ossl_x25519_fresh(void *ctx, const struct x25519_key *peer, struct x25519_key *own,
                           uint8_t z[X25519_LEN]);
/* A private EVP_PKEY; the caller frees it. */
enum err ossl_private(enum curve curve, const struct ec_scalar *secret, EVP_PKEY **out);

/* TLS. */
extern const struct tls_provider ossl_tls;

#endif
