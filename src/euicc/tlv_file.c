/*
 * RETRIEVE DATA and SET DATA on BER-TLV structured EFs (TS 102 221 11.3). A file's body is the list
 * of its data objects. What spans several commands is kept in scratch and takes effect, as one
 * transaction, with the last block.
 */
#include "euicc/files.h"

#include "der/der.h"

enum { FIRST_BLOCK = 0x80, NEXT_BLOCK = 0x00, TAG_LIST = 0x5C };

static bool tlv_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                     struct open_file *f, struct reply *out)
{
    uint8_t sfi = apdu->p2 & 0x1F;

    if (apdu->p1 || (apdu->p2 & 0x60)) {
        out->sw = SW_P1P2;
        return false;
    }
    if (!file_current(card, ch, sfi, f, out))
        return false;
    if (f->data.type != NODE_BER_TLV)
        out->sw = SW_FILE_STRUCTURE;
    return out->sw == SW_OK;
}

static struct tlv find_tag(slice body, uint32_t tag)
{
    struct der_reader r = der_reader(body);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (!r.err && t.tag == tag)
            return t;
    }
    return (struct tlv){ 0 };
}

/* The tag that the command's data is; 0 when it is none. */
static uint32_t parse_tag(slice s)
{
    uint32_t tag = 0;

    if (s.n == 0 || s.n > 3)
        return 0;
    for (size_t i = 0; i < s.n; i++)
        tag = tag << 8 | s.p[i];
    return tag;
}

/* ---- RETRIEVE DATA ---- */

static bool put_tags(slice body, struct reply *out)
{
    struct der_reader r = der_reader(body);
    uint8_t head[DER_HEAD_MAX];
    size_t n = 0;

    for (struct der_reader count = r; der_more(&count);)
        n += der_take(&count).tag > 0xFF ? 2 : 1;
    if (!reply_put(out, slice_of(head, der_put_head(TAG_LIST, n, head))))
        return false;
    while (der_more(&r)) {
        uint32_t tag = der_take(&r).tag;

        if (tag > 0xFF && !reply_put_octet(out, (uint8_t)(tag >> 8)))
            return false;
        if (!reply_put_octet(out, (uint8_t)tag))
            return false;
    }
    return true;
}

/* The octets of the answer from ch->tlv_at on; 62F1 when more follow. */
static void put_block(struct channel *ch, slice whole, const struct apdu *apdu, struct reply *out)
{
    size_t ne = apdu->ne ? apdu->ne : APDU_SHORT_NE;
    slice rest = slice_skip(whole, ch->tlv_at);
    slice block = slice_head(rest, ne);

    ch->tlv_at += (uint32_t)block.n;
    ch->tlv_open = block.n < rest.n;
    if (reply_put(out, block) && ch->tlv_open)
        out->sw = SW_MORE_DATA;
}

void command_retrieve_data(struct card *card, struct channel *ch, const struct apdu *apdu,
                           struct reply *out)
{
    struct open_file f;
    uint32_t tag;

    if ((apdu->p2 & 0xE0) != FIRST_BLOCK && apdu->p2 != NEXT_BLOCK) {
        out->sw = SW_P1P2;
        return;
    }
    bool first = (apdu->p2 & FIRST_BLOCK) != 0;
    struct apdu file = *apdu;
    file.p2 &= 0x1F;
    if (!tlv_file(card, ch, &file, &f, out) || !file_usable(card, &f, ACCESS_READ, 0, out))
        return;
    if (first) {
        ch->tlv_tag = parse_tag(apdu->data);
        ch->tlv_at = 0;
        ch->tlv_open = true;
        ch->tlv_ef = f.own.n;
    }
    tag = ch->tlv_tag;
    if (!ch->tlv_open || tag == 0 || ch->tlv_ef != f.own.n) {
        out->sw = first ? SW_DATA : SW_CONDITIONS;
        return;
    }
    if (tag == TAG_LIST) {
        ch->tlv_open = false;
        put_tags(f.data.body, out);
        return;
    }
    struct tlv t = find_tag(f.data.body, tag);
    if (t.tag == 0)
        out->sw = SW_REFERENCE;
    else
        put_block(ch, t.whole, apdu, out);
}

/* ---- SET DATA ---- */

static void drop_set(struct card *card)
{
    objects_repay(&card->objects, card->set_data.octets);
    card->set_data.octets = NULL;
}

void tlv_file_reset(struct card *card)
{
    drop_set(card);
}

