#include "rsp/registry.h"

#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

/* clang-format off */
const struct registered registry[] = {
    /* information, metadata, notifications */
    { &T_euicc_info1,                           "ES10b response" },
    { &T_get_euicc_info1_request,               "ES10b request" },
    { &T_prepare_download_request,              "ES10b request" },
    { &T_prepare_download_response,             "ES10b response" },
    { &T_iot_prepare_download_response,         "ESipa, compact" },
    { &T_euicc_info2,                           "ES10b response" },
    { &T_get_euicc_info2_request,               "ES10b request" },
    { &T_initialise_secure_channel_request,     "ES8+" },
    { &T_configure_isdp_request,                "ES8+" },
    { &T_store_metadata_request,                "ES8+, ES9+, ESipa" },
    { &T_replace_session_keys_request,          "ES8+" },
    { &T_profile_installation_result_data,      "ES10b response" },
    { &T_list_notification_request,             "ES10b request" },
    { &T_list_notification_response,            "ES10b response" },
    { &T_set_nickname_request,                  "ES10c request" },
    { &T_set_nickname_response,                 "ES10c response" },
    { &T_update_metadata_request,               "ES6" },
    { &T_retrieve_notifications_list_request,   "ES10b request" },
    { &T_retrieve_notifications_list_response,  "ES10b response" },
    { &T_iot_retrieve_notifications_list_request,  "ES10b request, SGP.32" },
    { &T_iot_retrieve_notifications_list_response, "ES10b response, SGP.32" },
    { &T_v10_retrieve_notifications_list_response, "ES10b response, SGP.32 v1.0" },
    { &T_profile_info_list_request,             "ES10b, ES10c request" },
    { &T_profile_info_list_response,            "ES10c response" },
    { &T_iot_profile_info_list_response,        "ES10b response, ESep" },
    { &T_get_euicc_challenge_request,           "ES10b request" },
    { &T_get_euicc_challenge_response,          "ES10b response" },
    { &T_notification_metadata,                 "ES10b" },
    { &T_notification_sent_request,             "ES10b request" },
    { &T_notification_sent_response,            "ES10b response" },
    { &T_enable_profile_request,                "ES10c request" },
    { &T_enable_profile_response,               "ES10c response" },
    { &T_disable_profile_request,               "ES10c request" },
    { &T_disable_profile_response,              "ES10c response" },
    { &T_delete_profile_request,                "ES10c request" },
    { &T_delete_profile_response,               "ES10c response" },
    { &T_euicc_memory_reset_request,            "ES10c request" },
    { &T_euicc_memory_reset_response,           "ES10c response" },
    { &T_load_crl_request,                      "ES10b request" },
    { &T_load_crl_response,                     "ES10b response" },
    { &T_bound_profile_package,                 "ES8+, ES9+" },
    { &T_profile_installation_result,           "ES8+, ES9+, ESipa" },
    { &T_authenticate_server_request,           "ES10b request" },
    { &T_authenticate_server_response,          "ES10b response" },
    { &T_iot_authenticate_server_response,      "ESipa, compact" },
    /* ES9+ and ESipa have the same tags, and mostly the same contents */
    { &T_initiate_authentication_request_es9,   "ES9+ request" },
    { &T_initiate_authentication_response_es9,  "ES9+ response" },
    { &T_initiate_authentication_request_esipa, "ESipa request" },
    { &T_initiate_authentication_response_esipa, "ESipa response" },
    { &T_get_bound_profile_package_request_es9, "ES9+ request" },
    { &T_get_bound_profile_package_response_es9, "ES9+ response" },
    { &T_get_bound_profile_package_request_esipa, "ESipa request" },
    { &T_get_bound_profile_package_response_esipa, "ESipa response" },
    { &T_v10_get_bound_profile_package_request, "ESipa request, SGP.32 v1.0" },
    { &T_v10_get_bound_profile_package_response, "ESipa response, SGP.32 v1.0" },
    { &T_authenticate_client_request_es9,       "ES9+ request" },
    { &T_authenticate_client_response_es9,      "ES9+ response" },
    { &T_authenticate_client_request_esipa,     "ESipa request" },
    { &T_authenticate_client_response_esipa,    "ESipa response" },
    { &T_v10_authenticate_client_request,       "ESipa request, SGP.32 v1.0" },
    { &T_euicc_configured_addresses_request,    "ES10a request" },
    { &T_euicc_configured_addresses_response,   "ES10a response" },
    { &T_handle_notification_es9,               "ES9+ request" },
    { &T_handle_notification_esipa,             "ESipa request" },
    { &T_v10_handle_notification_esipa,         "ESipa request, SGP.32 v1.0" },
    { &T_get_euicc_data_request,                "ES10c request" },
    { &T_get_euicc_data_response,               "ES10c response" },
    { &T_set_default_dp_address_request,        "ES10a request" },
    { &T_set_default_dp_address_response,       "ES10a response" },
    { &T_authenticate_client_response_es11,     "ES11 response" },
    { &T_cancel_session_request,                "ES10b request" },
    { &T_cancel_session_response,               "ES10b response" },
    { &T_cancel_session_request_es9,            "ES9+ request" },
    { &T_cancel_session_response_es9,           "ES9+ response" },
    { &T_cancel_session_request_esipa,          "ESipa request" },
    { &T_cancel_session_response_esipa,         "ESipa response" },
    { &T_iot_cancel_session_response,           "ESipa, compact" },
    { &T_lpae_activation_request,               "ES10b request" },
    { &T_lpae_activation_response,              "ES10b response" },
    { &T_ipae_activation_request,               "ES10b request, SGP.32" },
    { &T_ipae_activation_response,              "ES10b response, SGP.32" },
    { &T_get_rat_request,                       "ES10b request" },
    { &T_get_rat_response,                      "ES10b response" },
    { &T_remote_profile_provisioning_request,   "ES9+, ES11 request" },
    { &T_remote_profile_provisioning_response,  "ES9+, ES11 response" },
    /* SGP.32 alone */
    { &T_transfer_eim_package_request,          "ESipa request" },
    { &T_transfer_eim_package_response,         "ESipa response" },
    { &T_v10_transfer_eim_package_request,      "ESipa request, SGP.32 v1.0" },
    { &T_v10_transfer_eim_package_response,     "ESipa response, SGP.32 v1.0" },
    { &T_get_eim_package_request,               "ESipa request" },
    { &T_get_eim_package_response,              "ESipa response" },
    { &T_v10_get_eim_package_request,           "ESipa request, SGP.32 v1.0" },
    { &T_v10_get_eim_package_response,          "ESipa response, SGP.32 v1.0" },
    { &T_provide_eim_package_result,            "ESipa request" },
    { &T_provide_eim_package_result_response,   "ESipa response" },
    { &T_v10_provide_eim_package_result,        "ESipa request, SGP.32 v1.0" },
    { &T_v10_provide_eim_package_result_response, "ESipa response, SGP.32 v1.0" },
    { &T_euicc_package_request,                 "ESep request" },
    { &T_euicc_package_result,                  "ESep response" },
    { &T_ipa_euicc_data_request,                "ESipa" },
    { &T_ipa_euicc_data_response,               "ESipa" },
    { &T_v10_ipa_euicc_data_request,            "ESipa, SGP.32 v1.0" },
    { &T_v10_ipa_euicc_data_response,           "ESipa, SGP.32 v1.0" },
    { &T_eim_acknowledgements,                  "ESipa" },
    { &T_profile_download_trigger_request,      "ESipa" },
    { &T_profile_download_trigger_result,       "ESipa" },
    { &T_get_eim_configuration_data_request,    "ES10b request" },
    { &T_get_eim_configuration_data_response,   "ES10b response" },
    { &T_get_certs_request,                     "ES10b request" },
    { &T_get_certs_response,                    "ES10b response" },
    { &T_add_initial_eim_request,               "ES10b request" },
    { &T_add_initial_eim_response,              "ES10b response" },
    { &T_profile_rollback_request,              "ES10b request" },
    { &T_profile_rollback_response,             "ES10b response" },
    { &T_configure_immediate_profile_enabling_request,  "ES10b request" },
    { &T_configure_immediate_profile_enabling_response, "ES10b response" },
    { &T_immediate_enable_request,              "ES10b request" },
    { &T_immediate_enable_response,             "ES10b response" },
    { &T_v10_enable_using_dd_request,           "ES10b request, SGP.32 v1.0" },
    { &T_v10_enable_using_dd_response,          "ES10b response, SGP.32 v1.0" },
    { &T_enable_emergency_profile_request,      "ES10b request" },
    { &T_enable_emergency_profile_response,     "ES10b response" },
    { &T_disable_emergency_profile_request,     "ES10b request" },
    { &T_disable_emergency_profile_response,    "ES10b response" },
    { &T_execute_fallback_mechanism_request,    "ES10b request" },
    { &T_execute_fallback_mechanism_response,   "ES10b response" },
    { &T_return_from_fallback_request,          "ES10b request" },
    { &T_return_from_fallback_response,         "ES10b response" },
    { &T_get_connectivity_parameters_request,   "ES10b request" },
    { &T_get_connectivity_parameters_response,  "ES10b response" },
    { &T_iot_memory_reset_request,              "ES10b request" },
    { &T_iot_memory_reset_response,             "ES10b response" },
    { &T_iot_set_default_dp_address_request,    "ES10b request, ESep" },
    { &T_iot_set_default_dp_address_response,   "ES10b response, ESep" },
    /* objects that travel alone */
    { &T_isdr_proprietary_application_template, "SELECT ISD-R" },
    { &T_isdr_proprietary_application_template_iot, "SELECT ISD-R, SGP.32" },
    { &T_profile_info,                          "ES10b, ES10c" },
    { &T_rsp_certificate,                       "X.509" },
    { &T_other_signed_notification,             "ES9+, ESipa" },
    { &T_eim_configuration_data,                "ESep, ES10b" },
    { &T_subject_public_key_info,               "X.509" },
    /* without a tag of their own */
    { &T_esipa_message_from_ipa_to_eim,         "ESipa" },
    { &T_esipa_message_from_eim_to_ipa,         "ESipa" },
    { &T_v10_esipa_message_from_ipa_to_eim,     "ESipa, SGP.32 v1.0" },
    { &T_v10_esipa_message_from_eim_to_ipa,     "ESipa, SGP.32 v1.0" },
    { &T_pending_notification,                  "ES9+" },
    { &T_iot_pending_notification,              "ESipa" },
    { &T_psmo,                                  "ESep" },
    { &T_eco,                                   "ESep" },
};
const size_t registry_count = COUNT(registry);

