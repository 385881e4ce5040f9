/* Questions to one certificate: role, EID, constraints, names. */
#include "pki/cert.h"
#include "pki/oid.h"

static enum err refuse(const char **why, const char *text)
{
    if (why)
        *why = text;
    return E_BADCERT;
}

static bool has_dns_name(const struct cert *cert)
{
    struct der_reader r = der_reader(cert->alt_names);

    while (der_more(&r))
        if (der_take(&r).tag == NAME_DNS)
            return true;
    return false;
}

/* An SM-DP+ or SM-DS is also a client (ES12, ES15); an eIM's certificate may be a public CA's. */
static enum err check_tls(const struct cert *cert, enum cert_role role, const char **why)
{
    uint8_t needed = EKU_SERVER_AUTH | (role == ROLE_EIM_TLS ? 0 : EKU_CLIENT_AUTH);

    if ((cert->purposes & needed) != needed)
        return refuse(why, "extended key usage lacks serverAuth or clientAuth");
    if (!has_dns_name(cert))
        return refuse(why, "no DNS name");
    return E_OK;
}

enum err cert_check_role(const struct cert *cert, enum cert_role role, const char **why)
{
    const struct role_facts *facts = role_facts(role);

    if (why)
        *why = NULL;
    if (!facts->policy.p && !facts->policy_v3.p ? cert->role != ROLE_NONE : cert->role != role)
        return refuse(why, "certificate policy is of another role");
    if (cert->unknown_critical)
        return refuse(why, "unknown critical extension");
    if (!cert->has_key_usage)
        return refuse(why, "no key usage");
    if (facts->ca != cert->is_ca)
        return refuse(why, facts->ca ? "not a CA" : "a CA where an end entity is expected");
    if (facts->ca ? !(cert->key_usage & KU_CERT_SIGN) : !(cert->key_usage & KU_DIGITAL_SIGNATURE))
        return refuse(why, facts->ca ? "key usage lacks keyCertSign"
                                     : "key usage lacks digitalSignature");
    if (facts->rid && !cert->rid.p)
        return refuse(why, "no registered ID in subjectAltName");
    if (facts->tls && check_tls(cert, role, why))
        return E_BADCERT;
    if (!curve_order(cert->curve)) {
        if (why)
            *why = "curve is not supported";
        return E_UNSUPPORTED;
    }
    return E_OK;
}

enum err cert_eid(const struct cert *cert, uint8_t eid[EID_LEN])
{
    return eid_from_digits(cert->serial_number, eid) ? E_BADCERT : E_OK;
}

/* A subtree is met when every attribute of its directory name is met, as SGP.22 reads them. */
static bool directory_met(slice directory, const struct cert *euicc)
{
    struct name_walk walk = name_attrs(directory);
    struct name_attr a;
    bool any = false;

    while (name_next(&walk, &a)) {
        any = true;
        if (slice_eq(a.oid, OID_ORG)) {
            if (!euicc->org.p || !slice_eq(euicc->org, a.value))
                return false;
        } else if (slice_eq(a.oid, OID_SERIAL_NUMBER)) {
            if (!euicc->serial_number.p || !slice_starts(euicc->serial_number, a.value))
                return false;
        } else {
            return false; /* no other attribute has a meaning here */
        }
    }
    return any && !walk.attrs.err && !walk.rdns.err;
}

/* *subtrees: content of GeneralSubtrees. Says whether one of the directory names is met. */
static enum err subtree_met(slice subtrees, const struct cert *euicc, bool *met)
{
    struct der_reader r = der_reader(subtrees);

    *met = false;
    while (der_more(&r)) {
        struct der_reader subtree = der_reader(der_expect(&r, 0x30).value);
        struct tlv base = der_take(&subtree);

        if (r.err || subtree.err)
            return E_BADCERT;
        if (base.tag == NAME_DIRECTORY && directory_met(base.value, euicc))
            *met = true;
    }
    return r.err ? E_BADCERT : E_OK;
}

static enum err within_constraints(const struct cert *eum, const struct cert *euicc)
{
    struct der_reader r = der_reader(eum->constraints);
    struct tlv permitted = der_maybe(&r, 0xA0), excluded = der_maybe(&r, 0xA1);
    bool in = false, out = false;

    if (der_end(&r) || !permitted.tag || subtree_met(permitted.value, euicc, &in) || !in)
        return E_BADCERT;
    if (excluded.tag && (subtree_met(excluded.value, euicc, &out) || out))
        return E_BADCERT;
    return E_OK;
}

static enum err within_eins(const struct cert *eum, const struct cert *euicc)
{
    struct der_reader r = der_reader(eum->eins);

    while (der_more(&r)) {
        slice ein = der_take(&r).value;

        if (ein.n && slice_starts(euicc->serial_number, ein))
            return r.err ? E_BADCERT : E_OK;
    }
    return E_BADCERT;
}

enum err cert_within_eum(const struct cert *eum, const struct cert *euicc)
{
    enum err err = E_BADCERT;

    if (!euicc->serial_number.p)
        return E_BADCERT;
    if (eum->constraints.p)
        err = within_constraints(eum, euicc);
    if (eum->eins.p && (!eum->constraints.p || !err))
        err = within_eins(eum, euicc);
    return err;
}

bool cert_same_server(const struct cert *a, const struct cert *b)
{
    return a->aki.p && b->aki.p && slice_eq(a->aki, b->aki) && a->rid.p && b->rid.p &&
           slice_eq(a->rid, b->rid);
}

static bool host_matches(slice pattern, slice host)
{
    if (slice_eq_nocase(pattern, host))
        return true;
    if (!slice_starts(pattern, SLICE_LIT("*.")))
        return false;
    const uint8_t *dot = host.n ? memchr(host.p, '.', host.n) : NULL;

    if (!dot || dot == host.p)
        return false;
    return slice_eq_nocase(slice_skip(pattern, 1), slice_skip(host, (size_t)(dot - host.p)));
}

bool cert_names_host(const struct cert *cert, slice host)
{
    struct der_reader r = der_reader(cert->alt_names);

    while (host.n && der_more(&r)) {
        struct tlv name = der_take(&r);

        if (name.tag == NAME_DNS && host_matches(name.value, host))
            return true;
    }
    return false;
}
