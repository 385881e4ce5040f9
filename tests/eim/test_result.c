/*
 * What the eIM makes of results: EIM-010, EIM-011, EIM-012, EIM-013, EIM-014, EIM-015, EIM-016,
 * EIM-017, EIM-018, EIM-019, EIM-020, EIM-021, EIM-022.
 */
#include "eim/world.h"
#include "pki/lend.h"
#include "pki/revoking.h"

/* A card with a package in its hands. */
static int64_t prepare(struct world *w, struct card *c)
{
    int64_t id;

    world_open(w);
    world_card(w, 1, c);
    id = order_enable(c, iccid_a);
    card_gets_package(c);
    return id;
}

static void finish(struct world *w, struct card *c)
{
    card_close(c);
    world_close(w);
}

static void test_eim010_enabled(void **state)
{
    struct world w;
    struct card c;
    int64_t id;

    (void)state;
    id = prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    assert_acked(&w, c.seq);
    assert_order(&w, id, DONE);
    assert_int_equal(profile_state(&c, iccid_a), 1);
    assert_hex(&w, card_polls(&c), "BF4F03020101");
    finish(&w, &c);
}

/* One package, one refusal; the card's profiles stay as they were. */
static void refused(struct card *c, const struct psmo *p, unsigned tag, int64_t code)
{
    struct world *w = c->world;
    char hex[16];
    int64_t id = order_psmo(c, p);
    int before = profile_state(c, iccid_a);
    struct eim_order o;

    card_gets_package(c);
    snprintf(hex, sizeof hex, "%02X01%02X", tag, (unsigned)code);
    card_provides(c, card_result(c, hex));
    assert_acked(w, c->seq);
    o = order_get(w, id);
    assert_int_equal(o.state, EIM_FAILED);
    assert_int_equal(o.code, code);
    assert_true(o.verified);
    assert_int_equal(profile_state(c, iccid_a), before);
}

static void test_eim011_refusals(void **state)
{
    const slice iccid = { iccid_a, 10 };
    const struct {
        struct psmo p;
        unsigned tag;
        int64_t codes[8];
    } rows[] = {
        { { .which = psmo_is_enable, .enable = { iccid, false } }, 0x83, { 1, 2, 3, 5, 20, 127 } },
        { { .which = psmo_is_disable, .disable = { iccid } }, 0x84, { 1, 2, 3, 5, 127 } },
        { { .which = psmo_is_delete, .delete = { iccid } }, 0x85, { 1, 2, 3, 20, 21, 127 } },
        { { .which = psmo_is_set_fallback_attribute, .set_fallback_attribute = { iccid } },
          0x8D,
          { 1, 2, 3 } },
        { { .which = psmo_is_unset_fallback_attribute, .unset_fallback_attribute = true },
          0x8E,
          { 2, 3, 7 } },
        { { .which = psmo_is_configure_immediate_enable,
            .configure_immediate_enable = { .immediate_enable_flag = true } },
          0x87,
          { 1, 7 } },
    };
    struct world w;
    struct card c;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < 8 && rows[i].codes[k]; k++)
            refused(&c, &rows[i].p, rows[i].tag, rows[i].codes[k]);
    finish(&w, &c);
}

static struct eco some_eco(struct world *w, int which)
{
    struct eco e = { .which = which };
    uint8_t *spki = arena_alloc(&w->arena, 128);
    struct der_writer d = der_writer(spki, 128);

    if (which == eco_is_delete_eim) {
        e.delete_eim.eim_id = SLICE_LIT(EIM_ID);
        return e;
    }
    if (which == eco_is_list_eim) {
        e.list_eim = true;
        return e;
    }
    e.add_eim.eim_id = SLICE_LIT(EIM_ID);
    der_put_spki(&d, CURVE_P256, &w->signer.point);
    e.add_eim.eim_public_key_data.which = eim_public_key_data_is_eim_public_key;
    assert_int_equal(der_written(&d, &e.add_eim.eim_public_key_data.eim_public_key), E_OK);
    return e;
}

