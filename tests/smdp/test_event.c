/*
 * Events at SM-DSs (ES12): DPP-046; DPP-029 and DPP-047 as far as the SM-DS is concerned; and what
 * is left there when an answer is lost, or the process dies, at any moment: nothing.
 */
#include "smdp/operator.h"
#include "smdp/world.h"

#include "rsp/json/json.h"

#define SMDS "smds.example.com"

static struct world w;
static struct card card;
static struct profile profile;
static struct smdp_confirm_order order;
static struct smdp_confirmed confirmed;

static void begin(void)
{
    arena_reset(&w.turn_arena);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
}

static void commit(enum err err)
{
    assert_int_equal(err, E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
}

/* A profile that is ordered for the card. */
static void ordered(struct profile *p)
{
    const struct smdp_download_order r = { .eid = SLICE_OF(card.eid), .iccid = SLICE_OF(p->iccid) };
    uint8_t iccid[10];

    world_add(&w, &(struct stock){ 0 }, p);
    begin();
    commit(smdp_download_order(w.smdp, &r, &w.turn, iccid));
    assert_success(&w);
}

static int set_up(void **state)
{
    (void)state;
    world_open(&w, CURVE_P256);
    world_move_to_file(&w);
    world_card(&w, 1, &card);
    ordered(&profile);
    order = (struct smdp_confirm_order){ .iccid = SLICE_OF(profile.iccid),
                                         .matching_id = SLICE_LIT("EVENT-1"),
                                         .smds_address = SLICE_LIT(SMDS),
                                         .release = true };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

/* ---- calls and answers ---- */

static void confirm(void)
{
    begin();
    commit(smdp_confirm_order(w.smdp, &order, &w.turn, &confirmed));
}

static const struct es12_answer away = { .reached = false };

static slice resume_place(void)
{
    assert_int_equal(w.turn.want, TURN_UPSTREAM);
    return arena_copy(&w.arena, w.turn.upstream.resume);
}

static void confirm_answered(slice resume, struct es12_answer answer)
{
    begin();
    commit(smdp_confirm_resumed(w.smdp, &order, resume, &answer, &w.turn, &confirmed));
    assert_int_equal(w.turn.want, TURN_REPLY);
}

static void release_profile(void)
{
    begin();
    commit(smdp_release_profile(w.smdp, SLICE_NONE, SLICE_OF(profile.iccid), &w.turn));
}

static void release_answered(slice resume, struct es12_answer answer)
{
    begin();
    commit(smdp_release_resumed(w.smdp, SLICE_NONE, SLICE_OF(profile.iccid), resume, &answer,
                                &w.turn));
    assert_int_equal(w.turn.want, TURN_REPLY);
}

static void cancel(bool unavailable)
{
    const struct smdp_cancel_order r = { .iccid = SLICE_OF(profile.iccid),
                                         .unavailable = unavailable };

    begin();
    commit(smdp_cancel_order(w.smdp, &r, &w.turn));
    assert_success(&w);
}

static struct register_event_request registered(void)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("registerEvent"));
    struct register_event_request r;

    assert_int_equal(w.turn.want, TURN_UPSTREAM);
    assert_true(slice_eq_str(w.turn.upstream.host, SMDS));
    assert_true(slice_eq_str(w.turn.upstream.trust, "es12"));
    assert_true(slice_eq_str(w.turn.upstream.path, "/gsma/rsp2/es12/registerEvent"));
    assert_int_equal(json_read_request(f, w.turn.upstream.body, &w.arena, &r, NULL), E_OK);
    return r;
}

/* The order is announced and released. */
static void released(void)
{
    slice resume;

    confirm();
    resume = resume_place();
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&w);
    assert_state(&w, &profile, RELEASED);
}

/* Until nothing is due any more, or a call is: true. */
static bool delete_due(void)
{
    bool more = true;

    while (more) {
        begin();
        commit(smdp_event_due(w.smdp, &w.turn, &more));
        if (w.turn.want == TURN_UPSTREAM)
            return true;
    }
    return false;
}

static void delete_answered(slice resume, struct es12_answer answer)
{
    begin();
    commit(smdp_event_answered(w.smdp, resume, &answer, &w.turn));
}

