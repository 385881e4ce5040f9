/*
 * What the fuzzers of ES9+ and of ES11 share: bodies of requests, in both bindings, into a whole
 * server without sockets. To be included once, with NAME defined: the server's address.
 *
 *   octet 0   bits 0..2: which function; bit 3: the ASN.1 binding; bit 4: the body is a sample of
 *             the function's request, octet 1 its seed, and each three octets behind (place, value)
 *             that are overwritten; otherwise the body follows as it is; bit 5, with bit 4: an
 *             AuthenticateClient of a genuine eUICC in a live session, whose euiccSigned1 is the
 *             sample that is overwritten before it is signed
 *
 * Sixteen octets A5 (hex in JSON) stand for the transactionId of a session that is alive.
 */
#ifndef DUNLIN_FUZZ_SERVE_BODIES_H
#define DUNLIN_FUZZ_SERVE_BODIES_H

#include "der/schema_sample.h"
#include "engine/engine.h"
#include "pki/issue.h"
#include "pki/lend.h"
#include "pki/testci.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX 16384
#define LIFE     64       /* inputs that share a session */
#define CALLER   "caller" /* the certificate that the client shows */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A function under test. */
struct target {
    const char *name;
    const char *base; /* of its path in the JSON binding */
    enum json_interface interface;
};

static struct identity ci, eum;
static struct signer euicc;
static slice euicc_certificate;
static struct keyring_place keys;              /* its server's are added by the fuzzer */
static struct engine_site site;                /* to be filled in by the fuzzer */
static uint8_t transaction[16], challenge[16]; /* of a session that awaits its client */
static unsigned inputs;

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void remove_hierarchy(const char *dir)
{
    char command[120];

    snprintf(command, sizeof command, "rm -r '%s'", dir);
    MUST(system(command) == 0);
}

static void make_hierarchy(const struct crypto *c, const enum cert_role *roles,
                           struct identity *own, size_t count)
{
    char dir[] = "/tmp/dunlin-fuzz-XXXXXX", pki[sizeof dir + 8];
    struct testci_plan plan = { .dir = pki, .curve = CURVE_P256, .now_s = time(NULL) };

    MUST(mkdtemp(dir));
    snprintf(pki, sizeof pki, "%s/pki", dir);
    MUST(testci_init(c, &plan, NULL) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_CI, &ci) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_EUM, &eum) == E_OK);
    for (size_t i = 0; i < count; i++)
        MUST(identity_open_role(c, pki, roles[i], &own[i]) == E_OK);
    remove_hierarchy(dir);
    keyring_place_open(&keys, lend_ci(c, ci.cert.der));
}

static void make_euicc(const struct crypto *c)
{
    static uint8_t buf[CERT_ISSUE_MAX];
    uint8_t eid[EID_LEN];
    struct ec_scalar secret;
    struct ec_point point;

    testci_eid(1, eid);
    MUST(crypto_key_pair(c, CURVE_P256, &secret, &point) == E_OK);
    MUST(signer_open(c, CURVE_P256, &secret, &euicc) == E_OK);
    MUST(testci_issue_euicc(c, &eum, eid, &point, time(NULL), buf, sizeof buf,
                            &euicc_certificate) == E_OK);
}

/* ---- asking ---- */

