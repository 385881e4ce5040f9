/* Queues, workers, chores, and the end. */
#include "engine/engine.h"

#include "engine/job.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SPARE_JOBS  64u
#define SPARE_ARENA (256u << 10) /* an arena that holds more is not kept */

/* ---- jobs ---- */

static void queue_push(struct job_queue *q, struct job *j)
{
    j->next = NULL;
    *q->last = j;
    q->last = &j->next;
    q->count++;
}

static struct job *queue_take(struct job_queue *q)
{
    struct job *j = q->first;

    if (!j)
        return NULL;
    q->first = j->next;
    if (!q->first)
        q->last = &q->first;
    q->count--;
    return j;
}

static void free_job(struct job *j)
{
    arena_free(&j->request_arena);
    arena_free(&j->turn_arena);
    free(j);
}

static void count_out(struct engine *e, bool done)
{
    pthread_mutex_lock(&e->lock);
    e->jobs--;
    e->stats.done += done;
    pthread_cond_broadcast(&e->moved);
    pthread_mutex_unlock(&e->lock);
}

/* Counts the job in. NULL: too many, or no memory. */
static struct job *new_job(struct engine *e)
{
    struct job *j = NULL, keep;
    bool room;

    pthread_mutex_lock(&e->lock);
    room = e->jobs < e->o.jobs;
    if (room) {
        e->jobs++;
        j = e->spare;
        if (j) {
            e->spare = j->next;
            e->spare_count--;
        }
    }
    pthread_mutex_unlock(&e->lock);
    if (!room)
        return NULL;
    if (j) {
        keep = *j;
        *j = (struct job){ .request_arena = keep.request_arena, .turn_arena = keep.turn_arena };
    } else {
        j = calloc(1, sizeof *j);
        if (j) {
            arena_init(&j->request_arena, e->o.arena);
            arena_init(&j->turn_arena, e->o.arena);
        }
    }
    if (j) {
        j->engine = e;
        j->began_ms = loop_now_ms();
    } else {
        count_out(e, false);
    }
    return j;
}

static void recycle(struct arena *a)
{
    if (a->held > SPARE_ARENA)
        arena_free(a);
    else
        arena_reset(a);
}

static void end_job(struct job *j)
{
    struct engine *e = j->engine;
    bool kept;

    recycle(&j->request_arena);
    recycle(&j->turn_arena);
    pthread_mutex_lock(&e->lock);
    kept = e->spare_count < SPARE_JOBS;
    if (kept) {
        j->next = e->spare;
        e->spare = j;
        e->spare_count++;
    }
    pthread_mutex_unlock(&e->lock);
    if (!kept)
        free_job(j);
    count_out(e, true);
}

static void report(const struct job *j)
{
    const struct engine_options *o = &j->engine->o;

    if (!o->report)
        return;
    o->report(o->ctx, &(struct engine_report){
                          .route = j->route,
                          .chore = j->chore ? j->chore->chore : NULL,
                          .http = j->http,
                          .status = j->route ? j->response.status : 0,
                          .err = j->err,
                          .refusal = j->err ? (struct turn_status){ 0 } : j->turn.status,
                          .about = &j->turn.about,
                          .conflicts = j->conflicts,
                          .ms = loop_now_ms() - j->began_ms,
                      });
}

/* ---- what jobs ask of the engine ---- */

void engine_continue(struct job *j)
{
    struct engine *e = j->engine;

    pthread_mutex_lock(&e->lock);
    queue_push(&e->going, j);
    if (e->idle)
        pthread_cond_signal(&e->work);
    pthread_mutex_unlock(&e->lock);
}

bool engine_upstream_enter(struct engine *e)
{
    bool room;

    pthread_mutex_lock(&e->lock);
    room = e->upstreams < e->o.upstreams;
    e->upstreams += room;
    e->stats.upstream_calls += room;
    pthread_mutex_unlock(&e->lock);
    return room;
}

void engine_upstream_left(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->upstreams--;
    pthread_mutex_unlock(&e->lock);
}

void engine_count_conflict(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->stats.conflicts++;
    pthread_mutex_unlock(&e->lock);
}

/* ---- chores ---- */

static void start_chore(struct engine *e, struct chore_state *c)
{
    struct job *j;
    bool may;

    pthread_mutex_lock(&e->lock);
    may = !e->stopping && c->running < (c->chore->parallel ? c->chore->parallel : 1);
    c->running += may;
    pthread_mutex_unlock(&e->lock);
    if (!may)
        return;
    j = new_job(e);
    if (!j) {
        pthread_mutex_lock(&e->lock);
        c->running--;
        pthread_mutex_unlock(&e->lock);
        return; /* the next interval tries again */
    }
    j->chore = c;
    j->step = JOB_DECIDE;
    j->handler = c->chore->handle;
    j->call.more = &j->more;
    engine_continue(j);
}

