/*
 * The LPA between a card and servers that answer as they like: with valid messages drawn from the
 * tables, with such messages damaged, with the input's own octets, or not at all. The input decides
 * at every step. The HTTP client is this file's: what it is asked for must be a request that can be
 * sent.
 */
#include "lpa/lpa.h"

#include "base/text.h"
#include "der/schema_sample.h"
#include "net/http_client.h"
#include "rsp/json/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define APDUS_MAX 3000
#define CALLS_MAX 200

struct http_client {
    int none;
};

struct play {
    slice in;
    unsigned apdus, calls;
    uint8_t message[8192];
    uint8_t text[32768];
    slice answer; /* of the card, not yet fetched */
    uint8_t tag[2];
};
static struct play play;

static uint8_t next(struct play *p)
{
    uint8_t c = p->in.n ? p->in.p[0] : 0;

    p->in = slice_skip(p->in, 1);
    return c;
}

/* Messages that fit together, so that a download goes on: tables alone draw no two alike. */
/* clang-format off */
static const struct { uint8_t tag; const struct type *type; slice fitting; } card_types[] = {
    { 0x3E, &T_get_euicc_data_response, SLICE_LIT("\xBF\x3E\x12\x5A\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
    { 0x28, &T_list_notification_response, { 0 } },
    { 0x2B, &T_retrieve_notifications_list_response, { 0 } },
    { 0x30, &T_notification_sent_response, SLICE_LIT("\xBF\x30\x03\x80\x01\x00") },
    { 0x3C, &T_euicc_configured_addresses_response, SLICE_LIT("\xBF\x3C\x06\x80\x01" "a" "\x81\x01" "a") },
    { 0x3F, &T_set_default_dp_address_response, { 0 } },
    { 0x20, &T_euicc_info1, { 0 } }, { 0x22, &T_euicc_info2, { 0 } },
    { 0x2E, &T_get_euicc_challenge_response, SLICE_LIT("\xBF\x2E\x12\x80\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
    { 0x38, &T_authenticate_server_response, { 0 } },
    { 0x21, &T_prepare_download_response, { 0 } }, { 0x43, &T_get_rat_response, { 0 } },
    { 0x41, &T_cancel_session_response, { 0 } }, { 0x2D, &T_profile_info_list_response, { 0 } },
    { 0x31, &T_enable_profile_response, { 0 } }, { 0x32, &T_disable_profile_response, { 0 } },
    { 0x33, &T_delete_profile_response, { 0 } }, { 0x34, &T_euicc_memory_reset_response, { 0 } },
    { 0x29, &T_set_nickname_response, { 0 } }, { 0x36, &T_profile_installation_result, { 0 } },
};
static const slice signed1 = SLICE_LIT("\x30\x2B\x80\x02\x01\x02\x81\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x83\x01" "a"
                                       "\x84\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                   signed2 = SLICE_LIT("\x30\x07\x80\x02\x01\x02\x01\x01\x00"),
                   with_code = SLICE_LIT("\x30\x07\x80\x02\x01\x02\x01\x01\xFF");
/* clang-format on */

/* The arm of success, which no short message shows. */
static slice successful(uint8_t tag, const struct type *t)
{
    static uint8_t kept[2][4096];
    static slice found[2];
    size_t at = tag == 0x38;

    for (unsigned seed = 0; !found[at].p && seed < 256; seed++) {
        slice s;
        struct tlv whole, arm;
        struct der_reader r;

        if (schema_sample(t, (uint8_t)seed, kept[at], sizeof kept[at], &s) || der_one(s, &whole))
            continue;
        r = der_reader(whole.value);
        arm = der_take(&r);
        if (!r.err && arm.tag == 0xA0) {
            memmove(kept[at], s.p, s.n);
            found[at] = slice_of(kept[at], s.n);
        }
    }
    return found[at];
}

static slice sample(struct play *p, const struct type *t, slice fitting)
{
    uint8_t how = next(p);
    slice s = how < 0xA0 ? fitting : SLICE_NONE;

    if (s.p)
        return s;
    if (!t || how >= 0xF0 || schema_sample(t, next(p), p->message, sizeof p->message, &s))
        s = slice_head(p->in, how & 0x0F);
    if (s.n && how >= 0xC0 && how < 0xF0 && s.p >= p->message &&
        s.p < p->message + sizeof p->message)
        p->message[(size_t)(s.p - p->message) + (next(p) << 8 | next(p)) % s.n] ^=
            (uint8_t)(1 + next(p));
    return s;
}

/* ---- card ---- */

static size_t give(struct play *p, uint8_t *response)
{
    size_t n = p->answer.n < 256 ? p->answer.n : 256;
    uint8_t odd = next(p);

    if (n)
        memcpy(response, p->answer.p, n);
    p->answer = slice_skip(p->answer, n);
    response[n] = p->answer.n ? 0x61 : odd > 0xFA ? 0x6A : odd > 0xF4 ? 0x91 : 0x90;
    response[n + 1] = p->answer.n ? (uint8_t)p->answer.n : 0;
    return n + 2;
}

static void answer_store(struct play *p, slice apdu)
{
    if (apdu.n > 6 && apdu.p[3] == 0)
        p->tag[0] = apdu.p[5], p->tag[1] = apdu.p[6];
    if (apdu.p[2] != 0x91)
        return;
    if (p->tag[0] == 0x86 && next(p) < 0xC0)
        p->answer = sample(p, &T_profile_installation_result, SLICE_NONE);
    for (size_t i = 0; p->tag[0] == 0xBF && i < COUNT(card_types); i++)
        if (card_types[i].tag == p->tag[1] && (p->tag[1] != 0x36 || next(p) > 0xE0))
            p->answer = sample(p, card_types[i].type,
                               p->tag[1] == 0x38 || p->tag[1] == 0x21
                                   ? successful(p->tag[1], card_types[i].type)
                                   : card_types[i].fitting);
}

static enum err transmit(void *ctx, slice apdu, uint8_t *response, size_t size, size_t *n)
{
    struct play *p = ctx;

    if (apdu.n < 4 || apdu.n > 261 || size < CARD_RESPONSE_MAX)
        abort();
    *n = 0;
    if (p->apdus++ > APDUS_MAX || next(p) > 0xFC)
        return E_CLOSED;
    if (apdu.p[1] != 0xC0)
        p->answer = SLICE_NONE;
    if (apdu.p[1] == 0x70)
        p->answer = SLICE_LIT("\x01");
    if (apdu.p[1] == 0xE2)
        answer_store(p, apdu);
    *n = give(p, response);
    if (next(p) > 0xFC) /* less than a status word, or a little more than was promised */
        *n = next(p) % 4;
    return E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    (void)ctx;
    (void)atr;
    (void)size;
    *n = 0;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

/* ---- servers ---- */

static void put(struct play *p, size_t *n, slice s)
{
    if (s.n > sizeof p->text - *n)
        return;
    if (s.n)
        memcpy(p->text + *n, s.p, s.n);
    *n += s.n;
}

static void put_member(struct play *p, size_t *n, const char *name, const struct type *t,
                       slice fitting)
{
    slice s = sample(p, t, fitting);
    size_t got;

    put(p, n, SLICE_LIT(",\""));
    put(p, n, slice_str(name));
    put(p, n, SLICE_LIT("\":\""));
    if (!b64_encode(s, (char *)p->text + *n, sizeof p->text - *n, &got))
        *n += got;
    put(p, n, SLICE_LIT("\""));
}

static slice json(struct play *p, const char *function)
{
    size_t n = 0;

    put(p, &n,
        SLICE_LIT("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}},"
                  "\"transactionId\":\"0102\""));
    if (!strcmp(function, "initiateAuthentication")) {
        put_member(p, &n, "serverSigned1", &T_server_signed1, signed1);
        put_member(p, &n, "serverSignature1", &T_signature, SLICE_NONE);
        put_member(p, &n, "euiccCiPKIdToBeUsed", &T_subject_key_identifier, SLICE_NONE);
        put_member(p, &n, "serverCertificate", &T_rsp_certificate, SLICE_NONE);
    } else if (!strcmp(function, "authenticateClient") && next(p) > 0xD0) {
        put(p, &n,
            SLICE_LIT(",\"eventEntries\":[{\"eventId\":\"E\",\"rspServerAddress\":\"a\"},"
                      "{\"rspServerAddress\":\"\",\"eventId\":\"F\"}]"));
    } else if (!strcmp(function, "authenticateClient")) {
        put_member(p, &n, "profileMetadata", &T_store_metadata_request, SLICE_NONE);
        put_member(p, &n, "smdpSigned2", &T_smdp_signed2, next(p) > 0xB0 ? with_code : signed2);
        put_member(p, &n, "smdpSignature2", &T_signature, SLICE_NONE);
        put_member(p, &n, "smdpCertificate", &T_rsp_certificate, SLICE_NONE);
    } else {
        put_member(p, &n, "boundProfilePackage", &T_bound_profile_package, SLICE_NONE);
    }
    put(p, &n, SLICE_LIT("}"));
    if (next(p) > 0xC0 && n)
        p->text[(next(p) << 8 | next(p)) % n] ^= (uint8_t)(1 + next(p));
    return slice_of(p->text, n);
}

enum err http_client_open(const struct http_client_options *o, struct http_client **out)
{
    (void)o;
    *out = calloc(1, sizeof **out);
    return *out ? E_OK : E_MEMORY;
}

void http_client_close(struct http_client *c)
{
    free(c);
}

enum err http_client_fetch(struct http_client *c, const struct http_call *call, struct arena *a,
                           struct http_answer *answer)
{
    static const int statuses[] = { 200, 204, 302, 500 };
    struct play *p = &play;
    uint8_t how = next(p);
    const char *function = strrchr(call->path, '/');

    (void)c;
    if (!function || !host_valid(slice_str(call->host)) || !call->body.n)
        abort();
    *answer = (struct http_answer){ .status = statuses[how > 0xD0 ? how % 4 : 0] };
    if (how > 0xF8 || p->calls++ > CALLS_MAX)
        return answer->err = E_CLOSED;
    if (!strcmp(function + 1, "handleNotification") && how <= 0xD0)
        answer->status = 204;
    answer->body = arena_copy(a, json(p, function + 1));
    return answer->body.p ? E_OK : E_MEMORY;
}

/* ---- the user ---- */

static enum lpa_consent consent(void *ctx, const struct store_metadata_request *m, bool rules)
{
    char text[65];

    (void)rules;
    text_printable(m->profile_name, text, sizeof text);
    return next(ctx) < 0xD0 ? LPA_YES : (enum lpa_consent)(next(ctx) % 4);
}

static bool code(void *ctx, bool again, uint8_t *buf, size_t size, size_t *n)
{
    (void)again;
    *n = next(ctx) % (size + 2);
    memset(buf, '1', *n < size ? *n : size);
    return next(ctx) < 0xC0;
}

static void use(struct lpa *l, struct play *p)
{
    static const uint8_t iccid[10] = { 0x98 };
    struct lpa_order order = { .address = SLICE_LIT("a"), .matching_id = SLICE_LIT("M") };
    struct lpa_event events[LPA_EVENTS_MAX];
    struct lpa_installed done;
    struct euicc_configured_addresses_response addresses;
    struct euicc_info2 info;
    struct profile_info profile;
    size_t count, left;
    char text[400];
    slice list;
    enum err e;

    switch (next(p) % 10) {
    case 1:
        e = lpa_discover(l, SLICE_NONE, events, &count);
        break;
    case 2:
        e = lpa_notify(l, -1, next(p) & 1, &count, &left);
        break;
    case 3:
        e = lpa_profiles(l, &list);
        while (!e && schema_next(&T_profile_info, &list, &profile))
            text_printable(profile.profile_nickname, text, sizeof text);
        break;
    case 4:
        e = lpa_info2(l, &info);
        break;
    case 5:
        e = lpa_addresses(l, &addresses);
        break;
    case 6:
        e = lpa_change(l, next(p) % 3, SLICE_OF(iccid), next(p) & 1);
        break;
    case 7:
        e = lpa_nickname(l, SLICE_OF(iccid), slice_head(p->in, next(p)));
        break;
    default:
        order.oid = next(p) > 0xE0 ? SLICE_LIT("2.999.10") : SLICE_NONE;
        e = lpa_download(l, &order, &done);
    }
    if (e && !lpa_trouble(l)->err)
        abort();
    lpa_trouble_text(l, text, sizeof text);
    for (size_t i = 0; text[i]; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7F)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct play *p = &play;
    struct card_link link = { p, transmit, reset, close_link };
    struct lpa_options o = {
        .crypto = crypto_openssl(), .link = &link, .consent = consent, .code = code, .ctx = p
    };
    struct lpa *l;

    *p = (struct play){ .in = slice_of(data, size) };
    o.block = next(p);
    if (!lpa_open(&o, &l))
        for (int i = 0; i < 8 && p->in.n; i++)
            use(l, p);
    lpa_close(l);
    return 0;
}
