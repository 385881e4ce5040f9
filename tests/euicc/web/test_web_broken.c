/* Everything that can break on the way out of the card, at every step and octet. */
#include "euicc/card_impl.h"
#include "euicc/web/web_user.h"

/* Each octet of the server's, once. */
static void broken_octets(void **state)
{
    size_t total;

    (void)state;
    user_post(&user_hello);
    user_expect_world();
    total = lab.from_server;
    for (size_t at = 0; at < total; at += 3) {
        user_done(NULL);
        user_fresh(NULL);
        lab.break_at = at;
        user_post(&user_hello);
        lab.server.tls.leaf_n = 0;           /* it may be the broken one */
        if (seen.ended + seen.failed == 0) { /* it waits for a longer record */
            lab_drop(&lab);
            lab_run(&lab);
        }
        assert_int_equal(seen.ended + seen.failed, 1);
        if (seen.failed)
            assert_true(w.why == WEB_TLS || w.why == WEB_CONNECTION);
        else
            user_expect_world();
    }
}

static void the_link_goes(void **state)
{
    bool finished = false;

    (void)state;
    for (unsigned steps = 0; !finished; steps++) {
        user_done(NULL);
        user_fresh(NULL);
        assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
        for (unsigned i = 0; i < steps && !finished; i++)
            finished = !lab_step(&lab);
        if (finished || !lab.open)
            continue;
        lab_drop(&lab);
        lab_run(&lab);
        assert_int_equal(seen.ended + seen.failed, 1);
        if (seen.failed)
            user_expect_failed(WEB_CONNECTION, E_CLOSED);
        else
            user_expect_world(); /* the answer, or the resolver's, was there */
    }
    user_expect_world();
}

/* After 0, 1, 2 ... steps the terminal resets, begins anew, or the card's user gives up. */
static void a_stop_anywhere(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        bool finished = false;

        for (unsigned steps = 0; !finished; steps++) {
            user_done(NULL);
            user_fresh(NULL);
            assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
            for (unsigned i = 0; i < steps && !finished; i++)
                finished = !lab_step(&lab);
            bool before = seen.ended;
            if (how == 0) {
                card_reset(lab.u.card);
                assert_int_equal(seen.failed, before ? 0 : 1);
                if (!before)
                    assert_int_equal(w.why, WEB_RESET);
                assert_null(w.tls);
                lab.open = lab.udp = false;
                uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
            } else if (how == 1) {
                web_close(lab.u.card, &w);
                assert_null(w.tls);
                assert_int_equal(seen.failed, 0);
                web_close(lab.u.card, &w);
                lab_run(&lab);
                assert_int_equal(seen.failed, 0);
                assert_false(lab.open);
            } else if (!before) {
                if (cat_waiting(lab.u.card))
                    terminal_fetch(&lab.u); /* and no answer */
                uint16_t sw = uicc_apdu(&lab.u, TERMINAL_ALL);

                assert_true(sw == 0x9000 || sw >> 8 == 0x91);
                lab.open = false;
                if (web_busy(&w)) /* nothing was with the terminal: its channel is not lost */
                    web_close(lab.u.card, &w);
                lab.open = w.bip.channel != 0;
                lab_run(&lab);
            }
            user_forget();
            user_post(&user_hello);
            user_expect_world();
        }
    }
}

static void stopped_from_inside(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        user_forget();
        seen.close_on_status = i == 0;
        seen.close_on_data = i == 1;
        user_post(&user_hello);
        assert_int_equal(seen.status, 200);
        assert_int_equal(seen.n, i ? 5 : 0);
        assert_int_equal(seen.ended + seen.failed, 0);
        assert_false(lab.open);
    }
    user_forget();
    user_post(&user_hello);
    user_expect_world();
}

