/*
 * What operators hear on ES2+.HandleDownloadProgressInfo: DPP-030, DPP-031, DPP-035, DPP-050.
 * Reports are taken as the engine would take them, read as the operator would, and answered.
 */
#include "smdp/world.h"

#include "base/text.h"
#include "rsp/json/json.h"
#include "smdp/operator.h"

#define OPERATOR    SLICE_LIT("orange")
#define CERTIFICATE SLICE_LIT("a certificate")
#define OPERATOR_AT SLICE_LIT("bss.example.com:8443")

static struct world w;
static struct card card;
static struct profile profile;

static enum err on_operator(struct smdp *s, const void *request, struct turn *t)
{
    return smdp_operator_add(s, request, t);
}

static enum err on_order(struct smdp *s, const void *request, struct turn *t)
{
    uint8_t iccid[10];

    return smdp_download_order(s, request, t, iccid);
}

static enum err on_confirm(struct smdp *s, const void *request, struct turn *t)
{
    struct smdp_confirmed out;

    return smdp_confirm_order(s, request, t, &out);
}

static void run(handler h, const void *request)
{
    unsigned conflicts;

    assert_int_equal(run_turn(&w, h, request, &w.turn_arena, &w.turn, &conflicts), E_OK);
    assert_null(w.turn.status.subject);
}

/* Ordered by the operator as anybody's eUICC may fetch it, with this code. */
static void order(struct profile *p, slice code)
{
    struct smdp_download_order o = { .requester = OPERATOR };
    struct smdp_confirm_order c = { .requester = OPERATOR,
                                    .confirmation_code = code,
                                    .release = true };

    world_add(&w, &(struct stock){ .type = "Gold" }, p);
    o.iccid = c.iccid = SLICE_OF(p->iccid);
    run(on_order, &o);
    run(on_confirm, &c);
    card.change.matching_id = world_order(&w, p).matching_id;
}

