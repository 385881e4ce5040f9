#include "es12/es12.h"

#include "rsp/json/json.h"

#include <inttypes.h>

static enum err call(const struct es12_to *to, const char *name, const void *request,
                     struct turn *t)
{
    const struct json_function *f = json_function_find(JSON_ES12, slice_str(name));
    struct turn_upstream *u = &t->upstream;
    enum err err = json_write_request(f, request, t->arena, &u->body, NULL);

    if (err)
        return err;
    u->host = to->host;
    u->path = arena_printf(t->arena, "/gsma/rsp2/%s/%s", to->root ? "es15" : "es12", name);
    u->content_type = SLICE_LIT("application/json;charset=UTF-8");
    u->headers[0].name = SLICE_LIT("X-Admin-Protocol");
    u->headers[0].value = SLICE_LIT("gsma/rsp/v2.2.2");
    u->header_count = 1;
    u->trust = to->trust;
    u->resume = to->resume;
    t->want = TURN_UPSTREAM;
    return u->path.p ? E_OK : E_MEMORY;
}

/* functionCallIdentifier: for the logs of both sides. */
static struct function_header header(const struct es12_to *to, struct turn *t)
{
    return (struct function_header){
        .function_requester_identifier = to->requester,
        .function_call_identifier = arena_printf(t->arena, "%" PRId64, t->now_ms),
    };
}

enum err es12_register(const struct es12_to *to, const struct register_event_request *r,
                       struct turn *t)
{
    struct register_event_request whole = *r;

    whole.has_header = true;
    whole.header = header(to, t);
    whole.has_forwarding_indicator = true;
    return whole.header.function_call_identifier.p ? call(to, "registerEvent", &whole, t)
                                                   : E_MEMORY;
}

enum err es12_delete(const struct es12_to *to, const struct delete_event_request *r, struct turn *t)
{
    struct delete_event_request whole = *r;

    whole.has_header = true;
    whole.header = header(to, t);
    return whole.header.function_call_identifier.p ? call(to, "deleteEvent", &whole, t) : E_MEMORY;
}

enum es12_outcome es12_outcome(const struct es12_answer *answer, struct arena *a)
{
    const struct json_function *f = json_function_find(JSON_ES12, SLICE_LIT("deleteEvent"));
    struct header_response response;
    struct json_status status = { .failed = true };
    enum err err;

    if (!answer->reached)
        return ES12_UNREACHABLE;
    if (answer->status != 200)
        return ES12_FAILED;
    err = json_read_response(f, answer->body, a, &response, &status, NULL);
    if (!err && !status.failed)
        return ES12_DONE;
    if (err != E_REFUSED) /* that it failed is all that such an answer has to say */
        return ES12_FAILED;
    if (!slice_eq_str(status.subject, "8.9.5"))
        return ES12_FAILED;
    if (slice_eq_str(status.reason, "3.3"))
        return ES12_EXISTS;
    return slice_eq_str(status.reason, "3.9") ? ES12_UNKNOWN : ES12_FAILED;
}
