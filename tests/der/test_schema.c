/*
 * The schema engine on types that have one of everything. COM-001 (unknown elements), COM-007 and
 * COM-008 (arms of a CHOICE), COM-009 (INTEGER).
 */
#include "der/schema.h"
#include "der/schema_print.h"
#include "der/schema_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct value_name colours[] = { { 1, "red" }, { 2, "green" }, VALUE_NAMES_END };
static const struct value_name switches[] = { { 0, "left" }, { 2, "right" }, VALUE_NAMES_END };

/* clang-format off */
#define PART(F, S)                                                     \
    F(S, INT,    0x80, M, 0, 100, number, "number", 0)                 \
    F(S, UTF8,   0x81, O, 0,   3, word,   "word",   0)
#define ARMS(F, S)                                                     \
    F(S, SEQ,    0xA0, M, 0, 0, part,   "part",   part)                \
    F(S, INT,    0x81, M, 0, 0, error,  "error",  colours)             \
    F(S, ALIAS_INT, 0x02, A, 0, 0, error, "error", colours)            \
    F(S, NULL,   0x05, M, 0, 0, nothing, "nothing", 0)
#define TAGGED(F, S)                                                   \
    F(S, RAW,    0x30, M, 0, 0, signed_part, "signedPart", part)       \
    F(S, OCTETS, 0x80, M, 2, 2, pair,   "pair",   0)
#define WHOLE(F, S)                                                    \
    F(S, OCTETS, 0x80, M, 1, 4, octets, "octets", 0)                   \
    F(S, INT,    0x81, D(7), -5, 300, level, "level", 0)               \
    F(S, BOOL,   0x82, D(0), 0, 0, flag, "flag",  0)                   \
    F(S, BITS,   0x83, O, 0, 0, bits,   "bits",   switches)            \
    F(S, OID,    0x06, O, 1, 9, oid,    "oid",    0)                   \
    F(S, SEQ,    0xA4, O, 0, 0, part,   "part",   part)                \
    F(S, CHOICE, 0xA5, O, 0, 0, wrapped, "wrapped", arms)              \
    F(S, LIST,   0xA6, O, 0, 3, parts,  "parts",  listed)              \
    F(S, RAW,    0x30, O, 0, 0, kept,   "kept",   part)                \
    F(S, NULL,   0x87, O, 0, 0, mark,   "mark",   0)                   \
    F(S, LIST,   0xA8, O, 0, 0, versions, "versions", version)         \
    F(S, INT,    0x89, O13, 0, 9, later, "later", 0)                   \
    F(S, CHOICE,    0, O, 0, 0, bare,   "bare",   bare)
#define BARE(F, S)                                                     \
    F(S, OCTETS, 0x8A, M, 1, 1, one,    "one",    0)                   \
    F(S, OCTETS, 0x8B, M, 2, 2, two,    "two",    0)
#define TYPES(SEQ, CHOICE, LIST, PRIM)                                 \
    SEQ(part, PART, "Part", 0xA4, "-")                                 \
    SEQ(listed, PART, "Listed", 0x30, "-")                             \
    CHOICE(arms, ARMS, "Arms", 0, "-")                                 \
    CHOICE(bare, BARE, "Bare", 0, "-")                                 \
    CHOICE(tagged_arms, TAGGED, "TaggedArms", 0xBF51, "-")             \
    PRIM(version, OCTETS, "VersionType", 0x04, 3, 3, 0, "-")           \
    LIST(listed_list, listed, "ListedList", 0xBF60, 1, 2, "-")         \
    SEQ(whole, WHOLE, "Whole", 0xBF50, "-")
/* clang-format on */
TYPES(SCHEMA_SEQ_H, SCHEMA_CHOICE_H, SCHEMA_LIST_H, SCHEMA_PRIM_H)
TYPES(SCHEMA_SEQ_C, SCHEMA_CHOICE_C, SCHEMA_LIST_C, SCHEMA_PRIM_C)

static struct fault fault;

