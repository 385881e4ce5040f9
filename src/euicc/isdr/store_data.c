/*
 * STORE DATA (SGP.22 5.7.2): one ES10 function, or one segment of a bound profile package, in
 * blocks that are numbered from 0. P1 11: more follow, 91: the last one.
 *
 * A function is gathered in scratch of exactly its announced length. A bound profile package is not
 * gathered: its blocks go to the download as they come. A block out of order, a wrong P1 and a new
 * SELECT drop what was gathered.
 */
#include "euicc/isdr/isdr_impl.h"

#include "base/secret.h"

enum { P1_MORE = 0x11, P1_LAST = 0x91 };

static void drop(struct isdr *i, struct block_chain *c)
{
    if (c->bpp)
        download_chain_dropped(i);
    objects_repay(isdr_objects(i), c->buffer);
    wipe(c, sizeof *c);
}

void chains_drop(struct isdr *i, int channel)
{
    for (size_t n = 0; n < CHAINS; n++)
        if (i->chains[n].open && (channel < 0 || i->chains[n].channel == channel))
            drop(i, &i->chains[n]);
}

static struct block_chain *chain_of(struct isdr *i, uint8_t channel)
{
    for (size_t n = 0; n < CHAINS; n++)
        if (i->chains[n].open && i->chains[n].channel == channel)
            return &i->chains[n];
    return NULL;
}

/* A new chain; the first one in the table gives way when all are in use. */
static struct block_chain *chain_begin(struct isdr *i, uint8_t channel, slice first)
{
    struct block_chain *c = chain_of(i, channel);

    for (size_t n = 0; !c && n < CHAINS; n++)
        if (!i->chains[n].open)
            c = &i->chains[n];
    if (!c)
        c = &i->chains[0];
    drop(i, c);
    c->open = true;
    c->channel = channel;
    c->bpp = download_wants(i, first);
    return c;
}

/* The head says how long the function is; until it is whole its octets wait in c->head. */
static uint16_t take_head(struct isdr *i, struct block_chain *c, slice *data)
{
    uint32_t tag;
    size_t n, head, content;
    enum err err;

    n = sizeof c->head - c->have;
    if (n > data->n)
        n = data->n;
    memcpy(c->head + c->have, data->p, n);
    c->have += n;
    *data = slice_skip(*data, n);
    err = der_head(slice_of(c->head, c->have), &tag, &head, &content);
    if (err == E_AGAIN)
        return c->have < sizeof c->head ? SW_OK : SW_DATA;
    if (err || content > i->p->request_max || head + content > i->p->request_max)
        return err ? SW_DATA : SW_NO_SPACE;
    c->size = head + content;
    if (c->have > c->size)
        return SW_DATA;
    c->buffer = objects_lend(isdr_objects(i), c->size);
    if (!c->buffer)
        return SW_NO_SPACE;
    memcpy(c->buffer, c->head, c->have);
    return SW_OK;
}

static uint16_t gather(struct isdr *i, struct block_chain *c, slice data)
{
    uint16_t sw = SW_OK;

    if (!c->buffer)
        sw = take_head(i, c, &data);
    if (sw != SW_OK || data.n == 0)
        return sw;
    if (data.n > c->size - c->have)
        return SW_DATA;
    memcpy(c->buffer + c->have, data.p, data.n);
    c->have += data.n;
    return SW_OK;
}

/* The chain's state goes before the function runs: that may close channels and drop chains. */
static void run(struct isdr *i, struct block_chain *c, struct reply *out)
{
    uint8_t *buffer = c->buffer;
    slice request = slice_of(buffer, c->have);
    bool whole = buffer && c->have == c->size;
    es10_function *function = NULL;
    struct der_reader r = der_reader(request);

    memset(c, 0, sizeof *c);
    if (whole)
        function = es10_find(i, der_peek(&r));
    if (!whole)
        reply_sw(out, SW_DATA);
    else if (!function)
        reply_sw(out, SW_REFERENCE);
    else
        function(i, request, out);
    objects_repay(isdr_objects(i), buffer);
}

void store_data(struct isdr *i, const struct apdu *apdu, struct reply *out)
{
    bool last = apdu->p1 == P1_LAST;
    struct block_chain *c = NULL;
    uint16_t sw = SW_OK;

    if (!last && apdu->p1 != P1_MORE)
        sw = SW_P1P2;
    else if (apdu->data.n == 0)
        sw = SW_DATA;
    else if (apdu->p2 == 0)
        c = chain_begin(i, apdu->channel, apdu->data);
    else
        c = chain_of(i, apdu->channel);
    if (sw == SW_OK && (!c || c->next != apdu->p2))
        sw = SW_CONDITIONS;
    if (sw == SW_OK && !c->bpp)
        sw = gather(i, c, apdu->data);
    if (sw != SW_OK) {
        chains_drop(i, apdu->channel);
        reply_sw(out, sw);
        return;
    }
    c->next++;
    if (c->bpp) {
        if (last)
            memset(c, 0, sizeof *c);
        download_block(i, apdu->data, last, out);
    } else if (last) {
        run(i, c, out);
    } else {
        reply_sw(out, SW_OK);
    }
}
