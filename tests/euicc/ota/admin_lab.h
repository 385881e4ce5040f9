/*
 * Administration over HTTP with the connection played: a program that includes this has its own
 * web_post instead of euicc/web's, and says what a server would have answered. For one file of a
 * program; what goes over the wire is test_scp81.c's.
 */
#ifndef DUNLIN_TESTS_ADMIN_LAB_H
#define DUNLIN_TESTS_ADMIN_LAB_H

#include "base/secret.h"
#include "base/text.h"
#include "der/der.h"
#include "euicc/ota/admin.h"
#include "euicc/ota/ota_lab.h"
#include "euicc/uicc_terminal.h"

/* All that TERMINAL_ALL can but REFRESH: files that scripts change are nobody's news. */
#define TERMINAL_PLAIN                                                                             \
    "80100000 22 FFFF7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"

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
static const struct ota_send below
    __attribute__((unused)) = { &OTA_SET_1, "B20101", 0x06, 0x19, 0, 0, 0, 0, 0 };

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

static inline void copy_text(slice from, char *to, size_t size)
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

static inline void says(enum web_event event, int number, slice data)
{
    if (event == WEB_END || event == WEB_FAILED)
        web.busy = false;
    web.heard(u.card, web.ctx, event, number, data);
}

/* Header lines, then the body in pieces of so many octets. */
static inline void answer_octets(int status, const char *const *fields, slice body, size_t piece)
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

static inline void answer(int status, const char *const *fields, const char *hex)
{
    uint8_t octets[600];

    answer_octets(status, fields, slice_of(octets, uicc_hex(hex, octets, sizeof octets)), 7);
}

/* What the card posted. */
static inline void expect_body_at(const char *hex, int line)
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

static inline bool says_header(const char *field)
{
    const char *at = strstr(web.headers, field);

    return at && (at == web.headers || at[-1] == '\n') &&
           memcmp(at + strlen(field), "\r\n", 2) == 0;
}

/* ---- the card ---- */

static inline void begin(const char *elements)
{
    memset(&web, 0, sizeof web);
    ota_card_with(&u, 32768, elements);
    uicc_expect(&u, 0x9000, "", TERMINAL_PLAIN);
}

static inline int setup(void **state)
{
    (void)state;
    begin(OTA_ADMIN_ELEMENTS);
    return 0;
}

static inline void expect_idle(void)
{
    assert_false(web.busy);
    assert_null(((struct admin *)web.ctx)->session);
    for (unsigned i = 0; i < OBJECTS_LOANS; i++)
        assert_int_equal(card_objects(u.card)->loans[i].n, 0);
}

static inline void push(void)
{
    ota_expect(&u, &ram, "", "8100");
    assert_true(web.busy);
}

/* EF_SMSS of the USIM, which only ADM1 and full access reach; FF at first. */
static inline uint8_t read_file(void)
{
    uicc_expect(&u, 0x9000, "", USIM);
    uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
    uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
    uicc_expect(&u, 0x9000, NULL, "00B0000001");
    return u.reply[0];
}

/* One script for this target, and what is posted. */
static inline void script_at(const char *target, const char *content, const char *hex,
                             const char *posted, int line)
{
    answer(200, target ? FIELDS(PROTOCOL, NEXT, content, target) : FIELDS(PROTOCOL, NEXT, content),
           hex);
    assert_true(web.busy);
    expect_body_at(posted, line);
}
#define script(...) script_at(__VA_ARGS__, __LINE__)

static inline void timer_expires(const char *value)
{
    uint16_t sw;
    char text[60];

    snprintf(text, sizeof text, "A40101 A503%s", value);
    sw = terminal_envelope(&u, 0xD7, text);
    assert_true(sw == 0x9000 || sw >> 8 == 0x91);
}

/* The terminal is asked for a timer of so long, and starts it. */
static inline void expect_timer(const char *value)
{
    struct fetched f = terminal_fetch_type(&u, CAT_TIMER_MANAGEMENT);
    uint8_t octets[3];

    assert_int_equal(f.qualifier, 0);
    uicc_hex(value, octets, sizeof octets);
    assert_memory_equal(f.tlvs.p + 5, octets, 3);
    assert_int_equal(terminal_respond(&u, &f, "00", "A40101") >> 8, 0x90);
}

static inline void break_off(void)
{
    assert_true(web.busy);
    says(WEB_FAILED, E_CLOSED, SLICE_NONE);
    uicc_commit(&u);
}

/* The octets lie behind one of length, which may have to be three. */
static inline size_t put_length(uint8_t *at, size_t inside)
{
    uint8_t head[DER_HEAD_MAX];
    size_t n = der_put_head(0x30, inside, head) - 1;

    memmove(at + n, at + 1, inside);
    memcpy(at, head + 1, n);
    return n + inside;
}

/* Hex in which "(..)" is a length and what it counts. */
static inline size_t fold(const char **text, uint8_t *out)
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
static inline uint16_t pushes(const struct ota_send *s, const char *notation)
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

#endif
