/*
 * The machine's commands. It believes to be outside the card: TERMINAL CAPABILITY and MANAGE
 * CHANNEL are answered here, SELECT and STORE DATA go to ISD-R, and long answers are fetched by GET
 * RESPONSE as from any card (TS 102 221 7.3.1.1).
 */
#include "euicc/ipae/ipae_impl.h"

#include "base/secret.h"

enum {
    INS_MANAGE_CHANNEL = 0x70,
    INS_SELECT = 0xA4,
    INS_TERMINAL_CAPABILITY = 0xAA,
    INS_GET_RESPONSE = 0xC0
};

void isdr_side_drop(struct ipae *e)
{
    if (e->isdr.pending.card)
        reply_sw(&e->isdr.pending, SW_OK);
    e->isdr.pending.card = NULL;
    e->isdr.at = 0;
    wipe(e->isdr.answer, sizeof e->isdr.answer);
}

static slice respond(struct ipae *e, slice data, uint16_t sw)
{
    uint8_t *out = e->isdr.answer;

    if (data.n)
        memcpy(out, data.p, data.n);
    out[data.n] = (uint8_t)(sw >> 8);
    out[data.n + 1] = (uint8_t)sw;
    return slice_of(out, data.n + 2);
}

/* What is left of the reply, up to a short answer of it. */
static slice next_part(struct ipae *e)
{
    const struct reply *r = &e->isdr.pending;
    size_t left = r->n - e->isdr.at, n = left < APDU_SHORT_NE ? left : APDU_SHORT_NE;
    uint16_t sw = r->sw;
    slice response;

    left -= n;
    if (left)
        sw = (uint16_t)(SW_MORE | (left < 256 ? left : 0));
    response = respond(e, slice_of(r->p + e->isdr.at, n), sw);
    e->isdr.at += n;
    if (!left) {
        reply_sw(&e->isdr.pending, SW_OK);
        e->isdr.pending.card = NULL;
    }
    return response;
}

static slice to_isdr(struct ipae *e, const struct apdu *apdu)
{
    struct reply *r = &e->isdr.pending;
    enum err err;

    *r = (struct reply){
        .card = e->card, .p = e->isdr.buffer, .room = sizeof e->isdr.buffer, .sw = SW_OK
    };
    e->isdr.at = 0;
    err = apdu->ins == INS_SELECT ? card_select_app(e->card, &isdr_app, r)
                                  : card_command_app(e->card, &isdr_app, apdu, r);
    if (err)
        reply_sw(r, SW_NOT_FOUND);
    return next_part(e);
}

slice isdr_side_transmit(struct ipae *e, slice command)
{
    struct apdu apdu;
    uint16_t sw;

    if (!apdu_parse(command, false, &apdu, &sw))
        return respond(e, SLICE_NONE, sw);
    if (apdu.ins == INS_GET_RESPONSE)
        return e->isdr.pending.card ? next_part(e) : respond(e, SLICE_NONE, SW_UNKNOWN);
    isdr_side_drop(e);
    if (apdu.ins == INS_TERMINAL_CAPABILITY)
        return respond(e, SLICE_NONE, SW_OK);
    if (apdu.ins == INS_MANAGE_CHANNEL)
        return respond(e, SLICE_LIT("\x01"), SW_OK);
    return to_isdr(e, &apdu);
}
