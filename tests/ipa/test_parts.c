/*
 * The IPA's small machines by themselves: JSON in pieces, packages in pieces, activation codes, and
 * the policy rules of SGP.22 2.9.2.4.
 */
#include "ipa/ipa_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- JSON: what is taken, written down as name=value; -------------------------------------------
 */

struct written {
    char text[512];
    size_t n;
};

static void write_str(struct written *t, const char *s)
{
    while (*s && t->n + 1 < sizeof t->text)
        t->text[t->n++] = *s++;
}

static enum json_take begins(void *ctx, unsigned depth, const char *name)
{
    char head[64];

    if (!strcmp(name, "skip"))
        return JSON_SKIP;
    snprintf(head, sizeof head, "%u%s=", depth, name);
    write_str(ctx, head);
    return !strcmp(name, "b") ? JSON_BASE64 : JSON_TEXT;
}

static enum err octet(void *ctx, uint8_t c)
{
    write_str(ctx, (char[]){ (char)c, 0 });
    return c == '!' ? E_AGAIN : E_OK;
}

static enum err ends(void *ctx)
{
    write_str(ctx, ";");
    return E_OK;
}

static const struct json_sink sink = { begins, octet, ends };

static enum err read_all(const char *json, size_t chunk, struct written *out, bool *complete)
{
    struct json_stream s;
    slice rest = slice_str(json);
    enum err e = E_OK;

    *out = (struct written){ .n = 0 };
    json_stream_init(&s, &sink, out);
    while (rest.n && (!e || e == E_AGAIN)) {
        size_t used;

        e = json_stream_feed(&s, slice_head(rest, chunk), &used);
        rest = slice_skip(rest, used);
    }
    out->text[out->n] = 0;
    *complete = json_stream_complete(&s);
    return e == E_AGAIN ? E_OK : e;
}

