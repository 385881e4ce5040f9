/*
 * JSON to struct. A member is turned into the element that the ASN.1 binding would carry, the
 * elements into the message, and the schema engine decodes that: so every limit is checked in one
 * place, and both bindings give the same struct.
 */
#include "rsp/json/json.h"
#include "rsp/json/json_form.h"
#include "rsp/json/json_text.h"

#include "base/text.h"

#define MEMBERS_MAX 24 /* members of one message */

struct reader {
    struct arena *arena;
    struct fault *fault;
};

static enum err refuse(const struct reader *r, const char *name, enum err e)
{
    if (r->fault) {
        *r->fault = (struct fault){ .err = e, .depth = name ? 1 : 0 };
        r->fault->path[0].name = name;
        r->fault->path[0].index = -1;
    }
    return e;
}

/* The fault is inside of this member: its name goes before what is named already. */
static enum err refuse_inside(const struct reader *r, const char *name, enum err e)
{
    struct fault *f = r->fault;

    if (!f || f->depth == FAULT_DEPTH)
        return e;
    memmove(&f->path[1], &f->path[0], f->depth * sizeof f->path[0]);
    f->path[0].name = name;
    f->path[0].index = -1;
    f->depth++;
    return e;
}

static enum err text_of(const struct jtext *v, slice *out)
{
    if (!v || v->kind != JTEXT_STRING)
        return E_SYNTAX;
    *out = v->text;
    return E_OK;
}

/* ---- one member ----------------------------------------------------------------------------- */

static enum err element(struct arena *a, uint32_t tag, slice content, slice *out)
{
    size_t head = der_put_head(tag, content.n, NULL);
    uint8_t *p = arena_alloc(a, head + content.n + 1);

    if (!p)
        return E_MEMORY;
    der_put_head(tag, content.n, p);
    if (content.n)
        memcpy(p + head, content.p, content.n);
    *out = slice_of(p, head + content.n);
    return E_OK;
}

static enum err read_base64(struct arena *a, const struct jtext *v, slice *out)
{
    slice text;
    size_t size, n;
    uint8_t *p;
    enum err e = text_of(v, &text);

    if (e)
        return e;
    size = text.n / 4 * 3 + 3;
    p = arena_alloc(a, size);
    if (!p)
        return E_MEMORY;
    e = b64_decode(text, p, size, &n);
    *out = slice_of(p, n);
    return e;
}

/* Is a bare value acceptable where an element was expected? (SGP.32 6.4: seen both ways) */
static bool bare_fits(const struct field *row, slice octets)
{
    return row->kind == K_OCTETS && row->min > 0 && octets.n >= (size_t)row->min &&
           octets.n <= (size_t)row->max;
}

static enum err read_element(struct arena *a, const struct field *row, const struct jtext *v,
                             slice *out)
{
    slice octets;
    struct tlv e;
    enum err err = read_base64(a, v, &octets), shape;

    if (err)
        return err;
    shape = der_one(octets, &e);
    *out = octets;
    if (!shape && json_is_explicit(row))
        return element(a, row->tag, octets, out);
    if (!shape && (!row->tag || e.tag == row->tag))
        return E_OK;
    if (!shape && row->type && row->type->tag == e.tag)
        return element(a, row->tag, e.value, out);
    if (bare_fits(row, octets))
        return element(a, row->tag, octets, out);
    return shape ? shape : E_TAG;
}

static enum err read_hex(struct arena *a, uint32_t tag, const struct jtext *v, slice *out)
{
    uint8_t octets[16];
    slice text;
    size_t n;
    enum err e = text_of(v, &text);

    if (!e)
        e = hex_decode(text, octets, sizeof octets, &n);
    if (e)
        return e == E_NOSPACE ? E_SIZE : e;
    return element(a, tag, slice_of(octets, n), out);
}

static enum err read_eid(struct arena *a, uint32_t tag, const struct jtext *v, slice *out)
{
    uint8_t eid[EID_LEN];
    slice text;
    enum err e = text_of(v, &text);

    if (!e)
        e = eid_from_digits(text, eid);
    return e ? e : element(a, tag, SLICE_OF(eid), out);
}

static enum err read_iccid(struct arena *a, uint32_t tag, const struct jtext *v, slice *out)
{
    uint8_t iccid[ICCID_LEN];
    slice text;
    enum err e = text_of(v, &text);

