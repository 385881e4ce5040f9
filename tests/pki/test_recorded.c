/*
 * A whole ES9+ download between strangers (osmo-smdpp and pySim's client, SGP.26 keys): all five
 * signatures verify over the octets that were sent, and with the eUICC's recorded one-time key the
 * bound package opens down to the TS.48 profile it was made from. This pins ECDSA, ECKA, X9.63 and
 * BSP to other implementations.
 */
#include "crypto/bsp.h"
#include "pki/chain.h"
#include "pki/keystore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DATA     "../shared/data/"
#define FILE_MAX ((size_t)256 << 10)

static const struct crypto *c;

static int setup(void **state)
{
    (void)state;
    c = crypto_openssl();
    return c ? 0 : -1;
}

static slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *p = malloc(FILE_MAX + 1);
    size_t n;

    assert_non_null(f);
    assert_non_null(p);
    n = fread(p, 1, FILE_MAX, f);
    p[n] = 0;
    fclose(f);
    return slice_of(p, n);
}

/* The text of the first string member of this name in the JSON text. */
static slice member(slice json, const char *name)
{
    char key[64];
    const char *at, *end;

    snprintf(key, sizeof key, "\"%s\": \"", name);
    at = strstr((const char *)json.p, key);
    assert_non_null(at);
    at += strlen(key);
    end = strchr(at, '"');
    assert_non_null(end);
    return slice_of(at, (size_t)(end - at));
}

/* Its base64 octets; for free(). */
static slice octets(slice json, const char *name)
{
    slice text = member(json, name);
    uint8_t *p = malloc(text.n);
    size_t n;

    assert_int_equal(b64_decode(text, p, text.n, &n), E_OK);
    return slice_of(p, n);
}

static struct der_reader into(slice element, uint32_t tag)
{
    struct tlv t;

    assert_int_equal(der_one(element, &t), E_OK);
    assert_int_equal(t.tag, tag);
    return der_reader(t.value);
}

static struct public_key *key_of(slice der)
{
    struct cert cert;
    struct public_key *key;

    assert_int_equal(cert_parse(der, &cert), E_OK);
    assert_int_equal(key_open(c, cert.curve, &cert.point, &key), E_OK);
    return key;
}

/* sig: the whole 5F37 element. */
static void check_signature(struct public_key *key, slice first, slice second, slice sig)
{
    struct der_reader r = der_reader(sig);
    slice raw = der_expect(&r, 0x5F37).value;
    slice parts[] = { first, second };
    uint8_t changed[SIG_LEN];

    assert_int_equal(der_end(&r), E_OK);
    assert_int_equal(key_verify(key, parts, 2, raw), E_OK);
    memcpy(changed, raw.p, SIG_LEN);
    changed[63] ^= 1;
    assert_int_equal(key_verify(key, parts, 2, SLICE_OF(changed)), E_BADSIG);
}

struct conversation {
    slice json;
    slice server_signed1, server_sig1, dp_auth;
    slice auth_response;
    slice euicc_signed1, euicc_sig1, euicc, eum;
    slice smdp_signed2, smdp_sig2, dp_pb;
    slice prepare, euicc_signed2, euicc_sig2, euicc_otpk;
    slice bpp;
};

