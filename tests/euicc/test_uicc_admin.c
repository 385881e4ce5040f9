/* CREATE, DELETE, RESIZE FILE, TERMINATE EF and DF (TS 102 222) by the terminal. */
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"
#define ADM1 "0020000A 08 3535353535353535"
#define KEY  "A406 83010A 950108"

/* Under the MF: a file 2F30 and a link to it, 2F31. */
static const char more_files[] =
    "A1(A0(8000 810120) A1(30(8000 62(82024121 83022F30 8B032F0604 800110 8800)"
    "810454455354 62(83022F31 8B032F0604 8800 C7022F30))))";

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

/* Rule 1, of directories: everything with ADM1. Rule 4, of EFs: the same, RESIZE by its header. */
static int profile(void **state)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;

    (void)state;
    uicc_new(&u);
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, more_files, octets), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    set_rule(1, "80017F " KEY);
    set_rule(4, "80017B " KEY " 8401D4 " KEY);
    uicc_expect(&u, 0x9000, "", ADM1);
    return 0;
}

static uint32_t room(void)
{
    return objects_free(card_objects(u.card));
}

/* A command whose data is the template 62 with these fields. */
static uint16_t with_fcp(const char *header, const char *fields)
{
    uint8_t command[255 + 8], octets[240];
    size_t n = uicc_hex(fields, octets, sizeof octets), h = n < 0x80 ? 2 : 3;

    assert_int_equal(uicc_hex(header, command, 4), 4);
    command[4] = (uint8_t)(h + n);
    command[5] = 0x62;
    command[6] = 0x81;
    command[h + 4] = (uint8_t)n;
    memcpy(command + 5 + h, octets, n);
    return uicc_send(&u, slice_of(command, 5 + h + n));
}

#define CREATE                         "00E00000"
#define RESIZE                         "80D40000"
#define expect_fcp(sw, header, fields) assert_int_equal(with_fcp(header, fields), sw)

#define RULE "8A0105 8B032F0604"

/* ---- CREATE FILE ---- */

/* What SELECT tells of a new file is what CREATE FILE said; it is current without being selected.
 */
static void creates_each_kind(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 80020006 880118");
    uicc_expect(&u, 0x9000, "FFFFFFFFFFFF", "00B0000006");
    uicc_expect(&u, 0x9000, "", "00D60000 03 010203");
    uicc_expect(&u, 0x9000, "010203FFFFFF", "00B0830006");
    uicc_expect(&u, 0x9000, "62178202412183022F408A01058B032F060480020006880118",
                "00A40004 02 2F40");
    /* in another order, deactivated, with a pattern that goes on with its last octet */
    expect_fcp(0x9000, CREATE, "A505C103010203 80020006 8B032F0604 8A0104 83022F41 82024121 8800");
    uicc_expect(&u, 0x6283, NULL, "00A40004 02 2F41");
    uicc_expect(&u, 0x6984, "", "00B0000006");
    uicc_expect(&u, 0x9000, "", "00440000");
    uicc_expect(&u, 0x9000, "010203030303", "00B0000006");
    /* records, the pattern again and again in each; the SFI is that of the FID */
    expect_fcp(0x9000, CREATE, "820442210005 83022F42 " RULE " 8002000A A504C202AB01");
    uicc_expect(&u, 0x9000, "AB01AB01AB", "00B2020405");
    uicc_expect(&u, 0x9000,
                "621A82054221000502"
                "83022F428A01058B032F06048002000A880110",
                "00A40004 02 2F42");
    /* cyclic, its descriptor as SELECT tells it, with the number of records */
    expect_fcp(0x9000, CREATE, "82054621000302 83022F43 " RULE " 80020006 8800");
    uicc_expect(&u, 0x9000, "", "00DC0003 03 0A0B0C");
    uicc_expect(&u, 0x9000, "0A0B0C", "00B2010403");
    uicc_expect(&u, 0x9000, "FFFFFF", "00B2020403");
    expect_fcp(0x9000, CREATE, "82027921 83022F44 " RULE " A507840101 86020040 8800");
    uicc_expect(&u, 0x9000, "", "80DB0080 05 5303112233");
    uicc_expect(&u, 0x9000, "5303112233", "80CB0080 01 53 00");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F44");
    uicc_expect(&u, 0x6982, "", "80CB0080 01 53 00");
    uicc_expect(&u, 0x9000, "", ADM1);
    uicc_expect(&u, 0x9000, "5303112233", "80CB0080 01 53 00");
}

