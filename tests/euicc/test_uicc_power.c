/*
 * The power is cut at every NVM write of an installation, of updates, PIN checks, authentication
 * and a profile switch, at several octets of the write. After boot the card is before or after.
 */
#include "base/text.h"
#include "euicc/uicc_card.h"
#include "euicc/uicc_package.h"

static struct uicc u;
static uint8_t package_octets[UICC_PACKAGE_MAX];

#define USIM "A0000000871002FF49FF0589"

static const uint32_t reach[] = { 0, 1, 17, 100, 100000 };

static slice package(void)
{
    return uicc_package(UICC_MILENAGE, NULL, package_octets);
}

static void cut(uint32_t write, uint32_t octets)
{
    u.ram.writes = 0;
    u.ram.cut_at = write;
    u.ram.cut_octets = octets;
}

static void power_on(void)
{
    nvm_ram_power_on(&u.ram);
    uicc_boot(&u);
}

static unsigned profiles(void)
{
    struct card_profile p;
    unsigned n = 0;

    for (uint32_t root = 0; profile_next(u.card, &root, &p); n++)
        assert_int_not_equal(p.state, PROFILE_INSTALLING);
    return n;
}

static bool commit(void)
{
    return objects_commit(card_objects(u.card)) == E_OK;
}

/* In pieces of 120 octets, each a transaction, as STORE DATA brings them. True: finished. */
static bool install(void)
{
    uint8_t iccid[10] = { 0x98, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0x10, 0x32, 0x99 };
    uint8_t aid[16] = { 1 };
    struct profile_install what = { .iccid = SLICE_OF(iccid), .isdp_aid = SLICE_OF(aid) };
    struct profile_outcome out;

    if (profile_install_begin(u.card, &what) || !commit())
        return false;
    for (slice rest = package(); rest.n; rest = slice_skip(rest, 120))
        if (profile_install_feed(u.card, slice_head(rest, 120)) || !commit())
            return false;
    assert_int_equal(profile_install_finish(u.card, &out), E_OK);
    return commit() && out.reason == INSTALL_OK;
}

static void installation(void **state)
{
    (void)state;
    uint8_t iccid[PROFILE_ICCID];
    uint32_t free;
    bool done = false;

    for (unsigned r = 0; r < COUNT(reach); r++) {
        uicc_new(&u);
        free = objects_free(card_objects(u.card));
        done = false;
        for (uint32_t write = 1; !done; write++) {
            assert_true(write < 100);
            cut(write, reach[r]);
            done = install();
            power_on();
            if (done)
                break;
            if (profiles() == 1) /* all of the last record was written, only nobody heard */
                break;
            assert_int_equal(objects_free(card_objects(u.card)), free);
            /* what ISD-R reports as interrupted; the first transaction is up to four writes when it
               moves to the other half */
            if (write > 4)
                assert_true(profile_install_swept(u.card, iccid));
        }
        assert_int_equal(profiles(), 1);
    }
}

/* A file is as before or as after, whatever else was going on. */
static void update(void **state)
{
    (void)state;
    char old[21], new[21];

    uicc_new(&u);
    assert_true(install());
    assert_int_equal(profile_switch(u.card, 1, false), E_OK);
    assert_true(commit());
    card_reset(u.card);
    for (unsigned i = 0; i < 400; i++) {
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
        uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
        snprintf(new, sizeof new, "%04X", i);
        uicc_expect(&u, 0x9000, NULL, "00B0000002");
        assert_int_equal(hex_encode(slice_of(u.reply, 2), old, sizeof old), E_OK);
        cut(1 + i % 3, reach[i % COUNT(reach)]);
        bool said = uicc_apdu(&u, "00D60000 02 %s", new) == 0x9000;
        power_on();
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        uicc_expect(&u, 0x9000, "", "0020000A 08 3535353535353535");
        uicc_expect(&u, 0x9000, "", "00A4000C 02 6F43");
        uicc_expect(&u, 0x9000, NULL, "00B0000002");
        char now[21];
        assert_int_equal(hex_encode(slice_of(u.reply, 2), now, sizeof now), E_OK);
        if (said || strcmp(now, old) != 0)
            assert_string_equal(now, new);
    }
}

/* A PIN never gains a try by a cut, and a wrong value never passes. */
static void verify(void **state)
{
    (void)state;
    unsigned before, after;

    for (unsigned r = 0; r < COUNT(reach); r++)
        for (uint32_t write = 1; write <= 2; write++)
            for (unsigned right = 0; right < 2; right++) {
                uicc_new(&u);
                assert_true(install());
                assert_int_equal(profile_switch(u.card, 1, false), E_OK);
                assert_true(commit());
                card_reset(u.card);
                uicc_expect(&u, 0x63C9, "", "0020000A 08 3031323334353637");
                before = 9;
                cut(write, reach[r]);
                uint16_t sw = uicc_apdu(&u, "0020000A 08 353535353535353%u", right ? 5 : 6);
                if (!right)
                    assert_int_not_equal(sw, 0x9000);
                power_on();
                sw = uicc_apdu(&u, "0020000A");
                assert_int_equal(sw & 0xFFF0, 0x63C0);
                after = sw & 15;
                if (right) /* before, one less, or restored */
                    assert_true(after == before || after == before - 1 || after == 10);
                else
                    assert_true(after <= before);
            }
}

static void profile_switching(void **state)
{
    (void)state;
    uicc_new(&u);
    assert_true(install());
    for (unsigned r = 0; r < COUNT(reach); r++)
        for (uint32_t write = 1; write <= 3; write++)
            for (unsigned refresh = 0; refresh < 2; refresh++) {
                uint32_t from = profile_enabled(u.card), to = from ? 0 : 1;

                cut(write, reach[r]);
                assert_int_equal(profile_switch(u.card, to, refresh), E_OK);
                bool said = commit();
                if (said)
                    card_reset(u.card);
                power_on();
                uint32_t now = profile_enabled(u.card);
                assert_true(now == to || (!said && now == from));
                assert_int_equal(profile_switch_due(u.card), -1);
                assert_int_equal(uicc_apdu(&u, "00A4040C 0C " USIM), now ? 0x9000 : 0x6A82);
                assert_int_equal(uicc_apdu(&u, "00B0870009"), now ? 0x9000 : 0x6A82);
                assert_int_equal(profiles(), 1);
            }
}

static void deletion(void **state)
{
    (void)state;
    for (unsigned r = 0; r < COUNT(reach); r++) {
        uicc_new(&u);
        assert_true(install());
        cut(1, reach[r]);
        assert_int_equal(profile_delete(u.card, 1), E_OK);
        bool said = commit();
        power_on();
        unsigned n = profiles();
        assert_true(n == 0 || (n == 1 && !said));
        if (n == 1) { /* all of it is there */
            assert_int_equal(profile_switch(u.card, 1, false), E_OK);
            assert_true(commit());
            card_reset(u.card);
            uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
            uicc_expect(&u, 0x9000, "080910101032547699", "00B0870009");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(installation),      cmocka_unit_test(update),   cmocka_unit_test(verify),
        cmocka_unit_test(profile_switching), cmocka_unit_test(deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
