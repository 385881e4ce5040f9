#include "der/schema.h"

#include <string.h>

const struct type T_any = { .name = SCHEMA_NAME("ANY"), .kind = K_RAW };

const char *value_name(const struct value_name *names, int64_t value)
{
    for (; names && names->name; names++)
        if (names->value == value)
            return names->name;
    return NULL;
}

/* ---- which element is it? ------------------------------------------------------------------- */

static bool field_starts(const struct field *f, uint32_t tag);

bool schema_starts(const struct type *t, uint32_t tag)
{
    if (t->tag || t->kind == K_RAW)
        return !t->tag || t->tag == tag;
    for (unsigned i = 0; t->kind == K_CHOICE && i < t->count; i++)
        if (field_starts(&t->fields[i], tag))
            return true;
    return false;
}

static bool field_starts(const struct field *f, uint32_t tag)
{
    if (f->tag)
        return f->tag == tag;
    return f->type && f->kind != K_LIST && schema_starts(f->type, tag);
}

/* ---- decoding ------------------------------------------------------------------------------- */

struct decoder {
    const uint8_t *start; /* of the outermost input */
    struct fault *fault;
};

static enum err fail(const struct decoder *d, const uint8_t *at, enum err e)
{
    if (d->fault) {
        *d->fault = (struct fault){ .err = e };
        d->fault->at = at ? (size_t)(at - d->start) : 0;
    }
    return e;
}

/* A failure travels outwards and collects the names on its way. */
static enum err inside(const struct decoder *d, const char *name, int32_t index, enum err e)
{
    struct fault *f = d->fault;

    if (!e || !f)
        return e;
    if (f->depth < FAULT_DEPTH)
        f->depth++;
    memmove(f->path + 1, f->path, (f->depth - 1u) * sizeof f->path[0]);
    f->path[0].name = name;
    f->path[0].index = index;
    return e;
}

/* What a value is made of, whether it is a field, an element or a whole message. */
struct shape {
    enum kind kind;
    const struct type *type;
    int32_t min, max;
};

static struct shape shape_of_field(const struct field *f)
{
    return (struct shape){ f->kind, f->type, f->min, f->max };
}

static struct shape shape_of_type(const struct type *t)
{
    return (struct shape){ t->kind, t->kind == K_LIST ? t->element : t, t->min, t->max };
}

static enum err decode_type(const struct decoder *d, const struct type *t, const struct tlv *e,
                            void *out);

static bool within(struct shape s, int64_t n)
{
    return (s.min == 0 && s.max == 0) || (n >= s.min && n <= s.max);
}

static enum err utf8_count(slice s, int64_t *count)
{
    *count = 0;
    for (size_t i = 0; i < s.n; (*count)++) {
        uint8_t c = s.p[i++];
        unsigned more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : 3;
        uint32_t v = more == 0 ? c : more == 1 ? c & 0x1F : more == 2 ? c & 0x0F : c & 0x07;

        if (more == 3 && (c < 0xF0 || c > 0xF4))
            return E_SYNTAX;
        for (unsigned k = more; k; k--) {
            if (i == s.n || (s.p[i] & 0xC0) != 0x80)
                return E_SYNTAX;
            v = v << 6 | (s.p[i++] & 0x3F);
        }
        if ((more == 2 && (v < 0x800 || (v >= 0xD800 && v < 0xE000))) ||
            (more == 3 && (v < 0x10000 || v > 0x10FFFF)))
            return E_SYNTAX;
    }
    return E_OK;
}

static enum err check_bits(slice v)
{
    if (v.n < 1)
        return E_SIZE;
    return v.p[0] > 7 || (v.n == 1 && v.p[0]) ? E_SYNTAX : E_OK;
}

static enum err check_oid(slice v)
{
    return !v.n || v.p[v.n - 1] & 0x80 || v.p[0] == 0x80 ? E_SYNTAX : E_OK;
}

