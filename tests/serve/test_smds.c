/*
 * ES11, ES12 and ES15 as HTTP messages.
 * DSS-001, DSS-003, DSS-005 in both bindings of ES11; functions that an SM-DS has not are none.
 * DSS-007, DSS-008, DSS-011 in JSON; COM-012 for ES12; TLS-011: who shows no certificate, or one
 *   that is nobody's, is answered 403.
 */
#include "serve/world.h"

#define CERTIFICATE "certificate of the SM-DP+"

static struct world w;
static struct arena arena;
static struct card card;
static char eid[EID_DIGITS + 1];

static void add_caller(void)
{
    struct turn t;

    turn_init(&t, &arena, w.store, 1);
    assert_int_equal(smds_caller_add(w.smds, SLICE_LIT(SMDP_NAME), SLICE_LIT(CERTIFICATE), &t),
                     E_OK);
    assert_int_equal(turn_commit(&t), E_OK);
}

static void open_with(const char *root)
{
    world_open_smds(&w, root);
    add_caller();
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    world_make(&w);
    open_with("root.example.com");
    card_open(&card, &w, 1);
    eid_to_digits(card.eid, eid);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_end(&w);
    arena_free(&arena);
    return 0;
}

/* ---- ES12 ---- */

#define HEADER(who)                                                                                \
    "\"header\":{\"functionRequesterIdentifier\":\"" who "\",\"functionCallIdentifier\":\"1\"}"

static const char *answered; /* the body, as text */

static int post(slice certificate, const char *path, const char *body)
{
    slice answer;
    int status = world_post_as(&w, certificate, path, MEDIA_JSON, slice_str(body), &arena, &answer);

    answered = (const char *)arena_printf(&arena, "%.*s", (int)answer.n,
                                          answer.n ? (const char *)answer.p : "")
                   .p;
    return status;
}

static void es12(const char *path, const char *members)
{
    slice body =
        arena_printf(&arena, "{" HEADER(SMDP_NAME) ",\"eid\":\"%s\",%s}%c", eid, members, 0);

    assert_int_equal(post(SLICE_LIT(CERTIFICATE), path, (const char *)body.p), 200);
}

#define assert_done() assert_non_null(strstr(answered, "\"status\":\"Executed-Success\""))
#define assert_failed(subject, reason)                                                             \
    assert_non_null(                                                                               \
        strstr(answered, "\"subjectCode\":\"" subject "\",\"reasonCode\":\"" reason "\""))

static void add_event(const char *id, const char *address, bool forward)
{
    slice members = arena_printf(&arena,
                                 "\"rspServerAddress\":\"%s\",\"eventId\":\"%s\","
                                 "\"forwardingIndicator\":%s%c",
                                 address, id, forward ? "true" : "false", 0);

    es12("/gsma/rsp2/es12/registerEvent", (const char *)members.p);
}

static void register_and_delete_DSS_007_008(void **state)
{
    (void)state;
    add_event("E1", "smdp.example.com", false);
    assert_done();
    add_event("E1", "smdp.example.com", false);
    assert_failed("8.9.5", "3.3");
    es12("/gsma/rsp2/es15/deleteEvent", "\"eventId\":\"E1\"");
    assert_done();
    es12("/gsma/rsp2/es12/deleteEvent", "\"eventId\":\"E1\"");
    assert_failed("8.9.5", "3.9");
}

/* The engine here makes no calls: the root is away, and the event is not there. */
static void forwarded_to_nobody_DSS_011(void **state)
{
    (void)state;
    add_event("E1", "smdp.example.com", true);
    assert_failed("8.9", "5.1");
    assert_int_equal(world_rows(&w, &smds_event_table), 0);
    assert_int_equal(world_rows(&w, &smds_removal_table), 1);
    add_event("E1", "smdp.example.com", false);
    assert_done();
}

static void callers_TLS_011(void **state)
{
    static const char body[] =
        "{" HEADER(SMDP_NAME) ",\"eid\":\"89049032000001000000000000000015\","
                              "\"rspServerAddress\":\"a.b\",\"eventId\":\"E1\","
                              "\"forwardingIndicator\":false}";
    static const char other[] = "{" HEADER("smdp2") ",\"eid\":\"89049032000001000000000000000015\","
                                                    "\"eventId\":\"E1\"}";
    const char *const path = "/gsma/rsp2/es12/registerEvent";

    (void)state;
    assert_int_equal(post(SLICE_NONE, path, body), 403);
    assert_int_equal(post(SLICE_LIT("another one"), path, body), 403);
    assert_int_equal(world_rows(&w, &smds_event_table), 0);
    assert_int_equal(post(SLICE_LIT(CERTIFICATE), "/gsma/rsp2/es12/deleteEvent", other), 200);
    assert_failed("1.1", "1.2");
    assert_int_equal(post(SLICE_LIT(CERTIFICATE), path, body), 200);
    assert_done();
}

