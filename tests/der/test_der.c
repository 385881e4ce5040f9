/* Tag-length-value. COM-004: lengths beyond the buffer, lengths of lengths, octets left over. */
#include "der/der.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void reads_one_element(void **state)
{
    struct tlv e;

    (void)state;
    assert_int_equal(der_one(SLICE_LIT("\xBF\x4F\x03\x02\x01\x01"), &e), E_OK);
    assert_int_equal(e.tag, 0xBF4F);
    assert_int_equal(e.value.n, 3);
    assert_int_equal(e.whole.n, 6);
    assert_true(tag_constructed(0xBF4F));
    assert_false(tag_constructed(0x5F37));
    assert_true(tag_constructed(0x30));
    assert_false(tag_constructed(0x80));
}

static void refuses_what_cannot_be(void **state)
{
    static const struct {
        slice in;
        enum err err;
    } rows[] = {
        { SLICE_LIT("\x04\x02\x01\x02"), E_OK },
        { SLICE_LIT("\x04\x81\x02\x01\x02"), E_OK }, /* not minimal, seen in the field */
        { SLICE_LIT("\x04\x02\x01"), E_TRUNCATED },
        { SLICE_LIT("\x04"), E_TRUNCATED },
        { SLICE_LIT(""), E_TRUNCATED },
        { SLICE_LIT("\x04\x02\x01\x02\x00"), E_TRAILING },
        { SLICE_LIT("\x04\x80\x01\x02"), E_LENGTH },
        { SLICE_LIT("\x04\x84\xFF\xFF\xFF\xFF\x01"), E_TRUNCATED },
        { SLICE_LIT("\x04\x85\x00\x00\x00\x00\x02\x01\x02"), E_LENGTH },
        { SLICE_LIT("\x04\x82\x00"), E_TRUNCATED },
        { SLICE_LIT("\x00\x00"), E_TAG },
        { SLICE_LIT("\x9F\x80\x01\x00"), E_TAG },
        { SLICE_LIT("\x9F\x81"), E_TRUNCATED },
        { SLICE_LIT("\x9F\x81\x82\x83\x84\x00"), E_TAG },
    };
    struct tlv e;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(der_one(rows[i].in, &e), rows[i].err);
}

static void latches_the_first_failure(void **state)
{
    struct der_reader r = der_reader(SLICE_LIT("\x80\x01\x05\x81\x05\x01"));

    (void)state;
    assert_int_equal(der_expect(&r, 0x80).value.n, 1);
    assert_int_equal(der_expect(&r, 0x82).tag, 0);
    assert_int_equal(r.err, E_TAG);
    assert_int_equal(der_take(&r).tag, 0);
    assert_int_equal(der_peek(&r), 0);
    assert_false(der_more(&r));
    assert_int_equal(der_end(&r), E_TAG);
}

static void knows_an_unfinished_head_from_a_bad_one(void **state)
{
    uint32_t tag;
    size_t head, content;

    (void)state;
    assert_int_equal(der_head(SLICE_LIT("\xBF"), &tag, &head, &content), E_AGAIN);
    assert_int_equal(der_head(SLICE_LIT("\xBF\x36"), &tag, &head, &content), E_AGAIN);
    assert_int_equal(der_head(SLICE_LIT("\xBF\x36\x82\x30"), &tag, &head, &content), E_AGAIN);
    assert_int_equal(der_head(SLICE_LIT("\xBF\x36\x82\x30\x00"), &tag, &head, &content), E_OK);
    assert_int_equal(tag, 0xBF36);
    assert_int_equal(head, 5);
    assert_int_equal(content, 0x3000);
    assert_int_equal(der_head(SLICE_LIT("\xBF\x36\x80"), &tag, &head, &content), E_LENGTH);
}

