/* Text forms of octets; COM-011: tag 5A as EID and as ICCID. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void hex_both_ways(void **state)
{
    char text[9];
    uint8_t octets[4];
    size_t n;

    (void)state;
    assert_int_equal(hex_encode(SLICE_LIT("\x00\xA5\xff\x10"), text, sizeof text), E_OK);
    assert_string_equal(text, "00A5FF10");
    assert_int_equal(hex_encode(SLICE_LIT("\x00\xA5\xff\x10"), text, 8), E_NOSPACE);
    assert_int_equal(hex_decode(SLICE_LIT("00a5fF10"), octets, sizeof octets, &n), E_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(octets, "\x00\xA5\xff\x10", 4);
    assert_int_equal(hex_decode(SLICE_LIT("00a5fF1"), octets, sizeof octets, &n), E_SYNTAX);
    assert_int_equal(hex_decode(SLICE_LIT("00a5fG10"), octets, sizeof octets, &n), E_SYNTAX);
    assert_int_equal(hex_decode(SLICE_LIT("00a5fF10"), octets, 3, &n), E_NOSPACE);
}

static void base64_of_rfc4648(void **state)
{
    static const struct {
        const char *plain, *text;
    } rows[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
    };
    char text[16];
    uint8_t octets[16];
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(b64_encode(slice_str(rows[i].plain), text, sizeof text, &n), E_OK);
        assert_true(slice_eq_str(slice_of(text, n), rows[i].text));
        assert_int_equal(b64_decode(slice_str(rows[i].text), octets, sizeof octets, &n), E_OK);
        assert_true(slice_eq_str(slice_of(octets, n), rows[i].plain));
    }
    assert_int_equal(b64_decode(SLICE_LIT("Zm9v\r\nYmE"), octets, sizeof octets, &n), E_OK);
    assert_int_equal(n, 5);
    assert_int_equal(b64_decode(SLICE_LIT("Zm9vYmE="), octets, 4, &n), E_NOSPACE);
    assert_int_equal(b64_decode(SLICE_LIT("Zm9vY"), octets, sizeof octets, &n), E_SYNTAX);
    assert_int_equal(b64_decode(SLICE_LIT("Zm9*"), octets, sizeof octets, &n), E_SYNTAX);
    assert_int_equal(b64_decode(SLICE_LIT("Zg==Zg=="), octets, sizeof octets, &n), E_SYNTAX);
    assert_int_equal(b64_decode(SLICE_LIT("Zh=="), octets, sizeof octets, &n), E_SYNTAX);
}

static void eid_digits_and_check(void **state)
{
    uint8_t eid[EID_LEN];
    char digits[EID_DIGITS + 1];

    (void)state;
    assert_int_equal(eid_from_digits(SLICE_LIT("89049032123451234512345678901235"), eid), E_OK);
    assert_int_equal(eid[0], 0x89);
    assert_int_equal(eid[15], 0x35);
    assert_true(eid_valid(eid));
    eid_to_digits(eid, digits);
    assert_string_equal(digits, "89049032123451234512345678901235");
    eid[15] = 0x36;
    assert_false(eid_valid(eid));
    assert_int_equal(eid_from_digits(SLICE_LIT("12345000000000000000000000000186"), eid), E_OK);
    assert_true(eid_valid(eid));
    assert_int_equal(eid_from_digits(SLICE_LIT("8904903212345123451234567890123"), eid), E_SIZE);
    assert_int_equal(eid_from_digits(SLICE_LIT("8904903212345123451234567890123F"), eid), E_SYNTAX);
}

static void iccid_is_nibble_swapped(void **state)
{
    static const uint8_t eighteen[] = {
        0x98, 0x10, 0x00, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0xFF
    };
    static const uint8_t nineteen[] = {
        0x98, 0x10, 0x00, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0xF4
    };
    uint8_t iccid[ICCID_LEN];
    char digits[ICCID_DIGITS + 1];

    (void)state;
    assert_int_equal(iccid_from_digits(SLICE_LIT("890100234567890123"), iccid), E_OK);
    assert_memory_equal(iccid, eighteen, ICCID_LEN);
    assert_int_equal(iccid_from_digits(SLICE_LIT("8901002345678901234F"), iccid), E_OK);
    assert_memory_equal(iccid, nineteen, ICCID_LEN);
    assert_int_equal(iccid_to_digits(SLICE_OF(nineteen), digits), E_OK);
    assert_string_equal(digits, "8901002345678901234");
    assert_int_equal(iccid_to_digits(slice_of(nineteen, 9), digits), E_SIZE);
    assert_int_equal(iccid_to_digits(SLICE_LIT("\x98\x10\x0F\x32\x54\x76\x98\x10\x32\xF4"), digits),
                     E_SYNTAX);
    assert_int_equal(iccid_from_digits(SLICE_LIT("89010023456789012"), iccid), E_SIZE);
    assert_int_equal(luhn_digit(SLICE_LIT("7992739871")), '3');
}

static void faults_name_the_field(void **state)
{
    struct fault f = { .err = E_RANGE, .depth = 3, .at = 27 };
    char text[80], small[8];

    (void)state;
    f.path[0].name = "euiccPackageSigned";
    f.path[0].index = -1;
    f.path[1].name = "psmoList";
    f.path[1].index = 2;
    f.path[2].name = "enable";
    f.path[2].index = -1;
    assert_string_equal(
        fault_print(&f, text, sizeof text),
        "euiccPackageSigned.psmoList[2].enable: value is outside its range (octet 27)");
    assert_string_equal(fault_print(&f, small, sizeof small), "euiccPa");
}

static void printable_text_has_no_controls(void **state)
{
    /* clang-format off */
    static const struct { const char *in, *out; } rows[] = {
        { "Dunlin", "Dunlin" },
        { "\xC3\x84\xE2\x82\xAC\xF0\x9F\x90\xA6", "\xC3\x84\xE2\x82\xAC\xF0\x9F\x90\xA6" },
        { "a\x1B[31mb\nc\x7F", "a?[31mb?c?" },
        { "a\xC2\x9B" "31mb", "a?31mb" },         /* CSI as a C1 control */
        { "\x9B" "31m", "?31m" },                  /* and as an octet */
        { "x\xE2\x80\xAEtxt\xE2\x81\xA6", "x?txt?" },
        { "\xC0\x9B", "??" },                     /* too long a form */
        { "\xED\xA0\x80", "???" },               /* half a surrogate */
        { "\xF4\x90\x80\x80", "????" },         /* past U+10FFFF */
        { "\xE2\x82", "??" },
    };
    /* clang-format on */
    char buf[64];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(text_printable(slice_str(rows[i].in), buf, sizeof buf), rows[i].out);
    assert_string_equal(text_printable(slice_str("ab\xE2\x82\xAC"), buf, 5), "ab");
    assert_string_equal(text_printable(slice_str("ab\xE2\x82\xAC"), buf, 6), "ab\xE2\x82\xAC");
    assert_string_equal(text_printable(SLICE_NONE, buf, 1), "");
}

