/*
 * Orders of the operator's surface that an SM-DS is told of, in process: DPP-046 (the SM-DS says
 * no, or nothing) and DPP-047 (the event goes with the order). An order is Released only behind the
 * SM-DS's answer; under an Idempotency-Key it is one order, however often it is tried.
 */
#include "serve/desk.h"

#include "profile/build.h"

#define ICCID_1 "8999970000000000019"
#define EID_1   "89049032123451234512345678901235"
#define ORDERS  "/v1/smdp/orders"
#define MEMBERS "\"eid\":\"" EID_1 "\",\"smdsAddress\":\"smds.example.com\",\"matchingId\":\"M-1\""
#define BODY    "{\"profileType\":\"Gold\"," MEMBERS "}"

static struct world w;
static struct desk_side side;
static struct arena arena;

/* The SM-DS: what it answers, and what it heard last. */
static struct {
    const char *subject, *reason; /* NULL: success */
    bool away;
    unsigned calls;
    char path[80], body[400], host[80];
    /* asked before it answers, on its time */
    const char *nested_path;
    int nested_status;
} smds;

static void call(void *ctx, const struct turn_upstream *u, engine_answered *answered, void *token)
{
    static char body[300];
    struct engine_answer a = { .status = 200, .content_type = SLICE_LIT("application/json") };

    (void)ctx;
    smds.calls++;
    snprintf(smds.path, sizeof smds.path, "%.*s", (int)u->path.n, u->path.p);
    snprintf(smds.host, sizeof smds.host, "%.*s", (int)u->host.n, u->host.p);
    snprintf(smds.body, sizeof smds.body, "%.*s", (int)u->body.n, u->body.p);
    if (smds.nested_path) {
        const char *path = smds.nested_path;

        smds.nested_path = NULL;
        desk_ask(&side, "POST", path, BODY, "k1", &arena, smds.nested_status);
    }
    if (smds.subject)
        snprintf(
            body, sizeof body,
            "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Failed\",\"statusCodeData\":"
            "{\"subjectCode\":\"%s\",\"reasonCode\":\"%s\"}}}}",
            smds.subject, smds.reason);
    else
        snprintf(body, sizeof body,
                 "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}}");
    a.body = slice_str(body);
    if (smds.away)
        a = (struct engine_answer){ .err = E_NETWORK };
    answered(token, &a);
}

static void stock(unsigned n)
{
    char iccid[ICCID_DIGITS + 1];
    struct build_input in = { .iccid = slice_of(iccid, 19) };
    slice package;

    snprintf(iccid, sizeof iccid, "8999970%011u", n);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    MUST(profile_build(&arena, w.crypto, &in, &package, NULL) == E_OK);
    desk_send(&side, "POST", "/v1/smdp/profiles?profileType=Gold", "application/octet-stream",
              package, NULL, &arena, 201);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)32 << 20);
    memset(&smds, 0, sizeof smds);
    world_make(&w);
    world_open_smdp(&w);
    side.upstream.call = call;
    desk_open_side(&side, &w);
    stock(1);
    stock(2);
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

static const char *ask(const char *path, const char *body, const char *key, int status)
{
    return desk_ask(&side, "POST", path, body, key, &arena, status);
}

static const char *show(const char *iccid)
{
    return desk_ask(&side, "GET", (const char *)arena_printf(&arena, ORDERS "/%s", iccid).p, "",
                    NULL, &arena, 200);
}

static size_t orders(void)
{
    const char *list = desk_ask(&side, "GET", ORDERS, "", NULL, &arena, 200);
    size_t n = 0;

    for (const char *p = list; (p = strstr(p, "\"iccid\"")); p++)
        n++;
    return n;
}

#define says desk_says

/* The ICCID in an answer. */
static const char *iccid_in(const char *answer)
{
    const char *at = strstr(answer, "\"iccid\":\"");

    MUST(at);
    return (const char *)arena_printf(&arena, "%.19s", at + 9).p;
}

static size_t events(void)
{
    return world_rows(&w, &smdp_ds_event_table);
}

static void in_one(void **state)
{
    const char *answer;

    (void)state;
    answer = ask(ORDERS, BODY, NULL, 201);
    says(answer,
         "\"state\":\"Released\",\"eid\":\"" EID_1 "\",\"activationCode\":\"1$" SMDP_NAME "$M-1\"");
    assert_string_equal(smds.host, "smds.example.com");
    assert_string_equal(smds.path, "/gsma/rsp2/es12/registerEvent");
    says(smds.body, "\"eventId\":\"M-1\"");
    says(smds.body, "\"eid\":\"" EID_1 "\"");
    answer = show(iccid_in(answer));
    says(answer, "\"state\":\"Released\"");
    says(answer, "\"smdsAddress\":\"smds.example.com\"");
    assert_int_equal(events(), 1);
}

