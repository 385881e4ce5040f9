/*
 * What a device gets when it asks: EIM-001, EIM-002, EIM-003, EIM-004, EIM-005, EIM-006, EIM-007,
 * EIM-008, EIM-009, EIM-027, EIM-030, EIM-045.
 */
#include "eim/world.h"

static void test_eim001_enable(void **state)
{
    struct world w;
    struct card c;
    struct psmo p;
    slice list;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    order_enable(&c, iccid_a);
    card_gets_package(&c); /* checks eimId, EID and signature */
    assert_int_equal(c.package.counter_value, 1);
    assert_int_equal(c.package.euicc_package.which, euicc_package_is_psmo_list);
    list = c.package.euicc_package.psmo_list;
    assert_true(schema_next(&T_psmo, &list, &p));
    assert_int_equal(p.which, psmo_is_enable);
    assert_true(slice_eq(p.enable.iccid, SLICE_OF(iccid_a)));
    card_close(&c);
    world_close(&w);
}

static void test_eim002_nothing_for_you(void **state)
{
    struct world w;
    struct card c, stranger;
    uint8_t bad[16];

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    world_stranger(&w, 2, &stranger);
    assert_hex(&w, card_polls(&c), "BF4F03020101");
    assert_hex(&w, card_polls(&stranger), "BF4F03020102");
    memcpy(bad, c.eid, 16);
    bad[15] ^= 1; /* check digits */
    c.change.eid = SLICE_OF(bad);
    assert_hex(&w, card_polls(&c), "BF4F03020103");
    c.change.eid = slice_of(c.eid, 15);
    assert_hex(&w, card_polls(&c), "BF4F03020103");
    assert_hex(&w, world_say(&w, world_hex(&w, "BF4F00")), "BF4F03020104");
    card_close(&c);
    card_close(&stranger);
    world_close(&w);
}

static void test_eim003_token(void **state)
{
    struct world w;
    struct card c;
    struct eim_device_new n = { .associated = true, .has_token = true, .token = 7 };

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    order_enable(&c, iccid_a);
    card_gets_package(&c); /* 84 01 00 */
    card_close(&c);
    world_stranger(&w, 2, &c);
    n.eid = SLICE_OF(c.eid);
    n.euicc_certificate = c.own.der;
    n.eum_certificate = w.eum.der;
    assert_int_equal(eim_device_add(w.eim, &n, world_begin(&w)), E_OK);
    world_end(&w);
    order_enable(&c, iccid_a);
    c.has_token = true;
    c.token = 7;
    card_gets_package(&c); /* 84 01 07 */
    card_close(&c);
    world_close(&w);
}

static void test_eim004_counter_survives(void **state)
{
    struct world w;
    struct card c;
    int64_t last = 0;

    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    world_card(&w, 1, &c);
    for (int i = 0; i < 6; i++) {
        order_enable(&c, iccid_a);
        if (i == 5)
            world_restart(&w);
        card_gets_package(&c);
        assert_true(c.package.counter_value > last);
        last = c.package.counter_value;
        card_provides(&c, card_result(&c, "830100"));
    }
    card_close(&c);
    world_close(&w);
}

/* The second of two polls that meet must not sign another package with the same counter. */
static void test_eim005_two_at_once(void **state)
{
    struct world w;
    struct card c;
    struct arena arena;
    struct turn first, second;
    struct get_eim_package_request r;
    uint8_t buf[64];
    slice message;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    order_enable(&c, iccid_a);
    order_enable(&c, iccid_b);
    r = (struct get_eim_package_request){ .eid_value = SLICE_OF(c.eid) };
    assert_int_equal(schema_encode(&T_get_eim_package_request, &r, buf, sizeof buf, &message, NULL),
                     E_OK);
    arena_init(&arena, 1 << 20);
    turn_init(&first, &arena, w.store, w.now_ms);
    turn_init(&second, &arena, w.store, w.now_ms);
    assert_int_equal(eim_esipa(w.eim, message, &first), E_OK);
    assert_int_equal(eim_esipa(w.eim, message, &second), E_OK);
    assert_int_equal(turn_commit(&first), E_OK);
    assert_int_equal(turn_commit(&second), E_CONFLICT);
    turn_clear(&second);
    assert_int_equal(eim_esipa(w.eim, message, &second), E_OK);
    assert_int_equal(turn_commit(&second), E_OK);
    assert_octets(&w, second.reply, first.reply);
    arena_free(&arena);
    card_gets_package(&c);
    assert_int_equal(c.package.counter_value, 1);
    card_provides(&c, card_result(&c, "830100"));
    card_gets_package(&c);
    assert_int_equal(c.package.counter_value, 2);
    card_close(&c);
    world_close(&w);
}

