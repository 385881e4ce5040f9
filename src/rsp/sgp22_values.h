/*
 * Values of SGP.22 (and the members that SGP.32 adds to the same enumerations): result and error
 * codes, capability bits. Clause numbers are those of SGP.22.
 */
#ifndef DUNLIN_RSP_SGP22_VALUES_H
#define DUNLIN_RSP_SGP22_VALUES_H

#include "rsp/names.h"

/* clang-format off */

/* ---- profiles (5.7.15, 2.4a.1) */
#define ICON_TYPE(V)                                                                               \
    V(ICON_TYPE_JPG, 0, "jpg")                                                                     \
    V(ICON_TYPE_PNG, 1, "png")
#define PROFILE_STATE(V)                                                                           \
    V(PROFILE_STATE_DISABLED, 0, "disabled")                                                       \
    V(PROFILE_STATE_ENABLED, 1, "enabled")
#define PROFILE_CLASS(V)                                                                           \
    V(PROFILE_CLASS_TEST, 0, "test")                                                               \
    V(PROFILE_CLASS_PROVISIONING, 1, "provisioning")                                               \
    V(PROFILE_CLASS_OPERATIONAL, 2, "operational")
/* bits; bit 3 (PPR3) of version 2.0 is gone */
#define PPR_IDS(V)                                                                                 \
    V(PPR_UPDATE_CONTROL, 0, "pprUpdateControl")                                                   \
    V(PPR_1, 1, "ppr1")                                                                            \
    V(PPR_2, 2, "ppr2")
#define PPR_FLAGS(V)                                                                               \
    V(PPR_FLAG_CONSENT_REQUIRED, 0, "consentRequired")
/* bits */
#define NOTIFICATION_EVENT(V)                                                                      \
    V(NOTIFICATION_INSTALL, 0, "notificationInstall")                                              \
    V(NOTIFICATION_ENABLE, 1, "notificationEnable")                                                \
    V(NOTIFICATION_DISABLE, 2, "notificationDisable")                                              \
    V(NOTIFICATION_DELETE, 3, "notificationDelete")
#define PROFILE_INFO_LIST_ERROR(V)                                                                 \
    V(PROFILE_INFO_LIST_INCORRECT_INPUT_VALUES, 1, "incorrectInputValues")                         \
    V(PROFILE_INFO_LIST_PROFILE_CHANGE_ONGOING, 11, "profileChangeOngoing")                        \
    V(PROFILE_INFO_LIST_UNDEFINED_ERROR, 127, "undefinedError")

/* ---- the eUICC (5.7.8) */
#define EUICC_CATEGORY(V)                                                                          \
    V(EUICC_CATEGORY_OTHER, 0, "other")                                                            \
    V(EUICC_CATEGORY_BASIC, 1, "basicEuicc")                                                       \
    V(EUICC_CATEGORY_MEDIUM, 2, "mediumEuicc")                                                     \
    V(EUICC_CATEGORY_CONTACTLESS, 3, "contactlessEuicc")
#define TRE_PROPERTIES(V)                                                                          \
    V(TRE_IS_DISCRETE, 0, "isDiscrete")                                                            \
    V(TRE_IS_INTEGRATED, 1, "isIntegrated")                                                        \
    V(TRE_USES_REMOTE_MEMORY, 2, "usesRemoteMemory")
#define IPA_MODE(V)                                                                                \
    V(IPA_MODE_IPAD, 0, "ipad")                                                                    \
    V(IPA_MODE_IPAE, 1, "ipae")
