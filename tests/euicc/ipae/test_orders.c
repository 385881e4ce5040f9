/*
 * Whole orders by a card that is its own IPA: eIM and SM-DP+ over TLS through the terminal's
 * channels.
 */
#include "euicc/ipae/case.h"

#include "dunlin/ipa.h"

#include <string.h>

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
    assert_int_equal(case_order(&c, id, 12), ORDER_DONE);
}

static void stays_open(int64_t id, unsigned sleeps)
{
    assert_int_equal(case_order(&c, id, sleeps), ORDER_OPEN);
}

static struct stock installed(void)
{
    struct stock s;

    house_profile(&house, &s);
    done(download(&s, false));
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
    return s;
}

/* ---- what it is there for ---- */

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
    assert_true(case_power(&c));
    c.phone.port = house.smdp_port;
    s = installed();
    assert_true(c.phone.dialled > 0);
    done(psmo(ORDER_ENABLE, &s));
    assert_int_equal(case_profile(&c, &s), PROFILE_ENABLED);
    assert_int_equal(c.phone.performed[CAT_REFRESH], 1);
    assert_int_equal(c.phone.resets, 1);
    assert_true(house_enabled(&house, &s));
    done(psmo(ORDER_DISABLE, &s));
    done(psmo(ORDER_DELETE, &s));
    assert_int_equal(case_profile(&c, &s), -1);
}

/* A terminal without that mode resets the card: the machine begins anew and delivers the result. */
static void enables_with_a_reset(void **state)
{
    struct stock s;

    (void)state;
    c.phone.profile[33] = 0;
    assert_true(case_power(&c));
    s = installed();
    done(psmo(ORDER_ENABLE, &s));
    assert_int_equal(case_profile(&c, &s), PROFILE_ENABLED);
    assert_int_equal(c.phone.resets, 2);
    assert_true(house_enabled(&house, &s));
}

/* The eIM speaks to the SM-DP+; the card has no way to it. */
static void downloads_indirectly(void **state)
{
    struct stock s;

    (void)state;
    c.ipae.features = IPA_FEATURE_DIRECT | IPA_FEATURE_INDIRECT;
    c.phone.port = house.smdp_port;
    house_profile(&house, &s);
    assert_true(case_power(&c));
    done(download(&s, true));
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
    assert_int_equal(c.phone.dialled, 0);
}

/*
 * TS.48, 40 KB on the card, in TLS records of 16 KB: more than one burst behind one command of the
 * terminal, which is given up for MORE TIME where the terminal knows it.
 */
static void downloads_much(void **state)
{
    struct stock s;

    (void)state;
    for (unsigned knows = 0; knows < 2; knows++) {
        if (!house_profile_of(&house, "ts48/ts48-v3-saip23-nobertlv.der", &s))
            return;
        case_close(&c);
        case_open(&c, &house, TRUST_CA);
        if (!knows)
            c.phone.profile[2] &= (uint8_t)~0x08;
        assert_true(case_power(&c));
        done(download(&s, false));
        assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
        assert_true(knows ? c.phone.performed[CAT_MORE_TIME] > 0
                          : c.phone.performed[CAT_MORE_TIME] == 0);
    }
}

/* SGP.32 3.3.2: the new profile leads nowhere, the one before comes back and tells so. */
static void rolls_back(void **state)
{
    struct stock first, second;
    int64_t id;

    (void)state;
    assert_true(case_power(&c));
    first = installed();
    second = installed();
    done(psmo(ORDER_ENABLE, &first));
    c.phone.cut_off_by_refresh = 2;
    id = psmo(ORDER_ENABLE_ROLLBACK, &second);
    assert_int_equal(case_order(&c, id, 30), ORDER_FAILED);
    assert_int_equal(c.phone.performed[CAT_REFRESH], 3);
    assert_int_equal(case_profile(&c, &first), PROFILE_ENABLED);
    assert_int_equal(case_profile(&c, &second), PROFILE_DISABLED);
}

