/*
 * The relayed download (SGP.32 3.2.3.2): the IPA speaks ESipa with the eIM, the eIM speaks ES9+'
 * with the SM-DP+, and ES11' with an SM-DS on the way there (events.c). What eUICC and SM-DP+ sign
 * passes unchanged. Sessions are found by the transactionId alone; an EID may have several.
 */
#include "eim/internal.h"

#include <inttypes.h>

/* ---- refusals ------------------------------------------------------------------------------- */

static enum err refuse_initiate(struct turn *t, int64_t code)
{
    const struct initiate_authentication_response_esipa r = {
        .which = initiate_authentication_response_esipa_is_initiate_authentication_error_esipa,
        .initiate_authentication_error_esipa = code,
    };

    return eim_reply(t, &T_initiate_authentication_response_esipa, &r, 16);
}

static enum err refuse_client(struct turn *t, int64_t code)
{
    const struct authenticate_client_response_esipa r = {
        .which = authenticate_client_response_esipa_is_authenticate_client_error_esipa,
        .authenticate_client_error_esipa = code,
    };

    return eim_reply(t, &T_authenticate_client_response_esipa, &r, 16);
}

static enum err refuse_package(struct turn *t, int64_t code)
{
    const struct get_bound_profile_package_response_esipa r = {
        .which = get_bound_profile_package_response_esipa_is_get_bound_profile_package_error_esipa,
        .get_bound_profile_package_error_esipa = code,
    };

    return eim_reply(t, &T_get_bound_profile_package_response_esipa, &r, 16);
}

static enum err refuse_cancel(struct turn *t, int64_t code)
{
    const struct cancel_session_response_esipa r = {
        .which = cancel_session_response_esipa_is_cancel_session_error,
        .cancel_session_error = code,
    };

    return eim_reply(t, &T_cancel_session_response_esipa, &r, 16);
}

/* ---- orders --------------------------------------------------------------------------------- */

static enum err order_of(struct turn *t, int64_t id, struct eim_order **out)
{
    enum err err;

    *out = NULL;
    if (!id)
        return E_OK;
    err = eim_find_order(t, EIM_BY_KEY, STORE_KEY(store_int(id)), out);
    return err == E_NOTFOUND ? E_OK : err;
}

static enum err end_order(struct turn *t, int64_t id, const char *step,
                          const struct value_name *names, int64_t code)
{
    const char *name = value_name(names, code);
    struct eim_order *o;
    enum err err = order_of(t, id, &o);

    if (err || !o || !o->open)
        return err;
    o->state = EIM_FAILED;
    o->code = code;
    o->retryable = code == STATUS_UNDEFINED;
    o->outcome = arena_printf(t->arena, "%s %s(%" PRId64 ")", step, name ? name : "?", code);
    return eim_save_order(t, o);
}

/*
 * The step failed. An order that was refused ends; one whose SM-DP+ gave no answer is triggered
 * again when the IPA asks for packages.
 */
static enum err fail_step(struct turn *t, int64_t id, const char *step,
                          const struct value_name *names, int64_t code)
{
    struct eim_order *o;
    enum err err;

    if (code != STATUS_UNDEFINED)
        return end_order(t, id, step, names, code);
    err = order_of(t, id, &o);
    if (err || !o || o->state != EIM_STARTED)
        return err;
    o->state = EIM_SENT;
    return eim_save_order(t, o);
}

/* ---- answers -------------------------------------------------------------------------------- */

enum err eim_read_answer(enum json_interface interface, const char *function,
                         enum rsp_function twin, const struct eim_answer *a, struct turn *t,
                         void *response, int64_t *code)
{
    const struct json_function *f = json_function_find(interface, slice_str(function));
    struct json_status status = { .failed = false };
    enum err err;

    *code = STATUS_UNDEFINED;
    if (!a->reached || a->status != 200)
        return E_OK;
    err = json_read_response(f, a->body, t->arena, response, &status, NULL);
    if (err)
        return err_class(err) == ERR_SYSTEM || err == E_NOSPACE ? err : E_OK;
    *code = status.failed ? status_to_code(twin, status.subject, status.reason) : 0;
    return E_OK;
}

