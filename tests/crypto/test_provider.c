/*
 * The provider against published vectors: FIPS 180-4 and RFC 4231, SP 800-38A, RFC 4493, the GCM
 * specification, RFC 6979 A.2.5 (verification) and RFC 5903 8.1 / RFC 7027 A.1 (agreement).
 *
 * Proves COM-005 (form and range of signatures) and COM-006 (received points).
 */
#include "crypto/hex.h"

#include "crypto/crypto.h"
#include "crypto/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct crypto *c;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    return c ? 0 : -1;
}

static void sha256_vectors(void **state)
{
    uint8_t out[DIGEST_LEN];
    struct hash_run run;

    (void)state;
    assert_int_equal(crypto_sha256(c, NULL, 0, out), E_OK);
    assert_hex(SLICE_OF(out), "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
    slice parts[] = { SLICE_LIT("a"), SLICE_NONE, SLICE_LIT("bc") };
    assert_int_equal(crypto_sha256(c, parts, COUNT(parts), out), E_OK);
    assert_hex(SLICE_OF(out), "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");

    memset(out, 0, sizeof out);
    assert_int_equal(hash_open(c, &run), E_OK);
    assert_int_equal(hash_add(&run, SLICE_LIT("ab")), E_OK);
    assert_int_equal(hash_add(&run, SLICE_LIT("c")), E_OK);
    assert_int_equal(hash_finish(&run, out), E_OK);
    assert_hex(SLICE_OF(out), "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
    assert_int_equal(hash_add(&run, SLICE_LIT("c")), E_STATE);
    hash_close(&run);
}

static void sha1_vector(void **state)
{
    uint8_t out[SHA1_LEN];

    (void)state;
    assert_int_equal(crypto_sha1(c, SLICE_LIT("abc"), out), E_OK);
    assert_hex(SLICE_OF(out), "A9993E364706816ABA3E25717850C26C9CD0D89D");
}

static void hmac_vectors(void **state)
{
    uint8_t out[DIGEST_LEN], key[131];
    slice parts[] = { SLICE_LIT("what do ya want "), SLICE_LIT("for nothing?") };
    slice large = SLICE_LIT("Test Using Larger Than Block-Size Key - Hash Key First");

    (void)state;
    assert_int_equal(crypto_hmac_sha256(c, SLICE_LIT("Jefe"), parts, 2, out), E_OK);
    assert_hex(SLICE_OF(out), "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843");
    memset(key, 0xAA, sizeof key);
    assert_int_equal(crypto_hmac_sha256(c, SLICE_OF(key), &large, 1, out), E_OK);
    assert_hex(SLICE_OF(out), "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54");
}

/* SP 800-38A F.1, F.2, F.5: first two blocks of each. */
static void aes_modes(void **state)
{
    uint8_t key[32], in[32], iv[16], ctr[16], out[32];
    slice k128 = { key, 16 }, k256 = { key, 32 }, two = SLICE_OF(in);

    (void)state;
    unhex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51", in, 32);
    unhex("000102030405060708090A0B0C0D0E0F", iv, 16);
    unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF", ctr, 16);

    unhex("2B7E151628AED2A6ABF7158809CF4F3C", key, 16);
    assert_int_equal(crypto_aes_ecb(c, AES_ENCRYPT, k128, two, out), E_OK);
    assert_hex(SLICE_OF(out), "3AD77BB40D7A3660A89ECAF32466EF97F5D3D58503B9699DE785895A96FDBAAF");
    assert_int_equal(crypto_aes_ecb(c, AES_DECRYPT, k128, SLICE_OF(out), out), E_OK);
    assert_memory_equal(out, in, 32);
    assert_int_equal(crypto_aes_cbc(c, AES_ENCRYPT, k128, iv, two, out), E_OK);
    assert_hex(SLICE_OF(out), "7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2");
    assert_int_equal(crypto_aes_cbc(c, AES_DECRYPT, k128, iv, SLICE_OF(out), out), E_OK);
    assert_memory_equal(out, in, 32);
    assert_int_equal(crypto_aes_ctr(c, k128, ctr, two, out), E_OK);
    assert_hex(SLICE_OF(out), "874D6191B620E3261BEF6864990DB6CE9806F66B7970FDFF8617187BB9FFFDFF");
    assert_int_equal(crypto_aes_ctr(c, k128, ctr, slice_head(two, 5), out), E_OK);
    assert_hex(slice_of(out, 5), "874D6191B6");

    unhex("603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", key, 32);
    assert_int_equal(crypto_aes_ecb(c, AES_ENCRYPT, k256, two, out), E_OK);
    assert_hex(SLICE_OF(out), "F3EED1BDB5D2A03C064B5A7E3DB181F8591CCB10D410ED26DC5BA74A31362870");
    assert_int_equal(crypto_aes_cbc(c, AES_ENCRYPT, k256, iv, two, out), E_OK);
    assert_hex(SLICE_OF(out), "F58C4C04D6E5F1BA779EABFB5F7BFBD69CFC4E967EDB808D679F777BC6702C7D");

    assert_int_equal(crypto_aes_cbc(c, AES_ENCRYPT, k256, iv, slice_head(two, 17), out), E_SIZE);
    assert_int_equal(crypto_aes_cbc(c, AES_ENCRYPT, slice_head(k256, 17), iv, two, out), E_SIZE);
    crypto_forget(c);
}

/* RFC 4493 chapter 4. */
static void cmac_vectors(void **state)
{
    uint8_t key[16], msg[64], out[16];
    static const struct {
        size_t n;
        const char *mac;
    } rows[] = {
        { 0, "BB1D6929E95937287FA37D129B756746" },
        { 16, "070A16B46B4D4144F79BDD9DD04A287C" },
        { 40, "DFA66747DE9AE63030CA32611497C827" },
        { 64, "51F0BEBF7E3B9D92FC49741779363CFE" },
    };

    (void)state;
    unhex("2B7E151628AED2A6ABF7158809CF4F3C", key, 16);
    unhex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
          "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710",
          msg, 64);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t cut = 0; cut <= rows[i].n; cut++) {
            slice parts[] = { { msg, cut }, { msg + cut, rows[i].n - cut } };

            assert_int_equal(crypto_aes_cmac(c, SLICE_OF(key), parts, 2, out), E_OK);
            assert_hex(SLICE_OF(out), rows[i].mac);
        }
    }
}

