/*
 * The profile elements of a profile package as tables (SAIP "eUICC Profile Package: Interoperable
 * Format", PEDefinitions 3.3.1; earlier versions are subsets of it).
 *
 * Elements that are not about a file system are plain types of the schema engine. An element of a
 * file system has one field per row of its template (templates.h): struct saip_file_pe holds the
 * content of each, and saip_file_pe_type makes the type that decodes, encodes and prints it, so
 * that faults and printouts name "usim.ef-imsi[1].fillFileContent".
 *
 * A File is a list of items (struct saip_file_item); files[i] is the list of the template's row i,
 * absent when the element has no such field. All fields are OPTIONAL for the decoder: whether a
 * mandatory one is missing is the validator's finding, the card fills in defaults.
 */
#ifndef DUNLIN_PROFILE_ELEMENTS_H
#define DUNLIN_PROFILE_ELEMENTS_H

#include "der/schema.h"
#include "profile/templates.h"

/* The ASN.1 module that all of these types stand in. */
#define SAIP_REF "SAIP 3.3.1 PEDefinitions"

/* clang-format off */
#define SAIP_PE_HEADER(F, S)                                                                       \
    F(S, NULL,   0x80, O, 0,     0, mandated,       "mandated",       0)                           \
    F(S, INT,    0x81, M, 0, 32767, identification, "identification", 0)

/* The order of eUICC-Mandatory-services; bit numbers of UICCCapability are in saip_services. */
#define SAIP_SERVICES_LIST(F, S)                                                                   \
    F(S, NULL, 0x80, O, 0, 0, contactless,         "contactless",         0)                       \
    F(S, NULL, 0x81, O, 0, 0, usim,                "usim",                0)                       \
    F(S, NULL, 0x82, O, 0, 0, isim,                "isim",                0)                       \
    F(S, NULL, 0x83, O, 0, 0, csim,                "csim",                0)                       \
    F(S, NULL, 0x84, O, 0, 0, milenage,            "milenage",            0)                       \
    F(S, NULL, 0x85, O, 0, 0, tuak128,             "tuak128",             0)                       \
    F(S, NULL, 0x86, O, 0, 0, cave,                "cave",                0)                       \
    F(S, NULL, 0x87, O, 0, 0, gba_usim,            "gba-usim",            0)                       \
    F(S, NULL, 0x88, O, 0, 0, gba_isim,            "gba-isim",            0)                       \
    F(S, NULL, 0x89, O, 0, 0, mbms,                "mbms",                0)                       \
    F(S, NULL, 0x8A, O, 0, 0, eap,                 "eap",                 0)                       \
    F(S, NULL, 0x8B, O, 0, 0, javacard,            "javacard",            0)                       \
    F(S, NULL, 0x8C, O, 0, 0, multos,              "multos",              0)                       \
    F(S, NULL, 0x8D, O, 0, 0, multiple_usim,       "multiple-usim",       0)                       \
    F(S, NULL, 0x8E, O, 0, 0, multiple_isim,       "multiple-isim",       0)                       \
    F(S, NULL, 0x8F, O, 0, 0, multiple_csim,       "multiple-csim",       0)                       \
    F(S, NULL, 0x90, O, 0, 0, tuak256,             "tuak256",             0)                       \
    F(S, NULL, 0x91, O, 0, 0, usim_test_algorithm, "usim-test-algorithm", 0)                       \
    F(S, NULL, 0x92, O, 0, 0, ber_tlv,             "ber-tlv",             0)                       \
    F(S, NULL, 0x93, O, 0, 0, df_link,             "dfLink",              0)                       \
    F(S, NULL, 0x94, O, 0, 0, cat_tp,              "cat-tp",              0)                       \
    F(S, NULL, 0x95, O, 0, 0, get_identity,        "get-identity",        0)                       \
    F(S, NULL, 0x96, O, 0, 0, profile_a_x25519,    "profile-a-x25519",    0)                       \
    F(S, NULL, 0x97, O, 0, 0, profile_b_p256,      "profile-b-p256",      0)                       \
    F(S, NULL, 0x98, O, 0, 0, suci_calculator_api, "suciCalculatorApi",   0)                       \
    F(S, NULL, 0x99, O, 0, 0, dns_resolution,      "dns-resolution",      0)                       \
    F(S, NULL, 0x9A, O, 0, 0, scp11ac,             "scp11ac",             0)                       \
    F(S, NULL, 0x9B, O, 0, 0, scp11c_authorization, "scp11c-authorization-mechanism", 0)           \
    F(S, NULL, 0x9C, O, 0, 0, s16mode,             "s16mode",             0)                       \
    F(S, NULL, 0x9D, O, 0, 0, eaka,                "eaka",                0)

