/*
 * Certificates as TLS takes them: chain and key from files, or the key in a token.
 */
#ifndef DUNLIN_CMD_TLS_KEYS_H
#define DUNLIN_CMD_TLS_KEYS_H

#include "cmd/keyring_read.h"
#include "net/tls.h"
#include "pki/keystore.h"

struct tls_keys {
    char chain[KEYSTORE_PATH_MAX];    /* PEM */
    char key_path[KEYSTORE_PATH_MAX]; /* of key_file */
    const char *key_file;             /* NULL: key */
    EVP_PKEY *key;
};

/*
 * <stem>.pem with its key, of this folder. On failure `r` is a sentence. Close it when TLS has
 * taken it over.
 */
MUST_USE enum err tls_keys_open(const char *pki, const char *stem, struct tls_keys *out,
                                struct reason *r);
void tls_keys_close(struct tls_keys *k);

/* All the certificates of one listener. */
struct tls_key_list {
    size_t count;
    struct tls_keys of[KEYRING_CREDENTIALS];
    struct tls_identity identities[KEYRING_CREDENTIALS]; /* they borrow from `of` */
};

/* Where they are looked for; all borrowed. */
struct tls_key_source {
    const char *pki;
    const char *const *further; /* of further hierarchies: each that has a certificate gives it */
    size_t further_count;
    enum cert_role role; /* which one */
    const char *own;     /* stem of one that goes before it, where there is one; may be NULL */
};

/* Likewise; a list that failed needs no closing. */
MUST_USE enum err tls_key_list_open(const struct tls_key_source *from, struct tls_key_list *out,
                                    struct reason *r);
void tls_key_list_close(struct tls_key_list *l);

#endif
