/* The card's side of ES9+, with the LPA that carries its words, in both bindings. */
#include "base/secret.h"
#include "crypto/bsp.h"
#include "pki/testci.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "serve/world.h"

#include <time.h>

#define ROOM       8192
#define ARENA_ROOM ((size_t)4 << 20)

static slice encode(struct card *c, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&c->arena, ROOM);
    slice out;

    MUST(buf && schema_encode(t, value, buf, ROOM, &out, NULL) == E_OK);
    return out;
}

static slice wrap(struct card *c, uint32_t tag, slice content)
{
    uint8_t *buf = arena_alloc(&c->arena, content.n + 16);
    struct der_writer w = der_writer(buf, content.n + 16);
    slice out;

    der_put_tlv(&w, tag, content);
    MUST(buf && der_written(&w, &out) == E_OK);
    return out;
}

static slice sign(struct card *c, const slice *parts, size_t count)
{
    struct ec_sig *sig = arena_alloc(&c->arena, sizeof *sig);

    MUST(sig && signer_sign(&c->signer, c->world->crypto, parts, count, sig) == E_OK);
    return SLICE_OF(sig->b);
}

static bool verifies(struct card *c, const struct cert *by, const slice *parts, size_t count,
                     slice sig)
{
    struct public_key *key;
    enum err err;

    MUST(key_open(c->world->crypto, by->curve, &by->point, &key) == E_OK);
    err = key_verify(key, parts, count, sig);
    key_drop(key);
    return err == E_OK;
}

void card_open(struct card *c, struct world *w, unsigned n)
{
    struct ec_scalar secret;
    struct ec_point point;

    memset(c, 0, sizeof *c);
    c->world = w;
    arena_init(&c->arena, ARENA_ROOM);
    testci_eid(n, c->eid);
    MUST(crypto_key_pair(w->crypto, CURVE_P256, &secret, &point) == E_OK);
    MUST(signer_open(w->crypto, CURVE_P256, &secret, &c->signer) == E_OK);
    wipe(&secret, sizeof secret);
    MUST(testci_issue_euicc(w->crypto, &w->eum, c->eid, &point, time(NULL), c->memory,
                            sizeof c->memory, &c->certificate) == E_OK);
}

void card_close(struct card *c)
{
    signer_close(&c->signer);
    wipe(&c->otsk, sizeof c->otsk);
    arena_free(&c->arena);
}

/* ---- asking ---- */

static int ask_wire(struct card *c, const char *path, slice body, slice *answer)
{
    const struct http_field protocol = { SLICE_LIT("X-Admin-Protocol"),
                                         SLICE_LIT("gsma/rsp/v2.3.0") };
    struct http_call call = { .host = c->wire->host,
                              .tls = c->wire->trust,
                              .path = path,
                              .content_type = slice_str(c->asn1 ? MEDIA_ASN1 : MEDIA_JSON),
                              .fields = &protocol,
                              .field_count = 1,
                              .body = body };
    struct http_answer got;

    *answer = SLICE_NONE;
    if (http_client_fetch(c->wire->client, &call, &c->arena, &got))
        return 0;
    c->wire->reused = got.reused;
    *answer = got.body;
    return got.status;
}

static void ask(struct card *c, const char *function, slice body, slice *answer)
{
    char path[80];

    snprintf(path, sizeof path, "%s%s", c->asn1 ? AT_ASN1 : ES9(""), c->asn1 ? "" : function);
    c->status = c->wire ? ask_wire(c, path, body, answer)
                        : world_post(c->world, path, c->asn1 ? MEDIA_ASN1 : MEDIA_JSON, body,
                                     &c->arena, answer);
}

static const struct json_function *function(const struct card *c, const char *name)
{
    return json_function_find(c->world->smds ? JSON_ES11 : JSON_ES9PLUS, slice_str(name));
}

static slice body_of(struct card *c, const char *name, const void *request)
{
    const struct json_function *f = function(c, name);
    slice body;

    if (c->asn1)
        return wrap(c, 0xA2, encode(c, f->request, request));
    MUST(json_write_request(f, request, &c->arena, &body, NULL) == E_OK);
    return body;
}

static void keep(char out[24], slice s)
{
    snprintf(out, 24, "%.*s", (int)s.n, s.p ? (const char *)s.p : "");
}

/* The response's C struct; every function's error arm is its second. */
static enum err call(struct card *c, const char *name, slice body, void *response)
{
    const struct json_function *f = function(c, name);
    struct json_status status = { .failed = false };
    struct tlv outer;
    slice answer;

