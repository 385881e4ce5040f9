/*
 * The life cycle of a profile (SGP.22 3.1.6): what each function does in each state, as a table;
 * and what the eUICC's notifications make of it, whenever they come: DPP-013, DPP-029, DPP-030,
 * DPP-031, DPP-034, DPP-035, DPP-042, DPP-045, DPP-047, DPP-048, DPP-049.
 */
#include "smdp/states.h"

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

/* ---- the functions ---- */

static void do_download_order(void)
{
    life_download_order(&life, SLICE_NONE);
}

static void do_confirm(void)
{
    life_confirm_order(&life, false);
}

static void do_confirm_and_release(void)
{
    life_confirm_order(&life, true);
}

static void do_release(void)
{
    life_release(&life);
}

static void do_cancel_to_available(void)
{
    life_cancel(&life, false);
}

static void do_cancel_to_unavailable(void)
{
    life_cancel(&life, true);
}

static void do_authenticate(void)
{
    if (!life.profile.matching_id.p)
        card.change.matching_id = SLICE_LIT("NO-ORDER-HAS-IT");
    card_initiate(&card);
    assert_success(&w);
    card_authenticate(&card);
}

static void do_enable(void)
{
    life_notify(&life, NOTIFICATION_ENABLE);
}

static void do_disable(void)
{
    life_notify(&life, NOTIFICATION_DISABLE);
}

static void do_delete(void)
{
    life_notify(&life, NOTIFICATION_DELETE);
}

/* ---- the table ---- */

/* "Linked": moves there; "8.2.1/3.5": is refused, nothing changes; "-": answered, nothing changes
 */
struct row {
    const char *state; /* as SMDP_STATES has them, in this order */
    const char *expected[10];
};

static void expect(const char *what, const char *from, const char *expected, uint64_t version)
{
    const struct smdp_order after = world_order(&w, &life.profile);
    const struct turn_status *s = &w.turn.status;
    char got[64];

    snprintf(got, sizeof got, "%s%s%s", s->subject ? s->subject : smdp_state_name(after.state),
             s->subject ? "/" : "", s->subject ? s->reason : "");
    if (!s->subject && after.version == version)
        snprintf(got, sizeof got, "-");
    if (strcmp(got, expected) != 0 || (s->subject && after.version != version))
        fail_msg("%s in %s: %s instead of %s%s", what, from, got, expected,
                 after.version != version ? ", order changed" : "");
}

static void assert_rows_name_states(const struct row *rows, size_t count)
{
    assert_int_equal(count, SMDP_STATE_COUNT);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(rows[i].state, smdp_state_name((int64_t)i));
}

static void functions_in_each_state(void **state)
{
    static const struct {
        const char *name;
        void (*call)(void);
    } functions[] = {
        { "DownloadOrder", do_download_order },
        { "ConfirmOrder", do_confirm },
        { "ConfirmOrder with release", do_confirm_and_release },
        { "ReleaseProfile", do_release },
        { "CancelOrder to Available", do_cancel_to_available },
        { "CancelOrder to Unavailable", do_cancel_to_unavailable },
        { "AuthenticateClient", do_authenticate },
        { "enable", do_enable },
        { "disable", do_disable },
        { "delete", do_delete },
    };
    /* clang-format off */
    static const struct row rows[] = {
        { "Available",   { "Allocated", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5",
                           "8.2.1/3.5", "8.2.6/3.8", "-", "-", "-" } },
        { "Allocated",   { "-", "Confirmed", "Released", "8.2.1/3.5", "Available", "Unavailable",
                           "8.2.6/3.8", "-", "-", "-" } },
        { "Linked",      { "8.2.1/3.3", "Confirmed", "Released", "8.2.1/3.5", "Available",
                           "Unavailable", "8.2.6/3.8", "-", "-", "-" } },
        { "Confirmed",   { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "Released", "Available",
                           "Unavailable", "8.2/1.2", "-", "-", "-" } },
        /* what is told before the installation's result is noted, and moves nothing */
        { "Released",    { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "Available",
                           "Unavailable", "Released", "Released", "Released", "Released" } },
        { "Downloaded",  { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "Available",
                           "Unavailable", "Downloaded", "Downloaded", "Downloaded",
                           "Downloaded" } },
        { "Installed",   { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.3",
                           "8.2.1/3.3", "8.2.6/3.8", "Enabled", "Disabled", "Deleted" } },
        { "Error",       { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "Available",
                           "Unavailable", "8.2.6/3.8", "Error", "Error", "Error" } },
        { "Unavailable", { "8.2.1/3.3", "8.2.1/1.2", "8.2.1/1.2", "8.2.1/1.2", "8.2.1/1.2",
                           "8.2.1/1.2", "8.2.6/3.8", "-", "-", "-" } },
        { "Enabled",     { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.3",
                           "8.2.1/3.3", "8.2.6/3.8", "Enabled", "Disabled", "Deleted" } },
        { "Disabled",    { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.3",
                           "8.2.1/3.3", "8.2.6/3.8", "Enabled", "Disabled", "Deleted" } },
        { "Deleted",     { "8.2.1/3.3", "8.2.1/3.5", "8.2.1/3.5", "8.2.1/3.5", "Available",
                           "Unavailable", "8.2.6/3.8", "-", "-", "-" } },
    };
    /* clang-format on */
    uint64_t version;

    (void)state;
    assert_rows_name_states(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; k < COUNT(functions); k++) {
            life_bring(&life, (enum smdp_state)i);
            version = world_order(&w, &life.profile).version;
            functions[k].call();
            expect(functions[k].name, rows[i].state, rows[i].expected[k], version);
        }
    }
}

