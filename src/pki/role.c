#include "pki/role.h"

#define V2(n)     SLICE_LIT("\x67\x81\x12\x01\x02\x01" n)
#define V3(n)     SLICE_LIT("\x67\x81\x12\x01\x02\x01\x00" n)
#define UNDER_CI  (ROLE_BIT(ROLE_CI) | ROLE_BIT(ROLE_CI_SUBCA))
#define UNDER_EUM (ROLE_BIT(ROLE_EUM) | ROLE_BIT(ROLE_EUM_SUBCA))
#define UNDER_DP  (UNDER_CI | ROLE_BIT(ROLE_DP_SUBCA))
#define UNDER_DS  (UNDER_CI | ROLE_BIT(ROLE_DS_SUBCA))

static const struct role_facts roles[ROLE__COUNT] = {
    /* clang-format off */
    [ROLE_NONE]      = { "none",      "none",      SLICE_NONE, SLICE_NONE, 0, false, false, false },
    [ROLE_CI]        = { "CI",        "ci",        V2("\x00"), SLICE_NONE, 0, true, false, false },
    [ROLE_CI_SUBCA]  = { "CI-SubCA",  "ci-subca",  SLICE_NONE, V3("\x00"), ROLE_BIT(ROLE_CI), true, false, false },
    [ROLE_EUM]       = { "EUM",       "eum",       V2("\x02"), V3("\x00\x00"), UNDER_CI, true, false, false },
    [ROLE_EUM_SUBCA] = { "EUM-SubCA", "eum-subca", SLICE_NONE, V3("\x00\x00\x00"), ROLE_BIT(ROLE_EUM), true, false, false },
    [ROLE_EUICC]     = { "EUICC",     "euicc",     V2("\x01"), V3("\x00\x00\x00\x00"), UNDER_EUM, false, false, false },
    [ROLE_DP_SUBCA]  = { "DP-SubCA",  "dp-subca",  SLICE_NONE, V3("\x00\x01"), UNDER_CI, true, false, false },
    [ROLE_DP_TLS]    = { "DPtls",     "dp-tls",    V2("\x03"), V3("\x00\x01\x00"), UNDER_DP, false, true, true },
    [ROLE_DP_AUTH]   = { "DPauth",    "dp-auth",   V2("\x04"), V3("\x00\x01\x01"), UNDER_DP, false, false, true },
    [ROLE_DP_PB]     = { "DPpb",      "dp-pb",     V2("\x05"), V3("\x00\x01\x02"), UNDER_DP, false, false, true },
    [ROLE_DS_SUBCA]  = { "DS-SubCA",  "ds-subca",  SLICE_NONE, V3("\x00\x02"), UNDER_CI, true, false, false },
    [ROLE_DS_TLS]    = { "DStls",     "ds-tls",    V2("\x06"), V3("\x00\x02\x00"), UNDER_DS, false, true, true },
    [ROLE_DS_AUTH]   = { "DSauth",    "ds-auth",   V2("\x07"), V3("\x00\x02\x01"), UNDER_DS, false, false, true },
    [ROLE_EIM_SIGN]  = { "EIMsign",   "eim-sign",  SLICE_NONE, SLICE_NONE, UNDER_CI, false, false, false },
    [ROLE_EIM_TLS]   = { "EIMtls",    "eim-tls",   SLICE_NONE, SLICE_NONE, UNDER_CI, false, true, true },
    /* clang-format on */
};

const struct role_facts *role_facts(enum cert_role role)
{
    return &roles[(unsigned)role < ROLE__COUNT ? role : ROLE_NONE];
}

enum cert_role role_of_policy(slice oid)
{
    if (!oid.p)
        return ROLE_NONE;
    for (unsigned r = ROLE_CI; r < ROLE__COUNT; r++)
        if ((roles[r].policy.p && slice_eq(oid, roles[r].policy)) ||
            (roles[r].policy_v3.p && slice_eq(oid, roles[r].policy_v3)))
            return (enum cert_role)r;
    return ROLE_NONE;
}
