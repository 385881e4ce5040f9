/*
 * What remote file management changes, and REFRESH behind it (TS 102 226 6.2, TS 102 223 6.4.7):
 * the terminal hears which EFs an APDU has changed, once that is durable. Files that came or went,
 * or more than a list holds, are "all files". Without its announcement, or room in the queue, the
 * terminal does not hear of it, and the change stands.
 */
#include "der/der.h"
#include "euicc/card_impl.h"

enum { PROFILE_OCTET = 3, PROFILE_REFRESH = 0x80 };
enum { TAG_FILE_LIST = 0x92, TAG_AID = 0xAF };

#define LIST_MAX  200 /* of the 255 octets of a command */
#define DEPTH_MAX 8

/* ---- collecting ---- */

void card_file_changed(struct card *card, uint16_t ef)
{
    struct file_changes *c = &card->changes;

    if (!card->changes_count || c->all)
        return;
    for (unsigned i = 0; i < c->count; i++)
        if (c->efs[i] == ef)
            return;
    if (c->count == FILE_CHANGES)
        c->all = true;
    else
        c->efs[c->count++] = ef;
}

void card_files_exchanged(struct card *card)
{
    if (card->changes_count)
        card->changes.all = true;
}

/* ---- telling ---- */

struct list {
    uint8_t octets[LIST_MAX]; /* number of files, paths */
    size_t n;
    uint8_t adf; /* whose files are in it; TREE_MF: none's */
};

/* FIDs from the MF down; an ADF's place is that of the current one. False: it does not fit. */
static bool put_path(struct card *card, uint16_t ef, struct list *l)
{
    uint16_t fids[DEPTH_MAX];
    size_t depth = 0;
    struct node node;

    if (!tree_node(&card->tree, ef, &node))
        return false;
    fids[depth++] = node.fid;
    for (uint8_t dir = dir_of_node(ef); dir != TREE_MF; dir = node.parent) {
        if (depth == DEPTH_MAX || !tree_node(&card->tree, node_of_dir(dir), &node))
            return false;
        fids[depth++] = node.type == NODE_ADF ? FID_ADF : node.fid;
        if (node.type != NODE_ADF)
            continue;
        if (l->adf != TREE_MF && l->adf != dir)
            return false;
        l->adf = dir;
    }
    if (2 * (depth + 1) > sizeof l->octets - l->n)
        return false;
    l->octets[l->n++] = FID_MF >> 8;
    l->octets[l->n++] = FID_MF & 0xFF;
    while (depth-- > 0) {
        l->octets[l->n++] = (uint8_t)(fids[depth] >> 8);
        l->octets[l->n++] = (uint8_t)fids[depth];
    }
    l->octets[0]++;
    return true;
}

static size_t put(uint8_t *out, uint32_t tag, slice value)
{
    size_t n = der_put_head(tag, value.n, out);

    memcpy(out + n, value.p, value.n);
    return n + value.n;
}

void card_tell_changes(struct card *card, bool durable)
{
    const struct file_changes told = card->changes;
    uint8_t tlvs[2 * DER_HEAD_MAX + LIST_MAX + CARD_AID_MAX];
    struct list l = { .n = 1, .adf = TREE_MF };
    bool all = told.all;
    struct node adf;
    size_t n = 0;

    if (!all && told.count == 0)
        return;
    card->changes = (struct file_changes){ .count = 0 };
    if (!durable || !cat_terminal_has(card, PROFILE_OCTET, PROFILE_REFRESH))
        return;
    for (unsigned i = 0; i < told.count && !all; i++)
        all = !put_path(card, told.efs[i], &l);
    if (!all) {
        n = put(tlvs, TAG_FILE_LIST, slice_of(l.octets, l.n));
        if (l.adf != TREE_MF && tree_node(&card->tree, node_of_dir(l.adf), &adf))
            n += put(tlvs + n, TAG_AID, adf.aid);
    }
    (void)!cat_queue(card, CAT_REFRESH, all ? CAT_REFRESH_INIT_ALL_FILES : CAT_REFRESH_FILES,
                     n ? slice_of(tlvs, n) : SLICE_NONE, NULL, NULL);
}
