/*
 * SCP03 against the vectors of pySim (tests/unittests/test_globalplatform.py, taken from a card):
 * three key lengths at levels 11, 03 and 33. Then on the card: sessions, levels, refusals, S16.
 */
#include "base/secret.h"
#include "euicc/ota/ota_lab.h"

#include "euicc/ota/ota_impl.h"

static struct uicc u;

#define SD "A000000151000000"

static int setup(void **state)
{
    (void)state;
    ota_card(&u, UICC_HALF);
    return 0;
}

/* ---- published ---- */

static const struct vector {
    uint8_t key_n;
    const char *host, *challenge, *card_cryptogram;
    const char *authenticate, *get_eid, *get_eid_answer;
    const char *cases[4]; /* of the four APDU cases, in this order after it */
} vectors[] = {
    { 16,
      "b13e5f938fc108c4",
      "3eb51047495b249f",
      "66c484c1d2ef1948",
      "84821100107d5f5826a993ebc89eea24957fa0b3ce",
      "84e291000ebf3e035c015a558d036518a28297",
      "bf3e125a1089882119900000000000000000000005971be68992dbbdfa",
      { "84f220020863a63f8959827fb2", "84ca006608a0c6a4a74166f7ce",
        "84f22002124f0212345c054f9f70c52249b50272656536", "84f280020a4f00e91443f6dce6b8ed" } },
    { 16,
      "8e1552d0513c60f3",
      "30760cd2c47c1dd3",
      "95065fe5ead8a9d7",
      "8482030010fd4721a14d9b07003c451d2f8ae6bb21",
      "84e2910018ca9c00f6713d79bc8baa642bdff51c3f6a4082d3bd9ad26c",
      "bf3e125a1089882119900000000000000000000005",
      { "84f2200208c9811b11f1264cf1", "84ca006608e10ab60b30547988",
        "84f22002184e2908bdb48b2315a55482e9e936ca122d6ecfae7d17416e",
        "84f28002180dd10a6b6193e5340b9e77d32d5a179cd710ac2773aefb28" } },
    { 16,
      "fdf38259a1e0de44",
      "3b1aca81e821f219",
      "081cdc01c26b372d",
      "84823300108c36f96bcc00724a4e13ad591d7da3f0",
      "84e2910018267a85dfe4a98fca6fb0527e0dfecce4914e40401433c87f",
      "f3ba2b1013aa6224f5e1c138d71805c569e5439b47576260b75fc021b25097cb2e68f8a0144975b9",
      { "84f2200208ac6a59024bed84cc", "84ca006608409912ad8fb7aed0",
        "84f22002185f3dafc3ac14c381536a488bf44e06d056df9d74dbd21e5a",
        "84f280021865165105be3373347d0424d4400af2ac393f569ec779389e" } },
    { 24,
      "9b3f2eef0e8c9374",
      "f6bb305a15bae1a6",
      "8f79fb08212fbed7",
      "84823300109100bc22d58b45b86a26365ce39ff3cf",
      "84e29100188f7f946c84f70d17994bc6e8791251bb1bb1bf02cf8de589",
      "c05176c1b6f72aae50c32cbee63b0e95998928fd4dfb2be9f27ffde8c8476f5909b4805cc4039599",
      { "84f2200208d5d97754b6b3d2ba", "84ca006608516c82b8e30adbeb",
        "84f2200218cc247f4761e6944277a4e0d6e32e44025b1e31537e2fc668",
        "84f2800218ba22b63d509bef5d093b43e5eaed03ed23144ab2d9cb51de" } },
    { 32,
      "97b2055fe58599fd",
      "a8439a22cedf045f",
      "a9f1903b2834f26e",
      "8482330010508a0fd959d2e547c6b33154a6be2057",
      "84e29100187a5ef717eaf1e135ae92fe54429d0e465decda65f5fe5aea",
      "ea90dbfa648a67c5eb6abc57f8530b97d0cd5647c5e8732016b55203b078dd2ace7f8bc5d1c1cd99",
      { "84f2200208bcc5c17275545d93", "84ca00660804806aba9d543bb6",
        "84f2200218717222491556ec81a45f49ce48be33320024801a1c4cb0e0",
        "84f2800218561f105bccd3a1642904b251ccc1228beb80a82370a86370" } },
};

/* Bytes 00.. and 10.., begun anew after 16. */
static struct ota_key static_key(uint8_t from, uint8_t n)
{
    struct ota_key key = { .type = KEY_TYPE_AES, .n = n };

