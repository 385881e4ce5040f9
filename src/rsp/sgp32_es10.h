/*
 * ES10 functions of the IoT eUICC (SGP.32 5.9), between IPA and ISD-R. Functions that SGP.32 takes
 * over unchanged stand in sgp22.h; `iot_` marks those that both have, but differ.
 */
#ifndef DUNLIN_RSP_SGP32_ES10_H
#define DUNLIN_RSP_SGP32_ES10_H

#include "rsp/sgp32_esipa.h"

/* clang-format off */

/* ---- named values --------------------------------------------------------------------------- */

#define ADD_INITIAL_EIM_ERROR(X)                                                                   \
    X(ADD_INITIAL_NO_MEMORY, 1, "insufficientMemory")                                              \
    X(ADD_INITIAL_EXISTS, 2, "associatedEimAlreadyExists")                                         \
    X(ADD_INITIAL_CI_UNKNOWN, 3, "ciPKUnknown")                                                    \
    X(ADD_INITIAL_BAD_TOKEN, 5, "invalidAssociationToken")                                         \
    X(ADD_INITIAL_COUNTER_RANGE, 6, "counterValueOutOfRange")                                      \
    X(ADD_INITIAL_COMMAND_ERROR, 7, "commandError")                                                \
    X(ADD_INITIAL_UNDEFINED_ERROR, 127, "undefinedError")

#define IOT_RESET_OPTION(X)                                                                        \
    X(IOT_RESET_OPERATIONAL, 0, "deleteOperationalProfiles")                                       \
    X(IOT_RESET_FIELD_TEST, 1, "deleteFieldLoadedTestProfiles")                                    \
    X(IOT_RESET_DEFAULT_SMDP, 2, "resetDefaultSmdpAddress")                                        \
    X(IOT_RESET_PRELOADED_TEST, 3, "deletePreLoadedTestProfiles")                                  \
    X(IOT_RESET_PROVISIONING, 4, "deleteProvisioningProfiles")                                     \
    X(IOT_RESET_EIM_CONFIG, 5, "resetEimConfigData")                                               \
    X(IOT_RESET_IMMEDIATE_ENABLE, 6, "resetImmediateEnableConfig")

#define IOT_RESET_RESULT(X)                                                                        \
    X(IOT_RESET_OK, 0, "ok")                                                                       \
    X(IOT_RESET_NOTHING, 1, "nothingToDelete")                                                     \
    X(IOT_RESET_CAT_BUSY, 5, "catBusy")                                                            \
    X(IOT_RESET_ECALL_ACTIVE, 104, "ecallActive")                                                  \
    X(IOT_RESET_UNDEFINED_ERROR, 127, "undefinedError")

#define RESET_EIM_RESULT(X)                                                                        \
    X(RESET_EIM_OK, 0, "ok")                                                                       \
    X(RESET_EIM_NOTHING, 1, "nothingToDelete")                                                     \
    X(RESET_EIM_NOT_SUPPORTED, 2, "eimResetNotSupported")                                          \
    X(RESET_EIM_UNDEFINED_ERROR, 127, "undefinedError")

#define RESET_IMMEDIATE_ENABLE_RESULT(X)                                                           \
    X(RESET_IE_OK, 0, "ok")                                                                        \
    X(RESET_IE_NOT_SUPPORTED, 1, "resetIECNotSupported")                                           \
    X(RESET_IE_UNDEFINED_ERROR, 127, "undefinedError")

#define GET_CERTS_ERROR(X)                                                                         \
    X(GET_CERTS_INVALID_CI, 1, "invalidCiPKId")                                                    \
    X(GET_CERTS_UNDEFINED_ERROR, 127, "undefinedError")

#define IOT_NOTIFICATIONS_LIST_ERROR(X)                                                            \
    X(IOT_NOTIFICATIONS_UNDEFINED_ERROR, 127, "undefinedError")

#define IMMEDIATE_ENABLE_RESULT(X)                                                                 \
    X(IMMEDIATE_ENABLE_OK, 0, "ok")                                                                \
    X(IMMEDIATE_ENABLE_NOT_AVAILABLE, 1, "immediateEnableNotAvailable")                            \
    X(IMMEDIATE_ENABLE_NO_SESSION, 4, "noSessionContext")                                          \
    X(IMMEDIATE_ENABLE_CAT_BUSY, 5, "catBusy")                                                     \
    X(IMMEDIATE_ENABLE_UNDEFINED_ERROR, 127, "undefinedError")

