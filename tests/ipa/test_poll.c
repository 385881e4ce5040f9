/*
 * The IPA's start and retrieval loop against a scripted card and eIM. Rows of the conformance list:
 * IPA-001, IPA-002, IPA-003, IPA-004, IPA-005, IPA-006, IPA-007, IPA-008, IPA-009, IPA-010,
 * IPA-021, IPA-022, IPA-024, IPA-025, IPA-026, IPA-027, IPA-028, IPA-029, IPA-030, IPA-031.
 */
#include "ipa/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct world w;
static const struct ipa_options options = { .poll_ms = 60000, .retry_ms = 1000 };

#define NO_PACKAGE hex(&w, "BF4F03020101")
#define NONE       hex(&w, "BF2802A000")

static int setup(void **state)
{
    (void)state;
    world_open(&w, &options);
    usual_card(&w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void nothing_pending(void)
{
    card_says(&w, "BF2803", NONE, 0, -1);
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
}

/* A package for eim1 with counter 1; the operations are inside A0. */
static slice package(slice operations)
{
    return tlv(&w, 0xBF51, 2,
               tlv(&w, 0x30, 5, tlv(&w, 0x80, 1, text("eim1")),
                   tlv(&w, 0x5A, 1, SLICE_OF(world_eid)), hex(&w, "810101"), hex(&w, "8202A1B2"),
                   tlv(&w, 0xA0, 1, operations)),
               signature(&w));
}

static slice result(int seq, slice results)
{
    uint8_t octet = (uint8_t)seq;

    return tlv(
        &w, 0xBF51, 1,
        tlv(&w, 0xA0, 2,
            tlv(&w, 0x30, 5, tlv(&w, 0x80, 1, text("eim1")), hex(&w, "810101"), hex(&w, "8202A1B2"),
                tlv(&w, 0x83, 1, slice_of(&octet, 1)), tlv(&w, 0x30, 1, results)),
            signature(&w)));
}

static slice iccid(void)
{
    return hex(&w, "5A0A98001032547698103214");
}

static slice enable(const char *rollback)
{
    return tlv(&w, 0xA3, 2, iccid(), hex(&w, rollback));
}

static slice provide(slice inside)
{
    return tlv(&w, 0xBF50, 2, tlv(&w, 0x5A, 1, SLICE_OF(world_eid)), inside);
}

static void eim_has(slice one)
{
    server_says(&w, "POST eim.example BF4F", tlv(&w, 0xBF4F, 1, one), 0, 1);
    server_says(&w, "POST eim.example BF4F", NO_PACKAGE, 0, -1);
}

static void eim_has_nothing(void)
{
    server_says(&w, "POST eim.example BF4F", NO_PACKAGE, 0, -1);
}

static void test_ipa_001_start(void **state)
{
    static const char terminal_capability[] =
        "\x80\xAA\x00\x00\x0A\xA9\x08\x81\x00\x82\x01\x01\x83\x01\x07";

    (void)state;
    nothing_pending();
    eim_has_nothing();
    run(&w);
    assert_log_has(&w, "TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;BF3E;BF55;");
    assert_octets(w.apdus[0], SLICE_LIT(terminal_capability));
    assert_octets(w.apdus[2], hex(&w, "01A4040010A0000005591010FFFFFFFF8900000100"
                                      "00"));
}

static void test_ipa_002_no_package(void **state)
{
    (void)state;
    nothing_pending();
    server_says(&w, "POST eim.example BF4F", NO_PACKAGE, 0, -1);
    run(&w);
    assert_log_has(&w, "BF2B;POST eim.example BF4F;");
    assert_string_equal(w.log + strlen(w.log) - 22, "POST eim.example BF4F;");
    assert_octets(last_body(&w), tlv(&w, 0xBF4F, 1, tlv(&w, 0x5A, 1, SLICE_OF(world_eid))));
    assert_int_equal(w.wake_ms, w.now_ms + 60000);
    clear_log(&w);
    wake(&w);
    assert_int_equal(log_count(&w, "POST"), 1);
}

/* IPA-003: reported, and the pauses grow. */
static void test_ipa_003_poll_errors(void **state)
{
    static const char *const errors[] = { "BF4F03020102", "BF4F03020103", "BF4F03020104",
                                          "BF4F0302017F" };
    uint64_t pause = 0;

    (void)state;
    nothing_pending();
    for (size_t i = 0; i < COUNT(errors); i++)
        server_says(&w, "POST eim.example BF4F", hex(&w, errors[i]), 0, 1);
    run(&w);
    for (size_t i = 0; i < COUNT(errors); i++) {
        assert_int_equal(log_count(&w, "POST"), 1);
        assert_true(w.wake_ms - w.now_ms > pause);
        pause = w.wake_ms - w.now_ms;
        clear_log(&w);
        if (i + 1 < COUNT(errors))
            wake(&w);
    }
}

static void test_ipa_004_package_unchanged(void **state)
{
    slice p = package(tlv(&w, 0xA3, 1, iccid()));

    (void)state;
    nothing_pending();
    card_says(&w, "BF51", result(9, hex(&w, "830101")), 0, 1);
    eim_has(p);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_octets(last_function(&w, "BF51"), p);
}

/* Without notifications BF50 { 5A, BF51 }, with them BF50 { 5A, 30 { BF51, A0 { .. } } }. */
static void test_ipa_005_report(void **state)
{
    slice r = result(9, hex(&w, "830101"));

    (void)state;
    nothing_pending();
    card_says(&w, "BF51", r, 0, 1);
    eim_has(package(tlv(&w, 0xA3, 1, iccid())));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_log_has(&w, "BF51;BF28;POST eim.example BF50;BF30;POST eim.example BF4F;");
    assert_octets(w.bodies[1], provide(r));
}

static void three_notifications(void)
{
    card_says(&w, "BF2800", NONE, 0, 1); /* at the start there are none */
    card_says(&w, "BF2800",
              tlv(&w, 0xBF28, 1,
                  tlv(&w, 0xA0, 3, notification_metadata(&w, 1, "a.example"),
                      notification_metadata(&w, 2, "b.example"),
                      notification_metadata(&w, 3, "a.example"))),
              0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    for (int seq = 1; seq <= 3; seq++) {
        char match[40];

        snprintf(match, sizeof match, "BF2B05A0038001%02X", seq);
        card_says(
            &w, match,
            tlv(&w, 0xBF2B, 1,
                tlv(&w, 0xA0, 1, notification(&w, seq, seq == 2 ? "b.example" : "a.example"))),
            0, -1);
    }
}

static void test_ipa_006_acknowledgements(void **state)
{
    slice r = result(9, hex(&w, "830101"));
    slice list = tlv(&w, 0xA0, 3, notification(&w, 1, "a.example"),
                     notification(&w, 2, "b.example"), notification(&w, 3, "a.example"));

    (void)state;
    three_notifications();
    card_says(&w, "BF51", r, 0, 1);
    eim_has(package(tlv(&w, 0xA3, 1, iccid())));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5009BF5306800101800102"), 0, 1);
    run(&w);
    assert_log_has(&w, "BF51;BF28;BF2B;BF2B;BF2B;POST eim.example BF50;BF30;BF30;"
                       "POST eim.example BF4F;");
    assert_octets(w.bodies[1], provide(tlv(&w, 0x30, 2, r, list)));
    for (unsigned i = 0, removed = 0; i < w.function_n; i++)
        if (slice_starts(w.functions[i], hex(&w, "BF30")))
            assert_int_equal(w.functions[i].p[5], ++removed);
    assert_int_equal(log_count(&w, "BF30;"), 2);
}

static void test_ipa_006_nothing_acknowledged(void **state)
{
    slice r = result(9, hex(&w, "830101"));

    (void)state;
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, 1);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, r)), 0, -1);
    card_says(&w, "BF51", r, 0, 1);
    eim_has(package(tlv(&w, 0xA3, 1, iccid())));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
    run(&w);
    assert_int_equal(log_count(&w, "BF30;"), 0);
    assert_int_equal(log_count(&w, "BF50;"), 1);
    clear_log(&w);
    wake(&w);
    assert_log_has(&w, "BF2B;POST eim.example BF50;"); /* sent again later */
    assert_octets(w.bodies[0], provide(r));
    assert_int_equal(log_count(&w, "BF30;"), 0);
}

