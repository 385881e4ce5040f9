/* The OpenSSL 3 provider: random numbers, hashes, AES. */
#include "crypto/openssl.h"

#include "base/secret.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static bool ready;
static EVP_MD *sha256_md, *sha1_md;
static EVP_CIPHER *aes_cipher[AES_MODES][AES_SIZES];
static EVP_CIPHER *gcm_cipher[AES_SIZES];
static EVP_CIPHER *des3_cipher;

static _Thread_local struct ossl_thread *mine;

static void thread_free(void *p)
{
    struct ossl_thread *t = p;

    EVP_MD_CTX_free(t->md);
    for (int m = 0; m < AES_MODES; m++)
        for (int s = 0; s < AES_SIZES; s++)
            for (int d = 0; d < 2; d++)
                EVP_CIPHER_CTX_free(t->aes[m][s][d]);
    for (int c = 0; c < CURVES; c++)
        EVP_PKEY_CTX_free(t->keygen[c]);
    free(t);
    mine = NULL;
}

struct ossl_thread *ossl_thread(void)
{
    if (mine)
        return mine;
    struct ossl_thread *t = calloc(1, sizeof *t);

    if (!t || !(t->md = EVP_MD_CTX_new()) || pthread_setspecific(thread_end, t) != 0) {
        if (t)
            thread_free(t);
        return NULL;
    }
    return mine = t;
}

static enum err failed(void)
{
    ERR_clear_error(); /* the queue belongs to TLS, whose users read it */
    return E_CRYPTO;
}

static enum err ossl_random(void *ctx, void *out, size_t n)
{
    (void)ctx;
    if (n > INT_MAX)
        return E_SIZE;
    if (RAND_bytes(out, (int)n) == 1)
        return E_OK;
    ERR_clear_error();
    return E_RANDOM;
}

static bool hash_parts(EVP_MD_CTX *md, const slice *parts, size_t count, uint8_t out[DIGEST_LEN])
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].n && !EVP_DigestUpdate(md, parts[i].p, parts[i].n))
            return false;
    return EVP_DigestFinal_ex(md, out, NULL) == 1;
}

static enum err ossl_sha256(void *ctx, const slice *parts, size_t count, uint8_t out[DIGEST_LEN])
{
    struct ossl_thread *t = ossl_thread();

    (void)ctx;
    if (!t)
        return E_MEMORY;
    if (!EVP_DigestInit_ex2(t->md, sha256_md, NULL) || !hash_parts(t->md, parts, count, out))
        return failed();
    return E_OK;
}

static enum err ossl_sha1(void *ctx, slice in, uint8_t out[SHA1_LEN])
{
    struct ossl_thread *t = ossl_thread();

    (void)ctx;
    if (!t)
        return E_MEMORY;
    if (!EVP_DigestInit_ex2(t->md, sha1_md, NULL) || !EVP_DigestUpdate(t->md, in.p, in.n) ||
        !EVP_DigestFinal_ex(t->md, out, NULL))
        return failed();
    return E_OK;
}

static enum err ossl_hash_open(void *ctx, void **state)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    (void)ctx;
    if (!md)
        return E_MEMORY;
    if (!EVP_DigestInit_ex2(md, sha256_md, NULL)) {
        EVP_MD_CTX_free(md);
        return failed();
    }
    *state = md;
    return E_OK;
}

static enum err ossl_hash_add(void *state, slice part)
{
    if (part.n && !EVP_DigestUpdate(state, part.p, part.n))
        return failed();
    return E_OK;
}

static enum err ossl_hash_finish(void *state, uint8_t out[DIGEST_LEN])
{
    return EVP_DigestFinal_ex(state, out, NULL) == 1 ? E_OK : failed();
}

static void ossl_hash_close(void *state)
{
    EVP_MD_CTX_free(state);
}

/* RFC 2104. By hand, because the library's HMAC context takes four times as long to key. */
static enum err ossl_hmac(void *ctx, slice key, const slice *parts, size_t count,
                          uint8_t out[DIGEST_LEN])
{
    uint8_t pad[64] = { 0 }, inner[DIGEST_LEN];
    struct ossl_thread *t = ossl_thread();
    enum err err = E_OK;

    if (!t)
        return E_MEMORY;
    if (key.n > sizeof pad)
        err = ossl_sha256(ctx, &key, 1, pad);
    else if (key.n)
        memcpy(pad, key.p, key.n);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36;
    if (!err &&
        (!EVP_DigestInit_ex2(t->md, sha256_md, NULL) || !EVP_DigestUpdate(t->md, pad, sizeof pad) ||
         !hash_parts(t->md, parts, count, inner)))
        err = failed();
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] ^= 0x36 ^ 0x5C;
    if (!err)
        err = ossl_sha256(ctx, (slice[]){ SLICE_OF(pad), SLICE_OF(inner) }, 2, out);
    wipe(pad, sizeof pad);
    wipe(inner, sizeof inner);
    return err;
}

