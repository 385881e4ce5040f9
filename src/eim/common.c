/* Opening, rows and replies: what the files of the role share. */
#include "eim/internal.h"

#include <stdlib.h>

#define KNOWN_DEVICES 32768 /* slots; a device takes about 4 KB */

enum err eim_open(const struct eim_options *o, struct eim **out)
{
    struct eim *e;

    if (!o->crypto || !o->signer || !o->keys || o->eim_id.n < 1 || o->eim_id.n > 128)
        return E_ARGUMENT;
    e = calloc(1, sizeof *e);
    if (!e)
        return E_MEMORY;
    e->options = *o;
    if (!e->options.es9_trust.p)
        e->options.es9_trust = SLICE_LIT("es9");
    if (!e->options.es11_trust.p)
        e->options.es11_trust = SLICE_LIT("es11");
    if (!e->options.event_trust.p)
        e->options.event_trust = SLICE_LIT("event");
    if (!e->options.session_max)
        e->options.session_max = 4096;
    if (!e->options.session_ms)
        e->options.session_ms = 10 * 60 * 1000;
    if (!e->options.unanswered_ms)
        e->options.unanswered_ms = 60 * 60 * 1000;
    if (!e->options.retry_ms)
        e->options.retry_ms = 10 * 1000;
    if (!o->shared_store)
        e->known = known_open(KNOWN_DEVICES);
    if ((!o->shared_store && !e->known) || relay_table_open(&e->relays, e->options.session_max)) {
        known_close(e->known);
        free(e);
        return E_MEMORY;
    }
    *out = e;
    return E_OK;
}

enum err eim_verify_euicc(struct eim *e, slice euicc, slice eum, int64_t now_ms, struct chain *out,
                          uint8_t eid[EID_LEN], struct chain_fault *fault)
{
    struct keyring *keys = keyring_now(e->options.keys);
    enum err err =
        chain_verify_euicc(&keys->trust, euicc, eum, SLICE_NONE, now_ms / 1000, out, eid, fault);

    out->ci = NULL;
    keyring_drop(keys);
    return err;
}

void eim_close(struct eim *e)
{
    if (!e)
        return;
    relay_table_close(&e->relays);
    known_close(e->known);
    free(e);
}

/* ---- rows ----------------------------------------------------------------------------------- */

struct watch {
    struct eim *e;
    uint64_t ticket;
    bool found; /* the device that this turn is about */
    struct known_device device;
};

static void settled(struct turn *t, bool committed)
{
    const struct watch *w = t->settle_context;

    known_settle(w->e->known, t, committed);
}

enum err eim_watch(struct eim *e, struct turn *t)
{
    struct watch *w = ARENA_NEW(t->arena, struct watch);

    if (!w)
        return E_MEMORY;
    w->e = e;
    w->ticket = e->known ? known_ticket(e->known) : 0;
    t->settle = e->known ? settled : NULL;
    t->settle_context = w;
    return E_OK;
}

static struct watch *watch_of(const struct turn *t)
{
    return t->settle == settled ? t->settle_context : NULL;
}

static enum err read_device(struct turn *t, slice eid, struct eim_device **out)
{
    struct eim_device *d = ARENA_NEW(t->arena, struct eim_device);

    *out = d;
    if (!d)
        return E_MEMORY;
    return store_get(t->store, &eim_device_table, EIM_BY_KEY, STORE_KEY(store_blob(eid)), d,
                     t->arena);
}

static enum err read_open_orders(struct turn *t, slice eid, struct eim_order **out, size_t *count)
{
    const struct store_query q = {
        .index = EIM_ORDER_BY_EID,
        .key = { store_blob(eid), store_int(1) },
        .key_count = 2,
        .limit = 64,
    };

    return store_list(t->store, &eim_order_table, &q, t->arena, out, count);
}

static enum err read_profiles(struct turn *t, slice eid, struct eim_profile **out, size_t *count)
{
    const struct store_query q = {
        .index = EIM_BY_KEY, .key = { store_blob(eid) }, .key_count = 1, .limit = STORE_LIST_MAX
    };

    return store_list(t->store, &eim_profile_table, &q, t->arena, out, count);
}

/* From memory where it is known, and known afterwards. E_NOTFOUND: no such device. */
static enum err look_up(struct turn *t, struct watch *w, slice eid)
{
    struct known_device *out = &w->device;
    enum err err;

    if (w->found && slice_eq(out->device->eid, eid))
        return E_OK;
    w->found = known_find(w->e->known, eid, t->arena, out);
    if (w->found)
        return E_OK;
    err = read_device(t, eid, &out->device);
    if (!err)
        err = read_open_orders(t, eid, &out->orders, &out->order_count);
    if (!err)
        err = read_profiles(t, eid, &out->profiles, &out->profile_count);
    w->found = err == E_OK;
    if (!err)
        known_learn(w->e->known, w->ticket, out);
    return err;
}