static const char *told(void)
{
    static char text[200];

    return fault_print(&fault, text, sizeof text);
}

static slice encode(const struct type *t, const void *value)
{
    static uint8_t buf[512];
    slice out = SLICE_NONE;

    assert_int_equal(schema_encode(t, value, buf, sizeof buf, &out, &fault), E_OK);
    return out;
}

static struct whole full(void)
{
    return (struct whole){
        .octets = SLICE_LIT("\x01\x02"),
        .level = 128,
        .flag = true,
        .bits = SLICE_LIT("\x05\xA0"),
        .oid = SLICE_LIT("\x88\x37\x0A"),
        .part = { .number = 5, .word = SLICE_LIT("abc") },
        .has_part = true,
        .wrapped = { .which = arms_is_error, .error = 2 },
        .parts = SLICE_LIT("\x30\x03\x80\x01\x01\x30\x03\x80\x01\x02"),
        .kept = SLICE_LIT("\x30\x03\x80\x01\x09"),
        .mark = true,
        .versions = SLICE_LIT("\x04\x03\x02\x02\x02"),
        .bare = { .which = bare_is_two, .two = SLICE_LIT("\xAA\xBB") },
    };
}

static const char full_der[] =
    "\xBF\x50\x41\x80\x02\x01\x02\x81\x02\x00\x80\x82\x01\xFF\x83\x02\x05\xA0\x06\x03\x88\x37\x0A"
    "\xA4\x08\x80\x01\x05\x81\x03"
    "abc"
    "\xA5\x03\x81\x01\x02\xA6\x0A\x30\x03\x80\x01\x01\x30\x03\x80\x01\x02\x30\x03\x80\x01\x09\x87"
    "\x00\xA8\x05\x04\x03\x02\x02\x02\x8B\x02\xAA\xBB";

static void encodes_every_kind(void **state)
{
    struct whole w = full();

    (void)state;
    assert_true(slice_eq(encode(&T_whole, &w), SLICE_LIT(full_der)));
}

static void decodes_every_kind(void **state)
{
    struct whole w;
    struct listed l;
    unsigned count = 0;

    (void)state;
    assert_int_equal(schema_decode(&T_whole, SLICE_LIT(full_der), &w, &fault), E_OK);
    assert_true(slice_eq(w.octets, SLICE_LIT("\x01\x02")));
    assert_int_equal(w.level, 128);
    assert_true(w.flag && w.has_flag);
    assert_true(der_bit(w.bits, 0) && !der_bit(w.bits, 1) && der_bit(w.bits, 2));
    assert_true(w.has_part && w.part.number == 5 && slice_eq_str(w.part.word, "abc"));
    assert_int_equal(w.wrapped.which, arms_is_error);
    assert_int_equal(w.wrapped.error, 2);
    while (schema_next(&T_listed, &w.parts, &l))
        assert_int_equal(l.number, ++count);
    assert_int_equal(count, 2);
    assert_int_equal(w.kept.n, 5);
    assert_true(w.mark);
    assert_int_equal(w.bare.which, bare_is_two);
    assert_false(w.has_later);
}

static void defaults_are_left_out_and_set(void **state)
{
    struct whole w = { .octets = SLICE_LIT("\x01"), .level = 7 }, back;
    slice der = encode(&T_whole, &w);

    (void)state;
    assert_true(slice_eq(der, SLICE_LIT("\xBF\x50\x03\x80\x01\x01")));
    assert_int_equal(schema_decode(&T_whole, der, &back, &fault), E_OK);
    assert_int_equal(back.level, 7);
    assert_false(back.has_level || back.flag || back.has_part || back.mark);
    assert_null(back.parts.p);
    assert_int_equal(back.wrapped.which, arms_is_none);
    assert_int_equal(back.bare.which, bare_is_none);
}