#define RSP_CAPABILITY(V)                                                                          \
    V(RSP_CAPABILITY_ADDITIONAL_PROFILE, 0, "additionalProfile")                                   \
    V(RSP_CAPABILITY_CRL, 1, "crlSupport")                                                         \
    V(RSP_CAPABILITY_RPM, 2, "rpmSupport")                                                         \
    V(RSP_CAPABILITY_TEST_PROFILE, 3, "testProfileSupport")                                        \
    V(RSP_CAPABILITY_DEVICE_INFO_EXTENSIBILITY, 4, "deviceInfoExtensibilitySupport")               \
    V(RSP_CAPABILITY_SERVICE_SPECIFIC_DATA, 5, "serviceSpecificDataSupport")                       \
    V(RSP_CAPABILITY_HRI_SERVER_ADDRESS, 6, "hriServerAddressSupport")                             \
    V(RSP_CAPABILITY_SERVICE_PROVIDER_MESSAGE, 7, "serviceProviderMessageSupport")                 \
    V(RSP_CAPABILITY_LPA_PROXY, 8, "lpaProxySupport")                                              \
    V(RSP_CAPABILITY_ENTERPRISE_PROFILES, 9, "enterpriseProfilesSupport")                          \
    V(RSP_CAPABILITY_SERVICE_DESCRIPTION, 10, "serviceDescriptionSupport")                         \
    V(RSP_CAPABILITY_DEVICE_CHANGE, 11, "deviceChangeSupport")                                     \
    V(RSP_CAPABILITY_ENCRYPTED_DEVICE_CHANGE_DATA, 12, "encryptedDeviceChangeDataSupport")         \
    V(RSP_CAPABILITY_ESTIMATED_PROFILE_SIZE, 13, "estimatedProfileSizeIndicationSupport")          \
    V(RSP_CAPABILITY_PROFILE_SIZE_IN_PROFILES_INFO, 14, "profileSizeInProfilesInfoSupport")        \
    V(RSP_CAPABILITY_CRL_STAPLING_V3, 15, "crlStaplingV3Support")                                  \
    V(RSP_CAPABILITY_CERT_CHAIN_V3, 16, "certChainV3VerificationSupport")                          \
    V(RSP_CAPABILITY_SIGNED_SMDS_RESPONSE_V3, 17, "signedSmdsResponseV3Support")                   \
    V(RSP_CAPABILITY_EUICC_RSP_CAP_IN_INFO1, 18, "euiccRspCapInInfo1")                             \
    V(RSP_CAPABILITY_OS_UPDATE, 19, "osUpdateSupport")                                             \
    V(RSP_CAPABILITY_CANCEL_FOR_EMPTY_SPN_PN, 20, "cancelForEmptySpnPnSupport")                    \
    V(RSP_CAPABILITY_UPDATE_NOTIF_CONFIG_INFO, 21, "updateNotifConfigInfoSupport")                 \
    V(RSP_CAPABILITY_UPDATE_METADATA_V3, 22, "updateMetadataV3Support")                            \
    V(RSP_CAPABILITY_V3_OBJECTS_IN_CTX_PARAMS_CA, 23, "v3ObjectsInCtxParamsCASupport")             \
    V(RSP_CAPABILITY_PUSH_SERVICE_REGISTRATION, 24, "pushServiceRegistrationSupport")              \
    V(RSP_CAPABILITY_IOT_SPECIFIC_METADATA, 26, "iotSpecificMetadataSupport")                      \
    V(RSP_CAPABILITY_MSL_CHECK, 27, "mslCheckSupport")                                             \
    V(RSP_CAPABILITY_TEST_PROFILE_ALLOWLIST, 28, "rspServerTestProfileAllowlistCheckSupport")