void engine_chore_again(struct engine *e, struct chore_state *c)
{
    if (c)
        start_chore(e, c);
}

static void end_chore(struct job *j)
{
    struct chore_state *c = j->chore;
    struct engine *e = j->engine;
    bool again = j->more && !j->err;

    pthread_mutex_lock(&e->lock);
    c->running--;
    pthread_mutex_unlock(&e->lock);
    if (again)
        start_chore(e, c);
}

static void on_tick(struct loop_tick *t, uint64_t now)
{
    struct engine *e = (struct engine *)(void *)((char *)t - offsetof(struct engine, tick));

    for (size_t i = 0; i < e->o.chore_count; i++) {
        struct chore_state *c = &e->chores[i];

        if (now < c->due_ms)
            continue;
        c->due_ms = now + c->chore->every_ms;
        start_chore(e, c);
    }
}

/* ---- refusing ---- */

static void count_refused(struct engine *e, bool overloaded)
{
    pthread_mutex_lock(&e->lock);
    if (overloaded)
        e->stats.overloaded++;
    else
        e->stats.refused_by_gate++;
    pthread_mutex_unlock(&e->lock);
}

static void overload(struct engine *e, struct http_field fields[2], struct http_response *response,
                     slice protocol)
{
    size_t n = 0;

    count_refused(e, true);
    fields[n++] = (struct http_field){ SLICE_LIT("Retry-After"), SLICE_LIT("2") };
    if (protocol.p)
        fields[n++] = (struct http_field){ SLICE_LIT("X-Admin-Protocol"), protocol };
    *response = (struct http_response){ .status = 503, .fields = fields, .field_count = n };
}

/* ---- workers ---- */

static void finish(struct job *j)
{
    report(j);
    if (j->chore)
        end_chore(j);
    else
        j->told(j->token, &j->response);
    end_job(j);
}

/* It waited so long that whoever asked has most likely gone. */
static bool is_too_late(const struct job *j)
{
    return j->step == JOB_READ && loop_now_ms() - j->began_ms > j->engine->o.patience_ms;
}

static void work_on(struct job *j)
{
    bool finished = true;

    if (is_too_late(j)) {
        j->err = E_TIMEOUT;
        overload(j->engine, j->fields, &j->response, j->protocol);
    } else {
        job_run(j, &finished);
    }
    if (finished)
        finish(j);
}

/*
 * NULL: the engine stops and nothing is left, not even with the store or an upstream: what comes
 * back from there needs a worker.
 */
static struct job *next_job(struct engine *e)
{
    struct job *j;

    pthread_mutex_lock(&e->lock);
    for (;;) {
        j = queue_take(&e->going);
        if (!j)
            j = queue_take(&e->fresh);
        if (j || (e->stopping && !e->jobs))
            break;
        e->idle++;
        pthread_cond_wait(&e->work, &e->lock);
        e->idle--;
    }
    pthread_mutex_unlock(&e->lock);
    return j;
}

static void *worker_main(void *arg)
{
    struct engine *e = arg;
    struct job *j;

    while ((j = next_job(e)))
        work_on(j);
    return NULL;
}

/* ---- requests ---- */

static void prepare(struct job *j, const struct gate *g, const struct http_request *request)
{
    j->route = g->route;
    j->protocol = g->protocol;
    j->http = request;
    j->step = JOB_READ;
    j->handler = g->route->handle;
    j->call.http = request;
}

/* False: the queue is full. */
static bool enqueue(struct engine *e, struct job *j)
{
    bool room;

    pthread_mutex_lock(&e->lock);
    room = e->fresh.count < e->o.queue && !e->stopping;
    if (room) {
        queue_push(&e->fresh, j);
        if (e->idle)
            pthread_cond_signal(&e->work);
    }
    pthread_mutex_unlock(&e->lock);
    return room;
}

void engine_submit(const struct engine_site *site, const struct http_request *request,
                   engine_told *told, void *token)
{
    struct engine *e = site->engine;
    struct gate g = gate_check(site, request);
    struct http_field fields[2];
    struct http_response response;
    struct job *j;

    if (g.status) {
        count_refused(e, false);
        gate_refusal(&g, fields, &response);
        told(token, &response);
        return;
    }
    j = new_job(e);
    if (j) {
        prepare(j, &g, request);
        j->told = told;
        j->token = token;
        if (enqueue(e, j))
            return;
        end_job(j);
    }
    overload(e, fields, &response, g.protocol);
    told(token, &response);
}

