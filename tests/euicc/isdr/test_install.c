/*
 * Loading a bound profile package that fails: one change to the package of test_download.c, one
 * exact result, nothing left behind, and the next session works (SGP.22 2.5, 5.5, 5.7.6).
 */
#include "euicc/cat.h"
#include "euicc/isdr/lab.h"

#include "profile/build.h"

#define ICCID_A "8900000000000000012"
#define ICCID_B "8900000000000000020"

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);

    bench_open(b, lab_get(CURVE_P256), 100000);
    server_defaults(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    bench_close(*state);
    free(*state);
    return 0;
}

/* The download of ICCID_A as the fields say ends with this result; the card is as before. */
static void refused(struct bench *b, int reason, int command)
{
    uint32_t before = objects_free(card_objects(b->card));
    struct card_profile p;
    struct pir pir;
    slice answer;

    server_session(b);
    answer = bench_load(b, server_bind(b));
    assert_true(answer.n > 0);
    pir = pir_read(b, answer);
    assert_int_equal(pir.reason, reason);
    assert_int_equal(pir.command, command);
    /* it is stored until it is removed */
    assert_true(bench_es10_hex(b, "BF2B 05 A003 8001 %02X", (unsigned)pir.metadata.seq_number).n >
                100);
    assert_hex(bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)pir.metadata.seq_number),
               "BF3003800100");
    assert_int_equal(profile_by_iccid(b->card, bench_hex(b, "%s", iccid_hex(ICCID_A)), &p),
                     E_NOTFOUND);
    /* but for the sequence number and the one-time key nothing stays */
    assert_true(objects_free(card_objects(b->card)) + 400 > before);
    bench_install(b, ICCID_A, NULL);
}

/* ---- InitialiseSecureChannel ---- */

/* EUC-013 */
static void EUC_013_remote_operation(void **state)
{
    struct bench *b = *state;

    b->server.remote_op = 2;
    refused(b, 5, 0);
}

/* EUC-013 */
static void EUC_013_signature(void **state)
{
    struct bench *b = *state;

    b->server.break_smdp_sign = true;
    refused(b, 2, 0);
}

/* EUC-013 */
static void EUC_013_transaction_id(void **state)
{
    struct bench *b = *state;

    b->server.tid3[0] ^= 1;
    refused(b, 3, 0);
}

/* EUC-013 */
static void EUC_013_key_type(void **state)
{
    struct bench *b = *state;

    b->server.key_type = 0x89;
    refused(b, 4, 0);
}

/* EUC-013 */
static void EUC_013_key_length(void **state)
{
    struct bench *b = *state;

    b->server.key_length = 0x20;
    refused(b, 4, 0);
}

/* BF23 sent twice: the second one is where ConfigureISDP is expected. */
/* EUC-014 */
static void EUC_014_second_secure_channel(void **state)
{
    struct bench *b = *state;
    struct der_reader r;
    struct tlv bf23;
    struct pir pir;
    slice bpp;
    uint32_t tag;
    size_t head, content;

    server_session(b);
    bpp = server_bind(b);
    assert_int_equal(der_head(bpp, &tag, &head, &content), E_OK);
    r = der_reader(slice_skip(bpp, head));
    bf23 = der_take(&r);
    bench_store(b, slice_head(bpp, head + bf23.whole.n));
    assert_int_equal(b->sw, 0x9000);
    assert_int_equal(b->n, 0);
    bench_store(b, bf23.whole);
    pir = pir_read(b, slice_of(b->response, b->n));
    assert_int_equal(pir.reason, 7);
    assert_int_equal(pir.command, 1);
    bench_install(b, ICCID_A, NULL);
}

/* Nothing of a package is taken: no answer, no result, no profile beside those that are there. */
static void no_second_package(struct bench *b, slice bpp)
{
    struct card_profile p;
    struct der_reader r;
    size_t head, content, n;
    uint32_t tag;

    n = bench_es10_hex(b, "BF2800").n;
    assert_int_equal(der_head(bpp, &tag, &head, &content), E_OK);
    r = der_reader(slice_skip(bpp, head));
    bench_store(b, slice_head(bpp, head + der_take(&r).whole.n)); /* BF36 head and BF23 whole */
    assert_int_equal(b->sw, 0x6985);
    assert_int_equal(b->n, 0);
    assert_int_equal(bench_load(b, bpp).n, 0);
    assert_int_equal(bench_es10_hex(b, "BF2800").n, n);
    assert_int_equal(profile_by_iccid(b->card, bench_hex(b, "%s", iccid_hex(ICCID_B)), &p),
                     E_NOTFOUND);
}

