/*
 * The machine: events in, wants out, and the table of phases. Everything that a phase does stands
 * in its own file; this one knows the order.
 */
#include "ipa/ipa_impl.h"

#include "base/secret.h"
#include "der/der.h"

#include <assert.h>

#define BIT(p) (UINT64_C(1) << PH_##p)
_Static_assert(PH_COUNT <= 64, "one bit a phase");

/* clang-format off */
static const struct phase_row rows[PH_COUNT] = {
    [PH_OFF]     = { "off", NULL, NULL, 0 },
    [PH_NO_CARD] = { "no-card", enter_no_card, done_no_card, BIT(TERMINAL_CAPABILITY) },

    /* start (SGP.32 3.8) */
    [PH_TERMINAL_CAPABILITY] = { "terminal-capability", enter_terminal_capability,
        done_terminal_capability, BIT(OPEN_CHANNEL) },
    [PH_OPEN_CHANNEL] = { "open-channel", enter_open_channel, done_open_channel, BIT(SELECT) },
    [PH_SELECT]  = { "select-isdr", enter_select, done_select,
        BIT(EID) | BIT(NO_CARD) | BIT(REPORT_LIST) | BIT(PROVIDE) | BIT(PIR_SEND) },
    [PH_EID]     = { "read-eid", enter_eid, done_eid, BIT(EIMS) | BIT(NO_CARD) },
    [PH_EIMS]    = { "read-eims", enter_eims, done_eims,
        BIT(NOTIFY_LIST) | BIT(ADD_EIM) | BIT(NO_CARD) | BIT(SLEEP) },
    [PH_ADD_EIM] = { "add-initial-eim", enter_add_eim, done_add_eim, BIT(EIMS) },

    /* notifications to their addresses (SGP.22 3.5) */
    [PH_NOTIFY_LIST]   = { "notifications-list", enter_notify_list, done_notify_list,
        BIT(NOTIFY_READ) | BIT(NEXT_EIM) | BIT(SLEEP) },
    [PH_NOTIFY_READ]   = { "notification-read", enter_notify_read, done_notify_read,
        BIT(NOTIFY_SEND) | BIT(NOTIFY_READ) | BIT(NEXT_EIM) | BIT(SLEEP) },
    [PH_NOTIFY_SEND]   = { "notification-send", enter_notify_send, done_notify_send,
        BIT(NOTIFY_REMOVE) | BIT(NOTIFY_READ) },
    [PH_NOTIFY_REMOVE] = { "notification-remove", enter_notify_remove, done_notify_remove,
        BIT(NOTIFY_READ) },

    /* retrieval (SGP.32 3.1.1.1, 3.3.1) */
    [PH_NEXT_EIM]       = { "next-eim", enter_next_eim, done_next_eim,
        BIT(STORED_RESULTS) | BIT(NOTIFY_LIST) | BIT(SLEEP) },
    [PH_STORED_RESULTS] = { "stored-results", enter_stored_results, done_stored_results,
        BIT(PROVIDE) | BIT(POLL) },
    [PH_POLL]           = { "poll", enter_poll, done_poll,
        BIT(LOAD_PACKAGE) | BIT(DATA) | BIT(ADDRESSES) | BIT(INFO1) | BIT(PROVIDE) |
        BIT(TRIGGER_RESULT) | BIT(NEXT_EIM) },
    [PH_LOAD_PACKAGE]   = { "load-package", enter_load_package, done_load_package,
        BIT(SWITCH) | BIT(REPORT_LIST) | BIT(PROVIDE) },
    [PH_DATA]           = { "euicc-data", enter_data, done_data, BIT(DATA) | BIT(PROVIDE) },
    [PH_SWITCH]         = { "profile-switch", enter_switch, done_switch,
        BIT(REPORT_LIST) | BIT(PROVIDE) | BIT(PIR_SEND) },

    /* results (SGP.32 3.3.1, 3.3.2, 3.7) */
    [PH_REPORT_LIST]  = { "report-list", enter_report_list, done_report_list,
        BIT(REPORT_READ) | BIT(PROVIDE) },
    [PH_REPORT_READ]  = { "report-read", enter_report_read, done_report_read,
        BIT(REPORT_READ) | BIT(PROVIDE) },
    [PH_PROVIDE]      = { "provide-result", enter_provide, done_provide,
        BIT(ACKNOWLEDGED) | BIT(RETRY) | BIT(ROLLBACK) | BIT(POLL) | BIT(STORED_RESULTS) |
        BIT(NEXT_EVENT) | BIT(NEXT_EIM) },
    [PH_RETRY]        = { "retry-result", enter_retry, done_retry, BIT(PROVIDE) },
    [PH_ACKNOWLEDGED] = { "acknowledged", enter_acknowledged, done_acknowledged,
        BIT(ACKNOWLEDGED) | BIT(POLL) | BIT(STORED_RESULTS) | BIT(NEXT_EVENT) | BIT(NEXT_EIM) },
    [PH_ROLLBACK]     = { "rollback", enter_rollback, done_rollback, BIT(SWITCH) | BIT(RETRY) },

    /* download (SGP.32 3.2.3, SGP.22 3.1) */
    [PH_ADDRESSES]           = { "configured-addresses", enter_addresses, done_addresses,
        BIT(INFO1) | BIT(TRIGGER_RESULT) },
    [PH_INFO1]               = { "euicc-info1", enter_info1, done_info1,
        BIT(CHALLENGE) | BIT(TRIGGER_RESULT) },
    [PH_CHALLENGE]           = { "euicc-challenge", enter_challenge, done_challenge,
        BIT(INITIATE) | BIT(TRIGGER_RESULT) },
    [PH_INITIATE]            = { "initiate-authentication", enter_initiate, done_initiate,
        BIT(AUTHENTICATE_SERVER) | BIT(TRIGGER_RESULT) },
    [PH_AUTHENTICATE_SERVER] = { "authenticate-server", enter_authenticate_server,
        done_authenticate_server, BIT(AUTHENTICATE_CLIENT) | BIT(TRIGGER_RESULT) },
    [PH_AUTHENTICATE_CLIENT] = { "authenticate-client", enter_authenticate_client,
        done_authenticate_client,
        BIT(RULES) | BIT(PREPARE) | BIT(NEXT_EVENT) | BIT(INFO1) | BIT(ADDRESSES) | BIT(PROVIDE) |
        BIT(CANCEL) | BIT(TRIGGER_RESULT) },
    [PH_RULES]               = { "rules-authorisation-table", enter_rules, done_rules,
        BIT(PREPARE) | BIT(CANCEL) },
    [PH_PREPARE]             = { "prepare-download", enter_prepare, done_prepare,
        BIT(LOAD_BPP) | BIT(TRIGGER_RESULT) },
    [PH_LOAD_BPP]            = { "load-bpp", enter_load_bpp, done_load_bpp,
        BIT(IMMEDIATE_ENABLE) | BIT(PIR_SEND) | BIT(PROVIDE) | BIT(CANCEL) | BIT(TRIGGER_RESULT) },
    [PH_IMMEDIATE_ENABLE]    = { "immediate-enable", enter_immediate_enable, done_immediate_enable,
        BIT(SWITCH) | BIT(PIR_SEND) | BIT(PROVIDE) },
    [PH_PIR_SEND]            = { "installation-result-send", enter_pir_send, done_pir_send,
        BIT(PROVIDE) },
    [PH_CANCEL]              = { "cancel-session", enter_cancel, done_cancel,
        BIT(CANCEL_SEND) | BIT(TRIGGER_RESULT) },
    [PH_CANCEL_SEND]         = { "cancel-session-send", enter_cancel_send, done_cancel_send,
        BIT(TRIGGER_RESULT) },
    [PH_NEXT_EVENT]          = { "next-event", enter_next_event, done_next_event,
        BIT(INFO1) | BIT(POLL) },
    [PH_TRIGGER_RESULT]      = { "trigger-result", enter_trigger_result, done_trigger_result,
        BIT(PROVIDE) },

    [PH_SLEEP] = { "sleep", enter_sleep, done_sleep, BIT(NOTIFY_LIST) | BIT(EIMS) },
};
/* clang-format on */

