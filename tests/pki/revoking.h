/* For the tests of roles: a certificate is revoked, as an operator's list in a file does it. */
#ifndef DUNLIN_TESTS_PKI_REVOKING_H
#define DUNLIN_TESTS_PKI_REVOKING_H

#include "pki/revocation.h"

#include "crypto/signer.h"

/*
 * Reads a list with this serial number (absent: with none), signed by the issuer, whose certificate
 * lies beside it. It takes the place of what was read before.
 */
void revoking(struct revocations *r, const struct trust *trust, const struct cert *issuer,
              const struct signer *signer, slice serial, int64_t now_s);

#endif
