#include "cmd/bench_euicc.h"

#include "base/secret.h"
#include "pki/testci.h"
#include "profile/build.h"
#include "profile/check.h"
#include "profile/metadata.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "bench card: %s: %s\n", what, why);
    return false;
}

/* ---- the ground ---- */

static size_t pages(size_t octets)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (octets + page - 1) / page * page;
}

static size_t card_octets(size_t object_octets)
{
    const struct card_app_entry apps[] = { { &isdr_app, NULL },
                                           { &ecasd_app, NULL },
                                           { &ota_app, NULL } };
    const struct card_personality p = { .apps = apps, .app_count = COUNT(apps) };

    return card_size(&p, object_octets);
}

bool bench_ground_open(struct bench_ground *g, unsigned count, size_t object_octets,
                       size_t half_octets)
{
    enum err e;

    *g = (struct bench_ground){ .count = count };
    if (!bench_server_init(&g->keys, true))
        return false;
    e = identity_open_role(g->keys.crypto, g->keys.pki, ROLE_DP_PB, &g->dp_pb);
    if (e)
        return complain("CERT.DPpb", err_text(e));
    g->memory = pages(card_octets(object_octets));
    g->half = (uint32_t)pages(half_octets);
    g->stride = g->memory + (size_t)NVM_HALVES * g->half;
    g->total = g->stride * count;
    g->cards = calloc(count, sizeof *g->cards);
    g->base = mmap(NULL, g->total, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (g->base == MAP_FAILED)
        g->base = NULL;
    if (!g->cards || !g->base)
        return complain("address space", err_text(E_MEMORY));
    /* a huge page would make memory of what no card has touched */
    (void)madvise(g->base, g->total, MADV_NOHUGEPAGE);
    return true;
}

void bench_ground_close(struct bench_ground *g)
{
    for (unsigned i = 0; g->cards && i < g->count; i++) {
        struct bench_euicc *e = &g->cards[i];

        if (e->card)
            card_close(e->card);
        signer_close(&e->personality.ci[0].signer);
        free(e->certificate);
    }
    free(g->cards);
    if (g->base)
        munmap(g->base, g->total);
    identity_close(&g->dp_pb);
    bench_server_close(&g->keys);
}

/* ---- a card ---- */

static enum err certify(struct bench_ground *g, struct bench_euicc *e)
{
    struct personality_ci *ci = &e->personality.ci[0];
    const struct crypto *c = g->keys.crypto;
    enum curve curve = g->keys.ci.cert.curve;
    uint8_t memory[CERT_ISSUE_MAX];
    struct ec_scalar secret;
    struct ec_point point;
    slice certificate;
    enum err err = crypto_key_pair(c, curve, &secret, &point);

    if (!err)
        err = testci_issue_euicc(c, &g->keys.eum, e->personality.eid, &point, time(NULL), memory,
                                 sizeof memory, &certificate);
    if (!err)
        err = signer_open(c, curve, &secret, &ci->signer);
    wipe(&secret, sizeof secret);
    if (err)
        return err;
    e->certificate = malloc(certificate.n);
    if (!e->certificate)
        return E_MEMORY;
    memcpy(e->certificate, certificate.p, certificate.n);
    ci->euicc_certificate = slice_of(e->certificate, certificate.n);
    ci->eum_certificate = g->keys.eum.cert.der;
    ci->curve = curve;
    ci->key = g->keys.ci.cert.point;
    memcpy(ci->pkid, g->keys.ci.cert.ski.p, sizeof ci->pkid);
    e->personality.ci_count = 1;
    return E_OK;
}

static bool power_on(struct bench_euicc *e)
{
    enum err why;

    e->card = card_boot(e->memory, e->size, &e->nvm_interface, crypto_openssl(),
                        &e->card_personality, &why);
    return e->card || complain("the card does not start", err_text(why));
}

bool bench_euicc_open(struct bench_ground *g, unsigned i)
{
    struct bench_euicc *e = &g->cards[i];
    enum err err;

    personality_defaults(&e->personality);
    testci_eid(i + 1, e->personality.eid);
    err = certify(g, e);
    if (err)
        return complain("CERT.EUICC", err_text(err));
    e->apps[0] = (struct card_app_entry){ &isdr_app, &e->personality };
    e->apps[1] = (struct card_app_entry){ &ecasd_app, &e->personality };
    e->apps[2] = (struct card_app_entry){ &ota_app, NULL };
    e->card_personality.apps = e->apps;
    e->card_personality.app_count = COUNT(e->apps);
    e->memory = g->base + g->stride * i;
    e->size = g->memory;
    bench_nvm_init(&e->nvm, e->memory + g->memory, g->half, &e->nvm_interface);
    return power_on(e);
}

bool bench_euicc_power(struct bench_euicc *e)
{
    card_close(e->card);
    e->card = NULL;
    if (madvise(e->memory, e->size, MADV_DONTNEED))
        return complain("memory", err_text(E_MEMORY));
    return power_on(e);
}

size_t bench_euicc_used(const struct bench_euicc *e, size_t *objects)
{
    const struct objects *o = card_objects(e->card);

    *objects = o->heap_end - o->heap_holes + (o->size - o->index_at);
    return e->size - o->size + *objects;
}

/* ---- profiles ---- */

static enum err identify(slice package, struct arena *a, struct profile_identity *who)
{
    struct findings findings = { 0 };
    struct profile_model *model = NULL;
    enum err e = profile_check(a, package, &findings, &model);

    if (!e && findings.errors)
        e = E_REFUSED;
    if (!e)
        e = profile_identify(model, who);
    return !e && (!who->imsi[0] || !who->has_aka) ? E_MISSING : e;
}

static enum err personal_copy(slice from, const struct build_input *in, struct arena *a,
                              struct bench_profile *out)
{
    const struct profile_change change = {
        .iccid = in->iccid, .imsi = in->imsi, .k = in->k, .opc = in->opc
    };
    enum err e = profile_personalise(a, from, &change, &out->package);

    return e ? e : identify(out->package, a, &out->who);
}

enum err bench_profile_make(const struct crypto *c, slice from, unsigned n, struct arena *a,
                            struct bench_profile *out)
{
    char iccid[ICCID_DIGITS + 1], imsi[IMSI_DIGITS + 1];
    uint8_t keys[DIGEST_LEN], mcc_mnc[3];
    struct build_input in = {
        .profile_type = SLICE_LIT("Dunlin bench"),
        .spn = SLICE_LIT("Dunlin"),
        .algorithm = AKA_MILENAGE,
        .k = slice_of(keys, 16),
        .opc = slice_of(keys + 16, 16),
    };
    struct metadata_input meta = { .service_provider = SLICE_LIT("Dunlin"),
                                   .profile_name = SLICE_LIT("Operational"),
                                   .profile_class = 2 };
    slice seed = slice_of(&n, sizeof n);
    enum err e = crypto_sha256(c, &seed, 1, keys);

    snprintf(iccid, sizeof iccid, "8999970%011u", n);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    iccid[19] = '\0';
    snprintf(imsi, sizeof imsi, "99970%010u", n);
    in.iccid = slice_of(iccid, 19);
    in.imsi = slice_of(imsi, IMSI_DIGITS);
    if (!e)
        e = from.p ? personal_copy(from, &in, a, out)
                   : profile_build(a, c, &in, &out->package, &out->who);
    if (!e)
        e = mcc_mnc_of_imsi(out->who.imsi, out->who.mnc_len, mcc_mnc);
    meta.mcc_mnc = SLICE_OF(mcc_mnc);
    if (!e)
        e = metadata_build(a, out->who.iccid_ef, &meta, &out->metadata);
    wipe(keys, sizeof keys);
    return e;
}
