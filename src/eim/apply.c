/* What a verified result means: for the order, and for what the eIM knows of the card. */
#include "eim/internal.h"

#include <inttypes.h>

/* ---- profiles ------------------------------------------------------------------------------- */

/* The change of this turn that concerns the profile; NULL when there is none. */
static struct change *change_of(struct turn *t, slice iccid)
{
    for (size_t i = 0; i < t->change_count; i++) {
        struct eim_profile *p = t->changes[i].row;

        if (t->changes[i].table == &eim_profile_table && slice_eq(p->iccid, iccid))
            return &t->changes[i];
    }
    return NULL;
}

/* seen_ms is for people: a list that tells nothing new within this time is not worth its rows. */
#define SEEN_MS 60000

static bool tells_nothing(const struct eim_profile *was, const struct eim_profile *is)
{
    return was->enabled == is->enabled && was->class == is->class &&
           was->fallback == is->fallback && slice_eq(was->name, is->name) &&
           slice_eq(was->provider, is->provider) && is->seen_ms - was->seen_ms < SEEN_MS;
}

static enum err put_profile(struct turn *t, const struct eim_profile *p)
{
    struct change *c = change_of(t, p->iccid);
    struct eim_profile *row = turn_row(t, &eim_profile_table, p);

    if (!row)
        return E_MEMORY;
    if (!c)
        return row->version ? turn_update(t, &eim_profile_table, row)
                            : turn_insert(t, &eim_profile_table, row);
    row->version = ((struct eim_profile *)c->row)->version;
    c->row = row;
    if (c->kind == CHANGE_DELETE)
        c->kind = CHANGE_UPDATE;
    return E_OK;
}

static enum err remove_profile(struct turn *t, const struct eim_profile *p)
{
    struct change *c = change_of(t, p->iccid);

    if (!c)
        return turn_delete(t, &eim_profile_table, turn_row(t, &eim_profile_table, p));
    if (c->kind == CHANGE_INSERT)
        *c = t->changes[--t->change_count];
    else
        c->kind = CHANGE_DELETE;
    return E_OK;
}

/* As this turn will leave it. */
static enum err find_profile(struct turn *t, slice eid, slice iccid, struct eim_profile *out)
{
    struct change *c = change_of(t, iccid);
    struct eim_profile *all;
    size_t count = 0;
    enum err err;

    if (c && c->kind == CHANGE_DELETE)
        return E_NOTFOUND;
    if (c) {
        *out = *(struct eim_profile *)c->row;
        return E_OK;
    }
    err = eim_device_profiles(t, eid, &all, &count);
    for (size_t i = 0; !err && i < count; i++) {
        if (slice_eq(all[i].iccid, iccid)) {
            *out = all[i];
            return E_OK;
        }
    }
    return err ? err : E_NOTFOUND;
}

/* Of the profiles of a card at most one is enabled. */
static enum err disable_others(struct turn *t, slice eid, slice iccid)
{
    struct eim_profile *all;
    size_t count;
    enum err err = eim_device_profiles(t, eid, &all, &count);

    for (size_t i = 0; !err && i < count; i++) {
        struct eim_profile *now = &all[i];

        if (slice_eq(now->iccid, iccid))
            continue;
        if (change_of(t, now->iccid))
            err = find_profile(t, eid, all[i].iccid, now);
        if (!err && now->enabled) {
            now->enabled = 0;
            err = put_profile(t, now);
        }
        if (err == E_NOTFOUND)
            err = E_OK;
    }
    return err;
}

enum err eim_set_profile(struct turn *t, slice eid, slice iccid, bool enabled)
{
    struct eim_profile p;
    enum err err = find_profile(t, eid, iccid, &p);

    if (err == E_NOTFOUND) {
        p = (struct eim_profile){ .eid = eid, .iccid = arena_copy(t->arena, iccid), .class = 2 };
        err = p.iccid.p ? E_OK : E_MEMORY;
    }
    if (err)
        return err;
    p.enabled = enabled;
    p.seen_ms = t->now_ms;
    err = put_profile(t, &p);
    return err || !enabled ? err : disable_others(t, eid, iccid);
}

static enum err take_listed(struct turn *t, slice eid, const struct profile_info *info)
{
    struct eim_profile p, was;
    enum err err = find_profile(t, eid, info->iccid, &p);

