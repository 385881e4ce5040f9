/*
 * ES9+.HandleNotification (SGP.22 5.6.4). The answer is always 204: what does not verify, or is not
 * ours, or has been here before, changes nothing. What counts is committed before the answer, since
 * the eUICC forgets a notification that was acknowledged.
 */
#include "smdp/internal.h"

/* Leaves only the log a word; nothing is refused on this interface. */
static enum err ignore(struct turn *t, const char *why)
{
    t->status = (struct turn_status){ .message = why };
    return E_OK;
}

/* SHA-256 of what is signed: not of the signature, of which another form verifies as well. */
static enum err digest_of(struct smdp *s, struct turn *t, slice tbs, slice *out)
{
    uint8_t *digest = arena_alloc(t->arena, DIGEST_LEN);

    *out = slice_of(digest, DIGEST_LEN);
    return digest ? crypto_sha256(s->options.crypto, &tbs, 1, digest) : E_MEMORY;
}

/* *known when this word of this eUICC has been recorded. */
static enum err look_up(struct turn *t, slice eid, int64_t seq_number, slice digest, bool *known)
{
    struct smdp_notification row;
    enum err err = store_get(t->store, &smdp_notification_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(eid), store_int(seq_number), store_blob(digest)),
                             &row, t->arena);

    *known = err == E_OK;
    return err == E_NOTFOUND ? E_OK : err;
}

static enum err record(struct turn *t, slice eid, const struct notification_metadata *m,
                       slice digest, int64_t result, slice pending)
{
    struct smdp_notification *row = ARENA_NEW(t->arena, struct smdp_notification);

    if (!row)
        return E_MEMORY;
    *row = (struct smdp_notification){
        .eid = eid,
        .seq_number = m->seq_number,
        .digest = digest,
        .events = (int64_t)der_bits(m->profile_management_operation),
        .iccid = m->iccid,
        .result = result,
        .received_ms = t->now_ms,
        .data = pending,
    };
    return turn_insert(t, &smdp_notification_table, row);
}

/* ---- ProfileInstallationResult ---- */

struct installation {
    struct smdp *smdp;
    struct turn *turn;
    slice pending, digest;
    struct profile_installation_result_data data;
    struct notification_metadata metadata;
    struct session *session; /* taken out, when it is still there */
    slice iccid, eid;
    int64_t ordered_ms;       /* of the order that the package was sent for; 0: not known */
    struct smdp_order *order; /* as the session left it; NULL: to be read */
    struct public_key *key;   /* counted */
    int64_t result;           /* 0, or errorReason */
};

static int64_t result_of(const struct final_result *r)
{
    if (r->which == final_result_is_success_result)
        return 0;
    return r->error_result.error_reason ? r->error_result.error_reason : BPP_ERROR_UNKNOWN;
}

/* From the session: what is asked of the store when the eUICC comes soon and once, as most do. */
static bool known_from_session(struct installation *in)
{
    struct cma_table *sessions = &in->smdp->cma.sessions;
    struct session *s = session_take(sessions, in->data.transaction_id, in->turn->now_ms);

    if (s && s->cma.phase != SESSION_BOUND) {
        session_put(sessions, s);
        return false;
    }
    in->session = s;
    if (!s)
        return false;
    in->iccid = arena_copy(in->turn->arena, SLICE_OF(s->iccid));
    in->eid = arena_copy(in->turn->arena, SLICE_OF(s->cma.eid));
    in->ordered_ms = s->ordered_ms;
    in->order = smdp_session_order(in->turn, s);
    in->key = key_hold(s->cma.euicc_key);
    return true;
}

/* From what was kept of the transaction. E_NOTFOUND; E_EXISTS when the result was here before. */
static enum err known_from_store(struct installation *in)
{
    struct smdp_transaction row;
    struct ec_point point;
    bool known;
    enum err err = store_get(in->turn->store, &smdp_transaction_table, SMDP_BY_KEY,
                             STORE_KEY(store_blob(in->data.transaction_id)), &row, in->turn->arena);

    if (!err)
        err = look_up(in->turn, row.eid, in->metadata.seq_number, in->digest, &known);
    if (err || known)
        return err ? err : E_EXISTS;
    in->iccid = row.iccid;
    in->eid = row.eid;
    in->ordered_ms = row.ordered_ms;
    err = ec_point_parse(row.public_key, &point);
    return err ? err : key_open(in->smdp->options.crypto, (enum curve)row.curve, &point, &in->key);
}

