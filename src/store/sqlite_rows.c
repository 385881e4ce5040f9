/* Rows into SQLite: prepared statements, binding, the committer's steps. */
#include "store/sqlite_internal.h"

#include <stdlib.h>

int sqlite_table_place(const struct sqlite_store *s, const struct store_table *table)
{
    for (size_t i = 0; i < s->table_count; i++) {
        if (s->tables[i].table == table)
            return (int)i;
    }
    return -1;
}

/* ---- statements ---- */

struct statement *sqlite_find(struct connection *c, int place, unsigned shape)
{
    struct statement *st = c->statements[place];

    while (st && st->shape != shape)
        st = st->next;
    return st;
}

enum err sqlite_prepare(struct connection *c, int place, unsigned shape, const struct sql *sql,
                        struct statement **out)
{
    struct statement *st = calloc(1, sizeof *st + sql->param_count * sizeof st->params[0]);
    enum err err;

    if (!st)
        return E_MEMORY;
    err = sql->failed ? E_ARGUMENT
                      : sqlite_error(sqlite3_prepare_v3(
                            c->db, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &st->prepared, NULL));
    if (err) {
        free(st);
        return err;
    }
    st->shape = shape;
    st->param_count = sql->param_count;
    memcpy(st->params, sql->params, sql->param_count * sizeof st->params[0]);
    st->next = c->statements[place];
    c->statements[place] = st;
    *out = st;
    return E_OK;
}

enum err sqlite_run_fixed(struct connection *c, enum fixed which)
{
    static const char *const texts[FIXED_COUNT] = {
        [FIXED_READ] = "BEGIN",           [FIXED_WRITE] = "BEGIN IMMEDIATE",
        [FIXED_COMMIT] = "COMMIT",        [FIXED_SAVE] = "SAVEPOINT one",
        [FIXED_UNDO] = "ROLLBACK TO one", [FIXED_KEEP] = "RELEASE one",
    };
    sqlite3_stmt **st = &c->fixed[which];
    int rc = SQLITE_OK;

