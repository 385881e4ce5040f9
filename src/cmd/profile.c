/* dunlin profile: show, check and build profile packages; the other actions have their files. */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/profile_parts.h"

#include "base/secret.h"
#include "base/text.h"
#include "profile/build.h"
#include "profile/check.h"
#include "profile/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int profile_fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin profile: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static void to_stdout(void *ctx, const char *text, size_t n)
{
    (void)ctx;
    fwrite(text, 1, n, stdout);
}

const struct text_sink PROFILE_STDOUT = { .put = to_stdout };

/* ---- reading a package ---------------------------------------------------------------------- */

const char *profile_read(struct arena *arena, const char *path, slice *out)
{
    FILE *f = fopen(path, "rb");
    uint8_t *octets = f ? arena_alloc(arena, PACKAGE_MAX + 1) : NULL;
    const char *fault = NULL;
    size_t n;

    if (!f)
        return "cannot be opened";
    n = octets ? fread(octets, 1, PACKAGE_MAX + 1, f) : 0;
    if (!octets || n > PACKAGE_MAX)
        fault = "is too large";
    else if (ferror(f))
        fault = "cannot be read";
    else if (!n)
        fault = "is empty";
    fclose(f);
    *out = slice_of(octets, n);
    return fault;
}

/* ---- show ----------------------------------------------------------------------------------- */

