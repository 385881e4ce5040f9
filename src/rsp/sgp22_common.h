/*
 * Objects that several functions of SGP.22 share: eUICC and device information, profile metadata,
 * notifications, certificates. With the members that SGP.32 adds to them. Clauses are of SGP.22.
 *
 * What is signed or forwarded is kept as received (RAW rows): a slice of the whole element.
 */
#ifndef DUNLIN_RSP_SGP22_COMMON_H
#define DUNLIN_RSP_SGP22_COMMON_H

#include "rsp/sgp22_values.h"

/* clang-format off */

/* ---- certificates (RFC 5280): only the outer shape; pki/ reads them */
#define RSP_CERTIFICATE(F, S)                                                                      \
    F(S, RAW,    0x30, M, 0, 0, tbs_certificate,     "tbsCertificate",     any)                    \
    F(S, RAW,    0x30, M, 0, 0, signature_algorithm, "signatureAlgorithm", any)                    \
    F(S, BITS,   0x03, M, 0, 0, signature_value,     "signatureValue",     0)

/* ---- eUICC information (5.7.8) */
#define EUICC_INFO1(F, S)                                                                          \
    F(S, OCTETS, 0x82, M, 3, 3, svn, "svn", 0)                                                     \
    F(S, LIST,   0xA9, M, 0, 0, euicc_ci_pk_id_list_for_verification,                              \
      "euiccCiPKIdListForVerification", subject_key_identifier)                                    \
    F(S, LIST,   0xAA, M, 0, 0, euicc_ci_pk_id_list_for_signing,                                   \
      "euiccCiPKIdListForSigning", subject_key_identifier)

#define CERTIFICATION_DATA_OBJECT(F, S)                                                            \
    F(S, UTF8, 0x80, M, 0, 0, platform_label,     "platformLabel",    0)                           \
    F(S, UTF8, 0x81, M, 0, 0, discovery_base_url, "discoveryBaseURL", 0)

/* SGP.32 2.8 */
#define IOT_SPECIFIC_INFO(F, S)                                                                    \
    F(S, LIST, 0xA0, M,   0, 0, iot_version,        "iotVersion", version_type)                    \
    F(S, NULL, 0x81, O,   0, 0, ecall_supported,    "ecallSupported", 0)                           \
    F(S, NULL, 0x82, O,   0, 0, fallback_supported, "fallbackSupported", 0)                        \
    F(S, NULL, 0x83, O13, 0, 0, fallback_allowed_update_supported,                                 \
      "fallbackAllowedUpdateSupported", 0)

#define EUICC_INFO2(F, S)                                                                          \
    F(S, OCTETS, 0x81, M, 3,  3, profile_version,         "profileVersion", 0)                     \
    F(S, OCTETS, 0x82, M, 3,  3, svn,                     "svn", 0)                                \
    F(S, OCTETS, 0x83, M, 3,  3, euicc_firmware_ver,      "euiccFirmwareVer", 0)                   \
    F(S, OCTETS, 0x84, M, 0,  0, ext_card_resource,       "extCardResource", 0)                    \
    F(S, BITS,   0x85, M, 0,  0, uicc_capability,         "uiccCapability", uicc_capability_names) \
    F(S, OCTETS, 0x86, O, 3,  3, ts102241_version,        "ts102241Version", 0)                    \
    F(S, OCTETS, 0x87, O, 3,  3, globalplatform_version,  "globalplatformVersion", 0)              \
    F(S, BITS,   0x88, M, 0,  0, rsp_capability,          "rspCapability", rsp_capability_names)   \
    F(S, LIST,   0xA9, M, 0,  0, euicc_ci_pk_id_list_for_verification,                             \
      "euiccCiPKIdListForVerification", subject_key_identifier)                                    \
    F(S, LIST,   0xAA, M, 0,  0, euicc_ci_pk_id_list_for_signing,                                  \
      "euiccCiPKIdListForSigning", subject_key_identifier)                                         \
    F(S, INT,    0x8B, O, 0,  0, euicc_category,          "euiccCategory", euicc_category_names)   \
    F(S, BITS,   0x99, O, 0,  0, forbidden_profile_policy_rules,                                   \
      "forbiddenProfilePolicyRules", ppr_ids_names)                                                \
    F(S, OCTETS, 0x04, M, 3,  3, pp_version,              "ppVersion", 0)                          \
    F(S, UTF8,   0x0C, M, 0, 64, sas_acreditation_number, "sasAcreditationNumber", 0)              \
    F(S, SEQ,    0xAC, O, 0,  0, certification_data_object, "certificationDataObject",             \
      certification_data_object)                                                                   \
    F(S, BITS,   0x8D, O, 0,  0, tre_properties,          "treProperties", tre_properties_names)   \
    F(S, UTF8,   0x8E, O, 0,  0, tre_product_reference,   "treProductReference", 0)                \
    F(S, LIST,   0xAF, O, 0,  0, additional_euicc_profile_package_versions,                        \
      "additionalEuiccProfilePackageVersions", version_type)                                       \
    F(S, INT,    0x90, O, 0,  0, ipa_mode,                "ipaMode", ipa_mode_names)               \
    F(S, SEQ,    0xB4, O, 0,  0, iot_specific_info,       "iotSpecificInfo", iot_specific_info)    \
    F(S, OCTETS, 0x95, O13, 1, 1, euicc_minimum_security_level, "euiccMinimumSecurityLevel", 0)

