/* Power that goes at every write in turn, in front of another backing: before or after. */
#include "euicc/nvm.h"

#include "euicc/objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HALF 4096

static uint8_t octets[HALF * NVM_HALVES];
static struct nvm backing, nvm;
static struct nvm_ram ram;
static struct nvm_cut cut;
static struct objects store;
static _Alignas(8) uint8_t block[4096];

/* Object 1 is rewritten until the power goes; the number that the last good commit held. */
static int write_until_cut(uint32_t at, uint32_t kept)
{
    uint8_t body[100];
    int good = -1;

    nvm_ram_init(&ram, octets, HALF, &backing);
    nvm_cut_init(&cut, &backing, at, kept, &nvm);
    if (objects_boot(&store, block, sizeof block, &nvm))
        return good;
    for (int i = 0; i < 100; i++) {
        memset(body, i, sizeof body);
        if (objects_put(&store, 1, SLICE_OF(body)) || objects_commit(&store))
            break;
        good = i;
    }
    return good;
}

static void a_cut_leaves_before_or_after(void **state)
{
    static const uint32_t kept[] = { 0, 1, 17, 60, 110, 4096 };
    uint32_t at = 1;
    bool whole = false, gone = true;

    (void)state;
    for (; gone; at++)
        for (size_t k = 0; k < COUNT(kept); k++) {
            int good = write_until_cut(at, kept[k]);
            slice found;

            gone = cut.off;
            if (!gone)
                break;
            assert_int_equal(nvm.read(nvm.ctx, 0, 0, block, 1), E_STORAGE);
            assert_int_equal(nvm.erase(nvm.ctx, 1), E_STORAGE);
            nvm_cut_power_on(&cut);
            assert_int_equal(objects_boot(&store, block, sizeof block, &nvm), E_OK);
            found = objects_get(&store, 1);
            if (!found.p) {
                assert_int_equal(good, -1);
                continue;
            }
            assert_int_equal(found.n, 100);
            assert_true(found.p[0] == good || found.p[0] == good + 1);
            whole = whole || found.p[0] == good + 1;
        }
    assert_true(at > 100); /* it went at each of the writes, those of compaction too */
    assert_true(whole);    /* a write that arrived whole counts, though nobody was told */
}

static void it_goes_once(void **state)
{
    (void)state;
    assert_int_equal(write_until_cut(3, 0) < 10, 1);
    assert_true(cut.off);
    nvm_cut_power_on(&cut);
    assert_int_equal(objects_boot(&store, block, sizeof block, &nvm), E_OK);
    for (int i = 0; i < 50; i++) {
        assert_int_equal(objects_put(&store, 2, SLICE_LIT("after")), E_OK);
        assert_int_equal(objects_commit(&store), E_OK);
    }
    assert_int_equal(write_until_cut(0, 0), 99); /* 0: never */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_leaves_before_or_after),
        cmocka_unit_test(it_goes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
