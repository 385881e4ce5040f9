/* ES9+.AuthenticateClient (SGP.22 5.6.3): who the eUICC is, and which order it comes for. */
#include "smdp/internal.h"

#include <stdlib.h>

#define EID_ORDERS 16u /* waiting orders of one EID that are looked at */

struct client {
    struct smdp *smdp;
    struct turn *turn;
    struct session *session;
    struct smdp_hold *hold;
    const struct authenticate_response_ok *response;
    struct cma_client euicc;
    struct smdp_order *order;
    struct smdp_profile profile;
    struct smdp_transaction binding; /* of this eUICC; version 0: none */
};

/* The session is over, whatever comes: its challenge has been used. */
static enum err refuse(struct client *c, enum smdp_refusal why)
{
    c->hold->cma.over = true;
    return smdp_refuse(c->turn, ES9_AUTHENTICATE_CLIENT, why);
}

/* ---- which order ---- */

/* What the order's own state says against a download by this eUICC, or -1. */
static int order_refusal(const struct client *c, const struct smdp_order *o)
{
    const struct smdp_options *options = &c->smdp->options;

    if (o->eid.p && !slice_eq(o->eid, SLICE_OF(c->session->cma.eid)))
        return SMDP_REFUSE_EID;
    if (smdp_is_on_euicc(o->state) || (smdp_is_over(o->state) && o->state != SMDP_ERROR))
        return SMDP_REFUSE_MATCHING_ID;
    if (o->attempts >= options->download_attempts &&
        (smdp_is_live(o->state) || o->state == SMDP_ERROR))
        return SMDP_REFUSE_ORDER_ATTEMPTS;
    if (o->state == SMDP_ERROR)
        return SMDP_REFUSE_MATCHING_ID;
    if (!smdp_is_live(o->state))
        return SMDP_REFUSE_NOT_RELEASED;
    if (o->expires_ms && c->turn->now_ms >= o->expires_ms)
        return SMDP_REFUSE_ORDER_EXPIRED;
    return -1;
}

/*
 * The oldest comes first, but rather one that can be had (one that is past its end stands in
 * nobody's way), and of those one that has no matching id of its own. E_NOTFOUND when nothing waits
 * for this EID.
 */
static enum err order_of_eid(struct client *c)
{
    struct store_query q = { .index = SMDP_ORDER_BY_WAITING_EID,
                             .key_count = 1,
                             .limit = EID_ORDERS };
    struct smdp_order *rows;
    size_t count;
    int best = 0;
    enum err err;

    q.key[0] = store_blob(SLICE_OF(c->session->cma.eid));
    err = store_list(c->turn->store, &smdp_order_table, &q, c->turn->arena, &rows, &count);
    for (size_t i = 0; !err && i < count; i++) {
        int rank = 1 + 2 * (order_refusal(c, &rows[i]) < 0) + !rows[i].matching_id.p;

        if (rank > best) {
            best = rank;
            c->order = &rows[i];
        }
    }
    return err ? err : c->order ? E_OK : E_NOTFOUND;
}

static enum err find_order(struct client *c, slice matching_id)
{
    c->order = NULL;
    if (matching_id.n == 0)
        return order_of_eid(c);
    return smdp_read_order(c->turn, SMDP_ORDER_BY_MATCHING_ID, STORE_KEY(store_text(matching_id)),
                           &c->order);
}

/* Free octets of extCardResource (TS 102 226 8.2.1.7): 82; INT64_MAX when it does not say. */
static int64_t free_memory(slice resource)
{
    struct der_reader r = der_reader(resource);
    int64_t n = 0;

    while (der_more(&r)) {
        struct tlv e = der_take(&r);

        if (e.tag != 0x82 || e.value.n == 0 || e.value.n > 7)
            continue;
        for (size_t i = 0; i < e.value.n; i++)
            n = n << 8 | e.value.p[i];
        return n;
    }
    return INT64_MAX;
}

