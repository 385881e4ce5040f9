/*
 * Downloads at the SM-DP+: the four ES9+ calls up to the installation result, in JSON, each with an
 * eUICC, keys and profile of its own. The package is protected anew for each download.
 */
#include "cmd/bench.h"
#include "cmd/bench_card.h"
#include "cmd/bench_crew.h"
#include "cmd/cmd.h"
#include "profile/build.h"

#include <stdio.h>
#include <stdlib.h>

#define STOCK_SECOND 1500u /* profiles for each second of measuring */
#define STOCK_BATCH  50u   /* put in by one commit */
#define PATH(name)   "/gsma/rsp2/es9plus/" name
#define MEDIA        "application/json"
#define MATCHING_ID  20

struct stock {
    unsigned count, from; /* of the next batch */
    size_t package;       /* octets of one */
};

struct downloads {
    struct stock stock;
    atomic_uint next;
};

/* ---- the operator ---- */

static void number(unsigned i, char iccid[ICCID_DIGITS + 1], char matching_id[MATCHING_ID])
{
    snprintf(iccid, ICCID_DIGITS + 1, "8999970%011u", i);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    iccid[19] = '\0';
    snprintf(matching_id, MATCHING_ID, "BENCH-%08u", i);
}

static enum err add_batch(void *role, void *ctx, struct turn *t)
{
    struct stock *s = ctx;
    enum err e = E_OK;

    for (unsigned i = s->from; !e && i < s->from + STOCK_BATCH; i++) {
        char iccid[ICCID_DIGITS + 1], matching_id[MATCHING_ID];
        struct build_input in = { .iccid = slice_of(iccid, 19), .spn = SLICE_LIT("Dunlin") };
        struct smdp_new_profile p = {
            .protection = SMDP_SESSION_KEYS,
            .service_provider_name = SLICE_LIT("Dunlin"),
            .profile_name = SLICE_LIT("Operational"),
            .profile_class = 2,
        };
        uint8_t octets[ICCID_LEN];

        number(i, iccid, matching_id);
        e = profile_build(t->arena, crypto_openssl(), &in, &p.package, NULL);
        s->package = p.package.n;
        if (!e)
            e = smdp_profile_add(role, &p, t, octets);
    }
    return e;
}

static enum err order_batch(void *role, void *ctx, struct turn *t)
{
    struct stock *s = ctx;
    enum err e = E_OK;

    for (unsigned i = s->from; !e && i < s->from + STOCK_BATCH; i++) {
        char iccid[ICCID_DIGITS + 1], matching_id[MATCHING_ID];
        uint8_t octets[ICCID_LEN], *kept = arena_alloc(t->arena, ICCID_LEN);
        struct smdp_download_order order = { .iccid = slice_of(kept, ICCID_LEN) };

        number(i, iccid, matching_id);
        e = kept ? iccid_from_digits(slice_str(iccid), kept) : E_MEMORY;
        if (!e)
            e = smdp_download_order(role, &order, t, octets);
    }
    return e;
}

static enum err release_batch(void *role, void *ctx, struct turn *t)
{
    struct stock *s = ctx;
    enum err e = E_OK;

    for (unsigned i = s->from; !e && i < s->from + STOCK_BATCH; i++) {
        char iccid[ICCID_DIGITS + 1], matching_id[MATCHING_ID];
        uint8_t octets[ICCID_LEN];
        struct smdp_confirm_order confirm = { .iccid = SLICE_OF(octets), .release = true };
        struct smdp_confirmed out;

        number(i, iccid, matching_id);
        confirm.matching_id = arena_copy(t->arena, slice_str(matching_id));
        e = iccid_from_digits(slice_str(iccid), octets);
        if (!e)
            e = smdp_confirm_order(role, &confirm, t, &out);
    }
    return e;
}

static bool put_in_stock(struct servers *s, void *ctx)
{
    static operator_call *const calls[] = { add_batch, order_batch, release_batch };
    struct stock *stock = ctx;
    struct turn_status refusal = { 0 };
    struct arena a;
    enum err e = E_OK;

    arena_init(&a, (size_t)64 << 20);
    for (stock->from = 0; !e && stock->from < stock->count; stock->from += STOCK_BATCH) {
        for (size_t i = 0; !e && !refusal.subject && i < COUNT(calls); i++) {
            arena_reset(&a);
            e = servers_operate(s->smdp_served.store, &a, calls[i], s->smdp, stock, &refusal);
        }
        if (refusal.subject)
            e = E_REFUSED;
    }
    arena_free(&a);
    if (e)
        fprintf(stderr, "bench smdp: profiles in stock: %s\n",
                refusal.message ? refusal.message : err_text(e));
    return !e;
}

