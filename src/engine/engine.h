/*
 * The server engine: takes whole requests from net/, runs role handlers on a fixed pool of workers,
 * commits what they decide, and only then lets the reply go (store/turn.h says the contract between
 * a handler and the engine). It knows no role: whoever builds the program registers routes.
 *
 *   request -> gate (route, method, X-Admin-Protocol, size, media type) -> queue -> worker:
 *   read binding -> handler -> commit -> [upstream call -> resume handler -> commit] -> reply
 *
 * A conflict at the commit runs the handler again on fresh state, up to ENGINE_TRIES times. No
 * worker waits: while a commit or an upstream call is on its way the worker does other work.
 *
 * Every queue has an end: past it the client gets 503 with Retry-After.
 *
 * Order of closing: http_server_drain, http_server_close (its replies need the engine), then
 * engine_close, then store_close.
 */
#ifndef DUNLIN_ENGINE_ENGINE_H
#define DUNLIN_ENGINE_ENGINE_H

#include "net/http_client.h"
#include "net/http_server.h"
#include "store/turn.h"

/*
 * Runs of one handler before a conflict becomes 503. Eight cards that race for one order can cost
 * one of them nine: each of the others once, the winner's package and its result.
 */
#define ENGINE_TRIES 16u
#define ENGINE_HOPS  8u /* upstream calls within one request */

struct engine;
struct type;
struct json_function;
struct route;

/* What an upstream server said. Lives as long as the call that gets it. */
struct engine_answer {
    enum err err; /* as http_answer.err; E_LIMIT also when too many calls are under way */
    int status;
    slice content_type;
    slice body;
};

/* What a handler is called with. */
struct engine_call {
    const struct http_request *http; /* NULL in a chore */
    const void *message;             /* as the binding read it; lives as long as the request */
    /* when resumed after an upstream call: */
    const struct engine_answer *answer; /* NULL: not resumed */
    slice resume;                       /* as the role left it in turn.upstream */
    bool *more; /* chores: to be set when there is more work at once; NULL otherwise */
};

/*
 * A role's handler, on any worker. E_OK: what the turn says happens. E_CONFLICT: it is run again,
 * as after a conflict at the commit. Other errors of class PEER but E_LIMIT become 400, E_UNTRUSTED
 * (nobody known calls) 403, E_LIMIT and E_MEMORY 503, every other 500; nothing is committed.
 * A turn without reply and without refusal is answered 204.
 */
typedef enum err engine_handler(void *role, const struct engine_call *call, struct turn *t);

/* How messages stand in HTTP bodies. */
struct engine_binding {
    const char *media_type;   /* accepted, whatever its parameters */
    const char *reply_type;   /* Content-Type of replies */
    const char *problem_type; /* of those with a turn.http_status from 400 on; NULL: the same */
    /* *message: into the arena, or the body itself. *fault is all zero at first; of an error of
       class PEER it is told to the client. */
    enum err (*read)(const struct route *r, slice body, struct arena *a, const void **message,
                     struct fault *fault);
    /* The body of a 400 that says what is wrong with the request; NULL: plain text. */
    enum err (*complain)(const char *what, struct arena *a, slice *body);
    /* *body absent: 204. */
    enum err (*write)(const struct route *r, const struct turn *t, struct arena *a, slice *body);
};

/*
 * ASN.1: route.request is the type of the message (its C struct is the handler's message), the
 * turn's reply is sent as it is (SGP.32 6.1.1).
 */
extern const struct engine_binding engine_asn1;
/*
 * JSON: route.json is the function; the handler's message is the C struct of its request, and the
 * turn's reply is the ASN.1 response from which the JSON is printed (SGP.22 6.5, SGP.32 6.4).
 */
extern const struct engine_binding engine_json;
/* Octets both ways: message is a `const slice *`. Any media type. */
extern const struct engine_binding engine_octets;

/* X-Admin-Protocol (SGP.22 6.2, SGP.32 6.1): what is accepted is said back. */
enum engine_protocol {
    PROTOCOL_NONE, /* not looked at */
    PROTOCOL_V2,   /* gsma/rsp/v2.*: ES9+, ES11, ES2+, ES12 */
    PROTOCOL_ANY,  /* gsma/rsp/v*: ESipa */
};