/* A card of SGP.32 v1.0 keeps results bare in its list: they go to the eIM in BF51. */
static void test_ipa_006_bare_results(void **state)
{
    slice r = result(9, hex(&w, "830101"));
    struct tlv whole;

    (void)state;
    assert_int_equal(der_one(r, &whole), E_OK);
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, whole.value)), 0, 1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    server_says(&w, "POST eim.example BF4F", hex(&w, "BF4F03020101"), 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_int_equal(log_count(&w, "BF50;"), 1);
    assert_octets(w.bodies[0], provide(r));
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800109"));
}

/* What other eIMs wait for, or a notification that went with nothing, is not the eIM's to delete.
 */
static void test_ipa_006_acknowledges_what_it_never_got(void **state)
{
    (void)state;
    nothing_pending();
    card_says(&w, "BF51", result(9, hex(&w, "830101")), 0, 1);
    eim_has(package(tlv(&w, 0xA3, 1, iccid())));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF500CBF5309800107800109800108"), 0, -1);
    run(&w);
    assert_log_has(&w, "POST eim.example BF50;BF30;POST eim.example BF4F;");
    assert_int_equal(log_count(&w, "BF30;"), 1);
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800109"));
}

/* The report that is acknowledged counts, not one before it. */
static void test_ipa_006_numbers_of_an_earlier_report(void **state)
{
    (void)state;
    nothing_pending();
    card_says(&w, "BF51", result(9, hex(&w, "830101")), 0, 1);
    server_says(&w, "POST eim.example BF4F", tlv(&w, 0xBF4F, 1, package(tlv(&w, 0xA3, 1, iccid()))),
                0, 1);
    eim_has(tlv(&w, 0xBF52, 1, hex(&w, "5C0184")));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, 1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_int_equal(log_count(&w, "POST eim.example BF50;"), 2);
    assert_int_equal(log_count(&w, "BF30;"), 0);
}

