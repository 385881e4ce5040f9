/*
 * ESipa (SGP.32 2.11.1.2 to 2.11.2.3 and 6.3): what IPA and eIM say to each other, as of v1.2 with
 * the members of v1.3. What v1.0 peers say differently stands in sgp32_v10.h.
 *
 * Parts that the eIM verifies or relays stay RAW.
 */
#ifndef DUNLIN_RSP_SGP32_ESIPA_H
#define DUNLIN_RSP_SGP32_ESIPA_H

#include "rsp/sgp32_compact.h"
#include "rsp/sgp32_esep.h"

/* clang-format off */

/* ---- named values --------------------------------------------------------------------------- */

#define IPA_EUICC_DATA_ERROR_CODE(X)                                                               \
    X(IPA_DATA_BAD_TAG_LIST,       1, "incorrectTagList")                                          \
    X(IPA_DATA_CI_NOT_FOUND,       5, "euiccCiPKIdNotFound")                                       \
    X(IPA_DATA_ECALL_ACTIVE,     104, "ecallActive")                                               \
    X(IPA_DATA_UNDEFINED_ERROR,  127, "undefinedError")

#define PROFILE_DOWNLOAD_ERROR_REASON(X)                                                           \
    X(TRIGGER_ECALL_ACTIVE,      104, "ecallActive")                                               \
    X(TRIGGER_UNDEFINED_ERROR,   127, "undefinedError")

#define IPA_FEATURE(X)                                                                             \
    X(IPA_DIRECT,                  0, "directRspServerCommunication")                              \
    X(IPA_INDIRECT,                1, "indirectRspServerCommunication")                            \
    X(IPA_EIM_DOWNLOAD_DATA,       2, "eimDownloadDataHandling")                                   \
    X(IPA_EIM_CTX_PARAMS1,         3, "eimCtxParams1Generation")                                   \
    X(IPA_EIM_METADATA,            4, "eimProfileMetadataVerification")                            \
    X(IPA_MINIMIZE_BYTES,          5, "minimizeEsipaBytes")

#define IPA_PROTOCOL(X)                                                                            \
    X(IPA_RETRIEVE_HTTPS,          0, "ipaRetrieveHttps")                                          \
    X(IPA_RETRIEVE_COAPS,          1, "ipaRetrieveCoaps")                                          \
    X(IPA_INJECT_HTTPS,            2, "ipaInjectHttps")                                            \
    X(IPA_INJECT_COAPS,            3, "ipaInjectCoaps")                                            \
    X(IPA_PROPRIETARY,             4, "ipaProprietary")

#define STATE_CHANGE_CAUSE(X)                                                                      \
    X(STATE_CHANGE_OTHER_EIM,      0, "otherEim")                                                  \
    X(STATE_CHANGE_FALLBACK,       1, "fallback")                                                  \
    X(STATE_CHANGE_EMERGENCY,      2, "emergencyProfile")                                          \
    X(STATE_CHANGE_LOCAL,          3, "local")                                                     \
    X(STATE_CHANGE_RESET,          4, "reset")                                                     \
    X(STATE_CHANGE_IMMEDIATE_ENABLE, 5, "immediateEnableProfile")                                  \
    X(STATE_CHANGE_DEVICE,         6, "deviceChange")                                              \
    X(STATE_CHANGE_UNDEFINED,    127, "undefined")

#define GET_EIM_PACKAGE_ERROR(X)                                                                   \
    X(GET_PACKAGE_NONE,            1, "noEimPackageAvailable")                                     \
    X(GET_PACKAGE_EID_NOT_FOUND,   2, "eidNotFound")                                               \
    X(GET_PACKAGE_INVALID_EID,     3, "invalidEid")                                                \
    X(GET_PACKAGE_MISSING_EID,     4, "missingEid")                                                \
    X(GET_PACKAGE_UNDEFINED_ERROR, 127, "undefinedError")

#define PROVIDE_EIM_PACKAGE_RESULT_ERROR(X)                                                        \
    X(PROVIDE_EID_NOT_FOUND,       2, "eidNotFound")                                               \
    X(PROVIDE_INVALID_EID,         3, "invalidEid")                                                \
    X(PROVIDE_MISSING_EID,         4, "missingEid")                                                \
    X(PROVIDE_UNDEFINED_ERROR,   127, "undefinedError")

#define EIM_PACKAGE_RESULT_ERROR_CODE(X)                                                           \
    X(EIM_RESULT_INVALID_FORMAT,   1, "invalidPackageFormat")                                      \
    X(EIM_RESULT_UNKNOWN_PACKAGE,  2, "unknownPackage")                                            \
    X(EIM_RESULT_UNDEFINED_ERROR, 127, "undefinedError")

