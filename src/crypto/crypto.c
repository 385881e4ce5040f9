#include "crypto/crypto.h"

#include "crypto/signer.h"

#include <assert.h>

struct curve_facts {
    const char *name;
    const uint8_t *order;
};

static const uint8_t ORDER_P256[SCALAR_LEN] = { 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
                                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84,
                                                0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51 };
static const uint8_t ORDER_BP256R1[SCALAR_LEN] = { 0xA9, 0xFB, 0x57, 0xDB, 0xA1, 0xEE, 0xA9, 0xBC,
                                                   0x3E, 0x66, 0x0A, 0x90, 0x9D, 0x83, 0x8D, 0x71,
                                                   0x8C, 0x39, 0x7A, 0xA3, 0xB5, 0x61, 0xA6, 0xF7,
                                                   0x90, 0x1E, 0x0E, 0x82, 0x97, 0x48, 0x56, 0xA7 };

static const struct curve_facts curves[] = {
    [CURVE_NONE] = { "none", NULL },
    [CURVE_P256] = { "P-256", ORDER_P256 },
    [CURVE_BP256R1] = { "brainpoolP256r1", ORDER_BP256R1 },
    [CURVE_OTHER] = { "other", NULL },
};

const char *curve_name(enum curve curve)
{
    return (size_t)curve < COUNT(curves) ? curves[curve].name : "none";
}

const uint8_t *curve_order(enum curve curve)
{
    return (size_t)curve < COUNT(curves) ? curves[curve].order : NULL;
}

enum err ec_point_parse(slice octets, struct ec_point *out)
{
    if (octets.n != POINT_LEN || octets.p[0] != 0x04)
        return E_BADKEY;
    memcpy(out->b, octets.p, POINT_LEN);
    return E_OK;
}

static bool in_group(const uint8_t *scalar, const uint8_t *order)
{
    static const uint8_t zero[SCALAR_LEN];

    return memcmp(scalar, zero, SCALAR_LEN) != 0 && memcmp(scalar, order, SCALAR_LEN) < 0;
}

void ec_point_pack(const struct ec_point *point, uint8_t packed[PACKED_LEN])
{
    packed[0] = 0x02 | (point->b[POINT_LEN - 1] & 1);
    memcpy(packed + 1, point->b + 1, PACKED_LEN - 1);
}

enum err ec_sig_parse(slice octets, enum curve curve, struct ec_sig *out)
{
    const uint8_t *order = curve_order(curve);

    if (!order)
        return E_UNSUPPORTED;
    if (octets.n != SIG_LEN || !in_group(octets.p, order) ||
        !in_group(octets.p + SCALAR_LEN, order))
        return E_BADSIG;
    memcpy(out->b, octets.p, SIG_LEN);
    return E_OK;
}

enum err hash_open(const struct crypto *c, struct hash_run *run)
{
    *run = (struct hash_run){ .by = c };
    return c->hash_open(c->ctx, &run->state);
}

enum err hash_add(struct hash_run *run, slice part)
{
    return run->state ? run->by->hash_add(run->state, part) : E_STATE;
}

enum err hash_finish(struct hash_run *run, uint8_t out[DIGEST_LEN])
{
    enum err err = run->state ? run->by->hash_finish(run->state, out) : E_STATE;

    hash_close(run);
    return err;
}

void hash_close(struct hash_run *run)
{
    if (run->state)
        run->by->hash_close(run->state);
    run->state = NULL;
}

enum err key_open(const struct crypto *c, enum curve curve, const struct ec_point *point,
                  struct public_key **out)
{
    enum err err;

    *out = NULL;
    if (!curve_order(curve))
        return E_UNSUPPORTED;
    err = c->public_open(c->ctx, curve, point, out);
    if (err)
        return err;
    (*out)->by = c;
    (*out)->curve = curve;
    (*out)->point = *point;
    atomic_init(&(*out)->uses, 1);
    return E_OK;
}

struct public_key *key_hold(struct public_key *key)
{
    atomic_fetch_add_explicit(&key->uses, 1, memory_order_relaxed);
    return key;
}

void key_drop(struct public_key *key)
{
    if (!key)
        return;
    unsigned before = atomic_fetch_sub_explicit(&key->uses, 1, memory_order_acq_rel);

    assert(before > 0);
    if (before == 1)
        key->by->public_close(key);
}

enum err key_verify(const struct public_key *key, const slice *parts, size_t count, slice sig)
{
    uint8_t digest[DIGEST_LEN];
    struct ec_sig raw;
    enum err err = ec_sig_parse(sig, key->curve, &raw);

    if (err)
        return err;
    err = crypto_sha256(key->by, parts, count, digest);
    return err ? err : key->by->verify(key, digest, &raw);
}

enum err signer_sign(const struct signer *s, const struct crypto *c, const slice *parts,
                     size_t count, struct ec_sig *out)
{
    uint8_t digest[DIGEST_LEN];
    enum err err;

    if (!s->sign)
        return E_STATE;
    err = crypto_sha256(c, parts, count, digest);
    return err ? err : s->sign(s->ctx, digest, out);
}

void signer_close(struct signer *s)
{
    if (s->close)
        s->close(s->ctx);
    *s = (struct signer){ .curve = CURVE_NONE };
}

enum err signer_open(const struct crypto *c, enum curve curve, const struct ec_scalar *secret,
                     struct signer *out)
{
    *out = (struct signer){ .curve = CURVE_NONE };
    if (!curve_order(curve))
        return E_UNSUPPORTED;
    if (!in_group(secret->b, curve_order(curve)))
        return E_BADKEY;
    return c->signer_open(c, curve, secret, out);
}
