#include "crypto/aka.h"

#include "base/secret.h"
#include "crypto/milenage.h"
#include "crypto/tuak.h"
#include "crypto/xor_auth.h"

static bool one_size(uint8_t field)
{
    return field == 1 || field == 2 || field == 4;
}

enum err aka_check(const struct aka_params *p)
{
    uint8_t res = p->options & AKA_OPTION_RES, mac = (p->options & AKA_OPTION_MAC) >> 3;
    bool fits = p->key_len == 16;

    switch (p->algorithm) {
    case AKA_MILENAGE:
        for (size_t i = 0; i < COUNT(p->rotation); i++)
            fits = fits && p->rotation[i] < 128;
        break;
    case AKA_TUAK:
        fits =
            (fits || p->key_len == 32) && (!res || one_size(res)) && one_size(mac) && p->iterations;
        break;
    case AKA_XOR: /* 128 bits of K ^ RAND give no longer RES */
        fits = fits && res != 4 && (!res || one_size(res));
        break;
    default:
        return E_UNSUPPORTED;
    }
    return fits ? E_OK : E_RANGE;
}

static enum err mac(const struct crypto *c, const struct aka_params *p, bool star,
                    const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                    const uint8_t amf[AKA_AMF_LEN], struct aka_mac *out)
{
    uint8_t out1[16];
    enum err err = aka_check(p);

    if (err)
        return err;
    switch (p->algorithm) {
    case AKA_TUAK:
        tuak_f1(p, star, rand, sqn, amf, out);
        return E_OK;
    case AKA_XOR:
        xor_f1(p, rand, sqn, amf, out);
        return E_OK;
    default:
        err = milenage_f1(c, p, rand, sqn, amf, out1);
        memcpy(out->b, out1 + (star ? 8 : 0), 8);
        out->n = 8;
        wipe(out1, sizeof out1);
        return err;
    }
}

enum err aka_f1(const struct crypto *c, const struct aka_params *p,
                const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                const uint8_t amf[AKA_AMF_LEN], struct aka_mac *out)
{
    return mac(c, p, false, rand, sqn, amf, out);
}

enum err aka_f1_star(const struct crypto *c, const struct aka_params *p,
                     const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                     const uint8_t amf[AKA_AMF_LEN], struct aka_mac *out)
{
    return mac(c, p, true, rand, sqn, amf, out);
}

static enum err milenage_keys(const struct crypto *c, const struct aka_params *p,
                              const uint8_t rand[AKA_RAND_LEN], struct aka_keys *keys)
{
    uint8_t out[64];
    enum err err = milenage_f2345(c, p, rand, out);

    memcpy(keys->ak, out, AKA_AK_LEN);
    memcpy(keys->res, out + 8, 8);
    memcpy(keys->ck, out + 16, 16);
    memcpy(keys->ik, out + 32, 16);
    keys->res_n = 8;
    keys->ck_n = keys->ik_n = 16;
    wipe(out, sizeof out);
    return err;
}

enum err aka_f2345(const struct crypto *c, const struct aka_params *p,
                   const uint8_t rand[AKA_RAND_LEN], struct aka_keys *keys)
{
    enum err err = aka_check(p);

    if (err)
        return err;
    switch (p->algorithm) {
    case AKA_TUAK:
        tuak_f2345(p, rand, keys);
        return E_OK;
    case AKA_XOR:
        xor_f2345(p, rand, keys);
        return E_OK;
    default:
        return milenage_keys(c, p, rand, keys);
    }
}

enum err aka_f5_star(const struct crypto *c, const struct aka_params *p,
                     const uint8_t rand[AKA_RAND_LEN], uint8_t ak[AKA_AK_LEN])
{
    struct aka_keys keys;
    uint8_t out[64];
    enum err err = aka_check(p);

    if (err)
        return err;
    switch (p->algorithm) {
    case AKA_TUAK:
        tuak_f5_star(p, rand, ak);
        return E_OK;
    case AKA_XOR:
        xor_f2345(p, rand, &keys);
        memcpy(ak, keys.ak, AKA_AK_LEN);
        wipe(&keys, sizeof keys);
        return E_OK;
    default:
        err = milenage_f2345(c, p, rand, out);
        memcpy(ak, out + 48, AKA_AK_LEN);
        wipe(out, sizeof out);
        return err;
    }
}

static void conceal(const uint8_t sqn[AKA_SQN_LEN], const uint8_t ak[AKA_AK_LEN], uint8_t *out)
{
    for (int i = 0; i < AKA_SQN_LEN; i++)
        out[i] = sqn[i] ^ ak[i];
}

enum err aka_autn(const struct crypto *c, const struct aka_params *p,
                  const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn[AKA_SQN_LEN],
                  const uint8_t amf[AKA_AMF_LEN], uint8_t autn[AKA_AUTN_LEN])
{
    struct aka_keys keys;
    struct aka_mac mac_a;
    enum err err = aka_f1(c, p, rand, sqn, amf, &mac_a);

    if (!err)
        err = aka_f2345(c, p, rand, &keys);
    if (!err && mac_a.n != 8)
        err = E_RANGE;
    if (!err) {
        conceal(sqn, keys.ak, autn);
        memcpy(autn + AKA_SQN_LEN, amf, AKA_AMF_LEN);
        memcpy(autn + AKA_SQN_LEN + AKA_AMF_LEN, mac_a.b, 8);
    }
    wipe(&keys, sizeof keys);
    return err;
}

enum err aka_auts(const struct crypto *c, const struct aka_params *p,
                  const uint8_t rand[AKA_RAND_LEN], const uint8_t sqn_ms[AKA_SQN_LEN],
                  uint8_t auts[AKA_AUTS_LEN])
{
    static const uint8_t dummy_amf[AKA_AMF_LEN];
    uint8_t ak[AKA_AK_LEN];
    struct aka_mac mac_s;
    enum err err = aka_f1_star(c, p, rand, sqn_ms, dummy_amf, &mac_s);

    if (!err)
        err = aka_f5_star(c, p, rand, ak);
    if (!err && mac_s.n != 8)
        err = E_RANGE;
    if (!err) {
        conceal(sqn_ms, ak, auts);
        memcpy(auts + AKA_SQN_LEN, mac_s.b, 8);
    }
    wipe(ak, sizeof ak);
    return err;
}

enum err aka_kc(const struct aka_keys *keys, uint8_t kc[8])
{
    if (keys->ck_n != 16 || keys->ik_n != 16)
        return E_RANGE;
    for (int i = 0; i < 8; i++)
        kc[i] = keys->ck[i] ^ keys->ck[i + 8] ^ keys->ik[i] ^ keys->ik[i + 8];
    return E_OK;
}

void aka_sres(const struct aka_keys *keys, uint8_t sres[4])
{
    memset(sres, 0, 4);
    for (int i = 0; i < keys->res_n; i++)
        sres[i % 4] ^= keys->res[i];
}
