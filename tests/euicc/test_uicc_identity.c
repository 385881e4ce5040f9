/*
 * GET IDENTITY on the TS.48 v7 profile, with the implementers' test data of TS 33.501 Annex C.4:
 * C.4.3.1 and C.4.4.1 (IMSI, profiles A and B), C.4.3.2 and C.4.4.2 (NAI). A provider that has the
 * ephemeral keys of the test data takes the place of the card's own. The files with more than one
 * key are those of TS 31.121 4.9.4.
 */
#include "base/text.h"
#include "der/der.h"
#include "euicc/card_impl.h"
#include "euicc/uicc_card.h"

static struct uicc u;
static struct crypto provider;
static struct ec_scalar ephemeral;

#define USIM  "A0000000871002FF49FF0589"
#define KEY_A "5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650"
#define KEY_B "0272DA71976234CE833A6907425867B82E074D44EF907DFB4B3E21C1C2256EBCD1"
#define KEY_B_ALL                                                                                  \
    "0472DA71976234CE833A6907425867B82E074D44EF907DFB4B3E21C1C2256EBCD1"                           \
    "5A7DED52FCBB097A4ED250E036C7B9C8C7004C4EEDC4F068CD7BF8D3F900E3B4"
#define NULL_SUCI "A10D 01 722410 76F8 00 00 00012080F6"
#define A_SUCI                                                                                     \
    "B2E92F836055A255837DEBF850B528997CE0201CB82ADFE4BE1F587D07D8457D CB02352410 CDDD9E730EF3FA87"
#define B_SUCI                                                                                     \
    "039AAB8376597021E855679A9778EA0B67396E68C66DF32C0F41E9ACCA2DA9B9D1 46A33FC271 "               \
    "6AC7DAE96AA30A4D"
#define GET_IDENTITY "8078000100"

static enum err fixed_agree(void *ctx, enum curve curve, const struct ec_point *peer,
                            struct ec_point *own, uint8_t z[SECRET_LEN])
{
    enum err err = crypto_openssl()->public_of(ctx, curve, &ephemeral, own);

    return err ? err : crypto_openssl()->agree(ctx, curve, &ephemeral, peer, z);
}

static enum err fixed_x25519(void *ctx, const struct x25519_key *peer, struct x25519_key *own,
                             uint8_t z[X25519_LEN])
{
    static const struct x25519_key base = { { 9 } };
    enum err err = crypto_openssl()->x25519(ctx, &ephemeral, &base, own->b);

    return err ? err : crypto_openssl()->x25519(ctx, &ephemeral, peer, z);
}

static void use_ephemeral(const char *hex)
{
    provider = *crypto_openssl();
    provider.agree_fresh = fixed_agree;
    provider.x25519_fresh = fixed_x25519;
    assert_int_equal(uicc_hex(hex, ephemeral.b, sizeof ephemeral.b), sizeof ephemeral.b);
    u.card->crypto = &provider;
}

static uint8_t usim_dir(void)
{
    return u.card->channels[0].adf;
}

/* Overwrites the file from its start and fills it up with FF. */
static void put_file(uint16_t df, uint16_t fid, const char *hex)
{
    uint8_t octets[256];
    uint8_t dir = usim_dir();
    struct node node;

    if (df) {
        assert_true(tree_child(&u.card->tree, dir, df, &node));
        dir = dir_of_node(node.n);
    }
    assert_true(tree_child(&u.card->tree, dir, fid, &node));
    assert_true(tree_target(&u.card->tree, &node, &node));
    assert_true(node.body.n <= sizeof octets);
    memset(octets, 0xFF, sizeof octets);
    assert_true(uicc_hex(hex, octets, sizeof octets) <= node.body.n);
    assert_int_equal(tree_write(&u.card->tree, &node, 0, slice_of(octets, node.body.n)), E_OK);
    uicc_commit(&u);
}

static void calc_info(const char *hex)
{
    put_file(0x5FD0, 0x4F01, hex);
}

/* Service 130 and the file with a NAI, which TS.48 has not. */
static void supi_is(const char *tag, const char *nai)
{
    const struct node file = { .type = NODE_TRANSPARENT, .fid = 0x4F09, .lcs = LCS_ACTIVATED };
    struct node df, ef, ust;
    char hex[600], text[700];
    uint8_t bit;
    uint16_t n;

    assert_true(tree_child(&u.card->tree, usim_dir(), 0x6F38, &ust));
    assert_true(ust.body.n > 16);
    bit = ust.body.p[16] | 0x02;
    assert_int_equal(tree_write(&u.card->tree, &ust, 16, slice_of(&bit, 1)), E_OK);
    assert_true(tree_child(&u.card->tree, usim_dir(), 0x5FC0, &df));
    if (!tree_child(&u.card->tree, dir_of_node(df.n), 0x4F09, &ef))
        assert_int_equal(tree_create_ef(&u.card->tree, dir_of_node(df.n), &file, 255, &n), E_OK);
    uicc_commit(&u);
    assert_int_equal(hex_encode(slice_str(nai), hex, sizeof hex), E_OK);
    snprintf(text, sizeof text, "%s %02zX %s", tag, strlen(nai), hex);
    put_file(0x5FC0, 0x4F09, text);
}

