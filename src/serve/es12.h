/*
 * ES12 and ES15 of an SM-DS over HTTP (SGP.22 5.9, 5.10, 6.5.2): JSON under /gsma/rsp2/es12/ and
 * /gsma/rsp2/es15/, as routes for a listener with mutual TLS. The client's certificate says which
 * RSP server calls; without one, or with one that is nobody's, the answer is 403.
 */
#ifndef DUNLIN_SERVE_ES12_H
#define DUNLIN_SERVE_ES12_H

#include "engine/engine.h"
#include "smds/smds.h"

#define ES12_ROUTES 4

/* Fills in the routes; s must outlive their use. */
void es12_routes(struct smds *s, struct route routes[ES12_ROUTES]);

/* A chore that takes events from the root that did not come to be here. */
struct engine_chore es12_removals(struct smds *s);

/* How an upstream call of either function ended. */
struct es12_answer es12_answer_of(const struct engine_call *call);

#endif
