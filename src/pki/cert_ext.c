/* Parsing: extensions. */
#include "pki/cert_parts.h"
#include "pki/oid.h"

bool cert_ext_next(slice *rest, struct cert_ext *out)
{
    struct der_reader r = der_reader(*rest);
    struct der_reader e = der_reader(der_expect(&r, 0x30).value);
    struct tlv oid = der_expect(&e, 0x06);
    struct tlv critical = der_maybe(&e, 0x01);
    struct tlv value = der_expect(&e, 0x04);

    if (r.err || der_end(&e))
        return false;
    *rest = r.in;
    out->oid = oid.value;
    out->critical = critical.tag && critical.value.n == 1 && critical.value.p[0] != 0;
    out->value = value.value;
    return true;
}

enum err ext_content(slice value, uint32_t tag, slice *out)
{
    struct tlv t;
    enum err err = der_one(value, &t);

    if (err)
        return err;
    if (t.tag != tag)
        return E_TAG;
    *out = t.value;
    return E_OK;
}

/* Every element of a list has this tag (0: any). An empty list is refused (RFC 5280: 1..MAX). */
static enum err check_list(slice list, uint32_t tag)
{
    struct der_reader r = der_reader(list);

    if (!list.n)
        return E_MISSING;
    while (der_more(&r)) {
        if (tag)
            der_expect(&r, tag);
        else
            der_take(&r);
    }
    return r.err;
}

static enum err subject_key_id(const struct cert_ext *e, struct cert *out)
{
    enum err err = ext_content(e->value, 0x04, &out->ski);

    return !err && !out->ski.n ? E_SIZE : err;
}

/* AuthorityKeyIdentifier: only keyIdentifier [0] is used in RSP. */
static enum err authority_key_id(const struct cert_ext *e, struct cert *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(e->value, 0x30, &content);

    if (err)
        return err;
    struct der_reader r = der_reader(content);
    struct tlv id = der_maybe(&r, 0x80);

    if (id.tag)
        out->aki = id.value;
    return r.err;
}

static enum err key_usage(const struct cert_ext *e, struct cert *out)
{
    slice bits = SLICE_NONE;
    enum err err = ext_content(e->value, 0x03, &bits);

    if (err)
        return err;
    if (bits.n < 1 || bits.p[0] > 7)
        return E_SYNTAX;
    out->key_usage = der_bits(bits);
    out->has_key_usage = true;
    return E_OK;
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static enum err basic_constraints(const struct cert_ext *e, struct cert *out)
{
    slice content = SLICE_NONE;
    int64_t path_len = -1;
    enum err err = ext_content(e->value, 0x30, &content);

    if (err)
        return err;
    struct der_reader r = der_reader(content);
    struct tlv ca = der_maybe(&r, 0x01), len = der_maybe(&r, 0x02);

    err = der_end(&r);
    if (!err && ca.tag && ca.value.n != 1)
        err = E_SIZE;
    if (!err && len.tag) {
        err = der_int(len.value, &path_len);
        if (!err && (path_len < 0 || path_len > INT16_MAX))
            err = E_RANGE;
    }
    if (err)
        return err;
    out->is_ca = ca.tag && ca.value.p[0] != 0;
    out->path_len = (int32_t)path_len;
    return E_OK;
}

/* The role is the one known policy; two different ones contradict and give none. */
static enum err policies(const struct cert_ext *e, struct cert *out)
{
    enum err err = ext_content(e->value, 0x30, &out->policies);
    bool contradiction = false;

    if (!err)
        err = check_list(out->policies, 0x30);
    if (err)
        return err;
    struct der_reader r = der_reader(out->policies);

    while (der_more(&r)) {
        struct der_reader info = der_reader(der_expect(&r, 0x30).value);
        enum cert_role role = role_of_policy(der_expect(&info, 0x06).value);

        if (info.err)
            return info.err;
        contradiction |= role && out->role && role != out->role;
        if (role)
            out->role = role;
    }
    if (contradiction)
        out->role = ROLE_NONE;
    return E_OK;
}

static enum err alt_names(const struct cert_ext *e, struct cert *out)
{
    enum err err = ext_content(e->value, 0x30, &out->alt_names);

    if (!err)
        err = check_list(out->alt_names, 0);
    if (err)
        return err;
    struct der_reader r = der_reader(out->alt_names);

    while (der_more(&r)) {
        struct tlv name = der_take(&r);

        if (name.tag == NAME_RID && !out->rid.p)
            out->rid = name.value;
    }
    return E_OK;
}

static enum err extended_key_usage(const struct cert_ext *e, struct cert *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(e->value, 0x30, &content);

    if (!err)
        err = check_list(content, 0x06);
    if (err)
        return err;
    struct der_reader r = der_reader(content);

    while (der_more(&r)) {
        slice oid = der_take(&r).value;

        if (slice_eq(oid, OID_SERVER_AUTH))
            out->purposes |= EKU_SERVER_AUTH;
        else if (slice_eq(oid, OID_CLIENT_AUTH))
            out->purposes |= EKU_CLIENT_AUTH;
    }
    out->has_purposes = true;
    out->purposes_critical = e->critical;
    return E_OK;
}

static enum err name_constraints(const struct cert_ext *e, struct cert *out)
{
    enum err err = ext_content(e->value, 0x30, &out->constraints);

    return err ? err : check_list(out->constraints, 0);
}

static enum err permitted_eins(const struct cert_ext *e, struct cert *out)
{
    enum err err = ext_content(e->value, 0x30, &out->eins);

    return err ? err : check_list(out->eins, 0);
}

static enum err crl_points(const struct cert_ext *e, struct cert *out)
{
    slice content = SLICE_NONE;
    enum err err = ext_content(e->value, 0x30, &content);

    (void)out;
    return err ? err : check_list(content, 0x30);
}

struct known_ext {
    slice oid;
    enum err (*parse)(const struct cert_ext *e, struct cert *out);
};

enum err extensions_parse(slice value, struct cert *out)
{
    const struct known_ext known[] = {
        { OID_SUBJECT_KEY_ID, subject_key_id },
        { OID_AUTHORITY_KEY_ID, authority_key_id },
        { OID_KEY_USAGE, key_usage },
        { OID_BASIC_CONSTRAINTS, basic_constraints },
        { OID_POLICIES, policies },
        { OID_SUBJECT_ALT_NAME, alt_names },
        { OID_EXT_KEY_USAGE, extended_key_usage },
        { OID_NAME_CONSTRAINTS, name_constraints },
        { OID_PERMITTED_EINS, permitted_eins },
        { OID_CRL_POINTS, crl_points },
    };
    unsigned seen = 0;
    slice rest;
    struct cert_ext e;
    enum err err = ext_content(value, 0x30, &out->extensions);

    for (rest = out->extensions; !err && rest.n;) {
        size_t i = 0;

        if (!cert_ext_next(&rest, &e))
            return E_SYNTAX;
        while (i < COUNT(known) && !slice_eq(known[i].oid, e.oid))
            i++;
        if (i == COUNT(known)) {
            out->unknown_critical |= e.critical;
            continue;
        }
        if (seen & 1u << i)
            return E_REPEATED;
        seen |= 1u << i;
        err = known[i].parse(&e, out);
    }
    return err;
}
