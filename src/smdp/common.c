/* What several functions of the role need: rows, events, and sessions that follow their turn. */
#include "smdp/internal.h"

#include <stdlib.h>

/* The row that this turn is about to write, so that two steps of one order become one change. */
static struct smdp_order *order_in_turn(const struct turn *t, slice iccid)
{
    for (size_t i = 0; i < t->change_count; i++) {
        struct smdp_order *o = t->changes[i].row;

        if (t->changes[i].table == &smdp_order_table && t->changes[i].kind == CHANGE_UPDATE &&
            slice_eq(o->iccid, iccid))
            return o;
    }
    return NULL;
}

enum err smdp_find_order(struct turn *t, slice iccid, struct smdp_order **out)
{
    *out = order_in_turn(t, iccid);
    if (*out)
        return E_OK;
    *out = ARENA_NEW(t->arena, struct smdp_order);
    if (!*out)
        return E_MEMORY;
    return store_get(t->store, &smdp_order_table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), *out,
                     t->arena);
}

enum err smdp_find_profile(struct turn *t, slice iccid, struct smdp_profile *out)
{
    return store_get(t->store, &smdp_profile_table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), out,
                     t->arena);
}

enum err smdp_save_order(struct turn *t, struct smdp_order *order)
{
    bool waiting = order->state == SMDP_RELEASED || order->state == SMDP_DOWNLOADED;

    /* An order that is bound by its download keeps its matching id: it is not sought by the EID. */
    if (!waiting)
        order->waiting_eid = SLICE_NONE;
    else if (order->state == SMDP_RELEASED && !order->waiting_eid.p)
        order->waiting_eid = order->eid;
    if (order->state != SMDP_AVAILABLE)
        order->stock_type = SLICE_NONE;
    order->changed_ms = t->now_ms;
    return order_in_turn(t, order->iccid) == order ? E_OK
                                                   : turn_update(t, &smdp_order_table, order);
}

enum err smdp_tell(struct turn *t, const char *kind, const struct smdp_order *order,
                   const char *detail, slice data)
{
    struct store_event event = {
        .kind = slice_str(kind),
        .eid = order->eid,
        .iccid = order->iccid,
        .detail = slice_str(detail),
        .data = data,
    };

    turn_about_eid(t, order->eid);
    turn_about_iccid(t, order->iccid);
    return turn_event(t, &event);
}

enum err smdp_progress(struct turn *t, enum smdp_point point, const struct smdp_order *order,
                       slice data)
{
    static const char *const kinds[] = {
        [SMDP_POINT_ELIGIBILITY] = "smdp.progress.1",
        [SMDP_POINT_CONFIRMATION] = "smdp.progress.2",
        [SMDP_POINT_DOWNLOAD] = "smdp.progress.3",
        [SMDP_POINT_INSTALLATION] = "smdp.progress.4",
    };
    slice detail = SLICE_LIT("success");
    enum err err;

    if (t->status.subject) {
        detail = arena_printf(t->arena, "failed %s/%s", t->status.subject, t->status.reason);
        if (!detail.p)
            return E_MEMORY;
    }
    err = smdp_report(t, point, order, &t->status, data);
    return err ? err : smdp_tell(t, kinds[point], order, (const char *)detail.p, data);
}

/* Back to what it was; the order is read anew, since it may be what did not hold. */
static void restore(struct smdp_hold *h, struct session *s)
{
    if (s->euicc_key != h->before.euicc_key)
        key_drop(s->euicc_key);
    if (s->metadata != h->before.metadata)
        free(s->metadata);
    free(s->order);
    *s = h->before;
    s->order = NULL;
}

static void settle(struct turn *t, bool committed)
{
    struct smdp_hold *h = t->settle_context;
    struct session *s = h->session;

    if (committed ? h->over : h->fresh) {
        session_end(&h->smdp->sessions, s);
        return;
    }
    if (!committed) {
        restore(h, s);
    } else if (h->order) {
        free(s->order);
        s->order = store_row_dup(&smdp_order_table, h->order);
    }
    session_put(&h->smdp->sessions, s);
}

enum err smdp_hold(struct smdp *s, struct session *session, struct turn *t, struct smdp_hold **out)
{
    struct smdp_hold *h = ARENA_NEW(t->arena, struct smdp_hold);

    *out = h;
    if (!h) {
        session_put(&s->sessions, session);
        return E_MEMORY;
    }
    h->smdp = s;
    h->session = session;
    h->before = *session;
    turn_about_transaction(t, SLICE_OF(session->transaction_id));
    t->settle = settle;
    t->settle_context = h;
    return E_OK;
}

enum err smdp_hold_new(struct smdp *s, struct session *session, struct turn *t)
{
    struct smdp_hold *h = ARENA_NEW(t->arena, struct smdp_hold);

    if (!h) {
        session_end(&s->sessions, session);
        return E_MEMORY;
    }
    *h = (struct smdp_hold){ .smdp = s, .session = session, .fresh = true };
    t->settle = settle;
    t->settle_context = h;
    return E_OK;
}

void smdp_let_go(struct turn *t)
{
    turn_settle(t, false);
}

/* ---- what eUICCs sign ---- */

static enum smdp_refusal chain_refusal(const struct chain_fault *fault)
{
    bool expired = fault->err == E_EXPIRED;

    switch (fault->role) {
    case ROLE_CI:
        return SMDP_REFUSE_CI_UNKNOWN;
    case ROLE_EUICC:
        return expired ? SMDP_REFUSE_EUICC_EXPIRED : SMDP_REFUSE_EUICC_CERTIFICATE;
    default:
        return expired ? SMDP_REFUSE_EUM_EXPIRED : SMDP_REFUSE_EUM_CERTIFICATE;
    }
}

enum err smdp_check_chain(const struct smdp *s, slice euicc, slice eum, slice ci, int64_t now_ms,
                          struct chain *chain, uint8_t eid[EID_SIZE], bool *refused,
                          enum smdp_refusal *why)
{
    struct chain_fault fault = { .role = ROLE_EUICC };
    enum err err =
        chain_verify_euicc(s->options.trust, euicc, eum, ci, now_ms / 1000, chain, eid, &fault);

    *refused = err_class(err) == ERR_AUTH || err_class(err) == ERR_PEER;
    if (*refused)
        *why = chain_refusal(&fault);
    return *refused ? E_OK : err;
}
