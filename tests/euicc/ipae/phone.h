/*
 * A terminal around one card: it fetches proactive commands and performs them, with real TCP
 * connections to this machine, and with timers whose time passes only when nothing else happens.
 */
#ifndef DUNLIN_TESTS_IPAE_PHONE_H
#define DUNLIN_TESTS_IPAE_PHONE_H

#include "euicc/cat.h"

#define PHONE_CHANNELS 7
#define PHONE_TYPES    256

struct phone_channel {
    int fd; /* -1: closed */
    uint8_t got[1500];
    size_t n;
    bool announced, gone;
};

struct phone {
    struct card *card;
    const bool *power_off;           /* the card is dead */
    bool (*busy)(struct card *card); /* it waits for a server */

    /* what this terminal is; a test may change it */
    uint8_t profile[34];
    char imei[16];               /* 15 digits; "": it does not tell */
    bool unreachable;            /* OPEN CHANNEL fails */
    unsigned cut_off_by_refresh; /* unreachable from this REFRESH on, until the next; 0: never */
    bool refuses_refresh;
    bool refuses_timers;
    uint64_t break_at; /* the link goes when so many octets have come, in all; 0: never */
    unsigned reset_at; /* the card is reset before this step of phone_work; 0: never */

    struct phone_channel channels[PHONE_CHANNELS];
    uint64_t now_s, due_s[CAT_TIMERS]; /* 0: does not run */
    unsigned performed[PHONE_TYPES];   /* commands, by type */
    unsigned resets, steps;
    uint16_t port;           /* of a server */
    unsigned dialled;        /* connections to it */
    uint64_t sent, received; /* octets over all connections */
    uint8_t out[300];
    size_t n;
    uint16_t sw;
};

void phone_init(struct phone *p);
void phone_close(struct phone *p);
/* Reset of the card, TERMINAL PROFILE. */
void phone_reset(struct phone *p, struct card *card);
/* One APDU; its proactive commands wait. */
uint16_t phone_apdu(struct phone *p, slice command);
/* Performs what waits and what arrives; false when nothing happens any more but time. */
bool phone_work(struct phone *p);
/* ENVELOPE (EVENT DOWNLOAD): location status; 0: normal service. */
void phone_location(struct phone *p, uint8_t status);
/* Time passes until the next timer expires. False: none runs. */
bool phone_sleep(struct phone *p);

#endif
