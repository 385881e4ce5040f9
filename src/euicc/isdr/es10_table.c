/*
 * The functions of ES10a, ES10b and ES10c that this card has, by the tag of their request. ES10c
 * (SGP.22) stands beside the IoT functions so that consumer agents can be tested against the card.
 */
#include "euicc/isdr/isdr_impl.h"

static const struct {
    uint32_t tag;
    es10_function *function;
} functions[] = {
    { 0xBF20, es10_euicc_info1 },
    { 0xBF21, es10_prepare_download },
    { 0xBF22, es10_euicc_info2 },
    { 0xBF28, es10_list_notification },
    { 0xBF29, es10_set_nickname },
    { 0xBF2B, es10_retrieve_notifications },
    { 0xBF2D, es10_profiles_info },
    { 0xBF2E, es10_challenge },
    { 0xBF30, es10_remove_notification },
    { 0xBF31, es10_enable },
    { 0xBF32, es10_disable },
    { 0xBF33, es10_delete },
    { 0xBF34, es10_memory_reset_consumer },
    { 0xBF38, es10_authenticate_server },
    { 0xBF3C, es10_addresses },
    { 0xBF3E, es10_eid },
    { 0xBF3F, es10_set_smdp_consumer },
    { 0xBF41, es10_cancel_session },
    { 0xBF42, es10_ipae_activation },
    { 0xBF43, es10_rat },
    { 0xBF51, es10_load_package },
    { 0xBF55, es10_eim_configuration },
    { 0xBF56, es10_certs },
    { 0xBF57, es10_add_initial_eim },
    { 0xBF58, es10_rollback },
    { 0xBF59, es10_configure_immediate },
    { 0xBF5A, es10_immediate_enable },
    { 0xBF5B, es10_enable_emergency },
    { 0xBF5C, es10_disable_emergency },
    { 0xBF5D, es10_execute_fallback },
    { 0xBF5E, es10_return_from_fallback },
    { 0xBF5F, es10_connectivity },
    { 0xBF64, es10_memory_reset },
    { 0xBF65, es10_set_smdp },
};

es10_function *es10_find(uint32_t tag)
{
    for (size_t n = 0; n < COUNT(functions); n++)
        if (functions[n].tag == tag)
            return functions[n].function;
    return NULL;
}
