/* ES9+.CancelSession (SGP.22 5.6.5) */
#include "smdp/internal.h"

struct cancel {
    struct smdp *smdp;
    struct turn *turn;
    struct session *session;
    struct smdp_hold *hold;
    const struct cancel_session_response_ok *response;
    struct euicc_cancel_session_signed signed_part;
};

/* Nothing has been proven: the session stays. */
static enum err refuse(struct cancel *c, enum smdp_refusal why)
{
    return smdp_refuse(c->turn, ES9_CANCEL_SESSION, why);
}

/* Postponed and timeout leave the order as it was before the session (SGP.22 3.1.5). */
static enum smdp_state state_after(int64_t reason)
{
    return reason == CANCEL_SESSION_POSTPONED || reason == CANCEL_SESSION_TIMEOUT ? SMDP_RELEASED
                                                                                  : SMDP_ERROR;
}

/* A session that a newer one has superseded says nothing about the order any more. */
static bool order_is_of_session(const struct smdp_order *order, const struct session *s)
{
    return smdp_is_live(order->state) &&
           slice_eq(order->transaction_id, SLICE_OF(s->cma.transaction_id));
}

/*
 * The step that was reached (SGP.22 5.3.5), and why it went no further: on the eUICC when the
 * package was there already, else by whoever was asked to agree.
 */
static enum err report(struct cancel *c, const struct smdp_order *order, const char *reason)
{
    bool bound = c->session->cma.phase == SESSION_BOUND;
    struct turn_status failure = { bound ? "8.1" : "8.2", bound ? "4.2" : "3.8", reason };

    return smdp_report(c->turn, bound ? SMDP_POINT_INSTALLATION : SMDP_POINT_CONFIRMATION, order,
                       &failure, SLICE_NONE);
}

static enum err release_order(struct cancel *c)
{
    const char *reason = value_name(cancel_session_reason_names, c->signed_part.reason);
    struct smdp_order *order;
    enum err err = smdp_find_order(c->turn, SLICE_OF(c->session->iccid), &order);

    if (err == E_NOTFOUND)
        return E_OK;
    if (err || !order_is_of_session(order, c->session))
        return err;
    order->state = state_after(c->signed_part.reason);
    reason = reason ? reason : "unknown";
    err = smdp_save_order(c->turn, order);
    if (!err)
        err = report(c, order, reason);
    return err ? err
               : smdp_tell(c->turn, "smdp.cancelled", order, reason,
                           c->response->euicc_cancel_session_signed);
}

static enum err answer(struct cancel *c)
{
    c->hold->cma.over = true;
    c->turn->reply = arena_copy(c->turn->arena, SLICE_LIT("\xBF\x41\x02\xA0\x00"));
    return c->turn->reply.p ? E_OK : E_MEMORY;
}

static enum err cancel(struct cancel *c)
{
    enum err err = schema_decode(&T_euicc_cancel_session_signed,
                                 c->response->euicc_cancel_session_signed, &c->signed_part, NULL);

    if (err)
        return err;
    if (!slice_eq(c->signed_part.transaction_id, SLICE_OF(c->session->cma.transaction_id)))
        return refuse(c, SMDP_REFUSE_TRANSACTION);
    err = key_verify(c->session->cma.euicc_key, &c->response->euicc_cancel_session_signed, 1,
                     c->response->euicc_cancel_session_signature);
    if (err == E_BADSIG)
        return refuse(c, SMDP_REFUSE_SIGNATURE);
    if (err)
        return err;
    if (!slice_eq(c->signed_part.smdp_oid, c->smdp->oid))
        return refuse(c, SMDP_REFUSE_OID);
    err = release_order(c);
    return err ? err : answer(c);
}

/* The eUICC's BF41 stands as A1 in the ASN.1 binding; either is read. */
static enum err decode_response(slice element, struct arena *arena,
                                struct cancel_session_response *out)
{
    size_t size = element.n + DER_HEAD_MAX;
    uint8_t *buf = arena_alloc(arena, size);
    struct der_writer w = der_writer(buf, size);
    slice whole;
    enum err err;

    if (!buf)
        return E_MEMORY;
    der_put_rehead(&w, 0xBF41, element);
    err = der_written(&w, &whole);
    return err ? err : schema_decode(&T_cancel_session_response, whole, out, NULL);
}

enum err smdp_cancel_session(struct smdp *s, const struct cancel_session_request_es9 *r,
                             struct turn *t)
{
    struct cancel c = { .smdp = s, .turn = t };
    struct cancel_session_response response;
    enum err err = decode_response(r->cancel_session_response, t->arena, &response);

    if (err)
        return err;
    c.session = session_take(&s->cma.sessions, r->transaction_id, t->now_ms);
    if (c.session && c.session->cma.phase == SESSION_INITIATED) {
        session_put(&s->cma.sessions, c.session); /* no eUICC is known that could cancel it */
        c.session = NULL;
    }
    if (!c.session)
        return refuse(&c, SMDP_REFUSE_TRANSACTION);
    err = smdp_hold(s, c.session, t, &c.hold);
    if (err)
        return err;
    c.response = &response.cancel_session_response_ok;
    if (response.which == cancel_session_response_is_cancel_session_response_ok)
        err = cancel(&c);
    else
        err = refuse(&c, SMDP_REFUSE_SIGNATURE); /* no signature: nothing is proven */
    if (err)
        cma_let_go(t);
    return err;
}
