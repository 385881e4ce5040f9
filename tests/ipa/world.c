#include "ipa/world.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STEPS_MAX 20000

const uint8_t world_eid[16] = { 0x89, 0x04, 0x90, 0x32, 0x12, 0x34, 0x51, 0x23,
                                0x45, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x35 };

/* ---- elements ---------------------------------------------------------------------------------
 */

slice tlv(struct world *w, uint32_t tag, unsigned n, ...)
{
    slice parts[17];
    uint8_t head[DER_HEAD_MAX];
    size_t content = 0;
    va_list args;

    assert_true(n < COUNT(parts));
    va_start(args, n);
    for (unsigned i = 1; i <= n; i++) {
        parts[i] = va_arg(args, slice);
        content += parts[i].n;
    }
    va_end(args);
    parts[0] = slice_of(head, der_put_head(tag, content, head));
    return arena_concat(&w->arena, parts, n + 1);
}

slice hex(struct world *w, const char *digits)
{
    char compact[2048];
    uint8_t octets[1024];
    size_t n = 0, size;

    for (; *digits; digits++)
        if (*digits != ' ')
            compact[n++] = *digits;
    assert_int_equal(hex_decode(slice_of(compact, n), octets, sizeof octets, &size), E_OK);
    return size ? arena_copy(&w->arena, slice_of(octets, size)) : SLICE_EMPTY;
}

slice text(const char *s)
{
    return slice_str(s);
}

slice certificate(struct world *w)
{
    return tlv(w, 0x30, 3, hex(w, "3000"), hex(w, "3000"), hex(w, "03020001"));
}

slice signature(struct world *w)
{
    uint8_t octets[64];

    memset(octets, 0x53, sizeof octets);
    return tlv(w, 0x5F37, 1, SLICE_OF(octets));
}

slice notification_metadata(struct world *w, int seq, const char *address)
{
    uint8_t octet = (uint8_t)seq;

    return tlv(w, 0xBF2F, 3, tlv(w, 0x80, 1, slice_of(&octet, 1)), hex(w, "81020640"),
               tlv(w, 0x0C, 1, text(address)));
}

slice notification(struct world *w, int seq, const char *address)
{
    return tlv(w, 0x30, 4, notification_metadata(w, seq, address), signature(w), certificate(w),
               certificate(w));
}

/* ---- log ----------------------------------------------------------------------------------------
 */

static void log_entry(struct world *w, const char *entry)
{
    size_t n = strlen(w->log);

    snprintf(w->log + n, sizeof w->log - n, "%s;", entry);
}

void clear_log(struct world *w)
{
    w->log[0] = 0;
    w->notes[0] = 0;
    w->body_n = w->function_n = w->apdu_n = 0;
}

void assert_log_has(const struct world *w, const char *entries)
{
    if (!strstr(w->log, entries))
        fail_msg("\nwanted: %s\nlog:    %s\nnotes:  %s", entries, w->log, w->notes);
}

unsigned log_count(const struct world *w, const char *entry)
{
    unsigned n = 0;

    for (const char *at = strstr(w->log, entry); at; at = strstr(at + 1, entry))
        n++;
    return n;
}

void assert_octets(slice is, slice should)
{
    char a[4096], b[4096];

    if (slice_eq(is, should))
        return;
    if (hex_encode(slice_head(is, 2000), a, sizeof a) ||
        hex_encode(slice_head(should, 2000), b, sizeof b))
        fail();
    fail_msg("\nis     %s\nshould %s", a, b);
}

slice last_function(const struct world *w, const char *prefix)
{
    uint8_t octets[32];
    size_t n;

    assert_int_equal(hex_decode(slice_str(prefix), octets, sizeof octets, &n), E_OK);
    for (unsigned i = w->function_n; i--;)
        if (slice_starts(w->functions[i], slice_of(octets, n)))
            return w->functions[i];
    fail_msg("no %s in %s", prefix, w->log);
    return SLICE_NONE;
}

slice last_body(const struct world *w)
{
    assert_true(w->body_n > 0);
    return w->bodies[w->body_n - 1];
}

/* ---- rules
 * --------------------------------------------------------------------------------------- */

static void add_rule(struct rule *rules, unsigned *n, const char *match, slice answer, unsigned sw,
                     int uses)
{
    assert_true(*n < RULES_MAX);
    snprintf(rules[*n].match, sizeof rules[*n].match, "%s", match);
    rules[*n].answer = answer;
    rules[*n].sw = sw;
    rules[(*n)++].uses = uses;
}

void card_says(struct world *w, const char *match, slice answer, unsigned sw, int uses)
{
    add_rule(w->card, &w->card_n, match, answer, sw ? sw : 0x9000, uses);
}

