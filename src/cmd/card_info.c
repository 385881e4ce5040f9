/*
 * dunlin card info: what a card tells about itself. The card is powered on in this process and
 * asked by the functions of ES10 that every terminal has.
 */
#include "cmd/card_parts.h"
#include "cmd/cmd.h"
#include "cmd/options.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)1 << 16)

struct asking {
    const struct card_link *link;
    uint8_t *answer; /* ANSWER_MAX octets */
    size_t n;
    uint16_t sw;
};

/* ---- asking ---- */

static enum err exchange(struct asking *a, slice command)
{
    uint8_t response[CARD_RESPONSE_MAX];
    size_t n = 0;
    enum err e = card_link_transmit(a->link, command, response, sizeof response, &n);

    if (e)
        return e;
    if (n < 2 || n - 2 > ANSWER_MAX - a->n)
        return E_LIMIT;
    memcpy(a->answer + a->n, response, n - 2);
    a->n += n - 2;
    a->sw = (uint16_t)(response[n - 2] << 8 | response[n - 1]);
    return E_OK;
}

/* The whole answer to one command. */
static enum err ask(struct asking *a, slice command)
{
    uint8_t more[5] = { command.p[0], 0xC0, 0, 0, 0 };
    enum err e;

    a->n = 0;
    e = exchange(a, command);
    while (!e && a->sw >> 8 == 0x61) {
        more[4] = (uint8_t)a->sw;
        e = exchange(a, SLICE_OF(more));
    }
    return e ? e : a->sw == 0x9000 ? E_OK : E_REFUSED;
}

/* One ES10 function, decoded; the struct points into the answer. */
static enum err function(struct asking *a, slice request, const struct type *t, void *out)
{
    uint8_t command[5 + 32] = { 0x80, 0xE2, 0x91, 0x00, (uint8_t)request.n };
    enum err e;

    memcpy(command + 5, request.p, request.n);
    e = ask(a, slice_of(command, 5 + request.n));
    return e ? e : schema_decode(t, slice_of(a->answer, a->n), out, NULL);
}

static enum err start(struct asking *a)
{
    static const uint8_t select[] = { 0x00, 0xA4, 0x04, 0x00, 0x10, 0xA0, 0x00,
                                      0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00 };
    uint8_t atr[64];
    size_t n;
    enum err e = card_link_reset(a->link, atr, sizeof atr, &n);

    return e ? e : ask(a, SLICE_OF(select));
}

/* ---- values as JSON ---- */

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

static json_t *hex(slice s)
{
    char buf[2 * 64 + 1];

    return s.p && !hex_encode(s, buf, sizeof buf) ? json_string(buf) : NULL;
}

static json_t *iccid(slice s)
{
    char digits[ICCID_DIGITS + 1];

    return s.p && s.n == ICCID_LEN && !iccid_to_digits(s, digits) ? json_string(digits) : NULL;
}

/* Absent values have no member. */
static void set(json_t *to, const char *name, json_t *value)
{
    if (value)
        json_object_set_new(to, name, value);
}

static json_t *bits(slice value, const struct value_name *names)
{
    json_t *list = json_array();

    for (; names->name; names++)
        if (der_bit(value, (unsigned)names->value))
            json_array_append_new(list, json_string(names->name));
    return list;
}

/* ---- what is asked ---- */

static enum err versions(struct asking *a, json_t *to)
{
    struct euicc_info2 info;
    struct der_reader r;
    slice iot;
    json_t *v = json_object();
    enum err e = function(a, SLICE_LIT("\xBF\x22\0"), &T_euicc_info2, &info);

    set(to, "versions", v);
    if (e)
        return e;
    set(v, "svn", version(info.svn));
    set(v, "profile", version(info.profile_version));
    set(v, "firmware", version(info.euicc_firmware_ver));
    set(v, "globalplatform", version(info.globalplatform_version));
    set(v, "protectionProfile", version(info.pp_version));
    iot = info.has_iot_specific_info ? info.iot_specific_info.iot_version : SLICE_NONE;
    r = der_reader(iot);
    if (der_more(&r))
        set(v, "iot", version(der_take(&r).value));
    set(to, "uiccCapability", bits(info.uicc_capability, uicc_capability_names));
    set(to, "rspCapability", bits(info.rsp_capability, rsp_capability_names));
    return E_OK;
}

static enum err addresses(struct asking *a, json_t *to)
{
    struct euicc_configured_addresses_response q;
    enum err e = function(a, SLICE_LIT("\xBF\x3C\0"), &T_euicc_configured_addresses_response, &q);

    if (e)
        return e;
    set(to, "defaultSmdp", text(q.default_dp_address));
    set(to, "rootSmds", text(q.root_ds_address));
    return E_OK;
}

static enum err profiles(struct asking *a, json_t *to)
{
    struct profile_info_list_response q;
    struct profile_info p;
    slice rest;
    json_t *list = json_array();
    enum err e = function(a, SLICE_LIT("\xBF\x2D\x0A\x5C\x08\x5A\x4F\x9F\x70\x90\x91\x92\x95"),
                          &T_profile_info_list_response, &q);

    set(to, "profiles", list);
    if (e || q.which != profile_info_list_response_is_profile_info_list_ok)
        return e ? e : E_REFUSED;
    for (rest = q.profile_info_list_ok; schema_next(&T_profile_info, &rest, &p);) {
        json_t *one = json_object();
        const char *state = value_name(profile_state_names, p.profile_state);
        const char *class = value_name(profile_class_names, p.profile_class);

        set(one, "iccid", iccid(p.iccid));
        set(one, "state", p.has_profile_state && state ? json_string(state) : NULL);
        set(one, "class", p.has_profile_class && class ? json_string(class) : NULL);
        set(one, "name", text(p.profile_name));
        set(one, "provider", text(p.service_provider_name));
        set(one, "nickname", text(p.profile_nickname));
        set(one, "isdpAid", hex(p.isdp_aid));
        json_array_append_new(list, one);
    }
    return E_OK;
}

