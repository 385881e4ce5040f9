#include "terminal/fake.h"

#include "base/text.h"

struct fake fake;

size_t fake_hex(const char *hex, uint8_t *out, size_t size)
{
    char plain[1200];
    size_t n = 0, got;

    for (; *hex; hex++)
        if (*hex != ' ') {
            assert_true(n < sizeof plain - 1);
            plain[n++] = *hex;
        }
    assert_int_equal(hex_decode(slice_of(plain, n), out, size, &got), E_OK);
    return got;
}

/* ---- the card ---- */

static void put_sw(struct fake *f, uint8_t *response, size_t *n)
{
    bool waits = f->count && !f->fetched;

    response[(*n)++] = waits ? 0x91 : 0x90;
    response[(*n)++] = waits ? (uint8_t)f->queue[0].n : 0;
}

static void fetch(struct fake *f, uint8_t le, uint8_t *response, size_t *n)
{
    assert_true(f->count > 0);
    assert_int_equal(le, f->queue[0].n);
    memcpy(response, f->queue[0].octets, f->queue[0].n);
    *n = f->queue[0].n;
    f->fetched = true;
}

static void answered(struct fake *f, slice data)
{
    assert_true(f->fetched);
    assert_int_equal(hex_encode(data, f->response, sizeof f->response), E_OK);
    f->responses++;
    f->fetched = false;
    if (f->endless)
        return;
    f->count--;
    memmove(&f->queue[0], &f->queue[1], f->count * sizeof f->queue[0]);
}

static enum err transmit(void *ctx, slice c, uint8_t *response, size_t size, size_t *n)
{
    struct fake *f = ctx;

    assert_true(size >= CARD_RESPONSE_MAX);
    *n = 0;
    if (f->dead)
        return E_CLOSED;
    assert_true(c.n >= 4 && c.p[0] == 0x80);
    slice data = c.n > 5 ? slice_skip(c, 5) : SLICE_NONE;
    if (c.n > 5)
        assert_int_equal(c.p[4], data.n);
    switch (c.p[1]) {
    case 0xAA:
        assert_int_equal(hex_encode(data, f->capability, sizeof f->capability), E_OK);
        break;
    case 0x10:
        assert_int_equal(hex_encode(data, f->profile, sizeof f->profile), E_OK);
        f->profiles++;
        break;
    case 0x12:
        fetch(f, c.p[4], response, n);
        break;
    case 0x14:
        answered(f, data);
        break;
    case 0xC2:
        assert_int_equal(hex_encode(data, f->envelope, sizeof f->envelope), E_OK);
        f->envelopes++;
        if (f->envelope_answer) {
            *n = fake_hex(f->envelope_answer, response, size);
            return E_OK;
        }
        break;
    case 0xF2:
        assert_memory_equal(c.p, "\x80\xF2\x00\x0C", 4);
        f->polls++;
        break;
    default:
        fail();
    }
    put_sw(f, response, n);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct fake *f = ctx;

    assert_true(size >= 2);
    memcpy(atr, "\x3B\0", 2);
    *n = 2;
    f->resets++;
    f->fetched = false;
    return f->dead ? E_CLOSED : E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

/* ---- the network ---- */

static enum err open_host(void *ctx, bool tcp, const struct mobile_address *to, int *socket)
{
    struct fake *f = ctx;

    if (f->open)
        return f->open;
    assert_true(f->host_count < FAKE_SOCKETS);
    struct fake_host *h = &f->hosts[f->host_count];
    h->used = true;
    h->tcp = tcp;
    h->to = *to;
    h->takes = FAKE_OCTETS;
    *socket = (int)f->host_count++;
    return E_OK;
}

static struct fake_host *host(struct fake *f, int socket)
{
    assert_true(socket >= 0 && socket < (int)f->host_count);
    assert_true(f->hosts[socket].used && !f->hosts[socket].closed);
    return &f->hosts[socket];
}

static enum err linked(void *ctx, int socket)
{
    return host(ctx, socket)->linked;
}

static enum err send_to(void *ctx, int socket, slice octets, size_t *n)
{
    struct fake_host *h = host(ctx, socket);

    assert_true(octets.n > 0);
    if (h->broken)
        return h->broken;
    if (!h->takes)
        return E_AGAIN;
    *n = octets.n < h->takes ? octets.n : h->takes;
    h->takes -= *n;
    assert_true(*n <= sizeof h->out - h->out_n);
    memcpy(h->out + h->out_n, octets.p, *n);
    h->out_n += *n;
    h->datagrams++;
    return E_OK;
}

static enum err receive(void *ctx, bool tcp, int socket, uint8_t *to, size_t size, size_t *n)
{
    struct fake_host *h = host(ctx, socket);