static void test_eim006_redelivery(void **state)
{
    struct world w;
    struct card c;
    slice first;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    order_enable(&c, iccid_a);
    first = card_gets_package(&c);
    w.now_ms += 5 * 86400000ll;
    assert_octets(&w, card_polls(&c), first);
    assert_int_equal(device_get(&c).counter, 1);
    card_close(&c);
    world_close(&w);
}

/*
 * The package behind an ended order is signed in the commit that ends it: asking for it writes
 * nothing. Its octets are the same whenever they are asked for, and after a restart.
 */
static void test_eim006_signed_ahead(void **state)
{
    struct world w;
    struct card c;
    int64_t first, second, third;
    slice package;

    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    world_card(&w, 1, &c);
    first = order_enable(&c, iccid_a);
    second = order_enable(&c, iccid_b);
    third = order_enable(&c, iccid_a);
    card_gets_package(&c);
    assert_order(&w, second, QUEUED);
    card_provides(&c, card_result(&c, "830100"));
    assert_order(&w, first, DONE);
    assert_order(&w, second, SIGNED);
    assert_order(&w, third, QUEUED);
    package = arena_copy(&w.arena, card_gets_package(&c));
    assert_int_equal(w.turn.change_count, 0);
    assert_int_equal(c.package.counter_value, 2);
    world_restart(&w);
    assert_octets(&w, card_gets_package(&c), package);
    assert_int_equal(w.turn.change_count, 0);
    card_provides(&c, card_unsigned_error(&c));
    assert_order(&w, second, FAILED);
    assert_order(&w, third, QUEUED); /* nobody has signed that */
    card_gets_package(&c);
    assert_int_equal(c.package.counter_value, 3);
    card_provides(&c, card_result(&c, "830100"));
    assert_order(&w, third, DONE);
    card_close(&c);
    world_close(&w);
}