#define SAIP_MANDATORY_AID(F, S)                                                                   \
    F(S, OCTETS, 0x80, M, 5, 16, aid,     "aid",     0)                                            \
    F(S, OCTETS, 0x81, M, 2,  2, version, "version", 0)

#define SAIP_IOT_OPTIONS(F, S)                                                                     \
    F(S, OCTETS, 0x80, M, 7, 11, pix, "pix", 0)

#define SAIP_HEADER(F, S)                                                                          \
    F(S, INT,    0x80, M,  0, 255, major_version,  "major-version", 0)                             \
    F(S, INT,    0x81, M,  0, 255, minor_version,  "minor-version", 0)                             \
    F(S, UTF8,   0x82, O,  1, 100, profile_type,   "profileType",   0)                             \
    F(S, OCTETS, 0x83, M, 10,  10, iccid,          "iccid",         0)                             \
    F(S, OCTETS, 0x84, O,  0,   0, pol,            "pol",           0)                             \
    F(S, SEQ,    0xA5, M,  0,   0, services,       "eUICC-Mandatory-services", saip_services_list) \
    F(S, LIST,   0xA6, M,  0,   0, gfste_list,     "eUICC-Mandatory-GFSTEList", saip_oid)          \
    F(S, OCTETS, 0x87, O,  0,   0, connectivity_parameters, "connectivityParameters", 0)           \
    F(S, LIST,   0xA8, O,  0,   0, mandatory_aids, "eUICC-Mandatory-AIDs", saip_mandatory_aid)     \
    F(S, SEQ,    0xA9, O,  0,   0, iot_options,    "iotOptions", saip_iot_options)

#define SAIP_PROPRIETARY_INFO(F, S)                                                                \
    F(S, OCTETS, 0xC0, O, 1,   1, special_file_information, "specialFileInformation", 0)           \
    F(S, OCTETS, 0xC1, O, 1, 200, fill_pattern,             "fillPattern",            0)           \
    F(S, OCTETS, 0xC2, O, 1, 200, repeat_pattern,           "repeatPattern",          0)           \
    F(S, OCTETS, 0x86, O, 1,   4, maximum_file_size,        "maximumFileSize",        0)           \
    F(S, OCTETS, 0x84, O, 1,   1, file_details,             "fileDetails",            0)

#define SAIP_FCP(F, S)                                                                             \
    F(S, OCTETS, 0x82, O, 2,  4, file_descriptor,     "fileDescriptor",               0)           \
    F(S, OCTETS, 0x83, O, 2,  2, file_id,             "fileID",                       0)           \
    F(S, OCTETS, 0x84, O, 5, 16, df_name,             "dfName",                       0)           \
    F(S, OCTETS, 0x8A, O, 1,  1, lcsi,                "lcsi",                         0)           \
    F(S, OCTETS, 0x8B, O, 1,  3, security_attributes, "securityAttributesReferenced", 0)           \
    F(S, OCTETS, 0x80, O, 1,  4, ef_file_size,        "efFileSize",                   0)           \
    F(S, OCTETS, 0xC6, O, 0,  0, pin_status_template, "pinStatusTemplateDO",          0)           \
    F(S, OCTETS, 0x88, O, 0,  1, short_ef_id,         "shortEFID",                    0)           \
    F(S, SEQ,    0xA5, O, 0,  0, proprietary,         "proprietaryEFInfo", saip_proprietary_info)  \
    F(S, OCTETS, 0xC7, O, 0,  8, link_path,           "linkPath",                     0)

#define SAIP_FILE_ITEM(F, S)                                                                       \
    F(S, NULL,   0x80, M, 0,     0, do_not_create, "doNotCreate",     0)                           \
    F(S, SEQ,    0xA1, M, 0,     0, fcp,           "fileDescriptor",  saip_fcp)                    \
    F(S, INT,    0x82, M, 0, 65535, offset,        "fillFileOffset",  0)                           \
    F(S, OCTETS, 0x83, M, 0,     0, content,       "fillFileContent", 0)

