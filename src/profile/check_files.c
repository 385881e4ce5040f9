/* Files: directories, links, access rules, short identifiers; and the content that must agree. */
#include "profile/check.h"

#include "base/text.h"

#include <stdio.h>

static void note(struct findings *to, enum finding_level level, const struct profile_model *m,
                 int file, const char *part, const char *text)
{
    const struct model_file *f = &m->files[file];
    char field[160], path[48];

    snprintf(field, sizeof field, "%s (%s)%s%s", f->field, model_path(m, file, path, sizeof path),
             part ? "." : "", part ? part : "");
    finding_add(to, level, f->element, field, "%s", text);
}

/* ---- directories ---- */

static void check_directory(const struct profile_model *m, int d, struct findings *to)
{
    const struct file_facts *f = &m->files[d].facts;
    const struct model_file *file = &m->files[d];

    if (file->nitems)
        note(to, FINDING_ERROR, m, d, "fillFileContent", "a directory has no content");
    if (f->type == FILE_ADF && !f->df_name.p)
        note(to, FINDING_ERROR, m, d, "dfName", "an ADF needs its AID");
    if (f->type == FILE_ADF && f->df_name.p && model_adf(m, f->df_name) != d)
        note(to, FINDING_ERROR, m, d, "dfName", "another ADF has this AID");
    if (f->type != FILE_ADF && f->df_name.p)
        note(to, FINDING_ERROR, m, d, "dfName", "only an ADF has a name");
    if (!f->pins.p && !f->link.p)
        note(to, FINDING_ERROR, m, d, "pinStatusTemplateDO", "is mandatory for a directory");
    for (size_t i = 0; i < f->pins.n; i++) {
        char text[64];

        if (model_has_pin(&m->pins[d], f->pins.p[i]))
            continue;
        snprintf(text, sizeof text, "no PIN has the key reference %02X", f->pins.p[i]);
        note(to, FINDING_WARNING, m, d, "pinStatusTemplateDO", text);
    }
}

/* ---- access rules ---- */

static bool blank(slice record)
{
    for (size_t i = 0; i < record.n; i++)
        if (record.p[i] != 0xFF)
            return false;
    return true;
}

static void check_rule(const struct profile_model *m, int file, struct findings *to)
{
    const struct file_facts *f = &m->files[file].facts;
    bool df = saip_type_is_df(f->type);
    int from = df && f->type != FILE_DF ? file : m->files[file].parent;
    int arr;
    slice body;

    if (!f->arr_fid)
        return;
    arr = f->arr_fid == FID_ARR_MF ? model_resolve(m, SLICE_LIT("\x2F\x06"))
                                   : model_find_above(m, from, f->arr_fid);
    if (arr < 0 && df)
        arr = model_find_above(m, file, f->arr_fid);
    if (arr < 0) {
        note(to, FINDING_ERROR, m, file, "securityAttributesReferenced",
             "the EF.ARR that it names does not exist");
        return;
    }
    while (m->files[arr].facts.link.p && m->files[arr].target >= 0 && m->files[arr].target != arr)
        arr = m->files[arr].target;
    body = model_body(m, arr);
    if (m->files[arr].facts.type != FILE_LF || f->arr_record > m->files[arr].facts.records ||
        blank(slice_head(slice_skip(body, (f->arr_record - 1u) * m->files[arr].facts.record_len),
                         m->files[arr].facts.record_len)))
        note(to, FINDING_WARNING, m, file, "securityAttributesReferenced",
             "EF.ARR has no rule in this record: every access will be refused");
}

/* Rules under the MF serve ADFs as well: there any directory's PIN will do. */
static bool rule_has_pin(const struct profile_model *m, int directory, uint8_t reference)
{
    bool at_mf = m->files[directory].facts.type == FILE_MF;

    return model_has_pin(at_mf ? &m->any : &m->pins[directory], reference);
}

/* Key references of user authentication (A4 { 83 }) in the rules of an EF.ARR. */
static void check_rule_pins(const struct profile_model *m, int arr, slice rule, unsigned depth,
                            struct findings *to)
{
    struct der_reader r = der_reader(rule);

