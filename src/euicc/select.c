/* SELECT, STATUS and MANAGE CHANNEL (TS 102 221 11.1.1, 11.1.2, 11.1.17). */
#include "euicc/card_impl.h"
#include "euicc/registry.h"

enum { BY_FID = 0x00, BY_CHILD_DF = 0x01, BY_PARENT = 0x03, BY_AID = 0x04 };
enum { BY_PATH_MF = 0x08, BY_PATH_DF = 0x09 };
enum { RETURN_FCP = 0x04, RETURN_NOTHING = 0x0C, RETURN_MASK = 0x1C };
enum { SESSION_MASK = 0x60, SESSION_TERMINATE = 0x40, OCCURRENCE_MASK = 0x03 };

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* ---- finding ---- */

/* TS 102 221 8.4.1: what a FID reaches from the current directory. */
static bool find_fid(struct card *card, const struct channel *ch, uint16_t fid, struct node *out)
{
    const struct tree *t = &card->tree;
    struct node current;

    if (fid == FID_MF)
        return tree_node(t, TREE_MF, out);
    if (fid == FID_ADF)
        return ch->adf != TREE_MF && tree_node(t, node_of_dir(ch->adf), out);
    if (tree_child(t, ch->dir, fid, out))
        return true;
    if (!tree_node(t, node_of_dir(ch->dir), &current))
        return false;
    if (current.fid == fid) {
        *out = current;
        return true;
    }
    if (current.type == NODE_MF)
        return false;
    /* the parent, and the directories beside the current one; for an ADF those of the MF */
    if (tree_node(t, node_of_dir(current.parent), out) && out->fid == fid)
        return true;
    return tree_child(t, current.parent, fid, out) && node_is_dir(out);
}

/* A path of FIDs down from a directory; only its last may be an EF. */
static bool find_path(struct card *card, const struct channel *ch, uint8_t dir, slice path,
                      struct node *out)
{
    if (path.n == 0 || path.n % 2)
        return false;
    for (size_t i = 0; i < path.n; i += 2) {
        uint16_t fid = get16(path.p + i);

        if (i == 0 && fid == FID_ADF && ch->adf != TREE_MF) {
            if (!tree_node(&card->tree, node_of_dir(ch->adf), out))
                return false;
        } else if (!tree_child(&card->tree, dir, fid, out)) {
            return false;
        }
        if (!node_is_dir(out))
            return i + 2 == path.n;
        dir = dir_of_node(out->n);
    }
    return true;
}

/* ---- taking effect ---- */

static void enter_adf(struct card *card, struct channel *ch, uint8_t adf)
{
    ch->adf = adf;
    card_end_sessions(card);
}

static bool taken_elsewhere(const struct card *card, const struct channel *ch, uint16_t ef)
{
    for (unsigned i = 0; i < CARD_CHANNELS; i++)
        if (&card->channels[i] != ch && card->channels[i].open && card->channels[i].ef == ef)
            return true;
    return false;
}

static void make_current(struct channel *ch, const struct node *node)
{
    if (node_is_dir(node)) {
        ch->dir = dir_of_node(node->n);
        ch->ef = 0;
    } else {
        ch->dir = dir_of_node(node->n);
        ch->ef = node->n;
    }
    ch->record = 0;
}

static bool returns_known(uint8_t p2)
{
    uint8_t what = p2 & RETURN_MASK;

    return what == RETURN_FCP || what == RETURN_NOTHING || what == 0;
}

