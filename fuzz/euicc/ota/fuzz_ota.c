/*
 * Over the air with the right keys: command packets, SCP03 commands, bare APDUs, envelopes, and a
 * terminal that sends the card's messages.
 *
 * Input: steps, each an octet that says what it is, an octet of length, and so many octets. A
 * packet takes its SPI1, SPI2 and target from its first octets and secures the rest with key set 1;
 * so the fuzzer gets behind the checksum. What must hold: a status word each, nothing left
 * uncommitted, and the objects boot again.
 */
#include "crypto/crypto.h"
#include "der/der.h"
#include "euicc/isdr/isdr.h"
#include "euicc/ota/ota.h"
#include "euicc/ota/ota_impl.h"

#include "../../../tests/euicc/ota/ota_elements.c"
#include "../../../tests/euicc/uicc_package.c"

#include <stdlib.h>

#define MEMORY 65536
#define HALF   32768

static _Alignas(8) uint8_t memory[MEMORY], image[MEMORY];
static uint8_t octets[HALF * NVM_HALVES], nvm_image[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram, ram_image;
static struct personality isdr_personality;
static const struct card_app_entry apps[] = { { &isdr_app, &isdr_personality },
                                              { &ota_app, NULL } };
static const struct card_personality personality = { .channels = 3, .apps = apps, .app_count = 2 };

/* ICCID, provider, name, owner, rules that may be set again. */
static const uint8_t metadata[] = { 0xBF, 0x25, 0x1D, 0x5A, 0x0A, 0x98, 0x00, 0x10,
                                    0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99, 0x91,
                                    0x01, 0x50, 0x92, 0x01, 0x4E, 0xB7, 0x05, 0x80,
                                    0x03, 0x99, 0xF9, 0x07, 0x99, 0x02, 0x06, 0xC0 };

static void must(bool ok)
{
    if (!ok)
        abort();
}

static struct card *boot(void)
{
    enum err why;
    struct card *card =
        card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &personality, &why);

    must(card != NULL);
    return card;
}

static struct card *prepare(void)
{
    static uint8_t package[UICC_PACKAGE_MAX];
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid),
                                    .isdp_aid = SLICE_OF(aid),
                                    .metadata = SLICE_OF(metadata) };
    struct profile_outcome out;

    personality_defaults(&isdr_personality);
    nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card = boot();
    must(!profile_install_begin(card, &what) &&
         !profile_install_feed(card, uicc_package(UICC_MILENAGE, OTA_ELEMENTS, package)) &&
         !profile_install_finish(card, &out) && out.reason == INSTALL_OK &&
         !profile_switch(card, out.root, false) && !objects_commit(card_objects(card)));
    card_reset(card);
    memcpy(image, memory, sizeof image);
    memcpy(nvm_image, octets, sizeof nvm_image);
    ram_image = ram;
    return card;
}

/* On the heap and exactly as long as it is. */
static size_t send(struct card *card, const uint8_t *p, size_t n, uint8_t out[CARD_REPLY_MAX])
{
    uint8_t *command = malloc(n ? n : 1);

    must(command != NULL);
    if (n)
        memcpy(command, p, n);
    size_t got = card_apdu(card, slice_of(command, n), out, CARD_REPLY_MAX);
    free(command);
    must(got >= 2 && got <= CARD_REPLY_MAX && !objects_dirty(card_objects(card)));
    return got;
}

/* ---- envelopes ---- */