/* A session ends with its result; a result that does not verify leaves it. */
static enum err verify_result(struct installation *in, const struct profile_installation_result *r)
{
    struct cma_table *sessions = &in->smdp->cma.sessions;
    enum err err = key_verify(in->key, &r->profile_installation_result_data, 1, r->euicc_sign_pir);

    key_drop(in->key);
    if (in->session && err)
        session_put(sessions, in->session);
    else if (in->session)
        session_end(sessions, in->session);
    return err;
}

/* The package was sent for this order, and not for an earlier one of the same profile. */
static bool is_of(const struct installation *in, const struct smdp_order *order)
{
    return slice_eq(order->eid, in->eid) &&
           (in->ordered_ms == 0 || in->ordered_ms == order->ordered_ms);
}

/*
 * Success counts whenever it is of this order, even after an error; the eUICC may have told by now
 * what came of the profile behind it. A failure only counts for the newest session; 10 and 11 are
 * temporary and leave the order to be retried.
 */
static bool apply_result(const struct installation *in, struct smdp_order *order)
{
    bool live = smdp_is_live(order->state);
    bool newest = slice_eq(order->transaction_id, in->data.transaction_id);

    if (in->result == 0 && (live || order->state == SMDP_ERROR)) {
        if (in->metadata.seq_number > order->told_seq || !order->told) {
            order->told = SMDP_INSTALLED;
            order->told_seq = in->metadata.seq_number;
        }
        order->state = order->told;
        return true;
    }
    if (in->result && live && newest && in->result != BPP_ERROR_INSUFFICIENT_MEMORY &&
        in->result != BPP_ERROR_INTERRUPTION) {
        order->state = SMDP_ERROR;
        return true;
    }
    return false;
}

static enum err tell_result(const struct installation *in, const struct smdp_order *order)
{
    const struct smdp_order about = { .eid = in->eid, .iccid = in->iccid };
    const char *reason = value_name(bpp_error_reason_names, in->result);
    struct turn_status failure = { 0 };
    slice detail = SLICE_LIT("success");
    enum err err = E_OK;

    if (in->result) {
        failure = (struct turn_status){ "8.1",
                                        in->result == BPP_ERROR_INSUFFICIENT_MEMORY ? "4.8" : "4.2",
                                        reason };
        detail = arena_printf(in->turn->arena, "failed %s(%d)", reason ? reason : "unknown",
                              (int)in->result);
    }
    if (!detail.p)
        return E_MEMORY;
    if (is_of(in, order))
        err = smdp_report(in->turn, SMDP_POINT_INSTALLATION, order, &failure, in->pending);
    return err ? err
               : smdp_tell(in->turn, "smdp.progress.4", &about, (const char *)detail.p,
                           in->pending);
}

static enum err settle_installation(struct installation *in)
{
    struct turn *t = in->turn;
    struct smdp_order *order = in->order;
    enum err err = record(t, in->eid, &in->metadata, in->digest, in->result, in->pending);

    if (!err && !order)
        err = smdp_find_order(t, in->iccid, &order);
    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    if (is_of(in, order) && apply_result(in, order)) {
        err = smdp_save_order(t, order);
        if (err)
            return err;
    }
    return tell_result(in, order);
}

static enum err decode_result(struct installation *in, const struct profile_installation_result *r)
{
    enum err err = schema_decode(&T_profile_installation_result_data,
                                 r->profile_installation_result_data, &in->data, NULL);

    if (!err)
        err = schema_decode(&T_notification_metadata, in->data.notification_metadata, &in->metadata,
                            NULL);
    if (!err)
        err = digest_of(in->smdp, in->turn, r->profile_installation_result_data, &in->digest);
    in->result = err ? 0 : result_of(&in->data.final_result);
    return err;
}

static enum err installation_result(struct smdp *s, const struct profile_installation_result *r,
                                    slice pending, struct turn *t)
{
    struct installation in = { .smdp = s, .turn = t, .pending = pending };
    enum err err = decode_result(&in, r);

    if (err)
        return err;
    if (!slice_eq(in.data.smdp_oid, s->oid))
        return ignore(t, "installation result is for another SM-DP+");
    if (!known_from_session(&in))
        err = known_from_store(&in);
    if (err == E_NOTFOUND)
        return ignore(t, "installation result of an unknown transaction");
    if (err == E_EXISTS)
        return ignore(t, "installation result has been here before");
    if (err)
        return err;
    err = verify_result(&in, r);
    if (err == E_BADSIG)
        return ignore(t, "signature of the installation result does not verify");
    if (!err && arena_failed(t->arena))
        err = E_MEMORY;
    return err ? err : settle_installation(&in);
}

