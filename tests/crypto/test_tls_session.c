/* The provider's TLS client against OpenSSL's own server: both see octets only. */
#include "crypto/tls_session.h"

#include "crypto/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t psk[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static struct {
    unsigned asked;
    size_t count;
    enum err answer;
    slice leaf;
} trust;

static enum err believe(void *ctx, const slice *chain, size_t count)
{
    assert_ptr_equal(ctx, &trust);
    trust.asked++;
    trust.count = count;
    assert_true(!trust.leaf.p || slice_eq(chain[0], trust.leaf));
    return trust.answer;
}

static const struct tls_session_options with_certificate = { .name = SLICE_LIT("server.test"),
                                                             .believe = believe,
                                                             .ctx = &trust };

/* One octet of what the server or the client sends: flipped, or the first that is lost. */
struct damage {
    bool of_server, cut;
    size_t at;
    bool hit;
    bool in_version; /* it fell on the version in front of a record: nothing depends on it */
};

/* Where in a record the next octet stands. */
struct framing {
    size_t at, length;
};

static size_t frame(struct framing *f, uint8_t octet)
{
    size_t at = f->at++;

    if (at == 3 || at == 4)
        f->length = (f->length << 8 | octet) & 0xFFFF;
    if (at >= 4 && at == 4 + f->length)
        *f = (struct framing){ 0, 0 };
    return at;
}

/* Octets back and forth until both are silent, in pieces of this size. The client's last word. */
static enum err talk(struct tls_session *s, struct tls_peer *p, size_t piece, struct damage *damage)
{
    struct framing framing = { 0, 0 };
    size_t moved[2] = { 0, 0 };
    uint8_t octets[4096];
    enum err err = E_OK;

    for (;;) {
        size_t n = tls_session_drain(s, octets, piece), m;

        for (size_t i = 0; damage && !damage->of_server && i < n; i++)
            if (moved[0] + i == damage->at)
                octets[i] ^= 0x55;
        moved[0] += n;
        if (n)
            (void)tls_peer_feed(p, slice_of(octets, n));
        m = tls_peer_drain(p, octets, piece);
        for (size_t i = 0; damage && damage->of_server && i < m; i++) {
            size_t at = frame(&framing, octets[i]);

            if (moved[1] + i != damage->at)
                continue;
            damage->hit = true;
            damage->in_version = at == 1 || at == 2;
            if (damage->cut)
                m = i;
            else
                octets[i] ^= 0x55;
        }
        if (damage && damage->cut && moved[1] >= damage->at)
            m = 0;
        moved[1] += m;
        err = m ? tls_session_feed(s, slice_of(octets, m)) : err;
        if (!n && !m)
            return err;
    }
}

static struct tls_session *open_to(struct tls_peer *p, const struct tls_session_options *o)
{
    struct tls_session *s;

    memset(&trust, 0, sizeof trust);
    trust.leaf = slice_of(p->leaf, p->leaf_n);
    assert_int_equal(tls_session_open(crypto_openssl(), o, &s), E_OK);
    assert_int_equal(tls_session_state(s), TLS_SESSION_SHAKING);
    assert_true(tls_session_waiting(s) > 0);
    assert_int_equal(tls_session_write(s, SLICE_LIT("early")), E_STATE);
    return s;
}

/* Some data each way, and both ends. */
static void converse(struct tls_session *s, struct tls_peer *p, size_t piece)
{
    static uint8_t big[40000];
    uint8_t octets[1000];
    size_t n, got = 0;

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + i / 251);
    assert_int_equal(tls_session_write(s, SLICE_LIT("ping")), E_OK);
    assert_int_equal(talk(s, p, piece, NULL), E_OK);
    assert_int_equal(tls_peer_read(p, octets, sizeof octets), 4);
    assert_memory_equal(octets, "ping", 4);
    tls_peer_write(p, slice_of(big, sizeof big));
    tls_peer_end(p);
    assert_int_equal(talk(s, p, piece, NULL), E_OK);
    assert_int_equal(tls_session_state(s), TLS_SESSION_OPEN); /* it is not read yet */
    while ((n = tls_session_read(s, octets, sizeof octets)) > 0) {
        assert_memory_equal(octets, big + got, n);
        got += n;
    }
    assert_int_equal(got, sizeof big);
    assert_int_equal(tls_session_state(s), TLS_SESSION_ENDED);
    assert_int_equal(tls_session_fault(s), E_OK);
    assert_int_equal(tls_session_write(s, SLICE_LIT("late")), E_STATE);
    assert_int_equal(tls_session_waiting(s), 0);
    tls_session_end(s);
    assert_true(tls_session_waiting(s) > 0);
    assert_int_equal(talk(s, p, piece, NULL), E_OK);
    assert_int_equal(tls_peer_read(p, octets, sizeof octets), 0);
    assert_true(SSL_get_shutdown(p->ssl) & SSL_RECEIVED_SHUTDOWN);
}

