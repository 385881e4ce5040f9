/*
 * Questions to a resolver and its answers (RFC 1035, RFC 3596). Messages are written out octet by
 * octet, with the compression that resolvers use.
 */
#include "euicc/web/dns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define HEAD(answers) "\x12\x34\x81\x80\x00\x01\x00" answers "\x00\x00\x00\x00"
#define NAME                                                                                       \
    "\x04smdp\x07"                                                                                 \
    "example\x04test\x00"
#define QUESTION       NAME "\x00\x01\x00\x01"
#define QUESTION6      NAME "\x00\x1C\x00\x01"
#define ASKED          "\xC0\x0C"
#define FIXED(t, size) "\x00" t "\x00\x01\x00\x00\x00\x3C\x00" size
#define A_RECORD       ASKED FIXED("\x01", "\x04") "\xC0\x00\x02\x01"

static const slice host = SLICE_LIT("smdp.example.test");

static enum err read_it(slice message, enum dns_type type, struct dns_address *out)
{
    /* an exact copy, so that the sanitizer sees one octet too many */
    uint8_t *copy = malloc(message.n + !message.n);
    enum err err;

    assert_non_null(copy);
    memcpy(copy, message.p, message.n);
    err = dns_read_answer(slice_of(copy, message.n), 0x1234, host, type, out);
    free(copy);
    return err;
}

static void questions(void **state)
{
    uint8_t out[DNS_QUERY_MAX];
    size_t n;

    (void)state;
    assert_int_equal(dns_put_query(0x1234, host, DNS_A, out, &n), E_OK);
    slice whole = SLICE_LIT("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" QUESTION);
    assert_int_equal(n, whole.n);
    assert_memory_equal(out, whole.p, n);
    assert_int_equal(dns_put_query(0, SLICE_LIT("a.b."), DNS_AAAA, out, &n), E_OK);
    assert_int_equal(n, 12 + 5 + 4);
    assert_memory_equal(out + 12,
                        "\x01"
                        "a\x01"
                        "b\x00\x00\x1C\x00\x01",
                        9);
}

static void names_that_are_none(void **state)
{
    char label[70], name[260];
    uint8_t out[DNS_QUERY_MAX];
    size_t n;
    static const char *const odd[] = { "",    ".",   "..",    ".a",  "a..b", "a b",
                                       "a:b", "a/b", "a\xFF", "a..", "a\tb", "[::1]" };

    (void)state;
    for (size_t i = 0; i < COUNT(odd); i++)
        assert_int_equal(dns_put_query(0, slice_str(odd[i]), DNS_A, out, &n), E_ARGUMENT);
    assert_int_equal(dns_put_query(0, slice_of("a\0b", 3), DNS_A, out, &n), E_ARGUMENT);
    memset(label, 'x', sizeof label);
    assert_int_equal(dns_put_query(0, slice_of(label, 63), DNS_A, out, &n), E_OK);
    assert_int_equal(dns_put_query(0, slice_of(label, 64), DNS_A, out, &n), E_ARGUMENT);
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'x';
    assert_int_equal(dns_put_query(0, slice_of(name, DNS_NAME_MAX), DNS_A, out, &n), E_OK);
    assert_int_equal(n, DNS_QUERY_MAX);
    assert_int_equal(dns_put_query(0, slice_of(name, DNS_NAME_MAX + 1), DNS_A, out, &n), E_OK);
    assert_int_equal(n, DNS_QUERY_MAX); /* its last dot does not count */
    name[DNS_NAME_MAX] = 'x';
    assert_int_equal(dns_put_query(0, slice_of(name, DNS_NAME_MAX + 1), DNS_A, out, &n),
                     E_ARGUMENT);
}

static const slice plain = SLICE_LIT(HEAD("\x01") QUESTION A_RECORD);

