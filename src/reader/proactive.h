/*
 * A proactive command taken apart, and the TERMINAL RESPONSE to it (TS 102 223 6.6, 6.8): what
 * every terminal does alike, whatever it can perform. Nothing is copied out of a command.
 */
#ifndef DUNLIN_READER_PROACTIVE_H
#define DUNLIN_READER_PROACTIVE_H

#include "euicc/cat.h"

/* General results, TS 102 223 8.12. */
enum {
    PROACTIVE_PERFORMED = 0x00,
    PROACTIVE_MISSING_INFORMATION = 0x02,
    PROACTIVE_MODIFIED = 0x07,
    PROACTIVE_TERMINAL_UNABLE = 0x20, /* 8.12.2: 04 no service */
    PROACTIVE_NETWORK_UNABLE = 0x21,
    PROACTIVE_TIMER_STATE = 0x24,
    PROACTIVE_BEYOND_CAPABILITIES = 0x30,
    PROACTIVE_NOT_UNDERSTOOD = 0x32,
    PROACTIVE_VALUES_MISSING = 0x36,
    PROACTIVE_BIP_ERROR = CAT_RESULT_BIP_ERROR
};

struct proactive {
    uint8_t number, type, qualifier;
    uint8_t source, destination; /* device identities; 0: not told */
    slice tlvs;                  /* what is behind the command details; borrowed */
};

/* What FETCH brought: D0, length, command details first. E_SYNTAX: no such thing. */
MUST_USE enum err proactive_parse(slice fetched, struct proactive *out);

/* REFRESH whose mode resets the card. */
bool proactive_resets(const struct proactive *c);

#define PROACTIVE_ANSWER_MAX 255

/* The data of a TERMINAL RESPONSE. */
struct proactive_answer {
    uint8_t octets[PROACTIVE_ANSWER_MAX];
    size_t n;
};

/*
 * Command details, device identities terminal to UICC, result; info < 0: without additional
 * information.
 */
void proactive_answer(struct proactive_answer *a, const struct proactive *c, uint8_t result,
                      int info);
/* What a terminal says that performs REFRESH and nothing else. */
void proactive_answer_refresh_only(struct proactive_answer *a, const struct proactive *c);
/* One more comprehension TLV. What does not fit is left out: callers keep within the limit. */
void proactive_answer_put(struct proactive_answer *a, uint8_t tag, slice value);

#endif
