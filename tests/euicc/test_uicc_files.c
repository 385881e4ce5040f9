/* SELECT, STATUS, channels and data commands on the TS.48 v7 profile. */
#include "euicc/uicc_card.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"
#define ISIM "A0000000871004FF49FF0589"

static int profile(void **state)
{
    (void)state;
    if (!uicc_ts48(&u))
        u.card = NULL;
    return 0;
}

#define NEEDS_CARD()                                                                               \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!u.card)                                                                               \
            skip();                                                                                \
    } while (0)

static void adm1(void)
{
    uicc_expect(&u, 0x9000, "", "0020000A08 3535353535353535");
}

/* Golden FCPs of the TS.48 v7 workbook, but for free memory and total size, which are this card's.
 */
static void fcp_is_golden(void **state)
{
    NEEDS_CARD();
    char expected[200];

    uicc_expect(&u, 0x9000, NULL, "00A40004 02 3F00");
    assert_int_equal(u.n, 50);
    snprintf(expected, sizeof expected,
             "62308202782183023F00A50C8001718304%02X%02X%02X%02X8701018A01058B032F0601C60C900160"
             "83010183010A83010B8102%02X%02X",
             u.reply[17], u.reply[18], u.reply[19], u.reply[20], u.reply[48], u.reply[49]);
    uicc_expect(&u, 0x9000, expected, "00A40004 02 3F00");
    uicc_expect(&u, 0x9000, NULL, "00A40404 0C " USIM);
    snprintf(expected, sizeof expected,
             "62388202782183027FD0840CA0000000871002FF49FF0589A5038001718A01058B032F0601C60F9001B0"
             "83018183010183010A83010B8102%02X%02X",
             u.reply[56], u.reply[57]);
    uicc_expect(&u, 0x9000, expected, "00A40404 0C " USIM);
    uicc_expect(&u, 0x9000, "62178202412183026F078A01058B036F060A80020009880138",
                "00A40004 02 6F07");
    uicc_expect(&u, 0x9000, "62198205422100B00A83026F3C8A01058B036F0602800206E08800",
                "00A40004 02 6F3C");
}

static void selects_in_all_forms(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4000C");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7F10");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 5F3A"); /* child */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7F10"); /* parent */
    uicc_expect(&u, 0x9000, "", "00A4010C 02 5F50"); /* child DF */
    uicc_expect(&u, 0x6A82, "", "00A4010C 02 7F10");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 5F3A"); /* sibling */
    uicc_expect(&u, 0x9000, "", "00A4030C");         /* parent */
    uicc_expect(&u, 0x9000, NULL, "80F20000");
    assert_int_equal(u.reply[8], 0x7F);
    assert_int_equal(u.reply[9], 0x10);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 7FFF"); /* no ADF yet */
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 6F07");
    uicc_expect(&u, 0x9000, "", "00A4080C 04 7F105F3A");
    uicc_expect(&u, 0x9000, "", "00A4080C 06 7F105F3A4F30");
    uicc_expect(&u, 0x9000, "", "00A4040C 07 A0000000871002"); /* right-truncated */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7F10");
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2F00"); /* an EF beside the directory is not reached */
    uicc_expect(&u, 0x9000, "", "00A4080C 04 7FFF6F07");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7FFF"); /* the application stays active */
    uicc_expect(&u, 0x9000, "", "00A4090C 04 5FC04F07");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7FFF");
    uicc_expect(&u, 0x9000, "840C" USIM, "80F20001");
    uicc_expect(&u, 0x9000, "", "80F2000C");
    uicc_expect(&u, 0x9000, "", "00A4044C 0C " USIM); /* ends the session */
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 7FFF");
    uicc_expect(&u, 0x6A82, "", "00A4040C 09 A00000015141434C00");
    uicc_expect(&u, 0x6A86, "", "00A4020C 02 3F00");
    uicc_expect(&u, 0x6700, "", "00A4000C 03 3F0000");
}