/* Every type that has a name, for those who know what they look at. */
#define ADDRESS_SEQ(c, ...)    &T_##c,
#define ADDRESS_CHOICE(c, ...) &T_##c,
#define ADDRESS_LIST(c, ...)   &T_##c,
#define ADDRESS_PRIM(c, ...)   &T_##c,
#define ADDRESSES(TYPES)       TYPES(ADDRESS_SEQ, ADDRESS_CHOICE, ADDRESS_LIST, ADDRESS_PRIM)
static const struct type *const types[] = {
    ADDRESSES(SGP32_ESEP_TYPES)
    ADDRESSES(SGP32_COMPACT_TYPES)
    ADDRESSES(SGP32_ESIPA_TYPES)
    ADDRESSES(SGP32_ES10_TYPES)
    ADDRESSES(SGP32_V10_TYPES)
    ADDRESSES(SGP22_COMMON_TYPES)
    ADDRESSES(SGP22_ES8_TYPES)
    ADDRESSES(SGP22_ES9_TYPES)
    ADDRESSES(SGP22_ES10_TYPES)
};
/* clang-format on */

static const struct registered *search(const struct registered *from, uint32_t tag)
{
    for (; from < registry + registry_count; from++)
        if (from->type->tag == tag)
            return from;
    return NULL;
}

