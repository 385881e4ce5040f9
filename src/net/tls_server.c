/* Several names on one listener, exchanged as a whole. */
#include "net/tls_hello.h"
#include "net/tls_material.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct name_entry {
    char *name; /* NULL: those of its certificate */
    SSL_CTX *ctx;
    bool brainpool;
};

/* One generation of identities. Every SSL made from it counts as a use. */
struct tls_set {
    atomic_size_t uses;
    struct name_entry *names;
    size_t count;
};

struct tls_server {
    pthread_mutex_t lock; /* guards the pointer, not the set */
    struct tls_set *set;
};

static int set_index = -1; /* of the SSL's extra data that holds its set */
static pthread_once_t set_index_once = PTHREAD_ONCE_INIT;

static void unref_set(struct tls_set *set)
{
    if (!set || atomic_fetch_sub(&set->uses, 1) != 1)
        return;
    for (size_t i = 0; i < set->count; i++) {
        free(set->names[i].name);
        SSL_CTX_free(set->names[i].ctx);
    }
    free(set->names);
    free(set);
}

static void drop_set(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                     void *argp)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    unref_set(ptr);
}

static void make_set_index(void)
{
    set_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, drop_set);
}

static bool is_named(const struct name_entry *e, const char *host)
{
    if (e->name)
        return tls_pattern_matches(slice_str(e->name), slice_str(host));
    return tls_name_matches(SSL_CTX_get0_certificate(e->ctx), host);
}

static bool has_name(const struct tls_set *set, const char *host)
{
    for (size_t i = 0; host && *host && i < set->count; i++)
        if (is_named(&set->names[i], host))
            return true;
    return false;
}

/*
 * Of those with the name that was asked for (of all, when none has it) the first whose curve the
 * client knows; the first of them when it knows none, for what it says may be wrong.
 */
static const struct name_entry *choose(const struct tls_set *set, const struct tls_hello *hello)
{
    bool named = has_name(set, hello->host);
    const struct name_entry *first = NULL;

    for (size_t i = 0; i < set->count; i++) {
        const struct name_entry *e = &set->names[i];

        if (named && !is_named(e, hello->host))
            continue;
        if (e->brainpool ? hello->knows_brainpool : hello->knows_p256)
            return e;
        first = first ? first : e;
    }
    return first;
}

/*
 * The identity is chosen before the version is: a brainpool key cannot serve TLS 1.3, and OpenSSL
 * negotiates the version before it calls the usual server-name callback.
 */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    const struct tls_set *set = SSL_get_ex_data(ssl, set_index);
    const struct name_entry *e = set->names;

    (void)arg;
    if (set->count > 1) {
        const struct tls_hello hello = tls_hello_read(ssl);

        e = choose(set, &hello);
    }
    if (SSL_get_SSL_CTX(ssl) != e->ctx && !SSL_set_SSL_CTX(ssl, e->ctx))
        return *alert = SSL_AD_INTERNAL_ERROR, SSL_CLIENT_HELLO_ERROR;
    if (e->brainpool && !SSL_set_max_proto_version(ssl, TLS1_2_VERSION))
        return *alert = SSL_AD_INTERNAL_ERROR, SSL_CLIENT_HELLO_ERROR;
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* Tells the client that its name was recognised. */
static int on_server_name(SSL *ssl, int *alert, void *arg)
{
    const char *host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    (void)alert;
    (void)arg;
    return has_name(SSL_get_ex_data(ssl, set_index), host) ? SSL_TLSEXT_ERR_OK
                                                           : SSL_TLSEXT_ERR_NOACK;
}

/* The chain by OpenSSL, the certificate's form by us. */
static int verify_client(X509_STORE_CTX *ctx, void *arg)
{
    (void)arg;
    if (tls_check_leaf(X509_STORE_CTX_get0_cert(ctx), TLS_ROLE_CLIENT) != E_OK) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_INVALID_PURPOSE);
        return 0;
    }
    return X509_verify_cert(ctx);
}

static int take_any_client(X509_STORE_CTX *ctx, void *arg)
{
    (void)arg;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

/* The names of the CAs help clients to pick a certificate. */
static void announce_client_ca(SSL_CTX *ctx)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(SSL_CTX_get_cert_store(ctx));

    for (int i = 0; i < sk_X509_OBJECT_num(objects); i++) {
        X509 *ca = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));

        if (ca)
            SSL_CTX_add_client_CA(ctx, ca);
    }
}

static enum err set_client_auth(SSL_CTX *ctx, const struct tls_server_options *o)
{
    int mode = SSL_VERIFY_PEER;
    enum err err;

