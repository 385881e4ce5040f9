#include "profile/package.h"

#include "base/secret.h"

static void read_pe_header(struct package_element *e, struct der_reader *r)
{
    struct tlv first = der_maybe(r, 0xA0);
    struct saip_leading_header header;

    e->id = -1;
    if (e->tag == PE_HEADER || !first.tag ||
        schema_decode(&T_saip_leading_header, first.whole, &header, NULL))
        return;
    e->has_header = true;
    e->mandated = header.mandated;
    e->id = (int32_t)header.identification;
}

static void describe(struct package_element *e)
{
    struct der_reader r = der_reader(e->value);

    e->name = saip_pe_name(e->tag);
    read_pe_header(e, &r);
    e->file_system = saip_template_by_pe(e->tag) != NULL;
    if (!e->file_system)
        return;
    e->template_id = der_maybe(&r, 0x81).value;
    e->table = saip_template_by_oid(e->template_id);
    if (e->table && e->table->pe_tag != e->tag)
        e->table = NULL;
}

bool package_next(struct package_reader *r, struct package_element *out)
{
    const uint8_t *at = r->in.in.p;
    struct tlv t;

    if (!der_more(&r->in))
        return false;
    t = der_take(&r->in);
    if (r->in.err)
        return false;
    *out = (struct package_element){ .tag = t.tag,
                                     .whole = t.whole,
                                     .value = t.value,
                                     .at = (size_t)(at - r->start),
                                     .index = r->index++ };
    describe(out);
    return true;
}

enum err package_element(slice whole, struct package_element *out)
{
    struct package_reader r = package_reader(whole);

    if (!package_next(&r, out))
        return r.in.err ? r.in.err : E_TRUNCATED;
    return der_end(&r.in);
}

const struct saip_template *element_template(const struct package_element *e)
{
    return e->table ? e->table : saip_template_by_pe(e->tag);
}

enum err element_files(const struct package_element *e, struct saip_file_pe *out, struct fault *f)
{
    struct saip_file_pe_type type;

    if (!e->file_system)
        return E_UNSUPPORTED;
    saip_file_pe_type(element_template(e), &type);
    return schema_decode(&type.type, e->whole, out, f);
}

enum err element_check(const struct package_element *e, struct fault *f)
{
    const struct type *t = saip_pe_type(e->tag);

    if (e->file_system)
        return element_files(e, NULL, f);
    return t ? schema_check(t, e->whole, f) : E_UNSUPPORTED;
}

union any_element {
    struct saip_header header;
    struct saip_gfm gfm;
    struct saip_pin_codes pin_codes;
    struct saip_puk_codes puk_codes;
    struct saip_aka_parameter aka;
    struct saip_cdma_parameter cdma;
    struct saip_security_domain security_domain;
    struct saip_rfm rfm;
    struct saip_application application;
    struct saip_non_standard non_standard;
    struct saip_end end;
    struct saip_file_pe files;
};

enum err element_encode(const struct package_element *e, struct der_writer *w)
{
    const struct type *t = saip_pe_type(e->tag);
    struct saip_file_pe_type files;
    union any_element value;
    enum err err;

    if (e->file_system) {
        saip_file_pe_type(element_template(e), &files);
        t = &files.type;
    }
    if (!t)
        return E_UNSUPPORTED;
    err = schema_decode(t, e->whole, &value, NULL);
    if (!err)
        err = schema_write(t, &value, DIALECT_BASE, w, NULL);
    wipe(&value, sizeof value);
    return err;
}
