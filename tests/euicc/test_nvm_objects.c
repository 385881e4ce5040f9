/*
 * The object store against a plain model of it: random transactions, the power cut during every
 * NVM write of them and at several octets of it. After boot the state must be the one before or
 * the one after the transaction that was cut.
 */
#include "euicc/objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define IDS  40
#define HALF 6000
#define SIZE 9000

struct model {
    struct {
        bool is;
        uint32_t n;
        uint8_t octets[96];
    } object[IDS];
};

static _Alignas(8) uint8_t block[SIZE];
static uint8_t octets[HALF * NVM_HALVES];

static uint32_t rnd(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void check(const struct objects *o, const struct model *m)
{
    uint32_t id = 0;
    slice got;

    for (uint32_t i = 0; i < IDS; i++) {
        got = objects_get(o, 100 + i);
        assert_int_equal(got.p != NULL, m->object[i].is);
        if (got.p) {
            assert_int_equal(got.n, m->object[i].n);
            assert_memory_equal(got.p, m->object[i].octets, got.n);
        }
    }
    for (uint32_t i = 0; i < IDS; i++) {
        if (!m->object[i].is)
            continue;
        assert_true(objects_next(o, &id, OBJECTS_VOLATILE - 1, &got));
        assert_int_equal(id++, 100 + i);
    }
    assert_false(objects_next(o, &id, OBJECTS_VOLATILE - 1, &got));
}

static bool same(const struct objects *o, const struct model *m)
{
    for (uint32_t i = 0; i < IDS; i++) {
        slice got = objects_get(o, 100 + i);

        if ((got.p != NULL) != m->object[i].is)
            return false;
        if (got.p && !slice_eq(got, slice_of(m->object[i].octets, m->object[i].n)))
            return false;
    }
    return true;
}

static void random_change(struct objects *o, struct model *m, uint32_t *seed)
{
    uint32_t i = rnd(seed) % IDS, n = rnd(seed) % 96, at = n ? rnd(seed) % n : 0;
    uint8_t fill = (uint8_t)rnd(seed), data[96];
    enum err e;

    memset(data, fill, sizeof data);
    switch (rnd(seed) % 4) {
    case 0:
        e = objects_put(o, 100 + i, slice_of(data, n));
        assert_int_equal(e, E_OK);
        m->object[i].is = true;
        m->object[i].n = n;
        memset(m->object[i].octets, fill, n);
        break;
    case 1:
    case 2:
        e = objects_write(o, 100 + i, at, slice_of(data, n - at));
        if (!m->object[i].is)
            assert_int_equal(e, E_NOTFOUND);
        else if (n > m->object[i].n)
            assert_int_equal(e, E_RANGE);
        else {
            assert_int_equal(e, E_OK);
            memset(m->object[i].octets + at, fill, n - at);
        }
        break;
    default:
        e = objects_delete(o, 100 + i);
        assert_int_equal(e, m->object[i].is ? E_OK : E_NOTFOUND);
        m->object[i].is = false;
    }
}

static void transaction(struct objects *o, struct model *m, uint32_t *seed)
{
    for (unsigned changes = 1 + rnd(seed) % 6; changes > 0; changes--)
        random_change(o, m, seed);
}

static void follows_the_model(void **state)
{
    (void)state;
    struct model m = { 0 }, before;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t seed = 7;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    for (int i = 0; i < 3000; i++) {
        before = m;
        transaction(&o, &m, &seed);
        check(&o, &m);
        if (rnd(&seed) % 4 == 0) {
            objects_abort(&o);
            m = before;
        } else {
            assert_int_equal(objects_commit(&o), E_OK);
        }
        check(&o, &m);
        if (rnd(&seed) % 50 == 0) {
            assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
            check(&o, &m);
        }
    }
    assert_true(ram.written > 4 * HALF); /* it moved between the halves */
}

static void survives_a_cut_anywhere(void **state)
{
    (void)state;
    static const uint32_t reach[] = { 0, 1, 5, 13, 40, 100, 4000 };
    struct model m = { 0 }, before;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t seed = 99;
    unsigned old = 0, new = 0;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    for (int i = 0; i < 4000; i++) {
        before = m;
        transaction(&o, &m, &seed);
        ram.writes = 0;
        ram.cut_at = 1 + rnd(&seed) % 5;
        ram.cut_octets = reach[rnd(&seed) % COUNT(reach)];
        enum err e = objects_commit(&o);
        if (e) {
            assert_int_equal(e, E_STORAGE);
            assert_int_equal(objects_put(&o, 100, SLICE_EMPTY), E_STORAGE);
        }
        nvm_ram_power_on(&ram);
        assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
        if (!same(&o, &m)) {
            assert_true(e != E_OK); /* what was promised stands */
            m = before;
            old++;
        } else if (e) {
            new ++;
        }
        check(&o, &m);
    }
    assert_true(old > 100);
    assert_true(new > 10);
}

static void scratch_stays_where_it_is(void **state)
{
    (void)state;
    struct model m = { 0 };
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t seed = 3;
    uint8_t *lent[4] = { NULL };

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    for (int i = 0; i < 1000; i++) {
        unsigned k = rnd(&seed) % 4;

        if (lent[k]) {
            for (unsigned j = 0; j < 200; j++)
                assert_int_equal(lent[k][j], k + 1);
            objects_repay(&o, lent[k]);
            lent[k] = NULL;
        } else {
            lent[k] = objects_lend(&o, 200 + rnd(&seed) % 100);
            assert_non_null(lent[k]);
            memset(lent[k], (int)k + 1, 200);
        }
        transaction(&o, &m, &seed);
        assert_int_equal(objects_commit(&o), E_OK);
        check(&o, &m);
    }
}

static void says_when_it_is_full(void **state)
{
    (void)state;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t id = 1, free;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    free = objects_free(&o);
    while (objects_make(&o, id, 500, 0xAA) == E_OK)
        id++;
    assert_true(id > 10);
    assert_true(objects_free(&o) < 520);
    assert_int_equal(objects_commit(&o), E_OK);
    assert_int_equal(objects_make(&o, id, 500, 0xAA), E_MEMORY);
    /* full, and still every object can be written */
    for (uint32_t i = 1; i < id; i++) {
        assert_int_equal(objects_write(&o, i, 3, SLICE_LIT("abc")), E_OK);
        assert_int_equal(objects_commit(&o), E_OK);
    }
    assert_int_equal(objects_delete_range(&o, 1, id), E_OK);
    assert_int_equal(objects_commit(&o), E_OK);
    assert_true(objects_free(&o) >= free - 16);
    /* nothing of the deleted octets is left in the block */
    for (unsigned i = 0; i < SIZE - 3; i++)
        assert_false(block[i] == 0xAA && block[i + 1] == 0xAA && block[i + 2] == 0xAA);
}

/* All of a full store is deleted: dropped, brought back in part, and kept. */
static void a_full_store_can_be_emptied(void **state)
{
    (void)state;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t last = 0, at = 1;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, 4096, &nvm), E_OK);
    while (objects_make(&o, last + 1, 1, 0xAA) == E_OK)
        last++;
    assert_int_equal(objects_commit(&o), E_OK);
    while (objects_lend(&o, 8)) /* nor is there room for scratch */
        ;
    for (uint32_t i = 1; i <= last; i++)
        assert_int_equal(objects_delete(&o, i), E_OK);
    assert_int_equal(objects_delete(&o, 1), E_NOTFOUND);
    assert_false(objects_next(&o, &at, last, NULL));
    assert_int_equal(objects_last(&o, 1, last), 0);
    assert_true(objects_dirty(&o));
    objects_abort(&o);
    assert_false(objects_dirty(&o));
    for (uint32_t i = 1; i <= last; i++)
        assert_int_equal(objects_get(&o, i).n, 1);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    assert_int_equal(objects_delete_range(&o, 1, last), E_OK);
    assert_int_equal(objects_put(&o, 7, SLICE_LIT("a")), E_OK);
    assert_int_equal(objects_delete(&o, 7), E_OK);
    assert_int_equal(objects_put(&o, 7, SLICE_LIT("b")), E_OK);
    assert_int_equal(objects_last(&o, 1, last), 7);
    assert_int_equal(objects_commit(&o), E_OK);
    assert_int_equal(objects_boot(&o, block, 4096, &nvm), E_OK);
    assert_true(objects_next(&o, &at, last, NULL));
    assert_int_equal(at, 7);
    assert_true(slice_eq_str(objects_get(&o, 7), "b"));
    at = 8;
    assert_false(objects_next(&o, &at, last, NULL));
}