static const char *const note_texts[] = {
#define X(name, text) text,
    IPA_NOTES(X)
#undef X
};

const char *ipa_note_text(enum ipa_note n)
{
    return n < IPA_NOTE_COUNT ? note_texts[n] : "unknown";
}

void note_text(struct ipa *ipa, enum ipa_note n, int64_t number, slice text)
{
    if (ipa->o.note)
        ipa->o.note(ipa->o.ctx, n, number, (struct ipa_bytes){ text.p, text.n });
}

void note(struct ipa *ipa, enum ipa_note n, int64_t number)
{
    note_text(ipa, n, number, SLICE_NONE);
}

/* ---- asking --------------------------------------------------------------------------------- */

enum err ask_card(struct ipa *ipa)
{
    enum err e = es10_send(&ipa->es);

    if (!e)
        ipa->need = NEED_CARD;
    return e;
}

enum err ask_simple(struct ipa *ipa, slice whole)
{
    es10_begin(&ipa->es);
    es10_add_copy(&ipa->es, whole);
    return ask_card(ipa);
}

enum err ask_net(struct ipa *ipa, enum collect collect)
{
    struct exchange *x = &ipa->x;

    if (!x->host.n)
        return E_ARGUMENT;
    x->collect = collect;
    x->status = 0;
    x->n = 0;
    x->max = collect == COLLECT_CARD ? sizeof ipa->card : sizeof ipa->net;
    if (collect == COLLECT_BPP)
        x->max = ipa->d.metadata.n ? ipa->d.metadata.at : sizeof ipa->net;
    x->overflow = x->in_bpp = false;
    memset(x->pieces, 0, sizeof x->pieces);
    x->event_ids = x->event_addresses = 0;
    json_stream_init(&x->json_stream, &wire_json_sink, ipa);
    ipa->need = NEED_STATUS;
    return E_OK;
}

