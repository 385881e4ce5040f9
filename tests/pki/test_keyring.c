/*
 * What a keyring takes, each refusal one change away from what it takes; and who closes its keys.
 * TLS-020: the curves of two CIs stand beside each other.
 */
#include "pki/forge.h"
#include "pki/keyring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct crypto *c;
static struct made ci, stranger, brainpool_ci, auth, pb, other_pb, tls, ds, lapsed, brainpool[2];
static unsigned closed;

static void note_close(void *ctx)
{
    (void)ctx;
    closed++;
}

static struct identity identity(const struct made *cert, const struct made *key)
{
    struct identity id = { .cert = cert->cert, .signer = key->signer };

    id.signer.close = note_close;
    return id;
}

static struct credential pair(const struct made *a, const struct made *p)
{
    return (struct credential){ .auth = identity(a, a), .pb = identity(p, p) };
}

static struct keyring *ring(void)
{
    struct keyring *k;

    assert_int_equal(keyring_open(c, 0, &k), E_OK);
    assert_int_equal(keyring_add_ci(k, ci.der), E_OK);
    return k;
}

static int set_up(void **state)
{
    const struct cert_template over = { .role = ROLE_DP_AUTH,
                                        .not_before_s = FORGE_NOW - 200000,
                                        .not_after_s = FORGE_NOW - 100000 };
    const struct cert_template theirs = { .role = ROLE_DP_PB, .rid = SLICE_LIT("\x88\x37\x63") };

    (void)state;
    c = crypto_openssl();
    make_cert(c, &ci, CURVE_P256, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &stranger, CURVE_P256, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &brainpool_ci, CURVE_BP256R1, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &auth, CURVE_P256, (struct cert_template){ .role = ROLE_DP_AUTH }, &ci);
    make_cert(c, &pb, CURVE_P256, (struct cert_template){ .role = ROLE_DP_PB }, &ci);
    make_cert(c, &other_pb, CURVE_P256, theirs, &ci);
    make_cert(c, &tls, CURVE_P256, (struct cert_template){ .role = ROLE_DP_TLS }, &ci);
    make_cert(c, &ds, CURVE_P256, (struct cert_template){ .role = ROLE_DS_AUTH }, &ci);
    make_cert(c, &lapsed, CURVE_P256, over, &ci);
    make_cert(c, &brainpool[0], CURVE_BP256R1, (struct cert_template){ .role = ROLE_DP_AUTH },
              &brainpool_ci);
    make_cert(c, &brainpool[1], CURVE_BP256R1, (struct cert_template){ .role = ROLE_DP_PB },
              &brainpool_ci);
    return 0;
}

static int tear_down(void **state)
{
    struct made *const all[] = { &ci, &stranger, &brainpool_ci, &auth,        &pb, &other_pb, &tls,
                                 &ds, &lapsed,   &brainpool[0], &brainpool[1] };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        made_close(all[i]);
    return 0;
}

/* On a refusal the keyring is as it was, and the keys are still the caller's. */
static void expect(struct keyring *k, struct credential given, enum err err, enum cert_role role)
{
    struct chain_fault fault = { .role = ROLE_NONE };
    size_t before = k->servers[KEYRING_DP].count;

    closed = 0;
    assert_int_equal(keyring_add(k, KEYRING_DP, &given, FORGE_NOW, &fault), err);
    assert_int_equal(k->servers[KEYRING_DP].count, before + (err == E_OK));
    assert_int_equal(closed, 0);
    if (err) {
        assert_int_equal(fault.err, err);
        assert_int_equal(fault.role, role);
        assert_non_null(fault.why);
        assert_non_null(given.auth.signer.sign);
    } else {
        assert_null(given.auth.signer.sign);
        assert_null(given.pb.signer.sign);
    }
}

static void what_does_not_fit_is_refused(void **state)
{
    struct keyring *k = ring();
    struct credential wrong = pair(&auth, &pb);

    (void)state;
    wrong.auth = identity(&auth, &pb);
    expect(k, wrong, E_BADKEY, ROLE_DP_AUTH);
    wrong = pair(&auth, &pb);
    wrong.pb = identity(&pb, &auth);
    expect(k, wrong, E_BADKEY, ROLE_DP_PB);
    wrong.pb = (struct identity){ .der = NULL };
    expect(k, wrong, E_BADKEY, ROLE_DP_PB);
    expect(k, pair(&tls, &pb), E_BADCERT, ROLE_DP_AUTH); /* OID of another role */
    expect(k, pair(&pb, &pb), E_BADCERT, ROLE_DP_AUTH);
    expect(k, pair(&auth, &auth), E_BADCERT, ROLE_DP_PB);
    expect(k, pair(&ds, &pb), E_BADCERT, ROLE_DP_AUTH);
    expect(k, pair(&lapsed, &pb), E_EXPIRED, ROLE_DP_AUTH);
    expect(k, pair(&brainpool[0], &brainpool[1]), E_UNTRUSTED, ROLE_DP_AUTH); /* unknown CI */
    expect(k, pair(&auth, &brainpool[1]), E_UNTRUSTED, ROLE_DP_PB);
    expect(k, pair(&auth, &other_pb), E_BADCERT, ROLE_DP_PB); /* of another SM-DP+ */
    expect(k, pair(&auth, &pb), E_OK, ROLE_NONE);
    keyring_drop(k);
    assert_int_equal(closed, 2);
}

