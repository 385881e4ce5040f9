/*
 * The relayed download: EIM-031, EIM-032, EIM-033, EIM-034, EIM-035, EIM-037, EIM-038, EIM-039,
 * EIM-040, EIM-041, EIM-044. The SM-DP+ is played by the test, in the JSON binding; the eUICC signs
 * with its key.
 */
#include "eim/world.h"

#include <stdlib.h>

#define CODE "1$" SMDP "$MATCHING-1"

static slice encode(struct world *w, const struct type *t, const void *value)
{
    uint8_t *buf = arena_alloc(&w->arena, 8192);
    struct fault f;
    slice out;
    char why[200];

    if (schema_encode(t, value, buf, 8192, &out, &f))
        fail_msg("%s: %s", t->name, fault_print(&f, why, sizeof why));
    return out;
}

static slice filled(struct world *w, size_t n, uint8_t with)
{
    uint8_t *p = arena_alloc(&w->arena, n);

    memset(p, with, n);
    return slice_of(p, n);
}

/* ---- what both sides say -------------------------------------------------------------------- */

struct session {
    struct world *world;
    struct card card;
    int64_t order;
    uint8_t tid[16];
    slice address; /* in serverSigned1 */
    slice signed1; /* as the SM-DP+ sent it */
};

static slice info1(struct world *w)
{
    return world_hex(w, "BF20118203020202A9050403010203AA0304010A");
}

static void say_initiate(struct session *s, slice transaction)
{
    struct world *w = s->world;
    const struct initiate_authentication_request_esipa r = {
        .euicc_challenge = filled(w, 16, 0x11),
        .euicc_info1 = info1(w),
        .eim_transaction_id = transaction,
    };

    world_say(w, encode(w, &T_initiate_authentication_request_esipa, &r));
}

static struct initiate_authentication_response_es9 hello(struct session *s)
{
    struct world *w = s->world;
    struct server_signed1 signed1 = {
        .transaction_id = SLICE_OF(s->tid),
        .euicc_challenge = filled(w, 16, 0x11),
        .server_address = s->address,
        .server_challenge = filled(w, 16, 0x22),
    };
    struct initiate_authentication_response_es9 r = {
        .which = initiate_authentication_response_es9_is_initiate_authentication_ok,
    };

    s->signed1 = encode(w, &T_server_signed1, &signed1);
    r.initiate_authentication_ok = (struct initiate_authentication_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .server_signed1 = s->signed1,
        .server_signature1 = filled(w, 64, 0x33),
        .euicc_ci_pk_id_to_be_used = filled(w, 20, 0x44),
        .server_certificate = w->dp.der,
    };
    return r;
}

static void begin_with(struct session *s, struct world *w, unsigned number, const char *code)
{
    memset(s, 0, sizeof *s);
    s->world = w;
    world_card(w, number, &s->card);
    memset(s->tid, (int)(0xD0 + number), sizeof s->tid);
    s->address = SLICE_LIT(SMDP);
    s->order = order_download(&s->card, code);
    card_polls(&s->card);
}

static slice transaction_of(struct session *s)
{
    return order_get(s->world, s->order).transaction_id;
}

/* Through InitiateAuthentication. */
static void initiate(struct session *s)
{
    struct initiate_authentication_response_es9 r = hello(s);

    say_initiate(s, transaction_of(s));
    smdp_answers(s->world, "initiateAuthentication", &r);
}

