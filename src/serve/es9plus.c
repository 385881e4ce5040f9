#include "serve/es9plus.h"

#include "serve/routes.h"

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

static const struct served_function functions[] = {
    { "/gsma/rsp2/es9plus/initiateAuthentication", initiate, NULL },
    { "/gsma/rsp2/es9plus/authenticateClient", authenticate, NULL },
    { "/gsma/rsp2/es9plus/getBoundProfilePackage", get_package, NULL },
    { "/gsma/rsp2/es9plus/cancelSession", cancel, NULL },
    { "/gsma/rsp2/es9plus/handleNotification", notify, NULL },
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
    routes_json(functions, COUNT(functions), JSON_ES9PLUS, s, routes);
    routes[COUNT(functions)] = route_asn1(s, asn1);
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
