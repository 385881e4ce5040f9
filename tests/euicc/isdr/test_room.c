/*
 * A bound profile package against memory of every size (SGP.22 2.5.6, 3.1.3): a package that is
 * accepted has a result, insufficientMemory where profile or result do not fit; what a failure took
 * is given back; with more memory than one that was enough it is enough.
 */
#include "euicc/isdr/lab.h"

#define A "8900000000000000012"

enum end { REFUSED, NO_ROOM, INSTALLED };

/* All of the card's free memory but about `left` octets is taken by somebody else. */
static void leave(struct bench *b, uint32_t left)
{
    struct objects *o = card_objects(b->card);

    for (uint32_t id = ISDR_OBJECTS + 0x10000; objects_free(o) > left + 540; id++) {
        assert_int_equal(objects_make(o, id, 500, 0), E_OK);
        assert_int_equal(objects_commit(o), E_OK);
    }
}

static enum end end_of(struct bench *b, slice answer)
{
    struct pir pir;

    if (!answer.n) {
        assert_int_equal(b->sw, 0x6A84);
        return REFUSED;
    }
    pir = pir_read(b, answer);
    assert_true(pir.reason == 0 || pir.reason == 10);
    return pir.reason ? NO_ROOM : INSTALLED;
}

static enum end load(struct bench *b, uint32_t left)
{
    static const struct meta notifying = { .class = 2, .events = 0xF };
    struct card_profile p;
    uint32_t before;
    slice answer, bpp;
    enum end end;

    server_defaults(b, bench_package(b, A), bench_metadata(b, A, &notifying));
    server_session(b);
    bpp = server_bind(b);
    leave(b, left);
    before = objects_free(card_objects(b->card));
    answer = arena_copy(&b->arena, bench_load(b, bpp));
    end = end_of(b, answer);
    bench_boot(b);
    /* the stored result is the one that was answered; nothing was accepted without one */
    assert_int_equal(bench_es10_hex(b, "BF2B00").n, answer.n ? answer.n + 7 : 5);
    assert_int_equal(profile_by_iccid(b->card, bench_hex(b, "%s", iccid_hex(A)), &p),
                     end == INSTALLED ? E_OK : E_NOTFOUND);
    if (end != INSTALLED) /* the store keeps room for a copy of the largest object it has met */
        assert_true(objects_free(card_objects(b->card)) + 2100 > before);
    return end;
}

/* In steps; `ends`: how the last one ends. half: octets of the NVM, 0: plenty. */
static void sweep(uint32_t half, uint32_t first, uint32_t last, uint32_t step, enum end ends)
{
    enum end end = REFUSED;
    unsigned seen = 0;

    for (uint32_t left = first; left < last; left += step) {
        struct bench *b = calloc(1, sizeof *b);
        enum end now;

        bench_open(b, lab_get(CURVE_P256), half ? 300000 : 100000);
        if (half) {
            nvm_ram_init(&b->ram, b->octets, half, &b->nvm);
            bench_boot(b);
        }
        now = load(b, left);
        assert_true(now >= end);
        end = now;
        seen |= 1u << now;
        bench_close(b);
        free(b);
    }
    assert_int_equal(end, ends);
    assert_true(seen & 1u << NO_ROOM);
}

static void little_memory(void **state)
{
    (void)state;
    sweep(0, 500, 8000, 250, NO_ROOM);
}

/* Around the size that is just enough: where the profile fits and its result does not. */
static void just_enough_memory(void **state)
{
    (void)state;
    sweep(0, 24000, 40000, 400, INSTALLED);
}

/* The same where the NVM is what is short. */
static void just_enough_nvm(void **state)
{
    (void)state;
    sweep(60000, 24000, 40000, 400, INSTALLED);
}

/* SGP.22 5.7.18: a card with room for the request alone deletes a profile of 260 objects; the
   notification may be lost. */
static void a_full_card_deletes(void **state)
{
    static const struct meta notifying = { .class = 2, .events = 0xF };
    struct bench *b = calloc(1, sizeof *b);
    struct card_profile p;
    struct objects *o;

    (void)state;
    bench_open(b, lab_get(CURVE_P256), 50000);
    bench_plant(b, A, &notifying);
    o = card_objects(b->card);
    for (uint32_t id = ISDR_OBJECTS + 0x10000; objects_free(o) > 200; id++) {
        assert_int_equal(objects_make(o, id, objects_free(o) > 1000 ? 500 : 100, 0), E_OK);
        assert_int_equal(objects_commit(o), E_OK);
    }
    assert_hex(bench_es10_hex(b, "BF33 0C 5A0A %s", iccid_hex(A)), "BF3303800100");
    bench_boot(b);
    assert_int_equal(profile_by_iccid(b->card, bench_hex(b, "%s", iccid_hex(A)), &p), E_NOTFOUND);
    assert_true(objects_free(card_objects(b->card)) > 20000);
    bench_close(b);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_memory),
        cmocka_unit_test(just_enough_memory),
        cmocka_unit_test(just_enough_nvm),
        cmocka_unit_test(a_full_card_deletes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
