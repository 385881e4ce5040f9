/* What every server has: events, health, metrics, the description. */
#include "serve/admin_parts.h"

static enum err openapi(struct admin_call *c)
{
    c->t->reply = slice_of(admin_openapi, admin_openapi_size);
    return E_OK;
}

static enum err metrics(struct admin_call *c)
{
    return meters_print(c->admin->o.house, c->t->now_ms, c->t->arena, &c->t->reply);
}

/* A server is well when its database answers. */
static bool is_well(struct store *store, struct arena *a)
{
    const struct store_query q = { .limit = 1 };
    struct store_event *rows;
    size_t count;

    return store && !store_list(store, &store_event_table, &q, a, &rows, &count);
}

static enum err health(struct admin_call *c)
{
    const struct admin_house *h = c->admin->o.house;
    json_t *servers = json_object();
    bool well = true;

    for (size_t i = 0; h && i < h->server_count; i++) {
        /* this turn's thread is reading its own server's state already */
        bool ok = h->servers[i].store == c->t->store || is_well(h->servers[i].store, c->t->arena);

        well = well && ok;
        admin_put(servers, h->servers[i].name, json_string(ok ? "ok" : "storage failed"));
    }
    well = well && is_well(c->t->store, c->t->arena);
    c->reply = json_object();
    c->status = well ? 200 : 503;
    admin_put(c->reply, "status", json_string(well ? "ok" : "failed"));
    admin_put(c->reply, "servers", servers);
    return E_OK;
}

const struct admin_operation admin_common[] = {
    { "GET", "/v1/health", health, TAKES_NOTHING, NULL },
    { "GET", "/v1/openapi.yaml", openapi, TAKES_NOTHING, NULL },
    { "GET", "/metrics", metrics, TAKES_NOTHING, NULL },
};
const size_t admin_common_count = COUNT(admin_common);
