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

/* An icon of 1024 octets: the metadata need two segments, and GetProfilesInfo gives them back. */
static void metadata_in_two_segments(void **state)
{
    struct bench *b = *state;
    slice metadata = bench_hex(b, "BF25 82041B 5A0A %s 9100 9204 50524F46 930101 94820400 %02048d",
                               iccid_hex(ICCID_A), 0);
    struct profile_info_list_response r;
    struct profile_info info;

    server_defaults(b, bench_package(b, ICCID_A), metadata);
    b->server.cut = 1000;
    server_session(b);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 0);
    assert_int_equal(schema_decode(&T_profile_info_list_response,
                                   bench_es10_hex(b, "BF2D 05 5C03 5A9394"), &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_profile_info, &r.profile_info_list_ok, &info));
    assert_int_equal(info.icon.n, 1024);
    assert_false(info.profile_name.p);
}

/* A stream does not care how it is cut: the whole package as one chain of blocks. */
static void package_in_one_chain(void **state)
{
    struct bench *b = *state;
    slice bpp;

    server_defaults(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL));
    server_session(b);
    bpp = server_bind(b);
    assert_true(bpp.n < 65280);
    assert_int_equal(pir_read(b, bench_es10(b, bpp)).reason, 0);
}

/* More install addresses than one: the result for the first, a notification for each other. */
static void several_install_addresses(void **state)
{
    struct bench *b = *state;
    slice metadata =
        bench_hex(b,
                  "BF25 41 5A0A %s 9100 9204 50524F46 B62A 300A 8002 0780 8104 612E6263"
                  "300A 8002 0780 8104 622E6364 3010 8002 0640 810A 632E6465632E646563 2E",
                  iccid_hex(ICCID_A));
    struct list_notification_response r;
    struct notification_metadata m;
    struct pir pir;

    ((uint8_t *)(uintptr_t)metadata.p)[2] = (uint8_t)(metadata.n - 3);
    server_defaults(b, bench_package(b, ICCID_A), metadata);
    server_session(b);
    pir = pir_read(b, bench_load(b, server_bind(b)));
    assert_int_equal(pir.reason, 0);
    assert_true(slice_eq_str(pir.metadata.notification_address, "a.bc"));
    assert_int_equal(schema_decode(&T_list_notification_response,
                                   bench_es10_hex(b, "BF28 04 8102 0780"), &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_notification_metadata, &r.notification_metadata_list, &m));
    assert_int_equal(m.seq_number, pir.metadata.seq_number);
    assert_true(schema_next(&T_notification_metadata, &r.notification_metadata_list, &m));
    assert_true(slice_eq_str(m.notification_address, "b.cd"));
    assert_int_equal(m.seq_number, pir.metadata.seq_number + 1);
    assert_int_equal(r.notification_metadata_list.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(session_keys, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(replaced_keys, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(session_keys, open_brainpool, close_bench),
        cmocka_unit_test_setup_teardown(longer_segments, open_brainpool, close_bench),
        cmocka_unit_test_setup_teardown(small_everything, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(metadata_in_two_segments, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(package_in_one_chain, open_p256, close_bench),
        cmocka_unit_test_setup_teardown(several_install_addresses, open_p256, close_bench),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
