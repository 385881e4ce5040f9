/* PINs, authentication parameters, security domains, RFM, applications. */
#include "profile/check.h"

#include "crypto/aka.h"

#include <stdio.h>

static void bad(struct findings *to, const struct model_part *p, const char *field,
                const char *text)
{
    finding_add(to, FINDING_ERROR, p->element, field, "%s", text);
}

static void warn(struct findings *to, const struct model_part *p, const char *field,
                 const char *text)
{
    finding_add(to, FINDING_WARNING, p->element, field, "%s", text);
}

/* ---- PIN and PUK ---- */

static bool puk_exists(const struct profile_model *m, unsigned before, int64_t reference)
{
    struct saip_puk_configuration puk;

    for (unsigned i = 0; i < before; i++) {
        slice rest;

        if (m->parts[i].element->tag != PE_PUK_CODES)
            continue;
        for (rest = m->parts[i].puk_codes->puk_codes;
             schema_next(&T_saip_puk_configuration, &rest, &puk);)
            if (puk.key_reference == reference)
                return true;
    }
    return false;
}

static void check_tries(struct findings *to, const struct model_part *p, const char *field,
                        int64_t tries)
{
    unsigned max = (unsigned)tries >> 4, left = (unsigned)tries & 15;

    if (max < 1 || left > max)
        bad(to, p, field, "more tries are left than there are");
    else if (!left)
        warn(to, p, field, "no tries are left");
}

/* ASCII digits, then FF to eight octets (TS 102 221 9.5.1). */
static bool digits_and_padding(slice v)
{
    size_t n = 0;

    while (n < v.n && v.p[n] >= '0' && v.p[n] <= '9')
        n++;
    for (size_t i = n; i < v.n; i++)
        if (v.p[i] != 0xFF)
            return false;
    return n >= 4;
}

static bool local_pin(int64_t reference)
{
    return reference >= 129 && reference <= 136;
}

static void check_pin(const struct profile_model *m, unsigned part, unsigned i,
                      const struct saip_pin_configuration *pin, struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    bool at_mf = p->directory >= 0 && m->files[p->directory].facts.type == FILE_MF;
    char field[64];

#define FIELD(name)                                                                                \
    (snprintf(field, sizeof field, "pinCodes.pinconfig[%u].%s", i, name), (const char *)field)
    if (!value_name(saip_pin_names, pin->key_reference))
        bad(to, p, FIELD("keyReference"), "is no key reference of a PIN");
    else if (at_mf == local_pin(pin->key_reference))
        bad(to, p, FIELD("keyReference"),
            at_mf ? "a local PIN at the MF" : "only local PINs belong to a directory");
    if (pin->has_unblocking && !puk_exists(m, part, pin->unblocking))
        bad(to, p, FIELD("unblockingPINReference"), "no PUK before has this reference");
    check_tries(to, p, FIELD("maxNumOfAttemps-retryNumLeft"), pin->tries);
    if (pin->key_reference < 10 && !digits_and_padding(pin->pin_value))
        warn(to, p, FIELD("pinValue"), "is not four to eight digits and padding");
#undef FIELD
}

static void check_pin_codes(const struct profile_model *m, unsigned part, struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    const struct saip_pin_codes_choice *c = &p->pin_codes->pin_codes;
    struct saip_pin_configuration pin;
    uint8_t seen[256] = { 0 };
    slice rest = c->pinconfig;

    if (p->directory < 0)
        bad(to, p, "", "there is no directory yet that the PINs could belong to");
    if (c->which == saip_pin_codes_choice_is_file_path) {
        if (!model_pinconfig(m, p).p)
            bad(to, p, "pinCodes.filePath", "no PINs are defined there");
        return;
    }
    for (unsigned i = 0; schema_next(&T_saip_pin_configuration, &rest, &pin); i++) {
        check_pin(m, part, i, &pin, to);
        if (seen[pin.key_reference]++)
            bad(to, p, "pinCodes.pinconfig", "a keyReference stands twice");
    }
}

static void check_puk_codes(const struct profile_model *m, unsigned part, struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    struct saip_puk_configuration puk;
    uint8_t seen[256] = { 0 };
    slice rest = p->puk_codes->puk_codes;
    char field[64];

    for (unsigned i = 0; schema_next(&T_saip_puk_configuration, &rest, &puk); i++) {
        snprintf(field, sizeof field, "pukCodes[%u]", i);
        if (!value_name(saip_puk_names, puk.key_reference))
            bad(to, p, field, "keyReference is no reference of a PUK");
        if (seen[puk.key_reference]++ || puk_exists(m, part, puk.key_reference))
            bad(to, p, field, "keyReference stands twice");
        check_tries(to, p, field, puk.tries);
    }
}

