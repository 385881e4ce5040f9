/*
 * The JSON bindings: COM-012 (extra member ignored; missing, wrong type, bad base64, bad UTF-8,
 * non-hex transactionId refused, each naming the member), status codes, and the shapes of ESipa.
 */
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

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

/* GetBoundProfilePackage whose eUICC answered downloadErrorCode 4, transactionId 01. */
#define GOOD "{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}"

static const struct {
    const char *body;
    enum err err;
    const char *path;
} requests[] = {
    { GOOD, E_OK, "" },
    { "{\"extra\":[1,{}],\"transactionId\":\"01\","
      "\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}",
      E_OK, "" },
    { "{\"TransactionID\":\"01\",\"preparedownloadresponse\":\"vyEIoQaA\\nAQECAQQ\"}", E_OK, "" },
    { "{\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}", E_MISSING, "transactionId" },
    { "{\"transactionId\":\"01\"}", E_MISSING, "prepareDownloadResponse" },
    { "{\"transactionId\":1,\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}", E_SYNTAX,
      "transactionId" },
    { "{\"transactionId\":\"0G\",\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}", E_SYNTAX,
      "transactionId" },
    { "{\"transactionId\":\"\",\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}", E_SIZE,
      "transactionId" },
    { "{\"transactionId\":\"0102030405060708090A0B0C0D0E0F1011\","
      "\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}",
      E_SIZE, "transactionId" },
    { "{\"transactionId\":\"01\",\"prepareDownloadResponse\":{}}", E_SYNTAX,
      "prepareDownloadResponse" },
    { "{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vyEI*QaAAQECAQQ=\"}", E_SYNTAX,
      "prepareDownloadResponse" },
    { "{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vzgIoQaAAQECAQQ=\"}", E_TAG,
      "prepareDownloadResponse" },
    { "{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vyEIoQaAAQECAQ==\"}", E_TRUNCATED,
      "prepareDownloadResponse" },
    { "{\"transactionId\":\"0\xFF\",\"prepareDownloadResponse\":\"vyEIoQaAAQECAQQ=\"}", E_SYNTAX,
      "transactionId" },
    { "{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vyEIoQaA\xC0\x80\"}", E_SYNTAX,
      "prepareDownloadResponse" },
    { "[]", E_SYNTAX, "" },
    { "{", E_SYNTAX, "" },
    { "", E_SYNTAX, "" },
};

static void test_requests(void **state)
{
    const struct json_function *f = function(JSON_ES9PLUS, "getBoundProfilePackage");

    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct get_bound_profile_package_request_es9 r;
        struct fault fault = { .err = E_OK };
        char path[100];
        enum err e = json_read_request(f, slice_str(requests[i].body), &arena, &r, &fault);

        if (e != requests[i].err)
            fail_msg("%s: %s", requests[i].body, err_name(e));
        if (!e) {
            assert_true(slice_eq(r.transaction_id, SLICE_LIT("\x01")));
            assert_int_equal(r.prepare_download_response.n, 11);
        } else {
            fault_path(&fault, path, sizeof path);
            assert_string_equal(path, requests[i].path);
        }
    }
}

/* The fault goes on into the element that the member carries. */
static void test_fault_inside_an_element(void **state)
{
    struct get_bound_profile_package_request_es9 r;
    struct fault f;
    char path[200];

    (void)state;
    assert_int_equal(
        json_read_request(
            function(JSON_ES9PLUS, "getBoundProfilePackage"),
            slice_str("{\"transactionId\":\"01\",\"prepareDownloadResponse\":\"vyEFoQOAAQE=\"}"),
            &arena, &r, &f),
        E_MISSING);
    assert_string_equal(fault_path(&f, path, sizeof path),
                        "prepareDownloadResponse.downloadResponseError.downloadErrorCode");
}

