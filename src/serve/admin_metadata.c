/* What is said of a profile when it comes into stock, and shown of it since. */
#include "profile/metadata_text.h"
#include "rsp/sgp22.h"
#include "serve/admin_smdp.h"

/* ---- reading ---- */

slice admin_query_text(struct admin_call *c, const char *name, size_t max)
{
    slice s = admin_query(c, name);

    if (s.p && (s.n < 1 || s.n > max))
        admin_problem(c, 400, name, "is empty or too long");
    return s;
}

static void wrong(struct admin_call *c, const char *name, const char *why)
{
    if (why)
        admin_problem(c, 400, name, why);
}

static void read_notifications(struct admin_call *c, struct metadata_input *about)
{
    struct metadata_notification *list =
        arena_alloc(c->t->arena, METADATA_NOTIFICATIONS * sizeof *list);
    slice text;

    about->notifications = list;
    for (size_t i = 0; list && (text = admin_query_at(c, "notification", i)).p; i++) {
        if (i == METADATA_NOTIFICATIONS) {
            wrong(c, "notification", "16 are the most");
            return;
        }
        wrong(c, "notification", metadata_read_notification(text, &list[i]));
        about->notification_count = i + 1;
    }
}

void admin_metadata(struct admin_call *c, struct metadata_input *about)
{
    slice owner = admin_query(c, "mccMnc"), gid1 = admin_query(c, "gid1"),
          gid2 = admin_query(c, "gid2"), rules = admin_query(c, "policyRules");

    *about = (struct metadata_input){
        .service_provider =
            admin_or_else(admin_query_text(c, "serviceProviderName", 32), SLICE_LIT("Dunlin")),
        .profile_name =
            admin_or_else(admin_query_text(c, "profileName", 64), SLICE_LIT("Operational")),
        .profile_class = (int)admin_query_number(c, "profileClass", 0, 2, 2),
        .icon = admin_query_base64(c, "icon"),
    };
    if (about->icon.p)
        wrong(c, "icon", metadata_check_icon(about->icon));
    if (owner.p)
        wrong(c, "mccMnc", metadata_read_owner(c->t->arena, owner, &about->mcc_mnc));
    if (gid1.p)
        wrong(c, "gid1", metadata_read_gid(c->t->arena, gid1, &about->gid1));
    if (gid2.p)
        wrong(c, "gid2", metadata_read_gid(c->t->arena, gid2, &about->gid2));
    if (rules.p)
        wrong(c, "policyRules", metadata_read_rules(rules, &about->policy_rules));
    if (!owner.p && (gid1.p || gid2.p || rules.p))
        wrong(c, "mccMnc", "gid1, gid2 and policyRules need an owner");
    read_notifications(c, about);
}

/* ---- showing ---- */

/* Bits by the names of the specification. */
static json_t *names_of(slice bits, const struct value_name *names)
{
    json_t *list = json_array();

    for (const struct value_name *n = names; n->name; n++)
        if (der_bit(bits, (unsigned)n->value))
            json_array_append_new(list, json_string(n->name));
    return list;
}

/* TS 24.008: two digits an octet, low nibble first; the MNC's third digit is in the second. */
static void put_owner(json_t *v, const struct operator_id *owner)
{
    static const uint8_t nibbles[] = { 0, 1, 2, 4, 5, 3 };
    char digits[sizeof nibbles + 1] = "";

    for (size_t i = 0; owner->mcc_mnc.n == 3 && i < sizeof nibbles; i++) {
        unsigned d = owner->mcc_mnc.p[nibbles[i] / 2] >> (nibbles[i] % 2 ? 4 : 0) & 0xF;

        if (d <= 9)
            digits[i] = (char)('0' + d);
    }
    admin_put(v, "mccMnc", json_string(digits));
    admin_put_hex(v, "gid1", owner->gid1);
    admin_put_hex(v, "gid2", owner->gid2);
}

static void put_notifications(json_t *v, slice list)
{
    struct notification_configuration_information n;
    json_t *all = json_array();

    while (schema_next(&T_notification_configuration_information, &list, &n)) {
        json_t *one = json_object();

        admin_put(one, "events",
                  names_of(n.profile_management_operation, notification_event_names));
        admin_put_text(one, "address", n.notification_address);
        json_array_append_new(all, one);
    }
    admin_put(v, "notifications", all);
}

void admin_put_metadata(json_t *v, slice metadata)
{
    struct store_metadata_request m;
    const char *icon;

    if (schema_decode(&T_store_metadata_request, metadata, &m, NULL))
        return;
    admin_put_text(v, "serviceProviderName", m.service_provider_name);
    admin_put_text(v, "profileName", m.profile_name);
    admin_put_int(v, "profileClass",
                  m.has_profile_class ? m.profile_class : PROFILE_CLASS_OPERATIONAL);
    icon = m.has_icon_type ? value_name(icon_type_names, m.icon_type) : NULL;
    admin_put_text(v, "iconType", slice_str(icon));
    if (m.has_profile_owner)
        put_owner(v, &m.profile_owner);
    if (m.profile_policy_rules.p)
        admin_put(v, "policyRules", names_of(m.profile_policy_rules, ppr_ids_names));
    if (m.notification_configuration_info.p)
        put_notifications(v, m.notification_configuration_info);
}

void admin_put_icon(json_t *v, slice metadata)
{
    struct store_metadata_request m;

    if (!schema_decode(&T_store_metadata_request, metadata, &m, NULL))
        admin_put_base64(v, "icon", m.icon);
}
