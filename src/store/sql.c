#include "store/sql.h"

#include <stdarg.h>
#include <stdio.h>

const struct sql_dialect sql_sqlite = {
    .types = { "INTEGER", "TEXT", "BLOB" },
    .parameter = "?%u",
    .begin = "BEGIN IMMEDIATE",
    .commit = "COMMIT",
    .rollback = "ROLLBACK",
};

/* ---- text that latches its overflow ---- */

__attribute__((format(printf, 2, 3))) static void put(struct sql *s, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(s->text + s->n, sizeof s->text - s->n, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof s->text - s->n)
        s->failed = true;
    else
        s->n += (size_t)n;
}

static void start(struct sql *s)
{
    s->n = 0;
    s->text[0] = '\0';
    s->failed = false;
    s->param_count = 0;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the dialect's own parameter */
static void put_param(struct sql *s, const struct sql_dialect *d, enum sql_param_kind kind,
                      const struct store_column *column)
{
    char place[16];

    if (s->param_count == SQL_PARAMS_MAX) {
        s->failed = true;
        return;
    }
    s->params[s->param_count++] = (struct sql_param){ kind, column };
    snprintf(place, sizeof place, d->parameter, s->param_count);
    put(s, "%s", place);
}
#pragma GCC diagnostic pop

/* ---- tables ---- */

static const struct store_column *column_named(const struct store_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (strcmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
    }
    return NULL;
}

static bool in_index(const struct store_index *index, const struct store_column *c)
{
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && index->columns[i]; i++) {
        if (strcmp(index->columns[i], c->name) == 0)
            return true;
    }
    return false;
}

static bool column_stands(const struct store_column *c, uint16_t version)
{
    return sql_stands(c->since, c->until, version);
}

static bool span_ok(uint16_t since, uint16_t until, const struct store_table *t,
                    const struct store_schema *schema)
{
    return since >= t->since && since <= schema->version && until <= schema->version &&
           (until == 0 || until > since);
}

static bool index_ok(const struct store_index *index, const struct store_table *t,
                     const struct store_schema *schema)
{
    if (!span_ok(index->since, index->until, t, schema) || !index->columns[0])
        return false;
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && index->columns[i]; i++) {
        const struct store_column *c = column_named(t, index->columns[i]);

        if (!c || c->since > index->since)
            return false;
        if (c->until && (index->until == 0 || index->until > c->until))
            return false;
    }
    return true;
}

static bool key_ok(const struct store_table *t)
{
    const struct store_index *key = &t->indexes[0];

    if (!key->unique || key->since != t->since || key->until)
        return false;
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && key->columns[i]; i++) {
        const struct store_column *c = column_named(t, key->columns[i]);

        if ((c->flags & STORE_NULL) || c->until)
            return false;
        if ((c->flags & STORE_SERIAL) && (c->kind != STORE_INT || key->columns[1]))
            return false;
    }
    return true;
}

/* Sealed values cannot be sought, and the key must have been read before they are opened. */
static bool secret_ok(const struct store_table *t, const struct store_column *c)
{
    for (size_t i = 0; i < t->index_count; i++)
        if (in_index(&t->indexes[i], c))
            return false;
    for (const struct store_column *k = c + 1; k < t->columns + t->column_count; k++)
        if (in_index(&t->indexes[0], k))
            return false;
    return c->kind != STORE_INT;
}

static bool table_ok(const struct store_table *t, const struct store_schema *schema)
{
    unsigned indexed = 0;

    if (t->since < 1 || t->index_count < 1 || t->column_count > SQL_PARAMS_MAX - 2)
        return false;
    for (size_t i = 0; i < t->column_count; i++) {
        const struct store_column *c = &t->columns[i];

        if (!span_ok(c->since, c->until, t, schema))
            return false;
        if (c->since > t->since && c->kind != STORE_INT && !(c->flags & STORE_NULL))
            return false;
        if ((c->flags & STORE_SECRET) && !secret_ok(t, c))
            return false;
        if ((c->flags & STORE_SERIAL) && !in_index(&t->indexes[0], c))
            return false;
        for (size_t k = 1; k < t->index_count; k++)
            indexed += in_index(&t->indexes[k], c);
    }
    if (indexed > SQL_INDEXED_MAX)
        return false;
    for (size_t i = 0; i < t->index_count; i++) {
        if (!index_ok(&t->indexes[i], t, schema))
            return false;
    }
    return key_ok(t);
}