#define PROFILE_ROLLBACK_RESULT(X)                                                                 \
    X(PROFILE_ROLLBACK_OK, 0, "ok")                                                                \
    X(PROFILE_ROLLBACK_NOT_ALLOWED, 1, "rollbackNotAllowed")                                       \
    X(PROFILE_ROLLBACK_CAT_BUSY, 5, "catBusy")                                                     \
    X(PROFILE_ROLLBACK_COMMAND_ERROR, 7, "commandError")                                           \
    X(PROFILE_ROLLBACK_UNDEFINED_ERROR, 127, "undefinedError")

#define CONFIGURE_IMMEDIATE_RESULT(X)                                                              \
    X(CONFIGURE_IMMEDIATE_OK, 0, "ok")                                                             \
    X(CONFIGURE_IMMEDIATE_NO_MEMORY, 1, "insufficientMemory")                                      \
    X(CONFIGURE_IMMEDIATE_EIM_EXISTS, 2, "associatedEimAlreadyExists")                             \
    X(CONFIGURE_IMMEDIATE_UNDEFINED_ERROR, 127, "undefinedError")

#define EXECUTE_FALLBACK_RESULT(X)                                                                 \
    X(EXECUTE_FALLBACK_OK, 0, "ok")                                                                \
    X(EXECUTE_FALLBACK_NOT_DISABLED, 2, "profileNotInDisabledState")                               \
    X(EXECUTE_FALLBACK_CAT_BUSY, 5, "catBusy")                                                     \
    X(EXECUTE_FALLBACK_NOT_AVAILABLE, 6, "fallbackNotAvailable")                                   \
    X(EXECUTE_FALLBACK_COMMAND_ERROR, 7, "commandError")                                           \
    X(EXECUTE_FALLBACK_ECALL_ACTIVE, 104, "ecallActive")                                           \
    X(EXECUTE_FALLBACK_UNDEFINED_ERROR, 127, "undefinedError")

#define RETURN_FROM_FALLBACK_RESULT(X)                                                             \
    X(RETURN_FALLBACK_OK, 0, "ok")                                                                 \
    X(RETURN_FALLBACK_CAT_BUSY, 5, "catBusy")                                                      \
    X(RETURN_FALLBACK_NOT_AVAILABLE, 6, "fallbackNotAvailable")                                    \
    X(RETURN_FALLBACK_COMMAND_ERROR, 7, "commandError")                                            \
    X(RETURN_FALLBACK_UNDEFINED_ERROR, 127, "undefinedError")

#define ENABLE_EMERGENCY_RESULT(X)                                                                 \
    X(ENABLE_EMERGENCY_OK, 0, "ok")                                                                \
    X(ENABLE_EMERGENCY_NOT_DISABLED, 2, "profileNotInDisabledState")                               \
    X(ENABLE_EMERGENCY_CAT_BUSY, 5, "catBusy")                                                     \
    X(ENABLE_EMERGENCY_NOT_AVAILABLE, 8, "ecallNotAvailable")                                      \
    X(ENABLE_EMERGENCY_UNDEFINED_ERROR, 127, "undefinedError")

#define DISABLE_EMERGENCY_RESULT(X)                                                                \
    X(DISABLE_EMERGENCY_OK, 0, "ok")                                                               \
    X(DISABLE_EMERGENCY_NOT_ENABLED, 2, "profileNotInEnabledState")                                \
    X(DISABLE_EMERGENCY_CAT_BUSY, 5, "catBusy")                                                    \
    X(DISABLE_EMERGENCY_UNDEFINED_ERROR, 127, "undefinedError")

#define CONNECTIVITY_PARAMETERS_ERROR(X)                                                           \
    X(CONNECTIVITY_NOT_AVAILABLE, 1, "parametersNotAvailable")                                     \
    X(CONNECTIVITY_UNDEFINED_ERROR, 127, "undefinedError")

#define IPAE_OPTION(X)                                                                             \
    X(IPAE_ACTIVATE, 0, "activateIpae")

#define IPAE_ACTIVATION_RESULT(X)                                                                  \
    X(IPAE_ACTIVATION_OK, 0, "ok")                                                                 \
    X(IPAE_ACTIVATION_NOT_SUPPORTED, 1, "notSupported")

#define ISDR_IOT_CONFIGURATION(X)                                                                  \
    X(ISDR_IPAE_SUPPORTED, 0, "ipaeSupported")                                                     \
    X(ISDR_ENABLED_PROFILE, 1, "enabledProfile")

