#include "crypto/xor_auth.h"

#include "base/secret.h"

static void mix(const struct aka_params *p, const uint8_t rand[16], uint8_t xd[16])
{
    for (int i = 0; i < 16; i++)
        xd[i] = p->key[i] ^ rand[i];
}

void xor_f1(const struct aka_params *p, const uint8_t rand[16], const uint8_t sqn[6],
            const uint8_t amf[2], struct aka_mac *mac)
{
    uint8_t xd[16];

    mix(p, rand, xd);
    for (int i = 0; i < 8; i++)
        mac->b[i] = xd[i] ^ (i < 6 ? sqn[i] : amf[i - 6]);
    mac->n = 8;
    wipe(xd, sizeof xd);
}

static void turn_left(const uint8_t xd[16], int octets, uint8_t out[16])
{
    for (int i = 0; i < 16; i++)
        out[i] = xd[(i + octets) % 16];
}

void xor_f2345(const struct aka_params *p, const uint8_t rand[16], struct aka_keys *keys)
{
    uint8_t xd[16], res = (uint8_t)((p->options & AKA_OPTION_RES) << 3);

    mix(p, rand, xd);
    keys->res_n = res ? res : 4;
    memcpy(keys->res, xd, keys->res_n);
    turn_left(xd, 1, keys->ck);
    turn_left(xd, 2, keys->ik);
    keys->ck_n = keys->ik_n = 16;
    memcpy(keys->ak, xd + 3, AKA_AK_LEN);
    wipe(xd, sizeof xd);
}
