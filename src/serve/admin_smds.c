/* Event records of the SM-DS, and who may register them. */
#include "serve/admin_lists.h"

static json_t *record(const struct smds_event *e)
{
    json_t *v = json_object();

    admin_put_int(v, "id", e->id);
    admin_put_eid(v, "eid", e->eid);
    admin_put_text(v, "eventId", e->event_id);
    admin_put_text(v, "rspServerAddress", e->address);
    admin_put_text(v, "owner", e->owner);
    admin_put_text(v, "state", slice_str(smds_state_name(e->state)));
    admin_put_text(v, "rootEventId", e->root_id);
    admin_put_time(v, "registered", e->registered_ms);
    if (e->state == SMDS_LIVE)
        admin_put_time(v, "expires", e->due_ms);
    return v;
}

struct selection {
    slice eid, owner;
    int64_t state; /* -1: any */
};

static struct selection wanted(struct admin_call *c)
{
    slice eid = admin_query(c, "eid"), state = admin_query(c, "state");
    struct selection s = { .owner = admin_query(c, "owner"), .state = -1 };

    if (eid.p)
        s.eid = admin_given_eid(c, eid, "eid");
    for (int64_t i = 0; state.p && i < SMDS_STATE_COUNT; i++)
        if (slice_eq_nocase(state, slice_str(smds_state_name(i))))
            s.state = i;
    if (state.p && s.state < 0)
        admin_problem(c, 400, "state", "is Live, Registering or Cancelled");
    return s;
}

static bool selected(const struct selection *s, const struct smds_event *e)
{
    return (s->state < 0 || s->state == e->state) && (!s->owner.p || slice_eq(s->owner, e->owner));
}

/* In the order of registration; those of one EID by its index. */
static enum err records(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    int64_t after = admin_query_number(c, "after", 0, INT64_MAX - 1, 0);
    const struct selection s = wanted(c);
    const struct store_query q = {
        .index = s.eid.p ? SMDS_EVENT_BY_EID : SMDS_BY_KEY,
        .key = { store_blob(s.eid) },
        .key_count = s.eid.p ? 1 : 0,
        .from_given = true,
        .from = store_int(after + 1),
        .limit = STORE_LIST_MAX,
    };
    struct smds_event *rows;
    size_t count = 0, i;
    json_t *items;
    enum err err = admin_checked(c);

    if (!err)
        err = store_list(c->t->store, &smds_event_table, &q, c->t->arena, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (i = 0; i < count && json_array_size(items) < limit; i++) {
        after = rows[i].id;
        if (selected(&s, &rows[i]))
            json_array_append_new(items, record(&rows[i]));
    }
    c->reply = admin_page(c, items,
                          i < count || count == STORE_LIST_MAX
                              ? arena_printf(c->t->arena, "%lld", (long long)after)
                              : SLICE_NONE);
    return E_OK;
}

static enum err no_record(struct admin_call *c, enum err err)
{
    return err == E_NOTFOUND ? admin_problem(c, 404, "id", "no such event record") : err;
}

static enum err record_get(struct admin_call *c)
{
    int64_t id = admin_path_number(c, 3);
    struct smds_event row;
    enum err err = admin_checked(c);

    if (!err)
        err = store_get(c->t->store, &smds_event_table, SMDS_BY_KEY, STORE_KEY(store_int(id)), &row,
                        c->t->arena);
    if (err)
        return no_record(c, err);
    turn_about_eid(c->t, row.eid);
    c->reply = record(&row);
    return E_OK;
}

static enum err record_delete(struct admin_call *c)
{
    int64_t id = admin_path_number(c, 3);
    enum err err = admin_checked(c);

    return err ? err : no_record(c, smds_withdraw_event(id, c->t));
}

const struct admin_operation admin_smds[] = {
    { "GET", "/v1/smds/records", records, TAKES_NOTHING, " eid owner state after limit " },
    { "GET", "/v1/smds/records/{id}", record_get, TAKES_NOTHING, NULL },
    { "DELETE", "/v1/smds/records/{id}", record_delete, TAKES_NOTHING, NULL },
    { "GET", "/v1/smds/states", admin_states, TAKES_NOTHING, NULL },
    { "GET", "/v1/smds/rspServers", admin_rsp_servers, TAKES_NOTHING, NULL },
    { "POST", "/v1/smds/rspServers", admin_rsp_server_add, TAKES_JSON, " name certificate " },
    { "DELETE", "/v1/smds/rspServers/{id}", admin_rsp_server_remove, TAKES_NOTHING, NULL },
    { "GET", "/v1/smds/events", admin_events, TAKES_NOTHING, " after limit kind eid iccid " },
};
const size_t admin_smds_count = COUNT(admin_smds);
