/*
 * Columns that are secret (STORE_SECRET) at rest: AES-256-GCM under the data key of the database,
 * which lies in the database itself, sealed under the master key of whoever runs the server.
 *
 * A value is bound to its place: table, column and primary key are authenticated with it, so that
 * nobody can move what he cannot read into another row. What a vault does not hide is which rows
 * there are, how long their values are, and that an older database was put in the place of a newer.
 *
 * The nonces are random: under one data key not more than 2^32 values (NIST SP 800-38D 8.3).
 */
#ifndef DUNLIN_STORE_VAULT_H
#define DUNLIN_STORE_VAULT_H

#include "crypto/crypto.h"
#include "store/store.h"

#define VAULT_KEY_LEN  32
#define VAULT_OVERHEAD (1 + 12 + AES_BLOCK) /* form, nonce, tag */
#define VAULT_WRAPPED  (VAULT_KEY_LEN + VAULT_OVERHEAD)

struct vault {
    const struct crypto *crypto;
    uint8_t key[VAULT_KEY_LEN]; /* wiped by vault_close */
};

/* A fresh data key, and the same sealed under the master key. */
MUST_USE enum err vault_make(const struct crypto *c, slice master, struct vault *out,
                             uint8_t wrapped[VAULT_WRAPPED]);
/* E_BADMAC: another master key, or not what vault_make wrote. */
MUST_USE enum err vault_open(const struct crypto *c, slice master, slice wrapped,
                             struct vault *out);
/* The data key under another master key. */
MUST_USE enum err vault_wrap(const struct vault *v, slice master, uint8_t wrapped[VAULT_WRAPPED]);
void vault_close(struct vault *v);

/*
 * The value of a column of `row`, whose primary key is filled in; serial, unless 0, stands for its
 * STORE_SERIAL column. out: plain.n + VAULT_OVERHEAD octets. E_SIZE when the key is too long.
 */
MUST_USE enum err vault_seal(const struct vault *v, const struct store_table *table,
                             const struct store_column *column, const void *row, uint64_t serial,
                             slice plain, uint8_t *out);
/* out: sealed.n - VAULT_OVERHEAD octets. E_BADMAC: not sealed so, or for another place. */
MUST_USE enum err vault_unseal(const struct vault *v, const struct store_table *table,
                               const struct store_column *column, const void *row, slice sealed,
                               uint8_t *out);

/* The master key in a file for its owner alone: 64 hexadecimal digits. The caller wipes it. */
/* E_NOTFOUND, E_REFUSED (others may read it), E_SYNTAX. */
MUST_USE enum err vault_read_master(const char *path, uint8_t master[VAULT_KEY_LEN]);
/* A fresh one. Never overwrites: E_EXISTS. */
MUST_USE enum err vault_create_master(const struct crypto *c, const char *path);

#endif
