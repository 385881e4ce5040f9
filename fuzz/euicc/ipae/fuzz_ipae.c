/*
 * The IPA in the card between a hostile terminal and hostile servers: TLS is left out, so that what
 * stands behind it is reached.
 *
 * Input: operations, each an octet (its low three bits), an octet of length, and so many octets.
 *   0  a command to the card
 *   1  an answer of the server: HTTP 200 with these octets, whole
 *   2  the same, that goes on: no end yet
 *   3  the exchange fails
 *   4  the terminal's answer to what it fetches: result, then TLVs
 *   5  a timer expires
 *   6  the terminal performs everything well, as long as something waits
 *   7  reset, TERMINAL PROFILE
 * An answer whose first octet is FF is the rest behind the head of a GetEimPackageResponse, of
 * which the fuzzer knows little else.
 *
 * What must hold: a status word for every command, a machine that comes to rest, and a card that
 * boots from what it stored.
 */
#include "der/der.h"
#include "euicc/ipae/ipae_impl.h"
#include "pki/issue.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OBJECTS ((size_t)64 << 10)
#define HALF    ((uint32_t)128 << 10)
#define RESTS   400 /* commands of the terminal, at most, until nothing waits any more */

static struct {
    const struct crypto *crypto;
    struct personality p;
    struct ipae_personality ipae;
    struct card_app_entry apps[3];
    struct card_personality card_personality;
    struct nvm nvm;
    struct nvm_ram ram;
    uint8_t octets[NVM_HALVES * HALF];
    uint8_t eim[256];
    void *memory;
    size_t size;
    struct card *card;
    uint16_t sw;
    uint8_t out[CARD_REPLY_MAX];
    size_t n;
} f;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static uint16_t apdu(slice command)
{
    uint8_t *copy = malloc(command.n ? command.n : 1); /* exact, so that one octet over shows */

    must(copy != NULL);
    if (command.n)
        memcpy(copy, command.p, command.n);
    f.n = card_apdu(f.card, slice_of(copy, command.n), f.out, sizeof f.out);
    free(copy);
    must(f.n >= 2 && f.n <= sizeof f.out);
    f.sw = (uint16_t)(f.out[f.n - 2] << 8 | f.out[f.n - 1]);
    return f.sw;
}

static void with_data(uint8_t ins, slice data)
{
    uint8_t command[5 + 255] = { 0x80, ins, 0, 0, (uint8_t)data.n };

    memcpy(command + 5, data.p, data.n);
    apdu(slice_of(command, 5 + data.n));
}

static void reset(void)
{
    uint8_t profile[34];

    memset(profile, 0xFF, sizeof profile);
    card_reset(f.card);
    with_data(0x10, SLICE_OF(profile));
}

static void boot(void)
{
    enum err why;

    f.card = card_boot(f.memory, f.size, &f.nvm, f.crypto, &f.card_personality, &why);
    must(f.card != NULL);
}

/* ---- set up, once ---- */

static void make_eim(const struct ec_point *key)
{
    static const char algorithm[] = "\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86"
                                    "\x48\xCE\x3D\x03\x01\x07";
    struct der_writer w = der_writer(f.eim, sizeof f.eim);

    der_put(&w, SLICE_OF(key->b));
    der_put(&w, SLICE_LIT("\x03\x42\x00"));
    der_put(&w, SLICE_LIT(algorithm));
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xA5, 0);
    der_put_tlv(&w, 0x81, SLICE_LIT("eim.test"));
    der_put_tlv(&w, 0x80, SLICE_LIT("eim"));
    der_wrap(&w, 0x30, 0);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF57, 0);
    must(!der_written(&w, &f.ipae.initial_eim));
}

static void set_up(void)
{
    struct personality_ci *ci = &f.p.ci[0];
    struct ec_scalar secret;
    struct ec_point point;

    f.crypto = crypto_openssl();
    must(f.crypto != NULL);
    personality_defaults(&f.p);
    must(!crypto_key_pair(f.crypto, CURVE_P256, &secret, &ci->key));
    must(!signer_open(f.crypto, CURVE_P256, &secret, &ci->signer));
    ci->curve = CURVE_P256;
    ci->eum_certificate = ci->euicc_certificate = SLICE_LIT("\x30\x00");
    f.p.ci_count = 1;
    f.p.ipae = IPAE_ALWAYS;
    must(!crypto_key_pair(f.crypto, CURVE_P256, &secret, &point));
    make_eim(&point);
    f.ipae.euicc = &f.p;
    f.ipae.hosts[0] =
        (struct ipae_host){ .name = SLICE_LIT("eim.test"), .address = { 127 }, .address_n = 4 };
    f.ipae.host_count = 1;
    f.apps[0] = (struct card_app_entry){ &isdr_app, &f.p };
    f.apps[1] = (struct card_app_entry){ &ecasd_app, &f.p };
    f.apps[2] = (struct card_app_entry){ &ipae_app, &f.ipae };
    f.card_personality.apps = f.apps;
    f.card_personality.app_count = COUNT(f.apps);
    f.size = card_size(&f.card_personality, OBJECTS);
    f.memory = malloc(f.size);
    must(f.memory != NULL);
}

