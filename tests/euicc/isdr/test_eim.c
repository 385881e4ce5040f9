/*
 * Associated eIMs and the acceptance of their packages (SGP.32 3.3.1, 3.5, 5.9.4, 5.9.18).
 * Baseline of these rows: eIM E1 with counter 4 and no token.
 */
#include "euicc/isdr/lab.h"

struct fixture {
    struct bench b;
    struct eim_side e1, e2;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    bench_open(&f->b, lab_get(CURVE_P256), 60000);
    lab_eim_open(&f->b, &f->e1, "eim1", CURVE_P256);
    lab_eim_open(&f->b, &f->e2, "eim2.example.com", CURVE_BP256R1);
    f->e1.counter = 4;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lab_eim_close(&f->e1);
    lab_eim_close(&f->e2);
    bench_close(&f->b);
    free(f);
    return 0;
}

static int setup_e1(void **state)
{
    struct fixture *f;

    setup(state);
    f = *state;
    eim_associate(&f->b, &f->e1, false);
    return 0;
}

/* AddInitialEim with one entry of these members (hex). */
static slice initial(struct bench *b, const char *members)
{
    static char hex[8192];
    size_t n = strlen(members) / 2;

    snprintf(hex, sizeof hex, "BF5782%04zX A082%04zX 3082%04zX %s", n + 8, n + 4, n, members);
    return bench_es10_hex(b, "%s", hex);
}

/* ---- AddInitialEim ---- */

/* IEU-001 */
static void IEU_001_add_initial(void **state)
{
    struct fixture *f = *state;

    assert_hex(initial(&f->b, eim_members(&f->e1, false)), "BF5704A0020500");
}

/* IEU-002 */
static void IEU_002_token_is_fresh(void **state)
{
    struct fixture *f = *state;
    int64_t first;

    eim_associate(&f->b, &f->e1, true);
    first = f->e1.token;
    assert_true(first > 0);
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810100");
    eim_associate(&f->b, &f->e1, true);
    assert_true(f->e1.token > first);
}

/* IEU-003 */
static void IEU_003_only_the_first(void **state)
{
    struct fixture *f = *state;

    assert_hex(initial(&f->b, eim_members(&f->e2, false)), "BF5703810102");
    assert_string_equal(eim_do(&f->b, &f->e1, "A1 02 AB00"), "AB0AA0083006800465696D31");
}

/* Each is the request that passes in IEU-001 with one change. */
/* IEU-004 */
static void IEU_004_refused(void **state)
{
    static char long_id[300];
    const struct {
        const char *extra;
        const char *answer;
    } cases[] = {
        { "8814 0102030405060708090A0B0C0D0E0F1011121314", "BF5703810103" },
        { "8401 05", "BF5703810105" },
        { "8304 00800000", "BF5703810106" },
    };
    struct fixture *f = *state;
    struct bench *b = &f->b;
    char hex[1200];
    const char *key;

    /* members of e1: 80 "eim1", 83 04, A5 key */
    key = strstr(eim_members(&f->e1, false), "A5");
    for (size_t n = 0; n < COUNT(cases); n++) {
        char extra[128];
        size_t d = 0;
        bool behind = cases[n].extra[1] == '8';

        for (const char *p = cases[n].extra; *p; p++)
            if (*p != ' ')
                extra[d++] = *p;
        extra[d] = 0;
        snprintf(hex, sizeof hex, "800465696D31%s%s%s", behind ? "" : extra, key,
                 behind ? extra : "");
        assert_hex(initial(b, hex), cases[n].answer);
        assert_hex(bench_es10_hex(b, "BF5500"), "BF5502A000");
    }
    assert_hex(initial(b, "800465696D31830104"), "BF5703810107"); /* no key */
    assert_hex(initial(b, key), "BF5703810107");                  /* no eimId */
    memset(long_id, 0, sizeof long_id);
    b->personality.eim_max = 0;
    assert_hex(initial(b, eim_members(&f->e1, false)), "BF5703810101"); /* no space */
    b->personality.eim_max = 8;
    assert_hex(initial(b, eim_members(&f->e1, false)), "BF5704A0020500");
}

