/*
 * Remote administration of files (TS 102 226, TS 102 222): CREATE, DELETE, RESIZE FILE, SET and
 * RETRIEVE DATA under the administrative access domain, and the REFRESH behind a packet.
 */
#include "euicc/ota/ota_impl.h"
#include "euicc/ota/ota_lab.h"
#include "euicc/uicc_terminal.h"

static struct uicc u;
/* no counter: the tests send what they like. usim: everything; uicc: the MF's files as ADM1;
   partly: the ADF's, nothing of it without a PIN and nothing of its administration */
static const struct ota_send usim = { &OTA_SET_1, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send uicc = { &OTA_SET_1, OTA_UICC, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send partly = { &OTA_SET_1, OTA_PARTLY, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send none = { &OTA_SET_1, OTA_NONE, 0x16, 0x19, 1, 0, 0, 0, 0 };

#define ADF  "A0000000871002FF49FF0589"
#define ADM1 "0020000A 08 3535353535353535"
#define KEY  "A406 83010A 950108"
#define RULE "8A0105 8B032F0604"
#define MF   "00A4000C023F00 "

static void set_rule(uint8_t record, const char *hex)
{
    uint8_t rule[32];
    struct node arr;

    memset(rule, 0xFF, sizeof rule);
    uicc_hex(hex, rule, sizeof rule);
    assert_true(tree_child(&u.card->tree, TREE_MF, FID_ARR_MF, &arr));
    assert_int_equal(tree_write(&u.card->tree, &arr, node_record_at(&arr, record), SLICE_OF(rule)),
                     E_OK);
    uicc_commit(&u);
}

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    set_rule(1, "80017F " KEY);
    set_rule(4, "80017B " KEY " 8401D4 " KEY);
    return 0;
}

/* A command whose data is the template 62 with these fields, as text of a script. */
static const char *fcp(const char *header, const char *fields)
{
    static char text[4][300];
    static unsigned next;
    uint8_t octets[120];
    size_t n = uicc_hex(fields, octets, sizeof octets);
    char *out = text[next++ % 4];

    assert_true(n < 0x80);
    snprintf(out, sizeof text[0], "%s %02zX 62%02zX %s ", header, n + 2, n, fields);
    return out;
}

/* Up to four parts of a script as one packet. */
static void packet(const struct ota_send *s, const char *answer, const char *a, const char *b,
                   const char *c, const char *d)
{
    char text[1500];

    snprintf(text, sizeof text, "%s %s %s %s", a, b, c, d);
    ota_expect(&u, s, answer, text);
}

#define CREATE   "00E00000"
#define RESIZE   "80D40000"
#define NEW_EF   "82024121 83022F40 " RULE " 800106 8800"
#define NEW_TLV  "82027921 83022F44 " RULE " A503860140 8800"
#define NEW_DF   "82027821 83025F10 8A0105 8B032F0601"
#define EF       MF "00A4000C022F40 "
#define TLV_FILE MF "00A4000C022F44 "

static uint32_t room(void)
{
    return objects_free(card_objects(u.card));
}

static void creates_resizes_deletes(void **state)
{
    (void)state;
    uint32_t free = room();

    packet(&usim, "039000FFFFFFFFFFFF", MF, fcp(CREATE, NEW_EF), "00B0000006", "");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F40");
    packet(&usim, "039000", MF, fcp(RESIZE, "83022F40 800109"), "00D6000603010203", "");
    ota_expect(&u, &usim, "036700", EF "00D6000703010203");
    packet(&usim, "03900003FF", MF, fcp(RESIZE, "83022F40 80010A"), "00B0000802", "");
    ota_expect(&u, &usim, "029000", MF "00E4000002 2F40");
    uicc_expect(&u, 0x6986, "", "00B0000001"); /* the terminal was there */
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2F40");
    assert_int_equal(room(), free);
    /* a directory in the application */
    packet(&usim, "039000", "00A4000C027FFF", fcp(CREATE, NEW_DF),
           fcp(CREATE, "82024121 83024F01 " RULE " 800106"), "");
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " ADF);
    uicc_expect(&u, 0x9000, "", "00A4080C 06 7FFF5F104F01");
    ota_expect(&u, &usim, "029000", "00A4000C027FFF 00E4000002 5F10");
    uicc_expect(&u, 0x9000, NULL, "80F20000");
    assert_memory_equal(u.reply + 6, "\x83\x02\x7F\xD0", 4);
    ota_expect(&u, &usim, "026985", MF "00E4000002 7FD0"); /* the session's own application runs */
    assert_int_equal(room(), free);
}

/* The administrative domain: ADM1 of the UICC's files here, nothing of the application's there. */
static void keeps_to_the_domain(void **state)
{
    (void)state;
    struct ota_send s = none;
    uint32_t free;

    ota_expect(&u, &s, "019000", "00A4000C023F00"); /* the first counter takes room, too */
    s.counter++;
    free = room();
    packet(&uicc, "039000", MF, fcp(CREATE, NEW_EF), "00D6000001AA", "");
    packet(&uicc, "039000AA", MF, fcp(RESIZE, "83022F40 800107"), "00B0000001", "");
    packet(&partly, "026982", MF, fcp(CREATE, "82024121 83022F41 " RULE " 800106"), "", "");
    packet(&partly, "026982", "00A4000C027FFF", fcp(CREATE, NEW_DF), "", "");
    packet(&partly, "036982", ADM1, "00A4000C027FFF", fcp(CREATE, NEW_DF), "");
    packet(&s, "026982", MF, fcp(RESIZE, "83022F40 800106"), "", "");
    ota_expect(&u, &partly, "026982", MF "00E4000002 2F40");
    set_rule(1, "80017F A406 83010B 950108"); /* another key: the domain has not that */
    set_rule(4, "80017B A406 83010B 950108 8401D4 9700");
    packet(&uicc, "026982", MF, fcp(CREATE, "82024121 83022F41 " RULE " 800106"), "", "");
    packet(&uicc, "026982", MF, fcp(RESIZE, "83022F40 800106"), "", "");
    ota_expect(&u, &uicc, "026982", MF "00E4000002 2F40");
    packet(&usim, "026982", MF, fcp(RESIZE, "83022F40 800106"), "", ""); /* never is never */
    ota_expect(&u, &usim, "029000", MF "00E4000002 2F40");
    assert_int_equal(room(), free);
}

static void sets_and_retrieves_data(void **state)
{
    (void)state;
    packet(&usim, "029000", MF, fcp(CREATE, NEW_TLV), "", "");
    uicc_expect(&u, 0x9000, "", ADM1);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F44");
    uicc_expect(&u, 0x63F1, "", "80DB0080 04 53051122"); /* and goes on below */
    ota_expect(&u, &usim, "059000",
               TLV_FILE "80DB008006540411223344 80DB0080055506010203 80DB000003040506");
    ota_expect(&u, &usim, "036106", TLV_FILE "80CB00800154");
    ota_expect(&u, &usim, "049000540411223344", TLV_FILE "80CB00800154 00C0000006");
    ota_expect(&u, &usim, "039000540411223344", TLV_FILE "80CB0080015400");
    /* the next block has no data, and its last octet is Le */
    ota_expect(&u, &usim, "AB19 800104 23029000 23029000 2305540411 62F1 2305223344 9000",
               "AA22 2207" MF "2207 00A4000C022F44 2207 80CB0080015403 2205 80CB000000");
    ota_expect(&u, &usim, "036985", TLV_FILE "80CB000006");
    ota_expect(&u, &usim, "0363F1", TLV_FILE "80DB0080055506010203");
    ota_expect(&u, &usim, "036985", TLV_FILE "80DB000003040506"); /* ended with its packet */
    uicc_expect(&u, 0x9000, "", "80DB0000 03 334455");
    uicc_expect(&u, 0x9000, "53051122334455", "80CB0080 01 53 00");
    /* what the terminal sends goes nowhere when a packet deletes its file */
    uicc_expect(&u, 0x63F1, "", "80DB0080 04 56051122");
    packet(&usim, "039000", MF, "00E4000002 2F44", fcp(CREATE, NEW_TLV), "");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F44");
    uicc_expect(&u, 0x6985, "", "80DB0000 03 334455");
}

/* The whole packet is undone where the memory ends, and 07 says so. */
static void nothing_half_made(void **state)
{
    (void)state;
    uint32_t free = room();
    char script[400];

    snprintf(script, sizeof script, "%s %s %s", MF, fcp(CREATE, NEW_EF),
             fcp(CREATE, "82024121 83022F41 " RULE " 80021000"));
    assert_int_equal(ota_send(&u, &usim, script).status, OTA_OK);
    assert_true(room() < free - 4096);
    free = room();
    snprintf(script, sizeof script, "%s %s %s", MF,
             fcp(CREATE, "82024121 83022F42 " RULE " 800106"),
             fcp(CREATE, "82024121 83022F43 " RULE " 80027FFF"));
    struct ota_answer a = ota_send(&u, &usim, script);
    assert_int_equal(a.status, OTA_NO_MEMORY);
    assert_int_equal(room(), free);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2F42");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F41");
}

/*
 * One packet deletes a file, makes another and fills it. The power goes at every write: all of it
 * is done or nothing, and what was answered is done.
 */
static void power(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    uint8_t data[120], packet_octets[200], part[200] = { 0x02, 0x70, 0x00 };
    struct ota_send s = usim;
    char script[300];
    unsigned cuts = 0;

    s.spi1 = 0x16; /* a higher counter */
    s.counter = 1;
    for (unsigned r = 0; r < COUNT(reach); r++)
        for (uint32_t write = 1; write <= 2; write++) {
            assert_int_equal(setup(NULL), 0);
            packet(&usim, "029000", MF, fcp(CREATE, NEW_EF), "", "");
            uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
            snprintf(script, sizeof script, MF "00E4000002 2F40 %s 00D6000002 1234",
                     fcp(CREATE, "82024121 83022F41 " RULE " 800102"));
            size_t n = uicc_hex(script, data, sizeof data);
            n = ota_packet(&s, slice_of(data, n), packet_octets);
            assert_true(n + 3 <= 140);
            memcpy(part + 3, packet_octets, n);
            u.ram.writes = 0;
            u.ram.cut_at = write;
            u.ram.cut_octets = reach[r];
            ota_envelope(&u, slice_of(part, n + 3), write == 1 ? 0x6581 : 0x9000);
            cuts += u.ram.off;
            assert_true(cat_busy(u.card) == !u.ram.off); /* REFRESH tells of what is stored */
            nvm_ram_power_on(&u.ram);
            uicc_boot(&u);
            bool done = uicc_apdu(&u, "00A4000C 02 2F41") == 0x9000;
            assert_true(done || write == 1);
            if (done) {
                uicc_expect(&u, 0x9000, "", ADM1);
                uicc_expect(&u, 0x9000, "1234", "00B0000002");
            }
            uicc_expect(&u, done ? 0x6A82 : 0x9000, "", "00A4000C 02 2F40");
        }
    assert_int_equal(cuts, COUNT(reach));
}

/* ---- REFRESH ---- */

#define SMSS     "00A4000C027FFF 00A4000C026F43 "
#define UPDATE   "00D60000 01 12 "
#define DIR_FILE MF "00A4000C022F00 "
#define RECORD   "61104F0CA0000000871002FF49FF05895000FFFFFFFFFFFFFFFFFFFFFFFFFFFF"

static void expect_refresh(uint8_t mode, const char *tlvs)
{
    uint8_t octets[250];
    size_t n = uicc_hex(tlvs, octets, sizeof octets);
    struct fetched f = terminal_fetch_type(&u, CAT_REFRESH);

    assert_int_equal(f.qualifier, mode);
    assert_true(slice_eq(f.tlvs, slice_of(octets, n)));
    terminal_respond(&u, &f, "00", "");
    terminal_idle(&u);
}

/* The files of a packet, each once; those of the application by its AID. */
static void tells_what_changed(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    ota_expect(&u, &usim, "04900012", SMSS UPDATE "00B0000001");
    expect_refresh(CAT_REFRESH_FILES, "9207 01 3F007FFF6F43 AF0C " ADF);
    ota_expect(&u, &usim, "079000", SMSS UPDATE UPDATE DIR_FILE "00DC0104 20 " RECORD);
    expect_refresh(CAT_REFRESH_FILES, "920B 02 3F007FFF6F43 3F002F00 AF0C " ADF);
    ota_expect(&u, &uicc, "039000", DIR_FILE "00DC0104 20 " RECORD);
    expect_refresh(CAT_REFRESH_FILES, "9205 01 3F002F00");
    /* life cycles are changes; a command that is refused is none */
    ota_expect(&u, &usim, "046984", SMSS "00040000 00 00D60000 01 12");
    expect_refresh(CAT_REFRESH_FILES, "9207 01 3F007FFF6F43 AF0C " ADF);
    ota_expect(&u, &usim, "039000", SMSS "00440000 00");
    expect_refresh(CAT_REFRESH_FILES, "9207 01 3F007FFF6F43 AF0C " ADF);
    ota_expect(&u, &usim, "03900012FF", SMSS "00B0000002");
    terminal_idle(&u);
}

static void tells_of_more_than_a_list_holds(void **state)
{
    (void)state;
    char script[1200] = MF;
    char fields[80];
    size_t n = strlen(script);

    for (unsigned i = 0; i <= FILE_CHANGES; i++) {
        snprintf(fields, sizeof fields, "82024121 8302%04X " RULE " 800106 8800", 0x2F40 + i);
        packet(&usim, "029000", MF, fcp(CREATE, fields), "", "");
    }
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    for (unsigned i = 0; i <= FILE_CHANGES; i++)
        n += (size_t)snprintf(script + n, sizeof script - n, "00A4000C02%04X 00D6000001AA ",
                              0x2F40 + i);
    ota_expect(&u, &usim, "239000", script);
    expect_refresh(CAT_REFRESH_INIT_ALL_FILES, "");
    packet(&usim, "029000", MF, fcp(CREATE, "82024121 83022F60 " RULE " 800106"), "", "");
    expect_refresh(CAT_REFRESH_INIT_ALL_FILES, "");
    ota_expect(&u, &usim, "029000", MF "00E4000002 2F60");
    expect_refresh(CAT_REFRESH_INIT_ALL_FILES, "");
    packet(&usim, "029000", MF, fcp(RESIZE, "83022F40 800107"), "", "");
    expect_refresh(CAT_REFRESH_INIT_ALL_FILES, "");
}

/* The packet is done all the same where the terminal cannot hear of it. */
static void never_fails_the_packet(void **state)
{
    (void)state;
    char script[200];

    ota_expect(&u, &usim, "039000", SMSS UPDATE);
    terminal_idle(&u);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    terminal_idle(&u);
    uicc_expect(&u, 0x9000, "", "80100000 04 FFFF7FFF"); /* no REFRESH */
    ota_expect(&u, &usim, "039000", SMSS UPDATE);
    terminal_idle(&u);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(u.card, NULL, NULL), E_OK);
    ota_expect(&u, &usim, "039000", SMSS UPDATE);
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        terminal_do(&u, CAT_MORE_TIME, "00", "");
    terminal_idle(&u);
    /* nor is there one for a packet that the memory undid */
    snprintf(script, sizeof script, SMSS "00D60000 01 34 " MF " %s",
             fcp(CREATE, "82027921 83022F44 " RULE " A505860300FFFF"));
    assert_int_equal(ota_send(&u, &usim, script).status, OTA_NO_MEMORY);
    terminal_idle(&u);
    ota_expect(&u, &usim, "03900012", SMSS "00B0000001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(creates_resizes_deletes, setup),
        cmocka_unit_test_setup(keeps_to_the_domain, setup),
        cmocka_unit_test_setup(sets_and_retrieves_data, setup),
        cmocka_unit_test_setup(nothing_half_made, setup),
        cmocka_unit_test(power),
        cmocka_unit_test_setup(tells_what_changed, setup),
        cmocka_unit_test_setup(tells_of_more_than_a_list_holds, setup),
        cmocka_unit_test_setup(never_fails_the_packet, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