#define DF_RULE "8A0105 8B032F0601"

/* A directory with its status of PINs, a file and a directory in it; an application's. */
static void creates_directories(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE " 81020100 C609 900180 83010A 830101");
    uicc_expect(&u, 0x9000,
                "622482027821"
                "83025F10"
                "A503800171"
                "8A0105"
                "8B032F0601"
                "C60990018083010A830101"
                "81020000",
                "80F20000");
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800102 8800");
    expect_fcp(0x9000, CREATE, "82027821 83025F11 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800103 8800");
    uicc_expect(&u, 0x9000, "", "00A4080C 06 5F105F114F01");
    uicc_expect(&u, 0x9000, "FFFFFF", "00B0000003");
    uicc_expect(&u, 0x9000, "", "00A4080C 04 5F104F01");
    uicc_expect(&u, 0x9000, "FFFF", "00B0000002");
    /* the keys of the directory above, where none are said */
    uicc_expect(&u, 0x9000, NULL, "00A40804 04 5F105F11");
    assert_memory_equal(u.reply + u.n - 15, "\xC6\x09\x90\x01\x80\x83\x01\x0A\x83\x01\x01", 11);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    expect_fcp(0x9000, CREATE, "82027821 83027FF1 8407 A0000000871099 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83026F01 " RULE " 800104");
    uicc_expect(&u, 0x9000, "", "00A4040C 07 A0000000871099");
    uicc_expect(&u, 0x9000, "", "00A4080C 04 7FFF6F01");
    uicc_expect(&u, 0x9000, "FFFFFFFF", "00B0810004");
    uicc_expect(&u, 0x6985, "",
                "00880081 22 10 00112233445566778899AABBCCDDEEFF 10 "
                "00112233445566778899AABBCCDDEEFF");
}

static void refused(uint16_t sw, const char *header, const char *fields, uint32_t free)
{
    uint16_t got = with_fcp(header, fields);

    if (got != sw)
        print_error("%s: %04X, not %04X\n", fields, got, sw);
    assert_int_equal(got, sw);
    assert_int_equal(room(), free);
}

