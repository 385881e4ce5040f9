/*
 * The functions of a download on their way: relayed by the eIM (ESipa, ASN.1), or directly to the
 * SM-DP+ (ES9+, JSON or ASN.1). Requests are built in `net`; what an answer holds is kept there as
 * pieces.
 */
#include "ipa/ipa_impl.h"

#include "base/text.h"
#include "rsp/sgp32.h"
#include "rsp/status.h"

#define ASN1_PATH "/gsma/rsp2/asn1"

static void address_exchange(struct ipa *ipa, const char *json_path)
{
    struct exchange *x = &ipa->x;
    const struct eim *eim = &ipa->eims[ipa->eim];

    *x = (struct exchange){ .interface = IPA_ESIPA,
                            .eim = ipa->eim,
                            .host = slice_of(eim->host, eim->host_n),
                            .path = ASN1_PATH };
    if (ipa->d.indirect)
        return;
    x->interface = IPA_ES9PLUS;
    x->smds = ipa->d.smds;
    x->either = ipa->d.depth > 0;
    x->host = ipa->d.code.address;
    x->json = !ipa->o.asn1_es9plus;
    if (x->json)
        x->path = json_path;
}

/* ---- requests in ASN.1
 * ------------------------------------------------------------------------------ */

/* Of a function of ES9+ inside its A2, or of ESipa bare, into the end of the given room. */
static enum err write_asn1(struct ipa *ipa, const struct type *t, const void *value, size_t from,
                           size_t to)
{
    struct der_writer w = der_writer(ipa->net + from, to - from);
    enum err e = schema_write(t, value, DIALECT_BASE, &w, NULL);

    if (ipa->x.interface == IPA_ES9PLUS)
        der_wrap(&w, 0xA2, 0);
    return e ? e : der_written(&w, &ipa->x.body);
}

/* ---- requests in JSON
 * --------------------------------------------------------------------------------- */

struct text {
    uint8_t *p;
    size_t n, max;
    bool full;
};

