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

enum err metadata_build(struct arena *arena, const uint8_t iccid[ICCID_LEN],
                        const struct metadata_input *in, slice *out)
{
    size_t size = 1024 + in->notification_count * 300;
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
    r.profile_owner.mcc_mnc = in->mcc_mnc;
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
