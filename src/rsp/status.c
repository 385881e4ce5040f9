#include "rsp/status.h"

/* clang-format off */

/*
 * Function, integer, subject, reason. The first row of an integer is its way out; a reason ANY
 * takes every other reason of the subject on the way in.
 */
#define ANY NULL
#define CODES(X)                                                                                   \
    X(ES9_INITIATE_AUTHENTICATION,       1, "8.8.1",  "3.8")                                       \
    X(ES9_INITIATE_AUTHENTICATION,       2, "8.8.3",  "3.1")                                       \
    X(ES9_INITIATE_AUTHENTICATION,       3, "8.8.2",  "3.1")                                       \
    X(ES9_INITIATE_AUTHENTICATION,       3, "8.8.4",  "3.7")                                       \
    X(ES11_INITIATE_AUTHENTICATION,      1, "8.9.1",  "3.8")                                       \
    X(ES11_INITIATE_AUTHENTICATION,      2, "8.9.3",  "3.1")                                       \
    X(ES11_INITIATE_AUTHENTICATION,      3, "8.9.2",  "3.1")                                       \
    X(ES11_INITIATE_AUTHENTICATION,      3, "8.9.4",  "3.7")                                       \
    X(ESIPA_INITIATE_AUTHENTICATION,    50, "8.8.1",  "3.10")                                      \
    X(ESIPA_INITIATE_AUTHENTICATION,    51, "8.8",    "3.10")                                      \
    X(ESIPA_INITIATE_AUTHENTICATION,    52, "8.31.2", "3.10")                                      \
    X(ES9_AUTHENTICATE_CLIENT,           1, "8.1.2",  "6.1")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           2, "8.1.2",  "6.3")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           3, "8.1.3",  "6.1")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           4, "8.1.3",  "6.3")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           5, "8.1",    "6.1")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           6, "8.2.6",  "3.8")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           6, "8.2.6",  ANY)                                         \
    X(ES9_AUTHENTICATE_CLIENT,           7, "8.1.1",  "3.8")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           7, "8.1.1",  ANY)                                         \
    X(ES9_AUTHENTICATE_CLIENT,           8, "8.2.5",  "4.3")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           8, "8.2.5",  ANY)                                         \
    X(ES9_AUTHENTICATE_CLIENT,           9, "8.11.1", "3.9")                                       \
    X(ES9_AUTHENTICATE_CLIENT,           9, "8.11.1", ANY)                                         \
    X(ES9_AUTHENTICATE_CLIENT,          10, "8.10.1", "3.9")                                       \
    X(ES9_AUTHENTICATE_CLIENT,          10, "8.10.1", ANY)                                         \
    X(ES9_AUTHENTICATE_CLIENT,          11, "8.1",    "4.8")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          1, "8.1.2",  "6.1")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          2, "8.1.2",  "6.3")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          3, "8.1.3",  "6.1")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          4, "8.1.3",  "6.3")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          5, "8.1",    "6.1")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          6, "8.9.5",  "3.9")                                       \
    X(ES11_AUTHENTICATE_CLIENT,          7, "8.10.1", "3.9")                                       \
    X(ESIPA_AUTHENTICATE_CLIENT,        50, "8.2.8",  "1.2")                                       \
    X(ESIPA_AUTHENTICATE_CLIENT,        56, "8.9.5",  "3.9")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     1, "8.1",    "6.1")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     1, "8.1",    ANY)                                         \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     2, "8.2.7",  "2.2")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     3, "8.2.7",  "3.8")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     4, "8.2.7",  "6.4")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     5, "8.2",    "3.7")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     6, "8.8.5",  "4.10")                                      \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,     6, "8.8.5",  ANY)                                         \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,    95, "8.10.1", "3.9")                                       \
    X(ES9_GET_BOUND_PROFILE_PACKAGE,    95, "8.10.1", ANY)                                         \
    X(ESIPA_GET_BOUND_PROFILE_PACKAGE,  50, "8.2.9",  "3.11")                                      \
    X(ES9_CANCEL_SESSION,                1, "8.10.1", "3.9")                                       \
    X(ES9_CANCEL_SESSION,                1, "8.10.1", ANY)                                         \
    X(ES9_CANCEL_SESSION,                2, "8.1",    "6.1")                                       \
    X(ESIPA_GET_EIM_PACKAGE,             1, "8.1.1",  "3.7")                                       \
    X(ESIPA_GET_EIM_PACKAGE,             2, "8.1.1",  "3.9")                                       \
    X(ESIPA_GET_EIM_PACKAGE,             3, "8.1.1",  "2.1")                                       \
    X(ESIPA_GET_EIM_PACKAGE,             4, "8.1.1",  "2.2")                                       \
    X(ESIPA_PROVIDE_EIM_PACKAGE_RESULT,  2, "8.1.1",  "3.9")                                       \
    X(ESIPA_PROVIDE_EIM_PACKAGE_RESULT,  3, "8.1.1",  "2.1")                                       \
    X(ESIPA_PROVIDE_EIM_PACKAGE_RESULT,  4, "8.1.1",  "2.2")

