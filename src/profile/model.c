#include "profile/model.h"

#include <stdio.h>

struct builder {
    struct arena *arena;
    struct findings *findings;
    struct profile_model *m;
    unsigned files_cap, parts_cap;
    int mf;
    int current;            /* directory for PINs and for GFM before its first filePath */
    int last[NAA_CSIM + 1]; /* most recent ADF of each kind; [NAA_NONE]: of any */
    unsigned gfm_items;
    int last_aka; /* most recent ADF.USIM or ADF.ISIM */
};

/* ---- reading the tree ----------------------------------------------------------------------- */

int model_child(const struct profile_model *m, int directory, uint16_t fid)
{
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].parent == directory && m->files[i].facts.fid == fid)
            return (int)i;
    return -1;
}

static int model_mf(const struct profile_model *m)
{
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].facts.type == FILE_MF)
            return (int)i;
    return -1;
}

int model_resolve(const struct profile_model *m, slice path)
{
    int at = model_mf(m);

    for (size_t i = 0; i + 1 < path.n && at >= 0; i += 2) {
        uint16_t fid = (uint16_t)(path.p[i] << 8 | path.p[i + 1]);

        if (i || fid != FID_MF)
            at = model_child(m, at, fid);
    }
    return path.n % 2 ? -1 : at;
}

slice model_body(const struct profile_model *m, int file)
{
    for (unsigned hops = 0; file >= 0 && hops < 8; hops++) {
        if (!m->files[file].facts.link.p)
            return m->files[file].body;
        file = m->files[file].target;
    }
    return SLICE_NONE;
}

int model_find_above(const struct profile_model *m, int directory, uint16_t fid)
{
    while (directory >= 0) {
        int found = model_child(m, directory, fid);

        if (found >= 0 || m->files[directory].facts.type != FILE_DF)
            return found;
        directory = m->files[directory].parent;
    }
    return -1;
}

const char *model_path(const struct profile_model *m, int file, char *buf, size_t size)
{
    int chain[8], n = 0;
    size_t at = 0;

    for (; file >= 0 && n < 8; file = m->files[file].parent)
        chain[n++] = file;
    buf[0] = '\0';
    while (n-- && at + 6 < size)
        at += (size_t)snprintf(buf + at, size - at, "%s%04X", at ? "/" : "",
                               m->files[chain[n]].facts.fid);
    return buf;
}

int model_adf(const struct profile_model *m, slice aid)
{
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].facts.type == FILE_ADF && slice_eq(m->files[i].facts.df_name, aid))
            return (int)i;
    return -1;
}

int model_naa(const struct profile_model *m, enum saip_naa naa)
{
    for (unsigned i = 0; i < m->nfiles; i++)
        if (m->files[i].facts.type == FILE_ADF && m->files[i].naa == naa)
            return (int)i;
    return -1;
}

slice model_pinconfig(const struct profile_model *m, const struct model_part *pins)
{
    const struct saip_pin_codes_choice *c = &pins->pin_codes->pin_codes;
    int lender;

    if (c->which == saip_pin_codes_choice_is_pinconfig)
        return c->pinconfig;
    lender = model_resolve(m, c->file_path);
    for (unsigned i = 0; lender >= 0 && i < m->nparts; i++) {
        const struct model_part *q = &m->parts[i];

        if (q->element->tag == PE_PIN_CODES && q->directory == lender &&
            q->pin_codes->pin_codes.which == saip_pin_codes_choice_is_pinconfig)
            return q->pin_codes->pin_codes.pinconfig;
    }
    return SLICE_NONE;
}

/* ---- growing it ----------------------------------------------------------------------------- */

/* Room for one more element of a table in the arena. */
static enum err grow(struct arena *arena, void **table, unsigned used, unsigned *cap, size_t size)
{
    unsigned more = *cap ? *cap * 2 : 64;
    void *bigger;

    if (used < *cap)
        return E_OK;
    bigger = arena_alloc(arena, more * size);
    if (!bigger)
        return E_MEMORY;
    if (used)
        memcpy(bigger, *table, used * size);
    *table = bigger;
    *cap = more;
    return E_OK;
}

static enum err add_file(struct builder *b, const struct model_file *f, int *number)
{
    void *table = b->m->files;
    enum err e;

