/* TIMER MANAGEMENT (TS 102 223 6.4.21) and TIMER EXPIRATION (7.4). */
#include "terminal/mobile_impl.h"

enum { START = 0x00, DEACTIVATE = 0x01, GET_VALUE = 0x02 };

static uint8_t swapped(uint64_t n)
{
    return (uint8_t)(n % 10 << 4 | n / 10 % 10);
}

/* Two digits, swapped, below the limit; -1 otherwise. */
static int number(uint8_t octet, int limit)
{
    int n = (octet & 0x0F) * 10 + (octet >> 4);

    return (octet & 0x0F) > 9 || octet >> 4 > 9 || n >= limit ? -1 : n;
}

/* Hours, minutes and seconds; -1 when they are none. */
static int32_t seconds_of(slice value)
{
    int h, min, s;

    if (value.n != 3)
        return -1;
    h = number(value.p[0], 24);
    min = number(value.p[1], 60);
    s = number(value.p[2], 60);
    return h < 0 || min < 0 || s < 0 ? -1 : (h * 60 + min) * 60 + s;
}

static void value_of(uint64_t ms, uint8_t out[3])
{
    uint64_t s = (ms + 999) / 1000;

    out[0] = swapped(s / 3600);
    out[1] = swapped(s / 60 % 60);
    out[2] = swapped(s % 60);
}

static void start(struct mobile *m, const struct proactive *c, struct timer *t,
                  struct proactive_answer *a)
{
    slice value = cat_tlv(c->tlvs, CAT_TAG_TIMER_VALUE);
    int32_t seconds = seconds_of(value);

    if (!value.p || seconds < 0) {
        proactive_answer(a, c, value.p ? PROACTIVE_NOT_UNDERSTOOD : PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    *t = (struct timer){ .running = true, .started_ms = mobile_now(m) };
    t->due_ms = t->started_ms + (uint64_t)seconds * 1000;
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

void perform_timer(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    slice id = cat_tlv(c->tlvs, CAT_TAG_TIMER_ID);
    uint64_t now = mobile_now(m);
    uint8_t left[3];
    struct timer *t;

    if (id.n != 1 || id.p[0] < 1 || id.p[0] > MOBILE_TIMERS || c->qualifier > GET_VALUE) {
        proactive_answer(a, c, id.p ? PROACTIVE_NOT_UNDERSTOOD : PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    t = &m->timers[id.p[0] - 1];
    if (c->qualifier == START) {
        start(m, c, t, a);
        proactive_answer_put(a, CAT_TAG_TIMER_ID, id);
        return;
    }
    proactive_answer(a, c, t->running ? PROACTIVE_PERFORMED : PROACTIVE_TIMER_STATE, -1);
    proactive_answer_put(a, CAT_TAG_TIMER_ID, id);
    if (!t->running)
        return;
    value_of(t->due_ms > now ? t->due_ms - now : 0, left);
    proactive_answer_put(a, CAT_TAG_TIMER_VALUE, SLICE_OF(left));
    if (c->qualifier == DEACTIVATE)
        t->running = false;
}

void timers_stop(struct mobile *m)
{
    memset(m->timers, 0, sizeof m->timers);
}

static const struct timer *first_due(const struct mobile *m)
{
    const struct timer *first = NULL;

    for (size_t i = 0; i < MOBILE_TIMERS; i++)
        if (m->timers[i].running && (!first || m->timers[i].due_ms < first->due_ms))
            first = &m->timers[i];
    return first;
}

uint64_t timers_due_ms(const struct mobile *m)
{
    const struct timer *t = first_due(m);

    return t ? t->due_ms : UINT64_MAX;
}

bool timers_one(struct mobile *m, enum err *e)
{
    const struct timer *t = first_due(m);
    uint8_t tlvs[] = { 0x82, 0x02, CAT_TERMINAL, CAT_UICC, 0xA4, 0x01, 0, 0xA5, 0x03, 0, 0, 0 };
    uint64_t now = mobile_now(m);

    if (!t || t->due_ms > now)
        return false;
    tlvs[6] = (uint8_t)(t - m->timers + 1);
    value_of((now - t->started_ms) / 1000 * 1000, tlvs + 9); /* 7.4.1: since it was started */
    *e = mobile_envelope(m, 0xD7, SLICE_OF(tlvs));
    if (!*e && m->card.sw != SW_BUSY)
        m->timers[t - m->timers].running = false;
    return true;
}
