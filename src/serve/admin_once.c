/* Answers kept under an Idempotency-Key, in the commit that did what they say. */
#include "crypto/crypto.h"
#include "serve/admin_parts.h"

#define KEY_MAX 128

STORE_COLUMNS(admin_key, ADMIN_KEY);

enum { ADMIN_KEY_BY_KEY, ADMIN_KEY_BY_TIME };

static const struct store_index key_indexes[] = {
    { "key", { "key" }, true, 1, 0 },
    { "time", { "made_ms" }, false, 1, 0 },
};

const struct store_table admin_key_table = {
    .name = "admin_key",
    .size = sizeof(struct admin_key),
    .columns = admin_key_columns,
    .column_count = COUNT(admin_key_columns),
    .indexes = key_indexes,
    .index_count = COUNT(key_indexes),
    .since = 1,
};

static const struct store_table *const tables[] = { &admin_key_table };

const struct store_schema admin_schema = {
    .name = "admin", .version = 1, .tables = tables, .table_count = COUNT(tables)
};

static slice key_of(const struct admin_call *c)
{
    return slice_eq_str(c->http->method, "GET") ? SLICE_NONE
                                                : http_request_field(c->http, "Idempotency-Key");
}

/* Printable, and what makes two requests one: who asks, for what, with which body. */
static enum err digest_of(struct admin_call *c, slice *out)
{
    static const slice line = { (const uint8_t *)"\n", 1 };
    const struct http_request *r = c->http;
    const slice parts[] = { r->method,
                            line,
                            r->path,
                            line,
                            r->query,
                            line,
                            r->tls.peer_cert.p ? r->tls.peer_cert : SLICE_EMPTY,
                            line,
                            r->body };
    uint8_t *digest = arena_alloc(c->t->arena, 32);

    *out = slice_of(digest, 32);
    return digest ? crypto_sha256(c->admin->o.crypto, parts, COUNT(parts), digest) : E_MEMORY;
}

static bool is_key(slice key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return false;
    return key.n > 0 && key.n <= KEY_MAX;
}

static enum err take_begun(struct admin_call *c, const struct admin_key *row)
{
    c->kept = turn_row(c->t, &admin_key_table, row);
    if (!row->status)
        c->begun = json_loadb((const char *)row->reply.p, row->reply.n, 0, NULL);
    return c->kept ? E_OK : E_MEMORY;
}

enum err admin_once(struct admin_call *c, bool *done)
{
    slice key = key_of(c), digest;
    struct admin_key row;
    enum err err;

    *done = false;
    if (!key.p)
        return E_OK;
    if (!is_key(key))
        return admin_problem(c, 400, "Idempotency-Key", "1 to 128 printable characters are needed");
    err = digest_of(c, &digest);
    if (!err)
        err = store_get(c->t->store, &admin_key_table, ADMIN_KEY_BY_KEY, STORE_KEY(store_text(key)),
                        &row, c->t->arena);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    if (!slice_eq(row.digest, digest))
        return admin_problem(c, 422, "Idempotency-Key", "was used for another request");
    if (!row.status || c->call->answer)
        return take_begun(c, &row);
    *done = true;
    c->t->reply = row.reply;
    c->t->http_status = (int)row.status;
    return E_OK;
}

enum err admin_keep(struct admin_call *c)
{
    slice key = key_of(c);
    struct admin_key *row;
    enum err err;

    if (!key.p)
        return E_OK;
    row = c->kept ? c->kept : ARENA_NEW(c->t->arena, struct admin_key);
    if (!row)
        return E_MEMORY;
    row->status = c->t->want == TURN_UPSTREAM ? 0 : c->t->http_status;
    row->reply = c->t->reply;
    if (c->kept)
        return turn_update(c->t, &admin_key_table, row);
    row->key = arena_copy(c->t->arena, key);
    row->made_ms = c->t->now_ms;
    err = digest_of(c, &row->digest);
    return err ? err : turn_insert(c->t, &admin_key_table, row);
}

const struct retention admin_key_retention = {
    .rules = &(const struct retention_rule){ .table = &admin_key_table,
                                             .index = ADMIN_KEY_BY_TIME,
                                             .batch = 200 },
    .count = 1,
    .keep_ms = ADMIN_KEY_DAYS * RETENTION_DAY_MS,
};

enum err admin_forget(void *admin, const struct engine_call *call, struct turn *t)
{
    size_t count;
    enum err err = retention_step(&((struct admin *)admin)->keys, t, &count);

    *call->more = !err && count;
    return err;
}
