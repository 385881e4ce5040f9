/*
 * Notifications and data of the IPA: EIM-023, EIM-024, EIM-025, EIM-026, EIM-028, EIM-029 (with
 * test_result), EIM-042; and IPAs of v1.0.
 */
#include "eim/rows.h"
#include "eim/world.h"

static slice wrapped(struct world *w, uint32_t tag, slice content)
{
    uint8_t *buf = arena_alloc(&w->arena, content.n + 16);
    struct der_writer d = der_writer(buf, content.n + 16);
    slice out;

    der_put_tlv(&d, tag, content);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

static slice joined(struct world *w, slice a, slice b)
{
    const slice parts[] = { a, b };

    return arena_concat(&w->arena, parts, 2);
}

/* What the eIM wants to do now; false when nothing is due. */
static bool due(struct world *w, int64_t *next)
{
    assert_int_equal(eim_due(w->eim, world_begin(w), next), E_OK);
    world_end(w);
    return w->turn.want == TURN_UPSTREAM;
}

static void recover(struct world *w)
{
    bool more;

    do {
        assert_int_equal(eim_recover(w->eim, world_begin(w), &more), E_OK);
        world_end(w);
    } while (more);
}

/* Exactly this goes to that host. */
static void is_forwarded(struct world *w, slice data, const char *host)
{
    struct handle_notification_es9 r;
    int64_t next;

    assert_true(due(w, &next));
    assert_true(slice_eq_str(w->turn.upstream.host, host));
    smdp_called(w, "handleNotification", &r);
    assert_octets(w, r.pending_notification, data);
}

static void nothing_due(struct world *w)
{
    int64_t next;

    assert_false(due(w, &next));
}

static void test_eim023_with_a_result(void **state)
{
    struct world w;
    struct card c;
    slice result, first, second;
    int64_t id, seq;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    id = order_enable(&c, iccid_a);
    card_gets_package(&c);
    result = card_result(&c, "830100");
    seq = c.seq;
    first = card_notification(&c, 2, "a.example.com");
    second = card_notification(&c, 1, "b.example.com");
    card_provides(
        &c, wrapped(&w, 0x30, joined(&w, result, wrapped(&w, 0xA0, joined(&w, first, second)))));
    assert_acked(&w, seq, seq + 1, seq + 2);
    assert_order(&w, id, DONE);
    is_forwarded(&w, first, "a.example.com");
    smdp_http(&w, 204);
    is_forwarded(&w, second, "b.example.com");
    smdp_http(&w, 204);
    nothing_due(&w);
    card_close(&c);
    world_close(&w);
}

static slice message(struct world *w, slice notification)
{
    return wrapped(w, 0xBF3D, wrapped(w, 0xA0, notification));
}

static void test_eim024_alone(void **state)
{
    struct world w;
    struct card c;
    slice n;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    n = card_notification(&c, 1, SMDP);
    world_say(&w, message(&w, n));
    assert_null(w.turn.reply.p); /* 204 */
    is_forwarded(&w, n, SMDP);
    smdp_http(&w, 204);
    nothing_due(&w);
    card_close(&c);
    world_close(&w);
}

/* Nothing leaves that no eUICC of a trusted CI signed. */
static void test_forged_is_not_forwarded(void **state)
{
    struct world w;
    struct card c, other;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    world_card(&w, 2, &other);
    c.change.break_signature = true;
    world_say(&w, message(&w, card_notification(&c, 1, SMDP)));
    nothing_due(&w);
    c.change.break_signature = false;
    c.change.other = &other;
    world_say(&w, message(&w, card_notification(&c, 1, SMDP)));
    nothing_due(&w);
    c.change.other = NULL;
    world_say(&w, message(&w, card_notification(&c, 1, "evil/path?x=")));
    nothing_due(&w);
    card_close(&c);
    card_close(&other);
    world_close(&w);
}

static void test_eim025_result_without_answer(void **state)
{
    struct world w;
    struct card c;
    int64_t id;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    id = order_enable(&c, iccid_a);
    card_gets_package(&c);
    world_say(&w, wrapped(&w, 0xBF3D,
                          wrapped(&w, 0xBF50,
                                  joined(&w, wrapped(&w, 0x5A, SLICE_OF(c.eid)),
                                         card_result(&c, "830100")))));
    assert_null(w.turn.reply.p);
    assert_order(&w, id, DONE);
    assert_int_equal(profile_state(&c, iccid_a), 1);
    card_close(&c);
    world_close(&w);
}

static void test_eim026_smdp_is_down(void **state)
{
    struct world w;
    struct card c;
    slice n;
    int64_t next;

    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    world_card(&w, 1, &c);
    n = card_notification(&c, 1, SMDP);
    world_say(&w, message(&w, n));
    world_restart(&w); /* it was stored before it was acknowledged */
    is_forwarded(&w, n, SMDP);
    smdp_down(&w);
    assert_false(due(&w, &next));
    assert_true(next > w.now_ms);
    w.now_ms = next;
    is_forwarded(&w, n, SMDP);
    smdp_http(&w, 503);
    assert_false(due(&w, &next));
    assert_true(next > w.now_ms);
    w.now_ms = next;
    is_forwarded(&w, n, SMDP);
    world_restart(&w); /* the answer got lost; another eIM may have made the call */
    assert_false(due(&w, &next));
    w.now_ms = next;
    is_forwarded(&w, n, SMDP);
    world_restart(&w); /* lost again; the only eIM need not wait */
    recover(&w);
    is_forwarded(&w, n, SMDP);
    smdp_http(&w, 204);
    world_say(&w, message(&w, n)); /* a copy */
    w.now_ms += 10 * 86400000ll;
    nothing_due(&w);
    card_close(&c);
    world_close(&w);
}

/* Those of one card for one server stay in their order; others pass. */
static void test_order_of_notifications(void **state)
{
    struct world w;
    struct card c;
    slice first, second, elsewhere;
    int64_t next;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    first = card_notification(&c, 2, SMDP);
    second = card_notification(&c, 1, SMDP);
    elsewhere = card_notification(&c, 1, "other.example.com");
    world_say(&w, message(&w, first));
    is_forwarded(&w, first, SMDP);
    smdp_down(&w);
    world_say(&w, message(&w, second));
    world_say(&w, message(&w, elsewhere));
    is_forwarded(&w, elsewhere, "other.example.com");
    smdp_http(&w, 204);
    assert_false(due(&w, &next));
    w.now_ms = next;
    is_forwarded(&w, first, SMDP);
    smdp_http(&w, 204);
    w.now_ms += 1000;
    is_forwarded(&w, second, SMDP);
    smdp_http(&w, 204);
    nothing_due(&w);
    card_close(&c);
    world_close(&w);
}

/* ---- data ----------------------------------------------------------------------------------- */

static int64_t order_data(struct card *c)
{
    struct world *w = c->world;
    struct eim_order *o;
    int64_t id;

    assert_int_equal(eim_order_data(w->eim, SLICE_OF(c->eid), SLICE_NONE, world_begin(w), &o),
                     E_OK);
    world_end(w);
    id = o->id;
    card_polls(c);
    return id;
}

static void test_eim028_data(void **state)
{
    struct world w;
    struct card c;
    slice n, data;
    int64_t id;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    id = order_data(&c);
    n = card_notification(&c, 1, SMDP);
    data = joined(&w, wrapped(&w, 0xA0, n), world_hex(&w, "8103612E62"));
    data = joined(&w, data, wrapped(&w, 0x87, order_get(&w, id).transaction_id));
    data = joined(&w, data, world_hex(&w, "A8048002027C"));
    card_provides(&c, wrapped(&w, 0xBF52, wrapped(&w, 0xA0, data)));
    assert_acked(&w, c.seq);
    assert_order(&w, id, DONE);
    assert_true(slice_eq_str(device_get(&c).default_smdp, "a.b"));
    assert_int_equal(device_get(&c).features, 0x3E); /* bits 1 to 5 */
    is_forwarded(&w, n, SMDP);
    smdp_http(&w, 204);
    /* without notifications there is nothing to acknowledge */
    id = order_data(&c);
    card_provides(&c, world_hex(&w, "BF5207A0058103612E63"));
    assert_empty_reply(&w);
    assert_order(&w, id, DONE);
    assert_true(slice_eq_str(device_get(&c).default_smdp, "a.c"));
    card_close(&c);
    world_close(&w);
}

static void test_eim029_data_refused(void **state)
{
    static const int codes[] = { 1, 5, 104, 127 };
    struct world w;
    struct card c;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    for (size_t i = 0; i < COUNT(codes); i++) {
        int64_t id = order_data(&c);
        char hex[40];

        snprintf(hex, sizeof hex, "BF5205A1030201%02X", (unsigned)codes[i]);
        card_provides(&c, world_hex(&w, hex));
        assert_empty_reply(&w);
        assert_order(&w, id, FAILED);
        assert_int_equal(order_get(&w, id).code, codes[i]);
    }
    card_close(&c);
    world_close(&w);
}

static slice implicit(struct world *w, uint32_t tag, slice certificate)
{
    struct tlv e;

    assert_int_equal(der_one(certificate, &e), E_OK);
    return wrapped(w, tag, e.value);
}

/* Certificates are learned from the card itself, if they are its own. */
static void test_certificates_are_fetched(void **state)
{
    (void)state;
    for (int theirs = 0; theirs < 2; theirs++) {
        struct world w;
        struct card c, other;
        struct eim_device_new n = { .associated = true };
        int64_t id;

        world_open(&w);
        world_stranger(&w, 1, &c);
        world_stranger(&w, 2, &other);
        n.eid = SLICE_OF(c.eid);
        assert_int_equal(eim_device_add(w.eim, &n, world_begin(&w)), E_OK);
        world_end(&w);
        card_polls(&c);
        card_provides(
            &c, wrapped(&w, 0xBF52,
                        wrapped(&w, 0xA0,
                                joined(&w, implicit(&w, 0xA5, w.eum.der),
                                       implicit(&w, 0xA6, theirs ? other.own.der : c.own.der)))));
        assert_empty_reply(&w);
        id = order_enable(&c, iccid_a);
        card_gets_package(&c);
        card_provides(&c, card_result(&c, "830100"));
        if (theirs) {
            assert_null(device_get(&c).euicc_certificate.p);
            assert_empty_reply(&w);
            assert_order(&w, id, SENT);
        } else {
            assert_octets(&w, device_get(&c).euicc_certificate, c.own.der);
            assert_acked(&w, c.seq);
            assert_order(&w, id, DONE);
        }
        card_close(&c);
        card_close(&other);
        world_close(&w);
    }
}

/* ---- state changes, and IPAs of v1.0 -------------------------------------------------------- */

static slice poll_with(struct card *c, const char *more)
{
    struct world *w = c->world;

    return world_say(
        w, wrapped(w, 0xBF4F, joined(w, wrapped(w, 0x5A, SLICE_OF(c->eid)), world_hex(w, more))));
}

static void test_eim042_state_change(void **state)
{
    static const int causes[] = { 0, 1, 2, 3, 4, 5, 6, 127 };
    struct world w;
    struct card c;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    for (size_t i = 0; i < COUNT(causes); i++) {
        char hex[40];

        snprintf(hex, sizeof hex, "80008101%02X820362F210", (unsigned)causes[i]);
        w.now_ms += 1000;
        poll_with(&c, hex);
        if (!i) /* answered as usual; what is there now is asked next */
            assert_hex(&w, w.turn.reply, "BF4F03020101");
        assert_int_equal(device_get(&c).changed_cause, causes[i]);
        assert_int_equal(device_get(&c).changed_ms, w.now_ms);
        assert_hex(&w, device_get(&c).r_plmn, "62F210");
    }
    card_gets_package(&c);
    assert_hex(&w, c.package.euicc_package.psmo_list, "BF2D00");
    card_close(&c);
    world_close(&w);
}

static void test_v10_peer(void **state)
{
    struct world w;
    struct card c;
    struct eim_order *o;
    int64_t id;
    slice n, reply;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    /* rPLMN under [1] gives it away */
    assert_hex(&w, poll_with(&c, "810362F210"), "BF4F03020101");
    assert_int_equal(device_get(&c).wire, EIM_WIRE_V10);
    assert_hex(&w, device_get(&c).r_plmn, "62F210");
    /* results without EID, notifications in BF2B, answers without arms */
    id = order_enable(&c, iccid_a);
    card_gets_package(&c);
    c.change.no_eid = true;
    n = card_result(&c, "830100");
    card_provides(&c, wrapped(&w, 0x30,
                              joined(&w, n,
                                     wrapped(&w, 0xBF2B,
                                             wrapped(&w, 0xA0, card_notification(&c, 1, SMDP))))));
    assert_acked(&w, c.seq - 1, c.seq);
    assert_order(&w, id, DONE);
    card_provides(&c, world_hex(&w, "020102"));
    assert_hex(&w, w.turn.reply, "BF5000");
    /* requests without what v1.0 does not have */
    assert_int_equal(eim_order_data(w.eim, SLICE_OF(c.eid), SLICE_NONE, world_begin(&w), &o), E_OK);
    world_end(&w);
    reply = card_polls(&c);
    assert_hex(&w, reply, "BF4F10BF520D5C0B80BF20BF228384A5A688A9");
    c.change.no_eid = false;
    card_close(&c);
    world_close(&w);
}

/* A device of v1.0 is asked in the tags of its version; its certificate says whose answer it is. */
static void test_v10_fetch(void **state)
{
    struct world w;
    struct card c;
    struct eim_device_new n = { .associated = true, .wire = EIM_WIRE_V10 };

    (void)state;
    world_open(&w);
    world_stranger(&w, 1, &c);
    n.eid = SLICE_OF(c.eid);
    assert_int_equal(eim_device_add(w.eim, &n, world_begin(&w)), E_OK);
    world_end(&w);
    assert_hex(&w, card_polls(&c), "BF4F10BF520D5C0B80BF20BF228384A5A688A9");
    c.change.no_eid = true;
    card_provides(&c, wrapped(&w, 0xBF52,
                              wrapped(&w, 0xA0,
                                      joined(&w, world_hex(&w, "8003612E62"),
                                             joined(&w, implicit(&w, 0xA5, w.eum.der),
                                                    implicit(&w, 0xA6, c.own.der))))));
    assert_hex(&w, w.turn.reply, "BF5000");
    assert_octets(&w, device_get(&c).euicc_certificate, c.own.der);
    assert_true(slice_eq_str(device_get(&c).default_smdp, "a.b"));
    card_close(&c);
    world_close(&w);
}

/* The card tells its version. */
static void is_of_version(struct card *c, slice version)
{
    static const uint8_t pkid[22] = { 0x04, 0x14, 1 };
    struct world *w = c->world;
    struct euicc_info2 info = {
        .profile_version = SLICE_LIT("\x02\x03\x01"),
        .svn = SLICE_LIT("\x02\x05\x00"),
        .euicc_firmware_ver = SLICE_LIT("\x01\x00\x00"),
        .ext_card_resource = SLICE_LIT("\x81\x01\x00\x82\x01\x00\x83\x01\x00"),
        .uicc_capability = SLICE_LIT("\x00\x00"),
        .rsp_capability = SLICE_LIT("\x00\x00"),
        .euicc_ci_pk_id_list_for_verification = SLICE_OF(pkid),
        .euicc_ci_pk_id_list_for_signing = SLICE_OF(pkid),
        .pp_version = SLICE_LIT("\x01\x00\x00"),
        .sas_acreditation_number = SLICE_LIT("x"),
        .has_iot_specific_info = true,
        .iot_specific_info = { .iot_version = version },
    };
    uint8_t buf[400];
    slice bf22;

    assert_int_equal(schema_encode(&T_euicc_info2, &info, buf, sizeof buf, &bf22, NULL), E_OK);
    order_data(c);
    card_provides(c, wrapped(w, 0xBF52, wrapped(w, 0xA0, bf22)));
}

/* A v1.0 card that signs data || eimSignature: believed unless it is known to be of another. */
static void test_v10_signature(void **state)
{
    enum { V12_CARD, V10_PEER, V10_CARD, UNKNOWN };

    (void)state;
    for (int who = V12_CARD; who <= UNKNOWN; who++) {
        bool v10 = who == V10_PEER;
        struct world w;
        struct card c;
        struct euicc_package_result r;
        struct euicc_package_result_signed *s = &r.euicc_package_result_signed;
        struct ec_sig sig;
        uint8_t buf[1024];
        slice result, parts[3];
        int64_t id;

        world_open(&w);
        world_card(&w, 1, &c);
        if (v10)
            poll_with(&c, "810362F210");
        if (who == V12_CARD)
            is_of_version(&c, SLICE_LIT("\x04\x03\x01\x02\x00"));
        if (who == V10_CARD)
            is_of_version(&c, SLICE_LIT("\x04\x03\x01\x00\x00"));
        id = order_enable(&c, iccid_a);
        card_gets_package(&c);
        result = card_result(&c, "830100");
        assert_int_equal(schema_decode(&T_euicc_package_result, result, &r, NULL), E_OK);
        parts[0] = s->euicc_package_result_data_signed;
        parts[1] = SLICE_LIT("\x5F\x37\x40");
        parts[2] = c.eim_signature;
        assert_int_equal(signer_sign(&c.own.signer, w.crypto, parts, 3, &sig), E_OK);
        s->euicc_sign_epr = SLICE_OF(sig.b);
        assert_int_equal(schema_encode(&T_euicc_package_result, &r, buf, sizeof buf, &result, NULL),
                         E_OK);
        c.change.no_eid = v10;
        card_provides(&c, v10 ? wrapped(&w, 0x30,
                                        joined(&w, result,
                                               wrapped(&w, 0xBF2B, wrapped(&w, 0xA0, SLICE_EMPTY))))
                              : result);
        if (who == V12_CARD)
            assert_order(&w, id, SENT);
        else
            assert_order(&w, id, DONE);
        card_close(&c);
        world_close(&w);
    }
}

/* Whoever knows an EID may send data; only what was asked for is believed. */
static void test_data_that_nobody_asked_for_changes_nothing(void **state)
{
    struct world w;
    struct card c;
    slice n, data;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    n = card_notification(&c, 1, SMDP);
    data = joined(&w, wrapped(&w, 0xA0, n), world_hex(&w, "8103612E62840107"));
    card_provides(&c, wrapped(&w, 0xBF52, wrapped(&w, 0xA0, data)));
    assert_acked(&w, c.seq); /* this one is signed */
    assert_null(device_get(&c).default_smdp.p);
    assert_false(device_get(&c).has_token);
    order_data(&c);
    card_provides(&c, wrapped(&w, 0xBF52, wrapped(&w, 0xA0, data)));
    assert_true(slice_eq_str(device_get(&c).default_smdp, "a.b"));
    assert_true(device_get(&c).has_token);
    card_close(&c);
    world_close(&w);
}

/* An IPA that shows the result of an earlier direct download for the next one. */
static void test_old_installation_result_does_not_end_the_next_download(void **state)
{
    struct world w;
    struct card c;
    slice result;
    int64_t first, second;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    first = order_download(&c, "1$" SMDP "$A");
    card_polls(&c);
    result = wrapped(&w, 0xBF54, card_installation(&c, SLICE_LIT("\x01\x02"), 0));
    card_provides(&c, result);
    assert_order(&w, first, DONE);
    second = order_download(&c, "1$" SMDP "$B");
    card_polls(&c);
    card_provides(&c, result);
    assert_acked(&w, c.seq);
    assert_order(&w, second, SENT);
    card_provides(&c, wrapped(&w, 0xBF54, card_installation(&c, SLICE_LIT("\x01\x03"), 0)));
    assert_order(&w, second, DONE);
    card_close(&c);
    world_close(&w);
}

static size_t told(struct world *w, const char *kind, size_t *longest)
{
    const struct store_query q = { .limit = STORE_LIST_MAX };
    struct store_event *events;
    size_t count, n = 0;

    assert_int_equal(store_list(w->store, &store_event_table, &q, &w->arena, &events, &count),
                     E_OK);
    for (size_t i = 0; i < count; i++) {
        if (!slice_eq_str(events[i].kind, kind))
            continue;
        n++;
        if (events[i].data.n > *longest)
            *longest = events[i].data.n;
    }
    return n;
}

static size_t discarded(struct world *w, size_t *longest)
{
    return told(w, "eim.notification.discarded", longest);
}

/* Anybody can send what is not believed, without end: the store is not filled with it. */
static void test_forged_notifications_do_not_fill_the_store(void **state)
{
    struct world w;
    struct card c, other;
    size_t longest = 0;
    char address[1200];

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    world_stranger(&w, 2, &other);
    c.change.other = &other;
    memset(address, 'a', sizeof address);
    address[250] = 0;
    for (unsigned i = 0; i < 200; i++)
        world_say(&w, wrapped(&w, 0xBF3D, wrapped(&w, 0xA0, card_notification(&c, 1, address))));
    assert_in_range(discarded(&w, &longest), 1, 60);
    assert_in_range(longest, 1, 1024);
    w.now_ms += 60000; /* later ones are told of again */
    world_say(&w, wrapped(&w, 0xBF3D, wrapped(&w, 0xA0, card_notification(&c, 1, SMDP))));
    assert_int_equal(discarded(&w, &longest), 61);
    card_close(&other);
    card_close(&c);
    world_close(&w);
}

/* Neither can notifyStateChange, which nobody signs: one cause is told of once a minute, and all of
 * them so often and no more. */
static void test_state_changes_do_not_fill_the_store(void **state)
{
    struct world w;
    struct card c;
    const struct store_query all = { .limit = STORE_LIST_MAX };
    struct eim_order *open;
    size_t longest = 0, orders;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    for (unsigned i = 0; i < 100; i++)
        poll_with(&c, "8000810101820362F210");
    assert_int_equal(told(&w, "eim.state_changed", &longest), 1);
    w.now_ms += 60000;
    poll_with(&c, "8000810101820362F210");
    assert_int_equal(told(&w, "eim.state_changed", &longest), 2);
    w.now_ms += 60000;
    for (unsigned i = 0; i < 100; i++)
        poll_with(&c, i % 2 ? "8000810101820362F210" : "8000810102820362F210");
    assert_in_range(told(&w, "eim.state_changed", &longest), 3, 62);
    assert_int_equal(store_list(w.store, &eim_order_table, &all, &w.arena, &open, &orders), E_OK);
    assert_in_range(orders, 1, 2); /* one that was handed out, one that waits */
    card_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eim023_with_a_result),
        cmocka_unit_test(test_eim024_alone),
        cmocka_unit_test(test_forged_is_not_forwarded),
        cmocka_unit_test(test_eim025_result_without_answer),
        cmocka_unit_test(test_eim026_smdp_is_down),
        cmocka_unit_test(test_order_of_notifications),
        cmocka_unit_test(test_eim028_data),
        cmocka_unit_test(test_data_that_nobody_asked_for_changes_nothing),
        cmocka_unit_test(test_forged_notifications_do_not_fill_the_store),
        cmocka_unit_test(test_state_changes_do_not_fill_the_store),
        cmocka_unit_test(test_old_installation_result_does_not_end_the_next_download),
        cmocka_unit_test(test_eim029_data_refused),
        cmocka_unit_test(test_certificates_are_fetched),
        cmocka_unit_test(test_eim042_state_change),
        cmocka_unit_test(test_v10_peer),
        cmocka_unit_test(test_v10_fetch),
        cmocka_unit_test(test_v10_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
