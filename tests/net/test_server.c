/*
 * The server over plain loopback sockets.
 * COM-015: an answer without a body is 204 with nothing behind its head.
 * COM-016: body above the limit 413; slow clients end at their time limit, memory stays bounded,
 * others are served meanwhile.
 */
#include "net/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD(n) "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " n "\r\n\r\n"

static struct http_server *server;
static uint16_t port;

static int open_server(void **state)
{
    struct http_limits limits = {
        .head = 1024,
        .body = 10000,
        .first_octet_ms = 300,
        .request_ms = 400,
        .idle_ms = 300,
        .linger_ms = 300,
    };

    (void)state;
    server = wire_server(&limits, NULL);
    port = http_server_port(server);
    return 0;
}

static int close_server(void **state)
{
    struct http_server_stats s;

    (void)state;
    http_server_drain(server);
    for (int i = 0; i < 100 && http_server_stats(server).connections; i++)
        wire_sleep_ms(20);
    s = http_server_stats(server);
    http_server_close(server);
    return s.connections || s.buffered ? -1 : 0;
}

static void one_after_another(void **state)
{
    char body[64];
    int fd = wire_connect(port);

    (void)state;
    for (int i = 0; i < 3; i++) {
        wire_send(fd, HEAD("3") "abc");
        assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
        assert_string_equal(body, "abc");
    }
    wire_send(fd,
              "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_int_equal(wire_read_response(fd, body, sizeof body), 204);
    assert_int_equal(wire_read_all(fd, body, sizeof body), 0);
    close(fd);
}

static void pipelined_come_in_order(void **state)
{
    static const char *const wanted[] = { "abc", "slow", "de", "f" };
    char body[64];
    int fd = wire_connect(port);

    (void)state;
    wire_send(fd,
              HEAD("3") "abc"
                        "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nslow"
                        "\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "1\r\nd\r\n1\r\ne\r\n0\r\n\r\n" HEAD("1") "f");
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
        assert_string_equal(body, wanted[i]);
    }
    close(fd);
}

/* The client says at once that it will send no more; the answer still comes. */
static void half_closed(void **state)
{
    char body[64];
    int fd = wire_connect(port);

    (void)state;
    wire_send(fd, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    shutdown(fd, SHUT_WR);
    assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
    assert_string_equal(body, "hi");
    close(fd);
}

static void gone_before_the_answer(void **state)
{
    char body[64];
    int fd = wire_connect(port);

    (void)state;
    wire_send(fd, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    close(fd);
    assert_int_equal(wire_ask(port, HEAD("3") "abc", body, sizeof body), 200);
}

static void octet_by_octet(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3;e\r\nabc\r\n4\r\ndefg\r\n0\r\nT: x\r\n\r\n";
    char body[64], one[2] = { 0 };
    int fd = wire_connect(port);

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        one[0] = text[i];
        wire_send(fd, one);
        if (i % 16 == 0)
            wire_sleep_ms(2);
    }
    assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
    assert_string_equal(body, "abcdefg");
    close(fd);
}

static void continue_is_said(void **state)
{
    char body[64];
    int fd = wire_connect(port);

    (void)state;
    wire_send(
        fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(wire_read_response(fd, body, sizeof body), 100);
    wire_send(fd, "abc");
    assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
    assert_string_equal(body, "abc");
    close(fd);
    /* refused before the body is asked for */
    assert_int_equal(wire_ask(port,
                              "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n"
                              "Expect: 100-continue\r\n\r\n",
                              body, sizeof body),
                     413);
}

static void head_has_no_body(void **state)
{
    char all[512];
    int fd = wire_connect(port);

    (void)state;
    wire_send(
        fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
    assert_true(wire_read_all(fd, all, sizeof all) > 0);
    assert_non_null(strstr(all, "Content-Length: 3\r\n"));
    assert_string_equal(strstr(all, "\r\n\r\n"), "\r\n\r\n");
    close(fd);
}

/* What follows a refused request is never taken for a request. */
static void refusals_end_the_connection(void **state)
{
    static const struct {
        const char *text;
        int status;
    } rows[] = {
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
          400 },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          400 },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n", 501 },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400 },
        { HEAD("10001"), 413 },
        { "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n", 413 },
        { "BROKEN\r\n\r\n", 400 },
        { "\x16\x03\x01", 400 }, /* a TLS record */
        { "\rX", 400 },
    };
    char all[2048], text[1024];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = wire_connect(port);
        char wanted[32];

        snprintf(text, sizeof text, "%s" HEAD("6") "SECOND", rows[i].text);
        snprintf(wanted, sizeof wanted, "HTTP/1.1 %d ", rows[i].status);
        wire_send(fd, text);
        assert_true(wire_read_all(fd, all, sizeof all) > 0);
        assert_memory_equal(all, wanted, strlen(wanted));
        assert_non_null(strstr(all, "Connection: close\r\n"));
        assert_null(strstr(all, "SECOND"));
        close(fd);
    }
}

static void limits_to_the_octet(void **state)
{
    char *text = malloc(20000), *body = malloc(20000);
    size_t n;

    (void)state;
    /* a body of exactly the limit */
    n = (size_t)snprintf(text, 200, HEAD("10000"));
    memset(text + n, 'x', 10000);
    text[n + 10000] = 0;
    assert_int_equal(wire_ask(port, text, body, 20000), 200);
    assert_int_equal(strlen(body), 10000);
    /* a head of exactly the limit, and of one octet more */
    for (size_t over = 0; over < 2; over++) {
        n = (size_t)snprintf(text, 200,
                             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nX: ");
        memset(text + n, 'y', 1024 - 4 - n + over);
        n = 1024 - 4 + over;
        snprintf(text + n, 5, "\r\n\r\n");
        assert_int_equal(wire_ask(port, text, body, 20000), over ? 431 : 200);
    }
    /* an endless head is stopped */
    memset(text, 'z', 19999);
    text[19999] = 0;
    assert_int_equal(wire_ask(port, text, body, 20000), 431);
    free(text);
    free(body);
}

/* COM-016 */
static void slow_clients_end(void **state)
{
    char body[512];
    uint64_t began = wire_now_ms();
    int silent = wire_connect(port), trickle = wire_connect(port), half = wire_connect(port);

    (void)state;
    wire_send(half, HEAD("5") "ab");
    wire_send(trickle, "POST /echo HTTP/1.1\r\nX: ");
    while (wire_now_ms() - began < 4000) {
        ssize_t n = send(trickle, "y", 1, MSG_NOSIGNAL);

        if (n < 0)
            break;
        assert_int_equal(wire_ask(port, HEAD("3") "abc", body, sizeof body), 200);
        wire_sleep_ms(50);
    }
    assert_true(wire_now_ms() - began >= 350);
    assert_true(wire_now_ms() - began < 4000);
    assert_int_equal(wire_read_response(half, body, sizeof body), 408);
    assert_int_equal(wire_read_all(silent, body, sizeof body), 0);
    close(silent);
    close(trickle);
    close(half);
}

static void idle_connections_end(void **state)
{
    char body[64];
    int fd = wire_connect(port);
    uint64_t began;

    (void)state;
    wire_send(fd, HEAD("3") "abc");
    assert_int_equal(wire_read_response(fd, body, sizeof body), 200);
    began = wire_now_ms();
    assert_int_equal(wire_read_all(fd, body, sizeof body), 0);
    assert_true(wire_now_ms() - began >= 250);
    close(fd);
}

static void connections_of_one_address(void **state)
{
    struct http_limits limits = { .connections = 40, .connections_address = 30 };
    struct http_server *narrow = wire_server(&limits, NULL);
    uint16_t to = http_server_port(narrow);
    int fds[31];
    char body[64];

    (void)state;
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = wire_connect(to);
    /* the thirty-first is closed without a word, the first still works */
    assert_true(wire_read_all(fds[30], body, sizeof body) <= 0);
    wire_send(fds[0], HEAD("3") "abc");
    assert_int_equal(wire_read_response(fds[0], body, sizeof body), 200);
    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    while (http_server_stats(narrow).connections)
        wire_sleep_ms(5);
    assert_int_equal(wire_ask(to, HEAD("3") "abc", body, sizeof body), 200);
    assert_int_equal(http_server_stats(narrow).turned_off, 1);
    http_server_close(narrow);
}

/* COM-016: all connections together hold no more than they may. */
static void memory_is_bounded(void **state)
{
    struct http_limits limits = { .body = 1u << 20, .buffered = 64u << 10, .request_ms = 2000 };
    struct http_server *small = wire_server(&limits, NULL);
    char *block = malloc(40001), body[64];
    int one = wire_connect(http_server_port(small)), two = wire_connect(http_server_port(small));

    (void)state;
    memset(block, 'x', 40000);
    block[40000] = 0;
    wire_send(one, HEAD("60000"));
    wire_send(one, block);
    wire_sleep_ms(100);
    wire_send(two, HEAD("60000"));
    wire_send(two, block);
    assert_int_equal(wire_read_response(two, body, sizeof body), 503);
    assert_true(http_server_stats(small).buffered <= 64u << 10);
    close(one);
    close(two);
    free(block);
    http_server_close(small);
}

/* Requests in hand are answered, new ones are not taken. */
static void closing_waits_for_replies(void **state)
{
    struct http_server *s = wire_server(NULL, NULL);
    char all[512];
    int fd = wire_connect(http_server_port(s)), idle = wire_connect(http_server_port(s));

    (void)state;
    wire_send(fd, "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    wire_sleep_ms(20);
    http_server_close(s);
    assert_true(wire_read_all(fd, all, sizeof all) > 0);
    assert_non_null(strstr(all, "\r\n\r\nhi"));
    assert_non_null(strstr(all, "Connection: close"));
    assert_int_equal(wire_read_all(idle, all, sizeof all), 0);
    close(fd);
    close(idle);
}

static void several_loops(void **state)
{
    struct http_server_options o = { .handler = wire_handler, .loops = 3 };
    struct http_server *s;
    char body[64];
    int fds[9];

    (void)state;
    assert_int_equal(http_server_open(&o, &s), E_OK);
    for (size_t i = 0; i < COUNT(fds); i++) {
        fds[i] = wire_connect(http_server_port(s));
        wire_send(fds[i], "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    }
    for (size_t i = 0; i < COUNT(fds); i++) {
        assert_int_equal(wire_read_response(fds[i], body, sizeof body), 200);
        close(fds[i]);
    }
    http_server_close(s);
}

/* Requests with some octets changed: whatever comes of each, the next client is served. */
static void mutations_do_no_harm(void **state)
{
    static const char seed[] =
        "POST /echo?q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "Expect: 100-continue\r\n\r\n3;e\r\nabc\r\n0\r\nT: x\r\n\r\n"
        "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" HEAD("3") "abc";
    uint32_t random = 2463534242u; /* xorshift: the same octets on every run */
    char text[sizeof seed], all[8192], body[64];

    (void)state;
    for (int i = 0; i < 150; i++) {
        int fd = wire_connect(port);

        memcpy(text, seed, sizeof seed);
        for (int k = 0; k < 1 + i % 4; k++) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            text[random % (sizeof seed - 1)] = (char)(random >> 16);
        }
        send(fd, text, sizeof seed - 1, MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        wire_read_all(fd, all, sizeof all);
        close(fd);
    }
    assert_int_equal(wire_ask(port, HEAD("3") "abc", body, sizeof body), 200);
}

static void bad_options(void **state)
{
    struct http_server_options o = { .handler = wire_handler, .bind = "not an address" };
    struct http_server *s;

    (void)state;
    assert_int_equal(http_server_open(&o, &s), E_ARGUMENT);
    o.bind = "127.0.0.1";
    o.port = port;
    assert_int_equal(http_server_open(&o, &s), E_NETWORK);
    http_server_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_another),    cmocka_unit_test(pipelined_come_in_order),
        cmocka_unit_test(half_closed),          cmocka_unit_test(gone_before_the_answer),
        cmocka_unit_test(octet_by_octet),       cmocka_unit_test(continue_is_said),
        cmocka_unit_test(head_has_no_body),     cmocka_unit_test(refusals_end_the_connection),
        cmocka_unit_test(limits_to_the_octet),  cmocka_unit_test(slow_clients_end),
        cmocka_unit_test(idle_connections_end), cmocka_unit_test(connections_of_one_address),
        cmocka_unit_test(memory_is_bounded),    cmocka_unit_test(closing_waits_for_replies),
        cmocka_unit_test(several_loops),        cmocka_unit_test(mutations_do_no_harm),
        cmocka_unit_test(bad_options),
    };

    return cmocka_run_group_tests(tests, open_server, close_server);
}
