/*
 * AuthenticateClient: DPP-007, DPP-008, DPP-009, DPP-010, DPP-011, DPP-012,
 * DPP-013, DPP-014, DPP-015, DPP-016, DPP-017, DPP-018, DPP-025, DPP-028 (here
 * authenticateResponseError), COM-002. And certificates that a list revokes, of chains that were
 * verified before it came, too.
 */
#include "pki/revoking.h"
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

/* The same card, put right again, can still have its order: nothing was changed. */
static void expect_still_downloadable(void)
{
    card.change.matching_id = profile.matching_id;
    card.change.json_tid = SLICE_NONE;
    card.change.signed_tid = SLICE_NONE;
    card.change.signed_challenge = SLICE_NONE;
    card.change.signed_address = SLICE_NONE;
    card.change.euicc = card.own.der;
    card.change.eum = w.eum.der;
    card.change.break_signature = false;
    card.change.error_response = false;
    card_download(&card);
    assert_state(&w, &profile, DOWNLOADED);
}

static void try_and_expect(const char *subject, const char *reason, uint8_t code)
{
    uint8_t response[] = { 0xBF, 0x3B, 0x03, 0x81, 0x01, code };

    card_initiate(&card);
    assert_success(&w);
    card_authenticate(&card);
    assert_refused(&w, subject, reason);
    assert_true(slice_eq(w.turn.reply, SLICE_OF(response)));
    assert_state(&w, &profile, RELEASED);
    assert_int_equal(world_order(&w, &profile).attempts, 0);
}

static void unknown_matching_id_DPP_008(void **state)
{
    (void)state;
    card.change.matching_id = SLICE_LIT("NOBODY-KNOWS-ME");
    try_and_expect("8.2.6", "3.8", 6);
    expect_still_downloadable();
}

static void bad_signature_DPP_011(void **state)
{
    (void)state;
    card.change.break_signature = true;
    try_and_expect("8.1", "6.1", 5);
    expect_still_downloadable();
}

static void other_server_challenge_DPP_011(void **state)
{
    (void)state;
    card.change.signed_challenge = SLICE_LIT("0123456789ABCDEF");
    try_and_expect("8.1", "6.1", 5);
    expect_still_downloadable();
}

static void other_server_address_is_signed(void **state)
{
    (void)state;
    card.change.signed_address = SLICE_LIT("SMDP.example.com");
    try_and_expect("8.1", "6.1", 5);
    expect_still_downloadable();
}

static void unknown_transaction_DPP_014(void **state)
{
    (void)state;
    card.change.json_tid = SLICE_LIT("0123456789ABCDEF");
    try_and_expect("8.10.1", "3.9", 10);
    card.change.json_tid = SLICE_LIT("0123456789ABCDE");
    try_and_expect("8.10.1", "3.9", 10);
    expect_still_downloadable();
}

static void unknown_transaction_in_signed_part_DPP_014(void **state)
{
    (void)state;
    card.change.signed_tid = SLICE_LIT("0123456789ABCDEF");
    try_and_expect("8.10.1", "3.9", 10);
    expect_still_downloadable();
}

/* ---- certificates ---- */

static void bad_eum_certificate_DPP_010(void **state)
{
    uint8_t bad[CERT_ISSUE_MAX];

    (void)state;
    memcpy(bad, w.eum.der.p, w.eum.der.n);
    bad[w.eum.der.n - 1] ^= 1; /* its signature */
    card.change.eum = slice_of(bad, w.eum.der.n);
    try_and_expect("8.1.2", "6.1", 1);
    card.change.eum = w.pb.der; /* a good certificate of another role */
    try_and_expect("8.1.2", "6.1", 1);
    expect_still_downloadable();
}

/* Its extension becomes 2.5.29.99: an EUM of no CI is not one of an unknown CI (8.11.1). */
static void eum_that_names_no_authority_DPP_010(void **state)
{
    uint8_t bad[CERT_ISSUE_MAX];
    size_t at = 0, found = 0;

    (void)state;
    memcpy(bad, w.eum.der.p, w.eum.der.n);
    for (size_t i = 0; i + 5 <= w.eum.der.n; i++)
        if (!memcmp(bad + i, "\x06\x03\x55\x1D\x23", 5)) {
            at = i + 4;
            found++;
        }
    assert_int_equal(found, 1);
    bad[at] = 0x63;
    card.change.eum = slice_of(bad, w.eum.der.n);
    try_and_expect("8.1.2", "6.1", 1);
    expect_still_downloadable();
}

