/*
 * DELETE FILE (TS 102 222 6.4): an EF of the current directory, or a directory with all that is in
 * it: one below the current one, or the current one itself.
 *
 * Numbers of nodes and directories are given anew, so whatever names a deleted one is settled here:
 * what is current on the channels, verified PINs, transfers under way, PINs and keys of the
 * directory. Links from elsewhere to what is to go keep it (6985).
 */
#include "euicc/aka_object.h"
#include "euicc/files.h"
#include "euicc/pin.h"

enum { INS_DELETE = 0xE4 };

/* What goes: one EF, or directories. */
struct doomed {
    uint16_t ef; /* 0: directories */
    bool dirs[TREE_DIRS];
};

static bool goes(const struct doomed *d, uint16_t n)
{
    return d->ef ? n == d->ef : d->dirs[dir_of_node(n)];
}

static void mark(const struct tree *t, const struct node *node, struct doomed *d)
{
    struct node dir;

    *d = (struct doomed){ .ef = node_is_dir(node) ? 0 : node->n };
    if (d->ef)
        return;
    for (int32_t n = -1; tree_next_dir(t, &n, &dir);)
        d->dirs[dir_of_node(dir.n)] = tree_is_under(t, dir_of_node(dir.n), dir_of_node(node->n));
}

/* ---- may it go? ---- */

static bool linked_from_elsewhere(const struct tree *t, const struct doomed *d)
{
    struct node dir, ef;

    for (int32_t n = -1; tree_next_dir(t, &n, &dir);)
        for (int32_t k = -1; tree_next_ef(t, dir_of_node(dir.n), &k, &ef);)
            if (ef.link && ef.body.n == 2 && !goes(d, ef.n) &&
                goes(d, (uint16_t)(ef.body.p[0] << 8 | ef.body.p[1])))
                return true;
    return false;
}

/* An application is running, or another channel has the file for itself. */
static bool held(const struct card *card, const struct channel *own, const struct node *node,
                 const struct doomed *d)
{
    if (!d->ef && own->adf != TREE_MF && d->dirs[own->adf])
        return true;
    for (unsigned i = 0; i < CARD_CHANNELS; i++) {
        const struct channel *ch = &card->channels[i];

        if (!ch->open || ch->app != NO_APP || ch == own)
            continue;
        if (d->ef ? node->exclusive && ch->ef == d->ef : ch->adf != TREE_MF && d->dirs[ch->adf])
            return true;
    }
    return false;
}

/* TS 102 221 9.2.4: by the file's own rule, or by that of the directory for what is in it. */
static bool allowed(struct card *card, const struct node *node, uint8_t dir)
{
    struct node parent;

    return rules_allow(card, node, ACCESS_DELETE, INS_DELETE) ||
           (tree_node(&card->tree, node_of_dir(dir), &parent) &&
            rules_allow(card, &parent, ACCESS_DELETE_CHILD, 0));
}

/* ---- what names it ---- */

static void settle_channel(struct channel *ch, const struct doomed *d, uint8_t parent)
{
    if (ch->ef && goes(d, ch->ef)) {
        ch->ef = 0;
        ch->record = 0;
    }
    if (!d->ef && d->dirs[ch->dir])
        ch->dir = parent;
    ch->tlv_open = ch->tlv_open && !goes(d, ch->tlv_ef);
}

static void settle_names(struct card *card, struct channel *own, const struct doomed *d,
                         uint8_t parent)
{
    settle_channel(own, d, parent);
    for (unsigned i = 0; i < CARD_CHANNELS; i++)
        settle_channel(&card->channels[i], d, parent);
    for (unsigned i = card->verified_count; !d->ef && i-- > 0;)
        if (d->dirs[card->verified[i] >> 8])
            card->verified[i] = card->verified[--card->verified_count];
    if (card->set_data.octets && goes(d, card->set_data.ef))
        tlv_file_reset(card);
    memset(card->sizes, 0xFF, sizeof card->sizes);
}

void file_forgotten(struct card *card, uint16_t n)
{
    if (card->set_data.octets && card->set_data.ef == n)
        tlv_file_reset(card);
    for (unsigned i = 0; i < CARD_CHANNELS; i++)
        card->channels[i].tlv_open = card->channels[i].tlv_open && card->channels[i].tlv_ef != n;
}

/* ---- it goes ---- */

/* A directory's local PINs, and what an ADF authenticates with. */
static enum err delete_belongings(struct card *card, uint8_t dir)
{
    struct objects *o = &card->objects;
    uint32_t root = card->tree.root;
    const uint32_t keys[] = { aka_object(root, dir), aka_seq_object(root, dir),
                              aka_left_object(root, dir), aka_gba_object(root, dir),
                              profile_object(root, PROFILE_MISC, dir) /* CDMA */ };
    enum err err = objects_delete_range(o, pin_object(root, dir, 0), pin_object(root, dir, 0xFF));

    for (size_t i = 0; i < COUNT(keys) && !err; i++)
        err = objects_delete_range(o, keys[i], keys[i]);
    return err;
}

static enum err delete_all(struct card *card, const struct doomed *d)
{
    enum err err = E_OK;

    if (d->ef)
        return tree_delete_ef(&card->tree, d->ef);
    for (unsigned dir = 1; dir < TREE_DIRS && !err; dir++) {
        if (!d->dirs[dir])
            continue;
        err = tree_delete_dir(&card->tree, (uint8_t)dir);
        if (!err)
            err = delete_belongings(card, (uint8_t)dir);
    }
    return err;
}

/* The file of this FID, and the directory that it lies in. */
static bool find(const struct card *card, const struct channel *ch, uint16_t fid, struct node *node,
                 uint8_t *parent)
{
    const struct tree *t = &card->tree;

    *parent = ch->dir;
    if (tree_child(t, ch->dir, fid, node) || (ch->dir == TREE_MF && tree_adf(t, fid, node)))
        return true;
    if (ch->dir == TREE_MF || !tree_node(t, node_of_dir(ch->dir), node))
        return false;
    *parent = node->parent;
    return node->fid == fid || (fid == FID_ADF && node->type == NODE_ADF);
}

void command_delete_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct doomed d;
    struct node node;
    uint8_t parent;

    if (apdu->p1 || apdu->p2)
        out->sw = SW_P1P2;
    else if (apdu->data.n != 2)
        out->sw = SW_LENGTH;
    else if (!find(card, ch, (uint16_t)(apdu->data.p[0] << 8 | apdu->data.p[1]), &node, &parent))
        out->sw = SW_NOT_FOUND;
    else if (!allowed(card, &node, parent))
        out->sw = SW_SECURITY;
    if (out->sw != SW_OK)
        return;
    mark(&card->tree, &node, &d);
    if (tree_terminated(&card->tree, parent) || held(card, ch, &node, &d) ||
        linked_from_elsewhere(&card->tree, &d)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    file_stored(delete_all(card, &d), out);
    if (out->sw != SW_OK)
        return;
    settle_names(card, ch, &d, parent);
    card_files_exchanged(card);
}