    if (!e)
        e = iccid_from_digits(text, iccid);
    return e ? e : element(a, tag, SLICE_OF(iccid), out);
}

static enum err put_number(struct arena *a, uint32_t tag, int64_t n, slice *out)
{
    uint8_t buf[16];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice written;
    enum err e;

    der_put_int(&w, tag, n);
    e = der_written(&w, &written);
    *out = arena_copy(a, written);
    return e ? e : out->p ? E_OK : E_MEMORY;
}

static enum err read_name(struct arena *a, const struct field *row, const struct jtext *v,
                          slice *out)
{
    slice text;
    enum err e = text_of(v, &text);

    for (const struct value_name *n = row->names; !e && n && n->name; n++)
        if (slice_eq_str(text, n->name))
            return put_number(a, row->tag, n->value, out);
    return e ? e : E_RANGE;
}

static enum err read_number(struct arena *a, uint32_t tag, const struct jtext *v, slice *out)
{
    int64_t n;
    enum err e = jtext_integer(v, &n);

    return e ? e : put_number(a, tag, n, out);
}

static enum err read_bool(struct arena *a, const struct field *row, const struct jtext *v,
                          slice *out)
{
    uint8_t truth = v->kind == JTEXT_TRUE ? 0xFF : 0;

    if (!truth && v->kind != JTEXT_FALSE)
        return E_SYNTAX;
    if (row->kind == K_BOOL)
        return element(a, row->tag, slice_of(&truth, 1), out);
    *out = SLICE_NONE;
    return truth ? element(a, row->tag, SLICE_EMPTY, out) : E_OK;
}

static enum err read_members(const struct reader *r, const struct type *t,
                             const struct jtext *object, slice *content);

static enum err read_object(const struct reader *r, const struct field *row, const struct jtext *v,
                            slice *out)
{
    slice members;
    enum err e;

    if (v->kind != JTEXT_OBJECT)
        return E_SYNTAX;
    e = read_members(r, row->type, v, &members);
    return e ? e : element(r->arena, row->tag, members, out);
}

static enum err read_objects(const struct reader *r, const struct field *row, const struct jtext *v,
                             slice *out)
{
    slice content = SLICE_EMPTY;

    if (v->kind != JTEXT_ARRAY)
        return E_SYNTAX;
    for (const struct jtext *one = v->first; one; one = one->next) {
        slice members, parts[2] = { content, SLICE_NONE };
        enum err e =
            one->kind == JTEXT_OBJECT ? read_members(r, row->type, one, &members) : E_SYNTAX;

        if (!e)
            e = element(r->arena, row->type->tag, members, &parts[1]);
        if (e)
            return e;
        content = arena_concat(r->arena, parts, 2);
    }
    return arena_failed(r->arena) ? E_MEMORY : element(r->arena, row->tag, content, out);
}

static enum err read_member(const struct reader *r, const struct field *row, enum json_form form,
                            const struct jtext *v, slice *out)
{
    struct arena *a = r->arena;
    slice s = SLICE_NONE;
    enum err e;

    switch (form) {
    case FORM_HEX:
        return read_hex(a, row->tag, v, out);
    case FORM_EID:
        return read_eid(a, row->tag, v, out);
    case FORM_ICCID:
        return read_iccid(a, row->tag, v, out);
    case FORM_NUMBER:
        return read_number(a, row->tag, v, out);
    case FORM_NAME:
        return read_name(a, row, v, out);
    case FORM_FLAG:
    case FORM_BOOLEAN:
        return read_bool(a, row, v, out);
    case FORM_OBJECT:
        return read_object(r, row, v, out);
    case FORM_OBJECTS:
        return read_objects(r, row, v, out);
    case FORM_ELEMENT:
        return read_element(a, row, v, out);
    case FORM_TEXT:
        e = text_of(v, &s);
        break;
    default:
        e = read_base64(a, v, &s);
        break;
    }
    return e ? e : element(a, row->tag, s, out);
}

/* ---- one message ---------------------------------------------------------------------------- */

