/*
 * The whole way out of the card: a terminal that performs BIP, a resolver and an HTTPS server at
 * its other end (web_lab.h). Names, trust, answers.
 */
#include "euicc/web/web_user.h"

static void there_and_back(void **state)
{
    (void)state;
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_OK);
    assert_int_equal(web_post(lab.u.card, &w, &user_hello), E_STATE);
    lab_run(&lab);
    user_expect_world();
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
    user_forget();
    user_post(&user_hello);
    user_expect_world();
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
    user_post(&user_hello);
    user_expect_world();
}

static void only_ipv6(void **state)
{
    (void)state;
    lab.dns.a = SLICE_NONE;
    lab.dns.aaaa = SLICE_LIT("\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01");
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 2);
    assert_int_equal(lab.address_n, 16);
    assert_memory_equal(lab.address, lab.dns.aaaa.p, 16);
    assert_int_equal(lab.opened, 2); /* both questions on one channel */
}

static void a_silent_resolver(void **state)
{
    (void)state;
    lab.dns.silent = 1;
    user_post(&user_hello);
    assert_int_equal(seen.failed + seen.ended, 0);
    lab_expire(&lab, 1); /* something happened since it was set */
    lab_run(&lab);
    lab_expire(&lab, 1);
    lab_run(&lab);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 2);
    assert_int_equal(lab.opened, 3);
}

static void a_resolver_that_is_gone(void **state)
{
    (void)state;
    lab.dns.silent = 9;
    user_post(&user_hello);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(seen.failed, 0);
        lab_expire(&lab, 1);
        lab_run(&lab);
    }
    user_expect_failed(WEB_NAME, E_TIMEOUT);
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
        user_forget();
        lab.dns.rcode = words[i].rcode;
        lab.dns.cut = words[i].cut;
        lab.dns.asked = 0;
        user_post(&user_hello);
        user_expect_failed(WEB_NAME, words[i].err);
        assert_int_equal(lab.dns.asked, words[i].asked);
    }
    assert_int_equal(lab.server.connections, 0);
}

/* Answers to what nobody asked are passed over, but not without end. */
static void answers_of_others(void **state)
{
    (void)state;
    lab.dns.wrong_id = true;
    user_post(&user_hello);
    user_expect_world();
    user_done(NULL);
    user_fresh(NULL);
    lab.dns.wrong_id = true;
    lab.pieces = 11;
    user_post(&user_hello);
    user_expect_world();
    user_done(NULL);
    user_fresh(NULL);
    lab.dns.wrong_id = lab.dns.garbage = true;
    user_post(&user_hello);
    user_expect_failed(WEB_NAME, E_CONFLICT);
}

/* A question of more than one SEND DATA. */
static void a_long_name(void **state)
{
    struct web_request r = user_hello;
    char name[254];

    (void)state;
    for (unsigned i = 0; i < 253; i++)
        name[i] = i % 50 == 49 ? '.' : 'a';
    r.host = slice_of(name, 253);
    user_post(&r);
    user_expect_world();
    assert_int_equal(strlen(lab.dns.name), 253);
    assert_memory_equal(lab.dns.name, name, 253);
}