/* In IPA eUICC data stand also the results of another eIM: told, but not this one's to delete. */
static void test_ipa_006_data(void **state)
{
    slice own = result(9, hex(&w, "830101"));
    slice other = tlv(&w, 0xBF51, 1,
                      tlv(&w, 0xA0, 2,
                          tlv(&w, 0x30, 4, tlv(&w, 0x80, 1, text("eim2")), hex(&w, "810101"),
                              hex(&w, "830107"), hex(&w, "3003830101")),
                          signature(&w)));

    (void)state;
    card_says(&w, "BF2803", NONE, 0, -1);
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, 1);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 2, own, other)), 0, 1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    card_says(
        &w, "BF2B00",
        tlv(&w, 0xBF2B, 1,
            tlv(&w, 0xA0, 2, notification(&w, 1, "a.example"), notification(&w, 2, "b.example"))),
        0, -1);
    eim_has(tlv(&w, 0xBF52, 1, hex(&w, "5C02A0A2")));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF500FBF530C800109800107800103800101"), 0,
                -1);
    run(&w);
    assert_log_has(&w, "POST eim.example BF50;BF30;BF30;POST eim.example BF4F;");
    assert_int_equal(log_count(&w, "BF30;"), 2);
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800109"));
    assert_int_equal(w.functions[w.function_n - 2].p[5], 1);
}

static void test_ipa_007_rollback(void **state)
{
    slice first = result(9, hex(&w, "830100")), second = result(10, hex(&w, "8C0100"));

    (void)state;
    nothing_pending();
    card_says(&w, "BF51", first, 0x910B, 1);
    card_says(&w, "BF5803800100",
              hex(&w, "BF58030201"
                      "01"),
              0, 0);
    card_says(&w, "BF58", tlv(&w, 0xBF58, 2, hex(&w, "020100"), second), 0x910B, 1);
    eim_has(package(enable("0500")));
    server_says(&w, "POST eim.example BF50", SLICE_NONE, -1, 3);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF530380010A"), 0, -1);
    run(&w);
    assert_log_has(&w, "BF51;SWITCH;TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;BF28;"
                       "POST eim.example BF50;");
    wake(&w);
    wake(&w);
    assert_log_has(&w, "BF58;SWITCH;TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;"
                       "POST eim.example BF50;BF30;POST eim.example BF4F;");
    assert_int_equal(log_count(&w, "BF58;"), 1);
    assert_octets(w.bodies[3], provide(first));
    assert_octets(w.bodies[4], provide(second));
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF300380010A"));
}

