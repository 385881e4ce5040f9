/*
 * GetBoundProfilePackage, where it goes wrong or meets another: DPP-023, DPP-024, DPP-025, DPP-028
 * (downloadResponseError), DPP-037, DPP-038, DPP-039, DPP-040.
 */
#include "smdp/world.h"

#include <pthread.h>

static struct world w;
static struct card card;
static struct profile profile;

static int set_up(void **state)
{
    (void)state;
    world_open(&w, CURVE_P256);
    world_card(&w, 1, &card);
    world_release(&w, &(struct stock){ 0 }, &profile);
    card.change.matching_id = profile.matching_id;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

static void authenticate(struct card *c)
{
    card_initiate(c);
    assert_success(&w);
    card_authenticate(c);
    assert_success(&w);
}

static void expect_code(uint8_t code)
{
    uint8_t response[] = { 0xBF, 0x3A, 0x03, 0x81, 0x01, code };

    assert_true(slice_eq(w.turn.reply, SLICE_OF(response)));
}

static void expect_still_downloadable(void)
{
    assert_state(&w, &profile, RELEASED);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 0);
    card_download(&card);
    assert_state(&w, &profile, DOWNLOADED);
}

static void bad_signature_DPP_024(void **state)
{
    (void)state;
    authenticate(&card);
    card.change.break_signature = true;
    card_get_package(&card);
    assert_refused(&w, "8.1", "6.1");
    expect_code(1);
    card.change.break_signature = false;
    card_get_package(&card); /* the session is over */
    assert_refused(&w, "8.10.1", "3.9");
    expect_still_downloadable();
}

static void unknown_transaction_DPP_024(void **state)
{
    (void)state;
    authenticate(&card);
    card.change.json_tid = SLICE_LIT("0123456789ABCDEF");
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    expect_code(95);
    card.change.json_tid = SLICE_NONE;
    card_get_package(&card); /* the session did not take part */
    assert_success(&w);
    assert_state(&w, &profile, DOWNLOADED);
}

static void unknown_transaction_in_signed_part_DPP_024(void **state)
{
    (void)state;
    authenticate(&card);
    card.change.signed_tid = SLICE_LIT("0123456789ABCDEF");
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    card.change.signed_tid = SLICE_NONE;
    expect_still_downloadable();
}

static void before_authentication_DPP_025(void **state)
{
    (void)state;
    card_initiate(&card);
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    card_authenticate(&card); /* the session goes on */
    assert_success(&w);
    card_get_package(&card);
    assert_success(&w);
}

static void error_from_the_card_DPP_028(void **state)
{
    (void)state;
    authenticate(&card);
    card.change.error_response = true;
    card_get_package(&card);
    assert_refused(&w, "8.1", "6.1");
    card.change.error_response = false;
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    expect_still_downloadable();
}

static void one_time_key_off_the_curve(void **state)
{
    uint8_t point[65];

    (void)state;
    authenticate(&card);
    memset(point, 0x5A, sizeof point);
    point[0] = 0x04;
    card.change.otpk = SLICE_OF(point);
    card_get_package(&card);
    assert_refused(&w, "8.1", "6.1");
    card.change.otpk = SLICE_NONE;
    expect_still_downloadable();
}

/* ---- confirmation code ---- */

static void release_with_code(struct profile *p)
{
    struct smdp_confirm_order r = { .confirmation_code = SLICE_LIT("1234"), .release = true };

    world_confirm(&w, &(struct stock){ 0 }, &r, p);
    card.change.matching_id = p->matching_id;
}

static void code_missing_DPP_023(void **state)
{
    struct profile coded;

    (void)state;
    release_with_code(&coded);
    authenticate(&card);
    card_get_package(&card);
    assert_refused(&w, "8.2.7", "2.2");
    expect_code(2);
    assert_state(&w, &coded, RELEASED);
    assert_int_equal(world_order(&w, &coded).code_attempts, 0);
    card.change.code = SLICE_LIT("1234");
    card_download(&card);
    assert_state(&w, &coded, DOWNLOADED);
}

