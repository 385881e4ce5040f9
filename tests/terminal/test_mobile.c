/* The terminal and a card that asks: every command without a network, events, polls, refusals. */
#include "terminal/fake.h"

#include "euicc/cat.h"

#define HOST "850035010339020200 3C03021F90 3E05217F000001"

static int start(void **state)
{
    fake_setup(state);
    fake_open(&fake);
    return 0;
}

/* ---- sessions ---- */

static void a_session_begins_with_the_profile(void **state)
{
    (void)state;
    assert_int_equal(fake.resets, 1);
    assert_int_equal(fake.started, 1);
    /* 18 octets, 15 that announce nothing, and the last one */
    assert_string_equal(fake.profile, "2301E942110C00078800001FE20000000340"
                                      "000000000000000000000000000000"
                                      "20");
    assert_string_equal(fake.capability, "");
    assert_true(mobile_idle(fake.m) == false); /* it has a place to tell of */
    fake_step();
    assert_true(mobile_idle(fake.m));
    assert_string_equal(fake_envelope(), ""); /* nobody wants to hear of it */
}

static void the_terminal_capability_comes_first_when_there_is_one(void **state)
{
    fake_setup(state);
    fake.o.capability = SLICE_LIT("\xA9\x03\x83\x01\x07");
    fake_open(&fake);
    assert_string_equal(fake.capability, "A903830107");
    assert_int_equal(fake.profiles, 1);
}

static void options_are_checked(void **state)
{
    struct mobile *m;
    struct mobile_options good, o;

    fake_setup(state);
    fake_open(&fake);
    good = fake.o;
    const struct {
        const char *imei, *imeisv, *language, *mcc, *mnc;
    } bad[] = {
        { "00499901064000", NULL, NULL, NULL, NULL },
        { "00499901064000A", NULL, NULL, NULL, NULL },
        { NULL, "004999010640000", NULL, NULL, NULL },
        { NULL, NULL, "eng", NULL, NULL },
        { NULL, NULL, NULL, "01", "01" },
        { NULL, NULL, NULL, "0A1", "01" },
        { NULL, NULL, NULL, "001", "1" },
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        o = good;
        o.imei = bad[i].imei;
        o.imeisv = bad[i].imeisv;
        o.language = bad[i].language;
        if (bad[i].mcc) {
            snprintf(o.location.mcc, sizeof o.location.mcc, "%s", bad[i].mcc);
            snprintf(o.location.mnc, sizeof o.location.mnc, "%s", bad[i].mnc);
        }
        assert_int_equal(mobile_open(&o, &m), E_ARGUMENT);
        assert_null(m);
    }
    static const uint8_t long_capability[256];
    o = good;
    o.capability = SLICE_OF(long_capability);
    assert_int_equal(mobile_open(&o, &m), E_ARGUMENT);
    fake.dead = true;
    assert_int_equal(mobile_open(&good, &m), E_CLOSED);
    fake.dead = false;
}

static void a_card_that_is_gone_is_said(void **state)
{
    uint8_t answer[256];
    uint16_t sw;
    size_t n;

    (void)state;
    fake_step();
    fake.dead = true;
    fake.now_ms += 30000;
    assert_int_equal(mobile_step(fake.m), E_CLOSED);
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("x"), answer, sizeof answer, &n, &sw), E_CLOSED);
    assert_int_equal(mobile_restart(fake.m), E_CLOSED);
    fake.dead = false;
    assert_int_equal(mobile_restart(fake.m), E_OK);
    assert_int_equal(fake.started, 2);
}

static void refresh(void **state)
{
    (void)state;
    const uint8_t plain[] = { CAT_REFRESH_INIT_ALL_FILES,    CAT_REFRESH_FILES,
                              CAT_REFRESH_INIT_FILES,        CAT_REFRESH_INIT,
                              CAT_REFRESH_APPLICATION_RESET, CAT_REFRESH_SESSION_RESET };

    fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A503000001"); /* ten hours */
    for (size_t i = 0; i < COUNT(plain); i++)
        assert_string_equal(fake_ask(CAT_REFRESH, plain[i], 0x82, "920702 3F002FE2 3F00"),
                            "830100");
    assert_int_equal(fake.resets, 1);
    assert_int_equal(fake.profiles, 1);
    /* the timer went on meanwhile */
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 2, 0x82, "A40101"),
                        "830100A40101A503000001");
    assert_string_equal(fake_ask(CAT_REFRESH, 0x07, 0x82, ""), "830130");
    assert_string_equal(fake_ask(CAT_REFRESH, 0x0B, 0x82, ""), "830130");
    /* another profile: a new session without a reset */
    assert_string_equal(fake_ask(CAT_REFRESH, CAT_REFRESH_PROFILE_STATE_CHANGE, 0x82, ""),
                        "830100");
    assert_int_equal(fake.resets, 1);
    assert_int_equal(fake.profiles, 2);
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 2, 0x82, "A40101"), "830124A40101");
    assert_string_equal(fake_ask(CAT_REFRESH, CAT_REFRESH_UICC_RESET, 0x82, ""), "830100");
    assert_int_equal(fake.resets, 2);
    assert_int_equal(fake.profiles, 3);
    assert_int_equal(fake.started, 3);
}

