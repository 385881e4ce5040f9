/*
 * Does the profile that was installed agree with its metadata (SGP.22 5.5.5)? Its ICCID is that of
 * EF_ICCID; its owner, where the metadata names one, is whom EF_IMSI, EF_GID1 and EF_GID2 of a USIM
 * name. A profile without a USIM has nothing to compare an owner with.
 */
#include "euicc/isdr/isdr_impl.h"

#include "euicc/tree.h"
#include "rsp/sgp22.h"

enum {
    FID_IMSI = 0x6F07,
    FID_UST = 0x6F38,
    FID_GID1 = 0x6F3E,
    FID_GID2 = 0x6F3F,
    SERVICE_GID1 = 17, /* TS 31.102 4.2.8 */
    SERVICE_GID2 = 18
};

/* Content of a transparent file; absent when there is none. */
static slice content(const struct tree *t, uint8_t dir, uint16_t fid)
{
    struct node node;

    if (!tree_child(t, dir, fid, &node) || !tree_target(t, &node, &node) ||
        node.type != NODE_TRANSPARENT)
        return SLICE_NONE;
    return node.body;
}

static bool service(slice ust, unsigned n)
{
    return (n - 1) / 8 < ust.n && ust.p[(n - 1) / 8] >> (n - 1) % 8 & 1;
}

/* Digit n of EF_IMSI, from 0: behind the length and the parity nibble. */
static unsigned imsi_digit(slice imsi, unsigned n)
{
    uint8_t octet = imsi.p[1 + (n + 1) / 2];

    return n % 2 ? octet & 0xF : octet >> 4;
}

/* TS 24.008 10.5.1.3: MCC2 MCC1, MNC3 MCC3, MNC2 MNC1; an MNC of two digits has F as MNC3. */
static bool same_network(slice mcc_mnc, slice imsi)
{
    static const uint8_t nibble[] = { 0, 1, 2, 4, 5, 3 }; /* of the digits in their order */

    if (mcc_mnc.n != 3 || imsi.n < 5)
        return false;
    for (unsigned n = 0; n < COUNT(nibble); n++) {
        unsigned digit = mcc_mnc.p[nibble[n] / 2] >> (nibble[n] % 2 ? 4 : 0) & 0xF;

        if (n == 5 && digit == 0xF)
            break;
        if (digit != imsi_digit(imsi, n))
            return false;
    }
    return true;
}

/* A file that is not there, whose service is not available or that begins with FF names no group
   (TS 22.022 A.1). Octets FF behind the identifier are padding. */
static bool same_group(slice gid, slice file, bool available)
{
    if (!available || !file.n || file.p[0] == 0xFF)
        return !gid.p;
    if (!gid.p || !slice_starts(file, gid))
        return false;
    for (size_t n = gid.n; n < file.n; n++)
        if (file.p[n] != 0xFF)
            return false;
    return true;
}

static bool usim_of(const struct tree *t, uint8_t adf, const struct operator_id *owner)
{
    slice ust = content(t, adf, FID_UST);

    return same_network(owner->mcc_mnc, content(t, adf, FID_IMSI)) &&
           same_group(owner->gid1, content(t, adf, FID_GID1), service(ust, SERVICE_GID1)) &&
           same_group(owner->gid2, content(t, adf, FID_GID2), service(ust, SERVICE_GID2));
}

static bool owner_agrees(const struct tree *t, const struct operator_id *owner)
{
    static const uint8_t usim[] = { 0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02 };
    struct node adf;
    unsigned n = 0;

    for (; tree_by_aid(t, SLICE_OF(usim), n, &adf); n++)
        if (usim_of(t, dir_of_node(adf.n), owner))
            return true;
    return n == 0;
}

bool profile_agrees(struct isdr *i, uint32_t root)
{
    const struct tree t = { .objects = isdr_objects(i), .root = root };
    slice iccid = content(&t, TREE_MF, FID_ICCID);
    struct der_reader r = der_reader(profile_metadata(i->card, root));
    struct store_metadata_request m;
    struct card_profile profile;

    if (profile_get(i->card, root, &profile) ||
        (iccid.p && !slice_eq(iccid, SLICE_OF(profile.iccid))))
        return false;
    return !schema_decode(&T_store_metadata_request, der_expect(&r, 0xBF25).whole, &m, NULL) &&
           (!m.has_profile_owner || owner_agrees(&t, &m.profile_owner));
}