static void bad_euicc_certificate_DPP_010(void **state)
{
    uint8_t bad[CERT_ISSUE_MAX];

    (void)state;
    memcpy(bad, card.own.der.p, card.own.der.n);
    bad[card.own.der.n - 1] ^= 1;
    card.change.euicc = slice_of(bad, card.own.der.n);
    try_and_expect("8.1.3", "6.1", 3);
    expect_still_downloadable();
}

static void expired_eum_certificate_DPP_010(void **state)
{
    struct made_cert eum, own;

    (void)state;
    world_issue(&w, ROLE_EUM, &w.ci, NULL, NOW_S - 1, &eum);
    world_issue(&w, ROLE_EUICC, &eum, card.eid, NOW_S + 900 * DAY_S, &own);
    card.change.eum = eum.der;
    card.change.euicc = own.der;
    try_and_expect("8.1.2", "6.3", 2);
    eum.buf[eum.der.n - 1] ^= 1; /* expired first, whatever else it is */
    try_and_expect("8.1.2", "6.3", 2);
    signer_close(&eum.signer);
    signer_close(&own.signer);
    expect_still_downloadable();
}

static void expired_euicc_certificate_DPP_010(void **state)
{
    struct made_cert own;

    (void)state;
    world_issue(&w, ROLE_EUICC, &w.eum, card.eid, NOW_S - 1, &own);
    card.change.euicc = own.der;
    try_and_expect("8.1.3", "6.3", 4);
    signer_close(&own.signer);
    expect_still_downloadable();
}

/* EID 12345.. under an EUM that may issue 89049032 only */
static void eid_outside_the_eum_DPP_010(void **state)
{
    static const char digits[] = "12345000000000000000000000000186";
    struct made_cert own;
    uint8_t eid[16];

    (void)state;
    assert_int_equal(eid_from_digits(slice_str(digits), eid), E_OK);
    world_issue(&w, ROLE_EUICC, &w.eum, eid, NOW_S + 900 * DAY_S, &own);
    card.change.euicc = own.der;
    try_and_expect("8.1.3", "6.1", 3);
    signer_close(&own.signer);
    expect_still_downloadable();
}

static void unknown_ci_DPP_012(void **state)
{
    struct made_cert ci, eum, own;

    (void)state;
    world_issue(&w, ROLE_CI, NULL, NULL, NOW_S + 900 * DAY_S, &ci);
    world_issue(&w, ROLE_EUM, &ci, NULL, NOW_S + 900 * DAY_S, &eum);
    world_issue(&w, ROLE_EUICC, &eum, card.eid, NOW_S + 900 * DAY_S, &own);
    card.change.eum = eum.der;
    card.change.euicc = own.der;
    try_and_expect("8.11.1", "3.9", 9);
    signer_close(&ci.signer);
    signer_close(&eum.signer);
    signer_close(&own.signer);
    expect_still_downloadable();
}

/* ---- orders ---- */

static void default_server_and_event_DPP_007(void **state)
{
    struct smdp_confirm_order waiting = { .eid = SLICE_OF(card.eid),
                                          .matching_id = SLICE_EMPTY,
                                          .release = true };
    struct smdp_confirm_order event = { .eid = SLICE_OF(card.eid),
                                        .matching_id = SLICE_LIT("EVENT-001"),
                                        .smds_address = SLICE_LIT("smds.example.com"),
                                        .release = true };
    struct profile a, b, c;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &waiting, &a);
    world_confirm(&w, &(struct stock){ 0 }, &waiting, &b);
    world_confirm(&w, &(struct stock){ 0 }, &event, &c);
    assert_int_equal(a.matching_id.n, 0);
    card.change.matching_id = SLICE_NONE;
    card_download(&card);
    assert_state(&w, &a, DOWNLOADED);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &a, INSTALLED);
    card.change.matching_id = SLICE_EMPTY;
    card_download(&card);
    assert_state(&w, &b, DOWNLOADED);
    card.change.matching_id = SLICE_LIT("EVENT-001");
    card_download(&card);
    assert_state(&w, &c, DOWNLOADED);
}

