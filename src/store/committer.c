#include "store/committer.h"

#include <pthread.h>
#include <stdlib.h>

/* More sets than this in one commit gain nothing and only delay the first of them. */
#define BATCH_MAX 256

struct committer {
    const struct committer_ops *ops;
    void *engine;
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t arrived;
    struct store_job *first, **last;
    bool closing;
};

/* Up to BATCH_MAX jobs; NULL when closing and nothing is left. */
static struct store_job *next_batch(struct committer *c)
{
    struct store_job *batch, **end;

    pthread_mutex_lock(&c->lock);
    while (!c->first && !c->closing)
        pthread_cond_wait(&c->arrived, &c->lock);
    batch = c->first;
    end = &c->first;
    for (unsigned i = 0; *end && i < BATCH_MAX; i++)
        end = &(*end)->next;
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

static enum err apply_all(struct committer *c, struct store_job *batch)
{
    enum err err = c->ops->begin(c->engine);

    for (struct store_job *job = batch; job && !err; job = job->next) {
        job->err = c->ops->apply(c->engine, job);
        if (job->err && job->err != E_CONFLICT && job->err != E_ARGUMENT)
            err = job->err;
    }
    if (!err)
        err = c->ops->commit(c->engine);
    if (err)
        c->ops->rollback(c->engine);
    return err;
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
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->arrived, NULL);
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
