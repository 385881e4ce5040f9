/*
 * The power goes at every write of every function that changes what the card holds: ES10c, packages
 * of several operations, eIMs, memory reset. Each is cut at the record that it appends, and at each
 * step of the move to the other half that a full half makes of it.
 *
 * What must hold after the next start, for all durable objects together, not for those alone that
 * the function is about:
 *
 *   - they are what they were before the function, or what they are after it went through; nothing
 *     between, nothing lost, nothing new
 *   - what the card had answered 9000 to is there
 *   - the profile that is enabled shows its own EF_ICCID, and none shows when none is enabled
 *   - the function, sent again to the card that is still before it, goes through to the same end
 *
 * Two runs of one function differ in signatures alone (ECDSA draws a random number); stored results
 * and notifications are therefore compared by number and length. EUC-019 IEU-029
 */
#include "euicc/isdr/baseline.h"

struct cut {
    struct fixture *f;
    uint8_t *saved;
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
    unsigned cuts, left_before, left_after;
};

/* ---- all that is durable, as one number ---- */

#define RESULTS      0x02000000u /* signed octets of notifications and results, see isdr_impl.h */
#define RESULTS_LAST 0x0FFFFFFFu

static void digest(struct bench *b, uint8_t out[DIGEST_LEN])
{
    const struct objects *o = card_objects(b->card);
    struct hash_run run;
    slice octets;

    assert_int_equal(hash_open(b->crypto, &run), E_OK);
    for (uint32_t id = 1; objects_next(o, &id, OBJECTS_VOLATILE - 1, &octets); id++) {
        uint32_t head[2] = { id, (uint32_t)octets.n };

        assert_int_equal(hash_add(&run, SLICE_OF(head)), E_OK);
        if (id < RESULTS || id > RESULTS_LAST)
            assert_int_equal(hash_add(&run, octets), E_OK);
    }
    assert_int_equal(hash_finish(&run, out), E_OK);
}

static void shows_what_is_enabled(struct bench *b)
{
    const char *enabled = bench_enabled(b);

    bench_apdu(b, bench_hex(b, "00A4000C 02 2FE2"));
    if (!*enabled) {
        assert_int_equal(b->sw, 0x6A82);
        return;
    }
    assert_int_equal(b->sw, 0x9000);
    bench_apdu(b, bench_hex(b, "00B000000A"));
    assert_hex(slice_of(b->response, b->n), iccid_hex(enabled));
}

/* ---- one function, cut everywhere ---- */

static void restore(struct cut *c, uint32_t capacity)
{
    struct bench *b = &c->f->b;

    memcpy(b->octets, c->saved, (size_t)NVM_HALVES * BENCH_HALF);
    b->nvm.half_octets = capacity;
    bench_boot(b);
}

static void start_again(struct bench *b)
{
    b->nvm.half_octets = BENCH_HALF;
    bench_boot(b);
    shows_what_is_enabled(b);
}

/* True when the function went through: no write was left to be cut. */
static bool once(struct cut *c, slice request, uint32_t capacity, uint32_t at, uint32_t octets)
{
    struct bench *b = &c->f->b;
    uint8_t now[DIGEST_LEN];
    bool cut, said, done;

    restore(c, capacity);
    b->ram.writes = 0;
    b->ram.cut_at = at;
    b->ram.cut_octets = octets;
    said = bench_store(b, request) == 0x9000;
    card_reset(b->card); /* at which a switch is made that is due */
    cut = b->ram.off;
    start_again(b);
    digest(b, now);
    done = memcmp(now, c->after, sizeof now) == 0;
    assert_true(done || memcmp(now, c->before, sizeof now) == 0);
    assert_true(done || !said);
    assert_true(done || cut);
    c->cuts += cut;
    c->left_after += cut && done;
    c->left_before += cut && !done;
    if (!done) {
        assert_int_equal(bench_store(b, request), 0x9000);
        card_reset(b->card);
        start_again(b);
        digest(b, now);
        assert_memory_equal(now, c->after, sizeof now);
    }
    return !cut;
}

static void everywhere(struct cut *c, slice request, uint32_t capacity)
{
    static const uint32_t reach[] = { 0, 1, 13, 60, 100000 };
    bool over = false;

    for (uint32_t at = 1; !over; at++) {
        assert_true(at < 200);
        for (size_t n = 0; !over && n < COUNT(reach); n++)
            over = once(c, request, capacity, at, reach[n]);
    }
}

/* Octets in the half that no object needs any more: what makes room when it is moved. */
static void wear(struct bench *b)
{
    for (unsigned n = 0; n < 100; n++)
        bench_expect_hex(b, n % 2 ? "BF3F 06 8004 632E6465" : "BF3F 05 8003 632E64",
                         "BF3F 03 8001 00");
}

