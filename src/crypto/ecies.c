#include "crypto/ecies.h"

#include "base/secret.h"
#include "crypto/kdf.h"

/* What the KDF gives, one after another. */
struct keys {
    struct aes128_key enc;
    uint8_t icb[AES_BLOCK];
    uint8_t mac[DIGEST_LEN];
};
_Static_assert(sizeof(struct keys) == 64, "KDF output without padding");

static enum err agree_a(const struct crypto *c, slice network_key, struct ecies_sealed *out,
                        uint8_t z[SECRET_LEN])
{
    struct x25519_key peer, own;
    enum err err;

    if (network_key.n != sizeof peer.b)
        return E_BADKEY;
    memcpy(peer.b, network_key.p, sizeof peer.b);
    err = crypto_x25519_fresh(c, &peer, &own, z);
    if (err)
        return err;
    memcpy(out->key, own.b, sizeof own.b);
    out->key_n = sizeof own.b;
    return E_OK;
}

static enum err agree_b(const struct crypto *c, slice network_key, struct ecies_sealed *out,
                        uint8_t z[SECRET_LEN])
{
    struct ec_point peer, own;
    enum err err = network_key.n == PACKED_LEN
                       ? crypto_point_unpack(c, CURVE_P256, network_key.p, &peer)
                       : ec_point_parse(network_key, &peer);

    if (!err)
        err = crypto_agree_fresh(c, CURVE_P256, &peer, &own, z);
    if (err)
        return err;
    ec_point_pack(&own, out->key);
    out->key_n = PACKED_LEN;
    return E_OK;
}

enum err ecies_seal(const struct crypto *c, enum suci_scheme scheme, slice network_key, slice plain,
                    uint8_t *cipher, struct ecies_sealed *out)
{
    uint8_t z[SECRET_LEN], mac[DIGEST_LEN];
    struct keys k;
    enum err err = E_UNSUPPORTED;

    if (scheme == SUCI_PROFILE_A)
        err = agree_a(c, network_key, out, z);
    else if (scheme == SUCI_PROFILE_B)
        err = agree_b(c, network_key, out, z);
    if (err)
        return err;
    slice shared_info = slice_of(out->key, out->key_n);
    err = kdf_x963(c, SLICE_OF(z), &shared_info, 1, (uint8_t *)&k, sizeof k);
    if (!err)
        err = crypto_aes_ctr(c, SLICE_OF(k.enc.b), k.icb, plain, cipher);
    slice sealed = slice_of(cipher, plain.n);
    if (!err)
        err = crypto_hmac_sha256(c, SLICE_OF(k.mac), &sealed, 1, mac);
    if (!err)
        memcpy(out->tag, mac, sizeof out->tag);
    wipe(z, sizeof z);
    wipe(&k, sizeof k);
    return err;
}
