/* The installer: every TS.48 package, elements that fail, memory, profiles side by side. */
#include "euicc/tree.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"
#include "profile/package.h"

static struct uicc u;
static uint8_t octets[UICC_PACKAGE_MAX];

#define USIM "A0000000871002FF49FF0589"

static const char *const packages[] = {
    "ts48/ts48-v2-saip21-bertlv.der",        "ts48/ts48-v3-saip23-nobertlv.der",
    "ts48/ts48-v7-bertlv-suci-noramrfm.der", "ts48/ts48-v7-bertlv-suci.der",
    "ts48/ts48-v7-nobertlv-noramrfm.der",    "ts48/ts48-v7-nobertlv.der",
};

static void enable(uint32_t root)
{
    assert_int_equal(profile_switch(u.card, root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
}

/* Issue 2: a card with one TS.48 profile lives in less than 64 KB, everything included. */
static void installs_in_64_kb(void **state)
{
    (void)state;
    size_t worst = 0;

    for (size_t i = 0; i < COUNT(packages); i++) {
        slice package = uicc_data(packages[i]);

        if (!package.p)
            skip();
        uicc_new(&u);
        uint32_t before = objects_free(card_objects(u.card));
        struct profile_outcome out = uicc_install(&u, package, 0);
        assert_int_equal(out.reason, INSTALL_OK);
        assert_true(slice_eq(out.sima_response, SLICE_LIT("\x30\x07\xA0\x05\x30\x03\x80\x01\x00")));
        size_t used = before - objects_free(card_objects(u.card));
        worst = used > worst ? used : worst;
        enable(out.root);
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    }
    size_t fixed = card_size(&u.personality, 0);
    print_message("card: %zu octets fixed, %zu for a TS.48 profile\n", fixed, worst);
    assert_true(fixed + worst < 40 * 1024);
}

/* The package may be cut anywhere. */
static void segments_need_not_follow_elements(void **state)
{
    (void)state;
    static const size_t cuts[] = { 1, 2, 3, 7, 120, 255, 1007 };
    slice package = uicc_package(UICC_MILENAGE, NULL, octets);
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };

    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct profile_outcome out;

        uicc_new(&u);
        assert_int_equal(profile_install_begin(u.card, &what), E_OK);
        for (slice rest = package; rest.n; rest = slice_skip(rest, cuts[i])) {
            assert_int_equal(profile_install_feed(u.card, slice_head(rest, cuts[i])), E_OK);
            uicc_commit(&u);
        }
        assert_int_equal(profile_install_finish(u.card, &out), E_OK);
        assert_int_equal(out.reason, INSTALL_OK);
    }
}

/* ---- failures ---- */

static slice snapshot(uint8_t *buf, size_t size)
{
    size_t n = 0;
    slice s;

    for (uint32_t id = 1; objects_next(card_objects(u.card), &id, OBJECTS_VOLATILE - 1, &s); id++) {
        assert_true(n + 8 + s.n < size);
        memcpy(buf + n, &id, 4);
        memcpy(buf + n + 4, &s.n, 4);
        memcpy(buf + n + 8, s.p, s.n);
        n += 8 + s.n;
    }
    return slice_of(buf, n);
}

static void fails_and_leaves_nothing(slice package, int reason, const char *sima)
{
    static uint8_t before[UICC_MEMORY], after[UICC_MEMORY];
    uint8_t expected[64];
    size_t n = uicc_hex(sima, expected, sizeof expected);
    uint32_t free = objects_free(card_objects(u.card));
    slice was = snapshot(before, sizeof before);
    struct profile_outcome out = uicc_install(&u, package, 2);

    assert_int_equal(out.reason, reason);
    assert_memory_equal(out.sima_response.p, expected, n);
    assert_int_equal(out.sima_response.n, n);
    assert_true(slice_eq(was, snapshot(after, sizeof after)));
    assert_int_equal(objects_free(card_objects(u.card)), free);
}

