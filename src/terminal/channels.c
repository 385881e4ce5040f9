/*
 * Channels of the bearer independent protocol (TS 102 223 6.4.27, 6.4.28, 6.4.31): OPEN, CLOSE, GET
 * STATUS, and how links come and go.
 */
#include "base/secret.h"
#include "terminal/mobile_impl.h"

#define DEFAULT_CONNECT_MS 30000

enum { IMMEDIATE = 0x01, BACKGROUND = 0x04 };                     /* qualifier */
enum { BEARER_PACKET = 0x02, BEARER_DEFAULT = 0x03 };             /* 8.52 */
enum { ADDRESS_IPV4 = 0x21, ADDRESS_IPV6 = 0x57 };                /* 8.58 */
enum { ESTABLISHED = 0x80, NO_FURTHER = 0x00, LINK_LOST = 0x05 }; /* 8.56 */

/* ---- one channel ---- */

static uint8_t number_of(const struct mobile *m, const struct channel *ch)
{
    return (uint8_t)(ch - m->channels + 1);
}

void channel_free(struct mobile *m, struct channel *ch)
{
    if (ch->used && ch->socket != SOCKET_NONE)
        m->net->close(m->net->ctx, ch->socket);
    wipe(ch, sizeof *ch);
    ch->socket = SOCKET_NONE;
}

void channels_close(struct mobile *m)
{
    for (size_t i = 0; i < MOBILE_CHANNELS; i++)
        channel_free(m, &m->channels[i]);
}

struct channel *channel_of(struct mobile *m, const struct proactive *c, int *info)
{
    unsigned i = c->destination - CAT_CHANNEL - 1u;

    *info = BIP_CHANNEL_INVALID;
    return i < MOBILE_CHANNELS && m->channels[i].used ? &m->channels[i] : NULL;
}

void channel_status(const struct mobile *m, const struct channel *ch, uint8_t out[2])
{
    out[0] = (uint8_t)((ch->link == LINK_UP ? ESTABLISHED : 0) | number_of(m, ch));
    out[1] = ch->link == LINK_GONE ? LINK_LOST : NO_FURTHER;
}

static void tell_link(struct mobile *m, struct channel *ch)
{
    const struct mobile_event e = { .news = MOBILE_LINK,
                                    .channel = number_of(m, ch),
                                    .result = ch->link != LINK_UP,
                                    .info = -1,
                                    .to = &ch->to };

    mobile_tell(m, &e);
}

static void link_is(struct mobile *m, struct channel *ch, enum link link)
{
    if (ch->link == link)
        return;
    ch->link = link;
    ch->link_news = true;
    if (link == LINK_GONE) {
        m->net->close(m->net->ctx, ch->socket);
        ch->socket = SOCKET_NONE;
        ch->stored_n = 0;
        ch->sending = false;
    }
    tell_link(m, ch);
}

/* ---- OPEN CHANNEL ---- */

struct wanted {
    uint8_t bearer, transport;
    uint16_t size;
    struct mobile_address host;
    slice bearer_value;
};

/*
 * The address of the host is the one behind the transport level; one before it is the terminal's
 * own. Returns the result; *info as for proactive_answer.
 */
static uint8_t read_wanted(slice tlvs, struct wanted *w, int *info)
{
    slice value, size = SLICE_NONE, transport = SLICE_NONE, host = SLICE_NONE;
    uint32_t tag;

    *w = (struct wanted){ .bearer_value = SLICE_NONE };
    *info = -1;
    while (cat_next(&tlvs, &tag, &value)) {
        if (tag == CAT_TAG_BEARER)
            w->bearer_value = value;
        else if (tag == CAT_TAG_BUFFER_SIZE)
            size = value;
        else if (tag == CAT_TAG_TRANSPORT)
            transport = value;
        else if (tag == CAT_TAG_OTHER_ADDRESS && transport.p)
            host = value;
    }
    if (!w->bearer_value.n || !size.p)
        return PROACTIVE_VALUES_MISSING;
    if (w->bearer_value.p[0] != BEARER_PACKET && w->bearer_value.p[0] != BEARER_DEFAULT)
        return PROACTIVE_BEYOND_CAPABILITIES;
    if (!transport.p || transport.n != 3 ||
        (transport.p[0] != CAT_TCP_CLIENT && transport.p[0] != CAT_UDP_CLIENT)) {
        *info = BIP_TRANSPORT;
        return PROACTIVE_BIP_ERROR;
    }
    if (!host.n)
        return PROACTIVE_VALUES_MISSING;
    if (size.n != 2 || (host.p[0] != ADDRESS_IPV4 && host.p[0] != ADDRESS_IPV6) ||
        host.n != (host.p[0] == ADDRESS_IPV4 ? 5 : 17))
        return PROACTIVE_NOT_UNDERSTOOD;
    w->transport = transport.p[0];
    w->size = (uint16_t)(size.p[0] << 8 | size.p[1]);
    w->host = (struct mobile_address){ .n = (uint8_t)(host.n - 1) };
    w->host.port = (uint16_t)(transport.p[1] << 8 | transport.p[2]);
    memcpy(w->host.octets, host.p + 1, w->host.n);
    return w->host.port ? PROACTIVE_PERFORMED : PROACTIVE_NOT_UNDERSTOOD;
}