static enum err eims(struct asking *a, json_t *to)
{
    struct get_eim_configuration_data_response q;
    struct eim_configuration_data eim;
    slice rest;
    json_t *list = json_array();
    enum err e = function(a, SLICE_LIT("\xBF\x55\0"), &T_get_eim_configuration_data_response, &q);

    set(to, "eims", list);
    if (e)
        return e;
    for (rest = q.eim_configuration_data_list;
         schema_next(&T_eim_configuration_data, &rest, &eim);) {
        json_t *one = json_object();

        set(one, "eimId", text(eim.eim_id));
        set(one, "eimFqdn", text(eim.eim_fqdn));
        set(one, "counterValue", eim.has_counter_value ? json_integer(eim.counter_value) : NULL);
        json_array_append_new(list, one);
    }
    return E_OK;
}

static enum err notifications(struct asking *a, json_t *to)
{
    struct list_notification_response q;
    struct notification_metadata note;
    slice rest;
    json_t *list = json_array();
    enum err e = function(a, SLICE_LIT("\xBF\x28\0"), &T_list_notification_response, &q);

    set(to, "notifications", list);
    if (e || q.which != list_notification_response_is_notification_metadata_list)
        return e ? e : E_REFUSED;
    for (rest = q.notification_metadata_list;
         schema_next(&T_notification_metadata, &rest, &note);) {
        json_t *one = json_object();

        set(one, "seqNumber", json_integer(note.seq_number));
        set(one, "operation", bits(note.profile_management_operation, notification_event_names));
        set(one, "address", text(note.notification_address));
        set(one, "iccid", iccid(note.iccid));
        json_array_append_new(list, one);
    }
    return E_OK;
}

static json_t *memory(const struct card_host *h)
{
    json_int_t whole = h->shape.memory, left = objects_free(card_objects(h->card));

    return json_pack("{s:I,s:I,s:I}", "octets", whole, "used", whole - left, "free", left);
}

/* ---- text ---- */

static void print_value(json_t *v)
{
    size_t i;
    json_t *one;

    if (json_is_string(v))
        printf("%s", json_string_value(v));
    else if (json_is_integer(v))
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(v));
    json_array_foreach(v, i, one)
    {
        printf(i ? " " : "");
        print_value(one);
    }
}

static void print_members(json_t *object)
{
    const char *name;
    json_t *v;
    bool first = true;

    json_object_foreach(object, name, v)
    {
        printf(first ? "%s " : "  %s ", name);
        print_value(v);
        first = false;
    }
    printf("\n");
}

static bool is_table(json_t *v)
{
    return json_is_array(v) && (!json_array_size(v) || json_is_object(json_array_get(v, 0)));
}

/* One line a member; a list of objects is its length, then one line an object. */
static void print_card(json_t *card)
{
    const char *name;
    json_t *v, *one;
    size_t i;

    json_object_foreach(card, name, v)
    {
        printf("%-16s ", name);
        if (json_is_object(v)) {
            print_members(v);
        } else if (is_table(v)) {
            printf("%zu\n", json_array_size(v));
            json_array_foreach(v, i, one)
            {
                printf("  ");
                print_members(one);
            }
        } else {
            print_value(v);
            printf("\n");
        }
    }
}

/* ---- the command ---- */

static enum err gather(struct asking *a, const struct card_host *h, json_t *to)
{
    enum err e = start(a);

    set(to, "eid", json_string(h->eid));
    if (!e)
        e = versions(a, to);
    if (!e)
        e = addresses(a, to);
    set(to, "memory", memory(h));
    if (!e)
        e = profiles(a, to);
    if (!e)
        e = eims(a, to);
    return e ? e : notifications(a, to);
}

static int show(struct card_stack *s, bool json)
{
    struct asking a = { .link = s->top, .answer = malloc(ANSWER_MAX) };
    json_t *card = json_object();
    enum err e = a.answer && card ? gather(&a, &s->host, card) : E_MEMORY;

    if (e) {
        fprintf(stderr, "dunlin card info: %s: %s (status word %04X)\n", s->host.dir, err_text(e),
                a.sw);
    } else if (json) {
        json_dumpf(card, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        print_card(card);
    }
    json_decref(card);
    free(a.answer);
    return e ? EXIT_FAILED : EXIT_DONE;
}

int card_info(int argc, char **argv)
{
    struct host_options what = { .dir = "var/card" };
    bool json = false;
    const struct option rows[] = {
        { "dir", OPTION_TEXT, &what.dir, 0, 0, "DIR", "the card (default var/card)" },
        { "json", OPTION_FLAG, &json, 0, 0, NULL, "print JSON" },
    };
    struct options o = {
        .usage = "dunlin card info [OPTIONS]",
        .about = "Powers a card on that nobody serves, and prints EID, versions, memory, profiles, "
                 "eIMs\nand notifications.",
        .rows = rows,
        .count = COUNT(rows),
    };
    struct card_stack *s = calloc(1, sizeof *s);
    int status = options_parse(&o, argc, argv);

    if (status < 0 && !s)
        status = EXIT_FAILED;
    if (status < 0) {
        status = host_open(&s->host, &what, HOST_PRESENT);
        if (status < 0) {
            card_stack_build(s, NULL, 0);
            status = show(s, json);
        }
        card_stack_close(s);
    }
    free(s);
    return status;
}
