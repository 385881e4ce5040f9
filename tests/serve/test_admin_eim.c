/*
 * The operator's surface of an eIM, in process: every kind of order becomes the octets of SGP.32
 * 2.11.1.1; what waits is taken back; bad input of every operation changes nothing.
 */
#include "serve/desk.h"

static struct world w;
static struct desk_side side;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)32 << 20);
    world_make(&w);
    world_open_eim(&w);
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

#define says desk_says

static void refuses(const char *method, const char *path, const char *body, int status,
                    const char *field)
{
    desk_refuses(&side, method, path, body, &arena, status, field);
}

#define ICCID_1 "8999970000000000019"
#define EID_1   "89049032123451234512345678901235"

#define DEVICE  "/v1/eim/devices/" EID_1
#define AN_EIM  "MAWAA2VpbQ==" /* 30 05 80 03 "eim" */
#define ICCID_M "\"iccid\":\"" ICCID_1 "\""

#define ICCID_H "5A0A989979000000000010F9"

/* The operations as they stand in the package: SGP.32 2.11.1.1 */
static void every_kind_of_order(void **state)
{
    static const struct {
        const char *body, *content; /* hex of psmoList or ecoList, or of the tags */
    } rows[] = {
        { "{\"kind\":\"enable\"," ICCID_M "}", "A00EA30C" ICCID_H },
        { "{\"kind\":\"enable\"," ICCID_M ",\"rollback\":true}", "A010A30E" ICCID_H "0500" },
        { "{\"kind\":\"disable\"," ICCID_M "}", "A00EA40C" ICCID_H },
        { "{\"kind\":\"delete\"," ICCID_M "}", "A00EA50C" ICCID_H },
        { "{\"kind\":\"listProfileInfo\"}", "A003BF2D00" },
        { "{\"kind\":\"listProfileInfo\",\"profileClass\":2,\"tags\":\"5A9F70\"}",
          "A00DBF2D0AA0039501025C035A9F70" },
        { "{\"kind\":\"getRAT\"}", "A002A600" },
        { "{\"kind\":\"configureImmediateEnable\",\"immediateEnable\":true,\"smdpOid\":\"2.999.1\","
          "\"smdpAddress\":\"a.b\"}",
          "A00EA70C800081038837018203612E62" },
        { "{\"kind\":\"setFallbackAttribute\"," ICCID_M "}", "A00EA80C" ICCID_H },
        { "{\"kind\":\"unsetFallbackAttribute\"}", "A002A900" },
        { "{\"kind\":\"setDefaultDpAddress\",\"smdpAddress\":\"a.b\"}", "A008BF65058003612E62" },
        { "{\"kind\":\"deleteEim\",\"eimId\":\"eim\"}", "A107A905800365696D" },
        { "{\"kind\":\"updateEim\",\"configuration\":\"" AN_EIM "\"}", "A107AA05800365696D" },
        { "{\"kind\":\"listEim\"}", "A102AB00" },
        { "{\"kind\":\"package\",\"operations\":[{\"kind\":\"getRAT\"},{\"kind\":"
          "\"disable\"," ICCID_M "}]}",
          "A010A600A40C" ICCID_H },
        { "{\"kind\":\"data\",\"tags\":\"BF20BF22\"}", "BF20BF22" },
    };

    (void)state;
    says(ask("POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\",\"label\":\"l\",\"wire\":\"1.1\"}",
             201),
         EID_1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *answer = ask("POST", DEVICE "/orders", rows[i].body, 201);
        uint8_t id[8];
        size_t n;
        struct eim_order o;
        char hex[400];

        MUST(hex_decode(slice_of(strstr(answer, "\"id\":\"") + 6, 16), id, sizeof id, &n) == E_OK);
        MUST(store_get(w.store, &eim_order_table, EIM_ORDER_BY_TRANSACTION,
                       STORE_KEY(store_blob(SLICE_OF(id))), &o, &arena) == E_OK);
        MUST(hex_encode(o.content, hex, sizeof hex) == E_OK);
        if (strcmp(hex, rows[i].content) != 0)
            fail_msg("%s became %s", rows[i].body, hex);
    }
    says(ask("POST", DEVICE "/orders",
             "{\"kind\":\"download\",\"activationCode\":\"1$a.b$M\",\"indirect\":true}", 201),
         "queued");
    ask("POST", DEVICE "/orders", "{\"kind\":\"download\",\"smds\":\"a.b\",\"indirect\":true}",
        201);
    says(ask("POST", DEVICE "/orders", "{\"kind\":\"download\",\"defaultSmdp\":true}", 201),
         "queued");
    says(ask("GET", DEVICE "/orders?open=1&limit=1", "", 200), "\"next\":\"");
    says(ask("GET", DEVICE, "", 200), "\"label\":\"l\",\"associated\":true");
}

