/*
 * The relayed download: EIM-031, EIM-032, EIM-033, EIM-034, EIM-035, EIM-037, EIM-038, EIM-039,
 * EIM-040, EIM-041, EIM-044. The SM-DP+ is played by the test, in the JSON binding; the eUICC signs
 * with its key.
 */
#include "eim/session.h"

#include <stdlib.h>

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_eim032_initiate(void **state)
{
    struct world w;
    struct session s;
    struct initiate_authentication_request_es9 up;
    struct initiate_authentication_response_es9 r;
    struct initiate_authentication_response_esipa out;
    const struct initiate_authentication_ok_esipa *ok = &out.initiate_authentication_ok_esipa;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    r = hello(&s);
    say_initiate(&s, transaction_of(&s));
    smdp_called(&w, "initiateAuthentication", &up);
    assert_true(slice_eq_str(w.turn.upstream.host, SMDP));
    assert_true(slice_eq_str(up.smdp_address, SMDP));
    assert_octets(&w, up.euicc_challenge, filled(&w, 16, 0x11));
    assert_octets(&w, up.euicc_info1, info1(&w));
    smdp_answers(&w, "initiateAuthentication", &r);
    assert_int_equal(
        schema_decode(&T_initiate_authentication_response_esipa, w.turn.reply, &out, NULL), E_OK);
    assert_int_equal(out.which,
                     initiate_authentication_response_esipa_is_initiate_authentication_ok_esipa);
    assert_octets(&w, ok->server_signed1, s.signed1);
    assert_octets(&w, ok->server_signature1, filled(&w, 64, 0x33));
    assert_octets(&w, ok->server_certificate, w.dp.der);
    assert_true(slice_eq_str(ok->matching_id, "MATCHING-1"));
    assert_order(&w, s.order, STARTED);
    card_close(&s.card);
    world_close(&w);
}

/* Everything up to the installation result, which goes to the SM-DP+ as well. */
static void test_eim031_whole_download(void **state)
{
    static const int reasons[] = { 0, 10, 12 };

    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        struct world w;
        struct session s;
        struct authenticate_client_response_es9 client;
        struct get_bound_profile_package_response_es9 bpp;
        struct handle_notification_es9 n;
        struct eim_order o;
        uint8_t buf[1024];
        struct der_writer d = der_writer(buf, sizeof buf);
        slice pir, result;
        int64_t next;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        initiate(&s);
        client = profile(&s);
        say_client(&s, SLICE_OF(s.tid));
        smdp_answers(&w, "authenticateClient", &client);
        assert_true(contains(w.turn.reply, client.authenticate_client_ok.profile_metadata));
        assert_true(contains(w.turn.reply, client.authenticate_client_ok.smdp_signed2));
        bpp = package(&s);
        say_package(&s, SLICE_OF(s.tid));
        smdp_answers(&w, "getBoundProfilePackage", &bpp);
        assert_true(contains(w.turn.reply, bpp.get_bound_profile_package_ok.bound_profile_package));
        pir = card_installation(&s.card, SLICE_OF(s.tid), reasons[i]);
        der_put(&d, pir);
        der_put_tlv(&d, 0x82, transaction_of(&s));
        der_wrap(&d, 0xBF54, 0);
        assert_int_equal(der_written(&d, &result), E_OK);
        card_provides(&s.card, result);
        assert_acked(&w, s.card.seq);
        o = order_get(&w, s.order);
        assert_int_equal(o.state, reasons[i] ? EIM_FAILED : EIM_DONE);
        assert_int_equal(o.code, reasons[i]);
        assert_int_equal(o.retryable, reasons[i] == 10);
        assert_int_equal(profile_state(&s.card, iccid_a), reasons[i] ? -1 : 0);
        assert_int_equal(eim_due(w.eim, world_begin(&w), &next), E_OK);
        world_end(&w);
        smdp_called(&w, "handleNotification", &n);
        assert_octets(&w, n.pending_notification, pir);
        smdp_http(&w, 204);
        card_close(&s.card);
        world_close(&w);
    }
}

