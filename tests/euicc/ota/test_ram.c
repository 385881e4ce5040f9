/*
 * Remote application management at the operator's security domain, and ES6.UpdateMetadata through
 * it (EUC-038).
 */
#include "base/secret.h"
#include "euicc/isdr/isdr.h"
#include "euicc/ota/ota_lab.h"

#include "euicc/ota/ota_impl.h"

static struct uicc u;
static const struct ota_send ram = { &OTA_SET_1, OTA_RAM, 0x06, 0x19, 0, 0, 0, 0, 0 };

#define PERSO_ISDP "80E6200016 000010A0000005591010FFFFFFFF8900000F00000000"

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    return 0;
}

static void get_status(void **state)
{
    (void)state;
    ota_expect(&u, &ram, "029000 E3 13 4F08A000000151000000 9F70010F C50382DC00",
               "80F2800202 4F00 00C0000000");
    ota_expect(&u, &ram, "016115", "80F2800202 4F00");
    ota_expect(&u, &ram, "029000 08A000000151000000 0F 82", "80F2800002 4F00 00C0000000");
    ota_expect(&u, &ram, "029000 E314 4F09A00000055910100003 9F700107 C503000000",
               "80F240020B 4F09A00000055910100003 00C0000000");
    ota_expect(&u, &ram, "016A88", "80F2400207 4F05A0000009FF");
    ota_expect(&u, &ram, "016A88", "80F2200202 4F00"); /* no load file */
    ota_expect(&u, &ram, "016A86", "80F2010202 4F00");
    ota_expect(&u, &ram, "016A80", "80F2800202 5C00");
    ota_expect(&u, &ram, "016E00", "00F2800202 4F00");
}

static void get_data(void **state)
{
    (void)state;
    struct ota_answer a;

    ota_expect(&u, &ram, "019000 6603010203", "80CA006600");
    ota_expect(&u, &ram, "019000 42020A0B", "00CA004200");
    ota_expect(&u, &ram, "016A88", "80CA004500");
    a = ota_send(&u, &ram, "80CA00E000");
    assert_int_equal(a.data_n, 3 + 2 + 15 * 6);
    assert_memory_equal(a.data, "\x01\x90\x00\xE0\x5A\xC0\x04\x01\x01\x88\x10", 11);
    a = ota_send(&u, &ram, "80CAFF2100");
    assert_memory_equal(a.data, "\x01\x90\x00\xFF\x21\x0F\x81\x01\x00\x82\x04", 11);
}

/* One key under the DEK of set 1, as its holder writes it. */
static const char *new_key(uint8_t type, const uint8_t *value, uint8_t n)
{
    static const uint8_t iv[16];
    static char text[200];
    uint8_t sealed[32], check[16];
    slice dek = slice_of(OTA_SET_1.dek, 16), key = slice_of(value, n);
    size_t at = 0;

    assert_int_equal(crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, dek, iv, key, sealed), E_OK);
    memset(check, type == 0x88 ? 1 : 0, sizeof check);
    if (type == 0x88)
        assert_int_equal(
            crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, key, iv, SLICE_OF(check), check), E_OK);
    else
        assert_int_equal(
            crypto_des3_cbc(crypto_openssl(), AES_ENCRYPT, key, iv, slice_of(check, 8), check),
            E_OK);
    if (type == 0x88)
        at = (size_t)snprintf(text, sizeof text, "88%02X%02X", n + 1, n);
    else
        at = (size_t)snprintf(text, sizeof text, "%02X%02X", type, n);
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%02X", sealed[i]);
    snprintf(text + at, sizeof text - at, "03%02X%02X%02X", check[0], check[1], check[2]);
    return text;
}

