/* How many connections each client address holds. Thread safe. Inside net/. */
#ifndef DUNLIN_NET_PEER_TABLE_H
#define DUNLIN_NET_PEER_TABLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr_storage;
struct peer_table;

/* IPv4 as mapped; IPv6 by its /64, for a client owns that much by itself. */
struct peer_key {
    uint8_t octets[16];
};

struct peer_key peer_key_of(const struct sockaddr_storage *address);
/* "192.0.2.1" or "2001:db8::1"; size of at least 46 octets. */
void peer_print(const struct sockaddr_storage *address, char *text, size_t size);

/* Room for `capacity` addresses at once, allocated now. */
MUST_USE enum err peer_table_open(size_t capacity, struct peer_table **out);
void peer_table_close(struct peer_table *t);
/* Counts one more unless the address holds `limit` already. */
bool peer_table_enter(struct peer_table *t, struct peer_key key, size_t limit);
void peer_table_leave(struct peer_table *t, struct peer_key key);

#endif
