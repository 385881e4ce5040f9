/*
 * The software eUICC: downloads that it installs, commands that it answers, what it writes to its
 * NVM, and the memory that it takes. Times are processor time inside card_apdu, with an NVM in
 * memory; writes and octets are what a flash would be asked for.
 */
#include "base/file.h"
#include "base/secret.h"
#include "cmd/bench.h"
#include "cmd/bench_euicc.h"
#include "cmd/cmd.h"
#include "euicc/profiles.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECTS     ((size_t)768 << 10) /* eight profiles and one on its way */
#define HALF        ((size_t)2 << 20)
#define PROFILES    8
#define BATCH       32u
#define SAMPLES     200u
#define INSTALL_MAX 4096u
#define WANTED_US   10.0
#define USIM_AID    "A0000000871002"

struct bench_uicc {
    const struct bench_args *args;
    struct bench_ground ground;
    struct bench_lpa lpa;
    struct bench_profile profiles[PROFILES];
    struct arena arena;
    uint8_t *file;
    slice from; /* --profile; absent: the project's own */
    double hash_us;
    double samples[SAMPLES > INSTALL_MAX ? SAMPLES : INSTALL_MAX];
};

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "bench card: %s: %s\n", what, why);
    return false;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *samples, unsigned n)
{
    qsort(samples, n, sizeof *samples, by_size);
    return samples[n / 2];
}

/* ---- lines that are no times ---- */

static void wear_line(const struct bench_uicc *u, const char *what, const struct bench_wear *before)
{
    const struct bench_wear *now = &u->ground.cards[0].nvm.wear;
    unsigned writes = now->writes - before->writes, erases = now->erases - before->erases;
    unsigned long long octets = now->octets - before->octets;

    if (u->args->json)
        printf("{\"bench\":\"card: NVM: %s\",\"writes\":%u,\"erases\":%u,\"octets\":%llu}\n", what,
               writes, erases, octets);
    else
        printf("bench: card: NVM: %s: %u writes, %u erases, %llu octets\n", what, writes, erases,
               octets);
    fflush(stdout);
}

static void memory_line(const struct bench_uicc *u, unsigned profiles)
{
    const struct bench_euicc *e = &u->ground.cards[0];
    size_t objects, used = bench_euicc_used(e, &objects);
    unsigned long nvm = card_objects(e->card)->live_octets;

    if (u->args->json)
        printf("{\"bench\":\"card: memory\",\"profiles\":%u,\"octets\":%zu,\"objects\":%zu,"
               "\"nvm\":%lu}\n",
               profiles, used, objects, nvm);
    else
        printf("bench: card: memory at rest, profiles %u: %zu octets, of them objects %zu; "
               "alive in the NVM %lu\n",
               profiles, used, objects, nvm);
    fflush(stdout);
}

/* ---- downloads ---- */

static bool download(struct bench_uicc *u, const struct bench_profile *p)
{
    arena_reset(&u->lpa.arena);
    return bench_lpa_download(&u->lpa, p->package, p->metadata);
}

/* Installed and deleted again for the time given. */
static bool downloads(struct bench_uicc *u)
{
    const struct bench_profile *p = &u->profiles[0];
    struct bare bare = bare_measure(p->package.n);
    double until = wall_us() + 1e6 * (double)u->args->seconds, us, bound_us;
    char detail[160];
    unsigned n = 0;

    do {
        if (!download(u, p))
            return false;
        u->samples[n++] = u->lpa.card_us;
        if (!bench_lpa_acknowledge(&u->lpa) ||
            !bench_lpa_set(&u->lpa, BENCH_DELETE, p->who.iccid_ef))
            return false;
    } while (n < INSTALL_MAX && wall_us() < until);
    us = median(u->samples, n);
    /* DPauth, DPpb, serverSignature1, smdpSignature2, smdpSign; two answers and the result */
    bound_us = 5 * bare.verify + 3 * bare.sign + bare.key_pair + bare.agree + bare.package;
    snprintf(detail, sizeof detail, "median %.0f us of %u, package %zu octets", us, n,
             p->package.n);
    bench_line(u->args, "card: whole download", 1e6 / us, 1e6 / bound_us, detail);
    return true;
}