static void a_bad_element_leaves_the_card_as_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *extra; /* stands in the package before "end" */
        const char *sima;
    } cases[] = {
        /* element that SAIP does not know */
        { "AB(A0(8000 810109))", "300CA008 3006 800101 810109 8100" },
        /* a second usim with the same temporary FID: file exists, 6A89 */
        { "B3(A0(8000 810109) 810667810F010204 A2(A1(83027FD0 84(A0000000871002FF49FF0588)"
          "8B032F0601 C603010A81)))",
          "300DA009 3007 80026A89 810109 8100" },
        /* an EF that the template made; a directory and an EF of one FID, either first */
        { "A1(A0(8000 810109) A1(30(80027FD0 62(82024121 83026F07 800111))))",
          "300DA009 3007 80026A89 810109 8100" },
        { "A1(A0(8000 810109) A1(30(8000 62(82027821 83025F77 8B032F0601) 8000"
          "62(82024121 83025F77 800111))))",
          "300DA009 3007 80026A89 810109 8100" },
        { "A1(A0(8000 810109) A1(30(8000 62(82024121 83025F77 800111)"
          "62(82027821 83025F77 8B032F0601))))",
          "300DA009 3007 80026A89 810109 8100" },
        /* template of the future */
        { "B3(A0(8000 810109) 810667810F01027E)", "300CA008 3006 800109 810109 8100" },
        /* PIN whose PUK is not there; PIN with more tries left than there are; global PIN in ADF */
        { "A2(A0(8000 810109) A1(A0(30(80020081 8108 3030303030303030 820102))))",
          "300CA008 3006 80010B 810109 8100" },
        { "A2(A0(8000 810109) A1(A0(30(80020081 8108 3030303030303030 840134))))",
          "300CA008 3006 800103 810109 8100" },
        { "A2(A0(8000 810109) A1(A0(30(800101 8108 3030303030303030))))",
          "300CA008 3006 800103 810109 8100" },
        /* algorithm that nobody knows; key of 15 octets */
        { "A4(A0(8000 810109) A1(A1(800109 810100 8200 8300)))",
          "300CA008 3006 80010A 810109 8100" },
        { "A4(A0(8000 810109) A1(A1(800101 810100 82(000102030405060708090A0B0C0D0E)"
          "83(000102030405060708090A0B0C0D0E0F))))",
          "300CA008 3006 800103 810109 8100" },
        /* content longer than the file; size that is no multiple of the record length */
        { "B4(A0(8000 810109) 810667810F010205 A5(8308 0102030405060708) A6(8309 "
          "010203040506070809))",
          "300CA008 3006 800106 810109 8100" },
        { "A1(A0(8000 810109) A1(30(80027FD0 62(820442210010 83026F99 800111))))",
          "300CA008 3006 800106 810109 8100" },
        /* path that leads nowhere; link to nowhere, found out at the end */
        { "A1(A0(8000 810109) A1(30(80027FD1)))", "300CA008 3006 800106 810109 8100" },
        { "A1(A0(8000 810109) A1(30(80027FD0 62(82024121 83026F99 C7047FD06F98))))",
          "300CA008 3006 800106 810106 8100" },
        /* applet: no runtime */
        { "A8(A0(8000 810109) A2(30(4F05A000000001 4F05A000000002 4F05A000000003 8200 C900)))",
          "300CA008 3006 800107 810109 8100" },
        /* no DER */
        { "B3(A0(8000 810109) 8150)", "300CA008 3006 800105 810109 8100" },
    };

    uicc_new(&u);
    for (size_t i = 0; i < COUNT(cases); i++)
        fails_and_leaves_nothing(uicc_package(UICC_MILENAGE, cases[i].extra, octets),
                                 INSTALL_PE_ERROR, cases[i].sima);
}

