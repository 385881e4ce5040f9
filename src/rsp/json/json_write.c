/*
 * Struct to JSON text. The text is gathered as pieces in the arena and joined once: a Bound Profile
 * Package is then copied as base64 only, and no tree of it is built.
 */
#include "rsp/json/json.h"
#include "rsp/json/json_form.h"

#include "base/text.h"

#define PIECES_MAX 160

struct writer {
    struct arena *arena;
    struct fault *fault;
    slice pieces[PIECES_MAX];
    size_t count;
    bool comma; /* before the next member */
    enum err err;
};

static void put(struct writer *w, slice s)
{
    if (!w->err && w->count == PIECES_MAX)
        w->err = E_LIMIT;
    if (!w->err && !s.p)
        w->err = E_MEMORY;
    if (!w->err)
        w->pieces[w->count++] = s;
}

static void put_str(struct writer *w, const char *literal)
{
    put(w, slice_str(literal));
}

static void fail(struct writer *w, const char *name, enum err e)
{
    if (w->err || !e)
        return;
    w->err = e;
    if (w->fault) {
        *w->fault = (struct fault){ .err = e, .depth = 1 };
        w->fault->path[0].name = name;
        w->fault->path[0].index = -1;
    }
}

static void put_name(struct writer *w, const char *name)
{
    put_str(w, w->comma ? ",\"" : "\"");
    put_str(w, name);
    put_str(w, "\":");
    w->comma = true;
}

/* RFC 8259 section 7. */
static void put_text(struct writer *w, slice s)
{
    char *out = arena_alloc(w->arena, 6 * s.n + 3), *o = out;

    if (!out) {
        put(w, SLICE_NONE);
        return;
    }
    *o++ = '"';
    for (size_t i = 0; i < s.n; i++) {
        static const char digits[] = "0123456789abcdef";
        uint8_t c = s.p[i];

        if (c == '"' || c == '\\') {
            *o++ = '\\';
            *o++ = (char)c;
        } else if (c < 0x20) {
            memcpy(o, "\\u00", 4);
            o[4] = digits[c >> 4];
            o[5] = digits[c & 15];
            o += 6;
        } else {
            *o++ = (char)c;
        }
    }
    *o++ = '"';
    put(w, slice_of(out, (size_t)(o - out)));
}

static void put_base64(struct writer *w, slice s)
{
    size_t size = B64_LEN(s.n), n = 0;
    char *out = arena_alloc(w->arena, size + 2);

    if (!out || b64_encode(s, out + 1, size, &n)) {
        put(w, SLICE_NONE);
        return;
    }
    out[0] = '"';
    out[n + 1] = '"';
    put(w, slice_of(out, n + 2));
}

static void put_hex(struct writer *w, slice s)
{
    char *out = arena_alloc(w->arena, 2 * s.n + 1);

    put_str(w, "\"");
    put(w, out && !hex_encode(s, out, 2 * s.n + 1) ? slice_of(out, 2 * s.n) : SLICE_NONE);
    put_str(w, "\"");
}

static void put_eid(struct writer *w, const char *name, slice s)
{
    char digits[EID_DIGITS + 1];

    if (s.n != EID_LEN) {
        fail(w, name, E_SIZE);
        return;
    }
    eid_to_digits(s.p, digits);
    put(w, arena_printf(w->arena, "\"%s\"", digits));
}

/* Its digits; one that is not of decimal digits is told as its nibbles are. */
static void put_iccid(struct writer *w, const char *name, slice s)
{
    char digits[ICCID_DIGITS + 1];
    size_t n = 0;

    if (s.n != ICCID_LEN) {
        fail(w, name, E_SIZE);
        return;
    }
    for (size_t i = 0; i < ICCID_DIGITS; i++)
        digits[n++] = "0123456789ABCDEF"[i % 2 ? s.p[i / 2] >> 4 : s.p[i / 2] & 15];
    while (n && digits[n - 1] == 'F')
        n--;
    put(w, arena_printf(w->arena, "\"%.*s\"", (int)n, digits));
}

static void put_value_name(struct writer *w, const struct field *row, int64_t n)
{
    const char *name = value_name(row->names, n);

    if (name)
        put_text(w, slice_str(name));
    else
        fail(w, row->name, E_RANGE);
}

/* ---- elements ------------------------------------------------------------------------------- */