static void test_ipa_007_without_rollback_flag(void **state)
{
    slice first = result(9, hex(&w, "830100"));

    (void)state;
    nothing_pending();
    card_says(&w, "BF51", first, 0x910B, 1);
    eim_has(package(enable("")));
    server_says(&w, "POST eim.example BF50", SLICE_NONE, -1, 3);
    run(&w);
    wake(&w);
    wake(&w);
    assert_int_equal(log_count(&w, "BF58;"), 0);
    assert_int_equal(log_count(&w, "BF50;"), 3);
    /* the next poll finds it in the eUICC */
    card_forgets(&w, "BF2B04A0028200");
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, first)), 0, 1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    clear_log(&w);
    wake(&w);
    assert_log_has(&w, "BF2B;POST eim.example BF50;BF30;BF2B;POST eim.example BF4F;");
    assert_octets(w.bodies[0], provide(first));
}

/* IPA-008: a refused rollback leaves the first result to be sent. */
static void test_ipa_008_rollback_refused(void **state)
{
    static const char *const refusals[] = { "BF5803020101", "BF5803020105", "BF5803020107",
                                            "BF580302017F" };
    slice first = result(9, hex(&w, "830100"));

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        teardown(NULL);
        setup(NULL);
        first = result(9, hex(&w, "830100"));
        nothing_pending();
        card_says(&w, "BF51", first, 0, 1);
        card_says(&w, "BF58", hex(&w, refusals[i]), 0, -1);
        eim_has(package(enable("0500")));
        server_says(&w, "POST eim.example BF50", SLICE_NONE, -1, 3);
        server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
        run(&w);
        wake(&w);
        wake(&w);
        wake(&w);
        assert_int_equal(log_count(&w, "BF58;"), 1);
        assert_octets(w.bodies[4], provide(first));
        assert_log_has(&w, "POST eim.example BF50;BF30;");
    }
}

static void test_ipa_009_data(void **state)
{
    slice info1 = hex(&w, "BF200F 8203020202 A9030401AA AA030401AA");
    slice body;

    (void)state;
    nothing_pending();
    card_says(&w, "BF2000", hex(&w, "BF200F8203020202A9030401AAAA030401AA"), 0, -1);
    card_says(&w, "BF3C00",
              tlv(&w, 0xBF3C, 2, tlv(&w, 0x80, 1, text("dp.example")),
                  tlv(&w, 0x81, 1, text("ds.example"))),
              0, -1);
    eim_has(tlv(&w, 0xBF52, 2, hex(&w, "5C05BF20838481"), hex(&w, "8304AABBCCDD")));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
    run(&w);
    body =
        tlv(&w, 0xBF52, 1,
            tlv(&w, 0xA0, 5, tlv(&w, 0x81, 1, text("dp.example")), info1,
                tlv(&w, 0x83, 1, text("ds.example")), hex(&w, "840105"), hex(&w, "8704AABBCCDD")));
    assert_octets(w.bodies[1], provide(body));
    assert_int_equal(log_count(&w, "BF22;"), 0);
    assert_int_equal(log_count(&w, "BF56;"), 0);
}

/* Certificates and own capabilities, with the CI that the eIM names. */
static void test_ipa_009_certificates(void **state)
{
    slice cert = hex(&w, "3000300003020001");

    (void)state;
    nothing_pending();
    card_says(&w, "BF56",
              tlv(&w, 0xBF56, 1, tlv(&w, 0xA0, 2, tlv(&w, 0xA5, 1, cert), tlv(&w, 0xA6, 1, cert))),
              0, -1);
    eim_has(hex(&w, "BF52095C03A5A6A80402A1A2"));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
    run(&w);
    assert_octets(last_function(&w, "BF56"), hex(&w, "BF56048002A1A2"));
    assert_octets(w.bodies[1],
                  provide(tlv(&w, 0xBF52, 1,
                              tlv(&w, 0xA0, 3, tlv(&w, 0xA5, 1, cert), tlv(&w, 0xA6, 1, cert),
                                  hex(&w, "A8088002078081020780")))));
}

