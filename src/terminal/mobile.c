#include "terminal/mobile_impl.h"

#include "base/secret.h"

#include <stdlib.h>
#include <time.h>

#define STEP_COMMANDS   64
#define DEFAULT_POLL_MS 30000
#define BUSY_MS         500
#define ATR_MAX         64

enum { INS_TERMINAL_PROFILE = 0x10, INS_FETCH = 0x12, INS_TERMINAL_RESPONSE = 0x14 };
enum { INS_TERMINAL_CAPABILITY = 0xAA, INS_ENVELOPE = 0xC2, INS_STATUS = 0xF2 };
enum { SW_NORMAL = 0x9000, NO_LE = -1 };

/* TS 102 223 5.2, octet by octet: what this terminal does. */
static const uint8_t terminal_profile[] = {
    0x23,                   /* 1: profile download, SMS-PP download, timer expiration */
    0x01,                   /* 2: command result */
    0xE9,                   /* 3: DISPLAY TEXT, MORE TIME, POLL INTERVAL, POLLING OFF, REFRESH */
    0x42,                   /* 4: SEND SHORT MESSAGE, local information: location, IMEI */
    0x11,                   /* 5: SET UP EVENT LIST, location status */
    0x0C,                   /* 6: data available, channel status */
    0x00, 0x07,             /* 8: timers: start and stop, current value; date and time */
    0x88,                   /* 9: language, access technology */
    0x00, 0x00, 0x1F,       /* 12: OPEN, CLOSE CHANNEL, RECEIVE, SEND DATA, GET CHANNEL STATUS */
    0xE2,                   /* 13: packet data, seven channels */
    0x00, 0x00, 0x00, 0x03, /* 17: TCP, UDP */
    0x40,                   /* 18: IMEISV */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20 /* 34: REFRESH, eUICC profile state change */
};

