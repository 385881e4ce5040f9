/*
 * HandleNotification and CancelSession: DPP-032, DPP-033, DPP-034, DPP-036.
 *
 * Results, repeated results and reasons of cancellation are proven here up to the order's state and
 * the event in the log; what the operator hears of them is test_report.c.
 */
#include "smdp/world.h"

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

static void success(void **state)
{
    (void)state;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
    assert_int_equal(world_events(&w, "smdp.progress.1"), 1);
    assert_int_equal(world_events(&w, "smdp.progress.3"), 1);
    assert_int_equal(world_events(&w, "smdp.progress.4"), 1);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 1);
}

static void failures(void **state)
{
    static const int permanent[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 127 };
    struct profile p;

    (void)state;
    for (size_t i = 0; i < COUNT(permanent); i++) {
        world_release(&w, &(struct stock){ 0 }, &p);
        card.change.matching_id = p.matching_id;
        card_download(&card);
        world_notify(&w, card_installation_result(&card, permanent[i]));
        assert_state(&w, &p, ERROR);
        assert_int_equal(world_events(&w, "smdp.progress.4"), i + 1);
    }
}

static void temporary_failures_leave_the_order(void **state)
{
    (void)state;
    for (int reason = 10; reason <= 11; reason++) {
        card_download(&card);
        world_notify(&w, card_installation_result(&card, reason));
        assert_state(&w, &profile, DOWNLOADED);
    }
    assert_int_equal(world_events(&w, "smdp.progress.4"), 2);
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

static void twice(void **state)
{
    uint64_t version;
    slice result;

    (void)state;
    card_download(&card);
    result = card_installation_result(&card, 0);
    world_notify(&w, result);
    version = world_order(&w, &profile).version;
    world_notify(&w, result);
    assert_int_equal(world_order(&w, &profile).version, version);
    assert_int_equal(world_events(&w, "smdp.progress.4"), 1);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 1);
}

/* A laboratory resets its cards: the same EID, and sequence numbers from 1. */
static void a_card_made_anew_counts_from_one_again(void **state)
{
    struct profile first, second;
    struct card c;

    (void)state;
    world_move_to_file(&w);
    world_card(&w, 3, &c);
    world_release(&w, &(struct stock){ 0 }, &first);
    world_release(&w, &(struct stock){ 0 }, &second);
    c.change.matching_id = first.matching_id;
    card_download(&c);
    world_notify(&w, card_installation_result(&c, 0));
    assert_state(&w, &first, INSTALLED);
    c.seq = 0;
    c.change.matching_id = second.matching_id;
    card_download(&c);
    world_restart(&w); /* so that the transaction is known from the store only */
    world_notify(&w, card_installation_result(&c, 0));
    assert_state(&w, &second, INSTALLED);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 2);
    card_close(&c);
}

static void bad_signature_DPP_032(void **state)
{
    (void)state;
    card_download(&card);
    card.change.break_signature = true;
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, DOWNLOADED);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    assert_int_equal(world_events(&w, "smdp.progress.4"), 0);
    card.change.break_signature = false;
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

static void result_of_another_card_DPP_032(void **state)
{
    struct card other;

    (void)state;
    card_download(&card);
    world_card(&w, 2, &other);
    memcpy(other.tid, card.tid, sizeof other.tid);
    world_notify(&w, card_installation_result(&other, 0));
    assert_state(&w, &profile, DOWNLOADED);
    card_close(&other);
}

static void result_for_another_server(void **state)
{
    (void)state;
    card_download(&card);
    card.change.oid = SLICE_LIT("\x88\x37\x0C");
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, DOWNLOADED);
}

static void unknown_transaction_DPP_033(void **state)
{
    size_t events;

    (void)state;
    card_download(&card);
    events = world_rows(&w, &store_event_table);
    card.change.signed_tid = SLICE_LIT("0123456789ABCDEF");
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, DOWNLOADED);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    assert_int_equal(world_rows(&w, &store_event_table), events);
}

