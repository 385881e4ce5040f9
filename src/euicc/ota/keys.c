/* Keys of security domains as KeyObjects (SAIP 8.8), their counters, and what is done with them. */
#include "base/secret.h"
#include "der/der.h"
#include "euicc/ota/ota_impl.h"
#include "profile/elements.h"

/*
 * PROFILE_MISC objects: COUNTER (SCP80, five octets) or SEQUENCE (SCP03, three), + domain << 4 |
 * the low nibble of the version: SCP80 has 01 to 0F, SCP03 30 to 3F.
 */
enum { COUNTER = 0x2000, SEQUENCE = 0x3000 };
enum { KEY_LAST = 0xFFFF, KEY_OBJECT_MAX = KEY_MAX + 48, USAGE_PSK = 0x3C };

/* ---- finding ---- */

static bool decode(slice object, uint8_t domain, struct ota_key *out)
{
    struct saip_key_object key;
    struct saip_key_component component;
    slice components;

    if (object.n < 2 || object.p[0] != domain ||
        schema_decode(&T_saip_key_object, slice_skip(object, 1), &key, NULL))
        return false;
    components = key.components;
    if (!schema_next(&T_saip_key_component, &components, &component) || component.key_type.n != 1 ||
        component.key_data.n > KEY_MAX)
        return false;
    *out = (struct ota_key){ .type = component.key_type.p[0],
                             .version = key.version.p[0],
                             .identifier = key.identifier.p[0],
                             .mac = (uint8_t)component.mac_length,
                             .n = (uint8_t)component.key_data.n };
    if (component.key_data.n)
        memcpy(out->octets, component.key_data.p, component.key_data.n);
    return true;
}

bool key_next(struct card *card, uint8_t domain, int32_t *n, struct ota_key *out)
{
    uint32_t id = profile_object(card->tree.root, PROFILE_KEY, (uint32_t)(*n + 1));
    slice s;

    if (*n >= KEY_LAST)
        return false;
    for (; objects_next(&card->objects, &id, profile_object(card->tree.root, PROFILE_KEY, KEY_LAST),
                        &s);
         id++) {
        *n = (int32_t)(id & KEY_LAST);
        if (decode(s, domain, out))
            return true;
        if (*n == KEY_LAST)
            break;
    }
    return false;
}

static bool find(struct card *card, uint8_t domain, uint8_t version, uint8_t identifier,
                 int32_t *number, struct ota_key *out)
{
    for (*number = -1; key_next(card, domain, number, out);)
        if (out->version == version && out->identifier == identifier)
            return true;
    wipe(out, sizeof *out);
    return false;
}

bool key_find(struct card *card, uint8_t domain, uint8_t version, uint8_t identifier,
              struct ota_key *out)
{
    int32_t number;

    return find(card, domain, version, identifier, &number, out);
}

/* ---- changing ---- */

/* The counter of the set's first key as the profile brought it goes with the object. */
enum err key_put(struct card *card, uint8_t domain, const struct ota_key *key)
{
    static const uint8_t usages[] = { 0, 0x18, 0x14, 0x48 };
    uint8_t usage = key->type == KEY_TYPE_PSK         ? USAGE_PSK
                    : key->identifier < COUNT(usages) ? usages[key->identifier]
                                                      : 0x18;
    uint8_t buf[KEY_OBJECT_MAX];
    struct der_writer w = der_writer(buf, sizeof buf);
    struct ota_key old;
    uint32_t first = profile_object(card->tree.root, PROFILE_KEY, 0), id;
    int32_t number;
    slice written;
    enum err err;

    if (find(card, domain, key->version, key->identifier, &number, &old)) {
        id = first + (uint32_t)number;
    } else {
        uint32_t last = objects_last(&card->objects, first, first + KEY_LAST);

        if (last == first + KEY_LAST)
            return E_LIMIT;
        id = last ? last + 1 : first;
    }
    wipe(&old, sizeof old);
    der_put_int(&w, 0x87, key->mac);
    der_put_tlv(&w, 0x86, slice_of(key->octets, key->n));
    der_put_tlv(&w, 0x80, slice_of(&key->type, 1));
    der_wrap(&w, 0x30, 0);
    der_wrap(&w, 0x30, 0);
    der_put_tlv(&w, 0x83, slice_of(&key->version, 1));
    der_put_tlv(&w, 0x82, slice_of(&key->identifier, 1));
    der_put_tlv(&w, 0x95, slice_of(&usage, 1));
    der_wrap(&w, 0x30, 0);
    der_put(&w, slice_of(&domain, 1));
    err = der_written(&w, &written);
    if (!err)
        err = objects_put(&card->objects, id, written);
    wipe(buf, sizeof buf);
    return err;
}

enum err key_delete(struct card *card, uint8_t domain, uint8_t version, uint8_t identifier,
                    unsigned *count)
{
    struct ota_key key;
    enum err err = E_OK;

    *count = 0;
    for (int32_t n = -1; !err && key_next(card, domain, &n, &key);) {
        if ((version && key.version != version) || (identifier && key.identifier != identifier))
            continue;
        err = objects_delete(&card->objects,
                             profile_object(card->tree.root, PROFILE_KEY, (uint32_t)n));
        ++*count;
    }
    wipe(&key, sizeof key);
    return err;
}

/* ---- counters ---- */

