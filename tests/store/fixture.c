#include "store/fixture.h"

#include <stdlib.h>
#include <unistd.h>

STORE_COLUMNS(thing, THING);
STORE_COLUMNS(line, LINE);

static const struct store_index thing_indexes[] = {
    { "name", { "name" }, true, 1, 0 },
    { "due", { "due_ms", "name" }, false, 1, 0 },
    { "token", { "token" }, true, 1, 0 },
};
static const struct store_index line_indexes[] = { { "id", { "id" }, true, 1, 0 } };

const struct store_table thing_table = { "thing",
                                         sizeof(struct thing),
                                         thing_columns,
                                         COUNT(thing_columns),
                                         thing_indexes,
                                         COUNT(thing_indexes),
                                         1 };
const struct store_table line_table = { "line",
                                        sizeof(struct line),
                                        line_columns,
                                        COUNT(line_columns),
                                        line_indexes,
                                        COUNT(line_indexes),
                                        1 };
static const struct store_table *const tables[] = { &thing_table, &line_table };
static const struct store_schema schema = { "fixture", 1, tables, COUNT(tables) };

struct store *fixture_open(const char *path)
{
    const struct store_schema *const schemas[] = { &schema, &store_event_schema };
    struct store_sqlite_options o = { .path = path,
                                      .schemas = schemas,
                                      .schema_count = COUNT(schemas) };
    struct store *s;

    assert_int_equal(store_sqlite_open(&o, &s), E_OK);
    return s;
}

void fixture_path(char path[64])
{
    int fd;

    snprintf(path, 64, "/tmp/dunlin-test-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

void fixture_remove(const char *path)
{
    static const char *const tails[] = { "", "-wal", "-shm", ".lock" };
    char file[80];

    for (size_t i = 0; i < COUNT(tails); i++) {
        snprintf(file, sizeof file, "%s%s", path, tails[i]);
        unlink(file);
    }
}

enum err fixture_apply(struct store *s, enum change_kind kind, const struct store_table *table,
                       void *row)
{
    struct change change = { kind, table, row, NULL };

    return store_apply(s, &change, 1, NULL);
}

enum err fixture_thing(struct store *s, const char *name, struct thing *out, struct arena *a)
{
    return store_get(s, &thing_table, THING_BY_NAME, STORE_KEY(store_blob(slice_str(name))), out,
                     a);
}
