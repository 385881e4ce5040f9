/*
 * What the eIM keeps in memory of a device between two turns: it follows commits, and it is dropped
 * rather than believed when anything came in between.
 */
#include "base/secret.h"
#include "eim/known.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct known_table *k;
static struct arena arena;
static const uint8_t eid[16] = { 0x89, 0x04 };
static const uint8_t other[16] = { 0x89, 0x05 };

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    k = known_open(1); /* every device in the one slot */
    return !k;
}

static int tear_down(void **state)
{
    (void)state;
    known_close(k);
    arena_free(&arena);
    return 0;
}

static struct eim_device device(const uint8_t *whose, uint64_t version, int64_t counter)
{
    return (
        struct eim_device){ .version = version, .eid = slice_of(whose, 16), .counter = counter };
}

static struct eim_order order(int64_t id, uint64_t version, int64_t open)
{
    return (struct eim_order){ .version = version,
                               .id = id,
                               .eid = SLICE_OF(eid),
                               .state = open ? EIM_QUEUED : EIM_DONE,
                               .open = open,
                               .transaction_id = SLICE_LIT("tx") };
}

static void learn(struct eim_order *orders, size_t count)
{
    struct eim_device d = device(eid, 10, 5);

    known_learn(k, known_ticket(k), &(struct known_device){ &d, orders, count, NULL, 0 });
}

/* How many open orders are known; -1: the device is not. */
static int known(struct eim_device **d, struct eim_order **orders)
{
    struct known_device found;

    if (!known_find(k, SLICE_OF(eid), &arena, &found))
        return -1;
    *d = found.device;
    *orders = found.orders;
    return (int)found.order_count;
}

static int known_count(void)
{
    struct eim_device *d;
    struct eim_order *o;

    return known(&d, &o);
}

static void settle(enum change_kind kind, const struct store_table *table, void *row,
                   bool committed)
{
    struct change c = { kind, table, row, NULL };
    struct turn t = { .changes = &c, .change_count = 1 };

    known_settle(k, &t, committed);
}

static void follows_commits(void **state)
{
    struct eim_order first = order(1, 11, 1), second = order(2, 12, 1);
    struct eim_device d = device(eid, 13, 6), *got = NULL;
    struct eim_order *orders = NULL;

    (void)state;
    assert_int_equal(known_count(), -1);
    learn(&first, 1);
    assert_int_equal(known(&got, &orders), 1);
    assert_int_equal(got->counter, 5);
    assert_int_equal(orders[0].id, 1);
    settle(CHANGE_INSERT, &eim_order_table, &second, true);
    assert_int_equal(known_count(), 2);
    settle(CHANGE_UPDATE, &eim_device_table, &d, true);
    first = order(1, 14, 0);
    settle(CHANGE_UPDATE, &eim_order_table, &first, true);
    assert_int_equal(known(&got, &orders), 1);
    assert_int_equal(got->counter, 6);
    assert_int_equal(orders[0].id, 2);
    assert_true(slice_eq_str(orders[0].transaction_id, "tx"));
    first = order(1, 15, 1); /* tried again: it is the older one */
    settle(CHANGE_UPDATE, &eim_order_table, &first, true);
    assert_int_equal(known(&got, &orders), 2);
    assert_int_equal(orders[0].id, 1);
}

/* A key is believed for the certificates that it was verified with, and while they are valid. */
static void a_key_goes_with_its_certificates(void **state)
{
    const struct crypto *c = crypto_openssl();
    struct eim_device d = device(eid, 10, 5), changed;
    struct ec_scalar secret;
    struct ec_point point;
    struct chain chain = { .from_s = 100, .to_s = 200 };
    struct public_key *got;

    (void)state;
    assert_int_equal(crypto_key_pair(c, CURVE_P256, &secret, &point), E_OK);
    assert_int_equal(key_open(c, CURVE_P256, &point, &chain.key), E_OK);
    d.euicc_certificate = SLICE_LIT("leaf");
    d.eum_certificate = SLICE_LIT("eum");
    known_learn_key(k, &d, 1, &chain); /* nobody knows the device */
    assert_null(known_key(k, &d, 1, 150));
    known_learn(k, known_ticket(k), &(struct known_device){ &d, NULL, 0, NULL, 0 });
    known_learn_key(k, &d, 1, &chain);
    got = known_key(k, &d, 1, 150);
    assert_ptr_equal(got, chain.key);
    key_drop(got);
    assert_null(known_key(k, &d, 2, 150)); /* other CIs are trusted now */
    assert_null(known_key(k, &d, 1, 99));
    assert_null(known_key(k, &d, 1, 201));
    changed = d;
    changed.euicc_certificate = SLICE_LIT("Leaf");
    assert_null(known_key(k, &changed, 1, 150));
    changed = d;
    changed.eid = SLICE_OF(other);
    assert_null(known_key(k, &changed, 1, 150));
    d.version = 11;
    d.counter = 6;
    settle(CHANGE_UPDATE, &eim_device_table, &d, true);
    got = known_key(k, &d, 1, 150);
    assert_ptr_equal(got, chain.key);
    key_drop(got);
    changed = d;
    changed.version = 12;
    changed.eum_certificate = SLICE_LIT("EUM");
    settle(CHANGE_UPDATE, &eim_device_table, &changed, true);
    assert_null(known_key(k, &changed, 1, 150));
    assert_null(known_key(k, &d, 1, 150));
    key_drop(chain.key);
    wipe(&secret, sizeof secret);
}