/* ---- polling ---- */

static void polling(void **state)
{
    (void)state;
    fake_later(29999);
    assert_int_equal(fake.polls, 0);
    fake_later(1);
    assert_int_equal(fake.polls, 1);
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "84020105"), "8301008402"
                                                                          "0105");
    fake_later(4999);
    assert_int_equal(fake.polls, 1);
    fake_later(1);
    assert_int_equal(fake.polls, 2);
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "84020002"), "83010084020002");
    fake_later(119999);
    assert_int_equal(fake.polls, 2);
    fake_later(1);
    assert_int_equal(fake.polls, 3);
    /* tenths: not more often than every second */
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "84020203"), "83010084020101");
    fake_later(999);
    assert_int_equal(fake.polls, 3);
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, ""), "830136");
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "84020100"), "830132");
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "84020301"), "830132");
    assert_string_equal(fake_ask(CAT_POLL_INTERVAL, 0, 0x82, "840101"), "830132");
    assert_string_equal(fake_ask(CAT_POLLING_OFF, 0, 0x82, ""), "830100");
    fake_later(100000000);
    assert_int_equal(fake.polls, 3);
}

/* ---- timers ---- */

static void timers(void **state)
{
    (void)state;
    /* 10 s and 1 h 2 min 3 s; nibbles swapped */
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A503000001"),
                        "830100A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40108 A503102030"),
                        "830100A40108");
    fake_later(4000);
    assert_string_equal(fake_envelope(), "");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 2, 0x82, "A40101"),
                        "830100A40101A503000060");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 2, 0x82, "A40108"),
                        "830100A40108A503101095");
    fake_later(5999);
    assert_string_equal(fake_envelope(), "");
    fake_later(1);
    assert_string_equal(fake_envelope(), "D70C82028281A40101A503000001");
    fake_later(1000);
    assert_string_equal(fake_envelope(), "");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 1, 0x82, "A40101"), "830124A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 1, 0x82, "A40108"),
                        "830100A40108A503101025");
    fake_later(100000000);
    assert_string_equal(fake_envelope(), "");
}

static void timers_that_are_none(void **state)
{
    (void)state;
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A503000001"), "830136");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101"), "830136A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40100 A503000001"), "830132");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40109 A503000001"), "830132");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A503000006"),
                        "830132A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A503420000"),
                        "830132A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A5030000A0"),
                        "830132A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40101 A5020001"), "830132A40101");
    assert_string_equal(fake_ask(CAT_TIMER_MANAGEMENT, 3, 0x82, "A40101 A503000001"), "830132");
    fake_later(100000000);
    assert_string_equal(fake_envelope(), "");
}

/* 9300: it is told again, and nothing else until then. */
static void a_busy_card_is_told_again(void **state)
{
    (void)state;
    fake_ask(CAT_TIMER_MANAGEMENT, 0, 0x82, "A40102 A503000001");
    fake.envelope_answer = "9300";
    fake_later(10000);
    assert_string_equal(fake_envelope(), "D70C82028281A40102A503000001");
    assert_int_equal(fake.envelopes, 1);
    fake_later(499);
    assert_int_equal(fake.envelopes, 1);
    assert_int_equal(mobile_run(fake.m, 1), E_OK);
    assert_int_equal(fake.waits, 1); /* and does not turn in circles meanwhile */
    assert_int_equal(fake.envelopes, 1);
    fake.envelope_answer = NULL;
    fake_later(1);
    assert_string_equal(fake_envelope(), "D70C82028281A40102A503000001");
    fake_later(10000);
    assert_int_equal(fake.envelopes, 2);
}

/* ---- information ---- */

