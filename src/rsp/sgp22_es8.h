/*
 * ES8+: the Bound Profile Package and what its protected segments hold (SGP.22 2.5, 5.5).
 *
 * The segments are opaque (cipher)text with a MAC: crypto/bsp.h makes and opens them. A Bound
 * Profile Package is signed and counted over its octets: servers build one with this table, cards
 * and agents read it as a stream and never hold it whole.
 */
#ifndef DUNLIN_RSP_SGP22_ES8_H
#define DUNLIN_RSP_SGP22_ES8_H

#include "rsp/sgp22_common.h"

/* clang-format off */
#define CONTROL_REF_TEMPLATE(F, S)                                                                 \
    F(S, OCTETS, 0x80, M, 1,  1, key_type, "keyType", 0)                                           \
    F(S, OCTETS, 0x81, M, 1,  1, key_len,  "keyLen", 0)                                            \
    F(S, OCTETS, 0x84, M, 1, 16, host_id,  "hostId", 0)

/* smdpSign is over the octets from the 82 to the end of the 5F49, then otPK.EUICC as 5F49. */
#define INITIALISE_SECURE_CHANNEL_REQUEST(F, S)                                                    \
    F(S, INT,    0x82,   M,  0,  0, remote_op_id,   "remoteOpId", remote_op_id_names)              \
    F(S, OCTETS, 0x80,   M,  1, 16, transaction_id, "transactionId", 0)                            \
    F(S, SEQ,    0xA6,   M,  0,  0, control_ref_template, "controlRefTemplate",                    \
      control_ref_template)                                                                        \
    F(S, OCTETS, 0x5F49, M, 65, 65, smdp_otpk,      "smdpOtpk", 0)                                 \
    F(S, OCTETS, 0x5F37, M, 64, 64, smdp_sign,      "smdpSign", 0)

#define CONFIGURE_ISDP_REQUEST(F, S)                                                               \
    F(S, RAW, 0xB8, O, 1, 128, dp_proprietary_data, "dpProprietaryData", dp_proprietary_data)

#define REPLACE_SESSION_KEYS_REQUEST(F, S)                                                         \
    F(S, OCTETS, 0x80, M, 16, 16, initial_mac_chaining_value, "initialMacChainingValue", 0)        \
    F(S, OCTETS, 0x81, M, 16, 16, ppk_enc,  "ppkEnc", 0)                                           \
    F(S, OCTETS, 0x82, M, 16, 16, ppk_cmac, "ppkCmac", 0)

#define BOUND_PROFILE_PACKAGE(F, S)                                                                \
    F(S, RAW,  0xBF23, M, 0, 0, initialise_secure_channel_request,                                 \
      "initialiseSecureChannelRequest", initialise_secure_channel_request)                         \
    F(S, LIST, 0xA0,   M, 0, 0, first_sequence_of87,  "firstSequenceOf87",  bpp_segment87)         \
    F(S, LIST, 0xA1,   M, 0, 0, sequence_of88,        "sequenceOf88",       bpp_segment88)         \
    F(S, LIST, 0xA2,   O, 0, 0, second_sequence_of87, "secondSequenceOf87", bpp_segment87)         \
    F(S, LIST, 0xA3,   M, 0, 0, sequence_of86,        "sequenceOf86",       bpp_segment86)

#define SGP22_ES8_TYPES(SEQ, CHOICE, LIST, PRIM)                                                   \
    SEQ(control_ref_template, CONTROL_REF_TEMPLATE, "ControlRefTemplate", 0xA6, "SGP.22 5.5.1")    \
    SEQ(initialise_secure_channel_request, INITIALISE_SECURE_CHANNEL_REQUEST,                      \
        "InitialiseSecureChannelRequest", 0xBF23, "SGP.22 5.5.1")                                  \
    SEQ(configure_isdp_request, CONFIGURE_ISDP_REQUEST, "ConfigureISDPRequest", 0xBF24,            \
        "SGP.22 5.5.2")                                                                            \
    SEQ(replace_session_keys_request, REPLACE_SESSION_KEYS_REQUEST, "ReplaceSessionKeysRequest",   \
        0xBF26, "SGP.22 5.5.4")                                                                    \
    PRIM(bpp_segment86, OCTETS, "segment86", 0x86, 0, 0, NULL, "SGP.22 2.5.4")                     \
    PRIM(bpp_segment87, OCTETS, "segment87", 0x87, 0, 0, NULL, "SGP.22 2.5.4")                     \
    PRIM(bpp_segment88, OCTETS, "segment88", 0x88, 0, 0, NULL, "SGP.22 2.5.4")                     \
    SEQ(bound_profile_package, BOUND_PROFILE_PACKAGE, "BoundProfilePackage", 0xBF36,               \
        "SGP.22 2.5.4")

SGP22_ES8_TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
/* clang-format on */

#endif
