/* Parsing: the certificate itself. Its extensions are in cert_ext.c. */
#include "pki/cert.h"

#include "pki/cert_parts.h"
#include "pki/oid.h"
#include "pki/time.h"

#define TAG_UTC_TIME         0x17
#define TAG_GENERALIZED_TIME 0x18
#define TAG_UTF8             0x0C
#define TAG_PRINTABLE        0x13

static bool two_digits(const uint8_t *p, int *out)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    *out = (p[0] - '0') * 10 + p[1] - '0';
    return true;
}

enum err x509_time(struct tlv t, int64_t *out)
{
    int f[7] = { 0 }; /* century, year, month, day, hour, minute, second */
    size_t first = t.tag == TAG_GENERALIZED_TIME ? 0 : 1, digits = first ? 12 : 14;

    if (t.tag != TAG_GENERALIZED_TIME && t.tag != TAG_UTC_TIME)
        return E_TAG;
    if (t.value.n != digits + 1 || t.value.p[digits] != 'Z')
        return E_SYNTAX;
    for (size_t i = 0; i < digits / 2; i++)
        if (!two_digits(t.value.p + 2 * i, &f[first + i]))
            return E_SYNTAX;
    if (first)
        f[0] = f[1] < 50 ? 20 : 19;
    struct date date = { f[0] * 100 + f[1], f[2], f[3], f[4], f[5], f[6] };

    return date_to_seconds(&date, out) ? E_OK : E_SYNTAX;
}

static enum err parse_validity(slice value, struct cert *out)
{
    struct der_reader r = der_reader(value);
    struct tlv from = der_take(&r), to = der_take(&r);
    enum err err = der_end(&r);

    if (!err)
        err = x509_time(from, &out->not_before_s);
    if (!err)
        err = x509_time(to, &out->not_after_s);
    return err;
}

struct name_walk name_attrs(slice name)
{
    struct tlv t;

    if (der_one(name, &t) || t.tag != 0x30)
        return (struct name_walk){ der_reader(SLICE_EMPTY), der_reader(SLICE_EMPTY) };
    return (struct name_walk){ der_reader(t.value), der_reader(SLICE_EMPTY) };
}

bool name_next(struct name_walk *walk, struct name_attr *out)
{
    while (!der_more(&walk->attrs)) {
        if (walk->attrs.err || !der_more(&walk->rdns))
            return false;
        walk->attrs = der_reader(der_expect(&walk->rdns, 0x31).value);
        if (walk->rdns.err)
            return false;
    }
    struct der_reader r = der_reader(der_expect(&walk->attrs, 0x30).value);
    struct tlv oid = der_expect(&r, 0x06), value = der_take(&r);

    if (walk->attrs.err || der_end(&r)) {
        walk->attrs.err = E_SYNTAX;
        return false;
    }
    *out = (struct name_attr){ oid.value, value.tag, value.value };
    return true;
}

enum err name_check(slice name)
{
    struct name_walk walk = name_attrs(name);
    struct name_attr attr;

    while (name_next(&walk, &attr))
        ;
    if (walk.rdns.err)
        return walk.rdns.err;
    return walk.attrs.err;
}

static bool text_tag(uint32_t tag)
{
    return tag == TAG_UTF8 || tag == TAG_PRINTABLE;
}

bool name_equal(slice a, slice b)
{
    struct name_walk wa = name_attrs(a), wb = name_attrs(b);
    struct name_attr x, y;

    if (slice_eq(a, b))
        return true;
    for (;;) {
        bool more_a = name_next(&wa, &x), more_b = name_next(&wb, &y);

        if (!more_a || !more_b)
            return more_a == more_b;
        if (!slice_eq(x.oid, y.oid) || !slice_eq(x.value, y.value) ||
            (x.tag != y.tag && !(text_tag(x.tag) && text_tag(y.tag))))
            return false;
    }
}

static void first_of(slice *slot, slice value)
{
    if (!slot->p)
        *slot = value;
}

