/*
 * The scene of the tests of events at SM-DSs: a profile that is ordered for a card, an SM-DS that
 * answers what a test lets it answer, and each function as one committed turn.
 */
#ifndef DUNLIN_TESTS_SMDP_EVENT_CALLS_H
#define DUNLIN_TESTS_SMDP_EVENT_CALLS_H

#include "smdp/world.h"

#define SMDS "smds.example.com"

struct scene {
    struct world w;
    struct card card;
    struct profile profile;
    struct smdp_confirm_order order; /* EVENT-1 at SMDS, to be released */
    struct smdp_confirmed confirmed;
};

extern struct scene scene;

int event_set_up(void **state);
int event_tear_down(void **state);
/* Server and store are closed and opened again; what was under way is recovered. */
void restart_smdp(void);
void begin_turn(void);

/* ---- what the SM-DS says ---- */

extern const struct es12_answer away;
/* Of the call that the last turn wants. */
slice resume_place(void);

/* ---- the operator ---- */

void confirm_order(void);
void confirm_answered(slice resume, struct es12_answer answer);
void release_profile(void);
void release_answered(slice resume, struct es12_answer answer);
void cancel_order(bool unavailable);
/* The event that the last turn asks for. */
struct register_event_request registered_event(void);
/* The order is announced and released. */
void released(void);

/* ---- the chore ---- */

/* It asks for the event of this name to be deleted. */
void expect_delete(const char *event_id);
void delete_answered(slice resume, struct es12_answer answer);
/* The event is deleted there, and forgotten here. */
void expect_gone(const char *event_id);
void expect_none_due(void);

#endif