enum err sql_check_schema(const struct store_schema *schema)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        if (!table_ok(schema->tables[i], schema))
            return E_ARGUMENT;
    }
    return E_OK;
}

/* ---- statements that change the shape ---- */

static void put_columns(struct sql *s, const struct store_index *index)
{
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && index->columns[i]; i++)
        put(s, "%s%s", i ? ", " : "", index->columns[i]);
}

static void put_definition(struct sql *s, const struct sql_dialect *d, const struct store_column *c,
                           bool added)
{
    put(s, "%s %s", c->name, d->types[c->kind]);
    if (!(c->flags & STORE_NULL))
        put(s, " NOT NULL%s", added ? " DEFAULT 0" : "");
}

static void create_table(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                         uint16_t version)
{
    start(s);
    put(s, "CREATE TABLE %s (version %s NOT NULL, ", t->name, d->types[STORE_INT]);
    for (size_t i = 0; i < t->column_count; i++) {
        if (!column_stands(&t->columns[i], version))
            continue;
        put_definition(s, d, &t->columns[i], false);
        put(s, ", ");
    }
    put(s, "PRIMARY KEY (");
    put_columns(s, &t->indexes[0]);
    put(s, "))");
}

struct migration {
    struct sql sql;
    const struct sql_dialect *dialect;
    uint16_t version;
    enum err (*run)(void *context, const char *text);
    void *context;
};

static enum err run(struct migration *m)
{
    return m->sql.failed ? E_ARGUMENT : m->run(m->context, m->sql.text);
}

static enum err drop_indexes(struct migration *m, const struct store_table *t)
{
    enum err err = E_OK;

    for (size_t i = 1; i < t->index_count && !err; i++) {
        if (t->indexes[i].until != m->version)
            continue;
        start(&m->sql);
        put(&m->sql, "DROP INDEX %s_%s", t->name, t->indexes[i].name);
        err = run(m);
    }
    return err;
}

static enum err change_columns(struct migration *m, const struct store_table *t)
{
    enum err err = E_OK;

    for (size_t i = 0; i < t->column_count && !err; i++) {
        const struct store_column *c = &t->columns[i];

        start(&m->sql);
        if (c->since == m->version) {
            put(&m->sql, "ALTER TABLE %s ADD COLUMN ", t->name);
            put_definition(&m->sql, m->dialect, c, true);
            err = run(m);
        } else if (c->until == m->version) {
            put(&m->sql, "ALTER TABLE %s DROP COLUMN %s", t->name, c->name);
            err = run(m);
        }
    }
    return err;
}

static enum err create_indexes(struct migration *m, const struct store_table *t)
{
    enum err err = E_OK;

    for (size_t i = 1; i < t->index_count && !err; i++) {
        if (t->indexes[i].since != m->version)
            continue;
        start(&m->sql);
        put(&m->sql, "CREATE %sINDEX %s_%s ON %s (", t->indexes[i].unique ? "UNIQUE " : "", t->name,
            t->indexes[i].name, t->name);
        put_columns(&m->sql, &t->indexes[i]);
        put(&m->sql, ")");
        err = run(m);
    }
    return err;
}

static enum err migrate_table(struct migration *m, const struct store_table *t)
{
    enum err err;

    if (t->since == m->version) {
        create_table(&m->sql, m->dialect, t, m->version);
        err = run(m);
    } else {
        err = drop_indexes(m, t);
        if (!err)
            err = change_columns(m, t);
    }
    return err ? err : create_indexes(m, t);
}

enum err sql_migrate(const struct sql_dialect *d, const struct store_schema *schema,
                     uint16_t version, enum err (*run_text)(void *context, const char *text),
                     void *context)
{
    struct migration m = { .dialect = d, .version = version, .run = run_text, .context = context };
    enum err err = E_OK;

    for (size_t i = 0; i < schema->table_count && !err; i++) {
        if (schema->tables[i]->since <= version)
            err = migrate_table(&m, schema->tables[i]);
    }
    return err;
}

/* ---- statements on rows ---- */

static void put_row_is(struct sql *s, const struct sql_dialect *d, const struct store_table *t)
{
    const struct store_index *key = &t->indexes[0];

    put(s, " WHERE ");
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && key->columns[i]; i++) {
        put(s, "%s = ", key->columns[i]);
        put_param(s, d, SQL_COLUMN, column_named(t, key->columns[i]));
        put(s, " AND ");
    }
    put(s, "version = ");
    put_param(s, d, SQL_OLD_VERSION, NULL);
}

