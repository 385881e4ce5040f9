/* Packs, rows of CSV, and the HLR's file. */
#include "profile/build.h"
#include "profile/csv.h"
#include "profile/hlr.h"
#include "profile/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- packs ---- */

struct memory {
    uint8_t octets[4096];
    size_t n;
};

static enum err read_memory(void *ctx, uint64_t at, void *out, size_t n)
{
    struct memory *m = ctx;

    if (at > m->n || n > m->n - at)
        return E_TRUNCATED;
    memcpy(out, m->octets + at, n);
    return E_OK;
}

static void append(struct memory *m, const void *octets, size_t n)
{
    assert_true(m->n + n <= sizeof m->octets);
    memcpy(m->octets + m->n, octets, n);
    m->n += n;
}

#define ENTRIES 3
static const slice packages[ENTRIES] = { SLICE_LIT("first"), SLICE_LIT("the second"),
                                         SLICE_LIT("3") };
static const slice metadata[ENTRIES] = { SLICE_NONE, SLICE_LIT("about it"), SLICE_NONE };

static void fill(struct memory *m)
{
    uint8_t index[ENTRIES][PACK_INDEX_LEN], chain[DIGEST_LEN] = { 0 }, foot[PACK_FOOT_LEN];
    size_t at;

    m->n = 0;
    append(m, PACK_HEAD, PACK_HEAD_LEN);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint8_t iccid[ICCID_LEN] = { 0x98, (uint8_t)i }, front[PACK_ENTRY_LEN];
        uint8_t digest[PACK_DIGEST_LEN];

        assert_int_equal(
            pack_entry(crypto_openssl(), iccid, packages[i], metadata[i], front, digest), E_OK);
        pack_index(iccid, m->n, index[i]);
        assert_int_equal(pack_index_digest(crypto_openssl(), chain, index[i]), E_OK);
        append(m, front, sizeof front);
        append(m, packages[i].p, packages[i].n);
        if (metadata[i].n)
            append(m, metadata[i].p, metadata[i].n);
        append(m, digest, sizeof digest);
    }
    at = m->n;
    append(m, index, sizeof index);
    pack_foot(at, ENTRIES, chain, foot);
    append(m, foot, sizeof foot);
}

static enum err open_memory(struct memory *m, struct pack *out)
{
    return pack_open(crypto_openssl(), &(struct pack_source){ m, read_memory, m->n }, out);
}

static void a_pack_gives_back_what_went_in(void **state)
{
    struct arena arena;
    struct memory m;
    struct pack p;

    (void)state;
    fill(&m);
    arena_init(&arena, 1 << 20);
    assert_int_equal(open_memory(&m, &p), E_OK);
    assert_int_equal(p.count, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint8_t iccid[ICCID_LEN];
        slice package, about;

        assert_int_equal(pack_iccid(&p, i, iccid), E_OK);
        assert_int_equal(iccid[1], i);
        assert_int_equal(pack_read(crypto_openssl(), &p, i, &arena, &package, &about), E_OK);
        assert_true(slice_eq(package, packages[i]));
        assert_true(slice_eq(about, metadata[i]));
        assert_int_equal(about.p == NULL, metadata[i].p == NULL);
    }
    assert_int_equal(pack_iccid(&p, ENTRIES, (uint8_t[ICCID_LEN]){ 0 }), E_NOTFOUND);
    arena_free(&arena);
}

/* Every octet counts: with any one changed the pack does not open, or an entry does not. */
static void any_changed_octet_is_found(void **state)
{
    struct arena arena;
    struct memory m;

    (void)state;
    fill(&m);
    arena_init(&arena, 1 << 20);
    for (size_t at = 0; at < m.n; at++) {
        struct pack p;
        enum err e;
        slice package, about;

        m.octets[at] ^= 0x10;
        e = open_memory(&m, &p);
        for (unsigned i = 0; !e && i < ENTRIES; i++)
            e = pack_read(crypto_openssl(), &p, i, &arena, &package, &about);
        assert_int_not_equal(e, E_OK);
        m.octets[at] ^= 0x10;
    }
    arena_free(&arena);
}

static void a_pack_that_is_cut_off_does_not_open(void **state)
{
    struct memory m;
    struct pack p;
    size_t whole;

    (void)state;
    fill(&m);
    assert_int_equal(open_memory(&m, &p), E_OK);
    whole = m.n;
    for (m.n = 0; m.n < whole; m.n++)
        assert_int_not_equal(open_memory(&m, &p), E_OK);
}

