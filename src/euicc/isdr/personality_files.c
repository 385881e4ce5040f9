#include "euicc/isdr/personality_files.h"

#include <stdlib.h>

static enum err read_der(const char *dir, enum cert_role role, uint8_t **owned, slice *der)
{
    char path[KEYSTORE_PATH_MAX];
    enum err err = keystore_path(dir, role_facts(role)->file, "der", path, sizeof path);

    return err ? err : cert_read_file(path, owned, der);
}

static enum err fill_ci(struct personality_ci *ci, slice der)
{
    struct cert cert;
    enum err err = cert_parse(der, &cert);

    if (err)
        return err;
    if (cert.ski.n != CI_PKID_LEN)
        return E_BADCERT;
    memcpy(ci->pkid, cert.ski.p, CI_PKID_LEN);
    ci->curve = cert.curve;
    ci->key = cert.point;
    return E_OK;
}

static enum err open_euicc(const struct personality *p, const struct crypto *c, const char *dir,
                           struct identity *out)
{
    char stem[EUICC_STEM_MAX];
    uint8_t eid[EID_LEN];
    enum err err;

    euicc_stem(p->eid, stem);
    err = identity_open(c, dir, stem, out);
    if (err)
        return err;
    err = cert_eid(&out->cert, eid);
    if (!err && memcmp(eid, p->eid, EID_LEN) != 0)
        err = E_BADCERT;
    if (err)
        identity_close(out);
    return err;
}

enum err personality_load(struct personality *p, struct personality_files *files,
                          const struct crypto *c, const char *dir)
{
    struct personality_ci *ci = &p->ci[p->ci_count];
    size_t n = files->count;
    slice der;
    enum err err;

    if (p->ci_count == PERSONALITY_CI_MAX || n == PERSONALITY_CI_MAX)
        return E_LIMIT;
    memset(ci, 0, sizeof *ci);
    memset(&files->of[n], 0, sizeof files->of[n]);
    err = read_der(dir, ROLE_CI, &files->of[n].ci, &der);
    if (!err)
        err = fill_ci(ci, der);
    if (!err)
        err = read_der(dir, ROLE_EUM, &files->of[n].eum, &ci->eum_certificate);
    if (!err)
        err = open_euicc(p, c, dir, &files->of[n].euicc);
    if (err) {
        free(files->of[n].ci);
        free(files->of[n].eum);
        return err;
    }
    ci->euicc_certificate = files->of[n].euicc.cert.der;
    ci->signer = files->of[n].euicc.signer;
    p->ci_count++;
    files->count++;
    return E_OK;
}

void personality_unload(struct personality_files *files)
{
    for (size_t n = 0; n < files->count; n++) {
        identity_close(&files->of[n].euicc);
        free(files->of[n].ci);
        free(files->of[n].eum);
    }
    files->count = 0;
}