static void later_versions_are_read_but_not_sent_unasked(void **state)
{
    struct whole w = { .octets = SLICE_LIT("\x01"), .level = 7, .later = 3, .has_later = true };
    uint8_t buf[64];
    struct der_writer wr = der_writer(buf, sizeof buf);
    struct whole back;
    slice der;

    (void)state;
    assert_int_equal(encode(&T_whole, &w).n, 6);
    assert_int_equal(schema_write(&T_whole, &w, DIALECT_V13, &wr, &fault), E_OK);
    assert_int_equal(der_written(&wr, &der), E_OK);
    assert_true(slice_eq(der, SLICE_LIT("\xBF\x50\x06\x80\x01\x01\x89\x01\x03")));
    assert_int_equal(schema_decode(&T_whole, der, &back, &fault), E_OK);
    assert_true(back.has_later && back.later == 3);
}

static void unknown_elements_are_skipped(void **state)
{
    static const char middle[] = "\xBF\x50\x0A\x80\x01\x01\x9F\x7F\x01\x00\x81\x01\x08";
    static const char end[] = "\xBF\x50\x0A\x80\x01\x01\x81\x01\x08\x9F\x7F\x01\x00";
    struct whole w;

    (void)state;
    assert_int_equal(schema_decode(&T_whole, SLICE_LIT(middle), &w, &fault), E_OK);
    assert_int_equal(w.level, 8);
    assert_int_equal(schema_decode(&T_whole, SLICE_LIT(end), &w, &fault), E_OK);
    assert_int_equal(w.level, 8);
}

