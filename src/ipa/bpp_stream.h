/*
 * A Bound Profile Package as it arrives, cut into the segments of SGP.22 2.5.5, and each segment
 * into STORE DATA blocks:
 *
 *     BF36 head and BF23 whole | A0 head and its first 87 | each further 87 | A1 head | each 88 |
 *     A2 head and its first 87, each further 87 | A3 head | each 86
 *
 * One octet goes in at a time; when a block is full or ends its segment it must be sent before the
 * next octet. Lengths are checked against those around them, so that the end is known.
 */
#ifndef DUNLIN_IPA_BPP_STREAM_H
#define DUNLIN_IPA_BPP_STREAM_H

#include "base/err.h"
#include "base/slice.h"

struct bpp_stream {
    uint8_t block[255];
    uint8_t block_n;
    uint8_t block_max;
    uint8_t block_no; /* P2: from 0 in every segment */
    bool last;        /* the block ends its segment */
    bool done;        /* ... and the package */
    unsigned segments;

    uint8_t head[8];
    uint8_t head_n;
    uint8_t level; /* 0: before BF36; 1: in it; 2: in one of A0 .. A3 */
    uint8_t next;  /* which of the five children may come */
    uint8_t item_tag;
    size_t package_left, group_left, item_left;

    /* The announced metadata (BF25), or absent; compared with the 88 segments as they pass. */
    slice metadata;
    size_t metadata_at;
};

/* metadata is borrowed. block_max: 32..255 octets. */
void bpp_stream_init(struct bpp_stream *s, uint8_t block_max, slice metadata);

/*
 * E_OK: more. E_AGAIN: block[0 .. block_n) is to be sent, then bpp_stream_sent. E_SYNTAX: not a
 * package. E_CONFLICT: other metadata than announced; the block must not be sent.
 */
MUST_USE enum err bpp_stream_feed(struct bpp_stream *s, uint8_t octet);
void bpp_stream_sent(struct bpp_stream *s);

#endif