static struct eim_order run_eco(struct card *c, int which, const char *result)
{
    const struct eco e = some_eco(c->world, which);
    int64_t id = order_eco(c, &e);

    card_gets_package(c);
    card_provides(c, card_result(c, result));
    assert_acked(c->world, c->seq);
    return order_get(c->world, id);
}

static void test_eim013_add_refused(void **state)
{
    static const int codes[] = { 1, 2, 3, 5, 6, 7, 127 };
    struct world w;
    struct card c;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct eim_order o;
        char hex[16];

        snprintf(hex, sizeof hex, "A8030201%02X", (unsigned)codes[i]);
        o = run_eco(&c, eco_is_add_eim, hex);
        assert_int_equal(o.state, EIM_FAILED);
        assert_int_equal(o.code, codes[i]);
        assert_false(device_get(&c).has_token);
    }
    finish(&w, &c);
}

/* EIM-012, what is not a PSMO with a plain number */
static void test_eim012_other_refusals(void **state)
{
    static const struct psmo address = { .which = psmo_is_set_default_dp_address,
                                         .set_default_dp_address = { SLICE_LIT("a.b") } };
    static const struct {
        int which;
        unsigned tag;
        int codes[5];
    } rows[] = {
        { eco_is_update_eim, 0x8A, { 1, 3, 6, 7 } },
        { eco_is_delete_eim, 0x89, { 1, 7 } },
    };
    struct world w;
    struct card c;
    int64_t id;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; rows[i].codes[k]; k++) {
            struct eim_order o;
            char hex[16];

            snprintf(hex, sizeof hex, "%02X01%02X", rows[i].tag, (unsigned)rows[i].codes[k]);
            o = run_eco(&c, rows[i].which, hex);
            assert_int_equal(o.state, EIM_FAILED);
            assert_int_equal(o.code, rows[i].codes[k]);
            assert_true(device_get(&c).associated);
        }
    }
    id = order_psmo(&c, &address);
    card_gets_package(&c);
    card_provides(&c, card_result(&c, "BF650380017F"));
    assert_order(&w, id, FAILED);
    assert_int_equal(order_get(&w, id).code, 127);
    assert_null(device_get(&c).default_smdp.p);
    finish(&w, &c);
}

static void test_eim014_token(void **state)
{
    struct world w;
    struct card c;
    struct eim_order o;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    o = run_eco(&c, eco_is_add_eim, "A803840109");
    assert_int_equal(o.state, EIM_DONE);
    assert_true(device_get(&c).has_token);
    assert_int_equal(device_get(&c).token, 9);
    c.has_token = true;
    c.token = 9;
    order_enable(&c, iccid_b);
    card_gets_package(&c); /* verifies the signature with the token */
    finish(&w, &c);
}

static void test_eim015_last_deleted(void **state)
{
    struct world w;
    struct card c;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    assert_true(device_get(&c).associated);
    assert_int_equal(run_eco(&c, eco_is_delete_eim, "890102").state, EIM_DONE);
    assert_false(device_get(&c).associated);
    /* no package can reach the card any more */
    order_enable(&c, iccid_b);
    assert_hex(&w, card_polls(&c), "BF4F03020101");
    finish(&w, &c);
}

static void test_eim016_terminated(void **state)
{
    static const int codes[] = { 1, 2, 3, 127 };

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct world w;
        struct card c;
        char hex[16];
        int64_t id = prepare(&w, &c);

        snprintf(hex, sizeof hex, "0201%02X", (unsigned)codes[i]);
        card_provides(&c, card_result(&c, hex));
        assert_order(&w, id, FAILED);
        assert_int_equal(order_get(&w, id).code, codes[i]);
        assert_int_equal(profile_state(&c, iccid_a), -1);
        finish(&w, &c);
    }
}