static void orders_are_taken_back(void **state)
{
    const char *answer;
    char path[100], id[17];

    (void)state;
    ask("POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\"}", 201);
    answer = ask("POST", DEVICE "/orders", "{\"kind\":\"getRAT\"}", 201);
    snprintf(id, sizeof id, "%.16s", strstr(answer, "\"id\":\"") + 6);
    snprintf(path, sizeof path, "/v1/eim/orders/%s/retry", id);
    says(ask("POST", path, "", 409), "\"field\":\"order\"");
    snprintf(path, sizeof path, "/v1/eim/orders/%s/cancel", id);
    says(ask("POST", path, "", 200), "\"state\":\"failed\"");
    refuses("POST", path, "", 409, "order");
    snprintf(path, sizeof path, "/v1/eim/orders/%s", id);
    says(ask("GET", path, "", 200), "\"outcome\":\"cancelled\"");
    says(ask("GET", DEVICE "/orders", "", 200), id);
    /* the eIM's own request for certificates is open */
    refuses("DELETE", DEVICE, "", 409, "eid");
    answer = ask("GET", DEVICE "/orders?open=1", "", 200);
    snprintf(path, sizeof path, "/v1/eim/orders/%.16s/cancel", strstr(answer, "\"id\":\"") + 6);
    ask("POST", path, "", 200);
    ask("DELETE", DEVICE, "", 204);
    refuses("GET", DEVICE, "", 404, "eid");
    ask("POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\"}", 201);
    says(ask("GET", "/v1/eim/events?eid=" EID_1, "", 200), "\"kind\":\"eim.device\"");
}

