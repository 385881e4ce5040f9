/*
 * The registry: every message is found by its tag and by its name, and the version that a peer
 * speaks is told from the octets. On samples of every message of every interface:
 *
 * COM-003: every strict prefix is a decode error, without an over-read (exact-size heap copies).
 * COM-004: a length beyond the buffer, a length of more than four octets, octets behind the end.
 */
#include "rsp/registry.h"

#include "base/text.h"
#include "der/schema_sample.h"
#include "rsp/reencode.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SEEDS = 12, SAMPLE_MAX = 16384 };

/* Calls check with samples of every registered message. */
static void each_sample(void (*check)(const struct type *t, slice sample))
{
    static uint8_t buf[SAMPLE_MAX];

    for (size_t i = 0; i < registry_count; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            slice sample;

            if (schema_sample(registry[i].type, seed, buf, sizeof buf, &sample) == E_OK)
                check(registry[i].type, sample);
        }
    }
}

static void is_found(const struct type *t, slice sample)
{
    const struct type *guess;

    assert_true(reencodes(t, sample));
    assert_int_equal(registry_strangers(t, sample), 0);
    if (!t->tag)
        return;
    guess = registry_guess(sample);
    assert_non_null(guess);
    assert_int_equal(schema_check(guess, sample, NULL), E_OK);
    assert_int_equal(registry_strangers(guess, sample), 0);
    assert_non_null(registry_named(slice_str(t->name), sample));
}

static void is_refused_when_cut(const struct type *t, slice sample)
{
    for (size_t n = 0; n < sample.n; n += n < 64 ? 1 : 37) {
        uint8_t *copy = malloc(n ? n : 1);

        memcpy(copy, sample.p, n);
        assert_int_not_equal(schema_check(t, slice_of(copy, n), NULL), E_OK);
        free(copy);
    }
}

static void is_refused_with_bad_length(const struct type *t, slice sample)
{
    uint8_t *copy = malloc(sample.n + 16);
    size_t head = der_put_head(t->tag, 0, NULL) - 1; /* octets of the tag */

    memcpy(copy, sample.p, head);
    memcpy(copy + head, "\x84\xFF\xFF\xFF\xFF", 5);
    memcpy(copy + head + 5, sample.p + head, sample.n - head);
    assert_int_equal(schema_check(t, slice_of(copy, sample.n + 5), NULL), E_TRUNCATED);
    memcpy(copy + head, "\x85\x00\x00\x00\x00\x00", 6);
    assert_int_equal(schema_check(t, slice_of(copy, sample.n + 5), NULL), E_LENGTH);
    memcpy(copy + head, "\x80", 1);
    assert_int_equal(schema_check(t, slice_of(copy, sample.n + 5), NULL), E_LENGTH);
    memcpy(copy, sample.p, sample.n);
    copy[sample.n] = 0;
    assert_int_equal(schema_check(t, slice_of(copy, sample.n + 1), NULL), E_TRAILING);
    free(copy);
}

static void with_bad_length(const struct type *t, slice sample)
{
    if (t->tag)
        is_refused_with_bad_length(t, sample);
}

static void test_every_message_is_found(void **state)
{
    (void)state;
    each_sample(is_found);
}

static void test_every_message_refuses_cuts(void **state)
{
    (void)state;
    each_sample(is_refused_when_cut);
}

static void test_every_message_refuses_bad_lengths(void **state)
{
    (void)state;
    each_sample(with_bad_length);
}

static slice hex(const char *text)
{
    static uint8_t buf[256];
    size_t n = 0;

    assert_int_equal(hex_decode(slice_str(text), buf, sizeof buf, &n), E_OK);
    return slice_of(buf, n);
}

/* The same tag, several meanings. */
static void test_versions_are_told_apart(void **state)
{
    static const struct {
        const char *octets;
        const struct type *expected;
    } rows[] = {
        { "BF4F03020101", &T_get_eim_package_response },
        { "BF4F125A1000000000000000000000000000000000", &T_get_eim_package_request },
        { "BF4F155A1000000000000000000000000000000000810101", &T_get_eim_package_request },
        { "BF4F175A1000000000000000000000000000000000810362F210", &T_v10_get_eim_package_request },
        { "BF5000", &T_v10_provide_eim_package_result_response },
        { "BF50023000", &T_provide_eim_package_result_response },
        { "BF5006BF5303800107", &T_provide_eim_package_result_response },
        { "BF500EBF510BA209800465696D31840105", &T_provide_eim_package_result },
        { "BF50123010BF510BA209800465696D31840105A000", &T_provide_eim_package_result },
        { "BF50153013BF510BA209800465696D31840105BF2B02A000", &T_v10_provide_eim_package_result },
        { "BF2D00", &T_profile_info_list_request },
        { "BF2D02A000", &T_profile_info_list_response },
        { "BF2D0381010B", &T_profile_info_list_response },
        { "BF5404A0028100", &T_profile_download_trigger_request },
        { "BF5405300380017F", &T_profile_download_trigger_result },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_ptr_equal(registry_guess(hex(rows[i].octets)), rows[i].expected);
}

static void test_names(void **state)
{
    (void)state;
    assert_ptr_equal(registry_named(SLICE_LIT("euiccpackagesigned"), SLICE_EMPTY),
                     &T_euicc_package_signed);
    assert_ptr_equal(registry_named(SLICE_LIT("GetEimPackageRequest"), SLICE_EMPTY),
                     &T_get_eim_package_request);
    assert_null(registry_named(SLICE_LIT("NoSuchType"), SLICE_EMPTY));
    assert_null(registry_guess(SLICE_EMPTY));
    assert_null(registry_guess(hex("DF7F00")));
    assert_ptr_equal(registry_guess(hex("BF4F03020101BF")), &T_get_eim_package_response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_is_found),
        cmocka_unit_test(test_every_message_refuses_cuts),
        cmocka_unit_test(test_every_message_refuses_bad_lengths),
        cmocka_unit_test(test_versions_are_told_apart),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
