/*
 * The operator's surface of an SM-DP+, in process: every route stands in docs/openapi.yaml and the
 * other way round; orders step by step and at once; pages; bad input of every operation changes
 * nothing; an Idempotency-Key makes one of many; metrics keep their format.
 */
#include "serve/desk.h"

#include "profile/build.h"

#include <pthread.h>

static struct world w;
static struct desk_side side;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)32 << 20);
    world_make(&w);
    return 0;
}

static int set_up_smdp(void **state)
{
    set_up(state);
    world_open_smdp(&w);
    desk_open_side(&side, &w);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    desk_close_side(&side);
    world_end(&w);
    arena_free(&arena);
    return 0;
}

static const char *ask(const char *method, const char *path, const char *body, int status)
{
    return desk_ask(&side, method, path, body, NULL, &arena, status);
}

static const char *ask_once(const char *method, const char *path, const char *body, const char *key,
                            int status)
{
    return desk_ask(&side, method, path, body, key, &arena, status);
}

#define says desk_says

static void refuses(const char *method, const char *path, const char *body, int status,
                    const char *field)
{
    desk_refuses(&side, method, path, body, &arena, status, field);
}

/* ---- SM-DP+ ---- */

#define ICCID_1 "8999970000000000019"
#define EID_1   "89049032123451234512345678901235"

/* In stock, under ICCID_n. */
static const char *stock(unsigned n, const char *query, int status)
{
    static char iccid[ICCID_DIGITS + 1];
    struct build_input in = { .iccid = slice_of(iccid, 19) };
    char path[4096];
    slice package;

    snprintf(iccid, sizeof iccid, "8999970%011u", n);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    MUST(profile_build(&arena, w.crypto, &in, &package, NULL) == E_OK);
    snprintf(path, sizeof path, "/v1/smdp/profiles%s%s", *query ? "?" : "", query);
    desk_send(&side, "POST", path, "application/octet-stream", package, NULL, &arena, status);
    return iccid;
}

static const char *at(const char *form, const char *id)
{
    return (const char *)arena_printf(&arena, "/v1/smdp/%.*s%s%s", (int)strcspn(form, "*"), form,
                                      id, strchr(form, '*') + 1)
        .p;
}

static void orders_step_by_step(void **state)
{
    const char *iccid = stock(1, "profileType=Gold&profileName=Nice%20one", 201), *answer;

    (void)state;
    stock(1, "", 409);
    answer = ask("GET", at("profiles/*", iccid), "", 200);
    says(answer, "\"state\":\"Available\",\"profileType\":\"Gold\"");
    says(answer, "\"profileName\":\"Nice one\"");
    says(ask("GET", "/v1/smdp/orders", "", 200), "{\"items\":[]}");
    says(ask("POST", "/v1/smdp/orders",
             "{\"profileType\":\"Gold\",\"eid\":\"" EID_1 "\",\"until\":\"download\"}", 201),
         "\"eid\":\"" EID_1 "\",\"state\":\"Linked\"");
    says(ask("POST", at("orders/*/confirm", iccid), "{\"matchingId\":\"A-1\"}", 200),
         "\"state\":\"Confirmed\",\"eid\":\"" EID_1 "\",\"activationCode\":\"1$" SMDP_NAME
         "$A-1\"");
    says(ask("POST", at("orders/*/release", iccid), "", 200), "\"state\":\"Released\"");
    says(ask("POST", at("orders/*/release", iccid), "", 409),
         "\"subjectCode\":\"8.2.1\",\"reasonCode\":\"3.5\"");
    answer = ask("GET", at("orders/*", iccid), "", 200);
    says(answer, "\"state\":\"Released\"");
    says(answer, "\"activationCode\":\"1$" SMDP_NAME "$A-1\"");
    says(ask("GET", "/v1/smdp/orders?state=released&eid=" EID_1, "", 200), iccid);
    says(ask("GET", "/v1/smdp/orders?state=Installed", "", 200), "{\"items\":[]}");
    says(ask("POST", at("orders/*/cancel", iccid), "{}", 200), "\"state\":\"Available\"");
    says(ask("POST", at("profiles/*/withdraw", iccid), "", 200), "\"state\":\"Unavailable\"");
    says(ask("GET", "/v1/smdp/events?kind=smdp.order&limit=2", "", 200), "\"more\":true");
}

#define PNG "\x89PNG\r\n\x1A\n"

