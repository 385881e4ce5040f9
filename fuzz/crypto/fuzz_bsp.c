/*
 * What a server sends into a secure channel. The first octet picks the expected tag; half of the
 * inputs get a valid MAC, so that decryption and padding are reached.
 */
#include "crypto/bsp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t tags[] = { BSP_TAG_PROFILE, BSP_TAG_KEYS, BSP_TAG_CLEAR };

/* Replaces the last eight octets by the MAC over all before them. */
static void make_valid(const struct bsp *bsp, uint8_t *tlv, size_t n)
{
    slice parts[] = { SLICE_OF(bsp->chain), slice_of(tlv, n - BSP_MAC_LEN) };
    uint8_t mac[AES_BLOCK];

    if (crypto_aes_cmac(bsp->crypto, SLICE_OF(bsp->mac.b), parts, 2, mac))
        abort();
    memcpy(tlv + n - BSP_MAC_LEN, mac, BSP_MAC_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t z[SECRET_LEN], eid[16];
    struct bsp bsp;
    uint8_t *tlv;
    slice plain;
    size_t n = size ? size - 1 : 0;

    if (!size)
        return 0;
    tlv = malloc(n ? n : 1);
    if (!tlv || bsp_derive(&bsp, crypto_openssl(), z, SLICE_LIT("h"), SLICE_OF(eid)))
        abort();
    memcpy(tlv, data + 1, n);
    if (data[0] & 0x80 && n > BSP_MAC_LEN)
        make_valid(&bsp, tlv, n);
    if (!bsp_open(&bsp, tags[data[0] % COUNT(tags)], tlv, n, &plain)) {
        if (plain.p < tlv || plain.p + plain.n > tlv + n)
            abort();
    } else if (!bsp.broken || plain.p) {
        abort();
    }
    free(tlv);
    return 0;
}
