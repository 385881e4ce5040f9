/*
 * Cards of other versions of SGP.32 than v1.2: what v1.0 (2023) did differently (sgp32 8), and what
 * v1.3 adds.
 */
#include "euicc/isdr/baseline.h"

#define V10(f) cmocka_unit_test_setup_teardown(f, setup_v10, teardown)
#define V13(f) cmocka_unit_test_setup_teardown(f, setup_v13, teardown)

static int setup_version(void **state, uint8_t minor)
{
    struct fixture *f;
    int failed = setup(state);

    f = *state;
    f->b.personality.iot_version[1] = minor;
    bench_boot(&f->b);
    return failed;
}

static int setup_v10(void **state)
{
    return setup_version(state, 0);
}

static int setup_v13(void **state)
{
    return setup_version(state, 3);
}

static slice own_version(struct bench *b)
{
    struct euicc_info2 info;

    assert_int_equal(schema_decode(&T_euicc_info2, bench_es10_hex(b, "BF2200"), &info, NULL), E_OK);
    assert_true(info.has_iot_specific_info);
    return arena_copy(&b->arena, info.iot_specific_info.iot_version);
}

/* The result is signed over the eIM's signature, that of its rollback too. */
static void v10_results(void **state)
{
    struct fixture *f = *state;
    struct tlv outer, inner;
    int64_t sequence;
    slice list, epr;

    assert_hex(own_version(&f->b), "0403010000");
    server_defaults(&f->b, SLICE_EMPTY, SLICE_EMPTY);
    server_challenge(&f->b);
    server_authenticated(&f->b);
    epr =
        bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(B)));
    epr = arena_copy(&f->b.arena, epr);
    assert_string_equal(eim_result(&f->b, &f->e1, epr, &sequence), "830100");
    list = bench_es10_hex(&f->b, "BF2B 04 A0028200");
    assert_int_equal(der_one(list, &outer), E_OK);
    assert_int_equal(der_one(outer.value, &inner), E_OK);
    assert_int_equal(inner.tag, 0xA2);
    assert_true(slice_eq(inner.value, epr)); /* BF51 and all, as asn1c reads it */
    bench_reset(&f->b);
    assert_string_equal(bench_enabled(&f->b), B);
    list = bench_es10_hex(&f->b, "BF58 03 8001 00");
    assert_string_equal(eim_result(&f->b, &f->e1, slice_of(list.p + 6, list.n - 6), NULL),
                        "8C0100");
    bench_reset(&f->b);
    assert_string_equal(bench_enabled(&f->b), A);
}

static void v10_errors(void **state)
{
    struct fixture *f = *state;
    slice answer;

    f->e1.tx = SLICE_LIT("\xA1\xB2");
    f->e1.counter = 3; /* the card has 4 */
    answer = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), PACKAGE_REPLAY);
    f->e1.counter = 9;
    f->e1.break_signature = true;
    answer = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), -1);
    assert_int_equal(answer.p[2], answer.n - 3);
    assert_int_equal(answer.p[3], 0xA2);
    assert_int_equal(answer.p[4], 2 + f->e1.id.n); /* the eimId alone */
}

/* What v1.1 brought. */
static void v10_lacks(void **state)
{
    static const char *const functions[] = {
        "BF5B 03 8001 00", "BF5C 03 8001 00",   "BF5D 03 8001 00",    "BF5E 03 8001 00",
        "BF5F 00",         "BF64 04 8202 0204", "BF65 05 8003 612E62"
    };
    static const char *const operations[] = { "A8 0C 5A0A 98000000000000000002", "A9 00",
                                              "BF65 05 8003 612E62" };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(functions); i++)
        assert_int_equal(bench_store(&f->b, bench_hex(&f->b, "%s", functions[i])), 0x6A88);
    for (size_t i = 0; i < COUNT(operations); i++) {
        slice op = bench_hex(&f->b, "%s", operations[i]);

        assert_string_equal(eim_do(&f->b, &f->e1, "A0 %02zX %s", op.n, operations[i]), "020102");
    }
    /* EnableUsingDD: no refreshFlag */
    bench_expect_hex(&f->b, "BF5A 00", "BF5A 03 8001 01");
}

/* AddInitialEim without a key: v1.0 has no code for a command that is none. */
static void v10_no_command_error(void **state)
{
    struct fixture *f = *state;
    slice id = bench_hex(&f->b, "A906 8004 65696D31");

    assert_string_equal(eim_do(&f->b, &f->e1, "A1 %02zX A906 8004 65696D31", id.n), "890102");
    bench_expect_hex(&f->b, "BF57 0A A008 3006 8004 65696D31", "BF57 03 8101 7F");
    f->b.personality.iot_version[1] = 2;
    bench_expect_hex(&f->b, "BF57 0A A008 3006 8004 65696D31", "BF57 03 8101 07");
}

