/*
 * Access rules in expanded format (ISO 7816-4 7.4.3.3, TS 102 221 9.2): a record of EF_ARR is a row
 * of access mode objects, each followed by the conditions for it.
 */
#include "euicc/card_impl.h"

#include "der/der.h"

#define RULE_DEPTH 4

enum { AM_BITS = 0x80, SC_ALWAYS = 0x90, SC_NEVER = 0x97, SC_BYTE = 0x9E };
enum { SC_AUTHENTICATE = 0xA4, SC_OR = 0xA0, SC_NOT = 0xA7, SC_AND = 0xAF };

/* The EF_ARR that holds a rule: TS 102 221 9.2.7. The search goes up to the ADF or MF. */
static bool find_rules(const struct tree *t, uint8_t dir, uint16_t fid, struct node *arr)
{
    struct node node, found;

    if (fid == FID_ARR_MF)
        return tree_child(t, TREE_MF, fid, &found) && tree_target(t, &found, arr);
    for (unsigned depth = 0; depth < TREE_DIRS; depth++) {
        if (tree_child(t, dir, fid, &found) && !node_is_dir(&found))
            return tree_target(t, &found, arr);
        if (!tree_node(t, node_of_dir(dir), &node) || node.type != NODE_DF)
            return false;
        dir = node.parent;
    }
    return false;
}

static bool condition(struct card *card, uint8_t dir, const struct tlv *sc, unsigned depth);

/* ---- access domains (TS 102 226 8.2.1.3.2.5) ---- */

enum { DOMAIN_FULL = 0x00, DOMAIN_CONDITIONS = 0x02 };

static const uint8_t *domain_for(const struct card *card, const struct node *node, uint8_t bit)
{
    const struct remote_access *r = card->remote;
    uint8_t adf = tree_application(&card->tree, dir_of_node(node->n));
    bool admin = node_is_dir(node) || bit == 0 ||
                 (bit & (ACCESS_ACTIVATE | ACCESS_DEACTIVATE | ACCESS_TERMINATE | ACCESS_DELETE));

    if (adf == TREE_MF)
        return admin ? r->uicc_admin : r->uicc;
    if (adf == r->adf)
        return admin ? r->in_adf_admin : r->in_adf;
    return NULL;
}

/* FF, and what is reserved: no access. */
static bool domain_usable(const uint8_t *domain)
{
    return domain && (domain[0] == DOMAIN_FULL || domain[0] == DOMAIN_CONDITIONS);
}

/* Octets 2..4: PIN1 (b1) .. PIN8, ADM1 .. ADM8, ADM9, ADM10; references of TS 102 221 9.5.1. */
static bool domain_grants(const uint8_t *domain, uint8_t reference)
{
    unsigned n;

    if (domain[0] == DOMAIN_FULL)
        return true;
    if (domain[0] != DOMAIN_CONDITIONS)
        return false;
    if (reference >= 0x01 && reference <= 0x08)
        return domain[1] >> (reference - 0x01) & 1;
    if (reference >= 0x0A && reference <= 0x0E)
        n = reference - 0x0Au;
    else if (reference >= 0x8A && reference <= 0x8E)
        n = reference - 0x8Au + 5;
    else
        return false;
    return domain[2 + n / 8] >> n % 8 & 1;
}

/* A4: control reference template for authentication; its key reference says by which PIN. */
static bool authenticated(struct card *card, uint8_t dir, slice template)
{
    struct der_reader r = der_reader(template);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag == 0x83 && t.value.n == 1)
            return (card->remote_domain && domain_grants(card->remote_domain, t.value.p[0])) ||
                   pin_satisfied(card, dir, t.value.p[0]);
    }
    return false;
}

static bool any_of(struct card *card, uint8_t dir, slice in, unsigned depth)
{
    struct der_reader r = der_reader(in);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (!r.err && condition(card, dir, &t, depth))
            return true;
    }
    return false;
}

static bool all_of(struct card *card, uint8_t dir, slice in, unsigned depth)
{
    struct der_reader r = der_reader(in);
    bool some = false;

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (r.err || !condition(card, dir, &t, depth))
            return false;
        some = true;
    }
    return some;
}

static bool condition(struct card *card, uint8_t dir, const struct tlv *sc, unsigned depth)
{
    if (depth == 0)
        return false;
    switch (sc->tag) {
    case SC_ALWAYS:
        return true;
    case SC_BYTE:
        return sc->value.n == 1 && sc->value.p[0] == 0x00;
    case SC_AUTHENTICATE:
        return authenticated(card, dir, sc->value);
    case SC_OR:
        return any_of(card, dir, sc->value, depth - 1);
    case SC_AND:
        return all_of(card, dir, sc->value, depth - 1);
    case SC_NOT:
        return !any_of(card, dir, sc->value, depth - 1);
    default:
        return false;
    }
}

static bool is_mode(uint32_t tag)
{
    return tag >= 0x80 && tag <= 0x8F;
}

/* 84: a list of INS. Forms that also give CLA, P1 or P2 are not used in UICC rules: no match. */
static bool names_command(const struct tlv *mode, uint8_t ins)
{
    if (mode->tag != 0x84 || ins == 0)
        return false;
    for (size_t i = 0; i < mode->value.n; i++)
        if (mode->value.p[i] == ins)
            return true;
    return false;
}

/*
 * Finds the mode that speaks of the command and evaluates what follows it: all conditions must
 * hold. *found says whether there was one.
 */
static bool evaluate(struct card *card, uint8_t dir, slice rule, uint8_t bit, uint8_t ins,
                     bool *found)
{
    struct der_reader r = der_reader(rule);
    bool applies = false, granted = false, first = true;

    *found = false;
    while (der_more(&r) && r.in.p[0] != 0xFF) {
        struct tlv t = der_take(&r);

        if (r.err)
            return false;
        if (is_mode(t.tag)) {
            if (applies)
                break;
            applies = ins ? names_command(&t, ins)
                          : t.tag == AM_BITS && t.value.n == 1 && (t.value.p[0] & bit);
            *found = *found || applies;
        } else if (applies) {
            bool holds = condition(card, dir, &t, RULE_DEPTH);

            granted = first ? holds : granted && holds;
            first = false;
        }
    }
    return granted;
}

static bool rule_of(struct card *card, const struct node *node, slice *rule, uint8_t *dir)
{
    struct node arr;

    *dir = dir_of_node(node->n);
    if (node->type == NODE_DF)
        *dir = node->parent;
    if (node->arr_record == 0 || !find_rules(&card->tree, *dir, node->arr_fid, &arr) ||
        arr.type != NODE_LINEAR || node->arr_record > node_records(&arr))
        return false;
    *rule = slice_of(arr.body.p + node_record_at(&arr, node->arr_record), arr.record_octets);
    *dir = dir_of_node(node->n); /* key references are those of the file's own directory */
    return true;
}

bool rules_allow(struct card *card, const struct node *node, uint8_t bit, uint8_t ins)
{
    slice rule;
    uint8_t dir;
    bool found, granted;

    card->remote_domain = card->remote ? domain_for(card, node, bit) : NULL;
    if (card->remote && !domain_usable(card->remote_domain))
        return false; /* FF: no access, not even to what is always allowed */
    if (!rule_of(card, node, &rule, &dir))
        return false;
    if (ins) {
        granted = evaluate(card, dir, rule, bit, ins, &found);
        if (found)
            return granted;
    }
    return evaluate(card, dir, rule, bit, 0, &found);
}
