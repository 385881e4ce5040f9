/*
 * LoadCRL (SGP.22 5.7.12), and what the card then knows of revoked certificates.
 *
 * A list is kept for each CI and distribution point as one object: struct list_head, behind it the
 * serial numbers, each behind one octet of length. A list that comes in parts gathers in an object
 * beside it, and takes the place of the one in force when its last part is there; until then both
 * revoke.
 */
#include "euicc/isdr/isdr_impl.h"

#include "pki/cert.h"
#include "pki/crl.h"
#include "rsp/sgp22.h"

struct list_head {
    uint8_t ci[CI_PKID_LEN];
    uint8_t scope[DIGEST_LEN]; /* SHA-256 of issuingDistributionPoint; of nothing where it is not */
    uint8_t number_n, number[CRL_NUMBER_MAX];
    uint8_t parts;    /* 0: it came whole */
    uint64_t arrived; /* bit n: part n + 1 is there */
};

static slice head_number(const struct list_head *h)
{
    return slice_of(h->number, h->number_n);
}

static uint32_t list_object(unsigned slot, bool gathering)
{
    return OBJ_CRL + 2 * slot + (gathering ? 1 : 0);
}

/* false: no such list. The serial numbers live as every slice of an object. */
static bool list_read(struct isdr *i, uint32_t id, struct list_head *head, slice *serials)
{
    slice object = objects_get(isdr_objects(i), id);

    if (object.n < sizeof *head)
        return false;
    memcpy(head, object.p, sizeof *head);
    *serials = slice_skip(object, sizeof *head);
    return true;
}

/* ---- serial numbers ---- */

static bool serial_next(slice *rest, slice *out)
{
    if (!rest->n || rest->n - 1 < rest->p[0])
        return false;
    *out = slice_of(rest->p + 1, rest->p[0]);
    *rest = slice_skip(*rest, 1 + (size_t)rest->p[0]);
    return true;
}

static bool serial_listed(slice serials, slice serial)
{
    slice each;

    while (serial_next(&serials, &each))
        if (slice_eq(each, serial))
            return true;
    return false;
}

bool certificate_revoked(struct isdr *i, const struct cert *cert)
{
    struct list_head head;
    slice serials;

    for (unsigned n = 0; n < 2 * CRL_SLOTS; n++)
        if (list_read(i, OBJ_CRL + n, &head, &serials) && slice_eq(cert->aki, SLICE_OF(head.ci)) &&
            serial_listed(serials, cert->serial))
            return true;
    return false;
}

/* ---- a list is made ---- */

/* Serial numbers in scratch, behind room for the head. */
struct draft {
    uint8_t *octets;
    size_t n, size;
};

static void draft_put(struct draft *d, slice serial)
{
    if (d->size - d->n < 1 + serial.n)
        return;
    d->octets[d->n] = (uint8_t)serial.n;
    memcpy(d->octets + d->n + 1, serial.p, serial.n);
    d->n += 1 + serial.n;
}

static bool removed_by(const struct crl *crl, slice serial)
{
    struct crl_entry e;

    for (slice rest = crl->revoked; crl_next(&rest, &e);)
        if (e.removed && slice_eq(e.serial, serial))
            return true;
    return false;
}

/* What stands in `before` and is not taken off, then what the list adds, each once. */
static void draft_fill(struct draft *d, const struct crl *crl, slice before)
{
    struct crl_entry e;
    slice serial;

    while (serial_next(&before, &serial))
        if (!removed_by(crl, serial))
            draft_put(d, serial);
    for (slice rest = crl->revoked; crl_next(&rest, &e);)
        if (!e.removed && !serial_listed(slice_of(d->octets + sizeof(struct list_head),
                                                  d->n - sizeof(struct list_head)),
                                         e.serial))
            draft_put(d, e.serial);
}

static size_t added(const struct crl *crl)
{
    struct crl_entry e;
    size_t n = 0;

    for (slice rest = crl->revoked; crl_next(&rest, &e);)
        n += 1 + e.serial.n;
    return n;
}

