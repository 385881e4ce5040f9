#include "pki/show.h"

#include "pki/oid.h"
#include "pki/time.h"

#include <stdlib.h>

#define OID_TEXT_MAX 128

struct named_oid {
    slice oid;
    const char *name;
};

static void oid_text(slice oid, char out[OID_TEXT_MAX])
{
    if (der_oid_to_text(oid, out, OID_TEXT_MAX))
        snprintf(out, OID_TEXT_MAX, "(not an object identifier)");
}

static const char *oid_name(slice oid, const struct named_oid *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(names[i].oid, oid))
            return names[i].name;
    return NULL;
}

/* Octets of the UTF-8 character at p that may be shown, or 0. */
static size_t shown_char(const uint8_t *p, size_t n)
{
    size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xC3 && p[0] < 0xE0 ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : 0;

    if (!len || len > n || (len == 1 && (p[0] < 0x20 || p[0] == 0x7F)))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    /* overlong forms and surrogates are no characters */
    if (len == 3 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F)))
        return 0;
    return len;
}

/* Text of a peer for a terminal or JSON: what is no printable character becomes '?'. */
static size_t shown_text(slice in, char *out, size_t size)
{
    size_t at = 0;

    while (in.n) {
        size_t len = shown_char(in.p, in.n);

        if (at + (len ? len : 1) >= size)
            break;
        if (len)
            memcpy(out + at, in.p, len);
        else
            out[at] = '?';
        at += len ? len : 1;
        in = slice_skip(in, len ? len : 1);
    }
    out[at] = 0;
    return at;
}

const char *name_print(slice name, char *buf, size_t size)
{
    const struct named_oid names[] = { { OID_COMMON_NAME, "CN" },
                                       { OID_SERIAL_NUMBER, "serialNumber" },
                                       { OID_COUNTRY, "C" },
                                       { OID_ORG, "O" },
                                       { OID_ORG_UNIT, "OU" } };
    struct name_walk walk = name_attrs(name);
    struct name_attr a;
    size_t at = 0;

    buf[0] = 0;
    while (at < size && name_next(&walk, &a)) {
        char oid[OID_TEXT_MAX];
        const char *known = oid_name(a.oid, names, COUNT(names));

        oid_text(a.oid, oid);
        at += (size_t)snprintf(buf + at, size - at, "%s%s=", at ? ", " : "", known ? known : oid);
        if (at < size)
            at += shown_text(a.value, buf + at, size - at);
    }
    return buf;
}

const char *time_print(int64_t time_s, char buf[TIME_TEXT_MAX])
{
    struct date d;

    if (!date_from_seconds(time_s, &d))
        snprintf(buf, TIME_TEXT_MAX, "(no date)");
    else
        snprintf(buf, TIME_TEXT_MAX, "%04u-%02u-%02u %02u:%02u:%02uZ", d.year % 10000u,
                 d.month % 100u, d.day % 100u, d.hour % 100u, d.minute % 100u, d.second % 100u);
    return buf;
}

static void put_hex(FILE *to, slice s)
{
    for (size_t i = 0; i < s.n; i++)
        fprintf(to, "%02X", s.p[i]);
}

static void put_text(FILE *to, slice s)
{
    char text[256];

    while (s.n) {
        slice now = slice_head(s, sizeof text - 1);

        if (now.n < s.n) /* no cut within a character */
            while (now.n > 1 && (s.p[now.n] & 0xC0) == 0x80)
                now.n--;
        shown_text(now, text, sizeof text);
        fputs(text, to);
        s = slice_skip(s, now.n);
    }
}

static void put_general_name(FILE *to, struct tlv name)
{
    char text[512];

    switch (name.tag) {
    case NAME_DNS:
        fprintf(to, "DNS ");
        put_text(to, name.value);
        return;
    case NAME_URI:
        fprintf(to, "URI ");
        put_text(to, name.value);
        return;
    case NAME_DIRECTORY:
        fprintf(to, "directory {%s}", name_print(name.value, text, sizeof text));
        return;
    case NAME_RID:
        oid_text(name.value, text);
        fprintf(to, "registered ID %s", text);
        return;
    default:
        fprintf(to, "[%02X] ", name.tag);
        put_hex(to, name.value);
    }
}

static void put_alt_names(FILE *to, const struct cert *cert)
{
    struct der_reader r = der_reader(cert->alt_names);

    for (const char *between = ""; der_more(&r); between = ", ") {
        fputs(between, to);
        put_general_name(to, der_take(&r));
    }
}

