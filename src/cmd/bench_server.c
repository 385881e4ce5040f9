#include "cmd/bench_server.h"

#include "base/file.h"
#include "pki/testci.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    return false;
}

bool bench_server_init(struct bench_server *b, bool smdp)
{
    static const slice hosts[] = { SLICE_LIT(BENCH_SMDP), SLICE_LIT(BENCH_EIM) };
    const char *tmp = getenv("TMPDIR");
    char where[KEYSTORE_PATH_MAX] = "";
    struct testci_plan plan = {
        .dir = b->pki,
        .curve = CURVE_P256,
        .hosts = hosts,
        .host_count = COUNT(hosts),
        .eim_id = SLICE_LIT(BENCH_EIM),
        .now_s = time(NULL),
    };
    enum err e;

    *b = (struct bench_server){ .smdp = smdp, .leash = -1, .crypto = crypto_openssl() };
    if (!b->crypto)
        return complain("OpenSSL", "not usable");
    snprintf(b->dir, sizeof b->dir, "%.150s/dunlin-bench-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(b->dir))
        return complain(b->dir, "the folder cannot be made");
    snprintf(b->pki, sizeof b->pki, "%s/pki", b->dir);
    e = testci_init(b->crypto, &plan, where);
    if (e)
        return complain(where, err_text(e));
    e = identity_open_role(b->crypto, b->pki, ROLE_CI, &b->ci);
    if (!e)
        e = identity_open_role(b->crypto, b->pki, ROLE_EUM, &b->eum);
    if (!e)
        e = identity_open_role(b->crypto, b->pki, ROLE_DP_AUTH, &b->dp_auth);
    return !e || complain(b->pki, err_text(e));
}

/* ---- the servers ---- */

static struct servers_options options_of(const struct bench_server *b)
{
    return (struct servers_options){
        .dir = b->dir,
        .pki = b->pki,
        .bind = "127.0.0.1",
        .smdp_name = b->smdp ? BENCH_SMDP : NULL,
        .eim_name = b->smdp ? NULL : BENCH_EIM,
    };
}

/* The child: serves until the parent lets the leash go. */
static void serve(struct bench_server *b, int tell, int leash, bench_stock *stock, void *ctx)
{
    struct servers_options o = options_of(b);
    char why[400], end;
    uint16_t port;

    signal(SIGPIPE, SIG_IGN);
    if (servers_open(&b->servers, &o, why, sizeof why)) {
        complain("servers", why);
        _exit(1);
    }
    port = b->smdp ? b->servers.smdp_served.agents.port : b->servers.eim_served.agents.port;
    if (!stock(&b->servers, ctx) || write(tell, &port, sizeof port) != sizeof port)
        _exit(1);
    while (read(leash, &end, 1) > 0) {
    }
    servers_close(&b->servers);
    _exit(0);
}

static bool start_child(struct bench_server *b, bench_stock *stock, void *ctx)
{
    int told[2], leash[2];
    ssize_t got;

    if (pipe(told) || pipe(leash))
        return complain("pipe", "cannot be made");
    fflush(NULL);
    b->child = fork();
    if (b->child < 0)
        return complain("fork", "no process");
    if (!b->child) {
        close(told[0]);
        close(leash[1]);
        serve(b, told[1], leash[0], stock, ctx);
    }
    close(told[1]);
    close(leash[0]);
    b->leash = leash[1];
    got = read(told[0], &b->port, sizeof b->port);
    close(told[0]);
    return got == sizeof b->port || complain("servers", "did not start");
}

static bool open_client_side(struct bench_server *b)
{
    struct tls_trust_options trust = { .ca = &b->ci.cert.der, .ca_count = 1 };
    char row[64];
    enum err e = tls_trust_open(&trust, &b->trust);

    snprintf(row, sizeof row, "*=127.0.0.1:%u", b->port);
    if (!e)
        e = hosts_open(&b->hosts);
    if (!e)
        e = hosts_add(b->hosts, row);
    return !e || complain("clients", err_text(e));
}

bool bench_server_start(struct bench_server *b, bool tls, bench_stock *stock, void *ctx)
{
    struct servers_options o = options_of(b);
    char why[400];

    if (tls)
        return start_child(b, stock, ctx) && open_client_side(b);
    if (servers_open_quiet(&b->servers, &o, why, sizeof why))
        return complain("servers", why);
    return stock(&b->servers, ctx);
}

bool bench_server_beside(struct bench_server *b, const struct bench_args *args)
{
    char row[BENCH_PATH];
    enum err e;

    *b = (struct bench_server){
        .smdp = true,
        .foreign = true,
        .child = (pid_t)args->beside.process,
        .leash = -1,
        .crypto = crypto_openssl(),
    };
    if (!b->crypto)
        return complain("OpenSSL", "not usable");
    e = identity_open_role(b->crypto, args->beside.pki, ROLE_CI, &b->ci);
    if (!e)
        e = identity_open_role(b->crypto, args->beside.pki, ROLE_EUM, &b->eum);
    if (!e)
        e = identity_open_role(b->crypto, args->beside.pki, ROLE_DP_AUTH, &b->dp_auth);
    if (e)
        return complain(args->beside.pki, err_text(e));
    snprintf(row, sizeof row, "*=%.150s", args->beside.at);
    e = hosts_open(&b->hosts);
    if (!e)
        e = hosts_add(b->hosts, row);
    return !e || complain(args->beside.at, err_text(e));
}

double bench_server_us(const struct bench_server *b)
{
    clockid_t clock;
    struct timespec t;

    if (!b->child)
        return cpu_process_us();
    if (clock_getcpuclockid(b->child, &clock) || clock_gettime(clock, &t))
        return 0;
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of another process only /proc tells: the 15th word of its stat, in clock ticks. */
static double child_kernel_us(pid_t child)
{
    char path[40], line[1024] = "", *at;
    unsigned long user, kernel = 0;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    at = n > 0 ? strrchr(line, ')') : NULL;
    if (!at ||
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        return 0;
    return (double)kernel * 1e6 / (double)sysconf(_SC_CLK_TCK);
}

double bench_server_kernel_us(const struct bench_server *b)
{
    struct rusage u;

    if (b->child)
        return child_kernel_us(b->child);
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_stime.tv_sec * 1e6 + (double)u.ru_stime.tv_usec;
}

double bench_server_resident(const struct bench_server *b)
{
    unsigned long size, pages = 0;
    char path[40];
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/statm", (long)(b->child ? b->child : getpid()));
    f = fopen(path, "r");
    if (f && fscanf(f, "%lu %lu", &size, &pages) != 2)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void bench_server_close(struct bench_server *b)
{
    if (b->leash >= 0)
        close(b->leash);
    if (b->child > 0 && !b->foreign)
        waitpid(b->child, NULL, 0);
    else if (b->servers.crypto) /* in this process */
        servers_close(&b->servers);
    hosts_close(b->hosts);
    tls_trust_close(b->trust);
    identity_close(&b->ci);
    identity_close(&b->eum);
    identity_close(&b->dp_auth);
    if (b->dir[0])
        folder_remove(b->dir);
}
