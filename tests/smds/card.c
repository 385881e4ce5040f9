/* The card's side of ES11, as its LPA would carry it. */
#include "pki/testci.h"
#include "smds/world.h"

#define ROOM 8192

static slice encode(struct card *c, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&c->arena, ROOM);
    slice out;

    assert_non_null(buf);
    assert_int_equal(schema_encode(t, value, buf, ROOM, &out, NULL), E_OK);
    return out;
}

void card_open(struct card *c, struct hierarchy *h, unsigned number, const char *address)
{
    struct ec_scalar secret;
    struct ec_point point;

    memset(c, 0, sizeof *c);
    c->h = h;
    arena_init(&c->arena, 16 << 20);
    testci_eid(number, c->eid);
    assert_int_equal(crypto_key_pair(h->crypto, CURVE_P256, &secret, &point), E_OK);
    assert_int_equal(signer_open(h->crypto, CURVE_P256, &secret, &c->signer), E_OK);
    assert_int_equal(testci_issue_euicc(h->crypto, &h->eum, c->eid, &point, h->now_ms / 1000,
                                        c->memory, sizeof c->memory, &c->certificate),
                     E_OK);
    c->change.address = slice_str(address);
    memcpy(c->change.svn, "\x02\x02\x02", 3);
    c->change.verification_ci = c->change.signing_ci = h->ci.cert.ski;
    c->change.euicc = c->certificate;
    c->change.eum = h->eum.cert.der;
}

void card_close(struct card *c)
{
    signer_close(&c->signer);
    arena_free(&c->arena);
}

static slice key_id_list(struct card *c, slice id)
{
    uint8_t *buf = arena_alloc(&c->arena, 64);
    struct der_writer w = der_writer(buf, 64);
    slice out;

    der_put_tlv(&w, 0x04, id);
    assert_int_equal(der_written(&w, &out), E_OK);
    return out;
}

/* ---- InitiateAuthentication ---- */

static enum err initiate(struct smds *s, const void *r, struct turn *t)
{
    return smds_initiate_authentication(s, r, t);
}

static void read_initiated(struct card *c, slice reply)
{
    const struct cert *own = &c->h->ds_auth.cert;
    struct initiate_authentication_response_es9 r;
    const struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    struct server_signed1 s;
    struct public_key *key;

    assert_int_equal(schema_decode(&T_initiate_authentication_response_es9, reply, &r, NULL), E_OK);
    assert_int_equal(r.which, initiate_authentication_response_es9_is_initiate_authentication_ok);
    assert_int_equal(schema_decode(&T_server_signed1, ok->server_signed1, &s, NULL), E_OK);
    assert_int_equal(key_open(c->h->crypto, own->curve, &own->point, &key), E_OK);
    assert_int_equal(key_verify(key, &ok->server_signed1, 1, ok->server_signature1), E_OK);
    key_drop(key);
    assert_true(slice_eq(s.euicc_challenge, SLICE_OF(c->challenge)));
    assert_true(slice_eq(s.server_address, c->change.address));
    assert_true(slice_eq(s.transaction_id, ok->transaction_id));
    assert_true(slice_eq(ok->server_certificate, own->der));
    assert_true(slice_eq(ok->euicc_ci_pk_id_to_be_used, c->change.signing_ci));
    memcpy(c->tid, s.transaction_id.p, sizeof c->tid);
    memcpy(c->server_challenge, s.server_challenge.p, sizeof c->server_challenge);
}

void card_initiate(struct card *c, struct world *w)
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

    assert_int_equal(crypto_random(c->h->crypto, c->challenge, sizeof c->challenge), E_OK);
    world_do(w, initiate, &r);
    if (!w->turn.status.subject)
        read_initiated(c, w->turn.reply);
}

/* ---- AuthenticateClient ---- */

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
    struct euicc_info2 info = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = slice_of(c->change.svn, 3),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource = SLICE_LIT("\x81\x01\x00\x82\x04\x00\x0F\xFF\xFF\x83\x02\x20\x00"),
        .uicc_capability = SLICE_LIT("\x03\x78"),
        .rsp_capability = SLICE_LIT("\x04\x90"),
        .euicc_ci_pk_id_list_for_verification = key_id_list(c, c->change.verification_ci),
        .euicc_ci_pk_id_list_for_signing = key_id_list(c, c->change.signing_ci),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("TEST"),
    };
    struct euicc_signed1 s = {
        .transaction_id = c->change.signed_tid.p ? c->change.signed_tid : SLICE_OF(c->tid),
        .server_address = c->change.signed_address.p ? c->change.signed_address : c->change.address,
        .server_challenge = c->change.signed_challenge.p ? c->change.signed_challenge
                                                         : SLICE_OF(c->server_challenge),
        .euicc_info2 = encode(c, &T_euicc_info2, &info),
        .ctx_params1 = encode(c, &T_ctx_params1, &params),
    };

    return encode(c, &T_euicc_signed1, &s);
}

static slice make_response(struct card *c)
{
    struct authenticate_server_response r = {
        .which = authenticate_server_response_is_authenticate_response_ok,
    };
    slice signed1 = make_signed1(c);
    struct ec_sig sig;

    if (c->change.error_response) {
        r.which = authenticate_server_response_is_authenticate_response_error;
        r.authenticate_response_error = (struct authenticate_response_error){
            .transaction_id = SLICE_OF(c->tid),
            .authenticate_error_code = AUTHENTICATE_ERROR_INVALID_SIGNATURE,
            .has_authenticate_error_code = true,
        };
        return encode(c, &T_authenticate_server_response, &r);
    }
    assert_int_equal(signer_sign(&c->signer, c->h->crypto, &signed1, 1, &sig), E_OK);
    if (c->change.break_signature)
        sig.b[40] ^= 1;
    r.authenticate_response_ok = (struct authenticate_response_ok){
        .euicc_signed1 = signed1,
        .euicc_signature1 = SLICE_OF(sig.b),
        .euicc_certificate = c->change.euicc,
        .eum_certificate = c->change.eum,
    };
    return encode(c, &T_authenticate_server_response, &r);
}

static enum err authenticate(struct smds *s, const void *r, struct turn *t)
{
    return smds_authenticate_client(s, r, t);
}

static void read_events(struct card *c, slice reply)
{
    struct authenticate_client_response_es11 r;
    slice list;

    assert_int_equal(
        schema_decode(&T_authenticate_client_response_es11, arena_copy(&c->arena, reply), &r, NULL),
        E_OK);
    assert_int_equal(r.which, authenticate_client_response_es11_is_authenticate_client_ok);
    assert_true(slice_eq(r.authenticate_client_ok.transaction_id, SLICE_OF(c->tid)));
    list = r.authenticate_client_ok.event_entries;
    for (c->count = 0; c->count < COUNT(c->events); c->count++)
        if (!schema_next(&T_event_entries, &list, &c->events[c->count]))
            break;
}

void card_authenticate(struct card *c, struct world *w)
{
    struct authenticate_client_request_es9 r = {
        .transaction_id = c->change.json_tid.p ? c->change.json_tid : SLICE_OF(c->tid),
        .authenticate_server_response = make_response(c),
    };

    world_do(w, authenticate, &r);
    c->count = 0;
    if (!w->turn.status.subject)
        read_events(c, w->turn.reply);
}

void card_ask(struct card *c, struct world *w)
{
    card_initiate(c, w);
    assert_success(w);
    card_authenticate(c, w);
}