/* Each is the first with one thing changed; the first is done last, so nothing was in its way. */
static void refuses_fields(void **state)
{
    (void)state;
    static const struct {
        uint16_t sw;
        const char *fields;
    } wrong[] = {
        { 0x6A80, "83022F40 " RULE " 80020006 880118" },            /* no descriptor */
        { 0x6A80, "82024121 " RULE " 80020006 880118" },            /* no FID */
        { 0x6A80, "82024121 83022F40 8B032F0604 80020006" },        /* no life cycle */
        { 0x6A80, "82024121 83022F40 8A0105 80020006 880118" },     /* no rule */
        { 0x6A80, "82024121 83022F40 " RULE " 880118" },            /* no size */
        { 0x6A80, "82024121 82024121 83022F40 " RULE " 80020006" }, /* twice */
        { 0x6A80, "820141 83022F40 " RULE " 80020006 880118" },
        { 0x6A80, "82024122 83022F40 " RULE " 80020006 880118" }, /* data coding */
        { 0x6A80, "82024321 83022F40 " RULE " 80020006 880118" }, /* no such structure */
        { 0x6A80, "8202C121 83022F40 " RULE " 80020006 880118" },
        { 0x6A80, "820441210006 83022F40 " RULE " 80020006 880118" },
        { 0x6A80, "82024221 83022F40 " RULE " 80020006 880118" }, /* records of no length */
        { 0x6A80, "820442210000 83022F40 " RULE " 80020006 880118" },
        { 0x6A80, "820442210100 83022F40 " RULE " 80020100 880118" },
        { 0x6A80, "820442210004 83022F40 " RULE " 80020006 880118" }, /* not whole records */
        { 0x6A80, "82054221000303 83022F40 " RULE " 80020006 880118" },
        { 0x6A80, "820442210001 83022F40 " RULE " 800200FF 880118" }, /* 255 records */
        { 0x6A80, "82024121 830100 " RULE " 80020006 880118" },
        { 0x6A80, "82024121 83023F00 " RULE " 80020006 880118" },
        { 0x6A80, "82024121 83027FFF " RULE " 80020006 880118" },
        { 0x6A80, "82024121 8302FFFF " RULE " 80020006 880118" },
        { 0x6A80, "82024121 83022F40 8A0101 8B032F0604 80020006" }, /* creation state */
        { 0x6A80, "82024121 83022F40 8A010C 8B032F0604 80020006" },
        { 0x6A80, "82024121 83022F40 8A0105 8B0104 80020006" },
        { 0x6A80, "82024121 83022F40 8A0105 8B032F0600 80020006" },
        { 0x6A80, "82024121 83022F40 8A0105 8C0100 80020006" }, /* rules in compact form */
        { 0x6A80, "82024121 83022F40 " RULE " 8000 880118" },
        { 0x6A80, "82024121 83022F40 " RULE " 800100 880118" },
        { 0x6A80, "82024121 83022F40 " RULE " 80028000 880118" }, /* no offset reaches there */
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 880119" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 880100" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 8801F8" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 88021800" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 81020006" }, /* of directories */
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 C603 900100" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 8405A000000087" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 C7022F30" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 A503860106" }, /* of BER-TLV files */
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 A506C10100C20100" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 A502C100" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 A503D20100" },
        { 0x6A80, "82024121 83022F40 " RULE " 80020006 A503C0" },
        { 0x6A80, "82027921 83022F40 " RULE },
        { 0x6A80, "82027921 83022F40 " RULE " A503C10100 80020006" },
        { 0x6A80, "82027921 83022F40 " RULE " A503860106 800107" }, /* more than its most */
        { 0x6A80, "82027821 83022F40 " DF_RULE " 80020006" },
        { 0x6A80, "82027821 83022F40 " DF_RULE " 880118" },
        { 0x6A80, "82027821 83022F40 " DF_RULE " A503C00100" },
        { 0x6A80, "82027821 83022F40 " DF_RULE " C603830101" },
        { 0x6A80, "82027821 83022F40 " DF_RULE " C606900180830100" }, /* no such key */
        { 0x6A80, "82027821 83022F40 " DF_RULE " C60790020000830101" },
        { 0x6A80, "82027821 83022F40 8404A0000000 " DF_RULE },
        { 0x6A89, "82024121 83022F00 " RULE " 80020006 880118" }, /* EF_DIR */
        { 0x6A89, "82024121 83027FD0 " RULE " 80020006 880118" }, /* the ADF's temporary one */
        { 0x6A89, "82024121 83022F40 " RULE " 80020006 8801F0" }, /* EF_DIR's SFI */
        { 0x6A89, "82027821 83022FE2 " DF_RULE },
        { 0x6A8A, "82027821 83027FF1 840C" USIM " " DF_RULE },
        { 0x6A84, "82024121 83022F40 " RULE " 80027FFF 880118" },
        { 0x6A84, "82027921 83022F40 " RULE " A505860300FFFF" },
        { 0x6A84, "82027921 83022F40 " RULE " A5068604FFFFFFFF" },
        { 0x6A84, "82027821 83025F10 " DF_RULE " 8104FFFFFFFF" },
    };

    /* room for little is left, so that what is too much is found out */
    for (uint32_t id = ISDR_OBJECTS, n = 4096; n; id++)
        while (n && objects_make(card_objects(u.card), id, n, 0))
            n /= 2;
    assert_int_equal(objects_delete_range(card_objects(u.card), ISDR_OBJECTS, ISDR_OBJECTS), E_OK);
    uicc_commit(&u);
    uint32_t free = room();
    for (size_t i = 0; i < COUNT(wrong); i++)
        refused(wrong[i].sw, CREATE, wrong[i].fields, free);
    uicc_expect(&u, 0x6A86, "", "00E00100 02 6200");
    uicc_expect(&u, 0x6A86, "", "00E00001 02 6200");
    uicc_expect(&u, 0x6700, "", "00E00000");
    uicc_expect(&u, 0x6A80, "", "00E00000 02 6200");
    uicc_expect(&u, 0x6A80, "", "00E00000 01 62");
    uicc_expect(&u, 0x6E00, "", "80E00000 02 6200");
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2F40");
    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 80020006 880118");
}