/* The order differs from that of the mandatory services in a profile header: go by name. */
#define UICC_CAPABILITY(V)                                                                         \
    V(UICC_CAPABILITY_CONTACTLESS, 0, "contactlessSupport")                                        \
    V(UICC_CAPABILITY_USIM, 1, "usimSupport")                                                      \
    V(UICC_CAPABILITY_ISIM, 2, "isimSupport")                                                      \
    V(UICC_CAPABILITY_CSIM, 3, "csimSupport")                                                      \
    V(UICC_CAPABILITY_AKA_MILENAGE, 4, "akaMilenage")                                              \
    V(UICC_CAPABILITY_AKA_CAVE, 5, "akaCave")                                                      \
    V(UICC_CAPABILITY_AKA_TUAK128, 6, "akaTuak128")                                                \
    V(UICC_CAPABILITY_AKA_TUAK256, 7, "akaTuak256")                                                \
    V(UICC_CAPABILITY_USIM_TEST_ALGORITHM, 8, "usimTestAlgorithm")                                 \
    V(UICC_CAPABILITY_GBA_AUTHEN_USIM, 10, "gbaAuthenUsim")                                        \
    V(UICC_CAPABILITY_GBA_AUTHEN_ISIM, 11, "gbaAuthenISim")                                        \
    V(UICC_CAPABILITY_MBMS_AUTHEN_USIM, 12, "mbmsAuthenUsim")                                      \
    V(UICC_CAPABILITY_EAP_CLIENT, 13, "eapClient")                                                 \
    V(UICC_CAPABILITY_JAVACARD, 14, "javacard")                                                    \
    V(UICC_CAPABILITY_MULTOS, 15, "multos")                                                        \
    V(UICC_CAPABILITY_MULTIPLE_USIM, 16, "multipleUsimSupport")                                    \
    V(UICC_CAPABILITY_MULTIPLE_ISIM, 17, "multipleIsimSupport")                                    \
    V(UICC_CAPABILITY_MULTIPLE_CSIM, 18, "multipleCsimSupport")                                    \
    V(UICC_CAPABILITY_BER_TLV_FILE, 19, "berTlvFileSupport")                                       \
    V(UICC_CAPABILITY_DF_LINK, 20, "dfLinkSupport")                                                \
    V(UICC_CAPABILITY_CAT_TP, 21, "catTp")                                                         \
    V(UICC_CAPABILITY_GET_IDENTITY, 22, "getIdentity")                                             \
    V(UICC_CAPABILITY_PROFILE_A_X25519, 23, "profile-a-x25519")                                    \
    V(UICC_CAPABILITY_PROFILE_B_P256, 24, "profile-b-p256")                                        \
    V(UICC_CAPABILITY_SUCI_CALCULATOR_API, 25, "suciCalculatorApi")                                \
    V(UICC_CAPABILITY_DNS_RESOLUTION, 26, "dns-resolution")                                        \
    V(UICC_CAPABILITY_SCP11AC, 27, "scp11ac")                                                      \
    V(UICC_CAPABILITY_SCP11C_AUTHORIZATION, 28, "scp11c-authorization-mechanism")                  \
    V(UICC_CAPABILITY_S16_MODE, 29, "s16mode")                                                     \
    V(UICC_CAPABILITY_EAKA, 30, "eaka")                                                            \
    V(UICC_CAPABILITY_IOT_MINIMAL, 31, "iotminimal")
#define LPAE_SUPPORT(V)                                                                            \
    V(LPAE_USING_CAT, 0, "lpaeUsingCat")                                                           \
    V(LPAE_USING_SCWS, 1, "lpaeUsingScws")
/* bits of BF42; SGP.32 reads bit 0 as activateIpae */
#define LPAE_OPTION(V)                                                                             \
    V(LPAE_ACTIVATE_CAT_BASED, 0, "activateCatBasedLpae")                                          \
    V(LPAE_ACTIVATE_SCWS_BASED, 1, "activateScwsBasedLpae")
#define LPAE_ACTIVATION_RESULT(V)                                                                  \
    V(LPAE_ACTIVATION_OK, 0, "ok")                                                                 \
    V(LPAE_ACTIVATION_NOT_SUPPORTED, 1, "notSupported")

