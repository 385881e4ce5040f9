/* Heads, bodies and responses as bytes: what is taken and, above all, what is not. */
#include "net/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define GOOD "POST /gsma/rsp2/asn1?x=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\n"

/* On a heap copy of exact size, so that the sanitizer sees one octet too far. */
static int parse_copy(const char *text, size_t n, struct http_head *h)
{
    uint8_t *copy = malloc(n ? n : 1);
    int status;

    memcpy(copy, text, n);
    status = http_parse_request(slice_of(copy, n), h);
    free(copy);
    return status;
}

static void a_good_head(void **state)
{
    struct http_head h;

    (void)state;
    assert_int_equal(http_parse_request(SLICE_LIT(GOOD), &h), 0);
    assert_true(slice_eq_str(h.method, "POST"));
    assert_true(slice_eq_str(h.path, "/gsma/rsp2/asn1"));
    assert_true(slice_eq_str(h.query, "x=1"));
    assert_int_equal(h.framing, HTTP_LENGTH);
    assert_int_equal(h.length, 3);
    assert_true(h.keep_alive);
    assert_true(slice_eq_str(http_fields_find(h.fields, h.field_count, "cONTENT-lENGTH"), "3"));
    assert_null(http_fields_find(h.fields, h.field_count, "absent").p);
}

static void every_prefix_is_refused(void **state)
{
    struct http_head h;

    (void)state;
    for (size_t n = 0; n < sizeof GOOD - 1; n++)
        assert_int_equal(parse_copy(GOOD, n, &h), 400);
}

