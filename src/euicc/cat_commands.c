/* Proactive commands, encoded (TS 102 223 6.6). */
#include "euicc/card_impl.h"

#define COMPREHENSION 0x80

/* TLVs one after another; what does not fit is found by cat_queue: n is past its limit then. */
struct tlvs {
    uint8_t octets[CAT_COMMAND_MAX];
    size_t n;
};

static void put(struct tlvs *t, uint8_t tag, slice a, slice b)
{
    size_t n = a.n + b.n, head = n < 0x80 ? 2 : 3;

    if (n > 0xFF || head + n > sizeof t->octets - t->n) {
        t->n = sizeof t->octets;
        return;
    }
    t->octets[t->n++] = tag;
    if (n >= 0x80)
        t->octets[t->n++] = 0x81;
    t->octets[t->n++] = (uint8_t)n;
    if (a.n)
        memcpy(t->octets + t->n, a.p, a.n);
    if (b.n)
        memcpy(t->octets + t->n + a.n, b.p, b.n);
    t->n += n;
}

static slice written(const struct tlvs *t)
{
    return slice_of(t->octets, t->n);
}

enum err cat_refresh(struct card *card, uint8_t mode, uint8_t count, slice paths, cat_done *done,
                     void *ctx)
{
    struct tlvs t = { .n = 0 };

    if (count)
        put(&t, COMPREHENSION | CAT_TAG_FILE_LIST, slice_of(&count, 1), paths);
    return cat_queue(card, CAT_REFRESH, mode, written(&t), done, ctx);
}

enum err cat_more_time(struct card *card, cat_done *done, void *ctx)
{
    return cat_queue(card, CAT_MORE_TIME, 0, SLICE_NONE, done, ctx);
}

/* ---- polling ---- */

enum { UNIT_MINUTES = 0x00, UNIT_SECONDS = 0x01, UNIT_TENTHS = 0x02 };

/* 6.4.6: the terminal says what it grants. */
static void interval_answered(struct card *card, void *ctx, int result, slice body)
{
    slice d = cat_tlv(body, CAT_TAG_DURATION);

    (void)ctx;
    if (result < 0 || result >= CAT_NOT_PERFORMED || d.n != 2)
        return;
    card->cat.polled_every_s = (uint16_t)(d.p[0] == UNIT_MINUTES   ? 60 * d.p[1]
                                          : d.p[0] == UNIT_SECONDS ? d.p[1]
                                                                   : (d.p[1] + 9) / 10);
}

static void off_answered(struct card *card, void *ctx, int result, slice body)
{
    (void)ctx;
    (void)body;
    if (result >= 0 && result < CAT_NOT_PERFORMED)
        card->cat.polled_every_s = 0;
}

uint16_t cat_polled_every_s(const struct card *card)
{
    return card->cat.polled_every_s;
}

enum err cat_poll_interval(struct card *card, uint16_t seconds)
{
    uint32_t minutes = (seconds + 59u) / 60;
    uint8_t duration[] = { seconds > 255 ? UNIT_MINUTES : UNIT_SECONDS,
                           (uint8_t)(seconds <= 255   ? seconds
                                     : minutes <= 255 ? minutes
                                                      : 255) };
    struct tlvs t = { .n = 0 };

    if (seconds == 0)
        return E_RANGE;
    put(&t, COMPREHENSION | CAT_TAG_DURATION, SLICE_OF(duration), SLICE_NONE);
    return cat_queue(card, CAT_POLL_INTERVAL, 0, written(&t), interval_answered, NULL);
}

enum err cat_polling_off(struct card *card)
{
    return cat_queue(card, CAT_POLLING_OFF, 0, SLICE_NONE, off_answered, NULL);
}

/* ---- information and messages ---- */

enum err cat_provide_local_information(struct card *card, uint8_t what, cat_done *done, void *ctx)
{
    return cat_queue(card, CAT_PROVIDE_LOCAL_INFORMATION, what, SLICE_NONE, done, ctx);
}

enum err cat_display_text(struct card *card, uint8_t qualifier, uint8_t dcs, slice text,
                          cat_done *done, void *ctx)
{
    struct tlvs t = { .n = 0 };

    put(&t, COMPREHENSION | CAT_TAG_TEXT, slice_of(&dcs, 1), text);
    return cat_queue_to(card, CAT_DISPLAY, CAT_DISPLAY_TEXT, qualifier, written(&t), done, ctx);
}

/* An empty alpha identifier: the user is not to be told (6.4.10). */
enum err cat_send_short_message(struct card *card, slice address, slice tpdu, cat_done *done,
                                void *ctx)
{
    struct tlvs t = { .n = 0 };

    put(&t, COMPREHENSION | CAT_TAG_ALPHA, SLICE_NONE, SLICE_NONE);
    if (address.p)
        put(&t, COMPREHENSION | CAT_TAG_ADDRESS, address, SLICE_NONE);
    put(&t, COMPREHENSION | CAT_TAG_SMS_TPDU, tpdu, SLICE_NONE);
    return cat_queue_to(card, CAT_NETWORK, CAT_SEND_SHORT_MESSAGE, 0, written(&t), done, ctx);
}

/* ---- events ---- */

static bool announces(const struct card *card, uint8_t event)
{
    /* TS 102 223 5.2 */
    static const struct {
        uint8_t event, octet, bit;
    } places[] = {
        { CAT_EVENT_LOCATION_STATUS, 5, 0x10 },
        { CAT_EVENT_DATA_AVAILABLE, 6, 0x04 },
        { CAT_EVENT_CHANNEL_STATUS, 6, 0x08 },
        { CAT_EVENT_PROFILE_CONTAINER, 31, 0x80 },
    };

    for (size_t i = 0; i < COUNT(places); i++)
        if (places[i].event == event)
            return cat_terminal_has(card, places[i].octet, places[i].bit);
    return false;
}

