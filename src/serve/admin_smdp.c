/* Stock, orders and operators of the SM-DP+. */
#include "rsp/sgp22.h"
#include "serve/admin_lists.h"

static struct smdp *role(const struct admin_call *c)
{
    return c->admin->o.smdp;
}

/* ---- stock ---- */

static json_t *profile(const struct smdp_profile *p, const struct smdp_order *o)
{
    struct store_metadata_request m;
    json_t *v = json_object();

    admin_put_iccid(v, "iccid", p->iccid);
    admin_put_text(v, "state", slice_str(smdp_state_name(o->state)));
    admin_put_text(v, "profileType", p->profile_type);
    admin_put_text(v, "owner", p->owner);
    if (!schema_decode(&T_store_metadata_request, p->metadata, &m, NULL)) {
        admin_put_text(v, "serviceProviderName", m.service_provider_name);
        admin_put_text(v, "profileName", m.profile_name);
        if (m.has_profile_class)
            admin_put_int(v, "profileClass", m.profile_class);
    }
    admin_put_int(v, "size", p->size);
    admin_put_time(v, "added", p->added_ms);
    return v;
}

static enum err order_of(struct admin_call *c, slice iccid, struct smdp_order *out)
{
    enum err err = store_get(c->t->store, &smdp_order_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(iccid)), out, c->t->arena);

    return err == E_NOTFOUND ? admin_problem(c, 404, "iccid", "no such profile") : err;
}

static enum err profile_of(struct admin_call *c, slice iccid, struct smdp_profile *out)
{
    enum err err = store_get(c->t->store, &smdp_profile_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(iccid)), out, c->t->arena);

    return err == E_NOTFOUND ? admin_problem(c, 404, "iccid", "no such profile") : err;
}

/* A state by its name; -1: any. */
static int64_t wanted_state(struct admin_call *c)
{
    slice name = admin_query(c, "state");

    for (int64_t i = 0; name.p && i < SMDP_STATE_COUNT; i++)
        if (slice_eq_nocase(name, slice_str(smdp_state_name(i))))
            return i;
    if (name.p)
        admin_problem(c, 400, "state", "is no state of a profile (SGP.22 3.1.6)");
    return -1;
}

/* Rows by ICCID from `after` on; the one of `after` itself comes first. */
static enum err rows_after(struct admin_call *c, const struct store_table *table, slice after,
                           void *rows, size_t *count)
{
    struct store_query q = { .from_given = after.p != NULL,
                             .from = store_blob(after),
                             .limit = STORE_LIST_MAX };

    return store_list(c->t->store, table, &q, c->t->arena, rows, count);
}

static slice iccid_text(struct admin_call *c, slice iccid)
{
    char digits[ICCID_DIGITS + 1];

    return iccid_to_digits(iccid, digits) ? SLICE_NONE : arena_copy(c->t->arena, slice_str(digits));
}

static bool selected(slice wanted, slice stands)
{
    return !wanted.p || (stands.p && slice_eq(wanted, stands));
}

static enum err profiles(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice type = admin_query(c, "profileType"), owner = admin_query(c, "owner"),
          after = admin_query(c, "after"), last = SLICE_NONE;
    int64_t state = wanted_state(c);
    struct smdp_profile *rows;
    struct smdp_order *orders;
    size_t count = 0, order_count = 0, i;
    json_t *items;
    enum err err;

    if (after.p)
        after = admin_given_iccid(c, after, "after");
    err = admin_checked(c);
    if (!err)
        err = rows_after(c, &smdp_profile_table, after, &rows, &count);
    if (!err)
        err = rows_after(c, &smdp_order_table, after, &orders, &order_count);
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
        if (selected(type, rows[i].profile_type) && selected(owner, rows[i].owner) &&
            (state < 0 || orders[i].state == state))
            json_array_append_new(items, profile(&rows[i], &orders[i]));
    }
    c->reply = admin_page(c, items,
                          i < count || count == STORE_LIST_MAX ? iccid_text(c, last) : SLICE_NONE);
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
        err = order_of(c, iccid, &order);
    if (!err)
        c->reply = profile(&row, &order);
    return err;
}