/* Rows for a caller to change; what their slices point to is shared. */
static enum err give(struct turn *t, const struct store_table *table, const void *rows,
                     size_t count, void *out)
{
    void **copy = out;

    *copy = arena_alloc(t->arena, count * table->size);
    if (!*copy)
        return E_MEMORY;
    if (count)
        memcpy(*copy, rows, count * table->size);
    return E_OK;
}

enum err eim_find_device(struct turn *t, slice eid, struct eim_device **out)
{
    struct watch *w = watch_of(t);
    enum err err;

    turn_about_eid(t, eid);
    if (!w)
        return read_device(t, eid, out);
    err = look_up(t, w, eid);
    return err ? err : give(t, &eim_device_table, w->device.device, 1, out);
}

struct eim_order *eim_order_in_turn(struct turn *t, int64_t id)
{
    for (size_t i = 0; i < t->change_count; i++) {
        struct eim_order *o = t->changes[i].row;

        if (t->changes[i].table == &eim_order_table && t->changes[i].kind == CHANGE_UPDATE &&
            o->id == id)
            return o;
    }
    return NULL;
}

enum err eim_find_order(struct turn *t, unsigned index, const struct store_value *key,
                        size_t key_count, struct eim_order **out)
{
    struct eim_order *o = ARENA_NEW(t->arena, struct eim_order), *changed;
    enum err err = o ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &eim_order_table, index, key, key_count, o, t->arena);
    if (err)
        return err;
    turn_about_eid(t, o->eid);
    turn_about_transaction(t, o->transaction_id);
    changed = eim_order_in_turn(t, o->id);
    *out = changed ? changed : o;
    return E_OK;
}

enum err eim_open_orders(struct turn *t, slice eid, struct eim_order **out, size_t *count)
{
    struct watch *w = watch_of(t);
    enum err err = w ? look_up(t, w, eid) : E_NOTFOUND;

    if (err == E_NOTFOUND)
        return read_open_orders(t, eid, out, count);
    if (err)
        return err;
    *count = w->device.order_count;
    return give(t, &eim_order_table, w->device.orders, *count, out);
}

enum err eim_device_profiles(struct turn *t, slice eid, struct eim_profile **out, size_t *count)
{
    struct watch *w = watch_of(t);
    enum err err = w ? look_up(t, w, eid) : E_NOTFOUND;

    if (err == E_NOTFOUND)
        return read_profiles(t, eid, out, count);
    if (err)
        return err;
    *count = w->device.profile_count;
    return give(t, &eim_profile_table, w->device.profiles, *count, out);
}

enum err eim_find_transaction(struct turn *t, slice eid, slice transaction, struct eim_order **out)
{
    struct eim_order *open;
    size_t count = 0;
    enum err err = watch_of(t) ? eim_open_orders(t, eid, &open, &count) : E_OK;

    for (size_t i = 0; !err && i < count; i++) {
        struct eim_order *changed;

        if (!slice_eq(open[i].transaction_id, transaction))
            continue;
        turn_about_transaction(t, transaction);
        changed = eim_order_in_turn(t, open[i].id);
        *out = changed ? changed : &open[i];
        return E_OK;
    }
    return err ? err
               : eim_find_order(t, EIM_ORDER_BY_TRANSACTION, STORE_KEY(store_blob(transaction)),
                                out);
}

/* As it was found, when this turn found it with its device. */
static const struct eim_order *order_before(const struct turn *t, int64_t id)
{
    const struct watch *w = watch_of(t);

    for (size_t i = 0; w && w->found && i < w->device.order_count; i++)
        if (w->device.orders[i].id == id)
            return &w->device.orders[i];
    return NULL;
}

enum err eim_save_order(struct turn *t, struct eim_order *o)
{
    o->open = o->state != EIM_DONE && o->state != EIM_FAILED;
    o->changed_ms = t->now_ms;
    o->over_ms = o->open ? 0 : t->now_ms;
    return eim_order_in_turn(t, o->id) == o
               ? E_OK
               : turn_update_from(t, &eim_order_table, o, order_before(t, o->id));
}

enum err eim_new_order(struct eim *e, slice eid, enum eim_order_kind kind, struct turn *t,
                       struct eim_order **out)
{
    struct eim_order *o = ARENA_NEW(t->arena, struct eim_order);
    uint8_t *id = arena_alloc(t->arena, EIM_TRANSACTION_LEN);
    enum err err;

    if (!o || !id)
        return E_MEMORY;
    o->eid = arena_copy(t->arena, eid);
    o->kind = kind;
    o->state = EIM_QUEUED;
    o->open = 1;
    o->transaction_id = slice_of(id, EIM_TRANSACTION_LEN);
    o->created_ms = o->changed_ms = t->now_ms;
    *out = o;
    if (!o->eid.p)
        return E_MEMORY;
    err = crypto_random(e->options.crypto, id, EIM_TRANSACTION_LEN);
    turn_about_transaction(t, o->transaction_id);
    return err;
}

