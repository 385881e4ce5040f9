/*
 * HTTPS out of the card with anything at its other end. TLS is replaced by a provider that passes
 * octets through, and random numbers by a constant: the input is then the resolver's and the
 * server's plain octets, and whatever the terminal likes to say in between.
 *
 * Input: steps of an octet that says what (modulo their number), one of length, and octets. What
 * must hold: each exchange ends once, no connection is left open in the provider, and after a reset
 * another one begins.
 */
#include "crypto/crypto.h"
#include "euicc/card.h"
#include "euicc/web/web.h"

#include <stdlib.h>

#define MEMORY 32768
#define HALF   4096

enum step {
    STEP_NETWORK,
    STEP_NAME,
    STEP_NUMBER,
    STEP_ANSWER,
    STEP_APDU,
    STEP_LINK,
    STEP_TIMER,
    STEP_CLOSE,
    STEP_RESET,
    STEPS
};

static _Alignas(8) uint8_t memory[MEMORY];
static uint8_t octets[HALF * NVM_HALVES];
static const struct card_personality personality = { .channels = 2 };
static const struct web_network network = { .dns = SLICE_LIT("\xC0\x00\x02\x35") };
static struct web web;
static unsigned posted, ended;
static bool again;

/* ---- TLS that hides nothing ---- */

struct open_tls {
    struct tls_session is;
    uint8_t in[1024], out[4096];
    size_t in_n, out_n;
};

static unsigned sessions;

static const struct tls_provider provider;

static enum err tls_open(void *ctx, const struct tls_session_options *o, struct tls_session **out)
{
    struct open_tls *s = calloc(1, sizeof *s);

    (void)ctx;
    (void)o;
    if (!s)
        abort();
    s->is.by = &provider;
    s->out[s->out_n++] = 'H';
    sessions++;
    *out = &s->is;
    return E_OK;
}

/* The first octet opens it; FF ends it, FE breaks it. */
static void tls_feed(struct tls_session *is, slice data)
{
    struct open_tls *s = (struct open_tls *)is;

    for (size_t i = 0; i < data.n && is->state != TLS_SESSION_FAILED; i++) {
        if (data.p[i] == 0xFE) {
            is->state = TLS_SESSION_FAILED;
            is->fault = E_BADMAC;
        } else if (is->state == TLS_SESSION_SHAKING) {
            is->state = TLS_SESSION_OPEN;
        } else if (s->in_n < sizeof s->in) {
            s->in[s->in_n++] = data.p[i];
        }
    }
}

static size_t tls_drain(struct tls_session *is, uint8_t *out, size_t size)
{
    struct open_tls *s = (struct open_tls *)is;
    size_t n = s->out_n < size ? s->out_n : size;

    memcpy(out, s->out, n);
    s->out_n -= n;
    memmove(s->out, s->out + n, s->out_n);
    return n;
}

static size_t tls_waiting(const struct tls_session *is)
{
    return ((const struct open_tls *)is)->out_n;
}

static enum err tls_write(struct tls_session *is, slice data)
{
    struct open_tls *s = (struct open_tls *)is;

    if (data.n > sizeof s->out - s->out_n)
        abort();
    memcpy(s->out + s->out_n, data.p, data.n);
    s->out_n += data.n;
    return E_OK;
}

static size_t tls_read(struct tls_session *is, uint8_t *out, size_t size)
{
    struct open_tls *s = (struct open_tls *)is;
    size_t n = 0;

    while (n < s->in_n && n < size && s->in[n] != 0xFF)
        n++;
    if (n == 0 && s->in_n && size)
        is->state = TLS_SESSION_ENDED;
    memcpy(out, s->in, n);
    s->in_n -= n;
    memmove(s->in, s->in + n, s->in_n);
    return n;
}

static void tls_end(struct tls_session *is)
{
    struct open_tls *s = (struct open_tls *)is;

    if (s->out_n < sizeof s->out)
        s->out[s->out_n++] = 'E';
}

static void tls_close(struct tls_session *is)
{
    sessions--;
    free(is);
}

static const struct tls_provider provider = { tls_open,  tls_feed, tls_drain, tls_waiting,
                                              tls_write, tls_read, tls_end,   tls_close };

static enum err no_random(void *ctx, void *out, size_t n)
{
    (void)ctx;
    memset(out, 0x12, n);
    return E_OK;
}

/* ---- the user ---- */

static enum err believe(void *ctx, const slice *chain, size_t count)
{
    (void)ctx;
    (void)chain;
    (void)count;
    return E_OK;
}

static void post(struct card *card, bool name)
{
    static const uint8_t body[1500];
    struct web_request r = { .host = name ? SLICE_LIT("smdp.example.test") : SLICE_LIT("192.0.2.1"),
                             .path = SLICE_LIT("/"),
                             .body = SLICE_OF(body),
                             .tls = { .believe = believe } };

    posted++; /* it may end before web_post returns */
    if (web_post(card, &web, &r))
        posted--;
}

static void hear(struct card *card, void *ctx, enum web_event event, int number, slice data)
{
    (void)ctx;
    if (event == WEB_DATA && (!data.n || !data.p))
        abort();
    if (event == WEB_STATUS && number == 299)
        web_close(card, &web), posted--;
    if (event != WEB_END && event != WEB_FAILED)
        return;
    if (++ended > posted || web_busy(&web))
        abort();
    if (again) {
        again = false;
        post(card, event == WEB_END);
    }
}

/* ---- the terminal ---- */

