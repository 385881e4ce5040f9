#include "cmd/servers.h"

#include "serve/es9plus.h"
#include "serve/esipa.h"
#include "store/sqlite.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define CHAIN_CACHE 65536
#define PATH_SIZE   1024

/* A sentence about what could not be done, with the reason behind it. */
struct why {
    char *text;
    size_t size;
};

__attribute__((format(printf, 3, 4))) static enum err because(struct why *w, enum err e,
                                                              const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(w->text, w->size, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < w->size)
        snprintf(w->text + n, w->size - (size_t)n, ": %s", err_text(e));
    return e;
}

/* ---- keys and trust ---- */

static enum err open_identity(struct servers *s, const char *pki, enum cert_role role,
                              struct identity *out, struct why *w)
{
    enum err e = identity_open_role(s->crypto, pki, role, out);

    return e ? because(w, e, "%s/%s.der and its key", pki, role_facts(role)->file) : E_OK;
}

static enum err open_trust(struct servers *s, const char *pki, struct why *w)
{
    char path[PATH_SIZE];
    slice der;
    enum err e = keystore_path(pki, role_facts(ROLE_CI)->file, "der", path, sizeof path);

    trust_open(&s->trust, s->crypto);
    s->trust.cache = chain_cache_open(CHAIN_CACHE);
    if (!e)
        e = s->trust.cache ? cert_read_file(path, &s->ci.der, &der) : E_MEMORY;
    if (!e)
        e = trust_add_cert(&s->trust, der);
    if (!e)
        e = cert_parse(der, &s->ci.cert);
    return e ? because(w, e, "the CI certificate %s/ci.der", pki) : E_OK;
}

/* ---- one role's surroundings ---- */

static void log_request(void *ctx, const struct engine_report *r)
{
    const struct servers *s = ctx;
    char subject[40] = "";

    if (!s->log || (r->err == E_OK && !r->refusal.subject && r->status < 400))
        return;
    if (r->refusal.subject)
        snprintf(subject, sizeof subject, " %s/%s", r->refusal.subject, r->refusal.reason);
    fprintf(stderr, "%s: HTTP %d%s%s%s, %u conflicts, %llu ms\n",
            r->route ? r->route->path : r->chore->name, r->status, subject, r->err ? " " : "",
            r->err ? err_name(r->err) : "", r->conflicts, (unsigned long long)r->ms);
}

static enum err open_store(struct served *v, const struct servers_options *o, const char *file,
                           const struct store_schema *schema, struct why *w)
{
    const struct store_schema *schemas[] = { &store_event_schema, schema };
    char path[PATH_SIZE];
    struct store_sqlite_options options = {
        .path = path,
        .schemas = schemas,
        .schema_count = COUNT(schemas),
        .volatile_commits = o->volatile_store,
    };
    enum err e;

    if (mkdir(o->dir, 0700) && errno != EEXIST)
        return because(w, E_STORAGE, "folder %s cannot be made (%s)", o->dir, strerror(errno));
    if ((size_t)snprintf(path, sizeof path, "%s/%s", o->dir, file) >= sizeof path)
        return because(w, E_ARGUMENT, "folder name %s is too long", o->dir);
    e = store_sqlite_open(&options, &v->store);
    if (e == E_EXISTS) {
        snprintf(w->text, w->size, "database %s: another process has it open", path);
        return e;
    }
    return e ? because(w, e, "database %s", path) : E_OK;
}

static enum err open_engine(struct servers *s, struct served *v, const struct servers_options *o,
                            struct engine_upstream upstream, struct why *w)
{
    struct engine_options options = {
        .store = v->store,
        .workers = (unsigned)o->workers,
        .upstream = upstream,
        .report = log_request,
        .ctx = s,
        .chores = &v->chore,
        .chore_count = 1,
    };
    enum err e = engine_open(&options, &v->engine);

    v->site.engine = v->engine;
    v->site.routes = v->routes;
    return e ? because(w, e, "the engine's threads") : E_OK;
}

