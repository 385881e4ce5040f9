/*
 * The operator's surface of an SM-DS, in process: records are listed, shown and deleted, with what
 * stands at the root; who may register comes and goes; bad input of every operation changes
 * nothing; counts stand in the metrics. DSS-008 and DSS-010 for a deletion that the server's own
 * operator orders.
 */
#include "serve/desk.h"

#define EID_1     "89049032123451234512345678901235"
#define EID_2     "89049032123451234512345678901243"
#define ROOT_NAME "root.example.com"
#define RECORDS   "/v1/smds/records"

static struct world w;
static struct desk_side side;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)32 << 20);
    world_make(&w);
    world_open_smds(&w, ROOT_NAME);
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

static struct turn begin(void)
{
    struct turn t;

    turn_init(&t, &arena, w.store, 1763850000000);
    return t;
}

/* forward: what would go to the root; its EventID there. */
static slice registers(const char *owner, const char *eid, const char *id, bool forward)
{
    uint8_t octets[EID_LEN];
    struct register_event_request r = { .rsp_server_address = SLICE_LIT("smdp.example.com"),
                                        .event_id = slice_str(id),
                                        .forwarding_indicator = forward };
    struct turn t = begin();

    MUST(eid_from_digits(slice_str(eid), octets) == E_OK);
    r.eid = SLICE_OF(octets);
    MUST(smds_register_event(w.smds, slice_str(owner), &r, &t) == E_OK && !t.status.subject);
    MUST(turn_commit(&t) == E_OK);
    return t.upstream.resume;
}

static void root_answers(slice resume, bool yes)
{
    const struct es12_answer a = {
        .reached = true,
        .status = yes ? 200 : 503,
        .body = SLICE_LIT(
            "{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}}")
    };
    struct turn t = begin();

    MUST(smds_register_resumed(w.smds, resume, &a, &t) == E_OK && turn_commit(&t) == E_OK);
}

/* The path of dp's record. */
static const char *at(const char *id)
{
    struct smds_event row;

    MUST(store_get(w.store, &smds_event_table, SMDS_EVENT_BY_NAME,
                   STORE_KEY(store_text(SLICE_LIT("dp")), store_text(slice_str(id))), &row,
                   &arena) == E_OK);
    return (const char *)arena_printf(&arena, RECORDS "/%lld", (long long)row.id).p;
}

static void records(void **state)
{
    const char *answer;
    slice resume;

    (void)state;
    says(ask("GET", RECORDS, "", 200), "{\"items\":[]}");
    registers("dp", EID_1, "M-1", false);
    registers("dp", EID_2, "M-2", false);
    registers("other", EID_1, "M-1", false);
    answer = ask("GET", at("M-1"), "", 200);
    says(answer, "\"eid\":\"" EID_1 "\",\"eventId\":\"M-1\",\"rspServerAddress\":"
                 "\"smdp.example.com\",\"owner\":\"dp\",\"state\":\"Live\",\"registered\":\"");
    says(answer,
         "\"registered\":\"2025-11-22T22:20:00.000Z\",\"expires\":\"2026-11-22T22:20:00.000Z\"");
    assert_null(strstr(ask("GET", RECORDS "?eid=" EID_1, "", 200), "M-2"));
    answer = ask("GET", RECORDS "?owner=dp", "", 200);
    says(answer, "M-2");
    assert_null(strstr(answer, "other"));
    says(ask("GET", RECORDS "?state=registering", "", 200), "{\"items\":[]}");
    resume = registers("dp", EID_1, "M-3", true);
    answer = ask("GET", RECORDS "?state=registering", "", 200);
    says(answer, "\"state\":\"Registering\",\"rootEventId\":\"");
    assert_null(strstr(answer, "expires"));
    root_answers(resume, true);
    says(ask("GET", at("M-3"), "", 200), "\"state\":\"Live\",\"rootEventId\":\"");
    says(ask("GET", "/v1/smds/events", "", 200), "\"kind\":\"smds.registered\"");
}

static void pages(void **state)
{
    char path[120] = RECORDS "?limit=2&eid=" EID_1;
    unsigned seen = 0;

    (void)state;
    for (char id[] = "A"; *id <= 'E'; ++*id) {
        registers("dp", EID_1, id, false);
        registers("other", EID_2, id, false);
    }
    for (unsigned page = 0; page < 3; page++) {
        const char *answer = ask("GET", path, "", 200), *next;

        for (const char *p = answer; (p = strstr(p, "\"eventId\"")); p++)
            seen++;
        assert_null(strstr(answer, EID_2));
        next = strstr(answer, "\"next\":\"");
        assert_int_equal(next != NULL, page < 2);
        if (next)
            snprintf(path, sizeof path, RECORDS "?limit=2&eid=" EID_1 "&after=%.*s",
                     (int)strcspn(next + 8, "\""), next + 8);
    }
    assert_int_equal(seen, 5);
}