/* False: no map names it, and only what is mapped may be reached. */
static bool redirect(const struct mobile *m, const struct mobile_address *asked,
                     struct mobile_address *to)
{
    *to = *asked;
    for (size_t i = 0; i < m->o.map_count; i++) {
        const struct mobile_map *map = &m->o.maps[i];

        if (map->from.n != asked->n || memcmp(map->from.octets, asked->octets, asked->n) != 0 ||
            (map->from.port && map->from.port != asked->port))
            continue;
        *to = map->to;
        if (!to->port)
            to->port = asked->port;
        return true;
    }
    return !m->o.mapped_only;
}

static struct channel *place(struct mobile *m)
{
    for (size_t i = 0; i < MOBILE_CHANNELS; i++)
        if (!m->channels[i].used)
            return &m->channels[i];
    return NULL;
}

enum err channel_connect(struct mobile *m, struct channel *ch)
{
    enum err e = m->net->open(m->net->ctx, ch->tcp, &ch->to, &ch->socket);

    if (e) {
        ch->socket = SOCKET_NONE;
        return e;
    }
    ch->link = LINK_CONNECTING;
    ch->give_up_ms = mobile_now(m) + (m->o.connect_ms ? m->o.connect_ms : DEFAULT_CONNECT_MS);
    return E_OK;
}

/* 6.8: channel status, bearer, buffer size behind the result. */
static void opened(struct mobile *m, const struct proactive *c, struct channel *ch,
                   struct proactive_answer *a)
{
    const uint8_t size[] = { (uint8_t)(ch->size >> 8), (uint8_t)ch->size };
    uint8_t status[2];

    m->opened.channel = number_of(m, ch);
    channel_status(m, ch, status);
    proactive_answer(a, c, ch->cut ? PROACTIVE_MODIFIED : PROACTIVE_PERFORMED, -1);
    proactive_answer_put(a, CAT_TAG_CHANNEL_STATUS, SLICE_OF(status));
    proactive_answer_put(a, CAT_TAG_BEARER, cat_tlv(c->tlvs, CAT_TAG_BEARER));
    proactive_answer_put(a, CAT_TAG_BUFFER_SIZE, SLICE_OF(size));
}

void defer(struct mobile *m, const struct proactive *c, const struct channel *ch)
{
    m->deferred.on = true;
    m->deferred.command = *c;
    m->deferred.channel = (unsigned)(ch - m->channels);
    m->deferred.until_ms = mobile_now(m) + (m->o.connect_ms ? m->o.connect_ms : DEFAULT_CONNECT_MS);
}

/* On demand it links with the first octets; in the background the answer does not wait. */
static void open_at(struct mobile *m, const struct proactive *c, struct channel *ch,
                    struct proactive_answer *a)
{
    if (c->qualifier & IMMEDIATE && channel_connect(m, ch)) {
        channel_free(m, ch);
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_UNREACHABLE);
        return;
    }
    if ((c->qualifier & (IMMEDIATE | BACKGROUND)) == IMMEDIATE)
        defer(m, c, ch);
    else
        opened(m, c, ch, a);
}

void perform_open_channel(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    struct channel *ch = place(m);
    struct wanted w;
    int info;
    uint8_t result = read_wanted(c->tlvs, &w, &info);

    proactive_answer(a, c, result, info);
    if (result != PROACTIVE_PERFORMED)
        return;
    m->opened.asked = w.host;
    if (!m->registered) {
        proactive_answer(a, c, PROACTIVE_TERMINAL_UNABLE, NO_SERVICE);
        return;
    }
    if (!ch) {
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_NO_CHANNEL_LEFT);
        return;
    }
    if (!redirect(m, &w.host, &m->opened.to)) {
        m->opened.to.n = 0;
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_UNREACHABLE);
        return;
    }
    ch->used = true;
    ch->tcp = w.transport == CAT_TCP_CLIENT;
    ch->socket = SOCKET_NONE;
    ch->to = m->opened.to;
    ch->cut = w.size > MOBILE_BUFFER_MAX;
    ch->size = ch->cut ? MOBILE_BUFFER_MAX : w.size ? w.size : 1;
    open_at(m, c, ch, a);
}

