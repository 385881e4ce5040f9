/* Object identifiers of certificates, as the content octets of their DER. */
#ifndef DUNLIN_PKI_OID_H
#define DUNLIN_PKI_OID_H

#include "base/slice.h"

#define OID_EC_PUBLIC_KEY     SLICE_LIT("\x2A\x86\x48\xCE\x3D\x02\x01")
#define OID_PRIME256V1        SLICE_LIT("\x2A\x86\x48\xCE\x3D\x03\x01\x07")
#define OID_BRAINPOOLP256R1   SLICE_LIT("\x2B\x24\x03\x03\x02\x08\x01\x01\x07")
#define OID_ECDSA_WITH_SHA256 SLICE_LIT("\x2A\x86\x48\xCE\x3D\x04\x03\x02")

#define OID_COMMON_NAME   SLICE_LIT("\x55\x04\x03")
#define OID_SERIAL_NUMBER SLICE_LIT("\x55\x04\x05")
#define OID_COUNTRY       SLICE_LIT("\x55\x04\x06")
#define OID_ORG           SLICE_LIT("\x55\x04\x0A")
#define OID_ORG_UNIT      SLICE_LIT("\x55\x04\x0B")

#define OID_SUBJECT_KEY_ID    SLICE_LIT("\x55\x1D\x0E")
#define OID_KEY_USAGE         SLICE_LIT("\x55\x1D\x0F")
#define OID_SUBJECT_ALT_NAME  SLICE_LIT("\x55\x1D\x11")
#define OID_BASIC_CONSTRAINTS SLICE_LIT("\x55\x1D\x13")
#define OID_NAME_CONSTRAINTS  SLICE_LIT("\x55\x1D\x1E")
#define OID_CRL_POINTS        SLICE_LIT("\x55\x1D\x1F")
#define OID_POLICIES          SLICE_LIT("\x55\x1D\x20")
#define OID_AUTHORITY_KEY_ID  SLICE_LIT("\x55\x1D\x23")
#define OID_EXT_KEY_USAGE     SLICE_LIT("\x55\x1D\x25")
/* id-rsp 2.23.146.1, then .2.2.0: EID prefixes of an EUM (SGP.22 v3) */
#define OID_PERMITTED_EINS SLICE_LIT("\x67\x81\x12\x01\x02\x02\x00")

#define OID_CRL_NUMBER    SLICE_LIT("\x55\x1D\x14")
#define OID_REASON_CODE   SLICE_LIT("\x55\x1D\x15")
#define OID_DELTA_CRL     SLICE_LIT("\x55\x1D\x1B")
#define OID_ISSUING_POINT SLICE_LIT("\x55\x1D\x1C")
/* id-rsp .2.0.2 and .2.0.3: lists in parts (SGP.22) */
#define OID_TOTAL_PARTIAL_CRL SLICE_LIT("\x67\x81\x12\x01\x02\x00\x02")
#define OID_PARTIAL_CRL       SLICE_LIT("\x67\x81\x12\x01\x02\x00\x03")

#define OID_SERVER_AUTH SLICE_LIT("\x2B\x06\x01\x05\x05\x07\x03\x01")
#define OID_CLIENT_AUTH SLICE_LIT("\x2B\x06\x01\x05\x05\x07\x03\x02")

#endif
