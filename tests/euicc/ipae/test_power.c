/*
 * The power goes at every write to the memory, and the terminal resets the card at any command, in
 * the course of a download and of a package that enables: afterwards the card has the profile or
 * has it not, both sides know which, and the next order is carried out.
 */
#include "euicc/ipae/case.h"

static struct house house;
static struct card_case c;
static struct stock stock; /* what was ordered last */

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

static int64_t psmo(enum house_order what, const struct stock *s)
{
    return house_psmo(&house, c.personality.eid, what, s);
}

/* Until the order has ended, also over the power that goes. */
static enum house_outcome carry_on(int64_t id)
{
    for (unsigned i = 0; i < 4; i++) {
        enum house_outcome outcome = case_order(&c, id, 12);

        if (!c.ram.off)
            return outcome;
        while (!case_power(&c))
            ;
    }
    return ORDER_OPEN;
}

/* A download, and the package that enables; *downloaded and *enabled: they ended well. */
static void download_and_enable(bool *downloaded, bool *enabled)
{
    int64_t id;
    enum house_outcome outcome;

    house_profile(&house, &stock);
    id = house_download(&house, c.personality.eid, &stock, false);
    while (!case_power(&c))
        ;
    outcome = carry_on(id);
    assert_true(outcome == ORDER_DONE || outcome == ORDER_FAILED);
    *downloaded = outcome == ORDER_DONE;
    assert_int_equal(case_profile(&c, &stock), *downloaded ? PROFILE_DISABLED : -1);
    outcome = carry_on(psmo(ORDER_ENABLE, &stock));
    assert_true(outcome == ORDER_DONE || outcome == ORDER_FAILED);
    *enabled = outcome == ORDER_DONE;
    assert_int_equal(case_profile(&c, &stock), *enabled      ? PROFILE_ENABLED
                                               : *downloaded ? PROFILE_DISABLED
                                                             : -1);
    assert_int_equal(carry_on(psmo(ORDER_LIST, NULL)), ORDER_DONE);
}

static void power_cut_at_every_write(void **state)
{
    bool downloaded, enabled;
    uint32_t writes;

    (void)state;
    case_open(&c, &house, TRUST_CA);
    download_and_enable(&downloaded, &enabled);
    assert_true(downloaded && enabled);
    writes = c.ram.writes;
    case_close(&c);
    assert_true(writes > 10);
    for (uint32_t i = 1; i <= writes; i++) {
        case_open(&c, &house, TRUST_CA);
        c.ram.cut_at = i;
        c.ram.cut_octets = i % 3 * 20;
        download_and_enable(&downloaded, &enabled);
        assert_int_equal(c.ram.cut_at, 0); /* it went, and came back */
        assert_true(downloaded && enabled);
        case_close(&c);
    }
}

/*
 * Every so many of the terminal's steps in the undisturbed course are another card's reset. How
 * many there are depends on how the network cuts what it brings, so the last ones may lie behind
 * the end.
 */
static void reset_on_the_way(void **state)
{
    enum { RESETS = 24 };
    bool downloaded, enabled;
    unsigned steps, resets = 0;

    (void)state;
    case_open(&c, &house, TRUST_CA);
    download_and_enable(&downloaded, &enabled);
    steps = c.phone.steps;
    case_close(&c);
    assert_true(steps > 200);
    for (unsigned i = 1; i <= RESETS; i++) {
        case_open(&c, &house, TRUST_CA);
        c.phone.reset_at = i * steps / (RESETS + 1);
        download_and_enable(&downloaded, &enabled);
        assert_int_equal(c.phone.resets, c.phone.steps < c.phone.reset_at ? 1 : 2);
        assert_true(downloaded && enabled);
        resets += c.phone.resets - 1;
        case_close(&c);
    }
    assert_true(resets > RESETS / 2);
}

/*
 * A link that goes in the middle of whatever a server says: a download that it ends is reported as
 * failed, and can be ordered again.
 */
static void links_break(void **state)
{
    enum { BREAKS = 20 };
    bool downloaded, enabled;
    unsigned whole = 0;
    uint64_t octets;

    (void)state;
    case_open(&c, &house, TRUST_CA);
    download_and_enable(&downloaded, &enabled);
    octets = c.phone.received;
    case_close(&c);
    for (unsigned i = 1; i <= BREAKS; i++) {
        case_open(&c, &house, TRUST_CA);
        c.phone.break_at = i * octets / (BREAKS + 1);
        download_and_enable(&downloaded, &enabled);
        assert_int_equal(c.phone.break_at, 0);
        assert_int_equal(enabled, downloaded);
        if (!downloaded) {
            assert_int_equal(carry_on(house_download(&house, c.personality.eid, &stock, false)),
                             ORDER_DONE);
            assert_int_equal(case_profile(&c, &stock), PROFILE_DISABLED);
        }
        whole += downloaded;
        case_close(&c);
    }
    assert_true(whole > 0 && whole < BREAKS);
}

/*
 * Between a card that hardly boots and one that has the room: whatever has no memory on the way,
 * the profile is there and both know it, or it is not there.
 */
static void little_memory(void **state)
{
    unsigned whole = 0, refused = 0;

    (void)state;
    for (size_t octets = 4096; octets <= 65536; octets += 4096) {
        enum house_outcome outcome;
        int64_t id;
        enum err why;

        case_open_small(&c, &house, octets);
        house_profile(&house, &stock);
        id = house_download(&house, c.personality.eid, &stock, false);
        c.card =
            card_boot(c.memory, c.memory_size, &c.nvm, house.crypto, &c.card_personality, &why);
        if (c.card) {
            phone_reset(&c.phone, c.card);
            outcome = case_order(&c, id, 12);
            assert_int_equal(case_profile(&c, &stock),
                             outcome == ORDER_DONE ? PROFILE_DISABLED : -1);
            whole += outcome == ORDER_DONE;
            refused += outcome != ORDER_DONE;
        }
        case_close(&c);
    }
    assert_true(whole > 0 && refused > 0);
}

#define TEST(f) cmocka_unit_test(f)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(power_cut_at_every_write),
        TEST(reset_on_the_way),
        TEST(links_break),
        TEST(little_memory),
    };

    return cmocka_run_group_tests_name("a card with an IPA loses its power", tests, open_all,
                                       close_all);
}