static void tell_client(void *exchange, const struct http_response *response)
{
    http_reply(exchange, response);
}

void engine_serve(void *site, const struct http_request *request, struct http_exchange *x)
{
    engine_submit(site, request, tell_client, x);
}

void engine_dispatch(const struct engine_site *site, const struct http_request *request,
                     struct engine_reply *out)
{
    struct engine *e = site->engine;
    struct gate g = gate_check(site, request);
    struct job *j;
    bool finished;

    out->held = NULL;
    if (g.status) {
        count_refused(e, false);
        gate_refusal(&g, out->fields, &out->response);
        return;
    }
    j = new_job(e);
    if (!j) {
        overload(e, out->fields, &out->response, g.protocol);
        return;
    }
    prepare(j, &g, request);
    j->own_thread = true;
    job_run(j, &finished);
    report(j);
    out->response = j->response;
    out->held = j;
}

void engine_reply_release(struct engine_reply *reply)
{
    if (reply->held)
        end_job(reply->held);
    *reply = (struct engine_reply){ 0 };
}

/* ---- opening and closing ---- */

static void set_defaults(struct engine_options *o)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

#define DEFAULT(field, value) o->field = o->field ? o->field : (value)
    DEFAULT(workers, processors > 0 ? (unsigned)processors : 1);
    DEFAULT(queue, 1024);
    DEFAULT(jobs, 4096);
    DEFAULT(upstreams, 256);
    DEFAULT(patience_ms, 10000);
    DEFAULT(arena, 16u << 20);
#undef DEFAULT
}

static enum err start_workers(struct engine *e)
{
    e->workers = calloc(e->o.workers, sizeof *e->workers);
    if (!e->workers)
        return E_MEMORY;
    for (unsigned i = 0; i < e->o.workers; i++) {
        if (pthread_create(&e->workers[i], NULL, worker_main, e) != 0)
            return E_MEMORY;
        e->worker_count++;
    }
    return E_OK;
}

static enum err start_chores(struct engine *e)
{
    enum err err;

    if (!e->o.chore_count)
        return E_OK;
    e->chores = calloc(e->o.chore_count, sizeof *e->chores);
    if (!e->chores)
        return E_MEMORY;
    for (size_t i = 0; i < e->o.chore_count; i++)
        e->chores[i].chore = &e->o.chores[i];
    err = loop_open(&e->loop);
    if (err)
        return err;
    e->tick.run = on_tick;
    loop_add_tick(e->loop, &e->tick);
    return loop_start(e->loop);
}

enum err engine_open(const struct engine_options *o, struct engine **out)
{
    struct engine *e = calloc(1, sizeof *e);
    enum err err;

    *out = NULL;
    if (!e)
        return E_MEMORY;
    e->o = *o;
    set_defaults(&e->o);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->work, NULL);
    pthread_cond_init(&e->moved, NULL);
    e->fresh.last = &e->fresh.first;
    e->going.last = &e->going.first;
    err = start_workers(e);
    if (!err)
        err = start_chores(e);
    if (err) {
        engine_close(e);
        return err;
    }
    *out = e;
    return E_OK;
}

static void stop_chores(struct engine *e)
{
    if (e->loop) {
        loop_stop(e->loop);
        loop_close(e->loop);
    }
}

/* Until every job has ended, then the workers. */
static void stop_workers(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    while (e->jobs)
        pthread_cond_wait(&e->moved, &e->lock);
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
    for (unsigned i = 0; i < e->worker_count; i++)
        pthread_join(e->workers[i], NULL);
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    stop_chores(e);
    stop_workers(e);
    while (e->spare) {
        struct job *j = e->spare;

        e->spare = j->next;
        free_job(j);
    }
    free(e->workers);
    free(e->chores);
    pthread_cond_destroy(&e->moved);
    pthread_cond_destroy(&e->work);
    pthread_mutex_destroy(&e->lock);
    free(e);
}

static uint64_t worker_us(const struct engine *e)
{
    uint64_t us = 0;

    for (unsigned i = 0; i < e->worker_count; i++) {
        struct timespec t;
        clockid_t clock;

        if (!pthread_getcpuclockid(e->workers[i], &clock) && !clock_gettime(clock, &t))
            us += (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
    }
    return us;
}

struct engine_stats engine_stats(struct engine *e)
{
    struct engine_stats s;

    pthread_mutex_lock(&e->lock);
    s = e->stats;
    s.jobs = e->jobs;
    s.waiting = e->fresh.count + e->going.count;
    s.upstreams = e->upstreams;
    pthread_mutex_unlock(&e->lock);
    s.worker_us = worker_us(e);
    return s;
}
