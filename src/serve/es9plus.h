/*
 * ES9+ of an SM-DP+ over HTTP (SGP.22 6.5, 6.6): the JSON binding under /gsma/rsp2/es9plus/ and the
 * ASN.1 binding at /gsma/rsp2/asn1, as routes for the engine.
 */
#ifndef DUNLIN_SERVE_ES9PLUS_H
#define DUNLIN_SERVE_ES9PLUS_H

#include "engine/engine.h"
#include "smdp/smdp.h"

#define ES9PLUS_ROUTES 6

/* Fills in the routes; s must outlive their use. */
void es9plus_routes(struct smdp *s, struct route routes[ES9PLUS_ROUTES]);

/* A chore that ends expired sessions and forgets old transactions. */
struct engine_chore es9plus_upkeep(struct smdp *s);

#endif