/* Longer than the gathering buffer: the parts give the same as the whole, for every length around.
 */
static void cmac_long(void **state)
{
    static uint8_t msg[1100];
    uint8_t key[16] = { 1, 2, 3 }, whole[16], parts_mac[16], cbc[1104], zero[16] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof msg; i++)
        msg[i] = (uint8_t)(i * 7);
    for (size_t n = 500; n < 1100; n++) {
        slice one = { msg, n }, parts[] = { { msg, 3 }, { msg + 3, 400 }, { msg + 403, n - 403 } };

        assert_int_equal(crypto_aes_cmac(c, SLICE_OF(key), &one, 1, whole), E_OK);
        assert_int_equal(crypto_aes_cmac(c, SLICE_OF(key), parts, 3, parts_mac), E_OK);
        assert_memory_equal(whole, parts_mac, 16);
    }
    /* By the definition: CBC-MAC of 1024 octets whose last block is masked with K1 = 2 * E(K, 0).
     */
    uint8_t l[16], carry;
    assert_int_equal(crypto_aes_ecb(c, AES_ENCRYPT, SLICE_OF(key), SLICE_OF(zero), l), E_OK);
    carry = l[0] >> 7;
    for (int i = 0; i < 16; i++)
        l[i] = (uint8_t)(l[i] << 1 | (i < 15 ? l[i + 1] >> 7 : 0));
    l[15] ^= carry ? 0x87 : 0;
    memcpy(cbc, msg, 1024);
    for (int i = 0; i < 16; i++)
        cbc[1008 + i] ^= l[i];
    assert_int_equal(crypto_aes_cbc(c, AES_ENCRYPT, SLICE_OF(key), zero, slice_of(cbc, 1024), cbc),
                     E_OK);
    assert_int_equal(crypto_aes_cmac(c, SLICE_OF(key), &(slice){ msg, 1024 }, 1, whole), E_OK);
    assert_memory_equal(whole, cbc + 1008, 16);
}

