/*
 * Events of an SM-DS in the IPA, asked for directly and through the eIM, and those that lead to
 * another SM-DS. Rows: IPA-013.
 */
#include "ipa/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void ds_has(slice answer)
{
    card_says(&w, "BF3C",
              tlv(&w, 0xBF3C, 2, tlv(&w, 0x80, 1, text("dp.example")),
                  tlv(&w, 0x81, 1, text("ds.example"))),
              0, -1);
    server_says(&w, "POST ds.example initiateAuthentication", initiate_json("ds.example"), 0, -1);
    server_says(&w, "POST ds.example authenticateClient", answer, 0, -1);
}

/* The root SM-DS has two events: both fetched in its order, each with a result of its own. */
static void test_ipa_013_events(void **state)
{
    begin(&direct);
    w.chunk = 5;
    eim_triggers(hex(&w, "A200"));
    ds_has(text("{" HEADER ",\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\","
                "\"eventEntries\":[{\"eventId\":\"EVENT-1\",\"rspServerAddress\":\"dp.example\"},"
                "{\"rspServerAddress\":\"dp.example\",\"eventId\":\"EVENT-2\"}]}"));
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_log_has(&w, "BF3C;BF20;BF2E;POST ds.example initiateAuthentication;BF38;"
                       "POST ds.example authenticateClient;"
                       "BF20;BF2E;POST dp.example initiateAuthentication;BF38;"
                       "POST dp.example authenticateClient;BF21;");
    assert_log_has(&w, "POST eim.example BF50;BF30;BF20;BF2E;"
                       "POST dp.example initiateAuthentication;BF38;");
    assert_int_equal(log_count(&w, "[BF36;"), 2);
    assert_int_equal(log_count(&w, "POST eim.example BF50;"), 2);
    for (unsigned i = 0, n = 0; i < w.function_n; i++) {
        static const char *const ids[] = { "", "EVENT-1", "EVENT-2" };

        if (!slice_starts(w.functions[i], hex(&w, "BF38")))
            continue;
        assert_octets(w.functions[i],
                      tlv(&w, 0xBF38, 5, server_signed1(n ? "dp.example" : "ds.example"),
                          signature(&w), key_id(), certificate(&w),
                          tlv(&w, 0xA0, 2, tlv(&w, 0x80, 1, text(ids[n])),
                              tlv(&w, 0xA1, 1, slice_skip(SLICE_OF(device_info), 2)))));
        n++;
    }
    end(state);
}

static void test_smds_without_events(void **state)
{
    static const char *const answers[] = {
        "{" HEADER ",\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\",\"eventEntries\":[]}",
        "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":"
        "{\"subjectCode\":\"8.9.5\",\"reasonCode\":\"3.9\"}}}}",
    };

    for (size_t i = 0; i < COUNT(answers); i++) {
        begin(&direct);
        eim_triggers(tlv(&w, 0xA2, 1, tlv(&w, 0x80, 1, text("ds.example"))));
        ds_has(text(answers[i]));
        run(&w);
        assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
        assert_int_equal(log_count(&w, "BF21;"), 0);
        end(state);
    }
}

#define TID_JSON "\"transactionId\":\"AB0102030405060708090A0B0C0D0E0F\""

/* host is an SM-DS with this one event, which only leads on when it is asked for by its id. */
static void ds_leads(const char *host, const char *id, const char *to)
{
    char match[80];

    snprintf(match, sizeof match, "POST %s initiateAuthentication", host);
    server_says(&w, match, initiate_json(host), 0, -1);
    snprintf(match, sizeof match, "POST %s authenticateClient", host);
    server_says(&w, match,
                arena_printf(&w.arena,
                             "{" HEADER "," TID_JSON ",\"eventEntries\":[{\"eventId\":\"%s\","
                             "\"rspServerAddress\":\"%s\"}]}",
                             id, to),
                0, -1);
}

/* The matching id that went into the n-th BF38. */
static slice matching_id_of(unsigned n)
{
    for (unsigned i = 0; i < w.function_n; i++) {
        struct der_reader r;
        struct tlv e;

        if (!slice_starts(w.functions[i], hex(&w, "BF38")) || n--)
            continue;
        r = der_reader(der_expect(&(struct der_reader){ .in = w.functions[i] }, 0xBF38).value);
        do
            e = der_take(&r);
        while (!r.err && e.tag != 0xA0);
        r = der_reader(e.value);
        return der_expect(&r, 0x80).value;
    }
    return SLICE_NONE;
}

/*
 * IPA-013: the root's event leads to another SM-DS, that one's to a third, and that one's to the
 * SM-DP+. Behind it the root's other event has its turn; each has a result of its own.
 */
