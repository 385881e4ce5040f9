/*
 * CREATE FILE and RESIZE FILE, TERMINATE EF and DF (TS 102 222 6.3, 6.7, 6.8, 6.10). DELETE FILE:
 * file_delete.c. A status word that is no success leaves the tree as it was.
 */
#include "euicc/file_fcp.h"
#include "euicc/file_plan.h"
#include "euicc/files.h"
#include "euicc/registry.h"

enum { INS_CREATE = 0xE0, INS_RESIZE = 0xD4, INS_TERMINATE_DF = 0xE6, INS_TERMINATE_EF = 0xE8 };

static bool plain(const struct apdu *apdu, struct reply *out)
{
    if (apdu->p1 || apdu->p2)
        out->sw = SW_P1P2;
    else if (!apdu->data.p)
        out->sw = SW_LENGTH;
    return out->sw == SW_OK;
}

static void sizes_changed(struct card *card)
{
    memset(card->sizes, 0xFF, sizeof card->sizes);
}

/* ---- CREATE FILE: conflicts ---- */

static uint16_t fid_of(slice s)
{
    return (uint16_t)(s.p[0] << 8 | s.p[1]);
}

/*
 * TS 102 221 8.2.2: one FID under a directory once, and never that of a directory above. An ADF's
 * temporary one is the first of paths, as those of the MF's children are.
 */
static bool fid_taken(const struct tree *t, uint8_t dir, uint16_t fid)
{
    struct node node;

    if (tree_child(t, dir, fid, &node) || (dir == TREE_MF && tree_adf(t, fid, &node)))
        return true;
    for (unsigned depth = 0; depth < TREE_DIRS; depth++) {
        if (!tree_node(t, node_of_dir(dir), &node) || node.fid == fid)
            return true;
        if (dir == TREE_MF)
            return false;
        dir = node.parent;
    }
    return true;
}

static bool aid_taken(const struct card *card, slice aid)
{
    struct registry_entry entry;
    struct node node;

    for (unsigned i = 0; tree_by_aid(&card->tree, aid, i, &node); i++)
        if (node.aid.n == aid.n)
            return true;
    for (size_t i = 0; i < card->personality->app_count; i++)
        if (slice_eq(card->personality->apps[i].app->aid, aid))
            return true;
    return registry_by_aid(&card->objects, card->tree.root, aid, &entry);
}

/* An SFI that only follows from the FID gives way. */
static bool sfi_conflict(const struct tree *t, uint8_t dir, const struct file_fcp *f,
                         struct node *node)
{
    struct node other;

    if (!tree_by_sfi(t, dir, node->sfi, &other))
        return false;
    if (!f->fcp.short_ef_id.p)
        node->sfi = 0;
    return node->sfi != 0;
}

/* ---- CREATE FILE ---- */

static void created(enum err err, struct reply *out)
{
    if (err == E_EXISTS)
        out->sw = SW_FILE_EXISTS;
    else if (err)
        out->sw = err == E_MEMORY || err == E_LIMIT ? SW_NO_SPACE : SW_MEMORY;
}

static void create_dir(struct card *card, struct channel *ch, const struct file_fcp *f,
                       struct node *node, struct reply *out)
{
    uint8_t inherited[FCP_KEYS_MAX];
    uint32_t size = 0;
    struct node parent;
    uint16_t n;

    for (size_t i = 0; i < f->total_size.n; i++)
        size = size << 8 | f->total_size.p[i];
    if (size > objects_free(&card->objects)) {
        out->sw = SW_NO_SPACE;
        return;
    }
    if (!node->pins.p && tree_node(&card->tree, node_of_dir(ch->dir), &parent) &&
        parent.pins.n <= sizeof inherited) { /* those that apply there */
        if (parent.pins.n)
            memcpy(inherited, parent.pins.p, parent.pins.n);
        node->pins = slice_of(inherited, parent.pins.n);
    }
    node->parent = ch->dir;
    created(tree_create_dir(&card->tree, node, &n), out);
    if (out->sw != SW_OK)
        return;
    ch->dir = dir_of_node(n);
    ch->ef = 0;
    ch->record = 0;
    if (node->type == NODE_ADF) {
        ch->adf = ch->dir;
        card_end_sessions(card);
    }
}

/* The pattern of the parameters, where there is one; else the body is FF already. */
static enum err fill(struct card *card, const struct file_plan *p, uint16_t n)
{
    if (!p->pattern.p)
        return E_OK;
    uint8_t *body = objects_lend(&card->objects, p->octets);
    if (!body)
        return E_MEMORY;
    file_plan_expand(p, body);
    enum err err = objects_write(&card->objects, tree_object(&card->tree, n), NODE_EF_HEAD,
                                 slice_of(body, p->octets));
    objects_repay(&card->objects, body);
    return err;
}

static void create_ef(struct card *card, struct channel *ch, const struct file_fcp *f,
                      struct file_plan *p, struct reply *out)
{
    uint16_t n;

    if (!file_plan_settle(p) ||
        (p->node.type == NODE_BER_TLV ? p->octets > p->node.max_octets : p->octets == 0)) {
        out->sw = SW_DATA;
        return;
    }
    if (sfi_conflict(&card->tree, ch->dir, f, &p->node)) {
        out->sw = SW_FILE_EXISTS;
        return;
    }
    enum err err = tree_create_ef(&card->tree, ch->dir, &p->node, p->octets, &n);
    if (!err)
        err = fill(card, p, n);
    created(err, out);
    if (err)
        return;
    ch->ef = n;
    ch->record = 0;
}

