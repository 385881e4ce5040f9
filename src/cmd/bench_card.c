#include "cmd/bench_card.h"

#include "rsp/sgp22.h"

#include <time.h>

#define PART_MAX 6144

enum err bench_card_open(struct bench_card *card, const struct crypto *crypto,
                         const struct cert *ci, const struct identity *eum, uint64_t n)
{
    struct ec_scalar secret;
    struct ec_point point;
    enum err err;

    *card = (struct bench_card){ .crypto = crypto, .ci = ci, .eum = eum->cert.der };
    testci_eid(n, card->eid);
    err = crypto_key_pair(crypto, ci->curve, &secret, &point);
    if (!err)
        err = signer_open(crypto, ci->curve, &secret, &card->signer);
    if (!err)
        err = testci_issue_euicc(crypto, eum, card->eid, &point, time(NULL), card->memory,
                                 sizeof card->memory, &card->certificate);
    return err;
}

void bench_card_close(struct bench_card *card)
{
    signer_close(&card->signer);
}

static enum err part(struct arena *a, const struct type *t, const void *value, slice *out)
{
    uint8_t *buf = arena_alloc(a, PART_MAX);

    return buf ? schema_encode(t, value, buf, PART_MAX, out, NULL) : E_MEMORY;
}

static const struct json_function *function(const char *name)
{
    return json_function_find(JSON_ES9PLUS, slice_str(name));
}

/* SEQUENCE OF SubjectKeyIdentifier with our one CI. */
static enum err ci_list(struct bench_card *card, struct arena *a, slice *out)
{
    uint8_t *buf = arena_alloc(a, 64);
    struct der_writer w = der_writer(buf, 64);

    if (!buf)
        return E_MEMORY;
    der_put_tlv(&w, 0x04, card->ci->ski);
    return der_written(&w, out);
}

enum err bench_card_initiate(struct bench_card *card, slice address, struct arena *a, slice *body)
{
    struct initiate_authentication_request_es9 r = { .smdp_address = address };
    struct euicc_info1 info = { .svn = SLICE_LIT("\x02\x02\x02") };
    uint8_t *challenge = arena_alloc(a, 16);
    enum err err = ci_list(card, a, &info.euicc_ci_pk_id_list_for_verification);

    info.euicc_ci_pk_id_list_for_signing = info.euicc_ci_pk_id_list_for_verification;
    if (!err)
        err = challenge ? crypto_random(card->crypto, challenge, 16) : E_MEMORY;
    if (!err)
        err = part(a, &T_euicc_info1, &info, &r.euicc_info1);
    r.euicc_challenge = slice_of(challenge, 16);
    return err ? err : json_write_request(function("initiateAuthentication"), &r, a, body, NULL);
}

static enum err info2(struct bench_card *card, struct arena *a, slice *out)
{
    struct euicc_info2 info = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = SLICE_LIT("\x02\x02\x02"),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource =
            SLICE_LIT("\x81\x01\x00\x82\x04\x00\x06\x00\x00\x83\x04\x00\x00\x40\x00"),
        .uicc_capability = SLICE_LIT("\x00\xFF\xFF\xFF\xFF"),
        .rsp_capability = SLICE_LIT("\x02\x9C"),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("BENCH"),
    };
    enum err err = ci_list(card, a, &info.euicc_ci_pk_id_list_for_verification);

    info.euicc_ci_pk_id_list_for_signing = info.euicc_ci_pk_id_list_for_verification;
    return err ? err : part(a, &T_euicc_info2, &info, out);
}

static enum err context(slice matching_id, struct arena *a, slice *out)
{
    struct ctx_params1 ctx = { .which = ctx_params1_is_ctx_params_for_common_authentication };
    struct ctx_params_for_common_authentication *common = &ctx.ctx_params_for_common_authentication;

    common->matching_id = matching_id;
    common->device_info.tac = SLICE_LIT("\x53\x32\x11\x00");
    common->has_device_info = true;
    common->device_info.has_device_capabilities = true;
    return part(a, &T_ctx_params1, &ctx, out);
}

enum err bench_card_authenticate(struct bench_card *card, slice answer, slice matching_id,
                                 struct arena *a, slice *body)
{
    const struct json_function *before = function("initiateAuthentication");
    struct initiate_authentication_response_es9 r;
    const struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    struct authenticate_client_request_es9 request = { 0 };
    struct authenticate_server_response response = {
        .which = authenticate_server_response_is_authenticate_response_ok,
    };
    struct server_signed1 server;
    struct euicc_signed1 signed1 = { 0 };
    enum err err = json_read_response(before, answer, a, &r, NULL, NULL);

