/*
 * dunlin profile diff: in what two packages differ, by what they hold and not by where it stands.
 * Both are printed as `dunlin profile show --json` does, and these trees are compared; what is in a
 * list is found by what names it (a file by its path, a key by version and identifier).
 */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/profile_parts.h"
#include "profile/show.h"

#include "base/secret.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHERE_MAX 240
#define DEPTH_MAX 8

struct diff {
    bool json, secrets;
    const char *names[2];
    unsigned found;
};

/* ---- a package as a tree -------------------------------------------------------------------- */

struct text {
    char *p;
    size_t n, room;
    bool failed;
};

static void collect(void *ctx, const char *s, size_t n)
{
    struct text *t = ctx;

    if (t->failed || t->n + n > t->room) {
        size_t room = 2 * (t->n + n) + 4096;
        char *p = t->failed ? NULL : malloc(room);

        if (!p) {
            t->failed = true;
            return;
        }
        if (t->p) {
            memcpy(p, t->p, t->n);
            wipe(t->p, t->n);
        }
        free(t->p);
        t->p = p;
        t->room = room;
    }
    memcpy(t->p + t->n, s, n);
    t->n += n;
}

static json_t *tree_of(const char *path)
{
    struct text text = { 0 };
    const struct text_sink sink = { collect, &text };
    struct findings findings = { 0 };
    struct profile_model *m;
    struct arena arena;
    slice package;
    json_t *tree = NULL;
    const char *fault;
    enum err e = E_OK;

    arena_init(&arena, MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
    fault = profile_read(&arena, path, &package);
    if (!fault)
        e = model_build(&arena, package, &findings, &m);
    if (!fault && !e) {
        profile_show(m, &(struct show_options){ .json = true, .secrets = true, .content = true },
                     &sink);
        tree = text.failed ? NULL : json_loadb(text.p, text.n, 0, NULL);
    }
    arena_free(&arena);
    if (text.p)
        wipe(text.p, text.n);
    free(text.p);
    if (!tree)
        profile_fail(path, fault ? fault : e ? err_text(e) : "cannot be shown");
    return tree;
}

/* ---- what differs --------------------------------------------------------------------------- */

static bool secret_name(const char *name)
{
    return !strcmp(name, "key") || !strcmp(name, "opc") || !strcmp(name, "value");
}

/* A scalar as text; long hexadecimal from where the other one differs. */
static void print_value(const json_t *v, const char *other, char *out, size_t size)
{
    const char *s = json_string_value(v);
    size_t at = 0, n = s ? strlen(s) : 0;

    if (json_is_integer(v)) {
        snprintf(out, size, "%lld", (long long)json_integer_value(v));
        return;
    }
    if (!s) {
        snprintf(out, size, "%s", json_is_true(v) ? "true" : json_is_false(v) ? "false" : "?");
        return;
    }
    if (n <= 64) {
        snprintf(out, size, "%s", n ? s : "empty");
        return;
    }
    while (other && s[at] && s[at] == other[at])
        at++;
    at &= ~(size_t)1;
    snprintf(out, size, "%zu octets, from octet %zu %.32s%s", n / 2, at / 2, s + at,
             n > at + 32 ? "..." : "");
}

static void put_string(const char *s)
{
    json_t *j = json_string(s);
    char *text = j ? json_dumps(j, JSON_ENCODE_ANY) : NULL;

    fputs(text ? text : "null", stdout);
    free(text);
    json_decref(j);
}

/* a or b NULL: only the other one has it. */
static void report(struct diff *d, const char *where, const char *a, const char *b)
{
    if (d->json) {
        printf("%s{\"where\":", d->found ? "," : "");
        put_string(where);
        printf(",\"a\":");
        a ? put_string(a) : (void)fputs("null", stdout);
        printf(",\"b\":");
        b ? put_string(b) : (void)fputs("null", stdout);
        printf("}");
    } else if (a && b) {
        printf("%s: %s -> %s\n", where, a, b);
    } else {
        printf("only in %s: %s%s%s\n", d->names[a ? 0 : 1], where, *(a ? a : b) ? ": " : "",
               a ? a : b);
    }
    d->found++;
}

static void report_scalars(struct diff *d, const char *where, const char *name, const json_t *a,
                           const json_t *b)
{
    char ta[200] = "", tb[200] = "";

    if (secret_name(name) && !d->secrets) {
        size_t na = json_string_length(a) / 2, nb = json_string_length(b) / 2;

        snprintf(ta, sizeof ta, "(%zu octets)", na);
        snprintf(tb, sizeof tb, na == nb ? "(%zu others)" : "(%zu octets)", nb);
    } else {
        if (a)
            print_value(a, b ? json_string_value(b) : NULL, ta, sizeof ta);
        if (b)
            print_value(b, a ? json_string_value(a) : NULL, tb, sizeof tb);
    }
    report(d, where, a ? ta : NULL, b ? tb : NULL);
}

/* What names an entry of a list: its fields of these names, those that it has. */
static void name_of(const json_t *entry, size_t index, char *out, size_t size)
{
    static const char *const names[] = { "path",       "in",  "pin",     "puk",  "version",
                                         "identifier", "aid", "package", "name", "identification" };
    size_t at = 0;

    snprintf(out, size, "%s", json_is_string(entry) ? json_string_value(entry) : "");
    if (*out)
        return; /* a list of words is a set */
    for (size_t i = 0; i < COUNT(names) && at < size; i++) {
        const json_t *v = json_object_get(entry, names[i]);

        if (json_is_string(v))
            at +=
                (size_t)snprintf(out + at, size - at, "%s%s", at ? " " : "", json_string_value(v));
        else if (json_is_integer(v))
            at += (size_t)snprintf(out + at, size - at, "%s%lld", at ? " " : "",
                                   (long long)json_integer_value(v));
        if (i == 0 && at)
            return; /* a file is its path */
    }
    if (!at)
        snprintf(out, size, "%zu", index);
}

static const json_t *entry_named(const json_t *list, const char *name)
{
    char text[WHERE_MAX];

    for (size_t i = 0; i < json_array_size(list); i++) {
        name_of(json_array_get(list, i), i, text, sizeof text);
        if (!strcmp(text, name))
            return json_array_get(list, i);
    }
    return NULL;
}

static void compare(struct diff *d, const char *where, const char *name, const json_t *a,
                    const json_t *b, unsigned depth);

static void compare_lists(struct diff *d, const char *where, const json_t *a, const json_t *b,
                          unsigned depth)
{
    char name[WHERE_MAX], deeper[2 * WHERE_MAX];

    for (size_t i = 0; i < json_array_size(a); i++) {
        name_of(json_array_get(a, i), i, name, sizeof name);
        snprintf(deeper, sizeof deeper, "%s %s", where, name);
        compare(d, deeper, "", json_array_get(a, i), entry_named(b, name), depth + 1);
    }
    for (size_t i = 0; i < json_array_size(b); i++) {
        name_of(json_array_get(b, i), i, name, sizeof name);
        snprintf(deeper, sizeof deeper, "%s %s", where, name);
        if (!a || !entry_named(a, name))
            compare(d, deeper, "", NULL, json_array_get(b, i), depth + 1);
    }
}

static void compare_objects(struct diff *d, const char *where, const json_t *a, const json_t *b,
                            unsigned depth)
{
    const char *key;
    json_t *value;
    char deeper[2 * WHERE_MAX];

    json_object_foreach((json_t *)(uintptr_t)a, key, value)
    {
        snprintf(deeper, sizeof deeper, "%s%s%s", where, *where ? "." : "", key);
        if (strcmp(key, "octets") != 0) /* follows from what else differs */
            compare(d, deeper, key, value, json_object_get(b, key), depth + 1);
    }
    json_object_foreach((json_t *)(uintptr_t)b, key, value)
    {
        snprintf(deeper, sizeof deeper, "%s%s%s", where, *where ? "." : "", key);
        if (strcmp(key, "octets") != 0 && !json_object_get(a, key))
            compare(d, deeper, key, NULL, value, depth + 1);
    }
}

static void compare(struct diff *d, const char *where, const char *name, const json_t *a,
                    const json_t *b, unsigned depth)
{
    const json_t *some = a ? a : b;

    if (depth > DEPTH_MAX || json_equal(a, b))
        return;
    if (json_is_object(some) && a && b)
        compare_objects(d, where, a, b, depth);
    else if (json_is_array(some) && (!a || json_is_array(a)) && (!b || json_is_array(b)))
        compare_lists(d, where, a, b, depth);
    else if (json_is_object(some) || (json_is_string(some) && !*name))
        report(d, where, a ? "" : NULL, b ? "" : NULL);
    else
        report_scalars(d, where, name, a, b);
}

static int diff_trees(struct diff *d, json_t *const trees[2])
{
    if (d->json)
        printf("{\"differences\":[");
    compare(d, "", "", trees[0], trees[1], 0);
    if (d->json)
        printf("],\"count\":%u}\n", d->found);
    else if (!d->found)
        printf("no difference\n");
    return d->found ? EXIT_FAILED : EXIT_DONE;
}

int profile_diff(int argc, char **argv)
{
    struct diff d = { 0 };
    const struct option rows[] = {
        { "secrets", OPTION_FLAG, &d.secrets, 0, 0, NULL, "keys, PINs and PUKs in the clear" },
        { "json", OPTION_FLAG, &d.json, 0, 0, NULL, "one JSON object" },
    };
    struct options o = { .usage = "dunlin profile diff FILE FILE [OPTIONS]",
                         .about = "Prints in what two packages differ. Exits 1 when they do.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = d.names,
                         .words_max = 2 };
    int status = options_parse(&o, argc, argv);
    json_t *trees[2];

    if (status >= 0)
        return status;
    if (o.words_count != 2) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    trees[0] = tree_of(d.names[0]);
    trees[1] = trees[0] ? tree_of(d.names[1]) : NULL;
    status = trees[0] && trees[1] ? diff_trees(&d, trees) : EXIT_FAILED;
    json_decref(trees[0]);
    json_decref(trees[1]);
    return status;
}