static void test_ipa_013_from_one_smds_to_the_next(void **state)
{
    begin(&direct);
    w.chunk = 7;
    eim_triggers(hex(&w, "A200"));
    ds_has(text("{" HEADER "," TID_JSON
                ",\"eventEntries\":[{\"eventId\":\"AT-ALT\",\"rspServerAddress\":\"alt.example\"},"
                "{\"eventId\":\"AT-DP\",\"rspServerAddress\":\"dp.example\"}]}"));
    ds_leads("alt.example", "AT-ALT2", "alt2.example");
    ds_leads("alt2.example", "EVENT-1", "dp.example");
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_log_has(&w, "POST ds.example authenticateClient;BF20;BF2E;"
                       "POST alt.example initiateAuthentication;BF38;"
                       "POST alt.example authenticateClient;BF20;BF2E;"
                       "POST dp.example initiateAuthentication;BF38;"
                       "POST dp.example authenticateClient;BF21;");
    assert_log_has(&w, "POST eim.example BF50;BF30;BF20;BF2E;"
                       "POST alt2.example initiateAuthentication;BF38;"
                       "POST alt2.example authenticateClient;BF20;BF2E;"
                       "POST dp.example initiateAuthentication;BF38;"
                       "POST dp.example authenticateClient;BF21;");
    assert_octets(matching_id_of(1), text("AT-ALT"));
    assert_octets(matching_id_of(2), text("AT-DP"));
    assert_octets(matching_id_of(3), text("AT-ALT2"));
    assert_octets(matching_id_of(4), text("EVENT-1"));
    assert_int_equal(log_count(&w, "[BF36;"), 2);
    assert_int_equal(log_count(&w, "POST eim.example BF50;"), 2);
    assert_int_equal(log_count(&w, "BF41;"), 0);
    end(state);
}

/* SM-DSs that lead to each other, or to nothing: one error for the eIM, no session left to cancel.
 */
static void test_ipa_013_smdss_without_end(void **state)
{
    begin(&direct);
    eim_triggers(hex(&w, "A200"));
    ds_has(text("{" HEADER "," TID_JSON
                ",\"eventEntries\":[{\"eventId\":\"A\",\"rspServerAddress\":\"alt.example\"}]}"));
    ds_leads("alt.example", "B", "alt2.example");
    ds_leads("alt2.example", "C", "alt.example");
    run(&w);
    assert_int_equal(log_count(&w, "POST alt.example authenticateClient;"), 2);
    assert_int_equal(log_count(&w, "POST alt2.example authenticateClient;"), 1);
    assert_int_equal(log_count(&w, "POST eim.example BF50;"), 1);
    assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
    assert_int_equal(log_count(&w, "BF41;"), 0);
    end(state);

    begin(&direct);
    eim_triggers(hex(&w, "A200"));
    ds_has(text("{" HEADER "," TID_JSON
                ",\"eventEntries\":[{\"eventId\":\"A\",\"rspServerAddress\":\"alt.example\"},"
                "{\"eventId\":\"B\",\"rspServerAddress\":\"dp.example\"}]}"));
    server_says(&w, "POST alt.example initiateAuthentication", initiate_json("alt.example"), 0, -1);
    server_says(&w, "POST alt.example authenticateClient",
                text("{" HEADER "," TID_JSON ",\"eventEntries\":[]}"), 0, -1);
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_int_equal(log_count(&w, "POST eim.example BF50;"), 2); /* an error, and a profile */
    assert_int_equal(log_count(&w, "[BF36;"), 1);
    assert_int_equal(log_count(&w, "BF41;"), 0);
    end(state);
}

/* A server that an activation code names is an SM-DP+: as an SM-DS it is not followed. */
static void test_smds_behind_an_activation_code(void **state)
{
    begin(&direct);
    card_says(&w, "BF41", hex(&w, "BF4103810105"), 0, -1);
    eim_triggers(by_code("1$alt.example$A"));
    ds_leads("alt.example", "B", "dp.example");
    dp_in_json(metadata(false), package(metadata(false), false));
    run(&w);
    assert_int_equal(log_count(&w, "POST dp.example initiateAuthentication;"), 0);
    assert_int_equal(log_count(&w, "BF41;"), 1);
    assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
    end(state);
}

/* A2 { BF40 { A0 { tid, A1 { 30 { eventId, address } } } } } */
static slice events_asn1(const char *id, const char *to)
{
    return tlv(
        &w, 0xA2, 1,
        tlv(&w, 0xBF40, 1,
            tlv(&w, 0xA0, 2, tid(),
                tlv(&w, 0xA1, 1,
                    tlv(&w, 0x30, 2, tlv(&w, 0x80, 1, text(id)), tlv(&w, 0x81, 1, text(to)))))));
}