/* GCM specification (McGrew, Viega), test case 4. */
static void gcm_vector(void **state)
{
    uint8_t key[16], nonce[12], aad[20], plain[60], out[60], tag[16], back[60];

    (void)state;
    unhex("FEFFE9928665731C6D6A8F9467308308", key, 16);
    unhex("CAFEBABEFACEDBADDECAF888", nonce, 12);
    unhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2", aad, 20);
    unhex("D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA2E4C303D8A318A72"
          "1C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA637B39",
          plain, 60);
    assert_int_equal(crypto_aes_gcm_seal(c, SLICE_OF(key), SLICE_OF(nonce), SLICE_OF(aad),
                                         SLICE_OF(plain), out, tag),
                     E_OK);
    assert_hex(SLICE_OF(tag), "5BC94FBC3221A5DB94FAE95AE7121A47");
    assert_hex(slice_of(out, 16), "42831EC2217774244B7221B784D0D49C");
    assert_int_equal(crypto_aes_gcm_open(c, SLICE_OF(key), SLICE_OF(nonce), SLICE_OF(aad),
                                         SLICE_OF(out), tag, back),
                     E_OK);
    assert_memory_equal(back, plain, 60);
    aad[0] ^= 1;
    assert_int_equal(crypto_aes_gcm_open(c, SLICE_OF(key), SLICE_OF(nonce), SLICE_OF(aad),
                                         SLICE_OF(out), tag, back),
                     E_BADMAC);
    assert_int_equal(back[0] | back[59], 0);
}

/* RFC 6979 A.2.5: P-256, SHA-256, message "sample". */
#define RFC6979_X "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
#define RFC6979_Y "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
#define RFC6979_D "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"
#define RFC6979_R "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
#define RFC6979_S "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"

