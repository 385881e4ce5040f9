/*
 * LoadCRL (SGP.22 5.7.12) and what it does to an RSP session. The lists are made by OpenSSL and
 * signed with the CI's key. Each refusal is a list that is taken, with one change. EUC-037
 */
#include "euicc/isdr/lab.h"
#include "pki/crl_make.h"

static EVP_PKEY *ci_key, *other_key;
static uint8_t memory[CRL_MAKE_MAX + 32];

#define SOME SLICE_LIT("\x12\x34\x56")

static EVP_PKEY *read_key(const char *stem)
{
    char path[KEYSTORE_PATH_MAX];
    struct lab *lab = lab_get(CURVE_P256);
    EVP_PKEY *key;
    FILE *f;

    assert_int_equal(keystore_path(lab->dir, stem, "key", path, sizeof path), E_OK);
    f = fopen(path, "r");
    assert_non_null(f);
    key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
    fclose(f);
    assert_non_null(key);
    return key;
}

static int setup_group(void **state)
{
    (void)state;
    ci_key = read_key(role_facts(ROLE_CI)->file);
    other_key = read_key(role_facts(ROLE_EUM)->file);
    return 0;
}

static int teardown_group(void **state)
{
    (void)state;
    EVP_PKEY_free(ci_key);
    EVP_PKEY_free(other_key);
    return 0;
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_P256), 60000);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench_close(*state);
    free(*state);
    return 0;
}

static struct crl_plan plan(struct bench *b, long number)
{
    return (struct crl_plan){
        .key = ci_key, .aki = b->lab->ci.cert.ski, .number = number, .serials = { SOME }
    };
}

/* BF35 with the body of the CertificateList under A0. */
static slice request(struct bench *b, slice list)
{
    size_t size = list.n + 32;
    struct der_writer w = der_writer(arena_alloc(&b->arena, size), size);
    slice out;

    der_put_rehead(&w, 0xA0, list);
    der_wrap(&w, 0xBF35, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

static void expect(struct bench *b, const struct crl_plan *p, const char *hex)
{
    assert_hex(bench_es10(b, request(b, crl_make(p, memory))), hex);
}

#define LOADED     "BF3502A000"
#define ERROR(n)   "BF350381010" #n
#define MISSING(x) "BF35" x

/* Code of AuthenticateServer; 0: it is a session. */
static int authenticate(struct bench *b)
{
    server_challenge(b);
    return error_of(bench_es10(b, server_authenticate(b)));
}

/* The serial number as crl_revoke takes it: OpenSSL puts the leading zero back. */
static slice dp_auth(struct bench *b)
{
    return b->lab->dp_auth.cert.serial;
}

/* EUC-037: CRL lists DPauth */
static void EUC_037_revoked_server(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);

    assert_int_equal(authenticate(b), 0);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
    p.number = 2;
    p.serials[1] = dp_auth(b);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    bench_boot(b); /* it is durable */
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    p.number = 3;
    p.serials[1] = SLICE_NONE;
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
}

static void revoked_binding_certificate(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);

    server_challenge(b);
    server_authenticated(b);
    p.serials[0] = b->lab->dp_pb.cert.serial;
    expect(b, &p, LOADED);
    assert_int_equal(error_of(bench_es10(b, server_prepare(b))),
                     DOWNLOAD_ERROR_INVALID_CERTIFICATE);
    assert_int_equal(authenticate(b), 0);
}

/* The same number under another CI says nothing about this one. */
static void serial_of_another_ci(void **state)
{
    struct bench *b = *state;
    struct personality_ci *second = &b->personality.ci[1];
    struct crl_plan p = plan(b, 1);
    size_t n = 0;

    b->personality.ci_count = 2;
    memset(second->pkid, 0x77, sizeof second->pkid);
    second->curve = CURVE_P256;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(other_key, "encoded-pub-key", second->key.b, POINT_LEN, &n),
        1);
    bench_boot(b);
    p.key = other_key;
    p.aki = SLICE_OF(second->pkid);
    p.serials[0] = dp_auth(b);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
}