static void selects_the_next_application(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4040C 05 A000000087");
    uicc_expect(&u, 0x9000, "840C" USIM, "80F20001");
    uicc_expect(&u, 0x9000, "", "00A4040E 05 A000000087");
    uicc_expect(&u, 0x9000, "840C" ISIM, "80F20001");
    uicc_expect(&u, 0x6A82, "", "00A4040E 05 A000000087");
    uicc_expect(&u, 0x9000, "", "00A4040F 05 A000000087");
    uicc_expect(&u, 0x9000, "840C" USIM, "80F20001");
    uicc_expect(&u, 0x9000, "", "00A4040D 05 A000000087");
    uicc_expect(&u, 0x9000, "840C" ISIM, "80F20001");
}

static void selects_the_security_domain(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "6F108408A000000151000000A5049F6501FF", "00A40400 08 A000000151000000");
}

static void reads_what_the_profile_says(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "98001032547698103214", "00B082000A"); /* EF_ICCID by its SFI */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2FE2");
    uicc_expect(&u, 0x9000, "98001032547698103214", "00B0000000");
}

static void reads_binary(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2FE2");
    uicc_expect(&u, 0x9000, "9800103254", "00B0000005");
    uicc_expect(&u, 0x9000, "7698", "00B0000502");
    uicc_expect(&u, 0x9000, "98001032547698103214", "00B00000"); /* without Le: 61 0A */
    uicc_expect(&u, 0x6C05, "", "00B0000506");
    uicc_expect(&u, 0x6B00, "", "00B0000B01");
    uicc_expect(&u, 0x6982, "", "00D60000 01 00");
    uicc_expect(&u, 0x6981, "", "00B2010400");
    uicc_expect(&u, 0x6A82, "", "00B0990000");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x6986, "", "00B0000000");
}

static void reads_records(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, "61144F0C" USIM "50045553494D FFFFFFFFFFFFFFFFFFFFFF", "00B2010421");
    uicc_expect(&u, 0x9000, "61144F0C" ISIM "50044953494D FFFFFFFFFFFFFFFFFFFFFF", "00B2020400");
    uicc_expect(&u, 0x6C21, "", "00B2010420");
    uicc_expect(&u, 0x6A83, "", "00B2050400");
    uicc_expect(&u, 0x6A83, "", "00B2000400"); /* no current record */
    uicc_expect(&u, 0x9000, "61144F0C" USIM "50045553494D FFFFFFFFFFFFFFFFFFFFFF", "00B2000200");
    uicc_expect(&u, 0x9000, "61144F0C" ISIM "50044953494D FFFFFFFFFFFFFFFFFFFFFF", "00B2000200");
    uicc_expect(&u, 0x9000, "61144F0C" USIM "50045553494D FFFFFFFFFFFFFFFFFFFFFF", "00B2000300");
    uicc_expect(&u, 0x6A83, "", "00B2000300");
    uicc_expect(&u, 0x6A86, "", "00B2010200");
}

static void searches(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, "02", "00A20104 04 4953494D");
    uicc_expect(&u, 0x9000, "0102", "00A20104 05 A000000087");
    uicc_expect(&u, 0x9000, "02", "00A20204 05 A000000087");
    uicc_expect(&u, 0x9000, "0201", "00A20205 05 A000000087");
    uicc_expect(&u, 0x6282, "", "00A20104 04 11223344");
    uicc_expect(&u, 0x9000, "0102", "00A20106 06 0404 A0000000"); /* behind offset 4 */
    uicc_expect(&u, 0x6282, "", "00A20106 06 0405 A0000000");
    uicc_expect(&u, 0x9000, "03", "00A20106 06 0C03 F310FFFF"); /* behind the first 03 */
}

static void pin_protected_files(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    /* EF_IMSI: read with PIN1 (disabled here), update with ADM1 */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
    uicc_expect(&u, 0x9000, NULL, "00B0000009");
    uicc_expect(&u, 0x6982, "", "00D60000 01 08");
    adm1();
    uicc_expect(&u, 0x9000, "", "00D60000 09 080910101032547699");
    uicc_expect(&u, 0x9000, "080910101032547699", "00B0000009");
    uicc_expect(&u, 0x6700, "", "00D60001 09 080910101032547698");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "080910101032547699", "00B0870009"); /* SFI 07 */
    uicc_expect(&u, 0x6982, "", "00D68700 01 08");
}

