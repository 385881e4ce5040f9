#include "crypto/keccak.h"

#include "base/secret.h"

#define LANES  25
#define ROUNDS 24

/* rho: rotation of the lane that pi moves to place `to[i]`, walking one cycle over 24 lanes. */
static const uint8_t turn[ROUNDS] = { 1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                      27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44 };
static const uint8_t to[ROUNDS] = { 10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                    15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1 };

static uint64_t rol(uint64_t v, unsigned n)
{
    return v << n | v >> (64 - n);
}

/* iota: the constants are bits of a linear feedback shift register, x^8 + x^6 + x^5 + x^4 + 1. */
static uint64_t round_constant(uint8_t *lfsr)
{
    uint64_t constant = 0;

    for (int j = 0; j < 7; j++) {
        if (*lfsr & 1)
            constant |= 1ull << ((1u << j) - 1);
        *lfsr = (uint8_t)(*lfsr << 1 ^ (*lfsr & 0x80 ? 0x71 : 0));
    }
    return constant;
}

static void theta(uint64_t a[LANES])
{
    uint64_t column[5];

    for (int x = 0; x < 5; x++)
        column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    for (int x = 0; x < 5; x++) {
        uint64_t d = column[(x + 4) % 5] ^ rol(column[(x + 1) % 5], 1);

        for (int y = 0; y < LANES; y += 5)
            a[x + y] ^= d;
    }
}

static void rho_pi(uint64_t a[LANES])
{
    uint64_t carried = a[1];

    for (int i = 0; i < ROUNDS; i++) {
        uint64_t next = a[to[i]];

        a[to[i]] = rol(carried, turn[i]);
        carried = next;
    }
}

static void chi(uint64_t a[LANES])
{
    for (int y = 0; y < LANES; y += 5) {
        uint64_t row[5];

        for (int x = 0; x < 5; x++)
            row[x] = a[x + y];
        for (int x = 0; x < 5; x++)
            a[x + y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
    }
}

void keccak_f1600(uint8_t state[KECCAK_LEN])
{
    uint64_t a[LANES] = { 0 };
    uint8_t lfsr = 1;

    for (int i = 0; i < KECCAK_LEN; i++)
        a[i / 8] |= (uint64_t)state[i] << (8 * (i % 8));
    for (int round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_pi(a);
        chi(a);
        a[0] ^= round_constant(&lfsr);
    }
    for (int i = 0; i < KECCAK_LEN; i++)
        state[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    wipe(a, sizeof a);
}
