/* A relayed download: what the card, its IPA and the SM-DP+ say. */
#include "eim/session.h"

slice encode(struct world *w, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&w->arena, 8192);
    struct fault f;
    slice out;
    char why[200];

    if (schema_encode(t, value, buf, 8192, &out, &f))
        fail_msg("%s: %s", t->name, fault_print(&f, why, sizeof why));
    return out;
}

slice filled(struct world *w, size_t n, uint8_t with)
{
    uint8_t *p = arena_alloc(&w->arena, n);

    memset(p, with, n);
    return slice_of(p, n);
}

slice info1(struct world *w)
{
    return world_hex(w, "BF20118203020202A9050403010203AA0304010A");
}

void say_initiate(struct session *s, slice transaction)
{
    struct world *w = s->world;
    const struct initiate_authentication_request_esipa r = {
        .euicc_challenge = filled(w, 16, 0x11),
        .euicc_info1 = info1(w),
        .eim_transaction_id = transaction,
    };

    world_say(w, encode(w, &T_initiate_authentication_request_esipa, &r));
}

struct initiate_authentication_response_es9 hello(struct session *s)
{
    struct world *w = s->world;
    struct server_signed1 signed1 = {
        .transaction_id = SLICE_OF(s->tid),
        .euicc_challenge = filled(w, 16, 0x11),
        .server_address = s->address,
        .server_challenge = filled(w, 16, 0x22),
    };
    struct initiate_authentication_response_es9 r = {
        .which = initiate_authentication_response_es9_is_initiate_authentication_ok,
    };

    s->signed1 = encode(w, &T_server_signed1, &signed1);
    r.initiate_authentication_ok = (struct initiate_authentication_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .server_signed1 = s->signed1,
        .server_signature1 = filled(w, 64, 0x33),
        .euicc_ci_pk_id_to_be_used = filled(w, 20, 0x44),
        .server_certificate = w->dp.der,
    };
    return r;
}

void begin_with(struct session *s, struct world *w, unsigned number, const char *code)
{
    memset(s, 0, sizeof *s);
    s->world = w;
    world_card(w, number, &s->card);
    memset(s->tid, (int)(0xD0 + number), sizeof s->tid);
    s->address = SLICE_LIT(SMDP);
    s->order = order_download(&s->card, code);
    card_polls(&s->card);
}

slice transaction_of(struct session *s)
{
    return order_get(s->world, s->order).transaction_id;
}

/* Through InitiateAuthentication. */
void initiate(struct session *s)
{
    struct initiate_authentication_response_es9 r = hello(s);

    say_initiate(s, transaction_of(s));
    smdp_answers(s->world, "initiateAuthentication", &r);
}

