#include "crypto/tuak.h"

#include "base/secret.h"
#include "crypto/keccak.h"

/* Bits of INSTANCE (TS 35.231 6). */
#define INSTANCE_F1_STAR 0x80
#define INSTANCE_F2345   0x40
#define INSTANCE_F5_STAR 0xC0
#define INSTANCE_CK_256  0x04
#define INSTANCE_IK_256  0x02
#define INSTANCE_KEY_256 0x01

/* Places of the 1088 input bits, in octets, and of the output. Every field is stored backwards. */
enum {
    AT_TOPC = 0,
    AT_INSTANCE = 32,
    AT_NAME = 33,
    AT_RAND = 40,
    AT_AMF = 56,
    AT_SQN = 58,
    AT_KEY = 64,
    AT_PAD = 96,
    AT_PAD_END = 135,
    OUT_CK = 32,
    OUT_IK = 64,
    OUT_AK = 96
};

static void backwards(const uint8_t *in, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[n - 1 - i];
}

struct tuak_input {
    slice top, key;
    uint8_t instance, iterations;
    const uint8_t *rand, *amf, *sqn; /* NULL: zeros */
};

static void permute(const struct tuak_input *in, uint8_t state[KECCAK_LEN])
{
    memset(state, 0, KECCAK_LEN);
    backwards(in->top.p, 32, state + AT_TOPC);
    state[AT_INSTANCE] = in->instance | (in->key.n == 32 ? INSTANCE_KEY_256 : 0);
    backwards((const uint8_t *)"TUAK1.0", 7, state + AT_NAME);
    if (in->rand)
        backwards(in->rand, 16, state + AT_RAND);
    if (in->amf)
        backwards(in->amf, 2, state + AT_AMF);
    if (in->sqn)
        backwards(in->sqn, 6, state + AT_SQN);
    backwards(in->key.p, in->key.n, state + AT_KEY);
    state[AT_PAD] = 0x1F;
    state[AT_PAD_END] = 0x80;
    for (unsigned i = 0; i < in->iterations; i++)
        keccak_f1600(state);
}

static struct tuak_input input(const struct aka_params *p, uint8_t instance, const uint8_t *rand)
{
    return (struct tuak_input){ .top = SLICE_OF(p->opc),
                                .key = { p->key, p->key_len },
                                .instance = instance,
                                .iterations = p->iterations,
                                .rand = rand };
}

enum err tuak_topc(slice key, const uint8_t top[32], uint8_t iterations, uint8_t topc[32])
{
    uint8_t state[KECCAK_LEN];
    struct tuak_input in = { .top = slice_of(top, 32), .key = key, .iterations = iterations };

    if ((key.n != 16 && key.n != 32) || !iterations)
        return E_RANGE;
    permute(&in, state);
    backwards(state, 32, topc);
    wipe(state, sizeof state);
    return E_OK;
}

void tuak_f1(const struct aka_params *p, bool star, const uint8_t rand[16], const uint8_t sqn[6],
             const uint8_t amf[2], struct aka_mac *mac)
{
    uint8_t state[KECCAK_LEN], size = p->options & AKA_OPTION_MAC;
    struct tuak_input in = input(p, (uint8_t)((star ? INSTANCE_F1_STAR : 0) | size), rand);

    in.sqn = sqn;
    in.amf = amf;
    permute(&in, state);
    mac->n = size; /* the code of the option is the number of octets: 08, 10, 20 */
    backwards(state, mac->n, mac->b);
    wipe(state, sizeof state);
}

void tuak_f2345(const struct aka_params *p, const uint8_t rand[16], struct aka_keys *keys)
{
    uint8_t state[KECCAK_LEN], res = (uint8_t)((p->options & AKA_OPTION_RES) << 3);
    bool long_keys = p->options & AKA_OPTION_LONG;
    uint8_t instance = INSTANCE_F2345 | res;

    if (long_keys)
        instance |= INSTANCE_CK_256 | INSTANCE_IK_256;
    struct tuak_input in = input(p, instance, rand);

    permute(&in, state);
    keys->res_n = res ? res : 4;
    keys->ck_n = keys->ik_n = long_keys ? 32 : 16;
    backwards(state, keys->res_n, keys->res);
    backwards(state + OUT_CK, keys->ck_n, keys->ck);
    backwards(state + OUT_IK, keys->ik_n, keys->ik);
    backwards(state + OUT_AK, AKA_AK_LEN, keys->ak);
    wipe(state, sizeof state);
}

void tuak_f5_star(const struct aka_params *p, const uint8_t rand[16], uint8_t ak[6])
{
    uint8_t state[KECCAK_LEN];
    struct tuak_input in = input(p, INSTANCE_F5_STAR, rand);

    permute(&in, state);
    backwards(state + OUT_AK, AKA_AK_LEN, ak);
    wipe(state, sizeof state);
}