static void put_key_usage(FILE *to, uint64_t usage)
{
    static const char *const bits[] = { "digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly" };
    const char *between = "";

    for (unsigned i = 0; i < COUNT(bits); i++)
        if (usage >> i & 1) {
            fprintf(to, "%s%s", between, bits[i]);
            between = ", ";
        }
}

static void put_policies(FILE *to, const struct cert *cert)
{
    struct der_reader r = der_reader(cert->policies);

    for (const char *between = ""; der_more(&r); between = ", ") {
        struct der_reader info = der_reader(der_expect(&r, 0x30).value);
        slice oid = der_expect(&info, 0x06).value;
        enum cert_role role = role_of_policy(oid);
        char text[OID_TEXT_MAX];

        oid_text(oid, text);
        fprintf(to, "%s%s", between, text);
        if (role)
            fprintf(to, " (%s)", role_facts(role)->name);
    }
}

static void put_purposes(FILE *to, slice value)
{
    const struct named_oid names[] = { { OID_SERVER_AUTH, "serverAuth" },
                                       { OID_CLIENT_AUTH, "clientAuth" } };
    struct tlv list;
    struct der_reader r;

    if (der_one(value, &list))
        return;
    r = der_reader(list.value);
    for (const char *between = ""; der_more(&r); between = ", ") {
        slice oid = der_take(&r).value;
        const char *known = oid_name(oid, names, COUNT(names));
        char text[OID_TEXT_MAX];

        oid_text(oid, text);
        fprintf(to, "%s%s", between, known ? known : text);
    }
}

static void put_constraints(FILE *to, const struct cert *cert)
{
    struct der_reader r = der_reader(cert->constraints);

    for (const char *between = ""; der_more(&r); between = "; ") {
        struct tlv trees = der_take(&r);
        struct der_reader t = der_reader(trees.value);

        fprintf(to, "%s%s ", between, trees.tag == 0xA0 ? "permitted" : "excluded");
        while (der_more(&t)) {
            struct der_reader subtree = der_reader(der_expect(&t, 0x30).value);

            put_general_name(to, der_take(&subtree));
            fputs(der_more(&t) ? ", " : "", to);
        }
    }
}

static void put_eins(FILE *to, const struct cert *cert)
{
    struct der_reader r = der_reader(cert->eins);

    for (const char *between = ""; der_more(&r); between = ", ") {
        fputs(between, to);
        put_text(to, der_take(&r).value);
    }
}

/* Prints every URI in the nest of a DistributionPoint. */
static void put_uris(FILE *to, slice in, int depth, const char **between)
{
    struct der_reader r = der_reader(in);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag == NAME_URI) {
            fputs(*between, to);
            put_text(to, t.value);
            *between = ", ";
        } else if (tag_constructed(t.tag) && depth < 6) {
            put_uris(to, t.value, depth + 1, between);
        }
    }
}

static void put_basic(FILE *to, const struct cert *cert)
{
    fputs(cert->is_ca ? "CA" : "not a CA", to);
    if (cert->path_len >= 0)
        fprintf(to, ", path length %d", (int)cert->path_len);
}

static const char *extension_name(slice oid, char text[OID_TEXT_MAX])
{
    const struct named_oid names[] = {
        { OID_SUBJECT_KEY_ID, "subject key id" },
        { OID_AUTHORITY_KEY_ID, "authority key id" },
        { OID_KEY_USAGE, "key usage" },
        { OID_BASIC_CONSTRAINTS, "basic constraints" },
        { OID_POLICIES, "policies" },
        { OID_SUBJECT_ALT_NAME, "alternative names" },
        { OID_EXT_KEY_USAGE, "extended key usage" },
        { OID_NAME_CONSTRAINTS, "name constraints" },
        { OID_PERMITTED_EINS, "permitted EINs" },
        { OID_CRL_POINTS, "CRL at" },
    };
    const char *known = oid_name(oid, names, COUNT(names));

    oid_text(oid, text);
    return known ? known : text;
}

