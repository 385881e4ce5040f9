/*
 * The message tables of SGP.22, type by type.
 *
 *   COM-001  an unknown element in the middle and at the end is skipped
 *   COM-003  every strict prefix of every message is refused
 *   COM-004  lengths beyond the buffer, lengths of length > 4, octets behind the message
 *   COM-007  arms of CHOICEs without tags of their own: A0, A1, 8x for INTEGER arms
 *   COM-010  NotificationEvent: install, enable, disable, delete; unused-bit variants decode
 */
#include "rsp/sgp22.h"

#include "der/schema_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* clang-format off */
#define ADDRESS_OF(c, ...) &T_##c,
static const struct type *const types[] = {
    SGP22_COMMON_TYPES(ADDRESS_OF, ADDRESS_OF, ADDRESS_OF, ADDRESS_OF)
    SGP22_ES8_TYPES(ADDRESS_OF, ADDRESS_OF, ADDRESS_OF, ADDRESS_OF)
    SGP22_ES10_TYPES(ADDRESS_OF, ADDRESS_OF, ADDRESS_OF, ADDRESS_OF)
    SGP22_ES9_TYPES(ADDRESS_OF, ADDRESS_OF, ADDRESS_OF, ADDRESS_OF)
};
/* clang-format on */

#define SEEDS 6

static slice sample(const struct type *t, uint64_t seed)
{
    static uint8_t buf[65536];
    slice s;

    if (schema_sample(t, seed, buf, sizeof buf, &s) != E_OK)
        fail_msg("no sample of %s", t->name);
    return s;
}

static void test_samples_decode_and_encode_to_the_same_octets(void **state)
{
    static uint8_t again[65536];
    static union {
        uint64_t align;
        uint8_t octets[4096];
    } value;

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            slice s = sample(types[i], seed), out;

            assert_true(types[i]->size <= sizeof value);
            assert_int_equal(schema_decode(types[i], s, &value, NULL), E_OK);
            assert_int_equal(schema_encode(types[i], &value, again, sizeof again, &out, NULL),
                             E_OK);
            if (!slice_eq(s, out))
                fail_msg("%s changes, seed %u", types[i]->name, (unsigned)seed);
        }
}

/* COM-003; the copy has exactly the size of the prefix, so that an over-read is seen. */
static void test_every_strict_prefix_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            slice s = sample(types[i], seed);

            for (size_t n = 0; n < s.n; n += 1 + n / 64) {
                uint8_t *cut = malloc(n ? n : 1);

                memcpy(cut, s.p, n);
                if (schema_check(types[i], slice_of(cut, n), NULL) == E_OK)
                    fail_msg("%s: prefix of %zu octets accepted", types[i]->name, n);
                free(cut);
            }
        }
}

/* 9F7F 01 00 spliced into the content of a SEQUENCE, `at` octets behind its start. */
static slice splice(slice whole, size_t at, uint8_t *buf)
{
    static const uint8_t unknown[] = { 0x9F, 0x7F, 0x01, 0x00 };
    struct tlv e;
    size_t head;

    assert_int_equal(der_one(whole, &e), E_OK);
    head = der_put_head(e.tag, e.value.n + sizeof unknown, buf);
    memcpy(buf + head, e.value.p, at);
    memcpy(buf + head + at, unknown, sizeof unknown);
    memcpy(buf + head + at + sizeof unknown, e.value.p + at, e.value.n - at);
    return slice_of(buf, head + e.value.n + sizeof unknown);
}

/* COM-001 */
static void test_unknown_elements_are_skipped(void **state)
{
    static uint8_t buf[65536];

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            slice s = sample(types[i], seed);
            struct der_reader r;
            struct tlv e;

            if (types[i]->kind != K_SEQ)
                continue;
            assert_int_equal(der_one(s, &e), E_OK);
            r = der_reader(e.value);
            for (;;) {
                size_t at = e.value.n - r.in.n;

                if (schema_check(types[i], splice(s, at, buf), NULL) != E_OK)
                    fail_msg("%s: unknown element at %zu", types[i]->name, at);
                if (!der_more(&r))
                    break;
                der_take(&r);
            }
        }
}

/* COM-001: the known members are processed, not only tolerated. */
static void test_known_members_around_an_unknown_one(void **state)
{
    static const uint8_t in[] = { 0x30, 0x0D, 0x80, 0x03, 0x62, 0xF2, 0x10, 0x9F,
                                  0x7F, 0x01, 0x00, 0x82, 0x02, 0x01, 0x02 };
    struct operator_id id;

    (void)state;
    assert_int_equal(schema_decode(&T_operator_id, SLICE_OF(in), &id, NULL), E_OK);
    assert_int_equal(id.mcc_mnc.n, 3);
    assert_null(id.gid1.p);
    assert_true(slice_eq(id.gid2, SLICE_LIT("\x01\x02")));
}