static void put_keys(const struct ota_set *set, uint8_t p1, const char *answer)
{
    char script[600], data[400];
    size_t n = (size_t)snprintf(data, sizeof data, "%02X", set->version);
    const uint8_t *keys[] = { set->kic, set->kid, set->dek };

    for (int i = 0; i < 3; i++)
        n += (size_t)snprintf(data + n, sizeof data - n, "%s",
                              new_key(set->aes ? 0x88 : 0x80, keys[i], set->n));
    snprintf(script, sizeof script, "80D8%02X81%02X%s", p1, (unsigned)(n / 2), data);
    ota_expect(&u, &ram, answer, script);
}

static void put_key(void **state)
{
    (void)state;
    struct ota_set set = OTA_SET_1;
    struct ota_send s = ram;
    char script[200];

    s.set = &set;
    set.version = 5;
    memset(set.kic, 0x55, sizeof set.kic);
    memset(set.kid, 0x66, sizeof set.kid);
    memset(set.dek, 0x77, sizeof set.dek);
    assert_int_equal(ota_send(&u, &s, "80CA006600").status, OTA_SECURITY_ERROR);
    put_keys(&set, 0, "01610A");
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    put_keys(&set, 0, "016A80"); /* it is there already */
    memset(set.kic, 0x5A, sizeof set.kic);
    assert_int_equal(ota_send(&u, &s, "80CA006600").status, OTA_CHECKSUM_FAILED);
    put_keys(&set, 5, "01610A");
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    uicc_boot(&u);
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    set.version = 6; /* under another number: 5 is gone */
    put_keys(&set, 5, "01610A");
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    set.version = 5;
    assert_int_equal(ota_send(&u, &s, "80CA006600").status, OTA_SECURITY_ERROR);
    put_keys(&set, 9, "016A88");
    /* 3DES, one key; a wrong check value; an algorithm that is none */
    snprintf(script, sizeof script, "80D8000117%s%s", "07", new_key(0x80, set.kic, 16));
    ota_expect(&u, &ram, "016104", script);
    snprintf(script, sizeof script, "80D8000117%s%s", "08", new_key(0x80, set.kic, 16));
    memcpy(script + strlen(script) - 2, script[strlen(script) - 1] == '0' ? "01" : "00", 2);
    ota_expect(&u, &ram, "019485", script);
    snprintf(script, sizeof script, "80D8000117%s%s", "08", new_key(0x85, set.kic, 16));
    ota_expect(&u, &ram, "019484", script);
}

static void deletion(void **state)
{
    (void)state;
    ota_expect(&u, &ram, "016101", "80E4000003 D20104");
    ota_expect(&u, &ram, "016A88", "80E4000003 D20104");
    struct ota_send four = ram;
    four.set = &OTA_SET_4;
    assert_int_equal(ota_send(&u, &four, "80CA006600").status, OTA_SECURITY_ERROR);
    ota_expect(&u, &ram, "016985", "80E4000003 D20101"); /* the set that protects this packet */
    ota_expect(&u, &ram, "016985", "80E4000003 D00101");
    ota_expect(&u, &ram, "016985", "80E400000A 4F08A000000151000000"); /* the root */
    ota_expect(&u, &ram, "016A88", "80E4000007 4F05A0000009FF");
    ota_expect(&u, &ram, "016A80", "80E4000003 4F0101");
    ota_expect(&u, &ram, "016101", "80E400000B 4F09A00000055910100003");
    struct ota_send gone = ram;
    gone.tar = OTA_UICC;
    gone.spi2 = 1;
    assert_int_equal(ota_send(&u, &gone, "00A4000C023F00").status, OTA_TAR_UNKNOWN);
}

/* A locked instance has no TAR any more. */
static void set_status(void **state)
{
    (void)state;
    struct ota_send usim = ram;

    usim.tar = OTA_USIM;
    ota_expect(&u, &usim, "019000", "00A4000C023F00");
    ota_expect(&u, &ram, "019000", "80F0408709 A00000055910100002");
    assert_int_equal(ota_send(&u, &usim, "00A4000C023F00").status, OTA_TAR_UNKNOWN);
    uicc_boot(&u);
    assert_int_equal(ota_send(&u, &usim, "00A4000C023F00").status, OTA_TAR_UNKNOWN);
    ota_expect(&u, &ram, "019000", "80F0400709 A00000055910100002");
    ota_expect(&u, &usim, "019000", "00A4000C023F00");
    ota_expect(&u, &ram, "016985", "80F0408F08 A000000151000000");
    ota_expect(&u, &ram, "016985", "80F0807F08 A000000151000000");
    ota_expect(&u, &ram, "016A88", "80F0400709 A00000055910100099");
}