#define SAIP_GFM_ITEM(F, S)                                                                        \
    F(S, OCTETS, 0x80, M, 0,     8, file_path,  "filePath",        0)                              \
    F(S, SEQ,    0x62, M, 0,     0, create_fcp, "createFCP",       saip_fcp)                       \
    F(S, INT,    0x02, M, 0, 65535, offset,     "fillFileOffset",  0)                              \
    F(S, OCTETS, 0x81, M, 0,     0, content,    "fillFileContent", 0)

#define SAIP_GFM(F, S)                                                                             \
    F(S, SEQ,  0xA0, M, 0,       0, header,   "gfm-header",        saip_pe_header)                 \
    F(S, LIST, 0xA1, M, 1, INT_MAX, commands, "fileManagementCMD", saip_file_management)

#define SAIP_PIN_CONFIGURATION(F, S)                                                               \
    F(S, INT,    0x80, M,     1, 142, key_reference, "keyReference",           saip_pin_names)     \
    F(S, OCTETS, 0x81, M,     8,   8, pin_value,     "pinValue",               0)                  \
    F(S, INT,    0x82, O,     1, 136, unblocking,    "unblockingPINReference", saip_puk_names)     \
    F(S, INT,    0x83, D(7),  0, 255, attributes,    "pinAttributes",          0)                  \
    F(S, INT,    0x84, D(51), 0, 255, tries,         "maxNumOfAttemps-retryNumLeft", 0)

#define SAIP_PIN_CODES_CHOICE(F, S)                                                                \
    F(S, LIST,   0xA0, M, 1, 26, pinconfig, "pinconfig", saip_pin_configuration)                   \
    F(S, OCTETS, 0x81, M, 0,  8, file_path, "filePath",  0)

#define SAIP_PIN_CODES(F, S)                                                                       \
    F(S, SEQ,    0xA0, M, 0, 0, header,    "pin-Header", saip_pe_header)                           \
    F(S, CHOICE, 0xA1, M, 0, 0, pin_codes, "pinCodes",   saip_pin_codes_choice)

#define SAIP_PUK_CONFIGURATION(F, S)                                                               \
    F(S, INT,    0x80, M,      1, 136, key_reference, "keyReference", saip_puk_names)              \
    F(S, OCTETS, 0x81, M,      8,   8, puk_value,     "pukValue",     0)                           \
    F(S, INT,    0x82, D(170), 0, 255, tries,         "maxNumOfAttemps-retryNumLeft", 0)

#define SAIP_PUK_CODES(F, S)                                                                       \
    F(S, SEQ,  0xA0, M, 0,  0, header,    "puk-Header", saip_pe_header)                            \
    F(S, LIST, 0xA1, M, 1, 16, puk_codes, "pukCodes",   saip_puk_configuration)

#define SAIP_MAPPING_PARAMETER(F, S)                                                               \
    F(S, OCTETS, 0x80, M, 1,  1, options, "mappingOptions", 0)                                     \
    F(S, OCTETS, 0x81, M, 5, 16, source,  "mappingSource",  0)

#define SAIP_ALGO_PARAMETER(F, S)                                                                  \
    F(S, INT,    0x80, M,     0, 255, algorithm_id,       "algorithmID", saip_algorithm_names)     \
    F(S, OCTETS, 0x81, M,     1,   1, algorithm_options,  "algorithmOptions",  0)                  \
    F(S, OCTETS, 0x82, M,     0,   0, key,                "key",               0)                  \
    F(S, OCTETS, 0x83, M,     0,   0, opc,                "opc",               0)                  \
    F(S, OCTETS, 0x84, O,     5,   5, rotation_constants, "rotationConstants", 0)                  \
    F(S, OCTETS, 0x85, O,    80,  80, xoring_constants,   "xoringConstants",   0)                  \
    F(S, OCTETS, 0x86, O,     3,   3, auth_counter_max,   "authCounterMax",    0)                  \
    F(S, INT,    0x87, D(1),  0, 255, number_of_keccak,   "numberOfKeccak",    0)

#define SAIP_ALGO_CONFIGURATION(F, S)                                                              \
    F(S, SEQ, 0xA0, M, 0, 0, mapping, "mappingParameter", saip_mapping_parameter)                  \
    F(S, SEQ, 0xA1, M, 0, 0, algo,    "algoParameter",    saip_algo_parameter)