/* ---- device information (4.2, 5.7.13) */
#define DEVICE_ADDITIONAL_FEATURE_SUPPORT(F, S)                                                    \
    F(S, OCTETS, 0x80, O, 3, 3, nai_support, "naiSupport", 0)

#define DEVICE_CAPABILITIES(F, S)                                                                  \
    F(S, OCTETS, 0x80, O, 3, 3, gsm_supported_release,   "gsmSupportedRelease", 0)                 \
    F(S, OCTETS, 0x81, O, 3, 3, utran_supported_release, "utranSupportedRelease", 0)               \
    F(S, OCTETS, 0x82, O, 3, 3, cdma2000onex_supported_release, "cdma2000onexSupportedRelease", 0) \
    F(S, OCTETS, 0x83, O, 3, 3, cdma2000hrpd_supported_release, "cdma2000hrpdSupportedRelease", 0) \
    F(S, OCTETS, 0x84, O, 3, 3, cdma2000ehrpd_supported_release,                                   \
      "cdma2000ehrpdSupportedRelease", 0)                                                          \
    F(S, OCTETS, 0x85, O, 3, 3, eutran_epc_supported_release,  "eutranEpcSupportedRelease", 0)     \
    F(S, OCTETS, 0x86, O, 3, 3, contactless_supported_release, "contactlessSupportedRelease", 0)   \
    F(S, OCTETS, 0x87, O, 3, 3, rsp_crl_supported_version, "rspCrlSupportedVersion", 0)            \
    F(S, OCTETS, 0x88, O, 3, 3, nr_epc_supported_release,  "nrEpcSupportedRelease", 0)             \
    F(S, OCTETS, 0x89, O, 3, 3, nr5gc_supported_release,   "nr5gcSupportedRelease", 0)             \
    F(S, OCTETS, 0x8A, O, 3, 3, eutran5gc_supported_release, "eutran5gcSupportedRelease", 0)       \
    F(S, OCTETS, 0x8B, O, 3, 3, lpa_svn,                   "lpaSvn", 0)                            \
    F(S, BITS,   0x8C, O, 0, 0, cat_supported_classes,     "catSupportedClasses", 0)               \
    F(S, INT,    0x8D, O, 0, 0, euicc_form_factor_type,    "euiccFormFactorType", 0)               \
    F(S, SEQ,    0xAE, O, 0, 0, device_additional_feature_support,                                 \
      "deviceAdditionalFeatureSupport", device_additional_feature_support)

#define DEVICE_INFO(F, S)                                                                          \
    F(S, OCTETS, 0x80, M, 4, 4, tac,                 "tac", 0)                                     \
    F(S, SEQ,    0xA1, M, 0, 0, device_capabilities, "deviceCapabilities", device_capabilities)    \
    F(S, OCTETS, 0x82, O, 8, 8, imei,                "imei", 0)

