/* HTTP answers (RFC 9112) in pieces of every size, and what is none. */
#include "euicc/web/http_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What was heard, as text: "200|Name: value|...|:body" and "." at the end, "!" for a failure. */
struct heard {
    char text[20000];
    size_t n, left; /* octets behind the end */
    enum err fault;
    bool keeps;
    char body[20000];
    size_t body_n;
};

static void say(struct heard *h, const void *p, size_t n)
{
    assert_true(n < sizeof h->text - h->n);
    memcpy(h->text + h->n, p, n);
    h->n += n;
    h->text[h->n] = 0;
}

static void hear(struct heard *h, struct http_answer *a, slice in)
{
    char number[8];
    slice data;

    for (;;) {
        switch (http_answer_next(a, &in, &data)) {
        case HTTP_MORE:
            assert_int_equal(in.n, 0);
            return;
        case HTTP_STATUS:
            assert_null(data.p);
            snprintf(number, sizeof number, "%u|", a->status);
            say(h, number, strlen(number));
            break;
        case HTTP_HEADER:
            say(h, data.p, data.n);
            say(h, "|", 1);
            break;
        case HTTP_BODY:
            assert_true(data.n > 0 && data.n <= sizeof h->body - h->body_n);
            memcpy(h->body + h->body_n, data.p, data.n);
            h->body_n += data.n;
            break;
        case HTTP_END:
            say(h, ".", 1);
            h->left += in.n;
            h->keeps = a->keeps;
            return;
        case HTTP_BAD:
            say(h, "!", 1);
            h->fault = a->fault;
            assert_int_equal(http_answer_next(a, &in, &data), HTTP_BAD);
            return;
        }
    }
}

/* In pieces of so many octets, each in a block of its own. */
static void feed(struct heard *h, struct http_answer *a, slice in, size_t piece)
{
    memset(h, 0, sizeof *h);
    http_answer_init(a);
    while (in.n) {
        slice part = slice_head(in, piece);
        uint8_t *copy = malloc(part.n);

        assert_non_null(copy);
        memcpy(copy, part.p, part.n);
        hear(h, a, slice_of(copy, part.n));
        free(copy);
        in = slice_skip(in, part.n);
        if (h->n && (h->text[h->n - 1] == '.' || h->text[h->n - 1] == '!')) {
            h->left += in.n;
            return;
        }
    }
}

static const struct {
    const char *in, *heard, *body;
    bool keeps;
    size_t left;
} good[] = {
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200|Content-Length: 5|.", "hello", true,
      0 },
    { "HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", "200|content-length:5|.", "hello", true, 0 },
    { "HTTP/1.1 200 \r\nContent-Length: \t 5 \t\r\n\r\nhelloHTTP/1.1",
      "200|Content-Length: \t 5 \t|.", "hello", true, 8 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      "200|Content-Length: 5|Content-Length: 5|.", "hello", true, 0 },
    { "HTTP/1.1 204 No Content\r\n\r\n", "204|.", "", true, 0 },
    { "HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", "204|Content-Length: 7|.", "", true,
      0 },
    { "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
      "304|Transfer-Encoding: chunked|.", "", true, 0 },
    { "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "500|Content-Length: 0|.", "", true, 0 },
    { "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "200|Content-Length: 2|.", "ok", false, 0 },
    { "HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n",
      "200|Connection: keep-alive, Close|Content-Length: 0|.", "", false, 0 },
    { "HTTP/1.1 200 OK\r\nConnection: enclose\r\nContent-Length: 0\r\n\r\n",
      "200|Connection: enclose|Content-Length: 0|.", "", true, 0 },
    { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: "
      "9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "200|Content-Length: 2|.", "ok", true, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n "
      "world\r\n00A \r\n0123456789\r\n000\r\n\r\n",
      "200|Transfer-Encoding: Chunked|.", "hello world0123456789", true, 0 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nDigest: x\r\nMore: y\r\n\r\n+",
      "200|Transfer-Encoding: chunked|.", "", true, 1 },
};

static void in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        slice in = slice_str(good[i].in);

        for (size_t piece = 1; piece <= in.n; piece++) {
            struct http_answer a;
            struct heard h;

            feed(&h, &a, in, piece);
            assert_string_equal(h.text, good[i].heard);
            assert_int_equal(h.body_n, strlen(good[i].body));
            assert_memory_equal(h.body, good[i].body, h.body_n);
            assert_int_equal(h.keeps, good[i].keeps);
            assert_int_equal(h.left, good[i].left);
            assert_false(http_answer_closed(&a));
        }
        for (size_t n = 0; n < in.n - good[i].left; n++) { /* cut, it is not complete */
            struct http_answer a;
            struct heard h;

            feed(&h, &a, slice_head(in, n), SIZE_MAX);
            assert_true(h.n == 0 || h.text[h.n - 1] == '|');
            assert_false(http_answer_closed(&a));
        }
    }
}

