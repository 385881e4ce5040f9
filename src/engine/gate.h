/* What is decided about a request before anything is spent on it. Inside engine/. */
#ifndef DUNLIN_ENGINE_GATE_H
#define DUNLIN_ENGINE_GATE_H

#include "engine/engine.h"

struct gate {
    const struct route *route; /* the one that fits but for what status says; NULL with 404 */
    int status;                /* 0: may pass; else 400, 404, 405, 413, 415 */
    slice protocol;            /* X-Admin-Protocol of the reply; absent: none */
    const char *allow;         /* with 405: the methods of this path */
};

struct gate gate_check(const struct engine_site *site, const struct http_request *r);
/* The refusal of the gate; *response borrows fields (room for two). */
void gate_refusal(const struct gate *g, struct http_field *fields, struct http_response *response);

#endif
