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

enum err smdp_read_order(struct turn *t, unsigned index, const struct store_value *key,
                         size_t key_count, struct smdp_order **out)
{
    struct smdp_order *o = ARENA_NEW(t->arena, struct smdp_order);
    enum err err = E_MEMORY;

    *out = o;
    if (o)
        err = store_get(t->store, &smdp_order_table, index, key, key_count, o, t->arena);
    if (!err)
        turn_found(t, &smdp_order_table, o);
    return err;
}

struct smdp_order *smdp_session_order(struct turn *t, const struct session *session)
{
    struct smdp_order *o =
        session->order ? store_row_copy(&smdp_order_table, session->order, t->arena) : NULL;

    if (o)
        turn_found(t, &smdp_order_table, o);
    return o;
}

enum err smdp_find_order(struct turn *t, slice iccid, struct smdp_order **out)
{
    *out = order_in_turn(t, iccid);
    if (*out)
        return E_OK;
    return smdp_read_order(t, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), out);
}

enum err smdp_find_profile(struct turn *t, slice iccid, struct smdp_profile *out)
{
    return store_get(t->store, &smdp_profile_table, SMDP_BY_KEY, STORE_KEY(store_blob(iccid)), out,
                     t->arena);
}

enum err smdp_save_order(struct turn *t, struct smdp_order *order)
{
    /* An order that is bound by its download keeps its matching id: it is not sought by the EID. */
    if (!smdp_is_live(order->state))
        order->waiting_eid = SLICE_NONE;
    else if (order->state == SMDP_RELEASED && !order->waiting_eid.p)
        order->waiting_eid = order->eid;
    if (order->state != SMDP_AVAILABLE)
        order->stock_type = SLICE_NONE;
    order->changed_ms = t->now_ms;
    order->over_ms = smdp_is_over(order->state) ? t->now_ms : 0;
    if (smdp_is_on_euicc(order->state) || smdp_is_over(order->state)) {
        enum err err = smdp_event_end(t, order);

        if (err)
            return err;
    }
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

void smdp_drop_session(struct cma_session *session)
{
    struct session *s = (struct session *)(void *)session;

    free(s->metadata);
    free(s->order);
}

/* Back to what it was; the order is read anew, since it may be what did not hold. */
static void restore(const struct smdp_hold *h, struct session *s)
{
    struct cma_session common = s->cma;

    if (s->metadata != h->before.metadata)
        free(s->metadata);
    free(s->order);
    *s = h->before;
    s->cma = common; /* restored by itself */
    s->order = NULL;
}

static void settled(struct cma_hold *hold, bool committed)
{
    struct smdp_hold *h = (struct smdp_hold *)(void *)hold;
    struct session *s = (struct session *)(void *)hold->session;

    if (!committed) {
        restore(h, s);
    } else if (h->order) {
        free(s->order);
        s->order = store_row_dup(&smdp_order_table, h->order);
    }
}

enum err smdp_hold(struct smdp *s, struct session *session, struct turn *t, struct smdp_hold **out)
{
    struct cma_hold *hold;
    enum err err = cma_hold(&s->cma.sessions, &session->cma, sizeof **out, t, &hold);

    *out = (struct smdp_hold *)(void *)hold;
    if (err)
        return err;
    hold->settled = settled;
    (*out)->before = *session;
    return E_OK;
}
