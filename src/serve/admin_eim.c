/* Devices of the eIM, and what became of their orders. */
#include "serve/admin_eim.h"
#include "rsp/sgp32.h"

#include "der/schema_print.h"

#define ORDER_ID 8 /* octets of an eimTransactionId of ours, by which an order is named */

/* ---- devices ---- */

static json_t *device(const struct eim_device *d)
{
    static const char *const wires[] = { NULL, "1.0", "1.1" };
    char version[16];
    json_t *v = json_object();

    admin_put_eid(v, "eid", d->eid);
    admin_put_text(v, "label", d->label);
    admin_put_flag(v, "associated", d->associated);
    admin_put_flag(v, "certificatesKnown", d->euicc_certificate.p != NULL);
    admin_put_int(v, "counter", d->counter);
    if (d->has_token)
        admin_put_int(v, "associationToken", d->token);
    if (d->wire > 0 && d->wire < (int64_t)COUNT(wires))
        admin_put(v, "wire", json_string(wires[d->wire]));
    if (d->iot_version) {
        snprintf(version, sizeof version, "%d.%d.%d", (int)(d->iot_version >> 16 & 0xFF),
                 (int)(d->iot_version >> 8 & 0xFF), (int)(d->iot_version & 0xFF));
        admin_put(v, "iotSpecificVersion", json_string(version));
    }
    admin_put_text(v, "defaultSmdp", d->default_smdp);
    admin_put_text(v, "rootSmds", d->root_smds);
    admin_put_time(v, "added", d->added_ms);
    return v;
}

static json_t *profile(const struct eim_profile *p)
{
    json_t *v = json_object();

    admin_put_iccid(v, "iccid", p->iccid);
    admin_put_flag(v, "enabled", p->enabled);
    admin_put_flag(v, "fallback", p->fallback);
    admin_put_int(v, "profileClass", p->class);
    admin_put_text(v, "profileName", p->name);
    admin_put_text(v, "serviceProviderName", p->provider);
    admin_put_time(v, "seen", p->seen_ms);
    return v;
}

static slice eid_text(struct admin_call *c, slice eid)
{
    char digits[EID_DIGITS + 1];

    if (eid.n != EID_LEN)
        return SLICE_NONE;
    eid_to_digits(eid.p, digits);
    return arena_copy(c->t->arena, slice_str(digits));
}

static enum err devices(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    slice after = admin_query(c, "after"), label = admin_query(c, "label"), last = SLICE_NONE;
    struct store_query q = { .limit = STORE_LIST_MAX };
    struct eim_device *rows;
    size_t count = 0, i;
    json_t *items;
    enum err err;

    if (after.p)
        after = admin_given_eid(c, after, "after");
    q.from_given = after.p != NULL;
    q.from = store_blob(after);
    err = admin_checked(c);
    if (!err)
        err = store_list(c->t->store, &eim_device_table, &q, c->t->arena, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (i = 0; i < count && json_array_size(items) < limit; i++) {
        if (slice_eq(rows[i].eid, after))
            continue;
        last = rows[i].eid;
        if (!label.p || (rows[i].label.p && slice_eq(label, rows[i].label)))
            json_array_append_new(items, device(&rows[i]));
    }
    c->reply =
        admin_page(c, items, i < count || count == STORE_LIST_MAX ? eid_text(c, last) : SLICE_NONE);
    return E_OK;
}

static enum err no_device(struct admin_call *c, enum err err)
{
    return err == E_NOTFOUND ? admin_problem(c, 404, "eid", "no such device") : err;
}

static enum err device_get(struct admin_call *c)
{
    slice eid = admin_path_eid(c, 3);
    struct eim_profile *profiles;
    struct eim_device d;
    size_t count = 0;
    json_t *list;
    enum err err = admin_checked(c);

    if (!err)
        err = no_device(c, eim_device_get(c->t, eid, &d));
    if (!err)
        err = eim_device_profiles(c->t, eid, &profiles, &count);
    if (err)
        return err;
    c->reply = device(&d);
    list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, profile(&profiles[i]));
    admin_put(c->reply, "profiles", list);
    admin_put_base64(c->reply, "euiccCertificate", d.euicc_certificate);
    admin_put_base64(c->reply, "eumCertificate", d.eum_certificate);
    admin_put_base64(c->reply, "euiccInfo2", d.euicc_info2);
    return E_OK;
}

