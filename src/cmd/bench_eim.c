/*
 * Signed packages at the eIM: GetEimPackage and ProvideEimPackageResult, each package signed by the
 * eIM and each result by a card whose certificate it knows.
 */
#include "cmd/bench.h"
#include "cmd/bench_card.h"
#include "cmd/bench_server.h"
#include "cmd/cmd.h"
#include "rsp/sgp32.h"

#include <stdio.h>
#include <stdlib.h>

#define STOCK_SECOND  2500u /* packages for each second of measuring */
#define DEVICE_ORDERS 4u    /* open at a time: list, enable, list, disable */
#define STOCK_BATCH   100u  /* devices put in by one commit */
#define PATH          "/gsma/rsp2/asn1"
#define MEDIA         "application/x-gsma-rsp-asn1"
#define ICCID_A       "\x98\x99\x79\x00\x00\x00\x00\x00\x10\xF2"
#define ICCID_B       "\x98\x99\x79\x00\x00\x00\x00\x00\x20\xF0"

struct packages {
    struct bench_card *cards;
    unsigned count, from; /* devices; of the next batch */
    atomic_uint next;
    double get_us, provide_us; /* of the server, on the clients' threads */
    pthread_mutex_t lock;
};

/* ---- the operator ---- */

static bool make_cards(struct packages *p, const struct bench_server *b)
{
    enum err e = E_OK;

    p->cards = calloc(p->count, sizeof *p->cards);
    for (unsigned i = 0; !e && p->cards && i < p->count; i++)
        e = bench_card_open(&p->cards[i], b->crypto, &b->ci.cert, &b->eum, i + 1);
    if (e || !p->cards)
        fprintf(stderr, "bench eim: cards: %s\n", err_text(p->cards ? e : E_MEMORY));
    return p->cards && !e;
}

static enum err add_batch(void *role, void *ctx, struct turn *t)
{
    struct packages *p = ctx;
    enum err e = E_OK;

    for (unsigned i = p->from; !e && i < p->from + STOCK_BATCH && i < p->count; i++) {
        struct eim_device_new d = {
            .eid = SLICE_OF(p->cards[i].eid),
            .associated = true,
            .euicc_certificate = p->cards[i].certificate,
            .eum_certificate = p->cards[i].eum,
        };

        e = eim_device_add(role, &d, t);
    }
    return e;
}

static enum err order_batch(void *role, void *ctx, struct turn *t)
{
    struct packages *p = ctx;
    struct eim_order *o;
    enum err e = E_OK;

    for (unsigned i = p->from; !e && i < p->from + STOCK_BATCH && i < p->count; i++) {
        slice eid = SLICE_OF(p->cards[i].eid);

        e = eim_order_list(role, eid, t, &o);
        if (!e)
            e = eim_order_enable(role, eid, SLICE_LIT(ICCID_A), false, t, &o);
        if (!e)
            e = eim_order_list(role, eid, t, &o);
        if (!e)
            e = eim_order_disable(role, eid, SLICE_LIT(ICCID_A), t, &o);
    }
    return e;
}

static bool put_in_stock(struct servers *s, void *ctx)
{
    struct packages *p = ctx;
    struct turn_status refusal = { 0 };
    struct arena a;
    enum err e = E_OK;

    arena_init(&a, (size_t)64 << 20);
    for (p->from = 0; !e && p->from < p->count; p->from += STOCK_BATCH) {
        arena_reset(&a);
        e = servers_operate(s->eim_served.store, &a, add_batch, s->eim, p, &refusal);
        arena_reset(&a);
        if (!e)
            e = servers_operate(s->eim_served.store, &a, order_batch, s->eim, p, &refusal);
    }
    arena_free(&a);
    if (e)
        fprintf(stderr, "bench eim: devices and orders: %s\n",
                refusal.message ? refusal.message : err_text(e));
    return !e;
}

/* ---- the card and its IPA ---- */

static enum err encode(struct arena *a, const struct type *t, const void *value, slice *out)
{
    uint8_t *buf = arena_alloc(a, 1024);

    return buf ? schema_encode(t, value, buf, 1024, out, NULL) : E_MEMORY;
}

static enum err read_package(slice answer, struct euicc_package_signed *out)
{
    struct get_eim_package_response r;
    struct euicc_package_request request;
    enum err e = schema_decode(&T_get_eim_package_response, answer, &r, NULL);

    if (!e && r.which != get_eim_package_response_is_euicc_package_request)
        e = E_REFUSED;
    if (!e)
        e = schema_decode(&T_euicc_package_request, r.euicc_package_request, &request, NULL);
    return e ? e : schema_decode(&T_euicc_package_signed, request.euicc_package_signed, out, NULL);
}

/* What the card did: EuiccResultData of the one operation. */
static slice results_of(const struct euicc_package_signed *package)
{
    switch (package->euicc_package.psmo_list.p[0]) {
    case 0xA3:
        return SLICE_LIT("\x83\x01\x00");
    case 0xA4:
        return SLICE_LIT("\x84\x01\x00");
    default:
        return SLICE_LIT("\xBF\x2D\x26\xA0\x24\xE3\x10\x5A\x0A" ICCID_A "\x9F\x70\x01\x00"
                         "\xE3\x10\x5A\x0A" ICCID_B "\x9F\x70\x01\x01");
    }
}

