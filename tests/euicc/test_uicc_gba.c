/*
 * AUTHENTICATE in the GBA security context (TS 31.102 7.1.1, TS 33.220).
 *
 * RES, CK, IK and AK are those of TS 35.208 test set 1. There is no published vector for the rest:
 * it was made by Python's hashlib and hmac from that CK and IK,
 *
 *   truncated   sha1(IK)[:8]
 *   KS_EXT_n    hmac-sha256(CK + IK, 01 "gba-me" 0006 RAND 0010 IMPI len(IMPI) NAF_n len(NAF_n))
 *
 * with IMPI "001010123456789@ims.mnc001.mcc001.3gppnetwork.org", NAF_n "naf<n>.example.com" with
 * the protocol identifier 010001002F.
 */
#include "base/text.h"
#include "crypto/aka.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"
#define RAND "23553CBE9637A89D218AE64DAE47BF35"
#define RES  "A54211D5E3BA50BF"

static const uint8_t truncated[8] = { 0xC6, 0xE0, 0xC5, 0xCE, 0x26, 0xE0, 0x1D, 0xF7 };

#define IMPI                                                                                       \
    "31 30303130313031323334353637383940696D732E6D6E633030312E6D63633030312E336770706E6574776F72"  \
    "6B2E6F7267"
#define NAF_1    "15 6E6166312E6578616D706C652E636F6D010001002F"
#define NAF_2    "15 6E6166322E6578616D706C652E636F6D010001002F"
#define NAF_3    "15 6E6166332E6578616D706C652E636F6D010001002F"
#define KS_EXT_1 "BB64125CC23FED30B197CE24BEAA4BF0CE60E92D8923A276E200479F6F7F2842"
#define KS_EXT_2 "1A9FD2745FAE9946E507161A6AB9EDD4239E54184CCE47FDC63921FD54289A23"
#define KS_EXT_3 "49515A3DB266228D5ADB28CCFB1ADAC3496A36703C1BD1C3A6B2960F0C356B16"
#define DERIVE   "00880084 49 DE "

/* Service 68 of EF_UST; EF_GBABP, EF_GBANL with two records of 64 octets. */
#define SERVICE "30(80047FD06F38 020108 810108)"
#define FILES                                                                                      \
    "30(80027FD0 62(82024121 83026FD6 8B032F0603 800140 8800)"                                     \
    "62(820442210040 83026FDA 8B032F0603 800180 8800))"

static void new_card(const char *aka, const char *extra)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;
    char text[400];

    snprintf(text, sizeof text, "A1(A0(8000 810120) A1(%s))", extra);
    uicc_new(&u);
    out = uicc_install(&u, uicc_package(aka, text, octets), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
}

static int profile(void **state)
{
    (void)state;
    new_card(UICC_MILENAGE, SERVICE FILES);
    return 0;
}

/* RAND and AUTN for this number, each behind its length; with MAC* for the GBA context. */
static void challenge(uint64_t number, bool gba, char text[80])
{
    struct aka_params p = { .algorithm = AKA_MILENAGE, .key_len = 16 };
    uint8_t rand[16], autn[16], sqn[6];
    uint64_t n = number << 5;

    uicc_hex("465B5CE8B199B49FAA5F0A2EE238A6BC", p.key, 16);
    uicc_hex("CD63CB71954A9F4E48A5994E37A02BAF", p.opc, 16);
    memcpy(p.rotation, AKA_DEFAULT_ROTATION, sizeof p.rotation);
    memcpy(p.xoring, AKA_DEFAULT_XORING, sizeof p.xoring);
    for (unsigned i = 6; i-- > 0; n >>= 8)
        sqn[i] = (uint8_t)n;
    uicc_hex(RAND, rand, sizeof rand);
    assert_int_equal(aka_autn(crypto_openssl(), &p, rand, sqn, (const uint8_t *)"\x80\x00", autn),
                     E_OK);
    for (unsigned i = 0; i < 8 && gba; i++)
        autn[8 + i] ^= truncated[i];
    snprintf(text, 80, "10 " RAND " 10 ");
    assert_int_equal(hex_encode(SLICE_OF(autn), text + strlen(text), 80 - strlen(text)), E_OK);
}

static uint16_t bootstrap(uint64_t number)
{
    char text[80];

    challenge(number, true, text);
    return uicc_apdu(&u, "00880084 23 DD %s", text);
}

