/*
 * Profile downloads by the IPA against a scripted card, SM-DP+ and eIM: directly in JSON and ASN.1,
 * and relayed. Rows: IPA-011, IPA-012, IPA-014, IPA-015, IPA-016, IPA-017, IPA-018, IPA-019,
 * IPA-020, IPA-022 (in a download), IPA-023. Events of an SM-DS: test_events.c.
 */
#include "ipa/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- tests
 * -------------------------------------------------------------------------------------------- */

#define SEGMENTS "[BF36;[A0;[87;[A1;[88;[A3;[86;[86;[86;"

/* Whatever pieces the network gives. */
static void test_ipa_011_direct_json(void **state)
{
    static const size_t chunks[] = { 0, 1, 7, 1000 };

    for (size_t i = 0; i < COUNT(chunks); i++) {
        begin(&direct);
        w.chunk = chunks[i];
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(false), package(metadata(false), false));
        run(&w);
        assert_log_has(&w, "BF20;BF2E;POST dp.example initiateAuthentication;BF38;"
                           "POST dp.example authenticateClient;BF21;"
                           "POST dp.example getBoundProfilePackage;" SEGMENTS
                           "BF5A;POST dp.example handleNotification;POST eim.example BF50;BF30;"
                           "POST eim.example BF4F;");
        assert_octets(report_body(), trigger_report(pir(true)));
        assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800117"));
        end(state);
    }
}

static void test_ipa_011_requests(void **state)
{
    slice body;

    begin(&direct);
    eim_triggers(by_code("LPA:1$dp.example$MATCH-1"));
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    body = arena_printf(&w.arena,
                        "{\"euiccChallenge\":\"%.*s\",\"euiccInfo1\":\"%.*s\","
                        "\"smdpAddress\":\"dp.example\"}",
                        S(base64(SLICE_OF(challenge))),
                        S(base64(hex(&w, "BF200F8203020202A9030401AAAA030401AA"))));
    assert_true(slice_eq(w.bodies[1], body));
    assert_octets(last_function(&w, "BF38"),
                  tlv(&w, 0xBF38, 5, server_signed1("dp.example"), signature(&w), key_id(),
                      certificate(&w),
                      tlv(&w, 0xA0, 2, tlv(&w, 0x80, 1, text("MATCH-1")),
                          tlv(&w, 0xA1, 1, slice_skip(SLICE_OF(device_info), 2)))));
    assert_octets(last_function(&w, "BF21"),
                  tlv(&w, 0xBF21, 3, smdp_signed2(), signature(&w), certificate(&w)));
    body = arena_printf(&w.arena,
                        "{\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\","
                        "\"authenticateServerResponse\":\"%.*s\"}",
                        S(base64(accepted_sample(&T_authenticate_server_response))));
    assert_true(slice_eq(w.bodies[2], body));
    body = arena_printf(&w.arena, "{\"pendingNotification\":\"%.*s\"}", S(base64(pir(true))));
    assert_true(slice_eq(w.bodies[4], body));
    end(state);
}

static void test_ipa_011_direct_asn1(void **state)
{
    static const size_t chunks[] = { 0, 1, 13 };

    for (size_t i = 0; i < COUNT(chunks); i++) {
        begin(&direct_asn1);
        w.chunk = chunks[i];
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        server_says(&w, "POST dp.example A2", tlv(&w, 0xA2, 1, initiate_ok()), 0, 1);
        server_says(&w, "POST dp.example A2", tlv(&w, 0xA2, 1, authenticate_ok(metadata(false))), 0,
                    1);
        server_says(&w, "POST dp.example A2",
                    tlv(&w, 0xA2, 1, bpp_ok(package(metadata(false), true))), 0, 1);
        server_says(&w, "POST dp.example A2", SLICE_NONE, 204, 1);
        run(&w);
        assert_log_has(&w, "[BF36;[A0;[87;[A1;[88;[A2;[A3;[86;[86;[86;BF5A;POST dp.example A2");
        assert_octets(report_body(), trigger_report(pir(true)));
        end(state);
    }
}

