/* Addresses of the network as text. */
#ifndef DUNLIN_READER_ADDRESS_TEXT_H
#define DUNLIN_READER_ADDRESS_TEXT_H

#include "base/err.h"
#include "base/slice.h"

/* IPv4 or IPv6: *n is 4 or 16. E_SYNTAX. */
MUST_USE enum err address_read(slice text, uint8_t out[16], size_t *n);
/* The same, perhaps with a port: a.b.c.d:port, [IPv6]:port. *port 0: none is named. */
MUST_USE enum err address_read_port(slice text, uint8_t out[16], size_t *n, uint16_t *port);

#endif
