/*
 * The store: durable rows behind one interface, whatever engine keeps them.
 *
 * Rows are data. An entity is a C struct and a table of its columns; both grow from one list:
 *
 *     #define SMDP_ORDER(C, T)                              \
 *         C(T, BLOB, iccid,    0,                1, 0)      \
 *         C(T, INT,  state,    0,                1, 0)      \
 *         C(T, TEXT, remark,   STORE_NULL,       2, 0)
 *     STORE_ROW(smdp_order, SMDP_ORDER);         in a header: struct smdp_order
 *     STORE_COLUMNS(smdp_order, SMDP_ORDER);     in one .c file: smdp_order_columns[]
 *
 * INT members are int64_t, TEXT and BLOB members are slices. From the table an engine creates its
 * SQL, binds and reads. Every row struct begins with `uint64_t version`: 0 = not stored yet,
 * otherwise the store-wide number of the write that produced it (never used twice, so a row that
 * was deleted and made again is recognised as another one).
 *
 * Reads see committed states only, each read one state; between store_read_begin and
 * store_read_end all reads of the calling thread see the same state. Any thread may read.
 *
 * Writes are sets of changes: all of a set or none, durable when reported. A set names the row
 * versions that it assumes; when one no longer holds the whole set is refused with E_CONFLICT and
 * the caller decides again on fresh state. Sets of many threads share one disk flush.
 *
 * Invariants that every engine keeps (and tests/store proves):
 *   1. a set reported as done survives kill -9 and power loss (as far as the disk keeps promises)
 *   2. a reader never sees a part of a set
 *   3. of two sets that assume the same version of one row, at most one is done
 *   4. a refused set leaves no trace and does not hinder the sets that share its flush
 */
#ifndef DUNLIN_STORE_STORE_H
#define DUNLIN_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#include <stddef.h>

enum store_kind { STORE_INT, STORE_TEXT, STORE_BLOB };

enum store_flag {
    STORE_NULL = 1,   /* TEXT, BLOB: the slice may be absent (SLICE_NONE) */
    STORE_SERIAL = 2, /* INT, the only key column: the store assigns it on INSERT, rising */
    STORE_SECRET = 4, /* TEXT, BLOB, in no index, behind the key: sealed at rest (vault.h) */
    STORE_CHAIN = 8,  /* INT and BLOB: filled in by the store on INSERT (row_chain.h) */
    STORE_CUT = 16,   /* INT: rows up to this one go in the same set (row_chain.h); 0: none do */
};

struct store_column {
    const char *name;
    enum store_kind kind;
    size_t offset;
    unsigned flags;
    uint16_t since; /* schema version that added the column, from 1 */
    uint16_t until; /* first schema version without it; 0 = still there */
};

#define STORE_INDEX_COLUMNS 4

struct store_index {
    const char *name;
    const char *columns[STORE_INDEX_COLUMNS]; /* unused places NULL */
    bool unique;                              /* absent values never collide */
    uint16_t since, until;
};

/* indexes[0] is the primary key: unique, of columns since the table's first version, not NULL. */
struct store_table {
    const char *name;
    size_t size; /* of the row struct */
    const struct store_column *columns;
    size_t column_count;
    const struct store_index *indexes;
    size_t index_count;
    uint16_t since;
};

/*
 * The tables of one room. version is the newest `since` or `until` in them; a database of an older
 * version is brought up step by step when it is opened, one of a newer version is not opened.
 * Added INT columns read 0 in old rows, added TEXT and BLOB columns must be STORE_NULL.
 */
struct store_schema {
    const char *name;
    uint16_t version;
    const struct store_table *const *tables;
    size_t table_count;
};