static enum err open_listener(struct served *v, const struct servers_options *o,
                              enum cert_role role, long port, struct why *w)
{
    char chain[PATH_SIZE], key[PATH_SIZE];
    const char *stem = role_facts(role)->file;
    struct tls_identity identity = { .chain_file = chain, .key_file = key };
    struct tls_server_options tls = { .identities = &identity, .identity_count = 1 };
    struct http_server_options http = {
        .bind = o->bind,
        .port = (uint16_t)port,
        .handler = engine_serve,
        .ctx = &v->site,
    };
    enum err e = keystore_path(o->pki, stem, "pem", chain, sizeof chain);

    if (!e)
        e = keystore_path(o->pki, stem, "key", key, sizeof key);
    if (!e)
        e = tls_server_open(&tls, &v->tls);
    if (e)
        return because(w, e, "TLS certificate %s/%s.pem and its key", o->pki, stem);
    http.tls = v->tls;
    e = http_server_open(&http, &v->http);
    if (e)
        return because(w, e, "listening on %s port %ld", o->bind, port);
    v->port = http_server_port(v->http);
    return E_OK;
}

static void served_close(struct served *v)
{
    if (v->http)
        http_server_drain(v->http);
    http_server_close(v->http);
    engine_close(v->engine);
    store_close(v->store);
    tls_server_close(v->tls);
    *v = (struct served){ 0 };
}

/* ---- SM-DP+ ---- */

static enum err open_smdp(struct servers *s, const struct servers_options *o, struct why *w)
{
    struct smdp_options options = {
        .crypto = s->crypto,
        .address = slice_str(o->smdp_name),
        .credentials = &s->credential,
        .credential_count = 1,
        .trust = &s->trust,
        .download_attempts = o->download_attempts,
    };
    enum err e = open_identity(s, o->pki, ROLE_DP_AUTH, &s->dp_auth, w);

    if (!e)
        e = open_identity(s, o->pki, ROLE_DP_PB, &s->dp_pb, w);
    if (!e)
        e = open_store(&s->smdp_served, o, "smdp.db", &smdp_schema, w);
    if (e)
        return e;
    s->credential = (struct smdp_credential){
        .auth_certificate = s->dp_auth.cert.der,
        .pb_certificate = s->dp_pb.cert.der,
        .auth = s->dp_auth.signer,
        .pb = s->dp_pb.signer,
    };
    e = smdp_open(&options, &s->smdp);
    if (e)
        return because(w, e, "SM-DP+ with the certificates in %s", o->pki);
    es9plus_routes(s->smdp, s->smdp_served.routes);
    s->smdp_served.site.count = ES9PLUS_ROUTES;
    s->smdp_served.chore = es9plus_upkeep(s->smdp);
    return open_engine(s, &s->smdp_served, o, (struct engine_upstream){ 0 }, w);
}

/* ---- eIM ---- */

static struct tls_trust *find_trust(void *ctx, slice name)
{
    struct servers *s = ctx;

    return slice_eq_str(name, "es9") ? s->es9_trust : NULL;
}

/* The SM-DP+ of this process is found without asking anybody. */
static enum err add_own_smdp(struct servers *s, const struct servers_options *o)
{
    char row[400];

    snprintf(row, sizeof row, "%s=%s:%u", o->smdp_name, o->bind, s->smdp_served.port);
    return hosts_add(s->hosts, row);
}

/* The client that speaks ES9+' for the eIM: it believes certificates of SM-DP+ servers under the
   CI, and nothing else. */
static enum err open_client(struct servers *s, const struct servers_options *o, struct why *w)
{
    struct tls_trust_options trust = {
        .ca = &s->ci.cert.der,
        .ca_count = 1,
        .policy = "2.23.146.1.2.1.3",
        .policy2 = "2.23.146.1.2.1.0.0.1.0",
    };
    struct http_client_options options = { 0 };
    enum err e = tls_trust_open(&trust, &s->es9_trust);

    if (!e)
        e = hosts_open(&s->hosts);
    for (size_t i = 0; !e && i < o->host_count; i++) {
        e = hosts_add(s->hosts, o->hosts[i]);
        if (e)
            return because(w, e, "host row '%s' (name=address:port)", o->hosts[i]);
    }
    if (!e && s->smdp_served.port)
        e = add_own_smdp(s, o);
    if (!e)
        e = loop_open(&s->loop);
    options.loop = s->loop;
    options.hosts = s->hosts;
    if (!e)
        e = http_client_open(&options, &s->client);
    if (!e)
        e = loop_start(s->loop);
    s->web = (struct engine_web){ s->client, find_trust, s };
    return e ? because(w, e, "the client for SM-DP+ servers") : E_OK;
}

