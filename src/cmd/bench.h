/*
 * What the benchmarks share. Each prints one line: what was done, how often per second and core,
 * and its ratio to a reference measured in the same run, because machines are noisy and ratios are
 * not.
 */
#ifndef DUNLIN_CMD_BENCH_H
#define DUNLIN_CMD_BENCH_H

#include "crypto/crypto.h"

#include <stddef.h>

/* Processor time of one bare operation in microseconds, OpenSSL called directly. */
struct bare {
    double sign;     /* ECDSA P-256 over a digest */
    double verify;   /* the same, key prepared */
    double key_pair; /* P-256 */
    double agree;    /* ECDH with a received point */
    double package;  /* AES-CBC and AES-CMAC over a protected profile package */
};

/* package: octets of the profile package. Takes about a second. */
struct bare bare_measure(size_t package);

/* Of a whole handshake of TLS 1.3, ECDHE and ECDSA P-256, at the server, in memory. */
double bare_handshake(void);

/* Processor time of the calling thread, and of the whole process, in microseconds. */
double cpu_thread_us(void);
double cpu_process_us(void);
double wall_us(void);

struct bench_args {
    long seconds; /* how long each measurement lasts */
    long threads; /* clients at the same time, where there are any */
    bool tls;     /* over loopback TLS, server in a process of its own */
    bool fresh;   /* of `smdp` with tls: each download has a connection of its own */
    bool json;
    long sessions;       /* of `smdp`: so many open at the same time; 0: downloads */
    long cards;          /* of `card`: so many at the same time; 0: figures of one */
    const char *profile; /* of `card`, `smdp`: a profile package; NULL: the project's own */
    struct {             /* of `smdp`: another SM-DP+, measured behind ours */
        const char *at;  /* host:port, HTTP without TLS; NULL: none */
        const char *pki; /* folder with the CI and EUM (and its key) that it knows, and DPauth */
        const char *matching_id;
        long process; /* whose processor time counts */
    } beside;
};

/* Exit statuses. */
int bench_codec(const struct bench_args *args);
int bench_smdp(const struct bench_args *args);
int bench_eim(const struct bench_args *args);
int bench_uicc(const struct bench_args *args);
int bench_profile(const struct bench_args *args);

/* One result: `per_second` per core, of a bound of `bound_us` each; more is detail for people. */
void bench_line(const struct bench_args *args, const char *what, double per_second,
                double bound_per_second, const char *detail);

#endif