static void expect_data_error(const char *request, const char *error)
{
    eim_has(hex(&w, request));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
    run(&w);
    assert_octets(w.bodies[1], provide(hex(&w, error)));
}

static void test_ipa_010_unknown_tag(void **state)
{
    (void)state;
    nothing_pending();
    expect_data_error("BF52085C0381BF2D830155", "BF5208A106800155020101");
    assert_int_equal(log_count(&w, "BF3C;"), 0);
}

static void test_ipa_010_unknown_ci(void **state)
{
    (void)state;
    nothing_pending();
    card_says(&w, "BF56", hex(&w, "BF5603810101"), 0, -1);
    expect_data_error("BF520A5C01A50402A1A2830155", "BF5208A106800155020105");
}

static void test_ipa_010_emergency(void **state)
{
    (void)state;
    nothing_pending();
    ipa_emergency(w.ipa, true);
    expect_data_error("BF52065C0181830155", "BF5208A106800155020168");
}

/* IPA-021: an answer of more than 700 octets in pieces. */
static void test_ipa_021_get_response(void **state)
{
    slice profiles[6], list, r;

    (void)state;
    nothing_pending();
    for (size_t i = 0; i < COUNT(profiles); i++)
        profiles[i] =
            tlv(&w, 0xE3, 3, iccid(), tlv(&w, 0x91, 1, text("an operator with a long name")),
                tlv(&w, 0x92, 1,
                    text("a profile with a name that is as long as it is allowed to be"
                         " ok")));
    list = tlv(&w, 0xBF2D, 1,
               tlv(&w, 0xA0, 6, profiles[0], profiles[1], profiles[2], profiles[3], profiles[4],
                   profiles[5]));
    r = result(9, list);
    assert_true(r.n > 700);
    card_says(&w, "BF51", r, 0, 1);
    eim_has(package(hex(&w, "BF2D00")));
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_octets(w.bodies[1], provide(r));
    assert_int_equal(w.apdus[w.apdu_n - 1].p[1], 0xE2);
}

/* IPA-022: reported, and the channel serves the next function. */
static void test_ipa_022_card_refuses(void **state)
{
    static const unsigned status_words[] = { 0x6A80, 0x6985, 0x6F00 };

    (void)state;
    for (size_t i = 0; i < COUNT(status_words); i++) {
        teardown(NULL);
        setup(NULL);
        nothing_pending();
        card_says(&w, "BF51", SLICE_NONE, status_words[i], 1);
        card_says(&w, "BF2000", hex(&w, "BF200F8203020202A9030401AAAA030401AA"), 0, -1);
        server_says(&w, "POST eim.example BF4F",
                    tlv(&w, 0xBF4F, 1, package(tlv(&w, 0xA3, 1, iccid()))), 0, 1);
        eim_has(hex(&w, "BF52045C02BF20"));
        server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
        run(&w);
        assert_octets(w.bodies[1], provide(hex(&w, "A0078002A1B202017F")));
        assert_log_has(&w, "BF51;POST eim.example BF50;POST eim.example BF4F;BF20;"
                           "POST eim.example BF50;");
    }
}

/* IPA-024: in order for each address; one that fails does not hold up the other. */
static void test_ipa_024_two_addresses(void **state)
{
    (void)state;
    three_notifications();
    card_forgets(&w, "BF2800");
    card_says(&w, "BF2800",
              tlv(&w, 0xBF28, 1,
                  tlv(&w, 0xA0, 3, notification_metadata(&w, 3, "a.example"),
                      notification_metadata(&w, 1, "a.example"),
                      notification_metadata(&w, 2, "b.example"))),
              0, -1);
    server_says(&w, "POST a.example handleNotification", SLICE_NONE, -1, 1);
    server_says(&w, "POST b.example handleNotification", SLICE_NONE, 204, -1);
    eim_has_nothing();
    run(&w);
    assert_log_has(&w, "BF28;BF2B;POST a.example handleNotification;BF2B;"
                       "POST b.example handleNotification;BF30;BF2B;POST eim.example BF4F;");
    assert_int_equal(log_count(&w, "BF30;"), 1);
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800102"));
    /* later, a.example is there again: 1 before 3 */
    server_says(&w, "POST a.example handleNotification", SLICE_NONE, 204, -1);
    card_forgets(&w, "BF2800");
    card_says(&w, "BF2800",
              tlv(&w, 0xBF28, 1,
                  tlv(&w, 0xA0, 2, notification_metadata(&w, 1, "a.example"),
                      notification_metadata(&w, 3, "a.example"))),
              0, -1);
    clear_log(&w);
    wake(&w);
    assert_log_has(&w, "BF28;BF2B;POST a.example handleNotification;BF30;BF2B;"
                       "POST a.example handleNotification;BF30;");
}

