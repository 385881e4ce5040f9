/*
 * A card over TCP in the framing of vpcd: two octets of big-endian length before each message.
 * Messages of one octet to the card are control (0 power off, 1 power on, 2 reset, 4 ask for the
 * ATR), all others are command APDUs; the card answers APDUs and 4.
 *
 * Either end may be the one that connects: vpcd listens and cards connect to it (tcp_serve after
 * tcp_connect); a simulator listens and readers connect to it (tcp_listen, tcp_accept).
 */
#ifndef DUNLIN_READER_TCP_H
#define DUNLIN_READER_TCP_H

#include "reader/reader.h"

#define TCP_MESSAGE_MAX 65535
#define VPCD_PORT       35963

#define TCP_HOST_MAX 255

/*
 * "HOST" or "HOST:PORT", an address of IPv6 in square brackets; without a port it is the usual one.
 * E_SYNTAX.
 */
MUST_USE enum err tcp_place(const char *text, uint16_t usual, char host[TCP_HOST_MAX + 1],
                            uint16_t *port);

/* A socket and its timeouts. */
struct tcp_end {
    int fd;
};

/* Blocking; timeout_ms for connecting and for every exchange, 0: none. E_NETWORK, E_TIMEOUT. */
MUST_USE enum err tcp_connect(const char *host, uint16_t port, unsigned timeout_ms,
                              struct tcp_end *out);
/* On 127.0.0.1, or on every address with `any`. Port 0: *port is the one that was taken. */
MUST_USE enum err tcp_listen(bool any, uint16_t *port, struct tcp_end *out);
/* The next client. E_CLOSED when the listening socket was shut down. */
MUST_USE enum err tcp_accept(const struct tcp_end *listener, struct tcp_end *out);
void tcp_close(struct tcp_end *end);

/*
 * The reader's end: a link to the card at the other side. `end` is owned by the link from now on
 * and must stay where it is. Powers the card on.
 */
MUST_USE enum err tcp_link(struct tcp_end *end, struct card_link *out);

/*
 * The card's end: answers what comes in with `link` until the other side closes (E_CLOSED) or
 * breaks the framing (E_LENGTH). Power off and reset are resets of the link.
 */
MUST_USE enum err tcp_serve(const struct tcp_end *end, const struct card_link *link);

#endif
