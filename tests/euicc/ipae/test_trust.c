/*
 * Whom the IPA in the card believes over TLS: chains made for it, each refusal one change away from
 * what is taken. The dates of these certificates do not matter: the card has no clock.
 */
#include "euicc/ipae/case.h"
#include "euicc/ipae/ipae_impl.h"
#include "pki/crl_make.h"
#include "pki/forge.h"

#define NAME "smdp.example.com"

static struct house house;
static struct card_case c;
static struct made root, other, sub, sub2, leaf, deep, direct, dp, dp_auth, dp_deep;

static void make(struct made *m, enum cert_role role, const char *name, const struct made *by)
{
    make_cert(house.crypto, m, CURVE_P256,
              (struct cert_template){ .role = role, .common_name = slice_str(name) }, by);
}

static int open_all(void **state)
{
    (void)state;
    house_open(&house);
    make_cert(
        house.crypto, &root, CURVE_P256,
        (struct cert_template){ .role = ROLE_CI, .common_name = SLICE_LIT("root"), .path_len = 1 },
        NULL);
    make(&other, ROLE_CI, "root", NULL);
    make(&sub, ROLE_CI_SUBCA, "sub", &root);
    make(&sub2, ROLE_CI_SUBCA, "sub2", &sub);
    make(&direct, ROLE_EIM_TLS, "direct", &root);
    make(&leaf, ROLE_EIM_TLS, "leaf", &sub);
    make(&deep, ROLE_EIM_TLS, "deep", &sub2);
    make(&dp, ROLE_DP_TLS, "dp", &root);
    make(&dp_auth, ROLE_DP_AUTH, "dp auth", &root);
    make(&dp_deep, ROLE_DP_TLS, "dp deep", &leaf);
    return 0;
}

static int close_all(void **state)
{
    struct made *all[] = { &root, &other,  &sub, &sub2,    &leaf,
                           &deep, &direct, &dp,  &dp_auth, &dp_deep };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        made_close(all[i]);
    house_close(&house);
    return 0;
}

/* A card whose eIM has this certificate. */
static struct ipae *with(slice certificate)
{
    struct ipae *e;

    house.tls_certificate = certificate;
    case_open(&c, &house, TRUST_LEAF);
    c.phone.unreachable = true;
    assert_true(case_power(&c));
    case_run(&c, 0);
    e = card_app_state(c.card, &ipae_app);
    assert_true(e->eims[0].eim_id_n > 0);
    return e;
}

static enum err believe(struct ipae *e, const char *host, const slice *chain, size_t count)
{
    struct ipa_want want = e->want;
    enum err err;

    e->want.http.host = bytes_of_slice(slice_str(host));
    err = believe_eim(&e->eims[0], chain, count);
    e->want = want;
    return err;
}

#define BELIEVE(e, host, ...)                                                                      \
    believe(e, host, (const slice[]){ __VA_ARGS__ },                                               \
            sizeof((const slice[]){ __VA_ARGS__ }) / sizeof(slice))

static void below_a_ca(void **state)
{
    struct ipae *e = with(root.der);
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    assert_int_equal(BELIEVE(e, NAME, direct.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME ":8443", direct.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME, leaf.der, sub.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME, leaf.der, sub.der, root.der), E_OK);
    /* another name; a leaf that is a CA; an issuer that is missing, or another */
    assert_int_equal(BELIEVE(e, "eim.example.com", direct.der), E_BADCERT);
    assert_int_equal(BELIEVE(e, NAME, sub.der), E_BADCERT);
    assert_int_equal(BELIEVE(e, NAME, leaf.der), E_UNTRUSTED);
    assert_int_equal(BELIEVE(e, NAME, leaf.der, direct.der), E_UNTRUSTED);
    /* the leaf's key is no CA's; the root allows one CA below it */
    assert_int_equal(BELIEVE(e, NAME, dp_deep.der, leaf.der, sub.der), E_UNTRUSTED);
    assert_int_equal(BELIEVE(e, NAME, deep.der, sub2.der, sub.der), E_BADCERT);
    /* signed by another, who has the same name */
    assert_int_equal(BELIEVE(e, NAME,
                             forge_part(house.crypto, &direct, TBS_SERIAL,
                                        SLICE_LIT("\x02\x01\x09"), &other, buf, sizeof buf)),
                     E_UNTRUSTED);
    assert_int_equal(BELIEVE(e, NAME, SLICE_LIT("\x30\x00")), E_BADCERT);
    assert_int_equal(believe(e, NAME, NULL, 0), E_UNTRUSTED);
    case_close(&c);
    /* an intermediate CA as the anchor */
    e = with(sub.der);
    assert_int_equal(BELIEVE(e, NAME, leaf.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME, leaf.der, sub.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME, direct.der), E_UNTRUSTED);
    case_close(&c);
}

