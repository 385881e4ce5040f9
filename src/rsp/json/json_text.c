#include "rsp/json/json_text.h"

#include "base/text.h"

struct parser {
    slice text;
    size_t at;
    struct arena *arena;
    unsigned values;
};

static enum err parse_value(struct parser *p, unsigned depth, struct jtext *v);

/* 0 at the end, which is no octet that JSON has outside of strings. */
static uint8_t peek(const struct parser *p)
{
    return p->at < p->text.n ? p->text.p[p->at] : 0;
}

static bool take(struct parser *p, uint8_t c)
{
    bool here = p->at < p->text.n && p->text.p[p->at] == c;

    p->at += here;
    return here;
}

static void skip_space(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->at++;
}

/* ---- strings ---- */

/* Past what stands for itself: up to a quote, an escape, or something that must not be there. */
static enum err skip_plain(struct parser *p)
{
    uint32_t sign;

    while (p->at < p->text.n) {
        uint8_t c = p->text.p[p->at];
        size_t n = 1;

        if (c == '"' || c == '\\' || c < 0x20)
            break;
        if (c >= 0x80)
            n = utf8_sign(slice_skip(p->text, p->at), &sign);
        if (!n)
            return E_SYNTAX;
        p->at += n;
    }
    return E_OK;
}

static enum err hex4(struct parser *p, uint32_t *unit)
{
    uint8_t octets[2];
    size_t n;

    if (p->text.n - p->at < 4 ||
        hex_decode(slice_of(p->text.p + p->at, 4), octets, sizeof octets, &n))
        return E_SYNTAX;
    *unit = (uint32_t)octets[0] << 8 | octets[1];
    p->at += 4;
    return E_OK;
}

/* Behind "\u": a sign of one unit or two; never NUL. */
static enum err unicode_escape(struct parser *p, uint32_t *sign)
{
    uint32_t low;

    if (hex4(p, sign) || !*sign || *sign >> 10 == 0xDC00 >> 10)
        return E_SYNTAX;
    if (*sign >> 10 != 0xD800 >> 10)
        return E_OK;
    if (!take(p, '\\') || !take(p, 'u') || hex4(p, &low) || low >> 10 != 0xDC00 >> 10)
        return E_SYNTAX;
    *sign = 0x10000 + ((*sign & 0x3FF) << 10 | (low & 0x3FF));
    return E_OK;
}

/* Behind the backslash. */
static enum err escape(struct parser *p, uint32_t *sign)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    uint8_t c = peek(p);
    const char *known = c ? strchr(letters, c) : NULL;

    p->at++;
    if (c == 'u')
        return unicode_escape(p, sign);
    if (!known)
        return E_SYNTAX;
    *sign = (uint8_t)meant[known - letters];
    return E_OK;
}

static size_t put_utf8(uint32_t sign, uint8_t *to)
{
    size_t n = sign < 0x80 ? 1 : sign < 0x800 ? 2 : sign < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = n; i > 1; i--, sign >>= 6)
        to[i - 1] = (uint8_t)(0x80 | (sign & 0x3F));
    to[0] = (uint8_t)(lead[n] | sign);
    return n;
}

/* Octets up to the closing quote, or to the end of the text. */
static size_t written_length(slice rest)
{
    size_t n = 0;

    while (n < rest.n && rest.p[n] != '"')
        n += rest.p[n] == '\\' ? 2 : 1;
    return n < rest.n ? n : rest.n;
}

/* A string with escapes that begins at `from`: what it says is never longer than how it says it. */
static enum err unescape(struct parser *p, size_t from, slice *out)
{
    uint8_t *to = arena_alloc(p->arena, written_length(slice_skip(p->text, from)));
    size_t plain = from, n = 0;
    uint32_t sign;

    if (!to)
        return E_MEMORY;
    for (;;) {
        memcpy(to + n, p->text.p + plain, p->at - plain);
        n += p->at - plain;
        if (take(p, '"'))
            break;
        if (!take(p, '\\') || escape(p, &sign))
            return E_SYNTAX;
        n += put_utf8(sign, to + n);
        plain = p->at;
        if (skip_plain(p))
            return E_SYNTAX;
    }
    *out = slice_of(to, n);
    return E_OK;
}

static enum err parse_string(struct parser *p, slice *out)
{
    size_t from = p->at + 1;

    if (!take(p, '"') || skip_plain(p))
        return E_SYNTAX;
    if (peek(p) == '\\')
        return unescape(p, from, out);
    *out = slice_of(p->text.p + from, p->at - from);
    return take(p, '"') ? E_OK : E_SYNTAX;
}

/* ---- the other values ---- */

static bool digits(struct parser *p)
{
    size_t from = p->at;

    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return p->at > from;
}