static void put_insert(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                       uint16_t version)
{
    put(s, "INSERT INTO %s (version", t->name);
    for (size_t i = 0; i < t->column_count; i++) {
        if (column_stands(&t->columns[i], version))
            put(s, ", %s", t->columns[i].name);
    }
    put(s, ") VALUES (");
    put_param(s, d, SQL_NEW_VERSION, NULL);
    for (size_t i = 0; i < t->column_count; i++) {
        if (!column_stands(&t->columns[i], version))
            continue;
        put(s, ", ");
        put_param(s, d, SQL_COLUMN, &t->columns[i]);
    }
    put(s, ")");
}

bool sql_is_indexed(const struct store_table *t, uint16_t version, const struct store_column *c)
{
    if (!column_stands(c, version) || in_index(&t->indexes[0], c))
        return false;
    for (size_t i = 1; i < t->index_count; i++) {
        if (sql_stands(t->indexes[i].since, t->indexes[i].until, version) &&
            in_index(&t->indexes[i], c))
            return true;
    }
    return false;
}

void sql_update(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                uint16_t version, uint32_t changed)
{
    start(s);
    put(s, "UPDATE %s SET version = ", t->name);
    put_param(s, d, SQL_NEW_VERSION, NULL);
    for (size_t i = 0; i < t->column_count; i++) {
        const struct store_column *c = &t->columns[i];

        if (!column_stands(c, version) || in_index(&t->indexes[0], c))
            continue;
        if (sql_is_indexed(t, version, c)) {
            bool differs = changed & 1;

            changed >>= 1;
            if (!differs)
                continue;
        }
        put(s, ", %s = ", c->name);
        put_param(s, d, SQL_COLUMN, c);
    }
    put_row_is(s, d, t);
}

void sql_change(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                uint16_t version, enum change_kind kind)
{
    start(s);
    switch (kind) {
    case CHANGE_INSERT:
        put_insert(s, d, t, version);
        return;
    case CHANGE_UPDATE: /* sql_update */
        s->failed = true;
        return;
    case CHANGE_DELETE:
        put(s, "DELETE FROM %s", t->name);
        break;
    case CHANGE_ASSUME:
        put(s, "SELECT 1 FROM %s", t->name);
        break;
    }
    put_row_is(s, d, t);
}

void sql_indexed(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                 uint16_t version)
{
    const char *comma = "";

    start(s);
    put(s, "SELECT ");
    for (size_t i = 0; i < t->column_count; i++) {
        if (!sql_is_indexed(t, version, &t->columns[i]))
            continue;
        put(s, "%s%s", comma, t->columns[i].name);
        comma = ", ";
    }
    put(s, " FROM %s", t->name);
    put_row_is(s, d, t);
}

static void put_condition(struct sql *s, const struct sql_dialect *d, const char *column,
                          const char *relation, unsigned *conditions)
{
    put(s, " %s %s %s ", (*conditions)++ ? "AND" : "WHERE", column, relation);
    put_param(s, d, SQL_COLUMN, NULL);
}

void sql_select(struct sql *s, const struct sql_dialect *d, const struct store_table *t,
                uint16_t version, const struct store_query *q)
{
    const struct store_index *index = &t->indexes[q->index];
    unsigned conditions = 0;

    start(s);
    put(s, "SELECT version");
    for (size_t i = 0; i < t->column_count; i++) {
        if (column_stands(&t->columns[i], version))
            put(s, ", %s", t->columns[i].name);
    }
    put(s, " FROM %s", t->name);
    for (size_t i = 0; i < q->key_count; i++)
        put_condition(s, d, index->columns[i], "=", &conditions);
    if (q->from_given)
        put_condition(s, d, index->columns[q->key_count], ">=", &conditions);
    if (q->to_given)
        put_condition(s, d, index->columns[q->key_count], "<=", &conditions);
    put(s, " ORDER BY ");
    for (size_t i = 0; i < STORE_INDEX_COLUMNS && index->columns[i]; i++)
        put(s, "%s%s%s", i ? ", " : "", index->columns[i], q->descending ? " DESC" : "");
    put(s, " LIMIT ");
    put_param(s, d, SQL_COLUMN, NULL);
}
