/* What a session of SCP81 is opened with: the push, the data of the domain, the EID. */
#include "euicc/isdr/isdr.h"
#include "euicc/ota/admin_lab.h"

/* Each part of the message goes before what the domain has; what it leaves out stays. */
static void what_the_message_says(void **state)
{
    (void)state;
    assert_int_equal(pushes(&ram, "81(83(89(8A(61) 8B(622063) 8C(2F3F64))))"), 0x9000);
    assert_string_equal(web.host, "a:8443");
    assert_true(says_header("X-Admin-From: b c"));
    assert_string_equal(web.path, "/?d");
    assert_string_equal(web.identity, "card-1");
    answer(204, FIELDS(PROTOCOL), "");
    /* connection with everything; C7 and BE have the comprehension bit */
    assert_int_equal(pushes(&ram, "81(83(84(B5(03) B9(05DC) C7(0361706E) 8D(0475) 8D(047077)"
                                  "BC(0201BB) BE(5720010DB8000000000000000000000001))))"),
                     0x9000);
    assert_string_equal(web.host, "sr.example"); /* 443 is the port of https */
    assert_int_equal(web.r.address.n, 16);
    assert_memory_equal(web.r.address.p, "\x20\x01\x0D\xB8", 4);
    assert_true(slice_eq_str(web.network->access_name, "\x03"
                                                       "apn"));
    assert_true(slice_eq_str(web.network->user, "u"));
    assert_true(slice_eq_str(web.network->password, "pw"));
    answer(204, FIELDS(PROTOCOL), "");
    /* no address: a resolver; port in the name */
    assert_int_equal(
        pushes(&ram, "81(83(84() 89(8A(61623A3939))) B3(D6(61623A3939) FA(3E(21C0000235))))"),
        0x9000);
    assert_string_equal(web.host, "ab:99");
    assert_null(web.r.address.p);
    assert_true(slice_eq(web.network->dns, SLICE_LIT("\xC0\x00\x02\x35")));
    assert_null(web.network->access_name.p);
    answer(204, FIELDS(PROTOCOL), "");
    /* another identity, the first key; with the octet that names a hash */
    assert_int_equal(pushes(&ram, "81(83(85((78) (00 00 01))))"), 0x9000);
    assert_string_equal(web.identity, "x");
    assert_int_equal(web.r.tls.psk.n, 16);
    answer(204, FIELDS(PROTOCOL), "");
    /* an absolute URI of the same host */
    assert_int_equal(pushes(&ram, "81(83(89(8C(68747470733A2F2F73722E6578616D706C65))))"), 0x9000);
    assert_string_equal(web.path, "/");
}

/* The domain below has a key and no parameters. */
static void all_of_it_is_pushed(void **state)
{
    (void)state;
    assert_int_equal(pushes(&below, "81()"), 0x6A80);
    assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (50 01))))"), 0x6A88);
    assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (41 01))))"), 0x9000);
    assert_string_equal(web.host, "192.0.2.1");
    assert_string_equal(web.path, "/");
    assert_string_equal(web.identity, "A/b");
    assert_int_equal(web.r.tls.psk.n, 32);
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000001\r\n");
    /* its own, what is below it, and nobody else */
    script("X-Admin-Targeted-Application: //aid/A000000559/10100006", ETSI,
           "AE80 2207 00A4000C022F00 0000", "AF80 800101 2302 9000 0000");
    script("X-Admin-Targeted-Application: //aid/A000000151/000000", GP,
           "AE80 2208 80F2800002 4F00 00 0000", "");
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    script(AT_USIM, ETSI, WRITE("66"), "");
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    /* no key comes under one that is no DEK */
    script(NULL, GP, "AE80 2219 80D80001 14 42 8010 00112233445566778899AABBCCDDEEFF 00 0000",
           "AF80 800101 2302 6985 0000");
    break_off(); /* there is no retry policy */
    expect_idle();
    assert_int_equal(read_file(), 0xFF);
}