    for (uint8_t i = 0; i < n; i++)
        key.octets[i] = (uint8_t)(from + i % 16);
    return key;
}

static struct apdu parsed(const char *hex, uint8_t *buf)
{
    struct apdu apdu;
    uint16_t sw;

    assert_true(apdu_parse(slice_of(buf, uicc_hex(hex, buf, 300)), false, &apdu, &sw));
    assert_true(apdu.secure);
    return apdu;
}

static void published(void **state)
{
    (void)state;
    static const char *const plain[] = { "", "", "4f0212345c054f9f70c5", "4f00" };

    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct ota_key enc = static_key(0x00, v->key_n), mac = static_key(0x10, v->key_n);
        struct scp03 s = { .phase = SCP03_INITIALIZED, .size = 8 };
        uint8_t host[8], challenge[8], cryptogram[16], wanted[64], buf[300], data[255];
        struct apdu apdu, inner;
        size_t n;

        uicc_hex(v->host, host, 8);
        uicc_hex(v->challenge, challenge, 8);
        assert_int_equal(
            scp03_derive(u.card, &s, &enc, &mac, SLICE_OF(host), SLICE_OF(challenge), cryptogram),
            E_OK);
        n = uicc_hex(v->card_cryptogram, wanted, sizeof wanted);
        assert_memory_equal(cryptogram, wanted, n);
        apdu = parsed(v->authenticate, buf);
        assert_int_equal(scp03_authenticate(u.card, &s, &apdu), SW_OK);
        apdu = parsed(v->get_eid, buf);
        assert_int_equal(scp03_open(u.card, &s, &apdu, data, &inner), SW_OK);
        assert_true(slice_eq(inner.data, SLICE_LIT("\xBF\x3E\x03\x5C\x01\x5A")));
        struct reply out = {
            .card = u.card, .p = u.card->io, .room = sizeof u.card->io, .sw = SW_OK
        };
        n = uicc_hex("bf3e125a1089882119900000000000000000000005", wanted, sizeof wanted);
        reply_put(&out, slice_of(wanted, n));
        scp03_close(u.card, &s, &out);
        n = uicc_hex(v->get_eid_answer, wanted, sizeof wanted);
        assert_true(slice_eq(slice_of(out.p, out.n), slice_of(wanted, n)));
        for (size_t c = 0; c < 4; c++) {
            apdu = parsed(v->cases[c], buf);
            assert_int_equal(scp03_open(u.card, &s, &apdu, data, &inner), SW_OK);
            n = uicc_hex(plain[c], wanted, sizeof wanted);
            assert_int_equal(inner.data.n, n);
            if (n)
                assert_memory_equal(inner.data.p, wanted, n);
        }
        apdu = parsed(v->cases[3], buf); /* once more: the chain has moved */
        assert_int_equal(scp03_open(u.card, &s, &apdu, data, &inner), SW_SECURITY);
        assert_int_equal(s.phase, SCP03_CLOSED);
    }
}

/* ---- on the card ---- */

/* The host's end, from the specification, with the provider only. */
struct host {
    uint8_t size, level, cla;
    uint8_t enc[16], mac[16], rmac[16], chain[16], card_cryptogram[16], cryptogram[16];
    uint32_t counter;
};

static void kdf(const uint8_t *key, uint8_t constant, slice context, uint8_t *out, size_t n)
{
    uint8_t in[64] = { 0 }, block[16];

    in[11] = constant;
    in[14] = (uint8_t)(n * 8);
    in[15] = 1;
    memcpy(in + 16, context.p, context.n);
    slice whole = slice_of(in, 16 + context.n);
    assert_int_equal(crypto_aes_cmac(crypto_openssl(), slice_of(key, 16), &whole, 1, block), E_OK);
    memcpy(out, block, n);
}

