/* dunlin profile template, unseal and unpack: around `batch`. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/pack_file.h"
#include "cmd/profile_parts.h"
#include "cmd/seal_key.h"
#include "cmd/template_file.h"
#include "profile/csv.h"
#include "profile/hlr.h"

#include "base/file.h"
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_OCTETS (1 << 17)

static int usage(const struct options *o)
{
    fprintf(stderr, "usage: %s\n", o->usage);
    return EXIT_USAGE;
}

/* ---- template ------------------------------------------------------------------------------- */

static const char *how_filled(const struct template_file *t, unsigned i)
{
    const struct variable *v = &t->factory->variables[i];

    if (t->constants[i].given)
        return "the template's";
    switch (v->what) {
    case VARIABLE_ICCID:
    case VARIABLE_IMSI:
        return "must be given";
    case VARIABLE_K:
        return "generated";
    case VARIABLE_OPC:
        return "from op, or generated";
    case VARIABLE_PIN:
    case VARIABLE_PUK:
    case VARIABLE_KEY:
        return v->keep ? "kept" : "generated";
    case VARIABLE_ACC:
        return "from imsi";
    case VARIABLE_OP:
        return "for opc";
    default:
        return "kept";
    }
}

static void print_variable(const struct template_file *t, unsigned i)
{
    const struct factory *f = t->factory;
    const char *between = "";
    char where[80];

    printf("%-18s %-22s ", f->variables[i].name, how_filled(t, i));
    for (unsigned k = 0; k < f->nplaces; k++) {
        if (f->places[k].variable != i)
            continue;
        printf("%s%s", between, place_name(f, &f->places[k], where, sizeof where));
        between = ", ";
    }
    printf("\n");
}

int profile_template(int argc, char **argv)
{
    const char *path = NULL;
    struct options o = { .usage = "dunlin profile template PACKAGE|TEMPLATE",
                         .about = "Lists the variables of a package: name, what happens when it is "
                                  "not given, where it lies.",
                         .words = &path,
                         .words_max = 1 };
    struct template_file t;
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (!path)
        return usage(&o);
    status = template_open("dunlin profile template", path, NULL, &t);
    if (status != EXIT_DONE)
        return status;
    for (unsigned i = 0; i < t.factory->nvariables; i++)
        print_variable(&t, i);
    if (t.factory->ntables)
        printf("%-18s %-22s service-1 to service-%u of EF.UST: yes or no\n", "service-N", "kept",
               t.factory->tables[0].n * 8);
    template_close(&t);
    return EXIT_DONE;
}

/* ---- unseal --------------------------------------------------------------------------------- */

struct unseal {
    const char *path;
    struct seal_key key;
    struct csv csv;
    FILE *in;
    char *line;
    unsigned long long number;
    size_t columns, iccid;
    char names[CSV_FIELDS_MAX][VARIABLE_NAME_MAX + 8]; /* of sealed columns; else "" */
};

static int bad_line(const struct unseal *u, const char *field, const char *why)
{
    fprintf(stderr, "dunlin profile unseal: %s:%llu: %s%s%s\n", u->path, u->number, field,
            *field ? ": " : "", why);
    return EXIT_FAILED;
}

static void print_field(slice s, size_t i)
{
    bool quote = false;

    for (size_t k = 0; k < s.n; k++)
        quote |= strchr(",;\" \t", s.p[k]) != NULL;
    fputs(i && quote ? ",\"" : i ? "," : quote ? "\"" : "", stdout);
    for (size_t k = 0; k < s.n; k++) {
        if (s.p[k] == '"')
            putchar('"');
        putchar(s.p[k]);
    }
    if (quote)
        putchar('"');
}

static int unseal_header(struct unseal *u, const slice *fields, size_t count)
{
    const size_t end = sizeof HLR_SEALED - 1;

    u->iccid = count;
    u->columns = count;
    for (size_t i = 0; i < count; i++) {
        slice name = fields[i];
        bool sealed = name.n > end && name.n - end < VARIABLE_NAME_MAX &&
                      slice_eq_str(slice_skip(name, name.n - end), HLR_SEALED);

        if (slice_eq_str(name, "iccid"))
            u->iccid = i;
        name.n -= sealed ? end : 0;
        if (sealed)
            snprintf(u->names[i], sizeof u->names[i], "%.*s", (int)name.n, (const char *)name.p);
        print_field(name, i);
    }
    printf("\n");
    return u->iccid < count ? EXIT_DONE : bad_line(u, "iccid", "the column is missing");
}

