#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

/* SGP.22 6.5.2, SGP.32 6.4.1. TransferEimPackage (injection) has no JSON form here. */
static const struct json_function functions[] = {
    { JSON_ES2PLUS, "downloadOrder", ES2_FUNCTION, &T_download_order_request,
      &T_download_order_response },
    { JSON_ES2PLUS, "confirmOrder", ES2_FUNCTION, &T_confirm_order_request,
      &T_confirm_order_response },
    { JSON_ES2PLUS, "cancelOrder", ES2_FUNCTION, &T_cancel_order_request, &T_header_response },
    { JSON_ES2PLUS, "releaseProfile", ES2_FUNCTION, &T_release_profile_request,
      &T_header_response },
    { JSON_ES2PLUS, "handleDownloadProgressInfo", ES2_FUNCTION,
      &T_handle_download_progress_info_request, NULL },

    { JSON_ES12, "registerEvent", ES2_FUNCTION, &T_register_event_request, &T_header_response },
    { JSON_ES12, "deleteEvent", ES2_FUNCTION, &T_delete_event_request, &T_header_response },

    { JSON_ES9PLUS, "initiateAuthentication", ES9_INITIATE_AUTHENTICATION,
      &T_initiate_authentication_request_es9, &T_initiate_authentication_response_es9 },
    { JSON_ES9PLUS, "authenticateClient", ES9_AUTHENTICATE_CLIENT,
      &T_authenticate_client_request_es9, &T_authenticate_client_response_es9 },
    { JSON_ES9PLUS, "getBoundProfilePackage", ES9_GET_BOUND_PROFILE_PACKAGE,
      &T_get_bound_profile_package_request_es9, &T_get_bound_profile_package_response_es9 },
    { JSON_ES9PLUS, "cancelSession", ES9_CANCEL_SESSION, &T_cancel_session_request_es9,
      &T_cancel_session_response_es9 },
    { JSON_ES9PLUS, "handleNotification", ES9_HANDLE_NOTIFICATION, &T_handle_notification_es9,
      NULL },

    { JSON_ES11, "initiateAuthentication", ES11_INITIATE_AUTHENTICATION,
      &T_initiate_authentication_request_es9, &T_initiate_authentication_response_es9 },
    { JSON_ES11, "authenticateClient", ES11_AUTHENTICATE_CLIENT, &T_authenticate_client_request_es9,
      &T_authenticate_client_response_es11 },

    { JSON_ESIPA, "initiateAuthentication", ESIPA_INITIATE_AUTHENTICATION,
      &T_initiate_authentication_request_esipa, &T_initiate_authentication_response_esipa },
    { JSON_ESIPA, "authenticateClient", ESIPA_AUTHENTICATE_CLIENT,
      &T_authenticate_client_request_esipa, &T_authenticate_client_response_esipa },
    { JSON_ESIPA, "getBoundProfilePackage", ESIPA_GET_BOUND_PROFILE_PACKAGE,
      &T_get_bound_profile_package_request_esipa, &T_get_bound_profile_package_response_esipa },
    { JSON_ESIPA, "cancelSession", ESIPA_CANCEL_SESSION, &T_cancel_session_request_esipa,
      &T_cancel_session_response_esipa },
    { JSON_ESIPA, "handleNotification", ESIPA_HANDLE_NOTIFICATION, &T_handle_notification_esipa,
      NULL },
    { JSON_ESIPA, "getEimPackage", ESIPA_GET_EIM_PACKAGE, &T_get_eim_package_request,
      &T_get_eim_package_response },
    { JSON_ESIPA, "provideEimPackageResult", ESIPA_PROVIDE_EIM_PACKAGE_RESULT,
      &T_provide_eim_package_result, &T_provide_eim_package_result_response },
};

const struct json_function *json_function_find(enum json_interface i, slice name)
{
    for (size_t k = 0; k < COUNT(functions); k++)
        if (functions[k].interface == i && slice_eq_str(name, functions[k].name))
            return &functions[k];
    return NULL;
}

const struct json_function *json_function_at(slice path, enum json_interface es9plus_is)
{
    static const struct {
        slice base;
        enum json_interface interface;
    } paths[] = {
        { { (const uint8_t *)"/gsma/rsp2/es2plus/", 19 }, JSON_ES2PLUS },
        { { (const uint8_t *)"/gsma/rsp2/es9plus/", 19 }, JSON_ES9PLUS },
        { { (const uint8_t *)"/gsma/rsp2/es12/", 16 }, JSON_ES12 },
        { { (const uint8_t *)"/gsma/rsp2/esipa/", 17 }, JSON_ESIPA },
    };

    for (size_t i = 0; i < COUNT(paths); i++)
        if (slice_starts(path, paths[i].base))
            return json_function_find(paths[i].interface == JSON_ES9PLUS ? es9plus_is
                                                                         : paths[i].interface,
                                      slice_skip(path, paths[i].base.n));
    return NULL;
}
