/*
 * Revocation lists (RFC 5280 5): what OpenSSL makes is read as it was meant, and what is wrong with
 * a list is told. Each refused list is a passing one with one change.
 */
#include "pki/crl.h"

#include "der/der.h"
#include "pki/crl_make.h"

static EVP_PKEY *key;
static const struct crypto *crypto;
static uint8_t memory[CRL_MAKE_MAX];

#define AKI    SLICE_LIT("0123456789ABCDEFGHIJ")
#define SERIAL SLICE_LIT("\x01\x02\x03")

static int setup(void **state)
{
    (void)state;
    crypto = crypto_openssl();
    key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    return crypto && key ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

static struct crl_plan plan(void)
{
    return (struct crl_plan){ .key = key, .aki = AKI, .number = 300, .serials = { SERIAL } };
}

static slice body_of(slice whole)
{
    struct tlv t;

    assert_int_equal(der_one(whole, &t), E_OK);
    return t.value;
}

static enum err parse(const struct crl_plan *p, struct crl *out)
{
    return crl_parse(body_of(crl_make(p, memory)), out);
}

static struct public_key *opened(void)
{
    struct public_key *k;
    struct ec_point point;
    size_t n = 0;

    assert_int_equal(
        EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point.b, sizeof point.b, &n), 1);
    assert_int_equal(n, POINT_LEN);
    assert_int_equal(key_open(crypto, CURVE_P256, &point, &k), E_OK);
    return k;
}

static void complete_list(void **state)
{
    struct crl_plan p = plan();
    struct public_key *k = opened();
    struct crl_entry e;
    struct crl crl;
    slice rest;

    (void)state;
    p.serials[1] = SLICE_LIT("\x81\x00");
    p.reasons[1] = 1;
    p.uri = "http://ci.test.example.com/CRL-A.crl";
    assert_int_equal(parse(&p, &crl), E_OK);
    assert_true(slice_eq(crl.aki, AKI));
    assert_true(slice_eq(crl.number, SLICE_LIT("\x01\x2C")));
    assert_null(crl.base.p);
    assert_non_null(crl.scope.p);
    assert_int_equal(crl.parts, 0);
    assert_int_equal(crl.this_update_s, 1790000000);
    assert_int_equal(crl.next_update_s, 1790000000);
    rest = crl.revoked;
    assert_true(crl_next(&rest, &e));
    assert_true(slice_eq(e.serial, SERIAL));
    assert_true(crl_next(&rest, &e));
    assert_true(slice_eq(e.serial, SLICE_LIT("\x00\x81\x00")));
    assert_false(e.removed);
    assert_false(crl_next(&rest, &e));
    assert_int_equal(crl_verify_signature(&crl, k), E_OK);
    memory[60] ^= 1; /* inside the issuer or a time: whatever it is, it was signed */
    assert_int_equal(crl_verify_signature(&crl, k), E_BADSIG);
    key_drop(k);
}

static void empty_list(void **state)
{
    struct crl_plan p = plan();
    struct crl_entry e;
    struct crl crl;

    (void)state;
    p.serials[0] = SLICE_NONE;
    assert_int_equal(parse(&p, &crl), E_OK);
    assert_false(crl_next(&crl.revoked, &e));
}

static void delta_and_parts(void **state)
{
    struct crl_plan p = plan();
    struct crl_entry e;
    struct crl crl;

    (void)state;
    p.base = 255;
    p.reasons[0] = 8;
    assert_int_equal(parse(&p, &crl), E_OK);
    assert_true(slice_eq(crl.base, SLICE_LIT("\xFF")));
    assert_true(crl_next(&crl.revoked, &e));
    assert_true(e.removed);
    p = plan();
    p.parts = 3;
    p.part = 3;
    assert_int_equal(parse(&p, &crl), E_OK);
    assert_int_equal(crl.parts, 3);
    assert_int_equal(crl.part, 3);
}

static void refused(void **state)
{
    struct crl_plan p = plan();
    struct crl crl;

    (void)state;
    assert_int_equal(parse(&p, &crl), E_OK);
    p.aki = SLICE_NONE;
    assert_int_equal(parse(&p, &crl), E_MISSING);
    p = plan();
    p.number = -1;
    assert_int_equal(parse(&p, &crl), E_MISSING);
    p = plan();
    p.reasons[0] = 8; /* removed from what? */
    assert_int_equal(parse(&p, &crl), E_SYNTAX);
    p = plan();
    p.more = "1.2.3.4";
    assert_int_equal(parse(&p, &crl), E_UNSUPPORTED);
    p = plan();
    p.parts = 2;
    assert_int_equal(parse(&p, &crl), E_MISSING);
    p.part = 3;
    assert_int_equal(parse(&p, &crl), E_RANGE);
    p.parts = 65;
    assert_int_equal(parse(&p, &crl), E_RANGE);
    p = plan();
    p.number = -1;
    p.more = "2.5.29.20"; /* known, though critical */
    assert_int_equal(parse(&p, &crl), E_OK);
    p.number = 1; /* twice */
    assert_int_equal(parse(&p, &crl), E_REPEATED);
}

/* indirectCRL: entries may be another issuer's. */
static void on_behalf_of_others(void **state)
{
    struct crl_plan p = plan();
    struct crl crl;

    (void)state;
    p.uri = "http://a,indirectCRL:TRUE";
    assert_int_equal(parse(&p, &crl), E_UNSUPPORTED);
}

/* Every octet less, and every octet changed: an answer, and never a list that verifies. */
static void damaged(void **state)
{
    struct crl_plan p = plan();
    struct public_key *k = opened();
    slice body = body_of(crl_make(&p, memory));
    struct crl crl;

    (void)state;
    for (size_t n = 0; n < body.n; n++) {
        uint8_t *copy = malloc(n ? n : 1);

        memcpy(copy, body.p, n);
        assert_int_not_equal(crl_parse(slice_of(copy, n), &crl), E_OK);
        free(copy);
    }
    for (size_t n = 0; n < body.n; n++) {
        uint8_t *at = memory + (body.p - memory) + n;

        *at ^= 0x10;
        if (!crl_parse(body, &crl))
            assert_int_not_equal(crl_verify_signature(&crl, k), E_OK);
        *at ^= 0x10;
    }
    assert_int_equal(crl_parse(body, &crl), E_OK);
    assert_int_equal(crl_verify_signature(&crl, k), E_OK);
    key_drop(k);
}

static void numbers_in_order(void **state)
{
    (void)state;
    assert_int_equal(crl_number_compare(SLICE_LIT("\x01"), SLICE_LIT("\x01")), 0);
    assert_true(crl_number_compare(SLICE_LIT("\xFF"), SLICE_LIT("\x01\x00")) < 0);
    assert_true(crl_number_compare(SLICE_LIT("\x01\x01"), SLICE_LIT("\x01\x00")) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_list),    cmocka_unit_test(empty_list),
        cmocka_unit_test(delta_and_parts),  cmocka_unit_test(refused),
        cmocka_unit_test(damaged),          cmocka_unit_test(on_behalf_of_others),
        cmocka_unit_test(numbers_in_order),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
