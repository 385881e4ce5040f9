/* What the interfaces of SGP.22 share when they become routes for the engine (SGP.22 6.5, 6.6). */
#ifndef DUNLIN_SERVE_ROUTES_H
#define DUNLIN_SERVE_ROUTES_H

#include "engine/engine.h"
#include "rsp/json/json.h"

/* A function in the JSON binding: the last part of its path is its name. */
struct served_function {
    const char *path;
    engine_handler *handle;
    engine_handler *resume; /* NULL: it asks nobody else */
};

/* A route for each of n functions, all of interface i. */
void routes_json(const struct served_function *functions, size_t n, enum json_interface i,
                 void *role, struct route *routes);

/* The one route of the ASN.1 binding (SGP.22 6.6.1), where the message says which function. */
struct route route_asn1(void *role, engine_handler *handle);

/*
 * The turn's reply, when it has one, as an arm of RemoteProfileProvisioningResponse (A2). On
 * E_MEMORY the turn is settled: its handler has failed.
 */
MUST_USE enum err asn1_wrap_reply(struct turn *t);

#endif
