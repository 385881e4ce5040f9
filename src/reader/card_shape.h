/*
 * What one card is, from text: lines `name = value`, # begins a comment. The names are those of
 * docs/card.md; what is not named stays as it was.
 */
#ifndef DUNLIN_READER_CARD_SHAPE_H
#define DUNLIN_READER_CARD_SHAPE_H

#include "euicc/card.h"
#include "euicc/ipae/ipae.h"
#include "reader/quirks.h"

#define CARD_SHAPE_OCTETS 4096

struct card_shape {
    struct personality personality; /* ISD-R and ECASD; keys come from elsewhere */
    bool has_eid;                   /* the text says whose card it is */
    struct ipae_personality ipae;   /* where personality.ipae says that the card has one */

    /* the card below them (euicc/card.h) */
    slice atr;
    bool extended_apdu;
    uint8_t channels;
    uint16_t poll_interval_s;
    uint32_t memory; /* octets for objects */

    struct quirks quirks;
    uint32_t power_cut_write;  /* euicc/nvm.h: the power goes during this write; 0: never */
    uint32_t power_cut_octets; /* octets of it that still reach the memory */

    uint8_t octets[CARD_SHAPE_OCTETS]; /* what hexadecimal values became */
    size_t octets_n;
};

/* A card of 256 KB without quirks and without identity. */
void card_shape_defaults(struct card_shape *shape);

#define CARD_SHAPE_FIELD_MAX 48

struct card_shape_fault {
    unsigned line;
    char field[CARD_SHAPE_FIELD_MAX]; /* as it stands there, shortened where it is long */
    const char *why;
};

/*
 * Changes what the text names. Text values point into it: it must outlive the shape. The shape
 * stays where it is. On failure *fault says where, and the shape is not usable. E_SYNTAX, E_RANGE,
 * E_REPEATED, E_NOTFOUND (no such name).
 */
MUST_USE enum err card_shape_read(slice text, struct card_shape *shape,
                                  struct card_shape_fault *fault);

#endif
