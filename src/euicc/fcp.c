/* File control parameters (TS 102 221 11.1.1.3). */
#include "euicc/card_impl.h"

#define FCP_MAX 160

/* One template in the making; its octets are few and bounded by FCP_MAX. */
struct fcp {
    uint8_t octets[FCP_MAX];
    size_t n;
};

static void put(struct fcp *f, uint8_t octet)
{
    if (f->n < FCP_MAX)
        f->octets[f->n++] = octet;
}

static void put16(struct fcp *f, uint32_t v)
{
    put(f, (uint8_t)(v >> 8));
    put(f, (uint8_t)v);
}

static void put_tag(struct fcp *f, uint8_t tag, uint8_t length)
{
    put(f, tag);
    put(f, length);
}

static void put_slice(struct fcp *f, uint8_t tag, slice octets)
{
    put_tag(f, tag, (uint8_t)octets.n);
    for (size_t i = 0; i < octets.n; i++)
        put(f, octets.p[i]);
}

static void put_descriptor(struct fcp *f, const struct node *node)
{
    static const uint8_t byte[] = {
        [NODE_TRANSPARENT] = 0x41, [NODE_LINEAR] = 0x42, [NODE_CYCLIC] = 0x46,
        [NODE_BER_TLV] = 0x79,     [NODE_DF] = 0x78,     [NODE_ADF] = 0x78,
        [NODE_MF] = 0x78
    };
    bool records = node->type == NODE_LINEAR || node->type == NODE_CYCLIC;

    put_tag(f, 0x82, records ? 5 : 2);
    put(f, node->exclusive ? byte[node->type] & (uint8_t)~0x40 : byte[node->type]);
    put(f, 0x21);
    if (!records)
        return;
    put16(f, node->record_octets);
    put(f, node_records(node));
}

static void put_rule(struct fcp *f, const struct node *node)
{
    put_tag(f, 0x8B, 3);
    put16(f, node->arr_fid);
    put(f, node->arr_record);
}

/* Life cycle status: bit 1 stays set in the operational states, activated 05, deactivated 04. */
static void put_life_cycle(struct fcp *f, const struct node *node)
{
    put_tag(f, 0x8A, 1);
    put(f, node->lcs);
}

/* PS template: which of the key references are enabled, in the order of the profile's list. */
static void put_pin_status(struct card *card, struct fcp *f, const struct node *node)
{
    size_t n = node->pins.n, octets = (n + 7) / 8;

    put_tag(f, 0xC6, (uint8_t)(2 + octets + 3 * n));
    put_tag(f, 0x90, (uint8_t)octets);
    for (size_t i = 0; i < octets; i++) {
        uint8_t bits = 0;

        for (size_t k = 8 * i; k < 8 * i + 8 && k < n; k++)
            if (pin_enabled(card, dir_of_node(node->n), node->pins.p[k]))
                bits |= (uint8_t)(0x80 >> (k % 8));
        put(f, bits);
    }
    for (size_t i = 0; i < n; i++) {
        put_tag(f, 0x83, 1);
        put(f, node->pins.p[i]);
    }
}

static uint32_t dir_octets(struct card *card, uint8_t dir)
{
    if (dir >= CARD_SIZES)
        return tree_octets(&card->tree, dir);
    if (card->sizes[dir] == UINT32_MAX)
        card->sizes[dir] = tree_octets(&card->tree, dir);
    return card->sizes[dir];
}

/* A5: characteristics (clock stop allowed, 5 to 1.8 V), for the MF free memory and 87: the UICC
 * supports TERMINAL CAPABILITY (TS 102 221 11.1.1.4.6). */
static void put_proprietary_dir(struct card *card, struct fcp *f, const struct node *node)
{
    bool mf = node->type == NODE_MF;

    put_tag(f, 0xA5, mf ? 12 : 3);
    put_tag(f, 0x80, 1);
    put(f, 0x71);
    if (!mf)
        return;
    put_tag(f, 0x83, 4);
    put16(f, objects_free(&card->objects) >> 16);
    put16(f, objects_free(&card->objects));
    put_tag(f, 0x87, 1);
    put(f, 0x01);
}

static void put_dir(struct card *card, struct fcp *f, const struct node *node)
{
    uint32_t octets = dir_octets(card, dir_of_node(node->n));

    if (node->type == NODE_ADF)
        put_slice(f, 0x84, node->aid);
    put_proprietary_dir(card, f, node);
    put_life_cycle(f, node);
    put_rule(f, node);
    put_pin_status(card, f, node);
    put_tag(f, 0x81, 2);
    put16(f, octets < 0xFFFF ? octets : 0xFFFF);
}

static void put_ef(struct fcp *f, const struct node *node)
{
    if (node->type == NODE_BER_TLV) {
        bool wide = node->max_octets > 0xFFFF;

        put_tag(f, 0xA5, wide ? 9 : 7);
        put_tag(f, 0x84, 1);
        put(f, node->details);
        put_tag(f, 0x86, wide ? 4 : 2);
        if (wide)
            put16(f, node->max_octets >> 16);
        put16(f, node->max_octets);
    }
    put_life_cycle(f, node);
    put_rule(f, node);
    put_tag(f, 0x80, 2);
    put16(f, (uint32_t)node->body.n);
    put_tag(f, 0x88, node->sfi ? 1 : 0);
    if (node->sfi)
        put(f, (uint8_t)(node->sfi << 3));
}

void fcp_put(struct card *card, const struct node *own, struct reply *out)
{
    struct fcp f = { .n = 0 };
    struct node node;

    if (!tree_target(&card->tree, own, &node)) {
        out->sw = SW_NOT_FOUND;
        return;
    }
    put_descriptor(&f, &node);
    put_tag(&f, 0x83, 2);
    put16(&f, node.fid);
    if (node_is_dir(&node))
        put_dir(card, &f, &node);
    else
        put_ef(&f, &node);
    reply_put_octet(out, 0x62);
    if (f.n > 0x7F)
        reply_put_octet(out, 0x81);
    reply_put_octet(out, (uint8_t)f.n);
    reply_put(out, slice_of(f.octets, f.n));
}