static void put_extension(FILE *to, const struct cert *cert, const struct cert_ext *e)
{
    const char *between = "";

    if (slice_eq(e->oid, OID_SUBJECT_KEY_ID))
        put_hex(to, cert->ski);
    else if (slice_eq(e->oid, OID_AUTHORITY_KEY_ID))
        put_hex(to, cert->aki);
    else if (slice_eq(e->oid, OID_KEY_USAGE))
        put_key_usage(to, cert->key_usage);
    else if (slice_eq(e->oid, OID_BASIC_CONSTRAINTS))
        put_basic(to, cert);
    else if (slice_eq(e->oid, OID_POLICIES))
        put_policies(to, cert);
    else if (slice_eq(e->oid, OID_SUBJECT_ALT_NAME))
        put_alt_names(to, cert);
    else if (slice_eq(e->oid, OID_EXT_KEY_USAGE))
        put_purposes(to, e->value);
    else if (slice_eq(e->oid, OID_NAME_CONSTRAINTS))
        put_constraints(to, cert);
    else if (slice_eq(e->oid, OID_PERMITTED_EINS))
        put_eins(to, cert);
    else if (slice_eq(e->oid, OID_CRL_POINTS))
        put_uris(to, e->value, 0, &between);
    else
        put_hex(to, e->value);
}

/* The fields before and behind the extensions. */
enum plain { ROLE, SUBJECT, ISSUER, SERIAL, FROM, TO, CURVE, KEY, ALGORITHM, SIGNATURE };

static const char *const plain_names[] = {
    [ROLE] = "role",           [SUBJECT] = "subject", [ISSUER] = "issuer",
    [SERIAL] = "serial",       [FROM] = "not before", [TO] = "not after",
    [CURVE] = "curve",         [KEY] = "public key",  [ALGORITHM] = "signed with",
    [SIGNATURE] = "signature",
};

static void put_plain(FILE *to, const struct cert *cert, enum plain what)
{
    char text[512];

    switch (what) {
    case ROLE:
        fputs(role_facts(cert->role)->name, to);
        return;
    case SUBJECT:
        fputs(name_print(cert->subject, text, sizeof text), to);
        return;
    case ISSUER:
        fputs(name_print(cert->issuer, text, sizeof text), to);
        return;
    case SERIAL:
        put_hex(to, cert->serial);
        return;
    case FROM:
        fputs(time_print(cert->not_before_s, text), to);
        return;
    case TO:
        fputs(time_print(cert->not_after_s, text), to);
        return;
    case CURVE:
        fputs(curve_name(cert->curve), to);
        return;
    case KEY: /* of a foreign curve: all we know is its SubjectPublicKeyInfo */
        put_hex(to, curve_order(cert->curve) ? SLICE_OF(cert->point.b) : cert->spki);
        return;
    case ALGORITHM:
        fputs(cert->ecdsa_sha256 ? "ecdsa-with-SHA256" : "another algorithm", to);
        return;
    case SIGNATURE:
        put_hex(to, cert->signature);
        return;
    }
}

/* A field being made: a stream into memory, then its callback. */
struct field_out {
    cert_field_fn *fn;
    void *ctx;
    FILE *to;
    char *text;
    size_t n;
};

static enum err field_begin(struct field_out *f)
{
    f->text = NULL;
    f->to = open_memstream(&f->text, &f->n);
    return f->to ? E_OK : E_MEMORY;
}

static enum err field_end(struct field_out *f, const char *name, bool critical)
{
    bool whole = !ferror(f->to);

    if (fclose(f->to) != 0 || !whole) {
        free(f->text);
        return E_MEMORY;
    }
    f->fn(f->ctx, name, f->text, critical);
    free(f->text);
    return E_OK;
}

static enum err plain_fields(struct field_out *f, const struct cert *cert, enum plain from,
                             enum plain to)
{
    enum err err = E_OK;

    for (unsigned i = from; !err && i <= (unsigned)to; i++) {
        err = field_begin(f);
        if (!err) {
            put_plain(f->to, cert, (enum plain)i);
            err = field_end(f, plain_names[i], false);
        }
    }
    return err;
}

enum err cert_fields(const struct cert *cert, cert_field_fn *fn, void *ctx)
{
    struct field_out f = { .fn = fn, .ctx = ctx };
    struct cert_ext e;
    enum err err = plain_fields(&f, cert, ROLE, KEY);

    for (slice rest = cert->extensions; !err && cert_ext_next(&rest, &e);) {
        char text[OID_TEXT_MAX];

        err = field_begin(&f);
        if (!err) {
            put_extension(f.to, cert, &e);
            err = field_end(&f, extension_name(e.oid, text), e.critical);
        }
    }
    return err ? err : plain_fields(&f, cert, ALGORITHM, SIGNATURE);
}

static void put_line(void *to, const char *name, const char *value, bool critical)
{
    fprintf(to, "  %-20s %s%s\n", name, value, critical ? "  (critical)" : "");
}

enum err cert_print(FILE *to, const struct cert *cert)
{
    return cert_fields(cert, put_line, to);
}
