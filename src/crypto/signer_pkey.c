/*
 * The method of an EC_KEY is deprecated in OpenSSL 3, and still the one way that fits: an engine is
 * deprecated as well and a library of its own, and a provider would bring key management, encoders
 * and a store of URIs for what is one function, sign.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/signer_pkey.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EC_KEY_METHOD *method;
static int place = -1; /* of the key's extra data that holds its signer */

static ECDSA_SIG *sign_digest(const unsigned char *digest, int n, const BIGNUM *inverse,
                              const BIGNUM *r, EC_KEY *key)
{
    const struct signer *s = EC_KEY_get_ex_data(key, place);
    struct ec_sig raw;
    ECDSA_SIG *sig;
    BIGNUM *r1, *s1;

    (void)inverse;
    (void)r;
    /* the leftmost bits of a longer digest, as FIPS 186-4 6.4 has it; our curves have 256 */
    if (!s || n < DIGEST_LEN || s->sign(s->ctx, digest, &raw))
        return NULL;
    sig = ECDSA_SIG_new();
    r1 = BN_bin2bn(raw.b, SCALAR_LEN, NULL);
    s1 = BN_bin2bn(raw.b + SCALAR_LEN, SCALAR_LEN, NULL);
    if (sig && r1 && s1 && ECDSA_SIG_set0(sig, r1, s1))
        return sig;
    ECDSA_SIG_free(sig);
    BN_free(r1);
    BN_free(s1);
    return NULL;
}

static int sign_der(int type, const unsigned char *digest, int n, unsigned char *out,
                    unsigned int *out_n, const BIGNUM *inverse, const BIGNUM *r, EC_KEY *key)
{
    ECDSA_SIG *sig = sign_digest(digest, n, inverse, r, key);
    int len = sig ? i2d_ECDSA_SIG(sig, &out) : 0;

    (void)type;
    *out_n = len > 0 ? (unsigned)len : 0;
    ECDSA_SIG_free(sig);
    return len > 0;
}

static void drop_signer(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index, long argl,
                        void *argp)
{
    struct signer *s = ptr;

    (void)parent;
    (void)data;
    (void)index;
    (void)argl;
    (void)argp;
    if (s)
        signer_close(s);
    free(s);
}

/* Two copies of a key would close one signer twice. */
static int no_copy(EC_KEY *to, const EC_KEY *from)
{
    (void)to;
    (void)from;
    return 0;
}

static void make_method(void)
{
    place = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, drop_signer);
    method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    if (!method)
        return;
    EC_KEY_METHOD_set_sign(method, sign_der, NULL, sign_digest);
    EC_KEY_METHOD_set_init(method, NULL, NULL, no_copy, NULL, NULL, NULL);
}

static EC_KEY *public_half(const struct signer *s)
{
    int nid = s->curve == CURVE_P256 ? NID_X9_62_prime256v1 : NID_brainpoolP256r1;
    EC_KEY *key = EC_KEY_new_by_curve_name(nid);

    if (key && EC_KEY_oct2key(key, s->point.b, sizeof s->point.b, NULL) == 1 &&
        EC_KEY_set_method(key, method) == 1)
        return key;
    EC_KEY_free(key);
    return NULL;
}

enum err signer_into_pkey(struct signer *s, EVP_PKEY **out)
{
    struct signer *own = NULL;
    EC_KEY *key = NULL;
    enum err err = E_CRYPTO;

    *out = NULL;
    if (!s->sign || (s->curve != CURVE_P256 && s->curve != CURVE_BP256R1))
        return E_UNSUPPORTED;
    pthread_once(&once, make_method);
    if (!method || place < 0)
        return E_MEMORY;
    key = public_half(s);
    if (!key) {
        ERR_clear_error();
        return E_BADKEY;
    }
    own = malloc(sizeof *own);
    *out = EVP_PKEY_new();
    if (own && *out && EVP_PKEY_set1_EC_KEY(*out, key) == 1 &&
        EC_KEY_set_ex_data(key, place, own) == 1)
        err = E_OK;
    if (err) {
        EVP_PKEY_free(*out);
        *out = NULL;
        free(own);
    } else {
        *own = *s;
        *s = (struct signer){ .curve = CURVE_NONE };
    }
    EC_KEY_free(key);
    ERR_clear_error();
    return err;
}
