/*
 * ES10a, ES10b and ES10c: the functions of the ISD-R (SGP.22 5.7), and the application template in
 * its SELECT answer. A request without members is `T_<name>`, a bool in C.
 */
#ifndef DUNLIN_RSP_SGP22_ES10_H
#define DUNLIN_RSP_SGP22_ES10_H

#include "rsp/sgp22_common.h"

/* clang-format off */

#define ISDR_PROPRIETARY_APPLICATION_TEMPLATE(F, S)                                                \
    F(S, OCTETS, 0x82, M, 3, 3, svn,          "svn", 0)                                            \
    F(S, BITS,   0x03, O, 0, 0, lpae_support, "lpaeSupport", lpae_support_names)

/* ---- addresses (ES10a) */
#define EUICC_CONFIGURED_ADDRESSES_RESPONSE(F, S)                                                  \
    F(S, UTF8, 0x80, O, 0, 255, default_dp_address, "defaultDpAddress", 0)                         \
    F(S, UTF8, 0x81, M, 0, 255, root_ds_address,    "rootDsAddress", 0)
#define SET_DEFAULT_DP_ADDRESS_REQUEST(F, S)                                                       \
    F(S, UTF8, 0x80, M, 0, 255, default_dp_address, "defaultDpAddress", 0)
#define SET_DEFAULT_DP_ADDRESS_RESPONSE(F, S)                                                      \
    F(S, INT, 0x80, M, 0, 0, set_default_dp_address_result, "setDefaultDpAddressResult",           \
      set_default_dp_address_result_names)

/* ---- mutual authentication */
#define GET_EUICC_CHALLENGE_RESPONSE(F, S)                                                         \
    F(S, OCTETS, 0x80, M, 16, 16, euicc_challenge, "euiccChallenge", 0)

#define SERVER_SIGNED1(F, S)                                                                       \
    F(S, OCTETS, 0x80, M,  1,  16, transaction_id,   "transactionId", 0)                           \
    F(S, OCTETS, 0x81, M, 16,  16, euicc_challenge,  "euiccChallenge", 0)                          \
    F(S, UTF8,   0x83, M,  0, 255, server_address,   "serverAddress", 0)                           \
    F(S, OCTETS, 0x84, M, 16,  16, server_challenge, "serverChallenge", 0)

#define AUTHENTICATE_SERVER_REQUEST(F, S)                                                          \
    F(S, RAW,    0x30,   M,  0,  0, server_signed1,    "serverSigned1", server_signed1)            \
    F(S, OCTETS, 0x5F37, M, 64, 64, server_signature1, "serverSignature1", 0)                      \
    F(S, OCTETS, 0x04,   M,  1, 64, euicc_ci_pk_id_to_be_used, "euiccCiPKIdToBeUsed", 0)           \
    F(S, RAW,    0x30,   M,  0,  0, server_certificate, "serverCertificate", rsp_certificate)      \
    F(S, RAW,    0,      M,  0,  0, ctx_params1,       "ctxParams1", ctx_params1)

#define EUICC_SIGNED1(F, S)                                                                        \
    F(S, OCTETS, 0x80,   M,  1,  16, transaction_id,   "transactionId", 0)                         \
    F(S, UTF8,   0x83,   M,  0, 255, server_address,   "serverAddress", 0)                         \
    F(S, OCTETS, 0x84,   M, 16,  16, server_challenge, "serverChallenge", 0)                       \
    F(S, RAW,    0xBF22, M,  0,   0, euicc_info2,      "euiccInfo2", euicc_info2)                  \
    F(S, RAW,    0,      M,  0,   0, ctx_params1,      "ctxParams1", ctx_params1)

