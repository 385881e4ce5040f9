/*
 * Administration over HTTP (SCP81) with the connection played: this program has its own web_post,
 * and says what a server would have answered. What goes over the wire is test_scp81.c's.
 */
#include "base/secret.h"
#include "base/text.h"
#include "der/der.h"
#include "euicc/isdr/isdr.h"
#include "euicc/ota/admin.h"
#include "euicc/ota/ota_lab.h"
#include "euicc/uicc_terminal.h"

#include "../uicc_terminal.c"

#define ETSI "Content-Type: application/vnd.etsi.scp.command-data;version=1.0"
#define GP   "Content-Type: application/vnd.globalplatform.card-content-mgt;version=1.0"
#define NEXT "X-Admin-Next-URI: /admin?n=2"

#define AT_USIM "X-Admin-Targeted-Application: //aid/A000000559/10100002"
#define AT_UICC "X-Admin-Targeted-Application: //aid/A000000559/10100003"
#define AT_NONE "X-Admin-Targeted-Application: //aid/A000000559/10100004"

#define USIM       "00A4040C 0C A0000000871002FF49FF0589"
#define WRITE(hex) "AE80 2207 00A4000C026F43 2206 00D6000001" hex " 0000"
#define WRITTEN    "AF80 800102 2302 9000 2302 9000 0000"

static struct uicc u;
static const struct ota_send ram = { &OTA_SET_1, OTA_RAM, 0x06, 0x19, 0, 0, 0, 0, 0 };
static const struct ota_send below = { &OTA_SET_1, "B20101", 0x06, 0x19, 0, 0, 0, 0, 0 };

/* ---- the played connection ---- */

static struct {
    web_heard *heard;
    void *ctx;
    const struct web_network *network;
    bool busy;
    unsigned posts, closes;
    enum err refuse;
    /* of the last request; the octets it borrows */
    struct web_request r;
    char host[300], path[300], headers[600], identity[200];
    uint8_t psk[64], body[ADMIN_ANSWER_MAX];
    size_t body_n;
} web;

static void copy_text(slice from, char *to, size_t size)
{
    assert_true(from.n < size);
    memcpy(to, from.p, from.n);
    to[from.n] = 0;
}

enum err web_init(struct card *card, struct web *w, const struct web_network *net, web_heard *heard,
                  void *ctx)
{
    (void)card;
    (void)w;
    web.heard = heard;
    web.ctx = ctx;
    web.network = net;
    web.busy = false;
    return E_OK;
}

enum err web_post(struct card *card, struct web *w, const struct web_request *r)
{
    (void)w;
    assert_false(web.busy);
    if (web.refuse || !card_terminal_profile(card).p)
        return web.refuse ? web.refuse : E_STATE;
    web.busy = true;
    web.posts++;
    web.r = *r;
    copy_text(r->host, web.host, sizeof web.host);
    copy_text(r->path, web.path, sizeof web.path);
    copy_text(r->headers, web.headers, sizeof web.headers);
    copy_text(r->tls.psk_identity, web.identity, sizeof web.identity);
    assert_null(r->tls.believe);
    memcpy(web.psk, r->tls.psk.p, r->tls.psk.n);
    web.body_n = r->body.n;
    if (r->body.n)
        memcpy(web.body, r->body.p, r->body.n);
    return E_OK;
}

void web_close(struct card *card, struct web *w)
{
    (void)card;
    (void)w;
    web.busy = false;
    web.closes++;
}

static void says(enum web_event event, int number, slice data)
{
    if (event == WEB_END || event == WEB_FAILED)
        web.busy = false;
    web.heard(u.card, web.ctx, event, number, data);
}

/* Header lines, then the body in pieces of so many octets. */
static void answer_octets(int status, const char *const *fields, slice body, size_t piece)
{
    assert_true(web.busy);
    says(WEB_SENT, 0, SLICE_NONE);
    says(WEB_STATUS, status, SLICE_NONE);
    for (; *fields; fields++)
        says(WEB_HEADER, 0, slice_str(*fields));
    for (; body.n; body = slice_skip(body, piece))
        says(WEB_DATA, 0, slice_head(body, piece));
    says(WEB_END, 0, SLICE_NONE);
    uicc_commit(&u);
}

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PROTOCOL    "X-Admin-Protocol: globalplatform-remote-admin/1.0"

static void answer(int status, const char *const *fields, const char *hex)
{
    uint8_t octets[600];

    answer_octets(status, fields, slice_of(octets, uicc_hex(hex, octets, sizeof octets)), 7);
}

/* What the card posted. */
static void expect_body_at(const char *hex, int line)
{
    uint8_t wanted[600];
    char got[2 * sizeof web.body + 1];
    size_t n = uicc_hex(hex, wanted, sizeof wanted);

    assert_int_equal(hex_encode(slice_of(web.body, web.body_n), got, sizeof got), E_OK);
    if (!slice_eq(slice_of(wanted, n), slice_of(web.body, web.body_n))) {
        print_error("line %d: posted %s, not %s\n", line, got, hex);
        _fail(__FILE__, line);
    }
}
#define expect_body(hex) expect_body_at(hex, __LINE__)

static bool says_header(const char *field)
{
    const char *at = strstr(web.headers, field);

    return at && (at == web.headers || at[-1] == '\n') &&
           memcmp(at + strlen(field), "\r\n", 2) == 0;
}

/* ---- the card ---- */

static void begin(const char *elements)
{
    memset(&web, 0, sizeof web);
    ota_card_with(&u, 32768, elements);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
}

static int setup(void **state)
{
    (void)state;
    begin(OTA_ADMIN_ELEMENTS);
    return 0;
}

static void expect_idle(void)
{
    assert_false(web.busy);
    assert_null(((struct admin *)web.ctx)->session);
    for (unsigned i = 0; i < OBJECTS_LOANS; i++)
        assert_int_equal(card_objects(u.card)->loans[i].n, 0);
}

static void push(void)
{
    ota_expect(&u, &ram, "", "8100");
    assert_true(web.busy);
}

/* EF_SMSS of the USIM, which only ADM1 and full access reach; FF at first. */
static uint8_t read_file(void)
{
    uicc_expect(&u, 0x9000, "", USIM);
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    uicc_expect(&u, 0x9000, NULL, "00B0000001");
    return u.reply[0];
}