    while (der_more(&r) && r.in.p[0] != 0xFF && r.in.p[0] != 0x00) {
        struct tlv t = der_take(&r);
        char text[80];

        if (r.err) {
            note(to, FINDING_ERROR, m, arr, "fillFileContent", "a rule is not made of elements");
            return;
        }
        if ((t.tag == 0xA0 || t.tag == 0xA4 || t.tag == 0xA7 || t.tag == 0xAF) && depth < 4)
            check_rule_pins(m, arr, t.value, depth + 1, to);
        if (depth == 0 || t.tag != 0x83 || t.value.n != 1 ||
            rule_has_pin(m, m->files[arr].parent, t.value.p[0]))
            continue;
        snprintf(text, sizeof text, "a rule asks for key reference %02X, which is no PIN here",
                 t.value.p[0]);
        note(to, FINDING_WARNING, m, arr, "fillFileContent", text);
    }
}

static void check_arr(const struct profile_model *m, int arr, struct findings *to)
{
    const struct file_facts *f = &m->files[arr].facts;
    slice body = m->files[arr].body;

    for (uint32_t i = 0; body.p && i < f->records; i++)
        check_rule_pins(m, arr, slice_head(slice_skip(body, i * f->record_len), f->record_len), 0,
                        to);
}

/* ---- each file ---- */

static void check_link(const struct profile_model *m, int file, struct findings *to)
{
    const struct model_file *f = &m->files[file];

    if (f->target < 0) {
        note(to, FINDING_ERROR, m, file, "linkPath", "there is no such file");
        return;
    }
    if (f->target == file || !(model_body(m, file).p || saip_type_is_df(f->facts.type) ||
                               m->files[f->target].facts.type == FILE_BT))
        note(to, FINDING_ERROR, m, file, "linkPath", "does not end at a file");
    else if (m->files[f->target].facts.type != f->facts.type)
        note(to, FINDING_WARNING, m, file, "linkPath", "the target is a file of another type");
}

static void check_sfi(const struct profile_model *m, int file, struct findings *to)
{
    const struct model_file *f = &m->files[file];

    for (int i = 0; i < file && f->facts.sfi; i++)
        if (m->files[i].parent == f->parent && m->files[i].facts.sfi == f->facts.sfi &&
            !saip_type_is_df(m->files[i].facts.type)) {
            char text[96], path[48];

            snprintf(text, sizeof text, "short identifier %02X belongs to %s as well", f->facts.sfi,
                     model_path(m, i, path, sizeof path));
            note(to, FINDING_WARNING, m, file, "shortEFID", text);
            return;
        }
}

static void check_do_not_create(const struct profile_model *m, struct findings *to)
{
    struct saip_file_pe pe;

    for (unsigned i = 0; i < m->nelements; i++) {
        const struct package_element *e = &m->elements[i];
        const struct saip_template *t = e->file_system ? element_template(e) : NULL;

        if (!t || element_files(e, &pe, NULL))
            continue;
        for (unsigned k = 0; k < t->nfiles; k++) {
            slice rest = pe.files[k];
            struct saip_file_item item;

            if (!schema_next(&T_saip_file_item, &rest, &item) ||
                item.which != saip_file_item_is_do_not_create)
                continue;
            if (rest.n)
                finding_add(to, FINDING_ERROR, e, t->files[k].name,
                            "doNotCreate does not stand alone");
            if (!t->by_default)
                finding_add(to, FINDING_ERROR, e, t->files[k].name,
                            "doNotCreate has no meaning here: nothing is created by default");
        }
    }
}

static void check_needed_content(const struct profile_model *m, int file, struct findings *to)
{
    const struct model_file *f = &m->files[file];

    if (!f->facts.row || !(f->facts.row->flags & FILE_CONTENT) || f->nitems || f->facts.link.p ||
        f->facts.pattern.p || f->facts.type == FILE_BT)
        return;
    note(to, FINDING_WARNING, m, file, "fillFileContent",
         "the template has no default content, and none is given");
}

void check_files(const struct profile_model *m, struct findings *to)
{
    check_do_not_create(m, to);
    for (int i = 0; i < (int)m->nfiles; i++) {
        const struct file_facts *f = &m->files[i].facts;

        if (saip_type_is_df(f->type))
            check_directory(m, i, to);
        else
            check_sfi(m, i, to);
        if (f->link.p)
            check_link(m, i, to);
        else if (f->fid == FID_ARR_MF || f->fid == FID_ARR_DF)
            check_arr(m, i, to);
        if (f->lcsi != 4 && f->lcsi != 5)
            note(to, FINDING_ERROR, m, i, "lcsi", "is neither activated (05) nor deactivated (04)");
        check_rule(m, i, to);
        check_needed_content(m, i, to);
    }
}