static slice limited(struct admin_call *c, const char *name, size_t max)
{
    slice s = admin_query(c, name);

    if (s.p && (s.n < 1 || s.n > max))
        admin_problem(c, 400, name, "is empty or too long");
    return s;
}

static slice or_else(slice given, slice otherwise)
{
    return given.p ? given : otherwise;
}

static enum err profile_add(struct admin_call *c)
{
    slice protection = or_else(admin_query(c, "protection"), SLICE_LIT("session"));
    struct smdp_new_profile p = {
        .package = c->octets,
        .protection = slice_eq_str(protection, "profile") ? SMDP_PROFILE_KEYS : SMDP_SESSION_KEYS,
        .profile_type = limited(c, "profileType", 255),
        .owner = limited(c, "owner", 255),
        .service_provider_name =
            or_else(limited(c, "serviceProviderName", 32), SLICE_LIT("Dunlin")),
        .profile_name = or_else(limited(c, "profileName", 64), SLICE_LIT("Operational")),
        .profile_class = (int)admin_query_number(c, "profileClass", 0, 2, 2),
        .size = admin_query_number(c, "size", 0, INT32_MAX, 0),
    };
    uint8_t iccid[ICCID_LEN];
    enum err err;

    if (!slice_eq_str(protection, "profile") && !slice_eq_str(protection, "session"))
        admin_problem(c, 400, "protection", "is session or profile");
    err = admin_checked(c);
    if (!err)
        err = smdp_profile_add(role(c), &p, c->t, iccid);
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

/* ---- orders ---- */

static slice activation_code(struct admin_call *c, slice matching_id)
{
    slice at = c->admin->o.smdp_address;

    return arena_printf(c->t->arena, "1$%.*s$%.*s", (int)at.n, (const char *)at.p,
                        (int)matching_id.n, matching_id.p ? (const char *)matching_id.p : "");
}

static json_t *order(const struct smdp_order *o)
{
    json_t *v = json_object();

    admin_put_iccid(v, "iccid", o->iccid);
    admin_put_text(v, "state", slice_str(smdp_state_name(o->state)));
    admin_put_text(v, "requester", o->requester);
    admin_put_eid(v, "eid", o->eid);
    admin_put_flag(v, "confirmationCodeRequired", o->code_hash.p != NULL);
    admin_put_int(v, "codeAttempts", o->code_attempts);
    admin_put_int(v, "downloads", o->attempts);
    admin_put_text(v, "smdsAddress", o->smds_address);
    admin_put_hex(v, "transactionId", o->transaction_id);
    admin_put_time(v, "ordered", o->ordered_ms);
    admin_put_time(v, "changed", o->changed_ms);
    admin_put_time(v, "expires", o->expires_ms);
    return v;
}

static enum err orders(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice eid = admin_query(c, "eid"), requester = admin_query(c, "requester"),
          after = admin_query(c, "after"), last = SLICE_NONE;
    int64_t state = wanted_state(c);
    struct smdp_order *rows;
    size_t count = 0, i;
    json_t *items;
    enum err err;

    if (after.p)
        after = admin_given_iccid(c, after, "after");
    if (eid.p)
        eid = admin_given_eid(c, eid, "eid");
    err = admin_checked(c);
    if (!err)
        err = rows_after(c, &smdp_order_table, after, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (i = 0; i < count && json_array_size(items) < limit; i++) {
        const struct smdp_order *o = &rows[i];

        if (slice_eq(o->iccid, after))
            continue;
        last = o->iccid;
        /* what only lies in stock is no order, unless it is asked for */
        if ((state < 0 ? o->state != SMDP_AVAILABLE : o->state == state) && selected(eid, o->eid) &&
            selected(requester, o->requester))
            json_array_append_new(items, order(o));
    }
    c->reply = admin_page(c, items,
                          i < count || count == STORE_LIST_MAX ? iccid_text(c, last) : SLICE_NONE);
    return E_OK;
}

/* What the eUICC told of this profile, oldest first. */
static enum err put_history(struct admin_call *c, slice iccid)
{
    static const char *const events[] = { "install", "enable", "disable", "delete" };
    const struct store_query q = { .index = SMDP_NOTIFICATION_BY_ICCID,
                                   .key = { store_blob(iccid) },
                                   .key_count = 1,
                                   .limit = ADMIN_PAGE_MAX };
    struct smdp_notification *rows;
    size_t count = 0;
    json_t *list;
    enum err err =
        store_list(c->t->store, &smdp_notification_table, &q, c->t->arena, &rows, &count);

    if (err)
        return err;
    list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *v = json_object();

        for (size_t k = 0; k < COUNT(events); k++)
            if (rows[i].events & 1 << k)
                admin_put(v, "event", json_string(events[k]));
        admin_put_eid(v, "eid", rows[i].eid);
        admin_put_int(v, "seqNumber", rows[i].seq_number);
        admin_put_int(v, "result", rows[i].result);
        admin_put_time(v, "received", rows[i].received_ms);
        json_array_append_new(list, v);
    }
    admin_put(c->reply, "notifications", list);
    return E_OK;
}

static enum err order_get(struct admin_call *c)
{
    slice iccid = admin_path_iccid(c, 3);
    struct smdp_order row;
    enum err err = admin_checked(c);

