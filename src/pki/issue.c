#include "pki/issue.h"

#include "pki/issue_parts.h"
#include "pki/oid.h"
#include "pki/time.h"

#include <stdio.h>

#define TAG_UTF8      0x0C
#define TAG_PRINTABLE 0x13

enum ext_kind { END, SKI, AKI, KU, EKU, CP, CP_PLAIN, SAN, BC, CDP, NC };

#define EXTS_MAX 9

/* The order in which the extensions of each role stand (SGP.26). */
static const uint8_t layout[ROLE__COUNT][EXTS_MAX] = {
    [ROLE_CI] = { SKI, BC, CP, KU, SAN, CDP },
    [ROLE_CI_SUBCA] = { AKI, SKI, KU, CP, SAN, BC, CDP },
    [ROLE_EUM] = { AKI, SKI, KU, CP, SAN, BC, CDP, NC },
    [ROLE_EUM_SUBCA] = { AKI, SKI, KU, CP, SAN, BC, CDP, NC },
    [ROLE_EUICC] = { AKI, SKI, KU, CP },
    [ROLE_DP_SUBCA] = { AKI, SKI, KU, CP, SAN, BC, CDP },
    [ROLE_DP_TLS] = { KU, EKU, CP_PLAIN, SKI, AKI, SAN, CDP },
    [ROLE_DP_AUTH] = { AKI, SKI, SAN, KU, CP, CDP },
    [ROLE_DP_PB] = { AKI, SKI, SAN, KU, CP, CDP },
    [ROLE_DS_SUBCA] = { AKI, SKI, KU, CP, SAN, BC, CDP },
    [ROLE_DS_TLS] = { KU, EKU, CP_PLAIN, SKI, AKI, SAN, CDP },
    [ROLE_DS_AUTH] = { AKI, SKI, SAN, KU, CP, CDP },
    [ROLE_EIM_SIGN] = { AKI, SKI, SAN, KU },
    [ROLE_EIM_TLS] = { KU, EKU, SKI, AKI, SAN },
};

/* subjectKeyIdentifier: SHA-1 of the public point (RFC 5280 4.2.1.2 method 1). */
static enum err key_identifier(const struct crypto *c, const struct ec_point *key,
                               uint8_t out[KEY_ID_SHA1])
{
    return crypto_sha1(c, SLICE_OF(key->b), out);
}

static void put_oid(struct der_writer *w, slice oid)
{
    der_put_tlv(w, 0x06, oid);
}

static void put_attr(struct der_writer *w, slice oid, uint32_t tag, slice value)
{
    size_t mark = der_mark(w);

    if (!value.p)
        return;
    der_put_tlv(w, tag, value);
    put_oid(w, oid);
    der_wrap(w, 0x30, mark);
    der_wrap(w, 0x31, mark);
}

/* The CI names itself from the inside out, everybody else from the country inwards. */
static void put_subject(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (t->role == ROLE_CI) {
        put_attr(w, OID_COUNTRY, TAG_PRINTABLE, t->country);
        put_attr(w, OID_ORG, TAG_UTF8, t->org);
        put_attr(w, OID_ORG_UNIT, TAG_UTF8, t->org_unit);
        put_attr(w, OID_COMMON_NAME, TAG_UTF8, t->common_name);
    } else {
        put_attr(w, OID_COMMON_NAME, TAG_UTF8, t->common_name);
        put_attr(w, OID_SERIAL_NUMBER, TAG_PRINTABLE, t->serial_number);
        put_attr(w, OID_ORG_UNIT, TAG_UTF8, t->org_unit);
        put_attr(w, OID_ORG, TAG_UTF8, t->org);
        put_attr(w, OID_COUNTRY, TAG_PRINTABLE, t->country);
    }
    der_wrap(w, 0x30, mark);
}

void x509_put_time(struct der_writer *w, int64_t time_s)
{
    struct date d;
    char text[80];
    int n;

    if (!date_from_seconds(time_s, &d) || d.year < 1950) {
        w->err = w->err ? w->err : E_ARGUMENT;
        return;
    }
    n = snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02dZ", d.year, d.month, d.day, d.hour,
                 d.minute, d.second);
    if (d.year < 2050)
        der_put_tlv(w, 0x17, slice_of(text + 2, (size_t)n - 2));
    else
        der_put_tlv(w, 0x18, slice_of(text, (size_t)n));
}