/* What stands at the root goes from there too; what the root is being asked about, after that. */
static void deleting_DSS_008_DSS_010(void **state)
{
    const char *path;
    slice resume;

    (void)state;
    registers("dp", EID_1, "M-1", false);
    path = at("M-1");
    ask("DELETE", path, "", 204);
    refuses("GET", path, "", 404, "id");
    refuses("DELETE", path, "", 404, "id");
    says(ask("GET", "/v1/smds/events?kind=smds.deleted", "", 200), "\"detail\":\"M-1\"");
    assert_int_equal(world_rows(&w, &smds_removal_table), 0);

    root_answers(registers("dp", EID_1, "M-2", true), true);
    path = at("M-2");
    ask("DELETE", path, "", 204);
    refuses("GET", path, "", 404, "id");
    assert_int_equal(world_rows(&w, &smds_removal_table), 1);
    says(ask("GET", "/metrics", "", 200), "dunlin_undelivered{server=\"smds\"} 1\n");

    resume = registers("dp", EID_1, "M-3", true);
    path = at("M-3");
    ask("DELETE", path, "", 204);
    says(ask("GET", path, "", 200), "\"state\":\"Cancelled\"");
    root_answers(resume, true);
    refuses("GET", path, "", 404, "id");
    assert_int_equal(world_rows(&w, &smds_removal_table), 2);
}

static void keys(void **state)
{
    const char *path;

    (void)state;
    registers("dp", EID_1, "M-1", false);
    registers("dp", EID_1, "M-2", false);
    path = at("M-1");
    desk_ask(&side, "DELETE", path, "", "k1", &arena, 204);
    desk_ask(&side, "DELETE", path, "", "k1", &arena, 204);
    desk_ask(&side, "DELETE", at("M-2"), "", "k1", &arena, 422);
}

static void rsp_servers(void **state)
{
    char der[2 * CERT_ISSUE_MAX], body[3 * CERT_ISSUE_MAX], path[120];
    struct turn t;
    const char *answer;
    slice name;
    size_t n;

    (void)state;
    MUST(b64_encode(w.eum.cert.der, der, sizeof der, &n) == E_OK);
    snprintf(body, sizeof body, "{\"name\":\"dp\",\"certificate\":\"%.*s\"}", (int)n, der);
    answer = ask("POST", "/v1/smds/rspServers", body, 201);
    snprintf(path, sizeof path, "/v1/smds/rspServers/%.64s", strstr(answer, "\"id\":\"") + 6);
    says(ask("POST", "/v1/smds/rspServers", body, 200), path + 20);
    says(ask("GET", "/v1/smds/rspServers", "", 200), path + 20);
    t = begin();
    assert_int_equal(smds_caller_of(w.smds, w.eum.cert.der, SLICE_LIT("dp"), &t, &name), E_OK);
    snprintf(body, sizeof body, "{\"name\":\"other\",\"certificate\":\"%.*s\"}", (int)n, der);
    refuses("POST", "/v1/smds/rspServers", body, 409, "");
    snprintf(body, sizeof body, "{\"name\":\"\",\"certificate\":\"%.*s\"}", (int)n, der);
    refuses("POST", "/v1/smds/rspServers", body, 400, "name");
    ask("DELETE", path, "", 204);
    refuses("DELETE", path, "", 404, "id");
    t = begin();
    assert_int_equal(smds_caller_of(w.smds, w.eum.cert.der, SLICE_LIT("dp"), &t, &name),
                     E_UNTRUSTED);
}

static void bad_input(void **state)
{
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *field;
    } rows[] = {
        { "GET", RECORDS "?eid=12", "", 400, "eid" },
        { "GET", RECORDS "?state=Gone", "", 400, "state" },
        { "GET", RECORDS "?after=x", "", 400, "after" },
        { "GET", RECORDS "?limit=0", "", 400, "limit" },
        { "GET", RECORDS "?iccid=1", "", 400, "iccid" },
        { "GET", RECORDS "/0", "", 400, "id" },
        { "GET", RECORDS "/x1", "", 400, "id" },
        { "GET", RECORDS "/-1", "", 400, "id" },
        { "GET", RECORDS "/9999999999999999999", "", 400, "id" },
        { "GET", RECORDS "/999999", "", 404, "id" },
        { "DELETE", RECORDS "/999999", "", 404, "id" },
        { "DELETE", RECORDS "/1x", "", 400, "id" },
        { "POST", "/v1/smds/rspServers", "{\"name\":\"dp\"}", 400, "certificate" },
        { "POST", "/v1/smds/rspServers", "{\"name\":\"dp\",\"certificate\":\"MAA=\"}", 400,
          "certificate" },
        { "POST", "/v1/smds/rspServers", "{\"name\":\"dp\",\"notify\":\"a\"}", 400, "notify" },
        { "DELETE", "/v1/smds/rspServers/00", "", 400, "id" },
        { "GET", "/v1/smds/events?eid=x", "", 400, "eid" },
    };

    (void)state;
    registers("dp", EID_1, "M-1", false);
    for (size_t i = 0; i < COUNT(rows); i++)
        refuses(rows[i].method, rows[i].path, rows[i].body, rows[i].status, rows[i].field);
}

static void counts(void **state)
{
    (void)state;
    registers("dp", EID_1, "M-1", false);
    registers("dp", EID_2, "M-1b", false);
    registers("dp", EID_2, "M-2", true);
    desk_count(&side, 0);
    says(ask("GET", "/metrics", "", 200),
         "dunlin_event_records{server=\"smds\",state=\"Live\"} 2\n");
    says(ask("GET", "/metrics", "", 200),
         "dunlin_event_records{server=\"smds\",state=\"Registering\"} 1\n");
    says(ask("GET", "/v1/smds/states", "", 200), "{\"Live\":2,\"Registering\":1,\"Cancelled\":0}");
    says(ask("GET", "/v1/health", "", 200), "{\"status\":\"ok\",\"servers\":{\"smds\":\"ok\"}}");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(records), TEST(pages),     TEST(deleting_DSS_008_DSS_010),
        TEST(keys),    TEST(bad_input), TEST(rsp_servers),
        TEST(counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