    if (!err)
        err = order_of(c, iccid, &row);
    if (err)
        return err;
    c->reply = order(&row);
    if (row.state >= SMDP_CONFIRMED && row.state < SMDP_ERROR)
        admin_put_text(c->reply, "activationCode", activation_code(c, row.matching_id));
    return put_history(c, iccid);
}

static void read_confirm(struct admin_call *c, struct smdp_confirm_order *o)
{
    o->matching_id = admin_text(c, "matchingId", 255);
    o->confirmation_code = admin_text(c, "confirmationCode", 255);
    o->expires_ms = admin_number(c, "expiresMs", 0, INT64_MAX, 0);
}

static enum err confirm(struct admin_call *c, const struct smdp_confirm_order *o)
{
    struct smdp_confirmed out;
    enum err err = smdp_confirm_order(role(c), o, c->t, &out);

    if (err || c->t->status.subject)
        return err;
    admin_put_text(c->reply, "state",
                   slice_str(smdp_state_name(o->release ? SMDP_RELEASED : SMDP_CONFIRMED)));
    admin_put_eid(c->reply, "eid", out.eid);
    admin_put_text(c->reply, "activationCode", activation_code(c, out.matching_id));
    return E_OK;
}

/* As far as "until" says: download, confirm, release (or nothing said). */
static enum err order_add(struct admin_call *c)
{
    struct smdp_download_order d = {
        .eid = admin_eid(c, "eid"),
        .iccid = admin_iccid(c, "iccid"),
        .profile_type = admin_text(c, "profileType", 255),
    };
    slice until = or_else(admin_text(c, "until", 16), SLICE_LIT("release"));
    struct smdp_confirm_order o = { .release = slice_eq_str(until, "release") };
    uint8_t iccid[ICCID_LEN];
    enum err err;

    if (!d.iccid.p && !d.profile_type.p)
        admin_problem(c, 400, "iccid", "iccid or profileType is needed");
    if (!o.release && !slice_eq_str(until, "confirm") && !slice_eq_str(until, "download"))
        admin_problem(c, 400, "until", "is download, confirm or release");
    read_confirm(c, &o);
    err = admin_checked(c);
    if (!err)
        err = smdp_download_order(role(c), &d, c->t, iccid);
    if (err || c->t->status.subject)
        return err;
    c->status = 201;
    c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", SLICE_OF(iccid));
    admin_put_eid(c->reply, "eid", d.eid);
    admin_put_text(c->reply, "state",
                   slice_str(smdp_state_name(d.eid.p ? SMDP_LINKED : SMDP_ALLOCATED)));
    o.iccid = arena_copy(c->t->arena, SLICE_OF(iccid));
    return slice_eq_str(until, "download") ? E_OK : confirm(c, &o);
}

static enum err order_confirm(struct admin_call *c)
{
    struct smdp_confirm_order o = {
        .iccid = admin_path_iccid(c, 3),
        .eid = admin_eid(c, "eid"),
        .release = admin_flag(c, "release"),
    };
    enum err err;