/* One function of a server. Static or longer than the engine. */
struct route {
    const char *path;   /* a part that is "{...}" stands for any one part that is not empty */
    const char *host;   /* only for this Host, its port aside; NULL: any */
    const char *method; /* NULL: POST */
    const struct engine_binding *binding;
    enum engine_protocol protocol;
    size_t body_max; /* 0: as much as the listener takes */
    engine_handler *handle;
    engine_handler *resume; /* NULL: makes no upstream calls */
    void *role;
    const struct type *request;       /* engine_asn1 */
    const struct json_function *json; /* engine_json */
};

/*
 * Work that is due by time rather than by request. The handler claims what is due (rows with a due
 * time that it moves on, so that a conflict tells two claimants apart), and may make one upstream
 * call for it, as in a request; when it sets *more, further calls of it run beside, up to
 * `parallel`. So retries survive any crash: the row is due again when its claim has run out.
 */
struct engine_chore {
    const char *name;
    unsigned every_ms;
    unsigned parallel; /* 0: one */
    engine_handler *handle;
    engine_handler *resume;
    void *role;
};

/* For logs: one for each request that passed the gate, and for each chore. On any thread. */
struct engine_report {
    const struct route *route;        /* or */
    const struct engine_chore *chore; /* one of both */
    const struct http_request *http;
    int status;                     /* HTTP; 0 in a chore */
    enum err err;                   /* of handler or commit */
    struct turn_status refusal;     /* of the GSMA function */
    const struct turn_about *about; /* of the last run of the handler */
    unsigned conflicts;
    uint64_t ms; /* from arrival to reply */
};

typedef void engine_answered(void *token, const struct engine_answer *answer);

/* Makes upstream calls. */
struct engine_upstream {
    /* Copies what it needs of u; calls `answered` exactly once, from any thread, also at once. */
    void (*call)(void *ctx, const struct turn_upstream *u, engine_answered *answered, void *token);
    void *ctx;
};

struct engine_options {
    struct store *store;             /* borrowed */
    unsigned workers;                /* 0: one a processor */
    size_t queue;                    /* requests waiting for a worker; 0: 1024 */
    size_t jobs;                     /* requests in all stages; 0: 4096 */
    size_t upstreams;                /* calls under way; 0: 256 */
    unsigned patience_ms;            /* a request that waited longer gets 503; 0: 10000 */
    size_t arena;                    /* octets a turn may use; 0: 16 MiB */
    struct engine_upstream upstream; /* call NULL: every upstream call fails with E_UNSUPPORTED */
    int64_t (*clock)(void *ctx);     /* Unix time in ms; NULL: the machine's */
    void (*report)(void *ctx, const struct engine_report *report); /* may be NULL */
    void *ctx;                                                     /* of clock and report */
    const struct engine_chore *chores;                             /* borrowed */
    size_t chore_count;
};

struct engine_stats {
    uint64_t worker_us; /* processor time of the workers */
    uint64_t done, refused_by_gate, overloaded, conflicts, upstream_calls;
    size_t jobs, waiting, upstreams; /* now */
};

MUST_USE enum err engine_open(const struct engine_options *o, struct engine **out);
/*
 * Starts no chore any more, waits for all jobs, ends the workers. The upstream must still answer
 * its open calls. NULL is allowed.
 */
void engine_close(struct engine *e);
struct engine_stats engine_stats(struct engine *e);

/* The routes behind one listener. */
struct engine_site {
    struct engine *engine;
    const struct route *routes;
    size_t count;
};

/* An http_handler; ctx is the struct engine_site. */
void engine_serve(void *site, const struct http_request *request, struct http_exchange *x);

/*
 * The same for whoever has requests of his own: `told` is called exactly once, on a worker's thread
 * or, when the request does not even get into the queue, on this one, and must not block. The
 * request and all it points to must live until then, the response lives as long as that call.
 */
typedef void engine_told(void *token, const struct http_response *response);
void engine_submit(const struct engine_site *site, const struct http_request *request,
                   engine_told *told, void *token);

/* The same without sockets or workers: the whole way on the calling thread. */
struct engine_reply {
    struct http_response response; /* until engine_reply_release */
    struct http_field fields[2];
    void *held;
};
void engine_dispatch(const struct engine_site *site, const struct http_request *request,
                     struct engine_reply *out);
void engine_reply_release(struct engine_reply *reply);

#endif
