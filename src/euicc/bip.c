#include "euicc/bip.h"

#include "base/secret.h"

enum { LINK_ESTABLISHED = 0x80, CHANNEL_ID = 0x07 };       /* channel status, TS 102 223 8.56 */
enum { BIP_CHANNEL_CLOSED = 0x02, BIP_NO_CHANNEL = 0x03 }; /* 8.12.11 */

#define EVENTS (CAT_EVENT_BIT(CAT_EVENT_DATA_AVAILABLE) | CAT_EVENT_BIT(CAT_EVENT_CHANNEL_STATUS))

static void step(struct card *card, struct bip *b);

/* ---- the end ---- */

static void tell(struct card *card, struct bip *b, enum bip_event event, slice data)
{
    b->alive = true;
    b->heard(card, b->ctx, event, data);
}

/* Idle before the user hears of it: it may open the next one. */
static void closed(struct card *card, struct bip *b)
{
    uint8_t timer = b->timer;

    if (b->state == BIP_IDLE)
        return;
    wipe(b->out, sizeof b->out);
    b->state = BIP_IDLE;
    b->channel = b->timer = b->ready = 0;
    b->sending = b->n = 0;
    b->busy = b->ending = b->dropped = b->signalled = false;
    cat_timer_stop(card, timer);
    tell(card, b, BIP_CLOSED, SLICE_NONE);
}

static void end(struct card *card, struct bip *b, enum bip_why why)
{
    if (!b->ending)
        b->why = why;
    b->ending = true;
    step(card, b);
}

static void refused(struct card *card, struct bip *b, int result, slice body)
{
    uint8_t info = cat_result_info(body);
    bool gone =
        result == CAT_RESULT_BIP_ERROR && (info == BIP_CHANNEL_CLOSED || info == BIP_NO_CHANNEL);

    if (!b->ending) {
        b->why = BIP_REFUSED;
        b->result = (uint8_t)result;
        b->info = info;
    }
    b->ending = true;
    if (gone || !b->channel)
        closed(card, b);
    else
        step(card, b);
}

/* What every answer begins with. False: the connection is over, or this answer ends it. */
static bool answered(struct card *card, struct bip *b, int result, slice body)
{
    b->busy = false;
    if (result < 0) {
        b->why = BIP_RESET;
        closed(card, b);
        return false;
    }
    if (result >= CAT_NOT_PERFORMED) {
        refused(card, b, result, body);
        return false;
    }
    return true;
}

/* ---- time ---- */

static void set_timer(struct card *card, struct bip *b);

static void time_is_up(struct card *card, void *ctx, bool expired)
{
    struct bip *b = ctx;

    b->timer = 0;
    if (!expired)
        b->timeout_s = 0; /* refused: it would be so again */
    if (!expired || (b->state != BIP_CONNECTING && b->state != BIP_OPEN))
        return;
    if (b->alive)
        set_timer(card, b);
    else
        end(card, b, BIP_TIMEOUT);
}

/* Without room in the queue it is tried again at the next step. */
static void set_timer(struct card *card, struct bip *b)
{
    if (!b->timeout_s || b->timer || b->ending)
        return;
    b->alive = false;
    if (cat_timer_start(card, b->timeout_s, time_is_up, b, &b->timer))
        b->timer = 0;
}

/* ---- commands ---- */

static void close_answered(struct card *card, void *ctx, int result, slice body)
{
    struct bip *b = ctx;

    (void)body;
    if (result < 0)
        b->why = BIP_RESET;
    closed(card, b); /* a terminal that refuses has no such channel any more */
}

static void send_answered(struct card *card, void *ctx, int result, slice body)
{
    struct bip *b = ctx;

    if (!answered(card, b, result, body))
        return;
    b->n = (uint16_t)(b->n - b->sending);
    memmove(b->out, b->out + b->sending, b->n);
    b->sending = 0;
    b->alive = true;
    if (b->n == 0 && !b->ending)
        tell(card, b, BIP_SENT, SLICE_NONE);
    step(card, b);
}

