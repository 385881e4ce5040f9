#include "euicc/isdr/personality.h"

#include "rsp/sgp22_values.h"

#define BIT(n) (UINT64_C(1) << (n))

void personality_defaults(struct personality *p)
{
    *p = (struct personality){
        .profile_version = { 2, 3, 1 },
        .more_profile_version = { 3, 3, 1 },
        .svn = { 2, 5, 0 },
        .firmware = { 0, 1, 0 },
        .pp_version = { 1, 0, 0 },
        .ts102241 = { 0, 0, 0 },
        .global_platform = { 2, 3, 0 },
        .iot_version = { 1, 2, 0 },
        .sas_accreditation = SLICE_LIT("DUNLIN-TEST-0000"),
        .category = -1,
        .root_smds = SLICE_LIT("testrootsmds.example.com"),
        .emergency_supported = true,
        .fallback_supported = true,
        .eim_reset_supported = true,
        .immediate_enable_reset_supported = true,
        .test_profiles_supported = true,
        .request_max = 16384,
        .package_max = 4096,
        .result_max = 2048,
        .segment_max = 1036,
        .eim_max = 8,
        .notification_max = 32,
    };
    p->uicc_capability =
        BIT(UICC_CAPABILITY_USIM) | BIT(UICC_CAPABILITY_ISIM) | BIT(UICC_CAPABILITY_AKA_MILENAGE) |
        BIT(UICC_CAPABILITY_AKA_TUAK128) | BIT(UICC_CAPABILITY_AKA_TUAK256) |
        BIT(UICC_CAPABILITY_USIM_TEST_ALGORITHM) | BIT(UICC_CAPABILITY_BER_TLV_FILE) |
        BIT(UICC_CAPABILITY_GET_IDENTITY) | BIT(UICC_CAPABILITY_PROFILE_A_X25519) |
        BIT(UICC_CAPABILITY_PROFILE_B_P256);
    p->rsp_capability = BIT(RSP_CAPABILITY_ADDITIONAL_PROFILE) | BIT(RSP_CAPABILITY_CRL) |
                        BIT(RSP_CAPABILITY_TEST_PROFILE) |
                        BIT(RSP_CAPABILITY_DEVICE_INFO_EXTENSIBILITY);
}
