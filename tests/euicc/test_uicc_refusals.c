/*
 * Data commands of TS 102 221 on the TS.48 v7 profile with one thing wrong in each: the status word
 * says which, and nothing changes. The command that passes stands first.
 */
#include "euicc/uicc_card.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"

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

static void usim(const char *fid)
{
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x9000, "", "0020000A08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 %s", fid);
}

static void binary(void **state)
{
    NEEDS_CARD();
    usim("6F07");
    uicc_expect(&u, 0x9000, "", "00D60000 09 080910101032547699");
    uicc_expect(&u, 0x6700, "", "00D60000");
    uicc_expect(&u, 0x6A86, "", "00D6E700 01 08");    /* bits 7 and 6 beside an SFI */
    uicc_expect(&u, 0x6A86, "", "00D68000 01 08");    /* SFI 0 */
    uicc_expect(&u, 0x6A82, "", "00D69B00 01 08");    /* no file has it */
    uicc_expect(&u, 0x6B00, "", "00D6000A 01 08");    /* behind the end */
    uicc_expect(&u, 0x6700, "", "00D60008 02 0808");  /* over the end */
    uicc_expect(&u, 0x6700, "", "00B00000 01 08 00"); /* READ with data */
    uicc_expect(&u, 0x6981, "", "00DC0104 09 080910101032547690");
    uicc_expect(&u, 0x6981, "", "00A20104 01 08");
    uicc_expect(&u, 0x6981, "", "80320000 03 000001");
    uicc_expect(&u, 0x6981, "", "80CB0080 01 5C");
    uicc_expect(&u, 0x6981, "", "80DB0080 03 800101");
    uicc_expect(&u, 0x9000, "080910101032547699", "00B0000009");
}

static void records(void **state)
{
    NEEDS_CARD();
    usim("6F3C"); /* EF_SMS: 10 records of 176 octets */
    uicc_expect(&u, 0x9000, "", "00DC0104 B0 01%0*d", 2 * 175, 0);
    uicc_expect(&u, 0x6700, "", "00DC0104");
    uicc_expect(&u, 0x6A86, "", "00DC0105 B0 02%0*d", 2 * 175, 0); /* no such mode */
    uicc_expect(&u, 0x6A86, "", "00DC01FC B0 02%0*d", 2 * 175, 0); /* SFI 31 */
    uicc_expect(&u, 0x6A82, "", "00DC01DC B0 02%0*d", 2 * 175, 0); /* SFI 27: nobody's */
    uicc_expect(&u, 0x6700, "", "00DC0104 AF 02%0*d", 2 * 174, 0);
    uicc_expect(&u, 0x6A83, "", "00DC0B04 B0 02%0*d", 2 * 175, 0);
    uicc_expect(&u, 0x6A83, "", "00DC0004 B0 02%0*d", 2 * 175, 0); /* none is current */
    uicc_expect(&u, 0x6981, "", "00B0000000");
    uicc_expect(&u, 0x9000, NULL, "00B20104B0");
    assert_int_equal(u.reply[0], 1);
}

static void searches(void **state)
{
    NEEDS_CARD();
    uicc_expect(&u, 0x9000, "", "00A4000C 02 2F00");
    uicc_expect(&u, 0x9000, "02", "00A20104 04 4953494D");
    uicc_expect(&u, 0x6700, "", "00A20104");
    uicc_expect(&u, 0x6A86, "", "00A20103 04 4953494D");
    uicc_expect(&u, 0x6A86, "", "00A20107 04 4953494D");
    uicc_expect(&u, 0x6A83, "", "00A20604 04 4953494D");
    uicc_expect(&u, 0x6700, "", "00A20104 22 %0*d", 2 * 34, 0); /* longer than a record */
    uicc_expect(&u, 0x6A80, "", "00A20106 02 0404");            /* enhanced, nothing to find */
    uicc_expect(&u, 0x6A80, "", "00A20106 03 F00449");          /* enhanced, no such indication */
}

