#include "reader/terminal.h"

void terminal_init(struct terminal *t, const struct card_link *link, uint8_t channel)
{
    *t = (struct terminal){ .link = link, .channel = channel };
    terminal_use(t, t->own, sizeof t->own);
}

void terminal_use(struct terminal *t, uint8_t *buf, size_t size)
{
    t->data = buf;
    t->room = size;
    t->n = 0;
}

/* TS 102 221 10.1.1: channels from 4 on have another class. */
static uint8_t class_of(uint8_t cla, uint8_t channel)
{
    if (channel < 4)
        return cla | channel;
    return (uint8_t)((cla & 0x80) | 0x40 | (channel - 4));
}

/* One exchange; the answer's data is appended to t->data. */
static enum err exchange(struct terminal *t, slice command)
{
    uint8_t response[CARD_RESPONSE_MAX];
    size_t n = 0;
    enum err e = card_link_transmit(t->link, command, response, sizeof response, &n);

    if (e)
        return e;
    if (n < 2)
        return E_TRUNCATED;
    if (n - 2 > t->room - t->n)
        return E_LIMIT;
    memcpy(t->data + t->n, response, n - 2);
    t->n += n - 2;
    t->sw = (uint16_t)(response[n - 2] << 8 | response[n - 1]);
    return E_OK;
}

/* A card that goes on promising and gives nothing would never end: E_LIMIT. */
static enum err get_response(struct terminal *t, uint8_t cla)
{
    uint8_t command[5] = { cla, 0xC0, 0, 0, (uint8_t)t->sw };
    size_t before = t->n;
    enum err e = exchange(t, slice_of(command, sizeof command));

    return !e && t->n == before && t->sw >> 8 == 0x61 ? E_LIMIT : e;
}

enum err terminal_send(struct terminal *t, const uint8_t header[4], slice data, int le)
{
    uint8_t command[4 + 1 + 255 + 1];
    size_t n = 4;
    enum err e;

    if (data.n > 255 || le > 256)
        return E_ARGUMENT;
    memcpy(command, header, 4);
    command[0] = class_of(command[0], t->channel);
    if (data.n) {
        command[n++] = (uint8_t)data.n;
        memcpy(command + n, data.p, data.n);
        n += data.n;
    }
    if (le >= 0)
        command[n++] = (uint8_t)le;
    t->n = 0;
    t->pending = 0;
    e = exchange(t, slice_of(command, n));
    if (!e && t->sw >> 8 == 0x6C && le >= 0) {
        command[n - 1] = (uint8_t)t->sw;
        e = exchange(t, slice_of(command, n));
    }
    while (!e && t->sw >> 8 == 0x61)
        e = get_response(t, command[0]);
    if (!e && t->sw >> 8 == 0x91) {
        t->pending = (uint8_t)t->sw;
        t->sw = 0x9000;
    }
    return e;
}

enum err terminal_expect(struct terminal *t, const uint8_t header[4], slice data, int le)
{
    enum err e = terminal_send(t, header, data, le);

    return e ? e : t->sw == 0x9000 ? E_OK : E_REFUSED;
}

enum err terminal_select_file(struct terminal *t, uint16_t fid)
{
    static const uint8_t by_fid[4] = { 0x00, 0xA4, 0x00, 0x04 };
    uint8_t octets[2] = { (uint8_t)(fid >> 8), (uint8_t)fid };

    return terminal_expect(t, by_fid, slice_of(octets, sizeof octets), -1);
}

enum err terminal_select_aid(struct terminal *t, slice aid)
{
    static const uint8_t by_aid[4] = { 0x00, 0xA4, 0x04, 0x04 };

    return terminal_expect(t, by_aid, aid, -1);
}

enum err terminal_read_binary(struct terminal *t, size_t n)
{
    static const uint8_t read[4] = { 0x00, 0xB0, 0x00, 0x00 };

    if (n < 1 || n > 255)
        return E_ARGUMENT;
    return terminal_expect(t, read, SLICE_NONE, (int)n);
}

enum err terminal_authenticate(struct terminal *t, const uint8_t rand[16], const uint8_t autn[16])
{
    static const uint8_t authenticate[4] = { 0x00, 0x88, 0x00, 0x81 };
    uint8_t data[34];

    data[0] = 16;
    memcpy(data + 1, rand, 16);
    data[17] = 16;
    memcpy(data + 18, autn, 16);
    return terminal_expect(t, authenticate, slice_of(data, sizeof data), -1);
}