/* Growing struct and columns from one list of C(T, kind, member, flags, since, until) */
#define STORE_TYPE_INT                                     int64_t
#define STORE_TYPE_TEXT                                    slice
#define STORE_TYPE_BLOB                                    slice
#define STORE_MEMBER(T, kind, member, flags, since, until) STORE_TYPE_##kind member;
#define STORE_COLUMN(T, kind, member, flags, since, until)                                         \
    { #member, STORE_##kind, offsetof(struct T, member), flags, since, until },
#define STORE_ROW(T, LIST)                                                                         \
    struct T {                                                                                     \
        uint64_t version;                                                                          \
        LIST(STORE_MEMBER, T)                                                                      \
    }
#define STORE_COLUMNS(T, LIST)                                                                     \
    static const struct store_column T##_columns[] = { LIST(STORE_COLUMN, T) }

struct store;

/* ---- reading ---- */

struct store_value {
    enum store_kind kind;
    int64_t i;
    slice s;
};

static inline struct store_value store_int(int64_t i)
{
    return (struct store_value){ .kind = STORE_INT, .i = i };
}

static inline struct store_value store_text(slice s)
{
    return (struct store_value){ .kind = STORE_TEXT, .s = s };
}

static inline struct store_value store_blob(slice s)
{
    return (struct store_value){ .kind = STORE_BLOB, .s = s };
}

/* The two arguments `key, key_count` from a list of values. */
#define STORE_KEY(...)                                                                             \
    ((const struct store_value[]){ __VA_ARGS__ }),                                                 \
        (sizeof((const struct store_value[]){ __VA_ARGS__ }) / sizeof(struct store_value))

/*
 * The row whose columns of `index` (place in table->indexes) equal the key; the key may be shorter
 * than the index, then the first row in index order. E_NOTFOUND; E_STORAGE; E_MEMORY when the
 * arena is full. Slices of *row point into the arena.
 */
MUST_USE enum err store_get(struct store *s, const struct store_table *table, unsigned index,
                            const struct store_value *key, size_t key_count, void *row,
                            struct arena *arena);

#define STORE_LIST_MAX 1000u

struct store_query {
    unsigned index;                              /* gives key columns and order */
    struct store_value key[STORE_INDEX_COLUMNS]; /* equal, from the first column on */
    size_t key_count;
    bool from_given, to_given; /* inclusive bounds on the column after the key */
    struct store_value from, to;
    bool descending;
    uint32_t limit; /* 1..STORE_LIST_MAX */
};

/*
 * Rows in index order: *rows is an array of *count row structs (table->size each) in the arena.
 * None is E_OK with *count 0.
 */
MUST_USE enum err store_list(struct store *s, const struct store_table *table,
                             const struct store_query *query, struct arena *arena, void *rows,
                             size_t *count);

/*
 * All following reads of this thread see one state, that of the first of them. Cheaper, too, than
 * reads that each look for the newest state. Do not nest; keep it short (milliseconds).
 */
MUST_USE enum err store_read_begin(struct store *s);
void store_read_end(struct store *s);

/*
 * A copy of a row that a role keeps in memory between two turns, to decide on without reading it
 * again: the version tells at the commit whether it still held. One block with all that the slices
 * point to: from the heap (free() releases it), or in an arena. NULL when memory is out.
 */
void *store_row_dup(const struct store_table *table, const void *row);
/*
 * The same into memory of the caller's: the struct at `to`, what its slices point to at `tail`;
 * both together are store_row_octets. Returns the end of the tail.
 */
size_t store_row_octets(const struct store_table *table, const void *row);
uint8_t *store_row_put(const struct store_table *table, const void *row, void *to, uint8_t *tail);
void *store_row_copy(const struct store_table *table, const void *row, struct arena *arena);

/* ---- writing ---- */

enum change_kind {
    CHANGE_INSERT, /* conflict when a unique index has such a row already */
    CHANGE_UPDATE, /* conflict unless the row of this key still has row->version */
    CHANGE_DELETE, /* the same */
    CHANGE_ASSUME, /* writes nothing; conflict unless the row still has row->version */
};

struct change {
    enum change_kind kind;
    const struct store_table *table;
    void *row; /* borrowed until the set is reported; its version (and serial) is set on success */
    /*
     * CHANGE_UPDATE: the row as it was read, where it is at hand; borrowed likewise. It spares the
     * engine a look at what stands in indexes. Of another version than row it counts as absent.
     */
    const void *was;
};

#define CHANGES_MAX 10000u

/*
 * Applies all changes or none; durable on return. E_CONFLICT: *failed is the place of the first
 * change that did not hold (failed may be NULL). E_SIZE: a value or row that is too large for the
 * engine. E_STORAGE: nothing was applied.
 */
MUST_USE enum err store_apply(struct store *s, const struct change *changes, size_t count,
                              size_t *failed);

/*
 * The same without waiting. `done` runs on the committer's thread, in order of submission, and must
 * not block; the job and all it points to belong to the store from here until `done` is entered.
 */
struct store_job {
    const struct change *changes;
    size_t count;
    void (*done)(struct store_job *job);
    void *context;
    enum err err;  /* outcome */
    size_t failed; /* outcome: first change that conflicts */
    /* the store's own */
    uint64_t first_number;
    struct store_job *next;
};

void store_commit(struct store *s, struct store_job *job);

/* Waits for submitted jobs, then closes. No thread may be reading. NULL is allowed. */
void store_close(struct store *s);

#endif
