/*
 * ESep (SGP.32 2.11.1.1, 2.11.2.1): eUICC Packages from eIM to eUICC, and their results.
 *
 * Both are signed end to end. What is signed stays RAW: verify over `euicc_package_signed` (or
 * `..data_signed`) as received, followed by the association token DO, then decode it.
 */
#ifndef DUNLIN_RSP_SGP32_ESEP_H
#define DUNLIN_RSP_SGP32_ESEP_H

#include "rsp/names.h"
#include "rsp/sgp22.h"

/* clang-format off */

/* ---- named values --------------------------------------------------------------------------- */

#define EIM_ID_TYPE(X)                                                                             \
    X(EIM_ID_OID,         1, "eimIdTypeOid")                                                       \
    X(EIM_ID_FQDN,        2, "eimIdTypeFqdn")                                                      \
    X(EIM_ID_PROPRIETARY, 3, "eimIdTypeProprietary")

#define EIM_PROTOCOL(X)                                                                            \
    X(EIM_RETRIEVE_HTTPS, 0, "eimRetrieveHttps")                                                   \
    X(EIM_RETRIEVE_COAPS, 1, "eimRetrieveCoaps")                                                   \
    X(EIM_INJECT_HTTPS,   2, "eimInjectHttps")                                                     \
    X(EIM_INJECT_COAPS,   3, "eimInjectCoaps")                                                     \
    X(EIM_PROPRIETARY,    4, "eimProprietary")

#define ENABLE_RESULT(X)                                                                           \
    X(ENABLE_OK,                   0, "ok")                                                        \
    X(ENABLE_NOT_FOUND,            1, "iccidOrAidNotFound")                                        \
    X(ENABLE_NOT_DISABLED,         2, "profileNotInDisabledState")                                 \
    X(ENABLE_DISALLOWED,           3, "disallowedByPolicy")                                        \
    X(ENABLE_CAT_BUSY,             5, "catBusy")                                                   \
    X(ENABLE_NO_ROLLBACK,         20, "rollbackNotAvailable")                                      \
    X(ENABLE_UNDEFINED_ERROR,    127, "undefinedError")

#define DISABLE_RESULT(X)                                                                          \
    X(DISABLE_OK,                  0, "ok")                                                        \
    X(DISABLE_NOT_FOUND,           1, "iccidOrAidNotFound")                                        \
    X(DISABLE_NOT_ENABLED,         2, "profileNotInEnabledState")                                  \
    X(DISABLE_DISALLOWED,          3, "disallowedByPolicy")                                        \
    X(DISABLE_CAT_BUSY,            5, "catBusy")                                                   \
    X(DISABLE_UNDEFINED_ERROR,   127, "undefinedError")

#define DELETE_RESULT(X)                                                                           \
    X(DELETE_OK,                   0, "ok")                                                        \
    X(DELETE_NOT_FOUND,            1, "iccidOrAidNotFound")                                        \
    X(DELETE_NOT_DISABLED,         2, "profileNotInDisabledState")                                 \
    X(DELETE_DISALLOWED,           3, "disallowedByPolicy")                                        \
    X(DELETE_NO_ROLLBACK,         20, "rollbackNotAvailable")                                      \
    X(DELETE_RETURN_FALLBACK,     21, "returnFallbackProfile")                                     \
    X(DELETE_UNDEFINED_ERROR,    127, "undefinedError")

#define IOT_PROFILE_LIST_ERROR(X)                                                                  \
    X(PROFILE_LIST_BAD_INPUT,      1, "incorrectInputValues")                                      \
    X(PROFILE_LIST_CHANGE_ONGOING, 11, "profileChangeOngoing")                                     \
    X(PROFILE_LIST_UNDEFINED_ERROR, 127, "undefinedError")

#define CONFIGURE_IMMEDIATE_ENABLE_RESULT(X)                                                       \
    X(CONFIGURE_IE_OK,                   0, "ok")                                                  \
    X(CONFIGURE_IE_NO_MEMORY,            1, "insufficientMemory")                                  \
    X(CONFIGURE_IE_COMMAND_ERROR,        7, "commandError")                                        \
    X(CONFIGURE_IE_UNDEFINED_ERROR,    127, "undefinedError")

