/* Proactive commands as they leave the card, and what their answers do (TS 102 223). */
#include "euicc/card_impl.h"
#include "euicc/uicc_package.h"
#include "euicc/uicc_terminal.h"

static struct uicc u;
static uint8_t octets[UICC_PACKAGE_MAX];

static struct {
    unsigned calls;
    int result;
    uint8_t body[256];
    size_t n;
} heard;

static void hear(struct card *card, void *ctx, int result, slice body)
{
    (void)card;
    assert_ptr_equal(ctx, &heard);
    heard.calls++;
    heard.result = result;
    heard.n = body.n;
    if (body.n)
        memcpy(heard.body, body.p, body.n);
}

static int fresh(void **state)
{
    (void)state;
    uicc_new(&u);
    memset(&heard, 0, sizeof heard);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    return 0;
}

/* ---- encoding ---- */

/* The examples follow TS 102 223 6.6; numbers count on. */
static void expect_command(const char *hex)
{
    uint8_t wanted[300];
    size_t n = uicc_hex(hex, wanted, sizeof wanted);
    struct fetched f = terminal_fetch(&u);

    assert_int_equal(u.n, n);
    assert_memory_equal(u.reply, wanted, n);
    heard.calls = 0;
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    terminal_idle(&u);
}

#define QUEUED(call)                                                                               \
    do {                                                                                           \
        assert_int_equal(call, E_OK);                                                              \
    } while (0)

static void commands_as_they_are_written(void **state)
{
    const struct cat_channel tcp = { .transport = CAT_TCP_CLIENT,
                                     .address = SLICE_LIT("\xC0\x00\x02\x01"),
                                     .port = 443,
                                     .buffer = 1500 };
    struct cat_channel with_names = tcp;
    struct card *c = u.card;

    (void)state;
    QUEUED(cat_more_time(c, hear, &heard));
    expect_command("D009 8103010200 82028182");
    assert_int_equal(heard.calls, 1);
    QUEUED(cat_poll_interval(c, 30));
    expect_command("D00D 8103020300 82028182 8402011E");
    QUEUED(cat_poll_interval(c, 300));
    expect_command("D00D 8103030300 82028182 84020005");
    QUEUED(cat_poll_interval(c, 65535));
    expect_command("D00D 8103040300 82028182 840200FF");
    QUEUED(cat_polling_off(c));
    expect_command("D009 8103050400 82028182");
    QUEUED(cat_provide_local_information(c, 0x03, hear, &heard));
    expect_command("D009 8103062603 82028182");
    QUEUED(cat_display_text(c, 0x80, 0x04, SLICE_LIT("Hi"), hear, &heard));
    expect_command("D00E 8103072180 82028102 8D03044869");
    QUEUED(
        cat_send_short_message(c, SLICE_LIT("\x91\x21\x43"), SLICE_LIT("\x01\x02"), hear, &heard));
    expect_command("D014 8103081300 82028183 8500 8603912143 8B020102");
    QUEUED(cat_send_short_message(c, SLICE_NONE, SLICE_LIT("\x01\x02"), hear, &heard));
    expect_command("D00F 8103091300 82028183 8500 8B020102");
    QUEUED(cat_want_events(
        c, CAT_EVENT_BIT(CAT_EVENT_CHANNEL_STATUS) | CAT_EVENT_BIT(CAT_EVENT_DATA_AVAILABLE), hear,
        &heard));
    expect_command("D00D 81030A0500 82028182 9902090A");
    assert_int_equal(cat_events(c), 0x600);
    QUEUED(cat_want_events(c, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), hear, &heard));
    expect_command("D00E 81030B0500 82028182 990303090A");
    QUEUED(cat_open_channel(c, &tcp, hear, &heard));
    expect_command("D01E 81030C4001 82028182 8500 B50103 B90205DC BC030201BB BE0521C0000201");
    with_names.transport = CAT_UDP_CLIENT;
    with_names.address = SLICE_LIT("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1");
    with_names.access_name = SLICE_LIT("\x03iot");
    with_names.user = SLICE_LIT("u");
    with_names.password = SLICE_LIT("");
    QUEUED(cat_open_channel(c, &with_names, hear, &heard));
    expect_command("D037 81030D4001 82028182 8500 B50103 B90205DC 470403696F74 0D020475 0D0104 "
                   "BC030101BB BE115720010DB8000000000000000000000001");
    QUEUED(cat_close_channel(c, 3, hear, &heard));
    expect_command("D009 81030E4100 82028123");
    QUEUED(cat_send_data(c, 1, SLICE_LIT("abc"), hear, &heard));
    expect_command("D00E 81030F4301 82028121 B603616263");
    QUEUED(cat_receive_data(c, 7, 237, hear, &heard));
    expect_command("D00C 8103104200 82028127 B701ED");
    QUEUED(cat_get_channel_status(c, hear, &heard));
    expect_command("D009 8103114400 82028182");
    QUEUED(cat_refresh(c, CAT_REFRESH_FILES, 2,
                       SLICE_LIT("\x3F\x00\x2F\xE2\x3F\x00\x7F\xFF\x6F\x07"), hear, &heard));
    expect_command("D016 8103120101 82028182 920B02 3F002FE2 3F007FFF6F07");
    QUEUED(cat_refresh(c, CAT_REFRESH_UICC_RESET, 0, SLICE_NONE, hear, &heard));
    expect_command("D009 8103130104 82028182");
}

