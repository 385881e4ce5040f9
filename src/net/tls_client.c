/* What a client believes, and the checks on the server's certificate. */
#include "net/tls_material.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct tls_trust {
    atomic_size_t uses;
    pthread_mutex_t lock; /* guards the pointer ctx */
    SSL_CTX *ctx;
    atomic_bool has_anchors;
    uint8_t *pinned_leaf, *pinned_spki; /* malloc or NULL */
    size_t pinned_leaf_n, pinned_spki_n;
    slice policies[TLS_POLICIES];
    struct tls_revocation revocation; /* without functions: none */
    atomic_uint_fast64_t reloads;
};

/* What the verifier needs to know of one connection; lives as long as its SSL. */
struct peer {
    struct tls_trust *trust; /* counted */
    char *host;
    enum err *fault;
    uint64_t edition; /* of the trust, when it was asked to connect */
    void (*on_session)(void *owner, SSL_SESSION *session);
    void *owner;
};

static int peer_index = -1;
static int edition_index = -1; /* of sessions: a uint64_t in malloc'd memory */
static pthread_once_t indexes_once = PTHREAD_ONCE_INIT;

static void drop_peer(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                      void *argp)
{
    struct peer *p = ptr;

    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (!p)
        return;
    tls_trust_close(p->trust);
    free(p->host);
    free(p);
}

static void drop_edition(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                         void *argp)
{
    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    free(ptr);
}

/* OpenSSL copies a session for each of its tickets. */
static int copy_edition(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ptr, int index,
                        long argl, void *argp)
{
    uint64_t *copy = NULL;

    (void)to;
    (void)from;
    (void)index;
    (void)argl;
    (void)argp;
    if (!*ptr)
        return 1;
    copy = malloc(sizeof *copy);
    if (copy)
        memcpy(copy, *ptr, sizeof *copy);
    *ptr = copy;
    return copy != NULL;
}

static void make_indexes(void)
{
    peer_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, drop_peer);
    edition_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, copy_edition, drop_edition);
}

static bool is_address(const char *host)
{
    uint8_t octets[16];

    return inet_pton(AF_INET, host, octets) == 1 || inet_pton(AF_INET6, host, octets) == 1;
}

/* SGP.32 2.11.1 trustedPublicKeyDataTls, certificate arm: equality is the whole check. */
static enum err check_pinned_leaf(const struct tls_trust *t, X509 *leaf)
{
    unsigned char *der = NULL;
    int n = i2d_X509(leaf, &der);
    bool same =
        n > 0 && slice_eq(slice_of(der, (size_t)n), slice_of(t->pinned_leaf, t->pinned_leaf_n));

    OPENSSL_free(der);
    return same ? E_OK : E_UNTRUSTED;
}

/* SGP.32 2.11.1 trustedEimPkTls: the key, whatever certificate brings it. */
static enum err check_pinned_spki(const struct tls_trust *t, X509 *leaf)
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
    bool same =
        n > 0 && slice_eq(slice_of(der, (size_t)n), slice_of(t->pinned_spki, t->pinned_spki_n));

    OPENSSL_free(der);
    return same ? E_OK : E_UNTRUSTED;
}

static enum err check_role(const struct tls_trust *t, X509 *leaf)
{
    if (!t->policies[0].p)
        return E_OK;
    for (size_t i = 0; i < TLS_POLICIES; i++)
        if (t->policies[i].p && tls_has_policy(leaf, t->policies[i]))
            return E_OK;
    return E_BADCERT;
}

/* Every permitted subtree of every CA in the chain is a directoryName. */
static bool only_directory_constraints(STACK_OF(X509) * chain)
{
    bool only = true;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        NAME_CONSTRAINTS *nc =
            X509_get_ext_d2i(sk_X509_value(chain, i), NID_name_constraints, NULL, NULL);

        for (int k = 0; nc && k < sk_GENERAL_SUBTREE_num(nc->permittedSubtrees); k++)
            if (sk_GENERAL_SUBTREE_value(nc->permittedSubtrees, k)->base->type != GEN_DIRNAME)
                only = false;
        NAME_CONSTRAINTS_free(nc);
    }
    return only;
}

/*
 * The GSMA's name constraints bind the EIDs of eUICCs: a directoryName whose serialNumber is a
 * prefix (SGP.22 4.5.2.1), which no X.509 library knows. A server is known by its dNSName, so a
 * directoryName that does not match is passed over; constraints on host names stand.
 */
