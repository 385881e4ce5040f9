/*
 * Parsing of hostile certificates: every prefix, every octet changed, and single faults with their
 * exact error. Each case starts from a certificate that parses.
 */
#include "pki/forge.h"
#include "pki/show.h"
#include "pki/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

static const struct crypto *c;
static struct made ci, eum, tls;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    if (!c)
        return -1;
    make_cert(c, &ci, CURVE_P256, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &eum, CURVE_P256, (struct cert_template){ .role = ROLE_EUM }, &ci);
    make_cert(c, &tls, CURVE_P256, (struct cert_template){ .role = ROLE_DP_TLS }, &ci);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    made_close(&ci);
    made_close(&eum);
    made_close(&tls);
    return 0;
}

/* Parses and walks through everything from a heap copy of exactly n octets. */
static enum err parse_exact(const uint8_t *p, size_t n, FILE *sink)
{
    uint8_t *copy = malloc(n ? n : 1);
    struct cert cert;
    enum err err;

    memcpy(copy, p, n);
    err = cert_parse(slice_of(copy, n), &cert);
    if (!err) {
        const char *why;

        if (cert_print(sink, &cert))

            abort();
        for (unsigned role = 0; role < ROLE__COUNT; role++)
            if (!cert_check_role(&cert, role, &why))
                assert_null(why);
        (void)!cert_within_eum(&cert, &cert);
        (void)cert_names_host(&cert, SLICE_LIT("a.example.com"));
    }
    free(copy);
    return err;
}

/* COM-003 for certificates: a strict prefix is never a certificate, and nothing is read past it. */
static void every_prefix(void **state)
{
    const struct made *all[] = { &ci, &eum, &tls };
    FILE *sink = fopen("/dev/null", "w");

    (void)state;
    for (size_t m = 0; m < COUNT(all); m++) {
        for (size_t n = 0; n < all[m]->der.n; n++)
            assert_int_not_equal(parse_exact(all[m]->der.p, n, sink), E_OK);
        assert_int_equal(parse_exact(all[m]->der.p, all[m]->der.n, sink), E_OK);
    }
    fclose(sink);
}

/* No changed octet may lead outside the certificate (the sanitizers watch) or verify. */
static void every_octet_changed(void **state)
{
    const struct made *all[] = { &ci, &eum, &tls };
    FILE *sink = fopen("/dev/null", "w");
    static const uint8_t flips[] = { 0x01, 0x80, 0xFF };

    (void)state;
    for (size_t m = 0; m < COUNT(all); m++) {
        uint8_t buf[CERT_ISSUE_MAX];
        size_t n = all[m]->der.n;

        for (size_t i = 0; i < n; i++)
            for (size_t f = 0; f < COUNT(flips); f++) {
                memcpy(buf, all[m]->der.p, n);
                buf[i] ^= flips[f];
                (void)!parse_exact(buf, n, sink);
            }
    }
    fclose(sink);
}

static void expect_part(int part, slice with, enum err expected)
{
    uint8_t buf[CERT_ISSUE_MAX];
    struct cert cert;

    assert_int_equal(cert_parse(forge_part(c, &tls, part, with, &ci, buf, sizeof buf), &cert),
                     expected);
}

static void expect_octets(slice from, slice to, enum err expected)
{
    uint8_t buf[CERT_ISSUE_MAX];
    struct cert cert;

    assert_int_equal(cert_parse(forge_octets(c, &tls, from, to, &ci, buf, sizeof buf), &cert),
                     expected);
}

static void single_faults(void **state)
{
    uint8_t buf[CERT_ISSUE_MAX + 1];
    struct cert cert;
    static uint8_t large[CERT_MAX + 1] = { 0x30, 0x82, 0x1F, 0xFD };
    slice rest;

    (void)state;
    expect_part(TBS_VERSION, SLICE_LIT("\xA0\x03\x02\x01\x02"), E_OK);
    expect_part(TBS_VERSION, SLICE_LIT("\xA0\x03\x02\x01\x01"), E_UNSUPPORTED);
    expect_part(TBS_VERSION, SLICE_EMPTY, E_TAG);
    expect_part(TBS_SERIAL, SLICE_LIT("\x02\x00"), E_SIZE);
    expect_part(TBS_SERIAL,
                SLICE_LIT("\x02\x16\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C"
                          "\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15\x16"),
                E_SIZE);
    /* the algorithm inside is not the one outside */
    expect_part(TBS_ALGORITHM, SLICE_LIT("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x03"),
                E_SYNTAX);
    expect_part(TBS_ISSUER, SLICE_LIT("\x30\x02\x31\x03"), E_TRUNCATED);
    expect_part(TBS_SUBJECT, SLICE_LIT("\x30\x04\x31\x02\x05\x00"), E_SYNTAX);
    expect_part(TBS_EXTENSIONS, SLICE_LIT("\xA3\x02\x30\x00"), E_OK);
    expect_part(TBS_EXTENSIONS, SLICE_EMPTY, E_MISSING);
    /* an extension that stands there twice: authority key id turned into subject key id */
    expect_octets(SLICE_LIT("\x55\x1D\x23"), SLICE_LIT("\x55\x1D\x0E"), E_REPEATED);
    expect_octets(SLICE_LIT("\x55\x1D\x1F"), SLICE_LIT("\x55\x1D\x11"), E_REPEATED);
    expect_octets(SLICE_LIT("\x03\x02\x07\x80"), SLICE_LIT("\x03\x02\x08\x80"), E_SYNTAX);

    memcpy(buf, tls.der.p, tls.der.n);
    buf[tls.der.n] = 0;
    assert_int_equal(cert_parse(slice_of(buf, tls.der.n + 1), &cert), E_TRAILING);
    assert_int_equal(cert_parse_first(slice_of(buf, tls.der.n + 1), &cert, &rest), E_OK);
    assert_int_equal(rest.n, 1);
    assert_int_equal(cert_parse(SLICE_OF(large), &cert), E_LIMIT);
    assert_int_equal(cert_parse(SLICE_NONE, &cert), E_MISSING);
}