/* The body of ProvideEimPackageResult. */
static enum err make_result(struct bench_card *card, const struct euicc_package_signed *package,
                            struct arena *a, slice *body)
{
    struct euicc_package_result_data_signed data = {
        .eim_id = package->eim_id,
        .counter_value = package->counter_value,
        .has_counter_value = true,
        .eim_transaction_id = package->eim_transaction_id,
        .seq_number = ++card->seq,
        .has_seq_number = true,
        .euicc_result = results_of(package),
    };
    struct euicc_package_result result = {
        .which = euicc_package_result_is_euicc_package_result_signed,
    };
    struct euicc_package_result_signed *r = &result.euicc_package_result_signed;
    struct provide_eim_package_result provide = {
        .eid_value = SLICE_OF(card->eid),
        .eim_package_result = { .which = eim_package_result_is_euicc_package_result },
    };
    struct ec_sig sig;
    slice parts[2] = { SLICE_NONE, SLICE_LIT("\x84\x01\x00") }; /* no association token */
    enum err e = encode(a, &T_euicc_package_result_data_signed, &data, &parts[0]);

    if (!e)
        e = signer_sign(&card->signer, card->crypto, parts, COUNT(parts), &sig);
    r->euicc_package_result_data_signed = parts[0];
    r->euicc_sign_epr = SLICE_OF(sig.b);
    if (!e)
        e = encode(a, &T_euicc_package_result, &result,
                   &provide.eim_package_result.euicc_package_result);
    return e ? e : encode(a, &T_provide_eim_package_result, &provide, body);
}

static bool acknowledges(slice answer)
{
    struct provide_eim_package_result_response r;

    return !schema_decode(&T_provide_eim_package_result_response, answer, &r, NULL) &&
           r.which == provide_eim_package_result_response_is_eim_acknowledgements &&
           r.eim_acknowledgements.n > 0;
}

static enum err ask(struct bench_worker *w, slice body, double *us, slice *answer)
{
    double before = w->link.inside_us;
    enum err e = bench_link_ask(&w->link, PATH, MEDIA, body, &w->arena, answer);

    *us += w->link.inside_us - before;
    return e ? e : w->link.status == 200 ? E_OK : E_REFUSED;
}

static enum err run_package(struct bench_worker *w, struct bench_card *card, double us[2])
{
    struct get_eim_package_request get = { .eid_value = SLICE_OF(card->eid) };
    struct euicc_package_signed package;
    slice body, answer;
    enum err e = encode(&w->arena, &T_get_eim_package_request, &get, &body);

    if (!e)
        e = ask(w, body, &us[0], &answer);
    if (!e)
        e = read_package(answer, &package);
    if (!e)
        e = make_result(card, &package, &w->arena, &body);
    if (!e)
        e = ask(w, body, &us[1], &answer);
    return e ? e : acknowledges(answer) ? E_OK : E_REFUSED;
}

/* A device's orders one after another, by one thread: what a thread has begun it keeps. */
struct begun {
    struct bench_card *card;
    unsigned left;
};

static enum err package(struct bench_worker *w, void *ctx)
{
    struct packages *p = ctx;
    struct begun *b = w->own;
    double us[2] = { 0 };
    enum err e;

    if (!b)
        w->own = b = calloc(1, sizeof *b);
    if (!b)
        return E_MEMORY;
    if (!b->left) {
        unsigned i = atomic_fetch_add(&p->next, 1);

        if (i >= p->count)
            return E_NOTFOUND;
        *b = (struct begun){ &p->cards[i], DEVICE_ORDERS };
    }
    e = run_package(w, b->card, us);
    b->left--;
    pthread_mutex_lock(&p->lock);
    p->get_us += us[0];
    p->provide_us += us[1];
    pthread_mutex_unlock(&p->lock);
    return e;
}

/* ---- what came out ---- */

static void report(const struct bench_args *args, const struct bench_crew *c,
                   const struct packages *p)
{
    double us = c->server_us / c->done, all = c->done + c->threads;
    double bound = c->bare.sign + c->bare.verify;
    char detail[400], where[160];

    if (args->tls)
        snprintf(where, sizeof where, "loopback TLS, %u kept connections, %.0f us in the kernel",
                 c->threads, c->server_kernel_us / c->done);
    else
        snprintf(where, sizeof where, "in process, get %.0f, provide %.0f, store's thread %.0f",
                 p->get_us / all, p->provide_us / all, c->other_us / c->done);
    snprintf(detail, sizeof detail,
             "%u packages, %.0f us each: %s; durable SQLite; bound %.0f us = sign %.0f + verify "
             "%.0f",
             c->done, us, where, bound, c->bare.sign, c->bare.verify);
    bench_line(args, args->tls ? "eim package over TLS" : "eim package", 1e6 / us, 1e6 / bound,
               detail);
}

static bool measure(const struct bench_args *args, struct bench_server *b, struct packages *p)
{
    struct bench_crew crew = {
        .server = b,
        .step = package,
        .ctx = p,
        .threads = (unsigned)args->threads,
        .seconds = (double)args->seconds,
        .package = 1024,
    };

    if (!bench_server_init(b, false) || !make_cards(p, b) ||
        !bench_server_start(b, args->tls, put_in_stock, p) || !bench_crew_run(&crew))
        return false;
    report(args, &crew, p);
    return true;
}

int bench_eim(const struct bench_args *args)
{
    struct packages p = { .count = (unsigned)(args->seconds * STOCK_SECOND / DEVICE_ORDERS +
                                              args->threads) };
    struct bench_server b = { .leash = -1 };
    bool ok;

    pthread_mutex_init(&p.lock, NULL);
    ok = measure(args, &b, &p);
    bench_server_close(&b);
    for (unsigned i = 0; p.cards && i < p.count; i++)
        bench_card_close(&p.cards[i]);
    free(p.cards);
    pthread_mutex_destroy(&p.lock);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