static void wrong_header_or_length(void **state)
{
    (void)state;
    slice package;

    uicc_new(&u);
    package = uicc_package(UICC_MILENAGE, NULL, octets);
    octets[4] = 4; /* version 4.3 */
    fails_and_leaves_nothing(package, INSTALL_PE_ERROR, "3009A005 3003 80011F 8100");
    package = uicc_package(UICC_MILENAGE, NULL, octets);
    octets[26] = 0x8B; /* the service javacard */
    fails_and_leaves_nothing(package, INSTALL_PE_ERROR, "3009A005 3003 80010A 8100");
    package = uicc_package(UICC_MILENAGE, NULL, octets);
    package.n -= 1;
    fails_and_leaves_nothing(package, INSTALL_PE_ERROR, "3009A005 3003 800105 8100");
    package.n -= 8; /* without "end" */
    fails_and_leaves_nothing(package, INSTALL_PE_ERROR, "3009A005 3003 800105 8100");
    package = slice_skip(uicc_package(UICC_MILENAGE, NULL, octets), 0);
    uint8_t other[10] = { 0x98, 0x10 }, aid[16] = { 0 };
    struct profile_install what = { .iccid = SLICE_OF(other), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;
    assert_int_equal(profile_install_begin(u.card, &what), E_OK);
    assert_int_equal(profile_install_feed(u.card, package), E_REFUSED);
    assert_int_equal(profile_install_finish(u.card, &out), E_OK);
    assert_int_equal(out.reason, INSTALL_ICCID_MISMATCH);
    assert_int_equal(profile_install_feed(u.card, package), E_STATE);
}

static void an_element_that_is_not_mandated_fails_alone(void **state)
{
    (void)state;
    /* 6FB1 would be made, then the content of 6FB2 is too long */
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(&u,
                       uicc_package(UICC_MILENAGE,
                                    "B4(A0(810109) 810667810F010205 A5(8308 0102030405060708)"
                                    "A6(8309 010203040506070809))",
                                    octets),
                       1);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_true(
        slice_eq(out.sima_response, SLICE_LIT("\x30\x0A\xA0\x08\x30\x06\x80\x01\x06\x81\x01\x09")));
    enable(out.root);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 6F3E");
    uicc_expect(&u, 0x9000, NULL, "00B0870000");
}

/* doNotCreate, deactivated files, links forward and through links, SFI from the FID. */
static void unusual_files(void **state)
{
    (void)state;
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(
        &u,
        uicc_package(UICC_MILENAGE,
                     "B4(A0(8000 810109) 810667810F010205 A5(8000) A6(A1(8A0104 8B032F0602) 8308 "
                     "0102030405060708))"
                     "A1(A0(8000 81010A) A1(30(80027FD0"
                     "62(82024121 83026F91 8B032F0602 C7047FD06F92)"
                     "62(82024121 83026F92 8B032F0602 8800 C7047FD06F93)"
                     "62(82024121 83026F93 8B032F0602 800104 A5(C102AABB)) 020101 8102CCDD"
                     "62(82027821 83025F99 8B032F0601) 80047FD05F99"
                     "62(820446210003 83024F05 8B032F0602 800109 A5(C203010203)))))",
                     octets),
        1);
    assert_int_equal(out.reason, INSTALL_OK);
    enable(out.root);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x6A82, "", "00A4000C 02 6F3E");
    uicc_expect(&u, 0x6283, "", "00A4000C 02 6F3F");
    uicc_expect(&u, 0x6984, "", "00B0000000");
    uicc_expect(&u, 0x9000, "621782024121 83026F91 8A0105 8B032F0602 80020004 880188",
                "00A40004 02 6F91");
    uicc_expect(&u, 0x9000, "AACCDDBB", "00B0910000");
    uicc_expect(&u, 0x9000, "621682024121 83026F92 8A0105 8B032F0602 80020004 8800",
                "00A40004 02 6F92");
    uicc_expect(&u, 0x9000, "AACCDDBB", "00B0000000");
    uicc_expect(&u, 0x9000, "", "00A4090C 02 5F99");
    uicc_expect(&u, 0x9000, "010203", "00B2022C03");
}

