/*
 * dunlin card: a software eUICC of its own, with its state in a directory, behind a socket in the
 * framing of vpcd. Readers connect to it (--tcp), or it connects to a vpcd daemon, whose PC/SC slot
 * it then fills (--vpcd).
 *
 * The directory remembers whose card it is: card.nvm is the memory, card.conf names EID and keys,
 * so that a later start needs neither.
 */
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "euicc/isdr/isdr.h"
#include "euicc/isdr/personality_files.h"
#include "pki/testci.h"
#include "reader/in_process.h"
#include "reader/tcp.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OBJECT_OCTETS ((size_t)256 << 10) /* about ten profiles of TS.48 */
#define HALF_OCTETS   ((uint32_t)1 << 20)
#define CONF_MAX      (2 * PATH_MAX + 128)

struct host {
    const char *dir, *eid, *pki, *pki2, *vpcd;
    long tcp;
    bool sync, json;

    struct personality personality;
    struct personality_files files;
    struct card_personality card_personality;
    struct card_app_entry apps[2];
    struct nvm_file file;
    struct nvm nvm;
    void *memory;
    struct card *card;
};

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin card: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* ---- the directory ---- */

static bool make_dir(const char *dir)
{
    char path[PATH_MAX];
    size_t n = strlen(dir);

    if (n == 0 || n >= sizeof path)
        return false;
    memcpy(path, dir, n + 1);
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(path, 0700) && errno != EEXIST)
            return false;
        *p = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool path_in(const struct host *h, const char *name, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", h->dir, name);

    return n > 0 && n < PATH_MAX;
}

/* Absolute, so that the card is found again from anywhere; NULL stays NULL. */
static bool absolute(const char **path, char buf[PATH_MAX])
{
    if (!*path)
        return true;
    if (!realpath(*path, buf))
        return false;
    *path = buf;
    return true;
}

static enum err write_conf(const struct host *h)
{
    char path[PATH_MAX], text[CONF_MAX];
    int n = snprintf(text, sizeof text, "[card]\neid = %s\npki = %s\n%s%s%s", h->eid, h->pki,
                     h->pki2 ? "pki2 = " : "", h->pki2 ? h->pki2 : "", h->pki2 ? "\n" : "");

    if (!path_in(h, "card.conf", path) || n < 0 || (size_t)n >= sizeof text)
        return E_LIMIT;
    return file_replace(path, slice_of(text, (size_t)n), 0600);
}

/* What the directory says, where the command line does not. Returns as options_parse. */
static int read_conf(struct host *h)
{
    static const char *eid, *pki, *pki2; /* their text lives as long as the program */
    const struct option rows[] = {
        { "eid", OPTION_TEXT, &eid, 0, 0, "EID", "" },
        { "pki", OPTION_TEXT, &pki, 0, 0, "DIR", "" },
        { "pki2", OPTION_TEXT, &pki2, 0, 0, "DIR", "" },
    };
    const struct options o = { .usage = "card.conf", .rows = rows, .count = COUNT(rows) };
    char path[PATH_MAX];
    struct stat st;
    int status;

    if (!path_in(h, "card.conf", path) || stat(path, &st))
        return -1;
    status = options_read_file(&o, path, "card");
    if (status >= 0)
        return status;
    if (h->eid && eid && strcmp(h->eid, eid) != 0) {
        fprintf(stderr, "dunlin card: %s holds the card %s\n", h->dir, eid);
        return EXIT_USAGE;
    }
    h->eid = h->eid ? h->eid : eid;
    h->pki2 = h->pki ? h->pki2 : pki2;
    h->pki = h->pki ? h->pki : pki;
    return -1;
}

/* ---- the card ---- */

static int load(struct host *h, const struct crypto *c)
{
    const char *dirs[] = { h->pki, h->pki2 };
    char digits[EID_DIGITS + 1];
    enum err e;

    personality_defaults(&h->personality);
    if (!h->eid)
        testci_eid(1, h->personality.eid);
    else if (eid_from_digits(slice_str(h->eid), h->personality.eid) ||
             !eid_valid(h->personality.eid)) {
        fprintf(stderr, "dunlin card: --eid takes 32 digits with good check digits\n");
        return EXIT_USAGE;
    }
    eid_to_digits(h->personality.eid, digits);
    for (size_t n = 0; n < COUNT(dirs) && dirs[n]; n++) {
        e = personality_load(&h->personality, &h->files, c, dirs[n]);
        if (e) {
            fprintf(stderr, "dunlin card: keys of %s in %s: %s\n", digits, dirs[n], err_text(e));
            return EXIT_FAILED;
        }
    }
    return -1;
}

static int boot(struct host *h, const struct crypto *c)
{
    char path[PATH_MAX];
    size_t size;
    enum err e;

    h->apps[0] = (struct card_app_entry){ &isdr_app, &h->personality };
    h->apps[1] = (struct card_app_entry){ &ecasd_app, &h->personality };
    h->card_personality.apps = h->apps;
    h->card_personality.app_count = COUNT(h->apps);
    if (!path_in(h, "card.nvm", path))
        return fail(h->dir, "path is too long");
    e = nvm_file_open(&h->file, path, HALF_OCTETS, h->sync, &h->nvm);
    if (e)
        return fail(path, err_text(e));
    size = card_size(&h->card_personality, OBJECT_OCTETS);
    h->memory = malloc(size);
    if (!h->memory)
        return fail("memory", err_text(E_MEMORY));
    h->card = card_boot(h->memory, size, &h->nvm, c, &h->card_personality, &e);
    return h->card ? -1 : fail(path, err_text(e));
}

