/*
 * ES10 functions, eUICC packages and revocation lists from a hostile device, eIM or CI.
 *
 * Input: one octet that picks how the rest reaches the card.
 *   even   requests, each behind two octets of length, as STORE DATA; where bit 1 is set, lists
 *          that the CI has signed, eight octets each
 *   odd    the operations of an eUICC package that an associated eIM has signed, so that what
 * stands behind the signature is reached; the octet's bit 1 picks PSMOs or eIM operations
 *
 * What must hold: a status word for every command, and a card that boots from what it stored.
 */
#include "der/der.h"
#include "euicc/isdr/isdr.h"
#include "pki/issue.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OBJECTS ((size_t)32 << 10)
#define HALF    ((uint32_t)128 << 10)
#define BLOCK   255u

static struct {
    const struct crypto *crypto;
    struct personality p;
    struct card_app_entry apps[2];
    struct card_personality card_personality;
    struct nvm nvm;
    struct nvm_ram ram;
    uint8_t octets[NVM_HALVES * HALF];
    void *memory;
    size_t size;
    struct signer eim;
    struct card *card;
} f;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void boot(void)
{
    enum err why;

    f.card = card_boot(f.memory, f.size, &f.nvm, f.crypto, &f.card_personality, &why);
    must(f.card != NULL);
}

static uint16_t apdu(slice command)
{
    uint8_t out[CARD_REPLY_MAX];
    size_t n = card_apdu(f.card, command, out, sizeof out);

    must(n >= 2 && n <= sizeof out);
    return (uint16_t)(out[n - 2] << 8 | out[n - 1]);
}

static void select_isdr(void)
{
    must(apdu(SLICE_LIT("\x00\xA4\x04\x00\x10\xA0\x00\x00\x05\x59\x10\x10\xFF\xFF\xFF\xFF\x89\x00"
                        "\x00\x01\x00\x00")) == 0x9000);
}

/* One function in blocks; its answer is read to the end. */
static void store(slice request)
{
    uint8_t command[5 + BLOCK];
    uint16_t sw = 0x9000;

    for (unsigned block = 0; sw == 0x9000 && (request.n || block == 0) && block < 256; block++) {
        slice part = slice_head(request, BLOCK);

        request = slice_skip(request, BLOCK);
        memcpy(command, "\x80\xE2", 2);
        command[2] = request.n ? 0x11 : 0x91;
        command[3] = (uint8_t)block;
        command[4] = (uint8_t)part.n;
        if (part.n)
            memcpy(command + 5, part.p, part.n);
        sw = apdu(slice_of(command, 5 + part.n));
    }
    while (sw >> 8 == 0x61)
        sw = apdu(SLICE_LIT("\x00\xC0\x00\x00\x00"));
}

/* ---- set up, once: a CI that signs, an eIM ---- */

static void associate(const struct ec_point *key)
{
    static const char algorithm[] = "\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86"
                                    "\x48\xCE\x3D\x03\x01\x07";
    uint8_t buf[256];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice request;

    der_put(&w, SLICE_OF(key->b));
    der_put(&w, SLICE_LIT("\x03\x42\x00"));
    der_put(&w, SLICE_LIT(algorithm));
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xA5, 0);
    der_put_tlv(&w, 0x80, SLICE_LIT("eim"));
    der_wrap(&w, 0x30, 0);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF57, 0);
    must(!der_written(&w, &request));
    store(request);
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
    must(!crypto_key_pair(f.crypto, CURVE_P256, &secret, &point));
    must(!signer_open(f.crypto, CURVE_P256, &secret, &f.eim));
    f.apps[0] = (struct card_app_entry){ &isdr_app, &f.p };
    f.apps[1] = (struct card_app_entry){ &ecasd_app, &f.p };
    f.card_personality.apps = f.apps;
    f.card_personality.app_count = 2;
    f.size = card_size(&f.card_personality, OBJECTS);
    f.memory = malloc(f.size);
    must(f.memory != NULL);
}

/* ---- the two ways in ---- */

static void requests(const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t n = (size_t)data[0] << 8 | data[1];
        uint8_t *copy;

        data += 2;
        size -= 2;
        n = n < size ? n : size;
        copy = malloc(n ? n : 1); /* exact, so that one octet over shows */
        must(copy != NULL);
        memcpy(copy, data, n);
        store(slice_of(copy, n));
        free(copy);
        data += n;
        size -= n;
    }
}

