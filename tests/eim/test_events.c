/*
 * A relayed download by way of an SM-DS (SGP.32 3.9.2.2): the eIM asks it on behalf of the IPA
 * (ES11'), and its event becomes the IPA's trigger, over a restart too; from one SM-DS to the next;
 * and what an SM-DS can say that leads nowhere. SGP.33-3 4.2.16 and 4.2.17 by their subjects.
 */
#include "eim/session.h"

#define DS "smds.example.com"

static struct world w;
static struct session s;

static int64_t order(const char *smds)
{
    const struct eim_download d = { .source = EIM_BY_SMDS,
                                    .smds = slice_str(smds),
                                    .indirect = true };
    struct eim_order *o;
    int64_t id;

    assert_int_equal(eim_order_download(w.eim, SLICE_OF(s.card.eid), &d, world_begin(&w), &o),
                     E_OK);
    world_end(&w);
    id = o->id;
    return id;
}

static int set_up(void **state)
{
    (void)state;
    world_open(&w);
    world_move_to_file(&w);
    memset(&s, 0, sizeof s);
    s.world = &w;
    world_card(&w, 1, &s.card);
    memset(s.tid, 0xD1, sizeof s.tid);
    s.order = order(DS);
    card_polls(&s.card);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&s.card);
    world_close(&w);
    return 0;
}

/* The order's next server is asked, and answers: up to AuthenticateClient, which is on its way. */
static void come_to(const char *host, const char *trust)
{
    struct initiate_authentication_request_es9 initiate_up;
    struct authenticate_client_request_es9 client_up;
    struct initiate_authentication_response_es9 hi;

    s.tid[0]++;
    s.address = slice_str(host);
    hi = hello(&s);
    say_initiate(&s, transaction_of(&s));
    smdp_called(&w, "initiateAuthentication", &initiate_up);
    assert_true(slice_eq_str(w.turn.upstream.host, host));
    assert_true(slice_eq_str(w.turn.upstream.trust, trust));
    assert_true(slice_eq_str(initiate_up.smdp_address, host));
    smdp_answers(&w, "initiateAuthentication", &hi);
    assert_order(&w, s.order, STARTED);
    say_client(&s, SLICE_OF(s.tid));
    smdp_called(&w, "authenticateClient", &client_up);
    assert_true(slice_eq_str(w.turn.upstream.host, host));
    assert_true(slice_eq_str(w.turn.upstream.trust, trust));
}

#define EVENTS(...)                                                                                \
    smds_answers(&w, SLICE_OF(s.tid), (const char *const[][2]){ __VA_ARGS__ },                     \
                 sizeof((const char *const[][2]){ __VA_ARGS__ }) / sizeof(char *[2]))

/* BF54 { A0 { 80 code }, 82 tx } */
static slice trigger(const char *code)
{
    struct profile_download_trigger_request r = {
        .profile_download_data = { .which = profile_download_data_is_activation_code,
                                   .activation_code = slice_str(code) },
        .eim_transaction_id = transaction_of(&s),
    };

    return encode(&w, &T_profile_download_trigger_request, &r);
}

static void assert_triggered(const char *code)
{
    struct authenticate_client_response_esipa r;

    assert_int_equal(schema_decode(&T_authenticate_client_response_esipa, w.turn.reply, &r, NULL),
                     E_OK);
    assert_int_equal(r.which,
                     authenticate_client_response_esipa_is_authenticate_client_ok_ds_esipa);
    assert_octets(&w, r.authenticate_client_ok_ds_esipa.transaction_id, SLICE_OF(s.tid));
    assert_true(contains(w.turn.reply, trigger(code)));
}

static void assert_refused(int64_t code)
{
    struct authenticate_client_response_esipa r;

    assert_int_equal(schema_decode(&T_authenticate_client_response_esipa, w.turn.reply, &r, NULL),
                     E_OK);
    assert_int_equal(r.which,
                     authenticate_client_response_esipa_is_authenticate_client_error_esipa);
    assert_int_equal(r.authenticate_client_error_esipa, code);
}

static size_t open_orders(void)
{
    const struct store_query q = { .index = EIM_ORDER_BY_EID,
                                   .key = { store_blob(SLICE_OF(s.card.eid)), store_int(1) },
                                   .key_count = 2,
                                   .limit = 100 };
    struct eim_order *rows;
    size_t count;

    assert_int_equal(store_list(w.store, &eim_order_table, &q, &w.arena, &rows, &count), E_OK);
    return count;
}