/* IEU-005 */
static void IEU_005_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    char hex[2048];
    const char *good = eim_members(&f->e1, true);
    size_t n = strlen(good) / 2;

    snprintf(hex, sizeof hex, "BF5782%04zX A082%04zX 3082%04zX %s 3006 800165 840105", n + 16,
             n + 12, n, good);
    assert_hex(bench_es10_hex(&f->b, "%s", hex), "BF5703810105");
    assert_hex(bench_es10_hex(&f->b, "BF5500"), "BF5502A000");
}

/* IEU-006 */
static void IEU_006_configuration_data(void **state)
{
    struct fixture *f = *state;
    struct get_eim_configuration_data_response r;
    struct eim_configuration_data d;
    slice answer;

    eim_associate(&f->b, &f->e1, true);
    answer = bench_es10_hex(&f->b, "BF5500");
    assert_int_equal(schema_decode(&T_get_eim_configuration_data_response, answer, &r, NULL), E_OK);
    assert_true(schema_next(&T_eim_configuration_data, &r.eim_configuration_data_list, &d));
    assert_true(slice_eq(d.eim_id, f->e1.id));
    assert_false(d.has_counter_value);
    assert_true(d.has_association_token);
    assert_int_equal(d.association_token, f->e1.token);
    assert_int_equal(d.eim_public_key_data.which, eim_public_key_data_is_eim_public_key);
    assert_int_equal(r.eim_configuration_data_list.n, 0);
    answer = bench_es10_hex(&f->b, "BF55 08 A006 8004 65696D31");
    assert_int_equal(schema_decode(&T_get_eim_configuration_data_response, answer, &r, NULL), E_OK);
    assert_true(schema_next(&T_eim_configuration_data, &r.eim_configuration_data_list, &d));
    assert_hex(bench_es10_hex(&f->b, "BF55 08 A006 8004 65696D39"), "BF5502A000");
}

/* ---- acceptance ---- */

/* What must not have moved after a refused package: counter, results, sequence number. */
static void assert_unchanged(struct fixture *f, int64_t counter)
{
    bench_expect_hex(&f->b, "BF2B 04 A002 8200", "BF2B 02 A200");
    f->e1.counter = counter;
    f->e1.break_signature = f->e1.omit_token = false;
    f->e1.eid = SLICE_NONE;
    eim_do(&f->b, &f->e1, "A1 02 AB00");
}

/* IEU-008 */
static void IEU_008_unknown_eim(void **state)
{
    struct fixture *f = *state;

    f->e2.token = 0;
    assert_int_equal(
        eim_error(&f->b, &f->e2, bench_es10(&f->b, lab_eim_package(&f->b, &f->e2, "A1 02 AB00"))),
        -1);
    assert_unchanged(f, 4);
}

/* IEU-009 */
static void IEU_009_bad_signature(void **state)
{
    struct fixture *f = *state;

    eim_associate(&f->b, &f->e1, true);
    f->e1.break_signature = true;
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
        -1);
    assert_unchanged(f, 4);
}

/* IEU-009 */
static void IEU_009_signature_without_token(void **state)
{
    struct fixture *f = *state;

    eim_associate(&f->b, &f->e1, true);
    f->e1.omit_token = true;
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
        -1);
    assert_unchanged(f, 4);
}

/* IEU-010 */
static void IEU_010_other_eid(void **state)
{
    struct fixture *f = *state;
    uint8_t other[EID_LEN];

    testci_eid(2, other);
    f->e1.eid = SLICE_OF(other);
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
        3);
    assert_unchanged(f, 4);
}

