/*
 * The IPA between a card and servers that answer as they like: with valid messages drawn from the
 * tables, with such messages damaged, with the input's own octets, or not at all. The input decides
 * at every step. Nothing may crash, and no request may be larger than its buffer.
 */
#include "dunlin/ipa.h"

#include "base/text.h"
#include "der/schema_sample.h"
#include "rsp/sgp32.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 1500

struct play {
    slice in;
    uint8_t message[8192];
    uint8_t text[16384];
    slice answer; /* of the card, not yet fetched; of a server, not yet fed */
    uint8_t tag[2];
    uint8_t response[258];
};

static uint8_t next(struct play *p)
{
    uint8_t c = p->in.n ? p->in.p[0] : 0;

    p->in = slice_skip(p->in, 1);
    return c;
}

/* clang-format off */
static const struct { uint8_t tag; const struct type *type; } card_types[] = {
    { 0x3E, &T_get_euicc_data_response }, { 0x55, &T_get_eim_configuration_data_response },
    { 0x28, &T_list_notification_response }, { 0x2B, &T_iot_retrieve_notifications_list_response },
    { 0x51, &T_euicc_package_result }, { 0x30, &T_notification_sent_response },
    { 0x3C, &T_euicc_configured_addresses_response }, { 0x20, &T_euicc_info1 },
    { 0x22, &T_euicc_info2 }, { 0x56, &T_get_certs_response },
    { 0x2E, &T_get_euicc_challenge_response }, { 0x38, &T_authenticate_server_response },
    { 0x21, &T_prepare_download_response }, { 0x43, &T_get_rat_response },
    { 0x41, &T_cancel_session_response }, { 0x5A, &T_immediate_enable_response },
    { 0x58, &T_profile_rollback_response }, { 0x36, &T_profile_installation_result },
}, net_types[] = {
    { 0x4F, &T_get_eim_package_response }, { 0x50, &T_provide_eim_package_result_response },
    { 0x39, &T_initiate_authentication_response_esipa },
    { 0x3B, &T_authenticate_client_response_esipa },
    { 0x3A, &T_get_bound_profile_package_response_esipa },
    { 0x41, &T_cancel_session_response_esipa },
};
/* clang-format on */

