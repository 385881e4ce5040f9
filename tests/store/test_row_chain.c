/*
 * The log of events: what the committer chains under load, with conflicts and refusals, verifies;
 * whatever a stranger does to the file is named. The stranger writes with SQLite's own library.
 */
#include "store/fixture.h"
#include "store/row_chain.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#define EVENTS  7
#define THREADS 6
#define ROUNDS  60

static char path[64];
static struct {
    enum row_chain_fault fault;
    int64_t id;
} faults[16];
static size_t fault_count;
static int64_t ids[EVENTS];
static struct row_chain_verdict verdict;

static void note(void *ctx, enum row_chain_fault fault, int64_t id)
{
    (void)ctx;
    if (fault_count < COUNT(faults)) {
        faults[fault_count].fault = fault;
        faults[fault_count].id = id;
    }
    fault_count++;
}

static void verify(const uint8_t *anchor)
{
    static const struct store_schema *const schemas[] = { &store_event_schema };
    const struct store_sqlite_options o = {
        .path = path, .schemas = schemas, .schema_count = 1, .read_only = true
    };
    struct store *s;

    fault_count = 0;
    assert_int_equal(store_sqlite_open(&o, &s), E_OK);
    assert_int_equal(
        row_chain_verify(s, crypto_openssl(), &store_event_table, anchor, note, NULL, &verdict),
        E_OK);
    assert_int_equal(verdict.faults, fault_count);
    store_close(s);
}

static void add_event(struct store *s, const char *kind, int64_t *id)
{
    struct store_event e = { .time_ms = 1700000000000, .kind = slice_str(kind) };

    e.eid = SLICE_LIT("0123456789abcdef");
    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &store_event_table, &e), E_OK);
    if (id)
        *id = e.id;
}

static int setup(void **state)
{
    struct store *s;
    char kind[16];

    (void)state;
    fixture_path(path);
    s = fixture_open(path);
    for (int i = 0; i < EVENTS; i++) {
        snprintf(kind, sizeof kind, "kind.%d", i);
        add_event(s, kind, &ids[i]);
    }
    store_close(s);
    verify(NULL);
    assert_int_equal(fault_count, 0);
    assert_int_equal(verdict.head.count, EVENTS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_remove(path);
    return 0;
}

static void stranger(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void stranger(const char *fmt, ...)
{
    char sql[512];
    sqlite3 *db;
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_true(sqlite3_total_changes(db) > 0);
    sqlite3_close(db);
}

static void assert_fault(size_t i, enum row_chain_fault fault, int64_t id)
{
    assert_true(i < fault_count);
    assert_int_equal(faults[i].fault, fault);
    assert_int_equal(faults[i].id, id);
}

static void grows_over_openings(void **state)
{
    uint8_t noted[DIGEST_LEN];
    struct store *s;

    (void)state;
    memcpy(noted, verdict.head.hash, sizeof noted);
    for (int i = 0; i < 3; i++) {
        s = fixture_open(path);
        add_event(s, "more", NULL);
        store_close(s);
    }
    verify(noted);
    assert_int_equal(fault_count, 0);
    assert_int_equal(verdict.head.count, EVENTS + 3);
    noted[0] ^= 1;
    verify(noted);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_ANCHOR, 0);
}

/* Each column of the middle row, and its version. */
static void changed(void **state)
{
    static const char *const what[] = { "time_ms = time_ms + 1",
                                        "kind = 'kind.4'",
                                        "eid = NULL",
                                        "iccid = x'00'",
                                        "detail = ''",
                                        "data = x'01'",
                                        "eid = CAST(kind AS BLOB), kind = CAST(eid AS TEXT)",
                                        "detail = kind, kind = ''",
                                        "version = version + 1" };

    for (size_t i = 0; i < COUNT(what); i++) {
        stranger("UPDATE event SET %s WHERE id = %lld", what[i], (long long)ids[3]);
        verify(NULL);
        if (fault_count != 1)
            fail_msg("%s: %zu faults", what[i], fault_count);
        assert_fault(0, ROW_CHANGED, ids[3]);
        teardown(state);
        setup(state);
    }
    /* its hash: then the next one does not fit either */
    stranger("UPDATE event SET chain = randomblob(32) WHERE id = %lld", (long long)ids[3]);
    verify(NULL);
    assert_int_equal(fault_count, 2);
    assert_fault(0, ROW_CHANGED, ids[3]);
    assert_fault(1, ROW_CHANGED, ids[4]);
    stranger("UPDATE event SET chain = NULL WHERE id = %lld", (long long)ids[3]);
    verify(NULL);
    assert_fault(0, ROW_UNCHAINED, ids[3]);
}

static void removed(void **state)
{
    stranger("DELETE FROM event WHERE id = %lld", (long long)ids[2]);
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_REMOVED, ids[2]);
    teardown(state);
    setup(state);
    stranger("DELETE FROM event WHERE id = %lld", (long long)ids[0]);
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_REMOVED, ids[0]);
    teardown(state);
    setup(state);
    stranger("DELETE FROM event WHERE id >= %lld", (long long)ids[EVENTS - 2]);
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_CUT, ids[EVENTS - 1]);
    stranger("DELETE FROM event");
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_CUT, ids[EVENTS - 1]);
}

