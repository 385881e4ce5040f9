/*
 * ES2+ and ES12: what operators ask of an SM-DP+, and an SM-DP+ of an SM-DS (SGP.22 5.3, 5.9,
 * 6.5.2). They have a JSON binding only (rsp/json). The tags here are ours, so that one table
 * serves limits, reading and writing as everywhere; they are never on a wire.
 */
#ifndef DUNLIN_RSP_SGP22_ES2_H
#define DUNLIN_RSP_SGP22_ES2_H

#include "der/schema.h"
#include "rsp/names.h"

/* clang-format off */

#define FINAL_PROFILE_STATUS(V)                                                                    \
    V(FINAL_PROFILE_AVAILABLE, 0, "Available")                                                     \
    V(FINAL_PROFILE_UNAVAILABLE, 1, "Unavailable")

#define SGP22_ES2_VALUES(X)                                                                        \
    X(final_profile_status, FINAL_PROFILE_STATUS)

/* ---- what every function has (6.5.1.3, 6.5.1.4) */

#define FUNCTION_HEADER(F, S)                                                                      \
    F(S, UTF8, 0x80, M, 1, 255, function_requester_identifier, "functionRequesterIdentifier", 0)   \
    F(S, UTF8, 0x81, M, 1, 255, function_call_identifier,      "functionCallIdentifier", 0)

#define STATUS_CODE_DATA(F, S)                                                                     \
    F(S, UTF8, 0x80, M, 1,  32, subject_code,       "subjectCode", 0)                              \
    F(S, UTF8, 0x81, M, 1,  32, reason_code,        "reasonCode", 0)                               \
    F(S, UTF8, 0x82, O, 0, 255, subject_identifier, "subjectIdentifier", 0)                        \
    F(S, UTF8, 0x83, O, 0, 255, message,            "message", 0)

#define FUNCTION_STATUS(F, S)                                                                      \
    F(S, UTF8, 0x80, M, 1, 32, status,           "status", 0)                                      \
    F(S, SEQ,  0xA1, O, 0,  0, status_code_data, "statusCodeData", status_code_data)

/* An answer that is its header alone. */
#define HEADER_RESPONSE(F, S)                                                                      \
    F(S, NULL, 0xA0, M, 0, 0, ok, "ok", 0)

/* ---- ES2+ (5.3) */

#define DOWNLOAD_ORDER_REQUEST(F, S)                                                               \
    F(S, SEQ,    0xA0, M,  0,   0, header,       "header", function_header)                        \
    F(S, OCTETS, 0x81, O, 16,  16, eid,          "eid", 0)                                         \
    F(S, OCTETS, 0x82, O, 10,  10, iccid,        "iccid", 0)                                       \
    F(S, UTF8,   0x83, O,  1, 255, profile_type, "profileType", 0)
#define DOWNLOAD_ORDER_OK(F, S)                                                                    \
    F(S, OCTETS, 0x80, M, 10, 10, iccid, "iccid", 0)
#define DOWNLOAD_ORDER_RESPONSE(F, S)                                                              \
    F(S, SEQ, 0xA0, M, 0, 0, ok, "ok", download_order_ok)

/* An empty matchingId: the eUICC comes by its EID alone. An empty smdsAddress: as none (5.3.2). */
#define CONFIRM_ORDER_REQUEST(F, S)                                                                \
    F(S, SEQ,    0xA0, M,  0,   0, header,            "header", function_header)                   \
    F(S, OCTETS, 0x81, M, 10,  10, iccid,             "iccid", 0)                                  \
    F(S, OCTETS, 0x82, O, 16,  16, eid,               "eid", 0)                                    \
    F(S, UTF8,   0x83, O,  0, 255, matching_id,       "matchingId", 0)                             \
    F(S, UTF8,   0x84, O,  1, 255, confirmation_code, "confirmationCode", 0)                       \
    F(S, UTF8,   0x85, O,  0, 255, smds_address,      "smdsAddress", 0)                            \
    F(S, BOOL,   0x86, M,  0,   0, release_flag,      "releaseFlag", 0)
#define CONFIRM_ORDER_OK(F, S)                                                                     \
    F(S, OCTETS, 0x80, O, 16,  16, eid,          "eid", 0)                                         \
    F(S, UTF8,   0x81, M,  0, 255, matching_id,  "matchingId", 0)                                  \
    F(S, UTF8,   0x82, O,  0, 255, smdp_address, "smdpAddress", 0)
#define CONFIRM_ORDER_RESPONSE(F, S)                                                               \
    F(S, SEQ, 0xA0, M, 0, 0, ok, "ok", confirm_order_ok)

/* Peers leave the indicator out; then the profile is Available again. */
#define CANCEL_ORDER_REQUEST(F, S)                                                                 \
    F(S, SEQ,    0xA0, M,  0,   0, header,      "header", function_header)                         \
    F(S, OCTETS, 0x81, M, 10,  10, iccid,       "iccid", 0)                                        \
    F(S, OCTETS, 0x82, O, 16,  16, eid,         "eid", 0)                                          \
    F(S, UTF8,   0x83, O,  0, 255, matching_id, "matchingId", 0)                                   \
    F(S, INT,    0x84, O,  0,   1, final_profile_status_indicator, "finalProfileStatusIndicator",  \
      final_profile_status_names)

