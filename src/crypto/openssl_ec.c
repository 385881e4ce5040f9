/* The OpenSSL 3 provider: elliptic curves. */
#include "crypto/openssl.h"

#include "base/secret.h"
#include "crypto/signer.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>

static const char *const group_name[CURVES] = {
    [CURVE_P256] = "prime256v1",
    [CURVE_BP256R1] = "brainpoolP256r1",
};

/*
 * Keys with domain parameters only. Copying one and setting a point is four times as fast as
 * building a key from the name of its curve.
 */
static EVP_PKEY *domain[CURVES];
static EC_GROUP *group[CURVES];

static enum err failed(enum err err)
{
    ERR_clear_error(); /* the queue belongs to TLS, whose users read it */
    return err;
}

static bool known(enum curve curve)
{
    return curve == CURVE_P256 || curve == CURVE_BP256R1;
}

static EVP_PKEY *domain_new(enum curve curve)
{
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                             (char *)group_name[curve], 0),
                            OSSL_PARAM_construct_end() };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

bool ossl_ec_start(void)
{
    for (enum curve c = CURVE_P256; c < CURVES; c++) {
        domain[c] = domain_new(c);
        group[c] = EC_GROUP_new_by_curve_name(OBJ_txt2nid(group_name[c]));
        if (!domain[c] || !group[c])
            return false;
    }
    return true;
}

/*
 * Contexts of one key, kept for the next call. A call takes one out of its slot and puts it back,
 * so no two threads share one; who finds the slots empty makes his own.
 */
#define IDLE_MAX 8

struct idle {
    _Atomic(EVP_PKEY_CTX *) slot[IDLE_MAX];
};

static EVP_PKEY_CTX *idle_take(struct idle *idle)
{
    for (int i = 0; i < IDLE_MAX; i++) {
        EVP_PKEY_CTX *got = atomic_load_explicit(&idle->slot[i], memory_order_relaxed);

        if (got && (got = atomic_exchange(&idle->slot[i], NULL)))
            return got;
    }
    return NULL;
}

static void idle_put(struct idle *idle, EVP_PKEY_CTX *ctx)
{
    for (int i = 0; ctx && i < IDLE_MAX; i++) {
        EVP_PKEY_CTX *none = NULL;

        if (atomic_compare_exchange_strong(&idle->slot[i], &none, ctx))
            return;
    }
    EVP_PKEY_CTX_free(ctx);
}

static void idle_free(struct idle *idle)
{
    for (int i = 0; i < IDLE_MAX; i++)
        EVP_PKEY_CTX_free(atomic_exchange(&idle->slot[i], NULL));
}

/* Signatures between our raw form and the DER form SEQUENCE { r, s } of the library. */
#define DER_SIG_MAX 72

static size_t der_integer(uint8_t *out, const uint8_t value[SCALAR_LEN])
{
    size_t skip = 0, pad;

    while (skip < SCALAR_LEN - 1 && !value[skip])
        skip++;
    pad = value[skip] >> 7;
    out[0] = 0x02;
    out[1] = (uint8_t)(SCALAR_LEN - skip + pad);
    out[2] = 0;
    memcpy(out + 2 + pad, value + skip, SCALAR_LEN - skip);
    return 2 + pad + SCALAR_LEN - skip;
}

static size_t der_from_raw(uint8_t out[DER_SIG_MAX], const struct ec_sig *sig)
{
    size_t n = der_integer(out + 2, sig->b);

    n += der_integer(out + 2 + n, sig->b + SCALAR_LEN);
    out[0] = 0x30;
    out[1] = (uint8_t)n;
    return n + 2;
}

