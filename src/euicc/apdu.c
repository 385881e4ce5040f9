#include "euicc/card_impl.h"

#include "base/secret.h"

/* TS 102 221 10.1.1: 0X and 8X carry channels 0..3, 4X and CX channels 4..19. */
static bool parse_class(uint8_t cla, struct apdu *out, uint16_t *sw)
{
    out->cla = cla;
    out->gp = (cla & 0x80) != 0;
    if ((cla & 0x70) == 0) {
        out->channel = cla & 0x03;
        out->secure = out->gp && (cla & 0x0C) == 0x04;
        *sw = SW_SECURE_MESSAGING;
        return (cla & 0x0C) == 0 || out->secure;
    }
    if ((cla & 0x40) && cla != 0xFF) {
        out->channel = (uint8_t)(4 + (cla & 0x0F));
        out->secure = out->gp && (cla & 0x20) != 0;
        *sw = SW_SECURE_MESSAGING;
        return (cla & 0x20) == 0 || out->secure;
    }
    *sw = SW_CLA;
    return false;
}

static uint32_t le_short(uint8_t octet)
{
    return octet ? octet : APDU_SHORT_NE;
}

/* body is what follows the first zero octet of an extended length. */
static bool parse_extended(slice body, struct apdu *out)
{
    uint32_t first = (uint32_t)(body.p[0] << 8 | body.p[1]);

    if (body.n == 2) {
        out->ne = first ? first : 65536;
        return true;
    }
    if (first == 0 || body.n - 2 < first)
        return false;
    out->data = slice_of(body.p + 2, first);
    body = slice_skip(body, 2 + (size_t)first);
    if (body.n == 0)
        return true;
    if (body.n != 2)
        return false;
    first = (uint32_t)(body.p[0] << 8 | body.p[1]);
    out->ne = first ? first : 65536;
    return true;
}

bool apdu_parse(slice command, bool extended, struct apdu *out, uint16_t *sw)
{
    const uint8_t *p = command.p;

    *out = (struct apdu){ 0 };
    *sw = SW_LENGTH;
    if (command.n < 4)
        return false;
    if (!parse_class(p[0], out, sw))
        return false;
    out->ins = p[1];
    out->p1 = p[2];
    out->p2 = p[3];
    *sw = SW_LENGTH;
    slice body = slice_skip(command, 4);
    if (body.n == 0)
        return true;
    if (body.n == 1) {
        out->ne = le_short(body.p[0]);
        return true;
    }
    if (extended && body.p[0] == 0 && body.n >= 3)
        return parse_extended(slice_skip(body, 1), out);
    size_t lc = body.p[0];
    body = slice_skip(body, 1);
    if (lc == 0 || body.n < lc || body.n > lc + 1)
        return false;
    out->data = slice_head(body, lc);
    if (body.n > lc)
        out->ne = le_short(body.p[lc]);
    return true;
}

/* ---- reply ---- */

static void drop_scratch(struct reply *r)
{
    if (r->scratch)
        objects_repay(&r->card->objects, r->scratch);
    r->scratch = NULL;
}

void reply_sw(struct reply *r, uint16_t sw)
{
    if (!r->scratch)
        wipe(r->p, r->n);
    drop_scratch(r);
    r->p = r->card->io;
    r->room = sizeof r->card->io;
    r->n = 0;
    r->sw = sw;
}

uint8_t *reply_reserve(struct reply *r, size_t n)
{
    if (n > r->room - r->n) {
        size_t room = r->n + n > 2 * r->room ? r->n + n : 2 * r->room;
        uint8_t *more = objects_lend(&r->card->objects, room);

        if (!more) {
            reply_sw(r, SW_NO_SPACE);
            return NULL;
        }
        memcpy(more, r->p, r->n);
        drop_scratch(r);
        r->p = more;
        r->scratch = more;
        r->room = room;
    }
    r->n += n;
    return r->p + r->n - n;
}

/* To make room may move the object that the octets lie in: then they are looked up again. */
bool reply_put(struct reply *r, slice octets)
{
    const struct objects *objects = &r->card->objects;
    uint32_t id, offset;
    bool moves =
        octets.n > r->room - r->n && octets.n && objects_locate(objects, octets.p, &id, &offset);
    uint8_t *to = reply_reserve(r, octets.n);

    if (to && moves)
        octets.p = objects_get(objects, id).p + offset;
    if (to && octets.n)
        memcpy(to, octets.p, octets.n);
    return to != NULL;
}

bool reply_put_octet(struct reply *r, uint8_t octet)
{
    return reply_put(r, slice_of(&octet, 1));
}

void reply_take(struct reply *r, void *scratch, size_t at, size_t n)
{
    drop_scratch(r);
    r->scratch = scratch;
    r->p = (uint8_t *)scratch + at;
    r->n = n;
    r->room = n;
}