/* Of several for one EID: what can no longer be had does not keep the eUICC from what can. */
static void a_dead_order_is_passed_over_DPP_007(void **state)
{
    struct smdp_confirm_order mortal = { .eid = SLICE_OF(card.eid),
                                         .matching_id = SLICE_EMPTY,
                                         .release = true,
                                         .expires_ms = w.now_ms + 1000 };
    struct smdp_confirm_order named = { .eid = SLICE_OF(card.eid), .release = true };
    struct profile late, other;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &mortal, &late);
    world_confirm(&w, &(struct stock){ 0 }, &named, &other);
    card.change.matching_id = SLICE_NONE;
    card_initiate(&card);
    card_authenticate(&card);
    assert_success(&w);
    assert_int_equal(world_order(&w, &late).attempts, 1); /* in time: no matching id comes first */
    w.now_ms += 1000;
    card_download(&card);
    assert_state(&w, &other, DOWNLOADED);
    assert_state(&w, &late, RELEASED);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &other, INSTALLED);
    try_and_expect("8.8.5", "4.10", 127); /* nothing better waits any more */
    expect_still_downloadable();
}

static void nothing_waits_for_this_eid(void **state)
{
    (void)state;
    card.change.matching_id = SLICE_NONE;
    try_and_expect("8.1.1", "3.8", 7);
    expect_still_downloadable();
}

static void order_of_another_eid_DPP_009(void **state)
{
    uint8_t other[16];
    struct smdp_confirm_order r = { .eid = SLICE_OF(other), .release = true };
    struct profile theirs;

    (void)state;
    memcpy(other, card.eid, sizeof other);
    other[14] ^= 0x11;
    world_confirm(&w, &(struct stock){ 0 }, &r, &theirs);
    card.change.matching_id = theirs.matching_id;
    try_and_expect("8.1.1", "3.8", 7);
    assert_state(&w, &theirs, RELEASED);
    expect_still_downloadable();
}

static void not_released_DPP_013(void **state)
{
    struct smdp_confirm_order r = { .release = false };
    struct profile waiting;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &waiting);
    card.change.matching_id = waiting.matching_id;
    try_and_expect("8.2", "1.2", 127);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_release_profile(w.smdp, SLICE_NONE, SLICE_OF(waiting.iccid), &w.turn),
                     E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
    card_download(&card);
    assert_state(&w, &waiting, DOWNLOADED);
}

static void policy_rule_forbidden_DPP_015(void **state)
{
    struct profile ruled;

    (void)state;
    world_release(&w, &(struct stock){ .policy_rules = 1u << PPR_1 }, &ruled);
    card.change.matching_id = ruled.matching_id;
    card.change.forbidden_rules = 1u << PPR_1;
    try_and_expect("8.2.5", "4.3", 8);
    card.change.forbidden_rules = 1u << PPR_2; /* another rule does not matter */
    card_download(&card);
    assert_state(&w, &ruled, DOWNLOADED);
}

static void expired_order_DPP_016(void **state)
{
    struct smdp_confirm_order r = { .release = true, .expires_ms = w.now_ms + 1000 };
    struct profile late, later;

    (void)state;
    world_confirm(&w, &(struct stock){ 0 }, &r, &late);
    world_confirm(&w, &(struct stock){ 0 }, &r, &later);
    card.change.matching_id = later.matching_id;
    card_initiate(&card);
    card_authenticate(&card);
    assert_success(&w); /* still in time */
    w.now_ms += 1000;
    card_get_package(&card);
    assert_refused(&w, "8.8.5", "4.10");
    assert_state(&w, &later, RELEASED);
    card.change.matching_id = late.matching_id;
    try_and_expect("8.8.5", "4.10", 127);
    assert_state(&w, &late, RELEASED);
}

static void attempts_used_up_DPP_016(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        card_initiate(&card);
        card_authenticate(&card);
        assert_success(&w);
        assert_int_equal(world_order(&w, &profile).attempts, i + 1);
    }
    for (unsigned i = 0; i < 2; i++) {
        card_initiate(&card);
        card_authenticate(&card);
        assert_refused(&w, "8.8.5", "6.4");
        assert_state(&w, &profile, ERROR);
    }
}

static void too_little_memory_DPP_017(void **state)
{
    struct profile big;

    (void)state;
    world_release(&w, &(struct stock){ .size = 0x1000 }, &big); /* the card has 0x0FFF */
    card.change.matching_id = big.matching_id;
    card.change.ext_card_resource = SLICE_LIT("\x81\x01\x00\x82\x02\x0F\xFF");
    try_and_expect("8.1", "4.8", 11);
    card.change.ext_card_resource = SLICE_LIT("\x81\x01\x00\x82\x02\x10\x00");
    card_download(&card);
    assert_state(&w, &big, DOWNLOADED);
}

