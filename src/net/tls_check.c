/* What a GSMA certificate must look like, on top of a valid chain. */
#include "net/tls.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

static bool curve_allowed(X509 *leaf)
{
    EVP_PKEY *key = X509_get0_pubkey(leaf);
    char group[64];

    if (!key || !EVP_PKEY_is_a(key, "EC") ||
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return false;
    return strcmp(group, "prime256v1") == 0 || strcmp(group, "brainpoolP256r1") == 0;
}

/* Present and with the purpose: an absent extension would allow everything (SGP.26 4). */
static bool has_extended_usage(X509 *leaf, int purpose)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_ASN1_OBJECT_num(usages); i++)
        if (OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i)) == purpose)
            found = true;
    EXTENDED_KEY_USAGE_free(usages);
    return found;
}

enum err tls_check_leaf(X509 *leaf, enum tls_role role)
{
    uint32_t flags = X509_get_extension_flags(leaf);

    if (!curve_allowed(leaf))
        return E_BADKEY;
    if (!(flags & EXFLAG_KUSAGE) || !(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
        return E_BADCERT;
    if (!has_extended_usage(leaf, role == TLS_ROLE_SERVER ? NID_server_auth : NID_client_auth))
        return E_BADCERT;
    return E_OK;
}

enum err tls_check_time(X509 *leaf)
{
    bool in_time = X509_cmp_current_time(X509_get0_notBefore(leaf)) < 0 &&
                   X509_cmp_current_time(X509_get0_notAfter(leaf)) > 0;

    return in_time ? E_OK : E_EXPIRED;
}

bool tls_pattern_matches(slice pattern, slice host)
{
    const uint8_t *dot;

    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n == 0)
        return false;
    if (pattern.n < 3 || pattern.p[0] != '*' || pattern.p[1] != '.')
        return slice_eq_nocase(pattern, host);
    dot = memchr(host.p, '.', host.n);
    if (!dot || dot == host.p)
        return false;
    pattern = slice_skip(pattern, 1);
    /* "*.com" would speak for half of the world */
    if (!memchr(pattern.p + 1, '.', pattern.n - 1))
        return false;
    return slice_eq_nocase(pattern, slice_of(dot, host.n - (size_t)(dot - host.p)));
}

bool tls_name_matches(X509 *leaf, const char *host)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_IA5STRING *text;

        if (name->type != GEN_DNS)
            continue;
        text = name->d.dNSName;
        if (tls_pattern_matches(
                slice_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)),
                slice_str(host)))
            found = true;
    }
    GENERAL_NAMES_free(names);
    return found || X509_check_ip_asc(leaf, host, 0) == 1;
}

bool tls_has_policy(X509 *leaf, slice oid)
{
    CERTIFICATEPOLICIES *policies = X509_get_ext_d2i(leaf, NID_certificate_policies, NULL, NULL);
    bool found = false;

    for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
        const ASN1_OBJECT *id = sk_POLICYINFO_value(policies, i)->policyid;

        if (slice_eq(slice_of(OBJ_get0_data(id), OBJ_length(id)), oid))
            found = true;
    }
    CERTIFICATEPOLICIES_free(policies);
    return found;
}
