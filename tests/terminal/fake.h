/*
 * A card whose commands are written down, a network whose hosts do what the test says, and a clock
 * that stands: what the terminal is tested against.
 */
#ifndef DUNLIN_TESTS_TERMINAL_FAKE_H
#define DUNLIN_TESTS_TERMINAL_FAKE_H

#include "terminal/mobile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FAKE_QUEUE   16
#define FAKE_SOCKETS 16
#define FAKE_OCTETS  20000

struct fake_host {
    bool used, closed, tcp;
    struct mobile_address to;
    enum err linked; /* what the next look at it says */
    enum err broken; /* of send and receive, when there is nothing to read any more */
    size_t takes;    /* octets that the next sends take */
    uint8_t in[FAKE_OCTETS], out[FAKE_OCTETS];
    size_t in_n, out_n;
    unsigned datagrams;
};

struct fake {
    struct mobile *m;
    struct card_link link;
    struct mobile_options o;
    uint64_t now_ms;
    /* the card */
    struct {
        uint8_t octets[256];
        size_t n;
    } queue[FAKE_QUEUE];
    size_t count, resets, polls, profiles;
    bool fetched, dead, endless;
    char profile[128], capability[64], response[600], envelope[600];
    size_t responses, envelopes, envelopes_seen;
    const char *envelope_answer; /* hex with status word; NULL: 9000 */
    /* the network */
    enum err open; /* what opening says */
    struct fake_host hosts[FAKE_SOCKETS];
    size_t host_count, waits;
    unsigned waited_ms;
    /* what was told */
    size_t started, texts, messages, links, commands;
    struct mobile_event last; /* of MOBILE_COMMAND; slices are gone */
    struct mobile_address asked, to;
    char text[600], message[600];
};

/* Options may be set in f->o before. */
void fake_open(struct fake *f);
int fake_setup(void **state);
int fake_teardown(void **state);
extern struct fake fake;

/* The card asks for one command more. */
void fake_want(uint8_t type, uint8_t qualifier, uint8_t device, const char *tlvs);
/* It asks, the terminal steps; what stands in its answer behind the device identities, in hex. "":
 * no answer came. */
const char *fake_ask(uint8_t type, uint8_t qualifier, uint8_t device, const char *tlvs);
/* The card says that what it wants waits. */
void fake_announce(void);
/* One step. */
void fake_step(void);
/* The clock goes on, and the terminal steps. */
void fake_later(uint64_t ms);
/* The last ENVELOPE since this was called, in hex; "": none. */
const char *fake_envelope(void);
size_t fake_hex(const char *hex, uint8_t *out, size_t size);

#endif
