/* Opening and upkeep of the role. */
#include "smds/internal.h"

#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)
#define YEAR_MS   (INT64_C(365) * 24 * 60 * MINUTE_MS)
#define STEP      100u

static const struct {
    const char *subject, *reason, *words;
} refusals[] = {
#define X(name, subject, reason, words) { subject, reason, words },
    SMDS_REFUSALS(X)
#undef X
};

enum err smds_refuse_client(struct turn *t, enum rsp_function f, enum smds_refusal why)
{
    return cma_refuse(t, f, refusals[why].subject, refusals[why].reason, refusals[why].words);
}

enum err smds_refuse(struct turn *t, enum smds_refusal why)
{
    turn_refuse(t, refusals[why].subject, refusals[why].reason, refusals[why].words);
    return E_OK;
}

enum err smds_tell(struct turn *t, const char *kind, const struct smds_event *event)
{
    struct store_event e = {
        .kind = slice_str(kind),
        .eid = event->eid,
        .detail = event->event_id,
    };

    turn_about_eid(t, event->eid);
    return turn_event(t, &e);
}

static void fill_defaults(struct smds_options *o)
{
    o->session_max = o->session_max ? o->session_max : 16384;
    o->session_ms = o->session_ms ? o->session_ms : 2 * MINUTE_MS;
    o->event_ms = o->event_ms ? o->event_ms : YEAR_MS;
    o->eid_events = o->eid_events ? o->eid_events : 256;
}

static bool has_keys(struct keyring_place *p)
{
    struct keyring *k = keyring_now(p);
    bool has = k->servers[KEYRING_DS].count > 0;

    keyring_drop(k);
    return has;
}

static enum err check_options(const struct smds_options *o)
{
    if (!o->crypto || !o->keys || !has_keys(o->keys) || o->eid_events > STORE_LIST_MAX ||
        (o->root.n && cma_same_address(o->root, o->address)))
        return E_ARGUMENT;
    return o->address.n >= 1 && o->address.n <= ADDRESS_MAX ? E_OK : E_ARGUMENT;
}

static enum err open_steps(struct smds *s)
{
    const struct smds_options *o = &s->options;

    s->cma = (struct cma){
        .crypto = o->crypto,
        .keys = o->keys,
        .server = KEYRING_DS,
        .address = o->address,
        .session_ms = o->session_ms,
    };
    return cma_table_open(&s->cma.sessions, o->session_max, sizeof(struct cma_session), NULL);
}

enum err smds_open(const struct smds_options *options, struct smds **out)
{
    struct smds *s;
    enum err err = check_options(options);

    *out = NULL;
    if (err)
        return err;
    s = calloc(1, sizeof *s);
    if (!s)
        return E_MEMORY;
    s->options = *options;
    fill_defaults(&s->options);
    err = open_steps(s);
    if (err) {
        smds_close(s);
        return err;
    }
    *out = s;
    return E_OK;
}

void smds_close(struct smds *s)
{
    if (!s)
        return;
    cma_table_close(&s->cma.sessions);
    free(s);
}

/* ---- what time ends ---- */

/* Events in this state that are due at `now_ms`, the earliest first. */
static enum err list_due(struct turn *t, enum smds_event_state state, int64_t now_ms,
                         struct smds_event **rows, size_t *count)
{
    const struct store_query q = {
        .index = SMDS_EVENT_BY_DUE,
        .key = { store_int(state) },
        .key_count = 1,
        .to_given = true,
        .to = store_int(now_ms),
        .limit = STEP,
    };

    return store_list(t->store, &smds_event_table, &q, t->arena, rows, count);
}

/* Ends events that are due: expired ones, and those whose answer from the root is lost. */
static enum err end_due(struct turn *t, enum smds_event_state state, int64_t now_ms, bool *more)
{
    struct smds_event *rows;
    size_t count = 0;
    enum err err = list_due(t, state, now_ms, &rows, &count);

    for (size_t i = 0; !err && i < count; i++) {
        if (state == SMDS_LIVE)
            err = smds_tell(t, "smds.expired", &rows[i]);
        if (!err)
            err = smds_end_event(t, &rows[i]);
    }
    *more = *more || count == STEP;
    return err;
}

enum err smds_tidy(struct smds *s, struct turn *t, bool *more)
{
    enum err err;

    *more = false;
    cma_session_expire(&s->cma.sessions, t->now_ms);
    err = end_due(t, SMDS_LIVE, t->now_ms, more);
    if (!err)
        err = end_due(t, SMDS_REGISTERING, t->now_ms, more);
    return err ? err : end_due(t, SMDS_CANCELLED, t->now_ms, more);
}

const struct retention_rule smds_retention[] = { RETENTION_LOG };
const size_t smds_retention_count = COUNT(smds_retention);

/* Nobody waits for these answers any more; and removals that were under way are due again. */
enum err smds_recover(struct smds *s, struct turn *t, bool *more)
{
    const struct store_query q = {
        .index = SMDS_REMOVAL_BY_DUE,
        .from_given = true,
        .from = store_int(t->now_ms + 1),
        .limit = STEP,
    };
    struct smds_removal *rows;
    size_t count = 0;
    enum err err;

    (void)s;
    *more = false;
    err = end_due(t, SMDS_REGISTERING, INT64_MAX, more);
    if (!err)
        err = end_due(t, SMDS_CANCELLED, INT64_MAX, more);
    if (!err)
        err = store_list(t->store, &smds_removal_table, &q, t->arena, &rows, &count);
    for (size_t i = 0; !err && i < count; i++) {
        rows[i].due_ms = t->now_ms;
        err = turn_update(t, &smds_removal_table, &rows[i]);
    }
    *more = *more || count == STEP;
    return err;
}
