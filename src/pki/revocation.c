/*
 * Lists become one table of serial numbers, sorted within each issuer, whose octets stay in the
 * files' blobs. A reading makes a new table beside the one in force.
 */
#include "pki/revocation_parts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct revocations {
    pthread_mutex_t lock;
    struct revocation_table *table; /* NULL: nothing is revoked */
    uint64_t edition;
};

const char *revocation_note_text(enum revocation_note note)
{
    static const char *const texts[] = {
        [REVOCATION_LATE] = "in force, but its next update is overdue",
        [REVOCATION_STRANGER] = "not used: its issuer is none that is trusted",
        [REVOCATION_FORGED] = "not used: its signature does not verify",
        [REVOCATION_DELTA] = "not used: it is a delta; give the complete list",
        [REVOCATION_SUPERSEDED] = "not used: there is a later list of its issuer",
    };

    return texts[note];
}

/* ---- the table ---- */

static void table_free(struct revocation_table *t)
{
    if (!t)
        return;
    revocation_blobs_free(&t->blobs);
    free(t->issuers);
    free(t->serials);
    free(t);
}

int revoked_serial_compare(const void *a, const void *b)
{
    const struct revoked_serial *x = a, *y = b;

    if (x->issuer != y->issuer)
        return x->issuer < y->issuer ? -1 : 1;
    if (x->octets.n != y->octets.n)
        return x->octets.n < y->octets.n ? -1 : 1;
    return memcmp(x->octets.p, y->octets.p, x->octets.n);
}

static bool is_issuer(const struct revocation_table *t, size_t i, const struct ec_point *key)
{
    return t->issuers[i].has_list && memcmp(&t->issuers[i].key, key, sizeof *key) == 0;
}

static bool table_names(const struct revocation_table *t, const struct ec_point *issuer,
                        slice serial)
{
    bool named = false;

    for (size_t i = 0; t && !named && i < t->issuer_count; i++)
        named = is_issuer(t, i, issuer) &&
                bsearch(&(struct revoked_serial){ (uint32_t)i, serial }, t->serials, t->count,
                        sizeof *t->serials, revoked_serial_compare);
    return named;
}

static bool table_has_list(const struct revocation_table *t, const struct ec_point *issuer)
{
    bool has = false;

    for (size_t i = 0; t && !has && i < t->issuer_count; i++)
        has = is_issuer(t, i, issuer);
    return has;
}

/* ---- the one that is asked ---- */

struct revocations *revocations_open(void)
{
    struct revocations *r = calloc(1, sizeof *r);

    if (r && pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r);
        r = NULL;
    }
    return r;
}

void revocations_close(struct revocations *r)
{
    if (!r)
        return;
    table_free(r->table);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

enum err revocations_read(const struct revocation_sources *s, struct revocations **out, char *where,
                          size_t where_size)
{
    struct revocations *r = revocations_open();
    enum err err;

    *out = NULL;
    snprintf(where, where_size, "revocation lists");
    if (r)
        r->table = calloc(1, sizeof *r->table);
    if (!r || !r->table) {
        revocations_close(r);
        return E_MEMORY;
    }
    err = revocation_table_read(s, r->table, where, where_size);
    if (err)
        revocations_close(r);
    else
        *out = r;
    return err;
}

void revocations_replace(struct revocations *r, struct revocations *fresh)
{
    struct revocation_table *old;

    pthread_mutex_lock(&r->lock);
    old = r->table;
    r->table = fresh->table;
    r->edition++;
    pthread_mutex_unlock(&r->lock);
    fresh->table = old;
    revocations_close(fresh);
}

/* The lock is no part of its value. */
static struct revocations *enter(const struct revocations *r)
{
    struct revocations *own = (struct revocations *)r;

    pthread_mutex_lock(&own->lock);
    return own;
}

size_t revocations_count(const struct revocations *r)
{
    struct revocations *own = enter(r);
    size_t n = own->table ? own->table->count : 0;

    pthread_mutex_unlock(&own->lock);
    return n;
}

uint64_t revocations_edition(const struct revocations *r)
{
    struct revocations *own = enter(r);
    uint64_t edition = own->edition;

    pthread_mutex_unlock(&own->lock);
    return edition;
}

bool revocations_name(const struct revocations *r, const struct ec_point *issuer, slice serial)
{
    struct revocations *own = r ? enter(r) : NULL;
    bool named = own && table_names(own->table, issuer, serial);

    if (own)
        pthread_mutex_unlock(&own->lock);
    return named;
}

bool revocations_name_der(void *ctx, slice certificate, slice issuer)
{
    struct revocations *r = ctx;
    struct cert cert, by;
    bool named;

    if (cert_parse(issuer, &by) || by.curve == CURVE_OTHER)
        return false; /* none of those who have lists */
    if (!cert_parse(certificate, &cert))
        return revocations_name(r, &by.point, cert.serial);
    enter(r);
    named = table_has_list(r->table, &by.point);
    pthread_mutex_unlock(&r->lock);
    return named;
}