enum err eim_insert_target(struct turn *t, const struct eim_order *o)
{
    struct eim_target *row = ARENA_NEW(t->arena, struct eim_target);

    if (!row)
        return E_MEMORY;
    row->transaction_id = o->transaction_id;
    row->smdp = o->smdp;
    row->created_ms = t->now_ms;
    return turn_insert(t, &eim_target_table, row);
}

enum err eim_set_session(struct turn *t, struct eim_order *o, slice rsp_id)
{
    struct eim_target *row = ARENA_NEW(t->arena, struct eim_target);
    enum err err = row ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &eim_target_table, EIM_BY_KEY,
                        STORE_KEY(store_blob(o->transaction_id)), row, t->arena);
    if (err)
        return err;
    row->rsp_id = o->rsp_id = arena_copy(t->arena, rsp_id);
    return turn_update(t, &eim_target_table, row);
}

enum err eim_find_session(struct turn *t, slice rsp_id, struct eim_order **out)
{
    struct eim_target row;
    enum err err = store_get(t->store, &eim_target_table, EIM_TARGET_BY_RSP_ID,
                             STORE_KEY(store_blob(rsp_id)), &row, t->arena);

    return err ? err
               : eim_find_order(t, EIM_ORDER_BY_TRANSACTION,
                                STORE_KEY(store_blob(row.transaction_id)), out);
}

enum err eim_find_host(struct turn *t, slice smdp, struct eim_order **out)
{
    const struct store_query q = {
        .index = EIM_TARGET_BY_SMDP,
        .key = { store_text(smdp) },
        .key_count = 1,
        .descending = true,
        .limit = 32,
    };
    struct eim_target *rows;
    size_t count;
    enum err err = store_list(t->store, &eim_target_table, &q, t->arena, &rows, &count);

    for (size_t i = 0; !err && i < count; i++) {
        err = eim_find_order(t, EIM_ORDER_BY_TRANSACTION,
                             STORE_KEY(store_blob(rows[i].transaction_id)), out);
        if (err || ((*out)->open && (*out)->state != EIM_QUEUED))
            return err;
    }
    return err ? err : E_NOTFOUND;
}

enum err eim_tell(struct turn *t, const char *kind, slice eid, slice iccid, const char *detail,
                  slice data)
{
    const struct store_event event = {
        .kind = slice_str(kind),
        .eid = eid,
        .iccid = iccid,
        .detail = slice_str(detail),
        .data = data,
    };

    turn_about_eid(t, eid);
    turn_about_iccid(t, iccid);
    return turn_event(t, &event);
}

/* Two threads at the turn of a minute may tell a few more: that is no harm. */
static bool may_tell(struct eim *e, int64_t now_ms)
{
    int64_t minute = now_ms / 60000;

    if (e->discard_minute != minute) {
        e->discard_minute = minute;
        e->discards = 0;
    }
    return e->discards++ < DISCARDS_MINUTE;
}

enum err eim_tell_unproven(struct eim *e, struct turn *t, const char *kind, slice eid,
                           const char *why, slice data)
{
    if (!may_tell(e, t->now_ms))
        return E_OK;
    return eim_tell(t, kind, eid, SLICE_NONE, why, slice_head(data, DISCARD_DATA));
}

slice eim_data_tags(const struct eim_device *d)
{
    /* v1.0 has defaultSmdpAddress under [0], and names ipaCapabilities by a primitive tag */
    if (d->wire == EIM_WIRE_V10)
        return SLICE_LIT("\x80\xBF\x20\xBF\x22\x83\x84\xA5\xA6\x88\xA9");
    return SLICE_LIT("\x81\xBF\x20\xBF\x22\x83\x84\xA5\xA6\xA8\xA9");
}

/* ---- replies -------------------------------------------------------------------------------- */

enum err eim_reply(struct turn *t, const struct type *type, const void *value, size_t room)
{
    uint8_t *buf = arena_alloc(t->arena, room);

    if (!buf)
        return E_MEMORY;
    t->want = TURN_REPLY;
    return schema_encode(type, value, buf, room, &t->reply, NULL);
}

void eim_ack(struct acks *a, int64_t seq)
{
    for (size_t i = 0; a && i < a->count; i++)
        if (a->seq[i] == seq)
            return;
    if (a && a->count < ACKS_MAX)
        a->seq[a->count++] = seq;
}

slice eim_token_do(const struct eim_device *d, uint8_t buf[TOKEN_DO_MAX])
{
    struct der_writer w = der_writer(buf, TOKEN_DO_MAX);
    slice out = SLICE_NONE;

    der_put_int(&w, 0x84, d->has_token ? d->token : 0);
    return der_written(&w, &out) ? SLICE_NONE : out;
}