static void receive_answered(struct card *card, void *ctx, int result, slice body)
{
    struct bip *b = ctx;
    slice data = cat_tlv(body, CAT_TAG_CHANNEL_DATA);
    slice left = cat_tlv(body, CAT_TAG_CHANNEL_DATA_LENGTH);

    if (!answered(card, b, result, body))
        return;
    if (!b->signalled)
        b->ready = left.n == 1 && data.n ? left.p[0] : 0;
    b->signalled = false;
    if (data.n && !b->ending)
        tell(card, b, BIP_DATA, data);
    step(card, b);
}

static void linked(struct card *card, struct bip *b)
{
    b->state = BIP_OPEN;
    if (!b->ending)
        tell(card, b, BIP_OPENED, SLICE_NONE);
}

static void open_answered(struct card *card, void *ctx, int result, slice body)
{
    struct bip *b = ctx;
    slice status = cat_tlv(body, CAT_TAG_CHANNEL_STATUS);

    if (result >= 0 && result < CAT_NOT_PERFORMED && status.n == 2)
        b->channel = status.p[0] & CHANNEL_ID;
    if (!answered(card, b, result, body))
        return;
    if (!b->channel) { /* done, it says, and does not say which: it cannot be used */
        refused(card, b, result, body);
        return;
    }
    b->state = BIP_CONNECTING;
    slice buffer = cat_tlv(body, CAT_TAG_BUFFER_SIZE); /* what it grants may be less: 6.4.27 */
    if (buffer.n == 2 && !buffer.p[0] && buffer.p[1] && buffer.p[1] < CAT_SEND_MAX)
        b->chunk = buffer.p[1];
    set_timer(card, b);
    if (status.p[0] & LINK_ESTABLISHED)
        linked(card, b);
    step(card, b);
}

/* Without the events nothing would say that data is there. */
static void events_answered(struct card *card, void *ctx, int result, slice body)
{
    struct bip *b = ctx;

    if (b->state == BIP_IDLE || result < CAT_NOT_PERFORMED)
        return;
    if (!b->ending) {
        b->why = BIP_REFUSED;
        b->result = (uint8_t)result;
        b->info = cat_result_info(body);
    }
    b->ending = true;
    step(card, b);
}

/* ---- what is next ---- */

static enum err receive(struct card *card, struct bip *b)
{
    uint8_t octets = b->ready < CAT_RECEIVE_MAX ? b->ready : CAT_RECEIVE_MAX;

    b->signalled = false;
    return cat_receive_data(card, b->channel, octets, receive_answered, b);
}

static enum err transmit(struct card *card, struct bip *b)
{
    uint16_t n = b->n < b->chunk ? b->n : b->chunk;
    slice part = slice_of(b->out, n);
    /* the terminal keeps the pieces of a datagram until the last of them (6.4.30) */
    enum err err = b->datagrams && n < b->n
                       ? cat_store_data(card, b->channel, part, send_answered, b)
                       : cat_send_data(card, b->channel, part, send_answered, b);

    b->sending = err ? 0 : n;
    return err;
}

static enum err shut(struct card *card, struct bip *b)
{
    enum err err = cat_close_channel(card, b->channel, close_answered, b);

    if (!err)
        b->state = BIP_CLOSING;
    return err;
}

/* One command at a time. E_LIMIT: the queue is full, and the news of room brings us here again. */
static void step(struct card *card, struct bip *b)
{
    bool can_send, can_receive;
    enum err err;

    if (b->busy || (b->state != BIP_CONNECTING && b->state != BIP_OPEN))
        return;
    set_timer(card, b);
    can_receive = b->ready && !b->ending;
    can_send = b->state == BIP_OPEN && b->n && !b->ending && !b->dropped;
    if (can_receive && (b->turn || !can_send)) {
        err = receive(card, b);
    } else if (can_send) {
        err = transmit(card, b);
    } else if (b->ending) {
        err = shut(card, b);
    } else if (b->dropped) {
        b->why = BIP_BY_PEER;
        b->ending = true;
        err = shut(card, b);
    } else {
        return;
    }
    b->turn = !b->turn;
    b->busy = !err;
    if (err && err != E_LIMIT) { /* the terminal took back what its TERMINAL PROFILE said */
        b->why = BIP_RESET;
        closed(card, b);
    }
}

