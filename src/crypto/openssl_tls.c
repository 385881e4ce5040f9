/* The OpenSSL 3 provider: TLS of a client over memory. */
#include "crypto/openssl.h"

#include "base/secret.h"
#include "crypto/tls_session.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

/* SGP.22 2.6.6, SGP.32 6.1.2 */
#define SUITES_TLS12 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
#define SUITES_TLS13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
#define GROUPS       "P-256:X25519:brainpoolP256r1"
#define SIGNATURES   "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512"
/* GlobalPlatform Amendment B 3.3.3 */
#define SUITES_PSK "PSK-AES128-GCM-SHA256:PSK-AES128-CBC-SHA256"

#define CERT_LIST_MAX 16384 /* octets of the Certificate message */

struct session {
    struct tls_session is;
    SSL *ssl;
    BIO *in, *out; /* the SSL's own */
    enum err (*believe)(void *ctx, const slice *chain, size_t count);
    void *ctx;
    enum err refused; /* what believe said */
    char identity[TLS_IDENTITY_MAX + 1];
    uint8_t psk[TLS_PSK_MAX];
    uint8_t psk_n; /* 0: certificates */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static SSL_CTX *with_certificates, *with_psk; /* NULL: the library lacks what we need */

static struct session *of(struct tls_session *s)
{
    return (struct session *)s;
}

/* ---- whom to believe ---- */

/* The chain as it came, leaf first; freed by drop_chain. */
static enum err take_chain(STACK_OF(X509) * certs, slice chain[TLS_CHAIN_MAX], size_t *count)
{
    int n = sk_X509_num(certs);

    *count = 0;
    if (n < 1)
        return E_MISSING;
    if (n > TLS_CHAIN_MAX)
        return E_LIMIT;
    for (int i = 0; i < n; i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(certs, i), &der);

        if (len <= 0)
            return E_MEMORY;
        chain[(*count)++] = slice_of(der, (size_t)len);
    }
    return E_OK;
}

static void drop_chain(const slice *chain, size_t count)
{
    for (size_t i = 0; i < count; i++)
        OPENSSL_free((void *)chain[i].p);
}

static int verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct session *s = SSL_get_app_data(ssl);
    slice chain[TLS_CHAIN_MAX];
    size_t count;

    (void)arg;
    s->refused = take_chain(X509_STORE_CTX_get0_untrusted(store), chain, &count);
    if (!s->refused)
        s->refused = s->believe(s->ctx, chain, count);
    drop_chain(chain, count);
    X509_STORE_CTX_set_error(store, s->refused ? X509_V_ERR_APPLICATION_VERIFICATION : X509_V_OK);
    return s->refused == E_OK;
}

static unsigned give_psk(SSL *ssl, const char *hint, char *identity, unsigned identity_max,
                         unsigned char *psk, unsigned psk_max)
{
    struct session *s = SSL_get_app_data(ssl);
    size_t n = strlen(s->identity);

    (void)hint; /* there is one key for this server */
    if (n + 1 > identity_max || s->psk_n > psk_max)
        return 0;
    memcpy(identity, s->identity, n + 1);
    memcpy(psk, s->psk, s->psk_n);
    return s->psk_n;
}

/* ---- contexts, one of a kind for the process ---- */

static bool set_common(SSL_CTX *ctx)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1;
}

static bool set_certificates(SSL_CTX *ctx)
{
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, verify, NULL);
    return set_common(ctx) && SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, SUITES_TLS12) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, SUITES_TLS13) == 1 &&
           SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 &&
           SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) == 1;
}

static bool set_psk(SSL_CTX *ctx)
{
    SSL_CTX_set_psk_client_callback(ctx, give_psk);
    return set_common(ctx) && SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, SUITES_PSK) == 1;
}

static SSL_CTX *context(bool (*set)(SSL_CTX *ctx))
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

    if (ctx && !set(ctx)) {
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static void start(void)
{
    with_certificates = context(set_certificates);
    with_psk = context(set_psk);
    ERR_clear_error();
}

/* ---- what went wrong ---- */

/* Of the library's queue the first that TLS itself put there: what lies below has other words. */
static enum err fault_of(const struct session *s)
{
    unsigned long error = ERR_get_error();

    if (s->refused)
        return s->refused;
    for (; error && ERR_GET_LIB(error) != ERR_LIB_SSL; error = ERR_get_error())
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
            return E_MEMORY;
    if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
        return E_MEMORY;
    if (ERR_GET_REASON(error) > SSL_AD_REASON_OFFSET)
        return E_CLOSED;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_BAD_SIGNATURE:
        return E_BADSIG;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DIGEST_CHECK_FAILED:
        return E_BADMAC;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        return E_BADCERT;
    default:
        return E_SYNTAX;
    }
}