#define INITIATE_AUTHENTICATION_ERROR_ESIPA(X)                                                     \
    X(ESIPA_INITIATE_INVALID_DP_ADDRESS,  1, "invalidDpAddress")                                   \
    X(ESIPA_INITIATE_VERSION,             2, "euiccVersionNotSupportedByDp")                       \
    X(ESIPA_INITIATE_CI_UNSUPPORTED,      3, "ciPKIdNotSupported")                                 \
    X(ESIPA_INITIATE_ADDRESS_MISMATCH,   50, "smdpAddressMismatch")                                \
    X(ESIPA_INITIATE_OID_MISMATCH,       51, "smdpOidMismatch")                                    \
    X(ESIPA_INITIATE_INVALID_EIM_TRANSACTION, 52, "invalidEimTransactionId")                       \
    X(ESIPA_INITIATE_UNDEFINED_ERROR,   127, "undefinedError")

#define AUTHENTICATE_CLIENT_ERROR_ESIPA(X)                                                         \
    X(ESIPA_CLIENT_EUM_INVALID,           1, "eumCertificateInvalid")                              \
    X(ESIPA_CLIENT_EUM_EXPIRED,           2, "eumCertificateExpired")                              \
    X(ESIPA_CLIENT_EUICC_INVALID,         3, "euiccCertificateInvalid")                            \
    X(ESIPA_CLIENT_EUICC_EXPIRED,         4, "euiccCertificateExpired")                            \
    X(ESIPA_CLIENT_BAD_SIGNATURE,         5, "euiccSignatureInvalid")                              \
    X(ESIPA_CLIENT_MATCHING_ID_REFUSED,   6, "matchingIdRefused")                                  \
    X(ESIPA_CLIENT_EID_MISMATCH,          7, "eidMismatch")                                        \
    X(ESIPA_CLIENT_NO_PROFILE,            8, "noEligibleProfile")                                  \
    X(ESIPA_CLIENT_CI_UNKNOWN,            9, "ciPKUnknown")                                        \
    X(ESIPA_CLIENT_INVALID_TRANSACTION,  10, "invalidTransactionId")                               \
    X(ESIPA_CLIENT_NO_MEMORY,            11, "insufficientMemory")                                 \
    X(ESIPA_CLIENT_PPR_NOT_ALLOWED,      50, "pprNotAllowed")                                      \
    X(ESIPA_CLIENT_EVENT_UNKNOWN,        56, "eventIdUnknown")                                     \
    X(ESIPA_CLIENT_UNDEFINED_ERROR,     127, "undefinedError")

#define GET_BOUND_PROFILE_PACKAGE_ERROR_ESIPA(X)                                                   \
    X(ESIPA_BPP_BAD_SIGNATURE,            1, "euiccSignatureInvalid")                              \
    X(ESIPA_BPP_CC_MISSING,               2, "confirmationCodeMissing")                            \
    X(ESIPA_BPP_CC_REFUSED,               3, "confirmationCodeRefused")                            \
    X(ESIPA_BPP_CC_RETRIES,               4, "confirmationCodeRetriesExceeded")                    \
    X(ESIPA_BPP_REBINDING,                5, "bppRebindingRefused")                                \
    X(ESIPA_BPP_EXPIRED,                  6, "downloadOrderExpired")                               \
    X(ESIPA_BPP_METADATA_MISMATCH,       50, "metadataMismatch")                                   \
    X(ESIPA_BPP_INVALID_TRANSACTION,     95, "invalidTransactionId")                               \
    X(ESIPA_BPP_UNDEFINED_ERROR,        127, "undefinedError")

#define CANCEL_SESSION_ERROR_ESIPA(X)                                                              \
    X(ESIPA_CANCEL_INVALID_TRANSACTION,   1, "invalidTransactionId")                               \
    X(ESIPA_CANCEL_BAD_SIGNATURE,         2, "euiccSignatureInvalid")                              \
    X(ESIPA_CANCEL_UNDEFINED_ERROR,     127, "undefinedError")

#define SGP32_ESIPA_VALUES(E)                                                                      \
    E(ipa_euicc_data_error_code, IPA_EUICC_DATA_ERROR_CODE)                                        \
    E(profile_download_error_reason, PROFILE_DOWNLOAD_ERROR_REASON)                                \
    E(ipa_feature, IPA_FEATURE)                                                                    \
    E(ipa_protocol, IPA_PROTOCOL)                                                                  \
    E(state_change_cause, STATE_CHANGE_CAUSE)                                                      \
    E(get_eim_package_error, GET_EIM_PACKAGE_ERROR)                                                \
    E(provide_eim_package_result_error, PROVIDE_EIM_PACKAGE_RESULT_ERROR)                          \
    E(eim_package_result_error_code, EIM_PACKAGE_RESULT_ERROR_CODE)                                \
    E(initiate_authentication_error_esipa, INITIATE_AUTHENTICATION_ERROR_ESIPA)                    \
    E(authenticate_client_error_esipa, AUTHENTICATE_CLIENT_ERROR_ESIPA)                            \
    E(get_bound_profile_package_error_esipa, GET_BOUND_PROFILE_PACKAGE_ERROR_ESIPA)                \
    E(cancel_session_error_esipa, CANCEL_SESSION_ERROR_ESIPA)

SGP32_ESIPA_VALUES(NAMES_H)

/* ---- IPA eUICC Data ------------------------------------------------------------------------- */