static bool raw_integer(slice *der, uint8_t out[SCALAR_LEN])
{
    slice v;

    if (der->n < 2 || der->p[0] != 0x02 || der->p[1] > der->n - 2)
        return false;
    v = (slice){ der->p + 2, der->p[1] };
    *der = slice_skip(*der, 2 + v.n);
    if (v.n == SCALAR_LEN + 1 && !v.p[0])
        v = slice_skip(v, 1);
    if (v.n > SCALAR_LEN)
        return false;
    memset(out, 0, SCALAR_LEN - v.n);
    memcpy(out + SCALAR_LEN - v.n, v.p, v.n);
    return true;
}

/* From our own library's signature, which is short: one length octet. */
static bool raw_from_der(slice der, struct ec_sig *out)
{
    if (der.n < 2 || der.p[0] != 0x30 || der.p[1] != der.n - 2)
        return false;
    der = slice_skip(der, 2);
    return raw_integer(&der, out->b) && raw_integer(&der, out->b + SCALAR_LEN) && !der.n;
}

struct ossl_public {
    struct public_key key;
    EVP_PKEY *pkey;
    struct idle idle;
};

static enum err public_pkey(enum curve curve, const struct ec_point *point, EVP_PKEY **out)
{
    EVP_PKEY *pkey;

    if (!known(curve))
        return E_UNSUPPORTED;
    if (point->b[0] != 0x04)
        return E_BADKEY;
    pkey = EVP_PKEY_dup(domain[curve]);
    if (!pkey)
        return failed(E_MEMORY);
    /* The library refuses a point that is not on the curve; both groups have prime order. */
    if (EVP_PKEY_set1_encoded_public_key(pkey, point->b, sizeof point->b) != 1) {
        EVP_PKEY_free(pkey);
        return failed(E_BADKEY);
    }
    *out = pkey;
    return E_OK;
}

enum err ossl_public_open(void *ctx, enum curve curve, const struct ec_point *point,
                          struct public_key **out)
{
    struct ossl_public *p = calloc(1, sizeof *p);
    enum err err;

    (void)ctx;
    if (!p)
        return E_MEMORY;
    err = public_pkey(curve, point, &p->pkey);
    if (err) {
        free(p);
        return err;
    }
    *out = &p->key;
    return E_OK;
}

void ossl_public_close(struct public_key *key)
{
    struct ossl_public *p = (struct ossl_public *)key;

    idle_free(&p->idle);
    EVP_PKEY_free(p->pkey);
    free(p);
}

enum err ossl_verify(const struct public_key *key, const uint8_t digest[DIGEST_LEN],
                     const struct ec_sig *sig)
{
    struct ossl_public *p = (struct ossl_public *)key; /* only its idle contexts change */
    uint8_t der[DER_SIG_MAX];
    size_t n = der_from_raw(der, sig);
    EVP_PKEY_CTX *ctx = idle_take(&p->idle);
    int ok;

    if (!ctx) {
        ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
        if (!ctx || EVP_PKEY_verify_init(ctx) != 1) {
            EVP_PKEY_CTX_free(ctx);
            return failed(E_CRYPTO);
        }
    }
    ok = EVP_PKEY_verify(ctx, der, n, digest, DIGEST_LEN);
    idle_put(&p->idle, ctx);
    return ok == 1 ? E_OK : failed(E_BADSIG);
}

static enum err pkey_point(EVP_PKEY *pkey, struct ec_point *point)
{
    size_t n = 0;

    if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point->b, sizeof point->b,
                                        &n) != 1 ||
        n != sizeof point->b)
        return failed(E_CRYPTO);
    return E_OK;
}

static enum err pkey_new(enum curve curve, EVP_PKEY **out)
{
    struct ossl_thread *t = ossl_thread();
    EVP_PKEY_CTX **ctx;

    if (!known(curve))
        return E_UNSUPPORTED;
    if (!t)
        return E_MEMORY;
    ctx = &t->keygen[curve];
    if (!*ctx) {
        *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, domain[curve], NULL);
        if (!*ctx || EVP_PKEY_keygen_init(*ctx) != 1) {
            EVP_PKEY_CTX_free(*ctx);
            *ctx = NULL;
            return failed(E_CRYPTO);
        }
    }
    *out = NULL;
    return EVP_PKEY_generate(*ctx, out) == 1 ? E_OK : failed(E_CRYPTO);
}

