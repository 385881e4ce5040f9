/*
 * Secret columns at rest: what stands in the files, what a moved or changed value becomes,
 * databases that were in the clear, and keys that do not fit. A copy of the file, opened without
 * our code, stands for the thief of a disk.
 */
#define _GNU_SOURCE /* memmem */
#include "store/fixture.h"
#include "store/vault.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
#define SAFE(C, T)                                                 \
    C(T, BLOB, name,   0,                         1, 0)            \
    C(T, INT,  part,   0,                         1, 0)            \
    C(T, BLOB, secret, STORE_NULL | STORE_SECRET, 1, 0)            \
    C(T, TEXT, words,  STORE_NULL | STORE_SECRET, 1, 0)            \
    C(T, TEXT, remark, STORE_NULL,                1, 0)
#define COUNTED(C, T)                                              \
    C(T, INT,  id,     STORE_SERIAL,              1, 0)            \
    C(T, BLOB, secret, STORE_SECRET,              1, 0)
/* clang-format on */
STORE_ROW(safe, SAFE);
STORE_ROW(counted, COUNTED);
STORE_COLUMNS(safe, SAFE);
STORE_COLUMNS(counted, COUNTED);

static const struct store_index safe_indexes[] = { { "key", { "name", "part" }, true, 1, 0 } };
static const struct store_index counted_indexes[] = { { "id", { "id" }, true, 1, 0 } };
#define TABLE(T)                                                                                   \
    static const struct store_table T##_table = {                                                  \
        .name = #T,                                                                                \
        .size = sizeof(struct T),                                                                  \
        .columns = T##_columns,                                                                    \
        .column_count = COUNT(T##_columns),                                                        \
        .indexes = T##_indexes,                                                                    \
        .index_count = 1,                                                                          \
        .since = 1,                                                                                \
    }
TABLE(safe);
TABLE(counted);
static const struct store_table *const tables[] = { &safe_table, &counted_table };
static const struct store_schema schema = { "safe", 1, tables, COUNT(tables) };
static const struct store_schema *const schemas[] = { &schema };

#define SECRET "the key of the subscriber is Ki-0123456789"
#define WORDS  "matching id M-0815-4711"
#define REMARK "what everybody may read"

static const uint8_t master[VAULT_KEY_LEN] = { 1, 2, 3 }, other[VAULT_KEY_LEN] = { 1, 2, 4 };
static char path[64];

static enum err open_as(const uint8_t *key, const uint8_t *fresh, struct store **out)
{
    const struct store_sqlite_options o = {
        .path = path,
        .schemas = schemas,
        .schema_count = 1,
        .master = key ? slice_of(key, VAULT_KEY_LEN) : SLICE_NONE,
        .new_master = fresh ? slice_of(fresh, VAULT_KEY_LEN) : SLICE_NONE,
        .crypto = crypto_openssl(),
    };

    return store_sqlite_open(&o, out);
}

static void put(struct store *s, const char *name, int64_t part)
{
    struct safe row = { .name = slice_str(name),
                        .part = part,
                        .secret = SLICE_LIT(SECRET),
                        .words = SLICE_LIT(WORDS),
                        .remark = SLICE_LIT(REMARK) };

    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &safe_table, &row), E_OK);
}

static enum err get(struct store *s, const char *name, int64_t part, struct safe *out,
                    struct arena *a)
{
    return store_get(s, &safe_table, 0, STORE_KEY(store_blob(slice_str(name)), store_int(part)),
                     out, a);
}

static void assert_there(struct store *s, const char *name, int64_t part)
{
    struct arena a;
    struct safe row;

    arena_init(&a, 1 << 16);
    assert_int_equal(get(s, name, part, &row, &a), E_OK);
    assert_true(slice_eq_str(row.secret, SECRET));
    assert_true(slice_eq_str(row.words, WORDS));
    assert_true(slice_eq_str(row.remark, REMARK));
    arena_free(&a);
}

/* In the database or its log. */
static bool on_disk(const char *text)
{
    static const char *const tails[] = { "", "-wal" };
    bool found = false;

    for (size_t i = 0; i < COUNT(tails); i++) {
        char file[80];
        FILE *f;
        uint8_t *all = malloc(1 << 22);
        size_t n;

        snprintf(file, sizeof file, "%s%s", path, tails[i]);
        f = fopen(file, "rb");
        n = f ? fread(all, 1, 1 << 22, f) : 0;
        assert_true(n < 1 << 22);
        found |= n && memmem(all, n, text, strlen(text));
        if (f)
            fclose(f);
        free(all);
    }
    return found;
}

