/* ES9+.GetBoundProfilePackage (SGP.22 5.6.2): the profile, bound to this eUICC. */
#include "base/secret.h"
#include "crypto/kdf.h"
#include "smdp/bind.h"
#include "smdp/internal.h"

struct download {
    struct smdp *smdp;
    struct turn *turn;
    struct session *session;
    struct smdp_hold *hold;
    const struct prepare_download_response_ok *response;
    struct euicc_signed2 signed2;
    struct smdp_order *order;
    struct smdp_transaction *binding; /* of the order; version 0: there is none */
};

static enum err refuse(struct download *d, enum smdp_refusal why)
{
    d->hold->cma.over = true;
    return smdp_refuse(d->turn, ES9_GET_BOUND_PROFILE_PACKAGE, why);
}

/* ---- is it the eUICC of this session ---- */

static enum err verify(struct download *d, bool *refused)
{
    slice parts[] = { d->response->euicc_signed2, SIGNATURE_HEAD,
                      SLICE_OF(d->session->signature2) };
    enum err err;

    *refused = true;
    if (!slice_eq(d->signed2.transaction_id, SLICE_OF(d->session->cma.transaction_id)))
        return refuse(d, SMDP_REFUSE_TRANSACTION);
    err = key_verify(d->session->cma.euicc_key, parts, COUNT(parts), d->response->euicc_signature2);
    if (err == E_BADSIG)
        return refuse(d, SMDP_REFUSE_SIGNATURE);
    *refused = false;
    return err;
}

/* ---- may it have the order ---- */

/*
 * Another session may have come first: of this eUICC (then this one is superseded), or of another
 * one, to which the order now belongs. Or the profile was ordered anew meanwhile. -1: fine.
 */
static int order_refusal(const struct download *d)
{
    const struct smdp_order *o = d->order;
    slice eid = SLICE_OF(d->session->cma.eid);

    if (o->eid.p && !slice_eq(o->eid, eid))
        return SMDP_REFUSE_EID;
    if (o->ordered_ms != d->session->ordered_ms)
        return SMDP_REFUSE_TRANSACTION;
    if (slice_eq(o->session_eid, eid) &&
        !slice_eq(o->transaction_id, SLICE_OF(d->session->cma.transaction_id)))
        return SMDP_REFUSE_TRANSACTION;
    if (!smdp_is_live(o->state))
        return SMDP_REFUSE_REBINDING;
    if (o->expires_ms && d->turn->now_ms >= o->expires_ms)
        return SMDP_REFUSE_ORDER_EXPIRED;
    return -1;
}

/* As the session left it, or from the store: the commit tells whether it still held. */
static enum err load_order(struct download *d)
{
    if (!d->session->order)
        return smdp_find_order(d->turn, SLICE_OF(d->session->iccid), &d->order);
    d->order = smdp_session_order(d->turn, d->session);
    return d->order ? E_OK : E_MEMORY;
}

static enum err find_order(struct download *d, bool *refused)
{
    enum err err = load_order(d);
    int why;

    *refused = true;
    if (err == E_NOTFOUND)
        return refuse(d, SMDP_REFUSE_REBINDING);
    if (err)
        return err;
    why = order_refusal(d);
    if (why >= 0)
        return refuse(d, (enum smdp_refusal)why);
    *refused = false;
    return E_OK;
}

/* ---- confirmation code (SGP.22 3.1.3, 5.7.5) ---- */

/* Counted before it is answered: a peer cannot try more codes by hanging up. */
static enum err wrong_code(struct download *d)
{
    bool last;
    enum err err;

    d->order->code_attempts++;
    last = d->order->code_attempts >= d->smdp->options.code_attempts;
    if (last)
        d->order->state = SMDP_ERROR;
    err = refuse(d, last ? SMDP_REFUSE_CODE_ATTEMPTS : SMDP_REFUSE_CODE_REFUSED);
    if (!err)
        err = smdp_save_order(d->turn, d->order);
    return err ? err : smdp_progress(d->turn, SMDP_POINT_CONFIRMATION, d->order, SLICE_NONE);
}