static void volatile_objects_are_not_stored(void **state)
{
    (void)state;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    assert_int_equal(objects_put(&o, OBJECTS_VOLATILE + 1, SLICE_LIT("session")), E_OK);
    assert_int_equal(objects_put(&o, 1, SLICE_LIT("kept")), E_OK);
    objects_abort(&o);
    assert_true(slice_eq_str(objects_get(&o, OBJECTS_VOLATILE + 1), "session"));
    assert_null(objects_get(&o, 1).p);
    assert_int_equal(objects_commit(&o), E_OK);
    assert_int_equal(ram.writes, 0);
    assert_int_equal(objects_delete(&o, OBJECTS_VOLATILE + 1), E_OK);
    assert_null(objects_get(&o, OBJECTS_VOLATILE + 1).p);
}

static void lives_in_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/dunlin-nvm-XXXXXX";
    int fd = mkstemp(path);
    struct model m = { 0 };
    struct nvm_file file;
    struct nvm nvm;
    struct objects o;
    uint32_t seed = 11;

    assert_true(fd >= 0);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(nvm_file_open(&file, path, HALF, false, &nvm), E_OK);
        assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
        check(&o, &m);
        for (int j = 0; j < 20; j++) {
            transaction(&o, &m, &seed);
            assert_int_equal(objects_commit(&o), E_OK);
        }
        nvm_file_close(&file);
    }
    assert_true(o.generation > 3);
    remove(path);
}

