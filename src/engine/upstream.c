#include "engine/upstream.h"

#include <stdlib.h>

struct errand {
    engine_answered *answered;
    void *token;
};

static void fail(engine_answered *answered, void *token, enum err err)
{
    answered(token, &(struct engine_answer){ .err = err });
}

static void on_answer(void *ctx, const struct http_answer *a)
{
    struct errand *e = ctx;

    e->answered(e->token,
                &(struct engine_answer){
                    .err = a->err,
                    .status = a->status,
                    .content_type = http_fields_find(a->fields, a->field_count, "Content-Type"),
                    .body = a->body,
                });
    free(e);
}

/* "name" or "name:port" */
static bool split_host(slice s, char host[HOST_MAX + 1], uint16_t *port)
{
    const uint8_t *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
    size_t n = colon ? (size_t)(colon - s.p) : s.n;
    unsigned value = 0;

    if (n == 0 || n > HOST_MAX || memchr(s.p, 0, s.n))
        return false;
    memcpy(host, s.p, n);
    host[n] = 0;
    if (!colon)
        return true;
    s = slice_skip(s, n + 1);
    if (s.n == 0 || s.n > 5)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (unsigned)(s.p[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= 65535;
}

static enum err start(const struct engine_web *web, const struct turn_upstream *u,
                      struct errand *errand)
{
    struct http_field fields[TURN_HEADERS];
    struct http_call call = { .content_type = u->content_type, .body = u->body, .fields = fields };
    char host[HOST_MAX + 1], path[1024];

    call.tls = web->trust ? web->trust(web->ctx, u->trust) : NULL;
    if (!call.tls || u->path.n >= sizeof path || !split_host(u->host, host, &call.port))
        return E_ARGUMENT;
    memcpy(path, u->path.p, u->path.n);
    path[u->path.n] = 0;
    call.host = host;
    call.path = path;
    call.field_count = u->header_count;
    for (size_t i = 0; i < u->header_count; i++)
        fields[i] = (struct http_field){ u->headers[i].name, u->headers[i].value };
    return http_client_call(web->client, &call, on_answer, errand);
}

static void call(void *ctx, const struct turn_upstream *u, engine_answered *answered, void *token)
{
    struct errand *e = malloc(sizeof *e);
    enum err err = E_MEMORY;

    if (e) {
        *e = (struct errand){ answered, token };
        err = start(ctx, u, e);
    }
    if (err) {
        free(e);
        fail(answered, token, err);
    }
}

struct engine_upstream engine_web_upstream(struct engine_web *web)
{
    return (struct engine_upstream){ .call = call, .ctx = web };
}