/* A row between two, one at the end, and one whose hash and place are computed as they should be.
 */
static void inserted(void **state)
{
    struct store_event e = { .time_ms = 5, .kind = SLICE_LIT("forged") };
    struct row_chain_head before = { .last = ids[EVENTS - 1] }, forged;
    char hex[2 * DIGEST_LEN + 1];

    stranger("UPDATE event SET id = id + 10 WHERE id > %lld; "
             "UPDATE event SET version = id WHERE id > %lld",
             (long long)ids[4], (long long)ids[4]);
    verify(NULL);
    assert_fault(0, ROW_CHANGED, ids[5] + 10);
    teardown(state);
    setup(state);
    /* a number is free between two openings */
    struct store *s = fixture_open(path);
    int64_t later;

    add_event(s, "later", &later);
    store_close(s);
    stranger("INSERT INTO event (version, id, time_ms, kind, behind, chain) "
             "SELECT id + 1, id + 1, time_ms, 'forged', id, randomblob(32) FROM event "
             "WHERE id = %lld",
             (long long)ids[EVENTS - 1]);
    verify(NULL);
    assert_int_equal(fault_count, 2);
    assert_fault(0, ROW_CHANGED, ids[EVENTS - 1] + 1);
    assert_fault(1, ROW_INSERTED, ids[EVENTS - 1] + 1);
    teardown(state);
    setup(state);
    memcpy(before.hash, verdict.head.hash, sizeof before.hash);
    assert_int_equal(
        row_chain_next(crypto_openssl(), &store_event_table, &e, before.last + 1, &before, &forged),
        E_OK);
    for (int i = 0; i < DIGEST_LEN; i++)
        snprintf(hex + 2 * i, 3, "%02X", forged.hash[i]);
    stranger("INSERT INTO event (version, id, time_ms, kind, behind, chain) "
             "VALUES (%lld, %lld, 5, 'forged', %lld, x'%s')",
             (long long)forged.last, (long long)forged.last, (long long)before.last, hex);
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_INSERTED, forged.last);
    /* the head as well: now only who noted the one before can tell, and he can as long as it is in
     */
    stranger("UPDATE dunlin_chain SET last = %lld, count = count + 1, hash = x'%s'",
             (long long)forged.last, hex);
    verify(before.hash);
    assert_int_equal(fault_count, 0);
}

static void reordered(void **state)
{
    (void)state;
    stranger("UPDATE event SET id = -1 WHERE id = %lld; UPDATE event SET id = %lld WHERE id = %lld;"
             "UPDATE event SET id = %lld WHERE id = -1",
             (long long)ids[2], (long long)ids[2], (long long)ids[3], (long long)ids[3]);
    stranger("UPDATE event SET version = id");
    verify(NULL);
    assert_true(fault_count >= 2);
    assert_fault(0, ROW_REMOVED, ids[2]);
}

