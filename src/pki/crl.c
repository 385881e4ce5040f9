#include "pki/crl.h"

#include "pki/cert_parts.h"
#include "pki/oid.h"

#define REASON_REMOVE 8 /* removeFromCRL */

enum { SCOPE_INDIRECT = 0x84, SCOPE_ATTRIBUTES = 0x85 };

int crl_number_compare(slice a, slice b)
{
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

/* The content of an INTEGER that is not negative, without leading zeros. */
static enum err number(slice value, slice *out)
{
    if (!value.n || value.p[0] & 0x80)
        return E_RANGE;
    while (value.n > 1 && !value.p[0])
        value = slice_skip(value, 1);
    if (value.n > CRL_NUMBER_MAX)
        return E_SIZE;
    *out = value;
    return E_OK;
}

/* ---- extensions of the list ---- */

static enum err authority(slice value, struct crl *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(value, 0x30, &content);
    struct der_reader r = der_reader(content);
    struct tlv id = err ? (struct tlv){ 0 } : der_maybe(&r, 0x80);

    if (err || r.err)
        return err ? err : r.err;
    out->aki = id.value;
    return id.tag && id.value.n ? E_OK : E_MISSING;
}

static enum err crl_number(slice value, struct crl *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(value, 0x02, &content);

    return err ? err : number(content, &out->number);
}

static enum err delta(slice value, struct crl *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(value, 0x02, &content);

    return err ? err : number(content, &out->base);
}

/* IssuingDistributionPoint: what the list covers. It must be about certificates of its issuer. */
static enum err distribution_point(slice value, struct crl *out)
{
    enum err err = ext_content(value, 0x30, &out->scope);
    struct der_reader r = der_reader(out->scope);

    while (!err && der_more(&r)) {
        struct tlv t = der_take(&r);
        bool flag = t.value.n == 1 && t.value.p[0];

        if ((t.tag == SCOPE_INDIRECT || t.tag == SCOPE_ATTRIBUTES) && flag)
            err = E_UNSUPPORTED;
    }
    return err ? err : r.err;
}

static enum err count(slice value, unsigned *out)
{
    slice content = SLICE_NONE;
    int64_t n = 0;
    enum err err = ext_content(value, 0x02, &content);

    if (!err)
        err = der_int(content, &n);
    if (!err && (n < 1 || n > CRL_PARTS_MAX))
        err = E_RANGE;
    *out = (unsigned)n;
    return err;
}

static enum err total_parts(slice value, struct crl *out)
{
    return count(value, &out->parts);
}

static enum err part_number(slice value, struct crl *out)
{
    return count(value, &out->part);
}

static enum err parse_extensions(slice value, struct crl *out)
{
    const struct {
        slice oid;
        enum err (*parse)(slice value, struct crl *out);
    } known[] = {
        { OID_AUTHORITY_KEY_ID, authority },
        { OID_CRL_NUMBER, crl_number },
        { OID_DELTA_CRL, delta },
        { OID_ISSUING_POINT, distribution_point },
        { OID_TOTAL_PARTIAL_CRL, total_parts },
        { OID_PARTIAL_CRL, part_number },
    };
    unsigned seen = 0;
    struct cert_ext e;
    slice rest = SLICE_NONE;
    enum err err = ext_content(value, 0x30, &rest);

    while (!err && rest.n) {
        size_t i = 0;

        if (!cert_ext_next(&rest, &e))
            return E_SYNTAX;
        while (i < COUNT(known) && !slice_eq(known[i].oid, e.oid))
            i++;
        if (i == COUNT(known)) {
            if (e.critical)
                return E_UNSUPPORTED;
            continue;
        }
        if (seen & 1u << i)
            return E_REPEATED;
        seen |= 1u << i;
        err = known[i].parse(e.value, out);
    }
    if (!err && (!out->aki.p || !out->number.p))
        err = E_MISSING;
    if (!err && !out->parts != !out->part)
        err = E_MISSING;
    return !err && out->part > out->parts ? E_RANGE : err;
}

/* ---- entries ---- */

static enum err reason(slice value, struct crl_entry *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(value, 0x0A, &content);

    if (!err && content.n != 1)
        err = E_SIZE;
    if (!err)
        out->removed = content.p[0] == REASON_REMOVE;
    return err;
}

static enum err entry_extensions(slice list, struct crl_entry *out)
{
    struct cert_ext e;
    enum err err = list.n ? E_OK : E_MISSING;

    while (!err && list.n) {
        if (!cert_ext_next(&list, &e))
            return E_SYNTAX;
        if (slice_eq(e.oid, OID_REASON_CODE))
            err = reason(e.value, out);
        else if (e.critical)
            err = E_UNSUPPORTED;
    }
    return err;
}

static enum err next_entry(slice *rest, struct crl_entry *out)
{
    struct der_reader r = der_reader(*rest);
    struct der_reader e = der_reader(der_expect(&r, 0x30).value);
    struct tlv serial = der_expect(&e, 0x02), date = der_take(&e);
    struct tlv extensions = der_maybe(&e, 0x30);
    enum err err = r.err ? r.err : der_end(&e);

    *out = (struct crl_entry){ .serial = serial.value };
    if (!err && (serial.value.n < 1 || serial.value.n > CRL_SERIAL_MAX))
        err = E_SIZE;
    if (!err)
        err = x509_time(date, &out->when_s);
    if (!err && extensions.tag)
        err = entry_extensions(extensions.value, out);
    *rest = r.in;
    return err;
}

bool crl_next(slice *rest, struct crl_entry *out)
{
    return rest->n && !next_entry(rest, out);
}

static enum err check_entries(const struct crl *crl)
{
    struct crl_entry e;
    enum err err = E_OK;

    for (slice rest = crl->revoked; !err && rest.n;) {
        err = next_entry(&rest, &e);
        if (!err && e.removed && !crl->base.p)
            err = E_SYNTAX; /* RFC 5280 5.3.1: only in deltas */
    }
    return err;
}

/* ---- the list ---- */

static bool is_time(uint32_t tag)
{
    return tag == 0x17 || tag == 0x18;
}

static enum err parse_tbs(slice value, struct crl *out, slice *algorithm)
{
    struct der_reader r = der_reader(value);
    struct tlv version = der_expect(&r, 0x02);
    struct tlv inner = der_expect(&r, 0x30);
    struct tlv issuer = der_expect(&r, 0x30);
    struct tlv from = der_take(&r);
    struct tlv to = is_time(der_peek(&r)) ? der_take(&r) : (struct tlv){ 0 };
    struct tlv revoked = der_maybe(&r, 0x30);
    struct tlv extensions = der_expect(&r, 0xA0);
    enum err err = der_end(&r);

    *algorithm = inner.whole;
    out->issuer = issuer.whole;
    out->revoked = revoked.value;
    if (!err && (version.value.n != 1 || version.value.p[0] != 1))
        err = E_UNSUPPORTED;
    if (!err)
        err = name_check(out->issuer);
    if (!err)
        err = x509_time(from, &out->this_update_s);
    if (!err && to.tag)
        err = x509_time(to, &out->next_update_s);
    if (!err)
        err = parse_extensions(extensions.value, out);
    return err ? err : check_entries(out);
}

enum err crl_parse(slice body, struct crl *out)
{
    struct x509_signed s;
    slice inner = SLICE_NONE;
    enum err err = x509_open(body, &s);

    if (err)
        return err;
    *out = (struct crl){ .tbs = s.tbs.whole,
                         .signature = s.signature,
                         .ecdsa_sha256 = s.ecdsa_sha256 };
    err = parse_tbs(s.tbs.value, out, &inner);
    return !err && !slice_eq(inner, s.algorithm) ? E_SYNTAX : err;
}

enum err crl_verify_signature(const struct crl *crl, const struct public_key *issuer)
{
    return x509_verify(crl->tbs, crl->signature, crl->ecdsa_sha256, issuer);
}