static void envelope(struct card *card, slice user_data)
{
    static const uint8_t head[] = { 0x82, 0x02, 0x83, 0x81, 0x8B, 0x81, 0,    0x40,
                                    0x08, 0x81, 0x21, 0x43, 0x65, 0x87, 0x7F, 0xF6,
                                    0x22, 0x70, 0x52, 0,    0,    0,    0,    0 };
    uint8_t c[300] = { 0x80, 0xC2, 0, 0, 0, 0xD1, 0x81 }, out[CARD_REPLY_MAX];
    size_t value = sizeof head + user_data.n;

    if (user_data.n > 140)
        return;
    c[4] = (uint8_t)(value + 3);
    c[7] = (uint8_t)value;
    memcpy(c + 8, head, sizeof head);
    c[8 + 6] = (uint8_t)(user_data.n + 17);
    c[8 + sizeof head - 1] = (uint8_t)user_data.n;
    if (user_data.n)
        memcpy(c + 8 + sizeof head, user_data.p, user_data.n);
    size_t n = send(card, c, 8 + value, out);
    if (out[n - 2] == 0x61) {
        const uint8_t get[] = { 0, 0xC0, 0, 0, out[n - 1] };

        send(card, get, sizeof get, out);
    }
}

/* in: SPI1, SPI2, target, then secured data. Key set 1 is AES. */
static void packet(struct card *card, slice in, uint64_t counter)
{
    static const uint8_t tars[][3] = { { 0xB0, 0, 0x11 }, { 0xB0, 0, 0x12 }, { 0xB0, 0, 0x13 },
                                       { 0xB0, 0, 0x14 }, { 0xB2, 1, 0 },    { 0, 0, 0 } };
    static const uint8_t iv[AES_BLOCK];
    uint8_t kic[16], kid[16], p[512] = { 0 }, sum[AES_BLOCK];

    if (in.n < 3)
        return;
    bool cc = (in.p[0] & 3) == 2, cipher = in.p[0] & 4;
    slice data = slice_skip(in, 3);
    size_t check = cc ? 8 : 0, body = 6 + check + data.n;
    size_t padding = cipher ? (16 - body % 16) % 16 : 0, n = 10 + body + padding;
    for (uint8_t i = 0; i < 16; i++)
        kic[i] = kid[i] = i;
    kic[0] = 0xA0;
    kid[0] = 0xA1;
    p[3] = (uint8_t)((n - 2) >> 8);
    p[4] = (uint8_t)(n - 2);
    p[5] = (uint8_t)(13 + check);
    p[6] = in.p[0];
    p[7] = in.p[1];
    p[8] = p[9] = 0x12;
    memcpy(p + 10, tars[in.p[2] % COUNT(tars)], 3);
    for (int i = 0; i < 5; i++)
        p[13 + i] = (uint8_t)(counter >> 8 * (4 - i));
    p[18] = (uint8_t)padding;
    memcpy(p + 19 + check, data.p, data.n);
    if (cc) {
        const slice parts[] = { slice_of(p + 3, 16), slice_of(p + 19 + check, data.n + padding) };

        must(!crypto_aes_cmac(crypto_openssl(), SLICE_OF(kid), parts, 2, sum));
        memcpy(p + 19, sum, 8);
    }
    if (cipher)
        must(!crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, SLICE_OF(kic), iv,
                             slice_of(p + 13, body + padding), p + 13));
    if (n + 3 <= 140) {
        memcpy(p, "\x02\x70\x00", 3);
        envelope(card, slice_of(p, n + 3));
        return;
    }
    for (size_t at = 0, part = 1, count = (n + 119) / 120; at < n; at += 120, part++) {
        uint8_t ud[140] = { 7, 0, 3, 1, (uint8_t)count, (uint8_t)part, 0x70, 0 };
        size_t take = n - at < 120 ? n - at : 120;

        memcpy(ud + 8, p + 3 + at, take);
        envelope(card, slice_of(ud, 8 + take));
    }
}

/* ---- the terminal that sends responses ---- */

static void introduce(struct card *card)
{
    static const uint8_t profile[] = { 0x80, 0x10, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF };
    uint8_t out[CARD_REPLY_MAX];

    send(card, profile, sizeof profile, out);
}