static void cyclic_and_increase(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F39"); /* EF_ACM, one record of 3 octets */
    adm1();
    uicc_expect(&u, 0x9000, "000000", "00B2010403");
    uicc_expect(&u, 0x9000, "000005000005", "80320000 03 000005");
    uicc_expect(&u, 0x9000, "000106000101", "80320000 03 000101");
    uicc_expect(&u, 0x9850, "", "80320000 03 FFFFFF");
    uicc_expect(&u, 0x9000, "000106", "00B2010403");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F80"); /* EF_ICI */
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 6F80");
    uint8_t length = u.reply[7], records = u.reply[8];
    assert_true(records > 1);
    for (unsigned i = 1; i <= records + 1u; i++) {
        char body[600] = "";

        for (unsigned k = 0; k < length; k++)
            snprintf(body + 2 * k, sizeof body - 2 * k, "%02X", i);
        uicc_expect(&u, 0x9000, "", "00DC0003 %02X %s", length, body);
    }
    for (unsigned r = 1; r <= records; r++) { /* 1 is the newest */
        uicc_expect(&u, 0x9000, NULL, "00B2%02X0400", r);
        assert_int_equal(u.reply[0], records + 2 - r);
    }
    uicc_expect(&u, 0x6A86, "", "00DC0104 %02X %0*d", length, 2 * length, 0);
}

static void links_share_their_content(void **state)
{
    NEEDS_CARD();
    /* 7F10/5F3A ... : TS.48 links CSIM's FDN (6F3B) to that of the USIM */
    adm1();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00200081 08 39393939FFFFFFFF");
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 6F3B");
    unsigned length = u.reply[7];
    uicc_expect(&u, 0x9000, "", "00DC0104 %02X AA %0*d", length, 2 * (int)length - 2, 0);
    uicc_expect(&u, 0x9000, "", "00A4040C 10 A0000003431002F310FFFF89020000FF");
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 6F3B");
    assert_int_equal(u.reply[7], length);
    uicc_expect(&u, 0x9000, NULL, "00B2010400");
    assert_int_equal(u.reply[0], 0xAA);
}

static void deactivates(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
    uicc_expect(&u, 0x6982, "", "00040000");
    adm1();
    uicc_expect(&u, 0x9000, "", "00040000");
    uicc_expect(&u, 0x6283, NULL, "00A40004 02 6F07");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x6283, "", "00A4000C 02 6F07");
    adm1();
    uicc_expect(&u, 0x9000, "", "00440000");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
}

static void ber_tlv_files(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 6FFE"); /* EF_MuDMiD */
    assert_int_equal(u.reply[3], 0x02);
    adm1();
    uicc_expect(&u, 0x6A88, "", "80CB0080 01 80");
    uicc_expect(&u, 0x9000, "", "80DB0080 05 8003 010203");
    uicc_expect(&u, 0x9000, "8003010203", "80CB0080 01 80");
    uicc_expect(&u, 0x63F1, "", "80DB0080 06 8106 01020304");
    uicc_expect(&u, 0x9000, "", "80DB0000 02 0506");
    uicc_expect(&u, 0x9000, "5C028081", "80CB0080 01 5C");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6FFE");
    adm1();
    uicc_expect(&u, 0x62F1, "81060102", "80CB0080 01 81 04");
    uicc_expect(&u, 0x9000, "03040506", "80CB000000");
    uicc_expect(&u, 0x9000, "", "80DB0080 01 80");
    uicc_expect(&u, 0x9000, "5C0181", "80CB0080 01 5C");
    uicc_expect(&u, 0x6A84, "", "80DB0080 05 82820800 00");
}

static void channels_are_independent(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "02", "0070000000");
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
    uicc_expect(&u, 0x9000, "", "01A4040C 0C " ISIM);
    uicc_expect(&u, 0x9000, "", "01A4000C 02 6F02");
    uicc_expect(&u, 0x9000, NULL, "00B0000009");
    assert_int_equal(u.reply[0], 0x08);
    uicc_expect(&u, 0x9000, "840C" USIM, "80F20001");
    uicc_expect(&u, 0x9000, "840C" ISIM, "81F20001");
    uicc_expect(&u, 0x6881, "", "03A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "", "00700013"); /* 19, the last */
    uicc_expect(&u, 0x9000, "", "4FA4000C 02 2FE2");
    uicc_expect(&u, 0x9000, "98001032547698103214", "4FB0000000");
    uicc_expect(&u, 0x6A81, "", "00700013");
    uicc_expect(&u, 0x6A81, "", "00700014");
    uicc_expect(&u, 0x9000, "", "00708001");
    uicc_expect(&u, 0x6881, "", "01A4000C 02 3F00");
    uicc_expect(&u, 0x6985, "", "00708000");
    for (int i = 0; i < 17; i++)
        uicc_expect(&u, 0x9000, NULL, "0070000001");
    uicc_expect(&u, 0x6A81, "", "0070000001");
    card_reset(u.card);
    uicc_expect(&u, 0x6881, "", "02A4000C 02 3F00");
}

