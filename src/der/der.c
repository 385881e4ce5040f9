#include "der/der.h"

#include <stdio.h>

#define TAG_OCTETS_MAX 4

/* Tag octets of `in`; 0 with *err set when they are not usable. */
static size_t read_tag(slice in, uint32_t *tag, enum err *err)
{
    size_t n = 1;

    if (!in.n) {
        *err = E_AGAIN;
        return 0;
    }
    *tag = in.p[0];
    if (*tag == 0) {
        *err = E_TAG;
        return 0;
    }
    if ((in.p[0] & 0x1F) != 0x1F)
        return n;
    for (;;) {
        if (n == in.n) {
            *err = E_AGAIN;
            return 0;
        }
        if (n == TAG_OCTETS_MAX || (n == 1 && in.p[n] == 0x80)) {
            *err = E_TAG;
            return 0;
        }
        *tag = *tag << 8 | in.p[n];
        if (!(in.p[n++] & 0x80))
            return n;
    }
}

enum err der_head(slice in, uint32_t *tag, size_t *head, size_t *content)
{
    enum err err = E_OK;
    size_t at = read_tag(in, tag, &err), count;
    uint32_t length = 0;

    if (err)
        return err;
    if (at == in.n)
        return E_AGAIN;
    if (in.p[at] < 0x80) {
        *content = in.p[at];
        *head = at + 1;
        return E_OK;
    }
    count = in.p[at] & 0x7F;
    if (count == 0 || count > 4)
        return E_LENGTH;
    if (in.n - at - 1 < count)
        return E_AGAIN;
    for (size_t i = 0; i < count; i++)
        length = length << 8 | in.p[at + 1 + i];
    *content = length;
    *head = at + 1 + count;
    return E_OK;
}

struct tlv der_take(struct der_reader *r)
{
    struct tlv t = { 0 };
    size_t head = 0, content = 0;

    if (r->err)
        return t;
    r->err = der_head(r->in, &t.tag, &head, &content);
    if (r->err == E_AGAIN || (!r->err && content > r->in.n - head))
        r->err = E_TRUNCATED;
    if (r->err)
        return (struct tlv){ 0 };
    t.value = (slice){ r->in.p + head, content };
    t.whole = (slice){ r->in.p, head + content };
    r->in = (slice){ r->in.p + head + content, r->in.n - head - content };
    return t;
}

uint32_t der_peek(const struct der_reader *r)
{
    uint32_t tag = 0;
    enum err err = E_OK;

    if (r->err || !read_tag(r->in, &tag, &err))
        return 0;
    return tag;
}

struct tlv der_expect(struct der_reader *r, uint32_t tag)
{
    if (!r->err && !r->in.n)
        r->err = E_MISSING;
    if (!r->err && der_peek(r) != tag && der_peek(r) != 0)
        r->err = E_TAG;
    return der_take(r);
}

struct tlv der_maybe(struct der_reader *r, uint32_t tag)
{
    return der_peek(r) == tag ? der_take(r) : (struct tlv){ 0 };
}

enum err der_end(struct der_reader *r)
{
    if (!r->err && r->in.n)
        r->err = E_TRAILING;
    return r->err;
}

enum err der_one(slice in, struct tlv *out)
{
    struct der_reader r = der_reader(in);

    *out = der_take(&r);
    return der_end(&r);
}

enum err der_int(slice value, int64_t *out)
{
    uint64_t v;

    if (value.n < 1 || value.n > 8)
        return E_SIZE;
    v = value.p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < value.n; i++)
        v = v << 8 | value.p[i];
    *out = (int64_t)v;
    return E_OK;
}

bool der_bit(slice bits, unsigned i)
{
    return bits.n > 1 + i / 8 && (bits.p[1 + i / 8] >> (7 - i % 8) & 1);
}

uint64_t der_bits(slice bits)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < 64; i++)
        mask |= (uint64_t)der_bit(bits, i) << i;
    return mask;
}

