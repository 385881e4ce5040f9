/* Rows in and out, conflicts, sets of changes, events; on one thread. */
#include "store/fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static struct store *store;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    store = fixture_open(NULL);
    arena_init(&arena, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    arena_free(&arena);
    return 0;
}

static struct thing thing(const char *name, int64_t amount)
{
    return (struct thing){ .name = slice_str(name), .amount = amount };
}

static void every_kind_of_value_comes_back(void **state)
{
    struct thing in = { .name = SLICE_LIT("a\0b"),
                        .amount = INT64_MIN,
                        .remark = SLICE_EMPTY,
                        .due_ms = INT64_MAX,
                        .token = SLICE_LIT("\x00\xFF") };
    struct thing out;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &in), E_OK);
    assert_true(in.version > 0);
    assert_int_equal(store_get(store, &thing_table, THING_BY_NAME,
                               STORE_KEY(store_blob(SLICE_LIT("a\0b"))), &out, &arena),
                     E_OK);
    assert_int_equal(out.version, in.version);
    assert_int_equal(out.amount, INT64_MIN);
    assert_int_equal(out.due_ms, INT64_MAX);
    assert_true(slice_eq(out.name, in.name));
    assert_true(slice_eq(out.token, in.token));
    assert_non_null(out.remark.p); /* present and empty */
    assert_int_equal(out.remark.n, 0);

    in.remark = SLICE_NONE;
    in.token = SLICE_NONE;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &in), E_OK);
    assert_int_equal(
        store_get(store, &thing_table, THING_BY_NAME, STORE_KEY(store_blob(in.name)), &out, &arena),
        E_OK);
    assert_null(out.remark.p);
    assert_null(out.token.p);
}

static void absent_value_in_a_column_that_needs_one(void **state)
{
    struct thing in = thing("x", 1);

    (void)state;
    in.name = SLICE_NONE;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &in), E_ARGUMENT);
    in.name = SLICE_LIT("x");
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &in), E_OK);
}

static void not_found(void **state)
{
    struct thing out;

    (void)state;
    assert_int_equal(fixture_thing(store, "nobody", &out, &arena), E_NOTFOUND);
}

static void lists_by_range_order_and_limit(void **state)
{
    struct store_query q = { .index = THING_BY_DUE, .limit = 10 };
    struct thing *rows;
    size_t n;

    (void)state;
    for (int i = 0; i < 9; i++) {
        char name[2] = { (char)('a' + i), 0 };
        struct thing t = thing(name, i);

        t.due_ms = 10 * (i % 5); /* 0 10 20 30 40 0 10 20 30 */
        assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &t), E_OK);
    }
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 9);
    assert_true(slice_eq_str(rows[0].name, "a"));
    assert_true(slice_eq_str(rows[1].name, "f"));
    assert_true(slice_eq_str(rows[8].name, "e"));

    q.to_given = true;
    q.to = store_int(10);
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 4);
    q.from_given = true;
    q.from = store_int(10);
    q.descending = true;
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 2);
    assert_true(slice_eq_str(rows[0].name, "g"));
    q.limit = 1;
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 1);

    q = (struct store_query){ .index = THING_BY_DUE, .limit = 9, .key_count = 1 };
    q.key[0] = store_int(20);
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 2);
    q.key[0] = store_int(21);
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    assert_int_equal(n, 0);
    q.limit = 0;
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_ARGUMENT);
    q.limit = 9;
    q.key_count = 3;
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_ARGUMENT);
    q = (struct store_query){ .index = 3, .limit = 9 };
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_ARGUMENT);
}

static void a_full_arena_is_an_error_not_a_short_answer(void **state)
{
    struct thing t = thing("x", 1), out;
    struct arena small;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &t), E_OK);
    arena_init(&small, 16);
    assert_int_equal(fixture_thing(store, "x", &out, &small), E_MEMORY);
    arena_free(&small);
    assert_int_equal(fixture_thing(store, "x", &out, &arena), E_OK);
}

static void stale_version_conflicts(void **state)
{
    struct thing a = thing("x", 1), b;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    b = a;
    a.amount = 2;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    b.amount = 3;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &b), E_CONFLICT);
    assert_int_equal(fixture_apply(store, CHANGE_DELETE, &thing_table, &b), E_CONFLICT);
    assert_int_equal(fixture_apply(store, CHANGE_ASSUME, &thing_table, &b), E_CONFLICT);
    assert_int_equal(fixture_apply(store, CHANGE_ASSUME, &thing_table, &a), E_OK);
    assert_int_equal(fixture_thing(store, "x", &b, &arena), E_OK);
    assert_int_equal(b.amount, 2);
    assert_int_equal(fixture_apply(store, CHANGE_DELETE, &thing_table, &a), E_OK);
    assert_int_equal(a.version, 0);
    assert_int_equal(fixture_thing(store, "x", &b, &arena), E_NOTFOUND);
}

