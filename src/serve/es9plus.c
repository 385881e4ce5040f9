#include "serve/es9plus.h"

#include "rsp/json/json.h"
#include "serve/asn1.h"

/* ---- JSON: a path for each function ---- */

static enum err initiate(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_initiate_authentication(role, call->message, t);
}

static enum err authenticate(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_authenticate_client(role, call->message, t);
}

static enum err get_package(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_get_bound_profile_package(role, call->message, t);
}

static enum err cancel(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_cancel_session(role, call->message, t);
}

/* What a notification is refused for is for our log: the sender gets 204 (SGP.22 5.6.4). */
static enum err notify(void *role, const struct engine_call *call, struct turn *t)
{
    const struct handle_notification_es9 *r = call->message;

    return smdp_handle_notification(role, r->pending_notification, t);
}

static const struct {
    const char *path;
    const char *name;
    engine_handler *handle;
} functions[] = {
    { "/gsma/rsp2/es9plus/initiateAuthentication", "initiateAuthentication", initiate },
    { "/gsma/rsp2/es9plus/authenticateClient", "authenticateClient", authenticate },
    { "/gsma/rsp2/es9plus/getBoundProfilePackage", "getBoundProfilePackage", get_package },
    { "/gsma/rsp2/es9plus/cancelSession", "cancelSession", cancel },
    { "/gsma/rsp2/es9plus/handleNotification", "handleNotification", notify },
};

_Static_assert(COUNT(functions) + 1 == ES9PLUS_ROUTES, "one route per function, and ASN.1");

/* ---- ASN.1: one path, the message says which function ---- */

static enum err call_function(struct smdp *s, const struct remote_profile_provisioning_request *r,
                              struct turn *t)
{
    switch (r->which) {
    case remote_profile_provisioning_request_is_initiate_authentication_request:
        return smdp_initiate_authentication(s, &r->initiate_authentication_request, t);
    case remote_profile_provisioning_request_is_authenticate_client_request:
        return smdp_authenticate_client(s, &r->authenticate_client_request, t);
    case remote_profile_provisioning_request_is_get_bound_profile_package_request:
        return smdp_get_bound_profile_package(s, &r->get_bound_profile_package_request, t);
    case remote_profile_provisioning_request_is_cancel_session_request:
        return smdp_cancel_session(s, &r->cancel_session_request, t);
    default:
        return smdp_handle_notification(s, r->handle_notification.pending_notification, t);
    }
}

static enum err asn1(void *role, const struct engine_call *call, struct turn *t)
{
    enum err err = call_function(role, call->message, t);

    return err ? err : asn1_wrap_reply(t);
}

void es9plus_routes(struct smdp *s, struct route routes[ES9PLUS_ROUTES])
{
    for (size_t i = 0; i < COUNT(functions); i++)
        routes[i] = (struct route){
            .path = functions[i].path,
            .binding = &engine_json,
            .protocol = PROTOCOL_V2,
            .handle = functions[i].handle,
            .role = s,
            .json = json_function_find(JSON_ES9PLUS, slice_str(functions[i].name)),
        };
    routes[COUNT(functions)] = (struct route){
        .path = "/gsma/rsp2/asn1",
        .binding = &engine_asn1,
        .protocol = PROTOCOL_V2,
        .handle = asn1,
        .role = s,
        .request = &T_remote_profile_provisioning_request,
    };
}

static enum err tidy(void *role, const struct engine_call *call, struct turn *t)
{
    return smdp_tidy(role, t, call->more);
}

struct engine_chore es9plus_upkeep(struct smdp *s)
{
    return (
        struct engine_chore){ .name = "smdp upkeep", .every_ms = 60000, .handle = tidy, .role = s };
}