/* No FID of a directory above, no ADF but under the MF. */
static void refuses_places(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82027821 83025F11 " DF_RULE);
    uint32_t free = room();
    refused(0x6A89, CREATE, "82024121 83025F10 " RULE " 800101", free);
    refused(0x6A89, CREATE, "82024121 83025F11 " RULE " 800101", free);
    refused(0x6A80, CREATE, "82027821 83025F12 8407A0000000871099 " DF_RULE, free);
    /* an SFI that only follows from the FID gives way */
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800101");
    expect_fcp(0x9000, CREATE, "82024121 83024F21 " RULE " 800102");
    uicc_expect(&u, 0x9000, "FF", "00B0810001");
    uicc_expect(&u, 0x9000, "62168202412183024F218A01058B032F0604800200028800", "00A40004 02 4F21");
}

/* Directories say who may; ADM1 is presented only at the end. */
static void needs_the_rule(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800101");
    uicc_boot(&u);
    uint32_t free = room();
    refused(0x6982, CREATE, "82024121 83022F40 " RULE " 800101", free);
    refused(0x6982, CREATE, "82027821 83025F20 " DF_RULE, free);
    uicc_expect(&u, 0x6982, "", "00E40000 02 5F10");
    uicc_expect(&u, 0x6982, "", "00E60000 02 5F10");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 5F10");
    refused(0x6982, RESIZE, "83024F01 800102", free);
    uicc_expect(&u, 0x6982, "", "00E80000 02 4F01");
    uicc_expect(&u, 0x6982, "", "00E40000 02 4F01");
    /* files but no directories, and the other way round */
    set_rule(1, "800102 9000");
    refused(0x6982, CREATE, "82027821 83025F20 " DF_RULE, free);
    expect_fcp(0x9000, CREATE, "82024121 83024F02 " RULE " 800101");
    uicc_expect(&u, 0x6982, "", "00E40000 02 4F02");
    set_rule(1, "800104 9000");
    free = room();
    refused(0x6982, CREATE, "82024121 83024F03 " RULE " 800101", free);
    expect_fcp(0x9000, CREATE, "82027821 83025F20 " DF_RULE);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 5F10");
    /* what is in a directory: by the directory's rule; the directory itself by its own */
    set_rule(1, "800101 9000");
    uicc_expect(&u, 0x9000, "", "00E40000 02 4F02");
    uicc_expect(&u, 0x9000, "", "00E40000 02 5F20");
    set_rule(1, "800100 9000");
    uicc_expect(&u, 0x6982, "", "00E40000 02 4F01");
    uicc_expect(&u, 0x6982, "", "00E40000 02 5F10");
    set_rule(1, "800140 9000");
    uicc_expect(&u, 0x6982, "", "00E40000 02 4F01");
    uicc_expect(&u, 0x9000, "", "00E40000 02 5F10");
    /* a file with the rule of another that has none for RESIZE, though everything for the rest */
    set_rule(4, "80017B 9000");
    set_rule(1, "800102 9000");
    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 800101");
    refused(0x6982, RESIZE, "83022F40 800102", room());
    set_rule(4, "80017B 9700 8401D4 9000");
    expect_fcp(0x9000, RESIZE, "83022F40 800102");
}