static int pass_gsma_constraints(int ok, X509_STORE_CTX *ctx)
{
    if (!ok && X509_STORE_CTX_get_error(ctx) == X509_V_ERR_PERMITTED_VIOLATION &&
        only_directory_constraints(X509_STORE_CTX_get0_chain(ctx))) {
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    }
    return ok;
}

/* Each certificate of a verified chain is asked about with the one above it. */
static enum err check_revoked(const struct tls_trust *t, STACK_OF(X509) * chain)
{
    enum err err = E_OK;

    for (int i = 0; t->revocation.revoked && !err && i + 1 < sk_X509_num(chain); i++) {
        unsigned char *der = NULL, *issuer = NULL;
        int n = i2d_X509(sk_X509_value(chain, i), &der);
        int issuer_n = i2d_X509(sk_X509_value(chain, i + 1), &issuer);

        if (n <= 0 || issuer_n <= 0)
            err = E_MEMORY;
        else if (t->revocation.revoked(t->revocation.ctx, slice_of(der, (size_t)n),
                                       slice_of(issuer, (size_t)issuer_n)))
            err = E_REVOKED;
        OPENSSL_free(der);
        OPENSSL_free(issuer);
    }
    return err;
}

static enum err check_chain(const struct tls_trust *t, X509_STORE_CTX *ctx)
{
    if (!t->has_anchors)
        return E_UNTRUSTED;
    X509_STORE_CTX_set_verify_cb(ctx, pass_gsma_constraints);
    if (X509_verify_cert(ctx) == 1)
        return check_revoked(t, X509_STORE_CTX_get0_chain(ctx));
    return tls_verify_error(X509_STORE_CTX_get_error(ctx));
}

static enum err check_server(const struct peer *p, X509_STORE_CTX *ctx)
{
    const struct tls_trust *t = p->trust;
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);
    enum err err;

    if (t->pinned_leaf)
        return check_pinned_leaf(t, leaf);
    if (t->pinned_spki)
        return check_pinned_spki(t, leaf);
    err = tls_check_leaf(leaf, TLS_ROLE_SERVER);
    if (!err && !tls_name_matches(leaf, p->host))
        err = E_BADCERT;
    if (!err)
        err = check_role(t, leaf);
    if (!err)
        err = check_chain(t, ctx);
    return err;
}

static int verify_server(X509_STORE_CTX *ctx, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct peer *p = SSL_get_ex_data(ssl, peer_index);

    (void)arg;
    *p->fault = check_server(p, ctx);
    if (*p->fault == E_OK) {
        X509_STORE_CTX_set_error(ctx, X509_V_OK);
        return 1;
    }
    if (*p->fault == E_REVOKED)
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REVOKED);
    else if (X509_STORE_CTX_get_error(ctx) == X509_V_OK)
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

/*
 * A resumed session is not verified again: it goes on as long as nothing else is believed. A ticket
 * over a resumed session is as old as that.
 */
static bool note_edition(SSL_SESSION *session, uint64_t edition)
{
    uint64_t *own = SSL_SESSION_get_ex_data(session, edition_index);

    if (own)
        return true;
    own = malloc(sizeof *own);
    if (!own)
        return false;
    *own = edition;
    if (SSL_SESSION_set_ex_data(session, edition_index, own))
        return true;
    free(own);
    return false;
}

static bool is_of_edition(SSL_SESSION *session, uint64_t edition)
{
    const uint64_t *own = SSL_SESSION_get_ex_data(session, edition_index);

    return own && *own == edition;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session)
{
    struct peer *p = SSL_get_ex_data(ssl, peer_index);

    if (!p || !p->on_session || !note_edition(session, p->edition))
        return 0;
    p->on_session(p->owner, session);
    return 1; /* the reference is the callee's */
}

void tls_on_session(SSL *ssl, void (*got)(void *owner, SSL_SESSION *session), void *owner)
{
    struct peer *p = SSL_get_ex_data(ssl, peer_index);

    p->on_session = got;
    p->owner = owner;
}

static enum err copy_octets(slice s, uint8_t **p, size_t *n)
{
    if (!s.p)
        return E_OK;
    *p = malloc(s.n + 1);
    if (!*p)
        return E_MEMORY;
    memcpy(*p, s.p, s.n);
    *n = s.n;
    return E_OK;
}

static enum err set_own_identity(struct tls_trust *t, const struct tls_trust_options *o)
{
    struct tls_identity id = {
        .chain_file = o->chain_file,
        .chain = o->chain,
        .chain_count = o->chain_count,
        .key_file = o->key_file,
        .key = o->key,
    };

