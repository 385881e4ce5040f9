#include "euicc/file_plan.h"

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* ---- from the template ---- */

static const enum node_type node_types[] = {
    [FILE_ANY] = 0,          [FILE_TR] = NODE_TRANSPARENT, [FILE_LF] = NODE_LINEAR,
    [FILE_CY] = NODE_CYCLIC, [FILE_BT] = NODE_BER_TLV,     [FILE_DF] = NODE_DF,
    [FILE_ADF] = NODE_ADF,   [FILE_MF] = NODE_MF
};

struct file_plan file_plan_of_row(const struct saip_file *row)
{
    struct file_plan p = { .row = row };

    p.node = (struct node){ .fid = row->fid,
                            .type = node_types[row->type],
                            .sfi = row->sfi,
                            .arr_record = row->arr,
                            .lcs = LCS_ACTIVATED,
                            .special = row->flags & FILE_HOT ? SPECIAL_HIGH_UPDATE : 0,
                            .details = row->type == FILE_BT };
    if (saip_type_has_records(row->type)) {
        p.node.record_octets = (uint8_t)row->len;
        p.records = row->nrec;
    } else if (row->len) {
        p.octets = row->len;
        p.sized = true;
    }
    return p;
}

/* ---- from the Fcp ---- */

static bool apply_descriptor(struct file_plan *p, slice d)
{
    switch (d.p[0] & 0x3F) {
    case 0x01:
        p->node.type = NODE_TRANSPARENT;
        break;
    case 0x02:
        p->node.type = NODE_LINEAR;
        break;
    case 0x06:
        p->node.type = NODE_CYCLIC;
        break;
    case 0x39:
        p->node.type = NODE_BER_TLV;
        break;
    case 0x38: /* the template says which kind of directory */
        if (!node_is_dir(&p->node))
            p->node.type = NODE_DF;
        break;
    default:
        return false;
    }
    p->node.exclusive = !node_is_dir(&p->node) && !(d.p[0] & 0x40);
    if (d.n == 4) {
        if (get16(d.p + 2) == 0 || get16(d.p + 2) > FILE_RECORD_MAX)
            return false;
        p->node.record_octets = d.p[3];
    }
    return true;
}

static uint32_t number(slice s)
{
    uint32_t v = 0;

    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

static void apply_rule(struct file_plan *p, slice s)
{
    if (s.n == 3)
        p->node.arr_fid = get16(s.p);
    if (s.n == 1 || s.n == 3)
        p->node.arr_record = s.p[s.n - 1];
}

static void apply_proprietary(struct file_plan *p, const struct saip_proprietary_info *info)
{
    if (info->special_file_information.p)
        p->node.special = info->special_file_information.p[0];
    if (info->file_details.p)
        p->node.details = info->file_details.p[0];
    if (info->maximum_file_size.p)
        p->node.max_octets = number(info->maximum_file_size);
    p->pattern = info->fill_pattern.p ? info->fill_pattern : info->repeat_pattern;
    if (p->pattern.p)
        p->fill = info->fill_pattern.p ? FILL_PAT : FILL_REP;
}

static void apply_sfi(struct file_plan *p, slice s)
{
    if (s.p)
        p->node.sfi = s.n ? s.p[0] >> 3 : 0;
    else if (!p->row && !node_is_dir(&p->node)) /* SAIP 8.3.3: from the FID */
        p->node.sfi = (p->node.fid & 0x1F) == 0x1F ? 0 : p->node.fid & 0x1F;
}

bool file_plan_apply(struct file_plan *p, const struct saip_fcp *fcp)
{
    if (fcp->file_descriptor.p && !apply_descriptor(p, fcp->file_descriptor))
        return false;
    if (fcp->file_id.p)
        p->node.fid = get16(fcp->file_id.p);
    if (fcp->df_name.p) {
        p->node.aid = fcp->df_name;
        if (p->node.type == NODE_DF)
            p->node.type = NODE_ADF;
    }
    if (fcp->lcsi.p)
        p->node.lcs = fcp->lcsi.p[0];
    if (fcp->security_attributes.p)
        apply_rule(p, fcp->security_attributes);
    if (fcp->pin_status_template.p)
        p->node.pins = fcp->pin_status_template;
    if (fcp->has_proprietary)
        apply_proprietary(p, &fcp->proprietary);
    if (fcp->ef_file_size.p) {
        p->octets = number(fcp->ef_file_size);
        p->sized = true;
    }
    if (fcp->link_path.n) {
        p->node.link = true;
        p->node.body = fcp->link_path;
    }
    apply_sfi(p, fcp->short_ef_id);
    return true;
}

/* ---- checks ---- */

bool file_plan_settle(struct file_plan *p)
{
    struct node *node = &p->node;

    if (node->link)
        return true;
    if (node->type == NODE_BER_TLV) {
        if (node->max_octets == 0)
            node->max_octets = p->octets;
        return node->max_octets > 0;
    }
    if (node->type == NODE_TRANSPARENT) {
        node->record_octets = 0;
        return p->sized && p->octets <= FILE_OCTETS_MAX;
    }
    if (node->type != NODE_LINEAR && node->type != NODE_CYCLIC)
        return false;
    if (!p->sized)
        p->octets = (uint32_t)p->records * node->record_octets;
    return node->record_octets && p->octets && p->octets % node->record_octets == 0 &&
           p->octets / node->record_octets <= FILE_RECORDS_MAX;
}

bool file_fid_reserved(uint16_t fid)
{
    return fid == 0 || fid == FID_MF || fid == 0x3FFF || fid == FID_ADF || fid == 0xFFFF;
}

void file_plan_expand(const struct file_plan *p, uint8_t *body)
{
    uint32_t n = p->node.record_octets ? p->node.record_octets : p->octets;

    for (uint32_t at = 0; n && at < p->octets; at += n) {
        if (p->pattern.p)
            saip_pattern_fill(p->fill, p->pattern, body + at, n);
        else if (p->row)
            saip_file_fill(p->row, body + at, n);
        else
            memset(body + at, 0xFF, n);
    }
}