#define AUTHENTICATE_RESPONSE_OK(F, S)                                                             \
    F(S, RAW,    0x30,   M,  0,  0, euicc_signed1,     "euiccSigned1", euicc_signed1)              \
    F(S, OCTETS, 0x5F37, M, 64, 64, euicc_signature1,  "euiccSignature1", 0)                       \
    F(S, RAW,    0x30,   M,  0,  0, euicc_certificate, "euiccCertificate", rsp_certificate)        \
    F(S, RAW,    0x30,   M,  0,  0, eum_certificate,   "eumCertificate", rsp_certificate)

/* Some stacks tag the code 81 as if all members were tagged automatically. */
#define AUTHENTICATE_RESPONSE_ERROR(F, S)                                                          \
    F(S, OCTETS,    0x80, M, 1, 16, transaction_id, "transactionId", 0)                            \
    F(S, INT,       0x02, M, 0,  0, authenticate_error_code, "authenticateErrorCode",              \
      authenticate_error_code_names)                                                               \
    F(S, ALIAS_INT, 0x81, A, 0,  0, authenticate_error_code, "authenticateErrorCode",              \
      authenticate_error_code_names)

#define AUTHENTICATE_SERVER_RESPONSE(F, S)                                                         \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_response_ok, "authenticateResponseOk",                   \
      authenticate_response_ok)                                                                    \
    F(S, SEQ, 0xA1, M, 0, 0, authenticate_response_error, "authenticateResponseError",             \
      authenticate_response_error)

/* ---- download */
#define SMDP_SIGNED2(F, S)                                                                         \
    F(S, OCTETS, 0x80,   M,  1, 16, transaction_id,   "transactionId", 0)                          \
    F(S, BOOL,   0x01,   M,  0,  0, cc_required_flag, "ccRequiredFlag", 0)                         \
    F(S, OCTETS, 0x5F49, O, 65, 65, bpp_euicc_otpk,   "bppEuiccOtpk", 0)

#define PREPARE_DOWNLOAD_REQUEST(F, S)                                                             \
    F(S, RAW,    0x30,   M,  0,  0, smdp_signed2,     "smdpSigned2", smdp_signed2)                 \
    F(S, OCTETS, 0x5F37, M, 64, 64, smdp_signature2,  "smdpSignature2", 0)                         \
    F(S, OCTETS, 0x04,   O, 32, 32, hash_cc,          "hashCc", 0)                                 \
    F(S, RAW,    0x30,   M,  0,  0, smdp_certificate, "smdpCertificate", rsp_certificate)

#define EUICC_SIGNED2(F, S)                                                                        \
    F(S, OCTETS, 0x80,   M,  1, 16, transaction_id, "transactionId", 0)                            \
    F(S, OCTETS, 0x5F49, M, 65, 65, euicc_otpk,     "euiccOtpk", 0)                                \
    F(S, OCTETS, 0x04,   O, 32, 32, hash_cc,        "hashCc", 0)

#define PREPARE_DOWNLOAD_RESPONSE_OK(F, S)                                                         \
    F(S, RAW,    0x30,   M,  0,  0, euicc_signed2,    "euiccSigned2", euicc_signed2)               \
    F(S, OCTETS, 0x5F37, M, 64, 64, euicc_signature2, "euiccSignature2", 0)

#define PREPARE_DOWNLOAD_RESPONSE_ERROR(F, S)                                                      \
    F(S, OCTETS,    0x80, M, 1, 16, transaction_id, "transactionId", 0)                            \
    F(S, INT,       0x02, M, 0,  0, download_error_code, "downloadErrorCode",                      \
      download_error_code_names)                                                                   \
    F(S, ALIAS_INT, 0x81, A, 0,  0, download_error_code, "downloadErrorCode",                      \
      download_error_code_names)

#define PREPARE_DOWNLOAD_RESPONSE(F, S)                                                            \
    F(S, SEQ, 0xA0, M, 0, 0, download_response_ok, "downloadResponseOk",                           \
      prepare_download_response_ok)                                                                \
    F(S, SEQ, 0xA1, M, 0, 0, download_response_error, "downloadResponseError",                     \
      prepare_download_response_error)