#define SEARCH_NOTIFICATION(F, S)                                                                  \
    F(S, INT,  0x80, M, 0, 0, seq_number, "seqNumber", 0)                                          \
    F(S, BITS, 0x81, M, 0, 0, profile_management_operation, "profileManagementOperation",          \
      notification_event_names)

#define SEARCH_EUICC_PACKAGE_RESULT(F, S)                                                          \
    F(S, INT,  0x80, M, 0, 0, seq_number, "seqNumber", 0)

/* tagList: tags of IpaEuiccData, one after another without lengths. */
#define IPA_EUICC_DATA_REQUEST(F, S)                                                               \
    F(S, OCTETS, 0x5C, M, 0, 255, tag_list, "tagList", 0)                                          \
    F(S, OCTETS, 0x04, O, 1,  64, euicc_ci_pk_identifier_to_be_used,                               \
      "euiccCiPKIdentifierToBeUsed", 0)                                                            \
    F(S, CHOICE, 0xA1, O, 0,   0, search_criteria_notification, "searchCriteriaNotification",      \
      search_notification)                                                                         \
    F(S, CHOICE, 0xA2, O, 0,   0, search_criteria_euicc_package_result,                            \
      "searchCriteriaEuiccPackageResult", search_euicc_package_result)                             \
    F(S, OCTETS, 0x83, O, 1,  16, eim_transaction_id, "eimTransactionId", 0)

#define IPA_CAPABILITIES(F, S)                                                                     \
    F(S, BITS, 0x80, M,   0, 0, ipa_features, "ipaFeatures", ipa_feature_names)                    \
    F(S, BITS, 0x81, O,   0, 0, ipa_supported_protocols, "ipaSupportedProtocols",                  \
      ipa_protocol_names)                                                                          \
    F(S, RAW,  0xA2, O13, 0, 0, esipa_proprietary_protocol_information,                            \
      "eSipaProprietaryProtocolInformation", any)

#define IPA_EUICC_DATA(F, S)                                                                       \
    F(S, LIST,   0xA0, O, 0,   0, notifications_list, "notificationsList",                         \
      iot_pending_notification)                                                                    \
    F(S, UTF8,   0x81, O, 0, 255, default_smdp_address, "defaultSmdpAddress", 0)                   \
    F(S, LIST,   0xA2, O, 0,   0, euicc_package_result_list, "euiccPackageResultList",             \
      euicc_package_result)                                                                        \
    F(S, RAW,  0xBF20, O, 0,   0, euicc_info1, "euiccInfo1", euicc_info1)                          \
    F(S, RAW,  0xBF22, O, 0,   0, euicc_info2, "euiccInfo2", euicc_info2)                          \
    F(S, UTF8,   0x83, O, 0, 255, root_smds_address, "rootSmdsAddress", 0)                         \
    F(S, INT,    0x84, O, 0,   0, association_token, "associationToken", 0)                        \
    F(S, RAW,    0xA5, O, 0,   0, eum_certificate, "eumCertificate", rsp_certificate)              \
    F(S, RAW,    0xA6, O, 0,   0, euicc_certificate, "euiccCertificate", rsp_certificate)          \
    F(S, OCTETS, 0x87, O, 1,  16, eim_transaction_id, "eimTransactionId", 0)                       \
    F(S, SEQ,    0xA8, O, 0,   0, ipa_capabilities, "ipaCapabilities", ipa_capabilities)           \
    F(S, RAW,    0xA9, O, 0,   0, device_info, "deviceInfo", device_info)

#define IPA_EUICC_DATA_RESPONSE_ERROR(F, S)                                                        \
    F(S, OCTETS, 0x80, O, 1, 16, eim_transaction_id, "eimTransactionId", 0)                        \
    F(S, INT,    0x02, M, 0,  0, ipa_euicc_data_error_code, "ipaEuiccDataErrorCode",               \
      ipa_euicc_data_error_code_names)

#define IPA_EUICC_DATA_RESPONSE(F, S)                                                              \
    F(S, SEQ, 0xA0, M, 0, 0, ipa_euicc_data, "ipaEuiccData", ipa_euicc_data)                       \
    F(S, SEQ, 0xA1, M, 0, 0, ipa_euicc_data_response_error, "ipaEuiccDataResponseError",           \
      ipa_euicc_data_response_error)

/* ---- download trigger ----------------------------------------------------------------------- */

#define CONTACT_SMDS(F, S)                                                                         \
    F(S, UTF8, 0x80, O, 0, 255, smds_address, "smdsAddress", 0)

#define PROFILE_DOWNLOAD_DATA(F, S)                                                                \
    F(S, UTF8, 0x80, M, 0, 255, activation_code, "activationCode", 0)                              \
    F(S, NULL, 0x81, M, 0,   0, contact_default_smdp, "contactDefaultSmdp", 0)                     \
    F(S, SEQ,  0xA2, M, 0,   0, contact_smds, "contactSmds", contact_smds)

#define PROFILE_DOWNLOAD_TRIGGER_REQUEST(F, S)                                                     \
    F(S, CHOICE, 0xA0, O, 0,  0, profile_download_data, "profileDownloadData",                     \
      profile_download_data)                                                                       \
    F(S, OCTETS, 0x82, O, 1, 16, eim_transaction_id, "eimTransactionId", 0)