#define CODE_ROW(f, code, subject, reason)  { f, code, subject, reason },
/* clang-format on */

static const struct {
    enum rsp_function function;
    int code;
    const char *subject, *reason;
} codes[] = { CODES(CODE_ROW) };

/* Whose rows a function uses after its own; itself: nobody else's. */
static enum rsp_function next_function(enum rsp_function f)
{
    switch (f) {
    case ESIPA_INITIATE_AUTHENTICATION:
        return ES9_INITIATE_AUTHENTICATION;
    case ESIPA_AUTHENTICATE_CLIENT:
        return ES9_AUTHENTICATE_CLIENT;
    case ESIPA_GET_BOUND_PROFILE_PACKAGE:
        return ES9_GET_BOUND_PROFILE_PACKAGE;
    case ESIPA_CANCEL_SESSION:
        return ES9_CANCEL_SESSION;
    case ES9_INITIATE_AUTHENTICATION:
        return ES11_INITIATE_AUTHENTICATION;
    default:
        return f;
    }
}

static struct status undefined_error(enum rsp_function f)
{
    switch (f) {
    case ES11_INITIATE_AUTHENTICATION:
    case ES11_AUTHENTICATE_CLIENT:
        return (struct status){ "8.9", "4.2" };
    case ESIPA_GET_EIM_PACKAGE:
    case ESIPA_PROVIDE_EIM_PACKAGE_RESULT:
    case ESIPA_HANDLE_NOTIFICATION:
        return (struct status){ "1.2", "4.2" };
    default:
        return (struct status){ "8.8", "4.2" };
    }
}

struct status status_of_code(enum rsp_function f, int64_t code)
{
    for (enum rsp_function g = f;; g = next_function(g)) {
        for (size_t i = 0; i < COUNT(codes); i++)
            if (codes[i].function == g && codes[i].code == code)
                return (struct status){ codes[i].subject, codes[i].reason };
        if (g == next_function(g))
            return undefined_error(f);
    }
}

/* 0: no row. */
static int find_code(enum rsp_function f, slice subject, slice reason, bool any_reason)
{
    for (size_t i = 0; i < COUNT(codes); i++) {
        bool fits = any_reason ? codes[i].reason == ANY
                               : codes[i].reason && slice_eq_str(reason, codes[i].reason);

        if (codes[i].function == f && fits && slice_eq_str(subject, codes[i].subject))
            return codes[i].code;
    }
    return 0;
}

int64_t status_to_code(enum rsp_function f, slice subject, slice reason)
{
    for (int any_reason = 0; any_reason < 2; any_reason++)
        for (enum rsp_function g = f;; g = next_function(g)) {
            int code = find_code(g, subject, reason, any_reason != 0);

            if (code)
                return code;
            if (g == next_function(g))
                break;
        }
    return STATUS_UNDEFINED;
}
