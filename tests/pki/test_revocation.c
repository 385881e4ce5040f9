/*
 * Revocation lists out of files: which of them count, for whom, and what that does to chains. The
 * lists are made by OpenSSL where their form is the question, and else as `dunlin pki revoke` makes
 * them. Each case that is refused differs in one thing from one that passes.
 */
#include "base/file.h"
#include "pki/crl_issue.h"
#include "pki/crl_make.h"
#include "pki/forge.h"
#include "pki/pem.h"
#include "pki/revocation.h"

#include <stdlib.h>
#include <sys/stat.h>

#define AKI SLICE_LIT("0123456789ABCDEFGHIJ") /* of the CI that OpenSSL signs for */

static const struct crypto *c;
static EVP_PKEY *key;
static struct made ci, other_ci, eum, euicc, euicc2, dp;
static struct trust trust;
static char dir[] = "/tmp/dunlin-revocation-XXXXXX";
static char where[600];

static int setup(void **state)
{
    struct ec_point point;
    size_t n = 0;

    (void)state;
    c = crypto_openssl();
    key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!c || !key || !mkdtemp(dir))
        return -1;
    make_cert(c, &ci, CURVE_P256, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &other_ci, CURVE_P256, (struct cert_template){ .role = ROLE_CI }, NULL);
    make_cert(c, &eum, CURVE_P256,
              (struct cert_template){ .role = ROLE_EUM, .serial = SLICE_LIT("\x00\x85\x01") }, &ci);
    make_cert(c, &euicc, CURVE_P256, (struct cert_template){ .role = ROLE_EUICC }, &eum);
    make_cert(c, &euicc2, CURVE_P256,
              (struct cert_template){ .role = ROLE_EUICC, .serial = SLICE_LIT("\x02") }, &eum);
    make_cert(c, &dp, CURVE_P256, (struct cert_template){ .role = ROLE_DP_TLS }, &ci);
    trust_open(&trust, c);
    EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point.b, sizeof point.b, &n);
    return trust_add_cert(&trust, ci.der) || trust_add_key(&trust, AKI, CURVE_P256, &point);
}

static int teardown(void **state)
{
    struct made *all[] = { &ci, &other_ci, &eum, &euicc, &euicc2, &dp };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        made_close(all[i]);
    trust_close(&trust);
    EVP_PKEY_free(key);
    return folder_remove(dir) ? 0 : -1;
}

/* Every case has a folder of its own, and revocations of its own. */
struct desk {
    char folder[200];
    struct revocations *r;
    enum revocation_note notes[16];
    size_t count;
};

static void open_desk(struct desk *d)
{
    static int cases;

    *d = (struct desk){ .r = revocations_open() };
    assert_non_null(d->r);
    snprintf(d->folder, sizeof d->folder, "%s/%d", dir, cases++);
    assert_int_equal(mkdir(d->folder, 0700), 0);
    trust.revocations = d->r;
}

static void close_desk(struct desk *d)
{
    trust.revocations = NULL;
    revocations_close(d->r);
}

static void put(const struct desk *d, const char *name, slice content)
{
    char path[300];

    snprintf(path, sizeof path, "%s/%s", d->folder, name);
    assert_int_equal(file_replace(path, content, 0600), E_OK);
}

static void put_pem(const struct desk *d, const char *name, slice first, slice second)
{
    static char text[4 * PEM_LEN(CERT_MAX)];
    size_t n = 0, more = 0;

    assert_int_equal(pem_write(PEM_CERTIFICATE, first, text, sizeof text, &n), E_OK);
    memcpy(text + n, "what stands between\n", 20);
    n += 20;
    assert_int_equal(pem_write(PEM_CRL, second, text + n, sizeof text - n, &more), E_OK);
    put(d, name, slice_of(text, n + more));
}

/* A list of this issuer, in memory until the next one. */
static slice list(const struct made *by, int64_t number, int64_t next_s, slice serial)
{
    static uint8_t memory[4096];
    const struct identity issuer = { .cert = by->cert, .signer = by->signer };
    struct crl_revoked revoked = { serial, FORGE_NOW - 500 };
    struct crl_template t = { .number = number,
                              .this_update_s = FORGE_NOW - 400,
                              .next_update_s = next_s,
                              .point = SLICE_LIT("http://ci.example.com/a.crl"),
                              .revoked = &revoked,
                              .count = serial.p ? 1 : 0 };
    uint8_t *owned;
    slice out;

    assert_int_equal(crl_issue(c, &t, &issuer, &owned, &out), E_OK);
    assert_in_range(out.n, 1, sizeof memory);
    memcpy(memory, out.p, out.n);
    free(owned);
    return slice_of(memory, out.n);
}