/* Whether this profile may and can live on this eUICC, or -1. */
static int profile_refusal(const struct client *c)
{
    uint64_t forbidden = der_bits(c->euicc.info2.forbidden_profile_policy_rules);
    uint64_t rules = 1u << PPR_1 | 1u << PPR_2;

    if ((uint64_t)c->profile.policy_rules & forbidden & rules)
        return SMDP_REFUSE_NOT_ELIGIBLE;
    if (c->profile.size > free_memory(c->euicc.info2.ext_card_resource))
        return SMDP_REFUSE_CARD_MEMORY;
    return -1;
}

/* A refusal that the operator learns of; one too many attempt ends the order. */
static enum err refuse_order(struct client *c, enum smdp_refusal why)
{
    enum err err = refuse(c, why);

    if (err || why == SMDP_REFUSE_EID || why == SMDP_REFUSE_NOT_RELEASED ||
        why == SMDP_REFUSE_MATCHING_ID)
        return err;
    if (why == SMDP_REFUSE_ORDER_ATTEMPTS) {
        if (c->order->state == SMDP_ERROR)
            return E_OK;
        c->order->state = SMDP_ERROR;
        err = smdp_save_order(c->turn, c->order);
        if (err)
            return err;
    }
    return smdp_progress(c->turn, SMDP_POINT_ELIGIBILITY, c->order, SLICE_NONE);
}

static enum err choose_order(struct client *c, bool *refused)
{
    slice matching_id = c->euicc.params.ctx_params_for_common_authentication.matching_id;
    enum err err = find_order(c, matching_id);
    int why;

    *refused = true;
    if (err == E_NOTFOUND)
        return refuse(c, matching_id.n ? SMDP_REFUSE_MATCHING_ID : SMDP_REFUSE_EID);
    if (err)
        return err;
    why = order_refusal(c, c->order);
    if (why >= 0)
        return refuse_order(c, (enum smdp_refusal)why);
    err = smdp_find_profile(c->turn, c->order->iccid, &c->profile);
    if (err)
        return err;
    why = profile_refusal(c);
    if (why >= 0)
        return refuse_order(c, (enum smdp_refusal)why);
    *refused = false;
    return E_OK;
}

/* ---- the answer ---- */

/* What GetBoundProfilePackage needs, so that it binds what was announced here. */
static enum err keep_in_session(struct client *c)
{
    struct session *s = c->session;

    s->metadata = malloc(c->profile.metadata.n);
    if (!s->metadata)
        return E_MEMORY;
    s->metadata_n = c->profile.metadata.n;
    memcpy(s->metadata, c->profile.metadata.p, s->metadata_n);
    memcpy(s->iccid, c->order->iccid.p, ICCID_SIZE);
    s->ordered_ms = c->order->ordered_ms;
    s->cma.phase = SESSION_AUTHENTICATED;
    return E_OK;
}

/* The attempt is counted before the eUICC learns anything (durable before reply). */
static enum err count_attempt(struct client *c)
{
    struct session *s = c->session;
    enum err err;

    c->order->attempts++;
    c->order->transaction_id = arena_copy(c->turn->arena, SLICE_OF(s->cma.transaction_id));
    c->order->session_eid = arena_copy(c->turn->arena, SLICE_OF(s->cma.eid));
    if (arena_failed(c->turn->arena))
        return E_MEMORY;
    c->hold->order = c->order;
    err = smdp_save_order(c->turn, c->order);
    return err ? err : smdp_progress(c->turn, SMDP_POINT_ELIGIBILITY, c->order, SLICE_NONE);
}

/* The one-time key of an earlier binding to the same eUICC, which may still have its other half. */
static enum err earlier_binding(struct client *c)
{
    enum err err;

    if (!c->order->bound_by.p)
        return E_OK;
    err = store_get(c->turn->store, &smdp_transaction_table, SMDP_BY_KEY,
                    STORE_KEY(store_blob(c->order->bound_by)), &c->binding, c->turn->arena);
    if (!err && !slice_eq(c->binding.eid, SLICE_OF(c->session->cma.eid)))
        c->binding.version = 0;
    return err == E_NOTFOUND ? E_OK : err; /* so old that it was forgotten */
}