#define SAIP_AKA_PARAMETER(F, S)                                                                   \
    F(S, SEQ,    0xA0, M,  0,  0, header,        "aka-header",        saip_pe_header)              \
    F(S, CHOICE, 0xA1, M,  0,  0, configuration, "algoConfiguration", saip_algo_configuration)     \
    F(S, OCTETS, 0x82, O,  1,  1, sqn_options,   "sqnOptions",        0)                           \
    F(S, OCTETS, 0x83, O,  6,  6, sqn_delta,     "sqnDelta",          0)                           \
    F(S, OCTETS, 0x84, O,  6,  6, sqn_age_limit, "sqnAgeLimit",       0)                           \
    F(S, LIST,   0xA5, O, 32, 32, sqn_init,      "sqnInit",           saip_sqn)

#define SAIP_CDMA_PARAMETER(F, S)                                                                  \
    F(S, SEQ,    0xA0, M,  0,   0, header,             "cdma-header", saip_pe_header)              \
    F(S, OCTETS, 0x81, M,  8,   8, authentication_key, "authenticationKey", 0)                     \
    F(S, OCTETS, 0x82, O, 16,  16, ssd,                "ssd", 0)                                   \
    F(S, OCTETS, 0x83, O,  2,  32, hrpd_access,        "hrpdAccessAuthenticationData", 0)          \
    F(S, OCTETS, 0x84, O,  3, 483, simple_ip,          "simpleIPAuthenticationData", 0)            \
    F(S, OCTETS, 0x85, O,  5, 957, mobile_ip,          "mobileIPAuthenticationData", 0)

#define SAIP_CONTACTLESS_102226(F, S)                                                              \
    F(S, OCTETS, 0x80, M, 0, 0, protocol_parameter_data, "protocolParameterData", 0)

#define SAIP_SYSTEM_PARAMETERS(F, S)                                                               \
    F(S, OCTETS, 0xC7, O, 2, 4, volatile_quota,     "volatileMemoryQuotaC7",          0)           \
    F(S, OCTETS, 0xC8, O, 2, 4, nonvolatile_quota,  "nonVolatileMemoryQuotaC8",       0)           \
    F(S, OCTETS, 0xCB, O, 0, 0, global_service,     "globalServiceParameters",        0)           \
    F(S, OCTETS, 0xCF, O, 0, 0, implicit_selection, "implicitSelectionParameter",     0)           \
    F(S, OCTETS, 0xD7, O, 2, 4, volatile_reserved,  "volatileReservedMemory",         0)           \
    F(S, OCTETS, 0xD8, O, 2, 4, nonvolatile_reserved, "nonVolatileReservedMemory",    0)           \
    F(S, OCTETS, 0xCA, O, 0, 0, sim_toolkit, "ts102226SIMFileAccessToolkitParameter", 0)           \
    F(S, SEQ,    0xA0, O, 0, 0, contactless_102226,                                                \
      "ts102226AdditionalContactlessParameters", saip_contactless_102226)                          \
    F(S, OCTETS, 0xD9, O, 0, 0, contactless_protocol, "contactlessProtocolParameters", 0)          \
    F(S, OCTETS, 0xDA, O, 0, 0, user_interaction, "userInteractionContactlessParameters", 0)       \
    F(S, OCTETS, 0x82, O, 2, 4, granted_volatile, "cumulativeGrantedVolatileMemory", 0)            \
    F(S, OCTETS, 0x83, O, 2, 4, granted_nonvolatile, "cumulativeGrantedNonVolatileMemory", 0)

#define SAIP_UICC_PARAMETERS(F, S)                                                                 \
    F(S, OCTETS, 0x80, O, 0, 0, toolkit, "uiccToolkitApplicationSpecificParametersField", 0)       \
    F(S, OCTETS, 0x81, O, 0, 0, access,  "uiccAccessApplicationSpecificParametersField",  0)       \
    F(S, OCTETS, 0x82, O, 0, 0, admin,                                                             \
      "uiccAdministrativeAccessApplicationSpecificParametersField", 0)

#define SAIP_CONTROL_REFERENCE(F, S)                                                               \
    F(S, OCTETS, 0x5F20, M, 0, 0, provider, "applicationProviderIdentifier", 0)