static void step_by_step(void **state)
{
    const char *path;

    (void)state;
    ask(ORDERS, "{\"iccid\":\"" ICCID_1 "\",\"until\":\"download\"}", NULL, 201);
    says(ask(ORDERS "/" ICCID_1 "/confirm", "{" MEMBERS "}", NULL, 200),
         "\"state\":\"Confirmed\",\"eid\":\"" EID_1 "\"");
    assert_int_equal(smds.calls, 0);
    says(ask(ORDERS "/" ICCID_1 "/release", "", NULL, 200), "\"state\":\"Released\"");
    assert_int_equal(smds.calls, 1);
    ask(ORDERS "/" ICCID_1 "/cancel", "{}", NULL, 200);
    says(show(ICCID_1), "Available");
    /* confirmed and released in one step */
    ask(ORDERS, "{\"iccid\":\"" ICCID_1 "\",\"until\":\"download\"}", NULL, 201);
    path = ORDERS "/" ICCID_1 "/confirm";
    says(ask(path, "{\"release\":true,\"eid\":\"" EID_1 "\",\"smdsAddress\":\"smds.example.com\"}",
             NULL, 200),
         "\"state\":\"Released\"");
    assert_int_equal(smds.calls, 2);
}

/* What cannot be is refused before anybody is asked, and nothing is placed. */
static void refused_before(void **state)
{
    static const char *const bodies[] = {
        "{\"profileType\":\"Gold\",\"smdsAddress\":\"smds.example.com\"}", /* no EID */
        "{\"profileType\":\"Gold\",\"eid\":\"" EID_1 "\",\"smdsAddress\":\"a b\"}",
        "{\"profileType\":\"Gold\",\"eid\":\"" EID_1 "\",\"smdsAddress\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bodies); i++)
        desk_refuses(&side, "POST", ORDERS, bodies[i], &arena, i ? 409 : 400, "");
    assert_int_equal(smds.calls, 0);
    assert_int_equal(orders(), 0);
}

static void smds_says_no_DPP_046(void **state)
{
    const char *answer, *iccid, *path;

    (void)state;
    smds.subject = "8.9.5";
    smds.reason = "3.3";
    answer = ask(ORDERS, BODY, NULL, 409);
    says(answer, "\"subjectCode\":\"8.9\",\"reasonCode\":\"4.2\"");
    iccid = iccid_in(answer);
    says(show(iccid), "\"state\":\"Confirmed\"");
    assert_int_equal(events(), 1); /* to be deleted there, for nobody knows */
    /* the same name is free again once that has been settled; another one is free at once */
    ask((const char *)arena_printf(&arena, ORDERS "/%s/cancel", iccid).p, "{}", NULL, 200);
    smds.subject = NULL;
    smds.away = true;
    answer = ask(ORDERS,
                 "{\"profileType\":\"Gold\",\"eid\":\"" EID_1
                 "\",\"smdsAddress\":\"smds.example.com\",\"matchingId\":\"M-2\"}",
                 NULL, 409);
    says(answer, "\"subjectCode\":\"8.9\",\"reasonCode\":\"5.1\"");
    path = (const char *)arena_printf(&arena, ORDERS "/%s/release", iccid_in(answer)).p;
    ask(path, "", NULL, 409);
    smds.away = false;
    says(ask(path, "", NULL, 200), "\"state\":\"Released\"");
}

/* However often, it is one order; and when it is done the answer is that of then. */
static void one_order_under_a_key(void **state)
{
    const char *answer, *first;
    unsigned calls;

    (void)state;
    smds.away = true;
    answer = ask(ORDERS, BODY, "k1", 409);
    assert_string_equal(iccid_in(ask(ORDERS, BODY, "k1", 409)), iccid_in(answer));
    assert_int_equal(orders(), 1);
    /* it outlives the process */
    desk_close_side(&side);
    world_shut(&w);
    world_open_smdp(&w);
    side.upstream.call = call;
    desk_open_side(&side, &w);
    ask(ORDERS, "{\"profileType\":\"Gold\"}", "k1", 422);
    smds.away = false;
    first = ask(ORDERS, BODY, "k1", 201);
    says(first, "\"state\":\"Released\"");
    assert_string_equal(iccid_in(first), iccid_in(answer));
    calls = smds.calls;
    assert_string_equal(ask(ORDERS, BODY, "k1", 201), first);
    assert_int_equal(smds.calls, calls);
    assert_int_equal(orders(), 1);
    assert_int_equal(events(), 1);
}

/* Somebody else released it: then there is nothing left to do. */
static void released_otherwise(void **state)
{
    const char *answer;

    (void)state;
    smds.away = true;
    answer = ask(ORDERS, BODY, "k1", 409);
    smds.away = false;
    ask((const char *)arena_printf(&arena, ORDERS "/%s/release", iccid_in(answer)).p, "", NULL,
        200);
    says(ask(ORDERS, BODY, "k1", 201), "\"state\":\"Released\"");
    assert_int_equal(smds.calls, 2);
}

/* The same request comes again before the SM-DS has answered: it does not ask twice. */
static void asked_again_meanwhile(void **state)
{
    (void)state;
    smds.nested_path = ORDERS;
    smds.nested_status = 409;
    says(ask(ORDERS, BODY, "k1", 201), "\"state\":\"Released\"");
    assert_int_equal(smds.calls, 1);
    assert_int_equal(orders(), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(in_one),
        TEST(step_by_step),
        TEST(refused_before),
        TEST(smds_says_no_DPP_046),
        TEST(one_order_under_a_key),
        TEST(released_otherwise),
        TEST(asked_again_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
