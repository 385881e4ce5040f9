/*
 * The project's own card in the terminal, with sockets of this machine: a part of the card opens a
 * TCP connection, and the host is in this test.
 */
#include "euicc/bip.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"
#include "reader/in_process.h"
#include "terminal/mobile.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MANY 3000

static struct uicc u;
static struct bip b;
static struct mobile *m;
static struct card_link link_of_card;

static struct {
    unsigned opened, closed;
    uint8_t got[MANY];
    size_t n, sent;
} seen;

static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 7 + i / 256);
}

static void send_more(struct card *card)
{
    uint8_t part[BIP_SEND_MAX];
    size_t n = 0;

    while (n < sizeof part && seen.sent + n < MANY) {
        part[n] = octet(seen.sent + n);
        n++;
    }
    seen.sent += bip_send(card, &b, slice_of(part, n));
}

static void hear(struct card *card, void *ctx, enum bip_event event, slice data)
{
    (void)ctx;
    switch (event) {
    case BIP_OPENED:
        seen.opened++;
        send_more(card);
        break;
    case BIP_SENT:
        send_more(card);
        break;
    case BIP_DATA:
        assert_true(data.n <= sizeof seen.got - seen.n);
        memcpy(seen.got + seen.n, data.p, data.n);
        seen.n += data.n;
        break;
    case BIP_CLOSED:
        seen.closed++;
        break;
    }
}

/* ---- the host ---- */

static int listener = -1, peer = -1;
static struct sockaddr_in address;