static void put(struct text *t, slice s)
{
    if (t->full || s.n > t->max - t->n) {
        t->full = true;
        return;
    }
    memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

static void put_base64(struct text *t, slice s)
{
    size_t n;

    if (t->full || b64_encode(s, (char *)t->p + t->n, t->max - t->n, &n))
        t->full = true;
    else
        t->n += n;
}

static void put_hex(struct text *t, slice s)
{
    char hex[2 * TX_MAX + 1];

    if (hex_encode(s, hex, sizeof hex))
        t->full = true;
    else
        put(t, slice_of(hex, 2 * s.n));
}

static struct text text_in(struct ipa *ipa, size_t from, size_t to)
{
    return (struct text){ ipa->net + from, 0, to - from, false };
}

static enum err text_done(struct ipa *ipa, const struct text *t)
{
    ipa->x.body = slice_of(t->p, t->n);
    return t->full ? E_NOSPACE : E_OK;
}

/* {"transactionId":"..","<name>":"<base64>"} */
static enum err write_json(struct ipa *ipa, const char *name, slice element, size_t to)
{
    struct text t = text_in(ipa, 0, to);

    put(&t, SLICE_LIT("{\"transactionId\":\""));
    put_hex(&t, slice_of(ipa->d.transaction_id, ipa->d.transaction_id_n));
    put(&t, SLICE_LIT("\",\""));
    put(&t, slice_str(name));
    put(&t, SLICE_LIT("\":\""));
    put_base64(&t, element);
    put(&t, SLICE_LIT("\"}"));
    return text_done(ipa, &t);
}

/* ---- the requests
 * --------------------------------------------------------------------------------------- */

static enum err initiate_esipa(struct ipa *ipa, slice info1)
{
    const struct download *d = &ipa->d;
    struct initiate_authentication_request_esipa r = {
        .euicc_challenge = SLICE_OF(d->challenge),
        .euicc_info1 = info1,
    };

    if (!(ipa->o.features & IPA_FEATURE_EIM_KEEPS_DATA))
        r.smdp_address = d->code.address;
    if (d->tx_n)
        r.eim_transaction_id = slice_of(d->tx, d->tx_n);
    return write_asn1(ipa, &T_initiate_authentication_request_esipa, &r, info1.n, sizeof ipa->net);
}

static enum err initiate_asn1(struct ipa *ipa, slice info1)
{
    struct initiate_authentication_request_es9 r = {
        .euicc_challenge = SLICE_OF(ipa->d.challenge),
        .smdp_address = ipa->d.code.address,
        .euicc_info1 = info1,
    };

    return write_asn1(ipa, &T_initiate_authentication_request_es9, &r, info1.n, sizeof ipa->net);
}

static enum err initiate_json(struct ipa *ipa, slice info1)
{
    struct text t = text_in(ipa, info1.n, sizeof ipa->net);

    put(&t, SLICE_LIT("{\"euiccChallenge\":\""));
    put_base64(&t, SLICE_OF(ipa->d.challenge));
    put(&t, SLICE_LIT("\",\"euiccInfo1\":\""));
    put_base64(&t, info1);
    put(&t, SLICE_LIT("\",\"smdpAddress\":\""));
    put(&t, ipa->d.code.address); /* a host name: nothing to escape */
    put(&t, SLICE_LIT("\"}"));
    return text_done(ipa, &t);
}

enum err wire_initiate(struct ipa *ipa, slice info1)
{
    enum err e;

    address_exchange(ipa, "/gsma/rsp2/es9plus/initiateAuthentication");
    e = ipa->d.indirect ? initiate_esipa(ipa, info1)
        : ipa->x.json   ? initiate_json(ipa, info1)
                        : initiate_asn1(ipa, info1);
    return e ? e : ask_net(ipa, ipa->x.json ? COLLECT_JSON : COLLECT_NET);
}

static slice transaction(const struct ipa *ipa)
{
    return slice_of(ipa->d.transaction_id, ipa->d.transaction_id_n);
}

static enum err authenticate_asn1(struct ipa *ipa, slice response)
{
    struct authenticate_client_request_es9 es9 = { .transaction_id = transaction(ipa),
                                                   .authenticate_server_response = response };
    struct authenticate_client_request_esipa esipa = { .transaction_id = transaction(ipa),
                                                       .authenticate_server_response = response };

    return ipa->d.indirect
               ? write_asn1(ipa, &T_authenticate_client_request_esipa, &esipa, 0, sizeof ipa->net)
               : write_asn1(ipa, &T_authenticate_client_request_es9, &es9, 0, sizeof ipa->net);
}

enum err wire_authenticate(struct ipa *ipa, slice response)
{
    enum err e;

    address_exchange(ipa, "/gsma/rsp2/es9plus/authenticateClient");
    e = ipa->x.json ? write_json(ipa, "authenticateServerResponse", response, sizeof ipa->net)
                    : authenticate_asn1(ipa, response);
    return e ? e : ask_net(ipa, ipa->x.json ? COLLECT_JSON : COLLECT_NET);
}

static enum err get_bpp_asn1(struct ipa *ipa, slice response, size_t to)
{
    struct get_bound_profile_package_request_es9 es9 = { .transaction_id = transaction(ipa),
                                                         .prepare_download_response = response };
    struct get_bound_profile_package_request_esipa esipa = { .transaction_id = transaction(ipa),
                                                             .prepare_download_response =
                                                                 response };

    return ipa->d.indirect
               ? write_asn1(ipa, &T_get_bound_profile_package_request_esipa, &esipa, 0, to)
               : write_asn1(ipa, &T_get_bound_profile_package_request_es9, &es9, 0, to);
}

enum err wire_get_bpp(struct ipa *ipa, slice response)
{
    size_t to = ipa->d.metadata.n ? ipa->d.metadata.at : sizeof ipa->net;
    enum err e;

    address_exchange(ipa, "/gsma/rsp2/es9plus/getBoundProfilePackage");
    e = ipa->x.json ? write_json(ipa, "prepareDownloadResponse", response, to)
                    : get_bpp_asn1(ipa, response, to);
    return e ? e : ask_net(ipa, COLLECT_BPP);
}

static enum err cancel_asn1(struct ipa *ipa, slice response)
{
    struct cancel_session_request_es9 es9 = { .transaction_id = transaction(ipa),
                                              .cancel_session_response = response };
    struct cancel_session_request_esipa esipa = { .transaction_id = transaction(ipa),
                                                  .cancel_session_response = response };

    return ipa->d.indirect
               ? write_asn1(ipa, &T_cancel_session_request_esipa, &esipa, 0, sizeof ipa->net)
               : write_asn1(ipa, &T_cancel_session_request_es9, &es9, 0, sizeof ipa->net);
}

enum err wire_cancel(struct ipa *ipa, slice response)
{
    enum err e;

    address_exchange(ipa, "/gsma/rsp2/es9plus/cancelSession");
    e = ipa->x.json ? write_json(ipa, "cancelSessionResponse", response, sizeof ipa->net)
                    : cancel_asn1(ipa, response);
    return e ? e : ask_net(ipa, COLLECT_CARD);
}

static enum err notify_json(struct ipa *ipa, slice notification, size_t at)
{
    struct text t = text_in(ipa, at, sizeof ipa->net);

    put(&t, SLICE_LIT("{\"pendingNotification\":\""));
    put_base64(&t, notification);
    put(&t, SLICE_LIT("\"}"));
    return text_done(ipa, &t);
}

/* A2 { BF3D { notification } } of ES9+, BF3D { A0 { notification } } of ESipa. */
static enum err notify_asn1(struct ipa *ipa, slice notification, size_t at)
{
    struct der_writer w = der_writer(ipa->net + at, sizeof ipa->net - at);

    der_put(&w, notification);
    if (ipa->x.interface == IPA_ESIPA)
        der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF3D, 0);
    if (ipa->x.interface == IPA_ES9PLUS)
        der_wrap(&w, 0xA2, 0);
    return der_written(&w, &ipa->x.body);
}