#define SGP32_ES10_VALUES(E)                                                                       \
    E(add_initial_eim_error, ADD_INITIAL_EIM_ERROR)                                                \
    E(iot_reset_option, IOT_RESET_OPTION)                                                          \
    E(iot_reset_result, IOT_RESET_RESULT)                                                          \
    E(reset_eim_result, RESET_EIM_RESULT)                                                          \
    E(reset_immediate_enable_result, RESET_IMMEDIATE_ENABLE_RESULT)                                \
    E(get_certs_error, GET_CERTS_ERROR)                                                            \
    E(iot_notifications_list_error, IOT_NOTIFICATIONS_LIST_ERROR)                                  \
    E(immediate_enable_result, IMMEDIATE_ENABLE_RESULT)                                            \
    E(profile_rollback_result, PROFILE_ROLLBACK_RESULT)                                            \
    E(configure_immediate_result, CONFIGURE_IMMEDIATE_RESULT)                                      \
    E(execute_fallback_result, EXECUTE_FALLBACK_RESULT)                                            \
    E(return_from_fallback_result, RETURN_FROM_FALLBACK_RESULT)                                    \
    E(enable_emergency_result, ENABLE_EMERGENCY_RESULT)                                            \
    E(disable_emergency_result, DISABLE_EMERGENCY_RESULT)                                          \
    E(connectivity_parameters_error, CONNECTIVITY_PARAMETERS_ERROR)                                \
    E(ipae_option, IPAE_OPTION)                                                                    \
    E(ipae_activation_result, IPAE_ACTIVATION_RESULT)                                              \
    E(isdr_iot_configuration, ISDR_IOT_CONFIGURATION)

SGP32_ES10_VALUES(NAMES_H)

/* ---- eIM configuration (5.9.4, 5.9.18) ------------------------------------------------------- */

#define ADD_INITIAL_EIM_REQUEST(F, S)                                                              \
    F(S, LIST, 0xA0, M, 0, 0, eim_configuration_data_list, "eimConfigurationDataList",             \
      eim_configuration_data)

#define ADD_INITIAL_EIM_ENTRY(F, S)                                                                \
    F(S, INT,  0x84, M, 0, 0, association_token, "associationToken", 0)                            \
    F(S, NULL, 0x05, M, 0, 0, add_ok, "addOk", 0)

#define ADD_INITIAL_EIM_RESPONSE(F, S)                                                             \
    F(S, LIST, 0xA0, M, 0, 0, add_initial_eim_ok, "addInitialEimOk", add_initial_eim_entry)        \
    F(S, INT,  0x81, M, 0, 0, add_initial_eim_error, "addInitialEimError",                         \
      add_initial_eim_error_names)

#define EIM_SEARCH_CRITERIA(F, S)                                                                  \
    F(S, UTF8, 0x80, M, 1, 128, eim_id, "eimId", 0)

#define GET_EIM_CONFIGURATION_DATA_REQUEST(F, S)                                                   \
    F(S, CHOICE, 0xA0, O, 0, 0, search_criteria, "searchCriteria", eim_search_criteria)

#define GET_EIM_CONFIGURATION_DATA_RESPONSE(F, S)                                                  \
    F(S, LIST, 0xA0, M, 0, 0, eim_configuration_data_list, "eimConfigurationDataList",             \
      eim_configuration_data)

/* ---- memory reset, certificates (5.9.10) ---------------------------------------------- */

#define IOT_MEMORY_RESET_REQUEST(F, S)                                                             \
    F(S, BITS, 0x82, M, 0, 0, reset_options, "resetOptions", iot_reset_option_names)

#define IOT_MEMORY_RESET_RESPONSE(F, S)                                                            \
    F(S, INT, 0x80, M, 0, 0, reset_result, "resetResult", iot_reset_result_names)                  \
    F(S, INT, 0x81, O, 0, 0, reset_eim_result, "resetEimResult", reset_eim_result_names)           \
    F(S, INT, 0x82, O, 0, 0, reset_immediate_enable_config_result,                                 \
      "resetImmediateEnableConfigResult", reset_immediate_enable_result_names)

#define GET_CERTS_REQUEST(F, S)                                                                    \
    F(S, OCTETS, 0x80, O, 1, 64, euicc_ci_pk_id, "euiccCiPKId", 0)

#define CERTS(F, S)                                                                                \
    F(S, RAW, 0xA5, M, 0, 0, eum_certificate,   "eumCertificate", rsp_certificate)                 \
    F(S, RAW, 0xA6, M, 0, 0, euicc_certificate, "euiccCertificate", rsp_certificate)

