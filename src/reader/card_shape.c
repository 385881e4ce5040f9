#include "reader/card_shape.h"

#include "base/text.h"
#include "reader/address_text.h"
#include "rsp/sgp22.h"

#include <stddef.h>

enum field_kind {
    IS_EID,
    IS_VERSION, /* a.b.c into three octets */
    IS_TEXT,    /* slice; min..max octets */
    IS_HEX,     /* slice; min..max octets */
    IS_RULES,   /* the same, and each element is a ProfilePolicyAuthorisationRule */
    IS_YES_NO,
    IS_NUMBER,  /* min..max into an unsigned integer of `size` octets */
    IS_WORD,    /* one of the names, into an int */
    IS_WORDS,   /* any of the names, into bits of an unsigned integer of `size` octets; "none" */
    IS_ADDRESS, /* IPv4 or IPv6 into a slice */
    IS_LABELS,  /* a name as labels with their lengths (TS 23.003 9.1) into a slice */
    IS_HOST,    /* "name address[:port]" into the next of the hosts; may stand again */
};

struct row {
    const char *name;
    enum field_kind kind;
    uint16_t at, size;
    uint32_t min, max;
    const struct value_name *names;
    const char *form; /* what it takes */
};

static const struct value_name more_names[] = { { MORE_61XX, "61XX" },
                                                { MORE_FETCHED, "fetched" },
                                                VALUE_NAMES_END };
static const struct value_name wrong_le_names[] = { { WRONG_LE_6CXX, "6CXX" },
                                                    { WRONG_LE_6700, "6700" },
                                                    { WRONG_LE_ANSWERED, "answered" },
                                                    VALUE_NAMES_END };

static const struct value_name ipae_names[] = {
    { IPAE_NONE, "no" }, { IPAE_ON_DEMAND, "yes" }, { IPAE_ALWAYS, "active" }, VALUE_NAMES_END
};
/* bits of struct ipa_options.features */
static const struct value_name ipae_feature_names[] = { { 0, "direct" },
                                                        { 1, "indirect" },
                                                        VALUE_NAMES_END };

/* clang-format off */
#define AT(member)  offsetof(struct card_shape, member), sizeof(((struct card_shape *)0)->member)
#define P(member)   AT(personality.member)
#define VERSION     0, 0, NULL, "takes a version such as 2.5.0"
#define YES_NO      0, 0, NULL, "takes yes or no"
#define HEX         NULL, "takes hexadecimal digits"
#define NAMES(n)    0, 0, n, "takes names of the specification with spaces between them, or none"