static void code_wrong_up_to_the_limit_DPP_023(void **state)
{
    struct profile coded;

    (void)state;
    release_with_code(&coded);
    card.change.code = SLICE_LIT("1235");
    for (unsigned i = 1; i <= 3; i++) {
        authenticate(&card);
        card_get_package(&card);
        assert_refused(&w, "8.2.7", i < 3 ? "3.8" : "6.4");
        expect_code(i < 3 ? 3 : 4);
        assert_int_equal(world_order(&w, &coded).code_attempts, i);
        card_get_package(&card); /* a second try in the same session */
        assert_refused(&w, "8.10.1", "3.9");
    }
    assert_state(&w, &coded, ERROR);
    assert_int_equal(world_events(&w, "smdp.progress.2"), 3);
    card.change.code = SLICE_LIT("1234");
    card_initiate(&card);
    card_authenticate(&card);
    assert_refused(&w, "8.2.6", "3.8");
}

static void code_right_after_a_wrong_one(void **state)
{
    struct profile coded;

    (void)state;
    release_with_code(&coded);
    card.change.code = SLICE_LIT("0000");
    authenticate(&card);
    card_get_package(&card);
    assert_refused(&w, "8.2.7", "3.8");
    card.change.code = SLICE_LIT("1234");
    card_download(&card);
    assert_state(&w, &coded, DOWNLOADED);
}

static void code_that_nobody_asked_for_is_ignored(void **state)
{
    (void)state;
    card.change.code = SLICE_LIT("1234");
    card_download(&card);
}

/* ---- two at once ---- */

static void two_cards_one_matching_id_DPP_037(void **state)
{
    struct card other;

    (void)state;
    world_card(&w, 2, &other);
    other.change.matching_id = profile.matching_id;
    authenticate(&card);
    authenticate(&other);
    card_get_package(&other);
    assert_success(&w);
    card_get_package(&card);
    assert_refused(&w, "8.1.1", "3.8");
    card_initiate(&card);
    card_authenticate(&card);
    assert_refused(&w, "8.1.1", "3.8");
    assert_memory_equal(world_order(&w, &profile).eid.p, other.eid, 16);
    world_notify(&w, card_installation_result(&other, 0));
    assert_state(&w, &profile, INSTALLED);
    card_close(&other);
}

#define RACERS 4

struct racer {
    struct card card;
    struct get_bound_profile_package_request_es9 request;
    struct arena arena;
    struct turn turn;
    enum err err;
};

static pthread_barrier_t start;

static void *race(void *context)
{
    struct racer *r = context;
    unsigned conflicts;

    pthread_barrier_wait(&start);
    r->err = run_turn(&w, on_get_package, &r->request, &r->arena, &r->turn, &conflicts);
    return NULL;
}

/* The same, really at the same time: conflicts of the order's version decide. */
static void race_of_cards_DPP_037(void **state)
{
    static struct racer racers[RACERS];
    pthread_t threads[RACERS];
    unsigned won = 0;

    (void)state;
    pthread_barrier_init(&start, NULL, RACERS);
    for (unsigned i = 0; i < RACERS; i++) {
        world_card(&w, i + 10, &racers[i].card);
        racers[i].card.change.matching_id = profile.matching_id;
        authenticate(&racers[i].card);
        card_make_package_request(&racers[i].card, &w.arena, &racers[i].request);
        arena_init(&racers[i].arena, 1 << 20);
    }
    for (unsigned i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (unsigned i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < RACERS; i++) {
        assert_int_equal(racers[i].err, E_OK);
        if (!racers[i].turn.status.subject)
            won++;
        else
            assert_string_equal(racers[i].turn.status.subject, "8.1.1");
        arena_free(&racers[i].arena);
        card_close(&racers[i].card);
    }
    assert_int_equal(won, 1);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 1);
    pthread_barrier_destroy(&start);
}

static void two_sessions_of_one_card_DPP_038(void **state)
{
    struct card newer;

    (void)state;
    authenticate(&card);
    newer = card; /* the same card, its second session */
    authenticate(&newer);
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    card_get_package(&newer);
    assert_success(&w);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 1);
}

/* ---- a turn that was decided on old state ---- */

static unsigned disturbances;

