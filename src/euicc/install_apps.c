/* Security domains (SAIP 8.8), remote file management (SAIP 8.9), applications (SAIP 8.10). */
#include "euicc/install.h"
#include "euicc/registry.h"

static enum pe_status added(enum err err)
{
    return err == E_EXISTS ? SW_AID_EXISTS : install_stored(err);
}

static enum pe_status domain_of(struct install *in, slice aid, uint8_t *domain)
{
    struct registry_entry sd;

    *domain = in->mno_sd ? 0 : REGISTRY_NO_DOMAIN;
    if (!aid.p)
        return in->mno_sd ? PE_STATUS_OK : PE_STATUS_PARAMETER;
    if (!registry_by_aid(in->tree.objects, in->tree.root, aid, &sd) ||
        sd.kind != REGISTRY_SECURITY_DOMAIN)
        return PE_STATUS_PARAMETER;
    *domain = (uint8_t)sd.number;
    return PE_STATUS_OK;
}

/* The whole member with this tag of an element; its n-th from 0. */
static slice member(slice element, uint32_t tag, unsigned n)
{
    struct der_reader r = der_reader(element);

    while (der_more(&r)) {
        struct tlv t = der_take(&r);

        if (t.tag == tag && n-- == 0)
            return t.whole;
    }
    return SLICE_NONE;
}

/* Entries are numbered in order; a domain's number must fit an octet. */
static enum pe_status next_number(struct install *in, uint16_t *number)
{
    if (in->apps >= REGISTRY_NO_DOMAIN)
        return PE_STATUS_NO_MEMORY;
    *number = in->apps++;
    return PE_STATUS_OK;
}

/* ---- security domains ---- */

static enum pe_status put_keys(struct install *in, const struct saip_security_domain *sd,
                               uint8_t domain)
{
    struct der_reader r = der_reader(sd->key_list);
    enum pe_status status = PE_STATUS_OK;

    while (status == PE_STATUS_OK && der_more(&r)) {
        slice key = der_take(&r).whole;
        uint32_t id = profile_object(in->tree.root, PROFILE_KEY, in->keys++);

        status = install_stored(objects_make(in->tree.objects, id, (uint32_t)(1 + key.n), domain));
        if (status == PE_STATUS_OK)
            status = install_stored(objects_write(in->tree.objects, id, 1, key));
    }
    return status;
}

static enum pe_status put_perso(struct install *in, const struct saip_security_domain *sd,
                                uint16_t number)
{
    if (!sd->perso_data.n)
        return PE_STATUS_OK;
    return install_stored(objects_put(
        in->tree.objects, profile_object(in->tree.root, PROFILE_MISC, REGISTRY_PERSO + number),
        sd->perso_data));
}

enum pe_status install_security_domain(struct install *in, const struct package_element *e)
{
    struct saip_security_domain sd;
    struct registry_entry entry = { .kind = REGISTRY_SECURITY_DOMAIN, .life_cycle = 0x07 };
    enum pe_status status;

    if (schema_decode(&T_saip_security_domain, e->whole, &sd, NULL))
        return PE_STATUS_FORMAT;
    if (sd.has_cat_tp)
        return PE_STATUS_FEATURE;
    status = in->mno_sd ? domain_of(in, sd.instance.extradite_aid, &entry.domain) : PE_STATUS_OK;
    if (status == PE_STATUS_OK)
        status = next_number(in, &entry.number);
    if (status != PE_STATUS_OK)
        return status;
    if (!in->mno_sd)
        entry.domain = (uint8_t)entry.number;
    entry.aid = sd.instance.instance_aid;
    entry.element = member(e->value, 0xA1, 0);
    if (sd.instance.life_cycle_state.p)
        entry.life_cycle = sd.instance.life_cycle_state.p[0];
    status = added(registry_add(in->tree.objects, in->tree.root, &entry));
    if (status == PE_STATUS_OK)
        status = put_keys(in, &sd, (uint8_t)entry.number);
    if (status == PE_STATUS_OK)
        status = put_perso(in, &sd, entry.number);
    if (status == PE_STATUS_OK)
        in->mno_sd = true;
    return status;
}

/* ---- RFM ---- */

enum pe_status install_rfm(struct install *in, const struct package_element *e)
{
    struct saip_rfm rfm;
    struct registry_entry entry = { .kind = REGISTRY_RFM, .life_cycle = 0x07 };
    struct node adf;
    enum pe_status status;

    if (schema_decode(&T_saip_rfm, e->whole, &rfm, NULL))
        return PE_STATUS_FORMAT;
    if (rfm.has_adf && !tree_by_aid(&in->tree, rfm.adf.adf_aid, 0, &adf))
        return PE_STATUS_PARAMETER;
    status = domain_of(in, rfm.security_domain_aid, &entry.domain);
    if (status == PE_STATUS_OK)
        status = next_number(in, &entry.number);
    if (status != PE_STATUS_OK)
        return status;
    entry.aid = rfm.instance_aid;
    entry.element = e->value;
    return added(registry_add(in->tree.objects, in->tree.root, &entry));
}

/* ---- applications ---- */

/*
 * Load files are kept and counted. An instance needs a runtime for its code, which this card does
 * not have: such an element fails with the status that SAIP has for it.
 */
enum pe_status install_application(struct install *in, const struct package_element *e)
{
    struct saip_application app;
    struct registry_entry entry = { .kind = REGISTRY_LOAD_FILE, .life_cycle = 0x01 };
    enum pe_status status;

    if (schema_decode(&T_saip_application, e->whole, &app, NULL))
        return PE_STATUS_FORMAT;
    if (!app.has_load_block || app.instances.p)
        return PE_STATUS_RUNTIME;
    status = domain_of(in, app.load_block.security_domain_aid, &entry.domain);
    if (status == PE_STATUS_OK)
        status = next_number(in, &entry.number);
    if (status != PE_STATUS_OK)
        return status;
    entry.aid = app.load_block.load_package_aid;
    entry.element = member(e->value, 0xA1, 0);
    return added(registry_add(in->tree.objects, in->tree.root, &entry));
}
