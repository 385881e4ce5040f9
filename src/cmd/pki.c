/*
 * dunlin pki: makes a private certificate hierarchy of the SGP.26 shape, revokes what it issued
 * (pki_revoke.c), and shows certificates. A
 * directory is shown as what it holds, and every certificate in it is verified up to its CI.
 */
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/pki_parts.h"

#include "pki/show.h"
#include "pki/testci.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define HELD_MAX  4096 /* certificates of one directory */
#define DEPTH_MAX 4    /* folders inside folders */

int pki_fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin pki: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* One line of JSON on standard output; takes the object over. */
static void put_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
}

/* ---- init and euicc ------------------------------------------------------------------------- */

static bool parse_curve(const char *text, enum curve *out)
{
    *out = !strcmp(text, "p256")        ? CURVE_P256
           : !strcmp(text, "brainpool") ? CURVE_BP256R1
                                        : CURVE_NONE;
    return *out != CURVE_NONE;
}

/*
 * --host may be given several times, which the rows of options cannot say: takes these arguments
 * out of the vector. False when one lacks its name or there are too many.
 */
static bool take_hosts(int *argc, char **argv, slice hosts[TESTCI_HOSTS_MAX], size_t *count)
{
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        const char *host = NULL;

        if (!strncmp(argv[i], "--host=", 7))
            host = argv[i] + 7;
        else if (strcmp(argv[i], "--host") != 0) {
            argv[kept++] = argv[i];
            continue;
        } else if (++i < *argc)
            host = argv[i];
        if (!host || !*host || *count == TESTCI_HOSTS_MAX)
            return false;
        hosts[(*count)++] = slice_str(host);
    }
    *argc = kept;
    return true;
}

static int pki_init(const struct crypto *c, int argc, char **argv)
{
    const char *dir = "var/pki", *curve = "p256", *eim = NULL, *told = NULL;
    long euiccs = 3;
    bool json = false;
    slice hosts[TESTCI_HOSTS_MAX];
    size_t host_count = 0;
    char where[KEYSTORE_PATH_MAX];
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &dir, 0, 0, "DIR", "where the hierarchy is made (var/pki)" },
        { "euiccs", OPTION_INT, &euiccs, 0, 100000, "N", "eUICC certificates to make (3)" },
        { "curve", OPTION_TEXT, &curve, 0, 0, "CURVE", "p256 or brainpool (p256)" },
        { "host", OPTION_TEXT, &told, 0, 0, "NAME",
          "DNS name in the TLS certificates; may be repeated" },
        { "eim-id", OPTION_TEXT, &eim, 0, 0, "ID", "common name of the eIM certificates" },
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "say what was made as JSON" },
    };
    struct options o = { .usage = "dunlin pki init [OPTIONS]",
                         .about = "Makes a private CI and everything below it, with fresh keys.",
                         .rows = rows,
                         .count = COUNT(rows) };
    struct testci_plan plan = { .hosts = hosts };
    int status;
    enum err err;

    if (!take_hosts(&argc, argv, hosts, &host_count)) {
        fprintf(stderr, "dunlin pki init: --host needs a name, at most %d times\n",
                TESTCI_HOSTS_MAX);
        return EXIT_USAGE;
    }
    status = options_parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (!parse_curve(curve, &plan.curve)) {
        fprintf(stderr, "dunlin pki init: --curve is p256 or brainpool, not '%s'\n", curve);
        return EXIT_USAGE;
    }
    plan.dir = dir;
    plan.euiccs = (size_t)euiccs;
    plan.host_count = host_count;
    plan.eim_id = slice_str(eim);
    plan.now_s = (int64_t)time(NULL);
    err = testci_init(c, &plan, where);
    if (err)
        return pki_fail(where, err_text(err));
    if (json)
        put_json(json_pack("{s:s, s:s, s:i}", "dir", dir, "curve", curve_name(plan.curve), "euiccs",
                           (int)euiccs));
    else
        printf("made a %s hierarchy with %ld eUICC%s in %s\n", curve_name(plan.curve), euiccs,
               euiccs == 1 ? "" : "s", dir);
    return EXIT_DONE;
}