/* ---- commands ---- */

/* What runs before, and then what is measured: commands apart by spaces, hex. */
static const struct uicc_kind {
    const char *name, *before, *commands;
} kinds[] = {
    { "SELECT by AID", "", "00A4040407" USIM_AID },
    { "SELECT by FID", "00A4040C07" USIM_AID, "00A40004026F07" },
    { "SELECT by FID and GET RESPONSE", "00A4040C07" USIM_AID, "00A40004026F07 00C0000000" },
    { "READ BINARY", "00A4080C022FE2", "00B000000A" },
    { "READ BINARY by SFI", "00A4040C07" USIM_AID, "00B0870009" },
    { "READ RECORD", "00A4080C022F00", "00B2010400" },
    { "UPDATE BINARY", "00A4040C07" USIM_AID " 00A4000C026F7E",
      "00D600000BFFFFFFFF99F9070001FF01" },
    { "STATUS", "00A4040C07" USIM_AID, "80F2000C00" },
    { "VERIFY without data", "00A4040C07" USIM_AID, "00200001" },
    { "MANAGE CHANNEL open and close", "", "0070000001 00708002" },
    { "GET CHALLENGE", "", "0084000008" },
    { "GetEID and GET RESPONSE", "", "81E2910006BF3E035C015A 01C0000015" },
    { "GetProfilesInfo", "", "81E2910003BF2D00" },
};

static size_t unhex(const char *hex, const char *end, uint8_t *out, size_t size)
{
    size_t n = 0;

    return hex_decode(slice_of(hex, (size_t)(end - hex)), out, size, &n) ? 0 : n;
}

/* false: a status word that says no. */
static bool run(struct card *card, slice command)
{
    uint8_t out[CARD_REPLY_MAX];
    size_t n = card_apdu(card, command, out, sizeof out);
    uint8_t sw1 = out[n - 2];

    return sw1 == 0x90 || sw1 == 0x61 || sw1 == 0x63;
}

struct script {
    uint8_t octets[4][64];
    slice commands[4];
    unsigned count;
};

static bool script_read(struct script *s, const char *text)
{
    s->count = 0;
    while (*text && s->count < COUNT(s->commands)) {
        const char *end = text + strcspn(text, " ");
        size_t n = unhex(text, end, s->octets[s->count], sizeof s->octets[0]);

        s->commands[s->count] = slice_of(s->octets[s->count], n);
        s->count++;
        text = *end ? end + 1 : end;
    }
    return !*text;
}

static bool script_run(struct card *card, const struct script *s)
{
    bool ok = true;

    for (unsigned i = 0; i < s->count; i++)
        ok = run(card, s->commands[i]) && ok;
    return ok;
}

static bool command_kind(struct bench_uicc *u, const struct uicc_kind *k)
{
    struct card *card = u->ground.cards[0].card;
    struct script before, commands;
    char what[64], detail[80];
    double us;

    if (!script_read(&before, k->before) || !script_read(&commands, k->commands) ||
        !script_run(card, &before))
        return complain(k->name, "what comes before it is refused");
    for (unsigned i = 0; i < SAMPLES; i++) {
        double start = cpu_thread_us();
        bool ok = true;

        for (unsigned n = 0; n < BATCH; n++)
            ok = script_run(card, &commands) && ok;
        if (!ok)
            return complain(k->name, "refused");
        u->samples[i] = (cpu_thread_us() - start) / BATCH;
    }
    us = median(u->samples, SAMPLES);
    snprintf(what, sizeof what, "card: %s", k->name);
    snprintf(detail, sizeof detail, "median %.2f us, wanted below %.0f%s", us, WANTED_US,
             us < WANTED_US ? "" : ": NOT REACHED");
    bench_line(u->args, what, 1e6 / us, 1e6 / u->hash_us, detail);
    return true;
}