static void test_ipa_025_server_error(void **state)
{
    (void)state;
    three_notifications();
    card_forgets(&w, "BF2800");
    card_says(&w, "BF2800",
              tlv(&w, 0xBF28, 1, tlv(&w, 0xA0, 1, notification_metadata(&w, 2, "b.example"))), 0,
              -1);
    server_says(&w, "POST b.example handleNotification", text("busy"), 503, 1);
    server_says(&w, "POST b.example handleNotification", SLICE_NONE, 204, -1);
    eim_has_nothing();
    run(&w);
    assert_int_equal(log_count(&w, "BF30;"), 0);
    assert_int_equal(w.wake_ms, w.now_ms + 1000);
    wake(&w);
    assert_log_has(&w, "POST b.example handleNotification;BF30;");
}

/* IPA-026 */
static void test_ipa_026_unusable_packages(void **state)
{
    (void)state;
    nothing_pending();
    server_says(&w, "POST eim.example BF4F", tlv(&w, 0xBF4F, 1, hex(&w, "BF600101")), 0, 1);
    server_says(&w, "POST eim.example BF4F", hex(&w, "0011223344"), 0, 1);
    server_says(&w, "POST eim.example BF4F", NO_PACKAGE, 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF50023000"), 0, -1);
    run(&w);
    assert_octets(w.bodies[1], provide(hex(&w, "A003020102")));
    assert_octets(w.bodies[3], provide(hex(&w, "A003020101")));
}

/* IPA-028: what the last life left in the eUICC goes out before anything new is asked for. */
static void test_ipa_028_stored_result(void **state)
{
    slice r = result(9, hex(&w, "830101"));

    (void)state;
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, 1);
    card_says(&w, "BF51", r, 0, 1);
    server_says(&w, "POST eim.example BF4F", tlv(&w, 0xBF4F, 1, package(tlv(&w, 0xA3, 1, iccid()))),
                0, 1);
    server_says(&w, "POST eim.example BF50", SLICE_NONE, -1, 1);
    run(&w); /* the result is made, and could not be delivered: now the power fails */
    world_restart(&w, &options);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, r)), 0, 1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    server_says(&w, "POST eim.example BF4F", NO_PACKAGE, 0, -1);
    clear_log(&w);
    run(&w);
    assert_log_has(&w, "BF55;BF28;BF2B;POST eim.example BF50;BF30;BF2B;POST eim.example BF4F;");
    assert_octets(w.bodies[0], provide(r));
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800109"));
}

/* Power was cut behind the switch, and there is no way to the eIM: the eUICC decides
 * (SGP.32 3.3.2). */
static void test_ipa_007_rollback_in_the_next_life(void **state)
{
    slice first = result(9, hex(&w, "830100")), second = result(10, hex(&w, "8C0100"));

    (void)state;
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, first)), 0, 1);
    card_says(&w, "BF2B04A0028200", hex(&w, "BF2B02A200"), 0, -1);
    card_says(&w, "BF58", tlv(&w, 0xBF58, 2, hex(&w, "020100"), second), 0x910B, 1);
    server_says(&w, "POST eim.example BF50", SLICE_NONE, -1, 3);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF530380010A"), 0, -1);
    eim_has_nothing();
    run(&w);
    wake(&w);
    wake(&w);
    assert_log_has(&w, "BF58;SWITCH;TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;"
                       "POST eim.example BF50;BF30;");
    assert_octets(w.bodies[3], provide(second));
}

static slice eim_entry(const char *id, const char *host)
{
    return tlv(&w, 0x30, 2, tlv(&w, 0x80, 1, text(id)), tlv(&w, 0x81, 1, text(host)));
}

