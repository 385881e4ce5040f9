/*
 * Authentication and key agreement (3GPP TS 33.102) over the three algorithms that a profile can
 * carry: Milenage, TUAK and the USIM test algorithm. The card and the authentication centre compute
 * the same functions; sequence numbers are for the card (euicc/), not for this file.
 *
 * Parameters are those of akaParameter in a profile package; `struct aka_params` holds secrets, its
 * owner wipes it. Nothing here allocates.
 */
#ifndef DUNLIN_CRYPTO_AKA_H
#define DUNLIN_CRYPTO_AKA_H

#include "crypto/crypto.h"

#define AKA_RAND_LEN 16
#define AKA_SQN_LEN  6
#define AKA_AMF_LEN  2
#define AKA_AK_LEN   6
#define AKA_AUTN_LEN 16
#define AKA_AUTS_LEN 14
#define AKA_MAC_MAX  32
#define AKA_RES_MAX  32

/* Values of algorithmID in the profile package. */
enum aka_algorithm { AKA_MILENAGE = 1, AKA_TUAK = 2, AKA_XOR = 3 };

/*
 * algorithmOptions for TUAK and the test algorithm: b3..b1 the size of RES (000 32 bits, 001 64,
 * 010 128, 100 256), b6..b4 the size of MAC (001 64, 010 128, 100 256; TUAK only), b7 CK and IK of
 * 256 bits (TUAK only). Milenage has none: 00.
 */
#define AKA_OPTION_RES  0x07
#define AKA_OPTION_MAC  0x38
#define AKA_OPTION_LONG 0x40

struct aka_params {
    enum aka_algorithm algorithm;
    uint8_t options;
    uint8_t key_len;     /* 16, or 32 (TUAK) */
    uint8_t key[32];     /* K */
    uint8_t opc[32];     /* OPc in the first 16, or TOPc; not used by the test algorithm */
    uint8_t rotation[5]; /* Milenage r1..r5 in bits, 0..127 */
    uint8_t xoring[80];  /* Milenage c1..c5 */
    uint8_t iterations;  /* TUAK: numberOfKeccak, 1..255 */
};

/* Milenage with the standard r and c, TUAK with one Keccak: what profiles leave out. */
extern const uint8_t AKA_DEFAULT_ROTATION[5];
extern const uint8_t AKA_DEFAULT_XORING[80];

struct aka_mac {
    uint8_t b[AKA_MAC_MAX];
    uint8_t n; /* 8, 16 or 32 */
};

/* The holder wipes it. */
struct aka_keys {
    uint8_t res[AKA_RES_MAX];
    uint8_t ck[32], ik[32];
    uint8_t ak[AKA_AK_LEN];
    uint8_t res_n;      /* 4, 8, 16 or 32 */
    uint8_t ck_n, ik_n; /* 16 or 32 */
};

/* E_RANGE when lengths or options do not fit the algorithm, E_UNSUPPORTED for another algorithm. */
MUST_USE enum err aka_check(const struct aka_params *p);

/* f1: MAC-A of a challenge. */
MUST_USE enum err aka_f1(const struct crypto *c, const struct aka_params *p,
                         const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                         const uint8_t amf[AKA_AMF_LEN], struct aka_mac *mac);
/* f1*: MAC-S of a resynchronisation; amf is the dummy 0000 there (TS 33.102 6.3.3). */
MUST_USE enum err aka_f1_star(const struct crypto *c, const struct aka_params *p,
                              const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                              const uint8_t amf[AKA_AMF_LEN], struct aka_mac *mac);
/* f2, f3, f4, f5 at once. */
MUST_USE enum err aka_f2345(const struct crypto *c, const struct aka_params *p,
                            const uint8_t rand[AKA_RAND_LEN], struct aka_keys *keys);
/* f5*: AK of a resynchronisation. */
MUST_USE enum err aka_f5_star(const struct crypto *c, const struct aka_params *p,
                              const uint8_t rand[AKA_RAND_LEN], uint8_t ak[AKA_AK_LEN]);

/* The network's side: AUTN = SQN ^ AK || AMF || MAC-A. E_RANGE when MAC is not 64 bits. */
MUST_USE enum err aka_autn(const struct crypto *c, const struct aka_params *p,
                           const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                           const uint8_t amf[AKA_AMF_LEN], uint8_t autn[AKA_AUTN_LEN]);
/* The card's answer to a stale SQN: AUTS = SQN_MS ^ AK* || MAC-S. E_RANGE as above. */
MUST_USE enum err aka_auts(const struct crypto *c, const struct aka_params *p,
                           const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn_ms[AKA_SQN_LEN],
                           uint8_t auts[AKA_AUTS_LEN]);

/* Conversions for GSM (TS 33.102 6.8.1.2). Kc is defined for CK and IK of 128 bits: else E_RANGE.
 */
MUST_USE enum err aka_kc(const struct aka_keys *keys, uint8_t kc[8]);
void aka_sres(const struct aka_keys *keys, uint8_t sres[4]);

#endif
