#include "pki/pem.h"

#include "base/text.h"

#include <stdio.h>

#define LINE_OCTETS ((size_t)48) /* of DER: 64 characters */

/* Where `what` begins in text, or NULL. */
static const uint8_t *find(slice text, slice what)
{
    for (; text.n >= what.n; text = slice_skip(text, 1)) {
        const uint8_t *at = memchr(text.p, what.p[0], text.n - what.n + 1);

        if (!at)
            return NULL;
        text = slice_skip(text, (size_t)(at - text.p));
        if (slice_starts(text, what))
            return at;
    }
    return NULL;
}

/* What stands before `what`, which is taken off *text together with it. */
static bool take_until(slice *text, slice what, slice *before)
{
    const uint8_t *at = find(*text, what);

    if (!at)
        return false;
    *before = slice_of(text->p, (size_t)(at - text->p));
    *text = slice_skip(*text, before->n + what.n);
    return true;
}

enum err pem_next(slice *text, struct pem_block *out)
{
    slice rest = *text, skipped, label;

    if (!take_until(&rest, SLICE_LIT("-----BEGIN "), &skipped))
        return E_NOTFOUND;
    if (!take_until(&rest, SLICE_LIT("-----"), &out->label) ||
        !take_until(&rest, SLICE_LIT("-----END "), &out->body) ||
        !take_until(&rest, SLICE_LIT("-----"), &label) || !slice_eq(label, out->label))
        return E_SYNTAX;
    *text = rest;
    return E_OK;
}

enum err pem_write(const char *label, slice der, char *out, size_t size, size_t *n)
{
    char line[B64_LEN(LINE_OCTETS)];
    size_t at = (size_t)snprintf(out, size, "-----BEGIN %s-----\n", label);

    while (der.n && at < size) {
        size_t chars = 0;
        enum err err = b64_encode(slice_head(der, LINE_OCTETS), line, sizeof line, &chars);

        if (err)
            return err;
        at += (size_t)snprintf(out + at, size - at, "%.*s\n", (int)chars, line);
        der = slice_skip(der, LINE_OCTETS);
    }
    if (at < size)
        at += (size_t)snprintf(out + at, size - at, "-----END %s-----\n", label);
    *n = at;
    return at < size ? E_OK : E_NOSPACE;
}