enum err ossl_key_pair(void *ctx, enum curve curve, struct ec_scalar *secret,
                       struct ec_point *point)
{
    EVP_PKEY *pkey = NULL;
    BIGNUM *d = NULL;
    enum err err = pkey_new(curve, &pkey);

    (void)ctx;
    if (err)
        return err;
    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
        BN_bn2binpad(d, secret->b, SCALAR_LEN) != SCALAR_LEN)
        err = failed(E_CRYPTO);
    if (!err)
        err = pkey_point(pkey, point);
    BN_clear_free(d);
    EVP_PKEY_free(pkey);
    return err;
}

enum err ossl_public_of(void *ctx, enum curve curve, const struct ec_scalar *secret,
                        struct ec_point *point)
{
    BN_CTX *bn;
    BIGNUM *d;
    EC_POINT *q;
    enum err err = E_CRYPTO;

    (void)ctx;
    if (!known(curve))
        return E_UNSUPPORTED;
    bn = BN_CTX_secure_new();
    d = BN_secure_new();
    q = EC_POINT_new(group[curve]);
    if (!bn || !d || !q || !BN_bin2bn(secret->b, SCALAR_LEN, d))
        goto end;
    BN_set_flags(d, BN_FLG_CONSTTIME);
    err = E_BADKEY;
    if (BN_is_zero(d) || BN_cmp(d, EC_GROUP_get0_order(group[curve])) >= 0)
        goto end;
    err = E_CRYPTO;
    if (EC_POINT_mul(group[curve], q, d, NULL, NULL, bn) == 1 &&
        EC_POINT_point2oct(group[curve], q, POINT_CONVERSION_UNCOMPRESSED, point->b,
                           sizeof point->b, bn) == sizeof point->b)
        err = E_OK;
end:
    EC_POINT_free(q);
    BN_clear_free(d);
    BN_CTX_free(bn);
    return err ? failed(err) : E_OK;
}

enum err ossl_point_check(void *ctx, enum curve curve, const struct ec_point *point)
{
    EVP_PKEY *pkey = NULL;
    enum err err = public_pkey(curve, point, &pkey);

    (void)ctx;
    EVP_PKEY_free(pkey);
    return err;
}

enum err ossl_point_unpack(void *ctx, enum curve curve, const uint8_t packed[PACKED_LEN],
                           struct ec_point *out)
{
    EC_POINT *q;
    enum err err = E_BADKEY;

    (void)ctx;
    if (!known(curve))
        return E_UNSUPPORTED;
    if (packed[0] != 0x02 && packed[0] != 0x03)
        return E_BADKEY;
    q = EC_POINT_new(group[curve]);
    if (!q)
        return failed(E_MEMORY);
    if (EC_POINT_oct2point(group[curve], q, packed, PACKED_LEN, NULL) == 1)
        err = EC_POINT_point2oct(group[curve], q, POINT_CONVERSION_UNCOMPRESSED, out->b,
                                 sizeof out->b, NULL) == sizeof out->b
                  ? E_OK
                  : E_CRYPTO;
    EC_POINT_free(q);
    return err ? failed(err) : E_OK;
}

static bool private_params(OSSL_PARAM_BLD *bld, enum curve curve, const BIGNUM *d,
                           const struct ec_point *point)
{
    return OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group_name[curve], 0) &&
           OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point->b,
                                            sizeof point->b) &&
           OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d);
}

enum err ossl_private(enum curve curve, const struct ec_scalar *secret, EVP_PKEY **out)
{
    struct ec_point point;
    OSSL_PARAM_BLD *bld;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx;
    BIGNUM *d;
    enum err err = ossl_public_of(NULL, curve, secret, &point);

