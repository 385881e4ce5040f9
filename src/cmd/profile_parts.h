/* What the files of `dunlin profile` share. */
#ifndef DUNLIN_CMD_PROFILE_PARTS_H
#define DUNLIN_CMD_PROFILE_PARTS_H

#include "base/arena.h"
#include "der/schema_print.h"

/* No card takes more. */
#define PACKAGE_MAX ((size_t)4 << 20)

/* Complains and returns EXIT_FAILED. */
int profile_fail(const char *what, const char *why);
/* The octets live in the arena. NULL: done; else what went wrong. */
const char *profile_read(struct arena *arena, const char *path, slice *out);
extern const struct text_sink PROFILE_STDOUT;

int profile_template(int argc, char **argv);
int profile_batch(int argc, char **argv);
int profile_unseal(int argc, char **argv);
int profile_unpack(int argc, char **argv);
int profile_lint(int argc, char **argv);
int profile_diff(int argc, char **argv);

#endif
