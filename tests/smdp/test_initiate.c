/* InitiateAuthentication: DPP-001, DPP-002, DPP-003, DPP-004. */
#include "smdp/world.h"

#include "pki/lend.h"

#include <stdlib.h>

static struct world w;
static struct card card;

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

/* card_initiate checks signature, echo of challenge and address, certificate. */
static void nominal_DPP_001(void **state)
{
    (void)state;
    card_initiate(&card);
    assert_success(&w);
    assert_int_equal(w.turn.change_count, 0);
}

static void address_DPP_002(void **state)
{
    static const char *const same[] = { "SMDP.Example.COM", "smdp.example.com.",
                                        "smdp.example.com:443" };
    static const char *const other[] = { "smdp2.example.com", "smdp.example.co", "",
                                         "smdp.example.com:444", "smdp.example.com.." };

    (void)state;
    for (size_t i = 0; i < COUNT(same); i++) {
        card.change.address = slice_str(same[i]);
        card_initiate(&card);
        assert_success(&w);
    }
    for (size_t i = 0; i < COUNT(other); i++) {
        card.change.address = slice_str(other[i]);
        card_initiate(&card);
        assert_refused(&w, "8.8.1", "3.8");
        assert_true(slice_eq(w.turn.reply, SLICE_LIT("\xBF\x39\x03\x81\x01\x01")));
    }
}

static void signing_ci_DPP_003(void **state)
{
    (void)state;
    card.change.signing_ci = SLICE_LIT("\xFF\xFF");
    card_initiate(&card);
    assert_refused(&w, "8.8.2", "3.1");
    assert_true(slice_eq(w.turn.reply, SLICE_LIT("\xBF\x39\x03\x81\x01\x03")));
    card.change.signing_ci = w.ci.cert.ski;
    card_initiate(&card);
    assert_success(&w);
}

static void verification_ci_DPP_003(void **state)
{
    (void)state;
    card.change.verification_ci = SLICE_LIT("\xFF\xFF");
    card_initiate(&card);
    assert_refused(&w, "8.8.4", "3.7");
}

static void svn_DPP_003_004(void **state)
{
    static const struct {
        const char *svn;
        bool good;
    } rows[] = {
        { "\x01\x00\x00", false }, { "\x03\x00\x00", false }, { "\x02\x02\x01", true },
        { "\x02\x02\x02", true },  { "\x02\x03\x00", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(card.change.svn, rows[i].svn, 3);
        card_initiate(&card);
        if (rows[i].good)
            assert_success(&w);
        else
            assert_refused(&w, "8.8.3", "3.1");
    }
}

/* The server signs under the CI that the eUICC can verify, of several the one it signs with. */
static void credential_is_chosen_by_the_lists(void **state)
{
    struct made_cert ci, auth, pb;
    struct keyring *both;

    (void)state;
    world_issue(&w, ROLE_CI, NULL, NULL, NOW_S + 1000 * DAY_S, &ci);
    world_issue(&w, ROLE_DP_AUTH, &ci, NULL, NOW_S + 900 * DAY_S, &auth);
    world_issue(&w, ROLE_DP_PB, &ci, NULL, NOW_S + 900 * DAY_S, &pb);
    both = lend_ci(w.crypto, ci.der);
    assert_int_equal(keyring_add_ci(both, w.ci.der), E_OK);
    lend_dp(both, lent(&auth.cert, &auth.signer), lent(&pb.cert, &pb.signer));
    lend_dp(both, lent(&w.auth.cert, &w.auth.signer), lent(&w.pb.cert, &w.pb.signer));
    keyring_replace(&w.keys, both);
    card_initiate(&card); /* checks that the certificate is w.auth */
    assert_success(&w);
    signer_close(&ci.signer);
    signer_close(&auth.signer);
    signer_close(&pb.signer);
}

static void without_keys_or_name_there_is_no_server(void **state)
{
    struct keyring_place others;
    struct smdp_options o = w.options;
    struct smdp *s;

    (void)state;
    keyring_place_open(&others, lend_ci(w.crypto, w.ci.der));
    o.keys = &others;
    assert_int_equal(smdp_open(&o, &s), E_ARGUMENT);
    keyring_place_close(&others);
    o.keys = w.options.keys;
    o.address = SLICE_EMPTY;
    assert_int_equal(smdp_open(&o, &s), E_ARGUMENT);
    o.address = w.options.address;
    assert_int_equal(smdp_open(&o, &s), E_OK);
    smdp_close(s);
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

#define MANY 500

/* More sessions than there are places: the oldest unauthenticated ones give way, ids never repeat.
 */
static void ids_do_not_repeat_and_sessions_are_bounded(void **state)
{
    static uint8_t ids[MANY][16], challenges[MANY][16];

    (void)state;
    for (unsigned i = 0; i < MANY; i++) {
        card_initiate(&card);
        assert_success(&w);
        memcpy(ids[i], card.tid, 16);
        memcpy(challenges[i], card.server_challenge, 16);
    }
    qsort(ids, MANY, 16, by_octets);
    qsort(challenges, MANY, 16, by_octets);
    for (unsigned i = 1; i < MANY; i++) {
        assert_memory_not_equal(ids[i - 1], ids[i], 16);
        assert_memory_not_equal(challenges[i - 1], challenges[i], 16);
    }
}

static enum err on_initiate(struct smdp *s, const void *r, struct turn *t)
{
    return smdp_initiate_authentication(s, r, t);
}

/* Malformed EUICCInfo1 is an error of the message, and nothing comes of it. */
static void malformed_info_is_refused(void **state)
{
    static const uint8_t good[] = { 0xBF, 0x20, 0x0D, 0x82, 0x03, 2,    2, 2,
                                    0xA9, 0x02, 0x04, 0x00, 0xAA, 0x02, 4, 0 };
    struct initiate_authentication_request_es9 r = {
        .euicc_challenge = SLICE_LIT("0123456789ABCDEF"),
        .smdp_address = SLICE_LIT(ADDRESS),
    };
    unsigned conflicts;

    (void)state;
    for (size_t n = 0; n < sizeof good; n++) {
        r.euicc_info1 = slice_of(good, n);
        assert_int_equal(
            err_class(run_turn(&w, on_initiate, &r, &w.turn_arena, &w.turn, &conflicts)), ERR_PEER);
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nominal_DPP_001),
        TEST(address_DPP_002),
        TEST(signing_ci_DPP_003),
        TEST(verification_ci_DPP_003),
        TEST(svn_DPP_003_004),
        TEST(credential_is_chosen_by_the_lists),
        TEST(without_keys_or_name_there_is_no_server),
        TEST(ids_do_not_repeat_and_sessions_are_bounded),
        TEST(malformed_info_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