/* IMSI 274 012 001002086, routing indicator 678. */
static int profile(void **state)
{
    (void)state;
    if (!uicc_ts48(&u)) {
        u.card = NULL;
        return 0;
    }
    uicc_expect(&u, 0x9000, "", "00A4040C 0C " USIM);
    put_file(0, 0x6F07, "08 2947100210000268");
    put_file(0, 0x6FAD, "00000003");
    put_file(0x5FC0, 0x4F0A, "76F80000");
    return 0;
}

#define NEEDS_CARD()                                                                               \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!u.card)                                                                               \
            skip();                                                                                \
    } while (0)

#define EPHEMERAL_A     "C80949F13EBE61AF4EBDBD293EA4F942696B9E815D7E8F0096BBF6ED7DE62256"
#define EPHEMERAL_A_NAI "BE9EFF3E9F22A4B42A3D236E7A6C500B3F2E7E0C7449988BA800D664BF4FCD97"
#define EPHEMERAL_B     "99798858A1DC6A2C68637149A4B1DBFD1FDFF5ADDD62A2142F06699ED7602529"
#define EPHEMERAL_B_NAI "90A5898BD29FFA3F261E00E980067C70A2B1B992A21F5B4FEF6D4DF69FE804AD"

static void profile_a(void **state)
{
    NEEDS_CARD();
    use_ephemeral(EPHEMERAL_A);
    calc_info("A002 0101 A125 80011B 8120" KEY_A);
    uicc_expect(&u, 0x9000, "A135 01 722410 76F8 01 1B" A_SUCI, GET_IDENTITY);
}

static void profile_b(void **state)
{
    NEEDS_CARD();
    use_ephemeral(EPHEMERAL_B);
    calc_info("A002 0201 A126 8001FF 8121" KEY_B);
    uicc_expect(&u, 0x9000, "A136 01 722410 76F8 02 FF" B_SUCI, GET_IDENTITY);
    calc_info("A002 0201 A146 80011B 8141" KEY_B_ALL);
    uicc_expect(&u, 0x9000, "A136 01 722410 76F8 02 1B" B_SUCI, GET_IDENTITY);
}

static void the_list_has_priorities(void **state)
{
    NEEDS_CARD();
    use_ephemeral(EPHEMERAL_B);
    calc_info("A006 020101020000 A14B 80011B 8121" KEY_B "80011E 8120" KEY_A);
    uicc_expect(&u, 0x9000, "A136 01 722410 76F8 02 1B" B_SUCI, GET_IDENTITY);
    use_ephemeral(EPHEMERAL_A);
    calc_info("A006 010202010000 A14B 80011B 8121" KEY_B "80011E 8120" KEY_A);
    uicc_expect(&u, 0x9000, "A135 01 722410 76F8 01 1E" A_SUCI, GET_IDENTITY);
    calc_info("A006 000001020201 A14B 80011B 8121" KEY_B "80011E 8120" KEY_A);
    uicc_expect(&u, 0x9000, NULL_SUCI, GET_IDENTITY);
    /* a scheme of the operator's own comes first */
    calc_info("A006 0C0201020000 A14B 80011B 8121" KEY_B "80011E 8120" KEY_A);
    uicc_expect(&u, 0x9000, "A135 01 722410 76F8 01 1E" A_SUCI, GET_IDENTITY);
}

/* Nothing that can be used: the identity stays in the card, unless the null scheme is allowed. */
static void keys_that_cannot_be_used(void **state)
{
    static const char *const infos[] = {
        "A002 0101",                        /* no keys */
        "A002 0102 A125 80011B 8120" KEY_A, /* not in the list */
        "A002 0100 A125 80011B 8120" KEY_A, /* counts from 1 */
        "A002 0101 A126 80011B 8121" KEY_B, /* a key of the other profile */
        "A002 0201 A125 80011B 8120" KEY_A, /* and the reverse */
        "A002 0301 A125 80011B 8120" KEY_A, /* an unknown scheme */
        "A002 0101 A125 80021B 8120" KEY_A, /* broken list */
        "A002 0101 A125 81011B 8020" KEY_A, /* in the wrong order */
        "A002 0101 A125 80011B 8120 00000000000000000000000000000000"
        "00000000000000000000000000000000", /* of small order */
        "A002 0201 A126 80011B 8121 020000000000000000000000000000000000000000"
        "000000000000000000000001", /* no point */
    };

    NEEDS_CARD();
    use_ephemeral(EPHEMERAL_A);
    for (size_t i = 0; i < COUNT(infos); i++) {
        char with_null[300];

        calc_info(infos[i]);
        uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
        snprintf(with_null, sizeof with_null, "A004 %.4s 0000 %s", infos[i] + 5, infos[i] + 9);
        calc_info(with_null);
        uicc_expect(&u, 0x9000, NULL_SUCI, GET_IDENTITY);
    }
    calc_info("A000");
    uicc_expect(&u, 0x9000, NULL_SUCI, GET_IDENTITY);
    calc_info("");
    uicc_expect(&u, 0x9000, NULL_SUCI, GET_IDENTITY);
}