#define GET_CERTS_RESPONSE(F, S)                                                                   \
    F(S, SEQ, 0xA0, M, 0, 0, certs, "certs", certs)                                                \
    F(S, INT, 0x81, M, 0, 0, get_certs_error, "getCertsError", get_certs_error_names)

/* ---- notifications and results (5.9.11) ------------------------------------------------------ */

#define IOT_NOTIFICATIONS_SEARCH(F, S)                                                             \
    F(S, INT,  0x80, M, 0, 0, seq_number, "seqNumber", 0)                                          \
    F(S, BITS, 0x81, M, 0, 0, profile_management_operation, "profileManagementOperation",          \
      notification_event_names)                                                                    \
    F(S, NULL, 0x82, M, 0, 0, euicc_package_results, "euiccPackageResults", 0)

#define IOT_RETRIEVE_NOTIFICATIONS_LIST_REQUEST(F, S)                                              \
    F(S, CHOICE, 0xA0, O, 0, 0, search_criteria, "searchCriteria", iot_notifications_search)

#define IOT_RETRIEVE_NOTIFICATIONS_LIST_RESPONSE(F, S)                                             \
    F(S, LIST, 0xA0, M, 0, 0, notification_list, "notificationList", iot_pending_notification)     \
    F(S, INT,  0x81, M, 0, 0, notifications_list_result_error, "notificationsListResultError",     \
      iot_notifications_list_error_names)                                                          \
    F(S, LIST, 0xA2, M, 0, 0, euicc_package_result_list, "euiccPackageResultList",                 \
      euicc_package_result)

/* ---- switching profiles (5.9.15 to 5.9.23) --------------------------------------------------- */

#define IMMEDIATE_ENABLE_REQUEST(F, S)                                                             \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define IMMEDIATE_ENABLE_RESPONSE(F, S)                                                            \
    F(S, INT, 0x80, M, 0, 0, immediate_enable_result, "immediateEnableResult",                     \
      immediate_enable_result_names)

#define EXECUTE_FALLBACK_MECHANISM_REQUEST(F, S)                                                   \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define EXECUTE_FALLBACK_MECHANISM_RESPONSE(F, S)                                                  \
    F(S, INT, 0x80, M, 0, 0, execute_fallback_mechanism_result,                                    \
      "executeFallbackMechanismResult", execute_fallback_result_names)

#define RETURN_FROM_FALLBACK_REQUEST(F, S)                                                         \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define RETURN_FROM_FALLBACK_RESPONSE(F, S)                                                        \
    F(S, INT, 0x80, M, 0, 0, return_from_fallback_result, "returnFromFallbackResult",              \
      return_from_fallback_result_names)

#define ENABLE_EMERGENCY_PROFILE_REQUEST(F, S)                                                     \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define ENABLE_EMERGENCY_PROFILE_RESPONSE(F, S)                                                    \
    F(S, INT, 0x80, M, 0, 0, enable_emergency_profile_result, "enableEmergencyProfileResult",      \
      enable_emergency_result_names)

#define DISABLE_EMERGENCY_PROFILE_REQUEST(F, S)                                                    \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define DISABLE_EMERGENCY_PROFILE_RESPONSE(F, S)                                                   \
    F(S, INT, 0x80, M, 0, 0, disable_emergency_profile_result, "disableEmergencyProfileResult",    \
      disable_emergency_result_names)

#define PROFILE_ROLLBACK_REQUEST(F, S)                                                             \
    F(S, BOOL, 0x80, M, 0, 0, refresh_flag, "refreshFlag", 0)

#define PROFILE_ROLLBACK_RESPONSE(F, S)                                                            \
    F(S, INT, 0x02,   M, 0, 0, cmd_result, "cmdResult", profile_rollback_result_names)             \
    F(S, RAW, 0xBF51, O, 0, 0, euicc_package_result, "eUICCPackageResult", euicc_package_result)

#define CONFIGURE_IMMEDIATE_PROFILE_ENABLING_REQUEST(F, S)                                         \
    F(S, NULL, 0x80, O, 0,   0, immediate_enable_flag, "immediateEnableFlag", 0)                   \
    F(S, OID,  0x81, O, 1,  64, default_smdp_oid, "defaultSmdpOid", 0)                             \
    F(S, UTF8, 0x82, O, 0, 255, default_smdp_address, "defaultSmdpAddress", 0)

