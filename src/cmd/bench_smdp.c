/*
 * Downloads at the SM-DP+: the four ES9+ calls up to the installation result, in JSON, each with an
 * eUICC, keys and profile of its own. The package is protected anew for each download.
 */
#include "cmd/bench_smdp.h"

#include "base/file.h"
#include "cmd/cmd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#define STOCK_SECOND 1500u /* profiles for each second of measuring */

static const struct bench_flow flow = {
    .own = sizeof(struct bench_begun),
    .steps = BENCH_DOWNLOAD_STEPS,
    .media = BENCH_DOWNLOAD_MEDIA,
    .begin = bench_download_begin,
    .ask = bench_download_ask,
    .end = bench_download_end,
    .close = bench_download_drop,
};

/* ---- what came out ---- */

/* CERT.EUM is the same for all cards and validated once; CERT.EUICC is new each time. */
static double bound_us(const struct bare *b)
{
    return 3 * b->sign + 4 * b->verify + b->key_pair + b->agree + b->package;
}

static const char *name_of(const struct bench_args *args)
{
    if (args->fresh)
        return "smdp download over fresh TLS";
    return args->tls ? "smdp download over TLS" : "smdp download";
}

/*
 * A handshake counts as OpenSSL needs it between two buffers in memory: ECDHE, ECDSA P-256, the key
 * schedule and the ticket of TLS 1.3. Of its operations alone the line tells, too.
 */
static void print_handshake(const struct bench_crew *c, double us, char *out, size_t size)
{
    const struct bare *b = &c->bare;
    double operations = b->key_pair + b->agree + b->sign;

    *out = '\0';
    if (c->connections == BENCH_FRESH)
        snprintf(out, size,
                 " + handshake by OpenSSL in memory %.0f (its key pair, agree and sign %.0f, ratio "
                 "with these alone %.2f)",
                 c->handshake, operations, (bound_us(b) + operations) / us);
}

static void report(const struct bench_args *args, const struct bench_crew *c,
                   const struct bench_downloads *d)
{
    const struct bare *b = &c->bare;
    double us = c->server_us / c->done, bound = bound_us(b) + c->handshake;
    char detail[700], where[200], handshake[160];

    bench_crew_print(c, where, sizeof where);
    print_handshake(c, us, handshake, sizeof handshake);
    snprintf(detail, sizeof detail,
             "%u downloads, %.0f us each: %s; durable SQLite; bound %.0f us = 3 sign %.0f + 4 "
             "verify %.0f (CERT.EUICC, 2 signatures, result) + key pair %.0f + agree %.0f + AES of "
             "%zu octets %.0f%s",
             c->done, us, where, bound, 3 * b->sign, 4 * b->verify, b->key_pair, b->agree,
             d->package, b->package, handshake);
    bench_line(args, name_of(args), 1e6 / us, 1e6 / bound, detail);
}

/* ---- another SM-DP+ ---- */

static double per_second(const struct bench_crew *c)
{
    return c->done * 1e6 / c->server_us;
}

/* The same downloads there: each with an eUICC of its own, and one matching id for all. */
static bool measure_beside(const struct bench_args *args, const struct bench_crew *ours)
{
    struct bench_server peer;
    struct bench_downloads d = { .end = UINT_MAX, .matching_id = args->beside.matching_id };
    struct bench_crew crew = {
        .server = &peer,
        .flow = &flow,
        .ctx = &d,
        .sessions = (unsigned)args->threads,
        .seconds = (double)args->seconds,
    };
    bool ok = bench_server_beside(&peer, args) && bench_crew_run(&crew);
    char what[300], detail[200];

    if (ok) {
        snprintf(what, sizeof what, "%s, beside %s", name_of(args), args->beside.at);
        snprintf(detail, sizeof detail,
                 "the bound is the other one: %u downloads over HTTP without TLS, %.0f us each",
                 crew.done, crew.server_us / crew.done);
        bench_line(args, what, per_second(ours), per_second(&crew), detail);
    }
    bench_server_close(&peer);
    return ok;
}

static bool measure(const struct bench_args *args, struct bench_server *b,
                    struct bench_downloads *d)
{
    struct bench_crew crew = {
        .server = b,
        .flow = &flow,
        .ctx = d,
        .sessions = (unsigned)args->threads,
        .seconds = (double)args->seconds,
        .connections = args->fresh ? BENCH_FRESH : BENCH_KEPT,
    };

    if (!bench_server_init(b, true) || !bench_server_start(b, args->tls, bench_downloads_stock, d))
        return false;
    crew.package = d->package;
    if (!bench_crew_run(&crew))
        return false;
    report(args, &crew, d);
    return !args->beside.at || measure_beside(args, &crew);
}

static bool run(const struct bench_args *args, slice from)
{
    struct bench_downloads d = {
        .stocked = (unsigned)(args->seconds * STOCK_SECOND + args->threads),
        .from = from,
        .package = bench_download_octets(from),
    };
    struct bench_server b = { .leash = -1 };
    bool ok;

    d.end = d.stocked;
    if (!d.package) {
        fprintf(stderr, "bench: %s: no copies can be made of it (dunlin profile check says more)\n",
                args->profile ? args->profile : "the project's own profile");
        return false;
    }
    ok = measure(args, &b, &d);
    bench_server_close(&b);
    return ok;
}

int bench_smdp(const struct bench_args *args)
{
    uint8_t *file = NULL;
    slice from = SLICE_NONE;
    enum err e = E_OK;
    bool ok;

    if (args->sessions)
        return bench_sessions(args);
    if (args->profile)
        e = file_read(args->profile, &file, &from);
    if (e)
        fprintf(stderr, "bench: %s: %s\n", args->profile, err_text(e));
    ok = !e && run(args, from);
    free(file);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
