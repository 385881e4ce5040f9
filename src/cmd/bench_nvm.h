/*
 * NVM of a benchmark's card: in memory, with what a flash would wear counted. Octets are kept
 * inverted in fresh pages of the system, so that what a card never wrote takes no memory, and erase
 * gives the pages back.
 */
#ifndef DUNLIN_CMD_BENCH_NVM_H
#define DUNLIN_CMD_BENCH_NVM_H

#include "euicc/nvm.h"

struct bench_wear {
    unsigned writes, erases;
    uint64_t octets; /* written */
};

struct bench_nvm {
    uint8_t *octets;
    uint32_t half_octets;
    struct bench_wear wear;
};

/*
 * octets: NVM_HALVES * half_octets of zeroed private pages; half_octets is a multiple of the page.
 * Both structs stay where they are while the card uses them.
 */
void bench_nvm_init(struct bench_nvm *n, uint8_t *octets, uint32_t half_octets, struct nvm *out);

#endif