static void decimal_numbers(void **state)
{
    static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "0x1", "99999999999999999999" };
    int64_t n;

    (void)state;
    assert_int_equal(decimal_decode(SLICE_LIT("0"), &n), E_OK);
    assert_int_equal(n, 0);
    assert_int_equal(decimal_decode(SLICE_LIT("0001234567890123"), &n), E_OK);
    assert_int_equal(n, INT64_C(1234567890123));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decimal_decode(slice_str(bad[i]), &n), E_SYNTAX);
}

static void host_names(void **state)
{
    static const char *const good[] = { "localhost", "smdp.example.com", "SMDP-1.example.com.",
                                        "a.b:1",     "a.b:65535",        "127.0.0.1:8443",
                                        "1.example" };
    static const char *const bad[] = { "",        ".",      "a..b",      "-a.b",  "a-.b",
                                       "a_b.c",   "a b.c",  "a.b:",      "a.b:0", "a.b:65536",
                                       "a.b:1:2", "a.b:1x", "a.b/c",     "a$b.c", "[::1]",
                                       "a.b\r\n", ":443",   "\xC3\xA4.b" };
    char label[66], name[260];

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(host_valid(slice_str(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(host_valid(slice_str(bad[i])));
    memset(label, 'a', 64);
    assert_true(host_valid(slice_of(label, 63)));
    assert_false(host_valid(slice_of(label, 64)));
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'a';
    assert_true(host_valid(slice_of(name, 253)));
    assert_false(host_valid(slice_of(name, 255)));
    assert_false(host_valid(SLICE_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_both_ways),
        cmocka_unit_test(base64_of_rfc4648),
        cmocka_unit_test(eid_digits_and_check),
        cmocka_unit_test(iccid_is_nibble_swapped),
        cmocka_unit_test(faults_name_the_field),
        cmocka_unit_test(decimal_numbers),
        cmocka_unit_test(host_names),
        cmocka_unit_test(printable_text_has_no_controls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