enum err wire_notify(struct ipa *ipa, slice address, slice notification, size_t at)
{
    struct exchange *x = &ipa->x;
    unsigned i = ipa->eim < ipa->eim_count ? ipa->eim : 0;
    enum err e;

    *x = (struct exchange){ .interface = IPA_ESIPA,
                            .eim = i,
                            .host = slice_of(ipa->eims[i].host, ipa->eims[i].host_n),
                            .path = ASN1_PATH };
    if (ipa->o.features & IPA_FEATURE_DIRECT) {
        if (!activation_is_host(address) || address.n > ACTIVATION_CODE_MAX)
            return E_SYNTAX;
        /* the address lies in a buffer that is about to be used */
        memmove(ipa->d.text, address.p, address.n);
        x->interface = IPA_ES9PLUS;
        x->host = slice_of(ipa->d.text, address.n);
        x->json = !ipa->o.asn1_es9plus;
        if (x->json)
            x->path = "/gsma/rsp2/es9plus/handleNotification";
    }
    e = x->json ? notify_json(ipa, notification, at) : notify_asn1(ipa, notification, at);
    return e ? e : ask_net(ipa, COLLECT_CARD);
}

/* ---- answers: JSON members as they come
 * -------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *name;
    enum piece piece;
} members[] = {
    { "status", PIECE_STATUS },
    { "subjectCode", PIECE_SUBJECT },
    { "reasonCode", PIECE_REASON },
    { "eventId", PIECE_EVENT_ID },
    { "rspServerAddress", PIECE_EVENT_ADDRESS },
    { "transactionId", PIECE_TRANSACTION_ID },
    { "serverSigned1", PIECE_SIGNED },
    { "serverSignature1", PIECE_SIGNATURE },
    { "euiccCiPKIdToBeUsed", PIECE_CI_PK_ID },
    { "serverCertificate", PIECE_CERTIFICATE },
    { "profileMetadata", PIECE_METADATA },
    { "smdpSigned2", PIECE_SIGNED },
    { "smdpSignature2", PIECE_SIGNATURE },
    { "smdpCertificate", PIECE_CERTIFICATE },
    { "boundProfilePackage", PIECE_BPP },
};
/* clang-format on */

static enum json_take member_begins(void *ctx, unsigned depth, const char *name)
{
    struct ipa *ipa = ctx;
    struct exchange *x = &ipa->x;
    enum piece p = PIECE_NONE;