/* ---- OtherSignedNotification ---- */

/* The one event that it names, or -1. */
static int event_of(slice operation)
{
    uint64_t bits = der_bits(operation);

    for (int i = NOTIFICATION_INSTALL; i <= NOTIFICATION_DELETE; i++) {
        if (bits == UINT64_C(1) << i)
            return i;
    }
    return -1;
}

/*
 * What the eUICC told last counts, by its sequence numbers. Before its result has come it is noted
 * only: no order is Installed without one. From Deleted no eUICC leads back.
 */
static bool apply_event(struct smdp_order *order, int event, int64_t seq_number)
{
    static const enum smdp_state after[] = {
        [NOTIFICATION_ENABLE] = SMDP_ENABLED,
        [NOTIFICATION_DISABLE] = SMDP_DISABLED,
        [NOTIFICATION_DELETE] = SMDP_DELETED,
    };
    bool awaited = smdp_is_live(order->state) || order->state == SMDP_ERROR;

    if (event == NOTIFICATION_INSTALL || seq_number <= order->told_seq ||
        (!awaited && !smdp_is_on_euicc(order->state)))
        return false;
    order->told = after[event];
    order->told_seq = seq_number;
    if (!awaited)
        order->state = order->told;
    return true;
}

/* Ours are those of a profile that this server gave to this eUICC. */
static enum err find_owner(struct turn *t, const struct notification_metadata *m, slice eid,
                           struct smdp_order **order)
{
    enum err err = m->iccid.p ? smdp_find_order(t, m->iccid, order) : E_NOTFOUND;

    if (!err && !slice_eq((*order)->eid, eid))
        err = E_NOTFOUND;
    return err;
}

/* *eid in the arena; *valid when chain and signature hold. */
static enum err verify_notification(struct smdp *s, const struct other_signed_notification *n,
                                    struct turn *t, slice *eid, bool *valid)
{
    uint8_t *octets = arena_alloc(t->arena, EID_SIZE);
    struct keyring *keys;
    struct chain chain;
    int why;
    enum err err;

    *valid = false;
    if (!octets)
        return E_MEMORY;
    *eid = slice_of(octets, EID_SIZE);
    keys = keyring_now(s->options.keys);
    err = cma_check_chain(&keys->trust, n->euicc_certificate, n->eum_certificate, SLICE_NONE,
                          t->now_ms, &chain, octets, &why);
    keyring_drop(keys);
    if (err || why >= 0)
        return err;
    err = key_verify(chain.key, &n->tbs_other_notification, 1, n->euicc_notification_signature);
    chain_close(&chain);
    *valid = err == E_OK;
    return err == E_BADSIG ? E_OK : err;
}

static enum err other_notification(struct smdp *s, const struct other_signed_notification *n,
                                   slice pending, struct turn *t)
{
    struct notification_metadata m;
    struct smdp_order *order;
    bool valid, known;
    slice eid, digest;
    int event;
    enum err err = schema_decode(&T_notification_metadata, n->tbs_other_notification, &m, NULL);

    if (err)
        return err;
    event = event_of(m.profile_management_operation);
    if (event < 0)
        return ignore(t, "notification does not name one event");
    err = verify_notification(s, n, t, &eid, &valid);
    if (err)
        return err;
    if (!valid)
        return ignore(t, "notification does not verify");
    err = find_owner(t, &m, eid, &order);
    if (err == E_NOTFOUND)
        return ignore(t, "notification is about no profile of ours");
    if (!err && m.seq_number <= order->forgotten_seq)
        return ignore(t, "notification is so old that it has been forgotten");
    if (!err)
        err = digest_of(s, t, n->tbs_other_notification, &digest);
    if (!err)
        err = look_up(t, eid, m.seq_number, digest, &known);
    if (err)
        return err;
    if (known)
        return ignore(t, "notification has been here before");
    err = record(t, eid, &m, digest, 0, pending);
    if (!err && apply_event(order, event, m.seq_number))
        err = smdp_save_order(t, order);
    return err ? err
               : smdp_tell(t, "smdp.notification", order,
                           value_name(notification_event_names, event), pending);
}

enum err smdp_handle_notification(struct smdp *s, slice pending, struct turn *t)
{
    struct pending_notification p;
    enum err err = schema_decode(&T_pending_notification, pending, &p, NULL);

    if (err)
        return err;
    if (p.which == pending_notification_is_profile_installation_result)
        return installation_result(s, &p.profile_installation_result, pending, t);
    return other_notification(s, &p.other_signed_notification, pending, t);
}
