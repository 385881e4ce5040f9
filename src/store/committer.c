#include "store/committer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* More sets than this in one commit gain nothing and only delay the first of them. */
#define BATCH_MAX 256
/*
 * Sets are gathered in slices of time: as long as each slice brings some, and no longer than all of
 * them. A batch first waits for as many sets as the one before it had, and then for as many again;
 * where that brought none (few clients, who all wait for this commit), the next HOLD_OFF batches do
 * not try.
 */
#define SLICE_US 1000
#define SLICES   4
#define HOLD_OFF 16

struct committer {
    const struct committer_ops *ops;
    void *engine;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t arrived;
    struct store_job *first, **last;
    size_t queued;
    size_t wake_at; /* sets in the queue that are worth waking the thread for; 0: it is at work */
    bool closing;

    /* the thread's own */
    size_t last_batch; /* sets of the commit before */
    unsigned hold_off; /* batches that will not wait for more than that */
};

/* With the lock held: until `enough` are queued. False: a slice of time is over before. */
static bool wait_slice(struct committer *c, size_t enough)
{
    struct timespec until;
    int late = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += SLICE_US * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    c->wake_at = enough;
    while (c->queued < enough && !c->closing && !late)
        late = pthread_cond_timedwait(&c->arrived, &c->lock, &until);
    return !late;
}

/* With the lock held: for the company that the last commit had, and more. */
static void gather(struct committer *c)
{
    size_t had = c->last_batch, enough = c->hold_off ? had : 2 * had, before = 0;

    if (had < 2 || c->queued >= enough)
        return;
    for (unsigned i = 0; i < SLICES && c->queued > before; i++) {
        before = c->queued;
        if (wait_slice(c, enough))
            break;
    }
    if (c->hold_off)
        c->hold_off--;
    else if (c->queued <= had)
        c->hold_off = HOLD_OFF;
}

/* Up to BATCH_MAX jobs; NULL when closing and nothing is left. */
static struct store_job *next_batch(struct committer *c)
{
    struct store_job *batch, **end;
    size_t n = 0;

    pthread_mutex_lock(&c->lock);
    c->wake_at = 1;
    while (!c->first && !c->closing)
        pthread_cond_wait(&c->arrived, &c->lock);
    gather(c);
    c->wake_at = 0;
    batch = c->first;
    end = &c->first;
    for (; *end && n < BATCH_MAX; n++)
        end = &(*end)->next;
    c->queued -= n;
    c->last_batch = n;
    if (*end) {
        c->first = *end;
        *end = NULL;
    } else {
        c->first = NULL;
        c->last = &c->first;
    }
    pthread_mutex_unlock(&c->lock);
    return batch;
}

static bool is_its_own(enum err err)
{
    return err == E_CONFLICT || err == E_ARGUMENT || err == E_SIZE;
}

static enum err apply_once(struct committer *c, struct store_job *batch, bool undoable)
{
    enum err err = c->ops->begin(c->engine);

    for (struct store_job *job = batch; job && !err; job = job->next) {
        job->err = c->ops->apply(c->engine, job, undoable);
        if (job->err && !(undoable && is_its_own(job->err)))
            err = job->err;
    }
    if (!err)
        err = c->ops->commit(c->engine);
    if (err)
        c->ops->rollback(c->engine);
    return err;
}

/*
 * Conflicts are rare, and what makes one set undoable costs all of them. So a batch is tried as a
 * whole first; when a set of it fails by its own fault, the batch is done again, set by set.
 */
static enum err apply_all(struct committer *c, struct store_job *batch)
{
    enum err err = apply_once(c, batch, false);

    return is_its_own(err) ? apply_once(c, batch, true) : err;
}

static enum err open_condition(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    bool ok;

    if (pthread_condattr_init(&attr) != 0)
        return E_MEMORY;
    ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
         pthread_cond_init(cond, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return ok ? E_OK : E_MEMORY;
}

static void *run(void *context)
{
    struct committer *c = context;
    struct store_job *job, *next;

    while ((job = next_batch(c)) != NULL) {
        enum err err = apply_all(c, job);

        for (; job; job = next) {
            next = job->next;
            if (err)
                job->err = err;
            else if (!job->err)
                c->ops->settle(c->engine, job);
            job->done(job);
        }
    }
    return NULL;
}

enum err committer_open(const struct committer_ops *ops, void *engine, struct committer **out)
{
    struct committer *c = calloc(1, sizeof *c);

    *out = NULL;
    if (!c)
        return E_MEMORY;
    c->ops = ops;
    c->engine = engine;
    c->last = &c->first;
    if (open_condition(&c->arrived)) {
        free(c);
        return E_MEMORY;
    }
    pthread_mutex_init(&c->lock, NULL);
    if (pthread_create(&c->thread, NULL, run, c) != 0) {
        pthread_cond_destroy(&c->arrived);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return E_MEMORY;
    }
    *out = c;
    return E_OK;
}

void committer_submit(struct committer *c, struct store_job *job)
{
    job->next = NULL;
    job->err = E_OK;
    job->failed = 0;
    pthread_mutex_lock(&c->lock);
    *c->last = job;
    c->last = &job->next;
    c->queued++;
    if (c->queued == c->wake_at)
        pthread_cond_signal(&c->arrived);
    pthread_mutex_unlock(&c->lock);
}

void committer_close(struct committer *c)
{
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_signal(&c->arrived);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->arrived);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