/* The elements of all members that are there, in the order of the table. */
static enum err read_members(const struct reader *r, const struct type *t,
                             const struct jtext *object, slice *content)
{
    slice parts[MEMBERS_MAX];
    size_t count = 0;

    for (unsigned i = 0; i < t->count; i++) {
        const struct field *row = &t->fields[i];
        struct json_member m = json_member_of(row);
        const struct jtext *v = row->flags & FIELD_ALIAS ? NULL : jtext_find(object, m.name);
        enum err e;

        if (count == MEMBERS_MAX)
            return refuse(r, m.name, E_LIMIT);
        if (!v && !(row->flags & FIELD_OPTIONAL))
            return refuse(r, m.name, E_MISSING);
        if (!v)
            continue;
        e = read_member(r, row, m.form, v, &parts[count]);
        if (e && m.form == FORM_OBJECT && v->kind == JTEXT_OBJECT)
            return refuse_inside(r, m.name, e);
        if (e)
            return refuse(r, m.name, e);
        if (parts[count].p)
            count++;
    }
    *content = arena_concat(r->arena, parts, count);
    if (!content->p)
        *content = SLICE_EMPTY;
    return arena_failed(r->arena) ? refuse(r, NULL, E_MEMORY) : E_OK;
}

struct fit {
    unsigned arm;
    unsigned present; /* members of the arm that the object has */
    bool complete;
};

static struct fit fit_of(const struct type *choice, unsigned arm, const struct jtext *object)
{
    const struct type *t = choice->fields[arm].type;
    struct fit f = { arm, 0, true };

    for (unsigned i = 0; i < t->count; i++) {
        if (jtext_find(object, json_member_of(&t->fields[i]).name))
            f.present++;
        else if (!(t->fields[i].flags & FIELD_OPTIONAL))
            f.complete = false;
    }
    return f;
}

static bool better(struct fit a, struct fit b)
{
    return a.present != b.present ? a.present > b.present : a.complete && !b.complete;
}

/* Of the flat arms the one that most members speak for; -1: there is none. */
static int best_flat_arm(const struct type *choice, const struct jtext *object)
{
    struct fit best = { 0, 0, false };
    bool any = false;

    for (unsigned i = 0; i < choice->count; i++) {
        struct fit f;

        if (!json_is_flat(&choice->fields[i]))
            continue;
        f = fit_of(choice, i, object);
        if (!any || better(f, best))
            best = f;
        any = true;
    }
    return any ? (int)best.arm : -1;
}

static int named_arm(const struct type *choice, const struct jtext *object)
{
    for (unsigned i = 0; i < choice->count; i++)
        if (!json_is_flat(&choice->fields[i]) && choice->fields[i].kind != K_NULL &&
            jtext_find(object, json_member_of(&choice->fields[i]).name))
            return (int)i;
    return -1;
}

static int empty_arm(const struct type *choice)
{
    for (unsigned i = 0; i < choice->count; i++)
        if (choice->fields[i].kind == K_NULL)
            return (int)i;
    return -1;
}

static enum err read_arm(const struct reader *r, const struct type *choice,
                         const struct jtext *object, slice *out)
{
    const struct field *arm;
    slice members;
    int which = named_arm(choice, object);
    enum err e;

    if (which < 0)
        which = best_flat_arm(choice, object);
    if (which < 0)
        which = empty_arm(choice);
    if (which < 0)
        return refuse(r, json_member_of(&choice->fields[0]).name, E_MISSING);
    arm = &choice->fields[which];
    if (arm->kind == K_NULL)
        return element(r->arena, arm->tag, SLICE_EMPTY, out);
    if (!json_is_flat(arm)) {
        struct json_member m = json_member_of(arm);

        e = read_member(r, arm, m.form, jtext_find(object, m.name), out);
        return e ? refuse(r, m.name, e) : E_OK;
    }
    e = read_members(r, arm->type, object, &members);
    return e ? e : element(r->arena, arm->tag, members, out);
}

static enum err read_message(const struct reader *r, const struct type *t,
                             const struct jtext *object, void *out)
{
    slice content = SLICE_NONE, whole;
    enum err e = t->kind == K_CHOICE ? read_arm(r, t, object, &content)
                                     : read_members(r, t, object, &content);

    if (!e)
        e = element(r->arena, t->tag, content, &whole);
    return e ? e : schema_decode(t, whole, out, r->fault);
}

/* ---- text that is not JSON ------------------------------------------------------------------ */