/* The whole log written anew without one event: whoever noted a head sees it. */
static void written_anew(void **state)
{
    uint8_t noted[DIGEST_LEN];
    struct store *s;

    (void)state;
    memcpy(noted, verdict.head.hash, sizeof noted);
    stranger("DELETE FROM event; DELETE FROM dunlin_chain");
    s = fixture_open(path);
    add_event(s, "kind.0", NULL);
    store_close(s);
    verify(NULL);
    assert_int_equal(fault_count, 0);
    verify(noted);
    assert_int_equal(fault_count, 1);
    assert_fault(0, ROW_ANCHOR, 0);
}

/* ---- under load ---- */

static void *write_many(void *store)
{
    struct store *s = store;

    for (int i = 0; i < ROUNDS; i++) {
        struct thing thing = { .name = SLICE_LIT("one name for all") };
        struct store_event first = { .kind = SLICE_LIT("first") },
                           second = { .kind = SLICE_LIT("second") };
        const struct change set[] = {
            { .kind = CHANGE_INSERT, .table = &store_event_table, .row = &first },
            { .kind = CHANGE_INSERT, .table = &thing_table, .row = &thing },
            { .kind = CHANGE_INSERT, .table = &store_event_table, .row = &second },
        };
        enum err err = store_apply(s, set, COUNT(set), NULL);

        /* the name exists from the second set on: its events must leave no trace */
        assert_true(err == E_OK || err == E_CONFLICT);
        add_event(s, "alone", NULL);
    }
    return NULL;
}

static void many_writers(void **state)
{
    pthread_t threads[THREADS];
    struct store *s = fixture_open(path);

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, s), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    verify(NULL); /* beside the process that has it open */
    assert_int_equal(fault_count, 0);
    store_close(s);
    verify(NULL);
    assert_int_equal(fault_count, 0);
    assert_int_equal(verdict.head.count, EVENTS + THREADS * ROUNDS + 2);
}

static void only_grows(void **state)
{
    struct store *s = fixture_open(path);
    struct store_event e;
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 16);
    assert_int_equal(store_get(s, &store_event_table, 0, STORE_KEY(store_int(ids[1])), &e, &a),
                     E_OK);
    assert_int_equal(e.behind, ids[0]);
    e.detail = SLICE_LIT("else");
    assert_int_equal(fixture_apply(s, CHANGE_UPDATE, &store_event_table, &e), E_ARGUMENT);
    assert_int_equal(fixture_apply(s, CHANGE_DELETE, &store_event_table, &e), E_ARGUMENT);
    store_close(s);
    verify(NULL);
    assert_int_equal(fault_count, 0);
    arena_free(&a);
}

/* A database of before: its events are counted apart, and none slips in among them later. */
static void older_than_the_chain(void **state)
{
    struct store *s;

    (void)state;
    stranger("UPDATE event SET chain = NULL, behind = 0; DELETE FROM dunlin_chain");
    s = fixture_open(path);
    add_event(s, "first of the chain", NULL);
    store_close(s);
    verify(NULL);
    assert_int_equal(fault_count, 0);
    assert_int_equal(verdict.before, EVENTS);
    assert_int_equal(verdict.head.count, 1);
    stranger("UPDATE event SET chain = NULL");
    verify(NULL);
    assert_int_equal(fault_count, 1);
    assert_int_equal(faults[0].fault, ROW_CUT);
}

static void read_only_refuses(void **state)
{
    static const struct store_schema *const schemas[] = { &store_event_schema };
    struct store_sqlite_options o = { .path = path, .schemas = schemas, .schema_count = 1 };
    struct store_event e = { .kind = SLICE_LIT("kind") };
    struct store *s;

    (void)state;
    o.read_only = true;
    assert_int_equal(store_sqlite_open(&o, &s), E_OK);
    assert_int_equal(fixture_apply(s, CHANGE_INSERT, &store_event_table, &e), E_STATE);
    store_close(s);
    stranger("UPDATE dunlin_meta SET value = 1 WHERE name = 'schema:event'");
    assert_int_equal(store_sqlite_open(&o, &s), E_UNSUPPORTED);
    o.path = "/nowhere/at.all";
    assert_int_equal(store_sqlite_open(&o, &s), E_NOTFOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(grows_over_openings),
        TEST(changed),
        TEST(removed),
        TEST(inserted),
        TEST(reordered),
        TEST(written_anew),
        TEST(many_writers),
        TEST(only_grows),
        TEST(older_than_the_chain),
        TEST(read_only_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