static void validity(const char *from, const char *to, enum err expected)
{
    uint8_t part[64];
    struct der_writer w = der_writer(part, sizeof part);
    slice with;

    der_put_tlv(&w, strlen(to) == 15 ? 0x18 : 0x17, slice_str(to));
    der_put_tlv(&w, strlen(from) == 15 ? 0x18 : 0x17, slice_str(from));
    der_wrap(&w, 0x30, 0);
    assert_int_equal(der_written(&w, &with), E_OK);
    expect_part(TBS_VALIDITY, with, expected);
}

static void dates_in_certificates(void **state)
{
    (void)state;
    validity("200401092837Z", "540324092837Z", E_OK);
    validity("200401092837Z", "74960124092837Z", E_OK);
    validity("200229000000Z", "99991231235959Z", E_OK);
    validity("210229000000Z", "99991231235959Z", E_SYNTAX);
    validity("201301000000Z", "99991231235959Z", E_SYNTAX);
    validity("200001000000Z", "99991231235959Z", E_SYNTAX);
    validity("200101240000Z", "99991231235959Z", E_SYNTAX);
    validity("200101000060Z", "99991231235959Z", E_SYNTAX);
    validity("2001010000Z", "99991231235959Z", E_SYNTAX);
    validity("20010100000+Z", "99991231235959Z", E_SYNTAX);
    validity("200101000000Y", "99991231235959Z", E_SYNTAX);
    validity("00000101000000Z", "99991231235959Z", E_SYNTAX);
}

static void dates(void **state)
{
    static const struct {
        struct date date;
        int64_t seconds;
    } rows[] = { { { 1970, 1, 1, 0, 0, 0 }, 0 },
                 { { 2000, 2, 29, 12, 0, 0 }, 951825600 },
                 { { 2026, 9, 21, 14, 13, 20 }, 1790000000 },
                 { { 2038, 1, 19, 3, 14, 8 }, 2147483648 },
                 { { 1969, 12, 31, 23, 59, 59 }, -1 },
                 { { 9999, 12, 31, 23, 59, 59 }, 253402300799 },
                 { { 1, 1, 1, 0, 0, 0 }, -62135596800 } };
    struct date d, back;
    int64_t s;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(date_to_seconds(&rows[i].date, &s));
        assert_true(s == rows[i].seconds);
        assert_true(date_from_seconds(s, &d));
        assert_memory_equal(&d, &rows[i].date, sizeof d);
    }
    assert_false(date_from_seconds(253402300800, &d));
    assert_false(date_from_seconds(-62135596801, &d));
    for (s = -62135596800; s < 253402300799; s += 86400 * 13 + 4711) {
        int64_t again;

        assert_true(date_from_seconds(s, &back));
        assert_true(date_to_seconds(&back, &again));
        assert_true(again == s);
    }
}

/* Signatures in certificates are strict DER (COM-005 for the X.509 form). */
static void com_005_certificate_signature(void **state)
{
    struct ec_sig sig;
    static const struct {
        slice der;
        enum err expected;
    } rows[] = {
        { SLICE_LIT("\x30\x06\x02\x01\x01\x02\x01\x7F"), E_OK },
        { SLICE_LIT("\x30\x07\x02\x02\x00\x80\x02\x01\x7F"), E_OK },
        { SLICE_LIT("\x30\x06\x02\x01\x00\x02\x01\x7F"), E_BADSIG },     /* r = 0 */
        { SLICE_LIT("\x30\x06\x02\x01\x01\x02\x01\x80"), E_BADSIG },     /* s negative */
        { SLICE_LIT("\x30\x07\x02\x02\x00\x01\x02\x01\x7F"), E_BADSIG }, /* not minimal */
        { SLICE_LIT("\x30\x05\x02\x00\x02\x01\x7F"), E_BADSIG },
        { SLICE_LIT("\x30\x03\x02\x01\x01"), E_BADSIG },
        { SLICE_LIT("\x30\x09\x02\x01\x01\x02\x01\x7F\x02\x01\x01"), E_BADSIG },
        { SLICE_LIT("\x31\x06\x02\x01\x01\x02\x01\x7F"), E_BADSIG },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(sig_from_der(rows[i].der, CURVE_P256, &sig), rows[i].expected);
}

static void names(void **state)
{
    /* O=Org as UTF8String and as PrintableString; another value; another order */
    static const slice utf8 = SLICE_LIT("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x0A\x0C\x03Org");
    static const slice plain = SLICE_LIT("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x0A\x13\x03Org");
    static const slice other = SLICE_LIT("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x0A\x0C\x03Orb");
    static const slice unit = SLICE_LIT("\x30\x0E\x31\x0C\x30\x0A\x06\x03\x55\x04\x0B\x0C\x03Org");
    char text[8];

    (void)state;
    assert_true(name_equal(utf8, utf8));
    assert_true(name_equal(utf8, plain));
    assert_false(name_equal(utf8, other));
    assert_false(name_equal(utf8, unit));
    assert_false(name_equal(utf8, SLICE_LIT("\x30\x00")));
    assert_string_equal(name_print(utf8, text, sizeof text), "O=Org");
    assert_string_equal(name_print(utf8, text, 4), "O=O");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix),  cmocka_unit_test(every_octet_changed),
        cmocka_unit_test(single_faults), cmocka_unit_test(dates_in_certificates),
        cmocka_unit_test(dates),         cmocka_unit_test(com_005_certificate_signature),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
