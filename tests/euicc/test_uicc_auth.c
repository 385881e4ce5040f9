/* PINs and AUTHENTICATE on the TS.48 v7 profile (test algorithm, K = 00 .. 0F). */
#include "base/text.h"
#include "crypto/aka.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"
#define ISIM "A0000000871004FF49FF0589"
#define RAND "23553CBE9637A89D218AE64DAE47BF35"
#define PIN1 "30303030FFFFFFFF"
#define PUK1 "3131313131313131"
#define BAD  "3938373635343332"

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

static void usim(void)
{
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
}

/* ---- PIN ---- */

static void verify_counts_down_and_blocks(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x63CA, "", "0020000A");
    for (int left = 9; left >= 0; left--)
        uicc_expect(&u, 0x63C0 + left, "", "0020000A 08 " BAD);
    uicc_expect(&u, 0x6983, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x6983, "", "0020000A");
    uicc_boot(&u);
    uicc_expect(&u, 0x6983, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x6A88, "", "002C000A 10 " PUK1 PIN1); /* ADM1 has no PUK */
}

static void success_restores_the_counter(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x63C9, "", "0020000A 08 " BAD);
    uicc_expect(&u, 0x63C8, "", "0020000A 08 " BAD);
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x63CA, "", "0020000A");
}

static void a_try_is_durable_before_the_answer(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x63C9, "", "0020000A 08 " BAD);
    uicc_boot(&u);
    uicc_expect(&u, 0x63C9, "", "0020000A");
    /* the power goes while a right PIN is compared: the try is gone, no more */
    u.ram.writes = 0;
    u.ram.cut_at = 2;
    uicc_expect(&u, 0x6581, "", "0020000A 08 3535353535353535");
    nvm_ram_power_on(&u.ram);
    uicc_boot(&u);
    uicc_expect(&u, 0x63C8, "", "0020000A");
}

static void disabled_pin(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x63C3, "", "00200001");
    uicc_expect(&u, 0x6984, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x6984, "", "00240001 10 " PIN1 PIN1);
    uicc_expect(&u, 0x6985, "", "00260001 08 " PIN1);
    uicc_expect(&u, 0x63C2, "", "00280001 08 " BAD);
    uicc_expect(&u, 0x9000, "", "00280001 08 " PIN1);
    uicc_expect(&u, 0x6985, "", "00280001 08 " PIN1);
    usim();
    uicc_expect(&u, 0x9000, NULL, "00B0870000"); /* verified by ENABLE */
    uicc_boot(&u);
    usim();
    uicc_expect(&u, 0x6982, "", "00B0870000");
    uicc_expect(&u, 0x6982, "", "00880081 22 10 " RAND " 10 BD9232AE9A08800023543EBD92132E9A");
    uicc_expect(&u, 0x9000, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x9000, NULL, "00B0870000");
    uicc_expect(&u, 0x63C2, "", "00200001 08 " BAD);
    uicc_expect(&u, 0x6982, "", "00B0870000"); /* a wrong one takes the right away */
    uicc_expect(&u, 0x9000, "", "00260001 08 " PIN1);
    uicc_expect(&u, 0x9000, NULL, "00B0870000");
}

static void change_and_unblock(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00280001 08 " PIN1);
    uicc_expect(&u, 0x9000, "", "00240001 10 " PIN1 " 3132333435FFFFFF");
    uicc_expect(&u, 0x63C2, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x63C1, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x63C0, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x6983, "", "00200001 08 3132333435FFFFFF");
    uicc_expect(&u, 0x63CA, "", "002C0001");
    uicc_expect(&u, 0x63C9, "", "002C0001 10 " BAD PIN1);
    uicc_expect(&u, 0x9000, "", "002C0001 10 " PUK1 PIN1);
    uicc_expect(&u, 0x63CA, "", "002C0001");
    uicc_expect(&u, 0x63C3, "", "00200001");
    uicc_expect(&u, 0x9000, "", "00200001 08 " PIN1);
    uicc_expect(&u, 0x6700, "", "00200001 07 30303030FFFFFF");
    uicc_expect(&u, 0x6A86, "", "00200101 08 " PIN1);
    uicc_expect(&u, 0x6A88, "", "00200005 08 " PIN1);
}

static void local_pins_belong_to_their_directory(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x6A88, "", "00200081"); /* none in the MF */
    usim();
    uicc_expect(&u, 0x9000, "", "00200081 08 39393939FFFFFFFF");
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ISIM);
    uicc_expect(&u, 0x63C2, "", "00200081 08 " BAD); /* another PIN, another counter */
    usim();
    uicc_expect(&u, 0x63C3, "", "00200081");
}