static const struct row rows[] = {
    { "eid",                  IS_EID,     P(eid), 0, 0, NULL, "takes 32 digits with good check digits" },
    { "svn",                  IS_VERSION, P(svn), VERSION },
    { "iot_version",          IS_VERSION, P(iot_version), VERSION },
    { "profile_version",      IS_VERSION, P(profile_version), VERSION },
    { "more_profile_version", IS_VERSION, P(more_profile_version), VERSION },
    { "firmware",             IS_VERSION, P(firmware), VERSION },
    { "pp_version",           IS_VERSION, P(pp_version), VERSION },
    { "ts102241_version",     IS_VERSION, P(ts102241), VERSION },
    { "globalplatform_version", IS_VERSION, P(global_platform), VERSION },
    { "sas_accreditation",    IS_TEXT,    P(sas_accreditation), 0, 64, NULL, "takes at most 64 octets" },
    { "default_smdp",         IS_TEXT,    P(default_smdp), 0, 255, NULL, "takes at most 255 octets" },
    { "root_smds",            IS_TEXT,    P(root_smds), 0, 255, NULL, "takes at most 255 octets" },
    { "category",             IS_WORD,    P(category), 0, 0, euicc_category_names,
      "takes other, basicEuicc, mediumEuicc or contactlessEuicc" },
    { "uicc_capability",      IS_WORDS,   P(uicc_capability), NAMES(uicc_capability_names) },
    { "rsp_capability",       IS_WORDS,   P(rsp_capability), NAMES(rsp_capability_names) },
    { "forbidden_pprs",       IS_WORDS,   P(forbidden_pprs), NAMES(ppr_ids_names) },
    { "rat",                  IS_RULES,   P(rat), 0, 2048, NULL,
      "takes ProfilePolicyAuthorisationRule elements in hexadecimal" },
    { "http_params",          IS_HEX,     P(http_params), 0, 1024, HEX },
    { "emergency",            IS_YES_NO,  P(emergency_supported), YES_NO },
    { "fallback",             IS_YES_NO,  P(fallback_supported), YES_NO },
    { "eim_reset",            IS_YES_NO,  P(eim_reset_supported), YES_NO },
    { "immediate_enable_reset", IS_YES_NO, P(immediate_enable_reset_supported), YES_NO },
    { "test_profiles",        IS_YES_NO,  P(test_profiles_supported), YES_NO },
    { "request_max",          IS_NUMBER,  P(request_max), 1024, 65535, NULL, "takes 1024 to 65535" },
    { "package_max",          IS_NUMBER,  P(package_max), 256, 65535, NULL, "takes 256 to 65535" },
    { "result_max",           IS_NUMBER,  P(result_max), 256, 65535, NULL, "takes 256 to 65535" },
    { "segment_max",          IS_NUMBER,  P(segment_max), 128, 4096, NULL, "takes 128 to 4096" },
    { "eim_max",              IS_NUMBER,  P(eim_max), 1, 16, NULL, "takes 1 to 16" },
    { "notification_max",     IS_NUMBER,  P(notification_max), 4, 255, NULL, "takes 4 to 255" },

    { "ipae",                 IS_WORD,    P(ipae), 0, 0, ipae_names, "takes no, yes or active" },
    { "ipae_dns",             IS_ADDRESS, AT(ipae.network.dns), 0, 0, NULL, "takes an IPv4 or IPv6 address" },
    { "ipae_access_name",     IS_LABELS,  AT(ipae.network.access_name), 1, 100, NULL,
      "takes a name of labels with dots between them" },
    { "ipae_timeout_s",       IS_NUMBER,  AT(ipae.network.timeout_s), 1, 3600, NULL, "takes 1 to 3600 seconds" },
    { "ipae_poll_s",          IS_NUMBER,  AT(ipae.poll_s), 1, 2592000, NULL, "takes 1 to 2592000 seconds" },
    { "ipae_features",        IS_WORDS,   AT(ipae.features), 0, 0, ipae_feature_names, "takes direct and indirect" },
    { "ipae_initial_eim",     IS_HEX,     AT(ipae.initial_eim), 4, 2048, HEX },
    { "ipae_host",            IS_HOST,    0, 0, 0, 0, NULL, "takes name and address[:port], at most 8 times" },

    { "atr",                  IS_HEX,     AT(atr), 2, 33, HEX },
    { "extended_apdu",        IS_YES_NO,  AT(extended_apdu), YES_NO },
    { "channels",             IS_NUMBER,  AT(channels), 1, CARD_CHANNELS, NULL, "takes 1 to 20" },
    { "poll_interval_s",      IS_NUMBER,  AT(poll_interval_s), 0, 15300, NULL, "takes 0 to 15300 seconds" },
    { "memory",               IS_NUMBER,  AT(memory), 65536, 917504, NULL, "takes 65536 to 917504 octets" },

    { "delay_ms",             IS_NUMBER,  AT(quirks.delay_ms), 0, 60000, NULL, "takes 0 to 60000" },
    { "response_max",         IS_NUMBER,  AT(quirks.response_max), 1, 256, NULL, "takes 1 to 256" },
    { "more_data",            IS_WORD,    AT(quirks.more), 0, 0, more_names, "takes 61XX or fetched" },
    { "wrong_le",             IS_WORD,    AT(quirks.wrong_le), 0, 0, wrong_le_names,
      "takes 6CXX, 6700 or answered" },
    { "power_cut_write",      IS_NUMBER,  AT(power_cut_write), 0, UINT32_MAX, NULL, "takes a number" },
    { "power_cut_octets",     IS_NUMBER,  AT(power_cut_octets), 0, UINT32_MAX, NULL, "takes a number" },
};
/* clang-format on */

_Static_assert(sizeof(enum quirk_more) == sizeof(int), "IS_WORD stores an int");

void card_shape_defaults(struct card_shape *shape)
{
    memset(shape, 0, sizeof *shape);
    personality_defaults(&shape->personality);
    shape->memory = 256 << 10;
    shape->ipae.euicc = &shape->personality;
}

/* ---- values ---- */

static void store_unsigned(const struct row *row, struct card_shape *shape, uint64_t v)
{
    uint8_t *to = (uint8_t *)shape + row->at;
    uint8_t v8 = (uint8_t)v;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;

    switch (row->size) {
    case 1:
        memcpy(to, &v8, 1);
        break;
    case 2:
        memcpy(to, &v16, 2);
        break;
    case 4:
        memcpy(to, &v32, 4);
        break;
    default:
        memcpy(to, &v, 8);
    }
}

/* Digits only, at most `max`; moves behind them. */
static enum err take_number(slice *text, uint32_t max, uint32_t *out)
{
    uint64_t v = 0;
    size_t n = 0;

