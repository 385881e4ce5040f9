/*
 * What a terminal does with a card, on top of a card_link: send a command and fetch all of its
 * answer, select, read, authenticate. Blocking; one buffer, no heap.
 */
#ifndef DUNLIN_READER_TERMINAL_H
#define DUNLIN_READER_TERMINAL_H

#include "reader/reader.h"

#define TERMINAL_DATA_MAX                                                                          \
    4096 /* octets of one whole answer, unless terminal_use says otherwise                         \
          */

struct terminal {
    const struct card_link *link;
    uint8_t channel; /* logical channel 0..19 of the commands */
    uint16_t sw;     /* status word of the last command; 91XX is given as 9000 */
    uint8_t pending; /* XX of the last 91XX, 0 when no proactive command waits */
    uint8_t *data;   /* of the last answer; own, or the buffer of terminal_use */
    size_t n, room;
    uint8_t own[TERMINAL_DATA_MAX];
};

/* t stays where it is. */
void terminal_init(struct terminal *t, const struct card_link *link, uint8_t channel);
/* Answers go here from now on; borrowed. */
void terminal_use(struct terminal *t, uint8_t *buf, size_t size);

/*
 * One command: header cla ins p1 p2, data, and Le where le >= 0 (256 is 00). Follows 61XX and 6CXX.
 * The whole answer is in t->data. E_OK whatever the status word says; E_LIMIT when the answer is
 * larger than the buffer; errors of the link.
 */
MUST_USE enum err terminal_send(struct terminal *t, const uint8_t header[4], slice data, int le);
/* The same, and E_REFUSED unless the status word is 9000 (or 91XX). */
MUST_USE enum err terminal_expect(struct terminal *t, const uint8_t header[4], slice data, int le);

/* SELECT by file identifier: a child, parent or sibling of where the card stands. */
MUST_USE enum err terminal_select_file(struct terminal *t, uint16_t fid);
/* SELECT by AID, possibly shortened. */
MUST_USE enum err terminal_select_aid(struct terminal *t, slice aid);
/* The first n octets (at most 255) of the selected transparent file, in t->data. */
MUST_USE enum err terminal_read_binary(struct terminal *t, size_t n);
/* AUTHENTICATE in the 3G context (TS 31.102 7.1.2); the answer, from DB or DC on, is in t->data. */
MUST_USE enum err terminal_authenticate(struct terminal *t, const uint8_t rand[16],
                                        const uint8_t autn[16]);

#endif