/* ---- authentication ---- */

static void check_sqn(struct findings *to, const struct model_part *p, const char *field, slice v)
{
    if (v.p && v.p[0] > 0x07)
        bad(to, p, field, "is more than 07FFFFFFFFFF");
}

static enum err algorithm(const struct saip_algo_parameter *a, struct aka_params *out)
{
    bool test = a->algorithm_id == ALGORITHM_TEST;
    size_t opc = a->algorithm_id == ALGORITHM_TUAK ? 32 : 16;

    *out = (struct aka_params){ .algorithm = (enum aka_algorithm)a->algorithm_id,
                                .options = a->algorithm_options.p[0],
                                .key_len = (uint8_t)a->key.n,
                                .iterations = (uint8_t)a->number_of_keccak };
    if (a->key.n > sizeof out->key || (!test && a->opc.n != opc))
        return E_SIZE;
    memcpy(out->rotation, a->rotation_constants.p ? a->rotation_constants.p : AKA_DEFAULT_ROTATION,
           sizeof out->rotation);
    return aka_check(out);
}

static void check_aka(const struct profile_model *m, unsigned part, struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    const struct saip_algo_configuration *c = &p->aka->configuration;
    slice rest = p->aka->sqn_init, sqn;
    struct aka_params params;

    if (p->directory < 0)
        bad(to, p, "", "no USIM or ISIM stands before it");
    check_sqn(to, p, "sqnDelta", p->aka->sqn_delta);
    check_sqn(to, p, "sqnAgeLimit", p->aka->sqn_age_limit);
    while (schema_next(&T_saip_sqn, &rest, &sqn))
        check_sqn(to, p, "sqnInit", sqn);
    if (c->which == saip_algo_configuration_is_mapping) {
        if (model_adf(m, c->mapping.source) < 0)
            bad(to, p, "algoConfiguration.mappingParameter.mappingSource", "is no ADF here");
        return;
    }
    if (!value_name(saip_algorithm_names, c->algo.algorithm_id))
        bad(to, p, "algoConfiguration.algoParameter.algorithmID", "is not known");
    else if (algorithm(&c->algo, &params))
        bad(to, p, "algoConfiguration.algoParameter",
            "sizes of key and opc or the options do not fit the algorithm");
}

static bool has_authentication(const struct profile_model *m, int adf)
{
    for (unsigned i = 0; i < m->nparts; i++)
        if ((m->parts[i].element->tag == PE_AKA_PARAMETER ||
             m->parts[i].element->tag == PE_CDMA_PARAMETER) &&
            m->parts[i].directory == adf)
            return true;
    return false;
}

void check_secrets(const struct profile_model *m, struct findings *to)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        switch (m->parts[i].element->tag) {
        case PE_PIN_CODES:
            check_pin_codes(m, i, to);
            break;
        case PE_PUK_CODES:
            check_puk_codes(m, i, to);
            break;
        case PE_AKA_PARAMETER:
            check_aka(m, i, to);
            break;
        case PE_CDMA_PARAMETER:
            if (m->parts[i].directory < 0)
                bad(to, &m->parts[i], "", "no CSIM stands before it");
            break;
        default:
            break;
        }
    }
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].facts.type == FILE_ADF && !has_authentication(m, (int)i))
            finding_add(to, FINDING_WARNING, m->files[i].element, m->files[i].field,
                        "the application has no authentication parameters");
}

/* ---- security domains and applications ---- */

static bool sd_before(const struct profile_model *m, unsigned part, slice aid)
{
    for (unsigned i = 0; i < part; i++)
        if (m->parts[i].element->tag == PE_SECURITY_DOMAIN &&
            slice_eq(m->parts[i].security_domain->instance.instance_aid, aid))
            return true;
    return false;
}

/* TARs in the toolkit parameters (TS 102 226 8.2.1.3.2.1); absent when there are none. */
static slice toolkit_tars(slice field)
{
    /* priority, timers, text length, entries, then pairs of position and identifier */
    size_t at = field.n > 3 ? 4 + 2u * field.p[3] : field.n;

    at += 1;                                         /* channels */
    at += at < field.n ? 1u + field.p[at] : field.n; /* minimum security level */
    if (at >= field.n || field.n - at - 1 < field.p[at])
        return SLICE_NONE;
    return slice_head(slice_skip(field, at + 1), field.p[at]);
}