    (void)depth;
    for (size_t i = 0; i < COUNT(members) && !p; i++)
        if (json_stream_is(name, members[i].name))
            p = members[i].piece;
    x->piece = (uint8_t)p;
    if (p == PIECE_EVENT_ID || p == PIECE_EVENT_ADDRESS)
        x->pieces[p].n = 0;
    if (!p || x->pieces[p].n || (p == PIECE_BPP && ipa->d.euicc_refused))
        return JSON_SKIP;
    x->pieces[p].at = (uint16_t)x->n;
    return p <= PIECE_TRANSACTION_ID ? JSON_TEXT : JSON_BASE64;
}

static enum err member_octet(void *ctx, uint8_t octet)
{
    struct ipa *ipa = ctx;
    struct exchange *x = &ipa->x;

    if (x->piece == PIECE_BPP)
        return bpp_stream_feed(&ipa->d.bpp, octet);
    if (x->n == x->max)
        return E_LIMIT;
    ipa->net[x->n++] = octet;
    x->pieces[x->piece].n++;
    return E_OK;
}

static enum err member_ends(void *ctx)
{
    struct exchange *x = &((struct ipa *)ctx)->x;
    struct blob b = x->pieces[x->piece];

    if (x->piece == PIECE_EVENT_ID && x->event_ids < EVENTS_MAX)
        x->events[x->event_ids++].id = b;
    if (x->piece == PIECE_EVENT_ADDRESS && x->event_addresses < EVENTS_MAX)
        x->events[x->event_addresses++].address = b;
    return E_OK;
}

const struct json_sink wire_json_sink = { member_begins, member_octet, member_ends };

static slice piece_of(const struct ipa *ipa, enum piece p)
{
    return blob_of(ipa, ipa->x.pieces[p]);
}

/* ---- answers: refusals
 * ---------------------------------------------------------------------------------------- */

static enum err refused(struct ipa *ipa, int64_t code, slice subject, slice reason, slice quoted)
{
    struct download *d = &ipa->d;
    uint8_t text[32];
    slice s = slice_head(subject, 15), r = slice_head(reason, 15);

    d->refusal = code;
    if (s.n)
        memcpy(text, s.p, s.n);
    text[s.n] = '/';
    if (r.n)
        memcpy(text + s.n + 1, r.p, r.n);
    note_text(ipa, IPA_NOTE_SERVER_REFUSED, code, s.n ? slice_of(text, s.n + 1 + r.n) : SLICE_NONE);
    if (!d->euicc_refused && quoted.n && quoted.n <= sizeof d->error) {
        memcpy(d->error, quoted.p, quoted.n);
        d->error_n = (uint8_t)quoted.n;
    }
    return E_REFUSED;
}

/* The header of a JSON answer: E_OK when the function was executed. */
static enum err json_status(struct ipa *ipa, enum rsp_function f)
{
    slice status = piece_of(ipa, PIECE_STATUS), subject = piece_of(ipa, PIECE_SUBJECT);
    slice reason = piece_of(ipa, PIECE_REASON);

    if (!json_stream_complete(&ipa->x.json_stream) || !status.p)
        return E_SYNTAX;
    if (slice_eq_str(status, "Executed-Success") || slice_eq_str(status, "Executed-WithWarning"))
        return E_OK;
    return refused(ipa, status_to_code(f, subject, reason), subject, reason, SLICE_NONE);
}

/* ---- answers: what they hold
 * -------------------------------------------------------------------------------------- */

static enum err keep_transaction(struct ipa *ipa, slice id)
{
    struct download *d = &ipa->d;

    if (!id.p)
        return E_OK;
    if (id.n > sizeof d->transaction_id)
        return E_SIZE;
    if (d->transaction_id_n)
        return slice_eq(id, transaction(ipa)) ? E_OK : E_CONFLICT;
    memcpy(d->transaction_id, id.p, id.n);
    d->transaction_id_n = (uint8_t)id.n;
    return E_OK;
}

static enum err keep_hex_transaction(struct ipa *ipa)
{
    uint8_t id[TX_MAX];
    size_t n;
    enum err e = hex_decode(piece_of(ipa, PIECE_TRANSACTION_ID), id, sizeof id, &n);

    return e ? e : !n ? E_MISSING : keep_transaction(ipa, slice_of(id, n));
}

