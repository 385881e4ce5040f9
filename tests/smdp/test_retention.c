/*
 * What an SM-DP+ forgets and what it keeps: profiles that are over, notifications, reports. What
 * was forgotten and comes again changes nothing: DPP-031, DPP-034.
 */
#include "smdp/states.h"

#define KEEP_DAYS 30
#define DAY       RETENTION_DAY_MS

static struct world w;
static struct card card;
static struct life life = { .w = &w, .card = &card };

static int set_up(void **state)
{
    (void)state;
    world_open(&w, CURVE_P256);
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

/* Some days later; all that is old by then goes. */
static void forget_after(int days)
{
    struct retention r = { .rules = smdp_retention,
                           .count = smdp_retention_count,
                           .keep_ms = KEEP_DAYS * DAY };
    size_t count = 1;

    w.now_ms += days * DAY;
    while (count) {
        arena_reset(&w.turn_arena);
        turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
        assert_int_equal(retention_step(&r, &w.turn, &count), E_OK);
        assert_int_equal(turn_commit(&w.turn), E_OK);
    }
}

/* Rows of the profile, the order, the package and what it was protected to. */
static size_t rows_of_profiles(void)
{
    return world_rows(&w, &smdp_profile_table) + world_rows(&w, &smdp_order_table) +
           world_rows(&w, &smdp_package_table) + world_rows(&w, &smdp_protected_table);
}

static void tidy(void)
{
    bool more;

    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_tidy(w.smdp, &w.turn, &more), E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
}

static void profiles_in_each_state(void **state)
{
    for (int i = 0; i < SMDP_STATE_COUNT; i++) {
        tear_down(state);
        set_up(state);
        life_bring(&life, (enum smdp_state)i);
        forget_after(KEEP_DAYS - 1);
        assert_int_equal(rows_of_profiles(), 4);
        forget_after(2);
        if (rows_of_profiles() != (smdp_is_over(i) ? 0 : 4))
            fail_msg("%s: %zu rows", smdp_state_name(i), rows_of_profiles());
        if (!smdp_is_over(i))
            assert_string_equal(smdp_state_name(world_order(&w, &life.profile).state),
                                smdp_state_name(i));
    }
}

/* The eUICC may have the profile after all: its result can come as long as the transaction lives.
 */
static void an_error_waits_for_a_late_result(void **state)
{
    static struct profile first;

    (void)state;
    life_bring(&life, SMDP_RELEASED);
    card_download(&card);
    card_cancel(&card, CANCEL_SESSION_END_USER_REJECTION);
    assert_state(&w, &life.profile, ERROR);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(rows_of_profiles(), 4);
    forget_after(180 - KEEP_DAYS - 2);
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &life.profile, INSTALLED);
    first = life.profile;

    life_bring(&life, SMDP_RELEASED);
    card_download(&card);
    card_cancel(&card, CANCEL_SESSION_END_USER_REJECTION);
    forget_after(181);
    tidy();
    forget_after(KEEP_DAYS - 2);
    assert_int_equal(rows_of_profiles(), 8);
    forget_after(2);
    assert_int_equal(rows_of_profiles(), 4);
    assert_state(&w, &first, INSTALLED);
}

static void what_comes_again_changes_nothing(void **state)
{
    slice told[4];
    uint64_t version;
    size_t events;

    (void)state;
    life_bring(&life, SMDP_RELEASED);
    card_download(&card);
    told[0] = card_installation_result(&card, 0);
    told[1] = card_other_notification(&card, NOTIFICATION_DISABLE, life.profile.iccid);
    told[2] = card_other_notification(&card, NOTIFICATION_ENABLE, life.profile.iccid);
    told[3] = card_other_notification(&card, NOTIFICATION_DISABLE, life.profile.iccid);
    world_notify(&w, told[0]);
    world_notify(&w, told[2]);
    world_notify(&w, told[1]); /* late */
    assert_state(&w, &life.profile, ENABLED);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    assert_int_equal(world_rows(&w, &smdp_transaction_table), 0);
    assert_state(&w, &life.profile, ENABLED);

    version = world_order(&w, &life.profile).version;
    events = world_rows(&w, &store_event_table);
    for (size_t i = 0; i < 3; i++)
        world_notify(&w, told[i]);
    assert_int_equal(world_order(&w, &life.profile).version, version);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    assert_int_equal(world_rows(&w, &store_event_table), events);

    world_notify(&w, told[3]); /* never heard before */
    assert_state(&w, &life.profile, DISABLED);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 1);
}