static void ecdsa_published_signature(void **state)
{
    struct ec_point point, derived;
    struct ec_scalar secret;
    struct public_key *key;
    uint8_t sig[SIG_LEN];
    slice sample = SLICE_LIT("sample"), other = SLICE_LIT("Sample");

    (void)state;
    unhex("04" RFC6979_X RFC6979_Y, point.b, POINT_LEN);
    unhex(RFC6979_R RFC6979_S, sig, SIG_LEN);
    unhex(RFC6979_D, secret.b, SCALAR_LEN);
    assert_int_equal(crypto_public_of(c, CURVE_P256, &secret, &derived), E_OK);
    assert_memory_equal(derived.b, point.b, POINT_LEN);
    assert_int_equal(key_open(c, CURVE_P256, &point, &key), E_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(key_verify(key, &sample, 1, SLICE_OF(sig)), E_OK);
    assert_int_equal(key_verify(key, &other, 1, SLICE_OF(sig)), E_BADSIG);
    assert_int_equal(key_verify(key, &sample, 1, SLICE_OF(sig)), E_OK);
    key_drop(key_hold(key));
    key_drop(key);
}

/* COM-005: only 64 octets with r and s in 1..n-1 are a signature. */
static void com_005_signature_form(void **state)
{
    struct ec_point point;
    struct public_key *key;
    uint8_t good[SIG_LEN + 1] = { 0 }, sig[SIG_LEN + 1];
    struct ec_sig parsed;
    slice sample = SLICE_LIT("sample");
    const uint8_t *n = curve_order(CURVE_P256);

    (void)state;
    unhex("04" RFC6979_X RFC6979_Y, point.b, POINT_LEN);
    unhex(RFC6979_R RFC6979_S, good, SIG_LEN);
    assert_int_equal(key_open(c, CURVE_P256, &point, &key), E_OK);
    assert_int_equal(key_verify(key, &sample, 1, slice_of(good, 64)), E_OK);
    assert_int_equal(key_verify(key, &sample, 1, slice_of(good, 63)), E_BADSIG);
    assert_int_equal(key_verify(key, &sample, 1, slice_of(good, 65)), E_BADSIG);
    assert_int_equal(key_verify(key, &sample, 1, SLICE_NONE), E_BADSIG);
    for (size_t half = 0; half < 64; half += 32) {
        memcpy(sig, good, sizeof sig);
        memset(sig + half, 0, 32);
        assert_int_equal(key_verify(key, &sample, 1, slice_of(sig, 64)), E_BADSIG);
        assert_int_equal(ec_sig_parse(slice_of(sig, 64), CURVE_P256, &parsed), E_BADSIG);
        memcpy(sig + half, n, 32);
        assert_int_equal(key_verify(key, &sample, 1, slice_of(sig, 64)), E_BADSIG);
        assert_int_equal(ec_sig_parse(slice_of(sig, 64), CURVE_P256, &parsed), E_BADSIG);
        sig[half + 31]--; /* n - 1 is in range: refused by the mathematics, not by its form */
        assert_int_equal(ec_sig_parse(slice_of(sig, 64), CURVE_P256, &parsed), E_OK);
        assert_int_equal(key_verify(key, &sample, 1, slice_of(sig, 64)), E_BADSIG);
        memset(sig + half, 0xFF, 32);
        assert_int_equal(ec_sig_parse(slice_of(sig, 64), CURVE_P256, &parsed), E_BADSIG);
    }
    assert_int_equal(ec_sig_parse(slice_of(good, 64), CURVE_OTHER, &parsed), E_UNSUPPORTED);
    key_drop(key);
}

/* COM-006: a point counts only when it has 65 octets, begins with 04 and is on its curve. */
static void com_006_received_point(void **state)
{
    uint8_t octets[POINT_LEN + 1] = { 0 }, z[SECRET_LEN], infinity[1] = { 0 };
    struct ec_point point, bad, own;
    struct ec_scalar secret;
    struct public_key *key;

    (void)state;
    unhex("04" RFC6979_X RFC6979_Y, octets, POINT_LEN);
    unhex(RFC6979_D, secret.b, SCALAR_LEN);
    assert_int_equal(ec_point_parse(slice_of(octets, 65), &point), E_OK);
    assert_int_equal(crypto_point_check(c, CURVE_P256, &point), E_OK);
    assert_int_equal(ec_point_parse(slice_of(octets, 64), &bad), E_BADKEY);
    assert_int_equal(ec_point_parse(slice_of(octets, 66), &bad), E_BADKEY);
    assert_int_equal(ec_point_parse(SLICE_OF(infinity), &bad), E_BADKEY);
    octets[0] = 0x02;
    assert_int_equal(ec_point_parse(slice_of(octets, 65), &bad), E_BADKEY);
    octets[0] = 0x06; /* hybrid form */
    assert_int_equal(ec_point_parse(slice_of(octets, 65), &bad), E_BADKEY);
    memset(octets + 1, 0, 64);
    octets[0] = 0x04;
    assert_int_equal(ec_point_parse(slice_of(octets, 65), &bad), E_OK);
    assert_int_equal(crypto_point_check(c, CURVE_P256, &bad), E_BADKEY);

    bad = point;
    bad.b[64] ^= 1;
    const struct ec_point *wrong[] = { &bad, &point };
    const enum curve on[] = { CURVE_P256, CURVE_BP256R1 }; /* right point, wrong curve */

    for (int i = 0; i < 2; i++) {
        assert_int_equal(crypto_point_check(c, on[i], wrong[i]), E_BADKEY);
        assert_int_equal(key_open(c, on[i], wrong[i], &key), E_BADKEY);
        assert_null(key);
        assert_int_equal(crypto_agree(c, on[i], &secret, wrong[i], z), E_BADKEY);
        assert_int_equal(crypto_agree_fresh(c, on[i], wrong[i], &own, z), E_BADKEY);
    }
    /* X >= p is another name of a point, not a point */
    memset(bad.b + 1, 0xFF, 32);
    assert_int_equal(crypto_point_check(c, CURVE_P256, &bad), E_BADKEY);
    assert_int_equal(crypto_point_check(c, CURVE_OTHER, &point), E_UNSUPPORTED);
}

struct agreement {
    enum curve curve;
    const char *d_a, *q_a, *d_b, *q_b, *z;
};

static const struct agreement agreements[] = {
    { CURVE_P256, /* RFC 5903 8.1 */
      "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
      "04DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
      "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
      "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
      "04D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
      "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
      "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
    { CURVE_BP256R1, /* RFC 7027 A.1 */
      "81DB1EE100150FF2EA338D708271BE38300CB54241D79950F77B063039804F1D",
      "0444106E913F92BC02A1705D9953A8414DB95E1AAA49E81D9E85F929A8E3100BE5"
      "8AB4846F11CACCB73CE49CBDD120F5A900A69FD32C272223F789EF10EB089BDC",
      "55E40BC41E37E3E2AD25C3C6654511FFA8474A91A0032087593852D3E7D76BD3",
      "048D2D688C6CF93E1160AD04CC4429117DC2C41825E1E9FCA0ADDD34E6F1B39F7B"
      "990C57520812BE512641E47034832106BC7D3E8DD0E4C7F1136D7006547CEC6A",
      "89AFC39D41D3B327814B80940B042590F96556EC91E6AE7939BCE31F3A18BF2B" },
};

static void agreement_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(agreements); i++) {
        const struct agreement *v = &agreements[i];
        struct ec_scalar a, b;
        struct ec_point pa, pb, derived;
        uint8_t z[SECRET_LEN];

        unhex(v->d_a, a.b, SCALAR_LEN);
        unhex(v->d_b, b.b, SCALAR_LEN);
        unhex(v->q_a, pa.b, POINT_LEN);
        unhex(v->q_b, pb.b, POINT_LEN);
        assert_int_equal(crypto_public_of(c, v->curve, &a, &derived), E_OK);
        assert_memory_equal(derived.b, pa.b, POINT_LEN);
        assert_int_equal(crypto_agree(c, v->curve, &a, &pb, z), E_OK);
        assert_hex(SLICE_OF(z), v->z);
        assert_int_equal(crypto_agree(c, v->curve, &b, &pa, z), E_OK);
        assert_hex(SLICE_OF(z), v->z);
    }
}