/* Messages that fit together, so that a download goes on: tables alone draw no two alike. */
static slice fitting(const struct type *t)
{
    const struct {
        const struct type *type;
        slice message;
    } fixed[] = {
        { &T_get_eim_configuration_data_response, SLICE_LIT("\xBF\x55\x0F\xA0\x0D\x30\x0B\x80\x01"
                                                            "e"
                                                            "\x81\x03"
                                                            "e.f"
                                                            "\x84\x01\x05") },
        { &T_get_euicc_challenge_response,
          SLICE_LIT("\xBF\x2E\x12\x80\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { &T_get_eim_package_response, SLICE_LIT("\xBF\x4F\x10\xBF\x54\x0D\xA0\x08\x80\x06"
                                                 "1$a$MM"
                                                 "\x82\x01\x07") },
        { &T_server_signed1,
          SLICE_LIT("\x30\x2B\x80\x02\x01\x02\x81\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x83\x01"
                    "a"
                    "\x84\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
        { &T_smdp_signed2, SLICE_LIT("\x30\x07\x80\x02\x01\x02\x01\x01\x00") },
    };

    for (size_t i = 0; i < COUNT(fixed); i++)
        if (fixed[i].type == t)
            return fixed[i].message;
    return SLICE_NONE;
}

static slice sample(struct play *p, const struct type *t)
{
    uint8_t how = next(p);
    slice s = how < 0xA0 ? fitting(t) : SLICE_NONE;

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

static const struct type *type_for(const struct type *const found, uint8_t tag, bool card)
{
    if (card)
        for (size_t i = 0; i < COUNT(card_types); i++)
            if (card_types[i].tag == tag)
                return card_types[i].type;
    if (!card)
        for (size_t i = 0; i < COUNT(net_types); i++)
            if (net_types[i].tag == tag)
                return net_types[i].type;
    return found;
}

/* ---- card ---- */

static size_t give(struct play *p)
{
    size_t n = p->answer.n < 256 ? p->answer.n : 256;
    uint8_t odd = next(p);

    if (n)
        memcpy(p->response, p->answer.p, n);
    p->answer = slice_skip(p->answer, n);
    p->response[n] = p->answer.n ? 0x61 : odd > 0xF8 ? 0x6A : odd > 0xF0 ? 0x91 : 0x90;
    p->response[n + 1] = p->answer.n ? (uint8_t)p->answer.n : 0;
    return n + 2;
}

static size_t card(struct play *p, slice apdu)
{
    if (apdu.n > 261)
        abort();
    p->answer = apdu.n > 1 && apdu.p[1] == 0xC0 ? p->answer : SLICE_NONE;
    if (apdu.n > 6 && apdu.p[1] == 0xE2) {
        if (apdu.p[3] == 0)
            p->tag[0] = apdu.p[5], p->tag[1] = apdu.p[6];
        if (apdu.p[2] == 0x91 && p->tag[0] == 0xBF && (p->tag[1] != 0x36 || next(p) > 0xE0))
            p->answer = sample(p, type_for(NULL, p->tag[1], true));
        if (apdu.p[2] == 0x91 && p->tag[0] == 0x86 && next(p) > 0x40)
            p->answer = sample(p, &T_profile_installation_result);
    }
    return give(p);
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

static void put_member(struct play *p, size_t *n, const char *name, const struct type *t)
{
    slice s = sample(p, t);
    size_t got;

    put(p, n, SLICE_LIT(",\""));
    put(p, n, slice_str(name));
    put(p, n, SLICE_LIT("\":\""));
    if (!b64_encode(s, (char *)p->text + *n, sizeof p->text - *n, &got))
        *n += got;
    put(p, n, SLICE_LIT("\""));
}

static slice json(struct play *p, const char *path)
{
    const char *f = strrchr(path, '/') + 1;
    size_t n = 0;

    put(p, &n,
        SLICE_LIT("{\"header\":{\"functionExecutionStatus\":{\"status\":\"Executed-Success\"}},"
                  "\"transactionId\":\"0102\""));
    if (!strcmp(f, "initiateAuthentication")) {
        put_member(p, &n, "serverSigned1", &T_server_signed1);
        put_member(p, &n, "serverSignature1", &T_signature);
        put_member(p, &n, "euiccCiPKIdToBeUsed", &T_subject_key_identifier);
        put_member(p, &n, "serverCertificate", &T_rsp_certificate);
    } else if (!strcmp(f, "authenticateClient") && next(p) < 0x30) {
        put(p, &n,
            SLICE_LIT(",\"eventEntries\":[{\"eventId\":\"E\",\"rspServerAddress\":\"a\"},"
                      "{\"rspServerAddress\":\"b\",\"eventId\":\"F\"}]"));
    } else if (!strcmp(f, "authenticateClient")) {
        put_member(p, &n, "profileMetadata", &T_store_metadata_request);
        put_member(p, &n, "smdpSigned2", &T_smdp_signed2);
        put_member(p, &n, "smdpSignature2", &T_signature);
        put_member(p, &n, "smdpCertificate", &T_rsp_certificate);
    } else {
        put_member(p, &n, "boundProfilePackage", &T_bound_profile_package);
    }
    put(p, &n, SLICE_LIT("}"));
    if (next(p) > 0xC0 && n)
        p->text[(next(p) << 8 | next(p)) % n] ^= (uint8_t)(1 + next(p));
    return slice_of(p->text, n);
}

static struct ipa_event server(struct play *p, const struct ipa_want *w)
{
    static const int statuses[] = { 200, 200, 200, 204, 503 };
    uint8_t how = next(p);

    if (w->http.body.n > IPA_NET_MAX)
        abort();
    p->answer = SLICE_NONE;
    if (how > 0xF0)
        return (struct ipa_event){ .kind = IPA_NET_FAILED };
    if (strcmp(w->http.path, "/gsma/rsp2/asn1") != 0)
        p->answer = json(p, w->http.path);
    else if (w->http.body.n > 1)
        p->answer = sample(p, type_for(NULL, w->http.body.p[1], false));
    return (struct ipa_event){ .kind = IPA_NET_STATUS,
                               .number = statuses[how > 0xD0 ? how % COUNT(statuses) : 0] };
}

static struct ipa_event body(struct play *p)
{
    slice part = slice_head(p->answer, 1u + (size_t)next(p) * 8);

    if (!p->answer.n)
        return (struct ipa_event){ .kind = IPA_NET_END };
    return (struct ipa_event){ .kind = IPA_NET_DATA, .data = { part.p, part.n } };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t device[] = { 0x30, 0x08, 0x80, 0x04, 1, 2, 3, 4, 0xA1, 0x00 };
    static uint64_t memory[IPA_MEMORY / 8];
    static struct play play;
    struct play *p = &play;
    struct ipa_event e = { .kind = IPA_START };
    struct ipa_options o = { .device_info = { device, sizeof device }, .poll_ms = 10 };
    struct ipa *ipa;

    p->in = slice_of(data, size);
    o.features = next(p) & 31;
    o.block = next(p);
    o.asn1_es9plus = next(p) & 1;
    ipa = ipa_init(memory, sizeof memory, &o);
    if (!ipa)
        abort();
    for (int step = 0; step < STEPS_MAX && p->in.n; step++) {
        struct ipa_want w;

        e.now_ms = (uint64_t)step * 10000;
        w = ipa_step(ipa, &e);
        if (e.kind == IPA_NET_DATA)
            p->answer = slice_skip(p->answer, w.used);
        e = (struct ipa_event){ .kind = IPA_CARD_RESET };
        if (w.kind == IPA_WANT_APDU)
            e = (struct ipa_event){ .kind = IPA_CARD_ANSWER,
                                    .data = { p->response,
                                              card(p, slice_of(w.data.p, w.data.n)) } };
        else if (w.kind == IPA_WANT_EXCHANGE)
            e = server(p, &w);
        else if (w.kind == IPA_WANT_DATA)
            e = body(p);
        else if (w.kind == IPA_WANT_TIME)
            e = (struct ipa_event){ .kind = IPA_TIME, .number = 1 };
    }
    return 0;
}