static enum err decode_int(struct shape s, slice v, void *out)
{
    int64_t n;
    enum err e = der_int(v, &n);

    if (e)
        return e;
    /* INT_MAX as upper limit stands for "whatever fits". */
    if (!(s.min == 0 && s.max == 0) && (n < s.min || (s.max != INT_MAX && n > s.max)))
        return E_RANGE;
    if (out)
        memcpy(out, &n, sizeof n);
    return E_OK;
}

static enum err decode_bool(slice v, void *out)
{
    bool b;

    if (v.n != 1)
        return E_SIZE;
    b = v.p[0] != 0;
    if (out)
        memcpy(out, &b, sizeof b);
    return E_OK;
}

static enum err decode_list(const struct decoder *d, struct shape s, slice v, void *out)
{
    struct der_reader r = der_reader(v);
    int64_t count = 0;

    while (der_more(&r)) {
        const uint8_t *at = r.in.p;
        struct tlv e = der_take(&r);
        enum err err = r.err;

        if (!err && !schema_starts(s.type, e.tag))
            err = s.type->kind == K_CHOICE ? E_CHOICE : E_TAG;
        if (err)
            return inside(d, NULL, (int32_t)count, fail(d, at, err));
        err = decode_type(d, s.type, &e, NULL);
        if (err)
            return inside(d, NULL, (int32_t)count, err);
        if (++count == INT_MAX)
            return fail(d, at, E_SIZE);
    }
    if (!within(s, count))
        return fail(d, v.p, E_SIZE);
    if (out)
        memcpy(out, &v, sizeof v);
    return E_OK;
}

/* An element kept as it is: its inside is checked under the tag that stands there. */
static enum err decode_raw(const struct decoder *d, struct shape s, const struct tlv *e, void *out)
{
    enum err err = E_OK;

    if (!within(s, (int64_t)e->whole.n))
        return fail(d, e->whole.p, E_SIZE);
    if (s.type->kind != K_RAW)
        err = decode_type(d, s.type, e, NULL);
    if (!err && out)
        memcpy(out, &e->whole, sizeof e->whole);
    return err;
}

static enum err decode_slice(struct shape s, slice v, void *out)
{
    int64_t size = (int64_t)v.n;
    enum err e = E_OK;

    if (s.kind == K_UTF8)
        e = utf8_count(v, &size);
    if (s.kind == K_BITS)
        e = check_bits(v);
    if (s.kind == K_OID)
        e = check_oid(v);
    if (!e && s.kind != K_BITS && !within(s, size))
        e = E_SIZE;
    if (!e && out)
        memcpy(out, &v, sizeof v);
    return e;
}

static enum err decode_null(const struct tlv *e, void *out)
{
    bool here = true;

    if (!tag_constructed(e->tag) && e->value.n)
        return E_SIZE;
    if (out)
        memcpy(out, &here, sizeof here);
    return E_OK;
}

/* The content of one element whose tag has been matched. */
static enum err decode_value(const struct decoder *d, struct shape s, const struct tlv *e,
                             void *out)
{
    enum err err;

    switch (s.kind) {
    case K_SEQ:
    case K_CHOICE:
        return decode_type(d, s.type, e, out);
    case K_LIST:
        return decode_list(d, s, e->value, out);
    case K_RAW:
        return decode_raw(d, s, e, out);
    case K_INT:
        err = decode_int(s, e->value, out);
        break;
    case K_BOOL:
        err = decode_bool(e->value, out);
        break;
    case K_NULL:
        err = decode_null(e, out);
        break;
    default:
        err = decode_slice(s, e->value, out);
        break;
    }
    return err ? fail(d, e->whole.p, err) : E_OK;
}

static void *member(void *out, uint16_t offset)
{
    return out ? (uint8_t *)out + offset : NULL;
}

static void mark_present(const struct field *f, void *out)
{
    const bool here = true;

    if (out && f->has)
        memcpy((uint8_t *)out + f->has, &here, sizeof here);
}

