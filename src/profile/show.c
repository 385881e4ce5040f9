#include "profile/show.h"

#include "base/text.h"
#include "profile/emit.h"
#include "profile/size.h"

#include <stdio.h>

struct show {
    struct emit e;
    const struct profile_model *m;
    const struct show_options *how;
};

static void show_secret(struct show *s, const char *name, slice value)
{
    char text[32];

    if (s->how->secrets) {
        emit_hex(&s->e, name, value);
        return;
    }
    snprintf(text, sizeof text, "(%zu octets)", value.n);
    emit_str(&s->e, name, text);
}

static void show_number(struct show *s, const char *name, unsigned value, int digits)
{
    char text[12];

    snprintf(text, sizeof text, "%0*X", digits, value);
    emit_str(&s->e, name, text);
}

static void show_path(struct show *s, const char *name, int file)
{
    char path[48];

    if (file >= 0)
        emit_str(&s->e, name, model_path(s->m, file, path, sizeof path));
}

/* ---- header and elements ---- */

static void show_header(struct show *s)
{
    const struct saip_header *h = s->m->header;
    slice rest;
    char version[16], oid[64];

    if (!h)
        return;
    emit_object(&s->e, "header");
    snprintf(version, sizeof version, "%d.%d", (int)h->major_version, (int)h->minor_version);
    emit_str(&s->e, "version", version);
    if (h->profile_type.p)
        emit_text(&s->e, "profileType", h->profile_type);
    emit_hex(&s->e, "iccid", h->iccid);
    emit_list(&s->e, "services");
    for (size_t i = 0; i < SAIP_SERVICES; i++) {
        bool listed;

        memcpy(&listed, (const uint8_t *)&h->services + saip_services[i].offset, sizeof listed);
        if (listed)
            emit_str(&s->e, NULL, saip_services[i].name);
    }
    emit_close(&s->e);
    emit_list(&s->e, "templates");
    rest = h->gfste_list;
    for (slice id; schema_next(&T_saip_oid, &rest, &id);)
        emit_str(&s->e, NULL, der_oid_to_text(id, oid, sizeof oid) ? "?" : oid);
    emit_close(&s->e);
    emit_close(&s->e);
}

static void show_elements(struct show *s)
{
    emit_array(&s->e, "elements");
    for (unsigned i = 0; i < s->m->nelements; i++) {
        const struct package_element *x = &s->m->elements[i];
        char oid[64];

        emit_line(&s->e, NULL);
        if (x->name)
            emit_str(&s->e, "name", x->name);
        else
            show_number(s, "tag", x->tag, 2);
        if (x->has_header)
            emit_int(&s->e, "identification", x->id);
        if (x->has_header)
            emit_bool(&s->e, "mandated", x->mandated);
        if (x->template_id.p && !der_oid_to_text(x->template_id, oid, sizeof oid))
            emit_str(&s->e, "template", oid);
        emit_int(&s->e, "octets", (int64_t)x->whole.n);
        emit_close(&s->e);
    }
    emit_close(&s->e);
}

/* ---- files ---- */

static const char *type_name(uint8_t type)
{
    static const char *const names[] = { "?",       "transparent", "linear fixed", "cyclic",
                                         "BER-TLV", "DF",          "ADF",          "MF" };

    return type < COUNT(names) ? names[type] : "?";
}

static bool all_ff(slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0xFF)
            return false;
    return true;
}

/* What the well-known files say, in words. */
static void show_meaning(struct show *s, const struct model_file *f)
{
    char digits[ICCID_DIGITS + 1], imsi[17];
    slice b = f->body;
    unsigned n = 0;

    if (f->facts.fid == 0x2FE2 && b.n == ICCID_LEN && !iccid_to_digits(b, digits))
        emit_str(&s->e, "iccid", digits);
    if (f->facts.fid != 0x6F07 || f->facts.type != FILE_TR || b.n < 9 || b.p[0] > 8 ||
        f->parent < 0 || s->m->files[f->parent].naa != NAA_USIM)
        return;
    for (unsigned i = 1; i <= b.p[0]; i++) {
        if (i > 1)
            imsi[n++] = (char)('0' + (b.p[i] & 0x0F));
        if (b.p[i] >> 4 != 0x0F)
            imsi[n++] = (char)('0' + (b.p[i] >> 4));
    }
    imsi[n] = '\0';
    if (strspn(imsi, "0123456789") == n)
        emit_str(&s->e, "imsi", imsi);
}