/*
 * A whole second package, right in every octet, in the session of one that is over: the one-time
 * key is used up.
 */
/* EUC-014 */
static void EUC_014_second_package_after_success(void **state)
{
    struct bench *b = *state;
    slice second;

    server_session(b);
    b->server.package = bench_package(b, ICCID_B);
    b->server.metadata = bench_metadata(b, ICCID_B, NULL);
    second = arena_copy(&b->arena, server_bind(b));
    b->server.package = bench_package(b, ICCID_A);
    b->server.metadata = bench_metadata(b, ICCID_A, NULL);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 0);
    no_second_package(b, second);
    /* of a fresh session it is taken */
    bench_install(b, ICCID_B, NULL);
}

/* EUC-014 */
static void EUC_014_second_package_after_failure(void **state)
{
    struct bench *b = *state;
    slice second;

    server_session(b);
    b->server.package = bench_package(b, ICCID_B);
    b->server.metadata = bench_metadata(b, ICCID_B, NULL);
    second = arena_copy(&b->arena, server_bind(b));
    b->server.flip_group = 0x86;
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 8);
    no_second_package(b, second);
    bench_install(b, ICCID_B, NULL);
}

/* ---- protection ---- */

/* EUC-015 */
static void EUC_015_mac_of_configure(void **state)
{
    struct bench *b = *state;

    b->server.flip_group = 0x87;
    refused(b, 8, 1);
}

/* EUC-015 */
static void EUC_015_mac_of_metadata(void **state)
{
    struct bench *b = *state;

    b->server.flip_group = 0x88;
    refused(b, 8, 2);
}

/* EUC-015 */
static void EUC_015_mac_of_elements(void **state)
{
    struct bench *b = *state;

    b->server.flip_group = 0x86;
    refused(b, 8, 5);
}

/* EUC-016 */
static void EUC_016_missing_metadata(void **state)
{
    struct bench *b = *state;

    b->server.leave_out = 0xA1;
    refused(b, 7, 2);
}

/* EUC-016 */
static void EUC_016_missing_configure(void **state)
{
    struct bench *b = *state;

    b->server.leave_out = 0xA0;
    refused(b, 7, 1);
}

/* EUC-016 */
static void EUC_016_missing_elements(void **state)
{
    struct bench *b = *state;

    b->server.leave_out = 0xA3;
    refused(b, 7, 4);
}

/* A card that keeps to the limit of SGP.22 2.5.3. */
/* EUC-016 */
static void EUC_016_segment_too_long(void **state)
{
    struct bench *b = *state;

    b->personality.segment_max = 1020;
    b->server.cut = 1008; /* a TLV of 1036 octets; 1007 gives 1020 and passes */
    refused(b, 7, 5);
}

/* EUC-016 */
static void EUC_016_bad_inner_der(void **state)
{
    struct bench *b = *state;

    b->server.metadata = bench_hex(b, "BF25 05 5A0A010203");
    refused(b, 1, 2);
}

static void package_without_session(void **state)
{
    struct bench *b = *state;
    slice bpp;

    server_session(b);
    bpp = server_bind(b);
    bench_reset(b);
    assert_int_equal(bench_load(b, bpp).n, 0);
    assert_int_equal(b->sw, 0x6985);
    bench_install(b, ICCID_A, NULL);
}

/* ---- commands ---- */

/* EUC-017 */
static void EUC_017_iccid_exists(void **state)
{
    struct bench *b = *state;
    struct pir pir;

    bench_install(b, ICCID_A, NULL);
    pir =
        pir_read(b, bench_download(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL)));
    assert_int_equal(pir.reason, 9);
    assert_int_equal(pir.command, 2);
    bench_install(b, ICCID_B, NULL);
}