static int pki_euicc(const struct crypto *c, int argc, char **argv)
{
    enum { WORDS_MAX = 1024 };
    const char *dir = "var/pki";
    const char *words[WORDS_MAX];
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &dir, 0, 0, "DIR", "the hierarchy that it joins (var/pki)" },
    };
    struct options o = { .usage = "dunlin pki euicc [--dir DIR] EID...",
                         .about = "Issues eUICC certificates for given EIDs (32 digits).",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = words,
                         .words_max = WORDS_MAX };
    int status = options_parse(&o, argc, argv);
    struct identity eum;
    enum err err;

    if (status >= 0)
        return status;
    if (!o.words_count) {
        fprintf(stderr, "dunlin pki euicc: which EID? see --help\n");
        return EXIT_USAGE;
    }
    err = identity_open_role(c, dir, ROLE_EUM, &eum);
    if (err)
        return pki_fail(dir, err == E_NOTFOUND ? "no EUM there; dunlin pki init makes one"
                                               : err_text(err));
    status = EXIT_DONE;
    for (size_t i = 0; i < o.words_count; i++) {
        uint8_t eid[EID_LEN];

        if (eid_from_digits(slice_str(words[i]), eid) || !eid_valid(eid))
            status = pki_fail(words[i], "not an EID of 32 digits with good check digits");
        else if ((err = testci_add_euicc(c, &eum, dir, eid, (int64_t)time(NULL))))
            status = pki_fail(words[i], err == E_BADCERT ? "the EUM may not issue for this EID"
                                                         : err_text(err));
    }
    identity_close(&eum);
    return status;
}

/* ---- show ----------------------------------------------------------------------------------- */

struct held {
    char *path;
    uint8_t *owned;
    struct cert cert;
};

struct hold {
    struct held *held;
    size_t count;
    int status;
    bool json;
};

static void hold_file(struct hold *h, const char *path)
{
    struct held *at = &h->held[h->count];
    slice der;
    enum err err;

    if (h->count == HELD_MAX) {
        h->status = pki_fail(path, "too many certificates in one directory");
        return;
    }
    err = cert_read_file(path, &at->owned, &der);
    if (!err)
        err = cert_parse(der, &at->cert);
    if (!err && !(at->path = strdup(path)))
        err = E_MEMORY;
    if (err) {
        free(at->owned);
        *at = (struct held){ .path = NULL };
        h->status = pki_fail(path, err_text(err));
        return;
    }
    h->count++;
}

static bool is_certificate_file(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot && !strcmp(dot, ".der");
}

static void hold_dir(struct hold *h, const char *path, int depth)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort);

    if (n < 0)
        h->status = pki_fail(path, "cannot be read");
    for (int i = 0; i < n; i++) {
        char inner[KEYSTORE_PATH_MAX];
        struct stat st;
        int len = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);

        if (entries[i]->d_name[0] != '.' && len > 0 && (size_t)len < sizeof inner &&
            stat(inner, &st) == 0) {
            if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
                hold_dir(h, inner, depth + 1);
            else if (S_ISREG(st.st_mode) && is_certificate_file(inner))
                hold_file(h, inner);
        }
        free(entries[i]);
    }
    free(entries);
}

static const struct held *issuer_of(const struct hold *h, const struct cert *cert)
{
    for (size_t i = 0; cert->aki.p && i < h->count; i++)
        if (h->held[i].cert.is_ca && h->held[i].cert.role != ROLE_CI && h->held[i].cert.ski.p &&
            slice_eq(h->held[i].cert.ski, cert->aki))
            return &h->held[i];
    return NULL;
}

/* eIM certificates carry no policy: told apart by what they may do. */
static enum cert_role assumed_role(const struct cert *cert)
{
    if (cert->role)
        return cert->role;
    return cert->has_purposes ? ROLE_EIM_TLS : ROLE_EIM_SIGN;
}

/* why is NULL when the chain is valid; at says which certificate is not. */
static void say(struct hold *h, const struct held *leaf, enum cert_role role, enum cert_role at,
                const char *why)
{
    const char *name = role_facts(role)->name;

    if (why)
        h->status = EXIT_FAILED;
    if (h->json && why)
        put_json(json_pack("{s:s, s:s, s:b, s:s, s:s}", "file", leaf->path, "role", name, "valid",
                           0, "at", role_facts(at)->name, "why", why));
    else if (h->json)
        put_json(json_pack("{s:s, s:s, s:b}", "file", leaf->path, "role", name, "valid", 1));
    else if (why)
        printf("%-10s BAD   %s: at %s: %s\n", name, leaf->path, role_facts(at)->name, why);
    else
        printf("%-10s ok    %s\n", name, leaf->path);
}

static void judge(struct hold *h, const struct trust *trust, const struct held *leaf)
{
    slice ders[CHAIN_MAX] = { leaf->cert.der };
    enum cert_role role = assumed_role(&leaf->cert);
    size_t count = 1;
    struct chain chain;
    struct chain_fault fault;

    if (role == ROLE_CI) {
        say(h, leaf, role, role,
            trust_find(trust, leaf->cert.ski) ? NULL : "not a self-signed CI certificate");
        return;
    }
    for (const struct held *up = issuer_of(h, &leaf->cert); up && count < CHAIN_MAX;
         up = issuer_of(h, &up->cert))
        ders[count++] = up->cert.der;
    if (chain_verify(trust, ders, count, role, SLICE_NONE, (int64_t)time(NULL), &chain, &fault)) {
        say(h, leaf, role, fault.role, fault.why);
        return;
    }
    say(h, leaf, role, role, NULL);
    chain_close(&chain);
}

