#include "der/schema_print.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

struct printer {
    const struct text_sink *to;
    bool json;
    unsigned depth;
};

/* An element with what the tables say of it. */
struct item {
    const char *name;
    enum kind kind;
    const struct type *type;
    const struct value_name *names;
    struct tlv e;
};

static void print_item(struct printer *p, const struct item *it);

static void put(struct printer *p, const char *s)
{
    p->to->put(p->to->ctx, s, strlen(s));
}

static void put_hex(struct printer *p, slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char text[3];

        (void)!hex_encode(slice_of(s.p + i, 1), text, sizeof text);
        put(p, text);
    }
}

/* A string of the peer's: control characters must not reach the reader's terminal or break JSON. */
static void put_quoted(struct printer *p, slice s)
{
    put(p, "\"");
    for (size_t i = 0; i < s.n; i++) {
        char text[8] = { (char)s.p[i] };

        if (s.p[i] == '"' || s.p[i] == '\\')
            snprintf(text, sizeof text, "\\%c", s.p[i]);
        else if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            snprintf(text, sizeof text, "\\u%04X", s.p[i]);
        put(p, text);
    }
    put(p, "\"");
}

static void put_int(struct printer *p, int64_t n, const struct value_name *names)
{
    const char *name = value_name(names, n);
    char text[120];

    if (p->json && name)
        snprintf(text, sizeof text, "{\"value\":%" PRId64 ",\"name\":\"%s\"}", n, name);
    else if (name)
        snprintf(text, sizeof text, "%s(%" PRId64 ")", name, n);
    else
        snprintf(text, sizeof text, "%" PRId64, n);
    put(p, text);
}

static void put_bits(struct printer *p, slice v, const struct value_name *names)
{
    const char *between = "";

    put(p, p->json ? "[" : "{");
    for (unsigned i = 0; v.n && i < (v.n - 1) * 8; i++) {
        const char *name = value_name(names, i);
        char text[16];

        if (!der_bit(v, i))
            continue;
        snprintf(text, sizeof text, "%u", i);
        put(p, between);
        put(p, name && p->json ? "\"" : "");
        put(p, name ? name : text);
        put(p, name && p->json ? "\"" : "");
        between = p->json ? "," : ", ";
    }
    put(p, p->json ? "]" : "}");
}

static void put_oid(struct printer *p, slice v)
{
    char text[256];

    if (der_oid_to_text(v, text, sizeof text))
        put_hex(p, v);
    else
        put(p, text);
}

static void put_scalar(struct printer *p, const struct item *it)
{
    bool quote = p->json && (it->kind == K_OCTETS || it->kind == K_OID || it->kind == K_RAW);
    int64_t n = 0;

    put(p, quote ? "\"" : "");
    switch (it->kind) {
    case K_UTF8:
        put_quoted(p, it->e.value);
        break;
    case K_INT:
        (void)!der_int(it->e.value, &n);
        put_int(p, n, it->names);
        break;
    case K_BOOL:
        put(p, it->e.value.n && it->e.value.p[0] ? "true" : "false");
        break;
    case K_NULL:
        put(p, p->json ? "true" : "present");
        break;
    case K_BITS:
        put_bits(p, it->e.value, it->names);
        break;
    case K_OID:
        put_oid(p, it->e.value);
        break;
    case K_RAW:
        put_hex(p, it->e.whole);
        break;
    default:
        put_hex(p, it->e.value);
        break;
    }
    put(p, quote ? "\"" : "");
}

static void begin_line(struct printer *p)
{
    for (unsigned i = 0; i < p->depth; i++)
        put(p, "  ");
}

static void print_named(struct printer *p, const struct item *it, bool *first)
{
    if (p->json) {
        put(p, *first ? "\"" : ",\"");
        put(p, it->name);
        put(p, "\":");
    }
    *first = false;
    print_item(p, it);
}

static bool starts(const struct field *f, uint32_t tag)
{
    return f->tag ? f->tag == tag : f->type && f->kind != K_LIST && schema_starts(f->type, tag);
}

static struct item item_of_field(const struct field *f, struct tlv e)
{
    struct item it = { f->name, f->kind, f->type, f->names, e };
    bool choice = f->type && f->type->kind == K_CHOICE && !f->type->tag;

