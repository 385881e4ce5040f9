/* Where sessions of SCP81 break, end and begin again; their keys; cuts of power. */
#include "euicc/ota/admin_lab.h"

static void tried_again(void **state)
{
    (void)state;
    push();
    says(WEB_FAILED, E_BADKEY, SLICE_NONE); /* before anything was sent: no resumption */
    expect_timer("000050");
    assert_false(web.busy);
    timer_expires("000050");
    assert_true(web.busy);
    assert_false(says_header("X-Admin-Resume: true"));
    assert_null(strstr(web.headers, "Resume"));
    script(AT_USIM, ETSI, WRITE("5A"), WRITTEN);
    assert_null(strstr(web.headers, "Resume"));
    /* the connection ends while the answer to it is on its way */
    says(WEB_SENT, 0, SLICE_NONE);
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_HEADER, 0, slice_str(ETSI));
    says(WEB_DATA, 0, SLICE_LIT("\xAE\x80\x22"));
    break_off();
    expect_timer("000050");
    timer_expires("000050");
    assert_true(says_header("X-Admin-Resume: true"));
    assert_true(says_header("X-Admin-Script-Status: ok"));
    assert_string_equal(web.path, "/admin?n=2");
    expect_body(WRITTEN);
    /* it goes on as if nothing had been */
    script(AT_USIM, ETSI, WRITE("5B"), WRITTEN);
    assert_null(strstr(web.headers, "Resume"));
    assert_int_equal(read_file(), 0x5B);
    break_off(); /* twice was what the policy allows */
    expect_idle();
    terminal_idle(&u);
}

static void no_more_than_the_policy(void **state)
{
    (void)state;
    assert_int_equal(pushes(&ram, "81(83(86(0003 A503329554 870155)))"), 0x9000);
    for (unsigned i = 0; i < 3; i++) {
        break_off();
        expect_timer("329554"); /* 23:59:45 */
        timer_expires("329554");
        assert_true(web.busy);
    }
    break_off();
    expect_idle();
    assert_int_equal(pushes(&ram, "81(83(86(0000)))"), 0x9000);
    break_off();
    expect_idle();
    assert_int_equal(web.posts, 5);
    /* a terminal that refuses the timer */
    push();
    break_off();
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "2000", "");
    expect_idle();
    /* a trigger while one waits takes its place */
    push();
    break_off();
    expect_timer("000050");
    assert_int_equal(pushes(&ram, "81(83(89(8C(2F32))))"), 0x9000);
    assert_string_equal(web.path, "/2");
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "A40101 A503000010"); /* deactivated */
    timer_expires("000050");
    assert_int_equal(web.posts, 8);
    /* no connection at the moment */
    answer(204, FIELDS(PROTOCOL), "");
    web.refuse = E_LIMIT;
    ota_expect(&u, &ram, "", "8100");
    expect_timer("000050");
    web.refuse = E_OK;
    timer_expires("000050");
    assert_true(web.busy);
}

static void ends_with_reset_and_switch(void **state)
{
    (void)state;
    push();
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI), SLICE_NONE, 1);
    card_reset(u.card);
    expect_idle();
    uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
    push();
    break_off();
    expect_timer("000050");
    card_reset(u.card);
    expect_idle();
    uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
    push();
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_DATA, 0, SLICE_LIT("\xAE\x80"));
    assert_int_equal(profile_switch(u.card, 0, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    expect_idle();
}

/* The domain is deleted or locked while its session runs. */
static void the_domain_goes(void **state)
{
    static const char *const ways[] = { "80E400000A 4F08A000000151000001",
                                        "80F0408F08 A000000151000001" };

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        begin(OTA_ADMIN_ELEMENTS);
        assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (41 01))))"), 0x9000);
        if (i == 0) /* what is below it goes first */
            ota_expect(&u, &ram, "016101", "80E400000B 4F09A00000055910100006");
        ota_send(&u, &ram, ways[i]);
        answer(200, FIELDS(PROTOCOL, NEXT, GP), "AE80 2205 80CA00E000 0000");
        expect_idle();
        assert_int_equal(web.posts, 1);
    }
}

