/* The reference of a connection: what OpenSSL alone, in memory, needs for a handshake of TLS 1.3.
 */
#include "cmd/bench.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARE_US 100000.0
#define ROUNDS   10u /* of flights, at most */

static void must(int ok, const char *what)
{
    if (ok > 0)
        return;
    fprintf(stderr, "bench: OpenSSL failed: %s\n", what);
    exit(1);
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();

    must(cert && X509_set_version(cert, 2) && X509_set_pubkey(cert, key) &&
             X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 3600) &&
             X509_sign(cert, key, EVP_sha256()) > 0,
         "certificate");
    return cert;
}

static SSL_CTX *context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    must(ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) &&
             SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") &&
             SSL_CTX_set1_groups_list(ctx, "P-256"),
         "TLS context");
    return ctx;
}

/* Processor time of the server's side. */
static double shake(SSL_CTX *server_ctx, SSL_CTX *client_ctx)
{
    BIO *near = NULL, *far = NULL;
    SSL *client = SSL_new(client_ctx), *server;
    double from, spent;
    int here = 0, there = 0;

    must(client && BIO_new_bio_pair(&near, 0, &far, 0), "connection");
    SSL_set_bio(client, far, far);
    SSL_set_connect_state(client);
    from = cpu_thread_us();
    server = SSL_new(server_ctx);
    must(server != NULL, "connection");
    SSL_set_bio(server, near, near);
    SSL_set_accept_state(server);
    spent = cpu_thread_us() - from;
    for (unsigned i = 0; i < ROUNDS && (here != 1 || there != 1); i++) {
        there = SSL_do_handshake(client);
        from = cpu_thread_us();
        here = SSL_do_handshake(server);
        spent += cpu_thread_us() - from;
    }
    must(here == 1 && there == 1, "handshake");
    SSL_free(client);
    from = cpu_thread_us();
    SSL_free(server);
    return spent + cpu_thread_us() - from;
}

double bare_handshake(void)
{
    SSL_CTX *server = context(TLS_server_method()), *client = context(TLS_client_method());
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *cert = self_signed(key);
    double spent = 0;
    unsigned n = 0;

    must(SSL_CTX_use_certificate(server, cert) && SSL_CTX_use_PrivateKey(server, key), "key");
    do {
        spent += shake(server, client);
        n++;
    } while (spent < SHARE_US);
    X509_free(cert);
    EVP_PKEY_free(key);
    SSL_CTX_free(client);
    SSL_CTX_free(server);
    return spent / n;
}
