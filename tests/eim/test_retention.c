/* What an eIM forgets and what it keeps: EIM-004 and EIM-026 hold over it. */
#include "eim/world.h"

#define KEEP_DAYS 30
#define DAY       RETENTION_DAY_MS

static struct world w;
static struct card card;

static int set_up(void **state)
{
    (void)state;
    world_open(&w);
    world_card(&w, 1, &card);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    card_close(&card);
    world_close(&w);
    return 0;
}

static void forget_after(int days)
{
    struct retention r = { .rules = eim_retention,
                           .count = eim_retention_count,
                           .keep_ms = KEEP_DAYS * DAY };
    size_t count = 1;

    w.now_ms += days * DAY;
    while (count) {
        assert_int_equal(retention_step(&r, world_begin(&w), &count), E_OK);
        world_end(&w);
    }
}

static size_t rows(const struct store_table *table)
{
    struct store_query q = { .limit = STORE_LIST_MAX };
    size_t count;
    void *found;

    assert_int_equal(store_list(w.store, table, &q, &w.arena, &found, &count), E_OK);
    return count;
}

static void orders_that_are_over(void **state)
{
    int64_t done, waits;

    (void)state;
    done = order_enable(&card, iccid_a);
    card_gets_package(&card);
    card_provides(&card, card_result(&card, "830100"));
    assert_order(&w, done, DONE);
    forget_after(KEEP_DAYS - 1);
    waits = order_enable(&card, iccid_b);
    assert_int_equal(rows(&eim_order_table), 2);
    forget_after(2);
    assert_int_equal(rows(&eim_order_table), 1);
    assert_order(&w, waits, QUEUED);
    forget_after(10 * KEEP_DAYS); /* it waits as long as its device does */
    assert_order(&w, waits, QUEUED);
    assert_int_equal(profile_state(&card, iccid_a), 1);

    card_gets_package(&card);
    assert_int_equal(card.package.counter_value, 2);
    card_provides(&card, card_result(&card, "830100"));
    assert_order(&w, waits, DONE);
    assert_int_equal(profile_state(&card, iccid_b), 1);
}

/* A card that did not hear of the acknowledgement says it again: nothing is done twice. */
static void a_result_that_comes_again(void **state)
{
    slice result;
    int64_t id;

    (void)state;
    id = order_enable(&card, iccid_a);
    card_gets_package(&card);
    result = card_result(&card, "830100");
    card_provides(&card, result);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(rows(&eim_order_table), 0);
    (void)id;
    order_enable(&card, iccid_b);
    card_gets_package(&card);
    card_provides(&card, card_result(&card, "830100"));
    assert_int_equal(profile_state(&card, iccid_a), 0); /* only one is enabled */
    card_provides(&card, result);
    assert_int_equal(profile_state(&card, iccid_a), 0);
    assert_int_equal(profile_state(&card, iccid_b), 1);
}

static void targets_go_with_their_orders(void **state)
{
    int64_t id = order_download(&card, "1$" SMDP "$M-1");

    (void)state;
    assert_int_equal(rows(&eim_target_table), 1);
    assert_int_equal(eim_order_cancel(w.eim, world_begin(&w), id), E_OK);
    world_end(&w);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(rows(&eim_order_table), 0);
    assert_int_equal(rows(&eim_target_table), 0);
}

/* What is queued again is not over any more. */
static void a_failed_order_that_is_tried_again(void **state)
{
    int64_t id;

    (void)state;
    id = order_enable(&card, iccid_a);
    card_gets_package(&card);
    card_provides(&card, card_error(&card, PACKAGE_ECALL_ACTIVE));
    assert_order(&w, id, FAILED);
    assert_int_equal(eim_order_retry(w.eim, world_begin(&w), id), E_OK);
    world_end(&w);
    forget_after(KEEP_DAYS + 1);
    assert_order(&w, id, QUEUED);
}

/* "BF3D { A0 { notification } }" */
static slice message(slice notification)
{
    uint8_t *buf = arena_alloc(&w.arena, notification.n + 32);
    struct der_writer d = der_writer(buf, notification.n + 32);
    slice out;
    size_t outer = der_mark(&d), inner = der_mark(&d);

    der_put(&d, notification);
    der_wrap(&d, 0xA0, inner);
    der_wrap(&d, 0xBF3D, outer);
    assert_int_equal(der_written(&d, &out), E_OK);
    return out;
}

static void notifications_that_were_delivered(void **state)
{
    struct handle_notification_es9 r;
    int64_t next;

    (void)state;
    world_say(&w, message(card_notification(&card, 1, SMDP)));
    assert_int_equal(eim_due(w.eim, world_begin(&w), &next), E_OK);
    world_end(&w);
    smdp_called(&w, "handleNotification", &r);
    smdp_http(&w, 204);
    world_say(&w, message(card_notification(&card, 2, SMDP))); /* nobody takes this one */
    assert_int_equal(rows(&eim_notification_table), 2);
    forget_after(KEEP_DAYS - 1);
    assert_int_equal(rows(&eim_notification_table), 2);
    forget_after(2);
    assert_int_equal(rows(&eim_notification_table), 1);
    assert_int_equal(eim_due(w.eim, world_begin(&w), &next), E_OK);
    world_end(&w);
    smdp_called(&w, "handleNotification", &r);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(orders_that_are_over),
        TEST(a_result_that_comes_again),
        TEST(targets_go_with_their_orders),
        TEST(a_failed_order_that_is_tried_again),
        TEST(notifications_that_were_delivered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
