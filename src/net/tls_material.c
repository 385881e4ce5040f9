#include "net/tls_material.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

/* SGP.22 2.6.6, SGP.32 6.1.2; CBC only where an old client offers nothing else */
#define SUITES_GCM    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
#define SUITES_CBC    SUITES_GCM ":ECDHE-ECDSA-AES128-SHA256"
#define SUITES_TLS13  "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
#define GROUPS        "P-256:X25519:brainpoolP256r1"
#define SIGNATURES    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512"
#define TICKET_LIFE_S 3600

static bool set_context(SSL_CTX *ctx, bool only_tls12, bool accept_cbc)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    /* one read(2) for a record instead of two */
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_timeout(ctx, TICKET_LIFE_S);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
           SSL_CTX_set_max_proto_version(ctx, only_tls12 ? TLS1_2_VERSION : TLS1_3_VERSION) &&
           SSL_CTX_set_cipher_list(ctx, accept_cbc ? SUITES_CBC : SUITES_GCM) &&
           SSL_CTX_set_ciphersuites(ctx, SUITES_TLS13) && SSL_CTX_set1_groups_list(ctx, GROUPS) &&
           SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES);
}

SSL_CTX *tls_context(const SSL_METHOD *method, bool only_tls12, bool accept_cbc)
{
    SSL_CTX *ctx = SSL_CTX_new(method);

    if (ctx && !set_context(ctx, only_tls12, accept_cbc)) {
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static X509 *parse_cert(slice der)
{
    const unsigned char *p = der.p;
    X509 *cert = der.n && der.n < (1u << 20) ? d2i_X509(NULL, &p, (long)der.n) : NULL;

    if (cert && p != der.p + der.n) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static enum err use_der_chain(SSL_CTX *ctx, const slice *chain, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        X509 *cert = parse_cert(chain[i]);
        bool done = cert && (i == 0 ? SSL_CTX_use_certificate(ctx, cert)
                                    : SSL_CTX_add1_chain_cert(ctx, cert)) == 1;

        X509_free(cert);
        if (!done)
            return E_BADCERT;
    }
    return count ? E_OK : E_ARGUMENT;
}

static enum err use_key(SSL_CTX *ctx, const struct tls_identity *id)
{
    int done = 0;

    if (id->key)
        done = SSL_CTX_use_PrivateKey(ctx, id->key);
    else if (id->key_file)
        done = SSL_CTX_use_PrivateKey_file(ctx, id->key_file, SSL_FILETYPE_PEM);
    return done == 1 && SSL_CTX_check_private_key(ctx) == 1 ? E_OK : E_BADKEY;
}

enum err tls_use_identity(SSL_CTX *ctx, const struct tls_identity *id)
{
    enum err err;

    if (id->chain_file)
        err = SSL_CTX_use_certificate_chain_file(ctx, id->chain_file) == 1 ? E_OK : E_BADCERT;
    else
        err = use_der_chain(ctx, id->chain, id->chain_count);
    if (!err)
        err = use_key(ctx, id);
    ERR_clear_error();
    return err;
}

enum err tls_add_anchors(X509_STORE *store, const slice *der, size_t count, const char *file)
{
    enum err err = E_OK;

    for (size_t i = 0; i < count && !err; i++) {
        X509 *cert = parse_cert(der[i]);

        if (!cert || X509_STORE_add_cert(store, cert) != 1)
            err = E_BADCERT;
        X509_free(cert);
    }
    if (!err && file && X509_STORE_load_file(store, file) != 1)
        err = E_BADCERT;
    ERR_clear_error();
    return err;
}

enum err tls_verify_error(int x509_error)
{
    switch (x509_error) {
    case X509_V_OK:
        return E_OK;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return E_EXPIRED;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return E_BADSIG;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return E_UNTRUSTED;
    case X509_V_ERR_OUT_OF_MEM:
        return E_MEMORY;
    default:
        return E_BADCERT;
    }
}

bool tls_is_brainpool(SSL_CTX *ctx)
{
    EVP_PKEY *key = SSL_CTX_get0_privatekey(ctx);
    char group[64];

    return key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strncmp(group, "brainpool", 9) == 0;
}