static void without_runtime(void **state)
{
    (void)state;
    ota_expect(&u, &ram, "016A81", "80E602000A 05A000000901 00000000");
    ota_expect(&u, &ram, "016A88", "80E60C000A 05A000000901 00000000");
    ota_expect(&u, &ram, "016D00", "80E8000001 00");
    ota_expect(&u, &ram, "016985", "80E2800003 BF2A00");
    ota_expect(&u, &ram, "016A88", "80E620000B 000005A000000901000000");
    ota_expect(&u, &ram, "016A80", "80E6200005 0000050000");
    ota_expect(&u, &ram, "016D00", "00B0000001");
}

/* A profile whose domain asks for no security still has none of its commands for strangers. */
static void never_without_a_key(void **state)
{
    (void)state;
    static char elements[4096];
    struct ota_send s = ram;
    char *level;

    snprintf(elements, sizeof elements, "%s", OTA_ELEMENTS);
    level = strstr(elements, "020106 06B20100000000");
    assert_non_null(level);
    memcpy(level, "020100", 6);
    ota_card_with(&u, UICC_HALF, elements);
    s.spi1 = 0x02;
    s.spi2 = 0x01;
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    s.spi1 = 0x00;
    assert_int_equal(ota_send(&u, &s, "80CA006600").status, OTA_LEVEL_TOO_LOW);
    s.spi1 = 0x04;
    assert_int_equal(ota_send(&u, &s, "80CA006600").status, OTA_LEVEL_TOO_LOW);
}

/* Memory ends in the second command: the first is taken back too, and the counter is used up. */
static void all_of_a_packet_or_nothing(void **state)
{
    (void)state;
    struct ota_send s = ram, usim = ram;
    struct objects *o;
    struct ota_answer a;
    char script[200];
    uint32_t id = ISDR_OBJECTS;

    ota_card(&u, 12288);
    o = card_objects(u.card);
    s.spi1 = 0x16;
    s.counter = 6;
    usim.tar = OTA_USIM;
    snprintf(script, sizeof script, "80F0408709 A00000055910100002 80D8000117 07%s",
             new_key(0x80, OTA_SET_1.kic, 16));
    ota_expect(&u, &s, "0190006603010203", "80CA006600");
    for (uint32_t n = 4096; n; n /= 2)
        while (!objects_make(o, id, n, 0))
            id++;
    uicc_commit(&u);
    s.counter = 7;
    a = ota_send(&u, &s, script);
    assert_int_equal(a.status, OTA_NO_MEMORY);
    assert_int_equal(a.data_n, 0);
    ota_expect(&u, &usim, "019000", "00A4000C023F00"); /* not locked */
    a = ota_send(&u, &s, script);
    assert_int_equal(a.status, OTA_COUNTER_LOW);
    assert_int_equal(objects_delete_range(o, ISDR_OBJECTS, id), E_OK);
    uicc_commit(&u);
    s.counter = 8;
    ota_expect(&u, &s, "026104", script);
    assert_int_equal(ota_send(&u, &usim, "00A4000C023F00").status, OTA_TAR_UNKNOWN);
}

