#include "serve/es2plus.h"

#include "serve/es12.h"
#include "serve/routes.h"
#include "smdp/operator.h"
#include "smdp/status.h"

/* Refused by the turn's status when the header names somebody else; *name is absent then. */
static enum err operator_of(struct smdp *s, const struct engine_call *call,
                            const struct function_header *header, struct turn *t, slice *name)
{
    enum err err = smdp_operator_of(s, call->http->tls.peer_cert,
                                    header->function_requester_identifier, t, name);

    turn_about_operator(t, err && err != E_REFUSED ? SLICE_NONE : *name);
    if (err != E_REFUSED)
        return err;
    *name = SLICE_NONE;
    return smdp_refuse_order(t, SMDP_REFUSE_REQUESTER);
}

/* Without a refusal the function's response stands in the turn, from which the JSON is printed. */
static enum err answer(struct turn *t, const struct type *type, const void *response)
{
    uint8_t buf[1024];
    slice reply;
    enum err err;

    if (t->status.subject || t->want == TURN_UPSTREAM)
        return E_OK;
    err = schema_encode(type, response, buf, sizeof buf, &reply, NULL);
    if (err)
        return err;
    t->reply = arena_copy(t->arena, reply);
    return t->reply.p ? E_OK : E_MEMORY;
}

static enum err answer_header(struct turn *t)
{
    static const struct header_response r = { .which = header_response_is_ok, .ok = true };

    return answer(t, &T_header_response, &r);
}

static enum err download_order(void *role, const struct engine_call *call, struct turn *t)
{
    const struct download_order_request *r = call->message;
    struct smdp_download_order order = { .call_id = r->header.function_call_identifier,
                                         .eid = r->eid,
                                         .iccid = r->iccid,
                                         .profile_type = r->profile_type };
    struct download_order_response response = { .which = download_order_response_is_ok };
    uint8_t iccid[ICCID_LEN];
    enum err err = operator_of(role, call, &r->header, t, &order.requester);

    if (err || t->status.subject)
        return err;
    if (!r->iccid.p && !r->profile_type.p)
        return smdp_refuse_order(t, SMDP_REFUSE_TYPE_MISSING);
    err = smdp_download_order(role, &order, t, iccid);
    response.ok.iccid = SLICE_OF(iccid);
    return err ? err : answer(t, &T_download_order_response, &response);
}

static struct smdp_confirm_order confirmation(const struct engine_call *call, slice requester)
{
    const struct confirm_order_request *r = call->message;

    return (struct smdp_confirm_order){
        .requester = requester,
        .iccid = r->iccid,
        .eid = r->eid,
        .matching_id = r->matching_id,
        .confirmation_code = r->confirmation_code,
        .smds_address = r->smds_address.n ? r->smds_address : SLICE_NONE,
        .release = r->release_flag,
    };
}

static enum err answer_confirmed(struct turn *t, const struct smdp_confirmed *out)
{
    const struct confirm_order_response response = {
        .which = confirm_order_response_is_ok,
        .ok = { .eid = out->eid,
                .matching_id = out->matching_id,
                .smdp_address = out->smdp_address },
    };

    return answer(t, &T_confirm_order_response, &response);
}

static enum err confirm_order(void *role, const struct engine_call *call, struct turn *t)
{
    const struct confirm_order_request *r = call->message;
    struct smdp_confirm_order order;
    struct smdp_confirmed out = { 0 };
    slice requester;
    enum err err = operator_of(role, call, &r->header, t, &requester);

    if (err || t->status.subject)
        return err;
    order = confirmation(call, requester);
    err = smdp_confirm_order(role, &order, t, &out);
    return err ? err : answer_confirmed(t, &out);
}

static enum err confirm_resumed(void *role, const struct engine_call *call, struct turn *t)
{
    const struct confirm_order_request *r = call->message;
    const struct es12_answer a = es12_answer_of(call);
    const struct smdp_confirm_order order =
        confirmation(call, r->header.function_requester_identifier);
    struct smdp_confirmed out = { 0 };
    enum err err = smdp_confirm_resumed(role, &order, call->resume, &a, t, &out);

    return err ? err : answer_confirmed(t, &out);
}

static enum err cancel_order(void *role, const struct engine_call *call, struct turn *t)
{
    const struct cancel_order_request *r = call->message;
    struct smdp_cancel_order order = {
        .iccid = r->iccid,
        .eid = r->eid,
        .matching_id = r->matching_id,
        .unavailable = r->has_final_profile_status_indicator &&
                       r->final_profile_status_indicator == FINAL_PROFILE_UNAVAILABLE,
    };
    enum err err = operator_of(role, call, &r->header, t, &order.requester);

    if (!err && !t->status.subject)
        err = smdp_cancel_order(role, &order, t);
    return err ? err : answer_header(t);
}

static enum err release_profile(void *role, const struct engine_call *call, struct turn *t)
{
    const struct release_profile_request *r = call->message;
    slice requester;
    enum err err = operator_of(role, call, &r->header, t, &requester);

    if (!err && !t->status.subject)
        err = smdp_release_profile(role, requester, r->iccid, t);
    return err ? err : answer_header(t);
}

static enum err release_resumed(void *role, const struct engine_call *call, struct turn *t)
{
    const struct release_profile_request *r = call->message;
    const struct es12_answer a = es12_answer_of(call);
    enum err err = smdp_release_resumed(role, r->header.function_requester_identifier, r->iccid,
                                        call->resume, &a, t);

    return err ? err : answer_header(t);
}

static const struct served_function functions[] = {
    { "/gsma/rsp2/es2plus/downloadOrder", download_order, NULL },
    { "/gsma/rsp2/es2plus/confirmOrder", confirm_order, confirm_resumed },
    { "/gsma/rsp2/es2plus/cancelOrder", cancel_order, NULL },
    { "/gsma/rsp2/es2plus/releaseProfile", release_profile, release_resumed },
};

_Static_assert(COUNT(functions) == ES2PLUS_ROUTES, "one route per function");

void es2plus_routes(struct smdp *s, struct route routes[ES2PLUS_ROUTES])
{
    routes_json(functions, COUNT(functions), JSON_ES2PLUS, s, routes);
}

/* ---- reports ---- */

static enum err due(void *role, const struct engine_call *call, struct turn *t)
{
    int64_t next_ms;
    enum err err = smdp_report_due(role, t, &next_ms);

    *call->more = !err && t->want == TURN_UPSTREAM;
    return err;
}

static enum err reported(void *role, const struct engine_call *call, struct turn *t)
{
    const struct engine_answer *a = call->answer;

    return smdp_report_answered(role, call->resume, a->err ? 0 : a->status, t);
}

struct engine_chore es2plus_reports(struct smdp *s)
{
    return (struct engine_chore){
        .name = "ES2+ reports",
        .every_ms = 250,
        .parallel = 8,
        .handle = due,
        .resume = reported,
        .role = s,
    };
}

/* ---- events ---- */

static enum err event_due(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_event_due(role, t, call->more);
}

static enum err event_answered(void *role, const struct engine_call *call, struct turn *t)
{
    const struct es12_answer a = es12_answer_of(call);

    return smdp_event_answered(role, call->resume, &a, t);
}

struct engine_chore es2plus_events(struct smdp *s)
{
    return (struct engine_chore){
        .name = "ES12 events",
        .every_ms = 250,
        .parallel = 8,
        .handle = event_due,
        .resume = event_answered,
        .role = s,
    };
}
