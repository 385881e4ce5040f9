#include "profile/metadata.h"

#define NOTIFICATIONS_MAX 16

static enum err notifications(struct arena *arena, const struct metadata_input *in, slice *out)
{
    const size_t size = in->notification_count * 300;
    uint8_t *buf = arena_alloc(arena, size ? size : 1);
    struct der_writer w = der_writer(buf, buf ? size : 0);
    enum err e = buf ? E_OK : E_MEMORY;

    if (in->notification_count > NOTIFICATIONS_MAX)
        return E_SIZE;
    for (size_t i = in->notification_count; !e && i--;) {
        uint8_t bits[DER_BITS_MAX];
        struct notification_configuration_information n = {
            .profile_management_operation = der_bits_make(in->notifications[i].events, bits),
            .notification_address = in->notifications[i].address,
        };

        e = schema_write(&T_notification_configuration_information, &n, DIALECT_BASE, &w, NULL);
    }
    return e ? e : der_written(&w, out);
}

int metadata_icon_type(slice icon)
{
    if (slice_starts(icon, SLICE_LIT("\xFF\xD8\xFF")))
        return 0; /* jpg */
    return slice_starts(icon, SLICE_LIT("\x89PNG\r\n\x1A\n")) ? 1 : -1;
}

slice metadata_iccid(slice metadata)
{
    struct der_reader r = der_reader(metadata), in;
    slice iccid;

    in = der_reader(der_expect(&r, 0xBF25).value);
    iccid = der_expect(&in, 0x5A).value;
    return !r.err && !in.err && iccid.n == ICCID_LEN ? iccid : SLICE_NONE;
}

enum err metadata_build(struct arena *arena, const uint8_t iccid[ICCID_LEN],
                        const struct metadata_input *in, slice *out)
{
    size_t size = 1024 + in->icon.n + in->notification_count * 300;
    uint8_t *buf = arena_alloc(arena, size), bits[DER_BITS_MAX];
    struct store_metadata_request r = {
        .iccid = slice_of(iccid, ICCID_LEN),
        .service_provider_name = in->service_provider,
        .profile_name = in->profile_name,
        .profile_class = in->profile_class,
        .has_profile_class = true,
        .has_profile_owner = in->mcc_mnc.p != NULL,
    };
    enum err e = E_OK;

    if (!buf)
        return E_MEMORY;
    if (!in->mcc_mnc.p && (in->policy_rules || in->gid1.p || in->gid2.p))
        return E_ARGUMENT; /* a rule needs an owner (SGP.22 5.5.3) */
    if (in->icon.p && metadata_icon_type(in->icon) < 0)
        return E_ARGUMENT;
    r.profile_owner = (struct operator_id){ in->mcc_mnc, in->gid1, in->gid2 };
    r.icon = in->icon;
    r.has_icon_type = in->icon.p != NULL;
    r.icon_type = r.has_icon_type ? metadata_icon_type(in->icon) : 0;
    if (in->policy_rules)
        r.profile_policy_rules = der_bits_make(in->policy_rules, bits);
    if (in->notification_count)
        e = notifications(arena, in, &r.notification_configuration_info);
    return e ? e : schema_encode(&T_store_metadata_request, &r, buf, size, out, NULL);
}

enum err mcc_mnc_of_imsi(const char *imsi, unsigned mnc_len, uint8_t out[3])
{
    uint8_t d[6];

    if (mnc_len < 2 || mnc_len > 3 || strlen(imsi) < 3 + mnc_len)
        return E_SIZE;
    for (unsigned i = 0; i < 6; i++)
        d[i] = i < 3 + mnc_len ? (uint8_t)(imsi[i] - '0') : 0x0F;
    out[0] = (uint8_t)(d[1] << 4 | d[0]);
    out[1] = (uint8_t)(d[5] << 4 | d[2]);
    out[2] = (uint8_t)(d[4] << 4 | d[3]);
    return E_OK;
}
