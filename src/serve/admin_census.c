/*
 * How many orders are in which state, for the metrics. No index knows it, and none is kept for it:
 * a chore walks the orders a few at a time and tells when it has seen all, then rests.
 */
#include "serve/admin_lists.h"

#define STEP    200 /* rows at a time */
#define REST_MS 30000

_Static_assert(SMDP_STATE_COUNT <= CENSUS_STATES, "every state is counted");

static enum err step_smdp(struct admin_census *c, struct turn *t, size_t *count)
{
    const struct store_query q = { .from_given = c->iccid_known,
                                   .from = store_blob(SLICE_OF(c->iccid)),
                                   .limit = STEP };
    struct smdp_order *rows;
    enum err err = store_list(t->store, &smdp_order_table, &q, t->arena, &rows, count);

    for (size_t i = 0; !err && i < *count; i++) {
        if (c->iccid_known && slice_eq(rows[i].iccid, SLICE_OF(c->iccid)))
            continue;
        if (rows[i].state >= 0 && rows[i].state < CENSUS_STATES)
            c->counts[rows[i].state]++;
        if (rows[i].iccid.n == sizeof c->iccid)
            memcpy(c->iccid, rows[i].iccid.p, sizeof c->iccid);
        c->iccid_known = true;
    }
    return err;
}

static enum err step_eim(struct admin_census *c, struct turn *t, size_t *count)
{
    const struct store_query q = { .from_given = true,
                                   .from = store_int(c->id + 1),
                                   .limit = STEP };
    struct eim_order *rows;
    enum err err = store_list(t->store, &eim_order_table, &q, t->arena, &rows, count);

    for (size_t i = 0; !err && i < *count; i++) {
        if (rows[i].state >= 0 && rows[i].state < CENSUS_STATES)
            c->counts[rows[i].state]++;
        c->id = rows[i].id;
    }
    return err;
}

static const char *role_of(const struct admin *a)
{
    return a->o.smdp ? "smdp" : "eim";
}

static void publish(const struct admin *a)
{
    const char *names[CENSUS_STATES];

    for (size_t i = 0; i < CENSUS_STATES; i++)
        names[i] = a->o.smdp ? smdp_state_name((int64_t)i) : eim_order_state_name((int64_t)i);
    meters_states(a->o.house->meters, role_of(a), names, a->census.counts, CENSUS_STATES);
}

enum err admin_states(struct admin_call *c)
{
    const struct admin_house *house = c->admin->o.house;
    const char *names[CENSUS_STATES];
    uint64_t counts[CENSUS_STATES];
    size_t count = 0;

    if (house && house->meters)
        count = meters_states_of(house->meters, role_of(c->admin), names, counts, CENSUS_STATES);
    if (!count)
        return admin_problem(c, 503, NULL, "the orders are being counted");
    c->reply = json_object();
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], "?") != 0)
            admin_put_int(c->reply, names[i], (int64_t)counts[i]);
    return E_OK;
}

enum err admin_count_orders(void *admin, const struct engine_call *call, struct turn *t)
{
    struct admin *a = admin;
    struct admin_census *c = &a->census;
    size_t count = 0;
    enum err err;

    (void)call;
    if (!a->o.house || !a->o.house->meters || t->now_ms < c->rests_until_ms)
        return E_OK;
    err = a->o.smdp ? step_smdp(c, t, &count) : step_eim(c, t, &count);
    if (err || count == STEP)
        return err;
    publish(a);
    *c = (struct admin_census){ .rests_until_ms = t->now_ms + REST_MS };
    return E_OK;
}