static struct public_key *key_of(const struct card *card)
{
    const struct ec_point *p = &card->own.signer.point;
    struct public_key *key;

    assert_int_equal(key_open(card->world->crypto, CURVE_P256, p, &key), E_OK);
    return key;
}

/* What the SM-DP+ is handed, as it came: the signatures of the card verify over its octets. */
static void check_prepared(struct session *s, slice sent)
{
    struct get_bound_profile_package_request_es9 up;
    struct prepare_download_response r;
    struct euicc_signed2 signed2;
    struct public_key *key = key_of(&s->card);
    slice parts[2];

    smdp_called(s->world, "getBoundProfilePackage", &up);
    assert_octets(s->world, up.transaction_id, SLICE_OF(s->tid));
    assert_octets(s->world, up.prepare_download_response, sent);
    assert_int_equal(
        schema_decode(&T_prepare_download_response, up.prepare_download_response, &r, NULL), E_OK);
    assert_int_equal(r.which, prepare_download_response_is_download_response_ok);
    parts[0] = r.download_response_ok.euicc_signed2;
    parts[1] = smdp_signature2(s->world);
    assert_int_equal(key_verify(key, parts, 2, r.download_response_ok.euicc_signature2), E_OK);
    assert_int_equal(schema_decode(&T_euicc_signed2, parts[0], &signed2, NULL), E_OK);
    assert_octets(s->world, signed2.transaction_id, SLICE_OF(s->tid));
    key_drop(key);
}

static void check_authenticated(struct session *s, slice sent)
{
    struct authenticate_client_request_es9 up;
    struct authenticate_server_response r;
    struct public_key *key = key_of(&s->card);

    smdp_called(s->world, "authenticateClient", &up);
    assert_octets(s->world, up.transaction_id, SLICE_OF(s->tid));
    assert_octets(s->world, up.authenticate_server_response, sent);
    assert_int_equal(
        schema_decode(&T_authenticate_server_response, up.authenticate_server_response, &r, NULL),
        E_OK);
    assert_int_equal(r.which, authenticate_server_response_is_authenticate_response_ok);
    assert_int_equal(key_verify(key, &r.authenticate_response_ok.euicc_signed1, 1,
                                r.authenticate_response_ok.euicc_signature1),
                     E_OK);
    key_drop(key);
}

/* Through AuthenticateClient, with what the card signed. */
static void authenticate_signed(struct session *s)
{
    struct world *w = s->world;
    struct authenticate_client_response_es9 client = profile(s);
    const struct authenticate_client_request_esipa r = {
        .transaction_id = SLICE_OF(s->tid),
        .authenticate_server_response = signed_response(s, &s->card),
    };

    world_say(w, encode(w, &T_authenticate_client_request_esipa, &r));
    check_authenticated(s, r.authenticate_server_response);
    smdp_answers(w, "authenticateClient", &client);
    assert_true(contains(w->turn.reply, client.authenticate_client_ok.smdp_signed2));
}

/* To the SM-DP+, which has yet to answer. */
static void ask_signed(struct session *s)
{
    struct world *w = s->world;
    const struct get_bound_profile_package_request_esipa r = {
        .transaction_id = SLICE_OF(s->tid),
        .prepare_download_response = prepare_response(s, &s->card),
    };

    assert_true(slice_starts(r.prepare_download_response, world_hex(w, "BF21")));
    world_say(w, encode(w, &T_get_bound_profile_package_request_esipa, &r));
    check_prepared(s, r.prepare_download_response);
}

