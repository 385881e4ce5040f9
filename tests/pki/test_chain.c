/*
 * Chains under the GSMA rules. Every negative case is one valid chain with one change and one
 * expected error at one certificate.
 */
#include "pki/forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>

static const struct crypto *c;

struct world {
    enum curve curve;
    struct made ci, eum, euicc, auth, pb, tls;
    struct trust trust;
};

static struct world worlds[2];

static void open_world(struct world *w, enum curve curve)
{
    w->curve = curve;
    make_cert(c, &w->ci, curve, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &w->eum, curve, (struct cert_template){ .role = ROLE_EUM }, &w->ci);
    make_cert(c, &w->euicc, curve, (struct cert_template){ .role = ROLE_EUICC }, &w->eum);
    make_cert(c, &w->auth, curve, (struct cert_template){ .role = ROLE_DP_AUTH }, &w->ci);
    make_cert(c, &w->pb, curve, (struct cert_template){ .role = ROLE_DP_PB }, &w->ci);
    make_cert(c, &w->tls, curve, (struct cert_template){ .role = ROLE_DP_TLS }, &w->ci);
    trust_open(&w->trust, c);
    assert_int_equal(trust_add_cert(&w->trust, w->ci.der), E_OK);
}

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    if (!c)
        return -1;
    open_world(&worlds[0], CURVE_P256);
    open_world(&worlds[1], CURVE_BP256R1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(worlds); i++) {
        struct world *w = &worlds[i];

        trust_close(&w->trust);
        made_close(&w->ci);
        made_close(&w->eum);
        made_close(&w->euicc);
        made_close(&w->auth);
        made_close(&w->pb);
        made_close(&w->tls);
    }
    return 0;
}

/* Verifies and says what was found; *fault is {E_OK} on success. */
static enum err judge(const struct trust *t, slice leaf, slice issuer, enum cert_role role,
                      int64_t now_s, struct chain_fault *fault)
{
    slice ders[] = { leaf, issuer };
    struct chain chain;
    enum err err;

    *fault = (struct chain_fault){ E_OK, ROLE_NONE, "" };
    err = chain_verify(t, ders, issuer.p ? 2 : 1, role, SLICE_NONE, now_s, &chain, fault);
    assert_int_equal(err, fault->err);
    if (!err)
        chain_close(&chain);
    else
        assert_non_null(fault->why);
    return err;
}

static void expect(const struct world *w, slice leaf, slice issuer, enum cert_role role,
                   enum err err, enum cert_role at)
{
    struct chain_fault fault;

    assert_int_equal(judge(&w->trust, leaf, issuer, role, FORGE_NOW, &fault), err);
    assert_int_equal(fault.role, at);
}

static void valid_chains(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(worlds); i++) {
        const struct world *w = &worlds[i];
        struct chain chain;
        uint8_t eid[EID_LEN];
        char digits[EID_DIGITS + 1];

        expect(w, w->euicc.der, w->eum.der, ROLE_EUICC, E_OK, ROLE_NONE);
        expect(w, w->eum.der, SLICE_NONE, ROLE_EUM, E_OK, ROLE_NONE);
        expect(w, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, E_OK, ROLE_NONE);
        expect(w, w->pb.der, SLICE_NONE, ROLE_DP_PB, E_OK, ROLE_NONE);
        expect(w, w->tls.der, SLICE_NONE, ROLE_DP_TLS, E_OK, ROLE_NONE);
        assert_int_equal(chain_verify_euicc(&w->trust, w->euicc.der, w->eum.der, w->ci.cert.ski,
                                            FORGE_NOW, &chain, eid, NULL),
                         E_OK);
        eid_to_digits(eid, digits);
        assert_string_equal(digits, "89049032123451234512345678901235");
        assert_ptr_equal(chain.ci, &w->trust.anchor[0]);
        assert_memory_equal(chain.key->point.b, w->euicc.signer.point.b, POINT_LEN);
        chain_close(&chain);
    }
}