static void local_status_ends_with_the_session(void **state)
{
    NEEDS_CARD();
    /* EF_FDN of the USIM: update with the local PIN */
    usim();
    uicc_expect(&u, 0x9000, NULL, "00A40004 02 6F3B");
    int n = u.reply[7];
    uicc_expect(&u, 0x6982, "", "00DC0104 %02X %0*d", (unsigned)n, 2 * n, 0);
    uicc_expect(&u, 0x9000, "", "00200081 08 39393939FFFFFFFF");
    uicc_expect(&u, 0x9000, "", "00DC0104 %02X %0*d", (unsigned)n, 2 * n, 0);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "", "00A4080C 04 7FFF6F3B");
    uicc_expect(&u, 0x9000, "", "00DC0104 %02X %0*d", (unsigned)n, 2 * n, 0);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ISIM);
    usim();
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F3B");
    uicc_expect(&u, 0x6982, "", "00DC0104 %02X %0*d", (unsigned)n, 2 * n, 0);
}

/* ---- AUTHENTICATE ---- */

#define RES  "23543EBD9232AE9A2983EC46A24AB13A"
#define CK   "543EBD9232AE9A2983EC46A24AB13A23"
#define IK   "3EBD9232AE9A2983EC46A24AB13A2354"
#define KC   "0529CB4867BFAADD"
#define AUTN "BD9232AE9A08800023543EBD92132E9A" /* SQN 21 */

/* A challenge of the test algorithm for this SQN, as the network makes it. */
static void challenge(uint64_t sqn, char text[80])
{
    struct aka_params p = { .algorithm = AKA_XOR, .options = 2, .key_len = 16 };
    uint8_t rand[16], autn[16], octets[6];

    for (unsigned i = 0; i < 16; i++)
        p.key[i] = (uint8_t)i;
    for (unsigned i = 0; i < 6; i++)
        octets[i] = (uint8_t)(sqn >> (40 - 8 * i));
    uicc_hex(RAND, rand, sizeof rand);
    assert_int_equal(
        aka_autn(crypto_openssl(), &p, rand, octets, (const uint8_t *)"\x80\x00", autn), E_OK);
    snprintf(text, 80, "10 " RAND " 10 ");
    assert_int_equal(hex_encode(SLICE_OF(autn), text + strlen(text), 80 - strlen(text)), E_OK);
}

static bool accepts(uint64_t sqn)
{
    char text[80];

    challenge(sqn, text);
    assert_int_equal(uicc_apdu(&u, "00880081 22 %s", text), 0x9000);
    assert_true(u.reply[0] == 0xDB || u.reply[0] == 0xDC);
    return u.reply[0] == 0xDB;
}

static void authenticates_3g(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x6985, "", "00880081 22 10 " RAND " 10 " AUTN);
    usim();
    uicc_expect(&u, 0x9000, "DB 10" RES "10" CK "10" IK "08" KC,
                "00880081 22 10 " RAND " 10 " AUTN);
    /* again: AUTS with SQN_MS 21 */
    uicc_expect(&u, 0x9000, "DC 0E BD9232AE9A0823543EBD9213AE9A",
                "00880081 22 10 " RAND " 10 " AUTN);
    uicc_boot(&u);
    usim();
    uicc_expect(&u, 0x9000, "DC 0E BD9232AE9A0823543EBD9213AE9A",
                "00880081 22 10 " RAND " 10 " AUTN);
    /* the ISIM has an array of its own, and never a Kc */
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ISIM);
    uicc_expect(&u, 0x9000, "DB 10" RES "10" CK "10" IK, "00880081 22 10 " RAND " 10 " AUTN);
}

static void synchronises_from_zero(void **state)
{
    NEEDS_CARD();
    usim();
    uicc_expect(&u, 0x9000, "DC 0E BD9232AE9A2923543EBD9232AE9A",
                "00880081 22 10 " RAND " 10 BD9232AE9A29800023543EBD92322E9A");
}

static void refuses_a_wrong_mac_before_anything_else(void **state)
{
    NEEDS_CARD();
    usim();
    uicc_expect(&u, 0x9862, "", "00880081 22 10 " RAND " 10 BD9232AE9A08800023543EBD92132E9B");
    uicc_expect(&u, 0x9862, "", "00880081 22 10 " RAND " 10 BD9232AE9A29800023543EBD92322E9B");
    uicc_expect(&u, 0x9000, NULL, "00880081 22 10 " RAND " 10 " AUTN);
    assert_int_equal(u.reply[0], 0xDB);
}

static void authenticates_gsm(void **state)
{
    NEEDS_CARD();
    usim();
    uicc_expect(&u, 0x9000, "04 3AAFCD5B 08" KC, "00880080 11 10 " RAND); /* service 38 */
    uicc_expect(&u, 0x6700, "", "00880081 11 10 " RAND);
    uicc_expect(&u, 0x6A80, "", "00880081 22 0F " RAND " 10 " AUTN);
    uicc_expect(&u, 0x6A86, "", "00880082 22 10 " RAND " 10 " AUTN);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ISIM);
    uicc_expect(&u, 0x9864, "", "00880080 11 10 " RAND);
}

