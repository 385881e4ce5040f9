#include "engine/gate.h"

#define PROTOCOL_MAX 32u

/* Ours, where there is nothing to say back. */
static slice own_protocol(enum engine_protocol p)
{
    return p == PROTOCOL_V2 ? SLICE_LIT("gsma/rsp/v2.2.2") : SLICE_LIT("gsma/rsp/v2.1.0");
}

/* "gsma/rsp/v" and a version whose numbers are digits: it is going to be said back. */
static bool protocol_fits(slice said, enum engine_protocol wanted)
{
    slice prefix = wanted == PROTOCOL_V2 ? SLICE_LIT("gsma/rsp/v2.") : SLICE_LIT("gsma/rsp/v");
    slice rest = slice_skip(said, prefix.n);

    if (!said.p || !slice_starts(said, prefix) || said.n > PROTOCOL_MAX || rest.n == 0)
        return false;
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] != '.' && (rest.p[i] < '0' || rest.p[i] > '9'))
            return false;
    return rest.p[0] != '.';
}

static bool host_fits(const struct route *route, slice host)
{
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;

    if (!route->host)
        return true;
    if (colon)
        host.n = (size_t)(colon - host.p);
    return slice_eq_nocase(host, slice_str(route->host));
}

/* Media types compare without case and without their parameters. */
static bool media_fits(const struct route *route, slice said)
{
    const uint8_t *end = said.n ? memchr(said.p, ';', said.n) : NULL;

    if (!route->binding->media_type)
        return true;
    if (end)
        said.n = (size_t)(end - said.p);
    while (said.n && (said.p[said.n - 1] == ' ' || said.p[said.n - 1] == '\t'))
        said.n--;
    return slice_eq_nocase(said, slice_str(route->binding->media_type));
}

/* A part in braces stands for whatever the request has there, but for nothing. */
static bool path_fits(const struct route *route, slice path)
{
    const char *want = route->path;
    size_t at = 0;

    while (*want) {
        size_t start = at;

        if (*want != '{') {
            if (at == path.n || path.p[at++] != (uint8_t)*want++)
                return false;
            continue;
        }
        while (at < path.n && path.p[at] != '/')
            at++;
        if (at == start)
            return false;
        want += strcspn(want, "/");
    }
    return at == path.n;
}

static const char *method_of(const struct route *route)
{
    return route->method ? route->method : "POST";
}

/* Of several methods under one path the one that was asked for, else any. */
static const struct route *find_route(const struct engine_site *site, const struct http_request *r,
                                      bool *method_fits, const char **allow)
{
    static const char *const methods[] = { "GET", "POST", "DELETE" };
    static const char *const lists[] = {
        "", "GET", "POST", "GET, POST", "DELETE", "GET, DELETE", "POST, DELETE", "GET, POST, DELETE"
    };
    slice host = http_request_field(r, "Host");
    const struct route *found = NULL;
    unsigned known = 0;

    *method_fits = false;
    for (size_t i = 0; i < site->count && !*method_fits; i++) {
        const struct route *route = &site->routes[i];

        if (!path_fits(route, r->path) || !host_fits(route, host))
            continue;
        found = route;
        *method_fits = slice_eq_str(r->method, method_of(route));
        for (unsigned m = 0; m < COUNT(methods); m++)
            known |= (unsigned)!strcmp(method_of(route), methods[m]) << m;
    }
    *allow = lists[known];
    return found;
}

static int check(struct gate *g, const struct http_request *r, bool method_fits)
{
    const struct route *route = g->route;
    slice said = http_request_field(r, "X-Admin-Protocol");

    if (!route)
        return 404;
    if (route->protocol != PROTOCOL_NONE)
        g->protocol = own_protocol(route->protocol);
    if (!method_fits)
        return 405;
    if (route->protocol != PROTOCOL_NONE) {
        if (!protocol_fits(said, route->protocol))
            return 400;
        g->protocol = said;
    }
    if (route->body_max && r->body.n > route->body_max)
        return 413;
    if (!media_fits(route, http_request_field(r, "Content-Type")))
        return 415;
    return 0;
}

struct gate gate_check(const struct engine_site *site, const struct http_request *r)
{
    bool method_fits;
    struct gate g = { .route = NULL };

    g.route = find_route(site, r, &method_fits, &g.allow);
    g.status = check(&g, r, method_fits);
    return g;
}

void gate_refusal(const struct gate *g, struct http_field *fields, struct http_response *response)
{
    size_t n = 0;

    if (g->protocol.p)
        fields[n++] = (struct http_field){ SLICE_LIT("X-Admin-Protocol"), g->protocol };
    if (g->status == 405)
        fields[n++] = (struct http_field){ SLICE_LIT("Allow"), slice_str(g->allow) };
    *response = (struct http_response){ .status = g->status, .fields = fields, .field_count = n };
}
