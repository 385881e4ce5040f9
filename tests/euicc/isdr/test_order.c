/*
 * Which error is answered when several apply (SGP.22 5.5, 5.7; SGP.32 3.3-3.5, 5.9). Each test is a
 * ladder: a request with every fault at once, of which the first is mended in each step, until it
 * passes. The code of a step is that of the first fault that is left.
 */
#include "euicc/isdr/baseline.h"

#include "base/text.h"

/* ---- mutual authentication and preparation ---- */

static int setup_session(void **state)
{
    struct fixture *f = open_card(state);

    server_defaults(&f->b, SLICE_EMPTY, SLICE_EMPTY);
    return 0;
}

static slice flipped(struct bench *b, slice certificate)
{
    slice copy = arena_copy(&b->arena, certificate);

    ((uint8_t *)(uintptr_t)copy.p)[copy.n - 1] ^= 1;
    return copy;
}

enum {
    NO_CHALLENGE,
    UNKNOWN_CI,
    BAD_CERTIFICATE,
    BAD_CURVE,
    BAD_ROLE,
    BAD_SIGNATURE,
    BAD_CHALLENGE
};

/* AuthenticateServer with all faults from `first` on. */
static int authenticate(struct bench *b, int first)
{
    struct server *s = &b->server;

    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    if (first > NO_CHALLENGE)
        server_challenge(b);
    if (first <= UNKNOWN_CI)
        s->ci_pkid = slice_head(b->lab->dp_auth.cert.ski, 20);
    if (first <= BAD_CURVE)
        s->auth_certificate = server_p384(b, &b->lab->dp_pb);
    else if (first <= BAD_ROLE)
        s->auth_certificate = b->lab->dp_pb.cert.der;
    if (first <= BAD_CERTIFICATE)
        s->auth_certificate = flipped(b, s->auth_certificate);
    s->break_signature1 = first <= BAD_SIGNATURE;
    if (first <= BAD_CHALLENGE)
        s->challenge[0] ^= 1;
    return error_of(bench_es10(b, server_authenticate(b)));
}

static void authenticate_server(void **state)
{
    static const int codes[] = { 4, 7, 1, 3, 5, 2, 6, 0 };
    struct fixture *f = *state;

    for (int n = 0; n < (int)COUNT(codes); n++)
        assert_int_equal(authenticate(&f->b, n), codes[n]);
}

static void prepare_download(void **state)
{
    static const int codes[] = { 4, 1, 3, 2, 5, 0 };
    struct fixture *f = *state;
    struct bench *b = &f->b;

    for (int n = 0; n < (int)COUNT(codes); n++) {
        struct server *s = &b->server;

        server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
        server_challenge(b);
        server_authenticated(b);
        if (n == 0)
            server_challenge(b);
        if (n <= 2)
            s->pb_certificate = server_p384(b, &b->lab->dp_pb);
        if (n == 1)
            s->pb_certificate = server_p384(b, &b->lab->dp_auth); /* another role as well */
        s->break_signature2 = n <= 3;
        if (n <= 4)
            s->tid2[0] ^= 1;
        assert_int_equal(error_of(bench_es10(b, server_prepare(b))), codes[n]);
    }
}

/* ---- bound profile package ---- */

static int load(struct bench *b)
{
    struct pir pir;

    server_session(b);
    pir = pir_read(b, bench_load(b, server_bind(b)));
    return pir.reason;
}

static void initialise_secure_channel(void **state)
{
    static const int codes[] = { 3, 5, 4, 2, 0 };
    struct fixture *f = *state;
    struct bench *b = &f->b;

    for (int n = 0; n < (int)COUNT(codes); n++) {
        server_defaults(b, bench_package(b, A), bench_metadata(b, A, NULL));
        if (n <= 0)
            b->server.tid3[0] ^= 1;
        if (n <= 1)
            b->server.remote_op = 2;
        if (n <= 2)
            b->server.key_length = 0x20;
        b->server.break_smdp_sign = n <= 3;
        assert_int_equal(load(b), codes[n]);
    }
}