static void bad_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(worlds); i++) {
        const struct world *w = &worlds[i];
        uint8_t buf[CERT_ISSUE_MAX];

        memcpy(buf, w->eum.der.p, w->eum.der.n);
        buf[w->eum.der.n - 1] ^= 1;
        expect(w, w->euicc.der, slice_of(buf, w->eum.der.n), ROLE_EUICC, E_BADSIG, ROLE_EUM);
        memcpy(buf, w->euicc.der.p, w->euicc.der.n);
        buf[w->euicc.der.n - 1] ^= 1;
        expect(w, slice_of(buf, w->euicc.der.n), w->eum.der, ROLE_EUICC, E_BADSIG, ROLE_EUICC);
        /* a signed octet: the last of the serial number */
        memcpy(buf, w->auth.der.p, w->auth.der.n);
        buf[w->auth.cert.serial.p - w->auth.der.p + 1] ^= 1;
        expect(w, slice_of(buf, w->auth.der.n), SLICE_NONE, ROLE_DP_AUTH, E_BADSIG, ROLE_DP_AUTH);
        /* signed by another key that claims to be the CI */
        expect(w,
               forge_part(c, &w->auth, TBS_SERIAL, SLICE_LIT("\x02\x02\x01\x02"), &w->pb, buf,
                          sizeof buf),
               SLICE_NONE, ROLE_DP_AUTH, E_BADSIG, ROLE_DP_AUTH);
    }
}