void der_put_spki(struct der_writer *w, enum curve curve, const struct ec_point *key)
{
    size_t mark = der_mark(w), inner;

    der_put(w, SLICE_OF(key->b));
    der_put(w, SLICE_LIT("\x00")); /* no unused bits */
    der_wrap(w, 0x03, mark);
    inner = der_mark(w);
    put_oid(w, curve == CURVE_BP256R1 ? OID_BRAINPOOLP256R1 : OID_PRIME256V1);
    put_oid(w, OID_EC_PUBLIC_KEY);
    der_wrap(w, 0x30, inner);
    der_wrap(w, 0x30, mark);
}

static void put_positive(struct der_writer *w, const uint8_t value[SCALAR_LEN])
{
    slice v = { value, SCALAR_LEN };
    size_t mark = der_mark(w);

    while (v.n > 1 && !v.p[0])
        v = slice_skip(v, 1);
    der_put(w, v);
    if (v.p[0] & 0x80)
        der_put(w, SLICE_LIT("\x00"));
    der_wrap(w, 0x02, mark);
}

void der_put_sig(struct der_writer *w, const struct ec_sig *sig)
{
    size_t mark = der_mark(w);

    put_positive(w, sig->b + SCALAR_LEN);
    put_positive(w, sig->b);
    der_wrap(w, 0x30, mark);
}

void x509_put_algorithm(struct der_writer *w)
{
    size_t mark = der_mark(w);

    put_oid(w, OID_ECDSA_WITH_SHA256);
    der_wrap(w, 0x30, mark);
}

void x509_wrap_ext(struct der_writer *w, slice oid, bool critical, size_t mark)
{
    der_wrap(w, 0x04, mark);
    if (critical)
        der_put_bool(w, 0x01, true);
    put_oid(w, oid);
    der_wrap(w, 0x30, mark);
}

void x509_put_authority(struct der_writer *w, slice key_id)
{
    size_t mark = der_mark(w);

    der_put_tlv(w, 0x80, key_id);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_AUTHORITY_KEY_ID, false, mark);
}

static void put_policy(struct der_writer *w, const struct cert_template *t, bool critical)
{
    const struct role_facts *facts = role_facts(t->role);
    size_t mark = der_mark(w);

    put_oid(w, facts->policy.p ? facts->policy : facts->policy_v3);
    der_wrap(w, 0x30, mark);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_POLICIES, critical, mark);
}

static void put_alt_names(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (!t->rid.p && !t->dns_count)
        return;
    if (t->rid.p)
        der_put_tlv(w, NAME_RID, t->rid);
    for (size_t i = t->dns_count; i-- > 0;)
        der_put_tlv(w, NAME_DNS, t->dns[i]);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_SUBJECT_ALT_NAME, false, mark);
}

static void put_crl_points(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (!t->crl_count)
        return;
    for (size_t i = t->crl_count; i-- > 0;) {
        size_t point = der_mark(w);

        der_put_tlv(w, NAME_URI, t->crls[i]);
        der_wrap(w, 0xA0, point); /* fullName */
        der_wrap(w, 0xA0, point); /* distributionPoint */
        der_wrap(w, 0x30, point);
    }
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_CRL_POINTS, false, mark);
}

/* One permitted directory name {O, serialNumber prefix} for each IIN. */
static void put_name_constraints(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (!t->iin_count)
        return;
    for (size_t i = t->iin_count; i-- > 0;) {
        size_t subtree = der_mark(w);

        put_attr(w, OID_SERIAL_NUMBER, TAG_PRINTABLE, t->iins[i]);
        put_attr(w, OID_ORG, TAG_UTF8, t->org);
        der_wrap(w, 0x30, subtree);
        der_wrap(w, NAME_DIRECTORY, subtree);
        der_wrap(w, 0x30, subtree);
    }
    der_wrap(w, 0xA0, mark);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_NAME_CONSTRAINTS, true, mark);
}

static void put_basic_constraints(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (t->path_len >= 0)
        der_put_int(w, 0x02, t->path_len);
    der_put_bool(w, 0x01, true);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_BASIC_CONSTRAINTS, true, mark);
}