/* ---- content ---- */

static void check_iccid(const struct profile_model *m, struct findings *to)
{
    int file = model_resolve(m, SLICE_LIT("\x2F\xE2"));
    slice ef = model_body(m, file);
    uint8_t swapped[ICCID_LEN];
    char digits[ICCID_DIGITS + 1];
    size_t n;

    if (!m->header)
        return;
    for (unsigned i = 0; i < ICCID_LEN; i++)
        swapped[i] = (uint8_t)(m->header->iccid.p[i] << 4 | m->header->iccid.p[i] >> 4);
    if (ef.p && !slice_eq(slice_head(ef, ICCID_LEN), SLICE_OF(swapped)))
        note(to, FINDING_ERROR, m, file, NULL, "is not the header's iccid");
    if (iccid_to_digits(SLICE_OF(swapped), digits)) {
        finding_add(to, FINDING_ERROR, &m->elements[0], "iccid", "is not made of digits");
        return;
    }
    n = strlen(digits);
    if (n < 18 || luhn_digit(slice_of(digits, n - 1)) != digits[n - 1])
        finding_add(to, FINDING_WARNING, &m->elements[0], "iccid", "the check digit is wrong");
}

static void check_dir(const struct profile_model *m, struct findings *to)
{
    int dir = model_resolve(m, SLICE_LIT("\x2F\x00"));
    slice body = model_body(m, dir);

    for (unsigned i = 0; dir >= 0 && i < m->nfiles; i++) {
        const struct file_facts *f = &m->files[i].facts;
        bool listed = false;

        if (f->type != FILE_ADF || !f->df_name.p)
            continue;
        for (size_t at = 0; !listed && at + f->df_name.n <= body.n; at++)
            listed = !memcmp(body.p + at, f->df_name.p, f->df_name.n);
        if (!listed)
            note(to, FINDING_WARNING, m, dir, "fillFileContent", "does not list every ADF");
    }
}

/* EF.IMSI (TS 31.102 4.2.2): length, then digits, the first nibble being the parity. */
static const char *imsi_fault(slice ef)
{
    unsigned n = ef.n ? ef.p[0] : 0;

    if (n < 2 || n > 8 || ef.n < n + 1u)
        return "the length octet is wrong";
    if ((ef.p[1] & 0x0F) != 0x09 && (ef.p[1] & 0x0F) != 0x01)
        return "the parity nibble is neither 9 nor 1";
    for (unsigned i = 1; i <= n; i++) {
        uint8_t high = ef.p[i] >> 4;
        bool filler = i == n && (ef.p[1] & 0x0F) == 0x01 && high == 0x0F;

        if ((high > 9 && !filler) || (i > 1 && (ef.p[i] & 0x0F) > 9))
            return "is not made of digits";
    }
    return NULL;
}

static void check_usim(const struct profile_model *m, int adf, struct findings *to)
{
    int imsi = model_child(m, adf, 0x6F07), acc = model_child(m, adf, 0x6F78);
    int ad = model_child(m, adf, 0x6FAD);
    slice body = model_body(m, ad);
    const char *fault = imsi < 0 ? NULL : imsi_fault(model_body(m, imsi));

    if (fault)
        note(to, FINDING_ERROR, m, imsi, "fillFileContent", fault);
    if (acc >= 0 && model_body(m, acc).n != 2)
        note(to, FINDING_ERROR, m, acc, "efFileSize", "has to be 2");
    if (ad >= 0 && (body.n < 4 || (body.p[3] != 2 && body.p[3] != 3)))
        note(to, FINDING_WARNING, m, ad, "fillFileContent",
             "the length of the MNC is neither 2 nor 3");
}

void check_content(const struct profile_model *m, struct findings *to)
{
    check_iccid(m, to);
    check_dir(m, to);
    for (int i = 0; i < (int)m->nfiles; i++)
        if (m->files[i].facts.type == FILE_ADF && m->files[i].naa == NAA_USIM)
            check_usim(m, i, to);
}
