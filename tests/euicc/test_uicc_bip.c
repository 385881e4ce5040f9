/*
 * The card's connection against a terminal that plays the network: whole conversations, and
 * everything that a terminal can refuse, forget or cut off on the way.
 */
#include "euicc/bip.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_terminal.h"

static struct uicc u;
static struct bip b;

static const struct cat_channel host = { .transport = CAT_TCP_CLIENT,
                                         .address = SLICE_LIT("\xC0\x00\x02\x01"),
                                         .port = 443,
                                         .buffer = 1500 };

static struct {
    unsigned opened, sent, closed;
    uint8_t got[4096];
    size_t n;
    bool open_again, send_when_open, close_on_data, store;
} seen;

static void hear(struct card *card, void *ctx, enum bip_event event, slice data)
{
    assert_ptr_equal(ctx, &seen);
    switch (event) {
    case BIP_OPENED:
        seen.opened++;
        if (seen.send_when_open)
            assert_int_equal(bip_send(card, &b, SLICE_LIT("hello")), 5);
        break;
    case BIP_DATA:
        assert_true(data.n > 0 && data.n <= sizeof seen.got - seen.n);
        memcpy(seen.got + seen.n, data.p, data.n);
        seen.n += data.n;
        if (seen.store)
            assert_int_equal(objects_put(card_objects(card), ISDR_OBJECTS + 7, data), E_OK);
        if (seen.close_on_data)
            bip_close(card, &b);
        break;
    case BIP_SENT:
        seen.sent++;
        break;
    case BIP_CLOSED:
        seen.closed++;
        assert_int_equal(b.state, BIP_IDLE);
        if (seen.open_again) {
            seen.open_again = false;
            assert_int_equal(bip_open(card, &b, &host, 0),
                             card_terminal_profile(card).p ? E_OK : E_STATE);
        }
        break;
    }
}

static int fresh(void **state)
{
    (void)state;
    uicc_new(&u);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(bip_init(u.card, &b, hear, &seen), E_OK);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    return 0;
}

#define CONNECTED "B8028100 B50103 B90205DC"

/* Opens with the link at once, on channel 1. */
static void connect_host(uint16_t timeout_s)
{
    assert_int_equal(bip_open(u.card, &b, &host, timeout_s), E_OK);
    if (!(cat_events(u.card) & CAT_EVENT_BIT(CAT_EVENT_DATA_AVAILABLE)))
        terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    if (timeout_s)
        terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "A40101");
    assert_int_equal(b.state, BIP_OPEN);
    assert_int_equal(seen.opened, 1);
    assert_int_equal(seen.closed, 0);
    terminal_idle(&u);
}

static void data_arrives(const char *octets)
{
    char text[80];
    uint16_t sw;

    snprintf(text, sizeof text, "990109 82028281 B8028100 B701%s", octets);
    sw = terminal_envelope(&u, 0xD6, text);
    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

static void link_is(const char *status)
{
    char text[80];
    uint16_t sw;

    snprintf(text, sizeof text, "99010A 82028281 B802%s", status);
    sw = terminal_envelope(&u, 0xD6, text);
    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

static void expect_closed(enum bip_why why, int result, int info)
{
    assert_int_equal(seen.closed, 1);
    assert_int_equal(b.why, why);
    assert_int_equal(b.state, BIP_IDLE);
    if (why == BIP_REFUSED) {
        assert_int_equal(b.result, result);
        assert_int_equal(b.info, info);
    }
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 0);
    bip_close(u.card, &b); /* does nothing any more */
    assert_int_equal(seen.closed, 1);
}

/* ---- conversations ---- */

static void there_and_back(void **state)
{
    struct fetched f;

    (void)state;
    seen.send_when_open = true;
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("early")), 0);
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_STATE);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("early")), 0);
    f = terminal_fetch_type(&u, CAT_SET_UP_EVENT_LIST);
    assert_memory_equal(f.tlvs.p, "\x99\x02\x09\x0A", 4);
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9120);
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    assert_int_equal(f.qualifier, 1);
    assert_int_equal(f.device, 0x21);
    assert_memory_equal(f.tlvs.p, "\xB6\x05hello", 7);
    assert_int_equal(seen.sent, 0);
    assert_int_equal(terminal_respond(&u, &f, "00", "B701FF"), 0x9000);
    assert_int_equal(seen.sent, 1);
    data_arrives("05");
    f = terminal_fetch_type(&u, CAT_RECEIVE_DATA);
    assert_int_equal(f.device, 0x21);
    assert_memory_equal(f.tlvs.p, "\xB7\x01\x05", 3);
    assert_int_equal(terminal_respond(&u, &f, "00", "B605776F726C64 B70100"), 0x9000);
    assert_int_equal(seen.n, 5);
    assert_memory_equal(seen.got, "world", 5);
    bip_close(u.card, &b);
    assert_int_equal(seen.closed, 0);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("late")), 0);
    f = terminal_fetch_type(&u, CAT_CLOSE_CHANNEL);
    assert_int_equal(f.device, 0x21);
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    expect_closed(BIP_BY_US, 0, 0);
    terminal_idle(&u);
    /* the event list is there already */
    seen.send_when_open = false;
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    assert_int_equal(seen.opened, 2);
}

