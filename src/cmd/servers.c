#include "cmd/servers.h"

#include "crypto/pkcs11.h"
#include "serve/es11.h"
#include "serve/es12.h"
#include "serve/es2plus.h"
#include "serve/es9plus.h"
#include "serve/esipa.h"
#include "smdp/operator.h"

#include <stdio.h>
#include <time.h>

/* ---- keys and trust ---- */

struct keyring_folders servers_folders(const struct servers_options *o)
{
    return (struct keyring_folders){
        .pki = o->pki,
        .further = o->credentials,
        .further_count = o->credential_count,
        .servers = { [KEYRING_DP] = o->smdp_name, [KEYRING_DS] = o->smds_name },
    };
}

/* Revocation lists are of the CIs of the keyring, and of the operators' CAs. */
enum err servers_prepare(struct servers *s, struct keyring *keys, struct reason *r)
{
    const struct servers_options *o = s->options;
    const struct upstreams_options upstreams = {
        .pki = o->pki,
        .keys = keys,
        .revocation = crl_lists_tls(&s->crls),
        .operator_ca = o->operator_ca,
        .smdp = o->smdp_name,
        .smds = o->smds_name,
        .eim = o->eim_name,
    };
    enum err e = crl_lists_prepare(&s->crls, &keys->trust, r);

    keys->trust.revocations = s->crls.now;
    return e ? e : upstreams_prepare(&s->upstreams, &upstreams, r);
}

static enum err open_keys(struct servers *s, const struct servers_options *o, struct reason *w)
{
    const struct keyring_folders folders = servers_folders(o);
    const struct crl_lists_options lists = {
        .who = "serve",
        .paths = o->crls,
        .path_count = o->crl_count,
        .ca_file = o->smdp_name ? o->operator_ca : NULL,
    };
    struct keyring *keys;
    enum err e = crl_lists_open(&lists, &s->crls, w);

    if (!e)
        e = keyring_read(s->crypto, &folders, NO_TIME, &keys, w);
    if (e)
        return e;
    keyring_place_open(&s->keys, keys);
    e = servers_prepare(s, keys, w);
    crl_lists_settle(&s->crls, !e);
    upstreams_settle(&s->upstreams, !e);
    return e;
}

static struct served_options served_options(const struct servers *s,
                                            const struct servers_options *o, const char *server,
                                            const char *file, const struct store_schema *schema)
{
    return (struct served_options){
        .dir = o->dir,
        .file = file,
        .schema = schema,
        .master_key = o->master_key,
        .volatile_store = o->volatile_store,
        .workers = (unsigned)o->workers,
        .watch = { server, s->meters, o->log },
    };
}

/*
 * What the process before had claimed is due at once. This process alone has the store: the lock on
 * its file says so.
 */
static enum err recover(struct store *store, operator_call *call, void *role)
{
    struct arena a;
    bool more = true;
    enum err e = E_OK;

    arena_init(&a, (size_t)16 << 20);
    while (!e && more) {
        arena_reset(&a);
        e = servers_operate(store, &a, call, role, &more, NULL);
    }
    arena_free(&a);
    return e;
}

/* ---- calls to other servers ---- */

/* A server of this process is found without asking anybody. */
static enum err add_own(struct servers *s, const char *name, const char *bind, uint16_t port,
                        struct reason *w)
{
    char row[400];
    enum err e;

    snprintf(row, sizeof row, "%s=%s:%u", name, bind, port);
    e = hosts_add(s->hosts, row);
    return e ? because(w, e, "host row '%s'", row) : E_OK;
}

static enum err open_client(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct http_client_options options = { 0 };
    enum err e = hosts_open(&s->hosts);

    for (size_t i = 0; !e && i < o->host_count; i++) {
        e = hosts_add(s->hosts, o->hosts[i]);
        if (e)
            return because(w, e, "host row '%s' (name=address:port)", o->hosts[i]);
    }
    if (!e)
        e = loop_open(&s->loop);
    options.loop = s->loop;
    options.hosts = s->hosts;
    if (!e)
        e = http_client_open(&options, &s->client);
    s->web = (struct engine_web){ s->client, upstreams_find, &s->upstreams };
    return e ? because(w, e, "the client for other servers") : E_OK;
}

/* ---- SM-DP+ ---- */

static enum err recover_smdp(void *role, void *more, struct turn *t)
{
    return smdp_recover(role, t, more);
}

