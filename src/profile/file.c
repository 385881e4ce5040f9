#include "profile/file.h"

/* Files whose octets are addressed by READ BINARY: 15 bits of offset. */
#define BODY_MAX    0x7FFFu
#define RECORDS_MAX 254u
#define BER_MAX     0xFFFFFFu

static uint32_t number(slice s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n = n << 8 | s.p[i];
    return n;
}

static enum err descriptor(slice d, struct file_facts *f)
{
    uint8_t type = d.p[0] & 0xBF; /* without the bit "shareable" */

    f->type = type == 0x01                               ? FILE_TR
              : type == 0x02                             ? FILE_LF
              : type == 0x06                             ? FILE_CY
              : type == 0x39                             ? FILE_BT
              : type == 0x38 && saip_type_is_df(f->type) ? f->type
              : type == 0x38                             ? FILE_DF
                                                         : FILE_ANY;
    if (f->type == FILE_ANY)
        return E_RANGE;
    if (f->row && saip_type_is_df(f->row->type) != saip_type_is_df(f->type))
        return E_REFUSED; /* a template's directory stays one */
    if (d.n == 3)
        return E_SIZE;
    if (!saip_type_has_records(f->type))
        f->record_len = 0;
    if (d.n == 4)
        f->record_len = (uint16_t)(d.p[2] << 8 | d.p[3]);
    return E_OK;
}

static enum err access_rule(slice rule, uint16_t implicit, struct file_facts *f)
{
    if (rule.n == 2)
        return E_SIZE;
    f->arr_fid = rule.n == 1 ? implicit : (uint16_t)(rule.p[0] << 8 | rule.p[1]);
    f->arr_record = rule.p[rule.n - 1];
    return f->arr_record ? E_OK : E_RANGE;
}

static enum err short_id(slice sfi, struct file_facts *f)
{
    f->sfi = sfi.n ? sfi.p[0] >> 3 : 0;
    return sfi.n && sfi.p[0] & 7 ? E_RANGE : E_OK;
}

static void from_row(const struct saip_file *row, uint16_t implicit, struct file_facts *f)
{
    f->type = row->type;
    f->fid = row->fid;
    f->sfi = row->sfi;
    f->arr_fid = row->arr ? implicit : 0;
    f->arr_record = row->arr;
    f->hot = (row->flags & FILE_HOT) != 0;
    f->record_len = saip_type_has_records(row->type) ? row->len : 0;
}

/* Fields of ProprietaryInfo. */
static enum err proprietary(const struct saip_proprietary_info *p, struct file_facts *f,
                            const char **field)
{
    if (p->special_file_information.p) {
        f->special = p->special_file_information.p[0];
        f->hot = f->special & 0x80;
    }
    *field = "proprietaryEFInfo.repeatPattern";
    if (p->fill_pattern.p && p->repeat_pattern.p)
        return E_REFUSED;
    f->pattern = p->fill_pattern.p ? p->fill_pattern : p->repeat_pattern;
    f->fill_kind = p->fill_pattern.p ? FILL_PAT : FILL_REP;
    f->file_details = p->file_details.p ? p->file_details.p[0] : 1;
    *field = "proprietaryEFInfo.maximumFileSize";
    f->max_size = number(p->maximum_file_size);
    return f->max_size > BER_MAX ? E_LIMIT : E_OK;
}

static enum err from_fcp(const struct saip_fcp *fcp, uint16_t implicit, struct file_facts *f,
                         const char **field)
{
    enum err e = E_OK;

    *field = "fileDescriptor";
    if (fcp->file_descriptor.p)
        e = descriptor(fcp->file_descriptor, f);
    if (e)
        return e;
    if (fcp->file_id.p)
        f->fid = (uint16_t)number(fcp->file_id);
    f->df_name = fcp->df_name;
    f->pins = fcp->pin_status_template;
    if (fcp->lcsi.p)
        f->lcsi = fcp->lcsi.p[0];
    if (fcp->link_path.n)
        f->link = fcp->link_path;
    *field = "securityAttributesReferenced";
    if (fcp->security_attributes.p)
        e = access_rule(fcp->security_attributes, implicit, f);
    if (e)
        return e;
    *field = "shortEFID";
    if (fcp->short_ef_id.p)
        e = short_id(fcp->short_ef_id, f);
    if (e || !fcp->has_proprietary)
        return e;
    return proprietary(&fcp->proprietary, f, field);
}