static void bad_input_of_the_eim(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *field;
    } rows[] = {
        { "GET", "/v1/eim/devices?after=1", "", 400, "after" },
        { "POST", "/v1/eim/devices", "{}", 400, "eid" },
        { "POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\"}", 409, "eid" },
        { "POST", "/v1/eim/devices", "{\"eid\":\"89049032123451234512345678901236\"}", 400, "eid" },
        { "POST", "/v1/eim/devices",
          "{\"eid\":\"89049032123451234500000000000186\",\"wire\":\"2\"}", 400, "wire" },
        { "POST", "/v1/eim/devices",
          "{\"eid\":\"89049032123451234500000000000186\",\"counter\":8388608}", 400, "counter" },
        { "POST", "/v1/eim/devices",
          "{\"eid\":\"89049032123451234500000000000186\",\"associated\":1}", 400, "associated" },
        { "POST", "/v1/eim/devices",
          "{\"eid\":\"89049032123451234500000000000186\",\"euiccCertificate\":\"MAA=\"}", 400, "" },
        { "GET", "/v1/eim/devices/1", "", 400, "eid" },
        { "GET", "/v1/eim/devices/89049032123451234500000000000186", "", 404, "eid" },
        { "DELETE", "/v1/eim/devices/89049032123451234500000000000186", "", 404, "eid" },
        { "GET", DEVICE "/orders?open=2", "", 400, "open" },
        { "POST", "/v1/eim/devices/89049032123451234500000000000186/orders",
          "{\"kind\":\"getRAT\"}", 404, "eid" },
        { "POST", DEVICE "/orders", "{}", 400, "kind" },
        { "POST", DEVICE "/orders", "{\"kind\":\"explode\"}", 400, "kind" },
        { "POST", DEVICE "/orders", "{\"kind\":\"enable\"}", 400, "iccid" },
        { "POST", DEVICE "/orders", "{\"kind\":\"enable\",\"iccid\":\"1\"}", 400, "iccid" },
        { "POST", DEVICE "/orders", "{\"kind\":\"getRAT\"," ICCID_M "}", 400, "iccid" },
        { "POST", DEVICE "/orders", "{\"kind\":\"listProfileInfo\",\"profileClass\":3}", 400,
          "profileClass" },
        { "POST", DEVICE "/orders", "{\"kind\":\"listProfileInfo\",\"tags\":\"5\"}", 400, "tags" },
        { "POST", DEVICE "/orders", "{\"kind\":\"setDefaultDpAddress\"}", 400, "smdpAddress" },
        { "POST", DEVICE "/orders", "{\"kind\":\"configureImmediateEnable\",\"smdpOid\":\"x\"}",
          400, "smdpOid" },
        { "POST", DEVICE "/orders", "{\"kind\":\"addEim\",\"configuration\":\"" AN_EIM "\"}", 400,
          "eco.addEim.eimPublicKeyData" },
        { "POST", DEVICE "/orders", "{\"kind\":\"addEim\",\"configuration\":\"MAE=\"}", 400,
          "configuration" },
        { "POST", DEVICE "/orders", "{\"kind\":\"deleteEim\"}", 400, "eimId" },
        { "POST", DEVICE "/orders", "{\"kind\":\"data\",\"tags\":\"5A\"}", 400, "tagList" },
        { "POST", DEVICE "/orders", "{\"kind\":\"download\"}", 400, "activationCode" },
        { "POST", DEVICE "/orders", "{\"kind\":\"download\",\"activationCode\":\"2$a$b\"}", 400,
          "activationCode" },
        { "POST", DEVICE "/orders",
          "{\"kind\":\"download\",\"activationCode\":\"1$a$b\",\"defaultSmdp\":true}", 400,
          "activationCode" },
        { "POST", DEVICE "/orders", "{\"kind\":\"package\",\"operations\":[]}", 400, "operations" },
        { "POST", DEVICE "/orders", "{\"kind\":\"package\",\"operations\":[1]}", 400,
          "operations" },
        { "POST", DEVICE "/orders", "{\"kind\":\"package\",\"operations\":[{\"kind\":\"data\"}]}",
          400, "operations" },
        { "POST", DEVICE "/orders",
          "{\"kind\":\"package\",\"operations\":[{\"kind\":\"getRAT\"},{\"kind\":\"listEim\"}]}",
          400, "operations" },
        { "POST", DEVICE "/orders",
          "{\"kind\":\"package\",\"operations\":[{\"kind\":\"enable\"," ICCID_M
          "},{\"kind\":\"enable\"," ICCID_M "}]}",
          400, "psmo.enable" },
        { "GET", "/v1/eim/orders/zz", "", 400, "id" },
        { "GET", "/v1/eim/orders/0011", "", 400, "id" },
        { "GET", "/v1/eim/orders/0011223344556677", "", 404, "id" },
        { "POST", "/v1/eim/orders/0011223344556677/retry", "", 404, "id" },
        { "POST", "/v1/eim/orders/0011223344556677/cancel", "", 404, "id" },
    };

    (void)state;
    ask("POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\"}", 201);
    for (size_t i = 0; i < COUNT(rows); i++)
        refuses(rows[i].method, rows[i].path, rows[i].body, rows[i].status, rows[i].field);
}

/* Every order once, also over several steps; again after a rest. */
static void orders_are_counted(void **state)
{
    char body[64];
    const char *text;

    (void)state;
    ask("POST", "/v1/eim/devices", "{\"eid\":\"" EID_1 "\"}", 201); /* and an order of the eIM's */
    for (int i = 0; i < 399; i++) {
        snprintf(body, sizeof body, "{\"kind\":\"%s\"}", i & 1 ? "getRAT" : "listEim");
        ask("POST", DEVICE "/orders", body, 201);
    }
    desk_count(&side, 0);
    desk_count(&side, 0);
    assert_null(strstr(ask("GET", "/metrics", "", 200), "dunlin_orders{"));
    desk_count(&side, 0);
    text = ask("GET", "/metrics", "", 200);
    says(text, "dunlin_orders{server=\"eim\",state=\"queued\"} 400\n");
    says(text, "dunlin_orders{server=\"eim\",state=\"done\"} 0\n");
    ask("POST", DEVICE "/orders", "{\"kind\":\"getRAT\"}", 201);
    desk_count(&side, 10);
    desk_count(&side, 10);
    desk_count(&side, 10);
    says(ask("GET", "/metrics", "", 200), "state=\"queued\"} 400\n");
    desk_count(&side, 31);
    desk_count(&side, 31);
    desk_count(&side, 31);
    says(ask("GET", "/metrics", "", 200), "state=\"queued\"} 401\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind_of_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orders_are_taken_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_input_of_the_eim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(orders_are_counted, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
