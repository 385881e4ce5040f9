/* The hierarchy, the card and its APDUs: see lab.h. */
#include "euicc/isdr/lab.h"

#include "base/text.h"

#include <time.h>

static struct lab laboratories[2];

static void lab_open(struct lab *lab, enum curve curve)
{
    char top[] = "/tmp/dunlin-isdr-XXXXXX", where[KEYSTORE_PATH_MAX];
    struct testci_plan plan = { .curve = curve, .euiccs = 1, .now_s = (int64_t)time(NULL) };

    lab->crypto = crypto_openssl();
    assert_non_null(lab->crypto);
    assert_non_null(mkdtemp(top));
    snprintf(lab->dir, sizeof lab->dir, "%s", top);
    plan.dir = lab->dir;
    assert_int_equal(testci_init(lab->crypto, &plan, where), E_OK);
    assert_int_equal(identity_open_role(lab->crypto, lab->dir, ROLE_CI, &lab->ci), E_OK);
    assert_int_equal(identity_open_role(lab->crypto, lab->dir, ROLE_EUM, &lab->eum), E_OK);
    assert_int_equal(identity_open_role(lab->crypto, lab->dir, ROLE_DP_AUTH, &lab->dp_auth), E_OK);
    assert_int_equal(identity_open_role(lab->crypto, lab->dir, ROLE_DP_PB, &lab->dp_pb), E_OK);
    assert_int_equal(identity_open_role(lab->crypto, lab->dir, ROLE_DS_AUTH, &lab->ds_auth), E_OK);
    personality_defaults(&lab->personality);
    testci_eid(1, lab->personality.eid);
    assert_int_equal(personality_load(&lab->personality, &lab->files, lab->crypto, lab->dir), E_OK);
}

struct lab *lab_get(enum curve curve)
{
    struct lab *lab = &laboratories[curve == CURVE_BP256R1];

    if (!lab->crypto)
        lab_open(lab, curve);
    return lab;
}

void lab_close_all(void)
{
    char command[96];

    for (size_t n = 0; n < COUNT(laboratories); n++) {
        struct lab *lab = &laboratories[n];

        if (!lab->crypto)
            continue;
        personality_unload(&lab->files);
        identity_close(&lab->ci);
        identity_close(&lab->eum);
        identity_close(&lab->dp_auth);
        identity_close(&lab->dp_pb);
        identity_close(&lab->ds_auth);
        snprintf(command, sizeof command, "rm -rf '%s'", lab->dir);
        if (system(command))
            print_message("%s stays\n", lab->dir);
        lab->crypto = NULL;
    }
}

/* ---- the card ---- */

bool bench_power(struct bench *b)
{
    enum err why;

    nvm_ram_power_on(&b->ram);
    b->card = card_boot(b->memory, b->memory_size, &b->nvm, b->crypto, &b->card_personality, &why);
    return b->card != NULL;
}

void bench_select(struct bench *b)
{
    static const uint8_t open[] = { 0x00, 0x70, 0x00, 0x00, 0x01 };
    static const uint8_t select[] = { 0x01, 0xA4, 0x04, 0x00, 0x10, 0xA0, 0x00, 0x00,
                                      0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0x89, 0x00, 0x00, 0x01, 0x00, 0x00 };

    bench_apdu(b, SLICE_OF(open));
    bench_apdu(b, SLICE_OF(select));
    assert_int_equal(b->sw, 0x9000);
}

void bench_boot(struct bench *b)
{
    assert_true(bench_power(b));
    bench_select(b);
}

void bench_reset(struct bench *b)
{
    card_reset(b->card);
    bench_select(b);
}

void bench_open(struct bench *b, struct lab *lab, size_t object_octets)
{
    memset(b, 0, sizeof *b);
    b->lab = lab;
    b->crypto = lab->crypto;
    b->personality = lab->personality;
    b->apps[0] = (struct card_app_entry){ &isdr_app, &b->personality };
    b->apps[1] = (struct card_app_entry){ &ecasd_app, &b->personality };
    b->card_personality.apps = b->apps;
    b->card_personality.app_count = 2;
    b->memory_size = card_size(&b->card_personality, object_octets);
    b->memory = calloc(1, b->memory_size);
    b->octets = calloc(NVM_HALVES, BENCH_HALF);
    b->response = malloc(BENCH_RESPONSE);
    assert_true(b->memory && b->octets && b->response);
    b->block = 255;
    arena_init(&b->arena, 256u << 20);
    nvm_ram_init(&b->ram, b->octets, BENCH_HALF, &b->nvm);
    bench_boot(b);
}

void bench_close(struct bench *b)
{
    arena_free(&b->arena);
    free(b->memory);
    free(b->octets);
    free(b->response);
}

/* ---- APDUs ---- */