static enum err check_code(struct download *d, bool *refused)
{
    uint8_t expected[DIGEST_LEN];
    enum err err;

    *refused = false;
    if (!d->order->code_hash.p)
        return E_OK;
    if (d->order->code_hash.n != DIGEST_LEN)
        return E_INTERNAL;
    *refused = true;
    if (!d->signed2.hash_cc.p)
        return refuse(d, SMDP_REFUSE_CODE_MISSING);
    err = hash_cc(d->smdp->options.crypto, d->order->code_hash.p,
                  SLICE_OF(d->session->cma.transaction_id), expected);
    if (!err && !ct_equal(expected, d->signed2.hash_cc.p, DIGEST_LEN))
        err = wrong_code(d);
    else
        *refused = err != E_OK;
    wipe(expected, sizeof expected);
    return err;
}

/* ---- binding ---- */

static enum err find(struct download *d, const struct store_table *table, slice key, void *row)
{
    return store_get(d->turn->store, table, SMDP_BY_KEY, STORE_KEY(store_blob(key)), row,
                     d->turn->arena);
}

static enum err find_binding(struct download *d)
{
    enum err err;

    d->binding = ARENA_NEW(d->turn->arena, struct smdp_transaction);
    if (!d->binding)
        return E_MEMORY;
    if (!d->order->bound_by.p)
        return E_OK;
    err = find(d, &smdp_transaction_table, d->order->bound_by, d->binding);
    return err == E_NOTFOUND ? E_OK : err;
}

/* The eUICC came back with the one-time key that its package is bound to (SGP.22 5.6.2). */
static bool same_one_time_key(const struct download *d)
{
    return d->binding->version && slice_eq(d->binding->eid, SLICE_OF(d->session->cma.eid)) &&
           slice_eq(d->binding->euicc_otpk, d->signed2.euicc_otpk);
}

static enum err gather(struct download *d, struct smdp_bind *in)
{
    struct smdp_protected under_keys;
    struct smdp_package package;
    enum err err;

    if (same_one_time_key(d)) {
        in->smdp_otpk = d->binding->smdp_otpk;
        in->host_id = d->binding->host_id;
        in->head = d->binding->head;
        in->elements = d->binding->elements;
        if (in->elements.p)
            return E_OK;
        err = find(d, &smdp_protected_table, d->order->iccid, &under_keys);
        in->elements = under_keys.elements;
        return err;
    }
    in->metadata = slice_of(d->session->metadata, d->session->metadata_n);
    err = find(d, &smdp_protected_table, d->order->iccid, &under_keys);
    if (!err) {
        in->keys = under_keys.keys;
        in->elements = under_keys.elements;
        return E_OK;
    }
    if (err == E_NOTFOUND)
        err = find(d, &smdp_package_table, d->order->iccid, &package);
    if (!err)
        in->package = package.package;
    return err;
}

/* ---- what is remembered ---- */

/* The row of this session; there already (version not 0) when the package is asked for again. */
static enum err own_transaction(struct download *d, struct smdp_transaction **out)
{
    struct smdp_transaction *row = ARENA_NEW(d->turn->arena, struct smdp_transaction);
    const struct public_key *key = d->session->cma.euicc_key;

    *out = row;
    if (!row)
        return E_MEMORY;
    if (d->session->cma.phase == SESSION_BOUND)
        return find(d, &smdp_transaction_table, d->order->transaction_id, row);
    *row = (struct smdp_transaction){
        .transaction_id = d->order->transaction_id,
        .iccid = d->order->iccid,
        .eid = d->order->eid,
        .curve = key->curve,
        .public_key = arena_copy(d->turn->arena, SLICE_OF(key->point.b)),
        .expires_ms = d->turn->now_ms + d->smdp->options.transaction_ms,
        .ordered_ms = d->order->ordered_ms,
    };
    return row->public_key.p ? E_OK : E_MEMORY;
}