/* The default SM-DP+ of the eUICC, with an empty matching id. */
static void test_ipa_011_default_smdp(void **state)
{
    begin(&direct);
    eim_triggers(hex(&w, "8100"));
    card_says(&w, "BF3C",
              tlv(&w, 0xBF3C, 2, tlv(&w, 0x80, 1, text("dp.example")),
                  tlv(&w, 0x81, 1, text("ds.example"))),
              0, -1);
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_log_has(&w, "BF3C;BF20;BF2E;POST dp.example initiateAuthentication;BF38;");
    assert_octets(report_body(), trigger_report(pir(true)));
    end(state);
}

static void test_ipa_012_unusable_data(void **state)
{
    static const char *const codes[] = {
        "2$dp.example$M", "1", "dp.example", "1$$M", "1$dp.example", "1$dp.ex\"ample$M", ""
    };
    char long_code[257] = "1$dp.example$";

    memset(long_code + 13, 'M', 256 - 13);
    long_code[256] = 0;
    for (size_t i = 0; i < COUNT(codes) + 2; i++) {
        begin(&direct);
        card_says(&w, "BF3C", tlv(&w, 0xBF3C, 1, tlv(&w, 0x81, 1, text("ds.example"))), 0, -1);
        if (i < COUNT(codes))
            eim_triggers(by_code(codes[i]));
        else if (i == COUNT(codes))
            eim_triggers(by_code(long_code));
        else
            eim_triggers(hex(&w, "8100")); /* and there is no default SM-DP+ */
        run(&w);
        assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
        assert_int_equal(log_count(&w, "POST dp.example"), 0);
        assert_int_equal(log_count(&w, "BF2E;"), 0);
        end(state);
    }
}

static void test_ipa_014_relayed(void **state)
{
    static const size_t chunks[] = { 0, 1, 50 };

    for (size_t i = 0; i < COUNT(chunks); i++) {
        begin(&relayed);
        w.chunk = chunks[i];
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        eim_relays(metadata(false), package(metadata(false), true));
        run(&w);
        assert_log_has(&w, "BF20;BF2E;POST eim.example BF39;BF38;POST eim.example BF3B;BF21;"
                           "POST eim.example BF3A;[BF36;[A0;[87;[A1;[88;[A2;[A3;[86;[86;[86;BF5A;"
                           "POST eim.example BF50;");
        assert_octets(w.bodies[1],
                      tlv(&w, 0xBF39, 4, tlv(&w, 0x81, 1, SLICE_OF(challenge)),
                          tlv(&w, 0x83, 1, text("dp.example")),
                          hex(&w, "BF200F8203020202A9030401AAAA030401AA"), hex(&w, "820155")));
        assert_octets(w.bodies[2],
                      tlv(&w, 0xBF3B, 2, tid(), accepted_sample(&T_authenticate_server_response)));
        assert_octets(w.bodies[3],
                      tlv(&w, 0xBF3A, 2, tid(), accepted_sample(&T_prepare_download_response)));
        assert_octets(report_body(), trigger_report(pir(true)));
        end(state);
    }
}