    if (b->m->nfiles == PACKAGE_FILES_MAX)
        return E_LIMIT;
    e = grow(b->arena, &table, b->m->nfiles, &b->files_cap, sizeof *f);
    if (e)
        return e;
    b->m->files = table;
    *number = (int)b->m->nfiles;
    b->m->files[b->m->nfiles++] = *f;
    return E_OK;
}

static enum err add_part(struct builder *b, const struct package_element *e, int directory,
                         const void *value)
{
    void *table = b->m->parts;
    enum err err = grow(b->arena, &table, b->m->nparts, &b->parts_cap, sizeof *b->m->parts);

    if (err)
        return err;
    b->m->parts = table;
    b->m->parts[b->m->nparts++] =
        (struct model_part){ .element = e, .directory = directory, .value = value };
    return E_OK;
}

/* A field of a finding: "ef-imsi.fileDescriptor.efFileSize". */
static const char *dotted(char *buf, size_t size, const char *a, const char *b, const char *c)
{
    snprintf(buf, size, "%s%s%s%s%s", a, b ? "." : "", b ? b : "", c ? "." : "", c ? c : "");
    return buf;
}

static void complain(struct builder *b, const struct package_element *e, const char *field,
                     const char *part, const char *inner, const char *text)
{
    char path[120];

    finding_add(b->findings, FINDING_ERROR, e, dotted(path, sizeof path, field, part, inner), "%s",
                text);
}

/* ---- one file ------------------------------------------------------------------------------- */

struct new_file {
    const struct package_element *element;
    const struct saip_file *row;
    const char *field;    /* as in model_file */
    const char *fcp_name; /* "fileDescriptor" or "createFCP" */
    const struct saip_fcp *fcp;
    slice items;
    int parent;
    enum saip_naa naa;
};

/* *number is -1 when the file cannot be: a finding says why. */
static enum err make_file(struct builder *b, const struct new_file *n, int *number)
{
    struct model_file f = {
        .element = n->element,
        .field = n->field,
        .parent = n->parent,
        .target = -1,
        .naa = n->naa,
        .items = n->items,
    };
    bool at_mf = n->parent >= 0 && n->parent == b->mf;
    const char *where = NULL;
    struct file_facts probe;
    uint8_t type = n->row ? n->row->type : FILE_ANY;
    enum err e;

    *number = -1;
    if (!n->row && !file_resolve(NULL, n->fcp, FID_ARR_DF, &probe, NULL))
        type = probe.type;
    e = file_resolve(n->row, n->fcp, file_implicit_arr(type, at_mf), &f.facts, &where);
    if (e) {
        complain(b, n->element, n->field, n->fcp_name, where, err_text(e));
        return E_OK;
    }
    if (model_child(b->m, n->parent, f.facts.fid) >= 0) {
        complain(b, n->element, n->field, n->fcp_name, "fileID",
                 "the directory has this FID already");
        return E_OK;
    }
    if (!saip_type_is_df(f.facts.type) && !f.facts.link.p) {
        uint8_t *body = arena_alloc(b->arena, f.facts.size);

        if (!body)
            return E_MEMORY;
        file_default_body(&f.facts, body);
        /* A BER-TLV file is born empty: its body is what is written. */
        f.body = slice_of(body, f.facts.type == FILE_BT ? 0 : f.facts.size);
    }
    return add_file(b, &f, number);
}

/* The bodies of the model are the arena's: writable here. */
static struct file_filler filler_of(const struct model_file *f)
{
    uint32_t size = f->body.p ? f->facts.size : 0;

    return (struct file_filler){ (uint8_t *)(uintptr_t)f->body.p, size, 0 };
}

static enum err fill_put(struct model_file *file, struct file_filler *filler, slice content)
{
    enum err e = file->facts.link.p ? E_REFUSED : file_fill_put(filler, content);

    if (e)
        return e;
    file->nitems++;
    if (file->facts.type == FILE_BT)
        file->body.n = filler->at;
    return E_OK;
}

static enum err fill_skip(const struct model_file *file, struct file_filler *filler, int64_t n)
{
    return file->facts.link.p || file->facts.type == FILE_BT ? E_REFUSED
                                                             : file_fill_skip(filler, n);
}

/* fill items of a File, in a file that exists */
static void fill_file(struct builder *b, const struct package_element *e, const char *field,
                      struct model_file *file, slice items)
{
    struct file_filler filler = filler_of(file);
    struct saip_file_item item;
    char name[80];
    unsigned i = 0;

