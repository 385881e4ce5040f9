/*
 * Secure channel protocol 03 (GlobalPlatform Amendment D 1.2), i = 70 or 71: pseudo-random card
 * challenge, C-MAC, C-DECRYPTION, R-MAC, R-ENCRYPTION, with challenges, cryptograms and MACs of 8
 * octets (S8) or 16 (S16): the host's challenge says which.
 */
#include "base/secret.h"
#include "euicc/ota/ota_impl.h"

enum { FOR_CARD_CRYPTOGRAM = 0x00, FOR_HOST_CRYPTOGRAM = 0x01, FOR_CHALLENGE = 0x02 };
enum { FOR_ENC = 0x04, FOR_MAC = 0x06, FOR_RMAC = 0x07 };
enum { VERSION_FIRST = 0x30, VERSION_LAST = 0x3F, DIVERSIFICATION = 10 };
enum { SCP03_ID = 0x03, SCP03_I = 0x70, SCP03_I_S16 = 0x01 };
enum { SEQUENCE_LEN = 3, SEQUENCE_LAST = 0xFFFFFF, SW_NOT_AUTHENTIC = 0x6300 };
enum { CLA_SECURED = 0x84, CLA_PLAIN = 0x80, RESPONSE_ICV = 0x80, PAD = 0x80 };

/* Data derivation (4.1.5): SP 800-108 in counter mode with CMAC. */
static enum err derive(struct card *card, slice key, uint8_t constant, slice context_1,
                       slice context_2, uint8_t *out, size_t n)
{
    uint8_t label[16] = { 0 }, block[AES_BLOCK];
    enum err err = E_OK;

    label[11] = constant;
    label[13] = (uint8_t)(n * 8 >> 8);
    label[14] = (uint8_t)(n * 8);
    for (size_t at = 0; !err && at < n; at += AES_BLOCK) {
        const slice parts[] = { SLICE_OF(label), context_1, context_2 };

        label[15]++;
        err = crypto_aes_cmac(card->crypto, key, parts, COUNT(parts), block);
        memcpy(out + at, block, n - at < AES_BLOCK ? n - at : AES_BLOCK);
    }
    wipe(block, sizeof block);
    return err;
}

enum err scp03_derive(struct card *card, struct scp03 *s, const struct ota_key *enc,
                      const struct ota_key *mac, slice host, slice challenge,
                      uint8_t card_cryptogram[SCP03_LONG])
{
    slice kenc = slice_of(enc->octets, enc->n), kmac = slice_of(mac->octets, mac->n);
    slice smac = slice_of(s->mac, mac->n);
    enum err err = derive(card, kenc, FOR_ENC, host, challenge, s->enc, enc->n);

    s->key_n = enc->n;
    if (!err)
        err = derive(card, kmac, FOR_MAC, host, challenge, s->mac, mac->n);
    if (!err)
        err = derive(card, kmac, FOR_RMAC, host, challenge, s->rmac, mac->n);
    if (!err)
        err = derive(card, smac, FOR_CARD_CRYPTOGRAM, host, challenge, card_cryptogram, s->size);
    if (!err)
        err = derive(card, smac, FOR_HOST_CRYPTOGRAM, host, challenge, s->host_cryptogram, s->size);
    memset(s->chain, 0, sizeof s->chain);
    s->counter = 0;
    return err;
}

/* ---- INITIALIZE UPDATE (7.1.1) ---- */

static bool set_of(struct card *card, uint8_t domain, uint8_t version, struct ota_key *enc,
                   struct ota_key *mac)
{
    if (version && (version < VERSION_FIRST || version > VERSION_LAST))
        return false;
    for (unsigned v = version ? version : VERSION_FIRST; v <= (version ? version : VERSION_LAST);
         v++)
        if (key_find(card, domain, (uint8_t)v, KEY_ENC, enc) &&
            key_find(card, domain, (uint8_t)v, KEY_MAC, mac))
            return key_is_aes(enc) && key_is_aes(mac) && enc->n == mac->n &&
                   (enc->n == 16 || enc->n == 24 || enc->n == 32);
    return false;
}

