/*
 * Profile State Management Operations (SGP.32 2.11.1.1.3, 3.4): checks in the order that decides
 * the result. Enable and disable only mark what euicc_package.c does when the result is stored.
 */
#include "euicc/isdr/package.h"

#include "rsp/sgp32.h"

static bool find(struct package *p, slice iccid, struct card_profile *out)
{
    return !profile_by_iccid(p->isdr->card, iccid, out);
}

static bool busy(struct package *p)
{
    return cat_busy(p->isdr->card) || profile_switch_due(p->isdr->card) >= 0;
}

/* ---- enable, disable, delete ---- */

static int enable(struct package *p, const struct psmo_enable *op)
{
    uint32_t enabled = profile_enabled(p->isdr->card);
    struct card_profile target;

    if (p->changing && p->to)
        return ENABLE_UNDEFINED_ERROR;
    if (!find(p, op->iccid, &target))
        return ENABLE_NOT_FOUND;
    if (target.state != PROFILE_DISABLED)
        return ENABLE_NOT_DISABLED;
    if (enabled && profile_pprs(p->isdr, enabled) & PPR1)
        return ENABLE_DISALLOWED;
    if (op->rollback_flag && (!enabled || p->delete_after == enabled))
        return ENABLE_NO_ROLLBACK;
    if (busy(p))
        return ENABLE_CAT_BUSY;
    p->changing = true;
    p->to = target.root;
    p->rollback = op->rollback_flag;
    return ENABLE_OK;
}

static int disable(struct package *p, const struct psmo_iccid *op)
{
    struct card_profile target;

    if (p->changing)
        return DISABLE_UNDEFINED_ERROR;
    if (!find(p, op->iccid, &target))
        return DISABLE_NOT_FOUND;
    if (target.state != PROFILE_ENABLED)
        return DISABLE_NOT_ENABLED;
    if (profile_pprs(p->isdr, target.root) & PPR1)
        return DISABLE_DISALLOWED;
    if (busy(p))
        return DISABLE_CAT_BUSY;
    p->changing = true;
    p->to = 0;
    return DISABLE_OK;
}

/* The profile that a fallback returns to, while the Fallback Profile is the enabled one. */
static bool is_fallback_return(struct isdr *i, uint32_t root)
{
    struct isdr_store s = isdr_store_get(i);

    return s.fallback && s.fallback == profile_enabled(i->card) && s.fallback_return == root;
}

static int delete_profile(struct package *p, const struct psmo_iccid *op)
{
    struct isdr *i = p->isdr;
    struct card_profile target;
    bool marked;

    if (!find(p, op->iccid, &target))
        return DELETE_NOT_FOUND;
    marked = target.state == PROFILE_ENABLED && p->changing;
    if ((target.state == PROFILE_ENABLED && !marked) || (p->changing && p->to == target.root) ||
        profile_switch_due(i->card) == (int32_t)target.root)
        return DELETE_NOT_DISABLED;
    if (profile_pprs(i, target.root) & PPR2)
        return DELETE_DISALLOWED;
    if (marked && p->rollback)
        return DELETE_NO_ROLLBACK;
    if (is_fallback_return(i, target.root))
        return DELETE_RETURN_FALLBACK;
    if (marked) {
        p->delete_after = target.root;
        return DELETE_OK;
    }
    return remove_profile(i, target.root) ? DELETE_UNDEFINED_ERROR : DELETE_OK;
}

/* ---- lists ---- */

static enum op_end list_profiles(struct package *p, slice element)
{
    struct der_writer w = result_writer(p);
    bool ongoing = p->changing || profile_switch_due(p->isdr->card) >= 0;
    int code = put_profiles_info(p->isdr, element, ongoing, &w);

    return result_written(p, &w, code ? OP_STOP : OP_NEXT);
}

static enum op_end get_rat(struct package *p)
{
    struct der_writer w = result_writer(p);

    der_put(&w, p->isdr->p->rat);
    der_wrap(&w, 0xA6, 0);
    return result_written(p, &w, OP_NEXT);
}

/* ---- configuration ---- */

static int set_fallback(struct package *p, const struct psmo_iccid *op)
{
    struct isdr *i = p->isdr;
    struct isdr_store s = isdr_store_get(i);
    struct card_profile target;
    slice metadata;

    if (!find(p, op->iccid, &target))
        return SET_FALLBACK_NOT_FOUND;
    if (s.fallback == target.root)
        return SET_FALLBACK_OK;
    metadata = profile_metadata(i->card, target.root);
    if (!i->p->fallback_supported || !metadata_flag(metadata, 0x9F67) ||
        metadata_flag(metadata, 0x9F7B))
        return SET_FALLBACK_NOT_ALLOWED;
    if (s.fallback && s.fallback == profile_enabled(i->card))
        return SET_FALLBACK_ENABLED;
    s.fallback = target.root;
    s.fallback_return = 0;
    return store_put(i, &s) ? SET_FALLBACK_UNDEFINED_ERROR : SET_FALLBACK_OK;
}

static int unset_fallback(struct package *p)
{
    struct isdr *i = p->isdr;
    struct isdr_store s = isdr_store_get(i);

    if (!s.fallback)
        return UNSET_FALLBACK_NONE;
    if (s.fallback == profile_enabled(i->card))
        return UNSET_FALLBACK_ENABLED;
    s.fallback = 0;
    s.fallback_return = 0;
    return store_put(i, &s) ? UNSET_FALLBACK_UNDEFINED_ERROR : UNSET_FALLBACK_OK;
}

static enum op_end set_smdp(struct package *p, slice address)
{
    struct der_writer w = result_writer(p);
    int code = set_default_smdp(p->isdr, address) ? IOT_SET_DEFAULT_DP_UNDEFINED_ERROR : 0;

    der_put_int(&w, 0x80, code);
    der_wrap(&w, 0xBF65, 0);
    return result_written(p, &w, code ? OP_STOP : OP_NEXT);
}

enum op_end psmo_execute(struct package *p, slice element)
{
    struct der_reader r = der_reader(element);
    struct psmo op;

    /* a search that is not understood has a result of its own */
    if (der_peek(&r) == 0xBF2D)
        return list_profiles(p, element);
    if (schema_decode(&T_psmo, element, &op, NULL))
        return result_terminated(p, TERMINATED_BAD_COMMAND);
    if (is_v10(p->isdr) && op.which > psmo_is_configure_immediate_enable)
        return result_terminated(p, TERMINATED_BAD_COMMAND);
    switch (op.which) {
    case psmo_is_enable:
        return result_code(p, 0x83, enable(p, &op.enable));
    case psmo_is_disable:
        return result_code(p, 0x84, disable(p, &op.disable));
    case psmo_is_delete:
        return result_code(p, 0x85, delete_profile(p, &op.delete));
    case psmo_is_get_rat:
        return get_rat(p);
    case psmo_is_configure_immediate_enable:
        return result_code(p, 0x87, configure_immediate(p->isdr, &op.configure_immediate_enable));
    case psmo_is_set_fallback_attribute:
        return result_code(p, 0x8D, set_fallback(p, &op.set_fallback_attribute));
    case psmo_is_unset_fallback_attribute:
        return result_code(p, 0x8E, unset_fallback(p));
    case psmo_is_set_default_dp_address:
        return set_smdp(p, op.set_default_dp_address.default_dp_address);
    default:
        return result_terminated(p, TERMINATED_BAD_COMMAND);
    }
}
