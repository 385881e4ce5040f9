/*
 * A mobile equipment around a card: it performs what the card asks of its terminal (TS 102 223),
 * with real sockets for the bearer independent protocol, and delivers short messages to the card.
 * It has no radio: its location, its identity and its service are what the options say.
 *
 * REFRESH, MORE TIME, POLL INTERVAL, POLLING OFF, SET UP EVENT LIST (location status, data
 * available, channel status), SEND SHORT MESSAGE and DISPLAY TEXT (both handed to the callback),
 * PROVIDE LOCAL INFORMATION, TIMER MANAGEMENT, OPEN CHANNEL (TCP and UDP client), CLOSE CHANNEL,
 * RECEIVE DATA, SEND DATA, GET CHANNEL STATUS. Everything else is answered with 30, beyond the
 * terminal's capabilities. TERMINAL PROFILE announces exactly this.
 *
 *     struct mobile_options o = { .link = &link };
 *     struct mobile *m;
 *     enum err e = mobile_open(&o, &m);       resets the card and introduces itself
 *     while (!e && !done)
 *         e = mobile_run(m, 100);             lives for 100 ms
 *     mobile_close(m);
 *
 * Used by one thread; the link is the terminal's alone. Whatever a card sends is answered, within
 * bounded memory and time; E_OK says that the card is there, not that it is content.
 */
#ifndef DUNLIN_TERMINAL_MOBILE_H
#define DUNLIN_TERMINAL_MOBILE_H

#include "reader/reader.h"

#define MOBILE_CHANNELS 7
#define MOBILE_TIMERS   8
#define MOBILE_BUFFER_MAX                                                                          \
    8192 /* octets of a channel, each way; a card that wants more has these                        \
          */

/* An address of IPv4 or IPv6: n is 4 or 16. */
struct mobile_address {
    uint8_t n, octets[16];
    uint16_t port;
};

/* OPEN CHANNEL to `from` goes to `to`. Port 0 in from: every port; in to: the one asked for. */
struct mobile_map {
    struct mobile_address from, to;
};

struct mobile_wait {
    int socket;
    bool readable, writable; /* what is waited for */
};

/* The network, for tests; mobile_sockets is the real one. Nothing here blocks but wait. */
struct mobile_net {
    void *ctx;
    /* Begins to connect. */
    enum err (*open)(void *ctx, bool tcp, const struct mobile_address *to, int *socket);
    /* E_OK: linked. E_AGAIN: not yet. Else it failed. */
    enum err (*linked)(void *ctx, int socket);
    /* *n octets were taken, of a datagram all. E_AGAIN: none at the moment. Else it is over. */
    enum err (*send)(void *ctx, int socket, slice octets, size_t *n);
    /* *n > 0 octets, or one datagram. E_AGAIN: none at the moment. Else it is over. */
    enum err (*receive)(void *ctx, bool tcp, int socket, uint8_t *to, size_t size, size_t *n);
    void (*close)(void *ctx, int socket);
    /* Until something may have happened to one of them, or so long. */
    void (*wait)(void *ctx, const struct mobile_wait *on, size_t count, unsigned ms);
};
extern const struct mobile_net mobile_sockets;

enum mobile_news {
    MOBILE_STARTED,       /* reset, TERMINAL PROFILE given; also after a REFRESH that restarts */
    MOBILE_COMMAND,       /* a proactive command was answered: type, qualifier, result, info */
    MOBILE_TEXT,          /* DISPLAY TEXT: data coding scheme in info, data */
    MOBILE_SHORT_MESSAGE, /* SEND SHORT MESSAGE: the TPDU in data; qualifier as in the command */
    MOBILE_ENVELOPE,      /* type is its tag, data the whole, sw the card's answer */
    MOBILE_LINK           /* the link of `channel` is up (result 0) or gone */
};

/* Slices are borrowed until the callback returns. */
struct mobile_event {
    enum mobile_news news;
    uint8_t type, qualifier, result;
    int info;        /* additional information on the result; -1: none */
    uint8_t channel; /* of the commands of BIP; 0: none */
    uint16_t sw;
    slice data;                              /* of MOBILE_COMMAND: the whole command */
    const struct mobile_address *asked, *to; /* OPEN CHANNEL: where to, and where it really went */
};