/* ---- the terminal ---- */

/* FETCH, and this result with these TLVs behind it. */
static void answer(slice result, slice tlvs)
{
    uint8_t response[255] = { 0x81, 3 };
    size_t n = 5, at;

    if (f.sw >> 8 != 0x91)
        apdu(SLICE_LIT("\x80\xF2\x00\x00\x00"));
    if (f.sw >> 8 != 0x91)
        return;
    apdu(slice_of((uint8_t[]){ 0x80, 0x12, 0, 0, (uint8_t)f.sw }, 5));
    must(f.sw == 0x9000 && f.out[0] == 0xD0);
    at = f.out[1] == 0x81 ? 3 : 2;
    memcpy(response + 2, f.out + at + 2, 3);
    memcpy(response + n, "\x82\x02\x82\x81\x83", 5);
    n += 5;
    response[n++] = (uint8_t)result.n;
    memcpy(response + n, result.p, result.n);
    n += result.n;
    tlvs = slice_head(tlvs, sizeof response - n);
    if (tlvs.n)
        memcpy(response + n, tlvs.p, tlvs.n);
    with_data(0x14, slice_of(response, n + tlvs.n));
}

/* The machine and the toolkit come to rest: nothing of theirs goes on for ever. */
static void perform_all(void)
{
    unsigned i = 0;

    for (answer(SLICE_LIT("\x00"), SLICE_LIT("\xB8\x02\x81\x00")); f.sw >> 8 == 0x91; i++) {
        must(i < RESTS);
        answer(SLICE_LIT("\x00"), SLICE_LIT("\xB8\x02\x81\x00"));
    }
}

/* ---- the servers ---- */

static struct ipae *ipa(void)
{
    return card_app_state(f.card, &ipae_app);
}

/* In the place of the connection, which says nothing from now on. */
static bool take_over(struct ipae *e)
{
    if (e->exchange.state != EXCHANGE_ASKED && e->exchange.state != EXCHANGE_STATUS)
        return false;
    web_close(f.card, &e->web);
    return true;
}

static void body(struct ipae *e, slice octets)
{
    static const uint8_t head[] = { 0xBF, 0x4F };
    uint8_t buf[DER_HEAD_MAX + 300];
    size_t n;

    if (octets.n && octets.p[0] == 0xFF) {
        octets = slice_skip(octets, 1);
        n = der_put_head((uint32_t)(head[0] << 8 | head[1]), octets.n, buf);
        exchange_heard(f.card, e, WEB_DATA, 0, slice_of(buf, n));
    }
    if (octets.n)
        exchange_heard(f.card, e, WEB_DATA, 0, octets);
}

static void serve(slice octets, bool whole)
{
    struct ipae *e = ipa();

    if (!take_over(e))
        return;
    if (e->exchange.state == EXCHANGE_ASKED)
        exchange_heard(f.card, e, WEB_STATUS, 200, SLICE_NONE);
    body(e, octets);
    if (whole)
        exchange_heard(f.card, e, WEB_END, 0, SLICE_NONE);
    apdu(SLICE_LIT("\x80\xF2\x00\x00\x00"));
}

static void break_off(void)
{
    struct ipae *e = ipa();

    if (take_over(e))
        exchange_heard(f.card, e, WEB_FAILED, E_CLOSED, SLICE_NONE);
    apdu(SLICE_LIT("\x80\xF2\x00\x00\x00"));
}

static void one(uint8_t operation, slice octets)
{
    uint8_t timer[] = { 0xD7, 8, 0xA4, 1, 1, 0xA5, 3, 0, 0, 0 };

    switch (operation & 7) {
    case 0:
        apdu(octets);
        break;
    case 1:
    case 2:
        serve(octets, operation & 1);
        break;
    case 3:
        break_off();
        break;
    case 4:
        answer(octets.n ? slice_head(octets, 1) : SLICE_LIT("\x20"), slice_skip(octets, 1));
        break;
    case 5:
        timer[4] = octets.n ? octets.p[0] : 1;
        with_data(0xC2, SLICE_OF(timer));
        break;
    case 6:
        perform_all();
        break;
    default:
        reset();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!f.memory)
        set_up();
    nvm_ram_init(&f.ram, f.octets, HALF, &f.nvm);
    boot();
    reset();
    perform_all();
    while (size >= 2) {
        size_t n = data[1] < size - 2 ? data[1] : size - 2;

        one(data[0], slice_of(data + 2, n));
        data += 2 + n;
        size -= 2 + n;
    }
    perform_all();
    card_close(f.card);
    boot();
    card_close(f.card);
    return 0;
}
