/*
 * The engine without sockets: the gate, commits, conflicts, upstream calls, bindings.
 * COM-013: GET 405, unknown path 404, wrong Content-Type 415.
 * COM-014: X-Admin-Protocol absent or of another major version is refused, and said back otherwise.
 */
#include "engine/role.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"

#include <setjmp.h>
#include <stdarg.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct store *store;

static int set_up(void **state)
{
    (void)state;
    store = role_store();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    store_close(store);
    return 0;
}

static struct engine *open_engine(const struct engine_options *from)
{
    struct engine_options o = from ? *from : (struct engine_options){ 0 };
    struct engine *e;

    o.store = store;
    o.workers = o.workers ? o.workers : 2;
    MUST(engine_open(&o, &e) == E_OK);
    return e;
}

/* The status; the body and the fields as text. */
static int ask(const struct engine_site *site, const struct http_request *r, char *body,
               size_t size)
{
    struct engine_reply reply;
    int status;

    engine_dispatch(site, r, &reply);
    status = reply.response.status;
    snprintf(body, size, "%.*s", (int)reply.response.body.n,
             reply.response.body.p ? (const char *)reply.response.body.p : "");
    engine_reply_release(&reply);
    return status;
}

/* ---- the gate ---- */

static const struct engine_binding json_like = {
    .media_type = "application/json",
    .reply_type = "application/json;charset=UTF-8",
};

static void the_gate(void **state)
{
    static const struct {
        const char *why, *method, *path, *protocol, *media, *body;
        int status;
    } rows[] = {
        { "good", "POST", "/esipa", "gsma/rsp/v2.1.0", "application/json", "x", 200 },
        { "parameter, case", "POST", "/esipa", "gsma/rsp/v2.1.0",
          "Application/JSON ; charset=UTF-8", "x", 200 },
        { "version 1 of ESipa", "POST", "/esipa", "gsma/rsp/v1.0.0", "application/json", "x", 200 },
        { "version 2 of ES9+", "POST", "/es9", "gsma/rsp/v2.4.0", "application/json", "x", 200 },
        { "other major of ES9+", "POST", "/es9", "gsma/rsp/v3.0.0", "application/json", "x", 400 },
        { "two-digit major", "POST", "/es9", "gsma/rsp/v20.1.0", "application/json", "x", 400 },
        { "no protocol", "POST", "/esipa", NULL, "application/json", "x", 400 },
        { "not of the GSMA", "POST", "/esipa", "other/v2.1.0", "application/json", "x", 400 },
        { "no version", "POST", "/esipa", "gsma/rsp/v", "application/json", "x", 400 },
        { "no number", "POST", "/esipa", "gsma/rsp/v2.<x>", "application/json", "x", 400 },
        { "endless", "POST", "/esipa", "gsma/rsp/v2.11111111111111111111111111111111",
          "application/json", "x", 400 },
        { "GET", "GET", "/esipa", "gsma/rsp/v2.1.0", "application/json", "", 405 },
        { "HEAD", "HEAD", "/esipa", "gsma/rsp/v2.1.0", "application/json", "", 405 },
        { "method in lower case", "post", "/esipa", "gsma/rsp/v2.1.0", "application/json", "x",
          405 },
        { "unknown path", "POST", "/other", "gsma/rsp/v2.1.0", "application/json", "x", 404 },
        { "path and more", "POST", "/esipa/", "gsma/rsp/v2.1.0", "application/json", "x", 404 },
        { "path of another host", "POST", "/elsewhere", "gsma/rsp/v2.1.0", "application/json", "x",
          404 },
        { "other media type", "POST", "/esipa", "gsma/rsp/v2.1.0", "text/plain", "x", 415 },
        { "a longer one", "POST", "/esipa", "gsma/rsp/v2.1.0", "application/jsonp", "x", 415 },
        { "no media type", "POST", "/esipa", "gsma/rsp/v2.1.0", NULL, "x", 415 },
        { "too large", "POST", "/esipa", "gsma/rsp/v2.1.0", "application/json", "12345", 413 },
    };
    struct engine_binding binding = json_like;
    struct route routes[3] = {
        { .path = "/esipa",
          .host = "EIM.example.com",
          .binding = &binding,
          .protocol = PROTOCOL_ANY,
          .body_max = 4,
          .handle = role_add },
        { .path = "/es9", .binding = &binding, .protocol = PROTOCOL_V2, .handle = role_add },
        { .path = "/elsewhere",
          .host = "other.example.com",
          .binding = &binding,
          .handle = role_add },
    };
    struct engine_site site = { open_engine(NULL), routes, COUNT(routes) };

    (void)state;
    binding.read = engine_octets.read;
    binding.write = engine_octets.write;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_field fields[3] = { { SLICE_LIT("host"), SLICE_LIT("eim.EXAMPLE.com:8443") } };
        struct http_request r = {
            .method = slice_str(rows[i].method),
            .path = slice_str(rows[i].path),
            .fields = fields,
            .field_count = 1,
            .body = slice_str(rows[i].body),
        };
        struct engine_reply reply;
        slice said;

        if (rows[i].protocol)
            fields[r.field_count++] =
                (struct http_field){ SLICE_LIT("x-admin-protocol"), slice_str(rows[i].protocol) };
        if (rows[i].media)
            fields[r.field_count++] =
                (struct http_field){ SLICE_LIT("content-type"), slice_str(rows[i].media) };
        engine_dispatch(&site, &r, &reply);
        if (reply.response.status != rows[i].status)
            fail_msg("%s: %d", rows[i].why, reply.response.status);
        said =
            http_fields_find(reply.response.fields, reply.response.field_count, "X-Admin-Protocol");
        if (rows[i].status == 200)
            assert_true(slice_eq_str(said, rows[i].protocol));
        else if (rows[i].status != 404)
            assert_true(slice_starts(said, SLICE_LIT("gsma/rsp/v2.")));
        if (rows[i].status == 200)
            assert_true(
                slice_eq_str(reply.response.content_type, "application/json;charset=UTF-8"));
        if (rows[i].status == 405)
            assert_true(slice_eq_str(
                http_fields_find(reply.response.fields, reply.response.field_count, "Allow"),
                "POST"));
        engine_reply_release(&reply);
    }
    engine_close(site.engine);
}