static enum err sign2(struct client *c, slice signed2)
{
    slice parts[] = { signed2, SIGNATURE_HEAD, c->response->euicc_signature1 };
    struct ec_sig sig;
    enum err err = signer_sign(&c->session->cma.own->pb.signer, c->smdp->options.crypto, parts,
                               COUNT(parts), &sig);

    memcpy(c->session->signature2, sig.b, SIG_LEN);
    return err;
}

static enum err answer(struct client *c)
{
    slice own = c->session->cma.own->pb.cert.der;
    struct smdp_signed2 signed2 = {
        .transaction_id = SLICE_OF(c->session->cma.transaction_id),
        .cc_required_flag = c->order->code_hash.p != NULL,
        .has_cc_required_flag = true,
    };
    struct authenticate_client_response_es9 response = {
        .which = authenticate_client_response_es9_is_authenticate_client_ok,
    };
    struct authenticate_client_ok_es9 *ok = &response.authenticate_client_ok;
    size_t size = own.n + c->profile.metadata.n + 512;
    uint8_t *buf = arena_alloc(c->turn->arena, size), part[128];
    enum err err = buf ? E_OK : E_MEMORY;

    if (c->binding.version)
        signed2.bpp_euicc_otpk = c->binding.euicc_otpk;
    if (!err)
        err = schema_encode(&T_smdp_signed2, &signed2, part, sizeof part, &ok->smdp_signed2, NULL);
    if (!err)
        err = sign2(c, ok->smdp_signed2);
    if (err)
        return err;
    ok->transaction_id = signed2.transaction_id;
    ok->profile_metadata = c->profile.metadata;
    ok->smdp_signature2 = SLICE_OF(c->session->signature2);
    ok->smdp_certificate = own;
    return schema_encode(&T_authenticate_client_response_es9, &response, buf, size, &c->turn->reply,
                         NULL);
}

/* ---- */

static enum err authenticate(struct client *c)
{
    bool refused;
    int why;
    enum err err =
        cma_authenticate(&c->session->cma, c->response, c->turn->now_ms, &c->euicc, &why);

    if (!err && why >= 0)
        return refuse(c, (enum smdp_refusal)why);
    if (err)
        return err;
    turn_about_eid(c->turn, SLICE_OF(c->session->cma.eid));
    err = choose_order(c, &refused);
    if (err || refused)
        return err;
    err = earlier_binding(c);
    if (!err)
        err = keep_in_session(c);
    if (!err)
        err = count_attempt(c);
    return err ? err : answer(c);
}

enum err smdp_authenticate_client(struct smdp *s, const struct authenticate_client_request_es9 *r,
                                  struct turn *t)
{
    struct client c = { .smdp = s, .turn = t };
    struct authenticate_server_response response;
    enum err err = schema_decode(&T_authenticate_server_response, r->authenticate_server_response,
                                 &response, NULL);

    if (err)
        return err;
    c.session = session_take(&s->cma.sessions, r->transaction_id, t->now_ms);
    if (!c.session)
        return smdp_refuse(t, ES9_AUTHENTICATE_CLIENT, SMDP_REFUSE_TRANSACTION);
    if (c.session->cma.phase != SESSION_INITIATED) {
        session_put(&s->cma.sessions, c.session);
        return smdp_refuse(t, ES9_AUTHENTICATE_CLIENT, SMDP_REFUSE_TRANSACTION);
    }
    err = smdp_hold(s, c.session, t, &c.hold);
    if (err)
        return err;
    c.response = &response.authenticate_response_ok;
    if (response.which == authenticate_server_response_is_authenticate_response_ok)
        err = authenticate(&c);
    else
        err = refuse(&c, SMDP_REFUSE_SIGNATURE); /* the eUICC refused us: nothing to go on with */
    if (err)
        cma_let_go(t);
    return err;
}