static void the_longest_command(void **state)
{
    static const uint8_t data[CAT_SEND_MAX + 1] = { 0x5A };
    struct fetched f;

    (void)state;
    assert_int_equal(cat_send_data(u.card, 1, SLICE_OF(data), NULL, NULL), E_LIMIT);
    terminal_idle(&u);
    assert_int_equal(cat_send_data(u.card, 1, slice_of(data, CAT_SEND_MAX), NULL, NULL), E_OK);
    assert_int_equal(uicc_apdu(&u, "80F2000C"), 0x91FF);
    uicc_expect(&u, 0x6CFF, "", "80120000FE");
    f = terminal_fetch_type(&u, CAT_SEND_DATA);
    assert_int_equal(f.tlvs.n, 3 + CAT_SEND_MAX);
    assert_memory_equal(f.tlvs.p, "\xB6\x81\xF0\x5A", 4);
    assert_int_equal(terminal_respond(&u, &f, "00", "B701FF"), 0x9000);
    assert_int_equal(cat_display_text(u.card, 0, 4, slice_of(data, 241), NULL, NULL), E_LIMIT);
    assert_int_equal(cat_display_text(u.card, 0, 4, slice_of(data, 239), NULL, NULL), E_OK);
}

/* ---- what the TERMINAL PROFILE allows ---- */

