/* Key derivation of ANSI X9.63 with SHA-256, and the hashes of a Confirmation Code. */
#ifndef DUNLIN_CRYPTO_KDF_H
#define DUNLIN_CRYPTO_KDF_H

#include "crypto/crypto.h"

#define KDF_PARTS_MAX 8

/*
 * Fills out with H(z || 1 || info) || H(z || 2 || info) ...; info is the parts one after another,
 * at most KDF_PARTS_MAX, else E_ARGUMENT. The caller wipes out.
 */
MUST_USE enum err kdf_x963(const struct crypto *c, slice z, const slice *info, size_t count,
                           uint8_t *out, size_t n);

/* SHA-256 of the code as entered (UTF-8): the only form that a server keeps. */
MUST_USE enum err confirmation_code_hash(const struct crypto *c, slice code,
                                         uint8_t out[DIGEST_LEN]);
/* hashCc = SHA-256(code_hash || binary TransactionId) (SGP.22 5.7.5). */
MUST_USE enum err hash_cc(const struct crypto *c, const uint8_t code_hash[DIGEST_LEN],
                          slice transaction_id, uint8_t out[DIGEST_LEN]);

#endif
