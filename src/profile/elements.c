#include "profile/elements.h"

/* clang-format off */
const struct value_name saip_pin_names[] = {
    { 1, "pinAppl1" }, { 2, "pinAppl2" }, { 3, "pinAppl3" }, { 4, "pinAppl4" },
    { 5, "pinAppl5" }, { 6, "pinAppl6" }, { 7, "pinAppl7" }, { 8, "pinAppl8" },
    { 10, "adm1" }, { 11, "adm2" }, { 12, "adm3" }, { 13, "adm4" }, { 14, "adm5" },
    { 129, "secondPINAppl1" }, { 130, "secondPINAppl2" }, { 131, "secondPINAppl3" },
    { 132, "secondPINAppl4" }, { 133, "secondPINAppl5" }, { 134, "secondPINAppl6" },
    { 135, "secondPINAppl7" }, { 136, "secondPINAppl8" },
    { 138, "adm6" }, { 139, "adm7" }, { 140, "adm8" }, { 141, "adm9" }, { 142, "adm10" },
    VALUE_NAMES_END
};

const struct value_name saip_puk_names[] = {
    { 1, "pukAppl1" }, { 2, "pukAppl2" }, { 3, "pukAppl3" }, { 4, "pukAppl4" },
    { 5, "pukAppl5" }, { 6, "pukAppl6" }, { 7, "pukAppl7" }, { 8, "pukAppl8" },
    { 129, "secondPUKAppl1" }, { 130, "secondPUKAppl2" }, { 131, "secondPUKAppl3" },
    { 132, "secondPUKAppl4" }, { 133, "secondPUKAppl5" }, { 134, "secondPUKAppl6" },
    { 135, "secondPUKAppl7" }, { 136, "secondPUKAppl8" },
    VALUE_NAMES_END
};

const struct value_name saip_algorithm_names[] = {
    { ALGORITHM_MILENAGE, "milenage" },
    { ALGORITHM_TUAK, "tuak" },
    { ALGORITHM_TEST, "usim-test-algorithm" },
    VALUE_NAMES_END
};

const struct value_name saip_status_names[] = {
    { 0, "ok" }, { 1, "pe-not-supported" }, { 2, "memory-failure" }, { 3, "bad-values" },
    { 4, "not-enough-memory" }, { 5, "invalid-request-format" }, { 6, "invalid-parameter" },
    { 7, "runtime-not-supported" }, { 8, "lib-not-supported" },
    { 9, "template-not-supported" }, { 10, "feature-not-supported" },
    { 11, "pin-code-missing" }, { 31, "unsupported-profile-version" },
    VALUE_NAMES_END
};

SAIP_TYPES(SCHEMA_SEQ_C, SCHEMA_CHOICE_C, SCHEMA_LIST_C, SCHEMA_PRIM_C)

static const struct {
    uint32_t tag;
    const char *name;
    const struct type *type;
} elements[] = {
    { PE_HEADER,          "header",                &T_saip_header },
    { PE_GFM,             "genericFileManagement", &T_saip_gfm },
    { PE_PIN_CODES,       "pinCodes",              &T_saip_pin_codes },
    { PE_PUK_CODES,       "pukCodes",              &T_saip_puk_codes },
    { PE_AKA_PARAMETER,   "akaParameter",          &T_saip_aka_parameter },
    { PE_CDMA_PARAMETER,  "cdmaParameter",         &T_saip_cdma_parameter },
    { PE_SECURITY_DOMAIN, "securityDomain",        &T_saip_security_domain },
    { PE_RFM,             "rfm",                   &T_saip_rfm },
    { PE_APPLICATION,     "application",           &T_saip_application },
    { PE_NON_STANDARD,    "nonStandard",           &T_saip_non_standard },
    { PE_END,             "end",                   &T_saip_end },
};