/* The ok forms of both answers of the card, and the package behind them, octet for octet. */
static void test_eim032_signed_up_to_the_package(void **state)
{
    struct world w;
    struct session s;
    struct get_bound_profile_package_response_es9 bpp;
    struct get_bound_profile_package_response_esipa out;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    initiate(&s);
    authenticate_signed(&s);
    ask_signed(&s);
    bpp = package(&s);
    smdp_answers(&w, "getBoundProfilePackage", &bpp);
    assert_int_equal(
        schema_decode(&T_get_bound_profile_package_response_esipa, w.turn.reply, &out, NULL), E_OK);
    assert_int_equal(
        out.which, get_bound_profile_package_response_esipa_is_get_bound_profile_package_ok_esipa);
    assert_octets(&w, out.get_bound_profile_package_ok_esipa.bound_profile_package,
                  bpp.get_bound_profile_package_ok.bound_profile_package);
    assert_order(&w, s.order, STARTED);
    card_close(&s.card);
    world_close(&w);
}

static void test_eim031_download_error(void **state)
{
    static const int codes[] = { 104, 127 };

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct world w;
        struct session s;
        char hex[40];

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        snprintf(hex, sizeof hex, "BF540530038001%02X", (unsigned)codes[i]);
        card_provides(&s.card, world_hex(&w, hex));
        assert_empty_reply(&w);
        assert_order(&w, s.order, FAILED);
        assert_int_equal(order_get(&w, s.order).code, codes[i]);
        assert_int_equal(order_get(&w, s.order).retryable, codes[i] == 104);
        card_close(&s.card);
        world_close(&w);
    }
}

/*
 * A device that lost power after its installation is triggered again, and is refused by the SM-DP+.
 * Whether the profile is there is for the card to say.
 */
static void test_failure_after_a_second_trigger(void **state)
{
    static const struct {
        bool meant;  /* the order names the ICCID */
        bool second; /* the trigger went out twice */
        const char *list;
        const char *end;
    } rows[] = {
        { true, true, "BF2D17A015E3135A0A980010325476981032249F700101920141", "done" },
        { true, true, "BF2D17A015E3135A0A980010325476981032259F700101920141", "failed" },
        { false, true, "BF2D17A015E3135A0A980010325476981032249F700101920141", "failed" },
        { true, false, NULL, "failed" },
    };
    static const uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x24 };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct card c;
        struct eim_order *o, now;
        struct eim_download d = { .activation_code = SLICE_LIT(CODE) };

        world_open(&w);
        world_card(&w, 1, &c);
        if (rows[i].meant)
            d.iccid = SLICE_OF(iccid);
        assert_int_equal(eim_order_download(w.eim, SLICE_OF(c.eid), &d, world_begin(&w), &o), E_OK);
        world_end(&w);
        now.id = o->id;
        card_polls(&c);
        if (rows[i].second)
            card_polls(&c);
        card_provides(&c, world_hex(&w, "BF5405300380017F"));
        now = order_get(&w, now.id);
        if (rows[i].meant && rows[i].second)
            assert_int_equal(now.state, EIM_CHECKING);
        if (rows[i].list) {
            card_gets_package(&c);
            card_provides(&c, card_result(&c, rows[i].list));
            now = order_get(&w, now.id);
        }
        assert_string_equal(eim_order_state_name(now.state), rows[i].end);
        assert_int_equal(now.open, 0);
        assert_int_equal(now.verified, now.state == EIM_DONE);
        assert_int_equal(now.code, now.state == EIM_DONE ? 0 : 127);
        card_close(&c);
        world_close(&w);
    }
}

/* A result that the card did not sign ends nothing. */
static void test_forged_installation(void **state)
{
    struct world w;
    struct session s;
    uint8_t buf[1024];
    struct der_writer d = der_writer(buf, sizeof buf);
    slice result;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    initiate(&s);
    s.card.change.break_signature = true;
    der_put(&d, card_installation(&s.card, SLICE_OF(s.tid), 0));
    der_wrap(&d, 0xBF54, 0);
    assert_int_equal(der_written(&d, &result), E_OK);
    card_provides(&s.card, result);
    assert_empty_reply(&w);
    assert_order(&w, s.order, STARTED);
    card_close(&s.card);
    world_close(&w);
}

