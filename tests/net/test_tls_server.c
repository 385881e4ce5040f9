/*
 * Our TLS server against clients straight from OpenSSL, against curl and openssl s_client.
 * TLS-001: TLS 1.2 with ECDHE_ECDSA_AES128_GCM_SHA256. TLS-002: only AES128_CBC_SHA256 offered.
 * TLS-003: TLS 1.1 and below, NULL, anonymous and static RSA are refused.
 * TLS-011: client certificate absent, untrusted, expired: alert, the function is not run.
 */
#include "net/http_server.h"
#include "net/must.h"
#include "net/rawtls.h"
#include "net/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/pem.h>
#include <unistd.h>

#include <cmocka.h>

#define HOST_A "a.example.com"
#define HOST_B "b.example.com"

static struct made_cert ci, cert_a, cert_b, cert_brainpool;
static struct tls_identity identities[3];
static struct tls_server *tls;
static struct http_server *server;
static uint16_t port;

static struct tls_identity identity(const char *name, const struct made_cert *c)
{
    return (struct tls_identity){ .name = name, .chain = &c->der, .chain_count = 1, .key = c->key };
}

static int set_up(void **state)
{
    struct tls_server_options o = { .identities = identities, .identity_count = 3 };
    struct cert_spec s;

    (void)state;
    ci = make_ci();
    s = good_server(&ci, "DNS:" HOST_A ",RID:2.999.10");
    cert_a = make_cert(&s);
    s = good_server(&ci, "DNS:*.example.com,RID:2.999.12");
    cert_b = make_cert(&s);
    s = good_server(&ci, "DNS:brainpool.test");
    s.curve = "brainpoolP256r1";
    cert_brainpool = make_cert(&s);
    identities[0] = identity(HOST_A, &cert_a);
    identities[1] = identity("*.example.com", &cert_b);
    identities[2] = identity("brainpool.test", &cert_brainpool);
    MUST(tls_server_open(&o, &tls) == E_OK);
    server = wire_server(&(struct http_limits){ .handshake_ms = 400 }, tls);
    port = http_server_port(server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    http_server_close(server);
    tls_server_close(tls);
    free_cert(&cert_brainpool);
    free_cert(&cert_b);
    free_cert(&cert_a);
    free_cert(&ci);
    return 0;
}

/* ---- versions and suites ---- */

static void suites(void **state)
{
    static const struct {
        const char *what, *suites;
        int min, max;
        bool accepted;
    } rows[] = {
        { "baseline", "ECDHE-ECDSA-AES128-GCM-SHA256", TLS1_2_VERSION, TLS1_2_VERSION, true },
        { "256 bit", "ECDHE-ECDSA-AES256-GCM-SHA384", TLS1_2_VERSION, TLS1_2_VERSION, true },
        { "only CBC", "ECDHE-ECDSA-AES128-SHA256", TLS1_2_VERSION, TLS1_2_VERSION, true },
        { "1.3", "ALL", TLS1_3_VERSION, TLS1_3_VERSION, true },
        { "1.1", "ALL", TLS1_1_VERSION, TLS1_1_VERSION, false },
        { "1.0", "ALL", TLS1_VERSION, TLS1_VERSION, false },
        { "NULL", "eNULL", TLS1_2_VERSION, TLS1_2_VERSION, false },
        { "anonymous", "aNULL", TLS1_2_VERSION, TLS1_2_VERSION, false },
        { "static RSA", "kRSA", TLS1_2_VERSION, TLS1_2_VERSION, false },
        { "ECDHE with RSA", "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION, TLS1_2_VERSION, false },
        { "CBC with SHA-1", "ECDHE-ECDSA-AES128-SHA", TLS1_2_VERSION, TLS1_2_VERSION, false },
        { "ChaCha", "ECDHE-ECDSA-CHACHA20-POLY1305", TLS1_2_VERSION, TLS1_2_VERSION, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SSL_CTX *ctx = raw_context(false, NULL, 0);
        char list[128];
        SSL *ssl;

        snprintf(list, sizeof list, "%s:@SECLEVEL=0", rows[i].suites);
        assert_int_equal(SSL_CTX_set_cipher_list(ctx, list), 1);
        SSL_CTX_set_min_proto_version(ctx, rows[i].min);
        SSL_CTX_set_max_proto_version(ctx, rows[i].max);
        ssl = raw_connect(ctx, port, HOST_A, NULL);
        if ((ssl != NULL) != rows[i].accepted)
            fail_msg("%s", rows[i].what);
        if (ssl) {
            assert_int_equal(raw_ask(ssl), 200);
            raw_close(ssl);
        }
        SSL_CTX_free(ctx);
    }
}

/* ---- names ---- */

static void expect_identity(const char *sni, const struct made_cert *wanted)
{
    SSL_CTX *ctx = raw_context(false, NULL, 0);
    SSL *ssl;

    assert_int_equal(SSL_CTX_set1_groups_list(ctx, "X25519:P-256:brainpoolP256r1"), 1);
    ssl = raw_connect(ctx, port, sni, NULL);
    assert_non_null(ssl);
    assert_int_equal(X509_cmp(SSL_get0_peer_certificate(ssl), wanted->cert), 0);
    assert_int_equal(raw_ask(ssl), 200);
    if (wanted == &cert_brainpool)
        assert_string_equal(SSL_get_version(ssl), "TLSv1.2");
    raw_close(ssl);
    SSL_CTX_free(ctx);
}

static void names_choose_identities(void **state)
{
    (void)state;
    expect_identity(HOST_A, &cert_a);
    expect_identity("A.Example.COM", &cert_a);
    expect_identity(HOST_B, &cert_b);
    expect_identity("x.b.example.com", &cert_a);
    expect_identity("unknown.test", &cert_a);
    expect_identity(NULL, &cert_a);
    expect_identity("brainpool.test", &cert_brainpool);
}

static enum err reload(const struct tls_server_options *o)
{
    struct tls_server *fresh;
    enum err err = tls_server_open(o, &fresh);

    if (!err)
        tls_server_replace(tls, fresh);
    return err;
}

/* Of one name, a certificate for each curve: the ClientHello tells which one can be verified. */
static void expect_curve(const char *what, const char *groups, int version,
                         const struct made_cert *wanted)
{
    SSL_CTX *ctx = raw_context(false, NULL, 0);
    SSL *ssl;

    assert_int_equal(SSL_CTX_set1_groups_list(ctx, groups), 1);
    SSL_CTX_set_min_proto_version(ctx, version ? version : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ctx, version ? version : TLS1_3_VERSION);
    ssl = raw_connect(ctx, port, HOST_A, NULL);
    if ((ssl != NULL) != (wanted != NULL))
        fail_msg("%s", what);
    if (ssl && X509_cmp(SSL_get0_peer_certificate(ssl), wanted->cert) != 0)
        fail_msg("%s: another certificate", what);
    if (ssl)
        raw_close(ssl);
    SSL_CTX_free(ctx);
}

static void curves_choose_identities_TLS_020(void **state)
{
    struct cert_spec s = good_server(&ci, "DNS:" HOST_A);
    struct made_cert brainpool, third;
    struct tls_identity both[3];
    struct tls_server_options o = { .identities = both, .identity_count = 3 };

    (void)state;
    s.curve = "brainpoolP256r1";
    brainpool = make_cert(&s);
    s = good_server(&ci, "DNS:" HOST_B);
    third = make_cert(&s);
    for (int turned = 0; turned <= 1; turned++) {
        both[turned] = identity(NULL, &cert_a);
        both[!turned] = identity(NULL, &brainpool);
        both[2] = identity(NULL, &third);
        assert_int_equal(reload(&o), E_OK);
        expect_curve("NIST alone", "P-256", 0, &cert_a);
        expect_curve("NIST, 1.2", "P-256", TLS1_2_VERSION, &cert_a);
        expect_curve("NIST, 1.3", "X25519", TLS1_3_VERSION, &cert_a);
        expect_curve("brainpool alone", "brainpoolP256r1", TLS1_2_VERSION, &brainpool);
        expect_curve("brainpool, 1.3 as well", "brainpoolP256r1:X25519", 0,
                     turned ? &brainpool : &cert_a);
        expect_curve("both", "P-256:brainpoolP256r1", 0, turned ? &brainpool : &cert_a);
        expect_identity(HOST_B, &third);
        expect_identity("unknown.test", turned ? &brainpool : &cert_a);
    }
    o = (struct tls_server_options){ .identities = identities, .identity_count = 3 };
    assert_int_equal(reload(&o), E_OK);
    free_cert(&third);
    free_cert(&brainpool);
}

/* ---- resumption ---- */

static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

static bool resumes(SSL_CTX *ctx)
{
    SSL *ssl = raw_connect(ctx, port, HOST_B, kept);
    bool reused;

    assert_non_null(ssl);
    assert_int_equal(raw_ask(ssl), 200);
    reused = SSL_session_reused(ssl);
    raw_close(ssl);
    return reused;
}

/* Under the second name, whose context is not the one that the connection began with. */
static void sessions_are_resumed(void **state)
{
    struct tls_server_options o = { .identities = identities, .identity_count = 3 };

    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX *ctx = raw_context(false, NULL, 0);

        SSL_CTX_set_max_proto_version(ctx, version);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, keep_session);
        assert_false(resumes(ctx));
        assert_true(resumes(ctx));
        /* after a reload the old tickets are void */
        assert_int_equal(reload(&o), E_OK);
        assert_false(resumes(ctx));
        SSL_SESSION_free(kept);
        kept = NULL;
        SSL_CTX_free(ctx);
    }
}

/* ---- reload ---- */

static void reload_exchanges_certificates(void **state)
{
    struct tls_server_options o = { .identities = &identities[1], .identity_count = 1 };
    struct tls_identity wrong = identity(HOST_A, &cert_a);
    SSL_CTX *ctx = raw_context(false, NULL, 0);
    SSL *open_before = raw_connect(ctx, port, HOST_A, NULL);
    struct cert_spec s = good_server(&ci, "DNS:" HOST_A);
    struct made_cert over;
    struct tls_identity two[2];
    struct tls_server *late;
    size_t at = 9;

    (void)state;
    s.until_s = -3600;
    over = make_cert(&s);
    two[0] = identity(HOST_A, &cert_a);
    two[1] = identity(HOST_A, &over);
    assert_int_equal(reload(&o), E_OK);
    expect_identity(HOST_A, &cert_b);
    assert_int_equal(raw_ask(open_before), 200);
    raw_close(open_before);
    SSL_CTX_free(ctx);
    /* a key that is not the certificate's changes nothing */
    wrong.key = cert_b.key;
    o.identities = &wrong;
    assert_int_equal(reload(&o), E_BADKEY);
    /* nor does one that is over, which is named by its place */
    o = (struct tls_server_options){ two, 2, .in_time = true, .at_fault = &at };
    assert_int_equal(reload(&o), E_EXPIRED);
    assert_int_equal(at, 1);
    o.in_time = false;
    assert_int_equal(tls_server_open(&o, &late), E_OK);
    tls_server_close(late);
    o = (struct tls_server_options){ .identities = &wrong, .identity_count = 1 };
    wrong.chain = &(slice){ (const uint8_t *)"0", 1 };
    assert_int_equal(reload(&o), E_BADCERT);
    expect_identity(HOST_A, &cert_b);
    o = (struct tls_server_options){ .identities = identities, .identity_count = 3 };
    assert_int_equal(reload(&o), E_OK);
    expect_identity(HOST_A, &cert_a);
    free_cert(&over);
}

/* ---- a client that does not go on ---- */

static void handshakes_end(void **state)
{
    char body[64];
    int silent = wire_connect(port), noise = wire_connect(port);
    uint64_t began = wire_now_ms();

    (void)state;
    wire_send(noise, "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(wire_read_all(noise, body, sizeof body) <= 64);
    assert_int_equal(wire_read_all(silent, body, sizeof body), 0);
    assert_true(wire_now_ms() - began >= 350);
    close(noise);
    close(silent);
}

/* ---- client certificates ---- */

static slice seen_cert;

static void note_cert(void *ctx, const struct http_request *r, struct http_exchange *x)
{
    (void)ctx;
    seen_cert = r->tls.peer_cert;
    http_reply_status(x, strncmp(r->tls.version, "TLSv1.", 6) == 0 ? 200 : 500);
}

static int ask_with(const struct made_cert *cert, uint16_t to, int version)
{
    const struct made_cert *chain[] = { cert };
    SSL_CTX *ctx = raw_context(false, chain, cert ? 1 : 0);
    SSL *ssl;
    int status = 0;

    SSL_CTX_set_max_proto_version(ctx, version);
    ssl = raw_connect(ctx, to, HOST_A, NULL);
    if (ssl) {
        status = raw_ask(ssl); /* with TLS 1.3 the alert comes only now */
        raw_close(ssl);
    }
    SSL_CTX_free(ctx);
    return status;
}

static void client_certificates(void **state)
{
    struct tls_server_options o = {
        .identities = identities,
        .identity_count = 1,
        .client_auth = TLS_CLIENT_REQUIRED,
        .client_ca = &ci.der,
        .client_ca_count = 1,
    };
    struct http_server_options h = { .handler = note_cert };
    struct made_cert other_ci = make_ci(), good, bad[5];
    struct cert_spec s = good_client(&ci);
    struct http_server *mutual;

    (void)state;
    good = make_cert(&s);
    s.until_s = -3600;
    bad[0] = make_cert(&s);
    s = good_client(&other_ci);
    bad[1] = make_cert(&s);
    s = good_client(&ci);
    s.extended = "serverAuth";
    bad[2] = make_cert(&s);
    s = good_client(&ci);
    s.usage = "critical,keyAgreement";
    bad[3] = make_cert(&s);
    s = good_client(&ci);
    s.curve = "P-384";
    bad[4] = make_cert(&s);
    assert_int_equal(tls_server_open(&o, &h.tls), E_OK);
    assert_int_equal(http_server_open(&h, &mutual), E_OK);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        seen_cert = SLICE_NONE;
        assert_int_equal(ask_with(NULL, http_server_port(mutual), version), 0);
        for (size_t i = 0; i < COUNT(bad); i++)
            assert_int_equal(ask_with(&bad[i], http_server_port(mutual), version), 0);
        assert_null(seen_cert.p);
        assert_int_equal(ask_with(&good, http_server_port(mutual), version), 200);
        assert_non_null(seen_cert.p);
    }
    assert_int_equal(http_server_stats(mutual).requests, 2);
    http_server_close(mutual);
    tls_server_close(h.tls);
    for (size_t i = 0; i < COUNT(bad); i++)
        free_cert(&bad[i]);
    free_cert(&good);
    free_cert(&other_ci);
}

/* ---- strangers' programs ---- */

static bool have(const char *program)
{
    char command[128];

    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", program);
    if (system(command) == 0)
        return true;
    print_message("%s is not installed: skipped\n", program);
    return false;
}

/* The output of a command, NUL-terminated. */
static int run_command(const char *command, char *out, size_t size)
{
    FILE *f = popen(command, "r");
    size_t n;

    MUST(f);
    n = fread(out, 1, size - 1, f);
    out[n] = 0;
    return pclose(f);
}

static void write_ci(char path[32])
{
    FILE *f;
    int fd;

    snprintf(path, 32, "/tmp/dunlin-ci-XXXXXX");
    fd = mkstemp(path);
    f = fd >= 0 ? fdopen(fd, "w") : NULL;
    MUST(f && PEM_write_X509(f, ci.cert) == 1 && fclose(f) == 0);
}

static void curl_talks_to_it(void **state)
{
    char path[32], command[512], out[2048];

    (void)state;
    if (!have("curl"))
        skip();
    write_ci(path);
    snprintf(
        command, sizeof command,
        "curl -s --max-time 5 --cacert %s --resolve %s:%u:127.0.0.1 -d hello https://%s:%u/echo "
        "--next -s --max-time 5 --cacert %s --resolve %s:%u:127.0.0.1 -w ' %%{http_code} "
        "%%{num_connects}' -d x https://%s:%u/none",
        path, HOST_A, port, HOST_A, port, path, HOST_A, port, HOST_A, port);
    assert_int_equal(run_command(command, out, sizeof out), 0);
    assert_string_equal(out, "hello 204 0");
    /* chunked, and a body that asks before it comes */
    snprintf(
        command, sizeof command,
        "head -c 200000 /dev/zero | curl -s --max-time 5 --cacert %s --resolve %s:%u:127.0.0.1 "
        "-H 'Transfer-Encoding: chunked' -H 'Expect: 100-continue' --data-binary @- "
        "-o /dev/null -w '%%{http_code} %%{size_download}' https://%s:%u/echo",
        path, HOST_A, port, HOST_A, port);
    assert_int_equal(run_command(command, out, sizeof out), 0);
    assert_string_equal(out, "200 200000");
    unlink(path);
}

static void s_client_talks_to_it(void **state)
{
    char path[32], command[512], out[16384];

    (void)state;
    if (!have("openssl"))
        skip();
    write_ci(path);
    snprintf(
        command, sizeof command,
        "printf 'POST /echo HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 5\\r\\nConnection: "
        "close\\r\\n\\r\\nhello' | timeout 5 openssl s_client -quiet -ign_eof -verify_return_error "
        "-CAfile %s -servername %s -verify_hostname %s -connect 127.0.0.1:%u 2>/dev/null",
        path, HOST_B, HOST_B, port);
    assert_int_equal(run_command(command, out, sizeof out), 0);
    assert_memory_equal(out, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(out, "\r\n\r\nhello"));
    snprintf(command, sizeof command,
             "timeout 5 openssl s_client -tls1_1 -cipher ALL:@SECLEVEL=0 -connect 127.0.0.1:%u "
             "</dev/null >/dev/null 2>&1",
             port);
    assert_int_not_equal(system(command), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites),
        cmocka_unit_test(names_choose_identities),
        cmocka_unit_test(curves_choose_identities_TLS_020),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(reload_exchanges_certificates),
        cmocka_unit_test(handshakes_end),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(curl_talks_to_it),
        cmocka_unit_test(s_client_talks_to_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
