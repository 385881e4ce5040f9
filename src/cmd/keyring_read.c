#include "cmd/keyring_read.h"

#include "crypto/pkcs11.h"

#include <stdlib.h>

#define CHAIN_CACHE 65536

static enum err read_ci(struct keyring *k, const char *dir, struct reason *r)
{
    const char *stem = role_facts(ROLE_CI)->file;
    char path[KEYSTORE_PATH_MAX];
    uint8_t *owned = NULL;
    slice der;
    enum err e = keystore_path(dir, stem, "der", path, sizeof path);

    if (!e)
        e = cert_read_file(path, &owned, &der);
    if (!e)
        e = keyring_add_ci(k, der);
    free(owned);
    return e ? because(r, e, "the CI certificate %s/%s.der", dir, stem) : E_OK;
}

enum err identity_read(const struct crypto *c, const char *dir, enum cert_role role,
                       struct identity *out, struct reason *r)
{
    enum err e = identity_open_role(c, dir, role, out);

    return e ? because(r, e, "%s/%s.der and its key%s%s", dir, role_facts(role)->file,
                       *pkcs11_fault() ? ": " : "", pkcs11_fault())
             : E_OK;
}

static enum err read_credential(struct keyring *k, const char *dir, enum keyring_server server,
                                int64_t now_s, struct reason *r)
{
    struct credential c = { .auth = { .der = NULL } };
    struct chain_fault fault;
    enum err e = identity_read(k->trust.crypto, dir,
                               server == KEYRING_DP ? ROLE_DP_AUTH : ROLE_DS_AUTH, &c.auth, r);

    if (!e && server == KEYRING_DP)
        e = identity_read(k->trust.crypto, dir, ROLE_DP_PB, &c.pb, r);
    if (!e && (e = keyring_add(k, server, &c, now_s, &fault))) {
        bool more = strcmp(fault.why, err_text(e)) != 0; /* than the error says by itself */

        because(r, e, "%s/%s.der%s%s", dir, role_facts(fault.role)->file, more ? ": " : "",
                more ? fault.why : "");
    }
    credential_close(&c);
    return e;
}

static enum err read_folder(struct keyring *k, const struct keyring_folders *f, const char *dir,
                            int64_t now_s, struct reason *r)
{
    enum err e = read_ci(k, dir, r);

    for (unsigned s = 0; !e && s < KEYRING_SERVERS; s++)
        if (f->servers[s])
            e = read_credential(k, dir, (enum keyring_server)s, now_s, r);
    return e;
}

enum err keyring_read(const struct crypto *c, const struct keyring_folders *f, int64_t now_s,
                      struct keyring **out, struct reason *r)
{
    struct keyring *k;
    enum err e = keyring_open(c, CHAIN_CACHE, &k);

    *out = NULL;
    if (e)
        return because(r, e, "keys of the servers");
    e = read_folder(k, f, f->pki, now_s, r);
    for (size_t i = 0; !e && i < f->further_count; i++)
        e = read_folder(k, f, f->further[i], now_s, r);
    if (e)
        keyring_drop(k);
    else
        *out = k;
    return e;
}