static void only_what_the_terminal_can(void **state)
{
    const struct cat_channel tcp = { .transport = CAT_TCP_CLIENT,
                                     .address = SLICE_LIT("\x7F\0\0\1"),
                                     .port = 1 };
    uint8_t id;

    (void)state;
    uicc_new(&u);
    assert_int_equal(cat_more_time(u.card, NULL, NULL), E_STATE);
    assert_int_equal(cat_want_events(u.card, 8, NULL, NULL), E_STATE);
    uicc_expect(&u, 0x9000, "", "80100000 03 0000A0"); /* POLL INTERVAL, REFRESH */
    assert_int_equal(cat_more_time(u.card, NULL, NULL), E_UNSUPPORTED);
    assert_int_equal(cat_open_channel(u.card, &tcp, NULL, NULL), E_UNSUPPORTED);
    assert_int_equal(cat_want_events(u.card, 8, NULL, NULL), E_UNSUPPORTED);
    assert_int_equal(cat_timer_start(u.card, 1, NULL, NULL, &id), E_UNSUPPORTED);
    assert_int_equal(cat_provide_local_information(u.card, 0x33, NULL, NULL), E_UNSUPPORTED);
    terminal_idle(&u);
    assert_int_equal(cat_poll_interval(u.card, 0), E_RANGE);
    assert_int_equal(cat_poll_interval(u.card, 1), E_OK);
    terminal_do(&u, CAT_POLL_INTERVAL, "00", "84020101");
    /* commands of BIP, but no TCP */
    uicc_expect(&u, 0x9000, "",
                "80100000 22 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF02FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    assert_int_equal(cat_open_channel(u.card, &tcp, NULL, NULL), E_UNSUPPORTED);
    /* every bit of the table for itself: without it, refused; with it alone, taken */
    static const uint8_t bits[][4] = {
        { 3, 0x01, CAT_DISPLAY_TEXT, 0 },        { 3, 0x08, CAT_MORE_TIME, 0 },
        { 3, 0x20, CAT_POLL_INTERVAL, 0 },       { 3, 0x40, CAT_POLLING_OFF, 0 },
        { 4, 0x02, CAT_SEND_SHORT_MESSAGE, 0 },  { 5, 0x01, CAT_SET_UP_EVENT_LIST, 0 },
        { 8, 0x01, CAT_TIMER_MANAGEMENT, 1 },    { 8, 0x02, CAT_TIMER_MANAGEMENT, 2 },
        { 12, 0x01, CAT_OPEN_CHANNEL, 0 },       { 12, 0x02, CAT_CLOSE_CHANNEL, 0 },
        { 12, 0x04, CAT_RECEIVE_DATA, 0 },       { 12, 0x08, CAT_SEND_DATA, 0 },
        { 12, 0x10, CAT_GET_CHANNEL_STATUS, 0 }, { 4, 0x40, CAT_PROVIDE_LOCAL_INFORMATION, 1 },
    };
    for (size_t i = 0; i < COUNT(bits); i++) {
        char text[2][80] = { "80100000 14 ", "80100000 14 " };

        for (unsigned o = 1; o <= 20; o++) {
            uint8_t bit = o == bits[i][0] ? bits[i][1] : 0;

            snprintf(text[0] + strlen(text[0]), 4, "%02X", bit);
            snprintf(text[1] + strlen(text[1]), 4, "%02X", (uint8_t)~bit);
        }
        uicc_expect(&u, 0x9000, "", "%s", text[1]);
        assert_int_equal(cat_queue(u.card, bits[i][2], bits[i][3], SLICE_NONE, NULL, NULL),
                         E_UNSUPPORTED);
        uicc_expect(&u, 0x9000, "", "%s", text[0]);
        assert_int_equal(cat_queue(u.card, bits[i][2], bits[i][3], SLICE_NONE, NULL, NULL), E_OK);
        terminal_do(&u, bits[i][2], "00", "");
    }
}

/* ---- answers ---- */

static void answers_reach_their_owner(void **state)
{
    struct fetched f;

    (void)state;
    assert_int_equal(cat_provide_local_information(u.card, 0x06, hear, &heard), E_OK);
    assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    f = terminal_fetch_type(&u, CAT_PROVIDE_LOCAL_INFORMATION);
    assert_true(cat_busy(u.card));
    /* access technology has a tag that BER would read as two octets */
    assert_int_equal(terminal_respond(&u, &f, "00", "3F0108 B701FF"), 0x910B);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.result, 0);
    assert_int_equal(cat_tlv(slice_of(heard.body, heard.n), 0x3F).p[0], 0x08);
    assert_int_equal(cat_tlv(slice_of(heard.body, heard.n), 0x37).p[0], 0xFF);
    assert_null(cat_tlv(slice_of(heard.body, heard.n), 0x36).p);
    terminal_do(&u, CAT_MORE_TIME, "00", "");
    assert_false(cat_busy(u.card));
    static const char *const results[] = { "2001", "2100", "22",   "30", "31", "32",
                                           "33",   "36",   "3A01", "10", "01", "FF" };
    for (size_t i = 0; i < COUNT(results); i++) {
        char octet[3] = { results[i][0], results[i][1], 0 };

        assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
        terminal_do(&u, CAT_MORE_TIME, results[i], "");
        assert_int_equal(heard.calls, 2 + i);
        assert_int_equal(heard.result, strtol(octet, NULL, 16));
        assert_int_equal(cat_result_info(slice_of(heard.body, heard.n)),
                         results[i][2] ? results[i][3] - '0' : 0);
    }
}

/* Without the comprehension bits, and with the TLVs in another order. */
static void tolerant_where_it_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    terminal_fetch(&u);
    uicc_expect(&u, 0x9000, "", "80140000 0C 02028281 0103010200 030100");
    assert_int_equal(heard.calls, 1);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    terminal_fetch(&u);
    uicc_expect(&u, 0x9000, "", "80140000 12 8103020200 82028281 7FB601 01AA 83810100");
    assert_int_equal(heard.calls, 2);
}