/* ---- the same for a session that was open before ---- */

static struct card session; /* the newest that got so far */

/* As far as the order lets the eUICC; then one that is refused, which ends the order. */
static void use_up_attempts(bool bound)
{
    do {
        session = card;
        card_initiate(&card);
        card_authenticate(&card);
        if (!w.turn.status.subject && bound)
            card_get_package(&card);
    } while (!w.turn.status.subject);
    assert_refused(&w, "8.8.5", "6.4");
}

static void order_again(enum smdp_state state)
{
    do_cancel_to_available();
    if (state == SMDP_UNAVAILABLE)
        life_download_order(&life, SLICE_NONE), do_cancel_to_unavailable();
    if (state == SMDP_ALLOCATED)
        do_download_order();
    if (state == SMDP_LINKED || state == SMDP_CONFIRMED)
        life_download_order(&life, SLICE_OF(card.eid));
    if (state == SMDP_CONFIRMED)
        do_confirm();
}

/* The order is in this state, and an eUICC has an authenticated session of it, or one with a
 * package. */
static void bring_with_session(enum smdp_state state, bool bound)
{
    slice installed = SLICE_NONE;

    life_bring(&life, SMDP_RELEASED);
    if (state != SMDP_RELEASED) {
        card_download(&card);
        installed = arena_copy(&w.arena, card_installation_result(&card, 0));
    }
    do_authenticate();
    if (bound)
        card_get_package(&card);
    assert_success(&w);
    session = card;
    if (state == SMDP_RELEASED && bound) {
        card_cancel(&card, CANCEL_SESSION_POSTPONED);
        session = card;
    }
    if (state == SMDP_ERROR)
        use_up_attempts(bound);
    if (smdp_is_on_euicc(state) || state == SMDP_DELETED)
        world_notify(&w, installed);
    if (state == SMDP_ENABLED || state == SMDP_DISABLED || state == SMDP_DELETED)
        life_notify(&life, state == SMDP_ENABLED    ? NOTIFICATION_ENABLE
                           : state == SMDP_DISABLED ? NOTIFICATION_DISABLE
                                                    : NOTIFICATION_DELETE);
    if (state < SMDP_RELEASED || state == SMDP_UNAVAILABLE)
        order_again(state);
    session.seq = card.seq;
}

static void do_get_package(void)
{
    card_get_package(&session);
}

static void do_reject(void)
{
    card_cancel(&session, CANCEL_SESSION_END_USER_REJECTION);
}

static void do_postpone(void)
{
    card_cancel(&session, CANCEL_SESSION_POSTPONED);
}

static void do_success(void)
{
    world_notify(&w, card_installation_result(&session, 0));
}

