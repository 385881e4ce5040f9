#include "euicc/profiles.h"

#include "euicc/card_impl.h"
#include "euicc/install.h"

/* Profile record: n = 0 of PROFILE_RECORD. */
enum { RECORD_STATE = 0, RECORD_ICCID = 1, RECORD_AID = 11, RECORD_OCTETS = 27 };
enum { STATE_INSTALLING = 1, STATE_LIVE = 2 };
/* OBJECT_SWITCH: enabled root, a switch is due, its target. */
enum { SWITCH_ENABLED = 0, SWITCH_DUE = 2, SWITCH_TARGET = 3, SWITCH_OCTETS = 5 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t record_object(uint32_t root)
{
    return profile_object(root, PROFILE_RECORD, 0);
}

static uint32_t metadata_object(uint32_t root)
{
    return profile_object(root, PROFILE_RECORD, 1);
}

static enum err delete_root(struct card *card, uint32_t root)
{
    return objects_delete_range(&card->objects, profile_object(root, PROFILE_RECORD, 0),
                                profile_object(root, 0xF, 0xFFFF));
}

/* ---- records ---- */

enum err profile_record_put(struct card *card, uint32_t root, const struct profile_install *what,
                            bool live)
{
    uint8_t octets[RECORD_OCTETS];

    octets[RECORD_STATE] = live ? STATE_LIVE : STATE_INSTALLING;
    memcpy(octets + RECORD_ICCID, what->iccid.p, PROFILE_ICCID);
    memcpy(octets + RECORD_AID, what->isdp_aid.p, CARD_AID_MAX);
    return objects_put(&card->objects, record_object(root), SLICE_OF(octets));
}

enum err profile_record_set_live(struct card *card, uint32_t root)
{
    uint8_t state = STATE_LIVE;

    return objects_write(&card->objects, record_object(root), RECORD_STATE, slice_of(&state, 1));
}

enum err profile_remove(struct card *card, uint32_t root)
{
    return delete_root(card, root);
}

uint32_t profile_free_root(struct card *card)
{
    for (uint32_t root = 1; root <= PROFILE_ROOTS; root++) {
        uint32_t id = profile_object(root, PROFILE_RECORD, 0);

        if (!objects_next(&card->objects, &id, profile_object(root, 0xF, 0xFFFF), NULL))
            return root;
    }
    return 0;
}

static bool record_decode(const struct card *card, uint32_t root, slice s, struct card_profile *out)
{
    if (s.n != RECORD_OCTETS)
        return false;
    *out = (struct card_profile){ .root = root, .state = PROFILE_INSTALLING };
    if (s.p[RECORD_STATE] == STATE_LIVE)
        out->state = card->enabled == root ? PROFILE_ENABLED : PROFILE_DISABLED;
    memcpy(out->iccid, s.p + RECORD_ICCID, PROFILE_ICCID);
    memcpy(out->isdp_aid, s.p + RECORD_AID, CARD_AID_MAX);
    return true;
}

static bool next_record(const struct card *card, uint32_t *root, struct card_profile *out)
{
    uint32_t id = record_object(*root + 1);
    slice s;

    while (objects_next(&card->objects, &id, profile_object(PROFILE_ROOTS, 0xF, 0xFFFF), NULL)) {
        *root = id >> 20 & PROFILE_ROOTS;
        s = objects_get(&card->objects, record_object(*root));
        if (record_decode(card, *root, s, out))
            return true;
        id = record_object(*root + 1);
    }
    return false;
}

bool profile_next(struct card *card, uint32_t *root, struct card_profile *out)
{
    while (next_record(card, root, out))
        if (out->state != PROFILE_INSTALLING)
            return true;
    return false;
}

enum err profile_get(struct card *card, uint32_t root, struct card_profile *out)
{
    if (root == 0 || root > PROFILE_ROOTS ||
        !record_decode(card, root, objects_get(&card->objects, record_object(root)), out) ||
        out->state == PROFILE_INSTALLING)
        return E_NOTFOUND;
    return E_OK;
}

enum err profile_by_iccid(struct card *card, slice iccid, struct card_profile *out)
{
    for (uint32_t root = 0; profile_next(card, &root, out);)
        if (slice_eq(SLICE_OF(out->iccid), iccid))
            return E_OK;
    return E_NOTFOUND;
}

enum err profile_by_aid(struct card *card, slice isdp_aid, struct card_profile *out)
{
    for (uint32_t root = 0; profile_next(card, &root, out);)
        if (slice_eq(SLICE_OF(out->isdp_aid), isdp_aid))
            return E_OK;
    return E_NOTFOUND;
}

slice profile_metadata(struct card *card, uint32_t root)
{
    return objects_get(&card->objects, metadata_object(root));
}

enum err profile_set_metadata(struct card *card, uint32_t root, slice metadata)
{
    if (!objects_get(&card->objects, record_object(root)).p)
        return E_NOTFOUND;
    return objects_put(&card->objects, metadata_object(root), metadata);
}

static uint32_t connectivity_object(uint32_t root)
{
    return profile_object(root, PROFILE_RECORD, 3);
}

slice profile_connectivity(struct card *card, uint32_t root)
{
    return objects_get(&card->objects, connectivity_object(root));
}

enum err profile_set_connectivity(struct card *card, uint32_t root, slice parameters)
{
    return objects_put(&card->objects, connectivity_object(root), parameters);
}

uint32_t profile_enabled(const struct card *card)
{
    return card->enabled;
}

int32_t profile_switch_due(const struct card *card)
{
    return card->due;
}

/* ---- switching ---- */

static enum err store_switch(struct card *card, uint32_t enabled, int32_t due)
{
    uint8_t octets[SWITCH_OCTETS];

