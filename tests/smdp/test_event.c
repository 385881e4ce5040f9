/*
 * Events at SM-DSs (ES12): DPP-046; DPP-029 and DPP-047 as far as the SM-DS is concerned.
 */
#include "smdp/event_calls.h"

/* ---- announcing ---- */

static void announced_before_it_is_released_DPP_046(void **state)
{
    struct register_event_request r;
    slice resume;

    (void)state;
    confirm_order();
    assert_success(&scene.w);
    r = registered_event();
    assert_true(slice_eq(r.eid, SLICE_OF(scene.card.eid)));
    assert_true(slice_eq_str(r.rsp_server_address, ADDRESS));
    assert_true(slice_eq_str(r.event_id, "EVENT-1"));
    assert_false(r.forwarding_indicator);
    assert_true(slice_eq_str(r.header.function_requester_identifier, ADDRESS));
    resume = resume_place();
    assert_state(&scene.w, &scene.profile, LINKED); /* nothing has happened yet */
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&scene.w);
    assert_true(slice_eq_str(scene.confirmed.matching_id, "EVENT-1"));
    assert_state(&scene.w, &scene.profile, RELEASED);
    expect_none_due();
    scene.card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&scene.card);
}

static void sm_ds_is_away_DPP_046(void **state)
{
    (void)state;
    confirm_order();
    confirm_answered(resume_place(), away);
    assert_refused(&scene.w, "8.9", "5.1");
    assert_state(&scene.w, &scene.profile, LINKED);
    expect_gone("EVENT-1"); /* it may have heard of it */
    released();
}

static void sm_ds_refuses_DPP_046(void **state)
{
    const struct es12_answer forbidden = { .reached = true, .status = 403 };

    (void)state;
    confirm_order();
    confirm_answered(resume_place(), world_smds_says("8.9", "4.2"));
    assert_refused(&scene.w, "8.9", "4.2");
    assert_state(&scene.w, &scene.profile, LINKED);
    expect_gone("EVENT-1");
    confirm_order();
    confirm_answered(resume_place(), world_smds_says("8.9.5", "3.3"));
    assert_refused(&scene.w, "8.9", "4.2");
    expect_gone("EVENT-1");
    confirm_order();
    confirm_answered(resume_place(), forbidden);
    assert_refused(&scene.w, "8.9", "4.2");
    expect_gone("EVENT-1");
    released();
}

static void address_is_no_host_name(void **state)
{
    static const char *const bad[] = { "smds example", "smds..example", "$", "smds:" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int release = 0; release < 2; release++) {
            scene.order.smds_address = slice_str(bad[i]);
            scene.order.release = release;
            confirm_order();
            assert_refused(&scene.w, "8.9", "5.1");
            assert_int_equal(scene.w.turn.want, TURN_REPLY);
            assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 0);
        }
    }
    scene.order.smds_address = SLICE_LIT(SMDS);
    released();
}

static void forwarded_unless_it_is_the_root(void **state)
{
    (void)state;
    scene.w.options.root_smds = SLICE_LIT("root.example.com");
    world_restart(&scene.w);
    confirm_order();
    assert_true(registered_event().forwarding_indicator);
    confirm_answered(resume_place(), away);
    expect_gone("EVENT-1");
    scene.w.options.root_smds = SLICE_LIT("SMDS.example.com.");
    world_restart(&scene.w);
    confirm_order();
    assert_false(registered_event().forwarding_indicator);
}

/* An event needs a name; by its EID alone the card finds the profile as well. */
static void empty_matching_id_gets_one(void **state)
{
    slice resume;

    (void)state;
    scene.order.matching_id = SLICE_EMPTY;
    confirm_order();
    assert_int_equal(registered_event().event_id.n, MATCHING_ID_LEN);
    resume = resume_place();
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&scene.w);
    assert_int_equal(scene.confirmed.matching_id.n, MATCHING_ID_LEN);
    scene.card.change.matching_id = SLICE_NONE;
    card_download(&scene.card);
    assert_state(&scene.w, &scene.profile, DOWNLOADED);
}

static void released_in_two_steps(void **state)
{
    slice resume;

    (void)state;
    scene.order.release = false;
    confirm_order();
    assert_success(&scene.w);
    assert_int_equal(scene.w.turn.want, TURN_REPLY);
    assert_state(&scene.w, &scene.profile, CONFIRMED);
    assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 0);
    release_profile();
    release_answered(resume_place(), away);
    assert_refused(&scene.w, "8.9", "5.1");
    assert_state(&scene.w, &scene.profile, CONFIRMED);
    expect_gone("EVENT-1");
    release_profile();
    release_answered(resume_place(), world_smds_says("8.9", "4.2"));
    assert_refused(&scene.w, "8.9", "4.2");
    assert_state(&scene.w, &scene.profile, CONFIRMED);
    expect_gone("EVENT-1");
    release_profile();
    resume = resume_place();
    release_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&scene.w);
    assert_state(&scene.w, &scene.profile, RELEASED);
}

