#include "store/turn.h"

void turn_init(struct turn *t, struct arena *arena, struct store *store, int64_t now_ms)
{
    *t = (struct turn){ .arena = arena, .store = store, .now_ms = now_ms };
}

void turn_clear(struct turn *t)
{
    turn_init(t, t->arena, t->store, t->now_ms);
}

static enum err add(struct turn *t, enum change_kind kind, const struct store_table *table,
                    void *row, const void *was)
{
    if (t->change_count == CHANGES_MAX)
        return E_LIMIT;
    if (t->change_count == t->change_room) {
        size_t room = t->change_room ? t->change_room * 2 : 8;
        struct change *grown = arena_alloc(t->arena, room * sizeof *grown);

        if (!grown)
            return E_MEMORY;
        if (t->change_count)
            memcpy(grown, t->changes, t->change_count * sizeof *grown);
        t->changes = grown;
        t->change_room = room;
    }
    t->changes[t->change_count++] = (struct change){ kind, table, row, was };
    return E_OK;
}

enum err turn_insert(struct turn *t, const struct store_table *table, void *row)
{
    return add(t, CHANGE_INSERT, table, row, NULL);
}

struct turn_found {
    struct turn_found *next;
    const void *row, *was;
};

void turn_found(struct turn *t, const struct store_table *table, const void *row)
{
    struct turn_found *f = ARENA_NEW(t->arena, struct turn_found);
    const void *was = f ? turn_row(t, table, row) : NULL;

    if (!was)
        return;
    *f = (struct turn_found){ t->found, row, was };
    t->found = f;
}

enum err turn_update(struct turn *t, const struct store_table *table, void *row)
{
    const struct turn_found *f = t->found;

    while (f && f->row != row)
        f = f->next;
    return add(t, CHANGE_UPDATE, table, row, f ? f->was : NULL);
}

enum err turn_update_from(struct turn *t, const struct store_table *table, void *row,
                          const void *was)
{
    return add(t, CHANGE_UPDATE, table, row, was);
}

enum err turn_delete(struct turn *t, const struct store_table *table, void *row)
{
    return add(t, CHANGE_DELETE, table, row, NULL);
}

enum err turn_assume(struct turn *t, const struct store_table *table, void *row)
{
    return add(t, CHANGE_ASSUME, table, row, NULL);
}

void *turn_row(struct turn *t, const struct store_table *table, const void *row)
{
    void *copy = arena_alloc(t->arena, table->size);

    return copy ? memcpy(copy, row, table->size) : NULL;
}

void turn_refuse(struct turn *t, const char *subject, const char *reason, const char *message)
{
    t->want = TURN_REPLY;
    t->reply = SLICE_NONE;
    t->status = (struct turn_status){ subject, reason, message };
}

void turn_about_transaction(struct turn *t, slice id)
{
    if (!id.p || id.n > sizeof t->about.transaction_id)
        return;
    memcpy(t->about.transaction_id, id.p, id.n);
    t->about.transaction_id_len = (uint8_t)id.n;
}

void turn_about_eid(struct turn *t, slice eid)
{
    t->about.has_eid = t->about.has_eid || eid.n == sizeof t->about.eid;
    if (eid.n == sizeof t->about.eid)
        memcpy(t->about.eid, eid.p, eid.n);
}

void turn_about_iccid(struct turn *t, slice iccid)
{
    t->about.has_iccid = t->about.has_iccid || iccid.n == sizeof t->about.iccid;
    if (iccid.n == sizeof t->about.iccid)
        memcpy(t->about.iccid, iccid.p, iccid.n);
}

void turn_about_operator(struct turn *t, slice name)
{
    slice cut = slice_head(name, sizeof t->about.operator- 1);

    if (!cut.n)
        return;
    memcpy(t->about.operator, cut.p, cut.n);
    t->about.operator[cut.n] = '\0';
}

void turn_settle(struct turn *t, bool committed)
{
    void (*settle)(struct turn *, bool) = t->settle;

    t->settle = NULL;
    if (settle)
        settle(t, committed);
}

enum err turn_commit(struct turn *t)
{
    enum err err = store_apply(t->store, t->changes, t->change_count, NULL);

    turn_settle(t, err == E_OK);
    return err;
}

STORE_COLUMNS(store_event, STORE_EVENT);

static const struct store_index event_indexes[] = {
    { "id", { "id" }, true, 1, 0 },
};

const struct store_table store_event_table = {
    .name = "event",
    .size = sizeof(struct store_event),
    .columns = store_event_columns,
    .column_count = COUNT(store_event_columns),
    .indexes = event_indexes,
    .index_count = COUNT(event_indexes),
    .since = 1,
};

static const struct store_table *const event_tables[] = { &store_event_table };

const struct store_schema store_event_schema = {
    .name = "event", .version = 3, .tables = event_tables, .table_count = COUNT(event_tables)
};

enum err turn_event(struct turn *t, const struct store_event *event)
{
    struct store_event *row = turn_row(t, &store_event_table, event);

    if (!row)
        return E_MEMORY;
    row->version = 0;
    row->id = 0;
    row->time_ms = t->now_ms;
    return turn_insert(t, &store_event_table, row);
}

#define RETRY_MS     ((int64_t)10 * 1000)
#define RETRY_MAX_MS ((int64_t)60 * 60 * 1000)

int64_t turn_retry_ms(int64_t attempts)
{
    int64_t wait = RETRY_MS;

    for (int64_t i = 1; i < attempts && wait < RETRY_MAX_MS; i++)
        wait *= 2;
    return wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
}
