#include "cmd/demo.h"

#include "base/file.h"
#include "base/secret.h"
#include "cmd/bench.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "pki/testci.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 8

/* ---- threads ---- */

static struct demo_device *next_device(struct demo *d)
{
    struct demo_device *v = NULL;

    pthread_mutex_lock(&d->lock);
    if (d->next < (unsigned)d->args.devices)
        v = &d->devices[d->next++];
    pthread_mutex_unlock(&d->lock);
    return v;
}

static void *work(void *arg)
{
    struct demo *d = arg;
    struct demo_device *v;

    while ((v = next_device(d))) {
        demo_device_run(v);
        pthread_mutex_lock(&d->lock);
        d->finished++;
        pthread_mutex_unlock(&d->lock);
    }
    return NULL;
}

static bool run_devices(struct demo *d)
{
    pthread_t threads[THREADS_MAX];
    unsigned count = 0,
             wanted = d->args.devices < THREADS_MAX ? (unsigned)d->args.devices : THREADS_MAX;

    while (count < wanted && !pthread_create(&threads[count], NULL, work, d))
        count++;
    if (!count) {
        fprintf(stderr, "demo: no thread can be started\n");
        return false;
    }
    demo_show(d);
    while (count)
        pthread_join(threads[--count], NULL);
    return true;
}

/* ---- the course ---- */

static bool open_servers(struct demo *d)
{
    char why[600];
    struct servers_options o = {
        .dir = d->dir,
        .pki = d->pki,
        .bind = "127.0.0.1",
        .smdp_name = DEMO_SMDP,
        .eim_name = DEMO_EIM,
        /* A demo that is killed over and over begins its downloads as often. */
        .download_attempts = 1000,
    };

    if (!servers_open(&d->servers, &o, why, sizeof why))
        return true;
    fprintf(stderr, "demo: %s\n", why);
    return false;
}

static bool all_done(const struct demo *d)
{
    for (long i = 0; i < d->args.devices; i++)
        if (d->devices[i].failed || d->devices[i].step != DEMO_AUTHENTICATED)
            return false;
    return true;
}

static bool course(struct demo *d)
{
    bool ok;

    if (!d->crypto || !demo_setup(d) || !open_servers(d))
        return false;
    if (!d->args.json)
        printf("demo: SM-DP+ on port %u, eIM on port %u, %ld devices, %s download, state in %s\n",
               d->servers.smdp_served.agents.port, d->servers.eim_served.agents.port,
               d->args.devices, d->args.indirect ? "indirect" : "direct", d->dir);
    fflush(stdout);
    ok = demo_setup_network(d) && run_devices(d);
    servers_close(&d->servers);
    hosts_close(d->hosts);
    if (ok)
        demo_table(d);
    return ok && all_done(d);
}

static void make_devices(struct demo *d)
{
    for (long i = 0; i < d->args.devices; i++) {
        struct demo_device *v = &d->devices[i];

        v->demo = d;
        v->number = (unsigned)i + 1;
        testci_eid(v->number, v->eid);
        eid_to_digits(v->eid, v->eid_text);
    }
}

static int run(struct demo *d)
{
    bool temporary = !d->args.dir, ok;

    if (temporary) {
        snprintf(d->dir, sizeof d->dir, "/tmp/dunlin-demo-XXXXXX");
        if (!mkdtemp(d->dir)) {
            fprintf(stderr, "demo: no temporary folder can be made\n");
            return EXIT_FAILED;
        }
    } else {
        snprintf(d->dir, sizeof d->dir, "%s", d->args.dir);
    }
    snprintf(d->pki, sizeof d->pki, "%s/pki", d->dir);
    d->devices = calloc((size_t)d->args.devices, sizeof *d->devices);
    if (!d->devices)
        return EXIT_FAILED;
    make_devices(d);
    pthread_mutex_init(&d->lock, NULL);
    arena_init(&d->arena, (size_t)1 << 30);
    d->started = wall_us() / 1e6;
    ok = course(d);
    arena_free(&d->arena);
    wipe(d->devices, (size_t)d->args.devices * sizeof *d->devices);
    free(d->devices);
    wipe(d->seed, sizeof d->seed);
    pthread_mutex_destroy(&d->lock);
    if (temporary && !folder_remove(d->dir))
        fprintf(stderr, "demo: %s could not be removed\n", d->dir);
    return ok ? EXIT_DONE : EXIT_FAILED;
}

int cmd_demo(int argc, char **argv)
{
    static struct demo d;
    const struct option rows[] = {
        { "devices", OPTION_INT, &d.args.devices, 1, 10000, "N", "devices (10; 1 with --as-is)" },
        { "profile", OPTION_TEXT, &d.args.profile, 0, 0, "FILE",
          "profile package; each device gets a copy of its own (default: the project's)" },
        { "as-is", OPTION_FLAG, &d.args.as_is, 0, 0, NULL, "the package's bytes unchanged" },
        { "direct", OPTION_FLAG, &d.args.direct, 0, 0, NULL,
          "devices speak with the SM-DP+ themselves (default)" },
        { "indirect", OPTION_FLAG, &d.args.indirect, 0, 0, NULL,
          "devices speak with the eIM only, which relays" },
        { "dir", OPTION_TEXT, &d.args.dir, 0, 0, "DIR",
          "keep the state there, and go on from what is there" },
        { "json", OPTION_FLAG, &d.args.json, 0, 0, NULL, "print one JSON object" },
    };
    struct options o = {
        .usage = "dunlin demo [OPTIONS]",
        .about =
            "Makes a certificate hierarchy, starts SM-DP+ and eIM on loopback over TLS, brings\n"
            "up N devices (a card and an IPA each) with a bootstrap profile, orders a profile\n"
            "for each, downloads it, enables it by a signed package, verifies what the cards\n"
            "signed, and proves with EF_ICCID, EF_IMSI and AUTHENTICATE which profile is in\n"
            "force.",
        .rows = rows,
        .count = sizeof rows / sizeof *rows,
    };
    int status = (d.args.devices = -1, options_parse(&o, argc, argv));

    if (status >= 0)
        return status;
    if (d.args.direct && d.args.indirect) {
        fprintf(stderr, "demo: --direct and --indirect exclude each other\n");
        return EXIT_USAGE;
    }
    if (d.args.as_is && (!d.args.profile || d.args.devices > 1)) {
        fprintf(stderr,
                "demo: --as-is needs --profile and one device: an ICCID is installed once\n");
        return EXIT_USAGE;
    }
    if (d.args.devices < 0)
        d.args.devices = d.args.as_is ? 1 : 10;
    d.crypto = crypto_openssl();
    return run(&d);
}
