#include "ipa/es10.h"

#include "der/der.h"

void es10_init(struct es10 *e, uint8_t *answer, size_t answer_max, uint8_t block_size)
{
    *e = (struct es10){ .answer = answer, .answer_max = answer_max, .block_size = block_size };
}

uint8_t es10_cla(const struct es10 *e, bool proprietary)
{
    if (e->channel < 4)
        return (uint8_t)((proprietary ? 0x80 : 0x00) | e->channel);
    return (uint8_t)((proprietary ? 0xC0 : 0x40) | (e->channel - 4));
}

void es10_begin(struct es10 *e)
{
    e->count = e->at = 0;
    e->offset = e->heads_n = 0;
    e->block_no = 0;
}

void es10_add(struct es10 *e, slice part)
{
    if (!part.n)
        return;
    if (e->count < ES10_PARTS)
        e->parts[e->count] = part;
    e->count++; /* past ES10_PARTS: es10_send refuses */
}

void es10_add_copy(struct es10 *e, slice octets)
{
    uint8_t *to = e->heads + e->heads_n;

    if (octets.n > sizeof e->heads - e->heads_n) {
        e->count = ES10_PARTS + 1;
        return;
    }
    if (octets.n)
        memcpy(to, octets.p, octets.n);
    e->heads_n += octets.n;
    es10_add(e, slice_of(to, octets.n));
}

void es10_add_head(struct es10 *e, uint32_t tag, size_t content)
{
    uint8_t head[DER_HEAD_MAX];

    es10_add_copy(e, slice_of(head, der_put_head(tag, content, head)));
}

/* Total octets of the parts added so far. */
static size_t es10_size(const struct es10 *e)
{
    size_t n = 0;

    for (unsigned i = 0; i < e->count && i < ES10_PARTS; i++)
        n += e->parts[i].n;
    return n;
}

static void answer_begins(struct es10 *e)
{
    e->answer_n = 0;
    e->overflow = e->proactive = false;
    e->sw = 0;
}

void es10_block(struct es10 *e, slice data, uint8_t block_no, bool last)
{
    uint8_t *a = e->apdu;

    a[0] = es10_cla(e, true);
    a[1] = 0xE2;
    a[2] = last ? 0x91 : 0x11;
    a[3] = block_no;
    a[4] = (uint8_t)data.n;
    memmove(a + 5, data.p, data.n);
    e->apdu_n = 5 + data.n;
    if (last)
        a[e->apdu_n++] = 0x00; /* Le: all there is */
    e->last = last;
    answer_begins(e);
}

static void next_block(struct es10 *e)
{
    uint8_t *to = e->apdu + 5;
    size_t n = 0;

    while (e->at < e->count && n < e->block_size) {
        slice rest = slice_skip(e->parts[e->at], e->offset);
        size_t take = rest.n < e->block_size - n ? rest.n : e->block_size - n;

        memcpy(to + n, rest.p, take);
        n += take;
        e->offset += take;
        if (take == rest.n) {
            e->at++;
            e->offset = 0;
        }
    }
    es10_block(e, slice_of(to, n), e->block_no++, e->at == e->count);
}

enum err es10_send(struct es10 *e)
{
    if (e->count > ES10_PARTS || es10_size(e) > 256u * e->block_size)
        return E_LIMIT;
    next_block(e);
    return E_OK;
}

void es10_command(struct es10 *e, slice apdu)
{
    e->apdu_n = apdu.n < sizeof e->apdu ? apdu.n : sizeof e->apdu;
    memcpy(e->apdu, apdu.p, e->apdu_n);
    e->last = true;
    answer_begins(e);
}

static void keep(struct es10 *e, slice data)
{
    size_t room = e->answer_max - e->answer_n;

    if (data.n > room)
        e->overflow = true;
    data = slice_head(data, room);
    if (data.n)
        memcpy(e->answer + e->answer_n, data.p, data.n);
    e->answer_n += data.n;
}

static void get_response(struct es10 *e, uint8_t le)
{
    const uint8_t apdu[5] = { es10_cla(e, false), 0xC0, 0, 0, le };

    memcpy(e->apdu, apdu, sizeof apdu);
    e->apdu_n = sizeof apdu;
}

/* The last command again, with the length that the card named. */
static void set_le(struct es10 *e, uint8_t le)
{
    bool has_le = e->apdu_n == 5 || e->apdu_n == 6u + e->apdu[4];

    if (has_le)
        e->apdu[e->apdu_n - 1] = le;
    else
        e->apdu[e->apdu_n++] = le;
}

enum err es10_take(struct es10 *e, slice response)
{
    uint8_t sw1, sw2;

    if (response.n < 2)
        return E_SIZE;
    sw1 = response.p[response.n - 2];
    sw2 = response.p[response.n - 1];
    e->sw = (uint16_t)(sw1 << 8 | sw2);
    keep(e, slice_head(response, response.n - 2));
    if (sw1 == 0x61) {
        get_response(e, sw2);
        return E_AGAIN;
    }
    if (sw1 == 0x6C && response.n == 2) {
        set_le(e, sw2);
        return E_AGAIN;
    }
    if (sw1 == 0x91)
        e->proactive = true;
    else if (e->sw != 0x9000)
        return E_REFUSED;
    if (e->last || e->at >= e->count)
        return E_OK;
    next_block(e);
    return E_AGAIN;
}
