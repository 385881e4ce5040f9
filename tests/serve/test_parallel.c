/*
 * Many cards at the same time, over real TLS with kept connections.
 * DPP-037: of several eUICCs that race for one matching id, exactly one gets the package.
 */
#include "serve/world.h"

#include <pthread.h>

#define THREADS   8
#define DOWNLOADS 6
#define ROUNDS    6

static struct world w;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    world_make(&w);
    world_open_smdp(&w);
    world_listen(&w, 0);
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    arena_free(&arena);
    return 0;
}

struct runner {
    pthread_t thread;
    unsigned number;
    struct wire wire;
    const struct profile *profiles;
    pthread_barrier_t *start;
    unsigned wins;
};

static void run_all(struct runner *r, void *(*work)(void *), const struct profile *profiles)
{
    pthread_barrier_t start;

    pthread_barrier_init(&start, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        r[i] = (struct runner){ .number = i, .profiles = profiles, .start = &start };
        wire_open(&r[i].wire, &w, w.port);
        assert_int_equal(pthread_create(&r[i].thread, NULL, work, &r[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(r[i].thread, NULL);
        wire_close(&r[i].wire);
    }
    pthread_barrier_destroy(&start);
}

/* Half of them speak JSON, half ASN.1. */
static void *download_some(void *arg)
{
    struct runner *r = arg;

    pthread_barrier_wait(r->start);
    for (unsigned i = 0; i < DOWNLOADS; i++) {
        unsigned n = r->number * DOWNLOADS + i;
        struct card c;

        card_open(&c, &w, n + 1);
        c.wire = &r->wire;
        c.asn1 = r->number % 2;
        MUST(card_download(&c, &r->profiles[n]) == E_OK);
        MUST(r->wire.reused);
        MUST(slice_eq(card_opened(&c), r->profiles[n].package));
        card_close(&c);
    }
    return NULL;
}

static void at_the_same_time(void **state)
{
    static struct profile profiles[THREADS * DOWNLOADS];
    struct runner r[THREADS];

    (void)state;
    for (unsigned i = 0; i < COUNT(profiles); i++)
        world_release(&w, i, &arena, &profiles[i]);
    run_all(r, download_some, profiles);
    for (unsigned i = 0; i < COUNT(profiles); i++)
        assert_int_equal(world_order(&w, &profiles[i], &arena).state, SMDP_INSTALLED);
    /* every call of a client went over the one connection that its first call made */
    assert_int_equal(http_server_stats(w.http).accepted, THREADS);
}

/* Every card comes for the same profile, as far as it gets. */
static void *race(void *arg)
{
    struct runner *r = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        const struct profile *p = &r->profiles[i];
        struct card c;
        enum err err;

        card_open(&c, &w, r->number + 1);
        c.wire = &r->wire;
        c.seq = i; /* the card of the rounds before */
        MUST(card_initiate(&c, SMDP_NAME) == E_OK);
        pthread_barrier_wait(r->start);
        err = card_authenticate(&c, p->matching_id);
        if (!err)
            err = card_get_package(&c);
        MUST(err == E_OK || (err == E_REFUSED && c.status == 200));
        if (!err) {
            MUST(slice_eq(card_opened(&c), p->package));
            MUST(card_notify_installed(&c, p->iccid) == E_OK);
            r->wins |= 1u << i;
        }
        card_close(&c);
    }
    return NULL;
}

static void one_wins(void **state)
{
    static struct profile profiles[ROUNDS];
    struct runner r[THREADS];

    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++)
        world_release(&w, i, &arena, &profiles[i]);
    run_all(r, race, profiles);
    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned winners = 0;

        for (unsigned k = 0; k < THREADS; k++)
            winners += r[k].wins >> i & 1;
        assert_int_equal(winners, 1);
        assert_int_equal(world_order(&w, &profiles[i], &arena).state, SMDP_INSTALLED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(at_the_same_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_wins, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
