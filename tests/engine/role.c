#include "engine/role.h"

#include "store/sqlite.h"

STORE_COLUMNS(number, NUMBER);

static const struct store_index indexes[] = {
    { "name", { "name" }, true, 1, 0 },
    { "due", { "due_ms", "name" }, false, 1, 0 },
};

const struct store_table number_table = {
    .name = "number",
    .size = sizeof(struct number),
    .columns = number_columns,
    .column_count = COUNT(number_columns),
    .indexes = indexes,
    .index_count = COUNT(indexes),
    .since = 1,
};

struct store *role_store(void)
{
    static const struct store_table *const tables[] = { &number_table };
    static const struct store_schema schema = { "numbers", 1, tables, COUNT(tables) };
    static const struct store_schema *const schemas[] = { &schema };
    struct store_sqlite_options o = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct store *s;

    MUST(store_sqlite_open(&o, &s) == E_OK);
    return s;
}

int64_t role_value(struct store *s, const char *name)
{
    struct number row;
    struct arena a;
    enum err err;

    arena_init(&a, 1u << 20);
    err = store_get(s, &number_table, NUMBER_BY_NAME, STORE_KEY(store_text(slice_str(name))), &row,
                    &a);
    arena_free(&a);
    MUST(err == E_OK || err == E_NOTFOUND);
    return err ? -1 : row.value;
}

struct http_request role_request(const char *path, const char *body)
{
    static const struct http_field fields[] = {
        { { (const uint8_t *)"Host", 4 }, { (const uint8_t *)"eim.example.com:8443", 20 } },
        { { (const uint8_t *)"X-Admin-Protocol", 16 }, { (const uint8_t *)"gsma/rsp/v2.1.0", 15 } },
        { { (const uint8_t *)"Content-Type", 12 }, { (const uint8_t *)"application/json", 16 } },
    };

    return (struct http_request){
        .method = SLICE_LIT("POST"),
        .path = slice_str(path),
        .fields = fields,
        .field_count = COUNT(fields),
        .body = slice_str(body),
    };
}

enum err role_add(void *role, const struct engine_call *call, struct turn *t)
{
    const slice *name = call->message;
    struct number *row = ARENA_NEW(t->arena, struct number);
    enum err err;

    (void)role;
    MUST(row);
    err = store_get(t->store, &number_table, NUMBER_BY_NAME, STORE_KEY(store_text(*name)), row,
                    t->arena);
    if (err && err != E_NOTFOUND)
        return err;
    row->value++;
    row->name = *name;
    t->reply = arena_printf(t->arena, "%lld", (long long)row->value);
    return err ? turn_insert(t, &number_table, row) : turn_update(t, &number_table, row);
}
