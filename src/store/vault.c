#include "store/vault.h"

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "store/engine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORM      0x01
#define NONCE_LEN 12
#define AAD_MAX   1024

/* ---- a value: form, nonce, sealed octets, tag ---- */

static enum err seal(const struct crypto *c, slice key, slice aad, slice plain, uint8_t *out)
{
    enum err err = crypto_random(c, out + 1, NONCE_LEN);

    out[0] = FORM;
    return err ? err
               : crypto_aes_gcm_seal(c, key, slice_of(out + 1, NONCE_LEN), aad, plain,
                                     out + 1 + NONCE_LEN, out + 1 + NONCE_LEN + plain.n);
}

static enum err unseal(const struct crypto *c, slice key, slice aad, slice sealed, uint8_t *out)
{
    slice body;

    if (sealed.n < VAULT_OVERHEAD || sealed.p[0] != FORM)
        return E_BADMAC;
    body = slice_of(sealed.p + 1 + NONCE_LEN, sealed.n - VAULT_OVERHEAD);
    return crypto_aes_gcm_open(c, key, slice_of(sealed.p + 1, NONCE_LEN), aad, body,
                               body.p + body.n, out);
}

/* ---- the data key ---- */

static const slice wrap_aad = SLICE_LIT("dunlin data key");

enum err vault_wrap(const struct vault *v, slice master, uint8_t wrapped[VAULT_WRAPPED])
{
    return master.n == VAULT_KEY_LEN ? seal(v->crypto, master, wrap_aad, SLICE_OF(v->key), wrapped)
                                     : E_SIZE;
}

enum err vault_make(const struct crypto *c, slice master, struct vault *out,
                    uint8_t wrapped[VAULT_WRAPPED])
{
    enum err err = crypto_random(c, out->key, sizeof out->key);

    out->crypto = c;
    if (!err)
        err = vault_wrap(out, master, wrapped);
    if (err)
        vault_close(out);
    return err;
}

enum err vault_open(const struct crypto *c, slice master, slice wrapped, struct vault *out)
{
    enum err err = E_BADMAC;

    out->crypto = c;
    if (wrapped.n == VAULT_WRAPPED && master.n == VAULT_KEY_LEN)
        err = unseal(c, master, wrap_aad, wrapped, out->key);
    if (err)
        vault_close(out);
    return err;
}

void vault_close(struct vault *v)
{
    wipe(v, sizeof *v);
}

/* ---- places ---- */

struct aad {
    uint8_t b[AAD_MAX];
    size_t n;
    bool full;
};

static void add(struct aad *a, const void *p, size_t n)
{
    if (n > sizeof a->b - a->n) {
        a->full = true;
        return;
    }
    if (n)
        memcpy(a->b + a->n, p, n);
    a->n += n;
}

static void add_number(struct aad *a, uint64_t v)
{
    uint8_t b[8];

    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)(v >> (56 - 8 * i));
    add(a, b, sizeof b);
}

static void add_slice(struct aad *a, slice s)
{
    add_number(a, s.n);
    add(a, s.p, s.n);
}

static const struct store_column *named(const struct store_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (!strcmp(t->columns[i].name, name))
            return &t->columns[i];
    return NULL;
}

/* Unambiguous: every part has its length in front, or is of eight octets. */
static enum err place_of(const struct store_table *table, const struct store_column *column,
                         const void *row, uint64_t serial, struct aad *a)
{
    const struct store_index *key = &table->indexes[0];

    a->n = 0;
    a->full = false;
    add_slice(a, slice_str(table->name));
    add_slice(a, slice_str(column->name));
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && key->columns[i]; i++) {
        const struct store_column *c = named(table, key->columns[i]);

        if (c->kind != STORE_INT)
            add_slice(a, *store_row_slice(row, c));
        else if ((c->flags & STORE_SERIAL) && serial)
            add_number(a, serial);
        else
            add_number(a, (uint64_t)*store_row_int(row, c));
    }
    return a->full ? E_SIZE : E_OK;
}

enum err vault_seal(const struct vault *v, const struct store_table *table,
                    const struct store_column *column, const void *row, uint64_t serial,
                    slice plain, uint8_t *out)
{
    struct aad a;
    enum err err = place_of(table, column, row, serial, &a);

    return err ? err : seal(v->crypto, SLICE_OF(v->key), slice_of(a.b, a.n), plain, out);
}

enum err vault_unseal(const struct vault *v, const struct store_table *table,
                      const struct store_column *column, const void *row, slice sealed,
                      uint8_t *out)
{
    struct aad a;
    enum err err = place_of(table, column, row, 0, &a);

    return err ? err : unseal(v->crypto, SLICE_OF(v->key), slice_of(a.b, a.n), sealed, out);
}

/* ---- the master key's file ---- */

enum err vault_read_master(const char *path, uint8_t master[VAULT_KEY_LEN])
{
    char text[2 * VAULT_KEY_LEN + 2];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;
    size_t n = 0;
    enum err err;

    if (fd < 0)
        return E_NOTFOUND;
    err = fstat(fd, &st) != 0 ? E_STORAGE : st.st_mode & 077 ? E_REFUSED : E_OK;
    if (!err)
        got = read(fd, text, sizeof text);
    close(fd);
    if (!err && got == (ssize_t)sizeof text - 1 && text[got - 1] == '\n')
        got--;
    if (!err)
        err = got != 2 * VAULT_KEY_LEN
                  ? E_SYNTAX
                  : hex_decode(slice_of(text, (size_t)got), master, VAULT_KEY_LEN, &n);
    wipe(text, sizeof text);
    return err;
}

enum err vault_create_master(const struct crypto *c, const char *path)
{
    uint8_t key[VAULT_KEY_LEN];
    char text[2 * VAULT_KEY_LEN + 1];
    enum err err = crypto_random(c, key, sizeof key);

    if (!err)
        err = hex_encode(SLICE_OF(key), text, sizeof text);
    if (!err) {
        text[2 * VAULT_KEY_LEN] = '\n'; /* in the place of the NUL */
        err = file_create(path, slice_of(text, sizeof text), 0600);
    }
    wipe(key, sizeof key);
    wipe(text, sizeof text);
    return err;
}
