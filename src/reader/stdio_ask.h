/*
 * The asking end of stdio.h's protocol: requests go to one stream, what the card answers comes from
 * another. So an LPA takes the place of lpac before `dunlin card --stdio`, or before any other
 * program that has a card for lpac's stdio driver.
 */
#ifndef DUNLIN_READER_STDIO_ASK_H
#define DUNLIN_READER_STDIO_ASK_H

#include "reader/reader.h"

#include <stdio.h>

struct stdio_ask;

/*
 * The streams are borrowed; closing the link says disconnect and frees. A reset is disconnect and
 * connect; it tells no ATR. Lines that are no answer are passed over.
 */
MUST_USE enum err stdio_ask_open(FILE *in, FILE *out, struct stdio_ask **ask,
                                 struct card_link *link);

#endif