#define CTX_PARAMS_FOR_COMMON_AUTHENTICATION(F, S)                                                 \
    F(S, UTF8, 0x80, O, 0, 255, matching_id, "matchingId", 0)                                      \
    F(S, SEQ,  0xA1, M, 0,   0, device_info, "deviceInfo", device_info)

#define CTX_PARAMS1(F, S)                                                                          \
    F(S, SEQ, 0xA0, M, 0, 0, ctx_params_for_common_authentication,                                 \
      "ctxParamsForCommonAuthentication", ctx_params_for_common_authentication)

/* ---- profile metadata (5.5.3, 5.7.15, 5.4.1) */
#define OPERATOR_ID(F, S)                                                                          \
    F(S, OCTETS, 0x80, M, 3, 3, mcc_mnc, "mccMnc", 0)                                              \
    F(S, OCTETS, 0x81, O, 0, 0, gid1,    "gid1", 0)                                                \
    F(S, OCTETS, 0x82, O, 0, 0, gid2,    "gid2", 0)

#define NOTIFICATION_CONFIGURATION_INFORMATION(F, S)                                               \
    F(S, BITS, 0x80, M, 0,   0, profile_management_operation, "profileManagementOperation",        \
      notification_event_names)                                                                    \
    F(S, UTF8, 0x81, M, 0, 255, notification_address,         "notificationAddress", 0)

#define VENDOR_EXTENSION(F, S)                                                                     \
    F(S, OID, 0x80, M, 0, 0, vendor_oid,           "vendorOid", 0)                                 \
    F(S, RAW, 0xA1, M, 0, 0, vendor_specific_data, "vendorSpecificData", any)

/* The whole B8 is at most 128 octets; what the SM-DP+ adds behind dpOid is its own. */
#define DP_PROPRIETARY_DATA(F, S)                                                                  \
    F(S, OID, 0x80, M, 0, 0, dp_oid, "dpOid", 0)

#define STORE_METADATA_REQUEST(F, S)                                                               \
    F(S, OCTETS, 0x5A,   M,    10,   10, iccid,                 "iccid", 0)                        \
    F(S, UTF8,   0x91,   M,     0,   32, service_provider_name, "serviceProviderName", 0)          \
    F(S, UTF8,   0x92,   M,     0,   64, profile_name,          "profileName", 0)                  \
    F(S, INT,    0x93,   O,     0,    0, icon_type,             "iconType", icon_type_names)       \
    F(S, OCTETS, 0x94,   O,     0, 1024, icon,                  "icon", 0)                         \
    F(S, INT,    0x95,   D(2),  0,    0, profile_class, "profileClass", profile_class_names)       \
    F(S, LIST,   0xB6,   O,     0,    0, notification_configuration_info,                          \
      "notificationConfigurationInfo", notification_configuration_information)                     \
    F(S, SEQ,    0xB7,   O,     0,    0, profile_owner,         "profileOwner", operator_id)       \
    F(S, BITS,   0x99,   O,     0,    0, profile_policy_rules, "profilePolicyRules", ppr_ids_names)\
    F(S, LIST,   0xBF22, O,     0,    0, service_specific_data_stored_in_euicc,                    \
      "serviceSpecificDataStoredInEuicc", vendor_extension)                                        \
    F(S, LIST,   0xBF23, O,     0,    0, service_specific_data_not_stored_in_euicc,                \
      "serviceSpecificDataNotStoredInEuicc", vendor_extension)                                     \
    F(S, BOOL,   0x9F7B, O,     0,    0, ecall_indication,      "ecallIndication", 0)              \
    F(S, BOOL,   0x9F67, O,     0,    0, fallback_allowed,      "fallbackAllowed", 0)              \
    F(S, RAW,    0xBF64, O13,   0,    0, iot_specific_profile_info, "iotSpecificProfileInfo", any) \
    F(S, RAW,    0xBF76, O,     0,    0, ref_ar_do,             "refArDo", any)

