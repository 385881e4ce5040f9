/* From a package to a template: reading it, and finding variables by their names. */
#include "profile/factory_impl.h"

#include "base/secret.h"

#include <stdio.h>
#include <stdlib.h>

static bool has_place(const struct compiler *c, enum place_form form, int file)
{
    for (unsigned i = 0; i < c->f->nplaces; i++)
        if (c->f->places[i].form == form && c->f->places[i].file == file)
            return true;
    return false;
}

/* A profile whose header and files would disagree about who it is is no template. */
static enum err check_identity(const struct compiler *c)
{
    int iccid = factory_content_of(c->m, model_resolve(c->m, SLICE_LIT("\x2F\xE2")));

    if (!has_place(c, PLACE_ICCID, iccid))
        return E_REFUSED;
    for (int i = 0; i < (int)c->m->nfiles; i++) {
        int imsi = c->m->files[i].naa == NAA_USIM && c->m->files[i].facts.type == FILE_ADF
                       ? model_child(c->m, i, 0x6F07)
                       : -1;

        if (imsi >= 0 && !has_place(c, PLACE_IMSI, factory_content_of(c->m, imsi)))
            return E_REFUSED;
    }
    return E_OK;
}

/* ---- opening -------------------------------------------------------------------------------- */

static enum err model_of(struct compiler *c, slice package)
{
    struct findings findings = { 0 };
    struct profile_model *m;
    enum err e = model_build(c->arena, package, &findings, &m);

    if (e)
        return e;
    c->m = m;
    return findings.errors ? E_SYNTAX : m->header ? E_OK : E_MISSING;
}

static enum err compile(struct compiler *c, slice package)
{
    struct profile_identity who;
    enum err e = model_of(c, package);

    if (!e)
        e = profile_identify(c->m, &who);
    if (e)
        return e;
    c->f->mnc_len = who.mnc_len;
    if (strlen(who.imsi) >= 3u + who.mnc_len)
        memcpy(c->f->home, who.imsi, 3u + who.mnc_len);
    wipe(&who, sizeof who);
    factory_find_targets(c);
    e = c->err ? c->err : factory_widen(c, package, &c->f->package);
    if (!e)
        e = model_of(c, c->f->package);
    if (e)
        return e;
    c->f->model = c->m;
    factory_find_targets(c);
    factory_place_all(c);
    for (unsigned i = 0; i < c->f->nvariables; i++)
        c->f->imsi |= c->f->variables[i].what == VARIABLE_IMSI;
    return c->err ? c->err : check_identity(c);
}

enum err factory_open(struct arena *arena, const struct crypto *crypto, slice package,
                      struct factory **out, struct factory_fault *fault)
{
    struct compiler c = { .arena = arena };
    enum err e;

    *fault = (struct factory_fault){ 0 };
    c.f = ARENA_NEW(arena, struct factory);
    if (!c.f)
        return E_MEMORY;
    c.f->crypto = crypto;
    e = compile(&c, package);
    snprintf(fault->why, sizeof fault->why, "%s",
             e == E_SYNTAX    ? "has errors: try 'dunlin profile check'"
             : e == E_MISSING ? "has no header"
             : e == E_REFUSED ? "has an EF.ICCID or EF.IMSI that no template's element fills alone"
             : e == E_SIZE    ? "has an EF.IMPU whose records are too short"
             : e == E_UNSUPPORTED ? "has authentication algorithms that differ or are not known"
                                  : err_text(e));
    *out = c.f;
    return e;
}

void factory_close(struct factory *f)
{
    wipe(f->pool, sizeof f->pool);
    f->pool_left = 0;
}

const char *place_name(const struct factory *f, const struct place *p, char *buf, size_t size)
{
    const struct package_element *e = &f->model->elements[p->element];

    if (p->file >= 0)
        return model_path(f->model, p->file, buf, size);
    snprintf(buf, size, "%s (PE %u)", e->name ? e->name : "?", e->index);
    return buf;
}

/* ---- finding -------------------------------------------------------------------------------- */

static int find(const struct factory *f, const char *name)
{
    for (unsigned i = 0; i < f->nvariables; i++)
        if (slice_eq_nocase(slice_str(f->variables[i].name), slice_str(name)))
            return (int)i;
    return -1;
}

static bool is(const char *name, const char *word)
{
    return slice_eq_nocase(slice_str(name), slice_str(word));
}

static int find_scp80(const struct factory *f, const char *name)
{
    for (unsigned version = 1; version < 16; version++) {
        char full[16];
        int i;

        snprintf(full, sizeof full, "%s-%02X", name, version);
        i = find(f, full);
        if (i >= 0)
            return i;
    }
    return -1;
}

/* service-N: N counts from 1 (TS 31.102 4.2.8). */
static int add_service(struct factory *f, const char *name)
{
    char *end;
    unsigned long n = strtoul(name + 8, &end, 10);
    struct variable v = { .what = VARIABLE_SERVICE, .number = (uint16_t)n };
    bool fits = f->ntables > 0 && name[8] >= '1' && name[8] <= '9' && !*end && n <= 2040;

    for (unsigned i = 0; fits && i < f->ntables; i++)
        fits = (n - 1) / 8 < f->tables[i].n;
    if (!fits || f->nvariables == FACTORY_VARIABLES || f->nplaces + f->ntables > FACTORY_PLACES)
        return -1;
    snprintf(v.name, sizeof v.name, "service-%lu", n);
    f->variables[f->nvariables] = v;
    for (unsigned i = 0; i < f->ntables; i++)
        f->places[f->nplaces++] = (struct place){
            .form = PLACE_SERVICE,
            .variable = f->nvariables,
            .at = f->tables[i].at + (uint32_t)(n - 1) / 8,
            .n = 1,
            .element = f->model->files[f->tables[i].file].element->index,
            .file = f->tables[i].file,
        };
    return (int)f->nvariables++;
}

int factory_variable(struct factory *f, const char *name)
{
    int i = find(f, is(name, "ki") ? "k" : name);

    if (i < 0 && (is(name, "kic") || is(name, "kid") || is(name, "kik")))
        i = find_scp80(f, name);
    if (i < 0 && !strncmp(name, "service-", 8))
        i = add_service(f, name);
    return i;
}