static void load(struct conversation *v, const char *path)
{
    slice *const owned[] = { &v->server_signed1, &v->server_sig1,  &v->dp_auth,
                             &v->auth_response,  &v->smdp_signed2, &v->smdp_sig2,
                             &v->dp_pb,          &v->prepare,      &v->bpp };
    static const char *const names[] = { "serverSigned1",      "serverSignature1",
                                         "serverCertificate",  "authenticateServerResponse",
                                         "smdpSigned2",        "smdpSignature2",
                                         "smdpCertificate",    "prepareDownloadResponse",
                                         "boundProfilePackage" };

    v->json = read_file(path);
    for (size_t i = 0; i < COUNT(owned); i++)
        *owned[i] = octets(v->json, names[i]);
    struct der_reader r = into(v->auth_response, 0xBF38);
    struct der_reader ok = der_reader(der_expect(&r, 0xA0).value);

    v->euicc_signed1 = der_expect(&ok, 0x30).whole;
    v->euicc_sig1 = der_expect(&ok, 0x5F37).whole;
    v->euicc = der_expect(&ok, 0x30).whole;
    v->eum = der_expect(&ok, 0x30).whole;
    assert_int_equal(der_end(&ok), E_OK);
    r = into(v->prepare, 0xBF21);
    ok = der_reader(der_expect(&r, 0xA0).value);
    v->euicc_signed2 = der_expect(&ok, 0x30).whole;
    v->euicc_sig2 = der_expect(&ok, 0x5F37).whole;
    assert_int_equal(der_end(&ok), E_OK);
    r = into(v->euicc_signed2, 0x30);
    der_expect(&r, 0x80);
    v->euicc_otpk = der_expect(&r, 0x5F49).whole;
    assert_int_equal(r.err, E_OK);
}

static void unload(struct conversation *v)
{
    free((void *)v->json.p);
    free((void *)v->server_signed1.p);
    free((void *)v->server_sig1.p);
    free((void *)v->dp_auth.p);
    free((void *)v->auth_response.p);
    free((void *)v->smdp_signed2.p);
    free((void *)v->smdp_sig2.p);
    free((void *)v->dp_pb.p);
    free((void *)v->prepare.p);
    free((void *)v->bpp.p);
}

static void check_conversation(const struct conversation *v, slice ci)
{
    struct trust t;
    struct chain chain;
    struct public_key *auth = key_of(v->dp_auth), *pb = key_of(v->dp_pb);
    uint8_t eid[EID_LEN];
    char digits[EID_DIGITS + 1];

    trust_open(&t, c);
    assert_int_equal(trust_add_cert(&t, ci), E_OK);
    /* when it was recorded does not matter: the hierarchy is valid for decades */
    assert_int_equal(
        chain_verify_euicc(&t, v->euicc, v->eum, SLICE_NONE, NO_TIME, &chain, eid, NULL), E_OK);
    eid_to_digits(eid, digits);
    assert_true(slice_eq(slice_str(digits), member(v->json, "eid")));
    check_signature(auth, v->server_signed1, SLICE_EMPTY, v->server_sig1);
    check_signature(chain.key, v->euicc_signed1, SLICE_EMPTY, v->euicc_sig1);
    check_signature(pb, v->smdp_signed2, v->euicc_sig1, v->smdp_sig2);
    check_signature(chain.key, v->euicc_signed2, v->smdp_sig2, v->euicc_sig2);
    chain_close(&chain);
    trust_close(&t);
    key_drop(auth);
    key_drop(pb);
}

/* smdpSign covers the elements as sent up to the first 5F49, and the eUICC's key behind them. */
static void open_session(const struct conversation *v, struct der_reader *bpp, struct bsp *bsp)
{
    struct der_reader r = der_reader(der_expect(bpp, 0xBF23).value);
    slice signed_from = r.in;
    struct public_key *pb = key_of(v->dp_pb);
    uint8_t z[SECRET_LEN], eid[EID_LEN];
    struct ec_scalar otsk;
    struct ec_point peer;
    size_t n;

    der_expect(&r, 0x82);
    der_expect(&r, 0x80);
    struct der_reader crt = der_reader(der_expect(&r, 0xA6).value);
    slice otpk = der_expect(&r, 0x5F49).value;
    slice covered = slice_of(signed_from.p, (size_t)(r.in.p - signed_from.p));

    check_signature(pb, covered, v->euicc_otpk, der_expect(&r, 0x5F37).whole);
    der_expect(&crt, 0x80);
    der_expect(&crt, 0x81);
    slice host_id = der_expect(&crt, 0x84).value;

    assert_int_equal(crt.err, E_OK);
    assert_int_equal(hex_decode(member(v->json, "euicc_otsk"), otsk.b, SCALAR_LEN, &n), E_OK);
    assert_int_equal(eid_from_digits(member(v->json, "eid"), eid), E_OK);
    assert_int_equal(ec_point_parse(otpk, &peer), E_OK);
    assert_int_equal(crypto_agree(c, pb->curve, &otsk, &peer, z), E_OK);
    assert_int_equal(bsp_derive(bsp, c, z, host_id, SLICE_OF(eid)), E_OK);
    key_drop(pb);
}

