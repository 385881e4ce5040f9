#include "cmd/card_host.h"

#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "euicc/ipae/ipae.h"
#include "euicc/ota/ota.h"
#include "pki/testci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HALF_OCTETS ((uint32_t)1 << 20)
#define CONF_MAX    (2 * PATH_MAX + 128)

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

static bool path_in(const struct card_host *h, const char *name, char out[PATH_MAX])
{
    int n = snprintf(out, PATH_MAX, "%s/%s", h->dir, name);

    return n > 0 && n < PATH_MAX;
}

static bool present(const struct card_host *h, const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    return path_in(h, name, path) && stat(path, &st) == 0;
}

/* Held until the process ends or closes it: two cards in one memory would destroy it. */
static int lock_dir(struct card_host *h)
{
    h->lock = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (h->lock < 0)
        return fail(h->dir, strerror(errno));
    if (flock(h->lock, LOCK_EX | LOCK_NB))
        return fail(h->dir,
                    errno == EWOULDBLOCK ? "this card runs in another process" : strerror(errno));
    return -1;
}

static int open_dir(struct card_host *h, enum host_way way)
{
    int status;

    if (way != HOST_PRESENT && !make_dir(h->dir))
        return fail(h->dir, strerror(errno));
    status = lock_dir(h);
    if (status >= 0)
        return status;
    if (way == HOST_NEW && present(h, "card.conf"))
        return fail(h->dir, "a card exists already");
    if (way == HOST_PRESENT && !present(h, "card.conf"))
        return fail(h->dir, "no card is there (dunlin card new makes one)");
    return -1;
}

/* Absolute, so that the card is found again from anywhere. */
static int set_path(const char *path, char out[PATH_MAX])
{
    out[0] = 0;
    if (path && !realpath(path, out))
        return fail(path, strerror(errno));
    return -1;
}

static int write_conf(const struct card_host *h)
{
    char path[PATH_MAX], text[CONF_MAX];
    bool two = h->pki2[0] != 0;
    int n = snprintf(text, sizeof text, "[card]\neid = %s\npki = %s\n%s%s%s", h->eid, h->pki,
                     two ? "pki2 = " : "", h->pki2, two ? "\n" : "");
    enum err e = E_LIMIT;

    if (path_in(h, "card.conf", path) && n > 0 && (size_t)n < sizeof text)
        e = file_replace(path, slice_of(text, (size_t)n), 0600);
    return e ? fail(h->dir, err_text(e)) : -1;
}

/* What the directory says, where the command line does not. */
static int read_conf(struct card_host *h, struct host_options *o)
{
    const struct option rows[] = {
        { "eid", OPTION_TEXT, &h->conf.eid, 0, 0, "EID", "" },
        { "pki", OPTION_TEXT, &h->conf.pki, 0, 0, "DIR", "" },
        { "pki2", OPTION_TEXT, &h->conf.pki2, 0, 0, "DIR", "" },
    };
    const struct options conf = { .usage = "card.conf", .rows = rows, .count = COUNT(rows) };
    char path[PATH_MAX];
    int status;

    if (!present(h, "card.conf"))
        return -1;
    status = path_in(h, "card.conf", path) ? options_read_file(&conf, path, "card") : EXIT_FAILED;
    if (status >= 0)
        return status;
    if (o->eid && h->conf.eid && strcmp(o->eid, h->conf.eid) != 0) {
        fprintf(stderr, "dunlin card: %s holds the card %s\n", h->dir, h->conf.eid);
        return EXIT_USAGE;
    }
    o->eid = o->eid ? o->eid : h->conf.eid;
    o->pki2 = o->pki ? o->pki2 : h->conf.pki2;
    o->pki = o->pki ? o->pki : h->conf.pki;
    return -1;
}

/* ---- what the card is ---- */

