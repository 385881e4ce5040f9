/* The OpenSSL 3 provider: Curve25519. */
#include "crypto/openssl.h"

#include <openssl/err.h>

static enum err failed(enum err err)
{
    ERR_clear_error(); /* the queue belongs to TLS, whose users read it */
    return err;
}

static enum err derive(EVP_PKEY *own, const struct x25519_key *peer, uint8_t z[X25519_LEN])
{
    EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, peer->b, sizeof peer->b);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    size_t n = X25519_LEN;
    enum err err = E_OK;

    if (!other || !ctx || EVP_PKEY_derive_init(ctx) != 1 ||
        EVP_PKEY_derive_set_peer(ctx, other) != 1)
        err = E_CRYPTO;
    /* From here on only a peer of small order can fail: the library refuses a secret of zeros. */
    else if (EVP_PKEY_derive(ctx, z, &n) != 1 || n != X25519_LEN)
        err = E_BADKEY;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    return err ? failed(err) : E_OK;
}

enum err ossl_x25519(void *ctx, const struct ec_scalar *secret, const struct x25519_key *peer,
                     uint8_t z[X25519_LEN])
{
    EVP_PKEY *own =
        EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret->b, sizeof secret->b);
    enum err err;

    (void)ctx;
    if (!own)
        return failed(E_CRYPTO);
    err = derive(own, peer, z);
    EVP_PKEY_free(own);
    return err;
}

enum err ossl_x25519_fresh(void *ctx, const struct x25519_key *peer, struct x25519_key *own,
                           uint8_t z[X25519_LEN])
{
    EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    size_t n = sizeof own->b;
    enum err err;

    (void)ctx;
    if (!fresh)
        return failed(E_CRYPTO);
    err = EVP_PKEY_get_raw_public_key(fresh, own->b, &n) == 1 && n == sizeof own->b
              ? derive(fresh, peer, z)
              : failed(E_CRYPTO);
    EVP_PKEY_free(fresh);
    return err;
}