/* A pre-shared key under the DEK of the set (40/02), as pySim's put_key writes one. */
static void new_key(char *text, size_t size, const uint8_t *key, size_t n, uint8_t spoil)
{
    static const uint8_t iv[16],
        dek[16] = { 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint8_t padded[64] = { 0 }, sealed[64], digest[SHA1_LEN];
    char hex[129];
    size_t whole = (n + 15) / 16 * 16;

    memcpy(padded, key, n);
    assert_int_equal(crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, SLICE_OF(dek), iv,
                                    slice_of(padded, whole), sealed),
                     E_OK);
    assert_int_equal(crypto_sha1(crypto_openssl(), slice_of(key, n), digest), E_OK);
    assert_int_equal(hex_encode(slice_of(sealed, whole), hex, sizeof hex), E_OK);
    snprintf(text, size, "85%02zX%02zX%s03%02X%02X%02X", whole + 1, n, hex, digest[0] ^ spoil,
             digest[1], digest[2]);
}

static void put_key(void **state)
{
    static const uint8_t key[] = "a pre-shared key of 37 octets, really";
    char one[200], whole[400];

    (void)state;
    push();
    /* instead of the one in use: its answer goes out with the next one */
    new_key(one, sizeof one, key, 37, 0);
    char apdu[300];
    snprintf(apdu, sizeof apdu, "80D84001%02zX40%s00", strlen(one) / 2 + 1, one);
    snprintf(whole, sizeof whole, "AE80 22%02zX %s 0000", strlen(apdu) / 2, apdu);
    answer(200, FIELDS(PROTOCOL, NEXT, GP), whole);
    assert_int_equal(web.body_n, 5 + 2 + 1 + 3 + 2 + 2);
    assert_memory_equal(web.body + 5, "\x23\x06\x40", 3);
    assert_int_equal(web.r.tls.psk.n, 37);
    assert_memory_equal(web.psk, key, 37);
    /* a wrong check value; too short; another version */
    static const struct {
        const char *version;
        size_t n;
        uint8_t spoil;
        const char *sw;
    } wrong[] = {
        { "42", 16, 0, "9000" }, { "43", 16, 1, "9485" }, { "43", 15, 0, "9484" },
        { "30", 16, 0, "9484" }, { "01", 16, 0, "9484" }, { "50", 16, 0, "9484" },
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char wanted[60];

        new_key(one, sizeof one, key, wrong[i].n, wrong[i].spoil);
        snprintf(apdu, sizeof apdu, "80D80001%02zX%s%s", strlen(one) / 2 + 1, wrong[i].version,
                 one);
        snprintf(whole, sizeof whole, "AE80 22%02zX %s 0000", strlen(apdu) / 2, apdu);
        snprintf(wanted, sizeof wanted, "AF80 800101 2302 %s 0000", wrong[i].sw);
        script_at(NULL, GP, whole, wanted, (int)i);
    }
    /* the set that protects the session stays, another one goes */
    script(NULL, GP, "AE80 2208 80E4000003D20140 0000", "AF80 800101 2302 6985 0000");
    script(NULL, GP, "AE80 2208 80E4000003D20142 0000", "AF80 800101 2302 9000 0000");
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
}

/* Copies of the key outside of the memory of objects: one while it is borrowed, else none. */
static unsigned copies(const uint8_t key[16])
{
    unsigned n = 0;

    for (size_t i = 0; i + 16 <= sizeof u.memory; i++)
        n += memcmp(u.memory + i, key, 16) == 0;
    return n;
}

static void the_key_is_wiped(void **state)
{
    static const uint8_t psk[16] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    unsigned stored = copies(psk);

    (void)state;
    assert_true(stored >= 1);
    push();
    assert_int_equal(copies(psk), stored + 1);
    says(WEB_SENT, 0, SLICE_NONE);
    assert_int_equal(copies(psk), stored);
    says(WEB_STATUS, 204, SLICE_NONE);
    says(WEB_END, 0, SLICE_NONE);
    assert_int_equal(copies(psk), stored);
    push();
    break_off();
    assert_int_equal(copies(psk), stored);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
    push();
    card_reset(u.card);
    assert_int_equal(copies(psk), stored);
}