struct twin {
    const char *subject, *reason;
    int code;
};

static void replies_with(struct world *w, unsigned tag, unsigned arm, int code)
{
    char hex[24];

    snprintf(hex, sizeof hex, "BF%02X03%02X01%02X", tag, arm, (unsigned)code);
    assert_hex(w, w->turn.reply, hex);
}

static void test_eim033_initiate_refused(void **state)
{
    static const struct twin rows[] = {
        { "8.8.1", "3.8", 1 }, { "8.8.3", "3.1", 2 }, { "8.8.2", "3.1", 3 }, { "1.2.3", "4.5", 127 }
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct session s;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        say_initiate(&s, transaction_of(&s));
        smdp_refuses(&w, "initiateAuthentication", rows[i].subject, rows[i].reason);
        replies_with(&w, 0x39, 0x81, rows[i].code);
        card_close(&s.card);
        world_close(&w);
    }
}

static void test_eim034_other_server(void **state)
{
    struct world w;
    struct session s;
    struct initiate_authentication_response_es9 r;

    (void)state;
    /* the right OID and address pass: 2.999.10 is in the certificate */
    world_open(&w);
    begin_with(&s, &w, 1, CODE "$2.999.10");
    initiate(&s);
    assert_order(&w, s.order, STARTED);
    card_close(&s.card);
    begin_with(&s, &w, 2, CODE "$2.999.11");
    initiate(&s);
    replies_with(&w, 0x39, 0x81, 51);
    assert_order(&w, s.order, FAILED);
    card_close(&s.card);
    begin_with(&s, &w, 3, CODE "$2.999.10");
    s.address = SLICE_LIT("evil.example.com");
    r = hello(&s);
    say_initiate(&s, transaction_of(&s));
    smdp_answers(&w, "initiateAuthentication", &r);
    replies_with(&w, 0x39, 0x81, 50);
    card_close(&s.card);
    begin_with(&s, &w, 4, CODE);
    say_initiate(&s, SLICE_LIT("\x01\x02"));
    replies_with(&w, 0x39, 0x81, 52);
    say_initiate(&s, SLICE_NONE); /* no order there that it could mean */
    replies_with(&w, 0x39, 0x81, 1);
    card_close(&s.card);
    world_close(&w);
}

