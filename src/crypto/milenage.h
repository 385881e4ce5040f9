/* Milenage (3GPP TS 35.206). Used through aka.h; OPc is computed by whoever builds a profile. */
#ifndef DUNLIN_CRYPTO_MILENAGE_H
#define DUNLIN_CRYPTO_MILENAGE_H

#include "crypto/aka.h"

/* OPc = E(K, OP) ^ OP. */
MUST_USE enum err milenage_opc(const struct crypto *c, const uint8_t k[16], const uint8_t op[16],
                               uint8_t opc[16]);
/* OUT1: MAC-A || MAC-S. */
MUST_USE enum err milenage_f1(const struct crypto *c, const struct aka_params *p,
                              const uint8_t rand[16], const uint8_t sqn[6], const uint8_t amf[2],
                              uint8_t out1[16]);
/* OUT2..OUT5, 16 octets each: OUT2 = AK(6) .. RES(8 at 8), OUT3 = CK, OUT4 = IK, OUT5 = AK*(6). */
MUST_USE enum err milenage_f2345(const struct crypto *c, const struct aka_params *p,
                                 const uint8_t rand[16], uint8_t out[64]);

#endif