static uint32_t counter_object(struct card *card, uint32_t base, uint8_t domain, uint8_t version)
{
    return profile_object(card->tree.root, PROFILE_MISC,
                          base + ((uint32_t)domain << 4 | (version & 0x0F)));
}

/* What the profile brought, until the first packet. */
static uint64_t initial_counter(struct card *card, uint8_t domain, uint8_t version)
{
    uint32_t id = profile_object(card->tree.root, PROFILE_KEY, 0);
    uint64_t highest = 0;
    slice s;

    for (; objects_next(&card->objects, &id, profile_object(card->tree.root, PROFILE_KEY, KEY_LAST),
                        &s);
         id++) {
        struct saip_key_object key;
        uint64_t value = 0;

        if (s.n < 2 || s.p[0] != domain ||
            schema_decode(&T_saip_key_object, slice_skip(s, 1), &key, NULL) ||
            key.version.p[0] != version)
            continue;
        for (size_t i = 0; i < key.counter.n && i < COUNTER_LEN; i++)
            value = value << 8 | key.counter.p[i];
        highest = value > highest ? value : highest;
    }
    return highest;
}

uint64_t key_counter(struct card *card, uint8_t domain, uint8_t version)
{
    slice s = objects_get(&card->objects, counter_object(card, COUNTER, domain, version));
    uint64_t value = 0;

    if (!s.p)
        return initial_counter(card, domain, version);
    for (size_t i = 0; i < s.n; i++)
        value = value << 8 | s.p[i];
    return value;
}

enum err key_set_counter(struct card *card, uint8_t domain, uint8_t version, uint64_t value)
{
    uint8_t octets[COUNTER_LEN];

    for (size_t i = 0; i < COUNTER_LEN; i++)
        octets[i] = (uint8_t)(value >> 8 * (COUNTER_LEN - 1 - i));
    return objects_put(&card->objects, counter_object(card, COUNTER, domain, version),
                       SLICE_OF(octets));
}

uint32_t key_sequence(struct card *card, uint8_t domain, uint8_t version)
{
    slice s = objects_get(&card->objects, counter_object(card, SEQUENCE, domain, version));

    return s.n == 3 ? (uint32_t)(s.p[0] << 16 | s.p[1] << 8 | s.p[2]) : 0;
}

enum err key_set_sequence(struct card *card, uint8_t domain, uint8_t version, uint32_t value)
{
    uint8_t octets[3] = { (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value };

    return objects_put(&card->objects, counter_object(card, SEQUENCE, domain, version),
                       SLICE_OF(octets));
}

enum err key_forget_domain(struct card *card, uint8_t domain)
{
    unsigned count;
    enum err err = key_delete(card, domain, 0, 0, &count);

    if (!err)
        err = objects_delete_range(&card->objects, counter_object(card, COUNTER, domain, 0),
                                   counter_object(card, COUNTER, domain, 0x0F));
    if (!err)
        err = objects_delete_range(&card->objects, counter_object(card, SEQUENCE, domain, 0),
                                   counter_object(card, SEQUENCE, domain, 0x0F));
    return err;
}

/* ---- use ---- */

enum err key_cipher(struct card *card, const struct ota_key *key, enum aes_direction dir,
                    uint8_t *octets, size_t n)
{
    static const uint8_t iv[AES_BLOCK];
    slice k = slice_of(key->octets, key->n), in = slice_of(octets, n);

    return key_is_aes(key) ? crypto_aes_cbc(card->crypto, dir, k, iv, in, octets)
                           : crypto_des3_cbc(card->crypto, dir, k, iv, in, octets);
}

/* A block at a time, the last one filled up with zeros; the result is the first of *out. */
static enum err cbc_mac(struct card *card, const struct ota_key *key, const slice *parts,
                        size_t count, uint8_t out[AES_BLOCK])
{
    uint8_t chain[DES_BLOCK] = { 0 }, block[DES_BLOCK] = { 0 };
    size_t held = 0;
    enum err err = E_OK;

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; !err && at < parts[i].n; at++) {
            block[held++] = parts[i].p[at];
            if (held < DES_BLOCK)
                continue;
            err = crypto_des3_cbc(card->crypto, AES_ENCRYPT, slice_of(key->octets, key->n), chain,
                                  SLICE_OF(block), chain);
            held = 0;
            memset(block, 0, sizeof block);
        }
    if (!err && held)
        err = crypto_des3_cbc(card->crypto, AES_ENCRYPT, slice_of(key->octets, key->n), chain,
                              SLICE_OF(block), chain);
    memcpy(out, chain, DES_BLOCK);
    wipe(block, sizeof block);
    return err;
}

enum err key_checksum(struct card *card, const struct ota_key *key, const slice *parts,
                      size_t count, uint8_t out[AES_BLOCK])
{
    if (key_is_aes(key))
        return crypto_aes_cmac(card->crypto, slice_of(key->octets, key->n), parts, count, out);
    return cbc_mac(card, key, parts, count, out);
}

enum err key_check_value(struct card *card, const struct ota_key *key, uint8_t out[KCV_LEN])
{
    uint8_t block[SHA1_LEN];
    enum err err;

    memset(block, key_is_aes(key) ? 0x01 : 0x00, sizeof block);
    if (key->type == KEY_TYPE_PSK)
        err = crypto_sha1(card->crypto, slice_of(key->octets, key->n), block);
    else
        err = key_cipher(card, key, AES_ENCRYPT, block, key_block(key));
    memcpy(out, block, KCV_LEN);
    wipe(block, sizeof block);
    return err;
}
