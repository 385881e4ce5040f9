/* RSP servers that may register events, and their certificates. */
#include "smds/internal.h"

#define NAME_MAX_OCTETS 255

static enum err find(struct smds *s, struct turn *t, slice certificate, struct smds_caller **out)
{
    uint8_t *digest = arena_alloc(t->arena, DIGEST_LEN);
    enum err err = digest ? crypto_sha256(s->options.crypto, &certificate, 1, digest) : E_MEMORY;

    *out = ARENA_NEW(t->arena, struct smds_caller);
    if (err || !*out)
        return err ? err : E_MEMORY;
    err = store_get(t->store, &smds_caller_table, SMDS_BY_KEY,
                    STORE_KEY(store_blob(slice_of(digest, DIGEST_LEN))), *out, t->arena);
    if (err == E_NOTFOUND)
        **out = (struct smds_caller){ .certificate = slice_of(digest, DIGEST_LEN) };
    return err;
}

enum err smds_caller_add(struct smds *s, slice name, slice certificate, struct turn *t)
{
    struct smds_caller *row;
    enum err err;

    if (!name.n || name.n > NAME_MAX_OCTETS || !certificate.n)
        return E_ARGUMENT;
    err = find(s, t, certificate, &row);
    if (!err)
        return slice_eq(row->name, name) ? E_EXISTS : smds_refuse(t, SMDS_REFUSE_REQUESTER_KNOWN);
    if (err != E_NOTFOUND)
        return err;
    row->name = name;
    row->added_ms = t->now_ms;
    return turn_insert(t, &smds_caller_table, row);
}

enum err smds_caller_forget(slice digest, struct turn *t)
{
    struct smds_caller *row = ARENA_NEW(t->arena, struct smds_caller);
    enum err err = row ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &smds_caller_table, SMDS_BY_KEY, STORE_KEY(store_blob(digest)),
                        row, t->arena);
    return err ? err : turn_delete(t, &smds_caller_table, row);
}

enum err smds_caller_of(struct smds *s, slice certificate, slice requester, struct turn *t,
                        slice *name)
{
    struct smds_caller *row;
    enum err err = certificate.n ? find(s, t, certificate, &row) : E_NOTFOUND;

    *name = SLICE_NONE;
    if (err)
        return err == E_NOTFOUND ? E_UNTRUSTED : err;
    if (!slice_eq(row->name, requester))
        return smds_refuse(t, SMDS_REFUSE_REQUESTER);
    *name = row->name;
    return E_OK;
}