    if (choice && f->tag && f->kind != K_LIST)
        (void)!der_one(e.value, &it.e);
    return it;
}

static void print_unknown(struct printer *p, struct tlv e, bool *first)
{
    char name[16];
    struct item it = { name, K_OCTETS, NULL, NULL, e };

    snprintf(name, sizeof name, "[%" PRIX32 "]", e.tag);
    print_named(p, &it, first);
}

static void print_members(struct printer *p, const struct type *t, slice v)
{
    struct der_reader r = der_reader(v);
    unsigned next = 0;
    bool first = true;

    while (der_more(&r)) {
        struct tlv e = der_take(&r);
        unsigned row = next;
        struct item it;

        while (row < t->count && !starts(&t->fields[row], e.tag))
            row++;
        if (row == t->count) {
            print_unknown(p, e, &first);
            continue;
        }
        it = item_of_field(&t->fields[row], e);
        print_named(p, &it, &first);
        next = row + 1;
    }
}

static void print_arm(struct printer *p, const struct type *t, struct tlv e)
{
    bool first = true;

    for (unsigned i = 0; i < t->count; i++) {
        struct item it;

        if (!starts(&t->fields[i], e.tag))
            continue;
        it = item_of_field(&t->fields[i], e);
        print_named(p, &it, &first);
        return;
    }
}

static void print_elements(struct printer *p, const struct type *element, slice v)
{
    struct der_reader r = der_reader(v);

    for (unsigned i = 0; der_more(&r); i++) {
        char index[16];
        struct item it = { index, element->kind, element, element->names, der_take(&r) };

        if (element->kind == K_LIST)
            it.type = element->element;
        snprintf(index, sizeof index, "[%u]", i);
        if (p->json)
            put(p, i ? "," : "");
        print_item(p, &it);
    }
}

static void print_inside(struct printer *p, const struct item *it)
{
    const struct type *t = it->type;
    struct tlv e = it->e;

    if (it->kind == K_LIST)
        print_elements(p, it->type, e.value);
    else if (t->kind == K_SEQ)
        print_members(p, t, e.value);
    else if (!t->tag || !der_one(e.value, &e))
        print_arm(p, t, e);
}

static void print_item(struct printer *p, const struct item *it)
{
    struct item inner = *it;
    bool list, composed;

    /* What RAW keeps is shown as what it is. */
    if (it->kind == K_RAW && it->type && it->type->kind != K_RAW) {
        inner.kind = it->type->kind;
        inner.names = it->type->names;
        if (inner.kind == K_LIST)
            inner.type = it->type->element;
    } else if (it->kind == K_LIST && it->type == NULL) {
        inner.kind = K_OCTETS;
    }
    list = inner.kind == K_LIST;
    composed = list || inner.kind == K_SEQ || inner.kind == K_CHOICE;
    if (p->json) {
        put(p, !composed ? "" : list ? "[" : "{");
        composed ? print_inside(p, &inner) : put_scalar(p, &inner);
        put(p, !composed ? "" : list ? "]" : "}");
        return;
    }
    begin_line(p);
    put(p, inner.name);
    if (!composed) {
        put(p, ": ");
        put_scalar(p, &inner);
        put(p, "\n");
        return;
    }
    put(p, "\n");
    p->depth++;
    print_inside(p, &inner);
    p->depth--;
}

static enum err print(const struct type *t, slice in, const struct text_sink *to, bool json,
                      struct fault *f)
{
    struct printer p = { to, json, 0 };
    struct item it = { t->name ? t->name : "?", t->kind, t, t->names, { 0 } };
    enum err e = schema_check(t, in, f);

    if (e)
        return e;
    (void)!der_one(in, &it.e);
    if (t->kind == K_LIST)
        it.type = t->element;
    print_item(&p, &it);
    return E_OK;
}

enum err schema_print_text(const struct type *t, slice in, const struct text_sink *to,
                           struct fault *f)
{
    return print(t, in, to, false, f);
}

enum err schema_print_json(const struct type *t, slice in, const struct text_sink *to,
                           struct fault *f)
{
    return print(t, in, to, true, f);
}
