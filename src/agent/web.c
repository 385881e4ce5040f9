#include "agent/web.h"

#include "net/http_client.h"
#include "pki/cert.h"
#include "rsp/sgp32_esep.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX ((size_t)4 << 20)

struct agent_web {
    const struct agent_options *o;
    struct http_client *client;
    struct tls_trust *smdp, *smds, *either;
    struct tls_trust *eim[IPA_EIMS];
    struct arena arena; /* of the last answer */
};

/* Servers of one of these roles; both may be the same. */
static enum err open_trust(struct agent_web *w, enum cert_role a, enum cert_role b,
                           struct tls_trust **out)
{
    struct tls_trust_options o = {
        .ca = w->o->smdp_ca,
        .ca_count = w->o->smdp_ca_count,
        .policies = { role_facts(a)->policy, role_facts(a)->policy_v3, role_facts(b)->policy,
                      role_facts(b)->policy_v3 },
        .revocation = w->o->revocation,
    };

    return tls_trust_open(&o, out);
}

enum err agent_web_open(const struct agent_options *o, struct agent_web **out)
{
    struct agent_web *w = calloc(1, sizeof *w);
    struct http_client_options client = { .hosts = o->hosts, .body = BODY_MAX };
    enum err e;

    *out = w;
    if (!w)
        return E_MEMORY;
    w->o = o;
    arena_init(&w->arena, 2 * BODY_MAX);
    e = open_trust(w, ROLE_DP_TLS, ROLE_DP_TLS, &w->smdp);
    if (!e)
        e = open_trust(w, ROLE_DS_TLS, ROLE_DS_TLS, &w->smds);
    if (!e)
        e = open_trust(w, ROLE_DP_TLS, ROLE_DS_TLS, &w->either);
    return e ? e : http_client_open(&client, &w->client);
}

void agent_web_close(struct agent_web *w)
{
    if (!w)
        return;
    if (w->client)
        http_client_close(w->client);
    tls_trust_close(w->smdp);
    tls_trust_close(w->smds);
    tls_trust_close(w->either);
    for (size_t i = 0; i < IPA_EIMS; i++)
        tls_trust_close(w->eim[i]);
    arena_free(&w->arena);
    free(w);
}

static void trust_certificate(struct tls_trust_options *o, const slice *der)
{
    struct cert cert;

    if (!cert_parse(*der, &cert) && cert.is_ca) {
        o->ca = der;
        o->ca_count = 1;
    } else {
        o->pinned_leaf = *der;
    }
}

void agent_web_eim(struct agent_web *w, unsigned index, slice configuration)
{
    struct tls_trust_options o = { .revocation = w->o->revocation };
    struct eim_configuration_data c;
    uint8_t *buf = malloc(configuration.n + DER_HEAD_MAX);
    struct der_writer dw = der_writer(buf, buf ? configuration.n + DER_HEAD_MAX : 0);
    slice element = SLICE_NONE;

    if (!buf || index >= IPA_EIMS ||
        schema_decode(&T_eim_configuration_data, configuration, &c, NULL)) {
        free(buf);
        return;
    }
    switch (c.trusted_public_key_data_tls.which) {
    case trusted_public_key_data_tls_is_trusted_eim_pk_tls:
        der_put_rehead(&dw, 0x30, c.trusted_public_key_data_tls.trusted_eim_pk_tls);
        if (!der_written(&dw, &element))
            o.pinned_spki = element;
        break;
    case trusted_public_key_data_tls_is_trusted_certificate_tls:
        der_put_rehead(&dw, 0x30, c.trusted_public_key_data_tls.trusted_certificate_tls);
        if (!der_written(&dw, &element))
            trust_certificate(&o, &element);
        break;
    default:
        o.ca = w->o->eim_ca;
        o.ca_count = w->o->eim_ca_count;
        o.system_ca = !o.ca_count;
        break;
    }
    tls_trust_close(w->eim[index]);
    w->eim[index] = NULL;
    if (tls_trust_open(&o, &w->eim[index]))
        w->eim[index] = NULL;
    free(buf);
}

/* "name" or "name:port"; false when it does not fit. */
static bool split_host(struct ipa_bytes host, char name[HOST_MAX + 1], uint16_t *port)
{
    char *colon, *end;
    unsigned long n;

    if (!host.n || host.n > HOST_MAX || memchr(host.p, 0, host.n))
        return false;
    memcpy(name, host.p, host.n);
    name[host.n] = '\0';
    colon = strrchr(name, ':');
    *port = 0;
    if (!colon || strchr(name, ':') != colon)
        return true;
    n = strtoul(colon + 1, &end, 10);
    if (*end || !n || n > 65535)
        return false;
    *colon = '\0';
    *port = (uint16_t)n;
    return true;
}

static struct tls_trust *trust_of(const struct agent_web *w, const struct ipa_want *want)
{
    switch (want->http.interface) {
    case IPA_ESIPA:
        return want->http.eim < IPA_EIMS ? w->eim[want->http.eim] : NULL;
    case IPA_ES11:
        return w->smds;
    case IPA_ES9PLUS_OR_ES11:
        return w->either;
    default:
        return w->smdp;
    }
}

enum err agent_web_post(struct agent_web *w, const struct ipa_want *want, struct agent_body *body)
{
    char host[HOST_MAX + 1];
    struct http_field fields[] = {
        { SLICE_LIT("X-Admin-Protocol"), slice_str(want->http.protocol) },
        { SLICE_LIT("User-Agent"), slice_str(want->http.user_agent) },
    };
    struct http_call call = {
        .host = host,
        .tls = trust_of(w, want),
        .path = want->http.path,
        .content_type = slice_str(want->http.content_type),
        .fields = fields,
        .field_count = COUNT(fields),
        .body = { want->http.body.p, want->http.body.n },
    };
    struct http_answer answer;
    enum err e;

    *body = (struct agent_body){ 0 };
    /* Without a trust there is no connection: never in the clear. */
    if (!call.tls || !split_host(want->http.host, host, &call.port))
        return E_ARGUMENT;
    arena_reset(&w->arena);
    e = http_client_fetch(w->client, &call, &w->arena, &answer);
    if (e)
        return e;
    body->status = answer.status;
    body->left = answer.body;
    return E_OK;
}