/* The result of a call that did not succeed. */
static void settle(struct session *s, int result)
{
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_NONE:
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        break;
    case SSL_ERROR_ZERO_RETURN:
        s->is.state = TLS_SESSION_ENDED;
        break;
    default:
        s->is.state = TLS_SESSION_FAILED;
        s->is.fault = fault_of(s);
    }
    ERR_clear_error();
}

static void shake(struct session *s)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(s->ssl);
    if (result == 1)
        s->is.state = TLS_SESSION_OPEN;
    else
        settle(s, result);
}

/* Takes in what is no application data, and finds the end. */
static void look(struct session *s)
{
    uint8_t octet;
    int result;

    ERR_clear_error();
    result = SSL_peek(s->ssl, &octet, 1);
    if (result <= 0)
        settle(s, result);
    wipe(&octet, sizeof octet);
}

/* ---- the provider's functions ---- */

static void session_close(struct tls_session *is)
{
    struct session *s = of(is);

    SSL_free(s->ssl);
    wipe(s, sizeof *s);
    free(s);
    ERR_clear_error();
}

static void set_secrets(struct session *s, const struct tls_session_options *o)
{
    s->believe = o->believe;
    s->ctx = o->ctx;
    if (o->believe)
        return;
    memcpy(s->identity, o->psk_identity.p, o->psk_identity.n);
    memcpy(s->psk, o->psk.p, o->psk.n);
    s->psk_n = (uint8_t)o->psk.n;
}

static bool set_connection(struct session *s, slice name)
{
    char text[256] = "";

    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    if (!s->in || !s->out) {
        BIO_free(s->in);
        BIO_free(s->out);
        return false;
    }
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_app_data(s->ssl, s);
    SSL_set_connect_state(s->ssl);
    if (!name.n)
        return true;
    memcpy(text, name.p, name.n);
    return SSL_set_tlsext_host_name(s->ssl, text) == 1;
}

static enum err session_open(void *ctx, const struct tls_session_options *o,
                             struct tls_session **out)
{
    struct session *s;
    SSL_CTX *of_kind;

    (void)ctx;
    pthread_once(&once, start);
    of_kind = o->believe ? with_certificates : with_psk;
    if (!of_kind)
        return E_CRYPTO;
    s = calloc(1, sizeof *s);
    if (!s)
        return E_MEMORY;
    s->is.by = &ossl_tls;
    set_secrets(s, o);
    s->ssl = SSL_new(of_kind);
    if (!s->ssl || !set_connection(s, o->name)) {
        session_close(&s->is);
        return E_MEMORY;
    }
    shake(s);
    if (s->is.fault) {
        session_close(&s->is);
        return E_CRYPTO;
    }
    *out = &s->is;
    return E_OK;
}

static void session_feed(struct tls_session *is, slice octets)
{
    struct session *s = of(is);

    if (octets.n > INT_MAX || BIO_write(s->in, octets.p, (int)octets.n) != (int)octets.n) {
        is->state = TLS_SESSION_FAILED;
        is->fault = E_MEMORY;
        ERR_clear_error();
        return;
    }
    if (is->state == TLS_SESSION_SHAKING)
        shake(s);
    if (is->state == TLS_SESSION_OPEN)
        look(s);
}

static size_t session_drain(struct tls_session *is, uint8_t *out, size_t size)
{
    int n = BIO_read(of(is)->out, out, size < INT_MAX ? (int)size : INT_MAX);

    return n > 0 ? (size_t)n : 0;
}

static size_t session_waiting(const struct tls_session *is)
{
    return BIO_ctrl_pending(((const struct session *)is)->out);
}

static enum err session_write(struct tls_session *is, slice octets)
{
    struct session *s = of(is);
    size_t written;

    ERR_clear_error();
    if (SSL_write_ex(s->ssl, octets.p, octets.n, &written) == 1 && written == octets.n)
        return E_OK;
    /* memory does not block: only a broken session or lack of memory leads here */
    is->state = TLS_SESSION_FAILED;
    is->fault = fault_of(s);
    ERR_clear_error();
    return is->fault;
}

static size_t session_read(struct tls_session *is, uint8_t *out, size_t size)
{
    struct session *s = of(is);
    size_t n = 0;

    ERR_clear_error();
    if (SSL_read_ex(s->ssl, out, size, &n) != 1) {
        settle(s, 0);
        return 0;
    }
    return n;
}

static void session_end(struct tls_session *is)
{
    SSL_shutdown(of(is)->ssl);
    ERR_clear_error();
}

const struct tls_provider ossl_tls = {
    .open = session_open,
    .feed = session_feed,
    .drain = session_drain,
    .waiting = session_waiting,
    .write = session_write,
    .read = session_read,
    .end = session_end,
    .close = session_close,
};
