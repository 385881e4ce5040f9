#include "cmd/demo.h"

#include "base/file.h"
#include "base/secret.h"
#include "pki/testci.h"
#include "profile/build.h"
#include "profile/check.h"
#include "rsp/sgp32.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool complain(const char *what, const char *why)
{
    fprintf(stderr, "demo: %s: %s\n", what, why);
    return false;
}

/* ---- folder, seed, hierarchy ---- */

static bool make_folder(const char *path)
{
    return !mkdir(path, 0700) || errno == EEXIST || complain(path, "the folder cannot be made");
}

/* Random once; everything that differs between devices follows from it, so that a second start in
   the same folder knows the same subscribers. */
static bool read_seed(struct demo *d)
{
    char path[DEMO_PATH + 16];
    uint8_t *owned = NULL;
    slice content;
    enum err e;

    snprintf(path, sizeof path, "%s/seed", d->dir);
    e = file_read(path, &owned, &content);
    if (e == E_NOTFOUND) {
        e = crypto_random(d->crypto, d->seed, sizeof d->seed);
        if (!e)
            e = file_replace(path, SLICE_OF(d->seed), 0600);
    } else if (!e && content.n == sizeof d->seed) {
        memcpy(d->seed, content.p, sizeof d->seed);
    } else if (!e) {
        e = E_SIZE;
    }
    free(owned);
    return !e || complain(path, err_text(e));
}

/* Made beside its place and then renamed, so that it is there whole or not at all. */
static bool make_hierarchy(struct demo *d)
{
    static const slice hosts[] = { { (const uint8_t *)DEMO_SMDP, sizeof DEMO_SMDP - 1 },
                                   { (const uint8_t *)DEMO_EIM, sizeof DEMO_EIM - 1 } };
    char made[DEMO_PATH + 40], where[KEYSTORE_PATH_MAX] = "";
    struct testci_plan plan = {
        .dir = made,
        .curve = CURVE_P256,
        .hosts = hosts,
        .host_count = COUNT(hosts),
        .eim_id = SLICE_LIT(DEMO_EIM),
        .now_s = time(NULL),
    };
    struct stat st;
    enum err e;

    if (!stat(d->pki, &st))
        return true;
    snprintf(made, sizeof made, "%s.new-%ld", d->pki, (long)getpid());
    e = testci_init(d->crypto, &plan, where);
    if (e)
        return complain(where, err_text(e));
    return !rename(made, d->pki) || complain(d->pki, "cannot be put into place");
}

static bool make_euiccs(struct demo *d)
{
    struct identity eum;
    enum err e = identity_open_role(d->crypto, d->pki, ROLE_EUM, &eum);

    if (e)
        return complain(d->pki, err_text(e));
    for (long i = 0; i < d->args.devices && !e; i++) {
        char stem[EUICC_STEM_MAX], path[KEYSTORE_PATH_MAX];
        struct stat st;

        euicc_stem(d->devices[i].eid, stem);
        e = keystore_path(d->pki, stem, "der", path, sizeof path);
        if (!e && stat(path, &st)) {
            /* A key without its certificate is what a killed start left. */
            e = keystore_path(d->pki, stem, "key", path, sizeof path);
            if (!e)
                (void)!unlink(path);
            if (!e)
                e = testci_add_euicc(d->crypto, &eum, d->pki, d->devices[i].eid, time(NULL));
        }
    }
    identity_close(&eum);
    return !e || complain("eUICC certificates", err_text(e));
}

/* ---- subscribers ---- */

/* 32 octets that belong to this device and purpose. */
static enum err derive(struct demo *d, const struct demo_device *v, const char *purpose,
                       uint8_t out[DIGEST_LEN])
{
    uint8_t number[4] = { (uint8_t)(v->number >> 24), (uint8_t)(v->number >> 16),
                          (uint8_t)(v->number >> 8), (uint8_t)v->number };
    slice parts[] = { slice_str(purpose), SLICE_OF(number) };

    return crypto_hmac_sha256(d->crypto, SLICE_OF(d->seed), parts, COUNT(parts), out);
}