static void known_addresses(void **state)
{
    struct web_request r = user_hello;

    (void)state;
    r.address = SLICE_LIT("\xC6\x33\x64\x07");
    r.host = SLICE_LIT("eim.example.test:8443");
    user_post(&r);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 0);
    assert_int_equal(lab.port, 8443);
    assert_memory_equal(lab.address, "\xC6\x33\x64\x07", 4);
    assert_string_equal(lab.server.tls.sni, "eim.example.test");
    assert_non_null(strstr((char *)lab.server.request, "\r\nHost: eim.example.test:8443\r\n"));
    /* a number needs no resolver and no SNI */
    user_forget();
    r = user_hello;
    r.host = SLICE_LIT("203.0.113.9");
    user_post(&r);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 0);
    assert_memory_equal(lab.address, "\xCB\x00\x71\x09", 4);
    assert_string_equal(lab.server.tls.sni, "");
    /* what was found is kept, until the connection fails */
    user_forget();
    user_post(&user_hello);
    web_close(lab.u.card, &w);
    lab_run(&lab);
    user_forget();
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 1);
    web_close(lab.u.card, &w);
    lab_run(&lab);
    user_forget();
    lab.refuse = "3A00";
    user_post(&user_hello);
    user_expect_failed(WEB_CONNECTION, E_REFUSED);
    assert_int_equal(w.bip.result, 0x3A);
    user_forget();
    user_post(&user_hello);
    user_expect_world();
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
        r = user_hello;
        r.host = slice_str(hosts[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(paths); i++) {
        r = user_hello;
        r.path = slice_str(paths[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    for (size_t i = 0; i < COUNT(headers); i++) {
        r = user_hello;
        r.headers = slice_str(headers[i]);
        assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    }
    r = user_hello;
    r.address = SLICE_LIT("\x01\x02\x03");
    assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    r = user_hello;
    r.tls.believe = NULL;
    assert_int_equal(web_post(lab.u.card, &w, &r), E_ARGUMENT);
    assert_false(web_busy(&w));
    assert_false(lab_step(&lab));
    user_post(&user_hello);
    user_expect_world();
}

/* ---- trust ---- */

static const struct tls_peer_options keyed = { .psk_identity = "card", .psk = SLICE_OF(user_psk) };

static void every_kind_of_server(void **state)
{
    static const struct tls_peer_options kinds[] = {
        { .curve = CURVE_P256, .version = TLS1_3_VERSION },
        { .curve = CURVE_P256, .version = TLS1_2_VERSION },
        { .curve = CURVE_BP256R1, .version = TLS1_2_VERSION },
    };
    struct web_request r = user_hello;

    for (size_t i = 0; i < COUNT(kinds); i++) {
        user_done(NULL);
        user_begin_with(&kinds[i]);
        user_post(&user_hello);
        user_expect_world();
        assert_int_equal(seen.asked, 1);
    }
    user_done(NULL);
    user_begin_with(&keyed);
    r.tls = (struct tls_session_options){ .psk_identity = SLICE_LIT("card"),
                                          .psk = SLICE_OF(user_psk) };
    user_post(&r);
    user_expect_world();
    assert_string_equal(lab.server.tls.identity, "card");
    (void)state;
}

static void not_believed(void **state)
{
    (void)state;
    seen.trust = E_UNTRUSTED;
    user_post(&user_hello);
    user_expect_failed(WEB_TLS, E_UNTRUSTED);
    assert_int_equal(lab.server.requests, 0);
    assert_int_equal(lab.dns.asked, 1);
    /* the name may lead elsewhere by now */
    user_forget();
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.dns.asked, 2);
}

static void wrong_psk(void **state)
{
    struct web_request r = user_hello;
    uint8_t other[16] = { 9 };

    (void)state;
    user_done(NULL);
    user_begin_with(&keyed);
    r.tls =
        (struct tls_session_options){ .psk_identity = SLICE_LIT("card"), .psk = SLICE_OF(other) };
    user_post(&r);
    user_expect_failed(WEB_TLS, E_CLOSED);
    assert_int_equal(lab.server.requests, 0);
}

/* Another host or another trust is another connection. */
static void connections_that_are_kept(void **state)
{
    struct web_request r = user_hello;

    (void)state;
    user_post(&user_hello);
    user_forget();
    r.tls.ctx = NULL; /* believe would not like it */
    r.tls.believe = NULL;
    r.tls.psk = SLICE_OF(user_psk);
    r.tls.psk_identity = SLICE_LIT("card");
    user_post(&r);
    user_expect_failed(WEB_TLS, E_CLOSED);
    assert_int_equal(lab.server.connections, 2);
    user_forget();
    user_post(&user_hello);
    user_expect_world();
    assert_int_equal(lab.server.connections, 3);
    user_forget();
    r = user_hello;
    r.host = SLICE_LIT("other.example.test");
    user_post(&r);
    user_expect_world();
    assert_int_equal(lab.server.connections, 4);
    user_forget();
    r.host = SLICE_LIT("OTHER.example.test");
    r.path = SLICE_LIT("/elsewhere");
    user_post(&r);
    user_expect_world();
    assert_int_equal(lab.server.connections, 4);
    user_forget();
    r.host = SLICE_LIT("other.example.test:8443");
    user_post(&r);
    user_expect_world();
    assert_int_equal(lab.server.connections, 5);
}

static void next_from_inside(void **state)
{
    (void)state;
    seen.again = &user_hello;
    user_post(&user_hello);
    assert_int_equal(seen.answer, E_OK);
    assert_int_equal(seen.ended, 2);
    assert_int_equal(seen.sent, 2);
    assert_memory_equal(seen.body, "worldworld", 10);
    assert_int_equal(lab.server.connections, 1);
    /* where the connection cannot be kept it waits for the next */
    user_forget();
    lab.server.ends = true;
    seen.again = &user_hello;
    user_post(&user_hello);
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
        user_forget();
        lab.server.answer = slice_str(all[i].answer);
        lab.server.ends = all[i].ends;
        lab.server.drops = all[i].drops;
        user_post(&user_hello);
        assert_int_equal(seen.status, all[i].status);
        if (!all[i].body) {
            user_expect_failed(all[i].err == E_CLOSED ? WEB_CONNECTION : WEB_HTTP, all[i].err);
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
    struct web_request r = user_hello;
    int head = snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");

    (void)state;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7 + i / 253);
    for (size_t i = 0; i < 60000; i++)
        answer[(size_t)head + i] = (char)(i * 11 + i / 249);
    r.body = slice_of(body, sizeof body);
    lab.server.answer = slice_of(answer, (size_t)head + 60000);
    user_post(&r);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.n, 60000);
    assert_memory_equal(seen.body, answer + head, 60000);
    const char *end = strstr((char *)lab.server.request, "\r\n\r\n");
    assert_non_null(end);
    assert_memory_equal(end + 4, body, sizeof body);
    /* less than 4 octets in a hundred are overhead */
    assert_true(lab.sent < (sizeof body + sizeof body / 25) / CAT_SEND_MAX + 20);
    user_forget();
    lab.pieces = 1;
    lab.server.answer = SLICE_LIT(OK_5);
    user_post(&user_hello);
    user_expect_world();
}

/* The server answers before it has everything: the answer counts, the connection ends. */
static void an_early_answer(void **state)
{
    static uint8_t body[20000];
    struct web_request r = user_hello;

    (void)state;
    r.body = SLICE_OF(body);
    lab.server.early = true;
    lab.server.answer = SLICE_LIT("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    user_post(&r);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.sent, 0);
    assert_int_equal(seen.status, 413);
    assert_null(w.tls);
    assert_false(lab.open);
    user_forget();
    lab.server.early = false;
    lab.server.answer = SLICE_LIT(OK_5);
    user_post(&user_hello);
    user_expect_world();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, user_fresh, user_done)
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
