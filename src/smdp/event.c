/*
 * ES12, as a client (SGP.22 3.6.1, 5.9): an order with an smdsAddress is announced before it is
 * released, and its event is deleted when the order is over. An event is a row from before the
 * SM-DS hears of it until the SM-DS has let it go, so that no crash leaves one behind.
 */
#include "base/text.h"
#include "smdp/internal.h"

#define GIVE_UP_MS ((int64_t)30 * 24 * 60 * 60 * 1000)
/* For a call of a process that was killed: the SM-DS may still be working on it. */
#define SETTLE_MS    5000
#define RECOVER_ROWS 256

static enum err find(struct turn *t, slice smds, slice event_id, struct smdp_ds_event **out)
{
    *out = ARENA_NEW(t->arena, struct smdp_ds_event);
    if (!*out)
        return E_MEMORY;
    return store_get(t->store, &smdp_ds_event_table, SMDP_BY_KEY,
                     STORE_KEY(store_text(smds), store_text(event_id)), *out, t->arena);
}

/* "<smds> <event id>": there is no space in a host name */
static slice resume_of(struct turn *t, const struct smdp_ds_event *row)
{
    return arena_printf(t->arena, "%.*s %.*s", (int)row->smds.n, (const char *)row->smds.p,
                        (int)row->event_id.n, (const char *)row->event_id.p);
}

static enum err find_resumed(struct turn *t, slice resume, struct smdp_ds_event **out)
{
    const uint8_t *space = resume.n ? memchr(resume.p, ' ', resume.n) : NULL;
    size_t n = space ? (size_t)(space - resume.p) : 0;

    if (!space)
        return E_ARGUMENT;
    return find(t, slice_of(resume.p, n), slice_skip(resume, n + 1), out);
}

static void move(struct smdp_ds_event *row, enum smdp_ds_event_state state, int64_t now_ms,
                 int64_t due_ms)
{
    row->state = state;
    row->since_ms = now_ms;
    row->due_ms = due_ms;
    row->attempts = row->calling = row->again = 0;
}

static struct es12_to smds_of(const struct smdp *s, const struct smdp_ds_event *row, slice resume)
{
    return (struct es12_to){
        .host = row->smds,
        .requester = s->options.address,
        .trust = SLICE_LIT("es12"),
        .resume = resume,
    };
}

/* ---- registering ---- */

/*
 * May a row of an earlier attempt be taken over? Not while a call about it is under way: nobody
 * knows in which order the SM-DS would see both. And only for the same eUICC, since what stands
 * there may be the earlier one.
 */
static bool can_take_over(const struct smdp_ds_event *row, slice eid)
{
    return row->state != SMDP_EVENT_REGISTERING && !row->calling && slice_eq(row->eid, eid);
}

enum err smdp_event_register(struct smdp *s, const struct smdp_order *order, struct turn *t)
{
    struct smdp_ds_event *row;
    struct es12_to to;
    struct register_event_request r = {
        .eid = order->eid,
        .rsp_server_address = s->options.address,
        .event_id = order->matching_id,
        .forwarding_indicator =
            s->options.root_smds.n && !cma_same_address(order->smds_address, s->options.root_smds),
    };
    enum err err = find(t, order->smds_address, order->matching_id, &row);
    bool known = err == E_OK;

    if (err && err != E_NOTFOUND)
        return err;
    if (known && !can_take_over(row, order->eid))
        return smdp_refuse_order(t, SMDP_REFUSE_SMDS_BUSY);
    if (!known)
        *row = (struct smdp_ds_event){ .smds = order->smds_address,
                                       .event_id = order->matching_id,
                                       .eid = order->eid };
    row->iccid = order->iccid;
    move(row, SMDP_EVENT_REGISTERING, t->now_ms, t->now_ms + TURN_CLAIM_MS);
    row->again = known;
    to = smds_of(s, row, resume_of(t, row));
    err = to.resume.p ? es12_register(&to, &r, t) : E_MEMORY;
    if (err)
        return err;
    return known ? turn_update(t, &smdp_ds_event_table, row)
                 : turn_insert(t, &smdp_ds_event_table, row);
}

enum err smdp_event_withdraw(struct turn *t, struct smdp_ds_event *row)
{
    move(row, SMDP_EVENT_WITHDRAWN, t->now_ms, t->now_ms);
    return turn_update(t, &smdp_ds_event_table, row);
}

enum err smdp_event_registered(slice resume, const struct es12_answer *answer, struct turn *t,
                               struct smdp_ds_event **out)
{
    enum es12_outcome outcome = es12_outcome(answer, t->arena);
    struct smdp_ds_event *row;
    enum err err = find_resumed(t, resume, &row);

    *out = NULL;
    t->want = TURN_REPLY;
    if (err == E_NOTFOUND || (!err && row->state != SMDP_EVENT_REGISTERING)) /* took too long */
        return smdp_refuse_order(t, SMDP_REFUSE_SMDS_AWAY);
    if (err)
        return err;
    if (outcome == ES12_DONE || (outcome == ES12_EXISTS && row->again)) {
        move(row, SMDP_EVENT_REGISTERED, t->now_ms, INT64_MAX);
        *out = row;
        return E_OK;
    }
    err = smdp_event_withdraw(t, row);
    return err ? err
               : smdp_refuse_order(t, outcome == ES12_UNREACHABLE ? SMDP_REFUSE_SMDS_AWAY
                                                                  : SMDP_REFUSE_SMDS_FAILED);
}

