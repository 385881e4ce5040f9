#include "serve/world.h"

#include "base/file.h"
#include "pki/lend.h"
#include "pki/testci.h"
#include "profile/build.h"
#include "store/sqlite.h"

#include <time.h>
#include <unistd.h>

/* ---- folder and keys ---- */

void world_make(struct world *w)
{
    static const slice hosts[] = { SLICE_LIT(SMDP_NAME), SLICE_LIT(EIM_NAME) };
    struct testci_plan plan = { .curve = CURVE_P256,
                                .hosts = hosts,
                                .host_count = COUNT(hosts),
                                .eim_id = SLICE_LIT(EIM_NAME),
                                .now_s = time(NULL) };

    *w = (struct world){ .crypto = crypto_openssl(), .volatile_store = true };
    snprintf(w->dir, sizeof w->dir, "/tmp/dunlin-serve-XXXXXX");
    MUST(w->crypto && mkdtemp(w->dir));
    snprintf(w->pki, sizeof w->pki, "%s/pki", w->dir);
    snprintf(w->db, sizeof w->db, "%s/db", w->dir);
    plan.dir = w->pki;
    MUST(testci_init(w->crypto, &plan, NULL) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_CI, &w->ci) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_EUM, &w->eum) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_DP_AUTH, &w->auth) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_DP_PB, &w->pb) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_DS_AUTH, &w->ds_auth) == E_OK);
    MUST(identity_open_role(w->crypto, w->pki, ROLE_EIM_SIGN, &w->eim_sign) == E_OK);
}

/* ---- the server ---- */

struct keyring *world_keys(struct world *w)
{
    struct keyring *k = lend_ci(w->crypto, w->ci.cert.der);

    lend_dp(k, lent(&w->auth.cert, &w->auth.signer), lent(&w->pb.cert, &w->pb.signer));
    lend_ds(k, lent(&w->ds_auth.cert, &w->ds_auth.signer));
    return k;
}

static void open_store(struct world *w, const struct store_schema *schema)
{
    const struct store_schema *schemas[] = { &store_event_schema, &admin_schema, schema };
    struct store_sqlite_options o = { .path = w->db,
                                      .schemas = schemas,
                                      .schema_count = COUNT(schemas),
                                      .volatile_commits = w->volatile_store };

    MUST(store_sqlite_open(&o, &w->store) == E_OK);
    keyring_place_open(&w->keys, world_keys(w));
}

static void open_engine(struct world *w, size_t routes)
{
    struct engine_options o = { .store = w->store, .workers = 2 };

    MUST(engine_open(&o, &w->engine) == E_OK);
    w->site = (struct engine_site){ .engine = w->engine, .routes = w->routes, .count = routes };
}

void world_open_smdp(struct world *w)
{
    struct smdp_options o = { .crypto = w->crypto,
                              .address = SLICE_LIT(SMDP_NAME),
                              .keys = &w->keys,
                              .download_attempts = 1000 };

    w->is_eim = false;
    open_store(w, &smdp_schema);
    MUST(smdp_open(&o, &w->smdp) == E_OK);
    es9plus_routes(w->smdp, w->routes);
    open_engine(w, ES9PLUS_ROUTES);
}

void world_open_eim(struct world *w)
{
    struct eim_options o = { .crypto = w->crypto,
                             .eim_id = SLICE_LIT(EIM_NAME),
                             .signer = &w->eim_sign.signer,
                             .keys = &w->keys };

    w->is_eim = true;
    open_store(w, &eim_schema);
    MUST(eim_open(&o, &w->eim) == E_OK);
    esipa_routes(w->eim, w->routes);
    open_engine(w, ESIPA_ROUTES);
}

void world_open_smds(struct world *w, const char *root)
{
    struct smds_options o = { .crypto = w->crypto,
                              .address = SLICE_LIT(SMDS_NAME),
                              .root = slice_str(root),
                              .keys = &w->keys };

    open_store(w, &smds_schema);
    MUST(smds_open(&o, &w->smds) == E_OK);
    es11_routes(w->smds, w->routes);
    es12_routes(w->smds, w->routes + ES11_ROUTES);
    open_engine(w, ES11_ROUTES + ES12_ROUTES);
}