/* More than one command takes, both ways at once. */
static void long_streams(void **state)
{
    uint8_t data[2000], arrived[2000];
    size_t given, n = 0, m = 0;
    unsigned others = 0;

    (void)state;
    connect_host(0);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    given = bip_send(u.card, &b, SLICE_OF(data));
    assert_int_equal(given, BIP_SEND_MAX);
    assert_int_equal(bip_send(u.card, &b, slice_of(data + given, 10)), 0);
    data_arrives("FF");
    while (n < sizeof data || m < sizeof data) {
        struct fetched f = terminal_fetch(&u);

        if (f.type == CAT_SEND_DATA) {
            size_t head = f.tlvs.p[1] == 0x81 ? 3 : 2;

            memcpy(arrived + n, f.tlvs.p + head, f.tlvs.n - head);
            n += f.tlvs.n - head;
            terminal_respond(&u, &f, "00", "B701FF");
            given += bip_send(u.card, &b, slice_of(data + given, sizeof data - given));
            others += m > 0 && m < sizeof data;
        } else {
            char text[600], hex[500];
            size_t more = sizeof data - m < f.tlvs.p[2] ? sizeof data - m : f.tlvs.p[2];
            size_t left = sizeof data - m - more;

            assert_int_equal(f.type, CAT_RECEIVE_DATA);
            for (size_t i = 0; i < more; i++)
                snprintf(hex + 2 * i, 3, "%02X", data[m + i]);
            snprintf(text, sizeof text, "B6%s%02zX%s B701%02zX", more > 127 ? "81" : "", more, hex,
                     left < 255 ? left : 255);
            terminal_respond(&u, &f, "00", text);
            m += more;
        }
    }
    assert_int_equal(n, sizeof data);
    assert_memory_equal(arrived, data, n);
    assert_int_equal(seen.n, sizeof data);
    assert_memory_equal(seen.got, data, seen.n);
    assert_true(others > 2); /* they took turns */
    assert_int_equal(seen.sent, 1);
    terminal_idle(&u);
}

static void link_that_comes_later(void **state)
{
    (void)state;
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    terminal_do(&u, CAT_OPEN_CHANNEL, "07", "B8020100 B50103 B9020400"); /* modified, no link */
    assert_int_equal(b.state, BIP_CONNECTING);
    assert_int_equal(seen.opened, 0);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("early")), 0);
    terminal_idle(&u);
    link_is("8200"); /* another channel */
    assert_int_equal(seen.opened, 0);
    link_is("8100");
    assert_int_equal(seen.opened, 1);
    link_is("8100");
    assert_int_equal(seen.opened, 1);
    terminal_idle(&u);
}

static void a_small_buffer(void **state)
{
    static const struct {
        const char *granted;
        size_t chunk;
    } sizes[] = {
        { "B9020064", 100 }, { "B90200F0", 240 }, { "B9020100", 240 },
        { "B9020000", 240 }, { "B90164", 240 },   { "", 240 },
    };
    static const uint8_t data[300];

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char text[60];
        struct fetched f;

        fresh(NULL);
        assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
        terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
        snprintf(text, sizeof text, "B8028100 B50103 %s", sizes[i].granted);
        terminal_do(&u, CAT_OPEN_CHANNEL, "07", text);
        assert_int_equal(bip_send(u.card, &b, SLICE_OF(data)), sizeof data);
        for (size_t left = sizeof data, n; left; left -= n) {
            f = terminal_fetch_type(&u, CAT_SEND_DATA);
            n = left < sizes[i].chunk ? left : sizes[i].chunk;
            assert_int_equal(f.tlvs.n, n + (n < 0x80 ? 2 : 3));
            terminal_respond(&u, &f, "00", "B701FF");
        }
        assert_int_equal(seen.sent, 1);
    }
}