/* ---- DELETE FILE ---- */

static void deletes_files(void **state)
{
    (void)state;
    uint32_t free = room();

    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 80020100");
    assert_true(room() <= free - 256);
    uicc_expect(&u, 0x9000, "01", "0070000001"); /* begins where the MF is current */
    uicc_expect(&u, 0x9000, "", "01A4000C 02 2F40");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F40"); /* current here and there */
    assert_int_equal(room(), free);
    uicc_expect(&u, 0x6986, "", "00B0000001");
    uicc_expect(&u, 0x6986, "", "01B0000001");
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 2F40");
    uicc_expect(&u, 0x6A82, "", "00E40000 02 2F40");
    /* its number is given again; whoever was there does not find himself in the next file */
    expect_fcp(0x9000, CREATE, "82024121 83022F41 " RULE " 80020100");
    uicc_expect(&u, 0x6986, "", "01B0000001");
    uicc_expect(&u, 0x6A86, "", "00E40001 02 2F41");
    uicc_expect(&u, 0x6A86, "", "00E40100 02 2F41");
    uicc_expect(&u, 0x6700, "", "00E40000");
    uicc_expect(&u, 0x6700, "", "00E40000 03 2F4100");
    uicc_expect(&u, 0x6A82, "", "00E40000 02 3F00");
    /* one that another channel has for itself stays; links keep their target */
    expect_fcp(0x9000, CREATE, "82020121 83022F42 " RULE " 800101");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F41");
    uicc_expect(&u, 0x9000, "", "01A4000C 02 2F42");
    uicc_expect(&u, 0x6985, "", "00E40000 02 2F42");
    uicc_expect(&u, 0x9000, "", "01A4000C 02 2F41");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F42");
    uicc_expect(&u, 0x6985, "", "00E40000 02 2F30");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F31");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F30");
    uicc_expect(&u, 0x9000, "54455354", "00B0000004");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F30");
}

static void deletes_directories(void **state)
{
    (void)state;
    uint32_t free = room();

    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800120");
    expect_fcp(0x9000, CREATE, "82027821 83025F11 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83024F02 " RULE " 800120");
    expect_fcp(0x9000, CREATE, "82027821 83025F12 " DF_RULE);
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "", "01A4080C 06 5F105F114F02");
    /* the current one: the one above becomes current */
    uicc_expect(&u, 0x9000, "", "00E40000 02 5F12");
    uicc_expect(&u, 0x9000, NULL, "80F20000");
    assert_memory_equal(u.reply + 6, "\x83\x02\x5F\x11", 4);
    /* with all that is in it, also where another channel is */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x9000, "", "00E40000 02 5F10");
    assert_int_equal(room(), free);
    uicc_expect(&u, 0x9000, NULL, "81F20000");
    assert_memory_equal(u.reply + 6, "\x83\x02\x3F\x00", 4);
    uicc_expect(&u, 0x6986, "", "01B0000001");
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 5F10");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, NULL, "00B2010420");
}

/* An application that runs on some channel stays; then its files, keys and PINs go with it. */
static void deletes_an_application(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, "", "01A4040C 0C " USIM);
    uicc_expect(&u, 0x6985, "", "00E40000 02 7FD0");
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00708001");
    uicc_expect(&u, 0x6985, "", "00E40000 02 7FFF");
    uicc_expect(&u, 0x9000, "", "00A4044C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00E40000 02 7FD0");
    uicc_expect(&u, 0x6A82, "", "00A4040C 0C " USIM);
    slice octets;
    for (uint32_t id = 1; objects_next(card_objects(u.card), &id, OBJECTS_VOLATILE - 1, &octets);
         id++) {
        assert_int_not_equal(id >> 16 & 15, PROFILE_AKA);
        assert_true((id >> 16 & 15) != PROFILE_PIN || (id >> 8 & 0xFF) != 1);
    }
    uicc_boot(&u);
    uicc_expect(&u, 0x6A82, "", "00A4040C 0C " USIM);
}