static const char *png_query(size_t octets)
{
    uint8_t image[1200] = PNG;
    char text[B64_LEN(sizeof image)];
    size_t n;

    for (size_t i = 8; i < octets; i++)
        image[i] = 0xFB; /* "+/v7" in base64 */
    MUST(b64_encode(slice_of(image, octets), text, sizeof text, &n) == E_OK);
    return (const char *)arena_printf(&arena, "icon=%.*s", (int)n, text).p;
}

/* Said in the request, kept in the metadata that cards get, and shown as it was said. */
static void metadata_of_a_profile(void **state)
{
    const char *query, *icon = png_query(1024), *answer, *iccid;
    struct store_metadata_request m;
    struct smdp_profile row;
    uint8_t octets[ICCID_LEN];
    slice list;
    struct notification_configuration_information n;

    (void)state;
    query = (const char *)arena_printf(&arena,
                                       "%s&mccMnc=262-01&gid1=A1&gid2=B2C3&policyRules=ppr1,ppr2"
                                       "&notification=enable,delete@a.example"
                                       "&notification=install@b.example",
                                       icon)
                .p;
    iccid = stock(1, query, 201);
    MUST(iccid_from_digits(slice_str(iccid), octets) == E_OK);
    MUST(store_get(w.store, &smdp_profile_table, SMDP_BY_KEY,
                   STORE_KEY(store_blob(SLICE_OF(octets))), &row, &arena) == E_OK);
    MUST(schema_decode(&T_store_metadata_request, row.metadata, &m, NULL) == E_OK);
    assert_int_equal(m.icon_type, ICON_TYPE_PNG);
    assert_int_equal(m.icon.n, 1024);
    assert_true(slice_starts(m.icon, SLICE_LIT(PNG "\xFB\xFB")));
    assert_true(slice_eq(m.profile_owner.mcc_mnc, SLICE_LIT("\x62\xF2\x10")));
    assert_int_equal(der_bits(m.profile_policy_rules), 6);
    assert_int_equal(row.policy_rules, 6);
    list = m.notification_configuration_info;
    assert_true(schema_next(&T_notification_configuration_information, &list, &n));
    assert_int_equal(der_bits(n.profile_management_operation), 0xA);
    assert_true(slice_eq_str(n.notification_address, "a.example"));
    answer = ask("GET", at("profiles/*", iccid), "", 200);
    says(answer, "\"iconType\":\"png\",\"mccMnc\":\"26201\",\"gid1\":\"A1\",\"gid2\":\"B2C3\","
                 "\"policyRules\":[\"ppr1\",\"ppr2\"],\"notifications\":[{\"events\":["
                 "\"notificationEnable\",\"notificationDelete\"],\"address\":\"a.example\"},");
    says(answer, (const char *)arena_printf(&arena, "\"icon\":\"%s\"", icon + 5).p);
    assert_null(strstr(ask("GET", "/v1/smdp/profiles", "", 200), "\"icon\""));
}

/* Without a word about notifications the SM-DP+ hears of everything behind the installation. */
static void metadata_unless_said(void **state)
{
    (void)state;
    says(ask("GET", at("profiles/*", stock(1, "", 201)), "", 200),
         "\"serviceProviderName\":\"Dunlin\",\"profileName\":\"Operational\",\"profileClass\":2,"
         "\"notifications\":[{\"events\":[\"notificationEnable\"],\"address\":\"" SMDP_NAME
         "\"},{\"events\":[\"notificationDisable\"],\"address\":\"" SMDP_NAME
         "\"},{\"events\":[\"notificationDelete\"],\"address\":\"" SMDP_NAME "\"}]");
}

static void metadata_refused(void **state)
{
    static const char *const queries[] = {
        "icon=",
        "icon=AAAA",   /* no image */
        "icon=%21%21", /* no base64 */
        "mccMnc=2620",
        "mccMnc=2620112",
        "mccMnc=26-201",
        "mccMnc=2620x",
        "gid1=A1",
        "mccMnc=26201&gid1=",
        "mccMnc=26201&gid2=1",
        "mccMnc=26201&gid1=000102030405060708090A0B0C0D0E0F1011121314",
        "policyRules=ppr1",
        "mccMnc=26201&policyRules=ppr3",
        "mccMnc=26201&policyRules=",
        "notification=a.example",
        "notification=@a.example",
        "notification=enable@",
        "notification=enable@a.example&notification=up@a.example",
    };
    char many[17 * 30 + 1] = "";

    (void)state;
    for (size_t i = 0; i < COUNT(queries); i++)
        stock(1, queries[i], 400);
    stock(1, png_query(1025), 400);
    for (size_t i = 0; i < 17; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%snotification=delete@a.b",
                 i ? "&" : "");
    stock(1, many, 400);
    many[strlen(many) - strlen("&notification=delete@a.b")] = '\0';
    stock(1, many, 201);
}

