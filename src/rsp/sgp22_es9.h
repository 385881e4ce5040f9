/*
 * ES9+ and ES11: the functions of SM-DP+ and SM-DS that agents call (SGP.22 5.6, 5.8, 6.6.2). The
 * same structs serve the ASN.1 binding (inside RemoteProfileProvisioningRequest / Response, tag A2)
 * and the JSON binding (rsp/json).
 */
#ifndef DUNLIN_RSP_SGP22_ES9_H
#define DUNLIN_RSP_SGP22_ES9_H

#include "rsp/sgp22_es10.h"
#include "rsp/sgp22_es8.h"

/* clang-format off */

#define INITIATE_AUTHENTICATION_REQUEST_ES9(F, S)                                                  \
    F(S, OCTETS, 0x81,   M, 16,  16, euicc_challenge, "euiccChallenge", 0)                         \
    F(S, UTF8,   0x83,   M,  0, 255, smdp_address,    "smdpAddress", 0)                            \
    F(S, RAW,    0xBF20, M,  0,   0, euicc_info1,     "euiccInfo1", euicc_info1)

#define INITIATE_AUTHENTICATION_OK_ES9(F, S)                                                       \
    F(S, OCTETS, 0x80,   M,  1, 16, transaction_id,     "transactionId", 0)                        \
    F(S, RAW,    0x30,   M,  0,  0, server_signed1,     "serverSigned1", server_signed1)           \
    F(S, OCTETS, 0x5F37, M, 64, 64, server_signature1,  "serverSignature1", 0)                     \
    F(S, OCTETS, 0x04,   M,  1, 64, euicc_ci_pk_id_to_be_used, "euiccCiPKIdToBeUsed", 0)           \
    F(S, RAW,    0x30,   M,  0,  0, server_certificate, "serverCertificate", rsp_certificate)

#define INITIATE_AUTHENTICATION_RESPONSE_ES9(F, S)                                                 \
    F(S, SEQ, 0xA0, M, 0, 0, initiate_authentication_ok, "initiateAuthenticationOk",               \
      initiate_authentication_ok_es9)                                                              \
    F(S, INT, 0x81, M, 0, 0, initiate_authentication_error, "initiateAuthenticationError",         \
      initiate_authentication_error_names)

/* useMatchingIdForAcr: activation code retrieval, since version 2.6 */
#define AUTHENTICATE_CLIENT_REQUEST_ES9(F, S)                                                      \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF38, M, 0,  0, authenticate_server_response, "authenticateServerResponse",     \
      authenticate_server_response)                                                                \
    F(S, NULL,   0x05,   O, 0,  0, use_matching_id_for_acr, "useMatchingIdForAcr", 0)

#define AUTHENTICATE_CLIENT_OK_ES9(F, S)                                                           \
    F(S, OCTETS, 0x80,   M,  1, 16, transaction_id,   "transactionId", 0)                          \
    F(S, RAW,    0xBF25, M,  0,  0, profile_metadata, "profileMetadata", store_metadata_request)   \
    F(S, RAW,    0x30,   M,  0,  0, smdp_signed2,     "smdpSigned2", smdp_signed2)                 \
    F(S, OCTETS, 0x5F37, M, 64, 64, smdp_signature2,  "smdpSignature2", 0)                         \
    F(S, RAW,    0x30,   M,  0,  0, smdp_certificate, "smdpCertificate", rsp_certificate)

#define AUTHENTICATE_CLIENT_OK_ACR(F, S)                                                           \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id,   "transactionId", 0)                           \
    F(S, RAW,    0xBF25, M, 0,  0, profile_metadata, "profileMetadata", any)

#define AUTHENTICATE_CLIENT_RESPONSE_ES9(F, S)                                                     \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_client_ok, "authenticateClientOk",                       \
      authenticate_client_ok_es9)                                                                  \
    F(S, INT, 0x81, M, 0, 0, authenticate_client_error, "authenticateClientError",                 \
      authenticate_client_error_names)                                                             \
    F(S, SEQ, 0xA5, M, 0, 0, authenticate_client_ok_acr, "authenticateClientOkAcr",                \
      authenticate_client_ok_acr)

#define EVENT_ENTRIES(F, S)                                                                        \
    F(S, UTF8, 0x80, M, 0, 255, event_id,           "eventId", 0)                                  \
    F(S, UTF8, 0x81, M, 0, 255, rsp_server_address, "rspServerAddress", 0)

