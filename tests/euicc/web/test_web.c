/*
 * The whole way out of the card: a terminal that performs BIP, a resolver and an HTTPS server at
 * its other end (web_lab.h), and everything that can break between them.
 */
#include "euicc/web/web.h"

#include "euicc/card_impl.h"

#include "euicc/web/web_lab.h"

static struct lab lab;
static struct web w;

static const uint8_t psk[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const struct tls_peer_options server = { .curve = CURVE_P256 };

static const struct web_network network = { .dns = SLICE_LIT("\xC0\x00\x02\x35") };

static struct {
    unsigned sent, ended, failed, asked;
    int status, error;
    char headers[2000];
    uint8_t body[100000];
    size_t n;
    enum err trust;
    const struct web_request *again; /* from WEB_END or WEB_FAILED */
    enum err answer;                 /* of that web_post */
    bool close_on_status, close_on_data;
} seen;

static void hear(struct card *card, void *ctx, enum web_event event, int number, slice data)
{
    assert_ptr_equal(ctx, &seen);
    switch (event) {
    case WEB_STATUS:
        seen.status = number;
        if (seen.close_on_status)
            web_close(card, &w);
        break;
    case WEB_HEADER:
        snprintf(seen.headers + strlen(seen.headers), sizeof seen.headers - strlen(seen.headers),
                 "%.*s\n", (int)data.n, (const char *)data.p);
        break;
    case WEB_DATA:
        assert_true(data.n > 0 && data.n <= sizeof seen.body - seen.n);
        memcpy(seen.body + seen.n, data.p, data.n);
        seen.n += data.n;
        if (seen.close_on_data)
            web_close(card, &w);
        break;
    case WEB_SENT:
        seen.sent++;
        break;
    case WEB_END:
    case WEB_FAILED:
        seen.ended += event == WEB_END;
        seen.failed += event == WEB_FAILED;
        seen.error = number;
        assert_false(web_busy(&w));
        if (seen.again) {
            const struct web_request *r = seen.again;

            seen.again = NULL;
            seen.answer = web_post(card, &w, r);
        }
        break;
    }
}

static enum err believe(void *ctx, const slice *chain, size_t count)
{
    assert_ptr_equal(ctx, &seen);
    assert_int_equal(count, 1);
    assert_true(!lab.server.tls.leaf_n ||
                slice_eq(chain[0], slice_of(lab.server.tls.leaf, lab.server.tls.leaf_n)));
    seen.asked++;
    return seen.trust;
}

static const struct web_request hello = { .host = SLICE_LIT("smdp.example.test"),
                                          .path = SLICE_LIT("/gsma/rsp2/asn1"),
                                          .headers = SLICE_LIT("X-Admin-Protocol: gsma/rsp/v2\r\n"),
                                          .body = SLICE_LIT("hello"),
                                          .tls = { .believe = believe, .ctx = &seen } };

#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: lab\r\n\r\nworld"

static void begin_with(const struct tls_peer_options *o)
{
    memset(&seen, 0, sizeof seen);
    lab_open(&lab, o);
    lab.dns.a = SLICE_LIT("\xC0\x00\x02\x01");
    lab.server.answer = SLICE_LIT(OK_5);
    assert_int_equal(web_init(lab.u.card, &w, &network, hear, &seen), E_OK);
    uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
}

static int fresh(void **state)
{
    (void)state;
    begin_with(&server);
    return 0;
}

static int done(void **state)
{
    (void)state;
    web_close(lab.u.card, &w);
    lab_close(&lab);
    return 0;
}

static void post(const struct web_request *r)
{
    assert_int_equal(web_post(lab.u.card, &w, r), E_OK);
    lab_run(&lab);
}

static void forget(void)
{
    memset(&seen, 0, sizeof seen);
}

static void expect_world(void)
{
    assert_int_equal(seen.failed, 0);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.sent, 1);
    assert_int_equal(seen.status, 200);
    assert_int_equal(seen.n, 5);
    assert_memory_equal(seen.body, "world", 5);
}

static void expect_failed(enum web_why why, enum err err)
{
    assert_int_equal(seen.ended, 0);
    assert_int_equal(seen.failed, 1);
    assert_int_equal(w.why, why);
    assert_int_equal(seen.error, err);
    lab_run(&lab);
    assert_null(w.tls);
    assert_int_equal(w.bip.state, BIP_IDLE);
}

/* ---- the way ---- */