uint64_t mobile_now(const struct mobile *m)
{
    struct timespec t;

    if (m->o.now_ms)
        return m->o.now_ms(m->o.ctx);
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void mobile_tell(struct mobile *m, const struct mobile_event *e)
{
    if (m->o.event)
        m->o.event(m->o.ctx, e);
}

/* ---- to the card ---- */

static enum err exchange(struct mobile *m, const uint8_t header[4], slice data, int le)
{
    enum err e = terminal_send(&m->card, header, data, le);

    if (e == E_LIMIT) { /* an answer without end: whatever it is, it is not what was asked for */
        m->card.n = 0;
        m->card.sw = 0;
        e = E_OK;
    }
    if (!e && m->card.pending)
        m->waiting = m->card.pending;
    return e;
}

/* Between the terminal and the card; notes a 91XX. The answer is in m->card. */
MUST_USE static enum err mobile_send(struct mobile *m, uint8_t ins, slice data, int le)
{
    const uint8_t header[4] = { 0x80, ins, 0, 0 };

    return exchange(m, header, data, le);
}

enum err mobile_envelope(struct mobile *m, uint8_t tag, slice tlvs)
{
    uint8_t octets[255];
    size_t head = tlvs.n < 0x80 ? 2 : 3;
    enum err e;

    if (head + tlvs.n > sizeof octets)
        return E_SIZE;
    octets[0] = tag;
    octets[1] = 0x81;
    octets[head - 1] = (uint8_t)tlvs.n;
    memcpy(octets + head, tlvs.p, tlvs.n);
    e = mobile_send(m, INS_ENVELOPE, slice_of(octets, head + tlvs.n), NO_LE);
    if (e)
        return e;
    if (m->card.sw == SW_BUSY)
        m->busy_until_ms = mobile_now(m) + BUSY_MS;
    const struct mobile_event event = { .news = MOBILE_ENVELOPE,
                                        .type = tag,
                                        .info = -1,
                                        .sw = m->card.sw,
                                        .data = slice_of(octets, head + tlvs.n) };
    mobile_tell(m, &event);
    return E_OK;
}

/* ---- start ---- */

/* What belongs to a card session, TS 102 223 6.4.7. */
static void end_session(struct mobile *m)
{
    channels_close(m);
    timers_stop(m);
    m->deferred.on = false;
    m->waiting = 0;
    m->restart = false;
    m->events = 0;
    m->busy_until_ms = 0;
    m->poll_ms = m->o.poll_ms ? m->o.poll_ms : DEFAULT_POLL_MS;
    m->started_ms = mobile_now(m);
    m->poll_at_ms = m->started_ms + m->poll_ms;
    m->registered = !m->o.register_ms;
    m->location_news = m->registered;
}

static enum err introduce(struct mobile *m)
{
    enum err e = E_OK;

    if (m->o.capability.p)
        e = mobile_send(m, INS_TERMINAL_CAPABILITY, m->o.capability, NO_LE);
    if (!e)
        e = mobile_send(m, INS_TERMINAL_PROFILE, SLICE_OF(terminal_profile), NO_LE);
    if (!e)
        mobile_tell(m, &(struct mobile_event){ .news = MOBILE_STARTED, .info = -1 });
    return e;
}

enum err mobile_restart(struct mobile *m)
{
    uint8_t atr[ATR_MAX];
    size_t n = 0;
    enum err e;

    end_session(m);
    e = card_link_reset(m->o.link, atr, sizeof atr, &n);
    return e ? e : introduce(m);
}

enum err mobile_open(const struct mobile_options *o, struct mobile **out)
{
    struct mobile *m = calloc(1, sizeof *m);
    enum err e;

    *out = NULL;
    if (!m)
        return E_MEMORY;
    m->o = *o;
    m->net = o->net ? o->net : &mobile_sockets;
    terminal_init(&m->card, o->link, 0);
    e = identities(m);
    if (!e && o->capability.n > 255)
        e = E_ARGUMENT;
    if (!e)
        e = mobile_restart(m);
    if (e) {
        mobile_close(m);
        return e;
    }
    *out = m;
    return E_OK;
}

void mobile_close(struct mobile *m)
{
    if (!m)
        return;
    channels_close(m);
    wipe(m, sizeof *m);
    free(m);
}

/* ---- one command ---- */

/* 6.4.7: after the answer, so that the card knows that it was heard. */
static enum err refresh(struct mobile *m, const struct proactive *c)
{
    if (proactive_resets(c)) {
        m->restart = true;
        return E_OK;
    }
    if (c->qualifier != CAT_REFRESH_PROFILE_STATE_CHANGE)
        return E_OK;
    /* another profile: what the one before asked for ends with it, and the new one is introduced */
    uint8_t waiting = m->waiting;
    end_session(m);
    m->waiting = waiting;
    return introduce(m);
}

static enum err respond(struct mobile *m, const struct proactive *c,
                        const struct proactive_answer *a)
{
    /* details 5, devices 4: the result is the third */
    struct mobile_event event = { .news = MOBILE_COMMAND,
                                  .type = c->type,
                                  .qualifier = c->qualifier,
                                  .result = a->octets[11],
                                  .info = a->octets[10] > 1 ? a->octets[12] : -1,
                                  .data = slice_of(m->deferred.octets, m->deferred.n) };
    enum err e = mobile_send(m, INS_TERMINAL_RESPONSE, slice_of(a->octets, a->n), NO_LE);

    if (c->type == CAT_OPEN_CHANNEL) {
        event.channel = m->opened.channel;
        event.asked = m->opened.asked.n ? &m->opened.asked : NULL;
        event.to = m->opened.to.n ? &m->opened.to : NULL;
    } else if (c->type > CAT_OPEN_CHANNEL && c->type < CAT_GET_CHANNEL_STATUS) {
        event.channel = c->destination > CAT_CHANNEL ? c->destination - CAT_CHANNEL : 0;
    }
    mobile_tell(m, &event);
    return e || c->type != CAT_REFRESH ? e : refresh(m, c);
}

static enum err perform(struct mobile *m)
{
    struct deferred *d = &m->deferred;
    struct proactive_answer a;
    struct proactive c;
    uint8_t n = m->waiting;
    enum err e;

    m->waiting = 0; /* the next may wait already when this one has been fetched */
    e = mobile_send(m, INS_FETCH, SLICE_NONE, n);
    if (e || !m->card.n || m->card.n > sizeof d->octets)
        return e;
    d->n = m->card.n;
    memcpy(d->octets, m->card.data, d->n);
    if (proactive_parse(slice_of(d->octets, d->n), &c))
        return E_OK; /* nothing that could be answered */
    memset(&m->opened, 0, sizeof m->opened);
    answer_command(m, &c, &a);
    return d->on ? E_OK : respond(m, &c, &a);
}

static enum err finish(struct mobile *m, const struct proactive_answer *a)
{
    struct proactive c = m->deferred.command;

    m->deferred.on = false;
    return respond(m, &c, a);
}

static enum err poll_card(struct mobile *m)
{
    static const uint8_t status[4] = { 0x80, INS_STATUS, 0x00, 0x0C };

    m->poll_at_ms = mobile_now(m) + m->poll_ms;
    return exchange(m, status, SLICE_NONE, NO_LE);
}

/* ---- what is due ---- */

static bool location_one(struct mobile *m, enum err *e)
{
    uint8_t tlvs[] = { 0x99,     0x01, CAT_EVENT_LOCATION_STATUS,
                       0x82,     0x02, CAT_TERMINAL,
                       CAT_UICC, 0x9B, 0x01,
                       0x00, /* normal service */
                       0x93,     0x07, 0,
                       0,        0,    0,
                       0,        0,    0 };

    if (!m->registered && mobile_now(m) - m->started_ms >= m->o.register_ms)
        m->registered = m->location_news = true;
    if (!m->registered || !m->location_news)
        return false;
    if (!(m->events & CAT_EVENT_BIT(CAT_EVENT_LOCATION_STATUS))) {
        m->location_news = false; /* 7.5: only changes are told */
        return false;
    }
    if (location_octets(&m->location, tlvs + sizeof tlvs - 7))
        return false;
    *e = mobile_envelope(m, 0xD6, SLICE_OF(tlvs));
    m->location_news = !*e && m->card.sw == SW_BUSY;
    return true;
}

/* One exchange or so; false: nothing is due. */
static bool one_thing(struct mobile *m, enum err *e)
{
    struct proactive_answer a;

    if (m->restart) {
        *e = mobile_restart(m);
        return true;
    }
    if (m->deferred.on) {
        if (!(m->deferred.command.type == CAT_OPEN_CHANNEL ? deferred_open : deferred_send)(m, &a))
            return false;
        *e = finish(m, &a);
        return true;
    }
    if (m->waiting) {
        *e = perform(m);
        return true;
    }
    if (mobile_now(m) >= m->busy_until_ms &&
        (timers_one(m, e) || channels_one(m, e) || location_one(m, e)))
        return true;
    if (m->poll_ms && mobile_now(m) >= m->poll_at_ms) {
        *e = poll_card(m);
        return true;
    }
    return false;
}

enum err mobile_step(struct mobile *m)
{
    enum err e = E_OK;
    unsigned i = 0;

    do {
        channels_move(m);
    } while (one_thing(m, &e) && !e && ++i < STEP_COMMANDS);
    return e;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When something will be due without the network's doing. */
static uint64_t due_ms(const struct mobile *m)
{
    uint64_t due = channels_due_ms(m);

    if (m->deferred.on)
        return earlier(due, m->deferred.until_ms);
    if (m->waiting || m->restart)
        return 0;
    /* a busy card is not told of anything meanwhile */
    due = earlier(due, m->busy_until_ms > mobile_now(m) ? m->busy_until_ms : timers_due_ms(m));
    if (m->poll_ms)
        due = earlier(due, m->poll_at_ms);
    if (!m->registered)
        due = earlier(due, m->started_ms + m->o.register_ms);
    return due;
}

enum err mobile_run(struct mobile *m, unsigned ms)
{
    struct mobile_wait on[MOBILE_CHANNELS];
    uint64_t now = mobile_now(m), end = now + ms;
    enum err e;

    do {
        e = mobile_step(m);
        now = mobile_now(m);
        uint64_t due = earlier(end, due_ms(m));
        if (!e && due > now)
            m->net->wait(m->net->ctx, on, channels_wait(m, on), (unsigned)(due - now));
        now = mobile_now(m);
    } while (!e && now < end);
    return e;
}

bool mobile_idle(const struct mobile *m)
{
    if (m->restart || m->waiting || m->deferred.on || m->busy_until_ms > mobile_now(m))
        return false;
    for (size_t i = 0; i < MOBILE_CHANNELS; i++)
        if (m->channels[i].used)
            return false;
    return !m->location_news && timers_due_ms(m) > mobile_now(m);
}

/* ---- from outside ---- */

enum err mobile_sms(struct mobile *m, slice tpdu, uint8_t *answer, size_t size, size_t *n,
                    uint16_t *sw)
{
    static const uint8_t devices[] = { 0x82, 0x02, CAT_NETWORK, CAT_UICC };
    uint8_t tlvs[255];
    size_t head = tpdu.n < 0x80 ? 2 : 3, at = sizeof devices;
    enum err e;

    *n = 0;
    *sw = 0;
    if (tpdu.n < 1 || at + head + tpdu.n + 3 > sizeof tlvs)
        return E_SIZE;
    memcpy(tlvs, devices, at);
    tlvs[at] = 0x80 | CAT_TAG_SMS_TPDU;
    tlvs[at + 1] = 0x81;
    at += head;
    tlvs[at - 1] = (uint8_t)tpdu.n;
    memcpy(tlvs + at, tpdu.p, tpdu.n);
    e = mobile_envelope(m, 0xD1, slice_of(tlvs, at + tpdu.n));
    if (e)
        return e;
    *sw = m->card.sw;
    if (*sw == SW_BUSY)
        return E_AGAIN;
    if (m->card.n > size)
        return E_NOSPACE;
    memcpy(answer, m->card.data, m->card.n);
    *n = m->card.n;
    return *sw == SW_NORMAL || *sw >> 8 == 0x62 || *sw >> 8 == 0x63 ? E_OK : E_REFUSED;
}

enum err mobile_move(struct mobile *m, const struct mobile_location *to)
{
    uint8_t octets[7];
    enum err e = location_octets(to, octets);

    if (e)
        return e;
    m->location = *to;
    m->location_news = m->registered;
    return E_OK;
}
