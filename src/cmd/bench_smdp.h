/*
 * Downloads of the SM-DP+ benchmarks: the profiles that the operator puts in, and a flow of the
 * four ES9+ calls in JSON, whole or cut short.
 */
#ifndef DUNLIN_CMD_BENCH_SMDP_H
#define DUNLIN_CMD_BENCH_SMDP_H

#include "cmd/bench.h"
#include "cmd/bench_card.h"
#include "cmd/bench_crew.h"

#define BENCH_DOWNLOAD_STEPS      4 /* the last is the installation result */
#define BENCH_DOWNLOAD_MEDIA      "application/json"
#define BENCH_DOWNLOAD_PATH(name) "/gsma/rsp2/es9plus/" name
#define BENCH_DOWNLOAD_PACKAGE    BENCH_DOWNLOAD_PATH("getBoundProfilePackage")
#define BENCH_MATCHING_ID         20

/* What a crew's ctx points to. */
struct bench_downloads {
    unsigned stocked;        /* profiles, released with a matching id each */
    size_t package;          /* octets of one */
    atomic_uint next;        /* to be downloaded */
    unsigned end;            /* and not this one any more */
    slice from;              /* package whose copies are in stock; absent: the project's own */
    const char *matching_id; /* that serves for all; NULL: each profile has its own */
};

/* What a session of the crew keeps: one download, from its beginning to the next one. */
struct bench_begun {
    struct bench_card card;
    bool open;
    unsigned number;
    char matching_id[BENCH_MATCHING_ID];
    uint8_t iccid[ICCID_LEN];
};

/* Octets of the package; 0 when it cannot be built. */
size_t bench_download_octets(slice from);
/* A bench_stock; ctx: the downloads. */
bool bench_downloads_stock(struct servers *s, void *ctx);

/* The parts of a flow whose `own` is, or begins with, a struct bench_begun. */
enum err bench_download_begin(struct bench_session *s);
enum err bench_download_ask(struct bench_session *s, unsigned step, const char **path, slice *body);
/* After the last step: the result was taken. */
enum err bench_download_end(struct bench_session *s);
void bench_download_drop(struct bench_session *s);

/* Many sessions open at the same time, and the memory that they take. */
int bench_sessions(const struct bench_args *args);

#endif