static void do_failure(void)
{
    world_notify(&w, card_installation_result(&session, 12));
}

static void do_interruption(void)
{
    world_notify(&w, card_installation_result(&session, BPP_ERROR_INTERRUPTION));
}

static void open_session_in_each_state(void **state)
{
    static const struct {
        const char *name;
        void (*call)(void);
        bool bound;
    } functions[] = {
        { "GetBoundProfilePackage", do_get_package, false },
        { "CancelSession, rejected", do_reject, false },
        { "CancelSession, postponed", do_postpone, false },
        { "ProfileInstallationResult, success", do_success, true },
        { "ProfileInstallationResult, failure", do_failure, true },
        { "ProfileInstallationResult, interruption", do_interruption, true },
    };
    static const struct row rows[] = {
        { "Available", { "8.10.1/3.9", "-", "-", "-", "-", "-" } },
        { "Allocated", { "8.10.1/3.9", "-", "-", "-", "-", "-" } },
        { "Linked", { "8.10.1/3.9", "-", "-", "-", "-", "-" } },
        { "Confirmed", { "8.10.1/3.9", "-", "-", "-", "-", "-" } },
        { "Released", { "Downloaded", "Error", "Released", "Installed", "Error", "-" } },
        { "Downloaded", { "Downloaded", "Error", "Released", "Installed", "Error", "-" } },
        { "Installed", { "8.2/3.7", "-", "-", "-", "-", "-" } },
        { "Error", { "8.2/3.7", "-", "-", "Installed", "-", "-" } },
        { "Unavailable", { "8.10.1/3.9", "-", "-", "-", "-", "-" } },
        { "Enabled", { "8.2/3.7", "-", "-", "-", "-", "-" } },
        { "Disabled", { "8.2/3.7", "-", "-", "-", "-", "-" } },
        { "Deleted", { "8.2/3.7", "-", "-", "-", "-", "-" } },
    };
    uint64_t version;

    assert_rows_name_states(rows, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        tear_down(state); /* the cards' messages fill the arena of a world */
        set_up(state);
        for (size_t k = 0; k < COUNT(functions); k++) {
            bring_with_session((enum smdp_state)i, functions[k].bound);
            assert_string_equal(smdp_state_name(world_order(&w, &life.profile).state),
                                rows[i].state);
            version = world_order(&w, &life.profile).version;
            functions[k].call();
            expect(functions[k].name, rows[i].state, rows[i].expected[k], version);
        }
    }
}

/* ---- notifications in whatever order ---- */

/* All orders of arrival of a result and what followed it: the newest word counts. */
static void any_order_of_arrival(void **state)
{
    static const unsigned char orders[][4] = {
        { 0, 1, 2, 3 }, { 0, 1, 3, 2 }, { 0, 2, 1, 3 }, { 0, 3, 2, 1 }, { 1, 0, 2, 3 },
        { 1, 2, 3, 0 }, { 3, 2, 1, 0 }, { 2, 0, 3, 1 }, { 3, 0, 1, 2 }, { 2, 3, 1, 0 },
    };
    slice told[4];

    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        life_bring(&life, SMDP_RELEASED);
        card_download(&card);
        told[0] = card_installation_result(&card, 0);
        told[1] = card_other_notification(&card, NOTIFICATION_ENABLE, life.profile.iccid);
        told[2] = card_other_notification(&card, NOTIFICATION_DISABLE, life.profile.iccid);
        told[3] = card_other_notification(&card, NOTIFICATION_ENABLE, life.profile.iccid);
        for (size_t k = 0; k < 4; k++)
            world_notify(&w, told[orders[i][k]]);
        assert_state(&w, &life.profile, ENABLED);
        for (size_t k = 0; k < 4; k++) /* and all of it again */
            world_notify(&w, told[k]);
        assert_state(&w, &life.profile, ENABLED);
    }
}

