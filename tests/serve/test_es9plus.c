/*
 * ES9+ as HTTP messages, in both bindings.
 * COM-012: members that are unknown are ignored; every other deviation is HTTP 400 that names the
 *   member, changes nothing, and the next good request of the same session succeeds.
 * COM-015: HandleNotification is answered with 204 and no body.
 * COM-017 (reduced to 2000 sessions): no transactionId and no challenge repeats across a restart.
 * DPP-001, DPP-002, DPP-005, DPP-019: a download whose every answer the card checks.
 * DPP-029 (without SM-DS): the installation result makes the order Installed.
 * DPP-051: DPP-001, 005, 019 and 029 in the ASN.1 binding.
 */
#include "serve/world.h"

#include <jansson.h>

static struct world w;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    world_make(&w);
    world_open_smdp(&w);
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_end(&w);
    arena_free(&arena);
    return 0;
}

/* ---- whole downloads ---- */

static size_t events(const char *kind)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    struct store_event *rows;
    size_t count, n = 0;

    assert_int_equal(store_list(w.store, &store_event_table, &q, &arena, &rows, &count), E_OK);
    for (size_t i = 0; i < count; i++)
        n += slice_eq_str(rows[i].kind, kind);
    return n;
}

static void download(bool asn1)
{
    struct profile p;
    struct card c;

    world_release(&w, 1, &arena, &p);
    card_open(&c, &w, 1);
    c.asn1 = asn1;
    assert_int_equal(card_initiate(&c, SMDP_NAME), E_OK);
    assert_int_equal(world_order(&w, &p, &arena).state, SMDP_RELEASED);
    assert_int_equal(card_authenticate(&c, p.matching_id), E_OK);
    assert_true(c.signed2.has_cc_required_flag);
    assert_false(c.signed2.cc_required_flag);
    assert_true(c.metadata.n > 0);
    assert_int_equal(card_get_package(&c), E_OK);
    assert_int_equal(world_order(&w, &p, &arena).state, SMDP_DOWNLOADED);
    assert_true(slice_eq(world_order(&w, &p, &arena).eid, SLICE_OF(c.eid)));
    assert_true(slice_eq(card_opened(&c), p.package));
    assert_int_equal(events("smdp.progress.4"), 0);
    assert_int_equal(card_notify_installed(&c, p.iccid), E_OK);
    assert_int_equal(world_order(&w, &p, &arena).state, SMDP_INSTALLED);
    assert_int_equal(events("smdp.progress.4"), 1);
    card_close(&c);
}

static void download_in_json(void **state)
{
    (void)state;
    download(false);
}

static void download_in_asn1(void **state)
{
    (void)state;
    download(true);
}

static void other_address(void **state)
{
    struct card c;

    (void)state;
    card_open(&c, &w, 1);
    for (int asn1 = 0; asn1 < 2; asn1++) {
        c.asn1 = asn1;
        c.subject[0] = '\0';
        assert_int_equal(card_initiate(&c, "TestSmdpPlus1.EXAMPLE.com"), E_OK);
        assert_int_equal(card_initiate(&c, "smdp.example.org"), E_REFUSED);
        assert_int_equal(c.error, 1); /* invalidDpAddress */
        assert_string_equal(c.subject, asn1 ? "" : "8.8.1");
        assert_string_equal(c.reason, asn1 ? "" : "3.8");
        c.reason[0] = '\0';
    }
    card_close(&c);
}

/* ---- notifications ---- */

static void notifications(void **state)
{
    struct profile p;
    struct card c;
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];

    (void)state;
    for (unsigned asn1 = 0; asn1 < 2; asn1++) {
        world_release(&w, 1 + asn1, &arena, &p);
        card_open(&c, &w, 1 + asn1);
        c.asn1 = asn1;
        assert_int_equal(card_download(&c, &p), E_OK);
        world_digest(&w, before);
        c.seq--; /* the same again, as a card does that heard no answer */
        assert_int_equal(card_notify_installed(&c, p.iccid), E_OK);

        card_close(&c);
        world_digest(&w, after);
        assert_memory_equal(before, after, sizeof before);
    }
}

/* ---- COM-012 ---- */