/* A test profile with the ICCID of another one, PPR1 and an icon type without an icon. */
static void store_metadata(void **state)
{
    static const int codes[] = { 6, 9, 15, 1, 0 };
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_install(b, B, NULL);
    for (int n = 0; n < (int)COUNT(codes); n++) {
        const char *iccid = n <= 1 ? B : A;
        slice metadata =
            bench_hex(b, "BF25 %02X 5A0A %s 9108 4F70657261746F72 9204 50524F46 %s 9501 00 %s",
                      n <= 2   ? 0x22 + 4
                      : n <= 3 ? 0x22
                               : 0x1F,
                      iccid_hex(iccid), n <= 3 ? "930101" : "", n <= 2 ? "99020640" : "");

        b->personality.test_profiles_supported = n > 0;
        server_defaults(b, bench_package(b, iccid), metadata);
        assert_int_equal(load(b), codes[n]);
    }
}

/* A result that names a fault of the metadata names the profile as well, and where it goes. */
static void refused_metadata_is_named(void **state)
{
    static const struct meta m = { .class = 2, .events = ALL_EVENTS, .pprs = 2 };
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct pir pir = pir_read(b, bench_download(b, bench_package(b, A), bench_metadata(b, A, &m)));

    assert_int_equal(pir.reason, 15);
    assert_true(slice_eq(pir.metadata.iccid, bench_hex(b, "%s", iccid_hex(A))));
    assert_true(slice_eq_str(pir.metadata.notification_address, "notify.example.com"));
}

/* ---- ES10c ---- */

static int code_of(slice answer)
{
    return answer.n == 6 ? answer.p[5] : -1;
}

static int es10c(struct fixture *f, unsigned function, const char *iccid, bool refresh)
{
    return code_of(bench_es10_hex(&f->b, "BF%02X 11 A00C 5A0A %s 8101 %s", function,
                                  iccid_hex(iccid), refresh ? "FF" : "00"));
}

/* A may not be disabled, B may not be deleted; the terminal is busy all the time. */
static void local_management(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    make_busy(b);
    assert_int_equal(es10c(f, 0x31, X, true), 1);
    assert_int_equal(es10c(f, 0x31, A, true), 2);
    assert_int_equal(es10c(f, 0x31, C, true), 3);
    assert_int_equal(es10c(f, 0x32, X, true), 1);
    assert_int_equal(es10c(f, 0x32, B, true), 2);
    assert_int_equal(es10c(f, 0x32, A, true), 3);
    bench_reset(b);
    bench_enable(b, B); /* no rule protects it from being disabled; PPR2 it has */
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(X)), "BF3303800101");
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(B)), "BF3303800102");
    make_busy(b);
    assert_int_equal(es10c(f, 0x31, C, true), 5);
    assert_int_equal(es10c(f, 0x32, B, true), 5);
    bench_reset(b);
    assert_int_equal(es10c(f, 0x32, B, true), 0);
    bench_reset(b);
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(B)), "BF3303800103");
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(C)), "BF3303800100");
}

/* B is the enabled test profile, A the one before it: C is the wrong one, whatever else. */
static void reenabling(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(es10c(f, 0x31, B, false), 0);
    bench_reset(&f->b);
    make_busy(&f->b);
    assert_int_equal(es10c(f, 0x31, B, true), 2);
    assert_int_equal(es10c(f, 0x31, C, true), 4);
    assert_int_equal(es10c(f, 0x31, A, true), 5);
    bench_reset(&f->b);
    assert_int_equal(es10c(f, 0x31, A, true), 0);
}

static void nickname(void **state)
{
    struct fixture *f = *state;

    assert_hex(bench_es10_hex(&f->b, "BF29 4F 5A0A %s 9041 %0130d", iccid_hex(X), 0),
               "BF2903800101");
    assert_hex(bench_es10_hex(&f->b, "BF29 4F 5A0A %s 9041 %0130d", iccid_hex(B), 0),
               "BF290380017F");
    assert_hex(bench_es10_hex(&f->b, "BF29 4E 5A0A %s 9040 %0128d", iccid_hex(B), 0),
               "BF2903800100");
}

/* ---- functions of SGP.32 ---- */

