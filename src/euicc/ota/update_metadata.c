/*
 * ES6.UpdateMetadata (SGP.22 5.4.1): the operator changes what the card keeps about his own,
 * enabled profile. All of it or nothing: the new metadata is made in scratch and stored as one
 * object.
 *
 * Rules may always be taken away. To set one that is not set, the profile's own PprIds must have
 * pprUpdateControl, and the Rules Authorisation Table must allow it as for an installation.
 */
#include "der/der.h"
#include "euicc/isdr/isdr_impl.h"
#include "euicc/ota/ota_impl.h"
#include "rsp/sgp22.h"

enum { ICON_TYPE = 0x93, ICON = 0x94 };

/* Members of BF25 in their order, and whether UpdateMetadata has them. */
static const struct {
    uint32_t tag;
    bool updated;
} members[] = {
    { 0x5A, false },   { 0x91, true },    { 0x92, true },   { ICON_TYPE, true }, { ICON, true },
    { 0x95, false },   { 0xB6, false },   { 0xB7, false },  { 0x99, true },      { 0xBF22, true },
    { 0xBF23, false }, { 0x9F7B, false }, { 0x9F67, true }, { 0xBF64, false },   { 0xBF76, true },
};

static bool rules_allowed(const struct isdr *i, slice metadata,
                          const struct update_metadata_request *request)
{
    uint64_t now = der_bits(metadata_find(metadata, 0x99, NULL));
    uint64_t then = der_bits(request->profile_policy_rules);
    const uint64_t control = UINT64_C(1) << PPR_UPDATE_CONTROL;
    struct store_metadata_request stored;
    struct der_reader r = der_reader(metadata);

    if (!request->profile_policy_rules.p || !(then & ~now & ~control))
        return true;
    if (!(now & control) ||
        schema_decode(&T_store_metadata_request, der_expect(&r, 0xBF25).whole, &stored, NULL) ||
        !stored.has_profile_owner)
        return false;
    return ppr_allowed(i->p, request->profile_policy_rules, &stored.profile_owner);
}

/* The icon goes with its type; an empty one takes both away. */
static bool icon_sound(const struct update_metadata_request *request, bool *removed)
{
    *removed = request->icon.p && !request->icon.n;
    return *removed || (request->icon.p != NULL) == request->has_icon_type;
}

static slice member(slice elements, uint32_t tag)
{
    for (struct der_reader r = der_reader(elements); der_more(&r);) {
        struct tlv t = der_take(&r);

        if (t.tag == tag)
            return t.whole;
    }
    return SLICE_NONE;
}

/* Written from back to front: what stands behind BF25, then its members. */
static enum err merge(slice metadata, slice update, bool no_icon, struct der_writer *w, slice *out)
{
    struct der_reader r = der_reader(metadata);
    struct tlv kept = der_expect(&r, 0xBF25);
    size_t mark;

    der_put(w, r.in);
    mark = der_mark(w);
    for (size_t i = COUNT(members); i-- > 0;) {
        uint32_t tag = members[i].tag;
        slice given = members[i].updated ? member(update, tag) : SLICE_NONE;

        if (no_icon && (tag == ICON || tag == ICON_TYPE))
            continue;
        der_put(w, given.p ? given : member(kept.value, tag));
    }
    der_wrap(w, 0xBF25, mark);
    return der_written(w, out);
}

/* Since SGP.32 v1.3; the Fallback Profile stays one that may be it. */
static uint16_t fallback_sound(struct isdr *i, uint32_t root,
                               const struct update_metadata_request *request)
{
    if (!request->has_fallback_allowed)
        return SW_OK;
    if (!is_v13(i) || !i->p->fallback_supported)
        return SW_DATA;
    return request->fallback_allowed || isdr_store_get(i).fallback != root ? SW_OK : SW_CONDITIONS;
}

uint16_t update_metadata(struct card *card, slice request)
{
    struct isdr *i = card_app_state(card, &isdr_app);
    uint32_t root = card->tree.root;
    struct update_metadata_request update;
    struct tlv outer;
    slice metadata = profile_metadata(card, root), merged;
    bool no_icon;
    uint16_t sw;
    enum err err;

    if (!i || !root || !metadata.p)
        return SW_REFERENCE;
    if (der_one(request, &outer) ||
        schema_decode(&T_update_metadata_request, request, &update, NULL))
        return SW_DATA;
    if (!icon_sound(&update, &no_icon))
        return SW_DATA;
    sw = fallback_sound(i, root, &update);
    if (sw != SW_OK)
        return sw;
    if (!rules_allowed(i, metadata, &update))
        return SW_CONDITIONS;
    size_t size = metadata.n + request.n + DER_HEAD_MAX;
    uint8_t *scratch = objects_lend(&card->objects, size);
    if (!scratch)
        return SW_NO_SPACE;
    metadata = profile_metadata(card, root); /* the loan may have moved it */
    struct der_writer w = der_writer(scratch, size);
    err = merge(metadata, outer.value, no_icon, &w, &merged);
    if (!err)
        err = profile_set_metadata(card, root, merged);
    objects_repay(&card->objects, scratch);
    if (err)
        return err == E_MEMORY ? SW_NO_SPACE : SW_MEMORY;
    return SW_OK;
}