/* ---- CSV ---- */

static void split(struct csv *c, const char *text, enum err want, size_t count,
                  const char *const *fields)
{
    slice got[CSV_FIELDS_MAX];
    char line[512];
    size_t n;

    strcpy(line, text);
    assert_int_equal(csv_split(c, line, strlen(line), got, &n), want);
    if (want)
        return;
    assert_int_equal(n, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].n, strlen(fields[i]));
        assert_memory_equal(got[i].p, fields[i], got[i].n);
    }
}
#define SPLIT(c, text, ...)                                                                        \
    split(c, text, E_OK, COUNT(((const char *[]){ __VA_ARGS__ })), (const char *[]){ __VA_ARGS__ })

static void lines_become_fields(void **state)
{
    struct csv c = { 0 }, d = { 0 };

    (void)state;
    SPLIT(&c, "\xEF\xBB\xBFiccid, imsi ,spn\r", "iccid", "imsi", "spn");
    SPLIT(&c, "1,,\"a, \"\"b\"\"; c\"", "1", "", "a, \"b\"; c");
    SPLIT(&c, "1;2,", "1;2", "");
    SPLIT(&c, " \"x\" , y", "x", "y");
    split(&c, "", E_OK, 0, NULL);
    split(&c, " \t\r", E_OK, 0, NULL);
    SPLIT(&d, "a;b,c", "a", "b,c");
    SPLIT(&d, "1;\"\"", "1", "");
}

static void lines_that_are_refused(void **state)
{
    struct csv c = { ',' };
    char line[300];
    slice got[CSV_FIELDS_MAX];
    size_t n;

    (void)state;
    SPLIT(&c, "\"ab\",c", "ab", "c");
    split(&c, "\"ab,c", E_SYNTAX, 0, NULL);
    split(&c, "\"ab\"c,d", E_SYNTAX, 0, NULL);
    memset(line, ',', sizeof line);
    assert_int_equal(csv_split(&c, line, CSV_FIELDS_MAX - 1, got, &n), E_OK);
    assert_int_equal(n, CSV_FIELDS_MAX);
    assert_int_equal(csv_split(&c, line, CSV_FIELDS_MAX, got, &n), E_LIMIT);
}

/* ---- the HLR's file ---- */

struct bench {
    struct arena arena;
    struct factory *f;
    struct value values[FACTORY_VARIABLES];
    struct hlr hlr;
    char row[4096];
    size_t n;
};

static void begin(struct bench *b, slice key)
{
    struct factory_fault fault;
    slice package;
    char why[VALUE_WHY];

    memset(b, 0, sizeof *b);
    arena_init(&b->arena, MODEL_ARENA_LIMIT);
    assert_int_equal(profile_build(&b->arena, crypto_openssl(),
                                   &(struct build_input){
                                       .k = SLICE_LIT("0123456789abcdef"),
                                   },
                                   &package, NULL),
                     E_OK);
    assert_int_equal(factory_open(&b->arena, crypto_openssl(), package, &b->f, &fault), E_OK);
    assert_int_equal(
        value_read(&b->f->variables[0], SLICE_LIT("8900101123456789016"), &b->values[0], why),
        E_OK);
    assert_int_equal(value_read(&b->f->variables[factory_variable(b->f, "imsi")],
                                SLICE_LIT("001010000000001"),
                                &b->values[factory_variable(b->f, "imsi")], why),
                     E_OK);
    assert_int_equal(value_read(&b->f->variables[factory_variable(b->f, "pin1")], SLICE_LIT("0815"),
                                &b->values[factory_variable(b->f, "pin1")], why),
                     E_OK);
    assert_int_equal(factory_settle(b->f, b->values, &fault), E_OK);
    b->hlr = (struct hlr){ .crypto = crypto_openssl(), .key = key };
    for (unsigned i = 0; i < b->f->nvariables; i++)
        b->hlr.column[i] = !strcmp(b->f->variables[i].name, "iccid") ||
                           !strcmp(b->f->variables[i].name, "k") ||
                           !strcmp(b->f->variables[i].name, "pin1");
}

static void end(struct bench *b)
{
    arena_free(&b->arena);
}

