#include "euicc/file_fcp.h"

#include "der/der.h"
#include "euicc/pin.h"
#include "euicc/tree.h"

enum { TAG_FCP = 0x62, TAG_PROPRIETARY = 0xA5, TAG_PIN_STATUS = 0xC6 };
enum { TAG_PS_DO = 0x90, TAG_USAGE = 0x95, TAG_KEY = 0x83 };
enum { DATA_CODING = 0x21, SHAREABLE = 0x40 };

/* Where a value goes; false when one is there already or its length is not of the field. */
static bool take(slice *field, slice value, size_t least, size_t most)
{
    if (field->p || value.n < least || value.n > most)
        return false;
    *field = value.n ? value : SLICE_EMPTY;
    return true;
}

/* C6: which keys are enabled, then their references, each perhaps behind its usage qualifier. */
static bool pin_status(slice value, struct file_fcp *out)
{
    struct der_reader r = der_reader(value);
    struct tlv status = der_expect(&r, TAG_PS_DO);

    if (out->fcp.pin_status_template.p)
        return false;
    while (der_more(&r)) {
        struct tlv usage = der_maybe(&r, TAG_USAGE), key = der_expect(&r, TAG_KEY);

        if (r.err || (usage.tag && usage.value.n != 1) || key.value.n != 1 ||
            !pin_reference_valid(key.value.p[0]) || out->key_count == FCP_KEYS_MAX)
            return false;
        out->keys[out->key_count++] = key.value.p[0];
    }
    out->fcp.pin_status_template = slice_of(out->keys, out->key_count);
    return !r.err && status.value.n == (out->key_count + 7u) / 8;
}

static bool proprietary(slice value, struct file_fcp *out)
{
    struct saip_proprietary_info *info = &out->fcp.proprietary;
    struct der_reader r = der_reader(value);
    bool good = !out->fcp.has_proprietary;

    out->fcp.has_proprietary = true;
    while (good && der_more(&r)) {
        struct tlv t = der_take(&r);

        switch (r.err ? 0 : t.tag) {
        case 0xC0:
            good = take(&info->special_file_information, t.value, 1, 1);
            break;
        case 0xC1:
            good = take(&info->fill_pattern, t.value, 1, 200);
            break;
        case 0xC2:
            good = take(&info->repeat_pattern, t.value, 1, 200);
            break;
        case 0x84:
            good = take(&info->file_details, t.value, 1, 1);
            break;
        case 0x86:
            good = take(&info->maximum_file_size, t.value, 1, 4);
            break;
        default:
            good = false;
        }
    }
    return good && !(info->fill_pattern.p && info->repeat_pattern.p);
}

static bool field(const struct tlv *t, struct file_fcp *out)
{
    switch (t->tag) {
    case 0x82:
        return take(&out->fcp.file_descriptor, t->value, 2, 5);
    case 0x83:
        return take(&out->fcp.file_id, t->value, 2, 2);
    case 0x84:
        return take(&out->fcp.df_name, t->value, 5, 16);
    case 0x8A:
        return take(&out->fcp.lcsi, t->value, 1, 1);
    case 0x8B: /* the form with one rule for every security environment */
        return take(&out->fcp.security_attributes, t->value, 3, 3);
    case 0x80:
        return take(&out->fcp.ef_file_size, t->value, 1, 4);
    case 0x81:
        return take(&out->total_size, t->value, 1, 4);
    case 0x88:
        return take(&out->fcp.short_ef_id, t->value, 0, 1);
    case TAG_PIN_STATUS:
        return pin_status(t->value, out);
    case TAG_PROPRIETARY:
        return proprietary(t->value, out);
    default:
        return false;
    }
}

static bool parse(slice data, struct file_fcp *out)
{
    struct tlv whole;

    *out = (struct file_fcp){ 0 };
    if (der_one(data, &whole) || whole.tag != TAG_FCP)
        return false;
    for (struct der_reader r = der_reader(whole.value); der_more(&r);) {
        struct tlv t = der_take(&r);

        if (r.err || !field(&t, out))
            return false;
    }
    return out->fcp.file_id.p != NULL;
}

/* ---- what a new file needs ---- */

/* Byte, data coding, and for records their length; a count of them, as SELECT tells it, must fit.
 */
static bool descriptor(struct file_fcp *out)
{
    slice *d = &out->fcp.file_descriptor;
    uint32_t size = 0, octets;

    if (!d->p || d->p[1] != DATA_CODING || d->p[0] & 0x80)
        return false;
    uint8_t type = d->p[0] & (uint8_t)~SHAREABLE;
    out->dir = type == 0x38;
    if (type != 0x02 && type != 0x06)
        return d->n == 2;
    if (d->n < 4)
        return false;
    if (d->n == 5) {
        octets = (uint32_t)(d->p[2] << 8 | d->p[3]);
        for (size_t i = 0; i < out->fcp.ef_file_size.n; i++)
            size = size << 8 | out->fcp.ef_file_size.p[i];
        if (octets == 0 || size != octets * d->p[4])
            return false;
        *d = slice_head(*d, 4);
    }
    return true;
}

/* TS 102 221 11.1.1.4.9: files begin in one of the operational states. */
static bool life_cycle(const struct file_fcp *f)
{
    return f->fcp.lcsi.p && (f->fcp.lcsi.p[0] & 0xFC) == 0x04;
}

static bool short_ef_id(slice s)
{
    return s.n == 0 || ((s.p[0] & 0x07) == 0 && s.p[0] >> 3 != 0 && s.p[0] >> 3 != 0x1F);
}

/* Fields that only directories have, and that only EFs have. */
static bool fits_kind(const struct file_fcp *f)
{
    const struct saip_fcp *fcp = &f->fcp;
    const struct saip_proprietary_info *info = &fcp->proprietary;
    bool tlv = !f->dir && (fcp->file_descriptor.p[0] & 0x3F) == 0x39;

    if (f->dir)
        return !fcp->ef_file_size.p && !fcp->short_ef_id.p && !fcp->has_proprietary;
    if (fcp->df_name.p || f->total_size.p || fcp->pin_status_template.p)
        return false;
    if (tlv)
        return !info->fill_pattern.p && !info->repeat_pattern.p;
    return fcp->ef_file_size.p && !info->maximum_file_size.p && !info->file_details.p;
}

bool file_fcp_create(slice data, struct file_fcp *out)
{
    return parse(data, out) && descriptor(out) && life_cycle(out) &&
           out->fcp.security_attributes.p && out->fcp.security_attributes.p[2] != 0 &&
           short_ef_id(out->fcp.short_ef_id) && fits_kind(out);
}

bool file_fcp_resize(slice data, struct file_fcp *out)
{
    const struct saip_fcp *f = &out->fcp;

    if (!parse(data, out) || f->file_descriptor.p || f->df_name.p || f->lcsi.p ||
        f->security_attributes.p || f->short_ef_id.p || f->pin_status_template.p ||
        out->total_size.p)
        return false;
    const struct saip_proprietary_info *info = &f->proprietary;
    if (info->special_file_information.p || info->fill_pattern.p || info->repeat_pattern.p ||
        info->file_details.p)
        return false;
    return (f->ef_file_size.p != NULL) != (info->maximum_file_size.p != NULL);
}