static void test_eim007_psmos(void **state)
{
    static const slice iccid = { iccid_a, 10 };
    const struct {
        struct psmo p;
        const char *bytes;
    } rows[] = {
        { { .which = psmo_is_enable, .enable = { iccid, true } },
          "A010A30E5A0A98001032547698103214"
          "0500" },
        { { .which = psmo_is_disable, .disable = { iccid } }, "A00EA40C5A0A98001032547698103214" },
        { { .which = psmo_is_delete, .delete = { iccid } }, "A00EA50C5A0A98001032547698103214" },
        { { .which = psmo_is_list_profile_info }, "A003BF2D00" },
        { { .which = psmo_is_get_rat, .get_rat = true }, "A002A600" },
        { { .which = psmo_is_configure_immediate_enable,
            .configure_immediate_enable = { .immediate_enable_flag = true } },
          "A004A7028000" },
        { { .which = psmo_is_set_fallback_attribute, .set_fallback_attribute = { iccid } },
          "A00EA80C5A0A98001032547698103214" },
        { { .which = psmo_is_unset_fallback_attribute, .unset_fallback_attribute = true },
          "A002A900" },
        { { .which = psmo_is_set_default_dp_address,
            .set_default_dp_address = { SLICE_LIT("a.b") } },
          "A008BF65058003612E62" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct card c;

        world_open(&w);
        world_card(&w, 1, &c);
        order_psmo(&c, &rows[i].p);
        card_gets_package(&c);
        assert_hex(&w,
                   slice_of(c.package.euicc_package.psmo_list.p - 2,
                            c.package.euicc_package.psmo_list.n + 2),
                   rows[i].bytes);
        card_close(&c);
        world_close(&w);
    }
}

static void test_eim008_ecos(void **state)
{
    struct world w;
    struct card c;
    uint8_t spki[128];
    struct der_writer d = der_writer(spki, sizeof spki);
    struct eco all[4];
    slice key, content, whole;
    struct tlv e;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    der_put_spki(&d, CURVE_P256, &w.signer.point);
    assert_int_equal(der_written(&d, &key), E_OK);
    all[0] = (struct eco){ .which = eco_is_add_eim, .add_eim = { .eim_id = SLICE_LIT("e2") } };
    all[0].add_eim.eim_public_key_data.which = eim_public_key_data_is_eim_public_key;
    all[0].add_eim.eim_public_key_data.eim_public_key = key;
    all[1] = all[0];
    all[1].which = eco_is_update_eim;
    all[1].update_eim.eim_public_key_data.which = eim_public_key_data_is_eim_certificate;
    all[1].update_eim.eim_public_key_data.eim_certificate = w.dp.der;
    all[2] = (struct eco){ .which = eco_is_delete_eim, .delete_eim = { SLICE_LIT("e2") } };
    all[3] = (struct eco){ .which = eco_is_list_eim, .list_eim = true };
    for (size_t i = 0; i < COUNT(all); i++) {
        struct eim_order o = order_get(&w, order_eco(&c, &all[i]));

        whole = arena_copy(&w.arena, o.content);
        assert_int_equal(whole.p[0], 0xA1);
        assert_int_equal(der_one(whole, &e), E_OK);
        content = e.value;
        assert_int_equal(content.p[0], i == 0 ? 0xA8 : i == 1 ? 0xAA : i == 2 ? 0xA9 : 0xAB);
        if (i < 2) { /* eimPublicKeyData is explicit, what is in it implicit */
            struct tlv arm, data, inner;
            struct der_reader r;

            assert_int_equal(der_one(content, &arm), E_OK);
            r = der_reader(arm.value);
            (void)der_expect(&r, 0x80);
            data = der_expect(&r, 0xA5);
            assert_int_equal(der_end(&r), E_OK);
            assert_int_equal(der_one(data.value, &inner), E_OK);
            assert_int_equal(inner.tag, i == 0 ? 0xA0 : 0xA1);
            assert_int_equal(der_one(i == 0 ? key : w.dp.der, &e), E_OK);
            assert_octets(&w, inner.value, e.value);
        }
    }
    card_close(&c);
    world_close(&w);
}

/* A device whose certificates are not known is asked for them before anything else. */
static void test_eim027_data_request(void **state)
{
    struct world w;
    struct card c;
    struct eim_device_new n = { .associated = true };
    struct get_eim_package_response r;
    struct eim_order *o;

    (void)state;
    world_open(&w);
    world_stranger(&w, 1, &c);
    n.eid = SLICE_OF(c.eid);
    assert_int_equal(eim_device_add(w.eim, &n, world_begin(&w)), E_OK);
    world_end(&w);
    order_enable(&c, iccid_a);
    assert_int_equal(schema_decode(&T_get_eim_package_response, card_polls(&c), &r, NULL), E_OK);
    assert_int_equal(r.which, get_eim_package_response_is_ipa_euicc_data_request);
    assert_hex(&w, r.ipa_euicc_data_request.tag_list, "81BF20BF228384A5A6A8A9");
    /* tags of other objects are refused, each after one that passes */
    assert_int_equal(eim_order_data(w.eim, n.eid, world_hex(&w, "A0A2A5A6"), world_begin(&w), &o),
                     E_OK);
    assert_int_equal(eim_order_data(w.eim, n.eid, world_hex(&w, "A0A25A"), world_begin(&w), &o),
                     E_ARGUMENT);
    assert_int_equal(eim_order_data(w.eim, n.eid, world_hex(&w, "BF2D"), world_begin(&w), &o),
                     E_ARGUMENT);
    card_close(&c);
    world_close(&w);
}

static void test_eim030_triggers(void **state)
{
    static const struct {
        struct eim_download d;
        const char *data;
    } rows[] = {
        { { .activation_code = SLICE_LIT("1$a.b$M") },
          "A009800731"
          "24612E62244D" },
        { { .activation_code = SLICE_LIT("LPA:1$a.b$M") },
          "A009800731"
          "24612E62244D" },
        { { .source = EIM_BY_DEFAULT_SMDP }, "A0028100" },
        { { .source = EIM_BY_SMDS, .smds = SLICE_LIT("a.b") }, "A007A2058003612E62" },
        { { .source = EIM_BY_SMDS }, "A002A200" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        struct card c;
        struct eim_order *o;
        slice reply;

        world_open(&w);
        world_card(&w, 1, &c);
        assert_int_equal(
            eim_order_download(w.eim, SLICE_OF(c.eid), &rows[i].d, world_begin(&w), &o), E_OK);
        world_end(&w);
        reply = card_polls(&c);
        assert_hex(&w, slice_of(reply.p + 6, strlen(rows[i].data) / 2), rows[i].data);
        card_close(&c);
        world_close(&w);
    }
}

static void test_eim045_no_message(void **state)
{
    static const char *const rows[] = { "",           "BF4F", "BF4F125A10", "BF7F00",
                                        "BF50023000", "3000", "BF4F0000" };
    struct world w;

    (void)state;
    world_open(&w);
    world_say(&w, world_hex(&w, "BF4F00"));
    for (size_t i = 0; i < COUNT(rows); i++)
        world_say_nonsense(&w, world_hex(&w, rows[i]));
    world_close(&w);
}

/* EIM-009: two enables, two disables */
static void test_eim009_refused_orders(void **state)
{
    const struct psmo two[] = {
        { .which = psmo_is_enable, .enable = { SLICE_OF(iccid_a), false } },
        { .which = psmo_is_enable, .enable = { SLICE_OF(iccid_b), false } },
    };
    const struct psmo disables[] = {
        { .which = psmo_is_disable, .disable = { SLICE_OF(iccid_a) } },
        { .which = psmo_is_disable, .disable = { SLICE_OF(iccid_b) } },
    };
    struct world w;
    struct card c;
    struct eim_order *o;

    (void)state;
    world_open(&w);
    world_card(&w, 1, &c);
    assert_int_equal(eim_order_psmo(w.eim, SLICE_OF(c.eid), two, 1, world_begin(&w), &o), E_OK);
    assert_int_equal(eim_order_psmo(w.eim, SLICE_OF(c.eid), two, 2, world_begin(&w), &o),
                     E_ARGUMENT);
    assert_string_equal(w.turn.status.message, "psmo.enable: at most one in a package");
    assert_int_equal(w.turn.change_count, 0);
    assert_int_equal(eim_order_psmo(w.eim, SLICE_OF(c.eid), disables, 1, world_begin(&w), &o),
                     E_OK);
    assert_int_equal(eim_order_psmo(w.eim, SLICE_OF(c.eid), disables, 2, world_begin(&w), &o),
                     E_ARGUMENT);
    assert_string_equal(w.turn.status.message, "psmo.disable: at most one in a package");
    assert_int_equal(w.turn.change_count, 0);
    assert_int_equal(
        eim_order_enable(w.eim, SLICE_OF(c.eid), slice_of(iccid_a, 9), false, world_begin(&w), &o),
        E_ARGUMENT);
    assert_hex(&w, card_polls(&c), "BF4F03020101");
    card_close(&c);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eim001_enable),
        cmocka_unit_test(test_eim002_nothing_for_you),
        cmocka_unit_test(test_eim003_token),
        cmocka_unit_test(test_eim004_counter_survives),
        cmocka_unit_test(test_eim005_two_at_once),
        cmocka_unit_test(test_eim006_redelivery),
        cmocka_unit_test(test_eim006_signed_ahead),
        cmocka_unit_test(test_eim007_psmos),
        cmocka_unit_test(test_eim008_ecos),
        cmocka_unit_test(test_eim027_data_request),
        cmocka_unit_test(test_eim030_triggers),
        cmocka_unit_test(test_eim045_no_message),
        cmocka_unit_test(test_eim009_refused_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