/* RFC 7748 6.1, and RFC 7748 6's peers whose order is small. */
static void x25519_vectors(void **state)
{
    struct ec_scalar a, b;
    struct x25519_key pa, pb, base = { { 9 } }, zero = { { 0 } }, one = { { 1 } }, own;
    uint8_t z[X25519_LEN], z2[X25519_LEN];

    (void)state;
    unhex("77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A", a.b, 32);
    unhex("5DAB087E624A8A4B79E17F8B83800EE66F3BB1292618B6FD1C2F8B27FF88E0EB", b.b, 32);
    assert_int_equal(crypto_x25519(c, &a, &base, pa.b), E_OK);
    assert_hex(SLICE_OF(pa.b), "8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A");
    assert_int_equal(crypto_x25519(c, &b, &base, pb.b), E_OK);
    assert_hex(SLICE_OF(pb.b), "DE9EDB7D7B7DC1B4D35B61C2ECE435373F8343C85B78674DADFC7E146F882B4F");
    assert_int_equal(crypto_x25519(c, &a, &pb, z), E_OK);
    assert_hex(SLICE_OF(z), "4A5D9D5BA4CE2DE1728E3BF480350F25E07E21C947D19E3376F09B3C1E161742");
    assert_int_equal(crypto_x25519(c, &b, &pa, z), E_OK);
    assert_hex(SLICE_OF(z), "4A5D9D5BA4CE2DE1728E3BF480350F25E07E21C947D19E3376F09B3C1E161742");
    assert_int_equal(crypto_x25519_fresh(c, &pa, &own, z), E_OK);
    assert_int_equal(crypto_x25519(c, &a, &own, z2), E_OK);
    assert_memory_equal(z, z2, sizeof z);
    assert_int_equal(crypto_x25519(c, &a, &zero, z), E_BADKEY);
    assert_int_equal(crypto_x25519(c, &a, &one, z), E_BADKEY);
    assert_int_equal(crypto_x25519_fresh(c, &zero, &own, z), E_BADKEY);
}

/* Both signs of y, from RFC 5903 8.1; an x without a point. */
static void packed_points(void **state)
{
    uint8_t packed[PACKED_LEN];
    struct ec_point point, back;

    (void)state;
    for (size_t i = 0; i < COUNT(agreements); i++) {
        for (int who = 0; who < 2; who++) {
            unhex(who ? agreements[i].q_b : agreements[i].q_a, point.b, POINT_LEN);
            ec_point_pack(&point, packed);
            assert_int_equal(packed[0], point.b[POINT_LEN - 1] & 1 ? 3 : 2);
            assert_int_equal(crypto_point_unpack(c, agreements[i].curve, packed, &back), E_OK);
            assert_memory_equal(back.b, point.b, POINT_LEN);
            packed[0] ^= 1;
            assert_int_equal(crypto_point_unpack(c, agreements[i].curve, packed, &back), E_OK);
            assert_memory_not_equal(back.b, point.b, POINT_LEN);
            assert_int_equal(crypto_point_check(c, agreements[i].curve, &back), E_OK);
            packed[0] = 4;
            assert_int_equal(crypto_point_unpack(c, agreements[i].curve, packed, &back), E_BADKEY);
        }
    }
    memset(packed, 0xFF, sizeof packed); /* beyond the field */
    packed[0] = 2;
    assert_int_equal(crypto_point_unpack(c, CURVE_P256, packed, &back), E_BADKEY);
    memset(packed + 1, 0, sizeof packed - 1);
    packed[PACKED_LEN - 1] = 1; /* 1 - 3 + b is no square */
    assert_int_equal(crypto_point_unpack(c, CURVE_P256, packed, &back), E_BADKEY);
    assert_int_equal(crypto_point_unpack(c, CURVE_OTHER, packed, &back), E_UNSUPPORTED);
}