/* ---- news ---- */

static void data_available(struct card *card, struct bip *b, slice body)
{
    slice n = cat_tlv(body, CAT_TAG_CHANNEL_DATA_LENGTH);

    if (n.n != 1 || n.p[0] == 0)
        return;
    b->ready = n.p[0];
    b->signalled = true;
    b->alive = true;
    step(card, b);
}

static void channel_status(struct card *card, struct bip *b, uint8_t status)
{
    if (!(status & LINK_ESTABLISHED))
        b->dropped = true;
    else if (b->state == BIP_CONNECTING)
        linked(card, b);
    step(card, b);
}

static void hear(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body)
{
    struct bip *b = ctx;

    if (b->state == BIP_IDLE)
        return;
    if (news == CAT_NEWS_ENDED) {
        b->why = BIP_RESET;
        closed(card, b);
        return;
    }
    if (news != CAT_NEWS_EVENT) {
        step(card, b);
        return;
    }
    slice status = cat_tlv(body, CAT_TAG_CHANNEL_STATUS);
    if (!b->channel || status.n != 2 || (status.p[0] & CHANNEL_ID) != b->channel)
        return;
    if (event == CAT_EVENT_DATA_AVAILABLE)
        data_available(card, b, body);
    else if (event == CAT_EVENT_CHANNEL_STATUS)
        channel_status(card, b, status.p[0]);
}

/* ---- for its user ---- */

enum err bip_init(struct card *card, struct bip *b, bip_heard *heard, void *ctx)
{
    *b = (struct bip){ .heard = heard, .ctx = ctx, .state = BIP_IDLE };
    return cat_watch(card, hear, b);
}

static bool can_all(const struct card *card)
{
    return cat_terminal_can(card, CAT_OPEN_CHANNEL, 0) &&
           cat_terminal_can(card, CAT_CLOSE_CHANNEL, 0) &&
           cat_terminal_can(card, CAT_SEND_DATA, 0) && cat_terminal_can(card, CAT_RECEIVE_DATA, 0);
}

enum err bip_open(struct card *card, struct bip *b, const struct cat_channel *to,
                  uint16_t timeout_s)
{
    enum err err = E_OK;

    if (b->state != BIP_IDLE || !card_terminal_profile(card).p)
        return E_STATE;
    if (to->transport != CAT_TCP_CLIENT && to->transport != CAT_UDP_CLIENT)
        return E_ARGUMENT;
    if (!can_all(card))
        return E_UNSUPPORTED;
    if ((cat_events(card) & EVENTS) != EVENTS)
        err = cat_want_events(card, EVENTS, events_answered, b);
    if (!err)
        err = cat_open_channel(card, to, open_answered, b);
    if (err)
        return err;
    b->state = BIP_OPENING;
    b->busy = true;
    b->datagrams = to->transport == CAT_UDP_CLIENT;
    b->timeout_s = timeout_s;
    b->chunk = CAT_SEND_MAX;
    b->alive = b->turn = true;
    b->result = b->info = 0;
    return E_OK;
}

size_t bip_room(const struct bip *b)
{
    if (b->state != BIP_OPEN || b->ending || b->dropped || (b->datagrams && b->n))
        return 0;
    return sizeof b->out - b->n;
}

size_t bip_send(struct card *card, struct bip *b, slice octets)
{
    size_t room = bip_room(b), n = octets.n < room ? octets.n : room;

    if (!n || (b->datagrams && n < octets.n))
        return 0;
    memcpy(b->out + b->n, octets.p, n);
    b->n = (uint16_t)(b->n + n);
    step(card, b);
    return n;
}

void bip_close(struct card *card, struct bip *b)
{
    if (b->state != BIP_IDLE)
        end(card, b, BIP_BY_US);
}