enum err ask_time(struct ipa *ipa, uint64_t ms)
{
    ipa->wake_ms = ipa->now_ms + ms;
    ipa->need = NEED_TIME;
    return E_OK;
}

enum err content_of(const struct ipa *ipa, const struct outcome *o, uint32_t tag, slice *content)
{
    struct tlv e;
    enum err err = o->err;

    if (!err && o->data.p == ipa->card && ipa->es.overflow)
        err = E_LIMIT;
    if (!err)
        err = der_one(o->data, &e);
    if (!err && e.tag != tag)
        err = E_TAG;
    if (!err)
        *content = e.value;
    return err;
}

slice whole_elements(slice answer, uint32_t tag, uint32_t inner)
{
    size_t head, content, n = 0;
    uint32_t t;

    for (int level = 0; level < 2; level++) {
        if (der_head(answer, &t, &head, &content) || t != (level ? inner : tag))
            return SLICE_NONE;
        answer = slice_head(slice_skip(answer, head), content);
    }
    for (struct der_reader r = der_reader(answer); der_more(&r);) {
        struct tlv e = der_take(&r);

        if (!r.err)
            n += e.whole.n;
    }
    return slice_of(answer.p, n);
}

/* ---- phases --------------------------------------------------------------------------------- */

static void finish(struct ipa *ipa, enum err err, slice data)
{
    ipa->need = NEED_NOTHING;
    ipa->outcome = (struct outcome){ err, data };
    ipa->outcome_ready = true;
}

static void go(struct ipa *ipa, enum phase next)
{
    enum err e;

    ipa->phase = next;
    ipa->need = NEED_NOTHING;
    ipa->outcome_ready = false;
    e = rows[next].enter(ipa);
    if (e || ipa->need == NEED_NOTHING)
        finish(ipa, e, SLICE_NONE);
}

static void run(struct ipa *ipa)
{
    while (ipa->outcome_ready) {
        enum phase next = rows[ipa->phase].done(ipa, &ipa->outcome);

        assert(rows[ipa->phase].leads_to & (UINT64_C(1) << next));
        go(ipa, next);
    }
}

/* ---- the card's answers --------------------------------------------------------------------- */

static void card_refused(struct ipa *ipa)
{
    note(ipa, IPA_NOTE_CARD_ERROR, ipa->es.sw);
    finish(ipa, E_REFUSED, SLICE_NONE);
}

/* A segment of a Bound Profile Package was taken, or refused, or the installation ended. */
static void block_answered(struct ipa *ipa)
{
    struct bpp_stream *b = &ipa->d.bpp;
    bool done = b->done;

    if (ipa->es.answer_n) {
        finish(ipa, E_OK, slice_of(ipa->card, ipa->es.answer_n));
        return;
    }
    bpp_stream_sent(b);
    if (done)
        finish(ipa, E_STATE, SLICE_NONE);
    else
        ipa->need = NEED_BODY;
}

