#include "euicc/pin.h"

#include "base/secret.h"
#include "euicc/card_impl.h"

/* A PIN as a command found it. */
struct pin_ref {
    uint32_t object;
    uint16_t key; /* directory << 8 | reference: its name in card->verified */
    struct pin pin;
};

static bool load(struct card *card, uint32_t object, struct pin *out)
{
    slice s = objects_get(&card->objects, object);

    if (s.n != sizeof *out)
        return false;
    memcpy(out, s.p, sizeof *out);
    return true;
}

static bool at_dir(struct card *card, uint8_t dir, uint8_t reference, struct pin_ref *out)
{
    slice share = objects_get(&card->objects, pin_share_object(card->tree.root, dir));

    if (share.n == 1)
        dir = share.p[0];
    out->object = pin_object(card->tree.root, dir, reference);
    out->key = (uint16_t)(dir << 8 | reference);
    return load(card, out->object, &out->pin);
}

/* A local reference is looked for in the directory and then upward, a global one in the MF. */
static bool find(struct card *card, uint8_t dir, uint8_t reference, struct pin_ref *out)
{
    struct node node;

    if (!pin_reference_local(reference))
        return at_dir(card, TREE_MF, reference, out);
    for (unsigned depth = 0; depth < TREE_DIRS; depth++) {
        if (at_dir(card, dir, reference, out))
            return true;
        if (dir == TREE_MF || !tree_node(&card->tree, node_of_dir(dir), &node))
            return false;
        dir = node.parent;
    }
    return false;
}

/* ---- security status ---- */

static bool is_verified(const struct card *card, uint16_t key)
{
    for (unsigned i = 0; i < card->verified_count; i++)
        if (card->verified[i] == key)
            return true;
    return false;
}

static void set_verified(struct card *card, uint16_t key, bool verified)
{
    for (unsigned i = card->verified_count; i-- > 0;)
        if (card->verified[i] == key)
            card->verified[i] = card->verified[--card->verified_count];
    if (!verified)
        return;
    if (card->verified_count == CARD_VERIFIED) { /* the oldest must be verified again */
        memmove(card->verified, card->verified + 1, (CARD_VERIFIED - 1) * sizeof card->verified[0]);
        card->verified_count--;
    }
    card->verified[card->verified_count++] = key;
}

void pin_forget_all(struct card *card)
{
    card->verified_count = 0;
}

bool pin_satisfied(struct card *card, uint8_t dir, uint8_t reference)
{
    struct pin_ref ref;
    bool ok = find(card, dir, reference, &ref) &&
              (!(ref.pin.attributes & PIN_ENABLED) || is_verified(card, ref.key));

    wipe(&ref.pin, sizeof ref.pin);
    return ok;
}

bool pin_enabled(struct card *card, uint8_t dir, uint8_t reference)
{
    struct pin_ref ref;
    bool enabled = find(card, dir, reference, &ref) && (ref.pin.attributes & PIN_ENABLED);

    wipe(&ref.pin, sizeof ref.pin);
    return enabled;
}

/* TS 31.102 6.4: the application PIN is the one of 01..08 in the ADF's PIN status template. */
bool pin_application_satisfied(struct card *card, const struct node *adf)
{
    uint8_t dir = dir_of_node(adf->n), reference = 0x01;
    struct pin_ref ref;

    for (size_t i = adf->pins.n; i-- > 0;)
        if (adf->pins.p[i] >= 0x01 && adf->pins.p[i] <= 0x08)
            reference = adf->pins.p[i];
    if (!find(card, dir, reference, &ref))
        return true; /* a profile without that PIN has nothing to verify */
    wipe(&ref.pin, sizeof ref.pin);
    return pin_satisfied(card, dir, reference);
}

/* ---- comparing ---- */

static uint16_t tries_left(uint8_t left)
{
    return (uint16_t)(SW_TRIES | (left < 15 ? left : 15));
}

static enum err store(struct card *card, uint32_t object, const struct pin *pin)
{
    return objects_write(&card->objects, object, 0, slice_of(pin, sizeof *pin));
}

/*
 * The try is taken, durably, before the comparison: a power cut can only cost one (TS 102 221
 * 9.5.1). Returns the status word; 9000 with the counter restored in the open transaction.
 */
static uint16_t compare(struct card *card, uint32_t object, struct pin *pin, slice value)
{
    if (pin->left == 0)
        return SW_BLOCKED;
    pin->left--;
    if (store(card, object, pin) || objects_commit(&card->objects))
        return SW_MEMORY;
    if (!ct_equal(pin->value, value.p, PIN_VALUE))
        return tries_left(pin->left);
    pin->left = pin->max;
    return store(card, object, pin) ? SW_MEMORY : SW_OK;
}