/* What was begun with a file does not go on in the one that has its number after it. */
static void transfers_end(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82027921 83022F44 " RULE " A504 86020040 8800");
    uicc_expect(&u, 0x63F1, "", "80DB0080 04 53051122");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F44");
    expect_fcp(0x9000, CREATE, "82027921 83022F45 " RULE " A504 86020040 8800");
    uicc_expect(&u, 0x6985, "", "80DB0000 03 334455");
    uicc_expect(&u, 0x9000, "", "80DB0080 06 530411223344");
    uicc_expect(&u, 0x62F1, "5304", "80CB0080 01 53 02");
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F45");
    expect_fcp(0x9000, CREATE, "82027921 83022F46 " RULE " A504 86020040 8800");
    uicc_expect(&u, 0x6985, "", "80CB0000 00");
}

/* ---- RESIZE FILE ---- */

static void resizes(void **state)
{
    (void)state;
    uint32_t free;

    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 800104 8800");
    uicc_expect(&u, 0x9000, "", "00D60000 04 01020304");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    expect_fcp(0x9000, RESIZE, "83022F40 80020006");
    uicc_expect(&u, 0x9000, "01020304FFFF", "00B0000006"); /* it is current */
    expect_fcp(0x9000, RESIZE, "80020002 83022F40");
    uicc_expect(&u, 0x9000, "0102", "00B0000002");
    uicc_expect(&u, 0x6B00, "", "00B0000301");
    expect_fcp(0x9000, CREATE, "820442210003 83022F41 " RULE " 800106 8800");
    uicc_expect(&u, 0x9000, "", "00DC0204 03 0A0B0C");
    expect_fcp(0x9000, RESIZE, "83022F41 80010C");
    uicc_expect(&u, 0x9000, "0A0B0C", "00B2020403");
    uicc_expect(&u, 0x9000, "FFFFFF", "00B2040403");
    expect_fcp(0x9000, RESIZE, "83022F41 800103");
    uicc_expect(&u, 0x6A83, "", "00B2020403");
    expect_fcp(0x9000, CREATE, "82027921 83022F42 " RULE " A503860108 8800");
    uicc_expect(&u, 0x9000, "", "80DB0080 05 5303112233");
    expect_fcp(0x9000, RESIZE, "83022F42 A503860105");
    uicc_expect(&u, 0x6A84, "", "80DB0080 03 540100");
    expect_fcp(0x9000, RESIZE, "83022F42 A503860108");
    uicc_expect(&u, 0x9000, "", "80DB0080 03 540100");
    uicc_expect(&u, 0x9000, "5303112233", "80CB0080 01 53 00");
    /* by the link: its target has the size */
    expect_fcp(0x9000, RESIZE, "83022F31 800105");
    uicc_expect(&u, 0x9000, "54455354FF", "00B0000005");
    expect_fcp(0x9000, CREATE, "820446210003 83022F43 " RULE " 800106 8800");
    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    free = room();
    refused(0x6981, RESIZE, "83022F43 800109", free);
    refused(0x6982, RESIZE, "83025F10 800109", free); /* its rule has nothing for it */
    refused(0x6A80, RESIZE, "83022F41 800104", free); /* no whole records */
    refused(0x6A80, RESIZE, "83022F41 80020300", free);
    refused(0x6A80, RESIZE, "83022F40 800100", free);
    refused(0x6A80, RESIZE, "83022F40 80028000", free);
    refused(0x6A80, RESIZE, "83022F40 A503860108", free);
    refused(0x6A80, RESIZE, "83022F42 800110", free);
    refused(0x6A84, RESIZE, "83022F42 A503860107", free); /* its objects would be cut */
    refused(0x6A84, RESIZE, "83022F42 A505860300FFFF", free);
    refused(0x6A84, RESIZE, "83022F42 A5068604FFFFFFFF", free);
    refused(0x6A80, RESIZE, "83022F40", free);
    refused(0x6A80, RESIZE, "800106", free);
    refused(0x6A80, RESIZE, "83022F40 800106 8A0105", free);
    refused(0x6A80, RESIZE, "83022F40 800106 88", free);
    refused(0x6A82, RESIZE, "83022F4F 800106", free);
    refused(0x6A86, "80D40100", "83022F40 800106", free);
    refused(0x6E00, "00D40000", "83022F40 800106", free);
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", ADM1);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F42");
    uicc_expect(&u, 0x9000, "5303112233", "80CB0080 01 53 00");
}

