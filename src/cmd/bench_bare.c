/* The reference: what the bare cryptography costs, OpenSSL called as directly as it can be. */
#include "cmd/bench.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SHARE_US 200000.0 /* of each measurement */

static double clock_us(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double cpu_thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

double cpu_process_us(void)
{
    return clock_us(CLOCK_PROCESS_CPUTIME_ID);
}

double wall_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

/* OpenSSL refusing its own keys is no result to go on with. */
static void must(int ok, const char *what)
{
    if (ok > 0)
        return;
    fprintf(stderr, "bench: OpenSSL failed: %s\n", what);
    exit(1);
}

struct bare_keys {
    EVP_PKEY *key, *peer;
    unsigned char digest[32], sig[80];
    size_t sig_len;
};

static void op_sign(struct bare_keys *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);

    k->sig_len = sizeof k->sig;
    must(ctx && EVP_PKEY_sign_init(ctx) > 0, "sign_init");
    must(EVP_PKEY_sign(ctx, k->sig, &k->sig_len, k->digest, sizeof k->digest), "sign");
    EVP_PKEY_CTX_free(ctx);
}

static void op_verify(struct bare_keys *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);

    must(ctx && EVP_PKEY_verify_init(ctx) > 0, "verify_init");
    must(EVP_PKEY_verify(ctx, k->sig, k->sig_len, k->digest, sizeof k->digest), "verify");
    EVP_PKEY_CTX_free(ctx);
}

static void op_key_pair(struct bare_keys *k)
{
    EVP_PKEY *fresh = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

    must(fresh != NULL, "keygen");
    EVP_PKEY_free(k->peer);
    k->peer = fresh;
}

static void op_agree(struct bare_keys *k)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->key, NULL);
    unsigned char z[32];
    size_t n = sizeof z;

    must(ctx && EVP_PKEY_derive_init(ctx) > 0, "derive_init");
    must(EVP_PKEY_derive_set_peer(ctx, k->peer), "set_peer");
    must(EVP_PKEY_derive(ctx, z, &n), "derive");
    EVP_PKEY_CTX_free(ctx);
}

static double timed(void (*op)(struct bare_keys *), struct bare_keys *k)
{
    double start, spent;
    unsigned n = 0;

    op(k);
    start = cpu_thread_us();
    do {
        for (unsigned i = 0; i < 16; i++)
            op(k);
        n += 16;
        spent = cpu_thread_us() - start;
    } while (spent < SHARE_US);
    return spent / n;
}

static double timed_package(size_t octets)
{
    EVP_CIPHER *cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
    EVP_MAC *cmac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(cmac);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER,
                                                             (char[]){ "AES-128-CBC" }, 0),
                            OSSL_PARAM_construct_end() };
    const unsigned char key[16] = { 1 }, iv[16] = { 2 };
    unsigned char *data = calloc(1, octets + 32), *out = calloc(1, octets + 32), tag[16];
    double start, spent;
    unsigned n = 0;
    size_t tag_len;
    int len;

    must(cbc && cmac && cipher && mac && data && out, "AES");
    start = cpu_thread_us();
    do {
        must(EVP_EncryptInit_ex2(cipher, cbc, key, iv, NULL), "cipher init");
        must(EVP_EncryptUpdate(cipher, out, &len, data, (int)(octets / 16 * 16)), "cipher");
        must(EVP_MAC_init(mac, key, sizeof key, params), "mac init");
        must(EVP_MAC_update(mac, out, octets), "mac");
        must(EVP_MAC_final(mac, tag, &tag_len, sizeof tag), "mac final");
        n++;
        spent = cpu_thread_us() - start;
    } while (spent < SHARE_US);
    free(data);
    free(out);
    EVP_MAC_CTX_free(mac);
    EVP_CIPHER_CTX_free(cipher);
    EVP_MAC_free(cmac);
    EVP_CIPHER_free(cbc);
    return spent / n;
}

struct bare bare_measure(size_t package)
{
    struct bare_keys k = { .digest = { 7 } };
    struct bare b;

    k.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    must(k.key != NULL, "keygen");
    b.sign = timed(op_sign, &k);
    b.verify = timed(op_verify, &k);
    b.key_pair = timed(op_key_pair, &k);
    b.agree = timed(op_agree, &k);
    b.package = timed_package(package);
    EVP_PKEY_free(k.key);
    EVP_PKEY_free(k.peer);
    return b;
}
