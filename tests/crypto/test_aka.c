/*
 * Milenage: TS 35.208 test set 1. TUAK: TS 35.233 test set 1. The test algorithm: worked by hand
 * from TS 34.108 8.1.2. Keccak: the published permutation of zeros, and SHA3-256 of nothing.
 */
#include "crypto/aka.h"
#include "crypto/hex.h"
#include "crypto/keccak.h"
#include "crypto/milenage.h"
#include "crypto/tuak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct crypto *c;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    return c ? 0 : -1;
}

static void keccak_vectors(void **state)
{
    uint8_t s[KECCAK_LEN] = { 0 };

    (void)state;
    keccak_f1600(s);
    assert_hex(slice_of(s, 32), "E7DDE140798F25F18A47C033F9CCD584EEA95AA61E2698D54D49806F304715BD");
    memset(s, 0, sizeof s);
    s[0] = 0x06;
    s[135] = 0x80;
    keccak_f1600(s);
    assert_hex(slice_of(s, 32), "A7FFC6F8BF1ED76651C14756A061D662F580FF4DE43B49FA82D80A4B80F8434A");
}

static struct aka_params milenage_set1(uint8_t rand[16], uint8_t sqn[6], uint8_t amf[2])
{
    struct aka_params p = { .algorithm = AKA_MILENAGE, .key_len = 16 };
    uint8_t op[16];

    memcpy(p.rotation, AKA_DEFAULT_ROTATION, sizeof p.rotation);
    memcpy(p.xoring, AKA_DEFAULT_XORING, sizeof p.xoring);
    unhex("465B5CE8B199B49FAA5F0A2EE238A6BC", p.key, 16);
    unhex("23553CBE9637A89D218AE64DAE47BF35", rand, 16);
    unhex("FF9BB4D0B607", sqn, 6);
    unhex("B9B9", amf, 2);
    unhex("CDC202D5123E20F62B6D676AC72CB318", op, 16);
    assert_int_equal(milenage_opc(c, p.key, op, p.opc), E_OK);
    assert_hex(slice_of(p.opc, 16), "CD63CB71954A9F4E48A5994E37A02BAF");
    return p;
}

static void milenage_vector(void **state)
{
    uint8_t rand[16], sqn[6], amf[2], ak[6], autn[16], auts[14], kc[8], sres[4];
    struct aka_params p = milenage_set1(rand, sqn, amf);
    struct aka_keys keys;
    struct aka_mac mac;

    (void)state;
    assert_int_equal(aka_f1(c, &p, rand, sqn, amf, &mac), E_OK);
    assert_hex(slice_of(mac.b, mac.n), "4A9FFAC354DFAFB3");
    assert_int_equal(aka_f1_star(c, &p, rand, sqn, amf, &mac), E_OK);
    assert_hex(slice_of(mac.b, mac.n), "01CFAF9EC4E871E9");
    assert_int_equal(aka_f2345(c, &p, rand, &keys), E_OK);
    assert_hex(slice_of(keys.res, keys.res_n), "A54211D5E3BA50BF");
    assert_hex(slice_of(keys.ck, keys.ck_n), "B40BA9A3C58B2A05BBF0D987B21BF8CB");
    assert_hex(slice_of(keys.ik, keys.ik_n), "F769BCD751044604127672711C6D3441");
    assert_hex(SLICE_OF(keys.ak), "AA689C648370");
    assert_int_equal(aka_f5_star(c, &p, rand, ak), E_OK);
    assert_hex(SLICE_OF(ak), "451E8BECA43B");
    assert_int_equal(aka_autn(c, &p, rand, sqn, amf, autn), E_OK);
    assert_hex(SLICE_OF(autn), "55F328B43577B9B94A9FFAC354DFAFB3");
    assert_int_equal(aka_auts(c, &p, rand, sqn, auts), E_OK);
    assert_hex(SLICE_OF(auts), "BA853F3C123CCF44E93596E355C6");
    assert_int_equal(aka_kc(&keys, kc), E_OK);
    assert_hex(SLICE_OF(kc), "EAE4BE823AF9A08B");
    aka_sres(&keys, sres);
    assert_hex(SLICE_OF(sres), "46F8416A");
}