/* The content of a piece that should be an element with this tag; bare values pass (seen). */
static struct blob content_of_piece(const struct ipa *ipa, enum piece p, uint32_t tag)
{
    slice whole = piece_of(ipa, p);
    struct tlv e;

    return !der_one(whole, &e) && e.tag == tag ? blob_at(ipa, e.value) : ipa->x.pieces[p];
}

static enum err take_json(struct ipa *ipa)
{
    struct download *d = &ipa->d;
    enum err e = keep_hex_transaction(ipa);

    if (e)
        return e;
    d->signed_part = ipa->x.pieces[PIECE_SIGNED];
    d->signature = content_of_piece(ipa, PIECE_SIGNATURE, 0x5F37);
    d->ci_pk_id = content_of_piece(ipa, PIECE_CI_PK_ID, 0x04);
    d->certificate = ipa->x.pieces[PIECE_CERTIFICATE];
    d->metadata = ipa->x.pieces[PIECE_METADATA];
    return d->signed_part.n && d->signature.n == 64 && d->certificate.n ? E_OK : E_MISSING;
}

/* Without the A2 of ES9+. */
static slice unwrapped(const struct ipa *ipa, slice whole)
{
    struct tlv e;

    if (ipa->d.indirect || der_one(whole, &e) || e.tag != 0xA2)
        return whole;
    return e.value;
}

static enum err take_initiate_es9(struct ipa *ipa, slice whole)
{
    struct initiate_authentication_response_es9 r;
    struct download *d = &ipa->d;
    enum err e = schema_decode(&T_initiate_authentication_response_es9, whole, &r, NULL);

    if (e)
        return e;
    if (r.which == initiate_authentication_response_es9_is_initiate_authentication_error)
        return refused(ipa, r.initiate_authentication_error, SLICE_NONE, SLICE_NONE, whole);
    d->signed_part = blob_at(ipa, r.initiate_authentication_ok.server_signed1);
    d->signature = blob_at(ipa, r.initiate_authentication_ok.server_signature1);
    d->ci_pk_id = blob_at(ipa, r.initiate_authentication_ok.euicc_ci_pk_id_to_be_used);
    d->certificate = blob_at(ipa, r.initiate_authentication_ok.server_certificate);
    return keep_transaction(ipa, r.initiate_authentication_ok.transaction_id);
}

static enum err take_initiate_esipa(struct ipa *ipa, slice whole)
{
    struct initiate_authentication_response_esipa r;
    const struct initiate_authentication_ok_esipa *ok = &r.initiate_authentication_ok_esipa;
    struct download *d = &ipa->d;
    struct tlv ctx;
    enum err e = schema_decode(&T_initiate_authentication_response_esipa, whole, &r, NULL);

    if (e)
        return e;
    if (r.which == initiate_authentication_response_esipa_is_initiate_authentication_error_esipa)
        return refused(ipa, r.initiate_authentication_error_esipa, SLICE_NONE, SLICE_NONE, whole);
    d->signed_part = blob_at(ipa, ok->server_signed1);
    d->signature = blob_at(ipa, ok->server_signature1);
    d->ci_pk_id = blob_at(ipa, ok->euicc_ci_pk_identifier_to_be_used);
    d->certificate = blob_at(ipa, ok->server_certificate);
    d->matching_id = blob_at(ipa, ok->matching_id);
    if (ok->ctx_params1.p && !der_one(ok->ctx_params1, &ctx))
        d->ctx_params1 = blob_at(ipa, ctx.value);
    return keep_transaction(ipa, ok->transaction_id);
}

enum err wire_take_initiate(struct ipa *ipa, const struct outcome *o)
{
    enum err e = o->err;

    if (e)
        return e;
    if (ipa->x.json) {
        e = json_status(ipa, ES9_INITIATE_AUTHENTICATION);
        if (!e)
            e = take_json(ipa);
        return e ? e : ipa->d.ci_pk_id.n ? E_OK : E_MISSING;
    }
    return ipa->d.indirect ? take_initiate_esipa(ipa, o->data)
                           : take_initiate_es9(ipa, unwrapped(ipa, o->data));
}

