#include "cmd/served.h"

#include "base/secret.h"
#include "cmd/tls_keys.h"
#include "net/tls.h"
#include "store/sqlite.h"
#include "store/vault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_SIZE 1024

enum err because(struct reason *r, enum err e, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(r->text, r->size, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < r->size)
        snprintf(r->text + n, r->size - (size_t)n, ": %s", err_text(e));
    return e;
}

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

enum err served_open_admin(struct served *v, const struct admin_options *o,
                           struct engine_chore chores[2], struct reason *r)
{
    enum err e = admin_open(o, v->desk_routes, &v->desk.count, &v->admin);

    if (e)
        return because(r, e, "the operator's routes");
    v->desk.routes = v->desk_routes;
    chores[0] = admin_upkeep(v->admin);
    chores[1] = admin_counting(v->admin);
    return E_OK;
}

enum err served_open_engine(struct served *v, const struct served_options *o, size_t chores,
                            struct engine_upstream upstream, struct reason *r)
{
    struct engine_options options = {
        .store = v->store,
        .workers = o->workers,
        .upstream = upstream,
        .report = o->watch.log || o->watch.meters ? served_report : NULL,
        .ctx = &v->watch,
        .chores = v->chores,
        .chore_count = chores,
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

/* The first time, and again. */
static enum err open_tls(struct listener *l, struct reason *r)
{
    const struct listener_options *o = &l->options;
    struct tls_keys keys;
    struct tls_identity identity = { .chain_file = keys.chain };
    struct tls_server_options tls = {
        .identities = &identity,
        .identity_count = 1,
        .client_auth = o->client_certificates ? TLS_CLIENT_ANY : TLS_CLIENT_NONE,
    };
    enum err e = tls_keys_open(o->pki, o->role, &keys, r);

    if (e)
        return e;
    identity.key_file = keys.key_file;
    identity.key = keys.key;
    e = l->tls ? tls_server_reload(l->tls, &tls) : tls_server_open(&tls, &l->tls);
    tls_keys_close(&keys);
    return e ? because(r, e, "TLS certificate %s and its key", keys.chain) : E_OK;
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
    e = open_tls(l, r);

    if (e)
        return e;
    http.tls = l->tls;
    e = http_server_open(&http, &l->http);
    if (e)
        return because(r, e, "listening on %s port %ld", o->bind, o->port);
    l->port = http_server_port(l->http);
    return E_OK;
}

enum err served_reload(struct served *v, struct reason *r)
{
    enum err e = v->agents.tls ? open_tls(&v->agents, r) : E_OK;

    if (!e && v->operators.tls)
        e = open_tls(&v->operators, r);
    return e;
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
    for (size_t i = 0; i < COUNT(listeners); i++)
        tls_server_close(listeners[i]->tls);
    *v = (struct served){ 0 };
}
