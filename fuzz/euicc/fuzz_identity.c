/*
 * GET IDENTITY with whatever an operator may have put into the files that it reads.
 *
 * Input: an octet whose lowest bit is service 130, then the contents of EF_SUCI_Calc_Info, of the
 * SUPI as NAI, of the routing indicator, EF_IMSI and EF_AD, each behind one octet of length. What
 * must hold: the card answers a SUCI, or that it has none, and the rest of the card stays as it
 * was.
 */
#include "crypto/crypto.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_package.h"

#include <stdlib.h>

#define MEMORY 32768
#define HALF   32768

static _Alignas(8) uint8_t memory[MEMORY], image[MEMORY];
static uint8_t octets[HALF * NVM_HALVES], nvm_image[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram, ram_image;
static struct card *card;

static struct {
    uint8_t dir;
    uint16_t fid;
    uint32_t size;
} files[5] = {
    { 0, 0x4F01, 255 }, { 0, 0x4F09, 255 }, { 0, 0x4F0A, 4 }, { 0, 0x6F07, 9 }, { 0, 0x6FAD, 4 }
};

static void must(bool so)
{
    if (!so)
        abort();
}

static uint8_t directory(uint8_t parent, uint16_t fid)
{
    struct node dir = { .type = NODE_DF, .fid = fid, .parent = parent, .lcs = LCS_ACTIVATED };
    uint16_t n;

    must(!tree_create_dir(&card->tree, &dir, &n));
    return dir_of_node(n);
}

static void file(uint8_t dir, uint16_t fid, uint32_t size)
{
    struct node ef = { .type = NODE_TRANSPARENT, .fid = fid, .lcs = LCS_ACTIVATED };
    uint16_t n;

    must(!tree_create_ef(&card->tree, dir, &ef, size, &n));
}

/* EF_UST of 17 octets with all services. */
static void all_services(uint8_t adf)
{
    uint8_t body[NODE_EF_HEAD + 17];
    struct node ust;

    must(tree_child(&card->tree, adf, 0x6F38, &ust));
    memset(body, 0xFF, sizeof body);
    memcpy(body, objects_get(&card->objects, tree_object(&card->tree, ust.n)).p, NODE_EF_HEAD);
    must(!objects_put(&card->objects, tree_object(&card->tree, ust.n), SLICE_OF(body)));
}

static void prepare(void)
{
    static const struct card_personality personality = { .channels = 1 };
    static uint8_t package[UICC_PACKAGE_MAX];
    static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0C, 0xA0, 0x00, 0x00, 0x00,
                                      0x87, 0x10, 0x02, 0xFF, 0x49, 0xFF, 0x05, 0x89 };
    static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x01, 0x08, 0x30, 0x30,
                                      0x30, 0x30, 0xFF, 0xFF, 0xFF, 0xFF };
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 }, out[CARD_REPLY_MAX];
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome done;
    enum err why;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    card = card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &personality, &why);
    must(card && !profile_install_begin(card, &what));
    must(!profile_install_feed(card, uicc_package(UICC_MILENAGE, NULL, package)));
    must(!profile_install_finish(card, &done) && done.reason == INSTALL_OK);
    must(!profile_switch(card, done.root, false) && !objects_commit(&card->objects));
    card_reset(card);
    (void)card_apdu(card, SLICE_OF(select), out, sizeof out);
    (void)card_apdu(card, SLICE_OF(verify), out, sizeof out);
    uint8_t adf = card->channels[0].adf;
    must(adf != TREE_MF);
    files[3].dir = files[4].dir = adf;
    files[1].dir = files[2].dir = directory(adf, 0x5FC0);
    files[0].dir = directory(adf, 0x5FD0);
    for (unsigned i = 0; i < 3; i++)
        file(files[i].dir, files[i].fid, files[i].size);
    all_services(adf);
    must(!objects_commit(&card->objects));
    memcpy(image, memory, sizeof image);
    memcpy(nvm_image, octets, sizeof nvm_image);
    ram_image = ram;
}

static void fill(unsigned i, slice content)
{
    struct node node;

    must(tree_child(&card->tree, files[i].dir, files[i].fid, &node));
    must(tree_target(&card->tree, &node, &node));
    must(!tree_write(&card->tree, &node, 0, slice_head(content, node.body.n)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t get[] = { 0x80, 0x78, 0x00, 0x01, 0x00 };
    slice in = slice_of(data, size);
    uint8_t out[CARD_REPLY_MAX];
    struct node ust;

    if (!card)
        prepare();
    memcpy(memory, image, sizeof memory);
    memcpy(octets, nvm_image, sizeof octets);
    ram = ram_image;
    if (in.n == 0)
        return 0;
    must(tree_child(&card->tree, files[3].dir, 0x6F38, &ust));
    uint8_t services = in.p[0] & 1 ? 0xFF : 0xFD;
    must(!tree_write(&card->tree, &ust, 16, slice_of(&services, 1)));
    in = slice_skip(in, 1);
    for (unsigned i = 0; i < 5 && in.n; i++) {
        size_t n = in.p[0];

        fill(i, slice_head(slice_skip(in, 1), n));
        in = slice_skip(in, 1 + n);
    }
    size_t got = card_apdu(card, SLICE_OF(get), out, sizeof out);
    must(got >= 2 && got <= sizeof out);
    unsigned sw = (unsigned)out[got - 2] << 8 | out[got - 1];
    must(sw == 0x6A88 || sw == 0x9000 || sw >> 8 == 0x61);
    must(sw == 0x6A88 ? got == 2 : out[0] == 0xA1);
    return 0;
}
