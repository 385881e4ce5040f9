/* The functions of operators as committed turns, a moment apart, and the way into each state. */
#ifndef DUNLIN_TESTS_SMDP_STATES_H
#define DUNLIN_TESTS_SMDP_STATES_H

#include "smdp/world.h"

/* One profile with its card; the operator is "op1". */
struct life {
    struct world *w;
    struct card *card;
    struct profile profile;
};

void life_download_order(struct life *l, slice eid);
/* The card will come for the matching id. */
void life_confirm_order(struct life *l, bool release);
void life_release(struct life *l);
void life_cancel(struct life *l, bool unavailable);
/* Of the card. */
void life_notify(struct life *l, unsigned event);
void life_install(struct life *l);

/* A new profile, taken to this state. */
void life_bring(struct life *l, enum smdp_state state);

#endif