/* r counts bits: with OPc = 0 and c = 0 and RAND chosen so that TEMP is 1, OUT shows the rotation.
 */
static void milenage_rotates_bits(void **state)
{
    struct aka_params p = { .algorithm = AKA_MILENAGE, .key_len = 16, .key = { 1 } };
    uint8_t one[16] = { [15] = 1 }, rand[16], out[64], in[16];

    (void)state;
    assert_int_equal(crypto_aes_ecb(c, AES_DECRYPT, slice_of(p.key, 16), SLICE_OF(one), rand),
                     E_OK);
    static const uint8_t turns[4] = { 0, 1, 13, 127 };
    static const char *const expected[4] = { "00000000000000000000000000000001",
                                             "00000000000000000000000000000002",
                                             "00000000000000000000000000002000",
                                             "80000000000000000000000000000000" };
    memcpy(p.rotation + 1, turns, 4);
    assert_int_equal(milenage_f2345(c, &p, rand, out), E_OK);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            crypto_aes_ecb(c, AES_DECRYPT, slice_of(p.key, 16), slice_of(out + 16 * i, 16), in),
            E_OK);
        assert_hex(SLICE_OF(in), expected[i]);
    }
}

static void tuak_vector(void **state)
{
    struct aka_params p = {
        .algorithm = AKA_TUAK, .key_len = 16, .options = 0x08, .iterations = 1
    };
    uint8_t rand[16], sqn[6], amf[2] = { 0xFF, 0xFF }, top[32], ak[6];
    struct aka_keys keys;
    struct aka_mac mac;

    (void)state;
    memset(p.key, 0xAB, 16);
    memset(rand, 0x42, 16);
    memset(sqn, 0x11, 6);
    memset(top, 0x55, 32);
    assert_int_equal(tuak_topc(slice_of(p.key, 16), top, 1, p.opc), E_OK);
    assert_hex(SLICE_OF(p.opc), "BD04D9530E87513C5D837AC2AD954623A8E2330C115305A73EB45D1F40CCCBFF");
    assert_int_equal(aka_f1(c, &p, rand, sqn, amf, &mac), E_OK);
    assert_hex(slice_of(mac.b, mac.n), "F9A54E6AEAA8618D");
    assert_int_equal(aka_f1_star(c, &p, rand, sqn, amf, &mac), E_OK);
    assert_hex(slice_of(mac.b, mac.n), "E94B4DC6C7297DF3");
    assert_int_equal(aka_f2345(c, &p, rand, &keys), E_OK);
    assert_hex(slice_of(keys.res, keys.res_n), "657ACD64");
    assert_hex(slice_of(keys.ck, keys.ck_n), "D71A1E5C6CAFFE986A26F783E5C78BE1");
    assert_hex(slice_of(keys.ik, keys.ik_n), "BE849FA2564F869AECEE6F62D4337E72");
    assert_hex(SLICE_OF(keys.ak), "719F1E9B9054");
    assert_int_equal(aka_f5_star(c, &p, rand, ak), E_OK);
    assert_hex(SLICE_OF(ak), "E7AF6B3D0E38");
}

/* The sizes of the options come out, and every one of them changes the result (INSTANCE). */
static void tuak_sizes(void **state)
{
    struct aka_params p = { .algorithm = AKA_TUAK, .key_len = 32, .iterations = 2 };
    uint8_t rand[16] = { 7 }, sqn[6] = { 0 }, amf[2] = { 0 };
    static const struct {
        uint8_t options, res, mac, ck;
    } rows[] = {
        { 0x08, 4, 8, 16 }, { 0x11, 8, 16, 16 }, { 0x22, 16, 32, 16 }, { 0x4C, 32, 8, 32 }
    };
    uint8_t first[COUNT(rows)][4];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct aka_keys keys;
        struct aka_mac mac;

        p.options = rows[i].options;
        assert_int_equal(aka_f2345(c, &p, rand, &keys), E_OK);
        assert_int_equal(aka_f1(c, &p, rand, sqn, amf, &mac), E_OK);
        assert_int_equal(keys.res_n, rows[i].res);
        assert_int_equal(mac.n, rows[i].mac);
        assert_int_equal(keys.ck_n, rows[i].ck);
        memcpy(first[i], keys.res, 4);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(first[i], first[j], 4);
    }
    uint8_t kc[8];
    struct aka_keys keys;

    assert_int_equal(aka_f2345(c, &p, rand, &keys), E_OK);
    assert_int_equal(aka_kc(&keys, kc), E_RANGE);
}

