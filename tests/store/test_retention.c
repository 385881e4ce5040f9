/*
 * Retention: what is over goes when it is old, in batches, and nothing else; the log is cut from
 * its beginning, still verifies, and shows a cut that it does not tell of.
 */
#include "store/fixture.h"
#include "store/retention.h"
#include "store/row_chain.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY   RETENTION_DAY_MS
#define NOW   (INT64_C(20000) * DAY)
#define BATCH 10

static char path[64];
static struct store *store;
static struct arena arena;
static size_t faults;
static enum row_chain_fault last_fault;
static struct row_chain_verdict verdict;

static int setup(void **state)
{
    (void)state;
    fixture_path(path);
    store = fixture_open(path);
    arena_init(&arena, (size_t)4 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    store_close(store);
    fixture_remove(path);
    return 0;
}

/* ---- steps ---- */

static const struct retention_rule things[] = {
    { .table = &thing_table, .index = THING_BY_DUE, .batch = BATCH },
};
static const struct retention_rule log_only[] = { { .table = &store_event_table, .batch = BATCH } };
static const struct retention_rule both[] = {
    { .table = &store_event_table, .batch = BATCH },
    { .table = &thing_table, .index = THING_BY_DUE, .batch = BATCH },
};

static struct retention keep(const struct retention_rule *rules, size_t count)
{
    return (struct retention){ .rules = rules, .count = count, .keep_ms = 30 * DAY };
}

static enum err step_at(struct retention *r, int64_t now_ms, size_t *count)
{
    struct turn t;
    enum err err;

    arena_reset(&arena);
    turn_init(&t, &arena, store, now_ms);
    err = retention_step(r, &t, count);
    return err ? err : turn_commit(&t);
}

static size_t step(struct retention *r)
{
    size_t count;

    assert_int_equal(step_at(r, NOW, &count), E_OK);
    return count;
}

/* All that is old; how many. */
static size_t run(struct retention *r)
{
    size_t count, sum = 0;

    while ((count = step(r)))
        sum += count;
    return sum;
}

static size_t rows_of(const struct store_table *table)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    size_t count;
    void *rows;

    arena_reset(&arena);
    assert_int_equal(store_list(store, table, &q, &arena, &rows, &count), E_OK);
    return count;
}

/* ---- rows ---- */

static void add_thing(const char *name, int64_t due_ms)
{
    struct thing t = { .name = slice_str(name), .due_ms = due_ms };

    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &t), E_OK);
}

static bool is_there(const char *name)
{
    struct thing t;

    return fixture_thing(store, name, &t, &arena) == E_OK;
}

static void old_rows_go_and_others_stay(void **state)
{
    struct retention r = keep(things, 1);

    (void)state;
    add_thing("not over", 0);
    add_thing("long over", NOW - 31 * DAY);
    add_thing("just so long", NOW - 30 * DAY);
    add_thing("a moment less", NOW - 30 * DAY + 1);
    add_thing("over", NOW);
    assert_int_equal(run(&r), 2);
    assert_true(is_there("not over") && is_there("a moment less") && is_there("over"));
    assert_false(is_there("long over") || is_there("just so long"));
}

static void in_batches_then_a_rest(void **state)
{
    struct retention r = keep(things, 1);
    char name[16];
    size_t count;

    (void)state;
    for (int i = 0; i < 2 * BATCH + 3; i++) {
        snprintf(name, sizeof name, "%d", i);
        add_thing(name, 1 + i);
    }
    assert_int_equal(step(&r), BATCH);
    assert_int_equal(rows_of(&thing_table), BATCH + 3);
    assert_int_equal(step(&r), BATCH);
    assert_int_equal(step(&r), 3);
    assert_int_equal(step(&r), 0);
    add_thing("later", 1);
    assert_int_equal(step(&r), 0); /* it rests */
    assert_int_equal(step_at(&r, NOW + 60 * 1000, &count), E_OK);
    assert_int_equal(count, 1);
    assert_int_equal(run(&r), 0);
    add_thing("clock", 1);
    assert_int_equal(step_at(&r, NOW - DAY, &count), E_OK); /* no rest of a day */
    assert_int_equal(count, 1);
}

/* ---- the log ---- */

static void add_event(int64_t time_ms)
{
    struct store_event e = { .time_ms = time_ms,
                             .kind = SLICE_LIT("kind"),
                             .data = SLICE_LIT("some octets") };

    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &store_event_table, &e), E_OK);
}

static void add_events(int count, int64_t time_ms)
{
    for (int i = 0; i < count; i++)
        add_event(time_ms + i);
}

static void note(void *ctx, enum row_chain_fault fault, int64_t id)
{
    (void)ctx;
    (void)id;
    last_fault = fault;
    faults++;
}

static void verify(const uint8_t *anchor)
{
    faults = 0;
    assert_int_equal(
        row_chain_verify(store, crypto_openssl(), &store_event_table, anchor, note, NULL, &verdict),
        E_OK);
}

