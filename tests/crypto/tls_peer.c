#include "crypto/tls_peer.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static EVP_PKEY *key_on(enum curve curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve == CURVE_BP256R1 ? "brainpoolP256r1" : "P-256");

    assert_non_null(key);
    return key;
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();

    assert_non_null(cert);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               (const unsigned char *)"server.test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

static void use_certificate(struct tls_peer *p)
{
    EVP_PKEY *key = key_on(p->o.curve);
    X509 *cert = self_signed(key);
    unsigned char *at = p->leaf;

    assert_true(i2d_X509(cert, NULL) <= (int)sizeof p->leaf);
    p->leaf_n = (size_t)i2d_X509(cert, &at);
    assert_int_equal(SSL_CTX_use_certificate(p->ctx, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(p->ctx, key), 1);
    for (unsigned i = 0; i < p->o.extra; i++)
        assert_int_equal(SSL_CTX_add1_chain_cert(p->ctx, cert), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static unsigned psk_of(SSL *ssl, const char *identity, unsigned char *psk, unsigned max)
{
    struct tls_peer *p = SSL_get_app_data(ssl);

    snprintf(p->identity, sizeof p->identity, "%s", identity);
    if (strcmp(identity, p->o.psk_identity) != 0 || p->o.psk.n > max)
        return 0;
    memcpy(psk, p->o.psk.p, p->o.psk.n);
    return (unsigned)p->o.psk.n;
}

static int keep_name(SSL *ssl, int *alert, void *arg)
{
    struct tls_peer *p = SSL_get_app_data(ssl);
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert;
    (void)arg;
    snprintf(p->sni, sizeof p->sni, "%s", name ? name : "");
    return SSL_TLSEXT_ERR_OK;
}

void tls_peer_restart(struct tls_peer *p)
{
    SSL_free(p->ssl);
    p->ssl = SSL_new(p->ctx);
    p->in = BIO_new(BIO_s_mem());
    p->out = BIO_new(BIO_s_mem());
    assert_true(p->ssl && p->in && p->out);
    SSL_set_bio(p->ssl, p->in, p->out);
    SSL_set_app_data(p->ssl, p);
    SSL_set_accept_state(p->ssl);
}

void tls_peer_open(struct tls_peer *p, const struct tls_peer_options *o)
{
    const char *groups = o->groups;
    int version = o->version;

    memset(p, 0, sizeof *p);
    p->o = *o;
    p->ctx = SSL_CTX_new(TLS_server_method());
    assert_non_null(p->ctx);
    if (!version && (o->curve == CURVE_BP256R1 || o->psk_identity))
        version = TLS1_2_VERSION; /* OpenSSL 3.0 knows no brainpool in 1.3 */
    if (version) {
        SSL_CTX_set_min_proto_version(p->ctx, version);
        SSL_CTX_set_max_proto_version(p->ctx, version);
    }
    if (!groups)
        groups = o->curve == CURVE_BP256R1 ? "brainpoolP256r1" : "P-256";
    assert_int_equal(SSL_CTX_set1_groups_list(p->ctx, groups), 1);
    if (o->suite)
        assert_int_equal(SSL_CTX_set_cipher_list(p->ctx, o->suite), 1);
    SSL_CTX_set_tlsext_servername_callback(p->ctx, keep_name);
    if (o->psk_identity)
        SSL_CTX_set_psk_server_callback(p->ctx, psk_of);
    else
        use_certificate(p);
    tls_peer_restart(p);
}

void tls_peer_close(struct tls_peer *p)
{
    SSL_free(p->ssl);
    SSL_CTX_free(p->ctx);
    memset(p, 0, sizeof *p);
}

bool tls_peer_feed(struct tls_peer *p, slice octets)
{
    int n;

    if (octets.n)
        assert_int_equal(BIO_write(p->in, octets.p, (int)octets.n), octets.n);
    if (tls_peer_is_open(p))
        return true;
    ERR_clear_error();
    n = SSL_do_handshake(p->ssl);
    bool going = n == 1 || SSL_get_error(p->ssl, n) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return going;
}

size_t tls_peer_drain(struct tls_peer *p, uint8_t *out, size_t size)
{
    int n = BIO_read(p->out, out, (int)size);

    return n > 0 ? (size_t)n : 0;
}

size_t tls_peer_read(struct tls_peer *p, uint8_t *out, size_t size)
{
    int n = SSL_read(p->ssl, out, (int)size);

    ERR_clear_error();
    return n > 0 ? (size_t)n : 0;
}

void tls_peer_write(struct tls_peer *p, slice octets)
{
    assert_int_equal(SSL_write(p->ssl, octets.p, (int)octets.n), octets.n);
}

bool tls_peer_is_open(const struct tls_peer *p)
{
    return SSL_is_init_finished(p->ssl);
}

void tls_peer_end(struct tls_peer *p)
{
    SSL_shutdown(p->ssl);
    ERR_clear_error();
}