/* One script for this target, and what is posted. */
static void script_at(const char *target, const char *content, const char *hex, const char *posted,
                      int line)
{
    answer(200, target ? FIELDS(PROTOCOL, NEXT, content, target) : FIELDS(PROTOCOL, NEXT, content),
           hex);
    assert_true(web.busy);
    expect_body_at(posted, line);
}
#define script(...) script_at(__VA_ARGS__, __LINE__)

static void timer_expires(const char *value)
{
    uint16_t sw;
    char text[60];

    snprintf(text, sizeof text, "A40101 A503%s", value);
    sw = terminal_envelope(&u, 0xD7, text);
    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

/* The terminal is asked for a timer of so long, and starts it. */
static void expect_timer(const char *value)
{
    struct fetched f = terminal_expect(&u, CAT_TIMER_MANAGEMENT);
    uint8_t octets[3];

    assert_int_equal(f.qualifier, 0);
    uicc_hex(value, octets, sizeof octets);
    assert_memory_equal(f.tlvs.p + 5, octets, 3);
    assert_int_equal(terminal_respond(&u, &f, "00", "A40101") >> 8, 0x90);
}

static void break_off(void)
{
    assert_true(web.busy);
    says(WEB_FAILED, E_CLOSED, SLICE_NONE);
    uicc_commit(&u);
}

/* ---- sessions ---- */

static void the_first_request(void **state)
{
    static const uint8_t psk[16] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

    (void)state;
    push();
    assert_string_equal(web.host, "sr.example:8443");
    assert_string_equal(web.path, "/admin");
    assert_memory_equal(web.r.address.p, "\xC0\x00\x02\x01", 4);
    assert_int_equal(web.r.address.n, 4);
    assert_string_equal(web.identity, "card-1");
    assert_int_equal(web.r.tls.psk.n, 16);
    assert_memory_equal(web.psk, psk, 16);
    assert_null(web.r.body.p);
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000000\r\n");
    assert_null(web.network->dns.p);
    assert_null(web.network->access_name.p);
    ota_expect(&u, &ram, "019300", "8100"); /* one at a time */
    assert_int_equal(web.posts, 1);
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
    assert_int_equal(web.posts, 1);
    push();
    assert_int_equal(web.posts, 2);
}

static void files_and_registry(void **state)
{
    (void)state;
    assert_int_equal(read_file(), 0xFF);
    push();
    script(AT_USIM, ETSI, WRITE("5A"), WRITTEN);
    assert_string_equal(web.path, "/admin?n=2");
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000000\r\n"
                                 "X-Admin-Script-Status: ok\r\nContent-Type: "
                                 "application/vnd.etsi.scp.response-data;version=1.0\r\n");
    assert_int_equal(read_file(), 0x5A);
    /* nothing at the moment, but come again */
    answer(204, FIELDS(PROTOCOL, "x-admin-next-uri:/later"), "");
    assert_string_equal(web.path, "/later");
    assert_null(web.r.body.p);
    assert_false(says_header("X-Admin-Script-Status: ok"));
    /* the domain, without a name; a definite template is answered by one */
    script(NULL, GP, "AA0A 2208 80F2800202 4F00 00",
           "AB1C 800101 2317 E3134F08A0000001510000009F70010FC50382DC00 9000");
    assert_true(says_header(
        "Content-Type: application/vnd.globalplatform.card-content-mgt-response;version=1.0"));
    /* by its name, also with the content type of TS 102 226 */
    script("X-Admin-Targeted-Application: //aid/A000000151/000000", GP,
           "AE80 2208 80F2800002 4F00 00 0000",
           "AF80 800101 230D 08A0000001510000000F82 9000 0000");
    script("X-Admin-Targeted-Application:  //AID/a000000151000000 ", ETSI,
           "AE80 2208 80F2800002 4F00 00 0000",
           "AF80 800101 230D 08A0000001510000000F82 9000 0000");
    /* a domain below it: its keys are told */
    script("X-Admin-Targeted-Application: //aid/A000000151/000001", GP, "AE80 2205 80CA00E000 0000",
           "AF80 800101 2328 E024 C00401018810 C00402018810 C00403018810 C00401418520 C00402418510"
           "C00401508510 9000 0000");
    /* an empty script, and one whose answer nobody wants */
    script(NULL, ETSI, "AE80 0000", "AF80 800100 0000");
    answer(200, FIELDS(PROTOCOL, ETSI, AT_USIM), WRITE("A5"));
    expect_idle();
    assert_int_equal(read_file(), 0xA5);
}

/* ---- triggers ---- */

/* The octets lie behind one of length, which may have to be three. */
static size_t put_length(uint8_t *at, size_t inside)
{
    uint8_t head[DER_HEAD_MAX];
    size_t n = der_put_head(0x30, inside, head) - 1;

    memmove(at + n, at + 1, inside);
    memcpy(at, head + 1, n);
    return n + inside;
}

/* Hex in which "(..)" is a length and what it counts. */
static size_t fold(const char **text, uint8_t *out)
{
    size_t n = 0;

    while (**text && **text != ')') {
        if (**text == ' ') {
            ++*text;
        } else if (**text == '(') {
            ++*text;
            size_t inside = fold(text, out + n + 1);

            assert_true(**text == ')');
            ++*text;
            n += put_length(out + n, inside);
        } else {
            const char two[] = { (*text)[0], (*text)[1], 0 };

            n += uicc_hex(two, out + n, 1);
            *text += 2;
        }
    }
    return n;
}

/* Sends a trigger; its status word, 9000 where nothing is answered. */
static uint16_t pushes(const struct ota_send *s, const char *notation)
{
    uint8_t octets[600];
    char hex[2 * sizeof octets + 1];
    size_t n = fold(&notation, octets);

    assert_int_equal(hex_encode(slice_of(octets, n), hex, sizeof hex), E_OK);
    struct ota_answer a = ota_send(&u, s, hex);
    assert_int_equal(a.status, 0);
    assert_true(a.data_n == 0 || (a.data_n == 3 && a.data[0] == 1));
    return a.data_n ? (uint16_t)(a.data[1] << 8 | a.data[2]) : 0x9000;
}

