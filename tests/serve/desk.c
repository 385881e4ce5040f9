#include "serve/desk.h"

#include <time.h>

static void count(void *ctx, const struct engine_report *r)
{
    meters_count(ctx, "smdp", r);
}

void desk_open_side(struct desk_side *d, struct world *w)
{
    struct admin_options o = { .crypto = w->crypto,
                               .smdp = w->smdp,
                               .smdp_address = SLICE_LIT(SMDP_NAME),
                               .smds = w->smds,
                               .eim = w->eim,
                               .house = &d->house };
    struct engine_options e = {
        .store = w->store, .workers = 2, .report = count, .upstream = d->upstream
    };

    *d = (struct desk_side){ .world = w, .meters = meters_open(), .upstream = d->upstream };
    MUST(d->meters);
    e.ctx = d->meters;
    MUST(admin_open(&o, d->routes, &d->site.count, &d->admin) == E_OK);
    MUST(engine_open(&e, &d->engine) == E_OK);
    d->site.routes = d->routes;
    d->site.engine = d->engine;
    d->house.meters = d->meters;
    d->house.server_count = 1;
    d->house.servers[0].name = w->eim ? "eim" : w->smds ? "smds" : "smdp";
    d->house.servers[0].engine = d->engine;
    d->house.servers[0].store = w->store;
}

void desk_close_side(struct desk_side *d)
{
    engine_close(d->engine);
    admin_close(d->admin);
    meters_close(d->meters);
    *d = (struct desk_side){ 0 };
}

const char *desk_send(struct desk_side *d, const char *method, const char *path, const char *media,
                      slice body, const char *key, struct arena *a, int status)
{
    const struct http_field fields[] = {
        { SLICE_LIT("Host"), SLICE_LIT("localhost") },
        { SLICE_LIT("Content-Type"), slice_str(media) },
        { SLICE_LIT("Idempotency-Key"), slice_str(key) },
    };
    const char *query = strchr(path, '?');
    const struct http_request r = {
        .method = slice_str(method),
        .path = slice_head(slice_str(path), strcspn(path, "?")),
        .query = slice_str(query ? query + 1 : NULL),
        .fields = fields,
        .field_count = key ? 3 : 2,
        .body = body,
        .peer = SLICE_LIT("127.0.0.1"),
    };
    struct engine_reply reply;
    const char *text;
    int got;

    engine_dispatch(&d->site, &r, &reply);
    got = reply.response.status;
    text =
        (const char *)arena_printf(a, "%.*s", (int)reply.response.body.n,
                                   reply.response.body.p ? (const char *)reply.response.body.p : "")
            .p;
    engine_reply_release(&reply);
    MUST(text);
    if (got != status) {
        fprintf(stderr, "%s %s %.*s: HTTP %d instead of %d: %s\n", method, path,
                media && strcmp(media, MEDIA_JSON) == 0 ? (int)body.n : 0, (const char *)body.p,
                got, status, text);
        abort();
    }
    return text;
}

const char *desk_ask(struct desk_side *d, const char *method, const char *path, const char *body,
                     const char *key, struct arena *a, int status)
{
    return desk_send(d, method, path, MEDIA_JSON, slice_str(body), key, a, status);
}

size_t desk_keys(struct desk_side *d)
{
    return world_rows(d->world, admin_schema.tables[0]);
}

void desk_forget(struct desk_side *d, int days)
{
    struct engine_chore chore = admin_upkeep(d->admin);
    bool more = true;

    while (more) {
        const struct engine_call call = { .more = &more };
        struct arena a;
        struct turn t;

        arena_init(&a, (size_t)4 << 20);
        turn_init(&t, &a, d->world->store, ((int64_t)time(NULL) + days * 86400) * 1000);
        MUST(chore.handle(chore.role, &call, &t) == E_OK && turn_commit(&t) == E_OK);
        arena_free(&a);
    }
}

void desk_count(struct desk_side *d, int seconds)
{
    struct engine_chore chore = admin_counting(d->admin);
    bool more = false;
    const struct engine_call call = { .more = &more };
    struct arena a;
    struct turn t;

    arena_init(&a, (size_t)4 << 20);
    turn_init(&t, &a, d->world->store, ((int64_t)time(NULL) + seconds) * 1000);
    MUST(chore.handle(chore.role, &call, &t) == E_OK && turn_commit(&t) == E_OK);
    arena_free(&a);
}

void desk_says(const char *answer, const char *what)
{
    if (!strstr(answer, what))
        fail_msg("'%s' does not stand in: %s", what, answer);
}

void desk_refuses(struct desk_side *d, const char *method, const char *path, const char *body,
                  struct arena *a, int status, const char *field)
{
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
    char wanted[80];
    const char *answer;

    world_digest(d->world, before);
    answer = desk_ask(d, method, path, body, NULL, a, status);
    snprintf(wanted, sizeof wanted, "\"field\":\"%s\"", field);
    if (*field)
        desk_says(answer, wanted);
    world_digest(d->world, after);
    assert_memory_equal(before, after, sizeof before);
}