/* ---- one download ---- */

struct begun {
    struct bench_card card;
    bool open;
    char matching_id[MATCHING_ID];
    uint8_t iccid[ICCID_LEN];
};

static void drop(struct bench_session *s)
{
    struct begun *b = s->own;

    if (b->open)
        bench_card_close(&b->card);
    b->open = false;
}

static enum err begin(struct bench_session *s)
{
    struct downloads *d = s->crew->ctx;
    struct bench_server *server = s->crew->server;
    struct begun *b = s->own;
    unsigned i = atomic_fetch_add(&d->next, 1);
    char iccid[ICCID_DIGITS + 1];
    enum err e;

    drop(s);
    if (i >= d->stock.count)
        return E_NOTFOUND;
    number(i, iccid, b->matching_id);
    e = iccid_from_digits(slice_str(iccid), b->iccid);
    if (!e)
        e = bench_card_open(&b->card, server->crypto, &server->ci.cert, &server->eum, i + 1);
    b->open = true;
    b->card.smdp_oid = server->dp_auth.cert.rid;
    return e;
}

static enum err ask(struct bench_session *s, unsigned step, const char **path, slice *body)
{
    static const char *const paths[] = {
        PATH("initiateAuthentication"),
        PATH("authenticateClient"),
        PATH("getBoundProfilePackage"),
        PATH("handleNotification"),
    };
    slice address = SLICE_LIT(BENCH_SMDP);
    struct begun *b = s->own;

    *path = paths[step];
    switch (step) {
    case 0:
        return bench_card_initiate(&b->card, address, &s->arena, body);
    case 1:
        return bench_card_authenticate(&b->card, s->answer, slice_str(b->matching_id), &s->arena,
                                       body);
    case 2:
        return bench_card_prepare(&b->card, s->answer, &s->arena, body);
    default:
        return bench_card_notify(&b->card, s->answer, address, b->iccid, &s->arena, body);
    }
}

static enum err end(struct bench_session *s)
{
    return s->status == 204 ? E_OK : E_REFUSED;
}

static const struct bench_flow flow = {
    .own = sizeof(struct begun),
    .steps = 4,
    .media = MEDIA,
    .begin = begin,
    .ask = ask,
    .end = end,
    .close = drop,
};

/* ---- what came out ---- */

/* CERT.EUM is the same for all cards and validated once; CERT.EUICC is new each time. */
static double bound_us(const struct bare *b)
{
    return 3 * b->sign + 4 * b->verify + b->key_pair + b->agree + b->package;
}

static void report(const struct bench_args *args, const struct bench_crew *c,
                   const struct downloads *d)
{
    const struct bare *b = &c->bare;
    double us = c->server_us / c->done;
    char detail[600], where[200];

    bench_crew_print(c, where, sizeof where);
    snprintf(detail, sizeof detail,
             "%u downloads, %.0f us each: %s; durable SQLite; bound %.0f us = 3 sign %.0f + 4 "
             "verify %.0f (CERT.EUICC, 2 signatures, result) + key pair %.0f + agree %.0f + AES of "
             "%zu octets %.0f",
             c->done, us, where, bound_us(b), 3 * b->sign, 4 * b->verify, b->key_pair, b->agree,
             d->stock.package, b->package);
    bench_line(args, args->tls ? "smdp download over TLS" : "smdp download", 1e6 / us,
               1e6 / bound_us(b), detail);
}

static size_t package_octets(void)
{
    struct build_input in = { .spn = SLICE_LIT("Dunlin") };
    struct arena a;
    slice package = SLICE_NONE;
    enum err e;

    arena_init(&a, (size_t)1 << 20);
    e = profile_build(&a, crypto_openssl(), &in, &package, NULL);
    arena_free(&a);
    return e ? 0 : package.n;
}

static bool measure(const struct bench_args *args, struct bench_server *b, struct downloads *d)
{
    struct bench_crew crew = {
        .server = b,
        .flow = &flow,
        .ctx = d,
        .sessions = (unsigned)args->threads,
        .seconds = (double)args->seconds,
    };

    d->stock.package = package_octets();
    if (!bench_server_init(b, true) || !bench_server_start(b, args->tls, put_in_stock, &d->stock))
        return false;
    crew.package = d->stock.package;
    if (!bench_crew_run(&crew))
        return false;
    report(args, &crew, d);
    return true;
}

int bench_smdp(const struct bench_args *args)
{
    struct downloads d = { .stock.count =
                               (unsigned)(args->seconds * STOCK_SECOND + args->threads) };
    struct bench_server b = { .leash = -1 };
    bool ok;

    ok = measure(args, &b, &d);
    bench_server_close(&b);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