static void test_eim017_signed_errors(void **state)
{
    static const int codes[] = { 3, 4, 6, 15, 104, 127 };

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct world w;
        struct card c;
        struct eim_order o;
        int64_t id = prepare(&w, &c);

        card_provides(&c, card_error(&c, codes[i]));
        assert_empty_reply(&w);
        o = order_get(&w, id);
        assert_int_equal(o.state, EIM_FAILED);
        assert_int_equal(o.code, codes[i]);
        assert_int_equal(o.retryable, codes[i] == PACKAGE_ECALL_ACTIVE);
        assert_int_equal(eim_order_retry(w.eim, world_begin(&w), id),
                         codes[i] == PACKAGE_ECALL_ACTIVE ? E_OK : E_STATE);
        if (codes[i] == PACKAGE_ECALL_ACTIVE) {
            world_end(&w);
            card_gets_package(&c);
            assert_int_equal(c.package.counter_value, 2);
        } else if (codes[i] == PACKAGE_REPLAY) {
            /* the card is asked for the result that got lost, and the order ends well */
            slice epr = card_result(&c, "830100");
            uint8_t buf[2048];
            struct der_writer d = der_writer(buf, sizeof buf);
            slice response;

            assert_octets(&w, slice_head(card_polls(&c), 9), world_hex(&w, "BF4F10BF520D5C01A2"));
            der_put(&d, epr);
            der_wrap(&d, 0xA2, 0);
            der_wrap(&d, 0xA0, 0);
            der_wrap(&d, 0xBF52, 0);
            assert_int_equal(der_written(&d, &response), E_OK);
            card_provides(&c, response);
            assert_acked(&w, c.seq);
            assert_order(&w, id, DONE);
        } else {
            assert_hex(&w, card_polls(&c), "BF4F03020101");
        }
        finish(&w, &c);
    }
}

static void test_eim018_unsigned_error(void **state)
{
    struct world w;
    struct card c;
    struct eim_order o;
    int64_t id;

    (void)state;
    id = prepare(&w, &c);
    card_provides(&c, card_unsigned_error(&c));
    assert_empty_reply(&w);
    o = order_get(&w, id);
    assert_int_equal(o.state, EIM_FAILED);
    assert_false(o.verified);
    assert_int_equal(profile_state(&c, iccid_a), -1);
    assert_int_equal(device_get(&c).counter, 1);
    assert_false(device_get(&c).has_token);
    finish(&w, &c);
}

enum forgery { GENUINE, SIGNATURE, OTHER_CARD, COUNTER, EIM, TOKEN, FORGERIES };

static void test_eim019_not_genuine(void **state)
{
    (void)state;
    for (int what = GENUINE; what < FORGERIES; what++) {
        struct world w;
        struct card c, other;
        int64_t id = prepare(&w, &c);

        world_card(&w, 2, &other);
        c.change.break_signature = what == SIGNATURE;
        c.change.other = what == OTHER_CARD ? &other : NULL;
        c.change.counter_by = what == COUNTER;
        c.change.eim_id = what == EIM ? SLICE_LIT("another.eim") : SLICE_NONE;
        c.has_token = what == TOKEN;
        c.token = 5;
        card_provides(&c, card_result(&c, "830100"));
        if (what == GENUINE) {
            assert_acked(&w, c.seq);
            assert_order(&w, id, DONE);
        } else {
            assert_empty_reply(&w);
            assert_order(&w, id, SENT);
            assert_int_equal(profile_state(&c, iccid_a), -1);
        }
        card_close(&other);
        finish(&w, &c);
    }
}

/* A card is known to the eIM for as long as the CI is believed under which it was verified. */
static void test_ci_is_taken_away(void **state)
{
    struct world w;
    struct keyring *none;
    struct card c;
    int64_t id = prepare(&w, &c);

    (void)state;
    card_provides(&c, card_result(&c, "830100"));
    assert_order(&w, id, DONE);
    id = order_enable(&c, iccid_b);
    card_gets_package(&c);
    assert_int_equal(keyring_open(w.crypto, 0, &none), E_OK);
    keyring_replace(&w.keys, none);
    card_provides(&c, card_result(&c, "830100"));
    assert_empty_reply(&w);
    assert_order(&w, id, SENT);
    keyring_replace(&w.keys, lend_ci(w.crypto, w.ci.der));
    card_provides(&c, card_result(&c, "830100"));
    assert_acked(&w, c.seq);
    assert_order(&w, id, DONE);
    finish(&w, &c);
}

