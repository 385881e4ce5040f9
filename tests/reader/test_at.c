#define _GNU_SOURCE /* memmem */

/* The modem: every command with what it prints, against a card with a small profile. */
#include "reader/at.h"

#include "reader/plain_card.h"

#include "../euicc/uicc_card.h"
#include "../euicc/uicc_package.h"

static struct at at;
static struct uicc u;
static struct card_link link_of_card;
static char printed[300000];
static size_t printed_n;

static void put(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    assert_true(printed_n + n < sizeof printed);
    memcpy(printed + printed_n, text, n);
    printed_n += n;
    printed[printed_n] = 0;
}

static const struct text_sink sink = { put, NULL };

static void feed(const char *text)
{
    printed_n = 0;
    printed[0] = 0;
    at_feed(&at, slice_str(text));
}

/* One line; what is printed, without echo. */
static void line(const char *command, const char *answer)
{
    char text[AT_LINE_MAX + 64];

    snprintf(text, sizeof text, "%s\r", command);
    feed(text);
    assert_string_equal(printed, answer);
}

#define R(text) "\r\n" text "\r\n"
#define OK      R("OK")

static void start_on(struct card *card)
{
    link_of_card = card_link_in_process(card);
    at_init(&at, &link_of_card, &sink);
    line("ATE0", "ATE0\r" OK);
    line("AT+CMEE=1", OK);
}