static void select_node(struct card *card, struct channel *ch, const struct apdu *apdu,
                        const struct node *node, struct reply *out)
{
    uint8_t adf = ch->adf;

    if (!node_is_dir(node) && node->exclusive && taken_elsewhere(card, ch, node->n)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    card_leave_app(card, ch);
    make_current(ch, node);
    if (node->type == NODE_ADF)
        adf = dir_of_node(node->n);
    enter_adf(card, ch, adf);
    if (node->lcs == LCS_DEACTIVATED)
        out->sw = SW_DEACTIVATED;
    if (node->lcs == LCS_TERMINATED)
        out->sw = SW_TERMINATED;
    if ((apdu->p2 & RETURN_MASK) != RETURN_NOTHING)
        fcp_put(card, node, out);
}

/* ---- by AID ---- */

static int find_app(const struct card *card, slice aid)
{
    for (size_t i = 0; i < card->personality->app_count; i++)
        if (slice_starts(card->personality->apps[i].app->aid, aid))
            return (int)i;
    return -1;
}

static void select_app(struct card *card, struct channel *ch, const struct apdu *apdu, uint8_t i,
                       struct reply *out)
{
    const struct card_app *app = card->personality->apps[i].app;

    if (app->select)
        app->select(card, card->app_state[i], apdu, out);
    if (out->sw != SW_OK && out->sw >> 8 != 0x62) {
        reply_sw(out, out->sw);
        return;
    }
    if (ch->app != i)
        card_leave_app(card, ch);
    *ch = (struct channel){ .open = true, .app = i };
    card_end_sessions(card);
}

/* A security domain of the enabled profile. */
static bool find_registered(struct card *card, slice aid, struct registry_entry *out)
{
    for (int32_t n = -1; registry_next(&card->objects, card->tree.root, &n, out);)
        if (out->kind == REGISTRY_SECURITY_DOMAIN && slice_starts(out->aid, aid))
            return true;
    return false;
}

/* GlobalPlatform 11.9.3.1: FCI of a security domain. */
static void select_registered(struct card *card, struct channel *ch,
                              const struct registry_entry *sd, struct reply *out)
{
    static const uint8_t proprietary[] = { 0xA5, 0x04, 0x9F, 0x65, 0x01, 0xFF };

    reply_put_octet(out, 0x6F);
    reply_put_octet(out, (uint8_t)(2 + sd->aid.n + sizeof proprietary));
    reply_put_octet(out, 0x84);
    reply_put_octet(out, (uint8_t)sd->aid.n);
    reply_put(out, sd->aid);
    reply_put(out, SLICE_OF(proprietary));
    card_leave_app(card, ch);
    *ch = (struct channel){ .open = true, .app = NO_APP, .sd = sd->number + 1u };
    card_end_sessions(card);
}

/* P2 b2b1: first, last, next or previous of the ADFs with this right-truncated AID. */
static bool find_adf(struct card *card, const struct channel *ch, slice aid, uint8_t which,
                     struct node *out)
{
    unsigned count = 0, current = 0;
    bool has_current = false;

    for (; tree_by_aid(&card->tree, aid, count, out); count++)
        if (dir_of_node(out->n) == ch->adf) {
            current = count;
            has_current = true;
        }
    if (count == 0)
        return false;
    unsigned wanted = which == 1 ? count - 1 : 0;
    if (which == 2)
        wanted = has_current ? current + 1 : 0;
    if (which == 3) {
        if (has_current && current == 0)
            return false;
        wanted = has_current ? current - 1 : count - 1;
    }
    return wanted < count && tree_by_aid(&card->tree, aid, wanted, out);
}

static void terminate_session(struct card *card, struct channel *ch)
{
    card_select_mf(card, ch);
    card_end_sessions(card);
}

static void select_aid(struct card *card, struct channel *ch, const struct apdu *apdu,
                       struct reply *out)
{
    struct node node;
    struct registry_entry sd;
    int app = find_app(card, apdu->data);

    if (apdu->data.n > CARD_AID_MAX || apdu->data.n == 0) {
        out->sw = apdu->data.n ? SW_LENGTH : SW_P1P2;
        return;
    }
    /* an NAA answers to a truncated AID before the card's own applications do */
    if (find_adf(card, ch, apdu->data, apdu->p2 & OCCURRENCE_MASK, &node)) {
        if ((apdu->p2 & SESSION_MASK) == SESSION_TERMINATE) {
            if (ch->adf != dir_of_node(node.n))
                out->sw = SW_CONDITIONS;
            else
                terminate_session(card, ch);
            return;
        }
        select_node(card, ch, apdu, &node, out);
    } else if (app >= 0) {
        select_app(card, ch, apdu, (uint8_t)app, out);
    } else if (find_registered(card, apdu->data, &sd)) {
        select_registered(card, ch, &sd, out);
    } else {
        out->sw = SW_NOT_FOUND;
    }
}

/* ---- SELECT ---- */

void command_select(struct card *card, struct channel *ch, const struct apdu *apdu,
                    struct reply *out)
{
    struct node node;
    bool found = false;
    slice data = apdu->data;

    if (apdu->p1 == BY_AID) {
        select_aid(card, ch, apdu, out);
        return;
    }
    if (!returns_known(apdu->p2) || (apdu->p2 & ~RETURN_MASK)) {
        out->sw = SW_P1P2;
        return;
    }
    switch (apdu->p1) {
    case BY_FID:
    case BY_CHILD_DF:
        if (data.n == 0 && apdu->p1 == BY_FID) {
            found = tree_node(&card->tree, TREE_MF, &node);
        } else if (data.n != 2) {
            out->sw = SW_LENGTH;
            return;
        } else if (apdu->p1 == BY_FID) {
            found = find_fid(card, ch, get16(data.p), &node);
        } else {
            found = tree_child(&card->tree, ch->dir, get16(data.p), &node) && node_is_dir(&node);
        }
        break;
    case BY_PARENT:
        found = tree_node(&card->tree, node_of_dir(ch->dir), &node) &&
                tree_node(&card->tree, node_of_dir(node.parent), &node);
        break;
    case BY_PATH_MF:
        if (data.n >= 2 && get16(data.p) == FID_MF)
            data = slice_skip(data, 2);
        found = data.n == 0 ? tree_node(&card->tree, TREE_MF, &node)
                            : find_path(card, ch, TREE_MF, data, &node);
        break;
    case BY_PATH_DF:
        found = find_path(card, ch, ch->dir, data, &node);
        break;
    default:
        out->sw = SW_P1P2;
        return;
    }
    if (!found)
        out->sw = SW_NOT_FOUND;
    else
        select_node(card, ch, apdu, &node, out);
}

/* ---- STATUS ---- */

void command_status(struct card *card, struct channel *ch, const struct apdu *apdu,
                    struct reply *out)
{
    struct node node;

    if (apdu->p1 > 2 || (apdu->p2 != 0x00 && apdu->p2 != 0x01 && apdu->p2 != 0x0C)) {
        out->sw = SW_P1P2;
        return;
    }
    if (apdu->p1 && ch->adf == TREE_MF) {
        out->sw = SW_CONDITIONS; /* an application says that it was initialised or ends: none is */
        return;
    }
    if (apdu->p2 == 0x0C)
        return;
    if (apdu->p2 == 0x00) {
        if (tree_node(&card->tree, node_of_dir(ch->dir), &node))
            fcp_put(card, &node, out);
        return;
    }
    if (ch->adf == TREE_MF || !tree_node(&card->tree, node_of_dir(ch->adf), &node)) {
        out->sw = SW_CONDITIONS;
        return;
    }
    reply_put_octet(out, 0x84);
    reply_put_octet(out, (uint8_t)node.aid.n);
    reply_put(out, node.aid);
}

/* ---- MANAGE CHANNEL ---- */

static void open_channel(struct card *card, struct channel *from, const struct apdu *apdu,
                         struct reply *out)
{
    unsigned n = apdu->p2, count = card_channel_count(card);

    if (n == 0)
        for (n = 1; n < count && card->channels[n].open;)
            n++;
    else if (n >= count || card->channels[n].open)
        n = count;
    if (n >= count) {
        out->sw = SW_FUNCTION;
        return;
    }
    struct channel *ch = &card->channels[n];
    *ch = (struct channel){ .open = true, .app = NO_APP };
    if (from != &card->channels[0] && from->app == NO_APP) {
        ch->dir = from->dir;
        ch->adf = from->adf;
        ch->ef = from->ef;
    }
    if (apdu->p2 == 0)
        reply_put_octet(out, (uint8_t)n);
}

static void close_channel(struct card *card, const struct apdu *apdu, struct reply *out)
{
    unsigned n = apdu->p2 ? apdu->p2 : apdu->channel;

    if (n == 0 || n >= card_channel_count(card)) {
        out->sw = n ? SW_P1P2 : SW_CONDITIONS;
        return;
    }
    if (!card->channels[n].open) {
        out->sw = SW_WARNING_NO_INFO; /* TS 102 221 11.1.17.2: closed already */
        return;
    }
    card_leave_app(card, &card->channels[n]);
    card->channels[n] = (struct channel){ .open = false, .app = NO_APP };
    card_end_sessions(card);
}

void command_manage_channel(struct card *card, struct channel *ch, const struct apdu *apdu,
                            struct reply *out)
{
    if (apdu->data.p)
        out->sw = SW_LENGTH;
    else if (apdu->p1 == 0x00)
        open_channel(card, ch, apdu, out);
    else if (apdu->p1 == 0x80)
        close_channel(card, apdu, out);
    else
        out->sw = SW_P1P2;
}