static int set_up(void **state)
{
    const struct smdp_new_operator o = { OPERATOR, CERTIFICATE, OPERATOR_AT };

    (void)state;
    world_open(&w, CURVE_P256);
    world_card(&w, 1, &card);
    run(on_operator, &o);
    order(&profile, SLICE_NONE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

/* ---- the operator's end ---- */

static struct handle_download_progress_info_request heard;
static slice place; /* how the role finds the report again */

static enum err on_due(struct smdp *s, const void *request, struct turn *t)
{
    int64_t next_ms;

    (void)request;
    return smdp_report_due(s, t, &next_ms);
}

static enum err on_answer(struct smdp *s, const void *request, struct turn *t)
{
    const int *status = request;

    return smdp_report_answered(s, place, *status, t);
}

/* Takes one report; false when none is due. It is not answered yet. */
static bool take(void)
{
    const struct json_function *f =
        json_function_at(SLICE_LIT("/gsma/rsp2/es2plus/handleDownloadProgressInfo"), JSON_ES9PLUS);

    run(on_due, NULL);
    if (w.turn.want != TURN_UPSTREAM)
        return false;
    assert_true(slice_eq(w.turn.upstream.host, OPERATOR_AT));
    assert_true(
        slice_eq_str(w.turn.upstream.path, "/gsma/rsp2/es2plus/handleDownloadProgressInfo"));
    assert_true(slice_eq_str(w.turn.upstream.trust, "es2"));
    place = arena_copy(&w.arena, w.turn.upstream.resume);
    assert_int_equal(
        json_read_request(f, arena_copy(&w.arena, w.turn.upstream.body), &w.arena, &heard, NULL),
        E_OK);
    return true;
}

static void answer(int status)
{
    run(on_answer, &status);
}

static void assert_heard(int point, const struct profile *p, const char *subject,
                         const char *reason, const char *message)
{
    const struct function_status *s = &heard.notification_point_status;

    assert_true(take());
    assert_int_equal(heard.notification_point_id, point);
    assert_memory_equal(heard.iccid.p, p->iccid, sizeof p->iccid);
    assert_true(slice_eq(heard.eid, SLICE_OF(card.eid)));
    assert_true(slice_eq_str(heard.profile_type, "Gold"));
    assert_true(slice_eq_str(heard.timestamp, "2027-01-15T08:00:00Z")); /* NOW_S */
    assert_true(slice_eq_str(s->status, subject ? "Failed" : "Executed-Success"));
    assert_int_equal(s->has_status_code_data, subject != NULL);
    if (subject) {
        assert_true(slice_eq_str(s->status_code_data.subject_code, subject));
        assert_true(slice_eq_str(s->status_code_data.reason_code, reason));
    }
    if (message)
        assert_true(slice_eq_str(s->status_code_data.message, message));
    answer(204);
}

/* ---- ---- */

static void points_once_each_DPP_050(void **state)
{
    slice result;

    (void)state;
    card_download(&card);
    result = card_installation_result(&card, 0);
    world_notify(&w, result);
    assert_heard(1, &profile, NULL, NULL, NULL);
    assert_false(heard.result_data.p);
    assert_heard(3, &profile, NULL, NULL, NULL);
    assert_heard(4, &profile, NULL, NULL, NULL);
    assert_true(slice_eq(heard.result_data, result));
    assert_false(take());
    assert_int_equal(world_rows(&w, &smdp_report_table), 0);
}

static void wrong_code_is_point_2_DPP_050(void **state)
{
    struct profile p;

    (void)state;
    order(&p, SLICE_LIT("2607"));
    card.change.code = SLICE_LIT("2608");
    card_initiate(&card);
    card_authenticate(&card);
    card_get_package(&card);
    assert_refused(&w, "8.2.7", "3.8");
    assert_heard(1, &p, NULL, NULL, NULL);
    assert_heard(2, &p, "8.2.7", "3.8", NULL);
    assert_false(take());
}

static void operator_that_is_down_is_tried_again_DPP_050(void **state)
{
    int64_t waited = 0;

    (void)state;
    card_initiate(&card);
    card_authenticate(&card);
    for (int tries = 0; tries < 4; tries++) {
        int64_t from = w.now_ms;

        assert_true(take());
        assert_int_equal(heard.notification_point_id, 1);
        assert_false(take()); /* it is under way */
        answer(tries % 2 ? 500 : 0);
        while (!take())
            w.now_ms += 1000;
        assert_true(w.now_ms - from > waited);
        waited = w.now_ms - from;
        answer(0);
        while (waited == w.now_ms - from)
            w.now_ms += 3600 * 1000;
    }
    assert_true(take());
    answer(200); /* any of 2xx */
    assert_false(take());
    assert_int_equal(world_rows(&w, &smdp_report_table), 0);
}

static enum err on_recover(struct smdp *s, const void *request, struct turn *t)
{
    bool more;

    (void)request;
    return smdp_recover(s, t, &more);
}

/* The call was under way when the process died: at its next start the report is due at once. */
static void report_outlives_the_process_DPP_050(void **state)
{
    const struct smdp_new_operator o = { OPERATOR, CERTIFICATE, OPERATOR_AT };

    (void)state;
    world_move_to_file(&w);
    run(on_operator, &o);
    order(&profile, SLICE_NONE);
    card_initiate(&card);
    card_authenticate(&card);
    assert_true(take());
    world_restart(&w);
    assert_false(take());
    run(on_recover, NULL);
    assert_true(take());
    answer(204);
    assert_int_equal(world_rows(&w, &smdp_report_table), 0);
}

static void given_up_after_three_days(void **state)
{
    (void)state;
    card_initiate(&card);
    card_authenticate(&card);
    assert_true(take());
    answer(0);
    w.now_ms += (int64_t)3 * 24 * 3600 * 1000 + 1;
    assert_false(take());
    assert_int_equal(world_events(&w, "smdp.report.given-up"), 1);
    w.now_ms += (int64_t)24 * 3600 * 1000;
    assert_false(take());
    assert_int_equal(world_events(&w, "smdp.report.given-up"), 1);
}

static void failures_of_installation_DPP_030(void **state)
{
    static const int reasons[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 127 };

    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        bool memory = reasons[i] == BPP_ERROR_INSUFFICIENT_MEMORY;
        bool temporary = memory || reasons[i] == BPP_ERROR_INTERRUPTION;
        struct profile p;

        order(&p, SLICE_NONE);
        card_download(&card);
        world_notify(&w, card_installation_result(&card, reasons[i]));
        assert_null(w.turn.reply.p); /* 204 */
        assert_int_equal(world_order(&w, &p).state, temporary ? SMDP_DOWNLOADED : SMDP_ERROR);
        assert_heard(1, &p, NULL, NULL, NULL);
        assert_heard(3, &p, NULL, NULL, NULL);
        assert_heard(4, &p, "8.1", memory ? "4.8" : "4.2",
                     value_name(bpp_error_reason_names, reasons[i]));
        assert_true(heard.result_data.n > 0);
    }
    assert_false(take());
}

static void same_result_twice_DPP_031(void **state)
{
    uint64_t version;
    slice result;

    (void)state;
    card_download(&card);
    result = card_installation_result(&card, 0);
    world_notify(&w, result);
    version = world_order(&w, &profile).version;
    world_notify(&w, result);
    assert_null(w.turn.reply.p);
    assert_int_equal(world_order(&w, &profile).version, version);
    assert_heard(1, &profile, NULL, NULL, NULL);
    assert_heard(3, &profile, NULL, NULL, NULL);
    assert_heard(4, &profile, NULL, NULL, NULL);
    assert_false(take());
}

static const struct {
    int reason;
    enum smdp_state state;
    const char *name;
} cancels[] = {
    { CANCEL_SESSION_END_USER_REJECTION, SMDP_ERROR, "endUserRejection" },
    { CANCEL_SESSION_POSTPONED, SMDP_RELEASED, "postponed" },
    { CANCEL_SESSION_TIMEOUT, SMDP_RELEASED, "timeout" },
    { CANCEL_SESSION_PPR_NOT_ALLOWED, SMDP_ERROR, "pprNotAllowed" },
    { CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR, SMDP_ERROR, "loadBppExecutionError" },
    { CANCEL_SESSION_UNDEFINED_REASON, SMDP_ERROR, "undefinedReason" },
};

static void cancelled_sessions_DPP_035(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cancels); i++) {
        bool loaded = cancels[i].reason == CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR;
        struct profile p;

        order(&p, SLICE_NONE);
        card_initiate(&card);
        card_authenticate(&card);
        assert_heard(1, &p, NULL, NULL, NULL);
        if (loaded) {
            card_get_package(&card);
            assert_heard(3, &p, NULL, NULL, NULL);
        }
        card_cancel(&card, cancels[i].reason);
        assert_int_equal(world_order(&w, &p).state, cancels[i].state);
        assert_heard(loaded ? 4 : 2, &p, loaded ? "8.1" : "8.2", loaded ? "4.2" : "3.8",
                     cancels[i].name);
    }
    assert_false(take());
}