/* ---- mutual authentication and download (5.7.13, 5.7.5, 5.7.14) */
#define AUTHENTICATE_ERROR_CODE(V)                                                                 \
    V(AUTHENTICATE_ERROR_INVALID_CERTIFICATE, 1, "invalidCertificate")                             \
    V(AUTHENTICATE_ERROR_INVALID_SIGNATURE, 2, "invalidSignature")                                 \
    V(AUTHENTICATE_ERROR_UNSUPPORTED_CURVE, 3, "unsupportedCurve")                                 \
    V(AUTHENTICATE_ERROR_NO_SESSION_CONTEXT, 4, "noSessionContext")                                \
    V(AUTHENTICATE_ERROR_INVALID_OID, 5, "invalidOid")                                             \
    V(AUTHENTICATE_ERROR_EUICC_CHALLENGE_MISMATCH, 6, "euiccChallengeMismatch")                    \
    V(AUTHENTICATE_ERROR_CI_PK_UNKNOWN, 7, "ciPKUnknown")                                          \
    V(AUTHENTICATE_ERROR_TRANSACTION_ID, 8, "transactionIdError")                                  \
    V(AUTHENTICATE_ERROR_MISSING_CRL, 9, "missingCrl")                                             \
    V(AUTHENTICATE_ERROR_INVALID_CRL_SIGNATURE, 10, "invalidCrlSignature")                         \
    V(AUTHENTICATE_ERROR_REVOKED_CERT, 11, "revokedCert")                                          \
    V(AUTHENTICATE_ERROR_INVALID_CERT_OR_CRL_TIME, 12, "invalidCertOrCrlTime")                     \
    V(AUTHENTICATE_ERROR_INVALID_CERT_OR_CRL_CONFIGURATION, 13, "invalidCertOrCrlConfiguration")   \
    V(AUTHENTICATE_ERROR_INVALID_ICCID, 14, "invalidIccid")                                        \
    V(AUTHENTICATE_ERROR_UNDEFINED, 127, "undefinedError")
#define DOWNLOAD_ERROR_CODE(V)                                                                     \
    V(DOWNLOAD_ERROR_INVALID_CERTIFICATE, 1, "invalidCertificate")                                 \
    V(DOWNLOAD_ERROR_INVALID_SIGNATURE, 2, "invalidSignature")                                     \
    V(DOWNLOAD_ERROR_UNSUPPORTED_CURVE, 3, "unsupportedCurve")                                     \
    V(DOWNLOAD_ERROR_NO_SESSION_CONTEXT, 4, "noSessionContext")                                    \
    V(DOWNLOAD_ERROR_INVALID_TRANSACTION_ID, 5, "invalidTransactionId")                            \
    V(DOWNLOAD_ERROR_UNDEFINED, 127, "undefinedError")
#define CANCEL_SESSION_REASON(V)                                                                   \
    V(CANCEL_SESSION_END_USER_REJECTION, 0, "endUserRejection")                                    \
    V(CANCEL_SESSION_POSTPONED, 1, "postponed")                                                    \
    V(CANCEL_SESSION_TIMEOUT, 2, "timeout")                                                        \
    V(CANCEL_SESSION_PPR_NOT_ALLOWED, 3, "pprNotAllowed")                                          \
    V(CANCEL_SESSION_METADATA_MISMATCH, 4, "metadataMismatch")                                     \
    V(CANCEL_SESSION_LOAD_BPP_EXECUTION_ERROR, 5, "loadBppExecutionError")                         \
    V(CANCEL_SESSION_UNDEFINED_REASON, 127, "undefinedReason")
/* of the eUICC (ES10b) */
#define CANCEL_SESSION_RESPONSE_ERROR(V)                                                           \
    V(CANCEL_SESSION_RESPONSE_INVALID_TRANSACTION_ID, 5, "invalidTransactionId")                   \
    V(CANCEL_SESSION_RESPONSE_UNDEFINED_ERROR, 127, "undefinedError")
#define REMOTE_OP_ID(V)                                                                            \
    V(REMOTE_OP_INSTALL_BOUND_PROFILE_PACKAGE, 1, "installBoundProfilePackage")
#define BPP_COMMAND_ID(V)                                                                          \
    V(BPP_COMMAND_INITIALISE_SECURE_CHANNEL, 0, "initialiseSecureChannel")                         \
    V(BPP_COMMAND_CONFIGURE_ISDP, 1, "configureISDP")                                              \
    V(BPP_COMMAND_STORE_METADATA, 2, "storeMetadata")                                              \
    V(BPP_COMMAND_STORE_METADATA2, 3, "storeMetadata2")                                            \
    V(BPP_COMMAND_REPLACE_SESSION_KEYS, 4, "replaceSessionKeys")                                   \
    V(BPP_COMMAND_LOAD_PROFILE_ELEMENTS, 5, "loadProfileElements")