static size_t found_due(int64_t due_ms)
{
    struct store_query q = { .index = THING_BY_DUE, .key_count = 1, .limit = 9 };
    struct thing *rows;
    size_t n;

    q.key[0] = store_int(due_ms);
    assert_int_equal(store_list(store, &thing_table, &q, &arena, &rows, &n), E_OK);
    return n;
}

/* Whichever columns of indexes change, with the row before at hand, without, or with a wrong one.
 */
static void an_update_moves_a_row_in_its_indexes(void **state)
{
    enum { WITHOUT, WITH, OUTDATED };

    (void)state;
    for (int how = WITHOUT; how <= OUTDATED; how++) {
        for (unsigned what = 0; what < 4; what++) {
            struct thing a = thing("x", 1), was, outdated, out;
            struct change c = { CHANGE_UPDATE, &thing_table, &a, NULL };

            a.token = SLICE_LIT("token");
            assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
            outdated = a;
            outdated.due_ms = 77;
            outdated.token = SLICE_NONE;
            outdated.version--;
            was = a;
            c.was = how == WITH ? &was : how == OUTDATED ? &outdated : NULL;
            a.due_ms = what & 1 ? 77 : a.due_ms;
            a.token = what & 2 ? SLICE_NONE : a.token;
            a.amount = 5;
            assert_int_equal(store_apply(store, &c, 1, NULL), E_OK);
            assert_int_equal(found_due(77), what & 1);
            assert_int_equal(found_due(was.due_ms), !(what & 1));
            assert_int_equal(store_get(store, &thing_table, THING_BY_TOKEN,
                                       STORE_KEY(store_blob(SLICE_LIT("token"))), &out, &arena),
                             what & 2 ? E_NOTFOUND : E_OK);
            assert_int_equal(fixture_thing(store, "x", &out, &arena), E_OK);
            assert_int_equal(out.amount, 5);
            c = (struct change){ CHANGE_UPDATE, &thing_table, &was, &was };
            assert_int_equal(store_apply(store, &c, 1, NULL), E_CONFLICT);
            assert_int_equal(fixture_apply(store, CHANGE_DELETE, &thing_table, &a), E_OK);
        }
    }
}

static void a_row_made_again_is_another_row(void **state)
{
    struct thing a = thing("x", 1), old;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    old = a;
    assert_int_equal(fixture_apply(store, CHANGE_DELETE, &thing_table, &a), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &old), E_CONFLICT);
}

static void unique_indexes_conflict_but_absent_values_do_not(void **state)
{
    struct thing a = thing("a", 1), b = thing("b", 2), c = thing("c", 3);

    (void)state;
    a.token = SLICE_LIT("t");
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &b), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &c), E_OK);
    c.token = SLICE_LIT("t");
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &c), E_CONFLICT);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_CONFLICT);
    c.token = SLICE_LIT("u");
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &c), E_OK);
}

static enum err by_token(const char *token, struct thing *out)
{
    return store_get(store, &thing_table, THING_BY_TOKEN, STORE_KEY(store_blob(slice_str(token))),
                     out, &arena);
}

/* Updates that touch indexed columns and updates that do not take different ways. */
static void indexes_follow_updates(void **state)
{
    struct thing a = thing("a", 1), stale, out;

    (void)state;
    a.token = SLICE_LIT("t");
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    stale = a;
    a.amount = 2;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    assert_int_equal(by_token("t", &out), E_OK);
    assert_int_equal(out.amount, 2);
    assert_int_equal(out.version, a.version);
    a.token = SLICE_LIT("u");
    a.amount = 3;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    assert_int_equal(by_token("t", &out), E_NOTFOUND);
    assert_int_equal(by_token("u", &out), E_OK);
    assert_int_equal(out.amount, 3);
    a.token = SLICE_NONE;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    assert_int_equal(by_token("u", &out), E_NOTFOUND);
    a.token = SLICE_EMPTY; /* present again */
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    assert_int_equal(by_token("", &out), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &stale), E_CONFLICT);
    stale.token = SLICE_NONE;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &stale), E_CONFLICT);
}

static void all_of_a_set_or_none(void **state)
{
    struct thing a = thing("a", 1), b = thing("b", 1), out;
    struct line l = { .text = SLICE_LIT("said") };
    struct change set[] = {
        { CHANGE_UPDATE, &thing_table, &a, NULL },
        { CHANGE_INSERT, &line_table, &l, NULL },
        { CHANGE_UPDATE, &thing_table, &b, NULL },
    };
    uint64_t version;
    size_t failed = 99;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    version = a.version;
    a.amount = 2; /* b does not exist: the third change fails */
    assert_int_equal(store_apply(store, set, COUNT(set), &failed), E_CONFLICT);
    assert_int_equal(failed, 2);
    assert_int_equal(a.version, version);
    assert_int_equal(l.version, 0);
    assert_int_equal(fixture_thing(store, "a", &out, &arena), E_OK);
    assert_int_equal(out.amount, 1);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &b), E_OK);
    assert_int_equal(store_apply(store, set, COUNT(set), &failed), E_OK);
    assert_true(a.version > version);
    assert_true(l.id > 0);
    assert_int_equal(fixture_thing(store, "a", &out, &arena), E_OK);
    assert_int_equal(out.amount, 2);
    assert_int_equal(store_apply(store, set, 0, NULL), E_OK);
}

