/*
 * A card at the other end of a pipe, one JSON object a line, as lpac's stdio driver speaks: the
 * terminal's program asks, the card answers.
 *
 *     {"type":"apdu","payload":{"func":"connect","param":null}}
 *     {"type":"apdu","payload":{"ecode":0}}
 *     {"type":"apdu","payload":{"func":"logic_channel_open","param":"A0000005591010FF..."}}
 *     {"type":"apdu","payload":{"ecode":1}}                       the channel, or -1
 *     {"type":"apdu","payload":{"func":"transmit","param":"81E2910006BF3E035C015A"}}
 *     {"type":"apdu","payload":{"ecode":0,"data":"6115"}}
 *     {"type":"apdu","payload":{"func":"logic_channel_close","param":"01"}}
 *     {"type":"apdu","payload":{"func":"disconnect","param":null}}
 *
 * ecode -1 is the answer to what cannot be done. Lines that are not of type apdu are not for the
 * card: such a program also tells its user how it gets on.
 */
#ifndef DUNLIN_READER_STDIO_H
#define DUNLIN_READER_STDIO_H

#include "reader/reader.h"

#include <stdio.h>

#define STDIO_APDU_MAX 65544
#define STDIO_DATA_MAX 65538
#define STDIO_LINE_MAX (2 * STDIO_APDU_MAX + 256)

struct stdio_card {
    const struct card_link *link;
    bool connected;
    uint8_t command[STDIO_APDU_MAX];
    uint8_t response[STDIO_DATA_MAX];
    char text[2 * STDIO_DATA_MAX + 1];
};

void stdio_card_init(struct stdio_card *s, const struct card_link *link);

/*
 * One line without its end. The answer is for free(); *out is NULL where there is none: the line is
 * not for the card. E_MEMORY.
 */
MUST_USE enum err stdio_answer(struct stdio_card *s, slice line, char **out);

/* Until the end of `in` (E_CLOSED). Lines that are not for the card go to `others`. E_LIMIT: a line
 * is too long. */
MUST_USE enum err stdio_serve(struct stdio_card *s, FILE *in, FILE *out, FILE *others);

/* One line without its end, for both ends. E_CLOSED at the end of `in`, E_LIMIT: it is longer. */
MUST_USE enum err stdio_read_line(FILE *in, char *line, size_t size, size_t *n);

#endif