/* That certificate and no other: its name does not count, and what it has issued is nothing. */
static void the_leaf_itself(void **state)
{
    struct ipae *e = with(leaf.der);

    (void)state;
    assert_int_equal(BELIEVE(e, "any.example.com", leaf.der), E_OK);
    assert_int_equal(BELIEVE(e, NAME, direct.der), E_UNTRUSTED);
    assert_int_equal(BELIEVE(e, NAME, dp_deep.der, leaf.der), E_UNTRUSTED);
    /* another eIM, which the card does not know */
    e->eims[0].eim_id[0] ^= 1;
    assert_int_equal(BELIEVE(e, NAME, leaf.der), E_UNTRUSTED);
    case_close(&c);
}

static enum err believe_server(struct ipae *e, const char *host, const slice *chain, size_t count)
{
    struct ipa_want want = e->want;
    enum err err;

    e->want.http.host = bytes_of_slice(slice_str(host));
    err = believe_smdp(&e->smdp, chain, count);
    e->want = want;
    return err;
}

#define BELIEVE_SERVER(e, host, ...)                                                               \
    believe_server(e, host, (const slice[]){ __VA_ARGS__ },                                        \
                   sizeof((const slice[]){ __VA_ARGS__ }) / sizeof(slice))

static void below_a_ci(void **state)
{
    struct ipae *e = with(leaf.der);
    struct personality p = c.personality;

    (void)state;
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp.der), E_UNTRUSTED);
    memcpy(p.ci[0].pkid, root.cert.ski.p, CI_PKID_LEN);
    p.ci[0].key = root.cert.point;
    c.ipae.euicc = &p;
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp.der), E_OK);
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp.der, root.der), E_OK);
    assert_int_equal(BELIEVE_SERVER(e, "other.example.com", dp.der), E_BADCERT);
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp_auth.der), E_BADCERT);
    assert_int_equal(BELIEVE_SERVER(e, NAME, direct.der), E_BADCERT);
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp_deep.der, leaf.der, sub.der), E_BADCERT);
    assert_int_equal(believe_server(e, NAME, NULL, 0), E_UNTRUSTED);
    p.ci[0].key = other.cert.point;
    assert_int_equal(BELIEVE_SERVER(e, NAME, dp.der), E_BADSIG);
    case_close(&c);
}

static EVP_PKEY *ci_key(void)
{
    char path[KEYSTORE_PATH_MAX];
    EVP_PKEY *key;
    FILE *f;

    assert_int_equal(keystore_path(house.pki, role_facts(ROLE_CI)->file, "key", path, sizeof path),
                     E_OK);
    f = fopen(path, "r");
    assert_non_null(f);
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    assert_non_null(key);
    return key;
}

/* The server of the house, until a list of LoadCRL names it. */
static void revoked(void **state)
{
    struct ipae *e = with(leaf.der);
    slice der = house_certificate(&house, role_facts(ROLE_DP_TLS)->file);
    uint8_t list[CRL_MAKE_MAX], buf[CRL_MAKE_MAX];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct cert cert;
    struct crl_plan plan = { .key = ci_key(), .number = 1 };
    slice request;

    (void)state;
    assert_int_equal(cert_parse(der, &cert), E_OK);
    assert_int_equal(BELIEVE_SERVER(e, HOUSE_SMDP, der), E_OK);
    plan.aki = cert.aki;
    plan.serials[0] = cert.serial;
    der_put_rehead(&w, 0xA0, crl_make(&plan, list));
    der_wrap(&w, 0xBF35, 0);
    assert_int_equal(der_written(&w, &request), E_OK);
    (void)case_es10(&c, request);
    assert_memory_equal(c.phone.out, "\xBF\x35\x02\xA0\x00", 5);
    assert_int_equal(BELIEVE_SERVER(e, HOUSE_SMDP, der), E_BADCERT);
    EVP_PKEY_free(plan.key);
    case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(below_a_ca),
        cmocka_unit_test(the_leaf_itself),
        cmocka_unit_test(below_a_ci),
        cmocka_unit_test(revoked),
    };

    return cmocka_run_group_tests_name("whom the IPA in the card believes", tests, open_all,
                                       close_all);
}