/* The reference of what needs no key: SHA-256 over 256 octets. */
static bool measure_hash(struct bench_uicc *u)
{
    uint8_t octets[256] = { 0 }, digest[DIGEST_LEN];
    slice part = SLICE_OF(octets);

    for (unsigned i = 0; i < SAMPLES; i++) {
        double start = cpu_thread_us();

        for (unsigned n = 0; n < BATCH; n++)
            if (crypto_sha256(u->ground.keys.crypto, &part, 1, digest))
                return complain("reference", err_text(E_CRYPTO));
        u->samples[i] = (cpu_thread_us() - start) / BATCH;
    }
    u->hash_us = median(u->samples, SAMPLES);
    return true;
}

/* ---- AUTHENTICATE ---- */

struct challenge {
    const struct aka_params *aka;
    uint64_t number;
    uint8_t rand[AKA_RAND_LEN];
    uint8_t command[5 + 2 + AKA_RAND_LEN + AKA_AUTN_LEN];
};

static enum err next_challenge(const struct crypto *c, struct challenge *q)
{
    static const uint8_t amf[AKA_AMF_LEN] = { 0x80, 0x00 };
    uint8_t sqn[AKA_SQN_LEN];

    q->number += 32; /* SEQ counts above the five bits of IND */
    for (size_t i = 0; i < AKA_SQN_LEN; i++)
        sqn[i] = (uint8_t)(q->number >> (8 * (AKA_SQN_LEN - 1 - i)));
    memcpy(q->command, "\x00\x88\x00\x81\x22\x10", 6);
    memcpy(q->command + 6, q->rand, AKA_RAND_LEN);
    q->command[22] = AKA_AUTN_LEN;
    return aka_autn(c, q->aka, q->rand, sqn, amf, q->command + 23);
}

/* What the card must compute: AK for the SQN, the MAC, RES, CK and IK. */
static double bare_aka(const struct bench_uicc *u, const struct challenge *q)
{
    static const uint8_t sqn[AKA_SQN_LEN], amf[AKA_AMF_LEN];
    const struct crypto *c = u->ground.keys.crypto;
    struct aka_keys keys;
    struct aka_mac mac;
    double start = cpu_thread_us();

    for (unsigned n = 0; n < SAMPLES * BATCH; n++)
        if (aka_f2345(c, q->aka, q->rand, &keys) || aka_f1(c, q->aka, q->rand, sqn, amf, &mac))
            return 0;
    wipe(&keys, sizeof keys);
    return (cpu_thread_us() - start) / (SAMPLES * BATCH);
}

static bool authenticate(struct bench_uicc *u)
{
    struct challenge q = { .aka = &u->profiles[0].who.aka, .number = 1 << 20 };
    const struct crypto *c = u->ground.keys.crypto;
    struct card *card = u->ground.cards[0].card;
    uint8_t out[CARD_REPLY_MAX];
    struct script usim;
    struct bench_wear before;
    char detail[64];
    double us;

    if (!script_read(&usim, "00A4040C07" USIM_AID) || !script_run(card, &usim))
        return complain("USIM", "refused");
    for (unsigned i = 0; i < SAMPLES; i++) {
        u->samples[i] = 0;
        for (unsigned n = 0; n < BATCH; n++) {
            double start;
            size_t got;

            if (next_challenge(c, &q))
                return complain("AUTN", err_text(E_CRYPTO));
            before = u->ground.cards[0].nvm.wear;
            start = cpu_thread_us();
            got = card_apdu(card, SLICE_OF(q.command), out, sizeof out);
            u->samples[i] += (cpu_thread_us() - start) / BATCH;
            /* DB and not DC: the sequence number is fresh to the card */
            if (got != 2 || out[0] != 0x61 || !run(card, SLICE_LIT("\x00\xC0\x00\x00\x01")))
                return complain("AUTHENTICATE", "refused");
        }
    }
    us = median(u->samples, SAMPLES);
    snprintf(detail, sizeof detail, "median %.1f us, bound f1 to f5", us);
    bench_line(u->args, "card: AUTHENTICATE", 1e6 / us, 1e6 / bare_aka(u, &q), detail);
    wear_line(u, "AUTHENTICATE", &before);
    return true;
}

static bool commands(struct bench_uicc *u)
{
    bool ok = measure_hash(u);

    for (size_t i = 0; ok && i < COUNT(kinds); i++)
        ok = command_kind(u, &kinds[i]);
    return ok && authenticate(u);
}