/* The next generation of keys, with a list of this serial number. */
static void next_with_list(struct world *w, struct revocations *r, slice serial)
{
    struct keyring *k = lend_ci(w->crypto, w->ci.der);

    revoking(r, &k->trust, &w->ci.cert, &w->ci.signer, serial, NOW_S);
    k->trust.revocations = r;
    keyring_replace(&w->keys, k);
}

/* A card that the eIM has believed until now: a list names its EUM, and then no more. */
static void test_revoked_meanwhile(void **state)
{
    struct revocations *r = revocations_open();
    struct world w;
    struct card c;
    int64_t id;

    (void)state;
    prepare(&w, &c);
    id = order_enable(&c, iccid_b);
    card_provides(&c, card_result(&c, "830100"));
    assert_acked(&w, c.seq);
    card_gets_package(&c);
    next_with_list(&w, r, w.eum.cert.serial);
    card_provides(&c, card_result(&c, "830100"));
    assert_empty_reply(&w);
    assert_false(order_get(&w, id).verified);
    next_with_list(&w, r, SLICE_NONE);
    card_provides(&c, card_result(&c, "830100"));
    assert_acked(&w, c.seq);
    assert_order(&w, id, DONE);
    finish(&w, &c);
    revocations_close(r);
}

static void test_eim020_unknown_transaction(void **state)
{
    struct world w;
    struct card c;
    int64_t id;
    slice right;

    (void)state;
    id = prepare(&w, &c);
    right = c.package.eim_transaction_id;
    c.package.eim_transaction_id = SLICE_LIT("\x01\x02");
    card_provides(&c, card_result(&c, "830100"));
    assert_empty_reply(&w);
    assert_order(&w, id, SENT);
    c.package.eim_transaction_id = right;
    card_provides(&c, card_result(&c, "830100"));
    assert_order(&w, id, DONE);
    finish(&w, &c);
}

static void test_eim021_twice(void **state)
{
    struct world w;
    struct card c;
    slice result;

    (void)state;
    prepare(&w, &c);
    result = card_result(&c, "830100");
    card_provides(&c, result);
    assert_acked(&w, c.seq);
    assert_true(w.turn.change_count > 0);
    card_provides(&c, result);
    assert_acked(&w, c.seq);
    assert_int_equal(w.turn.change_count, 0);
    finish(&w, &c);
}

/* A package that was rolled back has a second result; it wins. */
static void test_rollback(void **state)
{
    struct world w;
    struct card c;
    int64_t id;

    (void)state;
    id = prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    assert_order(&w, id, DONE);
    card_provides(&c, card_result(&c, "8C0100"));
    assert_acked(&w, c.seq);
    assert_order(&w, id, FAILED);
    assert_true(slice_eq_str(order_get(&w, id).outcome, "rolled back"));
    card_gets_package(&c); /* the list of profiles */
    assert_hex(&w, c.package.euicc_package.psmo_list, "BF2D00");
    finish(&w, &c);
}

static void test_eim022_whose(void **state)
{
    struct world w;
    struct card c, stranger;

    (void)state;
    prepare(&w, &c);
    world_stranger(&w, 2, &stranger);
    c.change.no_transaction = true;
    c.change.eid = SLICE_OF(stranger.eid);
    card_provides(&c, card_result(&c, "830100"));
    assert_hex(&w, w.turn.reply, "BF5003020102");
    c.change.eid = slice_of(c.eid, 15);
    card_provides(&c, card_result(&c, "830100"));
    assert_hex(&w, w.turn.reply, "BF5003020103");
    c.change.no_eid = true;
    card_provides(&c, card_result(&c, "830100"));
    assert_hex(&w, w.turn.reply, "BF5003020104");
    /* without the EID, but with a transaction that says whose it is */
    c.change.no_transaction = false;
    card_provides(&c, card_result(&c, "830100"));
    assert_acked(&w, c.seq);
    card_close(&stranger);
    finish(&w, &c);
}