    if (!o->chain_file && !o->chain_count)
        return E_OK;
    return tls_use_identity(t->ctx, &id);
}

static enum err set_trust(struct tls_trust *t, const struct tls_trust_options *o)
{
    enum err err;

    t->ctx = tls_context(TLS_client_method(), o->only_tls12, false);
    if (!t->ctx)
        return E_MEMORY;
    t->has_anchors = o->ca_count || o->ca_file || o->system_ca;
    if (!t->has_anchors && !o->pinned_leaf.p && !o->pinned_spki.p)
        return E_ARGUMENT;
    if (o->system_ca && SSL_CTX_set_default_verify_paths(t->ctx) != 1)
        return E_BADCERT;
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(t->ctx), X509_V_FLAG_PARTIAL_CHAIN);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(t->ctx, verify_server, NULL);
    SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(t->ctx, on_new_session);
    err = tls_add_anchors(SSL_CTX_get_cert_store(t->ctx), o->ca, o->ca_count, o->ca_file);
    if (!err)
        err = set_own_identity(t, o);
    if (!err)
        err = copy_octets(o->pinned_leaf, &t->pinned_leaf, &t->pinned_leaf_n);
    if (!err)
        err = copy_octets(o->pinned_spki, &t->pinned_spki, &t->pinned_spki_n);
    memcpy(t->policies, o->policies, sizeof t->policies);
    if (o->revocation)
        t->revocation = *o->revocation;
    return err;
}

enum err tls_trust_open(const struct tls_trust_options *o, struct tls_trust **out)
{
    struct tls_trust *t;
    enum err err;

    *out = NULL;
    pthread_once(&indexes_once, make_indexes);
    t = peer_index < 0 || edition_index < 0 ? NULL : calloc(1, sizeof *t);
    if (!t)
        return E_MEMORY;
    atomic_init(&t->uses, 1);
    pthread_mutex_init(&t->lock, NULL);
    err = set_trust(t, o);
    if (err) {
        tls_trust_close(t);
        return err;
    }
    *out = t;
    return E_OK;
}

void tls_trust_replace(struct tls_trust *t, struct tls_trust *fresh)
{
    SSL_CTX *old;

    pthread_mutex_lock(&t->lock);
    old = t->ctx;
    t->ctx = fresh->ctx;
    fresh->ctx = old; /* connections made from it count it */
    atomic_store(&t->has_anchors, atomic_load(&fresh->has_anchors));
    atomic_fetch_add(&t->reloads, 1);
    pthread_mutex_unlock(&t->lock);
    tls_trust_close(fresh);
}

uint64_t tls_trust_edition(const struct tls_trust *t)
{
    if (!t)
        return 0;
    return atomic_load(&t->reloads) +
           (t->revocation.edition ? t->revocation.edition(t->revocation.ctx) : 0);
}

struct tls_trust *tls_trust_ref(struct tls_trust *t)
{
    if (t)
        atomic_fetch_add(&t->uses, 1);
    return t;
}

void tls_trust_close(struct tls_trust *t)
{
    if (!t || atomic_fetch_sub(&t->uses, 1) != 1)
        return;
    SSL_CTX_free(t->ctx);
    pthread_mutex_destroy(&t->lock);
    free(t->pinned_leaf);
    free(t->pinned_spki);
    free(t);
}

static bool attach_peer(SSL *ssl, struct tls_trust *t, const char *host, enum err *fault,
                        uint64_t edition)
{
    struct peer *p = calloc(1, sizeof *p);

    if (!p)
        return false;
    p->trust = tls_trust_ref(t);
    p->host = strdup(host);
    p->fault = fault;
    p->edition = edition;
    if (!p->host || !SSL_set_ex_data(ssl, peer_index, p)) {
        drop_peer(NULL, p, NULL, 0, 0, NULL);
        return false;
    }
    return true;
}

SSL *tls_trust_ssl(struct tls_trust *t, const char *host, enum err *fault, SSL_SESSION *session)
{
    uint64_t edition = tls_trust_edition(t);
    SSL *ssl;

    pthread_mutex_lock(&t->lock);
    ssl = SSL_new(t->ctx);
    pthread_mutex_unlock(&t->lock);
    *fault = E_OK;
    if (!ssl)
        return NULL;
    SSL_set_connect_state(ssl);
    if (!attach_peer(ssl, t, host, fault, edition) ||
        (!is_address(host) && !SSL_set_tlsext_host_name(ssl, host))) {
        SSL_free(ssl);
        return NULL;
    }
    if (session && is_of_edition(session, edition))
        SSL_set_session(ssl, session);
    return ssl;
}
