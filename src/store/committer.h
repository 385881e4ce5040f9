/*
 * Group commit: a thread that gathers the change sets of many callers into one durable commit.
 *
 * It takes what has queued up while the last commit was on its way to the disk. A flush costs more
 * than the changes in it, so under load it waits for company, some milliseconds at most and only
 * while sets keep coming; a lone caller never waits. Engines share it.
 */
#ifndef DUNLIN_STORE_COMMITTER_H
#define DUNLIN_STORE_COMMITTER_H

#include "store/store.h"

struct committer_ops {
    enum err (*begin)(void *engine);
    /*
     * Applies one set inside the open batch. E_CONFLICT, E_ARGUMENT, E_SIZE (a row that is too
     * large): it is the set's own fault; if `undoable`, it left no trace and the batch goes on. Any
     * other error, of disk or memory, ends the batch: the engine may have lost the others as well.
     */
    enum err (*apply)(void *engine, struct store_job *job, bool undoable);
    /* Durable on E_OK. */
    enum err (*commit)(void *engine);
    void (*rollback)(void *engine);
    /* A set that apply accepted is durable: write the new versions into its rows. */
    void (*settle)(void *engine, struct store_job *job);
};

struct committer;

MUST_USE enum err committer_open(const struct committer_ops *ops, void *engine,
                                 struct committer **out);
/* Any thread. Not after committer_close. */
void committer_submit(struct committer *c, struct store_job *job);
/* Works off the queue, then ends the thread. */
void committer_close(struct committer *c);

#endif