/* 19 digits: 89, 999 (no country), an issuer, the seed's and the device's number, check digit. */
static void number_iccid(const struct demo *d, const struct demo_device *v, char *iccid)
{
    unsigned series = ((unsigned)d->seed[0] << 8 | d->seed[1]) % 10000;

    snprintf(iccid, ICCID_DIGITS + 1, "8999970%04u%07u", series, v->number);
    iccid[18] = luhn_digit(slice_of(iccid, 18));
    iccid[19] = '\0';
}

static bool identify(struct demo_device *v, slice package)
{
    struct arena a;
    struct findings findings = { 0 };
    struct profile_model *model = NULL;
    struct profile_identity who = { 0 };
    enum err e;

    arena_init(&a, (size_t)16 << 20);
    e = profile_check(&a, package, &findings, &model);
    if (!e && findings.errors)
        e = E_REFUSED;
    if (!e)
        e = profile_identify(model, &who);
    if (!e && (!who.imsi[0] || !who.has_aka))
        e = E_MISSING;
    if (!e) {
        struct demo_subscriber *s = &v->subscriber;

        snprintf(s->iccid, sizeof s->iccid, "%s", who.iccid);
        snprintf(s->imsi, sizeof s->imsi, "%s", who.imsi);
        memcpy(s->iccid_ef, who.iccid_ef, ICCID_LEN);
        s->aka = who.aka;
        s->package = package;
    }
    wipe(&who, sizeof who);
    arena_free(&a);
    if (e == E_REFUSED)
        return complain("profile", "it does not pass `dunlin profile check`");
    return !e || complain("profile (a USIM with IMSI and algorithm is needed)", err_text(e));
}

/* A copy of the package with an ICCID, IMSI and K of its own. */
static bool personalise(struct demo_device *v, slice package)
{
    struct demo *d = v->demo;
    char iccid[ICCID_DIGITS + 1], imsi[IMSI_DIGITS + 1];
    uint8_t keys[DIGEST_LEN];
    struct profile_change change = { .iccid = slice_of(iccid, 19), .imsi = slice_of(imsi, 15) };
    slice out;
    enum err e = derive(d, v, "K and OPc", keys);

    number_iccid(d, v, iccid);
    snprintf(imsi, sizeof imsi, "99970%04u%06u", ((unsigned)d->seed[2] << 8 | d->seed[3]) % 10000,
             v->number % 1000000);
    change.k = slice_of(keys, v->subscriber.aka.key_len);
    if (v->subscriber.aka.algorithm != AKA_XOR)
        change.opc = slice_of(keys + 16, 16);
    if (v->subscriber.aka.algorithm == AKA_TUAK || change.k.n != 16)
        change.k = change.opc = SLICE_NONE; /* TUAK keeps its keys: TOPc is tied to K's length */
    if (!e)
        e = profile_personalise(&d->arena, package, &change, &out);
    wipe(keys, sizeof keys);
    return e ? complain("profile personalisation", err_text(e)) : identify(v, out);
}

static bool own_profile(struct demo_device *v)
{
    struct demo *d = v->demo;
    char iccid[ICCID_DIGITS + 1], imsi[IMSI_DIGITS + 1];
    uint8_t keys[DIGEST_LEN];
    struct build_input in = {
        .profile_type = SLICE_LIT("Dunlin demo"),
        .iccid = slice_of(iccid, 19),
        .imsi = slice_of(imsi, 15),
        .spn = SLICE_LIT("Dunlin"),
        .algorithm = AKA_MILENAGE,
        .k = slice_of(keys, 16),
        .opc = slice_of(keys + 16, 16),
    };
    slice out;
    enum err e = derive(d, v, "K and OPc", keys);

    number_iccid(d, v, iccid);
    snprintf(imsi, sizeof imsi, "99970%04u%06u", ((unsigned)d->seed[2] << 8 | d->seed[3]) % 10000,
             v->number % 1000000);
    if (!e)
        e = profile_build(&d->arena, d->crypto, &in, &out, NULL);
    wipe(keys, sizeof keys);
    return e ? complain("profile", err_text(e)) : identify(v, out);
}

