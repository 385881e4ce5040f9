/* What a ClientHello says that decides with which certificate it is answered. Inside net/. */
#ifndef DUNLIN_NET_TLS_HELLO_H
#define DUNLIN_NET_TLS_HELLO_H

#include "base/slice.h"

#include <openssl/ssl.h>

#define TLS_HOST_MAX 255 /* octets of a host name */

struct tls_hello {
    char host[TLS_HOST_MAX + 1]; /* server_name; empty: it names none, or not as RFC 6066 has it */
    bool knows_p256;             /* can verify a certificate on P-256 */
    bool knows_brainpool;        /* one on brainpoolP256r1, which takes TLS 1.2 here */
};

/* In a client-hello callback. What is malformed counts as absent: the handshake judges it. */
struct tls_hello tls_hello_read(SSL *ssl);

#endif
