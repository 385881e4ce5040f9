#include "ipa/json_stream.h"

enum state {
    AT_START, /* white space, then the outermost object */
    AT_VALUE, /* a value must follow */
    AT_KEY,   /* a name or the end of the object */
    AT_COLON, /* between name and value */
    AT_NEXT,  /* behind a value: comma or the end of the container */
    IN_STRING,
    IN_ESCAPE,
    IN_UNICODE, /* the digits of \uXXXX */
    IN_LITERAL, /* number, true, false, null */
    AT_END
};

void json_stream_init(struct json_stream *s, const struct json_sink *sink, void *ctx)
{
    *s = (struct json_stream){ .sink = sink, .ctx = ctx, .state = AT_START };
}

bool json_stream_complete(const struct json_stream *s)
{
    return s->state == AT_END;
}

bool json_stream_is(const char *name, const char *wanted)
{
    return slice_eq_nocase(slice_str(name), slice_str(wanted));
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool in_object(const struct json_stream *s)
{
    return s->is_object >> s->depth & 1;
}

static void value_begins(struct json_stream *s)
{
    s->in_key = false;
    s->take = (uint8_t)s->sink->begin(s->ctx, s->depth, s->key);
    s->bits = 0;
    s->bit_count = 0;
    s->padded = false;
}

static enum err value_ends(struct json_stream *s)
{
    s->state = AT_NEXT;
    return s->take == JSON_SKIP ? E_OK : s->sink->end(s->ctx);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static enum err base64_octet(struct json_stream *s, uint8_t c)
{
    int v = base64_value(c);

    if (is_space(c))
        return E_OK;
    if (c == '=') {
        s->padded = true;
        return E_OK;
    }
    if (v < 0 || s->padded)
        return E_SYNTAX;
    s->bits = s->bits << 6 | (uint32_t)v;
    s->bit_count += 6;
    if (s->bit_count < 8)
        return E_OK;
    s->bit_count -= 8;
    return s->sink->octet(s->ctx, (uint8_t)(s->bits >> s->bit_count));
}

static enum err string_octet(struct json_stream *s, uint8_t c)
{
    if (s->in_key) {
        if (s->key_n < JSON_STREAM_KEY)
            s->key[s->key_n] = (char)c;
        if (s->key_n <= JSON_STREAM_KEY)
            s->key_n++;
        return E_OK;
    }
    if (s->take == JSON_TEXT)
        return s->sink->octet(s->ctx, c);
    return s->take == JSON_BASE64 ? base64_octet(s, c) : E_OK;
}

static enum err string_ends(struct json_stream *s)
{
    if (!s->in_key)
        return value_ends(s);
    if (s->key_n > JSON_STREAM_KEY)
        s->key_n = 0;
    s->key[s->key_n] = 0;
    s->state = AT_COLON;
    return E_OK;
}

static enum err open_container(struct json_stream *s, bool object)
{
    if (s->depth + 1 >= JSON_STREAM_DEPTH)
        return E_LIMIT;
    s->depth++;
    s->is_object &= ~(1u << s->depth);
    if (object)
        s->is_object |= 1u << s->depth;
    s->state = object ? AT_KEY : AT_VALUE;
    return E_OK;
}

static enum err close_container(struct json_stream *s, bool object)
{
    if (!s->depth || in_object(s) != object)
        return E_SYNTAX;
    s->depth--;
    s->state = s->depth ? AT_NEXT : AT_END;
    return E_OK;
}

static enum err begin_value(struct json_stream *s, uint8_t c)
{
    if (c == '{' || c == '[')
        return open_container(s, c == '{');
    if (c == ']')
        return close_container(s, false); /* an empty array */
    if (c == '"') {
        s->state = IN_STRING;
        value_begins(s);
        return E_OK;
    }
    if (c != '-' && c != 't' && c != 'f' && c != 'n' && (c < '0' || c > '9'))
        return E_SYNTAX;
    s->state = IN_LITERAL;
    value_begins(s);
    if (s->take == JSON_BASE64)
        return E_SYNTAX;
    return string_octet(s, c);
}

static enum err next(struct json_stream *s, uint8_t c)
{
    if (c == ',') {
        s->state = in_object(s) ? AT_KEY : AT_VALUE;
        return E_OK;
    }
    return c == '}' || c == ']' ? close_container(s, c == '}') : E_SYNTAX;
}

static enum err begin_key(struct json_stream *s, uint8_t c)
{
    if (c == '}')
        return close_container(s, true);
    if (c != '"')
        return E_SYNTAX;
    s->in_key = true;
    s->key_n = 0;
    s->state = IN_STRING;
    return E_OK;
}

static enum err in_literal(struct json_stream *s, uint8_t c)
{
    enum err e;

    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '+' || c == '-' ||
        c == 'E')
        return string_octet(s, c);
    e = value_ends(s);
    if (e || is_space(c))
        return e;
    return next(s, c);
}

static enum err in_escape(struct json_stream *s, uint8_t c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;

    s->state = IN_STRING;
    if (at)
        return string_octet(s, (uint8_t)to[at - from]);
    if (c != 'u')
        return E_SYNTAX;
    s->state = IN_UNICODE;
    s->hex_left = 4;
    s->hex = 0;
    return E_OK;
}

/* Characters beyond ASCII do not occur in what we take; they become '?', which matches nothing. */
static enum err in_unicode(struct json_stream *s, uint8_t c)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : -1;

    if (v < 0)
        return E_SYNTAX;
    s->hex = (uint16_t)(s->hex << 4 | v);
    if (--s->hex_left)
        return E_OK;
    s->state = IN_STRING;
    return string_octet(s, s->hex < 0x80 ? (uint8_t)s->hex : '?');
}

static enum err in_string(struct json_stream *s, uint8_t c)
{
    if (c == '"')
        return string_ends(s);
    if (c == '\\') {
        s->state = IN_ESCAPE;
        return E_OK;
    }
    return c < 0x20 ? E_SYNTAX : string_octet(s, c);
}

static enum err feed_one(struct json_stream *s, uint8_t c)
{
    switch ((enum state)s->state) {
    case IN_STRING:
        return in_string(s, c);
    case IN_ESCAPE:
        return in_escape(s, c);
    case IN_UNICODE:
        return in_unicode(s, c);
    case IN_LITERAL:
        return in_literal(s, c);
    default:
        break;
    }
    if (is_space(c))
        return E_OK;
    switch ((enum state)s->state) {
    case AT_START:
        return c == '{' ? open_container(s, true) : E_SYNTAX;
    case AT_VALUE:
        return begin_value(s, c);
    case AT_KEY:
        return begin_key(s, c);
    case AT_COLON:
        s->state = AT_VALUE;
        return c == ':' ? E_OK : E_SYNTAX;
    case AT_NEXT:
        return next(s, c);
    default:
        return E_SYNTAX;
    }
}

enum err json_stream_feed(struct json_stream *s, slice in, size_t *used)
{
    for (*used = 0; *used < in.n;) {
        enum err e = feed_one(s, in.p[(*used)++]);

        if (e)
            return e;
    }
    return E_OK;
}
