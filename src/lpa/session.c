/* Common mutual authentication, and its end without a profile (SGP.22 3.0.1, 3.0.2). */
#include "base/text.h"
#include "lpa/lpa_impl.h"
#include "pki/cert.h"

#include <stdio.h>

/* The trouble is that what a server says does not fit together. */
static enum err mismatch(struct lpa *l, const char *what)
{
    char why[80];

    snprintf(why, sizeof why, "the server's answer does not fit: %s", what);
    return lpa_fail_because(l, E_CONFLICT, why);
}

enum err lpa_continues(struct lpa *l, const struct lpa_session *s, slice transaction_id)
{
    return slice_eq(s->transaction_id, transaction_id) ? E_OK : mismatch(l, "transactionId");
}

/* What it signed must be what was asked: the eUICC checks the rest. */
static enum err check_server(struct lpa *l, const struct lpa_session *s, slice challenge,
                             const struct initiate_authentication_ok_es9 *ok)
{
    struct server_signed1 signed1;
    enum err e = schema_decode(&T_server_signed1, ok->server_signed1, &signed1, NULL);

    if (e)
        return lpa_fail(l, e);
    if (!slice_eq(signed1.transaction_id, ok->transaction_id))
        return mismatch(l, "transactionId");
    if (!slice_eq(signed1.euicc_challenge, challenge))
        return mismatch(l, "euiccChallenge");
    if (!slice_eq_nocase(signed1.server_address, s->address))
        return mismatch(l, "serverAddress");
    return E_OK;
}

/* The activation code names the server that may be spoken to (SGP.22 4.1). */
static enum err check_oid(struct lpa *l, slice certificate, slice oid)
{
    uint8_t octets[32];
    struct cert c;
    size_t n;

    if (!oid.n)
        return E_OK;
    if (der_oid_from_text(oid, octets, sizeof octets, &n) || cert_parse(certificate, &c))
        return mismatch(l, "certificate or OID");
    return slice_eq(c.rid, slice_of(octets, n)) ? E_OK : mismatch(l, "OID of the activation code");
}

/* ctxParams1: who asks, and for what. */
static enum err make_ctx(struct lpa *l, slice matching_id, slice *out)
{
    static const uint8_t release[] = { 15, 0, 0 }, svn[] = { 2, 5, 0 };
    static const uint8_t tac[] = { 0x35, 0x29, 0x06, 0x11 };
    struct ctx_params1 ctx = { .which = ctx_params1_is_ctx_params_for_common_authentication };
    struct ctx_params_for_common_authentication *c = &ctx.ctx_params_for_common_authentication;
    uint8_t *buf = arena_alloc(&l->arena, 512);

    if (!buf)
        return E_MEMORY;
    c->matching_id = matching_id.n ? matching_id : SLICE_NONE;
    c->has_device_info = true;
    c->device_info.tac = l->o.tac.p ? l->o.tac : SLICE_OF(tac);
    c->device_info.imei = l->o.imei;
    c->device_info.has_device_capabilities = true;
    c->device_info.device_capabilities.eutran_epc_supported_release = SLICE_OF(release);
    c->device_info.device_capabilities.gsm_supported_release = SLICE_OF(release);
    c->device_info.device_capabilities.utran_supported_release = SLICE_OF(release);
    c->device_info.device_capabilities.lpa_svn = SLICE_OF(svn);
    return schema_encode(&T_ctx_params1, &ctx, buf, 512, out, NULL);
}

static enum err ask_euicc(struct lpa *l, const struct initiate_authentication_ok_es9 *ok,
                          slice matching_id, struct lpa_session *s)
{
    struct authenticate_server_request q = {
        .server_signed1 = ok->server_signed1,
        .server_signature1 = ok->server_signature1,
        .euicc_ci_pk_id_to_be_used = ok->euicc_ci_pk_id_to_be_used,
        .server_certificate = ok->server_certificate,
    };
    size_t room = 16384;
    uint8_t *buf = arena_alloc(&l->arena, room);
    slice request;
    enum err e = buf ? make_ctx(l, matching_id, &q.ctx_params1) : E_MEMORY;

    if (!e)
        e = schema_encode(&T_authenticate_server_request, &q, buf, room, &request, NULL);
    if (e)
        return lpa_fail(l, e);
    return lpa_call(l, request, &s->authenticate_response);
}