/* A part of a path stands for any one part; every method of a path is told; a turn's own status. */
static enum err say_path(void *role, const struct engine_call *call, struct turn *t)
{
    t->reply = arena_copy(t->arena, call->http->path);
    t->http_status = *(int *)role;
    turn_about_operator(t, SLICE_LIT("somebody"));
    return E_OK;
}

static void paths_with_parts(void **state)
{
    static const struct {
        const char *method, *path;
        int status;
    } rows[] = {
        { "GET", "/v1/things", 299 },       { "GET", "/v1/things/7", 299 },
        { "DELETE", "/v1/things/7", 299 },  { "POST", "/v1/things/a-b/stop", 409 },
        { "GET", "/v1/things/", 404 },      { "GET", "/v1/things//stop", 404 },
        { "GET", "/v1/things/7/", 404 },    { "GET", "/v1/things/7/8", 404 },
        { "GET", "/v1/thing", 404 },        { "GET", "/v1/things/7/stop/", 404 },
        { "GET", "/v1/things/7/sto", 404 }, { "GET", "", 404 },
        { "PUT", "/v1/things/7", 405 },     { "GET", "/v1/things/7/stop", 405 },
        { "POST", "/v1/things/{id}", 405 }, { "GET", "/v1/things/{id}", 299 },
    };
    int fine = 299, bad = 409;
    const struct engine_binding binding = { .reply_type = "a/reply",
                                            .problem_type = "a/problem",
                                            .read = engine_octets.read,
                                            .write = engine_octets.write };
    const struct route routes[] = {
        { .path = "/v1/things", .method = "GET" },
        { .path = "/v1/things/{id}", .method = "GET" },
        { .path = "/v1/things/{id}", .method = "DELETE" },
        { .path = "/v1/things/{id}/stop", .method = "POST", .role = &bad },
    };
    struct route all[COUNT(routes)];
    struct engine_site site = { open_engine(NULL), all, COUNT(all) };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        all[i] = routes[i];
        all[i].binding = &binding;
        all[i].handle = say_path;
        all[i].role = routes[i].role ? routes[i].role : &fine;
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct http_request r = { .method = slice_str(rows[i].method),
                                        .path = slice_str(rows[i].path),
                                        .body = SLICE_EMPTY };
        struct engine_reply reply;
        slice allow;

        engine_dispatch(&site, &r, &reply);
        if (reply.response.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].method, rows[i].path, reply.response.status);
        allow = http_fields_find(reply.response.fields, reply.response.field_count, "Allow");
        if (rows[i].status == 405)
            assert_true(slice_eq_str(allow, strstr(rows[i].path, "stop") ? "POST" : "GET, DELETE"));
        if (rows[i].status == 299 || rows[i].status == 409) {
            assert_true(slice_eq(reply.response.body, r.path));
            assert_true(slice_eq_str(reply.response.content_type,
                                     rows[i].status == 299 ? "a/reply" : "a/problem"));
        }
        engine_reply_release(&reply);
    }
    engine_close(site.engine);
}