/* Opens all TLVs of one group and appends their plaintext; returns its new length. */
static size_t open_group(struct bsp *bsp, slice group, uint8_t tag, uint8_t *out, size_t at)
{
    struct der_reader r = der_reader(group);

    while (der_more(&r)) {
        slice whole = der_take(&r).whole, plain;
        uint8_t *copy = malloc(whole.n);

        memcpy(copy, whole.p, whole.n);
        assert_int_equal(bsp_open(bsp, tag, copy, whole.n, &plain), E_OK);
        assert_true(at + plain.n <= FILE_MAX);
        memcpy(out + at, plain.p, plain.n);
        at += plain.n;
        free(copy);
    }
    assert_int_equal(r.err, E_OK);
    return at;
}

static void replace_keys(struct bsp *bsp, slice request)
{
    struct der_reader r = into(request, 0xBF26);
    slice chain = der_expect(&r, 0x80).value, enc = der_expect(&r, 0x81).value,
          mac = der_expect(&r, 0x82).value;
    struct aes128_key k[2];

    assert_int_equal(der_end(&r), E_OK);
    assert_int_equal(chain.n, 16);
    assert_int_equal(enc.n, 16);
    assert_int_equal(mac.n, 16);
    memcpy(k[0].b, enc.p, 16);
    memcpy(k[1].b, mac.p, 16);
    bsp_start(bsp, c, &k[0], &k[1], chain.p);
}

static void check_package(const struct conversation *v, const char *profile_path)
{
    uint8_t *plain = malloc(FILE_MAX);
    struct der_reader bpp = into(v->bpp, 0xBF36);
    slice profile = read_file(profile_path), metadata = octets(v->json, "profileMetadata");
    struct bsp bsp;
    size_t n;

    open_session(v, &bpp, &bsp);
    n = open_group(&bsp, der_expect(&bpp, 0xA0).value, BSP_TAG_KEYS, plain, 0);
    assert_true(n >= 3 && plain[0] == 0xBF && plain[1] == 0x24);
    n = open_group(&bsp, der_expect(&bpp, 0xA1).value, BSP_TAG_CLEAR, plain, 0);
    assert_true(slice_eq(slice_of(plain, n), metadata));
    struct tlv second = der_maybe(&bpp, 0xA2);

    if (second.tag) {
        n = open_group(&bsp, second.value, BSP_TAG_KEYS, plain, 0);
        replace_keys(&bsp, slice_of(plain, n));
    }
    n = open_group(&bsp, der_expect(&bpp, 0xA3).value, BSP_TAG_PROFILE, plain, 0);
    assert_int_equal(der_end(&bpp), E_OK);
    assert_true(slice_eq(slice_of(plain, n), profile));
    bsp_wipe(&bsp);
    free(plain);
    free((void *)profile.p);
    free((void *)metadata.p);
}

static void recorded_download(void **state)
{
    static const struct {
        const char *json, *ci, *profile;
    } rows[] = {
        { DATA "recorded/es9plus-osmo-nist.json",
          DATA "sgp26/CertificateIssuer/CERT_CI_ECDSA_NIST.der",
          DATA "ts48/ts48-v3-saip23-nobertlv.der" },
        { DATA "recorded/es9plus-osmo-brainpool.json",
          DATA "sgp26/CertificateIssuer/CERT_CI_ECDSA_BRP.der",
          DATA "ts48/ts48-v2-saip21-bertlv.der" },
    };

    (void)state;
    if (access(DATA "recorded", R_OK) != 0) {
        print_message("skipped: " DATA "recorded is not there\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conversation v;
        slice ci = read_file(rows[i].ci);

        load(&v, rows[i].json);
        check_conversation(&v, ci);
        check_package(&v, rows[i].profile);
        unload(&v);
        free((void *)ci.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_download),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
