/* SEND DATA, RECEIVE DATA and the events of channels (TS 102 223 6.4.29, 6.4.30, 7.5). */
#include "terminal/mobile_impl.h"

enum { SEND_NOW = 0x01, EVENT_DOWNLOAD = 0xD6 };

/* How many, as the card is told: FF is 255 or more (8.54). */
static uint8_t told(size_t n)
{
    return n > 0xFF ? 0xFF : (uint8_t)n;
}

static void store(struct channel *ch, slice data)
{
    memcpy(ch->stored + ch->stored_n, data.p, data.n);
    ch->stored_n = (uint16_t)(ch->stored_n + data.n);
}

static void stored(const struct proactive *c, const struct channel *ch, struct proactive_answer *a)
{
    uint8_t room = told((size_t)ch->size - ch->stored_n);

    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
    proactive_answer_put(a, CAT_TAG_CHANNEL_DATA_LENGTH, slice_of(&room, 1));
}

/* A datagram that has not left is not made longer by the next one. */
static bool fits(const struct channel *ch, slice data)
{
    return data.n <= (size_t)ch->size - ch->stored_n && (ch->tcp || !ch->sending);
}

/* What fits is taken; *ok: it was. */
static bool take(struct mobile *m, const struct proactive *c, struct channel *ch,
                 struct proactive_answer *a)
{
    slice data = cat_tlv(c->tlvs, CAT_TAG_CHANNEL_DATA);

    if (!fits(ch, data))
        return false;
    if (data.n)
        store(ch, data);
    if (c->qualifier & SEND_NOW && ch->stored_n)
        ch->sending = true;
    if (ch->sending && ch->link == LINK_NONE && channel_connect(m, ch)) {
        channel_free(m, ch);
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_UNREACHABLE);
        return true;
    }
    channels_move(m);
    if (ch->link == LINK_GONE)
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_CHANNEL_CLOSED);
    else
        stored(c, ch, a);
    return true;
}

void perform_send_data(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    slice data = cat_tlv(c->tlvs, CAT_TAG_CHANNEL_DATA);
    int info;
    struct channel *ch = channel_of(m, c, &info);

    if (!ch)
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, info);
    else if (!data.p)
        proactive_answer(a, c, PROACTIVE_VALUES_MISSING, -1);
    else if (ch->link == LINK_GONE)
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_CHANNEL_CLOSED);
    else if (take(m, c, ch, a))
        return;
    else if (ch->sending) /* room comes when the network has taken what is there */
        defer(m, c, ch);
    else
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_BUFFER);
}

bool deferred_send(struct mobile *m, struct proactive_answer *a)
{
    struct channel *ch = &m->channels[m->deferred.channel];
    const struct proactive *c = &m->deferred.command;

    if (ch->link == LINK_GONE)
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_CHANNEL_CLOSED);
    else if (take(m, c, ch, a))
        return true;
    else if (!ch->sending)
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_BUFFER);
    else if (mobile_now(m) >= m->deferred.until_ms)
        proactive_answer(a, c, PROACTIVE_NETWORK_UNABLE, 0);
    else
        return false;
    return true;
}

/* What is there, up to what was asked for; also of a link that is gone. */
void perform_receive_data(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    slice length = cat_tlv(c->tlvs, CAT_TAG_CHANNEL_DATA_LENGTH);
    int info;
    struct channel *ch = channel_of(m, c, &info);
    size_t n;
    uint8_t left;

    if (!ch) {
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, info);
        return;
    }
    if (length.n != 1) {
        proactive_answer(a, c, length.p ? PROACTIVE_NOT_UNDERSTOOD : PROACTIVE_VALUES_MISSING, -1);
        return;
    }
    n = length.p[0] < CAT_RECEIVE_MAX ? length.p[0] : CAT_RECEIVE_MAX;
    if (n > ch->received_n)
        n = ch->received_n;
    proactive_answer(a, c, n < length.p[0] ? PROACTIVE_MISSING_INFORMATION : PROACTIVE_PERFORMED,
                     -1);
    proactive_answer_put(a, CAT_TAG_CHANNEL_DATA, slice_of(ch->received, n));
    ch->received_n = (uint16_t)(ch->received_n - n);
    memmove(ch->received, ch->received + n, ch->received_n);
    ch->data_news = ch->data_news && ch->received_n;
    left = told(ch->received_n);
    proactive_answer_put(a, CAT_TAG_CHANNEL_DATA_LENGTH, slice_of(&left, 1));
}

/* ---- events ---- */

static bool wants(const struct mobile *m, enum cat_event event)
{
    return (m->events & CAT_EVENT_BIT(event)) != 0;
}

static enum err tell_data(struct mobile *m, struct channel *ch)
{
    uint8_t tlvs[] = { 0x99,     0x01, CAT_EVENT_DATA_AVAILABLE,
                       0x82,     0x02, CAT_TERMINAL,
                       CAT_UICC, 0xB8, 0x02,
                       0,        0,    0xB7,
                       0x01,     0 };

    channel_status(m, ch, tlvs + 9);
    tlvs[13] = told(ch->received_n);
    return mobile_envelope(m, EVENT_DOWNLOAD, SLICE_OF(tlvs));
}

static enum err tell_status(struct mobile *m, struct channel *ch)
{
    uint8_t tlvs[] = {
        0x99, 0x01, CAT_EVENT_CHANNEL_STATUS, 0x82, 0x02, CAT_TERMINAL, CAT_UICC, 0xB8, 0x02, 0, 0
    };

    channel_status(m, ch, tlvs + 9);
    return mobile_envelope(m, EVENT_DOWNLOAD, SLICE_OF(tlvs));
}

/* The card may be busy: then it is told again. Octets come before the news that the link is gone.
 */
bool channels_one(struct mobile *m, enum err *e)
{
    for (size_t i = 0; i < MOBILE_CHANNELS; i++) {
        struct channel *ch = &m->channels[i];
        bool up = ch->link_news && ch->link == LINK_UP;

        if (!ch->used)
            continue;
        if (ch->data_news && !up && wants(m, CAT_EVENT_DATA_AVAILABLE)) {
            *e = tell_data(m, ch);
            ch->data_news = !*e && m->card.sw == SW_BUSY;
            return true;
        }
        if (ch->link_news && wants(m, CAT_EVENT_CHANNEL_STATUS)) {
            *e = tell_status(m, ch);
            ch->link_news = !*e && m->card.sw == SW_BUSY;
            return true;
        }
    }
    return false;
}