static void malformed_triggers(void **state)
{
    static const struct {
        const char *notation;
        uint16_t sw;
    } wrong[] = {
        { "81(8300)", 0x9000 }, /* that much is right */
        { "81038300", 0x6A80 },
        { "810083", 0x6A80 },
        { "81(8300 8400)", 0x6A80 },
        { "81(83(8700))", 0x6A80 },
        { "81(83(89(8D00)))", 0x6A80 },
        { "81(83(8905))", 0x6A80 },
        { "81(83(84(3C(0120FB))))", 0x6A80 }, /* UDP */
        { "81(83(84(3C(020000))))", 0x6A80 }, /* port 0 */
        { "81(83(84(3C(0220))))", 0x6A80 },
        { "81(83(84(3E(22C0000201))))", 0x6A80 }, /* another kind of address */
        { "81(83(84(3E(21C00002))))", 0x6A80 },
        { "81(83(84(0D(0475))))", 0x6A80 }, /* no password */
        { "81(83(85(06)))", 0x6A80 },
        { "81(83(85((78) (4001) 00)))", 0x6A80 },
        { "81(83(85((78) (40))))", 0x6A80 },
        { "81(83(85((78) (40010203))))", 0x6A80 },
        { "81(83(85((78) (4101))))", 0x6A88 }, /* no such key */
        { "81(83(85((78) (4002))))", 0x6A88 }, /* the one under which keys come */
        { "81(83(85((78) (0101))))", 0x6A88 }, /* a key of SCP80 */
        { "81(83(85(() (4001))))", 0x6A80 },   /* an identity cannot be made without EID */
        { "81(83(86(00)))", 0x6A80 },
        { "81(83(86(0001)))", 0x6A80 },
        { "81(83(86(0001 2403000050)))", 0x6A80 },
        { "81(83(86(0001 2503000006)))", 0x6A80 }, /* 60 s */
        { "81(83(86(0001 25030000A0)))", 0x6A80 },
        { "81(83(86(0001 2503420000)))", 0x6A80 }, /* 24 h */
        { "81(83(86(0001 2503000000)))", 0x6A80 },
        { "81(83(89(8A(612062))))", 0x6A80 },
        { "81(83(89(8A(3A3939))))", 0x6A80 },
        { "81(83(89(8B(610D0A62))))", 0x6A80 }, /* would be two lines */
        { "81(83(89(8C(61))))", 0x6A80 },
        { "81(83(89(8C(2F6120))))", 0x6A80 },
        { "81(83(89(8C(68747470733A2F2F6F746865722F))))", 0x6A80 }, /* https://other/ */
        { "81(B3(FA(3E(21C00002))))", 0x6A80 },
        { "81(B3(D6(6F74686572)))", 0x6A80 }, /* another name */
        { "81(B3(D700))", 0x6A80 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *text = wrong[i].notation;
        uint16_t sw = pushes(&ram, text);

        if (sw != wrong[i].sw)
            print_error("%s: %04X\n", text, sw);
        assert_int_equal(sw, wrong[i].sw);
        if (sw == 0x9000)
            answer(204, FIELDS(PROTOCOL), "");
        expect_idle();
    }
}

/* Agent, host, URI and identity as long as they may be, and one octet longer. */
static void longest_texts(void **state)
{
    static const struct {
        const char *head, *tail;
        size_t max;
        const char *where;
    } rows[] = {
        { "89(8B(", "))", ADMIN_AGENT_MAX, web.headers },
        { "89(8A(", "))", ADMIN_HOST_MAX - 6, web.host },
        { "89(8C(2F", "))", ADMIN_URI_MAX - 1, web.path },
        { "85(", "(4001))", ADMIN_IDENTITY_MAX, web.identity },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t more = 0; more < 2; more++) {
            char text[700], long_one[300];
            size_t n = 0;

            memset(long_one, 'z', sizeof long_one);
            long_one[rows[i].max] = 0;
            n = (size_t)snprintf(text, sizeof text, "81(83(%s", rows[i].head);
            if (rows[i].max == ADMIN_IDENTITY_MAX) /* its length is an octet, whatever it is */
                n += (size_t)snprintf(text + n, sizeof text - n, "%02zX", rows[i].max + more);
            for (size_t k = 0; k < rows[i].max + more; k++)
                n += (size_t)snprintf(text + n, sizeof text - n, "7A");
            snprintf(text + n, sizeof text - n, "%s))", rows[i].tail);
            uint16_t sw = pushes(&ram, text);
            assert_int_equal(sw, more ? 0x6A80 : 0x9000);
            if (more)
                continue;
            assert_non_null(strstr(rows[i].where, long_one));
            says(WEB_SENT, 0, SLICE_NONE);
            break_off();
            expect_timer("000050");
            timer_expires("000050");
            script(NULL, GP, "AE80 0000", "AF80 800100 0000");
            assert_true(says_header("X-Admin-Script-Status: ok"));
            break_off();
            expect_timer("000050");
            timer_expires("000050"); /* every line that there can be */
            assert_true(says_header("X-Admin-Resume: true"));
            assert_true(says_header("Content-Type: application/vnd.globalplatform."
                                    "card-content-mgt-response;version=1.0"));
            answer(204, FIELDS(PROTOCOL), "");
        }
}

/* Parameters are stored over the air, and take the place of those of the profile. */
static void stored_terms(void **state)
{
    static const struct {
        const char *apdu, *sw;
    } wrong[] = {
        { "80E2900004 85028600", "6A80" }, { "80E2900002 8700", "6A88" },
        { "80E2900003 850000", "6A80" },   { "80E2900001 85", "6A80" },
        { "80E2900004 85028A00", "6A80" }, { "80E2900009 8507890589038C0161", "6A80" },
        { "80E2880002 8500", "6985" },     { "80E2900102 8500", "6985" },
        { "80E2100002 8500", "6985" },     { "80E29000", "6A80" },
    };
    char wanted[20];

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        snprintf(wanted, sizeof wanted, "01%s", wrong[i].sw);
        ota_expect(&u, &ram, wanted, wrong[i].apdu);
    }
    ota_expect(&u, &ram, "019000 " OTA_ADMIN_TERMS, "80CA008500");
    /* 84 { 3C }, 86 none, 89 { 8A a } over SCP80; the address comes with the message */
    ota_expect(&u, &ram, "019000", "80E2900015 8513 8405 3C030203E7 86020000 8906 8A0161 8C012F");
    assert_int_equal(pushes(&ram, "81()"), 0x6A80); /* who it is stood in what was there before */
    assert_int_equal(pushes(&ram, "81(83(85((78) (0000))))"), 0x9000);
    assert_string_equal(web.host, "a:999");
    assert_null(web.r.address.p);
    script(NULL, GP, "AE80 2205 80CA008500 0000",
           "AF80 800101 2317 8513 84053C030203E7 86020000 8906 8A0161 8C012F 9000 0000");
    /* over HTTP, under the other tag: the session goes on as it began */
    script(NULL, GP, "AE80 220E 80E2900009 A5078905 8A036E6577 0000", "AF80 800101 2302 9000 0000");
    assert_string_equal(web.host, "a:999");
    answer(204, FIELDS(PROTOCOL), "");
    ota_expect(&u, &ram, "016A88", "80CA008500");
    ota_expect(&u, &ram, "019000 A50789058A036E6577", "80CA00A500");
    assert_int_equal(pushes(&ram, "81(83(85((78) (4001))))"), 0x9000);
    assert_string_equal(web.host, "new");
    assert_string_equal(web.path, "/");
}