/* A domain below the operator's: its own keys and TAR, its own reach, and its end. */
static void domain_below(void **state)
{
    (void)state;
    static char elements[4096];
    static const char below[] =
        "A6(A0(8000 810115)"
        "A1(4F07A0000001515350 4F08A000000151535041 4F08A000000151000001 820380C000 830107"
        "C90481028000 EA(80100100000000020106 06B20200B20201 00))"
        "A2(30(950118 820101 830101 30(30(800188 8610A00102030405060708090A0B0C0D0E0F)))"
        "30(950114 820102 830101 30(30(800188 8610A10102030405060708090A0B0C0D0E0F)))))";
    struct ota_send root = ram, s = ram;

    snprintf(elements, sizeof elements, "%s%s", OTA_ELEMENTS, below);
    ota_card_with(&u, UICC_HALF, elements);
    s.tar = "B20201";
    ota_expect(&u, &s, "019000E00CC00401018810C00402018810", "80CA00E000");
    ota_expect(&u, &s, "016A88", "80CA006600"); /* the root's data is the root's */
    ota_expect(&u, &s, "016A88", "80E400000A 4F08A000000151000000");
    ota_expect(&u, &s, "016A88", "80E400000B 4F09A00000055910100003");
    ota_expect(&u, &s, "016A88", PERSO_ISDP);
    ota_expect(&u, &s, "016985",
               "80D8000117 05" /* it has no DEK */
               "8010000102030405060708090A0B0C0D0E0F 03000000");
    s.spi1 = 0x16; /* counters are each domain's own */
    root.spi1 = 0x16;
    s.counter = root.counter = 5;
    ota_expect(&u, &s, "019000E00CC00401018810C00402018810", "80CA00E000");
    ota_expect(&u, &root, "0190006603010203", "80CA006600");
    ota_expect(&u, &ram, "019000", "80F0400F08 A000000151000001"); /* personalised */
    ota_expect(&u, &ram, "016985", "80F0400708 A000000151000001");
    ota_expect(&u, &ram, "029000E3134F08A0000001510000019F70010FC50380C000",
               "80F240020A 4F08A000000151000001 00C0000000");
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 A000000151000001");
    ota_expect(&u, &ram, "016101", "80E400000A 4F08A000000151000001");
    uicc_expect(&u, 0x9000, "", "80F2000C"); /* the channel is the file system's again */
    uicc_expect(&u, 0x6A82, NULL, "00A40400 08 A000000151000001");
    s.spi2 = 0x01;
    assert_int_equal(ota_send(&u, &s, "80CA00E000").status, OTA_TAR_UNKNOWN);
    uicc_boot(&u);
    assert_int_equal(ota_send(&u, &s, "80CA00E000").status, OTA_TAR_UNKNOWN);
}

/* ENVELOPE is the card's, whatever is selected on the terminal's channel. */
static void whatever_is_selected(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 A000000151000000");
    ota_expect(&u, &ram, "0190006603010203", "80CA006600");
    uicc_expect(&u, 0x6982, "", "80F28002 02 4F00"); /* and the domain's is the domain's */
}

/* ---- ES6 ---- */

static struct personality who;
static const struct card_app_entry both[] = { { &isdr_app, &who }, { &ota_app, NULL } };

#define PERSO PERSO_ISDP
/* ICCID, provider "P", name "N", owner 999-70, and the rules (99); nickname behind it */
#define WITH_PPR1 "BF251D5A0A9800103254769810329991015092014EB705800399F90799020640900158"

static void set_metadata(const char *hex)
{
    uint8_t octets[200];
    size_t n = uicc_hex(hex, octets, sizeof octets);

    assert_int_equal(profile_set_metadata(u.card, profile_enabled(u.card), slice_of(octets, n)),
                     E_OK);
    uicc_commit(&u);
}

static void metadata_is(const char *hex)
{
    uint8_t octets[300];
    size_t n = uicc_hex(hex, octets, sizeof octets);
    slice is = profile_metadata(u.card, profile_enabled(u.card));

    if (!slice_eq(is, slice_of(octets, n)))
        for (size_t i = 0; i < is.n; i++)
            print_message("%02X", is.p[i]);
    assert_true(slice_eq(is, slice_of(octets, n)));
}

