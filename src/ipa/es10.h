/*
 * ES10 transport (SGP.22 5.7.2): functions of the eUICC as STORE DATA blocks to the ISD-R, answers
 * put together from 61XX pieces. No I/O: commands stand in `apdu`, answers are handed in.
 */
#ifndef DUNLIN_IPA_ES10_H
#define DUNLIN_IPA_ES10_H

#include "base/err.h"
#include "base/slice.h"

#define ES10_PARTS     14
#define ES10_BLOCK_MAX 255

struct es10 {
    uint8_t apdu[5 + ES10_BLOCK_MAX + 1];
    size_t apdu_n;

    /* The request: parts, one after another. They are borrowed until the last block is sent. */
    slice parts[ES10_PARTS];
    unsigned count, at;
    size_t offset;     /* in parts[at] */
    uint8_t heads[64]; /* small pieces made for the request: es10_add_head */
    size_t heads_n;
    uint8_t block_size; /* 1..255 */
    uint8_t block_no;
    bool last; /* the block that was sent ends the function */

    uint8_t channel;
    bool proactive;    /* a status word was 91XX */
    uint16_t sw;       /* the last one */
    uint8_t *answer;   /* buffer */
    size_t answer_max; /* its size */
    size_t answer_n;
    bool overflow; /* the answer was larger: its start is kept */
};

void es10_init(struct es10 *e, uint8_t *answer, size_t answer_max, uint8_t block_size);

/* ---- a request: begin, add parts, then es10_send ---- */
void es10_begin(struct es10 *e);
void es10_add(struct es10 *e, slice part);
/* Copies up to what fits of heads; for tags, lengths and short values. */
void es10_add_copy(struct es10 *e, slice octets);
/* Tag and length in front of `content` octets that follow. */
void es10_add_head(struct es10 *e, uint32_t tag, size_t content);
/* The first block is in apdu. E_LIMIT when the request had too many parts or octets. */
MUST_USE enum err es10_send(struct es10 *e);

/* Any other command, whole (header, data, Le). CLA gets the channel where basic is false. */
void es10_command(struct es10 *e, slice apdu);
/* A single STORE DATA block of a segment that is made elsewhere (bpp_stream.h). */
void es10_block(struct es10 *e, slice data, uint8_t block_no, bool last);

/*
 * Takes a response APDU. E_AGAIN: another command is in apdu. E_OK: done, the answer is
 * answer[0 .. answer_n). E_REFUSED: sw says why. E_SIZE: not a response.
 */
MUST_USE enum err es10_take(struct es10 *e, slice response);

/* CLA of a command on the present channel. */
uint8_t es10_cla(const struct es10 *e, bool proprietary);

#endif