void server_says(struct world *w, const char *match, slice answer, int status, int uses)
{
    add_rule(w->net, &w->net_n, match, answer, (unsigned)(status ? status : 200), uses);
}

static void forget(struct rule *rules, unsigned n, const char *match)
{
    for (unsigned i = 0; i < n; i++)
        if (!strcmp(rules[i].match, match))
            rules[i].uses = 0;
}

void card_forgets(struct world *w, const char *match)
{
    forget(w->card, w->card_n, match);
}

void server_forgets(struct world *w, const char *match)
{
    forget(w->net, w->net_n, match);
}

static struct rule *find_rule(struct rule *rules, unsigned n, const char *key)
{
    for (unsigned i = 0; i < n; i++)
        if (rules[i].uses && !strncmp(rules[i].match, key, strlen(rules[i].match))) {
            if (rules[i].uses > 0)
                rules[i].uses--;
            return &rules[i];
        }
    return NULL;
}

/* ---- card
 * ------------------------------------------------------------------------------------------ */

static bool is_segment(slice s)
{
    return (s.n > 2 && s.p[0] == 0xBF && s.p[1] == 0x36) || s.p[0] == 0x86 || s.p[0] == 0x87 ||
           s.p[0] == 0x88 || (s.p[0] >= 0xA0 && s.p[0] <= 0xA3);
}

static void answer_function(struct world *w, slice whole)
{
    char digits[2 * 40 + 1], entry[16] = "";
    struct rule *rule;
    bool two = (whole.p[0] & 0x1F) == 0x1F;

    assert_int_equal(hex_encode(slice_head(whole, 40), digits, sizeof digits), E_OK);
    snprintf(entry, sizeof entry, "%s%.*s", is_segment(whole) ? "[" : "", two ? 4 : 2, digits);
    log_entry(w, entry);
    w->functions[w->function_n++ % COUNT(w->functions)] = arena_copy(&w->arena, whole);
    rule = find_rule(w->card, w->card_n, digits);
    w->pending_n = 0;
    w->pending_sw = rule ? rule->sw : is_segment(whole) ? 0x9000 : 0x6A88;
    if (rule && rule->answer.n) {
        assert_true(rule->answer.n <= sizeof w->pending);
        memcpy(w->pending, rule->answer.p, rule->answer.n);
        w->pending_n = rule->answer.n;
    }
}

/* P1 11 or 91, P2 from 0 in each function. */
static void store_data(struct world *w, slice apdu)
{
    size_t lc = apdu.p[4];

    assert_true(apdu.p[2] == 0x11 || apdu.p[2] == 0x91);
    if (apdu.p[3] == 0)
        w->chain_n = w->next_p2 = 0;
    assert_int_equal(apdu.p[3], w->next_p2);
    assert_true(apdu.n >= 5 + lc);
    w->next_p2++;
    memcpy(w->chain + w->chain_n, apdu.p + 5, lc);
    w->chain_n += lc;
    w->pending_n = 0;
    w->pending_sw = 0x9000;
    if (apdu.p[2] == 0x91)
        answer_function(w, slice_of(w->chain, w->chain_n));
}

/* At most 256 octets at a time; the rest by GET RESPONSE. */
static size_t give(struct world *w, uint8_t *out)
{
    size_t n = w->pending_n < 256 ? w->pending_n : 256;

    if (n)
        memcpy(out, w->pending, n);
    memmove(w->pending, w->pending + n, w->pending_n - n);
    w->pending_n -= n;
    out[n] = (uint8_t)(w->pending_n ? 0x61 : w->pending_sw >> 8);
    out[n + 1] = (uint8_t)(!w->pending_n ? w->pending_sw : w->pending_n < 256 ? w->pending_n : 0);
    return n + 2;
}

static size_t card_answer(struct world *w, slice apdu, uint8_t *out)
{
    w->apdus[w->apdu_n++ % COUNT(w->apdus)] = arena_copy(&w->arena, apdu);
    switch (apdu.p[1]) {
    case 0xAA:
        log_entry(w, "TERMINAL CAPABILITY");
        break;
    case 0x70:
        log_entry(w, "MANAGE CHANNEL");
        memcpy(out, "\x01\x90\x00", 3);
        return 3;
    case 0xA4:
        log_entry(w, "SELECT");
        assert_int_equal(apdu.p[0], 0x01);
        break;
    case 0xE2:
        assert_int_equal(apdu.p[0], 0x81);
        store_data(w, apdu);
        return give(w, out);
    case 0xC0:
        return give(w, out);
    default:
        fail_msg("unexpected command %02X", apdu.p[1]);
    }
    memcpy(out, "\x90\x00", 2);
    return 2;
}

/* ---- servers
 * ----------------------------------------------------------------------------------------- */