/* A result that comes after the operator gave the order up is still the truth. */
static void late_success_after_an_error(void **state)
{
    (void)state;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 12));
    assert_state(&w, &profile, ERROR);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
    world_notify(&w, card_installation_result(&card, 12));
    assert_state(&w, &profile, INSTALLED);
}

/* What went wrong in an older session does not end the order that a newer one is loading. */
static void late_failure_of_an_older_session(void **state)
{
    slice older;

    (void)state;
    card_download(&card);
    older = card_installation_result(&card, 12);
    card_download(&card);
    world_notify(&w, older);
    assert_state(&w, &profile, DOWNLOADED);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

static void results_are_forgotten_in_time(void **state)
{
    bool more;

    (void)state;
    card_download(&card);
    w.now_ms += INT64_C(180) * 24 * 3600 * 1000;
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_tidy(w.smdp, &w.turn, &more), E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 0);
}

/* ---- other notifications ---- */

static void enable_disable_delete_DPP_034(void **state)
{
    slice n;

    (void)state;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    for (unsigned event = NOTIFICATION_ENABLE; event <= NOTIFICATION_DELETE; event++) {
        n = card_other_notification(&card, event, profile.iccid);
        world_notify(&w, n);
        world_notify(&w, n);
        assert_int_equal(world_events(&w, "smdp.notification"), event);
    }
    assert_int_equal(world_rows(&w, &smdp_notification_table), 4);
}

static void bad_notification_DPP_032_034(void **state)
{
    struct made_cert ci, eum, own;
    struct card other;

    (void)state;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    card.change.break_signature = true;
    world_notify(&w, card_other_notification(&card, NOTIFICATION_ENABLE, profile.iccid));
    card.change.break_signature = false;

    world_issue(&w, ROLE_CI, NULL, NULL, NOW_S + 900 * DAY_S, &ci);
    world_issue(&w, ROLE_EUM, &ci, NULL, NOW_S + 900 * DAY_S, &eum);
    world_issue(&w, ROLE_EUICC, &eum, card.eid, NOW_S + 900 * DAY_S, &own);
    card.change.euicc = own.der;
    card.change.eum = eum.der;
    world_notify(&w, card_other_notification(&card, NOTIFICATION_ENABLE, profile.iccid));

    /* well signed, by a card that never had this profile */
    world_card(&w, 2, &other);
    world_notify(&w, card_other_notification(&other, NOTIFICATION_ENABLE, profile.iccid));
    assert_int_equal(world_events(&w, "smdp.notification"), 0);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 1);

    card.change.euicc = card.own.der;
    card.change.eum = w.eum.der;
    world_notify(&w, card_other_notification(&card, NOTIFICATION_ENABLE, profile.iccid));
    assert_int_equal(world_events(&w, "smdp.notification"), 1);
    card_close(&other);
    signer_close(&ci.signer);
    signer_close(&eum.signer);
    signer_close(&own.signer);
}

static enum err on_notify(struct smdp *s, const void *request, struct turn *t)
{
    return smdp_handle_notification(s, *(const slice *)request, t);
}

static void truncated_notification(void **state)
{
    unsigned conflicts;
    slice whole;

    (void)state;
    card_download(&card);
    whole = card_installation_result(&card, 0);
    for (size_t n = 0; n < whole.n; n++) {
        slice cut = slice_head(whole, n);

        assert_int_equal(
            err_class(run_turn(&w, on_notify, &cut, &w.turn_arena, &w.turn, &conflicts)), ERR_PEER);
    }
    assert_state(&w, &profile, DOWNLOADED);
    world_notify(&w, whole);
    assert_state(&w, &profile, INSTALLED);
}

/* ---- CancelSession ---- */

