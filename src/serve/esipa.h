/*
 * ESipa of an eIM over HTTPS, retrieve mode, ASN.1 binding (SGP.32 6.1, 6.3): one route, and the
 * chore that forwards notifications to their SM-DP+.
 */
#ifndef DUNLIN_SERVE_ESIPA_H
#define DUNLIN_SERVE_ESIPA_H

#include "eim/eim.h"
#include "engine/engine.h"

#define ESIPA_ROUTES 1

/* Fills in the routes; e must outlive their use. */
void esipa_routes(struct eim *e, struct route routes[ESIPA_ROUTES]);

struct engine_chore esipa_due(struct eim *e);

#endif
