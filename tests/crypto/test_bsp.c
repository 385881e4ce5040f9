/*
 * X9.63 against a published vector (SEC/NIST CAVS), BSP and hashCc against the vectors that a
 * third-party SM-DP+ trace confirmed. The round trip at the end only proves symmetry.
 */
#include "crypto/bsp.h"
#include "crypto/hex.h"
#include "crypto/kdf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

static const struct crypto *c;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    return c ? 0 : -1;
}

/* NIST CAVS ansx963_2001, SHA-256, shared secret 192 bits, no and some SharedInfo. */
static void x963_vectors(void **state)
{
    uint8_t z[24], info[16], out[128];
    slice shared = SLICE_OF(info);

    (void)state;
    unhex("96C05619D56C328AB95FE84B18264B08725B85E33FD34F08", z, 24);
    assert_int_equal(kdf_x963(c, SLICE_OF(z), NULL, 0, out, 16), E_OK);
    assert_hex(slice_of(out, 16), "443024C3DAE66B95E6F5670601558F71");

    unhex("22518B10E70F2A3F243810AE3254139EFBEE04AA57C7AF7D", z, 24);
    unhex("75EEF81AA3041E33B80971203D2C0C52", info, 16);
    assert_int_equal(kdf_x963(c, SLICE_OF(z), &shared, 1, out, 128), E_OK);
    assert_hex(slice_of(out, 128),
               "C498AF77161CC59F2962B9A713E2B215152D139766CE34A776DF11866A69BF2E"
               "52A13D9C7C6FC878C50C5EA0BC7B00E0DA2447CFD874F6CF92F30D0097111485"
               "500C90C3AF8B487872D04685D14C8D1DC8D7FA08BEB0CE0ABABC11F0BD496269"
               "142D43525A78E5BC79A17F59676A5706DC54D54D4D1F0BD7E386128EC26AFC21");
    slice halves[] = { slice_head(shared, 5), slice_skip(shared, 5) };
    uint8_t again[128];

    assert_int_equal(kdf_x963(c, SLICE_OF(z), halves, 2, again, 128), E_OK);
    assert_memory_equal(again, out, 128);
}

static void session(struct bsp *bsp)
{
    uint8_t z[SECRET_LEN], eid[16];

    for (int i = 0; i < SECRET_LEN; i++)
        z[i] = (uint8_t)i;
    unhex("89049032123451234512345678901235", eid, 16);
    assert_int_equal(bsp_derive(bsp, c, z, SLICE_LIT("HOST0001"), SLICE_OF(eid)), E_OK);
}

static void replace_keys(struct bsp *bsp)
{
    struct aes128_key enc, mac;
    uint8_t chain[16];

    for (int i = 0; i < 16; i++) {
        chain[i] = (uint8_t)(0xA0 + i);
        enc.b[i] = (uint8_t)(0xB0 + i);
        mac.b[i] = (uint8_t)(0xC0 + i);
    }
    bsp_start(bsp, c, &enc, &mac, chain);
}

static void bsp_session_keys(void **state)
{
    struct bsp bsp;
    uint8_t z[SECRET_LEN] = { 0 }, eid[16] = { 0 };

    (void)state;
    session(&bsp);
    assert_hex(SLICE_OF(bsp.chain), "739A965221FFB7BC0860E02905080652");
    assert_hex(SLICE_OF(bsp.enc.b), "E0263C91F17008BF587C90769812589A");
    assert_hex(SLICE_OF(bsp.mac.b), "C18AA91CDB4A8AB9BEF019706F1B7931");
    assert_int_equal(bsp_derive(&bsp, c, z, SLICE_EMPTY, SLICE_OF(eid)), E_ARGUMENT);
    assert_int_equal(bsp_derive(&bsp, c, z, SLICE_LIT("12345678901234567"), SLICE_OF(eid)),
                     E_ARGUMENT);
    assert_int_equal(bsp_derive(&bsp, c, z, SLICE_LIT("1"), SLICE_LIT("890490321234512")),
                     E_ARGUMENT);
}

struct step {
    uint8_t tag;
    const char *plain, *tlv, *chain;
};

static const struct step steps[] = {
    { 0x87, "BF2400", "8718DD079068CC9A3321D6049F7D1C3C76DDB54D6DCDBFA45568",
      "B54D6DCDBFA455683F2C73B1B3486424" },
    { 0x88, "BF25185A0A980010325476981032149103414243920550726F6631",
      "8823BF25185A0A980010325476981032149103414243920550726F6631D06755E8925BD349",
      "D06755E8925BD34902541F2E952FDBD8" },
    { 0x87,
      "BF26368010A0A1A2A3A4A5A6A7A8A9AAABACADAEAF8110B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"
      "8210C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF",
      "8748FC2517D170BE39F846240B74345F2AF09ABAA1FEA36AFA8C159298A5AEBF527FC9712713FD938C8F"
      "E3D9B13B4B9C3F53658225F4C6B059A52532244F76C2648F7D18D9DBAFCD65F1",
      NULL },
};