/* IPA-027: each at its own address, the result to the one that asked. */
static void test_ipa_027_two_eims(void **state)
{
    slice p = package(tlv(&w, 0xA3, 1, iccid())), r = result(9, hex(&w, "830101"));

    (void)state;
    nothing_pending();
    card_forgets(&w, "BF55");
    card_says(&w, "BF55",
              tlv(&w, 0xBF55, 1,
                  tlv(&w, 0xA0, 2, eim_entry("eim0", "first.example:8443"),
                      eim_entry("eim1", "second.example"))),
              0, -1);
    card_says(&w, "BF51", r, 0, 1);
    server_says(&w, "POST first.example:8443 BF4F", NO_PACKAGE, 0, -1);
    server_says(&w, "POST second.example BF4F", tlv(&w, 0xBF4F, 1, p), 0, 1);
    server_says(&w, "POST second.example BF4F", NO_PACKAGE, 0, -1);
    server_says(&w, "POST second.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    assert_log_has(&w, "POST first.example:8443 BF4F;BF2B;POST second.example BF4F;BF51;BF28;"
                       "POST second.example BF50;BF30;POST second.example BF4F;");
}

/* The other eIM hears of the switch at the next poll, once (SGP.32 6.3.2.6). */
static void test_state_change_is_told(void **state)
{
    (void)state;
    nothing_pending();
    card_forgets(&w, "BF55");
    card_says(&w, "BF55",
              tlv(&w, 0xBF55, 1,
                  tlv(&w, 0xA0, 2, eim_entry("eim0", "first.example"),
                      eim_entry("eim1", "second.example"))),
              0, -1);
    card_says(&w, "BF51", result(9, hex(&w, "830100")), 0x910B, 1);
    server_says(&w, "POST first.example BF4F", NO_PACKAGE, 0, -1);
    server_says(&w, "POST second.example BF4F", tlv(&w, 0xBF4F, 1, package(enable(""))), 0, 1);
    server_says(&w, "POST second.example BF4F", NO_PACKAGE, 0, -1);
    server_says(&w, "POST second.example BF50", hex(&w, "BF5006BF5303800109"), 0, -1);
    run(&w);
    clear_log(&w);
    wake(&w);
    assert_octets(w.bodies[0], tlv(&w, 0xBF4F, 3, tlv(&w, 0x5A, 1, SLICE_OF(world_eid)),
                                   hex(&w, "8000"), hex(&w, "810100")));
    assert_octets(w.bodies[1], tlv(&w, 0xBF4F, 1, tlv(&w, 0x5A, 1, SLICE_OF(world_eid))));
    clear_log(&w);
    wake(&w);
    assert_octets(w.bodies[0], tlv(&w, 0xBF4F, 1, tlv(&w, 0x5A, 1, SLICE_OF(world_eid))));
}

/* IPA-029: gone in the middle of a function; a new card is a new start. */
static void test_ipa_029_card_removed(void **state)
{
    struct ipa_event lost = { .kind = IPA_CARD_LOST, .now_ms = 1 };
    struct ipa_want want;

    (void)state;
    nothing_pending();
    eim_has_nothing();
    want = ipa_step(w.ipa, &(struct ipa_event){ .kind = IPA_START });
    assert_int_equal(want.kind, IPA_WANT_APDU);
    want = ipa_step(w.ipa, &lost);
    assert_int_equal(want.kind, IPA_WANT_CARD);
    assert_string_equal(ipa_phase(w.ipa), "no-card");
    want = ipa_step(w.ipa, &(struct ipa_event){ .kind = IPA_TIME, .now_ms = 100000 });
    assert_int_equal(want.kind, IPA_WANT_CARD);
    run(&w);
    assert_log_has(&w, "TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;BF3E;BF55;BF28;BF2B;"
                       "POST eim.example BF4F;");
}

