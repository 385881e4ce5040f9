/*
 * Compact forms (SGP.32 6.3.2): what an IPA with minimizeEsipaBytes leaves out, and the answers of
 * the eUICC in which they may stand. Signatures are always over the full object, which the eIM
 * rebuilds before it forwards anything.
 *
 * `iot_` marks the SGP.32 form of a type that SGP.22 has under the same name.
 */
#ifndef DUNLIN_RSP_SGP32_COMPACT_H
#define DUNLIN_RSP_SGP32_COMPACT_H

#include "rsp/names.h"
#include "rsp/sgp22.h"

/* clang-format off */

/* ---- AuthenticateServer --------------------------------------------------------------------- */

#define COMPACT_EUICC_SIGNED1(F, S)                                                                \
    F(S, OCTETS, 0x84, M, 0, 0, ext_card_resource, "extCardResource", 0)                           \
    F(S, RAW,    0xA2, O, 0, 0, ctx_params1,       "ctxParams1", ctx_params1)

#define COMPACT_SIGNED_DATA(F, S)                                                                  \
    F(S, RAW, 0x30, M, 0, 0, euicc_signed1,         "euiccSigned1", euicc_signed1)                 \
    F(S, SEQ, 0xA0, M, 0, 0, compact_euicc_signed1, "compactEuiccSigned1", compact_euicc_signed1)

#define COMPACT_AUTHENTICATE_RESPONSE_OK(F, S)                                                     \
    F(S, CHOICE, 0,      M, 0,   0, signed_data,       "signedData", compact_signed_data)          \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_signature1,  "euiccSignature1", 0)                       \
    F(S, RAW,    0xA1,   O, 0,   0, euicc_certificate, "euiccCertificate", rsp_certificate)        \
    F(S, RAW,    0xA2,   O, 0,   0, eum_certificate,   "eumCertificate", rsp_certificate)

#define IOT_AUTHENTICATE_SERVER_RESPONSE(F, S)                                                     \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_response_ok,    "authenticateResponseOk",                \
      authenticate_response_ok)                                                                    \
    F(S, SEQ, 0xA1, M, 0, 0, authenticate_response_error, "authenticateResponseError",             \
      authenticate_response_error)                                                                 \
    F(S, SEQ, 0xA2, M, 0, 0, compact_authenticate_response_ok, "compactAuthenticateResponseOk",    \
      compact_authenticate_response_ok)

/* ---- PrepareDownload ------------------------------------------------------------------------ */

#define COMPACT_EUICC_SIGNED2(F, S)                                                                \
    F(S, OCTETS, 0x5F49, O,  1, 133, euicc_otpk, "euiccOtpk", 0)                                   \
    F(S, OCTETS, 0x04,   O, 32,  32, hash_cc,    "hashCc", 0)

#define COMPACT_PREPARE_DOWNLOAD_RESPONSE_OK(F, S)                                                 \
    F(S, SEQ,    0x30,   M, 0,   0, compact_euicc_signed2, "compactEuiccSigned2",                  \
      compact_euicc_signed2)                                                                       \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_signature2, "euiccSignature2", 0)

#define IOT_PREPARE_DOWNLOAD_RESPONSE(F, S)                                                        \
    F(S, SEQ, 0xA0, M, 0, 0, download_response_ok,    "downloadResponseOk",                        \
      prepare_download_response_ok)                                                                \
    F(S, SEQ, 0xA1, M, 0, 0, download_response_error, "downloadResponseError",                     \
      prepare_download_response_error)                                                             \
    F(S, SEQ, 0xA2, M, 0, 0, compact_download_response_ok, "compactDownloadResponseOk",            \
      compact_prepare_download_response_ok)

/* ---- notifications -------------------------------------------------------------------------- */

/* Absent simaResponse: 30 07 A0 05 30 03 80 01 00 (SGP.32 5.14.7). */
#define COMPACT_SUCCESS_RESULT(F, S)                                                               \
    F(S, OCTETS, 0x4F, M, 2, 2, compact_aid,   "compactAid", 0)                                    \
    F(S, OCTETS, 0x04, O, 0, 0, sima_response, "simaResponse", 0)

#define COMPACT_FINAL_RESULT(F, S)                                                                 \
    F(S, SEQ, 0xA0, M, 0, 0, compact_success_result, "compactSuccessResult",                       \
      compact_success_result)                                                                      \
    F(S, SEQ, 0xA1, M, 0, 0, error_result, "errorResult", error_result)

#define COMPACT_PROFILE_INSTALLATION_RESULT_DATA(F, S)                                             \
    F(S, OCTETS, 0x80, M,    1, 16, transaction_id, "transactionId", 0)                            \
    F(S, INT,    0x02, M,    0,  0, seq_number,     "seqNumber", 0)                                \
    F(S, BOOL,   0x01, D(1), 0,  0, iccid_present,  "iccidPresent", 0)                             \
    F(S, CHOICE, 0xA2, M,    0,  0, compact_final_result, "compactFinalResult",                    \
      compact_final_result)

#define COMPACT_PROFILE_INSTALLATION_RESULT(F, S)                                                  \
    F(S, SEQ,    0xA0,   M, 0,   0, compact_profile_installation_result_data,                      \
      "compactProfileInstallationResultData", compact_profile_installation_result_data)            \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_sign_pir, "euiccSignPIR", 0)

#define COMPACT_OTHER_SIGNED_NOTIFICATION(F, S)                                                    \
    F(S, OCTETS, 0x5A,   O,  16,  16, eid_value, "eidValue", 0)                                    \
    F(S, RAW,    0xBF2F, M,   0,   0, tbs_other_notification, "tbsOtherNotification",              \
      notification_metadata)                                                                       \
    F(S, OCTETS, 0x5F37, M,   1, 255, euicc_notification_signature,                                \
      "euiccNotificationSignature", 0)                                                             \
    F(S, OCTETS, 0x04,   O13, 1,  64, euicc_ci_pk_identifier_to_be_used,                           \
      "euiccCiPKIdentifierToBeUsed", 0)