    assert_int_equal(tcp, h->tcp);
    assert_true(size > 0);
    if (!h->in_n)
        return h->broken ? h->broken : E_AGAIN;
    *n = h->in_n < size ? h->in_n : size;
    memcpy(to, h->in, *n);
    h->in_n -= *n;
    memmove(h->in, h->in + *n, h->in_n);
    return E_OK;
}

static void close_host(void *ctx, int socket)
{
    host(ctx, socket)->closed = true;
}

static void wait_for(void *ctx, const struct mobile_wait *on, size_t count, unsigned ms)
{
    struct fake *f = ctx;

    for (size_t i = 0; i < count; i++)
        (void)host(f, on[i].socket);
    assert_true(ms > 0);
    f->waits++;
    f->waited_ms = ms;
    f->now_ms += ms;
}

static const struct mobile_net net = { &fake,   open_host,  linked,  send_to,
                                       receive, close_host, wait_for };

/* ---- what is told ---- */

static void told(void *ctx, const struct mobile_event *e)
{
    struct fake *f = ctx;

    switch (e->news) {
    case MOBILE_STARTED:
        f->started++;
        break;
    case MOBILE_COMMAND:
        f->commands++;
        f->last = *e;
        f->asked = e->asked ? *e->asked : (struct mobile_address){ .n = 0 };
        f->to = e->to ? *e->to : (struct mobile_address){ .n = 0 };
        break;
    case MOBILE_TEXT:
        f->texts++;
        assert_int_equal(hex_encode(e->data, f->text, sizeof f->text), E_OK);
        break;
    case MOBILE_SHORT_MESSAGE:
        f->messages++;
        assert_int_equal(hex_encode(e->data, f->message, sizeof f->message), E_OK);
        break;
    case MOBILE_ENVELOPE:
        break;
    case MOBILE_LINK:
        f->links++;
        break;
    }
}

static uint64_t now(void *ctx)
{
    return ((struct fake *)ctx)->now_ms;
}

static int64_t date(void *ctx)
{
    (void)ctx;
    return 1700000000; /* 2023-11-14 22:13:20 UTC */
}

/* ---- for tests ---- */

void fake_open(struct fake *f)
{
    f->link = (struct card_link){ f, transmit, reset, close_link };
    f->o.link = &f->link;
    f->o.event = told;
    f->o.now_ms = now;
    f->o.date_s = date;
    f->o.ctx = f;
    f->o.net = &net;
    assert_int_equal(mobile_open(&f->o, &f->m), E_OK);
}

int fake_setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.now_ms = 1000000;
    return 0;
}

int fake_teardown(void **state)
{
    (void)state;
    mobile_close(fake.m);
    for (size_t i = 0; i < fake.host_count; i++)
        assert_true(fake.hosts[i].closed);
    return 0;
}

void fake_want(uint8_t type, uint8_t qualifier, uint8_t device, const char *tlvs)
{
    uint8_t *p = fake.queue[fake.count].octets;
    const uint8_t head[] = { 0x81, 0x03,      (uint8_t)(fake.responses % 254 + 1),
                             type, qualifier, 0x82,
                             0x02, 0x81,      device };
    uint8_t octets[256];
    size_t n = fake_hex(tlvs, octets, sizeof octets), at = 0;

    assert_true(fake.count < FAKE_QUEUE && sizeof head + n <= 252);
    p[at++] = 0xD0;
    if (sizeof head + n >= 0x80)
        p[at++] = 0x81;
    p[at++] = (uint8_t)(sizeof head + n);
    memcpy(p + at, head, sizeof head);
    memcpy(p + at + sizeof head, octets, n);
    fake.queue[fake.count++].n = at + sizeof head + n;
}

void fake_step(void)
{
    assert_int_equal(mobile_step(fake.m), E_OK);
}

/* By the answer to a short message: no time goes by. */
void fake_announce(void)
{
    const char *answer = fake.envelope_answer;
    size_t envelopes = fake.envelopes, n;
    uint8_t report[256];
    uint16_t sw;

    fake.envelope_answer = NULL;
    assert_int_equal(mobile_sms(fake.m, SLICE_LIT("x"), report, sizeof report, &n, &sw), E_OK);
    fake.envelope_answer = answer;
    fake.envelopes = envelopes;
}

const char *fake_ask(uint8_t type, uint8_t qualifier, uint8_t device, const char *tlvs)
{
    size_t before = fake.responses;
    char head[40];

    snprintf(head, sizeof head, "8103%02X%02X%02X82028281", (unsigned)(before % 254 + 1), type,
             qualifier);
    fake_want(type, qualifier, device, tlvs);
    fake_announce();
    fake_step();
    if (fake.responses == before)
        return "";
    assert_int_equal(fake.responses, before + 1);
    assert_memory_equal(fake.response, head, strlen(head));
    return fake.response + strlen(head);
}

void fake_later(uint64_t ms)
{
    fake.now_ms += ms;
    fake_step();
}

const char *fake_envelope(void)
{
    static char hex[600];
    bool fresh = fake.envelopes != fake.envelopes_seen;

    fake.envelopes_seen = fake.envelopes;
    if (!fresh)
        return "";
    snprintf(hex, sizeof hex, "%s", fake.envelope);
    return hex;
}
