/* kill -9 at any instant leaves before or after, and nothing acknowledged is lost. */
#include "store/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS   6
#define THREADS 3

static int report; /* the child's end of the pipe */
static struct store *store;
static unsigned kill_round;

/*
 * A set is one line and one thing of the same name, the thing carrying the line's text as remark:
 * torn would be one without the other. The name is acknowledged over the pipe after the commit.
 */
static void *commit_forever(void *context)
{
    unsigned thread = *(const unsigned *)context;

    for (unsigned i = 0;; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "%u-%u-%u", kill_round, thread, i);
        struct thing t = { .name = slice_of(name, (size_t)n), .remark = slice_of(name, (size_t)n) };
        struct line l = { .text = t.name };
        struct change set[] = { { CHANGE_INSERT, &thing_table, &t, NULL },
                                { CHANGE_INSERT, &line_table, &l, NULL } };

        if (store_apply(store, set, 2, NULL) != E_OK || write(report, name, sizeof name) < 0)
            _exit(1);
    }
    return NULL;
}

static void child(const char *path)
{
    static unsigned numbers[THREADS];
    pthread_t threads[THREADS];

    store = fixture_open(path);
    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, commit_forever, &numbers[i]) != 0)
            _exit(1);
    }
    pause();
    _exit(1);
}

/* Acknowledged names until the child is dead; every one must be there afterwards. */
static size_t run_and_kill(const char *path, long after_ms, char (**names)[32])
{
    struct timespec wait = { .tv_nsec = after_ms * 1000000 };
    int ends[2], status;
    size_t n = 0, room = 1024;
    char name[32];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        report = ends[1];
        child(path);
    }
    close(ends[1]);
    *names = calloc(room, sizeof **names);
    assert_non_null(*names);
    assert_int_equal(read(ends[0], name, sizeof name), sizeof name); /* it has begun */
    memcpy((*names)[n++], name, sizeof name);
    nanosleep(&wait, NULL);
    kill(pid, SIGKILL);
    while (read(ends[0], name, sizeof name) == (ssize_t)sizeof name) {
        if (n == room)
            *names = realloc(*names, (room *= 2) * sizeof **names);
        assert_non_null(*names);
        memcpy((*names)[n++], name, sizeof name);
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    return n;
}

static void check_acknowledged(char (*names)[32], size_t n)
{
    struct arena arena;
    struct thing t;

    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(fixture_thing(store, names[i], &t, &arena), E_OK);
        assert_true(slice_eq_str(t.remark, names[i]));
        arena_reset(&arena);
    }
    arena_free(&arena);
}

/* Every line has its thing, and there are as many of the one as of the other. */
static void check_whole(void)
{
    struct store_query page = { .limit = STORE_LIST_MAX, .from_given = true };
    struct store_query things = { .limit = STORE_LIST_MAX };
    size_t lines = 0, found = 0, n;
    struct arena arena;
    struct line *l;
    struct thing *t, one;
    char last[32];

    arena_init(&arena, 8 << 20);
    page.from = store_int(0);
    do {
        assert_int_equal(store_list(store, &line_table, &page, &arena, &l, &n), E_OK);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(store_get(store, &thing_table, THING_BY_NAME,
                                       STORE_KEY(store_blob(l[i].text)), &one, &arena),
                             E_OK);
        lines += n;
        if (n)
            page.from = store_int(l[n - 1].id + 1);
        arena_reset(&arena);
    } while (n);
    do {
        assert_int_equal(store_list(store, &thing_table, &things, &arena, &t, &n), E_OK);
        found += n;
        if (n) { /* the next name after the last one: its octets and a zero */
            size_t len = t[n - 1].name.n;

            memcpy(last, t[n - 1].name.p, len);
            last[len] = '\0';
            things.from_given = true;
            things.from = store_blob(slice_of(last, len + 1));
        }
        arena_reset(&arena);
    } while (n);
    arena_free(&arena);
    assert_int_equal(lines, found);
}

static void killed_writers_lose_nothing_acknowledged(void **state)
{
    char path[64];

    (void)state;
    fixture_path(path);
    for (kill_round = 0; kill_round < KILLS; kill_round++) {
        char(*names)[32];
        size_t n = run_and_kill(path, 20 + 37 * (long)kill_round, &names);

        store = fixture_open(path);
        check_acknowledged(names, n);
        check_whole();
        store_close(store);
        free(names);
    }
    fixture_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_writers_lose_nothing_acknowledged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
