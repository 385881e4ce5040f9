/* What dunlin lpa prints. */
#include "cmd/cmd.h"
#include "cmd/lpa_parts.h"

#include "base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int lpa_failed(const struct lpa *l)
{
    char text[512];

    fprintf(stderr, "dunlin lpa: %s\n", lpa_trouble_text(l, text, sizeof text));
    return EXIT_FAILED;
}

/* ---- values ---- */

static const char *iccid_text(slice iccid, char digits[ICCID_DIGITS + 1])
{
    if (!iccid.p || iccid_to_digits(iccid, digits))
        digits[0] = '\0';
    return digits;
}

static void set(json_t *to, const char *name, json_t *value)
{
    if (value)
        json_object_set_new(to, name, value);
}

static json_t *text(slice s)
{
    return s.p ? json_stringn((const char *)s.p, s.n) : NULL;
}

static json_t *version(slice v)
{
    char buf[16];

    if (v.n != 3)
        return NULL;
    snprintf(buf, sizeof buf, "%u.%u.%u", v.p[0], v.p[1], v.p[2]);
    return json_string(buf);
}

static json_t *named(const struct value_name *names, int64_t value)
{
    const char *name = value_name(names, value);

    return name ? json_string(name) : json_integer(value);
}

static json_t *bits(slice value, const struct value_name *names)
{
    json_t *list = json_array();

    for (; names->name; names++)
        if (der_bit(value, (unsigned)names->value))
            json_array_append_new(list, json_string(names->name));
    return list;
}

static json_t *iccid_json(slice iccid)
{
    char digits[ICCID_DIGITS + 1];

    return *iccid_text(iccid, digits) ? json_string(digits) : NULL;
}

static json_t *hex_json(slice s)
{
    char buf[2 * 64 + 1];

    return s.p && !hex_encode(s, buf, sizeof buf) ? json_string(buf) : NULL;
}

static int print(json_t *doc)
{
    /* a terminal may take some signs as commands */
    json_dumpf(doc, stdout,
               JSON_INDENT(2) | JSON_PRESERVE_ORDER |
                   (isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0));
    putchar('\n');
    json_decref(doc);
    return EXIT_DONE;
}

/* name: value lines; lists with commas */
static void print_lines(const json_t *doc)
{
    char line[300];
    const char *name;
    json_t *value, *item;
    size_t i;

    json_object_foreach((json_t *)doc, name, value)
    {
        printf("%-24s ", name);
        if (json_is_array(value)) {
            json_array_foreach(value, i, item)
                printf("%s%s", i ? " " : "", json_string_value(item));
        } else if (json_is_integer(value)) {
            printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
        } else {
            printf("%s", text_printable(slice_str(json_string_value(value)), line, sizeof line));
        }
        putchar('\n');
    }
}

/* ---- the eUICC ---- */

static json_t *ci_list(slice list)
{
    json_t *out = json_array();
    struct der_reader r = der_reader(list);

    while (der_more(&r))
        json_array_append_new(out, hex_json(der_take(&r).value));
    return out;
}

static json_t *info_json(struct lpa *l)
{
    struct euicc_configured_addresses_response a;
    struct euicc_info2 info;
    char eid[EID_DIGITS + 1];
    json_t *doc;

    if (lpa_info2(l, &info))
        return NULL;
    doc = json_object();
    eid_to_digits(lpa_eid(l), eid);
    set(doc, "eid", json_string(eid));
    set(doc, "svn", version(info.svn));
    set(doc, "profileVersion", version(info.profile_version));
    set(doc, "firmware", version(info.euicc_firmware_ver));
    set(doc, "globalplatform", version(info.globalplatform_version));
    set(doc, "protectionProfile", version(info.pp_version));
    set(doc, "sasAccreditation", text(info.sas_acreditation_number));
    set(doc, "uiccCapability", bits(info.uicc_capability, uicc_capability_names));
    set(doc, "rspCapability", bits(info.rsp_capability, rsp_capability_names));
    set(doc, "extCardResource", hex_json(info.ext_card_resource));
    set(doc, "ciForVerification", ci_list(info.euicc_ci_pk_id_list_for_verification));
    set(doc, "ciForSigning", ci_list(info.euicc_ci_pk_id_list_for_signing));
    if (lpa_addresses(l, &a)) {
        json_decref(doc);
        return NULL;
    }
    set(doc, "defaultSmdp", text(a.default_dp_address));
    set(doc, "rootSmds", text(a.root_ds_address));
    return doc;
}

int lpa_show_info(struct lpa *l, bool json)
{
    json_t *doc = info_json(l);

    if (!doc)
        return lpa_failed(l);
    if (json)
        return print(doc);
    print_lines(doc);
    json_decref(doc);
    return EXIT_DONE;
}