static bool may_create(struct card *card, const struct channel *ch, bool dir, struct reply *out)
{
    struct node current;

    if (!tree_node(&card->tree, node_of_dir(ch->dir), &current))
        out->sw = SW_NOT_FOUND;
    else if (!rules_allow(card, &current, dir ? ACCESS_CREATE_DF : ACCESS_CREATE_EF, INS_CREATE))
        out->sw = SW_SECURITY;
    else if (tree_terminated(&card->tree, ch->dir))
        out->sw = SW_CONDITIONS;
    return out->sw == SW_OK;
}

void command_create_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct file_plan p = { .node = { .details = 1 } };
    struct file_fcp f;

    if (!plain(apdu, out))
        return;
    if (!file_fcp_create(apdu->data, &f) || !file_plan_apply(&p, &f.fcp) ||
        file_fid_reserved(p.node.fid) || (p.node.type == NODE_ADF && ch->dir != TREE_MF)) {
        out->sw = SW_DATA;
        return;
    }
    p.node.lcs = p.node.lcs & 1 ? LCS_ACTIVATED : LCS_DEACTIVATED;
    if (!may_create(card, ch, f.dir, out))
        return;
    if (fid_taken(&card->tree, ch->dir, p.node.fid))
        out->sw = SW_FILE_EXISTS;
    else if (p.node.type == NODE_ADF && aid_taken(card, p.node.aid))
        out->sw = SW_AID_EXISTS;
    else if (f.dir)
        create_dir(card, ch, &f, &p.node, out);
    else
        create_ef(card, ch, &f, &p, out);
    if (out->sw != SW_OK)
        return;
    sizes_changed(card);
    card_files_exchanged(card);
}

/* ---- RESIZE FILE ---- */

static uint32_t number(slice s)
{
    uint32_t v = 0;

    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

/* Octets that the file is to have; 0: sw says why it cannot. */
static uint32_t new_size(const struct file_fcp *f, const struct node *node, struct reply *out)
{
    const struct saip_fcp *fcp = &f->fcp;
    bool tlv = node->type == NODE_BER_TLV;
    slice field = tlv ? fcp->proprietary.maximum_file_size : fcp->ef_file_size;
    uint32_t octets = number(field);

    if (node->type == NODE_CYCLIC || node_is_dir(node))
        out->sw = SW_FILE_STRUCTURE;
    else if (!field.p || octets == 0 || (!tlv && octets > FILE_OCTETS_MAX))
        out->sw = SW_DATA;
    else if (tlv && octets < node->body.n) /* its objects would be cut */
        out->sw = SW_NO_SPACE;
    else if (node->type == NODE_LINEAR &&
             (octets % node->record_octets || octets / node->record_octets > FILE_RECORDS_MAX))
        out->sw = SW_DATA;
    return out->sw == SW_OK ? octets : 0;
}

/* A link stands for its target, whose size it is. */
void command_resize_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct file_fcp f;
    struct open_file file;

    if (!plain(apdu, out))
        return;
    if (!file_fcp_resize(apdu->data, &f)) {
        out->sw = SW_DATA;
        return;
    }
    if (!tree_child(&card->tree, ch->dir, fid_of(f.fcp.file_id), &file.own) ||
        !tree_target(&card->tree, &file.own, &file.data)) {
        out->sw = SW_NOT_FOUND;
        return;
    }
    if (!file_usable(card, &file, 0, INS_RESIZE, out))
        return;
    uint32_t octets = new_size(&f, &file.data, out);
    if (octets == 0)
        return;
    uint16_t n = file.own.link ? fid_of(file.own.body) : file.own.n;
    created(tree_resize(&card->tree, n, octets), out);
    if (out->sw != SW_OK)
        return;
    ch->ef = file.own.n;
    ch->record = 0;
    file_forgotten(card, n);
    sizes_changed(card);
    card_files_exchanged(card);
}

/* ---- TERMINATE ---- */

static void terminate(struct card *card, struct channel *ch, const struct apdu *apdu, bool dir,
                      struct reply *out)
{
    struct node node;

    if (!plain(apdu, out))
        return;
    if (apdu->data.n != 2) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!tree_child(&card->tree, ch->dir, fid_of(apdu->data), &node) || node_is_dir(&node) != dir)
        out->sw = SW_NOT_FOUND;
    else if (!rules_allow(card, &node, ACCESS_TERMINATE, dir ? INS_TERMINATE_DF : INS_TERMINATE_EF))
        out->sw = SW_SECURITY;
    else if (node.lcs == LCS_TERMINATED || tree_terminated(&card->tree, ch->dir))
        out->sw = SW_CONDITIONS;
    else
        file_stored(tree_set_lcs(&card->tree, node.n, LCS_TERMINATED), out);
}

void command_terminate_ef(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out)
{
    terminate(card, ch, apdu, false, out);
}

void command_terminate_df(struct card *card, struct channel *ch, const struct apdu *apdu,
                          struct reply *out)
{
    terminate(card, ch, apdu, true, out);
}