void world_listen(struct world *w, uint16_t port)
{
    char chain[100], key[100];
    const char *stem = role_facts(w->is_eim ? ROLE_EIM_TLS : ROLE_DP_TLS)->file;
    struct tls_identity identity = { .chain_file = chain, .key_file = key };
    struct tls_server_options tls = { .identities = &identity, .identity_count = 1 };
    struct http_server_options o = { .port = port, .handler = engine_serve, .ctx = &w->site };

    snprintf(chain, sizeof chain, "%s/%s.pem", w->pki, stem);
    snprintf(key, sizeof key, "%s/%s.key", w->pki, stem);
    MUST(tls_server_open(&tls, &w->tls) == E_OK);
    o.tls = w->tls;
    MUST(http_server_open(&o, &w->http) == E_OK);
    w->port = http_server_port(w->http);
}

void world_shut(struct world *w)
{
    http_server_close(w->http);
    engine_close(w->engine);
    smdp_close(w->smdp);
    eim_close(w->eim);
    smds_close(w->smds);
    store_close(w->store);
    tls_server_close(w->tls);
    keyring_place_close(&w->keys);
    w->http = NULL;
    w->engine = NULL;
    w->smdp = NULL;
    w->eim = NULL;
    w->smds = NULL;
    w->store = NULL;
    w->tls = NULL;
}

void world_end(struct world *w)
{
    world_shut(w);
    identity_close(&w->ci);
    identity_close(&w->eum);
    identity_close(&w->auth);
    identity_close(&w->pb);
    identity_close(&w->ds_auth);
    identity_close(&w->eim_sign);
    folder_remove(w->dir);
}

int world_post(struct world *w, const char *path, const char *media, slice body, struct arena *a,
               slice *answer)
{
    return world_post_as(w, SLICE_NONE, path, media, body, a, answer);
}