/* ---- deleting ---- */

/* One that is being registered is seen to by whoever gets the answer: its order has changed. */
enum err smdp_event_end(struct turn *t, const struct smdp_order *order)
{
    struct smdp_ds_event *row;
    enum err err;

    if (!order->smds_address.p || !order->matching_id.p)
        return E_OK;
    err = find(t, order->smds_address, order->matching_id, &row);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    return row->state == SMDP_EVENT_REGISTERED ? smdp_event_withdraw(t, row) : E_OK;
}

static enum err give_up(struct smdp_ds_event *row, struct turn *t)
{
    const struct store_event event = {
        .kind = SLICE_LIT("smdp.event.given-up"),
        .eid = row->eid,
        .iccid = row->iccid,
        .detail = row->smds,
    };
    enum err err = turn_event(t, &event);

    return err ? err : turn_delete(t, &smdp_ds_event_table, row);
}

static enum err send(struct smdp *s, struct smdp_ds_event *row, struct turn *t)
{
    const struct es12_to to = smds_of(s, row, resume_of(t, row));
    const struct delete_event_request r = { .eid = row->eid, .event_id = row->event_id };
    enum err err = to.resume.p ? es12_delete(&to, &r, t) : E_MEMORY;

    row->attempts++;
    row->calling = 1;
    row->due_ms = t->now_ms + TURN_CLAIM_MS;
    return err ? err : turn_update(t, &smdp_ds_event_table, row);
}

static enum err first_due(struct turn *t, enum smdp_ds_event_state state,
                          struct smdp_ds_event **row, size_t *count)
{
    const struct store_query q = {
        .index = SMDP_DS_EVENT_BY_DUE,
        .key = { store_int(state) },
        .key_count = 1,
        .to_given = true,
        .to = store_int(t->now_ms),
        .limit = 1,
    };

    return store_list(t->store, &smdp_ds_event_table, &q, t->arena, row, count);
}

/*
 * An order that has expired, or a registration whose answer nobody took, becomes withdrawn; what is
 * withdrawn is asked for.
 */
enum err smdp_event_due(struct smdp *s, struct turn *t, bool *more)
{
    struct smdp_ds_event *row;
    size_t count = 0;
    enum err err = first_due(t, SMDP_EVENT_WITHDRAWN, &row, &count);

    *more = false;
    if (!err && count) {
        *more = true;
        if (row->attempts && t->now_ms - row->since_ms > GIVE_UP_MS)
            return give_up(row, t);
        return send(s, row, t);
    }
    if (!err)
        err = first_due(t, SMDP_EVENT_REGISTERING, &row, &count);
    if (!err && !count)
        err = first_due(t, SMDP_EVENT_REGISTERED, &row, &count);
    if (err || !count)
        return err;
    *more = true;
    return smdp_event_withdraw(t, row);
}

enum err smdp_event_answered(struct smdp *s, slice resume, const struct es12_answer *answer,
                             struct turn *t)
{
    enum es12_outcome outcome = es12_outcome(answer, t->arena);
    struct smdp_ds_event *row;
    enum err err = find_resumed(t, resume, &row);

    (void)s;
    t->want = TURN_REPLY;
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    if (row->state != SMDP_EVENT_WITHDRAWN || !row->calling)
        return E_OK;
    if (outcome == ES12_DONE || outcome == ES12_UNKNOWN)
        return turn_delete(t, &smdp_ds_event_table, row);
    row->calling = 0;
    row->due_ms = t->now_ms + turn_retry_ms(row->attempts);
    return turn_update(t, &smdp_ds_event_table, row);
}

/* ---- at start ---- */

static enum err list_state(struct turn *t, enum smdp_ds_event_state state, int64_t from_ms,
                           struct smdp_ds_event **rows, size_t *count)
{
    const struct store_query q = {
        .index = SMDP_DS_EVENT_BY_DUE,
        .key = { store_int(state) },
        .key_count = 1,
        .from_given = true,
        .from = store_int(from_ms),
        .limit = RECOVER_ROWS,
    };

    return store_list(t->store, &smdp_ds_event_table, &q, t->arena, rows, count);
}

enum err smdp_event_recover(struct turn *t, bool *more)
{
    struct smdp_ds_event *rows;
    size_t count = 0;
    enum err err = list_state(t, SMDP_EVENT_REGISTERING, INT64_MIN, &rows, &count);

    for (size_t i = 0; !err && i < count; i++) {
        move(&rows[i], SMDP_EVENT_WITHDRAWN, t->now_ms, t->now_ms + SETTLE_MS);
        err = turn_update(t, &smdp_ds_event_table, &rows[i]);
    }
    *more = *more || count == RECOVER_ROWS;
    if (!err)
        err = list_state(t, SMDP_EVENT_WITHDRAWN, t->now_ms + SETTLE_MS + 1, &rows, &count);
    for (size_t i = 0; !err && i < count; i++) {
        rows[i].calling = 0;
        rows[i].due_ms = t->now_ms + SETTLE_MS;
        err = turn_update(t, &smdp_ds_event_table, &rows[i]);
    }
    *more = *more || (!err && count == RECOVER_ROWS);
    return err;
}
