/* ES2+ functions on orders (SGP.22 5.3). */
#include "base/secret.h"
#include "base/text.h"
#include "crypto/kdf.h"
#include "smdp/bind.h"
#include "smdp/internal.h"

static bool same_or_absent(slice given, slice stands)
{
    return !given.p || !stands.p || slice_eq(given, stands);
}

static enum err set_state(struct turn *t, struct smdp_order *order, enum smdp_state state)
{
    enum err err;

    order->state = state;
    err = smdp_save_order(t, order);
    return err ? err : smdp_tell(t, "smdp.order", order, smdp_state_name(state), SLICE_NONE);
}

/* The server's own (no requester) sees all orders, an operator those that it placed. */
static bool may_see(slice requester, const struct smdp_order *order)
{
    return !requester.p || slice_eq(requester, order->requester) || order->state == SMDP_AVAILABLE;
}

/* *order is NULL when the turn has been refused. */
static enum err find_ordered(struct turn *t, slice requester, slice iccid,
                             struct smdp_order **order)
{
    enum err err = smdp_find_order(t, iccid, order);

    if (!err && may_see(requester, *order))
        return E_OK;
    *order = NULL;
    if (err && err != E_NOTFOUND)
        return err;
    return smdp_refuse_order(t, err ? SMDP_REFUSE_ICCID_UNKNOWN : SMDP_REFUSE_ICCID_NOT_ALLOWED);
}

/* ---- DownloadOrder ---- */

#define STOCK_LOOK 16u /* free profiles among which to choose, so that parallel orders differ */

static enum err reserve(struct turn *t, const struct smdp_download_order *r,
                        struct smdp_order *order, uint8_t iccid[10])
{
    memcpy(iccid, order->iccid.p, ICCID_SIZE);
    order->requester = r->requester;
    order->eid = r->eid;
    /* behind the end of an earlier order of this profile, though the clock went back: it tells
     * them apart */
    order->ordered_ms = t->now_ms > order->changed_ms ? t->now_ms : order->changed_ms + 1;
    return set_state(t, order, r->eid.p ? SMDP_LINKED : SMDP_ALLOCATED);
}

/*
 * The caller did not get our answer and asks again: nothing is reserved twice. Behind ConfirmOrder
 * it is no repetition any more.
 */
static bool is_repeated(const struct smdp_download_order *r, const struct smdp_order *order)
{
    return (order->state == SMDP_ALLOCATED || order->state == SMDP_LINKED) &&
           slice_eq(r->requester, order->requester) && slice_eq(r->eid, order->eid);
}

static enum err order_by_iccid(struct turn *t, const struct smdp_download_order *r,
                               uint8_t iccid[10])
{
    struct smdp_profile profile;
    struct smdp_order *order;
    enum err err = smdp_find_profile(t, r->iccid, &profile);

    if (!err)
        err = smdp_find_order(t, r->iccid, &order);
    if (err == E_NOTFOUND)
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_UNKNOWN);
    if (err)
        return err;
    if (!same_or_absent(r->requester, profile.owner))
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_NOT_ALLOWED);
    if (r->profile_type.p && !slice_eq(r->profile_type, profile.profile_type))
        return smdp_refuse_order(t, SMDP_REFUSE_TYPE_MISMATCH);
    if (is_repeated(r, order)) {
        memcpy(iccid, order->iccid.p, ICCID_SIZE);
        return E_OK;
    }
    if (order->state != SMDP_AVAILABLE)
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_IN_USE);
    return reserve(t, r, order, iccid);
}

/* Some that are free, or none. */
static enum err stock(struct turn *t, slice type, struct smdp_order **rows, size_t *count)
{
    struct store_query q = { .index = SMDP_ORDER_BY_STOCK_TYPE,
                             .key_count = 1,
                             .limit = STOCK_LOOK };

    q.key[0] = store_text(type);
    return store_list(t->store, &smdp_order_table, &q, t->arena, rows, count);
}

