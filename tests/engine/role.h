/* A small role for the engine's tests: named numbers in a store. */
#ifndef TESTS_ENGINE_ROLE_H
#define TESTS_ENGINE_ROLE_H

#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* clang-format off */
#define NUMBER(C, T)                       \
    C(T, TEXT, name,   0, 1, 0)            \
    C(T, INT,  value,  0, 1, 0)            \
    C(T, INT,  due_ms, 0, 1, 0)
/* clang-format on */
STORE_ROW(number, NUMBER);

enum { NUMBER_BY_NAME, NUMBER_BY_DUE };
extern const struct store_table number_table;

/* A private store with the table. */
struct store *role_store(void);
/* The value under the name; -1 when there is none. */
int64_t role_value(struct store *s, const char *name);
/* A POST with the fields of an ESipa client and a body. */
struct http_request role_request(const char *path, const char *body);
/* Adds one to the number whose name is the body (made when absent); replies the new value. */
enum err role_add(void *role, const struct engine_call *call, struct turn *t);

#endif
