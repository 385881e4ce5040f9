/*
 * What the card tells about itself: EUICCInfo, EID, addresses, certificates, rules (SGP.22 5.7.3,
 * 5.7.4, 5.7.8, 5.7.20, 5.7.22; SGP.32 5.9.2, 5.9.10, 5.9.24, 5.9.25).
 */
#include "euicc/isdr/isdr_impl.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#define PKID_LIST_MAX (PERSONALITY_CI_MAX * (2 + CI_PKID_LEN))
#define INFO2_ROOM    640
#define RAM_FREE      4096 /* octets that an application can count on */

/* The SubjectKeyIdentifiers of the CIs, in order of preference. */
static slice pkid_list(const struct personality *p, bool signing, uint8_t buf[PKID_LIST_MAX])
{
    size_t n = 0;

    for (size_t ci = 0; ci < p->ci_count; ci++) {
        if (ci_by_pkid(p, SLICE_OF(p->ci[ci].pkid), signing) < 0)
            continue;
        buf[n++] = 0x04;
        buf[n++] = CI_PKID_LEN;
        memcpy(buf + n, p->ci[ci].pkid, CI_PKID_LEN);
        n += CI_PKID_LEN;
    }
    return slice_of(buf, n);
}

/* TS 102 226 8.2.1.7.2: installed applications, free memory of both kinds. */
static slice card_resource(struct isdr *i, uint8_t buf[24])
{
    struct der_writer w = der_writer(buf, 24);
    struct card_profile profile;
    uint32_t root = 0;
    int64_t count = 0;
    slice out;

    while (profile_next(i->card, &root, &profile))
        count++;
    der_put_int(&w, 0x83, RAM_FREE);
    der_put_int(&w, 0x82, objects_free(isdr_objects(i)));
    der_put_int(&w, 0x81, count);
    return der_written(&w, &out) ? SLICE_EMPTY : out;
}

void es10_euicc_info1(struct isdr *i, slice request, struct reply *out)
{
    uint8_t verify[PKID_LIST_MAX], sign[PKID_LIST_MAX];
    struct euicc_info1 info = { .svn = SLICE_OF(i->p->svn) };
    struct answer a;

    (void)request;
    info.euicc_ci_pk_id_list_for_verification = pkid_list(i->p, false, verify);
    info.euicc_ci_pk_id_list_for_signing = pkid_list(i->p, true, sign);
    if (!answer_begin(&a, i, 2 * PKID_LIST_MAX + 32, out))
        return;
    if (schema_write(&T_euicc_info1, &info, DIALECT_BASE, &a.w, NULL))
        answer_drop(&a, SW_UNKNOWN);
    else
        answer_end(&a);
}

/* Optional versions are left out when they are 0.0.0. */
static slice version(const uint8_t v[3])
{
    return v[0] || v[1] || v[2] ? slice_of(v, 3) : SLICE_NONE;
}

/* Since SGP.32 v1.3: iotSpecificProfileInfo in metadata and in lists. */
static uint64_t iot_metadata(const struct isdr *i)
{
    return is_v13(i) ? UINT64_C(1) << RSP_CAPABILITY_IOT_SPECIFIC_METADATA : 0;
}

/*
 * In what a card of SGP.32 v1.0 signs (AuthenticateServerResponse, whose module it takes from
 * SGP.22) EUICCInfo2 is SGP.22's: agents that decode and encode it again know no other there.
 */
