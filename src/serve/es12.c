#include "serve/es12.h"

#include "serve/routes.h"

struct es12_answer es12_answer_of(const struct engine_call *call)
{
    const struct engine_answer *a = call->answer;

    return (struct es12_answer){ .reached = a->err == E_OK, .status = a->status, .body = a->body };
}

/* Not refused: the response, from which the JSON is printed. */
static enum err answer(enum err err, struct turn *t)
{
    static const struct header_response r = { .which = header_response_is_ok, .ok = true };
    uint8_t buf[16];
    slice reply;

    if (err || t->status.subject || t->want == TURN_UPSTREAM)
        return err;
    err = schema_encode(&T_header_response, &r, buf, sizeof buf, &reply, NULL);
    if (err)
        return err;
    t->reply = arena_copy(t->arena, reply);
    return t->reply.p ? E_OK : E_MEMORY;
}

static enum err caller_of(struct smds *s, const struct engine_call *call,
                          const struct function_header *header, struct turn *t, slice *name)
{
    return smds_caller_of(s, call->http->tls.peer_cert, header->function_requester_identifier, t,
                          name);
}

static enum err register_event(void *role, const struct engine_call *call, struct turn *t)
{
    const struct register_event_request *r = call->message;
    slice owner;
    enum err err = caller_of(role, call, &r->header, t, &owner);

    if (!err && owner.p)
        err = smds_register_event(role, owner, r, t);
    return answer(err, t);
}

static enum err register_resumed(void *role, const struct engine_call *call, struct turn *t)
{
    const struct es12_answer a = es12_answer_of(call);

    return answer(smds_register_resumed(role, call->resume, &a, t), t);
}

static enum err delete_event(void *role, const struct engine_call *call, struct turn *t)
{
    const struct delete_event_request *r = call->message;
    slice owner;
    enum err err = caller_of(role, call, &r->header, t, &owner);

    if (!err && owner.p)
        err = smds_delete_event(role, owner, r, t);
    return answer(err, t);
}

static enum err delete_resumed(void *role, const struct engine_call *call, struct turn *t)
{
    const struct es12_answer a = es12_answer_of(call);

    return answer(smds_delete_resumed(role, call->resume, &a, t), t);
}

static const struct served_function functions[] = {
    { "/gsma/rsp2/es12/registerEvent", register_event, register_resumed },
    { "/gsma/rsp2/es12/deleteEvent", delete_event, delete_resumed },
    { "/gsma/rsp2/es15/registerEvent", register_event, register_resumed },
    { "/gsma/rsp2/es15/deleteEvent", delete_event, delete_resumed },
};

_Static_assert(COUNT(functions) == ES12_ROUTES, "one route per path");

void es12_routes(struct smds *s, struct route routes[ES12_ROUTES])
{
    routes_json(functions, COUNT(functions), JSON_ES12, s, routes);
}

/* ---- removals ---- */

static enum err due(void *role, const struct engine_call *call, struct turn *t)
{
    enum err err = smds_removal_due(role, t);

    *call->more = !err && t->want == TURN_UPSTREAM;
    return err;
}

static enum err answered(void *role, const struct engine_call *call, struct turn *t)
{
    const struct es12_answer a = es12_answer_of(call);

    return smds_removal_answered(role, call->resume, &a, t);
}

struct engine_chore es12_removals(struct smds *s)
{
    return (struct engine_chore){
        .name = "ES15 removals",
        .every_ms = 250,
        .parallel = 8,
        .handle = due,
        .resume = answered,
        .role = s,
    };
}
