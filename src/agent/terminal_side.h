/*
 * What a terminal owes the card besides passing APDUs on: it announces itself after a reset
 * (TERMINAL PROFILE), and performs proactive commands (TS 102 223), of which REFRESH is the one
 * that switches profiles.
 */
#ifndef DUNLIN_AGENT_TERMINAL_SIDE_H
#define DUNLIN_AGENT_TERMINAL_SIDE_H

#include "reader/reader.h"

struct terminal_side {
    const struct card_link *link;
    uint8_t pending; /* octets of the proactive command that waits (91XX); 0: none */
};

void terminal_side_init(struct terminal_side *t, const struct card_link *link);
/* Resets the card, sends TERMINAL PROFILE, performs what the card wants at once. */
MUST_USE enum err terminal_side_reset(struct terminal_side *t);
/* As card_link_transmit; remembers a 91XX. */
MUST_USE enum err terminal_side_transmit(struct terminal_side *t, slice command, uint8_t *response,
                                         size_t size, size_t *n);
/* Performs waiting proactive commands, then resets the card: a profile switch is done after it. */
MUST_USE enum err terminal_side_refresh(struct terminal_side *t);

#endif
