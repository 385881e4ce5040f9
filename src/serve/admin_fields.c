/* Members, query and parts of the path in; JSON out. */
#include "serve/admin_lists.h"

#include <stdio.h>
#include <time.h>

enum err admin_problem(struct admin_call *c, int status, const char *field, const char *detail)
{
    if (!c->problem) {
        c->problem = status;
        c->field = field;
        c->detail = detail;
    }
    return E_REFUSED;
}

enum err admin_checked(const struct admin_call *c)
{
    return c->problem ? E_REFUSED : E_OK;
}

/* ---- path ---- */

slice admin_part(const struct admin_call *c, unsigned i)
{
    slice rest = slice_skip(c->http->path, 1);

    for (;;) {
        const uint8_t *slash = rest.n ? memchr(rest.p, '/', rest.n) : NULL;
        slice part = slash ? slice_of(rest.p, (size_t)(slash - rest.p)) : rest;

        if (!i--)
            return part;
        if (!slash)
            return SLICE_EMPTY;
        rest = slice_skip(rest, part.n + 1);
    }
}

/* Check digits are the role's to judge: an SM-DP+ takes orders for any EID (ES2+ too). */
slice admin_given_eid(struct admin_call *c, slice digits, const char *name)
{
    uint8_t *eid = arena_alloc(c->t->arena, EID_LEN);

    if (!eid || eid_from_digits(digits, eid)) {
        admin_problem(c, 400, name, "32 digits are needed");
        return SLICE_NONE;
    }
    turn_about_eid(c->t, slice_of(eid, EID_LEN));
    return slice_of(eid, EID_LEN);
}

slice admin_given_iccid(struct admin_call *c, slice digits, const char *name)
{
    uint8_t *iccid = arena_alloc(c->t->arena, ICCID_LEN);

    if (!iccid || iccid_from_digits(digits, iccid)) {
        admin_problem(c, 400, name, "18 to 20 digits are needed");
        return SLICE_NONE;
    }
    turn_about_iccid(c->t, slice_of(iccid, ICCID_LEN));
    return slice_of(iccid, ICCID_LEN);
}

static slice read_hex(struct admin_call *c, const char *name, slice text, size_t max)
{
    uint8_t *out = arena_alloc(c->t->arena, max + 1);
    size_t n = 0;

    if (!out || hex_decode(text, out, max, &n)) {
        admin_problem(c, 400, name, "hexadecimal digits are needed, no more than fit");
        return SLICE_NONE;
    }
    return slice_of(out, n);
}

slice admin_path_eid(struct admin_call *c, unsigned i)
{
    return admin_given_eid(c, admin_part(c, i), "eid");
}

slice admin_path_iccid(struct admin_call *c, unsigned i)
{
    return admin_given_iccid(c, admin_part(c, i), "iccid");
}

slice admin_path_hex(struct admin_call *c, unsigned i, size_t octets)
{
    slice s = read_hex(c, "id", admin_part(c, i), octets);

    if (s.p && s.n != octets)
        admin_problem(c, 400, "id", "more hexadecimal digits are needed");
    return s;
}

/* Negative when it is none. */
static int64_t whole_number(slice digits)
{
    int64_t n = 0;

    for (size_t i = 0; i < digits.n && n >= 0; i++)
        n = digits.p[i] >= '0' && digits.p[i] <= '9' && digits.n <= 18
                ? n * 10 + (digits.p[i] - '0')
                : -1;
    return digits.n ? n : -1;
}

int64_t admin_path_number(struct admin_call *c, unsigned i)
{
    int64_t n = whole_number(admin_part(c, i));

    if (n > 0)
        return n;
    admin_problem(c, 400, "id", "a whole number is needed");
    return 0;
}

/* ---- members ---- */

bool admin_has(const struct admin_call *c, const char *name)
{
    return json_object_get(c->body, name) != NULL;
}

void admin_need(struct admin_call *c, const char *name)
{
    if (!admin_has(c, name))
        admin_problem(c, 400, name, "is needed");
}

static slice string(struct admin_call *c, const char *name)
{
    json_t *v = json_object_get(c->body, name);

    if (v && !json_is_string(v))
        admin_problem(c, 400, name, "must be a string");
    return json_is_string(v) ? slice_of(json_string_value(v), json_string_length(v)) : SLICE_NONE;
}

