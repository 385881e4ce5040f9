/*
 * Keys in a token. URIs as RFC 7512 has them (its examples of 3, where they name a private key);
 * signatures of SoftHSM 2 against the provider's verification, by several threads, after the loss
 * of all sessions, and with PINs that do not fit.
 */
#include "crypto/pkcs11.h"
#include "crypto/pkcs11_module.h"
#include "crypto/signer_pkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODULE  "/usr/lib/softhsm/libsofthsm2.so"
#define PIN     "24681357"
#define THREADS 6
#define ROUNDS  40

static const struct crypto *c;
static char dir[64], pin_file[96];
static bool have;
static struct ec_point points[CURVE_BP256R1 + 1];

/* ---- URIs ---- */

static void uris(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        { "pkcs11:object=key", E_OK },
        { " pkcs11:id=%69%95%3E%5C%F4%BD%EC%91\n", E_OK },
        { "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;"
          "model=1.0;object=my-certificate;type=private;id=%69?pin-source=file:/etc/token_pin",
          E_OK },
        { "pkcs11:object=key?module-path=/usr/lib/x.so&pin-source=/etc/pin", E_OK },
        { "pkcs11:object=key?pin-value=1234", E_REFUSED },
        { "pkcs11:object=key?pin-value=", E_REFUSED },
        { "pkcs11:object=key;type=cert", E_RANGE },
        { "pkcs11:object=key;type=private;slot-id=3", E_UNSUPPORTED },
        { "pkcs11:object=key?module-name=x", E_UNSUPPORTED },
        { "pkcs11:token=t", E_MISSING },
        { "pkcs11:", E_MISSING },
        { "", E_SYNTAX },
        { "pkcs12:object=key", E_SYNTAX },
        { "pkcs11:object=key;object=yek", E_SYNTAX },
        { "pkcs11:id=%01;id=%02", E_SYNTAX },
        { "pkcs11:object", E_SYNTAX },
        { "pkcs11:object=", E_SYNTAX },
        { "pkcs11:object=k%0", E_SYNTAX },
        { "pkcs11:object=k%0g", E_SYNTAX },
        { "pkcs11:object=k%00y", E_SYNTAX },
        { "pkcs11:object=a key", E_SYNTAX },
        { "pkcs11:object=key;;token=t", E_SYNTAX },
        { "pkcs11:object=0123456789012345678901234567890123456789012345678901234567890123", E_OK },
        { "pkcs11:object=01234567890123456789012345678901234567890123456789012345678901234",
          E_SIZE },
    };
    struct pkcs11_uri u;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (pkcs11_uri_parse(slice_str(rows[i].text), &u) != rows[i].err)
            fail_msg("'%s' is not %s", rows[i].text, err_name(rows[i].err));
    assert_int_equal(pkcs11_uri_parse(slice_str(rows[2].text), &u), E_OK);
    assert_string_equal(u.token, "The Software PKCS#11 Softtoken");
    assert_string_equal(u.manufacturer, "Snake Oil, Inc.");
    assert_string_equal(u.pin_source, "/etc/token_pin");
    assert_int_equal(u.id_n, 1);
    assert_int_equal(u.id[0], 0x69);
}

