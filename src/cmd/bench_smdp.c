/*
 * Downloads at the SM-DP+: the four ES9+ calls up to the installation result, in JSON, each with an
 * eUICC, keys and profile of its own. The package is protected anew for each download.
 */
#include "cmd/bench_smdp.h"

#include "cmd/cmd.h"

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

/* The server's part of TLS 1.3 with ECDHE and ECDSA P-256: its share, the secret, one signature. */
static double handshake_us(const struct bench_args *args, const struct bare *b)
{
    return args->fresh ? b->key_pair + b->agree + b->sign : 0;
}

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

static void report(const struct bench_args *args, const struct bench_crew *c,
                   const struct bench_downloads *d)
{
    const struct bare *b = &c->bare;
    double us = c->server_us / c->done, shake = handshake_us(args, b);
    double bound = bound_us(b) + shake;
    char detail[700], where[200], shaken[160] = "";

    bench_crew_print(c, where, sizeof where);
    if (args->fresh)
        snprintf(shaken, sizeof shaken,
                 " + handshake %.0f (key pair, agree, sign; all of it by OpenSSL in memory %.0f, "
                 "ratio with that %.2f)",
                 shake, c->handshake, (bound - shake + c->handshake) / us);
    snprintf(detail, sizeof detail,
             "%u downloads, %.0f us each: %s; durable SQLite; bound %.0f us = 3 sign %.0f + 4 "
             "verify %.0f (CERT.EUICC, 2 signatures, result) + key pair %.0f + agree %.0f + AES of "
             "%zu octets %.0f%s",
             c->done, us, where, bound, 3 * b->sign, 4 * b->verify, b->key_pair, b->agree,
             d->package, b->package, shaken);
    bench_line(args, name_of(args), 1e6 / us, 1e6 / bound, detail);
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
    return true;
}

int bench_smdp(const struct bench_args *args)
{
    struct bench_downloads d = { .stocked =
                                     (unsigned)(args->seconds * STOCK_SECOND + args->threads) };
    struct bench_server b = { .leash = -1 };
    bool ok;

    if (args->sessions)
        return bench_sessions(args);
    d.package = bench_download_octets();
    d.end = d.stocked;
    ok = measure(args, &b, &d);
    bench_server_close(&b);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