static void faults_name_the_field(void **state)
{
    static const struct {
        slice in;
        const char *text;
    } rows[] = {
        { SLICE_LIT("\xBF\x50\x03\x81\x01\x08"), "octets: mandatory element is missing (octet 3)" },
        { SLICE_LIT("\xBF\x50\x00"), "octets: mandatory element is missing (octet 3)" },
        { SLICE_LIT("\xBF\x51\x00"), "element has an unexpected tag (octet 0)" },
        { SLICE_LIT("\xBF\x50\x07\x80\x05\x01\x02\x03\x04\x05"),
          "octets: size is outside its limits (octet 3)" },
        { SLICE_LIT("\xBF\x50\x07\x80\x01\x01\x81\x02\x01\x2D"),
          "level: value is outside its range (octet 6)" },
        { SLICE_LIT("\xBF\x50\x06\x80\x01\x01\x80\x01\x01"),
          "octets: element is repeated or out of order (octet 6)" },
        { SLICE_LIT("\xBF\x50\x08\x80\x01\x01\xA4\x03\x80\x01\x65"),
          "part.number: value is outside its range (octet 8)" },
        { SLICE_LIT("\xBF\x50\x0D\x80\x01\x01\xA6\x08\x30\x03\x80\x01\x01\x30\x01\x81"),
          "parts[1]: input ends inside an element (octet 15)" },
        { SLICE_LIT("\xBF\x50\x0A\x80\x01\x01\xA6\x05\x31\x03\x80\x01\x01"),
          "parts[0]: element has an unexpected tag (octet 8)" },
        { SLICE_LIT("\xBF\x50\x08\x80\x01\x01\xA5\x03\x8F\x01\x01"),
          "wrapped: none of the alternatives matches (octet 8)" },
        { SLICE_LIT("\xBF\x50\x0A\x80\x01\x01\xA5\x05\x81\x01\x01\x05\x00"),
          "wrapped: octets left over after the element (octet 8)" },
        { SLICE_LIT("\xBF\x50\x05\x80\x01\x01\xA5\x00"),
          "wrapped: mandatory element is missing (octet 8)" },
        { SLICE_LIT("\xBF\x50\x06\x80\x01\x01\x83\x01\x08"), "bits: value is malformed (octet 6)" },
        { SLICE_LIT("\xBF\x50\x0C\x80\x01\x01\xA4\x07\x80\x01\x05\x81\x02\xC3\x28"),
          "part.word: value is malformed (octet 11)" },
        { SLICE_LIT("\xBF\x50\x08\x80\x01\x01\x30\x03\x80\x01\x65"),
          "kept.number: value is outside its range (octet 8)" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_not_equal(schema_check(&T_whole, rows[i].in, &fault), E_OK);
        assert_string_equal(told(), rows[i].text);
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof full_der - 1; n++) {
        /* an exact copy, so that a read beyond it is seen by the sanitizer */
        uint8_t *copy = malloc(n ? n : 1);

        memcpy(copy, full_der, n);
        assert_int_not_equal(schema_check(&T_whole, slice_of(copy, n), &fault), E_OK);
        free(copy);
    }
}

static void a_tagged_choice_holds_one_arm(void **state)
{
    static const char der[] = "\xBF\x51\x05\x30\x03\x80\x01\x05";
    struct tagged_arms t;

    (void)state;
    assert_int_equal(schema_decode(&T_tagged_arms, SLICE_LIT(der), &t, &fault), E_OK);
    assert_int_equal(t.which, tagged_arms_is_signed_part);
    assert_int_equal(t.signed_part.n, 5);
    assert_true(slice_eq(encode(&T_tagged_arms, &t), SLICE_LIT(der)));
    assert_int_equal(schema_check(&T_tagged_arms, SLICE_LIT("\xBF\x51\x00"), &fault), E_MISSING);
}

static void a_second_tag_is_read_and_not_written(void **state)
{
    struct arms a;

    (void)state;
    assert_int_equal(schema_decode(&T_arms, SLICE_LIT("\x02\x01\x02"), &a, &fault), E_OK);
    assert_int_equal(a.which, arms_is_error);
    assert_int_equal(a.error, 2);
    assert_true(slice_eq(encode(&T_arms, &a), SLICE_LIT("\x81\x01\x02")));
}

static void lists_count_their_elements(void **state)
{
    (void)state;
    assert_int_equal(
        schema_check(&T_listed_list, SLICE_LIT("\xBF\x60\x05\x30\x03\x80\x01\x05"), &fault), E_OK);
    assert_int_equal(schema_check(&T_listed_list, SLICE_LIT("\xBF\x60\x00"), &fault), E_SIZE);
}

static void encoding_checks_limits_too(void **state)
{
    struct whole w = full();
    uint8_t buf[128];
    slice out;

    (void)state;
    w.level = 301;
    assert_int_equal(schema_encode(&T_whole, &w, buf, sizeof buf, &out, &fault), E_RANGE);
    assert_string_equal(told(), "level: value is outside its range (octet 0)");
    w = full();
    w.part.word = SLICE_LIT("abcd");
    assert_int_equal(schema_encode(&T_whole, &w, buf, sizeof buf, &out, &fault), E_SIZE);
    w = full();
    w.octets = SLICE_NONE;
    assert_int_equal(schema_encode(&T_whole, &w, buf, sizeof buf, &out, &fault), E_MISSING);
    w = full();
    w.kept = SLICE_LIT("\x30\x05");
    assert_int_equal(schema_encode(&T_whole, &w, buf, sizeof buf, &out, &fault), E_ARGUMENT);
    w = full();
    assert_int_equal(schema_encode(&T_whole, &w, buf, 67, &out, &fault), E_NOSPACE);
    assert_int_equal(schema_encode(&T_whole, &w, buf, 68, &out, &fault), E_OK);
}

static void raw_parts_take_the_tag_of_their_row(void **state)
{
    struct whole w = { .octets = SLICE_LIT("\x01"),
                       .level = 7,
                       .kept = SLICE_LIT("\xA4\x03\x80\x01\x05") };

    (void)state;
    assert_true(
        slice_eq(encode(&T_whole, &w), SLICE_LIT("\xBF\x50\x08\x80\x01\x01\x30\x03\x80\x01\x05")));
}

static void samples_are_canonical(void **state)
{
    static const struct type *const types[] = { &T_whole, &T_tagged_arms, &T_listed_list };

    (void)state;
    for (unsigned i = 0; i < 3 * 200; i++) {
        union {
            struct whole whole;
            struct tagged_arms tagged;
            slice list;
        } value;
        uint8_t buf[512], again[512];
        const struct type *t = types[i % 3];
        slice der, back;

        assert_int_equal(schema_sample(t, i, buf, sizeof buf, &der), E_OK);
        assert_int_equal(schema_decode(t, der, &value, &fault), E_OK);
        assert_int_equal(schema_encode(t, &value, again, sizeof again, &back, &fault), E_OK);
        assert_true(slice_eq(der, back));
    }
}

struct page {
    char text[2000];
    size_t n;
};

static void page_put(void *ctx, const char *text, size_t n)
{
    struct page *p = ctx;

    assert_true(p->n + n < sizeof p->text);
    memcpy(p->text + p->n, text, n);
    p->n += n;
    p->text[p->n] = '\0';
}

static void prints_text_and_json(void **state)
{
    struct page page = { .n = 0 };
    struct text_sink to = { page_put, &page };

    (void)state;
    assert_int_equal(schema_print_text(&T_whole, SLICE_LIT(full_der), &to, &fault), E_OK);
    assert_string_equal(page.text, "Whole\n"
                                   "  octets: 0102\n"
                                   "  level: 128\n"
                                   "  flag: true\n"
                                   "  bits: {left, right}\n"
                                   "  oid: 2.999.10\n"
                                   "  part\n"
                                   "    number: 5\n"
                                   "    word: \"abc\"\n"
                                   "  wrapped\n"
                                   "    error: green(2)\n"
                                   "  parts\n"
                                   "    [0]\n"
                                   "      number: 1\n"
                                   "    [1]\n"
                                   "      number: 2\n"
                                   "  kept\n"
                                   "    number: 9\n"
                                   "  mark: present\n"
                                   "  versions\n"
                                   "    [0]: 020202\n"
                                   "  bare\n"
                                   "    two: AABB\n");
    page.n = 0;
    assert_int_equal(schema_print_json(&T_whole, SLICE_LIT(full_der), &to, &fault), E_OK);
    assert_string_equal(page.text,
                        "{\"octets\":\"0102\",\"level\":128,\"flag\":true,\"bits\":[\"left\","
                        "\"right\"],\"oid\":\"2.999.10\",\"part\":{\"number\":5,\"word\":\"abc\"},"
                        "\"wrapped\":{\"error\":{\"value\":2,\"name\":\"green\"}},\"parts\":[{"
                        "\"number\":1},{\"number\":2}],\"kept\":{\"number\":9},\"mark\":true,"
                        "\"versions\":[\"020202\"],\"bare\":{\"two\":\"AABB\"}}");
    page.n = 0;
    assert_int_equal(schema_print_text(&T_whole,
                                       SLICE_LIT("\xBF\x50\x07\x80\x01\x01\x9F\x7F\x01\x00"), &to,
                                       &fault),
                     E_OK);
    assert_string_equal(page.text, "Whole\n  octets: 01\n  [9F7F]: 00\n");
    page.n = 0;
    assert_int_equal(schema_print_text(&T_whole, SLICE_LIT("\xBF\x50\x00"), &to, &fault),
                     E_MISSING);
    assert_int_equal(page.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_every_kind),
        cmocka_unit_test(decodes_every_kind),
        cmocka_unit_test(defaults_are_left_out_and_set),
        cmocka_unit_test(later_versions_are_read_but_not_sent_unasked),
        cmocka_unit_test(unknown_elements_are_skipped),
        cmocka_unit_test(faults_name_the_field),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(a_tagged_choice_holds_one_arm),
        cmocka_unit_test(a_second_tag_is_read_and_not_written),
        cmocka_unit_test(lists_count_their_elements),
        cmocka_unit_test(encoding_checks_limits_too),
        cmocka_unit_test(raw_parts_take_the_tag_of_their_row),
        cmocka_unit_test(samples_are_canonical),
        cmocka_unit_test(prints_text_and_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