static int post(const char *path, bool asn1, slice body, struct arena *a, slice *answer)
{
    const struct http_field fields[] = {
        { SLICE_LIT("Host"), SLICE_LIT("localhost") },
        { SLICE_LIT("Content-Type"),
          slice_str(asn1 ? "application/x-gsma-rsp-asn1" : "application/json") },
        { SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.3.0") },
    };
    const struct http_request request = { .method = SLICE_LIT("POST"),
                                          .path = slice_str(path),
                                          .fields = fields,
                                          .field_count = COUNT(fields),
                                          .body = body,
                                          .peer = SLICE_LIT("127.0.0.1"),
                                          .tls = { .peer_cert = SLICE_LIT(CALLER) } };
    struct engine_reply reply;
    int status;

    engine_dispatch(&site, &request, &reply);
    status = reply.response.status;
    *answer = arena_copy(a, reply.response.body);
    engine_reply_release(&reply);
    return status;
}

static slice encode(struct arena *a, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(a, BODY_MAX);
    slice out;

    MUST(schema_encode(t, value, buf, BODY_MAX, &out, NULL) == E_OK);
    return out;
}

/* A session that awaits AuthenticateClient. */
static void begin_session(struct arena *a)
{
    const uint8_t own_challenge[16] = { 1 };
    uint8_t list[32];
    struct der_writer w = der_writer(list, sizeof list);
    struct euicc_info1 info = { .svn = SLICE_LIT("\x02\x02\x02") };
    struct initiate_authentication_request_es9 r = { .euicc_challenge = SLICE_OF(own_challenge),
                                                     .smdp_address = SLICE_LIT(NAME) };
    struct initiate_authentication_response_es9 response;
    const struct json_function *f =
        json_function_find(JSON_ES9PLUS, SLICE_LIT("initiateAuthentication"));
    struct server_signed1 signed1;
    slice body, answer;

    der_put_tlv(&w, 0x04, ci.cert.ski);
    MUST(der_written(&w, &info.euicc_ci_pk_id_list_for_signing) == E_OK);
    info.euicc_ci_pk_id_list_for_verification = info.euicc_ci_pk_id_list_for_signing;
    r.euicc_info1 = encode(a, &T_euicc_info1, &info);
    MUST(json_write_request(f, &r, a, &body, NULL) == E_OK);
    MUST(post("/gsma/rsp2/es9plus/initiateAuthentication", false, body, a, &answer) == 200);
    MUST(json_read_response(f, answer, a, &response, NULL, NULL) == E_OK);
    MUST(response.initiate_authentication_ok.transaction_id.n == sizeof transaction);
    MUST(schema_decode(&T_server_signed1, response.initiate_authentication_ok.server_signed1,
                       &signed1, NULL) == E_OK);
    memcpy(transaction, signed1.transaction_id.p, sizeof transaction);
    memcpy(challenge, signed1.server_challenge.p, sizeof challenge);
}

/* ---- bodies ---- */

static void overwrite(uint8_t *p, size_t n, slice patches)
{
    for (; patches.n >= 3; patches = slice_skip(patches, 3)) {
        size_t at = (size_t)patches.p[0] << 8 | patches.p[1];

        if (n)
            p[at % n] = patches.p[2];
    }
}

/* A caller that is known, so that more than the refusal of others is reached. */
static void name_caller(const struct json_function *f, void *value)
{
    if (f->request == &T_register_event_request)
        ((struct register_event_request *)value)->header.function_requester_identifier =
            SLICE_LIT(CALLER);
    if (f->request == &T_delete_event_request)
        ((struct delete_event_request *)value)->header.function_requester_identifier =
            SLICE_LIT(CALLER);
}

/* The request as a body; absent when it cannot be one. */
static slice write_body(struct arena *a, const struct json_function *f, bool asn1, slice der)
{
    void *value = arena_alloc(a, f->request->size);
    uint8_t *buf = arena_alloc(a, der.n + 8);
    struct der_writer w = der_writer(buf, der.n + 8);
    slice body;

    if (!asn1) {
        if (schema_decode(f->request, der, value, NULL))
            return SLICE_NONE;
        name_caller(f, value);
        return json_write_request(f, value, a, &body, NULL) ? SLICE_NONE : body;
    }
    der_put_tlv(&w, 0xA2, der);
    return der_written(&w, &body) ? SLICE_NONE : body;
}

static slice sample(struct arena *a, const struct type *t, uint8_t seed)
{
    uint8_t *buf = arena_alloc(a, BODY_MAX);
    slice der;

    return schema_sample(t, seed, buf, BODY_MAX, &der) ? SLICE_NONE : der;
}

/* euiccSigned1 with what the server looks for, the patches over it, and a genuine signature. */
static slice genuine(struct arena *a, uint8_t seed, slice patches)
{
    slice der = sample(a, &T_euicc_signed1, seed);
    struct euicc_signed1 signed1;
    struct authenticate_server_response r = {
        .which = authenticate_server_response_is_authenticate_response_ok,
    };
    struct authenticate_response_ok *ok = &r.authenticate_response_ok;
    struct authenticate_client_request_es9 request = { .transaction_id = SLICE_OF(transaction) };
    struct ec_sig sig;
    struct tlv element;

    begin_session(a);
    if (!der.p || schema_decode(&T_euicc_signed1, der, &signed1, NULL))
        return SLICE_NONE;
    signed1.transaction_id = SLICE_OF(transaction);
    signed1.server_address = SLICE_LIT(NAME);
    signed1.server_challenge = SLICE_OF(challenge);
    ok->euicc_signed1 = encode(a, &T_euicc_signed1, &signed1);
    MUST(der_one(ok->euicc_signed1, &element) == E_OK);
    overwrite((uint8_t *)element.value.p, element.value.n, patches); /* it stays one element */
    MUST(signer_sign(&euicc, crypto_openssl(), &ok->euicc_signed1, 1, &sig) == E_OK);
    ok->euicc_signature1 = SLICE_OF(sig.b);
    ok->euicc_certificate = euicc_certificate;
    ok->eum_certificate = eum.cert.der;
    request.authenticate_server_response = encode(a, &T_authenticate_server_response, &r);
    return encode(a, &T_authenticate_client_request_es9, &request);
}

static void insert_transaction(uint8_t *p, size_t n, bool asn1)
{
    static const uint8_t mark[16] = { 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5,
                                      0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5, 0xA5 };
    char mark_hex[33], hex[33];
    size_t width = asn1 ? 16 : 32;

    MUST(hex_encode(SLICE_OF(mark), mark_hex, sizeof mark_hex) == E_OK);
    MUST(hex_encode(SLICE_OF(transaction), hex, sizeof hex) == E_OK);
    for (size_t i = 0; i + width <= n; i++)
        if (!memcmp(p + i, asn1 ? (const void *)mark : mark_hex, width))
            memcpy(p + i, asn1 ? (const void *)transaction : hex, width);
}

static void check(int status, slice answer, bool asn1)
{
    MUST(status == 200 || status == 204 || status == 400 || status == 503);
    MUST((status == 204) == !answer.n);
    MUST(status != 200 || answer.p[0] == (asn1 ? 0xA2 : '{'));
}

static const struct json_function *function_of(const struct target *t)
{
    return json_function_find(t->interface, slice_str(t->name));
}

/* The body, of its exact size so that an octet read too far is seen; NULL: none. */
static uint8_t *make_body(slice in, bool asn1, const struct target *t, bool is_genuine,
                          struct arena *a, size_t *n)
{
    const struct json_function *f = function_of(t);
    bool is_sample = in.p[0] & 16 && in.n > 1;
    slice patches = is_sample ? slice_skip(in, 2) : SLICE_NONE, body = slice_skip(in, 1), der;
    uint8_t *copy;

    if (is_sample) {
        der = is_genuine ? genuine(a, in.p[1], patches) : sample(a, f->request, in.p[1]);
        body = der.p ? write_body(a, f, asn1, der) : SLICE_NONE;
    }
    if (!body.p)
        return NULL;
    copy = malloc(body.n ? body.n : 1);
    MUST(copy);
    memcpy(copy, body.p, body.n);
    if (!is_genuine)
        overwrite(copy, body.n, patches);
    *n = body.n;
    return copy;
}

/* client: the target whose body a genuine eUICC may have made. */
static void run(slice in, const struct target *targets, size_t count, const struct target *client,
                struct arena *a)
{
    bool asn1 = in.p[0] & 8, is_genuine = (in.p[0] & 48) == 48 && in.n > 1;
    const struct target *t = is_genuine ? client : &targets[(in.p[0] & 7) % count];
    size_t n = 0;
    uint8_t *body = make_body(in, asn1, t, is_genuine, a, &n);
    slice answer;
    char path[80];

    if (!body)
        return;
    insert_transaction(body, n, asn1);
    snprintf(path, sizeof path, "%s%s", asn1 ? "/gsma/rsp2/asn1" : t->base, asn1 ? "" : t->name);
    check(post(path, asn1, slice_of(body, n), a, &answer), answer, asn1);
    free(body);
}

static void run_one(slice in, const struct target *targets, size_t count,
                    const struct target *client)
{
    struct arena a;

    if (!in.n || in.n > BODY_MAX)
        return;
    arena_init(&a, (size_t)8 << 20);
    if (inputs++ % LIFE == 0)
        begin_session(&a);
    run(in, targets, count, client, &a);
    arena_free(&a);
}

#endif