static void show_body(struct show *s, const struct model_file *f)
{
    slice b = f->body;
    uint32_t used = 0;

    if (s->how->content) {
        emit_hex(&s->e, "content", b);
        return;
    }
    for (uint32_t i = 0; i < f->facts.records; i++)
        used += !all_ff(
            slice_head(slice_skip(b, (size_t)i * f->facts.record_len), f->facts.record_len));
    if (f->facts.records)
        emit_int(&s->e, "used", used);
    else if (all_ff(b))
        emit_str(&s->e, "content", b.n ? "all FF" : "empty");
    else
        emit_hex(&s->e, b.n > 16 ? "begins" : "content", slice_head(b, 16));
}

static void show_shape(struct show *s, const struct file_facts *f)
{
    emit_str(&s->e, "type", type_name(f->type));
    if (f->records) {
        emit_int(&s->e, "records", f->records);
        emit_int(&s->e, "length", f->record_len);
    } else if (f->size) {
        emit_int(&s->e, "size", f->size);
    }
    if (f->sfi)
        show_number(s, "sfi", f->sfi, 2);
}

static void show_file(struct show *s, int i)
{
    const struct model_file *f = &s->m->files[i];
    char rule[16];

    emit_line(&s->e, NULL);
    show_path(s, "path", i);
    if (f->facts.row)
        emit_str(&s->e, "name", f->field);
    show_shape(s, &f->facts);
    if (f->facts.arr_fid) {
        snprintf(rule, sizeof rule, "%04X/%u", f->facts.arr_fid, f->facts.arr_record);
        emit_str(&s->e, "rule", rule);
    }
    if (f->facts.lcsi != 5)
        show_number(s, "lcsi", f->facts.lcsi, 2);
    if (f->facts.df_name.p)
        emit_hex(&s->e, "aid", f->facts.df_name);
    if (f->facts.pins.p)
        emit_hex(&s->e, "pins", f->facts.pins);
    if (f->facts.link.p)
        emit_hex(&s->e, "link", f->facts.link);
    if (f->body.p) {
        show_meaning(s, f);
        show_body(s, f);
    }
    emit_close(&s->e);
}

/* A directory, then what is in it. The walk needs no more stack than paths are deep. */
static void show_tree(struct show *s, int directory, unsigned depth)
{
    show_file(s, directory);
    for (unsigned i = 0; i < s->m->nfiles && depth < 12; i++) {
        if (s->m->files[i].parent != directory)
            continue;
        if (saip_type_is_df(s->m->files[i].facts.type))
            show_tree(s, (int)i, depth + 1);
        else
            show_file(s, (int)i);
    }
}

static void show_files(struct show *s)
{
    emit_array(&s->e, "files");
    for (unsigned i = 0; i < s->m->nfiles; i++)
        if (s->m->files[i].parent < 0)
            show_tree(s, (int)i, 0);
    emit_close(&s->e);
}

/* ---- PINs and authentication ---- */

static void show_tries(struct show *s, int64_t tries)
{
    emit_int(&s->e, "max", tries >> 4);
    emit_int(&s->e, "left", tries & 15);
}

static void show_reference(struct show *s, const char *name, const struct value_name *names,
                           int64_t value)
{
    const char *known = value_name(names, value);

    if (known)
        emit_str(&s->e, name, known);
    else
        emit_int(&s->e, name, value);
}