/* Each part of the message goes before what the domain has; what it leaves out stays. */
static void what_the_message_says(void **state)
{
    (void)state;
    assert_int_equal(pushes(&ram, "81(83(89(8A(61) 8B(622063) 8C(2F3F64))))"), 0x9000);
    assert_string_equal(web.host, "a:8443");
    assert_true(says_header("X-Admin-From: b c"));
    assert_string_equal(web.path, "/?d");
    assert_string_equal(web.identity, "card-1");
    answer(204, FIELDS(PROTOCOL), "");
    /* connection with everything; C7 and BE have the comprehension bit */
    assert_int_equal(pushes(&ram, "81(83(84(B5(03) B9(05DC) C7(0361706E) 8D(0475) 8D(047077)"
                                  "BC(0201BB) BE(5720010DB8000000000000000000000001))))"),
                     0x9000);
    assert_string_equal(web.host, "sr.example"); /* 443 is the port of https */
    assert_int_equal(web.r.address.n, 16);
    assert_memory_equal(web.r.address.p, "\x20\x01\x0D\xB8", 4);
    assert_true(slice_eq_str(web.network->access_name, "\x03"
                                                       "apn"));
    assert_true(slice_eq_str(web.network->user, "u"));
    assert_true(slice_eq_str(web.network->password, "pw"));
    answer(204, FIELDS(PROTOCOL), "");
    /* no address: a resolver; port in the name */
    assert_int_equal(
        pushes(&ram, "81(83(84() 89(8A(61623A3939))) B3(D6(61623A3939) FA(3E(21C0000235))))"),
        0x9000);
    assert_string_equal(web.host, "ab:99");
    assert_null(web.r.address.p);
    assert_true(slice_eq(web.network->dns, SLICE_LIT("\xC0\x00\x02\x35")));
    assert_null(web.network->access_name.p);
    answer(204, FIELDS(PROTOCOL), "");
    /* another identity, the first key; with the octet that names a hash */
    assert_int_equal(pushes(&ram, "81(83(85((78) (00 00 01))))"), 0x9000);
    assert_string_equal(web.identity, "x");
    assert_int_equal(web.r.tls.psk.n, 16);
    answer(204, FIELDS(PROTOCOL), "");
    /* an absolute URI of the same host */
    assert_int_equal(pushes(&ram, "81(83(89(8C(68747470733A2F2F73722E6578616D706C65))))"), 0x9000);
    assert_string_equal(web.path, "/");
}

/* The domain below has a key and no parameters. */
static void all_of_it_is_pushed(void **state)
{
    (void)state;
    assert_int_equal(pushes(&below, "81()"), 0x6A80);
    assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (50 01))))"), 0x6A88);
    assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (41 01))))"), 0x9000);
    assert_string_equal(web.host, "192.0.2.1");
    assert_string_equal(web.path, "/");
    assert_string_equal(web.identity, "A/b");
    assert_int_equal(web.r.tls.psk.n, 32);
    assert_string_equal(web.headers,
                        PROTOCOL "\r\nX-Admin-From: //aa-id/aid/A000000151/000001\r\n");
    /* its own, what is below it, and nobody else */
    script("X-Admin-Targeted-Application: //aid/A000000559/10100006", ETSI,
           "AE80 2207 00A4000C022F00 0000", "AF80 800101 2302 9000 0000");
    script("X-Admin-Targeted-Application: //aid/A000000151/000000", GP,
           "AE80 2208 80F2800002 4F00 00 0000", "");
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    script(AT_USIM, ETSI, WRITE("66"), "");
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    /* no key comes under one that is no DEK */
    script(NULL, GP, "AE80 2219 80D80001 14 42 8010 00112233445566778899AABBCCDDEEFF 00 0000",
           "AF80 800101 2302 6985 0000");
    break_off(); /* there is no retry policy */
    expect_idle();
    assert_int_equal(read_file(), 0xFF);
}

