/*
 * PKCS#11 URIs (RFC 7512), as far as one names a private key and where its module and its PIN are.
 * Nothing here touches a token.
 */
#ifndef DUNLIN_CRYPTO_PKCS11_URI_H
#define DUNLIN_CRYPTO_PKCS11_URI_H

#include "base/err.h"
#include "base/slice.h"

#define PKCS11_TEXT_MAX                                                                            \
    64 /* token, manufacturer, model: 32 octets; serial: 16; an object's label */
#define PKCS11_ID_MAX   64   /* CKA_ID */
#define PKCS11_PATH_MAX 1024 /* module-path, pin-source */

struct pkcs11_uri {
    /* "" where the URI does not say: anything matches */
    char token[PKCS11_TEXT_MAX + 1], manufacturer[PKCS11_TEXT_MAX + 1];
    char model[PKCS11_TEXT_MAX + 1], serial[PKCS11_TEXT_MAX + 1];
    char object[PKCS11_TEXT_MAX + 1];
    uint8_t id[PKCS11_ID_MAX];
    size_t id_n;
    char module_path[PKCS11_PATH_MAX + 1];
    char pin_source[PKCS11_PATH_MAX + 1]; /* a path; "file:" is taken off */
};

/*
 * White space around the URI does not count. E_SYNTAX (form, repeated attribute), E_SIZE, E_RANGE
 * (type other than private), E_MISSING (neither object nor id: it names no key), E_REFUSED
 * (pin-value: a PIN does not stand beside what it opens), E_UNSUPPORTED (any other attribute: what
 * would narrow the search is never passed over).
 */
MUST_USE enum err pkcs11_uri_parse(slice text, struct pkcs11_uri *out);

#endif
