/* One connection of the HTTP client and the pool's own state. Inside net/. */
#ifndef DUNLIN_NET_CLIENT_LINK_H
#define DUNLIN_NET_CLIENT_LINK_H

#include "net/http_client.h"
#include "net/stream.h"

#include <event2/event_struct.h>

/* A request on its way. */
struct call {
    struct call *next; /* among those waiting for a connection */
    struct loop_task task;
    struct http_client *client;
    struct origin *origin;
    char *host;
    uint16_t port;
    struct tls_trust *tls; /* counted; NULL: plain */
    struct http_out out;   /* the request's octets */
    bool head_only;        /* HEAD: the response has no body */
    bool retried;
    uint64_t deadline;
    http_done *done;
    void *ctx;
};

enum link_phase {
    LINK_RESOLVING,
    LINK_CONNECTING,
    LINK_HANDSHAKE,
    LINK_SENDING,
    LINK_HEAD, /* waits for a response, or reads its head */
    LINK_BODY,
    LINK_IDLE, /* kept, without a call */
};

struct link {
    struct link *prev, *next; /* of the origin */
    struct origin *origin;
    struct call *call; /* NULL exactly in LINK_IDLE */
    struct resolver_query *query;
    struct sockaddr_storage addresses[RESOLVE_ADDRESSES];
    size_t address_count, address_next;
    struct stream stream;
    struct event read_event, write_event;
    bool read_armed, write_armed;
    enum link_phase phase;
    uint64_t deadline; /* of the phase */
    enum err fault;    /* what the verifier found */
    bool reused;
    uint64_t edition; /* of the trust, before the server was verified */

    size_t sent;
    uint8_t *in;
    size_t in_n, in_cap, seen, head_n, plain, raw;
    unsigned interim; /* 1xx responses passed over */
    struct http_chunks chunks;
    struct http_head head;
};

/* One host, port and trust. */
struct origin {
    struct origin *next;
    struct http_client *client;
    char *host;
    uint16_t port;
    struct tls_trust *tls;
    SSL_SESSION *session; /* the newest ticket, or NULL */
    struct link *links;
    size_t link_count;
    struct call *first, **last; /* waiting for a connection */
};

struct http_client {
    struct http_client_options o;
    struct loop *loop;
    bool own_loop;
    struct loop_tick tick;
    struct resolver *resolver;
    struct origin *origins;
    size_t origin_count, waiting;
    bool closing;
};

/* A new connection for the call. */
void link_open(struct origin *o, struct call *call);
/* The call goes out over a kept connection. */
void link_reuse(struct link *l, struct call *call);
void link_sweep(struct link *l, uint64_t now_ms);
/* Ends it; a call on it gets `err`. */
void link_fail(struct link *l, enum err err);

/* The pool's side. */
void pool_answer(struct call *call, const struct http_answer *answer); /* frees the call */
void pool_retry(struct call *call);                                    /* on a fresh connection */
void pool_released(struct origin *o); /* a connection became free, or is gone */

#endif
