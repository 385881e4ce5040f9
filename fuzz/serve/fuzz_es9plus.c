/*
 * Bodies of ES9+ requests, in both bindings, into a whole SM-DP+ without sockets.
 *
 *   octet 0   bits 0..2: which function; bit 3: the ASN.1 binding; bit 4: the body is a sample of
 *             the function's request, octet 1 its seed, and each three octets behind (place, value)
 *             that are overwritten; otherwise the body follows as it is
 *
 * Sixteen octets A5 (hex in JSON) stand for the transactionId of a session that is alive.
 */
#include "der/schema_sample.h"
#include "pki/issue.h"
#include "pki/testci.h"
#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "serve/es9plus.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NAME     "testsmdpplus1.example.com"
#define BODY_MAX 16384
#define LIFE     64 /* inputs that share a session */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const functions[] = { "initiateAuthentication", "authenticateClient",
                                         "getBoundProfilePackage", "cancelSession",
                                         "handleNotification" };

static struct identity ci, auth, pb;
static struct trust trust;
static struct smdp_credential credential;
static struct route routes[ES9PLUS_ROUTES];
static struct engine_site site;
static uint8_t transaction[16];
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

static void make_hierarchy(const struct crypto *c)
{
    char dir[] = "/tmp/dunlin-fuzz-XXXXXX", pki[sizeof dir + 8];
    struct testci_plan plan = { .dir = pki, .curve = CURVE_P256, .now_s = time(NULL) };

    MUST(mkdtemp(dir));
    snprintf(pki, sizeof pki, "%s/pki", dir);
    MUST(testci_init(c, &plan, NULL) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_CI, &ci) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_DP_AUTH, &auth) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_DP_PB, &pb) == E_OK);
    remove_hierarchy(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct store_schema *schemas[] = { &store_event_schema, &smdp_schema };
    struct store_sqlite_options store = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct smdp_options o = { .crypto = crypto_openssl(),
                              .address = SLICE_LIT(NAME),
                              .credentials = &credential,
                              .credential_count = 1,
                              .trust = &trust };
    struct engine_options engine = { .workers = 1 };
    struct smdp *smdp;

    (void)argc;
    (void)argv;
    make_hierarchy(o.crypto);
    trust_open(&trust, o.crypto);
    trust.cache = chain_cache_open(16);
    MUST(trust_add_cert(&trust, ci.cert.der) == E_OK);
    credential = (struct smdp_credential){ auth.cert.der, pb.cert.der, auth.signer, pb.signer };
    MUST(store_sqlite_open(&store, &engine.store) == E_OK);
    MUST(smdp_open(&o, &smdp) == E_OK);
    MUST(engine_open(&engine, &site.engine) == E_OK);
    es9plus_routes(smdp, routes);
    site.routes = routes;
    site.count = ES9PLUS_ROUTES;
    return 0;
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
                                          .peer = SLICE_LIT("127.0.0.1") };
    struct engine_reply reply;
    int status;

    engine_dispatch(&site, &request, &reply);
    status = reply.response.status;
    *answer = arena_copy(a, reply.response.body);
    engine_reply_release(&reply);
    return status;
}

static const struct json_function *function(const char *name)
{
    return json_function_find(JSON_ES9PLUS, slice_str(name));
}

static slice encode(struct arena *a, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(a, 1024);
    slice out;

    MUST(schema_encode(t, value, buf, 1024, &out, NULL) == E_OK);
    return out;
}

/* A session that awaits AuthenticateClient. */
static void begin_session(struct arena *a)
{
    const uint8_t challenge[16] = { 1 };
    uint8_t list[32];
    struct der_writer w = der_writer(list, sizeof list);
    struct euicc_info1 info = { .svn = SLICE_LIT("\x02\x02\x02") };
    struct initiate_authentication_request_es9 r = { .euicc_challenge = SLICE_OF(challenge),
                                                     .smdp_address = SLICE_LIT(NAME) };
    struct initiate_authentication_response_es9 response;
    const struct json_function *f = function("initiateAuthentication");
    slice body, answer;

    der_put_tlv(&w, 0x04, ci.cert.ski);
    MUST(der_written(&w, &info.euicc_ci_pk_id_list_for_signing) == E_OK);
    info.euicc_ci_pk_id_list_for_verification = info.euicc_ci_pk_id_list_for_signing;
    r.euicc_info1 = encode(a, &T_euicc_info1, &info);
    MUST(json_write_request(f, &r, a, &body, NULL) == E_OK);
    MUST(post("/gsma/rsp2/es9plus/initiateAuthentication", false, body, a, &answer) == 200);
    MUST(json_read_response(f, answer, a, &response, NULL, NULL) == E_OK);
    MUST(response.initiate_authentication_ok.transaction_id.n == sizeof transaction);
    memcpy(transaction, response.initiate_authentication_ok.transaction_id.p, sizeof transaction);
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

/* The sample as a body; absent when it does not fit. */
static slice sample(struct arena *a, const struct json_function *f, bool asn1, uint8_t seed)
{
    uint8_t *buf = arena_alloc(a, BODY_MAX);
    void *value = arena_alloc(a, f->request->size);
    struct der_writer w;
    slice der, body;

    if (schema_sample(f->request, seed, buf, BODY_MAX, &der))
        return SLICE_NONE;
    if (!asn1)
        return schema_decode(f->request, der, value, NULL) ||
                       json_write_request(f, value, a, &body, NULL)
                   ? SLICE_NONE
                   : body;
    buf = arena_alloc(a, der.n + 8);
    w = der_writer(buf, der.n + 8);
    der_put_tlv(&w, 0xA2, der);
    return der_written(&w, &body) ? SLICE_NONE : body;
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

static void run(slice in, struct arena *a)
{
    bool asn1 = in.p[0] & 8;
    const char *name = functions[(in.p[0] & 7) % COUNT(functions)];
    slice body = slice_skip(in, 1), answer;
    uint8_t *copy;
    char path[80];

    if (in.p[0] & 16 && in.n > 1) {
        body = sample(a, function(name), asn1, in.p[1]);
        in = slice_skip(in, 2);
    } else {
        in = SLICE_NONE;
    }
    if (!body.p)
        return;
    copy = malloc(body.n ? body.n : 1); /* of its exact size: an octet read too far is seen */
    MUST(copy);
    memcpy(copy, body.p, body.n);
    overwrite(copy, body.n, in);
    insert_transaction(copy, body.n, asn1);
    snprintf(path, sizeof path, "/gsma/rsp2/%s%s", asn1 ? "asn1" : "es9plus/", asn1 ? "" : name);
    check(post(path, asn1, slice_of(copy, body.n), a, &answer), answer, asn1);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;

    if (!size || size > BODY_MAX)
        return 0;
    arena_init(&a, (size_t)8 << 20);
    if (inputs++ % LIFE == 0)
        begin_session(&a);
    run(slice_of(data, size), &a);
    arena_free(&a);
    return 0;
}
