/*
 * Notifications (SGP.32 3.7, 6.3.2.4): taken over from cards, and carried to their SM-DP+ until it
 * has them. What is forwarded is signed by an eUICC of a trusted CI: an eIM is no relay for
 * whatever somebody wants to have sent to some host.
 */
#include "eim/internal.h"

#include <ctype.h>
#include <inttypes.h>

#define RETRY_MAX_MS ((int64_t)60 * 60 * 1000)
/* How long a call may be under way before it counts as lost; longer than any HTTP timeout. */
#define CLAIM_MS ((int64_t)2 * 60 * 1000)
/* In one set of changes: each row may hold some KB. */
#define RECOVER_ROWS 256

bool eim_is_address(slice a)
{
    for (size_t i = 0; i < a.n; i++)
        if (!isalnum(a.p[i]) && a.p[i] != '.' && a.p[i] != '-' && a.p[i] != ':' && a.p[i] != '_')
            return false;
    return a.n > 0 && a.n <= RELAY_HOST_MAX;
}

/* ---- taking over ---------------------------------------------------------------------------- */

static bool in_turn(const struct turn *t, slice digest)
{
    for (size_t i = 0; i < t->change_count; i++) {
        const struct eim_notification *n = t->changes[i].row;

        if (t->changes[i].table == &eim_notification_table && slice_eq(n->digest, digest))
            return true;
    }
    return false;
}

static enum err keep(struct eim *e, slice eid, slice data, const struct notification_metadata *m,
                     struct turn *t)
{
    struct eim_notification *n = ARENA_NEW(t->arena, struct eim_notification), old;
    uint8_t *digest = arena_alloc(t->arena, DIGEST_LEN);
    enum err err = n && digest ? E_OK : E_MEMORY;

    if (!err)
        err = crypto_sha256(e->options.crypto, &data, 1, digest);
    if (err)
        return err;
    n->digest = slice_of(digest, DIGEST_LEN);
    if (in_turn(t, n->digest))
        return E_OK;
    err = store_get(t->store, &eim_notification_table, EIM_BY_KEY, STORE_KEY(store_blob(n->digest)),
                    &old, t->arena);
    if (err != E_NOTFOUND)
        return err; /* E_OK: a copy; it is on its way, or there */
    n->eid = arena_copy(t->arena, eid);
    n->seq_number = m->seq_number;
    n->address = arena_copy(t->arena, m->notification_address);
    n->data = arena_copy(t->arena, data);
    n->pending = 1;
    n->due_ms = n->arrived_ms = t->now_ms;
    return turn_insert(t, &eim_notification_table, n);
}

static enum err distrust(struct eim *e, const struct eim_device *d, slice data, const char *why,
                         struct turn *t)
{
    return eim_tell_unproven(e, t, "eim.notification.discarded", d ? d->eid : SLICE_NONE, why,
                             data);
}

/* What cannot be verified is the peer's fault, except for failures of ours. */
static bool is_ours(enum err e)
{
    return err_class(e) == ERR_SYSTEM || err_class(e) == ERR_CALLER;
}

static enum err take_other(struct eim *e, const struct eim_device *d, slice whole,
                           struct acks *acks, struct turn *t)
{
    struct other_signed_notification n;
    struct notification_metadata m;
    struct chain chain;
    uint8_t eid[EID_LEN];
    enum err err = schema_decode(&T_other_signed_notification, whole, &n, NULL);

    if (!err)
        err = schema_decode(&T_notification_metadata, n.tbs_other_notification, &m, NULL);
    if (err)
        return err;
    err = eim_verify_euicc(e, n.euicc_certificate, n.eum_certificate, t->now_ms, &chain, eid, NULL);
    if (!err) {
        err = key_verify(chain.key, &n.tbs_other_notification, 1, n.euicc_notification_signature);
        chain_close(&chain);
    }
    if (!err && d && !slice_eq(slice_of(eid, EID_LEN), d->eid))
        err = E_BADCERT;
    if (err)
        return is_ours(err) ? err : distrust(e, d, whole, err_text(err), t);
    if (!eim_is_address(m.notification_address))
        return distrust(e, d, whole, "notificationAddress", t);
    eim_ack(acks, m.seq_number);
    return keep(e, slice_of(eid, EID_LEN), whole, &m, t);
}

static enum err take_installation(struct eim *e, const struct eim_device *d, slice whole,
                                  struct acks *acks, struct turn *t)
{
    struct profile_installation_result r;
    struct profile_installation_result_data data;
    struct notification_metadata m;
    struct eim_device *owner = NULL;
    struct eim_order *o = NULL;
    struct public_key *key;
    enum err err = schema_decode(&T_profile_installation_result, whole, &r, NULL);