/* ---- commits and conflicts ---- */

static void *add_many(void *arg)
{
    struct http_request r = role_request("/add", "together");
    char body[32];

    for (int i = 0; i < 50; i++) {
        int status;

        do
            status = ask(arg, &r, body, sizeof body);
        while (status == 503);
        MUST(status == 200);
    }
    return NULL;
}

/* What every reply promised is there, though all of them changed one row at the same time. */
static void nothing_is_lost_in_conflicts(void **state)
{
    struct route route = { .path = "/add", .binding = &engine_octets, .handle = role_add };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        MUST(pthread_create(&threads[i], NULL, add_many, &site) == 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(role_value(store, "together"), 200);
    assert_true(engine_stats(site.engine).conflicts > 0);
    engine_close(site.engine);
}

/* ---- requests of one's own ---- */

enum { SUBMITTED = 200 };

struct hearer {
    pthread_mutex_t lock;
    pthread_t own;
    int ok, elsewhere, other; /* 200 by a worker, 404 on the own thread, anything else */
};

static void hear(void *token, const struct http_response *r)
{
    struct hearer *h = token;
    bool own = pthread_equal(pthread_self(), h->own);

    pthread_mutex_lock(&h->lock);
    if (r->status == 200 && !own && r->body.n > 0)
        h->ok++;
    else if (r->status == 404 && own)
        h->elsewhere++;
    else
        h->other++;
    pthread_mutex_unlock(&h->lock);
}

/* Each is told of once: by a worker, or at once where the gate refuses. */
static void submitted_requests_are_told_of(void **state)
{
    struct route route = { .path = "/add", .binding = &engine_octets, .handle = role_add };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    struct hearer h = { .lock = PTHREAD_MUTEX_INITIALIZER, .own = pthread_self() };
    struct http_request bad = role_request("/sub", "nobody"), *good;
    char(*names)[16] = calloc(SUBMITTED, sizeof *names);

    (void)state;
    good = calloc(SUBMITTED, sizeof *good);
    assert_true(names && good);
    for (int i = 0; i < SUBMITTED; i++) {
        engine_submit(&site, &bad, hear, &h);
        snprintf(names[i], sizeof names[i], "mine-%d", i); /* nobody else's: no conflicts */
        good[i] = role_request("/add", names[i]);
        engine_submit(&site, &good[i], hear, &h);
    }
    engine_close(site.engine); /* waits for all */
    assert_int_equal(h.ok, SUBMITTED);
    assert_int_equal(h.elsewhere, SUBMITTED);
    assert_int_equal(h.other, 0);
    for (int i = 0; i < SUBMITTED; i++)
        assert_int_equal(role_value(store, names[i]), 1);
    free(good);
    free(names);
}

struct settled {
    int runs, good, bad;
};

static void settle(struct turn *t, bool committed)
{
    struct settled *s = t->settle_context;

    s->good += committed;
    s->bad += !committed;
}

/* Assumes a version that no row has. */
static enum err always_conflicts(void *role, const struct engine_call *call, struct turn *t)
{
    struct settled *s = role;
    struct number *row = ARENA_NEW(t->arena, struct number);

    (void)call;
    s->runs++;
    t->settle = settle;
    t->settle_context = s;
    t->reply = SLICE_LIT("never seen");
    *row = (struct number){ .version = 12345, .name = SLICE_LIT("nobody") };
    return turn_update(t, &number_table, row);
}

static void conflicts_end(void **state)
{
    struct settled s = { 0 };
    struct route route = {
        .path = "/x", .binding = &engine_octets, .handle = always_conflicts, .role = &s
    };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    struct http_request r = role_request("/x", "");
    char body[32];

    (void)state;
    assert_int_equal(ask(&site, &r, body, sizeof body), 503);
    assert_string_equal(body, "");
    assert_int_equal(s.runs, ENGINE_TRIES);
    assert_int_equal(s.bad, ENGINE_TRIES);
    assert_int_equal(s.good, 0);
    engine_close(site.engine);
}

/* ---- errors of handlers ---- */

static enum err fails_with(void *role, const struct engine_call *call, struct turn *t)
{
    enum err err = role_add(NULL, call, t);

    return err ? err : *(enum err *)role;
}

static void errors_become_statuses(void **state)
{
    static const struct {
        enum err err;
        int status;
    } rows[] = {
        { E_OK, 200 },       { E_SYNTAX, 400 },   { E_MISSING, 400 },   { E_LIMIT, 503 },
        { E_MEMORY, 503 },   { E_STORAGE, 500 },  { E_CRYPTO, 500 },    { E_BADSIG, 500 },
        { E_NOTFOUND, 500 }, { E_INTERNAL, 500 }, { E_UNTRUSTED, 403 },
    };
    enum err err;
    struct route route = {
        .path = "/x", .binding = &engine_octets, .handle = fails_with, .role = &err
    };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    struct http_request r = role_request("/x", "failing");
    char body[32];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        err = rows[i].err;
        assert_int_equal(ask(&site, &r, body, sizeof body), rows[i].status);
    }
    /* only the good one left a trace */
    assert_int_equal(role_value(store, "failing"), 1);
    engine_close(site.engine);
}

