/*
 * A hostile card in the terminal: its proactive commands, status words and answers, and a network
 * that does as it likes. No sockets.
 *
 * Input: steps, each an octet that says what happens next, an octet of length, and so many octets:
 * a command that the card wants, what it answers to an ENVELOPE, a command under a right head, what
 * arrives from a host, how the network goes on, time that passes, a message, a reset. What must
 * hold: every step ends, every TERMINAL RESPONSE is well formed and repeats the command's details,
 * no socket is used after it was closed or left open, and what is sent had been stored.
 */
#include "reader/proactive.h"
#include "terminal/mobile.h"

#include <stdlib.h>

#define SOCKETS 4096

static struct {
    uint8_t command[256], answer[256], outstanding[256];
    size_t command_n, answer_n, outstanding_n; /* outstanding: fetched, and not answered yet */
    bool fetched;
    uint8_t waits;
    uint64_t now_ms;
    unsigned apdus;
    /* the network */
    bool open[SOCKETS];
    int sockets;
    enum err refuses, linked, stream;
    size_t takes;
    uint8_t in[256];
    size_t in_n;
} w;

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* ---- the card ---- */

/* Well formed: details as in the command, device identities, result, and nothing cut off. */
static void check_response(slice data)
{
    struct proactive c;
    uint32_t tag;
    slice value, in = data;

    must(!proactive_parse(slice_of(w.outstanding, w.outstanding_n), &c));
    must(data.n >= 12 && data.n <= 255);
    must(cat_next(&in, &tag, &value) && tag == CAT_TAG_DETAILS && value.n == 3);
    must(value.p[0] == c.number && value.p[1] == c.type && value.p[2] == c.qualifier);
    must(cat_next(&in, &tag, &value) && tag == CAT_TAG_DEVICES);
    must(cat_next(&in, &tag, &value) && tag == CAT_TAG_RESULT && value.n >= 1);
    while (cat_next(&in, &tag, &value))
        ;
    must(in.n == 0);
}

