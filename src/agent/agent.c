#include "agent/agent.h"

#include "agent/terminal_side.h"
#include "agent/web.h"
#include "base/secret.h"
#include "net/loop.h"

#include <stdalign.h>
#include <stdlib.h>

#define CARD_LOST_MAX 3 /* resets that fail before the card counts as gone */

struct agent {
    struct agent_options o;
    struct agent_web *web;
    struct terminal_side side;
    struct ipa *ipa;
    struct ipa_event next; /* what the machine is told when agent_run goes on */
    alignas(uint64_t) uint8_t memory[IPA_MEMORY];
    uint8_t response[CARD_RESPONSE_MAX];
    struct agent_body body; /* of the exchange that is under way */
};

/* Release 9 of LTE and nothing else: what a device says that knows nothing of itself. */
static const uint8_t plain_device_info[] = { 0x30, 0x0D, 0x80, 0x04, 0x00, 0x00, 0x00, 0x00,
                                             0xA1, 0x05, 0x85, 0x03, 0x09, 0x00, 0x00 };

uint64_t agent_now_ms(void)
{
    return loop_now_ms();
}

static struct ipa_bytes bytes(slice s)
{
    return (struct ipa_bytes){ s.p, s.n };
}

static slice unbytes(struct ipa_bytes b)
{
    return (slice){ b.p, b.n };
}

static void on_note(void *ctx, enum ipa_note note, int64_t number, struct ipa_bytes text)
{
    struct agent *a = ctx;

    if (a->o.note)
        a->o.note(a->o.ctx, note, number, unbytes(text));
}

static void on_eim(void *ctx, unsigned index, struct ipa_bytes configuration)
{
    struct agent *a = ctx;

    agent_web_eim(a->web, index, unbytes(configuration));
    if (a->o.eim)
        a->o.eim(a->o.ctx, unbytes(configuration));
}

static unsigned features_of(const struct agent_options *o)
{
    unsigned features = o->direct || !o->indirect ? IPA_FEATURE_DIRECT : 0u;

    return features | (o->indirect ? IPA_FEATURE_INDIRECT | IPA_FEATURE_EIM_KEEPS_DATA : 0u);
}

enum err agent_open(const struct agent_options *options, struct agent **out)
{
    struct agent *a = calloc(1, sizeof *a);
    struct ipa_options o = {
        .features = features_of(options),
        .asn1_es9plus = options->asn1_es9plus,
        .device_info =
            bytes(options->device_info.p ? options->device_info : SLICE_OF(plain_device_info)),
        .add_initial_eim = bytes(options->initial_eim),
        .poll_ms = options->poll_ms,
        .retry_ms = options->retry_ms,
        .note = on_note,
        .eim = on_eim,
        .ctx = a,
    };
    enum err e;

    *out = NULL;
    if (!a)
        return E_MEMORY;
    a->o = *options;
    terminal_side_init(&a->side, options->link);
    e = agent_web_open(&a->o, &a->web); /* which borrows them */
    if (!e)
        e = terminal_side_reset(&a->side);
    if (!e && !(a->ipa = ipa_init(a->memory, sizeof a->memory, &o)))
        e = E_MEMORY;
    a->next = (struct ipa_event){ .kind = IPA_START };
    if (e) {
        agent_close(a);
        return e;
    }
    *out = a;
    return E_OK;
}

void agent_close(struct agent *a)
{
    if (!a)
        return;
    agent_web_close(a->web);
    wipe(a, sizeof *a);
    free(a);
}

/* ---- what the machine wants ---- */

static struct ipa_event do_apdu(struct agent *a, const struct ipa_want *w)
{
    struct ipa_event e = { .kind = IPA_CARD_ANSWER };
    size_t n = 0;

    if (terminal_side_transmit(&a->side, unbytes(w->data), a->response, sizeof a->response, &n))
        e.kind = IPA_CARD_LOST;
    e.data = (struct ipa_bytes){ a->response, n };
    return e;
}

static struct ipa_event do_exchange(struct agent *a, const struct ipa_want *w)
{
    struct ipa_event e = { .kind = IPA_NET_STATUS };

    if (agent_web_post(a->web, w, &a->body))
        e.kind = IPA_NET_FAILED;
    else
        e.number = a->body.status;
    return e;
}

static struct ipa_event do_data(struct agent *a)
{
    struct ipa_event e = { .kind = a->body.left.n ? IPA_NET_DATA : IPA_NET_END };

    e.data = bytes(a->body.left);
    return e;
}

static struct ipa_event do_switch(struct agent *a)
{
    struct ipa_event e = { .kind = IPA_CARD_RESET };

    if (terminal_side_refresh(&a->side))
        e.kind = IPA_CARD_LOST;
    return e;
}

static enum err do_card(struct agent *a, struct ipa_event *e)
{
    enum err err = E_CLOSED;

    for (unsigned i = 0; err && i < CARD_LOST_MAX; i++)
        err = terminal_side_reset(&a->side);
    *e = (struct ipa_event){ .kind = IPA_CARD_RESET };
    return err;
}

enum err agent_run(struct agent *a, uint64_t *wake_ms)
{
    for (;;) {
        struct ipa_want w;
        enum err e = E_OK;

        a->next.now_ms = agent_now_ms();
        w = ipa_step(a->ipa, &a->next);
        if (a->next.kind == IPA_NET_DATA)
            a->body.left = slice_skip(a->body.left, w.used);
        switch (w.kind) {
        case IPA_WANT_APDU:
            a->next = do_apdu(a, &w);
            break;
        case IPA_WANT_EXCHANGE:
            a->next = do_exchange(a, &w);
            break;
        case IPA_WANT_DATA:
            a->next = do_data(a);
            break;
        case IPA_WANT_SWITCH:
            a->next = do_switch(a);
            break;
        case IPA_WANT_CARD:
            e = do_card(a, &a->next);
            break;
        case IPA_WANT_TIME:
            a->next = (struct ipa_event){ .kind = IPA_TIME };
            *wake_ms = w.wake_ms;
            if (w.wake_ms > agent_now_ms())
                return E_OK;
            break;
        }
        if (e)
            return e;
    }
}