/* Three functions, one commit: what the last of them refuses leaves nothing of the first. */
static void orders_at_once(void **state)
{
    const char *answer;

    (void)state;
    stock(1, "", 201);
    stock(2, "", 201);
    answer =
        ask("POST", "/v1/smdp/orders",
            "{\"iccid\":\"" ICCID_1 "\",\"matchingId\":\"A-1\",\"confirmationCode\":\"12\"}", 201);
    says(answer, "\"state\":\"Released\",\"activationCode\":\"1$" SMDP_NAME "$A-1\"");
    answer = ask("GET", at("orders/*", ICCID_1), "", 200);
    says(answer, "\"confirmationCodeRequired\":true");
    refuses("POST", "/v1/smdp/orders", "{\"iccid\":\"8999970000000000027\",\"matchingId\":\"A-1\"}",
            409, "");
    says(ask("GET", at("profiles/*", "8999970000000000027"), "", 200), "\"state\":\"Available\"");
    says(ask("POST", "/v1/smdp/orders", "{\"iccid\":\"8999970000000000027\",\"until\":\"confirm\"}",
             201),
         "\"state\":\"Confirmed\"");
}

static void pages(void **state)
{
    char path[100] = "/v1/smdp/profiles?limit=2";
    unsigned seen = 0;

    (void)state;
    for (unsigned n = 1; n <= 5; n++)
        stock(n, n & 1 ? "profileType=Odd" : "profileType=Even", 201);
    for (unsigned page = 0; page < 3; page++) {
        const char *answer = ask("GET", path, "", 200), *next;

        for (const char *p = answer; (p = strstr(p, "\"iccid\"")); p++)
            seen++;
        next = strstr(answer, "\"next\":\"");
        assert_int_equal(next != NULL, page < 2);
        if (next)
            snprintf(path, sizeof path, "/v1/smdp/profiles?limit=2&after=%.19s", next + 8);
    }
    assert_int_equal(seen, 5);
    says(ask("GET", "/v1/smdp/profiles?profileType=Even", "", 200), "8999970000000000027");
    assert_null(strstr(ask("GET", "/v1/smdp/profiles?profileType=Even", "", 200), ICCID_1));
}

static void operators(void **state)
{
    char der[2 * CERT_ISSUE_MAX], body[3 * CERT_ISSUE_MAX];
    const char *answer;
    char id[65];
    size_t n;

    (void)state;
    MUST(b64_encode(w.eum.cert.der, der, sizeof der, &n) == E_OK);
    snprintf(body, sizeof body, "{\"name\":\"acme\",\"certificate\":\"%.*s\"}", (int)n, der);
    answer = ask("POST", "/v1/smdp/operators", body, 201);
    snprintf(id, sizeof id, "%.64s", strstr(answer, "\"id\":\"") + 6);
    says(ask("POST", "/v1/smdp/operators", body, 200), id);
    says(ask("GET", "/v1/smdp/operators", "", 200), id);
    snprintf(body, sizeof body, "{\"name\":\"other\",\"certificate\":\"%.*s\"}", (int)n, der);
    refuses("POST", "/v1/smdp/operators", body, 409, "");
    snprintf(body, sizeof body, "{\"name\":\"acme\",\"certificate\":\"%.*s\",\"notify\":\"a/b\"}",
             (int)n, der);
    refuses("POST", "/v1/smdp/operators", body, 400, "notify");
    ask("DELETE", at("operators/*", id), "", 204);
    refuses("DELETE", at("operators/*", id), "", 404, "id");
}

/* White space, an octet more than fits. */
static const char *too_long(void)
{
    char *text = arena_alloc(&arena, (64u << 10) + 2);

    MUST(text);
    memset(text, ' ', (64u << 10) + 1);
    return text;
}

