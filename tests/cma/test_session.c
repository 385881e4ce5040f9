/* The table of sessions, and sessions that follow their turn. */
#include "cma/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define PLACES 4

/* A role's session: what it adds is counted when it goes. */
struct session {
    struct cma_session cma;
    uint8_t padding[100];
    int *dropped;
};

static struct cma_table table;
static struct arena arena;
static struct turn turn;
static int dropped;

static void drop(struct cma_session *s)
{
    const struct session *whole = (const struct session *)(const void *)s;

    if (whole->dropped)
        ++*whole->dropped;
}

static int set_up(void **state)
{
    (void)state;
    dropped = 0;
    arena_init(&arena, 1 << 20);
    turn_init(&turn, &arena, NULL, 0);
    assert_int_equal(cma_table_open(&table, PLACES, sizeof(struct session), drop), E_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cma_table_close(&table);
    arena_free(&arena);
    return 0;
}

static slice id_of(uint8_t number)
{
    static uint8_t id[TRANSACTION_ID_LEN];

    memset(id, number, sizeof id);
    return SLICE_OF(id);
}

static struct cma_session *make(uint8_t number, enum session_phase phase, int64_t expires_ms)
{
    struct cma_session *s;

    assert_int_equal(cma_session_new(&table, 0, &s), E_OK);
    memcpy(s->transaction_id, id_of(number).p, TRANSACTION_ID_LEN);
    s->phase = phase;
    s->expires_ms = expires_ms;
    ((struct session *)(void *)s)->dropped = &dropped;
    return s;
}

static void add(uint8_t number, enum session_phase phase, int64_t expires_ms)
{
    cma_session_put(&table, make(number, phase, expires_ms));
}

static bool is_there(uint8_t number, int64_t now_ms)
{
    struct cma_session *s = cma_session_take(&table, id_of(number), now_ms);

    if (s)
        cma_session_put(&table, s);
    return s != NULL;
}

static void one_worker_at_a_time(void **state)
{
    struct cma_session *s;

    (void)state;
    add(1, SESSION_INITIATED, 100);
    s = cma_session_take(&table, id_of(1), 0);
    assert_non_null(s);
    assert_null(cma_session_take(&table, id_of(1), 0));
    cma_session_put(&table, s);
    assert_true(is_there(1, 0));
    assert_null(cma_session_take(&table, id_of(2), 0));
    assert_null(cma_session_take(&table, slice_of(id_of(1).p, 15), 0));
    assert_null(cma_session_take(&table, SLICE_EMPTY, 0));
    s = cma_session_take(&table, id_of(1), 0);
    cma_session_end(&table, s);
    assert_int_equal(dropped, 1);
    assert_false(is_there(1, 0));
}

static void expiry(void **state)
{
    (void)state;
    add(1, SESSION_INITIATED, 100);
    add(2, SESSION_AUTHENTICATED, 200);
    add(3, SESSION_BOUND, 150);
    assert_true(is_there(1, 99));
    assert_false(is_there(1, 100));
    assert_int_equal(dropped, 1);
    assert_int_equal(cma_session_expire(&table, 150), 1); /* the third, behind the second */
    assert_true(is_there(2, 199));
    assert_false(is_there(3, 199));
    assert_int_equal(cma_session_expire(&table, 200), 1);
    assert_int_equal(dropped, 3);
}

/* What has authenticated its eUICC stays; of the others the oldest gives way. */
static void a_full_table(void **state)
{
    struct cma_session *s;

    (void)state;
    add(1, SESSION_AUTHENTICATED, 50);
    add(2, SESSION_INITIATED, 100);
    add(3, SESSION_INITIATED, 110);
    add(4, SESSION_BOUND, 120);
    add(5, SESSION_AUTHENTICATED, 130);
    assert_false(is_there(2, 0));
    add(6, SESSION_BOUND, 140);
    assert_false(is_there(3, 0));
    assert_int_equal(dropped, 2);
    assert_int_equal(cma_session_new(&table, 0, &s), E_LIMIT);
    assert_int_equal(cma_session_new(&table, 49, &s), E_LIMIT);
    assert_int_equal(cma_session_new(&table, 50, &s), E_OK); /* the first has expired */
    cma_session_end(&table, s);
    assert_true(is_there(4, 50) && is_there(5, 50) && is_there(6, 50));
}

static void a_place_is_clean(void **state)
{
    struct cma_session *s;

    (void)state;
    for (uint8_t i = 1; i <= 2 * PLACES; i++) {
        const uint8_t *octets;

        assert_int_equal(cma_session_new(&table, 0, &s), E_OK);
        octets = (const uint8_t *)s;
        for (size_t k = 0; k < sizeof(struct session); k++)
            assert_int_equal(octets[k], 0);
        memset(s->eid, 0xA5, sizeof s->eid);
        memset(((struct session *)(void *)s)->padding, 0xA5, 100);
        memcpy(s->transaction_id, id_of(i).p, TRANSACTION_ID_LEN);
        s->expires_ms = 100;
        cma_session_put(&table, s);
    }
}

/* ---- turns ---- */

static int settled_as;

static void settled(struct cma_hold *h, bool committed)
{
    (void)h;
    settled_as = committed;
}

static struct cma_hold *hold(uint8_t number)
{
    struct cma_session *s = cma_session_take(&table, id_of(number), 0);
    struct cma_hold *h;

    assert_non_null(s);
    assert_int_equal(cma_hold(&table, s, sizeof *h, &turn, &h), E_OK);
    h->settled = settled;
    settled_as = -1;
    return h;
}

static void changes_follow_the_commit(void **state)
{
    struct cma_hold *h;

    (void)state;
    add(1, SESSION_INITIATED, 100);
    h = hold(1);
    h->session->phase = SESSION_BOUND;
    h->session->eid[0] = 7;
    cma_let_go(&turn);
    assert_int_equal(settled_as, false);
    h = hold(1);
    assert_int_equal(h->session->phase, SESSION_INITIATED); /* as it was */
    assert_int_equal(h->session->eid[0], 0);
    h->session->phase = SESSION_BOUND;
    turn_settle(&turn, true);
    assert_int_equal(settled_as, true);
    h = hold(1);
    assert_int_equal(h->session->phase, SESSION_BOUND);
    h->over = true;
    cma_let_go(&turn);
    assert_true(is_there(1, 0)); /* not over: not committed */
    h = hold(1);
    h->over = true;
    turn_settle(&turn, true);
    assert_int_equal(settled_as, -1);
    assert_false(is_there(1, 0));
    assert_int_equal(dropped, 1);
}

static void a_session_begins_with_its_commit(void **state)
{
    (void)state;
    assert_int_equal(cma_hold_new(&table, make(1, SESSION_INITIATED, 100), &turn), E_OK);
    assert_false(is_there(1, 0));
    cma_let_go(&turn);
    assert_false(is_there(1, 0));
    assert_int_equal(dropped, 1);
    assert_int_equal(cma_hold_new(&table, make(1, SESSION_INITIATED, 100), &turn), E_OK);
    turn_settle(&turn, true);
    assert_true(is_there(1, 0));
}

static void without_memory_nothing_is_held(void **state)
{
    struct cma_hold *h;
    struct arena none;

    (void)state;
    arena_init(&none, 16);
    turn.arena = &none;
    add(1, SESSION_INITIATED, 100);
    assert_int_equal(cma_hold(&table, cma_session_take(&table, id_of(1), 0), sizeof *h, &turn, &h),
                     E_MEMORY);
    assert_true(is_there(1, 0));
    assert_int_equal(cma_hold_new(&table, make(2, SESSION_INITIATED, 100), &turn), E_MEMORY);
    assert_false(is_there(2, 0));
    turn.arena = &arena;
    arena_free(&none);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(one_worker_at_a_time),
        T(expiry),
        T(a_full_table),
        T(a_place_is_clean),
        T(changes_follow_the_commit),
        T(a_session_begins_with_its_commit),
        T(without_memory_nothing_is_held),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
