/*
 * The whole conversation, and what comes out of it: DPP-001, DPP-005, DPP-006, DPP-019, DPP-020,
 * DPP-021, DPP-022, DPP-026, DPP-027.
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
    return 0;
}

static int set_up_brainpool(void **state)
{
    (void)state;
    world_open(&w, CURVE_BP256R1);
    world_card(&w, 1, &card);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

static void check_package(const struct opened *o, bool keys_replaced)
{
    assert_true(slice_eq(o->package, slice_of(profile.package, profile.package_n)));
    assert_true(slice_eq(o->metadata, card.metadata));
    assert_int_equal(o->keys_replaced, keys_replaced);
}

static void one_download(enum smdp_protection protection)
{
    struct opened o;

    world_release(&w, &(struct stock){ .protection = protection }, &profile);
    assert_state(&w, &profile, RELEASED);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    assert_false(card.signed2.cc_required_flag);
    assert_null(card.signed2.bpp_euicc_otpk.p);
    card_open_package(&card, w.turn.reply, &o);
    check_package(&o, protection == SMDP_PROFILE_KEYS);
    assert_state(&w, &profile, DOWNLOADED);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

static void under_profile_keys_DPP_001_005_019_020(void **state)
{
    (void)state;
    one_download(SMDP_PROFILE_KEYS);
}

static void under_session_keys_DPP_019(void **state)
{
    (void)state;
    one_download(SMDP_SESSION_KEYS);
}

static void long_metadata_in_two_segments_DPP_021(void **state)
{
    static const uint8_t icon[1000];
    struct opened o;

    (void)state;
    world_release(&w, &(struct stock){ .icon = SLICE_OF(icon) }, &profile);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    card_open_package(&card, w.turn.reply, &o);
    check_package(&o, true);
    assert_int_equal(o.segments88, 2);
}

static void with_confirmation_code_DPP_006_022(void **state)
{
    struct smdp_confirm_order r = { .confirmation_code = SLICE_LIT("1234"), .release = true };
    struct opened o;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &profile);
    card.change.matching_id = profile.matching_id;
    card.change.code = SLICE_LIT("1234");
    card_download(&card);
    assert_true(card.signed2.cc_required_flag);
    card_open_package(&card, w.turn.reply, &o);
    check_package(&o, true);
}

static slice tail_of(slice response)
{
    struct get_bound_profile_package_response_es9 r;
    struct bound_profile_package bpp;

    assert_int_equal(schema_decode(&T_get_bound_profile_package_response_es9, response, &r, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_bound_profile_package,
                                   r.get_bound_profile_package_ok.bound_profile_package, &bpp,
                                   NULL),
                     E_OK);
    /* from the first 87 to the end: A0's content on */
    return slice_of(bpp.first_sequence_of87.p,
                    (size_t)(response.p + response.n - bpp.first_sequence_of87.p));
}

