/* The application: when the machine works, and what becomes of its wishes. */
#include "euicc/ipae/ipae.h"

#include "base/secret.h"
#include "euicc/ipae/ipae_impl.h"
#include "rsp/sgp32.h"

enum { TERMINAL_TRANSPORT = 17, TERMINAL_TCP_CLIENT = 0x01 }; /* octet and bit, TS 102 223 5.2 */
enum { NORMAL_SERVICE = 0x00 };

#define TIMER_MAX_S 86399
#define BURSTS_MAX  32 /* on a terminal that knows no MORE TIME */
#define ISDR_GONE_S 60 /* until an ISD-R that does not answer is asked again */

/* ---- time ---- */

static void time_came(struct card *card, void *ctx, bool expired)
{
    struct ipae *e = ctx;

    if (expired) {
        e->now_ms += (uint64_t)e->sleep_s * 1000;
        e->slept = true;
    } else if (card_terminal_profile(card).p) {
        e->no_timers = true; /* refused: it would be so again */
    }
    e->sleep_s = 0;
}

/* Time does not matter any more: what is slept for may be there. */
static void wake(struct ipae *e)
{
    if (e->sleep_s)
        cat_timer_stop(e->card, e->timer);
    e->sleep_s = 0;
    e->hurry = true;
}

/* True when so much time has passed. Without room in the queue it is tried again later. */
static bool slept_until(struct ipae *e, uint64_t wake_ms)
{
    uint64_t seconds = wake_ms > e->now_ms ? (wake_ms - e->now_ms + 999) / 1000 : 0;

    if (e->slept || e->hurry || !seconds) {
        e->slept = false;
        return true;
    }
    if (e->sleep_s || e->no_timers || wake_ms == UINT64_MAX)
        return false;
    seconds = seconds < TIMER_MAX_S ? seconds : TIMER_MAX_S;
    if (!cat_timer_start(e->card, (uint32_t)seconds, time_came, e, &e->timer))
        e->sleep_s = (uint32_t)seconds;
    return false;
}

/* ---- wishes ---- */

/*
 * Outside an exchange the queue is empty first, so that a change of profiles finds the toolkit free
 * (catBusy). Inside one there are only the blocks of a Bound Profile Package.
 */
static bool transmit(struct ipae *e, struct ipa_event *out)
{
    if (e->exchange.state == EXCHANGE_NONE && cat_busy(e->card))
        return false;
    e->switched = false;
    out->kind = IPA_CARD_ANSWER;
    out->data = bytes_of_slice(isdr_side_transmit(e, slice_of_bytes(e->want.data)));
    return true;
}

static bool profile_changed(struct ipae *e, struct ipa_event *out)
{
    if (profile_switch_due(e->card) >= 0)
        return false;
    out->kind = e->switched ? IPA_CARD_RESET : IPA_TIME;
    return true;
}

/* What the machine is told next; false: nothing yet. */
static bool outcome(struct ipae *e, struct ipa_event *out)
{
    switch (e->want.kind) {
    case IPA_WANT_APDU:
        return transmit(e, out);
    case IPA_WANT_EXCHANGE:
    case IPA_WANT_DATA:
        return exchange_event(e, out);
    case IPA_WANT_SWITCH:
        return profile_changed(e, out);
    case IPA_WANT_CARD:
        out->kind = IPA_CARD_RESET;
        return slept_until(e, e->want.wake_ms);
    default:
        out->kind = IPA_TIME;
        out->number = e->hurry;
        return slept_until(e, e->want.wake_ms);
    }
}

/* before: what it wanted until now; a timer may be too short for a long sleep. */
static void wanted(struct ipae *e, enum ipa_want_kind before)
{
    e->hurry = false;
    if (e->want.kind == IPA_WANT_CARD)
        e->want.wake_ms = e->now_ms + ISDR_GONE_S * 1000;
    if (e->want.kind != IPA_WANT_APDU && e->want.kind != IPA_WANT_DATA)
        exchange_forget(e);
    if (e->want.kind != IPA_WANT_TIME || before == IPA_WANT_TIME)
        return;
    if (!e->trouble)
        change_reported(e);
    e->waiting = e->trouble;
    e->trouble = false;
}