enum err put_euicc_info2(struct isdr *i, enum info2_place place, struct der_writer *w)
{
    bool iot_members = place == INFO2_ASKED_FOR || !is_v10(i);
    const struct personality *p = i->p;
    uint8_t verify[PKID_LIST_MAX], sign[PKID_LIST_MAX], resource[24];
    uint8_t uicc[DER_BITS_MAX], rsp[DER_BITS_MAX], forbidden[DER_BITS_MAX];
    uint8_t more[5] = { 0x04, 0x03, p->more_profile_version[0], p->more_profile_version[1],
                        p->more_profile_version[2] };
    uint8_t iot[5] = { 0x04, 0x03, p->iot_version[0], p->iot_version[1], p->iot_version[2] };
    struct euicc_info2 info = {
        .profile_version = SLICE_OF(p->profile_version),
        .svn = SLICE_OF(p->svn),
        .euicc_firmware_ver = SLICE_OF(p->firmware),
        .uicc_capability = der_bits_make(p->uicc_capability, uicc),
        .ts102241_version = version(p->ts102241),
        .globalplatform_version = version(p->global_platform),
        .rsp_capability = der_bits_make(p->rsp_capability | iot_metadata(i), rsp),
        .pp_version = SLICE_OF(p->pp_version),
        .sas_acreditation_number = p->sas_accreditation.p ? p->sas_accreditation : SLICE_EMPTY,
        .ipa_mode = isdr_ipae_active(i->card) ? IPA_MODE_IPAE : IPA_MODE_IPAD,
        .has_ipa_mode = iot_members,
        .has_iot_specific_info = iot_members,
    };

    info.ext_card_resource = card_resource(i, resource);
    info.euicc_ci_pk_id_list_for_verification = pkid_list(p, false, verify);
    info.euicc_ci_pk_id_list_for_signing = pkid_list(p, true, sign);
    info.has_euicc_category = p->category >= 0;
    info.euicc_category = p->category;
    if (p->forbidden_pprs)
        info.forbidden_profile_policy_rules = der_bits_make(p->forbidden_pprs, forbidden);
    if (version(p->more_profile_version).p)
        info.additional_euicc_profile_package_versions = SLICE_OF(more);
    info.iot_specific_info.iot_version = SLICE_OF(iot);
    info.iot_specific_info.ecall_supported = p->emergency_supported && !is_v10(i);
    info.iot_specific_info.fallback_supported = p->fallback_supported && !is_v10(i);
    info.iot_specific_info.fallback_allowed_update_supported = p->fallback_supported && is_v13(i);
    return schema_write(&T_euicc_info2, &info, is_v13(i) ? DIALECT_V13 : DIALECT_BASE, w, NULL);
}

void es10_euicc_info2(struct isdr *i, slice request, struct reply *out)
{
    struct answer a;

    (void)request;
    if (!answer_begin(&a, i, INFO2_ROOM, out))
        return;
    if (put_euicc_info2(i, INFO2_ASKED_FOR, &a.w))
        answer_drop(&a, SW_UNKNOWN);
    else
        answer_end(&a);
}

void es10_eid(struct isdr *i, slice request, struct reply *out)
{
    static const uint8_t head[] = { 0xBF, 0x3E, 2 + EID_LEN, 0x5A, EID_LEN };
    struct get_euicc_data_request q;

    if (schema_decode(&T_get_euicc_data_request, request, &q, NULL) || q.tag_list.p[0] != 0x5A) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (reply_put(out, SLICE_OF(head)) && reply_put(out, SLICE_OF(i->p->eid)))
        out->sw = SW_OK;
}

/* ---- addresses ---- */

/* The object's first octet only makes an address that was cleared different from none. */
/* Empty: none. */
static slice default_smdp(struct isdr *i)
{
    slice object = objects_get(isdr_objects(i), OBJ_SMDP);

    return object.p ? slice_skip(object, 1) : i->p->default_smdp;
}

enum err set_default_smdp(struct isdr *i, slice address)
{
    enum err err;

    if (address.n > ADDRESS_MAX)
        return E_SIZE;
    err = objects_make(isdr_objects(i), OBJ_SMDP, (uint32_t)address.n + 1, 0);
    if (!err && address.n)
        err = objects_write(isdr_objects(i), OBJ_SMDP, 1, address);
    return err;
}

void es10_addresses(struct isdr *i, slice request, struct reply *out)
{
    struct answer a;
    slice smdp;

    (void)request;
    if (!answer_begin(&a, i, 2 * ADDRESS_MAX + 32, out))
        return;
    smdp = default_smdp(i);
    der_put_tlv(&a.w, 0x81, i->p->root_smds.p ? i->p->root_smds : SLICE_EMPTY);
    if (smdp.n)
        der_put_tlv(&a.w, 0x80, smdp);
    der_wrap(&a.w, 0xBF3C, 0);
    answer_end(&a);
}

