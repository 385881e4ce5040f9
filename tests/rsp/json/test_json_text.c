/* JSON text (RFC 8259): what is read, what is refused and where, and the limits. */
#include "rsp/json/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* From a block of its own, so that a sanitizer sees each octet that is read too much. */
static enum err parse(slice text, const struct jtext **out, size_t *at)
{
    uint8_t *copy = malloc(text.n ? text.n : 1);
    slice kept;
    enum err e;

    assert_non_null(copy);
    if (text.n)
        memcpy(copy, text.p, text.n);
    e = jtext_parse(slice_of(copy, text.n), &arena, out, at);
    if (!e) { /* the tree points into the text */
        kept = arena_copy(&arena, slice_of(copy, text.n));
        assert_int_equal(jtext_parse(kept, &arena, out, at), E_OK);
    }
    free(copy);
    return e;
}

static const struct jtext *good(const char *text)
{
    const struct jtext *v;
    size_t at;

    assert_int_equal(parse(slice_str(text), &v, &at), E_OK);
    assert_int_equal(at, strlen(text));
    return v;
}

static void a_tree(void **state)
{
    const struct jtext *v =
        good(" {\"a\" : [1, -2.5e+3,\t\"x\"],\r\n\"b\":{}, \"c\":[], \"\":null,\"t\":true}\n");
    const struct jtext *a = jtext_find(v, "a");

    (void)state;
    assert_int_equal(v->kind, JTEXT_OBJECT);
    assert_int_equal(a->kind, JTEXT_ARRAY);
    assert_int_equal(a->first->kind, JTEXT_NUMBER);
    assert_true(slice_eq_str(a->first->next->text, "-2.5e+3"));
    assert_true(slice_eq_str(a->first->next->next->text, "x"));
    assert_null(a->first->next->next->next);
    assert_int_equal(jtext_find(v, "b")->kind, JTEXT_OBJECT);
    assert_null(jtext_find(v, "c")->first);
    assert_int_equal(jtext_find(v, "")->kind, JTEXT_NULL);
    assert_int_equal(jtext_find(v, "t")->kind, JTEXT_TRUE);
    assert_int_equal(good("false")->kind, JTEXT_FALSE);
    assert_null(jtext_find(v, "x"));
    assert_null(jtext_find(a, "a"));
}