#define TLV_FILE "30(80027FD0 62(82027921 83026F99 8B032F0602 8002 0010 A5(840101))"

/* Data objects of BER-TLV files: from a template, created, and added to later. */
static void data_objects_are_installed(void **state)
{
    static const struct {
        const char *extra, *sima; /* NULL: it is installed */
    } cases[] = {
        { "A1(A0(8000 810109) A1(" TLV_FILE "8105 8003 010203 8103 810104)))", NULL },
        { "A1(A0(8000 810109) A1(" TLV_FILE "8108 8003 010203 810104)))", NULL },
        { "A1(A0(8000 810109) A1(" TLV_FILE "8105 8003 010203) 30(80047FD06F99 8103 810104)))",
          NULL },
        /* half an object; the same tag again; more than the file takes; an offset */
        { "A1(A0(8000 810109) A1(" TLV_FILE "8104 8003 0102)))",
          "300CA008 3006 800106 810109 8100" },
        { "A1(A0(8000 810109) A1(" TLV_FILE "8105 8003 010203 8103 800104)))",
          "300CA008 3006 800106 810109 8100" },
        { "A1(A0(8000 810109) A1(" TLV_FILE "8111 800F 0102030405060708090A0B0C0D0E0F)))",
          "300CA008 3006 800106 810109 8100" },
        { "A1(A0(8000 810109) A1(" TLV_FILE "020101 8105 8003 010203)))",
          "300CA008 3006 800106 810109 8100" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        slice package = uicc_package(UICC_MILENAGE, cases[i].extra, octets);
        struct profile_outcome out;

        uicc_new(&u);
        if (cases[i].sima) {
            fails_and_leaves_nothing(package, INSTALL_PE_ERROR, cases[i].sima);
            continue;
        }
        out = uicc_install(&u, package, 1);
        assert_int_equal(out.reason, INSTALL_OK);
        enable(out.root);
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        uicc_expect(&u, 0x9000, "", "00A4000C 02 6F99");
        uicc_expect(&u, 0x9000, "8003010203", "80CB008001 80");
        uicc_expect(&u, 0x9000, "810104", "80CB008001 81");
        uicc_expect(&u, 0x9000, "5C028081", "80CB008001 5C");
    }
    /* EF.URSP of DF.5GS v4 */
    uicc_new(&u);
    struct profile_outcome out = uicc_install(
        &u,
        uicc_package(UICC_MILENAGE,
                     "BC(A0(8000 810109) 810767810F01020D04 A2(A1(83025FC0 8B032F0602 C60381010A))"
                     "AD(A1(8B032F0602 800120) 8305 8003 0A0B0C))",
                     octets),
        1);
    assert_int_equal(out.reason, INSTALL_OK);
    enable(out.root);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 5FC0");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 4F0B");
    uicc_expect(&u, 0x9000, "80030A0B0C", "80CB008001 80");
}

/* PE-IoT with its ADF, IMSI and ACC alone: EF_ICCID is the header's. */
static void an_iot_element_has_its_iccid(void **state)
{
    static uint8_t buf[1024];
    slice package =
        uicc_package(UICC_MILENAGE,
                     "BF20(A0(8000 810109) 810667810F010211"
                     "A8(A1(83027FD0 84(A0000000871002FF49FF0589) 8B032F0601 C603010A81))"
                     "A9(A1(8B032F0602) 8309080910101032547699) B2(A1(8B032F0602) 83020001))",
                     octets);
    struct package_reader r = package_reader(package);
    struct package_element e;
    struct profile_outcome out;
    struct node node;
    struct tree t;
    size_t n = 0;

    (void)state;
    while (package_next(&r, &e))
        if (e.tag == PE_HEADER || e.tag == 0xBF20 || e.tag == PE_END) {
            memcpy(buf + n, e.whole.p, e.whole.n);
            n += e.whole.n;
        }
    uicc_new(&u);
    out = uicc_install(&u, slice_of(buf, n), 1);
    assert_int_equal(out.reason, INSTALL_OK);
    t = (struct tree){ .objects = card_objects(u.card), .root = out.root };
    assert_true(tree_child(&t, TREE_MF, FID_ICCID, &node));
    assert_int_equal(node.body.n, 10);
    assert_memory_equal(node.body.p, "\x98\x00\x10\x32\x54\x76\x98\x10\x32\x99", 10);
}

