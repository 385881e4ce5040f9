/* ES12 and ES15, as a server (SGP.22 5.9): events come and go. */
#include "base/text.h"
#include "smds/internal.h"

#define ROOT_ID_OCTETS 16

static enum err find_event(struct turn *t, unsigned index, const struct store_value *key,
                           size_t key_count, struct smds_event **out)
{
    *out = ARENA_NEW(t->arena, struct smds_event);
    if (!*out)
        return E_MEMORY;
    return store_get(t->store, &smds_event_table, index, key, key_count, *out, t->arena);
}

static enum err find_own(struct turn *t, slice owner, slice event_id, struct smds_event **out)
{
    return find_event(t, SMDS_EVENT_BY_NAME, STORE_KEY(store_text(owner), store_text(event_id)),
                      out);
}

enum err smds_end_event(struct turn *t, struct smds_event *event)
{
    struct smds_removal *row;
    enum err err = turn_delete(t, &smds_event_table, event);

    if (err || !event->root_id.p)
        return err;
    row = ARENA_NEW(t->arena, struct smds_removal);
    if (!row)
        return E_MEMORY;
    *row = (struct smds_removal){
        .root_id = event->root_id,
        .eid = event->eid,
        .since_ms = t->now_ms,
        .due_ms = t->now_ms,
    };
    return turn_insert(t, &smds_removal_table, row);
}

/* ---- RegisterEvent ---- */

/* What stands against it: *refused, and the turn says it. */
static enum err check_new(struct smds *s, slice owner, const struct register_event_request *r,
                          struct turn *t, bool *refused)
{
    const struct store_query q = {
        .index = SMDS_EVENT_BY_EID,
        .key = { store_blob(r->eid) },
        .key_count = 1,
        .limit = (uint32_t)s->options.eid_events,
    };
    struct smds_event *row;
    size_t count;
    enum err err;

    *refused = true;
    if (!host_valid(r->rsp_server_address))
        return smds_refuse(t, SMDS_REFUSE_EVENT_ADDRESS);
    err = find_own(t, owner, r->event_id, &row);
    if (!err)
        return smds_refuse(t, SMDS_REFUSE_EVENT_EXISTS);
    if (err != E_NOTFOUND)
        return err;
    err = store_list(t->store, &smds_event_table, &q, t->arena, &row, &count);
    if (!err && count >= s->options.eid_events)
        return smds_refuse(t, SMDS_REFUSE_EVENTS_MANY);
    *refused = false;
    return err;
}

/* An EventID of our own at the root: nobody guesses it. */
static enum err make_root_id(struct smds *s, struct turn *t, slice *out)
{
    uint8_t random[ROOT_ID_OCTETS];
    char *text = arena_alloc(t->arena, 2 * ROOT_ID_OCTETS + 1);
    enum err err = text ? crypto_random(s->options.crypto, random, sizeof random) : E_MEMORY;

    if (!err)
        err = hex_encode(SLICE_OF(random), text, 2 * ROOT_ID_OCTETS + 1);
    *out = slice_of(text, 2 * ROOT_ID_OCTETS);
    return err;
}

static enum err register_live(struct smds *s, struct smds_event *row, struct turn *t)
{
    row->state = SMDS_LIVE;
    row->due_ms = t->now_ms + s->options.event_ms;
    return smds_tell(t, "smds.registered", row);
}

enum err smds_register_event(struct smds *s, slice owner, const struct register_event_request *r,
                             struct turn *t)
{
    bool forward = r->forwarding_indicator && s->options.root.n, refused;
    struct smds_event *row;
    enum err err = check_new(s, owner, r, t, &refused);

    if (err || refused)
        return err;
    row = ARENA_NEW(t->arena, struct smds_event);
    if (!row)
        return E_MEMORY;
    *row = (struct smds_event){
        .owner = owner,
        .event_id = r->event_id,
        .eid = r->eid,
        .address = r->rsp_server_address,
        .state = SMDS_REGISTERING,
        .registered_ms = t->now_ms,
        .due_ms = t->now_ms + TURN_CLAIM_MS,
    };
    if (forward)
        err = make_root_id(s, t, &row->root_id);
    if (!err)
        err = forward ? smds_root_register(s, row, t) : register_live(s, row, t);
    return err ? err : turn_insert(t, &smds_event_table, row);
}

static enum smds_refusal root_refusal(enum es12_outcome outcome)
{
    return outcome == ES12_UNREACHABLE ? SMDS_REFUSE_ROOT_AWAY : SMDS_REFUSE_ROOT_FAILED;
}

enum err smds_register_resumed(struct smds *s, slice resume, const struct es12_answer *answer,
                               struct turn *t)
{
    enum es12_outcome outcome = es12_outcome(answer, t->arena);
    struct smds_event *row;
    enum err err = find_event(t, SMDS_EVENT_BY_ROOT_ID, STORE_KEY(store_text(resume)), &row);

    t->want = TURN_REPLY;
    if (err == E_NOTFOUND) /* it took too long: undone already */
        return smds_refuse(t, SMDS_REFUSE_ROOT_AWAY);
    if (err)
        return err;
    if (outcome == ES12_DONE && row->state == SMDS_REGISTERING) {
        err = register_live(s, row, t);
        return err ? err : turn_update(t, &smds_event_table, row);
    }
    err = smds_end_event(t, row);
    return err ? err : smds_refuse(t, root_refusal(outcome));
}

/* ---- DeleteEvent ---- */

static enum err delete_now(struct turn *t, struct smds_event *row)
{
    enum err err = smds_tell(t, "smds.deleted", row);

    return err ? err : turn_delete(t, &smds_event_table, row);
}

/* The root is being asked: what becomes of it follows its answer. */
static enum err cancel(struct turn *t, struct smds_event *row)
{
    row->state = SMDS_CANCELLED;
    return turn_update(t, &smds_event_table, row);
}

enum err smds_delete_event(struct smds *s, slice owner, const struct delete_event_request *r,
                           struct turn *t)
{
    struct smds_event *row;
    enum err err = find_own(t, owner, r->event_id, &row);

    if (err == E_NOTFOUND || (!err && !slice_eq(row->eid, r->eid)))
        return smds_refuse(t, SMDS_REFUSE_EVENT_UNKNOWN);
    if (err)
        return err;
    if (row->state != SMDS_LIVE)
        return cancel(t, row);
    return row->root_id.p ? smds_root_delete(s, row->eid, row->root_id, t) : delete_now(t, row);
}

/* Until the root has let it go it stays, so that its owner can try again. */
enum err smds_delete_resumed(struct smds *s, slice resume, const struct es12_answer *answer,
                             struct turn *t)
{
    enum es12_outcome outcome = es12_outcome(answer, t->arena);
    struct smds_event *row;
    enum err err;

    (void)s;
    t->want = TURN_REPLY;
    if (outcome != ES12_DONE && outcome != ES12_UNKNOWN)
        return smds_refuse(t, root_refusal(outcome));
    err = find_event(t, SMDS_EVENT_BY_ROOT_ID, STORE_KEY(store_text(resume)), &row);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    return delete_now(t, row);
}

enum err smds_withdraw_event(int64_t id, struct turn *t)
{
    struct smds_event *row;
    enum err err = find_event(t, SMDS_BY_KEY, STORE_KEY(store_int(id)), &row);

    if (err)
        return err;
    if (row->state != SMDS_LIVE)
        return cancel(t, row);
    err = smds_tell(t, "smds.deleted", row);
    return err ? err : smds_end_event(t, row);
}