/* Puts the object `to`: what the object `from` (0: none) lists, changed by the list. */
static enum err list_put(struct isdr *i, uint32_t to, const struct list_head *head, uint32_t from,
                         const struct crl *crl)
{
    struct draft d = { .n = sizeof *head };
    struct list_head old;
    slice before = SLICE_EMPTY;
    enum err err;

    if (from && !list_read(i, from, &old, &before))
        before = SLICE_EMPTY;
    d.size = sizeof *head + before.n + added(crl);
    d.octets = objects_lend(isdr_objects(i), d.size);
    if (!d.octets)
        return E_MEMORY;
    /* lending may have moved the object */
    if (from && !list_read(i, from, &old, &before))
        before = SLICE_EMPTY;
    memcpy(d.octets, head, sizeof *head);
    draft_fill(&d, crl, before);
    err = objects_put(isdr_objects(i), to, slice_of(d.octets, d.n));
    objects_repay(isdr_objects(i), d.octets);
    return err;
}

static enum err list_drop(struct isdr *i, uint32_t id)
{
    enum err err = objects_delete(isdr_objects(i), id);

    return err == E_NOTFOUND ? E_OK : err;
}

/* ---- LoadCRL ---- */

struct loading {
    struct crl crl;
    struct list_head head; /* as it is to stand */
    unsigned slot;
    struct list_head current, gathering;
    bool has_current, has_gathering;
};

static int number_against(const struct loading *l, const struct list_head *other)
{
    return crl_number_compare(l->crl.number, head_number(other));
}

static bool same_list(const struct list_head *a, const struct list_head *b)
{
    return memcmp(a->ci, b->ci, sizeof a->ci) == 0 &&
           memcmp(a->scope, b->scope, sizeof a->scope) == 0;
}

/* The slot of this CI and distribution point, or the first free one; false: all are taken. */
static bool find_slot(struct isdr *i, struct loading *l)
{
    unsigned free = CRL_SLOTS;
    slice serials;

    for (unsigned n = 0; n < CRL_SLOTS; n++) {
        l->slot = n;
        l->has_current = list_read(i, list_object(n, false), &l->current, &serials);
        l->has_gathering = list_read(i, list_object(n, true), &l->gathering, &serials);
        if ((l->has_current && same_list(&l->current, &l->head)) ||
            (l->has_gathering && same_list(&l->gathering, &l->head)))
            return true;
        if (!l->has_current && !l->has_gathering && free == CRL_SLOTS)
            free = n;
    }
    l->slot = free;
    l->has_current = l->has_gathering = false;
    return free < CRL_SLOTS;
}

static int check_signature(struct isdr *i, struct loading *l)
{
    int ci = ci_by_pkid(i->p, l->crl.aki, false);
    struct public_key *key;
    enum err err;

    if (ci < 0)
        return LOAD_CRL_VERIFICATION_KEY_NOT_FOUND;
    if (key_open(isdr_crypto(i), i->p->ci[ci].curve, &i->p->ci[ci].key, &key))
        return LOAD_CRL_UNDEFINED_ERROR;
    err = crl_verify_signature(&l->crl, key);
    key_drop(key);
    if (err)
        return LOAD_CRL_INVALID_SIGNATURE;
    memcpy(l->head.ci, i->p->ci[ci].pkid, sizeof l->head.ci);
    return 0;
}

/* Against what the card has already. */
static int check_number(const struct loading *l)
{
    const struct crl *crl = &l->crl;

    if (l->has_current && number_against(l, &l->current) < 0)
        return LOAD_CRL_FRESHER_CRL_ALREADY_LOADED;
    if (crl->base.p &&
        (!l->has_current || crl_number_compare(crl->base, head_number(&l->current)) > 0))
        return LOAD_CRL_BASE_CRL_MISSING;
    if (crl->parts && l->has_gathering) {
        int order = number_against(l, &l->gathering);

        if (order < 0)
            return LOAD_CRL_FRESHER_CRL_ALREADY_LOADED;
        if (order == 0 && crl->parts != l->gathering.parts)
            return LOAD_CRL_INVALID_CRL_FORMAT;
    }
    return 0;
}

static uint64_t all_parts(unsigned parts)
{
    return parts < 64 ? (1ull << parts) - 1 : UINT64_MAX;
}

/* One part; the list is in force with the last of them. */
static enum err keep_part(struct isdr *i, struct loading *l)
{
    bool goes_on = l->has_gathering && number_against(l, &l->gathering) == 0;
    uint32_t beside = list_object(l->slot, true);
    enum err err;

