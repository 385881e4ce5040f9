/*
 * An HTTP/1.1 client on an event loop: connections are kept and used again for the same host, port
 * and trust; TLS sessions are resumed; every wait and size has a limit.
 *
 * A call is answered exactly once, on the loop's thread, with either a whole response or an error:
 * a connection that ends in the middle of a response is an error. A call that met a kept connection
 * which the server had closed meanwhile (no octet of a response came) is tried once more on a fresh
 * one; nothing else is ever sent twice.
 */
#ifndef DUNLIN_NET_HTTP_CLIENT_H
#define DUNLIN_NET_HTTP_CLIENT_H

#include "base/arena.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/resolve.h"
#include "net/tls.h"

struct http_client;

/* A zero takes the default behind it. */
struct http_client_options {
    struct loop *loop;         /* borrowed; NULL: one of its own, for http_client_fetch */
    const struct hosts *hosts; /* borrowed; NULL: none */
    size_t connections_host;   /* 8, for one host, port and trust */
    size_t origins;            /* 256 such triples remembered */
    size_t waiting;            /* 1024 calls waiting for a connection, then E_LIMIT */
    size_t head;               /* 16 KiB */
    size_t body;               /* 4 MiB of a response */
    unsigned connect_ms;       /* 10000: resolving, connecting, TLS */
    unsigned first_octet_ms;   /* 30000: from the request sent to the response begun */
    unsigned whole_ms;         /* 60000: from http_client_call to the end */
    unsigned idle_ms;          /* 20000: an unused connection is kept */
};

struct http_call {
    const char *host;      /* name, or numeric address */
    uint16_t port;         /* 0: 443, or 80 without TLS */
    struct tls_trust *tls; /* NULL: plain */
    const char *method;    /* NULL: POST */
    const char *path;      /* with its query */
    slice content_type;
    const struct http_field *fields;
    size_t field_count;
    slice body;
};

/* How far a call came. From STAGE_SENT on the server may have acted on it. */
enum http_stage {
    STAGE_WAITING,
    STAGE_RESOLVING,
    STAGE_CONNECTING,
    STAGE_TLS,
    STAGE_SENT,
    STAGE_ANSWERED
};

/* Slices and strings live until the callback returns (or as long as the arena of a fetch). */
struct http_answer {
    /*
     * E_NOTFOUND no such host; E_NETWORK cannot connect; E_TIMEOUT; E_CLOSED cut, or the client
     * closes; E_LIMIT too large or too many; E_SYNTAX, E_UNSUPPORTED not HTTP as we know it;
     * E_REFUSED the server refused our TLS; E_UNTRUSTED, E_BADCERT, E_BADKEY, E_BADSIG, E_EXPIRED
     * its certificate.
     */
    enum err err;
    enum http_stage stage;
    int status;
    const struct http_field *fields;
    size_t field_count;
    slice body;  /* present, possibly empty */
    bool reused; /* over a kept connection */
    struct http_tls tls;
};

typedef void http_done(void *ctx, const struct http_answer *answer);

MUST_USE enum err http_client_open(const struct http_client_options *o, struct http_client **out);
/* When the loop does not run any more (after loop_stop, or with a loop of its own). Open calls end
 * with E_CLOSED. */
void http_client_close(struct http_client *c);

/*
 * Any thread. Copies the call before it returns; done is never called from within. E_ARGUMENT when
 * the call cannot be written, E_MEMORY: then done is not called.
 */
MUST_USE enum err http_client_call(struct http_client *c, const struct http_call *call,
                                   http_done *done, void *ctx);
/*
 * Blocks until answered; only with a client that has its own loop, from one thread at a time. The
 * answer is copied into the arena. Returns answer->err.
 */
MUST_USE enum err http_client_fetch(struct http_client *c, const struct http_call *call,
                                    struct arena *a, struct http_answer *answer);

#endif
