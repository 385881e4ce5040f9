/* Calls to SM-DP+ servers over ES9+', in the JSON binding (SGP.22 6.5). */
#include "eim/internal.h"

/* step 1, order 8 (big-endian), length of id 1, id, host: the rest */
enum eim_place_layout { PLACE_ORDER = 1, PLACE_ID_LEN = 9, PLACE_ID = 10 };

static enum err eim_place_write(struct turn *t, const struct eim_place *p, slice *out)
{
    uint8_t *buf = arena_alloc(t->arena, PLACE_ID + p->id.n + p->host.n);

    if (!buf)
        return E_MEMORY;
    if (p->id.n > 255)
        return E_ARGUMENT;
    buf[0] = (uint8_t)p->step;
    for (unsigned i = 0; i < 8; i++)
        buf[PLACE_ORDER + i] = (uint8_t)((uint64_t)p->order_id >> (8 * (7 - i)));
    buf[PLACE_ID_LEN] = (uint8_t)p->id.n;
    if (p->id.n)
        memcpy(buf + PLACE_ID, p->id.p, p->id.n);
    memcpy(buf + PLACE_ID + p->id.n, p->host.p, p->host.n);
    *out = slice_of(buf, PLACE_ID + p->id.n + p->host.n);
    return E_OK;
}

static enum err eim_place_read(slice in, struct eim_place *out)
{
    uint64_t order = 0;

    if (in.n < PLACE_ID || in.n < PLACE_ID + (size_t)in.p[PLACE_ID_LEN])
        return E_TRUNCATED;
    for (unsigned i = 0; i < 8; i++)
        order = order << 8 | in.p[PLACE_ORDER + i];
    *out = (struct eim_place){
        .step = (enum eim_step)in.p[0],
        .order_id = (int64_t)order,
        .id = slice_of(in.p + PLACE_ID, in.p[PLACE_ID_LEN]),
        .host = slice_skip(in, PLACE_ID + in.p[PLACE_ID_LEN]),
    };
    return E_OK;
}

enum err eim_call(struct eim *e, const char *function, slice host, const void *request,
                  const struct eim_place *place, struct turn *t)
{
    const struct json_function *f = json_function_find(JSON_ES9PLUS, slice_str(function));
    struct turn_upstream *u = &t->upstream;
    enum err err = eim_place_write(t, place, &u->resume);

    if (!err)
        err = json_write_request(f, request, t->arena, &u->body, NULL);
    if (err)
        return err;
    u->host = host;
    u->path = arena_printf(t->arena, "/gsma/rsp2/es9plus/%s", function);
    u->content_type = SLICE_LIT("application/json;charset=UTF-8");
    u->headers[0].name = SLICE_LIT("User-Agent");
    u->headers[0].value = SLICE_LIT("gsma-rsp-lpad");
    u->headers[1].name = SLICE_LIT("X-Admin-Protocol");
    u->headers[1].value = SLICE_LIT("gsma/rsp/v2.2.2");
    u->header_count = 2;
    u->trust = e->options.es9_trust;
    t->want = TURN_UPSTREAM;
    return u->path.p ? E_OK : E_MEMORY;
}

enum err eim_resume(struct eim *e, slice resume, const struct eim_answer *answer, struct turn *t)
{
    struct eim_place p;
    enum err err = eim_place_read(resume, &p);

    if (!err)
        err = eim_watch(e, t);
    if (err)
        return err;
    t->want = TURN_REPLY;
    switch (p.step) {
    case STEP_INITIATE:
        return eim_answer_initiate(e, &p, answer, t);
    case STEP_CLIENT:
        return eim_answer_client(e, &p, answer, t);
    case STEP_PACKAGE:
        return eim_answer_package(e, &p, answer, t);
    case STEP_CANCEL:
        return eim_answer_cancel(e, &p, answer, t);
    case STEP_NOTIFY:
        return eim_answer_notify(e, &p, answer, t);
    }
    return E_ARGUMENT;
}
