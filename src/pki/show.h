/* Every field of a certificate as text for people. */
#ifndef DUNLIN_PKI_SHOW_H
#define DUNLIN_PKI_SHOW_H

#include "pki/cert.h"

#include <stdio.h>

/* Text from the certificate is printed with its control characters replaced. */
void cert_print(FILE *to, const struct cert *cert);
/* "O=ACME, CN=TEST SM-DP+"; cut to size, closing NUL. Returns buf. */
const char *name_print(slice name, char *buf, size_t size);
/* "2026-09-21 14:13:20Z"; years have four digits. Returns buf. */
#define TIME_TEXT_MAX 32
const char *time_print(int64_t time_s, char buf[TIME_TEXT_MAX]);

#endif