static enum err parse_number(struct parser *p, slice *out)
{
    size_t from = p->at;
    bool fits;

    take(p, '-');
    fits = take(p, '0') || digits(p);
    if (fits && take(p, '.'))
        fits = digits(p);
    if (fits && (take(p, 'e') || take(p, 'E'))) {
        if (!take(p, '+'))
            take(p, '-');
        fits = digits(p);
    }
    *out = slice_of(p->text.p + from, p->at - from);
    return fits ? E_OK : E_SYNTAX;
}

static enum err parse_word(struct parser *p, enum jtext_kind *kind)
{
    static const struct {
        const char *word;
        enum jtext_kind kind;
    } words[] = { { "true", JTEXT_TRUE }, { "false", JTEXT_FALSE }, { "null", JTEXT_NULL } };
    slice rest = slice_skip(p->text, p->at);

    for (size_t i = 0; i < COUNT(words); i++) {
        if (!slice_starts(rest, slice_str(words[i].word)))
            continue;
        p->at += strlen(words[i].word);
        *kind = words[i].kind;
        return E_OK;
    }
    return E_SYNTAX;
}

static bool is_known(const struct jtext *object, slice name)
{
    for (const struct jtext *m = object->first; m; m = m->next)
        if (slice_eq(m->name, name))
            return true;
    return false;
}

static enum err parse_name(struct parser *p, const struct jtext *object, slice *name)
{
    enum err e = parse_string(p, name);

    if (!e && is_known(object, *name))
        e = E_SYNTAX;
    if (e)
        return e;
    skip_space(p);
    return take(p, ':') ? E_OK : E_SYNTAX;
}

static enum err new_value(struct parser *p, struct jtext **out)
{
    if (p->values++ == JTEXT_VALUES_MAX)
        return E_LIMIT;
    *out = ARENA_NEW(p->arena, struct jtext);
    return *out ? E_OK : E_MEMORY;
}

/* An array or object, from its bracket on. */
static enum err parse_inside(struct parser *p, unsigned depth, struct jtext *v)
{
    uint8_t close = v->kind == JTEXT_OBJECT ? '}' : ']';
    const struct jtext **last = &v->first;
    enum err e = E_OK;

    if (depth > JTEXT_DEPTH_MAX)
        return E_LIMIT;
    p->at++;
    skip_space(p);
    if (take(p, close))
        return E_OK;
    do {
        struct jtext *inner;
        slice name = SLICE_NONE;

        skip_space(p);
        if (v->kind == JTEXT_OBJECT)
            e = parse_name(p, v, &name);
        if (!e)
            e = new_value(p, &inner);
        if (!e)
            e = parse_value(p, depth + 1, inner);
        if (e)
            return e;
        inner->name = name;
        *last = inner;
        last = &inner->next;
        skip_space(p);
    } while (take(p, ','));
    return take(p, close) ? E_OK : E_SYNTAX;
}

static enum err parse_value(struct parser *p, unsigned depth, struct jtext *v)
{
    uint8_t c;

    skip_space(p);
    c = peek(p);
    if (c == '{' || c == '[') {
        v->kind = c == '{' ? JTEXT_OBJECT : JTEXT_ARRAY;
        return parse_inside(p, depth, v);
    }
    if (c == '"') {
        v->kind = JTEXT_STRING;
        return parse_string(p, &v->text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        v->kind = JTEXT_NUMBER;
        return parse_number(p, &v->text);
    }
    return parse_word(p, &v->kind);
}

enum err jtext_parse(slice text, struct arena *a, const struct jtext **out, size_t *at)
{
    struct parser p = { .text = text, .arena = a };
    struct jtext *v;
    enum err e = new_value(&p, &v);

    if (!e)
        e = parse_value(&p, 1, v);
    if (!e)
        skip_space(&p);
    if (!e && p.at < text.n)
        e = E_SYNTAX;
    *at = p.at < text.n ? p.at : text.n;
    *out = e ? NULL : v;
    return e;
}

/* ---- looking into it ---- */

const struct jtext *jtext_find(const struct jtext *object, const char *name)
{
    const struct jtext *alike = NULL;

    for (const struct jtext *m = object->first; m; m = m->next) {
        if (!slice_eq_nocase(m->name, slice_str(name)))
            continue;
        if (slice_eq_str(m->name, name))
            return m;
        if (!alike)
            alike = m;
    }
    return alike;
}

enum err jtext_integer(const struct jtext *v, int64_t *out)
{
    bool below = v->kind == JTEXT_NUMBER && v->text.p[0] == '-';
    enum err e = E_SYNTAX;

    if (v->kind == JTEXT_NUMBER)
        e = decimal_decode(slice_skip(v->text, below), out);
    if (!e && below)
        *out = -*out;
    return e;
}