/* EUC-018 */
static void EUC_018_memory_is_low(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    uint32_t before;
    struct pir pir;

    (void)state;
    bench_open(b, lab_get(CURVE_P256), 14000);
    before = objects_free(card_objects(b->card));
    pir =
        pir_read(b, bench_download(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL)));
    assert_int_equal(pir.reason, 10);
    bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)pir.metadata.seq_number);
    assert_true(objects_free(card_objects(b->card)) + 400 > before);
    bench_close(b);
    free(b);
}

/* EUC-020 */
static void EUC_020_bad_element(void **state)
{
    struct bench *b = *state;
    slice package = arena_copy(&b->arena, b->server.package);
    struct der_reader r = der_reader(package);
    struct tlv header = der_take(&r);
    uint8_t *second = (uint8_t *)(uintptr_t)header.whole.p + header.whole.n;

    second[0] = 0xBE; /* no profile element has this tag */
    b->server.package = package;
    refused(b, 12, 5);
}

/* EUC-020 */
static void EUC_020_missing_element(void **state)
{
    struct bench *b = *state;
    struct der_reader r = der_reader(b->server.package);
    struct tlv last = { 0 };
    slice parts[2];

    parts[0] = der_take(&r).whole;
    while (der_more(&r))
        last = der_take(&r);
    parts[1] = last.whole; /* header and end: no MF */
    b->server.package = arena_concat(&b->arena, parts, 2);
    refused(b, 12, 5);
}

static void data_mismatch(void **state)
{
    struct bench *b = *state;

    b->server.package = bench_package(b, ICCID_B); /* the metadata is that of A */
    refused(b, 13, 5);
}

/* The first file of this FID in the package, whose content begins `content`, gets other octets. */
static slice with_content(struct bench *b, slice package, const char *from, const char *to)
{
    slice copy = arena_copy(&b->arena, package), old = bench_hex(b, "%s", from);

    for (size_t at = 0; at + old.n <= copy.n; at++) {
        if (memcmp(copy.p + at, old.p, old.n) != 0)
            continue;
        memcpy((uint8_t *)(uintptr_t)copy.p + at, bench_hex(b, "%s", to).p, old.n);
        return copy;
    }
    fail_msg("%s is not in the package", from);
    return copy;
}

#define IMSI  "A10F8202412183026F078B036F060AA50083090809101010325406"
#define GID1  "83026F3E8B036F0604800102A5008302FFFF"
#define OWNER "B705800300F110" /* 001/01 */

/* EF_ICCID is another one than header and metadata say. */
static void data_mismatch_of_ef_iccid(void **state)
{
    struct bench *b = *state;
    char from[64], to[64];

    snprintf(from, sizeof from, "830A%s", iccid_hex(ICCID_A));
    snprintf(to, sizeof to, "830A%s", iccid_hex(ICCID_B));
    b->server.package = with_content(b, b->server.package, from, to);
    refused(b, 13, 5);
}

static slice owned(struct bench *b, const char *owner)
{
    const struct meta m = { .class = 2, .extra = owner };

    return bench_metadata(b, ICCID_A, &m);
}

/* The owner of the metadata: network and groups of the USIM (SGP.22 5.5.5). */
static void data_mismatch_of_the_owner(void **state)
{
    static const struct {
        const char *owner, *from, *to;
    } cases[] = {
        { "B705800300F120", NULL, NULL }, /* 001/02 */
        { "B705800300F110", IMSI, "A10F8202412183026F078B036F060AA50083090809102010325406" },
        { "B7058003001110", NULL, NULL },        /* 001/011: the IMSI goes on with 0 */
        { "B708800300F110 8101AB", NULL, NULL }, /* GID1, of which the profile has none */
        { "B708800300F110 8201AB", NULL, NULL }, /* GID2 */
        { OWNER, GID1, "83026F3E8B036F0604800102A5008302AB01" },
        { "B708800300F110 8101AB", GID1, "83026F3E8B036F0604800102A5008302AB01" },
    };
    struct bench *b = *state;
    slice package = b->server.package;

    for (size_t n = 0; n < COUNT(cases); n++) {
        struct card_profile p;

        server_defaults(b, package, owned(b, cases[n].owner));
        if (cases[n].from)
            b->server.package = with_content(b, package, cases[n].from, cases[n].to);
        server_session(b);
        assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 13);
        assert_int_equal(profile_by_iccid(b->card, bench_hex(b, "%s", iccid_hex(ICCID_A)), &p),
                         E_NOTFOUND);
    }
}

