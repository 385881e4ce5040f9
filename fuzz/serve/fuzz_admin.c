/*
 * Requests of the operator's desk into a whole SM-DP+, SM-DS and eIM, without sockets.
 *
 *   octet 0   modulo 3: which server; the rest: which operation
 *   octet 1   bit 0: parts of the path are those of a profile, device or order that is there, else
 *             the next octets up to a zero; bit 1: a query follows, up to a zero; bit 2: an
 *             Idempotency-Key follows, up to a zero; bit 3: the body is an object, each two octets
 *             (name, value) one of its members, else what is left as it is
 *
 * Whatever is asked, the answer has a status; 5xx is ours and ends the run.
 */
#include "eim/order.h"
#include "serve/desk.h"

#include "profile/build.h"

#define LIFE 4096 /* inputs that share their stores */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { THE_SMDP, THE_SMDS, THE_EIM, SERVERS };

static struct world worlds[SERVERS];
static struct desk_side sides[SERVERS];
static char iccid[ICCID_DIGITS + 1], order_id[20];
static const char eid[] = "89049032123451234512345678901235";
static unsigned inputs;

static const char *const names[] = {
    "iccid",
    "eid",
    "profileType",
    "until",
    "matchingId",
    "confirmationCode",
    "expiresMs",
    "release",
    "unavailable",
    "name",
    "certificate",
    "notify",
    "label",
    "associated",
    "counter",
    "associationToken",
    "wire",
    "euiccCertificate",
    "eumCertificate",
    "kind",
    "operations",
    "activationCode",
    "defaultSmdp",
    "smds",
    "indirect",
    "rollback",
    "immediateEnable",
    "smdpOid",
    "smdpAddress",
    "profileClass",
    "tags",
    "eimId",
    "configuration",
    "smdsAddress",
    "other",
};
static const char *const values[] = {
    "\"8999970000000000019\"",
    "\"89049032123451234512345678901235\"",
    "\"\"",
    "true",
    "false",
    "0",
    "1",
    "2",
    "-1",
    "9223372036854775807",
    "null",
    "[]",
    "{}",
    "1.5",
    "\"download\"",
    "\"confirm\"",
    "\"release\"",
    "\"1$a.b$M\"",
    "\"LPA:1$a$b$2.999$1\"",
    "\"data\"",
    "\"package\"",
    "\"enable\"",
    "\"disable\"",
    "\"delete\"",
    "\"listProfileInfo\"",
    "\"getRAT\"",
    "\"configureImmediateEnable\"",
    "\"setFallbackAttribute\"",
    "\"unsetFallbackAttribute\"",
    "\"setDefaultDpAddress\"",
    "\"addEim\"",
    "\"deleteEim\"",
    "\"updateEim\"",
    "\"listEim\"",
    "\"MAWAA2VpbQ==\"",
    "\"2.999.1\"",
    "\"5A\"",
    "\"BF20\"",
    "\"1.0\"",
    "\"1.1\"",
    "\"a.b:1\"",
    "[{\"kind\":\"getRAT\"},{\"kind\":\"enable\",\"iccid\":\"8999970000000000019\"}]",
    "[{\"kind\":\"listEim\"},{\"kind\":\"deleteEim\",\"eimId\":\"x\"}]",
    "[1]",
    "\"\\u00e4\"",
};

static void open_worlds(void)
{
    struct build_input in = { .iccid = slice_of(iccid, 19) };
    struct arena a;
    slice package;
    const char *answer;

    arena_init(&a, (size_t)8 << 20);
    for (int i = 0; i < SERVERS; i++) {
        world_make(&worlds[i]);
        if (i == THE_EIM)
            world_open_eim(&worlds[i]);
        else if (i == THE_SMDS)
            world_open_smds(&worlds[i], "root.example.com");
        else
            world_open_smdp(&worlds[i]);
        desk_open_side(&sides[i], &worlds[i]);
        desk_count(&sides[i], 0); /* before that the counts are answered 503 */
    }
    snprintf(iccid, sizeof iccid, "8999970000000000019");
    MUST(profile_build(&a, worlds[0].crypto, &in, &package, NULL) == E_OK);
    desk_send(&sides[THE_SMDP], "POST", "/v1/smdp/profiles", "application/octet-stream", package,
              NULL, &a, 201);
    desk_ask(&sides[THE_EIM], "POST", "/v1/eim/devices",
             "{\"eid\":\"89049032123451234512345678901235\"}", NULL, &a, 201);
    answer =
        desk_ask(&sides[THE_EIM], "POST", "/v1/eim/devices/89049032123451234512345678901235/orders",
                 "{\"kind\":\"getRAT\"}", NULL, &a, 201);
    snprintf(order_id, sizeof order_id, "%.16s", strstr(answer, "\"id\":\"") + 6);
    arena_free(&a);
}