static enum err open_smdp(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct smdp_options options = {
        .crypto = s->crypto,
        .address = slice_str(o->smdp_name),
        .keys = &s->keys,
        .download_attempts = o->download_attempts,
        .root_smds = slice_str(o->root_smds),
    };
    struct served *v = &s->smdp_served;
    const struct served_options own = served_options(s, o, "smdp", "smdp.db", &smdp_schema);
    enum err e = served_open_store(v, &own, w);

    if (e)
        return e;
    e = smdp_open(&options, &s->smdp);
    if (e)
        return because(w, e, "SM-DP+ with the certificates in %s", o->pki);
    e = recover(s->smdp_served.store, recover_smdp, s->smdp);
    if (e)
        return because(w, e, "reports to operators, and events");
    es9plus_routes(s->smdp, v->agents.routes);
    v->agents.site.count = ES9PLUS_ROUTES;
    es2plus_routes(s->smdp, v->operators.routes);
    v->operators.site.count = ES2PLUS_ROUTES;
    e = served_add_chore(v, es9plus_upkeep(s->smdp), w);
    if (!e)
        e = served_add_chore(v, es2plus_reports(s->smdp), w);
    if (!e)
        e = served_add_chore(v, es2plus_events(s->smdp), w);
    if (!e)
        e = served_keep(v, smdp_retention, smdp_retention_count, o->keep_days, w);
    if (!e)
        e = served_open_admin(v,
                              &(struct admin_options){ .crypto = s->crypto,
                                                       .smdp = s->smdp,
                                                       .smdp_address = slice_str(o->smdp_name),
                                                       .house = &s->house },
                              w);
    return e ? e : served_open_engine(v, &own, engine_web_upstream(&s->web), w);
}

/*
 * TLS of a role: of each hierarchy its certificate; for callers with certificates of their own one
 * for them alone, where there is one.
 */
static struct listener_options listener(const struct servers_options *o, enum cert_role role,
                                        const char *own, long port)
{
    return (struct listener_options){
        .keys = { o->pki, o->credentials, o->credential_count, role, own },
        .bind = o->bind,
        .port = port,
        .client_certificates = own != NULL,
    };
}

static enum err listen_smdp(struct servers *s, const struct servers_options *o, struct reason *w)
{
    const struct listener_options agents = listener(o, ROLE_DP_TLS, NULL, o->smdp_port);
    const struct listener_options operators = listener(o, ROLE_DP_TLS, "es2-tls", o->es2_port);
    enum err e = served_listen(&s->smdp_served.agents, &agents, w);

    if (!e && o->es2)
        e = served_listen(&s->smdp_served.operators, &operators, w);
    return e ? e : add_own(s, o->smdp_name, o->bind, s->smdp_served.agents.port, w);
}

/* ---- SM-DS ---- */

static enum err recover_smds(void *role, void *more, struct turn *t)
{
    return smds_recover(role, t, more);
}

static enum err open_smds(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct smds_options options = {
        .crypto = s->crypto,
        .address = slice_str(o->smds_name),
        .root = slice_str(o->root_smds),
        .keys = &s->keys,
        .event_ms = (int64_t)o->event_days * 24 * 60 * 60 * 1000,
    };
    struct served *v = &s->smds_served;
    const struct served_options own = served_options(s, o, "smds", "smds.db", &smds_schema);
    enum err e = served_open_store(v, &own, w);

    if (e)
        return e;
    e = smds_open(&options, &s->smds);
    if (!e)
        e = recover(v->store, recover_smds, s->smds);
    if (e)
        return because(w, e, "SM-DS '%s'", o->smds_name);
    es11_routes(s->smds, v->agents.routes);
    v->agents.site.count = ES11_ROUTES;
    es12_routes(s->smds, v->operators.routes);
    v->operators.site.count = ES12_ROUTES;
    e = served_add_chore(v, es11_upkeep(s->smds), w);
    if (!e)
        e = served_add_chore(v, es12_removals(s->smds), w);
    if (!e)
        e = served_keep(v, smds_retention, smds_retention_count, o->keep_days, w);
    if (!e)
        e = served_open_admin(
            v, &(struct admin_options){ .crypto = s->crypto, .smds = s->smds, .house = &s->house },
            w);
    return e ? e : served_open_engine(v, &own, engine_web_upstream(&s->web), w);
}

/* Calls to the SM-DS from this process are ES12 alone: agents are elsewhere. */
static enum err listen_smds(struct servers *s, const struct servers_options *o, struct reason *w)
{
    const struct listener_options agents = listener(o, ROLE_DS_TLS, NULL, o->smds_port);
    const struct listener_options callers = listener(o, ROLE_DS_TLS, "es12-tls", o->es12_port);
    enum err e = served_listen(&s->smds_served.agents, &agents, w);

    if (!e)
        e = served_listen(&s->smds_served.operators, &callers, w);
    return e ? e : add_own(s, o->smds_name, o->bind, s->smds_served.operators.port, w);
}