static void thief(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int setup(void **state)
{
    (void)state;
    fixture_path(path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_remove(path);
    return 0;
}

static void sealed_on_disk(void **state)
{
    struct store *s;

    (void)state;
    /* the same in the clear: else the search itself proves nothing */
    assert_int_equal(open_as(NULL, NULL, &s), E_OK);
    put(s, "row", 1);
    assert_true(on_disk(SECRET) && on_disk(WORDS) && on_disk(REMARK));
    store_close(s);
    fixture_remove(path);
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    put(s, "row", 1);
    assert_there(s, "row", 1);
    assert_true(!on_disk(SECRET) && !on_disk(WORDS) && on_disk(REMARK));
    store_close(s);
    assert_true(!on_disk(SECRET) && !on_disk(WORDS) && on_disk(REMARK));
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    assert_there(s, "row", 1);
    store_close(s);
}

static void updates_and_serials(void **state)
{
    struct counted counted = { .secret = SLICE_LIT(SECRET) }, got;
    struct safe row;
    struct store *s;
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 16);
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    put(s, "row", 1);
    assert_int_equal(get(s, "row", 1, &row, &a), E_OK);
    row.secret = SLICE_EMPTY;
    row.words = SLICE_NONE;
    assert_int_equal(fixture_apply(s, CHANGE_UPDATE, &safe_table, &row), E_OK);
    assert_int_equal(get(s, "row", 1, &row, &a), E_OK);
    assert_true(row.secret.p && row.secret.n == 0);
    assert_null(row.words.p);
    /* the number that the store gives is part of the place */
    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &counted_table, &counted), E_OK);
    assert_int_equal(store_get(s, &counted_table, 0, STORE_KEY(store_int(counted.id)), &got, &a),
                     E_OK);
    assert_true(slice_eq_str(got.secret, SECRET));
    got.secret = SLICE_LIT(WORDS);
    assert_int_equal(fixture_apply(s, CHANGE_UPDATE, &counted_table, &got), E_OK);
    assert_int_equal(store_get(s, &counted_table, 0, STORE_KEY(store_int(counted.id)), &got, &a),
                     E_OK);
    assert_true(slice_eq_str(got.secret, WORDS));
    store_close(s);
    arena_free(&a);
}

/* From one row, column or part of the key to another, an octet changed, cut, or in the clear. */
static void bound_to_its_place(void **state)
{
    static const char *const moves[] = {
        "UPDATE safe SET secret = (SELECT secret FROM safe WHERE part = 2) WHERE part = 1",
        "UPDATE safe SET secret = words WHERE part = 1",
        "UPDATE safe SET part = 3 WHERE part = 1",
        "UPDATE safe SET name = 'wor' WHERE part = 1",
        "UPDATE safe SET secret = substr(secret,1,40) || x'00' || substr(secret,42) WHERE part = 1",
        "UPDATE safe SET secret = substr(secret, 1, length(secret) - 1) WHERE part = 1",
        "UPDATE safe SET secret = x'01' WHERE part = 1",
        "UPDATE safe SET secret = 'in the clear, and long enough for a tag' WHERE part = 1",
    };
    struct store *s;
    struct safe *rows;
    struct arena a;
    size_t n;

    (void)state;
    arena_init(&a, 1 << 16);
    for (size_t i = 0; i < COUNT(moves); i++) {
        struct store_query all = { .limit = 10 };

        assert_int_equal(open_as(master, NULL, &s), E_OK);
        put(s, "row", 1);
        put(s, "row", 2);
        assert_int_equal(store_list(s, &safe_table, &all, &a, &rows, &n), E_OK);
        assert_int_equal(n, 2);
        store_close(s);
        thief(moves[i]);
        assert_int_equal(open_as(master, NULL, &s), E_OK);
        if (store_list(s, &safe_table, &all, &a, &rows, &n) != E_STORAGE)
            fail_msg("%s: believed", moves[i]);
        assert_there(s, "row", 2);
        store_close(s);
        fixture_remove(path);
        arena_reset(&a);
    }
    arena_free(&a);
}

static void keys(void **state)
{
    struct store *s;

    (void)state;
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    put(s, "row", 1);
    store_close(s);
    assert_int_equal(open_as(NULL, NULL, &s), E_MISSING);
    assert_int_equal(open_as(other, NULL, &s), E_BADMAC);
    assert_int_equal(open_as(other, master, &s), E_BADMAC);
    /* another master key: the old one opens nothing any more */
    assert_int_equal(open_as(master, other, &s), E_OK);
    assert_there(s, "row", 1);
    store_close(s);
    assert_int_equal(open_as(master, NULL, &s), E_BADMAC);
    assert_int_equal(open_as(other, NULL, &s), E_OK);
    assert_there(s, "row", 1);
    store_close(s);
    thief("UPDATE dunlin_vault SET value = x'00'");
    assert_int_equal(open_as(other, NULL, &s), E_BADMAC);
    fixture_remove(path);
    assert_int_equal(open_as(NULL, NULL, &s), E_OK);
    store_close(s);
    assert_int_equal(open_as(master, other, &s), E_STATE);
}