static void take(struct bench *b, const uint8_t *out, size_t n)
{
    assert_true(n >= 2);
    b->sw = (uint16_t)(out[n - 2] << 8 | out[n - 1]);
    assert_true(b->n + n - 2 <= BENCH_RESPONSE);
    memcpy(b->response + b->n, out, n - 2);
    b->n += n - 2;
}

uint16_t bench_apdu(struct bench *b, slice command)
{
    uint8_t out[CARD_REPLY_MAX];
    uint8_t get[5] = { (uint8_t)(command.p[0] & 0x03), 0xC0, 0, 0, 0 };

    b->n = 0;
    take(b, out, card_apdu(b->card, command, out, sizeof out));
    while (b->sw >> 8 == 0x61) {
        get[4] = (uint8_t)b->sw;
        take(b, out, card_apdu(b->card, SLICE_OF(get), out, sizeof out));
    }
    return b->sw;
}

uint16_t bench_store(struct bench *b, slice request)
{
    uint8_t command[5 + 255 + 1];
    unsigned block = 0;

    do {
        slice part = slice_head(request, b->block);

        request = slice_skip(request, b->block);
        command[0] = 0x81;
        command[1] = 0xE2;
        command[2] = request.n ? 0x11 : 0x91;
        command[3] = (uint8_t)block++;
        command[4] = (uint8_t)part.n;
        memcpy(command + 5, part.p, part.n);
        bench_apdu(b, slice_of(command, 5 + part.n));
    } while (request.n && b->sw == 0x9000);
    return b->sw;
}

slice bench_es10(struct bench *b, slice request)
{
    bench_store(b, request);
    if (b->sw != 0x9000 && b->sw >> 8 != 0x91)
        print_error("ES10 %02X%02X: %04X\n", request.p[0], request.p[1], b->sw);
    assert_true(b->sw == 0x9000 || b->sw >> 8 == 0x91);
    return slice_of(b->response, b->n);
}

static slice __attribute__((format(printf, 2, 0)))
from_hex(struct bench *b, const char *fmt, va_list args)
{
    slice text = SLICE_NONE;
    va_list again;
    size_t n, digits = 0;
    char *hex;
    uint8_t *out;

    va_copy(again, args);
    n = (size_t)vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    hex = arena_alloc(&b->arena, n + 1);
    out = arena_alloc(&b->arena, n / 2 + 1);
    assert_true(hex && out);
    vsnprintf(hex, n + 1, fmt, args);
    for (size_t k = 0; k < n; k++)
        if (hex[k] != ' ' && hex[k] != '\n')
            hex[digits++] = hex[k];
    text = slice_of(hex, digits);
    assert_int_equal(hex_decode(text, out, n / 2 + 1, &n), E_OK);
    return slice_of(out, n);
}

slice bench_hex(struct bench *b, const char *fmt, ...)
{
    va_list args;
    slice out;

    va_start(args, fmt);
    out = from_hex(b, fmt, args);
    va_end(args);
    return out;
}

slice bench_es10_hex(struct bench *b, const char *fmt, ...)
{
    va_list args;
    slice request;

    va_start(args, fmt);
    request = from_hex(b, fmt, args);
    va_end(args);
    return bench_es10(b, request);
}

void assert_hex(slice got, const char *hex)
{
    static char text[2 * BENCH_RESPONSE + 1], wanted[2 * BENCH_RESPONSE + 1];
    size_t n = 0;

    assert_int_equal(hex_encode(got, text, sizeof text), E_OK);
    for (; *hex; hex++)
        if (*hex != ' ')
            wanted[n++] = *hex;
    wanted[n] = 0;
    assert_string_equal(text, wanted);
}

void bench_expect_hex(struct bench *b, const char *request, const char *response)
{
    assert_hex(bench_es10_hex(b, "%s", request), response);
}

/* ---- the terminal ---- */

void bench_terminal_profile(struct bench *b)
{
    uint8_t command[5 + 34] = { 0x80, 0x10, 0x00, 0x00, 34 };

    memset(command + 5, 0xFF, 34);
    bench_apdu(b, SLICE_OF(command));
    assert_true(b->sw == 0x9000 || b->sw >> 8 == 0x91);
}

void bench_fetch(struct bench *b)
{
    uint8_t fetch[] = { 0x80, 0x12, 0x00, 0x00, (uint8_t)b->sw };
    uint8_t answer[] = { 0x80, 0x14, 0x00, 0x00, 0x0C, 0x81, 0x03, 0,   0,
                         0,    0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00 };

    assert_int_equal(b->sw >> 8, 0x91);
    bench_apdu(b, SLICE_OF(fetch));
    assert_int_equal(b->sw, 0x9000);
    /* D0 len 81 03 number type qualifier */
    memcpy(answer + 7, b->response + 4, 3);
    bench_apdu(b, SLICE_OF(answer));
    assert_true(b->sw == 0x9000 || b->sw >> 8 == 0x91);
    bench_select(b);
}