slice admin_text(struct admin_call *c, const char *name, size_t max)
{
    slice s = string(c, name);

    if (s.p && s.n > max) {
        admin_problem(c, 400, name, "is too long");
        return SLICE_NONE;
    }
    return arena_copy(c->t->arena, s);
}

slice admin_eid(struct admin_call *c, const char *name)
{
    slice s = string(c, name);

    return s.p ? admin_given_eid(c, s, name) : s;
}

slice admin_iccid(struct admin_call *c, const char *name)
{
    slice s = string(c, name);

    return s.p ? admin_given_iccid(c, s, name) : s;
}

slice admin_hex(struct admin_call *c, const char *name, size_t max)
{
    slice s = string(c, name);

    return s.p ? read_hex(c, name, s, max) : s;
}

static slice read_base64(struct admin_call *c, const char *name, slice s)
{
    uint8_t *out = s.p ? arena_alloc(c->t->arena, s.n + 1) : NULL;
    size_t n = 0;

    if (!s.p)
        return s;
    if (!out || b64_decode(s, out, s.n, &n) || !n) {
        admin_problem(c, 400, name, "base64 is needed");
        return SLICE_NONE;
    }
    return slice_of(out, n);
}

slice admin_base64(struct admin_call *c, const char *name)
{
    return read_base64(c, name, string(c, name));
}

bool admin_flag(struct admin_call *c, const char *name)
{
    json_t *v = json_object_get(c->body, name);

    if (v && !json_is_boolean(v))
        admin_problem(c, 400, name, "must be true or false");
    return json_is_true(v);
}

int64_t admin_number(struct admin_call *c, const char *name, int64_t min, int64_t max,
                     int64_t otherwise)
{
    json_t *v = json_object_get(c->body, name);

    if (!v)
        return otherwise;
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max) {
        admin_problem(c, 400, name, "must be a whole number in its range");
        return otherwise;
    }
    return json_integer_value(v);
}

/* Is it one of the words of " a b c "? */
static bool listed(const char *words, slice word)
{
    char pattern[64];

    if (!word.n || word.n > sizeof pattern - 3 || memchr(word.p, ' ', word.n))
        return false;
    snprintf(pattern, sizeof pattern, " %.*s ", (int)word.n, (const char *)word.p);
    return strstr(words, pattern) != NULL;
}

/* Of what a client sent only what is plain may be said back. */
static const char *tellable(struct admin_call *c, slice name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < ' ' || name.p[i] > '~' || name.n > 64)
            return "(unprintable)";
    return (const char *)arena_printf(c->t->arena, "%.*s", (int)name.n, (const char *)name.p).p;
}

void admin_only(struct admin_call *c, json_t *object, const char *members)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        (void)value;
        if (!listed(members, slice_str(name)))
            admin_problem(c, 400, tellable(c, slice_str(name)), "is not known here");
    }
}

/* ---- query ---- */