#define AUTHENTICATE_CLIENT_OK_ES11(F, S)                                                          \
    F(S, OCTETS, 0x80, M, 1, 16, transaction_id, "transactionId", 0)                               \
    F(S, LIST,   0xA1, M, 0,  0, event_entries,  "eventEntries", event_entries)

#define AUTHENTICATE_CLIENT_RESPONSE_ES11(F, S)                                                    \
    F(S, SEQ, 0xA0, M, 0, 0, authenticate_client_ok, "authenticateClientOk",                       \
      authenticate_client_ok_es11)                                                                 \
    F(S, INT, 0x81, M, 0, 0, authenticate_client_error, "authenticateClientError",                 \
      authenticate_client_error_es11_names)

#define GET_BOUND_PROFILE_PACKAGE_REQUEST_ES9(F, S)                                                \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id, "transactionId", 0)                             \
    F(S, RAW,    0xBF21, M, 0,  0, prepare_download_response, "prepareDownloadResponse",           \
      prepare_download_response)

#define GET_BOUND_PROFILE_PACKAGE_OK_ES9(F, S)                                                     \
    F(S, OCTETS, 0x80,   M, 1, 16, transaction_id,        "transactionId", 0)                      \
    F(S, RAW,    0xBF36, M, 0,  0, bound_profile_package, "boundProfilePackage",                   \
      bound_profile_package)

#define GET_BOUND_PROFILE_PACKAGE_RESPONSE_ES9(F, S)                                               \
    F(S, SEQ, 0xA0, M, 0, 0, get_bound_profile_package_ok, "getBoundProfilePackageOk",             \
      get_bound_profile_package_ok_es9)                                                            \
    F(S, INT, 0x81, M, 0, 0, get_bound_profile_package_error, "getBoundProfilePackageError",       \
      get_bound_profile_package_error_names)

/* The answer of the eUICC (BF41 ..) stands here as A1 ..: encoding re-tags, decoding gives the A1
   element; der_put_rehead makes a BF41 of it. */
#define CANCEL_SESSION_REQUEST_ES9(F, S)                                                           \
    F(S, OCTETS, 0x80, M, 1, 16, transaction_id, "transactionId", 0)                               \
    F(S, RAW,    0xA1, M, 0,  0, cancel_session_response, "cancelSessionResponse",                 \
      cancel_session_response)

#define CANCEL_SESSION_RESPONSE_ES9(F, S)                                                          \
    F(S, NULL, 0xA0, M, 0, 0, cancel_session_ok, "cancelSessionOk", 0)                             \
    F(S, INT,  0x81, M, 0, 0, cancel_session_error, "cancelSessionError", cancel_session_error_names)

#define HANDLE_NOTIFICATION_ES9(F, S)                                                              \
    F(S, RAW, 0, M, 0, 0, pending_notification, "pendingNotification", pending_notification)

#define REMOTE_PROFILE_PROVISIONING_REQUEST(F, S)                                                  \
    F(S, SEQ, 0xBF39, M, 0, 0, initiate_authentication_request, "initiateAuthenticationRequest",   \
      initiate_authentication_request_es9)                                                         \
    F(S, SEQ, 0xBF3B, M, 0, 0, authenticate_client_request, "authenticateClientRequest",           \
      authenticate_client_request_es9)                                                             \
    F(S, SEQ, 0xBF3A, M, 0, 0, get_bound_profile_package_request,                                  \
      "getBoundProfilePackageRequest", get_bound_profile_package_request_es9)                      \
    F(S, SEQ, 0xBF41, M, 0, 0, cancel_session_request, "cancelSessionRequestEs9",                  \
      cancel_session_request_es9)                                                                  \
    F(S, SEQ, 0xBF3D, M, 0, 0, handle_notification, "handleNotification", handle_notification_es9)

#define REMOTE_PROFILE_PROVISIONING_RESPONSE(F, S)                                                 \
    F(S, CHOICE, 0xBF39, M, 0, 0, initiate_authentication_response,                                \
      "initiateAuthenticationResponse", initiate_authentication_response_es9)                      \
    F(S, CHOICE, 0xBF3B, M, 0, 0, authenticate_client_response, "authenticateClientResponseEs9",   \
      authenticate_client_response_es9)                                                            \
    F(S, CHOICE, 0xBF3A, M, 0, 0, get_bound_profile_package_response,                              \
      "getBoundProfilePackageResponse", get_bound_profile_package_response_es9)                    \
    F(S, CHOICE, 0xBF41, M, 0, 0, cancel_session_response, "cancelSessionResponseEs9",             \
      cancel_session_response_es9)                                                                 \
    F(S, CHOICE, 0xBF40, M, 0, 0, authenticate_client_response_es11,                               \
      "authenticateClientResponseEs11", authenticate_client_response_es11)

