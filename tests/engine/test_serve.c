/*
 * The engine behind our HTTP server and in front of our HTTP client: workers, overload, upstream
 * calls over the network, chores, and the end.
 */
#include "engine/role.h"
#include "engine/upstream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <cmocka.h>

static void sleep_ms(unsigned ms)
{
    struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

    nanosleep(&t, NULL);
}

/* ---- a server and a client around an engine ---- */

struct house {
    struct store *store;
    struct engine *engine;
    struct engine_site site;
    struct http_server *server;
    struct loop *loop;
    struct http_client *client;
};

static void open_house(struct house *h, const struct engine_options *from,
                       const struct route *routes, size_t count)
{
    struct engine_options o = from ? *from : (struct engine_options){ 0 };
    struct http_server_options so = { .handler = engine_serve, .ctx = &h->site };
    struct http_client_options co = { .connections_host = 64 };

    h->store = role_store();
    o.store = h->store;
    MUST(engine_open(&o, &h->engine) == E_OK);
    h->site = (struct engine_site){ h->engine, routes, count };
    MUST(http_server_open(&so, &h->server) == E_OK);
    MUST(loop_open(&h->loop) == E_OK);
    co.loop = h->loop;
    MUST(http_client_open(&co, &h->client) == E_OK);
    MUST(loop_start(h->loop) == E_OK);
}

static void close_house(struct house *h)
{
    http_server_close(h->server);
    engine_close(h->engine);
    loop_stop(h->loop);
    http_client_close(h->client);
    loop_close(h->loop);
    store_close(h->store);
}

struct tally {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int total, good, busy, other;
};

#define TALLY                                                                                      \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                     \
    }

