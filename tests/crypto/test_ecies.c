/*
 * ECIES of TS 33.501 Annex C.3. The implementers' test data of Annex C.4 pins it with the ephemeral
 * keys given there; what fresh keys seal is opened again with the home network's private keys,
 * step by step as Annex C.3.3 says.
 */
#include "crypto/ecies.h"
#include "crypto/hex.h"
#include "crypto/kdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HN_SECRET_A "C53C22208B61860B06C62E5406A7B330C2B577AA5558981510D128247D38BD1D"
#define HN_KEY_A    "5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650"
#define HN_SECRET_B "F1AB1074477EBCC7F554EA1C5FC368B1616730155E0041AC447D6301975FECDA"
#define HN_KEY_B    "0272DA71976234CE833A6907425867B82E074D44EF907DFB4B3E21C1C2256EBCD1"

static const struct crypto *real;
static struct crypto fixed;
static struct ec_scalar ephemeral;

static enum err fixed_agree(void *ctx, enum curve curve, const struct ec_point *peer,
                            struct ec_point *own, uint8_t z[SECRET_LEN])
{
    enum err err = real->public_of(ctx, curve, &ephemeral, own);

    return err ? err : real->agree(ctx, curve, &ephemeral, peer, z);
}

static enum err fixed_x25519(void *ctx, const struct x25519_key *peer, struct x25519_key *own,
                             uint8_t z[X25519_LEN])
{
    static const struct x25519_key base = { { 9 } };
    enum err err = real->x25519(ctx, &ephemeral, &base, own->b);

    return err ? err : real->x25519(ctx, &ephemeral, peer, z);
}

static int setup(void **state)
{
    (void)state;
    real = crypto_openssl();
    if (!real)
        return -1;
    fixed = *real;
    fixed.agree_fresh = fixed_agree;
    fixed.x25519_fresh = fixed_x25519;
    return 0;
}

static const struct {
    enum suci_scheme scheme;
    const char *network, *secret, *plain, *key, *cipher, *tag;
} annex_c4[] = {
    { SUCI_PROFILE_A, HN_KEY_A, /* C.4.3.1 */
      "C80949F13EBE61AF4EBDBD293EA4F942696B9E815D7E8F0096BBF6ED7DE62256", "00012080F6",
      "B2E92F836055A255837DEBF850B528997CE0201CB82ADFE4BE1F587D07D8457D", "CB02352410",
      "CDDD9E730EF3FA87" },
    { SUCI_PROFILE_A, HN_KEY_A, /* C.4.3.2 */
      "BE9EFF3E9F22A4B42A3D236E7A6C500B3F2E7E0C7449988BA800D664BF4FCD97",
      "766572796C6F6E67757365726E616D6531",
      "977D8B2FDAA7B64AA700D04227D5B440630EA4EC50F9082273A26BB678C92222",
      "8E358A1582ADB15322C10E515141D2039A", "12E1D7783A97F1AC" },
    { SUCI_PROFILE_B, HN_KEY_B, /* C.4.4.1 */
      "99798858A1DC6A2C68637149A4B1DBFD1FDFF5ADDD62A2142F06699ED7602529", "00012080F6",
      "039AAB8376597021E855679A9778EA0B67396E68C66DF32C0F41E9ACCA2DA9B9D1", "46A33FC271",
      "6AC7DAE96AA30A4D" },
    { SUCI_PROFILE_B, HN_KEY_B, /* C.4.4.2 */
      "90A5898BD29FFA3F261E00E980067C70A2B1B992A21F5B4FEF6D4DF69FE804AD",
      "766572796C6F6E67757365726E616D6531",
      "03759BB22C563D9F4A6B3C1419E543FC2F39D6823F02A9D71162B39399218B244B",
      "BE22D8B9F856A52ED381CD7EAF4CF2D525", "3CDDC61A0A7882EB" },
};