#define UPDATE_METADATA_REQUEST(F, S)                                                              \
    F(S, UTF8,   0x91,   O,   0,   32, service_provider_name, "serviceProviderName", 0)            \
    F(S, UTF8,   0x92,   O,   0,   64, profile_name,          "profileName", 0)                    \
    F(S, INT,    0x93,   O,   0,    0, icon_type,             "iconType", icon_type_names)         \
    F(S, OCTETS, 0x94,   O,   0, 1024, icon,                  "icon", 0)                           \
    F(S, BITS,   0x99,   O,   0,    0, profile_policy_rules,  "profilePolicyRules", ppr_ids_names) \
    F(S, LIST,   0xBF22, O,   0,    0, service_specific_data_stored_in_euicc,                      \
      "serviceSpecificDataStoredInEuicc", vendor_extension)                                        \
    F(S, BOOL,   0x9F67, O13, 0,    0, fallback_allowed,      "fallbackAllowed", 0)                \
    F(S, RAW,    0xBF76, O,   0,    0, ref_ar_do,             "refArDo", any)

#define PROFILE_INFO(F, S)                                                                         \
    F(S, OCTETS, 0x5A,   O,    10,   10, iccid,                 "iccid", 0)                        \
    F(S, OCTETS, 0x4F,   O,     1,   16, isdp_aid,              "isdpAid", 0)                      \
    F(S, INT,    0x9F70, O,     0,    0, profile_state, "profileState", profile_state_names)       \
    F(S, UTF8,   0x90,   O,     0,   64, profile_nickname,      "profileNickname", 0)              \
    F(S, UTF8,   0x91,   O,     0,   32, service_provider_name, "serviceProviderName", 0)          \
    F(S, UTF8,   0x92,   O,     0,   64, profile_name,          "profileName", 0)                  \
    F(S, INT,    0x93,   O,     0,    0, icon_type,             "iconType", icon_type_names)       \
    F(S, OCTETS, 0x94,   O,     0, 1024, icon,                  "icon", 0)                         \
    F(S, INT,    0x95,   O,     0,    0, profile_class, "profileClass", profile_class_names)       \
    F(S, LIST,   0xB6,   O,     0,    0, notification_configuration_info,                          \
      "notificationConfigurationInfo", notification_configuration_information)                     \
    F(S, SEQ,    0xB7,   O,     0,    0, profile_owner,         "profileOwner", operator_id)       \
    F(S, RAW,    0xB8,   O,     0,    0, dp_proprietary_data,   "dpProprietaryData",               \
      dp_proprietary_data)                                                                         \
    F(S, BITS,   0x99,   O,     0,    0, profile_policy_rules, "profilePolicyRules", ppr_ids_names)\
    F(S, LIST,   0xBF22, O,     0,    0, service_specific_data_stored_in_euicc,                    \
      "serviceSpecificDataStoredInEuicc", vendor_extension)                                        \
    F(S, BOOL,   0x9F7B, O,     0,    0, ecall_indication,      "ecallIndication", 0)              \
    F(S, BOOL,   0x9F26, D(0),  0,    0, fallback_attribute,    "fallbackAttribute", 0)            \
    F(S, BOOL,   0x9F67, O,     0,    0, fallback_allowed,      "fallbackAllowed", 0)              \
    F(S, RAW,    0xBF64, O13,   0,    0, iot_specific_profile_info, "iotSpecificProfileInfo", any) \
    F(S, RAW,    0xBF76, O,     0,    0, ref_ar_do,             "refArDo", any)

/* ---- notifications and installation result (2.5.6, 5.7.9, 5.7.10) */
#define NOTIFICATION_METADATA(F, S)                                                                \
    F(S, INT,    0x80, M,  0, INT_MAX, seq_number, "seqNumber", 0)                                 \
    F(S, BITS,   0x81, M,  0,       0, profile_management_operation, "profileManagementOperation", \
      notification_event_names)                                                                    \
    F(S, UTF8,   0x0C, M,  0,     255, notification_address, "notificationAddress", 0)             \
    F(S, OCTETS, 0x5A, O, 10,      10, iccid, "iccid", 0)