#define ADD_EIM_RESULT_CODE(X)                                                                     \
    X(ADD_EIM_OK,                  0, "ok")                                                        \
    X(ADD_EIM_NO_MEMORY,           1, "insufficientMemory")                                        \
    X(ADD_EIM_EXISTS,              2, "associatedEimAlreadyExists")                                \
    X(ADD_EIM_CI_UNKNOWN,          3, "ciPKUnknown")                                               \
    X(ADD_EIM_BAD_TOKEN,           5, "invalidAssociationToken")                                   \
    X(ADD_EIM_COUNTER_RANGE,       6, "counterValueOutOfRange")                                    \
    X(ADD_EIM_COMMAND_ERROR,       7, "commandError")                                              \
    X(ADD_EIM_UNDEFINED_ERROR,   127, "undefinedError")

#define DELETE_EIM_RESULT(X)                                                                       \
    X(DELETE_EIM_OK,               0, "ok")                                                        \
    X(DELETE_EIM_NOT_FOUND,        1, "eimNotFound")                                               \
    X(DELETE_EIM_LAST,             2, "lastEimDeleted")                                            \
    X(DELETE_EIM_COMMAND_ERROR,    7, "commandError")                                              \
    X(DELETE_EIM_UNDEFINED_ERROR, 127, "undefinedError")

#define UPDATE_EIM_RESULT(X)                                                                       \
    X(UPDATE_EIM_OK,               0, "ok")                                                        \
    X(UPDATE_EIM_NOT_FOUND,        1, "eimNotFound")                                               \
    X(UPDATE_EIM_CI_UNKNOWN,       3, "ciPKUnknown")                                               \
    X(UPDATE_EIM_COUNTER_RANGE,    6, "counterValueOutOfRange")                                    \
    X(UPDATE_EIM_COMMAND_ERROR,    7, "commandError")                                              \
    X(UPDATE_EIM_UNDEFINED_ERROR, 127, "undefinedError")

/* commandError(7) stands in v1.0 only */
#define LIST_EIM_ERROR(X)                                                                          \
    X(LIST_EIM_COMMAND_ERROR,      7, "commandError")                                              \
    X(LIST_EIM_UNDEFINED_ERROR,  127, "undefinedError")

#define ROLLBACK_RESULT(X)                                                                         \
    X(ROLLBACK_OK,                 0, "ok")                                                        \
    X(ROLLBACK_UNDEFINED_ERROR,  127, "undefinedError")

#define SET_FALLBACK_RESULT(X)                                                                     \
    X(SET_FALLBACK_OK,             0, "ok")                                                        \
    X(SET_FALLBACK_NOT_FOUND,      1, "iccidOrAidNotFound")                                        \
    X(SET_FALLBACK_NOT_ALLOWED,    2, "fallbackNotAllowed")                                        \
    X(SET_FALLBACK_ENABLED,        3, "fallbackProfileEnabled")                                    \
    X(SET_FALLBACK_UNDEFINED_ERROR, 127, "undefinedError")

#define UNSET_FALLBACK_RESULT(X)                                                                   \
    X(UNSET_FALLBACK_OK,           0, "ok")                                                        \
    X(UNSET_FALLBACK_NONE,         2, "noFallbackAttribute")                                       \
    X(UNSET_FALLBACK_ENABLED,      3, "fallbackProfileEnabled")                                    \
    X(UNSET_FALLBACK_COMMAND_ERROR, 7, "commandError")                                             \
    X(UNSET_FALLBACK_UNDEFINED_ERROR, 127, "undefinedError")

#define PROCESSING_TERMINATED(X)                                                                   \
    X(TERMINATED_RESULT_OVERFLOW,  1, "resultSizeOverflow")                                        \
    X(TERMINATED_BAD_COMMAND,      2, "unknownOrDamagedCommand")                                   \
    X(TERMINATED_INTERRUPTION,     3, "interruption")                                              \
    X(TERMINATED_UNDEFINED_ERROR, 127, "undefinedError")

