/*
 * Revocation lists made by OpenSSL, so that what is parsed was not written by the same hand. For
 * the tests of pki/crl.h and of LoadCRL.
 */
#ifndef DUNLIN_TESTS_PKI_CRL_MAKE_H
#define DUNLIN_TESTS_PKI_CRL_MAKE_H

#include "base/slice.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define CRL_MAKE_MAX     32768
#define CRL_MAKE_SERIALS 8

struct crl_plan {
    EVP_PKEY *key;
    slice aki;        /* absent: no extension */
    long number;      /* -1: no extension */
    long base;        /* 0: no delta */
    long parts, part; /* 0: no extension */
    const char *uri;  /* of issuingDistributionPoint; NULL: none */
    const char *more; /* OID of one more critical extension; NULL: none */
    slice serials[CRL_MAKE_SERIALS];
    int reasons[CRL_MAKE_SERIALS]; /* 0: none; 8: removeFromCRL */
    unsigned fill;                 /* so many more entries, of 16 octets each */
};

static inline void crl_integer(X509_CRL *crl, int nid, const char *oid, long value, bool critical)
{
    ASN1_INTEGER *n = ASN1_INTEGER_new();

    assert_int_equal(ASN1_INTEGER_set(n, value), 1);
    if (nid) {
        assert_int_equal(X509_CRL_add1_ext_i2d(crl, nid, n, critical, 0), 1);
    } else {
        unsigned char *der = NULL;
        int len = i2d_ASN1_INTEGER(n, &der);
        ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
        ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
        X509_EXTENSION *e;

        ASN1_OCTET_STRING_set(octets, der, len);
        e = X509_EXTENSION_create_by_OBJ(NULL, object, critical, octets);
        assert_int_equal(X509_CRL_add_ext(crl, e, -1), 1);
        X509_EXTENSION_free(e);
        ASN1_OBJECT_free(object);
        ASN1_OCTET_STRING_free(octets);
        OPENSSL_free(der);
    }
    ASN1_INTEGER_free(n);
}

static inline void crl_revoke(X509_CRL *crl, slice serial, int reason)
{
    X509_REVOKED *r = X509_REVOKED_new();
    BIGNUM *bn = BN_bin2bn(serial.p, (int)serial.n, NULL);
    ASN1_INTEGER *n = BN_to_ASN1_INTEGER(bn, NULL);
    ASN1_TIME *t = ASN1_TIME_set(NULL, 1780000000);

    X509_REVOKED_set_serialNumber(r, n);
    X509_REVOKED_set_revocationDate(r, t);
    if (reason) {
        ASN1_ENUMERATED *e = ASN1_ENUMERATED_new();

        ASN1_ENUMERATED_set(e, reason);
        assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, e, 0, 0), 1);
        ASN1_ENUMERATED_free(e);
    }
    assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
    ASN1_TIME_free(t);
    ASN1_INTEGER_free(n);
    BN_free(bn);
}

static inline void crl_entries(X509_CRL *crl, const struct crl_plan *p)
{
    for (size_t i = 0; i < CRL_MAKE_SERIALS && p->serials[i].p; i++)
        crl_revoke(crl, p->serials[i], p->reasons[i]);
    for (unsigned i = 0; i < p->fill; i++) {
        uint8_t serial[16] = { 0x40, (uint8_t)(i >> 8), (uint8_t)i, 7, 7, 7 };

        crl_revoke(crl, SLICE_OF(serial), 0);
    }
}

static inline void crl_extensions(X509_CRL *crl, const struct crl_plan *p)
{
    if (p->aki.p) {
        AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();

        id->keyid = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(id->keyid, p->aki.p, (int)p->aki.n);
        assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0, 0), 1);
        AUTHORITY_KEYID_free(id);
    }
    if (p->number >= 0)
        crl_integer(crl, NID_crl_number, NULL, p->number, false);
    if (p->base)
        crl_integer(crl, NID_delta_crl, NULL, p->base, true);
    if (p->parts)
        crl_integer(crl, 0, "2.23.146.1.2.0.2", p->parts, true);
    if (p->part)
        crl_integer(crl, 0, "2.23.146.1.2.0.3", p->part, true);
    if (p->more)
        crl_integer(crl, 0, p->more, 1, true);
    if (p->uri) {
        char text[200];
        X509_EXTENSION *e;

        snprintf(text, sizeof text, "critical,fullname:URI:%s", p->uri);
        e = X509V3_EXT_conf_nid(NULL, NULL, NID_issuing_distribution_point, text);
        assert_non_null(e);
        assert_int_equal(X509_CRL_add_ext(crl, e, -1), 1);
        X509_EXTENSION_free(e);
    }
}

/* The whole CertificateList in out[0 .. CRL_MAKE_MAX). */
static inline slice crl_make(const struct crl_plan *p, uint8_t *out)
{
    X509_CRL *crl = X509_CRL_new();
    X509_NAME *name = X509_NAME_new();
    ASN1_TIME *t = ASN1_TIME_set(NULL, 1790000000);
    unsigned char *at = out;
    int n;

    X509_CRL_set_version(crl, X509_CRL_VERSION_2);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Test CI", -1, -1,
                               0);
    X509_CRL_set_issuer_name(crl, name);
    X509_CRL_set1_lastUpdate(crl, t);
    X509_CRL_set1_nextUpdate(crl, t);
    crl_entries(crl, p);
    crl_extensions(crl, p);
    assert_true(X509_CRL_sign(crl, p->key, EVP_sha256()) > 0);
    n = i2d_X509_CRL(crl, NULL);
    assert_in_range(n, 1, CRL_MAKE_MAX);
    i2d_X509_CRL(crl, &at);
    ASN1_TIME_free(t);
    X509_NAME_free(name);
    X509_CRL_free(crl);
    return slice_of(out, (size_t)n);
}

#endif
