/*
 * A profile from challenge to installation result, through APDUs.
 * EUC-001 EUC-004 EUC-008 EUC-012
 */
#include "euicc/isdr/lab.h"

#define ICCID_A "8900000000000000012"

static int open_p256(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_P256), 100000);
    *state = b;
    return 0;
}

static int open_brainpool(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_BP256R1), 100000);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    bench_close(*state);
    free(*state);
    return 0;
}

static void download(struct bench *b, bool ppk, size_t cut, size_t block)
{
    struct card_profile p;
    struct pir pir;

    b->block = block;
    server_defaults(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL));
    b->server.ppk = ppk;
    b->server.cut = cut;
    server_session(b);
    pir = pir_read(b, bench_load(b, server_bind(b)));
    assert_int_equal(pir.reason, 0);
    assert_int_equal(pir.aid.n, 16);
    assert_hex(pir.sima, "3007A0053003800100");
    assert_true(slice_eq(pir.data.transaction_id, SLICE_OF(b->server.tid)));
    assert_true(slice_eq(pir.metadata.notification_address, b->server.address));
    assert_int_equal(profile_by_aid(b->card, pir.aid, &p), E_OK);
    assert_int_equal(p.state, PROFILE_DISABLED);
    bench_enable(b, ICCID_A);
    assert_string_equal(bench_enabled(b), ICCID_A);
}

/* EUC-012: session keys */
static void session_keys(void **state)
{
    download(*state, false, 1007, 255);
}

/* EUC-012: profile protection keys */
static void replaced_keys(void **state)
{
    download(*state, true, 1007, 120);
}

/* Servers that cut the plaintext at 1008 send TLVs of 1036 octets. */
static void longer_segments(void **state)
{
    download(*state, true, 1008, 255);
}

static void small_everything(void **state)
{
    download(*state, false, 100, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(session_keys, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(replaced_keys, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(session_keys, open_brainpool, close_bench),
        cmocka_unit_test_setup_teardown(longer_segments, open_brainpool, close_bench),
        cmocka_unit_test_setup_teardown(small_everything, open_p256, close_bench),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