/* What arrived before the peer left is handed over; what is to be sent is not. */
static void the_peer_leaves(void **state)
{
    (void)state;
    connect_host(0);
    data_arrives("03");
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    link_is("0105"); /* link dropped */
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("y")), 0);
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "B603616263 B70102");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "B6026465 B70100");
    terminal_do(&u, CAT_CLOSE_CHANNEL, "3A03", "");
    expect_closed(BIP_BY_PEER, 0, 0);
    assert_int_equal(seen.n, 5);
    assert_memory_equal(seen.got, "abcde", 5);
    terminal_idle(&u);
}

static void closed_from_inside(void **state)
{
    (void)state;
    seen.close_on_data = true;
    connect_host(0);
    data_arrives("FF");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "B60161 B701FF");
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_BY_US, 0, 0);
    assert_int_equal(seen.n, 1);
    terminal_idle(&u);
}

/* While the terminal still opens it, and while a command is under way. */
static void closed_early(void **state)
{
    struct fetched f;

    (void)state;
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    f = terminal_fetch_type(&u, CAT_OPEN_CHANNEL);
    bip_close(u.card, &b);
    assert_int_equal(seen.closed, 0);
    assert_int_equal(terminal_respond(&u, &f, "00", CONNECTED), 0x910B);
    assert_int_equal(seen.opened, 0);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_BY_US, 0, 0);
    seen.closed = 0;
    connect_host(0);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    bip_close(u.card, &b);
    assert_int_equal(terminal_respond(&u, &f, "20", ""), 0x910B);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_BY_US, 0, 0);
}

/* ---- datagrams ---- */

/* One at a time, whole; what is more than one command takes is sent with the last of them. */
static void datagrams(void **state)
{
    struct cat_channel udp = host;
    uint8_t data[BIP_SEND_MAX + 1];
    struct fetched f;

    (void)state;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    udp.transport = CAT_UDP_CLIENT;
    udp.port = 53;
    assert_int_equal(bip_open(u.card, &b, &udp, 0), E_OK);
    assert_int_equal(bip_room(&b), 0);
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    f = terminal_fetch_type(&u, CAT_OPEN_CHANNEL);
    slice transport = cat_tlv(f.tlvs, CAT_TAG_TRANSPORT);
    assert_true(slice_eq(transport, SLICE_LIT("\x01\x00\x35")));
    terminal_respond(&u, &f, "00", CONNECTED);
    assert_int_equal(seen.opened, 1);
    assert_int_equal(bip_room(&b), BIP_SEND_MAX);
    assert_int_equal(bip_send(u.card, &b, slice_of(data, BIP_SEND_MAX + 1)), 0);
    assert_int_equal(bip_send(u.card, &b, slice_of(data, 2 * CAT_SEND_MAX + 1)),
                     2 * CAT_SEND_MAX + 1);
    for (unsigned i = 0; i < 3; i++) {
        size_t n = i < 2 ? CAT_SEND_MAX : 1;

        assert_int_equal(bip_room(&b), 0);
        assert_int_equal(bip_send(u.card, &b, SLICE_LIT("next")), 0);
        assert_int_equal(seen.sent, 0);
        f = terminal_fetch_type(&u, CAT_SEND_DATA);
        assert_int_equal(f.qualifier, i < 2 ? 0 : 1);
        slice part = cat_tlv(f.tlvs, CAT_TAG_CHANNEL_DATA);
        assert_true(slice_eq(part, slice_of(data + i * CAT_SEND_MAX, n)));
        terminal_respond(&u, &f, "00", "B701FF");
    }
    assert_int_equal(seen.sent, 1);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("next")), 4);
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    assert_int_equal(f.qualifier, 1);
    terminal_respond(&u, &f, "00", "B701FF");
    data_arrives("05");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "B605776F726C64 B70100");
    assert_int_equal(seen.n, 5);
    /* a connection behind it is one of octets again */
    bip_close(u.card, &b);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    assert_int_equal(bip_send(u.card, &b, slice_of(data, BIP_SEND_MAX + 1)), BIP_SEND_MAX);
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    assert_int_equal(f.qualifier, 1);
}

/* ---- refusals ---- */