static void test_failed_response(void **state)
{
    const struct json_function *f = function(JSON_ES9PLUS, "authenticateClient");
    struct authenticate_client_response_es9 r = {
        .which = authenticate_client_response_es9_is_authenticate_client_error
    };
    struct json_status s;
    slice body;

    (void)state;
    r.authenticate_client_error = AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED;
    assert_int_equal(json_write_response(f, &r, NULL, &arena, &body, NULL), E_OK);
    assert_true(slice_eq_str(
        body, "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":{"
              "\"subjectCode\":\"8.2.6\",\"reasonCode\":\"3.8\"}}}}"));
    r.authenticate_client_error = 0;
    assert_int_equal(json_read_response(f, body, &arena, &r, &s, NULL), E_OK);
    assert_int_equal(r.authenticate_client_error, 6);
    assert_true(s.failed);
    assert_true(slice_eq_str(s.subject, "8.2.6"));
}

/* A role's own status, with a message that needs escaping. */
static void test_failure_with_message(void **state)
{
    struct json_status s = { .subject = slice_str("8.10.1"),
                             .reason = slice_str("3.9"),
                             .message = slice_str("say \"no\"\n") };
    slice body;

    (void)state;
    assert_int_equal(json_write_failure(&s, &arena, &body), E_OK);
    assert_true(slice_eq_str(
        body, "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":{"
              "\"subjectCode\":\"8.10.1\",\"reasonCode\":\"3.9\","
              "\"message\":\"say \\\"no\\\"\\u000a\"}}}}"));
}

static void test_response_needs_its_header(void **state)
{
    const struct json_function *f = function(JSON_ES9PLUS, "cancelSession");
    struct cancel_session_response_es9 r;
    struct fault fault;
    char path[100];

    (void)state;
    assert_int_equal(
        json_read_response(
            f,
            slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\""
                      "}}}"),
            &arena, &r, NULL, &fault),
        E_OK);
    assert_int_equal(r.which, cancel_session_response_es9_is_cancel_session_ok);
    assert_int_equal(json_read_response(f, slice_str("{}"), &arena, &r, NULL, &fault), E_MISSING);
    assert_string_equal(fault_path(&fault, path, sizeof path), "header");
    assert_int_equal(
        json_read_response(
            f, slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Fine\"}}}"),
            &arena, &r, NULL, &fault),
        E_SYNTAX);
}

static void test_cancel_session_is_a_bf41_in_json(void **state)
{
    const struct json_function *f = function(JSON_ES9PLUS, "cancelSession");
    struct cancel_session_request_es9 r = { .transaction_id = SLICE_LIT("\xAB"),
                                            .cancel_session_response =
                                                SLICE_LIT("\xBF\x41\x03\x81\x01\x05") };
    slice body;

    (void)state;
    assert_int_equal(json_write_request(f, &r, &arena, &body, NULL), E_OK);
    assert_true(
        slice_eq_str(body, "{\"transactionId\":\"AB\",\"cancelSessionResponse\":\"v0EDgQEF\"}"));
    assert_int_equal(json_read_request(f, body, &arena, &r, NULL), E_OK);
    assert_true(slice_eq(r.cancel_session_response, SLICE_LIT("\xA1\x03\x81\x01\x05")));
    assert_int_equal(json_write_request(f, &r, &arena, &body, NULL), E_OK);
    assert_true(
        slice_eq_str(body, "{\"transactionId\":\"AB\",\"cancelSessionResponse\":\"v0EDgQEF\"}"));
}

static void test_event_entries(void **state)
{
    const struct json_function *f = function(JSON_ES11, "authenticateClient");
    static const char body[] =
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}},"
        "\"transactionId\":\"0A\",\"eventEntries\":["
        "{\"eventId\":\"E1\",\"rspServerAddress\":\"a.example\"},"
        "{\"eventId\":\"E2\",\"rspServerAddress\":\"b.example\"}]}";
    struct authenticate_client_response_es11 r;
    struct event_entries e;
    slice made, rest;

    (void)state;
    assert_int_equal(json_read_response(f, slice_str(body), &arena, &r, NULL, NULL), E_OK);
    rest = r.authenticate_client_ok.event_entries;
    assert_true(schema_next(&T_event_entries, &rest, &e));
    assert_true(schema_next(&T_event_entries, &rest, &e));
    assert_true(slice_eq_str(e.event_id, "E2"));
    assert_false(schema_next(&T_event_entries, &rest, &e));
    assert_int_equal(json_write_response(f, &r, NULL, &arena, &made, NULL), E_OK);
    assert_true(slice_eq_str(made, body));
}