#define SAIP_INSTANCE(F, S)                                                                        \
    F(S, OCTETS, 0x4F, M, 5, 16, load_package_aid, "applicationLoadPackageAID",       0)           \
    F(S, OCTETS, 0x4F, M, 5, 16, class_aid,        "classAID",                        0)           \
    F(S, OCTETS, 0x4F, M, 5, 16, instance_aid,     "instanceAID",                     0)           \
    F(S, OCTETS, 0x4F, O, 5, 16, extradite_aid,    "extraditeSecurityDomainAID",      0)           \
    F(S, OCTETS, 0x82, M, 0,  0, privileges,       "applicationPrivileges",           0)           \
    F(S, OCTETS, 0x83, O, 1,  1, life_cycle_state, "lifeCycleState",                  0)           \
    F(S, OCTETS, 0xC9, M, 0,  0, specific,         "applicationSpecificParametersC9", 0)           \
    F(S, SEQ,    0xEF, O, 0,  0, system, "systemSpecificParameters", saip_system_parameters)       \
    F(S, SEQ,    0xEA, O, 0,  0, parameters, "applicationParameters", saip_uicc_parameters)        \
    F(S, LIST,   0x30, O, 1, INT_MAX, process_data, "processData", saip_octets)                    \
    F(S, SEQ,    0xB0, O, 0,  0, control_reference, "controlReferenceTemplate",                    \
      saip_control_reference)

#define SAIP_KEY_COMPONENT(F, S)                                                                   \
    F(S, OCTETS, 0x80, M,    0,   0, key_type,   "keyType",   0)                                   \
    F(S, OCTETS, 0x86, M,    0,   0, key_data,   "keyData",   0)                                   \
    F(S, INT,    0x87, D(8), 0, 255, mac_length, "macLength", 0)

#define SAIP_KEY_OBJECT(F, S)                                                                      \
    F(S, OCTETS, 0x95, M, 1, 2, usage_qualifier, "keyUsageQualifier", 0)                           \
    F(S, OCTETS, 0x96, O, 1, 1, access,          "keyAccess",         0)                           \
    F(S, OCTETS, 0x82, M, 1, 1, identifier,      "keyIdentifier",     0)                           \
    F(S, OCTETS, 0x83, M, 1, 1, version,         "keyVersionNumber",  0)                           \
    F(S, OCTETS, 0x85, O, 0, 0, counter,         "keyCounterValue",   0)                           \
    F(S, LIST,   0x30, M, 1, INT_MAX, components, "keyComponents",    saip_key_component)

#define SAIP_OPEN_PERSO(F, S)                                                                      \
    F(S, OCTETS, 0xD9, O, 1, 1, restrict_parameter, "restrictParameter", 0)                        \
    F(S, OCTETS, 0x04, O, 0, 0, contactless_protocol, "contactlessProtocolParameters", 0)

#define SAIP_CAT_TP(F, S)                                                                          \
    F(S, INT, 0x80, M, 0, 65535, max_sdu, "catTpMaxSduSize", 0)                                    \
    F(S, INT, 0x81, M, 0, 65535, max_pdu, "catTpMaxPduSize", 0)

#define SAIP_SECURITY_DOMAIN(F, S)                                                                 \
    F(S, SEQ,  0xA0, M, 0,       0, header,     "sd-Header",       saip_pe_header)                 \
    F(S, SEQ,  0xA1, M, 0,       0, instance,   "instance",        saip_instance)                  \
    F(S, LIST, 0xA2, O, 1, INT_MAX, key_list,   "keyList",         saip_key_object)                \
    F(S, LIST, 0xA3, O, 1, INT_MAX, perso_data, "sdPersoData",     saip_octets)                    \
    F(S, SEQ,  0xA4, O, 0,       0, open_perso, "openPersoData",   saip_open_perso)                \
    F(S, SEQ,  0xA5, O, 0,       0, cat_tp,     "catTpParameters", saip_cat_tp)

