#include "lpa/server.h"

#include "base/file.h"
#include "pki/lend.h"
#include "pki/testci.h"
#include "store/sqlite.h"

#include <time.h>
#include <unistd.h>

static void make_keys(struct server *s)
{
    static const slice host = SLICE_LIT(SMDP_NAME);
    const struct {
        enum cert_role role;
        struct identity *to;
    } rows[] = { { ROLE_CI, &s->ci },
                 { ROLE_EUM, &s->eum },
                 { ROLE_DP_AUTH, &s->auth },
                 { ROLE_DP_PB, &s->pb },
                 { ROLE_DS_AUTH, &s->ds } };
    struct testci_plan plan = { .dir = s->pki,
                                .curve = CURVE_P256,
                                .hosts = &host,
                                .host_count = 1,
                                .eim_id = SLICE_LIT("testeim.example.com"),
                                .now_s = time(NULL) };

    MUST(testci_init(s->crypto, &plan, NULL) == E_OK);
    for (size_t i = 0; i < COUNT(rows); i++)
        MUST(identity_open_role(s->crypto, s->pki, rows[i].role, rows[i].to) == E_OK);
}

static void open_role(struct server *s)
{
    const struct store_schema *schemas[] = { &store_event_schema, &smdp_schema };
    struct store_sqlite_options store = {
        .path = s->db, .schemas = schemas, .schema_count = COUNT(schemas), .volatile_commits = true
    };
    struct smdp_options role = { .crypto = s->crypto,
                                 .address = SLICE_LIT(SMDP_NAME),
                                 .keys = &s->keys,
                                 .download_attempts = 1000 };

    MUST(store_sqlite_open(&store, &s->store) == E_OK);
    keyring_place_open(&s->keys, lend_ci(s->crypto, s->ci.cert.der));
    lend_dp(s->keys.now, lent(&s->auth.cert, &s->auth.signer), lent(&s->pb.cert, &s->pb.signer));
    MUST(smdp_open(&role, &s->smdp) == E_OK);
    es9plus_routes(s->smdp, s->routes);
}

void server_open(struct server *s)
{
    struct engine_options engine;

    *s = (struct server){ .crypto = crypto_openssl() };
    snprintf(s->dir, sizeof s->dir, "/tmp/dunlin-lpa-XXXXXX");
    MUST(s->crypto && mkdtemp(s->dir));
    snprintf(s->pki, sizeof s->pki, "%s/pki", s->dir);
    snprintf(s->db, sizeof s->db, "%s/db", s->dir);
    make_keys(s);
    open_role(s);
    engine = (struct engine_options){ .store = s->store, .workers = 1 };
    MUST(engine_open(&engine, &s->engine) == E_OK);
    s->site = (struct engine_site){ s->engine, s->routes, ES9PLUS_ROUTES };
}

void server_close(struct server *s)
{
    engine_close(s->engine);
    smdp_close(s->smdp);
    store_close(s->store);
    keyring_place_close(&s->keys);
    identity_close(&s->ci);
    identity_close(&s->eum);
    identity_close(&s->auth);
    identity_close(&s->pb);
    identity_close(&s->ds);
    folder_remove(s->dir);
}

int server_post(struct server *s, const char *path, slice body, struct arena *a, slice *answer)
{
    const struct http_field fields[] = {
        { SLICE_LIT("Host"), SLICE_LIT("localhost") },
        { SLICE_LIT("Content-Type"), SLICE_LIT(MEDIA_JSON) },
        { SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.5.0") },
    };
    const struct http_request request = { .method = SLICE_LIT("POST"),
                                          .path = slice_str(path),
                                          .fields = fields,
                                          .field_count = COUNT(fields),
                                          .body = body,
                                          .peer = SLICE_LIT("127.0.0.1") };
    struct engine_reply reply;
    int status;

    engine_dispatch(&s->site, &request, &reply);
    status = reply.response.status;
    *answer = arena_copy(a, reply.response.body);
    engine_reply_release(&reply);
    return status;
}