static enum err says_nothing(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    (void)call;
    (void)t;
    return E_OK;
}

static void nothing_to_say_is_204(void **state)
{
    struct route route = { .path = "/x", .binding = &engine_octets, .handle = says_nothing };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    struct http_request r = role_request("/x", "");
    char body[32];

    (void)state;
    assert_int_equal(ask(&site, &r, body, sizeof body), 204);
    engine_close(site.engine);
}

/* ---- upstream calls ---- */

/* Counts, then asks upstream what the body says; the count must be durable before the call. */
static enum err asks_upstream(void *role, const struct engine_call *call, struct turn *t)
{
    enum err err = role_add(role, call, t);

    t->reply = SLICE_NONE;
    t->want = TURN_UPSTREAM;
    t->upstream.host = SLICE_LIT("dp.example.com");
    t->upstream.path = SLICE_LIT("/gsma/rsp2/es9plus/initiateAuthentication");
    t->upstream.body = *(const slice *)call->message;
    t->upstream.resume = arena_printf(t->arena, "place %d", 7);
    return err;
}

static enum err takes_answer(void *role, const struct engine_call *call, struct turn *t)
{
    const struct engine_answer *a = call->answer;

    MUST(slice_eq_str(call->resume, "place 7"));
    MUST(slice_eq_str(*(const slice *)call->message, "question"));
    if (a->err) {
        t->reply = arena_printf(t->arena, "%s", err_name(a->err));
        return E_OK;
    }
    t->reply =
        arena_printf(t->arena, "%d %.*s", a->status, (int)a->body.n, (const char *)a->body.p);
    return slice_eq_str(a->body, "again") ? asks_upstream(role, call, t) : E_OK;
}

struct errand {
    engine_answered *answered;
    void *token;
};

static void *answer_from_elsewhere(void *arg)
{
    struct errand *e = arg;
    char text[] = "from elsewhere";
    struct engine_answer a = { .status = 200, .body = slice_str(text) };

    e->answered(e->token, &a);
    memset(text, 0, sizeof text); /* nothing of the answer may be borrowed */
    free(e);
    return NULL;
}