static enum err recover_some(void *role, void *more, struct turn *t)
{
    return eim_recover(role, t, more);
}

/* This process alone has the store: the lock on its file says so. */
static enum err recover(struct servers *s)
{
    struct arena a;
    bool more = true;
    enum err e = E_OK;

    arena_init(&a, (size_t)16 << 20);
    while (!e && more) {
        arena_reset(&a);
        e = servers_operate(s->eim_served.store, &a, recover_some, s->eim, &more, NULL);
    }
    arena_free(&a);
    return e;
}

static enum err open_eim(struct servers *s, const struct servers_options *o, struct why *w)
{
    struct eim_options options = {
        .crypto = s->crypto,
        .eim_id = slice_str(o->eim_name),
        .signer = &s->eim_sign.signer,
        .trust = &s->trust,
    };
    enum err e = open_identity(s, o->pki, ROLE_EIM_SIGN, &s->eim_sign, w);

    if (!e)
        e = open_store(&s->eim_served, o, "eim.db", &eim_schema, w);
    if (!e)
        e = open_client(s, o, w);
    if (e)
        return e;
    e = eim_open(&options, &s->eim);
    if (!e)
        e = recover(s);
    if (e)
        return because(w, e, "eIM '%s'", o->eim_name);
    esipa_routes(s->eim, s->eim_served.routes);
    s->eim_served.site.count = ESIPA_ROUTES;
    s->eim_served.chore = esipa_due(s->eim);
    return open_engine(s, &s->eim_served, o, engine_web_upstream(&s->web), w);
}

static enum err open_all(struct servers *s, const struct servers_options *o, bool listen,
                         struct why *w)
{
    enum err e;

    *s = (struct servers){ .crypto = crypto_openssl(), .log = o->log, .smdp_name = o->smdp_name };
    e = s->crypto ? open_trust(s, o->pki, w) : because(w, E_CRYPTO, "OpenSSL");
    if (!e && o->smdp_name)
        e = open_smdp(s, o, w);
    if (!e && o->smdp_name && listen)
        e = open_listener(&s->smdp_served, o, ROLE_DP_TLS, o->smdp_port, w);
    if (!e && o->eim_name)
        e = open_eim(s, o, w);
    if (!e && o->eim_name && listen)
        e = open_listener(&s->eim_served, o, ROLE_EIM_TLS, o->eim_port, w);
    if (e)
        servers_close(s);
    return e;
}

enum err servers_open_quiet(struct servers *s, const struct servers_options *o, char *why,
                            size_t why_size)
{
    return open_all(s, o, false, &(struct why){ why, why_size });
}

enum err servers_open(struct servers *s, const struct servers_options *o, char *why,
                      size_t why_size)
{
    return open_all(s, o, true, &(struct why){ why, why_size });
}

void servers_close(struct servers *s)
{
    served_close(&s->eim_served);
    if (s->loop)
        loop_stop(s->loop);
    http_client_close(s->client);
    loop_close(s->loop);
    hosts_close(s->hosts);
    tls_trust_close(s->es9_trust);
    served_close(&s->smdp_served);
    eim_close(s->eim);
    smdp_close(s->smdp);
    identity_close(&s->eim_sign);
    identity_close(&s->dp_auth);
    identity_close(&s->dp_pb);
    identity_close(&s->ci);
    if (s->crypto)
        trust_close(&s->trust);
    chain_cache_close(s->trust.cache);
    *s = (struct servers){ 0 };
}

enum err servers_operate(struct store *store, struct arena *a, operator_call *call, void *role,
                         void *ctx, struct turn_status *refusal)
{
    enum err e = E_CONFLICT;

    for (unsigned i = 0; e == E_CONFLICT && i < ENGINE_TRIES; i++) {
        struct timespec now;
        struct turn t;

        clock_gettime(CLOCK_REALTIME, &now);
        turn_init(&t, a, store, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        e = call(role, ctx, &t);
        if (refusal)
            *refusal = t.status;
        if (!e)
            e = turn_commit(&t);
    }
    return e;
}