static void count_answer(void *ctx, const struct http_answer *a)
{
    struct tally *t = ctx;

    pthread_mutex_lock(&t->lock);
    t->total++;
    if (a->err == E_OK && a->status == 200)
        t->good++;
    else if (a->err == E_OK && a->status == 503 &&
             http_fields_find(a->fields, a->field_count, "Retry-After").p)
        t->busy++;
    else
        t->other++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void wait_for(struct tally *t, int total)
{
    pthread_mutex_lock(&t->lock);
    while (t->total < total)
        pthread_cond_wait(&t->changed, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

static void send_one(struct house *h, const char *path, const char *body, struct tally *t)
{
    struct http_call call = { .host = "127.0.0.1", .path = path, .body = slice_str(body) };

    call.port = http_server_port(h->server);
    MUST(http_client_call(h->client, &call, count_answer, t) == E_OK);
}

/* ---- requests ---- */

static void many_requests(void **state)
{
    struct route route = { .path = "/add", .binding = &engine_octets, .handle = role_add };
    struct tally t = TALLY;
    struct house h;

    (void)state;
    open_house(&h, &(struct engine_options){ .workers = 3 }, &route, 1);
    for (int i = 0; i < 300; i++) {
        char name[16];

        snprintf(name, sizeof name, "n%d", i % 20);
        send_one(&h, "/add", name, &t);
    }
    wait_for(&t, 300);
    /* what was answered 200 is in the store, and nothing else */
    assert_int_equal(t.other, 0);
    for (int i = 0, sum = 0; i < 20; i++) {
        char name[16];
        int64_t value;

        snprintf(name, sizeof name, "n%d", i);
        value = role_value(h.store, name);
        sum += value > 0 ? (int)value : 0;
        if (i == 19)
            assert_int_equal(sum, t.good);
    }
    close_house(&h);
}

static atomic_bool gate_open;

static enum err waits_for_gate(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    (void)call;
    while (!gate_open)
        sleep_ms(2);
    t->reply = SLICE_LIT("done");
    return E_OK;
}

/* One worker that is busy, two places in the queue: the rest is told to come again. */
static void overload(void **state)
{
    struct engine_options o = { .workers = 1, .queue = 2 };
    struct route route = { .path = "/x", .binding = &engine_octets, .handle = waits_for_gate };
    struct tally t = TALLY;
    struct house h;

    (void)state;
    gate_open = false;
    open_house(&h, &o, &route, 1);
    send_one(&h, "/x", "", &t);
    while (engine_stats(h.engine).jobs < 1 || engine_stats(h.engine).waiting)
        sleep_ms(2);
    for (int i = 0; i < 10; i++)
        send_one(&h, "/x", "", &t);
    wait_for(&t, 8);
    assert_int_equal(t.busy, 8);
    gate_open = true;
    wait_for(&t, 11);
    assert_int_equal(t.good, 3);
    assert_int_equal(engine_stats(h.engine).overloaded, 8);
    close_house(&h);
}

/* What waited past anybody's patience is not begun. */
static void too_late(void **state)
{
    struct engine_options o = { .workers = 1, .patience_ms = 50 };
    struct route route = { .path = "/x", .binding = &engine_octets, .handle = waits_for_gate };
    struct tally t = TALLY;
    struct house h;

    (void)state;
    gate_open = false;
    open_house(&h, &o, &route, 1);
    send_one(&h, "/x", "", &t);
    sleep_ms(20);
    send_one(&h, "/x", "", &t);
    sleep_ms(120);
    gate_open = true;
    wait_for(&t, 2);
    assert_int_equal(t.good, 1);
    assert_int_equal(t.busy, 1);
    close_house(&h);
}

/* Closing answers what is in hand. */
static void closing_drains(void **state)
{
    struct route route = { .path = "/x", .binding = &engine_octets, .handle = waits_for_gate };
    struct tally t = TALLY;
    struct house h;

    (void)state;
    gate_open = false;
    open_house(&h, &(struct engine_options){ .workers = 2 }, &route, 1);
    for (int i = 0; i < 5; i++)
        send_one(&h, "/x", "", &t);
    while (engine_stats(h.engine).jobs < 5)
        sleep_ms(2);
    http_server_drain(h.server);
    sleep_ms(80);
    gate_open = true;
    wait_for(&t, 5);
    assert_int_equal(t.good, 5);
    close_house(&h);
}

/* ---- upstream ---- */

static enum err relays(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    t->want = TURN_UPSTREAM;
    t->upstream.host = *(const slice *)call->message;
    t->upstream.path = SLICE_LIT("/add");
    t->upstream.content_type = SLICE_LIT("application/octet-stream");
    t->upstream.body = SLICE_LIT("relayed");
    t->upstream.trust = SLICE_LIT("dp");
    return E_OK;
}

static enum err relayed(void *role, const struct engine_call *call, struct turn *t)
{
    (void)role;
    t->reply = call->answer->err ? slice_str(err_name(call->answer->err)) : call->answer->body;
    return E_OK;
}

static struct tls_trust *no_trust(void *ctx, slice name)
{
    MUST(slice_eq_str(name, "dp"));
    return ctx;
}

struct told {
    struct tally tally;
    char body[32];
};

static void note_body(void *ctx, const struct http_answer *a)
{
    struct told *t = ctx;

    snprintf(t->body, sizeof t->body, "%.*s", (int)a->body.n, (const char *)a->body.p);
    count_answer(&t->tally, a);
}

static void relay_to(struct house *h, const char *host, struct told *t)
{
    struct http_call call = { .host = "127.0.0.1", .path = "/relay", .body = slice_str(host) };

    t->tally.total = 0;
    call.port = http_server_port(h->server);
    MUST(http_client_call(h->client, &call, note_body, t) == E_OK);
    wait_for(&t->tally, 1);
}

/* Without a trust profile nothing leaves; with one, an unreachable server is told to the role. */
static void upstream_over_the_network(void **state)
{
    static const char *const unusable[] = { "", ":1", "a:", "a:0", "a:65536", "a:1x" };
    struct route route = {
        .path = "/relay", .binding = &engine_octets, .handle = relays, .resume = relayed
    };
    struct tls_trust_options to = { .pinned_spki = SLICE_LIT("any") };
    struct engine_web web = { .trust = no_trust };
    struct engine_options o = { .workers = 1, .upstream = engine_web_upstream(&web) };
    struct told t = { .tally = TALLY };
    struct tls_trust *trust;
    char host[32];
    struct house h;

    (void)state;
    open_house(&h, &o, &route, 1);
    web.client = h.client;
    relay_to(&h, "127.0.0.1:1", &t);
    assert_string_equal(t.body, "E_ARGUMENT");
    assert_int_equal(tls_trust_open(&to, &trust), E_OK);
    web.ctx = trust;
    for (size_t i = 0; i < COUNT(unusable); i++) {
        relay_to(&h, unusable[i], &t);
        assert_string_equal(t.body, "E_ARGUMENT");
    }
    relay_to(&h, "127.0.0.1:1", &t);
    assert_string_equal(t.body, "E_NETWORK");
    /* our own plain server does not speak TLS */
    snprintf(host, sizeof host, "127.0.0.1:%u", http_server_port(h.server));
    relay_to(&h, host, &t);
    assert_string_equal(t.body, "E_REFUSED");
    close_house(&h);
    tls_trust_close(trust);
}

/* ---- chores ---- */

#define LEASE_MS 150

/* Takes the row that is due first and moves its due time on, so that nobody else takes it. */
static enum err claim(void *role, const struct engine_call *call, struct turn *t)
{
    struct store_query q = { .index = NUMBER_BY_DUE, .to_given = true, .limit = 1 };
    struct number *rows;
    size_t count;
    enum err err;

    (void)role;
    q.to = store_int(t->now_ms);
    err = store_list(t->store, &number_table, &q, t->arena, &rows, &count);
    if (err || !count)
        return err;
    *call->more = true;
    rows->due_ms = t->now_ms + LEASE_MS;
    t->want = TURN_UPSTREAM;
    t->upstream.body = rows->name;
    t->upstream.resume = rows->name;
    return turn_update(t, &number_table, rows);
}

/* Delivered: the row goes. Not delivered: it stays, and is due again when the lease is over. */
static enum err delivered(void *role, const struct engine_call *call, struct turn *t)
{
    struct number *row = ARENA_NEW(t->arena, struct number);
    enum err err;

    (void)role;
    if (call->answer->err)
        return E_OK;
    MUST(row);
    err = store_get(t->store, &number_table, NUMBER_BY_NAME, STORE_KEY(store_text(call->resume)),
                    row, t->arena);
    return err ? err : turn_delete(t, &number_table, row);
}

static atomic_int deliveries, failures;

/* The first two attempts fail. */
static void deliver(void *ctx, const struct turn_upstream *u, engine_answered *answered,
                    void *token)
{
    (void)ctx;
    (void)u;
    if (atomic_fetch_add(&failures, 1) < 2) {
        answered(token, &(struct engine_answer){ .err = E_NETWORK });
        return;
    }
    atomic_fetch_add(&deliveries, 1);
    answered(token, &(struct engine_answer){ .status = 204 });
}

static void chores_deliver_what_is_due(void **state)
{
    struct engine_chore chore = {
        .name = "forward", .every_ms = 50, .parallel = 4, .handle = claim, .resume = delivered
    };
    struct engine_options o = {
        .workers = 3, .upstream = { .call = deliver }, .chores = &chore, .chore_count = 1
    };
    struct number rows[30] = { { 0 } };
    struct store *store = role_store();
    struct change changes[30];
    struct engine *e;
    char names[30][8];
    bool all = false;

    (void)state;
    deliveries = failures = 0;
    for (size_t i = 0; i < 30; i++) {
        snprintf(names[i], sizeof names[i], "d%zu", i);
        rows[i].name = slice_str(names[i]);
        changes[i] = (struct change){ CHANGE_INSERT, &number_table, &rows[i], NULL };
    }
    rows[29].due_ms = INT64_MAX; /* not due */
    assert_int_equal(store_apply(store, changes, 30, NULL), E_OK);
    o.store = store;
    assert_int_equal(engine_open(&o, &e), E_OK);
    for (int i = 0; i < 300 && !all; i++) {
        all = true;
        for (size_t k = 0; k < 29; k++)
            all = all && role_value(store, names[k]) < 0;
        sleep_ms(10);
    }
    assert_true(all);
    engine_close(e);
    /* each once, two of them at the second attempt */
    assert_int_equal(deliveries, 29);
    assert_int_equal(failures, 31);
    assert_int_equal(role_value(store, names[29]), 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests),
        cmocka_unit_test(overload),
        cmocka_unit_test(too_late),
        cmocka_unit_test(closing_drains),
        cmocka_unit_test(upstream_over_the_network),
        cmocka_unit_test(chores_deliver_what_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
