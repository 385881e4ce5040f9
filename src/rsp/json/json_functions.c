#include "rsp/json/json.h"
#include "rsp/sgp22.h"
#include "rsp/sgp32.h"

/* SGP.22 6.5.2, SGP.32 6.4.1. TransferEimPackage (injection) has no JSON form here. */
static const struct json_function functions[] = {
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
    static const slice es9plus = { (const uint8_t *)"/gsma/rsp2/es9plus/", 19 };
    static const slice esipa = { (const uint8_t *)"/gsma/rsp2/esipa/", 17 };

    if (slice_starts(path, es9plus))
        return json_function_find(es9plus_is, slice_skip(path, es9plus.n));
    if (slice_starts(path, esipa))
        return json_function_find(JSON_ESIPA, slice_skip(path, esipa.n));
    return NULL;
}