/* ---- a token ---- */

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *fmt, ...)
{
    char command[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(command, sizeof command, fmt, ap);
    va_end(ap);
    strcat(command, " >/dev/null");
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void put_key(enum curve curve, const char *label, const char *id)
{
    struct ec_scalar secret;
    char path[128];

    snprintf(path, sizeof path, "%s/%s.key", dir, label);
    assert_int_equal(crypto_key_pair(c, curve, &secret, &points[curve]), E_OK);
    assert_int_equal(key_write_file(c, path, curve, &secret), E_OK);
    run("softhsm2-util --import %s --token t --label %s --id %s --pin " PIN, path, label, id);
    assert_int_equal(unlink(path), 0);
}

static int setup(void **state)
{
    char path[128], text[256];

    (void)state;
    c = crypto_openssl();
    have = access(MODULE, R_OK) == 0 && system("command -v softhsm2-util >/dev/null") == 0;
    if (!have)
        puts("skipped: no SoftHSM (softhsm2)");
    snprintf(dir, sizeof dir, "/tmp/dunlin-token-XXXXXX");
    if (!c || !mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/conf", dir);
    snprintf(text, sizeof text, "directories.tokendir = %s\nlog.level = ERROR\n", dir);
    write_text(path, text);
    setenv("SOFTHSM2_CONF", path, 1);
    setenv(PKCS11_MODULE_ENV, MODULE, 1);
    snprintf(pin_file, sizeof pin_file, "%s/pin", dir);
    write_text(pin_file, PIN "\n");
    if (!have)
        return 0;
    run("softhsm2-util --init-token --free --label t --pin " PIN " --so-pin 87654321");
    put_key(CURVE_P256, "one", "01");
    put_key(CURVE_BP256R1, "brain", "02");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run("rm -rf %s", dir);
    return 0;
}

static enum err open_with(const char *path, const char *query, enum curve curve,
                          const struct ec_point *point, struct signer *out)
{
    char uri[512];

    snprintf(uri, sizeof uri, "pkcs11:%s%s%s", path, *query ? "?" : "", query);
    return signer_open_token(c, slice_str(uri), curve, point, out);
}

static enum err open_named(const char *path, enum curve curve, struct signer *out)
{
    char query[160];

    snprintf(query, sizeof query, "pin-source=file:%s", pin_file);
    return open_with(path, query, curve, &points[curve], out);
}

static void assert_signs(const struct signer *s)
{
    slice part = SLICE_LIT("what is signed");
    struct public_key *key;
    struct ec_sig sig;

    assert_int_equal(signer_sign(s, c, &part, 1, &sig), E_OK);
    assert_int_equal(key_open(c, s->curve, &s->point, &key), E_OK);
    assert_int_equal(key_verify(key, &part, 1, SLICE_OF(sig.b)), E_OK);
    sig.b[40] ^= 1;
    assert_int_equal(key_verify(key, &part, 1, SLICE_OF(sig.b)), E_BADSIG);
    key_drop(key);
}

static void signs(void **state)
{
    struct signer s;

    (void)state;
    if (!have)
        skip();
    assert_int_equal(open_named("token=t;object=one", CURVE_P256, &s), E_OK);
    assert_signs(&s);
    signer_close(&s);
    assert_int_equal(open_named("id=%02", CURVE_BP256R1, &s), E_OK);
    assert_signs(&s);
    signer_close(&s);
    /* the PIN of the environment, where the URI has none */
    setenv(PKCS11_PIN_ENV, PIN, 1);
    assert_int_equal(open_with("object=one", "", CURVE_P256, &points[CURVE_P256], &s), E_OK);
    unsetenv(PKCS11_PIN_ENV);
    assert_signs(&s);
    signer_close(&s);
}

static void refuses(void **state)
{
    static const struct {
        const char *path;
        enum curve curve;
        enum err err;
    } rows[] = {
        { "token=t;object=one", CURVE_P256, E_OK },
        { "token=u;object=one", CURVE_P256, E_NOTFOUND },
        { "serial=1;object=one", CURVE_P256, E_NOTFOUND },
        { "token=t;object=none", CURVE_P256, E_NOTFOUND },
        { "token=t;object=one;id=%02", CURVE_P256, E_NOTFOUND },
        { "token=t;object=one", CURVE_BP256R1, E_UNSUPPORTED },
        { "token=t;object=brain", CURVE_P256, E_UNSUPPORTED },
    };
    struct ec_point other = points[CURVE_BP256R1];
    struct ec_scalar secret;
    struct signer s;
    char query[256];

    (void)state;
    if (!have)
        skip();
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(open_named(rows[i].path, rows[i].curve, &s), rows[i].err);
        assert_true(!rows[i].err == !*pkcs11_fault());
        signer_close(&s);
    }
    assert_int_equal(crypto_key_pair(c, CURVE_P256, &secret, &other), E_OK);
    snprintf(query, sizeof query, "pin-source=%s", pin_file);
    assert_int_equal(open_with("object=one", query, CURVE_P256, &other, &s), E_BADKEY);
    assert_int_equal(open_with("object=one", "", CURVE_P256, &points[CURVE_P256], &s), E_NOTFOUND);
    assert_int_equal(
        open_with("object=one", "pin-source=/nowhere", CURVE_P256, &points[CURVE_P256], &s),
        E_NOTFOUND);
    assert_int_equal(
        open_with("object=one", "module-path=/nowhere", CURVE_P256, &points[CURVE_P256], &s),
        E_NOTFOUND);
    assert_int_equal(
        open_with("object=one", "module-path=libcrypto.so.3", CURVE_P256, &points[CURVE_P256], &s),
        E_UNSUPPORTED);
}

/* Two keys of one name: neither is taken. */
static void ambiguous(void **state)
{
    struct ec_point keep = points[CURVE_P256];
    struct signer s;

    (void)state;
    if (!have)
        skip();
    put_key(CURVE_P256, "twin", "03");
    put_key(CURVE_P256, "twin", "04");
    assert_int_equal(open_named("object=twin", CURVE_P256, &s), E_REPEATED);
    assert_int_equal(open_named("object=twin;id=%04", CURVE_P256, &s), E_OK);
    signer_close(&s);
    points[CURVE_P256] = keep;
}

/* As a token that was pulled: all its sessions end, and with them the login. */
static void lose_sessions(void)
{
    struct pkcs11_module *m;
    CK_SLOT_ID slots[8];
    CK_ULONG n = COUNT(slots);

    assert_int_equal(pkcs11_module_open(MODULE, &m), E_OK);
    assert_int_equal(m->f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    for (CK_ULONG i = 0; i < n; i++)
        assert_int_equal(m->f->C_CloseAllSessions(slots[i]), CKR_OK);
    pkcs11_module_close(m);
}

static void finds_again(void **state)
{
    slice part = SLICE_EMPTY;
    struct signer s, t;
    struct ec_sig sig;

    (void)state;
    if (!have)
        skip();
    assert_int_equal(open_named("object=one", CURVE_P256, &s), E_OK);
    for (int i = 0; i < 3; i++) {
        lose_sessions();
        assert_signs(&s);
    }
    /* a PIN that the token refused is not tried again by signatures, but by whoever opens a key */
    write_text(pin_file, "99999999\n");
    lose_sessions();
    assert_int_equal(signer_sign(&s, c, &part, 1, &sig), E_CRYPTO);
    assert_non_null(strstr(pkcs11_fault(), "refuses the PIN"));
    write_text(pin_file, PIN);
    assert_int_equal(signer_sign(&s, c, &part, 1, &sig), E_CRYPTO);
    assert_non_null(strstr(pkcs11_fault(), "has refused the PIN before"));
    assert_int_equal(open_named("object=one", CURVE_P256, &t), E_OK);
    assert_signs(&s);
    signer_close(&t);
    lose_sessions();
    write_text(pin_file, "99999999\n");
    assert_int_equal(open_named("object=one", CURVE_P256, &t), E_REFUSED);
    write_text(pin_file, PIN);
    signer_close(&s);
}

static void *sign_often(void *arg)
{
    for (int i = 0; i < ROUNDS; i++)
        assert_signs(arg);
    return NULL;
}

static void many_threads(void **state)
{
    pthread_t threads[THREADS];
    struct signer s;

    (void)state;
    if (!have)
        skip();
    assert_int_equal(open_named("object=one", CURVE_P256, &s), E_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &s), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    signer_close(&s);
}

/* As TLS uses it: a digest is signed by OpenSSL's way in, and verified by its own code. */
static void as_tls_key(void **state)
{
    static const unsigned char text[] = "ServerKeyExchange";
    unsigned char sig[80];
    size_t n = sizeof sig;
    struct signer s;
    EVP_PKEY *key;
    EVP_MD_CTX *md = EVP_MD_CTX_new();

    (void)state;
    if (!have)
        skip();
    assert_int_equal(open_named("object=one", CURVE_P256, &s), E_OK);
    assert_int_equal(signer_into_pkey(&s, &key), E_OK);
    assert_null(s.sign);
    assert_int_equal(signer_into_pkey(&s, &(EVP_PKEY *){ NULL }), E_UNSUPPORTED);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, sig, &n, text, sizeof text), 1);
    EVP_MD_CTX_reset(md);
    assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestVerify(md, sig, n, text, sizeof text), 1);
    sig[n - 1] ^= 1;
    EVP_MD_CTX_reset(md);
    assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_not_equal(EVP_DigestVerify(md, sig, n, text, sizeof text), 1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris),       cmocka_unit_test(signs),       cmocka_unit_test(refuses),
        cmocka_unit_test(ambiguous),  cmocka_unit_test(finds_again), cmocka_unit_test(many_threads),
        cmocka_unit_test(as_tls_key),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