static void fallback(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_expect_hex(b, "BF5B 03 8001 00", "BF5B 03 8001 00"); /* C, the emergency */
    bench_select(b);
    make_busy(b);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 06");
    bench_expect_hex(b, "BF5E 03 8001 FF", "BF5E 03 8001 06");
    bench_expect_hex(b, "BF5B 03 8001 FF", "BF5B 03 8001 02");
    bench_expect_hex(b, "BF5C 03 8001 FF", "BF5C 03 8001 05");
    bench_expect_hex(b, "BF64 04 8202 0780", "BF64 03 8001 68");
    bench_reset(b);
    bench_expect_hex(b, "BF5C 03 8001 00", "BF5C 03 8001 00");
    bench_select(b);
    set_fallback(f, B);
    bench_expect_hex(b, "BF5B 03 8001 00", "BF5B 03 8001 00");
    bench_select(b);
    make_busy(b);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 68");
    bench_reset(b);
    bench_expect_hex(b, "BF5C 03 8001 00", "BF5C 03 8001 00");
    bench_select(b);
    bench_enable(b, B);
    make_busy(b);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 02");
    bench_expect_hex(b, "BF5C 03 8001 FF", "BF5C 03 8001 02");
    bench_reset(b);
    bench_enable(b, A);
    make_busy(b);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 05");
    bench_reset(b);
    bench_expect_hex(b, "BF5D 03 8001 FF", "BF5D 03 8001 00");
}

/* Nothing is enabled and nothing is there to fall back to. */
static void fallback_from_nothing(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(disable(f, A), "840100");
    bench_reset(&f->b);
    make_busy(&f->b);
    bench_expect_hex(&f->b, "BF5D 03 8001 FF", "BF5D 03 8001 07");
    bench_expect_hex(&f->b, "BF5B 03 8001 FF", "BF5B 03 8001 08");
    bench_expect_hex(&f->b, "BF58 03 8001 FF", "BF58 03 0201 01");
    bench_expect_hex(&f->b, "BF5A 03 8001 FF", "BF5A 03 8001 01");
}

/* ---- packages ---- */

