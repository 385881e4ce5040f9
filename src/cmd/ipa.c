/*
 * dunlin ipa: the IoT Profile Assistant of a device, with a card behind a socket (`dunlin card`, or
 * anything that speaks vpcd's framing), in a PC/SC reader or in a modem, and servers over HTTPS.
 * Without an eIM on the card it brings the one of --eim, whose key and CI it takes from the
 * directory of --pki.
 */
#include "cmd/card_way.h"
#include "cmd/cmd.h"
#include "cmd/crl_lists.h"
#include "cmd/options.h"

#include "agent/agent.h"
#include "base/text.h"
#include "pki/cert.h"
#include "pki/keystore.h"
#include "rsp/sgp32.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOSTS_ROWS_MAX  16
#define INITIAL_EIM_MAX 4096

struct device {
    const char *pki, *eim;
    const char *hosts_rows[HOSTS_ROWS_MAX];
    long poll_s, retry_s;
    bool indirect, asn1, once, json, print_eim;

    uint8_t *ci_owned, *eim_owned;
    slice ci;
    uint8_t eim_buf[INITIAL_EIM_MAX], item_buf[INITIAL_EIM_MAX];
    slice initial_eim;
    struct option_list crl_paths;
    struct crl_lists crls;
    struct hosts *hosts;
    struct card_way way;
    bool troubled; /* something went wrong in this poll */
};

static volatile sig_atomic_t ended, outdated;