#define SAIP_LOAD_PACKAGE(F, S)                                                                    \
    F(S, OCTETS, 0x4F, M, 5, 16, load_package_aid,    "loadPackageAID",         0)                 \
    F(S, OCTETS, 0x4F, O, 5, 16, security_domain_aid, "securityDomainAID",      0)                 \
    F(S, OCTETS, 0xC6, O, 0,  0, code_limit,          "nonVolatileCodeLimitC6", 0)                 \
    F(S, OCTETS, 0xC7, O, 0,  0, volatile_limit,      "volatileDataLimitC7",    0)                 \
    F(S, OCTETS, 0xC8, O, 0,  0, nonvolatile_limit,   "nonVolatileDataLimitC8", 0)                 \
    F(S, OCTETS, 0xC1, O, 0,  0, hash,                "hashValue",              0)                 \
    F(S, OCTETS, 0xC4, M, 0,  0, load_block,          "loadBlockObject",        0)

#define SAIP_APPLICATION(F, S)                                                                     \
    F(S, SEQ,  0xA0, M, 0,       0, header,     "app-Header",   saip_pe_header)                    \
    F(S, SEQ,  0xA1, O, 0,       0, load_block, "loadBlock",    saip_load_package)                 \
    F(S, LIST, 0xA2, O, 1, INT_MAX, instances,  "instanceList", saip_instance)

#define SAIP_ADF_RFM_ACCESS(F, S)                                                                  \
    F(S, OCTETS, 0x80, M, 5, 16, adf_aid,      "adfAID",               0)                          \
    F(S, OCTETS, 0x81, M, 0,  0, access,       "adfAccessDomain",      0)                          \
    F(S, OCTETS, 0x82, M, 0,  0, admin_access, "adfAdminAccessDomain", 0)

/* Two A0: the header stands first, tarList behind the AIDs. */
#define SAIP_RFM(F, S)                                                                             \
    F(S, SEQ,    0xA0, M, 0,       0, header,              "rfm-header", saip_pe_header)           \
    F(S, OCTETS, 0x4F, M, 5,      16, instance_aid,        "instanceAID",           0)             \
    F(S, OCTETS, 0x4F, O, 5,      16, security_domain_aid, "securityDomainAID",     0)             \
    F(S, LIST,   0xA0, O, 1, INT_MAX, tar_list,            "tarList",    saip_tar)                 \
    F(S, OCTETS, 0x81, M, 1,       1, security_level,      "minimumSecurityLevel",  0)             \
    F(S, OCTETS, 0x04, M, 0,       0, access,              "uiccAccessDomain",      0)             \
    F(S, OCTETS, 0x04, M, 0,       0, admin_access,        "uiccAdminAccessDomain", 0)             \
    F(S, SEQ,    0x30, O, 0,       0, adf,                 "adfRFMAccess", saip_adf_rfm_access)

#define SAIP_NON_STANDARD(F, S)                                                                    \
    F(S, SEQ,    0xA0, M, 0, 0, header,    "nonStandard-header", saip_pe_header)                   \
    F(S, OID,    0x81, M, 0, 0, issuer_id, "issuerID", 0)                                          \
    F(S, OCTETS, 0x82, M, 0, 0, content,   "content",  0)

#define SAIP_END(F, S)                                                                             \
    F(S, SEQ, 0xA0, M, 0, 0, header, "end-header", saip_pe_header)

#define SAIP_PE_STATUS(F, S)                                                                       \
    F(S, INT, 0x80, M, 0,   65535, status,         "status", saip_status_names)                    \
    F(S, INT, 0x81, O, 0,   32767, identification, "identification", 0)                            \
    F(S, INT, 0x82, O, 0,     255, additional,     "additional-information", 0)                    \
    F(S, INT, 0x83, O, 0, INT_MAX, offset,         "offset", 0)

#define SAIP_EUICC_RESPONSE(F, S)                                                                  \
    F(S, LIST, 0xA0, M, 0,  0, pe_status, "peStatus", saip_pe_status)                              \
    F(S, NULL, 0x81, O, 0,  0, aborted,   "profileInstallationAborted", 0)                         \
    F(S, UTF8, 0x82, O, 2, 64, message,   "statusMessage", 0)

