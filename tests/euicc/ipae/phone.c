#include "euicc/ipae/phone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ANSWER_MS 20000 /* a server under sanitizers may take its time */

void phone_init(struct phone *p)
{
    *p = (struct phone){ .imei = "356938035643809" };
    memset(p->profile, 0xFF, sizeof p->profile);
    for (size_t i = 0; i < PHONE_CHANNELS; i++)
        p->channels[i].fd = -1;
}

static void hang_up(struct phone_channel *c)
{
    if (c->fd >= 0)
        close(c->fd);
    *c = (struct phone_channel){ .fd = -1 };
}

void phone_close(struct phone *p)
{
    for (size_t i = 0; i < PHONE_CHANNELS; i++)
        hang_up(&p->channels[i]);
}

uint16_t phone_apdu(struct phone *p, slice command)
{
    p->n = card_apdu(p->card, command, p->out, sizeof p->out);
    assert_true(p->n >= 2);
    p->sw = (uint16_t)(p->out[p->n - 2] << 8 | p->out[p->n - 1]);
    return p->sw;
}

static void with_data(struct phone *p, uint8_t ins, slice data)
{
    uint8_t apdu[5 + 255] = { 0x80, ins, 0, 0, (uint8_t)data.n };

    assert_true(data.n <= 255);
    memcpy(apdu + 5, data.p, data.n);
    phone_apdu(p, slice_of(apdu, 5 + data.n));
}

void phone_reset(struct phone *p, struct card *card)
{
    p->card = card;
    p->resets++;
    phone_close(p);
    memset(p->due_s, 0, sizeof p->due_s);
    card_reset(card);
    with_data(p, 0x10, SLICE_OF(p->profile));
}

/* ---- commands ---- */

/* A TERMINAL RESPONSE in the making: command details, devices, result, then more. */
struct answer {
    uint8_t octets[255];
    size_t n;
};

static void put(struct answer *a, uint8_t tag, slice value)
{
    assert_true(a->n + (value.n >= 0x80 ? 3 : 2) + value.n <= sizeof a->octets);
    a->octets[a->n++] = tag;
    if (value.n >= 0x80)
        a->octets[a->n++] = 0x81;
    a->octets[a->n++] = (uint8_t)value.n;
    if (value.n)
        memcpy(a->octets + a->n, value.p, value.n);
    a->n += value.n;
}

static void put_result(struct answer *a, uint8_t result, int info)
{
    uint8_t octets[2] = { result, (uint8_t)info };

    put(a, 0x83, slice_of(octets, info < 0 ? 1 : 2));
}

static void dial(struct phone *p, slice body, struct answer *a)
{
    slice address = cat_tlv(body, CAT_TAG_OTHER_ADDRESS), to = cat_tlv(body, CAT_TAG_TRANSPORT);
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct phone_channel *c = p->channels;
    uint8_t status[2] = { 0, 0 };

    assert_int_equal(address.n, 5);
    assert_int_equal(to.n, 3);
    assert_int_equal(to.p[0], CAT_TCP_CLIENT);
    while (c->fd >= 0)
        c++;
    assert_true(c < p->channels + PHONE_CHANNELS);
    memcpy(&in.sin_addr, address.p + 1, 4);
    in.sin_port = htons((uint16_t)(to.p[1] << 8 | to.p[2]));
    p->dialled += ntohs(in.sin_port) == p->port;
    bool cut_off = p->cut_off_by_refresh && p->performed[CAT_REFRESH] == p->cut_off_by_refresh;

    c->fd = p->unreachable || cut_off ? -1 : socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&in, sizeof in)) {
        hang_up(c);
        put_result(a, 0x3A, 0x00);
        return;
    }
    status[0] = (uint8_t)(0x80 | (c - p->channels + 1));
    put_result(a, 0x00, -1);
    put(a, 0xB8, SLICE_OF(status));
    put(a, 0xB5, SLICE_LIT("\x03"));
    put(a, 0xB9, SLICE_LIT("\x05\xDC"));
}