static const struct tls_peer_options servers[] = {
    { .curve = CURVE_P256, .version = TLS1_3_VERSION },
    { .curve = CURVE_P256, .version = TLS1_2_VERSION },
    { .curve = CURVE_P256, .version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES256-GCM-SHA384" },
    { .curve = CURVE_BP256R1, .version = TLS1_2_VERSION },
    { .curve = CURVE_P256, .extra = TLS_CHAIN_MAX - 1 },
    /* 1.3: the server asks for another ClientHello */
    { .curve = CURVE_P256, .version = TLS1_3_VERSION, .groups = "X25519" },
    { .curve = CURVE_P256, .version = TLS1_2_VERSION, .groups = "brainpoolP256r1" },
};

static void certificates(void **state)
{
    static const size_t pieces[] = { 4096, 100, 7, 1 };

    (void)state;
    for (size_t i = 0; i < COUNT(servers); i++) {
        struct tls_peer p;

        tls_peer_open(&p, &servers[i]);
        for (size_t k = 0; k < COUNT(pieces); k++) {
            struct tls_session *s = open_to(&p, &with_certificate);

            assert_int_equal(talk(s, &p, pieces[k], NULL), E_OK);
            assert_int_equal(tls_session_state(s), TLS_SESSION_OPEN);
            assert_true(tls_peer_is_open(&p));
            assert_int_equal(trust.asked, 1);
            assert_int_equal(trust.count, 1 + servers[i].extra);
            assert_string_equal(p.sni, "server.test");
            if (servers[i].version)
                assert_int_equal(SSL_version(p.ssl), servers[i].version);
            converse(s, &p, pieces[k]);
            tls_session_close(s);
            tls_peer_restart(&p);
        }
        tls_peer_close(&p);
    }
    tls_session_close(NULL);
}

/* ---- whom to believe ---- */

static void refused_chains(void **state)
{
    static const enum err words[] = { E_BADCERT, E_EXPIRED, E_UNTRUSTED, E_NOTFOUND };

    (void)state;
    for (size_t i = 0; i < COUNT(servers); i++) {
        for (size_t k = 0; k < COUNT(words); k++) {
            uint8_t octets[64];
            struct tls_peer p;

            tls_peer_open(&p, &servers[i]);
            struct tls_session *s = open_to(&p, &with_certificate);
            trust.answer = words[k];
            assert_int_equal(talk(s, &p, 4096, NULL), words[k]);
            assert_int_equal(trust.asked, 1);
            assert_int_equal(tls_session_state(s), TLS_SESSION_FAILED);
            assert_int_equal(tls_session_fault(s), words[k]);
            assert_false(tls_peer_is_open(&p));
            assert_int_equal(tls_session_write(s, SLICE_LIT("x")), E_STATE);
            assert_int_equal(tls_session_read(s, octets, sizeof octets), 0);
            assert_int_equal(tls_session_feed(s, SLICE_LIT("more")), words[k]);
            tls_session_close(s);
            tls_peer_close(&p);
        }
    }
}

static void a_chain_too_long(void **state)
{
    struct tls_peer_options o = { .curve = CURVE_P256, .extra = TLS_CHAIN_MAX };
    struct tls_peer p;

    (void)state;
    tls_peer_open(&p, &o);
    struct tls_session *s = open_to(&p, &with_certificate);
    assert_int_equal(talk(s, &p, 4096, NULL), E_LIMIT);
    assert_int_equal(trust.asked, 0);
    tls_session_close(s);
    tls_peer_close(&p);
}

/* ---- pre-shared keys ---- */

static const struct tls_session_options with_psk = { .psk_identity = SLICE_LIT("8001028201A0"),
                                                     .psk = { psk, sizeof psk } };

static void psk_suites(void **state)
{
    static const struct {
        const char *suite;
        bool ours;
    } suites[] = {
        { "PSK-AES128-CBC-SHA256", true },        { "PSK-AES128-GCM-SHA256", true },
        { "PSK-AES256-GCM-SHA384", false },       { "PSK-AES128-CBC-SHA", false },
        { "ECDHE-PSK-AES128-CBC-SHA256", false }, { "DHE-PSK-AES128-GCM-SHA256", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(suites); i++) {
        struct tls_peer_options o = { .psk_identity = "8001028201A0",
                                      .psk = SLICE_OF(psk),
                                      .suite = suites[i].suite };
        struct tls_peer p;

        tls_peer_open(&p, &o);
        struct tls_session *s = open_to(&p, &with_psk);
        assert_int_equal(talk(s, &p, 4096, NULL), suites[i].ours ? E_OK : E_CLOSED);
        assert_int_equal(tls_session_state(s),
                         suites[i].ours ? TLS_SESSION_OPEN : TLS_SESSION_FAILED);
        if (suites[i].ours) {
            assert_string_equal(SSL_get_cipher_name(p.ssl), suites[i].suite);
            assert_string_equal(p.identity, "8001028201A0");
            assert_string_equal(p.sni, "");
            assert_int_equal(SSL_version(p.ssl), TLS1_2_VERSION);
            converse(s, &p, 33);
        }
        tls_session_close(s);
        tls_peer_close(&p);
    }
}

static void psk_of_somebody_else(void **state)
{
    struct tls_peer_options o = { .psk_identity = "8001028201A0", .psk = SLICE_OF(psk) };
    uint8_t other[sizeof psk];
    struct tls_peer p;

    (void)state;
    memcpy(other, psk, sizeof psk);
    other[15] ^= 1;
    for (unsigned i = 0; i < 2; i++) {
        struct tls_session_options wrong = with_psk;

        if (i)
            wrong.psk = SLICE_OF(other);
        else
            wrong.psk_identity = SLICE_LIT("8001028201A1");
        tls_peer_open(&p, &o);
        struct tls_session *s = open_to(&p, &wrong);
        assert_int_equal(talk(s, &p, 4096, NULL), E_CLOSED);
        assert_int_equal(tls_session_state(s), TLS_SESSION_FAILED);
        assert_false(tls_peer_is_open(&p));
        tls_session_close(s);
        tls_peer_close(&p);
    }
    /* a server with a certificate has nothing for who brings a key, and the other way round */
    tls_peer_open(&p, &servers[1]);
    struct tls_session *s = open_to(&p, &with_psk);
    assert_int_equal(talk(s, &p, 4096, NULL), E_CLOSED);
    tls_session_close(s);
    tls_peer_close(&p);
    o.curve = CURVE_P256;
    tls_peer_open(&p, &o);
    s = open_to(&p, &with_certificate);
    assert_int_equal(talk(s, &p, 4096, NULL), E_CLOSED);
    assert_int_equal(trust.asked, 0);
    tls_session_close(s);
    tls_peer_close(&p);
}

static void options(void **state)
{
    static uint8_t long_one[256];
    struct tls_session *s;
    struct tls_session_options o;

    (void)state;
    memset(long_one, 'a', sizeof long_one);
#define BAD(change)                                                                                \
    do {                                                                                           \
        change;                                                                                    \
        assert_int_equal(tls_session_open(crypto_openssl(), &o, &s), E_ARGUMENT);                  \
        assert_null(s);                                                                            \
    } while (0)
    BAD(o = (struct tls_session_options){ .name = SLICE_LIT("neither") });
    BAD(o = with_certificate; o.psk = SLICE_OF(psk));
    BAD(o = with_certificate; o.psk_identity = SLICE_LIT("a"));
    BAD(o = with_certificate; o.name = SLICE_OF(long_one));
    BAD(o = with_certificate; o.name = slice_of("a\0b", 3));
    BAD(o = with_psk; o.psk = SLICE_NONE);
    BAD(o = with_psk; o.psk.n = TLS_PSK_MIN - 1);
    BAD(o = with_psk; o.psk = slice_of(long_one, TLS_PSK_MAX + 1));
    BAD(o = with_psk; o.psk_identity = SLICE_NONE);
    BAD(o = with_psk; o.psk_identity = slice_of(long_one, TLS_IDENTITY_MAX + 1));
    BAD(o = with_psk; o.psk_identity = slice_of("a\0b", 3));
    o = with_psk;
    o.psk = slice_of(long_one, TLS_PSK_MAX);
    o.psk_identity = slice_of(long_one, TLS_IDENTITY_MAX);
    assert_int_equal(tls_session_open(crypto_openssl(), &o, &s), E_OK);
    tls_session_close(s);
    struct crypto without = *crypto_openssl();
    without.tls = NULL;
    assert_int_equal(tls_session_open(&without, &o, &s), E_UNSUPPORTED);
}

/* ---- versions and suites that are none of ours ---- */

static void old_servers(void **state)
{
    static const struct tls_peer_options old[] = {
        { .curve = CURVE_P256, .version = TLS1_2_VERSION, .suite = "ECDHE-ECDSA-AES128-SHA256" },
        { .curve = CURVE_P256,
          .version = TLS1_2_VERSION,
          .suite = "ECDHE-ECDSA-CHACHA20-POLY1305" },
        { .curve = CURVE_P256, .version = TLS1_1_VERSION, .suite = "ALL:@SECLEVEL=0" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(old); i++) {
        struct tls_peer p;

        tls_peer_open(&p, &old[i]);
        struct tls_session *s = open_to(&p, &with_certificate);
        assert_int_equal(talk(s, &p, 4096, NULL), E_CLOSED);
        assert_int_equal(trust.asked, 0);
        tls_session_close(s);
        tls_peer_close(&p);
    }
}

/* ---- broken octets ---- */

/* The server's octets of a handshake that passes. */
static size_t handshake_octets(struct tls_peer *p, const struct tls_session_options *o)
{
    struct damage none = { .of_server = true, .at = SIZE_MAX };
    struct tls_session *s = open_to(p, o);
    uint8_t octets[4096];
    size_t total = 0;

    for (;;) {
        size_t n = tls_session_drain(s, octets, sizeof octets), m;

        if (n)
            assert_true(tls_peer_feed(p, slice_of(octets, n)));
        m = tls_peer_drain(p, octets, sizeof octets);
        total += m;
        assert_int_equal(m ? tls_session_feed(s, slice_of(octets, m)) : E_OK, E_OK);
        if (!n && !m)
            break;
    }
    assert_int_equal(tls_session_state(s), TLS_SESSION_OPEN);
    assert_int_equal(talk(s, p, 4096, &none), E_OK);
    tls_session_close(s);
    return total;
}

/*
 * Whatever is flipped, the two do not come to talk; where the last octets are cut, the client
 * waits. Session tickets of 1.3 follow the handshake: damage there ends the session as well.
 */
static void every_octet(const struct tls_peer_options *server, const struct tls_session_options *o)
{
    struct tls_peer p;
    size_t total;

    tls_peer_open(&p, server);
    total = handshake_octets(&p, o);
    assert_true(total > 100);
    for (unsigned cut = 0; cut < 2; cut++) {
        for (size_t at = 0; at < total; at++) {
            struct damage damage = { .of_server = true, .cut = cut, .at = at };

            tls_peer_restart(&p);
            struct tls_session *s = open_to(&p, o);
            trust.leaf = SLICE_NONE; /* it may be the broken one */
            enum err err = talk(s, &p, 4096, &damage);
            enum tls_session_state is = tls_session_state(s);

            if (!damage.hit) { /* signatures and tickets vary in length */
                assert_true(at + 64 > total);
            } else if (cut) {
                assert_int_equal(err, E_OK);
                assert_true(is == TLS_SESSION_SHAKING || server->version == TLS1_3_VERSION);
            } else if (is != TLS_SESSION_FAILED) {
                /* a length that grew: it waits for the rest */
                assert_int_equal(err, E_OK);
                assert_true(is == TLS_SESSION_SHAKING || damage.in_version ||
                            server->version == TLS1_3_VERSION);
            } else {
                assert_int_equal(err, tls_session_fault(s));
                assert_int_not_equal(err, E_OK);
            }
            tls_session_close(s);
        }
    }
    tls_peer_close(&p);
}

static void broken_handshakes(void **state)
{
    const struct tls_peer_options keyed = { .psk_identity = "8001028201A0", .psk = SLICE_OF(psk) };

    (void)state;
    every_octet(&servers[0], &with_certificate);
    every_octet(&servers[1], &with_certificate);
    every_octet(&servers[3], &with_certificate);
    every_octet(&keyed, &with_psk);
}

/* The client's octets broken: the server finds out, and its alert ends the session. */
static void broken_flights(void **state)
{
    (void)state;
    for (size_t at = 0; at < 700; at += 3) {
        struct damage damage = { .at = at };
        struct tls_peer p;

        tls_peer_open(&p, &servers[1]);
        struct tls_session *s = open_to(&p, &with_certificate);
        (void)talk(s, &p, 4096, &damage);
        if (tls_session_state(s) == TLS_SESSION_OPEN)
            assert_true(at >= 150); /* behind the last of its octets */
        tls_session_close(s);
        tls_peer_close(&p);
    }
}

/* One octet of a record of application data: nothing of it is read. */
static void broken_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (size_t at = 0; at < 40; at++) {
            uint8_t record[200], octets[100];
            struct tls_peer p;

            tls_peer_open(&p, &servers[i]);
            struct tls_session *s = open_to(&p, &with_certificate);
            assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
            tls_peer_write(&p, SLICE_LIT("an answer of some octets"));
            size_t n = tls_peer_drain(&p, record, sizeof record);
            assert_true(n > 40);
            record[at] ^= 0x10;
            enum err err = tls_session_feed(s, slice_of(record, n));
            assert_int_equal(tls_session_read(s, octets, sizeof octets), 0);
            if (at >= 5)
                assert_int_equal(err, E_BADMAC);
            if (err)
                assert_int_equal(tls_session_state(s), TLS_SESSION_FAILED);
            tls_session_close(s);
            tls_peer_close(&p);
        }
    }
}

/* Data before the broken record arrives still. */
static void good_before_bad(void **state)
{
    uint8_t records[300], octets[100];
    struct tls_peer p;
    size_t n;

    (void)state;
    tls_peer_open(&p, &servers[0]);
    struct tls_session *s = open_to(&p, &with_certificate);
    assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
    tls_peer_write(&p, SLICE_LIT("good"));
    tls_peer_write(&p, SLICE_LIT("bad"));
    n = tls_peer_drain(&p, records, sizeof records);
    records[n - 1] ^= 1;
    assert_int_equal(tls_session_feed(s, slice_of(records, n)), E_OK);
    assert_int_equal(tls_session_read(s, octets, sizeof octets), 4);
    assert_int_equal(tls_session_read(s, octets, sizeof octets), 0);
    assert_int_equal(tls_session_state(s), TLS_SESSION_FAILED);
    assert_int_equal(tls_session_fault(s), E_BADMAC);
    tls_session_close(s);
    tls_peer_close(&p);
}

/* ---- behind the handshake ---- */

static void fresh_keys(void **state)
{
    uint8_t octets[100];
    struct tls_peer p;

    (void)state;
    tls_peer_open(&p, &servers[0]);
    struct tls_session *s = open_to(&p, &with_certificate);
    assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SSL_key_update(p.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        tls_peer_write(&p, SLICE_LIT("with other keys"));
        assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
        assert_int_equal(tls_session_read(s, octets, sizeof octets), 15);
        assert_int_equal(tls_session_write(s, SLICE_LIT("and back")), E_OK);
        assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
        assert_int_equal(tls_peer_read(&p, octets, sizeof octets), 8);
    }
    tls_session_close(s);
    tls_peer_close(&p);
}

/* A server that wants to begin anew gets a no, and nobody is asked whether to believe it. */
static void no_renegotiation(void **state)
{
    struct tls_peer p;

    (void)state;
    tls_peer_open(&p, &servers[1]);
    struct tls_session *s = open_to(&p, &with_certificate);
    assert_int_equal(talk(s, &p, 4096, NULL), E_OK);
    assert_int_equal(SSL_renegotiate(p.ssl), 1);
    SSL_do_handshake(p.ssl);
    uint8_t octets[200];
    size_t n = tls_peer_drain(&p, octets, sizeof octets);
    assert_true(n > 0);
    assert_int_equal(tls_session_feed(s, slice_of(octets, n)), E_OK);
    n = tls_session_drain(s, octets, sizeof octets);
    assert_true(n > 0 && n < 64); /* an alert, and no ClientHello */
    assert_int_equal(octets[0], 21);
    assert_int_equal(trust.asked, 1);
    assert_int_equal(tls_session_state(s), TLS_SESSION_OPEN);
    tls_session_close(s);
    tls_peer_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates),         cmocka_unit_test(refused_chains),
        cmocka_unit_test(a_chain_too_long),     cmocka_unit_test(psk_suites),
        cmocka_unit_test(psk_of_somebody_else), cmocka_unit_test(options),
        cmocka_unit_test(old_servers),          cmocka_unit_test(broken_handshakes),
        cmocka_unit_test(broken_flights),       cmocka_unit_test(broken_records),
        cmocka_unit_test(good_before_bad),      cmocka_unit_test(fresh_keys),
        cmocka_unit_test(no_renegotiation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
