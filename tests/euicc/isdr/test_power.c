/*
 * The power goes at every write of the NVM, during a download and during a package: after the next
 * start the card is before or after, never between. And the memory that a card needs.
 * EUC-019 IEU-029
 */
#include "euicc/isdr/lab.h"

#define ICCID_A "8900000000000000012"
#define ICCID_B "8900000000000000020"

struct fixture {
    struct bench b;
    struct eim_side e1;
    uint8_t *saved; /* the NVM before what is cut */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    bench_open(&f->b, lab_get(CURVE_P256), 100000);
    lab_eim_open(&f->b, &f->e1, "eim1", CURVE_P256);
    eim_associate(&f->b, &f->e1, false);
    f->saved = malloc((size_t)NVM_HALVES * BENCH_HALF);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->saved);
    lab_eim_close(&f->e1);
    bench_close(&f->b);
    free(f);
    return 0;
}

static void save(struct fixture *f)
{
    memcpy(f->saved, f->b.octets, (size_t)NVM_HALVES * BENCH_HALF);
}

/* Back to the saved state, with a cut at write `at`, of which `octets` still get through. */
static void restore(struct fixture *f, uint32_t at, uint32_t octets)
{
    memcpy(f->b.octets, f->saved, (size_t)NVM_HALVES * BENCH_HALF);
    bench_boot(&f->b);
    f->b.ram.writes = 0;
    f->b.ram.cut_at = at;
    f->b.ram.cut_octets = octets;
}

static int pending(struct bench *b, slice *iccid)
{
    struct retrieve_notifications_list_response r;
    struct pending_notification n;
    struct profile_installation_result_data d;
    struct notification_metadata m;
    slice answer = arena_copy(&b->arena, bench_es10_hex(b, "BF2B00"));

    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    if (!schema_next(&T_pending_notification, &r.notification_list, &n))
        return -1;
    assert_int_equal(r.notification_list.n, 0);
    assert_int_equal(schema_decode(&T_profile_installation_result_data,
                                   n.profile_installation_result.profile_installation_result_data,
                                   &d, NULL),
                     E_OK);
    assert_int_equal(schema_decode(&T_notification_metadata, d.notification_metadata, &m, NULL),
                     E_OK);
    *iccid = m.iccid;
    if (d.final_result.which == final_result_is_success_result)
        return 0;
    return (int)d.final_result.error_result.error_reason;
}

static unsigned installed(struct bench *b)
{
    struct card_profile p;
    uint32_t root = 0;
    unsigned n = 0;

    while (profile_next(b->card, &root, &p))
        n++;
    return n;
}

/* True when the download went through to its end without a cut. */
static bool cut_download(struct fixture *f, slice package, slice metadata, uint32_t at,
                         uint32_t octets)
{
    struct bench *b = &f->b;
    slice iccid = SLICE_NONE;
    bool cut;
    int reason;

    restore(f, at, octets);
    server_defaults(b, package, metadata);
    server_challenge(b);
    server_authenticated(b);
    bench_store(b, server_prepare(b));
    if (!b->ram.off) {
        struct prepare_download_response r;
        struct euicc_signed2 s;

        assert_int_equal(
            schema_decode(&T_prepare_download_response, slice_of(b->response, b->n), &r, NULL),
            E_OK);
        assert_int_equal(
            schema_decode(&T_euicc_signed2, r.download_response_ok.euicc_signed2, &s, NULL), E_OK);
        assert_int_equal(ec_point_parse(s.euicc_otpk, &b->server.euicc_otpk), E_OK);
        bench_load(b, server_bind(b));
    }
    cut = b->ram.off;
    bench_boot(b);
    reason = pending(b, &iccid);
    /* whole with its result, or nothing with none or an interruption */
    if (installed(b)) {
        assert_int_equal(installed(b), 1);
        assert_int_equal(reason, 0);
        assert_true(slice_eq(iccid, bench_hex(b, "%s", iccid_hex(ICCID_A))));
    } else {
        assert_true(cut);
        assert_true(reason == -1 || reason == 11);
    }
    assert_string_equal(bench_enabled(b), "");
    return !cut;
}

/* EUC-019 */
static void download_cut_at_every_write(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    slice package = bench_package(b, ICCID_A), metadata = bench_metadata(b, ICCID_A, NULL);
    static const uint32_t parts[] = { 0, 1, 20, 100000 };
    uint32_t at = 1;
    bool over = false;

    save(f);
    for (; !over; at++)
        for (size_t n = 0; !over && n < COUNT(parts); n++) {
            over = cut_download(f, package, metadata, at, parts[n]);
            if (!over && n == 0)
                bench_install(b, ICCID_B, NULL); /* the next session works */
        }
    assert_true(at > 10);
}