static void bootstraps_and_derives(void **state)
{
    (void)state;
    char text[80];

    uicc_expect(&u, 0x6985, "", DERIVE NAF_1 IMPI); /* nothing to derive from */
    challenge(1, true, text);
    /* RES alone leaves: CK and IK stay */
    uicc_expect(&u, 0x9000, "DB08" RES, "00880084 23 DD %s", text);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FD6");
    uicc_expect(&u, 0x9000, "10" RAND "FFFF", "00B0000013");
    /* the terminal adds B-TID and lifetime */
    uicc_expect(&u, 0x9000, "", "00D60011 09 03 412E42 0401020304");
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_2, DERIVE NAF_2 IMPI);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FDA");
    uicc_expect(&u, 0x9000, NULL, "00B2010440");
    assert_memory_equal(u.reply,
                        "\x80\x15naf1.example.com\x01\x00\x01\x00\x2F\x81\x03"
                        "A.B\xFF",
                        29);
    uicc_expect(&u, 0x9000, NULL, "00B2020440");
    assert_memory_equal(u.reply, "\x80\x15naf2", 6);
    /* a record is kept up to date; the first gives way when there is none left */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FD6");
    uicc_expect(&u, 0x9000, "", "00D60011 04 03 433E44");
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_2, DERIVE NAF_2 IMPI);
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_3, DERIVE NAF_3 IMPI);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FDA");
    uicc_expect(&u, 0x9000, NULL, "00B2010440");
    assert_memory_equal(u.reply, "\x80\x15naf3", 6);
    uicc_expect(&u, 0x9000, NULL, "00B2020440");
    assert_memory_equal(u.reply + 23,
                        "\x81\x03"
                        "C>D\xFF",
                        6);
    /* it is durable */
    uicc_boot(&u);
    uicc_expect(&u, 0x6985, "", DERIVE NAF_1 IMPI);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
}

/* An AUTN is for one of the two contexts; sequence numbers are theirs together. */
static void keeps_the_contexts_apart(void **state)
{
    (void)state;
    char text[80];

    challenge(2, false, text);
    uicc_expect(&u, 0x9862, "", "00880084 23 DD %s", text);
    uicc_expect(&u, 0x6985, "", DERIVE NAF_1 IMPI);
    challenge(2, true, text);
    uicc_expect(&u, 0x9862, "", "00880081 22 %s", text);
    uicc_expect(&u, 0x9000, NULL, "00880084 23 DD %s", text);
    assert_int_equal(u.reply[0], 0xDB);
    uicc_expect(&u, 0x9000, NULL, "00880084 23 DD %s", text);
    assert_int_equal(u.n, 16); /* again: AUTS */
    assert_memory_equal(u.reply, "\xDC\x0E", 2);
    challenge(2, false, text);
    uicc_expect(&u, 0x9000, NULL, "00880081 22 %s", text);
    assert_memory_equal(u.reply, "\xDC\x0E", 2);
    challenge(3, false, text);
    uicc_expect(&u, 0x9000, NULL, "00880081 22 %s", text);
    assert_int_equal(u.reply[0], 0xDB);
    /* a refused or stale challenge leaves the keys alone */
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
}

static void refuses(void **state)
{
    (void)state;
    char text[80];

    assert_int_equal(bootstrap(1), 0x9000);
    challenge(2, true, text);
    uicc_expect(&u, 0x6A80, "", "00880084 23 DC %s", text);
    uicc_expect(&u, 0x6700, "", "00880084 22 %s", text);
    uicc_expect(&u, 0x6A80, "", "00880084 24 DD %s 00", text);
    uicc_expect(&u, 0x6700, "", "00880084");
    text[1] = '1';
    uicc_expect(&u, 0x6A80, "", "00880084 23 DD %s", text);
    uicc_expect(&u, 0x6A80, "", "00880084 01 DE");
    uicc_expect(&u, 0x6A80, "", "00880084 02 DE15");
    uicc_expect(&u, 0x6A80, "", "00880084 17 DE" NAF_1);
    uicc_expect(&u, 0x6A80, "", "00880084 18 DE" NAF_1 "00");
    uicc_expect(&u, 0x6A80, "", "00880084 4A DE" NAF_1 IMPI "00");
    uicc_expect(&u, 0x6A80, "", "00880084 4A DE" NAF_1 "30" IMPI);
    uicc_expect(&u, 0x6A80, "", "00880084 09 DE 05 010001002F 01 41"); /* a server without a name */
    uicc_expect(&u, 0x9000, NULL, "00880084 0A DE 06 41010001002F 01 41");
    /* a name that the list's records have no room for */
    uicc_expect(&u, 0x6A84, "",
                "00880084 44 DE 40 41414141414141414141414141414141414141414141414141414141414141"
                "4141414141414141414141414141414141414141414141414141414141414141 41 01 41");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
    uicc_boot(&u);
    assert_int_equal(bootstrap(2), 0x6985); /* no application */
    /* without the service, and without its file */
    new_card(UICC_MILENAGE, FILES);
    assert_int_equal(bootstrap(1), 0x9864);
    uicc_expect(&u, 0x9864, "", DERIVE NAF_1 IMPI);
    new_card(UICC_MILENAGE, SERVICE);
    assert_int_equal(bootstrap(1), 0x9864);
    new_card(UICC_MILENAGE, SERVICE "30(80027FD0 62(82024121 83026FD6 8B032F0603 800110 8800))");
    assert_int_equal(bootstrap(1), 0x9864); /* too short for RAND */
    /* without a list the keys are derived all the same */
    new_card(UICC_MILENAGE, SERVICE "30(80027FD0 62(82024121 83026FD6 8B032F0603 800111 8800))");
    assert_int_equal(bootstrap(1), 0x9000);
    uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
}

