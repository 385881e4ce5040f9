#include "cmd/bench_crew.h"

#include <stdio.h>
#include <stdlib.h>

#define FLOW_ARENA    ((size_t)16 << 20)
#define SESSIONS_EACH 16u /* of a thread that leads flows in process */

struct bench_client {
    struct bench_crew *crew;
    struct bench_session *sessions;
    unsigned count;
    struct http_client *http; /* NULL: in process */
    bool just_opened;         /* for a flow of its own; nothing was asked yet */
    pthread_t thread;
    unsigned done;
    double submit_us; /* in the server's code */
    double own_us;    /* outside of it, while it counted */
    enum err err;

    pthread_mutex_t lock;
    pthread_cond_t all_told;
    atomic_uint open; /* answers that are still to come */
};

/* ---- one step of all sessions ---- */

static void told(void *token, const struct http_response *r)
{
    struct bench_session *s = token;
    struct bench_client *c = s->client;

    s->status = r->status;
    s->answer = r->body.p ? arena_copy(&s->arena, r->body) : SLICE_NONE;
    if (atomic_fetch_sub(&c->open, 1) > 1)
        return;
    pthread_mutex_lock(&c->lock);
    pthread_cond_signal(&c->all_told);
    pthread_mutex_unlock(&c->lock);
}

static void ask_near(struct bench_client *c)
{
    struct bench_server *b = c->crew->server;
    struct served *v = b->smdp ? &b->servers.smdp_served : &b->servers.eim_served;
    double from = cpu_thread_us();

    atomic_store(&c->open, c->count);
    for (unsigned i = 0; i < c->count; i++)
        engine_submit(&v->agents.site, &c->sessions[i].request, told, &c->sessions[i]);
    c->submit_us += cpu_thread_us() - from;
    pthread_mutex_lock(&c->lock);
    while (atomic_load(&c->open))
        pthread_cond_wait(&c->all_told, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static bool is_full_handshake(const struct http_answer *got)
{
    return !got->reused && !got->tls.resumed && got->tls.version &&
           !strcmp(got->tls.version, "TLSv1.3");
}

static enum err ask_far(struct bench_client *c, struct bench_session *s, const char *path)
{
    struct http_call call = {
        .host = c->crew->server->smdp ? BENCH_SMDP : BENCH_EIM,
        .tls = c->crew->server->trust,
        .path = path,
        .content_type = s->fields[1].value,
        .fields = &s->fields[2],
        .field_count = 1,
        .body = s->request.body,
    };
    struct http_answer got;
    enum err e = http_client_fetch(c->http, &call, &s->arena, &got);

    s->status = e ? 0 : got.status;
    s->answer = e ? SLICE_NONE : got.body;
    if (!e && c->just_opened && !is_full_handshake(&got))
        e = E_UNSUPPORTED;
    c->just_opened = false;
    return e;
}

static enum err make_request(struct bench_session *s, unsigned step, const char **path)
{
    const struct bench_flow *f = s->crew->flow;
    slice body = SLICE_NONE;
    enum err e = f->ask(s, step, path, &body);

    s->fields[0] = (struct http_field){ SLICE_LIT("Host"), SLICE_LIT("localhost") };
    s->fields[1] = (struct http_field){ SLICE_LIT("Content-Type"), slice_str(f->media) };
    s->fields[2] =
        (struct http_field){ SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.3.0") };
    s->request = (struct http_request){
        .method = SLICE_LIT("POST"),
        .path = slice_str(*path),
        .fields = s->fields,
        .field_count = COUNT(s->fields),
        .body = body,
        .peer = SLICE_LIT("127.0.0.1"),
    };
    return e;
}

static enum err run_step(struct bench_client *c, unsigned step)
{
    for (unsigned i = 0; i < c->count; i++) {
        const char *path = "";
        enum err e = make_request(&c->sessions[i], step, &path);

        if (!e && c->http)
            e = ask_far(c, &c->sessions[i], path);
        if (e)
            return e;
    }
    if (!c->http)
        ask_near(c);
    return E_OK;
}

/* A client that knows nothing of the one before: neither its connection nor its tickets. */
static enum err open_http(struct bench_client *c)
{
    struct http_client_options o = { .hosts = c->crew->server->hosts, .connections_host = 1 };

    http_client_close(c->http);
    c->http = NULL;
    c->just_opened = c->crew->connections == BENCH_FRESH;
    return http_client_open(&o, &c->http);
}

static enum err run_flows(struct bench_client *c)
{
    const struct bench_flow *f = c->crew->flow;
    enum err e = E_OK;

    if (c->http && c->crew->connections == BENCH_FRESH)
        e = open_http(c);
    for (unsigned i = 0; !e && i < c->count; i++) {
        arena_reset(&c->sessions[i].arena);
        e = f->begin(&c->sessions[i]);
    }
    for (unsigned step = 0; !e && step < f->steps; step++)
        e = run_step(c, step);
    for (unsigned i = 0; !e && i < c->count; i++)
        e = f->end(&c->sessions[i]);
    return e;
}

/* ---- clients ---- */

static void *work(void *arg)
{
    struct bench_client *c = arg;
    pthread_barrier_t *barrier = c->crew->barrier;
    double from;

    c->err = run_flows(c);
    if (c->crew->to_the_end && !c->err)
        c->done = c->count;
    pthread_barrier_wait(barrier); /* everybody is warm */
    pthread_barrier_wait(barrier); /* the clocks have been read */
    c->submit_us = 0;
    from = cpu_thread_us();
    while (!c->err && !atomic_load(&c->crew->stop)) {
        c->err = run_flows(c);
        if (!c->err)
            c->done += c->count;
    }
    c->own_us = cpu_thread_us() - from - c->submit_us;
    return NULL;
}

static bool open_client(struct bench_client *c, struct bench_crew *crew, unsigned count)
{
    bool ok = true;

    *c = (struct bench_client){ .crew = crew, .count = count };
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->all_told, NULL);
    c->sessions = calloc(count, sizeof *c->sessions);
    for (unsigned i = 0; c->sessions && i < count; i++) {
        struct bench_session *s = &c->sessions[i];

        s->client = c;
        s->crew = crew;
        arena_init(&s->arena, FLOW_ARENA);
        s->own = calloc(1, crew->flow->own);
        ok = ok && s->own;
    }
    return c->sessions && ok && (!crew->server->child || !open_http(c));
}

static void close_client(struct bench_client *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct bench_session *s = &c->sessions[i];

        if (c->crew->flow->close)
            c->crew->flow->close(s);
        arena_free(&s->arena);
        free(s->own);
    }
    http_client_close(c->http);
    free(c->sessions);
    pthread_cond_destroy(&c->all_told);
    pthread_mutex_destroy(&c->lock);
}

/* ---- measuring ---- */

/* The reference, again and again while the clients work: what slows them down slows it down. */
static void measure_bare(struct bench_crew *c, double until)
{
    double sums[5] = { 0 }, shaken = 0;
    unsigned n = 0;

    do {
        struct bare b = bare_measure(c->package);

        sums[0] += b.sign;
        sums[1] += b.verify;
        sums[2] += b.key_pair;
        sums[3] += b.agree;
        sums[4] += b.package;
        if (c->connections == BENCH_FRESH)
            shaken += bare_handshake();
        n++;
    } while (wall_us() < until);
    c->handshake = shaken / n;
    c->bare = (struct bare){ sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n, sums[4] / n };
}

static double workers_us(const struct bench_crew *c)
{
    struct bench_server *b = c->server;
    struct served *v = b->smdp ? &b->servers.smdp_served : &b->servers.eim_served;

    return b->child ? 0 : (double)engine_stats(v->engine).worker_us;
}

static void measure(struct bench_crew *c, struct bench_client *clients, unsigned count)
{
    double from, kernel, workers, own, client = 0, until;

    pthread_barrier_wait(c->barrier);
    from = bench_server_us(c->server);
    kernel = bench_server_kernel_us(c->server);
    workers = workers_us(c);
    until = wall_us() + c->seconds * 1e6;
    pthread_barrier_wait(c->barrier);
    own = cpu_thread_us();
    if (!c->to_the_end) {
        measure_bare(c, until);
        atomic_store(&c->stop, true);
    }
    own = cpu_thread_us() - own;
    for (unsigned i = 0; i < count; i++)
        pthread_join(clients[i].thread, NULL);
    c->server_us = bench_server_us(c->server) - from;
    c->server_kernel_us = bench_server_kernel_us(c->server) - kernel;
    c->worker_us = workers_us(c) - workers;
    for (unsigned i = 0; i < count; i++) {
        c->done += clients[i].done;
        client += clients[i].own_us;
        c->submit_us += clients[i].submit_us;
    }
    if (c->server->child)
        return;
    c->server_us -= client + own;
    c->store_us = c->server_us - c->worker_us - c->submit_us;
}

static bool all_well(const struct bench_crew *c, const struct bench_client *clients, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (clients[i].err && clients[i].err != E_NOTFOUND) {
            fprintf(stderr, "bench: client %u: %s (HTTP %d)\n", i, err_text(clients[i].err),
                    clients[i].sessions[0].status);
            return false;
        }
    }
    if (!c->done)
        fprintf(stderr, "bench: nothing was done in the time\n");
    return c->done > 0;
}

