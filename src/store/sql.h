/*
 * SQL from tables: every statement that an SQL engine needs, in the words of its dialect, together
 * with the list of parameters to bind in order. Knows no database library.
 *
 * Statements are made for one schema version: columns and indexes that do not stand in it are left
 * out, which is how the tests write databases of the past.
 */
#ifndef DUNLIN_STORE_SQL_H
#define DUNLIN_STORE_SQL_H

#include "store/store.h"

#define SQL_TEXT_MAX   4096
#define SQL_PARAMS_MAX 64

struct sql_dialect {
    const char *types[3];  /* by enum store_kind */
    const char *parameter; /* printf form with one %u, counted from 1 */
    const char *begin, *commit, *rollback;
};

extern const struct sql_dialect sql_sqlite;

enum sql_param_kind {
    SQL_NEW_VERSION, /* the number of this write */
    SQL_OLD_VERSION, /* row->version */
    SQL_COLUMN,      /* the row's member */
};

struct sql_param {
    enum sql_param_kind kind;
    const struct store_column *column;
};

struct sql {
    char text[SQL_TEXT_MAX];
    size_t n;
    bool failed; /* did not fit: a table wider than the limits */
    struct sql_param params[SQL_PARAMS_MAX];
    unsigned param_count;
};

static inline bool sql_stands(uint16_t since, uint16_t until, uint16_t version)
{
    return since <= version && (until == 0 || version < until);
}

/* E_ARGUMENT when a schema breaks the rules of store.h. */
MUST_USE enum err sql_check_schema(const struct store_schema *schema);

/*
 * Brings a database one step up, from version - 1 to version, by calling `run` with each statement
 * in order; stops at the first error.
 */
MUST_USE enum err sql_migrate(const struct sql_dialect *d, const struct store_schema *schema,
                              uint16_t version, enum err (*run)(void *context, const char *text),
                              void *context);

/* INSERT and DELETE touch one row or none; ASSUME returns one row or none. UPDATE: below. */
void sql_change(struct sql *out, const struct sql_dialect *d, const struct store_table *table,
                uint16_t version, enum change_kind kind);

/*
 * An UPDATE that names a column rewrites its indexes, even with the value that it had. So an update
 * is two statements: sql_indexed selects, of the row as it is assumed, the columns that stand in
 * indexes (no row: conflict); sql_update writes the others, and of these the ones that differ: bit
 * i of changed is the i-th of them.
 */
#define SQL_INDEXED_MAX 16 /* columns of a table in its indexes, the key's aside */
bool sql_is_indexed(const struct store_table *table, uint16_t version,
                    const struct store_column *column);
void sql_indexed(struct sql *out, const struct sql_dialect *d, const struct store_table *table,
                 uint16_t version);
void sql_update(struct sql *out, const struct sql_dialect *d, const struct store_table *table,
                uint16_t version, uint32_t changed);

/*
 * SELECT version and the standing columns, in order. Parameters: query->key, then the bounds that
 * are given, then the limit.
 */
void sql_select(struct sql *out, const struct sql_dialect *d, const struct store_table *table,
                uint16_t version, const struct store_query *query);

#endif