static void on_signal(int signal_number)
{
    if (signal_number == SIGHUP)
        outdated = 1;
    else
        ended = 1;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "dunlin ipa: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* ---- what happens ---- */

static void say(const struct device *d, const char *kind, const char *what, int64_t number,
                slice text)
{
    json_t *line;

    if (!d->json) {
        printf("ipa: %s (%" PRId64 ")%s%.*s\n", what, number, text.n ? " " : "", (int)text.n,
               text.n ? (const char *)text.p : "");
    } else {
        line =
            json_pack("{s:s,s:s,s:I}", "event", kind, "text", what, "number", (json_int_t)number);
        if (text.n)
            json_object_set_new(line, "about", json_stringn((const char *)text.p, text.n));
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    }
    fflush(stdout);
}

static bool is_trouble(enum ipa_note n)
{
    return n == IPA_NOTE_NO_EUICC || n == IPA_NOTE_NO_EIM || n == IPA_NOTE_NET_ERROR ||
           n == IPA_NOTE_POLL_ERROR || n == IPA_NOTE_UNDELIVERED || n == IPA_NOTE_NOT_INSTALLED ||
           n == IPA_NOTE_SERVER_REFUSED || n == IPA_NOTE_CARD_LOST;
}

static void on_note(void *ctx, enum ipa_note n, int64_t number, slice text)
{
    struct device *d = ctx;

    d->troubled |= is_trouble(n);
    say(d, "note", ipa_note_text(n), number, text);
}

/* The token is what the eIM has to know of the association: it is said aloud for its operator. */
static void on_eim(void *ctx, slice configuration)
{
    struct device *d = ctx;
    struct eim_configuration_data c;

    if (!schema_decode(&T_eim_configuration_data, configuration, &c, NULL))
        say(d, "eim", "eIM on the card, with this association token",
            c.has_association_token ? c.association_token : 0, c.eim_id);
}

/* ---- what it is given ---- */

static int load_ci(struct device *d)
{
    char path[KEYSTORE_PATH_MAX];
    enum err e = keystore_path(d->pki, "ci", "der", path, sizeof path);

    if (!e)
        e = cert_read_file(path, &d->ci_owned, &d->ci);
    return e ? fail(path, err_text(e)) : EXIT_DONE;
}

/* --eim NAME[:PORT]: AddInitialEim with the signing key in pki/eim-sign.der (SGP.32 5.9.4). */
static int make_initial_eim(struct device *d)
{
    char path[KEYSTORE_PATH_MAX];
    const char *colon = strrchr(d->eim, ':');
    slice der, name = slice_of(d->eim, colon ? (size_t)(colon - d->eim) : strlen(d->eim));
    struct eim_configuration_data c = {
        .eim_id = name,
        .eim_fqdn = slice_str(d->eim),
        .eim_id_type = 2,
        .has_eim_id_type = true,
        .has_counter_value = true,
        .association_token = -1,
        .has_association_token = true,
        .eim_public_key_data = { .which = eim_public_key_data_is_eim_public_key },
        .trusted_public_key_data_tls = {
            .which = trusted_public_key_data_tls_is_trusted_certificate_tls,
            .trusted_certificate_tls = d->ci,
        },
        .eim_supported_protocol = SLICE_LIT("\x07\x80"), /* eimRetrieveHttps */
        .indirect_profile_download = d->indirect,
    };
    struct add_initial_eim_request request;
    struct cert cert, ci;
    enum err e = keystore_path(d->pki, "eim-sign", "der", path, sizeof path);

    if (!e)
        e = cert_read_file(path, &d->eim_owned, &der);
    if (!e)
        e = cert_parse(der, &cert);
    if (!e)
        e = cert_parse(d->ci, &ci);
    if (e)
        return fail(path, err_text(e));
    c.eim_public_key_data.eim_public_key = cert.spki;
    c.euicc_ci_pk_id = ci.ski;
    e = schema_encode(&T_eim_configuration_data, &c, d->item_buf, sizeof d->item_buf,
                      &request.eim_configuration_data_list, NULL);
    if (!e)
        e = schema_encode(&T_add_initial_eim_request, &request, d->eim_buf, sizeof d->eim_buf,
                          &d->initial_eim, NULL);
    return e ? fail(d->eim, err_text(e)) : EXIT_DONE;
}

static int load_crls(struct device *d)
{
    const struct crl_lists_options o = {
        .who = "dunlin ipa",
        .paths = d->crl_paths.values,
        .path_count = d->crl_paths.count,
        .ca = &d->ci,
    };
    char why[800];
    struct reason r = { why, sizeof why };

    if (crl_lists_open(&o, &d->crls, &r) || crl_lists_reload(&d->crls, &r))
        return fail("--crl", why);
    return EXIT_DONE;
}

/* After SIGHUP. */
static void reload_crls(struct device *d)
{
    char why[800];

    outdated = 0;
    if (crl_lists_reload(&d->crls, &(struct reason){ why, sizeof why }))
        fail("not reloaded", why);
}

static int load_hosts(struct device *d, size_t count)
{
    enum err e = hosts_open(&d->hosts);

    if (e)
        return fail("names", err_text(e));
    for (size_t i = 0; i < count; i++)
        if (hosts_add(d->hosts, d->hosts_rows[i])) {
            fprintf(stderr, "dunlin ipa: '%s' is not NAME[:PORT]=ADDRESS[:PORT]\n",
                    d->hosts_rows[i]);
            return EXIT_USAGE;
        }
    return EXIT_DONE;
}

/* ---- its life ---- */

static void sleep_until(uint64_t wake_ms)
{
    uint64_t now = agent_now_ms(), ms = wake_ms > now ? wake_ms - now : 0;
    struct timespec t = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000L };

    nanosleep(&t, NULL); /* a signal that ends us ends this too */
}

static int live(struct device *d)
{
    struct agent_options o = {
        .link = &d->way.link,
        .hosts = d->hosts,
        .smdp_ca = &d->ci,
        .smdp_ca_count = 1,
        .eim_ca = &d->ci,
        .eim_ca_count = 1,
        .revocation = crl_lists_tls(&d->crls),
        .asn1_es9plus = d->asn1,
        .direct = !d->indirect,
        .indirect = d->indirect,
        .initial_eim = d->initial_eim,
        .poll_ms = (uint32_t)d->poll_s * 1000,
        .retry_ms = (uint32_t)d->retry_s * 1000,
        .note = on_note,
        .eim = on_eim,
        .ctx = d,
    };
    struct agent *agent;
    uint64_t wake_ms;
    enum err e = agent_open(&o, &agent);

    if (e)
        return fail("start", err_text(e));
    while (!ended) {
        if (outdated)
            reload_crls(d);
        e = agent_run(agent, &wake_ms);
        if (e || d->once)
            break;
        sleep_until(wake_ms);
    }
    agent_close(agent);
    if (e)
        return fail("card", err_text(e));
    return d->once && d->troubled ? EXIT_FAILED : EXIT_DONE;
}