/* The eIM keeps the data: no address goes to it, ctxParams1 come from it. */
static void test_relayed_with_data_at_the_eim(void **state)
{
    struct ipa_options o = relayed;
    slice ctx;

    o.features |= IPA_FEATURE_EIM_KEEPS_DATA | IPA_FEATURE_EIM_MAKES_CTX;
    begin(&o);
    ctx = tlv(&w, 0xA0, 2, hex(&w, "80024D31"), hex(&w, "A108800453871234A100"));
    server_says(&w, "POST eim.example BF4F", hex(&w, "BF4F06BF5403820155"), 0, 1);
    server_says(&w, "POST eim.example BF4F", hex(&w, "BF4F03020101"), 0, -1);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800117"), 0, -1);
    server_says(&w, "POST eim.example BF39",
                tlv(&w, 0xBF39, 1,
                    tlv(&w, 0xA0, 6, tid(), server_signed1("other.example"), signature(&w),
                        key_id(), certificate(&w), tlv(&w, 0xA2, 1, ctx))),
                0, 1);
    server_says(
        &w, "POST eim.example BF3B",
        tlv(&w, 0xBF3B, 1, tlv(&w, 0xA0, 3, smdp_signed2(), signature(&w), certificate(&w))), 0, 1);
    server_says(&w, "POST eim.example BF3A",
                tlv(&w, 0xBF3A, 1, tlv(&w, 0xA0, 1, package(metadata(false), false))), 0, 1);
    run(&w);
    assert_octets(w.bodies[1],
                  tlv(&w, 0xBF39, 3, tlv(&w, 0x81, 1, SLICE_OF(challenge)),
                      hex(&w, "BF200F8203020202A9030401AAAA030401AA"), hex(&w, "820155")));
    assert_octets(last_function(&w, "BF38"), tlv(&w, 0xBF38, 5, server_signed1("other.example"),
                                                 signature(&w), key_id(), certificate(&w), ctx));
    assert_octets(report_body(), trigger_report(pir(true)));
    assert_octets(last_function(&w, "BF30"), hex(&w, "BF3003800117"));
    end(state);
}

