/* TUAK (3GPP TS 35.231). Used through aka.h; TOPc is computed by whoever builds a profile. */
#ifndef DUNLIN_CRYPTO_TUAK_H
#define DUNLIN_CRYPTO_TUAK_H

#include "crypto/aka.h"

/* key_len 16 or 32, iterations as the profile will carry it. Needs no provider. */
MUST_USE enum err tuak_topc(slice key, const uint8_t top[32], uint8_t iterations, uint8_t topc[32]);

void tuak_f1(const struct aka_params *p, bool star, const uint8_t rand[16], const uint8_t sqn[6],
             const uint8_t amf[2], struct aka_mac *mac);
void tuak_f2345(const struct aka_params *p, const uint8_t rand[16], struct aka_keys *keys);
void tuak_f5_star(const struct aka_params *p, const uint8_t rand[16], uint8_t ak[6]);

#endif