static void there_and_back(void **state)
{
    (void)state;
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_OK);
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_STATE);
    lab_run(&lab);
    expect_world();
    assert_string_equal(seen.headers, "Content-Length: 5\nServer: lab\n");
    assert_string_equal(lab.dns.name, "smdp.example.test");
    assert_string_equal(lab.server.tls.sni, "smdp.example.test");
    assert_int_equal(lab.dns.asked, 1);
    assert_int_equal(lab.opened, 2);
    assert_int_equal(lab.port, 443);
    assert_memory_equal(lab.address, "\xC0\x00\x02\x01", 4);
    assert_string_equal((char *)lab.server.request,
                        "POST /gsma/rsp2/asn1 HTTP/1.1\r\nHost: smdp.example.test\r\n"
                        "Content-Length: 5\r\nX-Admin-Protocol: gsma/rsp/v2\r\n\r\nhello");
    /* again: the connection is there */
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.opened, 2);
    assert_int_equal(lab.server.requests, 2);
    assert_int_equal(seen.asked, 0);
    /* and the end in good order */
    web_close(lab.u.card, &w);
    lab_run(&lab);
    assert_true(SSL_get_shutdown(lab.server.tls.ssl) & SSL_RECEIVED_SHUTDOWN);
    assert_int_equal(lab.closed, 2);
    assert_false(lab.open);
}

/* ---- names ---- */

static void an_alias(void **state)
{
    (void)state;
    lab.dns.alias = "edge.example.net";
    post(&hello);
    expect_world();
}

static void only_ipv6(void **state)
{
    (void)state;
    lab.dns.a = SLICE_NONE;
    lab.dns.aaaa = SLICE_LIT("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01");
    post(&hello);
    expect_world();
    assert_int_equal(lab.dns.asked, 2);
    assert_int_equal(lab.address_n, 16);
    assert_memory_equal(lab.address, lab.dns.aaaa.p, 16);
    assert_int_equal(lab.opened, 2); /* both questions on one channel */
}

static void a_silent_resolver(void **state)
{
    (void)state;
    lab.dns.silent = 1;
    post(&hello);
    assert_int_equal(seen.failed + seen.ended, 0);
    lab_expire(&lab, 1); /* something happened since it was set */
    lab_run(&lab);
    lab_expire(&lab, 1);
    lab_run(&lab);
    expect_world();
    assert_int_equal(lab.dns.asked, 2);
    assert_int_equal(lab.opened, 3);
}

static void a_resolver_that_is_gone(void **state)
{
    (void)state;
    lab.dns.silent = 9;
    post(&hello);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(seen.failed, 0);
        lab_expire(&lab, 1);
        lab_run(&lab);
    }
    expect_failed(WEB_NAME, E_TIMEOUT);
    assert_int_equal(lab.dns.asked, 2);
}

static void what_a_resolver_says(void **state)
{
    static const struct {
        uint8_t rcode;
        bool cut;
        enum err err;
        unsigned asked;
    } words[] = {
        { 3, false, E_NOTFOUND, 1 },
        { 2, false, E_REFUSED, 1 },
        { 0, true, E_LIMIT, 1 },
        { 0, false, E_MISSING, 2 },
    };

    (void)state;
    lab.dns.a = SLICE_NONE;
    for (size_t i = 0; i < COUNT(words); i++) {
        forget();
        lab.dns.rcode = words[i].rcode;
        lab.dns.cut = words[i].cut;
        lab.dns.asked = 0;
        post(&hello);
        expect_failed(WEB_NAME, words[i].err);
        assert_int_equal(lab.dns.asked, words[i].asked);
    }
    assert_int_equal(lab.server.connections, 0);
}

/* Answers to what nobody asked are passed over, but not without end. */
static void answers_of_others(void **state)
{
    (void)state;
    lab.dns.wrong_id = true;
    post(&hello);
    expect_world();
    done(NULL);
    fresh(NULL);
    lab.dns.wrong_id = true;
    lab.pieces = 11;
    post(&hello);
    expect_world();
    done(NULL);
    fresh(NULL);
    lab.dns.wrong_id = lab.dns.garbage = true;
    post(&hello);
    expect_failed(WEB_NAME, E_CONFLICT);
}