static void retry(enum smdp_protection protection, bool lost)
{
    struct opened first, second;
    slice tail;

    world_release(&w, &(struct stock){ .protection = protection }, &profile);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    card_open_package(&card, w.turn.reply, &first);
    tail = arena_copy(&w.arena, tail_of(w.turn.reply));

    card.change.lost_otsk = lost;
    card_download(&card);
    assert_non_null(card.signed2.bpp_euicc_otpk.p);
    card_open_package(&card, w.turn.reply, &second);
    check_package(&second, protection == SMDP_PROFILE_KEYS);
    if (lost) {
        assert_memory_not_equal(first.smdp_otpk, second.smdp_otpk, 65);
    } else {
        assert_memory_equal(first.smdp_otpk, second.smdp_otpk, 65);
        assert_true(slice_eq(tail, tail_of(w.turn.reply)));
    }
    assert_state(&w, &profile, DOWNLOADED);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

static void retry_with_the_same_key_DPP_026(void **state)
{
    (void)state;
    retry(SMDP_PROFILE_KEYS, false);
}

static void retry_with_the_same_key_session_keys_DPP_026(void **state)
{
    (void)state;
    retry(SMDP_SESSION_KEYS, false);
}

static void retry_with_another_key_DPP_027(void **state)
{
    (void)state;
    retry(SMDP_PROFILE_KEYS, true);
}

static void retry_with_another_key_session_keys_DPP_027(void **state)
{
    (void)state;
    retry(SMDP_SESSION_KEYS, true);
}

/* The answer got lost: the same request in the same session gives the same package. */
static void the_same_request_again(void **state)
{
    struct opened o;
    slice first;

    (void)state;
    world_release(&w, &(struct stock){ 0 }, &profile);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    first = arena_copy(&w.arena, tail_of(w.turn.reply));
    card.signed2.bpp_euicc_otpk = SLICE_OF(card.otpk.b);
    card_get_package(&card);
    assert_success(&w);
    assert_true(slice_eq(first, tail_of(w.turn.reply)));
    card_open_package(&card, w.turn.reply, &o);
    check_package(&o, true);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

/* Within one session: first with the old one-time key, then with a new one. */
static void another_key_in_the_same_session(void **state)
{
    struct opened first, second;

    (void)state;
    world_release(&w, &(struct stock){ .protection = SMDP_SESSION_KEYS }, &profile);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    card_download(&card);
    card_open_package(&card, w.turn.reply, &first);
    card.change.lost_otsk = true;
    card_get_package(&card);
    assert_success(&w);
    card_open_package(&card, w.turn.reply, &second);
    check_package(&second, false);
    assert_memory_not_equal(first.smdp_otpk, second.smdp_otpk, 65);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 2);
    card.change.lost_otsk = false;
    card_download(&card);
    card_open_package(&card, w.turn.reply, &first);
    assert_memory_equal(first.smdp_otpk, second.smdp_otpk, 65);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &profile, INSTALLED);
}

/* A cancelled order frees the profile; the next card gets it under other keys. */
static void cancelled_order_is_protected_anew(void **state)
{
    struct smdp_protected before, after;
    struct smdp_transaction sent;
    struct smdp_cancel_order cancel = { 0 };

    (void)state;
    world_release(&w, &(struct stock){ 0 }, &profile);
    card.change.matching_id = profile.matching_id;
    card_download(&card);
    assert_int_equal(store_get(w.store, &smdp_protected_table, SMDP_BY_KEY,
                               STORE_KEY(store_blob(SLICE_OF(profile.iccid))), &before, &w.arena),
                     E_OK);
    cancel.iccid = SLICE_OF(profile.iccid);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_cancel_order(w.smdp, &cancel, &w.turn), E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
    assert_success(&w);
    assert_state(&w, &profile, AVAILABLE);
    assert_int_equal(store_get(w.store, &smdp_protected_table, SMDP_BY_KEY,
                               STORE_KEY(store_blob(SLICE_OF(profile.iccid))), &after, &w.arena),
                     E_OK);
    assert_false(slice_eq(before.keys, after.keys));
    assert_false(slice_eq(before.elements, after.elements));
    assert_int_equal(store_get(w.store, &smdp_transaction_table, SMDP_BY_KEY,
                               STORE_KEY(store_blob(SLICE_OF(card.tid))), &sent, &w.arena),
                     E_OK);
    assert_null(sent.head.p);
    card_get_package(&card);
    assert_refused(&w, "8.10.1", "3.9");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(under_profile_keys_DPP_001_005_019_020),
        TEST(under_session_keys_DPP_019),
        cmocka_unit_test_setup_teardown(under_profile_keys_DPP_001_005_019_020, set_up_brainpool,
                                        tear_down),
        TEST(long_metadata_in_two_segments_DPP_021),
        TEST(with_confirmation_code_DPP_006_022),
        TEST(retry_with_the_same_key_DPP_026),
        TEST(retry_with_the_same_key_session_keys_DPP_026),
        TEST(retry_with_another_key_DPP_027),
        TEST(retry_with_another_key_session_keys_DPP_027),
        TEST(the_same_request_again),
        TEST(another_key_in_the_same_session),
        TEST(cancelled_order_is_protected_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