static void initialize(struct host *h, uint8_t size, uint32_t sequence)
{
    static const char *const challenges = "40A62C37FA6304F8 0102030405060708";
    struct ota_key enc = static_key(0x00, 16), mac = static_key(0x10, 16);
    uint8_t context[32], sd[3 + 8] = { 0, 0, (uint8_t)sequence }, challenge[16];

    *h = (struct host){ .size = size };
    uicc_hex(challenges, context, 16);
    uicc_hex(SD, sd + 3, 8);
    assert_int_equal(uicc_apdu(&u, size == 8 ? "8050300008 40A62C37FA6304F8"
                                             : "8050000010 40A62C37FA6304F8 0102030405060708"),
                     0x9000);
    assert_int_equal(u.n, 16 + 2 * size);
    assert_memory_equal(u.reply + 10, size == 8 ? "\x30\x03\x70" : "\x30\x03\x71", 3);
    assert_int_equal(u.reply[u.n - 1], sequence);
    kdf(enc.octets, 0x02, SLICE_OF(sd), challenge, size);
    assert_memory_equal(u.reply + 13, challenge, size);
    memcpy(context + size, challenge, size);
    slice both = slice_of(context, 2u * size);
    kdf(enc.octets, 0x04, both, h->enc, 16);
    kdf(mac.octets, 0x06, both, h->mac, 16);
    kdf(mac.octets, 0x07, both, h->rmac, 16);
    kdf(h->mac, 0x00, both, h->card_cryptogram, size);
    kdf(h->mac, 0x01, both, h->cryptogram, size);
    assert_memory_equal(u.reply + 13 + size, h->card_cryptogram, size);
}

/* head: INS P1 P2. Sends the command wrapped; data is in clear. */
static uint16_t wrapped(struct host *h, const char *head, slice data, uint8_t spoil)
{

    uint8_t c[300] = { 0x84 }, iv[16], block[16] = { 0 }, in[300], mac[16];
    size_t n = data.n;

    uicc_hex(head, c + 1, 3);
    if (n)
        memcpy(c + 5, data.p, n);
    if (h->level & 2 && n) {
        c[5 + n++] = 0x80;
        while (n % 16)
            c[5 + n++] = 0;
        block[15] = (uint8_t)(h->counter + 1);
        assert_int_equal(
            crypto_aes_ecb(crypto_openssl(), AES_ENCRYPT, SLICE_OF(h->enc), SLICE_OF(block), iv),
            E_OK);
        assert_int_equal(crypto_aes_cbc(crypto_openssl(), AES_ENCRYPT, SLICE_OF(h->enc), iv,
                                        slice_of(c + 5, n), c + 5),
                         E_OK);
    }

    c[4] = (uint8_t)(n + h->size);
    memcpy(in, h->chain, 16);
    memcpy(in + 16, c, 5 + n);
    slice whole = slice_of(in, 16 + 5 + n);
    assert_int_equal(crypto_aes_cmac(crypto_openssl(), SLICE_OF(h->mac), &whole, 1, mac), E_OK);
    memcpy(h->chain, mac, 16);
    memcpy(c + 5 + n, mac, h->size);
    c[5 + n] ^= spoil;
    c[0] |= h->cla;
    if (c[1] != 0x82)
        h->counter++;
    return uicc_send(&u, slice_of(c, 5 + n + h->size));
}

static void open_session(struct host *h, uint8_t size, uint8_t level, uint32_t sequence)
{
    char head[8];

    initialize(h, size, sequence);
    snprintf(head, sizeof head, "82%02X00", level);
    assert_int_equal(wrapped(h, head, slice_of(h->cryptogram, size), 0), 0x9000);
    h->level = level;
}

/* The answer in clear; asserts its MAC. */
static void unwrap(struct host *h, const char *hex)
{
    uint8_t in[400], mac[16], iv[16], block[16] = { 0x80 }, wanted[300];
    size_t n = u.n, m = uicc_hex(hex, wanted, sizeof wanted);

    if (h->level & 0x10) {
        assert_true(n >= h->size);
        n -= h->size;
        memcpy(in, h->chain, 16);
        memcpy(in + 16, u.reply, n);
        in[16 + n] = (uint8_t)(u.sw >> 8);
        in[17 + n] = (uint8_t)u.sw;
        slice whole = slice_of(in, 18 + n);
        assert_int_equal(crypto_aes_cmac(crypto_openssl(), SLICE_OF(h->rmac), &whole, 1, mac),
                         E_OK);
        assert_memory_equal(mac, u.reply + n, h->size);
    }
    if (h->level & 0x20 && n) {
        block[15] = (uint8_t)h->counter;
        assert_int_equal(
            crypto_aes_ecb(crypto_openssl(), AES_ENCRYPT, SLICE_OF(h->enc), SLICE_OF(block), iv),
            E_OK);
        assert_int_equal(crypto_aes_cbc(crypto_openssl(), AES_DECRYPT, SLICE_OF(h->enc), iv,
                                        slice_of(u.reply, n), u.reply),
                         E_OK);
        while (n && u.reply[n - 1] == 0)
            n--;
        assert_int_equal(u.reply[--n], 0x80);
    }
    assert_int_equal(n, m);
    assert_memory_equal(u.reply, wanted, n);
}