/* ---- InitiateAuthentication ----------------------------------------------------------------- */

/* The order that an IPA means that cannot name it: it names the SM-DP+ instead. */
static enum err order_at(struct turn *t, slice host, struct eim_order **out)
{
    enum err err = eim_find_host(t, host, out);

    if (err != E_NOTFOUND)
        return err;
    *out = NULL;
    return E_OK;
}

static enum err find_context(const struct initiate_authentication_request_esipa *r, struct turn *t,
                             struct eim_order **out, int64_t *code)
{
    enum err err;

    *code = 0;
    if (!r->eim_transaction_id.p) {
        err = r->smdp_address.n ? order_at(t, r->smdp_address, out) : E_OK;
        if (!err && (!r->smdp_address.n || !*out))
            *code = ESIPA_INITIATE_INVALID_DP_ADDRESS;
        return err;
    }
    err = eim_find_order(t, EIM_ORDER_BY_TRANSACTION, STORE_KEY(store_blob(r->eim_transaction_id)),
                         out);
    if (err == E_NOTFOUND || (!err && ((*out)->kind != EIM_ORDER_DOWNLOAD || !(*out)->open ||
                                       (*out)->state == EIM_QUEUED))) {
        *code = ESIPA_INITIATE_INVALID_EIM_TRANSACTION;
        return E_OK;
    }
    return err;
}

/*
 * An IPA that cannot name its order (v1.0) stays without one until its certificate tells the EID:
 * several devices may have orders at one SM-DP+.
 */
enum err eim_initiate(struct eim *e, const struct initiate_authentication_request_esipa *r,
                      struct turn *t)
{
    struct eim_place place = { .step = STEP_INITIATE };
    struct initiate_authentication_request_es9 up = { .euicc_challenge = r->euicc_challenge };
    struct eim_order *o = NULL;
    struct eim_device *d;
    int64_t code;
    enum err err = find_context(r, t, &o, &code);

    if (err || code)
        return err ? err : refuse_initiate(t, code);
    up.euicc_info1 = r->euicc_info1;
    up.smdp_address = o->smdp.n ? o->smdp : r->smdp_address;
    if (r->eim_transaction_id.p) {
        place.order_id = o->id;
        err = eim_find_device(t, o->eid, &d);
        if (!err && !up.euicc_info1.p)
            up.euicc_info1 = d->euicc_info1;
        if (!err && !up.smdp_address.n)
            up.smdp_address = o->source == EIM_BY_SMDS ? d->root_smds : d->default_smdp;
    }
    if (err)
        return err;
    if (!eim_is_address(up.smdp_address))
        return refuse_initiate(t, ESIPA_INITIATE_INVALID_DP_ADDRESS);
    if (!up.euicc_info1.p)
        return refuse_initiate(t, ESIPA_INITIATE_UNDEFINED_ERROR);
    place.host = up.smdp_address;
    err = eim_call(e, "initiateAuthentication", place.host, &up, &place, t);
    t->upstream.trust = eim_trust_of(e, place.order_id ? o : NULL);
    return err;
}

/* Is this the server that the order is for? (SGP.32 3.2.3.2 steps 8, 9) */
static int64_t check_server(const struct eim_place *p, const struct eim_order *o,
                            const struct initiate_authentication_ok_es9 *ok)
{
    struct server_signed1 signed1;
    struct cert cert;

    if (schema_decode(&T_server_signed1, ok->server_signed1, &signed1, NULL))
        return STATUS_UNDEFINED;
    if (!slice_eq_nocase(signed1.server_address, p->host))
        return ESIPA_INITIATE_ADDRESS_MISMATCH;
    if (o && o->smdp_oid.p &&
        (cert_parse(ok->server_certificate, &cert) || !slice_eq(cert.rid, o->smdp_oid)))
        return ESIPA_INITIATE_OID_MISMATCH;
    return 0;
}