    if (err)
        return err;
    bld = OSSL_PARAM_BLD_new();
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    d = BN_secure_new();
    *out = NULL;
    if (!bld || !ctx || !d || !BN_bin2bn(secret->b, SCALAR_LEN, d) ||
        !private_params(bld, curve, d, &point) || !(params = OSSL_PARAM_BLD_to_param(bld)) ||
        EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, out, EVP_PKEY_KEYPAIR, params) != 1)
        err = failed(E_CRYPTO);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    BN_clear_free(d);
    EVP_PKEY_CTX_free(ctx);
    return err;
}

static enum err derive(EVP_PKEY *own, enum curve curve, const struct ec_point *peer,
                       uint8_t z[SECRET_LEN])
{
    EVP_PKEY *other = NULL;
    EVP_PKEY_CTX *ctx;
    size_t n = SECRET_LEN;
    enum err err = public_pkey(curve, peer, &other);

    if (err)
        return err;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    /* 0: public_pkey has already checked the point; the full check would double the time. */
    if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, other, 0) != 1 ||
        EVP_PKEY_derive(ctx, z, &n) != 1 || n != SECRET_LEN)
        err = failed(E_CRYPTO);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(other);
    return err;
}

enum err ossl_agree(void *ctx, enum curve curve, const struct ec_scalar *secret,
                    const struct ec_point *peer, uint8_t z[SECRET_LEN])
{
    EVP_PKEY *own = NULL;
    enum err err = ossl_private(curve, secret, &own);

    (void)ctx;
    if (!err)
        err = derive(own, curve, peer, z);
    EVP_PKEY_free(own);
    return err;
}

enum err ossl_agree_fresh(void *ctx, enum curve curve, const struct ec_point *peer,
                          struct ec_point *own, uint8_t z[SECRET_LEN])
{
    EVP_PKEY *fresh = NULL;
    enum err err = pkey_new(curve, &fresh);

    (void)ctx;
    if (!err)
        err = pkey_point(fresh, own);
    if (!err)
        err = derive(fresh, curve, peer, z);
    EVP_PKEY_free(fresh);
    return err;
}

struct ossl_signer {
    EVP_PKEY *pkey;
    struct idle idle;
};

static enum err sign(void *ctx, const uint8_t digest[DIGEST_LEN], struct ec_sig *out)
{
    struct ossl_signer *s = ctx;
    uint8_t der[DER_SIG_MAX];
    size_t n = sizeof der;
    EVP_PKEY_CTX *op = idle_take(&s->idle);
    bool ok;

    if (!op) {
        op = EVP_PKEY_CTX_new_from_pkey(NULL, s->pkey, NULL);
        if (!op || EVP_PKEY_sign_init(op) != 1) {
            EVP_PKEY_CTX_free(op);
            return failed(E_CRYPTO);
        }
    }
    ok =
        EVP_PKEY_sign(op, der, &n, digest, DIGEST_LEN) == 1 && raw_from_der((slice){ der, n }, out);
    idle_put(&s->idle, op);
    return ok ? E_OK : failed(E_CRYPTO);
}

static void signer_free(void *ctx)
{
    struct ossl_signer *s = ctx;

    idle_free(&s->idle);
    EVP_PKEY_free(s->pkey);
    free(s);
}

enum err ossl_signer_open(const struct crypto *by, enum curve curve, const struct ec_scalar *secret,
                          struct signer *out)
{
    struct ossl_signer *s = calloc(1, sizeof *s);
    enum err err;

    (void)by;
    if (!s)
        return E_MEMORY;
    err = ossl_private(curve, secret, &s->pkey);
    if (!err)
        err = pkey_point(s->pkey, &out->point);
    if (err) {
        signer_free(s);
        return err;
    }
    out->ctx = s;
    out->curve = curve;
    out->sign = sign;
    out->close = signer_free;
    return E_OK;
}