static enum err begin(struct card *card, struct scp03 *s, slice aid, slice host,
                      const struct ota_key *enc, const struct ota_key *mac, struct reply *out)
{
    uint8_t challenge[SCP03_LONG], cryptogram[SCP03_LONG], sequence[SEQUENCE_LEN];
    uint32_t value = key_sequence(card, (uint8_t)s->domain, s->version) + 1;
    const uint8_t info[] = { s->version, SCP03_ID,
                             (uint8_t)(SCP03_I | (s->size == SCP03_LONG ? SCP03_I_S16 : 0)) };
    static const uint8_t diversification[DIVERSIFICATION];
    enum err err;

    if (value > SEQUENCE_LAST)
        return E_STATE;
    for (int i = 0; i < SEQUENCE_LEN; i++)
        sequence[i] = (uint8_t)(value >> 8 * (SEQUENCE_LEN - 1 - i));
    err = derive(card, slice_of(enc->octets, enc->n), FOR_CHALLENGE, SLICE_OF(sequence), aid,
                 challenge, s->size);
    if (!err)
        err = scp03_derive(card, s, enc, mac, host, slice_of(challenge, s->size), cryptogram);
    if (!err)
        err = key_set_sequence(card, (uint8_t)s->domain, s->version, value);
    if (err)
        return err;
    reply_put(out, SLICE_OF(diversification));
    reply_put(out, SLICE_OF(info));
    reply_put(out, slice_of(challenge, s->size));
    reply_put(out, slice_of(cryptogram, s->size));
    reply_put(out, SLICE_OF(sequence));
    return E_OK;
}

void scp03_initialize(struct card *card, struct scp03 *s, uint16_t domain, const struct apdu *apdu,
                      struct reply *out)
{
    struct registry_entry e;
    struct ota_key enc, mac;
    uint8_t aid[CARD_AID_MAX];

    wipe(s, sizeof *s);
    if (apdu->p2 || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    if (apdu->data.n != 8 && apdu->data.n != SCP03_LONG) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!registry_get(card, domain, &e) || !set_of(card, (uint8_t)domain, apdu->p1, &enc, &mac)) {
        out->sw = SW_REFERENCE;
        return;
    }
    size_t aid_n = e.aid.n;
    memcpy(aid, e.aid.p, aid_n);
    *s = (struct scp03){ .phase = SCP03_INITIALIZED,
                         .channel = apdu->channel,
                         .domain = domain,
                         .version = enc.version,
                         .size = (uint8_t)apdu->data.n };
    enum err err = begin(card, s, slice_of(aid, aid_n), apdu->data, &enc, &mac, out);
    if (err) {
        wipe(s, sizeof *s);
        reply_sw(out, err == E_MEMORY  ? SW_NO_SPACE
                      : err == E_STATE ? SW_CONDITIONS
                      : err == E_LIMIT ? SW_CONDITIONS
                                       : SW_UNKNOWN);
    }
    wipe(&enc, sizeof enc);
    wipe(&mac, sizeof mac);
}

/* ---- commands ---- */

/* The MAC at the end of the data, over the chain and the command as on the basic channel. */
static bool verified(struct card *card, struct scp03 *s, const struct apdu *apdu)
{
    const uint8_t head[] = { CLA_SECURED, apdu->ins, apdu->p1, apdu->p2, (uint8_t)apdu->data.n };
    uint8_t mac[AES_BLOCK];

    if (apdu->data.n < s->size || apdu->data.n > 0xFF)
        return false;
    size_t n = apdu->data.n - s->size;
    const slice parts[] = { SLICE_OF(s->chain), SLICE_OF(head), slice_of(apdu->data.p, n) };
    bool ok =
        !crypto_aes_cmac(card->crypto, slice_of(s->mac, s->key_n), parts, COUNT(parts), mac) &&
        ct_equal(mac, apdu->data.p + n, s->size);
    if (ok)
        memcpy(s->chain, mac, sizeof mac);
    wipe(mac, sizeof mac);
    return ok;
}

static bool level_known(uint8_t level)
{
    return level == 0x01 || level == 0x03 || level == 0x11 || level == 0x13 || level == 0x33;
}

