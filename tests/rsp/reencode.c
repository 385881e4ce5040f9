#include "rsp/reencode.h"

#include <stdio.h>
#include <stdlib.h>

static void print_hex(const char *label, slice s)
{
    printf("  %s ", label);
    for (size_t i = 0; i < s.n; i++)
        printf("%02X", s.p[i]);
    printf("\n");
}

static bool itself(const struct type *t, slice in)
{
    void *value = calloc(1, t->size > sizeof(slice) ? t->size : sizeof(slice));
    size_t size = in.n + 64;
    uint8_t *buf = malloc(size);
    struct der_writer w = der_writer(buf, size);
    struct fault f;
    char why[300];
    slice out = SLICE_NONE;
    enum err e = schema_decode(t, in, value, &f);

    if (!e)
        e = schema_write(t, value, DIALECT_V13, &w, &f);
    if (!e)
        e = der_written(&w, &out);
    if (e)
        printf("%s: %s\n", t->name, fault_print(&f, why, sizeof why));
    else if (!slice_eq(in, out))
        printf("%s encodes differently\n", t->name);
    if (e || !slice_eq(in, out)) {
        print_hex("in ", in);
        print_hex("out", out);
    }
    bool same = !e && slice_eq(in, out);
    free(value);
    free(buf);
    return same;
}

static bool starts(const struct field *f, uint32_t tag)
{
    return f->tag ? f->tag == tag : f->type && f->kind != K_LIST && schema_starts(f->type, tag);
}

/* An element as a value of type t, under t's own tag whatever tag it has here. */
static bool element(const struct type *t, struct tlv e)
{
    uint8_t *buf;
    struct der_writer w;
    slice own;
    bool same;

    if (t->kind == K_RAW)
        return true;
    if (!t->tag || t->tag == e.tag)
        return reencodes(t, e.whole);
    buf = malloc(e.whole.n + 16);
    w = der_writer(buf, e.whole.n + 16);
    der_put_tlv(&w, t->tag, e.value);
    same = !der_written(&w, &own) && reencodes(t, own);
    free(buf);
    return same;
}

static bool elements(const struct type *t, slice v)
{
    struct der_reader r = der_reader(v);
    bool same = true;

    while (same && der_more(&r))
        same = element(t, der_take(&r));
    return same && !r.err;
}

static bool field(const struct field *f, struct tlv e)
{
    if (!f->type)
        return true;
    if (f->kind == K_LIST)
        return elements(f->type, e.value);
    if (f->tag && f->type->kind == K_CHOICE && !f->type->tag && der_one(e.value, &e))
        return false;
    return element(f->type, e);
}

static bool members(const struct type *t, slice v)
{
    struct der_reader r = der_reader(v);
    unsigned next = 0;
    bool same = true;

    while (same && der_more(&r)) {
        struct tlv e = der_take(&r);
        unsigned row = t->kind == K_CHOICE ? 0 : next;

        while (row < t->count && !starts(&t->fields[row], e.tag))
            row++;
        if (row == t->count)
            continue;
        same = field(&t->fields[row], e);
        next = row + 1;
    }
    return same && !r.err;
}

bool reencodes(const struct type *t, slice in)
{
    struct tlv e;

    if (!itself(t, in) || der_one(in, &e))
        return false;
    if (t->kind == K_LIST)
        return elements(t->element, e.value);
    if (t->kind == K_SEQ || (t->kind == K_CHOICE && t->tag))
        return members(t, e.value);
    return t->kind != K_CHOICE || members(t, e.whole);
}