static void add_anchors(struct hold *h, struct trust *trust)
{
    for (size_t i = 0; i < h->count; i++) {
        enum err err =
            h->held[i].cert.role == ROLE_CI ? trust_add_cert(trust, h->held[i].cert.der) : E_OK;

        if (err && err != E_EXISTS)
            h->status = pki_fail(h->held[i].path, err_text(err));
    }
    if (!trust->count)
        h->status = pki_fail("show", "no CI among the certificates, so no chain can be verified");
}

static int show_dir(const struct crypto *c, const char *path, bool json)
{
    struct hold h = { .held = calloc(HELD_MAX, sizeof *h.held), .status = EXIT_DONE, .json = json };
    struct trust trust;

    if (!h.held)
        return pki_fail(path, err_text(E_MEMORY));
    trust_open(&trust, c);
    hold_dir(&h, path, 0);
    add_anchors(&h, &trust);
    for (size_t i = 0; i < h.count; i++)
        judge(&h, &trust, &h.held[i]);
    trust_close(&trust);
    for (size_t i = 0; i < h.count; i++) {
        free(h.held[i].path);
        free(h.held[i].owned);
    }
    free(h.held);
    return h.status;
}

static void add_field(void *object, const char *name, const char *value, bool critical)
{
    json_object_set_new(object, name,
                        critical ? json_pack("{s:s, s:b}", "value", value, "critical", 1)
                                 : json_string(value));
}

static enum err print_file(const char *path, const struct cert *cert, bool json)
{
    json_t *object;
    enum err err;

    if (!json) {
        printf("%s\n", path);
        return cert_print(stdout, cert);
    }
    object = json_pack("{s:s}", "file", path);
    err = cert_fields(cert, add_field, object);
    put_json(object);
    return err;
}

static int show_file(const char *path, bool json)
{
    uint8_t *owned;
    slice der;
    struct cert cert;
    enum err err = cert_read_file(path, &owned, &der);

    if (!err)
        err = cert_parse(der, &cert);
    if (!err)
        err = print_file(path, &cert, json);
    free(owned);
    return err ? pki_fail(path, err_text(err)) : EXIT_DONE;
}

static int pki_show(const struct crypto *c, int argc, char **argv)
{
    enum { WORDS_MAX = 1024 };
    const char *words[WORDS_MAX];
    bool json = false;
    const struct option rows[] = {
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "one JSON object a line" },
    };
    struct options o = { .usage = "dunlin pki show [--json] FILE|DIR...",
                         .about = "Prints every field of a certificate (DER or PEM). Of a "
                                  "directory, verifies every *.der up to its CI.",
                         .rows = rows,
                         .count = COUNT(rows),
                         .words = words,
                         .words_max = WORDS_MAX };
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (!o.words_count) {
        fprintf(stderr, "dunlin pki show: which file or directory? see --help\n");
        return EXIT_USAGE;
    }
    status = EXIT_DONE;
    for (size_t i = 0; i < o.words_count; i++) {
        struct stat st;
        bool dir = stat(words[i], &st) == 0 && S_ISDIR(st.st_mode);

        if (dir ? show_dir(c, words[i], json) : show_file(words[i], json))
            status = EXIT_FAILED;
    }
    return status;
}

static const struct verb {
    const char *name;
    int (*run)(const struct crypto *c, int argc, char **argv);
    const char *help;
} verbs[] = {
    { "init", pki_init, "make a private hierarchy: CI, EUM, eUICCs, servers" },
    { "euicc", pki_euicc, "issue eUICC certificates for given EIDs" },
    { "revoke", pki_revoke, "make revocation lists that name given certificates" },
    { "show", pki_show, "print certificates; verify the chains of a directory" },
};

static int usage(FILE *to)
{
    fprintf(to,
            "usage: dunlin pki COMMAND [ARGUMENTS]   (dunlin pki COMMAND --help tells more)\n\n");
    for (size_t i = 0; i < COUNT(verbs); i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].help);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int cmd_pki(int argc, char **argv)
{
    const struct crypto *c = crypto_openssl();

    if (argc < 2)
        return usage(stderr);
    if (!strcmp(argv[1], "--help"))
        return usage(stdout);
    if (!c)
        return pki_fail("OpenSSL", "lacks an algorithm that is needed");
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (!strcmp(argv[1], verbs[i].name))
            return verbs[i].run(c, argc - 1, argv + 1);
    fprintf(stderr, "dunlin pki: no command '%s'\n", argv[1]);
    return usage(stderr);
}