static void close_card(struct host *h)
{
    if (h->card)
        card_close(h->card);
    free(h->memory);
    if (h->file.fd >= 0)
        nvm_file_close(&h->file);
    personality_unload(&h->files);
}

/* ---- the socket ---- */

static void announce(const struct host *h, const char *where, uint16_t port)
{
    char digits[EID_DIGITS + 1];
    json_t *line;

    eid_to_digits(h->personality.eid, digits);
    if (h->json) {
        line = json_pack("{s:s,s:s,s:i}", "eid", digits, "address", where, "port", (int)port);
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    } else {
        printf("card %s at %s:%u\n", digits, where, (unsigned)port);
    }
    fflush(stdout);
}

/* Between two readers the card is without power. */
static void serve_end(struct host *h, struct tcp_end *end)
{
    struct card_link link = card_link_in_process(h->card);
    enum err e = tcp_serve(end, &link);

    if (e != E_CLOSED)
        fprintf(stderr, "dunlin card: connection: %s\n", err_text(e));
    card_reset(h->card);
    tcp_close(end);
}

static int listen_for_readers(struct host *h)
{
    struct tcp_end listener, client;
    uint16_t port = (uint16_t)h->tcp;
    enum err e = tcp_listen(false, &port, &listener);

    if (e)
        return fail("listening socket", strerror(errno));
    announce(h, "127.0.0.1", port);
    while (!(e = tcp_accept(&listener, &client)))
        serve_end(h, &client);
    tcp_close(&listener);
    return fail("listening socket", err_text(e));
}

static int connect_to_vpcd(struct host *h)
{
    char host[256];
    const char *colon = strrchr(h->vpcd, ':');
    size_t n = colon ? (size_t)(colon - h->vpcd) : strlen(h->vpcd);
    long port = colon ? strtol(colon + 1, NULL, 10) : VPCD_PORT;
    struct tcp_end end;

    if (n == 0 || n >= sizeof host || port < 1 || port > 65535) {
        fprintf(stderr, "dunlin card: --vpcd takes HOST or HOST:PORT\n");
        return EXIT_USAGE;
    }
    memcpy(host, h->vpcd, n);
    host[n] = 0;
    if (tcp_connect(host, (uint16_t)port, 0, &end))
        return fail(h->vpcd, "nobody listens there");
    announce(h, host, (uint16_t)port);
    serve_end(h, &end);
    return EXIT_DONE;
}

static int run(struct host *h, const struct crypto *c)
{
    char digits[EID_DIGITS + 1];
    enum err e;
    int status = load(h, c);

    if (status < 0)
        status = boot(h, c);
    if (status >= 0)
        return status;
    eid_to_digits(h->personality.eid, digits);
    h->eid = digits;
    e = write_conf(h);
    if (e)
        return fail(h->dir, err_text(e));
    return h->vpcd ? connect_to_vpcd(h) : listen_for_readers(h);
}

int cmd_card(int argc, char **argv)
{
    struct host h = { .dir = "var/card", .file = { .fd = -1 }, .tcp = VPCD_PORT };
    const struct option rows[] = {
        { "tcp", OPTION_INT, &h.tcp, 0, 65535, "PORT",
          "listen for a reader on 127.0.0.1 (default 35963; 0: any free port, told on output)" },
        { "vpcd", OPTION_TEXT, &h.vpcd, 0, 0, "HOST[:PORT]",
          "connect to a vpcd daemon and be the card in its reader" },
        { "dir", OPTION_TEXT, &h.dir, 0, 0, "DIR", "state of the card (default var/card)" },
        { "eid", OPTION_TEXT, &h.eid, 0, 0, "EID",
          "whose card it is (default: the first of `dunlin pki init`)" },
        { "pki", OPTION_TEXT, &h.pki, 0, 0, "DIR",
          "keys made by `dunlin pki init` (default var/pki)" },
        { "pki2", OPTION_TEXT, &h.pki2, 0, 0, "DIR",
          "keys under a second CI, such as one of the other curve" },
        { "sync", OPTION_FLAG, &h.sync, 0, 0, NULL,
          "wait for the disk at every write: also a power cut of this machine loses nothing" },
        { "json", OPTION_FLAG, &h.json, 0, 0, NULL, "announce the card as one line of JSON" },
    };
    struct options o = {
        .usage = "dunlin card [OPTIONS]",
        .about = "A software eUICC (SGP.22, SGP.32 v1.2) behind a socket: two octets of length, "
                 "then an APDU. It keeps its state in a directory and runs until it is ended.",
        .rows = rows,
        .count = COUNT(rows),
    };
    const struct crypto *c = crypto_openssl();
    char pki[PATH_MAX], pki2[PATH_MAX];
    int status = options_parse(&o, argc, argv);

    if (status >= 0)
        return status;
    if (!c)
        return fail("OpenSSL", err_text(E_CRYPTO));
    if (!make_dir(h.dir))
        return fail(h.dir, strerror(errno));
    status = read_conf(&h);
    if (status >= 0)
        return status;
    h.pki = h.pki ? h.pki : "var/pki";
    if (!absolute(&h.pki, pki))
        return fail(h.pki, strerror(errno));
    if (!absolute(&h.pki2, pki2))
        return fail(h.pki2, strerror(errno));
    status = run(&h, c);
    close_card(&h);
    return status;
}
