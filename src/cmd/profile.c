/* dunlin profile: show, check and build profile packages. */
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "profile/check.h"
#include "profile/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No card takes more. */
#define PACKAGE_MAX ((size_t)4 << 20)

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin profile: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static void to_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    fwrite(text, 1, n, stdout);
}

static const struct text_sink STDOUT = { .put = to_stdout };

/* ---- reading a package ---------------------------------------------------------------------- */

/* The octets live in the arena. NULL: done; else what went wrong. */
static const char *read_package(struct arena *arena, const char *path, slice *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t *octets = f ? arena_alloc(arena, PACKAGE_MAX + 1) : NULL;
    const char *fault = NULL;
    size_t n;

    if (!f)
        return "cannot be opened";
    n = octets ? fread(octets, 1, PACKAGE_MAX + 1, f) : 0;
    if (!octets || n > PACKAGE_MAX)
        fault = "is too large";
    else if (ferror(f))
        fault = "cannot be read";
    else if (!n)
        fault = "is empty";
    fclose(f);
    *out = slice_of(octets, n);
    return fault;
}

/* ---- show ----------------------------------------------------------------------------------- */

static int show(int argc, char **argv)
{
    struct show_options how = { 0 };
    const struct option rows[] = {
        { "json", OPTION_FLAG, &how.json, 0, 0, NULL, "one JSON object" },
        { "secrets", OPTION_FLAG, &how.secrets, 0, 0, NULL, "keys, PINs and PUKs in the clear" },
        { "content", OPTION_FLAG, &how.content, 0, 0, NULL, "the whole content of files" },
    };
    const char *path = NULL, *fault;
    struct options o = { .usage = "dunlin profile show FILE [OPTIONS]",
                         .about = "Prints what a profile package holds.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &path,
                         .words_max = 1 };
    struct findings findings = { 0 };
    struct profile_model *m;
    struct arena arena;
    slice package;
    int status = options_parse(&o, argc, argv);
    enum err e;

    if (status >= 0)
        return status;
    if (!path) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    arena_init(&arena, MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
    fault = read_package(&arena, path, &package);
    e = fault ? E_OK : model_build(&arena, package, &findings, &m);
    if (!fault && e)
        fault = err_text(e);
    if (!fault)
        profile_show(m, &how, &STDOUT);
    if (!fault && findings.errors)
        fprintf(stderr, "dunlin profile: parts could not be read: try 'dunlin profile check'\n");
    arena_free(&arena);
    return fault ? fail(path, fault) : EXIT_DONE;
}

/* ---- check ---------------------------------------------------------------------------------- */

struct check_output {
    bool json, first;
};

static void print_finding(void *ctx, const struct finding *f)
{
    struct check_output *out = ctx;
    char text[480];

    if (!out->json) {
        printf("%s: %s\n", f->level == FINDING_ERROR ? "error" : "warning",
               finding_print(f, text, sizeof text));
        return;
    }
    if (!out->first)
        printf(",");
    out->first = false;
    finding_show_json(f, &STDOUT);
}

static void print_verdict(const char *path, const struct findings *f, bool json)
{
    if (json)
        printf("],\"errors\":%u,\"warnings\":%u}\n", f->errors, f->warnings);
    else
        printf("%s: %u error%s, %u warning%s\n", path, f->errors, f->errors == 1 ? "" : "s",
               f->warnings, f->warnings == 1 ? "" : "s");
}

static int check(int argc, char **argv)
{
    struct check_output out = { .first = true };
    const struct option rows[] = {
        { "json", OPTION_FLAG, &out.json, 0, 0, NULL, "one JSON object" },
    };
    const char *path = NULL, *fault;
    struct options o = { .usage = "dunlin profile check FILE [OPTIONS]",
                         .about = "Would a card take this package? Exits 1 when it has errors.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &path,
                         .words_max = 1 };
    struct findings findings = { .put = print_finding, .ctx = &out };
    struct arena arena;
    slice package;
    int status = options_parse(&o, argc, argv);
    enum err e;

    if (status >= 0)
        return status;
    if (!path) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    arena_init(&arena, MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
    fault = read_package(&arena, path, &package);
    if (!fault) {
        if (out.json)
            printf("{\"findings\":[");
        e = profile_check(&arena, package, &findings, NULL);
        if (e)
            finding_add(&findings, FINDING_ERROR, NULL, "", "%s", err_text(e));
        print_verdict(path, &findings, out.json);
    }
    arena_free(&arena);
    if (fault)
        return fail(path, fault);
    return findings.errors ? EXIT_FAILED : EXIT_DONE;
}

/* ---- which ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} actions[] = {
    { "show", show, "what a package holds" },
    { "check", check, "whether a card would take it" },
};

static int usage(FILE *to)
{
    fprintf(to, "usage: dunlin profile ACTION ...   (--help after an action tells more)\n\n");
    for (size_t i = 0; i < COUNT(actions); i++)
        fprintf(to, "  %-6s %s\n", actions[i].name, actions[i].help);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int cmd_profile(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help"))
        return usage(stdout);
    for (size_t i = 0; i < COUNT(actions); i++)
        if (!strcmp(argv[1], actions[i].name))
            return actions[i].run(argc - 1, argv + 1);
    fprintf(stderr, "dunlin profile: no action '%s'\n", argv[1]);
    return usage(stderr);
}
