/* Every field of a certificate as text for people. */
#ifndef DUNLIN_PKI_SHOW_H
#define DUNLIN_PKI_SHOW_H

#include "pki/cert.h"

#include <stdio.h>

/*
 * Calls fn for every field in the order of the certificate: a name of ours, the value as text in
 * valid UTF-8 without control characters, and whether it is a critical extension. E_MEMORY.
 */
typedef void cert_field_fn(void *ctx, const char *name, const char *value, bool critical);
MUST_USE enum err cert_fields(const struct cert *cert, cert_field_fn *fn, void *ctx);
/* The same as lines. */
MUST_USE enum err cert_print(FILE *to, const struct cert *cert);
/* "O=ACME, CN=TEST SM-DP+"; cut to size, closing NUL. Returns buf. */
const char *name_print(slice name, char *buf, size_t size);
/* "2026-09-21 14:13:20Z"; years have four digits. Returns buf. */
#define TIME_TEXT_MAX 32
const char *time_print(int64_t time_s, char buf[TIME_TEXT_MAX]);

#endif
