/*
 * SCP80: command and response packets against the vectors of pySim (tests/unittests/test_ota.py,
 * recorded with real cards), redundancy checks, status codes, counters, concatenation.
 */
#include "euicc/ota/ota_lab.h"

#include "euicc/ota/ota_impl.h"

static struct uicc u;

/* SPI: checksum and ciphering, proof always, with checksum and ciphered. */
static const struct ota_send aes = { &OTA_SET_1, OTA_USIM, 0x16, 0x19, 1, 0, 0, 0, 0 };

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    return 0;
}

/* pySim: SELECT 3F00 to B00011, whose answer was 61XX. */
static const struct vector {
    const char *name, *command, *response;
} vectors[] = {
    { "3DES ciphered CC", "00201506193535b00011ae733256918d050b87c94fbfe12e4dc402f262c41cf67f2f",
      "027100001c12b000118bb989492c632529326a2f4681feb37c825bc9021c9f6d0b" },
    { "3DES unciphered CC", "00201506093535b00011c49ac91ab8159ba5b83a54fb6385e0a5e31694f8b215fafc",
      "027100001612b0001100000000000000b5bcd6353a421fae016132" },
    { "3DES unciphered no CC",
      "00201506013535b000113190be334900f52b025f3f7eddfe868e96ebf310023b7769",
      "027100000e0ab0001100000000000000016132" },
    { "AES-128 ciphered CC",
      "00281506192222b00011e87cceebb2d93083011ce294f93fc4d8de80da1abae8c37ca3e72ec4432e5058",
      "027100002412b00011ebc6b497e2cad7aedf36ace0e3a29b38853f0fe9ccde81913be5702b73abce1f" },
};

static void published_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t octets[80], out[RESPONSE_MAX], wanted[80];
        struct ota_packet p;
        size_t n = uicc_hex(vectors[i].command, octets, sizeof octets), m;

        assert_true(packet_parse(slice_of(octets, n), &p));
        assert_int_equal(packet_open(u.card, &p, octets, n), OTA_OK);
        assert_true(slice_eq(p.data, SLICE_LIT("\x00\xA4\x00\x04\x02\x3F\x00")));
        m = packet_respond(u.card, &p, OTA_OK, SLICE_LIT("\x01\x61\x32"), out);
        n = uicc_hex(vectors[i].response, wanted, sizeof wanted);
        assert_int_equal(m, n);
        assert_memory_equal(out, wanted, n);
        packet_wipe(&p);
    }
}

