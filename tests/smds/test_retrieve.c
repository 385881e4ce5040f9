/* ES11: DSS-001, DSS-002, DSS-003, DSS-004, DSS-005, DSS-006, DSS-013. */
#include "pki/revoking.h"
#include "smds/world.h"

#include <pthread.h>

static struct hierarchy h;
static struct world w;
static struct card card;

static int set_up(void **state)
{
    (void)state;
    hierarchy_open(&h);
    world_open(&w, &h, ROOT, NULL);
    card_open(&card, &h, 1, ROOT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    hierarchy_close(&h);
    return 0;
}

/* e1 and e2 of this card, and one of another. */
static void two_events(void)
{
    uint8_t other[EID_LEN];

    memcpy(other, card.eid, sizeof other);
    other[10] ^= 1;
    event_register(&w, DP, card.eid, "E1", DP, false);
    assert_success(&w);
    event_register(&w, DP, other, "E0", DP, false);
    assert_success(&w);
    event_register(&w, OTHER_DP, card.eid, "E2", OTHER_DP ":8443", false);
    assert_success(&w);
}

/* card_initiate checks signature, echo of challenge and address, certificate. */
static void initiate_DSS_001(void **state)
{
    static const char *const same[] = { ROOT, "TestRootSMDS.Example.COM", ROOT ".", ROOT ":443" };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        card.change.address = slice_str(same[i]);
        card_initiate(&card, &w);
        assert_success(&w);
        assert_int_equal(w.turn.change_count, 0);
    }
}

static void initiate_and_expect(const char *subject, const char *reason, uint8_t code)
{
    const uint8_t response[] = { 0xBF, 0x39, 0x03, 0x81, 0x01, code };

    card_initiate(&card, &w);
    assert_refused(&w, subject, reason);
    assert_true(slice_eq(w.turn.reply, SLICE_OF(response)));
}

static void initiate_refused_DSS_002(void **state)
{
    (void)state;
    card.change.address = SLICE_LIT("smds2.example.com");
    initiate_and_expect("8.9.1", "3.8", 1);
    card.change.address = SLICE_LIT(ROOT);
    card.change.signing_ci = SLICE_LIT("\xFF\xFF");
    initiate_and_expect("8.9.2", "3.1", 3);
    card.change.signing_ci = h.ci.cert.ski;
    card.change.svn[0] = 1;
    initiate_and_expect("8.9.3", "3.1", 2);
    card.change.svn[0] = 2;
    card.change.verification_ci = SLICE_LIT("\xFF\xFF");
    initiate_and_expect("8.9.4", "3.7", 3);
    card.change.verification_ci = h.ci.cert.ski;
    card_initiate(&card, &w);
    assert_success(&w);
}

static void all_events_in_order_DSS_003(void **state)
{
    (void)state;
    two_events();
    for (int twice = 0; twice < 2; twice++) { /* telling an event does not end it */
        card.change.matching_id = twice ? SLICE_EMPTY : SLICE_NONE;
        card_ask(&card, &w);
        assert_success(&w);
        assert_int_equal(card.count, 2);
        assert_event(&card, 0, "E1", DP);
        assert_event(&card, 1, "E2", OTHER_DP ":8443");
    }
}

static void one_event_and_none_DSS_004(void **state)
{
    struct card stranger;

    (void)state;
    two_events();
    card.change.matching_id = SLICE_LIT("E2");
    card_ask(&card, &w);
    assert_success(&w);
    assert_int_equal(card.count, 1);
    assert_event(&card, 0, "E2", OTHER_DP ":8443");
    card_open(&stranger, &h, 2, ROOT);
    card_ask(&stranger, &w);
    assert_success(&w);
    assert_int_equal(stranger.count, 0);
    card_close(&stranger);
}

static void ask_and_expect(const char *subject, const char *reason, uint8_t code)
{
    const uint8_t response[] = { 0xBF, 0x40, 0x03, 0x81, 0x01, code };

    card_ask(&card, &w);
    assert_refused(&w, subject, reason);
    assert_true(slice_eq(w.turn.reply, SLICE_OF(response)));
    assert_int_equal(w.turn.change_count, 0);
}