/* IEU-011 */
static void IEU_011_replay(void **state)
{
    struct fixture *f = *state;

    for (int64_t counter = 3; counter >= 2; counter--) {
        f->e1.counter = counter;
        assert_int_equal(eim_error(&f->b, &f->e1,
                                   bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
                         4);
    }
    assert_unchanged(f, 4);
}

/* IEU-012 */
static void IEU_012_counter_and_size(void **state)
{
    struct fixture *f = *state;

    f->e1.counter = 8388607;
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
        6);
    f->e1.counter = 4;
    f->b.personality.package_max = 100;
    assert_int_equal(
        eim_error(&f->b, &f->e1, bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A1 02 AB00"))),
        15);
    f->b.personality.package_max = 4096;
    assert_unchanged(f, 4);
    f->e1.counter = 8388606;
    eim_do(&f->b, &f->e1, "A1 02 AB00");
}

static void unreadable_package(void **state)
{
    struct fixture *f = *state;

    /* eimId is there, nothing else: unsigned error */
    bench_expect_hex(&f->b, "BF51 08 30 06 8004 65696D31", "BF51 08 A206 8004 65696D31");
    bench_store(&f->b, bench_hex(&f->b, "BF51 02 3000"));
    assert_int_equal(f->b.sw, 0x6A80);
    assert_unchanged(f, 4);
}

/* ---- eIM configuration operations ---- */

static const char *arm(const char *tag, const char *members)
{
    static char hex[3000];
    size_t n = strlen(members) / 2;

    snprintf(hex, sizeof hex, "A182%04zX %s82%04zX %s", n + 4, tag, n, members);
    return hex;
}

/* IEU-022 */
static void IEU_022_add(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    const char *key;
    char hex[1200];

    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false))),
                        "A803020100");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false))),
                        "A803020102");
    f->e2.id = SLICE_LIT("eim3");
    b->personality.eim_max = 2;
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false))),
                        "A803020101");
    b->personality.eim_max = 8;
    key = strstr(eim_members(&f->e2, false), "A5");
    snprintf(hex, sizeof hex, "800465696D33%s88020102", key);
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", hex)), "A803020103");
    snprintf(hex, sizeof hex, "800465696D33840105%s", key);
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", hex)), "A803020105");
    snprintf(hex, sizeof hex, "800465696D33830400800000%s", key);
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", hex)), "A803020106");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", "800465696D33")), "A803020107");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, true))),
                        "A803840101");
}

/* IEU-023 */
static void IEU_023_update_key(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct eim_side renewed;
    char hex[1200];

    lab_eim_open(b, &renewed, "eim1", CURVE_BP256R1);
    snprintf(hex, sizeof hex, "800465696D31%s", strstr(eim_members(&renewed, false), "A5"));
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", hex)), "8A0100");
    assert_int_equal(eim_error(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00"))),
                     -1);
    renewed.counter = 5;
    assert_string_equal(eim_do(b, &renewed, "A1 02 AB00"), "AB0AA0083006800465696D31");
    lab_eim_close(&renewed);
}

/* IEU-024 */
static void IEU_024_update_refused(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D39830109")), "8A0101");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D3188020102")), "8A0103");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D31830400800000")), "8A0106");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D318401FF")), "8A0107");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D31")), "8A0107");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D31830100")), "8A0107");
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", "800465696D31810161")), "8A0100");
}

/* IEU-025 */
static void IEU_025_delete(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false)));
    assert_string_equal(eim_do(b, &f->e1, "A1 14 A912 8010 65696D322E6578616D706C652E636F6D"),
                        "890100");
    assert_string_equal(eim_do(b, &f->e1, "A1 14 A912 8010 65696D322E6578616D706C652E636F6D"),
                        "890101");
    assert_string_equal(eim_do(b, &f->e1, "A1 02 A900"), "890107");
    assert_string_equal(eim_do(b, &f->e1, "A1 08 A906 8004 65696D31"), "890102");
    assert_hex(initial(b, eim_members(&f->e2, false)), "BF5704A0020500");
}

/* IEU-026 */
static void IEU_026_delete_itself(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;

    eim_do(b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false)));
    assert_string_equal(eim_do(b, &f->e1, "A1 08 A906 8004 65696D31"), "890100");
    assert_int_equal(eim_error(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00"))),
                     -1);
}

/* IEU-027 */
static void IEU_027_list(void **state)
{
    struct fixture *f = *state;
    const char *key = strstr(eim_members(&f->e2, false), "A5");
    char hex[1200];

    for (int type = 1; type <= 3; type++) {
        snprintf(hex, sizeof hex, "80017%d82010%d%s", type, type, key);
        eim_do(&f->b, &f->e1, "%s", arm("A8", hex));
    }
    assert_string_equal(eim_do(&f->b, &f->e1, "A1 02 AB00"),
                        "AB1FA01D3006800465696D313006800171820101"
                        "30068001728201023003800173");
}