/* ---- cancel */
#define CANCEL_SESSION_REQUEST(F, S)                                                               \
    F(S, OCTETS, 0x80, M, 1, 16, transaction_id, "transactionId", 0)                               \
    F(S, INT,    0x81, M, 0,  0, reason,         "reason", cancel_session_reason_names)

#define EUICC_CANCEL_SESSION_SIGNED(F, S)                                                          \
    F(S, OCTETS, 0x80, M, 1, 16, transaction_id, "transactionId", 0)                               \
    F(S, OID,    0x81, M, 0,  0, smdp_oid,       "smdpOid", 0)                                     \
    F(S, INT,    0x82, M, 0,  0, reason,         "reason", cancel_session_reason_names)

#define CANCEL_SESSION_RESPONSE_OK(F, S)                                                           \
    F(S, RAW,    0x30,   M,  0,  0, euicc_cancel_session_signed, "euiccCancelSessionSigned",       \
      euicc_cancel_session_signed)                                                                 \
    F(S, OCTETS, 0x5F37, M, 64, 64, euicc_cancel_session_signature,                                \
      "euiccCancelSessionSignature", 0)

#define CANCEL_SESSION_RESPONSE(F, S)                                                              \
    F(S, SEQ, 0xA0, M, 0, 0, cancel_session_response_ok, "cancelSessionResponseOk",                \
      cancel_session_response_ok)                                                                  \
    F(S, INT, 0x81, M, 0, 0, cancel_session_response_error, "cancelSessionResponseError",          \
      cancel_session_response_error_names)

/* ---- notifications */
#define LIST_NOTIFICATION_REQUEST(F, S)                                                            \
    F(S, BITS, 0x81, O, 0, 0, profile_management_operation, "profileManagementOperation",          \
      notification_event_names)
#define LIST_NOTIFICATION_RESPONSE(F, S)                                                           \
    F(S, LIST, 0xA0, M, 0, 0, notification_metadata_list, "notificationMetadataList",              \
      notification_metadata)                                                                       \
    F(S, INT,  0x81, M, 0, 0, list_notifications_result_error, "listNotificationsResultError",     \
      list_notifications_error_names)
#define RETRIEVE_NOTIFICATIONS_CRITERIA(F, S)                                                      \
    F(S, INT,  0x80, M, 0, INT_MAX, seq_number, "seqNumber", 0)                                    \
    F(S, BITS, 0x81, M, 0,       0, profile_management_operation, "profileManagementOperation",    \
      notification_event_names)
#define RETRIEVE_NOTIFICATIONS_LIST_REQUEST(F, S)                                                  \
    F(S, CHOICE, 0xA0, O, 0, 0, search_criteria, "searchCriteria", retrieve_notifications_criteria)
#define RETRIEVE_NOTIFICATIONS_LIST_RESPONSE(F, S)                                                 \
    F(S, LIST, 0xA0, M, 0, 0, notification_list, "notificationList", pending_notification)         \
    F(S, INT,  0x81, M, 0, 0, notifications_list_result_error, "notificationsListResultError",     \
      notifications_list_error_names)
#define NOTIFICATION_SENT_REQUEST(F, S)                                                            \
    F(S, INT, 0x80, M, 0, INT_MAX, seq_number, "seqNumber", 0)
#define NOTIFICATION_SENT_RESPONSE(F, S)                                                           \
    F(S, INT, 0x80, M, 0, 0, delete_notification_status, "deleteNotificationStatus",               \
      delete_notification_status_names)

/* ---- profiles (ES10c) */
#define PROFILE_IDENTIFIER(F, S)                                                                   \
    F(S, OCTETS, 0x4F, M,  1, 16, isdp_aid, "isdpAid", 0)                                          \
    F(S, OCTETS, 0x5A, M, 10, 10, iccid,    "iccid", 0)