static void malformed_triggers(void **state)
{
    static const struct {
        const char *notation;
        uint16_t sw;
    } wrong[] = {
        { "81(8300)", 0x9000 }, /* that much is right */
        { "81038300", 0x6A80 },
        { "810083", 0x6A80 },
        { "81(8300 8400)", 0x6A80 },
        { "81(83(8700))", 0x6A80 },
        { "81(83(89(8D00)))", 0x6A80 },
        { "81(83(8905))", 0x6A80 },
        { "81(83(84(3C(0120FB))))", 0x6A80 }, /* UDP */
        { "81(83(84(3C(020000))))", 0x6A80 }, /* port 0 */
        { "81(83(84(3C(0220))))", 0x6A80 },
        { "81(83(84(3E(22C0000201))))", 0x6A80 }, /* another kind of address */
        { "81(83(84(3E(21C00002))))", 0x6A80 },
        { "81(83(84(0D(0475))))", 0x6A80 }, /* no password */
        { "81(83(85(06)))", 0x6A80 },
        { "81(83(85((78) (4001) 00)))", 0x6A80 },
        { "81(83(85((78) (40))))", 0x6A80 },
        { "81(83(85((78) (40010203))))", 0x6A80 },
        { "81(83(85((78) (4101))))", 0x6A88 }, /* no such key */
        { "81(83(85((78) (4002))))", 0x6A88 }, /* the one under which keys come */
        { "81(83(85((78) (0101))))", 0x6A88 }, /* a key of SCP80 */
        { "81(83(85(() (4001))))", 0x6A80 },   /* an identity cannot be made without EID */
        { "81(83(86(00)))", 0x6A80 },
        { "81(83(86(0001)))", 0x6A80 },
        { "81(83(86(0001 2403000050)))", 0x6A80 },
        { "81(83(86(0001 2503000006)))", 0x6A80 }, /* 60 s */
        { "81(83(86(0001 25030000A0)))", 0x6A80 },
        { "81(83(86(0001 2503420000)))", 0x6A80 }, /* 24 h */
        { "81(83(86(0001 2503000000)))", 0x6A80 },
        { "81(83(89(8A(612062))))", 0x6A80 },
        { "81(83(89(8A(3A3939))))", 0x6A80 },
        { "81(83(89(8B(610D0A62))))", 0x6A80 }, /* would be two lines */
        { "81(83(89(8C(61))))", 0x6A80 },
        { "81(83(89(8C(2F6120))))", 0x6A80 },
        { "81(83(89(8C(68747470733A2F2F6F746865722F))))", 0x6A80 }, /* https://other/ */
        { "81(B3(FA(3E(21C00002))))", 0x6A80 },
        { "81(B3(D6(6F74686572)))", 0x6A80 }, /* another name */
        { "81(B3(D700))", 0x6A80 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        const char *text = wrong[i].notation;
        uint16_t sw = pushes(&ram, text);

        if (sw != wrong[i].sw)
            print_error("%s: %04X\n", text, sw);
        assert_int_equal(sw, wrong[i].sw);
        if (sw == 0x9000)
            answer(204, FIELDS(PROTOCOL), "");
        expect_idle();
    }
}

/* Agent, host, URI and identity as long as they may be, and one octet longer. */
static void longest_texts(void **state)
{
    static const struct {
        const char *head, *tail;
        size_t max;
        const char *where;
    } rows[] = {
        { "89(8B(", "))", ADMIN_AGENT_MAX, web.headers },
        { "89(8A(", "))", ADMIN_HOST_MAX - 6, web.host },
        { "89(8C(2F", "))", ADMIN_URI_MAX - 1, web.path },
        { "85(", "(4001))", ADMIN_IDENTITY_MAX, web.identity },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t more = 0; more < 2; more++) {
            char text[700], long_one[300];
            size_t n = 0;

            memset(long_one, 'z', sizeof long_one);
            long_one[rows[i].max] = 0;
            n = (size_t)snprintf(text, sizeof text, "81(83(%s", rows[i].head);
            if (rows[i].max == ADMIN_IDENTITY_MAX) /* its length is an octet, whatever it is */
                n += (size_t)snprintf(text + n, sizeof text - n, "%02zX", rows[i].max + more);
            for (size_t k = 0; k < rows[i].max + more; k++)
                n += (size_t)snprintf(text + n, sizeof text - n, "7A");
            snprintf(text + n, sizeof text - n, "%s))", rows[i].tail);
            uint16_t sw = pushes(&ram, text);
            assert_int_equal(sw, more ? 0x6A80 : 0x9000);
            if (more)
                continue;
            assert_non_null(strstr(rows[i].where, long_one));
            says(WEB_SENT, 0, SLICE_NONE);
            break_off();
            expect_timer("000050");
            timer_expires("000050");
            script(NULL, GP, "AE80 0000", "AF80 800100 0000");
            assert_true(says_header("X-Admin-Script-Status: ok"));
            break_off();
            expect_timer("000050");
            timer_expires("000050"); /* every line that there can be */
            assert_true(says_header("X-Admin-Resume: true"));
            assert_true(says_header("Content-Type: application/vnd.globalplatform."
                                    "card-content-mgt-response;version=1.0"));
            answer(204, FIELDS(PROTOCOL), "");
        }
}

/* Parameters are stored over the air, and take the place of those of the profile. */
static void stored_terms(void **state)
{
    static const struct {
        const char *apdu, *sw;
    } wrong[] = {
        { "80E2900004 85028600", "6A80" }, { "80E2900002 8700", "6A88" },
        { "80E2900003 850000", "6A80" },   { "80E2900001 85", "6A80" },
        { "80E2900004 85028A00", "6A80" }, { "80E2900009 8507890589038C0161", "6A80" },
        { "80E2880002 8500", "6985" },     { "80E2900102 8500", "6985" },
        { "80E2100002 8500", "6985" },     { "80E29000", "6A80" },
    };
    char wanted[20];

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        snprintf(wanted, sizeof wanted, "01%s", wrong[i].sw);
        ota_expect(&u, &ram, wanted, wrong[i].apdu);
    }
    ota_expect(&u, &ram, "019000 " OTA_ADMIN_TERMS, "80CA008500");
    /* 84 { 3C }, 86 none, 89 { 8A a } over SCP80; the address comes with the message */
    ota_expect(&u, &ram, "019000", "80E2900015 8513 8405 3C030203E7 86020000 8906 8A0161 8C012F");
    assert_int_equal(pushes(&ram, "81()"), 0x6A80); /* who it is stood in what was there before */
    assert_int_equal(pushes(&ram, "81(83(85((78) (0000))))"), 0x9000);
    assert_string_equal(web.host, "a:999");
    assert_null(web.r.address.p);
    script(NULL, GP, "AE80 2205 80CA008500 0000",
           "AF80 800101 2317 8513 84053C030203E7 86020000 8906 8A0161 8C012F 9000 0000");
    /* over HTTP, under the other tag: the session goes on as it began */
    script(NULL, GP, "AE80 220E 80E2900009 A5078905 8A036E6577 0000", "AF80 800101 2302 9000 0000");
    assert_string_equal(web.host, "a:999");
    answer(204, FIELDS(PROTOCOL), "");
    ota_expect(&u, &ram, "016A88", "80CA008500");
    ota_expect(&u, &ram, "019000 A50789058A036E6577", "80CA00A500");
    assert_int_equal(pushes(&ram, "81(83(85((78) (4001))))"), 0x9000);
    assert_string_equal(web.host, "new");
    assert_string_equal(web.path, "/");
}

/* A domain's parameters go with it. */
static void stored_terms_go(void **state)
{
    uint32_t id = profile_object(1, PROFILE_MISC, REGISTRY_ADMIN);
    unsigned n = 0;
    slice s;

    (void)state;
    ota_expect(&u, &below, "019000", "80E2900009 8507 8905 8A036E6577");
    for (uint32_t at = id; objects_next(card_objects(u.card), &at, id + 0xFF, &s); at++)
        n++;
    assert_int_equal(n, 1);
    ota_send(&u, &ram, "80E400000B 4F09A00000055910100006");
    ota_send(&u, &ram, "80E400000A 4F08A000000151000001");
    assert_int_equal(ota_send(&u, &below, "8100").status, 0x09);
    assert_false(objects_next(card_objects(u.card), &id, id + 0xFF, &s));
}

/* A trigger is for a domain; who it is, the checksum proves. */
static void who_may_trigger(void **state)
{
    static const struct ota_send usim = { &OTA_SET_1, OTA_USIM, 0x06, 0x19, 0, 0, 0, 0, 0 };
    struct ota_send s = ram;

    (void)state;
    ota_expect(&u, &usim, "016881",
               "81A4000C023F00"); /* there it is a command, on a channel that is none */
    s.spoil_check = 1;
    assert_int_equal(ota_send(&u, &s, "8100").status, 0x01);
    s = ram;
    s.spi1 = 0x00;
    s.spi2 = 0x01;
    assert_int_equal(ota_send(&u, &s, "8100").status, 0x0A);
    assert_int_equal(web.posts, 0);
    expect_idle();
    uicc_boot(&u); /* a terminal without TERMINAL PROFILE: neither connection nor timer */
    ota_expect(&u, &ram, "016985", "8100");
    expect_idle();
}

