#include "net/pki.h"

#include "net/must.h"

#include <openssl/conf.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include <stdlib.h>

static EVP_PKEY *make_key(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve ? curve : "P-256");

    MUST(key);
    return key;
}

static void add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    CONF *conf;

    if (!value)
        return;
    conf = NCONF_new(NULL); /* certificatePolicies asks for one, though an empty one will do */
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    MUST(ext);
    X509_add_ext(cert, ext, -1);
    X509_EXTENSION_free(ext);
    NCONF_free(conf);
}

struct made_cert make_cert(const struct cert_spec *s)
{
    static long serial = 1000;
    struct made_cert made = { .cert = X509_new() };
    X509 *issuer = s->by ? s->by->cert : made.cert;
    X509_NAME *name = X509_get_subject_name(made.cert);
    unsigned char *der = NULL;
    int n;

    made.key = s->key ? s->key : make_key(s->curve);
    if (s->key)
        EVP_PKEY_up_ref(s->key);
    X509_set_version(made.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.cert), ++serial);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)s->cn, -1, -1, 0);
    X509_set_issuer_name(made.cert, X509_get_subject_name(issuer));
    X509_time_adj_ex(X509_getm_notBefore(made.cert), 0, s->from_s, NULL);
    X509_time_adj_ex(X509_getm_notAfter(made.cert), (int)(s->until_s / DAY_S), s->until_s % DAY_S,
                     NULL);
    X509_set_pubkey(made.cert, made.key);
    add(made.cert, issuer, NID_subject_key_identifier, "hash");
    add(made.cert, issuer, NID_authority_key_identifier, s->by ? "keyid:always" : NULL);
    add(made.cert, issuer, NID_basic_constraints, s->basic);
    add(made.cert, issuer, NID_key_usage, s->usage);
    add(made.cert, issuer, NID_ext_key_usage, s->extended);
    add(made.cert, issuer, NID_certificate_policies, s->policy);
    add(made.cert, issuer, NID_subject_alt_name, s->names);
    add(made.cert, issuer, NID_name_constraints, s->constraints);
    n = X509_sign(made.cert, s->by ? s->by->key : made.key, EVP_sha256());
    MUST(n > 0);
    n = i2d_X509(made.cert, &der);
    made.der = slice_of(der, (size_t)n);
    return made;
}

void free_cert(struct made_cert *c)
{
    OPENSSL_free((void *)(uintptr_t)c->der.p);
    X509_free(c->cert);
    EVP_PKEY_free(c->key);
    *c = (struct made_cert){ 0 };
}

struct made_cert make_ci(void)
{
    return make_cert(&(struct cert_spec){
        .cn = "Test CI",
        .basic = "critical,CA:TRUE",
        .usage = "critical,keyCertSign,cRLSign",
        .policy = "critical,2.23.146.1.2.1.0",
        .names = "RID:2.999.1",
        .from_s = -DAY_S,
        .until_s = 35 * 365 * DAY_S,
    });
}

struct cert_spec good_server(const struct made_cert *ci, const char *names)
{
    return (struct cert_spec){
        .cn = "server",
        .usage = "critical,digitalSignature",
        .extended = "critical,serverAuth,clientAuth",
        .policy = POLICY_DPTLS,
        .names = names,
        .from_s = -DAY_S,
        .until_s = 398 * DAY_S,
        .by = ci,
    };
}

struct cert_spec good_client(const struct made_cert *ci)
{
    struct cert_spec s = good_server(ci, "RID:2.999.77");

    s.cn = "client";
    s.extended = "critical,clientAuth";
    return s;
}
