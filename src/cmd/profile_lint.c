/* dunlin profile lint: what should not leave a laboratory. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/pack_file.h"
#include "cmd/profile_parts.h"
#include "profile/lint.h"
#include "profile/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"

#define FILES_MAX      64
#define PACK_LOOKED_AT 256 /* profiles of a pack */

struct linting {
    struct lint_options how;
    struct lint_keys *keys;
    const char *path; /* of the package that is looked at; of one in a pack also its ICCID */
    unsigned number;  /* of the file, from 0 */
    bool json, first, errors_only;
    unsigned errors, warnings;
};

static void print(void *ctx, const struct finding *f)
{
    struct linting *l = ctx;
    char text[480];

    if (l->errors_only && f->level != FINDING_ERROR)
        return;
    l->errors += f->level == FINDING_ERROR;
    l->warnings += f->level != FINDING_ERROR;
    if (!l->json) {
        printf("%s: %s: %s\n", l->path, f->level == FINDING_ERROR ? "error" : "warning",
               finding_print(f, text, sizeof text));
        return;
    }
    printf("%s{\"package\":%u,\"finding\":", l->first ? "" : ",", l->number);
    l->first = false;
    finding_show_json(f, &PROFILE_STDOUT);
    printf("}");
}

static int lint_package(struct linting *l, struct arena *arena, slice package)
{
    struct findings findings = { .put = print, .ctx = l }, made = { 0 };
    struct profile_model *m;
    enum err e = model_build(arena, package, &made, &m);

    if (e)
        return profile_fail(l->path, err_text(e));
    if (made.errors)
        return profile_fail(l->path, "has errors: try 'dunlin profile check'");
    profile_lint_model(m, &l->how, &findings);
    lint_shared(l->keys, m, l->path, &findings);
    return EXIT_DONE;
}

/* One template made all of them: after the first only errors are news. */
static int lint_pack(struct linting *l, struct arena *arena, const struct pack *p)
{
    const char *path = l->path;
    int status = EXIT_DONE;

    for (uint64_t i = 0; i < p->count && i < PACK_LOOKED_AT && status == EXIT_DONE; i++) {
        slice package, metadata;
        uint8_t iccid[ICCID_LEN];
        char digits[ICCID_DIGITS + 1] = "", name[80];
        enum err e = pack_iccid(p, i, iccid);

        if (!e)
            e = pack_read(crypto_openssl(), p, i, arena, &package, &metadata);
        if (!e)
            e = iccid_to_digits(SLICE_OF(iccid), digits);
        snprintf(name, sizeof name, "%.50s %s", path, digits);
        l->path = name;
        l->errors_only = i > 0;
        status = e ? profile_fail(path, err_text(e)) : lint_package(l, arena, package);
        l->path = path;
        arena_reset(arena);
    }
    l->errors_only = false;
    return status;
}

static int lint_file(struct linting *l, struct arena *arena)
{
    struct pack_file pack;
    slice package;
    const char *fault;
    int status;

    if (!pack_file_open(l->path, &pack)) {
        status = lint_pack(l, arena, &pack.pack);
        pack_file_close(&pack);
        return status;
    }
    fault = profile_read(arena, l->path, &package);
    return fault ? profile_fail(l->path, fault) : lint_package(l, arena, package);
}

static int lint_all(struct linting *l, const char *const *paths, size_t count)
{
    struct arena arena;
    int status = EXIT_DONE;

    arena_init(&arena, MODEL_ARENA_LIMIT + 3 * PACKAGE_MAX);
    if (l->json)
        printf("{\"findings\":[");
    for (size_t i = 0; i < count && status == EXIT_DONE; i++) {
        l->path = paths[i];
        l->number = (unsigned)i;
        status = lint_file(l, &arena);
        arena_reset(&arena);
    }
    if (l->json)
        printf("],\"errors\":%u,\"warnings\":%u}\n", l->errors, l->warnings);
    else if (status == EXIT_DONE)
        printf("%u error%s, %u warning%s\n", l->errors, l->errors == 1 ? "" : "s", l->warnings,
               l->warnings == 1 ? "" : "s");
    arena_free(&arena);
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
                                  "Packages, and the first 256\nof a pack, are also compared: "
                                  "subscribers share no key. Exits 1 when there are errors.",
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
    if (l.keys)
        wipe(l.keys, sizeof *l.keys);
    free(l.keys);
    return status;
}
