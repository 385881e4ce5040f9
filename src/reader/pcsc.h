/*
 * A card in a PC/SC reader (winscard.h). The reader's protocol is T=0, which every eUICC has: what
 * a command answers comes by 61XX and GET RESPONSE.
 */
#ifndef DUNLIN_READER_PCSC_H
#define DUNLIN_READER_PCSC_H

#include "reader/reader.h"

struct pcsc;

/*
 * name: a part of the reader's name, its number in the list from 0, or NULL for the first reader
 * with a card. E_NETWORK: no PC/SC service; E_NOTFOUND: no such reader, or no card in it;
 * E_STATE: another program has the card.
 */
MUST_USE enum err pcsc_open(const char *name, struct pcsc **out, struct card_link *link);

/* Names of all readers, one a line, into buf; *n octets of it. E_NETWORK, E_NOSPACE. */
MUST_USE enum err pcsc_list(char *buf, size_t size, size_t *n);

#endif