#define IOT_SET_DEFAULT_DP_RESULT(X)                                                               \
    X(IOT_SET_DEFAULT_DP_OK,       0, "ok")                                                        \
    X(IOT_SET_DEFAULT_DP_UNDEFINED_ERROR, 127, "undefinedError")

#define EUICC_PACKAGE_ERROR_CODE(X)                                                                \
    X(PACKAGE_INVALID_EID,         3, "invalidEid")                                                \
    X(PACKAGE_REPLAY,              4, "replayError")                                               \
    X(PACKAGE_COUNTER_RANGE,       6, "counterValueOutOfRange")                                    \
    X(PACKAGE_SIZE_OVERFLOW,      15, "sizeOverflow")                                              \
    X(PACKAGE_ECALL_ACTIVE,      104, "ecallActive")                                               \
    X(PACKAGE_UNDEFINED_ERROR,   127, "undefinedError")

#define EUICC_PACKAGE_UNSIGNED_ERROR_CODE(X)                                                       \
    X(UNSIGNED_SIZE_OVERFLOW,     15, "sizeOverflow")                                              \
    X(UNSIGNED_UNDEFINED_ERROR,  127, "undefinedError")

#define SGP32_ESEP_VALUES(E)                                                                       \
    E(eim_id_type, EIM_ID_TYPE)                                                                    \
    E(eim_protocol, EIM_PROTOCOL)                                                                  \
    E(enable_result, ENABLE_RESULT)                                                                \
    E(disable_result, DISABLE_RESULT)                                                              \
    E(delete_result, DELETE_RESULT)                                                                \
    E(iot_profile_list_error, IOT_PROFILE_LIST_ERROR)                                              \
    E(configure_immediate_enable_result, CONFIGURE_IMMEDIATE_ENABLE_RESULT)                        \
    E(add_eim_result_code, ADD_EIM_RESULT_CODE)                                                    \
    E(delete_eim_result, DELETE_EIM_RESULT)                                                        \
    E(update_eim_result, UPDATE_EIM_RESULT)                                                        \
    E(list_eim_error, LIST_EIM_ERROR)                                                              \
    E(rollback_result, ROLLBACK_RESULT)                                                            \
    E(set_fallback_result, SET_FALLBACK_RESULT)                                                    \
    E(unset_fallback_result, UNSET_FALLBACK_RESULT)                                                \
    E(processing_terminated, PROCESSING_TERMINATED)                                                \
    E(iot_set_default_dp_result, IOT_SET_DEFAULT_DP_RESULT)                                        \
    E(euicc_package_error_code, EUICC_PACKAGE_ERROR_CODE)                                          \
    E(euicc_package_unsigned_error_code, EUICC_PACKAGE_UNSIGNED_ERROR_CODE)

SGP32_ESEP_VALUES(NAMES_H)

/* ---- requests ------------------------------------------------------------------------------- */

/*
 * Keys and certificates are IMPLICIT here: A0/A1 replaces the outer 30 of the X.509 object, which
 * an X.509 reader wants back (SGP.32 2.11.1.1.1, ITU-T X.680 30.6).
 */
#define SUBJECT_PUBLIC_KEY_INFO(F, S)                                                              \
    F(S, RAW,  0x30, M, 0, 0, algorithm,          "algorithm", any)                                \
    F(S, BITS, 0x03, M, 0, 0, subject_public_key, "subjectPublicKey", 0)

#define EIM_PUBLIC_KEY_DATA(F, S)                                                                  \
    F(S, RAW, 0xA0, M, 0, 0, eim_public_key,  "eimPublicKey",   subject_public_key_info)           \
    F(S, RAW, 0xA1, M, 0, 0, eim_certificate, "eimCertificate", rsp_certificate)

