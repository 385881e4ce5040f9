/*
 * What outlives profiles: notifications (SGP.22 3.5, 5.7.9-5.7.11) and memory reset (SGP.22 5.7.19,
 * SGP.32 5.9.5).
 */
#include "euicc/isdr/baseline.h"

/* ---- memory reset ---- */

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_busy(void **state)
{
    struct fixture *f = *state;

    make_busy(&f->b);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 05");
    bench_expect_hex(&f->b, "BF64 04 8202 0780", "BF64 03 8001 05");
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 3);
}

/* EUC-028 */
static void EUC_028_operational(void **state)
{
    struct fixture *f = *state;
    struct profile_info info;
    slice list;

    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 00");
    bench_boot(&f->b);
    assert_string_equal(bench_enabled(&f->b), "");
    list = profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"));
    while (schema_next(&T_profile_info, &list, &info))
        assert_int_not_equal(info.profile_class, PROFILE_CLASS_OPERATIONAL);
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 01");
}

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_test_and_provisioning(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF34 04 8202 0640", "BF34 03 8001 00");
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 2);
    bench_expect_hex(&f->b, "BF34 04 8202 0640", "BF34 03 8001 01");
    bench_expect_hex(&f->b, "BF64 04 8202 0310", "BF64 03 8001 01"); /* pre-loaded: none */
    bench_expect_hex(&f->b, "BF64 04 8202 0308", "BF64 03 8001 00");
    assert_int_equal(profile_count(profile_list(&f->b, bench_es10_hex(&f->b, "BF2D00"))), 1);
    assert_string_equal(bench_enabled(&f->b), A);
}

/* EUC-028 IEU-039 */
static void EUC_028_IEU_039_address(void **state)
{
    struct fixture *f = *state;

    bench_expect_hex(&f->b, "BF3F 05 8003612E62", "BF3F 03 8001 00");
    bench_expect_hex(&f->b, "BF34 04 8202 0520", "BF34 03 8001 00");
    bench_expect_hex(&f->b, "BF3F 05 8003612E62", "BF3F 03 8001 00");
    bench_expect_hex(&f->b, "BF64 04 8202 0520", "BF64 03 8001 00");
    bench_expect_hex(&f->b, "BF3C00",
                     "BF3C 1A 8118 74657374726F6F74736D64732E6578616D706C652E636F6D");
}

/* IEU-039 */
static void IEU_039_eim_and_immediate_enable(void **state)
{
    struct fixture *f = *state;

    eim_do(&f->b, &f->e1, "A0 04 A702 8000");
    f->b.personality.eim_reset_supported = false;
    f->b.personality.immediate_enable_reset_supported = false;
    bench_expect_hex(&f->b, "BF64 04 8202 0106", "BF64 09 800100 810102 820101");
    eim_do(&f->b, &f->e1, "A0 02 A600");
    f->b.personality.eim_reset_supported = true;
    f->b.personality.immediate_enable_reset_supported = true;
    bench_expect_hex(&f->b, "BF64 04 8202 0102", "BF64 06 800100 820100");
    bench_expect_hex(&f->b, "BF5A 03 8001 00", "BF5A 03 8001 01");
    eim_do(&f->b, &f->e1, "A0 02 A600");
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810100");
    bench_expect_hex(&f->b, "BF5500", "BF5502A000");
    bench_expect_hex(&f->b, "BF64 04 8202 0204", "BF64 06 800100 810101");
    assert_string_equal(bench_enabled(&f->b), A);
}

/* ---- notifications ---- */

struct seen {
    unsigned events[16];
    int64_t sequence[16];
    slice iccid[16];
    unsigned n;
};

static struct seen notifications(struct bench *b)
{
    slice answer = arena_copy(&b->arena, bench_es10_hex(b, "BF2800"));
    struct list_notification_response r;
    struct notification_metadata m;
    struct seen s = { .n = 0 };

    assert_int_equal(schema_decode(&T_list_notification_response, answer, &r, NULL), E_OK);
    while (schema_next(&T_notification_metadata, &r.notification_metadata_list, &m)) {
        assert_true(s.n < 16);
        s.events[s.n] = (unsigned)der_bits(m.profile_management_operation);
        s.sequence[s.n] = m.seq_number;
        s.iccid[s.n++] = m.iccid;
    }
    return s;
}