static void test_eim035_client_refused(void **state)
{
    static const struct twin rows[] = {
        { "8.1.2", "6.1", 1 },   { "8.1.2", "6.3", 2 }, { "8.1.3", "6.1", 3 },
        { "8.1.3", "6.3", 4 },   { "8.1", "6.1", 5 },   { "8.2.6", "3.8", 6 },
        { "8.1.1", "3.8", 7 },   { "8.2.5", "4.3", 8 }, { "8.11.1", "3.9", 9 },
        { "8.10.1", "3.9", 10 }, { "8.1", "4.8", 11 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct session s;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        initiate(&s);
        say_client(&s, SLICE_OF(s.tid));
        smdp_refuses(&w, "authenticateClient", rows[i].subject, rows[i].reason);
        replies_with(&w, 0x3B, 0x82, rows[i].code);
        assert_order(&w, s.order, FAILED);
        assert_int_equal(order_get(&w, s.order).code, rows[i].code);
        card_close(&s.card);
        world_close(&w);
    }
}

/* Whether the card agreed to the download, or its own refusal was handed on. */
static void test_eim037_package_refused(void **state)
{
    static const struct twin rows[] = {
        { "8.1", "6.1", 1 }, { "8.2.7", "2.2", 2 },  { "8.2.7", "3.8", 3 },   { "8.2.7", "6.4", 4 },
        { "8.2", "3.7", 5 }, { "8.8.5", "4.10", 6 }, { "8.10.1", "3.9", 95 },
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        const struct twin *row = &rows[i % COUNT(rows)];
        struct world w;
        struct session s;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        initiate(&s);
        authenticate_signed(&s);
        if (i < COUNT(rows))
            ask_signed(&s);
        else
            say_package(&s, SLICE_OF(s.tid));
        smdp_refuses(&w, "getBoundProfilePackage", row->subject, row->reason);
        replies_with(&w, 0x3A, 0x81, row->code);
        assert_order(&w, s.order, FAILED);
        card_close(&s.card);
        world_close(&w);
    }
}

static void test_eim038_unknown_session(void **state)
{
    struct world w;
    struct session s;
    slice unknown = SLICE_LIT("\x01\x02\x03\x04");

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    initiate(&s);
    say_client(&s, unknown);
    replies_with(&w, 0x3B, 0x82, 10);
    say_package(&s, unknown);
    replies_with(&w, 0x3A, 0x81, 95);
    world_say(&w, cancel_message(&s, unknown));
    replies_with(&w, 0x41, 0x81, 1);
    /* the session itself is still there, until its time is over */
    say_client(&s, SLICE_OF(s.tid));
    assert_int_equal(w.turn.want, TURN_UPSTREAM);
    w.now_ms += 11 * 60 * 1000;
    say_client(&s, SLICE_OF(s.tid));
    replies_with(&w, 0x3B, 0x82, 10);
    card_close(&s.card);
    world_close(&w);
}

static void test_eim039_cancel(void **state)
{
    const struct cancel_session_response_es9 ok = {
        .which = cancel_session_response_es9_is_cancel_session_ok,
        .cancel_session_ok = true,
    };
    struct world w;
    struct session s;
    struct cancel_session_request_es9 up;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    initiate(&s);
    world_say(&w, cancel_message(&s, SLICE_OF(s.tid)));
    smdp_called(&w, "cancelSession", &up);
    smdp_refuses(&w, "cancelSession", "8.1", "6.1");
    replies_with(&w, 0x41, 0x81, 2);
    world_say(&w, cancel_message(&s, SLICE_OF(s.tid)));
    smdp_answers(&w, "cancelSession", &ok);
    assert_hex(&w, w.turn.reply, "BF4102A000");
    assert_order(&w, s.order, FAILED);
    say_client(&s, SLICE_OF(s.tid));
    replies_with(&w, 0x3B, 0x82, 10);
    card_close(&s.card);
    world_close(&w);
}

/* Two sessions whose steps interleave: each goes to its own SM-DP+. */
static void test_eim040_interleaved(void **state)
{
    struct world w;
    struct session a, b;
    struct authenticate_client_request_es9 up;
    struct authenticate_client_response_es9 r;

    (void)state;
    world_open(&w);
    begin_with(&a, &w, 1, CODE);
    b = a; /* the same EID */
    memset(b.tid, 0xEE, sizeof b.tid);
    b.address = SLICE_LIT("second.example.com");
    initiate(&a);
    b.order = order_download(&b.card, "1$second.example.com$MATCHING-2");
    card_polls(&b.card);
    initiate(&b);
    say_client(&a, SLICE_OF(a.tid));
    assert_true(slice_eq_str(w.turn.upstream.host, SMDP));
    smdp_called(&w, "authenticateClient", &up);
    assert_octets(&w, up.transaction_id, SLICE_OF(a.tid));
    r = profile(&a);
    smdp_answers(&w, "authenticateClient", &r);
    say_client(&b, SLICE_OF(b.tid));
    assert_true(slice_eq_str(w.turn.upstream.host, "second.example.com"));
    smdp_called(&w, "authenticateClient", &up);
    assert_octets(&w, up.transaction_id, SLICE_OF(b.tid));
    r = profile(&b);
    smdp_answers(&w, "authenticateClient", &r);
    say_package(&b, SLICE_OF(b.tid));
    assert_true(slice_eq_str(w.turn.upstream.host, "second.example.com"));
    say_package(&a, SLICE_OF(a.tid));
    assert_true(slice_eq_str(w.turn.upstream.host, SMDP));
    card_close(&a.card);
    world_close(&w);
}

/* A hundred cards and two servers: every answer finds its own card. */
static void test_eim041_no_cross_talk(void **state)
{
    enum { CARDS = 100 };
    struct session *all = calloc(CARDS, sizeof *all);
    struct world w;

    (void)state;
    assert_non_null(all);
    world_open(&w);
    for (unsigned i = 0; i < CARDS; i++) {
        bool second = i % 2;

        begin_with(&all[i], &w, i + 1, second ? "1$second.example.com$M" : CODE);
        memset(all[i].tid, (int)i + 1, sizeof all[i].tid);
        all[i].address = second ? SLICE_LIT("second.example.com") : SLICE_LIT(SMDP);
    }
    for (unsigned i = 0; i < CARDS; i++)
        initiate(&all[i]);
    for (unsigned i = CARDS; i-- > 0;) {
        struct authenticate_client_response_es9 r = profile(&all[i]);
        struct authenticate_client_request_es9 up;

        say_client(&all[i], SLICE_OF(all[i].tid));
        assert_octets(&w, w.turn.upstream.host, all[i].address);
        smdp_called(&w, "authenticateClient", &up);
        assert_octets(&w, up.transaction_id, SLICE_OF(all[i].tid));
        smdp_answers(&w, "authenticateClient", &r);
    }
    for (unsigned i = 0; i < CARDS; i++) {
        slice pir = card_installation(&all[i].card, SLICE_OF(all[i].tid), i % 3 ? 0 : 12);
        uint8_t buf[1024];
        struct der_writer d = der_writer(buf, sizeof buf);
        slice result;

        der_put(&d, pir);
        der_wrap(&d, 0xBF54, 0);
        assert_int_equal(der_written(&d, &result), E_OK);
        card_provides(&all[i].card, result);
        assert_acked(&w, all[i].card.seq);
    }
    for (unsigned i = 0; i < CARDS; i++) {
        assert_int_equal(order_get(&w, all[i].order).state, i % 3 ? EIM_DONE : EIM_FAILED);
        card_close(&all[i].card);
    }
    free(all);
    world_close(&w);
}

static void test_eim044_restart(void **state)
{
    struct world w;
    struct session s;
    slice trigger;
    int64_t waiting;

    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    begin_with(&s, &w, 1, CODE);
    trigger = arena_copy(&w.arena, order_get(&w, s.order).sent);
    initiate(&s);
    waiting = order_enable(&s.card, iccid_a);
    world_restart(&w);
    assert_order(&w, s.order, STARTED);
    assert_order(&w, waiting, QUEUED);
    say_client(&s, SLICE_OF(s.tid));
    replies_with(&w, 0x3B, 0x82, 10);
    assert_true(contains(card_polls(&s.card), trigger)); /* from its beginning */
    assert_order(&w, s.order, SENT);
    initiate(&s);
    card_gets_package(&s.card);
    assert_int_equal(s.card.package.counter_value, 1);
    card_close(&s.card);
    world_close(&w);
}

/* A device that restarts amid its download begins it anew, before what waits behind it. */
static void test_device_restarts(void **state)
{
    struct world w;
    struct session s;
    slice trigger;
    int64_t waiting;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    trigger = arena_copy(&w.arena, order_get(&w, s.order).sent);
    initiate(&s);
    w.now_ms += 30001;
    assert_true(contains(card_polls(&s.card), trigger));
    initiate(&s);
    say_client(&s, SLICE_OF(s.tid));
    w.now_ms += 30001;
    waiting = order_enable(&s.card, iccid_a);
    assert_true(contains(card_polls(&s.card), trigger));
    assert_order(&w, waiting, QUEUED);
    card_close(&s.card);
    world_close(&w);
}

/* An SM-DP+ that is not there leaves the order to be triggered again. */
static void test_smdp_is_down(void **state)
{
    struct world w;
    struct session s;
    slice trigger;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    trigger = arena_copy(&w.arena, order_get(&w, s.order).sent);
    say_initiate(&s, transaction_of(&s));
    smdp_down(&w);
    replies_with(&w, 0x39, 0x81, 127);
    assert_order(&w, s.order, SENT);
    assert_true(contains(card_polls(&s.card), trigger));
    initiate(&s);
    say_client(&s, SLICE_OF(s.tid));
    smdp_http(&w, 500);
    replies_with(&w, 0x3B, 0x82, 127);
    assert_order(&w, s.order, SENT);
    card_close(&s.card);
    world_close(&w);
}

/* ---- IPAs that lie --------------------------------------------------------------------------- */

/* A genuine card comes with the trigger of another one. */
static void test_order_goes_to_its_own_card_only(void **state)
{
    (void)state;
    for (int theirs = 0; theirs < 2; theirs++) {
        struct world w;
        struct session s;
        struct card other;
        struct authenticate_client_request_esipa r;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        world_card(&w, 2, &other);
        initiate(&s);
        r = (struct authenticate_client_request_esipa){
            .transaction_id = SLICE_OF(s.tid),
            .authenticate_server_response = signed_response(&s, theirs ? &other : &s.card),
        };
        world_say(&w, encode(&w, &T_authenticate_client_request_esipa, &r));
        assert_int_equal(w.turn.want, theirs ? TURN_REPLY : TURN_UPSTREAM);
        if (theirs)
            replies_with(&w, 0x3B, 0x82, ESIPA_CLIENT_EID_MISMATCH);
        assert_order(&w, s.order, STARTED);
        card_close(&other);
        card_close(&s.card);
        world_close(&w);
    }
}

/* The order ends while the SM-DP+ is being asked: its answer opens nothing again. */
static void test_late_answer_does_not_reopen_an_order(void **state)
{
    struct world w;
    struct session s;
    struct initiate_authentication_response_es9 r;
    struct eim_answer answer = { .reached = true, .status = 200 };
    const struct json_function *f;
    slice resume;

    (void)state;
    world_open(&w);
    begin_with(&s, &w, 1, CODE);
    r = hello(&s);
    say_initiate(&s, transaction_of(&s));
    resume = arena_copy(&w.arena, w.turn.upstream.resume);
    f = json_function_find(JSON_ES9PLUS, SLICE_LIT("initiateAuthentication"));
    assert_int_equal(json_write_response(f, &r, NULL, &w.arena, &answer.body, NULL), E_OK);
    card_provides(&s.card, world_hex(&w, "BF5405300380017F"));
    assert_order(&w, s.order, FAILED);
    assert_int_equal(eim_resume(w.eim, resume, &answer, world_begin(&w)), E_OK);
    world_end(&w);
    replies_with(&w, 0x39, 0x81, ESIPA_INITIATE_INVALID_EIM_TRANSACTION);
    assert_order(&w, s.order, FAILED);
    card_close(&s.card);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eim032_initiate),
        cmocka_unit_test(test_eim031_whole_download),
        cmocka_unit_test(test_eim032_signed_up_to_the_package),
        cmocka_unit_test(test_eim031_download_error),
        cmocka_unit_test(test_failure_after_a_second_trigger),
        cmocka_unit_test(test_forged_installation),
        cmocka_unit_test(test_eim033_initiate_refused),
        cmocka_unit_test(test_eim034_other_server),
        cmocka_unit_test(test_eim035_client_refused),
        cmocka_unit_test(test_eim037_package_refused),
        cmocka_unit_test(test_eim038_unknown_session),
        cmocka_unit_test(test_eim039_cancel),
        cmocka_unit_test(test_eim040_interleaved),
        cmocka_unit_test(test_eim041_no_cross_talk),
        cmocka_unit_test(test_eim044_restart),
        cmocka_unit_test(test_device_restarts),
        cmocka_unit_test(test_smdp_is_down),
        cmocka_unit_test(test_order_goes_to_its_own_card_only),
        cmocka_unit_test(test_late_answer_does_not_reopen_an_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
