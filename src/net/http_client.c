/* Calls, and the pool of connections that carries them. */
#include "net/http_client.h"

#include "net/client_link.h"

#include <openssl/ssl.h>

#include <stdlib.h>
#include <strings.h>

/* Zeros become the values that the header promises. */
static struct http_client_options with_defaults(struct http_client_options o)
{
#define DEFAULT(field, value) o.field = o.field ? o.field : (value)
    DEFAULT(connections_host, 8);
    DEFAULT(origins, 256);
    DEFAULT(waiting, 1024);
    DEFAULT(head, 16u << 10);
    DEFAULT(body, 4u << 20);
    DEFAULT(connect_ms, 10000);
    DEFAULT(first_octet_ms, 30000);
    DEFAULT(whole_ms, 60000);
    DEFAULT(idle_ms, 20000);
#undef DEFAULT
    return o;
}

/* ---- calls ---- */

static void free_call(struct call *call)
{
    http_out_free(&call->out);
    tls_trust_close(call->tls);
    free(call->host);
    free(call);
}

void pool_answer(struct call *call, const struct http_answer *answer)
{
    call->done(call->ctx, answer);
    free_call(call);
}

void pool_retry(struct call *call)
{
    link_open(call->origin, call);
}

static void answer_error(struct call *call, enum err err)
{
    pool_answer(call, &(struct http_answer){ .err = err, .stage = STAGE_WAITING });
}

/* ---- origins ---- */

static void free_origin(struct origin *o)
{
    SSL_SESSION_free(o->session);
    tls_trust_close(o->tls);
    free(o->host);
    free(o);
}

static bool is_unused(const struct origin *o)
{
    return !o->links && !o->first;
}

/* Makes room by forgetting the unused one that was made first. */
static void forget_one(struct http_client *c)
{
    struct origin **found = NULL;

    for (struct origin **p = &c->origins; *p; p = &(*p)->next)
        if (is_unused(*p))
            found = p;
    if (found) {
        struct origin *o = *found;

        *found = o->next;
        c->origin_count--;
        free_origin(o);
    }
}

static struct origin *make_origin(struct http_client *c, const struct call *call)
{
    struct origin *o;

    if (c->origin_count >= c->o.origins)
        forget_one(c);
    if (c->origin_count >= c->o.origins)
        return NULL;
    o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->host = strdup(call->host);
    if (!o->host) {
        free(o);
        return NULL;
    }
    o->client = c;
    o->port = call->port;
    o->tls = tls_trust_ref(call->tls);
    o->last = &o->first;
    o->next = c->origins;
    c->origins = o;
    c->origin_count++;
    return o;
}

static struct origin *find_origin(struct http_client *c, const struct call *call)
{
    for (struct origin *o = c->origins; o; o = o->next)
        if (o->port == call->port && o->tls == call->tls && strcasecmp(o->host, call->host) == 0)
            return o;
    return make_origin(c, call);
}

/* ---- the pool ---- */

static struct link *find_idle(struct origin *o)
{
    struct link *best = NULL;

    for (struct link *l = o->links; l; l = l->next)
        if (l->phase == LINK_IDLE && (!best || l->deadline > best->deadline))
            best = l; /* the one used last is the least likely to be stale */
    return best;
}

/* Servers that were believed before what is believed changed are asked anew who they are. */
static void close_outdated(struct origin *o)
{
    uint64_t edition = tls_trust_edition(o->tls);

    for (struct link *l = o->links, *next; l; l = next) {
        next = l->next;
        if (l->phase == LINK_IDLE && l->edition != edition)
            link_fail(l, E_CLOSED);
    }
}

/* True when the call got a connection. */
static bool place(struct origin *o, struct call *call)
{
    struct link *idle;

    close_outdated(o);
    idle = find_idle(o);
    if (idle) {
        link_reuse(idle, call);
        return true;
    }
    if (o->link_count >= o->client->o.connections_host)
        return false;
    link_open(o, call);
    return true;
}

static struct call *take_waiting(struct origin *o)
{
    struct call *call = o->first;

    if (call) {
        o->first = call->next;
        if (!o->first)
            o->last = &o->first;
        o->client->waiting--;
    }
    return call;
}

static void wait_for_turn(struct origin *o, struct call *call)
{
    call->next = NULL;
    *o->last = call;
    o->last = &call->next;
    o->client->waiting++;
}

static void on_released(struct loop_task *t);

void pool_released(struct origin *o)
{
    struct call *call;

    if (o->client->closing || !o->first)
        return;
    if (!find_idle(o) && o->link_count >= o->client->o.connections_host)
        return;
    /* placed from the loop, not from here: the caller is in the middle of its own business */
    call = take_waiting(o);
    call->task.run = on_released;
    loop_post(o->client->loop, &call->task);
}

static struct call *call_of(struct loop_task *t)
{
    return (struct call *)(void *)((char *)t - offsetof(struct call, task));
}

static void begin(struct call *call)
{
    struct http_client *c = call->client;

    if (c->closing) {
        answer_error(call, E_CLOSED);
        return;
    }
    call->origin = find_origin(c, call);
    if (!call->origin)
        answer_error(call, E_LIMIT);
    else if (place(call->origin, call))
        return;
    else if (c->waiting >= c->o.waiting)
        answer_error(call, E_LIMIT);
    else
        wait_for_turn(call->origin, call);
}

static void on_released(struct loop_task *t)
{
    begin(call_of(t));
}

/* ---- time ---- */