static void package(bool eco, slice operations)
{
    size_t room = operations.n + 512;
    uint8_t *buf = malloc(room);
    struct der_writer w = der_writer(buf, room);
    slice parts[2] = { SLICE_NONE, SLICE_LIT("\x84\x01\x00") };
    struct ec_sig sig;
    slice request;
    uint8_t head[DER_HEAD_MAX];

    must(buf != NULL);
    der_put(&w, operations);
    der_wrap(&w, eco ? 0xA1 : 0xA0, 0);
    der_put_int(&w, 0x81, 1);
    der_put_tlv(&w, 0x5A, SLICE_OF(f.p.eid));
    der_put_tlv(&w, 0x80, SLICE_LIT("eim"));
    der_wrap(&w, 0x30, 0);
    must(!der_written(&w, &parts[0]));
    must(!signer_sign(&f.eim, f.crypto, parts, 2, &sig));
    memmove(buf + 8, parts[0].p, parts[0].n);
    memcpy(buf + 8 + parts[0].n, "\x5F\x37\x40", 3);
    memcpy(buf + 8 + parts[0].n + 3, sig.b, SIG_LEN);
    request.n = der_put_head(0xBF51, parts[0].n + 3 + SIG_LEN, head);
    memcpy(buf + 8 - request.n, head, request.n);
    request = slice_of(buf + 8 - request.n, request.n + parts[0].n + 3 + SIG_LEN);
    store(request);
    free(buf);
}

/* ---- revocation lists ---- */

static void put_extension(struct der_writer *w, const char *oid, size_t oid_n, uint8_t tag,
                          slice value)
{
    size_t mark = der_mark(w);

    der_put_tlv(w, tag, value);
    der_wrap(w, 0x04, mark);
    der_put_tlv(w, 0x06, slice_of(oid, oid_n));
    der_wrap(w, 0x30, mark);
}

static void put_extensions(struct der_writer *w, const uint8_t in[8])
{
    uint8_t id[2 + CI_PKID_LEN] = { 0x80, CI_PKID_LEN };

    memcpy(id + 2, f.p.ci[0].pkid, CI_PKID_LEN);
    put_extension(w, "\x55\x1D\x14", 3, 0x02, slice_of(in, 1));
    put_extension(w, "\x55\x1D\x23", 3, 0x30, SLICE_OF(id));
    if (in[1] & 1)
        put_extension(w, "\x55\x1D\x1B", 3, 0x02, slice_of(in + 2, 1));
    if (in[1] & 2) {
        put_extension(w, "\x67\x81\x12\x01\x02\x00\x02", 7, 0x02, slice_of(in + 3, 1));
        put_extension(w, "\x67\x81\x12\x01\x02\x00\x03", 7, 0x02, slice_of(in + 4, 1));
    }
    if (in[1] & 4)
        put_extension(w, "\x55\x1D\x1C", 3, 0x30, slice_of(in + 5, in[1] >> 6));
    der_wrap(w, 0x30, 0);
    der_wrap(w, 0xA0, 0);
}

/* Serial numbers from in[6] on, a reason for those whose turn it is. */
static void put_entries(struct der_writer *w, const uint8_t in[8])
{
    size_t all = der_mark(w);

    for (unsigned n = 0; n < (in[7] & 0x7Fu); n++) {
        uint8_t serial[2] = { 1, (uint8_t)(in[6] + n) };
        size_t mark = der_mark(w);

        if (in[7] & 0x80) {
            put_extension(w, "\x55\x1D\x15", 3, 0x0A, SLICE_LIT("\x08"));
            der_wrap(w, 0x30, mark);
        }
        der_put_tlv(w, 0x17, SLICE_LIT("260101000000Z"));
        der_put_tlv(w, 0x02, SLICE_OF(serial));
        der_wrap(w, 0x30, mark);
    }
    der_wrap(w, 0x30, all);
}

static void list(const uint8_t in[8])
{
    static const char algorithm[] = "\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02";
    static uint8_t buf[16384], out[16384];
    struct der_writer w = der_writer(buf, sizeof buf), q = der_writer(out, sizeof out);
    struct ec_sig sig;
    slice tbs, whole;

    put_extensions(&w, in);
    put_entries(&w, in);
    der_put_tlv(&w, 0x17, SLICE_LIT("260101000000Z"));
    der_put_tlv(&w, 0x30, SLICE_EMPTY);
    der_put(&w, SLICE_LIT(algorithm));
    der_put_int(&w, 0x02, 1);
    der_wrap(&w, 0x30, 0);
    must(!der_written(&w, &tbs));
    must(!signer_sign(&f.p.ci[0].signer, f.crypto, &tbs, 1, &sig));
    der_put_sig(&q, &sig);
    der_put(&q, SLICE_LIT("\x00"));
    der_wrap(&q, 0x03, 0);
    der_put(&q, SLICE_LIT(algorithm));
    der_put(&q, tbs);
    der_wrap(&q, 0xA0, 0);
    der_wrap(&q, 0xBF35, 0);
    must(!der_written(&q, &whole));
    store(whole);
}

static void lists(const uint8_t *data, size_t size)
{
    for (; size >= 8; size -= 8, data += 8)
        list(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!f.memory)
        set_up();
    if (size < 1)
        return 0;
    nvm_ram_init(&f.ram, f.octets, HALF, &f.nvm);
    boot();
    select_isdr();
    associate(&f.eim.point);
    if (data[0] & 1)
        package((data[0] & 2) != 0, slice_of(data + 1, size - 1 < 12000 ? size - 1 : 12000));
    else if (data[0] & 2)
        lists(data + 1, size - 1 < 128 ? size - 1 : 128);
    else
        requests(data + 1, size - 1);
    boot();
    select_isdr();
    store(SLICE_LIT("\xBF\x2D\x00"));
    return 0;
}