/* EUC-031 */
static void EUC_031_enable_notifies_both(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_select(&f->b);
    s = notifications(&f->b);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.events[0], 1u << NOTIFICATION_DISABLE);
    assert_hex(s.iccid[0], iccid_hex(A));
    assert_int_equal(s.events[1], 1u << NOTIFICATION_ENABLE);
    assert_hex(s.iccid[1], iccid_hex(B));
    assert_int_equal(s.sequence[1], s.sequence[0] + 1);
}

/* EUC-032 */
static void EUC_032_only_configured_events(void **state)
{
    static const struct meta some = { .class = 2,
                                      .events =
                                          1u << NOTIFICATION_INSTALL | 1u << NOTIFICATION_ENABLE };
    struct fixture *f = open_card(state);
    struct seen s;

    bench_install(&f->b, A, &some);
    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(A));
    bench_select(&f->b);
    bench_es10_hex(&f->b, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(A));
    bench_select(&f->b);
    assert_hex(bench_es10_hex(&f->b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800100");
    s = notifications(&f->b);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.events[0], 1u << NOTIFICATION_INSTALL);
    assert_int_equal(s.events[1], 1u << NOTIFICATION_ENABLE);
}

/* EUC-033 */
static void EUC_033_sequence_goes_on(void **state)
{
    struct fixture *f = *state;
    struct seen before, after;

    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_boot(&f->b);
    before = notifications(&f->b);
    bench_expect_hex(&f->b, "BF34 04 8202 0780", "BF34 03 8001 00");
    bench_boot(&f->b);
    after = notifications(&f->b);
    assert_true(after.n > before.n);
    for (unsigned n = 0; n < before.n; n++)
        assert_int_equal(after.sequence[n], before.sequence[n]);
    for (unsigned n = 1; n < after.n; n++)
        assert_true(after.sequence[n] > after.sequence[n - 1]);
}

/* By number, by event; the signature and the chain of what is retrieved verify. */
/* EUC-034 */
static void EUC_034_retrieve_and_remove(void **state)
{
    struct fixture *f = *state;
    struct bench *b = &f->b;
    struct retrieve_notifications_list_response r;
    struct pending_notification n;
    const struct other_signed_notification *o = &n.other_signed_notification;
    struct cert cert;
    struct public_key *key;
    struct seen s;
    slice answer;

    bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    bench_select(b);
    s = notifications(b);
    answer = bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)s.sequence[1]);
    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_pending_notification, &r.notification_list, &n));
    assert_int_equal(r.notification_list.n, 0);
    assert_int_equal(cert_parse(o->euicc_certificate, &cert), E_OK);
    assert_int_equal(key_open(b->crypto, cert.curve, &cert.point, &key), E_OK);
    assert_int_equal(
        key_verify(key, &o->tbs_other_notification, 1, o->euicc_notification_signature), E_OK);
    key_drop(key);
    assert_true(slice_eq(o->eum_certificate, b->lab->eum.cert.der));
    answer = bench_es10_hex(b, "BF2B 06 A004 8102 0520");
    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    assert_true(schema_next(&T_pending_notification, &r.notification_list, &n));
    assert_int_equal(r.notification_list.n, 0);
    bench_expect_hex(b, "BF28 04 8102 0410", "BF28 02 A000");
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)s.sequence[1]), "BF3003800100");
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)s.sequence[1]), "BF3003800101");
    assert_int_equal(notifications(b).n, 1);
}

/* EUC-035 */
static void EUC_035_oldest_goes_first(void **state)
{
    struct fixture *f = *state;
    struct seen s;

    f->b.personality.notification_max = 4;
    for (int n = 0; n < 3; n++) {
        bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(n % 2 ? A : B));
        bench_select(&f->b);
    }
    s = notifications(&f->b);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.sequence[0], 4); /* 1 was that of the set-up, 2 and 3 gave way */
    assert_int_equal(s.sequence[3], 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(EUC_028_IEU_039_busy),
        CLASSES(EUC_028_operational),
        CLASSES(EUC_028_IEU_039_test_and_provisioning),
        TEST(EUC_028_IEU_039_address),
        TEST(IEU_039_eim_and_immediate_enable),
        NOTIFYING(EUC_031_enable_notifies_both),
        cmocka_unit_test_teardown(EUC_032_only_configured_events, teardown),
        NOTIFYING(EUC_033_sequence_goes_on),
        NOTIFYING(EUC_034_retrieve_and_remove),
        NOTIFYING(EUC_035_oldest_goes_first),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
