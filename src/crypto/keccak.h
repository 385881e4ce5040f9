/* The permutation Keccak-f[1600] (FIPS 202 chapter 3). */
#ifndef DUNLIN_CRYPTO_KECCAK_H
#define DUNLIN_CRYPTO_KECCAK_H

#include <stdint.h>

#define KECCAK_LEN 200

/* Lanes are little-endian in the octets. CT: no branch or index depends on the state. */
void keccak_f1600(uint8_t state[KECCAK_LEN]);

#endif
