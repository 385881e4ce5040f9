/*
 * Keys that live in a token: a hardware security module, a smart card, SoftHSM, through the
 * PKCS#11 module of its maker. The module is loaded into this process; the key stays in the token
 * and signs there (CKM_ECDSA).
 *
 * A key is named by a PKCS#11 URI (pkcs11_uri.h), the module by its module-path or else by the
 * environment's DUNLIN_PKCS11_MODULE, the PIN by the file of its pin-source or else by
 * DUNLIN_PKCS11_PIN. The PIN is read at each login, and wiped after it.
 *
 * Several threads sign at once, each in a session of its own; sessions are kept for the next
 * signature. When the token was removed, or forgot the login, a signature finds it again and logs
 * in again, once. A PIN that the token refused is not tried again until a key is opened anew: a
 * token counts wrong PINs, and locks itself.
 */
#ifndef DUNLIN_CRYPTO_PKCS11_H
#define DUNLIN_CRYPTO_PKCS11_H

#include "crypto/signer.h"

#define PKCS11_MODULE_ENV "DUNLIN_PKCS11_MODULE"
#define PKCS11_PIN_ENV    "DUNLIN_PKCS11_PIN"

/*
 * The key must be that of `point`, which a signature proves: a token need not hold public keys.
 *
 * E_NOTFOUND   no module, token, key or PIN
 * E_REPEATED   more than one token or key fits the URI
 * E_UNSUPPORTED the key is not on `curve`, or asks for the PIN at each signature
 * E_REFUSED    the PIN is wrong, or stands in the URI
 * E_BADKEY     it is another key than that of `point`
 * E_CRYPTO     the token failed
 * and what pkcs11_uri_parse says. pkcs11_fault has the sentence.
 */
MUST_USE enum err signer_open_token(const struct crypto *c, slice uri, enum curve curve,
                                    const struct ec_point *point, struct signer *out);
/* The same with the URI in a file of at most 4 KiB. E_NOTFOUND also without the file. */
MUST_USE enum err signer_open_token_file(const struct crypto *c, const char *path, enum curve curve,
                                         const struct ec_point *point, struct signer *out);

/* What the last call of this thread that failed found, for people; "" when nothing. */
const char *pkcs11_fault(void);

#endif
