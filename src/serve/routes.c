#include "serve/routes.h"

#include "rsp/sgp22.h"

#include <string.h>

void routes_json(const struct served_function *functions, size_t n, enum json_interface i,
                 void *role, struct route *routes)
{
    for (size_t k = 0; k < n; k++)
        routes[k] = (struct route){
            .path = functions[k].path,
            .binding = &engine_json,
            .protocol = PROTOCOL_V2,
            .handle = functions[k].handle,
            .resume = functions[k].resume,
            .role = role,
            .json = json_function_find(i, slice_str(strrchr(functions[k].path, '/') + 1)),
        };
}

struct route route_asn1(void *role, engine_handler *handle)
{
    return (struct route){
        .path = "/gsma/rsp2/asn1",
        .binding = &engine_asn1,
        .protocol = PROTOCOL_V2,
        .handle = handle,
        .role = role,
        .request = &T_remote_profile_provisioning_request,
    };
}

enum err asn1_wrap_reply(struct turn *t)
{
    size_t size = t->reply.n + DER_HEAD_MAX;
    struct der_writer w;
    uint8_t *buf;

    if (!t->reply.p)
        return E_OK;
    buf = arena_alloc(t->arena, size);
    if (!buf) {
        turn_settle(t, false);
        return E_MEMORY;
    }
    w = der_writer(buf, size);
    der_put_tlv(&w, T_remote_profile_provisioning_response.tag, t->reply);
    return der_written(&w, &t->reply);
}