static void test_ipa_013_asn1(void **state)
{
    begin(&direct_asn1);
    eim_triggers(tlv(&w, 0xA2, 1, tlv(&w, 0x80, 1, text("ds.example"))));
    server_says(&w, "POST ds.example A2", tlv(&w, 0xA2, 1, initiate_from("ds.example")), 0, 1);
    server_says(&w, "POST ds.example A2", events_asn1("A", "alt.example"), 0, 1);
    server_says(&w, "POST alt.example A2", tlv(&w, 0xA2, 1, initiate_from("alt.example")), 0, 1);
    server_says(&w, "POST alt.example A2", events_asn1("EVENT-1", "dp.example"), 0, 1);
    server_says(&w, "POST dp.example A2", tlv(&w, 0xA2, 1, initiate_ok()), 0, 1);
    server_says(&w, "POST dp.example A2", tlv(&w, 0xA2, 1, authenticate_ok(metadata(false))), 0, 1);
    server_says(&w, "POST dp.example A2", tlv(&w, 0xA2, 1, bpp_ok(package(metadata(false), true))),
                0, 1);
    server_says(&w, "POST dp.example A2", SLICE_NONE, 204, 1);
    run(&w);
    assert_octets(matching_id_of(2), text("EVENT-1"));
    assert_octets(report_body(), trigger_report(pir(true)));
    end(state);
}

/* The same through the eIM, which turns each event into a trigger; without end it is given up. */
static void relayed_chain(unsigned smdss)
{
    static const char *const hosts[] = { "ds.example", "alt.example", "alt2.example",
                                         "alt3.example", "dp.example" };

    begin(&relayed);
    eim_triggers(tlv(&w, 0xA2, 1, tlv(&w, 0x80, 1, text("ds.example"))));
    for (unsigned i = 0; i < smdss; i++) {
        const char *next = i + 1 == smdss ? "dp.example" : hosts[i + 1];

        server_says(&w, "POST eim.example BF39",
                    tlv(&w, 0xBF39, 1,
                        tlv(&w, 0xA0, 5, tid(), server_signed1(hosts[i]), signature(&w), key_id(),
                            certificate(&w))),
                    0, 1);
        server_says(
            &w, "POST eim.example BF3B",
            tlv(&w, 0xBF3B, 1,
                tlv(&w, 0xA1, 2, tid(),
                    tlv(&w, 0xBF54, 1,
                        tlv(&w, 0xA0, 1,
                            by_code((const char *)arena_printf(&w.arena, "1$%s$EVENT-%u", next, i)
                                        .p))))),
            0, 1);
    }
    eim_relays(metadata(false), package(metadata(false), false));
    run(&w);
}

static void test_smdss_through_the_eim(void **state)
{
    relayed_chain(3);
    assert_octets(matching_id_of(3), text("EVENT-2"));
    assert_octets(report_body(), trigger_report(pir(true)));
    end(state);
    relayed_chain(4);
    assert_int_equal(log_count(&w, "[BF36;"), 0);
    assert_octets(report_body(), trigger_report(hex(&w, "300380017F")));
    end(state);
}

/* The eIM asks the SM-DS and hands on what the event says (SGP.32 3.9.2.2). */
static void test_smds_through_the_eim(void **state)
{
    begin(&relayed);
    eim_triggers(tlv(&w, 0xA2, 1, tlv(&w, 0x80, 1, text("ds.example"))));
    server_says(&w, "POST eim.example BF39",
                tlv(&w, 0xBF39, 1,
                    tlv(&w, 0xA0, 5, tid(), server_signed1("ds.example"), signature(&w), key_id(),
                        certificate(&w))),
                0, 1);
    server_says(&w, "POST eim.example BF3B",
                tlv(&w, 0xBF3B, 1,
                    tlv(&w, 0xA1, 2, tid(),
                        tlv(&w, 0xBF54, 1, tlv(&w, 0xA0, 1, by_code("1$dp.example$EVENT-1"))))),
                0, 1);
    eim_relays(metadata(false), package(metadata(false), false));
    run(&w);
    assert_log_has(&w, "BF38;POST eim.example BF3B;BF20;BF2E;POST eim.example BF39;BF38;"
                       "POST eim.example BF3B;BF21;POST eim.example BF3A;[BF36;");
    assert_octets(report_body(), trigger_report(pir(true)));
    end(state);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ipa_013_events),
        TEST(test_smds_without_events),
        TEST(test_ipa_013_from_one_smds_to_the_next),
        TEST(test_ipa_013_smdss_without_end),
        TEST(test_smds_behind_an_activation_code),
        TEST(test_ipa_013_asn1),
        TEST(test_smdss_through_the_eim),
        TEST(test_smds_through_the_eim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
