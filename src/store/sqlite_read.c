/* Rows out of SQLite: queries, and the readers of threads. */
#include "store/sqlite_internal.h"

#define SHAPE_QUERY 16u /* past the kinds of change */

static unsigned query_shape(const struct store_query *q)
{
    return SHAPE_QUERY + ((q->index * (STORE_INDEX_COLUMNS + 1) + (unsigned)q->key_count) << 3 |
                          (unsigned)q->from_given << 2 | (unsigned)q->to_given << 1 |
                          (unsigned)q->descending);
}

static enum err query_statement(struct connection *c, int place, const struct store_query *q,
                                struct statement **out)
{
    const struct known_table *known = &c->store->tables[place];
    struct sql sql;

    *out = sqlite_find(c, place, query_shape(q));
    if (*out)
        return E_OK;
    sql_select(&sql, &sql_sqlite, known->table, known->version, q);
    return sqlite_prepare(c, place, query_shape(q), &sql, out);
}

static int bind_value(sqlite3_stmt *st, int at, const struct store_value *v)
{
    return v->kind == STORE_INT ? sqlite3_bind_int64(st, at, v->i)
                                : sqlite_bind_slice(st, at, v->kind, v->s);
}

static enum err bind_query(sqlite3_stmt *st, const struct store_query *q)
{
    int at = 1, rc = SQLITE_OK;

    for (size_t i = 0; i < q->key_count && rc == SQLITE_OK; i++)
        rc = bind_value(st, at++, &q->key[i]);
    if (q->from_given && rc == SQLITE_OK)
        rc = bind_value(st, at++, &q->from);
    if (q->to_given && rc == SQLITE_OK)
        rc = bind_value(st, at++, &q->to);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(st, at, q->limit);
    return sqlite_error(rc);
}

static enum err read_slice(sqlite3_stmt *st, int at, enum store_kind kind, struct arena *arena,
                           slice *out)
{
    const void *p;

    *out = SLICE_NONE;
    if (sqlite3_column_type(st, at) == SQLITE_NULL)
        return E_OK;
    p = kind == STORE_TEXT ? (const void *)sqlite3_column_text(st, at)
                           : sqlite3_column_blob(st, at);
    *out = arena_copy(arena, p ? slice_of(p, (size_t)sqlite3_column_bytes(st, at)) : SLICE_EMPTY);
    return out->p ? E_OK : E_MEMORY;
}

static enum err read_row(const struct sqlite_store *s, sqlite3_stmt *st,
                         const struct known_table *known, struct arena *arena, uint8_t *row)
{
    const struct store_table *t = known->table;
    uint64_t version = (uint64_t)sqlite3_column_int64(st, 0);
    int at = 1;
    enum err err = E_OK;

    memcpy(row, &version, sizeof version);
    for (size_t i = 0; i < t->column_count && !err; i++) {
        const struct store_column *c = &t->columns[i];
        void *member = row + c->offset;

        if (!sql_stands(c->since, c->until, known->version))
            continue;
        if (c->kind == STORE_INT)
            *(int64_t *)member = sqlite3_column_int64(st, at++);
        else if ((c->flags & STORE_SECRET) && s->sealed)
            err = sqlite_read_sealed(s, st, at++, t, c, arena, row, member);
        else
            err = read_slice(st, at++, c->kind, arena, member);
    }
    return err;
}

static enum err reader_of_thread(struct sqlite_store *s, struct connection **out)
{
    struct connection *c = pthread_getspecific(s->reader_key);
    enum err err;

    *out = c;
    if (c)
        return E_OK;
    pthread_mutex_lock(&s->lock);
    c = s->free_readers;
    if (c)
        s->free_readers = c->next_free;
    pthread_mutex_unlock(&s->lock);
    if (!c) {
        err = sqlite_connect(s, false, &c);
        if (err)
            return err;
        pthread_mutex_lock(&s->lock);
        c->next = s->readers;
        s->readers = c;
        pthread_mutex_unlock(&s->lock);
    }
    *out = c;
    return pthread_setspecific(s->reader_key, c) == 0 ? E_OK : E_MEMORY;
}

/* Only now: many a turn finds all that it needs in memory, and reads nothing. */
static enum err begin_reading(struct connection *c)
{
    enum err err = sqlite_run_fixed(c, FIXED_READ);

    if (!err)
        c->read = READ_BEGUN;
    return err;
}

enum err sqlite_reader(struct sqlite_store *s, struct connection **out)
{
    enum err err = reader_of_thread(s, out);

    if (!err && (*out)->read == READ_ASKED)
        err = begin_reading(*out);
    return err;
}

enum err sqlite_list(struct store *base, const struct store_table *table,
                     const struct store_query *query, struct arena *arena, struct store_rows *out)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    int place = sqlite_table_place(s, table);
    struct connection *c;
    struct statement *st;
    enum err err = place < 0 ? E_ARGUMENT : sqlite_reader(s, &c);
    int rc = SQLITE_DONE;

    if (!err)
        err = query_statement(c, place, query, &st);
    if (err)
        return err;
    err = bind_query(st->prepared, query);
    while (!err && (rc = sqlite3_step(st->prepared)) == SQLITE_ROW) {
        uint8_t *row = store_rows_add(out, table, arena);

        err = row ? read_row(s, st->prepared, &s->tables[place], arena, row) : E_MEMORY;
    }
    sqlite3_reset(st->prepared);
    return err ? err : sqlite_error(rc);
}

enum err sqlite_read_begin(struct store *base)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct connection *c;
    enum err err = reader_of_thread(s, &c);

    if (err)
        return err;
    if (c->read != READ_FREE)
        return E_STATE;
    c->read = READ_ASKED;
    return E_OK;
}

void sqlite_stop_reading(struct connection *c)
{
    /* A reading transaction has nothing to lose: COMMIT cannot fail in a way that matters. */
    if (c->read == READ_BEGUN)
        (void)!sqlite_run_fixed(c, FIXED_COMMIT);
    c->read = READ_FREE;
}

void sqlite_read_end(struct store *base)
{
    struct connection *c = pthread_getspecific(((struct sqlite_store *)base)->reader_key);

    if (c)
        sqlite_stop_reading(c);
}