static int hex_digit(uint8_t c)
{
    uint8_t lower = c | 0x20;

    if (c >= '0' && c <= '9')
        return c - '0';
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static slice decode(struct admin_call *c, const char *name, slice in)
{
    uint8_t *out = arena_alloc(c->t->arena, in.n + 1);
    size_t n = 0;

    for (size_t i = 0; out && i < in.n; i++) {
        int high = 0, low = 0;

        if (in.p[i] == '%') {
            high = i + 2 < in.n ? hex_digit(in.p[i + 1]) : -1;
            low = i + 2 < in.n ? hex_digit(in.p[i + 2]) : -1;
            if (high < 0 || low < 0 || !(high | low)) {
                admin_problem(c, 400, name, "a percent sign needs two hexadecimal digits");
                return SLICE_NONE;
            }
            out[n++] = (uint8_t)(high << 4 | low);
            i += 2;
        } else {
            out[n++] = in.p[i] == '+' ? ' ' : in.p[i];
        }
    }
    return out ? slice_of(out, n) : SLICE_NONE;
}

/* Takes "name=value" before the next '&'. */
static bool next_pair(slice *rest, slice *name, slice *value)
{
    const uint8_t *end = rest->n ? memchr(rest->p, '&', rest->n) : NULL, *equals;
    slice pair = end ? slice_of(rest->p, (size_t)(end - rest->p)) : *rest;

    if (!rest->n)
        return false;
    *rest = slice_skip(*rest, pair.n + 1);
    equals = pair.n ? memchr(pair.p, '=', pair.n) : NULL;
    *name = equals ? slice_of(pair.p, (size_t)(equals - pair.p)) : pair;
    *value = slice_skip(pair, name->n + 1);
    if (!value->p)
        *value = SLICE_EMPTY;
    return true;
}

slice admin_query_at(struct admin_call *c, const char *name, size_t i)
{
    slice rest = c->http->query, key, value;

    while (next_pair(&rest, &key, &value))
        if (slice_eq_str(key, name) && !i--)
            return decode(c, name, value);
    return SLICE_NONE;
}

slice admin_query(struct admin_call *c, const char *name)
{
    return admin_query_at(c, name, 0);
}

/* A plus that is not percent-encoded has come as a space. */
slice admin_query_base64(struct admin_call *c, const char *name)
{
    slice s = arena_copy(c->t->arena, admin_query(c, name));

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ')
            ((uint8_t *)s.p)[i] = '+';
    return read_base64(c, name, s);
}

int64_t admin_query_number(struct admin_call *c, const char *name, int64_t min, int64_t max,
                           int64_t otherwise)
{
    slice s = admin_query(c, name);
    int64_t n = whole_number(s);

    if (!s.p)
        return otherwise;
    if (n < min || n > max) {
        admin_problem(c, 400, name, "must be a whole number in its range");
        return otherwise;
    }
    return n;
}

void admin_query_only(struct admin_call *c, const char *names)
{
    slice rest = c->http->query, key, value;

    while (next_pair(&rest, &key, &value))
        if (!listed(names, key))
            admin_problem(c, 400, tellable(c, key), "is not known here");
}

/* ---- writing ---- */

void admin_put(json_t *o, const char *name, json_t *value)
{
    json_object_set_new(o, name, value);
}

/* What stands in a row as text may be of another server's making: only UTF-8 becomes JSON. */
void admin_put_text(json_t *o, const char *name, slice s)
{
    json_t *v = s.p ? json_stringn((const char *)s.p, s.n) : NULL;

    if (v)
        admin_put(o, name, v);
    else
        admin_put_hex(o, name, s);
}

void admin_put_int(json_t *o, const char *name, int64_t value)
{
    admin_put(o, name, json_integer(value));
}

void admin_put_flag(json_t *o, const char *name, bool value)
{
    admin_put(o, name, json_boolean(value));
}

void admin_put_hex(json_t *o, const char *name, slice s)
{
    char *text = s.p ? malloc(2 * s.n + 1) : NULL;

    if (text && !hex_encode(s, text, 2 * s.n + 1))
        admin_put(o, name, json_string(text));
    free(text);
}

void admin_put_base64(json_t *o, const char *name, slice s)
{
    char *text = s.p ? malloc(B64_LEN(s.n) + 1) : NULL;
    size_t n;

    if (text && !b64_encode(s, text, B64_LEN(s.n), &n))
        admin_put(o, name, json_stringn(text, n));
    free(text);
}

void admin_put_eid(json_t *o, const char *name, slice s)
{
    char digits[EID_DIGITS + 1];

    if (s.n != EID_LEN)
        return;
    eid_to_digits(s.p, digits);
    admin_put(o, name, json_string(digits));
}

void admin_put_iccid(json_t *o, const char *name, slice s)
{
    char digits[ICCID_DIGITS + 1];

    if (s.n == ICCID_LEN && !iccid_to_digits(s, digits))
        admin_put(o, name, json_string(digits));
}

void admin_put_time(json_t *o, const char *name, int64_t ms)
{
    time_t s = (time_t)(ms / 1000);
    char text[96];
    struct tm tm;

    if (ms <= 0 || !gmtime_r(&s, &tm))
        return;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000));
    admin_put(o, name, json_string(text));
}

json_t *admin_page(struct admin_call *c, json_t *items, slice next)
{
    json_t *page = json_object();

    (void)c;
    admin_put(page, "items", items);
    admin_put_text(page, "next", next);
    return page;
}
