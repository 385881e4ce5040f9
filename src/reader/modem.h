/*
 * A card in a modem, reached by AT+CSIM (3GPP TS 27.007 8.17). The modem stays master of the basic
 * channel; a reset of the card is not ours to make: it is taken as done.
 */
#ifndef DUNLIN_READER_MODEM_H
#define DUNLIN_READER_MODEM_H

#include "reader/reader.h"

struct modem;

/* device: a serial port or pseudo terminal. E_NOTFOUND, E_NETWORK, E_TIMEOUT (no answer to AT). */
MUST_USE enum err modem_open(const char *device, unsigned timeout_ms, struct modem **out,
                             struct card_link *link);

#endif