static void close_worlds(void)
{
    for (int i = 0; i < SERVERS; i++) {
        desk_close_side(&sides[i]);
        world_end(&worlds[i]);
    }
}

/* Up to a zero. */
static slice take(slice *in)
{
    const uint8_t *end = in->n ? memchr(in->p, 0, in->n) : NULL;
    slice s = end ? slice_of(in->p, (size_t)(end - in->p)) : *in;

    *in = slice_skip(*in, s.n + 1);
    return s;
}

static slice make_path(const char *form, bool genuine, slice *in, char *out, size_t size)
{
    size_t n = 0;

    while (*form && n + 80 < size) {
        slice part;

        if (*form != '{') {
            out[n++] = *form++;
            continue;
        }
        part = genuine ? slice_str(form[1] == 'e'   ? eid
                                   : form[2] == 'c' ? iccid
                                                    : order_id)
                       : slice_head(take(in), 64);
        if (part.n)
            memcpy(out + n, part.p, part.n);
        n += part.n;
        form += strcspn(form, "}") + 1;
    }
    return slice_of(out, n);
}

static slice make_body(slice in, char *out, size_t size)
{
    size_t n = 0;

    out[n++] = '{';
    for (size_t i = 0; i + 1 < in.n && n + 200 < size; i += 2)
        n += (size_t)snprintf(out + n, size - n, "%s\"%s\":%s", i ? "," : "",
                              names[in.p[i] % COUNT(names)], values[in.p[i + 1] % COUNT(values)]);
    out[n++] = '}';
    return slice_of(out, n);
}

static struct admin_operation_name operation(const char *role, unsigned number)
{
    size_t common = 0, own = 0;

    while (admin_operation(NULL, common).path)
        common++;
    while (admin_operation(role, own).path)
        own++;
    number %= common + own;
    return number < common ? admin_operation(NULL, number) : admin_operation(role, number - common);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const roles[SERVERS] = { "smdp", "smds", "eim" };
    struct http_field fields[2] = { { SLICE_LIT("Content-Type"), SLICE_LIT("application/json") } };
    char path[256], body[8192];
    struct http_request r = { .fields = fields, .field_count = 1, .peer = SLICE_LIT("::1") };
    struct admin_operation_name o;
    struct engine_reply reply;
    slice in = slice_of(data, size);
    uint8_t flags;

    if (size < 2)
        return 0;
    if (inputs++ % LIFE == 0) {
        if (inputs > 1)
            close_worlds();
        open_worlds();
    }
    o = operation(roles[data[0] % SERVERS], data[0] / SERVERS);
    flags = data[1];
    in = slice_skip(in, 2);
    r.method = slice_str(o.method);
    r.path = make_path(o.path, flags & 1, &in, path, sizeof path);
    if (flags & 2)
        r.query = take(&in);
    if (flags & 4)
        fields[r.field_count++] = (struct http_field){ SLICE_LIT("Idempotency-Key"), take(&in) };
    if (!strcmp(o.path, "/v1/smdp/profiles"))
        fields[0].value = SLICE_LIT("application/octet-stream");
    r.body = flags & 8 ? make_body(in, body, sizeof body) : in;
    if (!r.body.p)
        r.body = SLICE_EMPTY;
    engine_dispatch(&sides[data[0] % SERVERS].site, &r, &reply);
    MUST(reply.response.status >= 200 && reply.response.status < 500);
    engine_reply_release(&reply);
    return 0;
}
