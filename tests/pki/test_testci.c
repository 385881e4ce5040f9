/*
 * The private CI: what it makes verifies under our own rules and, where the openssl program is
 * there, under its too. OpenSSL reads the name constraints of an EUM as a prefix of the whole name
 * and refuses every eUICC with "permitted subtree violation" (also the official one), so eUICC
 * certificates are only given to it for their signature.
 */
#include "pki/testci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct crypto *c;
static char dir[2][64];

static const enum curve curves[2] = { CURVE_P256, CURVE_BP256R1 };

static struct testci_plan plan(int i)
{
    return (struct testci_plan){
        .dir = dir[i], .curve = curves[i], .euiccs = 2, .now_s = (int64_t)time(NULL)
    };
}

static int remove_dirs(void **state)
{
    char command[160];

    (void)state;
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "rm -rf '%s'", dir[i]);
        if (dir[i][0] && system(command) != 0)
            return -1;
    }
    return 0;
}

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    for (int i = 0; c && i < 2; i++) {
        struct testci_plan p;
        char top[32] = "/tmp/dunlin-pki-XXXXXX", where[KEYSTORE_PATH_MAX];

        if (!mkdtemp(top))
            return -1;
        snprintf(dir[i], sizeof dir[i], "%s", top);
        p = plan(i);
        if (testci_init(c, &p, where)) {
            print_message("%s\n", where);
            return -1;
        }
    }
    return c ? 0 : -1;
}

static void everything_verifies(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct identity ci;
        struct trust t;
        int64_t now_s = (int64_t)time(NULL);

        assert_int_equal(identity_open_role(c, dir[i], ROLE_CI, &ci), E_OK);
        trust_open(&t, c);
        assert_int_equal(trust_add_cert(&t, ci.cert.der), E_OK);
        static const enum cert_role made[] = { ROLE_EUM,      ROLE_DP_AUTH, ROLE_DP_PB,
                                               ROLE_DP_TLS,   ROLE_DS_AUTH, ROLE_DS_TLS,
                                               ROLE_EIM_SIGN, ROLE_EIM_TLS };
        for (size_t r = 0; r < COUNT(made); r++) {
            struct identity id;
            struct chain chain;
            struct chain_fault fault = { E_OK, ROLE_NONE, "" };

            assert_int_equal(identity_open_role(c, dir[i], made[r], &id), E_OK);
            if (chain_verify(&t, &id.cert.der, 1, made[r], SLICE_NONE, now_s, &chain, &fault))
                fail_msg("%s: %s", role_facts(made[r])->name, fault.why);
            assert_int_equal(id.cert.curve, curves[i]);
            if (role_facts(made[r])->tls)
                assert_true(cert_names_host(&id.cert, SLICE_LIT("localhost")));
            chain_close(&chain);
            identity_close(&id);
        }
        trust_close(&t);
        identity_close(&ci);
    }
}

static void euiccs_and_one_more(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct identity ci, eum, euicc;
        struct trust t;
        uint8_t eid[EID_LEN], got[EID_LEN];
        struct chain chain;

        assert_int_equal(identity_open_role(c, dir[i], ROLE_CI, &ci), E_OK);
        assert_int_equal(identity_open_role(c, dir[i], ROLE_EUM, &eum), E_OK);
        trust_open(&t, c);
        assert_int_equal(trust_add_cert(&t, ci.cert.der), E_OK);
        testci_eid(777, eid);
        assert_int_equal(testci_add_euicc(c, &eum, dir[i], eid, (int64_t)time(NULL)), E_OK);
        assert_int_equal(testci_add_euicc(c, &eum, dir[i], eid, (int64_t)time(NULL)), E_EXISTS);
        static const uint64_t numbers[] = { 1, 2, 777 };
        for (size_t n = 0; n < COUNT(numbers); n++) {
            char stem[EUICC_STEM_MAX];

            testci_eid(numbers[n], eid);
            assert_true(eid_valid(eid));
            euicc_stem(eid, stem);
            assert_int_equal(identity_open(c, dir[i], stem, &euicc), E_OK);
            assert_int_equal(chain_verify_euicc(&t, euicc.cert.der, eum.cert.der, SLICE_NONE,
                                                (int64_t)time(NULL), &chain, got, NULL),
                             E_OK);
            assert_memory_equal(got, eid, EID_LEN);
            chain_close(&chain);
            identity_close(&euicc);
        }
        trust_close(&t);
        identity_close(&ci);
        identity_close(&eum);
    }
}