struct tars {
    slice tar[64];
    unsigned n;
};

static void note_tar(struct findings *to, const struct model_part *p, const char *field,
                     struct tars *seen, slice tar)
{
    char text[48];

    for (unsigned i = 0; i < seen->n; i++)
        if (slice_eq(seen->tar[i], tar)) {
            snprintf(text, sizeof text, "TAR %02X%02X%02X stands twice", tar.p[0], tar.p[1],
                     tar.p[2]);
            bad(to, p, field, text);
        }
    if (seen->n < COUNT(seen->tar))
        seen->tar[seen->n++] = tar;
}

static void check_instance(const struct profile_model *m, unsigned part, const char *field,
                           const struct saip_instance *a, struct tars *seen, struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    slice tars = a->has_parameters ? toolkit_tars(a->parameters.toolkit) : SLICE_NONE;

    if (a->extradite_aid.p && !sd_before(m, part, a->extradite_aid))
        bad(to, p, field, "extraditeSecurityDomainAID is no security domain before it");
    if (tars.n % 3)
        bad(to, p, field, "the TARs of the toolkit parameters are not three octets each");
    for (; tars.n >= 3; tars = slice_skip(tars, 3))
        note_tar(to, p, field, seen, slice_head(tars, 3));
}

static void check_keys(struct findings *to, const struct model_part *p, slice list)
{
    struct saip_key_object key;
    uint8_t ids[256][2];
    unsigned n = 0;

    for (slice rest = list; schema_next(&T_saip_key_object, &rest, &key);) {
        for (unsigned i = 0; i < n; i++)
            if (ids[i][0] == key.version.p[0] && ids[i][1] == key.identifier.p[0])
                bad(to, p, "keyList", "two keys have the same version number and identifier");
        if (n < COUNT(ids)) {
            ids[n][0] = key.version.p[0];
            ids[n++][1] = key.identifier.p[0];
        }
    }
}

static void check_sd(const struct profile_model *m, unsigned part, struct tars *seen,
                     struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    const struct saip_security_domain *sd = p->security_domain;

    if (sd_before(m, part, sd->instance.instance_aid))
        bad(to, p, "instance.instanceAID", "an earlier security domain has this AID");
    if (!sd->instance.privileges.n || !(sd->instance.privileges.p[0] & 0x80))
        bad(to, p, "instance.applicationPrivileges", "are not those of a security domain");
    check_instance(m, part, "instance", &sd->instance, seen, to);
    check_keys(to, p, sd->key_list);
}

static void check_rfm(const struct profile_model *m, unsigned part, struct tars *seen,
                      struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    slice rest = p->rfm->tar_list, tar;
    bool any_sd = false;

    for (unsigned i = 0; i < part; i++)
        any_sd |= m->parts[i].element->tag == PE_SECURITY_DOMAIN;
    if (!any_sd)
        bad(to, p, "", "no security domain stands before it");
    if (p->rfm->security_domain_aid.p && !sd_before(m, part, p->rfm->security_domain_aid))
        bad(to, p, "securityDomainAID", "is no security domain before it");
    if (p->rfm->has_adf && model_adf(m, p->rfm->adf.adf_aid) < 0)
        bad(to, p, "adfRFMAccess.adfAID", "is no ADF here");
    while (schema_next(&T_saip_tar, &rest, &tar))
        note_tar(to, p, "tarList", seen, tar);
}

static void check_application(const struct profile_model *m, unsigned part, struct tars *seen,
                              struct findings *to)
{
    const struct model_part *p = &m->parts[part];
    slice rest = p->application->instances;
    struct saip_instance a;
    char field[32];

    if (!p->application->has_load_block && !p->application->instances.p)
        bad(to, p, "", "neither loadBlock nor instanceList is there");
    for (unsigned i = 0; schema_next(&T_saip_instance, &rest, &a); i++) {
        snprintf(field, sizeof field, "instanceList[%u]", i);
        check_instance(m, part, field, &a, seen, to);
    }
}

void check_applications(const struct profile_model *m, struct findings *to)
{
    struct tars seen = { .n = 0 };

    for (unsigned i = 0; i < m->nparts; i++) {
        switch (m->parts[i].element->tag) {
        case PE_SECURITY_DOMAIN:
            check_sd(m, i, &seen, to);
            break;
        case PE_RFM:
            check_rfm(m, i, &seen, to);
            break;
        case PE_APPLICATION:
            check_application(m, i, &seen, to);
            break;
        default:
            break;
        }
    }
}
