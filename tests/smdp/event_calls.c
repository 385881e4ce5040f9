/* The scene of the tests of events: a profile that is ordered, calls and answers. */
#include "smdp/event_calls.h"

#include "rsp/json/json.h"
#include "smdp/operator.h"

struct scene scene;

void begin_turn(void)
{
    arena_reset(&scene.w.turn_arena);
    turn_init(&scene.w.turn, &scene.w.turn_arena, scene.w.store, scene.w.now_ms);
}

static void commit(enum err err)
{
    assert_int_equal(err, E_OK);
    assert_int_equal(turn_commit(&scene.w.turn), E_OK);
}

/* A profile that is ordered for the card. */
static void ordered(struct profile *p)
{
    const struct smdp_download_order r = { .eid = SLICE_OF(scene.card.eid),
                                           .iccid = SLICE_OF(p->iccid) };
    uint8_t iccid[10];

    world_add(&scene.w, &(struct stock){ 0 }, p);
    begin_turn();
    commit(smdp_download_order(scene.w.smdp, &r, &scene.w.turn, iccid));
    assert_success(&scene.w);
}

int event_set_up(void **state)
{
    (void)state;
    world_open(&scene.w, CURVE_P256);
    world_move_to_file(&scene.w);
    world_card(&scene.w, 1, &scene.card);
    ordered(&scene.profile);
    scene.order = (struct smdp_confirm_order){ .iccid = SLICE_OF(scene.profile.iccid),
                                               .matching_id = SLICE_LIT("EVENT-1"),
                                               .smds_address = SLICE_LIT(SMDS),
                                               .release = true };
    return 0;
}

int event_tear_down(void **state)
{
    (void)state;
    card_close(&scene.card);
    world_close(&scene.w);
    return 0;
}

/* ---- calls and answers ---- */

void confirm_order(void)
{
    begin_turn();
    commit(smdp_confirm_order(scene.w.smdp, &scene.order, &scene.w.turn, &scene.confirmed));
}

const struct es12_answer away = { .reached = false };

slice resume_place(void)
{
    assert_int_equal(scene.w.turn.want, TURN_UPSTREAM);
    return arena_copy(&scene.w.arena, scene.w.turn.upstream.resume);
}

void confirm_answered(slice resume, struct es12_answer answer)
{
    begin_turn();
    commit(smdp_confirm_resumed(scene.w.smdp, &scene.order, resume, &answer, &scene.w.turn,
                                &scene.confirmed));
    assert_int_equal(scene.w.turn.want, TURN_REPLY);
}

void release_profile(void)
{
    begin_turn();
    commit(smdp_release_profile(scene.w.smdp, SLICE_NONE, SLICE_OF(scene.profile.iccid),
                                &scene.w.turn));
}

void release_answered(slice resume, struct es12_answer answer)
{
    begin_turn();
    commit(smdp_release_resumed(scene.w.smdp, SLICE_NONE, SLICE_OF(scene.profile.iccid), resume,
                                &answer, &scene.w.turn));
    assert_int_equal(scene.w.turn.want, TURN_REPLY);
}

void cancel_order(bool unavailable)
{
    const struct smdp_cancel_order r = { .iccid = SLICE_OF(scene.profile.iccid),
                                         .unavailable = unavailable };

    begin_turn();
    commit(smdp_cancel_order(scene.w.smdp, &r, &scene.w.turn));
    assert_success(&scene.w);
}

struct register_event_request registered_event(void)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("registerEvent"));
    struct register_event_request r;

    assert_int_equal(scene.w.turn.want, TURN_UPSTREAM);
    assert_true(slice_eq_str(scene.w.turn.upstream.host, SMDS));
    assert_true(slice_eq_str(scene.w.turn.upstream.trust, "es12"));
    assert_true(slice_eq_str(scene.w.turn.upstream.path, "/gsma/rsp2/es12/registerEvent"));
    assert_int_equal(json_read_request(f, scene.w.turn.upstream.body, &scene.w.arena, &r, NULL),
                     E_OK);
    return r;
}

/* The order is announced and released. */
void released(void)
{
    slice resume;

    confirm_order();
    resume = resume_place();
    confirm_answered(resume, world_smds_says(NULL, NULL));
    assert_success(&scene.w);
    assert_state(&scene.w, &scene.profile, RELEASED);
}

/* Until nothing is due any more, or a call is: true. */
static bool delete_due(void)
{
    bool more = true;

    while (more) {
        begin_turn();
        commit(smdp_event_due(scene.w.smdp, &scene.w.turn, &more));
        if (scene.w.turn.want == TURN_UPSTREAM)
            return true;
    }
    return false;
}

void delete_answered(slice resume, struct es12_answer answer)
{
    begin_turn();
    commit(smdp_event_answered(scene.w.smdp, resume, &answer, &scene.w.turn));
}

void expect_delete(const char *event_id)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("deleteEvent"));
    struct delete_event_request r;

    assert_true(delete_due());
    assert_true(slice_eq_str(scene.w.turn.upstream.host, SMDS));
    assert_true(slice_eq_str(scene.w.turn.upstream.path, "/gsma/rsp2/es12/deleteEvent"));
    assert_int_equal(json_read_request(f, scene.w.turn.upstream.body, &scene.w.arena, &r, NULL),
                     E_OK);
    assert_true(slice_eq_str(r.event_id, event_id));
    assert_true(slice_eq(r.eid, SLICE_OF(scene.card.eid)));
}

/* The event is deleted there, and forgotten here. */
void expect_gone(const char *event_id)
{
    expect_delete(event_id);
    delete_answered(resume_place(), world_smds_says(NULL, NULL));
    assert_int_equal(world_rows(&scene.w, &smdp_ds_event_table), 0);
}

void expect_none_due(void)
{
    assert_false(delete_due());
}

static enum err recover_turn(struct smdp *s, const void *unused, struct turn *t)
{
    bool more;

    (void)unused;
    return smdp_recover(s, t, &more);
}

void restart_smdp(void)
{
    world_restart(&scene.w);
    assert_int_equal(run_turn(&scene.w, recover_turn, NULL, &scene.w.turn_arena, &scene.w.turn,
                              &scene.w.conflicts),
                     E_OK);
}