/* In v1.0 the reason is missing. */
#define PROFILE_DOWNLOAD_ERROR(F, S)                                                               \
    F(S, INT,    0x80, O, 0, 0, profile_download_error_reason, "profileDownloadErrorReason",       \
      profile_download_error_reason_names)                                                         \
    F(S, OCTETS, 0x04, O, 0, 0, error_response, "errorResponse", 0)

#define PROFILE_DOWNLOAD_TRIGGER_RESULT_DATA(F, S)                                                 \
    F(S, RAW, 0xBF37, M, 0, 0, profile_installation_result, "profileInstallationResult",           \
      profile_installation_result)                                                                 \
    F(S, SEQ, 0x30,   M, 0, 0, profile_download_error, "profileDownloadError",                     \
      profile_download_error)

#define PROFILE_DOWNLOAD_TRIGGER_RESULT(F, S)                                                      \
    F(S, OCTETS, 0x82, O, 1, 16, eim_transaction_id, "eimTransactionId", 0)                        \
    F(S, CHOICE, 0,    M, 0,  0, profile_download_trigger_result_data,                             \
      "profileDownloadTriggerResultData", profile_download_trigger_result_data)

/* ---- package retrieval and results ---------------------------------------------------------- */

/*
 * The EID may be missing or of a wrong size, which has its own answers (6.3.2.6). The limits of the
 * cause tell it from the rPLMN that v1.0 has under the same tag.
 */
#define GET_EIM_PACKAGE_REQUEST(F, S)                                                              \
    F(S, OCTETS, 0x5A, O, 0, 0, eid_value, "eidValue", 0)                                          \
    F(S, NULL,   0x80, O, 0, 0, notify_state_change, "notifyStateChange", 0)                       \
    F(S, INT,    0x81, O, 0, 127, state_change_cause, "stateChangeCause",                          \
      state_change_cause_names)                                                                    \
    F(S, OCTETS, 0x82, O, 3, 3, r_plmn, "rPLMN", 0)

#define GET_EIM_PACKAGE_RESPONSE(F, S)                                                             \
    F(S, RAW, 0xBF51, M, 0, 0, euicc_package_request, "euiccPackageRequest",                       \
      euicc_package_request)                                                                       \
    F(S, SEQ, 0xBF52, M, 0, 0, ipa_euicc_data_request, "ipaEuiccDataRequest",                      \
      ipa_euicc_data_request)                                                                      \
    F(S, SEQ, 0xBF54, M, 0, 0, profile_download_trigger_request, "profileDownloadTriggerRequest",  \
      profile_download_trigger_request)                                                            \
    F(S, INT, 0x02,   M, 0, 0, eim_package_error, "eimPackageError", get_eim_package_error_names)

#define EIM_PACKAGE_RESULT_RESPONSE_ERROR(F, S)                                                    \
    F(S, OCTETS, 0x80, O, 1, 16, eim_transaction_id, "eimTransactionId", 0)                        \
    F(S, INT,    0x02, M, 0,  0, eim_package_result_error_code, "eimPackageResultErrorCode",       \
      eim_package_result_error_code_names)

