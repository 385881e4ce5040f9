/*
 * Remote file management (TS 102 226): sequences in both formats, access domains, the session that
 * the terminal does not see.
 */
#include "euicc/ota/ota_lab.h"

#include "euicc/ota/ota_impl.h"

static struct uicc u;
/* no counter: the tests send what they like */
static const struct ota_send usim = { &OTA_SET_1, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send uicc = { &OTA_SET_1, OTA_UICC, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send partly = { &OTA_SET_1, OTA_PARTLY, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send none = { &OTA_SET_1, OTA_NONE, 0x16, 0x19, 1, 0, 0, 0, 0 };

#define ADF      "A0000000871002FF49FF0589"
#define IMSI     "00A4000C026F07"
#define SMSS     "00A4000C026F43"
#define ADM1     "3535353535353535"
#define IMSI_NOW "080910101032547699"

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    return 0;
}

/* EF_SMSS needs ADM1 for everything, EF_IMSI for its life cycle; full access needs no PIN. */
static void full_access(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ADF);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    uicc_expect(&u, 0x6982, "", "00B0000002");
    ota_expect(&u, &usim, "029000FFFF", SMSS "00B0000002");
    ota_expect(&u, &usim, "03900012FF", SMSS "00D60000 01 12 00B0000002");
    uicc_expect(&u, 0x6982, "", "00B0000002"); /* the terminal has no more rights than before */
    uicc_expect(&u, 0x9000, "", "0020000A 08 " ADM1);
    uicc_expect(&u, 0x9000, "12FF", "00B0000002");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07");
    ota_expect(&u, &usim, "029000", IMSI "00040000 00");
    uicc_expect(&u, 0x6984, "", "00B0000009");
    ota_expect(&u, &usim, "029000", IMSI "00440000 00");
    uicc_expect(&u, 0x9000, IMSI_NOW, "00B0000009");
}

/* ADM1 for the UICC's own files: EF_DIR needs it to be updated; the ADF is closed. */
static void conditions(void **state)
{
    (void)state;
    const char *fresh = "61104F0CA0000000871002FF49FF05895000FFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    char script[200];

    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x6982, "", "00DC0104 20 %s", fresh);
    snprintf(script, sizeof script, "00A4000C022F00 00DC0104 20 %s", fresh);
    ota_expect(&u, &uicc, "029000", script);
    uicc_expect(&u, 0x9000, fresh, "00B2010420");
    ota_expect(&u, &uicc, "016A82", "00A4000C027FFF");
    ota_expect(&u, &uicc, "016A86", "00A4040C 0C " ADF);
}

/* FF: not even what is always allowed. */
static void no_access(void **state)
{
    (void)state;
    struct ota_send s = none;

    ota_expect(&u, &s, "026982", "00A4000C022F00 00B2010420");
    s.counter++;
    ota_expect(&u, &s, "019000", "00A4000C022F00");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, NULL, "00B2010420");
}

static void commands(void **state)
{
    (void)state;
    ota_expect(&u, &usim, "036101", "00A4000C023F00 00A4000C022F00 00A20104 02 A000");
    ota_expect(&u, &usim, "04900001", "00A4000C023F00 00A4000C022F00 00A20104 02 A000 00C0000001");
    ota_expect(&u, &usim, "04900001", "00A4000C023F00 00A4000C022F00 00A20104 02 A000 00C0000000");
    ota_expect(&u, &usim, "03900001", "00A4000C023F00 00A4000C022F00 00A20104 02 A000 01");
    ota_expect(&u, &usim, "036C20", "00A4000C023F00 00A4000C022F00 00B2010421");
    ota_expect(&u, &usim, "026981", IMSI "80320000 03 000001");
    ota_expect(&u, &usim, "016985", "00C0000001");
    ota_expect(&u, &usim, "016E00", "00DB000000");
    ota_expect(&u, &usim, "016700", "00E0000000");
    ota_expect(&u, &usim, "016D00", "00E8000002 6F07"); /* TERMINATE EF is no remote command */
    ota_expect(&u, &usim, "016D00", "0088008100");
    ota_expect(&u, &usim, "016E00", "80B0000001");
    ota_expect(&u, &usim, "016881", "01A4000C023F00");
    ota_expect(&u, &usim, "016882", "84A4000C023F00");
    ota_expect(&u, &usim, "016700", "00A4000C023F");
    ota_expect(&u, &usim, "016700", "00A4");
    ota_expect(&u, &usim, "016A82", "00A4000C026FFF 00A4000C023F00"); /* ends there */
    ota_expect(&u, &usim, "049000", /* a warning does not end it */
               "00A4000C023F00 00A4000C022F00 00A20104 02 B0B1 00A4000C023F00");
}

