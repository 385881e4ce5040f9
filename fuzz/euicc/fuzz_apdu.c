/*
 * Any byte strings as APDUs, in a card with a small profile installed and enabled.
 *
 * Input: commands, each behind one octet of length. Length FF is a reset; FE is a FETCH of what
 * waits and a TERMINAL RESPONSE with its command details, whose other TLVs follow behind their
 * length; FD is a TERMINAL PROFILE with everything; FC is CREATE FILE, or with an odd length RESIZE
 * FILE, whose fields follow behind their length; FB is SUSPEND UICC, power off and on, and RESUME
 * with its token. After a TERMINAL PROFILE the card opens a TCP
 * connection and echoes what it receives. Directories and the files of their rules are open to
 * administration. What must hold: every command gets at least a status word, the toolkit
 * stays within its bounds, and the objects boot again after it.
 */
#include "crypto/crypto.h"
#include "euicc/bip.h"
#include "euicc/card_impl.h"
#include "euicc/profiles.h"
#include "euicc/uicc_package.h"

#include <stdlib.h>

#define MEMORY 32768
#define HALF   32768

#define BOOTS_MAX 4 /* of one input: they are slow */

static _Alignas(8) uint8_t memory[MEMORY], image[MEMORY];
static uint8_t octets[HALF * NVM_HALVES], nvm_image[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram, ram_image;
static const struct card_personality personality = { .channels = 5, .poll_interval_s = 30 };
static struct bip bip, bip_image;

static void echo(struct card *card, void *ctx, enum bip_event event, slice data)
{
    (void)ctx;
    if (event == BIP_OPENED || event == BIP_DATA)
        (void)bip_send(card, &bip, event == BIP_DATA ? data : SLICE_LIT("hello"));
    if (event == BIP_DATA && data.n > 200)
        bip_close(card, &bip);
    if (event == BIP_CLOSED && bip.state != BIP_IDLE)
        abort();
}

static void ready(struct card *card, void *ctx, enum cat_news news, uint8_t event, slice body)
{
    const struct cat_channel host = {
        .transport = CAT_TCP_CLIENT, .address = SLICE_LIT("\x7F\0\0\1"), .port = 443, .buffer = 1500
    };

    (void)ctx;
    (void)event;
    (void)body;
    if (news == CAT_NEWS_READY && bip_open(card, &bip, &host, 60))
        return;
}

static struct card *boot(void)
{
    enum err why;
    struct card *card =
        card_boot(memory, sizeof memory, &nvm, crypto_openssl(), &personality, &why);

    if (!card)
        abort();
    return card;
}

/* Rules 1, of directories, and 4, of EFs: whoever comes may do everything. EF_UMPC says that the
 * card can be suspended. */
static void open_rules(struct card *card)
{
    static const uint8_t dirs[] = { 0x80, 0x01, 0x7F, 0x90, 0x00 };
    static const uint8_t efs[] = { 0x80, 0x01, 0x7B, 0x90, 0x00, 0x84, 0x01, 0xD4, 0x90, 0x00 };
    struct node arr, umpc;

    if (!tree_child(&card->tree, TREE_MF, 0x2F08, &umpc) || umpc.body.n < 3 ||
        tree_write(&card->tree, &umpc, 2, SLICE_LIT("\x02")) ||
        !tree_child(&card->tree, TREE_MF, FID_ARR_MF, &arr) ||
        tree_write(&card->tree, &arr, node_record_at(&arr, 1), SLICE_OF(dirs)) ||
        tree_write(&card->tree, &arr, node_record_at(&arr, 4), SLICE_OF(efs)) ||
        objects_commit(card_objects(card)))
        abort();
}

/* The card as it is before every input: made once, then copied. */
static struct card *prepare(void)
{
    /* EF_UST with service 68, EF_GBABP, EF_GBANL, all with rule 4 */
    static const char gba[] = "A1(A0(8000 810120) A1(30(80047FD06F38 020108 810108)"
                              "30(80027FD0 62(82024121 83026FD6 8B032F0604 800140 8800)"
                              "62(820442210040 83026FDA 8B032F0604 800180 8800))))";
    static uint8_t package[UICC_PACKAGE_MAX];
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    struct card *card = boot();
    if (profile_install_begin(card, &what) ||
        profile_install_feed(card, uicc_package(UICC_MILENAGE, gba, package)) ||
        profile_install_finish(card, &out) || out.reason != INSTALL_OK ||
        profile_switch(card, out.root, false) || objects_commit(card_objects(card)))
        abort();
    card_reset(card);
    open_rules(card);
    if (bip_init(card, &bip, echo, NULL) || cat_watch(card, ready, NULL))
        abort();
    bip_image = bip;
    memcpy(image, memory, sizeof image);
    memcpy(nvm_image, octets, sizeof nvm_image);
    ram_image = ram;
    return card;
}

static void send(struct card *card, slice in)
{
    uint8_t out[CARD_REPLY_MAX];
    /* on the heap and exactly as long as it is, so that one octet too far is seen */
    uint8_t *command = malloc(in.n ? in.n : 1);

    if (!command)
        abort();
    if (in.n)
        memcpy(command, in.p, in.n);
    size_t got = card_apdu(card, slice_of(command, in.n), out, sizeof out);
    free(command);
    if (got < 2 || got > sizeof out || objects_dirty(card_objects(card)) ||
        bip.n > sizeof bip.out || bip.sending > bip.n)
        abort();
}

/* The terminal takes the command that waits and answers it with these TLVs. */
static void perform(struct card *card, slice tlvs)
{
    static const uint8_t status[] = { 0x80, 0xF2, 0x00, 0x0C };
    uint8_t out[CARD_REPLY_MAX], fetch[] = { 0x80, 0x12, 0x00, 0x00, 0x00 };
    uint8_t response[5 + 255] = { 0x80, 0x14, 0x00, 0x00, 0, 0x81, 0x03 };
    size_t n = card_apdu(card, SLICE_OF(status), out, sizeof out), at;

    if (n < 2 || out[n - 2] != 0x91)
        return;
    fetch[4] = out[n - 1];
    n = card_apdu(card, SLICE_OF(fetch), out, sizeof out);
    at = out[1] == 0x81 ? 5 : 4;
    if (n != (size_t)fetch[4] + 2 || n < at + 3)
        abort();
    memcpy(response + 7, out + at, 3);
    tlvs = slice_head(tlvs, 250);
    if (tlvs.n)
        memcpy(response + 10, tlvs.p, tlvs.n);
    response[4] = (uint8_t)(5 + tlvs.n);
    send(card, slice_of(response, 10 + tlvs.n));
}

static void administer(struct card *card, slice fields)
{
    uint8_t command[8 + 0x7F] = { 0x00, 0xE0, 0x00, 0x00, 0, 0x62 };

    fields = slice_head(fields, 0x7F);
    if (fields.n & 1) {
        command[0] = 0x80;
        command[1] = 0xD4;
    }
    command[4] = (uint8_t)(fields.n + 2);
    command[6] = (uint8_t)fields.n;
    if (fields.n)
        memcpy(command + 7, fields.p, fields.n);
    send(card, slice_of(command, 7 + fields.n));
}

static struct card *suspend(void)
{
    static const uint8_t command[] = { 0x80, 0x76, 0, 0, 4, 0, 1, 4, 1, 0 };
    uint8_t out[CARD_REPLY_MAX], resume[13] = { 0x80, 0x76, 1, 0, 8 };
    struct card *card = (struct card *)(void *)memory;
    size_t n = card_apdu(card, SLICE_OF(command), out, sizeof out);

    if (n == 12)
        memcpy(resume + 5, out + 2, 8);
    card = boot();
    if (bip_init(card, &bip, echo, NULL) || cat_watch(card, ready, NULL))
        abort();
    send(card, SLICE_OF(resume));
    return card;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct card *card;
    static const uint8_t everything[5 + 34] = { 0x80, 0x10, 0x00, 0x00, 34,   0xFF, 0xFF, 0xFF,
                                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

    unsigned boots = 0;

    if (!card)
        card = prepare();
    memcpy(memory, image, sizeof memory);
    memcpy(octets, nvm_image, sizeof octets);
    ram = ram_image;
    bip = bip_image;
    for (slice in = slice_of(data, size); in.n > 0;) {
        size_t n = in.p[0];

        in = slice_skip(in, 1);
        if (n == 0xFF) {
            card_reset(card);
            continue;
        }
        if (n == 0xFB) {
            if (boots++ < BOOTS_MAX)
                suspend();
            continue;
        }
        if (n == 0xFD) {
            send(card, SLICE_OF(everything));
            continue;
        }
        bool answer = n == 0xFE, files = n == 0xFC;
        if (answer || files) {
            n = in.n ? in.p[0] : 0;
            in = slice_skip(in, 1);
        }
        n = n < in.n ? n : in.n;
        if (answer)
            perform(card, slice_head(in, n));
        else if (files)
            administer(card, slice_head(in, n));
        else
            send(card, slice_head(in, n));
        in = slice_skip(in, n);
    }
    boot();
    return 0;
}