static void set_default(const struct field *f, void *out)
{
    int64_t n = f->dflt;
    bool b = f->dflt != 0;

    if (!out || !(f->flags & FIELD_DEFAULT))
        return;
    if (f->kind == K_INT)
        memcpy((uint8_t *)out + f->offset, &n, sizeof n);
    else
        memcpy((uint8_t *)out + f->offset, &b, sizeof b);
}

/* A tag in front of an untagged CHOICE is EXPLICIT: the element holds exactly one arm. */
static bool is_explicit(const struct field *f)
{
    return (f->kind == K_CHOICE || f->kind == K_RAW) && f->tag && f->type->kind == K_CHOICE &&
           !f->type->tag;
}

static enum err decode_field(const struct decoder *d, const struct field *f, const struct tlv *e,
                             void *out)
{
    struct tlv inner = *e;
    enum err err;

    if (!is_explicit(f))
        return decode_value(d, shape_of_field(f), e, out);
    err = der_one(e->value, &inner);
    if (err)
        return fail(d, e->value.p, e->value.n ? err : E_MISSING);
    if (f->kind == K_CHOICE)
        return decode_type(d, f->type, &inner, out);
    err = decode_type(d, f->type, &inner, NULL);
    if (!err && out)
        memcpy(out, &e->whole, sizeof e->whole);
    return err;
}

/* Rows i .. until-1 are absent: none of them may be mandatory. */
static enum err skip_rows(const struct decoder *d, const struct type *t, unsigned i, unsigned until,
                          const uint8_t *at, void *out)
{
    for (; i < until; i++) {
        bool aliased = i + 1 == until && until < t->count && t->fields[until].flags & FIELD_ALIAS;

        if (!(t->fields[i].flags & FIELD_OPTIONAL) && !aliased)
            return inside(d, t->fields[i].name, -1, fail(d, at, E_MISSING));
        set_default(&t->fields[i], out);
    }
    return E_OK;
}

static enum err decode_seq(const struct decoder *d, const struct type *t, slice v, void *out)
{
    struct der_reader r = der_reader(v);
    unsigned next = 0;
    enum err err;

    if (out)
        memset(out, 0, t->size);
    while (der_more(&r)) {
        const uint8_t *at = r.in.p;
        struct tlv e = der_take(&r);
        unsigned row = next;

        if (r.err)
            return fail(d, at, r.err);
        while (row < t->count && !field_starts(&t->fields[row], e.tag))
            row++;
        if (row == t->count) {
            for (unsigned i = 0; i < next; i++)
                if (field_starts(&t->fields[i], e.tag))
                    return inside(d, t->fields[i].name, -1, fail(d, at, E_REPEATED));
            continue;
        }
        err = skip_rows(d, t, next, row, at, out);
        if (err)
            return err;
        err = decode_field(d, &t->fields[row], &e, member(out, t->fields[row].offset));
        if (err)
            return inside(d, t->fields[row].name, -1, err);
        mark_present(&t->fields[row], out);
        next = row + 1;
    }
    return skip_rows(d, t, next, t->count, v.p + v.n, out);
}

static enum err decode_arm(const struct decoder *d, const struct type *t, const struct tlv *e,
                           void *out)
{
    for (unsigned i = 0; i < t->count; i++) {
        const struct field *f = &t->fields[i];
        int which = 1 + (int)i - (f->flags & FIELD_ALIAS ? 1 : 0);
        enum err err;

        if (!field_starts(f, e->tag))
            continue;
        if (out)
            memset(out, 0, t->size);
        err = decode_field(d, f, e, member(out, f->offset));
        if (out && !err)
            memcpy(out, &which, sizeof which);
        return inside(d, f->name, -1, err);
    }
    return fail(d, e->whole.p, E_CHOICE);
}