static bool make_subscribers(struct demo *d)
{
    uint8_t *owned = NULL;
    slice package = SLICE_NONE;
    bool ok = true;

    if (d->args.profile) {
        enum err e = file_read(d->args.profile, &owned, &package);

        if (e)
            return complain(d->args.profile, err_text(e));
        package = arena_copy(&d->arena, package);
        free(owned);
    }
    for (long i = 0; ok && i < d->args.devices; i++) {
        struct demo_device *v = &d->devices[i];

        if (!d->args.profile)
            ok = own_profile(v);
        else
            ok = identify(v, package) && (d->args.as_is || personalise(v, package));
    }
    return ok;
}

bool demo_setup(struct demo *d)
{
    char cards[DEMO_PATH + 16];

    snprintf(cards, sizeof cards, "%s/cards", d->dir);
    return make_folder(d->dir) && make_folder(cards) && read_seed(d) && make_hierarchy(d) &&
           make_euiccs(d) && make_subscribers(d);
}

/* ---- once the servers run ---- */

static enum err add_host(struct demo *d, const char *name, uint16_t port)
{
    char row[120];

    snprintf(row, sizeof row, "%s=127.0.0.1:%u", name, port);
    return hosts_add(d->hosts, row);
}

/* AddInitialEim as a maker of devices puts it into the IPA: the eIM, its key, its TLS anchor. */
static enum err initial_eim(struct demo *d)
{
    const struct servers *s = &d->servers;
    uint8_t spki[120], *buf = arena_alloc(&d->arena, 4096);
    uint8_t *item = arena_alloc(&d->arena, 2048);
    struct der_writer w = der_writer(spki, sizeof spki);
    struct eim_configuration_data eim = {
        .eim_id = SLICE_LIT(DEMO_EIM),
        .eim_fqdn = SLICE_LIT(DEMO_EIM),
        .eim_id_type = 2,
        .has_eim_id_type = true,
        .has_counter_value = true,
        .association_token = -1,
        .has_association_token = true,
        .eim_public_key_data = { .which = eim_public_key_data_is_eim_public_key },
        .trusted_public_key_data_tls = {
            .which = trusted_public_key_data_tls_is_trusted_certificate_tls,
            .trusted_certificate_tls = servers_ci(s)->der,
        },
        .eim_supported_protocol = SLICE_LIT("\x07\x80"),
        .euicc_ci_pk_id = slice_of(servers_ci(s)->id, servers_ci(s)->id_n),
        .indirect_profile_download = d->args.indirect,
    };
    struct add_initial_eim_request request;
    enum err e;

    if (!buf || !item)
        return E_MEMORY;
    der_put_spki(&w, s->eim_sign.signer.curve, &s->eim_sign.signer.point);
    e = der_written(&w, &eim.eim_public_key_data.eim_public_key);
    if (!e)
        e = schema_encode(&T_eim_configuration_data, &eim, item, 2048,
                          &request.eim_configuration_data_list, NULL);
    return e ? e
             : schema_encode(&T_add_initial_eim_request, &request, buf, 4096, &d->initial_eim,
                             NULL);
}

bool demo_setup_network(struct demo *d)
{
    enum err e = hosts_open(&d->hosts);

    /* Indirect: the devices have no way to the SM-DP+. */
    if (!e && !d->args.indirect)
        e = add_host(d, DEMO_SMDP, d->servers.smdp_served.agents.port);
    if (!e)
        e = add_host(d, DEMO_EIM, d->servers.eim_served.agents.port);
    if (!e)
        e = initial_eim(d);
    return !e || complain("network", err_text(e));
}
