/* What is asked over ES12 and ES15, octet by octet, and how answers are understood. */
#include "es12/es12.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define EID_OCTETS "\x89\x04\x90\x32\x12\x34\x51\x23\x45\x00\x00\x00\x00\x00\x01\x86"
#define HEADER                                                                                     \
    "{\"header\":{\"functionRequesterIdentifier\":\"smdp.example.com\","                           \
    "\"functionCallIdentifier\":\"1234\"},\"eid\":\"89049032123451234500000000000186\","

static struct arena arena;
static struct turn turn;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    turn_init(&turn, &arena, NULL, 1234);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct es12_to to = {
    .host = SLICE_LIT("smds.example.com:8447"),
    .requester = SLICE_LIT("smdp.example.com"),
    .trust = SLICE_LIT("es12"),
    .resume = SLICE_LIT("place"),
};

static void expect_call(const char *path, const char *body)
{
    assert_int_equal(turn.want, TURN_UPSTREAM);
    assert_true(slice_eq_str(turn.upstream.host, "smds.example.com:8447"));
    assert_true(slice_eq_str(turn.upstream.path, path));
    assert_true(slice_eq_str(turn.upstream.trust, "es12"));
    assert_true(slice_eq_str(turn.upstream.resume, "place"));
    assert_true(slice_eq_str(turn.upstream.body, body));
}

static void registering(void **state)
{
    struct register_event_request r = { .eid = SLICE_LIT(EID_OCTETS),
                                        .rsp_server_address = SLICE_LIT("smdp.example.com"),
                                        .event_id = SLICE_LIT("E-1"),
                                        .forwarding_indicator = true };
    struct es12_to root = to;

    (void)state;
    assert_int_equal(es12_register(&to, &r, &turn), E_OK);
    expect_call("/gsma/rsp2/es12/registerEvent",
                HEADER "\"rspServerAddress\":\"smdp.example.com\",\"eventId\":\"E-1\","
                       "\"forwardingIndicator\":true}");
    root.root = true;
    r.forwarding_indicator = false;
    assert_int_equal(es12_register(&root, &r, &turn), E_OK);
    expect_call("/gsma/rsp2/es15/registerEvent",
                HEADER "\"rspServerAddress\":\"smdp.example.com\",\"eventId\":\"E-1\","
                       "\"forwardingIndicator\":false}");
}

static void deleting(void **state)
{
    const struct delete_event_request r = { .eid = SLICE_LIT(EID_OCTETS),
                                            .event_id = SLICE_LIT("E-1") };

    (void)state;
    assert_int_equal(es12_delete(&to, &r, &turn), E_OK);
    expect_call("/gsma/rsp2/es12/deleteEvent", HEADER "\"eventId\":\"E-1\"}");
}

#define ANSWER(status) "{\"header\":{\"functionExecutionStatus\":{\"status\":\"" status "\""
#define FAILED(subject, reason)                                                                    \
    ANSWER("Failed")                                                                               \
    ",\"statusCodeData\":{\"subjectCode\":\"" subject "\",\"reasonCode\":\"" reason "\"}}}}"

static void answers(void **state)
{
    static const struct {
        bool reached;
        int status;
        const char *body;
        enum es12_outcome outcome;
    } rows[] = {
        { true, 200, ANSWER("Executed-Success") "}}}", ES12_DONE },
        { true, 200, ANSWER("Executed-WithWarning") "}}}", ES12_DONE },
        { true, 200, FAILED("8.9.5", "3.3"), ES12_EXISTS },
        { true, 200, FAILED("8.9.5", "3.9"), ES12_UNKNOWN },
        { true, 200, FAILED("8.9.5", "3.90"), ES12_FAILED },
        { true, 200, FAILED("8.9", "3.9"), ES12_FAILED },
        { true, 200, FAILED("8.9", "5.1"), ES12_FAILED },
        { true, 200, ANSWER("Expired") "}}}", ES12_FAILED },
        { true, 200, "{}", ES12_FAILED },
        { true, 200, "", ES12_FAILED },
        { true, 200, "<html>", ES12_FAILED },
        { true, 204, "", ES12_FAILED },
        { true, 403, ANSWER("Executed-Success") "}}}", ES12_FAILED },
        { true, 503, "", ES12_FAILED },
        { false, 0, "", ES12_UNREACHABLE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct es12_answer a = { rows[i].reached, rows[i].status, slice_str(rows[i].body) };

        assert_int_equal(es12_outcome(&a, &arena), rows[i].outcome);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = { T(registering), T(deleting), T(answers) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
