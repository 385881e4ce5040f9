#include "euicc/tree.h"

#include "euicc/profiles.h"

/* Octets of a node's head; an EF's goes on with special, record size, head, details. */
enum { AT_FID = 0, AT_TYPE = 2, AT_SFI = 3, AT_ARR = 4, AT_RECORD = 6, AT_LCS = 7 };
enum { AT_SPECIAL = 8, AT_RECORD_OCTETS = 9, AT_HEAD = 10, AT_DETAILS = 11 };
enum { AT_PARENT = 8, AT_AID_OCTETS = 9, AT_PIN_OCTETS = 10 };

#define TYPE_LINK      0x80
#define TYPE_EXCLUSIVE 0x40
#define BER_TLV_HEAD   8 /* in front of a BER-TLV file's body: capacity, octets in use */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
}

uint32_t tree_object(const struct tree *t, uint16_t n)
{
    return profile_object(t->root, PROFILE_NODE, n);
}

static bool decode_dir(slice octets, struct node *out)
{
    if (octets.n < NODE_DF_HEAD)
        return false;
    slice rest = slice_skip(octets, NODE_DF_HEAD);
    out->parent = octets.p[AT_PARENT];
    out->aid = slice_head(rest, octets.p[AT_AID_OCTETS]);
    out->pins = slice_head(slice_skip(rest, out->aid.n), octets.p[AT_PIN_OCTETS]);
    return true;
}

static void decode_ef(slice octets, struct node *out)
{
    const uint8_t *p = octets.p;

    out->special = p[AT_SPECIAL];
    out->record_octets = p[AT_RECORD_OCTETS];
    out->head = p[AT_HEAD];
    out->details = p[AT_DETAILS];
    out->body = slice_skip(octets, NODE_EF_HEAD);
    if (out->type != NODE_BER_TLV || out->link || out->body.n < BER_TLV_HEAD)
        return;
    p = out->body.p;
    out->max_octets = get32(p);
    out->body = slice_head(slice_skip(out->body, BER_TLV_HEAD), get32(p + 4));
}

static bool decode(uint16_t n, slice octets, struct node *out)
{
    const uint8_t *p = octets.p;

    if (octets.n < NODE_DF_HEAD)
        return false;
    *out = (struct node){ .n = n,
                          .fid = get16(p + AT_FID),
                          .type = p[AT_TYPE] & 7,
                          .link = (p[AT_TYPE] & TYPE_LINK) != 0,
                          .exclusive = (p[AT_TYPE] & TYPE_EXCLUSIVE) != 0,
                          .sfi = p[AT_SFI],
                          .arr_fid = get16(p + AT_ARR),
                          .arr_record = p[AT_RECORD],
                          .lcs = p[AT_LCS] };
    if (node_is_dir(out))
        return decode_dir(octets, out);
    if (octets.n < NODE_EF_HEAD)
        return false;
    decode_ef(octets, out);
    return true;
}

bool tree_node(const struct tree *t, uint16_t n, struct node *out)
{
    return decode(n, objects_get(t->objects, tree_object(t, n)), out);
}

bool tree_target(const struct tree *t, const struct node *node, struct node *out)
{
    *out = *node;
    if (!node->link)
        return true;
    struct node target;
    if (node->body.n != 2 || node->details || !tree_node(t, get16(node->body.p), &target) ||
        target.link || node_is_dir(&target))
        return false;
    out->type = target.type;
    out->record_octets = target.record_octets;
    out->head = target.head;
    out->details = target.details;
    out->body = target.body;
    out->max_octets = target.max_octets;
    return true;
}

uint32_t node_record_at(const struct node *node, uint8_t record)
{
    uint32_t place = record - 1u;

    if (node->type == NODE_CYCLIC && node_records(node))
        place = (place + node->head) % node_records(node);
    return place * node->record_octets;
}

/* ---- walking ---- */

bool tree_next_ef(const struct tree *t, uint8_t dir, int32_t *n, struct node *out)
{
    uint16_t first = node_of_dir(dir) + 1;
    uint32_t id = tree_object(t, *n < first ? first : (uint16_t)(*n + 1));
    slice octets;

    if (*n >= first && (*n & (TREE_PLACES - 1)) == TREE_PLACES - 1)
        return false;
    while (objects_next(t->objects, &id, tree_object(t, node_of_dir(dir) + TREE_PLACES - 1),
                        &octets)) {
        *n = (int32_t)(id & 0xFFFF);
        if (decode((uint16_t)*n, octets, out))
            return true;
        id++;
    }
    return false;
}