const struct registered *registry_find(uint32_t tag)
{
    return tag ? search(registry, tag) : NULL;
}

const struct registered *registry_find_next(const struct registered *after)
{
    return search(after + 1, after->type->tag);
}

const struct type *registry_named(slice name, slice in)
{
    const struct type *first = NULL;

    for (size_t i = 0; i < registry_count; i++) {
        const struct type *t = registry[i].type;

        if (!slice_eq_nocase(name, slice_str(t->name)))
            continue;
        if (!schema_check(t, in, NULL))
            return t;
        first = first ? first : t;
    }
    for (size_t i = 0; !first && i < COUNT(types); i++)
        if (slice_eq_nocase(name, slice_str(types[i]->name)))
            first = types[i];
    return first;
}

/* ---- which candidate explains the octets best? ---------------------------------------------- */

static bool starts(const struct field *f, uint32_t tag)
{
    return f->tag ? f->tag == tag : f->type && f->kind != K_LIST && schema_starts(f->type, tag);
}

static size_t strangers_in(enum kind kind, const struct type *t, struct tlv e);

static size_t strangers_in_field(const struct field *f, struct tlv e)
{
    bool is_explicit =
        f->kind != K_LIST && f->tag && f->type && f->type->kind == K_CHOICE && !f->type->tag;

    if (is_explicit && der_one(e.value, &e))
        return 1;
    return strangers_in(f->kind, f->type, e);
}