static enum err device_add(struct admin_call *c)
{
    slice wire = admin_text(c, "wire", 8);
    struct eim_device_new d = {
        .eid = admin_eid(c, "eid"),
        .label = admin_text(c, "label", 255),
        /* this eIM's configuration is on the card, unless it is said that it is not */
        .associated = !admin_has(c, "associated") || admin_flag(c, "associated"),
        .counter = admin_number(c, "counter", 0, 8388607, 0),
        .has_token = admin_has(c, "associationToken"),
        .token = admin_number(c, "associationToken", 0, INT64_MAX, 0),
        .wire = slice_eq_str(wire, "1.0")   ? EIM_WIRE_V10
                : slice_eq_str(wire, "1.1") ? EIM_WIRE_V11
                                            : EIM_WIRE_UNKNOWN,
        .euicc_certificate = admin_base64(c, "euiccCertificate"),
        .eum_certificate = admin_base64(c, "eumCertificate"),
    };
    enum err err;

    admin_need(c, "eid");
    if (wire.p && d.wire == EIM_WIRE_UNKNOWN)
        admin_problem(c, 400, "wire", "is 1.0 or 1.1");
    err = admin_checked(c);
    if (!err)
        err = eim_device_add(c->admin->o.eim, &d, c->t);
    if (err)
        return err;
    c->status = 201;
    c->reply = json_object();
    admin_put_eid(c->reply, "eid", d.eid);
    return E_OK;
}

static enum err device_remove(struct admin_call *c)
{
    slice eid = admin_path_eid(c, 3);
    enum err err = admin_checked(c);

    return err ? err : eim_device_remove(c->admin->o.eim, eid, c->t);
}

/* ---- orders ---- */

static const char *const kinds[] = { "package", "data", "download" };

static json_t *order(const struct eim_order *o)
{
    json_t *v = json_object();

    admin_put_hex(v, "id", o->transaction_id);
    admin_put_eid(v, "eid", o->eid);
    admin_put(v, "kind", json_string(kinds[o->kind]));
    admin_put_text(v, "state", slice_str(eim_order_state_name(o->state)));
    admin_put_text(v, "outcome", o->outcome);
    admin_put_flag(v, "verified", o->verified);
    admin_put_flag(v, "retryable", o->retryable);
    admin_put_int(v, "code", o->code);
    if (o->counter)
        admin_put_int(v, "counter", o->counter);
    admin_put_int(v, "deliveries", o->deliveries);
    admin_put_iccid(v, "iccid", o->iccid);
    if (o->kind == EIM_ORDER_DOWNLOAD) {
        admin_put_text(v, "smdp", o->smdp);
        admin_put_flag(v, "indirect", o->indirect);
    }
    admin_put_time(v, "created", o->created_ms);
    admin_put_time(v, "sent", o->sent_ms);
    admin_put_time(v, "changed", o->changed_ms);
    return v;
}

static void gather(void *ctx, const char *text, size_t n)
{
    json_t *parts = ctx;

    json_array_append_new(parts, json_stringn(text, n));
}

/* As `dunlin decode --json` shows it; what does not decode is shown as it arrived, and no more. */
static json_t *decoded(const struct type *type, slice message)
{
    json_t *parts = json_array(), *out = NULL, *part;
    const struct text_sink sink = { gather, parts };
    size_t i, n = 0;
    char *text;

    if (schema_print_json(type, message, &sink, NULL)) {
        json_decref(parts);
        return NULL;
    }
    json_array_foreach(parts, i, part) n += json_string_length(part);
    text = malloc(n + 1);
    n = 0;
    json_array_foreach(parts, i, part)
    {
        if (text)
            memcpy(text + n, json_string_value(part), json_string_length(part));
        n += json_string_length(part);
    }
    if (text)
        out = json_loadb(text, n, JSON_DECODE_ANY, NULL);
    free(text);
    json_decref(parts);
    return out;
}

static void put_result(json_t *v, const struct eim_order *o)
{
    const struct type *type =
        o->kind == EIM_ORDER_PACKAGE ? &T_euicc_package_result : &T_ipa_euicc_data_response;
    json_t *result = o->result.p && o->kind != EIM_ORDER_DOWNLOAD ? decoded(type, o->result) : NULL;

    if (result)
        admin_put(v, "result", result);
    admin_put_base64(v, "resultOctets", o->result);
}