static slice with_head(struct arena *a, uint32_t tag, slice content)
{
    uint8_t head[DER_HEAD_MAX];
    slice parts[2] = { { head, der_put_head(tag, content.n, head) }, content };

    return arena_concat(a, parts, 2);
}

/* What a SEQUENCE or CHOICE member encodes to; the buffer grows until it fits. */
static enum err encode_member(struct writer *w, const struct type *t, const void *value, slice *out)
{
    for (size_t size = 4096;; size *= 8) {
        uint8_t *buf = arena_alloc(w->arena, size);
        enum err e = buf ? schema_encode(t, value, buf, size, out, w->fault) : E_MEMORY;

        if (e != E_NOSPACE)
            return e;
    }
}

static enum err element_of(struct writer *w, const struct field *row, const void *at, slice *out)
{
    struct tlv e;
    enum err err;

    if (row->kind == K_SEQ || row->kind == K_CHOICE)
        return encode_member(w, row->type, at, out);
    memcpy(out, at, sizeof *out);
    if (row->kind != K_RAW) {
        *out = with_head(w->arena, row->tag, *out);
        return out->p ? E_OK : E_MEMORY;
    }
    err = der_one(*out, &e);
    if (err)
        return E_ARGUMENT;
    if (json_is_explicit(row))
        *out = e.tag == row->tag ? e.value : *out;
    else if (row->type->tag && row->type->tag != e.tag)
        *out = with_head(w->arena, row->type->tag, e.value);
    return out->p ? E_OK : E_MEMORY;
}

/* ---- members -------------------------------------------------------------------------------- */

static bool flag_at(const void *value, uint16_t offset)
{
    bool b;

    memcpy(&b, (const uint8_t *)value + offset, sizeof b);
    return b;
}

static bool is_there(const struct field *row, const void *value)
{
    const uint8_t *at = (const uint8_t *)value + row->offset;
    slice s;
    int which;

    switch (row->kind) {
    case K_INT:
    case K_BOOL:
    case K_SEQ:
        return !row->has || flag_at(value, row->has);
    case K_NULL:
        return flag_at(value, row->offset);
    case K_CHOICE:
        memcpy(&which, at, sizeof which);
        return which != 0;
    default:
        memcpy(&s, at, sizeof s);
        return s.p != NULL;
    }
}

static void put_members(struct writer *w, const struct type *t, const void *value);

static void put_object(struct writer *w, const struct type *t, const void *value)
{
    put_str(w, "{");
    w->comma = false;
    put_members(w, t, value);
    put_str(w, "}");
    w->comma = true;
}

static void put_objects(struct writer *w, const struct type *element, slice list)
{
    struct der_reader r = der_reader(list);
    bool first = true;

    put_str(w, "[");
    while (der_more(&r) && !w->err) {
        struct tlv e = der_take(&r);
        void *value = arena_alloc(w->arena, element->size);
        enum err err = value ? schema_decode(element, e.whole, value, w->fault) : E_MEMORY;

        if (err) {
            w->err = err;
            return;
        }
        if (!first)
            put_str(w, ",");
        put_object(w, element, value);
        first = false;
    }
    put_str(w, "]");
    w->comma = true;
}

static void put_value(struct writer *w, const struct field *row, struct json_member m,
                      const void *at)
{
    slice s = SLICE_NONE;
    int64_t n;
    enum err e;

    switch (m.form) {
    case FORM_NUMBER:
        memcpy(&n, at, sizeof n);
        put(w, arena_printf(w->arena, "%lld", (long long)n));
        return;
    case FORM_NAME:
        memcpy(&n, at, sizeof n);
        put_value_name(w, row, n);
        return;
    case FORM_FLAG:
        put_str(w, "true");
        return;
    case FORM_BOOLEAN:
        put_str(w, flag_at(at, 0) ? "true" : "false");
        return;
    case FORM_ELEMENT:
        e = element_of(w, row, at, &s);
        if (e)
            fail(w, m.name, e);
        else
            put_base64(w, s);
        return;
    case FORM_OBJECT:
        put_object(w, row->type, at);
        return;
    default:
        memcpy(&s, at, sizeof s);
        break;
    }
    if (m.form == FORM_HEX)
        put_hex(w, s);
    else if (m.form == FORM_EID)
        put_eid(w, m.name, s);
    else if (m.form == FORM_ICCID)
        put_iccid(w, m.name, s);
    else if (m.form == FORM_TEXT)
        put_text(w, s);
    else if (m.form == FORM_OBJECTS)
        put_objects(w, row->type, s);
    else
        put_base64(w, s);
}

