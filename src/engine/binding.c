/* The bindings: messages of the schema tables, or octets, in HTTP bodies. */
#include "engine/engine.h"

#include "der/schema.h"
#include "rsp/json/json.h"

/* ---- ASN.1 ---- */

static enum err asn1_read(const struct route *r, slice body, struct arena *a, const void **message,
                          struct fault *fault)
{
    void *out = arena_alloc(a, r->request->size);

    if (!out)
        return E_MEMORY;
    *message = out;
    return schema_decode(r->request, body, out, fault);
}

static enum err as_it_is(const struct route *r, const struct turn *t, struct arena *a, slice *body)
{
    (void)r;
    (void)a;
    *body = t->reply;
    return E_OK;
}

const struct engine_binding engine_asn1 = {
    .media_type = "application/x-gsma-rsp-asn1",
    .reply_type = "application/x-gsma-rsp-asn1",
    .read = asn1_read,
    .write = as_it_is,
};

/* ---- JSON ---- */

static enum err json_read(const struct route *r, slice body, struct arena *a, const void **message,
                          struct fault *fault)
{
    void *out = arena_alloc(a, r->json->request->size);

    if (!out)
        return E_MEMORY;
    *message = out;
    return json_read_request(r->json, body, a, out, fault);
}

/* The ASN.1 response is read once more and printed: one place says how a response looks in JSON. */
static enum err json_print(const struct route *r, const struct turn *t,
                           const struct json_status *status, struct arena *a, slice *body)
{
    void *response = arena_alloc(a, r->json->response->size);

    if (!response)
        return E_MEMORY;
    if (schema_decode(r->json->response, t->reply, response, NULL) != E_OK)
        return E_INTERNAL;
    return json_write_response(r->json, response, status, a, body, NULL);
}

static enum err json_write(const struct route *r, const struct turn *t, struct arena *a,
                           slice *body)
{
    struct json_status status = {
        .failed = true,
        .subject = slice_str(t->status.subject),
        .reason = slice_str(t->status.reason),
        .message = slice_str(t->status.message),
    };
    bool refused = t->status.subject != NULL;

    if (t->reply.p && r->json->response)
        return json_print(r, t, refused ? &status : NULL, a, body);
    if (refused)
        return json_write_failure(&status, a, body);
    *body = SLICE_NONE;
    return r->json->response ? E_INTERNAL : E_OK;
}

static enum err json_complain(const char *what, struct arena *a, slice *body)
{
    struct json_status status = {
        .failed = true,
        .subject = SLICE_LIT("1.6"), /* function */
        .reason = SLICE_LIT("2.1"),  /* invalid */
        .message = slice_str(what),
    };

    return json_write_failure(&status, a, body);
}

const struct engine_binding engine_json = {
    .media_type = "application/json",
    .reply_type = "application/json;charset=UTF-8",
    .read = json_read,
    .complain = json_complain,
    .write = json_write,
};

/* ---- octets ---- */

static enum err octets_read(const struct route *r, slice body, struct arena *a,
                            const void **message, struct fault *fault)
{
    slice *out = ARENA_NEW(a, slice);

    (void)r;
    (void)fault;
    if (!out)
        return E_MEMORY;
    *out = body;
    *message = out;
    return E_OK;
}

const struct engine_binding engine_octets = {
    .reply_type = "application/octet-stream",
    .read = octets_read,
    .write = as_it_is,
};
