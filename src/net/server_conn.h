/* One connection of the HTTP server and the server's own state. Inside net/. */
#ifndef DUNLIN_NET_SERVER_CONN_H
#define DUNLIN_NET_SERVER_CONN_H

#include "net/http_server.h"
#include "net/loop.h"
#include "net/peer_table.h"
#include "net/stream.h"

#include <event2/event_struct.h>
#include <sys/socket.h>

#include <pthread.h>
#include <stdatomic.h>

/*
 * HANDSHAKE -> IDLE -> HEAD -> BODY -> HANDLING -> WRITING -> IDLE ...
 *                                                         \-> LINGER (refused) or closed
 * In HANDLING the connection belongs to whoever holds the exchange: nothing here moves or frees
 * what the request points to.
 */
enum phase {
    CONN_HANDSHAKE,
    CONN_IDLE, /* between requests: no octet of the next one has come */
    CONN_HEAD,
    CONN_BODY,
    CONN_HANDLING,
    CONN_WRITING,
    CONN_LINGER, /* refused: our side is finished, what still comes is dropped */
};

struct server_loop;

struct http_exchange {
    struct http_exchange *prev, *next; /* in its loop's list */
    struct server_loop *home;
    struct stream stream;
    struct event read_event, write_event;
    bool read_armed, write_armed;
    enum phase phase;
    uint64_t deadline; /* 0: none */
    unsigned reads;    /* that this event may still do, so that one peer cannot hold the loop */

    struct peer_key key;
    char peer[48];
    struct http_tls tls;
    uint8_t *peer_cert; /* malloc or NULL; tls.peer_cert points here */

    uint8_t *in; /* the request from its first octet, and what came behind it */
    size_t in_n, in_cap;
    size_t seen;       /* how far the end of the head was looked for */
    size_t head_n;     /* octets of the head, once complete */
    size_t plain, raw; /* marks of a chunked body */
    size_t next_at;    /* where the next request begins, once this one is complete */
    struct http_chunks chunks;
    struct http_head head;
    struct http_request request;

    struct http_out out;
    size_t out_sent;
    bool close_after, refused;
    bool in_handler, replied; /* replied: by the handler itself, before it returned */
    struct loop_task task;
    size_t served;
    size_t accounted; /* octets that this connection has in the server's `buffered` */
};

struct server_loop {
    struct http_server *server;
    struct loop *loop;
    struct loop_tick tick;
    struct http_exchange *conns;
};

struct http_server {
    struct http_limits limits;
    struct tls_server *tls;
    http_handler *handler;
    void *ctx;

    struct server_loop *loops;
    unsigned loop_count, next_loop;
    int listen_fd;
    struct event listen_event;
    uint64_t accept_again_ms; /* no descriptors were left: when to try again; 0: accepting */
    uint16_t port;
    struct peer_table *peers;

    atomic_bool draining;
    atomic_size_t connections, buffered;
    atomic_uint_fast64_t accepted, turned_off, requests, refused, timed_out, handshakes, resumed;
    pthread_mutex_t lock; /* for the condition and `listening` */
    bool listening;
    pthread_cond_t empty; /* connections may have become 0, or listening false */
};

/* Begins on the thread of home; c is calloc'd, with home, key, peer and stream.fd set. */
void conn_start(struct http_exchange *c);
/* Ends it by its time limit, or because the server drains. */
void conn_sweep(struct http_exchange *c, uint64_t now_ms);

#endif