static void expect_delete(const char *event_id)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("deleteEvent"));
    struct delete_event_request r;

    assert_true(delete_due());
    assert_true(slice_eq_str(w.turn.upstream.host, SMDS));
    assert_true(slice_eq_str(w.turn.upstream.path, "/gsma/rsp2/es12/deleteEvent"));
    assert_int_equal(json_read_request(f, w.turn.upstream.body, &w.arena, &r, NULL), E_OK);
    assert_true(slice_eq_str(r.event_id, event_id));
    assert_true(slice_eq(r.eid, SLICE_OF(card.eid)));
}

/* The event is deleted there, and forgotten here. */
static void expect_gone(const char *event_id)
{
    expect_delete(event_id);
    delete_answered(resume_place(), world_smds_says(NULL, NULL));
    assert_int_equal(world_rows(&w, &smdp_ds_event_table), 0);
}

static void expect_none_due(void)
{
    assert_false(delete_due());
}

static enum err recover_turn(struct smdp *s, const void *unused, struct turn *t)
{
    bool more;

    (void)unused;
    return smdp_recover(s, t, &more);
}

static void die(void)
{
    world_restart(&w);
    assert_int_equal(run_turn(&w, recover_turn, NULL, &w.turn_arena, &w.turn, &w.conflicts), E_OK);
}

/* ---- announcing ---- */

static void announced_before_it_is_released_DPP_046(void **state)
{
    struct register_event_request r;
    slice resume;

    (void)state;
    confirm();
    assert_success(&w);
    r = registered();
    assert_true(slice_eq(r.eid, SLICE_OF(card.eid)));
    assert_true(slice_eq_str(r.rsp_server_address, ADDRESS));
    assert_true(slice_eq_str(r.event_id, "EVENT-1"));
    assert_false(r.forwarding_indicator);
    assert_true(slice_eq_str(r.header.function_requester_identifier, ADDRESS));
    resume = resume_place();
    assert_state(&w, &profile, LINKED); /* nothing has happened yet */
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&w);
    assert_true(slice_eq_str(confirmed.matching_id, "EVENT-1"));
    assert_state(&w, &profile, RELEASED);
    expect_none_due();
    card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&card);
}

static void sm_ds_is_away_DPP_046(void **state)
{
    (void)state;
    confirm();
    confirm_answered(resume_place(), away);
    assert_refused(&w, "8.9", "5.1");
    assert_state(&w, &profile, LINKED);
    expect_gone("EVENT-1"); /* it may have heard of it */
    released();
}

static void sm_ds_refuses_DPP_046(void **state)
{
    const struct es12_answer forbidden = { .reached = true, .status = 403 };

    (void)state;
    confirm();
    confirm_answered(resume_place(), world_smds_says("8.9", "4.2"));
    assert_refused(&w, "8.9", "4.2");
    assert_state(&w, &profile, LINKED);
    expect_gone("EVENT-1");
    confirm();
    confirm_answered(resume_place(), world_smds_says("8.9.5", "3.3"));
    assert_refused(&w, "8.9", "4.2");
    expect_gone("EVENT-1");
    confirm();
    confirm_answered(resume_place(), forbidden);
    assert_refused(&w, "8.9", "4.2");
    expect_gone("EVENT-1");
    released();
}

static void address_is_no_host_name(void **state)
{
    static const char *const bad[] = { "smds example", "smds..example", "$", "smds:" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (int release = 0; release < 2; release++) {
            order.smds_address = slice_str(bad[i]);
            order.release = release;
            confirm();
            assert_refused(&w, "8.9", "5.1");
            assert_int_equal(w.turn.want, TURN_REPLY);
            assert_int_equal(world_rows(&w, &smdp_ds_event_table), 0);
        }
    }
    order.smds_address = SLICE_LIT(SMDS);
    released();
}

static void forwarded_unless_it_is_the_root(void **state)
{
    (void)state;
    w.options.root_smds = SLICE_LIT("root.example.com");
    world_restart(&w);
    confirm();
    assert_true(registered().forwarding_indicator);
    confirm_answered(resume_place(), away);
    expect_gone("EVENT-1");
    w.options.root_smds = SLICE_LIT("SMDS.example.com.");
    world_restart(&w);
    confirm();
    assert_false(registered().forwarding_indicator);
}