static void check_step(struct bsp *sealer, struct bsp *opener, const struct step *s)
{
    uint8_t plain[128], out[256];
    size_t n, plain_n = strlen(s->plain) / 2;
    slice back;

    unhex(s->plain, plain, plain_n);
    assert_int_equal(bsp_seal(sealer, s->tag, slice_of(plain, plain_n), out, sizeof out, &n), E_OK);
    assert_hex(slice_of(out, n), s->tlv);
    if (s->chain)
        assert_hex(SLICE_OF(sealer->chain), s->chain);
    assert_int_equal(bsp_open(opener, s->tag, out, n, &back), E_OK);
    assert_int_equal(back.n, plain_n);
    assert_memory_equal(back.p, plain, plain_n);
    assert_memory_equal(opener->chain, sealer->chain, 16);
}

static void bsp_stream(void **state)
{
    static const struct step bound = { 0x86, "A003800103",
                                       "8618FCDD923C6B90A429526277D0575233E09E5EE073371848EB",
                                       NULL };
    static const struct step plain = { 0x86, "A003800103",
                                       "8618830EC4A251BB68B778791EB4482FCBAC574F80CEB66C86FD",
                                       NULL };
    struct bsp seal, open;

    (void)state;
    session(&seal);
    session(&open);
    for (size_t i = 0; i < COUNT(steps); i++)
        check_step(&seal, &open, &steps[i]);
    replace_keys(&seal);
    replace_keys(&open);
    check_step(&seal, &open, &bound);

    session(&seal);
    session(&open);
    check_step(&seal, &open, &steps[0]);
    check_step(&seal, &open, &steps[1]);
    check_step(&seal, &open, &plain);
    bsp_wipe(&open);
    assert_int_equal(open.enc.b[0] | open.mac.b[15] | open.chain[3], 0);
}

/* SGP.22 2.5.3: no TLV that we send is longer than 1020 octets. */
static void bsp_segment_sizes(void **state)
{
    static uint8_t plain[40000], out[42000];
    static const struct {
        uint8_t tag;
        size_t plain, tlv;
    } one[] = { { 0x86, 1007, 1020 }, { 0x87, 1007, 1020 }, { 0x86, 1008, 1036 },
                { 0x88, 1008, 1020 }, { 0x86, 0, 26 },      { 0x88, 0, 10 },
                { 0x86, 15, 26 },     { 0x86, 16, 42 },     { 0x86, 111, 122 },
                { 0x86, 112, 139 } };
    struct bsp bsp;
    size_t n;

    (void)state;
    for (size_t i = 0; i < COUNT(one); i++) {
        session(&bsp);
        n = 0;
        assert_int_equal(
            bsp_seal(&bsp, one[i].tag, slice_of(plain, one[i].plain), out, one[i].tlv - 1, &n),
            E_NOSPACE);
        assert_int_equal(bsp.counter, 1);
        assert_int_equal(
            bsp_seal(&bsp, one[i].tag, slice_of(plain, one[i].plain), out, one[i].tlv, &n), E_OK);
        assert_int_equal(n, one[i].tlv);
    }
    for (size_t len = 0; len < sizeof plain; len += 997) {
        for (uint8_t tag = 0x86; tag <= 0x88; tag += 2) {
            session(&bsp);
            assert_int_equal(bsp_seal_all(&bsp, tag, slice_of(plain, len), out, sizeof out, &n),
                             E_OK);
            assert_int_equal(n, bsp_sealed_len(tag, len));
            for (size_t at = 0; at < n;) {
                size_t header = out[at + 1] < 0x80 ? 2 : out[at + 1] == 0x81 ? 3 : 4;
                size_t body = header == 2   ? out[at + 1]
                              : header == 3 ? out[at + 2]
                                            : (size_t)out[at + 2] << 8 | out[at + 3];

                assert_true(header + body <= BSP_SEGMENT_MAX);
                at += header + body;
            }
        }
    }
}

/* What others send longer is still opened. */
static void bsp_open_accepts_longer(void **state)
{
    static uint8_t plain[2000], out[2100];
    struct bsp seal, open;
    size_t n;
    slice back;

    (void)state;
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)i;
    session(&seal);
    session(&open);
    for (size_t len = 900; len < sizeof plain; len += 108) {
        assert_int_equal(bsp_seal(&seal, 0x86, slice_of(plain, len), out, sizeof out, &n), E_OK);
        assert_int_equal(bsp_open(&open, 0x86, out, n, &back), E_OK);
        assert_true(slice_eq(back, slice_of(plain, len)));
    }
}

struct broken {
    const char *what;
    size_t at;
    uint8_t value;
    size_t cut; /* octets taken off the end */
    enum err expected;
};

