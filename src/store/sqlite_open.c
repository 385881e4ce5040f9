/* Opening, migrating and closing a database file. */
#include "store/sqlite_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Numbers of writes: 2^36 for each opening, so that none is used twice. */
#define NUMBERS_OF_AN_OPENING 36

/* Ours are far below; these bound what a damaged or foreign file can make SQLite do. */
static const struct {
    int id, value;
} limits[] = {
    { SQLITE_LIMIT_LENGTH, 64 << 20 },  { SQLITE_LIMIT_SQL_LENGTH, 2 * SQL_TEXT_MAX },
    { SQLITE_LIMIT_COLUMN, 100 },       { SQLITE_LIMIT_EXPR_DEPTH, 50 },
    { SQLITE_LIMIT_VDBE_OP, 25000 },    { SQLITE_LIMIT_ATTACHED, 0 },
    { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },  { SQLITE_LIMIT_VARIABLE_NUMBER, SQL_PARAMS_MAX },
    { SQLITE_LIMIT_WORKER_THREADS, 0 },
};

enum err sqlite_error(int rc)
{
    switch (rc & 0xFF) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return E_OK;
    case SQLITE_CONSTRAINT:
        return E_CONFLICT;
    case SQLITE_NOMEM:
        return E_MEMORY;
    case SQLITE_TOOBIG: /* a value or row past its limit; the transaction stands */
        return E_SIZE;
    default:
        return E_STORAGE;
    }
}

enum err sqlite_run(sqlite3 *db, const char *text)
{
    return sqlite_error(sqlite3_exec(db, text, NULL, NULL, NULL));
}

static enum err run_text(void *db, const char *text)
{
    return sqlite_run(db, text);
}

enum err sqlite_number(sqlite3 *db, const char *text, const char *name, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);
    enum err err;

    if (rc == SQLITE_OK && name)
        rc = sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(st, 0);
    err = rc == SQLITE_DONE ? E_NOTFOUND : sqlite_error(rc);
    sqlite3_finalize(st);
    return err;
}

/* ---- connections ---- */

static enum err configure(struct sqlite_store *s, sqlite3 *db, bool writer)
{
    /* Pages that are written again and again stay in the log longer: 16 MB, then back to the file.
     */
    const char *pragmas = writer ? "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=4000;"
                                   "PRAGMA journal_size_limit=67108864;"
                                 : "PRAGMA query_only=ON;";
    const char *sync = s->waits_for_disk ? "PRAGMA synchronous=FULL;" : "PRAGMA synchronous=OFF;";
    enum err err;

    for (size_t i = 0; i < COUNT(limits); i++)
        sqlite3_limit(db, limits[i].id, limits[i].value);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 5000);
    err = sqlite_run(db, pragmas);
    return err || !writer ? err : sqlite_run(db, sync);
}

enum err sqlite_connect(struct sqlite_store *s, bool writer, struct connection **out)
{
    struct connection *c = calloc(1, sizeof *c);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
    enum err err = E_MEMORY;

    *out = NULL;
    if (!c)
        return E_MEMORY;
    c->store = s;
    c->statements = calloc(s->table_count + 1, sizeof(struct statement *));
    if (c->statements)
        err = sqlite_error(sqlite3_open_v2(s->path, &c->db, flags, NULL));
    if (!err)
        err = configure(s, c->db, writer);
    if (err) {
        sqlite_disconnect(c);
        return err;
    }
    *out = c;
    return E_OK;
}

void sqlite_disconnect(struct connection *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->statements && i < c->store->table_count; i++) {
        while (c->statements[i]) {
            struct statement *st = c->statements[i];

            c->statements[i] = st->next;
            sqlite3_finalize(st->prepared);
            free(st);
        }
    }
    for (size_t i = 0; i < FIXED_COUNT; i++)
        sqlite3_finalize(c->fixed[i]);
    sqlite3_close(c->db);
    free(c->statements);
    free(c);
}

/* ---- migration ---- */

static enum err set_version(sqlite3 *db, const char *schema, unsigned version)
{
    char text[256];
    int n = snprintf(text, sizeof text,
                     "INSERT INTO dunlin_meta (name, value) VALUES ('schema:%s', %u) "
                     "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     schema, version);

    return n > 0 && (size_t)n < sizeof text ? sqlite_run(db, text) : E_ARGUMENT;
}

/* One step is one transaction: a crash leaves the version before it or after it. */
static enum err step_up(sqlite3 *db, const struct store_schema *schema, uint16_t version)
{
    enum err err = sqlite_run(db, sql_sqlite.begin);

