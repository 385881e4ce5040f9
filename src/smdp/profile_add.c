/* A profile comes into stock: its ICCID is read, its metadata made or checked, it is protected. */
#include "der/der.h"
#include "smdp/bind.h"
#include "smdp/internal.h"

/*
 * ICCID of the profile header (A0 { .. 83 iccid }, octets in digit order) in the coding of
 * EF_ICCID, nibbles swapped. The rest of the package is walked only to see that it is whole
 * elements: what is inside them is the business of profile/ before it comes here.
 */
static enum err read_iccid(slice package, uint8_t iccid[ICCID_SIZE])
{
    struct der_reader r = der_reader(package), header;
    struct tlv element = der_expect(&r, 0xA0);
    struct tlv number = { 0 };

    header = der_reader(element.value);
    while (!r.err && der_more(&header) && number.tag != 0x83)
        number = der_take(&header);
    while (der_more(&r))
        der_take(&r);
    if (r.err)
        return r.err;
    if (header.err)
        return header.err;
    if (number.tag != 0x83 || number.value.n != ICCID_SIZE)
        return E_MISSING;
    for (size_t i = 0; i < ICCID_SIZE; i++)
        iccid[i] = (uint8_t)(number.value.p[i] << 4 | number.value.p[i] >> 4);
    return E_OK;
}

/* One record an event, to ourselves; the installation result comes to us anyway. */
static enum err make_metadata(struct smdp *s, const struct smdp_new_profile *p, slice iccid,
                              struct arena *arena, slice *out)
{
    const struct metadata_notification own[] = {
        { 1u << NOTIFICATION_ENABLE, s->options.address },
        { 1u << NOTIFICATION_DISABLE, s->options.address },
        { 1u << NOTIFICATION_DELETE, s->options.address },
    };
    struct metadata_input in = p->about;

    if (!in.notification_count) {
        in.notifications = own;
        in.notification_count = COUNT(own);
    }
    return metadata_build(arena, iccid.p, &in, out);
}

static enum err fill_profile(struct smdp *s, const struct smdp_new_profile *p, struct turn *t,
                             slice iccid, struct smdp_profile *row)
{
    struct store_metadata_request m;
    slice metadata = p->metadata;
    enum err err = E_OK;

    if (!metadata.p)
        err = make_metadata(s, p, iccid, t->arena, &metadata);
    if (!err)
        err = schema_decode(&T_store_metadata_request, metadata, &m, NULL);
    if (err)
        return err;
    if (!slice_eq(m.iccid, iccid))
        return E_ARGUMENT;
    *row = (struct smdp_profile){
        .iccid = iccid,
        .profile_type = p->profile_type,
        .owner = p->owner,
        .metadata = metadata,
        .policy_rules = (int64_t)der_bits(m.profile_policy_rules),
        .size = p->size ? p->size : (int64_t)p->package.n,
        .added_ms = t->now_ms,
    };
    return E_OK;
}

static enum err add_package(struct smdp *s, const struct smdp_new_profile *p, struct turn *t,
                            slice iccid)
{
    struct smdp_package *package = ARENA_NEW(t->arena, struct smdp_package);
    struct smdp_protected *under_keys = ARENA_NEW(t->arena, struct smdp_protected);
    enum err err;

    if (!package || !under_keys)
        return E_MEMORY;
    package->iccid = under_keys->iccid = iccid;
    package->package = p->package;
    err = turn_insert(t, &smdp_package_table, package);
    if (err || p->protection == SMDP_SESSION_KEYS)
        return err;
    err = smdp_protect(s->options.crypto, p->package, t->arena, &under_keys->keys,
                       &under_keys->elements);
    return err ? err : turn_insert(t, &smdp_protected_table, under_keys);
}

static enum err add_order(const struct smdp_new_profile *p, struct turn *t, slice iccid)
{
    struct smdp_order *order = ARENA_NEW(t->arena, struct smdp_order);
    enum err err;

    if (!order)
        return E_MEMORY;
    order->iccid = iccid;
    order->state = SMDP_AVAILABLE;
    order->stock_type = p->profile_type;
    order->changed_ms = t->now_ms;
    err = turn_insert(t, &smdp_order_table, order);
    return err ? err : smdp_tell(t, "smdp.profile", order, "added", SLICE_NONE);
}

enum err smdp_profile_add(struct smdp *s, const struct smdp_new_profile *p, struct turn *t,
                          uint8_t iccid[10])
{
    struct smdp_profile *profile = ARENA_NEW(t->arena, struct smdp_profile);
    struct smdp_order *other;
    slice key;
    enum err err = profile ? read_iccid(p->package, iccid) : E_MEMORY;

    if (err)
        return err;
    key = arena_copy(t->arena, slice_of(iccid, ICCID_SIZE));
    if (!key.p)
        return E_MEMORY;
    err = smdp_find_order(t, key, &other);
    if (err == E_OK)
        return smdp_refuse_order(t, SMDP_REFUSE_ICCID_IN_USE);
    if (err != E_NOTFOUND)
        return err;
    err = fill_profile(s, p, t, key, profile);
    if (!err)
        err = turn_insert(t, &smdp_profile_table, profile);
    if (!err)
        err = add_package(s, p, t, key);
    return err ? err : add_order(p, t, key);
}