/* A connection that was kept is gone when the next request wants it. */
static void a_kept_connection_goes(void **state)
{
    static uint8_t body[3000];
    struct web_request r = user_hello;

    (void)state;
    user_post(&user_hello);
    lab_drop(&lab);
    lab_run(&lab);
    assert_null(w.tls);
    user_forget();
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.server.connections, 2);
    /* it goes while the request is on its way */
    user_forget();
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
    lab_drop(&lab);
    lab_run(&lab);
    user_expect_world();
    assert_int_equal(lab.server.connections, 3);
    assert_int_equal(lab.server.requests, 3);
    /* the server says so itself */
    user_forget();
    tls_peer_end(&lab.server.tls);
    r.body = SLICE_OF(body);
    assert_int_equal(web_post(lab.u.card, &w, &r), E_OK);
    lab.rx_n += tls_peer_drain(&lab.server.tls, lab.rx, 100);
    lab_run(&lab);
    user_expect_world();
    /* with the request whole at the terminal, nobody knows what the server did */
    user_forget();
    lab.server.answer = SLICE_EMPTY;
    user_post(&user_hello);
    assert_int_equal(seen.sent, 1);
    lab_drop(&lab);
    lab_run(&lab);
    user_expect_failed(WEB_CONNECTION, E_CLOSED);
}

static void unasked_data(void **state)
{
    (void)state;
    user_post(&user_hello);
    tls_peer_write(&lab.server.tls, SLICE_LIT(OK_5));
    lab.rx_n += tls_peer_drain(&lab.server.tls, lab.rx, 200);
    lab_run(&lab);
    assert_null(w.tls);
    assert_false(lab.open);
    user_forget();
    user_post(&user_hello);
    user_expect_world();
}

static void silence(void **state)
{
    (void)state;
    lab.server.answer = SLICE_EMPTY;
    user_post(&user_hello);
    assert_int_equal(seen.sent, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(seen.failed, 0);
        lab_expire(&lab, 1);
        lab_run(&lab);
    }
    user_expect_failed(WEB_TIMEOUT, E_TIMEOUT);
}

static void a_full_queue(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(lab.u.card, NULL, NULL), E_OK);
    user_post(&user_hello);
    user_expect_world();
    /* somebody else sets up the event list */
    user_done(NULL);
    user_fresh(NULL);
    assert_int_equal(
        cat_want_events(lab.u.card, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), NULL, NULL), E_OK);
    user_post(&user_hello);
    user_expect_world();
}

static void terminals_that_cannot(void **state)
{
    struct web_request r = user_hello;

    (void)state;
    card_reset(lab.u.card);
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_STATE);
    uicc_expect(&lab.u, 0x9000, "", "80100000 02 FFFF");
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_UNSUPPORTED);
    assert_false(web_busy(&w));
    /* TCP and no UDP: numbers only */
    card_reset(lab.u.card);
    uicc_expect(&lab.u, 0x9000, "", "80100000 11 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF01");
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_UNSUPPORTED);
    r.address = SLICE_LIT("\xC0\x00\x02\x01");
    user_post(&r);
    user_expect_world();
    /* no resolver */
    struct web_network none = user_network;
    none.dns = SLICE_NONE;
    web_close(lab.u.card, &w);
    lab_run(&lab);
    w.net = &none;
    user_forget();
    r.host = SLICE_LIT("unknown.example.test");
    r.address = SLICE_NONE;
    assert_int_equal(web_post(lab.u.card, &w, &r), E_NOTFOUND);
    w.net = &user_network;
}

/* What OPEN CHANNEL can just take, and one octet more. */
static void long_networks(void **state)
{
    static uint8_t text[200];
    struct web_network net = { .dns = SLICE_LIT("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x35") };
    struct web other;

    (void)state;
    memset(text, 'a', sizeof text);
    w.net = &net;
    for (size_t name = 0; name <= 100; name += 20) {
        net.access_name = slice_of(text, name);
        net.user = slice_of(text, 200 - name);
        net.password = SLICE_EMPTY;
        user_forget();
        w.found = false;
        user_post(&user_hello);
        user_expect_world();
        web_close(lab.u.card, &w);
        lab_run(&lab);
        net.password = SLICE_LIT("b");
        assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_ARGUMENT);
        assert_int_equal(web_init(lab.u.card, &other, &net, user_hear, &seen), E_ARGUMENT);
    }
    net = user_network;
    net.user = SLICE_LIT("without password");
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_ARGUMENT);
    net = user_network;
    net.dns.n = 3;
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_ARGUMENT);
    w.net = &user_network;
}