/* One element as a value of type t; its tag is t's own, or another that the caller matched. */
static enum err decode_type(const struct decoder *d, const struct type *t, const struct tlv *e,
                            void *out)
{
    struct tlv inner = *e;

    if (t->kind == K_SEQ)
        return decode_seq(d, t, e->value, out);
    if (t->kind != K_CHOICE)
        return decode_value(d, shape_of_type(t), e, out);
    if (t->tag) {
        enum err err = der_one(e->value, &inner);

        if (err)
            return fail(d, e->value.p, e->value.n ? err : E_MISSING);
    }
    return decode_arm(d, t, &inner, out);
}

enum err schema_decode(const struct type *t, slice in, void *out, struct fault *f)
{
    struct decoder d = { in.p, f };
    struct tlv e;
    enum err err = der_one(in, &e);

    if (f)
        *f = (struct fault){ .err = E_OK };
    if (err)
        return fail(&d, err == E_TRAILING ? e.whole.p + e.whole.n : in.p, err);
    if (!schema_starts(t, e.tag))
        return fail(&d, in.p, t->tag ? E_TAG : E_CHOICE);
    return decode_type(&d, t, &e, out);
}

bool schema_next(const struct type *element, slice *rest, void *out)
{
    struct der_reader r = der_reader(*rest);
    struct tlv e = der_take(&r);

    if (r.err || schema_decode(element, e.whole, out, NULL))
        return false;
    *rest = r.in;
    return true;
}

/* ---- encoding ------------------------------------------------------------------------------- */

struct encoder {
    struct der_writer *w;
    struct fault *fault;
    enum dialect dialect;
};

static enum err encode_type(const struct encoder *x, const struct type *t, uint32_t tag,
                            const void *value);

static enum err efail(const struct encoder *x, enum err e)
{
    if (e && x->fault)
        *x->fault = (struct fault){ .err = e };
    if (e && !x->w->err)
        x->w->err = e;
    return e;
}

static enum err einside(const struct encoder *x, const char *name, enum err e)
{
    struct decoder d = { NULL, x->fault };

    return inside(&d, name, -1, e);
}

static bool is_there(const struct field *f, const void *value, bool in_seq)
{
    const uint8_t *at = (const uint8_t *)value + f->offset;
    bool here;
    int which;

    switch (f->kind) {
    case K_INT:
    case K_BOOL:
    case K_SEQ:
        if (!in_seq)
            return true;
        memcpy(&here, (const uint8_t *)value + f->has, sizeof here);
        return here;
    case K_NULL:
        memcpy(&here, at, sizeof here);
        return here;
    case K_CHOICE:
        memcpy(&which, at, sizeof which);
        return which != 0;
    default: {
        slice s;

        memcpy(&s, at, sizeof s);
        return s.p != NULL;
    }
    }
}

/* Of a row with a default; its has_ flag does not count. */
static bool is_default(const struct field *f, const void *value)
{
    const uint8_t *at = (const uint8_t *)value + f->offset;
    int64_t n;
    bool b;

    if (f->kind == K_INT) {
        memcpy(&n, at, sizeof n);
        return n == f->dflt;
    }
    memcpy(&b, at, sizeof b);
    return b == (f->dflt != 0);
}

static enum err encode_raw(const struct encoder *x, uint32_t tag, slice s)
{
    struct tlv e;

    if (der_one(s, &e))
        return efail(x, E_ARGUMENT);
    if (!tag || tag == e.tag)
        der_put(x->w, s);
    else
        der_put_tlv(x->w, tag, e.value);
    return efail(x, x->w->err);
}

static enum err encode_slice(const struct encoder *x, struct shape s, uint32_t tag, slice v)
{
    enum err err = decode_slice(s, v, NULL);

    if (err)
        return efail(x, err);
    der_put_tlv(x->w, tag, v);
    return efail(x, x->w->err);
}

static enum err encode_int(const struct encoder *x, struct shape s, uint32_t tag, int64_t n)
{
    if (!(s.min == 0 && s.max == 0) && (n < s.min || (s.max != INT_MAX && n > s.max)))
        return efail(x, E_RANGE);
    der_put_int(x->w, tag, n);
    return efail(x, x->w->err);
}