static void EUC_037_signature(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);
    slice list;

    p.serials[0] = dp_auth(b);
    p.key = other_key;
    expect(b, &p, ERROR(1));
    p.key = ci_key;
    list = crl_make(&p, memory);
    memory[list.n - 1] ^= 1;
    assert_hex(bench_es10(b, request(b, list)), ERROR(1));
    assert_int_equal(authenticate(b), 0);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
}

static void EUC_037_format(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);

    p.more = "1.2.3.4";
    expect(b, &p, ERROR(2));
    p = plan(b, -1);
    expect(b, &p, ERROR(2));
    p = plan(b, 2);
    p.base = 1;
    p.parts = p.part = 1; /* deltas in parts are not known */
    expect(b, &p, ERROR(2));
    assert_hex(bench_es10_hex(b, "BF35 04 A0 02 3000"), ERROR(2));
    assert_int_equal(bench_store(b, bench_hex(b, "BF35 00")), 0x6A80);
}

static void EUC_037_key(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);

    p.aki = SLICE_LIT("01234567890123456789");
    expect(b, &p, ERROR(4));
}

static void EUC_037_older(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 256);

    expect(b, &p, LOADED);
    p.number = 255;
    p.serials[0] = dp_auth(b);
    expect(b, &p, ERROR(5));
    assert_int_equal(authenticate(b), 0);
    /* the one that is loaded is loaded */
    p = plan(b, 256);
    expect(b, &p, LOADED);
    /* another distribution point counts by itself */
    p.number = 255;
    p.uri = "http://ci.test.example.com/CRL-B.crl";
    expect(b, &p, LOADED);
    p.number = 254;
    expect(b, &p, ERROR(5));
}

/* Lists of two distribution points stand beside each other. */
static void two_distribution_points(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 1);

    p.uri = "http://ci.test.example.com/CRL-A.crl";
    p.serials[0] = dp_auth(b);
    expect(b, &p, LOADED);
    p = plan(b, 9);
    p.uri = "http://ci.test.example.com/CRL-B.crl";
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
}

static void EUC_037_delta(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 6);

    p.base = 5;
    p.serials[0] = dp_auth(b);
    expect(b, &p, ERROR(6)); /* no base at all */
    p = plan(b, 4);
    expect(b, &p, LOADED);
    p = plan(b, 6);
    p.base = 5;
    p.serials[0] = dp_auth(b);
    expect(b, &p, ERROR(6)); /* what is there is older than the base */
    assert_int_equal(authenticate(b), 0);
    p = plan(b, 5);
    expect(b, &p, LOADED);
    p = plan(b, 6);
    p.base = 5;
    p.serials[0] = dp_auth(b);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    /* a delta upon a delta: adds what is there already, and another */
    p.number = 7;
    p.serials[1] = b->lab->dp_pb.cert.serial;
    expect(b, &p, LOADED);
    /* what a list on hold held is free again */
    p.number = 8;
    p.serials[1] = SLICE_NONE;
    p.reasons[0] = 8;
    expect(b, &p, LOADED);
    server_challenge(b);
    server_authenticated(b);
    assert_int_equal(error_of(bench_es10(b, server_prepare(b))),
                     DOWNLOAD_ERROR_INVALID_CERTIFICATE);
    p.number = 7;
    expect(b, &p, ERROR(5));
}

/* A list in three parts, in any order; it revokes from its first part on. */
static void parts(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 3);

    expect(b, &p, LOADED);
    p.number = 7;
    p.parts = 3;
    p.part = 2;
    p.serials[0] = dp_auth(b);
    expect(b, &p, MISSING("0A A008 A006 020101 020103"));
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    p.serials[0] = SOME;
    expect(b, &p, MISSING("0A A008 A006 020101 020103")); /* part 2 again changes nothing */
    p.part = 3;
    bench_boot(b);
    expect(b, &p, MISSING("07 A005 A003 020101"));
    p.parts = 2;
    p.part = 1;
    expect(b, &p, ERROR(2)); /* it was three */
    p.parts = 3;
    p.number = 6;
    expect(b, &p, ERROR(5)); /* a fresher one is coming in */
    p.number = 7;
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    expect(b, &p, LOADED);
    /* the next list takes the place of all parts */
    p = plan(b, 8);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
}