#define EPR_AND_NOTIFICATIONS(F, S)                                                                \
    F(S, RAW,  0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult", euicc_package_result)  \
    F(S, LIST, 0xA0,   M, 0, 0, notification_list, "notificationList", iot_pending_notification)

#define EIM_PACKAGE_RESULT(F, S)                                                                   \
    F(S, RAW,    0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult",                      \
      euicc_package_result)                                                                        \
    F(S, SEQ,    0x30,   M, 0, 0, epr_and_notifications, "ePRAndNotifications",                    \
      epr_and_notifications)                                                                       \
    F(S, CHOICE, 0xBF52, M, 0, 0, ipa_euicc_data_response, "ipaEuiccDataResponse",                 \
      ipa_euicc_data_response)                                                                     \
    F(S, SEQ,    0xBF54, M, 0, 0, profile_download_trigger_result,                                 \
      "profileDownloadTriggerResult", profile_download_trigger_result)                             \
    F(S, SEQ,    0xA0,   M, 0, 0, eim_package_result_response_error,                               \
      "eimPackageResultResponseError", eim_package_result_response_error)

#define PROVIDE_EIM_PACKAGE_RESULT(F, S)                                                           \
    F(S, OCTETS, 0x5A, O, 0, 0, eid_value, "eidValue", 0)                                          \
    F(S, CHOICE, 0,    M, 0, 0, eim_package_result, "eimPackageResult", eim_package_result)

#define PROVIDE_EIM_PACKAGE_RESULT_RESPONSE(F, S)                                                  \
    F(S, LIST, 0xBF53, M, 0, 0, eim_acknowledgements, "eimAcknowledgements", sequence_number)      \
    F(S, NULL, 0x30,   M, 0, 0, empty_response, "emptyResponse", 0)                                \
    F(S, INT,  0x02,   M, 0, 0, provide_eim_package_result_error, "provideEimPackageResultError",  \
      provide_eim_package_result_error_names)

#define TRANSFER_EIM_PACKAGE_REQUEST(F, S)                                                         \
    F(S, RAW,  0xBF51, M, 0, 0, euicc_package_request, "euiccPackageRequest",                      \
      euicc_package_request)                                                                       \
    F(S, SEQ,  0xBF52, M, 0, 0, ipa_euicc_data_request, "ipaEuiccDataRequest",                     \
      ipa_euicc_data_request)                                                                      \
    F(S, LIST, 0xBF53, M, 0, 0, eim_acknowledgements, "eimAcknowledgements", sequence_number)      \
    F(S, SEQ,  0xBF54, M, 0, 0, profile_download_trigger_request,                                  \
      "profileDownloadTriggerRequest", profile_download_trigger_request)

#define TRANSFER_EIM_PACKAGE_RESPONSE(F, S)                                                        \
    F(S, RAW,    0xBF51, M, 0, 0, euicc_package_result, "euiccPackageResult",                      \
      euicc_package_result)                                                                        \
    F(S, SEQ,    0x30,   M, 0, 0, epr_and_notifications, "ePRAndNotifications",                    \
      epr_and_notifications)                                                                       \
    F(S, CHOICE, 0xBF52, M, 0, 0, ipa_euicc_data_response, "ipaEuiccDataResponse",                 \
      ipa_euicc_data_response)                                                                     \
    F(S, NULL,   0x05,   M, 0, 0, eim_package_received, "eimPackageReceived", 0)                   \
    F(S, INT,    0x02,   M, 0, 0, eim_package_error, "eimPackageError",                            \
      eim_package_result_error_code_names)

/* ---- relayed download ----------------------------------------------------------------------- */

#define INITIATE_AUTHENTICATION_REQUEST_ESIPA(F, S)                                                \
    F(S, OCTETS, 0x81,  M, 16,  16, euicc_challenge, "euiccChallenge", 0)                          \
    F(S, UTF8,   0x83,  O,  0, 255, smdp_address, "smdpAddress", 0)                                \
    F(S, RAW,   0xBF20, O,  0,   0, euicc_info1, "euiccInfo1", euicc_info1)                        \
    F(S, OCTETS, 0x82,  O,  1,  16, eim_transaction_id, "eimTransactionId", 0)

/* Towards an IPA with minimizeEsipaBytes the transactionId is left out, here and inside. */
#define SERVER_SIGNED1_ESIPA(F, S)                                                                 \
    F(S, OCTETS, 0x80, O,  1,  16, transaction_id,   "transactionId", 0)                           \
    F(S, OCTETS, 0x81, M, 16,  16, euicc_challenge,  "euiccChallenge", 0)                          \
    F(S, UTF8,   0x83, M,  0, 255, server_address,   "serverAddress", 0)                           \
    F(S, OCTETS, 0x84, M, 16,  16, server_challenge, "serverChallenge", 0)

#define INITIATE_AUTHENTICATION_OK_ESIPA(F, S)                                                     \
    F(S, OCTETS, 0x80,   O, 1,  16, transaction_id, "transactionId", 0)                            \
    F(S, RAW,    0x30,   M, 0,   0, server_signed1, "serverSigned1", server_signed1_esipa)         \
    F(S, OCTETS, 0x5F37, M, 1, 255, server_signature1, "serverSignature1", 0)                      \
    F(S, OCTETS, 0x04,   M, 1,  64, euicc_ci_pk_identifier_to_be_used,                             \
      "euiccCiPKIdentifierToBeUsed", 0)                                                            \
    F(S, RAW,    0x30,   M, 0,   0, server_certificate, "serverCertificate", rsp_certificate)      \
    F(S, UTF8,   0x0C,   O, 0, 255, matching_id, "matchingId", 0)                                  \
    F(S, RAW,    0xA2,   O, 0,   0, ctx_params1, "ctxParams1", ctx_params1)

#define INITIATE_AUTHENTICATION_RESPONSE_ESIPA(F, S)                                               \
    F(S, SEQ, 0xA0, M, 0, 0, initiate_authentication_ok_esipa, "initiateAuthenticationOkEsipa",    \
      initiate_authentication_ok_esipa)                                                            \
    F(S, INT, 0x81, M, 0, 0, initiate_authentication_error_esipa,                                  \
      "initiateAuthenticationErrorEsipa", initiate_authentication_error_esipa_names)

#define AUTHENTICATE_CLIENT_REQUEST_ESIPA(F, S)                                                    \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF38, M, 0,  0, authenticate_server_response, "authenticateServerResponse",     \
      iot_authenticate_server_response)

#define AUTHENTICATE_CLIENT_OK_DP_ESIPA(F, S)                                                      \
    F(S, OCTETS, 0x80,   O,  1,  16, transaction_id, "transactionId", 0)                           \
    F(S, RAW,    0xBF25, O,  0,   0, profile_meta_data, "profileMetaData",                         \
      store_metadata_request)                                                                      \
    F(S, RAW,    0x30,   M,  0,   0, smdp_signed2, "smdpSigned2", smdp_signed2)                    \
    F(S, OCTETS, 0x5F37, M,  1, 255, smdp_signature2, "smdpSignature2", 0)                         \
    F(S, RAW,    0x30,   M,  0,   0, smdp_certificate, "smdpCertificate", rsp_certificate)         \
    F(S, OCTETS, 0x04,   O, 32,  32, hash_cc, "hashCc", 0)

#define AUTHENTICATE_CLIENT_OK_DS_ESIPA(F, S)                                                      \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, SEQ,    0xBF54, O, 0,  0, profile_download_trigger, "profileDownloadTrigger",             \
      profile_download_trigger_request)