/* ---- whom a script is for ---- */

static void targets(void **state)
{
    static const struct {
        const char *target, *content, *status;
    } rows[] = {
        { AT_USIM, ETSI, "ok" },
        { AT_USIM, GP, "not-a-security-domain" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100009", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100009", GP, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/1010000", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A0000005/5910100002", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100002/", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/A00000055910100002000000000000000000", ETSI,
          "unknown-application" },
        { "X-Admin-Targeted-Application: //aid/", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application:", ETSI, "unknown-application" },
        { "X-Admin-Targeted-Application: A00000055910100002", ETSI, "unknown-application" },
        /* of the domain below; one whose level asks for a signature */
        { "X-Admin-Targeted-Application: //aid/A000000559/10100006", ETSI, "security-error" },
        { "X-Admin-Targeted-Application: //aid/A000000559/10100007", ETSI, "security-error" },
        { AT_NONE, ETSI, "ok" },
        { AT_UICC, ETSI, "ok" },
    };

    (void)state;
    push();
    for (size_t i = 0; i < COUNT(rows); i++) {
        char wanted[80];
        bool ok = strcmp(rows[i].status, "ok") == 0;

        script(rows[i].target, rows[i].content, "AE80 2207 00A4000C023F00 0000",
               ok ? "AF80 800101 2302 9000 0000" : "");
        snprintf(wanted, sizeof wanted, "X-Admin-Script-Status: %s", rows[i].status);
        if (!says_header(wanted))
            print_error("%s: %s\n", rows[i].target, web.headers);
        assert_true(says_header(wanted));
    }
    /* locked: 80F0 40 87 of the instance */
    ota_expect(&u, &ram, "019000", "80F0408709 A00000055910100002");
    script(AT_USIM, ETSI, WRITE("66"), "");
    assert_true(says_header("X-Admin-Script-Status: unknown-application"));
    ota_expect(&u, &ram, "019000", "80F0400709 A00000055910100002");
    script(AT_USIM, ETSI, WRITE("66"), WRITTEN);
    /* the files of one instance are closed to the other, and its PINs are the session's */
    script(AT_NONE, ETSI, "AE80 2207 00A4000C022F00 2205 00B2010420 0000",
           "AF80 800102 2302 9000 2302 6982 0000");
    script(AT_USIM, ETSI, "AE80 220D 0020000A083535353535353535 0000",
           "AF80 800101 2302 9000 0000");
    uicc_expect(&u, 0x9000, "", USIM);
    uicc_expect(&u, 0x63CA, "", "0020000A");
    /* and the terminal's are the terminal's */
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    script(AT_NONE, ETSI, "AE80 2207 00A4000C023F00 0000", "AF80 800101 2302 9000 0000");
    uicc_expect(&u, 0x9000, "66", "00B0000001");
}

/* ---- scripts ---- */

static void malformed_scripts(void **state)
{
    static const struct {
        const char *script, *answer;
    } rows[] = {
        { "AE80 2207 00A4000C022F00 0000", "AF80 800101 2302 9000 0000" },
        { "AE80 2207 00A4000C022F00 00", "AF80 800101 2302 9000 900102 0000" },
        { "AE80 2207 00A4000C022F00", "AF80 800100 900103 0000" },
        { "AE80 2307 00A4000C022F00 0000", "AF80 800100 900101 0000" },
        { "AE80 2208 00A4000C022F00 0000", "AF80 800101 2302 9000 900102 0000" },
        { "AE80 2281FF 00A4 0000", "AF80 800100 900102 0000" },
        { "AE80 830111 2207 00A4000C022F00 0000", "AF80 800100 900101 0000" }, /* chaining */
        { "AE", "AF80 800100 900103 0000" },
        { "AE05 2203 00A400 0000", "AF80 800100 900102 0000" },
        { "AA09 2207 00A4000C022F00", "AB07 800101 2302 9000" },
        { "AA0A 2207 00A4000C022F00", "AB06 800100 900102" },
        { "AA08 2207 00A4000C022F00", "AB06 800100 900102" },
        { "00A4000C022F00", "AF80 800100 900101 0000" }, /* compact is not for HTTP */
        { "81028300", "AF80 800100 900101 0000" },
        { "AE80 2207 00A4000C026FFF 2207 00A4000C022F00 0000", "AF80 800101 2302 6A82 0000" },
        { "AE80 2207 01A4000C022F00 0000", "AF80 800101 2302 6881 0000" },
        { "AE80 2207 04A4000C022F00 0000", "AF80 800101 2302 6882 0000" },
        { "AE80 2200 0000", "AF80 800101 2302 6700 0000" },
    };

    (void)state;
    push();
    for (size_t i = 0; i < COUNT(rows); i++)
        script_at(AT_UICC, ETSI, rows[i].script, rows[i].answer, (int)i);
    assert_int_equal(read_file(), 0xFF);
}

/* 4096 octets in pieces of 237; one more is too much, and does nothing. */
static void long_scripts(void **state)
{
    static uint8_t octets[ADMIN_SCRIPT_MAX + 1];
    static const uint8_t update[] = { 0x22, 6, 0, 0xD6, 0, 0, 1, 0x5A };
    size_t n = 0;

    (void)state;
    push();
    memcpy(octets, "\xAE\x80\x22\x07\x00\xA4\x00\x0C\x02\x6F\x43", 11);
    memcpy(octets + 11, update, sizeof update);
    n = 11 + sizeof update;
    /* STATUS with as much padding in its data as is left: refused, and the last one */
    octets[n++] = 0x22;
    octets[n++] = 0x82;
    size_t filler = ADMIN_SCRIPT_MAX - n - 2 - 2;
    octets[n++] = (uint8_t)(filler >> 8);
    octets[n++] = (uint8_t)filler;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_USIM), slice_of(octets, ADMIN_SCRIPT_MAX),
                  237);
    expect_body("AF80 800103 2302 9000 2302 9000 2302 6700 0000");
    assert_int_equal(read_file(), 0x5A);
    octets[18] = 0x5B;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_USIM), SLICE_OF(octets), 237);
    assert_true(says_header("X-Admin-Script-Status: security-error"));
    assert_null(web.r.body.p);
    assert_int_equal(read_file(), 0x5A);
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
}

