/*
 * Classes of profiles (SGP.22 2.4.5): what a test profile leaves and comes back to, whoever
 * switches; what the emergency and the fallback remember when somebody else switches.
 */
#include "euicc/isdr/baseline.h"

#define D "8900000000000000046"

static void es10c(struct fixture *f, unsigned function, const char *iccid, int code)
{
    const uint8_t expected[] = { 0xBF, (uint8_t)function, 0x03, 0x80, 0x01, (uint8_t)code };
    slice answer =
        bench_es10_hex(&f->b, "BF%02X 11 A00C 5A0A %s 8101 00", function, iccid_hex(iccid));

    assert_true(slice_eq(answer, SLICE_OF(expected)));
    bench_select(&f->b);
}

static void enable_now(struct fixture *f, const char *iccid, int code)
{
    es10c(f, 0x31, iccid, code);
}

static void disable_now(struct fixture *f, const char *iccid, int code)
{
    es10c(f, 0x32, iccid, code);
}

/* A operational, B test, C provisioning, D a second test profile; all of them notify. */
static int setup_notifying_classes(void **state)
{
    static const struct meta operational = { .class = 2, .events = ALL_EVENTS },
                             test = { .class = 0, .events = ALL_EVENTS },
                             provisioning = { .class = 1, .events = ALL_EVENTS };
    struct fixture *f = open_card(state);

    bench_plant(&f->b, A, &operational);
    bench_plant(&f->b, B, &test);
    bench_plant(&f->b, C, &provisioning);
    bench_plant(&f->b, D, &test);
    return 0;
}

/* EUC-041: to a test profile, on to another one, back: the operational one, and nobody is told. */
static void EUC_041_silent_and_back(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    bench_expect_hex(&f->b, "BF30 03 8001 01", "BF30 03 8001 00"); /* that it was enabled */
    enable_now(f, B, 0);
    enable_now(f, D, 0);
    enable_now(f, C, 4);
    disable_now(f, D, 0);
    assert_string_equal(bench_enabled(&f->b), A);
    bench_expect_hex(&f->b, "BF2800", "BF28 02 A000");
    enable_now(f, C, 0); /* the same card, without a test profile: disable A, enable C */
    assert_int_equal(bench_es10_hex(&f->b, "BF2800").p[2] > 2, 1);
    assert_string_equal(bench_enabled(&f->b), C);
}

/* EUC-041: with nothing enabled before, nothing is enabled after. */
static void EUC_041_back_to_nothing(void **state)
{
    struct fixture *f = *state;

    enable_now(f, B, 0);
    enable_now(f, A, 4);
    disable_now(f, B, 0);
    assert_string_equal(bench_enabled(&f->b), "");
}

/* EUC-041: the eIM enables the test profile; the way back is the same. */
static void EUC_041_enabled_by_an_eim(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    assert_string_equal(enable(f, B), "830100");
    bench_reset(&f->b);
    enable_now(f, C, 4);
    disable_now(f, B, 0);
    assert_string_equal(bench_enabled(&f->b), A);
}

/* The profile to come back to is deleted meanwhile. */
static void EUC_041_former_profile_deleted(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    enable_now(f, B, 0);
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800100");
    disable_now(f, B, 0);
    assert_string_equal(bench_enabled(&f->b), "");
}

/* EUC-028: deleting the test profiles disables the one that is enabled: back to A. */
static void EUC_028_reset_of_test_profiles(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    enable_now(f, B, 0);
    bench_expect_hex(&f->b, "BF34 04 8202 0640", "BF34 03 8001 00");
    bench_boot(&f->b);
    assert_string_equal(bench_enabled(&f->b), A);
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
}

/* EUC-028: the operational one goes in the same reset. */
static void EUC_028_reset_of_both(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    enable_now(f, B, 0);
    bench_expect_hex(&f->b, "BF34 04 8202 06C0", "BF34 03 8001 00");
    bench_boot(&f->b);
    assert_string_equal(bench_enabled(&f->b), "");
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 1);
}

/* IEU-038: an LPA that disables the Emergency Profile ends the emergency. */
static void IEU_038_emergency_ends_with_its_profile(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF5B 03 8001 00", "BF5B 03 8001 00");
    bench_select(&f->b);
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"))),
        104);
    f->e1.counter--;
    disable_now(f, C, 0);
    eim_do(&f->b, &f->e1, "A0 02 A600");
    bench_expect_hex(&f->b, "BF5C 03 8001 00", "BF5C 03 8001 02");
    assert_string_equal(bench_enabled(&f->b), "");
}

/* IEU-037: after another switch away from the Fallback Profile there is nothing to return from. */
static void IEU_037_return_ends_with_another_switch(void **state)
{
    struct fixture *f = *state;

    set_fallback(f, B);
    bench_expect_hex(&f->b, "BF5D 03 8001 00", "BF5D 03 8001 00");
    bench_select(&f->b);
    enable_now(f, C, 0);
    enable_now(f, B, 0);
    bench_expect_hex(&f->b, "BF5E 03 8001 00", "BF5E 03 8001 06");
}

/* IEU-037 IEU-038: an emergency in between keeps the way back. */
static void IEU_037_return_outlives_an_emergency(void **state)
{
    struct fixture *f = *state;

    set_fallback(f, B);
    bench_expect_hex(&f->b, "BF5D 03 8001 00", "BF5D 03 8001 00");
    bench_select(&f->b);
    bench_expect_hex(&f->b, "BF5B 03 8001 00", "BF5B 03 8001 00");
    bench_select(&f->b);
    bench_expect_hex(&f->b, "BF5C 03 8001 00", "BF5C 03 8001 00");
    bench_select(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
    bench_expect_hex(&f->b, "BF5E 03 8001 00", "BF5E 03 8001 00");
    bench_select(&f->b);
    assert_string_equal(bench_enabled(&f->b), A);
}

/* EUC-025: PPR1 holds against a provisioning profile, not against a test profile. */
static int setup_rule_and_classes(void **state)
{
    static const struct meta ruled = { .class = 2, .pprs = 2, .owner = true },
                             test = { .class = 0 }, provisioning = { .class = 1 };
    struct fixture *f = open_card(state);

    bench_plant(&f->b, A, &ruled);
    bench_plant(&f->b, B, &test);
    bench_plant(&f->b, C, &provisioning);
    return 0;
}

static void EUC_025_policy_and_classes(void **state)
{
    struct fixture *f = *state;

    enable_now(f, A, 0);
    enable_now(f, C, 3);
    disable_now(f, A, 3);
    enable_now(f, B, 0);
    enable_now(f, C, 4);
    disable_now(f, B, 0);
    assert_string_equal(bench_enabled(&f->b), A);
}

#define NOTIFYING_CLASSES(f) cmocka_unit_test_setup_teardown(f, setup_notifying_classes, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTIFYING_CLASSES(EUC_041_silent_and_back),
        NOTIFYING_CLASSES(EUC_041_back_to_nothing),
        NOTIFYING_CLASSES(EUC_041_enabled_by_an_eim),
        NOTIFYING_CLASSES(EUC_041_former_profile_deleted),
        NOTIFYING_CLASSES(EUC_028_reset_of_test_profiles),
        NOTIFYING_CLASSES(EUC_028_reset_of_both),
        SPECIAL(IEU_038_emergency_ends_with_its_profile),
        SPECIAL(IEU_037_return_ends_with_another_switch),
        SPECIAL(IEU_037_return_outlives_an_emergency),
        cmocka_unit_test_setup_teardown(EUC_025_policy_and_classes, setup_rule_and_classes,
                                        teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