static void card_answered(struct ipa *ipa, slice response)
{
    enum err e = es10_take(&ipa->es, response);

    if (e == E_AGAIN)
        return;
    if (e == E_SIZE)
        finish(ipa, E_SIZE, SLICE_NONE);
    else if (e)
        card_refused(ipa);
    else if (ipa->phase == PH_LOAD_BPP)
        block_answered(ipa);
    else
        finish(ipa, E_OK, slice_of(ipa->card, ipa->es.answer_n));
}

/* ---- servers' answers ----------------------------------------------------------------------- */

static enum err collect_octets(struct ipa *ipa, slice in)
{
    struct exchange *x = &ipa->x;
    uint8_t *to = x->collect == COLLECT_CARD ? ipa->card : ipa->net;

    if (in.n > x->max - x->n) {
        x->overflow = true;
        return E_LIMIT;
    }
    memcpy(to + x->n, in.p, in.n);
    x->n += in.n;
    return E_OK;
}

static enum err collect_bpp(struct ipa *ipa, slice in, size_t *used)
{
    for (*used = 0; *used < in.n;) {
        enum err e = wire_bpp_octet(ipa, in.p[(*used)++]);

        if (e)
            return e;
    }
    return E_OK;
}

static void send_block(struct ipa *ipa)
{
    struct bpp_stream *b = &ipa->d.bpp;

    es10_block(&ipa->es, slice_of(b->block, b->block_n), b->block_no, b->last);
    ipa->need = NEED_CARD;
}

static size_t body_came(struct ipa *ipa, slice in)
{
    struct exchange *x = &ipa->x;
    size_t used = in.n;
    enum err e = E_OK;

    if (x->collect == COLLECT_JSON || (x->collect == COLLECT_BPP && x->json))
        e = json_stream_feed(&x->json_stream, in, &used);
    else if (x->collect == COLLECT_BPP)
        e = collect_bpp(ipa, in, &used);
    else if (in.n)
        e = collect_octets(ipa, in);
    if (e == E_AGAIN)
        send_block(ipa);
    else if (e)
        finish(ipa, e, SLICE_NONE);
    return used;
}

static void body_ended(struct ipa *ipa)
{
    struct exchange *x = &ipa->x;

    if (x->status < 200 || x->status > 299) {
        note(ipa, IPA_NOTE_NET_ERROR, x->status);
        finish(ipa, E_REFUSED, SLICE_NONE);
        return;
    }
    finish(ipa, E_OK, slice_of(x->collect == COLLECT_CARD ? ipa->card : ipa->net, x->n));
}

static void net_failed(struct ipa *ipa)
{
    note(ipa, IPA_NOTE_NET_ERROR, 0);
    finish(ipa, E_NETWORK, SLICE_NONE);
}

/* ---- events --------------------------------------------------------------------------------- */

static void restart(struct ipa *ipa)
{
    if (ipa->phase != PH_SWITCH) {
        ipa->after_select = PH_EID;
        ipa->eims_read = false;
    } else {
        ipa->after_select = ipa->after_switch;
    }
    ipa->es.channel = 0;
    go(ipa, PH_TERMINAL_CAPABILITY);
}

static void time_came(struct ipa *ipa, bool now)
{
    if (ipa->need == NEED_SWITCH ||
        (ipa->need == NEED_TIME && (now || ipa->now_ms >= ipa->wake_ms)))
        finish(ipa, E_OK, SLICE_NONE);
}

static size_t take(struct ipa *ipa, const struct ipa_event *e)
{
    slice data = slice_of(e->data.p, e->data.n);
    bool in_exchange = ipa->need == NEED_STATUS || ipa->need == NEED_BODY;
    size_t used = data.n;

    if (e->kind == IPA_START || e->kind == IPA_CARD_RESET) {
        restart(ipa);
    } else if (e->kind == IPA_CARD_LOST) {
        note(ipa, IPA_NOTE_CARD_LOST, 0);
        go(ipa, PH_NO_CARD);
    } else if (e->kind == IPA_CARD_ANSWER && ipa->need == NEED_CARD) {
        card_answered(ipa, data);
    } else if (e->kind == IPA_NET_STATUS && ipa->need == NEED_STATUS) {
        ipa->x.status = e->number;
        ipa->need = NEED_BODY;
    } else if (e->kind == IPA_NET_DATA && ipa->need == NEED_BODY) {
        used = ipa->x.status >= 200 && ipa->x.status <= 299 ? body_came(ipa, data) : data.n;
    } else if (e->kind == IPA_NET_END && ipa->need == NEED_BODY) {
        body_ended(ipa);
    } else if (e->kind == IPA_NET_FAILED && in_exchange) {
        net_failed(ipa);
    } else if (e->kind == IPA_TIME) {
        time_came(ipa, e->number == 1);
    }
    return used;
}