/* The answer is cut where it is full, and the script ends there. */
static void long_answers(void **state)
{
    static uint8_t octets[600];
    static const uint8_t select[] = { 0x22, 7, 0, 0xA4, 0, 0x0C, 2, 0x2F, 0x06 };
    static const uint8_t read[] = { 0x22, 5, 0, 0xB2, 1, 4, 0 };
    size_t n = 2;

    (void)state;
    push();
    memcpy(octets, "\xAE\x80", 2);
    memcpy(octets + n, select, sizeof select);
    octets[n + 8] = 0x00; /* EF_DIR: records of 32 */
    n += sizeof select;
    for (unsigned i = 0; i < 80; i++, n += sizeof read)
        memcpy(octets + n, read, sizeof read);
    n += 2;
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI, AT_UICC), slice_of(octets, n), 100);
    assert_in_range(web.body_n, ADMIN_ANSWER_MAX - 8, ADMIN_ANSWER_MAX);
    assert_int_equal(web.body[4], 1 + 57); /* as many as fit */
    assert_memory_equal(web.body + web.body_n - 4, "\x62\xF1\0\0", 4);
}

/* ---- what a server may say ---- */

static void answers(void **state)
{
    static const struct {
        int status;
        const char *a, *b, *c, *body;
        bool goes_on;
    } rows[] = {
        { 200, PROTOCOL, NEXT, ETSI, "AE800000", true },
        { 200, PROTOCOL, NEXT, GP, "AE800000", true },
        { 200, PROTOCOL, NEXT, "content-type:\tAPPLICATION/VND.ETSI.SCP.COMMAND-DATA", "AE800000",
          true },
        { 200, PROTOCOL, NEXT, "Server: x", "", true },
        { 204, NEXT, "Server: x", "X", "", true },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: https://SR.example:8443/2", "AE800000", true },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: http://sr.example/2", "AE800000", true },
        { 200, NEXT, ETSI, "Server: x", "AE800000", false }, /* whose protocol? */
        { 200, "X-Admin-Protocol: globalplatform-remote-admin/2.0", NEXT, ETSI, "AE800000", false },
        { 200, PROTOCOL, NEXT, "Content-Type: text/html", "AE800000", false },
        { 200, PROTOCOL, NEXT, "Content-Type: application/vnd.etsi.scp.command-data;version=2.0",
          "AE800000", false },
        { 200, PROTOCOL, NEXT, "Server: x", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: other", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: /a b", "AE800000", false },
        { 200, PROTOCOL, ETSI, "X-Admin-Next-URI: https://other/2", "AE800000", false },
        { 302, PROTOCOL, ETSI, NEXT, "AE800000", false },
        { 404, PROTOCOL, ETSI, NEXT, "", false },
        { 503, PROTOCOL, ETSI, NEXT, "AE800000", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(OTA_ADMIN_ELEMENTS);
        push();
        answer(rows[i].status, FIELDS(rows[i].a, rows[i].b, rows[i].c), rows[i].body);
        if (web.busy != rows[i].goes_on)
            print_error("row %zu\n", i);
        assert_int_equal(web.busy, rows[i].goes_on);
        assert_int_equal(web.posts, rows[i].goes_on ? 2 : 1);
        if (!rows[i].goes_on)
            expect_timer("000050"); /* it will be tried again */
    }
    begin(OTA_ADMIN_ELEMENTS); /* twice the same, and a URI as long as it may be */
    push();
    answer(200, FIELDS(PROTOCOL, NEXT, NEXT, ETSI), "AE800000");
    assert_false(web.busy);
    char uri[400] = "X-Admin-Next-URI: /";
    memset(uri + 19, 'x', ADMIN_URI_MAX);
    begin(OTA_ADMIN_ELEMENTS);
    push();
    answer(200, FIELDS(PROTOCOL, uri, ETSI), "AE800000");
    assert_false(web.busy);
    uri[18 + ADMIN_URI_MAX] = 0;
    begin(OTA_ADMIN_ELEMENTS);
    push();
    answer(200, FIELDS(PROTOCOL, uri, ETSI), "AE800000");
    assert_true(web.busy);
    assert_string_equal(web.path, uri + 18);
}

/* ---- when it breaks ---- */

static void tried_again(void **state)
{
    (void)state;
    push();
    says(WEB_FAILED, E_BADKEY, SLICE_NONE); /* before anything was sent: no resumption */
    expect_timer("000050");
    assert_false(web.busy);
    timer_expires("000050");
    assert_true(web.busy);
    assert_false(says_header("X-Admin-Resume: true"));
    assert_null(strstr(web.headers, "Resume"));
    script(AT_USIM, ETSI, WRITE("5A"), WRITTEN);
    assert_null(strstr(web.headers, "Resume"));
    /* the connection ends while the answer to it is on its way */
    says(WEB_SENT, 0, SLICE_NONE);
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_HEADER, 0, slice_str(ETSI));
    says(WEB_DATA, 0, SLICE_LIT("\xAE\x80\x22"));
    break_off();
    expect_timer("000050");
    timer_expires("000050");
    assert_true(says_header("X-Admin-Resume: true"));
    assert_true(says_header("X-Admin-Script-Status: ok"));
    assert_string_equal(web.path, "/admin?n=2");
    expect_body(WRITTEN);
    /* it goes on as if nothing had been */
    script(AT_USIM, ETSI, WRITE("5B"), WRITTEN);
    assert_null(strstr(web.headers, "Resume"));
    assert_int_equal(read_file(), 0x5B);
    break_off(); /* twice was what the policy allows */
    expect_idle();
    terminal_idle(&u);
}

