/* What lies in files becomes a table: which lists count, of which issuers. */
#include "pki/revocation_parts.h"

#include <stdio.h>
#include <stdlib.h>

struct issuer {
    slice id, name; /* name absent: any */
    const struct public_key *key;
    struct public_key *own; /* key, when it was opened for this reading */
};

struct list {
    const char *file;
    struct crl crl;
    size_t issuer;
    bool in_force;
};

struct reading {
    const struct revocation_sources *from;
    struct revocation_table *table;
    struct cert *certs; /* CAs that lie among the lists */
    struct list *lists;
    struct issuer *issuers;
    size_t cert_count, list_count, issuer_count;
    struct revocation_blobs believed; /* of the caller's file */
    const char *at;                   /* the file that an error concerns */
};

static void note(const struct reading *r, const struct list *l, enum revocation_note what)
{
    if (r->from->note)
        r->from->note(r->from->ctx, l->file, what);
}

/* TBSCertificate begins with [0] version, TBSCertList with an INTEGER. */
static bool is_certificate(slice body)
{
    struct der_reader whole = der_reader(body);
    struct der_reader tbs = der_reader(der_expect(&whole, 0x30).value);

    return der_peek(&tbs) == 0xA0;
}

static enum err sort_blob(struct reading *r, const struct revocation_blob *b)
{
    struct list *l = &r->lists[r->list_count];
    struct tlv whole;
    enum err err = der_one(b->der, &whole);

    r->at = b->file;
    if (!err && whole.tag != 0x30)
        err = E_TAG;
    if (err)
        return err;
    if (is_certificate(whole.value)) {
        err = cert_parse(b->der, &r->certs[r->cert_count]);
        r->cert_count += !err && r->certs[r->cert_count].is_ca;
        return err;
    }
    *l = (struct list){ .file = b->file };
    err = crl_parse(whole.value, &l->crl);
    r->list_count += !err;
    return err;
}

/* ---- issuers ---- */

static bool may_sign_lists(const struct cert *c)
{
    return !c->has_key_usage || c->key_usage & KU_CRL_SIGN || c->role == ROLE_EUM ||
           c->role == ROLE_EUM_SUBCA;
}

static void add_anchor(struct reading *r, const struct anchor *a)
{
    struct cert cert;

    if (a->der.p && (cert_parse(a->der, &cert) || !may_sign_lists(&cert)))
        return;
    r->issuers[r->issuer_count++] =
        (struct issuer){ slice_of(a->id, a->id_n), a->subject, a->key, NULL };
}

/* One that the caller believes as it is. A CA of another kind has no list that could be read. */
static void add_believed(struct reading *r, slice der)
{
    struct issuer *i = &r->issuers[r->issuer_count];
    struct cert cert;

    if (cert_parse(der, &cert) || cert.curve == CURVE_OTHER || !cert.ski.p || !cert.is_ca ||
        !may_sign_lists(&cert))
        return;
    *i = (struct issuer){ .id = cert.ski, .name = cert.subject };
    if (key_open(r->from->trust->crypto, cert.curve, &cert.point, &i->own))
        return;
    i->key = i->own;
    r->issuer_count++;
}

static const struct cert *above(const struct reading *r, const struct cert *cert)
{
    for (size_t i = 0; cert->aki.p && i < r->cert_count; i++)
        if (r->certs[i].ski.p && slice_eq(r->certs[i].ski, cert->aki))
            return &r->certs[i];
    return NULL;
}

/*
 * One that lies among the lists: it is an issuer when it verifies up to a CI, whatever the lists in
 * force say of it. What it issued goes with it where it is revoked, and a reading does not depend
 * on the one before.
 */
static void add_below(struct reading *r, const struct trust *trust, const struct cert *cert)
{
    slice ders[CHAIN_MAX] = { cert->der };
    size_t count = 1;
    struct chain chain;

    if (cert->role == ROLE_CI || !cert->ski.p || !may_sign_lists(cert))
        return;
    for (const struct cert *up = above(r, cert); up && up->role != ROLE_CI && count < CHAIN_MAX;
         up = above(r, up))
        ders[count++] = up->der;
    if (chain_verify(trust, ders, count, cert->role, SLICE_NONE, r->from->now_s, &chain, NULL))
        return;
    r->issuers[r->issuer_count++] =
        (struct issuer){ cert->ski, cert->subject, chain.key, chain.key };
}

static enum err find_issuers(struct reading *r)
{
    const struct revocation_sources *s = r->from;
    struct trust trust = *s->trust;
    size_t most = s->trust->count + s->issuer_count + r->believed.count + r->cert_count;

    r->issuers = calloc(most + 1, sizeof *r->issuers);
    if (!r->issuers)
        return E_MEMORY;
    for (size_t i = 0; i < s->trust->count; i++)
        add_anchor(r, &s->trust->anchor[i]);
    for (size_t i = 0; i < s->issuer_count; i++)
        add_believed(r, s->issuers[i]);
    for (size_t i = 0; i < r->believed.count; i++)
        add_believed(r, r->believed.blobs[i].der);
    trust.revocations = NULL;
    for (size_t i = 0; i < r->cert_count; i++)
        add_below(r, &trust, &r->certs[i]);
    return E_OK;
}

/* ---- which lists are in force ---- */

