/* ES15, as a client (SGP.22 5.10): the root SM-DS behind an alternative one. */
#include "smds/internal.h"

#define GIVE_UP_MS ((int64_t)30 * 24 * 60 * 60 * 1000)

static struct es12_to root_of(const struct smds *s, slice root_id)
{
    return (struct es12_to){
        .host = s->options.root,
        .requester = s->options.address,
        .trust = SLICE_LIT("es15"),
        .resume = root_id,
        .root = true,
    };
}

enum err smds_root_register(struct smds *s, const struct smds_event *event, struct turn *t)
{
    const struct es12_to to = root_of(s, event->root_id);
    const struct register_event_request r = {
        .eid = event->eid,
        .rsp_server_address = s->options.address,
        .event_id = event->root_id,
    };

    return es12_register(&to, &r, t);
}

enum err smds_root_delete(struct smds *s, slice eid, slice root_id, struct turn *t)
{
    const struct es12_to to = root_of(s, root_id);
    const struct delete_event_request r = { .eid = eid, .event_id = root_id };

    return es12_delete(&to, &r, t);
}

/* ---- removals ---- */

static enum err give_up(struct smds_removal *row, struct turn *t)
{
    const struct store_event event = {
        .kind = SLICE_LIT("smds.removal.given-up"),
        .eid = row->eid,
        .detail = row->root_id,
    };
    enum err err = turn_event(t, &event);

    return err ? err : turn_delete(t, &smds_removal_table, row);
}

enum err smds_removal_due(struct smds *s, struct turn *t)
{
    const struct store_query q = {
        .index = SMDS_REMOVAL_BY_DUE, .to_given = true, .to = store_int(t->now_ms), .limit = 1
    };
    struct smds_removal *row;
    size_t count;
    enum err err = store_list(t->store, &smds_removal_table, &q, t->arena, &row, &count);

    if (err || !count)
        return err;
    if (!s->options.root.n || (row->attempts && t->now_ms - row->since_ms > GIVE_UP_MS))
        return give_up(row, t);
    row->attempts++;
    row->due_ms = t->now_ms + TURN_CLAIM_MS;
    err = smds_root_delete(s, row->eid, row->root_id, t);
    return err ? err : turn_update(t, &smds_removal_table, row);
}

enum err smds_removal_answered(struct smds *s, slice resume, const struct es12_answer *answer,
                               struct turn *t)
{
    enum es12_outcome outcome = es12_outcome(answer, t->arena);
    struct smds_removal *row = ARENA_NEW(t->arena, struct smds_removal);
    enum err err = row ? E_OK : E_MEMORY;

    (void)s;
    t->want = TURN_REPLY;
    if (!err)
        err = store_get(t->store, &smds_removal_table, SMDS_BY_KEY, STORE_KEY(store_text(resume)),
                        row, t->arena);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    if (outcome == ES12_DONE || outcome == ES12_UNKNOWN)
        return turn_delete(t, &smds_removal_table, row);
    row->due_ms = t->now_ms + turn_retry_ms(row->attempts);
    return turn_update(t, &smds_removal_table, row);
}