static size_t send(struct card *card, slice in, uint8_t out[CARD_REPLY_MAX])
{
    uint8_t *command = malloc(in.n ? in.n : 1);

    if (!command)
        abort();
    if (in.n)
        memcpy(command, in.p, in.n);
    size_t n = card_apdu(card, slice_of(command, in.n), out, CARD_REPLY_MAX);
    free(command);
    if (n < 2 || sessions != (web.tls != NULL) || ended > posted ||
        (web_busy(&web) ? ended + 1 : ended) != posted)
        abort();
    return n;
}

/* The command that waits, answered with these TLVs, or as it should be. False: none waits. */
static bool perform(struct card *card, slice tlvs, slice *network_octets)
{
    static const uint8_t status[] = { 0x80, 0xF2, 0x00, 0x0C };
    uint8_t out[CARD_REPLY_MAX], fetch[] = { 0x80, 0x12, 0x00, 0x00, 0x00 };
    uint8_t r[5 + 255] = { 0x80, 0x14, 0x00, 0x00, 0, 0x81, 0x03, 0, 0, 0, 0x83, 0x01, 0x00 };
    size_t n = send(card, SLICE_OF(status), out), at;

    if (out[n - 2] != 0x91)
        return false;
    fetch[4] = out[n - 1];
    n = send(card, SLICE_OF(fetch), out);
    at = out[1] == 0x81 ? 5 : 4;
    memcpy(r + 7, out + at, 3);
    n = 13;
    if (tlvs.p) {
        n = 10 + slice_head(tlvs, 240).n;
        memcpy(r + 10, tlvs.p, n - 10);
    } else if (r[8] == CAT_OPEN_CHANNEL) {
        memcpy(r + n, "\xB8\x02\x81\x00", 4);
        n += 4;
    } else if (r[8] == CAT_RECEIVE_DATA) {
        slice part = slice_head(*network_octets, 120);

        r[n++] = 0xB6;
        r[n++] = (uint8_t)part.n;
        if (part.n)
            memcpy(r + n, part.p, part.n);
        n += part.n;
        *network_octets = slice_skip(*network_octets, part.n);
        memcpy(r + n, "\xB7\x01", 2);
        n += 2;
        r[n++] = (uint8_t)(network_octets->n < 255 ? network_octets->n : 255);
    }
    r[4] = (uint8_t)(n - 5);
    send(card, slice_of(r, n), out);
    return true;
}

static void network_sends(struct card *card, slice data)
{
    uint8_t event[] = { 0x80, 0xC2, 0,    0,    16,   0xD6, 14,   0x99, 0x01, 0x09, 0x82,
                        0x02, 0x82, 0x81, 0xB8, 0x02, 0x81, 0x00, 0xB7, 0x01, 0xFF };
    uint8_t out[CARD_REPLY_MAX];
    unsigned steps = 0;

    while (perform(card, SLICE_NONE, &data) && steps++ < 200)
        ;
    if (data.n) {
        send(card, SLICE_OF(event), out);
        while (perform(card, SLICE_NONE, &data) && steps++ < 400)
            ;
    }
}

static void begin(struct card *card)
{
    uint8_t profile[5 + 34] = { 0x80, 0x10, 0x00, 0x00, 34 }, out[CARD_REPLY_MAX];

    memset(profile + 5, 0xFF, 34);
    send(card, SLICE_OF(profile), out);
}

static void step(struct card *card, enum step what, slice data)
{
    uint8_t link[] = { 0x80, 0xC2, 0,    0,    13,   0xD6, 11,   0x99, 0x01,
                       0x0A, 0x82, 0x02, 0x82, 0x81, 0xB8, 0x02, 0x01, 0x05 };
    uint8_t timer[] = { 0x80, 0xC2, 0,    0,    14,   0xD7, 12,   0x82, 0x02, 0x82,
                        0x81, 0xA4, 0x01, 0x01, 0xA5, 0x03, 0x00, 0x00, 0x00 };
    uint8_t out[CARD_REPLY_MAX];

    switch (what) {
    case STEP_NETWORK:
        network_sends(card, data);
        break;
    case STEP_NAME:
    case STEP_NUMBER:
        again = data.n;
        post(card, what == STEP_NAME);
        break;
    case STEP_ANSWER:
        perform(card, data.p ? data : SLICE_EMPTY, &data);
        break;
    case STEP_APDU:
        send(card, data, out);
        break;
    case STEP_LINK:
        send(card, SLICE_OF(link), out);
        break;
    case STEP_TIMER:
        send(card, SLICE_OF(timer), out);
        break;
    case STEP_CLOSE:
        posted -= web_busy(&web);
        web_close(card, &web);
        break;
    default:
        card_reset(card);
        if (web_busy(&web) || web.tls || posted != ended)
            abort();
        begin(card);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct crypto crypto = *crypto_openssl();
    struct nvm_ram ram;
    struct nvm nvm;
    enum err why;

    crypto.random = no_random;
    crypto.tls = &provider;
    posted = ended = 0;
    again = false;
    memset(octets, 0, sizeof octets);
    nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card = card_boot(memory, sizeof memory, &nvm, &crypto, &personality, &why);
    if (!card || web_init(card, &web, &network, hear, NULL))
        abort();
    begin(card);
    for (slice in = slice_of(data, size); in.n >= 2;) {
        enum step what = (enum step)(in.p[0] % STEPS);
        size_t n = in.p[1];

        in = slice_skip(in, 2);
        step(card, what, slice_head(in, n));
        in = slice_skip(in, n);
    }
    step(card, STEP_RESET, SLICE_NONE);
    again = false;
    post(card, false);
    network_sends(card, SLICE_LIT("S"));
    network_sends(card, SLICE_LIT("HTTP/1.1 204 x\r\n\r\n"));
    if (posted != ended || web_busy(&web))
        abort();
    web_close(card, &web);
    if (sessions)
        abort();
    card_close(card);
    return 0;
}
