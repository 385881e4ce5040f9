/*
 * The embedded engine: SQLite in WAL mode, one writer, one reader per thread.
 *
 * The writer belongs to the committer's thread. Readers are opened when a thread reads for the
 * first time and go back to a pool when it ends. One process per database: the file is locked.
 */
#ifndef DUNLIN_STORE_SQLITE_H
#define DUNLIN_STORE_SQLITE_H

#include "crypto/crypto.h"
#include "store/store.h"

struct store_sqlite_options {
    const char *path; /* file; made when absent. NULL: a private file that close removes */
    const struct store_schema *const *schemas;
    size_t schema_count;
    /* For tests of migration: no schema goes past this version. 0 = no cap. */
    uint16_t version_cap;
    /* Commit without waiting for the disk: for tests. Private files never wait. */
    bool volatile_commits;
    /*
     * The master key (VAULT_KEY_LEN octets, vault.h) with which secret columns are sealed; absent:
     * they lie there in the clear. A database that is not sealed yet is sealed when it is opened
     * with one. new_master takes its place from now on.
     */
    slice master, new_master;
    const struct crypto *crypto; /* for it, and for chains; NULL: OpenSSL's */
    /*
     * Beside the process that has it open, or without one: nothing is made, locked, migrated or
     * unsealed, and commits are refused (E_STATE). E_UNSUPPORTED: of another version.
     */
    bool read_only;
};

/*
 * Opens and migrates. E_STORAGE (not a database, disk), E_UNSUPPORTED (written by a newer version),
 * E_ARGUMENT (a table breaks the rules of store.h), E_EXISTS (another process has it open),
 * E_MISSING (it is sealed, and no master key is given), E_BADMAC (with another master key), E_STATE
 * (new_master for a database that is not sealed).
 */
MUST_USE enum err store_sqlite_open(const struct store_sqlite_options *options, struct store **out);

#endif