#define TRUSTED_PUBLIC_KEY_DATA_TLS(F, S)                                                          \
    F(S, RAW, 0xA0, M, 0, 0, trusted_eim_pk_tls,      "trustedEimPkTls", subject_public_key_info)  \
    F(S, RAW, 0xA1, M, 0, 0, trusted_certificate_tls, "trustedCertificateTls", rsp_certificate)

#define EIM_CONFIGURATION_DATA(F, S)                                                               \
    F(S, UTF8,   0x80, M, 1, 128, eim_id,            "eimId", 0)                                   \
    F(S, UTF8,   0x81, O, 0, 255, eim_fqdn,          "eimFqdn", 0)                                 \
    F(S, INT,    0x82, O, 0,   0, eim_id_type,       "eimIdType", eim_id_type_names)               \
    F(S, INT,    0x83, O, 0,   0, counter_value,     "counterValue", 0)                            \
    F(S, INT,    0x84, O, 0,   0, association_token, "associationToken", 0)                        \
    F(S, CHOICE, 0xA5, O, 0,   0, eim_public_key_data, "eimPublicKeyData", eim_public_key_data)    \
    F(S, CHOICE, 0xA6, O, 0,   0, trusted_public_key_data_tls, "trustedPublicKeyDataTls",          \
      trusted_public_key_data_tls)                                                                 \
    F(S, BITS,   0x87, O, 0,   0, eim_supported_protocol, "eimSupportedProtocol",                  \
      eim_protocol_names)                                                                          \
    F(S, OCTETS, 0x88, O, 0,  64, euicc_ci_pk_id,    "euiccCiPKId", 0)                             \
    F(S, NULL,   0x89, O, 0,   0, indirect_profile_download, "indirectProfileDownload", 0)         \
    F(S, RAW,    0xAA, O13, 0, 0, esipa_proprietary_protocol_information,                          \
      "eSipaProprietaryProtocolInformation", any)

/* The eUICC answers a missing eimId with commandError(7), so it is no fault of the encoding. */
#define DELETE_EIM(F, S)                                                                           \
    F(S, UTF8, 0x80, O, 1, 128, eim_id, "eimId", 0)

#define ECO(F, S)                                                                                  \
    F(S, SEQ,  0xA8, M, 0, 0, add_eim,    "addEim",    eim_configuration_data)                     \
    F(S, SEQ,  0xA9, M, 0, 0, delete_eim, "deleteEim", delete_eim)                                 \
    F(S, SEQ,  0xAA, M, 0, 0, update_eim, "updateEim", eim_configuration_data)                     \
    F(S, NULL, 0xAB, M, 0, 0, list_eim,   "listEim",   0)

#define PSMO_ENABLE(F, S)                                                                          \
    F(S, OCTETS, 0x5A, M, 10, 10, iccid,         "iccid", 0)                                       \
    F(S, NULL,   0x05, O,  0,  0, rollback_flag, "rollbackFlag", 0)

#define PSMO_ICCID(F, S)                                                                           \
    F(S, OCTETS, 0x5A, M, 10, 10, iccid, "iccid", 0)

#define CONFIGURE_IMMEDIATE_ENABLE(F, S)                                                           \
    F(S, NULL, 0x80, O, 0,   0, immediate_enable_flag, "immediateEnableFlag", 0)                   \
    F(S, OID,  0x81, O, 1,  64, default_smdp_oid,      "defaultSmdpOid", 0)                        \
    F(S, UTF8, 0x82, O, 0, 255, default_smdp_address,  "defaultSmdpAddress", 0)

#define IOT_SET_DEFAULT_DP_ADDRESS_REQUEST(F, S)                                                   \
    F(S, UTF8, 0x80, M, 0, 255, default_dp_address, "defaultDpAddress", 0)

