/*
 * SCP81 over the wire: push by SMS, OPEN CHANNEL, TLS with a pre-shared key against OpenSSL's
 * server, HTTP. The terminal and its network are those of the tests of HTTPS out of the card. What
 * the dialogue can lead to is test_admin.c's.
 */
#include "euicc/ota/admin.h"
#include "euicc/ota/ota_lab.h"
#include "euicc/web/web_lab.h"

static struct lab lab;
static const struct ota_send ram = { &OTA_SET_1, OTA_RAM, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const uint8_t psk[] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

#define USIM "00A4040C 0C A0000000871002FF49FF0589"
#define OK   "HTTP/1.1 200 OK\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\n"
#define TO_FILES                                                                                   \
    "Content-Type: application/vnd.etsi.scp.command-data;version=1.0\r\n"                          \
    "X-Admin-Targeted-Application: //aid/A000000559/10100002\r\n"
#define TO_DOMAIN "Content-Type: application/vnd.globalplatform.card-content-mgt;version=1.0\r\n"
#define UPDATE    "\xAE\x80\x22\x07\x00\xA4\x00\x0C\x02\x6F\x43\x22\x06\x00\xD6\x00\x00\x01\x5A\0\0"
#define STATUS    "\xAE\x80\x22\x08\x80\xF2\x80\x00\x02\x4F\x00\x00\0\0"
#define END       "HTTP/1.1 204 No Content\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\n\r\n"

/* What the server answers at each path; first match. */
struct page {
    const char *path;
    slice answer;
};

#define PAGE(path, text)                                                                           \
    {                                                                                              \
        path, SLICE_LIT(text)                                                                      \
    }

static const struct page three_steps[] = {
    PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "b\r\n\xAE\x80\x22\x07\x00\xA4\x00\x0C\x02\x6F\x43\r\n"
                                "00a;x=y\r\n\x22\x06\x00\xD6\x00\x00\x01\x5A\0\0\r\n0\r\n\r\n"),
    PAGE("/2 ", OK TO_DOMAIN "X-Admin-Next-URI: /3?x\r\nContent-Length: 14\r\n\r\n" STATUS),
    PAGE("/3?x ", END),
    { NULL, { NULL, 0 } },
};

static const struct page one_each[] = {
    PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: https://sr.example:8443/2\r\n"
                                "Connection: close\r\nContent-Length: 21\r\n\r\n" UPDATE),
    PAGE("/2 ", OK TO_DOMAIN "X-Admin-Next-URI: /3?x\r\n"
                             "Connection: close\r\nContent-Length: 14\r\n\r\n" STATUS),
    PAGE("/3?x ", END),
};

static const struct page *pages;
static char requests[8][1200];
static unsigned count;
static bool ends; /* the server closes behind each answer */

static void begin_with(const struct tls_peer_options *o)
{
    lab_open(&lab, o);
    ota_card_with(&lab.u, 32768, OTA_ADMIN_ELEMENTS);
    uicc_expect(&lab.u, 0x9000, "", TERMINAL_ALL);
    pages = three_steps;
    count = 0;
    ends = false;
}

static const struct tls_peer_options right = { .psk_identity = "card-1", .psk = { psk, 16 } };

static int setup(void **state)
{
    (void)state;
    begin_with(&right);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    card_close(lab.u.card);
    lab_close(&lab);
    return 0;
}

static void answer_request(void)
{
    const char *path = (const char *)lab.server.request + 5;
    const struct page *p = pages;

    assert_memory_equal(lab.server.request, "POST ", 5);
    if (count < COUNT(requests))
        memcpy(requests[count], lab.server.request, sizeof requests[0]);
    count++;
    while (p->path && strncmp(path, p->path, strlen(p->path)) != 0)
        p++;
    assert_non_null(p->path);
    tls_peer_write(&lab.server.tls, p->answer);
    if (ends)
        tls_peer_end(&lab.server.tls);
    lab.dropped = ends;
    lab_pass_on(&lab);
}

static bool step(void)
{
    unsigned before = lab.server.requests;

    if (!lab_step(&lab))
        return false;
    assert_true(lab.server.requests <= before + 1);
    if (lab.server.requests > before)
        answer_request();
    return true;
}

static void run(void)
{
    unsigned steps = 0;

    while (step())
        assert_true(++steps < 20000);
}

/* No connection is open: the timer that runs, whichever it is, is the retry policy's. */
static void retry(void)
{
    for (uint8_t id = 1; id <= CAT_TIMERS; id++)
        lab_expire(&lab, id);
    run();
}

/* A session holds scratch; nobody else does here. */
static bool in_session(void)
{
    struct objects *o = card_objects(lab.u.card);
    bool any = false;

    for (unsigned i = 0; i < OBJECTS_LOANS; i++)
        any = any || o->loans[i].n;
    return any;
}