#define AUTHENTICATE_CLIENT_RESPONSE_ESIPA(F, S)                                                   \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_client_ok_dp_esipa, "authenticateClientOkDPEsipa",       \
      authenticate_client_ok_dp_esipa)                                                             \
    F(S, SEQ, 0xA1, M, 0, 0, authenticate_client_ok_ds_esipa, "authenticateClientOkDSEsipa",       \
      authenticate_client_ok_ds_esipa)                                                             \
    F(S, INT, 0x82, M, 0, 0, authenticate_client_error_esipa, "authenticateClientErrorEsipa",      \
      authenticate_client_error_esipa_names)

#define GET_BOUND_PROFILE_PACKAGE_REQUEST_ESIPA(F, S)                                              \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF21, M, 0,  0, prepare_download_response, "prepareDownloadResponse",           \
      iot_prepare_download_response)

#define GET_BOUND_PROFILE_PACKAGE_OK_ESIPA(F, S)                                                   \
    F(S, OCTETS, 0x80,   O, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF36, M, 0,  0, bound_profile_package, "boundProfilePackage",                   \
      bound_profile_package)

#define GET_BOUND_PROFILE_PACKAGE_RESPONSE_ESIPA(F, S)                                             \
    F(S, SEQ, 0xA0, M, 0, 0, get_bound_profile_package_ok_esipa, "getBoundProfilePackageOkEsipa",  \
      get_bound_profile_package_ok_esipa)                                                          \
    F(S, INT, 0x81, M, 0, 0, get_bound_profile_package_error_esipa,                                \
      "getBoundProfilePackageErrorEsipa", get_bound_profile_package_error_esipa_names)

#define HANDLE_NOTIFICATION_ESIPA(F, S)                                                            \
    F(S, RAW, 0xA0,   M, 0, 0, pending_notification, "pendingNotification",                        \
      iot_pending_notification)                                                                    \
    F(S, RAW, 0xBF50, M, 0, 0, provide_eim_package_result, "provideEimPackageResult",              \
      provide_eim_package_result)

/* The card's answer stands under [1]: that tag replaces BF41 (X.680 30.6). */
#define CANCEL_SESSION_REQUEST_ESIPA(F, S)                                                         \
    F(S, OCTETS, 0x80, M, 1, 16, transaction_id, "transactionId", 0)                               \
    F(S, RAW,    0xA1, M, 0,  0, cancel_session_response, "cancelSessionResponse",                 \
      iot_cancel_session_response)

#define CANCEL_SESSION_RESPONSE_ESIPA(F, S)                                                        \
    F(S, NULL, 0xA0, M, 0, 0, cancel_session_ok,    "cancelSessionOk", 0)                          \
    F(S, INT,  0x81, M, 0, 0, cancel_session_error, "cancelSessionError",                          \
      cancel_session_error_esipa_names)

/* ---- the two roots (6.3.1) ------------------------------------------------------------------ */

#define ESIPA_MESSAGE_FROM_IPA_TO_EIM(F, S)                                                        \
    F(S, SEQ,    0xBF39, M, 0, 0, initiate_authentication_request_esipa,                           \
      "initiateAuthenticationRequestEsipa", initiate_authentication_request_esipa)                 \
    F(S, SEQ,    0xBF3B, M, 0, 0, authenticate_client_request_esipa,                               \
      "authenticateClientRequestEsipa", authenticate_client_request_esipa)                         \
    F(S, SEQ,    0xBF3A, M, 0, 0, get_bound_profile_package_request_esipa,                         \
      "getBoundProfilePackageRequestEsipa", get_bound_profile_package_request_esipa)               \
    F(S, SEQ,    0xBF41, M, 0, 0, cancel_session_request_esipa, "cancelSessionRequestEsipa",       \
      cancel_session_request_esipa)                                                                \
    F(S, CHOICE, 0xBF3D, M, 0, 0, handle_notification_esipa, "handleNotificationEsipa",            \
      handle_notification_esipa)                                                                   \
    F(S, CHOICE, 0xBF4E, M, 0, 0, transfer_eim_package_response, "transferEimPackageResponse",     \
      transfer_eim_package_response)                                                               \
    F(S, SEQ,    0xBF4F, M, 0, 0, get_eim_package_request, "getEimPackageRequest",                 \
      get_eim_package_request)                                                                     \
    F(S, SEQ,    0xBF50, M, 0, 0, provide_eim_package_result, "provideEimPackageResult",           \
      provide_eim_package_result)