    for (slice rest = items; schema_next(&T_saip_file_item, &rest, &item); i++) {
        enum err err = E_OK;

        snprintf(name, sizeof name, "%s[%u]", field, i);
        if (item.which == saip_file_item_is_do_not_create && i)
            err = E_REPEATED;
        if (item.which == saip_file_item_is_fcp && i)
            err = E_REPEATED;
        if (item.which == saip_file_item_is_offset)
            err = fill_skip(file, &filler, item.offset);
        if (item.which == saip_file_item_is_content)
            err = fill_put(file, &filler, item.content);
        if (err)
            complain(b, e, name,
                     item.which == saip_file_item_is_fcp       ? "fileDescriptor"
                     : item.which == saip_file_item_is_offset  ? "fillFileOffset"
                     : item.which == saip_file_item_is_content ? "fillFileContent"
                                                               : "doNotCreate",
                     NULL, err == E_RANGE ? "leaves the file" : err_text(err));
        if (err)
            return;
    }
}

/* ---- elements of file systems --------------------------------------------------------------- */

static int base_of(const struct builder *b, const struct saip_template *t)
{
    switch (t->base) {
    case BASE_LAST_USIM:
        return b->last[NAA_USIM];
    case BASE_LAST_ISIM:
        return b->last[NAA_ISIM];
    case BASE_LAST_CSIM:
        return b->last[NAA_CSIM];
    case BASE_LAST_ADF:
        return b->last[NAA_NONE];
    case BASE_MF:
        return -1;
    default:
        return b->mf;
    }
}

static void enter_adf(struct builder *b, const struct saip_template *t, int adf)
{
    b->last[t->naa] = adf;
    b->last[NAA_NONE] = adf;
    if (t->naa == NAA_USIM || t->naa == NAA_ISIM)
        b->last_aka = adf;
}

/* The Fcp of a File, NULL when it has none; *create false: doNotCreate. */
static const struct saip_fcp *fcp_of(slice items, struct saip_file_item *first, bool *create)
{
    *create = true;
    if (!schema_next(&T_saip_file_item, &items, first))
        return NULL;
    *create = first->which != saip_file_item_is_do_not_create;
    return first->which == saip_file_item_is_fcp ? &first->fcp : NULL;
}

struct walk {
    const struct package_element *e;
    const struct saip_template *t;
    const struct saip_file_pe *pe;
    int base;
    int made[SAIP_ROWS_MAX]; /* files by row; -1 not made */
};

static int parent_of(const struct walk *w, const struct saip_file *row)
{
    const struct saip_file *parent = saip_file_parent(w->t, row);

    return parent ? w->made[parent - w->t->files] : w->base;
}

static enum err make_row(struct builder *b, struct walk *w, unsigned i)
{
    const struct saip_file *row = &w->t->files[i];
    struct saip_file_item first;
    struct new_file n = { .element = w->e,
                          .row = row,
                          .field = row->name,
                          .fcp_name = "fileDescriptor",
                          .items = w->pe->files[i] };
    bool create, at_mf = w->t->base == BASE_MF && row->type != FILE_ADF;
    enum err err;

    n.fcp = fcp_of(n.items, &first, &create);
    n.parent = parent_of(w, row);
    n.naa = row->type == FILE_ADF ? (enum saip_naa)w->t->naa : NAA_NONE;
    if (!create && !at_mf)
        return E_OK;
    if (n.parent < 0 && row->type != FILE_MF) {
        complain(b, w->e, row->name, NULL, NULL, "its directory does not exist");
        return E_OK;
    }
    err = make_file(b, &n, &w->made[i]);
    if (err || w->made[i] < 0)
        return err;
    fill_file(b, w->e, row->name, &b->m->files[w->made[i]], n.items);
    if (row->type == FILE_MF)
        b->mf = w->made[i];
    if (row->type == FILE_ADF)
        enter_adf(b, w->t, w->made[i]);
    return E_OK;
}

/* Is there anything to make a file of, when its field is absent? */
static bool has_defaults(const struct saip_file *row)
{
    bool sized = row->len && (!saip_type_has_records(row->type) || row->nrec);

    return row->type == FILE_MF || (sized && !saip_type_is_df(row->type));
}

static void note_absent(struct builder *b, const struct walk *w, const struct saip_file *row)
{
    if (row->flags & FILE_REQUIRED)
        complain(b, w->e, row->name, NULL, NULL, "mandatory field is missing");
}

