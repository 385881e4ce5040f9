#include "euicc/ota/ota_lab.h"

#include "base/text.h"
#include "der/der.h"

#include "../uicc_card.c"
#include "../uicc_package.c"

const struct ota_set OTA_SET_1 = { 1,
                                   true,
                                   16,
                                   { 0xA0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0xA1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0xA2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
const struct ota_set OTA_SET_2 = { 2,
                                   true,
                                   16,
                                   { 0x20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0x20, 0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0x20, 0x21, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
const struct ota_set OTA_SET_3 = { 3,
                                   false,
                                   16,
                                   { 0x30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0x30, 0x11, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
                                   { 0x30, 0x21, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
const struct ota_set OTA_SET_4 = {
    4,
    false,
    24,
    { 0x40, 1,  2,  3,  4,    5,    6,    7,    8,    9,    10,   11,
      12,   13, 14, 15, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47 },
    { 0x40, 0x11, 2,  3,  4,    5,    6,    7,    8,    9,    10,   11,
      12,   13,   14, 15, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 },
    { 0x40, 0x21, 2,  3,  4,    5,    6,    7,    8,    9,    10,   11,
      12,   13,   14, 15, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67 },
};

static const struct card_app_entry apps[] = { { &ota_app, NULL } };

void ota_card(struct uicc *u, uint32_t half)
{
    ota_card_with(u, half, OTA_ELEMENTS);
}

void ota_card_with(struct uicc *u, uint32_t half, const char *elements)
{
    static uint8_t octets[UICC_PACKAGE_MAX];

    memset(u, 0, sizeof *u);
    nvm_ram_init(&u->ram, u->octets, half, &u->nvm);
    u->personality = (struct card_personality){ .apps = apps, .app_count = 1 };
    uicc_boot(u);
    struct profile_outcome out = uicc_install(u, uicc_package(UICC_MILENAGE, elements, octets), 0);
    assert_int_equal(out.reason, INSTALL_OK);
    assert_int_equal(profile_switch(u->card, out.root, false), E_OK);
    uicc_commit(u);
    card_reset(u->card);
}

/* ---- cryptography of the sender ---- */

static const struct crypto *crypto(void)
{
    return crypto_openssl();
}

static void cipher(const struct ota_set *set, enum aes_direction dir, uint8_t *p, size_t n)
{
    static const uint8_t iv[16];
    slice key = slice_of(set->kic, set->n);

    if (set->aes)
        assert_int_equal(crypto_aes_cbc(crypto(), dir, key, iv, slice_of(p, n), p), E_OK);
    else
        assert_int_equal(crypto_des3_cbc(crypto(), dir, key, iv, slice_of(p, n), p), E_OK);
}

/* The whole message lies in one buffer, filled up with zeros for DES. */
static void checksum(const struct ota_set *set, slice in, uint8_t out[8])
{
    static const uint8_t iv[16];
    uint8_t buf[4096] = { 0 }, tag[16];
    slice key = slice_of(set->kid, set->n);
    size_t n = (in.n + 7) / 8 * 8;

    assert_true(in.n <= sizeof buf - 8);
    memcpy(buf, in.p, in.n);
    if (set->aes) {
        assert_int_equal(crypto_aes_cmac(crypto(), key, &in, 1, tag), E_OK);
        memcpy(out, tag, 8);
    } else {
        assert_int_equal(crypto_des3_cbc(crypto(), AES_ENCRYPT, key, iv, slice_of(buf, n), buf),
                         E_OK);
        memcpy(out, buf + n - 8, 8);
    }
}

static uint8_t algorithm(const struct ota_set *set)
{
    return (uint8_t)(set->version << 4 | (set->aes ? 0x2 : set->n == 16 ? 0x5 : 0x9));
}

size_t ota_packet(const struct ota_send *s, slice data, uint8_t *out)
{
    bool cc = (s->spi1 & 3) == 2, ciphered = s->spi1 & 4;
    size_t check = cc ? 8 : 0, block = s->set->aes ? 16 : 8;
    size_t body = 6 + check + data.n, padding = ciphered ? (block - body % block) % block : 0;
    size_t n = 10 + body + padding;
    uint8_t plain[4096], tar[3];

    assert_int_equal(uicc_hex(s->tar, tar, sizeof tar), 3);
    memset(out, 0, n);
    out[0] = (uint8_t)((n - 2) >> 8);
    out[1] = (uint8_t)(n - 2);
    out[2] = (uint8_t)(13 + check);
    out[3] = s->spi1;
    out[4] = s->spi2;
    out[5] = s->kic ? s->kic : algorithm(s->set);
    out[6] = s->kid ? s->kid : algorithm(s->set);
    memcpy(out + 7, tar, 3);
    for (int i = 0; i < 5; i++)
        out[10 + i] = (uint8_t)(s->counter >> 8 * (4 - i));
    out[15] = (uint8_t)padding;
    memcpy(out + 16 + check, data.p, data.n);
    if (cc) {
        memcpy(plain, out, 16);
        memcpy(plain + 16, out + 24, n - 24);
        checksum(s->set, slice_of(plain, n - 8), out + 16);
        out[16] ^= s->spoil_check;
    }
    if (ciphered)
        cipher(s->set, AES_ENCRYPT, out + 10, body + padding);
    out[n - 1] ^= s->spoil_cipher;
    return n;
}

/* ---- messages ---- */

void ota_envelope(struct uicc *u, slice user_data, uint16_t sw)
{
    static const uint8_t head[] = { 0x40, 0x08, 0x81, 0x21, 0x43, 0x65, 0x87, 0x7F,
                                    0xF6, 0x22, 0x70, 0x52, 0,    0,    0,    0 };
    uint8_t command[300], value[300], whole[300];
    size_t n = 0, tpdu = sizeof head + 1 + user_data.n;

    memcpy(value, "\x82\x02\x83\x81", 4);
    n = 4 + der_put_head(0x8B, tpdu, value + 4);
    memcpy(value + n, head, sizeof head);
    n += sizeof head;
    value[n++] = (uint8_t)user_data.n;
    memcpy(value + n, user_data.p, user_data.n);
    n += user_data.n;
    size_t h = der_put_head(0xD1, n, whole);
    memcpy(whole + h, value, n);
    n += h;
    assert_true(n <= 255);
    memcpy(command, "\x80\xC2\0\0", 4);
    command[4] = (uint8_t)n;
    memcpy(command + 5, whole, n);
    uicc_send(u, slice_of(command, 5 + n));
    if (sw != 0x9000 || u->sw >> 8 != 0x91) /* what was sent may make the card proactive */
        assert_int_equal(u->sw, sw);
}

void ota_open(const struct ota_send *s, slice in, struct ota_answer *out)
{
    uint8_t p[140], plain[160], expected[8];
    size_t check;

    *out = (struct ota_answer){ .n = in.n };
    if (!in.n)
        return;
    memcpy(out->octets, in.p, in.n);
    memcpy(p, in.p, in.n);
    assert_true(in.n >= 16 && in.n <= 128);
    assert_memory_equal(p, "\x02\x71\x00", 3);
    assert_int_equal(p[3] << 8 | p[4], in.n - 5);
    check = p[5] - 10u;
    if (s->spi2 & 0x10 && in.n > 16) /* an error in clear is 16 octets */
        cipher(s->set, AES_DECRYPT, p + 9, in.n - 9);
    for (int i = 0; i < 5; i++)
        out->counter = out->counter << 8 | p[9 + i];
    out->status = p[15];
    if (check) {
        assert_int_equal(check, 8);
        memcpy(plain, p, 16);
        memcpy(plain + 16, p + 24, in.n - 24);
        checksum(s->set, slice_of(plain, in.n - 8), expected);
        assert_memory_equal(expected, p + 16, 8);
        out->secured = true;
    }
    out->data_n = in.n - 16 - check - p[14];
    memcpy(out->data, p + 16 + check, out->data_n);
}

struct ota_answer ota_send(struct uicc *u, const struct ota_send *s, const char *hex)
{
    static uint8_t reference;
    uint8_t data[2048], packet[2200], part[140];
    struct ota_answer answer;
    size_t n = ota_packet(s, slice_of(data, uicc_hex(hex, data, sizeof data)), packet);

    if (n + 3 <= 140) {
        memcpy(part, "\x02\x70\x00", 3);
        memcpy(part + 3, packet, n);
        ota_envelope(u, slice_of(part, n + 3), 0x9000);
    } else {
        unsigned count = (unsigned)((n + 2 + 133) / 134);

        reference++;
        for (unsigned i = 0; i < count; i++) {
            size_t at = 7, room = 133;

            if (i == 0) {
                memcpy(part, "\x07\x00\x03\0\0\0\x70\x00", 8);
                at = 8;
                room = 132;
            } else {
                memcpy(part, "\x05\x00\x03\0\0\0", 6);
                at = 6;
                room = 134;
            }
            part[3] = reference;
            part[4] = (uint8_t)count;
            part[5] = (uint8_t)(i + 1);
            size_t begin = i ? 132 + (i - 1) * 134 : 0;
            size_t take = n - begin < room ? n - begin : room;
            memcpy(part + at, packet + begin, take);
            ota_envelope(u, slice_of(part, at + take), 0x9000);
        }
    }
    ota_open(s, slice_of(u->reply, u->n), &answer);
    return answer;
}

void ota_expect_at(struct uicc *u, const struct ota_send *s, const char *wanted, const char *hex,
                   const char *file, int line)
{
    struct ota_answer a = ota_send(u, s, hex);
    uint8_t octets[160];
    char got[400];
    size_t n = uicc_hex(wanted, octets, sizeof octets);

    assert_int_equal(hex_encode(slice_of(a.data, a.data_n), got, sizeof got), E_OK);
    if (a.n == 0 || a.status || !slice_eq(slice_of(a.data, a.data_n), slice_of(octets, n))) {
        print_error("%s:%d: status %02X (%zu octets), %s, not %s\n", file, line, a.status, a.n, got,
                    wanted);
        _fail(file, line);
    }
}