/* 10 and 11 are temporary: the download order stays usable */
#define BPP_ERROR_REASON(V)                                                                        \
    V(BPP_ERROR_INCORRECT_INPUT_VALUES, 1, "incorrectInputValues")                                 \
    V(BPP_ERROR_INVALID_SIGNATURE, 2, "invalidSignature")                                          \
    V(BPP_ERROR_INVALID_TRANSACTION_ID, 3, "invalidTransactionId")                                 \
    V(BPP_ERROR_UNSUPPORTED_CRT_VALUES, 4, "unsupportedCrtValues")                                 \
    V(BPP_ERROR_UNSUPPORTED_REMOTE_OPERATION_TYPE, 5, "unsupportedRemoteOperationType")            \
    V(BPP_ERROR_UNSUPPORTED_PROFILE_CLASS, 6, "unsupportedProfileClass")                           \
    V(BPP_ERROR_SCP03T_STRUCTURE, 7, "scp03tStructureError")                                       \
    V(BPP_ERROR_SCP03T_SECURITY, 8, "scp03tSecurityError")                                         \
    V(BPP_ERROR_ICCID_ALREADY_EXISTS, 9, "installFailedDueToIccidAlreadyExistsOnEuicc")            \
    V(BPP_ERROR_INSUFFICIENT_MEMORY, 10, "installFailedDueToInsufficientMemoryForProfile")         \
    V(BPP_ERROR_INTERRUPTION, 11, "installFailedDueToInterruption")                                \
    V(BPP_ERROR_PE_PROCESSING, 12, "installFailedDueToPEProcessingError")                          \
    V(BPP_ERROR_DATA_MISMATCH, 13, "installFailedDueToDataMismatch")                               \
    V(BPP_ERROR_INVALID_NAA_KEY, 14, "testProfileInstallFailedDueToInvalidNaaKey")                 \
    V(BPP_ERROR_PPR_NOT_ALLOWED, 15, "pprNotAllowed")                                              \
    V(BPP_ERROR_INSUFFICIENT_MINIMUM_SECURITY_LEVEL, 31, "insufficientMinimumSecurityLevel")       \
    V(BPP_ERROR_SERVER_ADDRESS_ABSENT_IN_ALLOW_LIST, 32, "serverAddressAbsentInAllowList")         \
    V(BPP_ERROR_UNKNOWN, 127, "installFailedDueToUnknownError")

/* ---- ES10b and ES10c results (5.7) */
#define LIST_NOTIFICATIONS_ERROR(V)                                                                \
    V(LIST_NOTIFICATIONS_UNDEFINED_ERROR, 127, "undefinedError")
#define NOTIFICATIONS_LIST_ERROR(V)                                                                \
    V(NOTIFICATIONS_LIST_NO_RESULT_AVAILABLE, 1, "noResultAvailable")                              \
    V(NOTIFICATIONS_LIST_UNDEFINED_ERROR, 127, "undefinedError")
#define DELETE_NOTIFICATION_STATUS(V)                                                              \
    V(DELETE_NOTIFICATION_OK, 0, "ok")                                                             \
    V(DELETE_NOTIFICATION_NOTHING_TO_DELETE, 1, "nothingToDelete")                                 \
    V(DELETE_NOTIFICATION_UNDEFINED_ERROR, 127, "undefinedError")
#define LOAD_CRL_ERROR(V)                                                                          \
    V(LOAD_CRL_INVALID_SIGNATURE, 1, "invalidSignature")                                           \
    V(LOAD_CRL_INVALID_CRL_FORMAT, 2, "invalidCRLFormat")                                          \
    V(LOAD_CRL_NOT_ENOUGH_MEMORY_SPACE, 3, "notEnoughMemorySpace")                                 \
    V(LOAD_CRL_VERIFICATION_KEY_NOT_FOUND, 4, "verificationKeyNotFound")                           \
    V(LOAD_CRL_FRESHER_CRL_ALREADY_LOADED, 5, "fresherCrlAlreadyLoaded")                           \
    V(LOAD_CRL_BASE_CRL_MISSING, 6, "baseCrlMissing")                                              \
    V(LOAD_CRL_UNDEFINED_ERROR, 127, "undefinedError")