static void check_list(struct reading *r, struct list *l)
{
    enum revocation_note why = REVOCATION_STRANGER;

    for (size_t i = 0; !l->in_force && i < r->issuer_count; i++) {
        const struct issuer *by = &r->issuers[i];

        if (!slice_eq(by->id, l->crl.aki) || (by->name.p && !name_equal(by->name, l->crl.issuer)))
            continue;
        l->issuer = i;
        l->in_force = crl_verify_signature(&l->crl, by->key) == E_OK;
        why = REVOCATION_FORGED;
    }
    if (!l->in_force)
        note(r, l, why);
    else if (l->crl.base.p) {
        l->in_force = false;
        note(r, l, REVOCATION_DELTA);
    }
}

/* Same issuer and distribution point: a list and what comes after it. */
static bool same_scope(const struct list *a, const struct list *b)
{
    return a->issuer == b->issuer && slice_eq(a->crl.scope, b->crl.scope) &&
           !a->crl.scope.p == !b->crl.scope.p;
}

/* Not one part of several, or one whose other parts are there too. */
static bool is_whole(const struct reading *r, const struct list *l)
{
    uint64_t parts = 0;

    for (size_t i = 0; l->crl.parts && i < r->list_count; i++) {
        const struct list *o = &r->lists[i];

        if (o->in_force && same_scope(l, o) && o->crl.parts == l->crl.parts &&
            !crl_number_compare(o->crl.number, l->crl.number))
            parts |= UINT64_C(1) << (o->crl.part - 1);
    }
    return !l->crl.parts || parts == UINT64_MAX >> (CRL_PARTS_MAX - l->crl.parts);
}

static bool is_superseded(const struct reading *r, const struct list *l)
{
    for (size_t i = 0; i < r->list_count; i++) {
        const struct list *o = &r->lists[i];

        if (o->in_force && same_scope(l, o) &&
            crl_number_compare(l->crl.number, o->crl.number) < 0 && is_whole(r, o))
            return true;
    }
    return false;
}

/* Whether a list is in force does not depend on the order: one that is superseded is so by a later
 * one that is not. */
static void choose_lists(struct reading *r)
{
    for (size_t i = 0; i < r->list_count; i++)
        check_list(r, &r->lists[i]);
    for (size_t i = 0; i < r->list_count; i++) {
        struct list *l = &r->lists[i];

        if (l->in_force && is_superseded(r, l)) {
            l->in_force = false;
            note(r, l, REVOCATION_SUPERSEDED);
        } else if (l->in_force && l->crl.next_update_s && l->crl.next_update_s < r->from->now_s) {
            note(r, l, REVOCATION_LATE);
        }
    }
}

/* ---- the table is filled ---- */

static size_t count_serials(const struct reading *r)
{
    struct crl_entry e;
    size_t n = 0;

    for (size_t i = 0; i < r->list_count; i++)
        for (slice rest = r->lists[i].crl.revoked; r->lists[i].in_force && crl_next(&rest, &e);)
            n++;
    return n;
}

static void sort_serials(struct revocation_table *t)
{
    size_t kept = 0;

    qsort(t->serials, t->count, sizeof *t->serials, revoked_serial_compare);
    for (size_t i = 1; i < t->count; i++)
        if (revoked_serial_compare(&t->serials[kept], &t->serials[i]) != 0)
            t->serials[++kept] = t->serials[i];
    t->count = t->count ? kept + 1 : 0;
}

static enum err fill(struct reading *r)
{
    struct revocation_table *t = r->table;
    struct crl_entry e;

    t->serials = calloc(count_serials(r) + 1, sizeof *t->serials);
    t->issuers = calloc(r->issuer_count + 1, sizeof *t->issuers);
    if (!t->serials || !t->issuers)
        return E_MEMORY;
    for (; t->issuer_count < r->issuer_count; t->issuer_count++)
        t->issuers[t->issuer_count].key = r->issuers[t->issuer_count].key->point;
    for (size_t i = 0; i < r->list_count; i++) {
        const struct list *l = &r->lists[i];

        t->issuers[l->issuer].has_list |= l->in_force;
        for (slice rest = l->crl.revoked; l->in_force && crl_next(&rest, &e);)
            t->serials[t->count++] = (struct revoked_serial){ (uint32_t)l->issuer, e.serial };
    }
    sort_serials(t);
    return E_OK;
}

static enum err digest(struct reading *r)
{
    const struct revocation_blobs *b = &r->table->blobs;
    enum err err = E_OK;

    r->certs = calloc(b->count + 1, sizeof *r->certs);
    r->lists = calloc(b->count + 1, sizeof *r->lists);
    if (!r->certs || !r->lists)
        return E_MEMORY;
    for (size_t i = 0; !err && i < b->count; i++)
        err = sort_blob(r, &b->blobs[i]);
    if (err)
        return err;
    r->at = NULL;
    err = find_issuers(r);
    if (err)
        return err;
    choose_lists(r);
    return fill(r);
}

enum err revocation_table_read(const struct revocation_sources *s, struct revocation_table *t,
                               char *where, size_t where_size)
{
    struct reading r = { .from = s, .table = t };
    enum err err = E_OK;

    for (size_t i = 0; !err && i < s->path_count; i++)
        err = revocation_read(&t->blobs, s->paths[i], where, where_size);
    if (!err && s->issuer_file)
        err = revocation_read(&r.believed, s->issuer_file, where, where_size);
    if (!err)
        err = digest(&r);
    if (err && r.at)
        snprintf(where, where_size, "%s", r.at);
    for (size_t i = 0; i < r.issuer_count; i++)
        key_drop(r.issuers[i].own);
    revocation_blobs_free(&r.believed);
    free(r.issuers);
    free(r.certs);
    free(r.lists);
    return err;
}