static enum err order_by_type(struct smdp *s, struct turn *t, const struct smdp_download_order *r,
                              uint8_t iccid[10])
{
    struct smdp_profile any;
    struct smdp_order *rows;
    uint8_t choice;
    size_t count;
    enum err err = store_get(t->store, &smdp_profile_table, SMDP_PROFILE_BY_TYPE,
                             STORE_KEY(store_text(r->profile_type)), &any, t->arena);

    if (err == E_NOTFOUND)
        return smdp_refuse_order(t, SMDP_REFUSE_TYPE_UNKNOWN);
    if (err)
        return err;
    if (!same_or_absent(r->requester, any.owner))
        return smdp_refuse_order(t, SMDP_REFUSE_TYPE_NOT_ALLOWED);
    err = stock(t, r->profile_type, &rows, &count);
    if (!err)
        err = crypto_random(s->options.crypto, &choice, 1);
    if (err)
        return err;
    if (count == 0)
        return smdp_refuse_order(t, SMDP_REFUSE_TYPE_EXHAUSTED);
    return reserve(t, r, &rows[choice % count], iccid);
}

enum err smdp_download_order(struct smdp *s, const struct smdp_download_order *r, struct turn *t,
                             uint8_t iccid[10])
{
    struct smdp_call *call;
    bool known;
    enum err err;

    if ((r->eid.p && r->eid.n != EID_SIZE) || (!r->iccid.p && !r->profile_type.p))
        return E_ARGUMENT;
    err = smdp_call_find(s, r, t, &call, &known);
    if (err || t->status.subject)
        return err;
    if (known) {
        memcpy(iccid, call->iccid.p, ICCID_SIZE);
        return E_OK;
    }
    err = r->iccid.p ? order_by_iccid(t, r, iccid) : order_by_type(s, t, r, iccid);
    return err || t->status.subject || !call ? err : smdp_call_keep(t, call, iccid);
}

/* ---- ConfirmOrder ---- */

/*
 * Five groups of five out of 32 signs (no 0, 1, I, O, which people mix up): 125 bits, so that
 * nobody finds an order by trying.
 */
static enum err make_matching_id(struct smdp *s, struct arena *arena, slice *out)
{
    static const char signs[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint8_t random[25];
    char *text = arena_alloc(arena, MATCHING_ID_LEN);
    size_t at = 0;
    enum err err;

    if (!text)
        return E_MEMORY;
    err = crypto_random(s->options.crypto, random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++) {
        if (i && i % 5 == 0)
            text[at++] = '-';
        text[at++] = signs[random[i] % 32];
    }
    wipe(random, sizeof random);
    *out = slice_of(text, at);
    return err;
}

/* Given, generated, or none; *taken when another order has it. */
static enum err choose_matching_id(struct smdp *s, struct turn *t, slice given, slice *out,
                                   bool *taken)
{
    struct smdp_order other;
    enum err err;

    *taken = false;
    *out = SLICE_NONE;
    if (given.p && given.n == 0)
        return E_OK;
    if (!given.p)
        return make_matching_id(s, t->arena, out);
    *out = given;
    err = store_get(t->store, &smdp_order_table, SMDP_ORDER_BY_MATCHING_ID,
                    STORE_KEY(store_text(given)), &other, t->arena);
    *taken = err == E_OK;
    return err == E_NOTFOUND ? E_OK : err;
}

static enum err keep_code(struct smdp *s, struct turn *t, slice code, struct smdp_order *order)
{
    uint8_t *hash;

    order->code_hash = SLICE_NONE;
    order->code_attempts = 0;
    if (!code.p)
        return E_OK;
    hash = arena_alloc(t->arena, DIGEST_LEN);
    if (!hash)
        return E_MEMORY;
    order->code_hash = slice_of(hash, DIGEST_LEN);
    return confirmation_code_hash(s->options.crypto, code, hash);
}

/* event: at the SM-DS, registered for this order; NULL when it is announced nowhere. */
static enum err release(struct smdp *s, struct turn *t, struct smdp_order *order,
                        struct smdp_ds_event *event)
{
    enum err err = E_OK;

