/* Loading of certificates and keys, and the settings that both sides of TLS share. Inside net/. */
#ifndef DUNLIN_NET_TLS_MATERIAL_H
#define DUNLIN_NET_TLS_MATERIAL_H

#include "net/tls.h"

#include <openssl/ssl.h>

/* A context with the versions, suites, groups and modes of this house; NULL without memory. */
SSL_CTX *tls_context(const SSL_METHOD *method, bool only_tls12, bool accept_cbc);
/* Puts chain and key into the context. */
MUST_USE enum err tls_use_identity(SSL_CTX *ctx, const struct tls_identity *id);
/* Adds trust anchors; file may be NULL. */
MUST_USE enum err tls_add_anchors(X509_STORE *store, const slice *der, size_t count,
                                  const char *file);
/* The class of an X.509 verification result. */
enum err tls_verify_error(int x509_error);
/* TLS 1.3 has no brainpool code points in OpenSSL 3.0: such an identity speaks TLS 1.2. */
bool tls_is_brainpool(SSL_CTX *ctx);

#endif