static void bad_input_of_the_smdp(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *field;
    } rows[] = {
        { "GET", "/v1/smdp/profiles?state=Gone", "", 400, "state" },
        { "GET", "/v1/smdp/profiles?limit=0", "", 400, "limit" },
        { "GET", "/v1/smdp/profiles?limit=501", "", 400, "limit" },
        { "GET", "/v1/smdp/profiles?limit=99999999999999999999", "", 400, "limit" },
        { "GET", "/v1/smdp/profiles?after=12", "", 400, "after" },
        { "GET", "/v1/smdp/profiles?owner=%4", "", 400, "owner" },
        { "GET", "/v1/smdp/profiles?owner=%00", "", 400, "owner" },
        { "GET", "/v1/smdp/profiles?secret=1", "", 400, "secret" },
        { "GET", "/v1/smdp/profiles/12", "", 400, "iccid" },
        { "GET", "/v1/smdp/profiles/8999970000000000092", "", 404, "iccid" },
        { "GET", "/v1/smdp/profiles/", "", 404, "" },
        { "POST", "/v1/smdp/profiles/8999970000000000092/withdraw", "", 404, "" },
        { "GET", "/v1/smdp/orders?eid=8904903212345123451234567890123x", "", 400, "eid" },
        { "GET", "/v1/smdp/orders/8999970000000000092", "", 404, "iccid" },
        { "GET", "/v1/smdp/orders/8999970000000000019/", "", 404, "" },
        { "POST", "/v1/smdp/orders", "", 400, "iccid" },
        { "POST", "/v1/smdp/orders", "[]", 400, "" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":1}", 400, "iccid" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"iccid\":\"1\"}", 400, "" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"more\":1}", 400, "more" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"until\":\"x\"}", 400, "until" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"expiresMs\":-1}", 400,
          "expiresMs" },
        { "POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"eid\":\"8\"}", 400, "eid" },
        { "POST", "/v1/smdp/orders", "{\"profileType\":\"None\"}", 404, "" },
        { "POST", "/v1/smdp/orders/8999970000000000019/confirm", "{}", 409, "" },
        { "POST", "/v1/smdp/orders/8999970000000000019/confirm", "{\"release\":1}", 400,
          "release" },
        { "POST", "/v1/smdp/orders/8999970000000000019/release", "", 409, "" },
        { "POST", "/v1/smdp/orders/8999970000000000019/release?x=1", "", 400, "x" },
        { "POST", "/v1/smdp/orders/8999970000000000019/cancel", "{\"eid\":\"" EID_1 "\"}", 409,
          "" },
        { "POST", "/v1/smdp/operators", "{\"name\":\"x\"}", 400, "certificate" },
        { "POST", "/v1/smdp/operators", "{\"name\":\"x\",\"certificate\":\"!\"}", 400,
          "certificate" },
        { "POST", "/v1/smdp/operators", "{\"name\":\"x\",\"certificate\":\"MAA=\"}", 400,
          "certificate" },
        { "DELETE", "/v1/smdp/operators/00", "", 400, "id" },
        { "GET", "/v1/smdp/events?after=-1", "", 400, "after" },
        { "GET", "/v1/smdp/events?iccid=x", "", 400, "iccid" },
    };

    (void)state;
    stock(1, "", 201);
    for (size_t i = 0; i < COUNT(rows); i++)
        refuses(rows[i].method, rows[i].path, rows[i].body, rows[i].status, rows[i].field);
    stock(2, "protection=none", 400);
    stock(2, "profileClass=3", 400);
    stock(2, "profileName=", 400);
    desk_send(&side, "POST", "/v1/smdp/profiles", "application/octet-stream", SLICE_LIT("\xA0"),
              NULL, &arena, 400);
    desk_send(&side, "POST", "/v1/smdp/orders", "text/plain", SLICE_LIT("{}"), NULL, &arena, 415);
    ask("PUT", "/v1/smdp/orders", "{}", 405);
    ask("POST", "/v1/smdp/orders", too_long(), 413);
    /* what they were refused for being, they may be */
    ask("POST", "/v1/smdp/orders", "{\"iccid\":\"" ICCID_1 "\",\"eid\":\"" EID_1 "\"}", 201);
}

/* ---- once ---- */

