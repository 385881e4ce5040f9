/* Private keys as PEM text and files. */
#include "crypto/openssl.h"

#include "base/file.h"
#include "base/secret.h"
#include "crypto/signer.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>

#define PEM_MAX 8192u

/* Without it the library would ask the terminal for a passphrase. */
static int no_passphrase(char *buf, int size, int rwflag, void *u)
{
    (void)buf, (void)size, (void)rwflag, (void)u;
    return -1;
}

static enum curve pkey_curve(const EVP_PKEY *pkey)
{
    char name[64] = "";
    size_t n = 0;

    if (!EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_get_group_name(pkey, name, sizeof name, &n) != 1)
        return CURVE_OTHER;
    switch (OBJ_txt2nid(name)) {
    case NID_X9_62_prime256v1:
        return CURVE_P256;
    case NID_brainpoolP256r1:
        return CURVE_BP256R1;
    default:
        return CURVE_OTHER;
    }
}

enum err key_read_pem(slice pem, enum curve *curve, struct ec_scalar *secret)
{
    BIO *bio = pem.n && pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIGNUM *d = NULL;
    enum err err = E_OK;

    *curve = CURVE_NONE;
    if (!pkey)
        err = E_SYNTAX;
    else if ((*curve = pkey_curve(pkey)) == CURVE_OTHER)
        err = E_UNSUPPORTED;
    else if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
             BN_bn2binpad(d, secret->b, SCALAR_LEN) != SCALAR_LEN)
        err = E_SYNTAX;
    ERR_clear_error();
    BN_clear_free(d);
    EVP_PKEY_free(pkey);
    BIO_free(bio);
    return err;
}

enum err key_read_file(const char *path, enum curve *curve, struct ec_scalar *secret)
{
    char text[PEM_MAX];
    FILE *f = fopen(path, "rb");
    size_t n;
    enum err err;

    if (!f)
        return errno == ENOENT ? E_NOTFOUND : E_STORAGE;
    setvbuf(f, NULL, _IONBF, 0); /* no copy of the key in a buffer that nobody wipes */
    n = fread(text, 1, sizeof text, f);
    err = ferror(f) ? E_STORAGE : n == sizeof text ? E_LIMIT : E_OK;
    fclose(f);
    if (!err)
        err = key_read_pem(slice_of(text, n), curve, secret);
    wipe(text, sizeof text);
    return err;
}

enum err signer_open_file(const struct crypto *c, const char *path, struct signer *out)
{
    struct ec_scalar secret;
    enum curve curve;
    enum err err = key_read_file(path, &curve, &secret);

    *out = (struct signer){ .curve = CURVE_NONE };
    if (!err)
        err = signer_open(c, curve, &secret, out);
    wipe(&secret, sizeof secret);
    return err;
}

enum err key_write_file(const struct crypto *c, const char *path, enum curve curve,
                        const struct ec_scalar *secret)
{
    EVP_PKEY *pkey = NULL;
    BIO *bio = NULL;
    char *text;
    long n;
    enum err err = ossl_private(curve, secret, &pkey);

    (void)c;
    if (err)
        return err;
    bio = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) != 1 ||
        (n = BIO_get_mem_data(bio, &text)) <= 0) {
        ERR_clear_error();
        err = E_CRYPTO;
        goto end;
    }
    err = file_create(path, slice_of(text, (size_t)n), 0600);
end:
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return err;
}
