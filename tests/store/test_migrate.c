/* Databases of every earlier version come up to the newest, with their rows. */
#include "store/fixture.h"

#define NEWEST 5

/*
 * A life of five versions: columns come (2), an index comes (3), a table comes and an index goes
 * (4), a column goes (5).
 */
/* clang-format off */
#define ITEM(C, T)                                  \
    C(T, BLOB, id,     0,          1, 0)            \
    C(T, INT,  size,   0,          1, 0)            \
    C(T, TEXT, legacy, STORE_NULL, 1, 5)            \
    C(T, TEXT, label,  STORE_NULL, 2, 0)            \
    C(T, INT,  weight, 0,          2, 0)
#define NOTE(C, T)                                  \
    C(T, INT,  id,     STORE_SERIAL, 4, 0)          \
    C(T, TEXT, text,   0,            4, 0)
/* clang-format on */
STORE_ROW(item, ITEM);
STORE_ROW(note, NOTE);
STORE_COLUMNS(item, ITEM);
STORE_COLUMNS(note, NOTE);

static const struct store_index item_indexes[] = {
    { "id", { "id" }, true, 1, 0 },
    { "size", { "size" }, false, 1, 4 },
    { "weight", { "weight", "id" }, false, 3, 0 },
};
static const struct store_index note_indexes[] = { { "id", { "id" }, true, 4, 0 } };
static const struct store_table item_table = { "item",
                                               sizeof(struct item),
                                               item_columns,
                                               COUNT(item_columns),
                                               item_indexes,
                                               COUNT(item_indexes),
                                               1 };
static const struct store_table note_table = { "note",
                                               sizeof(struct note),
                                               note_columns,
                                               COUNT(note_columns),
                                               note_indexes,
                                               COUNT(note_indexes),
                                               4 };
static const struct store_table *const tables[] = { &item_table, &note_table };
static const struct store_schema schema = { "life", NEWEST, tables, COUNT(tables) };
static const struct store_schema *const schemas[] = { &schema };

static enum err open_at(const char *path, uint16_t cap, struct store **out)
{
    struct store_sqlite_options o = { .path = path,
                                      .schemas = schemas,
                                      .schema_count = 1,
                                      .version_cap = cap,
                                      .volatile_commits = true };

    return store_sqlite_open(&o, out);
}

static void upgrade_from(uint16_t old)
{
    struct item in = { .id = SLICE_LIT("one"),
                       .size = 7,
                       .legacy = SLICE_LIT("gone"),
                       .label = SLICE_LIT("kept"),
                       .weight = 3 };
    struct store_query heavy = { .index = 2, .limit = 10, .from_given = true };
    struct note note = { .text = SLICE_LIT("new") };
    struct arena arena;
    struct item out, *rows;
    struct store *s;
    char path[64];
    size_t n;

    fixture_path(path);
    arena_init(&arena, 1 << 16);
    assert_int_equal(open_at(path, old, &s), E_OK);
    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &item_table, &in), E_OK);
    store_close(s);

    assert_int_equal(open_at(path, 0, &s), E_OK);
    assert_int_equal(
        store_get(s, &item_table, 0, STORE_KEY(store_blob(SLICE_LIT("one"))), &out, &arena), E_OK);
    assert_int_equal(out.version, in.version);
    assert_int_equal(out.size, 7);
    assert_null(out.legacy.p);
    assert_int_equal(out.weight, old < 2 ? 0 : 3);
    assert_int_equal(out.label.n, old < 2 ? 0 : 4);
    heavy.from = store_int(out.weight);
    assert_int_equal(store_list(s, &item_table, &heavy, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 1);
    out.weight = 9;
    assert_int_equal(fixture_apply(s, CHANGE_UPDATE, &item_table, &out), E_OK);
    assert_true(out.version > in.version);
    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &note_table, &note), E_OK);
    store_close(s);
    arena_free(&arena);
    fixture_remove(path);
}

static void from_every_earlier_version(void **state)
{
    (void)state;
    for (uint16_t old = 1; old <= NEWEST; old++)
        upgrade_from(old);
}

static void a_newer_database_is_not_touched(void **state)
{
    static const struct store_table *const old_tables[] = { &note_table };
    struct store_schema old = { "life", NEWEST - 1, old_tables, 1 };
    const struct store_schema *const list[] = { &old };
    struct store_sqlite_options o = { .schemas = list, .schema_count = 1 };
    struct store *s;
    char path[64];

    (void)state;
    fixture_path(path);
    assert_int_equal(open_at(path, 0, &s), E_OK);
    store_close(s);
    o.path = path;
    assert_int_equal(store_sqlite_open(&o, &s), E_UNSUPPORTED);
    assert_int_equal(open_at(path, 0, &s), E_OK);
    store_close(s);
    fixture_remove(path);
}

/* Tables that break the rules of store.h; each differs from a good one in one place. */
static void rules_of_tables(void **state)
{
    struct store_column columns[COUNT(item_columns)];
    struct store_index indexes[COUNT(item_indexes)];
    struct store_table table = item_table;
    const struct store_table *const list[] = { &table };
    struct store_schema one = { "life", NEWEST, list, 1 };
    const struct store_schema *const all[] = { &one };
    struct store_sqlite_options o = { .schemas = all, .schema_count = 1 };
    struct store *s;

    (void)state;
    table.columns = columns;
    table.indexes = indexes;
    for (int fault = 0; fault < 8; fault++) {
        memcpy(columns, item_columns, sizeof columns);
        memcpy(indexes, item_indexes, sizeof indexes);
        if (fault == 1)
            columns[3].flags = 0; /* added without being allowed to be absent */
        else if (fault == 2)
            indexes[0].unique = false;
        else if (fault == 3)
            indexes[2].columns[0] = "height";
        else if (fault == 4)
            indexes[2].columns[0] = "legacy"; /* outlives its column */
        else if (fault == 5)
            columns[0].flags = STORE_NULL; /* key may be absent */
        else if (fault == 6)
            columns[4].since = NEWEST + 1;
        else if (fault == 7)
            columns[1].flags = STORE_SERIAL; /* not the key */
        assert_int_equal(store_sqlite_open(&o, &s), fault ? E_ARGUMENT : E_OK);
        store_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_every_earlier_version),
        cmocka_unit_test(a_newer_database_is_not_touched),
        cmocka_unit_test(rules_of_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