/* Each row is the good head with one thing changed. */
static void heads_that_are_refused(void **state)
{
    static const struct {
        const char *why, *head;
        int status;
    } rows[] = {
        { "length twice",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", 400 },
        { "length and coding",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
          400 },
        { "coding twice",
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
          "Transfer-Encoding: chunked\r\n\r\n",
          400 },
        { "unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501 },
        { "list of codings",
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501 },
        { "coding with HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
        { "list as length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n", 400 },
        { "signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n", 400 },
        { "negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\n", 400 },
        { "hex length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n", 400 },
        { "empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400 },
        { "length past 64 bit",
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551619\r\n\r\n", 400 },
        { "folded field", "POST / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400 },
        { "folded first field", "POST / HTTP/1.1\r\n Host: a\r\n\r\n", 400 },
        { "space before colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n", 400 },
        { "no colon", "POST / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400 },
        { "empty name", "POST / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400 },
        { "control in value", "POST / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400 },
        { "bare CR in value", "POST / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400 },
        { "bare LF", "POST / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400 },
        { "name is no token", "POST / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400 },
        { "no host", "POST / HTTP/1.1\r\nX: a\r\n\r\n", 400 },
        { "two hosts", "POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400 },
        { "two spaces", "POST  / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "trailing space", "POST / HTTP/1.1 \r\nHost: a\r\n\r\n", 400 },
        { "no version", "POST /\r\nHost: a\r\n\r\n", 400 },
        { "version 2", "POST / HTTP/2.0\r\nHost: a\r\n\r\n", 505 },
        { "not a version", "POST / HTTQ/1.1\r\nHost: a\r\n\r\n", 400 },
        { "absolute target", "POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "control in target", "POST /\x7F HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "method is no token", "PO/ST / HTTP/1.1\r\nHost: a\r\n\r\n", 400 },
        { "other expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417 },
    };
    struct http_head h;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = parse_copy(rows[i].head, strlen(rows[i].head), &h);

        if (status != rows[i].status)
            fail_msg("%s: %d", rows[i].why, status);
    }
}

static void too_many_fields(void **state)
{
    char text[4096];
    size_t n;
    struct http_head h;

    (void)state;
    for (int fields = HTTP_FIELDS_MAX; fields <= HTTP_FIELDS_MAX + 1; fields++) {
        n = (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < fields; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "X%d: y\r\n", i);
        n += (size_t)snprintf(text + n, sizeof text - n, "\r\n");
        assert_int_equal(parse_copy(text, n, &h), fields > HTTP_FIELDS_MAX ? 431 : 0);
    }
}

static void a_nul_in_a_value(void **state)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    struct http_head h;

    (void)state;
    assert_int_equal(parse_copy(head, sizeof head - 1, &h), 400);
}

static void end_of_head_in_pieces(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t n = 0; n < sizeof GOOD - 1; n++)
        assert_int_equal(http_head_length(slice_of(GOOD, n), &seen), 0);
    assert_int_equal(http_head_length(SLICE_LIT(GOOD "abc"), &seen), sizeof GOOD - 1);
    seen = 0;
    assert_int_equal(http_head_length(SLICE_LIT(GOOD GOOD), &seen), sizeof GOOD - 1);
}

static void persistence(void **state)
{
    static const struct {
        const char *head;
        bool keep;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true },
        { "GET / HTTP/1.1\r\nHost: a\r\nConnection: x , Close\r\n\r\n", false },
        { "GET / HTTP/1.0\r\n\r\n", false },
        { "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true },
    };
    struct http_head h;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(http_parse_request(slice_str(rows[i].head), &h), 0);
        assert_int_equal(h.keep_alive, rows[i].keep);
    }
}

/* Feeds `text` in pieces of `piece` octets; the plain body comes to `out`. */
static enum err decode_in_pieces(const char *text, size_t piece, size_t max, char *out,
                                 size_t *rest)
{
    uint8_t buf[512];
    struct http_chunks c = { .state = CHUNK_SIZE };
    size_t raw = 0, plain = 0, n = 0, total = strlen(text), fed = 0;
    enum err err = E_AGAIN;

    while (err == E_AGAIN && fed < total) {
        size_t take = total - fed < piece ? total - fed : piece;

        memcpy(buf + n, text + fed, take);
        fed += take;
        n += take;
        err = http_chunks_decode(&c, buf, n, 0, &raw, &plain, max);
        if (err == E_AGAIN)
            n = raw = plain;
    }
    memcpy(out, buf, plain);
    out[plain] = 0;
    *rest = n - raw + (total - fed);
    return err;
}

static void chunked_bodies(void **state)
{
    static const struct {
        const char *text;
        enum err err;
        const char *plain;
        size_t rest;
    } rows[] = {
        { "3\r\nabc\r\n0\r\n\r\n", E_OK, "abc", 0 },
        { "3;x=\"y\"\r\nabc\r\n002\r\nde\r\n0\r\nTrailer: x\r\n\r\nGET", E_OK, "abcde", 3 },
        { "A\r\n0123456789\r\n0\r\n\r\n", E_OK, "0123456789", 0 },
        { "3\r\nabc\r\n0\r\n\r", E_AGAIN, NULL, 0 },
        { "3\r\nabcd\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "3\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "3 \r\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "\r\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { ";x\r\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "0x3\r\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "-3\r\nabc\r\n0\r\n\r\n", E_SYNTAX, NULL, 0 },
        { "FFFFFFFFFFFFFFFF\r\nabc", E_LIMIT, NULL, 0 },
        { "FFFFFFFFFFFFFFFFF\r\nabc", E_LIMIT, NULL, 0 },
        { "41\r\n", E_LIMIT, NULL, 0 },
        { "3E\r\n", E_AGAIN, NULL, 0 },
        { "0\r\nA\nB\r\n\r\n", E_SYNTAX, NULL, 0 },
    };
    char plain[512];
    size_t rest;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t piece = 1; piece <= 64; piece += piece < 4 ? 1 : 60) {
            enum err err = decode_in_pieces(rows[i].text, piece, 64, plain, &rest);

            if (err != rows[i].err)
                fail_msg("%s: %s", rows[i].text, err_name(err));
            if (err)
                continue;
            assert_string_equal(plain, rows[i].plain);
            assert_int_equal(rest, rows[i].rest);
        }
}

static void responses_are_parsed(void **state)
{
    static const struct {
        const char *head;
        enum err err;
        enum http_framing framing;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", E_OK, HTTP_LENGTH },
        { "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", E_OK, HTTP_CHUNKED },
        { "HTTP/1.0 200 OK\r\n\r\n", E_OK, HTTP_UNTIL_CLOSE },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", E_OK, HTTP_NO_BODY },
        { "HTTP/1.1 100 Continue\r\n\r\n", E_OK, HTTP_NO_BODY },
        { "HTTP/1.1 20 OK\r\n\r\n", E_SYNTAX, HTTP_NO_BODY },
        { "HTTP/1.1 2000 OK\r\n\r\n", E_SYNTAX, HTTP_NO_BODY },
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", E_SYNTAX, 0 },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", E_UNSUPPORTED, 0 },
        { "ICY 200 OK\r\n\r\n", E_SYNTAX, 0 },
    };
    struct http_head h;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum err err = http_parse_response(slice_str(rows[i].head), &h);

        if (err != rows[i].err || (!err && h.framing != rows[i].framing))
            fail_msg("%s: %s", rows[i].head, err_name(err));
    }
}

/* COM-015: 204 has no body and says no length. */
static void responses_are_written(void **state)
{
    struct http_field split = { SLICE_LIT("X"), SLICE_LIT("a\r\nSet-Cookie: b") };
    struct http_response r = { .status = 204, .body = SLICE_LIT("never sent") };
    struct http_out out;
    struct http_head h;

    (void)state;
    assert_int_equal(http_write_response(&r, false, false, &out), E_OK);
    assert_int_equal(http_parse_response(slice_of(out.p, out.n), &h), E_OK);
    assert_null(http_fields_find(h.fields, h.field_count, "Content-Length").p);
    http_out_free(&out);
    r.status = 200;
    r.fields = &split;
    r.field_count = 1;
    assert_int_equal(http_write_response(&r, false, false, &out), E_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_head),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(heads_that_are_refused),
        cmocka_unit_test(too_many_fields),
        cmocka_unit_test(a_nul_in_a_value),
        cmocka_unit_test(end_of_head_in_pieces),
        cmocka_unit_test(persistence),
        cmocka_unit_test(chunked_bodies),
        cmocka_unit_test(responses_are_parsed),
        cmocka_unit_test(responses_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
