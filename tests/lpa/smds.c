/* The SM-DS of shop.h. */
#include "lpa/shop.h"

#include "rsp/json/json.h"

static slice octets_json(struct shop *s, const struct json_function *f, const void *response)
{
    slice body;

    MUST(json_write_response(f, response, NULL, &s->arena, &body, NULL) == E_OK);
    return body;
}

static slice encoded(struct shop *s, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&s->arena, 4096);
    slice out;

    MUST(buf && schema_encode(t, value, buf, 4096, &out, NULL) == E_OK);
    return out;
}

static slice smds_initiate(struct shop *s, const struct json_function *f, const char *host,
                           slice body)
{
    static const uint8_t tid[16] = { 0xD5, 1 }, challenge[16] = { 7 };
    struct initiate_authentication_request_es9 q;
    struct initiate_authentication_response_es9 r = { 0 };
    struct initiate_authentication_ok_es9 *ok = &r.initiate_authentication_ok;
    struct server_signed1 signed1 = { .transaction_id = SLICE_OF(tid),
                                      .server_address = slice_str(host),
                                      .server_challenge = SLICE_OF(challenge) };
    struct ec_sig *sig = arena_alloc(&s->arena, sizeof *sig);

    MUST(json_read_request(f, body, &s->arena, &q, NULL) == E_OK);
    signed1.euicc_challenge = q.euicc_challenge;
    r.which = initiate_authentication_response_es9_is_initiate_authentication_ok;
    ok->transaction_id = SLICE_OF(tid);
    ok->server_signed1 = encoded(s, &T_server_signed1, &signed1);
    MUST(sig && signer_sign(&s->dp.ds.signer, s->dp.crypto, &ok->server_signed1, 1, sig) == E_OK);
    ok->server_signature1 = SLICE_OF(sig->b);
    ok->euicc_ci_pk_id_to_be_used = s->dp.ci.cert.ski;
    ok->server_certificate = s->dp.ds.cert.der;
    return octets_json(s, f, &r);
}

static slice smds_events(struct shop *s, const struct json_function *f, const char *host,
                         slice body)
{
    struct authenticate_client_request_es9 q;
    struct authenticate_client_response_es11 r = { 0 };
    uint8_t *buf = arena_alloc(&s->arena, 2048);
    size_t n = 0;

    MUST(buf && json_read_request(f, body, &s->arena, &q, NULL) == E_OK);
    for (size_t i = 0; i < COUNT(s->events); i++) {
        struct event_entries entry;
        slice one;

        if (!s->events[i].host || strcmp(s->events[i].host, host) != 0)
            continue;
        entry = (struct event_entries){ .event_id = slice_str(s->events[i].id),
                                        .rsp_server_address = slice_str(s->events[i].address) };
        one = encoded(s, &T_event_entries, &entry);
        memcpy(buf + n, one.p, one.n);
        n += one.n;
    }
    r.which = authenticate_client_response_es11_is_authenticate_client_ok;
    r.authenticate_client_ok.transaction_id = q.transaction_id;
    r.authenticate_client_ok.event_entries = slice_of(buf, n);
    return octets_json(s, f, &r);
}

void shop_smds(struct shop *s, const char *host, const char *function, slice body, struct answer *a)
{
    const struct json_function *f = json_function_find(JSON_ES11, slice_str(function));

    *a = (struct answer){ 404, SLICE_NONE, SLICE_NONE };
    if (!f)
        return;
    a->status = 200;
    a->content_type = SLICE_LIT(MEDIA_JSON);
    a->body = !strcmp(function, "authenticateClient") ? smds_events(s, f, host, body)
                                                      : smds_initiate(s, f, host, body);
}
