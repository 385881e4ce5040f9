/*
 * A TLS server over memory for tests: a certificate of its own making, or a pre-shared key. It
 * echoes nothing by itself; the test moves the octets.
 */
#ifndef DUNLIN_TESTS_TLS_PEER_H
#define DUNLIN_TESTS_TLS_PEER_H

#include "crypto/crypto.h"

#include <openssl/ssl.h>

struct tls_peer_options {
    enum curve curve;         /* of its certificate */
    int version;              /* TLS1_2_VERSION ..; 0: 1.2 for brainpool, else any */
    unsigned extra;           /* further certificates in its chain */
    const char *suite;        /* of TLS 1.2; NULL: its own choice */
    const char *groups;       /* NULL: that of its curve */
    const char *psk_identity; /* with psk: no certificate */
    slice psk;
};

struct tls_peer {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
    uint8_t leaf[1024]; /* DER */
    size_t leaf_n;
    char sni[256];
    char identity[160]; /* that the client gave */
    struct tls_peer_options o;
};

void tls_peer_open(struct tls_peer *p, const struct tls_peer_options *o);
/* The next connection; the certificate stays. */
void tls_peer_restart(struct tls_peer *p);
void tls_peer_close(struct tls_peer *p);
/* Octets from the client; goes on with the handshake. False: it failed. */
bool tls_peer_feed(struct tls_peer *p, slice octets);
size_t tls_peer_drain(struct tls_peer *p, uint8_t *out, size_t size);
size_t tls_peer_read(struct tls_peer *p, uint8_t *out, size_t size);
void tls_peer_write(struct tls_peer *p, slice octets);
bool tls_peer_is_open(const struct tls_peer *p);
void tls_peer_end(struct tls_peer *p);

#endif
