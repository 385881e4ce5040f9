#include "pki/crl_issue.h"

#include "pki/crl.h"
#include "pki/issue.h"
#include "pki/issue_parts.h"
#include "pki/oid.h"

#include <stdlib.h>

#define ENTRY_MAX ((size_t)64)   /* octets of one, with its serial number */
#define HEAD_MAX  ((size_t)1024) /* of everything else, without name and distribution point */

static void put_number(struct der_writer *w, int64_t number)
{
    size_t mark = der_mark(w);

    der_put_int(w, 0x02, number);
    x509_wrap_ext(w, OID_CRL_NUMBER, false, mark);
}

static void put_point(struct der_writer *w, slice uri)
{
    size_t mark = der_mark(w);

    if (!uri.p)
        return;
    der_put_tlv(w, NAME_URI, uri);
    der_wrap(w, 0xA0, mark); /* fullName */
    der_wrap(w, 0xA0, mark); /* distributionPoint */
    der_wrap(w, 0x30, mark);
    x509_wrap_ext(w, OID_ISSUING_POINT, true, mark);
}

static void put_extensions(struct der_writer *w, const struct crl_template *t, slice key_id)
{
    size_t mark = der_mark(w);

    put_point(w, t->point);
    put_number(w, t->number);
    x509_put_authority(w, key_id);
    der_wrap(w, 0x30, mark);
    der_wrap(w, 0xA0, mark);
}

/* RFC 5280 5.1.2.6: absent when nothing is revoked. */
static void put_revoked(struct der_writer *w, const struct crl_template *t)
{
    size_t mark = der_mark(w);

    if (!t->count)
        return;
    for (size_t i = t->count; i-- > 0;) {
        size_t entry = der_mark(w);

        x509_put_time(w, t->revoked[i].when_s);
        der_put_tlv(w, 0x02, t->revoked[i].serial);
        der_wrap(w, 0x30, entry);
    }
    der_wrap(w, 0x30, mark);
}

static enum err put_tbs(struct der_writer *w, const struct crl_template *t,
                        const struct cert *issuer, slice *out)
{
    size_t mark = der_mark(w);

    put_extensions(w, t, issuer->ski);
    put_revoked(w, t);
    x509_put_time(w, t->next_update_s);
    x509_put_time(w, t->this_update_s);
    der_put(w, issuer->subject);
    x509_put_algorithm(w);
    der_put_int(w, 0x02, 1); /* version 2 */
    der_wrap(w, 0x30, mark);
    return der_written(w, out);
}

enum err crl_issue(const struct crypto *c, const struct crl_template *t,
                   const struct identity *issuer, uint8_t **owned, slice *out)
{
    size_t size = HEAD_MAX + t->point.n + issuer->cert.subject.n + t->count * ENTRY_MAX;
    uint8_t *tbs = malloc(size);
    struct der_writer w = der_writer(tbs, tbs ? size : 0);
    slice body;
    enum err err = issuer->cert.ski.p ? E_OK : E_ARGUMENT;

    *owned = malloc(size);
    if (!tbs || !*owned)
        err = E_MEMORY;
    for (size_t i = 0; !err && i < t->count; i++)
        if (!t->revoked[i].serial.n || t->revoked[i].serial.n > CRL_SERIAL_MAX)
            err = E_ARGUMENT;
    if (!err)
        err = put_tbs(&w, t, &issuer->cert, &body);
    if (!err)
        err = cert_sign(c, body, &issuer->signer, *owned, size, out);
    free(tbs);
    if (err) {
        free(*owned);
        *owned = NULL;
    }
    return err;
}
