/* EF_ARR records one by one: what each lets through, with and without ADM1 and PIN1. */
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;

#define USIM "A0000000871002FF49FF0589"

static int profile(void **state)
{
    static uint8_t octets[UICC_PACKAGE_MAX];
    struct profile_outcome out;

    (void)state;
    uicc_new(&u);
    out = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, octets), 1);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    return 0;
}

/* Record 3 of the MF's EF_ARR rules over EF_IMSI. */
static void set_rule(const char *hex)
{
    uint8_t rule[32];
    struct node arr;

    memset(rule, 0xFF, sizeof rule);
    uicc_hex(hex, rule, sizeof rule);
    assert_true(tree_child(&u.card->tree, TREE_MF, FID_ARR_MF, &arr));
    assert_int_equal(tree_write(&u.card->tree, &arr, node_record_at(&arr, 3), SLICE_OF(rule)),
                     E_OK);
    uicc_commit(&u);
}

#define PIN1 "A406 830101 950108"
#define ADM1 "A406 83010A 950108"
#define NONE "A406 83010B 950108" /* a key that the profile does not have */

static const struct {
    const char *rule;
    bool free, pin, adm, both; /* READ, with nothing, PIN1, ADM1, both verified */
} cases[] = {
    { "800101 9000", 1, 1, 1, 1 },
    { "800101 9700", 0, 0, 0, 0 },
    { "800102 9000", 0, 0, 0, 0 }, /* speaks of update only */
    { "", 0, 0, 0, 0 },
    { "800101 " PIN1, 0, 1, 0, 1 },
    { "800101 " ADM1, 0, 0, 1, 1 },
    { "800101 " NONE, 0, 0, 0, 0 },
    { "800101 A010 " PIN1 ADM1, 0, 1, 1, 1 },
    { "800101 AF10 " PIN1 ADM1, 0, 0, 0, 1 },
    { "800101 " PIN1 ADM1, 0, 0, 0, 1 }, /* several conditions: all of them */
    { "800101 A708 " PIN1, 1, 0, 1, 0 },
    { "800101 A700", 1, 1, 1, 1 },
    { "800101 A000", 0, 0, 0, 0 },
    { "800102 9000 800101 " PIN1, 0, 1, 0, 1 },
    { "800103 " PIN1 " 800101 9000", 0, 1, 0, 1 }, /* the first that speaks of it counts */
    { "8401D6 9000 800101 " ADM1, 0, 0, 1, 1 },
    { "800101", 0, 0, 0, 0 },          /* no condition */
    { "800101 A4068301", 0, 0, 0, 0 }, /* cut off */
    { "800101 9E0100", 1, 1, 1, 1 },
    { "800101 9E01FF", 0, 0, 0, 0 },
    { "800101 A0028000", 0, 0, 0, 0 },
};

static void read_as(bool expected, const char *rule, const char *who)
{
    uint16_t sw = uicc_apdu(&u, "00B0870009");

    if (sw != (expected ? 0x9000 : 0x6982))
        print_error("rule %s with %s: %04X\n", rule, who, sw);
    assert_int_equal(sw, expected ? 0x9000 : 0x6982);
}

static void evaluates(void **state)
{
    (void)state;
    uicc_expect(&u, 0x9000, "", "00280001 08 30303030FFFFFFFF"); /* PIN1 is enabled */
    for (size_t i = 0; i < COUNT(cases); i++) {
        set_rule(cases[i].rule);
        uicc_boot(&u);
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        read_as(cases[i].free, cases[i].rule, "nothing");
        uicc_expect(&u, 0x9000, "", "00200001 08 30303030FFFFFFFF");
        read_as(cases[i].pin, cases[i].rule, "PIN1");
        uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
        read_as(cases[i].both, cases[i].rule, "both");
        card_reset(u.card);
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
        read_as(cases[i].adm, cases[i].rule, "ADM1");
    }
}

static void a_rule_for_the_command_goes_first(void **state)
{
    (void)state;
    struct node node;

    assert_true(tree_path(&u.card->tree, SLICE_LIT("\x7F\xD0\x6F\x07"), &node));
    set_rule("800102 9700 8401 32 9000");
    assert_false(rules_allow(u.card, &node, ACCESS_UPDATE, 0xD6));
    assert_true(rules_allow(u.card, &node, ACCESS_UPDATE, 0x32));
    set_rule("800102 9000 840232D4 9700");
    assert_true(rules_allow(u.card, &node, ACCESS_UPDATE, 0xD6));
    assert_false(rules_allow(u.card, &node, ACCESS_UPDATE, 0x32));
    assert_false(rules_allow(u.card, &node, ACCESS_UPDATE, 0xD4));
}

static void deep_or_long_rules_end(void **state)
{
    (void)state;
    /* OR in OR in OR ...: deeper than any rule of a UICC is refused, not followed */
    set_rule("800101 A00C A00A A008 A006 A004 A002 9000");
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    uicc_expect(&u, 0x6982, "", "00B0870009");
    set_rule("800101 A004 A002 9000");
    uicc_expect(&u, 0x9000, NULL, "00B0870009");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(evaluates, profile),
        cmocka_unit_test_setup(a_rule_for_the_command_goes_first, profile),
        cmocka_unit_test_setup(deep_or_long_rules_end, profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