static void upstream_thread(void *ctx, const struct turn_upstream *u, engine_answered *answered,
                            void *token)
{
    struct errand *e = malloc(sizeof *e);
    pthread_t thread;

    (void)ctx;
    MUST(role_value(store, "question") > 0);
    MUST(slice_eq_str(u->body, "question"));
    *e = (struct errand){ answered, token };
    MUST(pthread_create(&thread, NULL, answer_from_elsewhere, e) == 0);
    pthread_detach(thread);
}

static void upstream_again(void *ctx, const struct turn_upstream *u, engine_answered *answered,
                           void *token)
{
    (void)ctx;
    (void)u;
    answered(token, &(struct engine_answer){ .status = 200, .body = SLICE_LIT("again") });
}

static void upstream_calls(void **state)
{
    struct engine_options o = { .upstream = { .call = upstream_thread } };
    struct route route = {
        .path = "/x", .binding = &engine_octets, .handle = asks_upstream, .resume = takes_answer
    };
    struct engine_site site = { open_engine(&o), &route, 1 };
    struct http_request r = role_request("/x", "question");
    char body[64];

    (void)state;
    assert_int_equal(ask(&site, &r, body, sizeof body), 200);
    assert_string_equal(body, "200 from elsewhere");
    engine_close(site.engine);
    /* no way upstream: the role hears of it and answers by itself */
    site.engine = open_engine(NULL);
    assert_int_equal(ask(&site, &r, body, sizeof body), 200);
    assert_string_equal(body, "E_UNSUPPORTED");
    engine_close(site.engine);
    /* a role that never stops asking */
    o.upstream.call = upstream_again;
    site.engine = open_engine(&o);
    assert_int_equal(ask(&site, &r, body, sizeof body), 500);
    assert_int_equal(engine_stats(site.engine).upstream_calls, ENGINE_HOPS);
    engine_close(site.engine);
}

/* ---- bindings ---- */

#define INITIATE                                                                                   \
    "{\"euiccChallenge\":\"sto2pAfi3LGpuulBK+x5iw==\",\"euiccInfo1\":"                             \
    "\"vyA1ggMCBACpFgQU9UFyvfmKldZ"                                                                \
    "cvriKOKHBHYAKhcOqFgQU9UFyvfmKldZcvriKOKHBHYAKhcM=\",\"smdpAddress\":\"dp.example.com\"}"

static enum err initiate(void *role, const struct engine_call *call, struct turn *t)
{
    const struct initiate_authentication_request_es9 *r = call->message;

    MUST(r->euicc_challenge.n == 16 && slice_eq_str(r->smdp_address, "dp.example.com"));
    if (role)
        turn_refuse(t, "8.8.1", "3.8", "not this server");
    return E_OK;
}

static void json_binding(void **state)
{
    int refuse = 1;
    struct route routes[] = {
        { .path = "/refused", .binding = &engine_json, .handle = initiate, .role = &refuse },
        { .path = "/silent", .binding = &engine_json, .handle = initiate },
        { .path = "/notify", .binding = &engine_json, .handle = says_nothing },
    };
    struct engine_site site = { open_engine(NULL), routes, COUNT(routes) };
    struct http_request r = role_request("/refused", INITIATE);
    char body[512];

    (void)state;
    routes[0].json = routes[1].json =
        json_function_find(JSON_ES9PLUS, SLICE_LIT("initiateAuthentication"));
    routes[2].json = json_function_find(JSON_ES9PLUS, SLICE_LIT("handleNotification"));
    assert_int_equal(ask(&site, &r, body, sizeof body), 200);
    assert_non_null(strstr(body, "\"Failed\""));
    assert_non_null(strstr(body, "\"8.8.1\""));
    assert_non_null(strstr(body, "\"3.8\""));
    /* a function with a response that gives none is a fault of ours */
    r.path = SLICE_LIT("/silent");
    assert_int_equal(ask(&site, &r, body, sizeof body), 500);
    /* malformed in one way or another */
    r.path = SLICE_LIT("/refused");
    for (size_t n = 0; n < sizeof INITIATE - 1; n++) {
        r.body = slice_of(INITIATE, n);
        assert_int_equal(ask(&site, &r, body, sizeof body), 400);
    }
    r.path = SLICE_LIT("/notify");
    r.body = SLICE_LIT("{}");
    assert_int_equal(ask(&site, &r, body, sizeof body), 400);
    engine_close(site.engine);
}

