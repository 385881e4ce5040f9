/*
 * How many orders, or event records, are in which state, for the metrics. No index knows it, and
 * none is kept for it: a chore walks the rows a few at a time and tells when it has seen all, then
 * rests.
 */
#include "serve/admin_lists.h"

#include <stddef.h>

#define STEP    200 /* rows at a time */
#define REST_MS 30000

_Static_assert(SMDP_STATE_COUNT <= CENSUS_STATES, "every state is counted");

/* What a role's rows are counted by. Their key is an ICCID, or a number. */
struct counted {
    const char *server;
    enum meters_family family;
    const struct store_table *table;
    const char *(*name)(int64_t state);
    bool by_iccid;
    size_t key, state; /* where they stand in the row */
};

static const struct counted of_smdp = {
    "smdp",
    METERS_ORDERS,
    &smdp_order_table,
    smdp_state_name,
    true,
    offsetof(struct smdp_order, iccid),
    offsetof(struct smdp_order, state),
};
static const struct counted of_smds = {
    "smds",
    METERS_RECORDS,
    &smds_event_table,
    smds_state_name,
    false,
    offsetof(struct smds_event, id),
    offsetof(struct smds_event, state),
};
static const struct counted of_eim = {
    "eim",
    METERS_ORDERS,
    &eim_order_table,
    eim_order_state_name,
    false,
    offsetof(struct eim_order, id),
    offsetof(struct eim_order, state),
};

/* One row; an ICCID that was counted comes once more, at the beginning of the next step. */
static void count_row(struct admin_census *c, const struct counted *k, const uint8_t *row)
{
    int64_t state;
    slice iccid;

    if (k->by_iccid) {
        memcpy(&iccid, row + k->key, sizeof iccid);
        if (iccid.n != sizeof c->iccid || (c->iccid_known && slice_eq(iccid, SLICE_OF(c->iccid))))
            return;
        memcpy(c->iccid, iccid.p, sizeof c->iccid);
        c->iccid_known = true;
    } else {
        memcpy(&c->id, row + k->key, sizeof c->id);
    }
    memcpy(&state, row + k->state, sizeof state);
    if (state >= 0 && state < CENSUS_STATES)
        c->counts[state]++;
}

static enum err step(struct admin_census *c, const struct counted *k, struct turn *t, size_t *count)
{
    const struct store_query q = {
        .from_given = !k->by_iccid || c->iccid_known,
        .from = k->by_iccid ? store_blob(SLICE_OF(c->iccid)) : store_int(c->id + 1),
        .limit = STEP,
    };
    const uint8_t *rows;
    enum err err = store_list(t->store, k->table, &q, t->arena, (void *)&rows, count);

    for (size_t i = 0; !err && i < *count; i++)
        count_row(c, k, rows + i * k->table->size);
    return err;
}

static const struct counted *counted_of(const struct admin *a)
{
    return a->o.smdp ? &of_smdp : a->o.smds ? &of_smds : &of_eim;
}

static void publish(const struct admin *a, const struct counted *k)
{
    const char *names[CENSUS_STATES];

    for (size_t i = 0; i < CENSUS_STATES; i++)
        names[i] = k->name((int64_t)i);
    meters_states(a->o.house->meters, k->family, k->server, names, a->census.counts, CENSUS_STATES);
}

enum err admin_states(struct admin_call *c)
{
    const struct admin_house *house = c->admin->o.house;
    const char *names[CENSUS_STATES];
    uint64_t counts[CENSUS_STATES];
    size_t count = 0;

    if (house && house->meters)
        count = meters_states_of(house->meters, counted_of(c->admin)->server, names, counts,
                                 CENSUS_STATES);
    if (!count)
        return admin_problem(c, 503, NULL, "they are being counted");
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
    const struct counted *k = counted_of(a);
    size_t count = 0;
    enum err err;

    (void)call;
    if (!a->o.house || !a->o.house->meters || t->now_ms < c->rests_until_ms)
        return E_OK;
    err = step(c, k, t, &count);
    if (err || count == STEP)
        return err;
    publish(a, k);
    *c = (struct admin_census){ .rests_until_ms = t->now_ms + REST_MS };
    return E_OK;
}
