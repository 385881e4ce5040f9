/* Local profile management (SGP.22 3.2) and what the eUICC tells of itself. */
#include "lpa/lpa_impl.h"

enum err lpa_addresses(struct lpa *l, struct euicc_configured_addresses_response *out)
{
    enum err e = lpa_begin(l, LPA_CARD);

    return e ? e : lpa_ask(l, 0xBF3C, &T_euicc_configured_addresses_response, out);
}

enum err lpa_info2(struct lpa *l, struct euicc_info2 *out)
{
    enum err e = lpa_begin(l, LPA_CARD);

    return e ? e : lpa_ask(l, 0xBF22, &T_euicc_info2, out);
}

enum err lpa_set_default_smdp(struct lpa *l, slice address)
{
    struct set_default_dp_address_request q = { address.p ? address : SLICE_EMPTY };
    struct set_default_dp_address_response r;
    enum err e = lpa_begin(l, LPA_CARD);

    if (e)
        return e;
    e = lpa_es10(l, &T_set_default_dp_address_request, &q, &T_set_default_dp_address_response, &r);
    if (!e && r.set_default_dp_address_result)
        e = lpa_card_refused(l, set_default_dp_address_result_names,
                             r.set_default_dp_address_result);
    return e;
}

/* With the tags of everything that is worth showing; the eUICC's default leaves some out. */
enum err lpa_profiles(struct lpa *l, slice *list)
{
    static const uint8_t tags[] = { 0x5A, 0x4F, 0x9F, 0x70, 0x90, 0x91,
                                    0x92, 0x93, 0x95, 0xB6, 0xB7, 0x99 };
    struct profile_info_list_request q = { .tag_list = SLICE_OF(tags) };
    struct profile_info_list_response r;
    enum err e = lpa_begin(l, LPA_CARD);

    if (e)
        return e;
    e = lpa_es10(l, &T_profile_info_list_request, &q, &T_profile_info_list_response, &r);
    if (e)
        return e;
    if (r.which == profile_info_list_response_is_profile_info_list_error)
        return lpa_card_refused(l, profile_info_list_error_names, r.profile_info_list_error);
    *list = r.profile_info_list_ok;
    return E_OK;
}

bool lpa_profile_hidden(const struct profile_info *p)
{
    return p->has_profile_class && p->profile_class == PROFILE_CLASS_PROVISIONING;
}

static struct profile_identifier identifier(slice iccid_or_aid)
{
    if (iccid_or_aid.n == 10)
        return (struct profile_identifier){ .which = profile_identifier_is_iccid,
                                            .iccid = iccid_or_aid };
    return (struct profile_identifier){ .which = profile_identifier_is_isdp_aid,
                                        .isdp_aid = iccid_or_aid };
}

static enum err enable(struct lpa *l, slice which, bool refresh)
{
    struct enable_profile_request q = { .profile_identifier = identifier(which),
                                        .has_refresh_flag = true,
                                        .refresh_flag = refresh };
    struct enable_profile_response r;
    enum err e = lpa_es10(l, &T_enable_profile_request, &q, &T_enable_profile_response, &r);

    if (!e && r.enable_result)
        e = lpa_card_refused(l, enable_profile_result_names, r.enable_result);
    return e;
}

static enum err disable(struct lpa *l, slice which, bool refresh)
{
    struct disable_profile_request q = { .profile_identifier = identifier(which),
                                         .has_refresh_flag = true,
                                         .refresh_flag = refresh };
    struct disable_profile_response r;
    enum err e = lpa_es10(l, &T_disable_profile_request, &q, &T_disable_profile_response, &r);

    if (!e && r.disable_result)
        e = lpa_card_refused(l, disable_profile_result_names, r.disable_result);
    return e;
}

static enum err remove_profile(struct lpa *l, slice which)
{
    struct delete_profile_request q = { .which = delete_profile_request_is_isdp_aid,
                                        .isdp_aid = which };
    struct delete_profile_response r;
    enum err e;

    if (which.n == 10)
        q = (struct delete_profile_request){ .which = delete_profile_request_is_iccid,
                                             .iccid = which };
    e = lpa_es10(l, &T_delete_profile_request, &q, &T_delete_profile_response, &r);
    if (!e && r.delete_result)
        e = lpa_card_refused(l, delete_profile_result_names, r.delete_result);
    return e;
}

enum err lpa_change(struct lpa *l, enum lpa_change what, slice iccid_or_aid, bool refresh)
{
    enum err e = lpa_begin(l, LPA_CARD);

    if (e)
        return e;
    switch (what) {
    case LPA_ENABLE:
        return enable(l, iccid_or_aid, refresh);
    case LPA_DISABLE:
        return disable(l, iccid_or_aid, refresh);
    default:
        return remove_profile(l, iccid_or_aid);
    }
}

enum err lpa_nickname(struct lpa *l, slice iccid, slice nickname)
{
    struct set_nickname_request q = { iccid, nickname.p ? nickname : SLICE_EMPTY };
    struct set_nickname_response r;
    enum err e = lpa_begin(l, LPA_CARD);

    if (e)
        return e;
    e = lpa_es10(l, &T_set_nickname_request, &q, &T_set_nickname_response, &r);
    if (!e && r.set_nickname_result)
        e = lpa_card_refused(l, set_nickname_result_names, r.set_nickname_result);
    return e;
}

enum err lpa_memory_reset(struct lpa *l, unsigned options)
{
    uint8_t bits[2] = { 0 };
    unsigned last = 0;
    struct euicc_memory_reset_request q = { SLICE_OF(bits) };
    struct euicc_memory_reset_response r;
    enum err e = lpa_begin(l, LPA_CARD);

    if (e)
        return e;
    for (unsigned i = 0; i < 8; i++)
        if (options & 1u << i) {
            bits[1] |= (uint8_t)(0x80 >> i);
            last = i;
        }
    bits[0] = (uint8_t)(7 - last); /* DER: no trailing zero bits */
    e = lpa_es10(l, &T_euicc_memory_reset_request, &q, &T_euicc_memory_reset_response, &r);
    if (!e && r.reset_result)
        e = lpa_card_refused(l, reset_result_names, r.reset_result);
    return e;
}
