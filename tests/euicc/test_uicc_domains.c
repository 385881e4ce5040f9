/*
 * Security domains, remote file management and load files of a package (SAIP 8.8 to 8.10): who
 * belongs to whom, and elements with one thing wrong, each of which fails the whole package.
 */
#include "euicc/registry.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;
static uint8_t octets[UICC_PACKAGE_MAX];

#define HEAD(id) "A0(8000 8101" id ")"
#define CLASS    "4F07A0000001515350 4F08A000000151535041"
#define MNO_SD   "A6(" HEAD("09") "A1(" CLASS "4F08A000000151000000 8203808000 C900)"
#define KEYS     "A2(30(950138 820101 830130 30(30(800188 861000112233445566778899AABBCCDDEEFF))))"
#define SECOND(owner)                                                                              \
    "A6(" HEAD("0A") "A1(" CLASS "4F08A000000151000001" owner "8203808000 830107 C900))"
#define RFM(owner, adf)                                                                            \
    "A7(" HEAD("0B") "4F06A00000055901" owner "A0(0403B00000) 810116 040100 040100" adf ")"
#define FILE_OF(owner) "A8(" HEAD("0C") "A1(4F06A00000055902" owner "C403010203))"
#define OF_SECOND      "4F08A000000151000001"
#define OF_NOBODY      "4F08A000000151000009"

static struct profile_outcome install(const char *extra)
{
    uicc_new(&u);
    return uicc_install(&u, uicc_package(UICC_MILENAGE, extra, octets), 1);
}

static struct registry_entry entry(uint32_t root, const char *aid)
{
    struct registry_entry e;
    uint8_t b[16];

    assert_true(registry_by_aid(card_objects(u.card), root, slice_of(b, uicc_hex(aid, b, 16)), &e));
    return e;
}

static void belong_to_their_domains(void **state)
{
    (void)state;
    struct profile_outcome out =
        install(MNO_SD KEYS "A3(0403010203))" SECOND("") RFM(OF_SECOND, "") FILE_OF(OF_SECOND));
    struct registry_entry first, second;

    assert_int_equal(out.reason, INSTALL_OK);
    first = entry(out.root, "A000000151000000");
    second = entry(out.root, "A000000151000001");
    assert_int_equal(first.kind, REGISTRY_SECURITY_DOMAIN);
    assert_int_equal(first.domain, first.number); /* the MNO-SD is its own */
    assert_int_equal(second.domain, first.number);
    assert_int_equal(second.life_cycle, 0x07);
    assert_int_equal(entry(out.root, "A00000055901").kind, REGISTRY_RFM);
    assert_int_equal(entry(out.root, "A00000055901").domain, second.number);
    assert_int_equal(entry(out.root, "A00000055902").kind, REGISTRY_LOAD_FILE);
    assert_int_equal(entry(out.root, "A00000055902").domain, second.number);
    /* without a name the MNO-SD is meant */
    out = install(MNO_SD ")" SECOND("4F08A000000151000000") RFM("", "") FILE_OF(""));
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(entry(out.root, "A00000055901").domain,
                     entry(out.root, "A000000151000000").number);
    assert_int_equal(entry(out.root, "A000000151000001").domain,
                     entry(out.root, "A000000151000000").number);
    /* with the USIM that RFM is for */
    out = install(MNO_SD ")" RFM("", "30(800CA0000000871002FF49FF0589 810100 820100)"));
    assert_int_equal(out.reason, INSTALL_OK);
}

static void refused(const char *extra, const char *sima)
{
    uint8_t expected[40];
    struct profile_outcome out = install(extra);
    struct card_profile p;
    uint32_t root = 0;
    size_t n = uicc_hex(sima, expected, sizeof expected);

    assert_int_equal(out.reason, INSTALL_PE_ERROR);
    if (!slice_eq(out.sima_response, slice_of(expected, n)))
        for (size_t i = 0; i < out.sima_response.n; i++)
            print_error("%02X", out.sima_response.p[i]);
    assert_true(slice_eq(out.sima_response, slice_of(expected, n)));
    assert_false(profile_next(u.card, &root, &p));
}

static void one_thing_wrong(void **state)
{
    (void)state;
    /* a domain that is not there; an application in its place */
    refused(MNO_SD ")" SECOND(OF_NOBODY), "300CA008 3006 800106 81010A 8100");
    refused(MNO_SD ")" RFM(OF_NOBODY, ""), "300CA008 3006 800106 81010B 8100");
    refused(MNO_SD ")" FILE_OF(OF_NOBODY), "300CA008 3006 800106 81010C 8100");
    refused(MNO_SD ")" FILE_OF("") RFM("4F06A00000055902", ""), "300CA008 3006 800106 81010B 8100");
    /* nobody to belong to */
    refused(RFM("", ""), "300CA008 3006 800106 81010B 8100");
    refused(FILE_OF(""), "300CA008 3006 800106 81010C 8100");
    /* an application that is not there */
    refused(MNO_SD ")" RFM("", "30(800CA0000000871002FF49FF0580 810100 820100)"),
            "300CA008 3006 800106 81010B 8100");
    /* elements that lack a field */
    refused(MNO_SD ")"
                   "A7(" HEAD("0B") "4F06A00000055901)",
            "300CA008 3006 800105 81010B 8100");
    refused(MNO_SD ")"
                   "A8(" HEAD("0C") "A1(4F06A00000055902))",
            "300CA008 3006 800105 81010C 8100");
    refused("A6(" HEAD("09") ")", "300CA008 3006 800105 810109 8100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(belong_to_their_domains),
        cmocka_unit_test(one_thing_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
