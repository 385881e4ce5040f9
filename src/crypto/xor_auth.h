/* The USIM test algorithm (3GPP TS 34.108 8.1.2): XOR only, for test networks. */
#ifndef DUNLIN_CRYPTO_XOR_AUTH_H
#define DUNLIN_CRYPTO_XOR_AUTH_H

#include "crypto/aka.h"

/* f1 and f1* are one function here; so are f5 and f5* (the ak of xor_f2345). */
void xor_f1(const struct aka_params *p, const uint8_t rand[16], const uint8_t sqn[6],
            const uint8_t amf[2], struct aka_mac *mac);
void xor_f2345(const struct aka_params *p, const uint8_t rand[16], struct aka_keys *keys);

#endif