slice der_bits_make(uint64_t mask, uint8_t buf[DER_BITS_MAX])
{
    unsigned count = 64;
    size_t n;

    while (count && !(mask >> (count - 1) & 1))
        count--;
    n = (count + 7) / 8;
    memset(buf, 0, DER_BITS_MAX);
    buf[0] = (uint8_t)(n * 8 - count);
    for (unsigned i = 0; i < count; i++)
        if (mask >> i & 1)
            buf[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
    return slice_of(buf, 1 + n);
}

enum err der_oid_to_text(slice oid, char *out, size_t size)
{
    uint64_t arc = 0;
    size_t at = 0;
    bool first = true;

    if (!oid.n || oid.p[oid.n - 1] & 0x80)
        return E_SYNTAX;
    for (size_t i = 0; i < oid.n; i++) {
        int n;

        if (arc > UINT64_MAX >> 8)
            return E_SYNTAX;
        arc = arc << 7 | (oid.p[i] & 0x7F);
        if (oid.p[i] & 0x80)
            continue;
        if (first) {
            unsigned top = arc < 40 ? 0 : arc < 80 ? 1 : 2;

            n = snprintf(out + at, size - at, "%u.%llu", top, (unsigned long long)(arc - 40 * top));
        } else {
            n = snprintf(out + at, size - at, ".%llu", (unsigned long long)arc);
        }
        if (n < 0 || (size_t)n >= size - at)
            return E_NOSPACE;
        at += (size_t)n;
        first = false;
        arc = 0;
    }
    return E_OK;
}

static enum err put_arc(uint64_t arc, uint8_t *out, size_t size, size_t *at)
{
    unsigned shift = 63;

    while (shift && !(arc >> shift))
        shift -= 7;
    for (;; shift -= 7) {
        if (*at == size)
            return E_NOSPACE;
        out[(*at)++] = (uint8_t)((arc >> shift & 0x7F) | (shift ? 0x80 : 0));
        if (!shift)
            return E_OK;
    }
}

enum err der_oid_from_text(slice text, uint8_t *out, size_t size, size_t *n)
{
    uint64_t arc = 0, first = 0;
    unsigned arcs = 0;
    bool digit = false;
    enum err err = E_OK;

    *n = 0;
    for (size_t i = 0; i <= text.n && !err; i++) {
        uint8_t c = i < text.n ? text.p[i] : '.';

        if (c >= '0' && c <= '9' && arc < UINT32_MAX) {
            arc = arc * 10 + (uint64_t)(c - '0');
            digit = true;
            continue;
        }
        if (c != '.' || !digit)
            return E_SYNTAX;
        arcs++;
        if (arcs == 1)
            first = arc;
        else if (arcs == 2 && (first > 2 || (first < 2 && arc > 39)))
            return E_SYNTAX;
        else
            err = put_arc(arcs == 2 ? first * 40 + arc : arc, out, size, n);
        arc = 0;
        digit = false;
    }
    return err ? err : arcs < 2 ? E_SYNTAX : E_OK;
}

void der_put(struct der_writer *w, slice octets)
{
    if (!w->err && octets.n > (size_t)(w->at - w->start))
        w->err = E_NOSPACE;
    if (w->err || !octets.n)
        return;
    w->at -= octets.n;
    memcpy(w->at, octets.p, octets.n);
}

static size_t put_number(uint64_t v, uint8_t *out)
{
    size_t n = 1;

    while (n < 8 && v >> (8 * n))
        n++;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
    return n;
}

size_t der_put_head(uint32_t tag, size_t content, uint8_t *out)
{
    uint8_t head[DER_HEAD_MAX];
    size_t n = put_number(tag, head);

    if (content < 0x80) {
        head[n++] = (uint8_t)content;
    } else {
        size_t count = put_number((uint32_t)content, head + n + 1);

        head[n] = (uint8_t)(0x80 | count);
        n += 1 + count;
    }
    if (out)
        memcpy(out, head, n);
    return n;
}

void der_wrap(struct der_writer *w, uint32_t tag, size_t mark)
{
    uint8_t head[DER_HEAD_MAX];

    if (w->err)
        return;
    der_put(w, slice_of(head, der_put_head(tag, der_mark(w) - mark, head)));
}

void der_put_tlv(struct der_writer *w, uint32_t tag, slice value)
{
    size_t mark = der_mark(w);

    der_put(w, value);
    der_wrap(w, tag, mark);
}

void der_put_int(struct der_writer *w, uint32_t tag, int64_t value)
{
    uint8_t octets[8];
    size_t skip = 0;

    for (size_t i = 0; i < 8; i++)
        octets[i] = (uint8_t)((uint64_t)value >> (8 * (7 - i)));
    while (skip < 7 && ((octets[skip] == 0x00 && !(octets[skip + 1] & 0x80)) ||
                        (octets[skip] == 0xFF && (octets[skip + 1] & 0x80))))
        skip++;
    der_put_tlv(w, tag, slice_of(octets + skip, 8 - skip));
}

void der_put_bool(struct der_writer *w, uint32_t tag, bool value)
{
    uint8_t octet = value ? 0xFF : 0x00;

    der_put_tlv(w, tag, slice_of(&octet, 1));
}

void der_put_bits(struct der_writer *w, uint32_t tag, uint64_t mask)
{
    uint8_t buf[DER_BITS_MAX];

    der_put_tlv(w, tag, der_bits_make(mask, buf));
}

void der_put_rehead(struct der_writer *w, uint32_t tag, slice element)
{
    struct tlv t;

    if (der_one(element, &t) && !w->err)
        w->err = E_ARGUMENT;
    if (!w->err)
        der_put_tlv(w, tag, t.value);
}

enum err der_written(const struct der_writer *w, slice *out)
{
    if (!w->err)
        *out = slice_of(w->at, der_mark(w));
    return w->err;
}