/* Directories are numbered without gaps unless one was deleted. */
bool tree_next_dir(const struct tree *t, int32_t *n, struct node *out)
{
    int32_t dir = *n < 0 ? 0 : (*n >> 9) + 1;

    while (dir < TREE_DIRS) {
        uint32_t id = tree_object(t, node_of_dir((uint8_t)dir));
        slice octets;

        if (!objects_next(t->objects, &id, tree_object(t, 0xFFFF), &octets))
            return false;
        if ((id & (TREE_PLACES - 1)) == 0 && decode((uint16_t)id, octets, out)) {
            *n = (int32_t)(id & 0xFFFF);
            return true;
        }
        dir = (int32_t)((id & 0xFFFF) >> 9) + 1;
    }
    return false;
}

bool tree_child(const struct tree *t, uint8_t dir, uint16_t fid, struct node *out)
{
    for (int32_t n = -1; tree_next_ef(t, dir, &n, out);)
        if (out->fid == fid)
            return true;
    for (int32_t n = -1; tree_next_dir(t, &n, out);)
        if (out->type == NODE_DF && out->parent == dir && out->fid == fid)
            return true;
    return false;
}

bool tree_by_sfi(const struct tree *t, uint8_t dir, uint8_t sfi, struct node *out)
{
    if (sfi == 0)
        return false;
    for (int32_t n = -1; tree_next_ef(t, dir, &n, out);)
        if (out->sfi == sfi)
            return true;
    return false;
}

bool tree_by_aid(const struct tree *t, slice aid, unsigned occurrence, struct node *out)
{
    for (int32_t n = -1; tree_next_dir(t, &n, out);)
        if (out->type == NODE_ADF && slice_starts(out->aid, aid) && occurrence-- == 0)
            return true;
    return false;
}

bool tree_adf(const struct tree *t, uint16_t temporary_fid, struct node *out)
{
    for (int32_t n = -1; tree_next_dir(t, &n, out);)
        if (out->type == NODE_ADF && out->fid == temporary_fid)
            return true;
    return false;
}

bool tree_is_under(const struct tree *t, uint8_t dir, uint8_t top)
{
    struct node node;

    for (unsigned depth = 0; depth < TREE_DIRS && dir != top; depth++) {
        if (dir == TREE_MF || !tree_node(t, node_of_dir(dir), &node))
            return false;
        dir = node.parent;
    }
    return dir == top;
}

bool tree_terminated(const struct tree *t, uint8_t dir)
{
    struct node node;

    for (unsigned depth = 0; depth < TREE_DIRS && tree_node(t, node_of_dir(dir), &node); depth++) {
        if (node.lcs == LCS_TERMINATED)
            return true;
        if (dir == TREE_MF)
            return false;
        dir = node.parent;
    }
    return false;
}

uint8_t tree_application(const struct tree *t, uint8_t dir)
{
    struct node node;

    for (unsigned depth = 0; depth < TREE_DIRS && tree_node(t, node_of_dir(dir), &node); depth++) {
        if (node.type != NODE_DF)
            return dir;
        dir = node.parent;
    }
    return TREE_MF;
}

bool tree_path(const struct tree *t, slice path, struct node *out)
{
    if (path.n % 2 || !tree_node(t, TREE_MF, out))
        return false;
    for (size_t i = 0; i < path.n; i += 2) {
        uint16_t fid = get16(path.p + i);
        uint8_t dir = dir_of_node(out->n);

        if (!node_is_dir(out))
            return false;
        if (i == 0 && tree_adf(t, fid, out))
            continue;
        if (!tree_child(t, dir, fid, out))
            return false;
    }
    return true;
}

uint32_t tree_octets(const struct tree *t, uint8_t dir)
{
    struct node node;
    uint32_t total = 0;

    for (int32_t n = -1; tree_next_ef(t, dir, &n, &node);)
        if (!node.link)
            total += (uint32_t)(node.type == NODE_BER_TLV ? node.max_octets : node.body.n);
    for (int32_t n = -1; tree_next_dir(t, &n, &node);)
        if (node.parent == dir && node.n != TREE_MF && node.type == NODE_DF)
            total += tree_octets(t, dir_of_node(node.n));
    return total;
}

/* ---- changing ---- */