static void increase(void **state)
{
    NEEDS_CARD();
    usim("6F39"); /* EF_ACM, records of 3 octets */
    uicc_expect(&u, 0x9000, "000005000005", "80320000 03 000005");
    uicc_expect(&u, 0x6A86, "", "80320001 03 000005");
    uicc_expect(&u, 0x6A86, "", "80320100 03 000005");
    uicc_expect(&u, 0x6A86, "", "8032E000 03 000005");
    uicc_expect(&u, 0x6700, "", "80320000");
    uicc_expect(&u, 0x6700, "", "80320000 04 00000005");
    uicc_expect(&u, 0x6700, "", "80320000 80 %0*d", 2 * 128, 0);
    uicc_expect(&u, 0x6A82, "", "80329B00 03 000005");
    uicc_expect(&u, 0x9850, "", "80320000 03 FFFFFB");
    uicc_expect(&u, 0x9000, "000005", "00B2010403");
}

static void data_objects(void **state)
{
    NEEDS_CARD();
    usim("6FFE");
    uicc_expect(&u, 0x9000, "", "80DB0080 05 8003 010203");
    uicc_expect(&u, 0x9000, "8003010203", "80CB0080 01 80");
    uicc_expect(&u, 0x6A86, "", "80CB0040 01 80");       /* neither first nor next block */
    uicc_expect(&u, 0x6A86, "", "80CB0180 01 80");       /* P1 */
    uicc_expect(&u, 0x6A80, "", "80CB0080");             /* which object? */
    uicc_expect(&u, 0x6A80, "", "80CB0080 04 80808080"); /* no tag is so long */
    uicc_expect(&u, 0x6A82, "", "80CB009B 01 80");       /* SFI of nobody */
    uicc_expect(&u, 0x6985, "", "80CB000000");           /* next of what? */
    uicc_expect(&u, 0x6700, "", "80DB0080");
    uicc_expect(&u, 0x6A86, "", "80DB0040 05 8003 010204");
    uicc_expect(&u, 0x6A80, "", "80DB0080 06 8003 01020405"); /* more than it says */
    uicc_expect(&u, 0x6A88, "", "80DB0080 01 85");            /* delete what is not there */
    uicc_expect(&u, 0x6985, "", "80DB0000 03 010204");        /* next of what? */
    uicc_expect(&u, 0x63F1, "", "80DB0080 04 8003 0102");
    uicc_expect(&u, 0x6A80, "", "80DB0000 02 0405"); /* one octet over */
    uicc_expect(&u, 0x6985, "", "80DB0000 01 04");   /* and it is forgotten */
    uicc_expect(&u, 0x6981, "", "00B0000000");
    uicc_expect(&u, 0x9000, "8003010203", "80CB0080 01 80");
    uicc_expect(&u, 0x9000, "", "80DB0080 05 9F70 02 0102"); /* a tag of two octets */
    uicc_expect(&u, 0x9000, "5C03809F70", "80CB0080 01 5C");
    uicc_expect(&u, 0x9000, "9F70020102", "80CB0080 02 9F70");
}

static void life_cycle(void **state)
{
    NEEDS_CARD();
    usim("6F07");
    uicc_expect(&u, 0x9000, "", "00040000 02 6F07");
    uicc_expect(&u, 0x9000, "", "00440000 02 6F07");
    uicc_expect(&u, 0x9000, "", "00040800 02 2F05");
    uicc_expect(&u, 0x9000, "", "00440800 02 2F05");
    uicc_expect(&u, 0x6A86, "", "00040001 02 6F07");
    uicc_expect(&u, 0x6A86, "", "00040300 02 6F07");
    uicc_expect(&u, 0x6A82, "", "00040000 02 6FAA");
    uicc_expect(&u, 0x6A82, "", "00040800 02 7FFF"); /* a directory */
    uicc_expect(&u, 0x9000, "", "00A4000C 02 7FFF");
    uicc_expect(&u, 0x6986, "", "00040000");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F07"); /* not 6283: it is active */
}

#define T(name) cmocka_unit_test_setup(name, profile)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(binary), T(records), T(searches), T(increase), T(data_objects), T(life_cycle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