/* ---- packages ---- */

static bool cut_package(struct fixture *f, slice package, uint32_t at, uint32_t octets)
{
    struct bench *b = &f->b;
    struct iot_retrieve_notifications_list_response r;
    struct euicc_package_result result;
    bool cut, done;

    restore(f, at, octets);
    bench_store(b, package);
    cut = b->ram.off;
    bench_boot(b);
    done = strcmp(bench_enabled(b), ICCID_B) == 0;
    assert_true(done || strcmp(bench_enabled(b), ICCID_A) == 0);
    assert_int_equal(schema_decode(&T_iot_retrieve_notifications_list_response,
                                   bench_es10_hex(b, "BF2B 04 A002 8200"), &r, NULL),
                     E_OK);
    /* the result is there exactly when the change was made, and with it the counter */
    assert_int_equal(schema_next(&T_euicc_package_result, &r.euicc_package_result_list, &result),
                     done);
    bench_store(b, package);
    assert_int_equal(
        schema_decode(&T_euicc_package_result, slice_of(b->response, b->n), &result, NULL), E_OK);
    assert_int_equal(result.which, done ? euicc_package_result_is_euicc_package_error_signed
                                        : euicc_package_result_is_euicc_package_result_signed);
    assert_true(done || cut);
    return !cut;
}

/* IEU-029 */
static void package_cut_at_every_write(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    static const uint32_t parts[] = { 0, 1, 9, 100, 300, 100000 };
    slice package;
    bool over = false;
    uint32_t at;

    bench_plant(b, ICCID_A, NULL);
    bench_plant(b, ICCID_B, NULL);
    bench_enable(b, ICCID_A);
    package = lab_eim_package(b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(ICCID_B));
    save(f);
    for (at = 1; !over; at++)
        for (size_t n = 0; !over && n < COUNT(parts); n++)
            over = cut_package(f, package, at, parts[n]);
    assert_true(at > 1);
}

/* The switch itself, at the reset that performs it. */
static void switch_cut_at_every_write(void **state)
{
    static const struct meta all = { .class = 2, .events = 0xF };
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct list_notification_response r;
    bool over = false;

    bench_plant(b, ICCID_A, &all);
    bench_plant(b, ICCID_B, &all);
    bench_enable(b, ICCID_A);
    bench_es10_hex(b, "BF30 03 8001 01");
    eim_do(b, &f->e1, "A0 1C A30C 5A0A %s A50C 5A0A %s", iccid_hex(ICCID_B), iccid_hex(ICCID_A));
    save(f);
    for (uint32_t at = 1; !over; at++) {
        memcpy(b->octets, f->saved, (size_t)NVM_HALVES * BENCH_HALF);
        nvm_ram_power_on(&b->ram);
        b->ram.cut_at = at;
        b->ram.cut_octets = at % 2 ? 0 : 40;
        b->card = card_boot(b->memory, b->memory_size, &b->nvm, b->crypto, &b->card_personality,
                            &(enum err){ 0 });
        over = !b->ram.off;
        bench_boot(b);
        assert_string_equal(bench_enabled(b), ICCID_B);
        assert_int_equal(installed(b), 1);
        assert_int_equal(
            schema_decode(&T_list_notification_response, bench_es10_hex(b, "BF2800"), &r, NULL),
            E_OK);
        for (int n = 0; n < 3; n++) /* disable, enable, delete: once each */
            assert_true(schema_next(&T_notification_metadata, &r.notification_metadata_list,
                                    &(struct notification_metadata){ 0 }));
        assert_int_equal(r.notification_metadata_list.n, 0);
    }
}

/* ---- memory ---- */

/* Everything that a card with one TS.48 profile does fits into 64 KB, its download included. */
static void whole_card_in_64_kb(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct eim_side e;
    size_t octets = 40 * 1024;

    (void)state;
    bench_open(b, lab_get(CURVE_P256), octets);
    assert_true(b->memory_size < 64 * 1024);
    lab_eim_open(b, &e, "eim1", CURVE_P256);
    eim_associate(b, &e, true);
    bench_install(b, ICCID_A, NULL);
    assert_string_equal(eim_do(b, &e, "A0 0E A30C 5A0A %s", iccid_hex(ICCID_A)), "830100");
    bench_boot(b);
    assert_string_equal(bench_enabled(b), ICCID_A);
    print_message("card: %zu octets of memory, of them %u free behind a TS.48 profile\n",
                  b->memory_size, objects_free(card_objects(b->card)));
    lab_eim_close(&e);
    bench_close(b);
    free(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(download_cut_at_every_write),
        TEST(package_cut_at_every_write),
        TEST(switch_cut_at_every_write),
        cmocka_unit_test(whole_card_in_64_kb),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