static void take_note(void *ctx, const char *file, enum revocation_note note)
{
    struct desk *d = ctx;

    assert_memory_equal(file, d->folder, strlen(d->folder));
    assert_true(strlen(revocation_note_text(note)) > 10);
    assert_true(d->count < COUNT(d->notes));
    d->notes[d->count++] = note;
}

static enum err load(struct desk *d)
{
    struct revocations *fresh;
    const char *path = d->folder;
    const struct revocation_sources s = {
        .paths = &path,
        .path_count = 1,
        .trust = &trust,
        .now_s = FORGE_NOW,
        .note = take_note,
        .ctx = d,
    };
    enum err err;

    d->count = 0;
    err = revocations_read(&s, &fresh, where, sizeof where);
    if (!err)
        revocations_replace(d->r, fresh);
    return err;
}

static void loads_with(struct desk *d, size_t revoked, int note)
{
    enum err err = load(d);

    if (err)
        print_error("%s: %s\n", where, err_text(err));
    assert_int_equal(err, E_OK);
    assert_int_equal(revocations_count(d->r), revoked);
    assert_int_equal(d->count, note >= 0 ? 1 : 0);
    if (note >= 0)
        assert_int_equal(d->notes[0], note);
}

static enum err verify(const struct made *leaf, struct chain_fault *fault)
{
    struct chain chain;
    uint8_t eid[EID_LEN];
    enum err err =
        chain_verify_euicc(&trust, leaf->der, eum.der, SLICE_NONE, FORGE_NOW, &chain, eid, fault);

    if (!err)
        chain_close(&chain);
    else
        assert_null(chain.key);
    return err;
}

static void refused(const struct made *leaf, enum cert_role role)
{
    struct chain_fault fault;

    assert_int_equal(verify(leaf, &fault), E_REVOKED);
    assert_int_equal(fault.err, E_REVOKED);
    assert_int_equal(fault.role, role);
}

/* A revoked EUM takes its eUICCs along; a list later takes them out of the cache too. */
static void eum_by_its_ci(void **state)
{
    struct chain_fault fault;
    struct desk d;
    uint64_t edition;

    (void)state;
    open_desk(&d);
    trust.cache = chain_cache_open(8);
    loads_with(&d, 0, -1);
    edition = revocations_edition(d.r);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    assert_int_equal(chain_cache_hits(trust.cache), 1);

    put(&d, "a.crl", list(&ci, 1, FORGE_NOW + 1000, dp.cert.serial));
    loads_with(&d, 1, -1);
    assert_int_equal(verify(&euicc, &fault), E_OK); /* another certificate of the same CI */
    put(&d, "a.crl", list(&ci, 2, FORGE_NOW + 1000, eum.cert.serial));
    loads_with(&d, 1, -1);
    assert_true(revocations_edition(d.r) > edition);
    refused(&euicc, ROLE_EUM);
    refused(&euicc2, ROLE_EUM);
    chain_cache_close(trust.cache);
    trust.cache = NULL;
    refused(&euicc, ROLE_EUM);

    put(&d, "a.crl", list(&ci, 3, FORGE_NOW + 1000, SLICE_NONE));
    loads_with(&d, 0, -1);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    close_desk(&d);
}

/* Serial numbers are their issuer's: the CI's list names nobody of the EUM. */
static void euicc_by_its_eum(void **state)
{
    struct chain_fault fault;
    struct desk d;

    (void)state;
    open_desk(&d);
    put(&d, "ci.crl", list(&ci, 1, FORGE_NOW + 1000, euicc2.cert.serial));
    loads_with(&d, 1, -1);
    assert_int_equal(verify(&euicc2, &fault), E_OK);

    put(&d, "eum.crl", list(&eum, 1, FORGE_NOW + 1000, euicc2.cert.serial));
    loads_with(&d, 1, REVOCATION_STRANGER); /* its certificate does not lie there */
    assert_int_equal(verify(&euicc2, &fault), E_OK);
    put(&d, "eum.der", eum.der);
    loads_with(&d, 2, -1);
    refused(&euicc2, ROLE_EUICC);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    close_desk(&d);
}

static void pem_of_several(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    put_pem(&d, "bundle.pem", eum.der, list(&eum, 1, FORGE_NOW + 1000, euicc2.cert.serial));
    put(&d, "notes.txt", SLICE_LIT("of no ending that is read"));
    loads_with(&d, 1, -1);
    refused(&euicc2, ROLE_EUICC);
    close_desk(&d);
}