static void a_state_is_kept_while_reading(void **state)
{
    struct thing a = thing("a", 1), out;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    assert_int_equal(store_read_begin(store), E_OK);
    assert_int_equal(store_read_begin(store), E_STATE);
    assert_int_equal(fixture_thing(store, "a", &out, &arena), E_OK);
    a.amount = 2;
    assert_int_equal(fixture_apply(store, CHANGE_UPDATE, &thing_table, &a), E_OK);
    assert_int_equal(fixture_thing(store, "a", &out, &arena), E_OK);
    assert_int_equal(out.amount, 1);
    store_read_end(store);
    assert_int_equal(fixture_thing(store, "a", &out, &arena), E_OK);
    assert_int_equal(out.amount, 2);
}

static void turn_gathers_changes_and_events(void **state)
{
    struct store_query all = { .limit = 100 };
    struct store_event *events;
    struct turn t;
    size_t n;

    (void)state;
    turn_init(&t, &arena, store, 1234);
    for (int i = 0; i < 20; i++) {
        slice name = arena_printf(&arena, "n%d", i);
        struct thing row = { .name = name, .amount = i };

        assert_int_equal(turn_insert(&t, &thing_table, turn_row(&t, &thing_table, &row)), E_OK);
    }
    assert_int_equal(turn_event(&t, &(struct store_event){ .kind = SLICE_LIT("made") }), E_OK);
    assert_int_equal(turn_event(&t, &(struct store_event){ .kind = SLICE_LIT("told") }), E_OK);
    turn_refuse(&t, "8.2.6", "3.8", NULL);
    assert_string_equal(t.status.subject, "8.2.6");
    assert_int_equal(turn_commit(&t), E_OK);
    assert_int_equal(store_list(store, &store_event_table, &all, &arena, &events, &n), E_OK);
    assert_int_equal(n, 2);
    assert_true(slice_eq_str(events[0].kind, "made"));
    assert_true(events[0].id < events[1].id);
    assert_int_equal(events[1].time_ms, 1234);
    turn_clear(&t);
    assert_int_equal(t.change_count, 0);
    assert_null(t.status.subject);
    assert_int_equal(turn_commit(&t), E_OK);
}

static void one_process_at_a_time(void **state)
{
    struct store_sqlite_options o = { 0 };
    struct store *first, *second;
    char path[64];

    (void)state;
    fixture_path(path);
    o.path = path;
    assert_int_equal(store_sqlite_open(&o, &first), E_OK);
    assert_int_equal(store_sqlite_open(&o, &second), E_EXISTS);
    store_close(first);
    assert_int_equal(store_sqlite_open(&o, &second), E_OK);
    store_close(second);
    fixture_remove(path);
}

static void a_file_that_is_no_database(void **state)
{
    struct store_sqlite_options o = { 0 };
    struct store *s;
    char path[64];
    FILE *f;

    (void)state;
    fixture_path(path);
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fprintf(f, "this is a letter, not a database\n");
    fclose(f);
    o.path = path;
    assert_int_equal(store_sqlite_open(&o, &s), E_STORAGE);
    assert_null(s);
    o.path = "/nonexistent/dir/file";
    assert_int_equal(store_sqlite_open(&o, &s), E_STORAGE);
    fixture_remove(path);
}

/* Keys of profiles stand in it: whatever the umask, nobody else reads the file or its log. */
static void file_is_for_its_owner_alone(void **state)
{
    static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
    mode_t before = umask(0);
    char path[64], file[80];
    struct thing t = { .name = SLICE_LIT("a") };
    struct store *own;
    struct stat st;

    (void)state;
    fixture_path(path);
    unlink(path);
    own = fixture_open(path);
    assert_int_equal(fixture_apply(own, CHANGE_INSERT, &thing_table, &t), E_OK);
    umask(before);
    for (size_t i = 0; i < COUNT(tails); i++) {
        snprintf(file, sizeof file, "%s%s", path, tails[i]);
        assert_int_equal(stat(file, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    store_close(own);
    fixture_remove(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_for_its_owner_alone),
        TEST(every_kind_of_value_comes_back),
        TEST(absent_value_in_a_column_that_needs_one),
        TEST(not_found),
        TEST(lists_by_range_order_and_limit),
        TEST(a_full_arena_is_an_error_not_a_short_answer),
        TEST(stale_version_conflicts),
        TEST(an_update_moves_a_row_in_its_indexes),
        TEST(a_row_made_again_is_another_row),
        TEST(unique_indexes_conflict_but_absent_values_do_not),
        TEST(indexes_follow_updates),
        TEST(all_of_a_set_or_none),
        TEST(a_state_is_kept_while_reading),
        TEST(turn_gathers_changes_and_events),
        TEST(one_process_at_a_time),
        TEST(a_file_that_is_no_database),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
