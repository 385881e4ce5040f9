/*
 * One TCP connection of the card to a host, or UDP exchange with it, through the terminal's bearer
 * independent protocol (TS 102 223 6.4.27 to 6.4.31): what opens it gives and takes octets, and
 * does not see the commands.
 *
 * The struct lies in its user's own state and is prepared once, at boot. From bip_open to
 * BIP_CLOSED the connection is in use; each bip_open that returns E_OK leads to exactly one
 * BIP_CLOSED, and what was not handed over by then is lost. The user's function runs inside the
 * transaction of the APDU that brought the news, and may call anything here.
 */
#ifndef DUNLIN_EUICC_BIP_H
#define DUNLIN_EUICC_BIP_H

#include "euicc/cat.h"

#define BIP_SEND_MAX 1024 /* octets that wait for the terminal */

enum bip_event {
    BIP_OPENED,
    BIP_DATA, /* octets arrived: they are borrowed, and never none; a datagram may come in pieces */
    BIP_SENT, /* all octets are with the terminal */
    BIP_CLOSED
};

/* Why it is closed. */
enum bip_why {
    BIP_BY_US,   /* bip_close */
    BIP_BY_PEER, /* the link is gone; what had arrived was handed over */
    BIP_REFUSED, /* the terminal refused a command: result and info say how */
    BIP_TIMEOUT, /* nothing happened for the time given */
    BIP_RESET    /* the terminal began anew */
};

enum bip_state { BIP_IDLE, BIP_OPENING, BIP_CONNECTING, BIP_OPEN, BIP_CLOSING };

typedef void bip_heard(struct card *card, void *ctx, enum bip_event event, slice data);

struct bip {
    bip_heard *heard;
    void *ctx;
    enum bip_state state;
    enum bip_why why;     /* valid in BIP_CLOSED */
    uint8_t result, info; /* of BIP_REFUSED: TS 102 223 8.12, 8.12.11 */

    /* the rest is its own */
    uint8_t channel;      /* 1 .. 7, 0: none */
    bool datagrams;       /* UDP */
    bool busy;            /* one of its commands is in the queue */
    bool ending, dropped; /* to be closed; the link is gone */
    bool alive;           /* something happened since the timer was set */
    bool signalled;       /* data arrived since RECEIVE DATA was queued */
    bool turn;            /* the next is RECEIVE DATA, if both can be done */
    uint8_t timer;        /* 0: none */
    uint16_t timeout_s;
    uint8_t chunk;       /* octets of one SEND DATA at most */
    uint8_t ready;       /* octets that the terminal has; 255: or more */
    uint16_t sending, n; /* octets of `out` in SEND DATA, and in all */
    uint8_t out[BIP_SEND_MAX];
};

/* From an application's boot. E_LIMIT: see cat_watch. */
MUST_USE enum err bip_init(struct card *card, struct bip *b, bip_heard *heard, void *ctx);

/*
 * timeout_s: when nothing is sent or received for so long, and at the latest for twice as long, the
 * connection ends; 0, and on a terminal without timers: never. E_STATE: in use, or no TERMINAL
 * PROFILE. E_UNSUPPORTED: the terminal has not this transport, or not the events. E_LIMIT: the
 * queue has no room. E_CONFLICT: somebody else sets up the event list. Nothing is borrowed after it
 * returns.
 */
MUST_USE enum err bip_open(struct card *card, struct bip *b, const struct cat_channel *to,
                           uint16_t timeout_s);
/*
 * Takes the octets that fit, and says how many. None before BIP_OPENED, and after bip_close. Over
 * UDP it is one datagram, of up to BIP_SEND_MAX octets: the whole of it is taken when the one
 * before is with the terminal, else nothing.
 */
size_t bip_send(struct card *card, struct bip *b, slice octets);
/* How many octets bip_send would take. */
size_t bip_room(const struct bip *b);
/* BIP_CLOSED follows, later or at once. Octets that wait are not sent. */
void bip_close(struct card *card, struct bip *b);

#endif
