#include "serve/admin_eim.h"

#include "rsp/sgp32.h"

/* ---- operations: the object in c->body is one ---- */

typedef void psmo_reader(struct admin_call *c, struct psmo *p);
typedef void eco_reader(struct admin_call *c, struct eco *e);

static slice needed_iccid(struct admin_call *c)
{
    admin_need(c, "iccid");
    return admin_iccid(c, "iccid");
}

static void read_enable(struct admin_call *c, struct psmo *p)
{
    p->enable.iccid = needed_iccid(c);
    p->enable.rollback_flag = admin_flag(c, "rollback");
}

static void read_disable(struct admin_call *c, struct psmo *p)
{
    p->disable.iccid = needed_iccid(c);
}

static void read_delete(struct admin_call *c, struct psmo *p)
{
    p->delete.iccid = needed_iccid(c);
}

static void read_fallback(struct admin_call *c, struct psmo *p)
{
    p->set_fallback_attribute.iccid = needed_iccid(c);
}

/* One criterion at most: it is a CHOICE. */
static void read_list(struct admin_call *c, struct psmo *p)
{
    struct profile_search_criteria *by = &p->list_profile_info.search_criteria;

    p->list_profile_info.tag_list = admin_hex(c, "tags", 64);
    if (admin_has(c, "iccid") && admin_has(c, "profileClass"))
        admin_problem(c, 400, "profileClass", "only one of iccid and profileClass");
    if (admin_has(c, "iccid")) {
        by->which = profile_search_criteria_is_iccid;
        by->iccid = admin_iccid(c, "iccid");
    } else if (admin_has(c, "profileClass")) {
        by->which = profile_search_criteria_is_profile_class;
        by->profile_class = admin_number(c, "profileClass", 0, 2, 0);
    }
}

static void read_immediate(struct admin_call *c, struct psmo *p)
{
    struct configure_immediate_enable *i = &p->configure_immediate_enable;
    slice oid = admin_text(c, "smdpOid", 64);
    uint8_t *octets = arena_alloc(c->t->arena, 64);
    size_t n;

    i->immediate_enable_flag = admin_flag(c, "immediateEnable");
    i->default_smdp_address = admin_text(c, "smdpAddress", 255);
    if (!oid.p)
        return;
    if (!octets || der_oid_from_text(oid, octets, 64, &n))
        admin_problem(c, 400, "smdpOid", "is no object identifier");
    else
        i->default_smdp_oid = slice_of(octets, n);
}

static void read_address(struct admin_call *c, struct psmo *p)
{
    admin_need(c, "smdpAddress");
    p->set_default_dp_address.default_dp_address = admin_text(c, "smdpAddress", 255);
}

/* EimConfigurationData as its eIM gives it to others, in DER. */
static void read_configuration(struct admin_call *c, struct eim_configuration_data *out)
{
    slice der = admin_base64(c, "configuration");
    struct fault fault;

    admin_need(c, "configuration");
    if (!der.p || !schema_decode(&T_eim_configuration_data, der, out, &fault))
        return;
    admin_problem(c, 400, "configuration", "is no EimConfigurationData in DER");
}

static void read_add(struct admin_call *c, struct eco *e)
{
    read_configuration(c, &e->add_eim);
}

static void read_update(struct admin_call *c, struct eco *e)
{
    read_configuration(c, &e->update_eim);
}

static void read_delete_eim(struct admin_call *c, struct eco *e)
{
    admin_need(c, "eimId");
    e->delete_eim.eim_id = admin_text(c, "eimId", 128);
}

static const struct {
    const char *name;
    int which;
    psmo_reader *read; /* NULL: it has no members */
    const char *members;
} psmos[] = {
    { "enable", psmo_is_enable, read_enable, " kind iccid rollback " },
    { "disable", psmo_is_disable, read_disable, " kind iccid " },
    { "delete", psmo_is_delete, read_delete, " kind iccid " },
    { "listProfileInfo", psmo_is_list_profile_info, read_list, " kind iccid profileClass tags " },
    { "getRAT", psmo_is_get_rat, NULL, " kind " },
    { "configureImmediateEnable", psmo_is_configure_immediate_enable, read_immediate,
      " kind immediateEnable smdpOid smdpAddress " },
    { "setFallbackAttribute", psmo_is_set_fallback_attribute, read_fallback, " kind iccid " },
    { "unsetFallbackAttribute", psmo_is_unset_fallback_attribute, NULL, " kind " },
    { "setDefaultDpAddress", psmo_is_set_default_dp_address, read_address, " kind smdpAddress " },
};

static const struct {
    const char *name;
    int which;
    eco_reader *read;
    const char *members;
} ecos[] = {
    { "addEim", eco_is_add_eim, read_add, " kind configuration " },
    { "deleteEim", eco_is_delete_eim, read_delete_eim, " kind eimId " },
    { "updateEim", eco_is_update_eim, read_update, " kind configuration " },
    { "listEim", eco_is_list_eim, NULL, " kind " },
};

/* ---- packages ---- */

struct package {
    struct psmo psmo[EIM_OPERATIONS_MAX];
    struct eco eco[EIM_OPERATIONS_MAX];
    size_t psmo_count, eco_count;
};