static int isdr_card(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    personality_defaults(&who);
    u.personality = (struct card_personality){ .apps = both, .app_count = COUNT(both) };
    uicc_boot(&u);
    set_metadata(WITH_PPR1);
    return 0;
}

static void update_names_and_icon(void **state)
{
    (void)state;
    ota_expect(&u, &ram, "029000", PERSO "80E2800009 BF2A06 92044E657720");
    metadata_is("BF25205A0A98001032547698103299910150 92044E657720 B705800399F907 99020640 900158");
    uicc_boot(&u);
    metadata_is("BF25205A0A98001032547698103299910150 92044E657720 B705800399F907 99020640 900158");
    /* in two blocks of two packets; without its type the icon is refused */
    ota_expect(&u, &ram, "029000", PERSO "80E2000004 BF2A0893");
    ota_expect(&u, &ram, "019000", "80E2800107 01019403AABBCC");
    metadata_is("BF25285A0A98001032547698103299910150 92044E657720 930101 9403AABBCC"
                "B705800399F907 99020640 900158");
    ota_expect(&u, &ram, "026A80", PERSO "80E2800008 BF2A059403DDEEFF");
    ota_expect(&u, &ram, "026A80", PERSO "80E2800007 BF2A0492014E9F");
    ota_expect(&u, &ram, "026A86", PERSO "80E2800107 BF2A0492024E4E");
    ota_expect(&u, &ram, "026A80", PERSO "80E2800008 BF2505 9203414141");
    metadata_is("BF25285A0A98001032547698103299910150 92044E657720 930101 9403AABBCC"
                "B705800399F907 99020640 900158");
    ota_expect(&u, &ram, "029000", PERSO "80E2800005 BF2A029400"); /* an empty one goes */
    metadata_is("BF25205A0A98001032547698103299910150 92044E657720 B705800399F907 99020640 900158");
}

/* EUC-038: taken away, set with the right to, set without; the name beside it is not kept then. */
static void euc_038_policy_rules(void **state)
{
    (void)state;
    /* both rules, any operator, no consent needed */
    static const uint8_t row[] = { 0x30, 0x10, 0x80, 0x02, 0x05, 0x60, 0xA1, 0x07, 0x30,
                                   0x05, 0x80, 0x03, 0xEE, 0xEE, 0xEE, 0x82, 0x01, 0x00 };
    const char *none = "BF251D5A0A9800103254769810329991015092014EB705800399F90799020600900158";
    const char *controlled =
        "BF251D5A0A9800103254769810329991015092014EB705800399F90799020680900158";

    ota_expect(&u, &ram, "029000", PERSO "80E2800007 BF2A0499020600");
    metadata_is(none);
    ota_expect(&u, &ram, "026985", PERSO "80E280000A BF2A07 920141 99020640");
    metadata_is(none);
    set_metadata(controlled);
    ota_expect(&u, &ram, "026985", PERSO "80E280000A BF2A07 920141 99020640"); /* no RAT right */
    metadata_is(controlled);
    who.rat = SLICE_OF(row);
    ota_expect(&u, &ram, "029000", PERSO "80E280000A BF2A07 920141 99020640");
    metadata_is("BF251D5A0A98001032547698103299910150920141B705800399F90799020640900158");
    who.rat = SLICE_NONE;
}

/* EUC-038: a rule that no card knows cannot be allowed by a row either. */
static void euc_038_unknown_rule(void **state)
{
    /* as above, and for rule 3 too */
    static const uint8_t row[] = { 0x30, 0x10, 0x80, 0x02, 0x04, 0x70, 0xA1, 0x07, 0x30,
                                   0x05, 0x80, 0x03, 0xEE, 0xEE, 0xEE, 0x82, 0x01, 0x00 };

    (void)state;
    set_metadata("BF251D5A0A9800103254769810329991015092014EB705800399F90799020680900158");
    who.rat = SLICE_OF(row);
    ota_expect(&u, &ram, "026985", PERSO "80E2800007 BF2A0499020410");
    ota_expect(&u, &ram, "029000", PERSO "80E2800007 BF2A0499020640");
    who.rat = SLICE_NONE;
}