static void test_esipa_get_eim_package(void **state)
{
    const struct json_function *f =
        json_function_at(slice_str("/gsma/rsp2/esipa/getEimPackage"), JSON_ES9PLUS);
    static const char body[] =
        "{\"eidValue\":\"89049032123451234512345678901235\",\"notifyStateChange\":true,"
        "\"stateChangeCause\":1,\"rPlmn\":\"YvIQ\"}";
    struct get_eim_package_request q;
    struct get_eim_package_response r;
    slice made;

    (void)state;
    assert_non_null(f);
    assert_int_equal(json_read_request(f, slice_str(body), &arena, &q, NULL), E_OK);
    assert_int_equal(q.eid_value.n, 16);
    assert_int_equal(q.eid_value.p[0], 0x89);
    assert_true(q.notify_state_change);
    assert_int_equal(q.state_change_cause, 1);
    assert_true(slice_eq(q.r_plmn, SLICE_LIT("\x62\xF2\x10")));
    assert_int_equal(json_write_request(f, &q, &arena, &made, NULL), E_OK);
    assert_true(slice_eq_str(made, body));

    /* "no package" in both of its forms */
    assert_int_equal(
        json_read_response(f,
                           slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                     "\"Executed-Success\"}},\"eimPackageError\":1}"),
                           &arena, &r, NULL, NULL),
        E_OK);
    assert_int_equal(r.which, get_eim_package_response_is_eim_package_error);
    assert_int_equal(r.eim_package_error, 1);
    assert_int_equal(
        json_read_response(
            f,
            slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\","
                      "\"statusCodeData\":{\"subjectCode\":\"8.1.1\",\"reasonCode\":\"3.7\"}}}}"),
            &arena, &r, NULL, NULL),
        E_OK);
    assert_int_equal(r.eim_package_error, 1);

    /* a data request, BF52 03 5C 01 A2 */
    assert_int_equal(json_read_response(
                         f,
                         slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                   "\"Executed-Success\"}},\"ipaEuiccDataRequest\":\"v1IDXAGi\"}"),
                         &arena, &r, NULL, NULL),
                     E_OK);
    assert_int_equal(r.which, get_eim_package_response_is_ipa_euicc_data_request);
    assert_true(slice_eq(r.ipa_euicc_data_request.tag_list, SLICE_LIT("\xA2")));
    assert_int_equal(json_write_response(f, &r, NULL, &arena, &made, NULL), E_OK);
    assert_true(slice_eq_str(made, "{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                   "\"Executed-Success\"}},\"ipaEuiccDataRequest\":\"v1IDXAGi\"}"));
}

static void test_esipa_provide_eim_package_result(void **state)
{
    const struct json_function *f = function(JSON_ESIPA, "provideEimPackageResult");
    /* eimTransactionId 01, invalidPackageFormat: A0 06 800101 020101 */
    static const char body[] = "{\"eidValue\":\"89049032123451234512345678901235\","
                               "\"eimPackageResult\":\"oAaAAQECAQE=\"}";
    struct provide_eim_package_result q;
    struct provide_eim_package_result_response r = {
        .which = provide_eim_package_result_response_is_eim_acknowledgements
    };
    slice made;

    (void)state;
    assert_int_equal(json_read_request(f, slice_str(body), &arena, &q, NULL), E_OK);
    assert_int_equal(q.eim_package_result.which,
                     eim_package_result_is_eim_package_result_response_error);
    assert_int_equal(json_write_request(f, &q, &arena, &made, NULL), E_OK);
    assert_true(slice_eq_str(made, body));

    r.eim_acknowledgements = SLICE_LIT("\x80\x01\x07");
    assert_int_equal(json_write_response(f, &r, NULL, &arena, &made, NULL), E_OK);
    assert_true(slice_eq_str(made, "{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                   "\"Executed-Success\"}},\"eimAcknowledgements\":\"v1MDgAEH\"}"));
    assert_int_equal(json_read_response(f, made, &arena, &r, NULL, NULL), E_OK);
    assert_true(slice_eq(r.eim_acknowledgements, SLICE_LIT("\x80\x01\x07")));
    assert_int_equal(
        json_read_response(f,
                           slice_str("{\"header\":{\"functionExecutionStatus\":{\"status\":"
                                     "\"Executed-Success\"}}}"),
                           &arena, &r, NULL, NULL),
        E_OK);
    assert_int_equal(r.which, provide_eim_package_result_response_is_empty_response);
}

static void test_paths(void **state)
{
    const struct json_function *f =
        json_function_at(slice_str("/gsma/rsp2/es9plus/authenticateClient"), JSON_ES11);

    (void)state;
    assert_int_equal(f->function, ES11_AUTHENTICATE_CLIENT);
    assert_null(json_function_at(slice_str("/gsma/rsp2/es9plus/authenticateclient"), JSON_ES11));
    assert_null(json_function_at(slice_str("/gsma/rsp2/es9plus/"), JSON_ES9PLUS));
    assert_null(json_function_at(slice_str("/gsma/rsp2/asn1"), JSON_ES9PLUS));
    assert_null(function(JSON_ESIPA, "handleNotification")->response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fault_inside_an_element, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_response, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failure_with_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_response_needs_its_header, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_session_is_a_bf41_in_json, setup, teardown),
        cmocka_unit_test_setup_teardown(test_event_entries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_esipa_get_eim_package, setup, teardown),
        cmocka_unit_test_setup_teardown(test_esipa_provide_eim_package_result, setup, teardown),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
