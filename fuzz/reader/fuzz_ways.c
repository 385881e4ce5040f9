/*
 * The ways in to a card: what a peer sends as AT lines, as JSON lines, as APDUs through quirks and
 * trace, and personality files. The card behind them has ISD-R and a small profile.
 *
 * Input: one octet that chooses the way, then what comes by it; for APDUs each behind one octet of
 * length, FF is a reset. What must hold: nothing is read or written out of bounds, every AT line
 * ends in one result code, every answer has a status word, and the objects boot again after it.
 */
#include "crypto/crypto.h"
#include "euicc/isdr/isdr.h"
#include "euicc/profiles.h"
#include "euicc/uicc_package.h"
#include "reader/at.h"
#include "reader/card_shape.h"
#include "reader/in_process.h"
#include "reader/quirks.h"
#include "reader/stdio.h"
#include "reader/trace.h"

#include <stdlib.h>

#define MEMORY 65536
#define HALF   65536

static _Alignas(8) uint8_t memory[MEMORY], image[MEMORY];
static uint8_t octets[HALF * NVM_HALVES], nvm_image[HALF * NVM_HALVES];
static struct nvm nvm;
static struct nvm_ram ram, ram_image;
static struct personality isdr;
static const struct card_app_entry apps[] = { { &isdr_app, &isdr }, { &ecasd_app, &isdr } };
static const struct card_personality personality = { .channels = 5, .apps = apps, .app_count = 2 };

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

    personality_defaults(&isdr);
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

/* ---- the ways ---- */

static size_t results; /* lines OK, ERROR, +CME ERROR */

static void count(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    results += n == 6 && !memcmp(text, "\r\nOK\r\n", 6);
    results += n == 9 && !memcmp(text, "\r\nERROR\r\n", 9);
    results += n > 14 && !memcmp(text, "\r\n+CME ERROR: ", 14);
}

static void ignore(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    (void)text;
    (void)n;
}

static void modem(const struct card_link *link, slice in)
{
    static struct at at;
    const struct text_sink sink = { count, NULL };

    at_init(&at, link, &sink);
    at_feed(&at, SLICE_LIT("ATE0\r"));
    for (size_t i = 0; i < in.n; i++) {
        bool command = at.n >= 2 || at.too_long;

        results = 0;
        at_feed(&at, slice_of(in.p + i, 1));
        if (results > (in.p[i] == '\r' && command))
            abort();
    }
    results = 0;
    at_feed(&at, SLICE_LIT("\rAT&F\r"));
    if (results < 1)
        abort();
}

static void json_lines(const struct card_link *link, slice in)
{
    static struct stdio_card s;

    stdio_card_init(&s, link);
    while (in.n) {
        const uint8_t *end = memchr(in.p, '\n', in.n);
        size_t n = end ? (size_t)(end - in.p) : in.n;
        char *answer;

        if (stdio_answer(&s, slice_head(in, n), &answer))
            abort();
        free(answer);
        in = slice_skip(in, end ? n + 1 : n);
    }
}

static void apdus(const struct card_link *link, slice in)
{
    static struct quirk_link q;
    static struct trace t;
    const struct quirks quirks = { .response_max = in.n ? in.p[0] : 0,
                                   .more = in.n > 1 && in.p[1] & 1,
                                   .wrong_le = in.n > 1 ? in.p[1] / 2 % 3 : 0 };
    const struct text_sink sink = { ignore, NULL };
    struct card_link quirky = quirk_link(&q, link, &quirks),
                     traced = trace_link(&t, &quirky, &sink);
    uint8_t response[CARD_RESPONSE_MAX];

    for (in = slice_skip(in, 2); in.n;) {
        size_t n = in.p[0], got = 0;
        slice command = slice_head(slice_skip(in, 1), n);

        /* on the heap and exactly as long as it is, so that one octet too far is seen */
        uint8_t *copy = malloc(command.n ? command.n : 1);

        in = slice_skip(in, 1 + n);
        if (!copy)
            abort();
        if (command.n)
            memcpy(copy, command.p, command.n);
        command.p = copy;
        if (n == 0xFF ? card_link_reset(&traced, response, sizeof response, &got)
                      : card_link_transmit(&traced, command, response, sizeof response, &got))
            abort();
        free(copy);
        if (got < 2)
            abort();
    }
}

static void personality_file(slice in)
{
    static struct card_shape shape;
    struct card_shape_fault fault = { 0 };

    card_shape_defaults(&shape);
    if (card_shape_read(in, &shape, &fault) && (!fault.line || !fault.why))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct card *card;
    struct card_link link;
    slice in = slice_skip(slice_of(data, size), 1);

    if (!size)
        return 0;
    if (!card)
        card = prepare();
    memcpy(memory, image, sizeof memory);
    memcpy(octets, nvm_image, sizeof octets);
    ram = ram_image;
    link = card_link_in_process(card);
    switch (data[0] % 4) {
    case 0:
        modem(&link, in);
        break;
    case 1:
        json_lines(&link, in);
        break;
    case 2:
        apdus(&link, in);
        break;
    default:
        personality_file(in);
        return 0;
    }
    card_reset(card);
    boot();
    return 0;
}
