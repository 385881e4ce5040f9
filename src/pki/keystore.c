#include "pki/keystore.h"

#include "base/file.h"
#include "base/secret.h"
#include "crypto/pkcs11.h"
#include "pki/pem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILE_MAX (4 * CERT_MAX)

enum err keystore_path(const char *dir, const char *stem, const char *suffix, char *out,
                       size_t size)
{
    int n = snprintf(out, size, "%s/%s.%s", dir, stem, suffix);

    return n < 0 || (size_t)n >= size ? E_NOSPACE : E_OK;
}

void euicc_stem(const uint8_t eid[EID_LEN], char out[EUICC_STEM_MAX])
{
    char digits[EID_DIGITS + 1];

    eid_to_digits(eid, digits);
    snprintf(out, EUICC_STEM_MAX, "%s/%s", role_facts(ROLE_EUICC)->file, digits);
}

/* Replaces PEM text in place by the DER of its first certificate. */
static enum err unwrap_pem(uint8_t *text, size_t *n)
{
    slice rest = slice_of(text, *n);
    struct pem_block block;
    uint8_t *der;
    enum err err;

    do
        if (pem_next(&rest, &block))
            return E_SYNTAX;
    while (!slice_eq_str(block.label, PEM_CERTIFICATE));
    der = malloc(block.body.n + 1);
    if (!der)
        return E_MEMORY;
    err = b64_decode(block.body, der, block.body.n + 1, n);
    if (!err)
        memcpy(text, der, *n); /* DER is shorter than its text */
    free(der);
    return err;
}

enum err cert_read_file(const char *path, uint8_t **owned, slice *der)
{
    FILE *f = fopen(path, "rb");
    uint8_t *buf;
    size_t n;
    enum err err;

    *owned = NULL;
    if (!f)
        return errno == ENOENT ? E_NOTFOUND : E_STORAGE;
    buf = malloc(FILE_MAX + 1);
    if (!buf) {
        fclose(f);
        return E_MEMORY;
    }
    n = fread(buf, 1, FILE_MAX + 1, f);
    err = ferror(f) ? E_STORAGE : n > FILE_MAX ? E_LIMIT : E_OK;
    fclose(f);
    if (!err && n && buf[0] != 0x30)
        err = unwrap_pem(buf, &n);
    if (err) {
        free(buf);
        return err;
    }
    uint8_t *fitted = realloc(buf, n ? n : 1); /* a fleet keeps many of these */

    *owned = fitted ? fitted : buf;
    *der = slice_of(*owned, n);
    return E_OK;
}

static enum err open_certificate(const char *path, struct identity *out)
{
    slice der = SLICE_NONE;
    enum err err;

    *out = (struct identity){ .der = NULL };
    err = cert_read_file(path, &out->der, &der);
    return err ? err : cert_parse(der, &out->cert);
}

enum err identity_open_files(const struct crypto *c, const char *cert, const char *key,
                             struct identity *out)
{
    enum err err = open_certificate(cert, out);

    if (!err)
        err = signer_open_file(c, key, &out->signer);
    if (!err && (out->signer.curve != out->cert.curve ||
                 memcmp(out->signer.point.b, out->cert.point.b, POINT_LEN) != 0))
        err = E_BADKEY;
    if (err)
        identity_close(out);
    return err;
}

static enum err open_in_token(const struct crypto *c, const char *cert, const char *uri,
                              struct identity *out)
{
    enum err err = open_certificate(cert, out);

    if (!err)
        err = signer_open_token_file(c, uri, out->cert.curve, &out->cert.point, &out->signer);
    if (err)
        identity_close(out);
    return err;
}

enum err identity_open(const struct crypto *c, const char *dir, const char *stem,
                       struct identity *out)
{
    char cert[KEYSTORE_PATH_MAX], key[KEYSTORE_PATH_MAX], uri[KEYSTORE_PATH_MAX];
    enum err err = keystore_path(dir, stem, "der", cert, sizeof cert);

    *out = (struct identity){ .der = NULL };
    if (!err)
        err = keystore_path(dir, stem, "key", key, sizeof key);
    if (!err)
        err = keystore_path(dir, stem, "uri", uri, sizeof uri);
    if (err)
        return err;
    if (access(uri, F_OK) != 0)
        return identity_open_files(c, cert, key, out);
    return access(key, F_OK) == 0 ? E_EXISTS : open_in_token(c, cert, uri, out);
}

void identity_close(struct identity *id)
{
    signer_close(&id->signer);
    free(id->der);
    *id = (struct identity){ .der = NULL };
}

enum err cert_write_files(const char *dir, const char *stem, slice der, bool pem)
{
    char path[KEYSTORE_PATH_MAX], text[PEM_LEN(CERT_MAX)];
    size_t n = 0;
    enum err err = keystore_path(dir, stem, "der", path, sizeof path);

    if (!err)
        err = file_create(path, der, 0644);
    if (err || !pem)
        return err;
    err = pem_write(PEM_CERTIFICATE, der, text, sizeof text, &n);
    if (!err)
        err = keystore_path(dir, stem, "pem", path, sizeof path);
    return err ? err : file_create(path, slice_of(text, n), 0644);
}