/* The same owners with what they ask for. */
static void owner_agrees(void **state)
{
    static const struct {
        const char *owner, *from, *to;
    } cases[] = {
        { OWNER, NULL, NULL },
        { "B7058003000110", NULL, NULL }, /* 001/010: three digits of MNC */
        { "B708800300F110 8101AB", GID1, "83026F3E8B036F0604800102A5008302ABFF" },
        { "B709800300F110 8102AB01", GID1, "83026F3E8B036F0604800102A5008302AB01" },
    };
    struct bench *b = *state;
    slice package = b->server.package;

    for (size_t n = 0; n < COUNT(cases); n++) {
        server_defaults(b, package, owned(b, cases[n].owner));
        if (cases[n].from)
            b->server.package = with_content(b, package, cases[n].from, cases[n].to);
        server_session(b);
        assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 0);
        assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(ICCID_A)), "BF3303800100");
    }
}

/* EUC-022 */
static void EUC_022_rule_without_authorisation(void **state)
{
    struct bench *b = *state;
    const struct meta m = { .class = 2, .pprs = 2, .owner = true };

    b->server.metadata = bench_metadata(b, ICCID_A, &m);
    refused(b, 15, 2);
}

/* EUC-022: rule 3 is no rule of this card, whatever the table says. */
static void EUC_022_unknown_rule(void **state)
{
    static const uint8_t row[] = { 0x30, 0x10, 0x80, 0x02, 0x04, 0x70, 0xA1, 0x07, 0x30,
                                   0x05, 0x80, 0x03, 0xEE, 0xEE, 0xEE, 0x82, 0x01, 0x00 };
    const struct meta m = { .class = 2, .pprs = 8, .owner = true };
    struct bench *b = *state;

    b->personality.rat = SLICE_OF(row);
    b->server.metadata = bench_metadata(b, ICCID_A, &m);
    refused(b, 15, 2);
}

/* EUC-022 */
static void EUC_022_rule_without_owner(void **state)
{
    struct bench *b = *state;
    const struct meta m = { .class = 2, .pprs = 2 };

    b->personality.rat = bench_hex(b, "3010 8002 0640 A107 3005 8003 EEEEEE 8201 00");
    b->server.metadata = bench_metadata(b, ICCID_A, &m);
    refused(b, 15, 2);
}

/* EUC-022 */
static void EUC_022_forbidden_rule(void **state)
{
    struct bench *b = *state;
    const struct meta m = { .class = 2, .pprs = 2, .owner = true };

    b->personality.rat = bench_hex(b, "3010 8002 0640 A107 3005 8003 EEEEEE 8201 00");
    b->personality.forbidden_pprs = 2;
    b->server.metadata = bench_metadata(b, ICCID_A, &m);
    refused(b, 15, 2);
}

/* With the row that the three cases above lack, the same profile is installed. */
static void authorised_rule(void **state)
{
    struct bench *b = *state;
    const struct meta m = { .class = 2, .pprs = 2, .owner = true };

    b->personality.rat = bench_hex(b, "3010 8002 0640 A107 3005 8003 00F110 8201 00");
    bench_install(b, ICCID_A, &m);
}

/* EUC-023 */
static void EUC_023_metadata(void **state)
{
    struct bench *b = *state;
    const struct meta test = { .class = 0 }, icon_type = { .class = 2, .extra = "930101" };
    const struct {
        const struct meta *m;
        int reason;
    } cases[] = { { &test, 6 }, { &icon_type, 1 } };
    slice package = b->server.package;

    b->personality.test_profiles_supported = false;
    for (size_t n = 0; n < COUNT(cases); n++) {
        /* an icon type stands in front of the class, so it is put there by hand */
        slice metadata =
            n ? bench_hex(b, "BF25 23 5A0A %s 91084F70657261746F72 9204 50524F46 930101",
                          iccid_hex(ICCID_A))
              : bench_metadata(b, ICCID_A, cases[n].m);
        struct pir pir;

        if (n)
            ((uint8_t *)(uintptr_t)metadata.p)[2] = (uint8_t)(metadata.n - 3);
        pir = pir_read(b, bench_download(b, package, metadata));
        assert_int_equal(pir.reason, cases[n].reason);
        assert_int_equal(pir.command, 2);
    }
}