/* Files of all sizes until there is no room; then all go, and the room is what it was. */
static void accounts_for_memory(void **state)
{
    (void)state;
    uint32_t free = room(), size = 0x2000;
    unsigned count = 0;
    char fields[120];

    while (size) {
        snprintf(fields, sizeof fields, "82024121 8302%04X " RULE " 8002%04X 8800", 0x4000 + count,
                 size);
        uint16_t sw = with_fcp(CREATE, fields);
        if (sw == 0x9000) {
            count++;
            continue;
        }
        assert_int_equal(sw, 0x6A84);
        size /= 2;
    }
    assert_true(count > 4);
    /* what was promised is there: every file can still be written */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 4000");
    uicc_expect(&u, 0x9000, "", "00D60000 04 01020304");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", ADM1);
    while (count--)
        uicc_expect(&u, 0x9000, "", "00E40000 02 %04X", 0x4000 + count);
    assert_int_equal(room(), free);
}

/* ---- TERMINATE ---- */

static void terminates(void **state)
{
    (void)state;
    expect_fcp(0x9000, CREATE, "82024121 83022F40 " RULE " 800104 8801A8");
    uicc_expect(&u, 0x9000, "", "00E80000 02 2F40");
    uicc_expect(&u, 0x6985, "", "00B0000004");
    uicc_expect(&u, 0x6985, "", "00D60000 01 00");
    uicc_expect(&u, 0x6285, "", "00A40004 02 2F40");
    uicc_expect(&u, 0x6285, "62178202412183022F408A010C8B032F0604800200048801A8", "00C0000019");
    uicc_expect(&u, 0x6985, "", "00B0950004");
    uicc_expect(&u, 0x6985, "", "00440000");
    uicc_expect(&u, 0x6985, "", "00040000");
    uicc_expect(&u, 0x6985, "", "00E80000 02 2F40");
    expect_fcp(0x6985, RESIZE, "83022F40 800105");
    uicc_expect(&u, 0x6A82, "", "00E60000 02 2F40"); /* no directory */
    uicc_expect(&u, 0x9000, "", "00E40000 02 2F40");
    expect_fcp(0x9000, CREATE, "82027821 83025F10 " DF_RULE);
    expect_fcp(0x9000, CREATE, "82024121 83024F01 " RULE " 800104");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 3F00");
    uicc_expect(&u, 0x6A82, "", "00E80000 02 5F10"); /* no EF */
    uicc_expect(&u, 0x9000, "", "00E60000 02 5F10");
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", ADM1);
    uicc_expect(&u, 0x6285, NULL, "00A40004 02 5F10");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 4F01");
    uicc_expect(&u, 0x6985, "", "00B0000004");
    uicc_expect(&u, 0x6985, "", "00440000");
    expect_fcp(0x6985, CREATE, "82024121 83024F02 " RULE " 800104");
    uicc_expect(&u, 0x6985, "", "00E40000 02 4F01");
    uicc_expect(&u, 0x9000, "", "00E40000 02 5F10");
    uicc_expect(&u, 0x6A86, "", "00E80100 02 2F30");
    uicc_expect(&u, 0x6700, "", "00E80000");
    uicc_expect(&u, 0x6700, "", "00E80000 01 2F");
    uicc_expect(&u, 0x6D00, "", "00FE0000"); /* TERMINATE CARD USAGE */
}

