/* SUSPEND UICC (TS 102 221 11.1.22): the session goes on behind a power off, for who has the token.
 */
#include "base/text.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_package.h"
#include "euicc/uicc_terminal.h"

static struct uicc u;
static char token[17];

#define USIM "A0000000871002FF49FF0589"
#define ADM1 "0020000A 08 3535353535353535"

static void new_card(const char *umpc)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;
    char extra[200];

    snprintf(extra, sizeof extra, "A1(A0(8000 810120) A1(30(80022F08 8105%s)))", umpc);
    uicc_new(&u);
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, extra, octets), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
}

static int profile(void **state)
{
    (void)state;
    new_card("3C3C020000");
    return 0;
}

static void suspend(void)
{
    uicc_expect(&u, 0x9000, NULL, "80760000 04 0001 0203");
    assert_int_equal(u.n, 10);
    assert_memory_equal(u.reply, "\x02\x03", 2); /* the longest that was asked for */
    assert_int_equal(hex_encode(slice_of(u.reply + 2, 8), token, sizeof token), E_OK);
}

/* On channel 1 the USIM with EF_SMSS, which needs ADM1; on channel 0 EF_DIR and its record 1. */
static void begin(void)
{
    uicc_expect(&u, 0x9000, "", "80AA0000 05 A903830107");
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "", "01A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "0120000A 08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "01A4000C 02 6F43");
    uicc_expect(&u, 0x9000, "", "01D60000 02 1234");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, NULL, "00B2000220");
}

static void expect_begun(void)
{
    uicc_expect(&u, 0x9000, "1234", "01B0000002");
    uicc_expect(&u, 0x9000, NULL, "00B2000420"); /* the current record */
    assert_int_equal(card_terminal_profile(u.card).n, 0x22);
    assert_int_equal(card_terminal_capability(u.card).n, 3);
}

static void expect_fresh(void)
{
    uicc_expect(&u, 0x6881, "", "01B0000002");
    uicc_expect(&u, 0x6986, "", "00B2000420");
    uicc_expect(&u, 0x63CA, "", "0020000A");
    assert_int_equal(card_terminal_profile(u.card).n, 0);
    assert_int_equal(card_terminal_capability(u.card).n, 0);
}

static void resumes(void **state)
{
    (void)state;
    uint32_t free;

    begin();
    free = objects_free(card_objects(u.card));
    suspend();
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", "80760100 08 %s", token);
    expect_begun();
    assert_int_equal(objects_free(card_objects(u.card)), free);
    /* the token is used up */
    uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
    uicc_boot(&u);
    uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
    expect_fresh();
    /* behind a reset as behind power on, and each time with another token */
    char old[17];
    memcpy(old, token, sizeof old);
    begin();
    suspend();
    assert_string_not_equal(old, token);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", "80760100 08 %s", token);
    expect_begun();
}

/* One try; and any other command before is the beginning of another session. */
static void ends(void **state)
{
    (void)state;
    static const char *const others[] = {
        "00A4000C",      "80F2000C", "01A4000C", "00FF0000", "80760100 08 0000000000000000",
        "80760100 01 00"
    };

    for (size_t i = 0; i < COUNT(others); i++) {
        begin();
        suspend();
        uicc_boot(&u);
        assert_int_not_equal(uicc_apdu(&u, "%s", others[i]), 0);
        uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
        uicc_boot(&u);
        uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
        expect_fresh();
    }
    /* the terminal stays after all: nothing happened, and there is nothing to resume */
    begin();
    suspend();
    expect_begun();
    uicc_boot(&u);
    uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
    expect_fresh();
    /* without power off there is nothing to resume either */
    begin();
    suspend();
    uicc_expect(&u, 0x6985, "", "80760100 08 %s", token);
    expect_begun();
}

