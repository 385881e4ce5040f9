#include "profile/refill.h"

/* The Fcp of a File with another efFileSize; an absent one stays absent when nothing changes. */
static enum err sized_fcp(struct arena *arena, const struct model_file *f, size_t size, slice *out)
{
    struct saip_file_item item = { .which = saip_file_item_is_fcp };
    uint8_t be[2] = { (uint8_t)(size >> 8), (uint8_t)size };
    struct der_reader r = der_reader(f->items);
    struct tlv fcp = der_maybe(&r, 0xA1);
    size_t room = fcp.whole.n + 32;
    uint8_t *buf;

    *out = fcp.tag ? fcp.whole : SLICE_EMPTY;
    if (size <= f->facts.size)
        return E_OK;
    if (f->facts.type != FILE_TR || size > 0x7FFF)
        return E_SIZE;
    if (fcp.tag && schema_decode(&T_saip_file_item, fcp.whole, &item, NULL))
        return E_SYNTAX;
    item.fcp.ef_file_size = be[0] ? SLICE_OF(be) : slice_of(be + 1, 1);
    buf = arena_alloc(arena, room);
    return buf ? schema_encode(&T_saip_file_item, &item, buf, room, out, NULL) : E_MEMORY;
}

enum err file_refill(struct arena *arena, const struct model_file *f, slice body, slice *items)
{
    uint8_t head[DER_HEAD_MAX];
    slice parts[3];
    enum err e;

    if (!f->items.p || f->facts.link.p)
        return E_NOTFOUND;
    e = sized_fcp(arena, f, body.n, &parts[0]);
    if (e)
        return e;
    parts[1] = slice_of(head, der_put_head(0x83, body.n, head));
    parts[2] = body;
    *items = arena_concat(arena, parts, COUNT(parts));
    return items->p ? E_OK : E_MEMORY;
}