static void unknown_event_DSS_005(void **state)
{
    (void)state;
    two_events();
    card.change.matching_id = SLICE_LIT("E3");
    ask_and_expect("8.9.5", "3.9", 6);
    card.change.matching_id = SLICE_LIT("E0"); /* another card's */
    ask_and_expect("8.9.5", "3.9", 6);
    card.change.matching_id = SLICE_LIT("E1");
    card_ask(&card, &w);
    assert_success(&w);
}

static void signature_and_context_DSS_006(void **state)
{
    (void)state;
    card.change.break_signature = true;
    ask_and_expect("8.1", "6.1", 5);
    card.change.break_signature = false;
    card.change.signed_challenge = SLICE_LIT("0123456789ABCDEF");
    ask_and_expect("8.1", "6.1", 5);
    card.change.signed_challenge = SLICE_NONE;
    card.change.signed_address = SLICE_LIT("Testrootsmds.example.com");
    ask_and_expect("8.1", "6.1", 5);
    card.change.signed_address = SLICE_NONE;
    card.change.signed_tid = SLICE_LIT("0123456789ABCDEF");
    ask_and_expect("8.10.1", "3.9", 7);
    card.change.signed_tid = SLICE_NONE;
    card.change.json_tid = SLICE_LIT("0123456789ABCDEF");
    ask_and_expect("8.10.1", "3.9", 7);
    card.change.json_tid = SLICE_NONE;
    card.change.error_response = true;
    ask_and_expect("8.1", "6.1", 5);
    card.change.error_response = false;
    card_ask(&card, &w);
    assert_success(&w);
}

static void certificates_DSS_006(void **state)
{
    uint8_t bad[CERT_ISSUE_MAX];

    (void)state;
    memcpy(bad, card.certificate.p, card.certificate.n);
    bad[card.certificate.n - 1] ^= 1;
    card.change.euicc = slice_of(bad, card.certificate.n);
    ask_and_expect("8.1.3", "6.1", 3);
    card.change.euicc = card.certificate;
    memcpy(bad, h.eum.cert.der.p, h.eum.cert.der.n);
    bad[h.eum.cert.der.n - 1] ^= 1;
    card.change.eum = slice_of(bad, h.eum.cert.der.n);
    ask_and_expect("8.1.2", "6.1", 1);
    card.change.eum = h.eum.cert.der;
    h.now_ms += INT64_C(100) * 365 * 24 * 3600 * 1000; /* the CI has expired */
    ask_and_expect("8.11.1", "3.9", 7 + 120);
}

/* By a list that comes when the SM-DS knows the chain already. */
static void revoked_certificates(void **state)
{
    struct revocations *r = revocations_open();
    struct cert own;

    (void)state;
    two_events();
    h.keys.now->trust.revocations = r;
    card_ask(&card, &w);
    assert_success(&w);
    assert_int_equal(cert_parse(card.certificate, &own), E_OK);
    revoking(r, &h.keys.now->trust, &h.ci.cert, &h.ci.signer, h.eum.cert.serial, h.now_ms / 1000);
    ask_and_expect("8.1.2", "6.1", 1);
    revoking(r, &h.keys.now->trust, &h.eum.cert, &h.eum.signer, own.serial, h.now_ms / 1000);
    ask_and_expect("8.1.3", "6.1", 3);
    revoking(r, &h.keys.now->trust, &h.eum.cert, &h.eum.signer, SLICE_NONE, h.now_ms / 1000);
    card_ask(&card, &w);
    assert_success(&w);
    assert_int_equal(card.count, 2);
    h.keys.now->trust.revocations = NULL;
    revocations_close(r);
}