/* SGP.32 v1.3: fallbackAllowed; a card of v1.2 does not know it. */
static void update_fallback_allowed(void **state)
{
    (void)state;
    ota_expect(&u, &ram, "026A80", PERSO "80E2800007 BF2A049F6701FF");
    who.iot_version[1] = 3;
    ota_expect(&u, &ram, "029000", PERSO "80E2800007 BF2A049F6701FF");
    metadata_is(
        "BF25215A0A98001032547698103299910150 92014E B705800399F907 99020640 9F6701FF 900158");
    who.fallback_supported = false;
    ota_expect(&u, &ram, "026A80", PERSO "80E2800007 BF2A049F670100");
    who.fallback_supported = true;
    ota_expect(&u, &ram, "029000", PERSO "80E2800007 BF2A049F670100");
    metadata_is(
        "BF25215A0A98001032547698103299910150 92014E B705800399F907 99020640 9F670100 900158");
}

static void update_by_whom(void **state)
{
    (void)state;
    /* the profile's own ISD-P by its AID; a reset ends the personalisation */
    ota_expect(&u, &ram, "029000",
               "80E6200016 000010A0000005591010FFFFFFFF8900001000"
               "000000"
               "80E2800007 BF2A0492024141");
    card_reset(u.card);
    ota_expect(&u, &ram, "016985", "80E2800007 BF2A0492024242");
    ota_card(&u, UICC_HALF); /* a card without ISD-R */
    ota_expect(&u, &ram, "026A88", PERSO "80E2800007 BF2A0492024242");
}

/* The power goes at every write of an update: the metadata is before or after, never between. */
static void update_power_cuts(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    uint8_t data[80], packet[140] = { 2, 0x70, 0 };
    size_t n = 3 + ota_packet(&ram,
                              slice_of(data, uicc_hex(PERSO "80E280000A BF2A07 920141 99020600",
                                                      data, sizeof data)),
                              packet + 3);
    unsigned before = 0, after = 0;

    for (unsigned write = 1; write <= 3; write++)
        for (size_t r = 0; r < COUNT(reach); r++) {
            set_metadata(WITH_PPR1);
            u.ram.writes = 0;
            u.ram.cut_at = write;
            u.ram.cut_octets = reach[r];
            ota_envelope(&u, slice_of(packet, n), write == 1 ? 0x6581 : 0x9000);
            nvm_ram_power_on(&u.ram);
            uicc_boot(&u);
            slice now = profile_metadata(u.card, profile_enabled(u.card));
            uint8_t wanted[100];
            size_t m = uicc_hex(WITH_PPR1, wanted, sizeof wanted);
            if (slice_eq(now, slice_of(wanted, m))) {
                before++;
            } else {
                metadata_is("BF251D5A0A98001032547698103299910150920141B705800399F9079902060090"
                            "0158");
                after++;
            }
        }
    assert_true(before > 0 && after > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(get_status, setup),
        cmocka_unit_test_setup(get_data, setup),
        cmocka_unit_test_setup(put_key, setup),
        cmocka_unit_test_setup(deletion, setup),
        cmocka_unit_test_setup(set_status, setup),
        cmocka_unit_test_setup(without_runtime, setup),
        cmocka_unit_test(never_without_a_key),
        cmocka_unit_test(all_of_a_packet_or_nothing),
        cmocka_unit_test(domain_below),
        cmocka_unit_test_setup(whatever_is_selected, setup),
        cmocka_unit_test_setup(update_names_and_icon, isdr_card),
        cmocka_unit_test_setup(euc_038_policy_rules, isdr_card),
        cmocka_unit_test_setup(euc_038_unknown_rule, isdr_card),
        cmocka_unit_test_setup(update_fallback_allowed, isdr_card),
        cmocka_unit_test_setup(update_power_cuts, isdr_card),
        cmocka_unit_test_setup(update_by_whom, isdr_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