static void malformed_COM_012(void **state)
{
    static const struct {
        const char *members, *word;
    } rows[] = {
        { "\"rspServerAddress\":\"a.b\",\"eventId\":\"E\"", "forwardingIndicator" },
        { "\"rspServerAddress\":\"a.b\",\"forwardingIndicator\":false", "eventId" },
        { "\"eventId\":\"E\",\"forwardingIndicator\":false", "rspServerAddress" },
        { "\"rspServerAddress\":\"a.b\",\"eventId\":\"\",\"forwardingIndicator\":false",
          "eventId" },
        { "\"rspServerAddress\":\"a.b\",\"eventId\":1,\"forwardingIndicator\":false", "eventId" },
        { "\"rspServerAddress\":\"a.b\",\"eventId\":\"E\",\"forwardingIndicator\":0",
          "forwardingIndicator" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        slice body = arena_printf(&arena, "{" HEADER(SMDP_NAME) ",\"eid\":\"%s\",%s}%c", eid,
                                  rows[i].members, 0);

        assert_int_equal(
            post(SLICE_LIT(CERTIFICATE), "/gsma/rsp2/es12/registerEvent", (const char *)body.p),
            400);
        assert_non_null(strstr(answered, rows[i].word));
    }
    assert_int_equal(world_rows(&w, &smds_event_table), 0);
    es12("/gsma/rsp2/es12/registerEvent", "\"rspServerAddress\":\"a.b\",\"eventId\":\"E\","
                                          "\"forwardingIndicator\":false,\"more\":[1]");
    assert_done();
}

/* ---- ES11 ---- */

static void events_of_a_card(void **state)
{
    struct event_entries e[4];
    size_t count;

    (void)state;
    add_event("E1", "smdp.example.com", false);
    add_event("E2", "smdp2.example.com:8443", false);
    for (int asn1 = 0; asn1 < 2; asn1++) {
        card.asn1 = asn1;
        assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
        assert_int_equal(card_ask_events(&card, "", e, COUNT(e), &count), E_OK);
        assert_int_equal(count, 2);
        assert_true(slice_eq_str(e[0].event_id, "E1"));
        assert_true(slice_eq_str(e[0].rsp_server_address, "smdp.example.com"));
        assert_true(slice_eq_str(e[1].event_id, "E2"));
        assert_true(slice_eq_str(e[1].rsp_server_address, "smdp2.example.com:8443"));
        assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
        assert_int_equal(card_ask_events(&card, "E2", e, COUNT(e), &count), E_OK);
        assert_int_equal(count, 1);
        assert_true(slice_eq_str(e[0].event_id, "E2"));
    }
}

static const char *text_of_body(void)
{
    slice body = card_authenticate_body(&card, "");

    return (const char *)arena_printf(&arena, "%.*s%c", (int)body.n, (const char *)body.p, 0).p;
}

/* As it stands on the wire (SGP.22 6.5), which others read. */
static void events_in_json(void **state)
{
    static const char events[] =
        "\"eventEntries\":[{\"eventId\":\"E1\",\"rspServerAddress\":\"smdp.example.com\"},"
        "{\"eventId\":\"E2\",\"rspServerAddress\":\"smdp.example.com\"}]}";

    (void)state;
    assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
    assert_int_equal(post(SLICE_NONE, ES9("authenticateClient"), text_of_body()), 200);
    assert_non_null(strstr(answered, "\"eventEntries\":[]"));
    add_event("E1", "smdp.example.com", false);
    add_event("E2", "smdp.example.com", false);
    assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
    assert_int_equal(post(SLICE_NONE, ES9("authenticateClient"), text_of_body()), 200);
    assert_non_null(strstr(answered, events));
}

static void no_events_is_an_empty_list(void **state)
{
    struct event_entries e[1];
    size_t count;

    (void)state;
    for (int asn1 = 0; asn1 < 2; asn1++) {
        card.asn1 = asn1;
        assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
        assert_int_equal(card_ask_events(&card, "", e, COUNT(e), &count), E_OK);
        assert_int_equal(count, 0);
    }
}

static void refusals(void **state)
{
    struct event_entries e[1];
    size_t count;

    (void)state;
    for (int asn1 = 0; asn1 < 2; asn1++) {
        card.asn1 = asn1;
        card.subject[0] = card.reason[0] = '\0';
        assert_int_equal(card_initiate(&card, SMDP_NAME), E_REFUSED);
        assert_int_equal(card.error, 1);
        assert_string_equal(card.subject, asn1 ? "" : "8.9.1");
        assert_string_equal(card.reason, asn1 ? "" : "3.8");
        assert_int_equal(card_initiate(&card, SMDS_NAME), E_OK);
        assert_int_equal(card_ask_events(&card, "E9", e, COUNT(e), &count), E_REFUSED);
        assert_int_equal(card.error, 6);
        assert_string_equal(card.subject, asn1 ? "" : "8.9.5");
        assert_string_equal(card.reason, asn1 ? "" : "3.9");
        assert_int_equal(card_ask_events(&card, "", e, COUNT(e), &count), E_REFUSED);
        assert_int_equal(card.error, 7); /* the session is over */
    }
}

/* GetBoundProfilePackage and the like are an SM-DP+'s. */
static void no_functions_of_an_smdp(void **state)
{
    static const uint8_t notification[] = { 0xA2, 0x08, 0xBF, 0x3D, 0x05,
                                            0xBF, 0x37, 0x02, 0x30, 0x00 };
    slice answer;

    (void)state;
    assert_int_equal(
        world_post(&w, ES9("getBoundProfilePackage"), MEDIA_JSON, SLICE_LIT("{}"), &arena, &answer),
        404);
    assert_int_equal(world_post(&w, AT_ASN1, MEDIA_ASN1, SLICE_OF(notification), &arena, &answer),
                     400);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(register_and_delete_DSS_007_008),
        T(forwarded_to_nobody_DSS_011),
        T(callers_TLS_011),
        T(malformed_COM_012),
        T(events_of_a_card),
        T(events_in_json),
        T(no_events_is_an_empty_list),
        T(refusals),
        T(no_functions_of_an_smdp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