static void local_information(void **state)
{
    fake_setup(state);
    fake.o.imei = "490154203237518";
    fake.o.imeisv = "4901542032375101";
    fake.o.language = "de";
    fake.o.location = (struct mobile_location){ "262", "42", 0x1234, 0xABCD };
    fake.o.access_technology = 0x08;
    fake_open(&fake);
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x00, 0x82, ""), "8301009307"
                                                                                 "62F2241234ABCD");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x01, 0x82, ""),
                        "8301009408"
                        "4A09512430325781");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x03, 0x82, ""), "830100A607"
                                                                                 "32114122310200");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x04, 0x82, ""), "830100AD02"
                                                                                 "6465");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x06, 0x82, ""), "830100BF0108");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x08, 0x82, ""),
                        "830100E209"
                        "4309512430325701F1");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x02, 0x82, ""), "830130");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x0A, 0x82, ""), "830130");
    const struct mobile_location there = { "310", "410", 1, 2 }, nowhere = { "310", "", 1, 2 };
    assert_int_equal(mobile_move(fake.m, &there), E_OK);
    assert_int_equal(mobile_move(fake.m, &nowhere), E_ARGUMENT);
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x00, 0x82, ""), "8301009307"
                                                                                 "13001400010002");
}

/* ---- events ---- */

static void location_status(void **state)
{
    const struct mobile_location there = { "262", "01", 1, 2 };

    fake_setup(state);
    fake.o.register_ms = 5000;
    fake_open(&fake);
    assert_string_equal(fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82,
                                 "9901"
                                 "03"),
                        "830100");
    assert_string_equal(fake_ask(CAT_PROVIDE_LOCAL_INFORMATION, 0x00, 0x82, ""), "83022004");
    assert_string_equal(fake_ask(CAT_SEND_SHORT_MESSAGE, 0, 0x83, "8B0101"), "83022004");
    assert_string_equal(fake_ask(CAT_OPEN_CHANNEL, 1, 0x82, HOST), "83022004");
    fake_later(4999);
    assert_string_equal(fake_envelope(), "");
    fake_later(1);
    assert_string_equal(fake_envelope(), "D613990103820282819B010093"
                                         "0700F11000010001");
    fake_later(10000);
    assert_string_equal(fake_envelope(), "");
    assert_int_equal(mobile_move(fake.m, &there), E_OK);
    fake_step();
    assert_string_equal(fake_envelope(), "D613990103820282819B010093"
                                         "0762F21000010002");
    /* an event that this terminal does not have: the list stays */
    assert_string_equal(fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "99020904"), "830130");
    assert_string_equal(fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "9901FF"), "830130");
    assert_string_equal(fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, ""), "830136");
    assert_int_equal(mobile_move(fake.m, &there), E_OK);
    fake_step();
    assert_string_not_equal(fake_envelope(), "");
    assert_string_equal(fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "9900"), "830100");
    assert_int_equal(mobile_move(fake.m, &there), E_OK);
    fake_step();
    assert_string_equal(fake_envelope(), "");
}

/* It wakes when the service comes, not only when it polls. */
static void service_comes(void **state)
{
    fake_setup(state);
    fake.o.register_ms = 5000;
    fake_open(&fake);
    fake_ask(CAT_SET_UP_EVENT_LIST, 0, 0x82, "990103");
    fake_envelope();
    assert_int_equal(mobile_run(fake.m, 5000), E_OK);
    assert_int_equal(fake.waited_ms, 5000);
    assert_int_equal(fake.polls, 0);
    fake_step();
    assert_memory_equal(fake_envelope(), "D613990103", 10);
}

/* ---- messages ---- */

static void text_and_messages(void **state)
{
    (void)state;
    assert_string_equal(fake_ask(CAT_DISPLAY_TEXT, 0x80, 0x02,
                                 "8D0304"
                                 "4869"),
                        "830100");
    assert_int_equal(fake.texts, 1);
    assert_string_equal(fake.text, "4869");
    assert_string_equal(fake_ask(CAT_DISPLAY_TEXT, 0x80, 0x02, "8D00"), "830136");
    assert_string_equal(fake_ask(CAT_DISPLAY_TEXT, 0x80, 0x02, ""), "830136");
    assert_string_equal(fake_ask(CAT_SEND_SHORT_MESSAGE, 0, 0x83, "8500 8B03010203"), "830100");
    assert_int_equal(fake.messages, 1);
    assert_string_equal(fake.message, "010203");
    assert_string_equal(fake_ask(CAT_SEND_SHORT_MESSAGE, 0, 0x83, "8500"), "830136");
    assert_string_equal(fake_ask(CAT_MORE_TIME, 0, 0x82, ""), "830100");
    assert_int_equal(fake.texts, 1);
    assert_int_equal(fake.messages, 1);
    assert_int_equal(fake.last.type, CAT_MORE_TIME);
    assert_int_equal(fake.last.info, -1);
}