static const struct {
    const char *what;
    slice message;
    enum err err;
    uint8_t last; /* octet of the address */
} answers[] = {
    { "one address", SLICE_LIT(HEAD("\x01") QUESTION A_RECORD), E_OK, 1 },
    { "the first of two",
      SLICE_LIT(HEAD("\x02") QUESTION A_RECORD ASKED FIXED("\x01", "\x04") "\xC0\x00\x02\x02"),
      E_OK, 1 },
    { "without compression, in capitals",
      SLICE_LIT(HEAD("\x01") QUESTION
                "\x04SMDP\x07"
                "Example\x04test\x00" FIXED("\x01", "\x04") "\xC0\x00\x02\x07"),
      E_OK, 7 },
    { "the question in capitals",
      SLICE_LIT(HEAD("\x01") "\x04sMdP\x07"
                             "eXample\x04test\x00\x00\x01\x00\x01" A_RECORD),
      E_OK, 1 },
    { "an alias before its address", /* the alias' name is at 12 + 23 + 12 = 47 */
      SLICE_LIT(HEAD("\x02") QUESTION ASKED FIXED(
          "\x05", "\x07") "\x04"
                          "edge\xC0\x11"
                          "\xC0\x2F" FIXED("\x01", "\x04") "\xC0\x00\x02\x05"),
      E_OK, 5 },
    { "an alias behind its address",
      SLICE_LIT(HEAD("\x02") QUESTION
                "\x04"
                "edge\xC0\x11" FIXED("\x01", "\x04") "\xC0\x00\x02\x06" ASKED FIXED(
                    "\x05", "\x07") "\x04"
                                    "edge\xC0\x11"),
      E_OK, 6 },
    { "an alias of an alias",
      SLICE_LIT(HEAD("\x03") QUESTION ASKED FIXED(
          "\x05", "\x03") "\x01x\x00"
                          "\x01x\x00" FIXED("\x05", "\x03") "\x01y\x00"
                                                            "\x01y\x00" FIXED(
                                                                "\x01", "\x04") "\xC0\x00\x02\x08"),
      E_OK, 8 },
    { "an address of somebody else",
      SLICE_LIT(HEAD("\x02") QUESTION
                "\x01x\x00" FIXED("\x01", "\x04") "\xC0\x00\x02\x09" A_RECORD),
      E_OK, 1 },
    { "another class",
      SLICE_LIT(HEAD("\x01") QUESTION ASKED
                "\x00\x01\x00\x03\x00\x00\x00\x3C\x00\x04\xC0\x00\x02\x01"),
      E_MISSING, 0 },
    { "an alias without address",
      SLICE_LIT(HEAD("\x01") QUESTION ASKED FIXED("\x05", "\x03") "\x01x\x00"), E_MISSING, 0 },
    { "an alias of itself", SLICE_LIT(HEAD("\x01") QUESTION ASKED FIXED("\x05", "\x02") ASKED),
      E_LIMIT, 0 },
    { "nothing", SLICE_LIT(HEAD("\x00") QUESTION), E_MISSING, 0 },
    { "no such name", SLICE_LIT("\x12\x34\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00" QUESTION),
      E_NOTFOUND, 0 },
    { "a resolver in need", SLICE_LIT("\x12\x34\x81\x82\x00\x01\x00\x00\x00\x00\x00\x00" QUESTION),
      E_REFUSED, 0 },
    { "cut", SLICE_LIT("\x12\x34\x83\x80\x00\x01\x00\x01\x00\x00\x00\x00" QUESTION A_RECORD),
      E_LIMIT, 0 },
    { "another id", SLICE_LIT("\x12\x35\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" QUESTION A_RECORD),
      E_CONFLICT, 0 },
    { "a question", SLICE_LIT("\x12\x34\x01\x80\x00\x01\x00\x01\x00\x00\x00\x00" QUESTION A_RECORD),
      E_CONFLICT, 0 },
    { "an update", SLICE_LIT("\x12\x34\xA9\x80\x00\x01\x00\x01\x00\x00\x00\x00" QUESTION A_RECORD),
      E_CONFLICT, 0 },
    { "no question", SLICE_LIT("\x12\x34\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00" A_RECORD),
      E_CONFLICT, 0 },
    { "two questions",
      SLICE_LIT("\x12\x34\x81\x80\x00\x02\x00\x01\x00\x00\x00\x00" QUESTION QUESTION A_RECORD),
      E_CONFLICT, 0 },
    { "another name",
      SLICE_LIT(HEAD("\x01") "\x04smdq\x07"
                             "example\x04test\x00\x00\x01\x00\x01" A_RECORD),
      E_CONFLICT, 0 },
    { "a longer name",
      SLICE_LIT(HEAD("\x01") "\x01x\x04smdp\x07"
                             "example\x04test\x00\x00\x01\x00\x01" A_RECORD),
      E_CONFLICT, 0 },
    { "another type asked for", SLICE_LIT(HEAD("\x01") QUESTION6 A_RECORD), E_CONFLICT, 0 },
    { "an address of three octets",
      SLICE_LIT(HEAD("\x01") QUESTION ASKED FIXED("\x01", "\x03") "\xC0\x00\x02"), E_SYNTAX, 0 },
    { "a name that points at itself",
      SLICE_LIT(HEAD("\x01") QUESTION "\xC0\x23" FIXED("\x01", "\x04") "\xC0\x00\x02\x01"),
      E_SYNTAX, 0 },
    { "a name that points forward",
      SLICE_LIT(HEAD("\x01") QUESTION "\xC0\x30" FIXED("\x01", "\x04") "\xC0\x00\x02\x01"),
      E_SYNTAX, 0 },
    { "a label of kind 01",
      SLICE_LIT(HEAD("\x01") QUESTION "\x41x\x00" FIXED("\x01", "\x04") "\xC0\x00\x02\x01"),
      E_SYNTAX, 0 },
    { "an alias longer than its record",
      SLICE_LIT(HEAD("\x01") QUESTION ASKED FIXED("\x05", "\x02") "\x01x\x00"), E_SYNTAX, 0 },
    { "an alias shorter than its record",
      SLICE_LIT(HEAD("\x01") QUESTION ASKED FIXED("\x05", "\x04") "\x01x\x00\x00"), E_SYNTAX, 0 },
    { "fewer records than it says", SLICE_LIT(HEAD("\x02") QUESTION ASKED FIXED("\x10", "\x00")),
      E_AGAIN, 0 },
};

