/*
 * The certificate of one role as TLS takes it: chain and key from files, or the key in a token.
 */
#ifndef DUNLIN_CMD_TLS_KEYS_H
#define DUNLIN_CMD_TLS_KEYS_H

#include "cmd/served.h"
#include "pki/keystore.h"

#include <openssl/types.h>

struct tls_keys {
    char chain[KEYSTORE_PATH_MAX];    /* PEM */
    char key_path[KEYSTORE_PATH_MAX]; /* of key_file */
    const char *key_file;             /* NULL: key */
    EVP_PKEY *key;
};

/* On failure `r` is a sentence. Close it when TLS has taken it over. */
MUST_USE enum err tls_keys_open(const char *pki, enum cert_role role, struct tls_keys *out,
                                struct reason *r);
void tls_keys_close(struct tls_keys *k);

#endif
