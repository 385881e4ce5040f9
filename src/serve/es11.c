#include "serve/es11.h"

#include "rsp/json/json.h"
#include "serve/asn1.h"

/* ---- JSON: a path for each function ---- */

static enum err initiate(void *role, const struct engine_call *call, struct turn *t)
{
    return smds_initiate_authentication(role, call->message, t);
}

static enum err authenticate(void *role, const struct engine_call *call, struct turn *t)
{
    return smds_authenticate_client(role, call->message, t);
}

static const struct {
    const char *path;
    const char *name;
    engine_handler *handle;
} functions[] = {
    { "/gsma/rsp2/es9plus/initiateAuthentication", "initiateAuthentication", initiate },
    { "/gsma/rsp2/es9plus/authenticateClient", "authenticateClient", authenticate },
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
    for (size_t i = 0; i < COUNT(functions); i++)
        routes[i] = (struct route){
            .path = functions[i].path,
            .binding = &engine_json,
            .protocol = PROTOCOL_V2,
            .handle = functions[i].handle,
            .role = s,
            .json = json_function_find(JSON_ES11, slice_str(functions[i].name)),
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
    return smds_tidy(role, t, call->more);
}

struct engine_chore es11_upkeep(struct smds *s)
{
    return (
        struct engine_chore){ .name = "smds upkeep", .every_ms = 10000, .handle = tidy, .role = s };
}