/* v1.3: an unsigned error tells why. */
static void v13_unsigned_error(void **state)
{
    struct fixture *f = *state;
    slice answer;

    assert_hex(own_version(&f->b), "0403010300");
    f->e1.break_signature = true;
    answer = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), -1);
    assert_hex(slice_skip(answer, answer.n - 3), "8F017F");
    f->b.personality.package_max = 16;
    answer = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_hex(slice_skip(answer, answer.n - 3), "8F010F");
    f->e1.break_signature = false;
    answer = bench_es10(&f->b, lab_eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), PACKAGE_SIZE_OVERFLOW);
}

static int setup_v13_special(void **state)
{
    static const struct meta a = { .class = 2, .extra = "9F6701FF BF6408 5F01 01AA 8102BBCC" };
    struct fixture *f = open_card(state);

    bench_plant(&f->b, A, &a);
    f->b.personality.iot_version[1] = 3;
    bench_boot(&f->b);
    return 0;
}

/* EUICCInfo2 of a version: the members and the bit that v1.3 added. */
static void v13_information(void **state)
{
    struct fixture *f = *state;
    const struct iot_specific_info *iot;
    struct euicc_info2 info;

    for (uint8_t minor = 2; minor <= 3; minor++) {
        bool added = minor == 3;

        f->b.personality.iot_version[1] = minor;
        assert_int_equal(
            schema_decode(&T_euicc_info2, bench_es10_hex(&f->b, "BF2200"), &info, NULL), E_OK);
        iot = &info.iot_specific_info;
        assert_int_equal(iot->fallback_allowed_update_supported, added);
        assert_int_equal(der_bit(info.rsp_capability, RSP_CAPABILITY_IOT_SPECIFIC_METADATA), added);
        assert_false(info.euicc_minimum_security_level.p);
    }
    f->b.personality.fallback_supported = false;
    assert_int_equal(schema_decode(&T_euicc_info2, bench_es10_hex(&f->b, "BF2200"), &info, NULL),
                     E_OK);
    assert_false(info.iot_specific_info.fallback_supported);
    assert_false(info.iot_specific_info.fallback_allowed_update_supported);
}

/* iotSpecificProfileInfo: when it is asked for, whole or by its tags; v1.2 has it not. */
static void v13_iot_specific(void **state)
{
    static const struct {
        const char *request, *v12, *v13;
    } rows[] = {
        { "BF2D 05 5C03 5ABF64", "BF2D10A00EE30C5A0A%s",
          "BF2D1BA019E3175A0A%sBF64085F0101AA8102BBCC" },
        { "BF2D 06 5C01 5A 5D01 81", "BF2D10A00EE30C5A0A%s", "BF2D17A015E3135A0A%sBF64048102BBCC" },
        { "BF2D 07 5C01 5A 5D02 5F01", "BF2D10A00EE30C5A0A%s",
          "BF2D17A015E3135A0A%sBF64045F0101AA" },
        { "BF2D 06 5C01 5A 5D01 82", "BF2D10A00EE30C5A0A%s", "BF2D13A011E30F5A0A%sBF6400" },
        { "BF2D 06 5C01 5A 5D01 5F", "BF2D10A00EE30C5A0A%s", "BF2D03810101" }, /* half a tag */
        { "BF2D 03 5C01 5A", "BF2D10A00EE30C5A0A%s", "BF2D10A00EE30C5A0A%s" },
    };
    struct fixture *f = *state;

    for (size_t n = 0; n < COUNT(rows); n++)
        for (uint8_t minor = 2; minor <= 3; minor++) {
            const char *is = minor == 3 ? rows[n].v13 : rows[n].v12, *iccid = strstr(is, "%s");
            char expected[200];

            f->b.personality.iot_version[1] = minor;
            snprintf(expected, sizeof expected, "%.*s%s%s", iccid ? (int)(iccid - is) : 0, is,
                     iccid ? iccid_hex(A) : "", iccid ? iccid + 2 : is);
            assert_hex(bench_es10_hex(&f->b, "%s", rows[n].request), expected);
        }
}

/* What the personality says that the card cannot. */
static void without_options(void **state)
{
    struct fixture *f = *state;

    f->b.personality.fallback_supported = false;
    assert_string_equal(set_fallback(f, B), "8D0102");
    bench_expect_hex(&f->b, "BF5D 03 8001 00", "BF5D 03 8001 06");
    f->b.personality.fallback_supported = true;
    assert_string_equal(set_fallback(f, B), "8D0100");
    f->b.personality.emergency_supported = false;
    bench_expect_hex(&f->b, "BF5B 03 8001 00", "BF5B 03 8001 08");
    f->b.personality.emergency_supported = true;
    bench_expect_hex(&f->b, "BF5B 03 8001 00", "BF5B 03 8001 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        V10(v10_results),
        V10(v10_errors),
        V10(v10_lacks),
        V10(v10_no_command_error),
        V13(v13_unsigned_error),
        V13(v13_information),
        cmocka_unit_test_setup_teardown(v13_iot_specific, setup_v13_special, teardown),
        SPECIAL(without_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