static void step(struct ipae *e, struct ipa_event *event)
{
    enum ipa_want_kind before = e->want.kind;

    event->now_ms = e->now_ms;
    e->want = ipa_step(e->ipa, event);
    if (event->kind == IPA_NET_DATA)
        exchange_taken(e, e->want.used);
    else if (event->kind == IPA_NET_END || event->kind == IPA_NET_FAILED)
        exchange_forget(e);
    wanted(e, before);
}

/* ---- what the machine says ---- */

static void on_note(void *ctx, enum ipa_note note, int64_t number, struct ipa_bytes text)
{
    struct ipae *e = ctx;

    (void)number;
    (void)text;
    if (note == IPA_NOTE_STARTED && change_to_report(e) >= 0)
        ipa_state_changed(e->ipa, change_to_report(e));
    if (note == IPA_NOTE_NET_ERROR || note == IPA_NOTE_POLL_ERROR || note == IPA_NOTE_NO_EIM ||
        note == IPA_NOTE_UNDELIVERED)
        e->trouble = true;
}

/* A connection that was made under another configuration is not gone on with. */
static void on_eim(void *ctx, unsigned index, struct ipa_bytes configuration)
{
    struct ipae *e = ctx;
    struct eim_configuration_data c;

    if (index >= IPA_EIMS)
        return;
    web_close(e->card, &e->web);
    e->eims[index] = (struct believer){ .ipae = e };
    if (schema_decode(&T_eim_configuration_data, slice_of_bytes(configuration), &c, NULL) ||
        c.eim_id.n > IPA_NAME_MAX)
        return;
    memcpy(e->eims[index].eim_id, c.eim_id.p, c.eim_id.n);
    e->eims[index].eim_id_n = (uint8_t)c.eim_id.n;
}

/* ---- beginning and end ---- */

static void stop(struct ipae *e)
{
    isdr_side_drop(e);
    exchange_forget(e);
    wipe(e->memory, sizeof e->memory);
    e->ipa = NULL;
    e->want = (struct ipa_want){ .kind = IPA_WANT_CARD };
    e->sleep_s = 0;
    e->slept = e->hurry = e->no_timers = e->switched = e->more_time = false;
    e->trouble = e->waiting = e->listening = false;
}

static void start(struct ipae *e)
{
    struct ipa_event event = { .kind = IPA_START };
    unsigned features = e->p->features ? e->p->features : IPA_FEATURE_DIRECT;

    e->options = (struct ipa_options){
        .features = features | (features & IPA_FEATURE_INDIRECT ? IPA_FEATURE_EIM_KEEPS_DATA : 0u),
        .device_info = { e->device.info, e->device.info_n },
        .add_initial_eim = bytes_of_slice(e->p->initial_eim),
        .user_agent = "gsma-rsp-ipae",
        .poll_ms = e->p->poll_s < UINT32_MAX / 1000 ? e->p->poll_s * 1000 : UINT32_MAX,
        .note = on_note,
        .eim = on_eim,
        .ctx = e,
    };
    e->ipa = ipa_init(e->memory, sizeof e->memory, &e->options);
    if (e->ipa)
        step(e, &event);
}

/* SGP.32 5.6: BIP over TCP with its events, and timers. */
static bool terminal_fits(const struct card *card)
{
    static const uint8_t needed[] = {
        CAT_OPEN_CHANNEL, CAT_CLOSE_CHANNEL,     CAT_SEND_DATA,
        CAT_RECEIVE_DATA, CAT_SET_UP_EVENT_LIST, CAT_TIMER_MANAGEMENT
    };

    for (size_t i = 0; i < COUNT(needed); i++)
        if (!cat_terminal_can(card, needed[i], 0))
            return false;
    return cat_terminal_has(card, TERMINAL_TRANSPORT, TERMINAL_TCP_CLIENT);
}