static void no_more_than_the_policy(void **state)
{
    (void)state;
    assert_int_equal(pushes(&ram, "81(83(86(0003 A503329554 870155)))"), 0x9000);
    for (unsigned i = 0; i < 3; i++) {
        break_off();
        expect_timer("329554"); /* 23:59:45 */
        timer_expires("329554");
        assert_true(web.busy);
    }
    break_off();
    expect_idle();
    assert_int_equal(pushes(&ram, "81(83(86(0000)))"), 0x9000);
    break_off();
    expect_idle();
    assert_int_equal(web.posts, 5);
    /* a terminal that refuses the timer */
    push();
    break_off();
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "2000", "");
    expect_idle();
    /* a trigger while one waits takes its place */
    push();
    break_off();
    expect_timer("000050");
    assert_int_equal(pushes(&ram, "81(83(89(8C(2F32))))"), 0x9000);
    assert_string_equal(web.path, "/2");
    terminal_do(&u, CAT_TIMER_MANAGEMENT, "00", "A40101 A503000010"); /* deactivated */
    timer_expires("000050");
    assert_int_equal(web.posts, 8);
    /* no connection at the moment */
    answer(204, FIELDS(PROTOCOL), "");
    web.refuse = E_LIMIT;
    ota_expect(&u, &ram, "", "8100");
    expect_timer("000050");
    web.refuse = E_OK;
    timer_expires("000050");
    assert_true(web.busy);
}

static void ends_with_reset_and_switch(void **state)
{
    (void)state;
    push();
    answer_octets(200, FIELDS(PROTOCOL, NEXT, ETSI), SLICE_NONE, 1);
    card_reset(u.card);
    expect_idle();
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    push();
    break_off();
    expect_timer("000050");
    card_reset(u.card);
    expect_idle();
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    push();
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_DATA, 0, SLICE_LIT("\xAE\x80"));
    assert_int_equal(profile_switch(u.card, 0, false), E_OK);
    uicc_commit(&u);
    card_reset(u.card);
    expect_idle();
}

/* The domain is deleted or locked while its session runs. */
static void the_domain_goes(void **state)
{
    static const char *const ways[] = { "80E400000A 4F08A000000151000001",
                                        "80F0408F08 A000000151000001" };

    (void)state;
    for (size_t i = 0; i < COUNT(ways); i++) {
        begin(OTA_ADMIN_ELEMENTS);
        assert_int_equal(pushes(&below, "81(83(84(3E(21C0000201)) 85((412F62) (41 01))))"), 0x9000);
        if (i == 0) /* what is below it goes first */
            ota_expect(&u, &ram, "016101", "80E400000B 4F09A00000055910100006");
        ota_send(&u, &ram, ways[i]);
        answer(200, FIELDS(PROTOCOL, NEXT, GP), "AE80 2205 80CA00E000 0000");
        expect_idle();
        assert_int_equal(web.posts, 1);
    }
}

/* ---- keys ---- */

/* A pre-shared key under the DEK of the set (40/02), as pySim's put_key writes one. */
static void new_key(char *text, size_t size, const uint8_t *key, size_t n, uint8_t spoil)
{
    static const uint8_t iv[16],
        dek[16] = { 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    uint8_t padded[64] = { 0 }, sealed[64], digest[SHA1_LEN];
    char hex[129];
    size_t whole = (n + 15) / 16 * 16;

    memcpy(padded, key, n);
    assert_int_equal(crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, SLICE_OF(dek), iv,
                                    slice_of(padded, whole), sealed),
                     E_OK);
    assert_int_equal(crypto_sha1(crypto_openssl(), slice_of(key, n), digest), E_OK);
    assert_int_equal(hex_encode(slice_of(sealed, whole), hex, sizeof hex), E_OK);
    snprintf(text, size, "85%02zX%02zX%s03%02X%02X%02X", whole + 1, n, hex, digest[0] ^ spoil,
             digest[1], digest[2]);
}

static void put_key(void **state)
{
    static const uint8_t key[] = "a pre-shared key of 37 octets, really";
    char one[200], whole[400];

    (void)state;
    push();
    /* instead of the one in use: its answer goes out with the next one */
    new_key(one, sizeof one, key, 37, 0);
    char apdu[300];
    snprintf(apdu, sizeof apdu, "80D84001%02zX40%s00", strlen(one) / 2 + 1, one);
    snprintf(whole, sizeof whole, "AE80 22%02zX %s 0000", strlen(apdu) / 2, apdu);
    answer(200, FIELDS(PROTOCOL, NEXT, GP), whole);
    assert_int_equal(web.body_n, 5 + 2 + 1 + 3 + 2 + 2);
    assert_memory_equal(web.body + 5, "\x23\x06\x40", 3);
    assert_int_equal(web.r.tls.psk.n, 37);
    assert_memory_equal(web.psk, key, 37);
    /* a wrong check value; too short; another version */
    static const struct {
        const char *version;
        size_t n;
        uint8_t spoil;
        const char *sw;
    } wrong[] = {
        { "42", 16, 0, "9000" }, { "43", 16, 1, "9485" }, { "43", 15, 0, "9484" },
        { "30", 16, 0, "9484" }, { "01", 16, 0, "9484" }, { "50", 16, 0, "9484" },
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char wanted[60];

        new_key(one, sizeof one, key, wrong[i].n, wrong[i].spoil);
        snprintf(apdu, sizeof apdu, "80D80001%02zX%s%s", strlen(one) / 2 + 1, wrong[i].version,
                 one);
        snprintf(whole, sizeof whole, "AE80 22%02zX %s 0000", strlen(apdu) / 2, apdu);
        snprintf(wanted, sizeof wanted, "AF80 800101 2302 %s 0000", wrong[i].sw);
        script_at(NULL, GP, whole, wanted, (int)i);
    }
    /* the set that protects the session stays, another one goes */
    script(NULL, GP, "AE80 2208 80E4000003D20140 0000", "AF80 800101 2302 6985 0000");
    script(NULL, GP, "AE80 2208 80E4000003D20142 0000", "AF80 800101 2302 9000 0000");
    answer(204, FIELDS(PROTOCOL), "");
    expect_idle();
}

/* Copies of the key outside of the memory of objects: one while it is borrowed, else none. */
static unsigned copies(const uint8_t key[16])
{
    unsigned n = 0;

    for (size_t i = 0; i + 16 <= sizeof u.memory; i++)
        n += memcmp(u.memory + i, key, 16) == 0;
    return n;
}