/* ---- tests ---- */

static void the_event_becomes_the_trigger(void **state)
{
    struct authenticate_client_response_es9 client;
    struct get_bound_profile_package_response_es9 bpp;

    (void)state;
    come_to(DS, "es11");
    EVENTS({ "E-1", SMDP });
    assert_triggered("1$" SMDP "$E-1");
    assert_order(&w, s.order, STARTED);
    /* the eIM is another process now; the device goes on, and has its profile from the SM-DP+ */
    world_restart(&w);
    come_to(SMDP, "event");
    client = profile(&s);
    smdp_answers(&w, "authenticateClient", &client);
    assert_true(contains(w.turn.reply, client.authenticate_client_ok.smdp_signed2));
    bpp = package(&s);
    say_package(&s, SLICE_OF(s.tid));
    assert_true(slice_eq_str(w.turn.upstream.trust, "es9"));
    smdp_answers(&w, "getBoundProfilePackage", &bpp);
    assert_true(contains(w.turn.reply, bpp.get_bound_profile_package_ok.bound_profile_package));
}

/* The matching id that the SM-DP+ is to hear goes to the IPA as well. */
static void the_event_is_the_matching_id(void **state)
{
    struct initiate_authentication_response_esipa out;
    struct initiate_authentication_response_es9 hi;

    (void)state;
    come_to(DS, "es11");
    EVENTS({ "E-1", SMDP });
    s.address = SLICE_LIT(SMDP);
    hi = hello(&s);
    say_initiate(&s, transaction_of(&s));
    smdp_answers(&w, "initiateAuthentication", &hi);
    assert_int_equal(
        schema_decode(&T_initiate_authentication_response_esipa, w.turn.reply, &out, NULL), E_OK);
    assert_true(slice_eq_str(out.initiate_authentication_ok_esipa.matching_id, "E-1"));
}

/* A device that lost its download is triggered with the event. */
static void triggered_again(void **state)
{
    (void)state;
    come_to(DS, "es11");
    EVENTS({ "E-1", SMDP });
    w.now_ms += 60000;
    card_polls(&s.card);
    assert_true(contains(w.turn.reply, trigger("1$" SMDP "$E-1")));
}

/* The root SM-DS is the one that the IPA names; nobody is asked when nobody is named. */
static void the_root(void **state)
{
    struct initiate_authentication_request_esipa r = { .euicc_challenge = filled(&w, 16, 0x11),
                                                       .euicc_info1 = info1(&w) };

    (void)state;
    come_to(DS, "es11");
    smds_answers(&w, SLICE_OF(s.tid), NULL, 0);
    s.order = order(NULL);
    card_polls(&s.card);
    assert_true(contains(w.turn.reply, world_hex(&w, "A002A200"))); /* contactSmds, no address */
    r.eim_transaction_id = transaction_of(&s);
    world_say(&w, encode(&w, &T_initiate_authentication_request_esipa, &r));
    assert_int_equal(w.turn.want, TURN_REPLY);
    r.smdp_address = SLICE_LIT("root.example");
    world_say(&w, encode(&w, &T_initiate_authentication_request_esipa, &r));
    assert_int_equal(w.turn.want, TURN_UPSTREAM);
    assert_true(slice_eq_str(w.turn.upstream.host, "root.example"));
    assert_true(slice_eq_str(w.turn.upstream.trust, "es11"));
}

static void assert_ordered(size_t i, const char *code)
{
    const struct store_query q = { .index = EIM_ORDER_BY_EID,
                                   .key = { store_blob(SLICE_OF(s.card.eid)), store_int(1) },
                                   .key_count = 2,
                                   .limit = 100 };
    struct eim_order *rows;
    size_t count;

    assert_int_equal(store_list(w.store, &eim_order_table, &q, &w.arena, &rows, &count), E_OK);
    assert_true(i < count && slice_eq_str(rows[i].activation, code));
    assert_int_equal(rows[i].state, EIM_QUEUED);
    assert_int_equal(rows[i].indirect, 1);
}

/* Once, also when another order by way of the SM-DS is told of the same; what leads nowhere is not
 * ordered. */
static void each_further_event_is_an_order(void **state)
{
    int64_t second = order(DS);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        come_to(DS, "es11");
        EVENTS({ "a$b", SMDP }, { "E-0", "no host" }, { "E-1", SMDP }, { "E-2", SMDP },
               { "E-2", SMDP }, { "", "other.example" });
        assert_triggered("1$" SMDP "$E-1");
        assert_int_equal(open_orders(), 4);
        assert_ordered(2, "1$" SMDP "$E-2");
        assert_ordered(3, "1$other.example$");
        s.order = second;
        card_polls(&s.card);
    }
}