static void show_puk(struct show *s, const struct model_part *p)
{
    struct saip_puk_configuration puk;
    slice rest = p->puk_codes->puk_codes;

    while (schema_next(&T_saip_puk_configuration, &rest, &puk)) {
        emit_line(&s->e, NULL);
        show_reference(s, "puk", saip_puk_names, puk.key_reference);
        show_secret(s, "value", puk.puk_value);
        show_tries(s, puk.tries);
        emit_close(&s->e);
    }
}

static void show_pins(struct show *s, const struct model_part *p)
{
    const struct saip_pin_codes_choice *c = &p->pin_codes->pin_codes;
    struct saip_pin_configuration pin;
    slice rest = c->pinconfig;

    if (c->which == saip_pin_codes_choice_is_file_path) {
        emit_line(&s->e, NULL);
        show_path(s, "in", p->directory);
        emit_hex(&s->e, "as in", c->file_path);
        emit_close(&s->e);
        return;
    }
    while (schema_next(&T_saip_pin_configuration, &rest, &pin)) {
        emit_line(&s->e, NULL);
        show_reference(s, "pin", saip_pin_names, pin.key_reference);
        show_path(s, "in", p->directory);
        show_secret(s, "value", pin.pin_value);
        if (pin.has_unblocking)
            show_reference(s, "unblockedBy", saip_puk_names, pin.unblocking);
        emit_bool(&s->e, "enabled", pin.attributes & 1);
        show_tries(s, pin.tries);
        emit_close(&s->e);
    }
}

static void show_aka(struct show *s, const struct model_part *p)
{
    const struct saip_algo_configuration *c = &p->aka->configuration;

    emit_line(&s->e, NULL);
    show_path(s, "in", p->directory);
    if (c->which == saip_algo_configuration_is_mapping) {
        emit_hex(&s->e, "mappedTo", c->mapping.source);
        emit_close(&s->e);
        return;
    }
    show_reference(s, "algorithm", saip_algorithm_names, c->algo.algorithm_id);
    emit_hex(&s->e, "options", c->algo.algorithm_options);
    show_secret(s, "key", c->algo.key);
    show_secret(s, "opc", c->algo.opc);
    emit_close(&s->e);
}

static void show_cdma(struct show *s, const struct model_part *p)
{
    emit_line(&s->e, NULL);
    show_path(s, "in", p->directory);
    emit_str(&s->e, "algorithm", "cave");
    show_secret(s, "key", p->cdma->authentication_key);
    emit_close(&s->e);
}

/* ---- security domains and applications ---- */

static void show_keys(struct show *s, slice list)
{
    struct saip_key_object key;
    struct saip_key_component part;

    emit_array(&s->e, "keys");
    while (schema_next(&T_saip_key_object, &list, &key)) {
        slice parts = key.components;

        emit_line(&s->e, NULL);
        emit_hex(&s->e, "version", key.version);
        emit_hex(&s->e, "identifier", key.identifier);
        emit_hex(&s->e, "usage", key.usage_qualifier);
        while (schema_next(&T_saip_key_component, &parts, &part)) {
            emit_hex(&s->e, "type", part.key_type);
            show_secret(s, "value", part.key_data);
        }
        emit_close(&s->e);
    }
    emit_close(&s->e);
}

static void show_instance(struct show *s, const struct saip_instance *a)
{
    emit_hex(&s->e, "aid", a->instance_aid);
    emit_hex(&s->e, "class", a->class_aid);
    emit_hex(&s->e, "privileges", a->privileges);
    emit_hex(&s->e, "parameters", a->specific);
    if (a->has_parameters && a->parameters.toolkit.p)
        emit_hex(&s->e, "toolkit", a->parameters.toolkit);
}

static void show_sd(struct show *s, const struct model_part *p)
{
    emit_object(&s->e, NULL);
    show_instance(s, &p->security_domain->instance);
    show_keys(s, p->security_domain->key_list);
    emit_close(&s->e);
}