/* ctxParams1 with the matching id, for an IPA that leaves it to the eIM. */
static enum err write_context(const struct eim_device *d, const struct eim_order *o, struct turn *t,
                              slice *out)
{
    size_t room = d->device_info.n + o->matching_id.n + 64;
    uint8_t *buf = arena_alloc(t->arena, room);
    struct der_writer w;

    if (!buf)
        return E_MEMORY;
    w = der_writer(buf, room);
    der_put(&w, d->device_info);
    der_put_tlv(&w, 0x80, o->matching_id.p ? o->matching_id : SLICE_EMPTY);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xA2, 0);
    return der_written(&w, out);
}

static enum err reply_initiate(const struct eim_order *o, const struct eim_device *d,
                               const struct initiate_authentication_ok_es9 *ok, struct turn *t)
{
    struct initiate_authentication_response_esipa r = {
        .which = initiate_authentication_response_esipa_is_initiate_authentication_ok_esipa,
    };
    struct initiate_authentication_ok_esipa *out = &r.initiate_authentication_ok_esipa;
    enum err err = E_OK;

    out->transaction_id = ok->transaction_id;
    out->server_signed1 = ok->server_signed1;
    out->server_signature1 = ok->server_signature1;
    out->euicc_ci_pk_identifier_to_be_used = ok->euicc_ci_pk_id_to_be_used;
    out->server_certificate = ok->server_certificate;
    if (o && d && d->features >> IPA_EIM_CTX_PARAMS1 & 1 && d->device_info.p)
        err = write_context(d, o, t, &out->ctx_params1);
    else if (o)
        out->matching_id = o->matching_id;
    return err ? err
               : eim_reply(t, &T_initiate_authentication_response_esipa, &r,
                           ok->server_certificate.n + 2048);
}

static void begin_session(struct eim *e, const struct eim_place *p, slice id, int64_t now_ms)
{
    struct relay_session s = {
        .id_len = (uint8_t)id.n,
        .host_len = (uint8_t)p->host.n,
        .order_id = p->order_id,
        .expires_ms = now_ms + e->options.session_ms,
        .moved_ms = now_ms,
    };

    memcpy(s.id, id.p, id.n);
    memcpy(s.host, p->host.p, p->host.n);
    relay_put(&e->relays, &s);
}

enum err eim_answer_initiate(struct eim *e, const struct eim_place *p, const struct eim_answer *a,
                             struct turn *t)
{
    struct initiate_authentication_response_es9 r;
    const struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    struct eim_order *o;
    struct eim_device *d = NULL;
    int64_t code;
    enum err err = eim_read_answer(JSON_ES9PLUS, "initiateAuthentication",
                                   ESIPA_INITIATE_AUTHENTICATION, a, t, &r, &code);

    if (!err)
        err = order_of(t, p->order_id, &o);
    /* what ended while the SM-DP+ was asked stays ended */
    if (!err && o && !o->open)
        return refuse_initiate(t, ESIPA_INITIATE_INVALID_EIM_TRANSACTION);
    if (!err && !code)
        code = check_server(p, o, ok);
    if (!err && code) {
        err = fail_step(t, p->order_id, "initiateAuthentication",
                        initiate_authentication_error_esipa_names, code);
        return err ? err : refuse_initiate(t, code);
    }
    if (!err && o) {
        o->state = EIM_STARTED;
        err = eim_set_session(t, o, ok->transaction_id);
        if (!err)
            err = eim_save_order(t, o);
        if (!err)
            err = eim_find_device(t, o->eid, &d);
    }
    if (err)
        return err;
    begin_session(e, p, ok->transaction_id, t->now_ms);
    return reply_initiate(o, d, ok, t);
}

