/* The card's side of ES9+, as its LPA would carry it. */
#include "base/secret.h"
#include "crypto/kdf.h"
#include "pki/testci.h"
#include "smdp/world.h"

#define ROOM 8192

static slice encode(struct card *c, const struct type *t, const void *value)
{
    static uint8_t buf[ROOM];
    struct fault f;
    slice out;

    if (schema_encode(t, value, buf, ROOM, &out, &f) != E_OK) {
        char text[200];

        fail_msg("%s", fault_print(&f, text, sizeof text));
    }
    out = arena_copy(&c->world->arena, out);
    assert_non_null(out.p);
    return out;
}

/* Signs the parts; flips a bit when the test wants a bad signature. */
static slice sign(struct card *c, const slice *parts, size_t count)
{
    struct ec_sig *sig = arena_alloc(&c->world->arena, sizeof *sig);

    assert_int_equal(signer_sign(&c->own.signer, c->world->crypto, parts, count, sig), E_OK);
    if (c->change.break_signature)
        sig->b[40] ^= 1;
    return SLICE_OF(sig->b);
}

static void verify(struct card *c, const struct made_cert *by, const slice *parts, size_t count,
                   slice sig)
{
    struct public_key *key;

    assert_int_equal(key_open(c->world->crypto, by->cert.curve, &by->cert.point, &key), E_OK);
    assert_int_equal(key_verify(key, parts, count, sig), E_OK);
    key_drop(key);
}

void world_card(struct world *w, unsigned number, struct card *c)
{
    memset(c, 0, sizeof *c);
    c->world = w;
    testci_eid(number, c->eid);
    world_issue(w, ROLE_EUICC, &w->eum, c->eid, NOW_S + 2000000 * DAY_S, &c->own);
    c->change.address = SLICE_LIT(ADDRESS);
    memcpy(c->change.svn, "\x02\x02\x02", 3);
    c->change.verification_ci = w->ci.cert.ski;
    c->change.signing_ci = w->ci.cert.ski;
    c->change.euicc = c->own.der;
    c->change.eum = w->eum.der;
    c->change.ext_card_resource = SLICE_LIT("\x81\x01\x00\x82\x04\x00\x0F\xFF\xFF\x83\x02\x20\x00");
    c->change.oid = SLICE_LIT("\x88\x37\x0A");
}

void card_close(struct card *c)
{
    signer_close(&c->own.signer);
    wipe(&c->otsk, sizeof c->otsk);
}

static void call(struct card *c, handler h, const void *request)
{
    struct world *w = c->world;

    assert_int_equal(run_turn(w, h, request, &w->turn_arena, &w->turn, &w->conflicts), E_OK);
}

