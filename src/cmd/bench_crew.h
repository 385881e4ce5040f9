/*
 * Clients of a benchmark's servers. A flow is what one client does: some requests, each made from
 * the answer to the one before. Many flows go on at the same time.
 *
 * In process a few threads lead many flows, step by step: they make the requests of a step, submit
 * them to the engine, whose workers serve them as they serve the network, and wait for all answers.
 * Over TLS each flow has a thread and a kept connection.
 */
#ifndef DUNLIN_CMD_BENCH_CREW_H
#define DUNLIN_CMD_BENCH_CREW_H

#include "cmd/bench_server.h"

struct bench_client;

struct bench_session {
    struct bench_client *client;
    struct bench_crew *crew;
    void *own;          /* the flow's octets, zeroed at first */
    struct arena arena; /* reset before each run of the flow */
    int status;         /* of the last answer */
    slice answer;       /* in the arena; absent when there was none */
    enum err err;       /* E_NOTFOUND: nothing is left to do */
    struct http_field fields[3];
    struct http_request request;
};

struct bench_flow {
    size_t own; /* octets that a session keeps */
    unsigned steps;
    const char *media;
    enum err (*begin)(struct bench_session *s); /* E_NOTFOUND */
    enum err (*ask)(struct bench_session *s, unsigned step, const char **path, slice *body);
    enum err (*end)(struct bench_session *s); /* takes the last answer */
    void (*close)(struct bench_session *s);   /* of `own`, begun or not; NULL: nothing to do */
};

/* What connections are to flows, over TLS. */
enum bench_connections {
    BENCH_KEPT, /* a client's flows share one */
    BENCH_FRESH /* each flow has its own, with a full handshake of TLS 1.3 */
};

/*
 * Runs flows until the time is over. The first of each session warms up and does not count.
 * Complains on stderr.
 */
struct bench_crew {
    struct bench_server *server;
    const struct bench_flow *flow;
    void *ctx; /* of the flow */
    unsigned sessions;
    double seconds;
    size_t package; /* octets, for the reference */
    /* Over TLS: until nothing is left to do, in place of the time. All count, nothing is measured.
     */
    bool to_the_end;
    enum bench_connections connections;

    /* what came out */
    struct bare bare; /* measured meanwhile, under the same load */
    double handshake; /* likewise, with fresh connections: bare_handshake */
    unsigned done;
    double server_us;        /* processor time of the servers, of all flows that counted */
    double server_kernel_us; /* of this */
    double worker_us, submit_us, store_us; /* in process: where it went */

    atomic_bool stop;
    void *barrier;
};
MUST_USE bool bench_crew_run(struct bench_crew *c);

/* "in process, workers 150, gate 2, store's thread 50" or the like for TLS, each divided by done */
void bench_crew_print(const struct bench_crew *c, char *out, size_t size);

#endif