#define SET_DEFAULT_DP_ADDRESS_RESULT(V)                                                           \
    V(SET_DEFAULT_DP_ADDRESS_OK, 0, "ok")                                                          \
    V(SET_DEFAULT_DP_ADDRESS_UNDEFINED_ERROR, 127, "undefinedError")
#define ENABLE_PROFILE_RESULT(V)                                                                   \
    V(ENABLE_PROFILE_OK, 0, "ok")                                                                  \
    V(ENABLE_PROFILE_ICCID_OR_AID_NOT_FOUND, 1, "iccidOrAidNotFound")                              \
    V(ENABLE_PROFILE_PROFILE_NOT_IN_DISABLED_STATE, 2, "profileNotInDisabledState")                \
    V(ENABLE_PROFILE_DISALLOWED_BY_POLICY, 3, "disallowedByPolicy")                                \
    V(ENABLE_PROFILE_WRONG_PROFILE_REENABLING, 4, "wrongProfileReenabling")                        \
    V(ENABLE_PROFILE_CAT_BUSY, 5, "catBusy")                                                       \
    V(ENABLE_PROFILE_UNDEFINED_ERROR, 127, "undefinedError")
#define DISABLE_PROFILE_RESULT(V)                                                                  \
    V(DISABLE_PROFILE_OK, 0, "ok")                                                                 \
    V(DISABLE_PROFILE_ICCID_OR_AID_NOT_FOUND, 1, "iccidOrAidNotFound")                             \
    V(DISABLE_PROFILE_PROFILE_NOT_IN_ENABLED_STATE, 2, "profileNotInEnabledState")                 \
    V(DISABLE_PROFILE_DISALLOWED_BY_POLICY, 3, "disallowedByPolicy")                               \
    V(DISABLE_PROFILE_CAT_BUSY, 5, "catBusy")                                                      \
    V(DISABLE_PROFILE_UNDEFINED_ERROR, 127, "undefinedError")
#define DELETE_PROFILE_RESULT(V)                                                                   \
    V(DELETE_PROFILE_OK, 0, "ok")                                                                  \
    V(DELETE_PROFILE_ICCID_OR_AID_NOT_FOUND, 1, "iccidOrAidNotFound")                              \
    V(DELETE_PROFILE_PROFILE_NOT_IN_DISABLED_STATE, 2, "profileNotInDisabledState")                \
    V(DELETE_PROFILE_DISALLOWED_BY_POLICY, 3, "disallowedByPolicy")                                \
    V(DELETE_PROFILE_UNDEFINED_ERROR, 127, "undefinedError")
#define RESET_OPTIONS(V)                                                                           \
    V(RESET_DELETE_OPERATIONAL_PROFILES, 0, "deleteOperationalProfiles")                           \
    V(RESET_DELETE_FIELD_LOADED_TEST_PROFILES, 1, "deleteFieldLoadedTestProfiles")                 \
    V(RESET_DEFAULT_SMDP_ADDRESS, 2, "resetDefaultSmdpAddress")
#define RESET_RESULT(V)                                                                            \
    V(RESET_OK, 0, "ok")                                                                           \
    V(RESET_NOTHING_TO_DELETE, 1, "nothingToDelete")                                               \
    V(RESET_CAT_BUSY, 5, "catBusy")                                                                \
    V(RESET_UNDEFINED_ERROR, 127, "undefinedError")
#define SET_NICKNAME_RESULT(V)                                                                     \
    V(SET_NICKNAME_OK, 0, "ok")                                                                    \
    V(SET_NICKNAME_ICCID_NOT_FOUND, 1, "iccidNotFound")                                            \
    V(SET_NICKNAME_UNDEFINED_ERROR, 127, "undefinedError")