bool bench_crew_run(struct bench_crew *c)
{
    unsigned each = c->server->child ? 1 : SESSIONS_EACH;
    unsigned count = (c->sessions + each - 1) / each;
    struct bench_client *clients = calloc(count, sizeof *clients);
    pthread_barrier_t barrier;
    bool ok = clients != NULL;

    if (ok)
        pthread_barrier_init(&barrier, NULL, count + 1);
    c->barrier = &barrier;
    atomic_store(&c->stop, false);
    for (unsigned i = 0; ok && i < count; i++) {
        unsigned rest = c->sessions - i * each;

        ok = open_client(&clients[i], c, rest < each ? rest : each) &&
             !pthread_create(&clients[i].thread, NULL, work, &clients[i]);
    }
    if (!ok) {
        fprintf(stderr, "bench: no memory or threads for the clients\n");
        exit(1); /* threads that wait at the barrier cannot be ended otherwise */
    }
    measure(c, clients, count);
    ok = all_well(c, clients, count);
    for (unsigned i = 0; i < count; i++)
        close_client(&clients[i]);
    pthread_barrier_destroy(&barrier);
    free(clients);
    return ok;
}

void bench_crew_print(const struct bench_crew *c, char *out, size_t size)
{
    if (c->server->child)
        snprintf(out, size, "loopback TLS, %u %s, %.0f us in the kernel", c->sessions,
                 c->connections == BENCH_FRESH ? "clients, a full handshake each"
                                               : "kept connections",
                 c->server_kernel_us / c->done);
    else
        snprintf(out, size,
                 "in process, %u clients, workers %.0f, gate and queue %.0f, store's thread %.0f",
                 c->sessions, c->worker_us / c->done, c->submit_us / c->done,
                 c->store_us / c->done);
}