static void cancel_and_expect(bool after_package, int64_t reason, const char *state)
{
    struct profile p;

    world_release(&w, &(struct stock){ 0 }, &p);
    card.change.matching_id = p.matching_id;
    card_initiate(&card);
    card_authenticate(&card);
    if (after_package)
        card_get_package(&card);
    assert_success(&w);
    card_cancel(&card, reason);
    assert_success(&w);
    assert_true(slice_eq(w.turn.reply, SLICE_LIT("\xBF\x41\x02\xA0\x00")));
    assert_string_equal(smdp_state_name(world_order(&w, &p).state), state);
    card_cancel(&card, reason); /* the session is over */
    assert_refused(&w, "8.10.1", "3.9");
}

static void reasons(void **state)
{
    static const struct {
        int64_t reason;
        const char *state;
    } rows[] = {
        { 0, "Error" }, { 1, "Released" }, { 2, "Released" }, { 3, "Error" },
        { 4, "Error" }, { 5, "Error" },    { 127, "Error" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        cancel_and_expect(false, rows[i].reason, rows[i].state);
        cancel_and_expect(true, rows[i].reason, rows[i].state);
        assert_int_equal(world_events(&w, "smdp.cancelled"), 2 * (i + 1));
    }
}

static void download_again_after_postponing(void **state)
{
    (void)state;
    card_download(&card);
    card_cancel(&card, CANCEL_SESSION_POSTPONED);
    assert_success(&w);
    card_download(&card); /* with the same one-time key */
    assert_non_null(card.signed2.bpp_euicc_otpk.p);
    assert_state(&w, &profile, DOWNLOADED);
}

static void refused_cancellations_DPP_036(void **state)
{
    (void)state;
    card_initiate(&card);
    card_cancel(&card, 0); /* nobody is authenticated yet */
    assert_refused(&w, "8.10.1", "3.9");
    card_authenticate(&card);
    assert_success(&w);

    card.change.json_tid = SLICE_LIT("0123456789ABCDEF");
    card_cancel(&card, 0);
    assert_refused(&w, "8.10.1", "3.9");
    card.change.json_tid = SLICE_NONE;

    card.change.signed_tid = SLICE_LIT("0123456789ABCDEF");
    card_cancel(&card, 0);
    assert_refused(&w, "8.10.1", "3.9");
    card.change.signed_tid = SLICE_NONE;

    card.change.break_signature = true;
    card_cancel(&card, 0);
    assert_refused(&w, "8.1", "6.1");
    assert_true(slice_eq(w.turn.reply, SLICE_LIT("\xBF\x41\x03\x81\x01\x02")));
    card.change.break_signature = false;

    card.change.oid = SLICE_LIT("\x88\x37\x0C");
    card_cancel(&card, 0);
    assert_refused(&w, "8.8", "3.10");
    card.change.oid = SLICE_LIT("\x88\x37\x0A");

    assert_state(&w, &profile, RELEASED);
    card_get_package(&card); /* none of this touched the session */
    assert_success(&w);
}

/* An older session of the card cannot end the order that a newer one is loading. */
static void superseded_session_cannot_cancel(void **state)
{
    struct card newer;

    (void)state;
    card_initiate(&card);
    card_authenticate(&card);
    newer = card;
    card_download(&newer);
    card_cancel(&card, 0);
    assert_success(&w);
    assert_state(&w, &profile, DOWNLOADED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(success),
        TEST(failures),
        TEST(temporary_failures_leave_the_order),
        TEST(twice),
        TEST(a_card_made_anew_counts_from_one_again),
        TEST(bad_signature_DPP_032),
        TEST(result_of_another_card_DPP_032),
        TEST(result_for_another_server),
        TEST(unknown_transaction_DPP_033),
        TEST(late_success_after_an_error),
        TEST(late_failure_of_an_older_session),
        TEST(results_are_forgotten_in_time),
        TEST(enable_disable_delete_DPP_034),
        TEST(bad_notification_DPP_032_034),
        TEST(truncated_notification),
        TEST(reasons),
        TEST(download_again_after_postponing),
        TEST(refused_cancellations_DPP_036),
        TEST(superseded_session_cannot_cancel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
