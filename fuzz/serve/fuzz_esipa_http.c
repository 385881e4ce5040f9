/*
 * Bodies of ESipa requests into a whole eIM without sockets, that knows one device with orders.
 *
 *   octet 0   0: the body follows as it is; otherwise it is a sample of a message from the IPA in
 *             the tables of v1.2 (odd) or v1.0 (even), octet 1 its seed, and each three octets
 *             behind (place, value) that are overwritten
 *
 * Sixteen octets A5 stand for the EID of the device.
 */
#include "der/schema_sample.h"
#include "pki/issue.h"
#include "pki/lend.h"
#include "pki/testci.h"
#include "rsp/sgp32.h"
#include "serve/esipa.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NAME     "testeim.example.com"
#define BODY_MAX 16384
#define LIFE     256 /* inputs after which the device gets new orders */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct identity ci, eum, eim_sign;
static struct keyring_place keys;
static struct store *store;
static struct eim *eim;
static struct route routes[ESIPA_ROUTES];
static struct engine_site site;
static uint8_t eid[EID_LEN];
static unsigned inputs;

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void make_hierarchy(const struct crypto *c)
{
    char dir[] = "/tmp/dunlin-fuzz-XXXXXX", pki[sizeof dir + 8], command[80];
    struct testci_plan plan = {
        .dir = pki, .curve = CURVE_P256, .eim_id = SLICE_LIT(NAME), .now_s = time(NULL)
    };

    MUST(mkdtemp(dir));
    snprintf(pki, sizeof pki, "%s/pki", dir);
    MUST(testci_init(c, &plan, NULL) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_CI, &ci) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_EUM, &eum) == E_OK);
    MUST(identity_open_role(c, pki, ROLE_EIM_SIGN, &eim_sign) == E_OK);
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    MUST(system(command) == 0);
}

static void open_eim(const struct crypto *c)
{
    const struct store_schema *schemas[] = { &store_event_schema, &eim_schema };
    struct store_sqlite_options s = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct eim_options o = {
        .crypto = c, .eim_id = SLICE_LIT(NAME), .signer = &eim_sign.signer, .keys = &keys
    };
    struct engine_options engine = { .workers = 1 };

    keyring_place_open(&keys, lend_ci(c, ci.cert.der));
    MUST(store_sqlite_open(&s, &store) == E_OK);
    MUST(eim_open(&o, &eim) == E_OK);
    engine.store = store;
    MUST(engine_open(&engine, &site.engine) == E_OK);
    esipa_routes(eim, routes);
    site.routes = routes;
    site.count = ESIPA_ROUTES;
}

static void add_device(const struct crypto *c, struct arena *a)
{
    struct eim_device_new d = { .eid = SLICE_OF(eid), .associated = true };
    uint8_t buf[CERT_ISSUE_MAX];
    struct ec_scalar secret;
    struct ec_point point;
    struct turn t;

    testci_eid(1, eid);
    MUST(crypto_key_pair(c, CURVE_P256, &secret, &point) == E_OK);
    MUST(testci_issue_euicc(c, &eum, eid, &point, time(NULL), buf, sizeof buf,
                            &d.euicc_certificate) == E_OK);
    d.eum_certificate = eum.cert.der;
    turn_init(&t, a, store, (int64_t)time(NULL) * 1000);
    MUST(eim_device_add(eim, &d, &t) == E_OK && turn_commit(&t) == E_OK);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct arena a;

    (void)argc;
    (void)argv;
    arena_init(&a, (size_t)1 << 20);
    make_hierarchy(crypto_openssl());
    open_eim(crypto_openssl());
    add_device(crypto_openssl(), &a);
    arena_free(&a);
    return 0;
}

/* One of each kind, unless some are still open. */
static void place_orders(struct arena *a)
{
    struct eim_download d = { .activation_code = SLICE_LIT("1$smdp.example.com$X"),
                              .indirect = true };
    struct store_query q = { .index = EIM_ORDER_BY_EID, .key_count = 2, .limit = 8 };
    struct eim_order *o;
    size_t count;
    struct turn t;

    q.key[0] = store_blob(SLICE_OF(eid));
    q.key[1] = store_int(1);
    MUST(store_list(store, &eim_order_table, &q, a, &o, &count) == E_OK);
    if (count >= 4)
        return;
    turn_init(&t, a, store, (int64_t)time(NULL) * 1000);
    MUST(eim_order_data(eim, SLICE_OF(eid), SLICE_NONE, &t, &o) == E_OK);
    MUST(eim_order_download(eim, SLICE_OF(eid), &d, &t, &o) == E_OK);
    MUST(eim_order_list(eim, SLICE_OF(eid), &t, &o) == E_OK);
    MUST(turn_commit(&t) == E_OK);
}

static int post(slice body, struct arena *a, slice *answer)
{
    static const struct http_field fields[] = {
        { SLICE_LIT("Host"), SLICE_LIT("localhost") },
        { SLICE_LIT("Content-Type"), SLICE_LIT("application/x-gsma-rsp-asn1") },
        { SLICE_LIT("X-Admin-Protocol"), SLICE_LIT("gsma/rsp/v2.1.0") },
    };
    const struct http_request request = { .method = SLICE_LIT("POST"),
                                          .path = SLICE_LIT("/gsma/rsp2/asn1"),
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

static void overwrite(uint8_t *p, size_t n, slice patches)
{
    for (; patches.n >= 3; patches = slice_skip(patches, 3)) {
        size_t at = (size_t)patches.p[0] << 8 | patches.p[1];

        if (n)
            p[at % n] = patches.p[2];
    }
}

static void insert_eid(uint8_t *p, size_t n)
{
    size_t run = 0;

    for (size_t i = 0; i < n; i++) {
        run = p[i] == 0xA5 ? run + 1 : 0;
        if (run == EID_LEN) {
            memcpy(p + i + 1 - EID_LEN, eid, EID_LEN);
            run = 0;
        }
    }
}

static void run_input(slice in, struct arena *a)
{
    const struct type *type =
        in.p[0] % 2 ? &T_esipa_message_from_ipa_to_eim : &T_v10_esipa_message_from_ipa_to_eim;
    slice body = slice_skip(in, 1), patches = SLICE_NONE, answer;
    uint8_t *copy, *buf = arena_alloc(a, BODY_MAX);
    int status;

    if (in.p[0] && in.n > 1) {
        if (schema_sample(type, in.p[1], buf, BODY_MAX, &body))
            return;
        patches = slice_skip(in, 2);
    }
    copy = malloc(body.n ? body.n : 1); /* of its exact size: an octet read too far is seen */
    MUST(copy);
    memcpy(copy, body.p, body.n);
    overwrite(copy, body.n, patches);
    insert_eid(copy, body.n);
    status = post(slice_of(copy, body.n), a, &answer);
    free(copy);
    MUST(status == 200 || status == 204 || status == 400 || status == 503);
    MUST(status != 200 || (answer.n && answer.p[0] == 0xBF));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;

    if (!size || size > BODY_MAX)
        return 0;
    arena_init(&a, (size_t)8 << 20);
    if (inputs++ % LIFE == 0)
        place_orders(&a);
    run_input(slice_of(data, size), &a);
    arena_free(&a);
    return 0;
}
