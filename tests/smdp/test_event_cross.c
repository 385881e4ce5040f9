/*
 * Events at SM-DSs when an answer is lost, the process dies, or calls cross: nothing is left there
 * that is not the event of a released order.
 */
#include "smdp/event_calls.h"

static void killed_while_registering(void **state)
{
    (void)state;
    confirm_order();
    restart_smdp();
    expect_none_due(); /* the SM-DS may still be at it */
    scene.w.now_ms += 5000;
    expect_gone("EVENT-1");
    released();
}

/* The operator asks again before the event is deleted: it is the same one, so it may stay. */
static void ordered_again_before_it_is_deleted(void **state)
{
    (void)state;
    confirm_order();
    restart_smdp();
    confirm_order();
    confirm_answered(resume_place(), world_smds_says("8.9.5", "3.3"));
    assert_success(&scene.w);
    assert_state(&scene.w, &scene.profile, RELEASED);
    scene.w.now_ms += 60000;
    expect_none_due();
    cancel_order(false);
    expect_gone("EVENT-1");
}

static void ordered_again_while_it_is_deleted(void **state)
{
    slice resume;

    (void)state;
    confirm_order();
    confirm_answered(resume_place(), away);
    expect_delete("EVENT-1");
    resume = resume_place();
    confirm_order(); /* nobody knows which call the SM-DS sees first */
    assert_refused(&scene.w, "8.9", "5.1");
    assert_int_equal(scene.w.turn.want, TURN_REPLY);
    delete_answered(resume, world_smds_says(NULL, NULL));
    released();
}

static void killed_while_deleting(void **state)
{
    (void)state;
    released();
    cancel_order(false);
    expect_delete("EVENT-1");
    restart_smdp();
    scene.w.now_ms += 5000;
    expect_gone("EVENT-1");
}

static void registered_events_outlive_the_process(void **state)
{
    (void)state;
    released();
    restart_smdp();
    scene.w.now_ms += 60000;
    expect_none_due();
    cancel_order(false);
    restart_smdp();
    scene.w.now_ms += 5000;
    expect_gone("EVENT-1");
}

static void an_answer_that_comes_too_late(void **state)
{
    slice resume;

    (void)state;
    confirm_order();
    resume = resume_place();
    scene.w.now_ms += TURN_CLAIM_MS;
    expect_gone("EVENT-1");
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_refused(&scene.w, "8.9", "5.1");
    assert_state(&scene.w, &scene.profile, LINKED);
}

/* The order is gone when the SM-DS has answered: so is its event. */
static void cancelled_while_registering(void **state)
{
    slice resume;

    (void)state;
    confirm_order();
    resume = resume_place();
    cancel_order(false);
    expect_none_due(); /* not before the answer: it would cross the call */
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_refused(&scene.w, "8.2.1", "3.5");
    assert_state(&scene.w, &scene.profile, AVAILABLE);
    expect_gone("EVENT-1");
}

static void confirmed_twice_at_once(void **state)
{
    const struct smdp_confirm_order first = scene.order;
    slice resume[2];

    (void)state;
    confirm_order();
    resume[0] = resume_place();
    confirm_order(); /* the same name */
    assert_refused(&scene.w, "8.9", "5.1");
    scene.order.matching_id = SLICE_LIT("EVENT-2");
    confirm_order();
    resume[1] = resume_place();
    confirm_answered(resume[1], world_smds_says(NULL, NULL));
    assert_success(&scene.w);
    scene.order = first;
    confirm_answered(resume[0], world_smds_says(NULL, NULL));
    assert_refused(&scene.w, "8.2.1", "3.5");
    expect_delete("EVENT-1");
    delete_answered(resume_place(), world_smds_says(NULL, NULL));
    assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 1);
    assert_true(slice_eq_str(world_order(&scene.w, &scene.profile).matching_id, "EVENT-2"));
}

static void resumed_with_nonsense(void **state)
{
    static const char *const bad[] = { "", "smds", SMDS " ", " EVENT-1", SMDS " EVENT-9" };
    struct es12_answer done = world_smds_says(NULL, NULL);

    (void)state;
    confirm_order();
    for (size_t i = 0; i < COUNT(bad); i++) {
        enum err err;

        begin_turn();
        err = smdp_confirm_resumed(scene.w.smdp, &scene.order, slice_str(bad[i]), &done,
                                   &scene.w.turn, &scene.confirmed);
        assert_true(err == E_ARGUMENT || (!err && scene.w.turn.status.subject));
        assert_int_equal(scene.w.turn.change_count, 0);
    }
    assert_state(&scene.w, &scene.profile, LINKED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, event_set_up, event_tear_down)
    const struct CMUnitTest tests[] = {
        T(killed_while_registering),
        T(ordered_again_before_it_is_deleted),
        T(ordered_again_while_it_is_deleted),
        T(killed_while_deleting),
        T(registered_events_outlive_the_process),
        T(an_answer_that_comes_too_late),
        T(cancelled_while_registering),
        T(confirmed_twice_at_once),
        T(resumed_with_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
