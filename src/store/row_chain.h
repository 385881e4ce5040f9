/*
 * Tables that only grow, and tell when somebody else than the store had his hands in them: the log
 * of events. What is old may be cut off their beginning, and they tell that too. Each row carries,
 * in its columns of kind STORE_CHAIN, the number of the row before it (INT) and a SHA-256 over that
 * row's hash and its own values (BLOB). The newest hash and the number of rows stand in the
 * database as well, so that the last rows cannot just be cut off.
 *
 * The chain is computed by the committer, the one writer, in the order of commits. It has no key:
 * whoever can write the file and knows this page can compute a whole chain anew. That shows only to
 * whoever has noted a head elsewhere; so heads are made to be noted (row_chain_verify's `anchor`).
 *
 * Rows go from the beginning alone, each behind the one before it, and in a set that also inserts a
 * row whose column of kind STORE_CUT names the last of them: the chain itself says how far it was
 * cut, and no head that was noted since holds for a chain that says otherwise. The hash of the last
 * row that went stands in the database, as what the first that is left hangs on.
 */
#ifndef DUNLIN_STORE_ROW_CHAIN_H
#define DUNLIN_STORE_ROW_CHAIN_H

#include "crypto/crypto.h"
#include "store/store.h"

struct row_chain_head {
    int64_t last;  /* serial number of the newest row; 0: none yet */
    int64_t count; /* rows in the chain */
    uint8_t hash[DIGEST_LEN];
};

struct row_chain_ends {
    struct row_chain_head floor; /* as the head was with the last row that has been cut off */
    struct row_chain_head head;
};

/* The columns of a table with a chain. */
struct row_chain_columns {
    const struct store_column *serial, *behind, *hash;
    const struct store_column *cut; /* NULL: nothing is ever cut off */
};
/* False when the table has no chain. */
bool row_chain_columns(const struct store_table *t, struct row_chain_columns *out);

/*
 * The head after a row that becomes number `serial`. Values that are 0 or absent count for nothing,
 * so that columns may be added later; a column's place does not count, its name does.
 */
MUST_USE enum err row_chain_next(const struct crypto *c, const struct store_table *t,
                                 const void *row, int64_t serial, const struct row_chain_head *head,
                                 struct row_chain_head *out);
/* Is the row, of that serial number, as it was written behind `head`? Then *out is the next head.
 */
MUST_USE enum err row_chain_holds(const struct crypto *c, const struct store_table *t,
                                  const struct row_chain_columns *columns, const void *row,
                                  const struct row_chain_head *head, struct row_chain_head *out,
                                  bool *holds);

/* What is wrong at a row, in words for people. */
enum row_chain_fault {
    ROW_CHANGED,   /* row `id` is not as it was written */
    ROW_INSERTED,  /* row `id` was not written by the store */
    ROW_REMOVED,   /* row `id` was written, and is gone; 0: which one is not known */
    ROW_UNCHAINED, /* row `id` lost its place in the chain */
    ROW_CUT,       /* the end of the chain is gone: rows up to `id` were written */
    ROW_UNTOLD,    /* rows up to `id` were cut off, and no row says so */
    ROW_ANCHOR /* the head that was noted is not in this chain: it was computed anew, or cut off */
};

struct row_chain_verdict {
    int64_t before; /* rows older than the chain: of a database from before there was one */
    int64_t faults;
    struct row_chain_head floor; /* count: rows that were cut off */
    struct row_chain_head head;  /* of what is there; count: with those */
};

/*
 * Goes through the table from its beginning and calls `found` for each fault. anchor: a hash noted
 * earlier that must be the one of some row; or NULL. E_OK says only that all was read.
 */
MUST_USE enum err row_chain_verify(struct store *s, const struct crypto *c,
                                   const struct store_table *t, const uint8_t *anchor,
                                   void (*found)(void *ctx, enum row_chain_fault fault, int64_t id),
                                   void *ctx, struct row_chain_verdict *out);

#endif