static void a_late_word_does_not_turn_the_state_back(void **state)
{
    uint64_t version;
    slice late;

    (void)state;
    life_bring(&life, SMDP_INSTALLED);
    late = card_other_notification(&card, NOTIFICATION_ENABLE, life.profile.iccid);
    do_disable();
    assert_state(&w, &life.profile, DISABLED);
    version = world_order(&w, &life.profile).version;
    world_notify(&w, late);
    assert_int_equal(world_order(&w, &life.profile).version, version);
    assert_int_equal(world_events(&w, "smdp.notification"), 2); /* told all the same */
    do_enable();
    assert_state(&w, &life.profile, ENABLED);
}

static void nothing_counts_before_the_result(void **state)
{
    (void)state;
    life_bring(&life, SMDP_DOWNLOADED);
    do_enable();
    assert_state(&w, &life.profile, DOWNLOADED);
    card.seq -= 2; /* the result was signed before */
    world_notify(&w, card_installation_result(&card, 0));
    assert_state(&w, &life.profile, ENABLED);
}

static void another_card_has_no_say(void **state)
{
    struct card other;

    (void)state;
    world_card(&w, 2, &other);
    other.seq = 50;
    life_bring(&life, SMDP_INSTALLED);
    world_notify(&w, card_other_notification(&other, NOTIFICATION_DELETE, life.profile.iccid));
    assert_state(&w, &life.profile, INSTALLED);
    do_enable();
    assert_state(&w, &life.profile, ENABLED);
    card_close(&other);
}

/* ---- a profile that is used again ---- */

/* What the card said of its first life says nothing about the second. */
static void used_again_by_the_same_card(void **state)
{
    slice result, enabled;

    (void)state;
    life_bring(&life, SMDP_DOWNLOADED);
    result = card_installation_result(&card, 0);
    enabled = card_other_notification(&card, NOTIFICATION_ENABLE, life.profile.iccid);
    world_notify(&w, card_installation_result(&card, 12)); /* such a card does not exist */
    assert_state(&w, &life.profile, ERROR);
    do_cancel_to_available();
    life_download_order(&life, SLICE_OF(card.eid));
    life_confirm_order(&life, true);
    world_notify(&w, enabled);
    world_notify(&w, result);
    assert_state(&w, &life.profile, RELEASED);
    life_install(&life);
    assert_state(&w, &life.profile, INSTALLED);
    do_delete();
    assert_state(&w, &life.profile, DELETED);
}

static void used_again_by_another_card(void **state)
{
    struct card other;
    slice late;

    (void)state;
    world_card(&w, 2, &other);
    life_bring(&life, SMDP_ENABLED);
    late = card_other_notification(&card, NOTIFICATION_DISABLE, life.profile.iccid);
    do_delete();
    do_cancel_to_available();
    assert_state(&w, &life.profile, AVAILABLE);
    life_download_order(&life, SLICE_OF(other.eid));
    life_confirm_order(&life, true);
    other.change.matching_id = life.profile.matching_id;
    card_download(&other);
    world_notify(&w, card_installation_result(&other, 0));
    assert_state(&w, &life.profile, INSTALLED);
    world_notify(&w, late);
    assert_state(&w, &life.profile, INSTALLED);
    world_notify(&w, card_other_notification(&other, NOTIFICATION_ENABLE, life.profile.iccid));
    assert_state(&w, &life.profile, ENABLED);
    card_close(&other);
}

/* The clock may go back to the very moment: an order is another one all the same. */
static void orders_differ_whatever_the_clock_does(void **state)
{
    int64_t ordered_ms;
    slice result;

    (void)state;
    life_bring(&life, SMDP_DOWNLOADED);
    ordered_ms = world_order(&w, &life.profile).ordered_ms;
    result = card_installation_result(&card, 0);
    life_cancel(&life, false);
    w.now_ms = ordered_ms - 1;
    life_download_order(&life, SLICE_OF(card.eid));
    life_confirm_order(&life, true);
    world_notify(&w, result);
    assert_state(&w, &life.profile, RELEASED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(functions_in_each_state),
        TEST(open_session_in_each_state),
        TEST(any_order_of_arrival),
        TEST(a_late_word_does_not_turn_the_state_back),
        TEST(nothing_counts_before_the_result),
        TEST(another_card_has_no_say),
        TEST(used_again_by_the_same_card),
        TEST(used_again_by_another_card),
        TEST(orders_differ_whatever_the_clock_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