/* ---- trust ---- */

static void list_over(enum house_trust trust, enum house_outcome expected)
{
    int64_t id;

    case_close(&c);
    case_open(&c, &house, trust);
    assert_true(case_power(&c));
    id = psmo(ORDER_LIST, NULL);
    assert_int_equal(case_order(&c, id, 8), expected);
    if (expected == ORDER_OPEN) /* it was asked, and tried again */
        assert_true(c.phone.performed[CAT_OPEN_CHANNEL] >= 3);
}

static void believes_its_eim(void **state)
{
    (void)state;
    list_over(TRUST_LEAF, ORDER_DONE);
    list_over(TRUST_KEY, ORDER_DONE);
}

static void believes_nobody_else(void **state)
{
    (void)state;
    list_over(TRUST_OTHER_KEY, ORDER_OPEN);
    list_over(TRUST_OTHER_LEAF, ORDER_OPEN);
    list_over(TRUST_OTHER_CA, ORDER_OPEN);
    list_over(TRUST_NONE, ORDER_OPEN);
}

static int64_t download_from(const char *name, uint16_t port, struct stock *s)
{
    house_profile(&house, s);
    snprintf(s->activation, sizeof s->activation, "1$%s$MATCH-%u", name, house.profiles);
    c.ipae.hosts[0].name = slice_str(name);
    c.ipae.hosts[0].port = c.phone.port = port;
    assert_true(case_power(&c));
    return download(s, false);
}

static void refuses_download(int64_t id, const struct stock *s)
{
    assert_int_equal(case_order(&c, id, 12), ORDER_FAILED);
    assert_int_equal(case_profile(&c, s), -1);
    assert_true(c.phone.dialled > 0);
}

/* The same server under a name that its certificate has not. */
static void server_of_another_name(void **state)
{
    struct stock s;

    (void)state;
    refuses_download(download_from("other.example.com", house.smdp_port, &s), &s);
}

/* A certificate under the CI, with another role. */
static void server_of_another_role(void **state)
{
    struct stock s;

    (void)state;
    refuses_download(download_from(HOUSE_SMDP, house.eim_port, &s), &s);
}

/* One that a CI has certified which the card does not know. */
static void server_of_another_ci(void **state)
{
    struct personality other = c.personality;
    struct stock s;

    (void)state;
    other.ci[0].pkid[0] ^= 1;
    c.ipae.euicc = &other;
    refuses_download(download_from(HOUSE_SMDP, house.smdp_port, &s), &s);
}

/* And none of these: it passes. */
static void server_of_its_own(void **state)
{
    struct stock s;

    (void)state;
    done(download_from(HOUSE_SMDP, house.smdp_port, &s));
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
}

/* ---- terminals ---- */

static void tries_again_later(void **state)
{
    int64_t id;

    (void)state;
    id = psmo(ORDER_LIST, NULL);
    c.phone.unreachable = true;
    assert_true(case_power(&c));
    stays_open(id, 3);
    assert_true(c.phone.performed[CAT_OPEN_CHANNEL] >= 3);
    assert_true(c.phone.now_s >= 30);
    c.phone.unreachable = false;
    done(id);
}

/* The network is there: who waits for it does so no longer, and nobody else is woken. */
static void tries_again_at_once(void **state)
{
    unsigned opened;
    int64_t id;

    (void)state;
    id = psmo(ORDER_LIST, NULL);
    c.phone.unreachable = true;
    assert_true(case_power(&c));
    stays_open(id, 0);
    c.phone.unreachable = false;
    opened = c.phone.performed[CAT_OPEN_CHANNEL];
    phone_location(&c.phone, 1); /* limited service */
    stays_open(id, 0);
    assert_int_equal(c.phone.performed[CAT_OPEN_CHANNEL], opened);
    phone_location(&c.phone, 0);
    assert_int_equal(case_order(&c, id, 0), ORDER_DONE);
    assert_int_equal(c.phone.now_s, 0);
    opened = c.phone.performed[CAT_OPEN_CHANNEL];
    phone_location(&c.phone, 0);
    case_run(&c, 0);
    assert_int_equal(c.phone.performed[CAT_OPEN_CHANNEL], opened);
}

