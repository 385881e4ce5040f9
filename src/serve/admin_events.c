/* Events of a role, in the order of their commits. */
#include "serve/admin_lists.h"

static json_t *event(const struct store_event *e)
{
    json_t *o = json_object();

    admin_put_int(o, "id", e->id);
    admin_put_time(o, "time", e->time_ms);
    admin_put_text(o, "kind", e->kind);
    admin_put_eid(o, "eid", e->eid);
    admin_put_iccid(o, "iccid", e->iccid);
    admin_put_text(o, "detail", e->detail);
    admin_put_base64(o, "data", e->data);
    return o;
}

static slice given(slice (*read)(struct admin_call *, slice, const char *), struct admin_call *c,
                   const char *name)
{
    slice s = admin_query(c, name);

    return s.p ? read(c, s, name) : s;
}

enum err admin_events(struct admin_call *c)
{
    int64_t after = admin_query_number(c, "after", 0, INT64_MAX - 1, 0);
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice kind = admin_query(c, "kind"), eid = given(admin_given_eid, c, "eid"),
          iccid = given(admin_given_iccid, c, "iccid");
    const struct store_query q = { .from_given = true,
                                   .from = store_int(after + 1),
                                   .limit = STORE_LIST_MAX };
    struct store_event *rows;
    size_t count = 0, i;
    json_t *items;
    enum err err = admin_checked(c);

    if (!err)
        err = store_list(c->t->store, &store_event_table, &q, c->t->arena, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (i = 0; i < count && json_array_size(items) < limit; i++) {
        after = rows[i].id;
        if ((!kind.p || slice_starts(rows[i].kind, kind)) &&
            (!eid.p || slice_eq(eid, rows[i].eid)) && (!iccid.p || slice_eq(iccid, rows[i].iccid)))
            json_array_append_new(items, event(&rows[i]));
    }
    /* always there, so that whoever follows asks again from here */
    c->reply = admin_page(c, items, SLICE_NONE);
    admin_put_int(c->reply, "last", after);
    admin_put_flag(c->reply, "more", i < count || count == STORE_LIST_MAX);
    return E_OK;
}