    if (err == E_NOTFOUND) {
        p = (struct eim_profile){ .eid = eid, .iccid = arena_copy(t->arena, info->iccid) };
        err = p.iccid.p ? E_OK : E_MEMORY;
    }
    if (err)
        return err;
    was = p;
    p.enabled = info->profile_state == 1;
    p.class = info->has_profile_class ? info->profile_class : 2;
    p.fallback = info->fallback_attribute;
    p.name = arena_copy(t->arena, info->profile_name);
    p.provider = arena_copy(t->arena, info->service_provider_name);
    p.seen_ms = t->now_ms;
    return p.version && tells_nothing(&was, &p) ? E_OK : put_profile(t, &p);
}

static bool is_listed(slice list, slice iccid)
{
    struct profile_info info;

    while (schema_next(&T_profile_info, &list, &info))
        if (slice_eq(info.iccid, iccid))
            return true;
    return false;
}

/* Downloads of which the IPA says that they failed: the card's list tells. */
static enum err check_downloads(struct turn *t, slice eid, slice list)
{
    struct eim_order *open;
    size_t count;
    enum err err = eim_open_orders(t, eid, &open, &count);

    for (size_t i = 0; !err && i < count; i++) {
        struct eim_order *o = &open[i];

        if (o->state != EIM_CHECKING)
            continue;
        if (is_listed(list, o->iccid)) {
            o->state = EIM_DONE;
            o->verified = 1;
            o->code = 0;
            o->outcome = SLICE_LIT("ok");
        } else {
            o->state = EIM_FAILED;
        }
        err = eim_save_order(t, o);
    }
    return err;
}

/* The card's own list replaces what the eIM thought. */
static enum err take_list(struct turn *t, slice eid, slice list)
{
    struct eim_profile *known;
    struct profile_info info;
    slice rest = list;
    size_t count;
    enum err err = eim_device_profiles(t, eid, &known, &count);

    for (size_t i = 0; !err && i < count; i++)
        if (!is_listed(list, known[i].iccid))
            err = remove_profile(t, &known[i]);
    while (!err && schema_next(&T_profile_info, &rest, &info))
        if (info.iccid.p)
            err = take_listed(t, eid, &info);
    return err ? err : check_downloads(t, eid, list);
}

static enum err drop_profile(struct turn *t, slice eid, slice iccid)
{
    struct eim_profile p;
    enum err err = find_profile(t, eid, iccid, &p);

    if (err)
        return err == E_NOTFOUND ? E_OK : err;
    return remove_profile(t, &p);
}

/* ---- operations ----------------------------------------------------------------------------- */

/* A list asked for with search criteria tells only of a part. */
static bool is_whole_list(const struct psmo *p)
{
    const struct profile_info_list_request *r = &p->list_profile_info;
    bool has_iccid = !r->tag_list.p;

    for (size_t i = 0; i < r->tag_list.n; i++)
        has_iccid = has_iccid || r->tag_list.p[i] == 0x5A;
    return has_iccid && !r->search_criteria.which;
}

static enum err apply_psmo(struct eim_device *d, const struct psmo *p,
                           const struct euicc_result_data *r, struct turn *t)
{
    switch (p->which) {
    case psmo_is_enable:
        return eim_set_profile(t, d->eid, p->enable.iccid, true);
    case psmo_is_disable:
        return eim_set_profile(t, d->eid, p->disable.iccid, false);
    case psmo_is_delete:
        return drop_profile(t, d->eid, p->delete.iccid);
    case psmo_is_list_profile_info:
        if (r->which != euicc_result_data_is_list_profile_info_result || !is_whole_list(p))
            return E_OK;
        return take_list(t, d->eid, r->list_profile_info_result.profile_info_list_ok);
    case psmo_is_set_default_dp_address:
        d->default_smdp = arena_copy(t->arena, p->set_default_dp_address.default_dp_address);
        return E_OK;
    default:
        return E_OK;
    }
}

static void apply_eco(const struct eim *e, struct eim_device *d, const struct eco *op,
                      const struct euicc_result_data *r)
{
    bool last = r->which == euicc_result_data_is_delete_eim_result &&
                r->delete_eim_result == DELETE_EIM_LAST;

    if (op->which == eco_is_add_eim && slice_eq(op->add_eim.eim_id, e->options.eim_id)) {
        d->associated = 1;
        d->counter = op->add_eim.counter_value;
        d->has_token = r->add_eim_result.which == add_eim_result_is_association_token;
        d->token = d->has_token ? r->add_eim_result.association_token : 0;
    }
    if (op->which == eco_is_update_eim && slice_eq(op->update_eim.eim_id, e->options.eim_id) &&
        op->update_eim.has_counter_value)
        d->counter = op->update_eim.counter_value;
    if (op->which == eco_is_delete_eim &&
        (last || slice_eq(op->delete_eim.eim_id, e->options.eim_id))) {
        d->associated = 0;
        d->has_token = 0;
        d->token = 0;
    }
}

