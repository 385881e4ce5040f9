/*
 * What version 1.0 of SGP.32 (May 2023) says differently, for peers that still speak it. Its module
 * leaves several types untagged that later versions tag, so whole messages have other shapes:
 * results have no EID and no acknowledgement of emptiness, notifications stand in the answer of
 * RetrieveNotificationsList (BF2B), rPLMN has the tag that is stateChangeCause today.
 *
 * Both versions have the same tags at the root, so a caller that knows its peer chooses the root;
 * registry.h tries both.
 *
 * Sizes of signatures and keys are open here, as in the ASN.1: v1.0 test systems send fill octets,
 * and verification refuses them anyway.
 */
#ifndef DUNLIN_RSP_SGP32_V10_H
#define DUNLIN_RSP_SGP32_V10_H

#include "rsp/sgp32_esipa.h"

/* clang-format off */

/* ---- requests ------------------------------------------------------------------------------- */

#define V10_SEARCH_CRITERIA(F, S)                                                                  \
    F(S, INT,  0x80, M, 0, 0, seq_number, "seqNumber", 0)                                          \
    F(S, BITS, 0x81, M, 0, 0, profile_management_operation, "profileManagementOperation",          \
      notification_event_names)                                                                    \
    F(S, NULL, 0x82, M, 0, 0, euicc_package_results, "euiccPackageResults", 0)

#define V10_IPA_EUICC_DATA_REQUEST(F, S)                                                           \
    F(S, OCTETS, 0x5C, M, 0, 255, tag_list, "tagList", 0)                                          \
    F(S, OCTETS, 0x04, O, 1,  64, euicc_ci_pk_id, "euiccCiPKId", 0)                                \
    F(S, CHOICE, 0xA1, O, 0,   0, search_criteria, "searchCriteria", v10_search_criteria)

#define V10_GET_EIM_PACKAGE_REQUEST(F, S)                                                          \
    F(S, OCTETS, 0x5A, O, 0, 0, eid_value, "eidValue", 0)                                          \
    F(S, NULL,   0x80, O, 0, 0, notify_state_change, "notifyStateChange", 0)                       \
    F(S, OCTETS, 0x81, O, 3, 3, r_plmn, "rPLMN", 0)

#define V10_GET_EIM_PACKAGE_RESPONSE(F, S)                                                         \
    F(S, RAW, 0xBF51, M, 0, 0, euicc_package_request, "euiccPackageRequest",                       \
      euicc_package_request)                                                                       \
    F(S, SEQ, 0xBF52, M, 0, 0, ipa_euicc_data_request, "ipaEuiccDataRequest",                      \
      v10_ipa_euicc_data_request)                                                                  \
    F(S, SEQ, 0xBF54, M, 0, 0, profile_download_trigger_request, "profileDownloadTriggerRequest",  \
      profile_download_trigger_request)                                                            \
    F(S, INT, 0x02,   M, 0, 0, eim_package_error, "eimPackageError", get_eim_package_error_names)

/* ---- download, with open sizes --------------------------------------------------------------- */

#define V10_AUTHENTICATE_RESPONSE_OK(F, S)                                                         \
    F(S, RAW,    0x30,   M, 0,   0, euicc_signed1,     "euiccSigned1", euicc_signed1)              \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_signature1,  "euiccSignature1", 0)                       \
    F(S, RAW,    0x30,   M, 0,   0, euicc_certificate, "euiccCertificate", rsp_certificate)        \
    F(S, RAW,    0x30,   M, 0,   0, eum_certificate,   "eumCertificate", rsp_certificate)

#define V10_AUTHENTICATE_SERVER_RESPONSE(F, S)                                                     \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_response_ok,    "authenticateResponseOk",                \
      v10_authenticate_response_ok)                                                                \
    F(S, SEQ, 0xA1, M, 0, 0, authenticate_response_error, "authenticateResponseError",             \
      authenticate_response_error)                                                                 \
    F(S, SEQ, 0xA2, M, 0, 0, compact_authenticate_response_ok, "compactAuthenticateResponseOk",    \
      compact_authenticate_response_ok)

#define V10_AUTHENTICATE_CLIENT_REQUEST(F, S)                                                      \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF38, M, 0,  0, authenticate_server_response, "authenticateServerResponse",     \
      v10_authenticate_server_response)

