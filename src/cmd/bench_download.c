/* One download at the SM-DP+ (bench_smdp.h): what the operator puts in, and the four calls. */
#include "cmd/bench_smdp.h"

#include "cmd/bench_euicc.h"

#include <stdio.h>

#define STOCK_BATCH 50u /* put in by one commit */

struct stock {
    const struct bench_downloads *downloads;
    unsigned from; /* of the batch */
};

/* ---- the operator ---- */

static void number(unsigned i, char iccid[ICCID_DIGITS + 1], char matching_id[BENCH_MATCHING_ID])
{
    snprintf(iccid, ICCID_DIGITS + 1, "8999970%011u", i);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    iccid[19] = '\0';
    snprintf(matching_id, BENCH_MATCHING_ID, "BENCH-%08u", i);
}

static enum err add_batch(void *role, void *ctx, struct turn *t)
{
    struct stock *s = ctx;
    enum err e = E_OK;

    for (unsigned i = s->from; !e && i < s->from + STOCK_BATCH; i++) {
        struct bench_profile profile;
        struct smdp_new_profile p = {
            .protection = SMDP_SESSION_KEYS,
            .about.service_provider = SLICE_LIT("Dunlin"),
            .about.profile_name = SLICE_LIT("Operational"),
            .about.profile_class = 2,
        };
        uint8_t octets[ICCID_LEN];

        e = bench_profile_make(crypto_openssl(), s->downloads->from, i, t->arena, &profile);
        p.package = profile.package;
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
        char iccid[ICCID_DIGITS + 1], matching_id[BENCH_MATCHING_ID];
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
        char iccid[ICCID_DIGITS + 1], matching_id[BENCH_MATCHING_ID];
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

bool bench_downloads_stock(struct servers *s, void *ctx)
{
    static operator_call *const calls[] = { add_batch, order_batch, release_batch };
    const struct bench_downloads *d = ctx;
    struct stock stock = { .downloads = d };
    struct turn_status refusal = { 0 };
    struct arena a;
    enum err e = E_OK;

    arena_init(&a, (size_t)64 << 20);
    for (stock.from = 0; !e && stock.from < d->stocked; stock.from += STOCK_BATCH) {
        for (size_t i = 0; !e && !refusal.subject && i < COUNT(calls); i++) {
            arena_reset(&a);
            e = servers_operate(s->smdp_served.store, &a, calls[i], s->smdp, &stock, &refusal);
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

size_t bench_download_octets(slice from)
{
    struct bench_profile profile;
    struct arena a;
    enum err e;

    arena_init(&a, (size_t)1 << 20);
    e = bench_profile_make(crypto_openssl(), from, 0, &a, &profile);
    arena_free(&a);
    return e ? 0 : profile.package.n;
}

/* ---- one download ---- */

void bench_download_drop(struct bench_session *s)
{
    struct bench_begun *b = s->own;

    if (b->open)
        bench_card_close(&b->card);
    b->open = false;
}

enum err bench_download_begin(struct bench_session *s)
{
    struct bench_downloads *d = s->crew->ctx;
    struct bench_server *server = s->crew->server;
    struct bench_begun *b = s->own;
    unsigned i = atomic_fetch_add(&d->next, 1);
    char iccid[ICCID_DIGITS + 1];
    enum err e;

    bench_download_drop(s);
    if (i >= d->end)
        return E_NOTFOUND;
    number(i, iccid, b->matching_id);
    e = iccid_from_digits(slice_str(iccid), b->iccid);
    if (!e)
        e = bench_card_open(&b->card, server->crypto, &server->ci.cert, &server->eum, i + 1);
    b->open = true;
    b->number = i;
    b->card.smdp_oid = server->dp_auth.cert.rid;
    return e;
}

static const char *matching_id_of(const struct bench_session *s)
{
    const struct bench_downloads *d = s->crew->ctx;
    const struct bench_begun *b = s->own;

    return d->matching_id ? d->matching_id : b->matching_id;
}

enum err bench_download_ask(struct bench_session *s, unsigned step, const char **path, slice *body)
{
    static const char *const paths[] = {
        BENCH_DOWNLOAD_PATH("initiateAuthentication"),
        BENCH_DOWNLOAD_PATH("authenticateClient"),
        BENCH_DOWNLOAD_PACKAGE,
        BENCH_DOWNLOAD_PATH("handleNotification"),
    };
    slice address = SLICE_LIT(BENCH_SMDP);
    struct bench_begun *b = s->own;

    *path = paths[step];
    switch (step) {
    case 0:
        return bench_card_initiate(&b->card, address, &s->arena, body);
    case 1:
        return bench_card_authenticate(&b->card, s->answer, slice_str(matching_id_of(s)), &s->arena,
                                       body);
    case 2:
        return bench_card_prepare(&b->card, s->answer, &s->arena, body);
    default:
        return bench_card_notify(&b->card, s->answer, address, b->iccid, &s->arena, body);
    }
}

enum err bench_download_end(struct bench_session *s)
{
    return s->status == 204 ? E_OK : E_REFUSED;
}