/* With the card's own provider the ephemeral key is another each time. */
static void never_twice_the_same(void **state)
{
    uint8_t first[60];

    NEEDS_CARD();
    calc_info("A002 0101 A125 80011B 8120" KEY_A);
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    assert_int_equal(u.n, 2 + 0x35);
    memcpy(first, u.reply, u.n);
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    assert_memory_equal(first, u.reply, 10);
    assert_memory_not_equal(first + 10, u.reply + 10, 32);
    assert_memory_not_equal(first + 42, u.reply + 42, 5);
}

static slice text_of_reply(void)
{
    struct tlv t;

    assert_int_equal(der_one(slice_of(u.reply, u.n), &t), E_OK);
    assert_int_equal(t.tag, 0xA1);
    assert_int_equal(t.value.p[0], 0x11);
    return slice_skip(t.value, 1);
}

static void expect_text(const char *text)
{
    slice got = text_of_reply();

    assert_int_equal(got.n, strlen(text));
    assert_memory_equal(got.p, text, got.n);
}

static void nai(void **state)
{
    NEEDS_CARD();
    supi_is("80", "verylongusername1@3gpp.com");
    use_ephemeral(EPHEMERAL_A_NAI);
    calc_info("A002 0101 A125 80011B 8120" KEY_A);
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    expect_text("type1.rid678.schid1.hnkey27"
                ".ecckey977D8B2FDAA7B64AA700D04227D5B440630EA4EC50F9082273A26BB678C92222"
                ".cip8E358A1582ADB15322C10E515141D2039A.mac12E1D7783A97F1AC@3gpp.com");
    use_ephemeral(EPHEMERAL_B_NAI);
    calc_info("A002 0201 A126 8001FF 8121" KEY_B);
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    expect_text("type1.rid678.schid2.hnkey255"
                ".ecckey03759BB22C563D9F4A6B3C1419E543FC2F39D6823F02A9D71162B39399218B244B"
                ".cipBE22D8B9F856A52ED381CD7EAF4CF2D525.mac3CDDC61A0A7882EB@3gpp.com");
    calc_info("A002 0000");
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    expect_text("type1.rid678.schid0.useridverylongusername1@3gpp.com");
    put_file(0x5FC0, 0x4F0A, "F0FF0000");
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    expect_text("type1.rid0.schid0.useridverylongusername1@3gpp.com");
}

static void nai_of_any_length(void **state)
{
    char text[260];

    NEEDS_CARD();
    use_ephemeral(EPHEMERAL_A_NAI);
    calc_info("A002 0101 A125 80011B 8120" KEY_A);
    memset(text, 'x', sizeof text);
    for (size_t n = 1; n < 126; n++) {
        char nai_text[130];

        snprintf(nai_text, sizeof nai_text, "%.*s@a", (int)(n - 1), text);
        supi_is("80", nai_text);
        uicc_expect(&u, n == 1 ? 0x6A88 : 0x9000, NULL, GET_IDENTITY);
        if (n > 1) /* words, key, tag and realm, and two digits for each octet of the user part */
            assert_int_equal(text_of_reply().n, 27 + 71 + 4 + 2 * (n - 1) + 20 + 2);
    }
    supi_is("80", "no-realm");
    uicc_expect(&u, 0x9000, NULL, GET_IDENTITY);
    supi_is("80", "two@at@signs");
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
    supi_is("80", "with space@3gpp.com");
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
    supi_is("81", "line@3gpp.com"); /* a GLI */
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
    put_file(0x5FC0, 0x4F09, "80 FF");
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
}

static void refusals(void **state)
{
    NEEDS_CARD();
    calc_info("A002 0000");
    uicc_expect(&u, 0x9000, NULL_SUCI, GET_IDENTITY);
    uicc_expect(&u, 0x6A86, "", "8078000200"); /* the SUCI for NSWO */
    uicc_expect(&u, 0x6A86, "", "8078010100");
    uicc_expect(&u, 0x6700, "", "8078000101AA");
    put_file(0, 0x6F07, "08 294710FF");
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
    put_file(0, 0x6F07, "03 294710"); /* no MSIN */
    uicc_expect(&u, 0x6A88, "", GET_IDENTITY);
    uicc_expect(&u, 0x9000, "01", "0070000001"); /* no USIM selected there */
    uicc_expect(&u, 0x6985, "", "8178000100");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, profile)
    const struct CMUnitTest tests[] = {
        T(profile_a),
        T(profile_b),
        T(the_list_has_priorities),
        T(keys_that_cannot_be_used),
        T(never_twice_the_same),
        T(nai),
        T(nai_of_any_length),
        T(refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
