/*
 * The vpcd framing over a real socket, against a card that answers each command with its own octets
 * and 9000.
 */
#include "reader/tcp.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct echo {
    struct tcp_end listener;
    uint16_t port;
    unsigned resets;
    enum err ended;
    pthread_t thread;
};

static enum err echo_transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    (void)ctx;
    if (command.n + 2 > size)
        return E_NOSPACE;
    memcpy(response, command.p, command.n);
    response[command.n] = 0x90;
    response[command.n + 1] = 0x00;
    *n = command.n + 2;
    return E_OK;
}

static enum err echo_reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct echo *e = ctx;

    if (size < 2)
        return E_NOSPACE;
    e->resets++;
    atr[0] = 0x3B;
    atr[1] = 0x00;
    *n = 2;
    return E_OK;
}

static void echo_close(void *ctx)
{
    (void)ctx;
}

static void *serve(void *arg)
{
    struct echo *e = arg;
    struct card_link link = { e, echo_transmit, echo_reset, echo_close };
    struct tcp_end client;

    e->ended = tcp_accept(&e->listener, &client);
    if (!e->ended) {
        e->ended = tcp_serve(&client, &link);
        tcp_close(&client);
    }
    return NULL;
}

static int start(void **state)
{
    struct echo *e = calloc(1, sizeof *e);

    assert_int_equal(tcp_listen(false, &e->port, &e->listener), E_OK);
    assert_int_not_equal(e->port, 0);
    assert_int_equal(pthread_create(&e->thread, NULL, serve, e), 0);
    *state = e;
    return 0;
}

static int stop(void **state)
{
    struct echo *e = *state;

    tcp_close(&e->listener);
    free(e);
    return 0;
}

static void exchanges(void **state)
{
    struct echo *e = *state;
    struct tcp_end end;
    struct card_link link;
    uint8_t response[CARD_RESPONSE_MAX], long_response[2000], command[1500];
    size_t n;

    assert_int_equal(tcp_connect("127.0.0.1", e->port, 5000, &end), E_OK);
    assert_int_equal(tcp_link(&end, &link), E_OK);
    assert_int_equal(card_link_reset(&link, response, sizeof response, &n), E_OK);
    assert_int_equal(n, 2);
    assert_int_equal(response[0], 0x3B);
    assert_int_equal(card_link_transmit(&link, SLICE_LIT("\x00\xA4\x00\x04\x02\x3F\x00"), response,
                                        sizeof response, &n),
                     E_OK);
    assert_int_equal(n, 9);
    assert_memory_equal(response, "\x00\xA4\x00\x04\x02\x3F\x00\x90\x00", 9);
    memset(command, 0x5A, sizeof command);
    assert_int_equal(
        card_link_transmit(&link, SLICE_OF(command), long_response, sizeof long_response, &n),
        E_OK);
    assert_int_equal(n, 1502);
    card_link_close(&link);
    pthread_join(e->thread, NULL);
    assert_int_equal(e->ended, E_CLOSED);
    assert_int_equal(e->resets, 3); /* on, reset, off */
}

/* An answer that is longer than the caller's buffer is an error, not an overrun. */
static void answer_too_long(void **state)
{
    struct echo *e = *state;
    struct tcp_end end;
    struct card_link link;
    uint8_t response[8];
    size_t n;

    assert_int_equal(tcp_connect("127.0.0.1", e->port, 5000, &end), E_OK);
    assert_int_equal(tcp_link(&end, &link), E_OK);
    assert_int_equal(card_link_transmit(&link, SLICE_LIT("\x00\xA4\x00\x04\x02\x3F\x00"), response,
                                        sizeof response, &n),
                     E_LENGTH);
    card_link_close(&link);
    pthread_join(e->thread, NULL);
}

/* The other side goes away in the middle of a message. */
static void cut_in_a_message(void **state)
{
    struct echo *e = *state;
    struct tcp_end end;

    assert_int_equal(tcp_connect("127.0.0.1", e->port, 5000, &end), E_OK);
    assert_int_equal(write(end.fd, "\x00\x05\x00\xA4", 4), 4);
    tcp_close(&end);
    pthread_join(e->thread, NULL);
    assert_int_equal(e->ended, E_CLOSED);
}

static void nobody_listens(void **state)
{
    struct echo *e = *state;
    struct tcp_end end;

    shutdown(e->listener.fd, SHUT_RDWR);
    pthread_join(e->thread, NULL);
    assert_int_equal(e->ended, E_CLOSED);
    tcp_close(&e->listener);
    assert_int_equal(tcp_connect("127.0.0.1", e->port, 1000, &end), E_NETWORK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(exchanges, start, stop),
        cmocka_unit_test_setup_teardown(answer_too_long, start, stop),
        cmocka_unit_test_setup_teardown(cut_in_a_message, start, stop),
        cmocka_unit_test_setup_teardown(nobody_listens, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