#define RELEASE_PROFILE_REQUEST(F, S)                                                              \
    F(S, SEQ,    0xA0, M,  0,  0, header, "header", function_header)                               \
    F(S, OCTETS, 0x81, M, 10, 10, iccid,  "iccid", 0)

/* timestamp: YYYY-MM-DDThh:mm:ssZ. resultData: ProfileInstallationResult, at point 4 */
#define HANDLE_DOWNLOAD_PROGRESS_INFO_REQUEST(F, S)                                                \
    F(S, SEQ,    0xA0, M,  0,   0, header,       "header", function_header)                        \
    F(S, OCTETS, 0x81, O, 16,  16, eid,          "eid", 0)                                         \
    F(S, OCTETS, 0x82, M, 10,  10, iccid,        "iccid", 0)                                       \
    F(S, UTF8,   0x83, M,  0, 255, profile_type, "profileType", 0)                                 \
    F(S, UTF8,   0x84, M, 20,  40, timestamp,    "timestamp", 0)                                   \
    F(S, INT,    0x85, M,  0, INT_MAX, notification_point_id, "notificationPointId", 0)            \
    F(S, SEQ,    0xA6, M,  0,   0, notification_point_status, "notificationPointStatus",           \
      function_status)                                                                             \
    F(S, OCTETS, 0x87, O,  1, INT_MAX, result_data, "resultData", 0)

/* ---- ES12, ES15 (5.9, 5.10) */

#define REGISTER_EVENT_REQUEST(F, S)                                                               \
    F(S, SEQ,    0xA0, M,  0,   0, header,               "header", function_header)                \
    F(S, OCTETS, 0x81, M, 16,  16, eid,                  "eid", 0)                                 \
    F(S, UTF8,   0x82, M,  1, 255, rsp_server_address,   "rspServerAddress", 0)                    \
    F(S, UTF8,   0x83, M,  1, 255, event_id,             "eventId", 0)                             \
    F(S, BOOL,   0x84, M,  0,   0, forwarding_indicator, "forwardingIndicator", 0)
#define DELETE_EVENT_REQUEST(F, S)                                                                 \
    F(S, SEQ,    0xA0, M,  0,   0, header,   "header", function_header)                            \
    F(S, OCTETS, 0x81, M, 16,  16, eid,      "eid", 0)                                             \
    F(S, UTF8,   0x82, M,  1, 255, event_id, "eventId", 0)

#define SGP22_ES2_TYPES(SEQ, CHOICE, LIST, PRIM)                                                   \
    SEQ(function_header, FUNCTION_HEADER, "header", 0x30, "SGP.22 6.5.1.3")                        \
    SEQ(status_code_data, STATUS_CODE_DATA, "statusCodeData", 0x30, "SGP.22 6.5.1.4")              \
    SEQ(function_status, FUNCTION_STATUS, "functionExecutionStatus", 0x30, "SGP.22 6.5.1.4")       \
    CHOICE(header_response, HEADER_RESPONSE, "Response", 0xBF01, "SGP.22 6.5.1.4")                      \
    SEQ(download_order_request, DOWNLOAD_ORDER_REQUEST, "DownloadOrder", 0x30, "SGP.22 5.3.1")     \
    SEQ(download_order_ok, DOWNLOAD_ORDER_OK, "DownloadOrderOk", 0x30, "SGP.22 5.3.1")             \
    CHOICE(download_order_response, DOWNLOAD_ORDER_RESPONSE, "DownloadOrderResponse", 0xBF01,      \
           "SGP.22 5.3.1")                                                                         \
    SEQ(confirm_order_request, CONFIRM_ORDER_REQUEST, "ConfirmOrder", 0x30, "SGP.22 5.3.2")        \
    SEQ(confirm_order_ok, CONFIRM_ORDER_OK, "ConfirmOrderOk", 0x30, "SGP.22 5.3.2")                \
    CHOICE(confirm_order_response, CONFIRM_ORDER_RESPONSE, "ConfirmOrderResponse", 0xBF01,         \
           "SGP.22 5.3.2")                                                                         \
    SEQ(cancel_order_request, CANCEL_ORDER_REQUEST, "CancelOrder", 0x30, "SGP.22 5.3.3")           \
    SEQ(release_profile_request, RELEASE_PROFILE_REQUEST, "ReleaseProfile", 0x30, "SGP.22 5.3.4")  \
    SEQ(handle_download_progress_info_request, HANDLE_DOWNLOAD_PROGRESS_INFO_REQUEST,              \
        "HandleDownloadProgressInfo", 0x30, "SGP.22 5.3.5")                                        \
    SEQ(register_event_request, REGISTER_EVENT_REQUEST, "RegisterEvent", 0x30, "SGP.22 5.9.1")     \
    SEQ(delete_event_request, DELETE_EVENT_REQUEST, "DeleteEvent", 0x30, "SGP.22 5.9.2")

SGP22_ES2_VALUES(NAMES_H)
SGP22_ES2_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