static void expect_idle(void)
{
    assert_false(lab.open);
    assert_false(in_session());
}

static uint8_t read_file(void)
{
    uicc_expect(&lab.u, 0x9000, "", USIM);
    uicc_expect(&lab.u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&lab.u, 0x9000, "", "00A4000C 02 6F43");
    uicc_expect(&lab.u, 0x9000, NULL, "00B0000001");
    return lab.u.reply[0];
}

static void push_sms(void)
{
    ota_expect(&lab.u, &ram, "", "8100");
}

static bool ends_with(const char *text, size_t n, slice end)
{
    return n >= end.n && memcmp(text + n - end.n, end.p, end.n) == 0;
}

/* The octets of a request behind its head are these. */
static void expect_body(unsigned i, slice body)
{
    const char *head = strstr(requests[i], "\r\n\r\n");

    assert_non_null(head);
    assert_true(ends_with(head + 4, body.n, body));
}

/* All three steps, on one connection or on one each. */
static void expect_whole(unsigned connections)
{
    assert_int_equal(count, 3);
    assert_int_equal(lab.server.connections, connections);
    assert_string_equal(lab.server.tls.identity, "card-1");
    assert_int_equal(lab.port, 8443);
    assert_non_null(strstr(requests[0], "Host: sr.example:8443\r\n"));
    assert_non_null(strstr(requests[0], "X-Admin-Protocol: globalplatform-remote-admin/1.0\r\n"));
    assert_non_null(strstr(requests[0], "Content-Length: 0\r\n"));
    assert_null(strstr(requests[0], "X-Admin-Script-Status"));
    assert_non_null(strstr(requests[1], "X-Admin-Script-Status: ok\r\n"));
    assert_non_null(strstr(requests[1],
                           "Content-Type: application/vnd.etsi.scp.response-data;version=1.0\r\n"));
    expect_body(1, SLICE_LIT("\xAF\x80\x80\x01\x02\x23\x02\x90\x00\x23\x02\x90\x00\0\0"));
    expect_body(2, SLICE_LIT("\xAF\x80\x80\x01\x01\x23\x0D\x08\xA0\0\0\x01\x51\0\0\0\x0F\x82"
                             "\x90\x00\0\0"));
    expect_idle();
    assert_int_equal(read_file(), 0x5A);
}

static void whole_session(void **state)
{
    (void)state;
    assert_int_equal(read_file(), 0xFF);
    push_sms();
    run();
    expect_whole(1);
    count = 0; /* and another */
    push_sms();
    run();
    expect_whole(2);
}

/* Octet by octet; with a connection for each request; a name instead of an address. */
static void other_ways(void **state)
{
    (void)state;
    lab.pieces = 1;
    push_sms();
    run();
    expect_whole(1);
    teardown(NULL);
    begin_with(&right);
    ends = true;
    pages = one_each;
    push_sms();
    run();
    expect_whole(3);
    teardown(NULL);
    begin_with(&right);
    lab.dns.a = SLICE_LIT("\xC0\x00\x02\x07");
    ota_expect(&lab.u, &ram, "", "8114 8307 8405 3C030220FB B309 FA07 3E052108080808");
    run();
    assert_string_equal(lab.dns.name, "sr.example");
    assert_memory_equal(lab.address, "\xC0\x00\x02\x07", 4);
    expect_whole(1);
}