/* The body with one member changed to what `json` says; NULL: without it. */
static slice change(slice body, const char *member, const char *json)
{
    json_t *o = json_loadb((const char *)body.p, body.n, 0, NULL);
    char *text;
    slice out;

    assert_non_null(o);
    if (json)
        json_object_set_new(o, member, json_loads(json, JSON_DECODE_ANY, NULL));
    else
        assert_int_equal(json_object_del(o, member), 0);
    text = json_dumps(o, JSON_COMPACT);
    out = arena_copy(&arena, slice_str(text));
    free(text);
    json_decref(o);
    return out;
}

/* `from` in the body overwritten by as many octets of `to`. */
static slice overwrite(slice body, const char *from, const char *to)
{
    size_t n = strlen(from);
    slice out = arena_copy(&arena, body);

    for (size_t i = 0; i + n <= out.n; i++)
        if (!memcmp(out.p + i, from, n)) {
            memcpy((uint8_t *)out.p + i, to, n);
            return out;
        }
    fail_msg("no %s in the body", from);
    return SLICE_NONE;
}

static bool contains(slice s, const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i + n <= s.n; i++)
        if (!memcmp(s.p + i, text, n))
            return true;
    return false;
}

/* 400, Failed, the member is named, and the store is as it was. */
static void refused(const char *path, slice body, const char *member, const char *what)
{
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
    slice answer;
    int status;

    world_digest(&w, before);
    status = world_post(&w, path, MEDIA_JSON, body, &arena, &answer);
    if (status != 400)
        fail_msg("%s, %s %s: HTTP %d", path, member, what, status);
    assert_true(contains(answer, "Failed"));
    if (!contains(answer, member))
        fail_msg("%s, %s %s: %.*s", path, member, what, (int)answer.n, (const char *)answer.p);
    world_digest(&w, after);
    assert_memory_equal(before, after, sizeof before);
}

enum how { HEX = 1, B64 = 2, TEXT = 4 };

/* Everything that can be wrong with one member of a body that is right otherwise. */
static void spoil(const char *path, slice body, const char *member, enum how how)
{
    static const char *const wrong_types[] = { "5", "true", "null", "{}", "[\"x\"]", "1.5" };

    refused(path, change(body, member, NULL), member, "missing");
    for (size_t i = 0; i < COUNT(wrong_types); i++)
        refused(path, change(body, member, wrong_types[i]), member, wrong_types[i]);
    if (how != TEXT) {
        refused(path, change(body, member, "\"\""), member, "empty");
        refused(path, change(body, member, "\"=!=!\""), member, "neither hex nor base64");
    }
    if (how == HEX) {
        refused(path, change(body, member, "\"XYZ0\""), member, "no hex digits");
        refused(path, change(body, member, "\"ABC\""), member, "odd number of digits");
        refused(path, change(body, member, "\"000102030405060708090A0B0C0D0E0F10\""), member,
                "17 octets");
    }
    if (how == B64)
        refused(path, change(body, member, "\"AAAAA\""), member, "five characters of base64");
}

static void bad_members(void **state)
{
    struct profile p;
    struct card c;
    slice body, answer;

    (void)state;
    world_release(&w, 1, &arena, &p);
    card_open(&c, &w, 1);
    body = card_initiate_body(&c, SMDP_NAME);
    spoil(ES9("initiateAuthentication"), body, "euiccChallenge", B64);
    spoil(ES9("initiateAuthentication"), body, "euiccInfo1", B64);
    spoil(ES9("initiateAuthentication"), body, "smdpAddress", TEXT);
    assert_int_equal(card_initiate(&c, SMDP_NAME), E_OK);
    body = card_authenticate_body(&c, p.matching_id);
    spoil(ES9("authenticateClient"), body, "transactionId", HEX);
    spoil(ES9("authenticateClient"), body, "authenticateServerResponse", B64);
    assert_int_equal(card_authenticate(&c, p.matching_id), E_OK);
    body = arena_printf(&arena,
                        "{\"transactionId\":\"00112233445566778899AABBCCDDEEFF\","
                        "\"prepareDownloadResponse\":\"%s\"}",
                        "vyEAAA==");
    spoil(ES9("getBoundProfilePackage"), body, "prepareDownloadResponse", B64);
    assert_int_equal(card_get_package(&c), E_OK);
    refused(ES9("handleNotification"), SLICE_LIT("{}"), "pendingNotification", "missing");
    spoil(ES9("handleNotification"), SLICE_LIT("{\"pendingNotification\":\"AAAA\"}"),
          "pendingNotification", B64);
    assert_int_equal(card_notify_installed(&c, p.iccid), E_OK);
    assert_int_equal(world_post(&w, ES9("initiateAuthentication"), MEDIA_JSON,
                                change(card_initiate_body(&c, SMDP_NAME), "surprise",
                                       "{\"deep\":[1,2,{\"er\":null}]}"),
                                &arena, &answer),
                     200);
    assert_true(contains(answer, "Executed-Success"));
    card_close(&c);
}

