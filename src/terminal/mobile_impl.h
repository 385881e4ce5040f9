/* What the files of this room share. See mobile.h for the outside. */
#ifndef DUNLIN_TERMINAL_MOBILE_IMPL_H
#define DUNLIN_TERMINAL_MOBILE_IMPL_H

#include "reader/proactive.h"
#include "reader/terminal.h"
#include "terminal/mobile.h"

#define SOCKET_NONE (-1)
#define SW_BUSY     0x9300

enum link {
    LINK_NONE, /* on demand, and nothing was sent yet */
    LINK_CONNECTING,
    LINK_UP,
    LINK_GONE
};

/* A channel of the bearer independent protocol; its number is its place plus one. */
struct channel {
    bool used, tcp;
    bool cut; /* the buffers are smaller than asked */
    enum link link;
    int socket;
    uint64_t give_up_ms; /* LINK_CONNECTING */
    struct mobile_address asked, to;
    uint16_t size;             /* of both buffers */
    uint16_t received_n;       /* waits for RECEIVE DATA */
    uint16_t stored_n;         /* waits for the network */
    bool sending;              /* what is stored is to leave */
    bool data_news, link_news; /* the card has not been told */
    uint8_t received[MOBILE_BUFFER_MAX], stored[MOBILE_BUFFER_MAX];
};

/* A command that is not answered yet: OPEN CHANNEL until the link is there, SEND DATA until there
 * is room. */
struct deferred {
    bool on;
    struct proactive command; /* points into octets */
    unsigned channel;         /* its place */
    uint64_t until_ms;
    uint8_t octets[PROACTIVE_ANSWER_MAX + 1]; /* the last command, whole */
    size_t n;
};

struct timer {
    bool running;
    uint64_t started_ms, due_ms;
};

struct mobile {
    struct mobile_options o;
    const struct mobile_net *net;
    struct terminal card;
    uint8_t waiting; /* XX of 91XX */
    bool restart;    /* REFRESH said so */
    bool registered, location_news;
    uint64_t started_ms;
    uint32_t poll_ms; /* 0: polling is off */
    uint64_t poll_at_ms, busy_until_ms;
    uint32_t events; /* bit n: event n is in the list */
    uint8_t imei[8], imeisv[9];
    struct mobile_location location;
    struct timer timers[MOBILE_TIMERS];
    struct deferred deferred;
    struct {                             /* of the last OPEN CHANNEL, for the callback */
        struct mobile_address asked, to; /* n 0: it did not come so far */
        uint8_t channel;                 /* 0: none was opened */
    } opened;
    struct channel channels[MOBILE_CHANNELS];
};

uint64_t mobile_now(const struct mobile *m);
void mobile_tell(struct mobile *m, const struct mobile_event *e);
/* ENVELOPE with a BER-TLV of these comprehension TLVs. Errors of the link; m->card.sw says more. */
MUST_USE enum err mobile_envelope(struct mobile *m, uint8_t tag, slice tlvs);

/* ---- commands: each fills in the answer, or defers it: m->deferred.on ---- */

typedef void mobile_perform(struct mobile *m, const struct proactive *c,
                            struct proactive_answer *a);

void answer_command(struct mobile *m, const struct proactive *c, struct proactive_answer *a);

/* information.c */
mobile_perform perform_local_information;
/* E_ARGUMENT */
MUST_USE enum err identities(struct mobile *m);
MUST_USE enum err location_octets(const struct mobile_location *l, uint8_t out[7]);

/* timers.c */
mobile_perform perform_timer;
void timers_stop(struct mobile *m);
/* The next that expires, or has; UINT64_MAX: none runs. */
uint64_t timers_due_ms(const struct mobile *m);
/* Tells the card of one that has expired. False: none has. */
bool timers_one(struct mobile *m, enum err *e);

/* channels.c, transfer.c */
mobile_perform perform_open_channel, perform_close_channel, perform_channel_status;
mobile_perform perform_send_data, perform_receive_data;
void channels_close(struct mobile *m);
void channel_free(struct mobile *m, struct channel *ch);
/* The channel that a command is for; NULL: *info says why (TS 102 223 8.12.11). */
struct channel *channel_of(struct mobile *m, const struct proactive *c, int *info);
/* Begins to connect. */
MUST_USE enum err channel_connect(struct mobile *m, struct channel *ch);
void channel_status(const struct mobile *m, const struct channel *ch, uint8_t out[2]);
/* Moves octets between sockets and buffers, and sees links come and go. */
void channels_move(struct mobile *m);
/* The answer to the deferred command. False: it cannot be given yet. */
bool deferred_open(struct mobile *m, struct proactive_answer *a);
bool deferred_send(struct mobile *m, struct proactive_answer *a);
void defer(struct mobile *m, const struct proactive *c, const struct channel *ch);
/* Tells the card of one thing that happened to a channel. False: nothing did. */
bool channels_one(struct mobile *m, enum err *e);
uint64_t channels_due_ms(const struct mobile *m);
size_t channels_wait(const struct mobile *m, struct mobile_wait out[MOBILE_CHANNELS]);

/* Additional information for the bearer independent protocol, TS 102 223 8.12.11. */
enum {
    BIP_NO_CHANNEL_LEFT = 0x01,
    BIP_CHANNEL_CLOSED = 0x02,
    BIP_CHANNEL_INVALID = 0x03,
    BIP_BUFFER = 0x04,
    BIP_TRANSPORT = 0x06,
    BIP_UNREACHABLE = 0x07
};

enum { NO_SERVICE = 0x04 }; /* 8.12.2 */

#endif