/* ---- AuthenticateClient --------------------------------------------------------------------- */

/* The order of an IPA that could not name it: the card's certificate says whose it is. */
static enum err adopt_order(struct eim *e, struct relay_session *s,
                            const struct iot_authenticate_server_response *r, struct turn *t)
{
    struct eim_order *open;
    struct cert cert;
    uint8_t eid[EID_LEN];
    size_t count;
    enum err err;

    if (s->order_id || r->which != iot_authenticate_server_response_is_authenticate_response_ok ||
        cert_parse(r->authenticate_response_ok.euicc_certificate, &cert) || cert_eid(&cert, eid))
        return E_OK;
    err = eim_open_orders(t, slice_of(eid, EID_LEN), &open, &count);
    for (size_t i = 0; !err && i < count; i++) {
        if (open[i].kind != EIM_ORDER_DOWNLOAD || open[i].state == EIM_QUEUED ||
            !slice_eq_nocase(open[i].smdp, slice_of(s->host, s->host_len)))
            continue;
        open[i].state = EIM_STARTED;
        s->order_id = open[i].id;
        relay_put(&e->relays, s);
        err = eim_set_session(t, &open[i], slice_of(s->id, s->id_len));
        return err ? err : eim_save_order(t, &open[i]);
    }
    return err;
}

/*
 * An order is for one card. The SM-DP+ may not know which (an activation code names none), so the
 * certificate that comes with the order's session is compared here; the SM-DP+ verifies it.
 */
static enum err is_other_card(struct turn *t, const struct relay_session *s,
                              const struct iot_authenticate_server_response *r, bool *other)
{
    uint8_t eid[EID_LEN];
    struct eim_order *o;
    struct cert cert;
    enum err err = order_of(t, s->order_id, &o);

    *other = false;
    if (err || !o || r->which != iot_authenticate_server_response_is_authenticate_response_ok)
        return err;
    *other = cert_parse(r->authenticate_response_ok.euicc_certificate, &cert) ||
             cert_eid(&cert, eid) || !slice_eq(slice_of(eid, EID_LEN), o->eid);
    return E_OK;
}

static struct eim_place place_of(enum eim_step step, const struct relay_session *s, struct turn *t)
{
    return (struct eim_place){
        .step = step,
        .order_id = s->order_id,
        .id = arena_copy(t->arena, slice_of(s->id, s->id_len)),
        .host = arena_copy(t->arena, slice_of(s->host, s->host_len)),
    };
}

enum err eim_client(struct eim *e, const struct authenticate_client_request_esipa *r,
                    struct turn *t)
{
    struct authenticate_client_request_es9 up = {
        .transaction_id = r->transaction_id,
        .authenticate_server_response = r->authenticate_server_response,
    };
    struct iot_authenticate_server_response inner;
    struct relay_session s;
    struct eim_place place;
    struct eim_order *o;
    bool other;
    enum err err;

    if (!relay_find(&e->relays, r->transaction_id, t->now_ms, &s))
        return refuse_client(t, ESIPA_CLIENT_INVALID_TRANSACTION);
    err = schema_decode(&T_iot_authenticate_server_response, r->authenticate_server_response,
                        &inner, NULL);
    if (err)
        return err;
    if (inner.which == iot_authenticate_server_response_is_compact_authenticate_response_ok)
        return refuse_client(t, ESIPA_CLIENT_UNDEFINED_ERROR);
    err = is_other_card(t, &s, &inner, &other);
    if (!err && other)
        return refuse_client(t, ESIPA_CLIENT_EID_MISMATCH);
    if (!err)
        err = adopt_order(e, &s, &inner, t);
    if (err)
        return err;
    place = place_of(STEP_CLIENT, &s, t);
    err = order_of(t, s.order_id, &o);
    if (!err)
        err = eim_call(e, "authenticateClient", place.host, &up, &place, t);
    t->upstream.trust = eim_trust_of(e, err ? NULL : o);
    return err;
}