/* A question of more than one SEND DATA. */
static void a_long_name(void **state)
{
    struct web_request r = hello;
    char name[254];

    (void)state;
    for (unsigned i = 0; i < 253; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    r.host = slice_of(name, 253);
    post(&r);
    expect_world();
    assert_int_equal(strlen(lab.dns.name), 253);
    assert_memory_equal(lab.dns.name, name, 253);
}

static void known_addresses(void **state)
{
    struct web_request r = hello;

    (void)state;
    r.address = SLICE_LIT("\xC6\x33\x64\x07");
    r.host = SLICE_LIT("eim.example.test:8443");
    post(&r);
    expect_world();
    assert_int_equal(lab.dns.asked, 0);
    assert_int_equal(lab.port, 8443);
    assert_memory_equal(lab.address, "\xC6\x33\x64\x07", 4);
    assert_string_equal(lab.server.tls.sni, "eim.example.test");
    assert_non_null(strstr((char *)lab.server.request, "\r\nHost: eim.example.test:8443\r\n"));
    /* a number needs no resolver and no SNI */
    forget();
    r = hello;
    r.host = SLICE_LIT("203.0.113.9");
    post(&r);
    expect_world();
    assert_int_equal(lab.dns.asked, 0);
    assert_memory_equal(lab.address, "\xCB\x00\x71\x09", 4);
    assert_string_equal(lab.server.tls.sni, "");
    /* what was found is kept, until the connection fails */
    forget();
    post(&hello);
    web_close(lab.u.card, &w);
    lab_run(&lab);
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.dns.asked, 1);
    web_close(lab.u.card, &w);
    lab_run(&lab);
    forget();
    lab.refuse = "3A00";
    post(&hello);
    expect_failed(WEB_CONNECTION, E_REFUSED);
    assert_int_equal(w.bip.result, 0x3A);
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.dns.asked, 2);
}

