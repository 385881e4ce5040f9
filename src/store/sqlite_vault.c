/*
 * The vault of a database file: its data key, the sealing of what an older database holds in the
 * clear, and another master key.
 *
 * Sealing is one transaction. After it the file is written anew without the pages that held clear
 * text (VACUUM); until that is done the database says so (dunlin_meta 'clear_pages'), and the next
 * opening does it again.
 */
#include "base/secret.h"
#include "store/sqlite_internal.h"

#include <stdio.h>

struct place {
    const struct vault *vault;
    const struct store_table *table;
    const struct store_column *column;
};

static slice value_slice(sqlite3_value *v)
{
    const void *p = sqlite3_value_type(v) == SQLITE_TEXT ? (const void *)sqlite3_value_text(v)
                                                         : sqlite3_value_blob(v);

    return p ? slice_of(p, (size_t)sqlite3_value_bytes(v)) : SLICE_EMPTY;
}

static void put_member(void *row, const struct store_column *c, sqlite3_value *v)
{
    uint8_t *at = (uint8_t *)row + c->offset;

    if (c->kind == STORE_INT)
        *(int64_t *)(void *)at = sqlite3_value_int64(v);
    else
        *(slice *)(void *)at = value_slice(v);
}

static const struct store_column *named(const struct store_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (!strcmp(t->columns[i].name, name))
            return &t->columns[i];
    return NULL;
}

/* dunlin_seal(value, primary key...): the value sealed for that row */
static void seal_value(sqlite3_context *context, int count, sqlite3_value **values)
{
    const struct place *p = sqlite3_user_data(context);
    void *row = sqlite3_malloc64(p->table->size);
    slice plain = value_slice(values[0]);
    uint8_t *out = sqlite3_malloc64(plain.n + VAULT_OVERHEAD);

    if (row && out) {
        memset(row, 0, p->table->size);
        for (int i = 1; i < count; i++)
            put_member(row, named(p->table, p->table->indexes[0].columns[i - 1]), values[i]);
    }
    if (!row || !out)
        sqlite3_result_error_nomem(context);
    else if (vault_seal(p->vault, p->table, p->column, row, 0, plain, out))
        sqlite3_result_error(context, "sealing failed", -1);
    else
        sqlite3_result_blob64(context, out, plain.n + VAULT_OVERHEAD, SQLITE_TRANSIENT);
    sqlite3_free(row);
    sqlite3_free(out);
}

static enum err seal_column(sqlite3 *db, const struct place *p)
{
    const char *const *key = p->table->indexes[0].columns;
    char text[SQL_TEXT_MAX];
    size_t n = (size_t)snprintf(text, sizeof text, "UPDATE %s SET %s = dunlin_seal(%s",
                                p->table->name, p->column->name, p->column->name);
    int columns = 1;
    int rc;

    for (size_t i = 0; i < STORE_INDEX_COLUMNS && key[i] && n < sizeof text; i++, columns++)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s", key[i]);
    if (n < sizeof text)
        n += (size_t)snprintf(text + n, sizeof text - n, ") WHERE %s IS NOT NULL", p->column->name);
    if (n >= sizeof text)
        return E_ARGUMENT;
    rc = sqlite3_create_function_v2(db, "dunlin_seal", columns, SQLITE_UTF8, (void *)p, seal_value,
                                    NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    sqlite3_create_function_v2(db, "dunlin_seal", columns, SQLITE_UTF8, NULL, NULL, NULL, NULL,
                               NULL);
    return sqlite_error(rc);
}

static enum err seal_all(struct sqlite_store *s, sqlite3 *db)
{
    enum err err = E_OK;