#define PSMO(F, S)                                                                                 \
    F(S, SEQ,  0xA3, M, 0, 0, enable,  "enable",  psmo_enable)                                     \
    F(S, SEQ,  0xA4, M, 0, 0, disable, "disable", psmo_iccid)                                      \
    F(S, SEQ,  0xA5, M, 0, 0, delete,  "delete",  psmo_iccid)                                      \
    F(S, SEQ,  0xBF2D, M, 0, 0, list_profile_info, "listProfileInfo", profile_info_list_request)   \
    F(S, NULL, 0xA6, M, 0, 0, get_rat, "getRAT", 0)                                                \
    F(S, SEQ,  0xA7, M, 0, 0, configure_immediate_enable, "configureImmediateEnable",              \
      configure_immediate_enable)                                                                  \
    F(S, SEQ,  0xA8, M, 0, 0, set_fallback_attribute,   "setFallbackAttribute", psmo_iccid)        \
    F(S, NULL, 0xA9, M, 0, 0, unset_fallback_attribute, "unsetFallbackAttribute", 0)               \
    F(S, SEQ,  0xBF65, M, 0, 0, set_default_dp_address, "setDefaultDpAddress",                     \
      iot_set_default_dp_address_request)

#define EUICC_PACKAGE(F, S)                                                                        \
    F(S, LIST, 0xA0, M, 0, 0, psmo_list, "psmoList", psmo)                                         \
    F(S, LIST, 0xA1, M, 0, 0, eco_list,  "ecoList",  eco)

#define EUICC_PACKAGE_SIGNED(F, S)                                                                 \
    F(S, UTF8,   0x80, M,  1, 128, eim_id,             "eimId", 0)                                 \
    F(S, OCTETS, 0x5A, M, 16,  16, eid_value,          "eidValue", 0)                              \
    F(S, INT,    0x81, M,  0,   0, counter_value,      "counterValue", 0)                          \
    F(S, OCTETS, 0x82, O,  1,  16, eim_transaction_id, "eimTransactionId", 0)                      \
    F(S, CHOICE,    0, M,  0,   0, euicc_package,      "euiccPackage", euicc_package)

#define EUICC_PACKAGE_REQUEST(F, S)                                                                \
    F(S, RAW,    0x30,   M, 0,   0, euicc_package_signed, "euiccPackageSigned",                    \
      euicc_package_signed)                                                                        \
    F(S, OCTETS, 0x5F37, M, 1, 255, eim_signature, "eimSignature", 0)

/*
 * The same as the eUICC reads it: the operations stay closed, because one that is unknown or
 * damaged must not spoil those before it; processingTerminated answers it (SGP.32 3.3.1).
 */
#define EUICC_PACKAGE_CLOSED(F, S)                                                                 \
    F(S, LIST, 0xA0, M, 0, 0, psmo_list, "psmoList", any)                                          \
    F(S, LIST, 0xA1, M, 0, 0, eco_list,  "ecoList",  any)

#define EUICC_PACKAGE_SIGNED_CLOSED(F, S)                                                          \
    F(S, UTF8,   0x80, M,  1, 128, eim_id,             "eimId", 0)                                 \
    F(S, OCTETS, 0x5A, M, 16,  16, eid_value,          "eidValue", 0)                              \
    F(S, INT,    0x81, M,  0,   0, counter_value,      "counterValue", 0)                          \
    F(S, OCTETS, 0x82, O,  1,  16, eim_transaction_id, "eimTransactionId", 0)                      \
    F(S, CHOICE,    0, M,  0,   0, euicc_package,      "euiccPackage", euicc_package_closed)

#define EUICC_PACKAGE_REQUEST_CLOSED(F, S)                                                         \
    F(S, RAW,    0x30,   M, 0,   0, euicc_package_signed, "euiccPackageSigned",                    \
      euicc_package_signed_closed)                                                                 \
    F(S, OCTETS, 0x5F37, M, 1, 255, eim_signature, "eimSignature", 0)

/* ---- results -------------------------------------------------------------------------------- */

#define ADD_EIM_RESULT(F, S)                                                                       \
    F(S, INT, 0x84, M, 0, 0, association_token,   "associationToken", 0)                           \
    F(S, INT, 0x02, M, 0, 0, add_eim_result_code, "addEimResultCode", add_eim_result_code_names)

