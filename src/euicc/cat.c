/*
 * Proactive commands (TS 102 223, TS 102 221 7.4.2): one is outstanding, the rest waits in order.
 */
#include "euicc/card_impl.h"

#include "base/secret.h"
#include "der/der.h"

enum { TAG_PROACTIVE = 0xD0, TAG_DETAILS = 0x81, TAG_DEVICES = 0x82, TAG_RESULT = 0x83 };

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

/* The command leaves the queue before its owner hears of it: the owner may queue the next. */
static void finish_first(struct card *card, int result, slice body)
{
    struct cat *cat = &card->cat;
    struct cat_command first = cat->queue[0];

    cat->count--;
    memmove(cat->queue, cat->queue + 1, cat->count * sizeof cat->queue[0]);
    cat->fetched = false;
    if (first.done)
        first.done(card, first.ctx, result, body);
}

void cat_reset(struct card *card)
{
    for (unsigned n = card->cat.count; n > 0 && card->cat.count > 0; n--)
        finish_first(card, -1, SLICE_NONE);
    memset(&card->cat, 0, sizeof card->cat);
}

enum err cat_queue(struct card *card, uint8_t type, uint8_t qualifier, slice tlvs, cat_done *done,
                   void *ctx)
{
    struct cat *cat = &card->cat;
    uint8_t head[] = { TAG_DETAILS, 3, 0, type, qualifier, TAG_DEVICES, 2, 0x81, 0x82 };
    size_t n = sizeof head + tlvs.n;

    if (!cat->profile_given)
        return E_STATE;
    if (cat->count == CAT_QUEUE || n + 2 > CAT_COMMAND_MAX)
        return E_LIMIT;
    struct cat_command *c = &cat->queue[cat->count++];
    cat->number = cat->number % 0xFE + 1;
    head[2] = cat->number;
    *c = (struct cat_command){ .n = (uint8_t)(n + 2), .done = done, .ctx = ctx };
    c->octets[0] = TAG_PROACTIVE;
    c->octets[1] = (uint8_t)n;
    memcpy(c->octets + 2, head, sizeof head);
    if (tlvs.n)
        memcpy(c->octets + 2 + sizeof head, tlvs.p, tlvs.n);
    return E_OK;
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

/* The number in the command details and the general result; comprehension bits may be absent. */
static bool parse_response(slice in, uint8_t *number, int *result)
{
    struct der_reader r = der_reader(in);

    *result = -1;
    *number = 0;
    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if ((t.tag | 0x80) == TAG_DETAILS && t.value.n == 3)
            *number = t.value.p[0];
        if ((t.tag | 0x80) == TAG_RESULT && t.value.n >= 1 && *result < 0)
            *result = t.value.p[0];
    }
    return !r.err && *number && *result >= 0;
}

void command_terminal_response(struct card *card, struct channel *ch, const struct apdu *apdu,
                               struct reply *out)
{
    uint8_t number;
    int result;

    (void)ch;
    if (apdu->p1 || apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (!card->cat.fetched) {
        out->sw = SW_CONDITIONS;
        return;
    }
    if (!parse_response(apdu->data, &number, &result))
        out->sw = SW_DATA;
    else if (number == card->cat.queue[0].octets[4])
        finish_first(card, result, apdu->data);
}

void command_envelope(struct card *card, struct channel *ch, const struct apdu *apdu,
                      struct reply *out)
{
    struct tlv t;

    (void)card;
    (void)ch;
    if (apdu->p1 || apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    /* TS 102 223 7: tags D1..D7; nothing in this card is registered for any of them */
    if (der_one(apdu->data, &t) || t.tag < 0xD1 || t.tag > 0xD7)
        out->sw = SW_DATA;
}