static int size_row(slice key)
{
    return key.n == 16 ? 0 : key.n == 24 ? 1 : key.n == 32 ? 2 : -1;
}

/* The thread's context for this mode, keyed; *out is borrowed. */
static enum err aes_start(enum aes_mode mode, enum aes_direction dir, slice key, const uint8_t *iv,
                          EVP_CIPHER_CTX **out)
{
    struct ossl_thread *t = ossl_thread();
    int row = size_row(key);
    EVP_CIPHER_CTX **slot;

    if (row < 0)
        return E_SIZE;
    if (!t)
        return E_MEMORY;
    slot = &t->aes[mode][row][dir];
    if (!*slot) {
        *slot = EVP_CIPHER_CTX_new();
        if (!*slot)
            return E_MEMORY;
        if (!EVP_CipherInit_ex2(*slot, aes_cipher[mode][row], NULL, NULL, dir, NULL))
            return failed();
    }
    if (!EVP_CipherInit_ex2(*slot, NULL, key.p, iv, dir, NULL))
        return failed();
    EVP_CIPHER_CTX_set_padding(*slot, 0);
    *out = *slot;
    return E_OK;
}

static enum err aes_run(enum aes_mode mode, enum aes_direction dir, slice key, const uint8_t *iv,
                        slice in, uint8_t *out)
{
    EVP_CIPHER_CTX *cipher;
    int n;
    enum err err;

    if (in.n > INT_MAX || (mode != MODE_CTR && in.n % AES_BLOCK))
        return E_SIZE;
    err = aes_start(mode, dir, key, iv, &cipher);
    if (err || !in.n)
        return err;
    return EVP_CipherUpdate(cipher, out, &n, in.p, (int)in.n) ? E_OK : failed();
}

static enum err ossl_aes_ecb(void *ctx, enum aes_direction dir, slice key, slice in, uint8_t *out)
{
    (void)ctx;
    return aes_run(MODE_ECB, dir, key, NULL, in, out);
}

static enum err ossl_aes_cbc(void *ctx, enum aes_direction dir, slice key,
                             const uint8_t iv[AES_BLOCK], slice in, uint8_t *out)
{
    (void)ctx;
    return aes_run(MODE_CBC, dir, key, iv, in, out);
}

static enum err ossl_aes_ctr(void *ctx, slice key, const uint8_t counter[AES_BLOCK], slice in,
                             uint8_t *out)
{
    (void)ctx;
    return aes_run(MODE_CTR, AES_ENCRYPT, key, counter, in, out);
}

/*
 * CMAC (RFC 4493) as CBC over the message: the library's CMAC takes every block through a call of
 * its own and needs three times as long. Input gathers in `room`; at least one octet always stays
 * behind, because the last block is treated apart.
 */
#define CMAC_ROOM 512

struct cmac_run {
    EVP_CIPHER_CTX *cbc;
    uint8_t l[AES_BLOCK];    /* E(K, 0) */
    uint8_t mask[AES_BLOCK]; /* still to be cancelled from the first block: the chain began at l */
    uint8_t room[CMAC_ROOM];
    size_t held;
};

static void double_block(uint8_t b[AES_BLOCK])
{
    uint8_t carry = (uint8_t)(-(b[0] >> 7) & 0x87); /* CT: no branch on the key */

    for (int i = 0; i < AES_BLOCK - 1; i++)
        b[i] = (uint8_t)(b[i] << 1 | b[i + 1] >> 7);
    b[AES_BLOCK - 1] = (uint8_t)(b[AES_BLOCK - 1] << 1) ^ carry;
}

static void xor_block(uint8_t *a, const uint8_t *b)
{
    for (int i = 0; i < AES_BLOCK; i++)
        a[i] ^= b[i];
}

/* Encrypts the first n octets of the room in place, whole blocks. */
static bool cmac_flush(struct cmac_run *r, size_t n)
{
    int done;

    xor_block(r->room, r->mask);
    memset(r->mask, 0, sizeof r->mask);
    return EVP_CipherUpdate(r->cbc, r->room, &done, r->room, (int)n) == 1;
}

