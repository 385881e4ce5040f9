#include "serve/es11.h"

#include "serve/routes.h"

/* ---- JSON: a path for each function ---- */

static enum err initiate(void *role, const struct engine_call *call, struct turn *t)
{
    return smds_initiate_authentication(role, call->message, t);
}

static enum err authenticate(void *role, const struct engine_call *call, struct turn *t)
{
    return smds_authenticate_client(role, call->message, t);
}

static const struct served_function functions[] = {
    { "/gsma/rsp2/es9plus/initiateAuthentication", initiate, NULL },
    { "/gsma/rsp2/es9plus/authenticateClient", authenticate, NULL },
};

_Static_assert(COUNT(functions) + 1 == ES11_ROUTES, "one route per function, and ASN.1");

/* ---- ASN.1: one path, the message says which function ---- */

static enum err asn1(void *role, const struct engine_call *call, struct turn *t)
{
    const struct remote_profile_provisioning_request *r = call->message;
    enum err err;

    switch (r->which) {
    case remote_profile_provisioning_request_is_initiate_authentication_request:
        err = smds_initiate_authentication(role, &r->initiate_authentication_request, t);
        break;
    case remote_profile_provisioning_request_is_authenticate_client_request:
        err = smds_authenticate_client(role, &r->authenticate_client_request, t);
        break;
    default: /* functions of ES9+ alone */
        return E_UNSUPPORTED;
    }
    return err ? err : asn1_wrap_reply(t);
}

void es11_routes(struct smds *s, struct route routes[ES11_ROUTES])
{
    routes_json(functions, COUNT(functions), JSON_ES11, s, routes);
    routes[COUNT(functions)] = route_asn1(s, asn1);
}

static enum err tidy(void *role, const struct engine_call *call, struct turn *t)
{
    return smds_tidy(role, t, call->more);
}

struct engine_chore es11_upkeep(struct smds *s)
{
    return (
        struct engine_chore){ .name = "smds upkeep", .every_ms = 10000, .handle = tidy, .role = s };
}
