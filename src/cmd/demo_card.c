#include "cmd/demo.h"

#include "euicc/card.h"
#include "euicc/profiles.h"
#include "profile/build.h"
#include "profile/metadata.h"
#include "reader/in_process.h"

#include <stdio.h>
#include <stdlib.h>

#define OBJECT_OCTETS ((size_t)160 << 10) /* two profiles, one being installed */
#define HALF_OCTETS   ((uint32_t)512 << 10)

static bool load_personality(struct demo_card *c, struct demo_device *v)
{
    struct demo *d = v->demo;
    enum err e;

    personality_defaults(&c->personality);
    memcpy(c->personality.eid, v->eid, EID_LEN);
    e = personality_load(&c->personality, &c->files, d->crypto, d->pki);
    c->apps[0] = (struct card_app_entry){ &isdr_app, &c->personality };
    c->apps[1] = (struct card_app_entry){ &ecasd_app, &c->personality };
    c->apps[2] = (struct card_app_entry){ &ota_app, NULL };
    c->card_personality.apps = c->apps;
    c->card_personality.app_count = COUNT(c->apps);
    return !e || demo_device_fail(v, "card certificates: %s", err_text(e));
}

static bool boot(struct demo_card *c, struct demo_device *v)
{
    char path[DEMO_PATH + 64];
    enum err e;

    snprintf(path, sizeof path, "%s/cards/%s.nvm", v->demo->dir, v->eid_text);
    /* Not synced: a killed demo loses nothing, only a power cut of this machine might. */
    e = nvm_file_open(&c->file, path, HALF_OCTETS, false, &c->nvm);
    if (e)
        return demo_device_fail(v, "%s: %s", path, err_text(e));
    c->size = card_size(&c->card_personality, OBJECT_OCTETS);
    c->memory = malloc(c->size);
    e = E_MEMORY;
    if (c->memory)
        c->card = card_boot(c->memory, c->size, &c->nvm, v->demo->crypto, &c->card_personality, &e);
    return c->card || demo_device_fail(v, "card does not boot: %s", err_text(e));
}

/* What the maker of the device puts into the card: a profile to begin with, enabled. */
static enum err plant_bootstrap(struct demo_card *c, struct demo_device *v)
{
    static const uint8_t aid[] = { 0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF,
                                   0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x10, 0x00 };
    struct metadata_notification to = { 14, SLICE_LIT(DEMO_SMDP) };
    struct metadata_input about = {
        .service_provider = SLICE_LIT("Bootstrap"),
        .profile_name = SLICE_LIT("Bootstrap"),
        .profile_class = 1,
        .notifications = &to,
        .notification_count = 1,
    };
    struct build_input in = { .profile_type = SLICE_LIT("Bootstrap") };
    struct profile_install what = { .isdp_aid = SLICE_OF(aid) };
    struct profile_identity who = { 0 };
    struct profile_outcome outcome = { .reason = INSTALL_OK };
    struct arena a;
    slice package;
    enum err e;

    arena_init(&a, (size_t)4 << 20);
    e = profile_build(&a, v->demo->crypto, &in, &package, &who);
    if (!e)
        e = metadata_build(&a, who.iccid_ef, &about, &what.metadata);
    what.iccid = SLICE_OF(who.iccid_ef);
    if (!e)
        e = profile_install_begin(c->card, &what);
    if (!e)
        e = profile_install_feed(c->card, package);
    if (!e)
        e = profile_install_finish(c->card, &outcome);
    if (!e && outcome.reason != INSTALL_OK)
        e = E_REFUSED;
    if (!e)
        e = profile_switch(c->card, outcome.root, false);
    if (!e)
        e = objects_commit(card_objects(c->card));
    arena_free(&a);
    return e;
}

bool demo_card_open(struct demo_card *c, struct demo_device *v)
{
    uint32_t root = 0;
    struct card_profile p;
    enum err e = E_OK;

    *c = (struct demo_card){ .file = { .fd = -1 } };
    if (!load_personality(c, v) || !boot(c, v))
        return false;
    if (!profile_next(c->card, &root, &p))
        e = plant_bootstrap(c, v);
    if (e)
        return demo_device_fail(v, "bootstrap profile: %s", err_text(e));
    c->link = card_link_in_process(c->card);
    return true;
}

void demo_card_close(struct demo_card *c)
{
    if (c->card)
        card_close(c->card);
    free(c->memory);
    if (c->file.fd >= 0)
        nvm_file_close(&c->file);
    personality_unload(&c->files);
    *c = (struct demo_card){ .file = { .fd = -1 } };
}
