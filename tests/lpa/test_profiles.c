/*
 * What the LPA does with profiles, notifications and events.
 * LPA-010: a notification is removed from the eUICC once its server acknowledged it (204, or
 * another 2xx as servers in the field say), and not before. LPA-012: notifications of a server out
 * of reach outlive a reboot and go out in their order. LPA-013: each error of enabling, disabling,
 * deleting is told with its code and its name. LPA-015: two events of an SM-DS; one that leads
 * nowhere does not keep the other. LPA-018: provisioning profiles are not the user's to see.
 */
#include "lpa/shop.h"

#include "rsp/json/json.h"

static struct shop s;

static int set_up(void **state)
{
    (void)state;
    shop_open(&s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    shop_close(&s);
    return 0;
}

static void install(struct ware *w)
{
    struct lpa_installed done;
    char text[400];

    shop_order(&s, w);
    if (shop_download(&s, w, &done))
        fail_msg("%s", lpa_trouble_text(s.lpa, text, sizeof text));
}

/* ---- enabling, disabling, deleting ---- */

static int state_of(const struct ware *w)
{
    struct profile_info p;
    slice list;

    assert_int_equal(lpa_profiles(s.lpa, &list), E_OK);
    while (schema_next(&T_profile_info, &list, &p))
        if (slice_eq(p.iccid, SLICE_OF(w->iccid)))
            return (int)p.profile_state;
    return -1;
}

static void change_fails(enum lpa_change what, const struct ware *w, const char *name)
{
    assert_int_equal(lpa_change(s.lpa, what, SLICE_OF(w->iccid), false), E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->card_error, name);
}

static void changes(void **state)
{
    struct ware a = { .number = 1 }, b = { .number = 2 }, none = { .iccid = { 0x98 } };

    (void)state;
    install(&a);
    install(&b);
    assert_int_equal(state_of(&a), PROFILE_STATE_DISABLED);
    assert_int_equal(lpa_change(s.lpa, LPA_ENABLE, SLICE_OF(a.iccid), false), E_OK);
    assert_int_equal(state_of(&a), PROFILE_STATE_ENABLED);
    change_fails(LPA_ENABLE, &a, "profileNotInDisabledState");
    change_fails(LPA_DELETE, &a, "profileNotInDisabledState");
    change_fails(LPA_DISABLE, &b, "profileNotInEnabledState");
    change_fails(LPA_ENABLE, &none, "iccidOrAidNotFound");
    change_fails(LPA_DISABLE, &none, "iccidOrAidNotFound");
    change_fails(LPA_DELETE, &none, "iccidOrAidNotFound");
    assert_int_equal(state_of(&a), PROFILE_STATE_ENABLED);
    assert_int_equal(state_of(&b), PROFILE_STATE_DISABLED);
    assert_int_equal(lpa_change(s.lpa, LPA_DISABLE, SLICE_OF(a.iccid), false), E_OK);
    assert_int_equal(lpa_change(s.lpa, LPA_DELETE, SLICE_OF(a.iccid), false), E_OK);
    assert_int_equal(state_of(&a), -1);
    assert_int_equal(shop_profiles(&s), 1);
}

/* What our card does not answer here; from what it does answer, one octet is changed. */
static void every_code_of_the_card(void **state)
{
    static const struct {
        enum lpa_change what;
        unsigned tag;
        const char *hex, *name;
    } rows[] = {
        { LPA_ENABLE, 0xBF31, "BF31038001019000", "iccidOrAidNotFound" },
        { LPA_ENABLE, 0xBF31, "BF31038001039000", "disallowedByPolicy" },
        { LPA_ENABLE, 0xBF31, "BF31038001049000", "wrongProfileReenabling" },
        { LPA_ENABLE, 0xBF31, "BF31038001059000", "catBusy" },
        { LPA_ENABLE, 0xBF31, "BF310380017F9000", "undefinedError" },
        { LPA_ENABLE, 0xBF31, "BF31038001639000", "unknown" },
        { LPA_DISABLE, 0xBF32, "BF32038001039000", "disallowedByPolicy" },
        { LPA_DISABLE, 0xBF32, "BF32038001059000", "catBusy" },
        { LPA_DISABLE, 0xBF32, "BF320380017F9000", "undefinedError" },
        { LPA_DELETE, 0xBF33, "BF33038001039000", "disallowedByPolicy" },
        { LPA_DELETE, 0xBF33, "BF330380017F9000", "undefinedError" },
    };
    struct ware a = { .number = 1 };
    char text[400];

    (void)state;
    install(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        s.fault_tag = rows[i].tag;
        s.fault_skip = 0;
        s.fault_hex = rows[i].hex;
        change_fails(rows[i].what, &a, rows[i].name);
        assert_non_null(strstr(lpa_trouble_text(s.lpa, text, sizeof text), rows[i].name));
        assert_int_equal(s.fault_tag, 0);
    }
    s.fault_tag = 0xBF31;
    s.fault_hex = "BF31028000"
                  "9000";
    assert_int_not_equal(lpa_change(s.lpa, LPA_ENABLE, SLICE_OF(a.iccid), false), E_OK);
    s.fault_tag = 0xBF31;
    s.fault_hex = "6982";
    assert_int_equal(lpa_change(s.lpa, LPA_ENABLE, SLICE_OF(a.iccid), false), E_REFUSED);
    assert_int_equal(lpa_trouble(s.lpa)->sw, 0x6982);
    s.fault_tag = 0xBF31;
    s.fault_hex = NULL;
    assert_int_equal(lpa_change(s.lpa, LPA_ENABLE, SLICE_OF(a.iccid), false), E_CLOSED);
    shop_reboot(&s);
    assert_int_equal(state_of(&a), PROFILE_STATE_DISABLED);
    assert_int_equal(lpa_change(s.lpa, LPA_ENABLE, SLICE_OF(a.iccid), false), E_OK);
}

static void names_and_addresses(void **state)
{
    struct euicc_configured_addresses_response out;
    struct ware a = { .number = 1 };
    uint8_t long_name[65];
    struct profile_info p;
    slice list;

    (void)state;
    install(&a);
    assert_int_equal(lpa_nickname(s.lpa, SLICE_OF(a.iccid), SLICE_LIT("Holiday")), E_OK);
    assert_int_equal(lpa_profiles(s.lpa, &list), E_OK);
    assert_true(schema_next(&T_profile_info, &list, &p));
    assert_true(slice_eq_str(p.profile_nickname, "Holiday"));
    assert_int_equal(lpa_nickname(s.lpa, SLICE_OF(a.iccid), SLICE_NONE), E_OK);
    assert_int_equal(lpa_profiles(s.lpa, &list), E_OK);
    assert_true(schema_next(&T_profile_info, &list, &p));
    assert_int_equal(p.profile_nickname.n, 0);
    memset(long_name, 'a', sizeof long_name);
    assert_int_not_equal(lpa_nickname(s.lpa, SLICE_OF(a.iccid), SLICE_OF(long_name)), E_OK);

    assert_int_equal(lpa_set_default_smdp(s.lpa, SLICE_LIT("smdp.example.org")), E_OK);
    assert_int_equal(lpa_addresses(s.lpa, &out), E_OK);
    assert_true(slice_eq_str(out.default_dp_address, "smdp.example.org"));
    assert_true(slice_eq_str(out.root_ds_address, SMDS_NAME));
    assert_int_equal(lpa_set_default_smdp(s.lpa, SLICE_NONE), E_OK);
    assert_int_equal(lpa_addresses(s.lpa, &out), E_OK);
    assert_int_equal(out.default_dp_address.n, 0);
    assert_int_equal(lpa_memory_reset(s.lpa, 7), E_OK);
    assert_int_equal(shop_profiles(&s), 0);
}

static void provisioning_profiles_are_hidden(void **state)
{
    struct ware a = { .number = 1 }, b = { .number = 2, .class = 1 };
    struct profile_info p;
    slice list;
    unsigned hidden = 0, seen = 0;

    (void)state;
    install(&a);
    install(&b);
    assert_int_equal(lpa_profiles(s.lpa, &list), E_OK);
    while (schema_next(&T_profile_info, &list, &p)) {
        assert_int_equal(lpa_profile_hidden(&p), slice_eq(p.iccid, SLICE_OF(b.iccid)));
        *(lpa_profile_hidden(&p) ? &hidden : &seen) += 1;
    }
    assert_int_equal(hidden, 1);
    assert_int_equal(seen, 1);
}

/* ---- notifications ---- */

static void answer_200(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->status = 200;
    a->body = SLICE_EMPTY;
}

static void answer_header(struct shop *shop, struct answer *a)
{
    answer_200(shop, a);
    a->body =
        SLICE_LIT("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}}}");
}

static void answer_307(struct shop *shop, struct answer *a)
{
    answer_header(shop, a);
    a->status = 307;
}

static void answer_503(struct shop *shop, struct answer *a)
{
    (void)shop;
    a->status = 503;
}

/* The sequence numbers that the server heard of since call number `from`. */
static size_t numbers(size_t from, int64_t out[CALLS_MAX])
{
    size_t n = 0;

    for (size_t i = from; i < s.call_count; i++) {
        const struct json_function *f =
            json_function_find(JSON_ES9PLUS, SLICE_LIT("handleNotification"));
        struct handle_notification_es9 q;
        struct profile_installation_result r;
        struct profile_installation_result_data data;
        struct notification_metadata m;

        assert_string_equal(s.calls[i].function, "handleNotification");
        MUST(json_read_request(f, s.calls[i].body, &s.arena, &q, NULL) == E_OK);
        MUST(schema_decode(&T_profile_installation_result, q.pending_notification, &r, NULL) ==
             E_OK);
        MUST(schema_decode(&T_profile_installation_result_data, r.profile_installation_result_data,
                           &data, NULL) == E_OK);
        MUST(schema_decode(&T_notification_metadata, data.notification_metadata, &m, NULL) == E_OK);
        out[n++] = m.seq_number;
    }
    return n;
}

static void any_2xx_is_done(void **state)
{
    static void (*const twists[])(struct shop *, struct answer *) = { answer_200, answer_header };
    struct ware a = { .number = 1 };
    struct lpa_installed done;

    (void)state;
    for (size_t i = 0; i < COUNT(twists); i++) {
        a = (struct ware){ .number = a.number + 1 };
        shop_order(&s, &a);
        s.twist = twists[i];
        s.function = "handleNotification";
        assert_int_equal(shop_download(&s, &a, &done), E_OK);
        assert_true(done.notified);
        assert_int_equal(shop_notifications(&s), 0);
        s.twist = NULL;
    }
}

static void nothing_else_is_done(void **state)
{
    static void (*const twists[])(struct shop *, struct answer *) = { answer_307, answer_503 };
    struct ware a = { .number = 1 };
    struct lpa_installed done;
    size_t sent, left;

    (void)state;
    for (size_t i = 0; i < COUNT(twists); i++) {
        a = (struct ware){ .number = a.number + 1 };
        shop_order(&s, &a);
        s.twist = twists[i];
        s.function = "handleNotification";
        assert_int_equal(shop_download(&s, &a, &done), E_OK);
        assert_false(done.notified);
        assert_int_equal(shop_notifications(&s), 1);
        assert_null(strstr(s.functions, "BF30"));
        assert_int_equal(lpa_notify(s.lpa, -1, false, &sent, &left), E_OK);
        assert_int_equal(sent, 0);
        assert_int_equal(left, 1);
        assert_int_equal(shop_notifications(&s), 1);
        s.twist = NULL;
        assert_int_equal(lpa_notify(s.lpa, -1, true, &sent, &left), E_OK);
        assert_int_equal(sent, 1);
        assert_int_equal(shop_notifications(&s), 1); /* kept */
        assert_int_equal(lpa_notify(s.lpa, done.seq_number, false, &sent, &left), E_OK);
        assert_int_equal(sent, 1);
        assert_int_equal(left, 0);
        assert_int_equal(shop_notifications(&s), 0);
    }
    assert_int_equal(lpa_notification_remove(s.lpa, done.seq_number), E_REFUSED);
    assert_string_equal(lpa_trouble(s.lpa)->card_error, "nothingToDelete");
}

static void kept_over_a_reboot(void **state)
{
    struct ware w[3] = { { .number = 1 }, { .number = 2 }, { .number = 3 } };
    struct lpa_installed done;
    int64_t heard[CALLS_MAX];
    size_t sent, left, from;

    (void)state;
    s.twist = answer_503;
    s.function = "handleNotification";
    for (size_t i = 0; i < COUNT(w); i++) {
        shop_order(&s, &w[i]);
        assert_int_equal(shop_download(&s, &w[i], &done), E_OK);
    }
    shop_reboot(&s);
    assert_int_equal(shop_notifications(&s), 3);
    from = s.call_count; /* one failure holds up what is behind it */
    assert_int_equal(lpa_notify(s.lpa, -1, false, &sent, &left), E_OK);
    assert_int_equal(sent, 0);
    assert_int_equal(left, 3);
    assert_int_equal(s.call_count, from + 1);
    assert_int_equal(lpa_trouble(s.lpa)->http, 503);
    s.twist = NULL;
    from = s.call_count;
    assert_int_equal(lpa_notify(s.lpa, -1, false, &sent, &left), E_OK);
    assert_int_equal(sent, 3);
    assert_int_equal(left, 0);
    assert_int_equal(numbers(from, heard), 3);
    assert_true(heard[0] < heard[1] && heard[1] < heard[2]);
    for (size_t i = 0; i < COUNT(w); i++)
        assert_int_equal(shop_state(&s, &w[i]), SMDP_INSTALLED);
    assert_int_equal(shop_notifications(&s), 0);
}

/* ---- SM-DS ---- */

static void two_events(void **state)
{
    struct ware a = { .number = 1 }, b = { .number = 2 };
    struct lpa_event events[LPA_EVENTS_MAX];
    struct lpa_installed done;
    size_t count;

    (void)state;
    shop_order(&s, &a);
    shop_order(&s, &b);
    s.events[0].host = s.events[1].host = s.events[2].host = SMDS_NAME;
    s.events[0].address = s.events[2].address = SMDP_NAME;
    s.events[1].address = "nobody.example.com";
    s.events[0].id = a.matching_id;
    s.events[1].id = "X";
    s.events[2].id = b.matching_id;
    assert_int_equal(lpa_discover(s.lpa, SLICE_NONE, events, &count), E_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        struct lpa_order order = { .address = slice_str(events[i].address),
                                   .matching_id = slice_str(events[i].id) };

        assert_int_equal(lpa_download(s.lpa, &order, &done), i == 1 ? E_NETWORK : E_OK);
    }
    assert_int_equal(shop_profiles(&s), 2);
    assert_int_equal(shop_state(&s, &a), SMDP_INSTALLED);
    assert_int_equal(shop_state(&s, &b), SMDP_INSTALLED);
}

static void no_event(void **state)
{
    struct lpa_event events[LPA_EVENTS_MAX];
    size_t count;

    (void)state;
    assert_int_equal(lpa_discover(s.lpa, SLICE_LIT(SMDS_NAME), events, &count), E_OK);
    assert_int_equal(count, 0);
}

static void an_event_that_leads_on(void **state)
{
    struct ware a = { .number = 1 };
    struct lpa_order order = { .address = SLICE_LIT(OTHER_SMDS), .matching_id = SLICE_LIT("E1") };
    struct lpa_installed done;

    (void)state;
    shop_order(&s, &a);
    s.events[0].host = OTHER_SMDS;
    s.events[0].address = SMDP_NAME;
    s.events[0].id = a.matching_id;
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_OK);
    assert_memory_equal(done.iccid, a.iccid, ICCID_LEN);
    assert_string_equal(shop_heard(&s),
                        " initiateAuthentication authenticateClient initiateAuthentication "
                        "authenticateClient getBoundProfilePackage handleNotification");
    /* an SM-DS that leads to itself */
    s.events[0].address = OTHER_SMDS;
    s.events[0].id = "E1";
    assert_int_equal(lpa_download(s.lpa, &order, &done), E_LIMIT);
    assert_null(shop_last(&s, "cancelSession"));
}

