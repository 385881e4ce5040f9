/*
 * A private key that signs. Code that parses the network holds a signer, never a key: the key stays
 * behind `sign`, in this process (signer_open), or wherever another implementation of the same
 * struct keeps it.
 *
 * A signer may be used by several threads at once. Who opens it closes it.
 */
#ifndef DUNLIN_CRYPTO_SIGNER_H
#define DUNLIN_CRYPTO_SIGNER_H

#include "crypto/crypto.h"

struct signer {
    void *ctx;
    enum curve curve;
    struct ec_point point; /* its public key */
    enum err (*sign)(void *ctx, const uint8_t digest[DIGEST_LEN], struct ec_sig *out);
    void (*close)(void *ctx);
};

/* Signs the SHA-256 of the parts. */
MUST_USE enum err signer_sign(const struct signer *s, const struct crypto *c, const slice *parts,
                              size_t count, struct ec_sig *out);
/* Closes and empties; an empty signer (all zero) is left alone. */
void signer_close(struct signer *s);

/* A software signer. The scalar is copied into the provider; the caller still wipes its own. */
MUST_USE enum err signer_open(const struct crypto *c, enum curve curve,
                              const struct ec_scalar *secret, struct signer *out);
/* From a PEM file, SEC1 or PKCS#8, not encrypted. E_NOTFOUND, E_SYNTAX, E_UNSUPPORTED (curve). */
MUST_USE enum err signer_open_file(const struct crypto *c, const char *path, struct signer *out);

/* The text forms of a private key. The caller wipes *secret. */
MUST_USE enum err key_read_pem(slice pem, enum curve *curve, struct ec_scalar *secret);
MUST_USE enum err key_read_file(const char *path, enum curve *curve, struct ec_scalar *secret);
/* PKCS#8 PEM, mode 0600. Never overwrites: E_EXISTS. */
MUST_USE enum err key_write_file(const struct crypto *c, const char *path, enum curve curve,
                                 const struct ec_scalar *secret);

#endif