static int unseal_row(const struct unseal *u, const slice *fields, size_t count)
{
    char text[2 * VALUE_MAX + 1];

    if (count != u->columns)
        return bad_line(u, "", "the number of fields is not that of the first line");
    for (size_t i = 0; i < count; i++) {
        bool sealed = u->names[i][0] && fields[i].n;
        enum err e =
            sealed ? hlr_open(crypto_openssl(), slice_of(u->key.b, u->key.n), fields[u->iccid],
                              slice_str(u->names[i]), fields[i], text, sizeof text)
                   : E_OK;

        if (e)
            wipe(text, sizeof text);
        if (e)
            return bad_line(u, u->names[i],
                            e == E_BADMAC ? "does not open: another key, or another row's value"
                                          : err_text(e));
        print_field(sealed ? slice_str(text) : fields[i], i);
    }
    printf("\n");
    wipe(text, sizeof text);
    return EXIT_DONE;
}

static int unseal_all(struct unseal *u)
{
    slice fields[CSV_FIELDS_MAX];
    int status = EXIT_DONE;

    while (status == EXIT_DONE && fgets(u->line, LINE_MAX_OCTETS, u->in)) {
        size_t n = strlen(u->line), count;

        u->number++;
        if (!n || (u->line[n - 1] != '\n' && !feof(u->in)))
            return bad_line(u, "", "the line is too long, or holds a NUL");
        if (csv_split(&u->csv, u->line, n - (u->line[n - 1] == '\n'), fields, &count))
            return bad_line(u, "", "is no line of CSV");
        if (count)
            status = u->columns ? unseal_row(u, fields, count) : unseal_header(u, fields, count);
    }
    return status;
}

int profile_unseal(int argc, char **argv)
{
    const char *key = NULL;
    const struct option rows[] = {
        { "seal-key", OPTION_TEXT, &key, 0, 0, "FILE", "the transport key" },
    };
    struct unseal *u = calloc(1, sizeof *u);
    struct options o = { .usage = "dunlin profile unseal HLR-FILE --seal-key FILE",
                         .about = "Prints the rows of a batch with their secrets opened.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words_max = 1 };
    int status;

    if (!u)
        return EXIT_FAILED;
    o.words = &u->path;
    status = options_parse(&o, argc, argv);
    if (status < 0)
        status = u->path && key ? seal_key_read("dunlin profile unseal", key, &u->key) : usage(&o);
    else
        u->path = NULL;
    if (status == EXIT_DONE && u->path) {
        u->in = fopen(u->path, "r");
        u->line = malloc(LINE_MAX_OCTETS);
        status = u->in && u->line ? unseal_all(u) : profile_fail(u->path, strerror(errno));
    }
    if (u->in)
        fclose(u->in);
    free(u->line);
    wipe(u, sizeof *u);
    free(u);
    return status;
}

/* ---- unpack --------------------------------------------------------------------------------- */

static int list_pack(const struct pack *p)
{
    for (uint64_t i = 0; i < p->count; i++) {
        uint8_t iccid[ICCID_LEN];
        char digits[ICCID_DIGITS + 1];

        if (pack_iccid(p, i, iccid) || iccid_to_digits(SLICE_OF(iccid), digits))
            return profile_fail("the pack", "has an entry without a proper ICCID");
        printf("%s\n", digits);
    }
    return EXIT_DONE;
}

static enum err find_entry(const struct pack *p, const uint8_t iccid[ICCID_LEN], uint64_t *out)
{
    for (*out = 0; *out < p->count; ++*out) {
        uint8_t one[ICCID_LEN];
        enum err e = pack_iccid(p, *out, one);

        if (e || !memcmp(one, iccid, ICCID_LEN))
            return e;
    }
    return E_NOTFOUND;
}

static int take_entry(const struct pack *p, const char *digits, const char *to)
{
    uint8_t iccid[ICCID_LEN];
    struct arena arena;
    slice package, metadata;
    uint64_t i;
    enum err e = iccid_from_digits(slice_str(digits), iccid);

    if (e)
        return profile_fail(digits, "18 to 20 digits are needed");
    arena_init(&arena, 2 * PACKAGE_MAX);
    e = find_entry(p, iccid, &i);
    if (!e)
        e = pack_read(crypto_openssl(), p, i, &arena, &package, &metadata);
    if (!e)
        e = file_replace(to, package, 0600);
    arena_free(&arena);
    return e ? profile_fail(digits, err_text(e)) : EXIT_DONE;
}

int profile_unpack(int argc, char **argv)
{
    const char *iccid = NULL, *to = "profile.der", *path = NULL, *fault;
    const struct option rows[] = {
        { "iccid", OPTION_TEXT, &iccid, 0, 0, "DIGITS", "the package to take out" },
        { "out", OPTION_TEXT, &to, 0, 0, "FILE", "where to (profile.der)" },
    };
    struct options o = { .usage = "dunlin profile unpack PACK [OPTIONS]",
                         .about = "Lists the ICCIDs of a pack, or takes one package out of it.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &path,
                         .words_max = 1 };
    struct pack_file p;
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (!path)
        return usage(&o);
    fault = pack_file_open(path, &p);
    if (fault)
        return profile_fail(path, fault);
    status = iccid ? take_entry(&p.pack, iccid, to) : list_pack(&p.pack);
    pack_file_close(&p);
    return status;
}
