/* One order at the SM-DP+, with all that an operator can say of it. */
#include "cmd/place_parts.h"

#include <jansson.h>
#include <stdio.h>

static enum err order_it(void *role, void *ctx, struct turn *t)
{
    const struct smdp_confirm_order *c = ctx;
    struct smdp_download_order order = { .iccid = c->iccid, .eid = c->eid };
    uint8_t iccid[ICCID_LEN];

    return smdp_download_order(role, &order, t, iccid);
}

static enum err confirm_it(void *role, void *ctx, struct turn *t)
{
    struct smdp_confirmed out;

    return smdp_confirm_order(role, ctx, t, &out);
}

/* Each for an order that has not come so far: what was done before the process ended stays. */
static const struct {
    operator_call *call;
    enum smdp_state before;
    const char *what;
} steps[] = {
    { order_it, SMDP_ALLOCATED, "download order" },
    { confirm_it, SMDP_CONFIRMED, "confirmation of the order" },
};

/*
 * The order's SM-DS is told, and then the order is released: a request to the desk of this process,
 * whose engine can wait for the SM-DS. The problem it answers is for people: its detail.
 */
static void announce(struct servers *s, slice iccid, struct arena *a, struct placed *p)
{
    struct engine_reply reply;
    struct http_request r = { .method = SLICE_LIT("POST"), .peer = SLICE_LIT("order file") };
    char digits[ICCID_DIGITS + 1] = "";
    json_t *problem;
    const char *why;

    if (!iccid_to_digits(iccid, digits))
        r.path = arena_printf(a, "/v1/smdp/orders/%s/release", digits);
    engine_dispatch(&s->smdp_served.desk, &r, &reply);
    problem = json_loadb((const char *)reply.response.body.p, reply.response.body.n, 0, NULL);
    why = json_string_value(json_object_get(problem, "detail"));
    if (reply.response.status != 200)
        snprintf(p->why, sizeof p->why, "not released: %s", why ? why : "it cannot be");
    json_decref(problem);
    engine_reply_release(&reply);
}

static bool take_steps(struct servers *s, struct arena *a, struct smdp_confirm_order *c,
                       struct smdp_order *row, struct placed *p)
{
    struct turn_status status = { 0 };
    bool release = c->release;
    enum err e = E_OK;

    c->release = release && !c->smds_address.p;
    if (!place_order_row(s, c->iccid, a, row))
        return place_done(p, E_NOTFOUND, "profile", NULL);
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (row->state >= (int64_t)steps[i].before)
            continue;
        e = servers_operate(s->smdp_served.store, a, steps[i].call, s->smdp, c, &status);
        if (e || status.subject)
            return place_done(p, e, steps[i].what, &status);
    }
    if (!place_order_row(s, c->iccid, a, row))
        return place_done(p, E_NOTFOUND, "order", NULL);
    place_done(p, E_OK, "", NULL);
    if (release && row->state == SMDP_CONFIRMED && row->smds_address.p)
        announce(s, c->iccid, a, p);
    return true;
}

bool place_smdp_order(struct servers *s, const struct smdp_confirm_order *order,
                      char activation[ACTIVATION_MAX], struct placed *p)
{
    struct smdp_confirm_order c = *order;
    struct smdp_order row;
    struct arena a;
    bool ok;

    arena_init(&a, PLACE_ARENA_LIMIT);
    ok = take_steps(s, &a, &c, &row, p);
    if (ok)
        snprintf(activation, ACTIVATION_MAX, "1$%s$%.*s%s", s->smdp_name, (int)row.matching_id.n,
                 row.matching_id.n ? (const char *)row.matching_id.p : "",
                 row.code_hash.p ? "$$1" : "");
    arena_free(&a);
    return ok;
}