slice error_response(struct session *s, uint32_t tag)
{
    struct world *w = s->world;
    uint8_t *buf = arena_alloc(&w->arena, 64);
    struct der_writer d = der_writer(buf, 64);
    slice out;

    der_put_int(&d, 0x02, 127);
    der_put_tlv(&d, 0x80, SLICE_OF(s->tid));
    der_wrap(&d, 0xA1, 0);
    der_wrap(&d, tag, 0);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

void say_client(struct session *s, slice tid)
{
    struct world *w = s->world;
    const struct authenticate_client_request_esipa r = {
        .transaction_id = tid,
        .authenticate_server_response = error_response(s, 0xBF38),
    };

    world_say(w, encode(w, &T_authenticate_client_request_esipa, &r));
}

/* 5F37 and its value, as it is signed over. */
slice smdp_signature2(struct world *w)
{
    uint8_t *p = arena_alloc(&w->arena, 67);
    struct der_writer d = der_writer(p, 67);
    slice out;

    der_put_tlv(&d, 0x5F37, filled(w, 64, 0x55));
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

struct authenticate_client_response_es9 profile(struct session *s)
{
    struct world *w = s->world;
    const struct store_metadata_request m = {
        .iccid = SLICE_OF(iccid_a),
        .service_provider_name = SLICE_LIT("SP"),
        .profile_name = SLICE_LIT("P"),
        .profile_class = 2,
    };
    const struct smdp_signed2 signed2 = {
        .transaction_id = SLICE_OF(s->tid),
        .has_cc_required_flag = true,
    };
    struct authenticate_client_response_es9 r = {
        .which = authenticate_client_response_es9_is_authenticate_client_ok,
    };

    r.authenticate_client_ok = (struct authenticate_client_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .profile_metadata = encode(w, &T_store_metadata_request, &m),
        .smdp_signed2 = encode(w, &T_smdp_signed2, &signed2),
        .smdp_signature2 = filled(w, 64, 0x55),
        .smdp_certificate = w->dp.der,
    };
    return r;
}

void say_package(struct session *s, slice tid)
{
    struct world *w = s->world;
    const struct get_bound_profile_package_request_esipa r = {
        .transaction_id = tid,
        .prepare_download_response = error_response(s, 0xBF21),
    };

    world_say(w, encode(w, &T_get_bound_profile_package_request_esipa, &r));
}

struct get_bound_profile_package_response_es9 package(struct session *s)
{
    struct world *w = s->world;
    struct initialise_secure_channel_request isc = {
        .remote_op_id = 1,
        .has_remote_op_id = true,
        .transaction_id = SLICE_OF(s->tid),
        .smdp_otpk = filled(w, 65, 0x04),
        .smdp_sign = filled(w, 64, 0x66),
        .has_control_ref_template = true,
    };
    struct bound_profile_package b;
    struct get_bound_profile_package_response_es9 r = {
        .which = get_bound_profile_package_response_es9_is_get_bound_profile_package_ok,
    };

    isc.control_ref_template.key_type = world_hex(w, "88");
    isc.control_ref_template.key_len = world_hex(w, "10");
    isc.control_ref_template.host_id = world_hex(w, "01");
    memset(&b, 0, sizeof b);
    b.initialise_secure_channel_request = encode(w, &T_initialise_secure_channel_request, &isc);
    b.first_sequence_of87 = world_hex(w, "8703010203");
    b.sequence_of88 = world_hex(w, "8803010203");
    b.sequence_of86 = world_hex(w, "8603010203");
    r.get_bound_profile_package_ok = (struct get_bound_profile_package_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .bound_profile_package = encode(w, &T_bound_profile_package, &b),
    };
    return r;
}

slice cancel_message(struct session *s, slice tid)
{
    struct world *w = s->world;
    uint8_t *buf = arena_alloc(&w->arena, 64);
    struct der_writer d = der_writer(buf, 64);
    slice out;

    der_put_int(&d, 0x81, 5);
    der_wrap(&d, 0xA1, 0);
    der_put_tlv(&d, 0x80, tid);
    der_wrap(&d, 0xBF41, 0);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

/* The octets of part stand in the reply as they are. */
bool contains(slice reply, slice part)
{
    for (size_t i = 0; i + part.n <= reply.n; i++)
        if (!memcmp(reply.p + i, part.p, part.n))
            return true;
    return false;
}

/* AuthenticateServerResponse of this card. */
slice signed_response(struct session *s, const struct card *card)
{
    struct world *w = s->world;
    struct euicc_info2 info2 = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = SLICE_LIT("\x02\x02\x02"),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource = SLICE_EMPTY,
        .uicc_capability = SLICE_LIT("\x03\x78"),
        .rsp_capability = SLICE_LIT("\x04\x90"),
        .euicc_ci_pk_id_list_for_verification = SLICE_LIT("\x04\x01\x0A"),
        .euicc_ci_pk_id_list_for_signing = SLICE_LIT("\x04\x01\x0A"),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("TEST"),
    };
    const struct euicc_signed1 signed1 = {
        .transaction_id = SLICE_OF(s->tid),
        .server_address = s->address,
        .server_challenge = filled(w, 16, 0x22),
        .euicc_info2 = encode(w, &T_euicc_info2, &info2),
        .ctx_params1 = world_hex(w, "A00C8000A108800412345678A100"),
    };
    struct iot_authenticate_server_response r = {
        .which = iot_authenticate_server_response_is_authenticate_response_ok,
    };
    struct ec_sig sig;

    r.authenticate_response_ok = (struct authenticate_response_ok){
        .euicc_signed1 = encode(w, &T_euicc_signed1, &signed1),
        .euicc_signature1 = SLICE_OF(sig.b),
        .euicc_certificate = card->own.der,
        .eum_certificate = w->eum.der,
    };
    assert_int_equal(signer_sign(&card->own.signer, w->crypto,
                                 &r.authenticate_response_ok.euicc_signed1, 1, &sig),
                     E_OK);
    return encode(w, &T_iot_authenticate_server_response, &r);
}

/* euiccSignature2 is over euiccSigned2 and the smdpSignature2 that profile() gives. */
slice prepare_response(struct session *s, const struct card *card)
{
    struct world *w = s->world;
    const struct euicc_signed2 signed2 = {
        .transaction_id = SLICE_OF(s->tid),
        .euicc_otpk = filled(w, 65, 0x04),
    };
    struct prepare_download_response r = {
        .which = prepare_download_response_is_download_response_ok,
    };
    struct ec_sig sig;
    slice parts[2];

    parts[0] = encode(w, &T_euicc_signed2, &signed2);
    parts[1] = smdp_signature2(w);
    r.download_response_ok = (struct prepare_download_response_ok){
        .euicc_signed2 = parts[0],
        .euicc_signature2 = SLICE_OF(sig.b),
    };
    assert_int_equal(signer_sign(&card->own.signer, w->crypto, parts, 2, &sig), E_OK);
    return encode(w, &T_prepare_download_response, &r);
}
