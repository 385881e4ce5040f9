#include "serve/asn1.h"

#include "rsp/sgp22.h"

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