static void suites(void **state)
{
    static const struct {
        const char *suite;
        int version;
        bool good;
    } rows[] = {
        { "PSK-AES128-GCM-SHA256", 0, true }, { "PSK-AES128-CBC-SHA256", 0, true },
        { "PSK-AES128-CBC-SHA", 0, false },   { "PSK-AES256-GCM-SHA384", 0, false },
        { "PSK-NULL-SHA256", 0, false },      { "DHE-PSK-AES128-GCM-SHA256", 0, false },
        { NULL, TLS1_3_VERSION, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tls_peer_options o = right;

        teardown(NULL);
        o.suite = rows[i].suite;
        o.version = rows[i].version;
        begin_with(&o);
        push_sms();
        run();
        assert_int_equal(count, rows[i].good ? 3 : 0);
        assert_int_equal(read_file(), rows[i].good ? 0x5A : 0xFF);
        if (rows[i].good)
            expect_whole(1);
    }
}

/* Neither octet of the request leaves nor octet of an answer is believed; the policy goes on. */
static void wrong_keys(void **state)
{
    static const uint8_t other[16] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16 };
    static const struct tls_peer_options wrong[] = {
        { .psk_identity = "card-1", .psk = { other, 16 } },
        { .psk_identity = "card-1", .psk = { psk, 15 } },
        { .psk_identity = "card-2", .psk = { psk, 16 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        teardown(NULL);
        begin_with(&wrong[i]);
        push_sms();
        run();
        assert_int_equal(count, 0);
        assert_int_equal(lab.server.connections, 1);
        assert_int_equal(read_file(), 0xFF);
        retry();
        assert_int_equal(lab.server.connections, 2);
        lab.server.tls.o = right; /* the server has the right one now */
        retry();
        expect_whole(3);
    }
}

static void broken_answers(void **state)
{
    static const struct page rows[][2] = {
        { PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "x\r\n" UPDATE "\r\n0\r\n\r\n") },
        { PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "14\r\n" UPDATE "\r\n0\r\n\r\n") },
        { PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "ffffffffff\r\n" UPDATE "\r\n0\r\n\r\n") },
        { PAGE("/admin ",
               OK TO_FILES "X-Admin-Next-URI: /2\r\nContent-Length: 99999999999\r\n\r\n" UPDATE) },
        { PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nContent-Length: 21\r\n"
                                      "Content-Length: 20\r\n\r\n" UPDATE) },
        { PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\n folded\r\nContent-Length: 21\r\n"
                                      "\r\n" UPDATE) },
        { PAGE("/admin ", "HTTP/2 200\r\n\r\n" UPDATE) },
        { PAGE("/admin ", UPDATE) },
        { PAGE("/admin ", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        teardown(NULL);
        begin_with(&right);
        pages = rows[i];
        push_sms();
        run();
        assert_int_equal(count, 1);
        assert_int_equal(read_file(), 0xFF);
        assert_false(lab.open);
        pages = three_steps; /* it is asked again, and the server has found its tongue */
        retry();
        assert_int_equal(count, 4);
        assert_non_null(strstr(requests[1], "X-Admin-Resume: true\r\n"));
        assert_int_equal(read_file(), 0x5A);
        expect_idle();
    }
}

/* Not a whole answer, and then silence: the connection times out, and is made again. */
static void silence(void **state)
{
    static const struct page half[] = {
        PAGE("/admin ", OK TO_FILES "X-Admin-Next-URI: /2\r\nContent-Length: 22\r\n\r\n" UPDATE),
    };

    (void)state;
    pages = half;
    push_sms();
    run();
    assert_true(lab.open);
    lab_expire(&lab, 1); /* something had happened */
    run();
    lab_expire(&lab, 1); /* nothing has */
    run();
    assert_false(lab.open);
    assert_int_equal(read_file(), 0xFF);
    pages = three_steps;
    retry();
    assert_int_equal(read_file(), 0x5A);
    expect_idle();
}

/*
 * The link is lost behind every step of the terminal's: the session is resumed, and what it was for
 * is done once it ends. No request is seen by a server that had its answer's successor.
 */
static void link_lost_at_each_step(void **state)
{
    unsigned resumed = 0, fresh = 0, k;

    (void)state;
    for (k = 1;; k++) {
        bool more = true;

        teardown(NULL);
        begin_with(&right);
        push_sms();
        for (unsigned i = 0; more && i < k; i++)
            more = step();
        if (!more)
            break;
        if (!lab.open)
            continue;
        lab.rx_n = 0;
        lab_drop(&lab);
        run();
        if (in_session()) {
            assert_int_equal(lab.server.connections, 1);
            retry();
        }
        bool again = false;
        for (unsigned i = 0; i < count && i < COUNT(requests); i++)
            again = again || strstr(requests[i], "X-Admin-Resume: true\r\n");
        resumed += again;
        fresh += !again;
        assert_in_range(count, 3, 4);
        expect_idle();
        assert_int_equal(read_file(), 0x5A);
    }
    print_message("%u steps: %u sessions resumed, %u not\n", k, resumed, fresh);
    assert_true(resumed > 5 && fresh > 3);
}

/* Every octet of the server's may be spoilt on its way: nothing that it did not send is done. */
static void spoilt_octets(void **state)
{
    unsigned broken = 0;

    (void)state;
    for (size_t at = 0; at < 900; at += 7) {
        teardown(NULL);
        begin_with(&right);
        lab.break_at = at;
        push_sms();
        run();
        uint8_t file = read_file();
        assert_true(file == 0xFF || (file == 0x5A && count >= 1));
        broken += in_session();
        if (in_session() && !lab.open) {
            lab.break_at = SIZE_MAX;
            retry();
            assert_int_equal(read_file(), 0x5A);
        }
    }
    print_message("%u sessions broken\n", broken);
    assert_true(broken > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whole_session, setup, teardown),
        cmocka_unit_test_setup_teardown(other_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(suites, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(silence, setup, teardown),
        cmocka_unit_test_setup_teardown(link_lost_at_each_step, setup, teardown),
        cmocka_unit_test_setup_teardown(spoilt_octets, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