static void requests_that_are_none(void **state)
{
    static const char *const hosts[] = { "",        ":443",       "a..b",         "a b",
                                         "a\r\nb",  "host:",      "host:0",       "host:65536",
                                         "host:4x", "host:443:1", "[2001:db8::1]" };
    static const char *const paths[] = { "", "x", "/a b", "/a\r\n", "/\x7F", "/\xC3\xA4" };
    static const char *const headers[] = { "X: y",        "\r\n",         "X: y\r\n\r\n",
                                           "X: y\n",      "X: y\r",       " X: y\r\n",
                                           "X: \x01\r\n", "X: y\r\n\r\n", "X: y\rz\r\n" };
    struct web_request r;

    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        r = hello;
        r.host = slice_str(hosts[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(paths); i++) {
        r = hello;
        r.path = slice_str(paths[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(headers); i++) {
        r = hello;
        r.headers = slice_str(headers[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    r = hello;
    r.address = SLICE_LIT("\x01\x02\x03");
    assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    r = hello;
    r.tls.believe = NULL;
    assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    assert_false(web_busy(&w));
    assert_false(lab_step(&lab));
    post(&hello);
    expect_world();
}

/* ---- trust ---- */

static const struct tls_peer_options keyed = { .psk_identity = "card", .psk = SLICE_OF(psk) };

static void every_kind_of_server(void **state)
{
    static const struct tls_peer_options kinds[] = {
        { .curve = CURVE_P256, .version = TLS1_3_VERSION },
        { .curve = CURVE_P256, .version = TLS1_2_VERSION },
        { .curve = CURVE_BP256R1, .version = TLS1_2_VERSION },
    };
    struct web_request r = hello;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        done(NULL);
        begin_with(&kinds[i]);
        post(&hello);
        expect_world();
        assert_int_equal(seen.asked, 1);
    }
    done(NULL);
    begin_with(&keyed);
    r.tls = (struct tls_session_options){ .psk_identity = SLICE_LIT("card"), .psk = SLICE_OF(psk) };
    post(&r);
    expect_world();
    assert_string_equal(lab.server.tls.identity, "card");
    (void)state;
}

static void not_believed(void **state)
{
    (void)state;
    seen.trust = E_UNTRUSTED;
    post(&hello);
    expect_failed(WEB_TLS, E_UNTRUSTED);
    assert_int_equal(lab.server.requests, 0);
    assert_int_equal(lab.dns.asked, 1);
    /* the name may lead elsewhere by now */
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.dns.asked, 2);
}

static void wrong_psk(void **state)
{
    struct web_request r = hello;
    uint8_t other[16] = { 9 };

    (void)state;
    done(NULL);
    begin_with(&keyed);
    r.tls =
        (struct tls_session_options){ .psk_identity = SLICE_LIT("card"), .psk = SLICE_OF(other) };
    post(&r);
    expect_failed(WEB_TLS, E_CLOSED);
    assert_int_equal(lab.server.requests, 0);
}

/* Another host or another trust is another connection. */
static void connections_that_are_kept(void **state)
{
    struct web_request r = hello;

    (void)state;
    post(&hello);
    forget();
    r.tls.ctx = NULL; /* believe would not like it */
    r.tls.believe = NULL;
    r.tls.psk = SLICE_OF(psk);
    r.tls.psk_identity = SLICE_LIT("card");
    post(&r);
    expect_failed(WEB_TLS, E_CLOSED);
    assert_int_equal(lab.server.connections, 2);
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.server.connections, 3);
    forget();
    r = hello;
    r.host = SLICE_LIT("other.example.test");
    post(&r);
    expect_world();
    assert_int_equal(lab.server.connections, 4);
    forget();
    r.host = SLICE_LIT("OTHER.example.test");
    r.path = SLICE_LIT("/elsewhere");
    post(&r);
    expect_world();
    assert_int_equal(lab.server.connections, 4);
    forget();
    r.host = SLICE_LIT("other.example.test:8443");
    post(&r);
    expect_world();
    assert_int_equal(lab.server.connections, 5);
}

static void next_from_inside(void **state)
{
    (void)state;
    seen.again = &hello;
    post(&hello);
    assert_int_equal(seen.answer, E_OK);
    assert_int_equal(seen.ended, 2);
    assert_int_equal(seen.sent, 2);
    assert_memory_equal(seen.body, "worldworld", 10);
    assert_int_equal(lab.server.connections, 1);
    /* where the connection cannot be kept it waits for the next */
    forget();
    lab.server.ends = true;
    seen.again = &hello;
    post(&hello);
    assert_int_equal(seen.ended, 2);
    assert_int_equal(seen.failed, 0);
    assert_int_equal(lab.server.connections, 2);
}

/* ---- answers ---- */

static void answers(void **state)
{
    static const struct {
        const char *answer;
        bool ends, drops;
        int status;
        const char *body; /* NULL: it fails */
        enum err err;
        bool kept;
    } all[] = {
        { OK_5, false, false, 200, "world", E_OK, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", false, false, 204, "", E_OK, true },
        { "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false, false, 404, "", E_OK,
          true },
        { "HTTP/1.1 100 Continue\r\n\r\n" OK_5, false, false, 200, "world", E_OK, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nwor\r\n2\r\nld\r\n0\r\nT: "
          "x\r\n\r\n",
          false, false, 200, "world", E_OK, true },
        { "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nworld", false, false,
          200, "world", E_OK, false },
        { "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nworld", false, false, 200, "world", E_OK,
          false },
        { OK_5 "more", false, false, 200, "world", E_OK, false },
        { "HTTP/1.1 200 OK\r\n\r\nworld", true, false, 200, "world", E_OK, false },
        /* a body without length needs close_notify */
        { "HTTP/1.1 200 OK\r\n\r\nworld", false, true, 200, NULL, E_CLOSED, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nworld", true, false, 200, NULL, E_TRUNCATED,
          false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nworld", false, true, 200, NULL, E_CLOSED,
          false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nworld", false, false,
          200, NULL, E_CONFLICT, false },
        { "SSH-2.0-OpenSSH_9.2\r\n", false, false, 0, NULL, E_SYNTAX, false },
        { "", true, false, 0, NULL, E_TRUNCATED, false },
        { "", false, true, 0, NULL, E_CLOSED, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        forget();
        lab.server.answer = slice_str(all[i].answer);
        lab.server.ends = all[i].ends;
        lab.server.drops = all[i].drops;
        post(&hello);
        assert_int_equal(seen.status, all[i].status);
        if (!all[i].body) {
            expect_failed(all[i].err == E_CLOSED ? WEB_CONNECTION : WEB_HTTP, all[i].err);
            continue;
        }
        assert_int_equal(seen.failed, 0);
        assert_int_equal(seen.ended, 1);
        assert_int_equal(seen.n, strlen(all[i].body));
        assert_memory_equal(seen.body, all[i].body, seen.n);
        assert_int_equal(w.tls != NULL, all[i].kept);
    }
}

/* Requests of tens of kilobytes, and TLS records of 16 KB in small pieces. */
static void long_ones(void **state)
{
    static uint8_t body[50000];
    static char answer[60100];
    struct web_request r = hello;
    int head = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");

    (void)state;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7 + i / 253);
    for (size_t i = 0; i < 60000; i++)
        answer[(size_t)head + i] = (char)(i * 11 + i / 249);
    r.body = slice_of(body, sizeof body);
    lab.server.answer = slice_of(answer, (size_t)head + 60000);
    post(&r);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.n, 60000);
    assert_memory_equal(seen.body, answer + head, 60000);
    const char *end = strstr((char *)lab.server.request, "\r\n\r\n");
    assert_non_null(end);
    assert_memory_equal(end + 4, body, sizeof body);
    /* less than 4 octets in a hundred are overhead */
    assert_true(lab.sent < (sizeof body + sizeof body / 25) / CAT_SEND_MAX + 20);
    forget();
    lab.pieces = 1;
    lab.server.answer = SLICE_LIT(OK_5);
    post(&hello);
    expect_world();
}

/* The server answers before it has everything: the answer counts, the connection ends. */
static void an_early_answer(void **state)
{
    static uint8_t body[20000];
    struct web_request r = hello;

    (void)state;
    r.body = SLICE_OF(body);
    lab.server.early = true;
    lab.server.answer = SLICE_LIT("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    post(&r);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.sent, 0);
    assert_int_equal(seen.status, 413);
    assert_null(w.tls);
    assert_false(lab.open);
    forget();
    lab.server.early = false;
    lab.server.answer = SLICE_LIT(OK_5);
    post(&hello);
    expect_world();
}

/* ---- what breaks ---- */

/* Each octet of the server's, once. */
static void broken_octets(void **state)
{
    size_t total;

    (void)state;
    post(&hello);
    expect_world();
    total = lab.from_server;
    for (size_t at = 0; at < total; at += 3) {
        done(NULL);
        fresh(NULL);
        lab.break_at = at;
        post(&hello);
        lab.server.tls.leaf_n = 0;           /* it may be the broken one */
        if (seen.ended + seen.failed == 0) { /* it waits for a longer record */
            lab_drop(&lab);
            lab_run(&lab);
        }
        assert_int_equal(seen.ended + seen.failed, 1);
        if (seen.failed)
            assert_true(w.why == WEB_TLS || w.why == WEB_CONNECTION);
        else
            expect_world();
    }
}

static void the_link_goes(void **state)
{
    bool finished = false;

    (void)state;
    for (unsigned steps = 0; !finished; steps++) {
        done(NULL);
        fresh(NULL);
        assert_int_equal(web_post(lab.u.card, &w, &hello), E_OK);
        for (unsigned i = 0; i < steps && !finished; i++)
            finished = !lab_step(&lab);
        if (finished || !lab.open)
            continue;
        lab_drop(&lab);
        lab_run(&lab);
        assert_int_equal(seen.ended + seen.failed, 1);
        if (seen.failed)
            expect_failed(WEB_CONNECTION, E_CLOSED);
        else
            expect_world(); /* the answer, or the resolver's, was there */
    }
    expect_world();
}

/* After 0, 1, 2 ... steps the terminal resets, begins anew, or the card's user gives up. */
static void a_stop_anywhere(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        bool finished = false;

        for (unsigned steps = 0; !finished; steps++) {
            done(NULL);
            fresh(NULL);
            assert_int_equal(web_post(lab.u.card, &w, &hello), E_OK);
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
            forget();
            post(&hello);
            expect_world();
        }
    }
}

static void stopped_from_inside(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        forget();
        seen.close_on_status = i == 0;
        seen.close_on_data = i == 1;
        post(&hello);
        assert_int_equal(seen.status, 200);
        assert_int_equal(seen.n, i ? 5 : 0);
        assert_int_equal(seen.ended + seen.failed, 0);
        assert_false(lab.open);
    }
    forget();
    post(&hello);
    expect_world();
}

/* A connection that was kept is gone when the next request wants it. */
static void a_kept_connection_goes(void **state)
{
    static uint8_t body[3000];
    struct web_request r = hello;

    (void)state;
    post(&hello);
    lab_drop(&lab);
    lab_run(&lab);
    assert_null(w.tls);
    forget();
    post(&hello);
    expect_world();
    assert_int_equal(lab.server.connections, 2);
    /* it goes while the request is on its way */
    forget();
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_OK);
    lab_drop(&lab);
    lab_run(&lab);
    expect_world();
    assert_int_equal(lab.server.connections, 3);
    assert_int_equal(lab.server.requests, 3);
    /* the server says so itself */
    forget();
    tls_peer_end(&lab.server.tls);
    r.body = SLICE_OF(body);
    assert_int_equal(web_post(lab.u.card, &w, &r), E_OK);
    lab.rx_n += tls_peer_drain(&lab.server.tls, lab.rx, 100);
    lab_run(&lab);
    expect_world();
    /* with the request whole at the terminal, nobody knows what the server did */
    forget();
    lab.server.answer = SLICE_EMPTY;
    post(&hello);
    assert_int_equal(seen.sent, 1);
    lab_drop(&lab);
    lab_run(&lab);
    expect_failed(WEB_CONNECTION, E_CLOSED);
}

static void unasked_data(void **state)
{
    (void)state;
    post(&hello);
    tls_peer_write(&lab.server.tls, SLICE_LIT(OK_5));
    lab.rx_n += tls_peer_drain(&lab.server.tls, lab.rx, 200);
    lab_run(&lab);
    assert_null(w.tls);
    assert_false(lab.open);
    forget();
    post(&hello);
    expect_world();
}

static void silence(void **state)
{
    (void)state;
    lab.server.answer = SLICE_EMPTY;
    post(&hello);
    assert_int_equal(seen.sent, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(seen.failed, 0);
        lab_expire(&lab, 1);
        lab_run(&lab);
    }
    expect_failed(WEB_TIMEOUT, E_TIMEOUT);
}

static void a_full_queue(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAT_QUEUE; i++)
        assert_int_equal(cat_more_time(lab.u.card, NULL, NULL), E_OK);
    post(&hello);
    expect_world();
    /* somebody else sets up the event list */
    done(NULL);
    fresh(NULL);
    assert_int_equal(
        cat_want_events(lab.u.card, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), NULL, NULL), E_OK);
    post(&hello);
    expect_world();
}