static enum err read_files(struct builder *b, const struct package_element *e)
{
    struct saip_file_pe *pe = ARENA_NEW(b->arena, struct saip_file_pe);
    struct walk w = { .e = e, .t = element_template(e), .pe = pe };
    struct fault fault;
    enum err err;

    if (!pe)
        return E_MEMORY;
    err = element_files(e, pe, &fault);
    if (err) {
        finding_fault(b->findings, e, &fault);
        return E_OK;
    }
    w.base = base_of(b, w.t);
    if (w.base < 0 && w.t->base != BASE_MF) {
        complain(b, e, "", NULL, NULL, "the directory that it belongs to does not exist yet");
        return E_OK;
    }
    for (unsigned i = 0; i < w.t->nfiles; i++) {
        w.made[i] = -1;
        if (!pe->files[i].p) {
            note_absent(b, &w, &w.t->files[i]);
            if (!w.t->by_default || !has_defaults(&w.t->files[i]))
                continue;
        }
        err = make_row(b, &w, i);
        if (err)
            return err;
    }
    b->current = saip_type_is_df(w.t->files[0].type) && w.made[0] >= 0 ? w.made[0] : w.base;
    return E_OK;
}

/* ---- genericFileManagement ------------------------------------------------------------------ */

struct gfm_walk {
    const struct package_element *e;
    int directory, file; /* current ones; file -1: none */
    struct file_filler filler;
};

static void gfm_select(struct builder *b, struct gfm_walk *w, const char *field, slice path)
{
    int found = model_resolve(b->m, path);

    if (found < 0) {
        complain(b, w->e, field, "filePath", NULL, "there is no such file");
        w->directory = w->file = -1;
        return;
    }
    w->file = -1;
    if (saip_type_is_df(b->m->files[found].facts.type)) {
        w->directory = b->current = found;
        return;
    }
    w->file = found;
    w->filler = filler_of(&b->m->files[found]);
}

static enum err gfm_create(struct builder *b, struct gfm_walk *w, const char *field,
                           const struct saip_fcp *fcp)
{
    struct new_file n = {
        .element = w->e, .fcp = fcp, .fcp_name = "createFCP", .parent = w->directory
    };
    slice kept = arena_printf(b->arena, "%s", field);
    enum err err;

    w->file = -1;
    if (!kept.p)
        return E_MEMORY;
    n.field = (const char *)kept.p;
    if (w->directory < 0)
        return E_OK;
    err = make_file(b, &n, &w->file);
    if (!err && w->file >= 0)
        w->filler = filler_of(&b->m->files[w->file]);
    return err;
}

static void gfm_fill(struct builder *b, struct gfm_walk *w, const char *field,
                     const struct saip_gfm_item *item)
{
    bool skip = item->which == saip_gfm_item_is_offset;
    struct model_file *file = w->file < 0 ? NULL : &b->m->files[w->file];
    enum err err;

    if (w->directory < 0)
        return; /* said so already */
    err = !file  ? E_STATE
          : skip ? fill_skip(file, &w->filler, item->offset)
                 : fill_put(file, &w->filler, item->content);
    if (err)
        complain(b, w->e, field, skip ? "fillFileOffset" : "fillFileContent", NULL,
                 err == E_RANGE ? "leaves the file" : err_text(err));
}

static enum err gfm_list(struct builder *b, struct gfm_walk *w, unsigned list, slice items)
{
    struct saip_gfm_item item;
    enum err err = E_OK;
    char field[48];

    for (unsigned i = 0; !err && schema_next(&T_saip_gfm_item, &items, &item); i++) {
        if (++b->gfm_items > PACKAGE_GFM_MAX)
            return E_LIMIT;
        snprintf(field, sizeof field, "fileManagementCMD[%u][%u]", list, i);
        if (item.which == saip_gfm_item_is_file_path)
            gfm_select(b, w, field, item.file_path);
        else if (item.which == saip_gfm_item_is_create_fcp)
            err = gfm_create(b, w, field, &item.create_fcp);
        else
            gfm_fill(b, w, field, &item);
    }
    return err;
}

static enum err read_gfm(struct builder *b, const struct package_element *e,
                         const struct saip_gfm *gfm)
{
    struct gfm_walk w = { .e = e, .directory = b->current, .file = -1 };
    slice rest = gfm->commands, items;
    enum err err = E_OK;

    for (unsigned i = 0; !err && schema_next(&T_saip_file_management, &rest, &items); i++)
        err = gfm_list(b, &w, i, items);
    return err;
}

