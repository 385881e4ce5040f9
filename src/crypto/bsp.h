/*
 * Bound profile protection (SGP.22 2.6.4; "SCP03t" before version 3): the secure channel inside a
 * Bound Profile Package. The SM-DP+ seals, the eUICC opens; both keep the same `struct bsp`, whose
 * MAC chain and counter move with every TLV.
 *
 * A protected TLV is T || length || data || MAC(8). 86 and 87 are encrypted, 88 only carries a MAC.
 * A TLV shall not exceed 1020 octets (SGP.22 2.5.3), so a sealer cuts at BSP_PLAIN_MAX or
 * BSP_CLEAR_MAX; an opener accepts longer ones, because servers in the field send 1036.
 *
 * The state holds session keys: whoever has it wipes it with bsp_wipe. Nothing here allocates.
 */
#ifndef DUNLIN_CRYPTO_BSP_H
#define DUNLIN_CRYPTO_BSP_H

#include "crypto/crypto.h"

#define BSP_TAG_PROFILE 0x86 /* encrypted: the profile elements */
#define BSP_TAG_KEYS    0x87 /* encrypted: ConfigureISDP, ReplaceSessionKeys */
#define BSP_TAG_CLEAR   0x88 /* MAC only: StoreMetadata */

#define BSP_MAC_LEN     8
#define BSP_PLAIN_MAX   1007u /* plaintext of one 86 or 87 that we send */
#define BSP_CLEAR_MAX   1008u /* plaintext of one 88 that we send */
#define BSP_SEGMENT_MAX 1020u
/* Room for the TLV of n octets of plaintext of any kind: header, padding, MAC. */
#define BSP_ROOM(n) ((n) + 4 + 16 + BSP_MAC_LEN)

#define BSP_KEY_TYPE_AES128 0x88
#define BSP_KEY_LEN_AES128  0x10
#define BSP_HOST_ID_MAX     16

struct bsp {
    const struct crypto *crypto;
    struct aes128_key enc;    /* S-ENC */
    struct aes128_key mac;    /* S-MAC */
    uint8_t chain[AES_BLOCK]; /* MAC chaining value */
    uint32_t counter;         /* of the next TLV, from 1 */
    bool broken;              /* a TLV did not open: nothing more is accepted */
};

/*
 * Session keys from the shared secret (SGP.22 Annex G): SharedInfo = 88 || 10 || LV(HostID) ||
 * LV(EID). host_id 1 to 16 octets, eid 16 octets, else E_ARGUMENT. z is borrowed; the caller wipes
 * it.
 */
MUST_USE enum err bsp_derive(struct bsp *bsp, const struct crypto *c, const uint8_t z[SECRET_LEN],
                             slice host_id, slice eid);
/* Starts anew with given keys: what ReplaceSessionKeys does, and the test of a trace. */
void bsp_start(struct bsp *bsp, const struct crypto *c, const struct aes128_key *enc,
               const struct aes128_key *mac, const uint8_t chain[AES_BLOCK]);
void bsp_wipe(struct bsp *bsp);

/*
 * Seals one TLV. plain may be as long as 65,000 octets; a sender keeps to the limits above.
 * E_NOSPACE when out has less than BSP_ROOM(plain.n): nothing is written, the chain has not moved.
 */
MUST_USE enum err bsp_seal(struct bsp *bsp, uint8_t tag, slice plain, uint8_t *out, size_t size,
                           size_t *n);
/* Octets of plain cut into the longest allowed TLVs; bsp_seal_all fills exactly so many. */
size_t bsp_sealed_len(uint8_t tag, size_t plain);
MUST_USE enum err bsp_seal_all(struct bsp *bsp, uint8_t tag, slice plain, uint8_t *out, size_t size,
                               size_t *n);

/*
 * Opens one whole TLV in place; *plain points into it. `tag` is the one that must be there.
 *
 *   E_TAG, E_LENGTH, E_TRUNCATED, E_TRAILING   wrong order or structure (errorReason 7)
 *   E_BADMAC, E_SYNTAX (padding)               security error (errorReason 8)
 *   E_STATE                                    an earlier TLV failed
 */
MUST_USE enum err bsp_open(struct bsp *bsp, uint8_t tag, uint8_t *tlv, size_t n, slice *plain);

#endif