/* A wrong PIN costs a try for everybody; a right one is the session's alone. */
static void pins(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ADF);
    ota_expect(&u, &usim, "0163C9", "0020000A 08 3635353535353535");
    uicc_expect(&u, 0x63C9, "", "0020000A");
    ota_expect(&u, &usim, "019000", "0020000A 08 " ADM1);
    uicc_expect(&u, 0x63CA, "", "0020000A");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    uicc_expect(&u, 0x6982, "", "00B0000002");
    uicc_expect(&u, 0x9000, "", "0020000A 08 " ADM1);
    ota_expect(&u, &usim, "019000", "00A4000C023F00");
    uicc_expect(&u, 0x9000, "FFFF", "00B0000002"); /* and the terminal keeps its own */
    /* what the domain does not give, a PIN of the session does */
    ota_expect(&u, &partly, "026982", SMSS "00B0000002");
    ota_expect(&u, &partly, "039000FFFF", "0020000A 08 " ADM1 SMSS "00B0000002");
    ota_expect(&u, &partly, "026982", SMSS "00B0000002");
}

/* The terminal's channel, current file and pending reply stay where they were. */
static void apart_from_the_terminal(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, NULL, "00B2010420");
    ota_expect(&u, &usim, "029000" IMSI_NOW, IMSI "00B0000009");
    uicc_expect(&u, 0x9000, NULL, "00B2010420");
}

static void expanded(void **state)
{
    (void)state;
    ota_expect(&u, &usim, "AB14 800102 23029000 230B" IMSI_NOW "9000",
               "AA10 2207" IMSI "220500B0000009");
    ota_expect(&u, &usim, "AF80 800102 23029000 230B" IMSI_NOW "9000 0000",
               "AE80 2207" IMSI "220500B0000009 0000");
    ota_expect(&u, &usim, "AB07 800101 23026A82", "AA12 220700A4000C026FFF 220700A4000C023F00");
    ota_expect(&u, &usim, "AB0A 800101 23029000 900101", "AA0C 2207" IMSI "810101");
    ota_expect(&u, &usim, "AB0A 800101 23029000 900102", "AA0C 2207" IMSI "220500");
    ota_expect(&u, &usim, "AB0A 800101 23029000 900103", "AA0A 2207" IMSI "22");
    ota_expect(&u, &usim, "AB06 800100 900102", "AA0A 2207" IMSI);
    ota_expect(&u, &usim, "AF80 800100 900103 0000", "AE80 2207" IMSI);
    /* without Le nothing is asked for; with it the data comes at once */
    ota_expect(&u, &usim, "AB0F 800103 23029000 23029000 23029000",
               "AA1B 220700A4000C023F00 220700A4000C022F00 220700A2010402A000");
    ota_expect(&u, &usim, "AB10 800103 23029000 23029000 2303019000",
               "AA1C 220700A4000C023F00 220700A4000C022F00 220800A2010402A00001");
}

/* What has no room is cut, and that is said. */
static void long_answers(void **state)
{
    (void)state;
    char script[600];
    size_t n = (size_t)snprintf(script, sizeof script, "AA48 2207%s", IMSI);
    struct ota_answer a;

    for (unsigned i = 0; i < 9; i++)
        n += (size_t)snprintf(script + n, sizeof script - n, "220500B0000008");
    a = ota_send(&u, &usim, script);
    assert_int_equal(a.status, OTA_OK);
    assert_true(a.n <= RESPONSE_MAX);
    assert_int_equal(a.data[0], 0xAB);
    assert_true(a.data[4] >= 6 && a.data[4] < 10);
    assert_memory_equal(a.data + 5, "\x23\x02\x90\x00\x23\x0A", 6);
    assert_int_equal(a.data[a.data_n - 2] << 8 | a.data[a.data_n - 1], 0x62F1);
}

