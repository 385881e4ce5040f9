/*
 * Names to addresses without holding up a loop: numeric addresses and a table of our own at once,
 * everything else by getaddrinfo on a helper thread.
 */
#ifndef DUNLIN_NET_RESOLVE_H
#define DUNLIN_NET_RESOLVE_H

#include "base/err.h"
#include "net/loop.h"

#include <sys/socket.h>

#define RESOLVE_ADDRESSES 8
#define HOST_MAX          255

/* ---- a table of names, as curl's --resolve and --connect-to together ---- */

struct hosts;

MUST_USE enum err hosts_open(struct hosts **out);
void hosts_close(struct hosts *h);
/*
 * "name=address", "name=address:port", "name:port=address:port"; IPv6 in brackets; "*" is any name.
 * The first row that fits counts. E_SYNTAX. Not once a client uses the table.
 */
MUST_USE enum err hosts_add(struct hosts *h, const char *row);

/* ---- resolver ---- */

struct resolver;

/* One question. malloc'd by the asker, who gives it away with resolver_ask. */
struct resolver_query {
    struct resolver_query *next;
    struct loop_task task;
    char host[HOST_MAX + 1];
    uint16_t port;
    struct sockaddr_storage addresses[RESOLVE_ADDRESSES];
    size_t count; /* 0: no such name */
    /* On the loop, also at once from resolver_ask. The query is freed behind it. */
    void (*done)(struct resolver_query *);
    void *owner; /* the asker's; to be cleared by it when it loses interest */
};

/* hosts may be NULL; else borrowed. At most `waiting` questions wait for the helper. */
MUST_USE enum err resolver_open(struct loop *l, const struct hosts *hosts, size_t waiting,
                                struct resolver **out);
/* Questions still open are dropped without an answer. Does not wait for getaddrinfo. */
void resolver_close(struct resolver *r);
void resolver_ask(struct resolver *r, struct resolver_query *q);

#endif
