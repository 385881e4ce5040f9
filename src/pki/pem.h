/* PEM (RFC 7468): labelled blocks of base64 in text. What stands between the blocks is passed over.
 */
#ifndef DUNLIN_PKI_PEM_H
#define DUNLIN_PKI_PEM_H

#include "base/err.h"
#include "base/slice.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define PEM_CRL         "X509 CRL"

struct pem_block {
    slice label;
    slice body; /* base64 with its line breaks, for b64_decode */
};

/* Takes the next block off *text. E_NOTFOUND: none begins any more; E_SYNTAX: one does not end. */
MUST_USE enum err pem_next(slice *text, struct pem_block *out);

/* Writes one block of der; *n octets, without a NUL. PEM_LEN(der.n) always suffice, else E_NOSPACE.
 */
#define PEM_LEN(n) ((n)*3 / 2 + 128)
MUST_USE enum err pem_write(const char *label, slice der, char *out, size_t size, size_t *n);

#endif