struct mobile_location {
    char mcc[4], mnc[4]; /* digits; mnc two or three of them */
    uint16_t lac, cell;
};

/* All zero but the link is a usable choice. Everything is borrowed until mobile_close. */
struct mobile_options {
    const struct card_link *link;
    slice capability;                /* TERMINAL CAPABILITY, its A9 whole; absent: not sent */
    const char *imei, *imeisv;       /* 15 and 16 digits */
    const char *language;            /* two letters */
    struct mobile_location location; /* "": MCC 001, MNC 01 */
    uint8_t access_technology;       /* TS 102 223 8.61; 0 is GSM */
    const struct mobile_map *maps;
    size_t map_count;
    bool mapped_only;     /* a channel to what no map names is refused */
    uint32_t poll_ms;     /* between two STATUS where the card asks for nothing; 0: 30 s */
    uint32_t register_ms; /* after the start there is no service for so long */
    uint32_t connect_ms;  /* patience with a host; 0: 30 s */

    void (*event)(void *ctx, const struct mobile_event *e);
    uint64_t (*now_ms)(void *ctx); /* NULL: the monotonic clock */
    int64_t (*date_s)(void *ctx);  /* seconds since 1970; NULL: the system's */
    void *ctx;                     /* of these three */
    const struct mobile_net *net;  /* NULL: mobile_sockets */
};

struct mobile;

/* Powers the card on. E_ARGUMENT: an option. E_MEMORY, errors of the link. */
MUST_USE enum err mobile_open(const struct mobile_options *o, struct mobile **out);
/* Closes channels; the link stays open. NULL is allowed. */
void mobile_close(struct mobile *m);

/* Resets the card, introduces itself anew. Channels, timers and events end. */
MUST_USE enum err mobile_restart(struct mobile *m);
/*
 * Does what can be done without waiting, at most some dozens of commands: FETCH, TERMINAL RESPONSE,
 * sockets, ENVELOPEs, STATUS. Errors of the link: only mobile_restart and mobile_close may follow.
 */
MUST_USE enum err mobile_step(struct mobile *m);
/* Steps and waits for sockets and timers in between, for ms milliseconds. */
MUST_USE enum err mobile_run(struct mobile *m, unsigned ms);
/* No command waits or is under way, no channel is open, no ENVELOPE is due. Timers may run. */
bool mobile_idle(const struct mobile *m);

/*
 * SMS-PP DOWNLOAD of an SMS-DELIVER TPDU (TS 31.111 7.1.1). The card's answer, user data of the
 * SMS-DELIVER-REPORT, goes to answer (256 octets always suffice); *sw: 9000, or 62XX and 63XX with
 * an answer that reports an error. Proactive commands that come of it are for the next step.
 * E_SIZE: the TPDU is none, or too long. E_AGAIN: the card is busy (9300). E_REFUSED: another *sw.
 */
MUST_USE enum err mobile_sms(struct mobile *m, slice tpdu, uint8_t *answer, size_t size, size_t *n,
                             uint16_t *sw);
/* Moves to a place; the card hears of it where its event list wants so. E_ARGUMENT. */
MUST_USE enum err mobile_move(struct mobile *m, const struct mobile_location *to);

/* ---- texts ---- */

/* "ADDRESS[:PORT]=ADDRESS[:PORT]", an address of IPv6 in square brackets. E_SYNTAX. */
MUST_USE enum err mobile_map_read(const char *text, struct mobile_map *out);
/* "127.0.0.1:443", "[::1]:443". Returns buf. */
#define MOBILE_ADDRESS_TEXT 64
const char *mobile_address_print(const struct mobile_address *a, char buf[MOBILE_ADDRESS_TEXT]);
/* "MCC-MNC", "MCC-MNC-LAC-CELL" with LAC and cell in hexadecimal. E_SYNTAX. */
MUST_USE enum err mobile_location_read(const char *text, struct mobile_location *out);

/* Words for people; never NULL. */

const char *mobile_command_name(uint8_t type);
const char *mobile_result_name(uint8_t result);

#endif