static void bsp_open_refuses(void **state)
{
    /* 8718 .. of vector 1: 2 octets of header, 16 of data, 8 of MAC */
    static const struct broken rows[] = {
        { "tag", 0, 0x86, 0, E_TAG },
        { "length runs past the end", 1, 0x19, 0, E_TRUNCATED },
        { "length stops early", 1, 0x17, 0, E_TRAILING },
        { "indefinite length", 1, 0x80, 0, E_LENGTH },
        { "length of three octets", 1, 0x83, 0, E_LENGTH },
        { "first octet of data", 2, 0x00, 0, E_BADMAC },
        { "last octet of data", 17, 0x00, 0, E_BADMAC },
        { "last octet of MAC", 25, 0x00, 0, E_BADMAC },
        { "cut by one", 0, 0x87, 1, E_TRUNCATED },
        { "only the tag", 0, 0x87, 25, E_TRUNCATED },
    };
    uint8_t good[26], tlv[26];
    struct bsp bsp;
    slice plain;

    (void)state;
    unhex(steps[0].tlv, good, sizeof good);
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t *exact = malloc(sizeof good - rows[i].cut);

        memcpy(tlv, good, sizeof tlv);
        tlv[rows[i].at] = rows[i].value;
        memcpy(exact, tlv, sizeof good - rows[i].cut);
        session(&bsp);
        assert_int_equal(bsp_open(&bsp, 0x87, exact, sizeof good - rows[i].cut, &plain),
                         rows[i].expected);
        assert_null(plain.p);
        memcpy(tlv, good, sizeof tlv);
        assert_int_equal(bsp_open(&bsp, 0x87, tlv, sizeof tlv, &plain), E_STATE);
        free(exact);
    }
    session(&bsp);
    memcpy(tlv, good, sizeof tlv);
    assert_int_equal(bsp_open(&bsp, 0x87, tlv, sizeof tlv, &plain), E_OK);
    memcpy(tlv, good, sizeof tlv);
    assert_int_equal(bsp_open(&bsp, 0x87, tlv, sizeof tlv, &plain), E_BADMAC); /* replayed */
}

/* A valid MAC over data that is not whole blocks, or whose padding is wrong. */
static void bsp_open_refuses_bad_padding(void **state)
{
    struct bsp bsp;
    uint8_t tlv[64] = { 0x86, 24 }, iv[16], ctr[16] = { [15] = 1 }, mac[16];
    slice plain;

    (void)state;
    session(&bsp);
    assert_int_equal(crypto_aes_ecb(c, AES_ENCRYPT, SLICE_OF(bsp.enc.b), SLICE_OF(ctr), iv), E_OK);
    for (int last = 0; last < 2; last++) { /* 16 zeros; 15 zeros and 01 */
        slice parts[] = { SLICE_OF(bsp.chain), slice_of(tlv, 18) };

        memset(tlv + 2, 0, 16);
        tlv[17] = (uint8_t)last;
        assert_int_equal(
            crypto_aes_cbc(c, AES_ENCRYPT, SLICE_OF(bsp.enc.b), iv, slice_of(tlv + 2, 16), tlv + 2),
            E_OK);
        assert_int_equal(crypto_aes_cmac(c, SLICE_OF(bsp.mac.b), parts, 2, mac), E_OK);
        memcpy(tlv + 18, mac, 8);
        assert_int_equal(bsp_open(&bsp, 0x86, tlv, 26, &plain), E_SYNTAX);
        session(&bsp);
    }
    tlv[1] = 23;
    assert_int_equal(bsp_open(&bsp, 0x86, tlv, 25, &plain), E_LENGTH);
}

static void hash_cc_vector(void **state)
{
    uint8_t code[DIGEST_LEN], out[DIGEST_LEN], tid[16];

    (void)state;
    for (int i = 0; i < 16; i++)
        tid[i] = (uint8_t)(i + 1);
    assert_int_equal(confirmation_code_hash(c, SLICE_LIT("1234"), code), E_OK);
    assert_hex(SLICE_OF(code), "03AC674216F3E15C761EE1A5E255F067953623C8B388B4459E13F978D7C846F4");
    assert_int_equal(hash_cc(c, code, SLICE_OF(tid), out), E_OK);
    assert_hex(SLICE_OF(out), "94E57B8CDFE3EB0A8510F18898ADD0B1E67B48FAFD39892796D6F65F9CE3CC40");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(x963_vectors),
        cmocka_unit_test(bsp_session_keys),
        cmocka_unit_test(bsp_stream),
        cmocka_unit_test(bsp_segment_sizes),
        cmocka_unit_test(bsp_open_accepts_longer),
        cmocka_unit_test(bsp_open_refuses),
        cmocka_unit_test(bsp_open_refuses_bad_padding),
        cmocka_unit_test(hash_cc_vector),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