#define SUCCESS_RESULT(F, S)                                                                       \
    F(S, OCTETS, 0x4F, M, 5, 16, aid,           "aid", 0)                                          \
    F(S, OCTETS, 0x04, M, 0,  0, sima_response, "simaResponse", 0)

#define ERROR_RESULT(F, S)                                                                         \
    F(S, INT,    0x80, M, 0, 0, bpp_command_id, "bppCommandId", bpp_command_id_names)              \
    F(S, INT,    0x81, M, 0, 0, error_reason,   "errorReason",  bpp_error_reason_names)            \
    F(S, OCTETS, 0x82, O, 0, 0, sima_response,  "simaResponse", 0)

#define FINAL_RESULT(F, S)                                                                         \
    F(S, SEQ, 0xA0, M, 0, 0, success_result, "successResult", success_result)                      \
    F(S, SEQ, 0xA1, M, 0, 0, error_result,   "errorResult",   error_result)

#define PROFILE_INSTALLATION_RESULT_DATA(F, S)                                                     \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id,        "transactionId", 0)                      \
    F(S, RAW,    0xBF2F, M, 0,  0, notification_metadata, "notificationMetadata",                  \
      notification_metadata)                                                                       \
    F(S, OID,    0x06,   M, 0,  0, smdp_oid,              "smdpOid", 0)                            \
    F(S, CHOICE, 0xA2,   M, 0,  0, final_result,          "finalResult", final_result)

#define PROFILE_INSTALLATION_RESULT(F, S)                                                          \
    F(S, RAW,    0xBF27, M,  0,  0, profile_installation_result_data,                              \
      "profileInstallationResultData", profile_installation_result_data)                           \
    F(S, OCTETS, 0x5F37, M, 64, 64, euicc_sign_pir, "euiccSignPIR", 0)

#define OTHER_SIGNED_NOTIFICATION(F, S)                                                            \
    F(S, RAW,    0xBF2F, M,  0,  0, tbs_other_notification, "tbsOtherNotification",                \
      notification_metadata)                                                                       \
    F(S, OCTETS, 0x5F37, M, 64, 64, euicc_notification_signature,                                  \
      "euiccNotificationSignature", 0)                                                             \
    F(S, RAW,    0x30,   M,  0,  0, euicc_certificate, "euiccCertificate", rsp_certificate)        \
    F(S, RAW,    0x30,   M,  0,  0, eum_certificate,   "eumCertificate",   rsp_certificate)

#define PENDING_NOTIFICATION(F, S)                                                                 \
    F(S, SEQ, 0xBF37, M, 0, 0, profile_installation_result, "profileInstallationResult",           \
      profile_installation_result)                                                                 \
    F(S, SEQ, 0x30,   M, 0, 0, other_signed_notification, "otherSignedNotification",               \
      other_signed_notification)

/* ---- rules authorisation table (5.7.22) */
#define PROFILE_POLICY_AUTHORISATION_RULE(F, S)                                                    \
    F(S, BITS, 0x80, M, 0, 0, ppr_ids,           "pprIds", ppr_ids_names)                          \
    F(S, LIST, 0xA1, M, 0, 0, allowed_operators, "allowedOperators", operator_id)                  \
    F(S, BITS, 0x82, M, 0, 0, ppr_flags,         "pprFlags", ppr_flags_names)

