/* One order at the SM-DP+, with all that an operator can say of it. */
#include "cmd/place_parts.h"

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

static bool take_steps(struct servers *s, struct arena *a, struct smdp_confirm_order *c,
                       struct smdp_order *row, struct placed *p)
{
    struct turn_status status = { 0 };
    enum err e = E_OK;

    if (!place_order_row(s, c->iccid, a, row))
        return place_done(p, E_NOTFOUND, "profile", NULL);
    for (size_t i = 0; i < COUNT(steps); i++) {
        if (row->state >= (int64_t)steps[i].before)
            continue;
        e = servers_operate(s->smdp_served.store, a, steps[i].call, s->smdp, c, &status);
        if (e || status.subject)
            return place_done(p, e, steps[i].what, &status);
    }
    return place_order_row(s, c->iccid, a, row) ? place_done(p, E_OK, "", NULL)
                                                : place_done(p, E_NOTFOUND, "order", NULL);
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