/* With what the installation result will be verified, and what a retry can be sent again. */
static enum err keep_transaction(struct download *d, const struct smdp_bind *in,
                                 const struct smdp_bound *out)
{
    bool again = in->head.p != NULL;
    struct smdp_transaction *row;
    enum err err = own_transaction(d, &row);

    if (err || (again && row->version))
        return err;
    if (!again) {
        row->euicc_otpk = d->signed2.euicc_otpk;
        row->smdp_otpk = out->smdp_otpk;
        row->host_id = out->host_id;
        row->head = out->head;
        row->elements = in->keys.p ? SLICE_NONE : out->elements;
        d->order->bound_by = row->transaction_id;
    }
    return row->version ? turn_update(d->turn, &smdp_transaction_table, row)
                        : turn_insert(d->turn, &smdp_transaction_table, row);
}

static enum err remember(struct download *d, const struct smdp_bind *in,
                         const struct smdp_bound *out)
{
    struct session *s = d->session;
    struct arena *arena = d->turn->arena;
    enum err err;

    d->order->state = SMDP_DOWNLOADED;
    d->order->eid = arena_copy(arena, SLICE_OF(s->cma.eid));
    d->order->session_eid = d->order->eid;
    d->order->transaction_id = arena_copy(arena, SLICE_OF(s->cma.transaction_id));
    if (arena_failed(arena))
        return E_MEMORY;
    err = keep_transaction(d, in, out);
    s->cma.phase = SESSION_BOUND;
    d->hold->order = d->order;
    if (!err)
        err = smdp_save_order(d->turn, d->order);
    return err ? err : smdp_progress(d->turn, SMDP_POINT_DOWNLOAD, d->order, SLICE_NONE);
}

/* ---- */

static enum err deliver(struct download *d)
{
    struct smdp_bind in = {
        .crypto = d->smdp->options.crypto,
        .signer = &d->session->cma.own->pb.signer,
        .transaction_id = SLICE_OF(d->session->cma.transaction_id),
        .eid = SLICE_OF(d->session->cma.eid),
        .euicc_otpk = d->signed2.euicc_otpk,
    };
    struct smdp_bound out;
    enum err err = find_binding(d);

    if (!err)
        err = gather(d, &in);
    if (err)
        return err;
    err = smdp_bind(&in, d->turn->arena, &out);
    if (err == E_BADKEY)
        return refuse(d, SMDP_REFUSE_SIGNATURE); /* signed, but no key on our curve */
    if (err)
        return err;
    d->turn->reply = out.response;
    return remember(d, &in, &out);
}

static enum err download(struct download *d)
{
    bool refused;
    enum err err = schema_decode(&T_euicc_signed2, d->response->euicc_signed2, &d->signed2, NULL);

    if (err)
        return err;
    err = verify(d, &refused);
    if (err || refused)
        return err;
    err = find_order(d, &refused);
    if (err || refused)
        return err;
    err = check_code(d, &refused);
    if (err || refused)
        return err;
    return deliver(d);
}

enum err smdp_get_bound_profile_package(struct smdp *s,
                                        const struct get_bound_profile_package_request_es9 *r,
                                        struct turn *t)
{
    struct download d = { .smdp = s, .turn = t };
    struct prepare_download_response response;
    enum err err =
        schema_decode(&T_prepare_download_response, r->prepare_download_response, &response, NULL);

    if (err)
        return err;
    d.session = session_take(&s->cma.sessions, r->transaction_id, t->now_ms);
    if (d.session && d.session->cma.phase == SESSION_INITIATED) {
        session_put(&s->cma.sessions, d.session);
        d.session = NULL;
    }
    if (!d.session)
        return smdp_refuse(t, ES9_GET_BOUND_PROFILE_PACKAGE, SMDP_REFUSE_TRANSACTION);
    err = smdp_hold(s, d.session, t, &d.hold);
    if (err)
        return err;
    d.response = &response.download_response_ok;
    if (response.which == prepare_download_response_is_download_response_ok)
        err = download(&d);
    else
        err = refuse(&d, SMDP_REFUSE_SIGNATURE); /* the eUICC refused to prepare */
    if (err)
        cma_let_go(t);
    return err;
}