/* A newer list that comes in whole ends an older one that came in parts. */
static void parts_given_up(void **state)
{
    struct bench *b = *state;
    struct crl_plan p = plan(b, 7);

    p.parts = 2;
    p.part = 1;
    p.serials[0] = dp_auth(b);
    expect(b, &p, MISSING("07 A005 A003 020102"));
    p = plan(b, 8);
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
    /* parts of a newer list begin anew */
    p = plan(b, 9);
    p.parts = 2;
    p.part = 2;
    expect(b, &p, MISSING("07 A005 A003 020101"));
    p.number = 10;
    p.part = 1;
    expect(b, &p, MISSING("07 A005 A003 020102"));
    p.part = 2;
    expect(b, &p, LOADED);
}

/* A list that a small card cannot keep; what it has keeps revoking. */
static void EUC_037_memory(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct crl_plan p;

    (void)state;
    bench_open(b, lab_get(CURVE_P256), 22000);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    p = plan(b, 1);
    p.serials[0] = dp_auth(b);
    expect(b, &p, LOADED);
    p = plan(b, 2);
    p.fill = 380;
    expect(b, &p, ERROR(3));
    assert_int_equal(authenticate(b), AUTHENTICATE_ERROR_INVALID_CERTIFICATE);
    p.fill = 100;
    expect(b, &p, LOADED);
    assert_int_equal(authenticate(b), 0);
    bench_close(b);
    free(b);
}

static void lists_of_many_points(void **state)
{
    struct bench *b = *state;
    char uri[40];

    for (int n = 0; n < 9; n++) {
        struct crl_plan p = plan(b, 1);

        snprintf(uri, sizeof uri, "http://ci.test.example.com/%d", n);
        p.uri = uri;
        expect(b, &p, n < 8 ? LOADED : ERROR(3));
    }
}

/* The power goes at every write of a LoadCRL: the list before, or the list after. */
static void power(void **state)
{
    struct bench *b = *state;
    uint8_t *saved = malloc((size_t)NVM_HALVES * BENCH_HALF);
    struct crl_plan p = plan(b, 1);
    static const uint32_t reach[] = { 0, 1, 30, 100000 };
    bool over = false;
    uint32_t at = 1;
    slice next;

    expect(b, &p, LOADED);
    p.number = 2;
    p.serials[1] = dp_auth(b);
    next = request(b, crl_make(&p, memory));
    memcpy(saved, b->octets, (size_t)NVM_HALVES * BENCH_HALF);
    for (; !over; at++)
        for (size_t n = 0; !over && n < COUNT(reach); n++) {
            int code;

            memcpy(b->octets, saved, (size_t)NVM_HALVES * BENCH_HALF);
            bench_boot(b);
            b->ram.writes = 0;
            b->ram.cut_at = at;
            b->ram.cut_octets = reach[n];
            bench_store(b, next);
            over = !b->ram.off;
            bench_boot(b);
            code = authenticate(b);
            assert_true(code == AUTHENTICATE_ERROR_INVALID_CERTIFICATE || (!over && code == 0));
        }
    assert_true(at > 2);
    free(saved);
}

static void told_as_supported(void **state)
{
    struct bench *b = *state;
    struct euicc_info2 info2;

    assert_int_equal(schema_decode(&T_euicc_info2, bench_es10_hex(b, "BF2200"), &info2, NULL),
                     E_OK);
    assert_true(der_bit(info2.rsp_capability, RSP_CAPABILITY_CRL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(EUC_037_revoked_server), TEST(revoked_binding_certificate),
        TEST(serial_of_another_ci),   TEST(EUC_037_signature),
        TEST(EUC_037_format),         TEST(EUC_037_key),
        TEST(EUC_037_older),          TEST(two_distribution_points),
        TEST(EUC_037_delta),          TEST(parts),
        TEST(parts_given_up),         cmocka_unit_test(EUC_037_memory),
        TEST(lists_of_many_points),   TEST(power),
        TEST(told_as_supported),
    };
    int failed = cmocka_run_group_tests(tests, setup_group, teardown_group);

    lab_close_all();
    return failed;
}
