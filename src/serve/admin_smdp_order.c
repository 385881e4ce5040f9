/* Orders at the SM-DP+: DownloadOrder, ConfirmOrder and the rest, step by step or in one. */
#include "serve/admin_smdp.h"
#include "serve/es12.h"

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

enum err admin_smdp_orders(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice eid = admin_query(c, "eid"), requester = admin_query(c, "requester"),
          after = admin_query(c, "after"), last = SLICE_NONE;
    int64_t state = admin_smdp_state(c);
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
        err = admin_smdp_rows(c, &smdp_order_table, after, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (i = 0; i < count && json_array_size(items) < limit; i++) {
        const struct smdp_order *o = &rows[i];

        if (slice_eq(o->iccid, after))
            continue;
        last = o->iccid;
        /* what only lies in stock is no order, unless it is asked for */
        if ((state < 0 ? o->state != SMDP_AVAILABLE : o->state == state) &&
            admin_selected(eid, o->eid) && admin_selected(requester, o->requester))
            json_array_append_new(items, order(o));
    }
    c->reply = admin_page(
        c, items, i < count || count == STORE_LIST_MAX ? admin_iccid_text(c, last) : SLICE_NONE);
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

enum err admin_smdp_order_get(struct admin_call *c)
{
    slice iccid = admin_path_iccid(c, 3);
    struct smdp_order row;
    enum err err = admin_checked(c);

    if (!err)
        err = admin_smdp_order_row(c, iccid, &row);
    if (err)
        return err;
    c->reply = order(&row);
    if (row.state >= SMDP_CONFIRMED && row.state < SMDP_ERROR)
        admin_put_text(c->reply, "activationCode", activation_code(c, row.matching_id));
    return put_history(c, iccid);
}

/* ---- DownloadOrder, ConfirmOrder, ReleaseProfile ---- */

static void read_confirm(struct admin_call *c, struct smdp_confirm_order *o)
{
    o->matching_id = admin_text(c, "matchingId", 255);
    o->confirmation_code = admin_text(c, "confirmationCode", 255);
    o->smds_address = admin_text(c, "smdsAddress", 255);
    o->expires_ms = admin_number(c, "expiresMs", 0, INT64_MAX, 0);
}

static void say(struct admin_call *c, slice iccid, enum smdp_state state)
{
    if (!c->reply)
        c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", iccid);
    admin_put_text(c->reply, "state", slice_str(smdp_state_name(state)));
}

/* Of an order that is Confirmed or further. */
static void say_confirmed(struct admin_call *c, slice iccid, enum smdp_state state, slice eid,
                          slice matching_id)
{
    say(c, iccid, state);
    admin_put_eid(c->reply, "eid", eid);
    admin_put_text(c->reply, "activationCode", activation_code(c, matching_id));
}

/*
 * An order with an smdsAddress is announced first: it stays Confirmed, and the operation is run
 * again with the answer of the SM-DS. The ICCID stands in front of what the role resumes by.
 */
static enum err release(struct admin_call *c, slice iccid)
{
    enum err err = smdp_release_profile(admin_smdp_of(c), SLICE_NONE, iccid, c->t);
    slice resume = c->t->upstream.resume;
    uint8_t *both;

    if (err || c->t->status.subject)
        return err;
    if (c->t->want != TURN_UPSTREAM) {
        say(c, iccid, SMDP_RELEASED);
        return E_OK;
    }
    both = arena_alloc(c->t->arena, ICCID_LEN + resume.n);
    if (!both)
        return E_MEMORY;
    memcpy(both, iccid.p, ICCID_LEN);
    memcpy(both + ICCID_LEN, resume.p, resume.n);
    c->t->upstream.resume = slice_of(both, ICCID_LEN + resume.n);
    return E_OK;
}

static enum err announced(struct admin_call *c)
{
    const struct es12_answer a = es12_answer_of(c->call);
    slice iccid = slice_head(c->call->resume, ICCID_LEN);
    struct smdp_order row;
    enum err err;

    turn_about_iccid(c->t, iccid);
    err = smdp_release_resumed(admin_smdp_of(c), SLICE_NONE, iccid,
                               slice_skip(c->call->resume, ICCID_LEN), &a, c->t);
    if (!err && !c->t->status.subject) {
        err = admin_smdp_order_row(c, iccid, &row);
        if (!err)
            say_confirmed(c, iccid, SMDP_RELEASED, row.eid, row.matching_id);
    }
    return err;
}

/*
 * Asked again under its key: the order is placed and Confirmed, and the rest is tried once more.
 * Somebody may have released it meanwhile.
 */
static enum err go_on(struct admin_call *c)
{
    slice digits = slice_str(json_string_value(json_object_get(c->begun, "iccid")));
    slice iccid = admin_given_iccid(c, digits, "iccid");
    struct smdp_order row;
    enum err err = admin_checked(c);

    if (!err)
        err = admin_smdp_order_row(c, iccid, &row);
    if (err)
        return err;
    say_confirmed(c, iccid, (enum smdp_state)row.state, row.eid, row.matching_id);
    return smdp_is_live(row.state) || smdp_is_on_euicc(row.state) ? E_OK : release(c, iccid);
}

/* In one step, unless an SM-DS is to be told before it is released. */
static enum err confirm(struct admin_call *c, struct smdp_confirm_order *o)
{
    bool announce = o->release && o->smds_address.p;
    struct smdp_confirmed out;
    enum err err;

    o->release = o->release && !announce;
    err = smdp_confirm_order(admin_smdp_of(c), o, c->t, &out);
    if (err || c->t->status.subject)
        return err;
    say_confirmed(c, o->iccid, o->release ? SMDP_RELEASED : SMDP_CONFIRMED, out.eid,
                  out.matching_id);
    return announce ? release(c, o->iccid) : E_OK;
}

/* As far as "until" says: download, confirm, release (or nothing said). */
static enum err place(struct admin_call *c)
{
    struct smdp_download_order d = {
        .eid = admin_eid(c, "eid"),
        .iccid = admin_iccid(c, "iccid"),
        .profile_type = admin_text(c, "profileType", 255),
    };
    slice until = admin_or_else(admin_text(c, "until", 16), SLICE_LIT("release"));
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
        err = smdp_download_order(admin_smdp_of(c), &d, c->t, iccid);
    if (err || c->t->status.subject)
        return err;
    c->reply = json_object();
    admin_put_iccid(c->reply, "iccid", SLICE_OF(iccid));
    admin_put_eid(c->reply, "eid", d.eid);
    say(c, SLICE_OF(iccid), d.eid.p ? SMDP_LINKED : SMDP_ALLOCATED);
    o.iccid = arena_copy(c->t->arena, SLICE_OF(iccid));
    return slice_eq_str(until, "download") ? E_OK : confirm(c, &o);
}

enum err admin_smdp_order_add(struct admin_call *c)
{
    c->status = 201;
    if (c->call->answer)
        return announced(c);
    return c->begun ? go_on(c) : place(c);
}

enum err admin_smdp_order_confirm(struct admin_call *c)
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
    if (c->call->answer)
        return announced(c);
    return c->begun ? go_on(c) : confirm(c, &o);
}

enum err admin_smdp_order_release(struct admin_call *c)
{
    slice iccid = admin_path_iccid(c, 3);
    enum err err = admin_checked(c);

    if (err)
        return err;
    if (c->call->answer)
        return announced(c);
    return c->begun ? go_on(c) : release(c, iccid);
}

/* ---- CancelOrder ---- */

enum err admin_smdp_end(struct admin_call *c, slice iccid, slice eid, bool unavailable)
{
    const struct smdp_cancel_order o = { .iccid = iccid, .eid = eid, .unavailable = unavailable };
    enum err err = admin_checked(c);

    if (!err)
        err = smdp_cancel_order(admin_smdp_of(c), &o, c->t);
    if (!err && !c->t->status.subject)
        say(c, iccid, unavailable ? SMDP_UNAVAILABLE : SMDP_AVAILABLE);
    return err;
}

enum err admin_smdp_order_cancel(struct admin_call *c)
{
    return admin_smdp_end(c, admin_path_iccid(c, 3), admin_eid(c, "eid"),
                          admin_flag(c, "unavailable"));
}
