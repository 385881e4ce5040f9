/* The chain of a database's log (row_chain.h): its head in memory and on disk, its columns of a
 * row. */
#include "store/sqlite_internal.h"

static enum err read_head(sqlite3 *db, const char *name, struct row_chain_head *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT last, count, hash FROM dunlin_chain WHERE name = ?1",
                                -1, &st, NULL);
    enum err err;

    *out = (struct row_chain_head){ .last = 0 };
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
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

enum err sqlite_open_chain(struct sqlite_store *s, sqlite3 *db)
{
    struct chain_state *c = &s->chain;
    enum err err = sqlite_run(db, "CREATE TABLE IF NOT EXISTS dunlin_chain (name TEXT PRIMARY KEY, "
                                  "last INTEGER NOT NULL, count INTEGER NOT NULL, "
                                  "hash BLOB NOT NULL)");

    for (size_t i = 0; i < s->table_count && !err; i++) {
        const struct known_table *k = &s->tables[i];
        const struct store_column *behind, *hash;

        if (!row_chain_columns(k->table, &behind, &hash) ||
            !sql_stands(hash->since, hash->until, k->version))
            continue;
        if (c->table)
            return E_ARGUMENT; /* one chain a database */
        c->table = k->table;
        err = s->crypto ? read_head(db, k->table->name, &c->now) : E_CRYPTO;
    }
    c->begun = c->now;
    return err;
}

enum err sqlite_chain_commit(struct sqlite_store *s, struct connection *writer)
{
    /* in place: REPLACE would write the table's index, too, in every commit */
    static const char text[] = "INSERT INTO dunlin_chain (name, last, count, hash) "
                               "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE "
                               "SET last = ?2, count = ?3, hash = ?4";
    struct chain_state *c = &s->chain;
    sqlite3_stmt **st = &writer->fixed[FIXED_CHAIN];
    int rc = SQLITE_OK;

    if (c->now.count == c->begun.count)
        return E_OK;
    if (!*st)
        rc = sqlite3_prepare_v3(writer->db, text, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(*st, 1, c->table->name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(*st, 2, c->now.last);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(*st, 3, c->now.count);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob(*st, 4, c->now.hash, DIGEST_LEN, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(*st);
    sqlite3_reset(*st);
    return sqlite_error(rc);
}

enum err sqlite_chain_link(struct sqlite_store *s, const struct change *change, uint64_t number)
{
    struct chain_state *c = &s->chain;

    if (c->table != change->table || change->kind == CHANGE_ASSUME)
        return E_OK;
    if (change->kind != CHANGE_INSERT)
        return E_ARGUMENT; /* a log only grows */
    return row_chain_next(s->crypto, c->table, change->row, (int64_t)number, &c->now, &c->next);
}

enum err sqlite_chain_head(struct store *base, const struct store_table *table,
                           struct row_chain_head *out)
{
    struct connection *c;
    enum err err = sqlite_reader((struct sqlite_store *)base, &c);

    return err ? err : read_head(c->db, table->name, out);
}
