/*
 * Response packets in messages of the card's own: SMS-SUBMIT to the address that the command came
 * from, by SEND SHORT MESSAGE, one after the other (TS 31.115 4, TS 23.040 9.2.2.2).
 */
#include "base/secret.h"
#include "euicc/ota/ota_impl.h"

enum { MTI_SUBMIT = 0x01, UDHI = 0x40, DCS_EIGHT_BIT = 0x04, TYPE_OF_NUMBER = 0x70 };
enum { ALPHANUMERIC = 0x50, IE_CONCATENATED = 0x00, IE_RESPONSE_PACKET = 0x71 };
enum { DATA_MAX = 140, HEAD_SINGLE = 3, HEAD_FIRST = 8, HEAD_NEXT = 6 };

_Static_assert(RESPONSE_MAX == HEAD_SINGLE + (DATA_MAX - HEAD_FIRST) +
                                   (SUBMIT_PARTS - 1) * (DATA_MAX - HEAD_NEXT),
               "what the parts hold");

static void next(struct card *card, struct submit *s);

/* A sender with a name instead of a number cannot be written to. */
bool submit_can(const struct card *card, slice origin)
{
    return cat_terminal_can(card, CAT_SEND_SHORT_MESSAGE, 0) && origin.n >= 2 &&
           origin.n <= ORIGIN_MAX && (origin.p[1] & TYPE_OF_NUMBER) != ALPHANUMERIC;
}

bool submit_busy(const struct submit *s)
{
    return s->count > 0;
}

/* The reference goes on: two messages in parts must not look like one. */
void submit_drop(struct submit *s)
{
    uint8_t reference = s->reference;

    wipe(s, sizeof *s);
    s->reference = reference;
}

/* A terminal that refuses one will not send the others either. */
static void answered(struct card *card, void *ctx, int result, slice body)
{
    struct submit *s = ctx;

    (void)body;
    if (!submit_busy(s))
        return;
    if (result < 0 || result >= CAT_NOT_PERFORMED || s->part == s->count)
        submit_drop(s);
    else
        next(card, s);
}

/* The header and the next octets of the response packet. */
static size_t user_data(struct submit *s, uint8_t out[DATA_MAX])
{
    static const uint8_t announced[] = { IE_RESPONSE_PACKET, 0x00 };
    size_t n = 1, take = (size_t)s->n - s->at;

    if (s->count > 1) {
        const uint8_t element[] = { IE_CONCATENATED, 3, s->reference, s->count,
                                    (uint8_t)(s->part + 1) };

        memcpy(out + n, element, sizeof element);
        n += sizeof element;
    }
    if (s->part == 0) {
        memcpy(out + n, announced, sizeof announced);
        n += sizeof announced;
    }
    out[0] = (uint8_t)(n - 1);
    if (take > DATA_MAX - n)
        take = DATA_MAX - n;
    memcpy(out + n, s->octets + s->at, take);
    s->at = (uint16_t)(s->at + take);
    s->part++;
    return n + take;
}

static enum err send_part(struct card *card, struct submit *s)
{
    uint8_t tpdu[2 + ORIGIN_MAX + 3 + DATA_MAX], data[DATA_MAX];
    size_t n = 0, length = user_data(s, data);

    tpdu[n++] = MTI_SUBMIT | UDHI;
    tpdu[n++] = 0x00; /* the terminal numbers it */
    memcpy(tpdu + n, s->origin, s->origin_n);
    n += s->origin_n;
    tpdu[n++] = 0x00;
    tpdu[n++] = DCS_EIGHT_BIT;
    tpdu[n++] = (uint8_t)length;
    memcpy(tpdu + n, data, length);
    return cat_send_short_message(card, SLICE_NONE, slice_of(tpdu, n + length), answered, s);
}

static void next(struct card *card, struct submit *s)
{
    if (send_part(card, s))
        submit_drop(s);
}

enum err submit_begin(struct card *card, struct submit *s, slice origin, slice response)
{
    size_t single = DATA_MAX - HEAD_SINGLE, rest;
    uint8_t reference = (uint8_t)(s->reference + 1);
    enum err err;

    response = slice_skip(response, HEAD_SINGLE);
    if (submit_busy(s))
        return E_STATE;
    if (response.n > sizeof s->octets || origin.n > sizeof s->origin)
        return E_LIMIT;
    rest = response.n > single ? response.n - (DATA_MAX - HEAD_FIRST) : 0;
    *s = (struct submit){ .n = (uint16_t)response.n,
                          .reference = reference,
                          .origin_n = (uint8_t)origin.n,
                          .count = (uint8_t)(1 + (rest + DATA_MAX - HEAD_NEXT - 1) /
                                                     (DATA_MAX - HEAD_NEXT)) };
    memcpy(s->octets, response.p, response.n);
    memcpy(s->origin, origin.p, origin.n);
    err = send_part(card, s);
    if (err)
        submit_drop(s);
    return err;
}