#define ESIPA_MESSAGE_FROM_EIM_TO_IPA(F, S)                                                        \
    F(S, CHOICE, 0xBF39, M, 0, 0, initiate_authentication_response_esipa,                          \
      "initiateAuthenticationResponseEsipa", initiate_authentication_response_esipa)               \
    F(S, CHOICE, 0xBF3B, M, 0, 0, authenticate_client_response_esipa,                              \
      "authenticateClientResponseEsipa", authenticate_client_response_esipa)                       \
    F(S, CHOICE, 0xBF3A, M, 0, 0, get_bound_profile_package_response_esipa,                        \
      "getBoundProfilePackageResponseEsipa", get_bound_profile_package_response_esipa)             \
    F(S, CHOICE, 0xBF41, M, 0, 0, cancel_session_response_esipa, "cancelSessionResponseEsipa",     \
      cancel_session_response_esipa)                                                               \
    F(S, CHOICE, 0xBF4E, M, 0, 0, transfer_eim_package_request, "transferEimPackageRequest",       \
      transfer_eim_package_request)                                                                \
    F(S, CHOICE, 0xBF4F, M, 0, 0, get_eim_package_response, "getEimPackageResponse",               \
      get_eim_package_response)                                                                    \
    F(S, CHOICE, 0xBF50, M, 0, 0, provide_eim_package_result_response,                             \
      "provideEimPackageResultResponse", provide_eim_package_result_response)

