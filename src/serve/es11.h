/*
 * ES11 of an SM-DS over HTTP (SGP.22 5.8, 6.5, 6.6): agents call it under the paths of ES9+, in the
 * JSON binding /gsma/rsp2/es9plus/ and the ASN.1 binding /gsma/rsp2/asn1, as routes for the engine.
 */
#ifndef DUNLIN_SERVE_ES11_H
#define DUNLIN_SERVE_ES11_H

#include "engine/engine.h"
#include "smds/smds.h"

#define ES11_ROUTES 3

/* Fills in the routes; s must outlive their use. */
void es11_routes(struct smds *s, struct route routes[ES11_ROUTES]);

/* A chore that ends expired sessions and events. */
struct engine_chore es11_upkeep(struct smds *s);

#endif