static size_t strangers_in_seq(const struct type *t, slice v)
{
    struct der_reader r = der_reader(v);
    unsigned next = 0;
    size_t count = 0;

    while (der_more(&r)) {
        struct tlv e = der_take(&r);
        unsigned row = next;

        while (row < t->count && !starts(&t->fields[row], e.tag))
            row++;
        if (row == t->count) {
            count++;
            continue;
        }
        count += strangers_in_field(&t->fields[row], e);
        next = row + 1;
    }
    return count;
}

static size_t strangers_in_arm(const struct type *t, struct tlv e)
{
    if (t->tag && der_one(e.value, &e))
        return 1;
    for (unsigned i = 0; i < t->count; i++)
        if (starts(&t->fields[i], e.tag))
            return strangers_in_field(&t->fields[i], e);
    return 1;
}

static size_t strangers_in_list(const struct type *element, slice v)
{
    struct der_reader r = der_reader(v);
    size_t count = 0;

    while (der_more(&r))
        count += strangers_in(element->kind, element, der_take(&r));
    return count;
}

/* t is the element's type for a LIST that stands as a field, else the type itself. */
static size_t strangers_in(enum kind kind, const struct type *t, struct tlv e)
{
    switch (kind) {
    case K_SEQ:
        return strangers_in_seq(t, e.value);
    case K_CHOICE:
        return strangers_in_arm(t, e);
    case K_LIST:
        return strangers_in_list(t->kind == K_LIST ? t->element : t, e.value);
    case K_RAW:
        return t->kind == K_RAW ? 0 : strangers_in(t->kind, t, e);
    case K_NULL: /* an empty SEQUENCE that is not empty */
        return e.value.n ? 1 : 0;
    default:
        return 0;
    }
}

size_t registry_strangers(const struct type *t, slice in)
{
    struct tlv e;

    return der_one(in, &e) ? 0 : strangers_in(t->kind, t, e);
}

/* Does fault a lie deeper than b? */
static bool deeper(const struct fault *a, const struct fault *b)
{
    return a->depth != b->depth ? a->depth > b->depth : a->at > b->at;
}

const struct type *registry_guess(slice in)
{
    struct der_reader r = der_reader(in);
    const struct registered *c = registry_find(der_peek(&r));
    struct tlv first = der_take(&r);
    const struct type *best = NULL, *failing = NULL;
    struct fault deepest = { 0 };
    size_t fewest = SIZE_MAX;

    if (!r.err) /* what follows it says nothing about its type */
        in = first.whole;
    for (; c; c = registry_find_next(c)) {
        struct fault f;

        if (schema_check(c->type, in, &f)) {
            if (!failing || deeper(&f, &deepest)) {
                failing = c->type;
                deepest = f;
            }
        } else if (registry_strangers(c->type, in) < fewest) {
            best = c->type;
            fewest = registry_strangers(best, in);
        }
    }
    return best ? best : failing;
}