    if (err)
        return err;
    err = sql_migrate(&sql_sqlite, schema, version, run_text, db);
    if (!err)
        err = set_version(db, schema->name, version);
    if (!err)
        err = sqlite_run(db, sql_sqlite.commit);
    if (err && sqlite_run(db, sql_sqlite.rollback))
        return E_STORAGE;
    return err;
}

static enum err migrate(sqlite3 *db, const struct store_schema *schema, uint16_t target)
{
    char name[64];
    int64_t stands = 0;
    enum err err;

    snprintf(name, sizeof name, "schema:%s", schema->name);
    err = sqlite_number(db, "SELECT value FROM dunlin_meta WHERE name = ?1", name, &stands);
    if (err == E_NOTFOUND)
        err = E_OK;
    if (!err && stands > schema->version)
        return E_UNSUPPORTED;
    for (int64_t v = stands + 1; v <= target && !err; v++)
        err = step_up(db, schema, (uint16_t)v);
    return err;
}

static enum err count_opening(struct sqlite_store *s, sqlite3 *db)
{
    int64_t openings = 0;
    enum err err = sqlite_run(db, "INSERT INTO dunlin_meta (name, value) VALUES ('openings', 1) "
                                  "ON CONFLICT (name) DO UPDATE SET value = value + 1");

    if (!err)
        err = sqlite_number(db, "SELECT value FROM dunlin_meta WHERE name = 'openings'", NULL,
                            &openings);
    s->next_number = ((uint64_t)openings << NUMBERS_OF_AN_OPENING) + 1;
    return err;
}

static enum err sqlite_bring_up(struct sqlite_store *s, sqlite3 *db,
                                const struct store_sqlite_options *o)
{
    enum err err = sqlite_run(db, "CREATE TABLE IF NOT EXISTS dunlin_meta "
                                  "(name TEXT PRIMARY KEY, value INTEGER NOT NULL)");

    for (size_t i = 0; i < o->schema_count && !err; i++) {
        const struct store_schema *schema = o->schemas[i];
        uint16_t cap = o->version_cap ? o->version_cap : schema->version;

        err = migrate(db, schema, cap < schema->version ? cap : schema->version);
    }
    if (!err)
        err = sqlite_open_vault(s, db, o);
    if (!err)
        err = sqlite_open_chain(s, db);
    return err ? err : count_opening(s, db);
}

/* ---- opening ---- */

static struct known_table know(const struct store_table *table, uint16_t version)
{
    struct known_table known = { .table = table, .version = version };

    for (size_t i = 0; i < table->column_count; i++)
        known.indexed |= sql_is_indexed(table, version, &table->columns[i]);
    return known;
}

static enum err know_tables(struct sqlite_store *s, const struct store_sqlite_options *o)
{
    size_t count = 0;

    for (size_t i = 0; i < o->schema_count; i++) {
        enum err err = sql_check_schema(o->schemas[i]);

        if (err)
            return err;
        count += o->schemas[i]->table_count;
    }
    s->tables = calloc(count + 1, sizeof *s->tables);
    if (!s->tables)
        return E_MEMORY;
    for (size_t i = 0; i < o->schema_count; i++) {
        const struct store_schema *schema = o->schemas[i];
        uint16_t version = schema->version;

        if (o->version_cap && o->version_cap < version)
            version = o->version_cap;
        for (size_t j = 0; j < schema->table_count; j++)
            s->tables[s->table_count++] = know(schema->tables[j], version);
    }
    return E_OK;
}

static char *print_path(const char *a, const char *b)
{
    size_t n = strlen(a) + strlen(b) + 1;
    char *p = malloc(n);

    if (p)
        snprintf(p, n, "%s%s", a, b);
    return p;
}

static enum err choose_path(struct sqlite_store *s, const char *path)
{
    const char *dir = getenv("TMPDIR");
    int fd;

    s->private_file = path == NULL;
    s->path = path ? print_path(path, "") : print_path(dir ? dir : "/tmp", "/dunlin-XXXXXX");
    if (!s->path)
        return E_MEMORY;
    if (path)
        return E_OK;
    fd = mkstemp(s->path);
    if (fd < 0)
        return E_STORAGE;
    close(fd);
    return E_OK;
}

/* The kernel drops the lock with the process, so a crash leaves nothing to clean up. */
static enum err lock_file(struct sqlite_store *s)
{
    char *path = print_path(s->path, ".lock");