bool deferred_open(struct mobile *m, struct proactive_answer *a)
{
    struct channel *ch = &m->channels[m->deferred.channel];
    const struct proactive *c = &m->deferred.command;

    if (ch->link == LINK_CONNECTING && mobile_now(m) < m->deferred.until_ms)
        return false;
    ch->link_news = false; /* the answer says it */
    if (ch->link == LINK_UP) {
        opened(m, c, ch, a);
    } else {
        channel_free(m, ch);
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, BIP_UNREACHABLE);
    }
    return true;
}

/* ---- CLOSE CHANNEL, GET CHANNEL STATUS ---- */

void perform_close_channel(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    int info;
    struct channel *ch = channel_of(m, c, &info);

    if (!ch) {
        proactive_answer(a, c, PROACTIVE_BIP_ERROR, info);
        return;
    }
    channel_free(m, ch);
    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
}

/* 6.8: one for each channel; where none is open, one that says so. */
void perform_channel_status(struct mobile *m, const struct proactive *c, struct proactive_answer *a)
{
    uint8_t status[2] = { 0, 0 };
    bool any = false;

    proactive_answer(a, c, PROACTIVE_PERFORMED, -1);
    for (size_t i = 0; i < MOBILE_CHANNELS; i++) {
        if (!m->channels[i].used)
            continue;
        any = true;
        channel_status(m, &m->channels[i], status);
        proactive_answer_put(a, CAT_TAG_CHANNEL_STATUS, SLICE_OF(status));
    }
    if (!any)
        proactive_answer_put(a, CAT_TAG_CHANNEL_STATUS, SLICE_OF(status));
}

/* ---- links ---- */

static void connecting(struct mobile *m, struct channel *ch)
{
    enum err e = m->net->linked(m->net->ctx, ch->socket);

    if (!e)
        link_is(m, ch, LINK_UP);
    else if (e != E_AGAIN || mobile_now(m) >= ch->give_up_ms)
        link_is(m, ch, LINK_GONE);
}

/* A datagram leaves whole or is lost, as datagrams are. */
static void flush(struct mobile *m, struct channel *ch)
{
    size_t n = 0;
    enum err e = m->net->send(m->net->ctx, ch->socket, slice_of(ch->stored, ch->stored_n), &n);

    if (e == E_AGAIN)
        return;
    if (e && ch->tcp) {
        link_is(m, ch, LINK_GONE);
        return;
    }
    if (e || !ch->tcp || n > ch->stored_n)
        n = ch->stored_n;
    ch->stored_n = (uint16_t)(ch->stored_n - n);
    memmove(ch->stored, ch->stored + n, ch->stored_n);
    ch->sending = ch->stored_n > 0;
}

/* Datagrams one at a time: the card sees where each ends. */
static void fill(struct mobile *m, struct channel *ch)
{
    size_t n = 0, room = (size_t)ch->size - ch->received_n;
    enum err e =
        m->net->receive(m->net->ctx, ch->tcp, ch->socket, ch->received + ch->received_n, room, &n);

    if (e && e != E_AGAIN && ch->tcp)
        link_is(m, ch, LINK_GONE);
    if (e || n == 0 || n > room)
        return;
    ch->data_news = ch->data_news || ch->received_n == 0;
    ch->received_n = (uint16_t)(ch->received_n + n);
}

static bool has_room(const struct channel *ch)
{
    return ch->tcp ? ch->received_n < ch->size : ch->received_n == 0;
}

void channels_move(struct mobile *m)
{
    for (size_t i = 0; i < MOBILE_CHANNELS; i++) {
        struct channel *ch = &m->channels[i];

        if (!ch->used)
            continue;
        if (ch->link == LINK_CONNECTING)
            connecting(m, ch);
        if (ch->link == LINK_UP && ch->sending)
            flush(m, ch);
        if (ch->link == LINK_UP && has_room(ch))
            fill(m, ch);
    }
}

uint64_t channels_due_ms(const struct mobile *m)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < MOBILE_CHANNELS; i++) {
        const struct channel *ch = &m->channels[i];

        if (ch->used && ch->link == LINK_CONNECTING && ch->give_up_ms < due)
            due = ch->give_up_ms;
    }
    return due;
}

size_t channels_wait(const struct mobile *m, struct mobile_wait out[MOBILE_CHANNELS])
{
    size_t n = 0;

    for (size_t i = 0; i < MOBILE_CHANNELS; i++) {
        const struct channel *ch = &m->channels[i];

        if (!ch->used || (ch->link != LINK_CONNECTING && ch->link != LINK_UP))
            continue;
        out[n++] = (struct mobile_wait){ .socket = ch->socket,
                                         .readable = ch->link == LINK_UP && has_room(ch),
                                         .writable = ch->link == LINK_CONNECTING || ch->sending };
    }
    return n;
}
