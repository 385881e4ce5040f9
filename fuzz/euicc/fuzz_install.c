/*
 * Any octets as a profile package, fed in pieces: the installer ends with an outcome, leaves
 * nothing of a package that failed, and what it installed answers APDUs. The first octet is the
 * length of the pieces; the ICCID is that of the small package of the tests.
 */
#include "crypto/crypto.h"
#include "euicc/card.h"
#include "euicc/profiles.h"

#include <stdlib.h>

#define MEMORY 49152
#define HALF   49152

static _Alignas(8) uint8_t memory[MEMORY];
static uint8_t octets[HALF * NVM_HALVES];
static const struct card_personality personality = { .channels = 2 };

static void walk(struct card *card)
{
    static const char *const commands[] = { "\x00\xA4\x00\x04\x02\x3F\x00",
                                            "\x00\xA4\x04\x04\x05\xA0\x00\x00\x00\x87",
                                            "\x00\xB0\x87\x00\x00", "\x80\xF2\x00\x00\x00" };
    static const size_t sizes[] = { 7, 10, 5, 5 };
    uint8_t out[CARD_REPLY_MAX];

    for (size_t i = 0; i < COUNT(sizes); i++)
        if (card_apdu(card, slice_of(commands[i], sizes[i]), out, sizeof out) < 2)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    static const uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;
    struct nvm_ram ram;
    struct nvm nvm;
    enum err why;

    if (size == 0)
        return 0;
    nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card =
        card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &personality, &why);
    if (!card || profile_install_begin(card, &what) || objects_commit(card_objects(card)))
        abort();
    uint32_t root = 0, room = objects_free(card_objects(card));
    size_t piece = data[0] ? data[0] : 1000;
    for (slice in = slice_of(data + 1, size - 1); in.n; in = slice_skip(in, piece)) {
        size_t n = in.n < piece ? in.n : piece;
        uint8_t *copy = malloc(n);

        if (!copy)
            abort();
        memcpy(copy, in.p, n);
        enum err err = profile_install_feed(card, slice_of(copy, n));
        free(copy);
        if (err || objects_commit(card_objects(card)))
            break;
    }
    if (profile_install_finish(card, &out) || objects_commit(card_objects(card)))
        abort();
    struct card_profile profile;
    if (profile_next(card, &root, &profile) != (out.reason == INSTALL_OK))
        abort();
    if (out.reason != INSTALL_OK && objects_free(card_objects(card)) < room)
        abort();
    if (out.reason == INSTALL_OK &&
        (profile_switch(card, root, false) || objects_commit(card_objects(card))))
        abort();
    card_reset(card);
    walk(card);
    return 0;
}
