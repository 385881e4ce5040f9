#include "crypto/bsp.h"

#include "base/secret.h"
#include "crypto/kdf.h"

#define DATA_MAX 65000u

enum err bsp_derive(struct bsp *bsp, const struct crypto *c, const uint8_t z[SECRET_LEN],
                    slice host_id, slice eid)
{
    struct {
        uint8_t chain[AES_BLOCK];
        struct aes128_key enc, mac;
    } keys;
    uint8_t head[3] = { BSP_KEY_TYPE_AES128, BSP_KEY_LEN_AES128, (uint8_t)host_id.n };
    uint8_t eid_len[1] = { (uint8_t)eid.n };
    slice info[] = { SLICE_OF(head), host_id, SLICE_OF(eid_len), eid };
    enum err err;

    if (host_id.n < 1 || host_id.n > BSP_HOST_ID_MAX || eid.n != 16)
        return E_ARGUMENT;
    err = kdf_x963(c, slice_of(z, SECRET_LEN), info, COUNT(info), (uint8_t *)&keys, sizeof keys);
    if (!err)
        bsp_start(bsp, c, &keys.enc, &keys.mac, keys.chain);
    wipe(&keys, sizeof keys);
    return err;
}

void bsp_start(struct bsp *bsp, const struct crypto *c, const struct aes128_key *enc,
               const struct aes128_key *mac, const uint8_t chain[AES_BLOCK])
{
    bsp->crypto = c;
    bsp->enc = *enc;
    bsp->mac = *mac;
    memcpy(bsp->chain, chain, AES_BLOCK);
    bsp->counter = 1;
    bsp->broken = false;
}

void bsp_wipe(struct bsp *bsp)
{
    wipe(bsp, sizeof *bsp);
    bsp->broken = true;
}

static bool encrypted(uint8_t tag)
{
    return tag == BSP_TAG_PROFILE || tag == BSP_TAG_KEYS;
}

static size_t data_len(uint8_t tag, size_t plain)
{
    return encrypted(tag) ? plain / AES_BLOCK * AES_BLOCK + AES_BLOCK : plain;
}

static size_t put_header(uint8_t tag, size_t body, uint8_t out[4])
{
    out[0] = tag;
    if (body < 0x80) {
        out[1] = (uint8_t)body;
        return 2;
    }
    if (body < 0x100) {
        out[1] = 0x81;
        out[2] = (uint8_t)body;
        return 3;
    }
    out[1] = 0x82;
    out[2] = (uint8_t)(body >> 8);
    out[3] = (uint8_t)body;
    return 4;
}

static size_t tlv_len(uint8_t tag, size_t plain)
{
    uint8_t header[4];
    size_t body = data_len(tag, plain) + BSP_MAC_LEN;

    return put_header(tag, body, header) + body;
}

/* ICV = E(S-ENC, counter as a block). */
static enum err initial_vector(const struct bsp *bsp, uint8_t iv[AES_BLOCK])
{
    uint8_t block[AES_BLOCK] = { 0 };

    for (int i = 0; i < 4; i++)
        block[12 + i] = (uint8_t)(bsp->counter >> (24 - 8 * i));
    return crypto_aes_ecb(bsp->crypto, AES_ENCRYPT, SLICE_OF(bsp->enc.b), SLICE_OF(block), iv);
}

/* MAC over the chaining value, tag, length and data, which lie together in `covered`. */
static enum err chained_mac(const struct bsp *bsp, slice covered, uint8_t mac[AES_BLOCK])
{
    slice parts[] = { SLICE_OF(bsp->chain), covered };

    return crypto_aes_cmac(bsp->crypto, SLICE_OF(bsp->mac.b), parts, COUNT(parts), mac);
}

static void advance(struct bsp *bsp, const uint8_t mac[AES_BLOCK])
{
    memcpy(bsp->chain, mac, AES_BLOCK);
    bsp->counter++;
}

static enum err encrypt_in_place(const struct bsp *bsp, uint8_t *data, size_t plain, size_t padded)
{
    uint8_t iv[AES_BLOCK];
    enum err err = initial_vector(bsp, iv);

    data[plain] = 0x80;
    memset(data + plain + 1, 0, padded - plain - 1);
    if (!err)
        err = crypto_aes_cbc(bsp->crypto, AES_ENCRYPT, SLICE_OF(bsp->enc.b), iv,
                             slice_of(data, padded), data);
    return err;
}

enum err bsp_seal(struct bsp *bsp, uint8_t tag, slice plain, uint8_t *out, size_t size, size_t *n)
{
    uint8_t mac[AES_BLOCK];
    size_t data, header;
    enum err err = E_OK;