static void keys(void **state)
{
    const char *body = "{\"iccid\":\"" ICCID_1 "\"}", *first;

    (void)state;
    stock(1, "", 201);
    first = ask_once("POST", "/v1/smdp/orders", body, "k1", 201);
    assert_string_equal(ask_once("POST", "/v1/smdp/orders", body, "k1", 201), first);
    ask_once("POST", "/v1/smdp/orders", body, "k2", 409);
    says(ask_once("POST", "/v1/smdp/orders", "{}", "k1", 422), "\"field\":\"Idempotency-Key\"");
    ask_once("POST", at("orders/*/cancel", ICCID_1), "{}", "k1", 422);
    ask_once("POST", "/v1/smdp/orders", body, "a b", 400);
    ask_once("POST", "/v1/smdp/orders", body, "", 400);
    /* a refusal is not kept: it may go away */
    ask_once("POST", at("orders/*/cancel", ICCID_1), "{}", "k3", 200);
    says(ask_once("POST", "/v1/smdp/orders", body, "k2", 201), "Released");
    assert_int_equal(desk_keys(&side), 3);
    /* they outlive the process, and go when they are old */
    desk_close_side(&side);
    world_shut(&w);
    world_open_smdp(&w);
    desk_open_side(&side, &w);
    assert_string_equal(ask_once("POST", "/v1/smdp/orders", body, "k1", 201), first);
    desk_forget(&side, ADMIN_KEY_DAYS - 1);
    assert_int_equal(desk_keys(&side), 3);
    desk_forget(&side, ADMIN_KEY_DAYS + 1);
    assert_int_equal(desk_keys(&side), 0);
}

#define RACERS 8

static void *race(void *out)
{
    struct arena a;

    arena_init(&a, (size_t)1 << 20);
    snprintf(
        out, 256, "%s",
        desk_ask(&side, "POST", "/v1/smdp/orders", "{\"profileType\":\"Gold\"}", "race", &a, 201));
    arena_free(&a);
    return NULL;
}

/* Of many at the same time one is done, and all hear of that one. */
static void keys_race(void **state)
{
    static char answers[RACERS][256];
    pthread_t threads[RACERS];

    (void)state;
    for (unsigned n = 1; n <= RACERS; n++)
        stock(n, "profileType=Gold", 201);
    for (unsigned i = 0; i < RACERS; i++)
        MUST(!pthread_create(&threads[i], NULL, race, answers[i]));
    for (unsigned i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 1; i < RACERS; i++)
        assert_string_equal(answers[i], answers[0]);
    says(answers[0], "Released");
    assert_null(strstr(strstr(ask("GET", "/v1/smdp/orders", "", 200), "iccid") + 1, "\"iccid\""));
}

/* ---- description and metrics ---- */

/* Is there a path of the description, and this method below it? */
static bool described(const char *method, const char *path)
{
    const char *text =
        (const char *)arena_copy(&arena, slice_of(admin_openapi, admin_openapi_size)).p;
    char line[120], lower[16] = "";
    const char *found, *end, *below;

    for (size_t i = 0; method[i] && i + 1 < sizeof lower; i++)
        lower[i] = (char)(method[i] | 0x20);
    snprintf(line, sizeof line, "\n  %s:\n", path);
    found = strstr(text, line);
    if (!found)
        return false;
    end = strstr(found + 3, "\n  /");
    snprintf(line, sizeof line, "\n    %s:\n", lower);
    below = strstr(found, line);
    return below && (!end || below < end);
}

static void description(void **state)
{
    static const char *const roles[] = { NULL, "smdp", "smds", "eim" };
    size_t routes = 0, methods = 0;
    const char *text =
        (const char *)arena_printf(&arena, "%.*s", (int)admin_openapi_size, admin_openapi).p;
    const char *end = strstr(text, "\ncomponents:\n");

    (void)state;
    for (size_t r = 0; r < COUNT(roles); r++) {
        struct admin_operation_name o;

        for (size_t i = 0; (o = admin_operation(roles[r], i)).path; i++, routes++)
            if (!described(o.method, o.path))
                fail_msg("%s %s does not stand in docs/openapi.yaml", o.method, o.path);
    }
    /* and no method stands there that is not a route */
    for (const char *p = text; (p = strstr(p, "\n    ")) && p < end; p++)
        methods += !strncmp(p, "\n    get:", 9) || !strncmp(p, "\n    post:", 10) ||
                   !strncmp(p, "\n    put:", 9) || !strncmp(p, "\n    delete:", 12);
    assert_int_equal(methods, routes);
    assert_true(routes > 20);
}