/* IEU-028 */
static void IEU_028_unknown_operation(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(eim_do(&f->b, &f->e1, "A0 06 A600 9F1F 0100"), "A600020102");
    assert_string_equal(eim_do(&f->b, &f->e1, "A1 04 AB00 AC00"), "AB0AA0083006800465696D31020102");
    /* damaged: an ICCID of nine octets; nothing behind it is executed */
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 0F A30B 5A09 980000000000000000 A600"), "020102");
}

/* IEU-028 */
static void IEU_028_result_too_big(void **state)
{
    struct fixture *f = *state;

    f->b.personality.result_max = 17;
    assert_string_equal(eim_do(&f->b, &f->e1, "A0 04 A600 A600"), "A600020101");
}

/* IEU-030 */
static void IEU_030_survives_reset(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    int64_t sequence;
    slice epr;

    eim_associate(b, &f->e1, true);
    epr = bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00"));
    eim_result(b, &f->e1, epr, &sequence);
    epr = arena_copy(&b->arena, epr);
    bench_boot(b);
    /* the result is there, the counter too: the next one goes on, the same one is a replay */
    assert_int_equal(bench_es10_hex(b, "BF2B 04 A002 8200").n, epr.n + 5);
    assert_memory_equal(b->response + 5, epr.p, epr.n);
    f->e1.counter = 4;
    assert_int_equal(eim_error(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00"))),
                     4);
    eim_do(b, &f->e1, "A1 02 AB00");
}

/* IEU-031 */
static void IEU_031_counters_apart(void **state)
{
    struct fixture *f = *state;

    eim_do(&f->b, &f->e1, "%s", arm("A8", eim_members(&f->e2, false)));
    eim_do(&f->b, &f->e2, "A1 02 AB00");
    assert_int_equal(f->e2.counter, 1);
    eim_do(&f->b, &f->e1, "A1 02 AB00");
}

/* IEU-032 */
static void IEU_032_results(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct iot_retrieve_notifications_list_response r;
    int64_t first, second;
    slice epr;

    eim_result(b, &f->e1, bench_es10(b, lab_eim_package(b, &f->e1, "A1 02 AB00")), &first);
    epr = bench_es10(b, lab_eim_package(b, &f->e1, "A0 02 A600"));
    eim_result(b, &f->e1, epr, &second);
    epr = arena_copy(&b->arena, epr);
    assert_int_equal(second, first + 1);
    assert_int_equal(schema_decode(&T_iot_retrieve_notifications_list_response,
                                   bench_es10_hex(b, "BF2B 04 A002 8200"), &r, NULL),
                     E_OK);
    assert_int_equal(r.which,
                     iot_retrieve_notifications_list_response_is_euicc_package_result_list);
    assert_true(schema_next(&T_euicc_package_result, &r.euicc_package_result_list,
                            &(struct euicc_package_result){ 0 }));
    assert_true(schema_next(&T_euicc_package_result, &r.euicc_package_result_list,
                            &(struct euicc_package_result){ 0 }));
    assert_int_equal(r.euicc_package_result_list.n, 0);
    assert_int_equal(schema_decode(&T_iot_retrieve_notifications_list_response,
                                   bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)second),
                                   &r, NULL),
                     E_OK);
    assert_true(slice_eq(r.euicc_package_result_list, epr));
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)second), "BF3003800100");
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)second), "BF3003800101");
}

/* IEU-042 */
static void IEU_042_eim_id_length(void **state)
{
    struct fixture *f = *state;
    char hex[1500];
    const char *key = strstr(eim_members(&f->e2, false), "A5");

    snprintf(hex, sizeof hex, "808180%0256d%s", 0, key);
    for (size_t n = 6; n < 6 + 256; n += 2)
        memcpy(hex + n, "41", 2);
    assert_string_equal(eim_do(&f->b, &f->e1, "%s", arm("A8", hex)), "A803020100");
    snprintf(hex, sizeof hex, "808181%0258d%s", 0, key);
    for (size_t n = 6; n < 6 + 258; n += 2)
        memcpy(hex + n, "42", 2);
    assert_string_equal(eim_do(&f->b, &f->e1, "%s", arm("A8", hex)), "A803020107");
}