/*
 * The ISIM of TS.48 v7 with service 2 added: test algorithm, K = 00 .. 0F. CK and IK are the bits
 * of K and RAND; truncated sha1(IK) is 3F820468ABB13F5F, and the key is made as those above.
 */
static void isim(void **state)
{
    (void)state;
    struct aka_params p = { .algorithm = AKA_XOR, .options = 2, .key_len = 16 };
    static const uint8_t sqn[6] = { 0, 0, 0, 0, 0x10, 0x00 };
    uint8_t rand[16], autn[16], mask[8];
    char text[80];

    if (!uicc_ts48(&u))
        skip();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C A0000000871004FF49FF0589");
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    for (uint8_t i = 0; i < 16; i++)
        p.key[i] = i;
    uicc_hex(RAND, rand, sizeof rand);
    uicc_hex("3F820468ABB13F5F", mask, sizeof mask);
    assert_int_equal(aka_autn(crypto_openssl(), &p, rand, sqn, (const uint8_t *)"\x80\x00", autn),
                     E_OK);
    for (unsigned i = 0; i < 8; i++)
        autn[8 + i] ^= mask[i];
    snprintf(text, sizeof text, "10 " RAND " 10 ");
    assert_int_equal(hex_encode(SLICE_OF(autn), text + strlen(text), sizeof text - strlen(text)),
                     E_OK);
    uicc_expect(&u, 0x9864, "", "00880084 23 DD %s", text);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
    uicc_expect(&u, 0x9000, "", "00D60000 01 03");
    uicc_expect(&u, 0x9000, NULL, "00880084 23 DD %s", text);
    assert_memory_equal(u.reply, "\xDB\x10\x23\x54\x3E\xBD", 6);
    uicc_expect(&u, 0x9000, "DB207794DDE744E9A021D6604C74CC0050ED4DC462155DCDCE8906CDBC4843C2EC19",
                DERIVE NAF_1 IMPI);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FD5");
    uicc_expect(&u, 0x9000, "10" RAND, "00B0000011");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FD7");
    uicc_expect(&u, 0x9000, NULL, "00B2010400");
    assert_memory_equal(u.reply, "\x80\x15naf1", 6);
    /* the USIM has none of it */
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    assert_int_not_equal(uicc_apdu(&u, DERIVE NAF_1 IMPI), 0x9000);
}

/* At every write: the old keys with the old RAND, or the new ones; RES only behind them. */
static void power(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    unsigned cuts = 0, lost = 0;
    uint64_t number = 1;

    for (unsigned r = 0; r < COUNT(reach); r++)
        for (uint32_t write = 1; write <= 3; write++) {
            new_card(UICC_MILENAGE, SERVICE FILES);
            u.ram.writes = 0;
            u.ram.cut_at = write;
            u.ram.cut_octets = reach[r];
            bool said = bootstrap(number) == 0x9000;
            cuts += u.ram.off;
            assert_true(said == !u.ram.off);
            nvm_ram_power_on(&u.ram);
            uicc_boot(&u);
            uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
            uicc_expect(&u, 0x9000, "", "00A4000C 02 6FD6");
            uicc_expect(&u, 0x9000, NULL, "00B0000011");
            bool stored = u.reply[0] == 0x10;
            assert_true(stored || !said);
            lost += !stored;
            if (stored)
                uicc_expect(&u, 0x9000, "DB20" KS_EXT_1, DERIVE NAF_1 IMPI);
            else
                uicc_expect(&u, 0x6985, "", DERIVE NAF_1 IMPI);
            assert_int_equal(bootstrap(number + 1), 0x9000);
        }
    assert_true(cuts >= 2 * COUNT(reach) && lost > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bootstraps_and_derives, profile),
        cmocka_unit_test_setup(keeps_the_contexts_apart, profile),
        cmocka_unit_test_setup(refuses, profile),
        cmocka_unit_test(isim),
        cmocka_unit_test_setup(power, profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