static void put_purposes(struct der_writer *w)
{
    size_t mark = der_mark(w);

    put_oid(w, OID_CLIENT_AUTH);
    put_oid(w, OID_SERVER_AUTH);
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_EXT_KEY_USAGE, true, mark);
}

static uint64_t usage_of(enum cert_role role)
{
    if (role == ROLE_CI)
        return KU_CERT_SIGN | KU_CRL_SIGN;
    return role_facts(role)->ca ? KU_CERT_SIGN : KU_DIGITAL_SIGNATURE;
}

static void put_extension(struct der_writer *w, enum ext_kind kind, const struct cert_template *t,
                          slice own_id, slice issuer_id)
{
    size_t mark = der_mark(w);

    switch (kind) {
    case SKI:
        der_put_tlv(w, 0x04, own_id);
        x509_wrap_ext(w, OID_SUBJECT_KEY_ID, false, mark);
        return;
    case AKI:
        x509_put_authority(w, issuer_id);
        return;
    case KU:
        der_put_bits(w, 0x03, usage_of(t->role));
        x509_wrap_ext(w, OID_KEY_USAGE, true, mark);
        return;
    case EKU:
        put_purposes(w);
        return;
    case CP:
    case CP_PLAIN:
        put_policy(w, t, kind == CP);
        return;
    case SAN:
        put_alt_names(w, t);
        return;
    case BC:
        put_basic_constraints(w, t);
        return;
    case CDP:
        put_crl_points(w, t);
        return;
    case NC:
        put_name_constraints(w, t);
        return;
    case END:
        return;
    }
}

static void put_extensions(struct der_writer *w, const struct cert_template *t, slice own_id,
                           slice issuer_id)
{
    size_t mark = der_mark(w);

    for (size_t i = EXTS_MAX; i-- > 0;)
        put_extension(w, (enum ext_kind)layout[t->role][i], t, own_id, issuer_id);
    der_wrap(w, 0x30, mark);
    der_wrap(w, 0xA3, mark);
}

static enum err put_tbs(struct der_writer *w, const struct cert_template *t, enum curve curve,
                        const struct ec_point *key, slice own_id, const struct cert_issuer *issuer)
{
    size_t mark = der_mark(w), validity;

    put_extensions(w, t, own_id, issuer->name.p ? issuer->key_id : own_id);
    der_put_spki(w, curve, key);
    put_subject(w, t);
    validity = der_mark(w);
    x509_put_time(w, t->not_after_s);
    x509_put_time(w, t->not_before_s);
    der_wrap(w, 0x30, validity);
    if (issuer->name.p)
        der_put(w, issuer->name);
    else
        put_subject(w, t);
    x509_put_algorithm(w);
    der_put_tlv(w, 0x02, t->serial);
    der_put(w, SLICE_LIT("\xA0\x03\x02\x01\x02")); /* version 3 */
    der_wrap(w, 0x30, mark);
    return w->err;
}

enum err cert_sign(const struct crypto *c, slice tbs, const struct signer *signer, void *buf,
                   size_t size, slice *out)
{
    struct der_writer w = der_writer(buf, size);
    struct ec_sig sig;
    enum err err = signer_sign(signer, c, &tbs, 1, &sig);

    if (err)
        return err;
    der_put_sig(&w, &sig);
    der_put(&w, SLICE_LIT("\x00"));
    der_wrap(&w, 0x03, 0);
    x509_put_algorithm(&w);
    der_put(&w, tbs);
    der_wrap(&w, 0x30, 0);
    return der_written(&w, out);
}

enum err cert_issue(const struct crypto *c, const struct cert_template *t, enum curve curve,
                    const struct ec_point *key, const struct cert_issuer *issuer, void *buf,
                    size_t size, slice *out)
{
    uint8_t scratch[CERT_ISSUE_MAX], own_id[KEY_ID_SHA1];
    struct der_writer w = der_writer(scratch, sizeof scratch);
    slice tbs;
    enum err err = key_identifier(c, key, own_id);

    if (!layout[role_facts(t->role) == role_facts(ROLE_NONE) ? ROLE_NONE : t->role][0] ||
        !curve_order(curve))
        return E_ARGUMENT;
    if (!err)
        err = put_tbs(&w, t, curve, key, SLICE_OF(own_id), issuer);
    if (!err)
        err = der_written(&w, &tbs);
    return err ? err : cert_sign(c, tbs, issuer->signer, buf, size, out);
}