static void integers_are_twos_complement(void **state)
{
    static const struct {
        int64_t n;
        slice der;
    } rows[] = {
        { 0, SLICE_LIT("\x81\x01\x00") },
        { 127, SLICE_LIT("\x81\x01\x7F") },
        { 128, SLICE_LIT("\x81\x02\x00\x80") },
        { 65536, SLICE_LIT("\x81\x03\x01\x00\x00") },
        { 8388607, SLICE_LIT("\x81\x03\x7F\xFF\xFF") },
        { -1, SLICE_LIT("\x81\x01\xFF") },
        { -128, SLICE_LIT("\x81\x01\x80") },
        { -129, SLICE_LIT("\x81\x02\xFF\x7F") },
        { INT64_MIN, SLICE_LIT("\x81\x08\x80\x00\x00\x00\x00\x00\x00\x00") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t buf[16];
        struct der_writer w = der_writer(buf, sizeof buf);
        struct tlv e;
        slice out;
        int64_t n;

        der_put_int(&w, 0x81, rows[i].n);
        assert_int_equal(der_written(&w, &out), E_OK);
        assert_true(slice_eq(out, rows[i].der));
        assert_int_equal(der_one(out, &e), E_OK);
        assert_int_equal(der_int(e.value, &n), E_OK);
        assert_true(n == rows[i].n);
    }
}

/* COM-010: NotificationEvent loses its trailing zero bits; untrimmed forms are read. */
static void bit_strings_are_trimmed(void **state)
{
    static const struct {
        uint64_t mask;
        slice content;
    } rows[] = {
        { 0, SLICE_LIT("\x00") },
        { 1 << 0, SLICE_LIT("\x07\x80") },
        { 1 << 1, SLICE_LIT("\x06\x40") },
        { 1 << 2, SLICE_LIT("\x05\x20") },
        { 1 << 3, SLICE_LIT("\x04\x10") },
        { 15, SLICE_LIT("\x04\xF0") },
        { 1 << 8, SLICE_LIT("\x07\x00\x80") },
    };
    uint8_t buf[DER_BITS_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(slice_eq(der_bits_make(rows[i].mask, buf), rows[i].content));
        assert_true(der_bits(rows[i].content) == rows[i].mask);
    }
    assert_true(der_bits(SLICE_LIT("\x00\xF0")) == 15);
    assert_true(der_bits(der_bits_make(UINT64_MAX, buf)) == UINT64_MAX);
    assert_false(der_bit(SLICE_LIT("\x00"), 0));
}

static void object_identifiers_as_text(void **state)
{
    static const struct {
        const char *text;
        slice oid;
    } rows[] = {
        { "2.999.10", SLICE_LIT("\x88\x37\x0A") },
        { "2.23.146.1.2.1.4", SLICE_LIT("\x67\x81\x12\x01\x02\x01\x04") },
        { "1.2.840.10045.4.3.2", SLICE_LIT("\x2A\x86\x48\xCE\x3D\x04\x03\x02") },
        { "0.9", SLICE_LIT("\x09") },
    };
    char text[64];
    uint8_t oid[16];
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(der_oid_to_text(rows[i].oid, text, sizeof text), E_OK);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(der_oid_from_text(slice_str(text), oid, sizeof oid, &n), E_OK);
        assert_true(slice_eq(slice_of(oid, n), rows[i].oid));
    }
    assert_int_equal(der_oid_to_text(SLICE_LIT("\x88"), text, sizeof text), E_SYNTAX);
    assert_int_equal(der_oid_to_text(SLICE_LIT("\x88\x37\x0A"), text, 6), E_NOSPACE);
    assert_int_equal(der_oid_from_text(SLICE_LIT("2"), oid, sizeof oid, &n), E_SYNTAX);
    assert_int_equal(der_oid_from_text(SLICE_LIT("3.1"), oid, sizeof oid, &n), E_SYNTAX);
    assert_int_equal(der_oid_from_text(SLICE_LIT("1.40"), oid, sizeof oid, &n), E_SYNTAX);
    assert_int_equal(der_oid_from_text(SLICE_LIT("2.999..1"), oid, sizeof oid, &n), E_SYNTAX);
    assert_int_equal(der_oid_from_text(SLICE_LIT("2.999.10"), oid, 2, &n), E_NOSPACE);
}

static void writes_from_back_to_front(void **state)
{
    uint8_t buf[200], octets[128] = { 0 };
    struct der_writer w = der_writer(buf, sizeof buf);
    size_t mark = der_mark(&w);
    struct tlv e;
    slice out;

    (void)state;
    der_put_tlv(&w, 0x04, SLICE_OF(octets));
    der_put_bool(&w, 0x80, true);
    der_wrap(&w, 0xBF21, mark);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_memory_equal(out.p, "\xBF\x21\x81\x86\x80\x01\xFF\x04\x81\x80", 10);
    assert_int_equal(der_one(out, &e), E_OK);
    der_put_rehead(&w, 0xA5, out);
    assert_int_equal(der_written(&w, &out), E_NOSPACE);
    w = der_writer(buf, sizeof buf);
    der_put_rehead(&w, 0xA5, SLICE_LIT("\x30\x02\x05\x00"));
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_true(slice_eq(out, SLICE_LIT("\xA5\x02\x05\x00")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_one_element),
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(latches_the_first_failure),
        cmocka_unit_test(knows_an_unfinished_head_from_a_bad_one),
        cmocka_unit_test(integers_are_twos_complement),
        cmocka_unit_test(bit_strings_are_trimmed),
        cmocka_unit_test(object_identifiers_as_text),
        cmocka_unit_test(writes_from_back_to_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