/* At each of the three functions: no further ES10 step; the eIM gets what was answered. */
static void test_ipa_015_server_refuses(void **state)
{
    static const struct {
        const char *function, *answer, *report, *next_would_be;
    } cases[] = {
        { "POST eim.example BF39", "BF3903810101", "300B80017F0406BF3903810101", "BF38;" },
        { "POST eim.example BF3B", "BF3B03820106", "300B80017F0406BF3B03820106", "BF21;" },
        { "POST eim.example BF3A", "BF3A03810106", "300B80017F0406BF3A03810106", "[BF36;" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        begin(&relayed);
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        server_says(&w, cases[i].function, hex(&w, cases[i].answer), 0, 1);
        eim_relays(metadata(false), package(metadata(false), false));
        run(&w);
        assert_octets(report_body(), trigger_report(hex(&w, cases[i].report)));
        assert_int_equal(log_count(&w, cases[i].next_would_be), 0);
        assert_int_equal(log_count(&w, "BF41;"), 0);
        end(state);
    }
}

/* The same, directly and in JSON. */
static void test_ipa_015_json(void **state)
{
    static const char refused[] =
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":"
        "{\"subjectCode\":\"8.2.6\",\"reasonCode\":\"3.8\",\"message\":\"no \\u0041 "
        "\\\"M\\\"\"}}}}";
    static const char *const functions[] = { "POST dp.example initiateAuthentication",
                                             "POST dp.example authenticateClient",
                                             "POST dp.example getBoundProfilePackage" };

    for (size_t i = 0; i < COUNT(functions); i++) {
        begin(&direct);
        w.chunk = 3;
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        server_says(&w, functions[i], text(refused), 0, 1);
        dp_in_json(metadata(false), package(metadata(false), false));
        run(&w);
        assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
        assert_int_equal(log_count(&w, "[BF36;"), 0);
        assert_non_null(strstr(w.notes, "8.2.6/3.8"));
        end(state);
    }
}

static void test_another_server_than_meant(void **state)
{
    begin(&direct);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    server_says(&w, "POST dp.example initiateAuthentication", initiate_json("evil.example"), 0, 1);
    run(&w);
    assert_int_equal(log_count(&w, "BF38;"), 0);
    assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
    end(state);
}

/* The code names an OID, and the certificate has none. */
static void test_oid_of_the_activation_code(void **state)
{
    begin(&direct);
    eim_triggers(by_code("1$dp.example$MATCH-1$2.999.10"));
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_int_equal(log_count(&w, "BF38;"), 0);
    end(state);
}

static void test_ipa_016_euicc_refuses_server(void **state)
{
    static const uint8_t codes[] = { 1, 2, 3, 4, 5, 6, 7, 127 };

    for (size_t i = 0; i < COUNT(codes); i++) {
        slice refusal;

        begin(&relayed);
        refusal =
            tlv(&w, 0xBF38, 1, tlv(&w, 0xA1, 2, tid(), tlv(&w, 0x02, 1, slice_of(&codes[i], 1))));
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        card_forgets(&w, "BF38");
        card_says(&w, "BF38", refusal, 0, -1);
        server_says(&w, "POST eim.example BF3B", hex(&w, "BF3B0382017F"), 0, 1);
        eim_relays(metadata(false), package(metadata(false), false));
        run(&w);
        assert_octets(w.bodies[2], tlv(&w, 0xBF3B, 2, tid(), refusal));
        assert_octets(report_body(), trigger_report(tlv(&w, 0x30, 2, hex(&w, "80017F"),
                                                        tlv(&w, 0x04, 1, refusal))));
        assert_int_equal(log_count(&w, "BF21;"), 0);
        end(state);
    }
}

static void rules_table(const char *operator_id)
{
    card_says(
        &w, "BF43",
        tlv(&w, 0xBF43, 1,
            tlv(&w, 0xA0, 1,
                tlv(&w, 0x30, 3, hex(&w, "80020660"),
                    tlv(&w, 0xA1, 1, tlv(&w, 0x30, 1, hex(&w, operator_id))), hex(&w, "820100")))),
        0, -1);
    card_says(
        &w, "BF41",
        tlv(&w, 0xBF41, 1,
            tlv(&w, 0xA0, 2, tlv(&w, 0x30, 3, tid(), hex(&w, "8103883710"), hex(&w, "820103")),
                signature(&w))),
        0, -1);
}

static void test_ipa_017_rules_not_allowed(void **state)
{
    begin(&relayed);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    eim_relays(metadata(true), package(metadata(true), false));
    rules_table("800362F220"); /* 262 02 */
    run(&w);
    assert_log_has(&w, "POST eim.example BF3B;BF43;BF41;POST eim.example BF41;"
                       "POST eim.example BF50;");
    assert_octets(last_function(&w, "BF41"), tlv(&w, 0xBF41, 2, tid(), hex(&w, "810103")));
    assert_octets(
        w.bodies[3],
        tlv(&w, 0xBF41, 2, tid(),
            tlv(&w, 0xA1, 1,
                tlv(&w, 0xA0, 2, tlv(&w, 0x30, 3, tid(), hex(&w, "8103883710"), hex(&w, "820103")),
                    signature(&w)))));
    assert_int_equal(log_count(&w, "BF21;"), 0);
    end(state);
}

/* The operator itself, and a row for any network (nibbles E). */
static void test_ipa_017_rules_allowed(void **state)
{
    static const char *const rows[] = { "800362F210", "8003EEEEEE" };

    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(&direct);
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(true), package(metadata(true), false));
        rules_table(rows[i]);
        run(&w);
        assert_log_has(&w, "POST dp.example authenticateClient;BF43;BF21;");
        assert_octets(report_body(), trigger_report(pir(true)));
        end(state);
    }
}