    if (!path)
        return E_MEMORY;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (s->lock_fd < 0)
        return E_STORAGE;
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? E_EXISTS : E_STORAGE;
    return E_OK;
}

/*
 * SQLite would make the file as the umask allows; what stands in it (keys of profiles, codes) is
 * for its owner only. The log files take over its mode. With the lock held: to close a descriptor
 * of a file that this process has open in SQLite would drop SQLite's own locks.
 */
static enum err make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return E_STORAGE;
    close(fd);
    return E_OK;
}

static void remove_files(const char *path)
{
    static const char *const tails[] = { "", "-wal", "-shm", ".lock" };

    for (size_t i = 0; i < COUNT(tails); i++) {
        char *file = print_path(path, tails[i]);

        if (file)
            unlink(file);
        free(file);
    }
}

static void close_store(struct store *base)
{
    struct sqlite_store *s = (struct sqlite_store *)base;

    if (s->committer)
        committer_close(s->committer);
    if (s->reader_key_made)
        pthread_key_delete(s->reader_key);
    while (s->readers) {
        struct connection *c = s->readers;

        s->readers = c->next;
        sqlite_disconnect(c);
    }
    sqlite_disconnect(s->writer);
    if (s->private_file && s->path)
        remove_files(s->path);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    vault_close(&s->vault);
    pthread_mutex_destroy(&s->lock);
    free(s->tables);
    free(s->path);
    free(s);
}

static void commit(struct store *base, struct store_job *job)
{
    struct committer *c = ((struct sqlite_store *)base)->committer;

    if (c) {
        committer_submit(c, job);
        return;
    }
    job->err = E_STATE; /* read_only */
    job->done(job);
}

static const struct store_engine engine = {
    .name = "sqlite",
    .list = sqlite_list,
    .read_begin = sqlite_read_begin,
    .read_end = sqlite_read_end,
    .commit = commit,
    .row_chain_ends = sqlite_chain_ends,
    .close = close_store,
};

/* A thread that ends leaves its reader to the next one. */
static void reader_done(void *reader)
{
    struct connection *c = reader;
    struct sqlite_store *s = c->store;

    sqlite_stop_reading(c);
    pthread_mutex_lock(&s->lock);
    c->next_free = s->free_readers;
    s->free_readers = c;
    pthread_mutex_unlock(&s->lock);
}

static enum err open_key(struct sqlite_store *s)
{
    s->reader_key_made = pthread_key_create(&s->reader_key, reader_done) == 0;
    return s->reader_key_made ? E_OK : E_MEMORY;
}

/* Rows are read by the columns of this version: a database of another one is not understood. */
static enum err check_versions(struct sqlite_store *s, const struct store_sqlite_options *o)
{
    struct connection *c;
    enum err err = access(s->path, R_OK) == 0 ? open_key(s) : E_NOTFOUND;

    if (!err)
        err = sqlite_reader(s, &c);
    for (size_t i = 0; i < o->schema_count && !err; i++) {
        char name[64];
        int64_t stands = 0;

        snprintf(name, sizeof name, "schema:%s", o->schemas[i]->name);
        err = sqlite_number(c->db, "SELECT value FROM dunlin_meta WHERE name = ?1", name, &stands);
        if (err == E_NOTFOUND || (!err && stands != o->schemas[i]->version))
            err = E_UNSUPPORTED;
    }
    return err;
}

static enum err open_steps(struct sqlite_store *s, const struct store_sqlite_options *o)
{
    enum err err = know_tables(s, o);

    if (!err)
        err = choose_path(s, o->path);
    if (!err && o->read_only)
        return check_versions(s, o);
    if (!err)
        err = lock_file(s);
    if (!err)
        err = make_file(s->path);
    if (!err)
        err = sqlite_connect(s, true, &s->writer);
    if (!err)
        err = sqlite_bring_up(s, s->writer->db, o);
    if (!err)
        err = open_key(s);
    if (err)
        return err;
    return committer_open(&sqlite_committer_ops, s, &s->committer);
}

enum err store_sqlite_open(const struct store_sqlite_options *o, struct store **out)
{
    struct sqlite_store *s = calloc(1, sizeof *s);
    enum err err;

    *out = NULL;
    if (!s)
        return E_MEMORY;
    s->base.engine = &engine;
    s->lock_fd = -1;
    s->crypto = o->crypto ? o->crypto : crypto_openssl();
    s->waits_for_disk = o->path && !o->volatile_commits;
    pthread_mutex_init(&s->lock, NULL);
    err = open_steps(s, o);
    if (err) {
        close_store(&s->base);
        return err;
    }
    *out = &s->base;
    return E_OK;
}