static unsigned fid_mark(uint8_t dir, uint16_t fid)
{
    return (dir * 0x9E5u + fid) % TREE_FIDS;
}

static bool fid_taken(const struct tree *t, uint8_t dir, uint16_t fid)
{
    unsigned mark = fid_mark(dir, fid);
    struct node other;

    if (t->fids && !(t->fids->marked[mark / 8] >> mark % 8 & 1))
        return false;
    return tree_child(t, dir, fid, &other);
}

static void fid_take(const struct tree *t, uint8_t dir, uint16_t fid)
{
    unsigned mark = fid_mark(dir, fid);

    if (t->fids)
        t->fids->marked[mark / 8] |= (uint8_t)(1u << mark % 8);
}

static void encode_head(const struct node *node, uint8_t *p)
{
    put16(p + AT_FID, node->fid);
    p[AT_TYPE] = (uint8_t)(node->type | (node->link ? TYPE_LINK : 0) |
                           (node->exclusive ? TYPE_EXCLUSIVE : 0));
    p[AT_SFI] = node->sfi;
    put16(p + AT_ARR, node->arr_fid);
    p[AT_RECORD] = node->arr_record;
    p[AT_LCS] = node->lcs;
}

static bool free_dir(const struct tree *t, uint8_t *dir)
{
    uint32_t last = objects_last(t->objects, tree_object(t, 0), tree_object(t, 0xFFFF));

    if (last == 0) {
        *dir = 0;
        return true;
    }
    if ((last & 0xFFFF) >> 9 < TREE_DIRS - 1) {
        *dir = (uint8_t)(((last & 0xFFFF) >> 9) + 1);
        return true;
    }
    for (unsigned i = 1; i < TREE_DIRS; i++)
        if (!objects_get(t->objects, tree_object(t, node_of_dir((uint8_t)i))).p) {
            *dir = (uint8_t)i;
            return true;
        }
    return false;
}

enum err tree_create_dir(const struct tree *t, const struct node *node, uint16_t *n)
{
    uint8_t octets[NODE_DF_MAX], dir;
    struct node other;

    if (!free_dir(t, &dir))
        return E_LIMIT;
    if ((node->type == NODE_MF) != (dir == 0))
        return node->type == NODE_MF ? E_EXISTS : E_STATE;
    if (node->type == NODE_ADF ? tree_adf(t, node->fid, &other)
                               : dir > 0 && fid_taken(t, node->parent, node->fid))
        return E_EXISTS;
    if (node->aid.n > 16 || node->pins.n > NODE_DF_MAX - NODE_DF_HEAD - 16)
        return E_SIZE;
    encode_head(node, octets);
    octets[AT_PARENT] = node->parent;
    octets[AT_AID_OCTETS] = (uint8_t)node->aid.n;
    octets[AT_PIN_OCTETS] = (uint8_t)node->pins.n;
    size_t at = NODE_DF_HEAD;
    if (node->aid.n)
        memcpy(octets + at, node->aid.p, node->aid.n);
    at += node->aid.n;
    if (node->pins.n)
        memcpy(octets + at, node->pins.p, node->pins.n);
    at += node->pins.n;
    *n = node_of_dir(dir);
    if (node->type == NODE_DF)
        fid_take(t, node->parent, node->fid);
    return objects_put(t->objects, tree_object(t, *n), slice_of(octets, at));
}

static bool free_place(const struct tree *t, uint8_t dir, uint16_t *n)
{
    uint16_t first = node_of_dir(dir);
    uint32_t last =
        objects_last(t->objects, tree_object(t, first), tree_object(t, first + TREE_PLACES - 1));

    if (last && (last & (TREE_PLACES - 1)) < TREE_PLACES - 1) {
        *n = (uint16_t)((last & 0xFFFF) + 1);
        return true;
    }
    for (uint16_t i = 1; i < TREE_PLACES; i++)
        if (!objects_get(t->objects, tree_object(t, first + i)).p) {
            *n = (uint16_t)(first + i);
            return true;
        }
    return false;
}