static void plain_rows(void **state)
{
    char hex[33], want[200];
    struct bench b;

    (void)state;
    begin(&b, SLICE_NONE);
    assert_int_equal(hlr_header(&b.hlr, b.f, b.row, sizeof b.row, &b.n), E_OK);
    assert_string_equal(b.row, "iccid,algorithm,k,pin1\n");
    assert_int_equal(hlr_row(&b.hlr, b.f, b.values, b.row, sizeof b.row, &b.n), E_OK);
    assert_int_equal(hex_encode(value_slice(&b.values[factory_variable(b.f, "k")]), hex, 33), E_OK);
    snprintf(want, sizeof want, "8900101123456789016,milenage,%s,0815\n", hex);
    assert_string_equal(b.row, want);
    assert_int_equal(hlr_row(&b.hlr, b.f, b.values, b.row, strlen(want), &b.n), E_NOSPACE);
    end(&b);
}

/* Sealed values open under the same key at the same place, and nowhere else. */
static void sealed_rows(void **state)
{
    const slice key = SLICE_LIT("a transport key of thirty-two oc"),
                other = SLICE_LIT("a transport key!");
    const slice iccid = SLICE_LIT("8900101123456789016");
    struct csv c = { ',' };
    slice fields[CSV_FIELDS_MAX];
    char text[2 * VALUE_MAX + 1], want[33];
    struct bench b;
    size_t n;

    (void)state;
    begin(&b, key);
    assert_int_equal(hlr_header(&b.hlr, b.f, b.row, sizeof b.row, &b.n), E_OK);
    assert_string_equal(b.row, "iccid,algorithm,k_sealed,pin1_sealed\n");
    assert_int_equal(hlr_row(&b.hlr, b.f, b.values, b.row, sizeof b.row, &b.n), E_OK);
    assert_int_equal(csv_split(&c, b.row, b.n - 1, fields, &n), E_OK);
    assert_int_equal(n, 4);
    assert_int_equal(hex_encode(value_slice(&b.values[factory_variable(b.f, "k")]), want, 33),
                     E_OK);
    assert_int_equal(
        hlr_open(crypto_openssl(), key, iccid, SLICE_LIT("k"), fields[2], text, sizeof text), E_OK);
    assert_string_equal(text, want);
    assert_int_equal(
        hlr_open(crypto_openssl(), key, iccid, SLICE_LIT("pin1"), fields[3], text, sizeof text),
        E_OK);
    assert_string_equal(text, "0815");
    assert_int_equal(
        hlr_open(crypto_openssl(), other, iccid, SLICE_LIT("k"), fields[2], text, sizeof text),
        E_BADMAC);
    assert_int_equal(hlr_open(crypto_openssl(), key, SLICE_LIT("8900101123456789015"),
                              SLICE_LIT("k"), fields[2], text, sizeof text),
                     E_BADMAC);
    assert_int_equal(
        hlr_open(crypto_openssl(), key, iccid, SLICE_LIT("opc"), fields[2], text, sizeof text),
        E_BADMAC);
    assert_int_equal(hlr_open(crypto_openssl(), key, iccid, SLICE_LIT("k"),
                              slice_of(fields[2].p, 54), text, sizeof text),
                     E_SIZE);
    assert_int_equal(hlr_open(crypto_openssl(), key, iccid, SLICE_LIT("k"),
                              slice_of(fields[2].p, fields[2].n - 1), text, sizeof text),
                     E_SYNTAX);
    end(&b);
}

/*
 * AES-GCM as everybody else has it: computed with Python's cryptography library (AESGCM) from key
 * 00..1F, nonce 00..0B, plain text F0..FF and the additional data of this place.
 */
static void a_value_that_others_sealed(void **state)
{
    uint8_t key[32];
    char text[64];

    (void)state;
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    assert_int_equal(hlr_open(crypto_openssl(), SLICE_OF(key), SLICE_LIT("8900101123456789016"),
                              SLICE_LIT("k"),
                              SLICE_LIT("000102030405060708090A0BB7F324E8311034EC75B86D704D148692"
                                        "385836B96CA3F5E8F26981A75CADEA06"),
                              text, sizeof text),
                     E_OK);
    assert_string_equal(text, "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_gives_back_what_went_in),
        cmocka_unit_test(any_changed_octet_is_found),
        cmocka_unit_test(a_pack_that_is_cut_off_does_not_open),
        cmocka_unit_test(lines_become_fields),
        cmocka_unit_test(lines_that_are_refused),
        cmocka_unit_test(plain_rows),
        cmocka_unit_test(sealed_rows),
        cmocka_unit_test(a_value_that_others_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