static void terminals_that_cannot(void **state)
{
    struct web_request r = hello;

    (void)state;
    card_reset(lab.u.card);
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_STATE);
    uicc_expect(&lab.u, 0x9000, "", "80100000 02 FFFF");
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_UNSUPPORTED);
    assert_false(web_busy(&w));
    /* TCP and no UDP: numbers only */
    card_reset(lab.u.card);
    uicc_expect(&lab.u, 0x9000, "", "80100000 11 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF01");
    assert_int_equal(web_post(lab.u.card, &w, &hello), E_UNSUPPORTED);
    r.address = SLICE_LIT("\xC0\x00\x02\x01");
    post(&r);
    expect_world();
    /* no resolver */
    struct web_network none = network;
    none.dns = SLICE_NONE;
    web_close(lab.u.card, &w);
    lab_run(&lab);
    w.net = &none;
    forget();
    r.host = SLICE_LIT("unknown.example.test");
    r.address = SLICE_NONE;
    assert_int_equal(web_post(lab.u.card, &w, &r), E_NOTFOUND);
    w.net = &network;
}

/* ---- as part of an application ---- */

static enum err app_boot(struct card *card, void *state, const void *config)
{
    return web_init(card, state, config, hear, &seen);
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
    static const struct card_app_entry entry = { &app, &network };
    struct web *own;

