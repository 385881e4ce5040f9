/* What the files that parse a certificate share; nobody else needs this. */
#ifndef DUNLIN_PKI_CERT_PARTS_H
#define DUNLIN_PKI_CERT_PARTS_H

#include "pki/cert.h"

/* The content of [3] extensions. Fills the members of *out that come from extensions. */
MUST_USE enum err extensions_parse(slice value, struct cert *out);

#endif