#define PROFILE_SEARCH_CRITERIA(F, S)                                                              \
    F(S, OCTETS, 0x4F, M,  1, 16, isdp_aid,      "isdpAid", 0)                                     \
    F(S, OCTETS, 0x5A, M, 10, 10, iccid,         "iccid", 0)                                       \
    F(S, INT,    0x95, M,  0,  0, profile_class, "profileClass", profile_class_names)
#define PROFILE_INFO_LIST_REQUEST(F, S)                                                            \
    F(S, CHOICE, 0xA0, O, 0, 0, search_criteria, "searchCriteria", profile_search_criteria)        \
    F(S, OCTETS, 0x5C, O, 0, 0, tag_list,        "tagList", 0)                                     \
    F(S, OCTETS, 0x5D, O13, 0, 0, iot_specific_tag_list, "iotSpecificTagList", 0)
#define PROFILE_INFO_LIST_RESPONSE(F, S)                                                           \
    F(S, LIST, 0xA0, M, 0, 0, profile_info_list_ok, "profileInfoListOk", profile_info)             \
    F(S, INT,  0x81, M, 0, 0, profile_info_list_error, "profileInfoListError",                     \
      profile_info_list_error_names)
#define ENABLE_PROFILE_REQUEST(F, S)                                                               \
    F(S, CHOICE, 0xA0, M, 0, 0, profile_identifier, "profileIdentifier", profile_identifier)       \
    F(S, BOOL,   0x81, M, 0, 0, refresh_flag,       "refreshFlag", 0)
#define ENABLE_PROFILE_RESPONSE(F, S)                                                              \
    F(S, INT, 0x80, M, 0, 0, enable_result, "enableResult", enable_profile_result_names)
#define DISABLE_PROFILE_REQUEST(F, S)                                                              \
    F(S, CHOICE, 0xA0, M, 0, 0, profile_identifier, "profileIdentifier", profile_identifier)       \
    F(S, BOOL,   0x81, M, 0, 0, refresh_flag,       "refreshFlag", 0)
#define DISABLE_PROFILE_RESPONSE(F, S)                                                             \
    F(S, INT, 0x80, M, 0, 0, disable_result, "disableResult", disable_profile_result_names)
#define DELETE_PROFILE_RESPONSE(F, S)                                                              \
    F(S, INT, 0x80, M, 0, 0, delete_result, "deleteResult", delete_profile_result_names)
#define EUICC_MEMORY_RESET_REQUEST(F, S)                                                           \
    F(S, BITS, 0x82, M, 0, 0, reset_options, "resetOptions", reset_options_names)
#define EUICC_MEMORY_RESET_RESPONSE(F, S)                                                          \
    F(S, INT, 0x80, M, 0, 0, reset_result, "resetResult", reset_result_names)
#define SET_NICKNAME_REQUEST(F, S)                                                                 \
    F(S, OCTETS, 0x5A, M, 10, 10, iccid,            "iccid", 0)                                    \
    F(S, UTF8,   0x90, M,  0, 64, profile_nickname, "profileNickname", 0)
#define SET_NICKNAME_RESPONSE(F, S)                                                                \
    F(S, INT, 0x80, M, 0, 0, set_nickname_result, "setNicknameResult", set_nickname_result_names)

/* ---- the rest */
#define GET_EUICC_DATA_REQUEST(F, S)                                                               \
    F(S, OCTETS, 0x5C, M, 1, 1, tag_list, "tagList", 0)
#define GET_EUICC_DATA_RESPONSE(F, S)                                                              \
    F(S, OCTETS, 0x5A, M, 16, 16, eid_value, "eidValue", 0)
#define GET_RAT_RESPONSE(F, S)                                                                     \
    F(S, LIST, 0xA0, M, 0, 0, rat, "rat", profile_policy_authorisation_rule)
/* The CertificateList under A0 without its own 30. */
#define LOAD_CRL_REQUEST(F, S)                                                                     \
    F(S, RAW, 0xA0, M, 0, 0, crl, "crl", any)