    ask(c, name, body, &answer);
    if (c->status != 200)
        return E_CLOSED;
    if (!c->asn1) {
        MUST(json_read_response(f, answer, &c->arena, response, &status, NULL) == E_OK);
        keep(c->subject, status.subject);
        keep(c->reason, status.reason);
        return E_OK;
    }
    MUST(der_one(answer, &outer) == E_OK && outer.tag == 0xA2);
    MUST(schema_decode(f->response, outer.value, response, NULL) == E_OK);
    return E_OK;
}

/* ---- InitiateAuthentication ---- */

static slice ci_list(struct card *c)
{
    return wrap(c, 0x04, c->world->ci.cert.ski);
}

slice card_initiate_body(struct card *c, const char *address)
{
    struct euicc_info1 info = { .svn = SLICE_LIT("\x02\x02\x02"),
                                .euicc_ci_pk_id_list_for_verification = ci_list(c),
                                .euicc_ci_pk_id_list_for_signing = ci_list(c) };
    struct initiate_authentication_request_es9 r = { .euicc_challenge = SLICE_OF(c->challenge),
                                                     .smdp_address = slice_str(address),
                                                     .euicc_info1 =
                                                         encode(c, &T_euicc_info1, &info) };

    MUST(crypto_random(c->world->crypto, c->challenge, sizeof c->challenge) == E_OK);
    return body_of(c, "initiateAuthentication", &r);
}

enum err card_initiate(struct card *c, const char *address)
{
    struct initiate_authentication_response_es9 r;
    const struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    const struct world *w = c->world;
    const struct cert *own = w->smds ? &w->ds_auth.cert : &w->auth.cert;
    struct server_signed1 s;
    enum err err = call(c, "initiateAuthentication", card_initiate_body(c, address), &r);

    if (err)
        return err;
    c->error = r.initiate_authentication_error;
    if (r.which != initiate_authentication_response_es9_is_initiate_authentication_ok)
        return E_REFUSED;
    MUST(schema_decode(&T_server_signed1, ok->server_signed1, &s, NULL) == E_OK);
    MUST(verifies(c, own, &ok->server_signed1, 1, ok->server_signature1));
    MUST(slice_eq(s.euicc_challenge, SLICE_OF(c->challenge)));
    MUST(slice_eq_str(s.server_address, address));
    MUST(slice_eq(s.transaction_id, ok->transaction_id));
    MUST(slice_eq(ok->server_certificate, own->der));
    MUST(slice_eq(ok->euicc_ci_pk_id_to_be_used, w->ci.cert.ski));
    c->tid = arena_copy(&c->arena, s.transaction_id);
    c->server_challenge = arena_copy(&c->arena, s.server_challenge);
    return E_OK;
}

/* ---- AuthenticateClient ---- */

static slice make_signed1(struct card *c, const char *matching_id)
{
    struct euicc_info2 info = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = SLICE_LIT("\x02\x02\x02"),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource =
            SLICE_LIT("\x81\x01\x00\x82\x04\x00\x0F\xFF\xFF\x83\x04\x00\x00\x20\x00"),
        .uicc_capability = SLICE_LIT("\x03\x78"),
        .rsp_capability = SLICE_LIT("\x04\x90"),
        .euicc_ci_pk_id_list_for_verification = ci_list(c),
        .euicc_ci_pk_id_list_for_signing = ci_list(c),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("TEST"),
    };
    struct ctx_params1 params = {
        .which = ctx_params1_is_ctx_params_for_common_authentication,
        .ctx_params_for_common_authentication = {
            .matching_id = slice_str(matching_id),
            .device_info = { .tac = SLICE_LIT("\x12\x34\x56\x78"),
                             .has_device_capabilities = true },
            .has_device_info = true,
        },
    };
    struct euicc_signed1 s = { .transaction_id = c->tid,
                               .server_address = slice_str(c->world->smds ? SMDS_NAME : SMDP_NAME),
                               .server_challenge = c->server_challenge,
                               .euicc_info2 = encode(c, &T_euicc_info2, &info),
                               .ctx_params1 = encode(c, &T_ctx_params1, &params) };

    return encode(c, &T_euicc_signed1, &s);
}

