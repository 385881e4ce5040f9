/*
 * What the SM-DP+ tells card and LPA about a profile before it installs it: StoreMetadataRequest
 * (SGP.22 5.5.3), with the ICCID that the package has.
 */
#ifndef DUNLIN_PROFILE_METADATA_H
#define DUNLIN_PROFILE_METADATA_H

#include "profile/identity.h"
#include "rsp/sgp22.h"

/* One notification receiver: bits of notification_event (install 0, enable 1, disable 2, delete 3).
 */
struct metadata_notification {
    uint64_t events;
    slice address; /* FQDN */
};

struct metadata_input {
    slice service_provider; /* UTF-8, up to 32 characters */
    slice profile_name;     /* UTF-8, up to 64 characters */
    int profile_class;      /* test 0, provisioning 1, operational 2 */
    const struct metadata_notification *notifications;
    size_t notification_count;
    uint64_t policy_rules; /* pprIds; 0: none */
    slice mcc_mnc;         /* of profileOwner, 3 octets as in TS 24.008; absent: no owner */
    slice gid1, gid2;      /* of profileOwner; absent: none */
    slice icon;            /* JPEG or PNG of up to 1,024 octets; absent: none */
};

/* iconType of an image by its first octets; negative when it is neither JPEG nor PNG. */
int metadata_icon_type(slice icon);
/* The ICCID in a StoreMetadataRequest (BF25): 10 octets of it; absent when there is none. */
slice metadata_iccid(slice metadata);

/*
 * BF25 in the arena. iccid: as in EF.ICCID. E_SIZE, E_SYNTAX for what the limits forbid;
 * E_ARGUMENT: policy rules or GIDs without an owner, an icon that is no image.
 */
MUST_USE enum err metadata_build(struct arena *arena, const uint8_t iccid[ICCID_LEN],
                                 const struct metadata_input *in, slice *out);

/* MCC and MNC of an IMSI as TS 24.008 codes them: 3 octets. E_SIZE. */
MUST_USE enum err mcc_mnc_of_imsi(const char *imsi, unsigned mnc_len, uint8_t out[3]);

#endif