static void installed_order_is_over(void **state)
{
    (void)state;
    card_download(&card);
    world_notify(&w, card_installation_result(&card, 0));
    card_initiate(&card);
    card_authenticate(&card);
    assert_refused(&w, "8.2.6", "3.8");
    assert_state(&w, &profile, INSTALLED);
}

static void twice_in_one_session_DPP_025(void **state)
{
    (void)state;
    card_initiate(&card);
    card_authenticate(&card);
    assert_success(&w);
    card_authenticate(&card);
    assert_refused(&w, "8.10.1", "3.9");
    card_get_package(&card); /* the first is unharmed */
    assert_success(&w);
    assert_int_equal(world_order(&w, &profile).attempts, 1);
}

static void error_from_the_card_ends_the_session_DPP_028(void **state)
{
    (void)state;
    card.change.error_response = true;
    try_and_expect("8.1", "6.1", 5);
    card.change.error_response = false;
    card_authenticate(&card);
    assert_refused(&w, "8.10.1", "3.9");
    expect_still_downloadable();
}

/* Checked over the octets as received, known fields processed. */
static void newer_cards_are_served_COM_002_DPP_018(void **state)
{
    (void)state;
    card.change.newer = true;
    card_download(&card);
    assert_state(&w, &profile, DOWNLOADED);
    card.change.break_signature = true;
    card_initiate(&card);
    card_authenticate(&card);
    assert_refused(&w, "8.1", "6.1");
}

/* The list comes when the server knows the chain already; without it all is well again. */
static void revoked_certificates(void **state)
{
    struct revocations *r = revocations_open();

    (void)state;
    w.keys.now->trust.revocations = r;
    card.change.matching_id = SLICE_LIT("NOBODY-KNOWS-ME");
    try_and_expect("8.2.6", "3.8", 6);
    card.change.matching_id = profile.matching_id;
    revoking(r, &w.keys.now->trust, &w.eum.cert, &w.eum.signer, SLICE_LIT("\x77"), NOW_S);
    revoking(r, &w.keys.now->trust, &w.ci.cert, &w.ci.signer, w.eum.cert.serial, NOW_S);
    try_and_expect("8.1.2", "6.1", 1);
    revoking(r, &w.keys.now->trust, &w.eum.cert, &w.eum.signer, card.own.cert.serial, NOW_S);
    try_and_expect("8.1.3", "6.1", 3);
    revoking(r, &w.keys.now->trust, &w.eum.cert, &w.eum.signer, SLICE_NONE, NOW_S);
    expect_still_downloadable();
    w.keys.now->trust.revocations = NULL;
    revocations_close(r);
}

static void verified_chain_is_not_verified_again(void **state)
{
    uint64_t before;

    (void)state;
    card_download(&card);
    before = chain_cache_hits(w.keys.now->trust.cache);
    card_download(&card);
    assert_true(chain_cache_hits(w.keys.now->trust.cache) > before);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(unknown_matching_id_DPP_008),
        TEST(bad_signature_DPP_011),
        TEST(other_server_challenge_DPP_011),
        TEST(other_server_address_is_signed),
        TEST(unknown_transaction_DPP_014),
        TEST(unknown_transaction_in_signed_part_DPP_014),
        TEST(bad_eum_certificate_DPP_010),
        TEST(eum_that_names_no_authority_DPP_010),
        TEST(bad_euicc_certificate_DPP_010),
        TEST(expired_eum_certificate_DPP_010),
        TEST(expired_euicc_certificate_DPP_010),
        TEST(eid_outside_the_eum_DPP_010),
        TEST(unknown_ci_DPP_012),
        TEST(default_server_and_event_DPP_007),
        TEST(a_dead_order_is_passed_over_DPP_007),
        TEST(nothing_waits_for_this_eid),
        TEST(order_of_another_eid_DPP_009),
        TEST(not_released_DPP_013),
        TEST(policy_rule_forbidden_DPP_015),
        TEST(expired_order_DPP_016),
        TEST(attempts_used_up_DPP_016),
        TEST(too_little_memory_DPP_017),
        TEST(installed_order_is_over),
        TEST(twice_in_one_session_DPP_025),
        TEST(error_from_the_card_ends_the_session_DPP_028),
        TEST(newer_cards_are_served_COM_002_DPP_018),
        TEST(revoked_certificates),
        TEST(verified_chain_is_not_verified_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
