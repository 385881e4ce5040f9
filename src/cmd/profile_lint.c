/* dunlin profile lint: what should not leave a laboratory. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/profile_parts.h"
#include "profile/lint.h"
#include "profile/show.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 64

struct linting {
    struct lint_options how;
    struct lint_keys *keys;
    const char *path; /* of the package that is looked at */
    unsigned number;  /* of it, from 0 */
    bool json, first;
    unsigned errors, warnings;
};

static void print(void *ctx, const struct finding *f)
{
    struct linting *l = ctx;
    char text[480];

    if (!l->json) {
        printf("%s: %s: %s\n", l->path, f->level == FINDING_ERROR ? "error" : "warning",
               finding_print(f, text, sizeof text));
        return;
    }
    if (!l->first)
        printf(",");
    l->first = false;
    printf("{\"package\":%u,\"finding\":", l->number);
    finding_show_json(f, &PROFILE_STDOUT);
    printf("}");
}

static int lint_one(struct linting *l, struct arena *arena)
{
    struct findings findings = { .put = print, .ctx = l }, made = { 0 };
    struct profile_model *m;
    slice package;
    const char *fault = profile_read(arena, l->path, &package);
    enum err e = fault ? E_OK : model_build(arena, package, &made, &m);

    if (fault || e)
        return profile_fail(l->path, fault ? fault : err_text(e));
    if (made.errors)
        return profile_fail(l->path, "has errors: try 'dunlin profile check'");
    profile_lint_model(m, &l->how, &findings);
    lint_shared(l->keys, m, l->path, &findings);
    l->errors += findings.errors;
    l->warnings += findings.warnings;
    return EXIT_DONE;
}

static int lint_all(struct linting *l, const char *const *paths, size_t count)
{
    struct arena arenas[FILES_MAX]; /* keys of one package are compared with those of the next */
    int status = EXIT_DONE;
    size_t i = 0;

    if (l->json)
        printf("{\"findings\":[");
    for (; i < count && status == EXIT_DONE; i++) {
        arena_init(&arenas[i], MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
        l->path = paths[i];
        l->number = (unsigned)i;
        status = lint_one(l, &arenas[i]);
    }
    if (l->json)
        printf("],\"errors\":%u,\"warnings\":%u}\n", l->errors, l->warnings);
    else if (status == EXIT_DONE)
        printf("%u error%s, %u warning%s\n", l->errors, l->errors == 1 ? "" : "s", l->warnings,
               l->warnings == 1 ? "" : "s");
    while (i--)
        arena_free(&arenas[i]);
    return status != EXIT_DONE || l->errors ? EXIT_FAILED : EXIT_DONE;
}

int profile_lint(int argc, char **argv)
{
    struct linting l = { .first = true };
    long memory = 0;
    const struct option rows[] = {
        { "card-memory", OPTION_INT, &memory, 1, 1L << 40, "N", "free octets of the card meant" },
        { "json", OPTION_FLAG, &l.json, 0, 0, NULL, "one JSON object" },
    };
    const char *paths[FILES_MAX];
    struct options o = { .usage = "dunlin profile lint FILE... [OPTIONS]",
                         .about = "Known keys, default PINs, open doors, promises without files. "
                                  "Several packages are also\ncompared: subscribers share no key. "
                                  "Exits 1 when there are errors.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = paths,
                         .words_max = FILES_MAX };
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (!o.words_count) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    l.how.card_memory = (uint64_t)memory;
    l.keys = calloc(1, sizeof *l.keys);
    status = l.keys ? lint_all(&l, paths, o.words_count) : profile_fail("memory", "is short");
    free(l.keys);
    return status;
}
