/* The operator's surface of a world (serve/world.h), in process. */
#ifndef DUNLIN_TESTS_SERVE_DESK_H
#define DUNLIN_TESTS_SERVE_DESK_H

#include "serve/world.h"

struct desk_side {
    struct world *world;
    struct admin *admin;
    struct engine *engine; /* one of its own, that counts; it calls nobody, or: */
    struct engine_upstream upstream;
    struct meters *meters;
    struct admin_house house;
    struct route routes[ADMIN_ROUTES];
    struct engine_site site;
};

/* Of *d the upstream is taken, all else is filled in. */
void desk_open_side(struct desk_side *d, struct world *w);
void desk_close_side(struct desk_side *d);

/* The answer's text, in the arena; fails unless the status is that one. key may be NULL. */
const char *desk_send(struct desk_side *d, const char *method, const char *path, const char *media,
                      slice body, const char *key, struct arena *a, int status);
/* The same with JSON. path: with its query. */
const char *desk_ask(struct desk_side *d, const char *method, const char *path, const char *body,
                     const char *key, struct arena *a, int status);
/* The answer contains that. */
void desk_says(const char *answer, const char *what);
/* Nothing but a problem that names the field ("": none need be); not a row is written. */
void desk_refuses(struct desk_side *d, const char *method, const char *path, const char *body,
                  struct arena *a, int status, const char *field);
/* How many keys are kept; and the upkeep, as if so many days had gone by. */
size_t desk_keys(struct desk_side *d);
void desk_forget(struct desk_side *d, int days);
/* One step of the count of orders, now or so many seconds later. */
void desk_count(struct desk_side *d, int seconds);

#endif