static const struct {
    const char *octets;
    int result, info;
    bool gone; /* the terminal says that there is no such channel */
} results[] = {
    { "2004", 0x20, 4, false }, { "20", 0x20, 0, false },        { "2100", 0x21, 0, false },
    { "22", 0x22, 0, false },   { "30", 0x30, 0, false },        { "31", 0x31, 0, false },
    { "32", 0x32, 0, false },   { "33", 0x33, 0, false },        { "36", 0x36, 0, false },
    { "3800", 0x38, 0, false }, { "3A00", 0x3A, 0, false },      { "3A01", 0x3A, 1, false },
    { "3A02", 0x3A, 2, true },  { "3A03", 0x3A, 3, true },       { "3A05", 0x3A, 5, false },
    { "10", 0x10, 0, false },   { "FFFFFF", 0xFF, 0xFF, false },
};

static void open_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(results); i++) {
        fresh(NULL);
        assert_int_equal(bip_open(u.card, &b, &host, 5), E_OK);
        terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
        terminal_do(&u, CAT_OPEN_CHANNEL, results[i].octets, "");
        expect_closed(BIP_REFUSED, results[i].result, results[i].info);
        assert_int_equal(seen.opened, 0);
        terminal_idle(&u);
    }
    /* performed, but no channel, or none of seven */
    static const char *const none[] = { "", "B80180", "B8028000", "B803810000" };
    for (size_t i = 0; i < COUNT(none); i++) {
        fresh(NULL);
        assert_int_equal(bip_open(u.card, &b, &host, 5), E_OK);
        terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
        terminal_do(&u, CAT_OPEN_CHANNEL, "00", none[i]);
        expect_closed(BIP_REFUSED, 0, 0);
        terminal_idle(&u);
    }
}

static void events_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(results); i++) {
        fresh(NULL);
        assert_int_equal(bip_open(u.card, &b, &host, 0), E_OK);
        terminal_do(&u, CAT_SET_UP_EVENT_LIST, results[i].octets, "");
        terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED); /* it was in the queue already */
        terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
        expect_closed(BIP_REFUSED, results[i].result, results[i].info);
        assert_int_equal(seen.opened, 0);
        terminal_idle(&u);
    }
}

/* type: SEND DATA or RECEIVE DATA */
static void transfer_refused(uint8_t type)
{
    for (size_t i = 0; i < COUNT(results); i++) {
        fresh(NULL);
        connect_host(0);
        if (type == CAT_SEND_DATA)
            assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
        else
            data_arrives("01");
        terminal_do(&u, type, results[i].octets, "B60161");
        if (!results[i].gone) {
            assert_int_equal(seen.closed, 0);
            terminal_do(&u, CAT_CLOSE_CHANNEL, i & 1 ? "00" : "20", "");
        }
        expect_closed(BIP_REFUSED, results[i].result, results[i].info);
        assert_int_equal(seen.n, 0);
        assert_int_equal(seen.sent, 0);
        terminal_idle(&u);
    }
}

static void send_refused(void **state)
{
    (void)state;
    transfer_refused(CAT_SEND_DATA);
}

static void receive_refused(void **state)
{
    (void)state;
    transfer_refused(CAT_RECEIVE_DATA);
}

/* Answers without what they should have, and events that make no sense, end nothing. */
static void missing_parts(void **state)
{
    (void)state;
    connect_host(0);
    data_arrives("04");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", ""); /* neither data nor length */
    terminal_idle(&u);
    data_arrives("04");
    terminal_do(&u, CAT_RECEIVE_DATA, "02", "B70104"); /* says that there is more, gives none */
    terminal_idle(&u);
    data_arrives("04");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "3602 6162"); /* without comprehension bit and length */
    terminal_idle(&u);
    assert_int_equal(seen.n, 2);
    data_arrives("00");
    terminal_idle(&u);
    static const char *const odd[] = {
        "990109 82028281 B8028100",
        "990109 82028281 B701FF",
        "990109 82028281 B8018100 B701FF",
        "990109 82028281 B8028200 B701FF",
        "990109 82028281 B8028100 B700",
        "990109 82028281 B8028100 B7020101",
        "99010A 82028281",
        "99010A 82028281 B80100",
        "99010A 82028281 B803010000",
    };
    for (size_t i = 0; i < COUNT(odd); i++) {
        uint16_t sw = terminal_envelope(&u, 0xD6, odd[i]);

        assert_int_equal(sw, 0x9000);
        assert_int_equal(b.state, BIP_OPEN);
    }
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    terminal_do(&u, CAT_SEND_DATA, "01", ""); /* no word on room */
    assert_int_equal(seen.sent, 1);
}

