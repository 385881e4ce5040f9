/*
 * Retention: what has been over for long enough leaves the store, some rows at a time. What is
 * over, and what goes with it, each role says by a table of rules; the log of events is cut from
 * its beginning, and says so (row_chain.h).
 *
 * A rule's index begins with what sets the rows that may ever go apart from the others, so that
 * nothing is read of the rows that stay. Each batch is a commit of its own: whatever happens in
 * between, what is left is whole, and goes later.
 */
#ifndef DUNLIN_STORE_RETENTION_H
#define DUNLIN_STORE_RETENTION_H

#include "store/turn.h"

struct retention_rule {
    /* &store_event_table: the log of events, and no other member but the batch counts */
    const struct store_table *table;
    unsigned index; /* its last column that is used: since when, ms; 0 where it is not over */
    bool has_key;   /* the column before that must be the key */
    struct store_value key; /* an INT */
    uint32_t batch;         /* rows in a commit, 1..STORE_LIST_MAX; mind how large they are */
    /*
     * Leaves changes that take the row, and what goes with it, out of the rule's sight; NULL: the
     * row alone is deleted.
     */
    enum err (*forget)(struct turn *t, void *row);
};

#define RETENTION_DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define RETENTION_LOG                                                                              \
    {                                                                                              \
        .table = &store_event_table, .batch = 200                                                  \
    }

/* One caller at a time. */
struct retention {
    const struct retention_rule *rules;
    size_t count;
    int64_t keep_ms; /* how long what is over is kept */
    /* its own, 0 at first */
    size_t next; /* rule to begin with, so that one with much to do does not keep the others */
    int64_t rests_until_ms;
    bool narrow; /* a batch did not fit into the arena: row by row */
};

/* One batch of one rule, or none; *count are its rows. Rests for a minute when nothing is old. */
MUST_USE enum err retention_step(struct retention *r, struct turn *t, size_t *count);

#endif