/* The last name in front of a colon, outside of strings; absent when there is none. */
static slice last_name(slice text)
{
    slice string = SLICE_NONE, name = SLICE_NONE;
    size_t from = 0;
    bool inside = false;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (inside && c == '\\') {
            i++;
        } else if (inside && c == '"') {
            string = slice_of(text.p + from, i - from);
            inside = false;
        } else if (!inside && c == '"') {
            from = i + 1;
            inside = true;
        } else if (!inside && c == ':') {
            name = string;
        }
    }
    return name;
}

/* Its name as the tables have it; NULL for a name that is not in the message. */
static const char *member_called(const struct type *t, slice name)
{
    for (unsigned i = 0; i < t->count; i++) {
        const char *own = json_member_of(&t->fields[i]).name;
        const char *below =
            json_is_flat(&t->fields[i]) ? member_called(t->fields[i].type, name) : NULL;

        if (below || slice_eq_nocase(name, slice_str(own)))
            return below ? below : own;
    }
    return NULL;
}

static enum err parse(const struct reader *r, const struct type *t, slice body,
                      const struct jtext **object)
{
    size_t at;
    enum err e = jtext_parse(body, r->arena, object, &at);

    if (!e)
        return (*object)->kind == JTEXT_OBJECT ? E_OK : refuse(r, NULL, E_SYNTAX);
    e = refuse(r, e == E_SYNTAX ? member_called(t, last_name(slice_head(body, at))) : NULL, e);
    if (r->fault)
        r->fault->at = at;
    return e;
}

enum err json_read_request(const struct json_function *f, slice body, struct arena *a,
                           void *request, struct fault *fault)
{
    struct reader r = { a, fault };
    const struct jtext *object;
    enum err e = parse(&r, f->request, body, &object);

    return e ? e : read_message(&r, f->request, object, request);
}

/* ---- responses ------------------------------------------------------------------------------ */

static slice optional_text(struct arena *a, const struct jtext *object, const char *name)
{
    slice s = SLICE_NONE;

    if (object && !text_of(jtext_find(object, name), &s))
        return arena_copy(a, s);
    return SLICE_NONE;
}

static enum err read_header(const struct reader *r, const struct jtext *object,
                            struct json_status *s)
{
    const struct jtext *header = jtext_find(object, "header");
    const struct jtext *status = header ? jtext_find(header, "functionExecutionStatus") : NULL;
    const struct jtext *data = status ? jtext_find(status, "statusCodeData") : NULL;
    slice word;

    if (!status)
        return refuse(r, header ? "functionExecutionStatus" : "header", E_MISSING);
    if (text_of(jtext_find(status, "status"), &word))
        return refuse(r, "status", E_SYNTAX);
    s->failed = slice_eq_str(word, "Failed") || slice_eq_str(word, "Expired");
    s->warning = slice_eq_str(word, "Executed-WithWarning");
    if (!s->failed && !s->warning && !slice_eq_str(word, "Executed-Success"))
        return refuse(r, "status", E_SYNTAX);
    s->subject = optional_text(r->arena, data, "subjectCode");
    s->reason = optional_text(r->arena, data, "reasonCode");
    s->subject_identifier = optional_text(r->arena, data, "subjectIdentifier");
    s->message = optional_text(r->arena, data, "message");
    return E_OK;
}

/* The error arm with the integer that the status code stands for. */
static enum err fail_response(const struct reader *r, const struct json_function *f,
                              const struct json_status *s, void *response)
{
    const struct type *t = f->response;

    for (unsigned i = 0; i < t->count; i++) {
        int which = (int)i + 1;
        int64_t code = status_to_code(f->function, s->subject, s->reason);

        if (t->fields[i].kind != K_INT)
            continue;
        memset(response, 0, t->size);
        memcpy(response, &which, sizeof which);
        memcpy((uint8_t *)response + t->fields[i].offset, &code, sizeof code);
        return E_OK;
    }
    return refuse(r, "status", E_REFUSED);
}

enum err json_read_response(const struct json_function *f, slice body, struct arena *a,
                            void *response, struct json_status *status, struct fault *fault)
{
    struct reader r = { a, fault };
    struct json_status own;
    struct json_status *s = status ? status : &own;
    const struct jtext *object;
    enum err e = f->response ? parse(&r, f->response, body, &object) : E_ARGUMENT;

    if (e)
        return e;
    *s = (struct json_status){ .failed = false };
    e = read_header(&r, object, s);
    if (!e && s->failed)
        e = fail_response(&r, f, s, response);
    else if (!e)
        e = read_message(&r, f->response, object, response);
    return e;
}