/* Size and records from efFileSize, else from the template. */
static enum err measure(const struct saip_fcp *fcp, struct file_facts *f, const char **field)
{
    const struct saip_file *row = f->row;
    bool given = fcp && fcp->ef_file_size.p;

    *field = "fileDescriptor";
    if (saip_type_has_records(f->type) && !f->link.p && (!f->record_len || f->record_len > 255))
        return f->record_len ? E_RANGE : E_MISSING;
    *field = "efFileSize";
    if (f->link.p)
        return given ? E_REFUSED : E_OK;
    if (given)
        f->size = number(fcp->ef_file_size);
    else if (row && saip_type_has_records(f->type))
        f->size = (uint32_t)row->nrec * f->record_len;
    else if (row && f->type == FILE_TR)
        f->size = row->len;
    if (f->type == FILE_BT)
        return f->size > BER_MAX ? E_LIMIT : E_OK;
    if (!f->size)
        return E_MISSING;
    if (!saip_type_has_records(f->type))
        return f->size > BODY_MAX ? E_RANGE : E_OK;
    f->records = f->size / f->record_len;
    return f->size % f->record_len || f->records > RECORDS_MAX ? E_RANGE : E_OK;
}

static enum err check_df(const struct saip_fcp *fcp, const struct file_facts *f, const char **field)
{
    if (!fcp)
        return E_OK;
    *field = "efFileSize";
    if (fcp->ef_file_size.p)
        return E_REFUSED;
    *field = "shortEFID";
    if (fcp->short_ef_id.n)
        return E_REFUSED;
    *field = "linkPath";
    return f->type != FILE_DF && f->link.p ? E_REFUSED : E_OK;
}

static enum err check_ef(const struct saip_fcp *fcp, struct file_facts *f, const char **field)
{
    *field = "dfName";
    if (f->df_name.p)
        return E_REFUSED;
    *field = "pinStatusTemplateDO";
    if (f->pins.p)
        return E_REFUSED;
    *field = "proprietaryEFInfo.fillPattern";
    if (f->link.p && f->pattern.p)
        return E_REFUSED;
    return measure(fcp, f, field);
}

enum err file_resolve(const struct saip_file *row, const struct saip_fcp *fcp, uint16_t arr_fid,
                      struct file_facts *out, const char **field)
{
    const char *ignored;
    enum err e = E_OK;

    if (!field)
        field = &ignored;
    *field = "fileDescriptor";
    *out = (struct file_facts){ .row = row, .lcsi = 5, .file_details = 1 };
    if (row)
        from_row(row, arr_fid, out);
    if (fcp)
        e = from_fcp(fcp, arr_fid, out, field);
    if (e)
        return e;
    *field = "fileDescriptor";
    if (out->type == FILE_ANY)
        return E_MISSING;
    *field = "fileID";
    if (!out->fid)
        return E_MISSING;
    if (!row && !saip_type_is_df(out->type) && !(fcp && fcp->short_ef_id.p))
        out->sfi = out->fid & 0x1F;
    if (out->sfi == 0x1F)
        out->sfi = 0; /* not a short file identifier (TS 102 221 13.3) */
    return saip_type_is_df(out->type) ? check_df(fcp, out, field) : check_ef(fcp, out, field);
}

uint16_t file_implicit_arr(uint8_t type, bool parent_is_mf)
{
    return type == FILE_MF || type == FILE_ADF || parent_is_mf ? FID_ARR_MF : FID_ARR_DF;
}

void file_default_body(const struct file_facts *f, uint8_t *out)
{
    uint32_t unit = f->record_len ? f->record_len : f->size;

    memset(out, 0xFF, f->size);
    for (uint32_t at = 0; unit && at + unit <= f->size; at += unit) {
        if (f->pattern.p)
            saip_pattern_fill((enum saip_fill)f->fill_kind, f->pattern, out + at, unit);
        else if (f->row)
            saip_file_fill(f->row, out + at, unit);
    }
}

enum err file_fill_skip(struct file_filler *f, int64_t octets)
{
    if (octets < 0 || octets > f->size - f->at)
        return E_RANGE;
    f->at += (uint32_t)octets;
    return E_OK;
}

enum err file_fill_put(struct file_filler *f, slice content)
{
    if (content.n > f->size - f->at)
        return E_RANGE;
    if (content.n)
        memcpy(f->body + f->at, content.p, content.n);
    f->at += (uint32_t)content.n;
    return E_OK;
}