static int show(int argc, char **argv)
{
    struct show_options how = { 0 };
    const struct option rows[] = {
        { "json", OPTION_FLAG, &how.json, 0, 0, NULL, "one JSON object" },
        { "secrets", OPTION_FLAG, &how.secrets, 0, 0, NULL, "keys, PINs and PUKs in the clear" },
        { "content", OPTION_FLAG, &how.content, 0, 0, NULL, "the whole content of files" },
    };
    const char *path = NULL, *fault;
    struct options o = { .usage = "dunlin profile show FILE [OPTIONS]",
                         .about = "Prints what a profile package holds.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &path,
                         .words_max = 1 };
    struct findings findings = { 0 };
    struct profile_model *m;
    struct arena arena;
    slice package;
    int status = options_parse(&o, argc, argv);
    enum err e;

    if (status >= 0)
        return status;
    if (!path) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    arena_init(&arena, MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
    fault = profile_read(&arena, path, &package);
    e = fault ? E_OK : model_build(&arena, package, &findings, &m);
    if (!fault && e)
        fault = err_text(e);
    if (!fault)
        profile_show(m, &how, &PROFILE_STDOUT);
    if (!fault && findings.errors)
        fprintf(stderr, "dunlin profile: parts could not be read: try 'dunlin profile check'\n");
    arena_free(&arena);
    return fault ? profile_fail(path, fault) : EXIT_DONE;
}

/* ---- check ---------------------------------------------------------------------------------- */

struct check_output {
    bool json, first;
};

static void print_finding(void *ctx, const struct finding *f)
{
    struct check_output *out = ctx;
    char text[480];

    if (!out->json) {
        printf("%s: %s\n", f->level == FINDING_ERROR ? "error" : "warning",
               finding_print(f, text, sizeof text));
        return;
    }
    if (!out->first)
        printf(",");
    out->first = false;
    finding_show_json(f, &PROFILE_STDOUT);
}

static void print_verdict(const char *path, const struct findings *f, bool json)
{
    if (json)
        printf("],\"errors\":%u,\"warnings\":%u}\n", f->errors, f->warnings);
    else
        printf("%s: %u error%s, %u warning%s\n", path, f->errors, f->errors == 1 ? "" : "s",
               f->warnings, f->warnings == 1 ? "" : "s");
}

static int check(int argc, char **argv)
{
    struct check_output out = { .first = true };
    const struct option rows[] = {
        { "json", OPTION_FLAG, &out.json, 0, 0, NULL, "one JSON object" },
    };
    const char *path = NULL, *fault;
    struct options o = { .usage = "dunlin profile check FILE [OPTIONS]",
                         .about = "Would a card take this package? Exits 1 when it has errors.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = &path,
                         .words_max = 1 };
    struct findings findings = { .put = print_finding, .ctx = &out };
    struct arena arena;
    slice package;
    int status = options_parse(&o, argc, argv);
    enum err e;

    if (status >= 0)
        return status;
    if (!path) {
        fprintf(stderr, "usage: %s\n", o.usage);
        return EXIT_USAGE;
    }
    arena_init(&arena, MODEL_ARENA_LIMIT + 2 * PACKAGE_MAX);
    fault = profile_read(&arena, path, &package);
    if (!fault) {
        if (out.json)
            printf("{\"findings\":[");
        e = profile_check(&arena, package, &findings, NULL);
        if (e)
            finding_add(&findings, FINDING_ERROR, NULL, "", "%s", err_text(e));
        print_verdict(path, &findings, out.json);
    }
    arena_free(&arena);
    if (fault)
        return profile_fail(path, fault);
    return findings.errors ? EXIT_FAILED : EXIT_DONE;
}

/* ---- build ---------------------------------------------------------------------------------- */

/* Texts of the command line, before they are anything. */
struct build_texts {
    const char *type, *iccid, *imsi, *spn, *algorithm, *k, *opc, *op;
    const char *pin1, *puk1, *pin2, *puk2, *adm1, *to;
    long mnc_len;
    bool isim, keys;
};

/* Holds what hexadecimal texts become; wiped by its owner. */
struct build_keys {
    uint8_t k[32], opc[32], op[32];
};

/* NULL, or the option whose text is not 16 or 32 octets of hexadecimal. */
static const char *read_key(const char *name, const char *text, uint8_t out[32], slice *key)
{
    size_t n;

    if (!text)
        return NULL;
    if (hex_decode(slice_str(text), out, 32, &n) || (n != 16 && n != 32))
        return name;
    *key = slice_of(out, n);
    return NULL;
}

static const char *read_algorithm(const char *text, enum aka_algorithm *out)
{
    *out = !text || !strcmp(text, "milenage") ? AKA_MILENAGE
           : !strcmp(text, "tuak")            ? AKA_TUAK
           : !strcmp(text, "xor")             ? AKA_XOR
                                              : 0;
    return *out ? NULL : "algorithm (milenage, tuak or xor)";
}

static const char *read_build(const struct build_texts *t, struct build_keys *keys,
                              struct build_input *in)
{
    const char *bad = read_algorithm(t->algorithm, &in->algorithm);

    in->profile_type = slice_str(t->type);
    in->iccid = slice_str(t->iccid);
    in->imsi = slice_str(t->imsi);
    in->mnc_len = (uint8_t)t->mnc_len;
    in->spn = slice_str(t->spn);
    in->pin1 = slice_str(t->pin1);
    in->puk1 = slice_str(t->puk1);
    in->pin2 = slice_str(t->pin2);
    in->puk2 = slice_str(t->puk2);
    in->adm1 = slice_str(t->adm1);
    in->isim = t->isim;
    if (!bad)
        bad = read_key("k", t->k, keys->k, &in->k);
    if (!bad)
        bad = read_key("opc", t->opc, keys->opc, &in->opc);
    return bad ? bad : read_key("op", t->op, keys->op, &in->op);
}

static const char *write_package(const char *path, slice package)
{
    FILE *f = strcmp(path, "-") ? fopen(path, "wb") : stdout;
    bool whole;

    if (!f)
        return "cannot be written";
    whole = fwrite(package.p, 1, package.n, f) == package.n;
    whole = (f == stdout ? fflush(f) : fclose(f)) == 0 && whole;
    return whole ? NULL : "could not be written whole";
}

static void print_key(const char *name, const uint8_t *key, size_t n)
{
    char text[65];

    if (!hex_encode(slice_of(key, n), text, sizeof text))
        fprintf(stderr, "%s %s\n", name, text);
    wipe(text, sizeof text);
}

static void print_built(const struct profile_identity *who, const struct build_texts *t, size_t n)
{
    fprintf(stderr, "iccid %s\nimsi %s\n", who->iccid, who->imsi);
    if (t->keys) {
        print_key("k", who->aka.key, who->aka.key_len);
        print_key("opc", who->aka.opc, who->aka.algorithm == AKA_TUAK ? 32 : 16);
    }
    fprintf(stderr, "%zu octets to %s\n", n, t->to);
}

static int build_with(const struct build_texts *t)
{
    struct build_input in = { 0 };
    struct build_keys keys;
    struct profile_identity who = { 0 };
    const char *bad = read_build(t, &keys, &in), *fault = NULL;
    struct arena arena;
    slice package;
    enum err e;

    if (bad || !crypto_openssl()) {
        wipe(&keys, sizeof keys);
        if (!bad)
            return profile_fail("OpenSSL", "lacks what is needed");
        fprintf(stderr, "dunlin profile build: --%s is not usable\n", bad);
        return EXIT_USAGE;
    }
    arena_init(&arena, MODEL_ARENA_LIMIT);
    e = profile_build(&arena, crypto_openssl(), &in, &package, &who);
    fault = e ? err_text(e) : write_package(t->to, package);
    if (!fault)
        print_built(&who, t, package.n);
    arena_free(&arena);
    wipe(&keys, sizeof keys);
    wipe(&who, sizeof who);
    return fault ? profile_fail(e ? "the profile" : t->to, fault) : EXIT_DONE;
}

static int build(int argc, char **argv)
{
    struct build_texts t = { .to = "profile.der", .mnc_len = 2 };
    const struct option rows[] = {
        { "out", OPTION_TEXT, &t.to, 0, 0, "FILE", "where to (profile.der; - is standard output)" },
        { "iccid", OPTION_TEXT, &t.iccid, 0, 0, "DIGITS", "18 to 20 digits" },
        { "imsi", OPTION_TEXT, &t.imsi, 0, 0, "DIGITS", "14 or 15 digits" },
        { "mnc-length", OPTION_INT, &t.mnc_len, 2, 3, "N", "2 or 3 digits" },
        { "algorithm", OPTION_TEXT, &t.algorithm, 0, 0, "NAME", "milenage, tuak or xor" },
        { "k", OPTION_TEXT, &t.k, 0, 0, "HEX", "K, 16 octets (TUAK: or 32)" },
        { "opc", OPTION_TEXT, &t.opc, 0, 0, "HEX", "OPc, 16 octets (TUAK: TOPc, 32)" },
        { "op", OPTION_TEXT, &t.op, 0, 0, "HEX", "OP or TOP, from which OPc is computed" },
        { "pin1", OPTION_TEXT, &t.pin1, 0, 0, "DIGITS", "4 to 8 digits (0000, not asked for)" },
        { "puk1", OPTION_TEXT, &t.puk1, 0, 0, "DIGITS", "8 digits" },
        { "pin2", OPTION_TEXT, &t.pin2, 0, 0, "DIGITS", "4 to 8 digits (0000)" },
        { "puk2", OPTION_TEXT, &t.puk2, 0, 0, "DIGITS", "8 digits" },
        { "adm1", OPTION_TEXT, &t.adm1, 0, 0, "DIGITS", "4 to 8 digits" },
        { "spn", OPTION_TEXT, &t.spn, 0, 0, "NAME", "service provider name, up to 16 letters" },
        { "type", OPTION_TEXT, &t.type, 0, 0, "TEXT", "profileType of the header" },
        { "isim", OPTION_FLAG, &t.isim, 0, 0, NULL, "with an ISIM" },
        { "show-keys", OPTION_FLAG, &t.keys, 0, 0, NULL, "print K and OPc" },
    };
    struct options o = { .usage = "dunlin profile build [OPTIONS]",
                         .about = "Makes a test profile. What is not given is made up: numbers of "
                                  "the test network 001 01\nand fresh random keys.",
                         .rows = rows,
                         .count = COUNT(rows) };
    char out[] = "--out";
    int status;

    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "-o"))
            argv[i] = out;
    status = options_parse(&o, argc, argv);
    return status >= 0 ? status : build_with(&t);
}

/* ---- which ---------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} actions[] = {
    { "show", show, "what a package holds" },
    { "check", check, "whether a card would take it" },
    { "build", build, "a test profile of our own" },
    { "template", profile_template, "which variables a package has, and where they lie" },
    { "batch", profile_batch, "profiles for many subscribers, from a template and a CSV file" },
    { "unseal", profile_unseal, "rows of a batch with their secrets opened" },
    { "unpack", profile_unpack, "what a pack holds, or one package of it" },
    { "lint", profile_lint, "what should not leave a laboratory" },
    { "diff", profile_diff, "in what two packages differ" },
};

static int usage(FILE *to)
{
    fprintf(to, "usage: dunlin profile ACTION ...   (--help after an action tells more)\n\n");
    for (size_t i = 0; i < COUNT(actions); i++)
        fprintf(to, "  %-9s %s\n", actions[i].name, actions[i].help);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int cmd_profile(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help"))
        return usage(stdout);
    for (size_t i = 0; i < COUNT(actions); i++)
        if (!strcmp(argv[1], actions[i].name))
            return actions[i].run(argc - 1, argv + 1);
    fprintf(stderr, "dunlin profile: no action '%s'\n", argv[1]);
    return usage(stderr);
}
