/*
 * The protection schemes of a SUCI (TS 33.501 Annex C.3): ECIES with an ephemeral key pair, the KDF
 * of ANSI X9.63, AES-128 in counter mode and HMAC-SHA-256 cut to 8 octets. SharedInfo1 is the
 * ephemeral public key, SharedInfo2 is empty.
 */
#ifndef DUNLIN_CRYPTO_ECIES_H
#define DUNLIN_CRYPTO_ECIES_H

#include "crypto/crypto.h"

/* Identifiers of protection schemes, TS 33.501 Annex C.1. */
enum suci_scheme { SUCI_NULL = 0, SUCI_PROFILE_A = 1, SUCI_PROFILE_B = 2 };

#define ECIES_KEY_MAX PACKED_LEN
#define ECIES_TAG     8

/* What goes with the ciphertext, which is as long as the plain text. */
struct ecies_sealed {
    uint8_t key[ECIES_KEY_MAX]; /* ephemeral public key: 32 octets, or 33 in compressed form */
    size_t key_n;
    uint8_t tag[ECIES_TAG];
};

/*
 * Seals for the home network. network_key is its public key: 32 octets for profile A; for profile B
 * 33 in compressed or 65 in uncompressed form. cipher takes plain.n octets.
 * E_BADKEY: the key has another length or is no point; E_UNSUPPORTED: neither A nor B.
 */
MUST_USE enum err ecies_seal(const struct crypto *c, enum suci_scheme scheme, slice network_key,
                             slice plain, uint8_t *cipher, struct ecies_sealed *out);

#endif
