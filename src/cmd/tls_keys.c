#include "cmd/tls_keys.h"

#include "crypto/pkcs11.h"
#include "crypto/signer_pkey.h"

#include <openssl/evp.h>
#include <unistd.h>

static enum err open_in_token(const char *pki, const char *stem, struct tls_keys *k)
{
    struct identity id;
    enum err err = identity_open(crypto_openssl(), pki, stem, &id);

    if (err)
        return err;
    err = signer_into_pkey(&id.signer, &k->key);
    identity_close(&id);
    return err;
}

enum err tls_keys_open(const char *pki, enum cert_role role, struct tls_keys *out, struct reason *r)
{
    const char *stem = role_facts(role)->file;
    char uri[KEYSTORE_PATH_MAX];
    enum err err = keystore_path(pki, stem, "pem", out->chain, sizeof out->chain);

    out->key_file = NULL;
    out->key = NULL;
    if (!err)
        err = keystore_path(pki, stem, "key", out->key_path, sizeof out->key_path);
    if (!err)
        err = keystore_path(pki, stem, "uri", uri, sizeof uri);
    if (!err && access(uri, F_OK) == 0)
        err = open_in_token(pki, stem, out);
    else
        out->key_file = out->key_path;
    return err ? because(r, err, "%s/%s.pem and its key%s%s", pki, stem,
                         *pkcs11_fault() ? ": " : "", pkcs11_fault())
               : E_OK;
}

void tls_keys_close(struct tls_keys *k)
{
    EVP_PKEY_free(k->key);
    k->key = NULL;
}
