/* Stock of the SM-DP+, and what its lists share. */
#include "serve/admin_smdp.h"

/* ---- what lists share ---- */

enum err admin_smdp_order_row(struct admin_call *c, slice iccid, struct smdp_order *out)
{
    enum err err = store_get(c->t->store, &smdp_order_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(iccid)), out, c->t->arena);

    return err == E_NOTFOUND ? admin_problem(c, 404, "iccid", "no such profile") : err;
}

int64_t admin_smdp_state(struct admin_call *c)
{
    slice name = admin_query(c, "state");

    for (int64_t i = 0; name.p && i < SMDP_STATE_COUNT; i++)
        if (slice_eq_nocase(name, slice_str(smdp_state_name(i))))
            return i;
    if (name.p)
        admin_problem(c, 400, "state", "is no state of a profile (SGP.22 3.1.6)");
    return -1;
}

enum err admin_smdp_rows(struct admin_call *c, const struct store_table *table, slice after,
                         void *rows, size_t *count)
{
    struct store_query q = { .from_given = after.p != NULL,
                             .from = store_blob(after),
                             .limit = STORE_LIST_MAX };

    return store_list(c->t->store, table, &q, c->t->arena, rows, count);
}

slice admin_iccid_text(struct admin_call *c, slice iccid)
{
    char digits[ICCID_DIGITS + 1];

    return iccid_to_digits(iccid, digits) ? SLICE_NONE : arena_copy(c->t->arena, slice_str(digits));
}

/* ---- stock ---- */

static json_t *profile(const struct smdp_profile *p, const struct smdp_order *o)
{
    json_t *v = json_object();

    admin_put_iccid(v, "iccid", p->iccid);
    admin_put_text(v, "state", slice_str(smdp_state_name(o->state)));
    admin_put_text(v, "profileType", p->profile_type);
    admin_put_text(v, "owner", p->owner);
    admin_put_metadata(v, p->metadata);
    admin_put_int(v, "size", p->size);
    admin_put_time(v, "added", p->added_ms);
    return v;
}

static enum err profile_of(struct admin_call *c, slice iccid, struct smdp_profile *out)
{
    enum err err = store_get(c->t->store, &smdp_profile_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(iccid)), out, c->t->arena);

    return err == E_NOTFOUND ? admin_problem(c, 404, "iccid", "no such profile") : err;
}

static enum err profiles(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice type = admin_query(c, "profileType"), owner = admin_query(c, "owner"),
          after = admin_query(c, "after"), last = SLICE_NONE;
    int64_t state = admin_smdp_state(c);
    struct smdp_profile *rows;
    struct smdp_order *orders;
    size_t count = 0, order_count = 0, i;
    json_t *items;
    enum err err;

    if (after.p)
        after = admin_given_iccid(c, after, "after");
    err = admin_checked(c);
    if (!err)
        err = admin_smdp_rows(c, &smdp_profile_table, after, &rows, &count);
    if (!err)
        err = admin_smdp_rows(c, &smdp_order_table, after, &orders, &order_count);
    if (err)
        return err;
    items = json_array();
    /* every profile has its order row, under the same key */
    for (i = 0; i < count && i < order_count && json_array_size(items) < limit; i++) {
        if (!slice_eq(rows[i].iccid, orders[i].iccid))
            return json_decref(items), E_INTERNAL;
        if (slice_eq(rows[i].iccid, after))
            continue;
        last = rows[i].iccid;
        if (admin_selected(type, rows[i].profile_type) && admin_selected(owner, rows[i].owner) &&
            (state < 0 || orders[i].state == state))
            json_array_append_new(items, profile(&rows[i], &orders[i]));
    }
    c->reply = admin_page(
        c, items, i < count || count == STORE_LIST_MAX ? admin_iccid_text(c, last) : SLICE_NONE);
    return E_OK;
}

static enum err profile_get(struct admin_call *c)
{
    slice iccid = admin_path_iccid(c, 3);
    struct smdp_profile row;
    struct smdp_order order;
    enum err err = admin_checked(c);

    if (!err)
        err = profile_of(c, iccid, &row);
    if (!err)
        err = admin_smdp_order_row(c, iccid, &order);
    if (err)
        return err;
    c->reply = profile(&row, &order);
    admin_put_icon(c->reply, row.metadata);
    return E_OK;
}

static enum err profile_add(struct admin_call *c)
{
    slice protection = admin_or_else(admin_query(c, "protection"), SLICE_LIT("session"));
    struct smdp_new_profile p = {
        .package = c->octets,
        .protection = slice_eq_str(protection, "profile") ? SMDP_PROFILE_KEYS : SMDP_SESSION_KEYS,
        .profile_type = admin_query_text(c, "profileType", 255),
        .owner = admin_query_text(c, "owner", 255),
        .size = admin_query_number(c, "size", 0, INT32_MAX, 0),
    };
    uint8_t iccid[ICCID_LEN];
    enum err err;

    admin_metadata(c, &p.about);
    if (!slice_eq_str(protection, "profile") && !slice_eq_str(protection, "session"))
        admin_problem(c, 400, "protection", "is session or profile");
    err = admin_checked(c);
    if (!err)
        err = smdp_profile_add(admin_smdp_of(c), &p, c->t, iccid);
    if (err_class(err) == ERR_PEER || err == E_ARGUMENT)
        return admin_problem(c, 400, "package", err_text(err));
    if (err || c->t->status.subject)
        return err;
    c->status = 201;
    c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", SLICE_OF(iccid));
    admin_put_text(c->reply, "state", slice_str(smdp_state_name(SMDP_AVAILABLE)));
    return E_OK;
}

static enum err profile_withdraw(struct admin_call *c)
{
    return admin_smdp_end(c, admin_path_iccid(c, 3), SLICE_NONE, true);
}

#define CONFIRMATION " matchingId confirmationCode smdsAddress expiresMs "

const struct admin_operation admin_smdp[] = {
    { "GET", "/v1/smdp/profiles", profiles, TAKES_NOTHING,
      " state profileType owner after limit " },
    { "POST", "/v1/smdp/profiles", profile_add, TAKES_OCTETS,
      " profileType owner protection size" ADMIN_METADATA_MEMBERS },
    { "GET", "/v1/smdp/profiles/{iccid}", profile_get, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/profiles/{iccid}/withdraw", profile_withdraw, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/orders", admin_smdp_orders, TAKES_NOTHING,
      " state eid requester after limit " },
    { "POST", "/v1/smdp/orders", admin_smdp_order_add, TAKES_JSON,
      " iccid profileType eid until" CONFIRMATION },
    { "GET", "/v1/smdp/orders/{iccid}", admin_smdp_order_get, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/orders/{iccid}/confirm", admin_smdp_order_confirm, TAKES_JSON,
      " eid release" CONFIRMATION },
    { "POST", "/v1/smdp/orders/{iccid}/release", admin_smdp_order_release, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/orders/{iccid}/cancel", admin_smdp_order_cancel, TAKES_JSON,
      " eid unavailable " },
    { "GET", "/v1/smdp/states", admin_states, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/operators", admin_operators, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/operators", admin_operator_add, TAKES_JSON, " name certificate notify " },
    { "DELETE", "/v1/smdp/operators/{id}", admin_operator_remove, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/events", admin_events, TAKES_NOTHING, " after limit kind eid iccid " },
};
const size_t admin_smdp_count = COUNT(admin_smdp);
