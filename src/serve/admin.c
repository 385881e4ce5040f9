/* Operations become routes; their outcomes become answers. */
#include "serve/admin_parts.h"

#include <stdio.h>
#include <stdlib.h>

struct admin_route {
    struct admin *admin;
    const struct admin_operation *operation;
};

/* ---- answers ---- */

static enum err print(struct turn *t, json_t *value, slice *out)
{
    char *text = json_dumps(value, JSON_COMPACT);

    *out = SLICE_NONE;
    if (!text)
        return E_MEMORY;
    *out = arena_printf(t->arena, "%s\n", text);
    free(text);
    return out->p ? E_OK : E_MEMORY;
}

/* What a role's error is to the client; 0: it is ours. */
static int status_of(enum err err)
{
    switch (err) {
    case E_NOTFOUND:
        return 404;
    case E_EXISTS:
    case E_STATE:
    case E_REFUSED:
        return 409;
    case E_ARGUMENT:
        return 400;
    case E_LIMIT:
        return 0;
    default:
        return err_class(err) == ERR_PEER ? 400 : err_class(err) == ERR_AUTH ? 422 : 0;
    }
}

/* SGP.22 5.2.6.2: reasons that mean the same as an HTTP status. */
static int status_of_reason(const char *reason)
{
    if (!strcmp(reason, "3.9"))
        return 404;
    return !strcmp(reason, "2.2") ? 400 : 409;
}

/* "eid: no such device" names its field. */
static void split(struct admin_call *c, const char *message)
{
    const char *colon = strstr(message, ": ");
    bool named = colon && !memchr(message, ' ', (size_t)(colon - message));

    if (named)
        c->field =
            (const char *)arena_printf(c->t->arena, "%.*s", (int)(colon - message), message).p;
    c->detail = named ? colon + 2 : message;
}

/*
 * Nothing is committed, and the turn tells the problem. Behind an upstream call it is only the rest
 * that did not happen: what the role makes of the answer is committed, and the problem says where
 * the rest is to be taken up.
 */
static enum err answer_problem(struct admin_call *c)
{
    const struct turn_status status = c->t->status;
    const struct turn_about about = c->t->about;
    bool behind = c->call->answer && status.subject;
    json_t *o = json_object();
    enum err err;

    admin_put(o, "type", json_string("about:blank"));
    admin_put(o, "title", json_string(http_status_text(c->problem)));
    admin_put_int(o, "status", c->problem);
    admin_put_text(o, "field", slice_str(c->field));
    admin_put_text(o, "detail", slice_str(c->detail));
    admin_put_text(o, "subjectCode", slice_str(status.subject));
    admin_put_text(o, "reasonCode", slice_str(status.reason));
    if (behind && about.has_iccid)
        admin_put_iccid(o, "iccid", SLICE_OF(about.iccid));
    if (!behind)
        turn_clear(c->t);
    c->t->status = status;
    c->t->about = about;
    c->t->http_status = c->problem;
    err = print(c->t, o, &c->t->reply);
    json_decref(o);
    return err;
}

static enum err answer(struct admin_call *c, enum err err)
{
    const struct turn_status *s = &c->t->status;

    if (!err && s->subject) {
        admin_problem(c, status_of_reason(s->reason), NULL, s->message);
        return answer_problem(c);
    }
    if (err && !c->problem) {
        if (err == E_CONFLICT || !status_of(err))
            return err;
        c->problem = status_of(err);
        split(c, s->message ? s->message : err_text(err));
    }
    if (c->problem)
        return answer_problem(c);
    c->t->http_status = c->reply || c->t->reply.p ? c->status : 204;
    if (c->reply)
        err = print(c->t, c->reply, &c->t->reply);
    return err ? err : admin_keep(c);
}

/* ---- a request ---- */