static void subject_attributes(struct cert *out)
{
    struct name_walk walk = name_attrs(out->subject);
    struct name_attr a;

    while (name_next(&walk, &a)) {
        if (slice_eq(a.oid, OID_COUNTRY))
            first_of(&out->country, a.value);
        else if (slice_eq(a.oid, OID_ORG))
            first_of(&out->org, a.value);
        else if (slice_eq(a.oid, OID_ORG_UNIT))
            first_of(&out->org_unit, a.value);
        else if (slice_eq(a.oid, OID_COMMON_NAME))
            first_of(&out->common_name, a.value);
        else if (slice_eq(a.oid, OID_SERIAL_NUMBER))
            first_of(&out->serial_number, a.value);
    }
}

static enum curve curve_of(slice oid)
{
    if (slice_eq(oid, OID_PRIME256V1))
        return CURVE_P256;
    return slice_eq(oid, OID_BRAINPOOLP256R1) ? CURVE_BP256R1 : CURVE_OTHER;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING } */
enum err spki_parse(slice spki, enum curve *curve, struct ec_point *point)
{
    struct tlv whole;
    enum err err = der_one(spki, &whole);

    if (err)
        return err;
    if (whole.tag != 0x30)
        return E_TAG;
    struct der_reader r = der_reader(whole.value);
    struct tlv algorithm = der_expect(&r, 0x30), bits = der_expect(&r, 0x03);

    err = der_end(&r);
    if (err)
        return err;
    struct der_reader a = der_reader(algorithm.value);
    struct tlv oid = der_expect(&a, 0x06), params = { 0 };

    if (der_more(&a))
        params = der_take(&a);
    err = der_end(&a);
    if (err)
        return err;
    *curve = slice_eq(oid.value, OID_EC_PUBLIC_KEY) && params.tag == 0x06 ? curve_of(params.value)
                                                                          : CURVE_OTHER;
    if (*curve == CURVE_OTHER)
        return E_OK;
    if (bits.value.n < 1 || bits.value.p[0] != 0)
        return E_BADKEY;
    return ec_point_parse(slice_skip(bits.value, 1), point);
}

static enum err parse_version(slice value)
{
    static const uint8_t v3[] = { 0x02, 0x01, 0x02 };

    return slice_eq(value, SLICE_OF(v3)) ? E_OK : E_UNSUPPORTED;
}

static enum err parse_tbs(slice value, struct cert *out, slice *algorithm)
{
    struct der_reader r = der_reader(value);
    struct tlv version = der_expect(&r, 0xA0);
    struct tlv serial = der_expect(&r, 0x02);
    struct tlv inner = der_expect(&r, 0x30);
    struct tlv issuer = der_expect(&r, 0x30);
    struct tlv validity = der_expect(&r, 0x30);
    struct tlv subject = der_expect(&r, 0x30);
    struct tlv spki = der_expect(&r, 0x30);

    der_maybe(&r, 0x81); /* issuerUniqueID, subjectUniqueID: obsolete, without meaning to us */
    der_maybe(&r, 0x82);
    struct tlv extensions = der_expect(&r, 0xA3);
    enum err err = der_end(&r);

    if (err)
        return err;
    *algorithm = inner.whole;
    out->serial = serial.value;
    out->issuer = issuer.whole;
    out->subject = subject.whole;
    out->spki = spki.whole;
    err = parse_version(version.value);
    if (!err && (serial.value.n < 1 || serial.value.n > 21))
        err = E_SIZE;
    if (!err)
        err = name_check(out->issuer);
    if (!err)
        err = name_check(out->subject);
    if (!err)
        err = parse_validity(validity.value, out);
    if (!err)
        err = spki_parse(out->spki, &out->curve, &out->point);
    if (!err)
        err = extensions_parse(extensions.value, out);
    return err;
}

enum err x509_open(slice content, struct x509_signed *out)
{
    struct der_reader r = der_reader(content);
    struct tlv tbs = der_expect(&r, 0x30);
    struct tlv algorithm = der_expect(&r, 0x30);
    struct tlv signature = der_expect(&r, 0x03);
    struct tlv oid;
    enum err err = der_end(&r);