#define LOAD_CRL_RESPONSE_OK(F, S)                                                                 \
    F(S, LIST, 0xA0, O, 0, 0, missing_parts, "missingParts", partial_crl_number)
#define LOAD_CRL_RESPONSE(F, S)                                                                    \
    F(S, SEQ, 0xA0, M, 0, 0, load_crl_response_ok, "loadCRLResponseOk", load_crl_response_ok)      \
    F(S, INT, 0x81, M, 0, 0, load_crl_response_error, "loadCRLResponseError", load_crl_error_names)
#define LPAE_ACTIVATION_REQUEST(F, S)                                                              \
    F(S, BITS, 0x80, M, 0, 0, lpae_option, "lpaeOption", lpae_option_names)
#define LPAE_ACTIVATION_RESPONSE(F, S)                                                             \
    F(S, INT, 0x80, M, 0, 0, lpae_activation_result, "lpaeActivationResult",                       \
      lpae_activation_result_names)

#define SGP22_ES10_TYPES(SEQ, CHOICE, LIST, PRIM)                                                  \
    SEQ(isdr_proprietary_application_template, ISDR_PROPRIETARY_APPLICATION_TEMPLATE,              \
        "ISDRProprietaryApplicationTemplate", 0xE0, "SGP.22 5.7.1")                                \
    PRIM(euicc_configured_addresses_request, NULL, "EuiccConfiguredAddressesRequest", 0xBF3C, 0,   \
         0, NULL, "SGP.22 5.7.3")                                                                  \
    SEQ(euicc_configured_addresses_response, EUICC_CONFIGURED_ADDRESSES_RESPONSE,                  \
        "EuiccConfiguredAddressesResponse", 0xBF3C, "SGP.22 5.7.3")                                \
    SEQ(set_default_dp_address_request, SET_DEFAULT_DP_ADDRESS_REQUEST,                            \
        "SetDefaultDpAddressRequest", 0xBF3F, "SGP.22 5.7.4")                                      \
    SEQ(set_default_dp_address_response, SET_DEFAULT_DP_ADDRESS_RESPONSE,                          \
        "SetDefaultDpAddressResponse", 0xBF3F, "SGP.22 5.7.4")                                     \
    PRIM(get_euicc_challenge_request, NULL, "GetEuiccChallengeRequest", 0xBF2E, 0, 0, NULL,        \
         "SGP.22 5.7.7")                                                                           \
    SEQ(get_euicc_challenge_response, GET_EUICC_CHALLENGE_RESPONSE, "GetEuiccChallengeResponse",   \
        0xBF2E, "SGP.22 5.7.7")                                                                    \
    PRIM(get_euicc_info1_request, NULL, "GetEuiccInfo1Request", 0xBF20, 0, 0, NULL,                \
         "SGP.22 5.7.8")                                                                           \
    PRIM(get_euicc_info2_request, NULL, "GetEuiccInfo2Request", 0xBF22, 0, 0, NULL,                \
         "SGP.22 5.7.8")                                                                           \
    SEQ(server_signed1, SERVER_SIGNED1, "ServerSigned1", 0x30, "SGP.22 5.7.13")                    \
    SEQ(authenticate_server_request, AUTHENTICATE_SERVER_REQUEST, "AuthenticateServerRequest",     \
        0xBF38, "SGP.22 5.7.13")                                                                   \
    SEQ(euicc_signed1, EUICC_SIGNED1, "EuiccSigned1", 0x30, "SGP.22 5.7.13")                       \
    SEQ(authenticate_response_ok, AUTHENTICATE_RESPONSE_OK, "AuthenticateResponseOk", 0x30,        \
        "SGP.22 5.7.13")                                                                           \
    SEQ(authenticate_response_error, AUTHENTICATE_RESPONSE_ERROR, "AuthenticateResponseError",     \
        0x30, "SGP.22 5.7.13")                                                                     \
    CHOICE(authenticate_server_response, AUTHENTICATE_SERVER_RESPONSE,                             \
           "AuthenticateServerResponse", 0xBF38, "SGP.22 5.7.13")                                  \
    SEQ(smdp_signed2, SMDP_SIGNED2, "SmdpSigned2", 0x30, "SGP.22 5.7.5")                           \
    SEQ(prepare_download_request, PREPARE_DOWNLOAD_REQUEST, "PrepareDownloadRequest", 0xBF21,      \
        "SGP.22 5.7.5")                                                                            \
    SEQ(euicc_signed2, EUICC_SIGNED2, "EUICCSigned2", 0x30, "SGP.22 5.7.5")                        \
    SEQ(prepare_download_response_ok, PREPARE_DOWNLOAD_RESPONSE_OK, "PrepareDownloadResponseOk",   \
        0x30, "SGP.22 5.7.5")                                                                      \
    SEQ(prepare_download_response_error, PREPARE_DOWNLOAD_RESPONSE_ERROR,                          \
        "PrepareDownloadResponseError", 0x30, "SGP.22 5.7.5")                                      \
    CHOICE(prepare_download_response, PREPARE_DOWNLOAD_RESPONSE, "PrepareDownloadResponse",        \
           0xBF21, "SGP.22 5.7.5")                                                                 \
    SEQ(cancel_session_request, CANCEL_SESSION_REQUEST, "CancelSessionRequest", 0xBF41,            \
        "SGP.22 5.7.14")                                                                           \
    SEQ(euicc_cancel_session_signed, EUICC_CANCEL_SESSION_SIGNED, "EuiccCancelSessionSigned",      \
        0x30, "SGP.22 5.7.14")                                                                     \
    SEQ(cancel_session_response_ok, CANCEL_SESSION_RESPONSE_OK, "CancelSessionResponseOk", 0x30,   \
        "SGP.22 5.7.14")                                                                           \
    CHOICE(cancel_session_response, CANCEL_SESSION_RESPONSE, "CancelSessionResponse", 0xBF41,      \
           "SGP.22 5.7.14")                                                                        \
    SEQ(list_notification_request, LIST_NOTIFICATION_REQUEST, "ListNotificationRequest", 0xBF28,   \
        "SGP.22 5.7.9")                                                                            \
    CHOICE(list_notification_response, LIST_NOTIFICATION_RESPONSE, "ListNotificationResponse",     \
           0xBF28, "SGP.22 5.7.9")                                                                 \
    CHOICE(retrieve_notifications_criteria, RETRIEVE_NOTIFICATIONS_CRITERIA, "searchCriteria", 0,  \
           "SGP.22 5.7.10")                                                                        \
    SEQ(retrieve_notifications_list_request, RETRIEVE_NOTIFICATIONS_LIST_REQUEST,                  \
        "RetrieveNotificationsListRequest", 0xBF2B, "SGP.22 5.7.10")                               \
    CHOICE(retrieve_notifications_list_response, RETRIEVE_NOTIFICATIONS_LIST_RESPONSE,             \
           "RetrieveNotificationsListResponse", 0xBF2B, "SGP.22 5.7.10")                           \
    SEQ(notification_sent_request, NOTIFICATION_SENT_REQUEST, "NotificationSentRequest", 0xBF30,   \
        "SGP.22 5.7.11")                                                                           \
    SEQ(notification_sent_response, NOTIFICATION_SENT_RESPONSE, "NotificationSentResponse",        \
        0xBF30, "SGP.22 5.7.11")                                                                   \
    CHOICE(profile_identifier, PROFILE_IDENTIFIER, "profileIdentifier", 0, "SGP.22 5.7.16")        \
    CHOICE(profile_search_criteria, PROFILE_SEARCH_CRITERIA, "searchCriteria", 0,                  \
           "SGP.22 5.7.15")                                                                        \
    SEQ(profile_info_list_request, PROFILE_INFO_LIST_REQUEST, "ProfileInfoListRequest", 0xBF2D,    \
        "SGP.22 5.7.15")                                                                           \
    CHOICE(profile_info_list_response, PROFILE_INFO_LIST_RESPONSE, "ProfileInfoListResponse",      \
           0xBF2D, "SGP.22 5.7.15")                                                                \
    SEQ(enable_profile_request, ENABLE_PROFILE_REQUEST, "EnableProfileRequest", 0xBF31,            \
        "SGP.22 5.7.16")                                                                           \
    SEQ(enable_profile_response, ENABLE_PROFILE_RESPONSE, "EnableProfileResponse", 0xBF31,         \
        "SGP.22 5.7.16")                                                                           \
    SEQ(disable_profile_request, DISABLE_PROFILE_REQUEST, "DisableProfileRequest", 0xBF32,         \
        "SGP.22 5.7.17")                                                                           \
    SEQ(disable_profile_response, DISABLE_PROFILE_RESPONSE, "DisableProfileResponse", 0xBF32,      \
        "SGP.22 5.7.17")                                                                           \
    CHOICE(delete_profile_request, PROFILE_IDENTIFIER, "DeleteProfileRequest", 0xBF33,             \
           "SGP.22 5.7.18")                                                                        \
    SEQ(delete_profile_response, DELETE_PROFILE_RESPONSE, "DeleteProfileResponse", 0xBF33,         \
        "SGP.22 5.7.18")                                                                           \
    SEQ(euicc_memory_reset_request, EUICC_MEMORY_RESET_REQUEST, "EuiccMemoryResetRequest", 0xBF34, \
        "SGP.22 5.7.19")                                                                           \
    SEQ(euicc_memory_reset_response, EUICC_MEMORY_RESET_RESPONSE, "EuiccMemoryResetResponse",      \
        0xBF34, "SGP.22 5.7.19")                                                                   \
    SEQ(set_nickname_request, SET_NICKNAME_REQUEST, "SetNicknameRequest", 0xBF29, "SGP.22 5.7.21") \
    SEQ(set_nickname_response, SET_NICKNAME_RESPONSE, "SetNicknameResponse", 0xBF29,               \
        "SGP.22 5.7.21")                                                                           \
    SEQ(get_euicc_data_request, GET_EUICC_DATA_REQUEST, "GetEuiccDataRequest", 0xBF3E,             \
        "SGP.22 5.7.20")                                                                           \
    SEQ(get_euicc_data_response, GET_EUICC_DATA_RESPONSE, "GetEuiccDataResponse", 0xBF3E,          \
        "SGP.22 5.7.20")                                                                           \
    PRIM(get_rat_request, NULL, "GetRatRequest", 0xBF43, 0, 0, NULL, "SGP.22 5.7.22")              \
    SEQ(get_rat_response, GET_RAT_RESPONSE, "GetRatResponse", 0xBF43, "SGP.22 5.7.22")             \
    PRIM(partial_crl_number, INT, "INTEGER", 0x02, 0, 0, NULL, "SGP.22 5.7.12")                    \
    SEQ(load_crl_request, LOAD_CRL_REQUEST, "LoadCRLRequest", 0xBF35, "SGP.22 5.7.12")             \
    SEQ(load_crl_response_ok, LOAD_CRL_RESPONSE_OK, "LoadCRLResponseOk", 0x30, "SGP.22 5.7.12")    \
    CHOICE(load_crl_response, LOAD_CRL_RESPONSE, "LoadCRLResponse", 0xBF35, "SGP.22 5.7.12")       \
    SEQ(lpae_activation_request, LPAE_ACTIVATION_REQUEST, "LpaeActivationRequest", 0xBF42,         \
        "SGP.22 5.7.1")                                                                            \
    SEQ(lpae_activation_response, LPAE_ACTIVATION_RESPONSE, "LpaeActivationResponse", 0xBF42,      \
        "SGP.22 5.7.1")

SGP22_ES10_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
