/* dunlin serve: the servers, until a signal. */
#include "cmd/cmd.h"
#include "cmd/desk.h"
#include "cmd/options.h"
#include "cmd/orders.h"
#include "cmd/servers.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATH_SIZE 1024
#define HOSTS_MAX 16

static const char *credentials[FURTHER_MAX];
static const char *crls[CRL_PATHS_MAX];

struct serve_args {
    const char *dir, *pki, *bind, *roles, *smdp_name, *smds_name, *root_smds, *eim_name, *config,
        *orders, *hosts;
    const char *operator_ca, *master_key;
    const char *admin_bind;
    struct option_list admin_certificates;
    bool log_json;
    struct option_list credentials, crls;
    long smdp_port, es2_port, smds_port, es12_port, eim_port, admin_port, workers, event_days,
        download_attempts, keep_days;
};

static bool has_role(const char *roles, const char *role)
{
    size_t n = strlen(role);

    for (const char *at = roles; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, role, n) && (at[n] == ',' || !at[n]))
            return true;
    return false;
}

/* "a=1.2.3.4:443,b=..." into rows; the text is cut in place. */
static size_t split_hosts(char *text, const char **rows)
{
    size_t n = 0;

    for (char *row = strtok(text, ","); row && n < HOSTS_MAX; row = strtok(NULL, ","))
        rows[n++] = row;
    return n;
}

static void say_revoked(const struct servers *s)
{
    if (!s->crls.now)
        return;
    printf("serve: revoked certificates: %zu\n", revocations_count(s->crls.now));
    fflush(stdout);
}

static void reload(struct servers *s)
{
    char why[600];
    bool refused = servers_reload(s, why, sizeof why) != E_OK;

    served_report_reload(s->options->log, servers_generation(s), refused ? why : NULL);
    say_revoked(s);
}

/* Until a signal that ends; SIGHUP reloads. */
static void wait_for(const sigset_t *signals, struct servers *s, struct orders_watch *w)
{
    const struct timespec a_moment = { 0, 500 * 1000000L };
    int got;

    do {
        orders_tell(s, w);
        got = sigtimedwait(signals, NULL, &a_moment);
        if (got == SIGHUP)
            reload(s);
    } while (got < 0 || got == SIGHUP);
}

static int run(const struct serve_args *a)
{
    char why[600], pki[PATH_SIZE], hosts[1024] = "";
    const char *rows[HOSTS_MAX];
    struct servers_options o = {
        .dir = a->dir,
        .pki = a->pki ? a->pki : pki,
        .credentials = a->credentials.values,
        .credential_count = a->credentials.count,
        .crls = a->crls.values,
        .crl_count = a->crls.count,
        .bind = a->bind,
        .smdp_name = has_role(a->roles, "smdp") ? a->smdp_name : NULL,
        .smds_name = has_role(a->roles, "smds") ? a->smds_name : NULL,
        .root_smds = a->root_smds,
        .event_days = a->event_days,
        .eim_name = has_role(a->roles, "eim") ? a->eim_name : NULL,
        .smdp_port = a->smdp_port,
        .es2 = true,
        .es2_port = a->es2_port,
        .operator_ca = a->operator_ca,
        .master_key = a->master_key,
        .smds_port = a->smds_port,
        .es12_port = a->es12_port,
        .eim_port = a->eim_port,
        .workers = a->workers,
        .download_attempts = (unsigned)a->download_attempts,
        .keep_days = a->keep_days,
        .hosts = rows,
        .log = a->log_json ? LOG_JSON : LOG_FAILURES,
        .meters = a->admin_port >= 0,
    };
    const struct desk_options desk_options = {
        .dir = a->dir,
        .pki = o.pki,
        .bind = a->admin_bind,
        .port = a->admin_port,
        .certificates = a->admin_certificates.values,
        .certificate_count = a->admin_certificates.count,
    };
    static struct orders_watch watch;
    struct desk desk = { 0 };
    struct servers s;
    sigset_t stop;
    int status = EXIT_DONE;

    snprintf(pki, sizeof pki, "%s/pki", a->dir);
    if (a->hosts)
        snprintf(hosts, sizeof hosts, "%s", a->hosts);
    o.host_count = split_hosts(hosts, rows);
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    if (servers_open(&s, &o, why, sizeof why)) {
        fprintf(stderr, "serve: %s\n", why);
        return EXIT_FAILED;
    }
    if (a->admin_port >= 0 && desk_open(&desk, &s, &desk_options, why, sizeof why)) {
        fprintf(stderr, "serve: %s\n", why);
        servers_close(&s);
        return EXIT_FAILED;
    }
    if (a->orders)
        status = orders_place(&s, a->orders, &watch);
    if (status == EXIT_DONE) {
        if (o.smdp_name)
            printf("serve: SM-DP+ %s on %s port %u\nserve: ES2+ on %s port %u\n", o.smdp_name,
                   a->bind, s.smdp_served.agents.port, a->bind, s.smdp_served.operators.port);
        if (o.smds_name)
            printf("serve: SM-DS %s on %s port %u\nserve: ES12 on %s port %u\n", o.smds_name,
                   a->bind, s.smds_served.agents.port, a->bind, s.smds_served.operators.port);
        if (o.eim_name)
            printf("serve: eIM %s on %s port %u\n", o.eim_name, a->bind, s.eim_served.agents.port);
        if (a->admin_port >= 0)
            printf("serve: operator's desk on %s port %u\n", a->admin_bind, desk.listener.port);
        fflush(stdout);
        say_revoked(&s);
        wait_for(&stop, &s, &watch);
    }
    desk_close(&desk);
    servers_close(&s);
    return status;
}

