/*
 * ES2+ of an SM-DP+ over HTTP (SGP.22 5.3, 6.5.2): JSON under /gsma/rsp2/es2plus/, as routes for a
 * listener with mutual TLS. The client's certificate says which operator calls; without one, or
 * with one that is nobody's, the answer is 403.
 */
#ifndef DUNLIN_SERVE_ES2PLUS_H
#define DUNLIN_SERVE_ES2PLUS_H

#include "engine/engine.h"
#include "smdp/smdp.h"

#define ES2PLUS_ROUTES 4

/* Fills in the routes; s must outlive their use. */
void es2plus_routes(struct smdp *s, struct route routes[ES2PLUS_ROUTES]);

/* A chore that sends reports to operators. */
struct engine_chore es2plus_reports(struct smdp *s);
/* A chore that takes events from SM-DSs whose orders are over (ES12). */
struct engine_chore es2plus_events(struct smdp *s);

#endif