/* TLS-009: a list that its issuer has not signed is ignored, and said. */
static void forged(void **state)
{
    struct chain_fault fault;
    struct desk d;
    uint8_t octets[4096];
    slice good = list(&ci, 1, FORGE_NOW + 1000, eum.cert.serial);

    (void)state;
    open_desk(&d);
    put(&d, "a.crl", good);
    loads_with(&d, 1, -1);
    refused(&euicc, ROLE_EUM);

    memcpy(octets, good.p, good.n);
    octets[good.n - 1] ^= 1;
    put(&d, "a.crl", slice_of(octets, good.n));
    loads_with(&d, 0, REVOCATION_FORGED);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    /* signed, but by another CI */
    put(&d, "a.crl", list(&other_ci, 1, FORGE_NOW + 1000, eum.cert.serial));
    loads_with(&d, 0, REVOCATION_STRANGER);
    assert_int_equal(verify(&euicc, &fault), E_OK);
    close_desk(&d);
}

/* What was revoked stays so when the list is overdue. */
static void overdue(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    put(&d, "a.crl", list(&ci, 1, FORGE_NOW - 1, eum.cert.serial));
    loads_with(&d, 1, REVOCATION_LATE);
    refused(&euicc, ROLE_EUM);
    close_desk(&d);
}

/* What cannot be read or understood is an error that names the file, and changes nothing. */
static void unusable(void **state)
{
    const struct {
        slice content;
        enum err err;
    } cases[] = {
        { SLICE_LIT("\x30\x03\x02\x01"), E_TRUNCATED },
        { SLICE_LIT("\x30\x00"), E_MISSING },
        { SLICE_LIT("hello"), E_SYNTAX },
        { SLICE_EMPTY, E_SYNTAX },
        { SLICE_LIT("-----BEGIN X509 CRL-----\nMAA=\n"), E_SYNTAX },
        { SLICE_LIT("-----BEGIN X509 CRL-----\n%\n-----END X509 CRL-----\n"), E_SYNTAX },
        { SLICE_LIT("-----BEGIN OTHER-----\nMAA=\n-----END OTHER-----\n"), E_SYNTAX },
    };
    struct desk d;
    uint64_t edition;

    (void)state;
    open_desk(&d);
    put(&d, "a.crl", list(&ci, 1, FORGE_NOW + 1000, eum.cert.serial));
    loads_with(&d, 1, -1);
    edition = revocations_edition(d.r);
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err err;

        put(&d, "b.crl", cases[i].content);
        err = load(&d);
        if (err != cases[i].err)
            print_error("case %zu: %s\n", i, err_name(err));
        assert_int_equal(err, cases[i].err);
        assert_non_null(strstr(where, "/b.crl"));
        assert_int_equal(revocations_edition(d.r), edition);
        refused(&euicc, ROLE_EUM);
    }
    snprintf(d.folder, sizeof d.folder, "%s/nothing", dir);
    assert_int_equal(load(&d), E_NOTFOUND);
    assert_non_null(strstr(where, "nothing"));
    close_desk(&d);
}

/* ---- lists and the ones after them ---- */

static bool names(const struct desk *d, slice serial)
{
    return revocations_name(d->r, &trust.anchor[1].key->point, serial);
}

static struct crl_plan plan(long number, slice serial)
{
    return (struct crl_plan){ .key = key, .aki = AKI, .number = number, .serials = { serial } };
}

static void put_plan(const struct desk *d, const char *name, const struct crl_plan *p)
{
    uint8_t memory[CRL_MAKE_MAX];

    put(d, name, crl_make(p, memory));
}

#define ONE SLICE_LIT("\x11")
#define TWO SLICE_LIT("\x22\x22")