    for (size_t i = 0; i < s->table_count && !err; i++) {
        const struct known_table *k = &s->tables[i];

        for (size_t j = 0; j < k->table->column_count && !err; j++) {
            const struct store_column *c = &k->table->columns[j];

            if ((c->flags & STORE_SECRET) && sql_stands(c->since, c->until, k->version))
                err = seal_column(db, &(struct place){ &s->vault, k->table, c });
        }
    }
    return err;
}

static enum err put_key(sqlite3 *db, slice wrapped)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(
        db, "INSERT OR REPLACE INTO dunlin_vault (name, value) VALUES ('data', ?1)", -1, &st, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_blob64(st, 1, wrapped.p, wrapped.n, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    sqlite3_finalize(st);
    return sqlite_error(rc);
}

/* E_NOTFOUND: nothing is sealed here. */
static enum err get_key(sqlite3 *db, uint8_t wrapped[VAULT_WRAPPED])
{
    sqlite3_stmt *st = NULL;
    int rc =
        sqlite3_prepare_v2(db, "SELECT value FROM dunlin_vault WHERE name = 'data'", -1, &st, NULL);
    enum err err;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    err = rc == SQLITE_DONE ? E_NOTFOUND : sqlite_error(rc);
    if (!err && sqlite3_column_bytes(st, 0) != VAULT_WRAPPED)
        err = E_BADMAC;
    if (!err)
        memcpy(wrapped, sqlite3_column_blob(st, 0), VAULT_WRAPPED);
    sqlite3_finalize(st);
    return err;
}

static enum err begin_sealing(struct sqlite_store *s, sqlite3 *db,
                              const struct store_sqlite_options *o)
{
    uint8_t wrapped[VAULT_WRAPPED];
    enum err err = vault_make(o->crypto, o->master, &s->vault, wrapped);

    if (!err)
        err = sqlite_run(db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = seal_all(s, db);
    if (!err)
        err = put_key(db, slice_of(wrapped, sizeof wrapped));
    if (!err)
        err = sqlite_run(db, "INSERT OR REPLACE INTO dunlin_meta (name, value) "
                             "VALUES ('clear_pages', 1); COMMIT");
    if (err && sqlite_run(db, "ROLLBACK"))
        return E_STORAGE;
    return err;
}

/* VACUUM attaches the file that it writes, which a database of ours may not do otherwise. */
static enum err write_anew(sqlite3 *db)
{
    int attached = sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
    enum err err = sqlite_run(db, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");

    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, attached);
    return err;
}

/* Without the pages, of the file and of its log, that held clear text. */
static enum err drop_clear_pages(sqlite3 *db)
{
    int64_t due = 0;
    enum err err =
        sqlite_number(db, "SELECT value FROM dunlin_meta WHERE name = 'clear_pages'", NULL, &due);

    if (err == E_NOTFOUND)
        return E_OK;
    if (!err)
        err = write_anew(db);
    if (!err)
        err = sqlite_run(db, "DELETE FROM dunlin_meta WHERE name = 'clear_pages'");
    return err;
}

static enum err change_master(struct sqlite_store *s, sqlite3 *db, slice master)
{
    uint8_t wrapped[VAULT_WRAPPED];
    enum err err = vault_wrap(&s->vault, master, wrapped);

    if (!err)
        err = put_key(db, slice_of(wrapped, sizeof wrapped));
    /* the page with the old sealing goes from the log too */
    return err ? err : sqlite_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
}

enum err sqlite_open_vault(struct sqlite_store *s, sqlite3 *db,
                           const struct store_sqlite_options *o)
{
    uint8_t wrapped[VAULT_WRAPPED];
    enum err err = sqlite_run(db, "CREATE TABLE IF NOT EXISTS dunlin_vault "
                                  "(name TEXT PRIMARY KEY, value BLOB NOT NULL)");

    if (!err)
        err = get_key(db, wrapped);
    if (err && err != E_NOTFOUND)
        return err;
    if (!o->master.p)
        return err == E_NOTFOUND ? E_OK : E_MISSING;
    if (o->new_master.p && err == E_NOTFOUND)
        return E_STATE;
    err = err ? begin_sealing(s, db, o)
              : vault_open(o->crypto, o->master, slice_of(wrapped, sizeof wrapped), &s->vault);
    s->sealed = !err;
    if (!err)
        err = drop_clear_pages(db);
    if (!err && o->new_master.p)
        err = change_master(s, db, o->new_master);
    return err;
}

/* ---- rows ---- */

int sqlite_bind_sealed(struct sqlite_store *s, sqlite3_stmt *st, int at,
                       const struct store_table *table, const struct store_column *column,
                       const void *row, uint64_t serial)
{
    slice plain = *store_row_slice(row, column);
    uint8_t *out;
    enum err err;

    if (!plain.p)
        return sqlite3_bind_null(st, at);
    out = sqlite3_malloc64(plain.n + VAULT_OVERHEAD);
    if (!out)
        return SQLITE_NOMEM;
    err = vault_seal(&s->vault, table, column, row, serial, plain, out);
    if (err) {
        sqlite3_free(out);
        return err == E_SIZE ? SQLITE_TOOBIG : SQLITE_ERROR;
    }
    return sqlite3_bind_blob64(st, at, out, plain.n + VAULT_OVERHEAD, sqlite3_free);
}

enum err sqlite_read_sealed(const struct sqlite_store *s, sqlite3_stmt *st, int at,
                            const struct store_table *table, const struct store_column *column,
                            struct arena *arena, const void *row, slice *out)
{
    slice sealed;
    uint8_t *plain;
    enum err err;

    *out = SLICE_NONE;
    if (sqlite3_column_type(st, at) == SQLITE_NULL)
        return E_OK;
    sealed = slice_of(sqlite3_column_blob(st, at), (size_t)sqlite3_column_bytes(st, at));
    if (!sealed.p || sealed.n < VAULT_OVERHEAD)
        return E_STORAGE;
    plain = arena_alloc(arena, sealed.n - VAULT_OVERHEAD + 1);
    if (!plain)
        return E_MEMORY;
    err = vault_unseal(&s->vault, table, column, row, sealed, plain);
    /* who changed the file is not the peer, whom E_BADMAC would blame */
    if (err)
        return err == E_BADMAC ? E_STORAGE : err;
    *out = slice_of(plain, sealed.n - VAULT_OVERHEAD);
    return E_OK;
}
