/*
 * A modem with the card in it: octets of AT command lines in, result codes out (ITU-T V.250,
 * 3GPP TS 27.007 clause 8). It has no radio; what it does is the card's.
 *
 *   AT, ATE, ATI, ATV1, ATQ0, ATZ, AT&F     +CMEE
 *   +CPIN? +CPIN= +CIMI +CCID +ICCID        by the USIM on the basic channel, as modems do
 *   +CSIM +CRSM                             on the basic channel
 *   +CCHO +CGLA +CCHC                       on a logical channel, whose number is the session
 *
 * The modem answers proactive commands itself: it performs REFRESH, and tells that it cannot do the
 * others. Each is shown as +CUSATP, and after a REFRESH that reset the card +CPIN tells its state;
 * both come unsolicited, behind the result code.
 *
 * No heap; any octets in any order are answered. Secrets of a line are wiped when it is done.
 */
#ifndef DUNLIN_READER_AT_H
#define DUNLIN_READER_AT_H

#include "der/schema_print.h"
#include "reader/terminal.h"

#define AT_LINE_MAX     2048
#define AT_RESPONSE_MAX 65538

struct at {
    const struct card_link *link;
    struct text_sink to;
    struct terminal card; /* the modem's own use of the card, on the basic channel */

    bool echo;
    uint8_t cmee;      /* 0: ERROR, 1: +CME ERROR with a number, 2: with words */
    uint32_t sessions; /* bit n: channel n was opened by +CCHO */
    uint8_t waiting;   /* XX of 91XX: a proactive command waits */

    char line[AT_LINE_MAX];
    size_t n;
    bool too_long;
    uint8_t response[AT_RESPONSE_MAX];
};

/* Powers the card on. link is borrowed. Errors of the link: +CME ERROR: 13 until a reset succeeds.
 */
void at_init(struct at *at, const struct card_link *link, const struct text_sink *to);

/* What the terminal equipment sent; commands are run when their line is whole. */
void at_feed(struct at *at, slice octets);

#endif