static void cut_it(struct fixture *f, slice request)
{
    struct cut c = { .f = f, .saved = malloc((size_t)NVM_HALVES * BENCH_HALF) };
    struct bench *b = &f->b;
    uint32_t full;

    assert_non_null(c.saved);
    wear(b);
    memcpy(c.saved, b->octets, (size_t)NVM_HALVES * BENCH_HALF);
    restore(&c, BENCH_HALF);
    digest(b, c.before);
    full = card_objects(b->card)->nvm_at + 16;
    assert_int_equal(bench_store(b, request), 0x9000);
    card_reset(b->card);
    start_again(b);
    digest(b, c.after);
    assert_memory_not_equal(c.before, c.after, sizeof c.before);
    everywhere(&c, request, BENCH_HALF);
    assert_true(c.left_before > 0);
    everywhere(&c, request, full);
    print_message("%u cuts: %u before, %u after\n", c.cuts, c.left_before, c.left_after);
    assert_true(c.left_before > 4 && c.left_after > 0);
    free(c.saved);
}

#define CUT(name, ...)                                                                             \
    static void name(void **state)                                                                 \
    {                                                                                              \
        struct fixture *f = *state;                                                                \
        cut_it(f, bench_hex(&f->b, __VA_ARGS__));                                                  \
    }

CUT(enable_es10c, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B))
CUT(enable_es10c_at_refresh, "BF31 11 A00C 5A0A %s 8101 FF", iccid_hex(B))
CUT(disable_es10c, "BF32 11 A00C 5A0A %s 8101 00", iccid_hex(A))
CUT(delete_es10c, "BF33 0C 5A0A %s", iccid_hex(B))
CUT(nickname, "BF29 11 5A0A %s 9003 414243", iccid_hex(B))
CUT(default_smdp, "BF3F 05 8003612E62")
CUT(reset_of_profiles, "BF34 04 8202 0780")
CUT(reset_of_everything, "BF64 04 8202 0204")

static void remove_notification(void **state)
{
    struct fixture *f = *state;
    struct list_notification_response r;
    struct notification_metadata n;

    bench_es10_hex(&f->b, "BF31 11 A00C 5A0A %s 8101 00", iccid_hex(B));
    assert_int_equal(
        schema_decode(&T_list_notification_response, bench_es10_hex(&f->b, "BF2800"), &r, NULL),
        E_OK);
    assert_true(schema_next(&T_notification_metadata, &r.notification_metadata_list, &n));
    cut_it(f, bench_hex(&f->b, "BF30 03 8001 %02X", (unsigned)n.seq_number));
}

/* enable B, delete A, delete C: all of it or nothing, counter and result included */
static void package_of_several(void **state)
{
    struct fixture *f = *state;
    char a[24], b[24], c[24];

    snprintf(a, sizeof a, "%s", iccid_hex(A));
    snprintf(b, sizeof b, "%s", iccid_hex(B));
    snprintf(c, sizeof c, "%s", iccid_hex(C));
    cut_it(f,
           lab_eim_package(&f->b, &f->e1, "A0 2A A30C 5A0A %s A50C 5A0A %s A50C 5A0A %s", b, a, c));
}

static void package_that_disables(void **state)
{
    struct fixture *f = *state;

    cut_it(f, lab_eim_package(&f->b, &f->e1, "A0 0E A40C 5A0A %s", iccid_hex(A)));
}

static void package_with_rollback(void **state)
{
    struct fixture *f = *state;

    cut_it(f, lab_eim_package(&f->b, &f->e1, "A0 10 A30E 5A0A %s 0500", iccid_hex(B)));
}

static void another_eim(void **state)
{
    struct fixture *f = *state;
    struct eim_side e2;
    slice members;

    lab_eim_open(&f->b, &e2, "eim2", CURVE_P256);
    members = bench_hex(&f->b, "%s", eim_members(&e2, true));
    cut_it(f, lab_eim_package(&f->b, &f->e1, "A1 81%02X A8 81%02X %s", (unsigned)members.n + 3,
                              (unsigned)members.n, eim_members(&e2, true)));
    lab_eim_close(&e2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NOTIFYING(enable_es10c),
        NOTIFYING(enable_es10c_at_refresh),
        NOTIFYING(disable_es10c),
        NOTIFYING(delete_es10c),
        NOTIFYING(nickname),
        NOTIFYING(default_smdp),
        NOTIFYING(reset_of_profiles),
        NOTIFYING(reset_of_everything),
        NOTIFYING(remove_notification),
        NOTIFYING(package_of_several),
        NOTIFYING(package_that_disables),
        NOTIFYING(package_with_rollback),
        NOTIFYING(another_eim),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    lab_close_all();
    return failed;
}
