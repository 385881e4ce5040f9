/*
 * A directory of certificates and keys, as a laboratory keeps them. For every role that stands
 * there, <stem> is role_facts(role)->file:
 *
 *     ci.der  ci.pem  ci.key          the CI: DER and PEM certificate, private key (PEM, mode 0600)
 *     eum, dp-auth, dp-pb, dp-tls, ds-auth, ds-tls, eim-sign, eim-tls   likewise
 *     euicc/<EID>.der  euicc/<EID>.key                                  one pair for each eUICC
 *     es2-tls, es12-tls, admin-tls    where one listener has another TLS certificate than its
 * server
 *
 * In place of a .key there may be <stem>.uri: the PKCS#11 URI of a key that lives in a token
 * (crypto/pkcs11.h). Both together are refused: a key that is in a token does not lie beside it.
 *
 * Servers that trust a CI need only its ci.der.
 */
#ifndef DUNLIN_PKI_KEYSTORE_H
#define DUNLIN_PKI_KEYSTORE_H

#include "crypto/signer.h"
#include "pki/chain.h"

#define KEYSTORE_PATH_MAX 1024

/* A certificate with the signer of its key. cert points into `der`, which the identity owns. */
struct identity {
    uint8_t *der;
    struct cert cert;
    struct signer signer;
};

/* "DIR/STEM.SUFFIX"; E_NOSPACE. */
MUST_USE enum err keystore_path(const char *dir, const char *stem, const char *suffix, char *out,
                                size_t size);
/* The stem of an eUICC: "euicc/89...". */
#define EUICC_STEM_MAX 40
void euicc_stem(const uint8_t eid[EID_LEN], char out[EUICC_STEM_MAX]);

/*
 * Loads certificate and key; E_NOTFOUND, E_BADKEY when the key is not that of the certificate,
 * E_EXISTS with both .key and .uri, or what reading them says.
 */
MUST_USE enum err identity_open(const struct crypto *c, const char *dir, const char *stem,
                                struct identity *out);
MUST_USE static inline enum err identity_open_role(const struct crypto *c, const char *dir,
                                                   enum cert_role role, struct identity *out)
{
    return identity_open(c, dir, role_facts(role)->file, out);
}
/* From files of any name. The certificate may be DER or PEM. */
MUST_USE enum err identity_open_files(const struct crypto *c, const char *cert, const char *key,
                                      struct identity *out);
void identity_close(struct identity *id);

/* A certificate file, DER or PEM (the first in it). *owned is for free(); *der points into it. */
MUST_USE enum err cert_read_file(const char *path, uint8_t **owned, slice *der);
/* DER and PEM beside each other; never overwrites: E_EXISTS. `pem` may be false for only DER. */
MUST_USE enum err cert_write_files(const char *dir, const char *stem, slice der, bool pem);

#endif