    for (; n < text->n && text->p[n] >= '0' && text->p[n] <= '9'; n++) {
        v = v * 10 + (uint64_t)(text->p[n] - '0');
        if (v > max)
            return E_RANGE;
    }
    if (n == 0)
        return E_SYNTAX;
    *text = slice_skip(*text, n);
    *out = (uint32_t)v;
    return E_OK;
}

static enum err read_number(const struct row *row, slice value, struct card_shape *shape)
{
    uint32_t v;
    enum err e = take_number(&value, row->max, &v);

    if (e || value.n)
        return e ? e : E_SYNTAX;
    if (v < row->min)
        return E_RANGE;
    store_unsigned(row, shape, v);
    return E_OK;
}

static enum err read_version(const struct row *row, slice value, struct card_shape *shape)
{
    uint8_t *to = (uint8_t *)shape + row->at;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t part;
        enum err e;

        if (i > 0) {
            if (!value.n || value.p[0] != '.')
                return E_SYNTAX;
            value = slice_skip(value, 1);
        }
        e = take_number(&value, 255, &part);
        if (e)
            return e;
        to[i] = (uint8_t)part;
    }
    return value.n ? E_SYNTAX : E_OK;
}

static enum err read_text(const struct row *row, slice value, struct card_shape *shape)
{
    if (value.n < row->min || value.n > row->max)
        return E_RANGE;
    memcpy((uint8_t *)shape + row->at, &value, sizeof value);
    return E_OK;
}

static enum err read_hex(const struct row *row, slice value, struct card_shape *shape)
{
    slice out = slice_of(shape->octets + shape->octets_n, 0);
    enum err e = hex_decode(value, shape->octets + shape->octets_n,
                            sizeof shape->octets - shape->octets_n, &out.n);

    if (e)
        return e;
    if (out.n < row->min || out.n > row->max)
        return E_RANGE;
    for (struct der_reader r = der_reader(out); row->kind == IS_RULES && der_more(&r);) {
        struct tlv rule = der_take(&r);

        if (r.err || schema_check(&T_profile_policy_authorisation_rule, rule.whole, NULL))
            return E_SYNTAX;
    }
    shape->octets_n += out.n;
    memcpy((uint8_t *)shape + row->at, &out, sizeof out);
    return E_OK;
}

static enum err read_yes_no(const struct row *row, slice value, struct card_shape *shape)
{
    bool yes = slice_eq_str(value, "yes");

    if (!yes && !slice_eq_str(value, "no"))
        return E_SYNTAX;
    memcpy((uint8_t *)shape + row->at, &yes, sizeof yes);
    return E_OK;
}

static const struct value_name *find_name(const struct value_name *names, slice word)
{
    for (; names->name; names++)
        if (slice_eq_nocase(word, slice_str(names->name)))
            return names;
    return NULL;
}

static enum err read_word(const struct row *row, slice value, struct card_shape *shape)
{
    const struct value_name *name = find_name(row->names, value);
    int v;