/* [4] is the tag of v1.0 */
#define EIM_ID_INFO(F, S)                                                                          \
    F(S, UTF8,      0x80, M, 1, 128, eim_id,      "eimId", 0)                                      \
    F(S, INT,       0x82, O, 0,   0, eim_id_type, "eimIdType", eim_id_type_names)                  \
    F(S, ALIAS_INT, 0x84, A, 0,   0, eim_id_type, "eimIdType", eim_id_type_names)

#define LIST_EIM_RESULT(F, S)                                                                      \
    F(S, LIST, 0xA0, M, 0, 0, eim_id_list,    "eimIdList", eim_id_info)                            \
    F(S, INT,  0x81, M, 0, 0, list_eim_error, "listEimError", list_eim_error_names)

#define IOT_PROFILE_INFO_LIST_RESPONSE(F, S)                                                       \
    F(S, LIST, 0xA0, M, 0, 0, profile_info_list_ok,    "profileInfoListOk", profile_info)          \
    F(S, INT,  0x81, M, 0, 0, profile_info_list_error, "profileInfoListError",                     \
      iot_profile_list_error_names)

#define IOT_SET_DEFAULT_DP_ADDRESS_RESPONSE(F, S)                                                  \
    F(S, INT, 0x80, M, 0, 0, set_default_dp_address_result, "setDefaultDpAddressResult",           \
      iot_set_default_dp_result_names)

#define EUICC_RESULT_DATA(F, S)                                                                    \
    F(S, INT,    0x83, M, 0, 0, enable_result,  "enableResult",  enable_result_names)              \
    F(S, INT,    0x84, M, 0, 0, disable_result, "disableResult", disable_result_names)             \
    F(S, INT,    0x85, M, 0, 0, delete_result,  "deleteResult",  delete_result_names)              \
    F(S, CHOICE, 0xBF2D, M, 0, 0, list_profile_info_result, "listProfileInfoResult",               \
      iot_profile_info_list_response)                                                              \
    F(S, LIST,   0xA6, M, 0, 0, get_rat_result, "getRATResult", profile_policy_authorisation_rule) \
    F(S, INT,    0x87, M, 0, 0, configure_immediate_enable_result,                                 \
      "configureImmediateEnableResult", configure_immediate_enable_result_names)                   \
    F(S, CHOICE, 0xA8, M, 0, 0, add_eim_result,    "addEimResult", add_eim_result)                 \
    F(S, INT,    0x89, M, 0, 0, delete_eim_result, "deleteEimResult", delete_eim_result_names)     \
    F(S, INT,    0x8A, M, 0, 0, update_eim_result, "updateEimResult", update_eim_result_names)     \
    F(S, CHOICE, 0xAB, M, 0, 0, list_eim_result,   "listEimResult", list_eim_result)               \
    F(S, INT,    0x8C, M, 0, 0, rollback_result,   "rollbackResult", rollback_result_names)        \
    F(S, INT,    0x8D, M, 0, 0, set_fallback_attribute_result, "setFallbackAttributeResult",       \
      set_fallback_result_names)                                                                   \
    F(S, INT,    0x8E, M, 0, 0, unset_fallback_attribute_result, "unsetFallbackAttributeResult",   \
      unset_fallback_result_names)                                                                 \
    F(S, INT,    0x02, M, 0, 0, processing_terminated, "processingTerminated",                     \
      processing_terminated_names)                                                                 \
    F(S, SEQ,    0xBF65, M, 0, 0, set_default_dp_address_result, "setDefaultDpAddressResult",      \
      iot_set_default_dp_address_response)

#define EUICC_PACKAGE_RESULT_DATA_SIGNED(F, S)                                                     \
    F(S, UTF8,   0x80, M, 1, 128, eim_id,             "eimId", 0)                                  \
    F(S, INT,    0x81, M, 0,   0, counter_value,      "counterValue", 0)                           \
    F(S, OCTETS, 0x82, O, 1,  16, eim_transaction_id, "eimTransactionId", 0)                       \
    F(S, INT,    0x83, M, 0,   0, seq_number,         "seqNumber", 0)                              \
    F(S, LIST,   0x30, M, 0,   0, euicc_result,       "euiccResult", euicc_result_data)