static void clear_database_is_sealed(void **state)
{
    char name[16];
    struct store *s;

    (void)state;
    assert_int_equal(open_as(NULL, NULL, &s), E_OK);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "row %d", i);
        put(s, name, i);
    }
    /* what was deleted still lies in pages that are free */
    put(s, "gone", 1);
    store_close(s);
    thief("DELETE FROM safe WHERE name = CAST('gone' AS BLOB)");
    assert_true(on_disk(SECRET));
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    assert_false(on_disk(SECRET) || on_disk(WORDS));
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "row %d", i);
        assert_there(s, name, i);
    }
    store_close(s);
    assert_false(on_disk(SECRET) || on_disk(WORDS));
    assert_int_equal(open_as(NULL, NULL, &s), E_MISSING);
}

/* A crash between sealing and writing anew: the next opening makes up for it, whatever free pages
 * hold. */
static void interrupted_sealing(void **state)
{
    struct store *s;

    (void)state;
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    put(s, "row", 1);
    store_close(s);
    thief("PRAGMA secure_delete=OFF; CREATE TABLE left (a TEXT); INSERT INTO left VALUES ('" SECRET
          "'); DROP TABLE left");
    assert_true(on_disk(SECRET));
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    store_close(s);
    assert_true(on_disk(SECRET));
    thief("INSERT INTO dunlin_meta (name, value) VALUES ('clear_pages', 1)");
    assert_int_equal(open_as(master, NULL, &s), E_OK);
    assert_false(on_disk(SECRET));
    assert_there(s, "row", 1);
    store_close(s);
}

static void master_files(void **state)
{
    uint8_t a[VAULT_KEY_LEN], b[VAULT_KEY_LEN];
    FILE *f;

    (void)state;
    fixture_remove(path);
    assert_int_equal(vault_read_master(path, a), E_NOTFOUND);
    assert_int_equal(vault_create_master(crypto_openssl(), path), E_OK);
    assert_int_equal(vault_create_master(crypto_openssl(), path), E_EXISTS);
    assert_int_equal(vault_read_master(path, a), E_OK);
    assert_int_equal(vault_read_master(path, b), E_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(vault_read_master(path, a), E_REFUSED);
    assert_int_equal(chmod(path, 0600), 0);
    f = fopen(path, "r+");
    assert_non_null(f);
    fputc('x', f);
    fclose(f);
    assert_int_equal(vault_read_master(path, a), E_SYNTAX);
    assert_int_equal(truncate(path, 63), 0);
    assert_int_equal(vault_read_master(path, a), E_SYNTAX);
}

/* A secret column that is sought, or stands before the key, or is a number. */
static void schemas_that_cannot_be(void **state)
{
    static const struct store_column in_key[] = { { "a", STORE_BLOB, 8, STORE_SECRET, 1, 0 } };
    static const struct store_column before[] = { { "b", STORE_BLOB, 24, STORE_SECRET, 1, 0 },
                                                  { "a", STORE_BLOB, 8, 0, 1, 0 } };
    static const struct store_column number[] = { { "a", STORE_BLOB, 8, 0, 1, 0 },
                                                  { "b", STORE_INT, 24, STORE_SECRET, 1, 0 } };
    static const struct store_column fits[] = { { "a", STORE_BLOB, 8, 0, 1, 0 },
                                                { "b", STORE_BLOB, 24, STORE_SECRET, 1, 0 } };
    static const struct store_index by_a[] = { { "a", { "a" }, true, 1, 0 } };
    static const struct {
        const struct store_column *columns;
        size_t count;
        enum err err;
    } rows[] = { { in_key, 1, E_ARGUMENT },
                 { before, 2, E_ARGUMENT },
                 { number, 2, E_ARGUMENT },
                 { fits, 2, E_OK } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct store_table t = { "t", 40, rows[i].columns, rows[i].count, by_a, 1, 1 };
        const struct store_table *const list[] = { &t };
        const struct store_schema one = { "one", 1, list, 1 };
        const struct store_schema *const all[] = { &one };
        const struct store_sqlite_options o = { .schemas = all, .schema_count = 1 };
        struct store *s;

        assert_int_equal(store_sqlite_open(&o, &s), rows[i].err);
        store_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sealed_on_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(updates_and_serials, setup, teardown),
        cmocka_unit_test_setup_teardown(bound_to_its_place, setup, teardown),
        cmocka_unit_test_setup_teardown(keys, setup, teardown),
        cmocka_unit_test_setup_teardown(clear_database_is_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(interrupted_sealing, setup, teardown),
        cmocka_unit_test_setup_teardown(master_files, setup, teardown),
        cmocka_unit_test(schemas_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