/* An event needs a name; by its EID alone the card finds the profile as well. */
static void empty_matching_id_gets_one(void **state)
{
    slice resume;

    (void)state;
    order.matching_id = SLICE_EMPTY;
    confirm();
    assert_int_equal(registered().event_id.n, MATCHING_ID_LEN);
    resume = resume_place();
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&w);
    assert_int_equal(confirmed.matching_id.n, MATCHING_ID_LEN);
    card.change.matching_id = SLICE_NONE;
    card_download(&card);
    assert_state(&w, &profile, DOWNLOADED);
}

static void released_in_two_steps(void **state)
{
    slice resume;

    (void)state;
    order.release = false;
    confirm();
    assert_success(&w);
    assert_int_equal(w.turn.want, TURN_REPLY);
    assert_state(&w, &profile, CONFIRMED);
    assert_int_equal(world_rows(&w, &smdp_ds_event_table), 0);
    release_profile();
    release_answered(resume_place(), away);
    assert_refused(&w, "8.9", "5.1");
    assert_state(&w, &profile, CONFIRMED);
    expect_gone("EVENT-1");
    release_profile();
    release_answered(resume_place(), world_smds_says("8.9", "4.2"));
    assert_refused(&w, "8.9", "4.2");
    assert_state(&w, &profile, CONFIRMED);
    expect_gone("EVENT-1");
    release_profile();
    resume = resume_place();
    release_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&w);
    assert_state(&w, &profile, RELEASED);
}

/* ---- deleting ---- */

static void deleted_after_installation_DPP_029(void **state)
{
    (void)state;
    released();
    card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&card);
    expect_none_due();
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
    expect_gone("EVENT-1");
}

static void deleted_on_error(void **state)
{
    (void)state;
    released();
    card.change.matching_id = SLICE_LIT("EVENT-1");
    card_download(&card);
    world_notify(&w, card_installation_result(&card, BPP_ERROR_INSUFFICIENT_MEMORY));
    expect_none_due(); /* it may come again */
    card_download(&card);
    world_notify(&w, card_installation_result(&card, BPP_ERROR_SCP03T_SECURITY));
    assert_state(&w, &profile, ERROR);
    expect_gone("EVENT-1");
    world_notify(&w, card_installation_result(&card, 0));
    expect_none_due();
}

static void deleted_when_the_card_cancels(void **state)
{
    (void)state;
    released();
    card.change.matching_id = SLICE_LIT("EVENT-1");
    card_initiate(&card);
    card_authenticate(&card);
    card_cancel(&card, CANCEL_SESSION_POSTPONED);
    expect_none_due();
    card_initiate(&card);
    card_authenticate(&card);
    card_cancel(&card, CANCEL_SESSION_END_USER_REJECTION);
    assert_state(&w, &profile, ERROR);
    expect_gone("EVENT-1");
}

static void deleted_on_cancel_order_DPP_047(void **state)
{
    (void)state;
    released();
    cancel(false);
    assert_state(&w, &profile, AVAILABLE);
    expect_gone("EVENT-1");
}

static void deleted_on_cancel_order_unavailable_DPP_047(void **state)
{
    (void)state;
    released();
    cancel(true);
    assert_state(&w, &profile, UNAVAILABLE);
    expect_gone("EVENT-1");
}

static void deleted_when_the_order_expires(void **state)
{
    (void)state;
    order.expires_ms = w.now_ms + 60000;
    released();
    w.now_ms += 59999;
    expect_none_due();
    w.now_ms += 1;
    expect_gone("EVENT-1");
}

/* What is not there is gone; everything else is asked again, until it is. */
static void deletes_are_tried_again(void **state)
{
    slice resume;

    (void)state;
    released();
    cancel(false);
    expect_delete("EVENT-1");
    resume = resume_place();
    expect_none_due(); /* one call at a time */
    delete_answered(resume, away);
    w.now_ms += 9999;
    expect_none_due();
    w.now_ms += 1;
    expect_delete("EVENT-1");
    delete_answered(resume, world_smds_says("8.9", "4.2"));
    w.now_ms += 10000;
    expect_none_due(); /* twice as long */
    w.now_ms += 10000;
    expect_delete("EVENT-1");
    delete_answered(resume, world_smds_says("8.9.5", "3.9"));
    assert_int_equal(world_rows(&w, &smdp_ds_event_table), 0);
    delete_answered(resume, world_smds_says(NULL, NULL)); /* once more: nothing to do */
}