slice card_authenticate_body(struct card *c, const char *matching_id)
{
    slice signed1 = make_signed1(c, matching_id), sig = sign(c, &signed1, 1);
    struct authenticate_server_response r = {
        .which = authenticate_server_response_is_authenticate_response_ok,
        .authenticate_response_ok = { .euicc_signed1 = signed1,
                                      .euicc_signature1 = sig,
                                      .euicc_certificate = c->certificate,
                                      .eum_certificate = c->world->eum.cert.der },
    };
    struct authenticate_client_request_es9 request = {
        .transaction_id = c->tid,
        .authenticate_server_response = encode(c, &T_authenticate_server_response, &r),
    };

    memcpy(c->signature1.b, sig.p, SIG_LEN);
    return body_of(c, "authenticateClient", &request);
}

enum err card_authenticate(struct card *c, const char *matching_id)
{
    struct authenticate_client_response_es9 r;
    const struct authenticate_client_ok_es9 *ok = &r.authenticate_client_ok;
    slice parts[3] = { { 0 }, SLICE_LIT("\x5F\x37\x40"), SLICE_OF(c->signature1.b) };
    enum err err = call(c, "authenticateClient", card_authenticate_body(c, matching_id), &r);

    if (err)
        return err;
    c->error = r.authenticate_client_error;
    if (r.which != authenticate_client_response_es9_is_authenticate_client_ok)
        return E_REFUSED;
    parts[0] = ok->smdp_signed2;
    MUST(verifies(c, &c->world->pb.cert, parts, 3, ok->smdp_signature2));
    MUST(slice_eq(ok->smdp_certificate, c->world->pb.cert.der));
    MUST(slice_eq(ok->transaction_id, c->tid));
    MUST(schema_decode(&T_smdp_signed2, ok->smdp_signed2, &c->signed2, NULL) == E_OK);
    MUST(slice_eq(c->signed2.transaction_id, c->tid));
    c->server_signature2 = arena_copy(&c->arena, ok->smdp_signature2);
    c->metadata = arena_copy(&c->arena, ok->profile_metadata);
    return E_OK;
}

enum err card_ask_events(struct card *c, const char *matching_id, struct event_entries *entries,
                         size_t room, size_t *count)
{
    struct authenticate_client_response_es11 r;
    enum err err = call(c, "authenticateClient", card_authenticate_body(c, matching_id), &r);
    slice list;

    *count = 0;
    if (err)
        return err;
    c->error = r.authenticate_client_error;
    if (r.which != authenticate_client_response_es11_is_authenticate_client_ok)
        return E_REFUSED;
    MUST(slice_eq(r.authenticate_client_ok.transaction_id, c->tid));
    list = r.authenticate_client_ok.event_entries;
    while (*count < room && schema_next(&T_event_entries, &list, &entries[*count]))
        ++*count;
    return E_OK;
}

/* ---- GetBoundProfilePackage ---- */

/* The one of an earlier binding when the server offers it. */
static void choose_one_time_key(struct card *c)
{
    slice offered = c->signed2.bpp_euicc_otpk;

    if (!offered.p || !slice_eq(offered, SLICE_OF(c->otpk.b)))
        MUST(crypto_key_pair(c->world->crypto, CURVE_P256, &c->otsk, &c->otpk) == E_OK);
}

enum err card_get_package(struct card *c)
{
    struct euicc_signed2 s = { .transaction_id = c->tid, .euicc_otpk = SLICE_OF(c->otpk.b) };
    struct prepare_download_response p = {
        .which = prepare_download_response_is_download_response_ok,
    };
    struct get_bound_profile_package_request_es9 request = { .transaction_id = c->tid };
    struct get_bound_profile_package_response_es9 r;
    slice parts[3] = { { 0 }, SLICE_LIT("\x5F\x37\x40"), c->server_signature2 };
    enum err err;

    choose_one_time_key(c);
    parts[0] = encode(c, &T_euicc_signed2, &s);
    p.download_response_ok.euicc_signed2 = parts[0];
    p.download_response_ok.euicc_signature2 = sign(c, parts, 3);
    request.prepare_download_response = encode(c, &T_prepare_download_response, &p);
    err = call(c, "getBoundProfilePackage", body_of(c, "getBoundProfilePackage", &request), &r);
    if (err)
        return err;
    c->error = r.get_bound_profile_package_error;
    if (r.which != get_bound_profile_package_response_es9_is_get_bound_profile_package_ok)
        return E_REFUSED;
    MUST(slice_eq(r.get_bound_profile_package_ok.transaction_id, c->tid));
    c->package = arena_copy(&c->arena, r.get_bound_profile_package_ok.bound_profile_package);
    return E_OK;
}