    put16(octets + SWITCH_ENABLED, enabled);
    octets[SWITCH_DUE] = due >= 0;
    put16(octets + SWITCH_TARGET, due >= 0 ? (uint32_t)due : 0);
    return objects_put(&card->objects, OBJECT_SWITCH, SLICE_OF(octets));
}

void profiles_reload(struct card *card)
{
    slice s = objects_get(&card->objects, OBJECT_SWITCH);
    uint32_t enabled = s.n == SWITCH_OCTETS ? get16(s.p + SWITCH_ENABLED) : 0;

    card->due = s.n == SWITCH_OCTETS && s.p[SWITCH_DUE] ? get16(s.p + SWITCH_TARGET) : -1;
    if (card->enabled != enabled)
        card->channels_void = true;
    card->enabled = enabled;
    card->tree = (struct tree){ &card->objects, enabled, NULL };
    memset(card->sizes, 0xFF, sizeof card->sizes);
}

static enum err switch_now(struct card *card, uint32_t to)
{
    uint32_t from = card->enabled;
    enum err err = store_switch(card, to, -1);

    if (err)
        return err;
    profiles_reload(card);
    for (size_t i = 0; i < card->personality->app_count; i++) {
        const struct card_app *app = card->personality->apps[i].app;

        if (app->switched)
            app->switched(card, card->app_state[i], from, to);
    }
    return E_OK;
}

enum err profiles_complete_switch(struct card *card)
{
    return card->due < 0 ? E_OK : switch_now(card, (uint32_t)card->due);
}

/*
 * The terminal performed REFRESH. A command that it performed in part (0X) counts; one that it
 * could not (2X, 3X) leaves the switch due: the next reset does it.
 */
static void refreshed(struct card *card, void *ctx, int result, slice body)
{
    (void)ctx;
    (void)body;
    if (result < 0 || result >= CAT_NOT_PERFORMED)
        return;
    if (profiles_complete_switch(card))
        profiles_reload(card);
    else
        cat_profile_changed(card);
}

static uint8_t refresh_mode(const struct card *card)
{
    slice profile = card_terminal_profile(card);

    /* TS 102 223 5.2: octet 34, b6 announces REFRESH with this mode */
    return profile.n >= 34 && (profile.p[33] & 0x20) ? CAT_REFRESH_PROFILE_STATE_CHANGE
                                                     : CAT_REFRESH_UICC_RESET;
}

enum err profile_switch(struct card *card, uint32_t to, bool refresh)
{
    struct card_profile profile;
    enum err err;

