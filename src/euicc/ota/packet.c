/* Command and response packets: structure and security (TS 102 225 5, TS 31.115 4). */
#include "base/secret.h"
#include "euicc/ota/ota_impl.h"

/* SPI1 */
enum { SPI1_CIPHER = 0x04, SPI1_RESERVED = 0xE0 };
enum { COUNTER_MASK = 0x18, COUNTER_HIGHER = 0x10, COUNTER_NEXT = 0x18 };
/* SPI2 */
enum { POR_MASK = 0x03, POR_ALWAYS = 1, POR_ON_ERROR = 2 };
enum { SPI2_CHECK_SHIFT = 2, SPI2_CIPHER = 0x10, SPI2_SUBMIT = 0x20, SPI2_RESERVED = 0xC0 };
/* KIc and KID: algorithm and, for DES, its mode */
enum { ALGORITHM_MASK = 0x0F, IMPLICIT = 0x0, AES = 0x2, DES_TWO_KEYS = 0x5, DES_THREE_KEYS = 0x9 };
enum { RC_CRC16 = 0x1, RC_CRC32 = 0x5 };

#define HEAD        10 /* CPL, CHL, SPI, KIc, KID, TAR */
#define CHL_BASE    13 /* CHL without a checksum */
#define COUNTER_AT  HEAD
#define CHECK_AT    (HEAD + COUNTER_LEN + 1)
#define COUNTER_TOP 0xFFFFFFFFFFull

static uint64_t number_of(const uint8_t counter[COUNTER_LEN])
{
    uint64_t value = 0;

    for (size_t i = 0; i < COUNTER_LEN; i++)
        value = value << 8 | counter[i];
    return value;
}

bool packet_parse(slice in, struct ota_packet *p)
{
    memset(p, 0, sizeof *p);
    if (in.n < CHECK_AT || (size_t)(in.p[0] << 8 | in.p[1]) != in.n - 2)
        return false;
    memcpy(p->cpl, in.p, 2);
    p->chl = in.p[2];
    p->spi1 = in.p[3];
    p->spi2 = in.p[4];
    p->kic = in.p[5];
    p->kid = in.p[6];
    memcpy(p->tar, in.p + 7, sizeof p->tar);
    return p->chl >= CHL_BASE && (size_t)3 + p->chl <= in.n;
}

/* ---- keys and lengths ---- */

/* The key's own type decides where the packet leaves it open. */
static bool suits(const struct ota_key *key, uint8_t algorithm)
{
    bool des = key->type == KEY_TYPE_DES || key->type == KEY_TYPE_DES_CBC;

    switch (algorithm) {
    case IMPLICIT:
        return (key_is_aes(key) && (key->n == 16 || key->n == 24 || key->n == 32)) ||
               (des && (key->n == 16 || key->n == 24));
    case AES:
        return key_is_aes(key) && (key->n == 16 || key->n == 24 || key->n == 32);
    case DES_TWO_KEYS:
        return des && key->n == 16;
    case DES_THREE_KEYS:
        return des && key->n == 24;
    default: /* single DES, ECB, proprietary */
        return false;
    }
}

static bool take_key(struct card *card, const struct ota_packet *p, uint8_t named,
                     uint8_t identifier, struct ota_key *out)
{
    if (key_find(card, p->target.domain, named >> 4, identifier, out) && named >> 4 &&
        suits(out, named & ALGORITHM_MASK))
        return true;
    wipe(out, sizeof *out);
    return false;
}

static uint8_t rc_length(uint8_t kid)
{
    uint8_t algorithm = kid & ALGORITHM_MASK;

    return algorithm == RC_CRC16 ? 2 : algorithm == RC_CRC32 ? 4 : 0;
}

/* Octets of the check that the header or the response (`how`) asks for; -1: not possible. */
static int check_length(const struct ota_packet *p, uint8_t how)
{
    if (how == 0)
        return 0;
    if (how == CHECK_RC)
        return rc_length(p->kid) ? rc_length(p->kid) : -1;
    if (how == CHECK_DS || !p->mac_key.n)
        return -1;
    return key_is_aes(&p->mac_key) ? (p->mac_key.mac == 4 ? 4 : 8) : 8;
}

static uint8_t response_check(const struct ota_packet *p)
{
    return p->spi2 >> SPI2_CHECK_SHIFT & CHECK_MASK;
}

/* All keys that the packet and its response need. */
static bool take_keys(struct card *card, struct ota_packet *p)
{
    bool wants = (p->spi2 & POR_MASK) != 0;
    uint8_t check = p->spi1 & CHECK_MASK, answer = wants ? response_check(p) : 0;
    bool ciphers = p->spi1 & SPI1_CIPHER || (wants && p->spi2 & SPI2_CIPHER);

    if ((check == CHECK_CC || answer == CHECK_CC) &&
        !take_key(card, p, p->kid, KEY_MAC, &p->mac_key))
        return false;
    if (ciphers && !take_key(card, p, p->kic, KEY_ENC, &p->cipher_key))
        return false;
    if (p->cipher_key.n && p->mac_key.n && p->cipher_key.version != p->mac_key.version)
        return false; /* TS 102 226 5.1: one key set */
    return check_length(p, check) == p->chl - CHL_BASE && check_length(p, answer) >= 0;
}