    l->head.arrived = goes_on ? l->gathering.arrived : 0;
    if (l->head.arrived >> (l->crl.part - 1) & 1)
        return E_OK;
    l->head.arrived |= 1ull << (l->crl.part - 1);
    if (l->head.arrived != all_parts(l->crl.parts))
        return list_put(i, beside, &l->head, goes_on ? beside : 0, &l->crl);
    err = list_put(i, list_object(l->slot, false), &l->head, goes_on ? beside : 0, &l->crl);
    return err ? err : list_drop(i, beside);
}

static enum err keep(struct isdr *i, struct loading *l)
{
    uint32_t id = list_object(l->slot, false);
    enum err err;

    /* what is loaded already is loaded */
    if (l->has_current && number_against(l, &l->current) == 0) {
        l->head.arrived = all_parts(l->head.parts);
        return E_OK;
    }
    if (l->crl.parts)
        return keep_part(i, l);
    err = list_put(i, id, &l->head, l->crl.base.p ? id : 0, &l->crl);
    if (!err && l->has_gathering && number_against(l, &l->gathering) >= 0)
        err = list_drop(i, list_object(l->slot, true));
    return err;
}

/* A code to refuse with, 0: done. *err: ours, and nothing of it may remain. */
static int load(struct isdr *i, slice body, struct loading *l, enum err *err)
{
    slice scope;
    int code;

    if (crl_parse(body, &l->crl) || (l->crl.base.p && l->crl.parts))
        return LOAD_CRL_INVALID_CRL_FORMAT;
    code = check_signature(i, l);
    if (code)
        return code;
    scope = l->crl.scope.p ? l->crl.scope : SLICE_EMPTY;
    if (crypto_sha256(isdr_crypto(i), &scope, 1, l->head.scope))
        return LOAD_CRL_UNDEFINED_ERROR;
    l->head.number_n = (uint8_t)l->crl.number.n;
    memcpy(l->head.number, l->crl.number.p, l->crl.number.n);
    l->head.parts = (uint8_t)l->crl.parts;
    if (!find_slot(i, l))
        return l->crl.base.p ? LOAD_CRL_BASE_CRL_MISSING : LOAD_CRL_NOT_ENOUGH_MEMORY_SPACE;
    code = check_number(l);
    if (code)
        return code;
    *err = keep(i, l);
    if (*err != E_MEMORY || objects_dirty(isdr_objects(i)))
        return 0;
    *err = E_OK;
    return LOAD_CRL_NOT_ENOUGH_MEMORY_SPACE;
}

/* BF35 { A0 { A0 { 02 .. } } }, the inner one only where parts are missing. */
static void answer_loaded(const struct list_head *head, struct reply *out)
{
    uint64_t missing = all_parts(head->parts) & ~head->arrived;
    uint8_t buf[3 * CRL_PARTS_MAX + 16];
    struct der_writer w = der_writer(buf, sizeof buf);
    slice octets;

    for (unsigned n = head->parts; n-- > 0;)
        if (missing >> n & 1)
            der_put_int(&w, 0x02, n + 1);
    if (missing && head->parts)
        der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xA0, 0);
    der_wrap(&w, 0xBF35, 0);
    if (der_written(&w, &octets))
        reply_sw(out, SW_UNKNOWN);
    else if (reply_put(out, octets))
        out->sw = SW_OK;
}

static void answer_refused(int code, struct reply *out)
{
    const uint8_t octets[] = { 0xBF, 0x35, 0x03, 0x81, 0x01, (uint8_t)code };

    if (reply_put(out, SLICE_OF(octets)))
        out->sw = SW_OK;
}

void es10_load_crl(struct isdr *i, slice request, struct reply *out)
{
    struct load_crl_request q;
    struct loading l;
    struct tlv body;
    enum err err = E_OK;
    int code;

    memset(&l, 0, sizeof l);
    if (schema_decode(&T_load_crl_request, request, &q, NULL) || der_one(q.crl, &body)) {
        reply_sw(out, SW_DATA);
        return;
    }
    code = load(i, body.value, &l, &err);
    if (err)
        reply_sw(out, sw_of(err)); /* the card aborts */
    else if (code)
        answer_refused(code, out);
    else
        answer_loaded(&l.head, out);
}
