/*
 * The official SGP.26 test hierarchy, both curves: everything parses and verifies, and what the
 * digest says about its fields holds. Skipped where the data are not there.
 */
#include "pki/chain.h"
#include "pki/keystore.h"
#include "pki/show.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATA "../shared/data/sgp26"

static const struct crypto *c;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    return c ? 0 : -1;
}

struct file {
    uint8_t *owned;
    slice der;
    struct cert cert;
};

static bool here(void)
{
    if (access(DATA, R_OK) == 0)
        return true;
    print_message("skipped: " DATA " is not there\n");
    return false;
}

static struct file load(const char *name)
{
    char path[256];
    struct file f;

    snprintf(path, sizeof path, DATA "/%s.der", name);
    assert_int_equal(cert_read_file(path, &f.owned, &f.der), E_OK);
    assert_int_equal(cert_parse(f.der, &f.cert), E_OK);
    return f;
}

static const char *const ci_files[] = { "CertificateIssuer/CERT_CI_ECDSA_NIST",
                                        "CertificateIssuer/CERT_CI_ECDSA_BRP" };

struct official {
    const char *file;
    enum cert_role role;
};

static const struct official officials[] = {
    { "DPauth/CERT_S_SM_DPauth_ECDSA_NIST", ROLE_DP_AUTH },
    { "DPauth/CERT_S_SM_DPauth_ECDSA_BRP", ROLE_DP_AUTH },
    { "DPauth/CERT_S_SM_DP2auth_ECDSA_NIST", ROLE_DP_AUTH },
    { "DPauth/CERT_S_SM_DP2auth_ECDSA_BRP", ROLE_DP_AUTH },
    { "DPpb/CERT_S_SM_DPpb_ECDSA_NIST", ROLE_DP_PB },
    { "DPpb/CERT_S_SM_DPpb_ECDSA_BRP", ROLE_DP_PB },
    { "DPpb/CERT_S_SM_DP2pb_ECDSA_NIST", ROLE_DP_PB },
    { "DPpb/CERT_S_SM_DP2pb_ECDSA_BRP", ROLE_DP_PB },
    { "DPtls/CERT_S_SM_DP_TLS_NIST", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP_TLS_BRP", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP2_TLS", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP4_TLS", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP8_TLS", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP_VARO_TLS_NIST", ROLE_DP_TLS },
    { "DPtls/CERT_S_SM_DP_VARO_TLS_BRP", ROLE_DP_TLS },
    { "EUM/CERT_EUM_ECDSA_NIST", ROLE_EUM },
    { "EUM/CERT_EUM_ECDSA_BRP", ROLE_EUM },
};

static void trust_both(struct trust *t, struct file ci[2])
{
    trust_open(t, c);
    for (int i = 0; i < 2; i++) {
        ci[i] = load(ci_files[i]);
        assert_int_equal(trust_add_cert(t, ci[i].der), E_OK);
    }
}

static void untrust(struct trust *t, struct file ci[2])
{
    trust_close(t);
    free(ci[0].owned);
    free(ci[1].owned);
}

/* The TLS certificates are renewed every year, so each is judged at the middle of its own time. */
static void official_certificates(void **state)
{
    struct trust t;
    struct file ci[2];

    (void)state;
    if (!here())
        skip();
    trust_both(&t, ci);
    for (size_t i = 0; i < COUNT(officials); i++) {
        struct file f = load(officials[i].file);
        int64_t then = f.cert.not_before_s + (f.cert.not_after_s - f.cert.not_before_s) / 2;
        struct chain chain;
        struct chain_fault fault = { E_OK, ROLE_NONE, "" };

        if (chain_verify(&t, &f.der, 1, officials[i].role, SLICE_NONE, then, &chain, &fault))
            fail_msg("%s: at %s: %s", officials[i].file, role_facts(fault.role)->name, fault.why);
        chain_close(&chain);
        for (unsigned role = ROLE_CI; role < ROLE__COUNT; role++)
            if (role != officials[i].role)
                assert_int_not_equal(
                    chain_verify(&t, &f.der, 1, role, SLICE_NONE, then, &chain, NULL), E_OK);
        free(f.owned);
    }
    untrust(&t, ci);
}

static void official_euicc_of_year_7496(void **state)
{
    static const char *const files[2][2] = {
        { "eUICC/CERT_EUICC_ECDSA_NIST", "EUM/CERT_EUM_ECDSA_NIST" },
        { "eUICC/CERT_EUICC_ECDSA_BRP", "EUM/CERT_EUM_ECDSA_BRP" }
    };
    struct trust t;
    struct file ci[2];

    (void)state;
    if (!here())
        skip();
    trust_both(&t, ci);
    for (int i = 0; i < 2; i++) {
        struct file euicc = load(files[i][0]), eum = load(files[i][1]);
        int64_t then = euicc.cert.not_before_s + 86400;
        struct chain chain;
        uint8_t eid[EID_LEN];
        char digits[EID_DIGITS + 1], text[TIME_TEXT_MAX];

        assert_int_equal(
            chain_verify_euicc(&t, euicc.der, eum.der, ci[i].cert.ski, then, &chain, eid, NULL),
            E_OK);
        chain_close(&chain);
        eid_to_digits(eid, digits);
        assert_string_equal(digits, "89049032123451234512345678901235");
        assert_memory_equal(time_print(euicc.cert.not_after_s, text), "7496-", 5);
        /* the other EUM, and the other CI */
        assert_int_not_equal(
            chain_verify_euicc(&t, euicc.der, ci[i].der, SLICE_NONE, then, &chain, eid, NULL),
            E_OK);
        assert_int_equal(
            chain_verify_euicc(&t, euicc.der, eum.der, ci[1 - i].cert.ski, then, &chain, eid, NULL),
            E_UNTRUSTED);
        free(euicc.owned);
        free(eum.owned);
    }
    untrust(&t, ci);
}

static void official_fields(void **state)
{
    static const uint8_t ski[] = { 0xF5, 0x41, 0x72, 0xBD, 0xF9, 0x8A, 0x95, 0xD6, 0x5C, 0xBE,
                                   0xB8, 0x8A, 0x38, 0xA1, 0xC1, 0x1D, 0x80, 0x0A, 0x85, 0xC3 };
    char text[256];

    (void)state;
    if (!here())
        skip();
    struct file ci = load(ci_files[0]), auth = load("DPauth/CERT_S_SM_DPauth_ECDSA_NIST"),
                pb = load("DPpb/CERT_S_SM_DPpb_ECDSA_NIST"),
                pb2 = load("DPpb/CERT_S_SM_DP2pb_ECDSA_NIST"),
                tls = load("DPtls/CERT_S_SM_DP_TLS_NIST");

    assert_true(slice_eq(ci.cert.ski, SLICE_OF(ski)));
    assert_true(cert_self_issued(&ci.cert));
    assert_string_equal(name_print(ci.cert.subject, text, sizeof text),
                        "CN=Test CI, OU=TESTCERT, O=RSPTEST, C=IT");
    assert_true(slice_eq(auth.cert.aki, ci.cert.ski));
    assert_true(slice_eq(auth.cert.rid, SLICE_LIT("\x88\x37\x0A"))); /* 2.999.10 */
    assert_true(cert_same_server(&auth.cert, &pb.cert));
    assert_false(cert_same_server(&auth.cert, &pb2.cert));
    assert_true(cert_names_host(&tls.cert, SLICE_LIT("testsmdpplus1.example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_LIT("testsmdpplus2.example.com")));
    free(ci.owned);
    free(auth.owned);
    free(pb.owned);
    free(pb2.owned);
    free(tls.owned);
}

static void official_keys_belong_to_certificates(void **state)
{
    static const char *const pairs[][2] = {
        { "eUICC/CERT_EUICC_ECDSA_NIST.der", "eUICC/SK_EUICC_ECDSA_NIST.pem" },
        { "eUICC/CERT_EUICC_ECDSA_BRP.der", "eUICC/SK_EUICC_ECDSA_BRP.pem" },
        { "EUM/CERT_EUM_ECDSA_NIST.der", "EUM/SK_EUM_ECDSA_NIST.pem" },
        { "DPpb/CERT_S_SM_DPpb_ECDSA_BRP.der", "DPpb/SK_S_SM_DPpb_ECDSA_BRP.pem" },
    };
    struct identity id;

    (void)state;
    if (!here())
        skip();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char cert[256], key[256], other[256];

        snprintf(cert, sizeof cert, DATA "/%s", pairs[i][0]);
        snprintf(key, sizeof key, DATA "/%s", pairs[i][1]);
        snprintf(other, sizeof other, DATA "/%s", pairs[(i + 1) % COUNT(pairs)][1]);
        assert_int_equal(identity_open_files(c, cert, key, &id), E_OK);
        identity_close(&id);
        assert_int_equal(identity_open_files(c, cert, other, &id), E_BADKEY);
        assert_int_equal(identity_open_files(c, key, key, &id), E_SYNTAX);
        assert_int_equal(identity_open_files(c, cert, DATA "/none", &id), E_NOTFOUND);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(official_certificates),
        cmocka_unit_test(official_euicc_of_year_7496),
        cmocka_unit_test(official_fields),
        cmocka_unit_test(official_keys_belong_to_certificates),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