static enum err find(struct admin_call *c, struct eim_order *out)
{
    slice id = admin_path_hex(c, 3, ORDER_ID);
    enum err err = admin_checked(c);

    if (!err)
        err = store_get(c->t->store, &eim_order_table, EIM_ORDER_BY_TRANSACTION,
                        STORE_KEY(store_blob(id)), out, c->t->arena);
    if (err)
        return err == E_NOTFOUND ? admin_problem(c, 404, "id", "no such order") : err;
    turn_about_transaction(c->t, out->transaction_id);
    turn_about_eid(c->t, out->eid);
    return E_OK;
}

static enum err order_get(struct admin_call *c)
{
    struct eim_order o;
    enum err err = find(c, &o);

    if (err)
        return err;
    c->reply = order(&o);
    put_result(c->reply, &o);
    return E_OK;
}

static enum err said_state(struct admin_call *c, const struct eim_order *o, int64_t state)
{
    c->reply = json_object();
    admin_put_hex(c->reply, "id", o->transaction_id);
    admin_put_text(c->reply, "state", slice_str(eim_order_state_name(state)));
    return E_OK;
}

static enum err order_retry(struct admin_call *c)
{
    struct eim_order o;
    enum err err = find(c, &o);

    if (!err)
        err = eim_order_retry(c->admin->o.eim, c->t, o.id);
    return err ? err : said_state(c, &o, EIM_QUEUED);
}

static enum err order_cancel(struct admin_call *c)
{
    struct eim_order o;
    enum err err = find(c, &o);

    if (!err)
        err = eim_order_cancel(c->admin->o.eim, c->t, o.id);
    return err ? err : said_state(c, &o, EIM_FAILED);
}

/* Those that are open or those that have ended, by their number. */
static enum err orders(struct admin_call *c)
{
    size_t limit = (size_t)admin_query_number(c, "limit", 1, ADMIN_PAGE_MAX, ADMIN_PAGE);
    int64_t after = admin_query_number(c, "after", 0, INT64_MAX - 1, 0);
    int64_t open = admin_query_number(c, "open", 0, 1, 0);
    slice eid = admin_path_eid(c, 3);
    const struct store_query q = {
        .index = EIM_ORDER_BY_EID,
        .key = { store_blob(eid), store_int(open) },
        .key_count = 2,
        .from_given = true,
        .from = store_int(after + 1),
        .limit = (uint32_t)limit,
    };
    struct eim_device d;
    struct eim_order *rows;
    size_t count = 0;
    json_t *items;
    enum err err = admin_checked(c);

    if (!err)
        err = no_device(c, eim_device_get(c->t, eid, &d));
    if (!err)
        err = store_list(c->t->store, &eim_order_table, &q, c->t->arena, &rows, &count);
    if (err)
        return err;
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, order(&rows[i]));
    c->reply =
        admin_page(c, items,
                   count == limit ? arena_printf(c->t->arena, "%lld", (long long)rows[count - 1].id)
                                  : SLICE_NONE);
    return E_OK;
}

const struct admin_operation admin_eim[] = {
    { "GET", "/v1/eim/devices", devices, TAKES_NOTHING, " label after limit " },
    { "POST", "/v1/eim/devices", device_add, TAKES_JSON,
      " eid label associated counter associationToken wire euiccCertificate eumCertificate " },
    { "GET", "/v1/eim/devices/{eid}", device_get, TAKES_NOTHING, NULL },
    { "DELETE", "/v1/eim/devices/{eid}", device_remove, TAKES_NOTHING, NULL },
    { "GET", "/v1/eim/devices/{eid}/orders", orders, TAKES_NOTHING, " open after limit " },
    { "POST", "/v1/eim/devices/{eid}/orders", admin_eim_order, TAKES_JSON, ADMIN_EIM_MEMBERS },
    { "GET", "/v1/eim/orders/{id}", order_get, TAKES_NOTHING, NULL },
    { "POST", "/v1/eim/orders/{id}/retry", order_retry, TAKES_NOTHING, NULL },
    { "POST", "/v1/eim/orders/{id}/cancel", order_cancel, TAKES_NOTHING, NULL },
    { "GET", "/v1/eim/states", admin_states, TAKES_NOTHING, NULL },
    { "GET", "/v1/eim/events", admin_events, TAKES_NOTHING, " after limit kind eid iccid " },
};
const size_t admin_eim_count = COUNT(admin_eim);