static enum err take_authenticate_es9(struct ipa *ipa, slice whole)
{
    struct authenticate_client_response_es9 r;
    struct download *d = &ipa->d;
    enum err e;

    if (!schema_check(&T_authenticate_client_response_es11, whole, NULL))
        return E_UNSUPPORTED;
    e = schema_decode(&T_authenticate_client_response_es9, whole, &r, NULL);

    if (e)
        return e;
    if (r.which == authenticate_client_response_es9_is_authenticate_client_error)
        return refused(ipa, r.authenticate_client_error, SLICE_NONE, SLICE_NONE, whole);
    if (r.which != authenticate_client_response_es9_is_authenticate_client_ok)
        return E_UNSUPPORTED;
    d->signed_part = blob_at(ipa, r.authenticate_client_ok.smdp_signed2);
    d->signature = blob_at(ipa, r.authenticate_client_ok.smdp_signature2);
    d->certificate = blob_at(ipa, r.authenticate_client_ok.smdp_certificate);
    d->metadata = blob_at(ipa, r.authenticate_client_ok.profile_metadata);
    return keep_transaction(ipa, r.authenticate_client_ok.transaction_id);
}

static enum err take_authenticate_esipa(struct ipa *ipa, slice whole)
{
    struct authenticate_client_response_esipa r;
    const struct authenticate_client_ok_dp_esipa *ok = &r.authenticate_client_ok_dp_esipa;
    struct download *d = &ipa->d;
    enum err e = schema_decode(&T_authenticate_client_response_esipa, whole, &r, NULL);

    if (e)
        return e;
    if (r.which == authenticate_client_response_esipa_is_authenticate_client_error_esipa)
        return refused(ipa, r.authenticate_client_error_esipa, SLICE_NONE, SLICE_NONE, whole);
    if (r.which != authenticate_client_response_esipa_is_authenticate_client_ok_dp_esipa)
        return E_UNSUPPORTED;
    d->signed_part = blob_at(ipa, ok->smdp_signed2);
    d->signature = blob_at(ipa, ok->smdp_signature2);
    d->certificate = blob_at(ipa, ok->smdp_certificate);
    d->metadata = blob_at(ipa, ok->profile_meta_data);
    d->hash_cc = blob_at(ipa, ok->hash_cc);
    return keep_transaction(ipa, ok->transaction_id);
}

/* Events, or nothing of what an SM-DP+ says: an SM-DS without any. */
static bool of_smds(const struct exchange *x)
{
    return x->event_ids || (!x->pieces[PIECE_SIGNED].n && !x->pieces[PIECE_METADATA].n);
}

enum err wire_take_authenticate(struct ipa *ipa, const struct outcome *o)
{
    enum err e = o->err;

    if (e)
        return e == E_REFUSED ? E_NETWORK : e; /* an HTTP status, not the function's answer */
    if (!ipa->x.json)
        return ipa->d.indirect ? take_authenticate_esipa(ipa, o->data)
                               : take_authenticate_es9(ipa, unwrapped(ipa, o->data));
    e = json_status(ipa, ipa->d.smds ? ES11_AUTHENTICATE_CLIENT : ES9_AUTHENTICATE_CLIENT);
    if (!e && of_smds(&ipa->x))
        return E_UNSUPPORTED;
    if (!e)
        e = take_json(ipa);
    return e ? e : ipa->d.metadata.n ? E_OK : E_MISSING;
}

/* An event that cannot be followed is left out; it stays with the SM-DS. */
static void keep_event(struct ipa *ipa, slice id, slice address)
{
    struct event *e = &ipa->events[ipa->event_count];

    if (ipa->event_count == EVENTS_MAX || id.n > EVENT_TEXT || address.n > EVENT_TEXT ||
        !activation_is_host(address))
        return;
    *e = (struct event){ .id_n = (uint8_t)id.n,
                         .address_n = (uint8_t)address.n,
                         .depth = (uint8_t)(ipa->d.depth + 1) };
    if (id.n)
        memcpy(e->id, id.p, id.n);
    memcpy(e->address, address.p, address.n);
    ipa->event_count++;
}

static enum err take_events_asn1(struct ipa *ipa, slice whole)
{
    struct authenticate_client_response_es11 r;
    struct event_entries e;
    slice rest;
    enum err err = schema_decode(&T_authenticate_client_response_es11, whole, &r, NULL);