static enum err encode_value(const struct encoder *x, struct shape s, uint32_t tag,
                             const void *value)
{
    int64_t n;
    bool b;
    slice v;

    switch (s.kind) {
    case K_SEQ:
    case K_CHOICE:
        return encode_type(x, s.type, tag, value);
    case K_INT:
        memcpy(&n, value, sizeof n);
        return encode_int(x, s, tag, n);
    case K_BOOL:
        memcpy(&b, value, sizeof b);
        der_put_bool(x->w, tag, b);
        return efail(x, x->w->err);
    case K_NULL:
        der_put_tlv(x->w, tag, SLICE_EMPTY);
        return efail(x, x->w->err);
    case K_RAW:
        memcpy(&v, value, sizeof v);
        return encode_raw(x, tag, v);
    case K_LIST:
        memcpy(&v, value, sizeof v);
        der_put_tlv(x->w, tag, v);
        return efail(x, x->w->err);
    default:
        memcpy(&v, value, sizeof v);
        return encode_slice(x, s, tag, v);
    }
}

static enum err encode_field(const struct encoder *x, const struct field *f, const void *value)
{
    const void *at = (const uint8_t *)value + f->offset;
    uint32_t tag = f->tag ? f->tag : f->type && f->kind != K_LIST ? f->type->tag : 0;
    size_t mark = der_mark(x->w);
    enum err err;

    if (f->kind == K_CHOICE && is_explicit(f)) {
        err = encode_type(x, f->type, 0, at);
        der_wrap(x->w, f->tag, mark);
    } else {
        err = encode_value(x, shape_of_field(f), tag, at);
    }
    return einside(x, f->name, err);
}

static enum err encode_seq(const struct encoder *x, const struct type *t, const void *value)
{
    for (unsigned i = t->count; i-- > 0;) {
        const struct field *f = &t->fields[i];
        bool here = is_there(f, value, true);
        bool needs_flag = f->kind == K_INT || f->kind == K_BOOL || f->kind == K_SEQ;
        enum err err;

        if (f->flags & FIELD_ALIAS || f->since > x->dialect)
            continue;
        if (f->flags & FIELD_DEFAULT ? is_default(f, value) : f->flags & FIELD_OPTIONAL && !here)
            continue;
        if (!here && !needs_flag)
            return einside(x, f->name, efail(x, E_MISSING));
        err = encode_field(x, f, value);
        if (err)
            return err;
    }
    return E_OK;
}

static enum err encode_type(const struct encoder *x, const struct type *t, uint32_t tag,
                            const void *value)
{
    size_t mark = der_mark(x->w);
    int which;
    enum err err;

    if (t->kind == K_SEQ) {
        err = encode_seq(x, t, value);
    } else if (t->kind == K_CHOICE) {
        memcpy(&which, value, sizeof which);
        if (which < 1 || which > t->count)
            return efail(x, E_CHOICE);
        err = encode_field(x, &t->fields[which - 1], value);
        if (!t->tag)
            return err;
    } else {
        return encode_value(x, shape_of_type(t), tag, value);
    }
    der_wrap(x->w, tag, mark);
    return err ? err : efail(x, x->w->err);
}

enum err schema_write(const struct type *t, const void *value, enum dialect dialect,
                      struct der_writer *w, struct fault *f)
{
    struct encoder x = { w, f, dialect };

    if (f)
        *f = (struct fault){ .err = E_OK };
    if (w->err)
        return efail(&x, w->err);
    return encode_type(&x, t, t->tag, value);
}

enum err schema_encode(const struct type *t, const void *value, void *buf, size_t size, slice *out,
                       struct fault *f)
{
    struct der_writer w = der_writer(buf, size);
    enum err err = schema_write(t, value, DIALECT_BASE, &w, f);

    return err ? err : der_written(&w, out);
}