#define CONFIGURE_IMMEDIATE_PROFILE_ENABLING_RESPONSE(F, S)                                        \
    F(S, INT, 0x80, M, 0, 0, config_immediate_enable_result, "configImmediateEnableResult",        \
      configure_immediate_result_names)

/* ---- the rest -------------------------------------------------------------------------------- */

/* comprehension TLVs of TS 102 223: 35 bearer, 47 access name, 0D login, 0D password */
#define CONNECTIVITY_PARAMETERS(F, S)                                                              \
    F(S, OCTETS, 0x81, O, 0, 0, http_params, "httpParams", 0)

#define GET_CONNECTIVITY_PARAMETERS_RESPONSE(F, S)                                                 \
    F(S, SEQ, 0xA0, M, 0, 0, connectivity_parameters, "connectivityParameters",                    \
      connectivity_parameters)                                                                     \
    F(S, INT, 0x81, M, 0, 0, connectivity_parameters_error, "connectivityParametersError",         \
      connectivity_parameters_error_names)

#define IPAE_ACTIVATION_REQUEST(F, S)                                                              \
    F(S, BITS, 0x80, M, 0, 0, ipae_option, "ipaeOption", ipae_option_names)

#define IPAE_ACTIVATION_RESPONSE(F, S)                                                             \
    F(S, INT, 0x80, M, 0, 0, ipae_activation_result, "ipaeActivationResult",                       \
      ipae_activation_result_names)

/* in the answer to SELECT of the ISD-R */
#define ISDR_PROPRIETARY_APPLICATION_TEMPLATE_IOT(F, S)                                            \
    F(S, BITS, 0x80, M, 0, 0, euicc_configuration, "euiccConfiguration",                           \
      isdr_iot_configuration_names)

