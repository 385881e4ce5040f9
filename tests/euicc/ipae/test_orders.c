/*
 * Whole orders by a card that is its own IPA: eIM and SM-DP+ over TLS through the terminal's
 * channels.
 */
#include "euicc/ipae/case.h"

static struct house house;
static struct card_case c;

static int open_all(void **state)
{
    (void)state;
    house_open(&house);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    house_close(&house);
    return 0;
}

static int with_ca(void **state)
{
    (void)state;
    case_open(&c, &house, TRUST_CA);
    return 0;
}

static int gone(void **state)
{
    (void)state;
    case_close(&c);
    return 0;
}

static int64_t psmo(enum house_order what, const struct stock *s)
{
    return house_psmo(&house, c.personality.eid, what, s);
}

static int64_t download(const struct stock *s, bool indirect)
{
    return house_download(&house, c.personality.eid, s, indirect);
}

static void done(int64_t id)
{
    assert_int_equal(case_order(&c, id, 4), ORDER_DONE);
}

/* A data request's package without a switch: the card lists its profiles. */
static void lists_profiles(void **state)
{
    int64_t id;

    (void)state;
    id = psmo(ORDER_LIST, NULL);
    assert_true(case_power(&c));
    done(id);
    assert_int_equal(c.phone.performed[CAT_REFRESH], 0);
}

/* Direct download, then enabling by a REFRESH that leaves the card running. */
static void downloads_and_enables(void **state)
{
    struct stock s;

    (void)state;
    house_profile(&house, &s);
    assert_true(case_power(&c));
    done(download(&s, false));
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
    done(psmo(ORDER_ENABLE, &s));
    assert_int_equal(case_profile(&c, &s), PROFILE_ENABLED);
    assert_int_equal(c.phone.performed[CAT_REFRESH], 1);
    assert_int_equal(c.phone.resets, 1);
    assert_true(house_enabled(&house, &s));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, with_ca, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_profiles),
        TEST(downloads_and_enables),
    };

    return cmocka_run_group_tests_name("orders of a card with an IPA", tests, open_all, close_all);
}