enum err tree_create_ef(const struct tree *t, uint8_t dir, const struct node *node, uint32_t octets,
                        uint16_t *n)
{
    uint8_t head[NODE_EF_HEAD + BER_TLV_HEAD];
    uint32_t length = NODE_EF_HEAD;
    enum err err;

    if (fid_taken(t, dir, node->fid))
        return E_EXISTS;
    if (!free_place(t, dir, n))
        return E_LIMIT;
    if (octets > t->objects->size || node->max_octets > t->objects->size)
        return E_MEMORY;
    fid_take(t, dir, node->fid);
    encode_head(node, head);
    head[AT_SPECIAL] = node->special;
    head[AT_RECORD_OCTETS] = node->record_octets;
    head[AT_HEAD] = node->head;
    head[AT_DETAILS] = node->details;
    if (node->type == NODE_BER_TLV && !node->link) {
        put32(head + length, node->max_octets);
        put32(head + length + 4, 0);
        length += BER_TLV_HEAD;
        octets = node->max_octets;
    }
    if (node->link)
        octets = (uint32_t)node->body.n;
    err = objects_make(t->objects, tree_object(t, *n), length + octets, 0xFF);
    if (!err)
        err = objects_write(t->objects, tree_object(t, *n), 0, slice_of(head, length));
    if (!err && node->link)
        err = objects_write(t->objects, tree_object(t, *n), length, node->body);
    return err;
}

enum err tree_write(const struct tree *t, const struct node *node, uint32_t at, slice octets)
{
    uint16_t n = node->n;
    struct node own;

    if (!tree_node(t, n, &own))
        return E_NOTFOUND;
    if (own.link && own.body.n != 2)
        return E_NOTFOUND;
    if (own.link)
        n = get16(own.body.p);
    return objects_write(t->objects, tree_object(t, n), NODE_EF_HEAD + at, octets);
}

enum err tree_replace_body(const struct tree *t, const struct node *node, slice body)
{
    uint16_t n = node->link ? get16(node->body.p) : node->n;
    uint32_t id = tree_object(t, n);
    slice octets = objects_get(t->objects, id);
    uint8_t used[4];
    enum err err;

    if (octets.n < NODE_EF_HEAD + BER_TLV_HEAD || body.n > octets.n - NODE_EF_HEAD - BER_TLV_HEAD)
        return E_MEMORY;
    put32(used, (uint32_t)body.n);
    err = objects_write(t->objects, id, NODE_EF_HEAD + 4, SLICE_OF(used));
    return err ? err : objects_write(t->objects, id, NODE_EF_HEAD + BER_TLV_HEAD, body);
}

enum err tree_set_lcs(const struct tree *t, uint16_t n, uint8_t lcs)
{
    return objects_write(t->objects, tree_object(t, n), AT_LCS, slice_of(&lcs, 1));
}

enum err tree_set_head(const struct tree *t, uint16_t n, uint8_t head)
{
    struct node node;

    if (!tree_node(t, n, &node))
        return E_NOTFOUND;
    if (node.link && node.body.n == 2)
        n = get16(node.body.p);
    return objects_write(t->objects, tree_object(t, n), AT_HEAD, slice_of(&head, 1));
}

enum err tree_resize(const struct tree *t, uint16_t n, uint32_t octets)
{
    uint32_t id = tree_object(t, n), head = NODE_EF_HEAD, keep;
    struct node node;
    uint8_t *copy;
    enum err err;

    if (!tree_node(t, n, &node) || node_is_dir(&node) || node.link)
        return E_NOTFOUND;
    if (octets > t->objects->size)
        return E_MEMORY;
    if (node.type == NODE_BER_TLV) {
        if (octets < node.body.n)
            return E_RANGE;
        head += BER_TLV_HEAD;
    }
    copy = objects_lend(t->objects, head + octets);
    if (!copy)
        return E_MEMORY;
    slice old = objects_get(t->objects, id); /* behind the loan: it may move objects */
    keep = old.n < head + octets ? (uint32_t)old.n : head + octets;
    memset(copy, 0xFF, head + octets);
    memcpy(copy, old.p, keep);
    if (node.type == NODE_BER_TLV)
        put32(copy + NODE_EF_HEAD, octets);
    err = objects_put(t->objects, id, slice_of(copy, head + octets));
    objects_repay(t->objects, copy);
    return err;
}

enum err tree_delete_ef(const struct tree *t, uint16_t n)
{
    return objects_delete(t->objects, tree_object(t, n));
}

enum err tree_delete_dir(const struct tree *t, uint8_t dir)
{
    return objects_delete_range(t->objects, tree_object(t, node_of_dir(dir)),
                                tree_object(t, node_of_dir(dir) + TREE_PLACES - 1));
}