int world_post_as(struct world *w, slice certificate, const char *path, const char *media,
                  slice body, struct arena *a, slice *answer)
{
    const struct http_field fields[] = {
        { SLICE_LIT("Host"), SLICE_LIT("localhost") },
        { SLICE_LIT("Content-Type"), slice_str(media) },
        { SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.3.0") },
    };
    const struct http_request request = { .method = SLICE_LIT("POST"),
                                          .path = slice_str(path),
                                          .fields = fields,
                                          .field_count = COUNT(fields),
                                          .body = body,
                                          .peer = SLICE_LIT("127.0.0.1"),
                                          .tls = { .peer_cert = certificate } };
    struct engine_reply reply;
    int status;

    engine_dispatch(&w->site, &request, &reply);
    status = reply.response.status;
    *answer = arena_copy(a, reply.response.body);
    engine_reply_release(&reply);
    return status;
}

/* ---- the operator ---- */

typedef enum err operation(struct world *w, struct profile *p, struct turn *t);

static enum err add(struct world *w, struct profile *p, struct turn *t)
{
    struct smdp_new_profile n = { .package = p->package,
                                  .protection = SMDP_SESSION_KEYS,
                                  .about.service_provider = SLICE_LIT("Dunlin"),
                                  .about.profile_name = SLICE_LIT("Test"),
                                  .about.profile_class = 2 };
    uint8_t iccid[ICCID_LEN];

    return smdp_profile_add(w->smdp, &n, t, iccid);
}

static enum err order(struct world *w, struct profile *p, struct turn *t)
{
    struct smdp_download_order o = { .iccid = SLICE_OF(p->iccid) };
    uint8_t iccid[ICCID_LEN];

    return smdp_download_order(w->smdp, &o, t, iccid);
}

static enum err confirm(struct world *w, struct profile *p, struct turn *t)
{
    struct smdp_confirm_order o = { .iccid = SLICE_OF(p->iccid),
                                    .matching_id = slice_str(p->matching_id),
                                    .release = true };
    struct smdp_confirmed out;

    return smdp_confirm_order(w->smdp, &o, t, &out);
}

static void operate(struct world *w, operation *call, struct profile *p)
{
    struct arena a;
    struct turn t;

    arena_init(&a, (size_t)4 << 20);
    turn_init(&t, &a, w->store, (int64_t)time(NULL) * 1000);
    MUST(call(w, p, &t) == E_OK && !t.status.subject && turn_commit(&t) == E_OK);
    arena_free(&a);
}

void world_release(struct world *w, unsigned number, struct arena *a, struct profile *p)
{
    char digits[ICCID_DIGITS + 1];
    struct build_input in = { .iccid = slice_of(digits, 19) };

    snprintf(digits, sizeof digits, "8999970%011u", number);
    digits[18] = luhn_digit(slice_of(digits, 18));
    snprintf(p->matching_id, sizeof p->matching_id, "MATCH-%u", number);
    MUST(iccid_from_digits(in.iccid, p->iccid) == E_OK);
    MUST(profile_build(a, w->crypto, &in, &p->package, NULL) == E_OK);
    operate(w, add, p);
    operate(w, order, p);
    operate(w, confirm, p);
}

struct smdp_order world_order(struct world *w, const struct profile *p, struct arena *a)
{
    struct smdp_order row;

    MUST(store_get(w->store, &smdp_order_table, SMDP_BY_KEY,
                   STORE_KEY(store_blob(SLICE_OF(p->iccid))), &row, a) == E_OK);
    return row;
}

/* ---- what stands in the store ---- */

static void list(struct world *w, const struct store_table *t, struct arena *a, uint8_t **rows,
                 size_t *count)
{
    struct store_query q = { .limit = STORE_LIST_MAX };

    MUST(store_list(w->store, t, &q, a, rows, count) == E_OK);
}

size_t world_rows(struct world *w, const struct store_table *t)
{
    struct arena a;
    uint8_t *rows;
    size_t count;

    arena_init(&a, (size_t)64 << 20);
    list(w, t, &a, &rows, &count);
    arena_free(&a);
    return count;
}

/* Versions tell every write of a row, and rows that are gone are missing. */
void world_digest(struct world *w, uint8_t digest[DIGEST_LEN])
{
    const struct store_schema *schema = w->smds     ? &smds_schema
                                        : w->is_eim ? &eim_schema
                                                    : &smdp_schema;
    struct hash_run run;
    struct arena a;

    arena_init(&a, (size_t)64 << 20);
    MUST(hash_open(w->crypto, &run) == E_OK);
    for (size_t i = 0; i <= schema->table_count; i++) {
        const struct store_table *t =
            i < schema->table_count ? schema->tables[i] : &store_event_table;
        uint8_t *rows;
        size_t count;

        list(w, t, &a, &rows, &count);
        for (size_t k = 0; k < count; k++)
            MUST(hash_add(&run, slice_of(rows + k * t->size, sizeof(uint64_t))) == E_OK);
    }
    MUST(hash_finish(&run, digest) == E_OK);
    arena_free(&a);
}

/* ---- over TLS ---- */

void wire_open(struct wire *x, const struct world *w, uint16_t port)
{
    struct tls_trust_options trust = { .ca = &w->ci.cert.der, .ca_count = 1 };
    struct http_client_options o = { .connections_host = 1 };
    char row[40];

    *x = (struct wire){ .host = w->is_eim ? EIM_NAME : SMDP_NAME };
    snprintf(row, sizeof row, "*=127.0.0.1:%u", port);
    MUST(hosts_open(&x->hosts) == E_OK && hosts_add(x->hosts, row) == E_OK);
    MUST(tls_trust_open(&trust, &x->trust) == E_OK);
    o.hosts = x->hosts;
    MUST(http_client_open(&o, &x->client) == E_OK);
}

void wire_close(struct wire *x)
{
    http_client_close(x->client);
    tls_trust_close(x->trust);
    hosts_close(x->hosts);
}