#define SGP22_COMMON_TYPES(SEQ, CHOICE, LIST, PRIM)                                                \
    PRIM(version_type, OCTETS, "VersionType", 0x04, 3, 3, NULL, "SGP.22 4.1")                      \
    PRIM(iccid, OCTETS, "Iccid", 0x5A, 10, 10, NULL, "SGP.22 4.1")                                 \
    PRIM(subject_key_identifier, OCTETS, "SubjectKeyIdentifier", 0x04, 1, 64, NULL, "RFC 5280")    \
    PRIM(signature, OCTETS, "Signature", 0x5F37, 64, 64, NULL, "SGP.22 2.6.7")                     \
    SEQ(rsp_certificate, RSP_CERTIFICATE, "Certificate", 0x30, "RFC 5280 4.1")                     \
    SEQ(euicc_info1, EUICC_INFO1, "EUICCInfo1", 0xBF20, "SGP.22 5.7.8")                            \
    SEQ(certification_data_object, CERTIFICATION_DATA_OBJECT, "CertificationDataObject", 0x30,     \
        "SGP.22 5.7.8")                                                                            \
    SEQ(iot_specific_info, IOT_SPECIFIC_INFO, "IoTSpecificInfo", 0x30, "SGP.32 5.9.2")             \
    SEQ(euicc_info2, EUICC_INFO2, "EUICCInfo2", 0xBF22, "SGP.22 5.7.8")                            \
    SEQ(device_additional_feature_support, DEVICE_ADDITIONAL_FEATURE_SUPPORT,                      \
        "DeviceAdditionalFeatureSupport", 0x30, "SGP.22 4.2")                                      \
    SEQ(device_capabilities, DEVICE_CAPABILITIES, "DeviceCapabilities", 0x30, "SGP.22 4.2")        \
    SEQ(device_info, DEVICE_INFO, "DeviceInfo", 0x30, "SGP.22 4.2")                                \
    SEQ(ctx_params_for_common_authentication, CTX_PARAMS_FOR_COMMON_AUTHENTICATION,                \
        "CtxParamsForCommonAuthentication", 0x30, "SGP.22 5.7.13")                                 \
    CHOICE(ctx_params1, CTX_PARAMS1, "CtxParams1", 0, "SGP.22 5.7.13")                             \
    SEQ(operator_id, OPERATOR_ID, "OperatorId", 0x30, "SGP.22 2.4a.1.2")                           \
    SEQ(notification_configuration_information, NOTIFICATION_CONFIGURATION_INFORMATION,            \
        "NotificationConfigurationInformation", 0x30, "SGP.22 5.5.3")                              \
    SEQ(vendor_extension, VENDOR_EXTENSION, "VendorSpecificExtension", 0x30, "SGP.22 5.5.3")       \
    SEQ(dp_proprietary_data, DP_PROPRIETARY_DATA, "DpProprietaryData", 0x30, "SGP.22 5.5.2")       \
    SEQ(store_metadata_request, STORE_METADATA_REQUEST, "StoreMetadataRequest", 0xBF25,            \
        "SGP.22 5.5.3")                                                                            \
    SEQ(update_metadata_request, UPDATE_METADATA_REQUEST, "UpdateMetadataRequest", 0xBF2A,         \
        "SGP.22 5.4.1")                                                                            \
    SEQ(profile_info, PROFILE_INFO, "ProfileInfo", 0xE3, "SGP.22 5.7.15")                          \
    SEQ(notification_metadata, NOTIFICATION_METADATA, "NotificationMetadata", 0xBF2F,              \
        "SGP.22 5.7.9")                                                                            \
    SEQ(success_result, SUCCESS_RESULT, "SuccessResult", 0x30, "SGP.22 2.5.6")                     \
    SEQ(error_result, ERROR_RESULT, "ErrorResult", 0x30, "SGP.22 2.5.6")                           \
    CHOICE(final_result, FINAL_RESULT, "finalResult", 0, "SGP.22 2.5.6")                           \
    SEQ(profile_installation_result_data, PROFILE_INSTALLATION_RESULT_DATA,                        \
        "ProfileInstallationResultData", 0xBF27, "SGP.22 2.5.6")                                   \
    SEQ(profile_installation_result, PROFILE_INSTALLATION_RESULT, "ProfileInstallationResult",     \
        0xBF37, "SGP.22 2.5.6")                                                                    \
    SEQ(other_signed_notification, OTHER_SIGNED_NOTIFICATION, "OtherSignedNotification", 0x30,     \
        "SGP.22 5.7.10")                                                                           \
    CHOICE(pending_notification, PENDING_NOTIFICATION, "PendingNotification", 0, "SGP.22 5.7.10")  \
    SEQ(profile_policy_authorisation_rule, PROFILE_POLICY_AUTHORISATION_RULE,                      \
        "ProfilePolicyAuthorisationRule", 0x30, "SGP.22 5.7.22")

SGP22_COMMON_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