/* COM-004 */
static void test_lengths_and_leftovers(void **state)
{
    static const struct {
        slice in;
        enum err err;
    } cases[] = {
        { { (const uint8_t *)"\xBF\x2E\x12\x80\x10QQQQQQQQQQQQQQQQ", 21 }, E_OK },
        { { (const uint8_t *)"\xBF\x2E\x12\x80\x10QQQQQQQQQQQQQQQQ\x00", 22 }, E_TRAILING },
        { { (const uint8_t *)"\xBF\x2E\x84\xFF\xFF\xFF\xFF\x80\x10QQQQQQQQQQQQQQQQ", 25 },
          E_TRUNCATED },
        { { (const uint8_t *)"\xBF\x2E\x85\x00\x00\x00\x00\x12\x80\x10QQQQQQQQQQQQQQQQ", 26 },
          E_LENGTH },
        { { (const uint8_t *)"\xBF\x2E\x80\x80\x10QQQQQQQQQQQQQQQQ\x00\x00", 23 }, E_LENGTH },
        { { (const uint8_t *)"\xBF\x2E\x12\x80\x84\xFF\xFF\xFF\xFFQQQQQQQQQQQQ", 21 },
          E_TRUNCATED },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t *exact = malloc(cases[i].in.n);

        memcpy(exact, cases[i].in.p, cases[i].in.n);
        assert_int_equal(
            schema_check(&T_get_euicc_challenge_response, slice_of(exact, cases[i].in.n), NULL),
            cases[i].err);
        free(exact);
    }
}

static void expect_encoding(const struct type *t, const void *value, const char *octets, size_t n)
{
    uint8_t buf[256];
    slice out;

    assert_int_equal(schema_encode(t, value, buf, sizeof buf, &out, NULL), E_OK);
    assert_true(slice_eq(out, slice_of(octets, n)));
}
#define EXPECT(t, v, s) expect_encoding(&T_##t, &(v), s, sizeof(s) - 1)

/* COM-007 for BF38, BF21 and the responses that are integers. */
static void test_arms_of_untagged_choices(void **state)
{
    struct authenticate_server_response a = { .which = 2 };
    struct prepare_download_response p = { .which = 2 };
    struct cancel_session_response_es9 c = { .which = 1, { .cancel_session_ok = true } };
    struct get_bound_profile_package_response_es9 g = { .which = 2 };
    struct list_notification_response l = { .which = 1 };

    (void)state;
    a.authenticate_response_error.transaction_id = SLICE_LIT("\x01");
    a.authenticate_response_error.authenticate_error_code = AUTHENTICATE_ERROR_INVALID_OID;
    a.authenticate_response_error.has_authenticate_error_code = true;
    EXPECT(authenticate_server_response, a, "\xBF\x38\x08\xA1\x06\x80\x01\x01\x02\x01\x05");
    p.download_response_error.transaction_id = SLICE_LIT("\x01");
    p.download_response_error.download_error_code = DOWNLOAD_ERROR_UNDEFINED;
    p.download_response_error.has_download_error_code = true;
    EXPECT(prepare_download_response, p, "\xBF\x21\x08\xA1\x06\x80\x01\x01\x02\x01\x7F");
    EXPECT(cancel_session_response_es9, c, "\xBF\x41\x02\xA0\x00");
    g.get_bound_profile_package_error = GET_BPP_INVALID_TRANSACTION_ID;
    EXPECT(get_bound_profile_package_response_es9, g, "\xBF\x3A\x03\x81\x01\x5F");
    l.notification_metadata_list = SLICE_EMPTY;
    EXPECT(list_notification_response, l, "\xBF\x28\x02\xA0\x00");
}

/* Some stacks tag the error code 81 instead of 02. */
static void test_error_code_under_its_other_tag(void **state)
{
    struct authenticate_server_response a;

    (void)state;
    assert_int_equal(schema_decode(&T_authenticate_server_response,
                                   SLICE_LIT("\xBF\x38\x08\xA1\x06\x80\x01\x01\x81\x01\x07"), &a,
                                   NULL),
                     E_OK);
    assert_int_equal(a.which, authenticate_server_response_is_authenticate_response_error);
    assert_int_equal(a.authenticate_response_error.authenticate_error_code, 7);
}