/* The eUICC's refusal goes to the server too, which then knows that it need not wait. */
static enum err euicc_refused(struct lpa *l, enum json_interface interface, struct lpa_session *s,
                              int64_t code)
{
    struct authenticate_client_request_es9 q = { s->transaction_id, s->authenticate_response,
                                                 false };
    struct authenticate_client_response_es9 r;
    struct authenticate_client_response_es11 r11;

    (void)!lpa_card_refused(l, authenticate_error_code_names, code);
    (void)!lpa_es9(l, interface, "authenticateClient", s->address, &q,
                   interface == JSON_ES11 ? (void *)&r11 : &r);
    return E_REFUSED;
}

static enum err authenticate(struct lpa *l, enum json_interface interface,
                             const struct initiate_authentication_ok_es9 *ok, slice matching_id,
                             struct lpa_session *s)
{
    struct authenticate_server_response r;
    enum err e = ask_euicc(l, ok, matching_id, s);

    if (e)
        return e;
    e = schema_decode(&T_authenticate_server_response, s->authenticate_response, &r, NULL);
    if (e)
        return lpa_fail(l, e);
    if (r.which == authenticate_server_response_is_authenticate_response_error)
        return euicc_refused(l, interface, s,
                             r.authenticate_response_error.authenticate_error_code);
    s->open = true;
    return E_OK;
}

enum err lpa_authenticate(struct lpa *l, enum json_interface interface, slice address,
                          slice matching_id, slice oid, struct lpa_session *s)
{
    struct get_euicc_challenge_response challenge;
    struct initiate_authentication_request_es9 q = { .smdp_address = address };
    struct initiate_authentication_response_es9 r;
    enum err e;

    *s = (struct lpa_session){ .interface = interface, .address = address };
    lpa_step(l, LPA_CONTACT, 0, 0);
    e = lpa_ask(l, 0xBF2E, &T_get_euicc_challenge_response, &challenge);
    if (!e)
        e = lpa_call(l, SLICE_LIT("\xBF\x20\x00"), &q.euicc_info1);
    if (e)
        return e;
    q.euicc_challenge = challenge.euicc_challenge;
    e = lpa_es9(l, interface, "initiateAuthentication", address, &q, &r);
    if (e)
        return e;
    s->transaction_id = r.initiate_authentication_ok.transaction_id;
    s->server_certificate = r.initiate_authentication_ok.server_certificate;
    lpa_step(l, LPA_AUTHENTICATE, 0, 0);
    e = check_server(l, s, challenge.euicc_challenge, &r.initiate_authentication_ok);
    if (!e)
        e = check_oid(l, s->server_certificate, oid);
    return e ? e : authenticate(l, interface, &r.initiate_authentication_ok, matching_id, s);
}

void lpa_cancel(struct lpa *l, struct lpa_session *s, int64_t reason, bool tell)
{
    struct cancel_session_request q = { .transaction_id = s->transaction_id,
                                        .has_reason = true,
                                        .reason = reason };
    struct cancel_session_request_es9 to_server = { .transaction_id = s->transaction_id };
    struct cancel_session_response_es9 r;
    uint8_t *buf = arena_alloc(&l->arena, 64);
    slice request, answer;
    enum err e = E_OK;

    if (!s->open || !buf)
        return;
    s->open = false;
    if (!l->trouble.err) /* the user's wish is no fault, but nothing must look like success */
        lpa_fail(l, E_REFUSED);
    lpa_step(l, LPA_CANCEL, 0, 0);
    e = schema_encode(&T_cancel_session_request, &q, buf, 64, &request, NULL);
    if (!e)
        e = lpa_call(l, request, &answer);
    if (e || !tell || s->interface != JSON_ES9PLUS) /* an SM-DS has no such function */
        return;
    to_server.cancel_session_response = answer;
    /* The eUICC has forgotten the session; a server that does not answer will. */
    (void)!lpa_es9(l, JSON_ES9PLUS, "cancelSession", s->address, &to_server, &r);
}