/* FETCH, and TERMINAL RESPONSE to what there was, with this result. */
static void perform(struct card *card, uint8_t result)
{
    static const uint8_t fetch[] = { 0x80, 0x12, 0, 0, 0 };
    uint8_t out[CARD_REPLY_MAX], c[] = { 0x80, 0x14, 0,    0,    12,   0x81, 0x03, 0,     0,
                                         0,    0x82, 0x02, 0x82, 0x81, 0x83, 0x01, result };
    size_t n = send(card, fetch, sizeof fetch, out), at = n > 2 && out[1] == 0x81 ? 5 : 4;

    if (n < at + 5)
        return;
    memcpy(c + 7, out + at, 3);
    send(card, c, sizeof c, out);
}

/* ---- SCP03 ---- */

static void mac(struct scp03 *s, uint8_t *c, size_t n)
{
    const slice parts[] = { SLICE_OF(s->chain), slice_of(c, n) };

    must(!crypto_aes_cmac(crypto_openssl(), SLICE_OF(s->mac), parts, 2, s->chain));
    memcpy(c + n, s->chain, 8);
}

/* Selects the domain on the basic channel and opens a session at level 01, where it can. */
static void open_session(struct card *card, struct scp03 *s)
{
    static const uint8_t select[] = { 0, 0xA4, 4, 0, 8, 0xA0, 0, 0, 0x01, 0x51, 0, 0, 0 };
    static const uint8_t update[] = { 0x80, 0x50, 0x30, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0 };
    uint8_t out[CARD_REPLY_MAX], c[32] = { 0x84, 0x82, 0x01, 0, 16 }, cryptogram[16];
    struct ota_key enc = { .type = KEY_TYPE_AES, .n = 16 }, kmac = enc;

    s->phase = SCP03_CLOSED;
    send(card, select, sizeof select, out);
    if (send(card, update, sizeof update, out) != 34)
        return;
    for (uint8_t i = 0; i < 16; i++) {
        enc.octets[i] = i;
        kmac.octets[i] = (uint8_t)(0x10 + i);
    }
    s->size = 8;
    must(!scp03_derive(card, s, &enc, &kmac, slice_of(update + 5, 8), slice_of(out + 13, 8),
                       cryptogram));
    memcpy(c + 5, s->host_cryptogram, 8);
    mac(s, c, 13);
    if (send(card, c, 21, out) == 2 && out[0] == 0x90)
        s->phase = SCP03_OPEN;
}

/* in: INS, P1, P2, data. */
static void in_session(struct card *card, struct scp03 *s, slice in)
{
    uint8_t c[300] = { 0x84 }, out[CARD_REPLY_MAX];

    if (s->phase != SCP03_OPEN || in.n < 3 || in.n > 3 + 247)
        return;
    memcpy(c + 1, in.p, 3);
    c[4] = (uint8_t)(in.n - 3 + 8);
    memcpy(c + 5, in.p + 3, in.n - 3);
    mac(s, c, 5 + in.n - 3);
    send(card, c, 5 + in.n - 3 + 8, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct card *card;
    struct scp03 session = { .phase = SCP03_CLOSED };
    uint8_t out[CARD_REPLY_MAX];
    uint64_t counter = 0;

    if (!card)
        card = prepare();
    memcpy(memory, image, sizeof memory);
    memcpy(octets, nvm_image, sizeof octets);
    ram = ram_image;
    for (slice in = slice_of(data, size); in.n >= 2;) {
        uint8_t step = in.p[0];
        slice part = slice_head(slice_skip(in, 2), in.p[1]);

        in = slice_skip(in, 2 + part.n);
        switch (step % 9) {
        case 0:
            packet(card, part, ++counter);
            break;
        case 1:
            packet(card, part, counter);
            break;
        case 2:
            envelope(card, part);
            break;
        case 3:
            send(card, part.p, part.n, out);
            break;
        case 4:
            open_session(card, &session);
            break;
        case 5:
            in_session(card, &session, part);
            break;
        case 6:
            introduce(card);
            break;
        case 7:
            perform(card, part.n ? part.p[0] : 0);
            break;
        default:
            card_reset(card);
        }
    }
    boot();
    return 0;
}