/* EF_UST with all services: MBMS security is none of this card's. */
static void services_of_the_card(void **state)
{
    struct profile_outcome out;

    (void)state;
    uicc_new(&u);
    out = uicc_install(
        &u,
        uicc_package(UICC_MILENAGE,
                     "A1(A0(8000 810109) A1(30(80047FD06F38 810A FFFFFFFFFFFFFFFFFFFF)))", octets),
        1);
    assert_int_equal(out.reason, INSTALL_OK);
    enable(out.root);
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F38");
    uicc_expect(&u, 0x9000, "FFFFFFFFFFFFFFFFEFFF00000000", "00B0000000");
}

static void says_when_memory_is_short(void **state)
{
    (void)state;
    slice package = uicc_data(UICC_TS48);
    struct profile_outcome out;
    uint32_t free;

    if (!package.p)
        skip();
    /* a BER-TLV file's capacity counts: 4 GB of it are not there */
    uicc_new(&u);
    fails_and_leaves_nothing(
        uicc_package(UICC_MILENAGE,
                     "A1(A0(8000 810109) A1(30(80027FD0 62(82027921 83026F99 A5(8604FFFFFFF0)))))",
                     octets),
        INSTALL_NO_MEMORY, "300CA008 3006 800104 810109 8100");
    uicc_new(&u);
    for (unsigned i = 0; objects_free(card_objects(u.card)) > 20000; i++)
        assert_int_equal(objects_make(card_objects(u.card), ISDR_OBJECTS + i, 1000, 0), E_OK);
    uicc_commit(&u);
    free = objects_free(card_objects(u.card));
    out = uicc_install(&u, package, 1);
    assert_int_equal(out.reason, INSTALL_NO_MEMORY);
    assert_int_equal(out.sima_response.p[8], 4);
    assert_int_equal(objects_free(card_objects(u.card)), free);
}

/* ---- several profiles ---- */

