#include "rsp/json/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

json_t *recorded_open(const char *name)
{
    char path[256];
    json_error_t error;
    json_t *file;

    snprintf(path, sizeof path, "../shared/data/recorded/%s", name);
    file = json_load_file(path, 0, &error);
    if (!file)
        print_message("skipped: %s is not here\n", path);
    return file;
}

static void inside(const struct type *t, const uint8_t *value);

static void inside_field(const struct field *f, const uint8_t *at)
{
    slice s;

    switch (f->kind) {
    case K_SEQ:
    case K_CHOICE:
        inside(f->type, at);
        break;
    case K_RAW:
        memcpy(&s, at, sizeof s);
        if (s.p && f->type->kind != K_RAW && (!f->tag || f->tag == f->type->tag))
            assert_same_when_encoded(f->type, s);
        break;
    case K_LIST:
        memcpy(&s, at, sizeof s);
        for (struct der_reader r = der_reader(s); der_more(&r);)
            assert_same_when_encoded(f->type, der_take(&r).whole);
        break;
    default:
        break;
    }
}

static void inside(const struct type *t, const uint8_t *value)
{
    int which;

    if (t->kind == K_CHOICE) {
        memcpy(&which, value, sizeof which);
        if (which)
            inside_field(&t->fields[which - 1], value + t->fields[which - 1].offset);
    }
    for (unsigned i = 0; t->kind == K_SEQ && i < t->count; i++)
        inside_field(&t->fields[i], value + t->fields[i].offset);
}

/* The recorded server sends a member at its DEFAULT (profileClass operational), which DER leaves
 * out. */
static slice without_default_members(const struct type *t, slice whole, uint8_t *buf, size_t size)
{
    struct der_writer w = der_writer(buf, size);
    slice parts[64], out;
    size_t count = 0;
    struct tlv outer;

    assert_int_equal(der_one(whole, &outer), E_OK);
    for (struct der_reader r = der_reader(outer.value); der_more(&r) && count < COUNT(parts);) {
        struct tlv e = der_take(&r);
        bool keep = true;

        for (unsigned i = 0; i < t->count; i++)
            if (t->fields[i].tag == e.tag && t->fields[i].flags & FIELD_DEFAULT && e.value.n == 1 &&
                e.value.p[0] == t->fields[i].dflt)
                keep = false;
        if (keep)
            parts[count++] = e.whole;
    }
    while (count)
        der_put(&w, parts[--count]);
    der_wrap(&w, outer.tag, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

void assert_same_when_encoded(const struct type *t, slice whole)
{
    uint8_t *value = calloc(1, t->size > 64 ? t->size : 64);
    uint8_t *buf = malloc(whole.n), *canonical = malloc(whole.n);
    struct fault f;
    char text[200];
    slice out;

    if (schema_decode(t, whole, value, &f) != E_OK)
        fail_msg("%s: %s", t->name, fault_print(&f, text, sizeof text));
    if (schema_encode(t, value, buf, whole.n, &out, &f) != E_OK)
        fail_msg("%s encoding: %s", t->name, fault_print(&f, text, sizeof text));
    if (t->kind == K_SEQ && !slice_eq(whole, out))
        whole = without_default_members(t, whole, canonical, whole.n);
    if (!slice_eq(whole, out))
        fail_msg("%s changes when encoded again", t->name);
    inside(t, value);
    free(value);
    free(buf);
    free(canonical);
}
