/*
 * Any byte strings as APDUs, in a card with a small profile installed and enabled.
 *
 * Input: commands, each behind one octet of length; length FF is a reset. What must hold: every
 * command gets at least a status word, and the objects boot again after it.
 */
#include "crypto/crypto.h"
#include "euicc/card.h"
#include "euicc/profiles.h"

#include "../../tests/euicc/uicc_package.c"

#include <stdlib.h>

#define MEMORY 32768
#define HALF   32768

static _Alignas(8) uint8_t memory[MEMORY], image[MEMORY];
static uint8_t octets[HALF * NVM_HALVES], nvm_image[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram, ram_image;
static const struct card_personality personality = { .channels = 5 };

static struct card *boot(void)
{
    enum err why;
    struct card *card =
        card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &personality, &why);

    if (!card)
        abort();
    return card;
}

/* The card as it is before every input: made once, then copied. */
static struct card *prepare(void)
{
    static uint8_t package[UICC_PACKAGE_MAX];
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card = boot();
    if (profile_install_begin(card, &what) ||
        profile_install_feed(card, uicc_package(UICC_MILENAGE, NULL, package)) ||
        profile_install_finish(card, &out) || out.reason != INSTALL_OK ||
        profile_switch(card, out.root, false) || objects_commit(card_objects(card)))
        abort();
    card_reset(card);
    memcpy(image, memory, sizeof image);
    memcpy(nvm_image, octets, sizeof nvm_image);
    ram_image = ram;
    return card;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct card *card;
    uint8_t out[CARD_REPLY_MAX];

    if (!card)
        card = prepare();
    memcpy(memory, image, sizeof memory);
    memcpy(octets, nvm_image, sizeof octets);
    ram = ram_image;
    for (slice in = slice_of(data, size); in.n > 0;) {
        size_t n = in.p[0];

        in = slice_skip(in, 1);
        if (n == 0xFF) {
            card_reset(card);
            continue;
        }
        n = n < in.n ? n : in.n;
        /* on the heap and exactly as long as it is, so that one octet too far is seen */
        uint8_t *command = malloc(n ? n : 1);
        if (!command)
            abort();
        if (n)
            memcpy(command, in.p, n);
        size_t got = card_apdu(card, slice_of(command, n), out, sizeof out);
        free(command);
        if (got < 2 || got > sizeof out || objects_dirty(card_objects(card)))
            abort();
        in = slice_skip(in, n);
    }
    boot();
    return 0;
}