#define SGP32_ESIPA_TYPES(SEQ, CHOICE, LIST, PRIM)                                                 \
    PRIM(sequence_number, INT, "SequenceNumber", 0x80, 0, 0, 0, "SGP.32 2.11.1.4")                 \
    LIST(eim_acknowledgements, sequence_number, "EimAcknowledgements", 0xBF53, 0, 0,               \
         "SGP.32 2.11.1.4")                                                                        \
    CHOICE(search_notification, SEARCH_NOTIFICATION, "SearchCriteriaNotification", 0,              \
           "SGP.32 2.11.1.2")                                                                      \
    CHOICE(search_euicc_package_result, SEARCH_EUICC_PACKAGE_RESULT,                               \
           "SearchCriteriaEuiccPackageResult", 0, "SGP.32 2.11.1.2")                               \
    SEQ(ipa_euicc_data_request, IPA_EUICC_DATA_REQUEST, "IpaEuiccDataRequest", 0xBF52,             \
        "SGP.32 2.11.1.2")                                                                         \
    SEQ(ipa_capabilities, IPA_CAPABILITIES, "IpaCapabilities", 0x30, "SGP.32 4.1")                 \
    SEQ(ipa_euicc_data, IPA_EUICC_DATA, "IpaEuiccData", 0x30, "SGP.32 2.11.2.2")                   \
    SEQ(ipa_euicc_data_response_error, IPA_EUICC_DATA_RESPONSE_ERROR,                              \
        "IpaEuiccDataResponseError", 0x30, "SGP.32 2.11.2.2")                                      \
    CHOICE(ipa_euicc_data_response, IPA_EUICC_DATA_RESPONSE, "IpaEuiccDataResponse", 0xBF52,       \
           "SGP.32 2.11.2.2")                                                                      \
    SEQ(contact_smds, CONTACT_SMDS, "ContactSmds", 0x30, "SGP.32 2.11.1.3")                        \
    CHOICE(profile_download_data, PROFILE_DOWNLOAD_DATA, "ProfileDownloadData", 0,                 \
           "SGP.32 2.11.1.3")                                                                      \
    SEQ(profile_download_trigger_request, PROFILE_DOWNLOAD_TRIGGER_REQUEST,                        \
        "ProfileDownloadTriggerRequest", 0xBF54, "SGP.32 2.11.1.3")                                \
    SEQ(profile_download_error, PROFILE_DOWNLOAD_ERROR, "ProfileDownloadError", 0x30,              \
        "SGP.32 2.11.2.3")                                                                         \
    CHOICE(profile_download_trigger_result_data, PROFILE_DOWNLOAD_TRIGGER_RESULT_DATA,             \
           "ProfileDownloadTriggerResultData", 0, "SGP.32 2.11.2.3")                               \
    SEQ(profile_download_trigger_result, PROFILE_DOWNLOAD_TRIGGER_RESULT,                          \
        "ProfileDownloadTriggerResult", 0xBF54, "SGP.32 2.11.2.3")                                 \
    SEQ(get_eim_package_request, GET_EIM_PACKAGE_REQUEST, "GetEimPackageRequest", 0xBF4F,          \
        "SGP.32 6.3.2.6")                                                                          \
    CHOICE(get_eim_package_response, GET_EIM_PACKAGE_RESPONSE, "GetEimPackageResponse", 0xBF4F,    \
           "SGP.32 6.3.2.6")                                                                       \
    SEQ(eim_package_result_response_error, EIM_PACKAGE_RESULT_RESPONSE_ERROR,                      \
        "EimPackageResultResponseError", 0x30, "SGP.32 6.3.2.7")                                   \
    SEQ(epr_and_notifications, EPR_AND_NOTIFICATIONS, "EPRAndNotifications", 0x30,                 \
        "SGP.32 6.3.2.7")                                                                          \
    CHOICE(eim_package_result, EIM_PACKAGE_RESULT, "EimPackageResult", 0, "SGP.32 6.3.2.7")        \
    SEQ(provide_eim_package_result, PROVIDE_EIM_PACKAGE_RESULT, "ProvideEimPackageResult", 0xBF50, \
        "SGP.32 6.3.2.7")                                                                          \
    CHOICE(provide_eim_package_result_response, PROVIDE_EIM_PACKAGE_RESULT_RESPONSE,               \
           "ProvideEimPackageResultResponse", 0xBF50, "SGP.32 6.3.2.7")                            \
    CHOICE(transfer_eim_package_request, TRANSFER_EIM_PACKAGE_REQUEST,                             \
           "TransferEimPackageRequest", 0xBF4E, "SGP.32 6.3.3.1")                                  \
    CHOICE(transfer_eim_package_response, TRANSFER_EIM_PACKAGE_RESPONSE,                           \
           "TransferEimPackageResponse", 0xBF4E, "SGP.32 6.3.3.1")                                 \
    SEQ(initiate_authentication_request_esipa, INITIATE_AUTHENTICATION_REQUEST_ESIPA,              \
        "InitiateAuthenticationRequestEsipa", 0xBF39, "SGP.32 6.3.2.1")                            \
    SEQ(server_signed1_esipa, SERVER_SIGNED1_ESIPA, "ServerSigned1", 0x30, "SGP.32 6.3.2.1")       \
    SEQ(initiate_authentication_ok_esipa, INITIATE_AUTHENTICATION_OK_ESIPA,                        \
        "InitiateAuthenticationOkEsipa", 0x30, "SGP.32 6.3.2.1")                                   \
    CHOICE(initiate_authentication_response_esipa, INITIATE_AUTHENTICATION_RESPONSE_ESIPA,         \
           "InitiateAuthenticationResponseEsipa", 0xBF39, "SGP.32 6.3.2.1")                        \
    SEQ(authenticate_client_request_esipa, AUTHENTICATE_CLIENT_REQUEST_ESIPA,                      \
        "AuthenticateClientRequestEsipa", 0xBF3B, "SGP.32 6.3.2.2")                                \
    SEQ(authenticate_client_ok_dp_esipa, AUTHENTICATE_CLIENT_OK_DP_ESIPA,                          \
        "AuthenticateClientOkDPEsipa", 0x30, "SGP.32 6.3.2.2")                                     \
    SEQ(authenticate_client_ok_ds_esipa, AUTHENTICATE_CLIENT_OK_DS_ESIPA,                          \
        "AuthenticateClientOkDSEsipa", 0x30, "SGP.32 6.3.2.2")                                     \
    CHOICE(authenticate_client_response_esipa, AUTHENTICATE_CLIENT_RESPONSE_ESIPA,                 \
           "AuthenticateClientResponseEsipa", 0xBF3B, "SGP.32 6.3.2.2")                            \
    SEQ(get_bound_profile_package_request_esipa, GET_BOUND_PROFILE_PACKAGE_REQUEST_ESIPA,          \
        "GetBoundProfilePackageRequestEsipa", 0xBF3A, "SGP.32 6.3.2.3")                            \
    SEQ(get_bound_profile_package_ok_esipa, GET_BOUND_PROFILE_PACKAGE_OK_ESIPA,                    \
        "GetBoundProfilePackageOkEsipa", 0x30, "SGP.32 6.3.2.3")                                   \
    CHOICE(get_bound_profile_package_response_esipa, GET_BOUND_PROFILE_PACKAGE_RESPONSE_ESIPA,     \
           "GetBoundProfilePackageResponseEsipa", 0xBF3A, "SGP.32 6.3.2.3")                        \
    CHOICE(handle_notification_esipa, HANDLE_NOTIFICATION_ESIPA, "HandleNotificationEsipa",        \
           0xBF3D, "SGP.32 6.3.2.4")                                                               \
    SEQ(cancel_session_request_esipa, CANCEL_SESSION_REQUEST_ESIPA, "CancelSessionRequestEsipa",   \
        0xBF41, "SGP.32 6.3.2.5")                                                                  \
    CHOICE(cancel_session_response_esipa, CANCEL_SESSION_RESPONSE_ESIPA,                           \
           "CancelSessionResponseEsipa", 0xBF41, "SGP.32 6.3.2.5")                                 \
    CHOICE(esipa_message_from_ipa_to_eim, ESIPA_MESSAGE_FROM_IPA_TO_EIM,                           \
           "EsipaMessageFromIpaToEim", 0, "SGP.32 6.3.1")                                          \
    CHOICE(esipa_message_from_eim_to_ipa, ESIPA_MESSAGE_FROM_EIM_TO_IPA,                           \
           "EsipaMessageFromEimToIpa", 0, "SGP.32 6.3.1")

SGP32_ESIPA_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
