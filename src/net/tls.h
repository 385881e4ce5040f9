/*
 * TLS as the GSMA wants it: versions 1.2 and 1.3, ECDHE with ECDSA, certificates on P-256 or
 * brainpoolP256r1 (SGP.22 2.6.6, SGP.32 6.1). Raw public keys (RFC 7250) are not offered: OpenSSL
 * has them from 3.2 on.
 *
 * A tls_server is the set of names that a listener answers for; a tls_trust is what a client
 * believes. Both are immutable to the connections made from them, counted, and usable by several
 * threads at once. They copy or count everything they are given.
 */
#ifndef DUNLIN_NET_TLS_H
#define DUNLIN_NET_TLS_H

#include "base/err.h"
#include "base/slice.h"
#include "net/http.h"

#include <openssl/types.h>

typedef struct ssl_session_st
    SSL_SESSION; /* as openssl/ssl.h, which this header spares its users */

/* ---- server ---- */

/* One name with its chain and key. Certificates from a PEM file, or as DER, leaf first. */
struct tls_identity {
    const char *name; /* asked for by SNI, "*.ex.com" for one label; NULL: its dNSNames */
    const char *chain_file;
    const slice *chain;
    size_t chain_count;
    const char *key_file; /* PEM; or NULL and key */
    EVP_PKEY *key;
};

enum tls_client_auth {
    TLS_CLIENT_NONE,
    TLS_CLIENT_OPTIONAL,
    TLS_CLIENT_REQUIRED,
    /* Required, and whichever it is: that the client has its key is proven, and nothing else.
       Whoever answers knows the certificates by themselves (http_tls.peer_cert). */
    TLS_CLIENT_ANY
};

struct tls_server_options {
    /*
     * In order of preference. Several may have one name, a curve each: a client gets the first
     * whose curve it knows, by the groups and signature algorithms of its ClientHello. Who names
     * none of them chooses among all.
     */
    const struct tls_identity *identities;
    size_t identity_count;
    bool in_time;     /* E_EXPIRED for a leaf that is not valid now */
    size_t *at_fault; /* on failure the identity that was looked at last; may be NULL */
    enum tls_client_auth client_auth;
    const char *client_ca_file; /* PEM */
    const slice *client_ca;     /* DER, together with the file */
    size_t client_ca_count;
    bool only_tls12;
};

struct tls_server;

/* E_BADCERT (unreadable chain), E_BADKEY (key unreadable or not of the leaf), E_ARGUMENT. */
MUST_USE enum err tls_server_open(const struct tls_server_options *o, struct tls_server **out);
/*
 * For connections to come s answers as `fresh`, which is closed. Tickets of before are void, for a
 * changed client CA must not be passed by with one.
 */
void tls_server_replace(struct tls_server *s, struct tls_server *fresh);
/* Connections made from it live on. NULL is allowed. */
void tls_server_close(struct tls_server *s);

/* ---- client ---- */

#define TLS_POLICIES 4

/*
 * Who knows what CAs have revoked since they signed it. May be asked by any thread; borrowed by
 * every trust that is given it.
 */
struct tls_revocation {
    /* Whether issuer (DER) has revoked certificate (DER). */
    bool (*revoked)(void *ctx, slice certificate, slice issuer);
    /* Grows whenever more may be revoked: what was verified before is not used again. */
    uint64_t (*edition)(void *ctx);
    void *ctx;
};

struct tls_trust_options {
    const slice *ca; /* DER certificates that are trust anchors, root or not */
    size_t ca_count;
    const char *ca_file; /* PEM, together with ca */
    bool system_ca;      /* the machine's trust store too, for operators' public servers */
    slice pinned_leaf;   /* DER: this very certificate and no other; names and dates do not count */
    slice pinned_spki;   /* DER SubjectPublicKeyInfo: this very key and no other, likewise */
    /* OIDs (their content, static) of which the leaf must carry one; the first absent: no matter */
    slice policies[TLS_POLICIES];
    const struct tls_revocation *revocation; /* of chains, not of pins; NULL: none */
    const char *chain_file; /* our own certificate for mutual TLS, as in tls_identity */
    const slice *chain;
    size_t chain_count;
    const char *key_file;
    EVP_PKEY *key;
    bool only_tls12;
};

struct tls_trust;

MUST_USE enum err tls_trust_open(const struct tls_trust_options *o, struct tls_trust **out);
/*
 * For connections to come t has the CAs and the own certificate of `fresh`, which is closed; pins,
 * policies and who knows of revocations stay. Nobody else may hold `fresh`.
 */
void tls_trust_replace(struct tls_trust *t, struct tls_trust *fresh);
/*
 * Grows whenever what is believed changes. A connection or session that was made in an earlier
 * edition is not to be used for anything new; sessions see to that by themselves. 0 for NULL.
 */
uint64_t tls_trust_edition(const struct tls_trust *t);
struct tls_trust *tls_trust_ref(struct tls_trust *t);
void tls_trust_close(struct tls_trust *t);

/* ---- for the connections ---- */

/* A server's SSL for a socket just accepted; NULL without memory. */
SSL *tls_server_ssl(struct tls_server *s);
/*
 * A client's SSL for `host` (a name, or a numeric address, for which no SNI is sent). fault
 * outlives the SSL and says afterwards why verification failed. session may be NULL.
 */
SSL *tls_trust_ssl(struct tls_trust *t, const char *host, enum err *fault, SSL_SESSION *session);
/* What is known after the handshake. Strings live as long as the SSL; peer_cert is left out. */
struct http_tls tls_describe(SSL *ssl);
/* The verified certificate of the peer as DER in malloc'd memory, absent when there is none. */
slice tls_peer_cert(SSL *ssl);
/*
 * Called with each session ticket of a client connection whose SSL has `owner` set by
 * tls_on_session; the callee takes the reference.
 */
void tls_on_session(SSL *ssl, void (*got)(void *owner, SSL_SESSION *session), void *owner);

/* ---- checks, pure ---- */

enum tls_role { TLS_ROLE_SERVER, TLS_ROLE_CLIENT };

/* SGP.26: curve, keyUsage digitalSignature, the extended key usage of the role. E_BADCERT, E_BADKEY
 */
MUST_USE enum err tls_check_leaf(X509 *leaf, enum tls_role role);
/* E_EXPIRED unless it is valid now. */
MUST_USE enum err tls_check_time(X509 *leaf);
/* A dNSName equals the host (any case); "*." stands for exactly one label. The CN never counts. */
bool tls_name_matches(X509 *leaf, const char *host);
bool tls_pattern_matches(slice pattern, slice host);
bool tls_has_policy(X509 *leaf, slice oid);

#endif
