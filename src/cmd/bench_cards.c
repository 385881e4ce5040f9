/*
 * Many cards in one process (dunlin bench card --cards N): each with EID, key and CERT.EUICC of its
 * own, on its own block and NVM, each of which downloads, installs and enables a profile of its
 * own. All of them stay; when the last is done, every one of them shows ICCID and IMSI and answers
 * AUTHENTICATE with its own keys. What the process grew by is the cards'.
 */
#include "cmd/bench_euicc.h"
#include "cmd/demo_verify.h"

#include <stdio.h>
#include <unistd.h>

#define OBJECTS ((size_t)96 << 10) /* room for another profile of TS.48 on its way */
#define HALF    ((size_t)128 << 10)
#define STEP    10000u

struct many {
    const struct bench_args *args;
    slice from;
    struct bench_ground ground;
    struct bench_lpa lpa;
    struct arena arena;
};

/* Octets of this process in memory. */
static double resident(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long size, pages = 0;

    if (f) {
        if (fscanf(f, "%lu %lu", &size, &pages) != 2)
            pages = 0;
        fclose(f);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static bool make(struct many *m, unsigned i, struct bench_profile *p)
{
    enum err e;

    arena_reset(&m->arena);
    e = bench_profile_make(m->ground.keys.crypto, m->from, i + 1, &m->arena, p);
    if (e)
        fprintf(stderr, "bench card: profile %u%s: %s\n", i + 1,
                m->from.p ? ", a copy of --profile (dunlin profile check says more)" : "",
                err_text(e));
    return !e;
}

/* Card i from its EID to an enabled profile, and then to rest. */
static bool raise(struct many *m, unsigned i)
{
    struct bench_euicc *e = &m->ground.cards[i];
    struct bench_profile p;

    arena_reset(&m->lpa.arena);
    return make(m, i, &p) && bench_euicc_open(&m->ground, i) && bench_lpa_take(&m->lpa, e) &&
           bench_lpa_download(&m->lpa, p.package, p.metadata) && bench_lpa_acknowledge(&m->lpa) &&
           bench_lpa_set(&m->lpa, BENCH_ENABLE, p.who.iccid_ef) && bench_euicc_power(e);
}

static bool verify(struct many *m, unsigned i)
{
    struct bench_profile p;
    struct demo_expected x = { .crypto = m->ground.keys.crypto };
    char what[120];

    if (!make(m, i, &p))
        return false;
    x.iccid_ef = p.who.iccid_ef;
    x.imsi = p.who.imsi;
    x.aka = &p.who.aka;
    m->lpa.e = &m->ground.cards[i];
    if (demo_verify(&m->lpa.link, &x, what, sizeof what))
        return true;
    fprintf(stderr, "bench card: card %u: %s\n", i + 1, what);
    return false;
}

static void line(const struct many *m, const char *what, unsigned cards, double octets, double us)
{
    if (m->args->json)
        printf("{\"bench\":\"card: %s\",\"cards\":%u,\"residentPerCard\":%.0f,"
               "\"resident\":%.0f,\"seconds\":%.1f}\n",
               what, cards, octets / cards, octets, us / 1e6);
    else
        printf("bench: card: %s: %u cards, %.0f octets resident each, %.2f GB in all, %.1f s\n",
               what, cards, octets / cards, octets / 1e9, us / 1e6);
    fflush(stdout);
}

static bool run(struct many *m)
{
    unsigned count = m->ground.count;
    double before = resident(), start = wall_us();

    for (unsigned i = 0; i < count; i++) {
        if (!raise(m, i))
            return false;
        if ((i + 1) % STEP == 0 && i + 1 < count)
            line(m, "so far at rest", i + 1, resident() - before, wall_us() - start);
    }
    line(m, "at rest, one profile enabled", count, resident() - before, wall_us() - start);
    start = wall_us();
    for (unsigned i = 0; i < count; i++)
        if (!verify(m, i))
            return false;
    line(m, "after each has authenticated", count, resident() - before, wall_us() - start);
    return true;
}

bool bench_cards(const struct bench_args *args, slice from)
{
    struct many m = { .args = args, .from = from };
    bool ok;

    arena_init(&m.arena, (size_t)64 << 20);
    ok = bench_ground_open(&m.ground, (unsigned)args->cards, OBJECTS, HALF);
    bench_lpa_init(&m.lpa, &m.ground);
    ok = ok && run(&m);
    bench_lpa_close(&m.lpa);
    bench_ground_close(&m.ground);
    arena_free(&m.arena);
    return ok;
}