static void wrong_role(void **state)
{
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    expect(w, w->pb.der, SLICE_NONE, ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
    expect(w, w->auth.der, SLICE_NONE, ROLE_DP_PB, E_BADCERT, ROLE_DP_PB);
    expect(w, w->auth.der, SLICE_NONE, ROLE_DP_TLS, E_BADCERT, ROLE_DP_TLS);
    expect(w, w->auth.der, SLICE_NONE, ROLE_EIM_SIGN, E_BADCERT, ROLE_EIM_SIGN);
    expect(w, w->euicc.der, w->auth.der, ROLE_EUICC, E_BADCERT, ROLE_EUM);
    expect(w, w->eum.der, w->euicc.der, ROLE_EUM, E_UNTRUSTED, ROLE_CI);
    /* version 2 policy of an SM-DP+ turned into that of nobody */
    expect(w,
           forge_octets(c, &w->auth, SLICE_LIT("\x67\x81\x12\x01\x02\x01\x04"),
                        SLICE_LIT("\x67\x81\x12\x01\x02\x01\x7F"), &w->ci, buf, sizeof buf),
           SLICE_NONE, ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
    /* an EUM may issue for eUICCs, not for servers */
    struct made dp;

    make_cert(c, &dp, w->curve, (struct cert_template){ .role = ROLE_DP_AUTH }, &w->eum);
    expect(w, dp.der, w->eum.der, ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
    made_close(&dp);
    /* nor does the CI issue for an eUICC without its EUM */
    make_cert(c, &dp, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &w->ci);
    expect(w, dp.der, SLICE_NONE, ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    made_close(&dp);
}

/* The second generation of policy identifiers: 2.23.146.1.2.1.0.0.1.1 is also DPauth. */
static void version_3_role(void **state)
{
    const struct world *w = &worlds[0];
    struct cert_template t = { .role = ROLE_DP_SUBCA };
    struct made sub, auth;
    slice ders[2];
    struct chain chain;

    (void)state;
    make_cert(c, &sub, w->curve, t, &w->ci);
    expect(w, sub.der, SLICE_NONE, ROLE_DP_SUBCA, E_OK, ROLE_NONE);
    make_cert(c, &auth, w->curve, (struct cert_template){ .role = ROLE_DP_AUTH }, &sub);
    ders[0] = auth.der;
    ders[1] = sub.der;
    assert_int_equal(
        chain_verify(&w->trust, ders, 2, ROLE_DP_AUTH, SLICE_NONE, FORGE_NOW, &chain, NULL), E_OK);
    chain_close(&chain);
    assert_int_equal(role_of_policy(SLICE_LIT("\x67\x81\x12\x01\x02\x01\x00\x00\x01\x01")),
                     ROLE_DP_AUTH);
    assert_int_equal(role_of_policy(SLICE_LIT("\x67\x81\x12\x01\x02\x01\x00\x00\x00\x00\x00")),
                     ROLE_EUICC);
    made_close(&sub);
    made_close(&auth);
}

static void wrong_key_usage(void **state)
{
    const slice signs = SLICE_LIT("\x04\x04\x03\x02\x07\x80");
    const slice agrees = SLICE_LIT("\x04\x04\x03\x02\x07\x00");
    const slice issues = SLICE_LIT("\x04\x04\x03\x02\x02\x04");
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    expect(w, forge_octets(c, &w->auth, signs, agrees, &w->ci, buf, sizeof buf), SLICE_NONE,
           ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
    expect(w, forge_octets(c, &w->euicc, signs, issues, &w->eum, buf, sizeof buf), w->eum.der,
           ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    expect(w, w->euicc.der, forge_octets(c, &w->eum, issues, signs, &w->ci, buf, sizeof buf),
           ROLE_EUICC, E_BADCERT, ROLE_EUM);
    /* extended key usage of a TLS server: serverAuth twice instead of serverAuth and clientAuth */
    expect(w,
           forge_octets(c, &w->tls, SLICE_LIT("\x05\x05\x07\x03\x02"),
                        SLICE_LIT("\x05\x05\x07\x03\x01"), &w->ci, buf, sizeof buf),
           SLICE_NONE, ROLE_DP_TLS, E_BADCERT, ROLE_DP_TLS);
}

static void not_a_ca(void **state)
{
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    /* basicConstraints of the EUM: cA TRUE becomes FALSE */
    expect(w, w->euicc.der,
           forge_octets(c, &w->eum, SLICE_LIT("\x30\x06\x01\x01\xFF\x02\x01\x00"),
                        SLICE_LIT("\x30\x06\x01\x01\x00\x02\x01\x00"), &w->ci, buf, sizeof buf),
           ROLE_EUICC, E_BADCERT, ROLE_EUM);
}

static void unknown_critical_extension(void **state)
{
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    /* keyUsage (critical) under another identifier: 2.5.29.99 */
    expect(w,
           forge_octets(c, &w->auth, SLICE_LIT("\x55\x1D\x0F\x01\x01\xFF"),
                        SLICE_LIT("\x55\x1D\x63\x01\x01\xFF"), &w->ci, buf, sizeof buf),
           SLICE_NONE, ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
}

static void expired(void **state)
{
    const struct world *w = &worlds[0];
    struct cert_template past = { .role = ROLE_EUM,
                                  .not_before_s = FORGE_NOW - 2000,
                                  .not_after_s = FORGE_NOW - 1 };
    struct cert_template future = { .role = ROLE_EUICC,
                                    .not_before_s = FORGE_NOW + 1,
                                    .not_after_s = FORGE_NOW + 900 };
    struct chain_fault fault;
    struct made eum, euicc;

    (void)state;
    make_cert(c, &eum, w->curve, past, &w->ci);
    make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &eum);
    expect(w, euicc.der, eum.der, ROLE_EUICC, E_EXPIRED, ROLE_EUM);
    /* a card has no trusted time */
    assert_int_equal(judge(&w->trust, euicc.der, eum.der, ROLE_EUICC, NO_TIME, &fault), E_OK);
    made_close(&eum);
    made_close(&euicc);
    make_cert(c, &euicc, w->curve, future, &w->eum);
    expect(w, euicc.der, w->eum.der, ROLE_EUICC, E_EXPIRED, ROLE_EUICC);
    made_close(&euicc);
    /* out of its time comes first: with a bad signature, or of another role, it is expired still */
    uint8_t buf[CERT_ISSUE_MAX];

    make_cert(c, &eum, w->curve, past, &w->ci);
    memcpy(buf, eum.der.p, eum.der.n);
    buf[eum.der.n - 1] ^= 1;
    expect(w, w->euicc.der, slice_of(buf, eum.der.n), ROLE_EUICC, E_EXPIRED, ROLE_EUM);
    made_close(&eum);
    past.role = ROLE_DP_AUTH;
    make_cert(c, &eum, w->curve, past, &w->ci);
    expect(w, w->euicc.der, eum.der, ROLE_EUICC, E_EXPIRED, ROLE_EUM);
    made_close(&eum);
    assert_int_equal(
        judge(&w->trust, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, FORGE_NOW + 1000, &fault), E_OK);
    assert_int_equal(
        judge(&w->trust, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, FORGE_NOW + 1001, &fault),
        E_EXPIRED);
    assert_int_equal(fault.role, ROLE_CI);
}

/* Not "of an unknown CI": it names none, which no EUM, eUICC or server may (SGP.22 4.5.2.1). */
static void no_authority(void **state)
{
    const struct world *w = &worlds[0];
    const slice aki = SLICE_LIT("\x06\x03\x55\x1D\x23"), other = SLICE_LIT("\x06\x03\x55\x1D\x63");
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    expect(w, w->euicc.der, forge_octets(c, &w->eum, aki, other, &w->ci, buf, sizeof buf),
           ROLE_EUICC, E_BADCERT, ROLE_EUM);
    expect(w, forge_octets(c, &w->auth, aki, other, &w->ci, buf, sizeof buf), SLICE_NONE,
           ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
}

static void eid_constraints(void **state)
{
    const struct world *w = &worlds[0];
    static const slice iins[] = { SLICE_LIT("12345"), SLICE_LIT("89049032") };
    static const slice other = SLICE_LIT("89049033");
    struct made eum, euicc;

    (void)state;
    /* the same EUM with several subtrees: the second is met */
    make_cert(c, &eum, w->curve,
              (struct cert_template){ .role = ROLE_EUM, .iins = iins, .iin_count = 2 }, &w->ci);
    make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &eum);
    expect(w, euicc.der, eum.der, ROLE_EUICC, E_OK, ROLE_NONE);
    made_close(&euicc);
    /* the first is met: an EIN of another length */
    make_cert(
        c, &euicc, w->curve,
        (struct cert_template){ .role = ROLE_EUICC,
                                .serial_number = SLICE_LIT("12345000000000000000000000000186") },
        &eum);
    expect(w, euicc.der, eum.der, ROLE_EUICC, E_OK, ROLE_NONE);
    /* and the same eUICC under an EUM that only has the other */
    made_close(&eum);
    made_close(&euicc);
    make_cert(
        c, &euicc, w->curve,
        (struct cert_template){ .role = ROLE_EUICC,
                                .serial_number = SLICE_LIT("12345000000000000000000000000186") },
        &w->eum);
    expect(w, euicc.der, w->eum.der, ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    made_close(&euicc);
    make_cert(c, &eum, w->curve,
              (struct cert_template){ .role = ROLE_EUM, .iins = &other, .iin_count = 1 }, &w->ci);
    make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &eum);
    expect(w, euicc.der, eum.der, ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    made_close(&eum);
    made_close(&euicc);
    /* organisation that is not the EUM's */
    make_cert(c, &euicc, w->curve,
              (struct cert_template){ .role = ROLE_EUICC, .org = SLICE_LIT("Other") }, &w->eum);
    expect(w, euicc.der, w->eum.der, ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    made_close(&euicc);
    /* check digits of the EID */
    make_cert(
        c, &euicc, w->curve,
        (struct cert_template){ .role = ROLE_EUICC,
                                .serial_number = SLICE_LIT("89049032123451234512345678901236") },
        &w->eum);
    expect(w, euicc.der, w->eum.der, ROLE_EUICC, E_BADCERT, ROLE_EUICC);
    made_close(&euicc);
}

/* Version 3: extension permittedEins in place of nameConstraints; of nothing at all, nothing. */
static void permitted_eins(void **state)
{
    const struct world *w = &worlds[0];
    static const struct {
        const char *ein;
        enum err expected;
    } rows[] = { { "890490321", E_OK }, { "890490322", E_BADCERT }, { "", E_BADCERT } };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t part[1024], buf[CERT_ISSUE_MAX];
        struct der_writer out = der_writer(part, sizeof part);
        slice exts = w->eum.cert.extensions, last = SLICE_NONE, rest, forged;
        struct cert_ext e;
        struct made sub = w->eum, euicc;

        for (rest = exts; rest.n;) { /* nameConstraints are the last extension */
            last = rest;
            assert_true(cert_ext_next(&rest, &e));
        }
        der_put_tlv(&out, 0x13, slice_str(rows[i].ein));
        der_wrap(&out, 0x30, 0);
        der_wrap(&out, 0x04, 0);
        der_put_tlv(&out, 0x06, SLICE_LIT("\x67\x81\x12\x01\x02\x02\x00"));
        der_wrap(&out, 0x30, 0);
        if (!*rows[i].ein) /* neither of both extensions */
            out = der_writer(part, sizeof part);
        der_put(&out, slice_of(exts.p, (size_t)(last.p - exts.p)));
        der_wrap(&out, 0x30, 0);
        der_wrap(&out, 0xA3, 0);
        assert_int_equal(der_written(&out, &rest), E_OK);
        forged = forge_part(c, &w->eum, TBS_EXTENSIONS, rest, &w->ci, buf, sizeof buf);
        assert_int_equal(cert_parse(forged, &sub.cert), E_OK);
        make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &sub);
        expect(w, euicc.der, forged, ROLE_EUICC, rows[i].expected,
               rows[i].expected ? ROLE_EUICC : ROLE_NONE);
        made_close(&euicc);
    }
}

static void path_length(void **state)
{
    const struct world *w = &worlds[0];
    struct made eum, sub, euicc;
    slice ders[3];
    struct chain chain;
    struct chain_fault fault;

    (void)state;
    for (int path_len = 1; path_len >= -1; path_len -= 2) { /* -1 becomes 0 below */
        struct cert_template t = { .role = ROLE_EUM, .path_len = path_len == 1 ? 1 : 0 };

        make_cert(c, &eum, w->curve, t, &w->ci);
        make_cert(c, &sub, w->curve, (struct cert_template){ .role = ROLE_EUM_SUBCA }, &eum);
        make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &sub);
        ders[0] = euicc.der;
        ders[1] = sub.der;
        ders[2] = eum.der;
        if (path_len == 1) {
            assert_int_equal(
                chain_verify(&w->trust, ders, 3, ROLE_EUICC, SLICE_NONE, FORGE_NOW, &chain, &fault),
                E_OK);
            chain_close(&chain);
        } else {
            assert_int_equal(
                chain_verify(&w->trust, ders, 3, ROLE_EUICC, SLICE_NONE, FORGE_NOW, &chain, &fault),
                E_BADCERT);
            assert_int_equal(fault.role, ROLE_EUM_SUBCA);
            assert_string_equal(fault.why, "path length of the issuer is exceeded");
        }
        made_close(&eum);
        made_close(&sub);
        made_close(&euicc);
    }
}

static void other_ci(void **state)
{
    const struct world *w = &worlds[0], *b = &worlds[1];
    struct chain chain;
    struct chain_fault fault;
    uint8_t eid[EID_LEN];

    (void)state;
    expect(b, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, E_UNTRUSTED, ROLE_CI);
    expect(b, w->euicc.der, w->eum.der, ROLE_EUICC, E_UNTRUSTED, ROLE_CI);
    /* trusted, but not the one that was agreed */
    assert_int_equal(chain_verify_euicc(&w->trust, w->euicc.der, w->eum.der, b->ci.cert.ski,
                                        FORGE_NOW, &chain, eid, &fault),
                     E_UNTRUSTED);
    assert_int_equal(fault.role, ROLE_CI);
    /* two CIs in one trust */
    struct trust both;

    trust_open(&both, c);
    assert_int_equal(trust_add_cert(&both, w->ci.der), E_OK);
    assert_int_equal(trust_add_cert(&both, w->ci.der), E_EXISTS);
    assert_int_equal(trust_add_cert(&both, b->ci.der), E_OK);
    assert_int_equal(trust_add_cert(&both, w->auth.der), E_BADCERT);
    assert_int_equal(judge(&both, b->auth.der, SLICE_NONE, ROLE_DP_AUTH, FORGE_NOW, &fault), E_OK);
    assert_int_equal(judge(&both, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, FORGE_NOW, &fault), E_OK);
    /* the issuer must be the one it names */
    expect(w, w->euicc.der, SLICE_NONE, ROLE_EUICC, E_UNTRUSTED, ROLE_CI);
    trust_close(&both);
}

/* A CI whose self-signature is wrong is no anchor; nor one that another key signed. */
static void ci_must_be_self_signed(void **state)
{
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX];
    struct trust t;

    (void)state;
    trust_open(&t, c);
    memcpy(buf, w->ci.der.p, w->ci.der.n);
    buf[w->ci.der.n - 1] ^= 1;
    assert_int_equal(trust_add_cert(&t, slice_of(buf, w->ci.der.n)), E_BADSIG);
    assert_int_equal(t.count, 0);
    assert_int_equal(trust_add_cert(&t, w->ci.der), E_OK);
    trust_close(&t);
}

/* A card knows keys, not certificates. */
static void trust_in_a_key(void **state)
{
    const struct world *w = &worlds[1];
    struct trust t;
    struct chain_fault fault;

    (void)state;
    trust_open(&t, c);
    assert_int_equal(trust_add_key(&t, w->ci.cert.ski, w->curve, &w->ci.cert.point), E_OK);
    assert_int_equal(judge(&t, w->auth.der, SLICE_NONE, ROLE_DP_AUTH, NO_TIME, &fault), E_OK);
    assert_int_equal(judge(&t, w->pb.der, SLICE_NONE, ROLE_DP_PB, NO_TIME, &fault), E_OK);
    trust_close(&t);
}

/* A key on P-384 in a certificate that is correct otherwise. */
static void p384_key(void **state)
{
    const struct world *w = &worlds[0];
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
    uint8_t buf[CERT_ISSUE_MAX], spki[256], *at = spki;
    struct cert cert;
    slice forged;
    int n = i2d_PUBKEY(key, &at);

    (void)state;
    assert_true(n > 0);
    forged = forge_part(c, &w->auth, TBS_SPKI, slice_of(spki, (size_t)n), &w->ci, buf, sizeof buf);
    assert_int_equal(cert_parse(forged, &cert), E_OK);
    assert_int_equal(cert.curve, CURVE_OTHER);
    expect(w, forged, SLICE_NONE, ROLE_DP_AUTH, E_UNSUPPORTED, ROLE_DP_AUTH);
    EVP_PKEY_free(key);
}

/* COM-006: a public key that is no point of its curve makes the certificate invalid. */
static void com_006_key_off_the_curve(void **state)
{
    const struct world *w = &worlds[0];
    uint8_t buf[CERT_ISSUE_MAX], spki[128];
    struct der_writer out = der_writer(spki, sizeof spki);
    struct ec_point point = w->auth.cert.point;
    slice part;

    (void)state;
    point.b[64] ^= 1;
    der_put_spki(&out, CURVE_P256, &point);
    assert_int_equal(der_written(&out, &part), E_OK);
    expect(w, forge_part(c, &w->auth, TBS_SPKI, part, &w->ci, buf, sizeof buf), SLICE_NONE,
           ROLE_DP_AUTH, E_BADKEY, ROLE_DP_AUTH);
    /* the right key on the other curve: not that of the chain */
    out = der_writer(spki, sizeof spki);
    der_put_spki(&out, CURVE_BP256R1, &w->auth.cert.point);
    assert_int_equal(der_written(&out, &part), E_OK);
    expect(w, forge_part(c, &w->auth, TBS_SPKI, part, &w->ci, buf, sizeof buf), SLICE_NONE,
           ROLE_DP_AUTH, E_BADCERT, ROLE_DP_AUTH);
    point.b[0] = 0x02;
    out = der_writer(spki, sizeof spki);
    der_put_spki(&out, CURVE_P256, &point);
    assert_int_equal(der_written(&out, &part), E_OK);
    expect(w, forge_part(c, &w->auth, TBS_SPKI, part, &w->ci, buf, sizeof buf), SLICE_NONE,
           ROLE_DP_AUTH, E_BADKEY, ROLE_DP_AUTH);
}

static void dp_auth_and_pb_belong_together(void **state)
{
    const struct world *w = &worlds[0];
    struct made other;

    (void)state;
    assert_true(cert_same_server(&w->auth.cert, &w->pb.cert));
    make_cert(c, &other, w->curve,
              (struct cert_template){ .role = ROLE_DP_PB, .rid = SLICE_LIT("\x88\x37\x0C") },
              &w->ci);
    assert_false(cert_same_server(&w->auth.cert, &other.cert));
    made_close(&other);
    assert_false(cert_same_server(&w->auth.cert, &worlds[1].pb.cert));
}

static void tls_names(void **state)
{
    static const slice dns[] = { SLICE_LIT("a.example.com"), SLICE_LIT("*.b.example.com") };
    const struct world *w = &worlds[0];
    struct made tls;

    (void)state;
    make_cert(c, &tls, w->curve,
              (struct cert_template){ .role = ROLE_DP_TLS, .dns = dns, .dns_count = 2 }, &w->ci);
    assert_true(cert_names_host(&tls.cert, SLICE_LIT("A.Example.com")));
    assert_true(cert_names_host(&tls.cert, SLICE_LIT("x.b.example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_LIT("b.example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_LIT(".b.example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_LIT("x.y.b.example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_LIT("example.com")));
    assert_false(cert_names_host(&tls.cert, SLICE_EMPTY));
    made_close(&tls);
}

/* A repeated chain is not verified again, and the cache does not outlive a certificate. */
static void cache(void **state)
{
    struct world *w = &worlds[0];
    struct trust t = w->trust;
    struct chain_fault fault;
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    t.cache = chain_cache_open(8);
    assert_non_null(t.cache);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(judge(&t, w->euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_OK);
        assert_int_equal(chain_cache_hits(t.cache), (uint64_t)i);
    }
    assert_int_equal(judge(&t, w->euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW + 1001, &fault),
                     E_EXPIRED);
    memcpy(buf, w->euicc.der.p, w->euicc.der.n);
    buf[w->euicc.der.n - 1] ^= 1;
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            judge(&t, slice_of(buf, w->euicc.der.n), w->eum.der, ROLE_EUICC, FORGE_NOW, &fault),
            E_BADSIG);
    assert_int_equal(chain_cache_hits(t.cache), 4);
    chain_cache_clear(t.cache);
    assert_int_equal(judge(&t, w->euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_OK);
    assert_int_equal(chain_cache_hits(t.cache), 4);
    /* more chains than it holds */
    for (int round = 0; round < 20; round++) {
        struct made euicc;

        make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &w->eum);
        for (int i = 0; i < 2; i++)
            assert_int_equal(judge(&t, euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_OK);
        made_close(&euicc);
    }
    assert_int_equal(chain_cache_hits(t.cache), 24);
    chain_cache_close(t.cache);
}

/* Issuers that are known do not vouch for a leaf, nor longer than they are valid themselves. */
static void cached_issuers(void **state)
{
    struct world *w = &worlds[0];
    struct trust t = w->trust;
    struct chain_fault fault;
    struct made other, euicc;
    uint8_t buf[CERT_ISSUE_MAX];

    (void)state;
    t.cache = chain_cache_open(8);
    assert_int_equal(judge(&t, w->euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_OK);
    make_cert(c, &euicc, w->curve, (struct cert_template){ .role = ROLE_EUICC }, &w->eum);
    assert_int_equal(judge(&t, euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_OK);
    assert_int_equal(chain_cache_hits(t.cache), 0);
    memcpy(buf, euicc.der.p, euicc.der.n);
    buf[euicc.der.n - 1] ^= 1;
    assert_int_equal(
        judge(&t, slice_of(buf, euicc.der.n), w->eum.der, ROLE_EUICC, FORGE_NOW, &fault), E_BADSIG);
    assert_int_equal(fault.role, ROLE_EUICC);
    make_cert(c, &other, w->curve, (struct cert_template){ .role = ROLE_EUM }, &w->ci);
    assert_int_equal(judge(&t, w->euicc.der, other.der, ROLE_EUICC, FORGE_NOW, &fault), E_BADCERT);
    assert_int_equal(judge(&t, w->euicc.der, w->eum.der, ROLE_EUICC, FORGE_NOW + 1001, &fault),
                     E_EXPIRED);
    made_close(&other);
    made_close(&euicc);
    chain_cache_close(t.cache);
}

static void *verify_often(void *arg)
{
    const struct trust *t = arg;
    const struct world *w = &worlds[0];
    struct chain_fault fault;

    for (int i = 0; i < 50; i++)
        if (judge(t, i % 2 ? w->euicc.der : w->auth.der, i % 2 ? w->eum.der : SLICE_NONE,
                  i % 2 ? ROLE_EUICC : ROLE_DP_AUTH, FORGE_NOW, &fault))
            return arg;
    return NULL;
}

static void one_cache_many_threads(void **state)
{
    struct trust t = worlds[0].trust;
    pthread_t thread[4];

    (void)state;
    t.cache = chain_cache_open(1);
    for (size_t i = 0; i < COUNT(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, verify_often, &t), 0);
    for (size_t i = 0; i < COUNT(thread); i++) {
        void *fault;

        pthread_join(thread[i], &fault);
        assert_null(fault);
    }
    chain_cache_close(t.cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_chains),
        cmocka_unit_test(bad_signature),
        cmocka_unit_test(wrong_role),
        cmocka_unit_test(version_3_role),
        cmocka_unit_test(wrong_key_usage),
        cmocka_unit_test(not_a_ca),
        cmocka_unit_test(unknown_critical_extension),
        cmocka_unit_test(expired),
        cmocka_unit_test(no_authority),
        cmocka_unit_test(eid_constraints),
        cmocka_unit_test(permitted_eins),
        cmocka_unit_test(path_length),
        cmocka_unit_test(other_ci),
        cmocka_unit_test(ci_must_be_self_signed),
        cmocka_unit_test(trust_in_a_key),
        cmocka_unit_test(p384_key),
        cmocka_unit_test(com_006_key_off_the_curve),
        cmocka_unit_test(dp_auth_and_pb_belong_together),
        cmocka_unit_test(tls_names),
        cmocka_unit_test(cache),
        cmocka_unit_test(cached_issuers),
        cmocka_unit_test(one_cache_many_threads),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