/* From the file that the command line names, else from the one that an earlier start left. */
static int read_shape(struct card_host *h, const struct host_options *o)
{
    char kept[PATH_MAX];
    struct card_shape_fault fault;
    const char *from = o->personality;
    slice text;
    enum err e;

    card_shape_defaults(&h->shape);
    if (!path_in(h, "card.personality", kept))
        return fail(h->dir, "path is too long");
    if (!from && !present(h, "card.personality"))
        return -1;
    from = from ? from : kept;
    e = file_read(from, &h->shape_text, &text);
    if (e)
        return fail(from, err_text(e));
    if (card_shape_read(text, &h->shape, &fault)) {
        fprintf(stderr, "%s:%u: %s %s\n", from, fault.line, fault.field, fault.why);
        return EXIT_USAGE;
    }
    h->shape_n = text.n;
    return -1;
}

/* Once the card is there, and is what the file says. */
static int keep_shape(const struct card_host *h, const struct host_options *o)
{
    char kept[PATH_MAX];
    enum err e = E_LIMIT;

    if (!o->personality)
        return -1;
    if (path_in(h, "card.personality", kept))
        e = file_replace(kept, slice_of(h->shape_text, h->shape_n), 0600);
    return e ? fail(h->dir, err_text(e)) : -1;
}

static int choose_eid(struct card_host *h, const struct host_options *o)
{
    struct personality *p = &h->shape.personality;
    uint8_t in_file[EID_LEN];

    memcpy(in_file, p->eid, EID_LEN);
    if (!o->eid && !h->shape.has_eid) {
        testci_eid(1, p->eid);
    } else if (o->eid && (eid_from_digits(slice_str(o->eid), p->eid) || !eid_valid(p->eid))) {
        fprintf(stderr, "dunlin card: --eid takes 32 digits with good check digits\n");
        return EXIT_USAGE;
    }
    eid_to_digits(p->eid, h->eid);
    if (h->shape.has_eid && memcmp(in_file, p->eid, EID_LEN) != 0) {
        fprintf(stderr, "dunlin card: the personality names another EID than %s\n", h->eid);
        return EXIT_USAGE;
    }
    return -1;
}

/* A certificate and key for a card that the hierarchy does not know yet. */
static enum err make_keys(const struct card_host *h, const char *dir)
{
    struct identity eum;
    enum err e = identity_open_role(h->crypto, dir, ROLE_EUM, &eum);

    if (e)
        return e;
    e = testci_add_euicc(h->crypto, &eum, dir, h->shape.personality.eid, (int64_t)time(NULL));
    identity_close(&eum);
    return e;
}

static int load_keys(struct card_host *h, enum host_way way)
{
    const char *dirs[] = { h->pki, h->pki2 };

    for (size_t n = 0; n < COUNT(dirs) && dirs[n][0]; n++) {
        enum err e = personality_load(&h->shape.personality, &h->files, h->crypto, dirs[n]);

        if (e == E_NOTFOUND && way != HOST_PRESENT && !make_keys(h, dirs[n]))
            e = personality_load(&h->shape.personality, &h->files, h->crypto, dirs[n]);
        if (!e)
            continue;
        fprintf(stderr, "dunlin card: keys of %s in %s: %s\n", h->eid, dirs[n], err_text(e));
        return EXIT_FAILED;
    }
    return -1;
}

/* ---- power ---- */

static enum err power_on(struct card_host *h)
{
    enum err e;

    if (h->card)
        card_close(h->card);
    nvm_cut_power_on(&h->cut);
    h->card = card_boot(h->memory, h->memory_octets, &h->nvm, h->crypto, &h->card_personality, &e);
    return h->card ? E_OK : e;
}

