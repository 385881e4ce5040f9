/*
 * Ways to reach a card. A reader gives a card_link; whoever talks to the card sees only this.
 *
 *   in_process.c  a card of this process (euicc/card.h)
 *   tcp.c         a card or a reader at the other end of a TCP connection, framed as vpcd does:
 *                 two octets of big-endian length, then the message
 *   pcsc.c        a card in a PC/SC reader
 *   modem.c       a card in a modem, by AT+CSIM
 *   stdio_ask.c   a card at the other end of a pipe, by lpac's stdio protocol
 *
 * A link is used by one thread at a time. Nothing here interprets APDUs: 61XX and 91XX come back as
 * they are.
 */
#ifndef DUNLIN_READER_READER_H
#define DUNLIN_READER_READER_H

#include "base/err.h"
#include "base/slice.h"

/* A short response APDU with its status word; readers pass longer ones when the buffer is larger.
 */
#define CARD_RESPONSE_MAX 258

struct card_link {
    void *ctx;

    /*
     * One command APDU, one response with its two octets of status word in response[0 .. *n).
     * E_NOSPACE: size is too small (CARD_RESPONSE_MAX always suffices for short APDUs).
     * E_CLOSED, E_NETWORK, E_TIMEOUT: the card is out of reach; only reset or close may follow.
     */
    enum err (*transmit)(void *ctx, slice command, uint8_t *response, size_t size, size_t *n);

    /* Resets the card (power on where it is off) and gives its ATR. Errors as for transmit. */
    enum err (*reset)(void *ctx, uint8_t *atr, size_t size, size_t *n);

    /* Gives back what the link holds. The link must not be used after it. */
    void (*close)(void *ctx);
};

static inline MUST_USE enum err card_link_transmit(const struct card_link *link, slice command,
                                                   uint8_t *response, size_t size, size_t *n)
{
    return link->transmit(link->ctx, command, response, size, n);
}

static inline MUST_USE enum err card_link_reset(const struct card_link *link, uint8_t *atr,
                                                size_t size, size_t *n)
{
    return link->reset(link->ctx, atr, size, n);
}

static inline void card_link_close(const struct card_link *link)
{
    link->close(link->ctx);
}

#endif