/* TS 33.102 C.2: SQN = SEQ || IND, IND of 5 bits, delta and age 10000000 in TS.48. */
static void checks_freshness_per_index(void **state)
{
    NEEDS_CARD();
    const uint64_t delta = 0x10000000;
    usim();
    assert_true(accepts(100 << 5 | 1));
    assert_false(accepts(100 << 5 | 1));
    assert_false(accepts(99 << 5 | 1));
    assert_true(accepts(99 << 5 | 2)); /* lower, but fresh for its index */
    assert_true(accepts(101 << 5 | 1));
    assert_true(accepts((101 + delta) << 5 | 3));
    assert_false(accepts((101 + 2 * delta + 1) << 5 | 3)); /* too far ahead */
    assert_true(accepts((101 + 2 * delta) << 5 | 3));
    assert_false(accepts((101 + delta - 1) << 5 | 4)); /* too old, though new for its index */
    assert_true(accepts((101 + delta) << 5 | 4));
    assert_false(accepts(((UINT64_C(1) << 43) - 1) << 5));
}

/* The sequence number is in the NVM before the answer is sent. */
static void a_cut_never_lets_a_challenge_pass_twice(void **state)
{
    NEEDS_CARD();
    unsigned refused = 0;

    for (uint32_t octets = 0; octets < 60; octets += 3) {
        char text[80];

        usim();
        challenge((UINT64_C(1) + octets) << 5, text);
        u.ram.writes = 0;
        u.ram.cut_at = 1;
        u.ram.cut_octets = octets;
        bool answered = uicc_apdu(&u, "00880081 22 %s", text) == 0x9000;
        assert_false(answered);
        nvm_ram_power_on(&u.ram);
        uicc_boot(&u);
        usim();
        uicc_expect(&u, 0x9000, NULL, "00880081 22 %s", text);
        if (u.reply[0] == 0xDC)
            refused++;
        uicc_expect(&u, 0x9000, NULL, "00880081 22 %s", text);
        assert_int_equal(u.reply[0], 0xDC);
    }
    assert_true(refused > 0);
}

/* TS.48: IMSI 001 01 0123456789, null scheme. */
static void suci_of_the_null_scheme(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x6985, "", "8078000100");
    usim();
    uicc_expect(&u, 0x9000, "080910101032547698", "00B0870009");
    uicc_expect(&u, 0x9000, "A10D 01 00F110 F0FF 00 00 1032547698", "8078000100");
    uicc_expect(&u, 0x6A86, "", "8078000300");
}

/* ---- other algorithms: a package of our own ---- */

static void own_profile(const char *aka)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(&u, uicc_package(aka, NULL, octets), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    usim();
}

static void milenage(void **state)
{
    (void)state;
    own_profile(UICC_MILENAGE);
    uicc_expect(&u, 0x9000,
                "DB 08 A54211D5E3BA50BF 10 B40BA9A3C58B2A05BBF0D987B21BF8CB"
                "10 F769BCD751044604127672711C6D3441 08 EAE4BE823AF9A08B",
                "00880081 22 10 " RAND " 10 55F328B43577B9B94A9FFAC354DFAFB3");
    uicc_expect(&u, 0x9000, "DC 0E BA853F3C123CCF44E93596E355C6",
                "00880081 22 10 " RAND " 10 55F328B43577B9B94A9FFAC354DFAFB3");
    uicc_expect(&u, 0x9000, "04 46F8416A 08 EAE4BE823AF9A08B", "00880080 11 10 " RAND);
}

static void tuak(void **state)
{
    (void)state;
    own_profile(UICC_TUAK);
    uicc_expect(&u, 0x9000,
                "DB 04 657ACD64 10 D71A1E5C6CAFFE986A26F783E5C78BE1"
                "10 BE849FA2564F869AECEE6F62D4337E72 08 EF56191F0B148D91",
                "00880081 22 10 42424242424242424242424242424242 10 "
                "608E0F8A8145FFFFF9A54E6AEAA8618D");
}

/* An ISIM that takes algorithm and keys of the USIM (SAIP 8.6.2), and a limit on authentications.
 */
#define ISIM_ADF                                                                                   \
    "B5(A0(8000 810109) 810667810F010208 A2(A1(83027FB0 84(" ISIM ") 8B032F0601 C603010A81))"      \
    "A3(A1(800102) 8302 8000) A4(A1(820442210020 8B032F0603 800120)) A5(A1(800102) 8302 8000) "    \
    "A6(8302 0000)"                                                                                \
    "A8(A1(820442210020 8B032F0602 800120) 83(80015EA40683010A950108)))"