static void what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct dns_address a;
        enum err err = read_it(answers[i].message, DNS_A, &a);

        if (err != answers[i].err)
            print_error("%s: %s\n", answers[i].what, err_name(err));
        assert_int_equal(err, answers[i].err);
        assert_int_equal(a.n, err ? 0 : 4);
        if (!err)
            assert_int_equal(a.octets[3], answers[i].last);
    }
}

static void sixteen_octets(void **state)
{
    struct dns_address a;

    (void)state;
    assert_int_equal(
        read_it(SLICE_LIT(HEAD("\x01") QUESTION6 ASKED FIXED(
                    "\x1C", "\x10") "\x20\x01\x0D\xB8"
                                    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"),
                DNS_AAAA, &a),
        E_OK);
    assert_int_equal(a.n, 16);
    assert_int_equal(a.octets[0], 0x20);
    assert_int_equal(a.octets[15], 1);
}

/* Cut anywhere, more is asked for; another octet anywhere is never an overrun. */
static void cut_and_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        slice m = answers[i].message;
        struct dns_address a;
        uint8_t copy[200];

        assert_true(m.n <= sizeof copy);
        for (size_t n = 0; n < m.n; n++) {
            enum err err = read_it(slice_head(m, n), DNS_A, &a);

            if (answers[i].err == E_OK && n < plain.n && n < m.n)
                assert_int_equal(err, E_AGAIN);
        }
        for (size_t at = 0; at < m.n; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                memcpy(copy, m.p, m.n);
                copy[at] ^= (uint8_t)(1u << bit);
                enum err err = read_it(slice_of(copy, m.n), DNS_A, &a);

                if (at < 2 && answers[i].err != E_CONFLICT)
                    assert_int_equal(err, E_CONFLICT);
            }
        }
    }
}

/* As many aliases as are allowed, and one more. */
static void long_chains(void **state)
{
    (void)state;
    for (unsigned length = 1; length <= DNS_CHAIN_MAX + 2; length++) {
        uint8_t m[DNS_MESSAGE_MAX];
        slice start = SLICE_LIT(HEAD("\x00") QUESTION);
        struct dns_address a;
        size_t n = start.n;

        memcpy(m, start.p, n);
        for (unsigned i = 0; i < length; i++) { /* asked -> a -> b ... */
            if (i == 0)
                m[n++] = 0xC0, m[n++] = 0x0C;
            else
                m[n++] = 1, m[n++] = (uint8_t)('a' + i - 1), m[n++] = 0;
            memcpy(m + n, FIXED("\x05", "\x03"), 10);
            n += 10;
            m[n++] = 1, m[n++] = (uint8_t)('a' + i), m[n++] = 0;
        }
        m[n++] = 1, m[n++] = (uint8_t)('a' + length - 1), m[n++] = 0;
        memcpy(m + n, FIXED("\x01", "\x04") "\xC0\x00\x02\x01", 14);
        n += 14;
        m[7] = (uint8_t)(length + 1);
        assert_int_equal(read_it(slice_of(m, n), DNS_A, &a),
                         length <= DNS_CHAIN_MAX ? E_OK : E_LIMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions),       cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(what_they_say),   cmocka_unit_test(sixteen_octets),
        cmocka_unit_test(cut_and_changed), cmocka_unit_test(long_chains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