/* ---- eIM ---- */

static enum err recover_eim(void *role, void *more, struct turn *t)
{
    return eim_recover(role, t, more);
}

static enum err open_eim(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct eim_options options = {
        .crypto = s->crypto,
        .eim_id = slice_str(o->eim_name),
        .signer = &s->eim_sign.signer,
        .keys = &s->keys,
    };
    struct served *v = &s->eim_served;
    const struct served_options own = served_options(s, o, "eim", "eim.db", &eim_schema);
    enum err e = identity_read(s->crypto, o->pki, ROLE_EIM_SIGN, &s->eim_sign, w);

    if (!e)
        e = served_open_store(v, &own, w);
    if (e)
        return e;
    e = eim_open(&options, &s->eim);
    if (!e)
        e = recover(v->store, recover_eim, s->eim);
    if (e)
        return because(w, e, "eIM '%s'", o->eim_name);
    esipa_routes(s->eim, v->agents.routes);
    v->agents.site.count = ESIPA_ROUTES;
    e = served_add_chore(v, esipa_due(s->eim), w);
    if (!e)
        e = served_keep(v, eim_retention, eim_retention_count, o->keep_days, w);
    if (!e)
        e = served_open_admin(
            v, &(struct admin_options){ .crypto = s->crypto, .eim = s->eim, .house = &s->house },
            w);
    return e ? e : served_open_engine(v, &own, engine_web_upstream(&s->web), w);
}

static enum err listen_eim(struct servers *s, const struct servers_options *o, struct reason *w)
{
    const struct listener_options agents = listener(o, ROLE_EIM_TLS, NULL, o->eim_port);

    return served_listen(&s->eim_served.agents, &agents, w);
}

static enum err start_client(struct servers *s, struct reason *w)
{
    enum err e = loop_start(s->loop);

    return e ? because(w, e, "the client's thread") : E_OK;
}

/* What metrics and health look at; nobody asks before the desk listens. */
static void tell_house(struct servers *s, const struct served *v)
{
    struct admin_house *h = &s->house;
    size_t n = h->server_count++;

    h->servers[n].name = v->watch.server;
    h->servers[n].engine = v->engine;
    h->servers[n].store = v->store;
    h->servers[n].listeners[0] = v->agents.http;
    h->servers[n].listeners[1] = v->operators.http;
}

static enum err open_all(struct servers *s, const struct servers_options *o, bool listen,
                         struct reason *w)
{
    enum err e;

    *s = (struct servers){ .options = o, .crypto = crypto_openssl(), .smdp_name = o->smdp_name };
    if (o->meters)
        s->house.meters = s->meters = meters_open();
    e = s->crypto ? open_keys(s, o, w) : because(w, E_CRYPTO, "OpenSSL");
    if (!e)
        e = open_client(s, o, w);
    if (!e && o->smdp_name)
        e = open_smdp(s, o, w);
    if (!e && o->smdp_name && listen)
        e = listen_smdp(s, o, w);
    if (!e && o->smds_name)
        e = open_smds(s, o, w);
    if (!e && o->smds_name && listen)
        e = listen_smds(s, o, w);
    if (!e)
        e = start_client(s, w);
    if (!e && o->eim_name)
        e = open_eim(s, o, w);
    if (!e && o->eim_name && listen)
        e = listen_eim(s, o, w);
    if (!e && o->smdp_name)
        tell_house(s, &s->smdp_served);
    if (!e && o->smds_name)
        tell_house(s, &s->smds_served);
    if (!e && o->eim_name)
        tell_house(s, &s->eim_served);
    if (e)
        servers_close(s);
    return e;
}

enum err servers_open_quiet(struct servers *s, const struct servers_options *o, char *why,
                            size_t why_size)
{
    return open_all(s, o, false, &(struct reason){ why, why_size });
}

enum err servers_open(struct servers *s, const struct servers_options *o, char *why,
                      size_t why_size)
{
    return open_all(s, o, true, &(struct reason){ why, why_size });
}

void servers_close(struct servers *s)
{
    served_close(&s->eim_served);
    served_close(&s->smds_served);
    served_close(&s->smdp_served);
    if (s->loop)
        loop_stop(s->loop);
    http_client_close(s->client);
    loop_close(s->loop);
    hosts_close(s->hosts);
    upstreams_close(&s->upstreams);
    eim_close(s->eim);
    smds_close(s->smds);
    smdp_close(s->smdp);
    identity_close(&s->eim_sign);
    keyring_place_close(&s->keys);
    crl_lists_close(&s->crls);
    meters_close(s->meters);
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
