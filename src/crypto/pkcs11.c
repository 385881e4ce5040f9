#include "crypto/pkcs11.h"

#include "base/file.h"
#include "crypto/pkcs11_module.h"

#include <pthread.h>
#include <stdlib.h>

#define LANES_MAX 32 /* sessions that are kept */
#define URI_MAX   4096

/* A session and the key in it. */
struct lane {
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    unsigned generation;
};

struct token_key {
    struct pkcs11_module *module;
    struct pkcs11_uri uri;
    enum curve curve;
    pthread_mutex_t lock; /* guards what follows */
    unsigned generation;  /* counts losses of the token: lanes of an older one are of no use */
    struct lane idle[LANES_MAX];
    size_t idle_count;
};

/* The namedCurve that CKA_EC_PARAMS holds (RFC 5480 2.1.1.1). */
static slice curve_params(enum curve curve)
{
    return curve == CURVE_P256 ? SLICE_LIT("\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07")
                               : SLICE_LIT("\x06\x09\x2B\x24\x03\x03\x02\x08\x01\x01\x07");
}

/* ---- finding the key ---- */

static enum err check_key(const struct token_key *k, const struct lane *lane)
{
    CK_FUNCTION_LIST *f = k->module->f;
    CK_KEY_TYPE type = 0;
    CK_BBOOL always = CK_FALSE;
    uint8_t params[64];
    CK_ATTRIBUTE what[] = { { CKA_KEY_TYPE, &type, sizeof type },
                            { CKA_EC_PARAMS, params, sizeof params } };
    CK_ATTRIBUTE asks = { CKA_ALWAYS_AUTHENTICATE, &always, sizeof always };

    if (f->C_GetAttributeValue(lane->session, lane->key, what, COUNT(what)) != CKR_OK ||
        type != CKK_EC || !slice_eq(slice_of(params, what[1].ulValueLen), curve_params(k->curve)))
        return pkcs11_fail(E_UNSUPPORTED, "the key '%s' is not on its certificate's curve",
                           k->uri.object);
    /* tokens that do not know the attribute do not ask */
    if (f->C_GetAttributeValue(lane->session, lane->key, &asks, 1) == CKR_OK && always)
        return pkcs11_fail(E_UNSUPPORTED, "the key '%s' wants the PIN for each signature",
                           k->uri.object);
    return E_OK;
}

static enum err find_key(const struct token_key *k, struct lane *lane)
{
    CK_FUNCTION_LIST *f = k->module->f;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE what[3] = { { CKA_CLASS, &class, sizeof class } };
    CK_ULONG n = 1, count = 0;
    CK_OBJECT_HANDLE found[2];
    CK_RV rv;

    if (k->uri.object[0])
        what[n++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)k->uri.object, strlen(k->uri.object) };
    if (k->uri.id_n)
        what[n++] = (CK_ATTRIBUTE){ CKA_ID, (void *)k->uri.id, k->uri.id_n };
    rv = f->C_FindObjectsInit(lane->session, what, n);
    if (rv == CKR_OK) {
        rv = f->C_FindObjects(lane->session, found, COUNT(found), &count);
        f->C_FindObjectsFinal(lane->session);
    }
    if (rv != CKR_OK)
        return pkcs11_fail(E_CRYPTO, "token '%s': looking for '%s' answers 0x%lX", k->uri.token,
                           k->uri.object, rv);
    if (count != 1)
        return pkcs11_fail(count ? E_REPEATED : E_NOTFOUND, "%s private key '%s' in token '%s'",
                           count ? "more than one" : "no", k->uri.object, k->uri.token);
    lane->key = found[0];
    return check_key(k, lane);
}

/* ---- sessions ---- */

static enum err open_lane(struct token_key *k, bool anew, struct lane *out)
{
    enum err err;

    pthread_mutex_lock(&k->lock);
    out->generation = k->generation;
    pthread_mutex_unlock(&k->lock);
    err = pkcs11_session(k->module, &k->uri, anew, &out->session);
    if (err)
        return err;
    err = find_key(k, out);
    if (err)
        k->module->f->C_CloseSession(out->session);
    return err;
}

static enum err take_lane(struct token_key *k, struct lane *out)
{
    bool got;

    pthread_mutex_lock(&k->lock);
    got = k->idle_count > 0;
    if (got)
        *out = k->idle[--k->idle_count];
    pthread_mutex_unlock(&k->lock);
    return got ? E_OK : open_lane(k, false, out);
}

static void put_lane(struct token_key *k, const struct lane *lane)
{
    bool kept;

    pthread_mutex_lock(&k->lock);
    kept = lane->generation == k->generation && k->idle_count < LANES_MAX;
    if (kept)
        k->idle[k->idle_count++] = *lane;
    pthread_mutex_unlock(&k->lock);
    if (!kept)
        k->module->f->C_CloseSession(lane->session);
}

/* The token went away, or forgot us: what was opened before `lane` failed is worth nothing. */
static void forget_lanes(struct token_key *k, const struct lane *lane)
{
    struct lane stale[LANES_MAX];
    size_t n = 0;

    k->module->f->C_CloseSession(lane->session);
    pthread_mutex_lock(&k->lock);
    if (lane->generation == k->generation) {
        k->generation++;
        n = k->idle_count;
        memcpy(stale, k->idle, n * sizeof *stale);
        k->idle_count = 0;
    }
    pthread_mutex_unlock(&k->lock);
    for (size_t i = 0; i < n; i++)
        k->module->f->C_CloseSession(stale[i].session);
}