/* P1 11, the last block of a segment 91; P2 from 0 in each (the card of the world checks P2). */
static void test_ipa_018_segments(void **state)
{
    static const unsigned blocks[] = { 32, 120, 255 };

    for (size_t i = 0; i < COUNT(blocks); i++) {
        struct ipa_options o = direct;
        slice bpp, sent = SLICE_EMPTY;

        o.block = blocks[i];
        begin(&o);
        bpp = package(metadata(false), true);
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(false), bpp);
        run(&w);
        assert_log_has(&w, "[BF36;[A0;[87;[A1;[88;[A2;[A3;[86;[86;[86;BF5A;");
        for (unsigned k = 0; k < w.function_n; k++) {
            slice f = w.functions[k];
            bool of_package = slice_starts(f, hex(&w, "BF36")) || f.p[0] == 0x86 ||
                              f.p[0] == 0x87 || f.p[0] == 0x88 || (f.p[0] & 0xFC) == 0xA0;

            if (of_package)
                sent = arena_concat(&w.arena, (slice[]){ sent, f }, 2);
        }
        assert_octets(sent, bpp);
        assert_int_equal(slice_starts(last_function(&w, "BF36"), slice_head(bpp, 10)), true);
        assert_int_equal(last_function(&w, "A1").n, 2); /* its head alone */
        assert_int_equal(last_function(&w, "A3").n, 4);
        for (unsigned k = 0; k < w.apdu_n; k++)
            assert_true(w.apdus[k].p[1] != 0xE2 || w.apdus[k].p[4] <= blocks[i]);
        end(state);
    }
}

static void test_ipa_019_error_after_a_segment(void **state)
{
    begin(&relayed);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    eim_relays(metadata(false), package(metadata(false), false));
    card_says(&w, "88", pir(false), 0, 1);
    run(&w);
    assert_log_has(&w, "[A1;[88;POST eim.example BF50;");
    assert_octets(report_body(), trigger_report(pir(false)));
    assert_int_equal(log_count(&w, "[A3;"), 0);
    assert_int_equal(log_count(&w, "BF5A;"), 0);
    end(state);
}

static void test_ipa_020_no_result_at_the_end(void **state)
{
    begin(&direct);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    dp_in_json(metadata(false), package(metadata(false), false));
    card_forgets(&w, "8618EE");
    card_says(&w, "BF41", hex(&w, "BF4103810105"), 0, -1);
    run(&w);
    assert_log_has(&w, "[86;[86;[86;BF41;POST dp.example cancelSession;POST eim.example BF50;");
    assert_octets(last_function(&w, "BF41"), tlv(&w, 0xBF41, 2, tid(), hex(&w, "810105")));
    end(state);
}

static void test_ipa_022_card_refuses_a_segment(void **state)
{
    begin(&direct);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    dp_in_json(metadata(false), package(metadata(false), false));
    card_says(&w, "88", SLICE_NONE, 0x6985, 1);
    card_says(&w, "BF41", hex(&w, "BF4103810105"), 0, -1);
    run(&w);
    assert_log_has(&w, "[88;BF41;POST dp.example cancelSession;POST eim.example BF50;");
    assert_octets(last_function(&w, "BF41"), tlv(&w, 0xBF41, 2, tid(), hex(&w, "810105")));
    end(state);
}

static void test_ipa_022_card_refuses_a_step(void **state)
{
    static const char *const steps[] = { "BF20", "BF2E", "BF38", "BF21" };
    static const unsigned status_words[] = { 0x6A80, 0x6985, 0x6F00 };

    for (size_t i = 0; i < COUNT(steps) * COUNT(status_words); i++) {
        begin(&direct);
        for (unsigned k = 0; k < w.card_n; k++)
            if (!strncmp(w.card[k].match, steps[i / 3], 4)) {
                w.card[k].answer = SLICE_NONE;
                w.card[k].sw = status_words[i % 3];
            }
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(false), package(metadata(false), false));
        run(&w);
        assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
        assert_log_has(&w, "POST eim.example BF50;POST eim.example BF4F;");
        clear_log(&w);
        wake(&w);
        assert_log_has(&w, "BF28;BF2B;POST eim.example BF4F;"); /* the channel serves on */
        end(state);
    }
}

/* The package announces something else than the server did: stopped before the card sees it. */
static void test_metadata_mismatch(void **state)
{
    slice other;

    begin(&direct);
    other = hex(&w, "BF25155A0A98001032547698103214910341424392024F4C");
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    dp_in_json(metadata(false), package(other, false));
    card_says(&w, "BF41", hex(&w, "BF4103810105"), 0, -1);
    run(&w);
    assert_log_has(&w, "[A1;BF41;POST dp.example cancelSession;POST eim.example BF50;");
    assert_octets(last_function(&w, "BF41"), tlv(&w, 0xBF41, 2, tid(), hex(&w, "810104")));
    end(state);
}