/*
 * No signatures. An answer under a key, and one in a message of the card's own, is only for who has
 * shown one: else the card would make checksums and ciphertexts, and send messages, for a stranger
 * where a target's level is low.
 */
static bool interpretable(const struct ota_packet *p)
{
    uint8_t check = p->spi1 & CHECK_MASK;

    if (p->spi1 & SPI1_RESERVED || p->spi2 & SPI2_RESERVED || check == CHECK_DS ||
        (p->spi2 & POR_MASK) == POR_MASK)
        return false;
    if (!(p->spi2 & POR_MASK))
        return true;
    if (p->spi2 & SPI2_SUBMIT && !p->can_submit)
        return false;
    return check == CHECK_CC ||
           (response_check(p) != CHECK_CC && !(p->spi2 & (SPI2_CIPHER | SPI2_SUBMIT)));
}

/* Level: at least the check, the ciphering and the counter that the target asks for. */
static bool level_reached(uint8_t spi1, uint8_t msl)
{
    return (spi1 & CHECK_MASK) >= (msl & CHECK_MASK) &&
           (spi1 & SPI1_CIPHER) >= (msl & SPI1_CIPHER) &&
           (spi1 & COUNTER_MASK) >= (msl & COUNTER_MASK);
}

/* ---- checks ---- */

static enum err make_check(struct card *card, const struct ota_packet *p, uint8_t how,
                           const slice *parts, size_t count, uint8_t out[AES_BLOCK])
{
    if (how == CHECK_CC)
        return key_checksum(card, &p->mac_key, parts, count, out);
    if (rc_length(p->kid) == 2)
        crc16(parts, count, out);
    else
        crc32(parts, count, out);
    return E_OK;
}

static bool checked(struct card *card, struct ota_packet *p, const uint8_t *octets, size_t n)
{
    uint8_t how = p->spi1 & CHECK_MASK, expected[AES_BLOCK];
    size_t length = (size_t)(p->chl - CHL_BASE);
    const slice parts[] = { slice_of(octets, CHECK_AT),
                            slice_of(octets + CHECK_AT + length, n - CHECK_AT - length) };
    bool ok;

    if (how == 0)
        return true;
    ok = !make_check(card, p, how, parts, COUNT(parts), expected) &&
         ct_equal(expected, octets + CHECK_AT, length);
    wipe(expected, sizeof expected);
    p->proven = ok && how == CHECK_CC;
    return ok;
}

static uint8_t counter_version(const struct ota_packet *p)
{
    return (p->mac_key.n ? p->kid : p->kic) >> 4;
}

static bool counts(const struct ota_packet *p)
{
    return (p->spi1 & COUNTER_MASK) >= COUNTER_HIGHER;
}

enum err packet_store_counter(struct card *card, const struct ota_packet *p)
{
    if (!counts(p))
        return E_OK;
    return key_set_counter(card, p->target.domain, counter_version(p), number_of(p->counter));
}

static enum ota_status count_up(struct card *card, const struct ota_packet *p)
{
    uint64_t value = number_of(p->counter);
    uint64_t last = key_counter(card, p->target.domain, counter_version(p));

    if (!counts(p))
        return OTA_OK;
    /* a counter that no checksum protects could be set to its end by anybody */
    if (!p->proven)
        return OTA_SECURITY_ERROR;
    if (last == COUNTER_TOP)
        return OTA_COUNTER_BLOCKED;
    if (value <= last)
        return OTA_COUNTER_LOW;
    if ((p->spi1 & COUNTER_MASK) == COUNTER_NEXT && value != last + 1)
        return OTA_COUNTER_HIGH;
    return packet_store_counter(card, p) ? OTA_NO_MEMORY : OTA_OK;
}

enum ota_status packet_open(struct card *card, struct ota_packet *p, uint8_t *octets, size_t n)
{
    size_t check = (size_t)(p->chl - CHL_BASE), body;

    if (!target_find(card, p->tar, &p->target))
        return OTA_TAR_UNKNOWN;
    if (!interpretable(p))
        return OTA_SECURITY_ERROR;
    if (!level_reached(p->spi1, p->target.msl))
        return OTA_LEVEL_TOO_LOW;
    if (!take_keys(card, p))
        return OTA_SECURITY_ERROR;
    if (p->spi1 & SPI1_CIPHER &&
        ((n - HEAD) % key_block(&p->cipher_key) ||
         key_cipher(card, &p->cipher_key, AES_DECRYPT, octets + COUNTER_AT, n - HEAD)))
        return OTA_CIPHERING_ERROR;
    memcpy(p->counter, octets + COUNTER_AT, COUNTER_LEN);
    p->padding = octets[COUNTER_AT + COUNTER_LEN];
    if (!checked(card, p, octets, n))
        return OTA_CHECKSUM_FAILED;
    body = n - CHECK_AT - check;
    if (p->padding > body)
        return OTA_CIPHERING_ERROR;
    p->data = slice_of(octets + CHECK_AT + check, body - p->padding);
    return count_up(card, p);
}