/* ---- deleting ---- */

static void deleted_after_installation_DPP_029(void **state)
{
    (void)state;
    released();
    scene.card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&scene.card);
    expect_none_due();
    world_notify(&scene.w, card_installation_result(&scene.card, 0));
    assert_state(&scene.w, &scene.profile, INSTALLED);
    expect_gone("EVENT-1");
}

static void deleted_on_error(void **state)
{
    (void)state;
    released();
    scene.card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&scene.card);
    world_notify(&scene.w, card_installation_result(&scene.card, BPP_ERROR_INSUFFICIENT_MEMORY));
    expect_none_due(); /* it may come again */
    card_download(&scene.card);
    world_notify(&scene.w, card_installation_result(&scene.card, BPP_ERROR_SCP03T_SECURITY));
    assert_state(&scene.w, &scene.profile, ERROR);
    expect_gone("EVENT-1");
    world_notify(&scene.w, card_installation_result(&scene.card, 0));
    expect_none_due();
}

static void deleted_when_the_card_cancels(void **state)
{
    (void)state;
    released();
    scene.card.change.matching_id = SLICE_LIT("EVENT-1");
    card_initiate(&scene.card);
    card_authenticate(&scene.card);
    card_cancel(&scene.card, CANCEL_SESSION_POSTPONED);
    expect_none_due();
    card_initiate(&scene.card);
    card_authenticate(&scene.card);
    card_cancel(&scene.card, CANCEL_SESSION_END_USER_REJECTION);
    assert_state(&scene.w, &scene.profile, ERROR);
    expect_gone("EVENT-1");
}

static void deleted_on_cancel_order_DPP_047(void **state)
{
    (void)state;
    released();
    cancel_order(false);
    assert_state(&scene.w, &scene.profile, AVAILABLE);
    expect_gone("EVENT-1");
}

static void deleted_on_cancel_order_unavailable_DPP_047(void **state)
{
    (void)state;
    released();
    cancel_order(true);
    assert_state(&scene.w, &scene.profile, UNAVAILABLE);
    expect_gone("EVENT-1");
}

static void deleted_when_the_order_expires(void **state)
{
    (void)state;
    scene.order.expires_ms = scene.w.now_ms + 60000;
    released();
    scene.w.now_ms += 59999;
    expect_none_due();
    scene.w.now_ms += 1;
    expect_gone("EVENT-1");
}

/* What is not there is gone; everything else is asked again, until it is. */
static void deletes_are_tried_again(void **state)
{
    slice resume;

    (void)state;
    released();
    cancel_order(false);
    expect_delete("EVENT-1");
    resume = resume_place();
    expect_none_due(); /* one call at a time */
    delete_answered(resume, away);
    scene.w.now_ms += 9999;
    expect_none_due();
    scene.w.now_ms += 1;
    expect_delete("EVENT-1");
    delete_answered(resume, world_smds_says("8.9", "4.2"));
    scene.w.now_ms += 10000;
    expect_none_due(); /* twice as long */
    scene.w.now_ms += 10000;
    expect_delete("EVENT-1");
    delete_answered(resume, world_smds_says("8.9.5", "3.9"));
    assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 0);
    delete_answered(resume, world_smds_says(NULL, NULL)); /* once more: nothing to do */
}

static void deletes_end_one_day(void **state)
{
    (void)state;
    released();
    cancel_order(false);
    expect_delete("EVENT-1");
    delete_answered(resume_place(), away);
    scene.w.now_ms += 31 * DAY_S * 1000;
    expect_none_due();
    assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 0);
    assert_int_equal(world_events(&scene.w, "smdp.event.given-up"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, event_set_up, event_tear_down)
    const struct CMUnitTest tests[] = {
        T(announced_before_it_is_released_DPP_046),
        T(sm_ds_is_away_DPP_046),
        T(sm_ds_refuses_DPP_046),
        T(address_is_no_host_name),
        T(forwarded_unless_it_is_the_root),
        T(empty_matching_id_gets_one),
        T(released_in_two_steps),
        T(deleted_after_installation_DPP_029),
        T(deleted_on_error),
        T(deleted_when_the_card_cancels),
        T(deleted_on_cancel_order_DPP_047),
        T(deleted_on_cancel_order_unavailable_DPP_047),
        T(deleted_when_the_order_expires),
        T(deletes_are_tried_again),
        T(deletes_end_one_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