static void sessions(void **state)
{
    (void)state;
    static const uint8_t levels[] = { 0x01, 0x03, 0x11, 0x13, 0x33 };
    uint32_t sequence = 0;
    struct host h;

    for (uint8_t size = 8; size <= 16; size += 8)
        for (size_t i = 0; i < COUNT(levels); i++) {
            uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
            open_session(&h, size, levels[i], ++sequence);
            assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x9000);
            unwrap(&h, "6603010203");
            assert_int_equal(wrapped(&h, "F28000", SLICE_LIT("\x4F\x00"), 0), 0x9000);
            unwrap(&h, "08A0000001510000000F82");
            assert_int_equal(wrapped(&h, "F28000", SLICE_LIT("\x4F\x02\x01\x02"), 0), 0x6A88);
            assert_int_equal(u.n, 0); /* an error has no MAC */
            assert_int_equal(wrapped(&h, "CA0042", SLICE_NONE, 0), 0x9000);
            unwrap(&h, "42020A0B");
        }
    uicc_boot(&u); /* the counter of sessions is durable */
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
    initialize(&h, 8, sequence + 1);
}

static void refusals(void **state)
{
    (void)state;
    struct host h;

    uicc_expect(&u, 0x6882, "", "84CA006608 0000000000000000"); /* no domain there */
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
    uicc_expect(&u, 0x9000, "6603010203", "80CA006600"); /* public */
    uicc_expect(&u, 0x6982, "", "80F28002 02 4F00");
    uicc_expect(&u, 0x6982, "", "84CA006608 0000000000000000");
    uicc_expect(&u, 0x6D00, "", "00B0000001");
    uicc_expect(&u, 0x6985, "", "84821100 10 00000000000000000000000000000000");
    uicc_expect(&u, 0x6A88, "", "8050310008 40A62C37FA6304F8");
    uicc_expect(&u, 0x6A88, "", "8050010008 40A62C37FA6304F8"); /* not of this protocol */
    uicc_expect(&u, 0x6700, "", "8050300007 40A62C37FA6304");
    initialize(&h, 8, 1);
    h.cryptogram[0] ^= 1;
    assert_int_equal(wrapped(&h, "821100", slice_of(h.cryptogram, 8), 0), 0x6300);
    h.cryptogram[0] ^= 1;
    assert_int_equal(wrapped(&h, "821100", slice_of(h.cryptogram, 8), 0), 0x6985);
    initialize(&h, 8, 2);
    assert_int_equal(wrapped(&h, "821100", slice_of(h.cryptogram, 8), 1), 0x6982);
    initialize(&h, 8, 3);
    assert_int_equal(wrapped(&h, "823100", slice_of(h.cryptogram, 8), 0), 0x6A86);
    open_session(&h, 8, 0x33, 4);
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 1), 0x6982);
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x6982); /* it ended */
    open_session(&h, 8, 0x11, 5);
    uicc_expect(&u, 0x6982, "", "80CA006600"); /* what comes bare ends it */
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x6982);
    open_session(&h, 8, 0x11, 6);
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD); /* selected anew */
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x6982);
    open_session(&h, 8, 0x11, 7);
    card_reset(u.card);
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x6982);
}

/* On another channel: its number is not in the MAC. Closing the channel ends the session. */
static void on_a_channel(void **state)
{
    (void)state;
    struct host h;

    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
    open_session(&h, 8, 0x33, 1);
    uicc_expect(&u, 0x9000, "01", "0070000001");
    uicc_expect(&u, 0x9000, NULL, "01A40400 08 " SD);
    h.cla = 1;
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x6982); /* the session is not there */
    h.cla = 0;
    h.counter--;
    uicc_expect(&u, 0x9000, "", "00708001");
    uicc_expect(&u, 0x9000, NULL, "00A40400 08 " SD);
    open_session(&h, 8, 0x33, 2);
    assert_int_equal(wrapped(&h, "CA0066", SLICE_NONE, 0), 0x9000);
    unwrap(&h, "6603010203");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published),
        cmocka_unit_test_setup(sessions, setup),
        cmocka_unit_test_setup(refusals, setup),
        cmocka_unit_test_setup(on_a_channel, setup),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
