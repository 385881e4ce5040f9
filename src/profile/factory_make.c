/* From values to a profile. */
#include "profile/factory.h"

#include "base/secret.h"
#include "crypto/milenage.h"
#include "crypto/tuak.h"
#include "profile/refill.h"

#include <stdio.h>

/* ---- what is not given ---------------------------------------------------------------------- */

static enum err fresh(struct factory *f, uint8_t *out, size_t n)
{
    if (n > f->pool_left) {
        enum err e = crypto_random(f->crypto, f->pool, sizeof f->pool);

        if (e)
            return e;
        f->pool_left = sizeof f->pool;
    }
    f->pool_left -= n;
    memcpy(out, f->pool + f->pool_left, n);
    wipe(f->pool + f->pool_left, n);
    return E_OK;
}

static enum err fresh_octets(struct factory *f, size_t n, struct value *out)
{
    out->given = true;
    out->n = (uint8_t)n;
    return fresh(f, out->b, n);
}

static enum err fresh_digits(struct factory *f, size_t n, struct value *out)
{
    enum err e = E_OK;

    out->given = true;
    out->n = (uint8_t)n;
    for (size_t i = 0; !e && i < n;) {
        uint8_t b;

        e = fresh(f, &b, 1);
        if (!e && b < 250) /* 250 = 25 * 10: every digit alike */
            out->b[i++] = (uint8_t)('0' + b % 10);
    }
    return e;
}

static enum err bad(struct factory_fault *fault, const struct variable *v, enum err e,
                    const char *why)
{
    fault->variable = v->name;
    snprintf(fault->why, sizeof fault->why, "%s", why);
    return e;
}

static enum err opc_from_op(const struct factory *f, const struct value *k, const struct value *op,
                            const struct variable *v, struct value *opc)
{
    opc->given = true;
    opc->n = v->size;
    if (f->algorithm == AKA_MILENAGE)
        return milenage_opc(f->crypto, k->b, op->b, opc->b);
    return tuak_topc(value_slice(k), op->b, f->iterations, opc->b);
}

static enum err settle_opc(struct factory *f, struct value *values, unsigned opc,
                           struct factory_fault *fault)
{
    const struct value *k = NULL, *op = NULL;

    for (unsigned i = 0; i < f->nvariables; i++) {
        if (f->variables[i].what == VARIABLE_K)
            k = &values[i];
        if (f->variables[i].what == VARIABLE_OP)
            op = &values[i];
    }
    if (op && op->given && values[opc].given)
        return bad(fault, &f->variables[opc], E_ARGUMENT,
                   "op is given, too: one of them is wanted");
    if (values[opc].given)
        return E_OK;
    if (k && op && op->given)
        return opc_from_op(f, k, op, &f->variables[opc], &values[opc]);
    return fresh_octets(f, f->variables[opc].size, &values[opc]);
}

static const struct value *given(const struct factory *f, const struct value *values,
                                 enum variable_what what)
{
    for (unsigned i = 0; i < f->nvariables; i++)
        if (f->variables[i].what == what && values[i].given)
            return &values[i];
    return NULL;
}

static unsigned number_of(const struct value *v)
{
    unsigned n = 0;

    for (unsigned i = 0; v && i < v->n; i++)
        n = n * 10 + (unsigned)(v->b[i] - '0');
    return n;
}

/* Scheme, key identifier and key go together (TS 31.102 4.4.11.8). */
static enum err check_suci(const struct factory *f, const struct value *values,
                           const struct variable *scheme, struct factory_fault *fault)
{
    const struct value *s = given(f, values, VARIABLE_SUCI_SCHEME);
    const struct value *key = given(f, values, VARIABLE_SUCI_KEY);
    const struct value *id = given(f, values, VARIABLE_SUCI_KEY_ID);
    unsigned n = number_of(s);

    if (!s)
        return key || id ? bad(fault, scheme, E_MISSING, "is missing beside suci-key") : E_OK;
    if (!n)
        return key || id ? bad(fault, scheme, E_ARGUMENT, "the null scheme (0) has no key") : E_OK;
    if (!key || !id)
        return bad(fault, scheme, E_MISSING, "suci-key and suci-key-id are wanted, too");
    if ((n == 1) != (key->n == 32))
        return bad(fault, scheme, E_SIZE,
                   "profile A (1) has a key of 32 octets, profile B (2) one of 33 or 65");
    return E_OK;
}

static enum err settle_one(struct factory *f, struct value *values, unsigned i,
                           struct factory_fault *fault)
{
    const struct variable *v = &f->variables[i];