/* IPA-030: no crash, nothing asked of the eUICC, and a pause that is not the usual one. */
static void test_ipa_030_unusable_answers(void **state)
{
    static uint8_t large[IPA_NET_MAX + 1];

    (void)state;
    for (int i = 0; i < 4; i++) {
        teardown(NULL);
        setup(NULL);
        nothing_pending();
        if (i == 0)
            server_says(&w, "POST eim.example BF4F", SLICE_OF(large), 0, -1);
        else if (i == 1)
            server_says(&w, "POST eim.example BF4F", SLICE_EMPTY, 0, -1);
        else if (i == 2)
            server_says(&w, "POST eim.example BF4F", text("not here"), 404, -1);
        else
            server_says(&w, "POST eim.example BF4F", SLICE_EMPTY, -1, -1);
        run(&w);
        assert_string_equal(w.log + strlen(w.log) - 22, "POST eim.example BF4F;");
        assert_int_equal(w.wake_ms, w.now_ms + 1000);
    }
}

/* IPA-031 */
static void test_ipa_031_headers(void **state)
{
    struct ipa_event e = { .kind = IPA_START };
    struct ipa_want want;
    uint8_t answer[] = { 0x90, 0x00 };

    (void)state;
    nothing_pending();
    eim_has_nothing();
    run(&w);
    want = ipa_step(w.ipa, &(struct ipa_event){ .kind = IPA_TIME, .number = 1 });
    while (want.kind == IPA_WANT_APDU) {
        e = (struct ipa_event){ .kind = IPA_CARD_ANSWER, .data = { answer, sizeof answer } };
        want = ipa_step(w.ipa, &e);
    }
    assert_int_equal(want.kind, IPA_WANT_EXCHANGE);
    assert_int_equal(want.http.interface, IPA_ESIPA);
    assert_string_equal(want.http.path, "/gsma/rsp2/asn1");
    assert_string_equal(want.http.content_type, "application/x-gsma-rsp-asn1");
    assert_string_equal(want.http.protocol, "gsma/rsp/v2.1.0");
    assert_string_equal(want.http.user_agent, "gsma-rsp-ipad");
}

/* IPA-027, IPA-028: a result of another eIM is not for this one. */
static void test_stored_result_of_another_eim(void **state)
{
    slice other = tlv(&w, 0xBF51, 1,
                      tlv(&w, 0xA0, 2,
                          tlv(&w, 0x30, 4, tlv(&w, 0x80, 1, text("eim2")), hex(&w, "810101"),
                              hex(&w, "830107"), hex(&w, "3003830101")),
                          signature(&w)));

    (void)state;
    card_says(&w, "BF2800", NONE, 0, -1);
    card_says(&w, "BF2B04A0028200", tlv(&w, 0xBF2B, 1, tlv(&w, 0xA2, 1, other)), 0, -1);
    eim_has_nothing();
    run(&w);
    assert_int_equal(log_count(&w, "BF50;"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ipa_001_start),
        TEST(test_ipa_002_no_package),
        TEST(test_ipa_003_poll_errors),
        TEST(test_ipa_004_package_unchanged),
        TEST(test_ipa_005_report),
        TEST(test_ipa_006_acknowledgements),
        TEST(test_ipa_006_bare_results),
        TEST(test_ipa_006_nothing_acknowledged),
        TEST(test_ipa_006_acknowledges_what_it_never_got),
        TEST(test_ipa_006_numbers_of_an_earlier_report),
        TEST(test_ipa_006_data),
        TEST(test_ipa_007_rollback),
        TEST(test_ipa_007_without_rollback_flag),
        TEST(test_ipa_007_rollback_in_the_next_life),
        TEST(test_ipa_008_rollback_refused),
        TEST(test_ipa_009_data),
        TEST(test_ipa_009_certificates),
        TEST(test_ipa_010_unknown_tag),
        TEST(test_ipa_010_unknown_ci),
        TEST(test_ipa_010_emergency),
        TEST(test_ipa_021_get_response),
        TEST(test_ipa_022_card_refuses),
        TEST(test_ipa_024_two_addresses),
        TEST(test_ipa_025_server_error),
        TEST(test_ipa_026_unusable_packages),
        TEST(test_ipa_028_stored_result),
        TEST(test_stored_result_of_another_eim),
        TEST(test_ipa_027_two_eims),
        TEST(test_state_change_is_told),
        TEST(test_ipa_029_card_removed),
        TEST(test_ipa_030_unusable_answers),
        TEST(test_ipa_031_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
