/*
 * ESipa over HTTP, ASN.1 binding.
 * EIM-045: what is no ESipa message is answered with 400 and changes nothing.
 */
#include "eim/order.h"
#include "serve/world.h"

#include <time.h>

static struct world w;
static struct arena arena;
static struct card card;

static int set_up(void **state)
{
    struct eim_device_new d = { .associated = true };
    struct turn t;

    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    world_make(&w);
    world_open_eim(&w);
    card_open(&card, &w, 1);
    d.eid = SLICE_OF(card.eid);
    d.euicc_certificate = card.certificate;
    d.eum_certificate = w.eum.cert.der;
    turn_init(&t, &arena, w.store, (int64_t)time(NULL) * 1000);
    MUST(eim_device_add(w.eim, &d, &t) == E_OK && turn_commit(&t) == E_OK);
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

/* BF4F{5A EID} */
static slice poll_body(const uint8_t eid[EID_LEN])
{
    const slice parts[] = { SLICE_LIT("\xBF\x4F\x12\x5A\x10"), slice_of(eid, EID_LEN) };

    return arena_concat(&arena, parts, COUNT(parts));
}

static void answers(slice body, slice expected)
{
    slice answer;

    assert_int_equal(world_post(&w, AT_ASN1, MEDIA_ASN1, body, &arena, &answer), 200);
    assert_true(slice_eq(answer, expected));
}

/* The octets of SGP.32 as an independent compiler writes them. */
static void polls(void **state)
{
    uint8_t eid[EID_LEN];

    (void)state;
    answers(poll_body(card.eid), SLICE_LIT("\xBF\x4F\x03\x02\x01\x01"));
    MUST(eid_from_digits(SLICE_LIT("89049032123451234512345678901235"), eid) == E_OK);
    answers(poll_body(eid), SLICE_LIT("\xBF\x4F\x03\x02\x01\x02"));
    eid[15] ^= 1;
    answers(poll_body(eid), SLICE_LIT("\xBF\x4F\x03\x02\x01\x03"));
    answers(SLICE_LIT("\xBF\x4F\x00"), SLICE_LIT("\xBF\x4F\x03\x02\x01\x04"));
}

/* 400, and not a row is written. */
static void refused(slice body, const char *what)
{
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
    slice answer;
    int status;

    world_digest(&w, before);
    status = world_post(&w, AT_ASN1, MEDIA_ASN1, body, &arena, &answer);
    if (status != 400)
        fail_msg("%s: HTTP %d", what, status);
    world_digest(&w, after);
    assert_memory_equal(before, after, sizeof before);
}

static void no_messages(void **state)
{
    static const struct {
        const char *what;
        slice body;
    } rows[] = {
        { "nothing", { (const uint8_t *)"", 0 } },
        { "a tag alone", { (const uint8_t *)"\xBF\x4F", 2 } },
        { "a tag that is no function", { (const uint8_t *)"\xBF\x7F\x00", 3 } },
        { "an eUICC's message", { (const uint8_t *)"\xBF\x3E\x03\x5C\x01\x5A", 6 } },
        { "JSON", { (const uint8_t *)"{\"eidValue\":\"1\"}", 16 } },
        { "a length without end", { (const uint8_t *)"\xBF\x50\x84\xFF\xFF\xFF\xFF", 7 } },
        { "an indefinite length", { (const uint8_t *)"\xBF\x4F\x80\x00\x00", 5 } },
        { "a result without content", { (const uint8_t *)"\xBF\x50\x00", 3 } },
        { "an empty notification", { (const uint8_t *)"\xBF\x3D\x00", 3 } },
    };
    slice good = poll_body(card.eid);
    uint8_t more[32];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        refused(rows[i].body, rows[i].what);
    for (size_t n = 0; n < good.n; n++)
        refused(slice_of(good.p, n), "a poll cut short");
    memcpy(more, good.p, good.n);
    more[good.n] = 0;
    refused(slice_of(more, good.n + 1), "an octet behind the poll");
    answers(good, SLICE_LIT("\xBF\x4F\x03\x02\x01\x01"));
}

static void other_media(void **state)
{
    slice answer;

    (void)state;
    assert_int_equal(world_post(&w, AT_ASN1, MEDIA_JSON, poll_body(card.eid), &arena, &answer),
                     415);
    assert_int_equal(
        world_post(&w, "/gsma/rsp2/esipa", MEDIA_ASN1, poll_body(card.eid), &arena, &answer), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(polls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_media, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