#define EUICC_PACKAGE_RESULT_SIGNED(F, S)                                                          \
    F(S, RAW,    0x30,   M, 0,   0, euicc_package_result_data_signed,                              \
      "euiccPackageResultDataSigned", euicc_package_result_data_signed)                            \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_sign_epr, "euiccSignEPR", 0)

#define EUICC_PACKAGE_ERROR_DATA_SIGNED(F, S)                                                      \
    F(S, UTF8,   0x80, M, 1, 128, eim_id,             "eimId", 0)                                  \
    F(S, INT,    0x81, M, 0,   0, counter_value,      "counterValue", 0)                           \
    F(S, OCTETS, 0x82, O, 1,  16, eim_transaction_id, "eimTransactionId", 0)                       \
    F(S, INT,    0x02, M, 0,   0, euicc_package_error_code, "euiccPackageErrorCode",               \
      euicc_package_error_code_names)

#define EUICC_PACKAGE_ERROR_SIGNED(F, S)                                                           \
    F(S, RAW,    0x30,   M, 0,   0, euicc_package_error_data_signed,                               \
      "euiccPackageErrorDataSigned", euicc_package_error_data_signed)                              \
    F(S, OCTETS, 0x5F37, M, 1, 255, euicc_sign_epe, "euiccSignEPE", 0)

#define EUICC_PACKAGE_ERROR_UNSIGNED(F, S)                                                         \
    F(S, UTF8,   0x80, M,   1, 128, eim_id,             "eimId", 0)                                \
    F(S, OCTETS, 0x82, O,   1,  16, eim_transaction_id, "eimTransactionId", 0)                     \
    F(S, INT,    0x84, O,   0,   0, association_token,  "associationToken", 0)                     \
    F(S, INT,    0x8F, O13, 0,   0, euicc_package_unsigned_error_code,                             \
      "euiccPackageUnsignedErrorCode", euicc_package_unsigned_error_code_names)

#define EUICC_PACKAGE_RESULT(F, S)                                                                 \
    F(S, SEQ, 0xA0, M, 0, 0, euicc_package_result_signed,  "euiccPackageResultSigned",             \
      euicc_package_result_signed)                                                                 \
    F(S, SEQ, 0xA1, M, 0, 0, euicc_package_error_signed,   "euiccPackageErrorSigned",              \
      euicc_package_error_signed)                                                                  \
    F(S, SEQ, 0xA2, M, 0, 0, euicc_package_error_unsigned, "euiccPackageErrorUnsigned",            \
      euicc_package_error_unsigned)