static void deletes_end_one_day(void **state)
{
    (void)state;
    released();
    cancel(false);
    expect_delete("EVENT-1");
    delete_answered(resume_place(), away);
    w.now_ms += 31 * DAY_S * 1000;
    expect_none_due();
    assert_int_equal(world_rows(&w, &smdp_ds_event_table), 0);
    assert_int_equal(world_events(&w, "smdp.event.given-up"), 1);
}

/* ---- crashes, and calls that cross ---- */

static void killed_while_registering(void **state)
{
    (void)state;
    confirm();
    die();
    expect_none_due(); /* the SM-DS may still be at it */
    w.now_ms += 5000;
    expect_gone("EVENT-1");
    released();
}

/* The operator asks again before the event is deleted: it is the same one, so it may stay. */
static void ordered_again_before_it_is_deleted(void **state)
{
    (void)state;
    confirm();
    die();
    confirm();
    confirm_answered(resume_place(), world_smds_says("8.9.5", "3.3"));
    assert_success(&w);
    assert_state(&w, &profile, RELEASED);
    w.now_ms += 60000;
    expect_none_due();
    cancel(false);
    expect_gone("EVENT-1");
}

static void ordered_again_while_it_is_deleted(void **state)
{
    slice resume;

    (void)state;
    confirm();
    confirm_answered(resume_place(), away);
    expect_delete("EVENT-1");
    resume = resume_place();
    confirm(); /* nobody knows which call the SM-DS sees first */
    assert_refused(&w, "8.9", "5.1");
    assert_int_equal(w.turn.want, TURN_REPLY);
    delete_answered(resume, world_smds_says(NULL, NULL));
    released();
}

static void killed_while_deleting(void **state)
{
    (void)state;
    released();
    cancel(false);
    expect_delete("EVENT-1");
    die();
    w.now_ms += 5000;
    expect_gone("EVENT-1");
}

static void registered_events_outlive_the_process(void **state)
{
    (void)state;
    released();
    die();
    w.now_ms += 60000;
    expect_none_due();
    cancel(false);
    die();
    w.now_ms += 5000;
    expect_gone("EVENT-1");
}

static void an_answer_that_comes_too_late(void **state)
{
    slice resume;

    (void)state;
    confirm();
    resume = resume_place();
    w.now_ms += TURN_CLAIM_MS;
    expect_gone("EVENT-1");
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_refused(&w, "8.9", "5.1");
    assert_state(&w, &profile, LINKED);
}

/* The order is gone when the SM-DS has answered: so is its event. */
static void cancelled_while_registering(void **state)
{
    slice resume;

    (void)state;
    confirm();
    resume = resume_place();
    cancel(false);
    expect_none_due(); /* not before the answer: it would cross the call */
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_refused(&w, "8.2.1", "3.5");
    assert_state(&w, &profile, AVAILABLE);
    expect_gone("EVENT-1");
}

static void confirmed_twice_at_once(void **state)
{
    const struct smdp_confirm_order first = order;
    slice resume[2];

    (void)state;
    confirm();
    resume[0] = resume_place();
    confirm(); /* the same name */
    assert_refused(&w, "8.9", "5.1");
    order.matching_id = SLICE_LIT("EVENT-2");
    confirm();
    resume[1] = resume_place();
    confirm_answered(resume[1], world_smds_says(NULL, NULL));
    assert_success(&w);
    order = first;
    confirm_answered(resume[0], world_smds_says(NULL, NULL));
    assert_refused(&w, "8.2.1", "3.5");
    expect_delete("EVENT-1");
    delete_answered(resume_place(), world_smds_says(NULL, NULL));
    assert_int_equal(world_rows(&w, &smdp_ds_event_table), 1);
    assert_true(slice_eq_str(world_order(&w, &profile).matching_id, "EVENT-2"));
}

static void resumed_with_nonsense(void **state)
{
    static const char *const bad[] = { "", "smds", SMDS " ", " EVENT-1", SMDS " EVENT-9" };
    struct es12_answer done = world_smds_says(NULL, NULL);

    (void)state;
    confirm();
    for (size_t i = 0; i < COUNT(bad); i++) {
        enum err err;

        begin();
        err = smdp_confirm_resumed(w.smdp, &order, slice_str(bad[i]), &done, &w.turn, &confirmed);
        assert_true(err == E_ARGUMENT || (!err && w.turn.status.subject));
        assert_int_equal(w.turn.change_count, 0);
    }
    assert_state(&w, &profile, LINKED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
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
