/* The chain of a database's log (row_chain.h): its head in memory and on disk, its columns of a
 * row. */
#include "store/sqlite_internal.h"

#include <stdio.h>

/* Each end is a row: the head under the table's name, the floor under the same and a tail. */
#define FLOOR_TAIL    ":floor"
#define END_NAME_SIZE 80

static int bind_name(sqlite3_stmt *st, const char *table, const char *tail)
{
    char name[END_NAME_SIZE];
    int n = snprintf(name, sizeof name, "%s%s", table, tail);

    return n < 0 || (size_t)n >= sizeof name ? SQLITE_TOOBIG
                                             : sqlite3_bind_text(st, 1, name, n, SQLITE_TRANSIENT);
}

static enum err read_end(sqlite3 *db, const char *table, const char *tail,
                         struct row_chain_head *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT last, count, hash FROM dunlin_chain WHERE name = ?1",
                                -1, &st, NULL);
    enum err err;

    *out = (struct row_chain_head){ .last = 0 };
    if (rc == SQLITE_OK)
        rc = bind_name(st, table, tail);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    err = sqlite_error(rc);
    if (!err && rc == SQLITE_ROW) {
        out->last = sqlite3_column_int64(st, 0);
        out->count = sqlite3_column_int64(st, 1);
        if (sqlite3_column_bytes(st, 2) == DIGEST_LEN)
            memcpy(out->hash, sqlite3_column_blob(st, 2), DIGEST_LEN);
    }
    sqlite3_finalize(st);
    return err;
}

static enum err read_ends(sqlite3 *db, const struct store_table *table, struct row_chain_ends *out)
{
    enum err err = read_end(db, table->name, "", &out->head);

    return err ? err : read_end(db, table->name, FLOOR_TAIL, &out->floor);
}

enum err sqlite_open_chain(struct sqlite_store *s, sqlite3 *db)
{
    struct chain_state *c = &s->chain;
    enum err err = sqlite_run(db, "CREATE TABLE IF NOT EXISTS dunlin_chain (name TEXT PRIMARY KEY, "
                                  "last INTEGER NOT NULL, count INTEGER NOT NULL, "
                                  "hash BLOB NOT NULL)");

    for (size_t i = 0; i < s->table_count && !err; i++) {
        const struct known_table *k = &s->tables[i];
        struct row_chain_columns columns;

        if (!row_chain_columns(k->table, &columns) ||
            !sql_stands(columns.hash->since, columns.hash->until, k->version))
            continue;
        if (c->table)
            return E_ARGUMENT; /* one chain a database */
        c->table = k->table;
        c->columns = columns;
        err = s->crypto ? read_ends(db, k->table, &c->now) : E_CRYPTO;
    }
    c->begun = c->now;
    return err;
}

static enum err write_end(struct connection *writer, const char *table, const char *tail,
                          const struct row_chain_head *end)
{
    /* in place: REPLACE would write the table's index, too, in every commit */
    static const char text[] = "INSERT INTO dunlin_chain (name, last, count, hash) "
                               "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE "
                               "SET last = ?2, count = ?3, hash = ?4";
    sqlite3_stmt **st = &writer->fixed[FIXED_CHAIN];
    int rc = SQLITE_OK;

    if (!*st)
        rc = sqlite3_prepare_v3(writer->db, text, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    if (rc == SQLITE_OK)
        rc = bind_name(*st, table, tail);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(*st, 2, end->last);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(*st, 3, end->count);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(*st, 4, end->hash, DIGEST_LEN, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(*st);
    sqlite3_reset(*st);
    return sqlite_error(rc);
}

enum err sqlite_chain_commit(struct sqlite_store *s, struct connection *writer)
{
    const struct chain_state *c = &s->chain;
    enum err err = E_OK;

    if (c->now.head.count != c->begun.head.count)
        err = write_end(writer, c->table->name, "", &c->now.head);
    if (!err && c->now.floor.count != c->begun.floor.count)
        err = write_end(writer, c->table->name, FLOOR_TAIL, &c->now.floor);
    return err;
}

enum err sqlite_chain_check(const struct sqlite_store *s, const struct store_job *job)
{
    const struct chain_state *c = &s->chain;
    int64_t last = 0, told = 0;

    for (size_t i = 0; i < job->count; i++) {
        const struct change *change = &job->changes[i];

        if (!c->table || change->table != c->table)
            continue;
        if (change->kind == CHANGE_DELETE && store_row_slice(change->row, c->columns.hash)->p)
            last = *store_row_int(change->row, c->columns.serial);
        else if (change->kind == CHANGE_INSERT && c->columns.cut)
            told = *store_row_int(change->row, c->columns.cut);
    }
    return told == last ? E_OK : E_ARGUMENT;
}

/* Rows from before there was a chain hang on nothing. */
static enum err link_cut(struct sqlite_store *s, const void *row)
{
    struct chain_state *c = &s->chain;
    bool holds = false;
    enum err err;

    if (!store_row_slice(row, c->columns.hash)->p && c->now.floor.last == 0)
        return E_OK;
    err = row_chain_holds(s->crypto, c->table, &c->columns, row, &c->now.floor, &c->next.floor,
                          &holds);
    return err || holds ? err : E_ARGUMENT;
}

enum err sqlite_chain_link(struct sqlite_store *s, const struct change *change, uint64_t number)
{
    struct chain_state *c = &s->chain;

    if (c->table != change->table || change->kind == CHANGE_ASSUME)
        return E_OK;
    c->next = c->now;
    if (change->kind == CHANGE_DELETE)
        return link_cut(s, change->row);
    if (change->kind != CHANGE_INSERT)
        return E_ARGUMENT; /* a log only grows, and is cut */
    return row_chain_next(s->crypto, c->table, change->row, (int64_t)number, &c->now.head,
                          &c->next.head);
}

enum err sqlite_chain_ends(struct store *base, const struct store_table *table,
                           struct row_chain_ends *out)
{
    struct connection *c;
    enum err err = sqlite_reader((struct sqlite_store *)base, &c);

    return err ? err : read_ends(c->db, table, out);
}
