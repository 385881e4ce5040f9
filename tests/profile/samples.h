/* The TS.48 packages of ../shared/data, when they are there. */
#ifndef DUNLIN_TESTS_PROFILE_SAMPLES_H
#define DUNLIN_TESTS_PROFILE_SAMPLES_H

#include "profile/check.h"

#define TS48_COUNT 6
extern const char *const ts48_names[TS48_COUNT];

/* Reads ../shared/data/ts48/<name><suffix>; absent (and a printed line) when it is not there. The
 * caller frees (void *)p. */
slice sample_read(const char *name, const char *suffix);
void sample_free(slice s);

/* Prints findings to stdout. */
void sample_print(void *ctx, const struct finding *f);

#endif