/* ---- all elements --------------------------------------------------------------------------- */

static int directory_of(const struct builder *b, uint32_t tag)
{
    return tag == PE_PIN_CODES        ? b->current
           : tag == PE_AKA_PARAMETER  ? b->last_aka
           : tag == PE_CDMA_PARAMETER ? b->last[NAA_CSIM]
                                      : -1;
}

static enum err read_part(struct builder *b, const struct package_element *e)
{
    const struct type *t = saip_pe_type(e->tag);
    struct fault fault;
    void *value;

    if (!t) {
        finding_add(b->findings, e->mandated ? FINDING_ERROR : FINDING_WARNING, e, "",
                    "element %02X is not known", (unsigned)e->tag);
        return E_OK;
    }
    value = arena_alloc(b->arena, t->size);
    if (!value)
        return E_MEMORY;
    if (schema_decode(t, e->whole, value, &fault)) {
        finding_fault(b->findings, e, &fault);
        return E_OK;
    }
    if (e->tag == PE_HEADER && !b->m->header)
        b->m->header = value;
    if (e->tag == PE_GFM)
        return read_gfm(b, e, value);
    return e->tag == PE_HEADER ? E_OK : add_part(b, e, directory_of(b, e->tag), value);
}

static enum err split(struct builder *b, slice package)
{
    struct package_reader r = package_reader(package);
    struct package_element e;
    unsigned n = 0;

    while (package_next(&r, &e))
        if (++n > PACKAGE_ELEMENTS_MAX)
            return E_LIMIT;
    if (r.in.err || !n)
        return r.in.err ? r.in.err : E_TRUNCATED;
    b->m->elements = arena_alloc(b->arena, n * sizeof e);
    if (!b->m->elements)
        return E_MEMORY;
    r = package_reader(package);
    while (package_next(&r, &e))
        b->m->elements[b->m->nelements++] = e;
    return E_OK;
}

static void find_targets(struct builder *b)
{
    for (unsigned i = 0; i < b->m->nfiles; i++) {
        struct model_file *f = &b->m->files[i];

        if (f->facts.link.p)
            f->target = model_resolve(b->m, f->facts.link);
    }
}

static void note_pins(struct builder *b, const struct model_part *p)
{
    struct saip_pin_configuration pin;

    for (slice rest = model_pinconfig(b->m, p);
         schema_next(&T_saip_pin_configuration, &rest, &pin);) {
        uint8_t bit = (uint8_t)(1u << pin.key_reference % 8);

        b->m->any.bits[pin.key_reference / 8] |= bit;
        if (p->directory >= 0)
            b->m->pins[p->directory].bits[pin.key_reference / 8] |= bit;
    }
}

/* Directories stand before what is in them, so one pass hands everything down. */
static enum err find_pins(struct builder *b)
{
    struct profile_model *m = b->m;

    m->pins = arena_alloc(b->arena, (m->nfiles + 1u) * sizeof *m->pins);
    if (!m->pins)
        return E_MEMORY;
    for (unsigned i = 0; i < m->nparts; i++)
        if (m->parts[i].element->tag == PE_PIN_CODES)
            note_pins(b, &m->parts[i]);
    for (unsigned i = 0; i < m->nfiles; i++)
        for (unsigned k = 0; m->files[i].parent >= 0 && k < sizeof m->pins->bits; k++)
            m->pins[i].bits[k] |= m->pins[m->files[i].parent].bits[k];
    return E_OK;
}

enum err model_build(struct arena *arena, slice package, struct findings *findings,
                     struct profile_model **out)
{
    struct builder b = { .arena = arena,
                         .findings = findings,
                         .mf = -1,
                         .current = -1,
                         .last = { -1, -1, -1, -1 },
                         .last_aka = -1 };
    enum err err;

    b.m = ARENA_NEW(arena, struct profile_model);
    if (!b.m)
        return E_MEMORY;
    b.m->package = package;
    err = split(&b, package);
    for (unsigned i = 0; !err && i < b.m->nelements; i++) {
        const struct package_element *e = &b.m->elements[i];

        err = e->file_system ? read_files(&b, e) : read_part(&b, e);
    }
    if (err)
        return err;
    find_targets(&b);
    *out = b.m;
    return find_pins(&b);
}