static void implementers_test_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(annex_c4); i++) {
        uint8_t network[PACKED_LEN], plain[17], cipher[17];
        size_t n = strlen(annex_c4[i].plain) / 2, key_n = strlen(annex_c4[i].network) / 2;
        struct ecies_sealed sealed;

        unhex(annex_c4[i].network, network, key_n);
        unhex(annex_c4[i].secret, ephemeral.b, sizeof ephemeral.b);
        unhex(annex_c4[i].plain, plain, n);
        assert_int_equal(ecies_seal(&fixed, annex_c4[i].scheme, slice_of(network, key_n),
                                    slice_of(plain, n), cipher, &sealed),
                         E_OK);
        assert_hex(slice_of(sealed.key, sealed.key_n), annex_c4[i].key);
        assert_hex(slice_of(cipher, n), annex_c4[i].cipher);
        assert_hex(SLICE_OF(sealed.tag), annex_c4[i].tag);
    }
}

static void open_as_the_network(const struct ecies_sealed *sealed, const uint8_t z[SECRET_LEN],
                                slice cipher, uint8_t *plain)
{
    slice info = slice_of(sealed->key, sealed->key_n);
    uint8_t keys[64], mac[DIGEST_LEN];

    assert_int_equal(kdf_x963(real, slice_of(z, SECRET_LEN), &info, 1, keys, sizeof keys), E_OK);
    assert_int_equal(crypto_hmac_sha256(real, slice_of(keys + 32, 32), &cipher, 1, mac), E_OK);
    assert_memory_equal(mac, sealed->tag, ECIES_TAG);
    assert_int_equal(crypto_aes_ctr(real, slice_of(keys, 16), keys + 16, cipher, plain), E_OK);
}

static void fresh_keys(void **state)
{
    static const slice plain = SLICE_LIT("user17");
    uint8_t network[PACKED_LEN], cipher[6], back[6], z[SECRET_LEN];
    struct ecies_sealed a, b;
    struct ec_scalar secret;
    struct x25519_key point_a;
    struct ec_point point_b;

    (void)state;
    unhex(HN_KEY_A, network, X25519_LEN);
    assert_int_equal(
        ecies_seal(real, SUCI_PROFILE_A, slice_of(network, X25519_LEN), plain, cipher, &a), E_OK);
    unhex(HN_SECRET_A, secret.b, sizeof secret.b);
    memcpy(point_a.b, a.key, sizeof point_a.b);
    assert_int_equal(crypto_x25519(real, &secret, &point_a, z), E_OK);
    open_as_the_network(&a, z, SLICE_OF(cipher), back);
    assert_memory_equal(back, plain.p, plain.n);
    unhex(HN_KEY_B, network, PACKED_LEN);
    assert_int_equal(ecies_seal(real, SUCI_PROFILE_B, SLICE_OF(network), plain, cipher, &a), E_OK);
    unhex(HN_SECRET_B, secret.b, sizeof secret.b);
    assert_int_equal(crypto_point_unpack(real, CURVE_P256, a.key, &point_b), E_OK);
    assert_int_equal(crypto_agree(real, CURVE_P256, &secret, &point_b, z), E_OK);
    open_as_the_network(&a, z, SLICE_OF(cipher), back);
    assert_memory_equal(back, plain.p, plain.n);
    assert_int_equal(ecies_seal(real, SUCI_PROFILE_B, SLICE_OF(network), plain, cipher, &b), E_OK);
    assert_memory_not_equal(a.key, b.key, PACKED_LEN);
}

static void refused(void **state)
{
    uint8_t network[POINT_LEN] = { 0 }, cipher[1];
    slice plain = SLICE_LIT("x");
    struct ecies_sealed s;

    (void)state;
    unhex(HN_KEY_A, network, X25519_LEN);
    assert_int_equal(
        ecies_seal(real, SUCI_PROFILE_A, slice_of(network, X25519_LEN), plain, cipher, &s), E_OK);
    for (size_t n = 0; n <= POINT_LEN; n++) {
        if (n != X25519_LEN)
            assert_int_equal(
                ecies_seal(real, SUCI_PROFILE_A, slice_of(network, n), plain, cipher, &s),
                E_BADKEY);
        assert_int_equal(ecies_seal(real, SUCI_PROFILE_B, slice_of(network, n), plain, cipher, &s),
                         E_BADKEY);
    }
    assert_int_equal(ecies_seal(real, SUCI_NULL, slice_of(network, X25519_LEN), plain, cipher, &s),
                     E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(implementers_test_data),
        cmocka_unit_test(fresh_keys),
        cmocka_unit_test(refused),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