    if (!err && r.which != initiate_authentication_response_es9_is_initiate_authentication_ok)
        err = E_REFUSED;
    if (!err)
        err = schema_decode(&T_server_signed1, ok->server_signed1, &server, NULL);
    if (err)
        return err;
    card->tid_n = ok->transaction_id.n;
    memcpy(card->tid, ok->transaction_id.p, card->tid_n);
    signed1.transaction_id = slice_of(card->tid, card->tid_n);
    signed1.server_address = server.server_address;
    signed1.server_challenge = server.server_challenge;
    err = info2(card, a, &signed1.euicc_info2);
    if (!err)
        err = context(matching_id, a, &signed1.ctx_params1);
    if (!err)
        err = part(a, &T_euicc_signed1, &signed1, &response.authenticate_response_ok.euicc_signed1);
    if (!err)
        err = signer_sign(&card->signer, card->crypto,
                          &response.authenticate_response_ok.euicc_signed1, 1, &card->signature1);
    response.authenticate_response_ok.euicc_signature1 = SLICE_OF(card->signature1.b);
    response.authenticate_response_ok.euicc_certificate = card->certificate;
    response.authenticate_response_ok.eum_certificate = card->eum;
    if (!err)
        err = part(a, &T_authenticate_server_response, &response,
                   &request.authenticate_server_response);
    request.transaction_id = signed1.transaction_id;
    return err ? err : json_write_request(function("authenticateClient"), &request, a, body, NULL);
}

enum err bench_card_prepare(struct bench_card *card, slice answer, struct arena *a, slice *body)
{
    struct authenticate_client_response_es9 r;
    struct get_bound_profile_package_request_es9 request = { 0 };
    struct prepare_download_response response = {
        .which = prepare_download_response_is_download_response_ok,
    };
    struct euicc_signed2 signed2 = { .transaction_id = slice_of(card->tid, card->tid_n) };
    uint8_t head[3] = { 0x5F, 0x37, SIG_LEN };
    struct ec_scalar secret;
    struct ec_point otpk;
    struct ec_sig sig;
    slice parts[3];
    enum err err = json_read_response(function("authenticateClient"), answer, a, &r, NULL, NULL);

    if (!err && r.which != authenticate_client_response_es9_is_authenticate_client_ok)
        err = E_REFUSED;
    if (!err)
        err = crypto_key_pair(card->crypto, card->ci->curve, &secret, &otpk);
    signed2.euicc_otpk = SLICE_OF(otpk.b);
    if (!err)
        err = part(a, &T_euicc_signed2, &signed2, &response.download_response_ok.euicc_signed2);
    if (err)
        return err;
    parts[0] = response.download_response_ok.euicc_signed2;
    parts[1] = slice_of(head, sizeof head);
    parts[2] = r.authenticate_client_ok.smdp_signature2;
    err = signer_sign(&card->signer, card->crypto, parts, 3, &sig);
    response.download_response_ok.euicc_signature2 = SLICE_OF(sig.b);
    if (!err)
        err = part(a, &T_prepare_download_response, &response, &request.prepare_download_response);
    request.transaction_id = signed2.transaction_id;
    return err ? err
               : json_write_request(function("getBoundProfilePackage"), &request, a, body, NULL);
}

enum err bench_card_notify(struct bench_card *card, slice answer, slice address,
                           const uint8_t iccid[10], struct arena *a, slice *body)
{
    struct get_bound_profile_package_response_es9 r;
    struct notification_metadata metadata = {
        .seq_number = ++card->seq,
        .has_seq_number = true,
        .profile_management_operation = SLICE_LIT("\x07\x80"),
        .notification_address = address,
        .iccid = slice_of(iccid, 10),
    };
    struct profile_installation_result_data data = {
        .transaction_id = slice_of(card->tid, card->tid_n),
        .smdp_oid = card->smdp_oid,
        .final_result = { .which = final_result_is_success_result },
    };
    struct profile_installation_result result = { 0 };
    struct handle_notification_es9 request = { 0 };
    struct ec_sig sig;
    enum err err =
        json_read_response(function("getBoundProfilePackage"), answer, a, &r, NULL, NULL);

    if (!err && r.which != get_bound_profile_package_response_es9_is_get_bound_profile_package_ok)
        err = E_REFUSED;
    data.final_result.success_result.aid =
        SLICE_LIT("\xA0\x00\x00\x05\x59\x10\x10\xFF\xFF\xFF\xFF\x89\x00\x00\x10\x00");
    data.final_result.success_result.sima_response =
        SLICE_LIT("\x30\x07\xA0\x05\x30\x03\x80\x01\x00");
    if (!err)
        err = part(a, &T_notification_metadata, &metadata, &data.notification_metadata);
    if (!err)
        err = part(a, &T_profile_installation_result_data, &data,
                   &result.profile_installation_result_data);
    if (!err)
        err = signer_sign(&card->signer, card->crypto, &result.profile_installation_result_data, 1,
                          &sig);
    result.euicc_sign_pir = SLICE_OF(sig.b);
    if (!err)
        err = part(a, &T_profile_installation_result, &result, &request.pending_notification);
    return err ? err : json_write_request(function("handleNotification"), &request, a, body, NULL);
}