/* The body without the object of this tag, then `added`. */
static void replace_object(struct card *card, const struct open_file *f, uint32_t tag, slice added,
                           struct reply *out)
{
    struct tlv old = find_tag(f->data.body, tag);
    slice before = slice_head(f->data.body, old.tag ? (size_t)(old.whole.p - f->data.body.p) : 0);
    slice after = old.tag ? slice_skip(f->data.body, before.n + old.whole.n) : f->data.body;
    size_t n = before.n + after.n + added.n;
    uint8_t *body;

    if (added.n == 0 && old.tag == 0) {
        out->sw = SW_REFERENCE;
        return;
    }
    if (n > f->data.max_octets) {
        out->sw = SW_NO_SPACE;
        return;
    }
    /* scratch may move the index, never the objects that before and after lie in, unless they are
       slid together: so their places are taken again behind it */
    body = objects_lend(&card->objects, n);
    struct open_file again = *f;
    if (!body || !tree_node(&card->tree, f->own.n, &again.own) ||
        !tree_target(&card->tree, &again.own, &again.data)) {
        objects_repay(&card->objects, body);
        out->sw = SW_NO_SPACE;
        return;
    }
    const uint8_t *from = again.data.body.p;
    if (before.n)
        memcpy(body, from, before.n);
    if (after.n)
        memcpy(body + before.n, from + again.data.body.n - after.n, after.n);
    if (added.n)
        memcpy(body + before.n + after.n, added.p, added.n);
    file_written(card, &again, tree_replace_body(&card->tree, &again.own, slice_of(body, n)), out);
    objects_repay(&card->objects, body);
}

static void finish_set(struct card *card, const struct open_file *f, struct reply *out)
{
    struct tlv t;

    if (der_one(slice_of(card->set_data.octets, card->set_data.n), &t))
        out->sw = SW_DATA;
    else
        replace_object(card, f, t.tag, t.whole, out);
    drop_set(card);
}

static void add_block(struct card *card, const struct open_file *f, slice block, struct reply *out)
{
    struct set_data *set = &card->set_data;

    if (block.n > set->size - set->n) {
        drop_set(card);
        out->sw = SW_DATA;
        return;
    }
    memcpy(set->octets + set->n, block.p, block.n);
    set->n += (uint32_t)block.n;
    if (set->n == set->size)
        finish_set(card, f, out);
    else
        out->sw = SW_MORE_EXPECTED;
}

static void begin_set(struct card *card, struct channel *ch, const struct open_file *f, slice block,
                      struct reply *out)
{
    uint32_t tag = parse_tag(block);
    size_t head, content;

    drop_set(card);
    if (tag && der_head(block, &(uint32_t){ 0 }, &head, &content)) { /* a tag alone: delete */
        replace_object(card, f, tag, SLICE_EMPTY, out);
        return;
    }
    if (der_head(block, &tag, &head, &content) || tag > 0xFFFF || block.n > head + content) {
        out->sw = SW_DATA;
        return;
    }
    if (head + content > f->data.max_octets) {
        out->sw = SW_NO_SPACE;
        return;
    }
    card->set_data = (struct set_data){ .octets = objects_lend(&card->objects, head + content),
                                        .size = (uint32_t)(head + content),
                                        .ef = f->own.n,
                                        .channel = card_channel_number(card, ch) };
    if (!card->set_data.octets)
        out->sw = SW_NO_SPACE;
    else
        add_block(card, f, block, out);
}

void command_set_data(struct card *card, struct channel *ch, const struct apdu *apdu,
                      struct reply *out)
{
    struct open_file f;

    if (((apdu->p2 & 0xE0) != FIRST_BLOCK && apdu->p2 != NEXT_BLOCK) || !apdu->data.p) {
        out->sw = apdu->data.p ? SW_P1P2 : SW_LENGTH;
        return;
    }
    struct apdu file = *apdu;
    file.p2 &= 0x1F;
    if (!tlv_file(card, ch, &file, &f, out) || !file_usable(card, &f, ACCESS_UPDATE, 0, out))
        return;
    if (apdu->p2 & FIRST_BLOCK)
        begin_set(card, ch, &f, apdu->data, out);
    else if (!card->set_data.octets || card->set_data.ef != f.own.n ||
             card->set_data.channel != card_channel_number(card, ch))
        out->sw = SW_CONDITIONS;
    else
        add_block(card, &f, apdu->data, out);
}
