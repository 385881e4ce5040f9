/* Shared by the files that place orders (cmd/place.h). */
#ifndef DUNLIN_CMD_PLACE_PARTS_H
#define DUNLIN_CMD_PLACE_PARTS_H

#include "cmd/place.h"

#define PLACE_ARENA_LIMIT ((size_t)16 << 20)

/*
 * How a call ended: true when neither e nor the status (may be NULL) says otherwise. what: the
 * step, for people.
 */
bool place_done(struct placed *p, enum err e, const char *what, const struct turn_status *status);
/* The order of a profile at the SM-DP+, in the arena; false when there is no such profile. */
bool place_order_row(struct servers *s, slice iccid, struct arena *a, struct smdp_order *row);

#endif