/* Where nobody asks for the time, an expired certificate is as good as another. */
static void time_is_judged_when_asked_for(void **state)
{
    struct keyring *k = ring();
    struct credential over = pair(&lapsed, &pb);

    (void)state;
    assert_int_equal(keyring_add(k, KEYRING_DP, &over, NO_TIME, NULL), E_OK);
    keyring_drop(k);
}

static void all_are_of_one_server(void **state)
{
    const struct cert_template theirs = { .role = ROLE_DP_AUTH, .rid = SLICE_LIT("\x88\x37\x63") };
    struct keyring *k = ring();
    static struct made other;

    (void)state;
    make_cert(c, &other, CURVE_P256, theirs, &ci);
    expect(k, pair(&auth, &pb), E_OK, ROLE_NONE);
    expect(k, pair(&other, &other_pb), E_BADCERT, ROLE_DP_AUTH);
    assert_int_equal(keyring_add_ci(k, brainpool_ci.der), E_OK);
    expect(k, pair(&brainpool[0], &brainpool[1]), E_OK, ROLE_NONE);
    assert_true(slice_eq(keyring_oid(k, KEYRING_DP), auth.cert.rid));
    assert_null(keyring_oid(k, KEYRING_DS).p);
    while (k->servers[KEYRING_DP].count < KEYRING_CREDENTIALS)
        expect(k, pair(&auth, &pb), E_OK, ROLE_NONE);
    expect(k, pair(&auth, &pb), E_LIMIT, ROLE_DP_AUTH);
    keyring_drop(k);
    made_close(&other);
}

static void an_sm_ds_has_no_pair(void **state)
{
    struct keyring *k = ring();
    struct credential one = { .auth = identity(&ds, &ds) },
                      wrong = { .auth = identity(&auth, &auth) };
    struct chain_fault fault;

    (void)state;
    assert_int_equal(keyring_add(k, KEYRING_DS, &wrong, FORGE_NOW, &fault), E_BADCERT);
    assert_int_equal(fault.role, ROLE_DS_AUTH);
    assert_int_equal(keyring_add(k, KEYRING_DS, &one, FORGE_NOW, &fault), E_OK);
    keyring_drop(k);
}

/* The octets of a CI may go as soon as it is added; a second time it is refused. */
static void a_ci_is_copied(void **state)
{
    struct keyring *k;
    uint8_t *copy = malloc(ci.der.n);

    (void)state;
    assert_non_null(copy);
    memcpy(copy, ci.der.p, ci.der.n);
    assert_int_equal(keyring_open(c, 16, &k), E_OK);
    assert_int_equal(keyring_add_ci(k, slice_of(copy, ci.der.n)), E_OK);
    assert_int_equal(keyring_add_ci(k, slice_of(copy, ci.der.n)), E_EXISTS);
    free(copy);
    assert_int_equal(keyring_add_ci(k, auth.der), E_BADCERT);
    expect(k, pair(&auth, &pb), E_OK, ROLE_NONE);
    keyring_drop(k);
}

static void keys_live_as_long_as_somebody_holds_them(void **state)
{
    struct keyring *first = ring(), *second = ring(), *held;
    struct keyring_place place;

    (void)state;
    expect(first, pair(&auth, &pb), E_OK, ROLE_NONE);
    keyring_place_open(&place, first);
    held = keyring_now(&place);
    assert_ptr_equal(held, first);
    assert_int_equal(held->generation, 1);
    keyring_replace(&place, second);
    assert_int_equal(second->generation, 2);
    assert_int_equal(closed, 0);
    keyring_drop(held);
    assert_int_equal(closed, 2);
    held = keyring_now(&place);
    assert_ptr_equal(held, second);
    keyring_place_close(&place);
    keyring_drop(held);
    keyring_place_close(&place); /* empty: left alone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(time_is_judged_when_asked_for),
        cmocka_unit_test(all_are_of_one_server),
        cmocka_unit_test(an_sm_ds_has_no_pair),
        cmocka_unit_test(a_ci_is_copied),
        cmocka_unit_test(keys_live_as_long_as_somebody_holds_them),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
