/*
 * A card of two CIs, P-256 first and brainpoolP256r1 second (SGP.22 2.6.7, 3.2, 4.5): each server
 * meets the one that it knows, and what concerns a profile is signed under the CI that it came
 * under.
 */
#include "euicc/isdr/lab.h"

#include "base/text.h"

#define A "8900000000000000012"
#define B "8900000000000000020"

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_P256), 200000);
    b->personality.ci[1] = lab_get(CURVE_BP256R1)->personality.ci[0];
    b->personality.ci_count = 2;
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench_close(*state);
    free(*state);
    return 0;
}

/* The server, and who verifies the card, are those of this curve's hierarchy from here on. */
static void meet(struct bench *b, enum curve curve)
{
    b->lab = lab_get(curve);
}

static void install(struct bench *b, enum curve curve, const char *iccid)
{
    const struct meta m = { .class = 2, .events = 0xF };

    meet(b, curve);
    bench_install(b, iccid, &m); /* verifies every signature of the session and the PIR */
}

static void assert_same_tail(slice certificate, slice der)
{
    assert_int_equal(certificate.n, der.n);
    assert_memory_equal(certificate.p + 1, der.p + 1, der.n - 1);
}

/* The notification of the profile is signed by the card's key of this curve, with its chain. */
static void notified_under(struct bench *b, enum curve curve, unsigned events, const char *iccid)
{
    const struct cert *cert = &lab_get(curve)->files.of[0].euicc.cert;
    struct retrieve_notifications_list_response r;
    const struct other_signed_notification *n;
    struct pending_notification pending;
    struct notification_metadata metadata;
    struct public_key *key;
    unsigned seen = 0;
    slice list;

    list = arena_copy(&b->arena, bench_es10_hex(b, "BF2B 06 A004 8102 04%02X", events));
    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, list, &r, NULL), E_OK);
    while (schema_next(&T_pending_notification, &r.notification_list, &pending)) {
        if (pending.which != pending_notification_is_other_signed_notification)
            continue;
        n = &pending.other_signed_notification;
        assert_int_equal(
            schema_decode(&T_notification_metadata, n->tbs_other_notification, &metadata, NULL),
            E_OK);
        if (!slice_eq(metadata.iccid, bench_hex(b, "%s", iccid_hex(iccid))))
            continue;
        seen++;
        assert_true(slice_eq(n->euicc_certificate, cert->der));
        assert_true(slice_eq(n->eum_certificate, lab_get(curve)->eum.cert.der));
        assert_int_equal(key_open(b->crypto, cert->curve, &cert->point, &key), E_OK);
        assert_int_equal(
            key_verify(key, &n->tbs_other_notification, 1, n->euicc_notification_signature), E_OK);
        key_drop(key);
    }
    assert_int_equal(seen, 1);
}

static void switch_to(struct bench *b, const char *iccid)
{
    assert_hex(bench_es10_hex(b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(iccid)), "BF3103800100");
    bench_select(b);
}

static void a_profile_under_each(void **state)
{
    struct bench *b = *state;

    install(b, CURVE_BP256R1, B);
    install(b, CURVE_P256, A);
    switch_to(b, A);
    notified_under(b, CURVE_P256, 0x40, A); /* enable */
    switch_to(b, B);
    notified_under(b, CURVE_BP256R1, 0x40, B);
    notified_under(b, CURVE_P256, 0x20, A); /* disable */
    bench_boot(b);
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800100");
    notified_under(b, CURVE_P256, 0x10, A); /* delete */
}

