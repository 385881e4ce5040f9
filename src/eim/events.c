/*
 * A relayed download by way of an SM-DS (SGP.32 3.9.2.2): the eIM asks the SM-DS for the IPA
 * (ES11'), and what waits there becomes the IPA's trigger. From then on the order is for that
 * event: a device that lost its download is triggered with it. Where it leads, an SM-DP+ or another
 * SM-DS, is known only when that server has answered. The source of the order counts the SM-DSs.
 */
#include "eim/internal.h"

#define EVENTS_MAX     16 /* of one answer; what is more comes with the next order */
#define SMDS_DEPTH     2  /* SM-DSs that events lead to, one behind the other */
#define ACTIVATION_MAX 255

slice eim_trust_of(const struct eim *e, const struct eim_order *o)
{
    if (!o || o->source < EIM_BY_SMDS)
        return e->options.es9_trust;
    return o->source == EIM_BY_SMDS ? e->options.es11_trust : e->options.event_trust;
}

/* The event as the order's activation code; false when none can say it. */
static bool write_code(const struct event_entries *event, struct turn *t, slice *code)
{
    slice host = event->rsp_server_address, id = event->event_id;

    if (!eim_is_address(host) || (id.n && memchr(id.p, '$', id.n)) ||
        host.n + id.n + 3 > ACTIVATION_MAX)
        return false;
    *code = arena_printf(t->arena, "1$%.*s$%.*s", (int)host.n, (const char *)host.p, (int)id.n,
                         id.n ? (const char *)id.p : "");
    return true;
}

static enum err pin(struct eim_order *o, const struct event_entries *event, slice code,
                    int64_t source, struct turn *t)
{
    o->source = source;
    o->activation = code;
    o->smdp = arena_copy(t->arena, event->rsp_server_address);
    o->matching_id = arena_copy(t->arena, event->event_id.n ? event->event_id : SLICE_EMPTY);
    return code.p && o->smdp.p && o->matching_id.p ? E_OK : E_MEMORY;
}

/* Is there an open order with this code? */
static enum err is_ordered(struct turn *t, slice eid, slice code, bool *ordered)
{
    struct eim_order *open;
    size_t count = 0;
    enum err err = eim_open_orders(t, eid, &open, &count);

    *ordered = false;
    for (size_t i = 0; !err && i < count && !*ordered; i++)
        *ordered = open[i].kind == EIM_ORDER_DOWNLOAD && slice_eq(open[i].activation, code);
    return err;
}

/* Each further event is an order of its own, in their order. */
static enum err order_event(struct eim *e, const struct eim_order *first,
                            const struct event_entries *event, slice code, struct turn *t)
{
    struct eim_order *o;
    bool ordered;
    enum err err = is_ordered(t, first->eid, code, &ordered);

    if (err || ordered)
        return err;
    err = eim_new_order(e, first->eid, EIM_ORDER_DOWNLOAD, t, &o);
    if (err)
        return err;
    o->indirect = 1;
    o->content = code; /* it is nobody's order by way of an SM-DS */
    err = pin(o, event, code, first->source, t);
    if (!err)
        err = eim_insert_target(t, o);
    return err ? err : turn_insert(t, &eim_order_table, o);
}

/* The first event that can be followed is the order's; *any: there was one. */
static enum err take(struct eim *e, struct eim_order *o, slice entries, struct turn *t, bool *any)
{
    const int64_t source = o->source + 1;
    slice codes[EVENTS_MAX];
    struct event_entries event;
    size_t n = 0;
    enum err err = E_OK;

    while (!err && n < EVENTS_MAX && schema_next(&T_event_entries, &entries, &event)) {
        size_t k = 0;

        if (!write_code(&event, t, &codes[n]))
            continue;
        while (k < n && !slice_eq(codes[k], codes[n]))
            k++;
        if (k < n) /* said twice */
            continue;
        err = n ? order_event(e, o, &event, codes[n], t) : pin(o, &event, codes[n], source, t);
        n++;
    }
    *any = n > 0;
    if (err || !n)
        return err;
    err = eim_write_trigger(o, t);
    return err ? err : eim_save_order(t, o);
}

static enum err reply(const struct eim_order *o, slice transaction_id, struct turn *t)
{
    const struct authenticate_client_response_esipa r = {
        .which = authenticate_client_response_esipa_is_authenticate_client_ok_ds_esipa,
        .authenticate_client_ok_ds_esipa = { .transaction_id = transaction_id,
                                             .has_profile_download_trigger = true,
                                             .profile_download_trigger = eim_trigger_of(o) },
    };

    return eim_reply(t, &T_authenticate_client_response_esipa, &r, ACTIVATION_MAX + 128);
}

enum err eim_take_events(struct eim *e, struct eim_order *o, slice transaction_id,
                         const struct eim_answer *a, struct turn *t, bool *of_smds, int64_t *code)
{
    struct authenticate_client_response_es11 r;
    bool any;
    enum err err;

    *of_smds = false;
    if (o->source < EIM_BY_SMDS)
        return E_OK;
    err =
        eim_read_answer(JSON_ES11, "authenticateClient", ESIPA_AUTHENTICATE_CLIENT, a, t, &r, code);
    if (!err && !*code && r.which != authenticate_client_response_es11_is_authenticate_client_ok)
        *code = STATUS_UNDEFINED;
    *of_smds = o->source == EIM_BY_SMDS || !*code;
    if (err || !*of_smds || *code)
        return err;
    *code = !o->open                               ? ESIPA_CLIENT_INVALID_TRANSACTION
            : o->source > EIM_BY_SMDS + SMDS_DEPTH ? ESIPA_CLIENT_EVENT_UNKNOWN
                                                   : 0;
    if (*code)
        return E_OK;
    err = take(e, o, r.authenticate_client_ok.event_entries, t, &any);
    if (err || any)
        return err ? err : reply(o, transaction_id, t);
    *code = ESIPA_CLIENT_EVENT_UNKNOWN;
    return E_OK;
}