/* EUC-021: a Milenage key of its own is no test key; in an operational profile it is accepted. */
static void EUC_021_test_profile_keys(void **state)
{
    struct bench *b = *state;
    const struct meta test = { .class = 0 };
    struct build_input in = { .profile_type = SLICE_LIT("Test") };
    struct profile_identity who;
    slice package;

    assert_int_equal(profile_build(&b->arena, b->crypto, &in, &package, &who), E_OK);
    server_defaults(b, package, bench_metadata(b, who.iccid, &test));
    server_session(b);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 14);
    server_defaults(b, package, bench_metadata(b, who.iccid, NULL));
    server_session(b);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 0);
}

static void dp_data_limit(void **state)
{
    struct bench *b = *state;
    uint8_t oid[140];
    struct der_writer w = der_writer(oid, sizeof oid);
    uint8_t octets[124];
    slice b8;

    memset(octets, 0x11, sizeof octets);
    der_put_tlv(&w, 0x80, slice_of(octets, 123));
    der_wrap(&w, 0xB8, 0);
    assert_int_equal(der_written(&w, &b8), E_OK);
    assert_int_equal(b8.n, 127);
    b->server.dp_data = b8;
    server_session(b);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 0);
    server_defaults(b, bench_package(b, ICCID_B), bench_metadata(b, ICCID_B, NULL));
    w = der_writer(oid, sizeof oid);
    memset(octets, 0x11, sizeof octets);
    der_put_tlv(&w, 0x82, slice_of(octets, 10));
    der_put_tlv(&w, 0x80, slice_of(octets, 120));
    der_wrap(&w, 0xB8, 0);
    assert_int_equal(der_written(&w, &b->server.dp_data), E_OK);
    server_session(b);
    assert_int_equal(pir_read(b, bench_load(b, server_bind(b))).reason, 1);
}

/* ---- interruption ---- */

static slice first_segments(struct bench *b, slice bpp, size_t n)
{
    slice part = slice_head(bpp, n);

    bench_store(b, part);
    return part;
}

/* The pending installation result with this reason; 0 notifications: it is NULL. */
static int pending_reason(struct bench *b)
{
    struct retrieve_notifications_list_response r;
    struct pending_notification n;
    struct profile_installation_result_data d;
    slice answer = bench_es10_hex(b, "BF2B00");

    assert_int_equal(schema_decode(&T_retrieve_notifications_list_response, answer, &r, NULL),
                     E_OK);
    if (!schema_next(&T_pending_notification, &r.notification_list, &n))
        return -1;
    assert_int_equal(n.which, pending_notification_is_profile_installation_result);
    assert_int_equal(schema_decode(&T_profile_installation_result_data,
                                   n.profile_installation_result.profile_installation_result_data,
                                   &d, NULL),
                     E_OK);
    if (d.final_result.which == final_result_is_success_result)
        return 0;
    return (int)d.final_result.error_result.error_reason;
}

/* EUC-019: a reset, a new session and a cancellation in the middle give reason 11. */
static void interrupted(void **state)
{
    struct bench *b = *state;
    char tid[33];
    slice bpp;

    for (int how = 0; how < 3; how++) {
        server_defaults(b, bench_package(b, ICCID_A), bench_metadata(b, ICCID_A, NULL));
        server_session(b);
        bpp = server_bind(b);
        first_segments(b, bpp, 5000);
        assert_int_equal(b->sw, 0x9000);
        assert_int_equal(hex_encode(SLICE_OF(b->server.tid), tid, sizeof tid), E_OK);
        if (how == 0)
            bench_reset(b);
        else if (how == 1)
            bench_boot(b);
        bench_select(b);
        server_challenge(b);
        assert_int_equal(pending_reason(b), 11);
        bench_es10_hex(b, "BF30 03 8001 %02X", (unsigned)(how + 1));
        assert_int_equal(pending_reason(b), -1);
    }
    bench_install(b, ICCID_A, NULL);
}

