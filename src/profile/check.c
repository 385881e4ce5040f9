/* The package as a whole: order, versions, identifications, templates, services. */
#include "profile/check.h"

static void bad(struct findings *to, const struct package_element *e, const char *field,
                const char *text)
{
    finding_add(to, FINDING_ERROR, e, field, "%s", text);
}

static void check_frame(const struct profile_model *m, struct findings *to)
{
    unsigned headers = 0, ends = 0;

    for (unsigned i = 0; i < m->nelements; i++) {
        headers += m->elements[i].tag == PE_HEADER;
        ends += m->elements[i].tag == PE_END;
    }
    if (m->elements[0].tag != PE_HEADER)
        bad(to, &m->elements[0], "", "the first element is not the header");
    if (m->elements[m->nelements - 1].tag != PE_END)
        bad(to, &m->elements[m->nelements - 1], "", "the last element is not the end");
    if (headers > 1)
        bad(to, NULL, "header", "stands more than once");
    if (ends > 1)
        bad(to, NULL, "end", "stands more than once");
}

static void check_identifications(const struct profile_model *m, struct findings *to)
{
    for (unsigned i = 0; i < m->nelements; i++) {
        const struct package_element *e = &m->elements[i];

        if (e->tag != PE_HEADER && e->name && !e->has_header)
            bad(to, e, "header", "PEHeader is missing");
        for (unsigned k = 0; k < i && e->has_header; k++)
            if (m->elements[k].has_header && m->elements[k].id == e->id) {
                bad(to, e, "identification", "is used by an earlier element");
                break;
            }
    }
}

static bool in_gfste_list(const struct saip_header *h, slice oid)
{
    slice rest = h->gfste_list, listed;

    while (schema_next(&T_saip_oid, &rest, &listed))
        if (slice_eq(listed, oid))
            return true;
    return false;
}

static void check_templates(const struct profile_model *m, struct findings *to)
{
    unsigned version = (unsigned)(m->header->major_version << 4 | m->header->minor_version);

    for (unsigned i = 0; i < m->nelements; i++) {
        const struct package_element *e = &m->elements[i];

        if (!e->file_system || !e->template_id.p)
            continue;
        if (!e->table)
            bad(to, e, "templateID", "no template of this element has this identifier");
        else if (e->table->since > version)
            finding_add(to, FINDING_WARNING, e, "templateID",
                        "the template exists since version %u.%u, the header says %u.%u",
                        e->table->since >> 4, e->table->since & 15u, version >> 4, version & 15u);
        if (e->mandated && !in_gfste_list(m->header, e->template_id))
            bad(to, e, "templateID", "is not in eUICC-Mandatory-GFSTEList");
    }
}

/* ---- services ---- */

struct uses {
    unsigned applications[NAA_CSIM + 1], mandated[NAA_CSIM + 1];
    bool milenage, tuak128, tuak256, test, cave;
    bool ber_tlv, df_link, cat_tp, eap, code;
};

static void uses_of_aka(const struct model_part *p, struct uses *u)
{
    const struct saip_algo_parameter *a = &p->aka->configuration.algo;

    if (p->aka->configuration.which != saip_algo_configuration_is_algo)
        return;
    u->milenage |= a->algorithm_id == ALGORITHM_MILENAGE;
    u->tuak128 |= a->algorithm_id == ALGORITHM_TUAK && a->key.n == 16;
    u->tuak256 |= a->algorithm_id == ALGORITHM_TUAK && a->key.n == 32;
    u->test |= a->algorithm_id == ALGORITHM_TEST;
}

static void uses_of(const struct profile_model *m, struct uses *u)
{
    for (unsigned i = 0; i < m->nfiles; i++) {
        const struct model_file *f = &m->files[i];

        u->ber_tlv |= f->facts.type == FILE_BT;
        u->df_link |= f->facts.type == FILE_DF && f->facts.link.p;
        if (f->facts.type == FILE_ADF) {
            u->applications[f->naa]++;
            u->mandated[f->naa] += f->element->mandated;
        }
    }
    for (unsigned i = 0; i < m->nelements; i++)
        u->eap |= m->elements[i].table && m->elements[i].table->base == BASE_LAST_ADF;
    for (unsigned i = 0; i < m->nparts; i++) {
        const struct model_part *p = &m->parts[i];

        if (p->element->tag == PE_AKA_PARAMETER)
            uses_of_aka(p, u);
        u->cave |= p->element->tag == PE_CDMA_PARAMETER;
        u->code |= p->element->tag == PE_APPLICATION;
        u->cat_tp |= p->element->tag == PE_SECURITY_DOMAIN && p->security_domain->has_cat_tp;
    }
}

