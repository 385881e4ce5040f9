/* A store with two small tables, opened on whatever engine the suite runs against. */
#ifndef DUNLIN_TESTS_STORE_FIXTURE_H
#define DUNLIN_TESTS_STORE_FIXTURE_H

#include "store/sqlite.h"
#include "store/turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* clang-format off */
#define THING(C, T)                                      \
    C(T, BLOB, name,    0,          1, 0)                \
    C(T, INT,  amount,  0,          1, 0)                \
    C(T, TEXT, remark,  STORE_NULL, 1, 0)                \
    C(T, INT,  due_ms,  0,          1, 0)                \
    C(T, BLOB, token,   STORE_NULL, 1, 0)
#define LINE(C, T)                                       \
    C(T, INT,  id,      STORE_SERIAL, 1, 0)              \
    C(T, TEXT, text,    0,            1, 0)
/* clang-format on */
STORE_ROW(thing, THING);
STORE_ROW(line, LINE);

enum { THING_BY_NAME, THING_BY_DUE, THING_BY_TOKEN };

extern const struct store_table thing_table, line_table;

/* path NULL: private. Fails the test when it cannot be opened. */
struct store *fixture_open(const char *path);
/* A fresh path in the temporary directory; fixture_remove deletes what was made there. */
void fixture_path(char path[64]);
void fixture_remove(const char *path);

enum err fixture_apply(struct store *s, enum change_kind kind, const struct store_table *table,
                       void *row);
enum err fixture_thing(struct store *s, const char *name, struct thing *out, struct arena *a);

#endif
