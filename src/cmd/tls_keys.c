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

enum err tls_keys_open(const char *pki, const char *stem, struct tls_keys *out, struct reason *r)
{
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

static bool has_certificate(const char *dir, const char *stem)
{
    char path[KEYSTORE_PATH_MAX];

    return stem && !keystore_path(dir, stem, "pem", path, sizeof path) && access(path, F_OK) == 0;
}

static enum err add(struct tls_key_list *l, const char *dir, const char *stem, struct reason *r)
{
    struct tls_keys *k = &l->of[l->count];
    enum err e = tls_keys_open(dir, stem, k, r);

    if (!e)
        l->identities[l->count++] =
            (struct tls_identity){ .chain_file = k->chain, .key_file = k->key_file, .key = k->key };
    return e;
}

enum err tls_key_list_open(const struct tls_key_source *from, struct tls_key_list *out,
                           struct reason *r)
{
    const char *stem = role_facts(from->role)->file;
    enum err e;

    out->count = 0;
    e = add(out, from->pki, has_certificate(from->pki, from->own) ? from->own : stem, r);
    for (size_t i = 0; !e && i < from->further_count; i++) {
        const char *dir = from->further[i];

        if (has_certificate(dir, from->own))
            e = add(out, dir, from->own, r);
        else if (has_certificate(dir, stem))
            e = add(out, dir, stem, r);
    }
    if (e)
        tls_key_list_close(out);
    return e;
}

void tls_key_list_close(struct tls_key_list *l)
{
    while (l->count)
        tls_keys_close(&l->of[--l->count]);
}