static void test_json(void **state)
{
    static const struct {
        const char *json, *written;
        enum err err;
        bool complete;
    } cases[] = {
        { "{}", "", E_OK, true },
        { " { \"a\" : \"x\" } ", "1a=x;", E_OK, true },
        { "{\"a\":\"\\u0041\\n\\\"\\/\\u20ac\",\"n\":-1.5e+3,\"t\":true}",
          "1a=A\n\"/?;1n=-1.5e+3;1t=true;", E_OK, true },
        { "{\"b\":\"SGFs bG8h\\n\",\"a\":\"z\"}", "1b=Hallo!;1a=z;", E_OK, true },
        { "{\"b\":\"SGFsbG8=\"}", "1b=Hallo;", E_OK, true },
        { "{\"skip\":\"{\\\"a\\\":1}\",\"o\":{\"a\":[\"x\",[],{\"c\":null}]}}", "3a=x;4c=null;",
          E_OK, true },
        { "{\"a\":\"x\"", "1a=x;", E_OK, false },
        { "{\"b\":\"SG*s\"}", "1b=H", E_SYNTAX, false },
        { "{\"b\":\"SGFsbG8=x\"}", "1b=Hallo", E_SYNTAX, false },
        { "{\"b\":12}", "1b=", E_SYNTAX, false },
        { "{\"a\":\"x\"}}", "1a=x;", E_SYNTAX, true },
        { "[1]", "", E_SYNTAX, false },
        { "{\"a\":\"x\"]", "1a=x;", E_SYNTAX, false },
        { "{\"a\" \"x\"}", "", E_SYNTAX, false },
        { "{\"a\":\"\x01\"}", "1a=", E_SYNTAX, false },
        { "{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "", E_LIMIT, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t chunk = 1; chunk < 80; chunk = chunk * 3 + 1) {
            struct written out;
            bool complete;
            enum err e = read_all(cases[i].json, chunk, &out, &complete);
            size_t n = strlen(cases[i].written);

            if (strncmp(out.text, cases[i].written, n) || e != cases[i].err ||
                complete != cases[i].complete)
                fail_msg("%s -> %s (%s)", cases[i].json, out.text, err_name(e));
        }
}

static void test_json_names(void **state)
{
    (void)state;
    assert_true(json_stream_is("EUICCcipkidTobeUsed", "euiccCiPKIdToBeUsed"));
    assert_false(json_stream_is("euiccCiPKIdToBeUse", "euiccCiPKIdToBeUsed"));
}

/* ---- packages
 * -------------------------------------------------------------------------------------- */

static const uint8_t package[] = { 0xBF, 0x36, 0x2F, 0xBF, 0x23, 0x03, 0x82, 0x01, 0x01, 0xA0,
                                   0x08, 0x87, 0x02, 0x11, 0x12, 0x87, 0x02, 0x13, 0x14, 0xA1,
                                   0x0C, 0x88, 0x0A, 0xBF, 0x25, 1,    2,    3,    4,    5,
                                   6,    7,    8,    0xA2, 0x03, 0x87, 0x01, 0x15, 0xA3, 0x08,
                                   0x86, 0x01, 0x21, 0x86, 0x03, 0x22, 0x23, 0x24, 0x00, 0x00 };
#define PACKAGE_LEN 48

/* Segment lengths in order, until done or a failure. */
static enum err cut(slice in, slice metadata, uint8_t *lengths, size_t *count, bool *done)
{
    struct bpp_stream s;
    size_t n = 0;

    bpp_stream_init(&s, 255, metadata);
    *count = 0;
    for (size_t i = 0; i < in.n; i++) {
        enum err e = bpp_stream_feed(&s, in.p[i]);

        n++;
        if (e && e != E_AGAIN)
            return e;
        if (e == E_AGAIN) {
            assert_true(s.last);
            lengths[(*count)++] = (uint8_t)n;
            n = 0;
            bpp_stream_sent(&s);
        }
    }
    *done = s.done;
    return E_OK;
}

static void test_bpp_segments(void **state)
{
    static const uint8_t expected[] = { 9, 6, 4, 2, 12, 5, 2, 3 };
    uint8_t lengths[32];
    size_t count;
    bool done;

    (void)state;
    assert_int_equal(cut(slice_of(package, PACKAGE_LEN + 2), SLICE_NONE, lengths, &count, &done),
                     E_SYNTAX); /* the length says 47, and two octets follow */
    assert_int_equal(count, 8); /* the last segment is not given */
    assert_memory_equal(lengths, expected, count);
}

static slice changed(size_t at, uint8_t to)
{
    static uint8_t copy[sizeof package];

    memcpy(copy, package, sizeof copy);
    copy[2] = PACKAGE_LEN - 3;
    if (at)
        copy[at] = to;
    return slice_of(copy, PACKAGE_LEN);
}

static void test_bpp_structure(void **state)
{
    static const struct {
        size_t at;
        uint8_t to;
        enum err err;
    } cases[] = {
        { 0, 0, E_OK },         { 1, 0x37, E_SYNTAX },  { 2, 0x2E, E_SYNTAX },
        { 4, 0x24, E_SYNTAX },  { 5, 0x80, E_SYNTAX },  { 9, 0xA1, E_SYNTAX },
        { 10, 0x09, E_SYNTAX }, { 11, 0x88, E_SYNTAX }, { 12, 0x00, E_SYNTAX },
        { 12, 0x07, E_SYNTAX }, { 19, 0xA3, E_SYNTAX }, { 21, 0x86, E_SYNTAX },
        { 33, 0xA3, E_SYNTAX }, { 38, 0xA2, E_SYNTAX }, { 39, 0x09, E_SYNTAX },
    };
    uint8_t lengths[32];
    size_t count;
    bool done = false;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err e = cut(changed(cases[i].at, cases[i].to), SLICE_NONE, lengths, &count, &done);

        if (e != cases[i].err)
            fail_msg("octet %zu = %02X: %s", cases[i].at, cases[i].to, err_name(e));
        if (!i)
            assert_true(done);
    }
}

static void test_bpp_metadata(void **state)
{
    uint8_t lengths[32];
    size_t count;
    bool done;

    (void)state;
    assert_int_equal(cut(changed(0, 0), SLICE_LIT("\xBF\x25"), lengths, &count, &done), E_OK);
    assert_true(done);
    assert_int_equal(cut(changed(0, 0), SLICE_LIT("\xBF\x26"), lengths, &count, &done), E_CONFLICT);
    assert_int_equal(cut(changed(0, 0), SLICE_LIT("\xBF\x25\x01"), lengths, &count, &done),
                     E_CONFLICT);
    assert_int_equal(cut(changed(0, 0), SLICE_LIT("\xBF"), lengths, &count, &done), E_CONFLICT);
}