/* A session serves one AuthenticateClient, whatever came of it. */
static void a_session_is_used_once(void **state)
{
    (void)state;
    two_events();
    card_ask(&card, &w);
    assert_success(&w);
    card_authenticate(&card, &w);
    assert_refused(&w, "8.10.1", "3.9");
    card.change.break_signature = true;
    card_ask(&card, &w);
    card.change.break_signature = false;
    card_authenticate(&card, &w);
    assert_refused(&w, "8.10.1", "3.9");
}

static void a_session_expires(void **state)
{
    (void)state;
    card_initiate(&card, &w);
    h.now_ms += 2 * 60000 - 1;
    card_authenticate(&card, &w);
    assert_success(&w);
    card_initiate(&card, &w);
    h.now_ms += 2 * 60000;
    card_authenticate(&card, &w);
    assert_refused(&w, "8.10.1", "3.9");
}

static void many_events_of_one_card(void **state)
{
    char id[20];

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        snprintf(id, sizeof id, "EVENT-%u", i);
        event_register(&w, DP, card.eid, id, DP, false);
        assert_success(&w);
    }
    event_register(&w, DP, card.eid, "ONE-TOO-MANY", DP, false);
    assert_refused(&w, "8.9", "4.2");
    card_ask(&card, &w);
    assert_success(&w);
    assert_int_equal(card.count, 256);
    for (unsigned i = 0; i < 256; i++) {
        snprintf(id, sizeof id, "EVENT-%u", i);
        assert_event(&card, i, id, DP);
    }
    event_delete(&w, DP, card.eid, "EVENT-7");
    event_register(&w, DP, card.eid, "NOT-TOO-MANY", DP, false);
    assert_success(&w);
}

/* ---- DSS-013 ---- */

#define ROUNDS 60

/* With a turn of its own: events come and go while the card asks. */
static void *come_and_go(void *arg)
{
    struct world own = w;

    (void)arg;
    arena_init(&own.arena, 4 << 20);
    for (unsigned i = 0; i < ROUNDS; i++) {
        event_delete(&own, DP, card.eid, "E2");
        event_register(&own, DP, card.eid, "E2", DP, false);
    }
    arena_free(&own.arena);
    return NULL;
}

static void reading_while_events_go_DSS_013(void **state)
{
    pthread_t thread;

    (void)state;
    for (const char *const *id = (const char *const[]){ "E1", "E2", "E3", NULL }; *id; id++)
        event_register(&w, DP, card.eid, *id, DP, false);
    assert_int_equal(pthread_create(&thread, NULL, come_and_go, NULL), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        card_ask(&card, &w);
        assert_success(&w);
        assert_in_range(card.count, 2, 3);
        assert_event(&card, 0, "E1", DP);
        /* E2 goes from its place, and comes back behind E3 */
        if (card.count == 3 && slice_eq_str(card.events[1].event_id, "E2"))
            assert_event(&card, 2, "E3", DP);
        else
            assert_event(&card, 1, "E3", DP);
    }
    pthread_join(thread, NULL);
    card_ask(&card, &w);
    assert_int_equal(card.count, 3);
}

/* Keys and CIs go while an eUICC asks: it gets its answer, and the next one is turned away. */
static void keys_change_within_a_session(void **state)
{
    struct keyring *none;

    (void)state;
    two_events();
    card_initiate(&card, &w);
    assert_success(&w);
    assert_int_equal(keyring_open(h.crypto, 0, &none), E_OK);
    keyring_replace(&h.keys, none);
    card_authenticate(&card, &w);
    assert_success(&w);
    assert_int_equal(card.count, 2);
    card_initiate(&card, &w);
    assert_refused(&w, "8.9.2", "3.1");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(initiate_DSS_001),
        T(initiate_refused_DSS_002),
        T(all_events_in_order_DSS_003),
        T(one_event_and_none_DSS_004),
        T(unknown_event_DSS_005),
        T(signature_and_context_DSS_006),
        T(certificates_DSS_006),
        T(revoked_certificates),
        T(a_session_is_used_once),
        T(a_session_expires),
        T(keys_change_within_a_session),
        T(many_events_of_one_card),
        T(reading_while_events_go_DSS_013),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