static void wrong_numbers(void **state)
{
    struct fetched f;

    (void)state;
    connect_host(0);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    f.number++;
    assert_int_equal(terminal_respond(&u, &f, "3A02", ""), 0x9000);
    f.number--;
    f.type = CAT_RECEIVE_DATA;
    assert_int_equal(terminal_respond(&u, &f, "00", "B60161"), 0x9000);
    assert_int_equal(seen.n, 0);
    assert_int_equal(seen.sent, 0);
    f.type = CAT_SEND_DATA;
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    assert_int_equal(seen.sent, 1);
    assert_int_equal(b.state, BIP_OPEN);
}

static void terminals_that_cannot(void **state)
{
    (void)state;
    card_reset(u.card);
    assert_int_equal(bip_open(u.card, &b, &host, 0), E_STATE);
    /* one bit less each: OPEN, CLOSE, RECEIVE, SEND, SET UP EVENT LIST, its two events, TCP */
    static const struct {
        unsigned octet;
        uint8_t bit;
    } needs[] = { { 12, 0x01 }, { 12, 0x02 }, { 12, 0x04 }, { 12, 0x08 },
                  { 5, 0x01 },  { 6, 0x04 },  { 6, 0x08 },  { 17, 0x01 } };
    for (size_t i = 0; i < COUNT(needs); i++) {
        char text[100] = "80100000 14 ";

        for (unsigned o = 1; o <= 20; o++)
            snprintf(text + strlen(text), 3, "%02X",
                     o == needs[i].octet ? 0xFF & ~needs[i].bit : 0xFF);
        fresh(NULL);
        card_reset(u.card);
        uicc_expect(&u, 0x9000, "", "%s", text);
        assert_int_equal(bip_open(u.card, &b, &host, 0), E_UNSUPPORTED);
        assert_int_equal(b.state, BIP_IDLE);
        assert_int_equal(seen.closed, 0);
    }
    fresh(NULL);
    struct cat_channel neither = host, odd = host, closed_port = host;
    neither.transport = (enum cat_transport)0x03;
    odd.address.n = 3;
    closed_port.port = 0;
    assert_int_equal(bip_open(u.card, &b, &neither, 0), E_ARGUMENT);
    assert_int_equal(bip_open(u.card, &b, &odd, 0), E_ARGUMENT);
    assert_int_equal(bip_open(u.card, &b, &closed_port, 0), E_CONFLICT); /* the event list waits */
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    assert_int_equal(bip_open(u.card, &b, &closed_port, 0), E_ARGUMENT);
    assert_int_equal(b.state, BIP_IDLE);
}

/* ---- time, and a full queue ---- */

static void silence_ends_it(void **state)
{
    (void)state;
    connect_host(30);
    data_arrives("01");
    terminal_do(&u, CAT_RECEIVE_DATA, "00", "B60161 B70100");
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40101 A503000300") >> 8, 0x91);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", ""); /* something had happened: again */
    assert_int_equal(b.state, BIP_OPEN);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40101 A503000300") >> 8, 0x91);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_TIMEOUT, 0, 0);
    terminal_idle(&u);
}

static void a_link_that_never_comes(void **state)
{
    (void)state;
    assert_int_equal(bip_open(u.card, &b, &host, 10), E_OK);
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", "B8020100");
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40101 A503000100") >> 8, 0x91);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_TIMEOUT, 0, 0);
    assert_int_equal(seen.opened, 0);
}

/* Closed before its time: the timer is taken back. A refused timer means no limit of time. */
static void the_timer_goes_too(void **state)
{
    struct fetched f;

    (void)state;
    connect_host(30);
    bip_close(u.card, &b);
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    f = terminal_fetch_type(&u, CAT_TIMER_MANAGEMENT);
    assert_int_equal(f.qualifier, 1);
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    expect_closed(BIP_BY_US, 0, 0);
    seen.closed = 0;
    seen.opened = 0;
    assert_int_equal(bip_open(u.card, &b, &host, 30), E_OK);
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "24", "");
    assert_int_equal(b.state, BIP_OPEN);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    terminal_do(&u, CAT_SEND_DATA, "00", "B701FF");
    terminal_idle(&u); /* it is not asked again */
}

static void a_full_queue_is_waited_for(void **state)
{
    (void)state;
    connect_host(0);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        terminal_do(&u, CAT_MORE_TIME, "00", "");
    terminal_do(&u, CAT_SEND_DATA, "00", "B701FF");
    assert_int_equal(seen.sent, 1);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    bip_close(u.card, &b);
    assert_int_equal(seen.closed, 0);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        terminal_do(&u, CAT_MORE_TIME, "00", "");
    terminal_do(&u, CAT_CLOSE_CHANNEL, "00", "");
    expect_closed(BIP_BY_US, 0, 0);
}

