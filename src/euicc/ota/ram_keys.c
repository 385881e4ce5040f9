/* PUT KEY and DELETE [key] (GPCS 11.8, 11.2; TS 102 226 8.2.1.5). */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/ota/ota_impl.h"

enum { SEVERAL = 0x80, KEYS_MAX = 4, SW_ALGORITHM = 0x9484, SW_CHECK_VALUE = 0x9485 };
enum { SECTOR_IDS = 0x7F, SCP80_LAST = 0x0F };

static slice take(slice *in, size_t n)
{
    slice out = slice_head(*in, n);

    *in = slice_skip(*in, n);
    return out;
}

/* AES: CBC from 0 over whole blocks; DES: each block by itself. */
static enum err decipher(struct card *card, const struct ota_key *dek, uint8_t *octets, size_t n)
{
    enum err err = E_OK;

    if (key_is_aes(dek))
        return key_cipher(card, dek, AES_DECRYPT, octets, n);
    for (size_t at = 0; !err && at < n; at += DES_BLOCK)
        err = key_cipher(card, dek, AES_DECRYPT, octets + at, DES_BLOCK);
    return err;
}

/* A pre-shared key stands in the versions of SCP81 and nowhere else. */
static bool possible(const struct ota_key *key, size_t n)
{
    switch (key->type) {
    case KEY_TYPE_AES:
        return n == 16 || n == 24 || n == 32;
    case KEY_TYPE_DES:
    case KEY_TYPE_DES_CBC:
        return n == 16 || n == 24;
    case KEY_TYPE_PSK:
        return n >= KEY_PSK_MIN && n <= KEY_MAX && key->version >= PSK_VERSION_FIRST &&
               key->version <= PSK_VERSION_LAST;
    default:
        return false;
    }
}

/*
 * Type, length, key, length and check value. An AES key has the length of its clear form in front
 * (GPCS Amendment D 7.2), which senders leave out when the block says it; a pre-shared key always
 * has it (Amendment B, table 3-13).
 */
static uint16_t take_key(struct card *card, slice *in, const struct ota_key *dek,
                         struct ota_key *key)
{
    uint8_t check[KCV_LEN];

    if (in->n < 2 || in->n < 2u + in->p[1])
        return SW_DATA;
    key->type = in->p[0];
    size_t n = in->p[1];
    take(in, 2);
    slice value = take(in, n);
    size_t clear = value.n;

    if (value.n &&
        (key->type == KEY_TYPE_PSK || (key->type == KEY_TYPE_AES && value.n % AES_BLOCK == 1)))
        clear = take(&value, 1).p[0];
    if (!possible(key, clear))
        return SW_ALGORITHM;
    if (value.n > KEY_MAX || value.n < clear || value.n % key_block(dek))
        return SW_DATA;
    memcpy(key->octets, value.p, value.n);
    if (decipher(card, dek, key->octets, value.n))
        return SW_UNKNOWN;
    key->n = (uint8_t)clear;
    key->mac = 8;
    if (in->n < 1 || in->p[0] != KCV_LEN || in->n < 1 + KCV_LEN)
        return SW_DATA; /* what is not checked is not stored */
    take(in, 1);
    slice told = take(in, KCV_LEN);
    if (key_check_value(card, key, check))
        return SW_UNKNOWN;
    return ct_equal(check, told.p, KCV_LEN) ? SW_OK : SW_CHECK_VALUE;
}

/* P1 names the version that is replaced, 0: the key must be a new one. */
static uint16_t put(struct ota_session *s, uint8_t replaced, const struct ota_key *key)
{
    uint8_t domain = (uint8_t)s->number;
    struct ota_key old;
    unsigned count;
    bool exists =
        key_find(s->card, domain, replaced ? replaced : key->version, key->identifier, &old);
    enum err err = E_OK;

    wipe(&old, sizeof old);
    if (exists != (replaced != 0))
        return replaced ? SW_REFERENCE : SW_DATA;
    if (replaced && replaced != key->version)
        err = key_delete(s->card, domain, replaced, key->identifier, &count);
    if (!err)
        err = key_put(s->card, domain, key);
    if (!err)
        return SW_OK;
    return err == E_MEMORY || err == E_LIMIT ? SW_NO_SPACE : SW_MEMORY;
}

/* All of the command's keys are checked before the first one is stored. */
void ram_put_key(struct ota_session *s, const struct apdu *apdu, struct reply *out)
{
    struct ota_key keys[KEYS_MAX], dek;
    uint8_t first = apdu->p2 & SECTOR_IDS, version;
    slice in = apdu->data;
    unsigned count = 0;
    uint16_t sw = SW_OK;

    if (!first || apdu->p1 > SECTOR_IDS || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    bool found = key_find(s->card, s->domain, s->version, s->dek, &dek);
    if (!found || dek.type == KEY_TYPE_PSK) {
        wipe(&dek, sizeof dek);
        out->sw = SW_CONDITIONS;
        return;
    }
    version = take(&in, 1).p[0];
    if (!version || version > SECTOR_IDS)
        sw = SW_DATA;
    while (sw == SW_OK && in.n && count < KEYS_MAX) {
        keys[count] =
            (struct ota_key){ .version = version, .identifier = (uint8_t)(first + count) };
        sw = take_key(s->card, &in, &dek, &keys[count++]);
    }
    if (sw == SW_OK && (in.n || !count || (count > 1) != ((apdu->p2 & SEVERAL) != 0)))
        sw = SW_DATA;
    for (unsigned i = 0; sw == SW_OK && i < count; i++)
        sw = put(s, apdu->p1, &keys[i]);
    /* nobody has used the set that is new */
    if (sw == SW_OK && version <= SCP80_LAST && version != s->version && version != apdu->p1 &&
        key_set_counter(s->card, (uint8_t)s->number, version, 0))
        sw = SW_NO_SPACE;
    if (sw == SW_OK)
        reply_put_octet(out, version);
    for (unsigned i = 0; sw == SW_OK && i < count; i++) {
        uint8_t check[KCV_LEN];

        if (!key_check_value(s->card, &keys[i], check))
            reply_put(out, SLICE_OF(check));
    }
    if (sw != SW_OK)
        reply_sw(out, sw);
    wipe(keys, sizeof keys);
    wipe(&dek, sizeof dek);
}

/* D0 identifier, D2 version: one or both. The set that protects the session stays. */
void ram_delete_keys(struct ota_session *s, slice data, struct reply *out)
{
    struct der_reader r = der_reader(data);
    slice identifier = der_maybe(&r, 0xD0).value, version = der_maybe(&r, 0xD2).value;
    unsigned count = 0;
    enum err err;

    if (der_end(&r) || identifier.n > 1 || version.n > 1 || (!identifier.n && !version.n)) {
        out->sw = SW_DATA;
        return;
    }
    if (s->domain == s->number && (!version.n || version.p[0] == s->version)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    err = key_delete(s->card, (uint8_t)s->number, version.n ? version.p[0] : 0,
                     identifier.n ? identifier.p[0] : 0, &count);
    if (err)
        out->sw = err == E_MEMORY ? SW_NO_SPACE : SW_MEMORY;
    else if (!count)
        out->sw = SW_REFERENCE;
    else
        reply_put_octet(out, 0x00);
}