/* ---- activation codes
 * --------------------------------------------------------------------------------- */

static void test_activation_codes(void **state)
{
    struct activation_code c;

    (void)state;
    assert_int_equal(activation_code_read(slice_str("LPA:1$smdp.example.com$ABCD-1234"), &c), E_OK);
    assert_true(slice_eq_str(c.address, "smdp.example.com"));
    assert_true(slice_eq_str(c.matching_id, "ABCD-1234"));
    assert_null(c.oid.p);
    assert_int_equal(activation_code_read(slice_str("1$host$"), &c), E_OK);
    assert_true(c.matching_id.p && !c.matching_id.n);
    assert_int_equal(activation_code_read(slice_str("1$h:8443$T$1.3.6.1.4.1.31746"), &c), E_OK);
    assert_true(slice_eq_str(c.oid, "1.3.6.1.4.1.31746"));
    assert_int_equal(activation_code_read(slice_str("1$h$TOK$$1"), &c), E_OK);
    assert_true(c.code_required && !c.oid.p);
    assert_int_equal(activation_code_read(slice_str("1$h$TOK$$1$later"), &c), E_OK);
    assert_int_equal(activation_code_read(slice_str("2$h$T"), &c), E_UNSUPPORTED);
    assert_int_equal(activation_code_read(slice_str("1$$T"), &c), E_SYNTAX);
    assert_int_equal(activation_code_read(slice_str("1$h"), &c), E_SYNTAX);
    assert_int_equal(activation_code_read(slice_str("1$h$T$$2"), &c), E_SYNTAX);
}

/* ---- policy
 * ---------------------------------------------------------------------------------------------- */

/* BF25 with PPR1 and an owner 262 01, GID1 A1; BF43 with one row. */
#define METADATA                                                                                   \
    "\xBF\x25\x20\x5A\x0A\x98\0\x10\x32\x54\x76\x98\x10\x32\x14\x91\x01\x41\x92\x01\x42"           \
    "\xB7\x08\x80\x03\x62\xF2\x10\x81\x01\xA1\x99\x02\x06\x40"

static bool allowed(const char *row, size_t n)
{
    uint8_t rat[64] = { 0xBF, 0x43, (uint8_t)(n + 2), 0xA0, (uint8_t)n };

    memcpy(rat + 5, row, n);
    return policy_allows(SLICE_LIT(METADATA), slice_of(rat, n + 5));
}

#define ROW(operator_, n)                                                                          \
    "\x30" n "\x80\x02\x06\x40\xA1" operator_ "\x82\x01\x00",                                      \
        sizeof("\x30" n "\x80\x02\x06\x40\xA1" operator_ "\x82\x01\x00") - 1

static void test_policy(void **state)
{
    (void)state;
    assert_true(policy_has_rules(SLICE_LIT(METADATA)));
    /* the network without a GID: owners with one are not meant */
    assert_false(allowed(ROW("\x07\x30\x05\x80\x03\x62\xF2\x10", "\x10")));
    /* an empty GID1 means any */
    assert_true(allowed(ROW("\x09\x30\x07\x80\x03\x62\xF2\x10\x81\x00", "\x12")));
    assert_true(allowed(ROW("\x0A\x30\x08\x80\x03\x62\xF2\x10\x81\x01\xA1", "\x13")));
    assert_false(allowed(ROW("\x0A\x30\x08\x80\x03\x62\xF2\x10\x81\x01\xA2", "\x13")));
    assert_true(allowed(ROW("\x09\x30\x07\x80\x03\x62\xFE\xEE\x81\x00", "\x12")));
    assert_false(allowed(ROW("\x09\x30\x07\x80\x03\x62\xF2\x20\x81\x00", "\x12")));
    assert_false(allowed("", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),         cmocka_unit_test(test_json_names),
        cmocka_unit_test(test_bpp_segments), cmocka_unit_test(test_bpp_structure),
        cmocka_unit_test(test_bpp_metadata), cmocka_unit_test(test_activation_codes),
        cmocka_unit_test(test_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