static void answers_that_are_none(void **state)
{
    static const struct {
        uint16_t sw;
        const char *data;
    } wrong[] = {
        { 0x9000, "0C 8103020200 82028281 830100" }, /* another number */
        { 0x9000, "0C 8103010300 82028281 830100" }, /* another type */
        { 0x6A80, "07 82028281 830100" },            /* no details */
        { 0x6A80, "0B 81020102 82028281 830100" },   /* two octets of them */
        { 0x6A80, "09 8103010200 82028281" },        /* no result */
        { 0x6A80, "0B 8103010200 82028281 8300" },   /* an empty one */
        { 0x6A80, "0C 8103010200 82028281 830200" }, /* too long for what is there */
        { 0x6A80, "0D 8103010200 82028281 830100 B6" },
        { 0x6A80, "0E 8103010200 82028281 830100 B680" },
        { 0x6A80, "10 8103010200 82028281 830100 B6830000" },
        { 0x6A80, "13 8103010200 82028281 830100 B68400000000 00" },
        { 0x6A80, "0E 8103010200 82028281 830100 7FB6" },
        { 0x6700, "" },
    };

    (void)state;
    uicc_expect(&u, 0x6985, "", "80140000 0C 8103010200 82028281 830100"); /* nothing asked */
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    uicc_expect(&u, 0x6985, "", "80140000 0C 8103010200 82028281 830100"); /* not fetched */
    terminal_fetch(&u);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uicc_expect(&u, wrong[i].sw, "", "80140000 %s", wrong[i].data);
        assert_int_equal(heard.calls, 0);
        assert_true(cat_busy(u.card));
    }
    uicc_expect(&u, 0x9000, "", "80140000 0C 8103010200 82028281 830100");
    assert_int_equal(heard.calls, 1);
    uicc_expect(&u, 0x6985, "", "80140000 0C 8103010200 82028281 830100"); /* once */
    assert_int_equal(heard.calls, 1);
}

static void lost_answers(void **state)
{
    (void)state;
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    assert_int_equal(cat_polling_off(u.card), E_OK);
    terminal_fetch_type(&u, CAT_MORE_TIME);
    terminal_idle(&u); /* it may be busy with it for long */
    uicc_expect(&u, 0x6985, "", "801200000B");
    /* the terminal begins anew: that command is lost, the next waits */
    uicc_expect(&u, 0x910B, "", TERMINAL_ALL);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.result, -1);
    terminal_fetch_type(&u, CAT_POLLING_OFF);
    card_reset(u.card);
    assert_false(cat_busy(u.card));
    terminal_idle(&u);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_STATE);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    uicc_boot(&u); /* power cut */
    terminal_idle(&u);
    assert_int_equal(heard.calls, 1);
}

static void the_queue_has_an_end(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_LIMIT);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        terminal_do(&u, CAT_MORE_TIME, "00", "");
    terminal_idle(&u);
    assert_int_equal(heard.calls, CAT_QUEUE);
    /* numbers go from 1 to 254 and begin again */
    for (unsigned i = CAT_QUEUE; i < 300; i++) {
        assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK);
        struct fetched f = terminal_fetch_type(&u, CAT_MORE_TIME);
        assert_int_equal(f.number, i % 254 + 1);
        assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    }
}

/* ---- polling ---- */

static void the_personality_asks_for_polling(void **state)
{
    (void)state;
    uicc_new(&u);
    u.personality.poll_interval_s = 30;
    uicc_boot(&u);
    uicc_expect(&u, 0x910F, "", TERMINAL_ALL);
    assert_int_equal(cat_polled_every_s(u.card), 0);
    uicc_expect(&u, 0x910F, "", TERMINAL_ALL); /* once is enough */
    terminal_do(&u, CAT_POLL_INTERVAL, "00", "8402011C");
    terminal_idle(&u);
    assert_int_equal(cat_polled_every_s(u.card), 28);
    assert_int_equal(cat_polling_off(u.card), E_OK);
    terminal_do(&u, CAT_POLLING_OFF, "20", "");
    assert_int_equal(cat_polled_every_s(u.card), 28);
    assert_int_equal(cat_polling_off(u.card), E_OK);
    terminal_do(&u, CAT_POLLING_OFF, "00", "");
    assert_int_equal(cat_polled_every_s(u.card), 0);
    assert_int_equal(cat_poll_interval(u.card, 600), E_OK);
    terminal_do(&u, CAT_POLL_INTERVAL, "30", "8402000A"); /* refused, whatever it says beside */
    assert_int_equal(cat_polled_every_s(u.card), 0);
    assert_int_equal(cat_poll_interval(u.card, 600), E_OK);
    terminal_do(&u, CAT_POLL_INTERVAL, "00", "8402000A");
    assert_int_equal(cat_polled_every_s(u.card), 600);
    card_reset(u.card);
    assert_int_equal(cat_polled_every_s(u.card), 0);
    uicc_expect(&u, 0x9000, "", "80100000 03 FFFFDF"); /* a terminal without POLL INTERVAL */
    terminal_idle(&u);
}