#define MAPPED(options) ISIM_ADF "A4(A0(8000 81010A) A1(A0(8001" options " 81(" USIM "))) 820106)"

static void own_profile_with(const char *aka, const char *extra)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(&u, uicc_package(aka, extra, octets), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
}

#define CHALLENGE "00880081 22 10 " RAND " 10 55F328B43577B9B94A9FFAC354DFAFB3"

static void isim(void)
{
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ISIM);
}

static void mapped_parameters(void **state)
{
    (void)state;
    /* sequence numbers of its own */
    own_profile_with(UICC_MILENAGE, MAPPED("02"));
    isim();
    uicc_expect(&u, 0x9000,
                "DB 08 A54211D5E3BA50BF 10 B40BA9A3C58B2A05BBF0D987B21BF8CB"
                "10 F769BCD751044604127672711C6D3441",
                CHALLENGE);
    usim();
    uicc_expect(&u, 0x9000, NULL, CHALLENGE);
    assert_int_equal(u.reply[0], 0xDB);
    /* the same array: what one accepted, the other has seen */
    own_profile_with(UICC_MILENAGE, MAPPED("06"));
    isim();
    uicc_expect(&u, 0x9000, NULL, CHALLENGE);
    assert_int_equal(u.reply[0], 0xDB);
    usim();
    uicc_expect(&u, 0x9000, "DC 0E BA853F3C123CCF44E93596E355C6", CHALLENGE);
}

static void limited_number_of_authentications(void **state)
{
    (void)state;
    own_profile_with("A1(A1(800101 810100 8210465B5CE8B199B49FAA5F0A2EE238A6BC"
                     "8310CD63CB71954A9F4E48A5994E37A02BAF 8603000002)) 820106",
                     NULL);
    usim();
    uicc_expect(&u, 0x9000, NULL, CHALLENGE);
    uicc_boot(&u);
    usim();
    uicc_expect(&u, 0x9000, NULL, CHALLENGE);
    uicc_expect(&u, 0x6985, "", CHALLENGE);
    uicc_boot(&u);
    usim();
    uicc_expect(&u, 0x6985, "", CHALLENGE);
}

static void sequence_number_in_the_clear(void **state)
{
    (void)state;
    /* sqnOptions b1: AK is not used; AUTN and AUTS carry SQN itself */
    own_profile_with("A1(A1(800101 810100 8210465B5CE8B199B49FAA5F0A2EE238A6BC"
                     "8310CD63CB71954A9F4E48A5994E37A02BAF)) 820107",
                     NULL);
    usim();
    uicc_expect(&u, 0x9862, "", CHALLENGE);
    uicc_expect(&u, 0x9000, NULL, "00880081 22 10 " RAND " 10 FF9BB4D0B607B9B94A9FFAC354DFAFB3");
    assert_int_equal(u.reply[0], 0xDB);
    uicc_expect(&u, 0x9000, NULL, "00880081 22 10 " RAND " 10 FF9BB4D0B607B9B94A9FFAC354DFAFB3");
    assert_memory_equal(u.reply, "\xDC\x0E\xFF\x9B\xB4\xD0\xB6\x07", 8);
}

/* PINs of another directory (SAIP 8.5): one counter, one status. */
static void shared_pins(void **state)
{
    (void)state;
    own_profile_with(
        UICC_MILENAGE,
        "A2(A0(8000 810107) A1(A0(30(80020081 810839393939FFFFFFFF 8301038401 33))))" ISIM_ADF
        "A2(A0(8000 81010B) A1(81027FD0))");
    usim();
    uicc_expect(&u, 0x63C2, "", "00200081 08 " BAD);
    isim();
    uicc_expect(&u, 0x63C2, "", "00200081");
    uicc_expect(&u, 0x9000, "", "00200081 08 39393939FFFFFFFF");
    usim();
    uicc_expect(&u, 0x63C3, "", "00200081");
}

#define T(name) cmocka_unit_test_setup(name, profile)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(verify_counts_down_and_blocks),
        T(success_restores_the_counter),
        T(a_try_is_durable_before_the_answer),
        T(disabled_pin),
        T(change_and_unblock),
        T(local_pins_belong_to_their_directory),
        T(local_status_ends_with_the_session),
        T(authenticates_3g),
        T(synchronises_from_zero),
        T(refuses_a_wrong_mac_before_anything_else),
        T(authenticates_gsm),
        T(checks_freshness_per_index),
        T(suci_of_the_null_scheme),
        T(a_cut_never_lets_a_challenge_pass_twice),
        cmocka_unit_test(milenage),
        cmocka_unit_test(tuak),
        cmocka_unit_test(mapped_parameters),
        cmocka_unit_test(limited_number_of_authentications),
        cmocka_unit_test(sequence_number_in_the_clear),
        cmocka_unit_test(shared_pins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