#define SAIP_TYPES(SEQ, CHOICE, LIST, PRIM)                                                        \
    PRIM(saip_oid,    OID,    "OBJECT IDENTIFIER", 0x06, 0, 0, NULL, SAIP_REF)                     \
    PRIM(saip_octets, OCTETS, "OCTET STRING",      0x04, 0, 0, NULL, SAIP_REF)                     \
    PRIM(saip_sqn,    OCTETS, "OCTET STRING",      0x04, 6, 6, NULL, SAIP_REF)                     \
    PRIM(saip_tar,    OCTETS, "OCTET STRING",      0x04, 3, 3, NULL, SAIP_REF)                     \
    SEQ(saip_pe_header,         SAIP_PE_HEADER,         "PEHeader",          0x30, SAIP_REF)       \
    SEQ(saip_leading_header,    SAIP_PE_HEADER,         "PEHeader",          0xA0, SAIP_REF)       \
    SEQ(saip_services_list,     SAIP_SERVICES_LIST,     "ServicesList",      0x30, SAIP_REF)       \
    SEQ(saip_mandatory_aid,     SAIP_MANDATORY_AID,     "MandatoryAID",      0x30, SAIP_REF)       \
    SEQ(saip_iot_options,       SAIP_IOT_OPTIONS,       "IotOptions",        0x30, SAIP_REF)       \
    SEQ(saip_header,            SAIP_HEADER,            "ProfileHeader",     0xA0, SAIP_REF)       \
    SEQ(saip_proprietary_info,  SAIP_PROPRIETARY_INFO,  "ProprietaryInfo",   0x30, SAIP_REF)       \
    SEQ(saip_fcp,               SAIP_FCP,               "Fcp",               0x30, SAIP_REF)       \
    CHOICE(saip_file_item,      SAIP_FILE_ITEM,         "File",                 0, SAIP_REF)       \
    CHOICE(saip_gfm_item,       SAIP_GFM_ITEM,          "FileManagement",       0, SAIP_REF)       \
    LIST(saip_file_management,  saip_gfm_item, "FileManagement", 0x30, 1, INT_MAX, SAIP_REF)       \
    SEQ(saip_gfm,               SAIP_GFM,       "PE-GenericFileManagement", 0xA1, SAIP_REF)        \
    SEQ(saip_pin_configuration, SAIP_PIN_CONFIGURATION, "PINConfiguration",  0x30, SAIP_REF)       \
    CHOICE(saip_pin_codes_choice, SAIP_PIN_CODES_CHOICE, "pinCodes",            0, SAIP_REF)       \
    SEQ(saip_pin_codes,         SAIP_PIN_CODES,         "PE-PINCodes",       0xA2, SAIP_REF)       \
    SEQ(saip_puk_configuration, SAIP_PUK_CONFIGURATION, "PUKConfiguration",  0x30, SAIP_REF)       \
    SEQ(saip_puk_codes,         SAIP_PUK_CODES,         "PE-PUKCodes",       0xA3, SAIP_REF)       \
    SEQ(saip_mapping_parameter, SAIP_MAPPING_PARAMETER, "MappingParameter",  0x30, SAIP_REF)       \
    SEQ(saip_algo_parameter,    SAIP_ALGO_PARAMETER,    "AlgoParameter",     0x30, SAIP_REF)       \
    CHOICE(saip_algo_configuration, SAIP_ALGO_CONFIGURATION, "algoConfiguration", 0, SAIP_REF)     \
    SEQ(saip_aka_parameter,     SAIP_AKA_PARAMETER,     "PE-AKAParameter",   0xA4, SAIP_REF)       \
    SEQ(saip_cdma_parameter,    SAIP_CDMA_PARAMETER,    "PE-CDMAParameter",  0xA5, SAIP_REF)       \
    SEQ(saip_contactless_102226, SAIP_CONTACTLESS_102226,                                          \
        "TS102226AdditionalContactlessParameters", 0x30, SAIP_REF)                                 \
    SEQ(saip_system_parameters, SAIP_SYSTEM_PARAMETERS, "ApplicationSystemParameters", 0x30,       \
        SAIP_REF)                                                                                  \
    SEQ(saip_uicc_parameters,   SAIP_UICC_PARAMETERS,   "UICCApplicationParameters", 0x30,         \
        SAIP_REF)                                                                                  \
    SEQ(saip_control_reference, SAIP_CONTROL_REFERENCE, "ControlReferenceTemplate", 0x30,          \
        SAIP_REF)                                                                                  \
    SEQ(saip_instance,          SAIP_INSTANCE,          "ApplicationInstance", 0x30, SAIP_REF)     \
    SEQ(saip_key_component,     SAIP_KEY_COMPONENT,     "keyComponent",      0x30, SAIP_REF)       \
    SEQ(saip_key_object,        SAIP_KEY_OBJECT,        "KeyObject",         0x30, SAIP_REF)       \
    SEQ(saip_open_perso,        SAIP_OPEN_PERSO,        "openPersoData",     0x30, SAIP_REF)       \
    SEQ(saip_cat_tp,            SAIP_CAT_TP,            "catTpParameters",   0x30, SAIP_REF)       \
    SEQ(saip_security_domain,   SAIP_SECURITY_DOMAIN,   "PE-SecurityDomain", 0xA6, SAIP_REF)       \
    SEQ(saip_load_package,      SAIP_LOAD_PACKAGE,      "ApplicationLoadPackage", 0x30,            \
        SAIP_REF)                                                                                  \
    SEQ(saip_application,       SAIP_APPLICATION,       "PE-Application",    0xA8, SAIP_REF)       \
    SEQ(saip_adf_rfm_access,    SAIP_ADF_RFM_ACCESS,    "ADFRFMAccess",      0x30, SAIP_REF)       \
    SEQ(saip_rfm,               SAIP_RFM,               "PE-RFM",            0xA7, SAIP_REF)       \
    SEQ(saip_non_standard,      SAIP_NON_STANDARD,      "PE-NonStandard",    0xA9, SAIP_REF)       \
    SEQ(saip_end,               SAIP_END,               "PE-End",            0xAA, SAIP_REF)       \
    SEQ(saip_pe_status,         SAIP_PE_STATUS,         "PEStatus",          0x30, SAIP_REF)       \
    SEQ(saip_euicc_response,    SAIP_EUICC_RESPONSE,    "EUICCResponse",     0x30, SAIP_REF)