/* ---- as part of an application ---- */

static enum err app_boot(struct card *card, void *state, const void *config)
{
    return web_init(card, state, config, user_hear, &seen);
}

static void app_close(struct card *card, void *state)
{
    web_close(card, state);
}

static const struct card_app app = {
    .name = "web user", .state_octets = sizeof(struct web), .boot = app_boot, .close = app_close
};

/* What lies in the provider is given back by card_close: the sanitizer would tell. */
static void closed_with_the_card(void **state)
{
    static const struct card_app_entry entry = { &app, &user_network };
    struct web *own;

    (void)state;
    lab.u.personality.apps = &entry;
    lab.u.personality.app_count = 1;
    uicc_boot(&lab.u);
    uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
    own = card_app_state(lab.u.card, &app);
    assert_int_equal(web_post(lab.u.card, own, &user_hello), E_OK);
    while (!own->tls)
        assert_true(lab_step(&lab));
    card_close(lab.u.card);
    uicc_new(&lab.u);
    assert_int_equal(web_init(lab.u.card, &w, &user_network, user_hear, &seen), E_OK);
}

/*
 * The RECEIVE DATA that brings the body is one transaction: what the user wrote is there, or not at
 * all, and after it the card asks for everything again.
 */
static void power_cut_at_every_write(void **state)
{
    unsigned kept = 0, lost = 0;

    (void)state;
    for (uint32_t cut = 0; cut < 80; cut++) {
        user_done(NULL);
        user_fresh(NULL);
        seen.store = lab.may_fail = true;
        assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
        while (!seen.sent)
            assert_true(lab_step(&lab));
        lab.u.ram.writes = 0;
        lab.u.ram.cut_at = 1;
        lab.u.ram.cut_octets = cut;
        while (!seen.n)
            assert_true(lab_step(&lab));
        bool acknowledged = lab.u.sw == 0x9000 || lab.u.sw >> 8 == 0x91;
        web_close(lab.u.card, &w); /* else its TLS would stay in this process */
        nvm_ram_power_on(&lab.u.ram);
        uicc_boot(&lab.u);
        slice got = objects_get(card_objects(lab.u.card), USER_OBJECT);
        if (acknowledged)
            assert_true(got.p != NULL);
        if (got.p)
            assert_true(slice_eq(got, SLICE_LIT("world")));
        kept += got.p != NULL;
        lost += got.p == NULL;
        assert_int_equal(cat_waiting(lab.u.card), 0);
        lab.open = false;
        user_forget();
        assert_int_equal(web_init(lab.u.card, &w, &user_network, user_hear, &seen), E_OK);
        uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
        user_post(&user_hello);
        user_expect_world();
    }
    assert_true(kept > 0 && lost > 0);
}

/* Another profile: its terminal session begins anew, and so does the way out. */
static void another_profile(void **state)
{
    (void)state;
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
    while (!w.tls)
        assert_true(lab_step(&lab));
    cat_profile_changed(lab.u.card);
    user_expect_failed(WEB_RESET, E_CLOSED);
    lab.open = false;
    user_forget();
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, user_fresh, user_done)
    const struct CMUnitTest tests[] = {
        T(broken_octets),
        T(the_link_goes),
        T(a_stop_anywhere),
        T(stopped_from_inside),
        T(a_kept_connection_goes),
        T(unasked_data),
        T(silence),
        T(a_full_queue),
        T(terminals_that_cannot),
        T(long_networks),
        T(closed_with_the_card),
        T(power_cut_at_every_write),
        T(another_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