/* SHA-256(SHA-256(confirmation code) || transactionId), SGP.22 5.7.5 */
static enum err hash_code(struct eim *e, const struct eim_order *o, slice id, struct turn *t,
                          slice *out)
{
    const slice parts[] = { o->code_hash, id };
    uint8_t *hash = arena_alloc(t->arena, DIGEST_LEN);

    if (!hash)
        return E_MEMORY;
    *out = slice_of(hash, DIGEST_LEN);
    return crypto_sha256(e->options.crypto, parts, COUNT(parts), hash);
}

/*
 * An IPA with eimProfileMetadataVerification leaves the policy rules to the eIM. This eIM has no
 * rules that would allow any, so a profile that carries some is refused.
 */
static bool rules_forbid(const struct eim_device *d, slice metadata)
{
    struct store_metadata_request m;

    if (!d || !(d->features >> IPA_EIM_METADATA & 1))
        return false;
    return schema_decode(&T_store_metadata_request, metadata, &m, NULL) ||
           (m.profile_policy_rules.p && der_bits(m.profile_policy_rules) & ~(uint64_t)1);
}

static enum err reply_client(struct eim *e, const struct eim_order *o,
                             const struct authenticate_client_ok_es9 *ok, struct turn *t)
{
    struct authenticate_client_response_esipa r = {
        .which = authenticate_client_response_esipa_is_authenticate_client_ok_dp_esipa,
    };
    struct authenticate_client_ok_dp_esipa *out = &r.authenticate_client_ok_dp_esipa;
    enum err err = E_OK;

    out->transaction_id = ok->transaction_id;
    out->profile_meta_data = ok->profile_metadata;
    out->smdp_signed2 = ok->smdp_signed2;
    out->smdp_signature2 = ok->smdp_signature2;
    out->smdp_certificate = ok->smdp_certificate;
    if (o && o->code_hash.p)
        err = hash_code(e, o, ok->transaction_id, t, &out->hash_cc);
    return err ? err
               : eim_reply(t, &T_authenticate_client_response_esipa, &r,
                           ok->smdp_certificate.n + ok->profile_metadata.n + 1024);
}

enum err eim_answer_client(struct eim *e, const struct eim_place *p, const struct eim_answer *a,
                           struct turn *t)
{
    struct authenticate_client_response_es9 r;
    struct eim_order *o;
    struct eim_device *d = NULL;
    bool of_smds = false;
    int64_t code = 0;
    enum err err = order_of(t, p->order_id, &o);

    if (!err && o)
        err = eim_take_events(e, o, p->id, a, t, &of_smds, &code);
    if (err || (of_smds && !code))
        return err;
    if (!of_smds)
        err = eim_read_answer(JSON_ES9PLUS, "authenticateClient", ESIPA_AUTHENTICATE_CLIENT, a, t,
                              &r, &code);
    if (!err && o)
        err = eim_find_device(t, o->eid, &d);
    if (err)
        return err;
    if (!code && r.which != authenticate_client_response_es9_is_authenticate_client_ok)
        code = STATUS_UNDEFINED;
    if (!code && rules_forbid(d, r.authenticate_client_ok.profile_metadata))
        code = ESIPA_CLIENT_PPR_NOT_ALLOWED;
    if (!code)
        return reply_client(e, o, &r.authenticate_client_ok, t);
    err = fail_step(t, p->order_id, "authenticateClient", authenticate_client_error_esipa_names,
                    code);
    return err ? err : refuse_client(t, code);
}

/* ---- GetBoundProfilePackage ----------------------------------------------------------------- */

enum err eim_package(struct eim *e, const struct get_bound_profile_package_request_esipa *r,
                     struct turn *t)
{
    const struct get_bound_profile_package_request_es9 up = {
        .transaction_id = r->transaction_id,
        .prepare_download_response = r->prepare_download_response,
    };
    struct iot_prepare_download_response inner;
    struct relay_session s;
    struct eim_place place;
    enum err err;