static void want_exchange(const struct ipa *ipa, struct ipa_want *w)
{
    const struct exchange *x = &ipa->x;
    bool esipa = x->interface == IPA_ESIPA;

    w->http.interface = x->smds ? IPA_ES11 : x->either ? IPA_ES9PLUS_OR_ES11 : x->interface;
    w->http.eim = x->eim;
    w->http.host = (struct ipa_bytes){ x->host.p, x->host.n };
    w->http.path = x->path;
    w->http.content_type =
        x->json ? "application/json;charset=UTF-8" : "application/x-gsma-rsp-asn1";
    w->http.protocol = esipa ? "gsma/rsp/v2.1.0" : "gsma/rsp/v2.2.2";
    w->http.user_agent = ipa->o.user_agent && esipa ? ipa->o.user_agent
                         : esipa                    ? "gsma-rsp-ipad"
                                                    : "gsma-rsp-lpad";
    w->http.body = (struct ipa_bytes){ x->body.p, x->body.n };
}

static struct ipa_want want(const struct ipa *ipa, size_t used)
{
    struct ipa_want w = { .kind = IPA_WANT_TIME, .used = used, .wake_ms = UINT64_MAX };

    switch (ipa->need) {
    case NEED_CARD:
        w.kind = IPA_WANT_APDU;
        w.data = (struct ipa_bytes){ ipa->es.apdu, ipa->es.apdu_n };
        break;
    case NEED_STATUS:
        w.kind = IPA_WANT_EXCHANGE;
        want_exchange(ipa, &w);
        break;
    case NEED_BODY:
        w.kind = IPA_WANT_DATA;
        break;
    case NEED_SWITCH:
        w.kind = IPA_WANT_SWITCH;
        break;
    case NEED_A_CARD:
        w.kind = IPA_WANT_CARD;
        break;
    default:
        w.wake_ms = ipa->wake_ms;
        break;
    }
    return w;
}

struct ipa_want ipa_step(struct ipa *ipa, const struct ipa_event *event)
{
    size_t used;

    ipa->now_ms = event->now_ms;
    used = take(ipa, event);
    run(ipa);
    return want(ipa, used);
}

static void set_defaults(struct ipa_options *o)
{
    if (!o->features)
        o->features = IPA_FEATURE_DIRECT;
    if (!o->poll_ms)
        o->poll_ms = 3600000;
    if (!o->retry_ms)
        o->retry_ms = 10000;
    if (!o->attempts)
        o->attempts = 3;
    if (!o->packages)
        o->packages = 16;
    if (o->block < 32 || o->block > ES10_BLOCK_MAX)
        o->block = o->block && o->block < 32 ? 32 : ES10_BLOCK_MAX;
}

struct ipa *ipa_init(void *memory, size_t size, const struct ipa_options *options)
{
    struct ipa *ipa = memory;

    if (size < sizeof *ipa)
        return NULL;
    wipe(memory, size);
    ipa->o = *options;
    set_defaults(&ipa->o);
    ipa->phase = PH_OFF;
    ipa->need = NEED_NOTHING;
    ipa->wake_ms = UINT64_MAX;
    ipa->own_epr = -1;
    es10_init(&ipa->es, ipa->card, sizeof ipa->card, (uint8_t)ipa->o.block);
    return ipa;
}

const char *ipa_phase(const struct ipa *ipa)
{
    return rows[ipa->phase].name;
}

struct ipa_bytes ipa_eid(const struct ipa *ipa)
{
    return ipa->has_eid ? (struct ipa_bytes){ ipa->eid, sizeof ipa->eid }
                        : (struct ipa_bytes){ NULL, 0 };
}

void ipa_state_changed(struct ipa *ipa, int cause)
{
    for (unsigned i = 0; i < ipa->eim_count; i++)
        ipa->eims[i].state_change = (int16_t)cause;
}

void ipa_emergency(struct ipa *ipa, bool on)
{
    ipa->emergency = on;
}