static void test_ipa_023_immediate_enable(void **state)
{
    static const char *const results[] = { "BF5A03800100", "BF5A03800101", "BF5A03800104",
                                           "BF5A03800105" };

    for (size_t i = 0; i < COUNT(results); i++) {
        begin(&direct);
        card_forgets(&w, "BF5A");
        card_says(&w, "BF5A", hex(&w, results[i]), 0, -1);
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(false), package(metadata(false), false));
        run(&w);
        assert_log_has(&w, i ? "BF5A;POST dp.example handleNotification;POST eim.example BF50;"
                             : "BF5A;SWITCH;TERMINAL CAPABILITY;MANAGE CHANNEL;SELECT;"
                               "POST dp.example handleNotification;POST eim.example BF50;");
        assert_octets(last_function(&w, "BF5A"), hex(&w, "BF5A038001FF"));
        end(state);
    }
}

/* The SM-DP+ is not reached with the result: it stays in the eUICC although the eIM has it. */
static void test_result_stays_until_the_server_has_it(void **state)
{
    begin(&direct);
    server_says(&w, "POST eim.example BF50", hex(&w, "BF5006BF5303800117"), 0, -1);
    eim_triggers(by_code("1$dp.example$MATCH-1"));
    dp_in_json(metadata(false), package(metadata(false), false));
    server_forgets(&w, "POST dp.example handleNotification");
    run(&w);
    assert_octets(report_body(), trigger_report(pir(true)));
    assert_int_equal(log_count(&w, "BF30;"), 0);
    end(state);
}

/* Every octet of the answer to getBoundProfilePackage missing in turn: cancelled, nothing hangs. */
static void test_cut_package(void **state)
{
    for (size_t cut = 0; cut < 2600; cut += 97) {
        slice whole;

        begin(&direct);
        whole = bpp_json(package(metadata(false), false));
        if (cut >= whole.n)
            break;
        server_says(&w, "POST dp.example getBoundProfilePackage", slice_head(whole, cut), 0, 1);
        eim_triggers(by_code("1$dp.example$MATCH-1"));
        dp_in_json(metadata(false), package(metadata(false), false));
        card_says(&w, "BF41", hex(&w, "BF4103810105"), 0, -1);
        run(&w);
        if (log_count(&w, "[BF36;") && !strstr(w.log, "BF5A"))
            assert_int_equal(log_count(&w, "BF41;"), 1);
        report_body();
        end(state);
    }
    end(state);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ipa_011_direct_json),
        TEST(test_ipa_011_requests),
        TEST(test_ipa_011_direct_asn1),
        TEST(test_ipa_011_default_smdp),
        TEST(test_ipa_012_unusable_data),
        TEST(test_ipa_014_relayed),
        TEST(test_relayed_with_data_at_the_eim),
        TEST(test_ipa_015_server_refuses),
        TEST(test_ipa_015_json),
        TEST(test_another_server_than_meant),
        TEST(test_oid_of_the_activation_code),
        TEST(test_ipa_016_euicc_refuses_server),
        TEST(test_ipa_017_rules_not_allowed),
        TEST(test_ipa_017_rules_allowed),
        TEST(test_ipa_018_segments),
        TEST(test_ipa_019_error_after_a_segment),
        TEST(test_ipa_020_no_result_at_the_end),
        TEST(test_ipa_022_card_refuses_a_segment),
        TEST(test_ipa_022_card_refuses_a_step),
        TEST(test_metadata_mismatch),
        TEST(test_ipa_023_immediate_enable),
        TEST(test_result_stays_until_the_server_has_it),
        TEST(test_cut_package),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
