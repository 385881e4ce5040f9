#include "cmd/template_file.h"

#include "base/secret.h"
#include "cmd/cmd.h"
#include "cmd/lines.h"
#include "cmd/metadata_file.h"
#include "cmd/profile_parts.h"
#include "profile/check.h"

#include <stdio.h>
#include <string.h>

#define PATH_TEXT 1024

/* The package is known only when all lines are read, so values wait. */
struct waiting {
    char name[VARIABLE_NAME_MAX];
    char value[2 * VALUE_MAX + 8];
};

struct reading {
    const char *path; /* of the template file */
    char package[PATH_TEXT], metadata[PATH_TEXT];
    struct waiting values[FACTORY_VARIABLES];
    unsigned count;
    char keep[512];
};

static const char *beside(const struct reading *r, const char *path, char out[PATH_TEXT])
{
    const char *slash = path[0] == '/' ? NULL : strrchr(r->path, '/');
    int n =
        snprintf(out, PATH_TEXT, "%.*s%s", slash ? (int)(slash + 1 - r->path) : 0, r->path, path);

    return n < 0 || n >= PATH_TEXT || !*path ? "a path is needed" : NULL;
}

static const char *take(void *ctx, const char *name, const char *value)
{
    struct reading *r = ctx;
    struct waiting *w = &r->values[r->count];

    if (!strcmp(name, "package"))
        return beside(r, value, r->package);
    if (!strcmp(name, "metadata"))
        return beside(r, value, r->metadata);
    if (!strcmp(name, "keep"))
        return snprintf(r->keep, sizeof r->keep, "%s", value) < (int)sizeof r->keep ? NULL
                                                                                    : "is too long";
    if (r->count == FACTORY_VARIABLES)
        return "is one line too many";
    if (strlen(name) >= sizeof w->name || strlen(value) >= sizeof w->value)
        return "is too long";
    strcpy(w->name, name);
    strcpy(w->value, value);
    r->count++;
    return NULL;
}

static int complain(const char *who, const char *path, const char *name, const char *why)
{
    fprintf(stderr, "%s: %s: %s%s%s\n", who, path, name, *name ? ": " : "", why);
    return EXIT_FAILED;
}

static int set_constants(const char *who, const char *path, const struct reading *r,
                         struct template_file *t)
{
    char why[VALUE_WHY];

    for (unsigned i = 0; i < r->count; i++) {
        int v = factory_variable(t->factory, r->values[i].name);

        if (v < 0)
            return complain(who, path, r->values[i].name, "the package has no such variable");
        if (t->factory->variables[v].what == VARIABLE_ICCID ||
            t->factory->variables[v].what == VARIABLE_IMSI)
            return complain(who, path, r->values[i].name, "cannot be the same for all");
        if (value_read(&t->factory->variables[v], slice_str(r->values[i].value), &t->constants[v],
                       why))
            return complain(who, path, r->values[i].name, why);
    }
    return EXIT_DONE;
}

static int set_keep(const char *who, const char *path, struct reading *r, struct template_file *t)
{
    char *rest = r->keep;

    for (char *name; (name = strtok_r(rest, " ,\t", &rest));) {
        int v = factory_variable(t->factory, name);
        struct variable *x = v < 0 ? NULL : &t->factory->variables[v];

        if (!x)
            return complain(who, path, name, "the package has no such variable");
        if (x->what != VARIABLE_PIN && x->what != VARIABLE_PUK && x->what != VARIABLE_KEY)
            return complain(who, path, name, "only PINs, PUKs, ADMs and OTA keys can be kept");
        x->keep = true;
    }
    return EXIT_DONE;
}

static bool is_package(slice octets)
{
    return octets.n && octets.p[0] == 0xA0;
}

static int compile(const char *who, const char *path, slice package, struct template_file *t)
{
    struct factory_fault fault;
    struct findings findings = { 0 };
    enum err e;

    if (!crypto_openssl())
        return complain(who, "OpenSSL", "", "lacks what is needed");
    e = profile_check(&t->arena, package, &findings, NULL);
    if (e || findings.errors)
        return complain(who, path, "", e ? err_text(e) : "has errors: try 'dunlin profile check'");
    if (factory_open(&t->arena, crypto_openssl(), package, &t->factory, &fault))
        return complain(who, path, "", fault.why);
    return EXIT_DONE;
}

static int open_metadata(const char *who, const char *path, struct template_file *t)
{
    uint8_t iccid[ICCID_LEN];
    slice header = t->factory->model->header->iccid;

    for (unsigned i = 0; i < ICCID_LEN; i++)
        iccid[i] = (uint8_t)(header.p[i] << 4 | header.p[i] >> 4);
    return metadata_file(who, path, iccid, &t->arena, &t->metadata);
}

static enum err digest(const struct reading *r, struct template_file *t)
{
    const slice parts[] = { t->factory->package, t->metadata,
                            slice_of(r->values, r->count * sizeof *r->values), slice_str(r->keep) };

    return crypto_sha256(t->factory->crypto, parts, COUNT(parts), t->digest);
}

static int open_with(const char *who, const char *path, const char *metadata, struct reading *r,
                     struct template_file *t)
{
    slice octets;
    const char *fault = profile_read(&t->arena, path, &octets);
    const char *package = path;
    int status;

    if (!fault && !is_package(octets)) {
        status = lines_read(who, path, take, r);
        if (status != EXIT_DONE)
            return status;
        if (!r->package[0])
            return complain(who, path, "package", "is missing");
        package = r->package;
        fault = profile_read(&t->arena, package, &octets);
    }
    if (fault)
        return complain(who, package, "", fault);
    status = compile(who, package, octets, t);
    if (status == EXIT_DONE)
        status = set_constants(who, path, r, t);
    if (status == EXIT_DONE)
        status = set_keep(who, path, r, t);
    if (status == EXIT_DONE && (metadata || r->metadata[0]))
        status = open_metadata(who, metadata ? metadata : r->metadata, t);
    if (status == EXIT_DONE && digest(r, t))
        status = complain(who, "OpenSSL", "", "failed");
    return status;
}

int template_open(const char *who, const char *path, const char *metadata,
                  struct template_file *out)
{
    struct reading r;
    int status;

    memset(&r, 0, sizeof r);
    r.path = path;
    *out = (struct template_file){ 0 };
    arena_init(&out->arena, 3 * MODEL_ARENA_LIMIT + 4 * PACKAGE_MAX);
    status = open_with(who, path, metadata, &r, out);
    wipe(&r, sizeof r);
    if (status != EXIT_DONE)
        template_close(out);
    return status;
}

void template_close(struct template_file *t)
{
    if (t->factory)
        factory_close(t->factory);
    arena_free(&t->arena);
    wipe(t->constants, sizeof t->constants);
    t->factory = NULL;
}