/* ---- profiles ---- */

static json_t *profile_json(const struct profile_info *p)
{
    json_t *doc = json_object();

    set(doc, "iccid", iccid_json(p->iccid));
    set(doc, "isdpAid", hex_json(p->isdp_aid));
    if (p->has_profile_state)
        set(doc, "state", named(profile_state_names, p->profile_state));
    set(doc, "nickname", text(p->profile_nickname));
    set(doc, "serviceProvider", text(p->service_provider_name));
    set(doc, "name", text(p->profile_name));
    if (p->has_profile_class)
        set(doc, "class", named(profile_class_names, p->profile_class));
    if (p->profile_policy_rules.p)
        set(doc, "policyRules", bits(p->profile_policy_rules, ppr_ids_names));
    return doc;
}

static void print_profile(const struct profile_info *p)
{
    char digits[ICCID_DIGITS + 1], name[65], provider[33], nickname[65];
    const char *state =
        p->has_profile_state ? value_name(profile_state_names, p->profile_state) : NULL;

    text_printable(p->service_provider_name, provider, sizeof provider);
    printf("%-20s  %-8s  %s%s%s%s%s\n", iccid_text(p->iccid, digits), state ? state : "?", provider,
           provider[0] ? ", " : "", text_printable(p->profile_name, name, sizeof name),
           p->profile_nickname.n ? ", called " : "",
           text_printable(p->profile_nickname, nickname, sizeof nickname));
}

int lpa_show_profiles(struct lpa *l, bool json, bool all)
{
    struct profile_info p;
    slice list;
    json_t *doc;

    if (lpa_profiles(l, &list))
        return lpa_failed(l);
    doc = json_array();
    while (schema_next(&T_profile_info, &list, &p)) {
        if (!all && lpa_profile_hidden(&p))
            continue;
        if (json)
            json_array_append_new(doc, profile_json(&p));
        else
            print_profile(&p);
    }
    if (json)
        return print(doc);
    json_decref(doc);
    return EXIT_DONE;
}

void lpa_show_offer(FILE *to, const struct store_metadata_request *m)
{
    char digits[ICCID_DIGITS + 1], name[65], provider[33];

    fprintf(to, "profile %s: %s, %s (%s)\n", iccid_text(m->iccid, digits),
            text_printable(m->service_provider_name, provider, sizeof provider),
            text_printable(m->profile_name, name, sizeof name),
            value_name(profile_class_names, m->profile_class)
                ? value_name(profile_class_names, m->profile_class)
                : "?");
    for (const struct value_name *r = ppr_ids_names; m->profile_policy_rules.p && r->name; r++)
        if (der_bit(m->profile_policy_rules, (unsigned)r->value))
            fprintf(to, "  policy rule %s: %s\n", r->name,
                    r->value == PPR_1   ? "it cannot be disabled"
                    : r->value == PPR_2 ? "it cannot be deleted"
                                        : "its operator may change its rules");
}

/* ---- notifications, events ---- */

int lpa_show_notifications(struct lpa *l, bool json)
{
    struct notification_metadata m;
    char digits[ICCID_DIGITS + 1], address[256];
    slice list;
    json_t *doc;

    if (lpa_notifications(l, &list))
        return lpa_failed(l);
    doc = json_array();
    while (schema_next(&T_notification_metadata, &list, &m)) {
        json_t *events = bits(m.profile_management_operation, notification_event_names);
        const char *event = json_string_value(json_array_get(events, 0));

        if (json) {
            json_t *one = json_object();

            set(one, "seqNumber", json_integer(m.seq_number));
            set(one, "event", json_string(event ? event : "?"));
            set(one, "iccid", iccid_json(m.iccid));
            set(one, "address", text(m.notification_address));
            json_array_append_new(doc, one);
        } else {
            printf("%6" PRId64 "  %-20s  %-20s  %s\n", m.seq_number, event ? event : "?",
                   iccid_text(m.iccid, digits),
                   text_printable(m.notification_address, address, sizeof address));
        }
        json_decref(events);
    }
    if (json)
        return print(doc);
    json_decref(doc);
    return EXIT_DONE;
}

int lpa_show_events(const struct lpa_event *events, size_t count, bool json)
{
    json_t *doc = json_array();

    for (size_t i = 0; i < count; i++) {
        char address[256], id[256];

        text_printable(slice_str(events[i].address), address, sizeof address);
        text_printable(slice_str(events[i].id), id, sizeof id);
        if (json)
            json_array_append_new(doc, json_pack("{s:s,s:s}", "address", address, "eventId", id));
        else
            printf("%s  %s\n", address, id);
    }
    if (json)
        return print(doc);
    json_decref(doc);
    return EXIT_DONE;
}