static void damaged_event(struct shop *shop, struct answer *a)
{
    a->body = shop_set(shop, a->body, "transactionId", "\"00\"");
}

static void a_hostile_smds(void **state)
{
    struct lpa_event events[LPA_EVENTS_MAX];
    size_t count;

    (void)state;
    s.events[0].host = SMDS_NAME;
    s.events[0].address = SMDP_NAME;
    s.events[0].id = "E";
    s.twist = damaged_event;
    s.function = "authenticateClient";
    s.functions[0] = '\0';
    assert_int_equal(lpa_discover(s.lpa, SLICE_NONE, events, &count), E_CONFLICT);
    assert_int_equal(count, 0);
    assert_non_null(strstr(s.functions, "BF41"));
    assert_null(shop_last(&s, "cancelSession"));
    s.twist = NULL;
    assert_int_equal(lpa_discover(s.lpa, SLICE_NONE, events, &count), E_OK);
    assert_int_equal(count, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(changes),
        TEST(every_code_of_the_card),
        TEST(names_and_addresses),
        TEST(provisioning_profiles_are_hidden),
        TEST(any_2xx_is_done),
        TEST(nothing_else_is_done),
        TEST(kept_over_a_reboot),
        TEST(two_events),
        TEST(no_event),
        TEST(an_event_that_leads_on),
        TEST(a_hostile_smds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
