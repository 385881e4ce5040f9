/* Addresses, maps, places and commands as people and cards write them. */
#include "terminal/fake.h"

#include "reader/proactive.h"
#include "reader/tcp.h"

static void places(void **state)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {
        { "card.example.com", "card.example.com", 77 },
        { "127.0.0.1:1", "127.0.0.1", 1 },
        { "host:65535", "host", 65535 },
        { "[::1]", "::1", 77 },
        { "[2001:db8::1]:443", "2001:db8::1", 443 },
    };
    static const char *const bad[] = { "",           ":1",      "host:",   "host:0",
                                       "host:65536", "host:1x", "host:-1", "[::1",
                                       "[]:1",       "[::1]1",  "::1:1" };
    char host[TCP_HOST_MAX + 1], longest[300];
    uint16_t port;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(tcp_place(good[i].text, 77, host, &port), E_OK);
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(tcp_place(bad[i], 77, host, &port), E_SYNTAX);
    memset(longest, 'a', sizeof longest);
    longest[TCP_HOST_MAX] = 0;
    assert_int_equal(tcp_place(longest, 77, host, &port), E_OK);
    longest[TCP_HOST_MAX] = 'a';
    longest[TCP_HOST_MAX + 1] = 0;
    assert_int_equal(tcp_place(longest, 77, host, &port), E_SYNTAX);
}

static void maps(void **state)
{
    static const char *const bad[] = { "10.0.0.1",           "=127.0.0.1",    "10.0.0.1=",
                                       "10.0.0.1=host",      "host=10.0.0.1", "10.0.0=127.0.0.1",
                                       "10.0.0.1:0=1.2.3.4", "::1=127.0.0.1", "[10.0.0.1]=1.2.3.4",
                                       "10.0.0.1=1.2.3.4=5" };
    char text[MOBILE_ADDRESS_TEXT];
    struct mobile_map m;

    (void)state;
    assert_int_equal(mobile_map_read("10.0.0.1:443=127.0.0.1:8443", &m), E_OK);
    assert_string_equal(mobile_address_print(&m.from, text), "10.0.0.1:443");
    assert_string_equal(mobile_address_print(&m.to, text), "127.0.0.1:8443");
    assert_int_equal(mobile_map_read("[2001:db8::1]=[::1]:53", &m), E_OK);
    assert_int_equal(m.from.port, 0);
    assert_string_equal(mobile_address_print(&m.from, text), "[2001:db8::1]:0");
    assert_string_equal(mobile_address_print(&m.to, text), "[::1]:53");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(mobile_map_read(bad[i], &m), E_SYNTAX);
}

static void locations(void **state)
{
    static const char *const bad[] = {
        "",        "262",      "262-",      "26-01",          "262-1",        "262-0123",
        "262-01-", "262-01-1", "262-01-1-", "262-01-12345-1", "262-01-1-2-3", "262-01--1-2",
        "2a2-01"
    };
    struct mobile_location l;

    (void)state;
    assert_int_equal(mobile_location_read("262-01", &l), E_OK);
    assert_string_equal(l.mcc, "262");
    assert_string_equal(l.mnc, "01");
    assert_int_equal(mobile_location_read("310-410-12ab-FFFF", &l), E_OK);
    assert_string_equal(l.mnc, "410");
    assert_int_equal(l.lac, 0x12AB);
    assert_int_equal(l.cell, 0xFFFF);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(mobile_location_read(bad[i], &l), E_SYNTAX);
}

/* ---- commands and answers, as the modem and the agent read them too ---- */

static void commands(void **state)
{
    uint8_t octets[300];
    struct proactive c;
    size_t n;

    (void)state;
    n = fake_hex("D009 8103070104 82028182", octets, sizeof octets);
    assert_int_equal(proactive_parse(slice_of(octets, n), &c), E_OK);
    assert_int_equal(c.number, 7);
    assert_int_equal(c.type, CAT_REFRESH);
    assert_int_equal(c.source, 0x81);
    assert_int_equal(c.destination, 0x82);
    assert_true(proactive_resets(&c));
    octets[6] = 0x00; /* another mode */
    assert_int_equal(proactive_parse(slice_of(octets, n), &c), E_OK);
    assert_false(proactive_resets(&c));
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(proactive_parse(slice_of(octets, cut), &c), E_SYNTAX);
    octets[n] = 0;
    assert_int_equal(proactive_parse(slice_of(octets, n + 1), &c), E_SYNTAX);
    /* without the comprehension bit, and without device identities */
    n = fake_hex("D005 0103070200", octets, sizeof octets);
    assert_int_equal(proactive_parse(slice_of(octets, n), &c), E_OK);
    assert_int_equal(c.type, CAT_MORE_TIME);
    assert_int_equal(c.destination, 0);
    /* length in two octets */
    n = fake_hex("D08180 8103070200 B679", octets, sizeof octets);
    memset(octets + n, 0, 0x79);
    assert_int_equal(proactive_parse(slice_of(octets, n + 0x79), &c), E_OK);
    assert_int_equal(cat_tlv(c.tlvs, CAT_TAG_CHANNEL_DATA).n, 0x79);
}

static void answers(void **state)
{
    static const uint8_t octets[255];
    const struct proactive refresh = { .number = 7, .type = CAT_REFRESH, .qualifier = 4 },
                           text = { .number = 8, .type = CAT_DISPLAY_TEXT };
    struct proactive_answer a;

    (void)state;
    proactive_answer_refresh_only(&a, &refresh);
    assert_int_equal(a.n, 12);
    assert_memory_equal(a.octets, "\x81\x03\x07\x01\x04\x82\x02\x82\x81\x83\x01\x00", 12);
    proactive_answer_refresh_only(&a, &text);
    assert_int_equal(a.octets[11], PROACTIVE_BEYOND_CAPABILITIES);
    proactive_answer(&a, &text, PROACTIVE_BIP_ERROR, 0x07);
    assert_int_equal(a.n, 13);
    proactive_answer(&a, &text, PROACTIVE_PERFORMED, -1);
    proactive_answer_put(&a, CAT_TAG_CHANNEL_DATA, slice_of(octets, 240));
    assert_int_equal(a.n, 255);
    proactive_answer_put(&a, CAT_TAG_CHANNEL_DATA, slice_of(octets, 0));
    assert_int_equal(a.n, 255); /* what does not fit is left out */
    proactive_answer(&a, &text, PROACTIVE_PERFORMED, -1);
    proactive_answer_put(&a, CAT_TAG_CHANNEL_DATA, slice_of(octets, 241));
    assert_int_equal(a.n, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),   cmocka_unit_test(maps),    cmocka_unit_test(locations),
        cmocka_unit_test(commands), cmocka_unit_test(answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