static void strings(void **state)
{
    static const char *const table[][2] = {
        { "\"\"", "" },
        { "\"plain\"", "plain" },
        { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
        { "\"a\\u0041b\\u00e9\\u20AC.\"", "aAb\xC3\xA9\xE2\x82\xAC." },
        { "\"\\uD83D\\uDE00\"", "\xF0\x9F\x98\x80" },
        { "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80" },
        { "\"\xC3\xA9\\n\xC3\xA9\"", "\xC3\xA9\n\xC3\xA9" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_true(slice_eq_str(good(table[i][0])->text, table[i][1]));
}

/* Each differs by one thing from a text that is read. */
static void refused_text(void **state)
{
    static const struct {
        const char *text;
        size_t at;
    } table[] = {
        { "", 0 },
        { " ", 1 },
        { "{", 1 },
        { "{\"a\"", 4 },
        { "{\"a\":", 5 },
        { "{\"a\":1", 6 },
        { "{\"a\":1,}", 7 },
        { "{\"a\":1 \"b\":2}", 7 },
        { "{a:1}", 1 },
        { "{\"a\":1,\"a\":2}", 10 },
        { "{\"a\":1,\"\\u0061\":2}", 15 },
        { "[1,]", 3 },
        { "[1 2]", 3 },
        { "[1}", 2 },
        { "1 1", 2 },
        { "nul", 0 },
        { "True", 0 },
        { "01", 1 },
        { "-", 1 },
        { "+1", 0 },
        { ".5", 0 },
        { "1.", 2 },
        { "1e", 2 },
        { "1e+", 3 },
        { "\"a", 2 },
        { "\"\n\"", 1 },
        { "\"\\x\"", 3 },
        { "\"\\", 2 },
        { "\"\\u00\"", 3 },
        { "\"\\u000g\"", 3 },
        { "\"\\u0000\"", 7 },
        { "\"\\uD83D\"", 7 },
        { "\"\\uD83Dx\"", 7 },
        { "\"\\uD83D\\u0041\"", 13 },
        { "\"\\uDE00\"", 7 },
        { "\"\xFF\"", 1 },
        { "\"\xC0\x80\"", 1 },
        { "\"\xED\xA0\x80\"", 1 },
        { "\"\xC3\"", 1 },
        { "\"\\n\xC3\"", 3 },
        { "\xEF\xBB\xBF{}", 0 },
    };
    const struct jtext *v;
    size_t at;

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(parse(slice_str(table[i].text), &v, &at), E_SYNTAX);
        assert_null(v);
        assert_int_equal(at, table[i].at);
    }
    assert_int_equal(parse(SLICE_LIT("[1\0]"), &v, &at), E_SYNTAX);
    assert_int_equal(parse(SLICE_LIT("\"a\0\""), &v, &at), E_SYNTAX);
}

static void integers(void **state)
{
    static const struct {
        const char *text;
        int64_t n;
    } table[] = { { "0", 0 }, { "-0", 0 }, { "17", 17 }, { "-4", -4 } };
    static const char *const not [] = { "1.0", "1e2", "\"1\"", "null", "99999999999999999999" };
    int64_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(jtext_integer(good(table[i].text), &n), E_OK);
        assert_int_equal(n, table[i].n);
    }
    for (size_t i = 0; i < COUNT(not ); i++)
        assert_int_equal(jtext_integer(good(not [i]), &n), E_SYNTAX);
}

static void names_without_case(void **state)
{
    const struct jtext *v = good("{\"NAME\":1,\"name\":2,\"Other\":3}");

    (void)state;
    assert_true(slice_eq_str(jtext_find(v, "name")->text, "2"));
    assert_true(slice_eq_str(jtext_find(v, "Name")->text, "1"));
    assert_true(slice_eq_str(jtext_find(v, "other")->text, "3"));
}

/* `n` times the opening, then as often the closing. */
static enum err nested(unsigned n)
{
    const struct jtext *v;
    char text[2 * (JTEXT_DEPTH_MAX + 1)];
    size_t at;

    memset(text, '[', n);
    memset(text + n, ']', n);
    return parse(slice_of(text, 2 * (size_t)n), &v, &at);
}

static enum err many(unsigned values)
{
    const struct jtext *v;
    char text[2 * JTEXT_VALUES_MAX + 2];
    size_t at, n = 0;

    for (unsigned i = 1; i < values; i++) {
        text[n++] = i == 1 ? '[' : ',';
        text[n++] = '1';
    }
    text[n++] = ']';
    return parse(slice_of(text, n), &v, &at);
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(nested(JTEXT_DEPTH_MAX), E_OK);
    assert_int_equal(nested(JTEXT_DEPTH_MAX + 1), E_LIMIT);
    assert_int_equal(many(JTEXT_VALUES_MAX), E_OK);
    assert_int_equal(many(JTEXT_VALUES_MAX + 1), E_LIMIT);
}

static void memory_is_the_arenas(void **state)
{
    const struct jtext *v;
    struct arena small;
    size_t at;

    (void)state;
    arena_init(&small, 64);
    assert_int_equal(jtext_parse(SLICE_LIT("[1,2,3]"), &small, &v, &at), E_MEMORY);
    arena_free(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(strings, setup, teardown),
        cmocka_unit_test_setup_teardown(refused_text, setup, teardown),
        cmocka_unit_test_setup_teardown(integers, setup, teardown),
        cmocka_unit_test_setup_teardown(names_without_case, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_the_arenas, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