/* ---- signing ---- */

static CK_RV sign_in(const struct token_key *k, const struct lane *lane,
                     const uint8_t digest[DIGEST_LEN], struct ec_sig *out)
{
    CK_FUNCTION_LIST *f = k->module->f;
    CK_MECHANISM ecdsa = { .mechanism = CKM_ECDSA };
    CK_ULONG n = sizeof out->b;
    CK_RV rv = f->C_SignInit(lane->session, &ecdsa, lane->key);

    if (rv == CKR_OK)
        rv = f->C_Sign(lane->session, (CK_BYTE *)digest, DIGEST_LEN, out->b, &n);
    return rv == CKR_OK && n != sizeof out->b ? CKR_FUNCTION_FAILED : rv;
}

static bool is_lost(CK_RV rv)
{
    switch (rv) {
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
        return true;
    default:
        return false;
    }
}

/* E_CRYPTO for whoever signs, whatever the token's reason. */
static enum err sign(void *ctx, const uint8_t digest[DIGEST_LEN], struct ec_sig *out)
{
    struct token_key *k = ctx;
    struct lane lane;
    CK_RV rv = CKR_FUNCTION_FAILED;

    pkcs11_no_fault();
    for (int i = 0; i < 2; i++) {
        if (take_lane(k, &lane))
            return E_CRYPTO;
        rv = sign_in(k, &lane, digest, out);
        if (rv == CKR_OK) {
            put_lane(k, &lane);
            return E_OK;
        }
        if (!is_lost(rv)) {
            k->module->f->C_CloseSession(lane.session);
            break;
        }
        forget_lanes(k, &lane);
    }
    return pkcs11_fail(E_CRYPTO, "token '%s': signing answers 0x%lX", k->uri.token, rv);
}

static void close_key(void *ctx)
{
    struct token_key *k = ctx;

    for (size_t i = 0; i < k->idle_count; i++)
        k->module->f->C_CloseSession(k->idle[i].session);
    pkcs11_module_close(k->module);
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* ---- opening ---- */

static enum err open_module(struct token_key *k)
{
    const char *path = k->uri.module_path[0] ? k->uri.module_path : getenv(PKCS11_MODULE_ENV);

    if (!path)
        return pkcs11_fail(E_NOTFOUND, "no module-path in the URI, and no " PKCS11_MODULE_ENV);
    return pkcs11_module_open(path, &k->module);
}

/* A signature under the key in question says whose it is. */
static enum err prove(const struct crypto *c, const struct signer *s)
{
    uint8_t challenge[DIGEST_LEN];
    slice part = SLICE_OF(challenge);
    struct public_key *key;
    struct ec_sig sig;
    enum err err = crypto_random(c, challenge, sizeof challenge);

    if (!err)
        err = signer_sign(s, c, &part, 1, &sig);
    if (err)
        return err;
    err = key_open(c, s->curve, &s->point, &key);
    if (err)
        return err;
    err = key_verify(key, &part, 1, SLICE_OF(sig.b));
    key_drop(key);
    return err ? pkcs11_fail(E_BADKEY, "the key in the token is not that of the certificate")
               : E_OK;
}

static enum err open_key(const struct crypto *c, struct token_key *k, slice uri, struct signer *s)
{
    struct lane lane;
    enum err err = pkcs11_uri_parse(uri, &k->uri);

    if (err)
        return pkcs11_fail(err, "the PKCS#11 URI cannot be used");
    err = open_module(k);
    if (!err)
        err = open_lane(k, true, &lane);
    if (err)
        return err;
    put_lane(k, &lane);
    return prove(c, s);
}

enum err signer_open_token(const struct crypto *c, slice uri, enum curve curve,
                           const struct ec_point *point, struct signer *out)
{
    struct token_key *k;
    struct signer s;
    enum err err;

    *out = (struct signer){ .curve = CURVE_NONE };
    pkcs11_no_fault();
    if (curve != CURVE_P256 && curve != CURVE_BP256R1)
        return E_UNSUPPORTED;
    k = calloc(1, sizeof *k);
    if (!k)
        return E_MEMORY;
    pthread_mutex_init(&k->lock, NULL);
    k->curve = curve;
    s = (struct signer){ k, curve, *point, sign, close_key };
    err = open_key(c, k, uri, &s);
    if (err)
        close_key(k);
    else
        *out = s;
    return err;
}

enum err signer_open_token_file(const struct crypto *c, const char *path, enum curve curve,
                                const struct ec_point *point, struct signer *out)
{
    uint8_t *owned;
    slice uri;
    enum err err;

    *out = (struct signer){ .curve = CURVE_NONE };
    pkcs11_no_fault();
    err = file_read(path, &owned, &uri);
    if (err)
        return err;
    err = uri.n > URI_MAX ? E_LIMIT : signer_open_token(c, uri, curve, point, out);
    free(owned);
    return err;
}
