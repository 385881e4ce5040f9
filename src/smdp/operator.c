/* Operators and their certificates. */
#include "smdp/operator.h"

#include "smdp/internal.h"

#define NAME_MAX_OCTETS 255
#define HOST_MAX_OCTETS 255

static enum err digest_of(struct smdp *s, struct turn *t, slice certificate, slice *out)
{
    uint8_t *digest = arena_alloc(t->arena, DIGEST_LEN);

    *out = slice_of(digest, DIGEST_LEN);
    return digest ? crypto_sha256(s->options.crypto, &certificate, 1, digest) : E_MEMORY;
}

static enum err find(struct smdp *s, struct turn *t, slice certificate, struct smdp_operator **out)
{
    slice digest;
    enum err err = digest_of(s, t, certificate, &digest);

    *out = ARENA_NEW(t->arena, struct smdp_operator);
    if (err || !*out)
        return err ? err : E_MEMORY;
    err = store_get(t->store, &smdp_operator_table, SMDP_BY_KEY, STORE_KEY(store_blob(digest)),
                    *out, t->arena);
    if (err == E_NOTFOUND)
        (*out)->certificate = digest;
    return err;
}

/* A name or number and perhaps a port: nothing that could become part of a request line. */
static bool is_host(slice host)
{
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && !memchr(".-:_[]", c, 6))
            return false;
    }
    return host.n > 0 && host.n <= HOST_MAX_OCTETS;
}

enum err smdp_operator_add(struct smdp *s, const struct smdp_new_operator *o, struct turn *t)
{
    struct smdp_operator *row;
    enum err err;

    if (!o->name.n || o->name.n > NAME_MAX_OCTETS || !o->certificate.n ||
        (o->notify.p && !is_host(o->notify)))
        return E_ARGUMENT;
    err = find(s, t, o->certificate, &row);
    if (err && err != E_NOTFOUND)
        return err;
    if (!err && !slice_eq(row->name, o->name))
        return smdp_refuse_order(t, SMDP_REFUSE_REQUESTER_KNOWN);
    if (!err && slice_eq(row->notify, o->notify))
        return E_EXISTS;
    row->name = o->name;
    row->notify = o->notify;
    row->added_ms = t->now_ms;
    return err ? turn_insert(t, &smdp_operator_table, row)
               : turn_update(t, &smdp_operator_table, row);
}

enum err smdp_operator_remove(struct smdp *s, slice certificate, struct turn *t)
{
    struct smdp_operator *row;
    enum err err = find(s, t, certificate, &row);

    return err ? err : turn_delete(t, &smdp_operator_table, row);
}

enum err smdp_operator_forget(slice digest, struct turn *t)
{
    struct smdp_operator *row = ARENA_NEW(t->arena, struct smdp_operator);
    enum err err = row ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &smdp_operator_table, SMDP_BY_KEY, STORE_KEY(store_blob(digest)),
                        row, t->arena);
    return err ? err : turn_delete(t, &smdp_operator_table, row);
}

enum err smdp_operator_of(struct smdp *s, slice certificate, slice requester, struct turn *t,
                          slice *name)
{
    struct smdp_operator *row;
    enum err err = certificate.n ? find(s, t, certificate, &row) : E_NOTFOUND;

    if (err)
        return err == E_NOTFOUND ? E_UNTRUSTED : err;
    *name = row->name;
    return slice_eq(row->name, requester) ? E_OK : E_REFUSED;
}