/* For the moment at which the network is there (again). False: to be tried again. */
static bool listen(struct ipae *e)
{
    enum err err;

    if (e->listening)
        return true;
    err = cat_want_events(e->card, CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS), NULL, NULL);
    e->listening = err != E_LIMIT && err != E_CONFLICT;
    return e->listening;
}

static bool turn(struct ipae *e)
{
    struct ipa_event event = { .kind = IPA_TIME };

    if (!listen(e))
        return false;
    if (!e->ipa) {
        if (!device_known(e))
            return false;
        start(e);
        return e->ipa != NULL;
    }
    if (!outcome(e, &event))
        return false;
    step(e, &event);
    return true;
}

/* True when there is more to do. */
static bool burst(struct ipae *e)
{
    for (unsigned i = 0; i < IPAE_BURST; i++)
        if (!turn(e))
            return false;
    return true;
}

static void time_given(struct card *card, void *ctx, int result, slice body)
{
    (void)card;
    (void)result;
    (void)body;
    ((struct ipae *)ctx)->more_time = false;
}

/* ---- the application ---- */

static void ipae_work(struct card *card, void *state)
{
    struct ipae *e = state;

    if (!isdr_ipae_active(card) || !terminal_fits(card))
        return;
    if (e->ipa)
        ipa_emergency(e->ipa, isdr_emergency(card));
    for (unsigned bursts = 0; bursts < BURSTS_MAX; bursts++) {
        if (!burst(e))
            return;
        if (!e->more_time)
            e->more_time = !cat_more_time(card, time_given, e);
        if (cat_busy(card)) /* the terminal comes back */
            return;
    }
}

/* TS 102 223 7.5.4, 8.27: normal service. Who was not reached may be now. */
static void hear_news(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body)
{
    struct ipae *e = ctx;
    slice status = cat_tlv(body, CAT_TAG_LOCATION_STATUS);

    (void)card;
    if (news == CAT_NEWS_EVENT && event == CAT_EVENT_LOCATION_STATUS && status.n == 1 &&
        status.p[0] == NORMAL_SERVICE && e->ipa && e->want.kind == IPA_WANT_TIME && e->waiting)
        wake(e);
}

static enum err ipae_boot(struct card *card, void *state, const void *config)
{
    struct ipae *e = state;

    e->card = card;
    e->p = config;
    e->smdp.ipae = e;
    for (size_t i = 0; i < IPA_EIMS; i++)
        e->eims[i].ipae = e;
    enum err err = cat_watch(card, hear_news, e);

    return err ? err : web_init(card, &e->web, &e->p->network, exchange_heard, e);
}

static void ipae_reset(struct card *card, void *state)
{
    struct ipae *e = state;

    (void)card;
    e->own_switch = e->ipa && e->want.kind == IPA_WANT_SWITCH;
    stop(e);
    e->device.state = DEVICE_UNKNOWN;
    e->now_ms = 0;
}

static void ipae_close(struct card *card, void *state)
{
    web_close(card, &((struct ipae *)state)->web);
}

/* The machine may have waited for it; who sleeps finds other ways to the servers perhaps. */
static void ipae_switched(struct card *card, void *state, uint32_t from, uint32_t to)
{
    struct ipae *e = state;
    bool own = e->ipa ? e->want.kind == IPA_WANT_SWITCH : e->own_switch;
    int cause = isdr_change_cause(card, from, to);

    e->switched = true;
    e->listening = e->own_switch = false; /* the event list ended with the session */
    if (own || !isdr_ipae_active(card))
        return;
    change_happened(e, cause);
    if (!e->ipa)
        return;
    ipa_state_changed(e->ipa, cause);
    if (e->want.kind == IPA_WANT_TIME)
        wake(e);
}

const struct card_app ipae_app = {
    .name = "IPAe",
    .state_octets = sizeof(struct ipae),
    .boot = ipae_boot,
    .reset = ipae_reset,
    .switched = ipae_switched,
    .work = ipae_work,
    .close = ipae_close,
};
