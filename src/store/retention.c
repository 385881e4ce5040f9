#include "store/retention.h"

#include <inttypes.h>

#define REST_MS ((int64_t)60 * 1000)

static enum err forget_old(struct turn *t, const struct retention_rule *rule, uint32_t batch,
                           int64_t before_ms, size_t *count)
{
    const struct store_query q = {
        .index = rule->index,
        .key = { rule->key },
        .key_count = rule->has_key,
        .from_given = true,
        .from = store_int(1),
        .to_given = true,
        .to = store_int(before_ms),
        .limit = batch,
    };
    uint8_t *rows;
    enum err err = store_list(t->store, rule->table, &q, t->arena, &rows, count);

    for (size_t i = 0; !err && i < *count; i++) {
        void *row = rows + i * rule->table->size;

        err = rule->forget ? rule->forget(t, row) : turn_delete(t, rule->table, row);
    }
    return err;
}

/* The log is in the order of its commits, so the first that is young ends the search. */
static enum err cut_log(struct turn *t, uint32_t batch, int64_t before_ms, size_t *count)
{
    const struct store_query q = { .limit = batch };
    struct store_event told = { .kind = SLICE_LIT("log.cut") };
    struct store_event *rows;
    size_t found, n = 0;
    enum err err = store_list(t->store, &store_event_table, &q, t->arena, &rows, &found);

    for (; !err && n < found && rows[n].time_ms <= before_ms; n++) {
        err = turn_delete(t, &store_event_table, &rows[n]);
        if (rows[n].chain.p)
            told.cut = rows[n].id;
    }
    *count = n;
    if (err || !n)
        return err;
    told.detail = arena_printf(t->arena, "%zu events, up to %" PRId64, n, rows[n - 1].id);
    return told.detail.p ? turn_event(t, &told) : E_MEMORY;
}

/* Whatever stands against it would stand against it again at once. */
static void settled(struct turn *t, bool committed)
{
    struct retention *r = t->settle_context;

    if (!committed)
        r->rests_until_ms = t->now_ms + REST_MS;
}

static enum err run_rule(struct retention *r, struct turn *t, size_t *count)
{
    const struct retention_rule *rule = &r->rules[r->next];
    int64_t before_ms = t->now_ms - r->keep_ms;
    uint32_t batch = r->narrow ? 1 : rule->batch;
    enum err err = rule->table == &store_event_table ? cut_log(t, batch, before_ms, count)
                                                     : forget_old(t, rule, batch, before_ms, count);

    r->narrow = err == E_MEMORY && batch > 1;
    if (!r->narrow)
        r->next = (r->next + 1) % r->count;
    return err;
}

enum err retention_step(struct retention *r, struct turn *t, size_t *count)
{
    *count = 0;
    if (t->now_ms < r->rests_until_ms && r->rests_until_ms - t->now_ms <= REST_MS)
        return E_OK;
    r->rests_until_ms = t->now_ms + REST_MS; /* after errors, too */
    for (size_t i = 0; i < r->count && !*count; i++) {
        enum err err = run_rule(r, t, count);

        if (err) {
            r->rests_until_ms = r->narrow ? 0 : r->rests_until_ms;
            return err;
        }
    }
    if (*count)
        r->rests_until_ms = 0;
    t->settle = settled;
    t->settle_context = r;
    return E_OK;
}
