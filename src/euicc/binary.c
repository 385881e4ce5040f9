/* READ and UPDATE BINARY, ACTIVATE and DEACTIVATE FILE (TS 102 221 11.1.3, 11.1.4, 11.1.14, 15). */
#include "euicc/card_impl.h"
#include "euicc/files.h"

bool file_current(struct card *card, struct channel *ch, uint8_t sfi, struct open_file *f,
                  struct reply *out)
{
    bool found = sfi ? tree_by_sfi(&card->tree, ch->dir, sfi, &f->own)
                     : ch->ef && tree_node(&card->tree, ch->ef, &f->own);

    if (!found || !tree_target(&card->tree, &f->own, &f->data)) {
        out->sw = sfi ? SW_NOT_FOUND : SW_NO_EF;
        return false;
    }
    if (sfi && ch->ef != f->own.n) {
        ch->ef = f->own.n;
        ch->record = 0;
    }
    return true;
}

bool file_usable(struct card *card, const struct open_file *f, uint8_t bit, uint8_t ins,
                 struct reply *out)
{
    if (!rules_allow(card, &f->own, bit, ins))
        out->sw = SW_SECURITY;
    else if (f->own.lcs == LCS_TERMINATED || tree_terminated(&card->tree, dir_of_node(f->own.n)))
        out->sw = SW_CONDITIONS;
    else if (f->own.lcs == LCS_DEACTIVATED && !(f->own.special & SPECIAL_USE_DEACTIVATED))
        out->sw = SW_INVALIDATED;
    return out->sw == SW_OK;
}

void file_stored(enum err err, struct reply *out)
{
    if (err)
        out->sw = err == E_MEMORY ? SW_NO_SPACE : SW_MEMORY;
}

void file_written(struct card *card, const struct open_file *f, enum err err, struct reply *out)
{
    file_stored(err, out);
    if (!err)
        card_file_changed(card, f->own.n);
}

/* P1 P2 of a BINARY command: SFI and offset. */
static bool binary_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct open_file *f, uint32_t *offset, struct reply *out)
{
    bool by_sfi = (apdu->p1 & 0x80) != 0;

    if (by_sfi && (apdu->p1 & 0x60 || (apdu->p1 & 0x1F) == 0)) {
        out->sw = SW_P1P2;
        return false;
    }
    *offset = by_sfi ? apdu->p2 : (uint32_t)(apdu->p1 << 8 | apdu->p2);
    if (!file_current(card, ch, by_sfi ? apdu->p1 & 0x1F : 0, f, out))
        return false;
    if (f->data.type != NODE_TRANSPARENT)
        out->sw = SW_FILE_STRUCTURE;
    return out->sw == SW_OK;
}

void command_read_binary(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct open_file f;
    uint32_t offset;

    if (apdu->data.p) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!binary_file(card, ch, apdu, &f, &offset, out) ||
        !file_usable(card, &f, ACCESS_READ, 0, out))
        return;
    if (offset > f.data.body.n) {
        out->sw = SW_WRONG_P1P2;
        return;
    }
    slice rest = slice_skip(f.data.body, offset);
    reply_put(out, slice_head(rest, apdu->ne ? apdu->ne : APDU_SHORT_NE));
}

void command_update_binary(struct card *card, struct channel *ch, const struct apdu *apdu,
                           struct reply *out)
{
    struct open_file f;
    uint32_t offset;

    if (!apdu->data.p) {
        out->sw = SW_LENGTH;
        return;
    }
    if (!binary_file(card, ch, apdu, &f, &offset, out) ||
        !file_usable(card, &f, ACCESS_UPDATE, 0, out))
        return;
    if (offset > f.data.body.n)
        out->sw = SW_WRONG_P1P2;
    else if (apdu->data.n > f.data.body.n - offset)
        out->sw = SW_LENGTH;
    else
        file_written(card, &f, tree_write(&card->tree, &f.own, offset, apdu->data), out);
}

/* ---- life cycle ---- */

/* P1 P2 as in SELECT: 00 FID or current EF, 08 path from MF, 09 path from the current DF. */
static bool named_file(struct card *card, struct channel *ch, const struct apdu *apdu,
                       struct node *node, struct reply *out)
{
    bool found = false;

    if (apdu->p2 != 0 || (apdu->p1 != 0 && apdu->p1 != 8 && apdu->p1 != 9)) {
        out->sw = SW_P1P2;
        return false;
    }
    if (!apdu->data.p && apdu->p1 == 0) {
        found = ch->ef && tree_node(&card->tree, ch->ef, node);
    } else if (apdu->data.n == 2 && apdu->p1 != 8) {
        found = tree_child(&card->tree, ch->dir, (uint16_t)(apdu->data.p[0] << 8 | apdu->data.p[1]),
                           node);
    } else if (apdu->p1 == 8) {
        found = tree_path(&card->tree, apdu->data, node);
    }
    if (!found || node_is_dir(node))
        out->sw = apdu->data.p ? SW_NOT_FOUND : SW_NO_EF;
    return out->sw == SW_OK;
}

static void set_life_cycle(struct card *card, struct channel *ch, const struct apdu *apdu,
                           uint8_t bit, uint8_t lcs, struct reply *out)
{
    struct node node;

    if (!named_file(card, ch, apdu, &node, out))
        return;
    if (!rules_allow(card, &node, bit, 0))
        out->sw = SW_SECURITY;
    else if (node.lcs == LCS_TERMINATED || tree_terminated(&card->tree, dir_of_node(node.n)))
        out->sw = SW_CONDITIONS;
    else if (node.lcs != lcs)
        file_stored(tree_set_lcs(&card->tree, node.n, lcs), out);
    if (out->sw == SW_OK)
        card_file_changed(card, node.n);
}

void command_activate(struct card *card, struct channel *ch, const struct apdu *apdu,
                      struct reply *out)
{
    set_life_cycle(card, ch, apdu, ACCESS_ACTIVATE, LCS_ACTIVATED, out);
}

void command_deactivate(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct reply *out)
{
    set_life_cycle(card, ch, apdu, ACCESS_DEACTIVATE, LCS_DEACTIVATED, out);
}