#define V10_EUICC_SIGNED2(F, S)                                                                    \
    F(S, OCTETS, 0x80,   M,  1,  16, transaction_id, "transactionId", 0)                           \
    F(S, OCTETS, 0x5F49, M,  1, 133, euicc_otpk,     "euiccOtpk", 0)                               \
    F(S, OCTETS, 0x04,   O, 32,  32, hash_cc,        "hashCc", 0)

#define V10_PREPARE_DOWNLOAD_RESPONSE_OK(F, S)                                                     \
    F(S, RAW,    0x30,   M, 0,   0, euicc_signed2,    "euiccSigned2", v10_euicc_signed2)           \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_signature2, "euiccSignature2", 0)

#define V10_PREPARE_DOWNLOAD_RESPONSE(F, S)                                                        \
    F(S, SEQ, 0xA0, M, 0, 0, download_response_ok,    "downloadResponseOk",                        \
      v10_prepare_download_response_ok)                                                            \
    F(S, SEQ, 0xA1, M, 0, 0, download_response_error, "downloadResponseError",                     \
      prepare_download_response_error)                                                             \
    F(S, SEQ, 0xA2, M, 0, 0, compact_download_response_ok, "compactDownloadResponseOk",            \
      compact_prepare_download_response_ok)

#define V10_GET_BOUND_PROFILE_PACKAGE_REQUEST(F, S)                                                \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF21, M, 0,  0, prepare_download_response, "prepareDownloadResponse",           \
      v10_prepare_download_response)

#define V10_GET_BOUND_PROFILE_PACKAGE_OK(F, S)                                                     \
    F(S, OCTETS, 0x80,   O, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF36, M, 0,  0, bound_profile_package, "boundProfilePackage", any)

#define V10_GET_BOUND_PROFILE_PACKAGE_RESPONSE(F, S)                                               \
    F(S, SEQ, 0xA0, M, 0, 0, get_bound_profile_package_ok_esipa, "getBoundProfilePackageOkEsipa",  \
      v10_get_bound_profile_package_ok)                                                            \
    F(S, INT, 0x81, M, 0, 0, get_bound_profile_package_error_esipa,                                \
      "getBoundProfilePackageErrorEsipa", get_bound_profile_package_error_esipa_names)

#define V10_PROFILE_INSTALLATION_RESULT(F, S)                                                      \
    F(S, RAW,    0xBF27, M, 0,   0, profile_installation_result_data,                              \
      "profileInstallationResultData", profile_installation_result_data)                           \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_sign_pir, "euiccSignPIR", 0)

#define V10_PENDING_NOTIFICATION(F, S)                                                             \
    F(S, RAW, 0xBF37, M, 0, 0, profile_installation_result, "profileInstallationResult",           \
      v10_profile_installation_result)                                                             \
    F(S, RAW, 0x30,   M, 0, 0, other_signed_notification, "otherSignedNotification",               \
      other_signed_notification)                                                                   \
    F(S, SEQ, 0xA0,   M, 0, 0, compact_profile_installation_result,                                \
      "compactProfileInstallationResult", compact_profile_installation_result)                     \
    F(S, SEQ, 0xA1,   M, 0, 0, compact_other_signed_notification,                                  \
      "compactOtherSignedNotification", compact_other_signed_notification)

/* ---- notifications and results -------------------------------------------------------------- */