    if (!err)
        err = schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                            &data, NULL);
    if (!err)
        err = schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL);
    if (err)
        return err;
    err = eim_find_session(t, data.transaction_id, &o);
    if (err == E_NOTFOUND)
        o = NULL;
    else if (err)
        return err;
    if (!d && o) {
        err = eim_find_device(t, o->eid, &owner);
        if (err)
            return err;
        d = owner;
    }
    if (!d || (o && !slice_eq(o->eid, d->eid)))
        return distrust(e, d, whole, "of no session that is known", t);
    err = eim_device_key(e, d, t->now_ms, &key);
    if (!err) {
        err = key_verify(key, &r.profile_installation_result_data, 1, r.euicc_sign_pir);
        key_drop(key);
    }
    if (err)
        return is_ours(err) ? err : distrust(e, d, whole, err_text(err), t);
    if (!eim_is_address(m.notification_address))
        return distrust(e, d, whole, "notificationAddress", t);
    eim_ack(acks, m.seq_number);
    err = keep(e, d->eid, whole, &m, t);
    return err || !o ? err : eim_finish_download(e, o, r.profile_installation_result_data, t);
}

enum err eim_take_notification(struct eim *e, const struct eim_device *d, slice pending,
                               struct acks *acks, struct turn *t)
{
    struct iot_pending_notification n;
    enum err err = schema_decode(&T_iot_pending_notification, pending, &n, NULL);

    if (err)
        return err;
    switch (n.which) {
    case iot_pending_notification_is_profile_installation_result:
        return take_installation(e, d, n.profile_installation_result, acks, t);
    case iot_pending_notification_is_other_signed_notification:
        return take_other(e, d, n.other_signed_notification, acks, t);
    default:
        return distrust(e, d, pending, "compact forms are not supported", t);
    }
}

enum err eim_finish_download(struct eim *e, struct eim_order *o, slice pir_data, struct turn *t)
{
    struct profile_installation_result_data data;
    struct notification_metadata m;
    enum err err = schema_decode(&T_profile_installation_result_data, pir_data, &data, NULL);

    (void)e;
    if (!err)
        err = schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL);
    if (err || (o->verified && !o->open))
        return err;
    o->verified = 1;
    o->seq_number = m.seq_number;
    o->result = arena_copy(t->arena, pir_data);
    o->iccid = arena_copy(t->arena, m.iccid);
    if (data.final_result.which == final_result_is_success_result) {
        o->state = EIM_DONE;
        o->code = 0;
        o->outcome = SLICE_LIT("ok");
        if (m.iccid.p)
            err = eim_set_profile(t, o->eid, m.iccid, false);
    } else {
        int64_t reason = data.final_result.error_result.error_reason;
        const char *name = value_name(bpp_error_reason_names, reason);

        o->state = EIM_FAILED;
        o->code = reason;
        /* SGP.22 2.5.6: these two leave the order usable */
        o->retryable = reason == BPP_ERROR_INSUFFICIENT_MEMORY || reason == BPP_ERROR_INTERRUPTION;
        o->outcome =
            arena_printf(t->arena, "errorReason %s(%" PRId64 ")", name ? name : "?", reason);
    }
    return err ? err : eim_save_order(t, o);
}

/* ---- carrying on ---------------------------------------------------------------------------- */

static int64_t wait_after(const struct eim *e, int64_t attempts)
{
    int64_t wait = e->options.retry_ms;

    for (int64_t i = 1; i < attempts && wait < RETRY_MAX_MS; i++)
        wait *= 2;
    return wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS;
}

/* The oldest notification of this card for this server: it must not be overtaken. */
static enum err oldest_of(struct turn *t, const struct eim_notification *n,
                          struct eim_notification *out)
{
    *out = *n;
    if (!n->eid.p)
        return E_OK;
    return store_get(t->store, &eim_notification_table, EIM_NOTIFICATION_BY_EID,
                     STORE_KEY(store_blob(n->eid), store_text(n->address), store_int(1)), out,
                     t->arena);
}

static enum err send(struct eim *e, struct eim_notification *n, struct turn *t)
{
    const struct handle_notification_es9 request = { .pending_notification = n->data };
    const struct eim_place place = { STEP_NOTIFY, 0, n->digest, n->address };
    enum err err;

