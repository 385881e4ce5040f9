#include "cmd/served.h"

#include "base/secret.h"
#include "store/sqlite.h"
#include "store/vault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 1024

static enum err database_fault(struct reason *r, enum err e, const char *path)
{
    const char *why = e == E_EXISTS    ? "another process has it open"
                      : e == E_MISSING ? "it is sealed, and no --master-key is given"
                      : e == E_BADMAC  ? "it is sealed with another master key"
                                       : err_text(e);

    snprintf(r->text, r->size, "database %s: %s", path, why);
    return e;
}

enum err served_open_store(struct served *v, const struct served_options *o, struct reason *r)
{
    const struct store_schema *schemas[] = { &store_event_schema, &admin_schema, o->schema };
    char path[PATH_SIZE];
    struct store_sqlite_options options = {
        .path = path,
        .schemas = schemas,
        .schema_count = COUNT(schemas),
        .volatile_commits = o->volatile_store,
    };
    enum err e;

    uint8_t master[VAULT_KEY_LEN];

    if (mkdir(o->dir, 0700) && errno != EEXIST)
        return because(r, E_STORAGE, "folder %s cannot be made (%s)", o->dir, strerror(errno));
    if ((size_t)snprintf(path, sizeof path, "%s/%s", o->dir, o->file) >= sizeof path)
        return because(r, E_ARGUMENT, "folder name %s is too long", o->dir);
    if (o->master_key) {
        e = vault_read_master(o->master_key, master);
        if (e)
            return because(r, e, "master key %s (64 hexadecimal digits, mode 0600)", o->master_key);
        options.master = SLICE_OF(master);
        options.crypto = crypto_openssl();
    }
    e = store_sqlite_open(&options, &v->store);
    wipe(master, sizeof master);
    return e ? database_fault(r, e, path) : E_OK;
}

/* ---- chores ---- */

enum err served_add_chore(struct served *v, struct engine_chore chore, struct reason *r)
{
    struct engine_chore *grown = realloc(v->chores, (v->chore_count + 1) * sizeof *v->chores);

    if (!grown)
        return because(r, E_MEMORY, "the server's chores");
    v->chores = grown;
    v->chores[v->chore_count++] = chore;
    return E_OK;
}

static enum err forget(void *retention, const struct engine_call *call, struct turn *t)
{
    size_t count;

    (void)call; /* no hurry: a batch, and a pause for whoever waits */
    return retention_step(retention, t, &count);
}

enum err served_keep(struct served *v, const struct retention_rule *rules, size_t count, long days,
                     struct reason *r)
{
    if (days == 0)
        return E_OK;
    v->retention =
        (struct retention){ .rules = rules, .count = count, .keep_ms = days * RETENTION_DAY_MS };
    return served_add_chore(
        v,
        (struct engine_chore){
            .name = "retention", .every_ms = 250, .handle = forget, .role = &v->retention },
        r);
}

enum err served_open_admin(struct served *v, const struct admin_options *o, struct reason *r)
{
    enum err e = admin_open(o, v->desk_routes, &v->desk.count, &v->admin);

    if (e)
        return because(r, e, "the operator's routes");
    v->desk.routes = v->desk_routes;
    e = served_add_chore(v, admin_upkeep(v->admin), r);
    return e ? e : served_add_chore(v, admin_counting(v->admin), r);
}

enum err served_open_engine(struct served *v, const struct served_options *o,
                            struct engine_upstream upstream, struct reason *r)
{
    struct engine_options options = {
        .store = v->store,
        .workers = o->workers,
        .upstream = upstream,
        .report = o->watch.log || o->watch.meters ? served_report : NULL,
        .ctx = &v->watch,
        .chores = v->chores,
        .chore_count = v->chore_count,
    };
    enum err e;

    v->watch = o->watch;
    e = engine_open(&options, &v->engine);
    v->desk.engine = v->engine;
    v->agents.site.engine = v->operators.site.engine = v->engine;
    v->agents.site.routes = v->agents.routes;
    v->operators.site.routes = v->operators.routes;
    return e ? because(r, e, "the engine's threads") : E_OK;
}

/* in_time: what is not valid now is refused. */
static enum err make_tls(const struct listener *l, bool in_time, struct tls_server **out,
                         struct reason *r)
{
    const struct listener_options *o = &l->options;
    struct tls_key_list keys;
    size_t at = 0;
    struct tls_server_options tls = {
        .identities = keys.identities,
        .client_auth = o->client_certificates ? TLS_CLIENT_ANY : TLS_CLIENT_NONE,
        .in_time = in_time,
        .at_fault = &at,
    };
    enum err e = tls_key_list_open(&o->keys, &keys, r);

    if (e)
        return e;
    tls.identity_count = keys.count;
    e = tls_server_open(&tls, out);
    if (e)
        because(r, e, "TLS certificate %s and its key", keys.of[at].chain);
    tls_key_list_close(&keys);
    return e;
}

enum err served_listen(struct listener *l, const struct listener_options *o, struct reason *r)
{
    struct http_server_options http = {
        .bind = o->bind,
        .port = (uint16_t)o->port,
        .limits = { .body = o->body_max },
        .handler = o->handler ? o->handler : engine_serve,
        .ctx = o->handler ? o->ctx : &l->site,
    };
    enum err e;

    l->options = *o;
    e = make_tls(l, false, &l->tls, r);
    if (e)
        return e;
    http.tls = l->tls;
    e = http_server_open(&http, &l->http);
    if (e)
        return because(r, e, "listening on %s port %ld", o->bind, o->port);
    l->port = http_server_port(l->http);
    return E_OK;
}

enum err listener_prepare(struct listener *l, struct reason *r)
{
    return l->tls ? make_tls(l, true, &l->fresh, r) : E_OK;
}

void listener_settle(struct listener *l, bool take)
{
    if (l->fresh && take)
        tls_server_replace(l->tls, l->fresh);
    else
        tls_server_close(l->fresh);
    l->fresh = NULL;
}

void served_close(struct served *v)
{
    struct listener *const listeners[] = { &v->agents, &v->operators };

    for (size_t i = 0; i < COUNT(listeners); i++) {
        if (listeners[i]->http)
            http_server_drain(listeners[i]->http);
        http_server_close(listeners[i]->http);
    }
    engine_close(v->engine);
    admin_close(v->admin);
    store_close(v->store);
    free(v->chores);
    for (size_t i = 0; i < COUNT(listeners); i++)
        tls_server_close(listeners[i]->tls);
    *v = (struct served){ 0 };
}
