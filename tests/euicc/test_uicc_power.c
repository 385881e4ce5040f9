/*
 * The power is cut at every NVM write of an installation, of updates, PIN checks, authentication,
 * a profile switch and a deletion, at several octets of the write. What must hold after boot:
 *
 *   installation    the profile is there and whole, or nothing of it is, and its room is free again
 *   update          the file has the octets before or after, after where 9000 was answered
 *   VERIFY          no try is gained, no wrong value passes
 *   AUTHENTICATE    an answered challenge is spent: RES, CK and IK leave the card only behind the
 *                   record of their sequence number; a challenge that was not answered is spent or
 *                   still good, and the next one is good in any case
 *   switch          one of the two is enabled, with its files; nothing is due any more
 *   deletion        gone, or there with every file
 */
#include "base/text.h"
#include "crypto/aka.h"
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

/* TS 35.208 set 1: K and OPc of the package (UICC_MILENAGE). */
static const struct aka_params *subscriber(void)
{
    static struct aka_params p = {
        .algorithm = AKA_MILENAGE,
        .options = 1,
        .key_len = 16,
        .key = { 0x46, 0x5B, 0x5C, 0xE8, 0xB1, 0x99, 0xB4, 0x9F, 0xAA, 0x5F, 0x0A, 0x2E, 0xE2, 0x38,
                 0xA6, 0xBC },
        .opc = { 0xCD, 0x63, 0xCB, 0x71, 0x95, 0x4A, 0x9F, 0x4E, 0x48, 0xA5, 0x99, 0x4E, 0x37, 0xA0,
                 0x2B, 0xAF },
    };

    memcpy(p.rotation, AKA_DEFAULT_ROTATION, sizeof p.rotation);
    memcpy(p.xoring, AKA_DEFAULT_XORING, sizeof p.xoring);
    return &p;
}

/* The challenge with this sequence number; the first octet of the answer, 0: none came. */
static uint8_t challenge(uint32_t number)
{
    static const uint8_t rand[AKA_RAND_LEN] = "0123456789abcde", amf[AKA_AMF_LEN] = { 0x80, 0 };
    uint8_t sqn[AKA_SQN_LEN] = { 0,
                                 0,
                                 (uint8_t)(number >> 19),
                                 (uint8_t)(number >> 11),
                                 (uint8_t)(number >> 3),
                                 (uint8_t)(number << 5) };
    uint8_t command[5 + 34] = { 0x00, 0x88, 0x00, 0x81, 0x22, 0x10 };

    memcpy(command + 6, rand, sizeof rand);
    command[22] = AKA_AUTN_LEN;
    assert_int_equal(aka_autn(crypto_openssl(), subscriber(), rand, sqn, amf, command + 23), E_OK);
    return uicc_send(&u, SLICE_OF(command)) == 0x9000 && u.n ? u.reply[0] : 0;
}

static void authentication(void **state)
{
    (void)state;
    unsigned spent = 0, good = 0;
    uint32_t number = 1;

    uicc_new(&u);
    assert_true(install());
    assert_int_equal(profile_switch(u.card, 1, false), E_OK);
    assert_true(commit());
    card_reset(u.card);
    /* often enough to fill the half and move to the other one, whose writes are cut as well */
    for (unsigned i = 0; i < 3000; i++, number++) {
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        cut(1 + i % 4, reach[i % COUNT(reach)]);
        uint8_t said = challenge(number);
        bool off = u.ram.off;
        assert_true(said == 0xDB || (said == 0 && off));
        power_on();
        uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
        uint8_t again = challenge(number);
        assert_true(again == 0xDC || (again == 0xDB && said != 0xDB));
        spent += off && again == 0xDC;
        good += off && again == 0xDB;
        assert_int_equal(challenge(++number), 0xDB);
    }
    print_message("cut: %u challenges spent, %u still good\n", spent, good);
    assert_true(spent > 0 && good > 0);
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
        cmocka_unit_test(installation),
        cmocka_unit_test(update),
        cmocka_unit_test(verify),
        cmocka_unit_test(authentication),
        cmocka_unit_test(profile_switching),
        cmocka_unit_test(deletion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
