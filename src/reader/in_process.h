/* A link to a card that lives in this process. */
#ifndef DUNLIN_READER_IN_PROCESS_H
#define DUNLIN_READER_IN_PROCESS_H

#include "reader/reader.h"

struct card;

/* The card is borrowed; closing the link leaves it as it is. Used from one thread at a time. */
struct card_link card_link_in_process(struct card *card);

#endif