/* ---- response ---- */

enum { UDH = 3, RESPONSE_CLEAR = 6, STATUS_AT = UDH + RESPONSE_CLEAR + COUNTER_LEN + 1 };
enum { RESPONSE_HEAD = STATUS_AT + 1, RHL_BASE = 10 };

bool packet_wants_response(const struct ota_packet *p, enum ota_status status)
{
    uint8_t por = p->spi2 & POR_MASK;

    return por == POR_ALWAYS || (por == POR_ON_ERROR && status != OTA_OK);
}

/* Not where the counter, or what comes before it, was wrong: a message that is replayed says from
   where it seems to come, and anything might be there. */
bool packet_by_submit(const struct ota_packet *p, enum ota_status status)
{
    return p->spi2 & SPI2_SUBMIT && p->proven && (status == OTA_OK || status == OTA_NO_MEMORY);
}

/* As SPI2 says; of an error that nobody has proven to be his: in clear and without a check. */
static bool protected_response(const struct ota_packet *p, enum ota_status status)
{
    return p->proven || (status == OTA_OK && (p->spi1 & CHECK_MASK) != CHECK_CC);
}

static size_t check_of_response(const struct ota_packet *p, bool protect)
{
    int n = protect ? check_length(p, response_check(p)) : 0;

    return n > 0 ? (size_t)n : 0;
}

size_t packet_room(const struct ota_packet *p)
{
    size_t check = check_of_response(p, protected_response(p, OTA_OK));
    size_t room =
        (packet_by_submit(p, OTA_OK) ? RESPONSE_MAX : REPORT_MAX) - (UDH + RESPONSE_CLEAR);

    if (p->spi2 & SPI2_CIPHER && p->proven)
        room -= room % key_block(&p->cipher_key);
    return room - (COUNTER_LEN + 2) - check;
}

static void put_head(const struct ota_packet *p, enum ota_status status, size_t n, size_t check,
                     uint8_t padding, uint8_t *out)
{
    static const uint8_t header[UDH] = { 0x02, 0x71, 0x00 };
    size_t rpl = n - UDH - 2;

    memcpy(out, header, UDH);
    out[UDH] = (uint8_t)(rpl >> 8);
    out[UDH + 1] = (uint8_t)rpl;
    out[UDH + 2] = (uint8_t)(RHL_BASE + check);
    memcpy(out + UDH + 3, p->tar, sizeof p->tar);
    /* what was deciphered for nobody in particular is not told: it would open recorded packets */
    if (p->proven || !(p->spi1 & SPI1_CIPHER))
        memcpy(out + UDH + RESPONSE_CLEAR, p->counter, COUNTER_LEN);
    out[STATUS_AT - 1] = padding;
    out[STATUS_AT] = (uint8_t)status;
}

size_t packet_respond(struct card *card, const struct ota_packet *p, enum ota_status status,
                      slice data, uint8_t out[RESPONSE_MAX])
{
    bool protect = protected_response(p, status);
    bool cipher = protect && p->proven && p->spi2 & SPI2_CIPHER;
    size_t check = check_of_response(p, protect);
    size_t body = COUNTER_LEN + 2 + check + data.n, block = cipher ? key_block(&p->cipher_key) : 1;
    uint8_t padding = (uint8_t)((block - body % block) % block), sum[AES_BLOCK];
    size_t n = UDH + RESPONSE_CLEAR + body + padding;
    enum err err = E_OK;

    if (n > (packet_by_submit(p, status) ? RESPONSE_MAX : REPORT_MAX))
        return 0;
    memset(out, 0, n);
    put_head(p, status, n, check, padding, out);
    if (data.n)
        memcpy(out + RESPONSE_HEAD + check, data.p, data.n);
    if (check) {
        const slice parts[] = { slice_of(out, RESPONSE_HEAD),
                                slice_of(out + RESPONSE_HEAD + check, data.n + padding) };

        err = make_check(card, p, response_check(p), parts, COUNT(parts), sum);
        memcpy(out + RESPONSE_HEAD, sum, check);
    }
    if (!err && cipher)
        err = key_cipher(card, &p->cipher_key, AES_ENCRYPT, out + UDH + RESPONSE_CLEAR,
                         body + padding);
    if (err)
        wipe(out, n);
    return err ? 0 : n;
}

void packet_wipe(struct ota_packet *p)
{
    wipe(p, sizeof *p);
}