    if (bsp->broken)
        return E_STATE;
    if ((!encrypted(tag) && tag != BSP_TAG_CLEAR) || plain.n > DATA_MAX)
        return E_ARGUMENT;
    if (size < tlv_len(tag, plain.n))
        return E_NOSPACE;
    data = data_len(tag, plain.n);
    header = put_header(tag, data + BSP_MAC_LEN, out);
    if (plain.n)
        memcpy(out + header, plain.p, plain.n);
    if (encrypted(tag))
        err = encrypt_in_place(bsp, out + header, plain.n, data);
    if (!err)
        err = chained_mac(bsp, slice_of(out, header + data), mac);
    if (err) {
        wipe(out, header + data); /* it may still be the plaintext */
        return err;
    }
    memcpy(out + header + data, mac, BSP_MAC_LEN);
    advance(bsp, mac);
    *n = header + data + BSP_MAC_LEN;
    return E_OK;
}

static size_t cut(uint8_t tag)
{
    return encrypted(tag) ? BSP_PLAIN_MAX : BSP_CLEAR_MAX;
}

size_t bsp_sealed_len(uint8_t tag, size_t plain)
{
    size_t whole = plain / cut(tag), rest = plain % cut(tag);

    /* Nothing at all is still one TLV. */
    return whole * tlv_len(tag, cut(tag)) + (rest || !whole ? tlv_len(tag, rest) : 0);
}

enum err bsp_seal_all(struct bsp *bsp, uint8_t tag, slice plain, uint8_t *out, size_t size,
                      size_t *n)
{
    size_t at = 0;
    enum err err;

    if (size < bsp_sealed_len(tag, plain.n))
        return E_NOSPACE;
    do {
        slice now = slice_head(plain, cut(tag));
        size_t done = 0;

        err = bsp_seal(bsp, tag, now, out + at, size - at, &done);
        at += done;
        plain = slice_skip(plain, now.n);
    } while (!err && plain.n);
    if (!err)
        *n = at;
    return err;
}

/* Splits a TLV that fills its n octets; *body is what follows the header. */
static enum err split(uint8_t tag, const uint8_t *tlv, size_t n, size_t *header)
{
    size_t len;

    if (n < 2)
        return E_TRUNCATED;
    if (tlv[0] != tag)
        return E_TAG;
    if (tlv[1] > 0x82 || tlv[1] == 0x80)
        return E_LENGTH;
    *header = tlv[1] < 0x80 ? 2 : tlv[1] == 0x81 ? 3 : 4;
    if (n < *header)
        return E_TRUNCATED;
    len = *header == 2 ? tlv[1] : *header == 3 ? tlv[2] : (size_t)tlv[2] << 8 | tlv[3];
    if (len > n - *header)
        return E_TRUNCATED;
    if (len < n - *header)
        return E_TRAILING;
    return len < BSP_MAC_LEN ? E_LENGTH : E_OK;
}

/* Scans back over zeros to the 80 that began the padding, within the last block. */
static enum err strip(const uint8_t *data, size_t n, size_t *plain)
{
    size_t i = n, floor = n - AES_BLOCK;

    while (i > floor && data[i - 1] == 0)
        i--;
    if (i == floor || data[i - 1] != 0x80)
        return E_SYNTAX;
    *plain = i - 1;
    return E_OK;
}

static enum err open_tlv(struct bsp *bsp, uint8_t tag, uint8_t *tlv, size_t n, slice *plain)
{
    uint8_t mac[AES_BLOCK], iv[AES_BLOCK];
    size_t header, data;
    enum err err = split(tag, tlv, n, &header);

    if (err)
        return err;
    data = n - header - BSP_MAC_LEN;
    if (encrypted(tag) && (data == 0 || data % AES_BLOCK))
        return E_LENGTH;
    err = chained_mac(bsp, slice_of(tlv, header + data), mac);
    if (err)
        return err;
    if (!ct_equal(mac, tlv + header + data, BSP_MAC_LEN))
        return E_BADMAC;
    *plain = slice_of(tlv + header, data);
    if (encrypted(tag)) {
        err = initial_vector(bsp, iv);
        if (!err)
            err = crypto_aes_cbc(bsp->crypto, AES_DECRYPT, SLICE_OF(bsp->enc.b), iv,
                                 slice_of(tlv + header, data), tlv + header);
        if (!err)
            err = strip(tlv + header, data, &plain->n);
    }
    if (!err)
        advance(bsp, mac);
    return err;
}

enum err bsp_open(struct bsp *bsp, uint8_t tag, uint8_t *tlv, size_t n, slice *plain)
{
    enum err err = E_STATE;

    *plain = SLICE_NONE;
    if (bsp->broken)
        return err;
    if (!encrypted(tag) && tag != BSP_TAG_CLEAR)
        return E_ARGUMENT;
    err = open_tlv(bsp, tag, tlv, n, plain);
    if (err) {
        bsp->broken = true;
        *plain = SLICE_NONE;
    }
    return err;
}