/* For whoever configures another IPA, such as the one in a card. */
static int print_eim(const struct device *d)
{
    for (size_t i = 0; i < d->initial_eim.n; i++)
        printf("%02X", d->initial_eim.p[i]);
    putchar('\n');
    return EXIT_DONE;
}

static int run(struct device *d, size_t hosts_rows)
{
    int status = load_ci(d);

    if (!status && d->eim)
        status = make_initial_eim(d);
    if (!status && d->print_eim)
        return print_eim(d);
    if (!status)
        status = load_crls(d);
    if (!status)
        status = load_hosts(d, hosts_rows);
    if (!status)
        status = card_way_open(&d->way, "dunlin ipa");
    if (status)
        return status;
    status = live(d);
    card_way_close(&d->way);
    return status;
}

int cmd_ipa(int argc, char **argv)
{
    static struct device d;
    static const char *crls[CRL_PATHS_MAX];
    const struct option rows[] = {
        { "card", OPTION_TEXT, &d.way.tcp, 0, 0, "HOST[:PORT]",
          "the card's socket, as `dunlin card` opens it (default 127.0.0.1:35963)" },
        CARD_WAY_ROWS(&d.way),
        { "pki", OPTION_TEXT, &d.pki, 0, 0, "DIR",
          "the CI that servers are trusted under, by `dunlin pki init` (default var/pki)" },
        { "crl", OPTION_LIST, &d.crl_paths, 0, 0, "FILE",
          "revocation lists of that CI, or a folder of them; SIGHUP reads them again" },
        { "eim", OPTION_TEXT, &d.eim, 0, 0, "NAME[:PORT]",
          "configure this eIM where the card has none (key: eim-sign.der of --pki)" },
        { "print-eim", OPTION_FLAG, &d.print_eim, 0, 0, NULL,
          "print AddInitialEim for the eIM of --eim in hexadecimal, and end" },
        { "poll", OPTION_INT, &d.poll_s, 1, 1000000, "S",
          "seconds between two polls (default 3600)" },
        { "retry", OPTION_INT, &d.retry_s, 1, 100000, "S",
          "seconds between attempts to deliver (default 10)" },
        { "indirect", OPTION_FLAG, &d.indirect, 0, 0, NULL,
          "reach no SM-DP+: the eIM relays downloads and notifications" },
        { "asn1", OPTION_FLAG, &d.asn1, 0, 0, NULL, "speak ES9+ in ASN.1 instead of JSON" },
        { "once", OPTION_FLAG, &d.once, 0, 0, NULL,
          "poll once and end; exit 1 when something went wrong" },
        { "json", OPTION_FLAG, &d.json, 0, 0, NULL,
          "one line of JSON for each thing that happens" },
    };
    struct options o = {
        .usage = "dunlin ipa [OPTIONS] [NAME[:PORT]=ADDRESS[:PORT]]...",
        .about =
            "The IoT Profile Assistant of a device (SGP.32 v1.2): polls the eIMs that its card "
            "knows and does what they ask. Names given with addresses are not asked of DNS.",
        .rows = rows,
        .count = COUNT(rows),
        .words = d.hosts_rows,
        .words_max = HOSTS_ROWS_MAX,
    };
    int status;

    d = (struct device){
        .pki = "var/pki", .poll_s = 3600, .retry_s = 10, .crl_paths = { crls, CRL_PATHS_MAX, 0 }
    };
    status = options_parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (d.print_eim && !d.eim) {
        fprintf(stderr, "dunlin ipa: --print-eim needs --eim\n");
        return EXIT_USAGE;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (d.crl_paths.count)
        signal(SIGHUP, on_signal);
    status = run(&d, o.words_count);
    crl_lists_close(&d.crls);
    hosts_close(d.hosts);
    free(d.ci_owned);
    free(d.eim_owned);
    return status;
}
