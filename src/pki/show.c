#include "pki/show.h"

#include "pki/oid.h"
#include "pki/time.h"

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

static char printable(uint8_t c)
{
    return c < 0x20 || c == 0x7F ? '?' : (char)c;
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
        for (size_t i = 0; i < a.value.n && at + 1 < size; i++) {
            buf[at++] = printable(a.value.p[i]);
            buf[at] = 0;
        }
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
    for (size_t i = 0; i < s.n; i++)
        fputc(printable(s.p[i]), to);
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

static void put_extension(FILE *to, const struct cert *cert, const struct cert_ext *e)
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
    const char *known = oid_name(e->oid, names, COUNT(names)), *between = "";
    char text[OID_TEXT_MAX];

    oid_text(e->oid, text);
    fprintf(to, "  %-20s ", known ? known : text);
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
    fputs(e->critical ? "  (critical)\n" : "\n", to);
}

static void put_line(FILE *to, const char *what, slice hex)
{
    fprintf(to, "  %-20s ", what);
    put_hex(to, hex);
    fputc('\n', to);
}

void cert_print(FILE *to, const struct cert *cert)
{
    char text[512];
    struct cert_ext e;

    fprintf(to, "  %-20s %s\n", "role", role_facts(cert->role)->name);
    fprintf(to, "  %-20s %s\n", "subject", name_print(cert->subject, text, sizeof text));
    fprintf(to, "  %-20s %s\n", "issuer", name_print(cert->issuer, text, sizeof text));
    put_line(to, "serial", cert->serial);
    fprintf(to, "  %-20s %s\n", "not before", time_print(cert->not_before_s, text));
    fprintf(to, "  %-20s %s\n", "not after", time_print(cert->not_after_s, text));
    fprintf(to, "  %-20s %s\n", "curve", curve_name(cert->curve));
    if (curve_order(cert->curve))
        put_line(to, "public key", SLICE_OF(cert->point.b));
    else
        put_line(to, "public key info", cert->spki);
    for (slice rest = cert->extensions; cert_ext_next(&rest, &e);)
        put_extension(to, cert, &e);
    fprintf(to, "  %-20s %s\n", "signed with",
            cert->ecdsa_sha256 ? "ecdsa-with-SHA256" : "another algorithm");
    put_line(to, "signature", cert->signature);
}