static bool cmac_add(struct cmac_run *r, slice part)
{
    while (part.n) {
        if (r->held == CMAC_ROOM) {
            if (!cmac_flush(r, CMAC_ROOM))
                return false;
            r->held = 0;
        }
        slice now = slice_head(part, CMAC_ROOM - r->held);

        memcpy(r->room + r->held, now.p, now.n);
        r->held += now.n;
        part = slice_skip(part, now.n);
    }
    return true;
}

static bool cmac_end(struct cmac_run *r, uint8_t out[AES_BLOCK])
{
    size_t whole = r->held ? (r->held + AES_BLOCK - 1) / AES_BLOCK * AES_BLOCK : AES_BLOCK;
    uint8_t *last = r->room + whole - AES_BLOCK;

    double_block(r->l);
    if (r->held < whole) {
        memset(r->room + r->held, 0, whole - r->held);
        r->room[r->held] = 0x80;
        double_block(r->l);
    }
    xor_block(last, r->l);
    if (!cmac_flush(r, whole))
        return false;
    memcpy(out, last, AES_BLOCK);
    return true;
}

static enum err ossl_aes_cmac(void *ctx, slice key, const slice *parts, size_t count,
                              uint8_t out[AES_BLOCK])
{
    static const uint8_t zero[AES_BLOCK];
    struct cmac_run r = { .held = 0 };
    int done;
    enum err err = aes_start(MODE_CBC, AES_ENCRYPT, key, zero, &r.cbc);

    (void)ctx;
    if (err)
        return err;
    err = E_CRYPTO;
    if (!EVP_CipherUpdate(r.cbc, r.l, &done, zero, AES_BLOCK))
        goto end;
    memcpy(r.mask, r.l, AES_BLOCK);
    for (size_t i = 0; i < count; i++)
        if (!cmac_add(&r, parts[i]))
            goto end;
    if (cmac_end(&r, out))
        err = E_OK;
end:
    wipe(r.l, sizeof r.l);
    wipe(r.mask, sizeof r.mask);
    return err ? failed() : E_OK;
}

/* Two keys are three of which the last is the first. Seldom used: its context is not kept. */
static enum err ossl_des3_cbc(void *ctx, enum aes_direction dir, slice key,
                              const uint8_t iv[DES_BLOCK], slice in, uint8_t *out)
{
    uint8_t keys[3 * DES_BLOCK];
    EVP_CIPHER_CTX *cipher;
    enum err err = E_OK;
    int n;

    (void)ctx;
    if ((key.n != 16 && key.n != 24) || in.n > INT_MAX || in.n % DES_BLOCK)
        return E_SIZE;
    if (!in.n)
        return E_OK;
    cipher = EVP_CIPHER_CTX_new();
    if (!cipher)
        return E_MEMORY;
    memcpy(keys, key.p, 16);
    memcpy(keys + 16, key.n == 24 ? key.p + 16 : key.p, DES_BLOCK);
    if (!EVP_CipherInit_ex2(cipher, des3_cipher, keys, iv, dir, NULL) ||
        !EVP_CIPHER_CTX_set_padding(cipher, 0) ||
        !EVP_CipherUpdate(cipher, out, &n, in.p, (int)in.n))
        err = failed();
    wipe(keys, sizeof keys);
    EVP_CIPHER_CTX_free(cipher);
    return err;
}

static enum err gcm_start(slice key, slice nonce, slice aad, enum aes_direction dir, slice in,
                          uint8_t *out, EVP_CIPHER_CTX **gcm)
{
    int row = size_row(key), n;

    if (row < 0 || nonce.n != 12 || in.n > INT_MAX || aad.n > INT_MAX)
        return E_SIZE;
    *gcm = EVP_CIPHER_CTX_new();
    if (!*gcm)
        return E_MEMORY;
    if (!EVP_CipherInit_ex2(*gcm, gcm_cipher[row], key.p, nonce.p, dir, NULL) ||
        (aad.n && !EVP_CipherUpdate(*gcm, NULL, &n, aad.p, (int)aad.n)) ||
        (in.n && !EVP_CipherUpdate(*gcm, out, &n, in.p, (int)in.n)))
        return failed();
    return E_OK;
}

