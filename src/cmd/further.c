#include "cmd/further.h"

struct smdp_credential further_credential(const struct identity *auth, const struct identity *pb)
{
    return (struct smdp_credential){
        .auth_certificate = auth->cert.der,
        .pb_certificate = pb->cert.der,
        .auth = auth->signer,
        .pb = pb->signer,
    };
}

static enum err open_ci(const char *dir, struct trust *trust, struct identity *ci)
{
    char path[KEYSTORE_PATH_MAX];
    slice der;
    enum err e = keystore_path(dir, role_facts(ROLE_CI)->file, "der", path, sizeof path);

    if (!e)
        e = cert_read_file(path, &ci->der, &der);
    return e ? e : trust_add_cert(trust, der);
}

enum err further_open(struct further *f, const char *dir, struct trust *trust,
                      struct smdp_credential *out, struct reason *r)
{
    struct identity *auth, *pb;
    enum err e;

    if (f->count == FURTHER_MAX)
        return because(r, E_LIMIT, "the credentials in %s", dir);
    auth = &f->of[f->count].auth;
    pb = &f->of[f->count].pb;
    e = open_ci(dir, trust, &f->of[f->count++].ci);
    if (!e)
        e = identity_open_role(trust->crypto, dir, ROLE_DP_AUTH, auth);
    if (!e)
        e = identity_open_role(trust->crypto, dir, ROLE_DP_PB, pb);
    if (e)
        return because(r, e, "%s: ci.der, dp-auth and dp-pb with their keys", dir);
    *out = further_credential(auth, pb);
    return E_OK;
}

void further_close(struct further *f)
{
    for (size_t i = 0; i < f->count; i++) {
        identity_close(&f->of[i].ci);
        identity_close(&f->of[i].auth);
        identity_close(&f->of[i].pb);
    }
    f->count = 0;
}