/* The same through the card: the MF's FCP of this profile waits for GET RESPONSE. */
static void published_packets_by_envelope(void **state)
{
    (void)state;
    const struct ota_send how[] = {
        { &OTA_SET_3, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 },
        { &OTA_SET_3, OTA_USIM, 0x06, 0x09, 0, 0, 0, 0, 0 },
        { &OTA_SET_3, OTA_USIM, 0x06, 0x01, 0, 0, 0, 0, 0 },
        { &OTA_SET_2, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t octets[100] = { 2, 0x70, 0 };
        struct ota_answer a;
        size_t n = 3 + uicc_hex(vectors[i].command, octets + 3, sizeof octets - 3);

        ota_envelope(&u, slice_of(octets, n), 0x9000);
        ota_open(&how[i], slice_of(u.reply, u.n), &a);
        assert_int_equal(a.status, OTA_OK);
        assert_int_equal(a.data_n, 3);
        assert_int_equal(a.data[0], 1);
        assert_int_equal(a.data[1], 0x61);
        assert_true(a.secured == (i != 2));
    }
}

/* TS 102 225 annex A computes both for 01 02 03 04 05. */
static void redundancy_checks(void **state)
{
    (void)state;
    const slice parts[] = { SLICE_LIT("\x01\x02"), SLICE_LIT("\x03\x04\x05") };
    uint8_t out[4];

    crc16(parts, 2, out);
    assert_memory_equal(out, "\x22\xEC", 2);
    crc32(parts, 2, out);
    assert_memory_equal(out, "\x47\x0B\x99\xF4", 4);
}

/* RC in command and response, to the instance whose level is 00. */
static void redundancy_in_packets(void **state)
{
    (void)state;
    uint8_t octets[] = {
        2, 0x70, 0, 0, 0x17, 0x0F, 0x01, 0x05, 0,    0x01, 0xB0, 0,    0x12, 0,
        0, 0,    0, 0, 0,    0,    0,    0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00
    };
    const slice covered[] = { slice_of(octets + 3, 16), slice_of(octets + 21, 7) };
    struct ota_send as = { &OTA_SET_1, OTA_UICC, 0x01, 0x01, 0, 0, 0, 0, 0 };
    struct ota_answer a;

    octets[4] = sizeof octets - 5;
    crc16(covered, 2, octets + 19);
    ota_envelope(&u, SLICE_OF(octets), 0x9000);
    assert_int_equal(u.n, 16 + 2 + 3);
    assert_memory_equal(u.reply + 18, "\x01\x90\x00", 3);
    const slice told[] = { slice_of(u.reply, 16), slice_of(u.reply + 18, 3) };
    uint8_t sum[2];
    crc16(told, 2, sum);
    assert_memory_equal(u.reply + 16, sum, 2);
    octets[20] ^= 1;
    ota_envelope(&u, SLICE_OF(octets), 0x9000);
    ota_open(&as, slice_of(u.reply, u.n), &a);
    assert_int_equal(a.status, OTA_CHECKSUM_FAILED);
    octets[20] ^= 1;
    octets[9] = 0x09; /* a single check for which there is no algorithm */
    ota_envelope(&u, SLICE_OF(octets), 0x9000);
    ota_open(&as, slice_of(u.reply, u.n), &a);
    assert_int_equal(a.status, OTA_SECURITY_ERROR);
}

static void key_sets(void **state)
{
    (void)state;
    const struct ota_set *sets[] = { &OTA_SET_1, &OTA_SET_2, &OTA_SET_3, &OTA_SET_4 };

    for (size_t i = 0; i < COUNT(sets); i++)
        for (unsigned spi2 = 0x01; spi2 <= 0x19; spi2 += 0x08) {
            struct ota_send s = aes;

            s.set = sets[i];
            s.spi2 = (uint8_t)spi2;
            s.counter = spi2;
            ota_expect(&u, &s, "019000", "00A4000C023F00");
            s.counter++;
            s.kic = s.kid = (uint8_t)(s.set->version << 4); /* implicit: the key says it */
            ota_expect(&u, &s, "019000", "00A4000C023F00");
        }
}

static void refused(const struct ota_send *s, uint8_t status, bool secured)
{
    struct ota_answer a = ota_send(&u, s, "00A4000C023F00");

    assert_int_not_equal(a.n, 0);
    assert_int_equal(a.status, status);
    assert_int_equal(a.secured, secured);
    assert_int_equal(a.data_n, 0);
}

#define REFUSED(change, status, secured)                                                           \
    do {                                                                                           \
        struct ota_send s = aes;                                                                   \
        s.counter = 100;                                                                           \
        change;                                                                                    \
        refused(&s, status, secured);                                                              \
    } while (0)

static void status_codes(void **state)
{
    (void)state;
    struct ota_send good = aes;

    good.counter = 50;
    ota_expect(&u, &good, "019000", "00A4000C023F00");
    REFUSED(s.tar = "B00099", OTA_TAR_UNKNOWN, false);
    REFUSED(s.tar = OTA_NONE; s.spi1 = 0x06, OTA_LEVEL_TOO_LOW, false); /* counter is missing */
    REFUSED(s.spi1 = 0x14; s.spi2 = 0x01, OTA_LEVEL_TOO_LOW, false);    /* checksum */
    REFUSED(s.spi1 = 0x12; s.spi2 = 0x09, OTA_LEVEL_TOO_LOW, false);    /* ciphering */
    REFUSED(s.spoil_check = 1, OTA_CHECKSUM_FAILED, false);
    REFUSED(s.spoil_cipher = 1, OTA_CHECKSUM_FAILED, false);
    REFUSED(s.counter = 50, OTA_COUNTER_LOW, true);
    REFUSED(s.counter = 49, OTA_COUNTER_LOW, true);
    REFUSED(s.spi1 = 0x1E; s.counter = 52, OTA_COUNTER_HIGH, true);
    REFUSED(s.spi1 = 0x1E; s.counter = 50, OTA_COUNTER_LOW, true);
    REFUSED(s.kic = 0x52, OTA_SECURITY_ERROR, false);               /* no such set */
    REFUSED(s.kic = 0x22, OTA_SECURITY_ERROR, false);               /* two sets in one packet */
    REFUSED(s.kic = 0x15; s.kid = 0x15, OTA_SECURITY_ERROR, false); /* DES with an AES key */
    REFUSED(s.kic = 0x02; s.kid = 0x02, OTA_SECURITY_ERROR, false); /* version 0 is none */
    REFUSED(s.spi2 = 0x39, OTA_SECURITY_ERROR, false); /* SMS-SUBMIT, and no terminal for it */
    REFUSED(s.spi1 = 0x17, OTA_SECURITY_ERROR, false); /* digital signature */
    REFUSED(s.spi1 = 0x36, OTA_SECURITY_ERROR, false); /* reserved */
    good.counter = 51;
    good.spi1 = 0x1E;
    ota_expect(&u, &good, "019000", "00A4000C023F00"); /* none of these counted */
    good.spi1 = 0x16;
    good.counter = 0xFFFFFFFFFF;
    ota_expect(&u, &good, "019000", "00A4000C023F00");
    refused(&good, OTA_COUNTER_BLOCKED, true);
    ota_card(&u, UICC_HALF);
}

/* The card makes neither checksum nor ciphertext for who has not shown a key. */
static void nothing_for_strangers(void **state)
{
    (void)state;
    struct ota_send s = { &OTA_SET_1, OTA_UICC, 0x00, 0x01, 0, 0, 0, 0, 0 };

    ota_expect(&u, &s, "019000", "00A4000C023F00");
    s.spi2 = 0x09;
    refused(&s, OTA_SECURITY_ERROR, false);
    s.spi2 = 0x11;
    refused(&s, OTA_SECURITY_ERROR, false);
    s.spi1 = 0x04; /* ciphered only: what was deciphered does not come back as the counter */
    s.spi2 = 0x01;
    s.counter = 0x1234;
    struct ota_answer a = ota_send(&u, &s, "00A4000C023F00");
    assert_int_equal(a.status, OTA_OK);
    assert_int_equal(a.counter, 0);
    s.spi1 = 0x10; /* a counter that nobody vouches for */
    refused(&s, OTA_SECURITY_ERROR, false);
}

static void proof_on_error_and_none(void **state)
{
    (void)state;
    struct ota_send s = aes;

    s.counter = 1;
    s.spi2 = 0x1A; /* on error */
    assert_int_equal(ota_send(&u, &s, "00A4000C023F00").n, 0);
    refused(&s, OTA_COUNTER_LOW, true);
    s.spi2 = 0x00;
    assert_int_equal(ota_send(&u, &s, "00A4000C023F00").n, 0);
    s.counter = 2;
    assert_int_equal(ota_send(&u, &s, "00A4000C023F00").n, 0);
    s.spi2 = 0x19;
    refused(&s, OTA_COUNTER_LOW, true);
}

static void counters_per_version(void **state)
{
    (void)state;
    struct ota_send one = aes, two = aes;

    one.counter = 10;
    two.set = &OTA_SET_2;
    two.counter = 5;
    ota_expect(&u, &one, "019000", "00A4000C023F00");
    ota_expect(&u, &two, "019000", "00A4000C023F00");
    uicc_boot(&u);
    refused(&one, OTA_COUNTER_LOW, true);
    refused(&two, OTA_COUNTER_LOW, true);
    two.counter = 6;
    ota_expect(&u, &two, "019000", "00A4000C023F00");
}

/* keyCounterValue of the profile is where counting begins. */
static void counter_of_the_profile(void **state)
{
    (void)state;
    uint8_t object[64];
    struct ota_send s = aes;
    size_t n = uicc_hex("00 3025 950118 820102 830101 850164 3017 3015 800188 8610"
                        "A10102030405060708090A0B0C0D0E0F",
                        object, sizeof object);

    /* KID of set 1: the second key of the package */
    assert_int_equal(objects_put(card_objects(u.card),
                                 profile_object(profile_enabled(u.card), PROFILE_KEY, 1),
                                 slice_of(object, n)),
                     E_OK);
    uicc_commit(&u);
    s.counter = 100;
    refused(&s, OTA_COUNTER_LOW, true);
    s.counter = 101;
    ota_expect(&u, &s, "019000", "00A4000C023F00");
    refused(&s, OTA_COUNTER_LOW, true);
}

/* Parts in any order and twice, both widths of reference; a reset ends a message. */
static void concatenation(void **state)
{
    (void)state;
    uint8_t data[200], packet[300], part[2][140];
    struct ota_send s = aes;
    struct ota_answer a;
    size_t n = 0, sizes[2];

    while (n < 180)
        n += uicc_hex("00A4000C023F00", data + n, sizeof data - n);
    for (unsigned wide = 0; wide < 2; wide++) {
        s.counter = 200 + wide;
        size_t total = ota_packet(&s, slice_of(data, n), packet);

        for (unsigned i = 0; i < 2; i++) {
            static const uint8_t narrow[] = { 5, 0x00, 3, 7, 2, 0 },
                                 broad[] = { 6, 0x08, 4, 1, 7, 2, 0 };
            size_t head = wide ? sizeof broad : sizeof narrow;

            memcpy(part[i], wide ? broad : narrow, head);
            part[i][head - 1] = (uint8_t)(i + 1);
            if (i == 0) {
                part[i][0] = (uint8_t)(part[i][0] + 2);
                memcpy(part[i] + head, "\x70\x00", 2);
                head += 2;
            }
            size_t take = i ? total - 100 : 100;
            memcpy(part[i] + head, packet + i * 100, take);
            sizes[i] = head + take;
        }
        assert_true(sizes[1] <= 140);
        for (unsigned twice = 0; twice < 2; twice++) {
            ota_envelope(&u, slice_of(part[1], sizes[1]), 0x9000);
            assert_int_equal(u.n, 0);
        }
        card_reset(u.card);
        ota_envelope(&u, slice_of(part[0], sizes[0]), 0x9000);
        assert_int_equal(u.n, 0);
        ota_envelope(&u, slice_of(part[1], sizes[1]), 0x9000);
        ota_open(&s, slice_of(u.reply, u.n), &a);
        assert_int_equal(a.status, OTA_OK);
        assert_true(slice_eq(slice_of(a.data, a.data_n), SLICE_LIT("\x1A\x90\x00")));
    }
}

static void malformed(void **state)
{
    (void)state;
    uint8_t octets[140] = { 2, 0x70, 0 };
    struct ota_send s = aes;
    size_t n;

    s.counter = 300;
    n = 3 + ota_packet(&s, SLICE_LIT("\x00\xA4\x00\x0C\x02\x3F\x00"), octets + 3);
    octets[4]++; /* CPL */
    ota_envelope(&u, slice_of(octets, n), 0x9000);
    assert_int_equal(u.n, 0);
    octets[4]--;
    octets[5] = 0xF0; /* CHL beyond the packet */
    ota_envelope(&u, slice_of(octets, n), 0x9000);
    assert_int_equal(u.n, 0);
    octets[5] = 0x16;
    ota_envelope(&u, slice_of(octets, n), 0x9000);
    assert_int_equal(u.reply[15], OTA_SECURITY_ERROR);
    octets[5] = 0x15;
    ota_envelope(&u, slice_of(octets, n - 4), 0x9000); /* a message that was cut */
    assert_int_equal(u.n, 0);
    octets[0] = 0x7F; /* the header does not end */
    ota_envelope(&u, slice_of(octets, n), 0x6A80);
    octets[0] = 2;
    octets[1] = 0x71; /* no command packet: for nobody here */
    ota_envelope(&u, slice_of(octets, n), 0x9000);
    assert_int_equal(u.n, 0);
    octets[1] = 0x70;
    ota_envelope(&u, slice_of(octets, n), 0x9000);
    assert_int_not_equal(u.n, 0);
    uicc_expect(&u, 0x6A80, "", "80C20000 06 D104 82028381");
    uicc_expect(&u, 0x9000, "", "80C20000 03 D2018B"); /* another envelope */
}

/* Packet and counter are one record: before or after, at every write and octet. */
static void power_cuts(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    struct ota_send s = aes;
    bool done = false;

    ota_card(&u, UICC_HALF);
    for (unsigned i = 0; i < 60; i++) {
        struct ota_send probe = { &OTA_SET_2, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
        uint8_t packet[140] = { 2, 0x70, 0 };
        char script[80];

        snprintf(script, sizeof script, "00A4000C026F43 00D6000002 %02X%02X", i, i ^ 0xFF);
        uint8_t data[40];
        s.counter = 2 * i + 1;
        size_t n =
            3 + ota_packet(&s, slice_of(data, uicc_hex(script, data, sizeof data)), packet + 3);
        struct ota_answer before = ota_send(&u, &probe, "00A4000C026F43 00B0000002");
        assert_int_equal(before.data_n, 5);
        u.ram.writes = 0;
        u.ram.cut_at = 1 + i % 3;
        u.ram.cut_octets = reach[i % COUNT(reach)];
        ota_envelope(&u, slice_of(packet, n), u.ram.cut_at == 1 ? 0x6581 : 0x9000);
        nvm_ram_power_on(&u.ram);
        uicc_boot(&u);
        struct ota_answer after = ota_send(&u, &probe, "00A4000C026F43 00B0000002");
        bool changed = memcmp(before.data + 3, after.data + 3, 2) != 0;
        /* the counter tells the same story as the file */
        struct ota_answer again = ota_send(&u, &s, "00A4000C023F00");
        assert_int_equal(again.status, changed ? OTA_COUNTER_LOW : OTA_OK);
        done = done || changed;
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_packets),
        cmocka_unit_test(published_packets_by_envelope),
        cmocka_unit_test(redundancy_checks),
        cmocka_unit_test(redundancy_in_packets),
        cmocka_unit_test_setup(key_sets, setup),
        cmocka_unit_test_setup(status_codes, setup),
        cmocka_unit_test_setup(nothing_for_strangers, setup),
        cmocka_unit_test_setup(proof_on_error_and_none, setup),
        cmocka_unit_test_setup(counters_per_version, setup),
        cmocka_unit_test_setup(counter_of_the_profile, setup),
        cmocka_unit_test(concatenation),
        cmocka_unit_test(malformed),
        cmocka_unit_test(power_cuts),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
