#include "reader/in_process.h"

#include "euicc/card.h"

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    if (size < CARD_RESPONSE_MAX)
        return E_NOSPACE;
    *n = card_apdu(ctx, command, response, size);
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    slice octets;

    card_reset(ctx);
    octets = card_atr(ctx);
    if (octets.n > size)
        return E_NOSPACE;
    memcpy(atr, octets.p, octets.n);
    *n = octets.n;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

struct card_link card_link_in_process(struct card *card)
{
    return (struct card_link){ card, transmit, reset, close_link };
}