/* Touches the order behind the handler's back, so that its commit conflicts. */
static void disturb(void)
{
    struct smdp_order order = world_order(&w, &profile);
    struct change change = { CHANGE_UPDATE, &smdp_order_table, &order, NULL };

    if (disturbances == 0)
        return;
    disturbances--;
    assert_int_equal(store_apply(w.store, &change, 1, NULL), E_OK);
}

static enum err disturbed_authenticate(struct smdp *s, const void *r, struct turn *t)
{
    enum err err = smdp_authenticate_client(s, r, t);

    disturb();
    return err;
}

static enum err disturbed_get_package(struct smdp *s, const void *r, struct turn *t)
{
    enum err err = smdp_get_bound_profile_package(s, r, t);

    disturb();
    return err;
}

static void conflicting_turns_run_again(void **state)
{
    struct opened o;

    (void)state;
    card_initiate(&card);
    disturbances = 2;
    card_authenticate_with(&card, disturbed_authenticate);
    assert_success(&w);
    assert_int_equal(w.conflicts, 2);
    assert_int_equal(world_order(&w, &profile).attempts, 1);
    disturbances = 2;
    card_get_package_with(&card, disturbed_get_package);
    assert_success(&w);
    assert_int_equal(w.conflicts, 2);
    card_open_package(&card, w.turn.reply, &o);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 1);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

/* A disk that fails: the session is as it was, and the same request may come again. */
static void uncommitted_turns_leave_the_session(void **state)
{
    struct get_bound_profile_package_request_es9 r;

    (void)state;
    authenticate(&card);
    card_make_package_request(&card, &w.arena, &r);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_get_bound_profile_package(w.smdp, &r, &w.turn), E_OK);
    turn_settle(&w.turn, false);
    assert_state(&w, &profile, RELEASED);
    card_get_package(&card);
    assert_success(&w);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 1);
}

/* ---- time and restarts ---- */

static void idle_session_is_over_DPP_040(void **state)
{
    bool more;

    (void)state;
    authenticate(&card);
    w.now_ms += 10 * 60 * 1000;
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
    assert_state(&w, &profile, RELEASED);
    authenticate(&card);
    w.now_ms += 10 * 60 * 1000 - 1;
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_tidy(w.smdp, &w.turn, &more), E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
    assert_false(more);
    card_get_package(&card);
    assert_success(&w);
}

static void restart_between_steps_DPP_039(void **state)
{
    struct card c;
    struct profile p;
    slice result;

    (void)state;
    world_move_to_file(&w);
    world_card(&w, 3, &c);
    world_release(&w, &(struct stock){ 0 }, &p);
    c.change.matching_id = p.matching_id;
    authenticate(&c);
    world_restart(&w);
    assert_state(&w, &p, RELEASED);
    assert_int_equal(world_order(&w, &p).attempts, 1);
    card_get_package(&c);
    assert_refused(&w, "8.10.1", "3.9");
    card_download(&c);
    result = card_installation_result(&c, 0);
    world_restart(&w);
    assert_state(&w, &p, DOWNLOADED);
    world_notify(&w, result); /* verified with what was kept of the transaction */
    assert_state(&w, &p, INSTALLED);
    world_restart(&w);
    assert_state(&w, &p, INSTALLED);
    card_close(&c);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(bad_signature_DPP_024),
        TEST(unknown_transaction_DPP_024),
        TEST(unknown_transaction_in_signed_part_DPP_024),
        TEST(before_authentication_DPP_025),
        TEST(error_from_the_card_DPP_028),
        TEST(one_time_key_off_the_curve),
        TEST(code_missing_DPP_023),
        TEST(code_wrong_up_to_the_limit_DPP_023),
        TEST(code_right_after_a_wrong_one),
        TEST(code_that_nobody_asked_for_is_ignored),
        TEST(two_cards_one_matching_id_DPP_037),
        TEST(race_of_cards_DPP_037),
        TEST(two_sessions_of_one_card_DPP_038),
        TEST(conflicting_turns_run_again),
        TEST(uncommitted_turns_leave_the_session),
        TEST(idle_session_is_over_DPP_040),
        TEST(restart_between_steps_DPP_039),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