static void read_body(struct admin_call *c, slice body)
{
    json_error_t where;

    if (!body.n) {
        c->body = json_object();
        return;
    }
    c->body = json_loadb((const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &where);
    if (!c->body)
        admin_problem(c, 400, NULL,
                      (const char *)arena_printf(c->t->arena,
                                                 "the body is no JSON (line %d, column %d)",
                                                 where.line, where.column)
                          .p);
    else if (!json_is_object(c->body))
        admin_problem(c, 400, NULL, "the body is no JSON object");
}

static enum err run(struct admin_call *c, const struct admin_operation *op)
{
    bool done = false;
    enum err err;

    if (op->takes == TAKES_JSON) {
        read_body(c, c->octets);
        if (!c->problem)
            admin_only(c, c->body, op->members);
        admin_query_only(c, "");
    } else {
        admin_query_only(c, op->members ? op->members : "");
    }
    err = admin_checked(c);
    if (!err)
        err = admin_once(c, &done);
    if (done)
        return E_OK;
    if (!err)
        err = op->run(c);
    return answer(c, err);
}

static enum err handle(void *role, const struct engine_call *call, struct turn *t)
{
    const struct admin_route *r = role;
    const slice *body = call->message;
    struct admin_call c = {
        .admin = r->admin, .call = call, .http = call->http, .octets = *body, .t = t, .status = 200
    };
    enum err err = run(&c, r->operation);

    json_decref(c.body);
    json_decref(c.reply);
    json_decref(c.begun);
    return err;
}

/* ---- bindings ---- */

static enum err read_octets(const struct route *r, slice body, struct arena *a,
                            const void **message, struct fault *fault)
{
    return engine_octets.read(r, body, a, message, fault);
}

static enum err write_reply(const struct route *r, const struct turn *t, struct arena *a,
                            slice *body)
{
    (void)r;
    (void)a;
    *body = t->reply;
    return E_OK;
}

#define BINDING(name, in, out)                                                                     \
    static const struct engine_binding name = {                                                    \
        .media_type = in,                                                                          \
        .reply_type = out,                                                                         \
        .problem_type = "application/problem+json",                                                \
        .read = read_octets,                                                                       \
        .write = write_reply,                                                                      \
    }

BINDING(json_in, "application/json", "application/json");
BINDING(octets_in, "application/octet-stream", "application/json");
BINDING(nothing_in, NULL, "application/json");
BINDING(yaml_out, NULL, "application/yaml");
BINDING(metrics_out, NULL, "text/plain; version=0.0.4; charset=utf-8");

static const struct engine_binding *binding_of(const struct admin_operation *op)
{
    if (!strcmp(op->path, "/metrics"))
        return &metrics_out;
    if (!strcmp(op->path, "/v1/openapi.yaml"))
        return &yaml_out;
    return op->takes == TAKES_JSON     ? &json_in
           : op->takes == TAKES_OCTETS ? &octets_in
                                       : &nothing_in;
}

/* ---- opening ---- */

static size_t add(struct admin *a, struct route *routes, size_t n,
                  const struct admin_operation *operations, size_t count)
{
    for (size_t i = 0; i < count && n < ADMIN_ROUTES; i++, n++) {
        const struct admin_operation *op = &operations[i];

        a->routes[n] = (struct admin_route){ a, op };
        routes[n] = (struct route){
            .path = op->path,
            .method = op->method,
            .binding = binding_of(op),
            .body_max = op->takes == TAKES_OCTETS ? ADMIN_PACKAGE_MAX : ADMIN_BODY_MAX,
            .handle = handle,
            .resume = handle,
            .role = &a->routes[n],
        };
    }
    return n;
}

enum err admin_open(const struct admin_options *o, struct route routes[ADMIN_ROUTES], size_t *count,
                    struct admin **out)
{
    struct admin *a = calloc(1, sizeof *a);

    *out = NULL;
    if (a)
        a->routes = calloc(ADMIN_ROUTES, sizeof *a->routes);
    if (!a || !a->routes) {
        free(a);
        return E_MEMORY;
    }
    a->o = *o;
    a->keys = admin_key_retention;
    *count = add(a, routes, 0, admin_common, admin_common_count);
    *count = o->smdp   ? add(a, routes, *count, admin_smdp, admin_smdp_count)
             : o->smds ? add(a, routes, *count, admin_smds, admin_smds_count)
                       : add(a, routes, *count, admin_eim, admin_eim_count);
    *out = a;
    return E_OK;
}

void admin_close(struct admin *a)
{
    if (!a)
        return;
    free(a->routes);
    free(a);
}

struct engine_chore admin_upkeep(struct admin *a)
{
    return (struct engine_chore){
        .name = "idempotency keys", .every_ms = 600000, .handle = admin_forget, .role = a
    };
}

struct engine_chore admin_counting(struct admin *a)
{
    return (struct engine_chore){
        .name = "count of orders", .every_ms = 250, .handle = admin_count_orders, .role = a
    };
}

struct admin_operation_name admin_operation(const char *role, size_t i)
{
    const struct {
        const char *role;
        const struct admin_operation *list;
        size_t count;
    } roles[] = {
        { "", admin_common, admin_common_count },
        { "smdp", admin_smdp, admin_smdp_count },
        { "smds", admin_smds, admin_smds_count },
        { "eim", admin_eim, admin_eim_count },
    };

    for (size_t k = 0; k < COUNT(roles); k++)
        if (!strcmp(roles[k].role, role ? role : "") && i < roles[k].count)
            return (struct admin_operation_name){ roles[k].list[i].method, roles[k].list[i].path };
    return (struct admin_operation_name){ NULL, NULL };
}