static void set_smdp(struct isdr *i, uint32_t tag, slice address, struct reply *out)
{
    enum err err = set_default_smdp(i, address);

    if (err)
        reply_sw(out, sw_of(err));
    else
        answer_code(out, tag, 0);
}

void es10_set_smdp_consumer(struct isdr *i, slice request, struct reply *out)
{
    struct set_default_dp_address_request q;

    if (schema_decode(&T_set_default_dp_address_request, request, &q, NULL))
        reply_sw(out, SW_DATA);
    else
        set_smdp(i, 0xBF3F, q.default_dp_address, out);
}

void es10_set_smdp(struct isdr *i, slice request, struct reply *out)
{
    struct iot_set_default_dp_address_request q;

    if (schema_decode(&T_iot_set_default_dp_address_request, request, &q, NULL))
        reply_sw(out, SW_DATA);
    else
        set_smdp(i, 0xBF65, q.default_dp_address, out);
}

/* ---- certificates, rules, the rest ---- */

void es10_certs(struct isdr *i, slice request, struct reply *out)
{
    struct get_certs_request q;
    const struct personality_ci *ci;
    struct answer a;
    int n;

    if (schema_decode(&T_get_certs_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    n = q.euicc_ci_pk_id.p ? ci_by_pkid(i->p, q.euicc_ci_pk_id, true) : (int)ci_default(i->p);
    ci = n >= 0 && (size_t)n < i->p->ci_count ? &i->p->ci[n] : NULL;
    if (!answer_begin(&a, i, ci ? ci->eum_certificate.n + ci->euicc_certificate.n + 32 : 32, out))
        return;
    if (ci) {
        put_certificate(&a.w, 0xA6, ci->euicc_certificate);
        put_certificate(&a.w, 0xA5, ci->eum_certificate);
        der_wrap(&a.w, 0xA0, 0);
    } else {
        der_put_int(&a.w, 0x81, GET_CERTS_INVALID_CI);
    }
    der_wrap(&a.w, 0xBF56, 0);
    answer_end(&a);
}

void es10_rat(struct isdr *i, slice request, struct reply *out)
{
    struct answer a;

    (void)request;
    if (!answer_begin(&a, i, i->p->rat.n + 16, out))
        return;
    der_put(&a.w, i->p->rat);
    der_wrap(&a.w, 0xA0, 0);
    der_wrap(&a.w, 0xBF43, 0);
    answer_end(&a);
}

/*
 * The enabled profile's own parameters for HTTP, else those of the personality. A package codes
 * them as SGP.02 does: in A1, behind other bearers' in A0 and A2, perhaps as DGI 3A07.
 */
static slice http_params(struct isdr *i)
{
    slice all = profile_connectivity(i->card, profile_enabled(i->card));
    struct der_reader r;

    if (slice_starts(all, SLICE_LIT("\x3A\x07")))
        all = slice_skip(all, 3);
    r = der_reader(all);
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (!r.err && t.tag == 0xA1)
            return t.value;
    }
    return i->p->http_params;
}

void es10_connectivity(struct isdr *i, slice request, struct reply *out)
{
    struct answer a;
    slice params;

    (void)request;
    if (!answer_begin(&a, i, http_params(i).n + 16, out))
        return;
    params = http_params(i);
    if (params.p) {
        der_put_tlv(&a.w, 0x81, params);
        der_wrap(&a.w, 0xA0, 0);
    } else {
        der_put_int(&a.w, 0x81, CONNECTIVITY_NOT_AVAILABLE);
    }
    der_wrap(&a.w, 0xBF5F, 0);
    answer_end(&a);
}

/* SGP.32 says neither how long an activation holds nor how it ends: here, until the next reset. */
void es10_ipae_activation(struct isdr *i, slice request, struct reply *out)
{
    struct ipae_activation_request q;

    if (schema_decode(&T_ipae_activation_request, request, &q, NULL)) {
        reply_sw(out, SW_DATA);
        return;
    }
    if (i->p->ipae != IPAE_NONE && der_bit(q.ipae_option, IPAE_ACTIVATE))
        i->ipae_activated = true;
    answer_code(out, 0xBF42,
                i->p->ipae != IPAE_NONE ? IPAE_ACTIVATION_OK : IPAE_ACTIVATION_NOT_SUPPORTED);
}
