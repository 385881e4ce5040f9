#include "crypto/milenage.h"

#include "base/secret.h"

const uint8_t AKA_DEFAULT_ROTATION[5] = { 64, 0, 32, 64, 96 };
const uint8_t AKA_DEFAULT_XORING[80] = { [31] = 1, [47] = 2, [63] = 4, [79] = 8 };

static void xor_into(uint8_t a[16], const uint8_t b[16])
{
    for (int i = 0; i < 16; i++)
        a[i] ^= b[i];
}

enum err milenage_opc(const struct crypto *c, const uint8_t k[16], const uint8_t op[16],
                      uint8_t opc[16])
{
    enum err err = crypto_aes_ecb(c, AES_ENCRYPT, slice_of(k, 16), slice_of(op, 16), opc);

    if (!err)
        xor_into(opc, op);
    return err;
}

/* Towards the most significant bit, which is the first of octet 0. */
static void rotate_left(const uint8_t in[16], unsigned bits, uint8_t out[16])
{
    unsigned octets = bits / 8 % 16, rest = bits % 8;

    for (unsigned i = 0; i < 16; i++) {
        unsigned pair = (unsigned)in[(i + octets) % 16] << 8 | in[(i + octets + 1) % 16];

        out[i] = (uint8_t)(pair >> (8 - rest));
    }
}

/* TEMP = E(K, RAND ^ OPc) */
static enum err temp_block(const struct crypto *c, const struct aka_params *p,
                           const uint8_t rand[16], uint8_t temp[16])
{
    memcpy(temp, rand, 16);
    xor_into(temp, p->opc);
    return crypto_aes_ecb(c, AES_ENCRYPT, slice_of(p->key, 16), slice_of(temp, 16), temp);
}

enum err milenage_f1(const struct crypto *c, const struct aka_params *p, const uint8_t rand[16],
                     const uint8_t sqn[6], const uint8_t amf[2], uint8_t out1[16])
{
    uint8_t temp[16], in1[16];
    enum err err = temp_block(c, p, rand, temp);

    for (int half = 0; half < 16; half += 8) {
        memcpy(in1 + half, sqn, 6);
        memcpy(in1 + half + 6, amf, 2);
    }
    xor_into(in1, p->opc);
    rotate_left(in1, p->rotation[0], out1);
    xor_into(out1, temp);
    xor_into(out1, p->xoring);
    if (!err)
        err = crypto_aes_ecb(c, AES_ENCRYPT, slice_of(p->key, 16), slice_of(out1, 16), out1);
    xor_into(out1, p->opc);
    wipe(temp, sizeof temp);
    return err;
}

enum err milenage_f2345(const struct crypto *c, const struct aka_params *p, const uint8_t rand[16],
                        uint8_t out[64])
{
    uint8_t temp[16];
    enum err err = temp_block(c, p, rand, temp);

    xor_into(temp, p->opc);
    for (int i = 0; i < 4; i++) {
        rotate_left(temp, p->rotation[i + 1], out + 16 * i);
        xor_into(out + 16 * i, p->xoring + 16 * (i + 1));
    }
    if (!err)
        err = crypto_aes_ecb(c, AES_ENCRYPT, slice_of(p->key, 16), slice_of(out, 64), out);
    for (int i = 0; i < 4; i++)
        xor_into(out + 16 * i, p->opc);
    wipe(temp, sizeof temp);
    return err;
}