/* name{label="value",...} number; every sample behind the TYPE of its family. */
static void check_line(const char *line, size_t n, char family[80])
{
    size_t name = strcspn(line, "{ "), type = strlen(family);
    char *end;

    if (!strncmp(line, "# HELP ", 7))
        return;
    if (!strncmp(line, "# TYPE ", 7)) {
        snprintf(family, 80, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        return;
    }
    if (!type || name < type || strncmp(line, family, type) != 0)
        fail_msg("a sample outside of its family %s: %.*s", family, (int)n, line);
    if (line[name] == '{') {
        const char *p = line + name + 1;

        while (*p != '}') {
            p += strspn(p, "abcdefghijklmnopqrstuvwxyz_");
            assert_int_equal(strncmp(p, "=\"", 2), 0);
            p += 2 + strcspn(p + 2, "\"\n\\") + 1;
            p += *p == ',';
        }
        name = (size_t)(p + 1 - line);
    }
    assert_int_equal(line[name], ' ');
    strtod(line + name + 1, &end);
    if (end != line + n)
        fail_msg("no number: %.*s", (int)n, line);
}

static void metrics(void **state)
{
    char family[80] = "";
    const char *text;

    (void)state;
    stock(1, "", 201);
    stock(1, "", 409);
    says(ask("GET", "/v1/health", "", 200), "{\"status\":\"ok\",\"servers\":{\"smdp\":\"ok\"}}");
    text = ask("GET", "/metrics", "", 200);
    says(text, "dunlin_requests_total{server=\"smdp\",route=\"/v1/smdp/profiles\",code=\"201\","
               "subject=\"\",reason=\"\",error=\"\"} 1\n");
    says(text, "code=\"409\",subject=\"8.2.1\",reason=\"3.3\",error=\"\"} 1\n");
    says(text, "dunlin_request_seconds_count{server=\"smdp\",route=\"/v1/smdp/profiles\"} 2\n");
    says(text, "route=\"/v1/smdp/profiles\",le=\"+Inf\"} 2\n");
    for (const char *p = text; *p; p += strcspn(p, "\n") + 1)
        check_line(p, strcspn(p, "\n"), family);
}

static void orders_of_the_smdp_are_counted(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 3; n++)
        stock(n, "profileType=Gold", 201);
    ask("POST", "/v1/smdp/orders", "{\"profileType\":\"Gold\"}", 201);
    refuses("GET", "/v1/smdp/states", "", 503, "");
    desk_count(&side, 0);
    says(ask("GET", "/metrics", "", 200), "dunlin_orders{server=\"smdp\",state=\"Available\"} 2\n");
    says(ask("GET", "/metrics", "", 200), "state=\"Released\"} 1\n");
    says(ask("GET", "/v1/smdp/states", "", 200),
         "{\"Available\":2,\"Allocated\":0,\"Linked\":0,\"Confirmed\":0,\"Released\":1,");
    says(ask("GET", "/v1/smdp/states", "", 200), "\"Enabled\":0,\"Disabled\":0,\"Deleted\":0}");
}

/* Whatever is counted, the table has an end. */
static void meters_are_bounded(void **state)
{
    struct meters *m = meters_open();
    struct turn_about about = { 0 };
    struct admin_house house = { .meters = m };
    slice text;

    (void)state;
    assert_non_null(m);
    for (int i = 0; i < 5000; i++) {
        const struct route route = { .path = "/x" };

        meters_count(m, "smdp",
                     &(struct engine_report){ .route = &route, .status = i, .about = &about });
    }
    MUST(meters_print(&house, 0, &arena, &text) == E_OK);
    says((const char *)arena_printf(&arena, "%.*s", (int)text.n, (const char *)text.p).p,
         "dunlin_uncounted_total 3976\n");
    meters_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SMDP(f) cmocka_unit_test_setup_teardown(f, set_up_smdp, tear_down)
        SMDP(orders_step_by_step),
        SMDP(metadata_of_a_profile),
        SMDP(metadata_unless_said),
        SMDP(metadata_refused),
        SMDP(orders_at_once),
        SMDP(pages),
        SMDP(operators),
        SMDP(bad_input_of_the_smdp),
        SMDP(keys),
        SMDP(keys_race),
        SMDP(description),
        SMDP(metrics),
        SMDP(orders_of_the_smdp_are_counted),
        SMDP(meters_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
