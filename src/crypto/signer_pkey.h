/*
 * A signer as OpenSSL's TLS wants a private key. For keys that are not in this process: TLS parses
 * the network and asks for signatures only.
 */
#ifndef DUNLIN_CRYPTO_SIGNER_PKEY_H
#define DUNLIN_CRYPTO_SIGNER_PKEY_H

#include "crypto/signer.h"

#include <openssl/types.h>

/*
 * On success the key owns the signer (*s is empty then), and whoever frees the key's last reference
 * (EVP_PKEY_free) closes it. E_UNSUPPORTED, E_BADKEY, E_CRYPTO, E_MEMORY: the signer stays the
 * caller's.
 */
MUST_USE enum err signer_into_pkey(struct signer *s, EVP_PKEY **out);

#endif