/* ---- wear and memory ---- */

/* A download, every change of state, and a package; each for a card that is in the midst of life.
 */
static bool wear(struct bench_uicc *u)
{
    struct bench_euicc *e = &u->ground.cards[0];
    const uint8_t *a = u->profiles[0].who.iccid_ef, *b = u->profiles[1].who.iccid_ef;
    struct bench_wear before = e->nvm.wear;

    if (!download(u, &u->profiles[1]))
        return false;
    wear_line(u, "download and installation", &before);
    if (!bench_lpa_acknowledge(&u->lpa))
        return false;
    before = e->nvm.wear;
    if (!bench_lpa_set(&u->lpa, BENCH_ENABLE, b))
        return false;
    wear_line(u, "enable", &before);
    before = e->nvm.wear;
    if (!bench_lpa_set(&u->lpa, BENCH_DISABLE, b))
        return false;
    wear_line(u, "disable", &before);
    before = e->nvm.wear;
    if (!bench_lpa_set(&u->lpa, BENCH_DELETE, b))
        return false;
    wear_line(u, "delete", &before);
    if (!bench_lpa_associate(&u->lpa))
        return false;
    before = e->nvm.wear;
    if (!bench_lpa_package(&u->lpa, a))
        return false;
    card_reset(e->card); /* at which the switch is made that the package asked for */
    wear_line(u, "package that enables, and the reset behind it", &before);
    return profile_enabled(e->card) || complain("package", "did not enable");
}

/* At rest: freshly powered on, results acknowledged. */
static bool memory(struct bench_uicc *u)
{
    struct bench_euicc *e = &u->ground.cards[0];

    memory_line(u, 0);
    for (unsigned i = 0; i < PROFILES; i++) {
        if (!download(u, &u->profiles[i]) || !bench_lpa_acknowledge(&u->lpa))
            return false;
        if (i != 0 && i != PROFILES - 1)
            continue;
        if (!bench_euicc_power(e))
            return false;
        memory_line(u, i + 1);
        if (!bench_lpa_take(&u->lpa, e))
            return false;
    }
    for (unsigned i = 0; i < PROFILES; i++)
        if (!bench_lpa_set(&u->lpa, BENCH_DELETE, u->profiles[i].who.iccid_ef))
            return false;
    return true;
}

static bool one(struct bench_uicc *u)
{
    struct bench_euicc *e = &u->ground.cards[0];

    return memory(u) && downloads(u) && download(u, &u->profiles[0]) &&
           bench_lpa_acknowledge(&u->lpa) && wear(u) && bench_lpa_take(&u->lpa, e) && commands(u);
}

/* ---- the whole ---- */

static bool open_one(struct bench_uicc *u)
{
    if (!bench_ground_open(&u->ground, 1, OBJECTS, HALF))
        return false;
    bench_lpa_init(&u->lpa, &u->ground);
    for (unsigned i = 0; i < PROFILES; i++) {
        enum err e =
            bench_profile_make(u->ground.keys.crypto, u->from, i + 1, &u->arena, &u->profiles[i]);
        if (e)
            return complain(u->from.p ? "a copy of --profile (dunlin profile check says more)"
                                      : "profile",
                            err_text(e));
    }
    return bench_euicc_open(&u->ground, 0) && bench_lpa_take(&u->lpa, &u->ground.cards[0]);
}

int bench_uicc(const struct bench_args *args)
{
    struct bench_uicc *u = calloc(1, sizeof *u);
    enum err e = E_OK;
    bool ok;

    if (!u)
        return EXIT_FAILED;
    u->args = args;
    arena_init(&u->arena, (size_t)256 << 20);
    if (args->profile)
        e = file_read(args->profile, &u->file, &u->from);
    if (e)
        ok = complain(args->profile, err_text(e));
    else if (args->cards)
        ok = bench_cards(args, u->from);
    else
        ok = open_one(u) && one(u);
    bench_lpa_close(&u->lpa);
    bench_ground_close(&u->ground);
    arena_free(&u->arena);
    free(u->file);
    free(u);
    return ok ? EXIT_DONE : EXIT_FAILED;
}
