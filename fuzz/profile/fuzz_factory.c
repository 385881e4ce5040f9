/*
 * What the profile factory reads. The first octet chooses:
 *
 *   0  the rest is a package: as a template, personalised both ways, linted. What must hold: both
 *      ways give the same octets, and a package without errors gives profiles without errors.
 *   1  lines of CSV, each field read as every kind of value. What is read is written and read
 * again. 2  a pack 3  a sealed value
 */
#include "profile/check.h"
#include "profile/csv.h"
#include "profile/factory.h"
#include "profile/hlr.h"
#include "profile/lint.h"
#include "profile/pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA_LIMIT ((size_t)16 << 20)

static void must(bool so)
{
    if (!so)
        abort();
}

/* ---- a template ---- */

static void set(struct factory *f, struct value *values, const char *name, const char *text)
{
    int i = factory_variable(f, name);
    char why[VALUE_WHY];

    if (i >= 0 && value_read(&f->variables[i], slice_str(text), &values[i], why))
        values[i].given = false;
}

static unsigned errors(struct arena *a, slice package)
{
    struct findings f = { 0 };

    return profile_check(a, package, &f, NULL) ? 1 : f.errors;
}

static void make(struct arena *a, struct factory *f, bool sound)
{
    struct value values[FACTORY_VARIABLES] = { { 0 } };
    struct factory_fault fault;
    slice fast, slow;

    set(f, values, "iccid", "8900101123456789016");
    set(f, values, "imsi", "001019876543210");
    set(f, values, "msisdn", "+491701234567");
    set(f, values, "smsc", "+4917099");
    set(f, values, "spn", "Acme");
    set(f, values, "service-1", "yes");
    set(f, values, "suci-scheme", "1");
    set(f, values, "suci-key-id", "1");
    set(f, values, "suci-key", "5A8D38864820197C3394B92613B20B91633CBD897119273BF8E4A6F4EEC0A650");
    set(f, values, "kic", "000102030405060708090A0B0C0D0E0F1011121314151617");
    if (factory_settle(f, values, &fault) || factory_make(f, values, false, a, &fast, &fault))
        return;
    must(!factory_make(f, values, true, a, &slow, &fault));
    must(slice_eq(fast, slow));
    must(!sound || !errors(a, fast));
}

static void template(struct arena *a, slice package)
{
    static struct lint_keys keys;
    struct findings findings = { 0 };
    struct factory_fault fault;
    struct profile_model *m;
    struct factory *f;

    keys.count = 0;
    if (!model_build(a, package, &findings, &m)) {
        profile_lint_model(m, &(struct lint_options){ 1 }, &findings);
        lint_shared(&keys, m, "a", &findings);
        lint_shared(&keys, m, "b", &findings);
    }
    if (factory_open(a, crypto_openssl(), package, &f, &fault))
        return;
    make(a, f, !errors(a, package));
    factory_close(f);
}

/* ---- CSV ---- */

static void value(slice text)
{
    for (int what = 0; what <= VARIABLE_SERVICE; what++) {
        const struct variable v = { .what = (enum variable_what)what, .size = 16 };
        char again[2 * VALUE_MAX + 1], why[VALUE_WHY];
        struct value first, second;

        if (value_read(&v, text, &first, why))
            continue;
        value_write(&v, &first, again, sizeof again);
        must(!value_read(&v, slice_str(again), &second, why));
        must(slice_eq(value_slice(&first), value_slice(&second)));
    }
}

static void lines(char *text, size_t n)
{
    struct csv c = { 0 };

    for (size_t at = 0; at < n;) {
        char *end = memchr(text + at, '\n', n - at);
        size_t length = end ? (size_t)(end - text) - at : n - at, count;
        slice fields[CSV_FIELDS_MAX];

        if (!csv_split(&c, text + at, length, fields, &count))
            for (size_t i = 0; i < count; i++)
                value(fields[i]);
        at += length + 1;
    }
}

/* ---- packs and sealed values ---- */

static enum err read_memory(void *ctx, uint64_t at, void *out, size_t n)
{
    const slice *s = ctx;

    if (at > s->n || n > s->n - at)
        return E_TRUNCATED;
    memcpy(out, s->p + at, n);
    return E_OK;
}

static void pack(struct arena *a, slice octets)
{
    struct pack p;

    if (pack_open(crypto_openssl(), &(struct pack_source){ &octets, read_memory, octets.n }, &p))
        return;
    for (uint64_t i = 0; i < p.count; i++) {
        uint8_t iccid[ICCID_LEN];
        slice package, metadata;

        must(!pack_iccid(&p, i, iccid));
        if (!pack_read(crypto_openssl(), &p, i, a, &package, &metadata))
            must(package.n && package.n < octets.n);
    }
}

static void sealed(slice text)
{
    char out[2 * VALUE_MAX + 1];

    (void)!hlr_open(crypto_openssl(), SLICE_LIT("0123456789abcdef"), slice_head(text, 19),
                    slice_head(slice_skip(text, 19), text.n % 50), slice_skip(text, 19), out,
                    sizeof out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n = size ? size - 1 : 0;
    uint8_t *copy = malloc(n ? n : 1);
    struct arena a;

    must(copy != NULL);
    if (n)
        memcpy(copy, data + 1, n);
    arena_init(&a, ARENA_LIMIT);
    switch (size ? data[0] % 4 : 1) {
    case 0:
        template(&a, slice_of(copy, n));
        break;
    case 1:
        lines((char *)copy, n);
        break;
    case 2:
        pack(&a, slice_of(copy, n));
        break;
    default:
        sealed(slice_of(copy, n));
    }
    arena_free(&a);
    free(copy);
    return 0;
}