static void verify_holds(const uint8_t *anchor)
{
    verify(anchor);
    assert_int_equal(faults, 0);
}

static void the_log_is_cut_and_verifies(void **state)
{
    struct retention r = keep(log_only, 1);

    (void)state;
    add_events(2 * BATCH + 5, NOW - 40 * DAY);
    add_events(7, NOW - DAY);
    assert_int_equal(run(&r), 2 * BATCH + 5);
    verify_holds(NULL);
    assert_int_equal(verdict.floor.count, 2 * BATCH + 5);
    assert_int_equal(verdict.head.count - verdict.floor.count,
                     7 + 3); /* and it tells three times */
    assert_int_equal(rows_of(&store_event_table), 10);
    store_close(store);
    store = fixture_open(path);
    add_events(3, NOW);
    verify_holds(NULL);
    assert_int_equal(verdict.head.count, 2 * BATCH + 5 + 13);
}

/* Nothing is left but what tells of the cut; that goes in its turn. */
static void the_whole_log_is_old(void **state)
{
    struct retention r = keep(log_only, 1);
    size_t count;

    (void)state;
    add_events(3, 1);
    assert_int_equal(run(&r), 3);
    assert_int_equal(rows_of(&store_event_table), 1);
    verify_holds(NULL);
    assert_int_equal(step_at(&r, NOW + 31 * DAY, &count), E_OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows_of(&store_event_table), 1);
    verify_holds(NULL);
    assert_int_equal(verdict.floor.count, 4);
}

static void noted_heads(void **state)
{
    struct retention r = keep(log_only, 1);
    uint8_t early[DIGEST_LEN], floor[DIGEST_LEN], late[DIGEST_LEN];

    (void)state;
    add_events(3, 1);
    verify_holds(NULL);
    memcpy(early, verdict.head.hash, sizeof early);
    add_events(2, 10);
    verify_holds(early);
    memcpy(floor, verdict.head.hash, sizeof floor);
    add_events(2, NOW);
    verify_holds(early);
    memcpy(late, verdict.head.hash, sizeof late);
    assert_int_equal(run(&r), 5);
    verify_holds(late);
    verify_holds(floor);
    verify(early);
    assert_int_equal(faults, 1);
    assert_int_equal(last_fault, ROW_ANCHOR);
}

/* ---- what somebody else does to it ---- */

static void stranger(const char *sql)
{
    sqlite3 *db;

    store_close(store);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_true(sqlite3_total_changes(db) > 0);
    sqlite3_close(db);
    store = fixture_open(path);
}

static void expect_fault(enum row_chain_fault fault)
{
    verify(NULL);
    assert_int_equal(faults, 1);
    assert_int_equal(last_fault, fault);
}

/* Rows removed and the floor set as it then should be: the log does not tell of it. */
static void a_cut_that_is_not_told(void **state)
{
    struct retention r = keep(log_only, 1);

    (void)state;
    add_events(3, 1);
    add_events(5, NOW);
    assert_int_equal(run(&r), 3);
    verify_holds(NULL);
    stranger("INSERT OR REPLACE INTO dunlin_chain (name, last, count, hash) SELECT 'event:floor', "
             "id, 5, chain FROM event ORDER BY id LIMIT 1 OFFSET 1;"
             "DELETE FROM event WHERE id <= (SELECT last FROM dunlin_chain WHERE name = "
             "'event:floor')");
    expect_fault(ROW_UNTOLD);
}

static void a_cut_undone(void **state)
{
    struct retention r = keep(log_only, 1);

    (void)state;
    add_events(3, 1);
    add_events(5, NOW);
    assert_int_equal(run(&r), 3);
    stranger("UPDATE dunlin_chain SET hash = randomblob(32) WHERE name = 'event:floor'");
    expect_fault(ROW_CHANGED);
    stranger("DELETE FROM dunlin_chain WHERE name = 'event:floor'");
    verify(NULL);
    assert_true(faults > 0);
}

/* Evidence is not cleared away, and the rest goes on. */
static void a_changed_row_stays(void **state)
{
    struct retention r = keep(both, 2);
    size_t count;

    (void)state;
    add_events(3, 1);
    add_events(5, NOW);
    add_thing("old", 1);
    stranger("UPDATE event SET kind = 'else' WHERE id = (SELECT min(id) + 1 FROM event)");
    assert_int_equal(step_at(&r, NOW, &count), E_ARGUMENT);
    assert_int_equal(step(&r), 0); /* it rests: whoever looks at errors has time to */
    assert_true(is_there("old"));
    assert_int_equal(step_at(&r, NOW + 60 * 1000, &count), E_OK);
    assert_false(is_there("old"));
    assert_int_equal(rows_of(&store_event_table), 8);
    expect_fault(ROW_CHANGED);
}

/* ---- what the store takes ---- */

static enum err cut_by_hand(size_t first, size_t count, bool told)
{
    struct store_query q = { .limit = 10 };
    struct store_event *rows, cut = { .kind = SLICE_LIT("log.cut"), .time_ms = NOW };
    struct change set[11];
    size_t n, found;