    if (!*st)
        rc = sqlite3_prepare_v3(c->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(*st);
    sqlite3_reset(*st);
    return sqlite_error(rc);
}

int sqlite_bind_slice(sqlite3_stmt *st, int at, enum store_kind kind, slice s)
{
    if (!s.p)
        return sqlite3_bind_null(st, at);
    if (kind == STORE_TEXT)
        return sqlite3_bind_text64(st, at, (const char *)s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
    return s.n ? sqlite3_bind_blob64(st, at, s.p, s.n, SQLITE_STATIC)
               : sqlite3_bind_zeroblob(st, at, 0);
}

/* ---- writing: on the committer's thread ---- */

/* Beside the kinds of change: the two statements of an update (sql.h). */
#define SHAPE_INDEXED 8u
#define SHAPE_UPDATE  0x80000000u /* and the columns that differ */

static enum err change_statement(struct connection *c, int place, unsigned shape,
                                 struct statement **out)
{
    const struct known_table *known = &c->store->tables[place];
    struct sql sql;

    *out = sqlite_find(c, place, shape);
    if (*out)
        return E_OK;
    if (shape == SHAPE_INDEXED)
        sql_indexed(&sql, &sql_sqlite, known->table, known->version);
    else if (shape & SHAPE_UPDATE)
        sql_update(&sql, &sql_sqlite, known->table, known->version, shape & ~SHAPE_UPDATE);
    else
        sql_change(&sql, &sql_sqlite, known->table, known->version, (enum change_kind)shape);
    return sqlite_prepare(c, place, shape, &sql, out);
}

static enum err bind_column(struct sqlite_store *store, sqlite3_stmt *st, int at,
                            const struct store_table *table, const struct store_column *c,
                            const void *row, uint64_t number)
{
    slice s;

    if ((c->flags & STORE_SERIAL) && number)
        return sqlite_error(sqlite3_bind_int64(st, at, (sqlite3_int64)number));
    if ((c->flags & STORE_CHAIN) && store->chain.table == table)
        return sqlite_error(c->kind == STORE_INT
                                ? sqlite3_bind_int64(st, at, store->chain.now.head.last)
                                : sqlite3_bind_blob(st, at, store->chain.next.head.hash, DIGEST_LEN,
                                                    SQLITE_STATIC));
    if (c->kind == STORE_INT)
        return sqlite_error(sqlite3_bind_int64(st, at, *store_row_int(row, c)));
    s = *store_row_slice(row, c);
    if (!s.p && !(c->flags & STORE_NULL))
        return E_ARGUMENT;
    if ((c->flags & STORE_SECRET) && store->sealed)
        return sqlite_error(sqlite_bind_sealed(store, st, at, table, c, row, number));
    return sqlite_error(sqlite_bind_slice(st, at, c->kind, s));
}

/* number: of this write; as serial key only for INSERT */
static enum err bind_change(struct sqlite_store *store, const struct statement *st,
                            const struct change *change, uint64_t number)
{
    uint64_t serial = change->kind == CHANGE_INSERT ? number : 0;
    uint64_t old;
    enum err err = E_OK;

    memcpy(&old, change->row, sizeof old);
    for (unsigned i = 0; i < st->param_count && !err; i++) {
        const struct sql_param *p = &st->params[i];
        int at = (int)i + 1;

        if (p->kind == SQL_COLUMN)
            err =
                bind_column(store, st->prepared, at, change->table, p->column, change->row, serial);
        else
            err = sqlite_error(sqlite3_bind_int64(
                st->prepared, at, (sqlite3_int64)(p->kind == SQL_NEW_VERSION ? number : old)));
    }
    return err;
}

static bool column_equals(sqlite3_stmt *st, int at, const struct store_column *c, const void *row)
{
    const slice *s;

    if (c->kind == STORE_INT)
        return sqlite3_column_int64(st, at) == *store_row_int(row, c);
    s = store_row_slice(row, c);
    if (sqlite3_column_type(st, at) == SQLITE_NULL || !s->p)
        return sqlite3_column_type(st, at) == SQLITE_NULL && !s->p;
    return (size_t)sqlite3_column_bytes(st, at) == s->n &&
           (s->n == 0 || memcmp(sqlite3_column_blob(st, at), s->p, s->n) == 0);
}

/* Which columns in indexes the update changes. E_CONFLICT when the row is not as assumed. */
static enum err compare_indexed(struct connection *c, int place, const struct change *change,
                                uint32_t *changed)
{
    const struct known_table *known = &c->store->tables[place];
    struct statement *st;
    enum err err = change_statement(c, place, SHAPE_INDEXED, &st);
    int rc, at = 0;

    *changed = 0;
    if (!err)
        err = bind_change(c->store, st, change, 0);
    if (err)
        return err;
    rc = sqlite3_step(st->prepared);
    for (size_t i = 0; rc == SQLITE_ROW && i < known->table->column_count; i++) {
        const struct store_column *column = &known->table->columns[i];

        if (!sql_is_indexed(known->table, known->version, column))
            continue;
        *changed |= (uint32_t)!column_equals(st->prepared, at, column, change->row) << at;
        at++;
    }
    sqlite3_reset(st->prepared);
    return rc == SQLITE_DONE ? E_CONFLICT : sqlite_error(rc);
}

static bool member_equals(const struct store_column *c, const void *a, const void *b)
{
    if (c->kind == STORE_INT)
        return *store_row_int(a, c) == *store_row_int(b, c);
    return slice_eq(*store_row_slice(a, c), *store_row_slice(b, c)) &&
           !store_row_slice(a, c)->p == !store_row_slice(b, c)->p;
}

/* Likewise when the row before is at hand: the UPDATE itself tells whether it still holds. */
static bool compare_with_was(const struct known_table *known, const struct change *change,
                             uint32_t *changed)
{
    unsigned at = 0;

    if (!change->was || memcmp(change->was, change->row, sizeof(uint64_t)) != 0)
        return false;
    for (size_t i = 0; i < known->table->column_count; i++) {
        const struct store_column *c = &known->table->columns[i];

        if (sql_is_indexed(known->table, known->version, c))
            *changed |= (uint32_t)!member_equals(c, change->was, change->row) << at++;
    }
    return true;
}

static enum err run_change(struct connection *c, int place, unsigned shape,
                           const struct change *change, uint64_t number)
{
    struct statement *st;
    enum err err = change_statement(c, place, shape, &st);
    int rc;

    if (!err)
        err = sqlite_chain_link(c->store, change, number);
    if (!err)
        err = bind_change(c->store, st, change, number);
    if (err)
        return err;
    rc = sqlite3_step(st->prepared);
    err = sqlite_error(rc);
    if (!err && change->kind == CHANGE_ASSUME)
        err = rc == SQLITE_ROW ? E_OK : E_CONFLICT;
    else if (!err && sqlite3_changes(c->db) != 1)
        err = E_CONFLICT;
    sqlite3_reset(st->prepared);
    if (!err && change->kind != CHANGE_ASSUME && change->table == c->store->chain.table)
        c->store->chain.now = c->store->chain.next;
    return err;
}

static enum err apply_change(struct connection *c, const struct change *change, uint64_t number)
{
    int place = sqlite_table_place(c->store, change->table);
    unsigned shape = (unsigned)change->kind;
    uint32_t changed = 0;
    enum err err = place < 0 ? E_ARGUMENT : E_OK;

    if (!err && change->kind == CHANGE_UPDATE && c->store->tables[place].indexed &&
        !compare_with_was(&c->store->tables[place], change, &changed))
        err = compare_indexed(c, place, change, &changed);
    if (!err && change->kind == CHANGE_UPDATE)
        shape = SHAPE_UPDATE | changed;
    return err ? err : run_change(c, place, shape, change, number);
}

static enum err apply_set(struct sqlite_store *s, struct store_job *job)
{
    enum err err = job->count <= CHANGES_MAX ? E_OK : E_ARGUMENT;

    if (!err)
        err = sqlite_chain_check(s, job);
    job->first_number = s->next_number;
    s->next_number += job->count;
    for (size_t i = 0; i < job->count && !err; i++) {
        job->failed = i;
        err = apply_change(s->writer, &job->changes[i], job->first_number + i);
    }
    return err;
}

/*
 * A set of several changes stands behind a savepoint, so that its failure undoes only itself. A
 * single statement undoes itself.
 */
static enum err apply(void *engine, struct store_job *job, bool undoable)
{
    struct sqlite_store *s = engine;
    struct row_chain_ends ends = s->chain.now;
    enum err err, undone = E_OK;

    if (!undoable || job->count == 1)
        return apply_set(s, job);
    err = sqlite_run_fixed(s->writer, FIXED_SAVE);
    if (err)
        return err;
    err = apply_set(s, job);
    if (err) {
        undone = sqlite_run_fixed(s->writer, FIXED_UNDO);
        s->chain.now = ends;
    }
    if (!undone)
        undone = sqlite_run_fixed(s->writer, FIXED_KEEP);
    return undone ? undone : err;
}

static enum err begin(void *engine)
{
    return sqlite_run_fixed(((struct sqlite_store *)engine)->writer, FIXED_WRITE);
}

static enum err commit(void *engine)
{
    struct sqlite_store *s = engine;
    enum err err = sqlite_chain_commit(s, s->writer);

    if (!err)
        err = sqlite_run_fixed(s->writer, FIXED_COMMIT);
    if (!err)
        s->chain.begun = s->chain.now;
    return err;
}

static void rollback(void *engine)
{
    struct sqlite_store *s = engine;
    sqlite3 *db = s->writer->db;

    s->chain.now = s->chain.begun;
    /* Some errors (full disk, I/O) have rolled back already. */
    if (!sqlite3_get_autocommit(db))
        (void)!sqlite_run(db, sql_sqlite.rollback);
}

static void set_serial(const struct store_table *t, void *row, uint64_t number)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].flags & STORE_SERIAL)
            *(int64_t *)(void *)((uint8_t *)row + t->columns[i].offset) = (int64_t)number;
    }
}

static void settle(void *engine, struct store_job *job)
{
    (void)engine;
    for (size_t i = 0; i < job->count; i++) {
        const struct change *change = &job->changes[i];
        uint64_t number = job->first_number + i;

        if (change->kind == CHANGE_ASSUME)
            continue;
        if (change->kind == CHANGE_INSERT)
            set_serial(change->table, change->row, number);
        if (change->kind == CHANGE_DELETE)
            number = 0;
        memcpy(change->row, &number, sizeof number);
    }
}

const struct committer_ops sqlite_committer_ops = {
    .begin = begin, .apply = apply, .commit = commit, .rollback = rollback, .settle = settle
};