#define SGP22_ES9_TYPES(SEQ, CHOICE, LIST, PRIM)                                                   \
    SEQ(initiate_authentication_request_es9, INITIATE_AUTHENTICATION_REQUEST_ES9,                  \
        "InitiateAuthenticationRequest", 0xBF39, "SGP.22 6.6.2.1")                                 \
    SEQ(initiate_authentication_ok_es9, INITIATE_AUTHENTICATION_OK_ES9,                            \
        "InitiateAuthenticationOkEs9", 0x30, "SGP.22 6.6.2.1")                                     \
    CHOICE(initiate_authentication_response_es9, INITIATE_AUTHENTICATION_RESPONSE_ES9,             \
           "InitiateAuthenticationResponse", 0xBF39, "SGP.22 6.6.2.1")                             \
    SEQ(authenticate_client_request_es9, AUTHENTICATE_CLIENT_REQUEST_ES9,                          \
        "AuthenticateClientRequest", 0xBF3B, "SGP.22 6.6.2.2")                                     \
    SEQ(authenticate_client_ok_es9, AUTHENTICATE_CLIENT_OK_ES9, "AuthenticateClientOk", 0x30,      \
        "SGP.22 6.6.2.2")                                                                          \
    SEQ(authenticate_client_ok_acr, AUTHENTICATE_CLIENT_OK_ACR, "AuthenticateClientOkAcr", 0x30,   \
        "SGP.22 6.6.2.2")                                                                          \
    CHOICE(authenticate_client_response_es9, AUTHENTICATE_CLIENT_RESPONSE_ES9,                     \
           "AuthenticateClientResponseEs9", 0xBF3B, "SGP.22 6.6.2.2")                              \
    SEQ(event_entries, EVENT_ENTRIES, "EventEntries", 0x30, "SGP.22 6.6.3.2")                      \
    SEQ(authenticate_client_ok_es11, AUTHENTICATE_CLIENT_OK_ES11, "AuthenticateClientOkEs11",      \
        0x30, "SGP.22 6.6.3.2")                                                                    \
    CHOICE(authenticate_client_response_es11, AUTHENTICATE_CLIENT_RESPONSE_ES11,                   \
           "AuthenticateClientResponseEs11", 0xBF40, "SGP.22 6.6.3.2")                             \
    SEQ(get_bound_profile_package_request_es9, GET_BOUND_PROFILE_PACKAGE_REQUEST_ES9,              \
        "GetBoundProfilePackageRequest", 0xBF3A, "SGP.22 6.6.2.3")                                 \
    SEQ(get_bound_profile_package_ok_es9, GET_BOUND_PROFILE_PACKAGE_OK_ES9,                        \
        "GetBoundProfilePackageOk", 0x30, "SGP.22 6.6.2.3")                                        \
    CHOICE(get_bound_profile_package_response_es9, GET_BOUND_PROFILE_PACKAGE_RESPONSE_ES9,         \
           "GetBoundProfilePackageResponse", 0xBF3A, "SGP.22 6.6.2.3")                             \
    SEQ(cancel_session_request_es9, CANCEL_SESSION_REQUEST_ES9, "CancelSessionRequestEs9", 0xBF41, \
        "SGP.22 6.6.2.5")                                                                          \
    CHOICE(cancel_session_response_es9, CANCEL_SESSION_RESPONSE_ES9, "CancelSessionResponseEs9",   \
           0xBF41, "SGP.22 6.6.2.5")                                                               \
    SEQ(handle_notification_es9, HANDLE_NOTIFICATION_ES9, "HandleNotification", 0xBF3D,            \
        "SGP.22 6.6.2.4")                                                                          \
    CHOICE(remote_profile_provisioning_request, REMOTE_PROFILE_PROVISIONING_REQUEST,               \
           "RemoteProfileProvisioningRequest", 0xA2, "SGP.22 6.6.1")                               \
    CHOICE(remote_profile_provisioning_response, REMOTE_PROFILE_PROVISIONING_RESPONSE,             \
           "RemoteProfileProvisioningResponse", 0xA2, "SGP.22 6.6.1")

SGP22_ES9_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
