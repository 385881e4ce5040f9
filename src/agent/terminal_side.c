#include "agent/terminal_side.h"

#include "reader/proactive.h"

#define COMMANDS_MAX 8 /* proactive commands in a row */

void terminal_side_init(struct terminal_side *t, const struct card_link *link)
{
    *t = (struct terminal_side){ .link = link };
}

enum err terminal_side_transmit(struct terminal_side *t, slice command, uint8_t *response,
                                size_t size, size_t *n)
{
    enum err e = card_link_transmit(t->link, command, response, size, n);

    if (!e && *n >= 2 && response[*n - 2] == 0x91)
        t->pending = response[*n - 1];
    return e;
}

static enum err respond(struct terminal_side *t, const struct proactive *c)
{
    uint8_t command[5 + PROACTIVE_ANSWER_MAX] = { 0x80, 0x14, 0x00, 0x00 };
    uint8_t response[CARD_RESPONSE_MAX];
    struct proactive_answer a;
    size_t n = 0;

    proactive_answer_refresh_only(&a, c);
    command[4] = (uint8_t)a.n;
    memcpy(command + 5, a.octets, a.n);
    return terminal_side_transmit(t, slice_of(command, 5 + a.n), response, sizeof response, &n);
}

/* FETCH, then TERMINAL RESPONSE; what is no command is answered with nothing. */
static enum err perform(struct terminal_side *t)
{
    uint8_t fetch[5] = { 0x80, 0x12, 0x00, 0x00, t->pending };
    uint8_t response[CARD_RESPONSE_MAX];
    struct proactive c;
    size_t n = 0;
    enum err e;

    t->pending = 0;
    e = terminal_side_transmit(t, slice_of(fetch, sizeof fetch), response, sizeof response, &n);
    if (e || n < 2 || proactive_parse(slice_of(response, n - 2), &c))
        return e;
    return respond(t, &c);
}

static enum err perform_all(struct terminal_side *t)
{
    enum err e = E_OK;

    for (unsigned i = 0; !e && t->pending && i < COMMANDS_MAX; i++)
        e = perform(t);
    return e;
}

enum err terminal_side_reset(struct terminal_side *t)
{
    /* TERMINAL PROFILE (TS 102 223 5.2): profile download, REFRESH */
    static const uint8_t profile[] = { 0x80, 0x10, 0x00, 0x00, 0x03, 0x01, 0x00, 0x80 };
    uint8_t response[CARD_RESPONSE_MAX], atr[64];
    size_t n = 0;
    enum err e = card_link_reset(t->link, atr, sizeof atr, &n);

    t->pending = 0;
    if (!e)
        e = terminal_side_transmit(t, slice_of(profile, sizeof profile), response, sizeof response,
                                   &n);
    return e ? e : perform_all(t);
}

enum err terminal_side_refresh(struct terminal_side *t)
{
    enum err e = perform_all(t);

    return e ? e : terminal_side_reset(t);
}
