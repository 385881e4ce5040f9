/*
 * The mapping of status codes to error integers: EIM-033, EIM-035, EIM-037 (as far as the numbers
 * go), and the ESipa rows of SGP.32 6.4.
 */
#include "rsp/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct row {
    enum rsp_function f;
    const char *subject, *reason;
    int64_t code;
};

/* clang-format off */
static const struct row rows[] = {
    { ESIPA_INITIATE_AUTHENTICATION, "8.8.1", "3.8", 1 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.8.3", "3.1", 2 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.8.2", "3.1", 3 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.9.2", "3.1", 3 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.8.1", "3.10", 50 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.8", "3.10", 51 },
    { ESIPA_INITIATE_AUTHENTICATION, "8.31.2", "3.10", 52 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1.2", "6.1", 1 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1.2", "6.3", 2 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1.3", "6.1", 3 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1.3", "6.3", 4 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1", "6.1", 5 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.2.6", "3.8", 6 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1.1", "3.8", 7 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.2.5", "4.3", 8 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.11.1", "3.9", 9 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.10.1", "3.9", 10 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.1", "4.8", 11 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.2.8", "1.2", 50 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.9.5", "3.9", 56 },
    { ESIPA_AUTHENTICATE_CLIENT, "8.8.5", "4.10", 127 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.1", "6.1", 1 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.2.7", "2.2", 2 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.2.7", "3.8", 3 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.2.7", "6.4", 4 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.2", "3.7", 5 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.8.5", "4.10", 6 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.8.5", "6.4", 6 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.10.1", "3.9", 95 },
    { ESIPA_GET_BOUND_PROFILE_PACKAGE, "8.2.9", "3.11", 50 },
    { ESIPA_GET_EIM_PACKAGE, "8.1.1", "3.7", 1 },
    { ESIPA_GET_EIM_PACKAGE, "8.1.1", "3.9", 2 },
    { ESIPA_GET_EIM_PACKAGE, "8.1.1", "2.1", 3 },
    { ESIPA_GET_EIM_PACKAGE, "8.1.1", "2.2", 4 },
    { ES9_CANCEL_SESSION, "8.10.1", "3.9", 1 },
    { ES11_AUTHENTICATE_CLIENT, "8.9.5", "3.9", 6 },
};
/* clang-format on */

static void test_status_to_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(
            status_to_code(rows[i].f, slice_str(rows[i].subject), slice_str(rows[i].reason)),
            rows[i].code);
}

/* 3.10 is not 3.1, and a number that nobody knows is undefinedError. */
static void test_codes_are_text(void **state)
{
    (void)state;
    assert_int_equal(
        status_to_code(ES9_INITIATE_AUTHENTICATION, slice_str("8.8.2"), slice_str("3.10")), 127);
    assert_int_equal(
        status_to_code(ES9_INITIATE_AUTHENTICATION, slice_str("8.8.20"), slice_str("3.1")), 127);
    assert_int_equal(status_to_code(ES9_INITIATE_AUTHENTICATION, SLICE_NONE, SLICE_NONE), 127);
}

/* Out and in again gives the same integer, for every function. */
static void test_code_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct status s = status_of_code(rows[i].f, rows[i].code);

        assert_non_null(s.subject);
        assert_int_equal(status_to_code(rows[i].f, slice_str(s.subject), slice_str(s.reason)),
                         rows[i].code);
        assert_non_null(status_subject_text(slice_str(s.subject)));
        assert_non_null(status_reason_text(slice_str(s.reason)));
    }
}

static void test_sentences(void **state)
{
    char buf[128];

    (void)state;
    assert_string_equal(status_sentence(slice_str("8.2.6"), slice_str("3.8"), buf, sizeof buf),
                        "The matching id is unknown or was refused.");
    assert_string_equal(status_sentence(slice_str("8.2.10"), slice_str("4.2"), buf, sizeof buf),
                        "8.2.10/4.2 (bound profile package: execution error)");
    assert_string_equal(status_sentence(slice_str("77"), slice_str("9.9"), buf, sizeof buf),
                        "77/9.9 (subject not known: reason not known)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_to_code),
        cmocka_unit_test(test_codes_are_text),
        cmocka_unit_test(test_code_round_trip),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
