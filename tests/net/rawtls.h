/* TLS peers straight from OpenSSL, which do what ours never would. */
#ifndef TESTS_NET_RAWTLS_H
#define TESTS_NET_RAWTLS_H

#include "net/pki.h"

#include <openssl/ssl.h>

#include <pthread.h>

/* Accepts one connection, tries a handshake, reads one request and says `answer`. */
struct raw_server {
    SSL_CTX *ctx;       /* owned */
    const char *answer; /* NULL: a good one */
    bool cut;           /* ends without close_notify */
    uint16_t port;
    /* afterwards */
    bool shaken;
    long octets; /* of the application */
    char sni[256];
    unsigned char key[128]; /* the client's ephemeral key */
    size_t key_n;
    int listen_fd;
    pthread_t thread;
};

/* A context of no principles: any version, any suite, any key. chain_count certificates, leaf
 * first. */
SSL_CTX *raw_context(bool server, const struct made_cert *const *chain, size_t chain_count);
void raw_start(struct raw_server *s);
void raw_end(struct raw_server *s);

/* A client's handshake with 127.0.0.1:port. The SSL (with its socket) or NULL. */
SSL *raw_connect(SSL_CTX *ctx, uint16_t port, const char *sni, SSL_SESSION *session);
/* A request and its response; the status, or 0. */
int raw_ask(SSL *ssl);
void raw_close(SSL *ssl);

#endif