static void nobody(struct card *card, void *ctx, int result, slice body)
{
    (void)card;
    (void)ctx;
    (void)result;
    (void)body;
}

/*
 * Every write that a script causes is cut: all of it is there afterwards, or nothing. What was not
 * kept is not told either: the card answers nothing any more.
 */
static void power(void **state)
{
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    unsigned before = 0, after = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        char text[200];
        uint8_t octet = (uint8_t)(i * 7 + 1), old = read_file(), second;

        uicc_expect(&u, 0x9000, NULL, "00B0000101");
        second = u.reply[0];
        push();
        u.ram.writes = 0;
        u.ram.cut_at = 1 + i % 3;
        u.ram.cut_octets = reach[i % COUNT(reach)];
        snprintf(text, sizeof text,
                 "AE80 2207 00A4000C026F43 2206 00D6000001%02X 2206 00D6000101%02X 0000", octet,
                 octet ^ 0xFF);
        says(WEB_SENT, 0, SLICE_NONE);
        says(WEB_STATUS, 200, SLICE_NONE);
        static const char *const fields[] = { PROTOCOL, NEXT, ETSI, AT_USIM };
        for (unsigned f = 0; f < COUNT(fields); f++)
            says(WEB_HEADER, 0, slice_str(fields[f]));
        uint8_t octets[100];
        says(WEB_DATA, 0, slice_of(octets, uicc_hex(text, octets, sizeof octets)));
        says(WEB_END, 0, SLICE_NONE);
        expect_body("AF80 800103 2302 9000 2302 9000 2302 9000 0000");
        assert_int_equal(cat_more_time(u.card, nobody, NULL), E_OK);
        bool said = objects_commit(card_objects(u.card)) == E_OK;
        uicc_expect(&u, said ? 0x910B : 0x6581, "", "80F2000C");
        if (!said)
            uicc_expect(&u, 0x6581, "", "8012000000");
        nvm_ram_power_on(&u.ram);
        web.busy = false;
        uicc_boot(&u);
        expect_idle();
        uint8_t now = read_file();
        uicc_expect(&u, 0x9000, NULL, "00B0000101");
        assert_true(now == octet || (!said && now == old));
        assert_int_equal(u.reply[0], now == octet ? octet ^ 0xFF : second);
        before += now != octet;
        after += now == octet;
        uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
    }
    print_message("cut: %u before, %u after\n", before, after);
    assert_true(before > 0 && after > 0);
}

/* Where a command finds no memory nothing of the script holds. */
static void memory_fails(void **state)
{
    uint8_t octets[60];
    size_t n = uicc_hex("AE80 2207 00A4000C026F43 2206 00D60000015A"
                        "220D 0020000A083535353535353534 0000",
                        octets, sizeof octets);

    (void)state;
    push();
    u.ram.cut_at = u.ram.writes + 1; /* VERIFY writes at once: its failure is the script's */
    says(WEB_SENT, 0, SLICE_NONE);
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_HEADER, 0, slice_str(PROTOCOL));
    says(WEB_HEADER, 0, slice_str(NEXT));
    says(WEB_HEADER, 0, slice_str(ETSI));
    says(WEB_HEADER, 0, slice_str(AT_USIM));
    says(WEB_DATA, 0, slice_of(octets, n));
    says(WEB_END, 0, SLICE_NONE);
    expect_body("AF80 800100 2302 6581 0000");
    assert_false(objects_dirty(card_objects(u.card)));
    nvm_ram_power_on(&u.ram);
    uicc_boot(&u);
    web.busy = false;
    assert_int_equal(read_file(), 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tried_again, setup),
        cmocka_unit_test_setup(no_more_than_the_policy, setup),
        cmocka_unit_test_setup(ends_with_reset_and_switch, setup),
        cmocka_unit_test_setup(the_domain_goes, setup),
        cmocka_unit_test_setup(put_key, setup),
        cmocka_unit_test_setup(the_key_is_wiped, setup),
        cmocka_unit_test_setup(power, setup),
        cmocka_unit_test_setup(memory_fails, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
