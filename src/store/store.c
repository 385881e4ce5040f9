#include "store/engine.h"

#include <pthread.h>
#include <stdlib.h>

static enum err key_fits(const struct store_table *table, const struct store_query *q)
{
    const struct store_index *index;
    size_t columns = 0, used = q->key_count + (q->from_given || q->to_given);

    if (q->index >= table->index_count)
        return E_ARGUMENT;
    index = &table->indexes[q->index];
    while (columns < STORE_INDEX_COLUMNS && index->columns[columns])
        columns++;
    return used <= columns && q->limit >= 1 && q->limit <= STORE_LIST_MAX ? E_OK : E_ARGUMENT;
}

enum err store_list(struct store *s, const struct store_table *table,
                    const struct store_query *query, struct arena *arena, void *rows, size_t *count)
{
    struct store_rows found = { 0 };
    void **out = rows;
    enum err err = key_fits(table, query);

    if (!err)
        err = s->engine->list(s, table, query, arena, &found);
    *out = found.rows;
    *count = err ? 0 : found.count;
    return err;
}

enum err store_get(struct store *s, const struct store_table *table, unsigned index,
                   const struct store_value *key, size_t key_count, void *row, struct arena *arena)
{
    struct store_query query = { .index = index, .key_count = key_count, .limit = 1 };
    void *found;
    size_t count;
    enum err err;

    if (key_count > STORE_INDEX_COLUMNS)
        return E_ARGUMENT;
    memcpy(query.key, key, key_count * sizeof *key);
    err = store_list(s, table, &query, arena, &found, &count);
    if (err)
        return err;
    if (count == 0)
        return E_NOTFOUND;
    memcpy(row, found, table->size);
    return E_OK;
}

void *store_rows_add(struct store_rows *rows, const struct store_table *table, struct arena *arena)
{
    if (rows->count == rows->room) {
        size_t room = rows->room ? rows->room * 4 : 1;
        uint8_t *grown = arena_alloc(arena, room * table->size);

        if (!grown)
            return NULL;
        if (rows->count)
            memcpy(grown, rows->rows, rows->count * table->size);
        rows->rows = grown;
        rows->room = room;
    }
    return rows->rows + rows->count++ * table->size;
}

/* ---- copies ---- */

size_t store_row_octets(const struct store_table *table, const void *row)
{
    size_t n = table->size;

    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].kind != STORE_INT)
            n += store_row_slice(row, &table->columns[i])->n;
    }
    return n + 1; /* an empty slice at the end points into the block, too */
}

uint8_t *store_row_put(const struct store_table *table, const void *row, void *to, uint8_t *tail)
{
    memcpy(to, row, table->size);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct store_column *c = &table->columns[i];
        slice *s = (slice *)(void *)((uint8_t *)to + c->offset);

        if (c->kind == STORE_INT || !s->p)
            continue;
        if (s->n)
            memcpy(tail, s->p, s->n);
        s->p = tail;
        tail += s->n;
    }
    return tail;
}

static void *put_if(void *block, const struct store_table *table, const void *row)
{
    if (block)
        store_row_put(table, row, block, (uint8_t *)block + table->size);
    return block;
}

void *store_row_dup(const struct store_table *table, const void *row)
{
    return put_if(malloc(store_row_octets(table, row)), table, row);
}

void *store_row_copy(const struct store_table *table, const void *row, struct arena *arena)
{
    return put_if(arena_alloc(arena, store_row_octets(table, row)), table, row);
}

/* ---- */

enum err store_read_begin(struct store *s)
{
    return s->engine->read_begin(s);
}

void store_read_end(struct store *s)
{
    s->engine->read_end(s);
}

void store_commit(struct store *s, struct store_job *job)
{
    s->engine->commit(s, job);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
};

static void wake(struct store_job *job)
{
    struct waiter *w = job->context;

    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

enum err store_apply(struct store *s, const struct change *changes, size_t count, size_t *failed)
{
    struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    struct store_job job = { .changes = changes, .count = count, .done = wake, .context = &w };

    if (count == 0)
        return E_OK;
    store_commit(s, &job);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.changed, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.changed);
    pthread_mutex_destroy(&w.lock);
    if (failed)
        *failed = job.failed;
    return job.err;
}

void store_close(struct store *s)
{
    if (s)
        s->engine->close(s);
}