/* The key from a certificate, whose tag is that of the arm (SGP.32 2.11.1.1.1). */
static void key_from_certificate(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct identity signer;
    struct eim_side e = f->e2;
    uint8_t buf[2048];
    char hex[4100];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice members;

    assert_int_equal(identity_open_role(b->crypto, b->lab->dir, ROLE_EIM_SIGN, &signer), E_OK);
    e.id = SLICE_LIT("certified");
    e.signer = signer.signer;
    der_put_rehead(&w, 0xA1, signer.cert.der);
    der_wrap(&w, 0xA5, 0);
    der_put_tlv(&w, 0x80, e.id);
    assert_int_equal(der_written(&w, &members), E_OK);
    assert_int_equal(hex_encode(members, hex, sizeof hex), E_OK);
    assert_hex(initial(b, hex), "BF5704A0020500");
    assert_string_equal(eim_do(b, &e, "A0 02 A600"), "A600");
    identity_close(&signer);
}

/* A card of two CIs signs the results under the one that the eIM asked for. */
static void results_under_the_second_ci(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct lab *other = lab_get(CURVE_BP256R1);
    struct euicc_package_result r;
    struct public_key *key;
    const struct cert *cert = &other->files.of[0].euicc.cert;
    slice parts[2];
    char hex[1300], pkid[41];

    b->personality.ci[1] = other->personality.ci[0];
    b->personality.ci_count = 2;
    assert_int_equal(hex_encode(other->ci.cert.ski, pkid, sizeof pkid), E_OK);
    snprintf(hex, sizeof hex, "%s8814%s", eim_members(&f->e1, false), pkid);
    assert_hex(initial(b, hex), "BF5704A0020500");
    assert_int_equal(schema_decode(&T_euicc_package_result,
                                   bench_es10(b, lab_eim_package(b, &f->e1, "A0 02 A600")), &r,
                                   NULL),
                     E_OK);
    parts[0] = r.euicc_package_result_signed.euicc_package_result_data_signed;
    parts[1] = SLICE_LIT("\x84\x01\x00");
    assert_int_equal(key_open(b->crypto, cert->curve, &cert->point, &key), E_OK);
    assert_int_equal(key_verify(key, parts, 2, r.euicc_package_result_signed.euicc_sign_epr), E_OK);
    key_drop(key);
}

/* An eIM that gives itself a new key and a lower counter: the new value stands. */
static void update_of_itself(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct eim_side renewed;

    lab_eim_open(b, &renewed, "eim1", CURVE_P256);
    renewed.counter = 2;
    assert_string_equal(eim_do(b, &f->e1, "%s", arm("AA", eim_members(&renewed, false))), "8A0100");
    assert_string_equal(eim_do(b, &renewed, "A0 02 A600"), "A600");
    assert_int_equal(renewed.counter, 3);
    lab_eim_close(&renewed);
}

#define TEST(f)    cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_E1(f) cmocka_unit_test_setup_teardown(f, setup_e1, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(IEU_001_add_initial),
        TEST(IEU_002_token_is_fresh),
        TEST_E1(IEU_003_only_the_first),
        TEST(IEU_004_refused),
        TEST(IEU_005_all_or_nothing),
        TEST(IEU_006_configuration_data),
        TEST_E1(IEU_008_unknown_eim),
        TEST(IEU_009_bad_signature),
        TEST(IEU_009_signature_without_token),
        TEST_E1(IEU_010_other_eid),
        TEST_E1(IEU_011_replay),
        TEST_E1(IEU_012_counter_and_size),
        TEST_E1(unreadable_package),
        TEST_E1(IEU_022_add),
        TEST_E1(IEU_023_update_key),
        TEST_E1(IEU_024_update_refused),
        TEST_E1(IEU_025_delete),
        TEST_E1(IEU_026_delete_itself),
        TEST_E1(IEU_027_list),
        TEST_E1(IEU_028_unknown_operation),
        TEST_E1(IEU_028_result_too_big),
        TEST(IEU_030_survives_reset),
        TEST_E1(IEU_031_counters_apart),
        TEST_E1(IEU_032_results),
        TEST_E1(IEU_042_eim_id_length),
        TEST(key_from_certificate),
        TEST(results_under_the_second_ci),
        TEST_E1(update_of_itself),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
