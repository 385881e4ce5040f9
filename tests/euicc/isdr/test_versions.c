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
    epr = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(B)));
    epr = arena_copy(&f->b.arena, epr);
    assert_string_equal(eim_result(&f->b, &f->e1, epr, &sequence), "830100");
    list = bench_es10_hex(&f->b, "BF2B 04 A0028200");
    assert_int_equal(der_one(list, &outer), E_OK);
    assert_int_equal(der_one(outer.value, &inner), E_OK);
    assert_int_equal(der_one(epr, &outer), E_OK);
    assert_int_equal(inner.tag, 0xA2);
    assert_true(slice_eq(inner.value, outer.value)); /* bare, without BF51 */
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
    answer = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), PACKAGE_REPLAY);
    f->e1.counter = 9;
    f->e1.break_signature = true;
    answer = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 02 A600"));
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

/* v1.3: an unsigned error tells why. */
static void v13_unsigned_error(void **state)
{
    struct fixture *f = *state;
    slice answer;

    assert_hex(own_version(&f->b), "0403010300");
    f->e1.break_signature = true;
    answer = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), -1);
    assert_hex(slice_skip(answer, answer.n - 3), "8F017F");
    f->b.personality.package_max = 16;
    answer = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_hex(slice_skip(answer, answer.n - 3), "8F010F");
    f->e1.break_signature = false;
    answer = bench_es10(&f->b, eim_package(&f->b, &f->e1, "A0 02 A600"));
    assert_int_equal(eim_error(&f->b, &f->e1, answer), PACKAGE_SIZE_OVERFLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        V10(v10_results),
        V10(v10_errors),
        V10(v10_lacks),
        V13(v13_unsigned_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
