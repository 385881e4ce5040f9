/*
 * The JSON bindings of ES2+, ES9+, ES11, ES12 (SGP.22 6.5) and ESipa (SGP.32 6.4): the same C
 * structs as the ASN.1 bindings, read from and written as JSON objects. The members follow from the
 * schema tables:
 *
 *   transactionId, eimTransactionId  upper-case hex
 *   eidValue, eid                    32 digits
 *   iccid                            its digits, 18 to 20
 *   euiccChallenge, rPlmn            base64 of the octets
 *   UTF8, INTEGER, BOOLEAN, NULL     string, number, true/false, true
 *   everything else                  base64 of the complete element (certificates: 30.., signatures
 *                                    5F37.., key ids 04..; bare values are read as well)
 *
 * Reading matches names without regard to case, ignores members it does not know, tolerates white
 * space and missing padding in base64, and applies every limit of the table. The struct's slices
 * point into the arena. What is not acceptable is an error whose fault names the member.
 *
 * A response is its CHOICE: the successful arm's members stand in the object beside `header`; an
 * error integer becomes a failed header with the status code of rsp/status.h, and back.
 */
#ifndef DUNLIN_RSP_JSON_JSON_H
#define DUNLIN_RSP_JSON_JSON_H

#include "base/arena.h"
#include "der/schema.h"
#include "rsp/status.h"

enum json_interface { JSON_ES2PLUS, JSON_ES9PLUS, JSON_ES11, JSON_ES12, JSON_ESIPA };

struct json_function {
    enum json_interface interface;
    const char *name; /* "initiateAuthentication", the last part of the path */
    enum rsp_function function;
    const struct type *request;
    const struct type *response; /* a CHOICE; NULL: answered with 204 and no body */
};

/* By name, which is compared exactly; NULL when the interface has no such function. */
const struct json_function *json_function_find(enum json_interface i, slice name);
/*
 * By request path: /gsma/rsp2/<interface>/<name> (es2plus, es9plus, es12, esipa). An SM-DS is
 * reached under the es9plus paths (SGP.22 6.5.2): a server that is one passes JSON_ES11 as
 * `es9plus_is`.
 */
const struct json_function *json_function_at(slice path, enum json_interface es9plus_is);

/* header.functionExecutionStatus. Absent slices: not given. */
struct json_status {
    bool failed;
    bool warning; /* Executed-WithWarning */
    slice subject, reason, subject_identifier, message;
};

/* request is the C struct of f->request. */
MUST_USE enum err json_read_request(const struct json_function *f, slice body, struct arena *a,
                                    void *request, struct fault *fault);
MUST_USE enum err json_write_request(const struct json_function *f, const void *request,
                                     struct arena *a, slice *body, struct fault *fault);

/*
 * response is the C struct of f->response. A failed status is E_OK: the error arm is set, *status
 * (may be NULL) keeps the codes as they came.
 */
MUST_USE enum err json_read_response(const struct json_function *f, slice body, struct arena *a,
                                     void *response, struct json_status *status,
                                     struct fault *fault);
/* status NULL: Executed-Success, or the status code of the error arm. */
MUST_USE enum err json_write_response(const struct json_function *f, const void *response,
                                      const struct json_status *status, struct arena *a,
                                      slice *body, struct fault *fault);
/* A response that is its header alone: for requests that could not even be read. */
MUST_USE enum err json_write_failure(const struct json_status *status, struct arena *a,
                                     slice *body);

#endif