/* EUICCInfo1 names the CIs in the order of preference. */
static void preference(void **state)
{
    struct bench *b = *state;
    struct euicc_info1 info;
    slice first, list;
    struct tlv t;

    assert_int_equal(schema_decode(&T_euicc_info1, bench_es10_hex(b, "BF2000"), &info, NULL), E_OK);
    list = info.euicc_ci_pk_id_list_for_signing;
    assert_int_equal(list.n, 44);
    first = slice_head(list, 22);
    assert_int_equal(der_one(first, &t), E_OK);
    assert_true(slice_eq(t.value, lab_get(CURVE_P256)->ci.cert.ski));
    assert_int_equal(der_one(slice_skip(list, 22), &t), E_OK);
    assert_true(slice_eq(t.value, lab_get(CURVE_BP256R1)->ci.cert.ski));
    assert_true(slice_eq(info.euicc_ci_pk_id_list_for_verification, list));
    /* a CI without a signer verifies and does not sign */
    b->personality.ci[0].signer.sign = NULL;
    assert_int_equal(schema_decode(&T_euicc_info1, bench_es10_hex(b, "BF2000"), &info, NULL), E_OK);
    assert_int_equal(info.euicc_ci_pk_id_list_for_signing.n, 22);
    assert_int_equal(info.euicc_ci_pk_id_list_for_verification.n, 44);
}

/* IEU-040: certificates by CI; without one, those of the first that signs. */
static void IEU_040_certificates_by_ci(void **state)
{
    static const enum curve curves[] = { CURVE_P256, CURVE_BP256R1 };
    struct bench *b = *state;
    struct get_certs_response r;
    char pkid[41];

    for (size_t n = 0; n < COUNT(curves); n++) {
        struct lab *lab = lab_get(curves[n]);

        assert_int_equal(hex_encode(lab->ci.cert.ski, pkid, sizeof pkid), E_OK);
        assert_int_equal(schema_decode(&T_get_certs_response,
                                       bench_es10_hex(b, "BF56 16 8014 %s", pkid), &r, NULL),
                         E_OK);
        assert_same_tail(r.certs.eum_certificate, lab->eum.cert.der);
        assert_same_tail(r.certs.euicc_certificate, lab->files.of[0].euicc.cert.der);
    }
    b->personality.ci[0].signer.sign = NULL;
    assert_int_equal(schema_decode(&T_get_certs_response, bench_es10_hex(b, "BF56 00"), &r, NULL),
                     E_OK);
    assert_same_tail(r.certs.eum_certificate, lab_get(CURVE_BP256R1)->eum.cert.der);
    b->personality.ci[1].signer.sign = NULL;
    bench_expect_hex(b, "BF56 00", "BF56 03 8101 01");
}

/* CERT.DPpb is of the CI of CERT.DPauth, or it is invalid: both are known to the card. */
static void one_ci_for_both_certificates(void **state)
{
    struct bench *b = *state;
    struct lab *other = lab_get(CURVE_BP256R1);

    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    server_challenge(b);
    server_authenticated(b);
    b->server.pb_certificate = other->dp_pb.cert.der;
    b->server.pb_signer = &other->dp_pb.signer;
    assert_int_equal(error_of(bench_es10(b, server_prepare(b))), 1);
    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    server_session(b);
}

/* The server is verified under one CI, the card signs under the other, to the end. */
static void verified_here_signed_there(void **state)
{
    struct bench *b = *state;
    struct authenticate_server_response r;
    struct lab *other = lab_get(CURVE_BP256R1);
    struct cert cert;

    server_defaults(b, SLICE_EMPTY, SLICE_EMPTY);
    b->server.ci_pkid = other->ci.cert.ski;
    server_challenge(b);
    assert_int_equal(schema_decode(&T_authenticate_server_response,
                                   bench_es10(b, server_authenticate(b)), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, authenticate_server_response_is_authenticate_response_ok);
    assert_int_equal(cert_parse(r.authenticate_response_ok.euicc_certificate, &cert), E_OK);
    assert_int_equal(cert.curve, CURVE_BP256R1);
    assert_true(slice_eq(r.authenticate_response_ok.eum_certificate, other->eum.cert.der));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_profile_under_each),       TEST(preference),
        TEST(IEU_040_certificates_by_ci), TEST(one_ci_for_both_certificates),
        TEST(verified_here_signed_there),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