#define SGP32_ES10_TYPES(SEQ, CHOICE, LIST, PRIM)                                                  \
    SEQ(add_initial_eim_request, ADD_INITIAL_EIM_REQUEST, "AddInitialEimRequest", 0xBF57,          \
        "SGP.32 5.9.4")                                                                            \
    CHOICE(add_initial_eim_entry, ADD_INITIAL_EIM_ENTRY, "AddInitialEimEntry", 0, "SGP.32 5.9.4")  \
    CHOICE(add_initial_eim_response, ADD_INITIAL_EIM_RESPONSE, "AddInitialEimResponse", 0xBF57,    \
           "SGP.32 5.9.4")                                                                         \
    CHOICE(eim_search_criteria, EIM_SEARCH_CRITERIA, "SearchCriteria", 0, "SGP.32 5.9.18")         \
    SEQ(get_eim_configuration_data_request, GET_EIM_CONFIGURATION_DATA_REQUEST,                    \
        "GetEimConfigurationDataRequest", 0xBF55, "SGP.32 5.9.18")                                 \
    SEQ(get_eim_configuration_data_response, GET_EIM_CONFIGURATION_DATA_RESPONSE,                  \
        "GetEimConfigurationDataResponse", 0xBF55, "SGP.32 5.9.18")                                \
    SEQ(iot_memory_reset_request, IOT_MEMORY_RESET_REQUEST, "EuiccMemoryResetRequest", 0xBF64,     \
        "SGP.32 5.9")                                                                              \
    SEQ(iot_memory_reset_response, IOT_MEMORY_RESET_RESPONSE, "EuiccMemoryResetResponse", 0xBF64,  \
        "SGP.32 5.9")                                                                              \
    SEQ(get_certs_request, GET_CERTS_REQUEST, "GetCertsRequest", 0xBF56, "SGP.32 5.9.10")          \
    SEQ(certs, CERTS, "Certs", 0x30, "SGP.32 5.9.10")                                              \
    CHOICE(get_certs_response, GET_CERTS_RESPONSE, "GetCertsResponse", 0xBF56, "SGP.32 5.9.10")    \
    CHOICE(iot_notifications_search, IOT_NOTIFICATIONS_SEARCH, "SearchCriteria", 0,                \
           "SGP.32 5.9.11")                                                                        \
    SEQ(iot_retrieve_notifications_list_request, IOT_RETRIEVE_NOTIFICATIONS_LIST_REQUEST,          \
        "RetrieveNotificationsListRequest", 0xBF2B, "SGP.32 5.9.11")                               \
    CHOICE(iot_retrieve_notifications_list_response, IOT_RETRIEVE_NOTIFICATIONS_LIST_RESPONSE,     \
           "RetrieveNotificationsListResponse", 0xBF2B, "SGP.32 5.9.11")                           \
    SEQ(immediate_enable_request, IMMEDIATE_ENABLE_REQUEST, "ImmediateEnableRequest", 0xBF5A,      \
        "SGP.32 5.9.15")                                                                           \
    SEQ(immediate_enable_response, IMMEDIATE_ENABLE_RESPONSE, "ImmediateEnableResponse", 0xBF5A,   \
        "SGP.32 5.9.15")                                                                           \
    SEQ(execute_fallback_mechanism_request, EXECUTE_FALLBACK_MECHANISM_REQUEST,                    \
        "ExecuteFallbackMechanismRequest", 0xBF5D, "SGP.32 5.9.20")                                \
    SEQ(execute_fallback_mechanism_response, EXECUTE_FALLBACK_MECHANISM_RESPONSE,                  \
        "ExecuteFallbackMechanismResponse", 0xBF5D, "SGP.32 5.9.20")                               \
    SEQ(return_from_fallback_request, RETURN_FROM_FALLBACK_REQUEST, "ReturnFromFallbackRequest",   \
        0xBF5E, "SGP.32 5.9.21")                                                                   \
    SEQ(return_from_fallback_response, RETURN_FROM_FALLBACK_RESPONSE,                              \
        "ReturnFromFallbackResponse", 0xBF5E, "SGP.32 5.9.21")                                     \
    SEQ(enable_emergency_profile_request, ENABLE_EMERGENCY_PROFILE_REQUEST,                        \
        "EnableEmergencyProfileRequest", 0xBF5B, "SGP.32 5.9.22")                                  \
    SEQ(enable_emergency_profile_response, ENABLE_EMERGENCY_PROFILE_RESPONSE,                      \
        "EnableEmergencyProfileResponse", 0xBF5B, "SGP.32 5.9.22")                                 \
    SEQ(disable_emergency_profile_request, DISABLE_EMERGENCY_PROFILE_REQUEST,                      \
        "DisableEmergencyProfileRequest", 0xBF5C, "SGP.32 5.9.23")                                 \
    SEQ(disable_emergency_profile_response, DISABLE_EMERGENCY_PROFILE_RESPONSE,                    \
        "DisableEmergencyProfileResponse", 0xBF5C, "SGP.32 5.9.23")                                \
    SEQ(profile_rollback_request, PROFILE_ROLLBACK_REQUEST, "ProfileRollbackRequest", 0xBF58,      \
        "SGP.32 5.9.16")                                                                           \
    SEQ(profile_rollback_response, PROFILE_ROLLBACK_RESPONSE, "ProfileRollbackResponse", 0xBF58,   \
        "SGP.32 5.9.16")                                                                           \
    SEQ(configure_immediate_profile_enabling_request,                                              \
        CONFIGURE_IMMEDIATE_PROFILE_ENABLING_REQUEST,                                              \
        "ConfigureImmediateProfileEnablingRequest", 0xBF59, "SGP.32 5.9.17")                       \
    SEQ(configure_immediate_profile_enabling_response,                                             \
        CONFIGURE_IMMEDIATE_PROFILE_ENABLING_RESPONSE,                                             \
        "ConfigureImmediateProfileEnablingResponse", 0xBF59, "SGP.32 5.9.17")                      \
    PRIM(get_connectivity_parameters_request, NULL, "GetConnectivityParametersRequest", 0xBF5F, 0, \
         0, NULL, "SGP.32 5.9.24")                                                                 \
    SEQ(connectivity_parameters, CONNECTIVITY_PARAMETERS, "ConnectivityParameters", 0x30,          \
        "SGP.32 5.9.24")                                                                           \
    CHOICE(get_connectivity_parameters_response, GET_CONNECTIVITY_PARAMETERS_RESPONSE,             \
           "GetConnectivityParametersResponse", 0xBF5F, "SGP.32 5.9.24")                           \
    SEQ(ipae_activation_request, IPAE_ACTIVATION_REQUEST, "IpaeActivationRequest", 0xBF42,         \
        "SGP.32 5.9")                                                                              \
    SEQ(ipae_activation_response, IPAE_ACTIVATION_RESPONSE, "IpaeActivationResponse", 0xBF42,      \
        "SGP.32 5.9")                                                                              \
    SEQ(isdr_proprietary_application_template_iot, ISDR_PROPRIETARY_APPLICATION_TEMPLATE_IOT,      \
        "ISDRProprietaryApplicationTemplateIoT", 0xE1, "SGP.32 5.9")

SGP32_ES10_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