static enum err ossl_gcm_seal(void *ctx, slice key, slice nonce, slice aad, slice plain,
                              uint8_t *out, uint8_t tag[AES_BLOCK])
{
    EVP_CIPHER_CTX *gcm = NULL;
    int n;
    uint8_t none[AES_BLOCK];
    enum err err = gcm_start(key, nonce, aad, AES_ENCRYPT, plain, out, &gcm);

    (void)ctx;
    if (!err && (!EVP_CipherFinal_ex(gcm, none, &n) ||
                 !EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_GET_TAG, AES_BLOCK, tag)))
        err = failed();
    EVP_CIPHER_CTX_free(gcm);
    return err;
}

static enum err ossl_gcm_open(void *ctx, slice key, slice nonce, slice aad, slice sealed,
                              const uint8_t tag[AES_BLOCK], uint8_t *out)
{
    EVP_CIPHER_CTX *gcm = NULL;
    int n;
    uint8_t none[AES_BLOCK], expected[AES_BLOCK];
    enum err err = gcm_start(key, nonce, aad, AES_DECRYPT, sealed, out, &gcm);

    (void)ctx;
    memcpy(expected, tag, sizeof expected);
    if (!err && !EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_AEAD_SET_TAG, AES_BLOCK, expected))
        err = failed();
    if (!err && EVP_CipherFinal_ex(gcm, none, &n) != 1)
        err = E_BADMAC;
    if (err)
        wipe(out, sealed.n);
    if (err == E_BADMAC)
        ERR_clear_error();
    EVP_CIPHER_CTX_free(gcm);
    return err;
}

static void ossl_forget(void *ctx)
{
    static const uint8_t zero[32];

    (void)ctx;
    if (!mine)
        return;
    for (int m = 0; m < AES_MODES; m++)
        for (int s = 0; s < AES_SIZES; s++)
            for (int d = 0; d < 2; d++)
                if (mine->aes[m][s][d])
                    EVP_CipherInit_ex2(mine->aes[m][s][d], NULL, zero, zero, d, NULL);
}

static const struct crypto provider = {
    .name = "openssl",
    .random = ossl_random,
    .sha256 = ossl_sha256,
    .sha1 = ossl_sha1,
    .hash_open = ossl_hash_open,
    .hash_add = ossl_hash_add,
    .hash_finish = ossl_hash_finish,
    .hash_close = ossl_hash_close,
    .hmac_sha256 = ossl_hmac,
    .aes_ecb = ossl_aes_ecb,
    .aes_cbc = ossl_aes_cbc,
    .aes_ctr = ossl_aes_ctr,
    .aes_cmac = ossl_aes_cmac,
    .des3_cbc = ossl_des3_cbc,
    .aes_gcm_seal = ossl_gcm_seal,
    .aes_gcm_open = ossl_gcm_open,
    .public_open = ossl_public_open,
    .public_close = ossl_public_close,
    .verify = ossl_verify,
    .key_pair = ossl_key_pair,
    .public_of = ossl_public_of,
    .point_check = ossl_point_check,
    .agree = ossl_agree,
    .agree_fresh = ossl_agree_fresh,
    .point_unpack = ossl_point_unpack,
    .x25519 = ossl_x25519,
    .x25519_fresh = ossl_x25519_fresh,
    .signer_open = ossl_signer_open,
    .tls = &ossl_tls,
    .forget = ossl_forget,
};

static void start(void)
{
    static const char *const names[AES_MODES][AES_SIZES] = {
        [MODE_ECB] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" },
        [MODE_CBC] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
        [MODE_CTR] = { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" },
    };
    static const char *const gcm[AES_SIZES] = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" };
    bool ok = pthread_key_create(&thread_end, thread_free) == 0;

    sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha1_md = EVP_MD_fetch(NULL, "SHA1", NULL);
    ok = ok && sha256_md && sha1_md;
    for (int s = 0; s < AES_SIZES; s++) {
        for (int m = 0; m < AES_MODES; m++) {
            aes_cipher[m][s] = EVP_CIPHER_fetch(NULL, names[m][s], NULL);
            ok = ok && aes_cipher[m][s];
        }
        gcm_cipher[s] = EVP_CIPHER_fetch(NULL, gcm[s], NULL);
        ok = ok && gcm_cipher[s];
    }
    des3_cipher = EVP_CIPHER_fetch(NULL, "DES-EDE3-CBC", NULL);
    ready = ok && des3_cipher && ossl_ec_start();
}

const struct crypto *crypto_openssl(void)
{
    pthread_once(&once, start);
    return ready ? &provider : NULL;
}