    if (!relay_find(&e->relays, r->transaction_id, t->now_ms, &s))
        return refuse_package(t, ESIPA_BPP_INVALID_TRANSACTION);
    err =
        schema_decode(&T_iot_prepare_download_response, r->prepare_download_response, &inner, NULL);
    if (err)
        return err;
    if (inner.which == iot_prepare_download_response_is_compact_download_response_ok)
        return refuse_package(t, ESIPA_BPP_UNDEFINED_ERROR);
    place = place_of(STEP_PACKAGE, &s, t);
    return eim_call(e, "getBoundProfilePackage", place.host, &up, &place, t);
}

enum err eim_answer_package(struct eim *e, const struct eim_place *p, const struct eim_answer *a,
                            struct turn *t)
{
    struct get_bound_profile_package_response_es9 r;
    struct get_bound_profile_package_response_esipa out = {
        .which = get_bound_profile_package_response_esipa_is_get_bound_profile_package_ok_esipa,
    };
    int64_t code;
    enum err err = eim_read_answer(JSON_ES9PLUS, "getBoundProfilePackage",
                                   ESIPA_GET_BOUND_PROFILE_PACKAGE, a, t, &r, &code);

    (void)e;
    if (!err && code) {
        err = fail_step(t, p->order_id, "getBoundProfilePackage",
                        get_bound_profile_package_error_esipa_names, code);
        return err ? err : refuse_package(t, code);
    }
    if (err)
        return err;
    out.get_bound_profile_package_ok_esipa.transaction_id =
        r.get_bound_profile_package_ok.transaction_id;
    out.get_bound_profile_package_ok_esipa.bound_profile_package =
        r.get_bound_profile_package_ok.bound_profile_package;
    return eim_reply(t, &T_get_bound_profile_package_response_esipa, &out,
                     r.get_bound_profile_package_ok.bound_profile_package.n + 64);
}

/* ---- CancelSession -------------------------------------------------------------------------- */

enum err eim_cancel(struct eim *e, const struct cancel_session_request_esipa *r, struct turn *t)
{
    const struct cancel_session_request_es9 up = {
        .transaction_id = r->transaction_id,
        .cancel_session_response = r->cancel_session_response,
    };
    struct relay_session s;
    struct eim_place place;
    struct tlv outer;
    struct der_reader arm;

    if (!relay_find(&e->relays, r->transaction_id, t->now_ms, &s))
        return refuse_cancel(t, ESIPA_CANCEL_INVALID_TRANSACTION);
    if (der_one(r->cancel_session_response, &outer))
        return E_SYNTAX;
    arm = der_reader(outer.value);
    if (der_peek(&arm) == 0xA2) /* compact */
        return refuse_cancel(t, ESIPA_CANCEL_UNDEFINED_ERROR);
    place = place_of(STEP_CANCEL, &s, t);
    return eim_call(e, "cancelSession", place.host, &up, &place, t);
}

enum err eim_answer_cancel(struct eim *e, const struct eim_place *p, const struct eim_answer *a,
                           struct turn *t)
{
    struct cancel_session_response_es9 r;
    const struct cancel_session_response_esipa ok = {
        .which = cancel_session_response_esipa_is_cancel_session_ok,
        .cancel_session_ok = true,
    };
    int64_t code;
    enum err err =
        eim_read_answer(JSON_ES9PLUS, "cancelSession", ESIPA_CANCEL_SESSION, a, t, &r, &code);

    if (err)
        return err;
    if (code)
        return refuse_cancel(t, code);
    err = end_order(t, p->order_id, "cancelSession", cancel_session_error_esipa_names,
                    STATUS_UNDEFINED);
    if (err)
        return err;
    relay_end(&e->relays, p->id);
    return eim_reply(t, &T_cancel_session_response_esipa, &ok, 16);
}