static void check_services(const struct profile_model *m, struct findings *to)
{
    const struct saip_services_list *s = &m->header->services;
    const struct package_element *header = &m->elements[0];
    struct uses u = { 0 };

    uses_of(m, &u);
    /* listed, needed, is a listed service that nothing needs worth a word? */
    const struct {
        const char *name;
        bool listed, needed, needless;
    } rows[] = {
        { "usim", s->usim, u.mandated[NAA_USIM] > 0, !u.applications[NAA_USIM] },
        { "isim", s->isim, u.mandated[NAA_ISIM] > 0, !u.applications[NAA_ISIM] },
        { "csim", s->csim, u.mandated[NAA_CSIM] > 0, !u.applications[NAA_CSIM] },
        { "multiple-usim", s->multiple_usim, u.mandated[NAA_USIM] > 1,
          u.applications[NAA_USIM] < 2 },
        { "multiple-isim", s->multiple_isim, u.mandated[NAA_ISIM] > 1,
          u.applications[NAA_ISIM] < 2 },
        { "multiple-csim", s->multiple_csim, u.mandated[NAA_CSIM] > 1,
          u.applications[NAA_CSIM] < 2 },
        { "milenage", s->milenage, u.milenage, !u.milenage },
        { "tuak128", s->tuak128, u.tuak128, !u.tuak128 },
        { "tuak256", s->tuak256, u.tuak256, !u.tuak256 },
        { "usim-test-algorithm", s->usim_test_algorithm, u.test, !u.test },
        { "cave", s->cave, false, !u.cave },
        { "eap", s->eap, u.eap, !u.eap },
        { "ber-tlv", s->ber_tlv, u.ber_tlv, !u.ber_tlv },
        { "dfLink", s->df_link, u.df_link, !u.df_link },
        { "cat-tp", s->cat_tp, u.cat_tp, !u.cat_tp },
        { "javacard", s->javacard, false, !u.code },
        { "multos", s->multos, false, !u.code },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char field[80] = "eUICC-Mandatory-services.";

        strcat(field, rows[i].name);
        if (rows[i].needed && !rows[i].listed)
            bad(to, header, field, "is needed, but not listed");
        if (rows[i].listed && rows[i].needless)
            finding_add(to, FINDING_WARNING, header, field, "is listed, but nothing needs it");
    }
    if ((s->get_identity || s->profile_a_x25519 || s->profile_b_p256) &&
        !u.applications[NAA_USIM] && !u.applications[NAA_ISIM])
        bad(to, header, "eUICC-Mandatory-services.get-identity", "needs a USIM or ISIM");
}

static void check_version(const struct profile_model *m, struct findings *to)
{
    int64_t major = m->header->major_version, minor = m->header->minor_version;

    if (major < 1 || major > 3)
        finding_add(to, FINDING_ERROR, &m->elements[0], "major-version",
                    "version %d of the format is not known", (int)major);
    else if (major == 3 && minor > 3)
        finding_add(to, FINDING_WARNING, &m->elements[0], "minor-version",
                    "3.%d is newer than what is checked here", (int)minor);
}

void check_package(const struct profile_model *m, struct findings *to)
{
    check_frame(m, to);
    check_identifications(m, to);
    if (!m->header)
        return;
    check_version(m, to);
    check_templates(m, to);
    check_services(m, to);
}

enum err profile_check(struct arena *arena, slice package, struct findings *findings,
                       struct profile_model **out)
{
    struct profile_model *m;
    enum err e = model_build(arena, package, findings, &m);

    if (e)
        return e;
    check_package(m, findings);
    check_files(m, findings);
    check_content(m, findings);
    check_secrets(m, findings);
    check_applications(m, findings);
    if (out)
        *out = m;
    return E_OK;
}
