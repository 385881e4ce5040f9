#include "der/schema_sample.h"

#define LONG_VALUE    40 /* octets or characters of an unlimited or very large value, at most */
#define LIST_ELEMENTS 3

struct sampler {
    struct der_writer *w;
    uint64_t state;
};

static void sample_type(struct sampler *s, const struct type *t, uint32_t tag);

/* splitmix64: any seed will do, and nothing here is secret */
static uint64_t draw(struct sampler *s)
{
    uint64_t z = s->state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static int64_t draw_between(struct sampler *s, int64_t low, int64_t high)
{
    return low + (int64_t)(draw(s) % (uint64_t)(high - low + 1));
}

static size_t draw_size(struct sampler *s, int32_t min, int32_t max)
{
    int64_t top = min == 0 && max == 0 ? LONG_VALUE : max;

    if (top > LONG_VALUE)
        top = min > LONG_VALUE ? min : LONG_VALUE;
    return (size_t)draw_between(s, min, top);
}

static void put_random(struct sampler *s, size_t n, bool letters)
{
    while (n-- && !s->w->err) {
        uint8_t c = (uint8_t)draw(s);

        if (letters)
            c = (uint8_t)('a' + c % 26);
        der_put(s->w, slice_of(&c, 1));
    }
}

static int64_t draw_int(struct sampler *s, int32_t min, int32_t max, const struct value_name *names)
{
    unsigned count = 0;

    while (names && names[count].name)
        count++;
    if (count) {
        int64_t v = names[draw(s) % count].value;

        if ((min == 0 && max == 0) || (v >= min && v <= max))
            return v;
    }
    return min == 0 && max == 0 ? draw_between(s, 0, 70000) : draw_between(s, min, max);
}

static void sample_bits(struct sampler *s, uint32_t tag, const struct value_name *names)
{
    uint64_t mask = 0;

    for (unsigned i = 0; names && names[i].name; i++)
        if (names[i].value < 64)
            mask |= (draw(s) & 1) << names[i].value;
    der_put_bits(s->w, tag, names ? mask : draw(s) & 0xFFFF);
}

static void sample_scalar(struct sampler *s, enum kind kind, uint32_t tag, int32_t min, int32_t max,
                          const struct value_name *names)
{
    size_t mark = der_mark(s->w);

    switch (kind) {
    case K_INT:
        der_put_int(s->w, tag, draw_int(s, min, max, names));
        return;
    case K_BOOL:
        der_put_bool(s->w, tag, draw(s) & 1);
        return;
    case K_BITS:
        sample_bits(s, tag, names);
        return;
    case K_NULL:
        der_put_tlv(s->w, tag, SLICE_EMPTY);
        return;
    case K_OID:
        der_put_tlv(s->w, tag, SLICE_LIT("\x88\x37\x0A"));
        return;
    default:
        put_random(s, draw_size(s, min, max), kind == K_UTF8);
        der_wrap(s->w, tag, mark);
        return;
    }
}

/* Something well formed for a part that the tables do not describe. */
static void sample_any(struct sampler *s, uint32_t tag)
{
    size_t mark = der_mark(s->w);

    if (tag && !tag_constructed(tag))
        put_random(s, 8, false);
    else
        sample_scalar(s, K_OCTETS, 0x80, 1, 24, NULL);
    der_wrap(s->w, tag ? tag : 0x30, mark);
}

static void sample_list(struct sampler *s, const struct type *element, uint32_t tag, int32_t min,
                        int32_t max)
{
    size_t mark = der_mark(s->w);
    int64_t top = (min == 0 && max == 0) || max > LIST_ELEMENTS ? LIST_ELEMENTS : max;
    int64_t count = draw_between(s, min, top < min ? min : top);

    while (count-- && !s->w->err)
        sample_type(s, element, element->tag);
    der_wrap(s->w, tag, mark);
}

static void sample_field(struct sampler *s, const struct field *f)
{
    uint32_t tag = f->tag ? f->tag : f->type && f->kind != K_LIST ? f->type->tag : 0;
    bool choice = f->kind == K_CHOICE || (f->kind == K_RAW && f->type->kind == K_CHOICE);
    size_t mark = der_mark(s->w);

    if (f->kind == K_LIST) {
        sample_list(s, f->type, tag, f->min, f->max);
    } else if (choice && f->tag && !f->type->tag) {
        sample_type(s, f->type, 0);
        der_wrap(s->w, f->tag, mark);
    } else if (f->kind == K_SEQ || choice || f->kind == K_RAW) {
        sample_type(s, f->type, tag);
    } else if (f->flags & FIELD_DEFAULT && f->kind == K_BOOL) {
        der_put_bool(s->w, tag, !f->dflt);
    } else {
        sample_scalar(s, (enum kind)f->kind, tag, f->min, f->max, f->names);
    }
}

static bool is_left_out(struct sampler *s, const struct field *f)
{
    if (f->flags & FIELD_ALIAS || f->since)
        return true;
    /* A default value may be drawn, and must not stand in a canonical encoding. */
    if (f->flags & FIELD_DEFAULT && f->kind == K_INT)
        return true;
    return f->flags & FIELD_OPTIONAL && draw(s) % 4 == 0;
}

static void sample_type(struct sampler *s, const struct type *t, uint32_t tag)
{
    size_t mark = der_mark(s->w);
    const struct field *arm;

    switch (t->kind) {
    case K_SEQ:
        for (unsigned i = t->count; i-- > 0;)
            if (!is_left_out(s, &t->fields[i]))
                sample_field(s, &t->fields[i]);
        der_wrap(s->w, tag, mark);
        return;
    case K_CHOICE:
        do
            arm = &t->fields[draw(s) % t->count];
        while (arm->flags & FIELD_ALIAS || arm->since);
        sample_field(s, arm);
        if (t->tag)
            der_wrap(s->w, tag, mark);
        return;
    case K_LIST:
        sample_list(s, t->element, tag, t->min, t->max);
        return;
    case K_RAW:
        sample_any(s, tag);
        return;
    default:
        sample_scalar(s, (enum kind)t->kind, tag, t->min, t->max, t->names);
        return;
    }
}

enum err schema_sample(const struct type *t, uint64_t seed, void *buf, size_t size, slice *out)
{
    struct der_writer w = der_writer(buf, size);
    struct sampler s = { &w, seed };

    sample_type(&s, t, t->tag);
    return der_written(&w, out);
}