static int boot(struct card_host *h, bool sync)
{
    char path[PATH_MAX];
    bool ipae = h->shape.personality.ipae != IPAE_NONE;
    enum err e;

    h->apps[0] = (struct card_app_entry){ &isdr_app, &h->shape.personality };
    h->apps[1] = (struct card_app_entry){ &ecasd_app, &h->shape.personality };
    h->apps[2] = (struct card_app_entry){ &ota_app, NULL };
    h->apps[3] = (struct card_app_entry){ &ipae_app, &h->shape.ipae };
    h->card_personality = (struct card_personality){ .atr = h->shape.atr,
                                                     .extended_apdu = h->shape.extended_apdu,
                                                     .channels = h->shape.channels,
                                                     .poll_interval_s = h->shape.poll_interval_s,
                                                     .apps = h->apps,
                                                     .app_count = ipae ? 4 : 3 };
    if (!path_in(h, "card.nvm", path))
        return fail(h->dir, "path is too long");
    e = nvm_file_open(&h->file, path, HALF_OCTETS, sync, &h->backing);
    if (e)
        return fail(path, err_text(e));
    nvm_cut_init(&h->cut, &h->backing, h->shape.power_cut_write, h->shape.power_cut_octets,
                 &h->nvm);
    h->memory_octets = card_size(&h->card_personality, h->shape.memory);
    h->memory = malloc(h->memory_octets);
    if (!h->memory)
        return fail("memory", err_text(E_MEMORY));
    e = power_on(h);
    if (e && h->cut.off) /* at the card's own first write */
        e = power_on(h);
    return e ? fail(path, err_text(e)) : -1;
}

int host_open(struct card_host *h, const struct host_options *options, enum host_way way)
{
    struct host_options o = *options;
    int status;

    *h = (struct card_host){ .dir = o.dir, .lock = -1, .file = { .fd = -1 } };
    h->crypto = crypto_openssl();
    if (!h->crypto)
        return fail("OpenSSL", err_text(E_CRYPTO));
    status = open_dir(h, way);
    if (status < 0)
        status = read_conf(h, &o);
    if (status < 0)
        status = set_path(o.pki ? o.pki : "var/pki", h->pki);
    if (status < 0)
        status = set_path(o.pki2, h->pki2);
    if (status < 0)
        status = read_shape(h, &o);
    if (status < 0)
        status = choose_eid(h, &o);
    if (status < 0)
        status = load_keys(h, way);
    if (status < 0)
        status = boot(h, o.sync);
    if (status < 0)
        status = keep_shape(h, &o);
    return status < 0 ? write_conf(h) : status;
}

void host_close(struct card_host *h)
{
    if (h->card)
        card_close(h->card);
    free(h->memory);
    if (h->file.fd >= 0)
        nvm_file_close(&h->file);
    personality_unload(&h->files);
    free(h->shape_text);
    free((void *)h->conf.eid);
    free((void *)h->conf.pki);
    free((void *)h->conf.pki2);
    h->conf.eid = h->conf.pki = h->conf.pki2 = NULL;
    if (h->lock >= 0)
        close(h->lock);
    h->card = NULL;
    h->memory = NULL;
    h->shape_text = NULL;
    h->file.fd = h->lock = -1;
}

/* ---- the link ---- */

static enum err transmit(void *ctx, slice command, uint8_t *response, size_t size, size_t *n)
{
    struct card_host *h = ctx;

    if (size < CARD_RESPONSE_MAX)
        return E_NOSPACE;
    if (!h->card || h->cut.off)
        return E_CLOSED;
    *n = card_apdu(h->card, command, response, size);
    return h->cut.off ? E_CLOSED : E_OK;
}

static enum err reset(void *ctx, uint8_t *atr, size_t size, size_t *n)
{
    struct card_host *h = ctx;
    slice octets;

    if (!h->card || h->cut.off) {
        enum err e = power_on(h);

        if (e)
            return e;
    } else {
        card_reset(h->card);
    }
    octets = card_atr(h->card);
    if (octets.n > size)
        return E_NOSPACE;
    memcpy(atr, octets.p, octets.n);
    *n = octets.n;
    return E_OK;
}

static void close_link(void *ctx)
{
    (void)ctx;
}

struct card_link host_link(struct card_host *h)
{
    return (struct card_link){ h, transmit, reset, close_link };
}
