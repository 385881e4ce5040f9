/* Personality files: every field arrives, and each kind of fault names its line and field. */
#include "reader/card_shape.h"

#include "dunlin/ipa.h"
#include "rsp/sgp22.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct card_shape shape;
static struct card_shape_fault fault;

static enum err read_shape(const char *text)
{
    card_shape_defaults(&shape);
    memset(&fault, 0, sizeof fault);
    return card_shape_read(slice_str(text), &shape, &fault);
}

/* The IPA in the card: each field, hosts with and without a port, and what is refused. */
static void an_ipa_in_the_card(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } refused[] = {
        { "ipae = maybe", E_SYNTAX },
        { "ipae_dns = 1.2.3", E_SYNTAX },
        { "ipae_dns =", E_SYNTAX },
        { "ipae_access_name = iot..example", E_SYNTAX },
        { "ipae_access_name = iot.", E_SYNTAX },
        { "ipae_access_name =", E_RANGE },
        { "ipae_poll_s = 0", E_RANGE },
        { "ipae_features = direct push", E_SYNTAX },
        { "ipae_host = eim.test", E_SYNTAX },
        { "ipae_host = eim.test 127.0.0.1:0", E_RANGE },
        { "ipae_host = eim.test 127.0.0.1:65536", E_RANGE },
        { "ipae_host = eim.test 127.0.0.1:", E_SYNTAX },
        { "ipae_host = eim.test [::1", E_SYNTAX },
        { "ipae_host = eim.test [::1]8443", E_SYNTAX },
    };
    const struct ipae_personality *p = &shape.ipae;

    (void)state;
    assert_int_equal(read_shape(""), E_OK);
    assert_int_equal(shape.personality.ipae, IPAE_NONE);
    assert_int_equal(p->host_count, 0);
    assert_int_equal(
        read_shape("ipae = active\nipae_dns = 192.0.2.53\nipae_access_name = iot.example\n"
                   "ipae_timeout_s = 5\nipae_poll_s = 60\nipae_features = direct indirect\n"
                   "ipae_initial_eim = BF570030\nipae_host = eim.test 127.0.0.1:8444\n"
                   "ipae_host = smdp.test   ::1\nipae_host = smds.test [2001:db8::1]:444\n"
                   "ipae_host = more.test 192.0.2.1"),
        E_OK);
    assert_int_equal(shape.personality.ipae, IPAE_ALWAYS);
    assert_ptr_equal(p->euicc, &shape.personality);
    assert_true(slice_eq(p->network.dns, SLICE_LIT("\xC0\0\2\x35")));
    assert_true(slice_eq(p->network.access_name, SLICE_LIT("\3iot\7example")));
    assert_int_equal(p->network.timeout_s, 5);
    assert_int_equal(p->poll_s, 60);
    assert_int_equal(p->features, IPA_FEATURE_DIRECT | IPA_FEATURE_INDIRECT);
    assert_true(slice_eq(p->initial_eim, SLICE_LIT("\xBF\x57\0\x30")));
    assert_int_equal(p->host_count, 4);
    assert_true(slice_eq_str(p->hosts[0].name, "eim.test"));
    assert_int_equal(p->hosts[0].address_n, 4);
    assert_memory_equal(p->hosts[0].address, "\x7F\0\0\1", 4);
    assert_int_equal(p->hosts[0].port, 8444);
    assert_int_equal(p->hosts[1].address_n, 16);
    assert_int_equal(p->hosts[1].address[15], 1);
    assert_int_equal(p->hosts[1].port, 0);
    assert_int_equal(p->hosts[2].address_n, 16);
    assert_int_equal(p->hosts[2].port, 444);
    assert_int_equal(p->hosts[3].port, 0);
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_int_equal(read_shape(refused[i].text), refused[i].err);
    for (unsigned i = 0; i <= IPAE_HOSTS; i++) {
        char text[IPAE_HOSTS * 32 + 32] = "";

        for (unsigned k = 0; k < i; k++)
            strcat(text, "ipae_host = a.test 192.0.2.1\n");
        assert_int_equal(read_shape(text), E_OK);
        strcat(text, "ipae_host = a.test 192.0.2.1\n");
        assert_int_equal(read_shape(text), i < IPAE_HOSTS ? E_OK : E_RANGE);
    }
}