uint16_t scp03_authenticate(struct card *card, struct scp03 *s, const struct apdu *apdu)
{
    uint16_t sw = SW_OK;

    if (s->phase != SCP03_INITIALIZED)
        sw = SW_CONDITIONS;
    else if (apdu->p2 || !level_known(apdu->p1))
        sw = SW_P1P2;
    else if (apdu->data.n != 2u * s->size)
        sw = SW_LENGTH;
    else if (!ct_equal(s->host_cryptogram, apdu->data.p, s->size))
        sw = SW_NOT_AUTHENTIC;
    else if (!verified(card, s, apdu))
        sw = SW_SECURITY;
    if (sw != SW_OK) {
        wipe(s, sizeof *s);
        return sw;
    }
    wipe(s->host_cryptogram, sizeof s->host_cryptogram);
    s->level = apdu->p1;
    s->phase = SCP03_OPEN;
    return SW_OK;
}

/* ICV (6.2.6, 6.2.7): the counter's block under S-ENC; that of a response begins with 80. */
static enum err icv(struct card *card, const struct scp03 *s, uint8_t first, uint8_t out[AES_BLOCK])
{
    uint8_t block[AES_BLOCK] = { 0 };

    block[0] = first;
    for (int i = 0; i < 4; i++)
        block[12 + i] = (uint8_t)(s->counter >> 8 * (3 - i));
    return crypto_aes_ecb(card->crypto, AES_ENCRYPT, slice_of(s->enc, s->key_n), SLICE_OF(block),
                          out);
}

/* False: padding or length is not what the MAC's owner would send. */
static bool decipher(struct card *card, const struct scp03 *s, uint8_t *octets, size_t *n)
{
    uint8_t iv[AES_BLOCK];

    if (*n % AES_BLOCK || icv(card, s, 0, iv) ||
        crypto_aes_cbc(card->crypto, AES_DECRYPT, slice_of(s->enc, s->key_n), iv,
                       slice_of(octets, *n), octets))
        return false;
    while (*n && octets[*n - 1] == 0)
        --*n;
    return *n && octets[--*n] == PAD;
}

uint16_t scp03_open(struct card *card, struct scp03 *s, const struct apdu *apdu, uint8_t *buf,
                    struct apdu *plain)
{
    if (s->counter == UINT32_MAX || !verified(card, s, apdu)) {
        wipe(s, sizeof *s);
        return SW_SECURITY;
    }
    size_t n = apdu->data.n - s->size;
    s->counter++;
    memcpy(buf, apdu->data.p, n);
    if (s->level & SCP03_C_DEC && n && !decipher(card, s, buf, &n)) {
        wipe(s, sizeof *s);
        return SW_SECURITY;
    }
    *plain = *apdu;
    plain->cla = CLA_PLAIN;
    plain->secure = false;
    plain->data = n ? slice_of(buf, n) : SLICE_NONE;
    return SW_OK;
}

/* ---- responses ---- */

static bool is_error(uint16_t sw)
{
    return sw != SW_OK && sw >> 8 != 0x62 && sw >> 8 != 0x63;
}

static bool encipher(struct card *card, const struct scp03 *s, struct reply *out)
{
    size_t padding = AES_BLOCK - out->n % AES_BLOCK;
    uint8_t iv[AES_BLOCK], *end = reply_reserve(out, padding);

    if (!end)
        return false;
    memset(end, 0, padding);
    end[0] = PAD;
    return !icv(card, s, RESPONSE_ICV, iv) &&
           !crypto_aes_cbc(card->crypto, AES_ENCRYPT, slice_of(s->enc, s->key_n), iv,
                           slice_of(out->p, out->n), out->p);
}

void scp03_close(struct card *card, struct scp03 *s, struct reply *out)
{
    uint8_t sw[2] = { (uint8_t)(out->sw >> 8), (uint8_t)out->sw }, mac[AES_BLOCK];

    if (is_error(out->sw) || !(s->level & SCP03_R_MAC))
        return;
    if (s->level & SCP03_R_ENC && out->n && !encipher(card, s, out)) {
        reply_sw(out, SW_UNKNOWN);
        return;
    }
    const slice parts[] = { SLICE_OF(s->chain), slice_of(out->p, out->n), SLICE_OF(sw) };
    if (crypto_aes_cmac(card->crypto, slice_of(s->rmac, s->key_n), parts, COUNT(parts), mac))
        reply_sw(out, SW_UNKNOWN);
    else
        reply_put(out, slice_of(mac, s->size));
}