    if (o->client_auth == TLS_CLIENT_NONE)
        return E_OK;
    if (o->client_auth == TLS_CLIENT_REQUIRED || o->client_auth == TLS_CLIENT_ANY)
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    SSL_CTX_set_verify(ctx, mode, NULL);
    if (o->client_auth == TLS_CLIENT_ANY) {
        SSL_CTX_set_cert_verify_callback(ctx, take_any_client, NULL);
        return E_OK;
    }
    err = tls_add_anchors(SSL_CTX_get_cert_store(ctx), o->client_ca, o->client_ca_count,
                          o->client_ca_file);
    if (err)
        return err;
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_cert_verify_callback(ctx, verify_client, NULL);
    announce_client_ca(ctx);
    return E_OK;
}

static enum err set_entry(struct name_entry *e, const struct tls_identity *id,
                          const struct tls_server_options *o)
{
    static const unsigned char context[] = "dunlin";
    enum err err;

    if (id->name) {
        e->name = strdup(id->name);
        if (!e->name)
            return E_MEMORY;
    }
    e->ctx = tls_context(TLS_server_method(), o->only_tls12, true);
    if (!e->ctx)
        return E_MEMORY;
    err = tls_use_identity(e->ctx, id);
    if (!err && o->in_time)
        err = tls_check_time(SSL_CTX_get0_certificate(e->ctx));
    if (!err)
        err = set_client_auth(e->ctx, o);
    if (err)
        return err;
    e->brainpool = tls_is_brainpool(e->ctx);
    /* resumption by tickets alone: nothing is kept for a client that went away */
    SSL_CTX_set_session_cache_mode(e->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(e->ctx, context, sizeof context - 1);
    SSL_CTX_set_num_tickets(e->ctx, 1);
    SSL_CTX_set_client_hello_cb(e->ctx, on_client_hello, NULL);
    SSL_CTX_set_tlsext_servername_callback(e->ctx, on_server_name);
    return E_OK;
}

static enum err make_set(const struct tls_server_options *o, struct tls_set **out)
{
    struct tls_set *set = calloc(1, sizeof *set);
    enum err err = E_OK;

    *out = NULL;
    if (!set)
        return E_MEMORY;
    atomic_init(&set->uses, 1);
    set->names = calloc(o->identity_count, sizeof *set->names);
    set->count = set->names ? o->identity_count : 0;
    if (!set->names)
        err = E_MEMORY;
    for (size_t i = 0; i < set->count && !err; i++) {
        if (o->at_fault)
            *o->at_fault = i;
        err = set_entry(&set->names[i], &o->identities[i], o);
    }
    if (err) {
        unref_set(set);
        return err;
    }
    *out = set;
    return E_OK;
}

enum err tls_server_open(const struct tls_server_options *o, struct tls_server **out)
{
    struct tls_server *s;
    enum err err;

    *out = NULL;
    pthread_once(&set_index_once, make_set_index);
    if (set_index < 0 || !o->identity_count)
        return set_index < 0 ? E_MEMORY : E_ARGUMENT;
    s = calloc(1, sizeof *s);
    if (!s)
        return E_MEMORY;
    err = make_set(o, &s->set);
    if (err) {
        free(s);
        return err;
    }
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return E_OK;
}

void tls_server_replace(struct tls_server *s, struct tls_server *fresh)
{
    struct tls_set *old;

    pthread_mutex_lock(&s->lock);
    old = s->set;
    s->set = fresh->set;
    pthread_mutex_unlock(&s->lock);
    fresh->set = old;
    tls_server_close(fresh);
}

void tls_server_close(struct tls_server *s)
{
    if (!s)
        return;
    unref_set(s->set);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

SSL *tls_server_ssl(struct tls_server *s)
{
    struct tls_set *set;
    SSL *ssl;

    pthread_mutex_lock(&s->lock);
    set = s->set;
    atomic_fetch_add(&set->uses, 1);
    pthread_mutex_unlock(&s->lock);
    ssl = SSL_new(set->names[0].ctx);
    if (!ssl || !SSL_set_ex_data(ssl, set_index, set)) {
        SSL_free(ssl);
        unref_set(set);
        return NULL;
    }
    SSL_set_accept_state(ssl);
    return ssl;
}

struct http_tls tls_describe(SSL *ssl)
{
    return (struct http_tls){
        .version = SSL_get_version(ssl),
        .cipher = SSL_get_cipher_name(ssl),
        .sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
        .resumed = SSL_session_reused(ssl) == 1,
    };
}

slice tls_peer_cert(SSL *ssl)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);
    unsigned char *der = NULL;
    int n = cert && SSL_get_verify_result(ssl) == X509_V_OK ? i2d_X509(cert, &der) : 0;
    uint8_t *copy = n > 0 ? malloc((size_t)n) : NULL;

    if (copy)
        memcpy(copy, der, (size_t)n);
    OPENSSL_free(der);
    return copy ? slice_of(copy, (size_t)n) : SLICE_NONE;
}