    if (order->expires_ms == 0 && s->options.order_ms)
        order->expires_ms = t->now_ms + s->options.order_ms;
    if (event) {
        event->due_ms = order->expires_ms ? order->expires_ms : INT64_MAX;
        err = turn_update(t, &smdp_ds_event_table, event);
    }
    return err ? err : set_state(t, order, SMDP_RELEASED);
}

/* The SM-DS first; the order is as it was until its answer has come. */
static enum err announce_or_release(struct smdp *s, struct turn *t, struct smdp_order *order,
                                    struct smdp_ds_event *event)
{
    return order->smds_address.p && !event ? smdp_event_register(s, order, t)
                                           : release(s, t, order, event);
}

/* Behind the answer of the SM-DS the order was no longer to be had: the event has no use. */
static enum err end_unused(struct turn *t, struct smdp_ds_event *event)
{
    return event && t->status.subject ? smdp_event_withdraw(t, event) : E_OK;
}

/* What stands against it, or -1. */
static int confirm_refusal(const struct smdp_confirm_order *r, const struct smdp_order *order)
{
    bool has_eid = r->eid.p || order->eid.p;

    if (order->state != SMDP_ALLOCATED && order->state != SMDP_LINKED)
        return SMDP_REFUSE_ICCID_STATE;
    if (!same_or_absent(r->eid, order->eid))
        return SMDP_REFUSE_EID_OTHER;
    if (r->smds_address.p && !host_valid(r->smds_address))
        return SMDP_REFUSE_SMDS_ADDRESS;
    if (!has_eid && (r->smds_address.p || (r->matching_id.p && r->matching_id.n == 0)))
        return SMDP_REFUSE_EID_MISSING;
    return -1;
}

static enum err confirm(struct smdp *s, const struct smdp_confirm_order *r, slice given_id,
                        struct smdp_ds_event *event, struct turn *t, struct smdp_confirmed *out)
{
    struct smdp_order *order;
    slice matching_id;
    bool taken;
    int why;
    enum err err;

    if ((r->eid.p && r->eid.n != EID_SIZE) || r->matching_id.n > 255)
        return E_ARGUMENT;
    err = find_ordered(t, r->requester, r->iccid, &order);
    if (err || !order)
        return err;
    why = confirm_refusal(r, order);
    if (why >= 0)
        return smdp_refuse_order(t, (enum smdp_refusal)why);
    err = choose_matching_id(s, t, given_id, &matching_id, &taken);
    if (!err && taken)
        return smdp_refuse_order(t, SMDP_REFUSE_MATCHING_ID_IN_USE);
    if (!err)
        err = keep_code(s, t, r->confirmation_code, order);
    if (err)
        return err;
    order->matching_id = matching_id;
    order->smds_address = r->smds_address;
    order->expires_ms = r->expires_ms;
    order->attempts = 0;
    if (r->eid.p)
        order->eid = r->eid;
    *out = (struct smdp_confirmed){
        .eid = order->eid,
        .matching_id = matching_id.p ? matching_id : SLICE_EMPTY,
        .smdp_address = s->options.address,
    };
    return r->release ? announce_or_release(s, t, order, event)
                      : set_state(t, order, SMDP_CONFIRMED);
}

enum err smdp_confirm_order(struct smdp *s, const struct smdp_confirm_order *r, struct turn *t,
                            struct smdp_confirmed *out)
{
    /* An event needs its name; the eUICC may come by its EID alone all the same. */
    bool unnamed = r->smds_address.p && !r->matching_id.n;

    return confirm(s, r, unnamed ? SLICE_NONE : r->matching_id, NULL, t, out);
}

enum err smdp_confirm_resumed(struct smdp *s, const struct smdp_confirm_order *r, slice resume,
                              const struct es12_answer *answer, struct turn *t,
                              struct smdp_confirmed *out)
{
    struct smdp_ds_event *event;
    enum err err = smdp_event_registered(resume, answer, t, &event);

    if (err || !event)
        return err;
    err = confirm(s, r, event->event_id, event, t, out);
    return err ? err : end_unused(t, event);
}

/* ---- ReleaseProfile ---- */

static enum err release_profile(struct smdp *s, slice requester, slice iccid,
                                struct smdp_ds_event *event, struct turn *t)
{
    struct smdp_order *order;
    enum err err = find_ordered(t, requester, iccid, &order);

    if (err || !order)
        return err;
    if (order->state != SMDP_CONFIRMED)
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_STATE);
    if (event && !slice_eq(event->event_id, order->matching_id)) /* cancelled and ordered anew */
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_STATE);
    return announce_or_release(s, t, order, event);
}

