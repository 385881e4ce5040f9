/*
 * A card_link that prints what passes: every command and answer in hexadecimal, and below it what
 * it means. Files, applications, commands, ES10 functions and their fields have the names that the
 * specifications give them; an ES10 function is printed when its last block and its whole answer
 * are there.
 *
 *     > 80E2910006BF3E035C015A
 *       STORE DATA, block 0, last
 *       GetEuiccDataRequest (ES10c request)
 *         tagList: 5A
 *     < 6115
 *       21 octets more by GET RESPONSE (0: 256 or more)
 *
 * PINs, keys, and the answers of AUTHENTICATE are not printed, only how long they are.
 */
#ifndef DUNLIN_READER_TRACE_H
#define DUNLIN_READER_TRACE_H

#include "der/schema_print.h"
#include "reader/apdu_text.h"
#include "reader/reader.h"

#define TRACE_CHANNELS     20
#define TRACE_REQUEST_MAX  20480
#define TRACE_RESPONSE_MAX 65536

struct trace {
    const struct card_link *inner;
    struct text_sink to;

    struct {
        enum known_app app;
        uint16_t dir; /* FID of the current directory, 7FFF: an ADF */
    } channel[TRACE_CHANNELS];

    uint8_t last_ins; /* the command whose answer GET RESPONSE fetches */
    uint8_t last_channel;
    bool last_block; /* it was the last block of an ES10 request */

    uint8_t request[TRACE_REQUEST_MAX]; /* blocks of STORE DATA, joined */
    size_t request_n;
    bool request_cut; /* more came than there is room for */
    uint8_t answer[TRACE_RESPONSE_MAX];
    size_t answer_n;
    bool answer_cut;
};

/* The link prints to `to` and hands on to `inner`. All are borrowed; closing it closes inner. */
struct card_link trace_link(struct trace *t, const struct card_link *inner,
                            const struct text_sink *to);

#endif