/* One damaged octet costs the records from there on, or is reported; it is never believed. */
static void notices_damage(void **state)
{
    (void)state;
    static struct model states[40];
    static uint8_t image[HALF * NVM_HALVES];
    struct model m = { 0 };
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint32_t seed = 5, end;

    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, SIZE, &nvm), E_OK);
    for (unsigned i = 1; i < 20; i++) {
        transaction(&o, &m, &seed);
        assert_int_equal(objects_commit(&o), E_OK);
        states[i] = m;
    }
    end = o.nvm_at;
    assert_int_equal(o.generation, 1);
    memcpy(image, octets, sizeof image);
    for (uint32_t at = 0; at < end; at++) {
        memcpy(octets, image, sizeof octets);
        octets[at] ^= 0x10;
        enum err e = objects_boot(&o, block, SIZE, &nvm);
        if (at < 16) /* the half's own header: as if nothing had ever been written */
            continue;
        if (e) {
            assert_int_equal(e, E_STORAGE);
            continue;
        }
        bool known = false;
        for (unsigned i = 1; i < 20; i++)
            known = known || same(&o, &states[i]);
        assert_true(known);
    }
}

/* IEEE 802.3, a bit a step. Its check value: of "123456789" it is CBF43926. */
static uint32_t plain_crc(slice s)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static uint32_t number(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Header and records of a half, of every length modulo eight. */
static void checksums_are_crc32(void **state)
{
    (void)state;
    struct nvm_ram ram;
    struct nvm nvm;
    struct objects o;
    uint8_t content[40];
    unsigned records = 0, lengths = 0;

    assert_int_equal(plain_crc(SLICE_LIT("123456789")), 0xCBF43926);
    nvm_ram_init(&ram, octets, HALF, &nvm);
    assert_int_equal(objects_boot(&o, block, sizeof block, &nvm), E_OK);
    for (uint8_t n = 0; n < sizeof content; n++) {
        memset(content, 0x5A ^ n, sizeof content);
        assert_int_equal(objects_put(&o, 100, slice_of(content, n)), E_OK);
        assert_int_equal(objects_commit(&o), E_OK);
    }
    const uint8_t *half = octets + (size_t)o.half * HALF;
    assert_int_equal(plain_crc(slice_of(half, 12)), number(half + 12));
    for (uint32_t at = 16; at < o.nvm_at; records++) {
        uint32_t n = 12 + number(half + at);

        assert_int_equal(plain_crc(slice_of(half + at, n)), number(half + at + n));
        lengths |= 1u << n % 8;
        at += n + 4;
    }
    assert_true(records >= sizeof content && lengths == 0xFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_model),
        cmocka_unit_test(survives_a_cut_anywhere),
        cmocka_unit_test(scratch_stays_where_it_is),
        cmocka_unit_test(says_when_it_is_full),
        cmocka_unit_test(a_full_store_can_be_emptied),
        cmocka_unit_test(volatile_objects_are_not_stored),
        cmocka_unit_test(lives_in_a_file),
        cmocka_unit_test(notices_damage),
        cmocka_unit_test(checksums_are_crc32),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