/* Items are BF51 elements, as asn1c makes of "[81] CHOICE"; some stacks leave the BF51 out. */
#define V10_EUICC_PACKAGE_RESULT_ITEM(F, S)                                                        \
    F(S, RAW, 0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult", euicc_package_result)   \
    F(S, RAW, 0xA0,   M, 0, 0, euicc_package_result_signed, "euiccPackageResultSigned",            \
      euicc_package_result_signed)                                                                 \
    F(S, RAW, 0xA1,   M, 0, 0, euicc_package_error_signed, "euiccPackageErrorSigned",              \
      euicc_package_error_signed)                                                                  \
    F(S, RAW, 0xA2,   M, 0, 0, euicc_package_error_unsigned, "euiccPackageErrorUnsigned",          \
      euicc_package_error_unsigned)

#define V10_NOTIFICATION_AND_EPR_LIST(F, S)                                                        \
    F(S, LIST, 0xA0, M, 0, 0, notification_list, "notificationList", v10_pending_notification)     \
    F(S, LIST, 0xA1, M, 0, 0, euicc_package_result_list, "euiccPackageResultList",                 \
      v10_euicc_package_result_item)

#define V10_RETRIEVE_NOTIFICATIONS_LIST_RESPONSE(F, S)                                             \
    F(S, LIST, 0xA0, M, 0, 0, notification_list, "notificationList", v10_pending_notification)     \
    F(S, INT,  0x81, M, 0, 0, notifications_list_result_error, "notificationsListResultError",     \
      notifications_list_error_names)                                                              \
    F(S, LIST, 0xA2, M, 0, 0, euicc_package_result_list, "euiccPackageResultList",                 \
      v10_euicc_package_result_item)                                                                    \
    F(S, SEQ,  0xA3, M, 0, 0, notification_and_epr_list, "notificationAndEprList",                 \
      v10_notification_and_epr_list)

#define V10_IPA_EUICC_DATA(F, S)                                                                   \
    F(S, UTF8,   0x80,   O, 0, 255, default_smdp_address, "defaultSmdpAddress", 0)                 \
    F(S, RAW,    0xBF20, O, 0,   0, euicc_info1, "euiccInfo1", euicc_info1)                        \
    F(S, RAW,    0xBF22, O, 0,   0, euicc_info2, "euiccInfo2", euicc_info2)                        \
    F(S, UTF8,   0x83,   O, 0, 255, root_smds_address, "rootSmdsAddress", 0)                       \
    F(S, INT,    0x84,   O, 0,   0, association_token, "associationToken", 0)                      \
    F(S, RAW,    0xA5,   O, 0,   0, eum_certificate, "eumCertificate", rsp_certificate)            \
    F(S, RAW,    0xA6,   O, 0,   0, euicc_certificate, "euiccCertificate", rsp_certificate)        \
    F(S, SEQ,    0xA8,   O, 0,   0, ipa_capabilities, "ipaCapabilities", ipa_capabilities)         \
    F(S, RAW,    0xA9,   O, 0,   0, device_info, "deviceInfo", device_info)                        \
    F(S, CHOICE, 0xBF2B, O, 0,   0, notifications_list, "notificationsList",                       \
      v10_retrieve_notifications_list_response)

#define V10_IPA_EUICC_DATA_RESPONSE(F, S)                                                          \
    F(S, SEQ, 0xA0, M, 0, 0, ipa_euicc_data, "ipaEuiccData", v10_ipa_euicc_data)                   \
    F(S, INT, 0x81, M, 0, 0, ipa_euicc_data_error, "ipaEuiccDataError",                            \
      ipa_euicc_data_error_code_names)

#define V10_EPR_AND_NOTIFICATIONS(F, S)                                                            \
    F(S, RAW,    0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult",                      \
      euicc_package_result)                                                                        \
    F(S, CHOICE, 0xBF2B, M, 0, 0, notification_list, "notificationList",                           \
      v10_retrieve_notifications_list_response)

/* an untagged CHOICE in v1.0; at the root it carries BF50 */
#define V10_PROVIDE_EIM_PACKAGE_RESULT(F, S)                                                       \
    F(S, RAW,    0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult",                      \
      euicc_package_result)                                                                        \
    F(S, SEQ,    0x30,   M, 0, 0, epr_and_notifications, "ePRAndNotifications",                    \
      v10_epr_and_notifications)                                                                   \
    F(S, CHOICE, 0xBF52, M, 0, 0, ipa_euicc_data_response, "ipaEuiccDataResponse",                 \
      v10_ipa_euicc_data_response)                                                                 \
    F(S, SEQ,    0xBF54, M, 0, 0, profile_download_trigger_result,                                 \
      "profileDownloadTriggerResult", profile_download_trigger_result)                             \
    F(S, INT,    0x02,   M, 0, 0, eim_package_error, "eimPackageError",                            \
      eim_package_result_error_code_names)

#define V10_PROVIDE_EIM_PACKAGE_RESULT_RESPONSE(F, S)                                              \
    F(S, LIST, 0xBF53, O, 0, 0, eim_acknowledgements, "eimAcknowledgements", sequence_number)

#define V10_TRANSFER_EIM_PACKAGE_REQUEST(F, S)                                                     \
    F(S, RAW,  0xBF51, M, 0, 0, euicc_package_request, "euiccPackageRequest",                      \
      euicc_package_request)                                                                       \
    F(S, SEQ,  0xBF52, M, 0, 0, ipa_euicc_data_request, "ipaEuiccDataRequest",                     \
      v10_ipa_euicc_data_request)                                                                  \
    F(S, LIST, 0xBF53, M, 0, 0, eim_acknowledgements, "eimAcknowledgements", sequence_number)      \
    F(S, SEQ,  0xBF54, M, 0, 0, profile_download_trigger_request,                                  \
      "profileDownloadTriggerRequest", profile_download_trigger_request)

#define V10_TRANSFER_EIM_PACKAGE_RESPONSE(F, S)                                                    \
    F(S, RAW,    0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult",                      \
      euicc_package_result)                                                                        \
    F(S, SEQ,    0x30,   M, 0, 0, epr_and_notifications, "ePRAndNotifications",                    \
      v10_epr_and_notifications)                                                                   \
    F(S, CHOICE, 0xBF52, M, 0, 0, ipa_euicc_data_response, "ipaEuiccDataResponse",                 \
      v10_ipa_euicc_data_response)                                                                 \
    F(S, NULL,   0x05,   M, 0, 0, eim_package_received, "eimPackageReceived", 0)                   \
    F(S, INT,    0x02,   M, 0, 0, eim_package_error, "eimPackageError",                            \
      eim_package_result_error_code_names)

#define V10_HANDLE_NOTIFICATION_ESIPA(F, S)                                                        \
    F(S, RAW, 0xA0, M, 0, 0, pending_notification, "pendingNotification",                          \
      v10_pending_notification)                                                                    \
    F(S, RAW, 0xA1, M, 0, 0, provide_eim_package_result, "provideEimPackageResult",                \
      v10_provide_eim_package_result_arm)

/* ---- EnableUsingDD (5.9.15), what ImmediateEnable was -------------------------------------- */

#define V10_ENABLE_USING_DD_RESULT(X)                                                              \
    X(V10_ENABLE_USING_DD_OK,            0, "ok")                                                  \
    X(V10_ENABLE_USING_DD_NOT_AVAILABLE, 1, "autoEnableNotAvailable")                              \
    X(V10_ENABLE_USING_DD_NO_SESSION,    4, "noSessionContext")                                    \
    X(V10_ENABLE_USING_DD_UNDEFINED_ERROR, 127, "undefinedError")

#define SGP32_V10_VALUES(E)                                                                        \
    E(v10_enable_using_dd_result, V10_ENABLE_USING_DD_RESULT)

SGP32_V10_VALUES(NAMES_H)

#define V10_ENABLE_USING_DD_RESPONSE(F, S)                                                         \
    F(S, INT, 0x80, M, 0, 0, enable_using_dd_result, "enableUsingDDResult",                        \
      v10_enable_using_dd_result_names)

/* ---- the two roots -------------------------------------------------------------------------- */

#define V10_ESIPA_MESSAGE_FROM_IPA_TO_EIM(F, S)                                                    \
    F(S, SEQ,    0xBF39, M, 0, 0, initiate_authentication_request_esipa,                           \
      "initiateAuthenticationRequestEsipa", initiate_authentication_request_esipa)                 \
    F(S, SEQ,    0xBF3B, M, 0, 0, authenticate_client_request_esipa,                               \
      "authenticateClientRequestEsipa", v10_authenticate_client_request)                           \
    F(S, SEQ,    0xBF3A, M, 0, 0, get_bound_profile_package_request_esipa,                         \
      "getBoundProfilePackageRequestEsipa", v10_get_bound_profile_package_request)                 \
    F(S, SEQ,    0xBF41, M, 0, 0, cancel_session_request_esipa, "cancelSessionRequestEsipa",       \
      cancel_session_request_esipa)                                                                \
    F(S, CHOICE, 0xBF3D, M, 0, 0, handle_notification_esipa, "handleNotificationEsipa",            \
      v10_handle_notification_esipa)                                                               \
    F(S, CHOICE, 0xBF4E, M, 0, 0, transfer_eim_package_response, "transferEimPackageResponse",     \
      v10_transfer_eim_package_response)                                                           \
    F(S, SEQ,    0xBF4F, M, 0, 0, get_eim_package_request, "getEimPackageRequest",                 \
      v10_get_eim_package_request)                                                                 \
    F(S, CHOICE, 0xBF50, M, 0, 0, provide_eim_package_result, "provideEimPackageResult",           \
      v10_provide_eim_package_result)

#define V10_ESIPA_MESSAGE_FROM_EIM_TO_IPA(F, S)                                                    \
    F(S, CHOICE, 0xBF39, M, 0, 0, initiate_authentication_response_esipa,                          \
      "initiateAuthenticationResponseEsipa", initiate_authentication_response_esipa)               \
    F(S, CHOICE, 0xBF3B, M, 0, 0, authenticate_client_response_esipa,                              \
      "authenticateClientResponseEsipa", authenticate_client_response_esipa)                       \
    F(S, CHOICE, 0xBF3A, M, 0, 0, get_bound_profile_package_response_esipa,                        \
      "getBoundProfilePackageResponseEsipa", v10_get_bound_profile_package_response)               \
    F(S, CHOICE, 0xBF41, M, 0, 0, cancel_session_response_esipa, "cancelSessionResponseEsipa",     \
      cancel_session_response_esipa)                                                               \
    F(S, CHOICE, 0xBF4E, M, 0, 0, transfer_eim_package_request, "transferEimPackageRequest",       \
      v10_transfer_eim_package_request)                                                            \
    F(S, CHOICE, 0xBF4F, M, 0, 0, get_eim_package_response, "getEimPackageResponse",               \
      v10_get_eim_package_response)                                                                \
    F(S, SEQ,    0xBF50, M, 0, 0, provide_eim_package_result_response,                             \
      "provideEimPackageResultResponse", v10_provide_eim_package_result_response)

#define SGP32_V10_TYPES(SEQ, CHOICE, LIST, PRIM)                                                   \
    CHOICE(v10_search_criteria, V10_SEARCH_CRITERIA, "SearchCriteria", 0, "SGP.32 v1.0 2.11.1.2")  \
    SEQ(v10_ipa_euicc_data_request, V10_IPA_EUICC_DATA_REQUEST, "IpaEuiccDataRequest", 0xBF52,     \
        "SGP.32 v1.0 2.11.1.2")                                                                    \
    SEQ(v10_get_eim_package_request, V10_GET_EIM_PACKAGE_REQUEST, "GetEimPackageRequest", 0xBF4F,  \
        "SGP.32 v1.0 6.3.2.6")                                                                     \
    CHOICE(v10_get_eim_package_response, V10_GET_EIM_PACKAGE_RESPONSE, "GetEimPackageResponse",    \
           0xBF4F, "SGP.32 v1.0 6.3.2.6")                                                          \
    SEQ(v10_authenticate_response_ok, V10_AUTHENTICATE_RESPONSE_OK, "AuthenticateResponseOk",      \
        0x30, "SGP.32 v1.0 5.14.3")                                                                \
    CHOICE(v10_authenticate_server_response, V10_AUTHENTICATE_SERVER_RESPONSE,                     \
           "AuthenticateServerResponse", 0xBF38, "SGP.32 v1.0 5.14.3")                             \
    SEQ(v10_authenticate_client_request, V10_AUTHENTICATE_CLIENT_REQUEST,                          \
        "AuthenticateClientRequestEsipa", 0xBF3B, "SGP.32 v1.0 6.3.2.2")                           \
    SEQ(v10_euicc_signed2, V10_EUICC_SIGNED2, "EUICCSigned2", 0x30, "SGP.32 v1.0 5.14.2")          \
    SEQ(v10_prepare_download_response_ok, V10_PREPARE_DOWNLOAD_RESPONSE_OK,                        \
        "PrepareDownloadResponseOk", 0x30, "SGP.32 v1.0 5.14.2")                                   \
    CHOICE(v10_prepare_download_response, V10_PREPARE_DOWNLOAD_RESPONSE,                           \
           "PrepareDownloadResponse", 0xBF21, "SGP.32 v1.0 5.14.2")                                \
    SEQ(v10_get_bound_profile_package_request, V10_GET_BOUND_PROFILE_PACKAGE_REQUEST,              \
        "GetBoundProfilePackageRequestEsipa", 0xBF3A, "SGP.32 v1.0 6.3.2.3")                       \
    SEQ(v10_get_bound_profile_package_ok, V10_GET_BOUND_PROFILE_PACKAGE_OK,                        \
        "GetBoundProfilePackageOkEsipa", 0x30, "SGP.32 v1.0 6.3.2.3")                              \
    CHOICE(v10_get_bound_profile_package_response, V10_GET_BOUND_PROFILE_PACKAGE_RESPONSE,         \
           "GetBoundProfilePackageResponseEsipa", 0xBF3A, "SGP.32 v1.0 6.3.2.3")                   \
    SEQ(v10_profile_installation_result, V10_PROFILE_INSTALLATION_RESULT,                          \
        "ProfileInstallationResult", 0xBF37, "SGP.32 v1.0 5.14.7")                                 \
    CHOICE(v10_pending_notification, V10_PENDING_NOTIFICATION, "PendingNotification", 0,           \
           "SGP.32 v1.0 5.14.7")                                                                   \
    CHOICE(v10_euicc_package_result, EUICC_PACKAGE_RESULT, "EuiccPackageResult", 0,                \
           "SGP.32 v1.0 2.11.2.1")                                                                 \
    CHOICE(v10_euicc_package_result_item, V10_EUICC_PACKAGE_RESULT_ITEM, "EuiccPackageResult", 0,  \
           "SGP.32 v1.0 2.11.2.1")                                                                 \
    SEQ(v10_notification_and_epr_list, V10_NOTIFICATION_AND_EPR_LIST, "NotificationAndEprList",    \
        0x30, "SGP.32 v1.0 5.9.11")                                                                \
    CHOICE(v10_retrieve_notifications_list_response, V10_RETRIEVE_NOTIFICATIONS_LIST_RESPONSE,     \
           "RetrieveNotificationsListResponse", 0xBF2B, "SGP.32 v1.0 5.9.11")                      \
    SEQ(v10_ipa_euicc_data, V10_IPA_EUICC_DATA, "IpaEuiccData", 0x30, "SGP.32 v1.0 2.11.2.2")      \
    CHOICE(v10_ipa_euicc_data_response, V10_IPA_EUICC_DATA_RESPONSE, "IpaEuiccDataResponse",       \
           0xBF52, "SGP.32 v1.0 2.11.2.2")                                                         \
    SEQ(v10_epr_and_notifications, V10_EPR_AND_NOTIFICATIONS, "EPRAndNotifications", 0x30,         \
        "SGP.32 v1.0 6.3.2.7")                                                                     \
    CHOICE(v10_provide_eim_package_result, V10_PROVIDE_EIM_PACKAGE_RESULT,                         \
           "ProvideEimPackageResult", 0xBF50, "SGP.32 v1.0 6.3.2.7")                               \
    CHOICE(v10_provide_eim_package_result_arm, V10_PROVIDE_EIM_PACKAGE_RESULT,                     \
           "ProvideEimPackageResult", 0, "SGP.32 v1.0 6.3.2.7")                                    \
    SEQ(v10_provide_eim_package_result_response, V10_PROVIDE_EIM_PACKAGE_RESULT_RESPONSE,          \
        "ProvideEimPackageResultResponse", 0xBF50, "SGP.32 v1.0 6.3.2.7")                          \
    CHOICE(v10_transfer_eim_package_request, V10_TRANSFER_EIM_PACKAGE_REQUEST,                     \
           "TransferEimPackageRequest", 0xBF4E, "SGP.32 v1.0 6.3.3.1")                             \
    CHOICE(v10_transfer_eim_package_response, V10_TRANSFER_EIM_PACKAGE_RESPONSE,                   \
           "TransferEimPackageResponse", 0xBF4E, "SGP.32 v1.0 6.3.3.1")                            \
    CHOICE(v10_handle_notification_esipa, V10_HANDLE_NOTIFICATION_ESIPA,                           \
           "HandleNotificationEsipa", 0xBF3D, "SGP.32 v1.0 6.3.2.4")                               \
    PRIM(v10_enable_using_dd_request, NULL, "EnableUsingDDRequest", 0xBF5A, 0, 0, NULL,            \
         "SGP.32 v1.0 5.9.15")                                                                     \
    SEQ(v10_enable_using_dd_response, V10_ENABLE_USING_DD_RESPONSE, "EnableUsingDDResponse",       \
        0xBF5A, "SGP.32 v1.0 5.9.15")                                                              \
    CHOICE(v10_esipa_message_from_ipa_to_eim, V10_ESIPA_MESSAGE_FROM_IPA_TO_EIM,                   \
           "EsipaMessageFromIpaToEim", 0, "SGP.32 v1.0 6.3.1")                                     \
    CHOICE(v10_esipa_message_from_eim_to_ipa, V10_ESIPA_MESSAGE_FROM_EIM_TO_IPA,                   \
           "EsipaMessageFromEimToIpa", 0, "SGP.32 v1.0 6.3.1")

SGP32_V10_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
