/*
 * What an engine gives to store.c. Not for roles: they include store.h.
 *
 * An engine's own struct begins with a struct store.
 */
#ifndef DUNLIN_STORE_ENGINE_H
#define DUNLIN_STORE_ENGINE_H

#include "store/row_chain.h"
#include "store/store.h"

/* Receives the rows of a read one by one; a row's slices live in the arena given to the read. */
struct store_rows {
    uint8_t *rows; /* in the arena */
    size_t count, room;
};

struct store_engine {
    const char *name;
    /* query is checked: its index, key and bounds fit the table */
    enum err (*list)(struct store *s, const struct store_table *table,
                     const struct store_query *query, struct arena *arena, struct store_rows *out);
    enum err (*read_begin)(struct store *s);
    void (*read_end)(struct store *s);
    void (*commit)(struct store *s, struct store_job *job);
    /* as stored, within the read that was begun */
    enum err (*row_chain_ends)(struct store *s, const struct store_table *table,
                               struct row_chain_ends *out);
    void (*close)(struct store *s);
};

struct store {
    const struct store_engine *engine;
};

/* Room for one more row of the table, zeroed; NULL when the arena is full. */
void *store_rows_add(struct store_rows *rows, const struct store_table *table, struct arena *arena);

static inline const int64_t *store_row_int(const void *row, const struct store_column *c)
{
    return (const int64_t *)(const void *)((const uint8_t *)row + c->offset);
}

static inline const slice *store_row_slice(const void *row, const struct store_column *c)
{
    return (const slice *)(const void *)((const uint8_t *)row + c->offset);
}

#endif