static void short_messages_reach_the_card(void **state)
{
    static const uint8_t longest[246];
    uint8_t answer[256], small[4];
    uint16_t sw;
    size_t n;

    (void)state;
    fake.envelope_answer = "027100000E 9000";
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("\x40\x01"), answer, sizeof answer, &n, &sw),
                     E_OK);
    assert_string_equal(fake_envelope(), "D108820283818B024001");
    assert_int_equal(n, 5);
    assert_memory_equal(answer, "\x02\x71\x00\x00\x0E", 5);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("\x40"), small, sizeof small, &n, &sw),
                     E_NOSPACE);
    fake.envelope_answer = "01 6200";
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("\x40"), answer, sizeof answer, &n, &sw), E_OK);
    assert_int_equal(sw, 0x6200);
    assert_int_equal(n, 1);
    fake.envelope_answer = "6A80";
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("\x40"), answer, sizeof answer, &n, &sw),
                     E_REFUSED);
    assert_int_equal(sw, 0x6A80);
    fake.envelope_answer = "9300";
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("\x40"), answer, sizeof answer, &n, &sw),
                     E_AGAIN);
    fake.envelope_answer = NULL;
    assert_int_equal(mobile_sms(fake.m, SLICE_NONE, answer, sizeof answer, &n, &sw), E_SIZE);
    assert_int_equal(mobile_sms(fake.m, slice_of(longest, 245), answer, sizeof answer, &n, &sw),
                     E_OK);
    assert_memory_equal(fake.envelope, "D181FC820283818B81F500", 22);
    size_t before = fake.envelopes;
    assert_int_equal(mobile_sms(fake.m, slice_of(longest, 246), answer, sizeof answer, &n, &sw),
                     E_SIZE);
    assert_int_equal(fake.envelopes, before);
}

/* ---- what is not for this terminal ---- */

static void everything_else_is_beyond_it(void **state)
{
    static const uint8_t known[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x13, 0x21,
                                     0x26, 0x27, 0x40, 0x41, 0x42, 0x43, 0x44 };
    char want[16];

    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        bool is_known = memchr(known, (int)type, sizeof known) != NULL;
        const char *got = fake_ask((uint8_t)type, 0xFF, 0x82, "");

        snprintf(want, sizeof want, "830130");
        assert_int_equal(!strcmp(got, want), !is_known || type == 0x01 || type == 0x26);
        assert_true(!is_known == !strcmp(mobile_command_name((uint8_t)type), "command not known"));
    }
}

static void what_is_no_command_is_not_answered(void **state)
{
    static const char *const junk[] = { "D0",
                                        "D000",
                                        "D1098103010100820281",
                                        "D00981030101008202",
                                        "D00A8103010100820281829900",
                                        "D003810301",
                                        "D0058102010199",
                                        "D081058103010100" };

    (void)state;
    for (size_t i = 0; i < COUNT(junk); i++) {
        fake.queue[0].n = fake_hex(junk[i], fake.queue[0].octets, sizeof fake.queue[0].octets);
        fake.count = 1;
        fake.fetched = false;
        fake_announce();
        fake_step();
        assert_int_equal(fake.responses, i < 7 ? 0 : 1);
    }
}

/* It asks for ever: a step ends all the same, and so does the time that was given. */
static void a_card_without_end(void **state)
{
    (void)state;
    fake_want(CAT_MORE_TIME, 0, 0x82, "");
    fake.endless = true;
    fake_announce();
    fake_step();
    assert_in_range(fake.responses, 10, 1000);
}

/* 61XX again and again without an octet behind it. */
static enum err promises(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    (void)ctx;
    (void)command;
    (void)size;
    response[0] = 0x61;
    response[1] = 0x10;
    *n = 2;
    return E_OK;
}

static void a_card_that_only_promises(void **state)
{
    (void)state;
    fake_step();
    fake.link.transmit = promises;
    fake_later(30000);
    fake_later(30000);
    assert_int_equal(mobile_restart(fake.m), E_OK);
    fake_step();
}

int main(void)
{
#define T(name, setup) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
    const struct CMUnitTest tests[] = {
        T(a_session_begins_with_the_profile, start),
        T(the_terminal_capability_comes_first_when_there_is_one, NULL),
        T(options_are_checked, NULL),
        T(a_card_that_is_gone_is_said, start),
        T(refresh, start),
        T(polling, start),
        T(timers, start),
        T(timers_that_are_none, start),
        T(a_busy_card_is_told_again, start),
        T(local_information, NULL),
        T(location_status, NULL),
        T(service_comes, NULL),
        T(text_and_messages, start),
        T(short_messages_reach_the_card, start),
        T(everything_else_is_beyond_it, start),
        T(what_is_no_command_is_not_answered, start),
        T(a_card_without_end, start),
        T(a_card_that_only_promises, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
