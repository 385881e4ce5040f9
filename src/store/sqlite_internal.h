/* Shared by the files of the SQLite engine only. */
#ifndef DUNLIN_STORE_SQLITE_INTERNAL_H
#define DUNLIN_STORE_SQLITE_INTERNAL_H

#include "store/committer.h"
#include "store/engine.h"
#include "store/sql.h"
#include "store/sqlite.h"
#include "store/vault.h"

#include <pthread.h>
#include <sqlite3.h>

/* A prepared statement, found again by its table and shape. */
struct statement {
    struct statement *next;
    unsigned shape; /* kind of change, or the form of a query */
    sqlite3_stmt *prepared;
    unsigned param_count;
    struct sql_param params[]; /* of changes */
};

/* Statements without parameters, prepared when first needed. */
enum fixed {
    FIXED_READ,
    FIXED_WRITE,
    FIXED_COMMIT,
    FIXED_SAVE,
    FIXED_UNDO,
    FIXED_KEEP,
    FIXED_CHAIN, /* with parameters, prepared by its own */
    FIXED_COUNT
};

/* Of store_read_begin: asked for, and begun with the first read. */
enum read_state { READ_FREE, READ_ASKED, READ_BEGUN };

/* A connection with its statements; used by one thread at a time. */
struct connection {
    struct connection *next; /* in the list of all readers */
    struct connection *next_free;
    struct sqlite_store *store;
    sqlite3 *db;
    sqlite3_stmt *fixed[FIXED_COUNT];
    enum read_state read;
    struct statement **statements; /* one list a table */
};

struct known_table {
    const struct store_table *table;
    uint16_t version; /* of its schema in this database */
    bool indexed;     /* has columns in indexes beside its key */
};

/* The chain of this database's log, the committer's. */
struct chain_state {
    const struct store_table *table; /* NULL: none */
    struct row_chain_columns columns;
    struct row_chain_ends now, next; /* next: with the row that is being written, or removed */
    struct row_chain_ends begun;     /* as it is on disk */
};

struct sqlite_store {
    struct store base;
    char *path;
    bool private_file;
    bool waits_for_disk;
    int lock_fd;
    struct known_table *tables;
    size_t table_count;
    struct connection *writer; /* the committer's */
    struct committer *committer;
    const struct crypto *crypto;
    struct chain_state chain;
    struct vault vault;
    bool sealed;
    uint64_t next_number; /* of the next write; the committer's */
    pthread_key_t reader_key;
    bool reader_key_made;
    pthread_mutex_t lock; /* guards the two lists */
    struct connection *readers, *free_readers;
};

MUST_USE enum err sqlite_error(int rc);
MUST_USE enum err sqlite_connect(struct sqlite_store *s, bool writer, struct connection **out);
void sqlite_disconnect(struct connection *c);
MUST_USE enum err sqlite_run(sqlite3 *db, const char *text);

MUST_USE enum err sqlite_list(struct store *s, const struct store_table *table,
                              const struct store_query *query, struct arena *arena,
                              struct store_rows *out);
MUST_USE enum err sqlite_read_begin(struct store *s);
void sqlite_read_end(struct store *s);
void sqlite_stop_reading(struct connection *c);

/* One INTEGER of the first row; E_NOTFOUND without a row. name: parameter 1, or NULL. */
MUST_USE enum err sqlite_number(sqlite3 *db, const char *text, const char *name, int64_t *out);

/* sqlite_rows.c: statements, for reading too */
/* Place of the table in s->tables, or -1. */
int sqlite_table_place(const struct sqlite_store *s, const struct store_table *table);
struct statement *sqlite_find(struct connection *c, int place, unsigned shape);
MUST_USE enum err sqlite_prepare(struct connection *c, int place, unsigned shape,
                                 const struct sql *sql, struct statement **out);
MUST_USE enum err sqlite_run_fixed(struct connection *c, enum fixed which);
int sqlite_bind_slice(sqlite3_stmt *st, int at, enum store_kind kind, slice s);

/* sqlite_read.c */
/* The calling thread's connection for reading, with the read begun that was asked for. */
MUST_USE enum err sqlite_reader(struct sqlite_store *s, struct connection **out);

/* sqlite_row_chain.c */
MUST_USE enum err sqlite_open_chain(struct sqlite_store *s, sqlite3 *db);
/* E_ARGUMENT when the set removes rows of the log and does not say so in it. */
MUST_USE enum err sqlite_chain_check(const struct sqlite_store *s, const struct store_job *job);
/*
 * Fills in chain.next. E_ARGUMENT when a row of the log would change, or go before the one ahead of
 * it, or is not as it was written.
 */
MUST_USE enum err sqlite_chain_link(struct sqlite_store *s, const struct change *change,
                                    uint64_t number);
MUST_USE enum err sqlite_chain_commit(struct sqlite_store *s, struct connection *writer);
MUST_USE enum err sqlite_chain_ends(struct store *s, const struct store_table *table,
                                    struct row_chain_ends *out);

/* sqlite_vault.c */
MUST_USE enum err sqlite_open_vault(struct sqlite_store *s, sqlite3 *db,
                                    const struct store_sqlite_options *o);
int sqlite_bind_sealed(struct sqlite_store *s, sqlite3_stmt *st, int at,
                       const struct store_table *table, const struct store_column *column,
                       const void *row, uint64_t serial);
MUST_USE enum err sqlite_read_sealed(const struct sqlite_store *s, sqlite3_stmt *st, int at,
                                     const struct store_table *table,
                                     const struct store_column *column, struct arena *arena,
                                     const void *row, slice *out);

extern const struct committer_ops sqlite_committer_ops;

#endif