/* ---- power ---- */

/* FNV-1a over everything that is durable. */
static uint64_t digest(void)
{
    uint64_t h = 0xCBF29CE484222325;
    slice octets;

    for (uint32_t id = 1; objects_next(card_objects(u.card), &id, OBJECTS_VOLATILE - 1, &octets);
         id++) {
        h = (h ^ id) * 0x100000001B3;
        for (size_t i = 0; i < octets.n; i++)
            h = (h ^ octets.p[i]) * 0x100000001B3;
    }
    return h;
}

static const char *const steps[][2] = {
    { CREATE, "82027821 83025F10 " DF_RULE },
    { CREATE, "820442210003 83024F01 " RULE " 800202FA A503C10133" },
    { CREATE, "82027921 83024F02 " RULE " A50486020400 8800" },
    { RESIZE, "83024F01 800202F7" },
    { RESIZE, "83024F02 A50486020080" },
    { "00E80000 02 4F01", NULL },
    { "00E40000 02 4F01", NULL },
    { "00E40000 02 5F10", NULL },
};

static uint16_t step(size_t i)
{
    return steps[i][1] ? with_fcp(steps[i][0], steps[i][1]) : uicc_apdu(&u, "%s", steps[i][0]);
}

static void restore(const struct nvm_ram *ram, const uint8_t *octets, size_t i)
{
    memcpy(u.octets, octets, sizeof u.octets);
    u.ram = *ram;
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", ADM1);
    if (i > 0)
        uicc_expect(&u, 0x9000, "", "00A4000C 02 5F10");
}

/* The power goes at every write of every command: all of it is done, or nothing. */
static void power(void **state)
{
    (void)state;
    static uint8_t octets[sizeof u.octets];
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    unsigned cuts = 0;

    for (size_t i = 0; i < COUNT(steps); i++) {
        struct nvm_ram ram = u.ram;
        bool done = false;

        memcpy(octets, u.octets, sizeof octets);
        for (uint32_t write = 1; !done; write++)
            for (unsigned r = 0; r < COUNT(reach); r++) {
                restore(&ram, octets, i);
                uint64_t before = digest(), after;
                u.ram.writes = 0;
                u.ram.cut_at = write;
                u.ram.cut_octets = reach[r];
                bool said = step(i) == 0x9000;
                uint64_t meant = digest();
                cuts += u.ram.off;
                done = !u.ram.off;
                nvm_ram_power_on(&u.ram);
                uicc_boot(&u);
                after = digest();
                if (said)
                    assert_true(after == meant && after != before);
                else if (after != before) { /* nobody heard that it was done */
                    restore(&ram, octets, i);
                    assert_int_equal(step(i), 0x9000);
                    assert_true(after == digest());
                }
            }
        restore(&ram, octets, i);
        assert_int_equal(step(i), 0x9000);
    }
    print_message("%u cuts\n", cuts);
    assert_true(cuts >= COUNT(steps) * COUNT(reach));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(creates_each_kind, profile),
        cmocka_unit_test_setup(creates_directories, profile),
        cmocka_unit_test_setup(refuses_fields, profile),
        cmocka_unit_test_setup(refuses_places, profile),
        cmocka_unit_test_setup(needs_the_rule, profile),
        cmocka_unit_test_setup(deletes_files, profile),
        cmocka_unit_test_setup(deletes_directories, profile),
        cmocka_unit_test_setup(deletes_an_application, profile),
        cmocka_unit_test_setup(transfers_end, profile),
        cmocka_unit_test_setup(resizes, profile),
        cmocka_unit_test_setup(accounts_for_memory, profile),
        cmocka_unit_test_setup(terminates, profile),
        cmocka_unit_test_setup(power, profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