/* COM-010 */
static void test_notification_events(void **state)
{
    static const struct {
        const char *octets;
        enum notification_event event;
    } canonical[] = { { "\xBF\x28\x04\x81\x02\x07\x80", NOTIFICATION_INSTALL },
                      { "\xBF\x28\x04\x81\x02\x06\x40", NOTIFICATION_ENABLE },
                      { "\xBF\x28\x04\x81\x02\x05\x20", NOTIFICATION_DISABLE },
                      { "\xBF\x28\x04\x81\x02\x04\x10", NOTIFICATION_DELETE } };
    struct list_notification_request r;

    (void)state;
    for (size_t i = 0; i < COUNT(canonical); i++) {
        uint8_t bits[DER_BITS_MAX], loose[7];
        struct list_notification_request made = { .profile_management_operation = der_bits_make(
                                                      1u << canonical[i].event, bits) };

        expect_encoding(&T_list_notification_request, &made, canonical[i].octets, 7);
        memcpy(loose, canonical[i].octets, 7);
        loose[5] = 0; /* all eight bits used */
        assert_int_equal(schema_decode(&T_list_notification_request, SLICE_OF(loose), &r, NULL),
                         E_OK);
        assert_int_equal(der_bits(r.profile_management_operation), 1u << canonical[i].event);
    }
}

/* The examples of sgp22.md 1.8 in the order of the specification's functions. */
static void test_example_requests(void **state)
{
    static const uint8_t iccid[] = { 0x98, 0, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x14 };
    struct enable_profile_request e = { .refresh_flag = true, .has_refresh_flag = true };
    struct delete_profile_request d = { .which = delete_profile_request_is_iccid };
    struct retrieve_notifications_list_request n = { .search_criteria = { .which = 1 } };
    struct notification_sent_request s = { .seq_number = 128, .has_seq_number = true };
    struct profile_info_list_request p = { .tag_list = SLICE_LIT(
                                               "\x5A\x4F\x9F\x70\x90\x91\x92\x93\x95\x99\xB6") };

    (void)state;
    e.profile_identifier.which = profile_identifier_is_iccid;
    e.profile_identifier.iccid = SLICE_OF(iccid);
    EXPECT(enable_profile_request, e,
           "\xBF\x31\x11\xA0\x0C\x5A\x0A\x98\x00\x10\x32\x54\x76\x98\x10\x32\x14\x81\x01\xFF");
    d.iccid = SLICE_OF(iccid);
    EXPECT(delete_profile_request, d,
           "\xBF\x33\x0C\x5A\x0A\x98\x00\x10\x32\x54\x76\x98\x10\x32\x14");
    n.search_criteria.seq_number = 5;
    EXPECT(retrieve_notifications_list_request, n, "\xBF\x2B\x05\xA0\x03\x80\x01\x05");
    EXPECT(notification_sent_request, s, "\xBF\x30\x04\x80\x02\x00\x80");
    EXPECT(profile_info_list_request, p,
           "\xBF\x2D\x0D\x5C\x0B\x5A\x4F\x9F\x70\x90\x91\x92\x93\x95\x99\xB6");
}

/* The card's BF41 becomes A1 inside the request of ES9+, and can be read back as a BF41. */
static void test_cancel_session_response_is_retagged(void **state)
{
    static const char card[] = "\xBF\x41\x03\x81\x01\x05";
    struct cancel_session_request_es9 r = { .transaction_id = SLICE_LIT("\x01"),
                                            .cancel_session_response = SLICE_LIT(card) };
    struct cancel_session_response c;
    uint8_t buf[64], back[64];
    struct der_writer w = der_writer(back, sizeof back);
    slice out;

    (void)state;
    EXPECT(cancel_session_request_es9, r, "\xBF\x41\x08\x80\x01\x01\xA1\x03\x81\x01\x05");
    assert_int_equal(schema_encode(&T_cancel_session_request_es9, &r, buf, sizeof buf, &out, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_cancel_session_request_es9, out, &r, NULL), E_OK);
    der_put_rehead(&w, 0xBF41, r.cancel_session_response);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_true(slice_eq(out, SLICE_LIT(card)));
    assert_int_equal(schema_decode(&T_cancel_session_response, out, &c, NULL), E_OK);
    assert_int_equal(c.cancel_session_response_error, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_decode_and_encode_to_the_same_octets),
        cmocka_unit_test(test_every_strict_prefix_is_refused),
        cmocka_unit_test(test_unknown_elements_are_skipped),
        cmocka_unit_test(test_known_members_around_an_unknown_one),
        cmocka_unit_test(test_lengths_and_leftovers),
        cmocka_unit_test(test_arms_of_untagged_choices),
        cmocka_unit_test(test_error_code_under_its_other_tag),
        cmocka_unit_test(test_notification_events),
        cmocka_unit_test(test_example_requests),
        cmocka_unit_test(test_cancel_session_response_is_retagged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