/* ---- timers ---- */

static unsigned expired, gone;

static void tick(struct card *card, void *ctx, bool really)
{
    (void)card;
    assert_ptr_equal(ctx, &expired);
    if (really)
        expired++;
    else
        gone++;
}

#define START(s, id) cat_timer_start(u.card, s, tick, &expired, id)

static void timers(void **state)
{
    uint8_t id[CAT_TIMERS], more;
    struct fetched f;

    (void)state;
    expired = gone = 0;
    assert_int_equal(START(0, &more), E_RANGE);
    assert_int_equal(START(86400, &more), E_RANGE);
    assert_int_equal(START(86399, &id[0]), E_OK);
    f = terminal_fetch_type(&u, CAT_TIMER_MANAGEMENT);
    assert_int_equal(f.qualifier, 0);
    assert_int_equal(f.tlvs.n, 8);
    assert_memory_equal(f.tlvs.p, "\xA4\x01\x01\xA5\x03\x32\x95\x95", 8);
    assert_int_equal(terminal_respond(&u, &f, "00", "A40101"), 0x9000);
    for (uint8_t i = 1; i < CAT_TIMERS; i++) {
        assert_int_equal(START(1, &id[i]), E_OK);
        assert_int_equal(id[i], i + 1);
        terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    }
    assert_int_equal(START(1, &more), E_LIMIT);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40103 A503000010"), 0x9000);
    assert_int_equal(expired, 1);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40103 A503000010"), 0x9000);
    assert_int_equal(expired, 1); /* it does not run */
    assert_int_equal(START(1, &more), E_OK);
    assert_int_equal(more, 3);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "24", ""); /* timer not possible */
    assert_int_equal(gone, 1);
    /* stopped: its expiration comes too late */
    cat_timer_stop(u.card, 5);
    cat_timer_stop(u.card, 5);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40105 A503000010") >> 8, 0x91);
    assert_int_equal(expired, 1);
    f = terminal_fetch_type(&u, CAT_TIMER_MANAGEMENT);
    assert_int_equal(f.qualifier, 1);
    assert_memory_equal(f.tlvs.p, "\xA4\x01\x05", 3);
    assert_int_equal(START(1, &more), E_OK); /* 3 */
    assert_int_equal(START(1, &more), E_OK);
    assert_int_equal(more, 5); /* its place has a new owner, whom the old one's answer spares */
    assert_int_equal(terminal_respond(&u, &f, "00", "") >> 8, 0x91);
    for (unsigned i = 0; i < 3; i++) /* the second stop, and the two starts */
        terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    terminal_idle(&u);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40105 A503000010"), 0x9000);
    assert_int_equal(expired, 2);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40100"), 0x9000);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40109"), 0x9000);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A4020101"), 0x6A80);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281"), 0x6A80);
    assert_int_equal(expired, 2);
    card_reset(u.card);
    assert_int_equal(gone, 1 + 7);
    assert_int_equal(terminal_envelope(&u, 0xD7, "82028281 A40101 A503000010"), 0x9000);
    assert_int_equal(expired, 2);
}

/* ---- events and other envelopes ---- */

static struct {
    unsigned news[4];
    uint8_t event;
} watched;

static void watch(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body)
{
    (void)card;
    (void)body;
    assert_ptr_equal(ctx, &watched);
    watched.news[news]++;
    if (news == CAT_NEWS_EVENT)
        watched.event = event;
}

