#include "serve/esipa.h"

/* The eIM reads the message itself: which of two versions it is depends on what stands in it. */
static enum err read_whole(const struct route *r, slice body, struct arena *a, const void **message,
                           struct fault *fault)
{
    slice *copy = ARENA_NEW(a, slice);

    (void)r;
    (void)fault;
    if (!copy)
        return E_MEMORY;
    *copy = body;
    *message = copy;
    return E_OK;
}

static enum err write_whole(const struct route *r, const struct turn *t, struct arena *a,
                            slice *body)
{
    (void)r;
    (void)a;
    *body = t->reply;
    return E_OK;
}

static const struct engine_binding binding = {
    .media_type = "application/x-gsma-rsp-asn1",
    .reply_type = "application/x-gsma-rsp-asn1",
    .read = read_whole,
    .write = write_whole,
};

static enum err esipa(void *role, const struct engine_call *call, struct turn *t)
{
    const slice *message = call->message;

    return eim_esipa(role, *message, t);
}

static enum err resume(void *role, const struct engine_call *call, struct turn *t)
{
    struct eim_answer answer = {
        .reached = call->answer->err == E_OK,
        .status = call->answer->status,
        .body = call->answer->body,
    };

    return eim_resume(role, call->resume, &answer, t);
}

void esipa_routes(struct eim *e, struct route routes[ESIPA_ROUTES])
{
    routes[0] = (struct route){
        .path = "/gsma/rsp2/asn1",
        .binding = &binding,
        .protocol = PROTOCOL_ANY,
        .handle = esipa,
        .resume = resume,
        .role = e,
    };
}

static enum err due(void *role, const struct engine_call *call, struct turn *t)
{
    int64_t next_ms;
    enum err err = eim_due(role, t, &next_ms);

    *call->more = !err && t->want == TURN_UPSTREAM;
    return err;
}

struct engine_chore esipa_due(struct eim *e)
{
    return (struct engine_chore){
        .name = "eim notifications",
        .every_ms = 250,
        .parallel = 8,
        .handle = due,
        .resume = resume,
        .role = e,
    };
}