/* Round trips (symmetry only): fresh pairs, both ways of agreeing, signing. */
static void fresh_keys(void **state)
{
    slice parts[] = { SLICE_LIT("one "), SLICE_LIT("two") };
    slice whole = SLICE_LIT("one two");

    (void)state;
    for (enum curve curve = CURVE_P256; curve <= CURVE_BP256R1; curve++) {
        struct ec_scalar secret;
        struct ec_point point, own;
        struct public_key *key;
        struct signer signer;
        struct ec_sig sig;
        uint8_t z[SECRET_LEN], z2[SECRET_LEN];

        assert_int_equal(crypto_key_pair(c, curve, &secret, &point), E_OK);
        assert_int_equal(crypto_agree_fresh(c, curve, &point, &own, z), E_OK);
        assert_int_equal(crypto_agree(c, curve, &secret, &own, z2), E_OK);
        assert_memory_equal(z, z2, sizeof z);
        assert_int_equal(signer_open(c, curve, &secret, &signer), E_OK);
        assert_memory_equal(signer.point.b, point.b, POINT_LEN);
        assert_int_equal(key_open(c, curve, &point, &key), E_OK);
        for (int i = 0; i < 20; i++) {
            assert_int_equal(signer_sign(&signer, c, parts, 2, &sig), E_OK);
            assert_int_equal(key_verify(key, &whole, 1, SLICE_OF(sig.b)), E_OK);
        }
        sig.b[40] ^= 4;
        assert_int_equal(key_verify(key, &whole, 1, SLICE_OF(sig.b)), E_BADSIG);
        signer_close(&signer);
        signer_close(&signer);
        assert_int_equal(signer_sign(&signer, c, parts, 2, &sig), E_STATE);
        key_drop(key);
    }
    struct ec_scalar zero = { { 0 } };
    struct signer none;

    assert_int_equal(signer_open(c, CURVE_P256, &zero, &none), E_BADKEY);
    memcpy(zero.b, curve_order(CURVE_P256), SCALAR_LEN);
    assert_int_equal(signer_open(c, CURVE_P256, &zero, &none), E_BADKEY);
}

static void key_files(void **state)
{
    char path[] = "/tmp/dunlin-key-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    for (enum curve curve = CURVE_P256; curve <= CURVE_BP256R1; curve++) {
        struct ec_scalar secret, back;
        struct ec_point point;
        struct signer signer;
        struct stat st;
        enum curve read;

        assert_int_equal(unlink(path), 0);
        assert_int_equal(key_read_file(path, &read, &back), E_NOTFOUND);
        assert_int_equal(crypto_key_pair(c, curve, &secret, &point), E_OK);
        assert_int_equal(key_write_file(c, path, curve, &secret), E_OK);
        assert_int_equal(key_write_file(c, path, curve, &secret), E_EXISTS);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(key_read_file(path, &read, &back), E_OK);
        assert_int_equal(read, curve);
        assert_memory_equal(back.b, secret.b, SCALAR_LEN);
        assert_int_equal(signer_open_file(c, path, &signer), E_OK);
        assert_memory_equal(signer.point.b, point.b, POINT_LEN);
        signer_close(&signer);
    }
    unlink(path);
    enum curve curve;
    struct ec_scalar secret;

    assert_int_equal(key_read_pem(SLICE_LIT("-----BEGIN EC PRIVATE KEY-----\n"), &curve, &secret),
                     E_SYNTAX);
    assert_int_equal(key_read_pem(SLICE_EMPTY, &curve, &secret), E_SYNTAX);
}