static void profiles_follow_too(void **state)
{
    struct eim_profile p = { .version = 20, .eid = SLICE_OF(eid), .iccid = SLICE_LIT("A") };
    struct known_device found;

    (void)state;
    learn(NULL, 0);
    settle(CHANGE_INSERT, &eim_profile_table, &p, true);
    p.version = 21;
    p.enabled = 1;
    settle(CHANGE_UPDATE, &eim_profile_table, &p, true);
    assert_true(known_find(k, SLICE_OF(eid), &arena, &found));
    assert_int_equal(found.profile_count, 1);
    assert_int_equal(found.profiles[0].enabled, 1);
    settle(CHANGE_DELETE, &eim_profile_table, &p, true);
    assert_int_equal(known_count(), -1);
}

static void a_conflict_is_forgotten(void **state)
{
    struct eim_order o = order(1, 11, 1);

    (void)state;
    learn(&o, 1);
    settle(CHANGE_UPDATE, &eim_order_table, &o, false);
    assert_int_equal(known_count(), -1);
}

static void a_late_commit_does_not_turn_time_back(void **state)
{
    struct eim_order sent = order(1, 20, 1), done = order(1, 21, 0);

    (void)state;
    learn(NULL, 0);
    settle(CHANGE_UPDATE, &eim_order_table, &done, true);
    assert_int_equal(known_count(), 0);
    settle(CHANGE_UPDATE, &eim_order_table, &sent, true);
    assert_int_equal(known_count(), -1);
}

static void what_was_read_before_a_commit_is_not_kept(void **state)
{
    uint64_t ticket = known_ticket(k);
    struct eim_device d = device(eid, 10, 5);
    struct eim_order o = order(1, 11, 1);

    (void)state;
    settle(CHANGE_INSERT, &eim_order_table, &o, true);
    known_learn(k, ticket, &(struct known_device){ .device = &d });
    assert_int_equal(known_count(), -1);
    known_learn(k, known_ticket(k), &(struct known_device){ &d, &o, 1, NULL, 0 });
    assert_int_equal(known_count(), 1);
}

static void too_many_orders_stay_in_the_store(void **state)
{
    struct eim_order orders[KNOWN_ROWS + 1];

    (void)state;
    for (int i = 0; i <= KNOWN_ROWS; i++)
        orders[i] = order(i + 1, 11, 1);
    learn(orders, KNOWN_ROWS + 1);
    assert_int_equal(known_count(), -1);
    learn(orders, KNOWN_ROWS);
    assert_int_equal(known_count(), KNOWN_ROWS);
    orders[KNOWN_ROWS].version = 12;
    settle(CHANGE_INSERT, &eim_order_table, &orders[KNOWN_ROWS], true);
    assert_int_equal(known_count(), -1);
}

static void devices_share_slots(void **state)
{
    struct eim_device d = device(other, 30, 1);

    (void)state;
    learn(NULL, 0);
    settle(CHANGE_UPDATE, &eim_device_table, &d, true);
    assert_int_equal(known_count(), 0);
    known_learn(k, known_ticket(k), &(struct known_device){ .device = &d });
    assert_int_equal(known_count(), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(follows_commits),
        TEST(profiles_follow_too),
        TEST(a_key_goes_with_its_certificates),
        TEST(a_conflict_is_forgotten),
        TEST(a_late_commit_does_not_turn_time_back),
        TEST(what_was_read_before_a_commit_is_not_kept),
        TEST(too_many_orders_stay_in_the_store),
        TEST(devices_share_slots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