static slice key_id_list(struct card *c, slice id)
{
    uint8_t *buf = arena_alloc(&c->world->arena, 64);
    struct der_writer w = der_writer(buf, 64);
    slice out;

    der_put_tlv(&w, 0x04, id);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

/* ---- InitiateAuthentication ---- */

static enum err on_initiate(struct smdp *s, const void *r, struct turn *t)
{
    return smdp_initiate_authentication(s, r, t);
}

static void read_initiated(struct card *c)
{
    struct initiate_authentication_response_es9 r;
    const struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    struct server_signed1 s;

    assert_int_equal(
        schema_decode(&T_initiate_authentication_response_es9, c->world->turn.reply, &r, NULL),
        E_OK);
    assert_int_equal(r.which, initiate_authentication_response_es9_is_initiate_authentication_ok);
    assert_int_equal(schema_decode(&T_server_signed1, ok->server_signed1, &s, NULL), E_OK);
    verify(c, &c->world->auth, &ok->server_signed1, 1, ok->server_signature1);
    assert_true(slice_eq(s.euicc_challenge, SLICE_OF(c->challenge)));
    assert_true(slice_eq(s.server_address, c->change.address));
    assert_true(slice_eq(s.transaction_id, ok->transaction_id));
    assert_true(slice_eq(ok->server_certificate, c->world->auth.der));
    assert_true(slice_eq(ok->euicc_ci_pk_id_to_be_used, c->change.signing_ci));
    memcpy(c->tid, s.transaction_id.p, sizeof c->tid);
    memcpy(c->server_challenge, s.server_challenge.p, sizeof c->server_challenge);
}

void card_initiate(struct card *c)
{
    struct euicc_info1 info = {
        .svn = slice_of(c->change.svn, 3),
        .euicc_ci_pk_id_list_for_verification = key_id_list(c, c->change.verification_ci),
        .euicc_ci_pk_id_list_for_signing = key_id_list(c, c->change.signing_ci),
    };
    struct initiate_authentication_request_es9 r = {
        .euicc_challenge = SLICE_OF(c->challenge),
        .smdp_address = c->change.address,
        .euicc_info1 = encode(c, &T_euicc_info1, &info),
    };

    assert_int_equal(crypto_random(c->world->crypto, c->challenge, sizeof c->challenge), E_OK);
    call(c, on_initiate, &r);
    if (!c->world->turn.status.subject)
        read_initiated(c);
}

/* ---- AuthenticateClient ---- */

/* The element with an unknown one (9F7F 01 00) at the end of its content. */
static slice extend(struct card *c, slice element)
{
    size_t size = element.n + 16;
    uint8_t *buf = arena_alloc(&c->world->arena, size);
    struct der_writer w = der_writer(buf, size);
    struct tlv e;
    slice out;

    if (!c->change.newer)
        return element;
    assert_int_equal(der_one(element, &e), E_OK);
    der_put_tlv(&w, 0x9F7F, SLICE_LIT("\x00"));
    der_put(&w, e.value);
    der_wrap(&w, e.tag, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

static slice make_info2(struct card *c)
{
    uint8_t bits[DER_BITS_MAX];
    struct euicc_info2 info = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = slice_of(c->change.svn, 3),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource = c->change.ext_card_resource,
        .uicc_capability =
            c->change.newer ? SLICE_LIT("\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF") : SLICE_LIT("\x03\x78"),
        .rsp_capability =
            c->change.newer ? SLICE_LIT("\x00\xFF\xFF\xFF\xFF\xFF\xFF") : SLICE_LIT("\x04\x90"),
        .euicc_ci_pk_id_list_for_verification = key_id_list(c, c->change.verification_ci),
        .euicc_ci_pk_id_list_for_signing = key_id_list(c, c->change.signing_ci),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("TEST"),
    };

    if (c->change.forbidden_rules)
        info.forbidden_profile_policy_rules = der_bits_make(c->change.forbidden_rules, bits);
    return extend(c, encode(c, &T_euicc_info2, &info));
}

static slice make_signed1(struct card *c)
{
    struct ctx_params1 params = {
        .which = ctx_params1_is_ctx_params_for_common_authentication,
        .ctx_params_for_common_authentication = {
            .matching_id = c->change.matching_id,
            .device_info = { .tac = SLICE_LIT("\x12\x34\x56\x78"),
                             .has_device_capabilities = true },
            .has_device_info = true,
        },
    };
    struct euicc_signed1 s = {
        .transaction_id = c->change.signed_tid.p ? c->change.signed_tid : SLICE_OF(c->tid),
        .server_address = c->change.signed_address.p ? c->change.signed_address : c->change.address,
        .server_challenge = c->change.signed_challenge.p ? c->change.signed_challenge
                                                         : SLICE_OF(c->server_challenge),
        .euicc_info2 = make_info2(c),
        .ctx_params1 = extend(c, encode(c, &T_ctx_params1, &params)),
    };

    return extend(c, encode(c, &T_euicc_signed1, &s));
}

static slice make_authenticate_response(struct card *c)
{
    struct authenticate_server_response r = {
        .which = authenticate_server_response_is_authenticate_response_ok,
    };
    slice signed1 = make_signed1(c), sig;

    if (c->change.error_response) {
        r.which = authenticate_server_response_is_authenticate_response_error;
        r.authenticate_response_error = (struct authenticate_response_error){
            .transaction_id = SLICE_OF(c->tid),
            .authenticate_error_code = AUTHENTICATE_ERROR_INVALID_SIGNATURE,
            .has_authenticate_error_code = true,
        };
        return encode(c, &T_authenticate_server_response, &r);
    }
    sig = sign(c, &signed1, 1);
    memcpy(c->signature1, sig.p, sizeof c->signature1);
    r.authenticate_response_ok = (struct authenticate_response_ok){
        .euicc_signed1 = signed1,
        .euicc_signature1 = sig,
        .euicc_certificate = c->change.euicc,
        .eum_certificate = c->change.eum,
    };
    return encode(c, &T_authenticate_server_response, &r);
}

static enum err on_authenticate(struct smdp *s, const void *r, struct turn *t)
{
    return smdp_authenticate_client(s, r, t);
}

static void read_authenticated(struct card *c)
{
    struct authenticate_client_response_es9 r;
    const struct authenticate_client_ok_es9 *ok = &r.authenticate_client_ok;
    slice parts[3];

    assert_int_equal(
        schema_decode(&T_authenticate_client_response_es9, c->world->turn.reply, &r, NULL), E_OK);
    assert_int_equal(r.which, authenticate_client_response_es9_is_authenticate_client_ok);
    parts[0] = ok->smdp_signed2;
    parts[1] = SLICE_LIT("\x5F\x37\x40");
    parts[2] = SLICE_OF(c->signature1);
    verify(c, &c->world->pb, parts, 3, ok->smdp_signature2);
    assert_true(slice_eq(ok->smdp_certificate, c->world->pb.der));
    assert_true(slice_eq(ok->transaction_id, SLICE_OF(c->tid)));
    memcpy(c->server_signature2, ok->smdp_signature2.p, 64);
    memcpy(c->signed2_octets, ok->smdp_signed2.p, ok->smdp_signed2.n);
    assert_int_equal(schema_decode(&T_smdp_signed2, slice_of(c->signed2_octets, ok->smdp_signed2.n),
                                   &c->signed2, NULL),
                     E_OK);
    assert_true(slice_eq(c->signed2.transaction_id, SLICE_OF(c->tid)));
    c->metadata = arena_copy(&c->world->arena, ok->profile_metadata);
}

void card_authenticate(struct card *c)
{
    card_authenticate_with(c, on_authenticate);
}

void card_authenticate_with(struct card *c, handler h)
{
    struct authenticate_client_request_es9 r = {
        .transaction_id = c->change.json_tid.p ? c->change.json_tid : SLICE_OF(c->tid),
        .authenticate_server_response = make_authenticate_response(c),
    };

    call(c, h, &r);
    if (!c->world->turn.status.subject)
        read_authenticated(c);
}

/* ---- GetBoundProfilePackage ---- */

static void choose_one_time_key(struct card *c)
{
    slice offered = c->signed2.bpp_euicc_otpk;

    if (offered.p && slice_eq(offered, SLICE_OF(c->otpk.b)) && !c->change.lost_otsk)
        return;
    assert_int_equal(crypto_key_pair(c->world->crypto, c->world->curve, &c->otsk, &c->otpk), E_OK);
}

static slice make_prepare_response(struct card *c)
{
    struct prepare_download_response r = {
        .which = prepare_download_response_is_download_response_ok,
    };
    struct euicc_signed2 s = {
        .transaction_id = c->change.signed_tid.p ? c->change.signed_tid : SLICE_OF(c->tid),
        .euicc_otpk = c->change.otpk.p ? c->change.otpk : SLICE_OF(c->otpk.b),
    };
    uint8_t hash[DIGEST_LEN], cc[DIGEST_LEN];
    slice parts[3] = { { 0 }, SLICE_LIT("\x5F\x37\x40"), SLICE_OF(c->server_signature2) };

    if (c->change.error_response) {
        r.which = prepare_download_response_is_download_response_error;
        r.download_response_error = (struct prepare_download_response_error){
            .transaction_id = SLICE_OF(c->tid),
            .download_error_code = DOWNLOAD_ERROR_UNDEFINED,
            .has_download_error_code = true,
        };
        return encode(c, &T_prepare_download_response, &r);
    }
    if (c->change.code.p) {
        assert_int_equal(confirmation_code_hash(c->world->crypto, c->change.code, hash), E_OK);
        assert_int_equal(hash_cc(c->world->crypto, hash, SLICE_OF(c->tid), cc), E_OK);
        s.hash_cc = SLICE_OF(cc);
    }
    parts[0] = encode(c, &T_euicc_signed2, &s);
    r.download_response_ok.euicc_signed2 = parts[0];
    r.download_response_ok.euicc_signature2 = sign(c, parts, 3);
    return encode(c, &T_prepare_download_response, &r);
}

enum err on_get_package(struct smdp *s, const void *r, struct turn *t)
{
    return smdp_get_bound_profile_package(s, r, t);
}

void card_make_package_request(struct card *c, struct arena *arena,
                               struct get_bound_profile_package_request_es9 *r)
{
    choose_one_time_key(c);
    r->transaction_id =
        arena_copy(arena, c->change.json_tid.p ? c->change.json_tid : SLICE_OF(c->tid));
    r->prepare_download_response = make_prepare_response(c);
}

void card_get_package(struct card *c)
{
    card_get_package_with(c, on_get_package);
}

void card_get_package_with(struct card *c, handler h)
{
    struct get_bound_profile_package_request_es9 r;

    card_make_package_request(c, &c->world->arena, &r);
    call(c, h, &r);
}

void card_download(struct card *c)
{
    card_initiate(c);
    assert_success(c->world);
    card_authenticate(c);
    assert_success(c->world);
    card_get_package(c);
    assert_success(c->world);
}

/* ---- opening what came ---- */

static void check_secure_channel(struct card *c, slice whole, struct opened *out,
                                 struct initialise_secure_channel_request *r)
{
    uint8_t head[] = { 0x5F, 0x49, 0x41 };
    struct tlv bf23;
    slice parts[3];

    assert_int_equal(schema_decode(&T_initialise_secure_channel_request, whole, r, NULL), E_OK);
    assert_int_equal(der_one(whole, &bf23), E_OK);
    parts[0] = slice_of(bf23.value.p, (size_t)(r->smdp_otpk.p + 65 - bf23.value.p));
    parts[1] = SLICE_OF(head);
    parts[2] = SLICE_OF(c->otpk.b);
    verify(c, &c->world->pb, parts, 3, r->smdp_sign);
    assert_int_equal(r->remote_op_id, 1);
    assert_true(slice_eq(r->transaction_id, SLICE_OF(c->tid)));
    assert_true(slice_eq(r->control_ref_template.key_type, SLICE_LIT("\x88")));
    assert_true(slice_eq(r->control_ref_template.key_len, SLICE_LIT("\x10")));
    memcpy(out->smdp_otpk, r->smdp_otpk.p, 65);
}

static void derive(struct card *c, const struct initialise_secure_channel_request *r,
                   struct bsp *bsp)
{
    struct ec_point peer;
    uint8_t z[SECRET_LEN];

    assert_int_equal(ec_point_parse(r->smdp_otpk, &peer), E_OK);
    assert_int_equal(crypto_agree(c->world->crypto, c->world->curve, &c->otsk, &peer, z), E_OK);
    assert_int_equal(
        bsp_derive(bsp, c->world->crypto, z, r->control_ref_template.host_id, SLICE_OF(c->eid)),
        E_OK);
}

/* The plaintexts of a sequence of segments, one after another. */
static slice open_all(struct card *c, struct bsp *bsp, uint8_t tag, slice list, unsigned *count)
{
    uint8_t *plain = arena_alloc(&c->world->arena, list.n + 1);
    struct der_reader r = der_reader(list);
    size_t n = 0;

    while (der_more(&r)) {
        struct tlv segment = der_take(&r);
        uint8_t copy[1100];
        slice part;

        assert_true(segment.whole.n <= BSP_SEGMENT_MAX);
        memcpy(copy, segment.whole.p, segment.whole.n);
        assert_int_equal(bsp_open(bsp, tag, copy, segment.whole.n, &part), E_OK);
        memcpy(plain + n, part.p, part.n);
        n += part.n;
        *count += 1;
    }
    assert_int_equal(r.err, E_OK);
    return slice_of(plain, n);
}

static void replace_keys(struct card *c, struct bsp *bsp, slice plain)
{
    struct replace_session_keys_request r;
    struct aes128_key enc, mac;

    assert_int_equal(schema_decode(&T_replace_session_keys_request, plain, &r, NULL), E_OK);
    memcpy(enc.b, r.ppk_enc.p, 16);
    memcpy(mac.b, r.ppk_cmac.p, 16);
    bsp_start(bsp, c->world->crypto, &enc, &mac, r.initial_mac_chaining_value.p);
}

void card_open_package(struct card *c, slice response, struct opened *out)
{
    struct get_bound_profile_package_response_es9 r;
    struct initialise_secure_channel_request channel;
    struct bound_profile_package bpp;
    unsigned count = 0;
    struct bsp bsp;

    memset(out, 0, sizeof *out);
    assert_int_equal(schema_decode(&T_get_bound_profile_package_response_es9, response, &r, NULL),
                     E_OK);
    assert_int_equal(r.which,
                     get_bound_profile_package_response_es9_is_get_bound_profile_package_ok);
    assert_true(slice_eq(r.get_bound_profile_package_ok.transaction_id, SLICE_OF(c->tid)));
    assert_int_equal(schema_decode(&T_bound_profile_package,
                                   r.get_bound_profile_package_ok.bound_profile_package, &bpp,
                                   NULL),
                     E_OK);
    check_secure_channel(c, bpp.initialise_secure_channel_request, out, &channel);
    derive(c, &channel, &bsp);
    assert_true(slice_eq(open_all(c, &bsp, 0x87, bpp.first_sequence_of87, &count),
                         SLICE_LIT("\xBF\x24\x00")));
    out->metadata = open_all(c, &bsp, 0x88, bpp.sequence_of88, &out->segments88);
    if (bpp.second_sequence_of87.p) {
        replace_keys(c, &bsp, open_all(c, &bsp, 0x87, bpp.second_sequence_of87, &count));
        out->keys_replaced = true;
    }
    out->package = open_all(c, &bsp, 0x86, bpp.sequence_of86, &count);
}

/* ---- CancelSession ---- */

static enum err on_cancel(struct smdp *s, const void *r, struct turn *t)
{
    return smdp_cancel_session(s, r, t);
}

void card_cancel(struct card *c, int64_t reason)
{
    struct euicc_cancel_session_signed s = {
        .transaction_id = c->change.signed_tid.p ? c->change.signed_tid : SLICE_OF(c->tid),
        .smdp_oid = c->change.oid,
        .reason = reason,
        .has_reason = true,
    };
    slice signed_part = encode(c, &T_euicc_cancel_session_signed, &s);
    struct cancel_session_response response = {
        .which = cancel_session_response_is_cancel_session_response_ok,
        .cancel_session_response_ok = {
            .euicc_cancel_session_signed = signed_part,
            .euicc_cancel_session_signature = sign(c, &signed_part, 1),
        },
    };
    struct cancel_session_request_es9 r = {
        .transaction_id = c->change.json_tid.p ? c->change.json_tid : SLICE_OF(c->tid),
        .cancel_session_response = encode(c, &T_cancel_session_response, &response),
    };

    call(c, on_cancel, &r);
}

/* ---- notifications ---- */

static slice make_notification_metadata(struct card *c, unsigned event, slice iccid)
{
    uint8_t bits[DER_BITS_MAX];
    struct notification_metadata m = {
        .seq_number = ++c->seq,
        .has_seq_number = true,
        .profile_management_operation = der_bits_make(1u << event, bits),
        .notification_address = c->change.address,
        .iccid = iccid,
    };

    return encode(c, &T_notification_metadata, &m);
}

slice card_installation_result(struct card *c, int64_t reason)
{
    struct profile_installation_result_data data = {
        .transaction_id = c->change.signed_tid.p ? c->change.signed_tid : SLICE_OF(c->tid),
        .notification_metadata = make_notification_metadata(c, NOTIFICATION_INSTALL, SLICE_NONE),
        .smdp_oid = c->change.oid,
    };
    struct profile_installation_result r;

    if (reason == 0) {
        data.final_result.which = final_result_is_success_result;
        data.final_result.success_result = (struct success_result){
            .aid = SLICE_LIT("\xA0\x00\x00\x05\x59"),
            .sima_response = SLICE_LIT("\x30\x07\xA0\x05\x30\x03\x80\x01\x00"),
        };
    } else {
        data.final_result.which = final_result_is_error_result;
        data.final_result.error_result = (struct error_result){
            .bpp_command_id = BPP_COMMAND_LOAD_PROFILE_ELEMENTS,
            .has_bpp_command_id = true,
            .error_reason = reason,
            .has_error_reason = true,
        };
    }
    r.profile_installation_result_data = encode(c, &T_profile_installation_result_data, &data);
    r.euicc_sign_pir = sign(c, &r.profile_installation_result_data, 1);
    return encode(c, &T_profile_installation_result, &r);
}

slice card_other_notification(struct card *c, unsigned event, const uint8_t iccid[10])
{
    struct other_signed_notification n = {
        .tbs_other_notification = make_notification_metadata(c, event, slice_of(iccid, 10)),
        .euicc_certificate = c->change.euicc,
        .eum_certificate = c->change.eum,
    };

    n.euicc_notification_signature = sign(c, &n.tbs_other_notification, 1);
    return encode(c, &T_other_signed_notification, &n);
}

static enum err on_notify(struct smdp *s, const void *request, struct turn *t)
{
    return smdp_handle_notification(s, *(const slice *)request, t);
}

void world_notify(struct world *w, slice pending)
{
    assert_int_equal(run_turn(w, on_notify, &pending, &w->turn_arena, &w->turn, &w->conflicts),
                     E_OK);
    assert_success(w);
    assert_null(w->turn.reply.p); /* 204 */
}
