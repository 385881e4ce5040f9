#include "pki/forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#define RID SLICE_LIT("\x88\x37\x0A")

static void usual(struct cert_template *t)
{
    static const slice dns = SLICE_LIT("smdp.example.com"), iin = SLICE_LIT("89049032");
    static const slice crl = SLICE_LIT("http://ci.example.com/a.crl");
    const struct role_facts *facts = role_facts(t->role);

    if (!t->serial.p)
        t->serial = SLICE_LIT("\x01\x01");
    if (!t->org.p)
        t->org = SLICE_LIT("Org");
    if (!t->common_name.p)
        t->common_name = slice_str(facts->name);
    if (!t->not_after_s) {
        t->not_before_s = FORGE_NOW - 1000;
        t->not_after_s = FORGE_NOW + 1000;
    }
    if (!t->path_len)
        t->path_len = t->role == ROLE_EUM ? 0 : -1;
    if (facts->rid || facts->ca)
        t->rid = t->rid.p ? t->rid : RID;
    if (facts->tls && !t->dns_count) {
        t->dns = &dns;
        t->dns_count = 1;
    }
    if (t->role == ROLE_EUM && !t->iin_count) {
        t->iins = &iin;
        t->iin_count = 1;
    }
    if (t->role == ROLE_EUICC && !t->serial_number.p)
        t->serial_number = SLICE_LIT("89049032123451234512345678901235");
    t->crls = &crl;
    t->crl_count = 1;
}

void make_cert(const struct crypto *c, struct made *out, enum curve curve, struct cert_template t,
               const struct made *by)
{
    struct ec_scalar secret;
    struct ec_point point;
    struct cert_issuer issuer = { .signer = &out->signer };

    usual(&t);
    assert_int_equal(crypto_key_pair(c, curve, &secret, &point), E_OK);
    assert_int_equal(signer_open(c, curve, &secret, &out->signer), E_OK);
    if (by)
        issuer = (struct cert_issuer){ &by->signer, by->cert.subject, by->cert.ski };
    assert_int_equal(
        cert_issue(c, &t, curve, &point, &issuer, out->buf, sizeof out->buf, &out->der), E_OK);
    assert_int_equal(cert_parse(out->der, &out->cert), E_OK);
}

void made_close(struct made *m)
{
    signer_close(&m->signer);
}

static const struct signer *signer_of(const struct made *m, const struct made *by)
{
    return by ? &by->signer : &m->signer;
}

slice forge_part(const struct crypto *c, const struct made *m, int part, slice with,
                 const struct made *by, uint8_t *buf, size_t size)
{
    uint8_t tbs[CERT_ISSUE_MAX];
    struct der_writer w = der_writer(tbs, sizeof tbs);
    struct der_reader r;
    struct tlv whole, parts[TBS_PARTS];
    slice out = SLICE_NONE;

    assert_int_equal(der_one(m->cert.tbs, &whole), E_OK);
    r = der_reader(whole.value);
    for (int i = 0; i < TBS_PARTS; i++)
        parts[i] = der_take(&r);
    assert_int_equal(der_end(&r), E_OK);
    for (int i = TBS_PARTS; i-- > 0;)
        der_put(&w, i == part ? with : parts[i].whole);
    der_wrap(&w, 0x30, 0);
    assert_int_equal(der_written(&w, &out), E_OK);
    assert_int_equal(cert_sign(c, out, signer_of(m, by), buf, size, &out), E_OK);
    return out;
}

slice forge_octets(const struct crypto *c, const struct made *m, slice from, slice to,
                   const struct made *by, uint8_t *buf, size_t size)
{
    uint8_t tbs[CERT_ISSUE_MAX];
    size_t n = m->cert.tbs.n, found = 0;
    slice out = SLICE_NONE;

    assert_int_equal(from.n, to.n);
    memcpy(tbs, m->cert.tbs.p, n);
    for (size_t i = 0; i + from.n <= n; i++)
        if (memcmp(tbs + i, from.p, from.n) == 0) {
            memcpy(tbs + i, to.p, to.n);
            found++;
        }
    assert_true(found > 0);
    assert_int_equal(cert_sign(c, slice_of(tbs, n), signer_of(m, by), buf, size, &out), E_OK);
    return out;
}