static void fill(struct phone_channel *c)
{
    ssize_t n;

    if (c->n == sizeof c->got || c->gone)
        return;
    n = recv(c->fd, c->got + c->n, sizeof c->got - c->n, MSG_DONTWAIT);
    if (n > 0) {
        c->n += (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        c->gone = true;
    }
}

static uint8_t held(const struct phone_channel *c)
{
    return (uint8_t)(c->n < 255 ? c->n : 255);
}

static void receive(struct phone *p, struct phone_channel *c, slice body, struct answer *a)
{
    slice want = cat_tlv(body, CAT_TAG_CHANNEL_DATA_LENGTH);
    size_t n;
    uint8_t left;

    assert_int_equal(want.n, 1);
    n = want.p[0] < c->n ? want.p[0] : c->n;
    put_result(a, 0x00, -1);
    put(a, 0xB6, slice_of(c->got, n));
    p->received += n;
    c->n -= n;
    memmove(c->got, c->got + n, c->n);
    fill(c);
    if (p->break_at && p->received >= p->break_at) {
        p->break_at = 0;
        shutdown(c->fd, SHUT_RDWR);
        c->gone = true;
        c->n = 0;
    }
    left = held(c);
    put(a, 0xB7, slice_of(&left, 1));
    c->announced = left > 0;
}

static void transmit(struct phone *p, struct phone_channel *c, slice body, struct answer *a)
{
    slice data = cat_tlv(body, CAT_TAG_CHANNEL_DATA);

    if (send(c->fd, data.p, data.n, MSG_NOSIGNAL) != (ssize_t)data.n) {
        c->gone = true;
        put_result(a, 0x3A, 0x02);
        return;
    }
    p->sent += data.n;
    put_result(a, 0x00, -1);
    put(a, 0xB7, SLICE_LIT("\xFF"));
}

static unsigned bcd(uint8_t octet)
{
    return (octet & 15u) * 10 + (octet >> 4);
}

static void timer(struct phone *p, uint8_t qualifier, slice body, struct answer *a)
{
    slice id = cat_tlv(body, CAT_TAG_TIMER_ID), value = cat_tlv(body, CAT_TAG_TIMER_VALUE);

    assert_int_equal(id.n, 1);
    if (p->refuses_timers) {
        put_result(a, 0x30, -1);
        return;
    }
    if (qualifier == 0) {
        assert_int_equal(value.n, 3);
        p->due_s[id.p[0] - 1] =
            p->now_s + bcd(value.p[0]) * 3600 + bcd(value.p[1]) * 60 + bcd(value.p[2]);
    } else {
        p->due_s[id.p[0] - 1] = 0;
    }
    put_result(a, 0x00, -1);
    put(a, 0xA4, id);
    if (qualifier)
        put(a, 0xA5, SLICE_LIT("\0\0\0"));
}

/* TS 24.008 10.5.1.4: the first digit beside the type. */
static void tell_imei(struct phone *p, struct answer *a)
{
    uint8_t octets[8] = { 0 };

    if (!p->imei[0]) {
        put_result(a, 0x30, -1);
        return;
    }
    octets[0] = (uint8_t)((p->imei[0] - '0') << 4 | 0x0A);
    for (size_t i = 1; i < 15; i++)
        octets[(i + 1) / 2] |= (uint8_t)((p->imei[i] - '0') << (i % 2 ? 0 : 4));
    put_result(a, 0x00, -1);
    put(a, 0x94, SLICE_OF(octets));
}

static void perform(struct phone *p, uint8_t type, uint8_t qualifier, uint8_t device, slice body,
                    struct answer *a)
{
    struct phone_channel *c = device > 0x20 && device <= 0x27 ? &p->channels[device - 0x21] : NULL;

    if ((type == CAT_SEND_DATA || type == CAT_RECEIVE_DATA || type == CAT_CLOSE_CHANNEL) &&
        (!c || c->fd < 0)) {
        put_result(a, 0x3A, 0x03);
        return;
    }
    switch (type) {
    case CAT_OPEN_CHANNEL:
        dial(p, body, a);
        break;
    case CAT_SEND_DATA:
        transmit(p, c, body, a);
        break;
    case CAT_RECEIVE_DATA:
        receive(p, c, body, a);
        break;
    case CAT_CLOSE_CHANNEL:
        hang_up(c);
        put_result(a, 0x00, -1);
        break;
    case CAT_TIMER_MANAGEMENT:
        timer(p, qualifier, body, a);
        break;
    case CAT_PROVIDE_LOCAL_INFORMATION:
        tell_imei(p, a);
        break;
    default: /* MORE TIME, SET UP EVENT LIST, POLL INTERVAL, ... */
        put_result(a, type == CAT_REFRESH && p->refuses_refresh ? 0x20 : 0x00, -1);
    }
}

/* Whether the card lives on behind a REFRESH: with eUICC Profile State Change it is not reset. */
static void refresh(struct phone *p, uint8_t mode)
{
    if (mode == CAT_REFRESH_UICC_RESET) {
        phone_reset(p, p->card);
        return;
    }
    phone_close(p);
    memset(p->due_s, 0, sizeof p->due_s);
}

static void one_command(struct phone *p)
{
    uint8_t fetch[5] = { 0x80, 0x12, 0, 0, (uint8_t)p->sw }, got[300];
    struct answer a = { .n = 0 };
    slice body, details, devices;
    size_t head;

    phone_apdu(p, SLICE_OF(fetch));
    if (*p->power_off)
        return;
    assert_int_equal(p->sw, 0x9000);
    assert_int_equal(p->out[0], 0xD0);
    head = p->out[1] == 0x81 ? 3 : 2;
    memcpy(got, p->out, p->n);
    body = slice_of(got + head, p->n - 2 - head);
    details = cat_tlv(body, CAT_TAG_DETAILS);
    devices = cat_tlv(body, CAT_TAG_DEVICES);
    assert_int_equal(details.n, 3);
    assert_int_equal(devices.n, 2);
    p->performed[details.p[1]]++;
    put(&a, 0x81, details);
    put(&a, 0x82, SLICE_LIT("\x82\x81"));
    perform(p, details.p[1], details.p[2], devices.p[1], body, &a);
    if (details.p[1] == CAT_REFRESH && details.p[2] == CAT_REFRESH_UICC_RESET &&
        !p->refuses_refresh) {
        refresh(p, details.p[2]);
        return;
    }
    with_data(p, 0x14, slice_of(a.octets, a.n));
    if (details.p[1] == CAT_REFRESH && !p->refuses_refresh)
        refresh(p, details.p[2]);
}

/* ---- what comes by itself ---- */

static void envelope(struct phone *p, uint8_t tag, slice content)
{
    uint8_t octets[64];

    octets[0] = tag;
    octets[1] = (uint8_t)content.n;
    memcpy(octets + 2, content.p, content.n);
    with_data(p, 0xC2, slice_of(octets, content.n + 2));
}

/* True when the card was told something. */
static bool tell_channel(struct phone *p, struct phone_channel *c)
{
    uint8_t number = (uint8_t)(c - p->channels + 1);

    if (c->fd < 0)
        return false;
    fill(c);
    if (c->n && !c->announced) {
        uint8_t event[] = { 0x99, 1, 0x09, 0x82, 2, 0x82, 0x81, 0xB8, 2, 0x80, 0, 0xB7, 1, 0 };

        event[9] = (uint8_t)(0x80 | number);
        event[13] = held(c);
        c->announced = true;
        envelope(p, 0xD6, SLICE_OF(event));
        return true;
    }
    if (c->gone && !c->n && c->fd >= 0) {
        uint8_t event[] = { 0x99, 1, 0x0A, 0x82, 2, 0x82, 0x81, 0xB8, 2, number, 0x05 };

        hang_up(c);
        envelope(p, 0xD6, SLICE_OF(event));
        return true;
    }
    return false;
}

void phone_location(struct phone *p, uint8_t status)
{
    uint8_t event[] = { 0x99, 1, 0x03, 0x82, 2, 0x82, 0x81, 0x9B, 1, status };

    envelope(p, 0xD6, SLICE_OF(event));
}

static bool wait_for_servers(struct phone *p)
{
    struct pollfd fds[PHONE_CHANNELS];
    nfds_t n = 0;

    for (size_t i = 0; i < PHONE_CHANNELS; i++) {
        if (p->channels[i].fd < 0)
            continue;
        fds[n++] = (struct pollfd){ .fd = p->channels[i].fd, .events = POLLIN };
    }
    return n && poll(fds, n, p->busy(p->card) ? ANSWER_MS : 0) > 0;
}

bool phone_work(struct phone *p)
{
    if (*p->power_off)
        return false;
    if (++p->steps == p->reset_at) {
        phone_reset(p, p->card);
        return true;
    }
    if (p->sw >> 8 == 0x91) {
        one_command(p);
        return true;
    }
    for (size_t i = 0; i < PHONE_CHANNELS; i++)
        if (tell_channel(p, &p->channels[i]))
            return true;
    return wait_for_servers(p);
}

bool phone_sleep(struct phone *p)
{
    uint8_t event[] = { 0xA4, 1, 0, 0xA5, 3, 0, 0, 0 };
    size_t next = CAT_TIMERS;

    for (size_t i = 0; i < CAT_TIMERS; i++)
        if (p->due_s[i] && (next == CAT_TIMERS || p->due_s[i] < p->due_s[next]))
            next = i;
    if (*p->power_off || next == CAT_TIMERS)
        return false;
    p->now_s = p->due_s[next];
    p->due_s[next] = 0;
    event[2] = (uint8_t)(next + 1);
    envelope(p, 0xD7, SLICE_OF(event));
    return true;
}