static void events_answered(struct card *card, void *ctx, int result, slice body)
{
    struct cat *cat = &card->cat;
    cat_done *done = cat->events_done;

    (void)ctx;
    if (result >= 0 && result < CAT_NOT_PERFORMED)
        cat->events = cat->events_asked;
    cat->events_asked = 0;
    if (done)
        done(card, cat->events_ctx, result, body);
}

uint32_t cat_events(const struct card *card)
{
    return card->cat.events;
}

enum err cat_want_events(struct card *card, uint32_t events, cat_done *done, void *ctx)
{
    struct cat *cat = &card->cat;
    struct tlvs t = { .n = 0 };
    uint8_t list[32];
    size_t n = 0;
    enum err err;

    if (!cat->profile_given)
        return E_STATE;
    if (cat->events_asked)
        return E_CONFLICT;
    for (uint8_t e = 0; e < 32; e++) {
        if ((events & CAT_EVENT_BIT(e)) && !announces(card, e))
            return E_UNSUPPORTED;
        if ((events | cat->events) & CAT_EVENT_BIT(e))
            list[n++] = e;
    }
    put(&t, COMPREHENSION | CAT_TAG_EVENT_LIST, slice_of(list, n), SLICE_NONE);
    err = cat_queue(card, CAT_SET_UP_EVENT_LIST, 0, written(&t), events_answered, NULL);
    if (err)
        return err;
    cat->events_asked = events | cat->events;
    cat->events_done = done;
    cat->events_ctx = ctx;
    return E_OK;
}

/* ---- channels ---- */

enum { IMMEDIATE_LINK = 0x01, SEND_LATER = 0x00, SEND_NOW = 0x01, BEARER_DEFAULT = 0x03 };
enum { ADDRESS_IPV4 = 0x21, ADDRESS_IPV6 = 0x57, TEXT_8_BIT = 0x04 };

enum err cat_open_channel(struct card *card, const struct cat_channel *c, cat_done *done, void *ctx)
{
    static const uint8_t bearer = BEARER_DEFAULT, text = TEXT_8_BIT;
    uint8_t buffer[] = { (uint8_t)(c->buffer >> 8), (uint8_t)c->buffer };
    uint8_t transport[] = { (uint8_t)c->transport, (uint8_t)(c->port >> 8), (uint8_t)c->port };
    uint8_t kind = c->address.n == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6;
    struct tlvs t = { .n = 0 };

    if ((c->address.n != 4 && c->address.n != 16) || c->access_name.n > 100 || !c->port ||
        !c->user.p != !c->password.p)
        return E_ARGUMENT;
    if (card->cat.profile_given &&
        !cat_terminal_has(card, 17, c->transport == CAT_TCP_CLIENT ? 0x01 : 0x02))
        return E_UNSUPPORTED;
    put(&t, COMPREHENSION | CAT_TAG_ALPHA, SLICE_NONE, SLICE_NONE);
    put(&t, COMPREHENSION | CAT_TAG_BEARER, slice_of(&bearer, 1), SLICE_NONE);
    put(&t, COMPREHENSION | CAT_TAG_BUFFER_SIZE, SLICE_OF(buffer), SLICE_NONE);
    if (c->access_name.p)
        put(&t, CAT_TAG_ACCESS_NAME, c->access_name, SLICE_NONE);
    if (c->user.p) {
        put(&t, CAT_TAG_TEXT, slice_of(&text, 1), c->user);
        put(&t, CAT_TAG_TEXT, slice_of(&text, 1), c->password);
    }
    put(&t, COMPREHENSION | CAT_TAG_TRANSPORT, SLICE_OF(transport), SLICE_NONE);
    put(&t, COMPREHENSION | CAT_TAG_OTHER_ADDRESS, slice_of(&kind, 1), c->address);
    return cat_queue(card, CAT_OPEN_CHANNEL, IMMEDIATE_LINK, written(&t), done, ctx);
}

enum err cat_close_channel(struct card *card, uint8_t channel, cat_done *done, void *ctx)
{
    return cat_queue_to(card, CAT_CHANNEL + channel, CAT_CLOSE_CHANNEL, 0, SLICE_NONE, done, ctx);
}

static enum err give_data(struct card *card, uint8_t channel, uint8_t qualifier, slice data,
                          cat_done *done, void *ctx)
{
    struct tlvs t = { .n = 0 };

    put(&t, COMPREHENSION | CAT_TAG_CHANNEL_DATA, data, SLICE_NONE);
    return cat_queue_to(card, CAT_CHANNEL + channel, CAT_SEND_DATA, qualifier, written(&t), done,
                        ctx);
}

enum err cat_send_data(struct card *card, uint8_t channel, slice data, cat_done *done, void *ctx)
{
    return give_data(card, channel, SEND_NOW, data, done, ctx);
}

enum err cat_store_data(struct card *card, uint8_t channel, slice data, cat_done *done, void *ctx)
{
    return give_data(card, channel, SEND_LATER, data, done, ctx);
}

enum err cat_receive_data(struct card *card, uint8_t channel, uint8_t octets, cat_done *done,
                          void *ctx)
{
    struct tlvs t = { .n = 0 };

    put(&t, COMPREHENSION | CAT_TAG_CHANNEL_DATA_LENGTH, slice_of(&octets, 1), SLICE_NONE);
    return cat_queue_to(card, CAT_CHANNEL + channel, CAT_RECEIVE_DATA, 0, written(&t), done, ctx);
}

enum err cat_get_channel_status(struct card *card, cat_done *done, void *ctx)
{
    return cat_queue(card, CAT_GET_CHANNEL_STATUS, 0, SLICE_NONE, done, ctx);
}
