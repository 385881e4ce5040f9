/*
 * Signed packages at the eIM: GetEimPackage and ProvideEimPackageResult, each package signed by the
 * eIM and each result by a card whose certificate it knows.
 */
#include "cmd/bench.h"
#include "cmd/bench_card.h"
#include "cmd/bench_crew.h"
#include "cmd/cmd.h"
#include "rsp/sgp32.h"

#include <stdio.h>
#include <stdlib.h>

#define STOCK_SECOND  4000u /* packages for each second of measuring */
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

/* A device's orders one after another, in one session: what it has begun it keeps. */
struct begun {
    struct bench_card *card;
    unsigned left;
    bool enabled; /* the first of its two profiles */
};

/* What the card did: EuiccResultData of the one operation. */
static slice results_of(struct begun *b, const struct euicc_package_signed *package)
{
    switch (package->euicc_package.psmo_list.p[0]) {
    case 0xA3:
        b->enabled = true;
        return SLICE_LIT("\x83\x01\x00");
    case 0xA4:
        b->enabled = false;
        return SLICE_LIT("\x84\x01\x00");
    default:
        if (b->enabled)
            return SLICE_LIT("\xBF\x2D\x26\xA0\x24\xE3\x10\x5A\x0A" ICCID_A "\x9F\x70\x01\x01"
                             "\xE3\x10\x5A\x0A" ICCID_B "\x9F\x70\x01\x00");
        return SLICE_LIT("\xBF\x2D\x26\xA0\x24\xE3\x10\x5A\x0A" ICCID_A "\x9F\x70\x01\x00"
                         "\xE3\x10\x5A\x0A" ICCID_B "\x9F\x70\x01\x01");
    }
}

/* The body of ProvideEimPackageResult. */
static enum err make_result(struct begun *b, const struct euicc_package_signed *package,
                            struct arena *a, slice *body)
{
    struct euicc_package_result_data_signed data = {
        .eim_id = package->eim_id,
        .counter_value = package->counter_value,
        .has_counter_value = true,
        .eim_transaction_id = package->eim_transaction_id,
        .seq_number = ++b->card->seq,
        .has_seq_number = true,
        .euicc_result = results_of(b, package),
    };
    struct euicc_package_result result = {
        .which = euicc_package_result_is_euicc_package_result_signed,
    };
    struct euicc_package_result_signed *r = &result.euicc_package_result_signed;
    struct provide_eim_package_result provide = {
        .eid_value = SLICE_OF(b->card->eid),
        .eim_package_result = { .which = eim_package_result_is_euicc_package_result },
    };
    struct ec_sig sig;
    slice parts[2] = { SLICE_NONE, SLICE_LIT("\x84\x01\x00") }; /* no association token */
    enum err e = encode(a, &T_euicc_package_result_data_signed, &data, &parts[0]);

    if (!e)
        e = signer_sign(&b->card->signer, b->card->crypto, parts, COUNT(parts), &sig);
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

static enum err begin(struct bench_session *s)
{
    struct packages *p = s->crew->ctx;
    struct begun *b = s->own;

    if (!b->left) {
        unsigned i = atomic_fetch_add(&p->next, 1);

        if (i >= p->count)
            return E_NOTFOUND;
        *b = (struct begun){ .card = &p->cards[i], .left = DEVICE_ORDERS };
    }
    b->left--;
    return E_OK;
}

static enum err ask(struct bench_session *s, unsigned step, const char **path, slice *body)
{
    struct begun *b = s->own;
    struct get_eim_package_request get = { .eid_value = SLICE_OF(b->card->eid) };
    struct euicc_package_signed package;
    enum err e;

    *path = PATH;
    if (step == 0)
        return encode(&s->arena, &T_get_eim_package_request, &get, body);
    e = s->status == 200 ? read_package(s->answer, &package) : E_REFUSED;
    return e ? e : make_result(b, &package, &s->arena, body);
}

static enum err end(struct bench_session *s)
{
    return s->status == 200 && acknowledges(s->answer) ? E_OK : E_REFUSED;
}

static const struct bench_flow flow = {
    .own = sizeof(struct begun), .steps = 2, .media = MEDIA, .begin = begin, .ask = ask, .end = end
};

/* ---- what came out ---- */

static void report(const struct bench_args *args, const struct bench_crew *c)
{
    double us = c->server_us / c->done, bound = c->bare.sign + c->bare.verify;
    char detail[400], where[160];

    bench_crew_print(c, where, sizeof where);
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
        .flow = &flow,
        .ctx = p,
        .sessions = (unsigned)args->threads,
        .seconds = (double)args->seconds,
        .package = 1024,
    };

    if (!bench_server_init(b, false) || !make_cards(p, b) ||
        !bench_server_start(b, args->tls, put_in_stock, p) || !bench_crew_run(&crew))
        return false;
    report(args, &crew);
    return true;
}

int bench_eim(const struct bench_args *args)
{
    struct packages p = { .count = (unsigned)(args->seconds * STOCK_SECOND / DEVICE_ORDERS +
                                              args->threads) };
    struct bench_server b = { .leash = -1 };
    bool ok;

    ok = measure(args, &b, &p);
    bench_server_close(&b);
    for (unsigned i = 0; p.cards && i < p.count; i++)
        bench_card_close(&p.cards[i]);
    free(p.cards);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
