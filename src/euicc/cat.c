/*
 * The queue of proactive commands (TS 102 223, TS 102 221 7.4.2): one is outstanding, the rest
 * waits in order. What is in them: cat_commands.c; ENVELOPE: cat_envelope.c.
 */
#include "euicc/card_impl.h"

#include "base/secret.h"
#include "der/der.h"

enum { TAG_PROACTIVE = 0xD0, COMPREHENSION = 0x80 };

/* ---- comprehension TLVs (TS 101 220 7.1.1) ---- */

bool cat_next(slice *in, uint32_t *tag, slice *value)
{
    size_t head = in->n && in->p[0] == 0x7F ? 3 : 1, n, more;

    if (in->n < head + 1)
        return false;
    *tag = head == 3 ? (uint32_t)(0x7F0000 | (in->p[1] & 0x7F) << 8 | in->p[2]) : in->p[0] & 0x7Fu;
    n = in->p[head];
    more = n & 0x80 ? n & 0x7F : 0;
    if (more > 3 || n == 0x80 || in->n < head + 1 + more)
        return false;
    for (size_t i = 0; i < more; i++)
        n = (i ? n << 8 : 0) | in->p[head + 1 + i];
    head += 1 + more;
    if (in->n - head < n)
        return false;
    *value = slice_of(in->p + head, n);
    *in = slice_skip(*in, head + n);
    return true;
}

slice cat_tlv(slice body, enum cat_tag tag)
{
    uint32_t got;
    slice value;

    while (cat_next(&body, &got, &value))
        if (got == tag)
            return value;
    return SLICE_NONE;
}

uint8_t cat_result_info(slice body)
{
    slice result = cat_tlv(body, CAT_TAG_RESULT);

    return result.n >= 2 ? result.p[1] : 0;
}

/* ---- the queue ---- */

uint8_t cat_waiting(const struct card *card)
{
    return card->cat.count && !card->cat.fetched ? card->cat.queue[0].n : 0;
}

bool cat_busy(const struct card *card)
{
    return card->cat.count > 0;
}

slice card_terminal_profile(const struct card *card)
{
    return card->cat.profile_given ? slice_of(card->cat.profile, card->cat.profile_n) : SLICE_NONE;
}

enum err cat_watch(struct card *card, cat_heard *heard, void *ctx)
{
    if (card->watcher_count == CAT_WATCHES)
        return E_LIMIT;
    card->watchers[card->watcher_count++] = (struct cat_watcher){ heard, ctx };
    return E_OK;
}

void cat_tell(struct card *card, enum cat_news news, uint8_t event, slice body)
{
    for (unsigned i = 0; i < card->watcher_count; i++)
        card->watchers[i].heard(card, card->watchers[i].ctx, news, event, body);
}

/* Behind D0 and its length, which has two octets from 80 on. */
static const uint8_t *details(const struct cat_command *c)
{
    return c->octets + (c->octets[1] == 0x81 ? 3 : 2);
}

static bool is_queued(const struct card *card, uint8_t type)
{
    for (unsigned i = 0; i < card->cat.count; i++)
        if (details(&card->cat.queue[i])[3] == type)
            return true;
    return false;
}

/* The command leaves the queue before its owner hears of it: the owner may queue the next. */
static void finish_first(struct card *card, int result, slice body)
{
    struct cat *cat = &card->cat;
    struct cat_command first = cat->queue[0];

    cat->count--;
    memmove(cat->queue, cat->queue + 1, cat->count * sizeof cat->queue[0]);
    wipe(&cat->queue[cat->count], sizeof cat->queue[0]);
    cat->fetched = false;
    if (first.done)
        first.done(card, first.ctx, result, body);
    wipe(&first, sizeof first);
}

/*
 * Whoever waits for something hears that it will not come. No TERMINAL PROFILE meanwhile: nothing
 * that they do now can queue a command.
 */
static void end_session(struct card *card)
{
    card->cat.profile_given = false;
    for (unsigned n = card->cat.count; n > 0 && card->cat.count > 0; n--)
        finish_first(card, -1, SLICE_NONE);
    cat_timers_end(card);
    cat_tell(card, CAT_NEWS_ENDED, 0, SLICE_NONE);
}

void cat_reset(struct card *card)
{
    end_session(card);
    wipe(&card->cat, sizeof card->cat);
}