    if (err)
        return err;
    if (signature.value.n < 1 || signature.value.p[0] != 0)
        return E_SYNTAX;
    *out = (struct x509_signed){ .tbs = tbs,
                                 .algorithm = algorithm.whole,
                                 .signature = slice_skip(signature.value, 1) };
    out->ecdsa_sha256 = der_one(algorithm.value, &oid) == E_OK && oid.tag == 0x06 &&
                        slice_eq(oid.value, OID_ECDSA_WITH_SHA256);
    return E_OK;
}

enum err x509_verify(slice tbs, slice signature, bool ecdsa_sha256, const struct public_key *issuer)
{
    struct ec_sig sig;
    enum err err;

    if (!ecdsa_sha256)
        return E_UNSUPPORTED;
    err = sig_from_der(signature, issuer->curve, &sig);
    return err ? err : key_verify(issuer, &tbs, 1, SLICE_OF(sig.b));
}

static enum err parse(struct tlv whole, struct cert *out)
{
    struct x509_signed s;
    slice inner = SLICE_NONE;
    enum err err = x509_open(whole.value, &s);

    if (err)
        return err;
    *out = (struct cert){ .der = whole.whole,
                          .tbs = s.tbs.whole,
                          .signature = s.signature,
                          .ecdsa_sha256 = s.ecdsa_sha256,
                          .path_len = -1 };
    err = parse_tbs(s.tbs.value, out, &inner);
    if (!err && !slice_eq(inner, s.algorithm))
        err = E_SYNTAX;
    if (!err)
        subject_attributes(out);
    return err;
}

enum err cert_parse_first(slice der, struct cert *out, slice *rest)
{
    struct der_reader r = der_reader(der);
    struct tlv whole = der_expect(&r, 0x30);

    if (r.err)
        return r.err;
    *rest = r.in;
    return whole.whole.n > CERT_MAX ? E_LIMIT : parse(whole, out);
}

enum err cert_parse(slice der, struct cert *out)
{
    slice rest;
    enum err err = der.n > CERT_MAX ? E_LIMIT : cert_parse_first(der, out, &rest);

    return err ? err : rest.n ? E_TRAILING : E_OK;
}

bool cert_self_issued(const struct cert *cert)
{
    return name_equal(cert->issuer, cert->subject);
}

/* A positive INTEGER of at most 32 octets, minimal as DER demands. */
static enum err sig_integer(slice v, uint8_t out[SCALAR_LEN])
{
    if (!v.n || v.p[0] & 0x80 || (v.n > 1 && !v.p[0] && !(v.p[1] & 0x80)))
        return E_BADSIG;
    if (!v.p[0])
        v = slice_skip(v, 1);
    if (v.n > SCALAR_LEN)
        return E_BADSIG;
    memset(out, 0, SCALAR_LEN - v.n);
    if (v.n)
        memcpy(out + SCALAR_LEN - v.n, v.p, v.n);
    return E_OK;
}

enum err sig_from_der(slice der, enum curve curve, struct ec_sig *out)
{
    uint8_t raw[SIG_LEN];
    struct tlv whole;

    if (der_one(der, &whole) || whole.tag != 0x30)
        return E_BADSIG;
    struct der_reader in = der_reader(whole.value);
    struct tlv r = der_expect(&in, 0x02), s = der_expect(&in, 0x02);

    if (der_end(&in) || sig_integer(r.value, raw) || sig_integer(s.value, raw + SCALAR_LEN))
        return E_BADSIG;
    return ec_sig_parse(SLICE_OF(raw), curve, out);
}

enum err cert_verify_signature(const struct cert *cert, const struct public_key *issuer)
{
    return x509_verify(cert->tbs, cert->signature, cert->ecdsa_sha256, issuer);
}

enum err cert_check_time(const struct cert *cert, int64_t now_s)
{
    return now_s < cert->not_before_s || now_s > cert->not_after_s ? E_EXPIRED : E_OK;
}