static slice error_response(struct session *s, uint32_t tag)
{
    struct world *w = s->world;
    uint8_t *buf = arena_alloc(&w->arena, 64);
    struct der_writer d = der_writer(buf, 64);
    slice out;

    der_put_int(&d, 0x02, 127);
    der_put_tlv(&d, 0x80, SLICE_OF(s->tid));
    der_wrap(&d, 0xA1, 0);
    der_wrap(&d, tag, 0);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

static void say_client(struct session *s, slice tid)
{
    struct world *w = s->world;
    const struct authenticate_client_request_esipa r = {
        .transaction_id = tid,
        .authenticate_server_response = error_response(s, 0xBF38),
    };

    world_say(w, encode(w, &T_authenticate_client_request_esipa, &r));
}

static struct authenticate_client_response_es9 profile(struct session *s)
{
    struct world *w = s->world;
    const struct store_metadata_request m = {
        .iccid = SLICE_OF(iccid_a),
        .service_provider_name = SLICE_LIT("SP"),
        .profile_name = SLICE_LIT("P"),
        .profile_class = 2,
    };
    const struct smdp_signed2 signed2 = {
        .transaction_id = SLICE_OF(s->tid),
        .has_cc_required_flag = true,
    };
    struct authenticate_client_response_es9 r = {
        .which = authenticate_client_response_es9_is_authenticate_client_ok,
    };

    r.authenticate_client_ok = (struct authenticate_client_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .profile_metadata = encode(w, &T_store_metadata_request, &m),
        .smdp_signed2 = encode(w, &T_smdp_signed2, &signed2),
        .smdp_signature2 = filled(w, 64, 0x55),
        .smdp_certificate = w->dp.der,
    };
    return r;
}

static void say_package(struct session *s, slice tid)
{
    struct world *w = s->world;
    const struct get_bound_profile_package_request_esipa r = {
        .transaction_id = tid,
        .prepare_download_response = error_response(s, 0xBF21),
    };

    world_say(w, encode(w, &T_get_bound_profile_package_request_esipa, &r));
}

static struct get_bound_profile_package_response_es9 package(struct session *s)
{
    struct world *w = s->world;
    struct initialise_secure_channel_request isc = {
        .remote_op_id = 1,
        .has_remote_op_id = true,
        .transaction_id = SLICE_OF(s->tid),
        .smdp_otpk = filled(w, 65, 0x04),
        .smdp_sign = filled(w, 64, 0x66),
        .has_control_ref_template = true,
    };
    struct bound_profile_package b;
    struct get_bound_profile_package_response_es9 r = {
        .which = get_bound_profile_package_response_es9_is_get_bound_profile_package_ok,
    };

    isc.control_ref_template.key_type = world_hex(w, "88");
    isc.control_ref_template.key_len = world_hex(w, "10");
    isc.control_ref_template.host_id = world_hex(w, "01");
    memset(&b, 0, sizeof b);
    b.initialise_secure_channel_request = encode(w, &T_initialise_secure_channel_request, &isc);
    b.first_sequence_of87 = world_hex(w, "8703010203");
    b.sequence_of88 = world_hex(w, "8803010203");
    b.sequence_of86 = world_hex(w, "8603010203");
    r.get_bound_profile_package_ok = (struct get_bound_profile_package_ok_es9){
        .transaction_id = SLICE_OF(s->tid),
        .bound_profile_package = encode(w, &T_bound_profile_package, &b),
    };
    return r;
}

static slice cancel_message(struct session *s, slice tid)
{
    struct world *w = s->world;
    uint8_t *buf = arena_alloc(&w->arena, 64);
    struct der_writer d = der_writer(buf, 64);
    slice out;

    der_put_int(&d, 0x81, 5);
    der_wrap(&d, 0xA1, 0);
    der_put_tlv(&d, 0x80, tid);
    der_wrap(&d, 0xBF41, 0);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

/* The octets of part stand in the reply as they are. */
static bool contains(slice reply, slice part)
{
    for (size_t i = 0; i + part.n <= reply.n; i++)
        if (!memcmp(reply.p + i, part.p, part.n))
            return true;
    return false;
}

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

static void test_eim037_package_refused(void **state)
{
    static const struct twin rows[] = {
        { "8.1", "6.1", 1 }, { "8.2.7", "2.2", 2 },  { "8.2.7", "3.8", 3 },   { "8.2.7", "6.4", 4 },
        { "8.2", "3.7", 5 }, { "8.8.5", "4.10", 6 }, { "8.10.1", "3.9", 95 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct session s;
        struct authenticate_client_response_es9 client;

        world_open(&w);
        begin_with(&s, &w, 1, CODE);
        initiate(&s);
        client = profile(&s);
        say_client(&s, SLICE_OF(s.tid));
        smdp_answers(&w, "authenticateClient", &client);
        say_package(&s, SLICE_OF(s.tid));
        smdp_refuses(&w, "getBoundProfilePackage", rows[i].subject, rows[i].reason);
        replies_with(&w, 0x3A, 0x81, rows[i].code);
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
    int64_t waiting;

    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    begin_with(&s, &w, 1, CODE);
    initiate(&s);
    waiting = order_enable(&s.card, iccid_a);
    world_restart(&w);
    assert_order(&w, s.order, STARTED);
    assert_order(&w, waiting, QUEUED);
    say_client(&s, SLICE_OF(s.tid));
    replies_with(&w, 0x3B, 0x82, 10);
    card_gets_package(&s.card);
    assert_int_equal(s.card.package.counter_value, 1);
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

/* AuthenticateServerResponse of this card. */
static slice signed_response(struct session *s, const struct card *card)
{
    struct world *w = s->world;
    struct euicc_info2 info2 = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = SLICE_LIT("\x02\x02\x02"),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource = SLICE_EMPTY,
        .uicc_capability = SLICE_LIT("\x03\x78"),
        .rsp_capability = SLICE_LIT("\x04\x90"),
        .euicc_ci_pk_id_list_for_verification = SLICE_LIT("\x04\x01\x0A"),
        .euicc_ci_pk_id_list_for_signing = SLICE_LIT("\x04\x01\x0A"),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("TEST"),
    };
    const struct euicc_signed1 signed1 = {
        .transaction_id = SLICE_OF(s->tid),
        .server_address = s->address,
        .server_challenge = filled(w, 16, 0x22),
        .euicc_info2 = encode(w, &T_euicc_info2, &info2),
        .ctx_params1 = world_hex(w, "A00C8000A108800412345678A100"),
    };
    struct iot_authenticate_server_response r = {
        .which = iot_authenticate_server_response_is_authenticate_response_ok,
    };
    struct ec_sig sig;

    r.authenticate_response_ok = (struct authenticate_response_ok){
        .euicc_signed1 = encode(w, &T_euicc_signed1, &signed1),
        .euicc_signature1 = SLICE_OF(sig.b),
        .euicc_certificate = card->own.der,
        .eum_certificate = w->eum.der,
    };
    assert_int_equal(signer_sign(&card->own.signer, w->crypto,
                                 &r.authenticate_response_ok.euicc_signed1, 1, &sig),
                     E_OK);
    return encode(w, &T_iot_authenticate_server_response, &r);
}

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
        cmocka_unit_test(test_eim031_download_error),
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
        cmocka_unit_test(test_smdp_is_down),
        cmocka_unit_test(test_order_goes_to_its_own_card_only),
        cmocka_unit_test(test_late_answer_does_not_reopen_an_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