static void until_it_closes(void **state)
{
    slice in = SLICE_LIT("HTTP/1.1 200 OK\r\nServer: x\r\n\r\nhello world"), none = SLICE_NONE, d;

    (void)state;
    for (size_t piece = 1; piece <= in.n; piece++) {
        struct http_answer a;
        struct heard h;

        feed(&h, &a, in, piece);
        assert_string_equal(h.text, "200|Server: x|");
        assert_int_equal(h.body_n, 11);
        assert_true(http_answer_closed(&a));
        assert_int_equal(http_answer_next(&a, &none, &d), HTTP_END);
        assert_false(a.keeps);
    }
}

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *in;
    enum err err;
} bad[] = {
    { "HTTP/2 200 OK\r\n", E_SYNTAX },
    { "HTTP/2.0 200 OK\r\n", E_SYNTAX },
    { "http/1.1 200 OK\r\n", E_SYNTAX },
    { "HTTP/1.1  200 OK\r\n", E_SYNTAX },
    { "HTTP/1.1 20 OK..\r\n", E_SYNTAX },
    { "HTTP/1.1 2000 OK\r\n", E_SYNTAX },
    { "HTTP/1.1 099 Low\r\n", E_SYNTAX },
    { "HTTP/1.1 2x0 OK\r\n", E_SYNTAX },
    { "HTTP/1.1 101 Switching Protocols\r\n", E_SYNTAX },
    { "HTTP/1.1\r\n", E_SYNTAX },
    { "\r\nHTTP/1.1 200 OK\r\n", E_SYNTAX },
    { "HTTP/1.1 200 OK\n", E_SYNTAX },
    { "HTTP/1.1 200 O\rK\r\n", E_SYNTAX },
    { "HTTP/1.1 200 O\x01K\r\n", E_SYNTAX },
    { OK "Server\r\n", E_SYNTAX },
    { OK ": x\r\n", E_SYNTAX },
    { OK "Server : x\r\n", E_SYNTAX },
    { OK "Ser ver: x\r\n", E_SYNTAX },
    { OK " folded: x\r\n", E_SYNTAX },
    { OK "Server: x\r\n folded\r\n", E_SYNTAX },
    { OK "Server: x\n", E_SYNTAX },
    { OK "Server: \x7F\r\n", E_SYNTAX },
    { OK "Content-Length: \r\n", E_SYNTAX },
    { OK "Content-Length: +5\r\n", E_SYNTAX },
    { OK "Content-Length: -1\r\n", E_SYNTAX },
    { OK "Content-Length: 5, 5\r\n", E_SYNTAX },
    { OK "Content-Length: 0x5\r\n", E_SYNTAX },
    { OK "Content-Length: 4294967296\r\n", E_LIMIT },
    { OK "Content-Length: 18446744073709551621\r\n", E_LIMIT },
    { OK "Content-Length: 5\r\nContent-Length: 6\r\n", E_CONFLICT },
    { OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", E_CONFLICT },
    { OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", E_CONFLICT },
    { OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", E_CONFLICT },
    { OK "Transfer-Encoding: gzip, chunked\r\n", E_UNSUPPORTED },
    { OK "Transfer-Encoding: identity\r\n", E_UNSUPPORTED },
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
    { CHUNKED "\r\n", E_SYNTAX },
    { CHUNKED "x\r\n", E_SYNTAX },
    { CHUNKED "-1\r\n", E_SYNTAX },
    { CHUNKED "0x5\r\n", E_SYNTAX },
    { CHUNKED "5 5\r\n", E_SYNTAX },
    { CHUNKED "5\nhello", E_SYNTAX },
    { CHUNKED "5\r\nhello5\r\n", E_SYNTAX },
    { CHUNKED "5\r\nhello\n", E_SYNTAX },
    { CHUNKED "5\r\nhello world\r\n", E_SYNTAX },
    { CHUNKED "100000000\r\n", E_LIMIT },
    { CHUNKED "0\r\nno field\r\n", E_SYNTAX },
};

static void what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (size_t piece = 1; piece <= strlen(bad[i].in); piece++) {
            struct http_answer a;
            struct heard h;

            feed(&h, &a, slice_str(bad[i].in), piece);
            if (h.fault != bad[i].err)
                print_error("%s: %s, %s\n", bad[i].in, h.text, err_name(h.fault));
            assert_int_equal(h.fault, bad[i].err);
            assert_false(http_answer_closed(&a));
        }
    }
}

/* A line, and all of them, up to the limit and past it. */
static void limits(void **state)
{
    static char text[3 * HTTP_HEAD_MAX];
    struct http_answer a;
    struct heard h;

    (void)state;
    for (int more = 0; more < 2; more++) {
        int n = snprintf(text, sizeof text, OK "X: ");

        memset(text + n, 'x', HTTP_LINE_MAX);
        n += HTTP_LINE_MAX - 5 + more;
        snprintf(text + n, sizeof text - (size_t)n, "\r\nContent-Length: 0\r\n\r\n");
        feed(&h, &a, slice_str(text), 100);
        assert_int_equal(h.fault, more ? E_LIMIT : E_OK);
        assert_int_equal(h.text[h.n - 1], more ? '!' : '.');
    }
    for (int more = 0; more < 2; more++) {
        size_t n = (size_t)snprintf(text, sizeof text, OK "Content-Length: 0\r\n");

        while (n < HTTP_HEAD_MAX - 2u - 10u)
            n += (size_t)snprintf(text + n, sizeof text - n, "X: 0123\r\n");
        while (n < HTTP_HEAD_MAX - 2u + (unsigned)more - 5u)
            n += (size_t)snprintf(text + n, sizeof text - n, "X:\r\n");
        n += (size_t)snprintf(text + n, sizeof text - n, "Y:");
        while (n < HTTP_HEAD_MAX - 4u + (unsigned)more)
            text[n++] = 'y';
        memcpy(text + n, "\r\n\r\n", 5);
        feed(&h, &a, slice_str(text), 1000);
        assert_int_equal(h.fault, more ? E_LIMIT : E_OK);
    }
    /* chunks without end are no limit of lines */
    size_t n = (size_t)snprintf(text, sizeof text, CHUNKED);
    while (n < sizeof text - 20)
        n += (size_t)snprintf(text + n, sizeof text - n, "1\r\nx\r\n");
    snprintf(text + n, sizeof text - n, "0\r\n\r\n");
    feed(&h, &a, slice_str(text), 1000);
    assert_int_equal(h.fault, E_OK);
    assert_int_equal(h.text[h.n - 1], '.');
    /* hints without end are */
    n = 0;
    while (n < sizeof text - 100)
        n += (size_t)snprintf(text + n, sizeof text - n, "HTTP/1.1 103 Hints\r\n\r\n");
    feed(&h, &a, slice_str(text), 1000);
    assert_int_equal(h.fault, E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(until_it_closes),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