static void bind_here(int fd)
{
    socklen_t n = sizeof address;

    address = (struct sockaddr_in){ .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

/* Gives back what it gets, when it is asked to. */
static void host_turn(void)
{
    uint8_t octets[512];
    ssize_t n;

    if (peer < 0 && (peer = accept(listener, NULL, NULL)) >= 0)
        assert_int_equal(fcntl(peer, F_SETFL, O_NONBLOCK), 0);
    while (peer >= 0 && (n = recv(peer, octets, sizeof octets, 0)) > 0)
        assert_int_equal(send(peer, octets, (size_t)n, MSG_NOSIGNAL), n);
}

static int setup(void **state)
{
    static uint8_t package[UICC_PACKAGE_MAX];
    const struct mobile_map map = { { 4, { 192, 0, 2, 1 }, 443 }, { .n = 4 } };
    static struct mobile_map maps[1];
    struct mobile_options o = {
        .link = &link_of_card, .maps = maps, .map_count = 1, .poll_ms = 20
    };

    (void)state;
    uicc_new(&u);
    memset(&seen, 0, sizeof seen);
    assert_int_equal(bip_init(u.card, &b, hear, &seen), E_OK);
    struct profile_outcome out = uicc_install(&u, uicc_package(UICC_MILENAGE, NULL, package), 0);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u.card, out.root, false), E_OK);
    uicc_commit(&u);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    bind_here(listener);
    assert_int_equal(listen(listener, 4), 0);
    /* what the card calls 192.0.2.1:443 is here */
    maps[0] = map;
    maps[0].to.port = ntohs(address.sin_port);
    memcpy(maps[0].to.octets, "\x7F\x00\x00\x01", 4);
    link_of_card = card_link_in_process(u.card);
    assert_int_equal(mobile_open(&o, &m), E_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mobile_close(m);
    if (listener >= 0)
        close(listener);
    if (peer >= 0)
        close(peer);
    listener = peer = -1;
    return 0;
}

/* Up to five seconds. */
#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (unsigned turn = 0; turn < 500 && !(condition); turn++) {                              \
            assert_int_equal(mobile_run(m, 10), E_OK);                                             \
            host_turn();                                                                           \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static void open_host(uint16_t timeout_s)
{
    const struct cat_channel host = { .transport = CAT_TCP_CLIENT,
                                      .address = SLICE_LIT("\xC0\x00\x02\x01"),
                                      .port = 443,
                                      .buffer = 1500 };

    assert_int_equal(bip_open(u.card, &b, &host, timeout_s), E_OK);
}

static void there_and_back(void **state)
{
    (void)state;
    open_host(60);
    UNTIL(seen.n == MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(seen.got[i], octet(i));
    bip_close(u.card, &b);
    UNTIL(seen.closed);
    assert_int_equal(b.why, BIP_BY_US);
    assert_int_equal(seen.opened, 1);
    UNTIL(mobile_idle(m));
}

static void the_host_leaves(void **state)
{
    (void)state;
    open_host(60);
    UNTIL(seen.n == MANY);
    close(peer);
    peer = -1;
    UNTIL(seen.closed);
    assert_int_equal(b.why, BIP_BY_PEER);
    UNTIL(mobile_idle(m));
}

static void nobody_is_there(void **state)
{
    (void)state;
    close(listener);
    listener = -1;
    open_host(60);
    UNTIL(seen.closed);
    assert_int_equal(b.why, BIP_REFUSED);
    assert_int_equal(b.result, 0x3A);
    assert_int_equal(b.info, 0x07);
    assert_int_equal(seen.opened, 0);
}

/* The card's own patience, by a timer of the terminal. */
static void a_silent_host(void **state)
{
    (void)state;
    open_host(1);
    for (unsigned i = 0; i < 400 && !seen.closed; i++)
        assert_int_equal(mobile_run(m, 10), E_OK);
    assert_int_equal(seen.closed, 1);
    assert_int_equal(b.why, BIP_TIMEOUT);
    assert_int_equal(seen.n, 0);
}

/* REFRESH as this terminal announces it: what was open ends, and a new session begins. */
static void a_switch_of_profiles_ends_it(void **state)
{
    (void)state;
    open_host(60);
    UNTIL(seen.n == MANY);
    assert_int_equal(profile_switch(u.card, 0, true), E_OK);
    uicc_commit(&u);
    UNTIL(profile_enabled(u.card) == 0);
    UNTIL(mobile_idle(m));
    assert_int_equal(seen.closed, 1);
    assert_int_equal(b.why, BIP_RESET);
    assert_true(card_terminal_profile(u.card).n == 34);
}

/* ---- datagrams ---- */

static struct {
    unsigned answers;
    uint8_t channel, got[8];
    size_t n;
} udp;

static void received(struct card *card, void *ctx, int result, slice body)
{
    slice data = cat_tlv(body, CAT_TAG_CHANNEL_DATA);

    (void)card;
    (void)ctx;
    assert_int_equal(result, 0);
    assert_true(data.n <= sizeof udp.got);
    memcpy(udp.got, data.p, data.n);
    udp.n = data.n;
}

static void channel_opened(struct card *card, void *ctx, int result, slice body)
{
    slice status = cat_tlv(body, CAT_TAG_CHANNEL_STATUS);

    (void)ctx;
    assert_int_equal(result, 0);
    assert_int_equal(status.n, 2);
    udp.channel = status.p[0] & 7;
    assert_int_equal(cat_send_data(card, udp.channel, SLICE_LIT("ping"), NULL, NULL), E_OK);
}

static void a_datagram_and_its_answer(void **state)
{
    struct sockaddr_in from;
    socklen_t n = sizeof from;
    uint8_t octets[16];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct pollfd p = { .fd = fd, .events = POLLIN };

    (void)state;
    memset(&udp, 0, sizeof udp);
    bind_here(fd);
    const struct cat_channel host = { .transport = CAT_UDP_CLIENT,
                                      .address = SLICE_LIT("\x7F\x00\x00\x01"),
                                      .port = ntohs(address.sin_port),
                                      .buffer = 512 };
    assert_int_equal(cat_open_channel(u.card, &host, channel_opened, NULL), E_OK);
    UNTIL(udp.channel);
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(recvfrom(fd, octets, sizeof octets, 0, (struct sockaddr *)&from, &n), 4);
    assert_memory_equal(octets, "ping", 4);
    assert_int_equal(sendto(fd, "pong!", 5, 0, (struct sockaddr *)&from, n), 5);
    assert_int_equal(mobile_run(m, 100), E_OK);
    assert_int_equal(cat_receive_data(u.card, udp.channel, 5, received, NULL), E_OK);
    UNTIL(udp.n == 5);
    assert_memory_equal(udp.got, "pong!", 5);
    close(fd);
}

/* ---- IPv6 ---- */

static void the_other_protocol(void **state)
{
    struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    socklen_t n = sizeof here;
    uint8_t loopback[16] = { 0 };

    (void)state;
    close(listener);
    listener = socket(AF_INET6, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&here, sizeof here)) {
        print_message("skipped: this machine has no IPv6\n");
        skip();
    }
    assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &n), 0);
    assert_int_equal(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(listen(listener, 4), 0);
    loopback[15] = 1;
    const struct cat_channel host = { .transport = CAT_TCP_CLIENT,
                                      .address = SLICE_OF(loopback),
                                      .port = ntohs(here.sin6_port),
                                      .buffer = 1500 };
    assert_int_equal(bip_open(u.card, &b, &host, 60), E_OK);
    UNTIL(seen.n == MANY);
    bip_close(u.card, &b);
    UNTIL(seen.closed);
    assert_int_equal(b.why, BIP_BY_US);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(there_and_back),
        T(the_host_leaves),
        T(nobody_is_there),
        T(a_silent_host),
        T(a_switch_of_profiles_ends_it),
        T(a_datagram_and_its_answer),
        T(the_other_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