static void start_channel(struct card *c, slice whole, struct bsp *bsp)
{
    struct initialise_secure_channel_request r;
    slice parts[3] = { { 0 }, SLICE_LIT("\x5F\x49\x41"), SLICE_OF(c->otpk.b) };
    struct ec_point peer;
    uint8_t z[SECRET_LEN];
    struct tlv bf23;

    MUST(schema_decode(&T_initialise_secure_channel_request, whole, &r, NULL) == E_OK);
    MUST(der_one(whole, &bf23) == E_OK);
    parts[0] = slice_of(bf23.value.p, (size_t)(r.smdp_otpk.p + POINT_LEN - bf23.value.p));
    MUST(verifies(c, &c->world->pb.cert, parts, 3, r.smdp_sign));
    MUST(slice_eq(r.transaction_id, c->tid));
    MUST(ec_point_parse(r.smdp_otpk, &peer) == E_OK);
    MUST(crypto_agree(c->world->crypto, CURVE_P256, &c->otsk, &peer, z) == E_OK);
    MUST(bsp_derive(bsp, c->world->crypto, z, r.control_ref_template.host_id, SLICE_OF(c->eid)) ==
         E_OK);
    wipe(z, sizeof z);
}

static slice open_all(struct card *c, struct bsp *bsp, uint8_t tag, slice list)
{
    uint8_t *plain = arena_alloc(&c->arena, list.n + 1);
    struct der_reader r = der_reader(list);
    size_t n = 0;

    MUST(plain);
    while (der_more(&r)) {
        struct tlv segment = der_take(&r);
        uint8_t copy[1100];
        slice part;

        MUST(segment.whole.n <= BSP_SEGMENT_MAX);
        memcpy(copy, segment.whole.p, segment.whole.n);
        MUST(bsp_open(bsp, tag, copy, segment.whole.n, &part) == E_OK);
        memcpy(plain + n, part.p, part.n);
        n += part.n;
    }
    MUST(r.err == E_OK);
    return slice_of(plain, n);
}

slice card_opened(struct card *c)
{
    struct bound_profile_package b;
    struct bsp bsp;
    slice out;

    MUST(schema_decode(&T_bound_profile_package, c->package, &b, NULL) == E_OK);
    start_channel(c, b.initialise_secure_channel_request, &bsp);
    MUST(slice_eq(open_all(c, &bsp, 0x87, b.first_sequence_of87), SLICE_LIT("\xBF\x24\x00")));
    MUST(slice_eq(open_all(c, &bsp, 0x88, b.sequence_of88), c->metadata));
    out = open_all(c, &bsp, 0x86, b.sequence_of86);
    bsp_wipe(&bsp);
    return out;
}

/* ---- HandleNotification ---- */

enum err card_notify_installed(struct card *c, const uint8_t iccid[ICCID_LEN])
{
    struct notification_metadata m = { .seq_number = ++c->seq,
                                       .has_seq_number = true,
                                       .profile_management_operation = SLICE_LIT("\x07\x80"),
                                       .notification_address = SLICE_LIT(SMDP_NAME),
                                       .iccid = slice_of(iccid, ICCID_LEN) };
    struct profile_installation_result_data data = {
        .transaction_id = c->tid,
        .notification_metadata = encode(c, &T_notification_metadata, &m),
        .smdp_oid = c->world->auth.cert.rid,
        .final_result = { .which = final_result_is_success_result,
                          .success_result = { .aid = SLICE_LIT("\xA0\x00\x00\x05\x59"),
                                              .sima_response = SLICE_LIT(
                                                  "\x30\x07\xA0\x05\x30\x03\x80\x01\x00") } },
    };
    struct profile_installation_result r = {
        .profile_installation_result_data = encode(c, &T_profile_installation_result_data, &data),
    };
    struct handle_notification_es9 request;
    slice answer;

    r.euicc_sign_pir = sign(c, &r.profile_installation_result_data, 1);
    request.pending_notification = encode(c, &T_profile_installation_result, &r);
    ask(c, "handleNotification", body_of(c, "handleNotification", &request), &answer);
    return c->status == 204 && !answer.n ? E_OK : E_CLOSED;
}

enum err card_download(struct card *c, const struct profile *p)
{
    enum err err = card_initiate(c, SMDP_NAME);

    if (!err)
        err = card_authenticate(c, p->matching_id);
    if (!err)
        err = card_get_package(c);
    if (!err)
        err = card_notify_installed(c, p->iccid);
    return err;
}
