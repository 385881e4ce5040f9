/*
 * Downloads of the LPA, against an SM-DP+ and a card of ours, with one thing changed between them.
 * LPA-003: a server that is not the one of the activation code hears no AuthenticateClient.
 * LPA-006: the user rejects, postpones, is silent: reasons 0, 1, 2 at the server.
 * LPA-007: policy rules that the eUICC does not allow: reason 3, and nobody is asked.
 * LPA-008: the confirmation code; 8.2.7/3.8 asks again, 6.4 does not.
 * LPA-009: the package reaches the card in the segments of SGP.22 2.5.5.
 * LPA-011: the eUICC gives up without a result: reason 5.
 * LPA-014: a second download while the first is under way is refused.
 * LPA-016: without a matching id the profile is found by the EID.
 * LPA-019: header fields of every request.
 */
#include "lpa/shop.h"

static struct shop s;

static int set_up(void **state)
{
    (void)state;
    shop_open(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_close(&s);
    return 0;
}

#define ALL_OF_IT                                                                                  \
    " initiateAuthentication authenticateClient getBoundProfilePackage handleNotification"

static void a_download(void **state)
{
    struct ware w = { .number = 1 };

    (void)state;
    shop_order(&s, &w);
    shop_succeeds(&s, &w);
    assert_string_equal(shop_heard(&s), ALL_OF_IT);
    for (size_t i = 0; i < s.call_count; i++) {
        assert_string_equal(s.calls[i].agent, "gsma-rsp-lpad");
        assert_int_equal(strncmp(s.calls[i].protocol, "gsma/rsp/v", 10), 0);
        assert_string_equal(s.calls[i].host, SMDP_NAME);
    }
    /* BF36 with BF23; A0 with its first 87, A1, each 88, A2 (none here), A3, each 86 (2.5.5) */
    assert_contains(s.functions, " BF2E BF20 BF38 BF21 BF36 A0 A1 88 A3 86");
    assert_null(strstr(s.functions, "BF41"));
    assert_int_equal(s.consents, 1);
    assert_false(s.rules);
    assert_int_equal(shop_profiles(&s), 1);
}

/* ---- the server is another ---- */

static void another_oid(void **state)
{
    struct ware w = { .number = 1 };
    struct lpa_order order = { .address = SLICE_LIT(SMDP_NAME),
                               .matching_id = SLICE_LIT("MATCH-1") };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    order.oid = SLICE_LIT("2.999.11");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_CONFLICT);
    assert_contains(shop_said(&s), "OID");
    assert_string_equal(shop_heard(&s), " initiateAuthentication");
    order.oid = SLICE_LIT("not an OID");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_CONFLICT);
    order.oid = SLICE_LIT("2.999.10");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_OK);
}

/* ---- the user ---- */

static void the_user_does_not_want_it(void **state)
{
    static const struct {
        enum lpa_consent consent;
        int64_t reason;
        enum smdp_state after;
    } rows[] = {
        { LPA_POSTPONE, 1, SMDP_RELEASED },
        { LPA_NO_ANSWER, 2, SMDP_RELEASED },
        { LPA_REJECT, 0, SMDP_ERROR },
    };
    struct ware w = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.consent = rows[i].consent;
        assert_int_equal(shop_download(&s, &w, &done), E_REFUSED);
        assert_string_equal(shop_heard(&s),
                            " initiateAuthentication authenticateClient cancelSession");
        assert_int_equal(shop_reason(&s), rows[i].reason);
        assert_int_equal(shop_state(&s, &w), rows[i].after);
        assert_contains(shop_said(&s), "the user");
    }
}

static void rules_that_are_not_allowed(void **state)
{
    struct ware w = { .number = 1, .rules = 1u << PPR_1 };
    struct lpa_installed done;

    (void)state;
    s.personality.rat = SLICE_NONE;
    shop_reboot(&s);
    shop_order(&s, &w);
    assert_int_equal(shop_download(&s, &w, &done), E_REFUSED);
    assert_int_equal(shop_reason(&s), CANCEL_SESSION_PPR_NOT_ALLOWED);
    assert_int_equal(s.consents, 0);
    assert_contains(shop_said(&s), "policy rules");
}

/* Every operator may have PPR1, with the consent of the user. */

static void rules_that_are_allowed(void **state)
{
    static const uint8_t rat[] = { 0x30, 0x10, 0x80, 0x02, 0x06, 0x40, 0xA1, 0x07, 0x30,
                                   0x05, 0x80, 0x03, 0xEE, 0xEE, 0xEE, 0x82, 0x01, 0x00 };
    struct ware plain = { .number = 1 }, bound = { .number = 2, .rules = 1u << PPR_1 };
    struct lpa_installed done;

    (void)state;
    s.personality.rat = SLICE_OF(rat);
    shop_reboot(&s);
    shop_order(&s, &plain);
    shop_order(&s, &bound);
    shop_succeeds(&s, &plain);
    /* PPR1 comes alone: not beside another operational profile (2.9.2.4) */
    assert_int_equal(shop_download(&s, &bound, &done), E_REFUSED);
    assert_int_equal(shop_reason(&s), CANCEL_SESSION_PPR_NOT_ALLOWED);
    assert_int_equal(s.consents, 0);
    assert_int_equal(lpa_change(s.lpa, LPA_DELETE, SLICE_OF(plain.iccid), false), E_OK);
    bound.number = 3;
    shop_order(&s, &bound);
    assert_int_equal(shop_download(&s, &bound, &done), E_OK);
    assert_int_equal(s.consents, 1);
    assert_true(s.rules);
}

/* ---- confirmation codes ---- */