static void events(void **state)
{
    struct fetched f;

    (void)state;
    memset(&watched, 0, sizeof watched);
    for (unsigned i = 0; i < CAT_WATCHES; i++)
        assert_int_equal(cat_watch(u.card, watch, &watched), E_OK);
    assert_int_equal(cat_watch(u.card, watch, &watched), E_LIMIT);
    u.card->watcher_count = 1;
    assert_int_equal(terminal_envelope(&u, 0xD6, "990103 82028281 9B0100"), 0x9000);
    assert_int_equal(watched.news[CAT_NEWS_EVENT], 0); /* nobody asked */
    assert_int_equal(cat_want_events(u.card,
                                     CAT_EVENT_BIT(CAT_EVENT_PROFILE_CONTAINER) |
                                         CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS),
                                     hear, &heard),
                     E_OK);
    assert_int_equal(
        cat_want_events(u.card, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), hear, &heard),
        E_CONFLICT);
    f = terminal_fetch_type(&u, CAT_SET_UP_EVENT_LIST);
    assert_memory_equal(f.tlvs.p, "\x99\x02\x03\x19", 4);
    assert_int_equal(terminal_respond(&u, &f, "32", ""), 0x9000);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(watched.news[CAT_NEWS_ROOM], 1);
    assert_int_equal(cat_events(u.card), 0);
    assert_int_equal(
        cat_want_events(u.card, CAT_EVENT_BIT(CAT_EVENT_PROFILE_CONTAINER), hear, &heard), E_OK);
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    assert_int_equal(terminal_envelope(&u, 0xD6, "990119 82028281"), 0x9000);
    assert_int_equal(watched.news[CAT_NEWS_EVENT], 1);
    assert_int_equal(watched.event, CAT_EVENT_PROFILE_CONTAINER);
    assert_int_equal(terminal_envelope(&u, 0xD6, "990103 82028281"), 0x9000);
    assert_int_equal(terminal_envelope(&u, 0xD6, "99013F 82028281"), 0x9000);
    assert_int_equal(watched.news[CAT_NEWS_EVENT], 1);
    assert_int_equal(terminal_envelope(&u, 0xD6, "99021919 82028281"), 0x6A80);
    assert_int_equal(terminal_envelope(&u, 0xD6, "9900 82028281"), 0x6A80);
    assert_int_equal(terminal_envelope(&u, 0xD6, "82028281"), 0x6A80);
    assert_int_equal(terminal_envelope(&u, 0xD1, "82028381 8B0100"), 0x9000);
    assert_int_equal(terminal_envelope(&u, 0xD1, "82028381"), 0x6A80);
    assert_int_equal(terminal_envelope(&u, 0xD3, "82020181 900101"), 0x9000);
    assert_int_equal(terminal_envelope(&u, 0xD8, "82020181"), 0x6A80);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    assert_int_equal(watched.news[CAT_NEWS_READY], 1);
    card_reset(u.card);
    assert_int_equal(watched.news[CAT_NEWS_ENDED], 1);
    assert_int_equal(cat_events(u.card), 0);
}

/* ---- REFRESH ends the session of the profile before ---- */

static void refresh_begins_a_new_session(void **state)
{
    struct profile_outcome out;
    uint8_t id;

    (void)state;
    expired = gone = 0;
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 1);
    assert_int_equal(cat_want_events(u.card, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), NULL, NULL),
                     E_OK);
    assert_int_equal(profile_switch(u.card, out.root, true), E_CONFLICT); /* toolkit busy */
    terminal_do(&u, CAT_SET_UP_EVENT_LIST, "00", "");
    assert_int_equal(START(9, &id), E_OK);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    assert_int_equal(profile_switch(u.card, out.root, true), E_OK);
    uicc_commit(&u);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK); /* behind the REFRESH */
    struct fetched f = terminal_fetch_type(&u, CAT_REFRESH);
    assert_int_equal(f.qualifier, CAT_REFRESH_PROFILE_STATE_CHANGE);
    assert_int_equal(profile_enabled(u.card), 0);
    assert_int_equal(terminal_respond(&u, &f, "00", ""), 0x9000);
    assert_int_equal(profile_enabled(u.card), out.root);
    assert_int_equal(heard.calls, 1);
    assert_int_equal(heard.result, -1);
    assert_int_equal(gone, 1);
    assert_int_equal(cat_events(u.card), 0);
    assert_int_equal(cat_more_time(u.card, hear, &heard), E_OK); /* the profile of the terminal */
    /* refused: the session goes on, the switch waits for the reset */
    terminal_do(&u, CAT_MORE_TIME, "00", "");
    assert_int_equal(START(9, &id), E_OK);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    assert_int_equal(profile_switch(u.card, 0, true), E_OK);
    uicc_commit(&u);
    terminal_do(&u, CAT_REFRESH, "2001", "");
    assert_int_equal(profile_enabled(u.card), out.root);
    assert_int_equal(gone, 1);
    card_reset(u.card);
    assert_int_equal(profile_enabled(u.card), 0);
    assert_int_equal(gone, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        T(commands_as_they_are_written),
        T(the_longest_command),
        T(only_what_the_terminal_can),
        T(answers_reach_their_owner),
        T(tolerant_where_it_is_allowed),
        T(answers_that_are_none),
        T(lost_answers),
        T(the_queue_has_an_end),
        T(the_personality_asks_for_polling),
        T(timers),
        T(events),
        T(refresh_begins_a_new_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
