/*
 * The profile factory: `dunlin profile batch` as a process of its own, from a CSV file with ICCID
 * and IMSI to a pack and sealed rows on the disk. The reference is what no factory can leave out:
 * random octets, OPc, sealing, the digest of the package, and a copy of it.
 */
#include "cmd/bench.h"
#include "cmd/cmd.h"

#include "base/secret.h"
#include "base/text.h"
#include "crypto/milenage.h"
#include "profile/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FEW    1000
#define MANY   100000
#define PATH   200
#define SEALED 10 /* values of a row that are sealed */

struct bench_place {
    char dir[64], base[PATH], template[PATH], key[PATH], csv[PATH], pack[PATH], hlr[PATH];
};

/* ---- the reference -------------------------------------------------------------------------- */

struct bare_row {
    uint8_t k[16], opc[16], random[192], sealed[32], tag[AES_BLOCK], digest[DIGEST_LEN];
};

static bool bare_once(const struct crypto *c, slice package, uint8_t *copy, struct bare_row *r)
{
    static const uint8_t op[16] = { 0xCD, 0xC2 };
    slice made = slice_of(copy, package.n);
    enum err e = crypto_random(c, r->random, sizeof r->random);

    memcpy(r->k, r->random, sizeof r->k);
    if (!e)
        e = milenage_opc(c, r->k, op, r->opc);
    for (unsigned i = 0; !e && i < SEALED; i++)
        e = crypto_aes_gcm_seal(c, SLICE_OF(r->digest), slice_of(r->random + i, 12),
                                SLICE_LIT("8900101000000000001:k"), SLICE_OF(r->k), r->sealed,
                                r->tag);
    memcpy(copy, package.p, package.n);
    return !e && !crypto_sha256(c, &made, 1, r->digest);
}

/* Microseconds a subscriber; negative on failure. */
static double bare_us(slice package)
{
    const struct crypto *c = crypto_openssl();
    uint8_t *copy = malloc(package.n);
    struct bare_row r = { .digest = { 1 } };
    double start = cpu_thread_us(), spent = 0;
    unsigned rows = 0;
    bool ok = copy != NULL;

    for (; ok && spent < 500e3; rows += 100) {
        for (unsigned i = 0; ok && i < 100; i++)
            ok = bare_once(c, package, copy, &r);
        spent = cpu_thread_us() - start;
    }
    wipe(&r, sizeof r);
    free(copy);
    return ok ? spent / rows : -1;
}

/* ---- what goes in --------------------------------------------------------------------------- */

static bool put_file(const char *path, const void *octets, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(octets, 1, n, f) == n;

    return f && !fclose(f) && ok;
}

static bool put_template(const struct bench_place *p, struct arena *a, slice *package)
{
    static const char key[] = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n";
    static const char text[] = "package = base.der\nop = CDC202D5123E20F62B6D676AC72CB318\n";
    const struct build_input in = { .imsi = SLICE_LIT("001010000000000") };

    return !profile_build(a, crypto_openssl(), &in, package, NULL) &&
           put_file(p->base, package->p, package->n) &&
           put_file(p->template, text, sizeof text - 1) && put_file(p->key, key, sizeof key - 1);
}

static bool put_csv(const struct bench_place *p, unsigned rows)
{
    FILE *f = fopen(p->csv, "w");
    bool ok = f && fprintf(f, "iccid,imsi\n") > 0;

    for (unsigned i = 0; ok && i < rows; i++)
        ok = fprintf(f, "8900101%011u,00101%010u\n", i, i) > 0;
    return f && !fclose(f) && ok;
}

/* ---- one batch ------------------------------------------------------------------------------ */

struct batch_cost {
    double cpu_us, wall_s;
    long rss_kb;
};

static bool run_batch(const struct bench_place *p, struct batch_cost *out)
{
    const char *argv[] = { "dunlin", "profile", "batch", p->template,  "--csv", p->csv,    "--out",
                           p->pack,  "--hlr",   p->hlr,  "--seal-key", p->key,  "--quiet", NULL };
    double start = wall_us();
    struct rusage used;
    int status = -1;
    pid_t child = fork();

    if (!child) {
        if (freopen("/dev/null", "w", stdout))
            execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || status)
        return false;
    out->wall_s = (wall_us() - start) / 1e6;
    out->cpu_us = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
                  (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    out->rss_kb = used.ru_maxrss;
    unlink(p->pack);
    unlink(p->hlr);
    return true;
}

static bool measure(const struct bench_args *args, const struct bench_place *p, struct arena *a)
{
    struct batch_cost few, many;
    slice package;
    double bare;
    char detail[240];

    if (!put_template(p, a, &package) || !put_csv(p, FEW) || !run_batch(p, &few) ||
        !put_csv(p, MANY) || !run_batch(p, &many))
        return false;
    bare = bare_us(package);
    if (bare < 0)
        return false;
    snprintf(
        detail, sizeof detail,
        "%d profiles of %zu octets in %.1f s; at most %ld KB of memory, %ld KB with %d; bound: "
        "random octets, OPc, sealing, SHA-256 and a copy",
        MANY, package.n, many.wall_s, many.rss_kb, few.rss_kb, FEW);
    bench_line(args, "profile: CSV to pack and sealed rows", MANY * 1e6 / many.cpu_us, 1e6 / bare,
               detail);
    return true;
}

int bench_profile(const struct bench_args *args)
{
    static const char *const names[] = { "base.der", "template", "key", "in.csv", "pack", "hlr" };
    struct bench_place p = { .dir = "/tmp/dunlin-bench-XXXXXX" };
    char *const paths[] = { p.base, p.template, p.key, p.csv, p.pack, p.hlr };
    struct arena arena;
    bool ok = mkdtemp(p.dir) != NULL;

    if (!ok)
        return EXIT_FAILED;
    for (size_t i = 0; i < COUNT(paths); i++)
        snprintf(paths[i], PATH, "%s/%s", p.dir, names[i]);
    arena_init(&arena, (size_t)8 << 20);
    ok = measure(args, &p, &arena);
    arena_free(&arena);
    for (size_t i = 0; i < COUNT(paths); i++)
        unlink(paths[i]);
    rmdir(p.dir);
    if (!ok)
        fprintf(stderr, "bench profile: the batch failed\n");
    return ok ? EXIT_DONE : EXIT_FAILED;
}