static enum err transmit(void *ctx, slice c, uint8_t *response, size_t size, size_t *n)
{
    (void)ctx;
    must(c.n >= 4 && size >= CARD_RESPONSE_MAX);
    w.apdus++;
    w.now_ms++; /* as the time of a real card does */
    *n = 0;
    switch (c.p[1]) {
    case 0x12:
        memcpy(response, w.command, w.command_n);
        *n = w.command_n;
        memcpy(w.outstanding, w.command, w.command_n);
        w.outstanding_n = w.command_n;
        w.fetched = true;
        break;
    case 0x14:
        must(w.fetched);
        check_response(slice_skip(c, 5));
        w.fetched = false;
        w.waits = w.waits ? w.waits - 1 : 0;
        break;
    case 0xC0:
    case 0xC2:
        memcpy(response, w.answer, w.answer_n);
        *n = w.answer_n;
        if (w.answer_n >= 2)
            return E_OK;
        break;
    default:
        break;
    }
    response[(*n)++] = w.waits ? 0x91 : 0x90;
    response[(*n)++] = w.waits ? (uint8_t)w.command_n : 0x00;
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    (void)ctx;
    must(size > 0);
    atr[0] = 0x3B;
    *n = 1;
    w.fetched = false;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

/* ---- the network ---- */

static void must_be_open(int socket)
{
    must(socket >= 0 && socket < w.sockets && w.open[socket]);
}

static enum err open_host(void *ctx, bool tcp, const struct mobile_address *to, int *socket)
{
    (void)ctx;
    (void)tcp;
    must((to->n == 4 || to->n == 16) && to->port);
    if (w.refuses || w.sockets == SOCKETS)
        return E_NETWORK;
    *socket = w.sockets++;
    w.open[*socket] = true;
    return E_OK;
}

static enum err linked(void *ctx, int socket)
{
    (void)ctx;
    must_be_open(socket);
    return w.linked;
}

static enum err send_octets(void *ctx, int socket, slice octets, size_t *n)
{
    (void)ctx;
    must_be_open(socket);
    must(octets.n > 0 && octets.n <= MOBILE_BUFFER_MAX);
    if (w.stream)
        return w.stream;
    *n = octets.n < w.takes ? octets.n : w.takes;
    return *n ? E_OK : E_AGAIN;
}

static enum err receive(void *ctx, bool tcp, int socket, uint8_t *to, size_t size, size_t *n)
{
    (void)ctx;
    (void)tcp;
    must_be_open(socket);
    must(size > 0 && size <= MOBILE_BUFFER_MAX);
    if (!w.in_n)
        return w.stream ? w.stream : E_AGAIN;
    *n = w.in_n < size ? w.in_n : size;
    memcpy(to, w.in, *n);
    w.in_n = 0;
    return E_OK;
}

static void close_host(void *ctx, int socket)
{
    (void)ctx;
    must_be_open(socket);
    w.open[socket] = false;
}

static void wait_for(void *ctx, const struct mobile_wait *on, size_t count, unsigned ms)
{
    (void)ctx;
    must(ms > 0 && count <= MOBILE_CHANNELS);
    for (size_t i = 0; i < count; i++)
        must_be_open(on[i].socket);
    w.now_ms += ms;
}

static const struct mobile_net net = { NULL,    open_host,  linked,  send_octets,
                                       receive, close_host, wait_for };

static uint64_t now(void *ctx)
{
    (void)ctx;
    return w.now_ms;
}

static void told(void *ctx, const struct mobile_event *e)
{
    volatile uint8_t sum = 0;

    (void)ctx;
    for (size_t i = 0; i < e->data.n; i++)
        sum = (uint8_t)(sum + e->data.p[i]);
    if (e->news == MOBILE_COMMAND)
        must(mobile_command_name(e->type) && mobile_result_name(e->result));
}

/* ---- steps ---- */

static void want(slice octets, uint8_t times)
{
    w.command_n = octets.n < 255 ? octets.n : 255;
    if (w.command_n)
        memcpy(w.command, octets.p, w.command_n);
    w.waits = times;
}

/* in: type, qualifier, device, then TLVs. */
static void want_command(slice in)
{
    if (in.n < 3)
        return;
    const uint8_t head[] = { 0x81, 0x03, 1, in.p[0], in.p[1], 0x82, 0x02, 0x81, in.p[2] };
    size_t n = in.n - 3 < 240 ? in.n - 3 : 240, at = 0;

    w.command[at++] = 0xD0;
    if (sizeof head + n >= 0x80)
        w.command[at++] = 0x81;
    w.command[at++] = (uint8_t)(sizeof head + n);
    memcpy(w.command + at, head, sizeof head);
    if (n)
        memcpy(w.command + at + sizeof head, in.p + 3, n);
    w.command_n = at + sizeof head + n;
    w.waits = 1;
}

static void network(slice in)
{
    static const enum err states[] = { E_OK, E_AGAIN, E_NETWORK, E_CLOSED };

    if (in.n < 4)
        return;
    w.refuses = in.p[0] & 1 ? E_NETWORK : E_OK;
    w.linked = states[in.p[1] % 4];
    w.stream = states[in.p[2] % 4];
    w.takes = in.p[3];
}

static void message(struct mobile *m, slice in)
{
    uint8_t answer[256];
    uint16_t sw;
    size_t n;

    if (!mobile_sms(m, in, answer, sizeof answer, &n, &sw))
        must(n <= sizeof answer);
}

/* By the answer to a message, for the terminal may not poll. */
static void announce(struct mobile *m)
{
    size_t n = w.answer_n;

    w.answer_n = 0;
    message(m, SLICE_LIT("x"));
    w.answer_n = n;
}

static void step(struct mobile *m, uint8_t what, slice in)
{
    switch (what % 8) {
    case 0:
    case 1:
        want_command(in);
        break;
    case 2:
        want(slice_skip(in, 1), in.n ? in.p[0] : 0);
        break;
    case 3:
        w.answer_n = in.n < sizeof w.answer ? in.n : 0;
        memcpy(w.answer, in.p, w.answer_n);
        break;
    case 4:
        w.in_n = in.n;
        memcpy(w.in, in.p, in.n);
        break;
    case 5:
        network(in);
        break;
    case 6:
        w.now_ms += in.n ? (uint64_t)1 << in.p[0] % 28 : 1000;
        break;
    default:
        message(m, in);
    }
    w.apdus = 0;
    if (what % 8 < 3)
        announce(m);
    if (what & 0x80)
        must(!mobile_run(m, 2000));
    else
        must(!mobile_step(m));
    must(w.apdus < 10000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct card_link link = { NULL, transmit, reset, close_link };
    static const struct mobile_map maps[] = { { { 4, { 1, 2, 3, 4 }, 0 }, { 4, { 127 }, 0 } } };
    const struct mobile_options o = {
        .link = &link, .maps = maps, .map_count = 1, .event = told, .now_ms = now, .net = &net
    };
    struct mobile *m;

    memset(&w, 0, sizeof w);
    w.now_ms = 1000;
    must(!mobile_open(&o, &m));
    for (slice in = slice_of(data, size); in.n >= 2;) {
        uint8_t what = in.p[0];
        slice part = slice_head(slice_skip(in, 2), in.p[1]);

        in = slice_skip(in, 2 + part.n);
        /* on the heap and exactly as long as it is, so that one octet too far is seen */
        uint8_t *copy = malloc(part.n ? part.n : 1);
        must(copy != NULL);
        if (part.n)
            memcpy(copy, part.p, part.n);
        step(m, what, slice_of(copy, part.n));
        free(copy);
    }
    mobile_close(m);
    for (int i = 0; i < w.sockets; i++)
        must(!w.open[i]);
    return 0;
}