/* ICCID 8900012345678901 2399, IMSI 001010123456799, PIN 0000 (off), PUK 55555555 */
static int with_profile(void **state)
{
    static uint8_t package[UICC_PACKAGE_MAX];
    struct profile_outcome out;
    slice built;
    uint8_t *puk;

    (void)state;
    uicc_new(&u);
    built = uicc_package(UICC_MILENAGE, NULL, package);
    puk = memmem(package, built.n, "1111\xFF\xFF\xFF\xFF", 8);
    assert_non_null(puk);
    memset(puk, '5', 8);
    out = uicc_install(&u, built, 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    start_on(u.card);
    return 0;
}

static int without_profile(void **state)
{
    (void)state;
    start_on(plain_card(true));
    return 0;
}

static void basic_commands(void **state)
{
    (void)state;
    line("AT", OK);
    line("at", OK);
    line("", "");
    line("hello", "");
    line("ATI", R("Dunlin\r\nsoftware eUICC behind a modem") OK);
    line("AT E0 V1 Q0", OK);
    line("ATE1", OK);
    line("AT", "AT\r" OK);
    line("ATZ", "ATZ\r" OK);
    line("ATE0", "ATE0\r" OK);
    line("AT+CMEE?", R("+CMEE: 0") OK);
    line("ATE2", R("ERROR"));
    line("ATE0", OK);
    line("ATV0", R("ERROR"));
    line("ATD112;", R("ERROR"));
    line("AT&K", R("ERROR"));
    line("AT&F", OK);
    line("ATE0", "ATE0\r" OK);
    line("AT+CMEE=2;+CMEE?;I0", R("+CMEE: 2") R("Dunlin\r\nsoftware eUICC behind a modem") OK);
    line("AT+CMEE=3", R("+CME ERROR: Incorrect parameters"));
    line("AT+CMEE=?", R("+CMEE: (0-2)") OK);
    line("AT+CIMI=?;+CPIN=?", OK);
    line("AT+CFUN?", R("ERROR"));
    feed("AX\bT\n\r");
    assert_string_equal(printed, OK);
}

static void a_line_that_is_too_long_is_an_error(void **state)
{
    static char text[AT_LINE_MAX + 10];

    (void)state;
    memset(text, 'A', sizeof text);
    memcpy(text, "AT", 2);
    text[AT_LINE_MAX + 5] = '\r';
    text[AT_LINE_MAX + 6] = 0;
    feed(text);
    assert_string_equal(printed, R("ERROR"));
    line("AT", OK);
}

static void identities_are_read(void **state)
{
    (void)state;
    line("AT+CIMI", R("001010123456799") OK);
    line("AT+CCID", R("+CCID: 89000123456789012399") OK);
    line("AT+ICCID?", R("+ICCID: 89000123456789012399") OK);
    line("AT+CPIN?", R("+CPIN: READY") OK);
}

static void a_card_without_profile_has_no_identity(void **state)
{
    (void)state;
    line("AT+CIMI", R("+CME ERROR: 22"));
    line("AT+CCID", R("+CME ERROR: 22"));
    line("AT+CPIN?", R("+CPIN: READY") OK);
    line("AT+CPIN=\"1234\"", R("+CME ERROR: 3"));
}

static void the_pin_is_asked_for_and_given(void **state)
{
    (void)state;
    line("AT+CPIN=\"0000\"", R("+CME ERROR: 3"));
    line("AT+CIMI;+CSIM=26,\"002800010830303030FFFFFFFF\"",
         R("001010123456799") R("+CSIM: 4,\"9000\"") OK);
    card_reset(u.card);
    line("AT+CPIN?", R("+CPIN: SIM PIN") OK);
    line("AT+CIMI", R("+CME ERROR: 11"));
    line("AT+CPIN=\"1111\"", R("+CME ERROR: 16"));
    line("AT+CPIN=1111", R("+CME ERROR: 16"));
    line("AT+CPIN=\"0000\"", OK);
    line("AT+CPIN?", R("+CPIN: READY") OK);
    line("AT+CIMI", R("001010123456799") OK);
    card_reset(u.card);
    line("AT+CPIN=\"1111\"", R("+CME ERROR: 16"));
    line("AT+CPIN=\"1111\"", R("+CME ERROR: 16"));
    line("AT+CPIN=\"1111\"", R("+CME ERROR: 12"));
    line("AT+CPIN?", R("+CPIN: SIM PUK") OK);
    line("AT+CPIN=\"0000\"", R("+CME ERROR: 12"));
    line("AT+CPIN=\"44444444\",\"1234\"", R("+CME ERROR: 16"));
    line("AT+CPIN=\"55555555\",\"1234\"", OK);
    line("AT+CPIN?", R("+CPIN: READY") OK);
    card_reset(u.card);
    line("AT+CPIN=\"1234\"", OK);
}

static void malformed_pins_reach_no_card(void **state)
{
    static const char *const bad[] = { "AT+CPIN=\"123\"",
                                       "AT+CPIN=\"123456789\"",
                                       "AT+CPIN=\"12a4\"",
                                       "AT+CPIN=\"1234",
                                       "AT+CPIN=",
                                       "AT+CPIN=\"1234\",\"1234\"",
                                       "AT+CPIN=\"55555555\",",
                                       "AT+CPIN=\"12\"34\"",
                                       "AT+CPIN=1,2,3,4,5,6,7,8,9" };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        line(bad[i], R("+CME ERROR: 50"));
}

static void csim_passes_commands(void **state)
{
    (void)state;
    line("AT+CSIM=14,\"00A40004022FE2\"", R("+CSIM: 4,\"6118\"") OK);
    line("AT+CSIM=10,\"00B000000A\"", R("+CSIM: 24,\"980010325476981032999000\"") OK);
    line("at+csim = 10 , \"00b000000a\"", R("+CSIM: 24,\"980010325476981032999000\"") OK);
    line("AT+CSIM=12,\"00B000000A\"", R("+CME ERROR: 50"));
    line("AT+CSIM=9,\"00B00000A\"", R("+CME ERROR: 50"));
    line("AT+CSIM=10,\"00B000000G\"", R("+CME ERROR: 50"));
    line("AT+CSIM=6,\"00B000\"", R("+CME ERROR: 50"));
    line("AT+CSIM=-1,\"00B000000A\"", R("+CME ERROR: 50"));
    line("AT+CSIM=", R("+CME ERROR: 50"));
    line("AT+CSIM", R("+CME ERROR: 4"));
    line("AT+CSIM?", R("+CME ERROR: 4"));
}

static void sessions_are_logical_channels(void **state)
{
    (void)state;
    line("AT+CCHO=\"A0000005591010FFFFFFFF8900000100\"", R("+CCHO: 1") OK);
    line("AT+CCHO=\"A0000005591010FFFFFFFF8900000100\"", R("+CCHO: 2") OK);
    line("AT+CGLA=1,22,\"80E2910006BF3E035C015A\"", R("+CGLA: 4,\"6115\"") OK);
    line("AT+CGLA=1,10,\"80C0000015\"", R("+CGLA: 46,\"BF3E125A10" PLAIN_EID "9000\"") OK);
    /* whatever channel the command names, it goes to its session's */
    line("AT+CGLA=2,22,\"83E2910006BF3E035C015A\"", R("+CGLA: 4,\"6115\"") OK);
    line("AT+CCHC=1", R("+CCHC") OK);
    line("AT+CGLA=1,22,\"80E2910006BF3E035C015A\"", R("+CME ERROR: 22"));
    line("AT+CGLA=0,22,\"80E2910006BF3E035C015A\"", R("+CME ERROR: 22"));
    line("AT+CGLA=2,20,\"80E2910006BF3E035C015A\"", R("+CME ERROR: 50"));
    line("AT+CCHC=1", R("+CME ERROR: 22"));
    line("AT+CCHC=20", R("+CME ERROR: 22"));
    line("AT+CCHC=4294967298", R("+CME ERROR: 22"));
    line("AT+CCHO=\"A0000000871002FF\"", R("+CME ERROR: 22"));
    line("AT+CCHO=\"A000000087100\"", R("+CME ERROR: 50"));
    line("AT+CCHO=\"\"", R("+CME ERROR: 50"));
    for (unsigned n = 1; n < 20; n++) {
        char text[32];

        snprintf(text, sizeof text, R("+CCHO: %u") OK, n);
        if (n != 2)
            line("AT+CCHO=\"A0000005591010FFFFFFFF8900000100\"", text);
    }
    line("AT+CCHO=\"A0000005591010FFFFFFFF8900000100\"", R("+CME ERROR: 3"));
    line("AT+CGLA=19,22,\"80E2910006BF3E035C015A\"", R("+CGLA: 4,\"6115\"") OK);
}

static void crsm_finds_files(void **state)
{
    (void)state;
    line("AT+CRSM=176,12258,0,0,10", R("+CRSM: 144,0,\"98001032547698103299\"") OK);
    line("AT+CRSM=176,28423,0,0,9", R("+CRSM: 144,0,\"080910101032547699\"") OK);
    line("AT+CRSM=176,28423,0,0,9,,\"3F007FFF\"", R("+CRSM: 144,0,\"080910101032547699\"") OK);
    line("AT+CRSM=176,28423,0,0,9,,\"7FFF\"", R("+CRSM: 144,0,\"080910101032547699\"") OK);
    line("AT+CRSM=178,12032,1,4,32",
         R("+CRSM: 144,0,\"61184F0CA0000000871002FF49FF058950085553494D74657374FFFFFFFFFFFF\"") OK);
    line("AT+CRSM=192,12258",
         R("+CRSM: 144,0,\"62168202412183022FE28A01058B032F06028002000A8800\"") OK);
}

static void crsm_says_what_the_card_said(void **state)
{
    (void)state;
    line("AT+CRSM=176,28421,0,0,2", R("+CRSM: 106,130") OK);
    line("AT+CRSM=176,12258,0,9,10", R("+CRSM: 144,0,\"99\"") OK);
    line("AT+CRSM=176,12258,0,11,10", R("+CRSM: 107,0") OK);
    line("AT+CRSM=214,12258,0,0,2,\"0102\"", R("+CRSM: 105,130") OK);
    line("AT+CRSM=176", R("+CME ERROR: 50"));
    line("AT+CRSM=177,12258,0,0,10", R("+CME ERROR: 50"));
    line("AT+CRSM=176,65536,0,0,10", R("+CME ERROR: 50"));
    line("AT+CRSM=176,12258,0,0,256", R("+CME ERROR: 50"));
    line("AT+CRSM=214,12258,0,0,3,\"0102\"", R("+CME ERROR: 50"));
    line("AT+CRSM=176,12258,0,0,10,,\"3F0\"", R("+CME ERROR: 50"));
    line("AT+CRSM=", R("+CME ERROR: 50"));
}

/* A profile switch with refresh, as ISD-R asks for: the modem does what the card wants then. */
static void a_refresh_is_performed_and_told(void **state)
{
    (void)state;
    line("AT+CCHO=\"A0000000871002\"", R("+CCHO: 1") OK);
    assert_int_equal(profile_switch(u.card, 0, true), E_OK);
    uicc_commit(&u);
    line("AT+CSIM=8,\"80F2000C\"",
         R("+CSIM: 4,\"9000\"") OK R("+CUSATP: \"D009810301010482028182\"") R("+CPIN: READY"));
    assert_int_equal(profile_enabled(u.card), 0);
    line("AT+CIMI", R("+CME ERROR: 22"));
    line("AT+CCHC=1", R("+CME ERROR: 22")); /* the reset ended it */
}

static void a_card_that_is_lost_is_powered_on_again(void **state)
{
    struct script s = { 0 };

    (void)state;
    link_of_card = script_link(&s);
    script_add(&s, "8010000003010080", "9000");
    at_init(&at, &link_of_card, &sink);
    feed("ATE0+CMEE=1\r");
    script_add(&s, "00A40004022FE2", NULL);
    script_add(&s, "8010000003010080", "9000");
    line("AT+CSIM=14,\"00A40004022FE2\"", R("+CME ERROR: 13"));
    assert_int_equal(s.resets, 2);
    script_add(&s, "00A40004022FE2", "6A82");
    line("AT+CSIM=14,\"00A40004022FE2\"", R("+CSIM: 4,\"6A82\"") OK);
}

static void other_proactive_commands_are_declined(void **state)
{
    struct script s = { 0 };

    (void)state;
    link_of_card = script_link(&s);
    script_add(&s, "8010000003010080", "9000");
    at_init(&at, &link_of_card, &sink);
    feed("ATE0\r");
    script_add(&s, "80F2000C", "910B");
    script_add(&s, "801200000B", "D0098103012100820281829000");
    script_add(&s, "801400000C810301210082028281830130", "9000");
    line("AT+CSIM=8,\"80F2000C\"",
         R("+CSIM: 4,\"9000\"") OK R("+CUSATP: \"D009810301210082028182\""));
    /* a card that always wants something more is left to wait */
    s.count = s.at = 0;
    script_add(&s, "80F2000C", "9103");
    for (unsigned i = 0; i < 8; i++) {
        script_add(&s, "8012000003", "D001009000");
        s.step[s.count - 1].response = "D001009103";
    }
    feed("AT+CSIM=8,\"80F2000C\"\r");
    assert_int_equal(s.at, s.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(basic_commands, with_profile),
        cmocka_unit_test_setup(a_line_that_is_too_long_is_an_error, with_profile),
        cmocka_unit_test_setup(identities_are_read, with_profile),
        cmocka_unit_test_setup(a_card_without_profile_has_no_identity, without_profile),
        cmocka_unit_test_setup(the_pin_is_asked_for_and_given, with_profile),
        cmocka_unit_test_setup(malformed_pins_reach_no_card, with_profile),
        cmocka_unit_test_setup(csim_passes_commands, with_profile),
        cmocka_unit_test_setup(sessions_are_logical_channels, without_profile),
        cmocka_unit_test_setup(crsm_finds_files, with_profile),
        cmocka_unit_test_setup(crsm_says_what_the_card_said, with_profile),
        cmocka_unit_test_setup(a_refresh_is_performed_and_told, with_profile),
        cmocka_unit_test(a_card_that_is_lost_is_powered_on_again),
        cmocka_unit_test(other_proactive_commands_are_declined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
