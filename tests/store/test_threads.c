/* Many threads: no lost update, no half commit in sight, failures stay with their owner. */
#include "store/fixture.h"

#include <pthread.h>
#include <stdlib.h>

#define WRITERS 4
#define ROUNDS  100

static struct store *store;

static int set_up(void **state)
{
    (void)state;
    store = fixture_open(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

/* Failures inside threads are counted: cmocka's assertions belong to the main thread. */
static unsigned failures;
static pthread_mutex_t failures_lock = PTHREAD_MUTEX_INITIALIZER;

static void expect(bool holds)
{
    if (holds)
        return;
    pthread_mutex_lock(&failures_lock);
    failures++;
    pthread_mutex_unlock(&failures_lock);
}

/* Moves one from a to b: the sum of both is the invariant. */
static enum err move_one(struct arena *arena)
{
    struct thing a, b;
    struct change set[] = { { CHANGE_UPDATE, &thing_table, &a, NULL },
                            { CHANGE_UPDATE, &thing_table, &b, NULL } };
    enum err err = fixture_thing(store, "a", &a, arena);

    if (!err)
        err = fixture_thing(store, "b", &b, arena);
    if (err)
        return err;
    a.amount--;
    b.amount++;
    return store_apply(store, set, 2, NULL);
}

static void *writer(void *unused)
{
    struct arena arena;

    (void)unused;
    arena_init(&arena, 1 << 16);
    for (int done = 0; done < ROUNDS;) {
        enum err err = move_one(&arena);

        expect(err == E_OK || err == E_CONFLICT);
        done += err == E_OK;
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static bool stop;

static void *reader(void *unused)
{
    struct arena arena;
    bool last = false;

    (void)unused;
    arena_init(&arena, 1 << 16);
    while (!last) {
        struct thing a, b;

        last = __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
        expect(store_read_begin(store) == E_OK);
        expect(fixture_thing(store, "a", &a, &arena) == E_OK);
        expect(fixture_thing(store, "b", &b, &arena) == E_OK);
        store_read_end(store);
        expect(a.amount + b.amount == 1000);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return NULL;
}

static void no_update_lost_no_half_commit_seen(void **state)
{
    struct thing a = { .name = SLICE_LIT("a"), .amount = 1000 }, b = { .name = SLICE_LIT("b") };
    pthread_t writers[WRITERS], readers[2];
    struct arena arena;

    (void)state;
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &a), E_OK);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &b), E_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader, NULL), 0);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, writer, NULL), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    for (size_t i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
    arena_init(&arena, 1 << 16);
    assert_int_equal(fixture_thing(store, "b", &b, &arena), E_OK);
    assert_int_equal(b.amount, WRITERS * ROUNDS);
    arena_free(&arena);
    assert_int_equal(failures, 0);
}

/* ---- one batch with conflicting sets in it ---- */

#define JOBS 300

struct outcome {
    struct store_job job;
    struct thing row, other;
    struct change set[2];
    char name[8];
    unsigned place; /* in the order of completion */
};

static unsigned completed;
static pthread_mutex_t completed_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t completed_more = PTHREAD_COND_INITIALIZER;

static void done(struct store_job *job)
{
    struct outcome *o = job->context;

    pthread_mutex_lock(&completed_lock);
    o->place = completed++;
    pthread_cond_signal(&completed_more);
    pthread_mutex_unlock(&completed_lock);
}

/* Every third set inserts a good row and then a row that is there already. */
static void conflicts_stay_with_their_owner(void **state)
{
    struct outcome *all = calloc(JOBS, sizeof *all);
    struct thing taken = { .name = SLICE_LIT("taken") }, out;
    struct arena arena;

    (void)state;
    assert_non_null(all);
    assert_int_equal(fixture_apply(store, CHANGE_INSERT, &thing_table, &taken), E_OK);
    for (unsigned i = 0; i < JOBS; i++) {
        struct outcome *o = &all[i];

        snprintf(o->name, sizeof o->name, "n%u", i);
        o->row.name = slice_str(o->name);
        o->other.name = SLICE_LIT("taken");
        o->set[0] = (struct change){ CHANGE_INSERT, &thing_table, &o->row, NULL };
        o->set[1] = (struct change){ CHANGE_INSERT, &thing_table, &o->other, NULL };
        o->job = (struct store_job){
            .changes = o->set, .count = i % 3 ? 1 : 2, .done = done, .context = o
        };
        store_commit(store, &o->job);
    }
    pthread_mutex_lock(&completed_lock);
    while (completed < JOBS)
        pthread_cond_wait(&completed_more, &completed_lock);
    pthread_mutex_unlock(&completed_lock);
    arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < JOBS; i++) {
        bool good = i % 3;

        assert_int_equal(all[i].place, i);
        assert_int_equal(all[i].job.err, good ? E_OK : E_CONFLICT);
        if (!good)
            assert_int_equal(all[i].job.failed, 1);
        assert_int_equal(fixture_thing(store, all[i].name, &out, &arena), good ? E_OK : E_NOTFOUND);
        if (good)
            assert_int_equal(out.version, all[i].row.version);
    }
    arena_free(&arena);
    free(all);
}

/* Every third set has a row that no statement takes, alone or behind a good one. */
static void rows_too_large_stay_with_their_owner(void **state)
{
    /* never read: it is refused by its length */
    const slice huge = slice_of(&(uint8_t){ 0 }, 3000000000u);
    struct outcome *all = calloc(JOBS, sizeof *all);
    struct thing out;
    struct arena arena;

    (void)state;
    assert_non_null(all);
    completed = 0;
    for (unsigned i = 0; i < JOBS; i++) {
        struct outcome *o = &all[i];

        snprintf(o->name, sizeof o->name, "n%u", i);
        o->row.name = slice_str(o->name);
        o->other.name = SLICE_LIT("large");
        o->other.remark = huge;
        o->set[0] = (struct change){ CHANGE_INSERT, &thing_table, &o->row, NULL };
        o->set[1] = (struct change){ CHANGE_INSERT, &thing_table, &o->other, NULL };
        o->job = (struct store_job){
            .changes = o->set, .count = i % 3 ? 1 : 2, .done = done, .context = o
        };
        if (i % 6 == 3)
            o->job.changes++, o->job.count--;
        store_commit(store, &o->job);
    }
    pthread_mutex_lock(&completed_lock);
    while (completed < JOBS)
        pthread_cond_wait(&completed_more, &completed_lock);
    pthread_mutex_unlock(&completed_lock);
    arena_init(&arena, 1 << 20);
    for (unsigned i = 0; i < JOBS; i++) {
        bool good = i % 3;

        assert_int_equal(all[i].job.err, good ? E_OK : E_SIZE);
        assert_int_equal(fixture_thing(store, all[i].name, &out, &arena), good ? E_OK : E_NOTFOUND);
    }
    assert_int_equal(fixture_thing(store, "large", &out, &arena), E_NOTFOUND);
    arena_free(&arena);
    free(all);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_update_lost_no_half_commit_seen),
        TEST(conflicts_stay_with_their_owner),
        TEST(rows_too_large_stay_with_their_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