static void sweep_waiting(struct origin *o, uint64_t now_ms)
{
    struct call **p = &o->first;

    while (*p) {
        struct call *call = *p;

        if (now_ms < call->deadline) {
            p = &call->next;
            continue;
        }
        *p = call->next;
        o->client->waiting--;
        answer_error(call, E_TIMEOUT);
    }
    o->last = p;
}

static void on_tick(struct loop_tick *t, uint64_t now_ms)
{
    struct http_client *c =
        (struct http_client *)(void *)((char *)t - offsetof(struct http_client, tick));

    for (struct origin *o = c->origins; o; o = o->next) {
        for (struct link *l = o->links, *next; l; l = next) {
            next = l->next;
            link_sweep(l, now_ms);
        }
        sweep_waiting(o, now_ms);
    }
}

/* ---- opening and closing ---- */

enum err http_client_open(const struct http_client_options *o, struct http_client **out)
{
    struct http_client *c = calloc(1, sizeof *c);
    enum err err = E_OK;

    *out = NULL;
    if (!c)
        return E_MEMORY;
    c->o = with_defaults(*o);
    c->loop = o->loop;
    c->own_loop = !o->loop;
    if (c->own_loop)
        err = loop_open(&c->loop);
    if (!err)
        err = resolver_open(c->loop, o->hosts, c->o.waiting, &c->resolver);
    if (err) {
        if (c->own_loop)
            loop_close(c->loop);
        free(c);
        return err;
    }
    c->tick.run = on_tick;
    loop_add_tick(c->loop, &c->tick);
    *out = c;
    return E_OK;
}

static void close_origin(struct origin *o)
{
    struct call *call;

    while (o->links)
        link_fail(o->links, E_CLOSED);
    while ((call = take_waiting(o)))
        answer_error(call, E_CLOSED);
}

void http_client_close(struct http_client *c)
{
    if (!c)
        return;
    c->closing = true;
    for (struct origin *o = c->origins; o; o = o->next)
        close_origin(o);
    if (c->own_loop)
        loop_stop(c->loop); /* calls posted meanwhile end with E_CLOSED */
    loop_remove_tick(c->loop, &c->tick);
    resolver_close(c->resolver);
    while (c->origins) {
        struct origin *o = c->origins;

        c->origins = o->next;
        free_origin(o);
    }
    if (c->own_loop)
        loop_close(c->loop);
    free(c);
}

/* ---- calling ---- */

static enum err write_call(struct call *call, const struct http_call *from)
{
    struct http_request_line line = {
        .method = slice_str(from->method ? from->method : "POST"),
        .host = slice_str(from->host),
        .path = slice_str(from->path),
        .port = call->port,
        .default_port = from->tls ? 443 : 80,
        .content_type = from->content_type,
        .fields = from->fields,
        .field_count = from->field_count,
        .body = from->body,
    };

    call->head_only = slice_eq_str(line.method, "HEAD");
    return http_write_request(&line, &call->out);
}

static enum err make_call(struct http_client *c, const struct http_call *from, struct call **out)
{
    struct call *call;
    enum err err;

    if (!from->host || !from->path || strlen(from->host) > HOST_MAX)
        return E_ARGUMENT;
    call = calloc(1, sizeof *call);
    if (!call)
        return E_MEMORY;
    call->client = c;
    call->port = from->port ? from->port : from->tls ? 443 : 80;
    call->tls = tls_trust_ref(from->tls);
    call->deadline = loop_now_ms() + c->o.whole_ms;
    call->host = strdup(from->host);
    err = call->host ? write_call(call, from) : E_MEMORY;
    if (err) {
        free_call(call);
        return err;
    }
    *out = call;
    return E_OK;
}

enum err http_client_call(struct http_client *c, const struct http_call *from, http_done *done,
                          void *ctx)
{
    struct call *call;
    enum err err = make_call(c, from, &call);

    if (err)
        return err;
    call->done = done;
    call->ctx = ctx;
    call->task.run = on_released;
    loop_post(c->loop, &call->task);
    return E_OK;
}

/* ---- blocking ---- */

struct fetch {
    struct arena *arena;
    struct http_answer *answer;
    bool done;
};

static void copy_answer(struct fetch *f, const struct http_answer *from)
{
    struct http_answer *to = f->answer;
    struct http_field *fields = arena_alloc(f->arena, sizeof *fields * (from->field_count + 1));

    *to = *from;
    to->fields = fields;
    to->body = arena_copy(f->arena, from->body);
    /* names of versions and suites are OpenSSL's constants; the host name is not */
    to->tls.sni = NULL;
    for (size_t i = 0; fields && i < from->field_count; i++) {
        fields[i].name = arena_copy(f->arena, from->fields[i].name);
        fields[i].value = arena_copy(f->arena, from->fields[i].value);
    }
    if (arena_failed(f->arena))
        *to = (struct http_answer){ .err = E_MEMORY, .stage = from->stage };
}

static void on_fetched(void *ctx, const struct http_answer *answer)
{
    struct fetch *f = ctx;

    copy_answer(f, answer);
    f->done = true;
}

enum err http_client_fetch(struct http_client *c, const struct http_call *call, struct arena *a,
                           struct http_answer *answer)
{
    struct fetch f = { .arena = a, .answer = answer };
    enum err err;

    *answer = (struct http_answer){ .err = E_ARGUMENT };
    if (!c->own_loop)
        return E_ARGUMENT;
    err = http_client_call(c, call, on_fetched, &f);
    if (err)
        return answer->err = err;
    loop_run(c->loop, &f.done);
    return answer->err;
}
