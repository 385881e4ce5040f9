/* One request (or chore) on its way through the engine, and the engine's own state. */
#ifndef DUNLIN_ENGINE_JOB_H
#define DUNLIN_ENGINE_JOB_H

#include "engine/gate.h"
#include "net/loop.h"

#include <pthread.h>
#include <stdatomic.h>

/* What the job does when a worker takes it next. */
enum job_step {
    JOB_READ,      /* the body, by the binding */
    JOB_DECIDE,    /* the handler */
    JOB_COMMIT,    /* hands the changes over; then waits for the store */
    JOB_COMMITTED, /* settles; again, or upstream, or answer */
    JOB_CALL,      /* upstream; then waits for its answer */
    JOB_RESUME,    /* the handler that takes the upstream's answer */
    JOB_ANSWER,    /* by the binding */
    JOB_END,
};

struct chore_state;

struct job {
    struct job *next;
    struct engine *engine;
    const struct route *route;
    struct chore_state *chore;
    const struct http_request *http;
    engine_told *told; /* NULL: a chore, or a dispatch */
    void *token;
    slice protocol;  /* of the reply */
    bool own_thread; /* a dispatch: its thread waits instead of the queue */
    bool answered;   /* dispatch: the upstream's answer is there (engine.lock) */

    enum job_step step;
    engine_handler *handler;
    struct engine_call call;
    struct engine_answer answer;
    struct arena request_arena; /* message, upstream answers, resume: for the whole job */
    struct arena turn_arena;    /* of one run of the handler */
    struct turn turn;
    struct store_job commit;
    unsigned tries, hops, conflicts;
    bool more;
    uint64_t began_ms;
    enum err err;

    struct http_response response;
    struct http_field fields[2];
};

struct chore_state {
    const struct engine_chore *chore;
    unsigned running; /* engine.lock */
    uint64_t due_ms;  /* loop's thread */
};

struct job_queue {
    struct job *first, **last;
    size_t count;
};

struct engine {
    struct engine_options o;
    pthread_mutex_t lock;   /* guards the queues, counts and chores */
    pthread_cond_t work;    /* a job was queued, or stopping */
    pthread_cond_t moved;   /* a job ended, or a dispatch was answered */
    struct job_queue fresh; /* requests that have not begun */
    struct job_queue going; /* jobs to be continued: these first */
    struct job *spare;      /* with arenas that keep a block */
    size_t spare_count, jobs, upstreams, idle;
    bool stopping;
    struct engine_stats stats;
    pthread_t *workers;
    unsigned worker_count;

    struct loop *loop; /* for the clock of the chores */
    struct loop_tick tick;
    struct chore_state *chores;
};

/* Runs until the job has to wait or is over (then *finished). Frees nothing. */
void job_run(struct job *j, bool *finished);

/* The engine's side. */
void engine_continue(struct job *j); /* queue it again, any thread */
/* Count an upstream call in; false: too many. Out: engine_upstream_left. */
bool engine_upstream_enter(struct engine *e);
void engine_upstream_left(struct engine *e);
void engine_count_conflict(struct engine *e);
/* A chore found work: another run of it, beside, if it may. */
void engine_chore_again(struct engine *e, struct chore_state *c);

#endif