static void put_member(struct writer *w, const struct field *row, const void *value)
{
    struct json_member m = json_member_of(row);

    put_name(w, m.name);
    put_value(w, row, m, (const uint8_t *)value + row->offset);
}

static void put_members(struct writer *w, const struct type *t, const void *value)
{
    for (unsigned i = 0; i < t->count && !w->err; i++) {
        const struct field *row = &t->fields[i];

        if (row->flags & FIELD_ALIAS)
            continue;
        if (is_there(row, value))
            put_member(w, row, value);
        else if (!(row->flags & FIELD_OPTIONAL))
            fail(w, json_member_of(row).name, E_MISSING);
    }
}

static void put_arm(struct writer *w, const struct type *t, const void *value)
{
    const struct field *arm;
    int which;

    memcpy(&which, value, sizeof which);
    if (which < 1 || which > t->count) {
        fail(w, t->name, E_CHOICE);
        return;
    }
    arm = &t->fields[which - 1];
    if (json_is_flat(arm))
        put_members(w, arm->type, (const uint8_t *)value + arm->offset);
    else if (arm->kind != K_NULL)
        put_member(w, arm, value);
}

static enum err finish(struct writer *w, slice *body)
{
    put_str(w, "}");
    if (!w->err)
        *body = arena_concat(w->arena, w->pieces, w->count);
    if (!w->err && (!body->p || arena_failed(w->arena)))
        w->err = E_MEMORY;
    return w->err;
}

enum err json_write_request(const struct json_function *f, const void *request, struct arena *a,
                            slice *body, struct fault *fault)
{
    struct writer w = { .arena = a, .fault = fault };

    put_str(&w, "{");
    if (f->request->kind == K_CHOICE)
        put_arm(&w, f->request, request);
    else
        put_members(&w, f->request, request);
    return finish(&w, body);
}

/* ---- responses ------------------------------------------------------------------------------ */

static void put_optional_text(struct writer *w, const char *name, slice s)
{
    if (!s.p)
        return;
    put_name(w, name);
    put_text(w, s);
}

/* {"header":{...} and open for more members. */
static void put_header(struct writer *w, const struct json_status *s)
{
    put_str(w, "{\"header\":{\"functionExecutionStatus\":{\"status\":");
    put_str(w, s->failed    ? "\"Failed\""
               : s->warning ? "\"Executed-WithWarning\""
                            : "\"Executed-Success\"");
    if (s->failed || s->warning) {
        put_str(w, ",\"statusCodeData\":{");
        put_optional_text(w, "subjectCode", s->subject);
        put_optional_text(w, "reasonCode", s->reason);
        put_optional_text(w, "subjectIdentifier", s->subject_identifier);
        put_optional_text(w, "message", s->message);
        put_str(w, "}");
    }
    put_str(w, "}}");
    w->comma = true;
}

/* Is it the error arm? Then its status code. */
static bool error_status(const struct json_function *f, const void *response, struct json_status *s)
{
    const struct field *arm;
    struct status codes;
    int which;
    int64_t n;

    memcpy(&which, response, sizeof which);
    if (which < 1 || which > f->response->count)
        return false;
    arm = &f->response->fields[which - 1];
    if (arm->kind != K_INT)
        return false;
    memcpy(&n, (const uint8_t *)response + arm->offset, sizeof n);
    codes = status_of_code(f->function, n);
    *s = (struct json_status){ .failed = true,
                               .subject = slice_str(codes.subject),
                               .reason = slice_str(codes.reason) };
    return true;
}

enum err json_write_response(const struct json_function *f, const void *response,
                             const struct json_status *status, struct arena *a, slice *body,
                             struct fault *fault)
{
    struct writer w = { .arena = a, .fault = fault };
    struct json_status own = { .failed = false };
    bool is_error;

    if (!f->response)
        return E_ARGUMENT;
    is_error = error_status(f, response, &own);
    put_header(&w, status ? status : &own);
    if (!is_error && !(status && status->failed))
        put_arm(&w, f->response, response);
    return finish(&w, body);
}

enum err json_write_failure(const struct json_status *status, struct arena *a, slice *body)
{
    struct writer w = { .arena = a };
    struct json_status s = *status;

    s.failed = true;
    put_header(&w, &s);
    return finish(&w, body);
}