    if (!name)
        return E_SYNTAX;
    v = name->value;
    memcpy((uint8_t *)shape + row->at, &v, sizeof v);
    return E_OK;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static slice trim(slice s)
{
    while (s.n && blank(s.p[0]))
        s = slice_skip(s, 1);
    while (s.n && blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static enum err read_words(const struct row *row, slice value, struct card_shape *shape)
{
    uint64_t bits = 0;

    if (slice_eq_str(value, "none")) {
        store_unsigned(row, shape, 0);
        return E_OK;
    }
    if (!value.n)
        return E_SYNTAX;
    while (value.n) {
        const struct value_name *name;
        size_t n = 0;

        while (n < value.n && !blank(value.p[n]))
            n++;
        name = find_name(row->names, slice_head(value, n));
        if (!name || name->value < 0 || name->value >= (int32_t)row->size * 8)
            return E_SYNTAX;
        bits |= UINT64_C(1) << name->value;
        value = trim(slice_skip(value, n));
    }
    store_unsigned(row, shape, bits);
    return E_OK;
}

static enum err read_eid(slice value, struct card_shape *shape)
{
    enum err e = eid_from_digits(value, shape->personality.eid);

    if (e || !eid_valid(shape->personality.eid))
        return E_SYNTAX;
    shape->has_eid = true;
    return E_OK;
}

/* ---- names and addresses of the network ---- */

static enum err keep(const struct row *row, slice octets, struct card_shape *shape)
{
    slice kept = slice_of(shape->octets + shape->octets_n, octets.n);

    if (octets.n > sizeof shape->octets - shape->octets_n)
        return E_RANGE;
    memcpy(shape->octets + shape->octets_n, octets.p, octets.n);
    shape->octets_n += octets.n;
    memcpy((uint8_t *)shape + row->at, &kept, sizeof kept);
    return E_OK;
}

static enum err read_address(const struct row *row, slice value, struct card_shape *shape)
{
    uint8_t address[16];
    size_t n;
    enum err e = address_read(value, address, &n);

    return e ? e : keep(row, slice_of(address, n), shape);
}

static enum err read_labels(const struct row *row, slice value, struct card_shape *shape)
{
    uint8_t labels[128];
    size_t n = 0;

    if (value.n < row->min || value.n > row->max)
        return E_RANGE;
    for (slice rest = value; rest.n || !n;) {
        const uint8_t *dot = memchr(rest.p, '.', rest.n);
        size_t label = dot ? (size_t)(dot - rest.p) : rest.n;

        if (label == 0 || label > 63 || (dot && label + 1 == rest.n))
            return E_SYNTAX;
        labels[n++] = (uint8_t)label;
        memcpy(labels + n, rest.p, label);
        n += label;
        rest = slice_skip(rest, dot ? label + 1 : label);
    }
    return keep(row, slice_of(labels, n), shape);
}

static enum err read_host(slice value, struct card_shape *shape)
{
    struct ipae_personality *p = &shape->ipae;
    struct ipae_host *h = &p->hosts[p->host_count];
    size_t n = 0;
    enum err e;

    if (p->host_count == IPAE_HOSTS)
        return E_RANGE;
    while (n < value.n && !blank(value.p[n]))
        n++;
    if (n == 0 || n > WEB_HOST_MAX || n == value.n)
        return E_SYNTAX;
    h->name = slice_head(value, n);
    e = address_read_port(trim(slice_skip(value, n)), h->address, &n, &h->port);
    if (e)
        return e;
    h->address_n = (uint8_t)n;
    p->host_count++;
    return E_OK;
}

static enum err read_value(const struct row *row, slice value, struct card_shape *shape)
{
    switch (row->kind) {
    case IS_EID:
        return read_eid(value, shape);
    case IS_VERSION:
        return read_version(row, value, shape);
    case IS_TEXT:
        return read_text(row, value, shape);
    case IS_HEX:
    case IS_RULES:
        return read_hex(row, value, shape);
    case IS_YES_NO:
        return read_yes_no(row, value, shape);
    case IS_NUMBER:
        return read_number(row, value, shape);
    case IS_WORD:
        return read_word(row, value, shape);
    case IS_ADDRESS:
        return read_address(row, value, shape);
    case IS_LABELS:
        return read_labels(row, value, shape);
    case IS_HOST:
        return read_host(value, shape);
    default:
        return read_words(row, value, shape);
    }
}

/* ---- lines ---- */

static enum err fail(struct card_shape_fault *f, unsigned line, slice field, const char *why,
                     enum err e)
{
    size_t n = field.n < sizeof f->field - 1 ? field.n : sizeof f->field - 1;

    f->line = line;
    f->why = why;
    for (size_t i = 0; i < n; i++) /* what is printed holds no control characters */
        f->field[i] = field.p[i] < 0x20 || field.p[i] == 0x7F ? '?' : (char)field.p[i];
    f->field[n] = 0;
    return e;
}

static const struct row *find_row(slice name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (slice_eq_str(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static enum err read_line(slice line, unsigned number, uint64_t *seen, struct card_shape *shape,
                          struct card_shape_fault *fault)
{
    const uint8_t *equals = line.n ? memchr(line.p, '=', line.n) : NULL;
    const struct row *row;
    slice name;
    uint64_t bit;
    enum err e;

    if (!equals)
        return fail(fault, number, line, "is not of the form name = value", E_SYNTAX);
    name = trim(slice_of(line.p, (size_t)(equals - line.p)));
    row = find_row(name);
    if (!row)
        return fail(fault, number, name, "is not the name of a field", E_NOTFOUND);
    bit = UINT64_C(1) << (row - rows);
    if (*seen & bit && row->kind != IS_HOST)
        return fail(fault, number, name, "stands twice", E_REPEATED);
    *seen |= bit;
    e = read_value(row, trim(slice_skip(line, (size_t)(equals - line.p) + 1)), shape);
    return e ? fail(fault, number, name, row->form, e) : E_OK;
}

_Static_assert(COUNT(rows) <= 64, "a bit for each row");

enum err card_shape_read(slice text, struct card_shape *shape, struct card_shape_fault *fault)
{
    uint64_t seen = 0;

    for (unsigned number = 1; text.n; number++) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        const uint8_t *comment = n ? memchr(text.p, '#', n) : NULL;
        slice line = slice_of(text.p, comment ? (size_t)(comment - text.p) : n);
        enum err e;

        line = trim(line);
        e = line.n ? read_line(line, number, &seen, shape, fault) : E_OK;
        if (e)
            return e;
        text = slice_skip(text, end ? n + 1 : n);
    }
    return E_OK;
}