static void later_list(void **state)
{
    struct crl_plan p = plan(9, ONE);
    struct desk d;

    (void)state;
    open_desk(&d);
    put_plan(&d, "b.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_true(names(&d, ONE));
    assert_false(names(&d, TWO));
    p = plan(256, TWO);
    put_plan(&d, "a.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_false(names(&d, ONE));
    assert_true(names(&d, TWO));
    assert_int_equal(d.count, 1);
    assert_int_equal(d.notes[0], REVOCATION_SUPERSEDED);

    /* another distribution point is another list */
    p.uri = "http://ci.test.example.com/CRL-A.crl";
    put_plan(&d, "a.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_true(names(&d, ONE));
    assert_true(names(&d, TWO));
    close_desk(&d);
}

/* SGP.22: a list in parts takes the place of the one before when all of it is there. */
static void parts(void **state)
{
    struct crl_plan p = plan(1, ONE);
    struct desk d;

    (void)state;
    open_desk(&d);
    put_plan(&d, "whole.crl", &p);
    p = plan(2, TWO);
    p.parts = 2;
    p.part = 1;
    put_plan(&d, "1.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_true(names(&d, ONE));
    assert_true(names(&d, TWO));
    p.part = 2;
    p.serials[0] = SLICE_LIT("\x33");
    put_plan(&d, "2.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_false(names(&d, ONE));
    assert_true(names(&d, TWO));
    assert_true(names(&d, SLICE_LIT("\x33")));
    close_desk(&d);
}

static void delta(void **state)
{
    struct crl_plan p = plan(1, ONE);
    struct desk d;

    (void)state;
    open_desk(&d);
    put_plan(&d, "whole.crl", &p);
    p = plan(2, TWO);
    p.base = 1;
    put_plan(&d, "delta.crl", &p);
    assert_int_equal(load(&d), E_OK);
    assert_true(names(&d, ONE));
    assert_false(names(&d, TWO));
    assert_int_equal(d.notes[0], REVOCATION_DELTA);
    close_desk(&d);
}

static void many(void **state)
{
    struct crl_plan p = plan(1, ONE);
    struct desk d;

    (void)state;
    open_desk(&d);
    p.fill = 700;
    put_plan(&d, "a.crl", &p);
    p.uri = "http://ci.test.example.com/CRL-A.crl";
    put_plan(&d, "b.crl", &p); /* the same ones again */
    assert_int_equal(load(&d), E_OK);
    assert_int_equal(revocations_count(d.r), 701);
    for (unsigned i = 0; i < 700; i++) {
        uint8_t serial[16] = { 0x40, (uint8_t)(i >> 8), (uint8_t)i, 7, 7, 7 };

        assert_true(names(&d, SLICE_OF(serial)));
        serial[15] = 1;
        assert_false(names(&d, SLICE_OF(serial)));
    }
    close_desk(&d);
}

/* ---- as TLS asks ---- */

/* A CA that the caller names is an issuer, when it may sign lists. */
static void of_certificates(void **state)
{
    static const uint8_t odd[] = { 0x30, 0x03, 0x02, 0x01, 0x01 };
    struct made sub;
    struct desk d;
    struct revocations *r;
    const char *path;
    const slice believed[] = { other_ci.der, dp.der };
    struct revocation_sources s = { .path_count = 1,
                                    .trust = &trust,
                                    .issuers = believed,
                                    .issuer_count = COUNT(believed),
                                    .now_s = FORGE_NOW };

    (void)state;
    make_cert(c, &sub, CURVE_P256,
              (struct cert_template){ .role = ROLE_DP_TLS, .serial = SLICE_LIT("\x05") },
              &other_ci);
    open_desk(&d);
    path = d.folder;
    s.paths = &path;
    put(&d, "a.crl", list(&other_ci, 1, FORGE_NOW + 1000, sub.cert.serial));
    assert_int_equal(revocations_read(&s, &r, where, sizeof where), E_OK);
    assert_true(revocations_name_der(r, sub.der, other_ci.der));
    assert_false(revocations_name_der(r, dp.der, other_ci.der));
    assert_false(revocations_name_der(r, sub.der, ci.der)); /* the same number of another CA */
    /* no certificate of ours under a CA with a list, and under one without */
    assert_true(revocations_name_der(r, SLICE_OF(odd), other_ci.der));
    assert_false(revocations_name_der(r, SLICE_OF(odd), ci.der));
    assert_false(revocations_name_der(r, sub.der, SLICE_OF(odd)));

    revocations_close(r);
    s.issuer_count = 0;
    assert_int_equal(revocations_read(&s, &r, where, sizeof where), E_OK);
    assert_false(revocations_name_der(r, sub.der, other_ci.der));
    revocations_close(r);
    close_desk(&d);
    made_close(&sub);
}

/* A certificate that is no CA's signs no list, whoever believes it. */
static void only_ca_signs(void **state)
{
    struct desk d;

    (void)state;
    open_desk(&d);
    put(&d, "dp.der", dp.der);
    put(&d, "a.crl", list(&dp, 1, FORGE_NOW + 1000, eum.cert.serial));
    loads_with(&d, 0, REVOCATION_STRANGER);
    close_desk(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eum_by_its_ci),   cmocka_unit_test(euicc_by_its_eum),
        cmocka_unit_test(pem_of_several),  cmocka_unit_test(forged),
        cmocka_unit_test(overdue),         cmocka_unit_test(unusable),
        cmocka_unit_test(later_list),      cmocka_unit_test(parts),
        cmocka_unit_test(delta),           cmocka_unit_test(many),
        cmocka_unit_test(of_certificates), cmocka_unit_test(only_ca_signs),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
