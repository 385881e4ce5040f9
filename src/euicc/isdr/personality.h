/*
 * What ISD-R and ECASD of one card are personalised with (SGP.22 8.3): identity, keys and
 * certificates for each CI, addresses, versions, capabilities, the rules authorisation table, and
 * the limits of this card.
 *
 * Borrowed by the card for its whole life; several cards may share everything but EID, certificates
 * and signers. personality_defaults fills in what does not identify the card.
 */
#ifndef DUNLIN_EUICC_ISDR_PERSONALITY_H
#define DUNLIN_EUICC_ISDR_PERSONALITY_H

#include "base/text.h"
#include "crypto/signer.h"

#define PERSONALITY_CI_MAX 4
#define CI_PKID_LEN        20

/* One CI: its key verifies servers; with a signer, the card also signs under it. */
struct personality_ci {
    uint8_t pkid[CI_PKID_LEN]; /* SubjectKeyIdentifier of the CI certificate */
    enum curve curve;
    struct ec_point key;
    slice eum_certificate; /* DER; absent: this CI is for verification only */
    slice euicc_certificate;
    struct signer signer; /* SK.EUICC; opened and closed by whoever fills this in */
};

/* Whether the card has an IPA of its own (SGP.32 2.1, euicc/ipae), and what starts it. */
enum ipae_mode {
    IPAE_NONE,
    IPAE_ON_DEMAND, /* IpaeActivation, until the next reset */
    IPAE_ALWAYS     /* by itself: for devices without an IPA */
};

struct personality {
    uint8_t eid[EID_LEN];
    struct personality_ci ci[PERSONALITY_CI_MAX]; /* in the order of preference for signing */
    size_t ci_count;

    slice default_smdp; /* factory value; absent or empty: none */
    slice root_smds;

    uint8_t profile_version[3], svn[3], firmware[3], pp_version[3];
    uint8_t more_profile_version[3]; /* additionalEuiccProfilePackageVersions; 0.0.0: none */
    uint8_t ts102241[3], global_platform[3];
    uint8_t iot_version[3];   /* SGP.32 */
    uint64_t uicc_capability; /* named bit i as bit i */
    uint64_t rsp_capability;
    slice sas_accreditation; /* UTF-8 */
    int category;            /* euiccCategory; -1: not told */

    /* Elements of RulesAuthorisationTable (BF43 A0): SEQUENCE OF ProfilePolicyAuthorisationRule. */
    slice rat;
    uint8_t forbidden_pprs; /* bit i: PPR i of PprIds is forbidden */

    slice http_params; /* GetConnectivityParameters; absent: none available */

    enum ipae_mode ipae;

    bool emergency_supported, fallback_supported;
    bool eim_reset_supported, immediate_enable_reset_supported;
    bool test_profiles_supported;

    /* limits, in octets or counts */
    uint32_t request_max; /* one ES10 request */
    uint32_t package_max; /* one eUICC package: larger ones are sizeOverflow(15) */
    uint32_t result_max;  /* results of one package: more are resultSizeOverflow(1) */
    /* One protected TLV of a bound profile package. SGP.22 2.5.3 allows 1020; 1036 also takes what
       servers send that cut the plaintext at 1008. */
    uint16_t segment_max;
    uint8_t eim_max;
    uint8_t notification_max; /* all kinds together; at least 4 */
};

/* A SGP.32 v1.2 card without identity or CI. */
void personality_defaults(struct personality *p);

#endif
