#include "cmd/servers.h"

#include "serve/es11.h"
#include "serve/es12.h"
#include "serve/es2plus.h"
#include "serve/es9plus.h"
#include "serve/esipa.h"
#include "smdp/operator.h"

#include <stdio.h>
#include <time.h>

#define CHAIN_CACHE 65536
#define PATH_SIZE   1024

/* ---- keys and trust ---- */

static enum err open_identity(struct servers *s, const char *pki, enum cert_role role,
                              struct identity *out, struct reason *w)
{
    enum err e = identity_open_role(s->crypto, pki, role, out);

    return e ? because(w, e, "%s/%s.der and its key", pki, role_facts(role)->file) : E_OK;
}

static enum err open_trust(struct servers *s, const char *pki, struct reason *w)
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

static struct served_options served_options(const struct servers_options *o, const char *file,
                                            const struct store_schema *schema)
{
    return (struct served_options){
        .dir = o->dir,
        .file = file,
        .schema = schema,
        .volatile_store = o->volatile_store,
        .workers = (unsigned)o->workers,
        .log = o->log,
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

static struct tls_trust *find_trust(void *ctx, slice name)
{
    struct servers *s = ctx;

    const struct {
        const char *name;
        struct tls_trust *trust;
    } rows[] = {
        { "es9", s->es9_trust },
        { "es2", s->es2_trust },
        { "es12", s->es12_trust },
        { "es15", s->es15_trust },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (slice_eq_str(name, rows[i].name))
            return rows[i].trust;
    return NULL;
}

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

/* The eIM speaks ES9+' with SM-DP+ servers under the CI, and with nobody else. */
static enum err trust_smdps(struct servers *s, struct reason *w)
{
    struct tls_trust_options trust = {
        .ca = &s->ci.cert.der,
        .ca_count = 1,
        .policy = "2.23.146.1.2.1.3",
        .policy2 = "2.23.146.1.2.1.0.0.1.0",
    };
    enum err e = tls_trust_open(&trust, &s->es9_trust);

    return e ? because(w, e, "the CI's certificate") : E_OK;
}

/* The SM-DP+ shows operators its own certificate, and believes the CI or who --operator-ca says. */
static enum err trust_operators(struct servers *s, const struct servers_options *o,
                                struct reason *w)
{
    char chain[PATH_SIZE], key[PATH_SIZE];
    const char *stem = role_facts(ROLE_DP_TLS)->file;
    struct tls_trust_options trust = {
        .ca = &s->ci.cert.der,
        .ca_count = o->operator_ca ? 0 : 1,
        .ca_file = o->operator_ca,
        .chain_file = chain,
        .key_file = key,
    };
    enum err e = keystore_path(o->pki, stem, "pem", chain, sizeof chain);

    if (!e)
        e = keystore_path(o->pki, stem, "key", key, sizeof key);
    if (!e)
        e = tls_trust_open(&trust, &s->es2_trust);
    return e ? because(w, e, "%s/%s.pem and its key, %s", o->pki, stem,
                       o->operator_ca ? o->operator_ca : "the CI's certificate")
             : E_OK;
}

/* SM-DSs under the CI know the caller by the TLS certificate of its role. */
static enum err trust_smdss(struct servers *s, const char *pki, enum cert_role own,
                            struct tls_trust **out, struct reason *w)
{
    char chain[PATH_SIZE], key[PATH_SIZE];
    const char *stem = role_facts(own)->file;
    struct tls_trust_options trust = {
        .ca = &s->ci.cert.der,
        .ca_count = 1,
        .policy = "2.23.146.1.2.1.6",
        .policy2 = "2.23.146.1.2.1.0.0.2.0",
        .chain_file = chain,
        .key_file = key,
    };
    enum err e = keystore_path(pki, stem, "pem", chain, sizeof chain);

    if (!e)
        e = keystore_path(pki, stem, "key", key, sizeof key);
    if (!e)
        e = tls_trust_open(&trust, out);
    return e ? because(w, e, "%s/%s.pem and its key", pki, stem) : E_OK;
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
    s->web = (struct engine_web){ s->client, find_trust, s };
    return e ? because(w, e, "the client for other servers") : E_OK;
}

/* ---- SM-DP+ ---- */

static enum err recover_smdp(void *role, void *more, struct turn *t)
{
    return smdp_recover(role, t, more);
}

/* That of --pki first, so that it is preferred. */
static enum err open_credentials(struct servers *s, const struct servers_options *o,
                                 struct reason *w)
{
    enum err e = open_identity(s, o->pki, ROLE_DP_AUTH, &s->dp_auth, w);

    if (!e)
        e = open_identity(s, o->pki, ROLE_DP_PB, &s->dp_pb, w);
    if (!e)
        s->credentials[0] = further_credential(&s->dp_auth, &s->dp_pb);
    for (size_t i = 0; !e && i < o->credential_count; i++)
        e = further_open(&s->further, o->credentials[i], &s->trust, &s->credentials[1 + i], w);
    return e;
}

static enum err open_smdp(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct smdp_options options = {
        .crypto = s->crypto,
        .address = slice_str(o->smdp_name),
        .credentials = s->credentials,
        .credential_count = 1 + o->credential_count,
        .trust = &s->trust,
        .download_attempts = o->download_attempts,
        .root_smds = slice_str(o->root_smds),
    };
    struct served *v = &s->smdp_served;
    const struct served_options own = served_options(o, "smdp.db", &smdp_schema);
    enum err e = open_credentials(s, o, w);

    if (!e)
        e = served_open_store(v, &own, w);
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
    v->chores[0] = es9plus_upkeep(s->smdp);
    v->chores[1] = es2plus_reports(s->smdp);
    v->chores[2] = es2plus_events(s->smdp);
    return served_open_engine(v, &own, 3, engine_web_upstream(&s->web), w);
}

static enum err listen_smdp(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct listener_options agents = {
        .pki = o->pki, .role = ROLE_DP_TLS, .bind = o->bind, .port = o->smdp_port
    };
    struct listener_options operators = agents;
    enum err e = served_listen(&s->smdp_served.agents, &agents, w);

    operators.port = o->es2_port;
    operators.client_certificates = true;
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
        .credentials = &s->smds_credential,
        .credential_count = 1,
        .trust = &s->trust,
    };
    struct served *v = &s->smds_served;
    const struct served_options own = served_options(o, "smds.db", &smds_schema);
    enum err e = open_identity(s, o->pki, ROLE_DS_AUTH, &s->ds_auth, w);

    if (!e)
        e = served_open_store(v, &own, w);
    if (e)
        return e;
    s->smds_credential = (struct smds_credential){ s->ds_auth.cert.der, s->ds_auth.signer };
    e = smds_open(&options, &s->smds);
    if (!e)
        e = recover(v->store, recover_smds, s->smds);
    if (e)
        return because(w, e, "SM-DS '%s'", o->smds_name);
    es11_routes(s->smds, v->agents.routes);
    v->agents.site.count = ES11_ROUTES;
    es12_routes(s->smds, v->operators.routes);
    v->operators.site.count = ES12_ROUTES;
    v->chores[0] = es11_upkeep(s->smds);
    v->chores[1] = es12_removals(s->smds);
    return served_open_engine(v, &own, 2, engine_web_upstream(&s->web), w);
}

/* Calls to the SM-DS from this process are ES12 alone: agents are elsewhere. */
static enum err listen_smds(struct servers *s, const struct servers_options *o, struct reason *w)
{
    struct listener_options agents = {
        .pki = o->pki, .role = ROLE_DS_TLS, .bind = o->bind, .port = o->smds_port
    };
    struct listener_options callers = agents;
    enum err e = served_listen(&s->smds_served.agents, &agents, w);

    callers.port = o->es12_port;
    callers.client_certificates = true;
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
        .trust = &s->trust,
    };
    struct served *v = &s->eim_served;
    const struct served_options own = served_options(o, "eim.db", &eim_schema);
    enum err e = open_identity(s, o->pki, ROLE_EIM_SIGN, &s->eim_sign, w);

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
    v->chores[0] = esipa_due(s->eim);
    return served_open_engine(v, &own, 1, engine_web_upstream(&s->web), w);
}

static enum err listen_eim(struct servers *s, const struct servers_options *o, struct reason *w)
{
    const struct listener_options agents = {
        .pki = o->pki, .role = ROLE_EIM_TLS, .bind = o->bind, .port = o->eim_port
    };

    return served_listen(&s->eim_served.agents, &agents, w);
}

static enum err start_client(struct servers *s, struct reason *w)
{
    enum err e = loop_start(s->loop);

    return e ? because(w, e, "the client's thread") : E_OK;
}

static enum err open_all(struct servers *s, const struct servers_options *o, bool listen,
                         struct reason *w)
{
    enum err e;

    *s = (struct servers){ .crypto = crypto_openssl(), .smdp_name = o->smdp_name };
    e = s->crypto ? open_trust(s, o->pki, w) : because(w, E_CRYPTO, "OpenSSL");
    if (!e)
        e = trust_smdps(s, w);
    if (!e)
        e = open_client(s, o, w);
    if (!e && o->smdp_name)
        e = trust_operators(s, o, w);
    if (!e && o->smdp_name)
        e = trust_smdss(s, o->pki, ROLE_DP_TLS, &s->es12_trust, w);
    if (!e && o->smds_name)
        e = trust_smdss(s, o->pki, ROLE_DS_TLS, &s->es15_trust, w);
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
    tls_trust_close(s->es9_trust);
    tls_trust_close(s->es2_trust);
    tls_trust_close(s->es12_trust);
    tls_trust_close(s->es15_trust);
    eim_close(s->eim);
    smds_close(s->smds);
    smdp_close(s->smdp);
    identity_close(&s->eim_sign);
    identity_close(&s->ds_auth);
    identity_close(&s->dp_auth);
    identity_close(&s->dp_pb);
    further_close(&s->further);
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