static void show_rfm(struct show *s, const struct model_part *p)
{
    slice rest = p->rfm->tar_list, tar;

    emit_line(&s->e, NULL);
    emit_hex(&s->e, "aid", p->rfm->instance_aid);
    emit_list(&s->e, "tar");
    while (schema_next(&T_saip_tar, &rest, &tar))
        emit_hex(&s->e, NULL, tar);
    emit_close(&s->e);
    emit_hex(&s->e, "minimumSecurityLevel", p->rfm->security_level);
    emit_hex(&s->e, "access", p->rfm->access);
    if (p->rfm->has_adf)
        emit_hex(&s->e, "adf", p->rfm->adf.adf_aid);
    emit_close(&s->e);
}

static void show_application(struct show *s, const struct model_part *p)
{
    slice rest = p->application->instances;
    struct saip_instance a;

    if (p->application->has_load_block) {
        emit_line(&s->e, NULL);
        emit_hex(&s->e, "package", p->application->load_block.load_package_aid);
        emit_int(&s->e, "octets", (int64_t)p->application->load_block.load_block.n);
        emit_close(&s->e);
    }
    while (schema_next(&T_saip_instance, &rest, &a)) {
        emit_line(&s->e, NULL);
        show_instance(s, &a);
        emit_close(&s->e);
    }
}

/* One array of what all elements of a tag hold; nothing when there are none. */
static void show_all(struct show *s, const char *name, uint32_t tag,
                     void (*one)(struct show *s, const struct model_part *p))
{
    bool any = false;

    for (unsigned i = 0; i < s->m->nparts; i++) {
        if (s->m->parts[i].element->tag != tag)
            continue;
        if (!any)
            emit_array(&s->e, name);
        any = true;
        one(s, &s->m->parts[i]);
    }
    if (any)
        emit_close(&s->e);
}

static void show_totals(struct show *s)
{
    struct profile_size size = profile_size(s->m);

    emit_line(&s->e, "size");
    emit_int(&s->e, "package", (int64_t)s->m->package.n);
    emit_int(&s->e, "elements", s->m->nelements);
    emit_int(&s->e, "directories", size.directories);
    emit_int(&s->e, "files", size.files);
    emit_int(&s->e, "links", size.links);
    emit_int(&s->e, "content", (int64_t)size.content);
    emit_int(&s->e, "installed", (int64_t)size.installed);
    emit_close(&s->e);
}

void profile_show(const struct profile_model *m, const struct show_options *how,
                  const struct text_sink *to)
{
    struct show s = { { .to = to, .json = how->json }, m, how };

    emit_object(&s.e, NULL);
    show_header(&s);
    show_elements(&s);
    show_files(&s);
    show_all(&s, "puks", PE_PUK_CODES, show_puk);
    show_all(&s, "pins", PE_PIN_CODES, show_pins);
    show_all(&s, "authentication", PE_AKA_PARAMETER, show_aka);
    show_all(&s, "cdma", PE_CDMA_PARAMETER, show_cdma);
    show_all(&s, "securityDomains", PE_SECURITY_DOMAIN, show_sd);
    show_all(&s, "rfm", PE_RFM, show_rfm);
    show_all(&s, "applications", PE_APPLICATION, show_application);
    show_totals(&s);
    emit_close(&s.e);
    if (how->json)
        to->put(to->ctx, "\n", 1);
}

void finding_show_json(const struct finding *f, const struct text_sink *to)
{
    struct emit e = { .to = to, .json = true };

    emit_object(&e, NULL);
    emit_str(&e, "level", f->level == FINDING_ERROR ? "error" : "warning");
    if (f->element) {
        emit_int(&e, "element", f->element->index);
        if (f->element->name)
            emit_str(&e, "name", f->element->name);
        if (f->element->id >= 0)
            emit_int(&e, "identification", f->element->id);
    }
    emit_str(&e, "field", f->field);
    emit_str(&e, "text", f->text);
    emit_close(&e);
}