/* A temporary failure left the order as it was; after it was forgotten its copy still does. */
static void a_failure_that_comes_again(void **state)
{
    slice failure;

    (void)state;
    life_bring(&life, SMDP_RELEASED);
    card_download(&card);
    failure = card_installation_result(&card, BPP_ERROR_INTERRUPTION);
    world_notify(&w, failure);
    forget_after(KEEP_DAYS + 1);
    world_notify(&w, failure);
    assert_state(&w, &life.profile, DOWNLOADED);
    assert_int_equal(world_events(&w, "smdp.progress.4"), 0); /* the log was cut, too */
    life_install(&life);
    assert_state(&w, &life.profile, INSTALLED);
}

/* A card may sign as much as it likes: several results of one transaction are no obstacle. */
static void many_of_one_card_in_one_batch(void **state)
{
    (void)state;
    life_bring(&life, SMDP_RELEASED);
    card_download(&card);
    for (int i = 0; i < 3; i++)
        world_notify(&w, card_installation_result(&card, BPP_ERROR_INTERRUPTION));
    world_notify(&w, card_installation_result(&card, 0));
    for (int i = 0; i < 5; i++)
        life_notify(&life, i & 1 ? NOTIFICATION_DISABLE : NOTIFICATION_ENABLE);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 9);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    assert_state(&w, &life.profile, ENABLED);
}

/* The order was given to somebody else: what another card told is not noted at it. */
static void notifications_of_an_earlier_owner(void **state)
{
    struct card other;

    (void)state;
    world_card(&w, 2, &other);
    card.seq = 50;
    life_bring(&life, SMDP_DELETED);
    life_cancel(&life, false);
    life.card = &other;
    life_download_order(&life, SLICE_OF(other.eid));
    life_confirm_order(&life, true);
    life_install(&life);
    life_notify(&life, NOTIFICATION_ENABLE);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(world_rows(&w, &smdp_notification_table), 0);
    life_notify(&life, NOTIFICATION_DISABLE);
    assert_state(&w, &life.profile, DISABLED);
    life.card = &card;
    card_close(&other);
}

static void add_report(int64_t waiting)
{
    struct smdp_report row = { .waiting = waiting,
                               .due_ms = w.now_ms,
                               .happened_ms = w.now_ms,
                               .operator= SLICE_LIT("op1"),
                               .iccid = SLICE_LIT("0123456789") };
    const struct change insert = { CHANGE_INSERT, &smdp_report_table, &row, NULL };

    assert_int_equal(store_apply(w.store, &insert, 1, NULL), E_OK);
}

static void reports_that_were_given_up(void **state)
{
    (void)state;
    add_report(0);
    add_report(1);
    forget_after(KEEP_DAYS - 1);
    assert_int_equal(world_rows(&w, &smdp_report_table), 2);
    forget_after(2);
    assert_int_equal(world_rows(&w, &smdp_report_table), 1);
}

/* It may be stocked again, as if it had never been. */
static void a_forgotten_profile_comes_again(void **state)
{
    struct smdp_new_profile p = { .about = { .service_provider = SLICE_LIT("Dunlin"),
                                             .profile_name = SLICE_LIT("Again"),
                                             .profile_class = PROFILE_CLASS_OPERATIONAL } };
    uint8_t iccid[10];

    (void)state;
    life_bring(&life, SMDP_DELETED);
    forget_after(KEEP_DAYS + 1);
    assert_int_equal(world_events(&w, "smdp.profile"), 1);
    world_notify(&w, card_installation_result(&card, 0)); /* nobody knows it any more */
    p.package = slice_of(life.profile.package, life.profile.package_n);
    turn_init(&w.turn, &w.turn_arena, w.store, w.now_ms);
    assert_int_equal(smdp_profile_add(w.smdp, &p, &w.turn, iccid), E_OK);
    assert_int_equal(turn_commit(&w.turn), E_OK);
    assert_success(&w);
    assert_state(&w, &life.profile, AVAILABLE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(profiles_in_each_state),           TEST(an_error_waits_for_a_late_result),
        TEST(what_comes_again_changes_nothing), TEST(a_failure_that_comes_again),
        TEST(many_of_one_card_in_one_batch),    TEST(notifications_of_an_earlier_owner),
        TEST(reports_that_were_given_up),       TEST(a_forgotten_profile_comes_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
