#include "crypto/pkcs11_uri.h"

#include "base/text.h"

#include <ctype.h>

#define SCHEME "pkcs11:"

static slice cut_space(slice s)
{
    while (s.n && isspace(s.p[0]))
        s = slice_skip(s, 1);
    while (s.n && isspace(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Up to the mark, which is taken off as well. */
static slice cut_to(slice *rest, char mark)
{
    const uint8_t *at = rest->n ? memchr(rest->p, mark, rest->n) : NULL;
    slice got = at ? slice_head(*rest, (size_t)(at - rest->p)) : *rest;

    *rest = at ? slice_skip(*rest, got.n + 1) : SLICE_NONE;
    return got;
}

/* pct-encoded octets (RFC 3986 2.1). */
static enum err unescape(slice in, uint8_t *out, size_t size, size_t *n)
{
    *n = 0;
    while (in.n) {
        size_t one = 1, took = 1;
        enum err err = E_OK;

        if (*n == size)
            return E_SIZE;
        if (in.p[0] == '%') {
            took = 3;
            err = in.n < 3 ? E_SYNTAX : hex_decode(slice_of(in.p + 1, 2), out + *n, 1, &one);
        } else if (in.p[0] <= ' ' || in.p[0] > '~') {
            err = E_SYNTAX;
        } else {
            out[*n] = in.p[0];
        }
        if (err)
            return err;
        ++*n;
        in = slice_skip(in, took);
    }
    return E_OK;
}

static enum err take_text(slice value, char *out, size_t size)
{
    size_t n;
    enum err err;

    if (out[0] || !value.n)
        return E_SYNTAX;
    err = unescape(value, (uint8_t *)out, size - 1, &n);
    out[err ? 0 : n] = 0;
    return !err && memchr(out, 0, n) ? E_SYNTAX : err;
}

static enum err take_id(slice value, struct pkcs11_uri *u)
{
    return u->id_n || !value.n ? E_SYNTAX : unescape(value, u->id, sizeof u->id, &u->id_n);
}

static enum err path_attribute(slice name, slice value, struct pkcs11_uri *u)
{
    const struct {
        const char *name;
        char *to;
    } rows[] = {
        { "token", u->token },   { "manufacturer", u->manufacturer },
        { "model", u->model },   { "serial", u->serial },
        { "object", u->object },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (slice_eq_str(name, rows[i].name))
            return take_text(value, rows[i].to, PKCS11_TEXT_MAX + 1);
    if (slice_eq_str(name, "id"))
        return take_id(value, u);
    if (slice_eq_str(name, "type"))
        return slice_eq_str(value, "private") ? E_OK : E_RANGE;
    return E_UNSUPPORTED;
}

static enum err query_attribute(slice name, slice value, struct pkcs11_uri *u)
{
    static const slice file = SLICE_LIT("file:");

    if (slice_eq_str(name, "module-path"))
        return take_text(value, u->module_path, sizeof u->module_path);
    if (slice_eq_str(name, "pin-value"))
        return E_REFUSED;
    if (!slice_eq_str(name, "pin-source"))
        return E_UNSUPPORTED;
    if (slice_starts(value, file))
        value = slice_skip(value, file.n);
    return take_text(value, u->pin_source, sizeof u->pin_source);
}

static enum err attributes(slice list, char mark, struct pkcs11_uri *u,
                           enum err (*take)(slice name, slice value, struct pkcs11_uri *u))
{
    enum err err = E_OK;

    while (list.n && !err) {
        slice value = cut_to(&list, mark), name = cut_to(&value, '=');

        err = value.p ? take(name, value, u) : E_SYNTAX;
    }
    return err;
}

enum err pkcs11_uri_parse(slice text, struct pkcs11_uri *out)
{
    slice query = cut_space(text), path;
    enum err err;

    memset(out, 0, sizeof *out);
    if (!slice_starts(query, SLICE_LIT(SCHEME)))
        return E_SYNTAX;
    query = slice_skip(query, sizeof SCHEME - 1);
    path = cut_to(&query, '?');
    err = attributes(path, ';', out, path_attribute);
    if (!err)
        err = attributes(query, '&', out, query_attribute);
    return err || out->object[0] || out->id_n ? err : E_MISSING;
}