static void all_fields_arrive(void **state)
{
    const struct personality *p = &shape.personality;

    (void)state;
    assert_int_equal(
        read_shape("# a card of another maker\n"
                   "\n"
                   "eid = 89049032123451234500000000000186   # the first\r\n"
                   "svn=2.2.2\n"
                   "  iot_version =  1.0.0\n"
                   "profile_version = 2.1.0\nmore_profile_version = 0.0.0\nfirmware = 10.255.0\n"
                   "pp_version = 1.2.3\nts102241_version = 9.2.0\nglobalplatform_version = 2.3.1\n"
                   "sas_accreditation = XX-YY-UP-0123\ndefault_smdp = smdp.test\nroot_smds =\n"
                   "category = mediumeuicc\nuicc_capability = usimSupport akaMilenage javacard\n"
                   "rsp_capability = none\nforbidden_pprs = ppr1 ppr2\n"
                   "rat = 301180020640A10730058003EEEEEE82020780\nhttp_params = 0102\n"
                   "emergency = no\nfallback = no\neim_reset = no\nimmediate_enable_reset = no\n"
                   "test_profiles = no\nrequest_max = 2048\npackage_max = 512\nresult_max = 600\n"
                   "segment_max = 1020\neim_max = 1\nnotification_max = 4\natr = 3B00\n"
                   "extended_apdu = yes\nchannels = 4\nmemory = 131072\ndelay_ms = 20\n"
                   "response_max = 200\nmore_data = fetched\nwrong_le = 6700\n"
                   "power_cut_write = 7\npower_cut_octets = 12"),
        E_OK);
    assert_true(shape.has_eid);
    assert_int_equal(p->eid[15], 0x86);
    assert_memory_equal(p->svn, "\2\2\2", 3);
    assert_memory_equal(p->iot_version, "\1\0\0", 3);
    assert_memory_equal(p->profile_version, "\2\1\0", 3);
    assert_memory_equal(p->more_profile_version, "\0\0\0", 3);
    assert_memory_equal(p->firmware, "\x0A\xFF\0", 3);
    assert_memory_equal(p->pp_version, "\1\2\3", 3);
    assert_memory_equal(p->ts102241, "\x09\2\0", 3);
    assert_memory_equal(p->global_platform, "\2\3\1", 3);
    assert_true(slice_eq_str(p->sas_accreditation, "XX-YY-UP-0123"));
    assert_true(slice_eq_str(p->default_smdp, "smdp.test"));
    assert_int_equal(p->root_smds.n, 0);
    assert_int_equal(p->category, EUICC_CATEGORY_MEDIUM);
    assert_int_equal(p->uicc_capability, 1u << UICC_CAPABILITY_USIM |
                                             1u << UICC_CAPABILITY_AKA_MILENAGE |
                                             1u << UICC_CAPABILITY_JAVACARD);
    assert_int_equal(p->rsp_capability, 0);
    assert_int_equal(p->forbidden_pprs, 6);
    assert_int_equal(p->rat.n, 19);
    assert_int_equal(p->rat.p[18], 0x80);
    assert_true(slice_eq(p->http_params, SLICE_LIT("\1\2")));
    assert_false(p->emergency_supported || p->fallback_supported || p->eim_reset_supported ||
                 p->immediate_enable_reset_supported || p->test_profiles_supported);
    assert_int_equal(p->request_max, 2048);
    assert_int_equal(p->package_max, 512);
    assert_int_equal(p->result_max, 600);
    assert_int_equal(p->segment_max, 1020);
    assert_int_equal(p->eim_max, 1);
    assert_int_equal(p->notification_max, 4);
    assert_true(slice_eq(shape.atr, SLICE_LIT("\x3B\0")));
    assert_true(shape.extended_apdu);
    assert_int_equal(shape.channels, 4);
    assert_int_equal(shape.memory, 131072);
    assert_int_equal(shape.quirks.delay_ms, 20);
    assert_int_equal(shape.quirks.response_max, 200);
    assert_int_equal(shape.quirks.more, MORE_FETCHED);
    assert_int_equal(shape.quirks.wrong_le, WRONG_LE_6700);
    assert_int_equal(shape.power_cut_write, 7);
    assert_int_equal(shape.power_cut_octets, 12);
}