static void the_key_is_wiped(void **state)
{
    static const uint8_t psk[16] = { 0x50, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    unsigned stored = copies(psk);

    (void)state;
    assert_true(stored >= 1);
    push();
    assert_int_equal(copies(psk), stored + 1);
    says(WEB_SENT, 0, SLICE_NONE);
    assert_int_equal(copies(psk), stored);
    says(WEB_STATUS, 204, SLICE_NONE);
    says(WEB_END, 0, SLICE_NONE);
    assert_int_equal(copies(psk), stored);
    push();
    break_off();
    assert_int_equal(copies(psk), stored);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    push();
    card_reset(u.card);
    assert_int_equal(copies(psk), stored);
}

/* The example of SGP.02: identity and agent as they follow from EID and AID. */
static void names_from_the_eid(void **state)
{
    static struct personality who;
    static const struct card_app_entry both[] = { { &isdr_app, &who }, { &ota_app, NULL } };

    (void)state;
    personality_defaults(&who);
    uicc_hex("89001012012341234012345678901224", who.eid, sizeof who.eid);
    u.personality = (struct card_personality){ .apps = both, .app_count = 2 };
    uicc_boot(&u);
    uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    assert_int_equal(pushes(&ram, "81(83(85(() (4001))))"), 0x9000);
    assert_string_equal(
        web.identity, "8001028110890010120123412340123456789012244F08A000000151000000820101830140");
    assert_true(says_header("X-Admin-From: //se-id/eid/89001012012341234012345678901224;"
                            "//aa-id/aid/A000000151/000000"));
}

/* ---- memory ---- */

static void nobody(struct card *card, void *ctx, int result, slice body)
{
    (void)card;
    (void)ctx;
    (void)result;
    (void)body;
}

/*
 * Every write that a script causes is cut: all of it is there afterwards, or nothing. What was not
 * kept is not told either: the card answers nothing any more.
 */
static void power(void **state)
{
    static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };
    unsigned before = 0, after = 0;

    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        char text[200];
        uint8_t octet = (uint8_t)(i * 7 + 1), old = read_file(), second;

        uicc_expect(&u, 0x9000, NULL, "00B0000101");
        second = u.reply[0];
        push();
        u.ram.writes = 0;
        u.ram.cut_at = 1 + i % 3;
        u.ram.cut_octets = reach[i % COUNT(reach)];
        snprintf(text, sizeof text,
                 "AE80 2207 00A4000C026F43 2206 00D6000001%02X 2206 00D6000101%02X 0000", octet,
                 octet ^ 0xFF);
        says(WEB_SENT, 0, SLICE_NONE);
        says(WEB_STATUS, 200, SLICE_NONE);
        static const char *const fields[] = { PROTOCOL, NEXT, ETSI, AT_USIM };
        for (unsigned f = 0; f < COUNT(fields); f++)
            says(WEB_HEADER, 0, slice_str(fields[f]));
        uint8_t octets[100];
        says(WEB_DATA, 0, slice_of(octets, uicc_hex(text, octets, sizeof octets)));
        says(WEB_END, 0, SLICE_NONE);
        expect_body("AF80 800103 2302 9000 2302 9000 2302 9000 0000");
        assert_int_equal(cat_more_time(u.card, nobody, NULL), E_OK);
        bool said = objects_commit(card_objects(u.card)) == E_OK;
        uicc_expect(&u, said ? 0x910B : 0x6581, "", "80F2000C");
        if (!said)
            uicc_expect(&u, 0x6581, "", "8012000000");
        nvm_ram_power_on(&u.ram);
        web.busy = false;
        uicc_boot(&u);
        expect_idle();
        uint8_t now = read_file();
        uicc_expect(&u, 0x9000, NULL, "00B0000101");
        assert_true(now == octet || (!said && now == old));
        assert_int_equal(u.reply[0], now == octet ? octet ^ 0xFF : second);
        before += now != octet;
        after += now == octet;
        uicc_expect(&u, 0x9000, "", TERMINAL_ALL);
    }
    print_message("cut: %u before, %u after\n", before, after);
    assert_true(before > 0 && after > 0);
}

/* Where a command finds no memory nothing of the script holds. */
static void memory_fails(void **state)
{
    uint8_t octets[60];
    size_t n = uicc_hex("AE80 2207 00A4000C026F43 2206 00D60000015A"
                        "220D 0020000A083535353535353534 0000",
                        octets, sizeof octets);

    (void)state;
    push();
    u.ram.cut_at = u.ram.writes + 1; /* VERIFY writes at once: its failure is the script's */
    says(WEB_SENT, 0, SLICE_NONE);
    says(WEB_STATUS, 200, SLICE_NONE);
    says(WEB_HEADER, 0, slice_str(PROTOCOL));
    says(WEB_HEADER, 0, slice_str(NEXT));
    says(WEB_HEADER, 0, slice_str(ETSI));
    says(WEB_HEADER, 0, slice_str(AT_USIM));
    says(WEB_DATA, 0, slice_of(octets, n));
    says(WEB_END, 0, SLICE_NONE);
    expect_body("AF80 800100 2302 6581 0000");
    assert_false(objects_dirty(card_objects(u.card)));
    nvm_ram_power_on(&u.ram);
    uicc_boot(&u);
    web.busy = false;
    assert_int_equal(read_file(), 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_request, setup),
        cmocka_unit_test_setup(files_and_registry, setup),
        cmocka_unit_test_setup(what_the_message_says, setup),
        cmocka_unit_test_setup(all_of_it_is_pushed, setup),
        cmocka_unit_test_setup(malformed_triggers, setup),
        cmocka_unit_test_setup(longest_texts, setup),
        cmocka_unit_test_setup(stored_terms, setup),
        cmocka_unit_test_setup(stored_terms_go, setup),
        cmocka_unit_test_setup(who_may_trigger, setup),
        cmocka_unit_test_setup(targets, setup),
        cmocka_unit_test_setup(malformed_scripts, setup),
        cmocka_unit_test_setup(long_scripts, setup),
        cmocka_unit_test_setup(long_answers, setup),
        cmocka_unit_test_setup(answers, setup),
        cmocka_unit_test_setup(tried_again, setup),
        cmocka_unit_test_setup(no_more_than_the_policy, setup),
        cmocka_unit_test_setup(ends_with_reset_and_switch, setup),
        cmocka_unit_test_setup(the_domain_goes, setup),
        cmocka_unit_test_setup(put_key, setup),
        cmocka_unit_test_setup(the_key_is_wiped, setup),
        cmocka_unit_test_setup(names_from_the_eid, setup),
        cmocka_unit_test_setup(power, setup),
        cmocka_unit_test_setup(memory_fails, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
