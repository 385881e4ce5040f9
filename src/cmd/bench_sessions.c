/*
 * Open sessions at the SM-DP+: authenticated eUICCs that have not asked for their package. The
 * server is a process of its own, and what counts is how much of it is resident before and after.
 */
#include "cmd/bench_smdp.h"
#include "cmd/cmd.h"
#include "smdp/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WARM 256u /* downloads before, so that buffers and caches are there */
#define KEPT 64u  /* sessions, from the oldest on, that are led to their end */
#define MORE 16u  /* whole downloads among the open sessions */

struct kept {
    struct bench_begun begun;
    uint8_t *body; /* of its GetBoundProfilePackage, from the heap */
    size_t n;
};

/* A client's part of one of them. */
struct going {
    struct bench_begun begun; /* first: the parts of the flow know no more */
    slice body;
};

struct sessions {
    struct bench_downloads d; /* first: the parts of the flow know no more */
    const struct bench_args *args;
    struct bench_server *server;
    unsigned every; /* so many of the opened one is kept */
    struct kept kept[KEPT];
    atomic_uint going; /* kept ones that go on */
};

static struct sessions *sessions_of(const struct bench_session *s)
{
    return s->crew->ctx;
}

/* ---- opening ---- */

/* The eUICC's signature over the answer is made for every session: a refusal has nothing to sign.
 */
static enum err opened(struct bench_session *s)
{
    struct sessions *all = sessions_of(s);
    struct bench_begun *b = s->own;
    unsigned i = b->number - WARM;
    struct kept *k = &all->kept[i / all->every % KEPT];
    slice body;
    enum err e = bench_card_prepare(&b->card, s->answer, &s->arena, &body);

    if (e || i % all->every || i / all->every >= KEPT)
        return e;
    k->body = malloc(body.n);
    if (!k->body)
        return E_MEMORY;
    memcpy(k->body, body.p, body.n);
    k->n = body.n;
    k->begun = *b; /* with its signer; what else of the card is still asked for is in it */
    k->begun.card.certificate = SLICE_NONE;
    b->open = false;
    return E_OK;
}

/* ---- going on with an open one ---- */

static enum err take_kept(struct bench_session *s)
{
    struct sessions *all = sessions_of(s);
    struct going *g = s->own;
    unsigned i = atomic_fetch_add(&all->going, 1);

    bench_download_drop(s);
    if (i >= KEPT || !all->kept[i].body)
        return E_NOTFOUND;
    g->begun = all->kept[i].begun;
    g->body = slice_of(all->kept[i].body, all->kept[i].n);
    all->kept[i].begun.open = false;
    return E_OK;
}

static enum err ask_rest(struct bench_session *s, unsigned step, const char **path, slice *body)
{
    const struct going *g = s->own;

    if (step)
        return bench_download_ask(s, BENCH_DOWNLOAD_STEPS - 1, path, body);
    *path = BENCH_DOWNLOAD_PACKAGE;
    *body = g->body;
    return E_OK;
}

/* ---- the phases ---- */

static const struct bench_flow whole = {
    .own = sizeof(struct bench_begun),
    .steps = BENCH_DOWNLOAD_STEPS,
    .media = BENCH_DOWNLOAD_MEDIA,
    .begin = bench_download_begin,
    .ask = bench_download_ask,
    .end = bench_download_end,
    .close = bench_download_drop,
};

static const struct bench_flow opening = {
    .own = sizeof(struct bench_begun),
    .steps = 2,
    .media = BENCH_DOWNLOAD_MEDIA,
    .begin = bench_download_begin,
    .ask = bench_download_ask,
    .end = opened,
    .close = bench_download_drop,
};

static const struct bench_flow rest = {
    .own = sizeof(struct going),
    .steps = 2,
    .media = BENCH_DOWNLOAD_MEDIA,
    .begin = take_kept,
    .ask = ask_rest,
    .end = bench_download_end,
    .close = bench_download_drop,
};

/* So many flows, no more and no fewer. */
static bool run(struct sessions *all, const struct bench_flow *flow, unsigned from, unsigned count)
{
    struct bench_crew crew = {
        .server = all->server,
        .flow = flow,
        .ctx = all,
        .sessions = (unsigned)all->args->threads,
        .to_the_end = true,
    };

    atomic_store(&all->d.next, from);
    all->d.end = from + count;
    if (!bench_crew_run(&crew))
        return false;
    if (crew.done != count)
        fprintf(stderr, "bench smdp: %u of %u were done\n", crew.done, count);
    return crew.done == count;
}

static void line(const struct sessions *all, unsigned count, unsigned going, double before,
                 double after, double us)
{
    /* the table's places are touched when it is made */
    double place = sizeof(struct session), each = (after - before) / count + place;

    if (all->args->json)
        printf("{\"bench\":\"smdp: sessions\",\"sessions\":%u,\"residentPerSession\":%.0f,"
               "\"place\":%.0f,\"before\":%.0f,\"after\":%.0f,\"wentOn\":%u,\"downloads\":%u,"
               "\"seconds\":%.1f}\n",
               count, each, place, before, after, going, MORE, us / 1e6);
    else
        printf("bench: smdp: sessions: %u open, %.0f octets resident each, of them %.0f the place "
               "in the table (%.1f MB before, %.1f MB after), opened in %.1f s; %u of them, from "
               "the oldest on, went on to their result, and %u downloads succeeded among them\n",
               count, each, place, before / 1e6, after / 1e6, us / 1e6, going, MORE);
    fflush(stdout);
}

static bool measure(struct sessions *all, unsigned count)
{
    unsigned going = (count + all->every - 1) / all->every;
    double before, after, us;

    going = going < KEPT ? going : KEPT;
    if (!bench_server_init(all->server, true) ||
        !bench_server_start(all->server, true, bench_downloads_stock, &all->d) ||
        !run(all, &whole, 0, WARM))
        return false;
    before = bench_server_resident(all->server);
    us = wall_us();
    if (!run(all, &opening, WARM, count))
        return false;
    us = wall_us() - us;
    after = bench_server_resident(all->server);
    if (!run(all, &whole, WARM + count, MORE) || !run(all, &rest, 0, going))
        return false;
    line(all, count, going, before, after, us);
    return true;
}

static void close_kept(struct sessions *all)
{
    for (unsigned i = 0; i < KEPT; i++) {
        if (all->kept[i].begun.open)
            bench_card_close(&all->kept[i].begun.card);
        free(all->kept[i].body);
    }
}

int bench_sessions(const struct bench_args *args)
{
    struct bench_server b = { .leash = -1 };
    unsigned count = (unsigned)args->sessions;
    struct sessions *all = calloc(1, sizeof *all);
    bool ok;

    if (!all)
        return EXIT_FAILED;
    all->d.stocked = WARM + count + MORE;
    all->args = args;
    all->server = &b;
    all->every = count < KEPT ? 1 : count / KEPT;
    ok = measure(all, count);
    bench_server_close(&b);
    close_kept(all);
    free(all);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
