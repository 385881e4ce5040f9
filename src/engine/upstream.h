/* Upstream calls of turns over net's HTTP client. */
#ifndef DUNLIN_ENGINE_UPSTREAM_H
#define DUNLIN_ENGINE_UPSTREAM_H

#include "engine/engine.h"

/* Must outlive the engine; the client's loop must run. */
struct engine_web {
    struct http_client *client;
    /* The trust profile of that name (turn_upstream.trust, may be absent); NULL: there is none. */
    struct tls_trust *(*trust)(void *ctx, slice name);
    void *ctx;
};

/* POST to https://host[:port]path. A host or trust that is not usable is answered E_ARGUMENT. */
struct engine_upstream engine_web_upstream(struct engine_web *web);

#endif
