#include "ipa/bpp_stream.h"

#include "der/der.h"

#define MAC_LEN 8 /* at the end of every protected segment (SGP.22 2.5.4) */

/* The children of BF36 in their order, and what each holds. */
static const struct child {
    uint32_t tag;
    uint8_t item;    /* tag of its elements; 0: it is one element itself */
    bool head_alone; /* its head is a segment of its own */
    bool may_be_left_out;
} children[] = {
    { 0xBF23, 0x00, false, false }, { 0xA0, 0x87, false, false }, { 0xA1, 0x88, true, false },
    { 0xA2, 0x87, false, true },    { 0xA3, 0x86, true, false },
};

void bpp_stream_init(struct bpp_stream *s, uint8_t block_max, slice metadata)
{
    *s = (struct bpp_stream){ .block_max = block_max < 32 ? 32 : block_max, .metadata = metadata };
}

void bpp_stream_sent(struct bpp_stream *s)
{
    s->block_n = 0;
    s->block_no++;
    if (s->last) {
        s->block_no = 0;
        s->segments++;
    }
    s->last = false;
}

static enum err segment_ends(struct bpp_stream *s)
{
    s->last = true;
    if (s->level == 2 && !s->group_left)
        s->level = 1;
    if (s->level == 1 && s->next == COUNT(children)) {
        if (s->package_left)
            return E_SYNTAX;
        s->done = true;
    }
    return E_AGAIN;
}

static enum err begin_child(struct bpp_stream *s, uint32_t tag, size_t head, size_t content)
{
    const struct child *c;

    while (s->next < COUNT(children) && children[s->next].tag != tag &&
           children[s->next].may_be_left_out)
        s->next++;
    if (s->next == COUNT(children) || children[s->next].tag != tag ||
        head + content > s->package_left)
        return E_SYNTAX;
    c = &children[s->next++];
    s->package_left -= head + content;
    s->item_tag = c->item;
    if (!c->item) {
        s->item_left = content;
        return content ? E_OK : E_SYNTAX;
    }
    s->group_left = content;
    s->level = 2;
    return c->head_alone || !content ? segment_ends(s) : E_OK;
}

static enum err begin_item(struct bpp_stream *s, uint32_t tag, size_t head, size_t content)
{
    if (tag != s->item_tag || head + content > s->group_left || !content)
        return E_SYNTAX;
    s->group_left -= head + content;
    s->item_left = content;
    return E_OK;
}

static enum err head_octet(struct bpp_stream *s, uint8_t octet)
{
    uint32_t tag;
    size_t head, content;
    enum err e;

    s->head[s->head_n++] = octet;
    e = der_head(slice_of(s->head, s->head_n), &tag, &head, &content);
    if (e == E_AGAIN && s->head_n < sizeof s->head)
        return E_OK;
    if (e)
        return E_SYNTAX;
    s->head_n = 0;
    if (s->level == 0) {
        s->package_left = content;
        s->level = 1;
        return tag == 0xBF36 ? E_OK : E_SYNTAX;
    }
    return s->level == 1 ? begin_child(s, tag, head, content) : begin_item(s, tag, head, content);
}

/* The metadata in an 88: everything before its MAC. */
static bool metadata_agrees(struct bpp_stream *s, uint8_t octet)
{
    if (s->item_tag != 0x88 || s->item_left <= MAC_LEN || !s->metadata.p)
        return true;
    return s->metadata_at < s->metadata.n && s->metadata.p[s->metadata_at++] == octet;
}

static bool metadata_ended_early(const struct bpp_stream *s)
{
    return s->metadata.p && s->item_tag == 0x88 && !s->group_left &&
           s->metadata_at != s->metadata.n;
}

static enum err item_octet(struct bpp_stream *s, uint8_t octet)
{
    if (!metadata_agrees(s, octet))
        return E_CONFLICT;
    if (--s->item_left)
        return s->block_n == s->block_max ? E_AGAIN : E_OK;
    return metadata_ended_early(s) ? E_CONFLICT : segment_ends(s);
}

enum err bpp_stream_feed(struct bpp_stream *s, uint8_t octet)
{
    if (s->done || s->block_n == s->block_max)
        return E_SYNTAX;
    s->block[s->block_n++] = octet;
    return s->item_left ? item_octet(s, octet) : head_octet(s, octet);
}