/* Orders of the server's own, and of operators without an address, are reported to nobody. */
static void nobody_to_tell(void **state)
{
    const struct smdp_new_operator o = { OPERATOR, CERTIFICATE, SLICE_NONE };
    struct profile p;

    (void)state;
    world_release(&w, &(struct stock){ 0 }, &p);
    card.change.matching_id = p.matching_id;
    card_download(&card);
    assert_int_equal(world_rows(&w, &smdp_report_table), 0);

    order(&p, SLICE_NONE);
    card_initiate(&card);
    card_authenticate(&card);
    run(on_operator, &o); /* meanwhile it wants to hear nothing any more */
    assert_false(take());
    assert_int_equal(world_events(&w, "smdp.report.given-up"), 1);
}

/* ---- who calls ---- */

static slice name;

static enum err on_whose(struct smdp *s, const void *request, struct turn *t)
{
    const slice *r = request;

    return smdp_operator_of(s, r[0], r[1], t, &name);
}

static enum err whose(slice certificate, slice requester)
{
    const slice request[] = { certificate, requester };
    unsigned conflicts;

    return run_turn(&w, on_whose, request, &w.turn_arena, &w.turn, &conflicts);
}

static enum err on_remove(struct smdp *s, const void *request, struct turn *t)
{
    return smdp_operator_remove(s, *(const slice *)request, t);
}

static void certificates_of_operators(void **state)
{
    const struct smdp_new_operator next = { OPERATOR, SLICE_LIT("its next one"), SLICE_NONE };
    const struct smdp_new_operator thief = { SLICE_LIT("violet"), CERTIFICATE, SLICE_NONE };
    const slice old = CERTIFICATE;
    unsigned conflicts;

    (void)state;
    assert_int_equal(whose(CERTIFICATE, OPERATOR), E_OK);
    assert_true(slice_eq(name, OPERATOR));
    assert_int_equal(whose(CERTIFICATE, SLICE_LIT("violet")), E_REFUSED);
    assert_int_equal(whose(SLICE_LIT("its next one"), OPERATOR), E_UNTRUSTED);
    assert_int_equal(whose(SLICE_NONE, OPERATOR), E_UNTRUSTED);
    run(on_operator, &next);
    assert_int_equal(whose(SLICE_LIT("its next one"), OPERATOR), E_OK);
    assert_int_equal(run_turn(&w, on_operator, &thief, &w.turn_arena, &w.turn, &conflicts), E_OK);
    assert_refused(&w, "1.1", "3.3");
    run(on_remove, &old);
    assert_int_equal(whose(CERTIFICATE, OPERATOR), E_UNTRUSTED);
    assert_int_equal(whose(SLICE_LIT("its next one"), OPERATOR), E_OK);
}

static const struct {
    slice name, notify;
} bad_operators[] = {
    { SLICE_EMPTY, SLICE_NONE },       { OPERATOR, SLICE_EMPTY },
    { OPERATOR, SLICE_LIT("a b") },    { OPERATOR, SLICE_LIT("a/b") },
    { OPERATOR, SLICE_LIT("a\r\nb") },
};

static void operators_that_are_none(void **state)
{
    unsigned conflicts;

    (void)state;
    for (size_t i = 0; i < COUNT(bad_operators); i++) {
        struct smdp_new_operator o = { bad_operators[i].name, SLICE_LIT("c"),
                                       bad_operators[i].notify };

        assert_int_equal(run_turn(&w, on_operator, &o, &w.turn_arena, &w.turn, &conflicts),
                         E_ARGUMENT);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(points_once_each_DPP_050),
        TEST(wrong_code_is_point_2_DPP_050),
        TEST(operator_that_is_down_is_tried_again_DPP_050),
        TEST(report_outlives_the_process_DPP_050),
        TEST(given_up_after_three_days),
        TEST(failures_of_installation_DPP_030),
        TEST(same_result_twice_DPP_031),
        TEST(cancelled_sessions_DPP_035),
        TEST(nobody_to_tell),
        TEST(certificates_of_operators),
        TEST(operators_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