static void get_response_shapes(void **state)
{
    NEEDS_CARD();
    uint8_t out[CARD_REPLY_MAX];

    assert_int_equal(card_apdu(u.card, SLICE_LIT("\x00\xA4\x00\x04\x02\x3F\x00"), out, 258), 2);
    assert_int_equal(out[0], 0x61);
    assert_int_equal(out[1], 50);
    assert_int_equal(card_apdu(u.card, SLICE_LIT("\x00\xC0\x00\x00\x40"), out, 258), 2);
    assert_int_equal(out[0], 0x6C);
    assert_int_equal(out[1], 50);
    assert_int_equal(card_apdu(u.card, SLICE_LIT("\x80\xC0\x00\x00\x14"), out, 258), 22);
    assert_int_equal(out[20], 0x61);
    assert_int_equal(out[21], 30);
    assert_int_equal(card_apdu(u.card, SLICE_LIT("\x00\xC0\x00\x00\x1E"), out, 258), 32);
    assert_int_equal(out[30], 0x90);
    uicc_expect(&u, 0x6F00, "", "00C0000001");
    /* another command drops what waits; case 4 answers at once */
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 3F00 00");
    assert_int_equal(u.n, 50);
    uicc_expect(&u, 0x6F00, "", "00C0000001");
}

static void class_and_instruction(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x6E00, "", "A0A40000 02 3F00");
    uicc_expect(&u, 0x6E00, "", "FFB0000000");
    uicc_expect(&u, 0x6882, "", "0CB0000000");
    uicc_expect(&u, 0x6D00, "", "00FF0000");
    uicc_expect(&u, 0x6E00, "", "80B0000000");
    uicc_expect(&u, 0x6700, "", "00A400");
    uicc_expect(&u, 0x6700, "", "00A40004 02 3F");
    uicc_expect(&u, 0x6700, "", "00A40004 02 3F00 00 00");
    uicc_expect(&u, 0x9000, NULL, "0084000010");
    assert_int_equal(u.n, 16);
    uicc_expect(&u, 0x9000, "", "80AA0000 05 A903830107");
    assert_true(slice_eq(card_terminal_capability(u.card), SLICE_LIT("\x83\x01\x07")));
    uicc_expect(&u, 0x6A80, "", "80AA0000 05 A803830107");
}

static void bare_card(void **state)
{
    (void)state;
    uicc_new(&u);
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 3F00");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x6982, "", "00DC0104 21 %066d", 0);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2FE2");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F08");
    uicc_expect(&u, 0x9000, "3C3C000000", "00B0000000");
    uicc_expect(&u, 0x6A82, "", "00A4040C 07 A0000000871002");
    uicc_expect(&u, 0x6985, "", "00880081 22 10 %032d 10 %032d", 0, 0);
    assert_int_equal(card_atr(u.card).n, 24);
    uint8_t tck = 0;
    for (size_t i = 1; i < 24; i++)
        tck ^= card_atr(u.card).p[i];
    assert_int_equal(tck, 0);
}

#define T(name) cmocka_unit_test_setup(name, profile)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(fcp_is_golden),
        T(selects_in_all_forms),
        T(selects_the_next_application),
        T(selects_the_security_domain),
        T(reads_what_the_profile_says),
        T(reads_binary),
        T(reads_records),
        T(searches),
        T(pin_protected_files),
        T(cyclic_and_increase),
        T(links_share_their_content),
        T(deactivates),
        T(ber_tlv_files),
        T(channels_are_independent),
        T(get_response_shapes),
        T(class_and_instruction),
        cmocka_unit_test(bare_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