static enum err echoes_challenge(void *role, const struct engine_call *call, struct turn *t)
{
    const struct initiate_authentication_request_es9 *r = call->message;

    (void)role;
    t->reply = r->euicc_challenge;
    return E_OK;
}

static void asn1_binding(void **state)
{
    struct initiate_authentication_request_es9 message = { 0 };
    const struct json_function *f =
        json_function_find(JSON_ES9PLUS, SLICE_LIT("initiateAuthentication"));
    struct route route = {
        .path = "/x", .binding = &engine_asn1, .handle = echoes_challenge, .request = f->request
    };
    struct engine_site site = { open_engine(NULL), &route, 1 };
    struct http_field type = { SLICE_LIT("Content-Type"),
                               SLICE_LIT("application/x-gsma-rsp-asn1") };
    struct http_request r = role_request("/x", "");
    struct arena a;
    uint8_t buf[256];
    slice der;
    char body[64];

    (void)state;
    arena_init(&a, 1u << 16);
    assert_int_equal(json_read_request(f, SLICE_LIT(INITIATE), &a, &message, NULL), E_OK);
    assert_int_equal(schema_encode(f->request, &message, buf, sizeof buf, &der, NULL), E_OK);
    r.fields = &type;
    r.field_count = 1;
    r.body = der;
    assert_int_equal(ask(&site, &r, body, sizeof body), 200);
    r.body.n--;
    assert_int_equal(ask(&site, &r, body, sizeof body), 400);
    arena_free(&a);
    engine_close(site.engine);
}

/* ---- the end ---- */

static struct {
    pthread_t thread;
    engine_answered *answered;
    void *token;
    bool asked, resumed;
} late;

/* Long after the only worker has nothing to do any more. */
static void *answer_late(void *ctx)
{
    usleep(100000);
    late.answered(late.token, &(struct engine_answer){ .status = 200 });
    return ctx;
}

static void call_late(void *ctx, const struct turn_upstream *u, engine_answered *answered,
                      void *token)
{
    (void)ctx;
    (void)u;
    late.answered = answered;
    late.token = token;
    MUST(pthread_create(&late.thread, NULL, answer_late, NULL) == 0);
}

/* The engine closes while this runs. */
static enum err ask_late(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    (void)call;
    __atomic_store_n(&late.asked, true, __ATOMIC_SEQ_CST);
    usleep(100000);
    t->want = TURN_UPSTREAM;
    return E_OK;
}

static enum err resume_late(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    (void)t;
    late.resumed = call->answer->status == 200;
    return E_OK;
}

/* Would hang: the last worker went home before the answer came. */
static void close_waits_for_what_is_with_an_upstream(void **state)
{
    static const struct engine_chore chore = {
        .name = "late", .every_ms = 1000000, .handle = ask_late, .resume = resume_late
    };
    struct engine *e = open_engine(&(struct engine_options){
        .workers = 1, .chores = &chore, .chore_count = 1, .upstream = { .call = call_late } });

    (void)state;
    while (!__atomic_load_n(&late.asked, __ATOMIC_SEQ_CST))
        usleep(1000);
    alarm(20);
    engine_close(e);
    alarm(0);
    pthread_join(late.thread, NULL);
    assert_true(late.resumed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gate),
        cmocka_unit_test(paths_with_parts),
        cmocka_unit_test(nothing_is_lost_in_conflicts),
        cmocka_unit_test(submitted_requests_are_told_of),
        cmocka_unit_test(conflicts_end),
        cmocka_unit_test(errors_become_statuses),
        cmocka_unit_test(nothing_to_say_is_204),
        cmocka_unit_test(upstream_calls),
        cmocka_unit_test(json_binding),
        cmocka_unit_test(asn1_binding),
        cmocka_unit_test(close_waits_for_what_is_with_an_upstream),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
