/*
 * The servers of a benchmark, on a durable store in a temporary folder with a hierarchy of its own:
 * either in this process, asked through engine_submit, or in a process of their own behind
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
    bool foreign;           /* it is somebody else's server, at HTTP without TLS */
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
/* In place of both: another's SM-DP+, as args->beside says. */
MUST_USE bool bench_server_beside(struct bench_server *b, const struct bench_args *args);
/* Closes and removes the folder. */
void bench_server_close(struct bench_server *b);

/* Processor time of the process that the servers are in, and the kernel's share of it. */
double bench_server_us(const struct bench_server *b);
double bench_server_kernel_us(const struct bench_server *b);
/* Octets of that process that are in memory; 0: the system does not tell. */
double bench_server_resident(const struct bench_server *b);

#endif