#define IOT_PENDING_NOTIFICATION(F, S)                                                             \
    F(S, RAW, 0xBF37, M, 0, 0, profile_installation_result, "profileInstallationResult",           \
      profile_installation_result)                                                                 \
    F(S, RAW, 0x30,   M, 0, 0, other_signed_notification, "otherSignedNotification",               \
      other_signed_notification)                                                                   \
    F(S, SEQ, 0xA0,   M, 0, 0, compact_profile_installation_result,                                \
      "compactProfileInstallationResult", compact_profile_installation_result)                     \
    F(S, SEQ, 0xA1,   M, 0, 0, compact_other_signed_notification,                                  \
      "compactOtherSignedNotification", compact_other_signed_notification)

/* ---- CancelSession -------------------------------------------------------------------------- */

#define COMPACT_EUICC_CANCEL_SESSION_SIGNED(F, S)                                                  \
    F(S, INT, 0x80, O, 0, 0, reason, "reason", cancel_session_reason_names)

#define COMPACT_CANCEL_SESSION_RESPONSE_OK(F, S)                                                   \
    F(S, SEQ,    0x30,   M, 0,   0, compact_euicc_cancel_session_signed,                           \
      "compactEuiccCancelSessionSigned", compact_euicc_cancel_session_signed)                      \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_cancel_session_signature,                                \
      "euiccCancelSessionSignature", 0)

#define IOT_CANCEL_SESSION_RESPONSE(F, S)                                                          \
    F(S, SEQ, 0xA0, M, 0, 0, cancel_session_response_ok,    "cancelSessionResponseOk",             \
      cancel_session_response_ok)                                                                  \
    F(S, INT, 0x81, M, 0, 0, cancel_session_response_error, "cancelSessionResponseError",          \
      cancel_session_response_error_names)                                                         \
    F(S, SEQ, 0xA2, M, 0, 0, compact_cancel_session_response_ok,                                   \
      "compactCancelSessionResponseOk", compact_cancel_session_response_ok)

#define SGP32_COMPACT_TYPES(SEQ, CHOICE, LIST, PRIM)                                               \
    SEQ(compact_euicc_signed1, COMPACT_EUICC_SIGNED1, "CompactEuiccSigned1", 0x30,                 \
        "SGP.32 5.14.3")                                                                           \
    CHOICE(compact_signed_data, COMPACT_SIGNED_DATA, "SignedData", 0, "SGP.32 5.14.3")             \
    SEQ(compact_authenticate_response_ok, COMPACT_AUTHENTICATE_RESPONSE_OK,                        \
        "CompactAuthenticateResponseOk", 0x30, "SGP.32 5.14.3")                                    \
    CHOICE(iot_authenticate_server_response, IOT_AUTHENTICATE_SERVER_RESPONSE,                     \
           "AuthenticateServerResponse", 0xBF38, "SGP.32 5.14.3")                                  \
    SEQ(compact_euicc_signed2, COMPACT_EUICC_SIGNED2, "CompactEuiccSigned2", 0x30,                 \
        "SGP.32 5.14.2")                                                                           \
    SEQ(compact_prepare_download_response_ok, COMPACT_PREPARE_DOWNLOAD_RESPONSE_OK,                \
        "CompactPrepareDownloadResponseOk", 0x30, "SGP.32 5.14.2")                                 \
    CHOICE(iot_prepare_download_response, IOT_PREPARE_DOWNLOAD_RESPONSE,                           \
           "PrepareDownloadResponse", 0xBF21, "SGP.32 5.14.2")                                     \
    SEQ(compact_success_result, COMPACT_SUCCESS_RESULT, "CompactSuccessResult", 0x30,              \
        "SGP.32 5.14.7")                                                                           \
    CHOICE(compact_final_result, COMPACT_FINAL_RESULT, "CompactFinalResult", 0, "SGP.32 5.14.7")   \
    SEQ(compact_profile_installation_result_data, COMPACT_PROFILE_INSTALLATION_RESULT_DATA,        \
        "CompactProfileInstallationResultData", 0x30, "SGP.32 5.14.7")                             \
    SEQ(compact_profile_installation_result, COMPACT_PROFILE_INSTALLATION_RESULT,                  \
        "CompactProfileInstallationResult", 0x30, "SGP.32 5.14.7")                                 \
    SEQ(compact_other_signed_notification, COMPACT_OTHER_SIGNED_NOTIFICATION,                      \
        "CompactOtherSignedNotification", 0x30, "SGP.32 5.14.7")                                   \
    CHOICE(iot_pending_notification, IOT_PENDING_NOTIFICATION, "PendingNotification", 0,           \
           "SGP.32 5.14.7")                                                                        \
    SEQ(compact_euicc_cancel_session_signed, COMPACT_EUICC_CANCEL_SESSION_SIGNED,                  \
        "CompactEuiccCancelSessionSigned", 0x30, "SGP.32 5.14.8")                                  \
    SEQ(compact_cancel_session_response_ok, COMPACT_CANCEL_SESSION_RESPONSE_OK,                    \
        "CompactCancelSessionResponseOk", 0x30, "SGP.32 5.14.8")                                   \
    CHOICE(iot_cancel_session_response, IOT_CANCEL_SESSION_RESPONSE, "CancelSessionResponse",      \
           0xBF41, "SGP.32 5.14.8")

SGP32_COMPACT_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
