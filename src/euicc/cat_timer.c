/* The terminal's eight timers: TIMER MANAGEMENT and what comes of it (TS 102 223 6.4.21, 7.4). */
#include "euicc/card_impl.h"

enum { TIMER_START = 0x00, TIMER_DEACTIVATE = 0x01 };

static uint8_t swapped_bcd(uint32_t n)
{
    return (uint8_t)(n % 10 << 4 | n / 10);
}

static struct cat_running *running(struct card *card, uint8_t id)
{
    return id >= 1 && id <= CAT_TIMERS && card->cat.timers[id - 1].used ? &card->cat.timers[id - 1]
                                                                        : NULL;
}

/* The number is free again before the owner hears of it: the owner may start the next. */
static void end(struct card *card, struct cat_running *t, bool expired)
{
    struct cat_running was = *t;

    *t = (struct cat_running){ .used = false };
    if (was.fn)
        was.fn(card, was.ctx, expired);
}

void cat_timers_end(struct card *card)
{
    for (unsigned i = 0; i < CAT_TIMERS; i++)
        if (card->cat.timers[i].used)
            end(card, &card->cat.timers[i], false);
}

void cat_timer_expired(struct card *card, uint8_t id)
{
    struct cat_running *t = running(card, id);

    if (t)
        end(card, t, true);
}

/* ctx is the timer's place. */
static void started(struct card *card, void *ctx, int result, slice body)
{
    struct cat_running *t = ctx;

    (void)body;
    if (t->used && (result < 0 || result >= CAT_NOT_PERFORMED))
        end(card, t, false);
}

/*
 * Whatever the answer: it does not run any more, or its expiration will find nobody. If it expired
 * meanwhile, its place may have an owner already, whose start is behind this in the queue.
 */
static void stopped(struct card *card, void *ctx, int result, slice body)
{
    struct cat_running *t = ctx;

    (void)card;
    (void)result;
    (void)body;
    if (!t->fn)
        *t = (struct cat_running){ .used = false };
}

enum err cat_timer_start(struct card *card, uint32_t seconds, cat_timer *fn, void *ctx, uint8_t *id)
{
    struct cat_running *t = card->cat.timers;
    uint8_t tlvs[] = { 0x80 | CAT_TAG_TIMER_ID,
                       1,
                       1,
                       0x80 | CAT_TAG_TIMER_VALUE,
                       3,
                       swapped_bcd(seconds / 3600),
                       swapped_bcd(seconds / 60 % 60),
                       swapped_bcd(seconds % 60) };
    enum err err;

    if (seconds == 0 || seconds >= 24 * 3600)
        return E_RANGE;
    for (; t->used; t++, tlvs[2]++)
        if (tlvs[2] == CAT_TIMERS)
            return E_LIMIT;
    err = cat_queue(card, CAT_TIMER_MANAGEMENT, TIMER_START, SLICE_OF(tlvs), started, t);
    if (err)
        return err;
    *t = (struct cat_running){ .used = true, .fn = fn, .ctx = ctx };
    *id = tlvs[2];
    return E_OK;
}

/* Where the command cannot be queued the number stays in use until the timer expires. */
void cat_timer_stop(struct card *card, uint8_t id)
{
    uint8_t tlvs[] = { 0x80 | CAT_TAG_TIMER_ID, 1, id };
    struct cat_running *t = running(card, id);

    if (!t)
        return;
    t->fn = NULL;
    if (cat_queue(card, CAT_TIMER_MANAGEMENT, TIMER_DEACTIVATE, SLICE_OF(tlvs), stopped, t))
        return;
}
