/*
 * ES2+ and ES12 in JSON (SGP.22 6.5.2): what operators and servers send each other, as it stands in
 * the specification's own forms, and what is refused by the member's name.
 */
#include "rsp/json/json.h"
#include "rsp/sgp22.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "\"header\":{\"functionRequesterIdentifier\":\"RequesterID\",\"functionCallIdentifier\":"      \
    "\"TX-567\"}"
#define EID "89049032123451234500000000000186"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct json_function *function(enum json_interface i, const char *name)
{
    const struct json_function *f = json_function_find(i, slice_str(name));

    assert_non_null(f);
    return f;
}

static void download_order(void **state)
{
    const struct json_function *f = function(JSON_ES2PLUS, "downloadOrder");
    const char body[] = "{" HEADER ",\"eid\":\"" EID "\",\"iccid\":\"01234567890123456789\","
                        "\"profileType\":\"myProfileType\"}";
    static const uint8_t iccid[] = { 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x54, 0x76, 0x98 };
    struct download_order_request r;
    slice again;

    (void)state;
    assert_int_equal(json_read_request(f, slice_str(body), &arena, &r, NULL), E_OK);
    assert_true(slice_eq_str(r.header.function_requester_identifier, "RequesterID"));
    assert_true(slice_eq_str(r.header.function_call_identifier, "TX-567"));
    assert_memory_equal(r.eid.p, "\x89\x04\x90\x32", 4);
    assert_true(slice_eq(r.iccid, SLICE_OF(iccid)));
    assert_true(slice_eq_str(r.profile_type, "myProfileType"));
    assert_int_equal(json_write_request(f, &r, &arena, &again, NULL), E_OK);
    assert_true(slice_eq_str(again, body));
}

static void responses(void **state)
{
    static const uint8_t iccid[] = { 0x98, 0x00, 0x10, 0x10, 0x00, 0x00, 0x00, 0x00, 0x10, 0xF9 };
    static const char head[] =
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}";
    struct download_order_response order = {
        .which = download_order_response_is_ok,
        .ok = { .iccid = SLICE_OF(iccid) },
    };
    struct header_response plain = { .which = header_response_is_ok, .ok = true };
    struct confirm_order_response confirm;
    struct json_status status;
    char want[256];
    slice body;

    (void)state;
    assert_int_equal(json_write_response(function(JSON_ES2PLUS, "downloadOrder"), &order, NULL,
                                         &arena, &body, NULL),
                     E_OK);
    snprintf(want, sizeof want, "%s,\"iccid\":\"8900010100000000019\"}", head);
    assert_true(slice_eq_str(body, want));
    assert_int_equal(json_write_response(function(JSON_ES12, "registerEvent"), &plain, NULL, &arena,
                                         &body, NULL),
                     E_OK);
    snprintf(want, sizeof want, "%s}", head);
    assert_true(slice_eq_str(body, want));

    snprintf(want, sizeof want, "%s,\"eid\":\"%s\",\"matchingId\":\"\",\"smdpAddress\":\"a.b\"}",
             head, EID);
    assert_int_equal(json_read_response(function(JSON_ES2PLUS, "confirmOrder"), slice_str(want),
                                        &arena, &confirm, &status, NULL),
                     E_OK);
    assert_false(status.failed);
    assert_int_equal(confirm.ok.eid.n, 16);
    assert_non_null(confirm.ok.matching_id.p);
    assert_int_equal(confirm.ok.matching_id.n, 0);
}

/* A refusal has no integer here: its codes are the status. */
static void refusal(void **state)
{
    static const char body[] = "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\","
                               "\"statusCodeData\":{\"subjectCode\":\"8.9.5\",\"reasonCode\":"
                               "\"3.3\"}}}}";
    struct json_status status = { 0 };
    struct header_response r;

    (void)state;
    assert_int_equal(json_read_response(function(JSON_ES12, "registerEvent"), slice_str(body),
                                        &arena, &r, &status, NULL),
                     E_REFUSED);
    assert_true(status.failed);
    assert_true(slice_eq_str(status.subject, "8.9.5"));
    assert_true(slice_eq_str(status.reason, "3.3"));
}