#define SERVICE(n, member, b) { n, offsetof(struct saip_services_list, member), b }
const struct saip_service saip_services[] = {
    SERVICE("contactless", contactless, 0),
    SERVICE("usim", usim, 1),
    SERVICE("isim", isim, 2),
    SERVICE("csim", csim, 3),
    SERVICE("milenage", milenage, 4),
    SERVICE("tuak128", tuak128, 6),
    SERVICE("cave", cave, 5),
    SERVICE("gba-usim", gba_usim, 10),
    SERVICE("gba-isim", gba_isim, 11),
    SERVICE("mbms", mbms, 12),
    SERVICE("eap", eap, 13),
    SERVICE("javacard", javacard, 14),
    SERVICE("multos", multos, 15),
    SERVICE("multiple-usim", multiple_usim, 16),
    SERVICE("multiple-isim", multiple_isim, 17),
    SERVICE("multiple-csim", multiple_csim, 18),
    SERVICE("tuak256", tuak256, 7),
    SERVICE("usim-test-algorithm", usim_test_algorithm, 8),
    SERVICE("ber-tlv", ber_tlv, 19),
    SERVICE("dfLink", df_link, 20),
    SERVICE("cat-tp", cat_tp, 21),
    SERVICE("get-identity", get_identity, 22),
    SERVICE("profile-a-x25519", profile_a_x25519, 23),
    SERVICE("profile-b-p256", profile_b_p256, 24),
    SERVICE("suciCalculatorApi", suci_calculator_api, 25),
    SERVICE("dns-resolution", dns_resolution, 26),
    SERVICE("scp11ac", scp11ac, 27),
    SERVICE("scp11c-authorization-mechanism", scp11c_authorization, 28),
    SERVICE("s16mode", s16mode, 29),
    SERVICE("eaka", eaka, 30),
};
/* clang-format on */
_Static_assert(COUNT(saip_services) == COUNT(F_saip_services_list), "one row per service");

const char *saip_pe_name(uint32_t tag)
{
    const struct saip_template *t = saip_template_by_pe(tag);

    for (size_t i = 0; i < COUNT(elements); i++)
        if (elements[i].tag == tag)
            return elements[i].name;
    return t ? t->name : NULL;
}

const struct type *saip_pe_type(uint32_t tag)
{
    for (size_t i = 0; i < COUNT(elements); i++)
        if (elements[i].tag == tag)
            return elements[i].type;
    return NULL;
}

void saip_file_pe_type(const struct saip_template *t, struct saip_file_pe_type *out)
{
    static const struct field head[] = {
        { .kind = K_SEQ,
          .tag = 0xA0,
          .name = SCHEMA_NAME("header"),
          .type = &T_saip_pe_header,
          .offset = offsetof(struct saip_file_pe, header),
          .has = offsetof(struct saip_file_pe, has_header) },
        { .kind = K_OID,
          .tag = 0x81,
          .name = SCHEMA_NAME("templateID"),
          .offset = offsetof(struct saip_file_pe, template_id) },
    };

    memcpy(out->fields, head, sizeof head);
    for (unsigned i = 0; i < t->nfiles; i++)
        out->fields[COUNT(head) + i] = (struct field){
            .kind = K_LIST,
            .tag = saip_file_tag(t, &t->files[i]),
            .name = SCHEMA_NAME(t->files[i].name),
            .type = &T_saip_file_item,
            .flags = FIELD_OPTIONAL,
            .offset = (uint16_t)(offsetof(struct saip_file_pe, files) + i * sizeof(slice)),
        };
    out->type = (struct type){
        .name = t->name,
        .clause = SCHEMA_NAME("SAIP Annex A"),
        .kind = K_SEQ,
        .tag = t->pe_tag,
        .fields = out->fields,
        .count = (uint16_t)(COUNT(head) + t->nfiles),
        .size = sizeof(struct saip_file_pe),
    };
}

uint64_t saip_required_capabilities(const struct saip_services_list *s)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < COUNT(saip_services); i++) {
        bool wanted;

        memcpy(&wanted, (const uint8_t *)s + saip_services[i].offset, sizeof wanted);
        if (wanted)
            bits |= UINT64_C(1) << saip_services[i].bit;
    }
    return bits;
}