/* ---- ES9+ and ES11 (6.6.2) */
#define INITIATE_AUTHENTICATION_ERROR(V)                                                           \
    V(INITIATE_AUTHENTICATION_INVALID_DP_ADDRESS, 1, "invalidDpAddress")                           \
    V(INITIATE_AUTHENTICATION_EUICC_VERSION_NOT_SUPPORTED, 2, "euiccVersionNotSupportedByDp")      \
    V(INITIATE_AUTHENTICATION_CI_PK_NOT_SUPPORTED, 3, "ciPKNotSupported")                          \
    V(INITIATE_AUTHENTICATION_UNDEFINED_ERROR, 127, "undefinedError")
#define AUTHENTICATE_CLIENT_ERROR(V)                                                               \
    V(AUTHENTICATE_CLIENT_EUM_CERTIFICATE_INVALID, 1, "eumCertificateInvalid")                     \
    V(AUTHENTICATE_CLIENT_EUM_CERTIFICATE_EXPIRED, 2, "eumCertificateExpired")                     \
    V(AUTHENTICATE_CLIENT_EUICC_CERTIFICATE_INVALID, 3, "euiccCertificateInvalid")                 \
    V(AUTHENTICATE_CLIENT_EUICC_CERTIFICATE_EXPIRED, 4, "euiccCertificateExpired")                 \
    V(AUTHENTICATE_CLIENT_EUICC_SIGNATURE_INVALID, 5, "euiccSignatureInvalid")                     \
    V(AUTHENTICATE_CLIENT_MATCHING_ID_REFUSED, 6, "matchingIdRefused")                             \
    V(AUTHENTICATE_CLIENT_EID_MISMATCH, 7, "eidMismatch")                                          \
    V(AUTHENTICATE_CLIENT_NO_ELIGIBLE_PROFILE, 8, "noEligibleProfile")                             \
    V(AUTHENTICATE_CLIENT_CI_PK_UNKNOWN, 9, "ciPKUnknown")                                         \
    V(AUTHENTICATE_CLIENT_INVALID_TRANSACTION_ID, 10, "invalidTransactionId")                      \
    V(AUTHENTICATE_CLIENT_INSUFFICIENT_MEMORY, 11, "insufficientMemory")                           \
    V(AUTHENTICATE_CLIENT_UNDEFINED_ERROR, 127, "undefinedError")
/* 1 to 5 as above */
#define AUTHENTICATE_CLIENT_ERROR_ES11(V)                                                          \
    V(ES11_AUTHENTICATE_CLIENT_EUM_CERTIFICATE_INVALID, 1, "eumCertificateInvalid")                \
    V(ES11_AUTHENTICATE_CLIENT_EUM_CERTIFICATE_EXPIRED, 2, "eumCertificateExpired")                \
    V(ES11_AUTHENTICATE_CLIENT_EUICC_CERTIFICATE_INVALID, 3, "euiccCertificateInvalid")            \
    V(ES11_AUTHENTICATE_CLIENT_EUICC_CERTIFICATE_EXPIRED, 4, "euiccCertificateExpired")            \
    V(ES11_AUTHENTICATE_CLIENT_EUICC_SIGNATURE_INVALID, 5, "euiccSignatureInvalid")                \
    V(ES11_AUTHENTICATE_CLIENT_EVENT_ID_UNKNOWN, 6, "eventIdUnknown")                              \
    V(ES11_AUTHENTICATE_CLIENT_INVALID_TRANSACTION_ID, 7, "invalidTransactionId")                  \
    V(ES11_AUTHENTICATE_CLIENT_UNDEFINED_ERROR, 127, "undefinedError")
#define GET_BOUND_PROFILE_PACKAGE_ERROR(V)                                                         \
    V(GET_BPP_EUICC_SIGNATURE_INVALID, 1, "euiccSignatureInvalid")                                 \
    V(GET_BPP_CONFIRMATION_CODE_MISSING, 2, "confirmationCodeMissing")                             \
    V(GET_BPP_CONFIRMATION_CODE_REFUSED, 3, "confirmationCodeRefused")                             \
    V(GET_BPP_CONFIRMATION_CODE_RETRIES_EXCEEDED, 4, "confirmationCodeRetriesExceeded")            \
    V(GET_BPP_BPP_REBINDING_REFUSED, 5, "bppRebindingRefused")                                     \
    V(GET_BPP_DOWNLOAD_ORDER_EXPIRED, 6, "downloadOrderExpired")                                   \
    V(GET_BPP_INVALID_TRANSACTION_ID, 95, "invalidTransactionId")                                  \
    V(GET_BPP_UNDEFINED_ERROR, 127, "undefinedError")