static void progress(void **state)
{
    const struct json_function *f = function(JSON_ES2PLUS, "handleDownloadProgressInfo");
    const char body[] =
        "{" HEADER ",\"eid\":\"" EID "\",\"iccid\":\"8900010100000000019\","
        "\"profileType\":\"T\",\"timestamp\":\"2026-11-22T18:00:00Z\",\"notificationPointId\":4,"
        "\"notificationPointStatus\":{\"status\":\"Failed\",\"statusCodeData\":{\"subjectCode\":"
        "\"8.1\",\"reasonCode\":\"4.8\",\"message\":\"m\"}},\"resultData\":\"vzcA\"}";
    struct handle_download_progress_info_request r;
    slice again;

    (void)state;
    assert_int_equal(json_read_request(f, slice_str(body), &arena, &r, NULL), E_OK);
    assert_int_equal(r.notification_point_id, 4);
    assert_true(slice_eq_str(r.notification_point_status.status_code_data.reason_code, "4.8"));
    assert_true(slice_eq(r.result_data, SLICE_LIT("\xBF\x37\x00")));
    assert_int_equal(json_write_request(f, &r, &arena, &again, NULL), E_OK);
    assert_true(slice_eq_str(again, body));
}

#define CANCEL(rest) "{" HEADER ",\"iccid\":\"8900010100000000019\"" rest "}"

static const struct {
    const char *body;
    enum err err;
    const char *path;
} cancels[] = {
    { CANCEL(",\"finalProfileStatusIndicator\":\"Unavailable\""), E_OK, "" },
    { CANCEL(""), E_OK, "" },
    { CANCEL(",\"finalProfileStatusIndicator\":\"Gone\""), E_RANGE, "finalProfileStatusIndicator" },
    { CANCEL(",\"finalProfileStatusIndicator\":1"), E_SYNTAX, "finalProfileStatusIndicator" },
    { CANCEL(",\"eid\":\"89\""), E_SIZE, "eid" },
    { "{" HEADER "}", E_MISSING, "iccid" },
    { "{" HEADER ",\"iccid\":\"890001010000000001A\"}", E_SYNTAX, "iccid" },
    { "{" HEADER ",\"iccid\":\"89\"}", E_SIZE, "iccid" },
    { "{\"iccid\":\"8900010100000000019\"}", E_MISSING, "header" },
    { "{\"header\":7,\"iccid\":\"8900010100000000019\"}", E_SYNTAX, "header" },
    { "{\"header\":{\"functionCallIdentifier\":\"1\"},\"iccid\":\"8900010100000000019\"}",
      E_MISSING, "header.functionRequesterIdentifier" },
    { "{\"header\":{\"functionRequesterIdentifier\":\"\",\"functionCallIdentifier\":\"1\"},"
      "\"iccid\":\"8900010100000000019\"}",
      E_SIZE, "header.functionRequesterIdentifier" },
};

static void faults_are_named(void **state)
{
    const struct json_function *f = function(JSON_ES2PLUS, "cancelOrder");

    (void)state;
    for (size_t i = 0; i < COUNT(cancels); i++) {
        struct cancel_order_request r;
        struct fault fault = { 0 };
        char path[128];
        enum err e = json_read_request(f, slice_str(cancels[i].body), &arena, &r, &fault);

        fault_path(&fault, path, sizeof path);
        if (e != cancels[i].err || strcmp(e ? path : "", cancels[i].path) != 0)
            fail_msg("%s: %s at '%s'", cancels[i].body, err_text(e), path);
    }
}

static void paths(void **state)
{
    (void)state;
    assert_ptr_equal(json_function_at(SLICE_LIT("/gsma/rsp2/es2plus/cancelOrder"), JSON_ES9PLUS),
                     function(JSON_ES2PLUS, "cancelOrder"));
    assert_ptr_equal(json_function_at(SLICE_LIT("/gsma/rsp2/es12/deleteEvent"), JSON_ES9PLUS),
                     function(JSON_ES12, "deleteEvent"));
    assert_null(json_function_at(SLICE_LIT("/gsma/rsp2/es12/cancelOrder"), JSON_ES9PLUS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(download_order),   cmocka_unit_test(responses),
        cmocka_unit_test(refusal),          cmocka_unit_test(progress),
        cmocka_unit_test(faults_are_named), cmocka_unit_test(paths),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