    if (err)
        return err;
    if (r.which == authenticate_client_response_es11_is_authenticate_client_error)
        return refused(ipa, r.authenticate_client_error, SLICE_NONE, SLICE_NONE, whole);
    rest = r.authenticate_client_ok.event_entries;
    while (schema_next(&T_event_entries, &rest, &e))
        keep_event(ipa, e.event_id, e.rsp_server_address);
    return keep_transaction(ipa, r.authenticate_client_ok.transaction_id);
}

enum err wire_take_events(struct ipa *ipa, const struct outcome *o)
{
    const struct exchange *x = &ipa->x;
    enum err e;

    ipa->event_count -= ipa->event;
    memmove(ipa->events, ipa->events + ipa->event, ipa->event_count * sizeof ipa->events[0]);
    ipa->event = 0;
    if (!x->json)
        return take_events_asn1(ipa, unwrapped(ipa, o->data));
    e = json_status(ipa, ES11_AUTHENTICATE_CLIENT);
    if (!e && x->event_ids != x->event_addresses)
        e = E_MISSING;
    for (unsigned i = 0; !e && i < x->event_ids; i++)
        keep_event(ipa, blob_of(ipa, x->events[i].id), blob_of(ipa, x->events[i].address));
    return e ? e : keep_hex_transaction(ipa);
}

/* An answer to getBoundProfilePackage in which no package began. */
enum err wire_take_refusal(struct ipa *ipa, const struct outcome *o)
{
    struct get_bound_profile_package_response_esipa esipa;
    struct get_bound_profile_package_response_es9 es9;
    slice whole = unwrapped(ipa, o->data);
    enum err e;

    if (ipa->x.json)
        return json_status(ipa, ES9_GET_BOUND_PROFILE_PACKAGE);
    if (ipa->d.indirect) {
        e = schema_decode(&T_get_bound_profile_package_response_esipa, whole, &esipa, NULL);
        return e ? e
                 : refused(ipa, esipa.get_bound_profile_package_error_esipa, SLICE_NONE, SLICE_NONE,
                           whole);
    }
    e = schema_decode(&T_get_bound_profile_package_response_es9, whole, &es9, NULL);
    return e ? e : refused(ipa, es9.get_bound_profile_package_error, SLICE_NONE, SLICE_NONE, whole);
}

/* ---- a package in ASN.1, octet by octet
 * -------------------------------------------------------------------------- */

/* Octets in front of BF36: [A2] BF3A A0 [80 transactionId]. */
#define BPP_PREFIX_MAX 64

/* Where BF36 begins in what came so far; 0: not yet, or not at all. */
static size_t bpp_begins(const struct ipa *ipa, slice came)
{
    static const uint32_t heads[] = { 0xA2, 0xBF3A, 0xA0 };
    size_t at = 0, head, content;
    uint32_t tag;

    for (size_t i = ipa->x.interface == IPA_ES9PLUS ? 0 : 1; i < COUNT(heads); i++) {
        if (der_head(slice_skip(came, at), &tag, &head, &content) || tag != heads[i])
            return 0;
        at += head;
    }
    if (!der_head(slice_skip(came, at), &tag, &head, &content) && tag == 0x80 && content <= TX_MAX)
        at += head + content;
    return at + 2 == came.n && came.p[at] == 0xBF && came.p[at + 1] == 0x36 ? at : 0;
}

enum err wire_bpp_octet(struct ipa *ipa, uint8_t octet)
{
    struct exchange *x = &ipa->x;
    enum err e;

    if (x->in_bpp)
        return bpp_stream_feed(&ipa->d.bpp, octet);
    if (x->n == x->max)
        return E_LIMIT;
    ipa->net[x->n++] = octet;
    if (x->n > BPP_PREFIX_MAX || ipa->d.euicc_refused || !bpp_begins(ipa, slice_of(ipa->net, x->n)))
        return E_OK;
    x->in_bpp = true;
    e = bpp_stream_feed(&ipa->d.bpp, 0xBF);
    return e ? e : bpp_stream_feed(&ipa->d.bpp, 0x36);
}