enum err smdp_release_profile(struct smdp *s, slice requester, slice iccid, struct turn *t)
{
    return release_profile(s, requester, iccid, NULL, t);
}

enum err smdp_release_resumed(struct smdp *s, slice requester, slice iccid, slice resume,
                              const struct es12_answer *answer, struct turn *t)
{
    struct smdp_ds_event *event;
    enum err err = smdp_event_registered(resume, answer, t, &event);

    if (err || !event)
        return err;
    err = release_profile(s, requester, iccid, event, t);
    return err ? err : end_unused(t, event);
}

/* ---- CancelOrder ---- */

/* A card has seen the keys of this profile: the next one gets it under others. */
static enum err protect_anew(struct smdp *s, struct turn *t, slice iccid)
{
    struct smdp_protected *row = ARENA_NEW(t->arena, struct smdp_protected);
    struct smdp_package package;
    enum err err;

    if (!row)
        return E_MEMORY;
    err = store_get(t->store, &smdp_protected_table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), row,
                    t->arena);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    err = store_get(t->store, &smdp_package_table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)),
                    &package, t->arena);
    if (!err)
        err =
            smdp_protect(s->options.crypto, package.package, t->arena, &row->keys, &row->elements);
    return err ? err : turn_update(t, &smdp_protected_table, row);
}

/* The transaction stays, for a result that comes late; what it was sent does not. */
static enum err unbind(struct smdp *s, struct turn *t, const struct smdp_order *order)
{
    struct smdp_transaction *row = ARENA_NEW(t->arena, struct smdp_transaction);
    enum err err = row ? E_OK : E_MEMORY;

    if (err || !order->bound_by.p)
        return err;
    err = store_get(t->store, &smdp_transaction_table, SMDP_BY_KEY,
                    STORE_KEY(store_blob(order->bound_by)), row, t->arena);
    if (!err) {
        row->euicc_otpk = row->smdp_otpk = row->host_id = row->head = row->elements = SLICE_NONE;
        err = turn_update(t, &smdp_transaction_table, row);
    }
    if (err && err != E_NOTFOUND)
        return err;
    return protect_anew(s, t, order->iccid);
}

/*
 * Whoever gave an EID with the order must name it (SGP.22 5.3.3). One that the order took over from
 * the eUICC that downloaded it may be unknown to the operator.
 */
static bool names_eid(const struct smdp_cancel_order *r, const struct smdp_order *order)
{
    return r->eid.p || !r->requester.p || !order->eid.p ||
           (order->state != SMDP_LINKED && order->state != SMDP_CONFIRMED &&
            order->state != SMDP_RELEASED);
}

static int cancel_refusal(const struct smdp_cancel_order *r, const struct smdp_order *order)
{
    if (smdp_is_on_euicc(order->state))
        return SMDP_REFUSE_ICCID_IN_USE;
    if (r->requester.p && order->state == SMDP_AVAILABLE)
        return SMDP_REFUSE_ICCID_STATE;
    if (!names_eid(r, order))
        return SMDP_REFUSE_EID_MISSING;
    if (r->eid.p && !slice_eq(r->eid, order->eid))
        return SMDP_REFUSE_EID_OTHER;
    if (r->matching_id.p && !slice_eq(r->matching_id, order->matching_id))
        return SMDP_REFUSE_MATCHING_ID_OTHER;
    return -1;
}

enum err smdp_cancel_order(struct smdp *s, const struct smdp_cancel_order *r, struct turn *t)
{
    struct smdp_profile profile;
    struct smdp_order *order;
    enum err err = find_ordered(t, r->requester, r->iccid, &order);
    int why;

    if (err || !order)
        return err;
    why = cancel_refusal(r, order);
    if (why >= 0)
        return smdp_refuse_order(t, (enum smdp_refusal)why);
    err = smdp_find_profile(t, order->iccid, &profile);
    if (!err)
        err = unbind(s, t, order);
    if (!err)
        err = smdp_event_end(t, order);
    if (err)
        return err;
    *order = (struct smdp_order){
        .version = order->version,
        .iccid = order->iccid,
        .stock_type = profile.profile_type,
    };
    return set_state(t, order, r->unavailable ? SMDP_UNAVAILABLE : SMDP_AVAILABLE);
}