/* Emergency, another EID, a counter that was used, a package that is too long, a bad signature. */
static void acceptance(void **state)
{
    static const int codes[] = { -1, 104, 3, 4, 15, 0 };
    struct fixture *f = *state;
    struct bench *b = &f->b;
    uint8_t other[EID_LEN];

    testci_eid(2, other);
    bench_expect_hex(b, "BF5B 03 8001 00", "BF5B 03 8001 00");
    bench_select(b);
    for (int n = 0; n < (int)COUNT(codes); n++) {
        if (n == 2) {
            bench_expect_hex(b, "BF5C 03 8001 00", "BF5C 03 8001 00");
            bench_select(b);
        }
        f->e1.counter = n <= 3 ? 3 : 4; /* the next one is sent */
        f->e1.break_signature = n == 0;
        f->e1.eid = n <= 2 ? SLICE_OF(other) : SLICE_NONE;
        b->personality.package_max = n <= 4 ? 60 : 4096;
        assert_int_equal(
            eim_error(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00"))),
            codes[n]);
    }
}

/* enable, disable, delete: A may not be disabled, B may not be deleted. */
static void operations(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    make_busy(b);
    assert_string_equal(enable_with_rollback(f, X), "830101");
    assert_string_equal(enable_with_rollback(f, A), "830102");
    assert_string_equal(enable_with_rollback(f, C), "830103");
    assert_string_equal(disable(f, X), "840101");
    assert_string_equal(disable(f, B), "840102");
    assert_string_equal(disable(f, A), "840103");
    bench_reset(b);
    bench_enable(b, B);
    assert_string_equal(delete_it(f, X), "850101");
    assert_string_equal(delete_it(f, B), "850102");
    assert_string_equal(disable(f, B), "840100");
    bench_reset(b);
    make_busy(b);
    assert_string_equal(delete_it(f, B), "850103");
    assert_string_equal(enable_with_rollback(f, C), "830114"); /* nothing to go back to */
    assert_string_equal(enable(f, C), "830105");
    bench_reset(b);
    assert_string_equal(enable(f, C), "830100");
}

/* The list is about to change, and the request for it is no request. */
static void list_profile_info(void **state)
{
    static const struct {
        const char *search, *result;
    } steps[] = {
        { "BF2D 04 A002 9600", "BF2D03810101" }, /* no such criterion */
        { "BF2D 04 5C02 5A9F", "BF2D03810101" }, /* half a tag */
        { "BF2D 03 5C01 5A", "BF2D0381010B" },
    };
    struct fixture *f = *state;

    for (size_t n = 0; n < COUNT(steps); n++) {
        char expected[64];
        slice search = bench_hex(&f->b, "%s", steps[n].search);

        /* enable B, the list, getRAT: the list's error is the last result */
        snprintf(expected, sizeof expected, "830100%s", steps[n].result);
        assert_string_equal(eim_do(&f->b, &f->e1, "A0 %02zX A30C 5A0A %s %s A600", 16 + search.n,
                                   iccid_hex(n % 2 ? A : B), steps[n].search),
                            expected);
        bench_reset(&f->b);
    }
}

static const char *configuration(const char *tag, const char *members)
{
    static char hex[3000];
    size_t n = strlen(members) / 2;

    snprintf(hex, sizeof hex, "A182%04zX %s82%04zX %s", n + 4, tag, n, members);
    return hex;
}

/* addEim: there already, no slot, unknown CI, a token of its own, a counter beyond, no key. */
static void add_eim(void **state)
{
    static const char *const results[] = { "A803020102", "A803020101", "A803020103", "A803020105",
                                           "A803020106", "A803020107", "A803020100" };
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct eim_side other;

    lab_eim_open(b, &other, "eim9", CURVE_P256);
    for (int n = 0; n < (int)COUNT(results); n++) {
        const char *key = strstr(eim_members(&other, false), "A5");
        char hex[1200];

        snprintf(hex, sizeof hex, "80046569%s%s%s%s%s", n <= 0 ? "6D31" : "6D39",
                 n <= 4 ? "830400800000" : "", n <= 3 ? "840105" : "", n <= 5 ? "" : key,
                 n <= 2 ? "88020102" : "");
        b->personality.eim_max = n <= 1 ? 1 : 8;
        assert_string_equal(eim_do(b, &f->e1, "%s", configuration("A8", hex)), results[n]);
    }
    lab_eim_close(&other);
}

/* updateEim: unknown, a token, unknown CI, a counter beyond. */
static void update_eim(void **state)
{
    static const char *const results[] = { "8A0101", "8A0107", "8A0103", "8A0106", "8A0100" };
    struct fixture *f = *state;

    for (int n = 0; n < (int)COUNT(results); n++) {
        char hex[200];

        snprintf(hex, sizeof hex, "80046569%s8101 61%s%s%s", n <= 0 ? "6D39" : "6D31",
                 n <= 3 ? "830400800000" : "", n <= 1 ? "8401FF" : "", n <= 2 ? "88020102" : "");
        memmove(hex + 16, hex + 17, strlen(hex + 17) + 1); /* the space */
        assert_string_equal(eim_do(&f->b, &f->e1, "%s", configuration("AA", hex)), results[n]);
    }
}

/* AddInitialEim: one is there; of a list the first fault of the first bad entry. */
static void add_initial_eim(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    bench_expect_hex(b, "BF57 0A A008 3006 8004 65696D31", "BF57 03 8101 02");
    bench_expect_hex(b, "BF64 04 8202 0204", "BF64 06 800100 810100");
    bench_expect_hex(b, "BF57 0D A00B 3009 8004 65696D31 840105", "BF57 03 8101 05");
    bench_expect_hex(b, "BF57 0A A008 3006 8004 65696D31", "BF57 03 8101 07");
}

/* The attribute: unknown, not allowed, the present one is enabled. */
static void fallback_attribute(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(set_fallback(f, B), "8D0100");
    bench_enable(&f->b, B);
    assert_string_equal(set_fallback(f, X), "8D0101");
    assert_string_equal(set_fallback(f, B), "8D0100");
    assert_string_equal(set_fallback(f, A), "8D0102");
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0103");
    bench_enable(&f->b, A);
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0100");
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 02 A900"), "8E0102");
}

#define SESSION(f) cmocka_unit_test_setup_teardown(f, setup_session, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION(authenticate_server),
        SESSION(prepare_download),
        SESSION(initialise_secure_channel),
        SESSION(store_metadata),
        SESSION(refused_metadata_is_named),
        RULES(local_management),
        CLASSES(reenabling),
        TEST(nickname),
        SPECIAL(fallback),
        TEST(fallback_from_nothing),
        SPECIAL(acceptance),
        RULES(operations),
        TEST(list_profile_info),
        TEST(add_eim),
        TEST(update_eim),
        TEST(add_initial_eim),
        SPECIAL(fallback_attribute),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