static bool prologue(struct card *card, struct channel *ch, const struct apdu *apdu,
                     struct pin_ref *ref, struct reply *out)
{
    if (apdu->p1 != 0)
        out->sw = SW_P1P2;
    else if (!pin_reference_valid(apdu->p2) || !find(card, ch->dir, apdu->p2, ref))
        out->sw = SW_REFERENCE;
    return out->sw == SW_OK;
}

/* A value against the PIN itself; a wrong one ends its verified status. */
static bool present(struct card *card, struct pin_ref *ref, slice value, struct reply *out)
{
    out->sw = compare(card, ref->object, &ref->pin, value);
    if (out->sw != SW_OK)
        set_verified(card, ref->key, false);
    return out->sw == SW_OK;
}

/* ---- commands (TS 102 221 11.1.9 to 11.1.13) ---- */

void command_verify(struct card *card, struct channel *ch, const struct apdu *apdu,
                    struct reply *out)
{
    struct pin_ref ref;

    if (!prologue(card, ch, apdu, &ref, out))
        return;
    if (!(ref.pin.attributes & PIN_ENABLED) && apdu->data.p)
        out->sw = SW_INVALIDATED;
    else if (!apdu->data.p)
        out->sw = ref.pin.left ? tries_left(ref.pin.left) : SW_BLOCKED;
    else if (apdu->data.n != PIN_VALUE)
        out->sw = SW_LENGTH;
    else if (present(card, &ref, apdu->data, out))
        set_verified(card, ref.key, true);
    wipe(&ref.pin, sizeof ref.pin);
}

void command_change_pin(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct reply *out)
{
    struct pin_ref ref;

    if (!prologue(card, ch, apdu, &ref, out))
        return;
    if (!(ref.pin.attributes & PIN_ENABLED)) {
        out->sw = SW_INVALIDATED;
    } else if (!(ref.pin.attributes & PIN_CHANGEABLE)) {
        out->sw = SW_CONDITIONS;
    } else if (apdu->data.n != 2 * PIN_VALUE) {
        out->sw = SW_LENGTH;
    } else if (present(card, &ref, slice_head(apdu->data, PIN_VALUE), out)) {
        memcpy(ref.pin.value, apdu->data.p + PIN_VALUE, PIN_VALUE);
        if (store(card, ref.object, &ref.pin))
            out->sw = SW_MEMORY;
        else
            set_verified(card, ref.key, true);
    }
    wipe(&ref.pin, sizeof ref.pin);
}

static void switch_pin(struct card *card, struct channel *ch, const struct apdu *apdu, bool enable,
                       struct reply *out)
{
    struct pin_ref ref;

    if (!prologue(card, ch, apdu, &ref, out))
        return;
    bool enabled = (ref.pin.attributes & PIN_ENABLED) != 0;
    if (!(ref.pin.attributes & PIN_SWITCHABLE) || enabled == enable) {
        out->sw = ref.pin.left ? SW_CONDITIONS : SW_BLOCKED;
    } else if (apdu->data.n != PIN_VALUE) {
        out->sw = SW_LENGTH;
    } else if (present(card, &ref, apdu->data, out)) {
        ref.pin.attributes ^= PIN_ENABLED;
        if (store(card, ref.object, &ref.pin))
            out->sw = SW_MEMORY;
        else
            set_verified(card, ref.key, enable);
    }
    wipe(&ref.pin, sizeof ref.pin);
}

void command_disable_pin(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    switch_pin(card, ch, apdu, false, out);
}

void command_enable_pin(struct card *card, struct channel *ch, const struct apdu *apdu,
                        struct reply *out)
{
    switch_pin(card, ch, apdu, true, out);
}

/* The PUK is reached through the PIN's own reference. */
static void unblock(struct card *card, struct pin_ref *ref, slice data, struct reply *out)
{
    uint32_t object = puk_object(card->tree.root, ref->pin.puk);
    struct pin puk;

    if (ref->pin.puk == 0 || !load(card, object, &puk)) {
        out->sw = SW_REFERENCE;
        return;
    }
    if (!data.p) {
        out->sw = puk.left ? tries_left(puk.left) : SW_BLOCKED;
    } else if (data.n != 2 * PIN_VALUE) {
        out->sw = SW_LENGTH;
    } else {
        out->sw = compare(card, object, &puk, slice_head(data, PIN_VALUE));
        if (out->sw == SW_OK) {
            memcpy(ref->pin.value, data.p + PIN_VALUE, PIN_VALUE);
            ref->pin.left = ref->pin.max;
            ref->pin.attributes |= PIN_ENABLED;
            if (store(card, ref->object, &ref->pin))
                out->sw = SW_MEMORY;
            else
                set_verified(card, ref->key, true);
        }
    }
    wipe(&puk, sizeof puk);
}

void command_unblock_pin(struct card *card, struct channel *ch, const struct apdu *apdu,
                         struct reply *out)
{
    struct pin_ref ref;

    if (!prologue(card, ch, apdu, &ref, out))
        return;
    unblock(card, &ref, apdu->data, out);
    wipe(&ref.pin, sizeof ref.pin);
}