/* What the IPA needs, one thing missing at a time: it asks the terminal for nothing. */
static void silent_without_bip(void **state)
{
    static const struct {
        uint8_t octet, bit;
    } missing[] = {
        { 12, 0x01 }, { 12, 0x02 }, { 12, 0x04 }, { 12, 0x08 },
        { 17, 0x01 }, { 8, 0x01 },  { 5, 0x01 },
    };
    int64_t id;

    (void)state;
    id = psmo(ORDER_LIST, NULL);
    for (size_t i = 0; i < COUNT(missing); i++) {
        c.phone.profile[missing[i].octet - 1] &= (uint8_t)~missing[i].bit;
        assert_true(case_power(&c));
        stays_open(id, 2);
        for (size_t k = 0; k < PHONE_TYPES; k++)
            assert_int_equal(c.phone.performed[k], 0);
        c.phone.profile[missing[i].octet - 1] |= missing[i].bit;
    }
    assert_true(case_power(&c));
    done(id);
}

static void refused_timers_end_it(void **state)
{
    unsigned asked;

    (void)state;
    c.phone.unreachable = c.phone.refuses_timers = true;
    assert_true(case_power(&c));
    case_run(&c, 2);
    asked = c.phone.performed[CAT_TIMER_MANAGEMENT];
    assert_true(asked >= 1 && asked <= 3);
    case_run(&c, 2);
    assert_int_equal(c.phone.performed[CAT_TIMER_MANAGEMENT], asked);
}

/* The switch stays due until the reset, which does it; then the result leaves. */
static void refused_refresh(void **state)
{
    struct stock s;
    int64_t id;

    (void)state;
    assert_true(case_power(&c));
    s = installed();
    c.phone.refuses_refresh = true;
    id = psmo(ORDER_ENABLE, &s);
    stays_open(id, 3);
    assert_int_equal(case_profile(&c, &s), PROFILE_DISABLED);
    phone_reset(&c.phone, c.card);
    assert_int_equal(case_profile(&c, &s), PROFILE_ENABLED);
    done(id);
}

/* SGP.32 5.6: only an activated IPAe works, and until the reset. */
static void works_on_demand(void **state)
{
    static const uint8_t activate[] = { 0xBF, 0x42, 4, 0x80, 2, 7, 0x80 };
    struct stock s;
    int64_t id;

    (void)state;
    c.personality.ipae = IPAE_ON_DEMAND;
    assert_true(case_power(&c));
    id = psmo(ORDER_LIST, NULL);
    stays_open(id, 2);
    assert_int_equal(c.phone.performed[CAT_OPEN_CHANNEL], 0);
    assert_int_equal(case_es10(&c, SLICE_OF(activate)) >> 8, 0x91);
    assert_memory_equal(c.phone.out, "\xBF\x42\x03\x80\x01\x00", 6);
    done(id);
    house_profile(&house, &s);
    id = download(&s, false);
    phone_reset(&c.phone, c.card);
    stays_open(id, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, with_ca, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_profiles),         TEST(downloads_and_enables), TEST(enables_with_a_reset),
        TEST(downloads_indirectly),   TEST(downloads_much),        TEST(rolls_back),
        TEST(believes_its_eim),       TEST(believes_nobody_else),  TEST(server_of_another_name),
        TEST(server_of_another_role), TEST(server_of_another_ci),  TEST(server_of_its_own),
        TEST(tries_again_later),      TEST(tries_again_at_once),   TEST(silent_without_bip),
        TEST(refused_timers_end_it),  TEST(refused_refresh),       TEST(works_on_demand),
    };

    return cmocka_run_group_tests_name("orders of a card with an IPA", tests, open_all, close_all);
}