/* ---- the outcome ---------------------------------------------------------------------------- */

struct outcome {
    const char *name; /* of the result arm */
    const struct value_name *names;
    int64_t code; /* 0: success */
};

static struct outcome outcome_of(const struct euicc_result_data *r)
{
    const struct field *row = &T_euicc_result_data.fields[r->which - 1];
    struct outcome o = { row->name, row->names, 0 };

    if (row->kind == K_INT) {
        memcpy(&o.code, (const uint8_t *)r + row->offset, sizeof o.code);
        if (r->which == euicc_result_data_is_delete_eim_result && o.code == DELETE_EIM_LAST)
            o.code = 0; /* "the last one is gone" is a success */
    } else if (r->which == euicc_result_data_is_list_profile_info_result) {
        if (r->list_profile_info_result.which ==
            iot_profile_info_list_response_is_profile_info_list_error)
            o.code = r->list_profile_info_result.profile_info_list_error;
        o.names = iot_profile_list_error_names;
    } else if (r->which == euicc_result_data_is_add_eim_result) {
        if (r->add_eim_result.which == add_eim_result_is_add_eim_result_code)
            o.code = r->add_eim_result.add_eim_result_code;
        o.names = add_eim_result_code_names;
    } else if (r->which == euicc_result_data_is_list_eim_result) {
        if (r->list_eim_result.which == list_eim_result_is_list_eim_error)
            o.code = r->list_eim_result.list_eim_error;
        o.names = list_eim_error_names;
    } else if (r->which == euicc_result_data_is_set_default_dp_address_result) {
        o.code = r->set_default_dp_address_result.set_default_dp_address_result;
        o.names = iot_set_default_dp_result_names;
    }
    return o;
}

static void fail_order(struct eim_order *o, const struct outcome *out, struct turn *t)
{
    const char *value = value_name(out->names, out->code);

    o->state = EIM_FAILED;
    o->code = out->code;
    o->retryable = 0;
    o->outcome =
        arena_printf(t->arena, "%s %s(%" PRId64 ")", out->name, value ? value : "?", out->code);
}

/* The next operation of the package; false at its end. */
static bool next_operation(struct euicc_package *p, struct psmo *psmo, struct eco *eco)
{
    if (p->which == euicc_package_is_psmo_list)
        return schema_next(&T_psmo, &p->psmo_list, psmo);
    return schema_next(&T_eco, &p->eco_list, eco);
}

/* The card went back to the profile it had before this package. */
static enum err roll_back(struct eim *e, struct eim_device *d, struct eim_order *o,
                          const struct outcome *out, struct turn *t)
{
    fail_order(o, out, t);
    if (!out->code)
        o->outcome = SLICE_LIT("rolled back");
    return eim_queue_list(e, d, t);
}

enum err eim_apply_results(struct eim *e, struct eim_device *d, struct eim_order *o, slice results,
                           struct turn *t)
{
    struct euicc_package package;
    struct euicc_result_data r;
    struct psmo psmo;
    struct eco eco;
    enum err err = schema_decode(&T_euicc_package, o->content, &package, NULL);

    o->state = EIM_DONE;
    o->code = 0;
    o->outcome = SLICE_LIT("ok");
    while (!err && schema_next(&T_euicc_result_data, &results, &r)) {
        struct outcome out = outcome_of(&r);

        if (r.which == euicc_result_data_is_rollback_result)
            return roll_back(e, d, o, &out, t);
        if (out.code || r.which == euicc_result_data_is_processing_terminated ||
            !next_operation(&package, &psmo, &eco)) {
            fail_order(o, &out, t);
            return E_OK;
        }
        if (package.which == euicc_package_is_psmo_list)
            err = apply_psmo(d, &psmo, &r, t);
        else
            apply_eco(e, d, &eco, &r);
    }
    if (!err && next_operation(&package, &psmo, &eco)) {
        o->state = EIM_FAILED;
        o->code = 127;
        o->outcome = SLICE_LIT("results are missing");
    }
    return err;
}