    arena_reset(&arena);
    assert_int_equal(store_list(store, &store_event_table, &q, &arena, &rows, &found), E_OK);
    for (n = 0; n < count; n++)
        set[n] = (struct change){ CHANGE_DELETE, &store_event_table, &rows[first + n], NULL };
    if (told)
        cut.cut = rows[first + count - (count ? 1 : 0)].id;
    set[n++] = (struct change){ CHANGE_INSERT, &store_event_table, &cut, NULL };
    return store_apply(store, set, n, NULL);
}

static void only_from_the_beginning_and_told(void **state)
{
    (void)state;
    add_events(6, 1);
    assert_int_equal(cut_by_hand(1, 2, true), E_ARGUMENT);
    assert_int_equal(cut_by_hand(0, 2, false), E_ARGUMENT);
    assert_int_equal(cut_by_hand(0, 0, true), E_ARGUMENT);
    assert_int_equal(rows_of(&store_event_table), 6);
    verify_holds(NULL);
    assert_int_equal(cut_by_hand(0, 2, true), E_OK);
    verify_holds(NULL);
    assert_int_equal(rows_of(&store_event_table), 5);
    assert_int_equal(verdict.floor.count, 2);
}

static void a_database_from_before_the_chain(void **state)
{
    struct retention r = keep(log_only, 1);

    (void)state;
    add_events(4, 1);
    stranger("UPDATE event SET chain = NULL, behind = 0; DELETE FROM dunlin_chain");
    add_events(2, 10);
    add_events(2, NOW);
    verify_holds(NULL);
    assert_int_equal(verdict.before, 4);
    assert_int_equal(run(&r), 6);
    verify_holds(NULL);
    assert_int_equal(verdict.before, 0);
    assert_int_equal(verdict.floor.count, 2);
}

/* ---- more than one rule, and little memory ---- */

static void rules_take_turns(void **state)
{
    struct retention r = keep(both, 2);

    (void)state;
    add_events(3 * BATCH, 1);
    add_thing("old", 1);
    assert_int_equal(step(&r), BATCH);
    assert_int_equal(step(&r), 1);
    assert_false(is_there("old"));
    assert_int_equal(run(&r), 2 * BATCH);
    verify_holds(NULL);
}

static void what_does_not_fit_goes_row_by_row(void **state)
{
    static const uint8_t large[100000];
    struct retention r = keep(log_only, 1);
    struct store_event e = { .time_ms = 1, .kind = SLICE_LIT("kind"), .data = SLICE_OF(large) };
    size_t count, sum = 0;

    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(fixture_apply(store, CHANGE_INSERT, &store_event_table, &e), E_OK);
    arena_free(&arena);
    arena_init(&arena, 300000);
    for (int i = 0; i < 20; i++) {
        enum err err = step_at(&r, NOW, &count);

        assert_true(err == E_OK || err == E_MEMORY);
        sum += err ? 0 : count;
    }
    assert_int_equal(sum, 5);
    verify_holds(NULL);
}

/* ---- crash ---- */

/* Adds and cuts, a month a step, until it is killed; a letter down the pipe for each. */
static void cut_forever(int report, int64_t now_ms)
{
    struct retention r = keep(both, 2);
    char name[32];
    size_t count;

    store = fixture_open(path);
    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "%d-%d", (int)getpid(), i);
        add_thing(name, 1);
        add_events(3, now_ms);
        now_ms += 31 * DAY;
        if (step_at(&r, now_ms, &count) || write(report, "s", 1) != 1)
            _exit(1);
    }
}

static void killed_in_between(void **state)
{
    struct retention r = keep(both, 2);

    (void)state;
    for (int round = 0; round < 5; round++) {
        int ends[2], status;
        char letter;
        pid_t pid;

        store_close(store);
        store = NULL;
        assert_int_equal(pipe(ends), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            cut_forever(ends[1], NOW - (5 - round) * 100 * 31 * DAY);
        close(ends[1]);
        for (int i = 0; i < 20 + 7 * round; i++)
            assert_int_equal(read(ends[0], &letter, 1), 1);
        kill(pid, SIGKILL);
        close(ends[0]);
        waitpid(pid, &status, 0);
        assert_true(WIFSIGNALED(status));
        store = fixture_open(path);
        verify_holds(NULL);
    }
    run(&r);
    assert_int_equal(rows_of(&thing_table), 0);
    verify_holds(NULL);
    assert_true(verdict.floor.count > 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(old_rows_go_and_others_stay),
        TEST(in_batches_then_a_rest),
        TEST(the_log_is_cut_and_verifies),
        TEST(the_whole_log_is_old),
        TEST(noted_heads),
        TEST(a_cut_that_is_not_told),
        TEST(a_cut_undone),
        TEST(a_changed_row_stays),
        TEST(only_from_the_beginning_and_told),
        TEST(a_database_from_before_the_chain),
        TEST(rules_take_turns),
        TEST(what_does_not_fit_goes_row_by_row),
        TEST(killed_in_between),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