static void from_one_smds_to_the_next(void **state)
{
    struct authenticate_client_response_es9 client;

    (void)state;
    come_to(DS, "es11");
    EVENTS({ "A", "alt.example" });
    assert_triggered("1$alt.example$A");
    come_to("alt.example", "event");
    EVENTS({ "B", "alt2.example" });
    assert_triggered("1$alt2.example$B");
    come_to("alt2.example", "event");
    EVENTS({ "E-1", SMDP });
    assert_triggered("1$" SMDP "$E-1");
    come_to(SMDP, "event");
    client = profile(&s);
    smdp_answers(&w, "authenticateClient", &client);
    assert_true(contains(w.turn.reply, client.authenticate_client_ok.smdp_signed2));
}

static void without_end(void **state)
{
    static const char *const hosts[] = { "alt.example", "alt2.example", "alt.example" };

    (void)state;
    come_to(DS, "es11");
    EVENTS({ "A", "alt.example" });
    for (size_t i = 0; i < 2; i++) {
        come_to(hosts[i], "event");
        EVENTS({ "A", hosts[i + 1] });
        assert_triggered(i ? "1$alt.example$A" : "1$alt2.example$A");
    }
    come_to("alt.example", "event");
    EVENTS({ "A", "alt2.example" });
    assert_refused(ESIPA_CLIENT_EVENT_UNKNOWN);
    assert_order(&w, s.order, FAILED);
}

/* Nothing waits, in each of the forms; the order has failed. */
static void nothing_waits(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 3; form++) {
        come_to(DS, "es11");
        if (form == 0)
            smds_answers(&w, SLICE_OF(s.tid), NULL, 0);
        else if (form == 1)
            smdp_refuses(&w, "authenticateClient", "8.9.5", "3.9");
        else
            EVENTS({ "E-1", "no host" });
        assert_refused(ESIPA_CLIENT_EVENT_UNKNOWN);
        assert_order(&w, s.order, FAILED);
        assert_int_equal(order_get(&w, s.order).code, ESIPA_CLIENT_EVENT_UNKNOWN);
        s.order = order(DS);
        card_polls(&s.card);
    }
}

/* An SM-DS that gives no usable answer: tried again later, as it was. */
static void no_answer(void **state)
{
    struct authenticate_client_response_es9 client;
    slice sent = arena_copy(&w.arena, order_get(&w, s.order).sent);

    (void)state;
    for (unsigned form = 0; form < 3; form++) {
        come_to(DS, "es11");
        client = profile(&s);
        if (form == 0)
            smdp_down(&w);
        else if (form == 1)
            smdp_http(&w, 500);
        else
            smdp_answers(&w, "authenticateClient", &client); /* an SM-DP+ */
        assert_refused(ESIPA_CLIENT_UNDEFINED_ERROR);
        assert_order(&w, s.order, SENT);
        assert_octets(&w, order_get(&w, s.order).sent, sent);
    }
}

/* What the SM-DP+ refuses is refused as without an SM-DS. */
static void the_smdp_refuses(void **state)
{
    (void)state;
    come_to(DS, "es11");
    EVENTS({ "E-1", SMDP });
    come_to(SMDP, "event");
    smdp_refuses(&w, "authenticateClient", "8.2.6", "3.8");
    assert_refused(ESIPA_CLIENT_MATCHING_ID_REFUSED);
    assert_order(&w, s.order, FAILED);
}

/* The server that answers must be the SM-DS of the order (50). */
static void another_smds(void **state)
{
    struct initiate_authentication_response_es9 hi;

    (void)state;
    s.address = SLICE_LIT("evil.example");
    hi = hello(&s);
    say_initiate(&s, transaction_of(&s));
    smdp_answers(&w, "initiateAuthentication", &hi);
    assert_hex(&w, w.turn.reply, "BF3903810132");
    assert_order(&w, s.order, FAILED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_event_becomes_the_trigger),
        TEST(the_event_is_the_matching_id),
        TEST(triggered_again),
        TEST(the_root),
        TEST(each_further_event_is_an_order),
        TEST(from_one_smds_to_the_next),
        TEST(without_end),
        TEST(nothing_waits),
        TEST(no_answer),
        TEST(the_smdp_refuses),
        TEST(another_smds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