/* clang-format on */

extern const struct value_name saip_pin_names[], saip_puk_names[], saip_algorithm_names[];
extern const struct value_name saip_status_names[];

SAIP_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)

/* Tags of the elements that are not about file systems; for the others see templates.h. */
enum saip_pe {
    PE_HEADER = 0xA0,
    PE_GFM = 0xA1,
    PE_PIN_CODES = 0xA2,
    PE_PUK_CODES = 0xA3,
    PE_AKA_PARAMETER = 0xA4,
    PE_CDMA_PARAMETER = 0xA5,
    PE_SECURITY_DOMAIN = 0xA6,
    PE_RFM = 0xA7,
    PE_APPLICATION = 0xA8,
    PE_NON_STANDARD = 0xA9,
    PE_END = 0xAA,
    PE_MF = 0xB0,
    PE_TELECOM = 0xB2,
    PE_USIM = 0xB3,
    PE_OPT_USIM = 0xB4,
    PE_ISIM = 0xB5,
    PE_CSIM = 0xB9,
    PE_IOT = 0xBF20
};

/* algorithmID */
enum { ALGORITHM_MILENAGE = 1, ALGORITHM_TUAK = 2, ALGORITHM_TEST = 3 };

/* "header", "usim" ... or NULL for a tag that SAIP 3.3.1 does not know. */
const char *saip_pe_name(uint32_t tag);
/* The type of an element that is not about a file system; NULL for the others. */
const struct type *saip_pe_type(uint32_t tag);

/* Rows of the largest template. */
#define SAIP_ROWS_MAX 86

struct saip_file_pe {
    struct saip_pe_header header;
    bool has_header;
    slice template_id;          /* content octets of the OID */
    slice files[SAIP_ROWS_MAX]; /* items of row i, see saip_file_item; absent: no such field */
};

/* A type made for one template, decoding into struct saip_file_pe. Must not be moved or copied. */
struct saip_file_pe_type {
    struct type type;
    struct field fields[SAIP_ROWS_MAX + 2];
};
void saip_file_pe_type(const struct saip_template *t, struct saip_file_pe_type *out);

/*
 * A service of eUICC-Mandatory-services: where its flag is, and which bit of UICCCapability
 * (EUICCInfo2 uiccCapability) says that a card has it.
 */
struct saip_service {
    const char *name;
    uint16_t offset; /* of the bool in struct saip_services_list */
    uint8_t bit;
};
#define SAIP_SERVICES 30
extern const struct saip_service saip_services[SAIP_SERVICES];

/* Bits of UICCCapability that the package's header demands. */
uint64_t saip_required_capabilities(const struct saip_services_list *s);

#endif