static const struct rule *answer_exchange(struct world *w, const struct ipa_want *want)
{
    slice body = slice_of(want->http.body.p, want->http.body.n);
    const char *function = strrchr(want->http.path, '/') + 1;
    char entry[200], tag[8];

    w->bodies[w->body_n++ % COUNT(w->bodies)] = arena_copy(&w->arena, body);
    if (!strcmp(function, "asn1")) {
        assert_int_equal(hex_encode(slice_head(body, 2), tag, sizeof tag), E_OK);
        function = tag;
    }
    snprintf(entry, sizeof entry, "POST %.*s %s", (int)want->http.host.n,
             (const char *)want->http.host.p, function);
    log_entry(w, entry);
    return find_rule(w->net, w->net_n, entry);
}

/* ---- the loop
 * ------------------------------------------------------------------------------------------ */

static void take_note(void *ctx, enum ipa_note n, int64_t number, struct ipa_bytes t)
{
    struct world *w = ctx;
    size_t at = strlen(w->notes);

    snprintf(w->notes + at, sizeof w->notes - at, "%s %lld %.*s;", ipa_note_text(n),
             (long long)number, (int)t.n, t.p ? (const char *)t.p : "");
}

void world_restart(struct world *w, const struct ipa_options *o)
{
    struct ipa_options own = *o;

    own.note = take_note;
    own.ctx = w;
    w->ipa = ipa_init(w->memory, sizeof w->memory, &own);
    assert_non_null(w->ipa);
}

void world_open(struct world *w, const struct ipa_options *o)
{
    memset(w, 0, sizeof *w);
    arena_init(&w->arena, 16u << 20);
    w->now_ms = 1000;
    world_restart(w, o);
}

void world_close(struct world *w)
{
    arena_free(&w->arena);
}

struct answering {
    const struct rule *rule;
    size_t at;
};

static struct ipa_event next_octets(const struct world *w, struct answering *a)
{
    slice rest = slice_skip(a->rule->answer, a->at);

    if (!rest.n)
        return (struct ipa_event){ .kind = IPA_NET_END };
    rest = slice_head(rest, w->chunk ? w->chunk : rest.n);
    return (struct ipa_event){ .kind = IPA_NET_DATA, .data = { rest.p, rest.n } };
}

static void loop(struct world *w, struct ipa_event e)
{
    uint8_t response[260];
    struct answering answering = { NULL, 0 };

    for (unsigned step = 0; step < STEPS_MAX; step++) {
        struct ipa_want want;
        slice apdu;

        e.now_ms = w->now_ms;
        want = ipa_step(w->ipa, &e);
        if (e.kind == IPA_NET_DATA)
            answering.at += want.used;
        switch (want.kind) {
        case IPA_WANT_APDU:
            apdu = slice_of(want.data.p, want.data.n);
            e = (struct ipa_event){ .kind = IPA_CARD_ANSWER,
                                    .data = { response, card_answer(w, apdu, response) } };
            break;
        case IPA_WANT_EXCHANGE:
            answering = (struct answering){ answer_exchange(w, &want), 0 };
            e = (struct ipa_event){ .kind = IPA_NET_FAILED };
            if (answering.rule && answering.rule->sw != (unsigned)-1)
                e = (struct ipa_event){ .kind = IPA_NET_STATUS, .number = (int)answering.rule->sw };
            break;
        case IPA_WANT_DATA:
            e = next_octets(w, &answering);
            break;
        case IPA_WANT_SWITCH:
            log_entry(w, "SWITCH");
            e = (struct ipa_event){ .kind = IPA_CARD_RESET };
            break;
        case IPA_WANT_CARD:
            log_entry(w, "NO CARD");
            return;
        case IPA_WANT_TIME:
            w->wake_ms = want.wake_ms;
            return;
        }
    }
    fail_msg("no end: %s", w->log);
}

void run(struct world *w)
{
    loop(w, (struct ipa_event){ .kind = IPA_START });
}

void wake(struct world *w)
{
    w->now_ms = w->wake_ms;
    loop(w, (struct ipa_event){ .kind = IPA_TIME });
}

/* ---- the usual
 * --------------------------------------------------------------------------------------------- */

void usual_card(struct world *w)
{
    slice eim = tlv(w, 0x30, 3, tlv(w, 0x80, 1, text("eim1")), tlv(w, 0x81, 1, text("eim.example")),
                    hex(w, "840105"));

    card_says(w, "BF3E", tlv(w, 0xBF3E, 1, tlv(w, 0x5A, 1, SLICE_OF(world_eid))), 0, -1);
    card_says(w, "BF55", tlv(w, 0xBF55, 1, tlv(w, 0xA0, 1, eim)), 0, -1);
    card_says(w, "BF3004", hex(w, "BF3003800100"), 0, -1);
    card_says(w, "BF3003", hex(w, "BF3003800100"), 0, -1);
}