static void a_confirmation_code(void **state)
{
    struct ware w = { .number = 1, .code = "g\xC3\xA4nse-4711" };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    s.code[0] = NULL; /* nothing is typed: the order waits */
    assert_int_equal(shop_download(&s, &w, &done), E_REFUSED);
    assert_contains(shop_said(&s), "confirmation code");
    assert_int_equal(shop_reason(&s), CANCEL_SESSION_TIMEOUT);
    assert_int_equal(shop_state(&s, &w), SMDP_RELEASED);
    s.code[0] = "wrong";
    s.code[1] = w.code;
    shop_succeeds(&s, &w);
    assert_int_equal(s.codes, 2);
    assert_false(s.again[0]);
    assert_true(s.again[1]);
    assert_null(shop_last(&s, "cancelSession"));
}

static void a_code_given_with_the_order(void **state)
{
    struct ware w = { .number = 1, .code = "4711" };
    struct lpa_order order = { .address = SLICE_LIT(SMDP_NAME),
                               .matching_id = SLICE_LIT("MATCH-1"),
                               .code = SLICE_LIT("4712") };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    s.code[0] = NULL;
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->subject, "8.2.7");
    assert_string_equal(lpa_trouble(s.lpa)->reason, "3.8");
    assert_int_equal(s.codes, 1);
    assert_true(s.again[0]);
    assert_int_equal(shop_state(&s, &w), SMDP_RELEASED);
    order.code = SLICE_LIT("4711");
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_OK);
    assert_int_equal(s.codes, 1);
}

static void too_many_codes(void **state)
{
    struct ware w = { .number = 1, .code = "4711" };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    s.code[0] = s.code[1] = s.code[2] = "4712";
    s.code[3] = "4711";
    assert_int_equal(shop_download(&s, &w, &done), E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->subject, "8.2.7");
    assert_string_equal(lpa_trouble(s.lpa)->reason, "6.4");
    assert_int_equal(s.codes, 3);
    assert_int_equal(shop_profiles(&s), 0);
}

/* ---- the card ---- */

static void a_card_that_gives_up(void **state)
{
    struct ware w = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    s.fault_tag = 0x86;
    s.fault_skip = 2;
    s.fault_hex = "6A80";
    assert_int_equal(shop_download(&s, &w, &done), E_REFUSED);
    assert_int_equal(lpa_trouble(s.lpa)->sw, 0x6A80);
    assert_contains(shop_said(&s), "6A80");
    assert_int_equal(shop_reason(&s), CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR);
    assert_int_equal(shop_profiles(&s), 0);
}

static void a_card_that_is_pulled_out(void **state)
{
    struct ware w = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    s.fault_tag = 0x86;
    s.fault_hex = NULL;
    assert_int_equal(shop_download(&s, &w, &done), E_CLOSED);
    shop_reboot(&s);
    assert_int_equal(shop_profiles(&s), 0);
    if (shop_download(&s, &w, &done)) /* the order waits */
        fail_msg("%s", shop_said(&s));
}

/* What no eUICC answers: each is an error, and none is believed. */
static void a_card_that_talks_nonsense(void **state)
{
    static const struct {
        unsigned tag;
        const char *hex;
    } rows[] = {
        { 0xBF2E, "9000" },
        { 0xBF2E, "BF2E129000" },
        { 0xBF2E, "BF2E0380010A9000" },
        { 0xBF20, "6D00" },
        { 0xBF38, "BF38009000" },
        { 0xBF38, "30009000" },
        { 0xBF21, "BF2103A101019000" },
        { 0xBF21, "6985" },
        { 0xBF36, "BF37039F0101"
                  "9000" },
        { 0xA3, "BF37009000" },
    };
    struct ware w = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &w);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.fault_tag = rows[i].tag;
        s.fault_skip = 0;
        s.fault_hex = rows[i].hex;
        if (!shop_download(&s, &w, &done))
            fail_msg("%X answered %s: the download went on", rows[i].tag, rows[i].hex);
        assert_int_equal(s.fault_tag, 0);
        assert_int_equal(done.iccid[0], 0);
        w = (struct ware){ .number = w.number + 1 }; /* the session's end may end the order */
        shop_order(&s, &w);
    }
    if (shop_download(&s, &w, &done))
        fail_msg("%s", shop_said(&s));
}

/* ---- one at a time; by EID ---- */

static enum err second, info;

static void another_download(struct shop *shop)
{
    struct lpa_order order = { .address = SLICE_LIT(SMDP_NAME) };
    struct lpa_installed done;
    struct euicc_info2 out;

    second = lpa_download(shop->lpa, &order, &done);
    info = lpa_info2(shop->lpa, &out);
}

static void one_at_a_time(void **state)
{
    struct ware w = { .number = 1 };

    (void)state;
    shop_order(&s, &w);
    second = info = E_OK;
    s.meanwhile = another_download;
    shop_succeeds(&s, &w);
    assert_int_equal(second, E_STATE);
    assert_int_equal(info, E_STATE);
    assert_string_equal(shop_heard(&s), ALL_OF_IT);
}

static void found_by_the_eid(void **state)
{
    struct ware w = { .number = 1, .for_this_card = true };

    (void)state;
    shop_order(&s, &w);
    shop_succeeds(&s, &w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_download),
        TEST(another_oid),
        TEST(the_user_does_not_want_it),
        TEST(rules_that_are_not_allowed),
        TEST(rules_that_are_allowed),
        TEST(a_confirmation_code),
        TEST(a_code_given_with_the_order),
        TEST(too_many_codes),
        TEST(a_card_that_gives_up),
        TEST(a_card_that_is_pulled_out),
        TEST(a_card_that_talks_nonsense),
        TEST(one_at_a_time),
        TEST(found_by_the_eid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