static void xor_vector(void **state)
{
    struct aka_params p = { .algorithm = AKA_XOR, .key_len = 16, .options = 0x02 };
    uint8_t rand[16], sqn[6] = { [5] = 0x21 }, amf[2] = { 0x80, 0 }, zero[6] = { 0 };
    uint8_t autn[16], auts[14], kc[8], sres[4];
    struct aka_keys keys;

    (void)state;
    for (int i = 0; i < 16; i++)
        p.key[i] = (uint8_t)i;
    unhex("23553CBE9637A89D218AE64DAE47BF35", rand, 16);
    assert_int_equal(aka_autn(c, &p, rand, sqn, amf, autn), E_OK);
    assert_hex(SLICE_OF(autn), "BD9232AE9A08800023543EBD92132E9A");
    assert_int_equal(aka_f2345(c, &p, rand, &keys), E_OK);
    assert_hex(slice_of(keys.res, keys.res_n), "23543EBD9232AE9A2983EC46A24AB13A");
    assert_hex(slice_of(keys.ck, keys.ck_n), "543EBD9232AE9A2983EC46A24AB13A23");
    assert_hex(slice_of(keys.ik, keys.ik_n), "3EBD9232AE9A2983EC46A24AB13A2354");
    aka_sres(&keys, sres);
    assert_hex(SLICE_OF(sres), "3AAFCD5B");
    assert_int_equal(aka_kc(&keys, kc), E_OK);
    assert_hex(SLICE_OF(kc), "0529CB4867BFAADD");
    assert_int_equal(aka_auts(c, &p, rand, zero, auts), E_OK);
    assert_hex(SLICE_OF(auts), "BD9232AE9A2923543EBD9232AE9A");
}

static void parameters_are_checked(void **state)
{
    static const struct {
        struct aka_params p;
        enum err expected;
    } rows[] = {
        { { .algorithm = AKA_MILENAGE, .key_len = 16 }, E_OK },
        { { .algorithm = AKA_MILENAGE, .key_len = 32 }, E_RANGE },
        { { .algorithm = AKA_MILENAGE, .key_len = 16, .rotation = { 128 } }, E_RANGE },
        { { .algorithm = AKA_TUAK, .key_len = 32, .options = 0x08, .iterations = 1 }, E_OK },
        { { .algorithm = AKA_TUAK, .key_len = 24, .options = 0x08, .iterations = 1 }, E_RANGE },
        { { .algorithm = AKA_TUAK, .key_len = 16, .options = 0x00, .iterations = 1 }, E_RANGE },
        { { .algorithm = AKA_TUAK, .key_len = 16, .options = 0x0B, .iterations = 1 }, E_RANGE },
        { { .algorithm = AKA_TUAK, .key_len = 16, .options = 0x08, .iterations = 0 }, E_RANGE },
        { { .algorithm = AKA_XOR, .key_len = 16, .options = 0x02 }, E_OK },
        { { .algorithm = AKA_XOR, .key_len = 16, .options = 0x04 }, E_RANGE },
        { { .key_len = 16 }, E_UNSUPPORTED },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(aka_check(&rows[i].p), rows[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keccak_vectors),
        cmocka_unit_test(milenage_vector),
        cmocka_unit_test(milenage_rotates_bits),
        cmocka_unit_test(tuak_vector),
        cmocka_unit_test(tuak_sizes),
        cmocka_unit_test(xor_vector),
        cmocka_unit_test(parameters_are_checked),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