    (void)state;
    lab.u.personality.apps = &entry;
    lab.u.personality.app_count = 1;
    uicc_boot(&lab.u);
    uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
    own = card_app_state(lab.u.card, &app);
    assert_int_equal(web_post(lab.u.card, own, &hello), E_OK);
    while (!own->tls)
        assert_true(lab_step(&lab));
    card_close(lab.u.card);
    uicc_new(&lab.u);
    assert_int_equal(web_init(lab.u.card, &w, &network, hear, &seen), E_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fresh, done)
    const struct CMUnitTest tests[] = {
        T(there_and_back),
        T(an_alias),
        T(only_ipv6),
        T(a_silent_resolver),
        T(a_resolver_that_is_gone),
        T(what_a_resolver_says),
        T(answers_of_others),
        T(a_long_name),
        T(known_addresses),
        T(requests_that_are_none),
        T(every_kind_of_server),
        T(not_believed),
        T(wrong_psk),
        T(connections_that_are_kept),
        T(next_from_inside),
        T(answers),
        T(long_ones),
        T(an_early_answer),
        T(broken_octets),
        T(the_link_goes),
        T(a_stop_anywhere),
        T(stopped_from_inside),
        T(a_kept_connection_goes),
        T(unasked_data),
        T(silence),
        T(a_full_queue),
        T(terminals_that_cannot),
        T(closed_with_the_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