    if (to && profile_get(card, to, &profile))
        return E_NOTFOUND;
    if (to == card->enabled)
        return E_STATE;
    if (card->due >= 0 || (refresh && cat_busy(card)))
        return E_CONFLICT;
    if (!refresh)
        return switch_now(card, to);
    err = store_switch(card, card->enabled, (int32_t)to);
    if (err)
        return err;
    card->due = (int32_t)to;
    err = cat_queue(card, 0x01, refresh_mode(card), SLICE_NONE, refreshed, NULL);
    return err == E_STATE ? E_OK : err; /* no terminal profile: the reset will do it */
}

enum err profile_delete(struct card *card, uint32_t root)
{
    struct card_profile profile;

    if (profile_get(card, root, &profile))
        return E_NOTFOUND;
    if (root == card->enabled || (int32_t)root == card->due)
        return E_STATE;
    return delete_root(card, root);
}

/* ---- boot ---- */

/* TS 102 221 13: what a UICC has without any profile: MF, EF_DIR, EF_ARR, EF_UMPC. */
static enum err make_bare_tree(const struct tree *t)
{
    static const uint8_t rule[] = { 0x80, 0x01, 0x01, 0x90, 0x00 }; /* read: always; rest: never */
    static const uint8_t umpc[] = { 0x3C, 0x3C, 0x00, 0x00, 0x00 }; /* 60 mA, 60 s */
    const struct node base = { .arr_fid = FID_ARR_MF, .arr_record = 1, .lcs = LCS_ACTIVATED };
    struct node mf = base, dir = base, arr = base, power = base;
    uint16_t n;
    enum err err;

    mf.type = NODE_MF;
    mf.fid = FID_MF;
    err = tree_create_dir(t, &mf, &n);
    dir.type = arr.type = NODE_LINEAR;
    dir.fid = FID_DIR;
    dir.sfi = 0x1E;
    dir.record_octets = 0x21;
    if (!err)
        err = tree_create_ef(t, TREE_MF, &dir, dir.record_octets, &n);
    arr.fid = FID_ARR_MF;
    arr.sfi = 0x06;
    arr.record_octets = sizeof rule;
    if (!err)
        err = tree_create_ef(t, TREE_MF, &arr, sizeof rule, &n);
    if (!err)
        err = objects_write(t->objects, tree_object(t, n), NODE_EF_HEAD, SLICE_OF(rule));
    power.type = NODE_TRANSPARENT;
    power.fid = 0x2F08;
    power.sfi = 0x08;
    if (!err)
        err = tree_create_ef(t, TREE_MF, &power, sizeof umpc, &n);
    if (!err)
        err = objects_write(t->objects, tree_object(t, n), NODE_EF_HEAD, SLICE_OF(umpc));
    return err;
}

/* What a power cut left of installations. */
static enum err sweep(struct card *card)
{
    struct card_profile profile;

    for (uint32_t root = 0; next_record(card, &root, &profile);) {
        if (profile.state != PROFILE_INSTALLING)
            continue;
        enum err err = delete_root(card, root);

        if (err)
            return err;
        card->swept = true;
        memcpy(card->swept_iccid, profile.iccid, PROFILE_ICCID);
    }
    return E_OK;
}

bool profile_install_swept(struct card *card, uint8_t iccid[PROFILE_ICCID])
{
    bool swept = card->swept;

    if (swept)
        memcpy(iccid, card->swept_iccid, PROFILE_ICCID);
    card->swept = false;
    return swept;
}

enum err profiles_boot(struct card *card)
{
    struct tree bare = { &card->objects, 0, NULL };
    struct node node;
    enum err err = E_OK;

    if (!tree_node(&bare, TREE_MF, &node))
        err = make_bare_tree(&bare);
    if (!err)
        err = sweep(card); /* committed with what the applications make of it */
    profiles_reload(card);
    return err;
}