/* The SGP.26 files: SEC1 after a block of parameters. */
static void sgp26_keys(void **state)
{
    static const char *const files[] = { "eUICC/SK_EUICC_ECDSA_NIST.pem",
                                         "eUICC/SK_EUICC_ECDSA_BRP.pem",
                                         "DPauth/SK_S_SM_DPauth_ECDSA_NIST.pem",
                                         "DPtls/SK_S_SM_DP8_TLS.pem" };

    (void)state;
    if (access("../shared/data/sgp26", R_OK) != 0) {
        print_message("skipped: ../shared/data/sgp26 is not there\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[128];
        struct signer signer;

        snprintf(path, sizeof path, "../shared/data/sgp26/%s", files[i]);
        assert_int_equal(signer_open_file(c, path, &signer), E_OK);
        assert_int_equal(signer.curve, strstr(files[i], "BRP") ? CURVE_BP256R1 : CURVE_P256);
        signer_close(&signer);
    }
}

struct shared_keys {
    struct signer signer;
    struct public_key *key;
};

static void *hammer(void *arg)
{
    struct shared_keys *s = arg;

    for (int i = 0; i < 100; i++) {
        slice msg = { (const uint8_t *)&i, sizeof i };
        struct ec_sig sig;

        if (signer_sign(&s->signer, c, &msg, 1, &sig) ||
            key_verify(s->key, &msg, 1, SLICE_OF(sig.b)))
            return arg;
    }
    return NULL;
}

static void one_key_many_threads(void **state)
{
    struct shared_keys s;
    struct ec_scalar secret;
    struct ec_point point;
    pthread_t thread[12]; /* more than a key keeps contexts */

    (void)state;
    assert_int_equal(crypto_key_pair(c, CURVE_P256, &secret, &point), E_OK);
    assert_int_equal(signer_open(c, CURVE_P256, &secret, &s.signer), E_OK);
    assert_int_equal(key_open(c, CURVE_P256, &point, &s.key), E_OK);
    for (size_t i = 0; i < COUNT(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hammer, &s), 0);
    for (size_t i = 0; i < COUNT(thread); i++) {
        void *fault;

        pthread_join(thread[i], &fault);
        assert_null(fault);
    }
    signer_close(&s.signer);
    key_drop(s.key);
}

/* SP 800-67 B.1 (first block: CBC with IV 0 is ECB there); two keys are K1 K2 K1. */
static void triple_des(void **state)
{
    static const uint8_t iv[DES_BLOCK];
    uint8_t key[24], in[16], out[16], two[16];

    (void)state;
    unhex("0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123", key, sizeof key);
    memcpy(in, "The qufck brown ", sizeof in);
    assert_int_equal(
        crypto_des3_cbc(c, AES_ENCRYPT, SLICE_OF(key), iv, slice_of(in, DES_BLOCK), out), E_OK);
    assert_hex(slice_of(out, DES_BLOCK), "A826FD8CE53B855F");
    assert_int_equal(crypto_des3_cbc(c, AES_ENCRYPT, SLICE_OF(key), iv, SLICE_OF(in), out), E_OK);
    assert_int_equal(crypto_des3_cbc(c, AES_DECRYPT, SLICE_OF(key), iv, SLICE_OF(out), out), E_OK);
    assert_memory_equal(in, out, sizeof in);
    memcpy(key + 16, key, 8);
    assert_int_equal(crypto_des3_cbc(c, AES_ENCRYPT, SLICE_OF(key), iv, SLICE_OF(in), out), E_OK);
    assert_int_equal(crypto_des3_cbc(c, AES_ENCRYPT, slice_of(key, 16), iv, SLICE_OF(in), two),
                     E_OK);
    assert_memory_equal(two, out, sizeof two);
    assert_int_equal(crypto_des3_cbc(c, AES_ENCRYPT, slice_of(key, 8), iv, SLICE_OF(in), out),
                     E_SIZE);
    assert_int_equal(crypto_des3_cbc(c, AES_ENCRYPT, SLICE_OF(key), iv, slice_of(in, 9), out),
                     E_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_vectors),
        cmocka_unit_test(sha1_vector),
        cmocka_unit_test(hmac_vectors),
        cmocka_unit_test(aes_modes),
        cmocka_unit_test(cmac_vectors),
        cmocka_unit_test(cmac_long),
        cmocka_unit_test(triple_des),
        cmocka_unit_test(gcm_vector),
        cmocka_unit_test(ecdsa_published_signature),
        cmocka_unit_test(com_005_signature_form),
        cmocka_unit_test(com_006_received_point),
        cmocka_unit_test(agreement_vectors),
        cmocka_unit_test(x25519_vectors),
        cmocka_unit_test(packed_points),
        cmocka_unit_test(fresh_keys),
        cmocka_unit_test(key_files),
        cmocka_unit_test(sgp26_keys),
        cmocka_unit_test(one_key_many_threads),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