    n = turn_row(t, &eim_notification_table, n);
    if (!n)
        return E_MEMORY;
    n->attempts++;
    n->due_ms = t->now_ms + CLAIM_MS;
    err = turn_update(t, &eim_notification_table, n);
    return err ? err : eim_call(e, "handleNotification", n->address, &request, &place, t);
}

static enum err assume(struct turn *t, const struct eim_notification *n)
{
    void *row = turn_row(t, &eim_notification_table, n);

    return row ? turn_assume(t, &eim_notification_table, row) : E_MEMORY;
}

enum err eim_due(struct eim *e, struct turn *t, int64_t *next_ms)
{
    const struct store_query q = {
        .index = EIM_NOTIFICATION_BY_DUE,
        .key = { store_int(1) },
        .key_count = 1,
        .limit = 16,
    };
    struct eim_notification *found, first;
    size_t count;
    enum err err = store_list(t->store, &eim_notification_table, &q, t->arena, &found, &count);

    *next_ms = INT64_MAX;
    for (size_t i = 0; !err && i < count; i++) {
        if (found[i].due_ms > t->now_ms) {
            *next_ms = found[i].due_ms < *next_ms ? found[i].due_ms : *next_ms;
            break;
        }
        err = oldest_of(t, &found[i], &first);
        if (!err && first.due_ms <= t->now_ms) {
            *next_ms = t->now_ms;
            return send(e, &first, t);
        }
        if (err)
            break;
        /* It waits for an older one, as long as that one is on its way. */
        found[i].due_ms = first.due_ms + 1;
        *next_ms = found[i].due_ms < *next_ms ? found[i].due_ms : *next_ms;
        err = turn_update(t, &eim_notification_table, &found[i]);
        if (!err)
            err = assume(t, &first);
    }
    return err;
}

enum err eim_recover(struct eim *e, struct turn *t, bool *more)
{
    const struct store_query q = {
        .index = EIM_NOTIFICATION_BY_DUE,
        .key = { store_int(1) },
        .key_count = 1,
        .from_given = true,
        .from = store_int(t->now_ms + 1),
        .limit = RECOVER_ROWS,
    };
    struct eim_notification *found;
    size_t count;
    enum err err = store_list(t->store, &eim_notification_table, &q, t->arena, &found, &count);

    (void)e;
    for (size_t i = 0; !err && i < count; i++) {
        found[i].due_ms = t->now_ms;
        err = turn_update(t, &eim_notification_table, &found[i]);
    }
    *more = !err && count == RECOVER_ROWS;
    return err;
}

/*
 * The next one of this card for this server has waited for n, and waits no longer. One that is due
 * already must still be so at the commit: another worker may just be putting it off because of n.
 */
static enum err wake_next(const struct eim_notification *n, struct turn *t)
{
    const struct store_query q = {
        .index = EIM_NOTIFICATION_BY_EID,
        .key = { store_blob(n->eid), store_text(n->address), store_int(1) },
        .key_count = 3,
        .limit = 2,
    };
    struct eim_notification *found;
    size_t count = 0;
    enum err err = E_OK;

    if (n->eid.p)
        err = store_list(t->store, &eim_notification_table, &q, t->arena, &found, &count);
    for (size_t i = 0; !err && i < count; i++) {
        if (slice_eq(found[i].digest, n->digest))
            continue;
        if (found[i].due_ms <= t->now_ms)
            return turn_assume(t, &eim_notification_table, &found[i]);
        found[i].due_ms = t->now_ms;
        return turn_update(t, &eim_notification_table, &found[i]);
    }
    return err;
}

enum err eim_answer_notify(struct eim *e, const struct eim_place *p, const struct eim_answer *a,
                           struct turn *t)
{
    bool taken = a->reached && a->status >= 200 && a->status <= 299;
    struct eim_notification *n = ARENA_NEW(t->arena, struct eim_notification);
    enum err err = n ? E_OK : E_MEMORY;

    if (!err)
        err = store_get(t->store, &eim_notification_table, EIM_BY_KEY, STORE_KEY(store_blob(p->id)),
                        n, t->arena);
    if (err || !n->pending)
        return err;
    n->pending = !taken;
    n->due_ms = t->now_ms + wait_after(e, n->attempts);
    err = turn_update(t, &eim_notification_table, n);
    if (!err && taken)
        err = wake_next(n, t);
    if (err || !taken)
        return err;
    return eim_tell(
        t, "eim.notification.delivered", n->eid, SLICE_NONE,
        (const char *)arena_printf(t->arena, "%.*s", (int)n->address.n, (const char *)n->address.p)
            .p,
        SLICE_NONE);
}
