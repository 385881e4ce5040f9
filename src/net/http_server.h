/*
 * An HTTP/1.1 server, over TLS or plain, on event loops of its own.
 *
 * The handler gets a complete request on a loop's thread and must not block. It answers with
 * http_reply, then or later, from any thread, exactly once. Requests of one connection are handled
 * one after another, in order (pipelined ones wait); the request and all it points to live until
 * its http_reply.
 *
 * Every size and every wait has a limit in the options. Past one the client gets 400, 408, 413,
 * 417, 431, 501, 503 or 505 and the connection ends, or, where no answer can be read any more or no
 * TLS stands yet, the connection just ends. The handler sees none of it.
 */
#ifndef DUNLIN_NET_HTTP_SERVER_H
#define DUNLIN_NET_HTTP_SERVER_H

#include "net/http.h"
#include "net/tls.h"

struct http_server;
/* One request waiting for its reply. */
struct http_exchange;

/* Octets, milliseconds, or counts. A zero takes the default behind it. */
struct http_limits {
    size_t connections;         /* 4096, of the whole server */
    size_t connections_address; /* 256, of one client address; IPv6 counts by its /64 */
    size_t head;                /* 8 KiB: request line and fields */
    size_t body;                /* 1 MiB */
    size_t reply;               /* 8 MiB: larger replies become 500 */
    size_t buffered;            /* 256 MiB: requests and replies held, all connections together */
    size_t requests;            /* 100000 on one connection, then it is closed */
    unsigned handshake_ms;      /* 10000 */
    unsigned first_octet_ms;    /* 10000, from accept or handshake */
    unsigned request_ms;        /* 20000, from the first octet of a request to its last */
    unsigned idle_ms;           /* 60000, between requests */
    unsigned write_ms;          /* 30000, for a reply to be taken */
    unsigned linger_ms;         /* 1000, for a refused client to read why */
};

typedef void http_handler(void *ctx, const struct http_request *request,
                          struct http_exchange *exchange);

struct http_server_options {
    const char *bind;       /* numeric address; NULL: 127.0.0.1 */
    uint16_t port;          /* 0: any free one */
    unsigned loops;         /* threads; 0: one */
    struct tls_server *tls; /* borrowed until http_server_close; NULL: plain HTTP */
    struct http_limits limits;
    http_handler *handler;
    void *ctx;
};

struct http_server_stats {
    uint64_t accepted;   /* connections */
    uint64_t turned_off; /* connections past a limit */
    uint64_t requests;   /* given to the handler */
    uint64_t refused;    /* answered by this layer with an error */
    uint64_t timed_out;  /* connections ended by a time limit */
    uint64_t handshakes; /* completed */
    uint64_t resumed;    /* of these, by a ticket */
    size_t connections;  /* now */
    size_t buffered;     /* octets now */
};

/* E_NETWORK: the address cannot be bound. */
MUST_USE enum err http_server_open(const struct http_server_options *o, struct http_server **out);
uint16_t http_server_port(const struct http_server *s);
struct http_server_stats http_server_stats(const struct http_server *s);
/* No new connections and no further requests; those in hand go on. Returns at once. */
void http_server_drain(struct http_server *s);
/*
 * Drains, waits until every request in hand has been answered and replies were written or timed
 * out, then frees. Not from a handler. NULL is allowed.
 */
void http_server_close(struct http_server *s);

/*
 * Any thread. Copies what it needs before it returns. What cannot be sent (fields with line breaks,
 * a body past the limit) becomes a 500.
 */
void http_reply(struct http_exchange *x, const struct http_response *response);
/* The same with only a status and an empty body. */
void http_reply_status(struct http_exchange *x, int status);

#endif