static void profiles_live_side_by_side(void **state)
{
    (void)state;
    slice package = uicc_data(UICC_TS48);
    struct profile_outcome first, second;
    struct card_profile p;
    uint32_t root = 0;

    if (!package.p)
        skip();
    uicc_new(&u);
    first = uicc_install(&u, package, 1);
    second = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 2);
    assert_int_equal(second.reason, INSTALL_OK);
    assert_int_not_equal(first.root, second.root);
    assert_true(profile_next(u.card, &root, &p));
    assert_int_equal(p.state, PROFILE_DISABLED);
    assert_true(profile_next(u.card, &root, &p));
    assert_false(profile_next(u.card, &root, &p));
    enable(first.root);
    uicc_expect(&u, 0x9000, "98001032547698103214", "00B0820000");
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    assert_int_equal(profile_switch(u.card, second.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2FE2");
    uicc_expect(&u, 0x9000, "98001032547698103299", "00B0000000");
    assert_int_equal(
        profile_by_iccid(u.card, SLICE_LIT("\x98\x00\x10\x32\x54\x76\x98\x10\x32\x99"), &p), E_OK);
    assert_int_equal(p.state, PROFILE_ENABLED);
    assert_int_equal(profile_delete(u.card, second.root), E_STATE);
    assert_int_equal(profile_delete(u.card, first.root), E_OK);
    uicc_commit(&u);
    assert_int_equal(profile_get(u.card, first.root, &p), E_NOTFOUND);
    uicc_boot(&u);
    assert_int_equal(profile_enabled(u.card), second.root);
    struct profile_install again = { .iccid = SLICE_OF(p.iccid), .isdp_aid = SLICE_OF(p.isdp_aid) };
    assert_int_equal(
        profile_by_iccid(u.card, SLICE_LIT("\x98\x00\x10\x32\x54\x76\x98\x10\x32\x99"), &p), E_OK);
    assert_int_equal(profile_install_begin(u.card, &again), E_EXISTS);
}

/* ---- REFRESH ---- */

#define TERMINAL_PROFILE "80100000 10 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

static void a_switch_waits_for_the_terminal(void **state)
{
    (void)state;
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 1);
    uicc_expect(&u, 0x9000, "", TERMINAL_PROFILE);
    assert_int_equal(profile_switch(u.card, out.root, true), E_OK);
    uicc_commit(&u);
    assert_int_equal(profile_enabled(u.card), 0);
    assert_int_equal(profile_switch(u.card, out.root, true), E_CONFLICT);
    uicc_expect(&u, 0x910B, "", "80F2000C");
    uicc_expect(&u, 0x6C0B, "", "8012000005");
    uicc_expect(&u, 0x9000, "D009 8103010104 82028182", "801200000B");
    uicc_expect(&u, 0x6985, "", "801200000B");
    uicc_expect(&u, 0x6A82, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "80140000 0C 8103020104 82028281 830100"); /* another number */
    assert_int_equal(profile_enabled(u.card), 0);
    uicc_expect(&u, 0x9000, "", "80140000 0C 8103010104 82028281 830100");
    assert_int_equal(profile_enabled(u.card), out.root);
    assert_false(cat_busy(u.card));
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
}

static void a_switch_is_done_at_reset_at_the_latest(void **state)
{
    (void)state;
    struct profile_outcome out;

    uicc_new(&u);
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 1);
    uicc_expect(&u, 0x9000, "", TERMINAL_PROFILE);
    assert_int_equal(profile_switch(u.card, out.root, true), E_OK);
    uicc_commit(&u);
    uicc_expect(&u, 0x9000, "D009 8103010104 82028182", "801200000B");
    uicc_expect(&u, 0x9000, "", "80140000 0C 8103010104 82028281 830120"); /* busy: later */
    assert_int_equal(profile_enabled(u.card), 0);
    assert_int_equal(profile_switch_due(u.card), out.root);
    card_reset(u.card);
    assert_int_equal(profile_enabled(u.card), out.root);
    /* and through a power cut, without any terminal profile */
    assert_int_equal(profile_switch(u.card, 0, true), E_OK);
    uicc_commit(&u);
    assert_int_equal(profile_enabled(u.card), out.root);
    uicc_boot(&u);
    assert_int_equal(profile_enabled(u.card), 0);
    uicc_boot(&u);
    assert_int_equal(profile_switch_due(u.card), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(installs_in_64_kb),
        cmocka_unit_test(segments_need_not_follow_elements),
        cmocka_unit_test(a_bad_element_leaves_the_card_as_it_was),
        cmocka_unit_test(wrong_header_or_length),
        cmocka_unit_test(an_element_that_is_not_mandated_fails_alone),
        cmocka_unit_test(unusual_files),
        cmocka_unit_test(says_when_memory_is_short),
        cmocka_unit_test(data_objects_are_installed),
        cmocka_unit_test(services_of_the_card),
        cmocka_unit_test(an_iot_element_has_its_iccid),
        cmocka_unit_test(profiles_live_side_by_side),
        cmocka_unit_test(a_switch_waits_for_the_terminal),
        cmocka_unit_test(a_switch_is_done_at_reset_at_the_latest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