/* What is no JSON object at all cannot name a member. */
static void bad_text(void **state)
{
    static const struct {
        const char *what, *body;
    } rows[] = {
        { "empty", "" },
        { "cut short", "{\"smdpAddress\":\"a" },
        { "an array", "[]" },
        { "a string", "\"x\"" },
        { "rubbish behind", "{} x" },
        { "a member twice", "{\"smdpAddress\":\"a\",\"smdpAddress\":\"b\"}" },
        { "too deep", "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" },
    };
    struct card c;
    slice body, answer;

    (void)state;
    card_open(&c, &w, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int status = world_post(&w, ES9("initiateAuthentication"), MEDIA_JSON,
                                slice_str(rows[i].body), &arena, &answer);

        if (status != 400)
            fail_msg("%s: HTTP %d", rows[i].what, status);
        assert_true(contains(answer, "Failed"));
    }
    body = card_initiate_body(&c, SMDP_NAME);
    body = overwrite(body, "testsmdp", "tes\xC3\x28mdp"); /* bad UTF-8 */
    assert_int_equal(
        world_post(&w, ES9("initiateAuthentication"), MEDIA_JSON, body, &arena, &answer), 400);
    assert_int_equal(card_initiate(&c, SMDP_NAME), E_OK);
    card_close(&c);
}

/* The ASN.1 binding refuses what is no message of it, and goes on. */
static void bad_asn1(void **state)
{
    struct profile p;
    struct card c;
    slice body, answer;
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];

    (void)state;
    world_release(&w, 1, &arena, &p);
    card_open(&c, &w, 1);
    c.asn1 = true;
    assert_int_equal(card_initiate(&c, SMDP_NAME), E_OK);
    body = card_authenticate_body(&c, p.matching_id);
    world_digest(&w, before);
    for (size_t n = 0; n < body.n; n += 1 + n / 16)
        assert_int_equal(world_post(&w, AT_ASN1, MEDIA_ASN1, slice_of(body.p, n), &arena, &answer),
                         400);
    assert_int_equal(
        world_post(&w, AT_ASN1, MEDIA_ASN1, SLICE_LIT("\xA2\x03\xBF\x55\x00"), &arena, &answer),
        400);
    world_digest(&w, after);
    assert_memory_equal(before, after, sizeof before);
    assert_int_equal(card_authenticate(&c, p.matching_id), E_OK);
    card_close(&c);
}

/* ---- COM-017 ---- */

#define SESSIONS 2000

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

static void assert_unique(uint8_t (*ids)[16])
{
    qsort(ids, SESSIONS, 16, compare);
    for (size_t i = 1; i < SESSIONS; i++)
        assert_true(memcmp(ids[i - 1], ids[i], 16) < 0);
}

static void nothing_repeats(void **state)
{
    static uint8_t tids[SESSIONS][16], challenges[SESSIONS][16];
    struct card c;

    (void)state;
    card_open(&c, &w, 1);
    for (size_t i = 0; i < SESSIONS; i++) {
        if (i == SESSIONS / 2) {
            world_shut(&w);
            world_open_smdp(&w);
        }
        arena_reset(&c.arena);
        assert_int_equal(card_initiate(&c, SMDP_NAME), E_OK);
        assert_true(c.tid.n == 16 && c.server_challenge.n == 16);
        memcpy(tids[i], c.tid.p, 16);
        memcpy(challenges[i], c.server_challenge.p, 16);
    }
    assert_unique(tids);
    assert_unique(challenges);
    card_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(download_in_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(download_in_asn1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notifications, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_asn1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_repeats, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