void cat_profile_changed(struct card *card)
{
    bool given = card->cat.profile_given;

    end_session(card);
    card->cat.events = card->cat.events_asked = 0;
    card->cat.polled_every_s = 0;
    card->cat.profile_given = given;
}

/* TS 102 223 5.2: where the TERMINAL PROFILE announces a command. */
static const struct {
    uint8_t type;
    int16_t qualifier; /* -1: whatever it is */
    uint8_t octet, bit;
} announced[] = {
    { CAT_DISPLAY_TEXT, -1, 3, 0x01 },
    { CAT_MORE_TIME, -1, 3, 0x08 },
    { CAT_POLL_INTERVAL, -1, 3, 0x20 },
    { CAT_POLLING_OFF, -1, 3, 0x40 },
    { CAT_SEND_SHORT_MESSAGE, -1, 4, 0x02 },
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x00, 4, 0x40 },  /* location */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x01, 4, 0x40 },  /* IMEI */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x02, 4, 0x80 },  /* network measurement results */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x03, 8, 0x04 },  /* date, time and time zone */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x04, 9, 0x08 },  /* language */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x05, 9, 0x10 },  /* timing advance */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x06, 9, 0x80 },  /* access technology */
    { CAT_PROVIDE_LOCAL_INFORMATION, 0x08, 18, 0x40 }, /* IMEISV */
    { CAT_SET_UP_EVENT_LIST, -1, 5, 0x01 },
    { CAT_TIMER_MANAGEMENT, 0x00, 8, 0x01 }, /* start */
    { CAT_TIMER_MANAGEMENT, 0x01, 8, 0x01 }, /* deactivate */
    { CAT_TIMER_MANAGEMENT, 0x02, 8, 0x02 }, /* get current value */
    { CAT_OPEN_CHANNEL, -1, 12, 0x01 },
    { CAT_CLOSE_CHANNEL, -1, 12, 0x02 },
    { CAT_RECEIVE_DATA, -1, 12, 0x04 },
    { CAT_SEND_DATA, -1, 12, 0x08 },
    { CAT_GET_CHANNEL_STATUS, -1, 12, 0x10 },
};

bool cat_terminal_has(const struct card *card, unsigned octet, uint8_t bits)
{
    const struct cat *cat = &card->cat;

    return cat->profile_given && octet >= 1 && octet <= cat->profile_n &&
           (cat->profile[octet - 1] & bits) == bits;
}

bool cat_terminal_can(const struct card *card, uint8_t type, uint8_t qualifier)
{
    if (type == CAT_REFRESH)
        return card->cat.profile_given;
    for (size_t i = 0; i < COUNT(announced); i++)
        if (announced[i].type == type &&
            (announced[i].qualifier < 0 || announced[i].qualifier == qualifier))
            return cat_terminal_has(card, announced[i].octet, announced[i].bit);
    return false;
}

enum err cat_queue_to(struct card *card, uint8_t device, uint8_t type, uint8_t qualifier,
                      slice tlvs, cat_done *done, void *ctx)
{
    struct cat *cat = &card->cat;
    uint8_t body[] = { COMPREHENSION | CAT_TAG_DETAILS, 3, 0,        type,  qualifier,
                       COMPREHENSION | CAT_TAG_DEVICES, 2, CAT_UICC, device };
    uint8_t head[DER_HEAD_MAX];
    size_t h = der_put_head(TAG_PROACTIVE, sizeof body + tlvs.n, head);

    if (!cat->profile_given)
        return E_STATE;
    if (!cat_terminal_can(card, type, qualifier))
        return E_UNSUPPORTED;
    if (cat->count == CAT_QUEUE || h + sizeof body + tlvs.n > CAT_COMMAND_MAX)
        return E_LIMIT;
    struct cat_command *c = &cat->queue[cat->count++];
    cat->number = cat->number % 0xFE + 1;
    body[2] = cat->number;
    *c = (struct cat_command){ .n = (uint8_t)(h + sizeof body + tlvs.n), .done = done, .ctx = ctx };
    memcpy(c->octets, head, h);
    memcpy(c->octets + h, body, sizeof body);
    if (tlvs.n)
        memcpy(c->octets + h + sizeof body, tlvs.p, tlvs.n);
    return E_OK;
}

