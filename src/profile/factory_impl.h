/* Inside of factory_open: finding places (factory_places.c) for the template (factory.c). */
#ifndef DUNLIN_PROFILE_FACTORY_IMPL_H
#define DUNLIN_PROFILE_FACTORY_IMPL_H

#include "profile/factory.h"

#define TARGETS_MAX 64

/* A file with a variable in it. */
struct target {
    enum place_form form;
    int file;
};

struct compiler {
    struct arena *arena;
    struct factory *f;
    const struct profile_model *m;
    struct target targets[TARGETS_MAX];
    unsigned count;
    enum err err; /* the first one */
};

/* The file itself, or what it is a link to; -1 when its content cannot be replaced. */
int factory_content_of(const struct profile_model *m, int file);
/* Fills c->targets from c->m. */
void factory_find_targets(struct compiler *c);
/* The package with the whole body of each target as one fillFileContent. */
MUST_USE enum err factory_widen(struct compiler *c, slice package, slice *out);
/* Variables and places of a package that was widened. */
void factory_place_all(struct compiler *c);

#endif