/* of the server */
#define CANCEL_SESSION_ERROR(V)                                                                    \
    V(CANCEL_SESSION_INVALID_TRANSACTION_ID, 1, "invalidTransactionId")                            \
    V(CANCEL_SESSION_EUICC_SIGNATURE_INVALID, 2, "euiccSignatureInvalid")                          \
    V(CANCEL_SESSION_UNDEFINED_ERROR, 127, "undefinedError")

#define SGP22_VALUES(E)                                                                            \
    E(icon_type, ICON_TYPE)                                                                        \
    E(profile_state, PROFILE_STATE)                                                                \
    E(profile_class, PROFILE_CLASS)                                                                \
    E(ppr_ids, PPR_IDS)                                                                            \
    E(ppr_flags, PPR_FLAGS)                                                                        \
    E(notification_event, NOTIFICATION_EVENT)                                                      \
    E(profile_info_list_error, PROFILE_INFO_LIST_ERROR)                                            \
    E(euicc_category, EUICC_CATEGORY)                                                              \
    E(tre_properties, TRE_PROPERTIES)                                                              \
    E(ipa_mode, IPA_MODE)                                                                          \
    E(rsp_capability, RSP_CAPABILITY)                                                              \
    E(uicc_capability, UICC_CAPABILITY)                                                            \
    E(lpae_support, LPAE_SUPPORT)                                                                  \
    E(lpae_option, LPAE_OPTION)                                                                    \
    E(lpae_activation_result, LPAE_ACTIVATION_RESULT)                                              \
    E(authenticate_error_code, AUTHENTICATE_ERROR_CODE)                                            \
    E(download_error_code, DOWNLOAD_ERROR_CODE)                                                    \
    E(cancel_session_reason, CANCEL_SESSION_REASON)                                                \
    E(cancel_session_response_error, CANCEL_SESSION_RESPONSE_ERROR)                                \
    E(remote_op_id, REMOTE_OP_ID)                                                                  \
    E(bpp_command_id, BPP_COMMAND_ID)                                                              \
    E(bpp_error_reason, BPP_ERROR_REASON)                                                          \
    E(list_notifications_error, LIST_NOTIFICATIONS_ERROR)                                          \
    E(notifications_list_error, NOTIFICATIONS_LIST_ERROR)                                          \
    E(delete_notification_status, DELETE_NOTIFICATION_STATUS)                                      \
    E(load_crl_error, LOAD_CRL_ERROR)                                                              \
    E(set_default_dp_address_result, SET_DEFAULT_DP_ADDRESS_RESULT)                                \
    E(enable_profile_result, ENABLE_PROFILE_RESULT)                                                \
    E(disable_profile_result, DISABLE_PROFILE_RESULT)                                              \
    E(delete_profile_result, DELETE_PROFILE_RESULT)                                                \
    E(reset_options, RESET_OPTIONS)                                                                \
    E(reset_result, RESET_RESULT)                                                                  \
    E(set_nickname_result, SET_NICKNAME_RESULT)                                                    \
    E(initiate_authentication_error, INITIATE_AUTHENTICATION_ERROR)                                \
    E(authenticate_client_error, AUTHENTICATE_CLIENT_ERROR)                                        \
    E(authenticate_client_error_es11, AUTHENTICATE_CLIENT_ERROR_ES11)                              \
    E(get_bound_profile_package_error, GET_BOUND_PROFILE_PACKAGE_ERROR)                            \
    E(cancel_session_error, CANCEL_SESSION_ERROR)

SGP22_VALUES(NAMES_H)
/* clang-format on */

#endif