/* A domain's parameters go with it. */
static void stored_terms_go(void **state)
{
    uint32_t id = profile_object(1, PROFILE_MISC, REGISTRY_ADMIN);
    unsigned n = 0;
    slice s;

    (void)state;
    ota_expect(&u, &below, "019000", "80E2900009 8507 8905 8A036E6577");
    for (uint32_t at = id; objects_next(card_objects(u.card), &at, id + 0xFF, &s); at++)
        n++;
    assert_int_equal(n, 1);
    ota_send(&u, &ram, "80E400000B 4F09A00000055910100006");
    ota_send(&u, &ram, "80E400000A 4F08A000000151000001");
    assert_int_equal(ota_send(&u, &below, "8100").status, 0x09);
    assert_false(objects_next(card_objects(u.card), &id, id + 0xFF, &s));
}

/* A trigger is for a domain; who it is, the checksum proves. */
static void who_may_trigger(void **state)
{
    static const struct ota_send usim = { &OTA_SET_1, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
    struct ota_send s = ram;

    (void)state;
    ota_expect(&u, &usim, "016881",
               "81A4000C023F00"); /* there it is a command, on a channel that is none */
    s.spoil_check = 1;
    assert_int_equal(ota_send(&u, &s, "8100").status, 0x01);
    s = ram;
    s.spi1 = 0x00;
    s.spi2 = 0x01;
    assert_int_equal(ota_send(&u, &s, "8100").status, 0x0A);
    assert_int_equal(web.posts, 0);
    expect_idle();
    uicc_boot(&u); /* a terminal without TERMINAL PROFILE: neither connection nor timer */
    ota_expect(&u, &ram, "016985", "8100");
    expect_idle();
}

/* The example of SGP.02: identity and agent as they follow from EID and AID. */
static void names_from_the_eid(void **state)
{
    static struct personality who;
    static const struct card_app_entry both[] = { { &isdr_app, &who }, { &ota_app, NULL } };

    (void)state;
    personality_defaults(&who);
    uicc_hex("89001012012341234012345678901224", who.eid, sizeof who.eid);
    u.personality = (struct card_personality){ .apps = both, .app_count = 2 };
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
    assert_int_equal(pushes(&ram, "81(83(85(() (4001))))"), 0x9000);
    assert_string_equal(
        web.identity, "8001028110890010120123412340123456789012244F08A000000151000000820101830140");
    assert_true(says_header("X-Admin-From: //se-id/eid/89001012012341234012345678901224;"
                            "//aa-id/aid/A000000151/000000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_the_message_says, setup),
        cmocka_unit_test_setup(all_of_it_is_pushed, setup),
        cmocka_unit_test_setup(malformed_triggers, setup),
        cmocka_unit_test_setup(longest_texts, setup),
        cmocka_unit_test_setup(stored_terms, setup),
        cmocka_unit_test_setup(stored_terms_go, setup),
        cmocka_unit_test_setup(who_may_trigger, setup),
        cmocka_unit_test_setup(names_from_the_eid, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
