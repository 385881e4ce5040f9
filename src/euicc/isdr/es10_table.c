/*
 * The functions of ES10a, ES10b and ES10c that this card has, by the tag of their request. ES10c
 * (SGP.22) stands beside the IoT functions so that consumer agents can be tested against the card.
 */
#include "euicc/isdr/isdr_impl.h"

static const struct {
    uint32_t tag;
    es10_function *function;
    bool later; /* since SGP.32 v1.1 */
} functions[] = {
    { 0xBF20, es10_euicc_info1, false },
    { 0xBF21, es10_prepare_download, false },
    { 0xBF22, es10_euicc_info2, false },
    { 0xBF28, es10_list_notification, false },
    { 0xBF29, es10_set_nickname, false },
    { 0xBF2B, es10_retrieve_notifications, false },
    { 0xBF2D, es10_profiles_info, false },
    { 0xBF2E, es10_challenge, false },
    { 0xBF30, es10_remove_notification, false },
    { 0xBF31, es10_enable, false },
    { 0xBF32, es10_disable, false },
    { 0xBF33, es10_delete, false },
    { 0xBF34, es10_memory_reset_consumer, false },
    { 0xBF35, es10_load_crl, false },
    { 0xBF38, es10_authenticate_server, false },
    { 0xBF3C, es10_addresses, false },
    { 0xBF3E, es10_eid, false },
    { 0xBF3F, es10_set_smdp_consumer, false },
    { 0xBF41, es10_cancel_session, false },
    { 0xBF42, es10_ipae_activation, false },
    { 0xBF43, es10_rat, false },
    { 0xBF51, es10_load_package, false },
    { 0xBF55, es10_eim_configuration, false },
    { 0xBF56, es10_certs, false },
    { 0xBF57, es10_add_initial_eim, false },
    { 0xBF58, es10_rollback, false },
    { 0xBF59, es10_configure_immediate, false },
    { 0xBF5A, es10_immediate_enable, false },
    { 0xBF5B, es10_enable_emergency, true },
    { 0xBF5C, es10_disable_emergency, true },
    { 0xBF5D, es10_execute_fallback, true },
    { 0xBF5E, es10_return_from_fallback, true },
    { 0xBF5F, es10_connectivity, true },
    { 0xBF64, es10_memory_reset, true },
    { 0xBF65, es10_set_smdp, true },
};

es10_function *es10_find(const struct isdr *i, uint32_t tag)
{
    for (size_t n = 0; n < COUNT(functions); n++)
        if (functions[n].tag == tag)
            return functions[n].later && is_v10(i) ? NULL : functions[n].function;
    return NULL;
}