/* ---- resets and power cuts ---- */

/* After 0, 1, 2 ... answers of a whole conversation the terminal resets, or begins anew. */
static void a_reset_anywhere(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        for (unsigned at = 0; at < 7; at++) {
            fresh(NULL);
            seen.open_again = at & 1;
            assert_int_equal(bip_open(u.card, &b, &host, 9), E_OK);
            for (unsigned i = 0; i < at; i++) {
                struct fetched f;

                if (i == 3)
                    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
                if (i == 4)
                    data_arrives("01");
                if (i == 5)
                    bip_close(u.card, &b);
                f = terminal_fetch(&u);
                terminal_respond(&u, &f, "00",
                                 f.type == CAT_OPEN_CHANNEL   ? CONNECTED
                                 : f.type == CAT_RECEIVE_DATA ? "B60161 B70100"
                                                              : "");
            }
            if (how == 1 && cat_waiting(u.card))
                terminal_fetch(&u); /* and no answer */
            assert_int_equal(seen.closed, at < 6 ? 0 : 1);
            if (how == 2) {
                uicc_boot(&u);
                assert_int_equal(cat_waiting(u.card), 0);
                memset(&seen, 0, sizeof seen);
                assert_int_equal(bip_init(u.card, &b, hear, &seen), E_OK);
            } else {
                card_reset(u.card);
                assert_int_equal(seen.closed, 1);
                assert_int_equal(b.why, at < 6 ? BIP_RESET : BIP_BY_US);
            }
            assert_int_equal(b.state, BIP_IDLE);
            memset(&seen, 0, sizeof seen);
            uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
            connect_host(0);
        }
    }
}

static void a_terminal_that_begins_anew(void **state)
{
    (void)state;
    connect_host(0);
    seen.open_again = true;
    assert_int_equal(bip_send(u.card, &b, SLICE_LIT("x")), 1);
    terminal_fetch_type(&u, CAT_SEND_DATA);
    assert_int_equal(uicc_apdu(&u, TERMINAL_ALL) >> 8, 0x91);
    assert_int_equal(seen.closed, 1);
    assert_int_equal(b.why, BIP_RESET);
    assert_int_equal(b.state, BIP_OPENING); /* its user tries again */
    terminal_do(&u, CAT_OPEN_CHANNEL, "00", CONNECTED);
    assert_int_equal(seen.opened, 2);
}

/* What the user keeps of the data is there before the answer, or not at all. */
static void power_cut_at_every_write(void **state)
{
    unsigned kept = 0, lost = 0;

    (void)state;
    for (uint32_t cut = 0; cut < 80; cut++) {
        struct fetched f;
        uint16_t sw;

        fresh(NULL);
        seen.store = true;
        connect_host(0);
        data_arrives("05");
        f = terminal_fetch_type(&u, CAT_RECEIVE_DATA);
        u.ram.writes = 0;
        u.ram.cut_at = 1;
        u.ram.cut_octets = cut;
        sw = terminal_respond(&u, &f, "00", "B605776F726C64 B70100");
        nvm_ram_power_on(&u.ram);
        uicc_boot(&u);
        slice got = objects_get(card_objects(u.card), ISDR_OBJECTS + 7);
        if (sw == 0x9000)
            assert_true(got.p != NULL);
        if (got.p)
            assert_true(slice_eq(got, SLICE_LIT("world")));
        kept += got.p != NULL;
        lost += got.p == NULL;
        assert_int_equal(cat_waiting(u.card), 0);
    }
    assert_true(kept > 0 && lost > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        T(there_and_back),
        T(long_streams),
        T(link_that_comes_later),
        T(a_small_buffer),
        T(the_peer_leaves),
        T(datagrams),
        T(closed_from_inside),
        T(closed_early),
        T(open_refused),
        T(events_refused),
        T(send_refused),
        T(receive_refused),
        T(missing_parts),
        T(wrong_numbers),
        T(terminals_that_cannot),
        T(silence_ends_it),
        T(a_link_that_never_comes),
        T(the_timer_goes_too),
        T(a_full_queue_is_waited_for),
        T(a_reset_anywhere),
        T(a_terminal_that_begins_anew),
        T(power_cut_at_every_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