static void what_is_not_named_stays(void **state)
{
    (void)state;
    assert_int_equal(read_shape(""), E_OK);
    assert_false(shape.has_eid);
    assert_int_equal(shape.memory, 262144);
    assert_int_equal(shape.personality.eim_max, 8);
    assert_int_equal(read_shape("eim_max = 3\n"), E_OK);
    assert_int_equal(shape.personality.eim_max, 3);
    assert_int_equal(shape.personality.notification_max, 32);
}

static void faults_name_line_and_field(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        unsigned line;
        const char *field;
    } bad[] = {
        { "svn = 2.2.2\nsvm = 2.2.2\n", E_NOTFOUND, 2, "svm" },
        { "svn = 2.2.2\n\nsvn = 2.2.2\n", E_REPEATED, 3, "svn" },
        { "svn 2.2.2", E_SYNTAX, 1, "svn 2.2.2" },
        { "svn = 2.2", E_SYNTAX, 1, "svn" },
        { "svn = 2.2.2.2", E_SYNTAX, 1, "svn" },
        { "svn = 2.256.2", E_RANGE, 1, "svn" },
        { "svn = ", E_SYNTAX, 1, "svn" },
        { "eim_max = 0", E_RANGE, 1, "eim_max" },
        { "eim_max = 17", E_RANGE, 1, "eim_max" },
        { "eim_max = -1", E_SYNTAX, 1, "eim_max" },
        { "eim_max = 3x", E_SYNTAX, 1, "eim_max" },
        { "notification_max = 3", E_RANGE, 1, "notification_max" },
        { "memory = 18446744073709551617", E_RANGE, 1, "memory" },
        { "emergency = maybe", E_SYNTAX, 1, "emergency" },
        { "category = 7", E_SYNTAX, 1, "category" },
        { "uicc_capability = usimSupport nothing", E_SYNTAX, 1, "uicc_capability" },
        { "uicc_capability =", E_SYNTAX, 1, "uicc_capability" },
        { "rat = 3010", E_SYNTAX, 1, "rat" },
        { "rat = 0100", E_SYNTAX, 1, "rat" },
        { "atr = 3B0", E_SYNTAX, 1, "atr" },
        { "atr = 3B", E_RANGE, 1, "atr" },
        { "more_data = 9FXX", E_SYNTAX, 1, "more_data" },
        { "eid = 89049032123451234500000000000187", E_SYNTAX, 1, "eid" },
        { "eid = 8904903212345123450000000000018", E_SYNTAX, 1, "eid" },
        { "= 3", E_NOTFOUND, 1, "" },
        { "\x01\x1B[2J = 3", E_NOTFOUND, 1, "??[2J" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_shape(bad[i].text), bad[i].err);
        assert_int_equal(fault.line, bad[i].line);
        assert_string_equal(fault.field, bad[i].field);
        assert_non_null(fault.why);
    }
}

static void long_values_are_refused(void **state)
{
    char text[400] = "default_smdp = ";
    size_t n = strlen(text);

    (void)state;
    memset(text + n, 'a', 255);
    assert_int_equal(read_shape(text), E_OK);
    assert_int_equal(shape.personality.default_smdp.n, 255);
    text[n + 255] = 'a';
    assert_int_equal(read_shape(text), E_RANGE);
    assert_string_equal(fault.field, "default_smdp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields_arrive),       cmocka_unit_test(an_ipa_in_the_card),
        cmocka_unit_test(what_is_not_named_stays), cmocka_unit_test(faults_name_line_and_field),
        cmocka_unit_test(long_values_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