int cmd_serve(int argc, char **argv)
{
    const char *certificates[DESK_CERTIFICATES];
    struct serve_args a = {
        .credentials = { credentials, FURTHER_MAX, 0 },
        .crls = { crls, CRL_PATHS_MAX, 0 },
        .dir = "var",
        .bind = "127.0.0.1",
        .roles = "smdp,eim",
        .smdp_name = "testsmdpplus1.example.com",
        .smds_name = "testrootsmds.example.com",
        .eim_name = "testeim.example.com",
        .smdp_port = 8443,
        .es2_port = 8445,
        .eim_port = 8444,
        .admin_bind = "127.0.0.1",
        .admin_port = -1,
        .admin_certificates = { certificates, DESK_CERTIFICATES, 0 },
        .smds_port = 8446,
        .es12_port = 8447,
        .keep_days = 365,
    };
    const struct option rows[] = {
        { "config", OPTION_TEXT, &a.config, 0, 0, "FILE", "read [serve] of this file first" },
        { "dir", OPTION_TEXT, &a.dir, 0, 0, "DIR", "databases (var)" },
        { "pki", OPTION_TEXT, &a.pki, 0, 0, "DIR", "certificates and keys (DIR/pki)" },
        { "credential", OPTION_LIST, &a.credentials, 0, 0, "DIR",
          "a CI with certificates and keys that is served too; may be given again" },
        { "crl", OPTION_LIST, &a.crls, 0, 0, "FILE",
          "revocation lists, in DER or PEM, or a folder of them; may be given again" },
        { "roles", OPTION_TEXT, &a.roles, 0, 0, "LIST", "of smdp, smds, eim (smdp,eim)" },
        { "master-key", OPTION_TEXT, &a.master_key, 0, 0, "FILE",
          "seals secrets in the databases; dunlin vault init makes it" },
        { "bind", OPTION_TEXT, &a.bind, 0, 0, "ADDRESS", "numeric address (127.0.0.1)" },
        { "smdp-name", OPTION_TEXT, &a.smdp_name, 0, 0, "NAME", "address of the SM-DP+" },
        { "smdp-port", OPTION_INT, &a.smdp_port, 0, 65535, "PORT", "ES9+ (8443)" },
        { "es2-port", OPTION_INT, &a.es2_port, 0, 65535, "PORT", "ES2+, for operators (8445)" },
        { "operator-ca", OPTION_TEXT, &a.operator_ca, 0, 0, "FILE",
          "whom to believe when reports go to operators (the CI)" },
        { "smds-name", OPTION_TEXT, &a.smds_name, 0, 0, "NAME", "address of the SM-DS" },
        { "smds-port", OPTION_INT, &a.smds_port, 0, 65535, "PORT", "ES11 (8446)" },
        { "es12-port", OPTION_INT, &a.es12_port, 0, 65535, "PORT",
          "ES12 and ES15, for RSP servers (8447)" },
        { "event-days", OPTION_INT, &a.event_days, 1, 36500, "N",
          "life of an event at the SM-DS (365)" },
        { "root-smds", OPTION_TEXT, &a.root_smds, 0, 0, "NAME",
          "address of the root SM-DS: the SM-DS here is an alternative one" },
        { "eim-name", OPTION_TEXT, &a.eim_name, 0, 0, "NAME", "eimId and host name of the eIM" },
        { "eim-port", OPTION_INT, &a.eim_port, 0, 65535, "PORT", "ESipa (8444)" },
        { "hosts", OPTION_TEXT, &a.hosts, 0, 0, "ROWS",
          "name=address:port,...: where other servers are found" },
        { "orders", OPTION_TEXT, &a.orders, 0, 0, "FILE", "orders to place, see docs/serve.md" },
        { "download-attempts", OPTION_INT, &a.download_attempts, 1, 1000000, "N",
          "downloads begun of one order at the SM-DP+ (10)" },
        { "keep-days", OPTION_INT, &a.keep_days, 0, 36500, "N",
          "how long what is over stays in the databases, 0 for ever (365)" },
        { "admin-port", OPTION_INT, &a.admin_port, 0, 65535, "PORT",
          "operator's desk: REST and metrics, see docs/ctl.md (none)" },
        { "admin-bind", OPTION_TEXT, &a.admin_bind, 0, 0, "ADDRESS", "of the desk (127.0.0.1)" },
        { "admin-cert", OPTION_LIST, &a.admin_certificates, 0, 0, "FILE",
          "who may use the desk; again for more (whoever has DIR/" DESK_TOKEN_FILE ")" },
        { "log-json", OPTION_FLAG, &a.log_json, 0, 0, "",
          "tell of every request on stderr, a JSON object a line" },
        { "workers", OPTION_INT, &a.workers, 0, 256, "N", "threads of each server (processors)" },
    };
    struct options o = {
        .usage = "dunlin serve [OPTIONS]",
        .about =
            "Runs an SM-DP+, an SM-DS, an eIM until SIGINT or SIGTERM. Certificates come from\n"
            "`dunlin pki init`; SIGHUP reads them again, keys, CIs and revocation lists\n"
            "too.",
        .rows = rows,
        .count = sizeof rows / sizeof *rows,
    };
    int status = options_parse(&o, argc, argv);

    if (status < 0 && a.config) {
        a.credentials.count = 0; /* the second time over the command line adds them again */
        a.crls.count = 0;
        status = options_read_file(&o, a.config, "serve");
        if (status < 0)
            status = options_parse(&o, argc, argv);
    }
    if (status >= 0)
        return status;
    if (!has_role(a.roles, "smdp") && !has_role(a.roles, "smds") && !has_role(a.roles, "eim")) {
        fprintf(stderr, "serve: --roles: '%s' names none of smdp, smds, eim\n", a.roles);
        return EXIT_USAGE;
    }
    return run(&a);
}