/* Whatever the umask would have allowed. */
static void folders_are_for_their_owner_alone(void **state)
{
    struct testci_plan p = plan(0);
    char path[3][KEYSTORE_PATH_MAX], where[KEYSTORE_PATH_MAX];
    mode_t before = umask(0);
    struct stat st;

    (void)state;
    snprintf(path[0], sizeof path[0], "%s/new", dir[0]);
    snprintf(path[1], sizeof path[1], "%s/new/pki", dir[0]);
    snprintf(path[2], sizeof path[2], "%s/new/pki/%s", dir[0], role_facts(ROLE_EUICC)->file);
    p.dir = path[1];
    assert_int_equal(testci_init(c, &p, where), E_OK);
    umask(before);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stat(path[i], &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0700);
    }
}

static void known_eid(void **state)
{
    uint8_t eid[EID_LEN];
    char digits[EID_DIGITS + 1];

    (void)state;
    testci_eid(123456789012, eid); /* the one of SGP.26 */
    eid_to_digits(eid, digits);
    assert_string_equal(digits, "89049032123451234512345678901235");
}

static void refusals(void **state)
{
    struct testci_plan p = plan(0);
    struct identity eum;
    struct signer key;
    uint8_t eid[EID_LEN], buf[CERT_ISSUE_MAX];
    char where[KEYSTORE_PATH_MAX];
    slice der;
    struct stat st;

    (void)state;
    assert_int_equal(testci_init(c, &p, where), E_EXISTS);
    assert_non_null(strstr(where, "/ci"));
    snprintf(where, sizeof where, "%s/dp-pb.key", dir[0]);
    assert_int_equal(stat(where, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    assert_int_equal(identity_open_role(c, dir[0], ROLE_EUM, &eum), E_OK);
    assert_int_equal(signer_open_file(c, where, &key), E_OK);
    assert_int_equal(eid_from_digits(SLICE_LIT("12345000000000000000000000000186"), eid), E_OK);
    assert_int_equal(testci_issue_euicc(c, &eum, eid, &key.point, 0, buf, sizeof buf, &der),
                     E_BADCERT); /* not a number of this EUM */
    assert_int_equal(eid_from_digits(SLICE_LIT("89049032123451234512345678901236"), eid), E_OK);
    assert_int_equal(testci_issue_euicc(c, &eum, eid, &key.point, 0, buf, sizeof buf, &der),
                     E_BADCERT); /* check digits */
    testci_eid(5, eid);
    assert_int_equal(testci_issue_euicc(c, &eum, eid, &key.point, 0, buf, sizeof buf, &der), E_OK);
    assert_int_equal(testci_issue_euicc(c, &eum, eid, &key.point, 0, buf, der.n - 16, &der),
                     E_NOSPACE);
    signer_close(&key);
    identity_close(&eum);

    p.curve = CURVE_OTHER;
    assert_int_equal(testci_init(c, &p, where), E_ARGUMENT);
}

static bool have_openssl(void)
{
    return system("openssl version >/dev/null 2>&1") == 0;
}

/* The status of a shell command that calls the directory $D. */
static int run(const char *command, const char *d)
{
    return setenv("D", d, 1) == 0 ? system(command) : -1;
}

static void openssl_accepts(void **state)
{
    (void)state;
    if (!have_openssl()) {
        print_message("skipped: no openssl program\n");
        skip();
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            run("openssl x509 -inform DER -in $D/ci.der -noout -text >/dev/null", dir[i]), 0);
        assert_int_equal(run("openssl verify -x509_strict -purpose sslserver -verify_hostname "
                             "testsmdpplus1.example.com -CAfile $D/ci.pem $D/dp-tls.pem >/dev/null",
                             dir[i]),
                         0);
        assert_int_not_equal(run("openssl verify -verify_hostname other.example.com "
                                 "-CAfile $D/ci.pem $D/dp-tls.pem >/dev/null 2>&1",
                                 dir[i]),
                             0);
        assert_int_equal(
            run("openssl verify -CAfile $D/ci.pem $D/ci.pem $D/ds-tls.pem >/dev/null", dir[i]), 0);
        assert_int_equal(run("openssl verify -CAfile $D/ci.pem $D/dp-auth.pem $D/dp-pb.pem "
                             ">/dev/null",
                             dir[i]),
                         0);
        assert_int_equal(
            run("openssl verify -CAfile $D/ci.pem $D/eum.pem $D/eim-tls.pem >/dev/null", dir[i]),
            0);
        /* key and certificate belong together for it too */
        assert_int_equal(run("test \"$(openssl pkey -in $D/dp-tls.key -pubout)\" = "
                             "\"$(openssl x509 -in $D/dp-tls.pem -noout -pubkey)\"",
                             dir[i]),
                         0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_verifies),
        cmocka_unit_test(euiccs_and_one_more),
        cmocka_unit_test(folders_are_for_their_owner_alone),
        cmocka_unit_test(known_eid),
        cmocka_unit_test(refusals),
        cmocka_unit_test(openssl_accepts),
    };

    return cmocka_run_group_tests(tests, setup, remove_dirs);
}