    switch (v->what) {
    case VARIABLE_ICCID:
    case VARIABLE_IMSI:
        return values[i].given ? E_OK : bad(fault, v, E_MISSING, "is missing");
    case VARIABLE_OPC:
        return settle_opc(f, values, i, fault);
    case VARIABLE_SUCI_SCHEME:
        return check_suci(f, values, v, fault);
    case VARIABLE_K:
        return values[i].given ? E_OK : fresh_octets(f, v->size, &values[i]);
    case VARIABLE_KEY:
        return values[i].given || v->keep ? E_OK : fresh_octets(f, v->size, &values[i]);
    case VARIABLE_PIN:
    case VARIABLE_PUK:
        return values[i].given || v->keep ? E_OK : fresh_digits(f, v->size, &values[i]);
    default:
        return E_OK;
    }
}

enum err factory_settle(struct factory *f, struct value *values, struct factory_fault *fault)
{
    enum err e = E_OK;

    *fault = (struct factory_fault){ 0 };
    for (unsigned i = 0; !e && i < f->nvariables; i++)
        e = settle_one(f, values, i, fault);
    if (e && !fault->why[0])
        snprintf(fault->why, sizeof fault->why, "%s", err_text(e));
    return e;
}

/* ---- octets --------------------------------------------------------------------------------- */

static void put_text(const char *text, uint8_t *out, size_t n)
{
    size_t length = strlen(text), head = der_put_head(0x80, length, NULL);

    memset(out, 0xFF, n);
    if (head + length > n)
        return; /* factory_open made room for the longest */
    der_put_head(0x80, length, out);
    memcpy(out + head, text, length);
}

static void put_isim(const struct factory *f, enum place_form form, const struct value *imsi,
                     uint8_t *out, size_t n)
{
    struct isim_names names;

    isim_names_of(value_slice(imsi), f->mnc_len, &names);
    put_text(form == PLACE_IMPI   ? names.impi
             : form == PLACE_IMPU ? names.impu
                                  : names.domain,
             out, n);
}

static enum err put_iccid(const struct value *v, bool header, uint8_t *out)
{
    enum err e = iccid_from_digits(value_slice(v), out);

    for (unsigned i = 0; header && i < ICCID_LEN; i++)
        out[i] = (uint8_t)(out[i] << 4 | out[i] >> 4);
    return e;
}

/* The access class follows the IMSI's last digit (TS 22.011 4.2), unless it is given. */
static void put_acc(const struct factory *f, const struct value *values, const struct value *acc,
                    uint8_t out[2])
{
    const struct value *imsi = given(f, values, VARIABLE_IMSI);
    unsigned digit = imsi ? (unsigned)(imsi->b[imsi->n - 1u] - (uint8_t)'0') : 0u;

    if (acc->given) {
        memcpy(out, acc->b, 2);
    } else if (imsi) {
        out[0] = (uint8_t)(1u << digit >> 8);
        out[1] = (uint8_t)(1u << digit);
    }
}

static enum err put_smsc(const struct value *v, uint8_t *out)
{
    out[0] &= (uint8_t)~0x02; /* TS-Service Centre Address is there */
    return dialled_encode(value_slice(v), out + 13);
}

static void put_routing(const struct value *v, uint8_t out[2])
{
    memset(out, 0xFF, 2);
    for (unsigned i = 0; i < v->n; i++) {
        uint8_t d = (uint8_t)(v->b[i] - '0');

        out[i / 2] = i % 2 ? (uint8_t)((out[i / 2] & 0x0F) | d << 4) : (uint8_t)(0xF0 | d);
    }
}

#define SUCI_MAX 96

/* EF.SUCI_Calc_Info: the list of schemes, then the list of keys. */
static size_t suci_info(const struct factory *f, const struct value *values, uint8_t out[SUCI_MAX])
{
    uint8_t scheme = (uint8_t)number_of(given(f, values, VARIABLE_SUCI_SCHEME));
    const struct value *key = given(f, values, VARIABLE_SUCI_KEY);
    uint8_t id = (uint8_t)number_of(given(f, values, VARIABLE_SUCI_KEY_ID));
    const uint8_t list[] = { scheme, scheme ? 1 : 0 };
    struct der_writer w = der_writer(out, SUCI_MAX);
    size_t mark = der_mark(&w);
    slice whole = SLICE_NONE;

    if (scheme && key) {
        der_put_tlv(&w, 0x81, value_slice(key));
        der_put_tlv(&w, 0x80, slice_of(&id, 1));
        der_wrap(&w, 0xA1, mark);
    }
    der_put_tlv(&w, 0xA0, SLICE_OF(list));
    if (der_written(&w, &whole))
        return 0;
    memmove(out, whole.p, whole.n);
    return whole.n;
}

static void put_service(const struct variable *v, const struct value *on, uint8_t *out)
{
    uint8_t bit = (uint8_t)(1u << (v->number - 1) % 8);

    *out = on->b[0] == '1' ? *out | bit : (uint8_t)(*out & ~bit);
}

