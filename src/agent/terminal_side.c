#include "agent/terminal_side.h"

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

/*
 * FETCH, then TERMINAL RESPONSE "performed" for whatever it was (command details of the command,
 * device identities terminal -> UICC, result 00): commands other than REFRESH need nothing of a
 * device without a user.
 */
static enum err perform(struct terminal_side *t)
{
    uint8_t fetch[5] = { 0x80, 0x12, 0x00, 0x00, t->pending };
    uint8_t answer[5 + 12] = { 0x80, 0x14, 0x00, 0x00, 12,   0x81, 0x03, 0,   0,
                               0,    0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00 };
    uint8_t response[CARD_RESPONSE_MAX];
    size_t n = 0, at = 2;
    enum err e;

    t->pending = 0;
    e = terminal_side_transmit(t, slice_of(fetch, sizeof fetch), response, sizeof response, &n);
    if (e)
        return e;
    if (n > 3 && response[1] == 0x81)
        at = 3; /* length in two octets */
    /* D0 L 81 03 number type qualifier ..; anything else is answered with nothing */
    if (n < at + 7 || response[0] != 0xD0 || (response[at] & 0x7F) != 0x01)
        return E_OK;
    memcpy(answer + 7, response + at + 2, 3);
    return terminal_side_transmit(t, slice_of(answer, sizeof answer), response, sizeof response,
                                  &n);
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
    /* TERMINAL PROFILE of a device that can do REFRESH in all its modes, timers and BIP. */
    static const uint8_t profile[] = { 0x80, 0x10, 0x00, 0x00, 0x14, 0xFF, 0xFF, 0xFF, 0xFF,
                                       0x7F, 0x9F, 0x00, 0xDF, 0xFF, 0x00, 0x00, 0x1F, 0xE2,
                                       0x00, 0x00, 0x00, 0xC3, 0xFB, 0x00, 0x00 };
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