/* False: no such operation. */
static bool read_operation(struct admin_call *c, slice name, struct package *p)
{
    for (size_t i = 0; i < COUNT(psmos); i++) {
        struct psmo *o = &p->psmo[p->psmo_count];

        if (!slice_eq_str(name, psmos[i].name))
            continue;
        admin_only(c, c->body, psmos[i].members);
        o->which = psmos[i].which;
        if (psmos[i].read)
            psmos[i].read(c, o);
        p->psmo_count++;
        return true;
    }
    for (size_t i = 0; i < COUNT(ecos); i++) {
        struct eco *o = &p->eco[p->eco_count];

        if (!slice_eq_str(name, ecos[i].name))
            continue;
        admin_only(c, c->body, ecos[i].members);
        o->which = ecos[i].which;
        if (ecos[i].read)
            ecos[i].read(c, o);
        p->eco_count++;
        return true;
    }
    return false;
}

static void read_list_of(struct admin_call *c, struct package *p)
{
    json_t *whole = c->body, *list = json_object_get(whole, "operations"), *one;
    size_t i;

    if (!json_is_array(list) || !json_array_size(list) ||
        json_array_size(list) > EIM_OPERATIONS_MAX) {
        admin_problem(c, 400, "operations", "between 1 and 16 are needed, in a list");
        return;
    }
    json_array_foreach(list, i, one)
    {
        c->body = one;
        if (!json_is_object(one) || !read_operation(c, admin_text(c, "kind", 64), p))
            admin_problem(c, 400, "operations", "each needs the kind of an operation");
    }
    c->body = whole;
    if (p->psmo_count && p->eco_count)
        admin_problem(c, 400, "operations", "PSMOs and eCOs do not go into one package");
}

static enum err place_package(struct admin_call *c, slice eid, const struct package *p,
                              struct eim_order **out)
{
    struct eim *e = c->admin->o.eim;
    enum err err = admin_checked(c);

    if (err)
        return err;
    return p->psmo_count ? eim_order_psmo(e, eid, p->psmo, p->psmo_count, c->t, out)
                         : eim_order_eco(e, eid, p->eco, p->eco_count, c->t, out);
}

/* ---- downloads and data ---- */

static enum err place_download(struct admin_call *c, slice eid, struct eim_order **out)
{
    bool by_default = admin_flag(c, "defaultSmdp"), by_smds = admin_has(c, "smds");
    const struct eim_download d = {
        .source = by_default ? EIM_BY_DEFAULT_SMDP
                  : by_smds  ? EIM_BY_SMDS
                             : EIM_BY_ACTIVATION_CODE,
        .activation_code = admin_text(c, "activationCode", 260),
        .smds = admin_text(c, "smds", 255),
        .confirmation_code = admin_text(c, "confirmationCode", 255),
        .iccid = admin_iccid(c, "iccid"),
        .indirect = admin_flag(c, "indirect"),
    };
    enum err err;

    admin_only(c, c->body,
               " kind activationCode confirmationCode defaultSmdp smds indirect iccid ");
    if (by_default + by_smds + (d.activation_code.p != NULL) != 1)
        admin_problem(c, 400, "activationCode",
                      "one of activationCode, defaultSmdp and smds is needed");
    err = admin_checked(c);
    return err ? err : eim_order_download(c->admin->o.eim, eid, &d, c->t, out);
}

static enum err place_data(struct admin_call *c, slice eid, struct eim_order **out)
{
    slice tags = admin_hex(c, "tags", 64);
    enum err err;

    admin_only(c, c->body, " kind tags ");
    err = admin_checked(c);
    return err ? err : eim_order_data(c->admin->o.eim, eid, tags, c->t, out);
}

static enum err place(struct admin_call *c, slice eid, struct eim_order **out)
{
    slice kind = admin_text(c, "kind", 64);
    struct package *p = ARENA_NEW(c->t->arena, struct package);

    admin_need(c, "kind");
    if (!p)
        return E_MEMORY;
    if (slice_eq_str(kind, "download"))
        return place_download(c, eid, out);
    if (slice_eq_str(kind, "data"))
        return place_data(c, eid, out);
    if (slice_eq_str(kind, "package")) {
        admin_only(c, c->body, " kind operations ");
        read_list_of(c, p);
    } else if (!read_operation(c, kind, p)) {
        admin_problem(c, 400, "kind", "is download, data, package or the name of an operation");
    }
    return place_package(c, eid, p, out);
}

enum err admin_eim_order(struct admin_call *c)
{
    slice eid = admin_path_eid(c, 3);
    struct eim_order *o;
    struct eim_device d;
    enum err err = admin_checked(c);

    if (!err)
        err = eim_device_get(c->t, eid, &d);
    if (err == E_NOTFOUND)
        return admin_problem(c, 404, "eid", "no such device");
    if (!err)
        err = place(c, eid, &o);
    if (err)
        return err;
    c->status = 201;
    c->reply = json_object();
    admin_put_hex(c->reply, "id", o->transaction_id);
    admin_put_eid(c->reply, "eid", eid);
    admin_put_text(c->reply, "state", slice_str(eim_order_state_name(o->state)));
    return E_OK;
}