enum err cat_queue(struct card *card, uint8_t type, uint8_t qualifier, slice tlvs, cat_done *done,
                   void *ctx)
{
    return cat_queue_to(card, CAT_TERMINAL, type, qualifier, tlvs, done, ctx);
}

/* ---- commands ---- */

void command_terminal_profile(struct card *card, struct channel *ch, const struct apdu *apdu,
                              struct reply *out)
{
    struct cat *cat = &card->cat;
    size_t n = apdu->data.n < TERMINAL_PROFILE_MAX ? apdu->data.n : TERMINAL_PROFILE_MAX;

    (void)ch;
    if (apdu->p1 || apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    memcpy(cat->profile, apdu->data.p, n);
    cat->profile_n = (uint8_t)n;
    cat->profile_given = true;
    if (cat->fetched) /* the terminal begins anew: it will not answer this one */
        finish_first(card, -1, SLICE_NONE);
    if (card->personality->poll_interval_s && !is_queued(card, CAT_POLL_INTERVAL) &&
        cat_terminal_can(card, CAT_POLL_INTERVAL, 0) &&
        cat_poll_interval(card, card->personality->poll_interval_s))
        out->sw = SW_OK; /* the queue is full of what is more urgent */
    cat_tell(card, CAT_NEWS_READY, 0, SLICE_NONE);
}

void command_terminal_capability(struct card *card, struct channel *ch, const struct apdu *apdu,
                                 struct reply *out)
{
    struct tlv t;

    (void)ch;
    if (apdu->p1 || apdu->p2)
        out->sw = SW_P1P2;
    else if (!apdu->data.p)
        out->sw = SW_LENGTH;
    else if (der_one(apdu->data, &t) || t.tag != 0xA9 || t.value.n > CAPABILITY_MAX)
        out->sw = SW_DATA;
    if (out->sw != SW_OK)
        return;
    if (t.value.n)
        memcpy(card->capability, t.value.p, t.value.n);
    card->capability_n = (uint8_t)t.value.n;
}

void command_fetch(struct card *card, struct channel *ch, const struct apdu *apdu,
                   struct reply *out)
{
    (void)ch;
    if (apdu->p1 || apdu->p2 || apdu->data.p) {
        out->sw = apdu->data.p ? SW_LENGTH : SW_P1P2;
        return;
    }
    uint8_t n = cat_waiting(card);
    if (n == 0) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (apdu->ne && apdu->ne < APDU_SHORT_NE && apdu->ne != n) {
        out->sw = (uint16_t)(SW_WRONG_LE | n);
        return;
    }
    reply_put(out, slice_of(card->cat.queue[0].octets, n));
    card->cat.fetched = true;
}

/* Both command details and a result are there; comprehension bits may be absent. */
static bool parse_response(slice in, slice *of, int *result)
{
    slice got = cat_tlv(in, CAT_TAG_RESULT), left = in, value;
    uint32_t tag;

    while (cat_next(&left, &tag, &value))
        ;
    *of = cat_tlv(in, CAT_TAG_DETAILS);
    if (left.n || of->n != 3 || got.n < 1)
        return false;
    *result = got.p[0];
    return true;
}

void command_terminal_response(struct card *card, struct channel *ch, const struct apdu *apdu,
                               struct reply *out)
{
    int result;
    slice of;

    (void)ch;
    if (apdu->p1 || apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (!card->cat.fetched) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (!parse_response(apdu->data, &of, &result)) {
        out->sw = SW_DATA;
        return;
    }
    /* details as in the command, TS 102 223 6.8.1; an answer to another one changes nothing */
    if (memcmp(of.p, details(&card->cat.queue[0]) + 2, 2) != 0)
        return;
    finish_first(card, result, apdu->data);
    cat_tell(card, CAT_NEWS_ROOM, 0, SLICE_NONE);
}

void command_envelope(struct card *card, struct channel *ch, const struct apdu *apdu,
                      struct reply *out)
{
    struct tlv t;

    (void)ch;
    if (apdu->p1 || apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (der_one(apdu->data, &t) || t.tag < 0xD1 || t.tag > 0xD7)
        out->sw = SW_DATA;
    else
        cat_envelope(card, t.tag, t.value, out);
}
