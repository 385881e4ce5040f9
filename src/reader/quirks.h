/*
 * A card_link that makes a well-behaved card behave like some that are sold: slow, with short
 * answers, with its own ideas of 61XX and 6CXX. What the quirks do is on the terminal's side of the
 * card: the card behind them does not know.
 */
#ifndef DUNLIN_READER_QUIRKS_H
#define DUNLIN_READER_QUIRKS_H

#include "reader/reader.h"

enum quirk_more {
    MORE_61XX,   /* what a command answers waits for GET RESPONSE */
    MORE_FETCHED /* it is fetched before the answer leaves, as a reader or a T=1 card does */
};

enum quirk_wrong_le {
    WRONG_LE_6CXX,    /* a Le that does not fit is answered with the one that does */
    WRONG_LE_6700,    /* ... with wrong length, and no more is said */
    WRONG_LE_ANSWERED /* ... with the data, as if the right Le had been sent */
};

struct quirks {
    uint32_t delay_ms; /* before each answer */
    uint32_t
        response_max; /* octets of one answer, the rest by 61XX and GET RESPONSE; 0: no limit */
    enum quirk_more more;
    enum quirk_wrong_le wrong_le;
};

#define QUIRK_ANSWER_MAX 65538

struct quirk_link {
    const struct card_link *inner;
    struct quirks quirks;
    uint8_t answer[QUIRK_ANSWER_MAX]; /* what the card said */
    size_t n, at;                     /* .. n: all of it without status word; at: sent up to here */
    uint16_t sw;
    uint8_t cla; /* of the command; class and channel of the GET RESPONSE that fetches the rest */
    bool waits;  /* a rest waits */
};

/* inner is borrowed; closing the link closes it. */
struct card_link quirk_link(struct quirk_link *q, const struct card_link *inner,
                            const struct quirks *quirks);

#endif
