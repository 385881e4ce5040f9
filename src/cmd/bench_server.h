/*
 * The servers of a benchmark, on a durable store in a temporary folder with a hierarchy of its own:
 * either in this process, asked through engine_dispatch, or in a process of their own behind
 * loopback TLS. What counts is the processor time of the servers alone.
 */
#ifndef DUNLIN_CMD_BENCH_SERVER_H
#define DUNLIN_CMD_BENCH_SERVER_H

#include "cmd/bench.h"
#include "cmd/servers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#define BENCH_SMDP "testsmdpplus1.example.com"
#define BENCH_EIM  "testeim.example.com"
#define BENCH_PATH 200

struct bench_server {
    char dir[BENCH_PATH], pki[BENCH_PATH + 8];
    const struct crypto *crypto;
    struct identity ci, eum, dp_auth;
    bool smdp; /* else the eIM */

    struct servers servers; /* in this process */
    pid_t child;            /* or there; 0: none */
    int leash;              /* the child ends when this is closed */
    uint16_t port;
    struct hosts *hosts;
    struct tls_trust *trust;
};

/* Makes folder and hierarchy. Complains on stderr. */
MUST_USE bool bench_server_init(struct bench_server *b, bool smdp);
/*
 * Opens the servers and runs `stock` on them, in whichever process they are: it puts in what the
 * clients will ask for. With tls this forks, so no thread may exist yet.
 */
typedef bool bench_stock(struct servers *s, void *ctx);
MUST_USE bool bench_server_start(struct bench_server *b, bool tls, bench_stock *stock, void *ctx);
/* Closes and removes the folder. */
void bench_server_close(struct bench_server *b);

/* One client's way to the servers, used by one thread. */
struct bench_link {
    struct bench_server *server;
    struct http_client *client; /* NULL: in this process */
    struct engine_reply reply;
    double inside_us; /* this thread's time in the server's code */
    int status;       /* of the last answer */
};

/* The answer lives in the arena; absent when there is none. */
MUST_USE enum err bench_link_ask(struct bench_link *l, const char *path, const char *media,
                                 slice body, struct arena *a, slice *answer);

/*
 * Runs `work` on so many threads. Each works through steps (one download, one package): the first
 * of each thread warms up and does not count; then they go on until the time is over.
 */
struct bench_crew;
struct bench_worker {
    struct bench_crew *crew;
    unsigned place;
    struct bench_link link;
    struct arena arena; /* reset before each step */
    void *own;          /* the step's, freed with free() */
    double client_us;   /* time outside of the server's code, while it counted */
    unsigned done;
    enum err err;
};
/* E_NOTFOUND: nothing is left to do. */
typedef enum err bench_step(struct bench_worker *w, void *ctx);
struct bench_crew {
    struct bench_server *server;
    bench_step *step;
    void *ctx;
    unsigned threads;
    double seconds;
    size_t package; /* octets, for the reference */

    /* what came out */
    struct bare bare; /* measured meanwhile, under the same load */
    unsigned done;
    double server_us;        /* of all steps that counted */
    double server_kernel_us; /* of this */
    double other_us;         /* of server_us, not on the clients' threads: the store's commits */
    double wall_us;

    atomic_bool stop;
    void *barrier;
};
MUST_USE bool bench_crew_run(struct bench_crew *c);

#endif