#define SGP32_ESEP_TYPES(SEQ, CHOICE, LIST, PRIM)                                                  \
    SEQ(subject_public_key_info, SUBJECT_PUBLIC_KEY_INFO, "SubjectPublicKeyInfo", 0x30,            \
        "RFC 5280 4.1.2.7")                                                                        \
    CHOICE(eim_public_key_data, EIM_PUBLIC_KEY_DATA, "EimPublicKeyData", 0, "SGP.32 2.11.1.1.1")   \
    CHOICE(trusted_public_key_data_tls, TRUSTED_PUBLIC_KEY_DATA_TLS, "TrustedPublicKeyDataTls", 0, \
           "SGP.32 2.11.1.1.1")                                                                    \
    SEQ(eim_configuration_data, EIM_CONFIGURATION_DATA, "EimConfigurationData", 0x30,              \
        "SGP.32 2.11.1.1.1")                                                                       \
    SEQ(delete_eim, DELETE_EIM, "DeleteEim", 0x30, "SGP.32 2.11.1.1.2")                            \
    CHOICE(eco, ECO, "Eco", 0, "SGP.32 2.11.1.1.2")                                                \
    SEQ(psmo_enable, PSMO_ENABLE, "Enable", 0x30, "SGP.32 2.11.1.1.3")                             \
    SEQ(psmo_iccid, PSMO_ICCID, "Disable", 0x30, "SGP.32 2.11.1.1.3")                              \
    SEQ(configure_immediate_enable, CONFIGURE_IMMEDIATE_ENABLE, "ConfigureImmediateEnable", 0x30,  \
        "SGP.32 2.11.1.1.3")                                                                       \
    SEQ(iot_set_default_dp_address_request, IOT_SET_DEFAULT_DP_ADDRESS_REQUEST,                    \
        "SetDefaultDpAddressRequest", 0xBF65, "SGP.32 5.9.25")                                     \
    CHOICE(psmo, PSMO, "Psmo", 0, "SGP.32 2.11.1.1.3")                                             \
    CHOICE(euicc_package, EUICC_PACKAGE, "EuiccPackage", 0, "SGP.32 2.11.1.1")                     \
    SEQ(euicc_package_signed, EUICC_PACKAGE_SIGNED, "EuiccPackageSigned", 0x30, "SGP.32 2.11.1.1") \
    SEQ(euicc_package_request, EUICC_PACKAGE_REQUEST, "EuiccPackageRequest", 0xBF51,               \
        "SGP.32 2.11.1.1")                                                                         \
    CHOICE(euicc_package_closed, EUICC_PACKAGE_CLOSED, "EuiccPackage", 0, "SGP.32 2.11.1.1")       \
    SEQ(euicc_package_signed_closed, EUICC_PACKAGE_SIGNED_CLOSED, "EuiccPackageSigned", 0x30,      \
        "SGP.32 2.11.1.1")                                                                         \
    SEQ(euicc_package_request_closed, EUICC_PACKAGE_REQUEST_CLOSED, "EuiccPackageRequest", 0xBF51, \
        "SGP.32 2.11.1.1")                                                                         \
    CHOICE(add_eim_result, ADD_EIM_RESULT, "AddEimResult", 0, "SGP.32 2.11.2.1")                   \
    SEQ(eim_id_info, EIM_ID_INFO, "EimIdInfo", 0x30, "SGP.32 2.11.2.1")                            \
    CHOICE(list_eim_result, LIST_EIM_RESULT, "ListEimResult", 0, "SGP.32 2.11.2.1")                \
    CHOICE(iot_profile_info_list_response, IOT_PROFILE_INFO_LIST_RESPONSE,                         \
           "ProfileInfoListResponse", 0xBF2D, "SGP.32 2.11.2.1")                                   \
    SEQ(iot_set_default_dp_address_response, IOT_SET_DEFAULT_DP_ADDRESS_RESPONSE,                  \
        "SetDefaultDpAddressResponse", 0xBF65, "SGP.32 5.9.25")                                    \
    CHOICE(euicc_result_data, EUICC_RESULT_DATA, "EuiccResultData", 0, "SGP.32 2.11.2.1")          \
    SEQ(euicc_package_result_data_signed, EUICC_PACKAGE_RESULT_DATA_SIGNED,                        \
        "EuiccPackageResultDataSigned", 0x30, "SGP.32 2.11.2.1")                                   \
    SEQ(euicc_package_result_signed, EUICC_PACKAGE_RESULT_SIGNED, "EuiccPackageResultSigned",      \
        0x30, "SGP.32 2.11.2.1")                                                                   \
    SEQ(euicc_package_error_data_signed, EUICC_PACKAGE_ERROR_DATA_SIGNED,                          \
        "EuiccPackageErrorDataSigned", 0x30, "SGP.32 2.11.2.1")                                    \
    SEQ(euicc_package_error_signed, EUICC_PACKAGE_ERROR_SIGNED, "EuiccPackageErrorSigned", 0x30,   \
        "SGP.32 2.11.2.1")                                                                         \
    SEQ(euicc_package_error_unsigned, EUICC_PACKAGE_ERROR_UNSIGNED, "EuiccPackageErrorUnsigned",   \
        0x30, "SGP.32 2.11.2.1")                                                                   \
    CHOICE(euicc_package_result, EUICC_PACKAGE_RESULT, "EuiccPackageResult", 0xBF51,               \
           "SGP.32 2.11.2.1")

SGP32_ESEP_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
