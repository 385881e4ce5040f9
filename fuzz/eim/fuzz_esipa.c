/*
 * The eIM's entries: the first octet picks one, the rest is what arrived. An ESipa message from a
 * hostile IPA, or the answer of a hostile SM-DP+ to each of the calls that the eIM makes. The
 * device 89049032123451234512345678901235 has orders; nothing that is decided is committed, so
 * every input meets the same state.
 */
#include "eim/eim.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct eim *eim;
static struct store *store;
static struct arena arena;
static struct keyring_place keys;
static struct signer signer;

static const uint8_t eid[16] = { 0x89, 0x04, 0x90, 0x32, 0x12, 0x34, 0x51, 0x23,
                                 0x45, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x35 };
#define NOW_MS INT64_C(1800000000000)

static void must(enum err e)
{
    if (!e)
        return;
    fprintf(stderr, "fuzz_esipa: %s\n", err_name(e));
    abort();
}

static struct turn *begin(struct turn *t)
{
    turn_init(t, &arena, store, NOW_MS);
    return t;
}

static void place_orders(void)
{
    static const uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x14 };
    const struct eim_download d = { .activation_code = SLICE_LIT("1$smdp.example.com$M"),
                                    .indirect = true };
    const struct eim_device_new n = { .eid = SLICE_OF(eid), .associated = true };
    struct eim_order *o;
    struct turn t;

    must(eim_device_add(eim, &n, begin(&t)));
    must(turn_commit(&t));
    must(eim_order_enable(eim, n.eid, SLICE_OF(iccid), false, begin(&t), &o));
    must(turn_commit(&t));
    must(eim_order_download(eim, n.eid, &d, begin(&t), &o));
    must(turn_commit(&t));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct store_schema *const schemas[] = { &eim_schema, &store_event_schema };
    const struct store_sqlite_options so = { .schemas = schemas, .schema_count = COUNT(schemas) };
    struct eim_options o = { .crypto = crypto_openssl(),
                             .eim_id = SLICE_LIT("eim.example.com"),
                             .signer = &signer,
                             .keys = &keys };
    struct keyring *none; /* nobody is believed */
    struct ec_scalar secret;
    struct ec_point point;

    (void)argc;
    (void)argv;
    arena_init(&arena, 16 << 20);
    must(keyring_open(o.crypto, 0, &none));
    keyring_place_open(&keys, none);
    must(crypto_key_pair(o.crypto, CURVE_P256, &secret, &point));
    must(signer_open(o.crypto, CURVE_P256, &secret, &signer));
    must(store_sqlite_open(&so, &store));
    must(eim_open(&o, &eim));
    place_orders();
    return 0;
}

/* The place of a call: step, no order, a transactionId of one octet, the host. */
static void answer(uint8_t step, slice body)
{
    uint8_t place[] = "\x01\0\0\0\0\0\0\0\0\x01\xAAsmdp.example.com";
    const struct eim_answer a = { true, 200, body };
    struct turn t;

    place[0] = step;
    place[8] = step & 1 ? 3 : 0; /* with an order, or without */
    if (!eim_resume(eim, slice_of(place, sizeof place - 1), &a, begin(&t)))
        turn_settle(&t, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy;
    struct turn t;

    if (size < 1)
        return 0;
    copy = malloc(size);
    if (!copy)
        return 0;
    memcpy(copy, data + 1, size - 1);
    if (data[0] & 7) {
        answer(data[0] & 7, slice_of(copy, size - 1));
    } else if (!eim_esipa(eim, slice_of(copy, size - 1), begin(&t))) {
        turn_settle(&t, false);
    }
    arena_reset(&arena);
    free(copy);
    return 0;
}
