#include "profile/hlr.h"

#include "base/secret.h"

#include <stdio.h>

/* A line that grows; latched when it is full. */
struct line {
    char *out;
    size_t size, n;
    bool full;
};

static void put(struct line *l, const char *text)
{
    size_t n = strlen(text);

    if (l->full || n >= l->size - l->n) {
        l->full = true;
        return;
    }
    memcpy(l->out + l->n, text, n + 1);
    l->n += n;
}

static enum err close_line(struct line *l, size_t *n)
{
    put(l, "\n");
    *n = l->n;
    return l->full ? E_NOSPACE : E_OK;
}

/* ICCID, IMSI and MSISDN stand in front, then the algorithm, then the rest. */
static bool in_front(const struct variable *v)
{
    return v->what == VARIABLE_ICCID || v->what == VARIABLE_IMSI || v->what == VARIABLE_MSISDN;
}

static void put_name(struct line *l, const struct hlr *h, const struct variable *v)
{
    if (l->n)
        put(l, ",");
    put(l, v->name);
    if (v->secret && h->key.p)
        put(l, HLR_SEALED);
}

enum err hlr_header(const struct hlr *h, const struct factory *f, char *out, size_t size, size_t *n)
{
    struct line l = { out, size, 0, size == 0 };

    for (unsigned i = 0; i < f->nvariables; i++)
        if (h->column[i] && in_front(&f->variables[i]))
            put_name(&l, h, &f->variables[i]);
    put(&l, ",algorithm");
    for (unsigned i = 0; i < f->nvariables; i++)
        if (h->column[i] && !in_front(&f->variables[i]))
            put_name(&l, h, &f->variables[i]);
    return close_line(&l, n);
}

/* "ICCID:NAME" */
static slice context_of(slice iccid, slice name, char out[ICCID_DIGITS + VARIABLE_NAME_MAX + 2])
{
    int n = snprintf(out, ICCID_DIGITS + VARIABLE_NAME_MAX + 2, "%.*s:%.*s", (int)iccid.n,
                     (const char *)iccid.p, (int)name.n, (const char *)name.p);

    return slice_of(out, (size_t)n);
}

static enum err put_sealed(struct line *l, const struct hlr *h, slice iccid,
                           const struct variable *v, const struct value *value)
{
    uint8_t sealed[HLR_NONCE_LEN + VALUE_MAX + AES_BLOCK];
    char context[ICCID_DIGITS + VARIABLE_NAME_MAX + 2], text[2 * sizeof sealed + 1];
    slice nonce = slice_of(sealed, HLR_NONCE_LEN);
    enum err e = crypto_random(h->crypto, sealed, HLR_NONCE_LEN);

    if (!e)
        e = crypto_aes_gcm_seal(h->crypto, h->key, nonce,
                                context_of(iccid, slice_str(v->name), context), value_slice(value),
                                sealed + HLR_NONCE_LEN, sealed + HLR_NONCE_LEN + value->n);
    if (!e)
        e = hex_encode(slice_of(sealed, HLR_NONCE_LEN + value->n + AES_BLOCK), text, sizeof text);
    if (!e)
        put(l, text);
    return e;
}

/* A field that could be mistaken is quoted. */
static void put_field(struct line *l, const char *text)
{
    char quoted[2 * 2 * VALUE_MAX + 8];
    size_t n = 0;

    if (!strpbrk(text, ",;\" \t")) {
        put(l, text);
        return;
    }
    quoted[n++] = '"';
    for (; *text && n + 4 < sizeof quoted; text++) {
        if (*text == '"')
            quoted[n++] = '"';
        quoted[n++] = *text;
    }
    quoted[n++] = '"';
    quoted[n] = '\0';
    put(l, quoted);
}

static enum err put_value(struct line *l, const struct hlr *h, slice iccid,
                          const struct variable *v, const struct value *value)
{
    char text[2 * VALUE_MAX + 1];

    if (l->n)
        put(l, ",");
    if (!value->given)
        return E_OK;
    if (v->secret && h->key.p)
        return put_sealed(l, h, iccid, v, value);
    value_write(v, value, text, sizeof text);
    put_field(l, text);
    wipe(text, sizeof text);
    return E_OK;
}

static const char *algorithm_name(int algorithm)
{
    const char *name = value_name(saip_algorithm_names, algorithm);

    return algorithm == AKA_XOR ? "xor" : name ? name : "";
}

enum err hlr_row(const struct hlr *h, const struct factory *f, const struct value *values,
                 char *out, size_t size, size_t *n)
{
    struct line l = { out, size, 0, size == 0 };
    slice iccid = value_slice(&values[0]); /* factory_open makes it the first */
    enum err e = E_OK;

    for (unsigned i = 0; !e && i < f->nvariables; i++)
        if (h->column[i] && in_front(&f->variables[i]))
            e = put_value(&l, h, iccid, &f->variables[i], &values[i]);
    put(&l, ",");
    put(&l, algorithm_name(f->algorithm));
    for (unsigned i = 0; !e && i < f->nvariables; i++)
        if (h->column[i] && !in_front(&f->variables[i]))
            e = put_value(&l, h, iccid, &f->variables[i], &values[i]);
    return e ? e : close_line(&l, n);
}

/* What is not text of digits: keys. */
static bool holds_digits(slice name)
{
    return slice_starts(name, SLICE_LIT("pin")) || slice_starts(name, SLICE_LIT("puk")) ||
           slice_starts(name, SLICE_LIT("adm")) || slice_starts(name, SLICE_LIT("secondP"));
}

enum err hlr_open(const struct crypto *c, slice key, slice iccid, slice name, slice sealed,
                  char *out, size_t size)
{
    uint8_t octets[HLR_NONCE_LEN + VALUE_MAX + AES_BLOCK], plain[VALUE_MAX + 1];
    char context[ICCID_DIGITS + VARIABLE_NAME_MAX + 2];
    size_t n;
    enum err e = hex_decode(sealed, octets, sizeof octets, &n);

    if (!e &&
        (n < HLR_NONCE_LEN + AES_BLOCK || iccid.n > ICCID_DIGITS || name.n >= VARIABLE_NAME_MAX))
        e = E_SIZE;
    if (e)
        return e == E_NOSPACE ? E_SIZE : e;
    n -= HLR_NONCE_LEN + AES_BLOCK;
    e = crypto_aes_gcm_open(c, key, slice_of(octets, HLR_NONCE_LEN),
                            context_of(iccid, name, context), slice_of(octets + HLR_NONCE_LEN, n),
                            octets + HLR_NONCE_LEN + n, plain);
    if (!e && holds_digits(name))
        e = n < size ? E_OK : E_NOSPACE;
    if (!e && holds_digits(name)) {
        memcpy(out, plain, n);
        out[n] = '\0';
    } else if (!e) {
        e = hex_encode(slice_of(plain, n), out, size);
    }
    wipe(plain, sizeof plain);
    return e;
}