static void refuses(void **state)
{
    (void)state;
    uicc_expect(&u, 0x6700, "", "80760000");
    uicc_expect(&u, 0x6700, "", "80760000 03 000102");
    uicc_expect(&u, 0x6700, "", "80760000 05 0001020300");
    uicc_expect(&u, 0x6700, "", "80760100");
    uicc_expect(&u, 0x6700, "", "80760100 07 00000000000000");
    uicc_expect(&u, 0x6A86, "", "80760200 04 00010203");
    uicc_expect(&u, 0x6A86, "", "80760001 04 00010203");
    uicc_expect(&u, 0x6E00, "", "00760000 04 00010203");
    uicc_expect(&u, 0x6A80, "", "80760000 04 05010503");
    uicc_expect(&u, 0x6A80, "", "80760000 04 00010501");
    uicc_expect(&u, 0x6A80, "", "80760000 04 02010002"); /* an hour, then two seconds */
    uicc_expect(&u, 0x6A80, "", "80760000 04 00000000");
    uicc_expect(&u, 0x9000, NULL, "80760000 04 00000401");
    /* a proactive command, a timer, an application on some channel */
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    uicc_expect(&u, 0x6985, "", "80760000 04 00010203");
    terminal_do(&u, CAT_MORE_TIME, "00", "");
    uicc_expect(&u, 0x9000, NULL, "80760000 04 00010203");
    uint8_t id;
    assert_int_equal(cat_timer_start(u.card, 10, NULL, NULL, &id), E_OK);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    uicc_expect(&u, 0x6985, "", "80760000 04 00010203");
    cat_timer_stop(u.card, id);
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "");
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x6881, "", "81760000 04 00010203");
    uicc_expect(&u, 0x9000, NULL, "80760000 04 00010203");
    u.card->channels[1].sd = 1;
    uicc_expect(&u, 0x6985, "", "80760000 04 00010203");
    /* cards whose EF_UMPC does not say that they can */
    new_card("3C3C010000");
    uicc_expect(&u, 0x6D00, "", "80760000 04 00010203");
    uicc_expect(&u, 0x6D00, "", "80760100 08 0000000000000000");
}

/* What is suspended belongs to the profile that was enabled. */
static void not_for_another_profile(void **state)
{
    (void)state;
    begin();
    suspend();
    uicc_boot(&u);
    assert_int_equal(profile_switch(u.card, 0, false), E_OK);
    uicc_commit(&u);
    assert_int_not_equal(uicc_apdu(&u, "80760100 08 %s", token), 0x9000);
}

/* The power may go at every write of either command. */
static void power(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    unsigned cuts = 0;

    for (unsigned r = 0; r < COUNT(reach); r++)
        for (uint32_t write = 1; write <= 2; write++) {
            uicc_boot(&u);
            begin();
            u.ram.writes = 0;
            u.ram.cut_at = write;
            u.ram.cut_octets = reach[r];
            bool said = uicc_apdu(&u, "80760000 04 00010203") == 0x9000;
            assert_true(said == !u.ram.off);
            cuts += u.ram.off;
            nvm_ram_power_on(&u.ram);
            uicc_boot(&u);
            expect_fresh(); /* the token was not told, or not used */
            begin();
            suspend();
            uicc_boot(&u);
            u.ram.writes = 0;
            u.ram.cut_at = write;
            u.ram.cut_octets = reach[r];
            said = uicc_apdu(&u, "80760100 08 %s", token) == 0x9000;
            cuts += u.ram.off;
            nvm_ram_power_on(&u.ram);
            uicc_boot(&u);
            uint16_t again = uicc_apdu(&u, "80760100 08 %s", token);
            if (said) /* a token is good once */
                assert_int_equal(again, 0x6985);
            if (again == 0x9000)
                expect_begun();
            else
                expect_fresh();
        }
    assert_true(cuts >= 2 * COUNT(reach));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(resumes, profile),
        cmocka_unit_test_setup(ends, profile),
        cmocka_unit_test_setup(refuses, profile),
        cmocka_unit_test_setup(not_for_another_profile, profile),
        cmocka_unit_test_setup(power, profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