    read_confirm(c, &o);
    err = admin_checked(c);
    if (err)
        return err;
    c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", o.iccid);
    return confirm(c, &o);
}

static enum err said_state(struct admin_call *c, slice iccid, enum smdp_state state)
{
    c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", iccid);
    admin_put_text(c->reply, "state", slice_str(smdp_state_name(state)));
    return E_OK;
}

static enum err order_release(struct admin_call *c)
{
    slice iccid = admin_path_iccid(c, 3);
    enum err err = admin_checked(c);

    if (!err)
        err = smdp_release_profile(role(c), SLICE_NONE, iccid, c->t);
    if (!err && c->t->want == TURN_UPSTREAM)
        return admin_problem(c, 409, "iccid",
                             "the order is announced at an SM-DS: only ES2+ releases it");
    return err || c->t->status.subject ? err : said_state(c, iccid, SMDP_RELEASED);
}

static enum err end_order(struct admin_call *c, slice iccid, slice eid, bool unavailable)
{
    const struct smdp_cancel_order o = { .iccid = iccid, .eid = eid, .unavailable = unavailable };
    enum err err = admin_checked(c);

    if (!err)
        err = smdp_cancel_order(role(c), &o, c->t);
    return err || c->t->status.subject
               ? err
               : said_state(c, iccid, unavailable ? SMDP_UNAVAILABLE : SMDP_AVAILABLE);
}

static enum err order_cancel(struct admin_call *c)
{
    return end_order(c, admin_path_iccid(c, 3), admin_eid(c, "eid"), admin_flag(c, "unavailable"));
}

static enum err profile_withdraw(struct admin_call *c)
{
    return end_order(c, admin_path_iccid(c, 3), SLICE_NONE, true);
}

#define CONFIRMATION " matchingId confirmationCode expiresMs "

const struct admin_operation admin_smdp[] = {
    { "GET", "/v1/smdp/profiles", profiles, TAKES_NOTHING,
      " state profileType owner after limit " },
    { "POST", "/v1/smdp/profiles", profile_add, TAKES_OCTETS,
      " profileType owner protection serviceProviderName profileName profileClass size " },
    { "GET", "/v1/smdp/profiles/{iccid}", profile_get, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/profiles/{iccid}/withdraw", profile_withdraw, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/orders", orders, TAKES_NOTHING, " state eid requester after limit " },
    { "POST", "/v1/smdp/orders", order_add, TAKES_JSON,
      " iccid profileType eid until" CONFIRMATION },
    { "GET", "/v1/smdp/orders/{iccid}", order_get, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/orders/{iccid}/confirm", order_confirm, TAKES_JSON,
      " eid release" CONFIRMATION },
    { "POST", "/v1/smdp/orders/{iccid}/release", order_release, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/orders/{iccid}/cancel", order_cancel, TAKES_JSON, " eid unavailable " },
    { "GET", "/v1/smdp/states", admin_states, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/operators", admin_operators, TAKES_NOTHING, NULL },
    { "POST", "/v1/smdp/operators", admin_operator_add, TAKES_JSON, " name certificate notify " },
    { "DELETE", "/v1/smdp/operators/{id}", admin_operator_remove, TAKES_NOTHING, NULL },
    { "GET", "/v1/smdp/events", admin_events, TAKES_NOTHING, " after limit kind eid iccid " },
};
const size_t admin_smdp_count = COUNT(admin_smdp);