static void test_eim029_ipa_refuses(void **state)
{
    static const int codes[] = { 1, 2, 127 };

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct world w;
        struct card c;
        char hex[64];
        int64_t id = prepare(&w, &c);

        snprintf(hex, sizeof hex, "A0030201%02X", (unsigned)codes[i]);
        card_provides(&c, world_hex(&w, hex));
        assert_empty_reply(&w);
        assert_order(&w, id, FAILED);
        assert_int_equal(order_get(&w, id).code, codes[i]);
        finish(&w, &c);
    }
}

/* The card's own list is what counts. */
static void test_inventory(void **state)
{
    static const struct psmo list = { .which = psmo_is_list_profile_info };
    struct world w;
    struct card c;

    (void)state;
    prepare(&w, &c);
    card_provides(&c, card_result(&c, "830100"));
    order_psmo(&c, &list);
    card_gets_package(&c);
    card_provides(&c, card_result(&c, "BF2D17A015E3135A0A980010325476981032249F700101920141"));
    assert_acked(&w, c.seq);
    assert_int_equal(profile_state(&c, iccid_a), -1);
    assert_int_equal(profile_state(&c, iccid_b), 1);
    finish(&w, &c);
}

/* What is known already is not written again within a minute, and then because it was seen. */
static void test_same_inventory(void **state)
{
    static const struct psmo list = { .which = psmo_is_list_profile_info };
    static const struct {
        int64_t after_ms;
        const char *list;
        size_t profiles; /* rows written for it */
    } rows[] = {
        { 0, "BF2D17A015E3135A0A980010325476981032249F700101920141", 1 },
        { 59999, "BF2D17A015E3135A0A980010325476981032249F700101920141", 0 },
        { 1, "BF2D17A015E3135A0A980010325476981032249F700101920141", 1 },
        { 1, "BF2D17A015E3135A0A980010325476981032249F700101920142", 1 }, /* another name */
        { 1, "BF2D17A015E3135A0A980010325476981032249F700100920142", 1 }, /* disabled */
        { 1, "BF2D17A015E3135A0A980010325476981032249F700100920142", 0 },
    };
    struct world w;
    struct card c;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t written = 0;

        w.now_ms += rows[i].after_ms;
        order_psmo(&c, &list);
        card_gets_package(&c);
        card_provides(&c, card_result(&c, rows[i].list));
        for (size_t k = 0; k < w.turn.change_count; k++)
            written += w.turn.changes[k].table == &eim_profile_table;
        assert_int_equal(written, rows[i].profiles);
    }
    card_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eim010_enabled),
        cmocka_unit_test(test_eim011_refusals),
        cmocka_unit_test(test_eim013_add_refused),
        cmocka_unit_test(test_eim012_other_refusals),
        cmocka_unit_test(test_eim014_token),
        cmocka_unit_test(test_eim015_last_deleted),
        cmocka_unit_test(test_eim016_terminated),
        cmocka_unit_test(test_eim017_signed_errors),
        cmocka_unit_test(test_eim018_unsigned_error),
        cmocka_unit_test(test_eim019_not_genuine),
        cmocka_unit_test(test_ci_is_taken_away),
        cmocka_unit_test(test_revoked_meanwhile),
        cmocka_unit_test(test_eim020_unknown_transaction),
        cmocka_unit_test(test_eim021_twice),
        cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_eim022_whose),
        cmocka_unit_test(test_eim029_ipa_refuses),
        cmocka_unit_test(test_same_inventory),
        cmocka_unit_test(test_inventory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