/* No room for the counter: nothing happens, and the answer says why. */
static void memory_full(void **state)
{
    (void)state;
    struct ota_send s = usim;
    struct objects *o = card_objects(u.card);
    struct ota_answer a;
    uint32_t id = ISDR_OBJECTS;

    ota_card(&u, 12288);
    s.spi1 = 0x16;
    s.counter = 7;
    for (uint32_t n = 4096; n; n /= 2)
        while (!objects_make(o, id, n, 0))
            id++;
    uicc_commit(&u);
    a = ota_send(&u, &s, IMSI "00D60002 01 EE");
    assert_int_equal(a.status, OTA_NO_MEMORY);
    assert_int_equal(a.data_n, 0);
    assert_int_equal(objects_delete_range(o, ISDR_OBJECTS, id), E_OK);
    uicc_commit(&u);
    ota_expect(&u, &s, "029000" IMSI_NOW, IMSI "00B0000009");
}

/* The keys of the set that a profile has for its operator's domain, as that operator knows them. */
static bool set_from_profile(uint8_t version, struct ota_set *set)
{
    struct ota_key key;
    uint8_t *const to[] = { set->kic, set->kid, set->dek };

    *set = (struct ota_set){ .version = version };
    for (uint8_t id = KEY_ENC; id <= KEY_DEK; id++) {
        if (!key_find(u.card, 0, version, id, &key))
            return false;
        set->aes = key_is_aes(&key);
        set->n = key.n;
        memcpy(to[id - 1], key.octets, key.n);
    }
    return true;
}

/* GSMA's test profile is managed with its own keys, 3DES and AES, at its instances' TARs. */
static void ts48(void **state)
{
    (void)state;
    static const struct card_app_entry apps[] = { { &ota_app, NULL } };
    static const char *const tars[] = { "B00120", "B00140", "B00141" };
    struct ota_set set;
    unsigned sets = 0;

    if (!uicc_ts48(&u))
        skip();
    u.personality = (struct card_personality){ .apps = apps, .app_count = 1 };
    uicc_boot(&u);
    for (uint8_t version = 1; version <= 0x0F; version++) {
        if (!set_from_profile(version, &set))
            continue;
        sets++;
        for (size_t t = 0; t < COUNT(tars); t++) {
            struct ota_send s = { &set, tars[t], 0x16, 0x19, t + 1, 0, 0, 0, 0 };
            struct ota_answer a = ota_send(&u, &s, "00A4000C023F00 00A4000C022FE2 00B000000A");

            assert_int_equal(a.status, OTA_OK);
            assert_int_equal(a.data_n, 13);
            assert_memory_equal(a.data, "\x03\x90\x00", 3);
            s.counter += 10;
            s.spoil_check = 1;
            assert_int_equal(ota_send(&u, &s, "00A4000C023F00").status, OTA_CHECKSUM_FAILED);
        }
        struct ota_send s = { &set, OTA_RAM, 0x16, 0x19, 50, 0, 0, 0, 0 };
        struct ota_answer a = ota_send(&u, &s, "80F28002024F00 00C0000000");
        if (a.status != OTA_TAR_UNKNOWN) /* the packages without RAM name no TAR for it */
            assert_memory_equal(a.data, "\x02\x90\x00\xE3", 4);
    }
    assert_true(sets >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(full_access, setup),
        cmocka_unit_test_setup(conditions, setup),
        cmocka_unit_test_setup(no_access, setup),
        cmocka_unit_test_setup(commands, setup),
        cmocka_unit_test_setup(pins, setup),
        cmocka_unit_test_setup(apart_from_the_terminal, setup),
        cmocka_unit_test_setup(expanded, setup),
        cmocka_unit_test_setup(long_answers, setup),
        cmocka_unit_test(memory_full),
        cmocka_unit_test(ts48),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