/* Writes the value at its place in a copy of the template, where it has the place's length. */
static enum err put(const struct factory *f, const struct place *p, const struct value *values,
                    uint8_t *out)
{
    const struct value *v = &values[p->variable];

    switch (p->form) {
    case PLACE_HEADER_ICCID:
    case PLACE_ICCID:
        return put_iccid(v, p->form == PLACE_HEADER_ICCID, out);
    case PLACE_IMSI:
        return imsi_encode(value_slice(v), out);
    case PLACE_ACC:
        put_acc(f, values, v, out);
        return E_OK;
    case PLACE_IMPI:
    case PLACE_IMPU:
    case PLACE_DOMAIN:
        put_isim(f, p->form, v, out, p->n);
        return E_OK;
    case PLACE_OCTETS:
        memcpy(out, v->b, p->n);
        return E_OK;
    case PLACE_PIN:
        memset(out, 0xFF, p->n);
        memcpy(out, v->b, v->n);
        return E_OK;
    case PLACE_MSISDN:
        memset(out + DIALLED_LEN, 0xFF, 2);
        return dialled_encode(value_slice(v), out);
    case PLACE_SMSC:
        return put_smsc(v, out);
    case PLACE_SPN:
        return alpha_encode(value_slice(v), out, p->n);
    case PLACE_GID1:
    case PLACE_GID2:
        if (v->n > p->n)
            return E_SIZE;
        memset(out, 0xFF, p->n);
        memcpy(out, v->b, v->n);
        return E_OK;
    case PLACE_ROUTING:
        put_routing(v, out);
        return E_OK;
    case PLACE_SERVICE:
        put_service(&f->variables[p->variable], v, out);
        return E_OK;
    case PLACE_SUCI: {
        uint8_t info[SUCI_MAX];
        size_t n = suci_info(f, values, info);

        memset(out, 0xFF, p->n);
        memcpy(out, info, n < p->n ? n : p->n);
        return n ? E_OK : E_INTERNAL;
    }
    }
    return E_INTERNAL;
}

/* Is there anything to write? EF.ACC follows the IMSI. */
static bool concerned(const struct factory *f, const struct place *p, const struct value *values)
{
    return values[p->variable].given || (p->form == PLACE_ACC && f->imsi);
}

/* Has the value another length than its place? */
static bool resized(const struct factory *f, const struct place *p, const struct value *values)
{
    uint8_t info[SUCI_MAX];

    if (p->form == PLACE_OCTETS)
        return values[p->variable].n != p->n;
    return p->form == PLACE_SUCI && suci_info(f, values, info) > p->n;
}

/* What takes the place of the whole content. copy: the template with what kept its length. */
static enum err replacement(const struct factory *f, const struct place *p,
                            const struct value *values, const uint8_t *copy, struct arena *arena,
                            struct edit *out)
{
    slice content = slice_of(copy + p->content_at, p->content_n);
    uint8_t info[SUCI_MAX];
    struct model_file file;

    out->content = content;
    if (p->form == PLACE_OCTETS && values[p->variable].n != p->n) {
        out->by = value_slice(&values[p->variable]);
        return E_OK;
    }
    if (p->form == PLACE_SUCI && resized(f, p, values)) {
        file = f->model->files[p->file];
        file.items = content;
        return file_refill(arena, &file, slice_of(info, suci_info(f, values, info)), &out->by);
    }
    out->by = arena_copy(arena, content);
    return out->by.p ? E_OK : E_MEMORY;
}

static enum err apply_edits(const struct factory *f, const struct value *values, bool all,
                            const uint8_t *copy, struct arena *arena, slice *out)
{
    struct edit *edits = arena_alloc(arena, f->nplaces * sizeof *edits);
    size_t count = 0;
    enum err e = edits ? E_OK : E_MEMORY;

    for (unsigned i = 0; !e && i < f->nplaces; i++) {
        const struct place *p = &f->places[i];

        if (p->form == PLACE_SERVICE || !concerned(f, p, values) || !(all || resized(f, p, values)))
            continue;
        e = replacement(f, p, values, copy, arena, &edits[count++]);
    }
    return e ? e : edit_apply(arena, slice_of(copy, f->package.n), edits, count, out);
}

enum err factory_make(const struct factory *f, const struct value *values, bool by_edits,
                      struct arena *arena, slice *out, struct factory_fault *fault)
{
    uint8_t *copy = arena_alloc(arena, f->package.n);
    bool edits = by_edits;
    enum err e = copy ? E_OK : E_MEMORY;

    *fault = (struct factory_fault){ 0 };
    if (!e)
        memcpy(copy, f->package.p, f->package.n);
    for (unsigned i = 0; !e && i < f->nplaces; i++) {
        const struct place *p = &f->places[i];

        if (!concerned(f, p, values))
            continue;
        if (resized(f, p, values))
            edits = true;
        else
            e = put(f, p, values, copy + p->at);
        if (e)
            fault->variable = f->variables[p->variable].name;
    }
    if (!e)
        *out = slice_of(copy, f->package.n);
    if (!e && edits)
        e = apply_edits(f, values, by_edits, copy, arena, out);
    if (e)
        snprintf(fault->why, sizeof fault->why, "%s", err_text(e));
    return e;
}