/* CancelSession between two segments: answered, and the load has its result. */
static void cancelled_while_loading(void **state)
{
    struct bench *b = *state;
    struct cancel_session_response r;
    struct der_reader reader;
    char tid[33];
    slice bpp;
    uint32_t tag;
    size_t head, content;

    server_session(b);
    bpp = server_bind(b);
    assert_int_equal(der_head(bpp, &tag, &head, &content), E_OK);
    reader = der_reader(slice_skip(bpp, head));
    bench_store(b, slice_head(bpp, head + der_take(&reader).whole.n));
    assert_int_equal(b->sw, 0x9000);
    bench_store(b, der_take(&reader).whole);
    assert_int_equal(b->sw, 0x9000);
    assert_int_equal(hex_encode(SLICE_OF(b->server.tid), tid, sizeof tid), E_OK);
    assert_int_equal(schema_decode(&T_cancel_session_response,
                                   bench_es10_hex(b, "BF41 15 8010 %s 8101 05", tid), &r, NULL),
                     E_OK);
    assert_int_equal(r.which, cancel_session_response_is_cancel_session_response_ok);
    assert_int_equal(pending_reason(b), 11);
    bench_store(b, der_take(&reader).whole);
    assert_int_not_equal(b->sw, 0x9000);
    bench_install(b, ICCID_A, NULL);
}

/* IEU-035: after a download in this session, from the configured server. */
static void IEU_035_immediate_enable(void **state)
{
    struct bench *b = *state;

    bench_expect_hex(b, "BF5A 03 8001 00", "BF5A 03 8001 01");
    bench_expect_hex(b, "BF59 14 8000 8210 736D64702E6578616D706C652E636F6D", "BF59 03 8001 00");
    bench_expect_hex(b, "BF5A 03 8001 00", "BF5A 03 8001 04");
    bench_install(b, ICCID_A, NULL);
    bench_terminal_profile(b);
    assert_int_equal(cat_queue(b->card, 0x01, CAT_REFRESH_UICC_RESET, SLICE_NONE, NULL, NULL),
                     E_OK);
    bench_expect_hex(b, "BF5A 03 8001 FF", "BF5A 03 8001 05");
    bench_expect_hex(b, "BF5A 03 8001 00", "BF5A 03 8001 00");
    assert_string_equal(bench_enabled(b), ICCID_A);
}

static void immediate_enable_of_another_server(void **state)
{
    struct bench *b = *state;

    bench_expect_hex(b, "BF59 07 8000 8203 612E62", "BF59 03 8001 00");
    bench_install(b, ICCID_A, NULL);
    bench_expect_hex(b, "BF5A 03 8001 00", "BF5A 03 8001 01");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(EUC_013_remote_operation),
        TEST(EUC_013_signature),
        TEST(EUC_013_transaction_id),
        TEST(EUC_013_key_type),
        TEST(EUC_013_key_length),
        TEST(EUC_014_second_secure_channel),
        TEST(EUC_014_second_package_after_success),
        TEST(EUC_014_second_package_after_failure),
        TEST(EUC_015_mac_of_configure),
        TEST(EUC_015_mac_of_metadata),
        TEST(EUC_015_mac_of_elements),
        TEST(EUC_016_missing_metadata),
        TEST(EUC_016_missing_configure),
        TEST(EUC_016_missing_elements),
        TEST(EUC_016_segment_too_long),
        TEST(EUC_016_bad_inner_der),
        TEST(package_without_session),
        TEST(EUC_017_iccid_exists),
        cmocka_unit_test(EUC_018_memory_is_low),
        TEST(EUC_020_bad_element),
        TEST(EUC_020_missing_element),
        TEST(data_mismatch),
        TEST(data_mismatch_of_ef_iccid),
        TEST(data_mismatch_of_the_owner),
        TEST(owner_agrees),
        TEST(EUC_022_rule_without_authorisation),
        TEST(EUC_022_unknown_rule),
        TEST(EUC_022_rule_without_owner),
        TEST(EUC_022_forbidden_rule),
        TEST(authorised_rule),
        TEST(EUC_023_metadata),
        TEST(EUC_021_test_profile_keys),
        TEST(dp_data_limit),
        TEST(interrupted),
        TEST(cancelled_while_loading),
        TEST(IEU_035_immediate_enable),
        TEST(immediate_enable_of_another_server),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
